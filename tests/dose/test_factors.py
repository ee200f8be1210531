"""What is known of a patient for rules: only what was given, and the clearance by the formula and the weight that are named."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosing.dose.factors import Known, describe_known, known
from dosing.dose.kidney import ckd_epi_2021
from dosing.dose.patient import Patient
from dosing.errors import PatientError
from dosing.regimen.conditions import FACTORS, parse_conditions
from dosing.units import Quantity

D = Decimal
ONE = Quantity(D(1), "mg/dL")


def of(**keys: Any) -> Known:
    return known(Patient(**keys))


def test_nothing_is_supposed() -> None:
    assert of() == Known({}, (), "")
    assert of(height_cm=170, weight_kg=70, sex="male", gfr_ml_min=90) == Known({}, (), "")
    assert describe_known(of()) == ""


def test_what_is_given_is_known() -> None:
    found = of(age_years=80, crcl_ml_min=45, bilirubin_mg_dl=D("1.50"), dialysis=False, child_pugh="B", liver="mild")
    assert found.values == {"age": D(80), "crcl": D(45), "bilirubin": D("1.5"), "dialysis": False, "child-pugh": "B", "liver": "mild"}
    assert tuple(found.values) == FACTORS
    assert describe_known(found) == ("age 80 years, crcl 45 mL/min (given), bilirubin 1.5 mg/dL, no dialysis, child-pugh B, liver mild")


def test_no_dialysis_is_not_unknown_dialysis() -> None:
    assert of(dialysis=True).values == {"dialysis": True}
    assert of(dialysis=False).values == {"dialysis": False}
    assert describe_known(of(dialysis=True)) == "dialysis"


def test_every_value_can_be_compared() -> None:
    found = of(age_years=80, crcl_ml_min=45, bilirubin_mg_dl=2, dialysis=False, child_pugh="B", liver="mild").values
    for text in ("age >= 80 years", "crcl < 46 mL/min", "bilirubin <= 2 mg/dL", "no dialysis", "child-pugh B", "liver mild"):
        assert parse_conditions(text).holds(found) is True


# -- clearance ----------------------------------------------------------------------------------------------------


def test_a_given_clearance_goes_first() -> None:
    found = of(crcl_ml_min=45, creatinine=ONE)
    assert found.values == {"crcl": D(45)}
    assert [step.text for step in found.steps] == ["creatinine clearance 45 mL/min (given; the creatinine is not used)"]
    assert [(step.value, step.note) for step in found.steps] == [(D(45), "creatinine clearance as given")]
    assert [step.text for step in of(crcl_ml_min=45).steps] == ["creatinine clearance 45 mL/min (given)"]


def test_a_clearance_of_nothing_is_known() -> None:
    assert of(crcl_ml_min=0).values == {"crcl": D(0)}


def test_a_creatinine_is_used() -> None:
    found = of(age_years=80, sex="female", weight_kg=70, creatinine=Quantity(D("88.4"), "umol/L"))
    assert str(found.values["crcl"]).startswith("49.58333")  # 60 x 70 / 72 x 0.85
    assert [(step.kind, step.note) for step in found.steps] == [
        ("weight", ""),
        ("creatinine", ""),
        ("clearance", "creatinine clearance by Cockcroft-Gault with the actual weight"),
        ("eGFR", ""),
    ]
    assert found.steps[2].value == found.values["crcl"]
    assert found.steps[2].source == "cockcroft-gault-1976"
    assert describe_known(found) == "age 80 years, crcl 49.5833 mL/min (Cockcroft-Gault, actual weight)"


@given(
    age=st.integers(18, 120),
    sex=st.sampled_from(("female", "male")),
    kg=st.decimals("30", "300", places=1),
    creatinine=st.decimals("0.1", "20", places=2),
)
def test_the_clearance_in_fractions(age: int, sex: str, kg: Decimal, creatinine: Decimal) -> None:
    found = of(age_years=age, sex=sex, weight_kg=kg, creatinine=Quantity(creatinine, "mg/dL")).values["crcl"]
    exact = Fraction(140 - age) * Fraction(kg) / (72 * Fraction(creatinine)) * (Fraction(85, 100) if sex == "female" else 1)
    assert isinstance(found, Decimal)
    assert abs(Fraction(found) - exact) < Fraction(1, 10**30)


# (140 - 68) x kg / (72 x 1) is the weight itself
@pytest.mark.parametrize(
    ("kg", "band", "holds"),
    [
        ("29.9", "crcl < 30 mL/min", True),
        ("30", "crcl < 30 mL/min", False),
        ("30", "crcl >= 30 mL/min and crcl < 50 mL/min", True),
        ("49.9", "crcl >= 30 mL/min and crcl < 50 mL/min", True),
        ("50", "crcl >= 30 mL/min and crcl < 50 mL/min", False),
        ("59.9", "crcl >= 30 mL/min and crcl < 60 mL/min", True),
        ("60", "crcl >= 30 mL/min and crcl < 60 mL/min", False),
    ],
)
@pytest.mark.parametrize("creatinine", [ONE, Quantity(D("88.4"), "umol/L")])
def test_both_sides_of_the_bands(kg: str, band: str, holds: bool, creatinine: Quantity) -> None:
    found = of(age_years=68, sex="male", weight_kg=D(kg), creatinine=creatinine).values
    assert parse_conditions(band).holds(found) is holds


@pytest.mark.parametrize(
    ("keys", "kg", "kind"),
    [
        ({}, "100", "actual"),
        ({"crcl_weight": "actual"}, "100", "actual"),
        ({"crcl_weight": "ideal", "height_cm": D("177.8")}, "73", "ideal"),
        ({"crcl_weight": "adjusted", "height_cm": D("177.8")}, "83.8", "adjusted"),
        ({"crcl_weight": "before amputation", "lost": ["left leg", "right foot"]}, "121.21", "before amputation"),
    ],
)
def test_the_weight_is_the_one_asked_for(keys: dict[str, Any], kg: str, kind: str) -> None:
    found = of(age_years=68, sex="male", weight_kg=100, creatinine=ONE, **keys)
    crcl = found.values["crcl"]
    assert isinstance(crcl, Decimal)
    assert crcl.quantize(D(kg)) == D(kg)
    assert found.how == f"Cockcroft-Gault, {kind} weight"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "needs the patient's age, sex and weight: give --age --sex --weight, or --crcl instead of --creatinine"),
        ({"age_years": 60, "sex": "male"}, "needs the patient's weight: give --weight, or"),
        ({"age_years": 60, "weight_kg": 70}, "needs the patient's sex: give --sex, or"),
        ({"sex": "male", "weight_kg": 70}, "needs the patient's age: give --age, or"),
        ({"weight_kg": 70}, "needs the patient's age and sex: give --age --sex, or"),
        ({"age_years": 60, "sex": "male", "weight_kg": 70, "crcl_weight": ""}, "needs to know which weight to take: give --crcl-weight"),
        ({"age_years": 60, "sex": "male", "weight_kg": 70, "crcl_weight": "ideal"}, "the ideal weight needs the patient's height"),
        ({"age_years": 60, "sex": "male", "weight_kg": 70, "crcl_weight": "before amputation"}, "nothing is named as missing"),
        ({"age_years": 17, "sex": "male", "weight_kg": 70}, "age 17 years is outside 18 to 120"),
    ],
)
def test_what_a_creatinine_needs(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(PatientError) as caught:
        of(creatinine=ONE, **keys)
    assert message in str(caught.value)


@pytest.mark.parametrize("creatinine", [Quantity(D(0), "mg/dL"), Quantity(D(1), "mg")])
@pytest.mark.parametrize("keys", [{}, {"crcl_ml_min": 45}])
def test_a_creatinine_that_is_none_is_refused_even_where_it_is_not_used(creatinine: Quantity, keys: dict[str, Any]) -> None:
    with pytest.raises(PatientError, match="creatinine"):
        of(creatinine=creatinine, **keys)


# -- information --------------------------------------------------------------------------------------------------


def test_the_egfr_is_shown_and_never_used() -> None:
    whole = {"age_years": 60, "sex": "male", "creatinine": ONE}
    egfr = ckd_epi_2021(age_years=60, sex="male", creatinine=ONE).ml_min_173m2
    for keys in ({"weight_kg": 70}, {"crcl_ml_min": 45}):
        found = of(**whole, **keys)
        last = found.steps[-1]
        assert (last.kind, last.value, last.source, last.note) == ("eGFR", egfr, "ckd-epi-2021", "")
        assert last.text.endswith("mL/min/1.73 m2 (CKD-EPI 2021); for information, no rule goes by it")
        assert egfr not in found.values.values()


@pytest.mark.parametrize("keys", [{"age_years": 60}, {"sex": "male"}, {"age_years": 17, "sex": "male"}, {"age_years": 121, "sex": "male"}])
def test_the_egfr_is_left_out_where_it_can_not_be_computed(keys: dict[str, Any]) -> None:
    assert [step.kind for step in of(crcl_ml_min=45, creatinine=ONE, **keys).steps] == ["clearance"]
