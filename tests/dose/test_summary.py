"""Totals by drug and cycle: against the rows added up one by one, and worked by hand at a body surface of 2 m2."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing.dose.course import Course
from dosing.dose.oral import make_up
from dosing.dose.patient import Patient
from dosing.dose.reduction import parse_reduction
from dosing.dose.schedule import Dosed, dose_schedule
from dosing.dose.summary import as_dicts, lines_of, summary
from dosing.dose.tally import Given, Line, Tally, plus, tally
from dosing.dose.vials import open_vials
from dosing.errors import DosingError
from dosing.regimen.choose import choose
from dosing.regimen.library import find_drug, find_regimen, regimen_ids
from dosing.regimen.model import Regimen
from dosing.regimen.read import read_regimen
from dosing.schedule.draw import Schedule, draw
from dosing.schedule.timeline import Horizon
from dosing.units import Quantity, parse_quantity

TWO_M2 = Patient(height_cm=180, weight_kg=80)  # 180 x 80 / 3600 = 4: a body surface of exactly 2 m2
HEAD = """\
id: invented
title: Invented for a test
version: 1
checked: 2026-11-21
source: s
sources: {s: {title: Invented, grade: A}}
drugs:
  vial: {source: s, precision: 0.1 mg, routes: IV, vials: [10 mg, 60 mg], levels: {20 mg/m2: [15 mg/m2]}, tall_man: vIAL}
  pill: {source: s, precision: 0.1 mg, routes: PO, tablets: [5 mg, 20 mg]}
  both: {source: s, precision: 0.1 mg, routes: PO or IV, tablets: [4 mg, 20 mg], capsules: [10 mg], vials: [100 mg]}
  bare: {source: s, precision: 0.1 mg, routes: IV}
phases:
"""


def regimen_of(text: str) -> Regimen:
    return read_regimen(f"{HEAD}{text}".encode(), file="invented.yaml")


def phase(*give: str, head: str = "cycle: 28 days, repeat: 3") -> str:
    activities = "".join(f"      - {{{each}}}\n" for each in give)
    frame = "".join(f"    {each.strip()}\n" for each in head.split(","))
    return f"  - id: p\n{frame}    give:\n{activities}"


def summed(rows: Sequence[Dosed], schedule: Schedule, until: date | None = None) -> tuple[Line, ...]:
    return summary(rows, drug_of=lambda id: find_drug(id, regimen=schedule.regimen), phases=schedule.phases, until=until)


def lines(text: str, *, until: date | None = None, cycles: int | None = None, course: Course | None = None) -> tuple[Line, ...]:
    schedule = draw(regimen_of(text), start=date(2026, 1, 5), horizon=Horizon(cycles, until))
    return summed(dose_schedule(schedule, course or TWO_M2).rows, schedule, until)


def told(text: str, *, until: date | None = None, cycles: int | None = None, course: Course | None = None) -> list[list[str]]:
    """The lines for people: the table's rows as cells, then each sentence by itself."""
    written = lines_of(lines(text, until=until, cycles=cycles, course=course))
    return [[cell.strip() for cell in line.split("  ") if cell] for line in written[1:] if line]


CARFILZOMIB_LIKE = "drug: vial, dose: {C1 D1-2: 20 mg/m2, else: 27 mg/m2}, route: IV, days: {C1-2: 1 2 8 9, C3+: 1 8}"


# -- worked by hand -----------------------------------------------------------------------------------------------


def test_a_step_up_within_a_cycle() -> None:
    """20 mg/m2 are 40 mg, 27 are 54 mg: 2 x 40 + 2 x 54 = 188 mg, 94 mg/m2; then 216 mg, 108 mg/m2; then 108 mg, 54 mg/m2."""
    assert told(phase(CARFILZOMIB_LIKE))[:4] == [
        ["p", "C1", "vIAL", "2", "1-2", "20 mg/m2", "40 mg", "40 mg", "188 mg (4 doses)", "94 mg/m2"],
        ["p", "C1", "vIAL", "2", "8-9", "27 mg/m2", "54 mg", "54 mg", "188 mg (4 doses)", "94 mg/m2"],
        ["p", "C2", "vIAL", "4", "1-2 and 8-9", "27 mg/m2", "54 mg", "54 mg", "216 mg (4 doses)", "108 mg/m2"],
        ["p", "C3", "vIAL", "2", "1 and 8", "27 mg/m2", "54 mg", "54 mg", "108 mg (2 doses)", "54 mg/m2"],
    ]


def test_vials_of_each_dose_by_itself() -> None:
    """40 mg are 4 x 10; 54 mg are 1 x 60: 160 mg would come from fewer vials, but each dose has its own."""
    said = [row[0] for row in told(phase(CARFILZOMIB_LIKE)) if "opens" in row[0]]
    assert said == [
        "p C1 vIAL, IV: each dose from its own vials, the cycle opens 2 x 60 mg + 8 x 10 mg, 12 mg left over (6 % of what is opened) [s]",
        "p C2 vIAL, IV: each dose from its own vials, the cycle opens 4 x 60 mg, 24 mg left over (10 % of what is opened) [s]",
        "p C3 vIAL, IV: each dose from its own vials, the cycle opens 2 x 60 mg, 12 mg left over (10 % of what is opened) [s]",
    ]


def test_equal_cycles_are_one_line() -> None:
    found = lines(phase("drug: pill, dose: {C1: 20 mg, C5: 20 mg, else: 25 mg}, route: PO, days: 1-21", head="cycle: 28 days, repeat: 7"))
    assert [line.cycles for line in found] == ["C1", "C2-4", "C5", "C6-7"]


def test_cycles_with_a_gap_between_them_are_not_one_line() -> None:
    found = lines(phase("drug: pill, dose: 20 mg, route: PO, days: {C1: 1, C2: none, C3: 1}"))
    assert [line.cycles for line in found] == ["C1", "C3"]


def test_cycles_of_another_length_are_not_one_line() -> None:
    text = phase("drug: pill, dose: 20 mg, route: PO, days: 1-21").replace("cycle: 28 days", "cycle: {C1: 28 days, else: 35 days}")
    assert [(line.cycles, line.length) for line in lines(text)] == [("C1", 28), ("C2-3", 35)]


def test_several_times_a_day() -> None:
    """A day is not a dose: 3 x 20 mg are 60 mg a day, and 840 mg in 14 days."""
    (line,) = lines(phase("drug: pill, dose: 20 mg, route: PO, days: 1-14, times: 3"))
    assert (line.doses, len(line.days)) == (42, 14)
    assert (str(line.parts[0].a_day), str(line.a_cycle)) == ("60 mg", "840 mg")
    rows = told(phase("drug: pill, dose: 20 mg, route: PO, days: 1-14, times: 3"))
    assert rows[0][5:] == ["20 mg x3", "20 mg x3", "60 mg", "840 mg (42 doses)", "840 mg"]
    assert [
        "p C1-3 pill, PO, tablets: a dose 1 x 20 mg, a day 3 x 20 mg; the whole cycle 42 x 20 mg on 14 days; days 15-28 off [s]"
    ] in rows
    assert rows[-1] == ["p pill, PO, tablets: the whole phase, C1-3, 126 x 20 mg [s]"]


def test_two_activities_of_one_drug_make_one_day() -> None:
    """20 mg before and 4 mg after on day 1, 4 mg alone on day 2: 24 mg and 4 mg a day, 28 mg a cycle."""
    first, second = "id: before, drug: both, dose: 20 mg, route: PO, days: 1", "id: after, drug: both, dose: 4 mg, route: PO, days: 1 2"
    (line,) = lines(phase(first, second))
    assert [(part.days, str(part.a_day)) for part in line.parts] == [((1,), "24 mg"), ((2,), "4 mg")]
    rows = told(phase(first, second))
    assert rows[0][5:] == ["20 mg + 4 mg", "20 mg + 4 mg", "24 mg", "28 mg (3 doses)", "28 mg"]
    counted = next(row[0] for row in rows if "if tablets" in row[0])
    assert counted == (
        "p C1-3 both, PO, if tablets: day 1: a dose 1 x 20 mg and 1 x 4 mg, a day 1 x 20 mg + 1 x 4 mg;"
        " day 2: a dose 1 x 4 mg, a day 1 x 4 mg; the whole cycle 1 x 20 mg + 2 x 4 mg on 2 days; days 3-28 off [s]"
    )


def test_units_that_can_not_be_made_up() -> None:
    """4 mg from capsules of 10 mg: nothing is counted for the cycle, nor for the phase."""
    rows = [row[0] for row in told(phase("drug: both, dose: {C1: 20 mg, else: 4 mg}, route: PO, days: 1-28"))]
    assert "p C1 both, PO, if capsules: a dose 2 x 10 mg, a day 2 x 10 mg; the whole cycle 56 x 10 mg on 28 days [s]" in rows
    assert (
        "p C2-3 both, PO, if capsules: whole units can't make up 4 mg; nearest is 10 mg (1 x 10 mg); the whole cycle is not counted [s]"
        in rows
    )
    assert rows[-2:] == [
        "p both, PO, if tablets: the whole phase, C1, C2-3, 28 x 20 mg + 56 x 4 mg [s]",
        "p both, PO, if capsules: the whole phase, C1, C2-3, not counted, as some of it can't be [s]",
    ]


def test_routes_that_are_open() -> None:
    rows = [row[0] for row in told(phase("drug: both, dose: 20 mg, route: PO or IV, days: 1"))]
    assert any(row.startswith("p C1-3 both, IV (if not PO): each dose from its own vials, the cycle opens 1 x 100 mg") for row in rows)
    assert any(row.startswith("p C1-3 both, PO (if not IV), if tablets: a dose 1 x 20 mg") for row in rows)


def test_routes_that_change_by_day() -> None:
    """Days 1 and 8 by vein, 2 and 9 by mouth: vials for the first, tablets for the others."""
    (line,) = lines(phase("drug: both, dose: 20 mg, route: {D1: IV, D8: IV, else: PO}, days: 1 2 8 9"))
    assert [(each.route, str(each.vials), each.left_out.whole) for each in line.opened] == [("IV", "2 x 100 mg", True)]
    assert [(each.route, each.form, str(each.a_cycle)) for each in line.counted] == [
        ("PO", "tablets", "2 x 20 mg"),
        ("PO", "capsules", "4 x 10 mg"),
    ]
    assert line.counted[0].days_off == "days 3-7 and 10-28 off"


def test_a_drug_whose_last_cycles_are_not_by_mouth() -> None:
    """The units of the phase stand after its last line all the same."""
    rows = told(phase("drug: both, dose: 20 mg, route: {C1: PO, else: IV}, days: 1"))
    assert rows[-2:] == [
        ["p both, PO, if tablets: the whole phase, C1, 1 x 20 mg [s]"],
        ["p both, PO, if capsules: the whole phase, C1, 2 x 10 mg [s]"],
    ]


def test_optional_doses_stand_by_themselves() -> None:
    found = lines(
        phase("drug: both, dose: 20 mg, route: IV, days: 1", "id: more, drug: both, dose: 4 mg, route: IV, days: 1, optional: yes")
    )
    assert [(line.optional, str(line.a_cycle)) for line in found] == [(False, "20 mg"), (True, "4 mg")]
    assert "both (optional)" in lines_of(found)[2]


def test_a_phase_without_cycles() -> None:
    """Day -2 stands before day 1; days off are not named where days don't count from 1."""
    text = phase(
        "drug: bare, dose: 100 mg/m2, route: IV, days: -2 -1", "drug: pill, dose: 20 mg, route: PO, days: 1-10", head="anchor: day 0"
    )
    found = lines(text)
    assert [(line.cycles, line.span, line.days, str(line.a_cycle), str(line.ordered)) for line in found] == [
        ("whole phase", "phase", (-2, -1), "400 mg", "200 mg/m2"),
        ("whole phase", "phase", tuple(range(1, 11)), "200 mg", "200 mg"),
    ]
    assert "-2 to -1" in lines_of(found)[1]
    assert [row for row in told(text) if "phase, C" in row[0]] == []
    assert "the whole phase 10 x 20 mg on 10 days [s]" in lines_of(found)[-1]


def test_negative_days_by_mouth_name_no_days_off() -> None:
    text = phase("drug: pill, dose: 20 mg, route: PO, days: -2 -1 1", head="anchor: day 0")
    assert lines(text)[0].counted[0].days_off == ""


# -- what lacks an amount -----------------------------------------------------------------------------------------


def test_doses_without_an_amount_are_counted_and_named() -> None:
    """20 mg on days 1 and 2; on days 8 and 9 nobody stated a dose: never 40 mg alone."""
    text = phase("drug: vial, dose: {D1-2: 20 mg, else: not-stated}, route: IV, days: 1 2 8 9")
    (line,) = lines(text)
    assert line.a_cycle == Tally((parse_quantity("40 mg"),), without=2)
    assert str(line.a_cycle) == "40 mg + 2 doses without an amount"
    rows = [row[0] for row in told(text)]
    assert "p C1-3 vIAL: 2 doses without an amount, no dose is stated" in rows
    assert any("opens 4 x 10 mg, 0 mg left over (0 % of what is opened); 2 doses without an amount not in it [s]" in row for row in rows)


def test_no_amount_at_all() -> None:
    text = phase("drug: vial, dose: 20 to 45 mg/m2, route: IV, days: 1")
    rows = told(text)
    assert rows[0][5:] == [
        "not stated",
        "no amount",
        "1 dose without an amount",
        "1 dose without an amount",
        "1 dose without an amount",
    ]
    assert rows[-1] == ["p C1-3 vIAL: 1 dose without an amount, the dose is stated as `20 to 45 mg/m2`"]
    assert lines(text)[0].opened == ()


def test_nothing_measured() -> None:
    text = phase("drug: vial, dose: 20 mg/m2, route: IV, days: 1 8")
    (line,) = lines(text, course=Course())
    assert (str(line.a_cycle), str(line.ordered)) == ("2 doses without an amount", "40 mg/m2")
    assert "2 doses without an amount, amount not computed: height and weight not given" in lines_of([line])[-1]


def test_how_often_a_day_is_not_stated() -> None:
    """20 mg nobody knows how often are no 20 mg a day."""
    text = phase("drug: both, dose: 20 mg, route: PO or IV, days: 1-4, times: not-stated")
    (line,) = lines(text)
    assert (line.doses, line.opened, line.a_cycle) == (None, (), Tally(uncounted=4))
    rows = told(text)
    assert rows[0][5:] == [
        "20 mg x?",
        "20 mg x?",
        "1 day with doses nobody counted",
        "4 days with doses nobody counted",
        "4 days with doses nobody counted",
    ]
    assert ["p C1-3 both: on days 1-4 nobody stated how many doses there are in a day"] in rows
    assert line.counted[0].a_cycle is None
    assert line.counted[0].taken[0].a_day is None
    assert "if tablets: 1 x 20 mg; the whole cycle is not counted; days 5-28 off" in "\n".join(lines_of([line]))


def test_a_day_of_which_one_dose_has_no_amount() -> None:
    text = phase("id: one, drug: pill, dose: 20 mg, route: PO, days: 1", "id: two, drug: pill, dose: not-stated, route: PO, days: 1 2")
    (line,) = lines(text)
    assert [str(part.a_day) for part in line.parts] == ["20 mg + 1 dose without an amount", "1 dose without an amount"]
    assert line.counted[0].a_cycle is None
    assert "tablets: day 1: 1 x 20 mg; day 2: no amount; the whole cycle is not counted; days 3-28 off" in "\n".join(lines_of([line]))


def test_a_drug_that_is_not_stated() -> None:
    text = phase("id: conditioning, drug: not-stated, dose: not-stated, route: IV, days: 1")
    (line,) = lines(text)
    assert (line.drug, line.name) == ("", "conditioning (drug not stated)")
    assert as_dicts([line])[0]["drug"] is None


def test_amounts_that_are_no_mass() -> None:
    text = phase("drug: vial, dose: 5 million units, route: IV, days: 1", "drug: pill, dose: 5 mL, route: PO, days: 1")
    found = lines(text)
    assert [str(line.a_cycle) for line in found] == ["5 million units", "5 mL"]
    assert [(line.opened, line.counted) for line in found] == [((), ()), ((), ())]


def test_nothing_to_sum_up() -> None:
    assert lines_of([]) == ["nothing to count: no drug is on a day that is stated, or none of them is given"]
    text = phase("drug: bare, dose: 1 mg, route: IV, days: 1") + "    assess: [{id: look, what: Looking, days: 1}]\n"
    assert [line.drug for line in lines(text)] == ["bare"]
    assert lines_of(lines(text))[-1].startswith("p ")


# -- what is and isn't drawn --------------------------------------------------------------------------------------

OPEN = "cycle: 28 days, repeat: open, continues: until progression"


def test_a_cycle_that_was_cut_says_so() -> None:
    """Until day 10 of cycle 2: no days off are claimed after it, and the cycle is a line of its own."""
    text = phase("drug: pill, dose: 20 mg, route: PO, days: 1-21")
    found = lines(text, until=date(2026, 2, 11))
    assert [(line.cycles, line.length, line.drawn_to, len(line.days)) for line in found] == [
        ("C1", 28, None, 21),
        ("C2", 10, date(2026, 2, 11), 10),
    ]
    assert [line.counted[0].days_off for line in found] == ["days 22-28 off", ""]
    text_lines = lines_of(found)
    assert "C2 (drawn to 2026-02-11)" in text_lines[2]
    assert text_lines[4] == "p has 3 cycles; counted here: the first 2"
    assert text_lines[-1] == "p pill, PO, tablets: C1, C2 together 31 x 20 mg [s]"


@pytest.mark.parametrize(("until", "drawn_to"), [("2026-03-28", "2026-03-28"), ("2026-03-29", None), ("2026-03-30", None)])
def test_drawn_to_the_last_day(until: str, drawn_to: str | None) -> None:
    """The third cycle ends on 29 March."""
    found = lines(phase("drug: pill, dose: 20 mg, route: PO, days: 1-21"), until=date.fromisoformat(until))
    assert found[-1].drawn_to == (date.fromisoformat(drawn_to) if drawn_to else None)
    assert ("the whole phase, C1-3," in lines_of(found)[-1]) is (drawn_to is None)


def test_fewer_cycles_than_the_phase_has() -> None:
    text = phase("drug: pill, dose: 20 mg, route: PO, days: 1")
    found = lines_of(lines(text, cycles=1))
    assert found[3] == "p has 3 cycles; counted here: the first 1"
    assert found[-1] == "p pill, PO, tablets: C1 together 1 x 20 mg [s]"


def test_a_phase_that_goes_on() -> None:
    found = lines_of(lines(phase("drug: pill, dose: 20 mg, route: PO, days: 1", head=OPEN), cycles=2))
    assert found[3] == "p goes on; counted here: 2 cycles"
    assert found[-1] == "p pill, PO, tablets: C1-2 together 2 x 20 mg [s]"


def test_a_drug_that_ends_before_its_phase() -> None:
    """Three cycles are drawn, of which the drug has one: that is the whole phase."""
    found = lines_of(
        lines(phase("drug: pill, dose: 20 mg, route: PO, days: {C1: 1, else: none}", "drug: bare, dose: 1 mg, route: IV, days: 1"))
    )
    assert found[-1] == "p pill, PO, tablets: the whole phase, C1, 1 x 20 mg [s]"


def test_the_last_cycle_of_a_phase_that_is_cut_at_the_day() -> None:
    """40 days hold a cycle of 28 days and 12 days of the next."""
    text = phase("drug: pill, dose: 20 mg, route: PO, days: 1-21", head="cycle: 28 days, for: 40 days, ends: cut at the day")
    assert [(line.cycles, line.length, len(line.days), line.drawn_to) for line in lines(text)] == [
        ("C1", 28, 21, None),
        ("C2", 12, 12, None),
    ]


# -- reductions, percentages, marks -------------------------------------------------------------------------------


def test_a_percentage_counts_in_what_is_ordered() -> None:
    """75 % of 20 mg/m2 on two days are 30 mg/m2, and 60 mg."""
    text = phase("drug: vial, dose: 20 mg/m2, percent: 75 %, route: IV, days: 1 8")
    (line,) = lines(text)
    assert (str(line.ordered), str(line.a_cycle)) == ("30 mg/m2", "60 mg")
    assert "75 % of 20 mg/m2" in lines_of([line])[1]


def test_a_reduction_to_a_level_is_another_line() -> None:
    course = Course(patient=TWO_M2, reductions=(parse_reduction("vial = level 1 from C2: platelets"),))
    found = lines(phase("drug: vial, dose: 20 mg/m2, route: IV, days: 1 8"), course=course)
    assert [(line.cycles, str(line.a_cycle), str(line.ordered)) for line in found] == [
        ("C1", "80 mg", "40 mg/m2"),
        ("C2-3", "60 mg", "30 mg/m2"),
    ]


@pytest.mark.parametrize("field", ["dose", "days"])
def test_what_is_unverified_is_marked(field: str) -> None:
    values = {"dose": "20 mg", "days": "1 8"}
    values[field] = f"{{value: {values[field]}, unverified: yes}}"
    (line,) = lines(phase(f"drug: pill, dose: {values['dose']}, route: PO, days: {values['days']}"))
    assert "20 mg UNVERIFIED" in lines_of([line])[1]


def test_an_unverified_step_is_marked() -> None:
    text = phase("drug: vial, dose: 20 mg/m2, percent: {value: 50 %, unverified: yes}, route: IV, days: 1")
    schedule = draw(regimen_of(text), start=date(2026, 1, 5))
    rows = dose_schedule(schedule, TWO_M2).rows
    bare = [replace(row, entry=replace(row.entry, facts={**row.entry.facts, "percent": row.entry.facts["dose"]})) for row in rows]
    assert all(each.unverified for line in summed(bare, schedule) for part in line.parts for each in part.given)


# -- tallies ------------------------------------------------------------------------------------------------------


def test_sums_keep_units_apart_that_are_not_of_one_kind() -> None:
    amounts = [parse_quantity(text) for text in ("500 mg", "1 g", "5 mL", "3 mg/m2", "100 mcg/m2", "2 mg/kg")]
    found = tally((amount, 2, 1) for amount in amounts)
    assert list(map(str, found.sums)) == ["3000 mg", "10 mL", "6.2 mg/m2", "4 mg/kg"]
    assert found.whole
    assert str(tally([])) == ""


def test_auc_adds_up() -> None:
    assert str(plus(Quantity(Decimal(5), "AUC"), Quantity(Decimal(2), "AUC"), 3)) == "AUC 11"


def test_what_is_ordered_by_percent_needs_a_dose() -> None:
    assert Given("x", "IV", None, None, None, 1).ordered is None


# -- against the rows ---------------------------------------------------------------------------------------------


def expanded(found: Sequence[Line]) -> Iterator[tuple[object, ...]]:
    """Every dose of the lines, cycle by cycle and day by day."""
    for line in found:
        for cycle in [None] if line.first is None else range(line.first, (line.last or 0) + 1):
            for part in line.parts:
                for day in part.days:
                    for each in part.given:
                        yield line.phase, cycle, day, each.activity, str(each.amount or ""), each.times


def as_given(rows: Sequence[Dosed]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        if row.entry.kind == "drug":
            times = row.entry.times.per_day if row.entry.times else 1
            yield row.entry.phase, row.entry.cycle, row.entry.day, row.entry.activity, str(row.amount or ""), times


def of_line(line: Line, rows: Sequence[Dosed]) -> list[Dosed]:
    """The rows of the first cycle of a line."""
    return [
        row
        for row in rows
        if (row.entry.phase, row.entry.drug, row.entry.optional, row.entry.cycle) == (line.phase, line.drug, line.optional, line.first)
        and row.entry.kind == "drug"
    ]


def total(rows: Sequence[Dosed]) -> Fraction:
    return sum(
        (Fraction(row.amount.value) * (row.entry.times.per_day if row.entry.times else 1) for row in rows if row.amount), Fraction(0)
    )


def agree(found: Sequence[Line], rows: Sequence[Dosed]) -> None:
    """Nothing is lost or doubled, and the totals are those of the rows added up."""
    assert Counter(expanded(found)) == Counter(as_given(rows))
    for line in found:
        own = of_line(line, rows)
        assert line.a_cycle.without == sum(1 for row in own if row.amount is None)
        assert sum((Fraction(each.value) for each in line.a_cycle.sums), Fraction(0)) == total(own)
        for part in line.parts:
            for day in part.days:
                assert sum((Fraction(each.value) for each in part.a_day.sums), Fraction(0)) == total(
                    [row for row in own if row.entry.day == day]
                )


@pytest.mark.parametrize("id", regimen_ids())
def test_every_shipped_regimen(id: str) -> None:
    """As it is, with each of its variants, and with each of its proxies, as far as it can be drawn."""
    written = find_regimen(id)
    for variants, proxies in (([], []), *(([each], []) for each in written.variants), *(([], [each]) for each in written.proxies)):
        try:
            schedule = draw(choose(written, variants=variants, proxies=proxies, values=None), start=date(2026, 1, 5), horizon=Horizon(7))
        except DosingError:
            continue
        rows = dose_schedule(schedule, TWO_M2).rows
        found = summed(rows, schedule)
        agree(found, rows)
        json.dumps(as_dicts(found), default=str)
        assert len(lines_of(found)) > len(found)


doses = st.sampled_from(["20 mg", "25 mg", "20 mg/m2", "0.5 mg/kg", "12 mg"])
some_days = st.sets(st.integers(1, 28), min_size=1, max_size=8).map(lambda days: " ".join(map(str, sorted(days))))
activities = st.tuples(
    st.sampled_from(["vial", "pill", "both", "bare"]),
    doses,
    doses,
    some_days,
    some_days,
    st.integers(1, 3),
    st.sampled_from(["IV", "PO", "PO or IV"]),
)


@given(st.lists(activities, min_size=1, max_size=3), st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_any_regimen(given: list[tuple[str, str, str, str, str, int, str]], repeat: int) -> None:
    texts = [
        f"id: a{number}, drug: {drug}, dose: {{C1-2 D1-9: {one}, else: {other}}}, days: {{C1: {first}, else: {later}}}, times: {times},"
        f" route: {route}"
        for number, (drug, one, other, first, later, times, route) in enumerate(given)
    ]
    schedule = draw(
        regimen_of("  - id: p\n    cycle: 28 days\n    repeat: " + f"{repeat}\n    give:\n" + as_items(texts)), start=date(2026, 1, 5)
    )
    rows = dose_schedule(schedule, TWO_M2).rows
    found = summed(rows, schedule)
    agree(found, rows)
    for line in found:
        products_agree(line, of_line(line, rows), schedule)
    for before, after in pairwise(found):
        if (before.drug, before.last) == (after.drug, (after.first or 0) - 1):
            assert before.parts != after.parts


def as_items(texts: Sequence[str]) -> str:
    return "".join(f"      - {{{text}}}\n" for text in texts)


def products_agree(line: Line, rows: Sequence[Dosed], schedule: Schedule) -> None:
    """Vials and tablets are those of every dose by itself, added up."""
    drug = find_drug(line.drug, regimen=schedule.regimen)
    vials: Counter[str] = Counter()
    units: dict[str, Counter[str] | None] = {"tablets": Counter(), "capsules": Counter()}
    for row in rows:
        assert row.amount
        amount, times = Quantity(row.amount.value, "mg"), row.entry.times.per_day if row.entry.times else 1
        if "IV" in row.entry.route and drug.vials and drug.vials.stated:
            for size, count in open_vials(amount, sizes=drug.vials.stated).vials:
                vials[str(size)] += count * times
        for form, fact in (("tablets", drug.tablets), ("capsules", drug.capsules)):
            if "PO" in row.entry.route and fact and fact.stated:
                made, so_far = make_up(amount, strengths=fact.stated).units, units[form]
                if made is None or so_far is None:
                    units[form] = None
                    continue
                for size, count in made.units:
                    so_far[str(size)] += count * times
    assert {str(size): count for each in line.opened for size, count in each.vials.vials} == dict(vials)
    for counted in line.counted:
        expected = units[counted.form]
        assert (counted.a_cycle is None) == (expected is None)
        if counted.a_cycle:
            assert {str(size): count for size, count in counted.a_cycle.units} == expected


# -- for machines -------------------------------------------------------------------------------------------------


def test_as_dicts() -> None:
    (found,) = as_dicts(lines(phase("drug: both, dose: 20 mg/m2, percent: 50 %, route: PO or IV, days: 1 2, times: 2")))
    assert {
        key: found[key] for key in ("phase", "first_cycle", "last_cycle", "days_in_cycle", "drawn_to", "drug", "optional", "days", "doses")
    } == {
        "phase": "p",
        "first_cycle": 1,
        "last_cycle": 3,
        "days_in_cycle": 28,
        "drawn_to": None,
        "drug": "both",
        "optional": False,
        "days": 2,
        "doses": 4,
    }
    assert (found["cycles_drawn"], found["cycles_in_phase"]) == (3, 3)
    assert found["total_a_cycle"] == {"sums": [{"value": 80, "unit": "mg"}], "doses_without_amount": 0, "days_without_count": 0}
    assert found["ordered_a_cycle"] == {"sums": [{"value": 40, "unit": "mg/m2"}], "doses_without_amount": 0, "days_without_count": 0}
    assert found["parts"] == [
        {
            "on_days": [1, 2],
            "given": [
                {
                    "activity": "both",
                    "route": "PO or IV",
                    "dose": {"value": 20, "unit": "mg/m2"},
                    "percent": 50,
                    "amount": {"value": 20, "unit": "mg"},
                    "times_per_day": 2,
                    "why": "",
                    "unverified": False,
                    "recorded": False,
                }
            ],
            "total_a_day": {"sums": [{"value": 40, "unit": "mg"}], "doses_without_amount": 0, "days_without_count": 0},
        }
    ]
    assert found["vials_a_cycle"] == [
        {
            "route": "IV (if not PO)",
            "opened": {"100 mg": 4},
            "opened_mg": 400,
            "waste_mg": 320,
            "waste_percent": 80,
            "doses_left_out": 0,
            "days_left_out": 0,
            "source": "[s]",
        }
    ]
    assert found["units"] == [
        {
            "route": "PO (if not IV)",
            "form": form,
            "by_day": [{"on_days": [1, 2], "a_dose": [{size: count}], "a_day": {size: 2 * count}}],
            "a_cycle": {size: 4 * count},
            "in_phase": {size: 12 * count},
            "days_off": "days 3-28 off",
            "source": "[s]",
        }
        for form, size, count in (("tablets", "20 mg", 1), ("capsules", "10 mg", 2))
    ]


def test_as_dicts_of_what_can_not_be_counted() -> None:
    (found,) = as_dicts(lines(phase("drug: pill, dose: 12 mg, route: PO, days: 1")))
    assert found["units"] == [
        {
            "route": "PO",
            "form": "tablets",
            "by_day": [{"on_days": [1], "a_dose": [None], "a_day": None}],
            "a_cycle": None,
            "in_phase": None,
            "days_off": "days 2-28 off",
            "source": "[s]",
        }
    ]
    (lacking,) = as_dicts(lines(phase("drug: pill, dose: not-stated, route: PO, days: 1")))
    assert lacking["parts"][0]["given"][0]["dose"] is None  # type: ignore[index]  # plain values, as JSON has them
