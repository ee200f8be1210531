"""Dose bands against a published table, and every way in which a table can be wrong."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosing.dose.bands import Band, BandTable, read_bands
from dosing.errors import RegimenFileError
from dosing.units import Quantity

# Rows 1.75 to 16.97 mg of NHS England's national dose-banding table "Single Container", raw material 1 mg/mL, columns "From >=", "To (A) <"
# and "Band dose"; a copy stands at docslib.org/download/100960. It covers drugs such as cisplatin and vincristine: here it only tests the
# reading of tables.
NHS = (Path(__file__).parent / "nhs_bands.csv").read_text(encoding="utf-8")

# The table's columns "Variance (percent) below, above" of the same rows, in whole percent.
NHS_VARIANCE = (
    "3 -5, 5 -5, 5 -4, 4 -4, 4 -4, 4 -3, 4 -3, 3 -3, 3 -3, 3 -5, 5 -5, 5 -4, 4 -6, 6 -5, 5 -5, 5 -6, 6 -5, 5 -5, 5 -5, 5 -5, 5 -4, 4 -4, "
    "4 -4, 4 -3, 4 -3, 3 -6"
)


def nhs() -> BandTable:
    return read_bands(NHS, name="nhs", file="nhs_bands.csv")


def mg(number: str | Decimal) -> Quantity:
    return Quantity(Decimal(number), "mg")


def problems(text: str) -> list[str]:
    with pytest.raises(RegimenFileError) as caught:
        read_bands(text, name="x", file="x.csv")
    return [str(problem) for problem in caught.value.problems]


def test_the_published_table() -> None:
    table = nhs()
    assert (table.name, table.unit, len(table.bands)) == ("nhs", "mg", 26)
    assert (table.lower, table.upper) == (mg("1.75"), mg("16.97"))


@pytest.mark.parametrize("number", range(26))
def test_both_sides_of_every_printed_bound(number: int) -> None:
    bands = nhs().bands
    band, following = bands[number], bands[number + 1] if number < 25 else None
    assert nhs().find(mg(band.lower)) == band
    assert nhs().find(mg(band.dose)) == band
    assert nhs().find(mg(band.upper - Decimal("1e-24"))) == band
    assert nhs().find(mg(band.upper)) == following


@pytest.mark.parametrize(
    ("amount", "dose"),
    [("1.75", "1.8"), ("1.89", "1.8"), ("1.90", "2"), ("2.09", "2"), ("5.08", "4.8"), ("5.09", "5.4"), ("15.48", "15"), ("16.96", "16")],
)
def test_printed_last_amounts(amount: str, dose: str) -> None:
    """The table's column "To (B) <=" prints the last amount of two decimals in a band."""
    band = nhs().find(mg(amount))
    assert band is not None
    assert band.dose == Decimal(dose)


@pytest.mark.parametrize("number", range(26))
def test_printed_variance(number: int) -> None:
    band = nhs().bands[number]
    for bound, printed in zip((band.lower, band.upper), NHS_VARIANCE.split(", ")[number].split(), strict=True):
        # The bounds too are printed rounded, to 0.01 mg, which moves the percentage by half of this.
        loose = Fraction(band.dose) / Fraction(bound) ** 2
        variance = (Fraction(band.dose) - Fraction(bound)) / Fraction(bound) * 100
        assert abs(variance - int(printed)) <= (1 + loose) / 2


@pytest.mark.parametrize("amount", ["0.01", "1.74", "1.7499999999", "16.97", "17", "100"])
def test_outside_the_table(amount: str) -> None:
    assert nhs().find(mg(amount)) is None


def test_an_amount_in_another_unit() -> None:
    assert nhs().find(Quantity(Decimal(1900), "microgram")) == Band(Decimal("1.90"), Decimal("2.10"), Decimal(2))
    assert nhs().find(Quantity(Decimal("1899.9"), "microgram")) == Band(Decimal("1.75"), Decimal("1.90"), Decimal("1.8"))
    with pytest.raises(ValueError, match="can't be given in mg"):
        nhs().find(Quantity(Decimal(2), "mL"))


@pytest.mark.parametrize(
    "text",
    [
        "from,below,band,unit\n10,20,15,mg\n20,30,25,mg\n",
        "from_mg,below_mg,band_mg\n10,20,15\n20,30,25\n",
        "band_mg,from_mg,below_mg\n15,10,20\n25,20,30\n",
        "unit,from,below,band\r\nmg,10,20,15\r\nmg,20,30,25\r\n",
        "\ufefffrom_mg,below_mg,band_mg\n10,20,15\n\n20,30,25",
        'from_mg,below_mg,band_mg\n"10","20","15"\n20.0,30.0,25.0\n',
    ],
)
def test_forms_of_one_table(text: str) -> None:
    expected = (Band(Decimal(10), Decimal(20), Decimal(15)), Band(Decimal(20), Decimal(30), Decimal(25)))
    assert read_bands(text, name="x", file="x.csv") == BandTable("x", "mg", expected)


def test_a_unit_with_another_spelling() -> None:
    assert read_bands("from_IU,below_IU,band_IU\n10,20,15\n", name="x", file="x.csv").unit == "units"
    assert read_bands("from,below,band,unit\n1,2,1.5,million units\n", name="x", file="x.csv").unit == "million units"


@pytest.mark.parametrize(
    "header",
    [
        "from,below,band",  # no unit
        "from_mg,below_mg",
        "from_mg,below_mg,band",
        "from_mg,below_mg,band_g",
        "from_mg,below_mg,band_mg,unit",
        "from_mg,below_mg,band_mg,note",
        "from_mg,from_mg,below_mg,band_mg",
        "from,below,band,unit,unit",
        "From_mg,below_mg,band_mg",
        "from_mg, below_mg, band_mg",
        "from_mg;below_mg;band_mg",
        "1.75,1.90,1.8",
    ],
)
def test_wrong_columns(header: str) -> None:
    assert problems(f"{header}\n10,20,15\n") == [
        f"x.csv:1: the columns are {header}; they must be from,below,band,unit or from_mg,below_mg,band_mg with one unit"
    ]


@pytest.mark.parametrize("text", ["", "\n", "\n\n", "\ufeff", "from_mg,below_mg,band_mg\n", "from,below,band,unit"])
def test_nothing_in_the_file(text: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith("x.csv:1: no bands; write the header from,below,band,unit or")


@pytest.mark.parametrize(
    "cell",
    [
        "-15",
        "+15",
        "NaN",
        "nan",
        "sNaN",
        "inf",
        "Infinity",
        "1e1",
        "15,0",
        "1,234",
        "12 3",
        " 15",
        "15 ",
        "\N{FULLWIDTH DIGIT ONE}\N{FULLWIDTH DIGIT FIVE}",
        "\N{ARABIC-INDIC DIGIT THREE}",
        "15 mg",
        "0x10",
        "1_5",
        "",
        ".5",
    ],
)
@pytest.mark.parametrize("column", [0, 1, 2])
def test_a_cell_that_is_no_number(cell: str, column: int) -> None:
    cells = ["10", "20", "15"]
    cells[column] = f'"{cell}"'
    name = ("from", "below", "band")[column]
    assert problems(f"from_mg,below_mg,band_mg\n{','.join(cells)}\n") == [
        f"x.csv:2: {name}: {cell!r} is not a plain number such as 27 or 1.3",
    ]


@pytest.mark.parametrize("zero", ["0", "0.0", "00"])
def test_zero(zero: str) -> None:
    assert problems(f"from_mg,below_mg,band_mg\n{zero},20,15\n") == [f"x.csv:2: from: '{zero}' must be above zero"]


def test_a_comma_in_a_number_makes_a_cell_too_many() -> None:
    assert problems("from_mg,below_mg,band_mg\n1,234,1300,1250\n10,20\n") == [
        "x.csv:2: 4 cells under 3 columns; write numbers without a comma",
        "x.csv:3: 2 cells under 3 columns; write numbers without a comma",
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("10,20,15\n20.01,30,25", "x.csv:3: from: 20.01 leaves a gap after the band before, which ends below 20"),
        ("10,20,15\n19.99,30,25", "x.csv:3: from: 19.99 overlaps the band before, which ends below 20"),
        ("10,20,15\n10,20,15", "x.csv:3: from: 10 overlaps the band before, which ends below 20"),
        ("20,30,25\n10,20,15", "x.csv:3: from: 10 comes after 20; sort the bands, smallest first"),
        ("10,20,9.99", "x.csv:2: band: 9.99 is outside its own band, from 10 to below 20"),
        ("10,20,20", "x.csv:2: band: 20 is outside its own band, from 10 to below 20"),
        ("10,10,10", "x.csv:2: below: 10 is not above 10, where the band begins"),
        ("20,10,15\n20,30,25", "x.csv:2: below: 10 is not above 20, where the band begins"),
    ],
)
def test_wrong_bands(rows: str, expected: str) -> None:
    assert problems(f"from_mg,below_mg,band_mg\n{rows}\n") == [expected]


def test_a_band_at_its_lower_limit_is_in() -> None:
    assert read_bands("from_mg,below_mg,band_mg\n10,20,10\n", name="x", file="x.csv").bands[0].dose == 10


def test_units_are_of_one_kind_and_known() -> None:
    assert problems("from,below,band,unit\n10,20,15,mg\n20,30,25,g\n") == ["x.csv:3: unit: 'g' after 'mg'; one table has one unit"]
    for unit in ("", "mgs", "mg/m2", "cm", "AUC"):
        assert problems(f"from,below,band,unit\n10,20,15,{unit}\n") == [
            f"x.csv:2: unit: '{unit}' is not a unit of a flat amount, such as mg"
        ]


def test_all_problems_at_once_in_the_order_of_the_file() -> None:
    text = "from,below,band,unit\n10,20,25,mg\n25,3O,27,mg\n40,50,45,mg\n45,60,0,g\n50,60\n"
    assert problems(text) == [
        "x.csv:2: band: 25 is outside its own band, from 10 to below 20",
        "x.csv:3: below: '3O' is not a plain number such as 27 or 1.3",
        "x.csv:5: band: '0' must be above zero",
        "x.csv:5: unit: 'g' after 'mg'; one table has one unit",
        "x.csv:6: 2 cells under 4 columns; write numbers without a comma",
    ]


def test_text_that_is_no_csv() -> None:
    (problem,) = problems('from_mg,below_mg,band_mg\n10,20,"15\n')
    assert problem.startswith("x.csv:2: not CSV: ")


@given(bounds=st.lists(st.integers(1, 10**6), min_size=2, max_size=12, unique=True).map(sorted), amount=st.integers(1, 10**6))
def test_agrees_with_a_plain_search(bounds: list[int], amount: int) -> None:
    cents = [Decimal(bound).scaleb(-2) for bound in bounds]
    rows = [f"{lower},{upper},{lower}" for lower, upper in pairwise(cents)]
    table = read_bands("\n".join(["from_mg,below_mg,band_mg", *rows]), name="x", file="x.csv")
    found = table.find(mg(Decimal(amount).scaleb(-2)))
    under = [bound for bound in bounds if bound <= amount]
    expected = Decimal(under[-1]).scaleb(-2) if under and amount < bounds[-1] else None
    assert (found and found.dose) == expected
