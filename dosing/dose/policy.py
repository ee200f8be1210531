"""Rounding policies: how a site rounds an exact amount, read from a line of text, with how far that may lead.

    measurable                      to the drug's measurable precision
    never                           not at all
    nearest 5 mg [within 5 %]       to a multiple of the step
    vial size [within 10 %]         to the nearest total that whole vials give
    whole vials up within 10 %      to the next such total above (or `down`: below)
    stocked [within 10 %]           to the nearest total that whole stocked tablets or capsules give
    bands NAME [within 6 %]         to the dose of the band in a table of dosing.dose.bands

Halves and ties go up. Where a policy would lead further from the exact amount than its limit, the amount is not rounded by it but kept at
measurable precision, and the result says so. A limit holds on both sides and includes its end: of 100 mg, 110 mg is within 10 % and
110.01 mg is not.

`vial size within 10 %` is the policy that the Hematology/Oncology Pharmacy Association recommends for biologic agents (Fahrenbruch et al.,
J Oncol Pract 2018, as summarized in The ASCO Post). It writes "within 10 %" and, of changes not expected to matter, "<= 10 %": hence the
included end.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from heapq import heappop, heappush
from math import ceil, floor, gcd, lcm
from typing import Literal, cast, get_args

from dosing.dose.bands import BandTable
from dosing.dose.rounding import CLEAN, UNLIMITED, half_up
from dosing.errors import DoseError, nearest
from dosing.units import DOSED, EXACT, Quantity, parse_amount, parse_number, plain

Kind = Literal["measurable", "never", "nearest", "vial size", "whole vials up", "whole vials down", "stocked", "bands"]

_TEXT = re.compile(r"(?P<how>.+?)(?: within (?P<limit>[^ ]+) ?%)?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_SHORT = Context(prec=6, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy, as in the list above: `step` belongs to `nearest`, `table` to `bands`; `limit_pct` is None where nothing limits it.

    Its text is what `parse_policy` reads. Raises DoseError where the parts don't fit each other.
    """

    kind: Kind
    step: Quantity | None = None
    table: str = ""
    limit_pct: Decimal | None = None

    def __post_init__(self) -> None:
        wrong = _wrong(self)
        if wrong:
            raise DoseError(f"rounding policy `{self}`: {wrong}")

    def __str__(self) -> str:
        what = " ".join(part for part in (self.kind, str(self.step or ""), self.table) if part)
        return what if self.limit_pct is None else f"{what} within {plain(self.limit_pct)} %"


@dataclass(frozen=True, slots=True)
class Rounded:
    """An amount after its policy, in the unit of the `exact` one.

    `deviation_pct` is that of `value` from `exact`, in percent of `exact`: above zero where more is given. `rule` says in words what the
    policy looks for. `rounded` is False where the policy did not set the value, that is with `never` and beyond a limit or a table; `why`
    then says so.
    """

    value: Quantity
    exact: Quantity
    deviation_pct: Decimal
    rule: str
    rounded: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class Attainable:
    """The totals next to an amount that whole units give: `below` and `above` are the amount itself where it is one of them.

    `below` may be nothing (0 mg). `nearest` is the one of the two that is nearer; of two equally near, `above`.
    """

    below: Quantity
    nearest: Quantity
    above: Quantity


@dataclass(frozen=True, slots=True)
class _Case:
    """What a policy has to work with; `amount` is free of noise."""

    amount: Quantity
    precision: Quantity | None
    vials: tuple[Quantity, ...]
    strengths: tuple[Quantity, ...]
    bands: Mapping[str, BandTable]


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a policy leads: `name` in words, `detail` what was looked at; without a value `why` says what stood in the way."""

    value: Quantity | None
    name: str
    detail: str = ""
    why: str = ""


def parse_policy(text: str) -> Policy:
    """The policy written as in the list at the top of this module. Raises DoseError saying how to write it."""
    match = _TEXT.fullmatch(" ".join(text.split()))
    if not match:
        raise DoseError(f"no rounding policy is given; write one of {_known()}")
    how, limit = match["how"], match["limit"]
    first, _, rest = how.partition(" ")
    try:
        limit_pct = None if limit is None else parse_number(limit)
        if first == "nearest" and rest:
            return Policy("nearest", step=parse_amount(rest), limit_pct=limit_pct)
    except ValueError as error:
        raise DoseError(f"rounding policy {text!r}: {error}") from None
    if first == "bands" and rest:
        return Policy("bands", table=rest, limit_pct=limit_pct)
    if how not in get_args(Kind):
        raise DoseError(f"unknown rounding policy {text!r}; known are {_known()}{nearest(how, get_args(Kind))}")
    return Policy(cast("Kind", how), limit_pct=limit_pct)


def apply(
    policy: Policy,
    amount: Quantity,
    *,
    precision: Quantity | None = None,
    vials: Iterable[Quantity] = (),
    strengths: Iterable[Quantity] = (),
    bands: Mapping[str, BandTable] | None = None,
) -> Rounded:
    """The exact flat amount, rounded as the policy says.

    `precision` is the drug's measurable precision, `vials` its vial sizes, `strengths` the tablets and capsules in stock, `bands` the
    tables by name. A limit includes its end (exactly 10 % is within 10 %) and is compared as a fraction of the exact amount, of which 30
    digits count. A maximum in mg is the caller's to keep: a policy may lead above it.

    Raises DoseError where the policy needs what is not given, and where the amount would become nothing.
    """
    case = _Case(_checked(amount), precision, tuple(vials), tuple(strengths), bands or {})
    if policy.kind == "never":
        return Rounded(amount, amount, Decimal(0), "not rounded", rounded=False, why="not rounded: the policy is never")
    target = _TARGETS[policy.kind](policy, case)
    limit = "" if policy.limit_pct is None else f", within {plain(policy.limit_pct)} %"
    rule = f"{target.name}{target.detail}{limit}"
    why = _refusal(target, policy, case)
    if not why and target.value is not None:
        return _result(target.value, amount, case, rule)
    kept = _multiple(case, case.precision, f"not rounded {target.name} ({why}), and the drug")
    return _result(kept, amount, case, rule, why=f"not rounded {target.name}: {why}; kept at measurable precision")


def attainable(amount: Quantity, sizes: Iterable[Quantity]) -> Attainable:
    """The totals next to a flat amount that any number of whole units of these sizes give, exactly; in the amount's unit.

    Vials of 100 and 500 mg have 700 mg below 760 mg and 800 mg above it. Raises DoseError for an amount or a size that isn't above zero, a
    size of another kind, and where there is none.
    """
    value = _checked(amount).value
    whole, measure = _in_whole_measures([_in_unit(size, amount.unit, "a size") for size in sizes])
    least = _least_by_remainder(whole)
    exact = Fraction(value) / Fraction(measure)
    below, above = _last_below(floor(exact), least), _next_above(ceil(exact), least)
    near = below if exact - below < above - exact else above
    return Attainable(*(Quantity(UNLIMITED.multiply(Decimal(total), measure), amount.unit) for total in (below, near, above)))


def _in_whole_measures(sizes: Sequence[Decimal]) -> tuple[list[int], Decimal]:
    """The sizes as whole numbers of their greatest common measure, and that measure: 100 and 2.5 are 40 and 1 of 2.5."""
    if not sizes:
        raise DoseError("no sizes are given to make up an amount from; state the drug's vials, or its tablets and capsules")
    ratios = [size.as_integer_ratio() for size in sizes]
    parts = lcm(*(bottom for _, bottom in ratios))
    whole = [top * parts // bottom for top, bottom in ratios]
    measure = gcd(*whole)
    return [number // measure for number in whole], EXACT.divide(Decimal(measure), Decimal(parts))


def _least_by_remainder(sizes: Sequence[int]) -> dict[int, int]:
    """For each remainder that a total may leave when divided by the smallest size, the least total that leaves it.

    With that total every one that is larger by whole smallest sizes is attainable too, and no other. (Dijkstra's shortest paths between the
    remainders; the sizes have no common divisor, so every remainder is reached.) Of 3 and 5: 0 -> 0, 1 -> 10, 2 -> 5.
    """
    smallest = min(sizes)
    least: dict[int, int] = {}
    queue = [0]
    while queue:
        total = heappop(queue)
        if total % smallest not in least:
            least[total % smallest] = total
            for size in sizes:
                heappush(queue, total + size)
    return least


def _last_below(limit: int, least: Mapping[int, int]) -> int:
    """The greatest attainable total that is not above `limit`."""
    smallest = len(least)
    return max(total + (limit - total) // smallest * smallest for total in least.values() if total <= limit)


def _next_above(limit: int, least: Mapping[int, int]) -> int:
    """The smallest attainable total that is not below `limit`."""
    smallest = len(least)
    return min(total + max(0, -((total - limit) // smallest)) * smallest for total in least.values())


def _wrong(policy: Policy) -> str:
    """What doesn't fit in a policy, in words; nothing where all does."""
    limit = policy.limit_pct
    if (policy.kind == "nearest") != (policy.step is not None):
        return "a step belongs to `nearest` and to nothing else, such as nearest 5 mg"
    if (policy.kind == "bands") != bool(policy.table) or (policy.table and not _NAME.fullmatch(policy.table)):
        return "`bands` and nothing else names a table, in letters, digits, dots and hyphens, such as bands cisplatin"
    if limit is None:
        return "needs a limit, such as within 10 %" if policy.kind.startswith("whole vials") else ""
    if policy.kind in ("measurable", "never"):
        return "takes no limit"
    return "" if limit.is_finite() and 0 < limit < 100 else "a limit is a percentage above 0 and below 100"


def _known() -> str:
    examples = {"nearest": "nearest 5 mg", "bands": "bands NAME"}
    return ", ".join(f"`{examples.get(kind, kind)}`" for kind in get_args(Kind)) + "; with a limit such as `within 10 %` after it"


def _checked(amount: Quantity) -> Quantity:
    """The amount without the noise of roots. Raises DoseError if it isn't a flat amount above zero."""
    if amount.per or amount.kind not in DOSED:
        raise DoseError(f"{amount} is not a flat amount; multiply a dose by the patient's size before rounding it")
    if not amount.value.is_finite() or amount.value <= 0:
        raise DoseError(f"{amount.value} {amount.unit} can't be rounded: an amount is a number above zero")
    return Quantity(CLEAN.plus(amount.value), amount.unit)


def _in_unit(quantity: Quantity, unit: str, what: str) -> Decimal:
    """A step or a size in the unit of the amount. Raises DoseError for another kind and for what isn't above zero."""
    if not quantity.value.is_finite() or quantity.value <= 0:
        raise DoseError(f"{what} to round to is {quantity.value} {quantity.unit}; it must be above zero")
    try:
        return quantity.to(unit)
    except ValueError as error:
        raise DoseError(f"{what} to round to does not fit an amount in {unit}: {error}") from None


def _multiple(case: _Case, step: Quantity | None, whose: str = "the drug") -> Quantity:
    """The nearest multiple of a step; without a step, which is the drug's precision, DoseError."""
    if step is None:
        raise DoseError(f"{whose} has no measurable precision; name the drug, or add `precision` to the drug's file")
    return Quantity(half_up(case.amount.value, step=_in_unit(step, case.amount.unit, "the step")), case.amount.unit)


def _to_step(policy: Policy, case: _Case) -> _Target:
    name = f"to the nearest {policy.step}" if policy.step else f"to {case.precision} (measurable precision)"
    return _Target(_multiple(case, policy.step or case.precision), name)


def _totals(sizes: tuple[Quantity, ...], policy: Policy, case: _Case, field: str) -> Attainable:
    if not sizes:
        hint = "name the drug, state them in the drug's file or choose another policy"
        raise DoseError(f"rounding policy `{policy}` needs the drug's {field}; {hint}")
    return attainable(case.amount, sizes)


def _to_vials(policy: Policy, case: _Case) -> _Target:
    totals = _totals(case.vials, policy, case, "vials")
    if policy.kind == "whole vials up":
        return _Target(totals.above, "up to whole vials", f" ({totals.above})")
    if policy.kind == "whole vials down":
        return _Target(totals.below, "down to whole vials", f" ({totals.below})")
    return _Target(totals.nearest, "to vial size", _either(totals))


def _to_stock(policy: Policy, case: _Case) -> _Target:
    totals = _totals(case.strengths, policy, case, "tablets or capsules")
    return _Target(totals.nearest, "to stocked strengths", _either(totals))


def _either(totals: Attainable) -> str:
    return f" ({totals.below})" if totals.below == totals.above else f" ({totals.below} or {totals.above})"


def _to_band(policy: Policy, case: _Case) -> _Target:
    table = case.bands.get(policy.table)
    if table is None:
        raise DoseError(
            f"there is no band table {policy.table!r}{nearest(policy.table, case.bands)}; give it with --bands or in the site file"
        )
    try:
        band = table.find(case.amount)
    except ValueError as error:
        raise DoseError(f"band table {policy.table!r} does not fit: {error}") from None
    name = f"to bands {policy.table}"
    if band is None:
        below = case.amount.to(table.unit) < table.lower.value
        why = f"the amount is below {table.lower}, where the table begins" if below else f"the table ends below {table.upper}"
        return _Target(None, name, why=why)
    dose = Quantity(Quantity(band.dose, table.unit).to(case.amount.unit), case.amount.unit)
    return _Target(dose, name, f" ({plain(band.lower)} to below {plain(band.upper)} {table.unit})")


_TARGETS: dict[str, Callable[[Policy, _Case], _Target]] = {
    "measurable": _to_step,
    "nearest": _to_step,
    "vial size": _to_vials,
    "whole vials up": _to_vials,
    "whole vials down": _to_vials,
    "stocked": _to_stock,
    "bands": _to_band,
}


def _deviation(value: Quantity, case: _Case) -> Fraction:
    """How far the value is from the exact amount, in percent of it."""
    exact = Fraction(case.amount.value)
    return (Fraction(value.value) - exact) / exact * 100


def _refusal(target: _Target, policy: Policy, case: _Case) -> str:
    """Why the target is not taken, in words; nothing where it is."""
    if target.value is None or policy.limit_pct is None:
        return target.why
    deviation = _deviation(target.value, case)
    limit = Fraction(policy.limit_pct)
    return f"{_percent(deviation, limit)} % is beyond {plain(policy.limit_pct)} %" if abs(deviation) > limit else ""


def _percent(deviation: Fraction, limit: Fraction) -> str:
    """A deviation beyond the limit with its sign and one decimal, or as many as show that it is beyond."""
    places = 1
    while (shown := floor(abs(deviation) * 10**places + Fraction(1, 2))) <= limit * 10**places:
        places += 1
    whole, part = divmod(shown, 10**places)
    digits = f"{whole}.{part:0{places}}".rstrip("0").rstrip(".")
    return f"{'+' if deviation > 0 else '-'}{digits}"


def _result(value: Quantity, amount: Quantity, case: _Case, rule: str, *, why: str = "") -> Rounded:
    """The result. Raises DoseError where nothing is left of the amount."""
    if not value.value:
        short = Quantity(_SHORT.plus(case.amount.value), amount.unit)
        raise DoseError(f"{short}, rounded {rule}, becomes nothing; check the unit of the dose or choose another rounding policy")
    deviation = _deviation(value, case)
    return Rounded(
        value, amount, EXACT.divide(Decimal(deviation.numerator), Decimal(deviation.denominator)), rule, rounded=not why, why=why
    )
