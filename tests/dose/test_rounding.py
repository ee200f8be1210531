"""Rounding against exact fractions."""

from decimal import Context, Decimal, localcontext
from fractions import Fraction
from math import floor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dosing.dose.rounding import half_up

values = st.builds(lambda number, exponent: Decimal(number).scaleb(exponent), st.integers(0, 10**24), st.integers(-24, 0))
steps = st.sampled_from([Decimal(step) for step in ("0.001", "0.01", "0.1", "0.25", "0.5", "1", "2.5", "3", "5", "7.5", "10", "50", "100")])


@pytest.mark.parametrize(
    ("value", "step", "rounded"),
    [
        ("49.14", "0.1", "49.1"),
        ("49.15", "0.1", "49.2"),
        ("49.1499999999", "0.1", "49.1"),
        ("0.25", "0.5", "0.5"),
        ("0.2499", "0.5", "0"),
        ("0.5", "1", "1"),
        ("1.5", "1", "2"),
        ("2.5", "1", "3"),
        ("2.675", "0.01", "2.68"),  # 2.67 in binary floats
        ("1.005", "0.01", "1.01"),  # 1.0 in binary floats
        ("12.5", "25", "25"),
        ("12.4", "25", "0"),
        ("875", "50", "900"),
        ("874.99", "50", "850"),
        ("1.25", "2.5", "2.5"),
        ("3.7499", "2.5", "2.5"),
        ("3.75", "2.5", "5"),
        ("0", "0.1", "0"),
        ("54", "1", "54"),
        ("1E+3", "7", "1001"),
        ("1E+3", "1E+2", "1000"),
    ],
)
def test_half_up(value: str, step: str, rounded: str) -> None:
    assert half_up(Decimal(value), step=Decimal(step)) == Decimal(rounded)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        ("1.4999999999999999999999999999999999", "1.5"),
        ("1.449999999999999999999999999999999999999", "1.5"),
        ("1.450000000000000000000000000000000000001", "1.5"),
        ("1.44999999999999999999999999999", "1.4"),  # 30 digits: no noise
        ("1.349999999999999999999999999999999999999", "1.4"),
    ],
)
def test_noise_does_not_tip_a_half(value: str, rounded: str) -> None:
    assert half_up(Decimal(value), step=Decimal("0.1")) == Decimal(rounded)


def test_noise_below_a_half_of_one() -> None:
    assert half_up(Decimal("1.4999999999999999999999999999999999"), step=Decimal(1)) == 2


@given(value=values, step=steps)
@example(value=Decimal("2.675"), step=Decimal("0.01"))
def test_agrees_with_fractions(value: Decimal, step: Decimal) -> None:
    expected = floor(Fraction(value) / Fraction(step) + Fraction(1, 2)) * Fraction(step)
    assert Fraction(half_up(value, step=step)) == expected


@given(value=values, step=steps)
def test_moves_by_half_a_step_at_most(value: Decimal, step: Decimal) -> None:
    moved = Fraction(half_up(value, step=step)) - Fraction(value)
    assert -Fraction(step) / 2 < moved <= Fraction(step) / 2


@given(value=values, step=steps)
def test_a_rounded_value_stays(value: Decimal, step: Decimal) -> None:
    once = half_up(value, step=step)
    assert half_up(once, step=step) == once


@given(value=values, step=steps, more=values)
def test_keeps_order(value: Decimal, step: Decimal, more: Decimal) -> None:
    less, greater = sorted((value, more))
    assert half_up(less, step=step) <= half_up(greater, step=step)


def test_is_exact_for_steps_far_smaller_than_the_value() -> None:
    step = Decimal("3E-50")
    assert Fraction(half_up(Decimal(1), step=step)) == floor(Fraction(1) / Fraction(step) + Fraction(1, 2)) * Fraction(step)


def test_the_caller_s_decimal_context_changes_nothing() -> None:
    with localcontext(Context(prec=2)):
        assert half_up(Decimal("123.456"), step=Decimal("0.01")) == Decimal("123.46")


@pytest.mark.parametrize("step", ["0", "-0.1", "NaN", "Infinity", "sNaN"])
def test_a_step_must_be_above_zero(step: str) -> None:
    with pytest.raises(ValueError, match="can't round in steps of"):
        half_up(Decimal(1), step=Decimal(step))


@pytest.mark.parametrize("value", ["-0.1", "-1", "NaN", "Infinity", "-Infinity", "sNaN"])
def test_a_value_must_be_zero_or_above(value: str) -> None:
    with pytest.raises(ValueError, match="can't be rounded"):
        half_up(Decimal(value), step=Decimal(1))
