"""From a file to the model: every key of docs/regimen-files.md, where facts take their source from, and all problems at once."""

from dataclasses import fields
from datetime import date
from decimal import Decimal
from textwrap import dedent, indent

import pytest

from dosing.days import Numbering
from dosing.errors import Problem, RegimenFileError
from dosing.regimen.bibliography import read_sources
from dosing.regimen.drug import Drug
from dosing.regimen.drugs import read_drug
from dosing.regimen.facts import Duration, Fact, Gap, Length, Minutes, Origin, Repeat, Scoped, Times
from dosing.regimen.model import Activity, Exposure, Moment, Phase, Regimen, Source
from dosing.regimen.read import locate, read_regimen
from dosing.regimen.reader import slug
from dosing.units import Quantity

HEAD = "id: x\ntitle: X\nversion: 1\nchecked: 2026-11-21\nsource: s\n"
GIVE = "drug: dexamethasone\ndose: 40 mg\nroute: PO\ndays: 1 8\n"


def item(text: str) -> str:
    """The text as one member of a YAML list."""
    return "  - " + indent(dedent(text), "    ").strip() + "\n"


def regimen(phases: str, *, head: str = HEAD, more: str = "") -> Regimen:
    return read_regimen(f"{head}phases:\n{phases}{more}".encode(), file="x.yaml")


def phase(text: str) -> Phase:
    return regimen(item(text)).phases[0]


def activity(text: str, group: str = "give") -> Activity:
    return phase(f"id: p\n{group}:\n{item(text)}").activities[0]


def problems(text: str) -> list[str]:
    with pytest.raises(RegimenFileError) as caught:
        read_regimen(text.encode(), file="x.yaml")
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return list(map(str, caught.value.problems))


def drug_problems(text: str) -> list[str]:
    with pytest.raises(RegimenFileError) as caught:
        read_drug(text.encode(), file="x.yaml")
    return list(map(str, caught.value.problems))


def quantity(number: str, unit: str) -> Quantity:
    return Quantity(Decimal(number), unit)


def once(fact: Fact[object]) -> Scoped[object]:
    return Scoped(((None, fact),))


# -- the regimen --------------------------------------------------------------------------------------------------


def test_the_head() -> None:
    head = HEAD + "aliases: [nct01, other-name]\nnotes:\n  - One.\n  - Two\n    lines.\n"
    read = regimen(item("id: p\nvisits: []"), head=head)
    assert (read.id, read.title, read.version, read.checked, read.source) == ("x", "X", 1, date(2026, 11, 21), "s")
    assert read.aliases == ("nct01", "other-name")
    assert read.notes == ("One.", "Two lines.")
    assert [each.id for each in read.phases] == ["p"]
    assert (read.variants, read.proxies, read.derive, read.drugs, read.sources) == ({}, {}, None, {}, {})
    assert (read.chosen, read.base) == ((), "")


def test_a_phase_with_everything() -> None:
    read = phase(
        """
        id: p
        title: The phase
        cycle: {C1-4: 42 days, else: 1 month}
        repeat: up to 8
        for: up to 24 months
        until: 2027-06-30
        ends: cut at the day
        continues: until progression
        suggest: 6
        anchor: day 0
        waits: a date
        start: end of q + 28 days
        if: a response
        order: [b, a]
        """
    )

    def fact(value: object) -> Fact[object]:
        return Fact(value, "s")

    assert (read.id, read.title, read.source) == ("p", "The phase", "s")
    assert read.cycle is not None
    assert [read.cycle.at(cycle) for cycle in (1, 4, 5)] == [
        fact(Length(days=42, text="42 days")),
        fact(Length(days=42, text="42 days")),
        fact(Length(months=1, text="1 month")),
    ]
    assert read.repeat == fact(Repeat(8, up_to=True))
    assert read.lasting == fact(Duration(Length(months=24, text="24 months"), up_to=True))
    assert read.until == fact(date(2027, 6, 30))
    assert read.cut == fact(True)
    assert read.continues == fact("until progression")
    assert read.suggest == fact(6)
    assert (read.anchor, read.numbering) == (0, Numbering(day_zero=True))
    assert (read.waits, read.condition, read.order) == ("a date", "a response", ("b", "a"))
    assert read.start == fact(Moment("end", "q", Length(days=28, text="28 days"), "end of q + 28 days"))


def test_a_phase_with_nothing() -> None:
    read = phase("id: p")
    assert read == Phase("p", "p", "s")
    assert read.visits_only


@pytest.mark.parametrize(
    ("keys", "anchor", "day_zero"),
    [
        ("anchor: day 0", 0, True),
        ("anchor: day 1", 1, False),
        ("day_zero: yes", 1, True),
        ("day_zero: no", 1, False),
        ("anchor: day 1\nday_zero: yes", 1, True),
    ],
)
def test_anchor_and_day_zero(keys: str, anchor: int, day_zero: bool) -> None:
    read = phase(f"id: p\n{keys}")
    assert (read.anchor, read.numbering.day_zero) == (anchor, day_zero)


def test_a_drug_with_everything() -> None:
    read = activity(
        """
        id: dex
        drug: dexamethasone
        dose: {C1 D1-2: 20 mg, else: 40 mg}
        route: PO or IV
        over: 30 min
        days: {C1: 1 2 8, C2+: none}
        every: 12 hours
        cycle: 21 days
        max: 40 mg
        bsa_cap: none
        round: 4 mg
        when: before carfilzomib
        optional: yes
        note: with food
        """
    )
    assert (read.id, read.kind, read.what, read.optional, read.note) == ("dex", "drug", "dex", True, "with food")
    assert read.drug == Fact("dexamethasone", "s")
    assert read.dose is not None
    doses = [read.dose.at(cycle, day) for cycle, day in ((1, 1), (1, 2), (1, 8), (2, 1))]
    assert [str(fact.value) for fact in doses if fact] == ["20 mg", "20 mg", "40 mg", "40 mg"]
    assert read.route == once(Fact("PO or IV", "s"))
    assert read.over == once(Fact(Minutes(30, 30, "30 min"), "s"))
    found = [read.days.at(cycle) for cycle in (1, 2)]
    assert [str(fact.value) for fact in found if fact] == ["1 2 8", "none"]
    assert read.times == once(Fact(Times(2, 12), "s"))
    assert read.cycle == Fact(Length(days=21, text="21 days"), "s")
    assert read.max == once(Fact(quantity("40", "mg"), "s"))
    assert read.bsa_cap is not None
    assert [str(fact.value) for fact in read.bsa_cap.facts()] == ["none"]
    assert read.round == once(Fact(quantity("4", "mg"), "s"))
    assert read.when == Fact("before carfilzomib", "s")


def test_what_a_drug_may_leave_out() -> None:
    read = activity(GIVE)
    assert read.id == "dexamethasone"
    assert {field.name for field in fields(read) if getattr(read, field.name)} == {"id", "kind", "what", "drug", "dose", "route", "days"}


def test_times_a_day() -> None:
    times = activity(GIVE + "times: {C1: 2, else: 1}").times
    assert times is not None
    assert [fact.value for fact in times.facts()] == [Times(2), Times(1)]


def test_an_assessment() -> None:
    read = activity("what: Bone marrow (sample)\ndays: 1\noptional: no\nnote: fasting", "assess")
    assert (read.id, read.kind, read.what, read.optional, read.note) == (
        "bone-marrow-sample",
        "assessment",
        "Bone marrow (sample)",
        False,
        "fasting",
    )
    assert activity("what: Bone marrow\nid: marrow\ndays: 1", "assess").id == "marrow"


@pytest.mark.parametrize(
    ("words", "id"), [("Follow-up", "follow-up"), ("CT, MRI (or PET)", "ct-mri-or-pet"), ("骨髓", "x"), ("", "x"), ("a\xa0b", "a-b")]
)
def test_an_id_is_made_from_words(words: str, id: str) -> None:
    assert slug(words) == id


def test_a_visit() -> None:
    read = phase("id: p\nvisits:\n" + item("what: Follow-up\nat: end of treatment\nnote: by phone\nbecause: our reading"))
    (visit,) = read.visits
    assert (visit.id, visit.what, visit.note) == ("follow-up", "Follow-up", "by phone")
    assert (str(visit.at.value), visit.at.source, visit.at.because) == ("end of treatment", "s", "our reading")
    assert read.visits_only


@pytest.mark.parametrize("gap", Gap)
@pytest.mark.parametrize("field", ["dose", "route", "over", "days", "max", "bsa_cap", "round", "times"])
def test_a_gap_is_written_down(field: str, gap: Gap) -> None:
    give = "".join(line for line in GIVE.splitlines(keepends=True) if not line.startswith(f"{field}:"))
    assert getattr(activity(f"{give}{field}: {gap.value}"), field).only == Fact(gap, "s")


def test_a_gap_has_no_stated_value() -> None:
    assert Fact(Gap.NOT_STATED, "s").stated is None
    assert Fact("IV", "s").stated == "IV"


def test_a_scoped_fact_is_silent_where_no_rule_speaks() -> None:
    read = activity(GIVE.replace("40 mg", "{C1: 40 mg, C3+ D8: 20 mg}")).dose
    assert read is not None
    assert [read.at(1, 1) is None, read.at(2, 1) is None, read.at(3, 1) is None, read.at(3, 8) is None] == [False, True, True, False]
    assert read.only is None


# -- sources ------------------------------------------------------------------------------------------------------

NESTED = """\
id: x
title: X
version: 1
checked: 2026-11-21
source: file
phases:
  - id: plain
    give:
      - {drug: dexamethasone, dose: 40 mg, route: PO, days: 1}
  - id: own
    source: phase
    because: phase because
    cycle: {value: 28 days, source: cycle}
    repeat: 6
    give:
      - drug: dexamethasone
        dose: {C1: {value: 20 mg, source: value, because: value because}, else: 40 mg}
        route: PO
        days: 1
      - drug: prednisone
        source: activity
        unverified: yes
        dose: {value: 60 mg/m2, because: value because}
        route: {value: PO, source: value, unverified: no}
        days: 1
    assess:
      - {what: Blood, source: activity, days: 1}
    visits:
      - {what: Visit, because: visit because, at: end of own}
variants:
  v:
    title: V
    set: {plain.dexamethasone.dose: 8 mg}
proxies:
  q:
    title: Q
    source: proxy
    because: proxy because
    unverified: yes
    set:
      plain.dexamethasone.dose: {C1: {value: 8 mg, source: value}, else: 4 mg}
      own.repeat: 4
"""


def source_of(fact: Fact[object]) -> tuple[str, str, bool]:
    return fact.source, fact.because, fact.unverified


def test_a_fact_takes_its_source_from_the_nearest_block() -> None:
    read = read_regimen(NESTED.encode(), file="x.yaml")
    plain, own = read.phases
    assert (plain.source, own.source) == ("file", "phase")
    dexamethasone = plain.activities[0]
    assert dexamethasone.dose is not None
    assert [source_of(fact) for fact in dexamethasone.dose.facts()] == [("file", "", False)]
    assert dexamethasone.drug == Fact("dexamethasone", "file")
    assert own.cycle is not None
    assert [source_of(fact) for fact in own.cycle.facts()] == [("cycle", "phase because", False)]
    assert own.repeat == Fact(Repeat(6), "phase", "phase because")
    first, second, blood = own.activities
    assert first.dose is not None
    assert [source_of(fact) for fact in first.dose.facts()] == [("value", "value because", False), ("phase", "phase because", False)]
    assert second.dose is not None
    assert second.route is not None
    assert [source_of(fact) for fact in second.dose.facts()] == [("activity", "value because", True)]
    # `unverified` of a block holds for all of it
    assert [source_of(fact) for fact in second.route.facts()] == [("value", "phase because", True)]
    assert [source_of(fact) for fact in blood.days.facts()] == [("activity", "phase because", False)]
    assert source_of(own.visits[0].at) == ("phase", "visit because", False)


def test_overlays_mark_their_facts() -> None:
    read = read_regimen(NESTED.encode(), file="x.yaml")
    (of_variant,) = read.variants["v"].settings
    assert isinstance(of_variant.value, Scoped)
    assert of_variant.value.only == Fact(quantity("8", "mg"), "file", origin=Origin("variant", "v"))
    overlay = read.proxies["q"]
    assert (overlay.id, overlay.kind, overlay.title) == ("q", "proxy", "Q")
    assert (overlay.source, overlay.because, overlay.unverified) == ("proxy", "proxy because", True)
    dose, repeat = overlay.settings
    assert (dose.path, dose.phase, dose.activity, dose.field) == ("plain.dexamethasone.dose", "plain", "dexamethasone", "dose")
    assert isinstance(dose.value, Scoped)
    assert [source_of(fact) for fact in dose.value.facts()] == [("value", "proxy because", True), ("proxy", "proxy because", True)]
    assert (repeat.phase, repeat.activity, repeat.field) == ("own", "", "repeat")
    assert repeat.value == Fact(Repeat(4), "proxy", "proxy because", unverified=True, origin=Origin("proxy", "q"))
    assert [str(fact.origin) for fact in dose.value.facts()] == ["proxy q", "proxy q"]


# -- drugs, sources, derivation -----------------------------------------------------------------------------------

DRUG = """\
id: abc
source: d
names: [Brand, ABC-1]
class: [IMiD]
codes: {atc: L01, rxnorm: {value: 12, source: codes}}
routes: PO or IV
precision: {value: 0.1 mg, because: what can be drawn up}
bsa_cap: 2.2 m2
vials: {value: [10 mg, 1 g], source: label}
tablets: not-stated
capsules: [5 mg]
concentration: {IV: 1 mg/mL, SC: {value: 2.5 mg/mL, source: label}}
notes: [One., Two.]
"""


def test_a_drug_file() -> None:
    def fact(value: object, source: str = "d", because: str = "") -> Fact[object]:
        return Fact(value, source, because)

    assert read_drug(DRUG.encode(), file="abc.yaml") == Drug(
        id="abc",
        source="d",
        precision=Fact(quantity("0.1", "mg"), "d", "what can be drawn up"),
        routes=Fact("PO or IV", "d"),
        names=("Brand", "ABC-1"),
        classes=("IMiD",),
        bsa_cap=Fact(quantity("2.2", "m2"), "d"),
        vials=Fact((quantity("10", "mg"), quantity("1", "g")), "label"),
        tablets=Fact(Gap.NOT_STATED, "d"),
        capsules=Fact((quantity("5", "mg"),), "d"),
        concentration={"IV": Fact(quantity("1", "mg/mL"), "d"), "SC": Fact(quantity("2.5", "mg/mL"), "label")},
        codes={"atc": Fact("L01", "d"), "rxnorm": Fact("12", "codes")},
        notes=("One.", "Two."),
    )


@pytest.mark.parametrize("text", ["2 mg/mL", "{value: 2 mg/mL, source: d}"])
def test_one_concentration_for_every_route(text: str) -> None:
    read = read_drug(f"id: abc\nsource: d\nroutes: IV\nprecision: 1 mg\nconcentration: {text}".encode(), file="abc.yaml")
    assert read.concentration == {"": Fact(quantity("2", "mg/mL"), "d")}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("vials: 10 mg", "x.yaml:5: vials: must be a list such as [10 mg, 30 mg], or not-stated"),
        ("vials: {source: d}", "x.yaml:5: vials: the key 'value' is missing"),
        ("vials: [10 mg, ten]", "x.yaml:5: vials[2]: 'ten' is not a number with a unit, such as 27 mg/m2 or 40 mg"),
        ("tablets: {C1: 5 mg}", "x.yaml:5: tablets.C1: unknown key"),
        ("concentration: 2 mg", "x.yaml:5: concentration: '2 mg' is not a concentration such as 2 mg/mL"),
        (
            "concentration: {oral: 2 mg/mL}",
            "x.yaml:5: concentration.oral: unknown route 'oral'; known are IV, PO, SC, IM, IT, IP, joined by `or`",
        ),
        ("bsa_cap: none", "x.yaml:5: bsa_cap: 'none' is not a number with a unit, such as 2.2 m2"),
        ("codes: [a]", "x.yaml:5: codes: must be a mapping from ids"),
        ("brand: Y", "x.yaml:5: brand: unknown key"),
    ],
)
def test_what_is_wrong_with_a_drug(line: str, message: str) -> None:
    assert message in drug_problems(f"id: abc\nsource: d\nroutes: IV\nprecision: 1 mg\n{line}\n")


def test_all_that_a_drug_needs() -> None:
    assert drug_problems("names: [a]") == [
        "x.yaml:1: the key 'id' is missing",
        "x.yaml:1: the key 'precision' is missing",
        "x.yaml:1: the key 'routes' is missing",
        "x.yaml:1: the key 'source' is missing",
    ]
    assert drug_problems("") == ["x.yaml: the file is empty"]


def test_the_bibliography() -> None:
    text = "label: {title: The label, address: page 2, grade: A}\nown:\n  title: Our convention\n  grade: P\n"
    assert read_sources(text.encode(), file="sources.yaml") == {
        "label": Source("label", "The label", "page 2", "A"),
        "own": Source("own", "Our convention", "", "P"),
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: {title: T, grade: Z}", ["s.yaml:1: a.grade: 'Z' is not one of A, B, C, P, U"]),
        ("a: {title: T}", ["s.yaml:1: a: the key 'grade' is missing"]),
        ("Label: {title: T, grade: A}", ["s.yaml:1: Label: 'Label' is not an id (lower-case letters, digits and single hyphens)"]),
        ("a: The label", ["s.yaml:1: a: must be a mapping with the keys title, grade"]),
        ("[a]", ["s.yaml:1: must be a mapping from ids"]),
        ("", ["s.yaml: the file is empty"]),
    ],
)
def test_what_is_wrong_with_the_bibliography(text: str, found: list[str]) -> None:
    with pytest.raises(RegimenFileError) as caught:
        read_sources(text.encode(), file="s.yaml")
    assert str(caught.value).splitlines() == found


def test_drugs_and_sources_of_the_file_itself() -> None:
    more = "drugs:\n  mine: {source: own, routes: PO, precision: 5 mg}\nsources:\n  own: {title: Own, grade: C}\n"
    read = regimen(item("id: p"), more=more)
    assert read.drugs == {"mine": Drug("mine", "own", Fact(quantity("5", "mg"), "own"), Fact("PO", "own"))}
    assert read.sources == {"own": Source("own", "Own", "", "C")}


def test_how_it_is_derived() -> None:
    more = """\
derive:
  phase: p
  replaces: bortezomib
  source: rule
  partners: [dexamethasone, melphalan]
  group_by_class: IMiD
  exposure: {doses: 4, of: 1.0 mg/m2, within: 4 weeks, source: exposure}
"""
    derive = regimen(item("id: p"), more=more).derive
    assert derive is not None
    assert (derive.phase, derive.replaces, derive.source, derive.group_by_class) == ("p", "bortezomib", "rule", "IMiD")
    assert derive.partners == ("dexamethasone", "melphalan")
    assert derive.exposure == Exposure(4, quantity("1.0", "mg/m2"), Length(days=28, text="4 weeks"), "exposure")


def test_the_least_a_derivation_says() -> None:
    derive = regimen(item("id: p"), more="derive: {phase: p, replaces: bortezomib}\n").derive
    assert derive is not None
    assert (derive.source, derive.partners, derive.group_by_class, derive.exposure) == ("s", (), "", None)


# -- problems -----------------------------------------------------------------------------------------------------

TEN_FAULTS = """\
id: Ten
title: Ten faults
version: 1.0
checked: yesterday
source: s
colour: blue
phases:
  - id: one
    cycle: 28
    repeat: 6
    give:
      - drug: dexamethasone
        dose: {C1: 40 mg, C2-1: 20 mg}
        route: PO
        days: 1 8
        optional: maybe
  - id: two
    visits:
      - {what: Visit, at: some day}
proxies:
  q:
    title: Q
    source: s
    because: b
    set:
      two.dexamethasone.dose: 20 mg
drugs:
  mine: {source: s, routes: PO}
"""


def test_all_problems_of_a_file_are_told_at_once() -> None:
    found = problems(TEN_FAULTS)
    assert [line.split(": ")[:2] for line in found] == [
        ["x.yaml:1", "id"],
        ["x.yaml:3", "version"],
        ["x.yaml:4", "checked"],
        ["x.yaml:6", "colour"],
        ["x.yaml:9", "one.cycle"],
        ["x.yaml:13", "one.dexamethasone.dose.C2-1"],
        ["x.yaml:16", "one.give[1].optional"],
        ["x.yaml:19", "two.visit.at"],
        ["x.yaml:26", "proxies.q.set.two.dexamethasone.dose"],
        ["x.yaml:28", "drugs.mine"],
    ]
    assert "'28' is not a length of time" in found[4]
    assert "'2-1' goes backwards" in found[5]
    assert "there is no activity 'dexamethasone' (activities: visit)" in found[8]
    assert "the key 'precision' is missing" in found[9]


def test_without_its_faults_the_file_is_read() -> None:
    text = TEN_FAULTS
    for wrong, right in [
        ("id: Ten", "id: ten"),
        ("1.0", "1"),
        ("yesterday", "2026-11-21"),
        ("colour: blue\n", ""),
        ("cycle: 28", "cycle: 28 days"),
        ("C2-1", "C2-6"),
        ("maybe", "yes"),
        ("some day", "end of one"),
        ("two.dex", "one.dex"),
        ("routes: PO}", "routes: PO, precision: 1 mg}"),
    ]:
        assert text.count(wrong) == 1
        text = text.replace(wrong, right)
    assert read_regimen(text.encode(), file="x.yaml").id == "ten"


def one(line: str) -> str:
    """A regimen with one phase, whose line 7 and what follows is `line`."""
    return f"{HEAD}phases:\n  - id: p\n{indent(dedent(line), '    ')}\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "x.yaml: the file is empty"),
        ("[a]", "x.yaml:1: must be a mapping with the keys id, title, version, checked, source, phases"),
        (HEAD, "x.yaml:1: the key 'phases' is missing"),
        (HEAD + "phases: p", "x.yaml:6: phases: must be a list"),
        (HEAD + "phases: [p]", "x.yaml:6: phases[1]: must be a mapping with the keys id"),
        (HEAD + "phases: []\nsauce: s", "x.yaml:7: sauce: unknown key; did you mean 'source'?"),
        (HEAD + "phases: []\naliases: nct1", "x.yaml:7: aliases: must be a list"),
        (HEAD + "phases: []\naliases: [NCT1]", "x.yaml:7: aliases[1]: 'NCT1' is not an id (lower-case letters, digits and single hyphens)"),
        (HEAD + "phases: []\nnotes: [[a]]", "x.yaml:7: notes[1]: must be plain text"),
        (HEAD + "phases: []\nvariants: [v]", "x.yaml:7: variants: must be a mapping from ids"),
        (
            HEAD + "phases: []\nvariants: {v: {title: V, set: [a]}}",
            "x.yaml:7: variants.v.set: must be a mapping from activity.field to values",
        ),
        (HEAD + "phases: []\nvariants: {v: {title: V}}", "x.yaml:7: variants.v: the key 'set' is missing"),
        (
            HEAD + "phases: []\nderive: {phase: p, replaces: a, exposure: {doses: 4, of: 4 cm, within: 4 weeks}}",
            "derive.exposure.of: '4 cm'",
        ),
        (HEAD + "phases: []\nderive: {phase: p}", "x.yaml:7: derive: the key 'replaces' is missing"),
        (one("anchor: day 2"), "x.yaml:8: p.anchor: 'day 2' is neither `day 0` nor `day 1`"),
        (one("order: a b"), "x.yaml:8: p.order: must be a list"),
        (one("repeat: {C1: 6, value: 6}"), "x.yaml:8: p.repeat.C1: unknown key"),
        (one("cycle: {D1: 28 days}"), "x.yaml:8: p.cycle.D1: only cycles may stand here, no days"),
        (one("cycle: {cycle 1: 28 days}"), "x.yaml:8: p.cycle.cycle 1: 'cycle 1' is not a scope"),
        (one("cycle: {}"), "x.yaml:8: p.cycle: is empty; write a value, `none` or `not-stated`"),
        (one("cycle: [28 days]"), "x.yaml:8: p.cycle: must be plain text"),
        (one("title: ''"), "x.yaml:8: p.title: is empty"),
        (one("if: ''"), "x.yaml:8: p.if: is empty"),
        (one("source: My Source"), "x.yaml:8: p.source: 'My Source' is not an id"),
        (one("unverified: true"), "x.yaml:8: p.unverified: 'true' is neither yes nor no"),
        (one("give:\n" + item(GIVE + "times: 2\nevery: 12 hours")), "`times` and `every` are two ways to say one thing; keep one"),
        (one("give:\n" + item(GIVE + "dosis: 1")), "x.yaml:13: p.give[1].dosis: unknown key; did you mean 'dose'?"),
        (one("give:\n" + item(GIVE.replace("40 mg", "40"))), "x.yaml:10: p.dexamethasone.dose: '40' is not a number with a unit"),
        (one("give:\n" + item(GIVE.replace("1 8", "1 x"))), "x.yaml:12: p.dexamethasone.days: '1 x' is not a day, a run of days"),
        (
            one("give:\n" + item(GIVE.replace("1 8", "{C1 D1: 1}"))),
            "x.yaml:12: p.dexamethasone.days.C1 D1: only cycles may stand here, no days",
        ),
        (
            one("give:\n" + item(GIVE.replace("40 mg", "{value: 40 mg, sauce: x}"))),
            "p.dexamethasone.dose.sauce: unknown key; did you mean 'source'?",
        ),
        (one("give:\n" + item(GIVE + "id: Dex")), "x.yaml:13: p.give[1].id: 'Dex' is not an id"),
        (one("give:\n" + item(GIVE.replace("drug: dexamethasone", "drug: [a]"))), "x.yaml:9: p.give[1].drug: must be plain text"),
        (one("give:\n" + item("drug: dexamethasone\nroute: PO\ndays: 1")), "x.yaml:9: p.give[1]: the key 'dose' is missing"),
        (one("assess: [{what: [a], days: 1}]"), "x.yaml:8: p.assess[1].what: must be plain text"),
        (one("visits: [{at: not-stated}]"), "x.yaml:8: p.visits[1]: the key 'what' is missing"),
        (one("visits: [{what: Visit}]"), "x.yaml:8: p.visits[1]: the key 'at' is missing"),
    ],
)
def test_one_problem(text: str, found: str) -> None:
    (line,) = problems(text)
    assert found in line


@pytest.mark.parametrize("drug", ["Dexamethasone", "{value: Dexamethasone, source: s}"])
def test_a_bad_drug_is_told_once(drug: str) -> None:
    (line,) = problems(one("give:\n" + item(GIVE.replace("dexamethasone", drug))))
    assert line.startswith("x.yaml:9: p.Dexamethasone.drug: 'Dexamethasone' is not an id")


def test_a_phase_without_an_id_goes_by_its_number() -> None:
    assert problems(f"{HEAD}phases:\n  - repeat: 0\n") == [
        "x.yaml:7: phases[1]: the key 'id' is missing",
        "x.yaml:7: phases[1].repeat: '0' is not a whole number from 1 to 9999",
    ]


def test_a_proxy_says_why() -> None:
    text = HEAD + "phases: []\nproxies: {q: {title: Q, set: {}}}\n"
    assert problems(text) == [
        "x.yaml:7: proxies.q: the key 'because' is missing",
        "x.yaml:7: proxies.q: the key 'source' is missing",
    ]


def test_problems_are_in_the_order_of_the_file() -> None:
    error = RegimenFileError([Problem("b.yaml", 1, "", "m"), Problem("a.yaml", 9, "p", "m"), Problem("a.yaml", 2, "q", "m")])
    assert str(error) == "a.yaml:2: q: m\na.yaml:9: p: m\nb.yaml:1: m"


# -- what a setting names -----------------------------------------------------------------------------------------

TARGETS = regimen(
    item("id: p\ngive:\n" + item(GIVE) + "assess:\n" + item("what: Blood\ndays: 1"))
    + item("id: q\ngive:\n" + item(GIVE) + "visits:\n" + item("what: Visit\nat: end of p"))
).phases


@pytest.mark.parametrize(
    ("target", "located"),
    [
        ("dexamethasone.dose", ("", "dexamethasone", "drug", "dose")),
        ("q.dexamethasone.every", ("q", "dexamethasone", "drug", "every")),
        ("p.repeat", ("p", "", "phase", "repeat")),
        ("blood.days", ("", "blood", "assessment", "days")),
        ("p.blood.days", ("p", "blood", "assessment", "days")),
        ("visit.at", ("", "visit", "visit", "at")),
        ("q.visit.at", ("q", "visit", "visit", "at")),
    ],
)
def test_what_a_setting_names(target: str, located: tuple[str, str, str, str]) -> None:
    assert locate(target, TARGETS) == located


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("dose", "'dose' is not activity.field, phase.activity.field or phase.field"),
        ("a.b.c.d", "'a.b.c.d' is not activity.field, phase.activity.field or phase.field"),
        ("r.dexamethasone.dose", "there is no phase 'r' (phases: p, q)"),
        ("p.visit.at", "there is no activity 'visit' (activities: dexamethasone, blood)"),
        (
            "dexamethason.dose",
            "there is no activity 'dexamethason'; did you mean 'dexamethasone'? (activities: dexamethasone, blood, visit)",
        ),
        ("dexamethasone.dosis", "a drug has no field 'dosis'; did you mean 'dose'? (fields: "),
        ("p.cycles", "a phase has no field 'cycles'; did you mean 'cycle'? (fields: "),
        ("blood.dose", "an assessment has no field 'dose' (fields: days)"),
        ("visit.days", "a visit has no field 'days' (fields: at)"),
    ],
)
def test_what_a_setting_can_not_name(target: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"^.+$") as caught:
        locate(target, TARGETS)
    assert str(caught.value).startswith(message)
