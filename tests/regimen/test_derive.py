"""A regimen made from each base there is: one drug goes, the others keep their doses and days, or the base is refused with a reason."""

from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import pytest

from dosing.days import Numbering, parse_scope
from dosing.errors import RegimenError
from dosing.regimen.choose import choose
from dosing.regimen.derive import base_phase, derive, exposure, group
from dosing.regimen.facts import Fact, Gap, Length, Scoped
from dosing.regimen.library import shipped_regimen, shipped_regimens
from dosing.regimen.model import Activity, Derive, Phase, Regimen
from dosing.regimen.read import read_regimen
from dosing.schedule.draw import draw
from dosing.schedule.entries import Entry
from dosing.schedule.timeline import Horizon

CFZ = shipped_regimen("cfz-for-bortezomib")
START = date(2026, 1, 5)
SPAN = 8 * 28

assert CFZ.derive is not None
RULE: Derive = CFZ.derive

# Which ways of fitting in make sense. The phase has eight cycles of 28 days; a base of 28 days needs no choice, and neither does one that
# gives bortezomib alone. Isa-VRd changes the length of its cycle, so it has no rhythm to keep.
EITHER, NEEDS_NONE = {"keep", "stretch"}, {"", "keep", "stretch"}
FITS: dict[str, set[str]] = {
    "v": NEEDS_NONE,
    "v:extended": NEEDS_NONE,
    "vd": EITHER,
    "vmp": EITHER,
    "vmp-weekly": EITHER,
    "cybord": NEEDS_NONE,
    "cybord:mayo": NEEDS_NONE,
    "cybord:twice-weekly": NEEDS_NONE,
    "vrd": EITHER,
    "vrd:mayo": EITHER,
    "vrd:mayo-weekly-dex": EITHER,
    "vrd:classic": EITHER,
    "vrd:28-day": NEEDS_NONE,
    "vtd": EITHER,
    "pad": EITHER,
    "v-pld": EITHER,
    "isa-vrd": {"stretch"},
}
MADE = [(name, fit) for name, fits in FITS.items() for fit in sorted(fits)]

# Partners, drugs of the base that are no partners of the source, and the group.
GROUPS = {
    "v": "without IMiD",
    "vd": "without IMiD",
    "vmp": "without IMiD",
    "vmp-weekly": "without IMiD",
    "cybord": "without IMiD",
    "vrd": "with IMiD",
    "vtd": "with IMiD",
    "pad": "without IMiD",
    "v-pld": "without IMiD",
    "isa-vrd": "with IMiD",
}


def base_of(name: str) -> Regimen:
    id, _, variant = name.partition(":")
    return choose(shipped_regimen(id), variants=[variant] if variant else [])


def gives_bortezomib(regimen: Regimen) -> bool:
    return any(fact.stated == "bortezomib" for phase in regimen.phases for each in phase.activities if (fact := each.drug))


def named(regimen: Regimen, phase_id: str) -> Phase:
    found = regimen.phase(phase_id)
    assert found is not None
    return found


def partners(base: Regimen) -> list[Activity]:
    found = [phase for phase in base.phases if any(each.id == "bortezomib" for each in phase.activities)]
    return [each for each in found[0].activities if each.id != "bortezomib"]


def continued(activities: list[Activity], name: str) -> list[Activity]:
    """The base's activities past its last cycle: PAD has four, and states the days of dexamethasone by cycle."""
    unsaid: Fact[Any] = Fact(Gap.NOT_STATED, "sl-v", because="pad has 4 cycles")
    days = {each.id: Scoped((*each.days.rules, (parse_scope("C5+"), unsaid))) for each in activities if each.id == "dexamethasone"}
    return [replace(each, days=days[each.id]) if name == "pad" and each.id in days else each for each in activities]


def values(activity: Activity) -> dict[str, object]:
    """What the activity says, without where it comes from."""
    found: dict[str, object] = {"optional": activity.optional, "note": activity.note, "kind": activity.kind, "what": activity.what}
    for name in ("drug", "when"):
        fact = getattr(activity, name)
        found[name] = fact and (fact.value, fact.source, fact.because, fact.unverified)
    for name in ("days", "dose", "route", "over", "times", "max", "bsa_cap", "round"):
        scoped = getattr(activity, name)
        found[name] = scoped and [(scope, fact.value, fact.source, fact.because, fact.unverified) for scope, fact in scoped.rules]
    return found


def facts_of(activity: Activity) -> list[Fact[object]]:
    """Every fact of the activity."""
    found = [getattr(activity, field.name) for field in fields(activity)]
    return [fact for each in found for fact in (each.facts() if isinstance(each, Scoped) else [each]) if isinstance(fact, Fact)]


def as_given(entries: list[Entry]) -> set[tuple[object, ...]]:
    return {(each.activity, each.date, str(each.dose), each.route, str(each.times), str(each.over)) for each in entries}


def refused(base: Regimen, fit: str = "", *, regimen: Regimen = CFZ) -> str:
    with pytest.raises(RegimenError) as caught:
        derive(regimen, base, fit=fit)
    return str(caught.value)


# -- every base there is ------------------------------------------------------------------------------------------


def test_the_tables_name_every_regimen_with_bortezomib_and_every_variant_of_it() -> None:
    bases = [regimen for regimen in shipped_regimens() if gives_bortezomib(regimen)]
    assert set(FITS) == {regimen.id for regimen in bases} | {f"{regimen.id}:{id}" for regimen in bases for id in regimen.variants}
    assert set(GROUPS) == {regimen.id for regimen in bases}


@pytest.mark.parametrize(("name", "fit"), MADE)
def test_a_base_that_fits(name: str, fit: str) -> None:
    base = base_of(name)
    made = derive(CFZ, base, fit=fit)
    assert made.base == base.id
    assert not gives_bortezomib(made)
    combination = named(made, "combination")
    ours = named(CFZ, "combination").activities
    assert combination.activities[: len(ours)] == ours
    assert [activity.id for activity in ours] == ["carfilzomib"]
    theirs = combination.activities[len(ours) :]
    assert [values(activity) for activity in theirs] == [values(activity) for activity in continued(partners(base), name)]
    assert [phase for phase in made.phases if phase.id != "combination"] == [phase for phase in CFZ.phases if phase.id != "combination"]
    assert {str(fact.origin) for activity in theirs for fact in facts_of(activity)} <= {f"base {base.id}"}


@pytest.mark.parametrize(
    ("name", "fit"), [(name, fit) for name, fits in FITS.items() for fit in ("", "keep", "stretch") if fit not in fits]
)
def test_a_base_that_does_not_fit_is_refused_with_the_reason(name: str, fit: str) -> None:
    base = base_of(name)
    message = refused(base, fit)
    if not fit:
        assert message.startswith(f"the cycle of {base.id} has ")
        assert "choose how they fit with --base-days: `keep`" in message
    else:
        assert (name, fit) == ("isa-vrd", "keep")
        assert message == "the cycle of isa-vrd has 42 days and 28 days; a rhythm that changes or is not stated can't be kept"


@pytest.mark.parametrize("name", [name for name, fit in MADE if fit == "keep" and name != "pad"])
def test_partners_that_keep_their_rhythm_fall_on_the_days_of_the_base_drawn_alone(name: str) -> None:
    base = base_of(name)
    made = draw(derive(CFZ, base, fit="keep"), start=START, phases=["combination"])
    count = named(base, "treatment").repeat
    assert count is not None
    open_ended = choose(base, values={"treatment.repeat": "open"}) if count.stated and count.stated.count != 9 else base
    alone = draw(open_ended, start=START, horizon=Horizon(cycles=15))
    last = START + timedelta(days=SPAN - 1)
    assert (made.phases["combination"].first, made.phases["combination"].last) == (START, last)
    expected = as_given([each for each in alone.entries if each.activity != "bortezomib" and each.date <= last])
    assert as_given([each for each in made.entries if each.activity != "carfilzomib"]) == expected
    assert {(each.activity, each.what) for each in made.undated} == {(each.activity, each.what) for each in alone.undated} - {
        ("bortezomib", "bortezomib")
    }


@pytest.mark.parametrize("name", [name for name, fit in MADE if fit == "stretch" and name != "pad"])
def test_stretched_partners_have_the_base_s_days_in_the_phase_s_cycle(name: str) -> None:
    base = base_of(name)
    made = draw(derive(CFZ, base, fit="stretch"), start=START, phases=["combination"])
    alone = draw(base, start=START, horizon=Horizon(cycles=1))
    first = {(each.activity, each.day, str(each.dose)) for each in alone.entries if each.activity != "bortezomib"}
    if name == "vrd:mayo-weekly-dex":
        # `weekly` is every 7 days to the end of the cycle, whatever its length: days 1, 8, 15 and 22 of 28
        first.add(("dexamethasone", 22, "40 mg"))
    found = [each for each in made.entries if each.activity != "carfilzomib"]
    assert {(each.activity, each.cycle, each.day, str(each.dose)) for each in found} == {
        (id, cycle, day, dose) for id, day, dose in first for cycle in range(1, 9)
    }
    assert all(each.date == START + timedelta(days=28 * ((each.cycle or 0) - 1) + (each.day or 0) - 1) for each in found)


def test_carfilzomib_is_given_as_its_own_regimen_says() -> None:
    for name, fit in MADE:
        made = draw(derive(CFZ, base_of(name), fit=fit), start=START, phases=["combination"])
        given = [each for each in made.entries if each.activity == "carfilzomib"]
        assert {(each.cycle, each.day) for each in given} == {(cycle, day) for cycle in range(1, 9) for day in (1, 2, 8, 9, 15, 16)}
        assert {str(each.dose) for each in given} == {"20 to 45 mg/m2"}


# VMP, 42 days: days 1-4 of rounds that begin on days 1, 43, 85, 127, 169 and 211 of 224.
# VRd, 21 days: days 1-14 of rounds that begin every 21 days, ten whole and the eleventh up to its day 14.
@pytest.mark.parametrize(("name", "id", "length", "days"), [("vmp", "melphalan", 42, range(4)), ("vrd", "lenalidomide", 21, range(14))])
def test_rounds_counted_by_hand(name: str, id: str, length: int, days: range) -> None:
    made = draw(derive(CFZ, base_of(name), fit="keep"), start=START, phases=["combination"])
    offsets = [(each.date - START).days for each in made.entries if each.activity == id]
    assert offsets == [begin + day for begin in range(0, SPAN, length) for day in days]


# PAD has four cycles of 21 days with dexamethasone on days 1-4, 8-11 and 15-18 of the first and 1-4 of the others, and doxorubicin on days
# 1-4 of each. What changes by cycle is not known after the fourth; doxorubicin, the same in each, goes on: ten whole rounds of 21 days in
# 224, and the eleventh begins on day 211.
@pytest.mark.parametrize(("fit", "length", "rounds"), [("keep", 21, 11), ("stretch", 28, 8)])
def test_past_the_last_cycle_of_the_base_what_changes_by_cycle_is_not_stated(fit: str, length: int, rounds: int) -> None:
    made = draw(derive(CFZ, base_of("pad"), fit=fit), start=START, phases=["combination"])
    offsets = {id: [(each.date - START).days for each in made.entries if each.activity == id] for id in ("dexamethasone", "doxorubicin")}
    first = [0, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 17]
    assert offsets["dexamethasone"] == first + [length * cycle + day for cycle in (1, 2, 3) for day in range(4)]
    assert offsets["doxorubicin"] == [length * cycle + day for cycle in range(rounds) for day in range(4)]
    assert [(each.path, each.remedy) for each in made.missing if each.path.startswith("combination.dex")] == [
        ("combination.dexamethasone.days", "--set dexamethasone.days=...")
    ]
    assert [(each.activity, each.status) for each in made.undated if each.phase == "combination"] == [("dexamethasone", "not-dated")]
    assert "combination.dexamethasone.days: pad has 4 cycles [sl-v]" in made.notes


# VRd: 8 cycles of 21 days are 168 of the 224 days; counted in cycles of 28 days they are all 8. VMP: 9 cycles of 42 days are more than 224.
# CyBorD is open.
@pytest.mark.parametrize(
    ("name", "fit", "cycles"),
    [
        ("pad", "keep", 4),
        ("pad", "stretch", 4),
        ("vrd", "keep", 8),
        ("vrd", "stretch", 0),
        ("vmp", "keep", 0),
        ("cybord", "", 0),
        ("v", "", 0),
    ],
)
def test_a_base_that_is_over_before_the_phase_says_so(name: str, fit: str, cycles: int) -> None:
    told = [note for note in derive(CFZ, base_of(name), fit=fit).notes if "what they add up to" in note]
    expected = (
        f"{name} has {cycles} cycles; its drugs are drawn through all 8 cycles of combination."
        " Whether they should, and what they add up to, is not stated."
    )
    assert told == [expected] * bool(cycles)


# -- what is told about it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("id", "expected"), GROUPS.items())
def test_the_group_goes_by_the_drugs_of_the_base(id: str, expected: str) -> None:
    assert group(shipped_regimen(id), RULE) == expected


HOLDS, HOLDS_NOT, UNTOLD = "cycle 1", "no cycle", "can't be told"


# The source asks for one cycle with 4 doses of at least 1.0 mg/m2 within 4 weeks; all bases that state a dose state 1.3 mg/m2.
@pytest.mark.parametrize(
    ("name", "proxy", "expected"),
    [
        ("v", "", HOLDS),  # 1 4 8 11
        ("v:extended", "", HOLDS),  # 1 8 15 22: 22 days
        ("vd", "", HOLDS),  # 1 4 8 11
        ("vmp", "", HOLDS),  # 1 4 8 11 22 25 29 32
        ("vmp-weekly", "", HOLDS),  # 1 8 15 22
        ("cybord", "", HOLDS),  # 1 8 15 22
        ("cybord:twice-weekly", "", HOLDS),  # 1 4 8 11
        ("vrd", "", HOLDS_NOT),  # 1 8 15: three
        ("vrd:mayo", "", HOLDS_NOT),  # 1 8 15
        ("vrd:classic", "", UNTOLD),  # no dose
        ("vrd:28-day", "", UNTOLD),  # no dose
        ("vtd", "", UNTOLD),  # no dose
        ("vtd", "label-bortezomib", HOLDS),  # 1 4 8 11
        ("pad", "", HOLDS),  # 1 4 8 11
        ("v-pld", "", HOLDS),  # 1 4 8 11
        ("isa-vrd", "", UNTOLD),  # no dose, no days
    ],
)
def test_the_exposure_that_the_source_asks_for(name: str, proxy: str, expected: str) -> None:
    assert RULE.exposure is not None
    held = exposure(choose(base_of(name), proxies=[proxy] if proxy else []), RULE, RULE.exposure)
    assert expected in held.sentence
    assert held.cycle == (1 if expected == HOLDS else None)
    assert "4 doses of at least 1 mg/m2 bortezomib within 4 weeks" in held.sentence
    assert held.sentence.endswith("[cfz-for-bortezomib-record].")


@pytest.mark.parametrize(
    ("name", "fit", "words"),
    [
        (
            "cybord",
            "",
            ["Made from cybord (CyBorD", "Group, by the drugs of the base: without IMiD.", "As planned, cycle 1 of cybord holds"],
        ),
        ("vrd", "keep", ["The drugs of vrd keep their own rhythm of 21 days (chosen by the user).", "with IMiD", "no cycle of vrd holds"]),
        ("vrd:mayo-weekly-dex", "stretch", ["dexamethasone: `weekly` goes on to the end of each cycle of 28 days."]),
        ("vmp", "stretch", ["The days of vmp are counted in cycles of 28 days (chosen by the user).", "without IMiD"]),
        (
            "v-pld",
            "keep",
            [
                "pegylated-liposomal-doxorubicin: v-pld says 'after bortezomib'; "
                "bortezomib is replaced, and what holds instead is not stated."
            ],
        ),
    ],
)
def test_the_notes_tell_how_it_was_made(name: str, fit: str, words: list[str]) -> None:
    made = derive(CFZ, base_of(name), fit=fit)
    assert made.notes[: len(CFZ.notes)] == CFZ.notes
    added = made.notes[len(CFZ.notes) :]
    assert [word for word in words if not any(word in note for note in added)] == []
    assert not any("is not among the partners" in note for note in added)
    assert sum("is replaced, and what holds instead" in note for note in added) == (name == "v-pld")
    assert any("goes on to the end" in note for note in added) == (name == "vrd:mayo-weekly-dex")


# -- bases of one's own -------------------------------------------------------------------------------------------


def own(*give: str, cycle: str = "28 days", repeat: str = "repeat: open\n    suggest: 4", more: str = "") -> Regimen:
    activities = "\n".join(f"      - {{{line}}}" for line in give)
    bounds = f"    cycle: {cycle}\n    {repeat}\n" if cycle else ""
    text = f"""\
id: own
title: Own
version: 1
checked: 2026-11-21
source: s
sources:
  s: {{title: S, grade: A}}
drugs:
  mine: {{source: s, routes: PO, precision: 1 mg}}
phases:
  - id: course
{bounds}{more}    give:
{activities}
"""
    return read_regimen(text.encode(), file="own.yaml")


def bortezomib(dose: str = "1.3 mg/m2", days: str = "1 4 8 11", id: str = "bortezomib") -> str:
    return f"id: {id}, drug: bortezomib, dose: {dose}, route: SC, days: {days}"


DEX = "drug: dexamethasone, dose: 40 mg, route: PO, days: 1 8"


@pytest.mark.parametrize(
    ("give", "cycle", "expected"),
    [
        # the fourth dose on the last day of four weeks, and one day later
        ([bortezomib(days="1 8 15 28")], "35 days", "cycle 1"),
        ([bortezomib(days="1 8 15 29")], "35 days", "no cycle"),
        ([bortezomib(days="1 15 22 29 35")], "35 days", "cycle 1"),
        ([bortezomib("1.0 mg/m2")], "28 days", "cycle 1"),
        ([bortezomib("0.99 mg/m2")], "28 days", "no cycle"),
        ([bortezomib("{D1: 0.7 mg/m2, else: 1.3 mg/m2}", "1 4 8 11")], "28 days", "no cycle"),
        ([bortezomib("{D1: 0.7 mg/m2, else: 1.3 mg/m2}", "1 4 8 11 15")], "28 days", "cycle 1"),
        ([bortezomib("{C1: 0.7 mg/m2, else: 1.3 mg/m2}")], "28 days", "cycle 2"),
        ([bortezomib("{C1-8: 0.7 mg/m2, C9+: 1.3 mg/m2}")], "28 days", "cycle 9"),
        ([bortezomib(days="{C1-4: 1 8 15, C5+: 1 4 8 11}")], "28 days", "cycle 5"),
        ([bortezomib(days="1 8"), bortezomib(days="4 11", id="bortezomib-2")], "28 days", "cycle 1"),
        ([bortezomib(days="1 8"), bortezomib(days="4", id="bortezomib-2")], "28 days", "no cycle"),
        ([bortezomib("{C1: 1.3 mg/m2, C2+: not-stated}")], "28 days", "cycle 1"),
        ([bortezomib("{C1: 0.7 mg/m2, C2+: not-stated}")], "28 days", "can't be told"),
        ([bortezomib(days="not-stated")], "28 days", "can't be told"),
        ([bortezomib(days="{C1: 1 8 15, C2+: not-stated}")], "28 days", "can't be told"),
        ([bortezomib("1.0 to 1.3 mg/m2")], "28 days", "can't be told"),
        ([bortezomib("2.5 mg")], "28 days", "can't be told"),
        ([bortezomib(days="daily")], "not-stated", "cycle 1"),
        ([bortezomib()], "", "cycle 1"),
    ],
)
def test_exposure_on_each_side_of_its_limits(give: list[str], cycle: str, expected: str) -> None:
    assert RULE.exposure is not None
    held = exposure(own(*give, cycle=cycle), RULE, RULE.exposure)
    assert expected in held.sentence
    assert held.cycle == (int(expected.removeprefix("cycle ")) if expected.startswith("cycle ") else None)


@pytest.mark.parametrize(
    ("cycle", "written"),
    [
        ("21 days", "21 days"),
        ("{C1-2: 42 days, C3+: 28 days}", "42 days and 28 days"),
        ("{C1-2: 28 days, C3+: 21 days}", "28 days and 21 days"),
        ("{C1: not-stated, C2+: 28 days}", "no stated length and 28 days"),
        ("not-stated", "no stated length"),
        ("1 month", "1 month"),
        ("", "no stated length"),
    ],
)
def test_a_base_of_another_or_of_changing_length_needs_a_choice(cycle: str, written: str) -> None:
    base = own(bortezomib(), DEX, cycle=cycle)
    assert refused(base) == (
        f"the cycle of own has {written}, that of combination 28 days; choose how they fit with --base-days:"
        f" `keep` (its drugs keep their own rhythm of {written}) or `stretch` (their days are counted in the cycle of 28 days)"
    )
    dexamethasone = named(derive(CFZ, base, fit="stretch"), "combination").activity("dexamethasone")
    assert dexamethasone is not None
    assert dexamethasone.cycle is None
    if written in ("21 days", "1 month"):
        kept = named(derive(CFZ, base, fit="keep"), "combination").activity("dexamethasone")
        assert kept is not None
        assert kept.cycle is not None
        assert (str(kept.cycle.value), str(kept.cycle.origin)) == (written, "base own")
    else:
        assert refused(base, "keep") == f"the cycle of own has {written}; a rhythm that changes or is not stated can't be kept"


@pytest.mark.parametrize("cycle", ["28 days", "4 weeks", "{C1-2: 28 days, C3+: 4 weeks}"])
def test_a_base_of_the_same_length_needs_none(cycle: str) -> None:
    dexamethasone = named(derive(CFZ, own(bortezomib(), DEX, cycle=cycle)), "combination").activity("dexamethasone")
    assert dexamethasone is not None
    assert dexamethasone.cycle is None


def test_a_partner_with_a_rhythm_of_its_own_keeps_it() -> None:
    base = own(bortezomib(), f"{DEX}, cycle: 14 days", cycle="21 days")
    for fit in ("keep", "stretch"):
        dexamethasone = named(derive(CFZ, base, fit=fit), "combination").activity("dexamethasone")
        assert dexamethasone is not None
        assert dexamethasone.cycle is not None
        assert dexamethasone.cycle.stated == Length(days=14, text="14 days")


CHANGING = "drug: dexamethasone, dose: {C1: 20 mg, C2-3: 40 mg}, route: PO, days: {C1: 1 8, else: 1}, times: {odd: 1, even: 2}"


@pytest.mark.parametrize(
    ("repeat", "dose"),
    [
        ("3", [("C1", "20 mg"), ("C2-3", "40 mg"), ("C4+", None)]),
        ("up to 3", [("C1", "20 mg"), ("C2-3", "40 mg"), ("C4+", None)]),
    ],
)
def test_only_what_stops_with_the_base_is_not_stated_after_it(repeat: str, dose: list[tuple[str, str | None]]) -> None:
    """`else` and `odd` and `even` go on."""
    made = named(derive(CFZ, own(bortezomib(), CHANGING, repeat=f"repeat: {repeat}")), "combination").activity("dexamethasone")
    assert made is not None
    assert made.dose is not None
    assert [(str(scope), fact.stated and str(fact.stated)) for scope, fact in made.dose.rules] == dose
    unsaid = made.dose.rules[-1][1]
    assert (unsaid.value, unsaid.source, unsaid.because, str(unsaid.origin)) == (Gap.NOT_STATED, "s", "own has 3 cycles", "base own")
    assert [str(scope) for scope, _ in made.days.rules] == ["C1", "None"]
    assert made.times is not None
    assert [str(scope) for scope, _ in made.times.rules] == ["odd", "even"]
    assert made.route is not None
    assert [scope for scope, _ in made.route.rules] == [None]


@pytest.mark.parametrize("fit", ["", "keep", "stretch"])
def test_a_base_without_partners_fits_as_it_is(fit: str) -> None:
    made = derive(CFZ, own(bortezomib(), cycle="{C1-2: 42 days, C3+: 35 days}"), fit=fit)
    assert [each.id for each in named(made, "combination").activities] == ["carfilzomib"]
    assert not any("chosen by the user" in note for note in made.notes)


def test_assessments_of_the_base_come_too() -> None:
    base = own(bortezomib(), DEX)
    course = named(base, "course")
    assert base_phase(base, RULE) is course
    text = own(bortezomib(), DEX, more="    assess: [{what: Blood, days: 1}]\n")
    assert [each.id for each in named(derive(CFZ, text), "combination").activities] == ["carfilzomib", "dexamethasone", "blood"]


def test_the_base_s_own_drugs_and_sources_come_too() -> None:
    made = derive(CFZ, own(bortezomib(), "drug: mine, dose: 5 mg, route: PO, days: 1"))
    assert set(made.drugs) == {"mine"}
    assert set(made.sources) == {"s"}
    assert "mine is not among the partners that the source names." in made.notes


def test_a_drug_that_is_no_partner_is_told_once() -> None:
    made = derive(
        CFZ, own(bortezomib(), "drug: mine, dose: 5 mg, route: PO, days: 1", "id: again, drug: mine, dose: 5 mg, route: PO, days: 2")
    )
    assert made.notes.count("mine is not among the partners that the source names.") == 1


@pytest.mark.parametrize(
    ("base", "fit", "message"),
    [
        (shipped_regimen("krd"), "", "krd gives no bortezomib, so it can't be the base; choose a regimen that does"),
        (CFZ, "", "cfz-for-bortezomib gives no bortezomib, so it can't be the base; choose a regimen that does"),
        (shipped_regimen("cybord"), "squeeze", "base-days is 'squeeze'; it is one of keep, stretch"),
        (
            own(bortezomib(), "drug: carfilzomib, dose: 20 mg/m2, route: IV, over: 30 min, days: 1"),
            "",
            "own does not fit: combination.carfilzomib: two activities of the phase have this id; give one of them another `id`",
        ),
        (
            own(bortezomib(), DEX.replace("1 8", "1 8 29"), cycle="35 days"),
            "stretch",
            "own does not fit with --base-days stretch: combination.dexamethasone.days:"
            " cycle 1: day 29 is past the end of a cycle of 28 days",
        ),
        (
            own(bortezomib(), DEX, more="    day_zero: yes\n"),
            "",
            "only one of own and combination counts a day 0, so the days of one can't be taken into the other",
        ),
        (
            own(bortezomib(), DEX.replace("40 mg", "by-variant")),
            "",
            "own does not fit: combination.dexamethasone.dose: `by-variant`, but the regimen has no variants",
        ),
    ],
)
def test_bases_that_are_refused(base: Regimen, fit: str, message: str) -> None:
    assert refused(base, fit) == message


def test_a_complete_regimen_takes_no_base() -> None:
    assert refused(shipped_regimen("cybord"), regimen=shipped_regimen("krd")) == "krd is complete in itself; it takes no base"


# -- rules of one's own -------------------------------------------------------------------------------------------


def rule(more: str, *, cycle: str = "28 days") -> Regimen:
    text = f"""\
id: rule
title: Rule
version: 1
checked: 2026-11-21
source: s
sources:
  s: {{title: S, grade: A}}
phases:
  - id: combination
    cycle: {cycle}
    repeat: 8
    give:
      - {{drug: carfilzomib, dose: 27 mg/m2, route: IV, over: 30 min, days: 1}}
derive: {{{more}}}
"""
    return read_regimen(text.encode(), file="rule.yaml")


def test_a_rule_that_names_no_partners_groups_or_exposure() -> None:
    made = derive(rule("phase: combination, replaces: bortezomib"), shipped_regimen("cybord"))
    title = shipped_regimen("cybord").title
    assert made.notes == (f"Made from cybord ({title}): bortezomib is replaced, the other drugs keep the doses and days of cybord.",)


def test_a_phase_of_no_stated_length_takes_any_base() -> None:
    made = derive(rule("phase: combination, replaces: bortezomib", cycle="not-stated"), shipped_regimen("vd"))
    dexamethasone = named(made, "combination").activity("dexamethasone")
    assert dexamethasone is not None
    assert dexamethasone.cycle is None


def test_a_rule_without_its_phase() -> None:
    message = refused(shipped_regimen("vd"), regimen=rule("phase: gone, replaces: bortezomib"))
    assert message == "rule has no phase 'gone' to put the drugs of vd into"


def test_days_are_counted_alike_on_both_sides() -> None:
    assert named(CFZ, "combination").numbering == Numbering()
