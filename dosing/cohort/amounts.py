"""One order for many patients: amounts on arrays where binary fractions are sure to give the exact decimals, else one by one.

An amount is a whole number of steps, so a binary fraction tells which, unless it lies next to a half. Whatever lies next to a boundary (a
half, a cap, a maximum, a decimal that is shown), and all that needs more than dose x size x step, is left to `dosing.dose.amount.compute`.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from dosing.cohort.sizes import SURFACES, Floats
from dosing.dose.amount import Amount, Order
from dosing.dose.steps import shown
from dosing.regimen.facts import Fact, NoCap
from dosing.units import Quantity

# Binary fractions of the sizes at hand are right to 12 digits and more; nothing closer than this to a boundary is decided by them.
_NEAR = 1e-6
_DECIMALS = 10_000  # a size and a deviation are shown with four
_ACTUAL = "actual"


class Way(IntEnum):
    """How an order's amounts are found."""

    CONSTANT = 0
    SURFACE = 1
    WEIGHT = 2
    EACH = 3


class Branch(IntEnum):
    """What became of one patient's amount: as a rule, capped by body surface, or left to the one-patient path."""

    PLAIN = 0
    CAPPED = 1
    EACH = 2


@dataclass(frozen=True, slots=True)
class Sizes:
    """Measurements of patients as binary fractions: not a number where there is none."""

    height_cm: Floats
    weight_kg: Floats
    bsa_m2: Floats

    def take(self, which: npt.NDArray[np.intp]) -> "Sizes":
        """Those of some patients."""
        return Sizes(self.height_cm[which], self.weight_kg[which], self.bsa_m2[which])


@dataclass(frozen=True, slots=True)
class Found:
    """Amounts of patients, with body surface and deviation as shown; not a number where there is none, or where `branch` is EACH."""

    amount: Floats
    bsa_m2: Floats
    deviation_pct: Floats
    branch: npt.NDArray[np.int8]


def way_of(order: Order, *, formula: str) -> Way:
    """How the amounts of an order are found."""
    size = order.dose.per
    rounds = bool(order.round and order.round.stated is not None)
    never = bool(order.drug.never_round and order.drug.never_round.stated)
    policed = bool(order.policy and order.policy.stated and not rounds and not never)
    weight = (order.drug.weight.stated if order.drug.weight else None) or _ACTUAL
    if policed or (order.percent and order.percent.stated) or order.dose.unit == "AUC" or size not in ("", "m2", "kg"):
        return Way.EACH
    if not size:
        return Way.CONSTANT
    if weight != _ACTUAL or _step(order) is None or (size == "m2" and formula not in SURFACES):
        return Way.EACH
    return Way.SURFACE if size == "m2" else Way.WEIGHT


def shown_as(amount: Amount) -> tuple[float, float, float]:
    """Amount, body surface and deviation of the one-patient path, as they stand in a row."""
    bsa = float("nan") if amount.bsa_m2 is None else float(Decimal(shown(amount.bsa_m2)))
    return float(amount.value), bsa, float(Decimal(shown(amount.deviation_pct)))


def find(order: Order, way: Way, sizes: Sizes, *, formula: str) -> Found:
    """The amounts of an order by surface or weight."""
    size = sizes.weight_kg if way is Way.WEIGHT else np.where(np.isnan(sizes.bsa_m2), _surface(sizes, formula), sizes.bsa_m2)
    branch = np.zeros(len(size), np.int8)
    if way is Way.SURFACE and (cap := _cap(order)) is not None:
        branch[size > cap] = Branch.CAPPED
        branch[np.abs(size - cap) < _NEAR] = Branch.EACH
        size = np.minimum(size, cap)
    exact = float(order.dose.value) * size
    amount, sure = _in_steps(order, exact)
    with np.errstate(invalid="ignore"):
        deviation, certain = _decimals((amount - exact) / exact * 100)
        bsa, known = _decimals(size)
    if way is Way.WEIGHT:
        bsa, known = np.full(len(size), np.nan), np.full(len(size), True)
    branch[~(sure & certain & known)] = Branch.EACH
    left = branch == Branch.EACH
    for values in (amount, bsa, deviation):
        values[left] = np.nan
    return Found(amount, bsa, deviation, branch)


def _surface(sizes: Sizes, formula: str) -> Floats:
    return SURFACES[formula](sizes.height_cm, sizes.weight_kg)


def _step(order: Order) -> Quantity | None:
    """The step that the amount is rounded to: the protocol's, else the drug's precision."""
    facts: tuple[Fact[Quantity] | None, ...] = (order.round, order.drug.precision)
    stated = [fact.stated for fact in facts if fact and fact.stated is not None]
    return stated[0] if stated else None


def _cap(order: Order) -> float | None:
    """The cap on the body surface: the regimen's, else the drug's."""
    facts: tuple[Fact[Quantity | NoCap] | None, ...] = (order.bsa_cap, order.drug.bsa_cap)
    stated = [fact.stated for fact in facts if fact and fact.stated is not None]
    return float(stated[0].value) if stated and isinstance(stated[0], Quantity) else None


def _in_steps(order: Order, exact: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The amounts rounded half up to the step, and whether that is sure: not next to a half, not nothing, and below the maximum."""
    step = _step(order)
    assert step is not None, "way_of leaves an order without a step to the one-patient path"
    top, bottom = step.to(order.dose.flat_unit).as_integer_ratio()
    multiples = exact * bottom / top
    whole = np.floor(multiples + 0.5)
    sure = (np.abs(multiples + 0.5 - np.round(multiples + 0.5)) > _NEAR) & (whole >= 1)
    # Divided once, by a whole number: the nearest binary fraction to the decimal.
    amount: Floats = whole * top / bottom
    limit = order.max.stated if order.max else None
    if limit is not None:
        sure &= exact < float(limit.to(order.dose.flat_unit)) - top / bottom
    return amount, sure


def _decimals(values: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Values as they are shown, with four decimals, halves away from zero; and whether none lies next to a half."""
    scaled = np.abs(values) * _DECIMALS
    whole = np.floor(scaled + 0.5)
    sure = np.abs(scaled + 0.5 - np.round(scaled + 0.5)) > _NEAR
    # Zero has no sign.
    return np.where(whole == 0, 0.0, np.copysign(whole / _DECIMALS, values)), sure
