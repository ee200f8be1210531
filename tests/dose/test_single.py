"""One dose of a drug without a regimen."""

from decimal import Decimal
from typing import Any

import pytest

from dosing.dose.course import Course
from dosing.dose.patient import Patient
from dosing.dose.policy import parse_policy
from dosing.dose.practice import USUAL, Practice
from dosing.dose.single import Single, single
from dosing.errors import DoseError, PatientError
from dosing.regimen.drug import Limit
from dosing.regimen.facts import Fact, Gap
from dosing.regimen.library import find_drug
from dosing.units import parse_dose

TWO = Patient(height_cm=180, weight_kg=80)  # 2 m2


def made(
    dose: str, patient: Patient = TWO, *, drug: str = "carfilzomib", override: tuple[str, ...] = (), practice: Practice = USUAL
) -> Single:
    return single(find_drug(drug), parse_dose(dose), course=Course(patient=patient, override=frozenset(override)), practice=practice)


def told(found: Single) -> tuple[str, ...]:
    return tuple(f"{finding.grade.upper()}: {finding.note}" for finding in found.findings)


def test_an_amount() -> None:
    found = made("27 mg/m2")
    assert (str(found.amount), found.said, found.findings, str(found.order.dose)) == ("54 mg", (), (), "27 mg/m2")


def test_the_practice_counts() -> None:
    """Haycock at 180 cm and 80 kg: 0.024265 x 180^0.3964 x 80^0.5378 = 2.00658 m2, times 27 = 54.1777 mg."""
    policy: Any = {"carfilzomib": Fact(parse_policy("nearest 5 mg"), "our-site")}
    found = made("27 mg/m2", practice=Practice(formula="haycock", rounding=policy))
    assert (str(found.amount), found.amount.rounding) == ("55 mg", "nearest 5 mg")
    assert found.amount.exact is not None
    assert abs(found.amount.exact - Decimal("54.1777")) < Decimal("0.005")


@pytest.mark.parametrize(
    ("dose", "said"),
    [
        ("15 mg/m2", ()),
        ("14.9 mg/m2", ("WARN: carfilzomib 14.9 mg/m2 is below the usual 15 to 70 mg/m2 [dosing-convention]",)),
        ("70 mg/m2", ()),
        ("70.1 mg/m2", ("WARN: carfilzomib 70.1 mg/m2 is above the usual 15 to 70 mg/m2 [dosing-convention]",)),
    ],
)
def test_the_usual_range(dose: str, said: tuple[str, ...]) -> None:
    assert told(made(dose)) == said


def test_ten_times_too_much_is_a_stop() -> None:
    with pytest.raises(DoseError, match=r"carfilzomib 700 mg/m2 is above the usual .* about 10x.*--override carfilzomib.usual"):
        made("700 mg/m2")
    passed = made("700 mg/m2", override=("carfilzomib.usual",))
    assert str(passed.amount) == "1400 mg"
    assert told(passed) == (
        "OVERRIDDEN: carfilzomib 700 mg/m2 is above the usual 15 to 70 mg/m2 [dosing-convention] (overridden)",
        "WARN: carfilzomib above the limit of 154 mg in one administration [srl-kpd]",
    )


def test_the_most_at_once() -> None:
    """154 mg pass; a body surface above 2.2 m2 is capped, so that only a flat dose gets further."""
    assert told(made("154 mg")) == ()
    assert told(made("154.1 mg")) == ("WARN: carfilzomib above the limit of 154 mg in one administration [srl-kpd]",)


def test_measurements_are_looked_at() -> None:
    with pytest.raises(PatientError, match="weight 360 kg is above 350 kg"):
        made("27 mg/m2", Patient(height_cm=180, weight_kg=360))
    found = made("27 mg/m2", Patient(height_cm=139, weight_kg=50))
    assert found.said == ("WARN: height is below 140 cm",)


def test_what_is_missing() -> None:
    with pytest.raises(PatientError, match="needs the patient's height and weight"):
        made("27 mg/m2", Patient())


def test_an_override_of_nothing() -> None:
    with pytest.raises(DoseError, match=r"override of 'carfilzomib.usul'.*did you mean 'carfilzomib.usual'"):
        made("27 mg/m2", override=("carfilzomib.usul",))


# -- the most at once, in other units -----------------------------------------------------------------------------


def at_most(most: str, dose: str, patient: Patient = TWO, *, drug: str = "carfilzomib", **fields: Any) -> list[str]:
    limit = Fact(Limit(parse_dose(most), False), "ours")
    practice = Practice(drugs={drug: {"usual": Fact(Gap.NOT_STATED, "ours"), "limits": {"single": limit}, **fields}})
    return [finding.note for finding in made(dose, patient, drug=drug, practice=practice).findings]


@pytest.mark.parametrize(
    ("most", "dose", "passed"),
    [
        ("60 mg/m2", "60 mg/m2", False),  # 120 mg at 2 m2
        ("60 mg/m2", "60.1 mg/m2", True),
        ("0.12 g", "60 mg/m2", False),
        ("0.12 g", "60.1 mg/m2", True),
        ("2 mg/kg", "2 mg/kg", False),
        ("2 mg/kg", "2.1 mg/kg", True),
    ],
)
def test_a_limit_by_size(most: str, dose: str, passed: bool) -> None:
    assert bool(at_most(most, dose)) == passed


@pytest.mark.parametrize(
    ("most", "dose", "patient"),
    [
        ("100 units", "40 mg", TWO),  # of another kind
        ("60 mg/m2", "40 mg", TWO),  # no body surface went into a flat dose
        ("2 mg/kg", "27 mg/m2", Patient(bsa_m2=2)),  # no weight is known
    ],
)
def test_a_limit_that_can_not_be_looked_at_is_said(most: str, dose: str, patient: Patient) -> None:
    (note,) = at_most(most, dose, patient)
    assert f"the limit of {most} in one administration [ours] can't be looked at" in note


def test_a_limit_by_the_weight_that_the_drug_is_dosed_by() -> None:
    """A woman of 160 cm has an ideal weight of 52.38 kg: 105 mg are 2.005 mg/kg of that, and 1.17 mg/kg of her 90 kg."""
    woman = Patient(height_cm=160, weight_kg=90, sex="female")
    assert at_most("2 mg/kg", "105 mg", woman) == []
    assert at_most("2 mg/kg", "105 mg", woman, weight=Fact("ideal", "ours")) != []
