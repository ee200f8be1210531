"""Limits on arrays: which patients are sure to pass none, so that nothing about a limit stands in their rows.

A limit of a drug's file is about sums of amounts, so it may be passed by one patient of a pattern and not by another. Whoever comes near
one goes through the one-patient path, which says it. Usual ranges and least gaps are about doses and days: the same for the whole pattern.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dosing.cohort.sizes import Floats
from dosing.dose.finding import Giving, givings
from dosing.dose.limits import Most, limits_of, span_of
from dosing.dose.schedule import DosedSchedule
from dosing.units import Quantity

if TYPE_CHECKING:
    from dosing.cohort.template import Slot

# How near to a limit, as a part of it, a sum must be looked at exactly: one by surface was divided by four decimals of that; a flat one is
# of amounts with a few digits, and no further from the limit than these where it isn't the limit itself.
_NEAR = {"m2": -1e-3, "kg": -1e-6, "": 1e-9}
_ACTUAL = "actual"


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit in its unit: `counts` is how much an amount of each slot (column) adds to each sum (row); `per` is "", m2 or kg."""

    most: float
    per: str
    counts: Floats


@dataclass(frozen=True, slots=True)
class Bounds:
    """All limits of a pattern's drugs. `decidable` is False where one needs more than sums of planned amounts by size."""

    bounds: tuple[Bound, ...] = ()
    decidable: bool = True

    def within(self, amounts: Floats, sizes: Floats, weights: Floats) -> npt.NDArray[np.bool_]:
        """Which patients (rows) pass no limit, with their amounts by slot (columns); `sizes` are body surfaces, by slot."""
        found = np.full(len(amounts), self.decidable)
        known = np.nan_to_num(amounts)
        for bound in self.bounds:
            parts = known
            if bound.per == "m2":
                parts = np.nan_to_num(known / sizes)
            elif bound.per == "kg":
                parts = known / weights[:, None]
            sums = parts @ bound.counts.T
            # A flat limit may be reached; a quotient next to the limit may lie on either side.
            found &= np.all(sums <= bound.most * (1 + _NEAR[bound.per]), axis=1)
        return found


def bounds_of(dosed: DosedSchedule, slot: npt.NDArray[np.int32], slots: "Sequence[Slot]") -> Bounds:
    """The limits of the drugs of a schedule, and which amounts each adds up."""
    ids = dict.fromkeys(row.entry.drug for row in dosed.rows if row.entry.drug)
    drugs = {id: dosed.drug(id) for id in ids}
    counted = givings(dosed.rows, drugs)
    found: list[Bound] = []
    for drug in {each.drug.id: each.drug for each in counted}.values():
        for most in limits_of(drug):
            own = [each for each in counted if most.adds(each.drug)]
            if dosed.course.prior or any(each.given for each in own) or not _by_size(most, own):
                return Bounds(decidable=False)
            found.append(
                Bound(float(most.limit.most.value), most.limit.most.per, _counts(own, most.kind, most.limit.most, slot, len(slots)))
            )
    return Bounds(tuple(found))


def _by_size(most: Most, own: Sequence[Giving]) -> bool:
    """Whether the limit is flat, or by a size that the amounts themselves were computed with."""
    if most.limit.most.per == "kg":
        return not any(each.drug.weight and each.drug.weight.stated not in (None, _ACTUAL) for each in own)
    return most.limit.most.per in ("", "m2")


def _counts(own: Sequence[Giving], kind: str, most: Quantity, slot: npt.NDArray[np.int32], slots: int) -> Floats:
    """How often each slot counts in each sum."""
    sums: dict[Hashable, Floats] = {}
    for each in own:
        amount = each.amount
        if amount is None or amount.kind != most.kind:
            continue
        times = 1 if kind == "single" else each.times or 0
        factor = float(Quantity(amount.value, amount.unit).to(most.flat_unit) / amount.value)
        sums.setdefault(span_of(each, kind), np.zeros(slots))[slot[each.number]] += times * factor
    return np.array(sorted({tuple(each) for each in sums.values()})).reshape(-1, slots)
