"""Amounts of every entry, worked by hand."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from dosing.dose.patient import Patient
from dosing.dose.practice import Practice
from dosing.dose.schedule import Dosed, dose_schedule
from dosing.errors import PatientError
from dosing.regimen.model import Regimen
from dosing.schedule.draw import draw

Read = Callable[[str], Regimen]
SMALL = Patient(height_cm=180, weight_kg=80)  # 180 x 80 / 3600 = 4: a body surface of exactly 2 m2
LARGE = Patient(bsa_m2=Decimal("2.5"), weight_kg=120)


def rows(read: Read, *give: str, patient: Patient | None = None) -> list[Dosed]:
    given = "".join(f"      - {{route: PO, {each}}}\n" for each in give)
    regimen = read(f"phases:\n  - id: p\n    cycle: 28 days\n    repeat: 2\n    give:\n{given}")
    return list(dose_schedule(draw(regimen, start=date(2026, 1, 5)), patient).rows)


def amounts(found: list[Dosed]) -> list[str]:
    return [f"{row.entry.when} {row.amount}" for row in found]


@pytest.mark.parametrize(
    ("give", "patient", "expected"),
    [
        ("drug: b, dose: {C1 D1: 20 mg/m2, else: 27 mg/m2}, days: 1 8", SMALL, ["40 mg", "54 mg", "54 mg", "54 mg"]),
        ("drug: b, dose: 20 mg/m2, max: {C1 D1: 30 mg, else: 35 mg}, days: 1 8", SMALL, ["30 mg", "35 mg", "35 mg", "35 mg"]),
        # 2.5 m2 is above the drug's cap of 2.2 m2, unless the regimen has its own
        ("drug: b, dose: 20 mg/m2, bsa_cap: {C1: 2 m2, C2: none}, days: 1 8", LARGE, ["40 mg", "40 mg", "50 mg", "50 mg"]),
        ("drug: b, dose: 20 mg/m2, days: 1 8", LARGE, ["44 mg"] * 4),
        ("drug: b, dose: 0.333 mg/kg, round: {C1: 5 mg, C2: 1 mg}, days: 1 8", LARGE, ["40 mg", "40 mg", "40 mg", "40 mg"]),
        ("drug: b, dose: 0.3 mg/kg, round: {C1: 5 mg, C2: 1 mg}, days: 1 8", SMALL, ["25 mg", "25 mg", "24 mg", "24 mg"]),
        ("drug: b, dose: 7.5 mg, times: 2, days: 1 8", None, ["7.5 mg"] * 4),
    ],
)
def test_each_day_has_the_amount_of_its_own_facts(read: Read, give: str, patient: Patient | None, expected: list[str]) -> None:
    days = ["C1D1", "C1D8", "C2D1", "C2D8"]
    assert amounts(rows(read, give, patient=patient)) == [f"{day} {amount}" for day, amount in zip(days, expected, strict=True)]


def test_rows_stand_in_the_order_of_the_entries(read: Read) -> None:
    found = rows(read, "drug: a, dose: 1 mg/kg, days: 1 8", "drug: b, dose: 2 mg/kg, days: 1 8", patient=SMALL)
    assert [f"{row.entry.date} {row.entry.activity} {row.amount}" for row in found][:4] == [
        "2026-01-05 a 80 mg",
        "2026-01-05 b 160 mg",
        "2026-01-12 a 80 mg",
        "2026-01-12 b 160 mg",
    ]


@pytest.mark.parametrize(
    "give",
    [
        "drug: a, dose: not-stated, days: 1",
        "drug: a, dose: 5 to 9 mg, days: 1",
        "id: d, drug: not-stated, dose: 10 mg, days: 1",
    ],
)
def test_nothing_is_made_up(read: Read, give: str) -> None:
    assert [(row.amount, row.why) for row in rows(read, give, patient=SMALL)] == [(None, "")] * 2


def test_without_measurements_only_flat_doses_are_amounts(read: Read) -> None:
    found = rows(read, "drug: a, dose: 10 mg, days: 1", "drug: b, dose: 10 mg/m2, days: 2", "id: c, drug: a, dose: 1 mg/kg, days: 3")
    assert [(row.amount and str(row.amount), row.why) for row in found][:3] == [
        ("10 mg", ""),
        (None, "amount not computed: height and weight not given"),
        (None, "amount not computed: weight not given"),
    ]


def test_a_measurement_that_is_forgotten_is_an_error(read: Read) -> None:
    with pytest.raises(PatientError, match="needs the patient's height: give --height, or --bsa"):
        rows(read, "drug: b, dose: 10 mg/m2, days: 1", patient=Patient(weight_kg=80))


def test_an_unknown_formula_is_an_error_even_where_none_is_needed(read: Read) -> None:
    regimen = read("phases: [{id: p, give: [{drug: a, dose: 10 mg, route: PO, days: 1}]}]")
    drawn = draw(regimen, start=date(2026, 1, 5))
    with pytest.raises(PatientError, match="unknown body-surface formula 'mostler'"):
        dose_schedule(drawn, practice=Practice(formula="mostler"))
    nothing = read("phases: [{id: p, give: [{drug: a, dose: not-stated, route: PO, days: 1}]}]")
    with pytest.raises(PatientError, match="unknown body-surface formula 'mostler'"):
        dose_schedule(draw(nothing, start=date(2026, 1, 5)), practice=Practice(formula="mostler"))
    found = dose_schedule(drawn, SMALL, practice=Practice(formula="haycock"))
    assert (found.schedule, found.course.patient, found.practice.formula) == (drawn, SMALL, "haycock")


def test_the_formula_asked_for_is_used(read: Read) -> None:
    regimen = read("phases: [{id: p, give: [{drug: b, dose: 10 mg/m2, route: PO, days: 1}]}]")
    # Livingston and Lee: 0.1173 x 80^0.6466; log10 of 80 is 1.90309, x 0.6466 = 1.230538, 10^ of it 17.0035; 1.9945 m2
    found = dose_schedule(draw(regimen, start=date(2026, 1, 5)), SMALL, practice=Practice(formula="livingston-lee"))
    assert [str(row.amount) for row in found.rows] == ["19.9 mg"]
