"""Numbers, quantities and their units."""

from decimal import Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosing.units import EXACT, Quantity, parse_amount, parse_dose, parse_number, parse_quantity, plain

MASSES = {"g": 10**9, "mg": 10**6, "microgram": 10**3, "ng": 1}
numbers = st.builds(lambda number, places: Decimal(number).scaleb(-places), st.integers(0, 10**12), st.integers(0, 6))


@pytest.mark.parametrize("text", ["0", "27", "1.3", "0.1", "007", "1.10", "123456789012345678901234567890.5"])
def test_parse_number(text: str) -> None:
    assert parse_number(text) == Decimal(text)
    assert str(Fraction(parse_number(text))) == str(Fraction(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "1\n",
        "-1",
        "+1",
        ".5",
        "1.",
        "1,3",
        "1 000",
        "1_000",
        "1e3",
        "0x1",
        "NaN",
        "Infinity",
        "²",
        "\u0661\u0662",
        "\uff11",
    ],
)
def test_parse_number_takes_plain_decimals_only(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a plain number such as 27 or 1\.3"):
        parse_number(text)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("27", "27"),
        ("27.0", "27"),
        ("1.30", "1.3"),
        ("100", "100"),
        ("1E+2", "100"),
        ("1E-7", "0.0000001"),
        ("0.00", "0"),
        ("-0.0000", "0"),
        ("-0.0010", "-0.001"),
        ("0.50", "0.5"),
        ("1234567890.10", "1234567890.1"),
    ],
)
def test_plain(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


@given(numbers)
def test_plain_reads_back(number: Decimal) -> None:
    assert parse_number(plain(number)) == number


@pytest.mark.parametrize(
    ("text", "value", "unit", "per", "flat", "kind"),
    [
        ("27 mg/m2", "27", "mg/m2", "m2", "mg", "mass"),
        ("27mg/m2", "27", "mg/m2", "m2", "mg", "mass"),
        ("  40 mg ", "40", "mg", "", "mg", "mass"),
        ("0.1 mg", "0.1", "mg", "", "mg", "mass"),
        ("10 mg/kg", "10", "mg/kg", "kg", "mg", "mass"),
        ("500 ng", "500", "ng", "", "ng", "mass"),
        ("1 g", "1", "g", "", "g", "mass"),
        ("5 mcg", "5", "microgram", "", "microgram", "mass"),
        ("5 ug", "5", "microgram", "", "microgram", "mass"),
        ("5 \u00b5g", "5", "microgram", "", "microgram", "mass"),  # micro sign
        ("5 \u03bcg/kg", "5", "microgram/kg", "kg", "microgram", "mass"),  # Greek mu
        ("5 micrograms", "5", "microgram", "", "microgram", "mass"),
        ("1 microgram", "1", "microgram", "", "microgram", "mass"),
        ("3 million units", "3", "million units", "", "million units", "activity"),
        ("3 million units/m2", "3", "million units/m2", "m2", "million units", "activity"),
        ("6000 IU/m2", "6000", "units/m2", "m2", "units", "activity"),
        ("10 U", "10", "units", "", "units", "activity"),
        ("1 unit", "1", "units", "", "units", "activity"),
        ("20 mmol", "20", "mmol", "", "mmol", "substance"),
        ("250 mL", "250", "mL", "", "mL", "volume"),
        ("1 L", "1", "L", "", "L", "volume"),
        ("2 mg/mL", "2", "mg/mL", "mL", "mg", "mass"),
        ("180 cm", "180", "cm", "", "cm", "length"),
        ("1.8 m", "1.8", "m", "", "m", "length"),
        ("71 in", "71", "in", "", "in", "length"),
        ("6 ft", "6", "ft", "", "ft", "length"),
        ("80 kg", "80", "kg", "", "kg", "weight"),
        ("176 lb", "176", "lb", "", "lb", "weight"),
        ("2.2 m2", "2.2", "m2", "", "m2", "area"),
        ("90 mL/min", "90", "mL/min", "", "mL/min", "clearance"),
        ("5 AUC", "5", "AUC", "", "AUC", "exposure"),
    ],
)
def test_parse_quantity(text: str, value: str, unit: str, per: str, flat: str, kind: str) -> None:
    quantity = parse_quantity(text)
    assert quantity == Quantity(Decimal(value), unit)
    assert (quantity.per, quantity.flat_unit, quantity.kind) == (per, flat, kind)


@pytest.mark.parametrize("text", ["", "27", "mg", "-5 mg", "1,5 mg", "5 %", "5 mg\u00b2", "\u0665 mg", "5 - 6 mg", "5 mg; 6 mg", "5 mg\n6"])
def test_what_is_not_a_number_with_a_unit(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number with a unit, such as 27 mg/m2 or 40 mg"):
        parse_quantity(text)


@pytest.mark.parametrize(
    "text",
    [
        "5 stone",
        "1e3 mg",
        "5 MG",
        "5 Mg",
        "5 mg/m",
        "5 mg/day",
        "5 mg/m2/day",
        "5 mg/",
        "5 mg/min",
        "5 cm/m2",
        "80 kg/m2",
        "2 AUC/m2",
        "5 mg m2",
        "5 KG",
        "5 ml",
    ],
)
def test_unknown_units(text: str) -> None:
    with pytest.raises(ValueError, match=r"unknown unit .*; known are g, mg, microgram"):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("text", "kinds", "example"),
    [
        ("80 kg", ("length",), "170 cm"),
        ("170 cm", ("weight",), "70 kg"),
        ("90 mg", ("clearance",), "90 mL/min"),
        ("2 m", ("area",), "2.2 m2"),
        ("2 m2", ("mass", "activity"), "27 mg/m2 or 40 mg"),
    ],
)
def test_a_unit_of_another_kind(text: str, kinds: tuple[str, ...], example: str) -> None:
    with pytest.raises(ValueError, match=f"has the unit of .*; expected something such as {example}"):
        parse_quantity(text, *kinds)


def test_a_missing_unit_shows_one_of_the_kind() -> None:
    with pytest.raises(ValueError, match="'170' is not a number with a unit, such as 170 cm"):
        parse_quantity("170", "length")


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("1 g", "mg", "1000"),
        ("1.5 mg", "microgram", "1500"),
        ("500 mcg", "mg", "0.5"),
        ("1 ng", "g", "1E-9"),
        ("3 million units", "units", "3000000"),
        ("1.8 m", "cm", "180"),
        ("71 in", "cm", "180.34"),
        ("6 ft", "cm", "182.88"),
        ("176 lb", "kg", "79.83225712"),
        ("1 L", "mL", "1000"),
        ("2.2 m2", "m2", "2.2"),
        ("90 mL/min", "mL/min", "90"),
    ],
)
def test_to(text: str, unit: str, number: str) -> None:
    assert parse_quantity(text).to(unit) == Decimal(number)


@given(number=numbers, source=st.sampled_from(sorted(MASSES)), target=st.sampled_from(sorted(MASSES)))
def test_to_agrees_with_fractions(number: Decimal, source: str, target: str) -> None:
    converted = Quantity(number, source).to(target)
    assert Fraction(converted) == Fraction(number) * MASSES[source] / MASSES[target]
    assert Quantity(converted, target).to(source) == number


@pytest.mark.parametrize(("text", "unit"), [("5 mg", "mL"), ("5 mg", "kg"), ("5 mg/m2", "mg"), ("180 cm", "kg"), ("90 mL/min", "mL")])
def test_to_another_kind_is_refused(text: str, unit: str) -> None:
    with pytest.raises(ValueError, match=f"{text} can't be given in {unit}"):
        parse_quantity(text).to(unit)


def test_the_caller_s_decimal_context_changes_nothing() -> None:
    with localcontext(Context(prec=3)):
        assert parse_quantity("123.456789 g").to("mg") == Decimal("123456.789")
        assert plain(parse_number("123.4560")) == "123.456"


def test_exact_has_forty_digits() -> None:
    assert EXACT.divide(Decimal(1), Decimal(3)) == Decimal("0." + "3" * 40)


@pytest.mark.parametrize(
    "text", ["27 mg/m2", "40 mg", "0.5 mg", "3 million units", "100 microgram/kg", "6000 units/m2", "AUC 5", "AUC 4.5"]
)
def test_a_dose_reads_back(text: str) -> None:
    assert str(parse_dose(text)) == text


def test_auc_without_a_space() -> None:
    assert parse_dose("AUC5") == Quantity(Decimal(5), "AUC")
    assert str(parse_dose("AUC 5.0")) == "AUC 5"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 mg", "a dose of nothing; write `days: none`"),
        ("0.0 mg/m2", "a dose of nothing"),
        ("AUC 0", "a dose of nothing"),
        ("2 mg/mL", "is a concentration, not a dose"),
        ("70 kg", "has the unit of weight"),
        ("90 mL/min", "has the unit of clearance"),
        ("5 AUC", "has the unit of exposure"),
        ("AUC", "is not a plain number"),
        ("AUC five", "is not a plain number"),
        ("AUC -5", "is not a plain number"),
        ("27", "is not a number with a unit"),
        ("20 to 45 mg/m2", "unknown unit"),
        ("auc 5", "is not a number with a unit"),
    ],
)
def test_what_is_not_a_dose(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_dose(text)


@pytest.mark.parametrize("text", ["123 mg", "50 mg", "1.5 g", "3 million units", "250 mL"])
def test_an_amount_reads_back(text: str) -> None:
    assert str(parse_amount(text)) == text


@pytest.mark.parametrize("text", ["0 mg", "27 mg/m2", "10 mg/kg", "2 mg/mL"])
def test_an_amount_is_flat_and_above_zero(text: str) -> None:
    with pytest.raises(ValueError, match="must be a flat amount above zero, such as 123 mg"):
        parse_amount(text)


def test_an_amount_has_a_unit_of_amounts() -> None:
    with pytest.raises(ValueError, match="has the unit of weight"):
        parse_amount("70 kg")
