"""A regimen for one patient: remarks on measurements, and the rules that were applied."""

import pytest

from dosing.api import load_regimen
from dosing.dose.course import Course
from dosing.dose.patient import Patient
from dosing.dose.personal import looked_at, personal
from dosing.dose.practice import USUAL, Practice
from dosing.errors import PatientError, RegimenError
from dosing.units import Quantity, parse_number

EU = Practice(groups={"lenalidomide": "eu"})
KRD = load_regimen("krd").regimen


def course(*override: str, **measures: object) -> Course:
    return Course(patient=Patient(**measures), override=frozenset(override))  # type: ignore[arg-type]


def creatinine(mg_dl: str) -> Quantity:
    return Quantity(parse_number(mg_dl), "mg/dL")


def test_without_a_measurement_the_regimen_stays() -> None:
    found = personal(KRD, course(), USUAL)
    assert found.regimen is KRD
    assert all("were not looked at" in sentence for sentence in found.said)


def test_a_rule_is_applied_and_told() -> None:
    found = personal(KRD, course(crcl_ml_min=45), EU)
    (phase,) = found.regimen.phases
    activity = phase.activity("lenalidomide")
    assert activity is not None
    assert activity.dose is not None
    assert [str(fact.value) for fact in activity.dose.facts()] == ["10 mg"]
    told = [sentence for sentence in found.said if "eu-30-to-50" in sentence]
    assert len(told) == 1
    assert "creatinine clearance as given" in found.said


def test_how_the_clearance_was_found_is_told_where_it_counts() -> None:
    """(140 - 70) x 72 / (72 x 1.5) = 46.7 mL/min: below 50."""
    measures = {"age_years": 70, "sex": "male", "weight_kg": 72}
    found = personal(KRD, course(creatinine=creatinine("1.5"), **measures), EU)
    assert "creatinine clearance by Cockcroft-Gault with the actual weight" in found.said
    healthy = personal(KRD, course(creatinine=creatinine("1"), **measures), EU)  # 70 mL/min
    assert healthy.regimen is KRD
    assert not any("Cockcroft" in sentence for sentence in healthy.said)


def test_a_choice_between_alternative_rules_must_be_made() -> None:
    with pytest.raises(RegimenError, match="--rule lenalidomide=us"):
        personal(KRD, course(crcl_ml_min=45), USUAL)


def test_no_measurement_stands_in_a_sentence() -> None:
    said = personal(KRD, course(crcl_ml_min=41.7, age_years=57, height_cm=139.1, weight_kg=93.7), EU).said
    assert said
    assert not any(number in sentence for sentence in said for number in ("41.7", "57", "139.1", "93.7"))


def test_remarks() -> None:
    assert looked_at(course(height_cm=140, weight_kg=60)) == ()
    assert looked_at(course(height_cm=139.9, weight_kg=60)) == ("WARN: height is below 140 cm",)
    with pytest.raises(PatientError, match=r"height 99.9 cm is below 100 cm.*override height"):
        looked_at(course(height_cm=99.9, weight_kg=30))
    said = looked_at(course("height", "carfilzomib.usual", height_cm=99.9, weight_kg=30))
    assert said[0] == "OVERRIDDEN: height is below 100 cm (overridden)"


def test_later_measurements_are_looked_at_too_and_each_remark_is_made_once() -> None:
    small = Patient(height_cm=139, weight_kg=60)
    known = Course(patient=small, later=(Patient(height_cm=139, weight_kg=61), Patient(height_cm=139, weight_kg=34)))
    assert looked_at(known) == ("WARN: height is below 140 cm", "WARN: weight is below 35 kg")
    with pytest.raises(PatientError, match="weight 24 kg is below 25 kg"):
        looked_at(Course(patient=small, later=(Patient(height_cm=139, weight_kg=24),)))


def test_a_lost_part_of_the_body_is_told_to_count_only_on_request() -> None:
    (said,) = looked_at(course(height_cm=170, weight_kg=60, lost=["left below-knee"]))
    assert said.startswith("a lost part of the body counts only where the weight before amputation is asked for")
