"""Vials against brute force, and examples worked by hand."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing.dose.vials import FINEST, Vials, open_vials, share
from dosing.errors import DoseError
from dosing.units import Quantity, parse_quantity

ISATUXIMAB = ("100 mg", "500 mg")
CARFILZOMIB = ("10 mg", "30 mg", "60 mg")


def mg(text: str) -> Quantity:
    return Quantity(Decimal(text), "mg")


def quantities(texts: Sequence[str]) -> list[Quantity]:
    return [parse_quantity(text) for text in texts]


def opened(amount: str, sizes: Sequence[str], stock: Mapping[str, int] | None = None) -> Vials:
    counts = None if stock is None else {parse_quantity(size): count for size, count in stock.items()}
    return open_vials(parse_quantity(amount), sizes=quantities(sizes), stock=counts, drug="isatuximab")


def brute_force(amount: Fraction, sizes: Sequence[Fraction], limits: Sequence[int] | None) -> tuple[int, ...]:
    """Every choice of vials: the least total that is enough, then the fewest vials, then more of the larger; `sizes` larger first."""
    most = [int(amount // size) + 1 for size in sizes]
    ranges = [range(min(one, other) + 1) for one, other in zip(most, limits or most, strict=True)]
    enough = []
    for counts in product(*ranges):
        total = sum(size * count for size, count in zip(sizes, counts, strict=True))
        if total >= amount:
            enough.append((total, sum(counts), [-count for count in counts], counts))
    return min(enough)[3]


def counts_of(vials: Vials, sizes: Sequence[Quantity]) -> tuple[int, ...]:
    return tuple(dict(vials.vials).get(size, 0) for size in sizes)


@pytest.mark.parametrize(
    ("amount", "sizes", "vials", "waste"),
    [
        ("700 mg", ISATUXIMAB, "1 x 500 mg + 2 x 100 mg", "0"),
        ("800 mg", ISATUXIMAB, "1 x 500 mg + 3 x 100 mg", "0"),
        ("760 mg", ISATUXIMAB, "1 x 500 mg + 3 x 100 mg", "40"),
        ("500 mg", ISATUXIMAB, "1 x 500 mg", "0"),
        ("500.1 mg", ISATUXIMAB, "1 x 500 mg + 1 x 100 mg", "99.9"),
        ("499.9 mg", ISATUXIMAB, "1 x 500 mg", "0.1"),
        ("36 mg", CARFILZOMIB, "1 x 30 mg + 1 x 10 mg", "4"),
        ("123.2 mg", CARFILZOMIB, "2 x 60 mg + 1 x 10 mg", "6.8"),
        ("126 mg", CARFILZOMIB, "2 x 60 mg + 1 x 10 mg", "4"),
        ("60 mg", CARFILZOMIB, "1 x 60 mg", "0"),
        ("60 mg", ("60 mg",), "1 x 60 mg", "0"),
        ("60.0001 mg", ("60 mg",), "2 x 60 mg", "59.9999"),
        ("2.3 mg", ("3.5 mg",), "1 x 3.5 mg", "1.2"),
        # the larger first would open 50 + 20 and waste 10
        ("60 mg", ("20 mg", "50 mg"), "3 x 20 mg", "0"),
        # 30 + 30 and 40 + 20 waste nothing with two vials each: the larger first
        ("60 mg", ("20 mg", "30 mg", "40 mg"), "1 x 40 mg + 1 x 20 mg", "0"),
        ("1.7 g", ("500 mg", "1 g"), "2 x 1 g", "300"),
        ("1.5 g", ("500 mg", "1 g"), "1 x 1 g + 1 x 500 mg", "0"),
        ("700 mcg", ("0.5 mg", "200 mcg"), "1 x 0.5 mg + 1 x 200 microgram", "0"),
    ],
)
def test_examples(amount: str, sizes: Sequence[str], vials: str, waste: str) -> None:
    found = opened(amount, sizes)
    assert str(found) == vials
    assert found.waste_mg == Decimal(waste)


def test_record() -> None:
    found = opened("760 mg", ISATUXIMAB)
    assert found.amount_mg == 760
    assert found.vials == ((mg("500"), 1), (mg("100"), 3))
    assert found.count == 4
    assert found.opened_mg == 800
    assert found.waste_percent == 5  # 40 of 800


def test_waste_is_of_what_is_opened() -> None:
    assert opened("40 mg", ["50 mg"]).waste_percent == 20
    assert opened("20 mg", ["30 mg"]).waste_percent == Decimal("33." + "3" * 38)  # a third, to 40 digits


@pytest.mark.parametrize(
    ("amount", "stock", "vials"),
    [
        ("700 mg", {"100 mg": 2, "500 mg": 1}, "1 x 500 mg + 2 x 100 mg"),
        ("700 mg", {"100 mg": 7, "500 mg": 0}, "7 x 100 mg"),
        ("700 mg", {"100 mg": 1, "500 mg": 2}, "2 x 500 mg"),
        ("700 mg", {"0.1 g": 0, "500 mg": 9}, "2 x 500 mg"),
        ("700 mg", {"100 mg": 2, "500 mg": 1000}, "1 x 500 mg + 2 x 100 mg"),
    ],
)
def test_stock(amount: str, stock: Mapping[str, int], vials: str) -> None:
    assert str(opened(amount, ISATUXIMAB, stock)) == vials


def test_stock_that_just_suffices_and_that_does_not() -> None:
    assert str(opened("700 mg", ISATUXIMAB, {"100 mg": 2, "500 mg": 1})) == "1 x 500 mg + 2 x 100 mg"
    with pytest.raises(DoseError, match=r"700\.1 mg of isatuximab can't be prepared from the 700 mg in stock"):
        opened("700.1 mg", ISATUXIMAB, {"100 mg": 2, "500 mg": 1})
    with pytest.raises(DoseError, match="from the 0 mg in stock"):
        opened("1 mg", ISATUXIMAB, {"100 mg": 0, "500 mg": 0})


@pytest.mark.parametrize(
    ("stock", "message"),
    [
        ({"100 mg": 3}, "stock of isatuximab: name each of 500 mg, 100 mg once"),
        ({"100 mg": 3, "500 mg": 1, "60 mg": 1}, "name each of"),
        ({"100 mg": 3, "0.1 g": 3, "500 mg": 1}, "name each of"),
        ({"100 mg": -1, "500 mg": 1}, "-1 of 100 mg is not a count"),
        ({"0 mg": 1, "500 mg": 1}, "must be a mass above zero"),
    ],
)
def test_bad_stock(stock: Mapping[str, int], message: str) -> None:
    with pytest.raises(DoseError, match=message):
        opened("60 mg", ISATUXIMAB, stock)


@pytest.mark.parametrize(
    ("amount", "sizes", "message"),
    [
        ("0 mg", ISATUXIMAB, "amount of isatuximab: 0 mg must be a mass above zero"),
        ("10 mg/kg", ISATUXIMAB, "10 mg/kg must be a mass above zero"),
        ("5 mL", ISATUXIMAB, "5 mL must be a mass above zero"),
        ("700 mg", (), "vial of isatuximab: no size is known"),
        ("700 mg", ("100 mg", "0 mg"), "vial of isatuximab: 0 mg must be"),
        ("700 mg", ("100 mg", "0.1 g"), "a size is named twice in 100 mg, 0.1 g"),
        ("700 mg", ("100 units",), "100 units must be a mass above zero"),
    ],
)
def test_bad_values(amount: str, sizes: Sequence[str], message: str) -> None:
    with pytest.raises(DoseError, match=message):
        opened(amount, sizes)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1"])
def test_amounts_that_are_no_numbers_above_zero(value: str) -> None:
    with pytest.raises(DoseError, match="must be a mass above zero"):
        open_vials(mg(value), sizes=[mg("10")])


def test_too_fine() -> None:
    assert opened(f"{FINEST} mg", ["1 mg"]).count == FINEST
    with pytest.raises(DoseError, match=r"20000\.1 mg of isatuximab: more than 20000 times"):
        opened(f"{FINEST}.1 mg", ["1 mg"])
    assert opened("1 mg", ["1 mg", f"{FINEST} mg"]).count == 1
    with pytest.raises(DoseError, match="more than 20000 times"):
        opened("1 mg", ["1 mg", f"{FINEST + 1} mg"])


vial_sizes = st.lists(st.sampled_from(["2.5", "3", "3.5", "5", "7.5", "10", "15", "20", "30"]), min_size=1, max_size=3, unique=True)
amounts = st.integers(1, 800).map(lambda tenths: Decimal(tenths).scaleb(-1))


@given(amounts, vial_sizes)
@settings(max_examples=150, deadline=None)
def test_least_waste_by_brute_force(amount: Decimal, sizes: list[str]) -> None:
    ordered = sorted(map(mg, sizes), key=lambda size: -size.value)
    found = open_vials(Quantity(amount, "mg"), sizes=[mg(size) for size in sizes])
    assert counts_of(found, ordered) == brute_force(Fraction(amount), [Fraction(size.value) for size in ordered], None)


@given(amounts, vial_sizes, st.lists(st.integers(0, 12), min_size=3, max_size=3))
@settings(max_examples=150, deadline=None)
def test_least_waste_from_stock_by_brute_force(amount: Decimal, sizes: list[str], counts: list[int]) -> None:
    ordered = sorted(map(mg, sizes), key=lambda size: -size.value)
    limits = counts[: len(sizes)]
    stock = dict(zip(ordered, limits, strict=True))
    if sum(size.value * count for size, count in stock.items()) < amount:
        with pytest.raises(DoseError, match="in stock"):
            open_vials(Quantity(amount, "mg"), sizes=ordered, stock=stock)
        return
    found = open_vials(Quantity(amount, "mg"), sizes=ordered, stock=stock)
    assert counts_of(found, ordered) == brute_force(Fraction(amount), [Fraction(size.value) for size in ordered], limits)


def test_share() -> None:
    # alone: 40, 40 and 70 mg opened; together 120 mg from two vials of 60
    shared = share([mg("36"), mg("36"), mg("48")], sizes=quantities(("10 mg", "60 mg")), allowed=True)
    assert str(shared.vials) == "2 x 60 mg"
    assert shared.vials.waste_mg == 0
    assert [str(part.alone) for part in shared.parts] == ["4 x 10 mg", "4 x 10 mg", "5 x 10 mg"]
    assert shared.saved_mg == 10
    assert [part.amount_mg for part in shared.parts] == [36, 36, 48]
    assert [part.opened_mg for part in shared.parts] == [36, 36, 48]


def test_waste_is_borne_in_proportion() -> None:
    shared = share([mg("1"), mg("2")], sizes=[mg("3.5")], allowed=True)
    assert [Fraction(part.opened_mg).limit_denominator(100) for part in shared.parts] == [Fraction(7, 6), Fraction(7, 3)]
    assert shared.saved_mg == Decimal("3.5")


def test_one_amount_saves_nothing() -> None:
    assert share([mg("36")], sizes=quantities(CARFILZOMIB), allowed=True).saved_mg == 0


def test_share_only_where_allowed() -> None:
    with pytest.raises(DoseError, match="vials of carfilzomib must not be shared between patients"):
        share([mg("36"), mg("36")], sizes=quantities(CARFILZOMIB), allowed=False, drug="carfilzomib")
    with pytest.raises(DoseError, match="no amounts of carfilzomib"):
        share([], sizes=quantities(CARFILZOMIB), allowed=True, drug="carfilzomib")
    with pytest.raises(DoseError, match="0 mg must be a mass above zero"):
        share([mg("36"), mg("0")], sizes=quantities(CARFILZOMIB), allowed=True)


@given(st.lists(amounts, min_size=1, max_size=5), vial_sizes)
@settings(max_examples=50, deadline=None)
def test_sharing_never_opens_more(asked: list[Decimal], sizes: list[str]) -> None:
    shared = share([Quantity(amount, "mg") for amount in asked], sizes=[mg(size) for size in sizes], allowed=True)
    assert shared.saved_mg >= 0
    assert shared.vials.amount_mg == sum(asked)
    assert shared.vials.opened_mg >= sum(asked)
    borne = sum(Fraction(part.opened_mg) for part in shared.parts)
    assert abs(borne - Fraction(shared.vials.opened_mg)) < Fraction(1, 10**30)
