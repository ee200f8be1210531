"""Volumes, bags and stepwise rates: published tables, durations, and exact fractions."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing.dose.infusion import Stretch, drawn_ml, duration_min, fill_bag, infuse, outside_range, rate_ml_h
from dosing.dose.rounding import half_up
from dosing.errors import DoseError
from dosing.regimen.rates import RateStep, parse_steps
from dosing.units import parse_quantity

# The bag of 250 mL is published, as are the durations below (Sanofi, pro.campus.sanofi/us/products/sarclisa/dosing). The single rates were
# not read in the label's text, only found to give those durations: they are examples of arithmetic here.
FIRST = "25 mL/h for 60 min, 50 mL/h for 30 min, 75 mL/h for 30 min, 100 mL/h for 30 min, 125 mL/h for 30 min, 150 mL/h"
SECOND = "50 mL/h for 30 min, 100 mL/h for 30 min, 200 mL/h"
THIRD = "200 mL/h"


@pytest.mark.parametrize(
    ("amount", "concentration", "ml"),
    [
        ("36 mg", "2 mg/mL", "18"),
        ("123.2 mg", "2 mg/mL", "61.6"),
        ("700 mg", "20 mg/mL", "35"),
        ("800 mg", "20 mg/mL", "40"),
        ("2.3 mg", "2.5 mg/mL", "0.92"),
        ("2.3 mg", "1 mg/mL", "2.3"),
        ("1 g", "20 mg/mL", "50"),
        ("100 mcg", "0.5 mg/mL", "0.2"),
        ("1 million units", "250000 units/mL", "4"),
        ("1 mg", "3 mg/mL", "0." + "3" * 40),
    ],
)
def test_drawn(amount: str, concentration: str, ml: str) -> None:
    assert drawn_ml(parse_quantity(amount), concentration=parse_quantity(concentration)) == Decimal(ml)


@pytest.mark.parametrize(
    ("amount", "concentration", "message"),
    [
        ("36 mg", "0 mg/mL", "0 mg/mL is not a concentration above zero"),
        ("36 mg", "2 mg", "2 mg is not a concentration"),
        ("36 mg", "2 mg/kg", "2 mg/kg is not a concentration"),
        ("0 mg", "2 mg/mL", "0 mg can't be drawn"),
        ("36 mg/m2", "2 mg/mL", "36 mg/m2 can't be drawn"),
        ("36 units", "2 mg/mL", "36 units can't be drawn from a solution of 2 mg/mL; give an amount above zero in mg"),
    ],
)
def test_not_drawn(amount: str, concentration: str, message: str) -> None:
    with pytest.raises(DoseError, match=message):
        drawn_ml(parse_quantity(amount), concentration=parse_quantity(concentration))


def test_bag_that_keeps_its_volume() -> None:
    bag = fill_bag(parse_quantity("700 mg"), concentration=parse_quantity("20 mg/mL"), bag_ml=Decimal(250), withdraw=True)
    assert [bag.drug_ml, bag.withdrawn_ml, bag.volume_ml] == [Decimal(35), Decimal(35), Decimal(250)]
    assert bag.concentration == parse_quantity("2.8 mg/mL")


def test_bag_with_the_drug_on_top() -> None:
    bag = fill_bag(parse_quantity("100 mg"), concentration=parse_quantity("2 mg/mL"), bag_ml=Decimal(50), withdraw=False)
    assert [bag.drug_ml, bag.withdrawn_ml, bag.volume_ml] == [Decimal(50), Decimal(0), Decimal(100)]
    assert bag.concentration == parse_quantity("1 mg/mL")


def test_a_concentration_just_at_a_limit_is_exact() -> None:
    bag = fill_bag(parse_quantity("400 mg"), concentration=parse_quantity("12 mg/mL"), bag_ml=Decimal(100), withdraw=False)
    assert bag.drug_ml == Decimal("33." + "3" * 38)
    assert bag.concentration == parse_quantity("3 mg/mL")  # 400 mg in 100 + 100/3 mL
    assert outside_range(bag.concentration, lowest=parse_quantity("3 mg/mL"), highest=parse_quantity("3 mg/mL")) == ""


def test_bag_holds_no_more_than_its_volume() -> None:
    two = parse_quantity("2 mg/mL")
    full = fill_bag(parse_quantity("100 mg"), concentration=two, bag_ml=Decimal(50), withdraw=True)
    assert full.concentration == two
    with pytest.raises(DoseError, match=r"50\.05 mL of drug can't take the place of diluent in a bag of 50 mL"):
        fill_bag(parse_quantity("100.1 mg"), concentration=two, bag_ml=Decimal(50), withdraw=True)
    assert fill_bag(parse_quantity("100.1 mg"), concentration=two, bag_ml=Decimal(50), withdraw=False).volume_ml == Decimal("100.05")
    with pytest.raises(DoseError, match="a bag of 0 mL makes no infusion"):
        fill_bag(parse_quantity("100 mg"), concentration=two, bag_ml=Decimal(0), withdraw=True)


@pytest.mark.parametrize(
    ("concentration", "problem"),
    [
        ("1 mg/mL", ""),
        ("4 mg/mL", ""),
        ("2500 mcg/mL", ""),
        ("0.9999 mg/mL", "0.9999 mg/mL is below the lowest allowed, 1 mg/mL"),
        ("4.0001 mg/mL", "4.0001 mg/mL is above the highest allowed, 4 mg/mL"),
        ("4.12345 mg/mL", "about 4.1235 mg/mL is above the highest allowed, 4 mg/mL"),
        ("5 g/mL", "5 g/mL is above the highest allowed, 4 mg/mL"),
    ],
)
def test_range(concentration: str, problem: str) -> None:
    lowest, highest = parse_quantity("1 mg/mL"), parse_quantity("4 mg/mL")
    assert outside_range(parse_quantity(concentration), lowest=lowest, highest=highest) == problem


def test_open_ranges() -> None:
    two, three = parse_quantity("2 mg/mL"), parse_quantity("3 mg/mL")
    assert outside_range(two) == ""
    assert outside_range(two, lowest=two, highest=two) == ""
    assert outside_range(three, lowest=two) == ""
    assert outside_range(two, highest=three) == ""
    assert outside_range(two, lowest=three)
    assert outside_range(three, highest=two)


def test_bad_ranges() -> None:
    two = parse_quantity("2 mg/mL")
    with pytest.raises(DoseError, match="no concentration lies from 3 mg/mL to 2 mg/mL"):
        outside_range(two, lowest=parse_quantity("3 mg/mL"), highest=two)
    for bad in ("2 mg", "2 units/mL", "0 mg/mL"):
        with pytest.raises(DoseError, match=f"{bad} can't be compared with 2 mg/mL"):
            outside_range(two, lowest=parse_quantity(bad))
    with pytest.raises(DoseError, match="can't be compared"):
        outside_range(parse_quantity("2 mg"))


def test_rate() -> None:
    assert rate_ml_h(Decimal(100), minutes=Decimal(30)) == 200
    assert rate_ml_h(Decimal(250), minutes=Decimal(75)) == 200
    for volume, minutes in (("0", "30"), ("100", "0"), ("NaN", "30"), ("100", "-1")):
        with pytest.raises(DoseError, match="makes no infusion"):
            rate_ml_h(Decimal(volume), minutes=Decimal(minutes))


@pytest.mark.parametrize(("steps", "minutes", "printed"), [(FIRST, "200", 3 * 60 + 20), (SECOND, "112.5", 60 + 53), (THIRD, "75", 75)])
def test_published_durations(steps: str, minutes: str, printed: int) -> None:
    found = duration_min(Decimal(250), steps=parse_steps(steps))
    assert found == Decimal(minutes)
    assert half_up(found, step=Decimal(1)) == printed


def test_published_table() -> None:
    """Rituximab desensitization in 12 steps, solution 3, 250 mL: Adv Hematol 2020;2020:4231561, table 1.

    There: volumes by step of 2.5, 5, 10 and 232.5 mL, the last step of 174.375 min; the eight steps before take 15 min each and the whole
    339.38 min.
    """
    rows = infuse(Decimal(250), steps=parse_steps("10 mL/h for 15 min, 20 mL/h for 15 min, 40 mL/h for 15 min, 80 mL/h"))
    assert [row.given_ml for row in rows] == [Decimal("2.5"), Decimal("7.5"), Decimal("17.5"), Decimal(250)]
    assert rows[-1].to_min - rows[-1].from_min == Decimal("174.375")
    assert half_up(8 * 15 + rows[-1].to_min, step=Decimal("0.01")) == Decimal("339.38")


def test_published_rates() -> None:
    """Daratumumab, 1000 mL: 50, 100, 150 mL/h for an hour each, 200 mL/h at most (eviQ, 3393, daratumumab infusion table)."""
    rows = infuse(Decimal(1000), steps=parse_steps("50 mL/h for 60 min, 100 mL/h for 60 min, 150 mL/h for 60 min, 200 mL/h"))
    assert [int(row.given_ml) for row in rows] == [50, 150, 300, 1000]
    assert rows[-1].to_min == 390  # 3 hours, and 700 mL at 200 mL/h


def test_table() -> None:
    assert infuse(Decimal(250), steps=parse_steps(SECOND)) == (
        Stretch(Decimal(0), Decimal(30), Decimal(50), Decimal(25)),
        Stretch(Decimal(30), Decimal(60), Decimal(100), Decimal(75)),
        Stretch(Decimal(60), Decimal("112.5"), Decimal(200), Decimal(250)),
    )


def test_the_volume_may_end_before_the_steps() -> None:
    steps = parse_steps(SECOND)
    assert infuse(Decimal(75), steps=steps)[-1] == Stretch(Decimal(30), Decimal(60), Decimal(100), Decimal(75))
    assert len(infuse(Decimal("75.1"), steps=steps)) == 3
    assert infuse(Decimal(25), steps=steps) == (Stretch(Decimal(0), Decimal(30), Decimal(50), Decimal(25)),)
    assert infuse(Decimal(5), steps=steps) == (Stretch(Decimal(0), Decimal(6), Decimal(50), Decimal(5)),)


def test_steps_with_an_end() -> None:
    thirds = parse_steps("10 mL/h for 20 min, 10 mL/h for 20 min, 10 mL/h for 20 min")
    rows = infuse(Decimal(10), steps=thirds)  # 3.33... mL each, and 10 mL in all without a remainder
    assert len(rows) == 3
    assert rows[-1].to_min == 60
    assert rows[-1].given_ml == 10
    with pytest.raises(DoseError, match=r"the rates end after 60 min with 10 of 10\.01 mL given; add a last rate without a time"):
        infuse(Decimal("10.01"), steps=thirds)


def test_bad_infusions() -> None:
    with pytest.raises(DoseError, match="a volume of 0 mL makes no infusion"):
        infuse(Decimal(0), steps=parse_steps(THIRD))
    with pytest.raises(DoseError, match="rates of an infusion: there is no rate"):
        infuse(Decimal(250), steps=())
    with pytest.raises(DoseError, match="-5 mL/h is not above zero"):
        infuse(Decimal(250), steps=(RateStep(Decimal(-5)),))


def test_parse() -> None:
    assert parse_steps("25 mL/h for 60 min, 150 mL/h") == (RateStep(Decimal(25), Decimal(60)), RateStep(Decimal(150)))
    assert parse_steps(" 12.5mL/h  for 7.5min ,150 mL/h ") == (RateStep(Decimal("12.5"), Decimal("7.5")), RateStep(Decimal(150)))
    assert parse_steps("25 mL/h for 60 min") == (RateStep(Decimal(25), Decimal(60)),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not a rate"),
        ("25 mL/h for 60 min,", "'' is not a rate"),
        ("25 mL/h for 60 min, ..., 150 mL/h", r"'\.\.\.' is not a rate"),
        ("25 mg/h", "write rates as 50 mL/h for 30 min, 100 mL/h"),
        ("25 mL/min", "'25 mL/min' is not a rate"),
        ("25 mL/h for 1 h", "is not a rate"),
        ("25", "'25' is not a rate"),
        ("2.5.0 mL/h", r"'2\.5\.0' is not a plain number"),
        ("25 mL/h for . min", r"'\.' is not a plain number"),
        ("-25 mL/h", "is not a rate"),
        ("0 mL/h", "0 mL/h is not above zero"),
        ("25 mL/h for 0 min, 50 mL/h", "25 mL/h for 0 min is not above zero"),
        ("25 mL/h, 50 mL/h", "25 mL/h has no time, and rates follow it"),
    ],
)
def test_unreadable(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_steps(text)


tenths = st.integers(1, 4000).map(lambda number: Decimal(number).scaleb(-1))
timed = st.lists(st.builds(RateStep, tenths, tenths), max_size=5)


@given(timed, tenths)
def test_written_and_read(steps: list[RateStep], last: Decimal) -> None:
    whole = (*steps, RateStep(last))
    assert parse_steps(", ".join(map(str, whole))) == whole


@given(tenths, timed, tenths)
@settings(max_examples=100, deadline=None)
def test_rows_against_fractions(volume: Decimal, steps: list[RateStep], last: Decimal) -> None:
    rows = infuse(volume, steps=(*steps, RateStep(last)))
    given_ml = Fraction(0)
    for number, row in enumerate(rows):
        minutes = Fraction(row.to_min) - Fraction(row.from_min)
        given_ml += Fraction(row.rate_ml_h) * minutes / 60
        assert row.from_min == (rows[number - 1].to_min if number else 0)
        assert abs(given_ml - Fraction(row.given_ml)) < Fraction(1, 10**30)
        assert minutes > 0
    assert rows[-1].given_ml == volume
