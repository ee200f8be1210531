"""The vials to open for an amount, with the least waste, and a day's amounts of several patients from common vials.

Every choice of vials is weighed up exactly, on whole multiples of what all sizes have in common: opening the largest vials first can waste
more. A vial counts for the content on its label; overfill and what stays behind in a vial are not known here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from math import ceil, gcd, lcm
from operator import add, mul

from dosing.errors import DoseError
from dosing.units import EXACT, Quantity, plain

# The most parts, of which all sizes are whole multiples, in an amount or a size; real vials come to some hundred.
FINEST = 20_000

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Vials:
    """What to open for `amount_mg`: each size with how many of it, the larger first; sizes that aren't opened are left out."""

    amount_mg: Decimal
    vials: tuple[tuple[Quantity, int], ...]

    @property
    def count(self) -> int:
        """How many vials are opened."""
        return sum(count for _, count in self.vials)

    @property
    def opened_mg(self) -> Decimal:
        """What the opened vials hold."""
        return content_mg(self.vials)

    @property
    def waste_mg(self) -> Decimal:
        """What is opened and not given."""
        return EXACT.subtract(self.opened_mg, self.amount_mg)

    @property
    def waste_percent(self) -> Decimal:
        """The waste as a percentage of what is opened, not rounded: 40 mg from a vial of 50 mg wastes 20 %."""
        return EXACT.divide(EXACT.multiply(self.waste_mg, Decimal(100)), self.opened_mg)

    def __str__(self) -> str:
        return listed(self.vials)


@dataclass(frozen=True, slots=True)
class Part:
    """One patient's part of common vials.

    `amount_mg` is what is drawn for the patient and `opened_mg` what is opened on the patient's account: the waste is borne in proportion
    to the amounts. `alone` is what the patient's amount would open by itself.
    """

    amount_mg: Decimal
    opened_mg: Decimal
    alone: Vials


@dataclass(frozen=True, slots=True)
class Shared:
    """Several patients' amounts from common vials: the vials for the sum, and each patient's part in the order asked."""

    vials: Vials
    parts: tuple[Part, ...]

    @property
    def saved_mg(self) -> Decimal:
        """How much less is opened than if each amount were prepared from its own vials; never below zero."""
        return EXACT.subtract(_total(part.alone.opened_mg for part in self.parts), self.vials.opened_mg)


def open_vials(
    amount: Quantity, *, sizes: Sequence[Quantity], stock: Mapping[Quantity, int] | None = None, drug: str = "the drug"
) -> Vials:
    """The vials that hold `amount` (a mass) with the least waste; of equals the fewest vials, then the larger ones.

    `stock` says how many there are of each size, and names every size (none left: 0); without it there are enough of all. `drug` is for
    messages. Raises DoseError for an amount or a size that isn't a mass above zero, for a size named twice, for a stock that leaves out
    a size or holds too little, and for an amount or a size beyond 20,000 times what the sizes have in
    common.
    """
    wanted_mg = milligrams(amount, what=f"amount of {drug}")
    ordered = larger_first(sizes, what=f"vial of {drug}")
    multiple, weights = in_common_units(wanted_mg, ordered, what=f"{amount} of {drug}")
    wanted = ceil(multiple)
    limits = None if stock is None else _limits(ordered, stock, drug)
    if limits is not None and sum(map(mul, weights, limits)) < wanted:
        at_hand = content_mg(zip(ordered, limits, strict=True))
        raise DoseError(f"{amount} of {drug} can't be prepared from the {plain(at_hand)} mg in stock; get more vials")
    counts = _least(wanted, weights, limits)
    return Vials(wanted_mg, tuple((size, count) for size, count in zip(ordered, counts, strict=True) if count))


def share(amounts: Sequence[Quantity], *, sizes: Sequence[Quantity], allowed: bool, drug: str = "the drug") -> Shared:
    """A day's `amounts` (masses) of several patients from common vials, with enough vials of every size at hand.

    `allowed` says whether the drug may be shared; labels of single-dose vials forbid it: that of Kyprolis says not to pool unused portions
    and not to give more than one dose from a vial (kyprolis-hcp.com, administration). Raises DoseError if sharing isn't allowed, if there
    are no amounts, and as `open_vials` does.
    """
    if not allowed:
        raise DoseError(f"vials of {drug} must not be shared between patients; prepare each amount from its own vials")
    if not amounts:
        raise DoseError(f"there are no amounts of {drug} to share vials for; give at least one")
    alone = [open_vials(amount, sizes=sizes, drug=drug) for amount in amounts]
    sum_mg = _total(each.amount_mg for each in alone)
    common = open_vials(Quantity(sum_mg, "mg"), sizes=sizes, drug=drug)
    return Shared(common, tuple(Part(each.amount_mg, _account(each.amount_mg, common), each) for each in alone))


def milligrams(quantity: Quantity, *, what: str) -> Decimal:
    """The quantity in mg; raises DoseError, which names `what`, unless it is a flat mass above zero."""
    if quantity.per or quantity.kind != "mass" or not quantity.value.is_finite() or quantity.value <= 0:
        raise DoseError(f"{what}: {quantity} must be a mass above zero, such as 60 mg")
    return quantity.to("mg")


def larger_first(sizes: Sequence[Quantity], *, what: str) -> tuple[Quantity, ...]:
    """The sizes, larger ones first. Raises DoseError if there are none, or one is named twice or isn't a mass above zero."""
    in_mg = [milligrams(size, what=what) for size in sizes]
    if not in_mg:
        raise DoseError(f"{what}: no size is known; name at least one, such as 60 mg")
    if len(set(in_mg)) < len(in_mg):
        raise DoseError(f"{what}: a size is named twice in {', '.join(map(str, sizes))}; name each once")
    return tuple(sorted(sizes, key=lambda size: size.to("mg"), reverse=True))


def in_common_units(amount_mg: Decimal, sizes: Sequence[Quantity], *, what: str) -> tuple[Fraction, list[int]]:
    """The amount and each size as multiples of the largest part of which every size is a whole multiple.

    70 mg from vials of 60 and 100 mg are 3.5 times 20 mg, the vials 3 and 5 times. Raises DoseError, which names `what`, where the amount
    or a size is more than 20,000 times that part: too much to weigh up.
    """
    parts = [Fraction(size.to("mg")) for size in sizes]
    denominator = lcm(*(part.denominator for part in parts))
    unit = Fraction(gcd(*(int(part * denominator) for part in parts)), denominator)
    amount, weights = Fraction(amount_mg) / unit, [int(part / unit) for part in parts]
    if amount > FINEST or max(weights) > FINEST:
        raise DoseError(f"{what}: more than {FINEST} times what the sizes have in common; check the amount, the sizes and their units")
    return amount, weights


def content_mg(counted: Iterable[tuple[Quantity, int]]) -> Decimal:
    """What so many of each size hold together, in mg."""
    return _total(EXACT.multiply(size.to("mg"), Decimal(count)) for size, count in counted)


def listed(counted: Sequence[tuple[Quantity, int]]) -> str:
    """`1 x 500 mg + 2 x 100 mg`."""
    return " + ".join(f"{count} x {size}" for size, count in counted)


def _total(numbers: Iterable[Decimal]) -> Decimal:
    return reduce(EXACT.add, numbers, _ZERO)


def _account(amount_mg: Decimal, common: Vials) -> Decimal:
    """What is opened on account of one amount of the sum."""
    return EXACT.divide(EXACT.multiply(common.opened_mg, amount_mg), common.amount_mg)


def _limits(sizes: Sequence[Quantity], stock: Mapping[Quantity, int], drug: str) -> list[int]:
    """How many there are of each size, in the order of `sizes`."""
    counts = {milligrams(size, what=f"stock of {drug}"): count for size, count in stock.items()}
    if len(counts) < len(stock) or set(counts) != {size.to("mg") for size in sizes}:
        raise DoseError(f"stock of {drug}: name each of {', '.join(map(str, sizes))} once and no other size; write 0 where none is left")
    for size, count in stock.items():
        if count < 0:
            raise DoseError(f"stock of {drug}: {count!r} of {size} is not a count; give a whole number, 0 or more")
    return [counts[size.to("mg")] for size in sizes]


def _least(wanted: int, weights: Sequence[int], limits: Sequence[int] | None) -> list[int]:
    """How many of each weight make the least total of `wanted` or more; the limits are known to allow one.

    No vial of such a choice can be left out, so the total stays below `wanted` plus the largest weight.
    """
    top = wanted + max(weights) - 1
    best = _table(top, weights, [top // weight for weight in weights] if limits is None else limits)
    found = next(choice for choice in best[wanted:] if choice is not None)
    return [-count for count in found[1:]]


def _table(top: int, weights: Sequence[int], limits: Sequence[int]) -> list[tuple[int, ...] | None]:
    """For each total up to `top` the best choice as (vials, -count of the first weight, ...), smallest first; None where there is none.

    Choices add up and their order doesn't depend on what is added, so the best of a total is built from bests. A limit is taken in
    bundles of 1, 2, 4, ... and the rest, of which some make any number up to it.
    """
    best: list[tuple[int, ...] | None] = [(0,) * (len(weights) + 1)] + [None] * top
    for place, (weight, limit) in enumerate(zip(weights, limits, strict=True), start=1):
        for bundle in _bundles(min(limit, top // weight)):
            step = tuple(bundle if at == 0 else -bundle if at == place else 0 for at in range(len(weights) + 1))
            for total in range(top, bundle * weight - 1, -1):
                before, now = best[total - bundle * weight], best[total]
                if before is not None:
                    after = tuple(map(add, before, step))
                    best[total] = after if now is None else min(now, after)
    return best


def _bundles(limit: int) -> list[int]:
    """Numbers of which some add up to each number from 0 to `limit`, and none to more: 1, 2, 4 and 3 for 10."""
    bundles = []
    bundle = 1
    while limit > 0:
        bundles.append(min(bundle, limit))
        limit -= bundle
        bundle *= 2
    return bundles
