"""Tablets and capsules against brute force, and examples worked by hand."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing.dose.oral import MadeUp, Units, days_off, dispense, make_up, name_days_off, name_runs, together
from dosing.dose.vials import FINEST
from dosing.errors import DoseError
from dosing.units import Quantity, parse_quantity

# capsules of a UK formulary, and the capsules of pomalidomide (drugs.com/dosage/pomalidomide.html)
LENALIDOMIDE = ("2.5 mg", "5 mg", "7.5 mg", "10 mg", "15 mg", "20 mg", "25 mg")
POMALIDOMIDE = ("1 mg", "2 mg", "3 mg", "4 mg")
DEXAMETHASONE = ("0.5 mg", "0.75 mg", "1 mg", "1.5 mg", "2 mg", "4 mg", "6 mg")


def made_up(dose: str, strengths: Sequence[str]) -> MadeUp:
    return make_up(parse_quantity(dose), strengths=[parse_quantity(strength) for strength in strengths], drug="lenalidomide")


def units(dose: str, strengths: Sequence[str]) -> Units:
    found = made_up(dose, strengths).units
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("dose", "strengths", "expected"),
    [
        ("25 mg", LENALIDOMIDE, "1 x 25 mg"),
        ("7.5 mg", ("2.5 mg", "5 mg", "10 mg"), "1 x 5 mg + 1 x 2.5 mg"),
        ("4 mg", POMALIDOMIDE, "1 x 4 mg"),
        ("14 mg", ("2 mg",), "7 x 2 mg"),
        ("40 mg", ("4 mg",), "10 x 4 mg"),
        ("40 mg", (*DEXAMETHASONE, "20 mg"), "2 x 20 mg"),
        ("40 mg", DEXAMETHASONE, "6 x 6 mg + 1 x 4 mg"),
        # the larger first would take 6 + 1 + 1
        ("8 mg", ("1 mg", "4 mg", "6 mg"), "2 x 4 mg"),
        # two units either way: one strength before two
        ("6 mg", ("2 mg", "3 mg", "4 mg"), "2 x 3 mg"),
        # two units of two strengths either way: the larger first
        ("10 mg", ("2 mg", "3 mg", "7 mg", "8 mg"), "1 x 8 mg + 1 x 2 mg"),
        ("0.5 g", ("500 mg",), "1 x 500 mg"),
        ("500 mcg", ("0.5 mg",), "1 x 0.5 mg"),
    ],
)
def test_made_up(dose: str, strengths: Sequence[str], expected: str) -> None:
    found = made_up(dose, strengths)
    assert str(found.units) == expected
    assert found.below is None
    assert found.above is None


def test_record() -> None:
    found = units("40 mg", DEXAMETHASONE)
    assert found.units == ((parse_quantity("6 mg"), 6), (parse_quantity("4 mg"), 1))
    assert found.count == 7
    assert found.total_mg == 40
    assert made_up("40 mg", DEXAMETHASONE).dose_mg == 40


@pytest.mark.parametrize(
    ("dose", "strengths", "below", "above"),
    [
        ("15.6 mg", ("2 mg",), "7 x 2 mg", "8 x 2 mg"),
        ("15 mg", ("2 mg",), "7 x 2 mg", "8 x 2 mg"),
        ("525 mg", ("50 mg",), "10 x 50 mg", "11 x 50 mg"),
        ("1 mg", ("2 mg",), None, "1 x 2 mg"),
        ("0.1 mg", ("2 mg", "3 mg"), None, "1 x 2 mg"),
        ("1.9 mg", ("2 mg", "3 mg"), None, "1 x 2 mg"),
        ("2.1 mg", ("2 mg", "3 mg"), "1 x 2 mg", "1 x 3 mg"),
        # nothing makes 7 of 3 and 5: 6 is 3 + 3, 8 is 5 + 3
        ("7 mg", ("3 mg", "5 mg"), "2 x 3 mg", "1 x 5 mg + 1 x 3 mg"),
        # the nearest below lies far below
        ("19 mg", ("10 mg", "25 mg"), "1 x 10 mg", "2 x 10 mg"),
    ],
)
def test_not_attainable(dose: str, strengths: Sequence[str], below: str | None, above: str) -> None:
    found = made_up(dose, strengths)
    assert found.units is None
    assert (found.below and str(found.below)) == below
    assert str(found.above) == above


@pytest.mark.parametrize(
    ("dose", "strengths", "message"),
    [
        ("0 mg", ("2 mg",), "dose of lenalidomide: 0 mg must be a mass above zero"),
        ("9 mg/m2", ("2 mg",), "9 mg/m2 must be a mass above zero"),
        ("9 mg", (), "strength of lenalidomide: no size is known"),
        ("9 mg", ("2 mg", "2.0 mg"), "named twice"),
        (f"{FINEST + 1} mg", ("1 mg",), "more than 20000 times"),
        ("1 mg", ("1 mg", f"{FINEST + 1} mg"), "more than 20000 times"),
    ],
)
def test_bad_values(dose: str, strengths: Sequence[str], message: str) -> None:
    with pytest.raises(DoseError, match=message):
        made_up(dose, strengths)


def brute_force(strengths: Sequence[Fraction], top: Fraction) -> dict[Fraction, tuple[int, ...]]:
    """The best choice for each total up to `top`; `strengths` larger first."""
    found: dict[Fraction, tuple[int, int, list[int], tuple[int, ...]]] = {}
    for counts in product(*(range(int(top // strength) + 1) for strength in strengths)):
        total = sum((strength * count for strength, count in zip(strengths, counts, strict=True)), Fraction(0))
        key = (sum(counts), sum(map(bool, counts)), [-count for count in counts], counts)
        if total not in found or key < found[total]:
            found[total] = key
    return {total: key[3] for total, key in found.items() if total}


@given(
    st.integers(1, 80).map(lambda quarters: Decimal(quarters) / 4),
    st.lists(st.sampled_from(["1.5", "2", "2.5", "3", "5", "7.5", "10", "15"]), min_size=1, max_size=3, unique=True),
)
@settings(max_examples=100, deadline=None)
def test_made_up_by_brute_force(dose: Decimal, numbers: list[str]) -> None:
    strengths = sorted((Quantity(Decimal(number), "mg") for number in numbers), key=lambda strength: -strength.value)
    best = brute_force([Fraction(strength.value) for strength in strengths], Fraction(dose) + 15)
    found = make_up(Quantity(dose, "mg"), strengths=strengths)

    def expected(total: Fraction | None) -> Units | None:
        if total is None:
            return None
        return Units(tuple((strength, count) for strength, count in zip(strengths, best[total], strict=True) if count))

    if Fraction(dose) in best:
        assert found == MadeUp(dose, expected(Fraction(dose)))
    else:
        below = max((total for total in best if total < dose), default=None)
        above = min(total for total in best if total > dose)
        assert found == MadeUp(dose, None, expected(below), expected(above))


def test_dispense() -> None:
    supply = dispense(units("40 mg", DEXAMETHASONE), days=[1, 8, 15, 22])
    assert str(supply.a_day) == "6 x 6 mg + 1 x 4 mg"
    assert supply.days == 4
    assert str(supply.total) == "24 x 6 mg + 4 x 4 mg"
    assert supply.total.total_mg == 160


def test_dispense_several_times_a_day() -> None:
    supply = dispense(units("25 mg", LENALIDOMIDE), days=range(1, 22), times_a_day=2)
    assert str(supply.a_day) == "2 x 25 mg"
    assert str(supply.total) == "42 x 25 mg"


def test_dispense_nothing() -> None:
    assert dispense(units("25 mg", LENALIDOMIDE), days=[]).total.count == 0


def test_dispense_refuses() -> None:
    capsule = units("25 mg", LENALIDOMIDE)
    with pytest.raises(DoseError, match="days 1 8 8 name a day twice"):
        dispense(capsule, days=[1, 8, 8])
    with pytest.raises(DoseError, match="0 times a day is no way to take 1 x 25 mg"):
        dispense(capsule, days=[1], times_a_day=0)


@pytest.mark.parametrize(
    ("days", "cycle_days", "name"),
    [
        (range(1, 22), 28, "days 22-28 off"),
        (range(1, 28), 28, "day 28 off"),
        (range(1, 29), 28, ""),
        ([1, 8, 15], 28, "days 2-7, 9-14 and 16-28 off"),
        ([1, 15], 28, "days 2-14 and 16-28 off"),
        (range(2, 28), 28, "days 1 and 28 off"),
        ([], 7, "days 1-7 off"),
        ([], 1, "day 1 off"),
        ([4, 3, 3], 5, "days 1-2 and 5 off"),
    ],
)
def test_name_days_off(days: Sequence[int], cycle_days: int, name: str) -> None:
    assert name_days_off(days, cycle_days=cycle_days) == name


@pytest.mark.parametrize(("days", "name"), [([], ""), ([-5, -4, -3, 8], "days -5 to -3 and 8"), ([-2], "day -2"), ([2, 1, 2], "days 1-2")])
def test_name_runs(days: Sequence[int], name: str) -> None:
    assert name_runs(days) == name


@pytest.mark.parametrize(("days", "stray"), [([1, 28], None), ([0, 1], 0), ([1, 29], 29), ([-2], -2)])
def test_days_outside_the_cycle(days: Sequence[int], stray: int | None) -> None:
    if stray is None:
        assert len(days_off(days, cycle_days=28)) == 26
        return
    with pytest.raises(DoseError, match=f"day {stray} is not in a cycle of 28 days"):
        days_off(days, cycle_days=28)


@given(st.sets(st.integers(1, 42)), st.integers(42, 50))
def test_given_and_off_make_the_cycle(days: set[int], cycle_days: int) -> None:
    off = days_off(days, cycle_days=cycle_days)
    assert sorted([*days, *off]) == list(range(1, cycle_days + 1))


def test_together() -> None:
    small, large = parse_quantity("5 mg"), parse_quantity("0.02 g")
    one, other = Units(((large, 1), (small, 2))), Units(((small, 1),))
    assert str(together([(other, 3), (one, 2)])) == "2 x 0.02 g + 7 x 5 mg"
    assert together([(one, 0)]) == together([]) == Units(())
