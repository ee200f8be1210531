"""Two schedules side by side: which entries differ, in what order, and what their cells say."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from dosing.api import load_regimen
from dosing.dose.patient import Patient
from dosing.dose.schedule import Dosed, DosedSchedule
from dosing.export.diff import HEADINGS, diff_table, differences
from dosing.regimen.facts import Fact, Times
from dosing.schedule.entries import GIVEN, HELD
from dosing.units import parse_amount

START = date(2026, 1, 5)


def drawn(name: str = "krd", weight: int = 70, **options: object) -> DosedSchedule:
    patient = Patient(height_cm=170, weight_kg=weight)
    return load_regimen(name).schedule(start=START, patient=patient, **options).dosed  # type: ignore[arg-type]


KRD = drawn(cycles=2)


def changed(when: str, activity: str = "carfilzomib", row: object = None, **entry: object) -> DosedSchedule:
    """KRd with one entry other than before."""

    def change(each: Dosed) -> Dosed:
        if (each.entry.when, each.entry.activity) != (when, activity):
            return each
        return replace(each, entry=replace(each.entry, **entry), **(row or {}))  # type: ignore[arg-type]

    rows = tuple(change(each) for each in KRD.rows)
    return replace(KRD, rows=rows, schedule=replace(KRD.schedule, entries=tuple(each.entry for each in rows)))


def lines(before: DosedSchedule, after: DosedSchedule) -> list[tuple[str, ...]]:
    return diff_table(differences(before, after))


def test_the_same_differs_in_nothing() -> None:
    assert differences(KRD, drawn(cycles=2)) == []
    assert diff_table([]) == []


def test_a_note_is_no_difference() -> None:
    assert differences(KRD, changed("C1D8", why=("look at this",))) == []


# 27 mg/m2 x 1.8181 m2 = 49.1 mg
@pytest.mark.parametrize(
    ("after", "line"),
    [
        (
            changed("C1D8", date=date(2026, 1, 13)),
            ("treatment C1D8 carfilzomib", "2026-01-12", "2026-01-13", "49.1 mg", "49.1 mg", "planned", "planned"),
        ),
        (
            changed("C1D8", status=HELD, row={"amount": None}),
            ("treatment C1D8 carfilzomib", "2026-01-12", "2026-01-12", "49.1 mg", "27 mg/m2", "planned", "held"),
        ),
        (
            changed("C1D8", status=GIVEN, given_on=date(2026, 1, 14), row={"given": parse_amount("48 mg")}),
            (
                "treatment C1D8 carfilzomib",
                "2026-01-12",
                "2026-01-12 (given 2026-01-14)",
                "49.1 mg",
                "49.1 mg (given 48 mg)",
                "planned",
                "given",
            ),
        ),
        (
            changed("C1D8", status=GIVEN, given_on=date(2026, 1, 12), row={"given": parse_amount("49.1 mg")}),
            ("treatment C1D8 carfilzomib", "2026-01-12", "2026-01-12", "49.1 mg", "49.1 mg (given 49.1 mg)", "planned", "given"),
        ),
    ],
)
def test_what_a_line_says(after: DosedSchedule, line: tuple[str, ...]) -> None:
    assert lines(KRD, after) == [line]
    assert len(line) == len(HEADINGS)


def test_an_entry_that_one_of_them_does_not_have() -> None:
    one = drawn(cycles=1)
    found = lines(one, KRD)
    second = [row for row in KRD.rows if row.entry.cycle == 2]
    assert len(found) == len(second) > 0
    assert found[0] == ("treatment C2D1 carfilzomib", "-", "2026-02-02", "-", "49.1 mg", "-", "planned")
    assert ("treatment C2D1 carfilzomib", "2026-02-02", "-", "49.1 mg", "-", "planned", "-") in lines(KRD, one)


def test_by_date_and_what_has_none_last() -> None:
    waiting = drawn("krd-asct")
    told = drawn("krd-asct", starts={"transplant": date(2026, 8, 3)})
    found = lines(waiting, told)
    assert [line[0] for line in found][-2:] == ["transplant conditioning", "transplant infusion"]
    dates = [line[2] for line in found if line[2] != "-"]
    assert dates == sorted(dates)
    assert found[-2][-2:] == ("waiting", "not-dated")


def test_visits_of_a_series_are_told_apart() -> None:
    told = drawn("krd-asct", starts={"follow-up": date(2027, 1, 4)})
    row = next(each for each in told.rows if each.entry.phase == "follow-up" and each.entry.n == 3)
    later = replace(row, entry=replace(row.entry, date=row.entry.date + timedelta(days=1)))
    [line] = lines(told, replace(told, rows=tuple(later if each is row else each for each in told.rows)))
    assert line[1:3] == (str(row.entry.date), str(row.entry.date + timedelta(days=1)))


def test_several_administrations_a_day() -> None:
    facts = next(row.entry.facts for row in KRD.rows if (row.entry.when, row.entry.activity) == ("C1D8", "carfilzomib"))
    [line] = lines(KRD, changed("C1D8", facts={**facts, "times": Fact(Times(2), "s")}))
    assert line[3:5] == ("49.1 mg", "49.1 mg x2")
