"""Measurements: read exactly with their units, refused when they can't be a person's."""

from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosing.dose.patient import Patient, describe, read_area, read_clearance, read_height, read_weight
from dosing.errors import PatientError

# The nearest below, the least and the most that are taken, the nearest above.
LIMITS = {
    "height_cm": ("39.9", "40", "275", "275.1"),
    "weight_kg": ("0.99", "1", "650", "650.01"),
    "bsa_m2": ("0.0999", "0.1", "4", "4.0001"),
    "gfr_ml_min": ("0.9", "1", "300", "300.1"),
}
NO_NUMBERS = [
    "",
    " ",
    "-1",
    "+170",
    "nan",
    "NaN",
    "inf",
    "Infinity",
    "1e3",
    "1,7",
    "1,234",
    "12 3",
    "1_000",
    ".5",
    "5.",
    "1.2.3",
    "\u0661\u0667\u0660",
]


def patient(**given: Any) -> Patient:
    return Patient(**given)


@pytest.mark.parametrize(
    ("text", "cm"),
    [
        ("170", "170"),
        ("170.5", "170.5"),
        (" 170 ", "170"),
        ("170cm", "170"),
        ("170 cm", "170"),
        ("1.70m", "170"),
        ("1.7 m", "170"),
        ("67in", "170.18"),  # 67 x 2.54
        ("66.9 in", "169.926"),
        ("5ft7in", "170.18"),
        ("5 ft 7 in", "170.18"),
        ("5'7\"", "170.18"),
        ("5'7.5\"", "171.45"),  # 67.5 x 2.54
        ("5ft0in", "152.4"),
        ("6ft", "182.88"),
        ("6'", "182.88"),
        ("5ft11.9in", "182.626"),  # 71.9 x 2.54
    ],
)
def test_heights(text: str, cm: str) -> None:
    assert read_height(text) == Decimal(cm)


@pytest.mark.parametrize(
    ("text", "kg"),
    [("70", "70"), ("70.25kg", "70.25"), ("70 kg", "70"), ("154lb", "69.85322498"), ("154 lb", "69.85322498"), ("0.5lb", "0.226796185")],
)
def test_weights(text: str, kg: str) -> None:
    """A pound is 0.45359237 kg, exactly."""
    assert read_weight(text) == Decimal(kg)


def test_areas_and_clearances() -> None:
    assert read_area("1.8") == read_area("1.8m2") == read_area("1.8 m2") == Decimal("1.8")
    assert read_clearance("90") == read_clearance("90mL/min") == read_clearance("90 mL/min") == Decimal(90)


@pytest.mark.parametrize(
    "text", [*NO_NUMBERS, "\uff11\uff17\uff10", "170kg", "170 CM", "170mm", "5ft7", "5ft12in", "5'13\"", "5'-7\"", "7in5ft", "1.7ft"]
)
def test_heights_that_are_refused(text: str) -> None:
    with pytest.raises(PatientError, match="height"):
        read_height(text)


@pytest.mark.parametrize("text", [*NO_NUMBERS, "\uff17\uff10", "70g", "70 cm", "11st", "70kgs", "70\u00a0000"])
def test_weights_that_are_refused(text: str) -> None:
    with pytest.raises(PatientError, match=r"weight .* can't be read; write it as 70, 70kg or 154lb"):
        read_weight(text)


@pytest.mark.parametrize("text", [*NO_NUMBERS, "1.8m", "1.8kg"])
def test_areas_and_clearances_that_are_refused(text: str) -> None:
    with pytest.raises(PatientError, match=r"body surface .* can't be read; write it as 1.8 or 1.8m2"):
        read_area(text)
    with pytest.raises(PatientError, match="GFR"):
        read_clearance(text)


def test_an_impossible_number_of_inches_is_named() -> None:
    with pytest.raises(PatientError, match="12 inches beside the feet; a foot has 12"):
        read_height("5ft12in")


@given(feet=st.integers(2, 8), tenths=st.integers(0, 119))
def test_feet_and_inches_are_inches(feet: int, tenths: int) -> None:
    inches = Decimal(tenths) / 10
    assert read_height(f"{feet}ft{inches}in") == read_height(f"{feet}'{inches}\"") == read_height(f"{feet * 12 + inches}in")


@given(st.decimals("0.1", "700", places=6))
def test_conversion_is_exact(number: Decimal) -> None:
    assert read_height(f"{number}in") * 100 == number * 254
    assert read_weight(f"{number}lb") * 10**8 == number * 45359237
    assert read_height(f"{number}m") == number * 100


def test_reading_does_not_depend_on_the_callers_precision() -> None:
    with localcontext(prec=3):
        assert read_weight("154lb") == Decimal("69.85322498")
        assert read_height("5ft7.125in") == Decimal("170.4975")


@pytest.mark.parametrize("name", LIMITS)
def test_limits_on_both_sides(name: str) -> None:
    below, least, most, above = (Decimal(text) for text in LIMITS[name])
    assert getattr(patient(**{name: least}), name) == least
    assert getattr(patient(**{name: most}), name) == most
    for outside in (below, above, Decimal(0), -least):
        with pytest.raises(PatientError, match=f"is outside {least} to {most} "):
            patient(**{name: outside})


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity")])
def test_what_is_not_finite_is_refused(name: str, value: float | Decimal) -> None:
    with pytest.raises(PatientError, match="is outside"):
        patient(**{name: value})


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("value", [True, False, "2", "170", "1e2", "\uff11\uff17\uff10", [1], b"2"])
def test_what_is_no_number_is_refused(name: str, value: Any) -> None:
    with pytest.raises(PatientError, match="is not a number"):
        patient(**{name: value})


@pytest.mark.parametrize(("text", "hint"), [("1.7", "1.70m or 5ft7in"), ("700", "bare numbers are cm")])
def test_a_height_in_the_wrong_unit_says_how_to_give_one(text: str, hint: str) -> None:
    with pytest.raises(PatientError, match=hint):
        Patient(height_cm=read_height(text))


def test_a_weight_outside_says_how_to_give_a_unit() -> None:
    with pytest.raises(PatientError, match=r"weight 700 kg is outside 1 to 650 kg; bare numbers are kg; .*154lb"):
        Patient(weight_kg=700)


def test_numbers_are_kept_as_written() -> None:
    read = Patient(height_cm=170.1, weight_kg=70, bsa_m2=Decimal("1.80"), gfr_ml_min=89.95)
    assert (read.height_cm, read.weight_kg, read.gfr_ml_min) == (Decimal("170.1"), Decimal(70), Decimal("89.95"))
    assert str(read.bsa_m2) == "1.80"


@pytest.mark.parametrize("sex", ["", "female", "male"])
def test_sex(sex: str) -> None:
    assert Patient(sex=sex).sex == sex


@pytest.mark.parametrize("sex", ["f", "Female", "other", "m"])
def test_a_sex_that_no_formula_knows(sex: str) -> None:
    with pytest.raises(PatientError, match=f"sex is '{sex}'; it is one of female, male, or left out"):
        Patient(sex=sex)


@pytest.mark.parametrize("name", LIMITS)
def test_measured(name: str) -> None:
    assert patient(**{name: Decimal(LIMITS[name][1])}).measured
    assert not Patient(sex="female").measured


def test_described_in_a_line() -> None:
    assert describe(Patient(height_cm=Decimal("170.0"), weight_kg=Decimal("69.85322498"))) == "170 cm, 69.85322498 kg"
    assert describe(Patient(bsa_m2=Decimal("1.8"), gfr_ml_min=90)) == "1.8 m2, 90 mL/min"
    assert describe(Patient()) == ""
