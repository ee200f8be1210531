"""Conditions on a patient: true, false, or unknown, and nothing in between."""

from decimal import Decimal

import pytest

from dosing.regimen.conditions import FACTORS, LIVER, parse_conditions


@pytest.mark.parametrize(
    ("text", "age", "holds"),
    [
        ("age >= 75 years", "75", True),
        ("age >= 75 years", "74.9", False),
        ("age > 75 years", "75", False),
        ("age > 75 years", "75.1", True),
        ("age <= 75 years", "75", True),
        ("age < 75 years", "75", False),
    ],
)
def test_a_boundary_belongs_to_the_side_that_the_source_names(text: str, age: str, holds: bool) -> None:
    assert parse_conditions(text).holds({"age": Decimal(age)}) is holds


@pytest.mark.parametrize(("crcl", "holds"), [("29.9", False), ("30", True), ("59.9", True), ("60", False)])
def test_all_parts_must_hold(crcl: str, holds: bool) -> None:
    band = parse_conditions("crcl >= 30 mL/min and crcl < 60 mL/min and no dialysis")
    assert band.holds({"crcl": Decimal(crcl), "dialysis": False}) is holds
    assert band.holds({"crcl": Decimal(crcl), "dialysis": True}) is False


def test_what_is_not_measured_is_unknown_and_never_true() -> None:
    band = parse_conditions("crcl < 30 mL/min and no dialysis")
    assert band.holds({"crcl": Decimal(20)}) is None
    assert band.holds({}) is None
    assert band.holds({"crcl": Decimal(40)}) is False


def test_classes_and_flags() -> None:
    assert parse_conditions("child-pugh B").holds({"child-pugh": "B"}) is True
    assert parse_conditions("child-pugh B").holds({"child-pugh": "C"}) is False
    assert parse_conditions("dialysis").holds({"dialysis": True}) is True


@pytest.mark.parametrize("grade", LIVER)
def test_the_grade_of_liver_impairment(grade: str) -> None:
    for other in LIVER:
        assert parse_conditions(f"liver {grade}").holds({"liver": other}) is (grade == other)
    assert parse_conditions(f"liver {grade}").holds({"child-pugh": "B"}) is None
    assert parse_conditions(f"child-pugh B and liver {grade}").holds({"liver": grade}) is None


@pytest.mark.parametrize(("text", "value"), [("age > 75 years", True), ("age > 75 years", "80"), ("dialysis", "yes"), ("liver mild", True)])
def test_values_of_another_type_are_never_compared(text: str, value: str | bool) -> None:
    """An age of 80 as text would be neither above 75 nor below."""
    factor = parse_conditions(text).factors[0]
    with pytest.raises(TypeError, match="can't be compared"):
        parse_conditions(text).holds({factor: value})


@pytest.mark.parametrize(
    "text", ["age >= 75 years", "crcl >= 30 mL/min and crcl < 60 mL/min", "no dialysis", "dialysis", "child-pugh A", "liver mild"]
)
def test_written_as_read(text: str) -> None:
    conditions = parse_conditions(text)
    assert str(conditions) == text
    assert set(conditions.factors) <= set(FACTORS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "age 75",
        "age >= 75",
        "age >= 75 months",
        "height > 170 cm",
        "crcl < -3 mL/min",
        "child-pugh D",
        "child-pugh moderate",
        "liver",
        "liver B",
        "liver > 2",
        "age >= 1,5 years",
        "age => 75 years",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a condition|is compared in|is not a plain number"):
        parse_conditions(text)
