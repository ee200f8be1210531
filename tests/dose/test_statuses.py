"""What is held, left out or given: amounts of every entry by its status, sizes that follow, and what is counted by drug and cycle."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing.api import load_regimen
from dosing.dose.course import Course
from dosing.dose.patient import Patient
from dosing.dose.reduction import parse_reduction
from dosing.dose.schedule import Dosed, DosedSchedule, dose_schedule
from dosing.dose.summary import as_dicts, lines_of, summary
from dosing.dose.tally import Line, same
from dosing.dose.weighing import Scale
from dosing.errors import DoseError, PatientError
from dosing.regimen.facts import Fact
from dosing.regimen.library import find_drug
from dosing.regimen.model import Regimen
from dosing.regimen.values import parse_weigh
from dosing.schedule.draw import Schedule, draw
from dosing.schedule.entries import GIVEN, HELD, NOT_GIVEN, OMITTED, RULED_OUT, SKIPPED, STOPPED, Entry, Key
from dosing.schedule.timeline import Horizon
from dosing.units import Quantity, parse_amount, parse_quantity

START = date(2026, 1, 5)
TWO = Patient(height_cm=180, weight_kg=80)  # 180 x 80 / 3600 = 4: a body surface of exactly 2 m2
CALLED_OFF = (HELD, OMITTED, STOPPED, SKIPPED, RULED_OUT)


@cache
def krd() -> Schedule:
    """Two cycles: 40 mg of carfilzomib on C1 D1-2, then 54 mg; 25 mg of lenalidomide on days 1-21."""
    return draw(load_regimen("krd").regimen, start=START, horizon=Horizon(cycles=2))


def key(when: str, drug: str = "carfilzomib", schedule: Schedule | None = None) -> Key:
    return next(entry.key for entry in (schedule or krd()).entries if (entry.when, entry.drug) == (when, drug))


def marked(statuses: Mapping[Key, str], days: Mapping[Key, date] | None = None, schedule: Schedule | None = None) -> Schedule:
    """The schedule with statuses; what was given was given on its planned day, unless `days` says another."""

    def mark(entry: Entry) -> Entry:
        status = statuses.get(entry.key, "")
        why = (f"{status}: a reason",) if status else ()
        on = (days or {}).get(entry.key, entry.date) if status == GIVEN else None
        return replace(entry, status=status, given_on=on, why=why)

    whole = schedule or krd()
    return replace(whole, entries=tuple(mark(entry) for entry in whole.entries))


def rows_of(found: DosedSchedule, drug: str = "carfilzomib") -> dict[str, Dosed]:
    return {row.entry.when: row for row in found.rows if row.entry.drug == drug}


# -- amounts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", CALLED_OFF)
def test_what_is_called_off_has_no_amount(status: str) -> None:
    found = rows_of(dose_schedule(marked({key("C1D8"): status}), TWO))
    row = found["C1D8"]
    assert (row.amount, row.given, row.order, row.why, row.measured_on) == (None, None, None, "", None)
    assert row.entry.why == (f"{status}: a reason",)
    assert str(row.entry.dose) == "27 mg/m2"
    assert [str(found[day].amount) for day in ("C1D2", "C1D9")] == ["40 mg", "54 mg"]


@pytest.mark.parametrize("status", [GIVEN, NOT_GIVEN])
def test_what_happened_keeps_its_planned_amount(status: str) -> None:
    found = rows_of(dose_schedule(marked({key("C1D8"): status}, {key("C1D8"): date(2026, 1, 14)}), TWO))
    assert (str(found["C1D8"].amount), found["C1D8"].given, found["C1D8"].entry.date) == ("54 mg", None, date(2026, 1, 12))


def test_the_given_amount_stands_beside_the_planned_one() -> None:
    course = Course(patient=TWO, given={key("C1D8"): parse_amount("49 mg")})
    found = rows_of(dose_schedule(marked({key("C1D8"): GIVEN, key("C1D9"): GIVEN}), course))
    assert [(str(row.amount), row.given) for when, row in found.items() if when in ("C1D8", "C1D9")] == [
        ("54 mg", Quantity(Decimal(49), "mg")),
        ("54 mg", None),
    ]


@pytest.mark.parametrize("status", ["", NOT_GIVEN, *CALLED_OFF])
def test_an_amount_of_what_was_not_given_is_refused(status: str) -> None:
    course = Course(patient=TWO, given={key("C1D8"): parse_amount("49 mg")})
    with pytest.raises(DoseError, match="treatment C1D8 carfilzomib: 49 mg is said to be given, and nothing that was given has this name"):
        dose_schedule(marked({key("C1D8"): status}), course)


def test_an_amount_of_nothing_there_is_refused() -> None:
    with pytest.raises(DoseError, match="after 3 response: 1 mg is said to be given"):
        dose_schedule(krd(), Course(given={("after", None, None, "response", 3): parse_amount("1 mg")}))
    with pytest.raises(DoseError, match="transplant D-2 melphalan: 1 mg is said to be given"):
        dose_schedule(krd(), Course(given={("transplant", None, -2, "melphalan", 1): parse_amount("1 mg")}))


@pytest.mark.parametrize("amount", ["0 mg", "27 mg/m2"])
def test_an_amount_that_is_none_is_refused(amount: str) -> None:
    course = Course(patient=TWO, given={key("C1D8"): parse_quantity(amount)})
    with pytest.raises(DoseError, match=rf"treatment C1D8 carfilzomib: {amount} can't have been given; give a flat amount above zero"):
        dose_schedule(marked({key("C1D8"): GIVEN}), course)
    with pytest.raises(DoseError, match="can't have been given"):
        dose_schedule(marked({key("C1D8"): GIVEN}), replace(course, given={key("C1D8"): Quantity(Decimal("NaN"), "mg")}))


def test_what_is_called_off_needs_no_measurement() -> None:
    whole = krd()
    off = {entry.key: HELD for entry in whole.entries if entry.drug == "carfilzomib"}
    light = Patient(weight_kg=80)
    with pytest.raises(PatientError, match="height"):
        dose_schedule(whole, light)
    assert all(row.amount is None for row in rows_of(dose_schedule(marked(off), light)).values())


def test_each_entry_by_the_regimen_that_it_comes_from() -> None:
    """56 mg/m2 is the highest dose of the other form, so that level 1 is 45 mg/m2 there and 20 mg/m2 here: at 2 m2 90 and 40 mg."""
    low = krd()
    high = draw(load_regimen("krd", values={"carfilzomib.dose": "56 mg/m2"}).regimen, start=START, horizon=Horizon(cycles=2))
    merged = replace(low, entries=tuple(one if one.cycle == 1 else other for one, other in zip(low.entries, high.entries, strict=True)))
    course = Course(patient=TWO, reductions=(parse_reduction("carfilzomib=level 1: low"),))

    def regimen_of(entry: Entry) -> Regimen:
        return low.regimen if entry.cycle == 1 else high.regimen

    found = rows_of(dose_schedule(merged, course, regimen_of=regimen_of))
    assert [str(found[day].amount) for day in ("C1D1", "C1D16", "C2D1", "C2D16")] == ["40 mg", "40 mg", "90 mg", "90 mg"]


def test_facts_that_are_shared_are_computed_for_each_regimen() -> None:
    low = krd()
    high = load_regimen("krd", values={"carfilzomib.dose": "56 mg/m2"}).regimen
    one, other = (next(entry for entry in low.entries if entry.when == when and entry.drug == "carfilzomib") for when in ("C1D8", "C2D8"))
    drawn = replace(low, entries=(one, replace(other, facts=one.facts)))
    course = Course(patient=TWO, reductions=(parse_reduction("carfilzomib=level 1: low"),))
    found = rows_of(dose_schedule(drawn, course, regimen_of=lambda entry: low.regimen if entry.cycle == 1 else high))
    # 27 mg/m2 in a regimen whose highest dose is 56 mg/m2 is not above level 1 (45 mg/m2), and stays
    assert [str(row.amount) for row in found.values()] == ["40 mg", "54 mg"]


# -- sizes --------------------------------------------------------------------------------------------------------


def heavier(day: date, weight: str) -> Course:
    return Course(patient=TWO, later=(Patient(height_cm=180, weight_kg=Decimal(weight), measured_on=day),))


def size_notes(row: Dosed) -> list[str]:
    return [step.note for step in row.amount.steps if step.kind == "measurement"] if row.amount else []


@pytest.mark.parametrize("status", [HELD, NOT_GIVEN])
def test_a_new_size_counts_from_the_first_dose_that_is_given(status: str) -> None:
    """63.99 kg is more than 20 % less: 48.3 mg from C2 D1 on; where that isn't given, C2 D2 is the first."""
    course = heavier(date(2026, 2, 2), "63.99")
    found = rows_of(dose_schedule(marked({key("C2D1"): status}), course))
    assert [str(found[day].amount) for day in ("C1D16", "C2D2", "C2D8")] == ["54 mg", "48.3 mg", "48.3 mg"]
    assert str(found["C2D1"].amount) == ("None" if status == HELD else "48.3 mg")
    assert "NEW SIZE from this dose" in size_notes(found["C2D2"])[0]
    assert size_notes(found["C2D8"]) == []


def test_a_size_each_cycle_counts_from_the_first_dose_of_the_cycle_that_is_given() -> None:
    """Isatuximab, weighed each cycle: measured between C2 D1 and C2 D8 it counts in C2 only where C2 D1 was not given."""
    isa = draw(load_regimen("isa-kd").regimen, start=START, horizon=Horizon(cycles=2))
    drug = replace(find_drug("isatuximab"), weigh=Fact(parse_weigh("each cycle"), "s"))
    own = [entry for entry in isa.entries if entry.drug == "isatuximab"]
    second = [entry for entry in own if entry.cycle == 2]
    course = heavier(second[1].date, "70")
    for status, counts in (("", False), (GIVEN, False), (NOT_GIVEN, True), (OMITTED, True)):
        scale = Scale(drug, course)
        entries = [replace(entry, status=status if entry is second[0] else "") for entry in own]
        sizes = [scale.on(entry)[0].weight_kg for entry in entries]
        assert sizes[len(own) - len(second) :][:2] == [80, 70 if counts else 80]


@given(st.lists(st.sampled_from(["", HELD, NOT_GIVEN, GIVEN]), min_size=12, max_size=12), st.integers(40, 120), st.integers(40, 120))
@settings(max_examples=60, deadline=None)
def test_sizes_are_those_of_a_schedule_without_what_is_not_given(statuses: list[str], second: int, third: int) -> None:
    keys = [entry.key for entry in krd().entries if entry.drug == "carfilzomib"]
    statused = dict(zip(keys, statuses, strict=True))
    days = (date(2026, 1, 12), date(2026, 2, 2))
    later = tuple(Patient(height_cm=180, weight_kg=weight, measured_on=day) for day, weight in zip(days, (second, third), strict=True))
    course = Course(patient=TWO, later=later)
    whole = marked(statused)
    left = replace(whole, entries=tuple(entry for entry in whole.entries if entry.counts))
    found, without = (dose_schedule(each, course, limits=False) for each in (whole, left))
    assert [row.amount for row in found.rows if row.entry.counts] == [row.amount for row in without.rows]


# -- counted ------------------------------------------------------------------------------------------------------


def summed(found: DosedSchedule) -> tuple[Line, ...]:
    return summary(found.rows, drug_of=found.drug, phases=found.schedule.phases)


def table(found: DosedSchedule, drug: str = "carfilzomib") -> list[tuple[str, str, str, str, str]]:
    """Cycles, days, amounts, what a cycle comes to and what was ordered."""
    return [
        (
            line.cycles,
            " ".join(map(str, part.days)),
            " + ".join(str(each.amount) for each in part.given),
            str(line.a_cycle),
            str(line.ordered),
        )
        for line in summed(found)
        if line.drug == drug
        for part in line.parts
    ]


def test_what_is_not_given_is_not_counted() -> None:
    """C1 without D8 and D9: 2 x 40 + 2 x 54 = 188 mg; C2 whole: 6 x 54 = 324 mg."""
    found = dose_schedule(marked({key("C1D8"): HELD, key("C1D9"): NOT_GIVEN}), TWO)
    assert table(found) == [
        ("C1", "1 2", "40 mg", "188 mg", "94 mg/m2"),
        ("C1", "15 16", "54 mg", "188 mg", "94 mg/m2"),
        ("C2", "1 2 8 9 15 16", "54 mg", "324 mg", "162 mg/m2"),
    ]


def test_a_given_amount_makes_a_part_of_its_own() -> None:
    """50 mg instead of 54: 5 x 54 + 50 = 320 mg; as ordered they stay 162 mg/m2."""
    statuses = {key("C2D8"): GIVEN, key("C2D9"): GIVEN, key("C2D15"): GIVEN}
    amounts = {key("C2D8"): "50 mg", key("C2D9"): "0.054 g"}
    course = Course(patient=TWO, given={each: parse_amount(text) for each, text in amounts.items()})
    found = dose_schedule(marked(statuses), course)
    assert table(found)[2:] == [
        ("C2", "1 2 9 15 16", "54 mg", "320 mg", "162 mg/m2"),
        ("C2", "8", "50 mg", "320 mg", "162 mg/m2"),
    ]
    said = lines_of(summed(found))
    assert [[cell.strip() for cell in line.split("  ") if cell][4:8] for line in said if " given " in line] == [
        ["8", "27 mg/m2", "50 mg given", "50 mg"]
    ]
    (line,) = [each for each in as_dicts(summed(found)) if each["drug"] == "carfilzomib" and each["first_cycle"] == 2]
    parts = line["parts"]
    assert isinstance(parts, list)
    assert [(part["given"][0]["amount"]["value"], part["given"][0]["recorded"]) for part in parts] == [(54, False), (50, True)]
    # the vials are those of what was given: 5 times 60 mg for 54, and 30 + 10 + 10 mg for 50
    assert any("opens 5 x 60 mg + 1 x 30 mg + 2 x 10 mg, 30 mg left over" in text for text in said)


def test_a_given_amount_where_none_was_planned() -> None:
    course = Course(given={key("C1D1"): parse_amount("50 mg")})
    found = dose_schedule(marked({key("C1D1"): GIVEN}), course)
    assert table(found)[0] == ("C1", "1", "50 mg", "50 mg + 5 doses without an amount", "148 mg/m2")
    (first, *_), *_ = (part.given for line in summed(found) if line.drug == "carfilzomib" for part in line.parts)
    assert (first.why, first.unverified, first.recorded) == ("", False, True)


def test_a_cycle_in_which_nothing_counts_has_no_line() -> None:
    whole = krd()
    first = {entry.key: HELD for entry in whole.entries if entry.cycle == 1 and entry.drug == "carfilzomib"}
    found = dose_schedule(marked(first), TWO)
    assert [(row[0], row[3]) for row in table(found)] == [("C2", "324 mg")]
    assert {(line.drug, line.drawn) for line in summed(found)} == {("carfilzomib", 2), ("lenalidomide", 2), ("dexamethasone", 2)}
    # a whole phase, and everything
    starts = {"transplant": date(2026, 8, 3), "maintenance": date(2026, 11, 2)}
    asct = draw(load_regimen("krd-asct", proxy="daily-maintenance").regimen, start=START, horizon=Horizon(2), starts=starts)
    held = {entry.key: HELD for entry in asct.entries if entry.phase == "maintenance"}
    assert {line.phase for line in summed(dose_schedule(marked(held, schedule=asct), TWO))} == {"induction"}
    everything = {entry.key: SKIPPED for entry in whole.entries}
    nothing = dose_schedule(marked(everything), TWO)
    assert summed(nothing) == ()
    assert lines_of(summed(nothing)) == ["nothing to count: no drug is on a day that is stated, or none of them is given"]


def test_a_held_cycle_stands_between_those_around_it() -> None:
    whole = draw(load_regimen("krd").regimen, start=START, horizon=Horizon(cycles=4))
    third = {entry.key: HELD for entry in whole.entries if entry.cycle == 3 and entry.drug == "lenalidomide"}
    found = dose_schedule(marked(third, schedule=whole), TWO)
    assert [line.cycles for line in summed(found) if line.drug == "lenalidomide"] == ["C1-2", "C4"]


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("49 mg", "49.0 mg", True),
        ("49 mg", "0.049 g", True),
        ("0.049 g", "49 mg", True),
        ("49 mg", "49.1 mg", False),
        ("1 mg", "1 units", False),
    ],
)
def test_amounts_that_are_the_same(one: str, other: str, equal: bool) -> None:
    assert same(parse_amount(one), parse_amount(other)) == equal


@given(
    st.dictionaries(st.integers(0, 11), st.tuples(st.sampled_from([GIVEN, NOT_GIVEN, *CALLED_OFF]), st.integers(1, 90)), max_size=12),
)
@settings(max_examples=60, deadline=None)
def test_totals_are_those_of_what_counts(marks: dict[int, tuple[str, int]]) -> None:
    """The rows added up one by one: the given amount where there is one, else the planned one."""
    keys = [entry.key for entry in krd().entries if entry.drug == "carfilzomib"]
    statuses = {keys[number]: status for number, (status, _) in marks.items()}
    told = {keys[number]: parse_amount(f"{mg} mg") for number, (status, mg) in marks.items() if status == GIVEN and mg % 2}
    found = dose_schedule(marked(statuses), Course(patient=TWO, given=told), limits=False)
    expected: dict[int | None, Fraction] = {}
    for row in rows_of(found).values():
        if row.entry.status in ("", GIVEN):
            assert row.amount
            amount = row.given.value if row.given else row.amount.value
            expected[row.entry.cycle] = expected.get(row.entry.cycle, Fraction(0)) + Fraction(amount)
    sums: dict[int | None, Fraction] = {}
    for line in summed(found):
        if line.drug == "carfilzomib":
            assert line.last is not None
            assert line.first is not None
            for cycle in range(line.first, line.last + 1):
                sums[cycle] = sum((Fraction(each.value) for each in line.a_cycle.sums), Fraction(0))
    assert sums == expected
