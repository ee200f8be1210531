"""Rounding policies against published examples and a brute force with fractions."""

from collections.abc import Iterable
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dosing.dose.bands import Band, BandTable
from dosing.dose.policy import Policy, Rounded, apply, attainable, parse_policy
from dosing.errors import DoseError
from dosing.units import EXACT, Quantity, parse_quantity


def q(text: str) -> Quantity:
    return parse_quantity(text)


def qs(*texts: str) -> tuple[Quantity, ...]:
    return tuple(q(text) for text in texts)


ISATUXIMAB = qs("100 mg", "500 mg")
BANDS = {
    "cis": BandTable("cis", "mg", (Band(Decimal(10), Decimal(20), Decimal(15)), Band(Decimal(20), Decimal(30), Decimal(21)))),
    "vcr": BandTable("vcr", "mg", (Band(Decimal(1), Decimal(2), Decimal("1.5")),)),
}


def done(policy: str, amount: str, **stock: Any) -> Rounded:
    return apply(parse_policy(policy), q(amount), **{"precision": q("1 mg"), **stock})


# Reading


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("measurable", Policy("measurable")),
        ("never", Policy("never")),
        ("nearest 5 mg", Policy("nearest", q("5 mg"))),
        ("nearest 5 mg within 5 %", Policy("nearest", q("5 mg"), limit_pct=Decimal(5))),
        ("nearest 1 million units within 5 %", Policy("nearest", q("1 million units"), limit_pct=Decimal(5))),
        ("vial size", Policy("vial size")),
        ("vial size within 10 %", Policy("vial size", limit_pct=Decimal(10))),
        ("whole vials up within 10 %", Policy("whole vials up", limit_pct=Decimal(10))),
        ("whole vials down within 2.5 %", Policy("whole vials down", limit_pct=Decimal("2.5"))),
        ("stocked", Policy("stocked")),
        ("stocked within 10 %", Policy("stocked", limit_pct=Decimal(10))),
        ("bands nhs-1", Policy("bands", table="nhs-1")),
        ("bands nhs-1 within 6 %", Policy("bands", table="nhs-1", limit_pct=Decimal(6))),
    ],
)
def test_texts_of_policies(text: str, policy: Policy) -> None:
    assert parse_policy(text) == policy
    assert str(policy) == text


@pytest.mark.parametrize("text", ["vial size within 10%", " vial  size within 10 % ", "vial size\twithin 10\N{NO-BREAK SPACE}%"])
def test_spaces_of_all_kinds(text: str) -> None:
    assert str(parse_policy(text)) == "vial size within 10 %"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no rounding policy is given; write one of `measurable`, `never`, `nearest 5 mg`"),
        ("vials", "unknown rounding policy 'vials'; known are"),
        ("vial sizes", "did you mean 'vial size'"),
        ("Vial size", "did you mean 'vial size'"),
        ("vial size within 10", "unknown rounding policy"),
        ("vial size within", "unknown rounding policy"),
        ("vial size within 10 % within 5 %", "unknown rounding policy"),
        ("vial size within ten %", "'ten' is not a plain number"),
        ("vial size within -10 %", "'-10' is not a plain number"),
        ("vial size within NaN %", "'NaN' is not a plain number"),
        ("vial size within 1,0 %", "'1,0' is not a plain number"),
        ("vial size within 10%%", "'10%' is not a plain number"),
        ("vial size within 0 %", "a limit is a percentage above 0 and below 100"),
        ("vial size within 100 %", "a limit is a percentage above 0 and below 100"),
        ("whole vials", "unknown rounding policy"),
        ("whole vials up", "needs a limit, such as within 10 %"),
        ("whole vials down", "needs a limit, such as within 10 %"),
        ("never within 5 %", "takes no limit"),
        ("measurable within 5 %", "takes no limit"),
        ("nearest", "a step belongs to `nearest`"),
        ("nearest within 5 %", "a step belongs to `nearest`"),
        ("nearest 5", "'5' is not a number with a unit"),
        ("nearest 0 mg", "must be a flat amount above zero"),
        ("nearest -5 mg", "is not a number with a unit"),
        ("nearest 5 mg/m2", "must be a flat amount"),
        ("nearest 5 cm", "has the unit of length"),
        ("nearest 5 mg within 5", "unknown unit"),
        ("bands", "names a table"),
        ("bands a b", "names a table"),
        ("bands ../x", "names a table"),
    ],
)
def test_texts_that_are_no_policy(text: str, message: str) -> None:
    with pytest.raises(DoseError, match=message):
        parse_policy(text)


@pytest.mark.parametrize(
    "parts",
    [
        {"kind": "vial size", "step": q("5 mg")},
        {"kind": "vial size", "table": "nhs"},
        {"kind": "vial size", "limit_pct": Decimal("NaN")},
        {"kind": "vial size", "limit_pct": Decimal("Infinity")},
        {"kind": "vial size", "limit_pct": Decimal(-1)},
    ],
)
def test_parts_that_do_not_fit(parts: dict[str, Any]) -> None:
    with pytest.raises(DoseError, match="rounding policy"):
        Policy(**parts)


# Published examples


def test_isatuximab_760_mg_to_vial_size() -> None:
    """10 mg/kg x 76 kg with vials of 100 and 500 mg: 800 mg is +5.26 %, 700 mg -7.9 %."""
    got = done("vial size within 10 %", "760 mg", vials=ISATUXIMAB)
    assert (got.value, got.exact, got.rounded, got.why) == (q("800 mg"), q("760 mg"), True, "")
    assert got.deviation_pct == EXACT.divide(Decimal(100), Decimal(19))
    assert got.rule == "to vial size (700 mg or 800 mg), within 10 %"
    down = done("whole vials down within 10 %", "760 mg", vials=ISATUXIMAB)
    assert (down.value, down.rule) == (q("700 mg"), "down to whole vials (700 mg), within 10 %")
    assert down.deviation_pct.quantize(Decimal("0.1")) == Decimal("-7.9")
    up = done("whole vials up within 10 %", "760 mg", vials=ISATUXIMAB)
    assert (up.value, up.rule) == (q("800 mg"), "up to whole vials (800 mg), within 10 %")


@pytest.mark.parametrize(
    ("amount", "value"),
    [("17.9 mg", "18 mg"), ("16.99 mg", "16 mg"), ("17 mg", "18 mg"), ("16 mg", "16 mg"), ("1 mg", "2 mg"), ("2.9 mg", "2 mg")],
)
def test_melphalan_tablets_of_2_mg(amount: str, value: str) -> None:
    for policy in ("stocked", "nearest 2 mg"):
        assert done(policy, amount, strengths=qs("2 mg")).value == q(value)


@pytest.mark.parametrize(("amount", "value"), [("540 mg", "550 mg"), ("524.99 mg", "500 mg"), ("525 mg", "550 mg"), ("500 mg", "500 mg")])
def test_cyclophosphamide_tablets_of_50_mg(amount: str, value: str) -> None:
    for policy in ("stocked", "nearest 50 mg"):
        assert done(policy, amount, strengths=qs("50 mg")).value == q(value)


def test_strengths_of_25_and_50_mg() -> None:
    assert done("stocked", "540 mg", strengths=qs("50 mg", "25 mg")).rule == "to stocked strengths (525 mg or 550 mg)"
    assert done("stocked", "537.5 mg", strengths=qs("50 mg", "25 mg")).value == q("550 mg")
    assert done("stocked", "537.4 mg", strengths=qs("50 mg", "25 mg")).value == q("525 mg")


# Limits


@pytest.mark.parametrize(
    ("amount", "value", "rounded"),
    [
        ("1000 mg", "1000 mg", True),
        ("909.090909090909090909090909 mg", "909 mg", False),  # up to 1000 mg: a little over 10 %
        ("909.090909090909090909090910 mg", "1000 mg", True),
    ],
)
def test_up_on_both_sides_of_10_percent(amount: str, value: str, rounded: bool) -> None:
    got = done("whole vials up within 10 %", amount, vials=qs("500 mg"))
    assert (got.value, got.rounded) == (q(value), rounded)


@pytest.mark.parametrize(("policy", "amount", "limit"), [("up", "1000 mg", "1100 mg"), ("down", "1000 mg", "900 mg")])
def test_exactly_10_percent_is_within(policy: str, amount: str, limit: str) -> None:
    got = done(f"whole vials {policy} within 10 %", amount, vials=(q(limit),))
    assert (got.value, got.rounded) == (q(limit), True)
    assert got.deviation_pct == (10 if policy == "up" else -10)


@pytest.mark.parametrize(
    ("policy", "vial", "shown"),
    [
        ("up", "1100.01 mg", "+10.001"),
        ("up", "1100.0000000000000001 mg", "+10.00000000000000001"),
        ("up", "1101 mg", "+10.1"),
        ("up", "2000 mg", "+100"),
        ("down", "899.99 mg", "-10.001"),
        ("down", "899 mg", "-10.1"),
    ],
)
def test_just_over_10_percent_is_not(policy: str, vial: str, shown: str) -> None:
    got = done(f"whole vials {policy} within 10 %", "1000 mg", vials=(q(vial),))
    assert (got.value, got.rounded, got.deviation_pct) == (q("1000 mg"), False, Decimal(0))
    assert got.why == f"not rounded {policy} to whole vials: {shown} % is beyond 10 %; kept at measurable precision"


def test_beyond_the_limit_the_amount_is_measurable() -> None:
    got = done("vial size within 10 %", "88.04 mg", vials=qs("100 mg"), precision=q("0.1 mg"))
    assert (got.value, got.exact, got.rounded) == (q("88.0 mg"), q("88.04 mg"), False)
    assert got.why == "not rounded to vial size: +13.6 % is beyond 10 %; kept at measurable precision"
    assert got.rule == "to vial size (0 mg or 100 mg), within 10 %"
    assert got.deviation_pct == EXACT.divide(Decimal(-4), Decimal("88.04"))


def test_without_a_limit_there_is_none() -> None:
    got = done("vial size", "60 mg", vials=qs("100 mg"))
    assert (got.value, got.rule) == (q("100 mg"), "to vial size (0 mg or 100 mg)")


def test_a_limit_refuses_what_would_be_nothing() -> None:
    got = done("vial size within 10 %", "40 mg", vials=qs("100 mg"))
    assert (got.value, got.why) == (q("40 mg"), "not rounded to vial size: -100 % is beyond 10 %; kept at measurable precision")


# The other policies


def test_never() -> None:
    got = done("never", "49.14 mg", precision=None)
    assert got == Rounded(q("49.14 mg"), q("49.14 mg"), Decimal(0), "not rounded", rounded=False, why="not rounded: the policy is never")


@pytest.mark.parametrize(("amount", "value"), [("49.14 mg", "49.1 mg"), ("49.15 mg", "49.2 mg"), ("49.1499999 mg", "49.1 mg")])
def test_measurable(amount: str, value: str) -> None:
    got = done("measurable", amount, precision=q("0.1 mg"))
    assert (got.value, got.rounded, got.rule) == (q(value), True, "to 0.1 mg (measurable precision)")


@pytest.mark.parametrize(("amount", "value"), [("102.4999 mg", "100 mg"), ("102.5 mg", "105 mg"), ("107.5 mg", "110 mg")])
def test_nearest(amount: str, value: str) -> None:
    got = done("nearest 5 mg within 5 %", amount)
    assert (got.value, got.rule) == (q(value), "to the nearest 5 mg, within 5 %")


@pytest.mark.parametrize(
    ("amount", "value", "rule"),
    [
        ("10 mg", "15 mg", "to bands cis (10 to below 20 mg)"),
        ("19.99 mg", "15 mg", "to bands cis (10 to below 20 mg)"),
        ("20 mg", "21 mg", "to bands cis (20 to below 30 mg)"),
        ("20000 mcg", "21000 mcg", "to bands cis (20 to below 30 mg)"),
    ],
)
def test_bands(amount: str, value: str, rule: str) -> None:
    got = done("bands cis", amount, bands=BANDS)
    assert (got.value, got.rule, got.rounded) == (q(value), rule, True)


def test_bands_within_a_limit() -> None:
    assert done("bands cis within 5 %", "20 mg", bands=BANDS).value == q("21 mg")  # exactly 5 %
    got = done("bands cis within 5 %", "19.9999 mg", bands=BANDS)
    assert got.value == q("20 mg")
    assert got.why == "not rounded to bands cis: -25 % is beyond 5 %; kept at measurable precision"
    assert got.rule == "to bands cis (10 to below 20 mg), within 5 %"


@pytest.mark.parametrize("policy", ["bands cis", "bands cis within 5 %"])
def test_outside_the_bands(policy: str) -> None:
    low, high = done(policy, "9.99 mg", bands=BANDS), done(policy, "30 mg", bands=BANDS)
    assert (low.value, low.rounded) == (q("10 mg"), False)
    assert low.why == "not rounded to bands cis: the amount is below 10 mg, where the table begins; kept at measurable precision"
    assert (high.value, high.rounded) == (q("30 mg"), False)
    assert high.why == "not rounded to bands cis: the table ends below 30 mg; kept at measurable precision"


def test_sizes_in_another_unit() -> None:
    assert done("vial size within 10 %", "1.45 g", vials=qs("500 mg", "1 g")).value == q("1.5 g")
    assert done("vial size", "2.4 million units", vials=qs("1000000 units")).value == q("2 million units")


# Errors


@pytest.mark.parametrize(
    ("policy", "stock", "message"),
    [
        ("measurable", {"precision": None}, "the drug has no measurable precision; name the drug, or add `precision` to"),
        ("measurable", {"precision": q("1 mL")}, "does not fit an amount in mg: 1 mL can't be given in mg"),
        ("measurable", {"precision": Quantity(Decimal(0), "mg")}, "it must be above zero"),
        ("nearest 5 mL", {}, "does not fit an amount in mg"),
        ("vial size", {}, "rounding policy `vial size` needs the drug's vials; name the drug, state them in the drug's file or"),
        ("whole vials up within 10 %", {}, "needs the drug's vials"),
        ("stocked", {}, "needs the drug's tablets or capsules"),
        ("vial size", {"vials": qs("5 mL")}, "does not fit an amount in mg"),
        ("vial size", {"vials": [Quantity(Decimal("NaN"), "mg")]}, "a size to round to is NaN mg; it must be above zero"),
        ("vial size", {"vials": [Quantity(Decimal(-1), "mg")]}, "must be above zero"),
        ("bands cos", {"bands": BANDS}, r"there is no band table 'cos'; did you mean 'cis'\?; give it with --bands"),
        ("bands cis", {}, "there is no band table 'cis'; give it with --bands or in the site file"),
        ("nearest 50 mg", {}, r"20.5 mg, rounded to the nearest 50 mg, becomes nothing; check the unit of the dose or choose another"),
        ("vial size", {"vials": qs("100 mg")}, "becomes nothing"),
        ("measurable", {"precision": q("50 mg")}, "becomes nothing"),
        ("vial size within 10 %", {"vials": qs("100 mg"), "precision": q("50 mg")}, "becomes nothing"),
        (
            "vial size within 10 %",
            {"vials": qs("100 mg"), "precision": None},
            r"not rounded to vial size \(-100 % is beyond 10 %\), and the drug has no measurable precision",
        ),
    ],
)
def test_what_a_policy_needs(policy: str, stock: dict[str, Any], message: str) -> None:
    with pytest.raises(DoseError, match=message):
        done(policy, "20.5 mg", **stock)


def test_a_band_table_of_another_kind() -> None:
    with pytest.raises(DoseError, match="band table 'cis' does not fit: 12 mL can't be given in mg"):
        done("bands cis", "12 mL", bands=BANDS)


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "sNaN", "Infinity"])
@pytest.mark.parametrize("policy", ["never", "measurable", "vial size"])
def test_an_amount_is_above_zero(policy: str, value: str) -> None:
    with pytest.raises(DoseError, match="an amount is a number above zero"):
        apply(parse_policy(policy), Quantity(Decimal(value), "mg"), precision=q("1 mg"), vials=qs("10 mg"))


@pytest.mark.parametrize("unit", ["mg/m2", "mg/kg", "AUC", "m2", "mL/min"])
def test_an_amount_is_flat(unit: str) -> None:
    with pytest.raises(DoseError, match="is not a flat amount"):
        apply(Policy("never"), Quantity(Decimal(1), unit))


def test_an_amount_needs_sizes() -> None:
    with pytest.raises(DoseError, match="no sizes are given"):
        attainable(q("5 mg"), [])


# Noise of roots behind the 30th digit


def test_noise_tips_neither_a_tie_nor_a_limit() -> None:
    just_below, just_above = (Quantity(Decimal(text), "mg") for text in ("749." + "9" * 36, "750." + "0" * 35 + "1"))
    for amount in (just_below, just_above):
        got = apply(parse_policy("vial size"), amount, vials=ISATUXIMAB)
        assert (got.value, got.exact) == (q("800 mg"), amount)
    whole = Quantity(Decimal("700." + "0" * 35 + "1"), "mg")
    got = apply(parse_policy("whole vials up within 10 %"), whole, vials=ISATUXIMAB, precision=q("1 mg"))
    assert (got.value, got.rounded, got.deviation_pct) == (q("700 mg"), True, Decimal(0))


def test_the_caller_s_decimal_context_changes_nothing() -> None:
    with localcontext(Context(prec=2)):
        got = done("vial size within 10 %", "88.04 mg", vials=qs("100 mg"), precision=q("0.01 mg"))
        assert done("vial size", "1234 mg", vials=qs("100 mg", "32 mg")).rule == "to vial size (1232 mg or 1236 mg)"
    assert (got.value, got.why[:34]) == (q("88.04 mg"), "not rounded to vial size: +13.6 % ")


# Against brute force

decimals = st.builds(lambda number, places: Decimal(number).scaleb(-places), st.integers(1, 4000), st.integers(0, 2))
sizes = st.lists(st.integers(1, 60).map(lambda halves: Decimal(halves) / 2), min_size=1, max_size=4)
amounts = st.integers(1, 12000).map(lambda cents: Decimal(cents).scaleb(-2))
limits = st.sampled_from([Decimal(limit) for limit in ("0.5", "2.5", "5", "10", "33.3", "99")])


def totals(sizes: Iterable[Decimal], limit: Fraction) -> set[Fraction]:
    """Every total up to the limit, one unit after another."""
    found, fresh = {Fraction(0)}, {Fraction(0)}
    while fresh:
        fresh = {total + Fraction(size) for total in fresh for size in sizes if total + Fraction(size) <= limit} - found
        found |= fresh
    return found


def brute(amount: Decimal, sizes: list[Decimal]) -> tuple[Fraction, Fraction, Fraction]:
    exact = Fraction(amount)
    found = totals(sizes, exact + Fraction(min(sizes)))
    below, above = max(total for total in found if total <= exact), min(total for total in found if total >= exact)
    return below, min((below, above), key=lambda total: (abs(total - exact), -total)), above


def milligrams(numbers: Iterable[Decimal]) -> list[Quantity]:
    return [Quantity(number, "mg") for number in numbers]


@given(amount=amounts, sizes=sizes)
@example(amount=Decimal(7), sizes=[Decimal(3), Decimal(5)])  # no total of 3 and 5 is 7
@example(amount=Decimal(4), sizes=[Decimal(3), Decimal(5)])
@example(amount=Decimal("0.01"), sizes=[Decimal(30)])
def test_attainable_totals(amount: Decimal, sizes: list[Decimal]) -> None:
    got = attainable(Quantity(amount, "mg"), milligrams(sizes))
    assert tuple(Fraction(total.value) for total in (got.below, got.nearest, got.above)) == brute(amount, sizes)


@pytest.mark.parametrize(
    ("amount", "vials", "below", "above"),
    [
        ("29 mg", ("6 mg", "10 mg", "15 mg"), "28 mg", "30 mg"),  # 29 is the largest total these can't give
        ("30 mg", ("6 mg", "10 mg", "15 mg"), "30 mg", "30 mg"),
        ("123.2 mg", ("10 mg", "30 mg", "60 mg"), "120 mg", "130 mg"),
        ("1000000000.5 mg", ("1 g", "0.7 g"), "1000000000 mg", "1000000100 mg"),
        ("2.3 mg", ("3.5 mg",), "0 mg", "3.5 mg"),
    ],
)
def test_attainable_totals_worked_out(amount: str, vials: tuple[str, ...], below: str, above: str) -> None:
    got = attainable(q(amount), qs(*vials))
    assert (got.below, got.above) == (q(below), q(above))


def test_totals_keep_all_their_digits() -> None:
    amount, size = Quantity(Decimal("123456789012345678901234567891"), "mg"), Quantity(Decimal("0.00000000000003"), "mg")
    count = floor(Fraction(amount.value) / Fraction(size.value))
    got = attainable(amount, [size])
    assert Fraction(got.below.value) == count * Fraction(size.value)
    assert Fraction(got.above.value) == (count + 1) * Fraction(size.value)


@given(amount=amounts, sizes=sizes, limit=limits, kind=st.sampled_from(["vial size", "stocked", "whole vials up", "whole vials down"]))
def test_limits(amount: Decimal, sizes: list[Decimal], limit: Decimal, kind: str) -> None:
    below, near, above = brute(amount, sizes)
    wanted = {"whole vials up": above, "whole vials down": below}.get(kind, near)
    policy = parse_policy(f"{kind} within {limit} %")
    stock = milligrams(sizes)
    got = apply(policy, Quantity(amount, "mg"), precision=q("0.01 mg"), vials=stock, strengths=stock)
    exact = Fraction(amount)
    within = 100 * abs(wanted - exact) <= Fraction(limit) * exact
    assert got.rounded is within
    assert bool(got.why) is not within
    assert Fraction(got.value.value) == (wanted if within else exact)
    deviation = (Fraction(got.value.value) - exact) / exact * 100
    assert abs(Fraction(got.deviation_pct) - deviation) <= abs(deviation) / 10**39
    assert (got.deviation_pct > 0) is (got.value.value > amount)


@given(amount=decimals, step=decimals, limit=limits)
def test_steps(amount: Decimal, step: Decimal, limit: Decimal) -> None:
    exact = Fraction(amount)
    multiple = floor(exact / Fraction(step) + Fraction(1, 2)) * Fraction(step)
    policy = Policy("nearest", Quantity(step, "mg"), limit_pct=limit)
    got = apply(policy, Quantity(amount, "mg"), precision=q("0.01 mg"))
    within = 100 * abs(multiple - exact) <= Fraction(limit) * exact
    assert (got.rounded, Fraction(got.value.value)) == (within, multiple if within else exact)
