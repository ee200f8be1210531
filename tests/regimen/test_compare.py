"""Two definitions side by side: what differs is told once, where it does and nowhere else, however the files write it."""

from collections.abc import Iterator
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing.days import Numbering, Scope, parse_days, parse_scope
from dosing.errors import RegimenError
from dosing.regimen import grid
from dosing.regimen.check import problems_of
from dosing.regimen.choose import choose
from dosing.regimen.compare import Difference, compare
from dosing.regimen.library import regimen_ids, shipped_regimen
from dosing.regimen.model import Activity, Phase, Regimen
from dosing.regimen.read import read_regimen

HEAD = """\
id: {id}
title: T
version: 1
checked: 2026-11-21
source: {source}
sources:
  mine: {{title: S, grade: C}}
  yours: {{title: S, grade: C}}
  aside: {{title: S, grade: C}}
drugs:
  abc: {{source: aside, routes: PO or IV, precision: 0.1 mg, bsa_cap: 2.2 m2}}
  xyz: {{source: aside, routes: PO, precision: 1 mg}}
phases:
"""
PHASE = """\
  - id: treatment
    cycle: 28 days
    repeat: open
    give:
"""


def read(phases: str, *, id: str = "one", source: str = "mine", drugs: tuple[str, str] = ("", "")) -> Regimen:
    """The regimen with these phases, which makes sense."""
    text = HEAD.format(id=id, source=source).replace(*drugs) + phases
    regimen = read_regimen(text.encode(), file="one.yaml")
    assert problems_of(regimen, file="one.yaml", as_written=True) == []
    return regimen


def drug(fields: str, *, name: str = "abc") -> str:
    """One activity: `dose: 20 mg; days: 1 8` after what is usual of it."""
    given = dict(part.split(": ", 1) for part in fields.split("; ") if part)
    lines = {"drug": name, "dose": "10 mg", "route": "PO", "days": "1", **given}
    return "      - " + "\n        ".join(f"{key}: {value}" for key, value in lines.items()) + "\n"


def told(here: str, there: str) -> list[str]:
    """The differences of two lists of phases."""
    return [str(each) for each in compare(read(here), read(there, id="two", source="yours"))]


def told_of(here: str, there: str) -> list[str]:
    """The differences of one drug in a cycle of 28 days, given as `drug` reads it."""
    return told(PHASE + drug(here), PHASE + drug(there))


def shipped(name: str) -> Regimen:
    id, _, variant = name.partition(":")
    return choose(shipped_regimen(id), variants=[variant] if variant else [])


def lines(here: str, there: str) -> list[str]:
    return [str(each) for each in compare(shipped(here), shipped(there))]


# -- shipped regimens, by hand ------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", regimen_ids())
def test_nothing_departs_from_itself(id: str) -> None:
    assert compare(shipped_regimen(id), shipped_regimen(id)) == ()


def test_the_transplant_protocol_against_the_label() -> None:
    assert lines("krd-asct", "krd") == [
        "induction repeat: 6 cycles here [krd-asct-record], open in krd [dc-k]",
        "carfilzomib dose C1 D1-2: 27 mg/m2 here [krd-asct-record], 20 mg/m2 in krd [dc-k]",
        "carfilzomib over: not stated here [krd-asct-record], 10 min in krd [dc-k]",
        "dexamethasone route: not stated here [krd-asct-record], PO or IV in krd [msc-k]",
        "assessment harvest: here only [krd-asct-record]",
        "visit response: here only [krd-asct-record]",
        "phase transplant: here only [krd-asct-record]",
        "phase maintenance: here only [krd-asct-record]",
        "phase follow-up: here only [krd-asct-record]",
    ]
    assert not [line for line in lines("krd-asct:label-start", "krd") if "dose" in line]


def test_the_label_against_the_transplant_protocol() -> None:
    found = lines("krd", "krd-asct")
    assert found[:2] == [
        "treatment repeat: open here [dc-k], 6 cycles in krd-asct [krd-asct-record]",
        "carfilzomib dose C1 D1-2: 20 mg/m2 here [dc-k], 27 mg/m2 in krd-asct [krd-asct-record]",
    ]
    assert found[-3:] == [f"phase {id}: in krd-asct only [krd-asct-record]" for id in ("transplant", "maintenance", "follow-up")]


def test_isatuximab_added_to_kd() -> None:
    assert lines("isa-kd", "kd-twice-weekly") == [
        "dexamethasone route C1 D1-2,8-9,15-16,22: IV here [msuk-isa], PO or IV in kd-twice-weekly [msc-k]",
        "dexamethasone route C1 D23: PO here [msuk-isa], PO or IV in kd-twice-weekly [msc-k]",
        "dexamethasone route C2+ D1-2,8-9,15-16: IV here [msuk-isa], PO or IV in kd-twice-weekly [msc-k]",
        "dexamethasone route C2+ D22-23: PO here [msuk-isa], PO or IV in kd-twice-weekly [msc-k]",
        "drug isatuximab: here only [rxr-isa]",
    ]


def test_variants_against_their_regimen() -> None:
    assert lines("kd-weekly", "kd-weekly:arrow") == ["dexamethasone days C9: 1 8 15 22 here [msc-k], 1 8 15 in kd-weekly [cc-arr]"]
    assert lines("krd", "krd:eu") == [
        "carfilzomib days C19+: none here [dc-k], 1 2 15 16 in krd [eu-k]",
        "carfilzomib max C1 D1-2: not stated here, 44 mg in krd [eu-k]",
        "carfilzomib max C1 D8-9,15-16: not stated here, 60 mg in krd [eu-k]",
        "carfilzomib max C2-18: not stated here, 60 mg in krd [eu-k]",
    ]


def test_two_lines_of_a_drug_against_one() -> None:
    """Dexamethasone 20 mg on days 1, 8, 15, 22 and 4 mg on days 2, 9, 16 in two lines, against one line with days 1 2 8 9 15 16 22 23."""
    assert [line for line in lines("isa-k:dl2", "isa-kd") if "dexa" in line] == [
        "dexamethasone days: 1 2 8 9 15 16 22 here [ct-02332850], 1 2 8 9 15 16 22 23 in isa-kd [isa-set]",
        "dexamethasone dose D2,9,16: 4 mg here [ct-02332850], 20 mg in isa-kd [isa-set]",
        "dexamethasone route D2,9,16: PO or IV here [ct-02332850], IV in isa-kd [msuk-isa]",
        "dexamethasone route C2+ D22: IV here [ct-02332850], PO in isa-kd [msuk-isa]",
    ]


def test_an_activity_of_several_phases_is_named_with_its_phase() -> None:
    found = lines("isa-kpd", "isa-kd")
    assert found[:3] == [
        "phase screening: here only [nct04883242]",
        "induction repeat: 6 cycles here [nct04883242], open in isa-kd [rxr-isa]",
        "induction isatuximab dose: not stated here [nct04883242], 10 mg/kg in isa-kd [rxr-isa]",
    ]
    assert "drug induction pomalidomide: here only [nct04883242]" in found
    assert "drug induction pomalidomide: in isa-kpd only [nct04883242]" in lines("isa-kd", "isa-kpd")


# -- one thing, written in two ways -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("days: 1 8", "days: {C1: 1 8, else: 8 1}"),
        ("days: 1-3", "days: 1 2 3"),
        ("days: weekly", "days: 1 8 15 22"),
        ("days: daily", "days: 1-28"),
        ("days: 1; dose: 20 mg", "days: 1; dose: {C1 D1: 20 mg, C2+: 20 mg}"),
        ("dose: 0.5 mg", "dose: 500 mcg"),
        ("dose: 1 g", "dose: 1000.0 mg"),
        ("dose: 20 to 40 mg/m2", "dose: 20.0 to 40 mg/m2"),
        ("route: PO or IV; over: 60 min", "route: IV or PO; over: 1 hour"),
        ("times: 1", ""),
        ("every: 24 hours", "times: 1"),
        ("percent: 100 %", ""),
        ("max: not-stated", ""),
        ("bsa_cap: 2.2 m2", ""),
        ("bsa_cap: not-stated", "bsa_cap: 2.20 m2"),
        ("round: 0.1 mg", ""),
        ("optional: no; when: before lunch; note: a note", "when: after lunch"),
        ("cycle: 4 weeks; days: 1 8", "days: 1 8"),
        ("cycle: 7 days; days: 1", "cycle: 1 week; days: {C1: 1, C2+: 1}"),
        ("dose: {value: 10 mg, source: aside, because: so}", "source: aside"),
        ("id: other-name", ""),
    ],
)
def test_how_it_is_written_makes_no_difference(here: str, there: str) -> None:
    assert told_of(here, there) == []
    assert told_of(there, here) == []


def test_a_drug_split_over_two_lines() -> None:
    split = drug("days: {C1: 1 8, else: none}") + drug("id: later; days: {C1: 15, else: 1}")
    assert told(PHASE + split, PHASE + drug("days: {C1: 1 8 15, C2+: 1}")) == []


def test_a_cap_on_the_body_surface_that_nobody_has() -> None:
    assert told(PHASE + drug("bsa_cap: none", name="xyz"), PHASE + drug("", name="xyz")) == []


def test_phases_written_in_two_ways() -> None:
    give = "    give:\n" + drug("days: daily")
    for here, there in (
        ("cycle: 28 days\n    repeat: 6", "cycle: {C1: 4 weeks, C2+: 28 days}\n    repeat: 6"),
        ("cycle: 28 days\n    for: 2 years", "cycle: 28 days\n    for: 24 months\n    ends: whole cycles"),
        ("for: 1 week", "for: 7 days"),
    ):
        assert told(f"  - id: a\n    {here}\n{give}", f"  - id: a\n    {there}\n{give}") == []


# -- values that differ -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("here", "there", "line"),
    [
        ("dose: 10 mg", "dose: 11 mg", "dose: 10 mg here [mine], 11 mg in two [yours]"),
        ("dose: 10 mg", "dose: 10 mg/m2", "dose: 10 mg here [mine], 10 mg/m2 in two [yours]"),
        ("dose: 10 mg/kg", "dose: 10 mg/m2", "dose: 10 mg/kg here [mine], 10 mg/m2 in two [yours]"),
        ("dose: AUC 5", "dose: AUC 6", "dose: AUC 5 here [mine], AUC 6 in two [yours]"),
        ("dose: 20 mg/m2", "dose: 20 to 40 mg/m2", "dose: 20 mg/m2 here [mine], 20 to 40 mg/m2 in two [yours]"),
        ("dose: not-stated", "", "dose: not stated here [mine], 10 mg in two [yours]"),
        ("percent: 75 %", "", "percent: 75 % here [mine], 100 % in two"),
        ("percent: not-stated", "", "percent: not stated here [mine], 100 % in two"),
        ("route: IV; over: 10 min", "route: IV; over: 4 to 6 hours", "over: 10 min here [mine], 4 to 6 hours in two [yours]"),
        ("over: 10 min", "", "over: 10 min here [mine], not stated in two"),
        ("times: 2", "", "times: 2 times a day here [mine], once a day in two"),
        ("times: 2", "every: 12 hours", "times: 2 times a day here [mine], every 12 hours in two [yours]"),
        ("max: 44 mg", "", "max: 44 mg here [mine], not stated in two"),
        ("bsa_cap: none", "", "bsa_cap: none here [mine], 2.2 m2 in two [aside]"),
        ("round: 50 mg", "", "round: 50 mg here [mine], 0.1 mg in two [aside]"),
        ("optional: yes", "", "optional: at need here [mine], always in two [yours]"),
        ("days: 1 2 8", "days: 1 8-10", "days: 1 2 8 here [mine], 1 8-10 in two [yours]"),
        ("days: none", "", "days: none here [mine], 1 in two [yours]"),
        ("days: not-stated", "", "days: not stated here [mine], 1 in two [yours]"),
        ("days: -5 to -3 -1 1", "days: -1 1", "days: -5 to -3 -1 1 here [mine], -1 1 in two [yours]"),
        ("cycle: 7 days", "", "cycle: 7 days here [mine], 28 days in two [yours]"),
        ("cycle: not-stated", "", "cycle: not stated here [mine], 28 days in two [yours]"),
    ],
)
def test_a_value_that_differs(here: str, there: str, line: str) -> None:
    assert told_of(here, there) == [f"abc {line}"]
    assert len(told_of(there, here)) == 1


def test_a_gap_is_a_gap_whatever_its_name() -> None:
    texts = [HEAD.format(id="x", source="mine") + PHASE + drug(f"dose: {gap}") for gap in ("not-stated", "by-variant")]
    mine, yours = (read_regimen(text.encode(), file="x.yaml") for text in texts)
    assert compare(mine, yours) == ()
    (found,) = compare(yours, read(PHASE + drug("")))
    assert (found.here, found.there) == ("not stated", "10 mg")


def test_what_a_drug_s_own_definition_changes() -> None:
    """A file with its own `drugs` may cap or measure the same drug otherwise, though its phases are the same."""
    mine = read(PHASE + drug("dose: 20 mg/m2"))
    yours = read(PHASE + drug("dose: 20 mg/m2"), drugs=("precision: 0.1 mg, bsa_cap: 2.2 m2", "precision: 1 mg"))
    assert [str(each) for each in compare(mine, yours)] == [
        "abc bsa_cap: 2.2 m2 here [aside], not stated in one",
        "abc round: 0.1 mg here [aside], 1 mg in one [aside]",
    ]


def test_a_drug_that_nobody_defines() -> None:
    unknown = read_regimen((HEAD.format(id="x", source="mine") + PHASE + drug("", name="nosuchdrug")).encode(), file="x.yaml")
    with pytest.raises(RegimenError, match="nosuchdrug"):
        compare(unknown, unknown)


def test_sources_that_change_with_the_cycle_stay_apart() -> None:
    assert told_of("dose: 20 mg", "dose: {C1: 10 mg, C2+: {value: 10 mg, source: aside}}") == [
        "abc dose C1: 20 mg here [mine], 10 mg in two [yours]",
        "abc dose C2+: 20 mg here [mine], 10 mg in two [aside]",
    ]


# -- where they differ --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("here", "there", "where"),
    [
        ("dose: {C1 D1-2: 9 mg, else: 10 mg}; days: 1 2 8", "days: 1 2 8", ["C1 D1-2"]),
        ("dose: {'D8,15': 9 mg, else: 10 mg}; days: 1 8 15", "days: 1 8 15", ["D8,15"]),
        ("dose: {C1: 9 mg, C2+: 10 mg}", "", ["C1"]),
        ("dose: {C1: 10 mg, C2+: 9 mg}", "", ["C2+"]),
        ("dose: {'C1,3,5-7': 9 mg, else: 10 mg}", "", ["C1,3,5-7"]),
        ("dose: {'C1,3,13+': 9 mg, else: 10 mg}", "", ["C1,3,13+"]),
        ("dose: {odd: 9 mg, else: 10 mg}", "", ["odd"]),
        ("dose: {even: 9 mg, else: 10 mg}", "", ["even"]),
        ("dose: {every 3rd from C4: 9 mg, else: 10 mg}", "", ["every 3rd from C4"]),
        ("dose: {every 3rd from C1: 10 mg, else: 9 mg}", "", ["every 3rd from C2", "every 3rd from C3"]),
        ("dose: {every 2nd from C3: 9 mg, else: 10 mg}", "", ["every 2nd from C3"]),
        ("dose: {every 22nd from C4: 9 mg, else: 10 mg}", "", ["every 22nd from C4"]),
        ("dose: {every 12th from C1: 9 mg, else: 10 mg}", "", ["every 12th from C1"]),
        ("dose: {every 21st from C1: 9 mg, else: 10 mg}", "", ["every 21st from C1"]),
        ("dose: {every 6th from C1: 9 mg, every 6th from C3: 9 mg, every 6th from C5: 9 mg, else: 10 mg}", "", ["odd"]),
        ("dose: {C1-2: 9 mg, every 3rd from C3: 9 mg, else: 10 mg}", "", ["C1-2", "every 3rd from C3"]),
        ("dose: {C1-2 D1: 9 mg, every 3rd from C3 D8: 9 mg, else: 10 mg}; days: 1 8", "days: 1 8", ["C1-2 D1", "every 3rd from C3 D8"]),
        # Where neither gives it, there is nothing to tell apart.
        ("dose: 9 mg; days: {every 3rd from C3: 1, else: none}", "days: {every 3rd from C3: 1, else: none}", [""]),
        ("dose: {C1-4: 10 mg, C5+: 9 mg}; days: {odd: 1, even: none}", "days: {odd: 1, even: none}", ["C5+"]),
        ("dose: {C3-6: 9 mg, else: 10 mg}; days: {odd: 1, even: none}", "days: {odd: 1, even: none}", ["C3-5"]),
        ("dose: {C1: 10 mg, C2+: 9 mg}; days: {C1-4: 1, C5+: none}", "days: {C1-4: 1, C5+: none}", ["C2-4"]),
    ],
)
def test_where_a_dose_differs(here: str, there: str, where: list[str]) -> None:
    found = compare(read(PHASE + drug(here)), read(PHASE + drug(there)))
    assert {each.path for each in found} == {"abc.dose"}
    assert [each.where for each in found] == where


@pytest.mark.parametrize(
    ("scope", "where"),
    [("every 7th from C3", "C3,10,17,24"), ("C5+", "C5+"), ("C5-30", "C5+"), ("C3", "C3")],
)
def test_no_cycle_is_looked_at_past_the_last_one_that_matters(scope: str, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every 7th and every 11th cycle meet again after 77 cycles, which here is past the end of what anybody looks at."""
    monkeypatch.setattr(grid, "LAST_CYCLE", 30)
    mine, yours = (f"dose: {{{each}: {dose} mg, else: 10 mg}}" for each, dose in ((scope, 9), ("every 11th from C2", 10)))
    assert [each.where for each in compare(read(PHASE + drug(mine)), read(PHASE + drug(yours)))] == [where]


def test_days_before_day_1() -> None:
    days = "days: -5 to -3 -1 1 2"
    dose = "dose: {D-5 to -4: 9 mg, D-1: 8 mg, D2: 7 mg, else: 10 mg}"
    assert [each.where for each in compare(read(PHASE + drug(f"{dose}; {days}")), read(PHASE + drug(days)))] == ["D-5 to -4", "D-1", "D2"]


@pytest.mark.parametrize(
    ("here", "there", "where"),
    [
        ("dose: 9 mg", "", [""]),
        ("dose: {D1-2: 9 mg, else: 10 mg}", "", ["D1-2"]),
        ("dose: {D1-2: 10 mg, else: 9 mg}", "", ["D3+"]),
        ("dose: {D3+: 9 mg, else: 10 mg}", "", ["D3+"]),
        ("dose: {C1 D-2: 9 mg, else: 10 mg}", "", ["C1 D-2"]),
        ("dose: {C1 D-2 to -1: 10 mg, else: 9 mg}", "", ["C1 D1+", "C2+"]),
        ("dose: {D5: 9 mg, else: 10 mg}", "dose: {D5-6: 9 mg, else: 10 mg}", ["D6"]),
    ],
)
def test_where_a_dose_differs_when_nobody_states_the_days(here: str, there: str, where: list[str]) -> None:
    mine, yours = (read(PHASE + drug(f"{dose}; days: not-stated")) for dose in (here, there or "dose: 10 mg"))
    assert [each.where for each in compare(mine, yours)] == where


def test_a_dose_on_the_days_of_the_one_that_states_them() -> None:
    assert told_of("dose: {D8: 9 mg, else: 10 mg}; days: not-stated", "days: 1 8 15")[1:] == [
        "abc dose D8: 9 mg here [mine], 10 mg in two [yours]"
    ]


def test_only_common_cycles_are_compared() -> None:
    mine = PHASE.replace("open", "6") + drug("dose: 9 mg")
    yours = PHASE.replace("open", "up to 18") + drug("dose: {C1: 8 mg, C2-6: 10 mg, C7-18: 11 mg}")
    assert told(mine, yours) == [
        "treatment repeat: 6 cycles here [mine], up to 18 cycles in two [yours]",
        "abc dose C1: 9 mg here [mine], 8 mg in two [yours]",
        "abc dose C2-6: 9 mg here [mine], 10 mg in two [yours]",
    ]


def test_a_run_that_goes_past_what_changes_ends_with_the_cycles() -> None:
    mine, yours = (PHASE.replace("open", "18") + drug(dose) for dose in ("dose: {C1: 9 mg, else: 10 mg}", "dose: {C1: 9 mg, else: 11 mg}"))
    assert [each.where for each in compare(read(mine), read(yours))] == ["C2-18"]


# -- phases -------------------------------------------------------------------------------------------------------

GIVE = "    give:\n" + drug("")


@pytest.mark.parametrize(
    ("here", "there", "line"),
    [
        ("cycle: 28 days\n    repeat: 1", "cycle: 21 days\n    repeat: 1", "cycle: 28 days here [mine], 21 days in two [yours]"),
        (
            "cycle: {C1-4: 42 days, C5+: 28 days}\n    repeat: open",
            "cycle: 28 days\n    repeat: open",
            "cycle C1-4: 42 days here [mine], 28 days in two [yours]",
        ),
        ("cycle: not-stated\n    repeat: 2", "cycle: 28 days\n    repeat: 2", "cycle: not stated here [mine], 28 days in two [yours]"),
        ("cycle: 28 days\n    repeat: 1", "cycle: 28 days\n    repeat: 2", "repeat: 1 cycle here [mine], 2 cycles in two [yours]"),
        (
            "cycle: 28 days\n    repeat: not-stated",
            "cycle: 28 days\n    repeat: open",
            "repeat: not stated here [mine], open in two [yours]",
        ),
        (
            "cycle: 28 days\n    repeat: 2",
            "cycle: 28 days\n    for: up to 2 years",
            "repeat: 2 cycles here [mine], for up to 2 years in two [yours]",
        ),
        ("for: 18 months", "for: 2 years", "for: for 18 months here [mine], for 2 years in two [yours]"),
        ("until: 2027-06-30", "", "until: until 2027-06-30 here [mine], until its last day in two [yours]"),
        ("", "for: 2 years", "for: until its last day here [mine], for 2 years in two [yours]"),
        (
            "cycle: 28 days\n    for: 2 years\n    ends: cut at the day",
            "cycle: 28 days\n    for: 2 years",
            "for: for 2 years, cut at the day here [mine], for 2 years in two [yours]",
        ),
        (
            "cycle: 28 days\n    for: 2 years\n    ends: not-stated",
            "cycle: 28 days\n    for: 2 years",
            "for: for 2 years, its end is not stated here [mine], for 2 years in two [yours]",
        ),
        ("anchor: day 0", "", "anchor: day 0 here [mine], day 1 in two [yours]"),
        ("if: a response", "", "if: a response here [mine], no condition in two [yours]"),
        ("waits: a response", "", "start: waits for a response here [mine], after the phase before in two [yours]"),
        ("start: not-stated", "", "start: not stated here [mine], after the phase before in two [yours]"),
        (
            "start: start of treatment + 1 week",
            "start: start of treatment + 8 days",
            "start: start of treatment + 1 week here [mine], start of treatment + 8 days in two [yours]",
        ),
    ],
)
def test_the_frame_of_a_phase(here: str, there: str, line: str) -> None:
    phases = [f"  - id: part\n    {fields or 'title: Part'}\n{GIVE}" for fields in (here, there)]
    assert told(phases[0], phases[1]) == [f"part {line}"]


def test_words_of_a_phase_are_not_compared() -> None:
    phases = [
        f"  - id: part\n    waits: {words}\n    title: {words}\n    if: {case}\n{GIVE}" for words, case in (("x", "Yes"), ("y", "yes"))
    ]
    assert told(phases[0], phases[1]) == []


def test_a_phase_of_cycles_against_one_without() -> None:
    assert told(f"  - id: part\n    cycle: 28 days\n    repeat: 3\n{GIVE}", f"  - id: part\n{GIVE}") == [
        "part cycle: 28 days here [mine], no cycle in two [yours]",
        "part repeat: 3 cycles here [mine], until its last day in two [yours]",
    ]


def test_daily_in_a_longer_phase_is_a_difference_of_the_phase() -> None:
    daily = "    give:\n" + drug("days: daily")
    cycles = [f"  - id: part\n    cycle: {length}\n    repeat: 2\n{daily}" for length in ("28 days", "21 days")]
    assert told(*cycles) == ["part cycle: 28 days here [mine], 21 days in two [yours]"]
    spans = [f"  - id: part\n    for: {length}\n{daily}" for length in ("18 months", "2 years")]
    assert told(*spans) == ["part for: for 18 months here [mine], for 2 years in two [yours]"]


def test_days_without_a_fixed_end() -> None:
    """A month has up to 31 days and nobody knows how many an unstated cycle has, so `daily` is not `1-28` there."""
    for frame in ("cycle: 1 month\n    repeat: 2", "cycle: not-stated\n    repeat: 2", "until: 2027-06-30", "for: 1 month"):
        mine, yours = (f"  - id: part\n    {frame}\n    give:\n{drug(f'days: {days}')}" for days in ("daily", "1-28"))
        assert told(mine, yours) == ["abc days: daily here [mine], 1-28 in two [yours]"]
        assert told(mine, mine) == []


def test_days_of_two_lines_without_a_fixed_end() -> None:
    frame = "  - id: part\n    cycle: 1 month\n    repeat: open\n    give:\n"
    split = drug("days: {odd: daily, even: none}") + drug("id: again; days: {odd: none, even: weekly}")
    assert told(frame + split, frame + drug("days: 1-28")) == [
        "abc days odd: daily and none here [mine], 1-28 in two [yours]",
        "abc days even: none and weekly here [mine], 1-28 in two [yours]",
    ]


def test_days_are_told_as_here_counts_them() -> None:
    """Day -2 where there is a day 0 is the third day before day 1; where there is none, the second."""
    mine = "  - id: part\n    day_zero: yes\n    give:\n" + drug("days: -2 0 1; dose: {D-2: 9 mg, else: 10 mg}")
    same = "  - id: part\n    give:\n" + drug("days: -3 -1 1; dose: {D-3: 9 mg, else: 10 mg}")
    assert told(mine, same) == []
    assert told(mine, same.replace("D-3: 9 mg", "D-1: 9 mg")) == [
        "abc dose D-2: 9 mg here [mine], 10 mg in two [yours]",
        "abc dose D0: 10 mg here [mine], 9 mg in two [yours]",
    ]
    other = "  - id: part\n    give:\n" + drug("days: -2 1; dose: 10 mg")
    assert told(mine, other)[0] == "abc days: -2 0 1 here [mine], -1 1 in two [yours]"


def phase(id: str, fields: str = "cycle: 28 days\n    repeat: 2", *, give: str = "") -> str:
    return f"  - id: {id}\n    {fields}\n    give:\n{give or drug('')}"


def test_phases_belong_together_by_id_and_then_in_order() -> None:
    mine = phase("first") + phase("transplant", "waits: a date") + phase("second") + phase("third")
    yours = phase("one") + phase("third", "cycle: 28 days\n    repeat: 3") + phase("two", "cycle: 28 days\n    repeat: 4") + phase("four")
    assert told(mine, yours) == [
        "phase transplant: here only [mine]",
        "second repeat: 2 cycles here [mine], 4 cycles in two [yours]",
        "third repeat: 2 cycles here [mine], 3 cycles in two [yours]",
        "phase four: in two only [yours]",
    ]


def test_a_cyclic_phase_without_drugs_is_no_partner() -> None:
    assess = "  - id: {}\n    cycle: 28 days\n    repeat: 2\n    assess:\n      - {{what: Scan, days: 1}}\n"
    assert told(assess.format("a"), assess.format("b") + phase("c")) == [
        "phase a: here only [mine]",
        "phase b: in two only [yours]",
        "phase c: in two only [yours]",
    ]
    assert told(assess.format("a"), assess.format("a").replace("days: 1", "days: 2")) == []


def test_a_start_at_a_phase_of_another_name() -> None:
    mine = phase("first") + phase("later", "start: end of first + 1 week")
    yours = phase("one") + phase("later", "start: end of one + 7 days")
    assert told(mine, yours) == []
    assert told(mine, yours.replace("end of one + 7 days", "start of one + 7 days")) == [
        "later start: end of first + 1 week here [mine], start of one + 7 days in two [yours]"
    ]


def test_visits_and_assessments_by_presence() -> None:
    visits = "    visits:\n      - {what: Blood, at: end of part}\n"
    assess = "    assess:\n      - {what: Scan, days: 1}\n"
    part = "  - id: part\n" + GIVE
    assert told(part + assess + visits, part) == ["assessment scan: here only [mine]", "visit blood: here only [mine]"]
    assert told(part, part + assess + visits) == ["assessment scan: in two only [yours]", "visit blood: in two only [yours]"]
    assert told(part + visits, part + visits.replace("end of", "start of")) == []


def test_a_visit_of_several_phases_is_named_with_its_phase() -> None:
    visits = "    visits:\n      - {id: blood, what: Blood, at: start of treatment}\n"
    follow = "  - id: after\n" + visits
    assert told(phase("part") + visits + follow, phase("part") + follow) == ["visit part blood: here only [mine]"]
    assert told(phase("part") + follow, phase("part") + visits + follow) == ["visit part blood: in two only [yours]"]


def test_a_phase_of_visits_against_one_with_drugs() -> None:
    visits = "    visits:\n      - {what: Blood, at: start of treatment}\n"
    assert told(phase("first") + "  - id: after\n" + visits, phase("first") + phase("after", give=drug("", name="xyz"))) == [
        "drug xyz: in two only [yours]",
        "visit blood: here only [mine]",
    ]


# -- activities ---------------------------------------------------------------------------------------------------


def test_drugs_in_the_order_of_here() -> None:
    mine = PHASE + drug("dose: 9 mg", name="xyz") + drug("id: a; drug: dexamethasone")
    yours = PHASE + drug("") + drug("", name="xyz") + drug("drug: lenalidomide")
    assert told(mine, yours) == [
        "xyz dose: 9 mg here [mine], 10 mg in two [yours]",
        "drug a: here only [mine]",
        "drug abc: in two only [yours]",
        "drug lenalidomide: in two only [yours]",
    ]


def test_a_drug_that_only_one_states() -> None:
    mine, yours = PHASE + drug("id: conditioning", name="not-stated"), PHASE + drug("id: conditioning; bsa_cap: none; round: 1 mg")
    assert told(mine, yours) == [
        "conditioning drug: not stated here [mine], abc in two [yours]",
        "conditioning round: not stated here, 1 mg in two [yours]",
    ]
    assert told(yours, mine)[0] == "conditioning drug: abc here [mine], not stated in two [yours]"
    assert told(mine, mine) == []
    assert told(mine, PHASE + drug("id: other")) == ["drug conditioning: here only [mine]", "drug other: in two only [yours]"]


def test_a_drug_goes_to_its_own_line_before_one_of_the_same_id() -> None:
    """`one` is a line without a drug here and one of abc there, but abc has its own line here."""
    mine = PHASE + drug("id: one", name="not-stated") + drug("id: two-b; dose: 9 mg")
    assert told(mine, PHASE + drug("id: one")) == ["drug one: here only [mine]", "two-b dose: 9 mg here [mine], 10 mg in two [yours]"]


def test_an_assessment_is_no_drug_of_the_same_id() -> None:
    assess = PHASE + drug("", name="xyz") + "    assess:\n      - {id: abc, what: Scan, days: 1}\n"
    assert told(assess, PHASE + drug("", name="xyz") + drug("")) == ["assessment abc: here only [mine]", "drug abc: in two only [yours]"]


def test_two_lines_that_meet_on_one_day() -> None:
    two = PHASE + drug("dose: 20 mg; days: 1 8") + drug("id: more; dose: 4 mg; days: 8; max: {value: 5 mg, source: aside}")
    assert told(two, PHASE + drug("dose: 20 mg; days: 1 8")) == [
        "abc dose D8: 20 mg and 4 mg here [mine], 20 mg in two [yours]",
        "abc max D8: not stated and 5 mg here [aside], not stated in two",
    ]
    assert told(two.replace("4 mg", "20 mg"), PHASE + drug("dose: 20 mg; days: 1 8"))[0].startswith("abc dose D8: 20 mg and 20 mg here")
    swapped = PHASE + drug("id: more; dose: 4 mg; days: 8; max: 5 mg") + drug("dose: 20 mg; days: 1 8")
    assert told(two, swapped) == []


def test_which_of_two_lines_has_which_route() -> None:
    mine = drug("dose: 20 mg; route: IV; over: not-stated") + drug("id: more; dose: 4 mg")
    yours = drug("dose: 20 mg") + drug("id: more; dose: 4 mg; route: IV; over: not-stated")
    assert told(PHASE + mine, PHASE + yours) == ["abc route: IV and PO here [mine], PO and IV in two [yours]"]


def test_several_lines_whose_days_do_not_add_up_go_by_id() -> None:
    mine = drug("days: not-stated") + drug("id: more; dose: 4 mg")
    yours = drug("id: more; dose: 5 mg") + drug("days: not-stated; dose: 9 mg")
    assert told(PHASE + mine, PHASE + yours) == [
        "abc dose: 10 mg here [mine], 9 mg in two [yours]",
        "more dose: 4 mg here [mine], 5 mg in two [yours]",
    ]
    own = drug("cycle: 7 days") + drug("id: rest; dose: 4 mg")
    assert told(PHASE + own, PHASE + drug("cycle: 7 days; dose: 9 mg")) == [
        "abc dose: 10 mg here [mine], 9 mg in two [yours]",
        "drug rest: here only [mine]",
    ]


def test_a_rhythm_of_its_own_is_not_bound_to_the_cycles_of_the_phase() -> None:
    mine, yours = (PHASE.replace("open", "2") + drug(f"cycle: 7 days; dose: {dose}") for dose in ("10 mg", "{C1-4: 10 mg, C5+: 9 mg}"))
    assert told(mine, yours) == ["abc dose C5+: 10 mg here [mine], 9 mg in two [yours]"]


# -- the dose at the end of another phase -------------------------------------------------------------------------

LAST = "days: daily; dose: as last of {}"


def later(name: str = "first") -> str:
    return phase("later", "for: 2 years", give=drug(LAST.format(name)))


def test_the_last_dose_is_that_dose() -> None:
    flat = phase("later", "for: 2 years", give=drug("days: daily; dose: 9 mg"))
    for dose in ("9 mg", "{C1 D1: 8 mg, else: 9 mg}", "{C1: 8 mg, C2 D1: 7 mg, else: 9 mg}"):
        first = phase("first", give=drug(f"days: 1 8; dose: {dose}"))
        assert told(first + later(), first + flat) == []
        assert told(first + later(), first + flat.replace("9 mg", "8 mg")) == [
            "later.abc dose: 9 mg here [mine], 8 mg in two [yours]".replace(".", " ")
        ]
        once_more = phase("last", "for: 1 year", give=drug(LAST.format("later")))
        assert told(first + later() + once_more, first + flat + once_more.replace("as last of later", "9 mg")) == []


def test_the_last_dose_of_the_last_cycle_in_which_it_is_given() -> None:
    first = phase("first", give=drug("days: {C1: 1 8, C2: none}; dose: {C1 D1: 8 mg, else: 9 mg}"))
    flat = phase("later", "for: 2 years", give=drug("days: daily; dose: 9 mg"))
    assert told(first + later(), first + flat) == []


def test_the_last_dose_of_a_phase_without_cycles() -> None:
    first = phase("first", "for: 1 week", give=drug("days: 1 5; dose: {D5: 9 mg, else: 8 mg}"))
    assert told(first + later(), first + phase("later", "for: 2 years", give=drug("days: daily; dose: 9 mg"))) == []


@pytest.mark.parametrize(
    "first",
    [
        phase("first", "cycle: 28 days\n    repeat: open", give=drug("days: 1 8; dose: {D1: 8 mg, else: 9 mg}")),
        phase("first", give=drug("days: not-stated; dose: {D1: 8 mg, else: 9 mg}")),
        phase("first", give=drug("cycle: 7 days; dose: {C1: 8 mg, else: 9 mg}")),
        phase("first", give=drug("days: none; dose: 9 mg")),
    ],
)
def test_a_last_dose_that_nobody_knows(first: str) -> None:
    flat = phase("later", "for: 2 years", give=drug("days: daily; dose: 9 mg"))
    assert told(first + later(), first + flat) == ["later abc dose: as last of first here [mine], 9 mg in two [yours]"]
    assert told(first + later(), first.replace("id: first", "id: one") + later("one")) == []


def test_a_last_dose_that_is_not_stated() -> None:
    first = phase("first", give=drug("dose: not-stated"))
    assert told(first + later(), first + phase("later", "for: 2 years", give=drug("days: daily; dose: 9 mg"))) == [
        "later abc dose: not stated here [mine], 9 mg in two [yours]"
    ]


def test_a_last_dose_of_a_phase_that_does_not_give_it() -> None:
    """No file that makes sense says so; it is told as it stands."""
    for wrong in ("nowhere", "other"):
        text = HEAD.format(id="x", source="mine") + phase("other", give=drug("", name="xyz")) + later(wrong)
        mine = read_regimen(text.encode(), file="x.yaml")
        (found,) = compare(mine, read(phase("other", give=drug("", name="xyz")) + phase("later", "for: 2 years", give=drug("days: daily"))))
        assert (found.path, found.here, found.there) == ("abc.dose", f"as last of {wrong}", "10 mg")


# -- rules, lines of text ----------------------------------------------------------------------------------


def test_rules_by_presence() -> None:
    rules = "rules:\n  old: {for: abc, when: age >= 75 years, dose: 5 mg, source: aside}\n"
    plain = PHASE + drug("")
    assert told(plain + rules, plain) == ["rule old: here only [aside]"]
    assert told(plain, plain + rules) == ["rule old: in two only [aside]"]
    assert told(plain + rules, plain + rules.replace("5 mg", "6 mg")) == []


def test_every_field_is_compared_or_left_out_on_purpose() -> None:
    """A new field of the model must be thought of here."""
    by_day = {"dose", "percent", "route", "over", "times", "max", "bsa_cap", "round", "optional"}
    assert {each.name for each in fields(Activity)} == by_day | {"drug", "cycle", "days"} | {"id", "kind", "what", "when", "note"}
    compared = {"cycle", "repeat", "lasting", "until", "cut", "start", "waits", "anchor", "numbering", "condition", "activities", "visits"}
    assert {each.name for each in fields(Phase)} == compared | {"id", "title", "source", "continues", "suggest", "order"}


def test_a_difference_in_a_line() -> None:
    assert str(Difference("carfilzomib.dose", "C1 D1-2", "27 mg/m2", "20 mg/m2", "krd-asct-record", "msc-k", "krd")) == (
        "carfilzomib dose C1 D1-2: 27 mg/m2 here [krd-asct-record], 20 mg/m2 in krd [msc-k]"
    )
    assert str(Difference("maintenance", "", "phase", "")) == "phase maintenance: here only"
    assert str(Difference("a.b", "", "", "drug", "", "s", "krd")) == "drug a b: in krd only [s]"


# -- against counting by hand -------------------------------------------------------------------------------------

DAYS = (1, 2, 3, 8)
FIRST = 3  # cycles with values of their own; then every so many are the same
Grid = list[dict[int, int]]  # by cycle, then by step of the period: dose in mg by day


@st.composite
def grids(draw: st.DrawFn, period: int) -> Grid:
    day = st.dictionaries(st.sampled_from(DAYS), st.sampled_from((10, 20)), max_size=3)
    return draw(st.lists(day, min_size=FIRST + period, max_size=FIRST + period))


def at(grid: Grid, cycle: int) -> dict[int, int]:
    """The doses of a cycle, by day."""
    return grid[cycle - 1] if cycle <= FIRST else grid[FIRST + (cycle - FIRST - 1) % (len(grid) - FIRST)]


def written(grid: Grid, cycles: str) -> Regimen:
    """The regimen that says so, one scope for every cell."""
    period = len(grid) - FIRST
    scopes = [f"C{number}" for number in range(1, FIRST + 1)] + [f"every {period}th from C{FIRST + 1 + step}" for step in range(period)]
    named = list(zip(scopes, grid, strict=True))
    days = ", ".join(f"{scope}: {' '.join(map(str, sorted(doses))) or 'none'}" for scope, doses in named)
    doses = ", ".join(f"{scope} D{day}: {dose} mg" for scope, doses in named for day, dose in doses.items())
    give = f"days: {{{days}}}; dose: {{{f'{doses}, ' if doses else ''}else: 10 mg}}"
    text = HEAD.format(id="one", source="mine") + PHASE.replace("open", cycles) + drug(give)
    return read_regimen(text.encode(), file="one.yaml")


EVERYWHERE = Scope("")


def covering(found: tuple[Difference, ...], path: str, cycle: int, day: int | None = None) -> Iterator[Difference]:
    scopes = ((each, parse_scope(each.where) if each.where else EVERYWHERE) for each in found if each.path == path)
    return (each for each, scope in scopes if scope.covers(cycle, day))


@settings(max_examples=200)
@given(data=st.data(), period=st.integers(1, 4), counts=st.tuples(*[st.none() | st.integers(1, 14)] * 2))
def test_every_cell_that_differs_is_told_once_and_no_other(data: st.DataObject, period: int, counts: tuple[int | None, int | None]) -> None:
    """The scopes of the differences, read back, hold in exactly the cells in which the two grids differ, and tell what stands there."""
    mine, yours = data.draw(grids(period)), data.draw(grids(data.draw(st.sampled_from((1, period)))))
    found = compare(*(written(grid, str(count or "open")) for grid, count in ((mine, counts[0]), (yours, counts[1]))))
    assert ("treatment.repeat" in [each.path for each in found]) == (counts[0] != counts[1])
    for cycle in range(1, min(each or 40 for each in counts) + 1):
        here, there = at(mine, cycle), at(yours, cycle)
        texts = [(tuple(parse_days(each.here).numbers(28, Numbering())), each) for each in covering(found, "abc.days", cycle)]
        assert [days for days, _ in texts] == ([tuple(sorted(here))] if sorted(here) != sorted(there) else [])
        for day in here.keys() & there.keys():
            doses = [(each.here, each.there) for each in covering(found, "abc.dose", cycle, day)]
            assert doses == ([(f"{here[day]} mg", f"{there[day]} mg")] if here[day] != there[day] else [])


@given(data=st.data(), period=st.integers(1, 4))
def test_nothing_departs_from_its_like(data: st.DataObject, period: int) -> None:
    """The same grid, once written with its period and once with twice that."""
    grid = data.draw(grids(period))
    assert compare(written(grid, "open"), written([*grid, *grid[FIRST:]], "open")) == ()


@given(data=st.data(), cycle=st.integers(1, 9), dose=st.sampled_from((0, 5)))
def test_one_changed_cell_is_told_there(data: st.DataObject, cycle: int, dose: int) -> None:
    """Nine cycles, of which one day gets another dose or, at 0, is left out."""
    day = st.dictionaries(st.sampled_from(DAYS), st.sampled_from((10, 20)), min_size=1)
    cells = data.draw(st.lists(day, min_size=9, max_size=9))
    changed = data.draw(st.sampled_from(sorted(cells[cycle - 1])))
    others = [dict(doses) for doses in cells]
    others[cycle - 1].pop(changed)
    if dose:
        others[cycle - 1][changed] = dose
    (found,) = compare(nine(cells), nine(others))
    whole = not dose or len(cells[cycle - 1]) == 1
    assert (found.path, found.where) == ("abc.dose" if dose else "abc.days", f"C{cycle}" if whole else f"C{cycle} D{changed}")
    assert found.there == (f"{dose} mg" if dose else days_of(others[cycle - 1]))


def nine(cells: Grid) -> Regimen:
    days = ", ".join(f"C{number}: {' '.join(map(str, sorted(doses))) or 'none'}" for number, doses in enumerate(cells, 1))
    doses = ", ".join(f"C{number} D{day}: {dose} mg" for number, doses in enumerate(cells, 1) for day, dose in doses.items())
    return read(PHASE.replace("open", "9") + drug(f"days: {{{days}}}; dose: {{{doses}}}"))


def days_of(doses: dict[int, int]) -> str:
    """`1-3 8`: three days in a row as a run."""
    text = " ".join(map(str, sorted(doses))) or "none"
    return text.replace("1 2 3", "1-3")
