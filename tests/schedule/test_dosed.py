"""Amounts of every entry, worked by hand."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from dosing.api import load_regimen
from dosing.dose.course import Course
from dosing.dose.patient import Patient
from dosing.dose.practice import Practice
from dosing.dose.reduction import parse_reduction
from dosing.dose.schedule import Dosed, DosedSchedule, dose_schedule
from dosing.errors import DoseError, PatientError
from dosing.regimen.drug import Limit
from dosing.regimen.facts import Fact
from dosing.regimen.model import Regimen
from dosing.schedule.draw import draw
from dosing.schedule.timeline import Horizon
from dosing.units import parse_amount

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


# -- limits are looked at last ------------------------------------------------------------------------------------


def limited(weight: str, *, stop: bool = False, override: tuple[str, ...] = ()) -> DosedSchedule:
    """Isatuximab, 10 mg/kg in whole mg, with a limit of 700 mg in one administration."""
    limit = Fact(Limit(parse_amount("700 mg"), stop), "our-site")
    practice = Practice(drugs={"isatuximab": {"limits": {"single": limit}}})
    course = Course(patient=Patient(height_cm=170, weight_kg=Decimal(weight)), override=frozenset(override))
    return load_regimen("isa-kd").schedule(start=date(2026, 1, 5), course=course, practice=practice, cycles=1).dosed


def warned(found: DosedSchedule) -> list[str]:
    return [row.entry.when for row in found.rows if any("above the limit of 700 mg" in warning for warning in row.warnings)]


def test_limits_are_looked_at_after_rounding() -> None:
    """70.04 kg: 700.4 mg are above 700 mg, but 700 mg are given; 70.05 kg: 700.5 mg, 701 mg given."""
    assert warned(limited("70.04")) == []
    found = limited("70.05")
    assert warned(found) == ["C1D1"]
    assert [str(row.amount) for row in found.rows if row.entry.drug == "isatuximab"] == ["701 mg"] * 4
    (finding,) = found.findings
    assert f"WARN: {finding.note}" in found.notes
    assert found.drug("isatuximab").limits["single"].source == "our-site"  # the drug as it is at the site


def test_a_limit_that_stops() -> None:
    with pytest.raises(DoseError, match=r"--override isatuximab.single"):
        limited("70.05", stop=True)
    found = limited("70.05", stop=True, override=("isatuximab.single",))
    assert any(note.startswith("OVERRIDDEN: isatuximab") for note in found.notes)


# -- the whole ----------------------------------------------------------------------------------------------------


def test_what_must_be_said_of_the_whole() -> None:
    course = Course(patient=SMALL, reductions=(parse_reduction("carfilzomib=level 1 from C2: platelets"),))
    drawn = draw(load_regimen("krd").regimen, start=date(2026, 1, 5), horizon=Horizon(cycles=1))
    found = dose_schedule(drawn, course, practice=Practice(site="ours (abc)"), said=["about the patient"])
    rest = [note for note in found.notes if note not in drawn.notes]
    assert rest == ["about the patient", "site ours (abc)", "carfilzomib reduced to level 1 from C2 (platelets)"]


def test_a_patient_and_a_course_at_once() -> None:
    with pytest.raises(PatientError, match="give either `patient` or `course`"):
        load_regimen("krd").schedule(start=date(2026, 1, 5), patient=SMALL, course=Course(patient=SMALL))


def test_equal_days_share_one_calculation_and_keep_their_own_entry(read: Read) -> None:
    found = rows(read, "drug: b, dose: 20 mg/m2, days: 1 8", patient=SMALL)
    assert len({id(row.amount) for row in found}) == 1
    assert len({row.entry.date for row in found}) == 4


def test_what_was_ordered_stays_to_be_seen(read: Read) -> None:
    (first, *_) = rows(read, "drug: b, dose: 20 mg/m2, max: 30 mg, days: 1", patient=SMALL)
    assert first.order is not None
    assert (str(first.order.dose), first.order.max and str(first.order.max.value), first.measured_on) == ("20 mg/m2", "30 mg", None)
    (unknown, *_) = rows(read, "drug: b, dose: 20 mg/m2, days: 1")
    assert unknown.order is not None
    assert unknown.amount is None
