"""The volume to draw, the bag it goes into, and the rates at which it runs.

Arithmetic only: which concentration, bag, range and rates hold for a drug is for its label to say.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from dosing.dose.rounding import half_up
from dosing.errors import DoseError
from dosing.regimen.rates import Steps, problem_of
from dosing.units import EXACT, Quantity, plain

_HOUR = Decimal(60)


@dataclass(frozen=True, slots=True)
class Bag:
    """An infusion bag made ready: volumes in mL, `concentration` that of the drug in it, such as 2.8 mg/mL.

    `withdrawn_ml` of diluent are taken out before `drug_ml` are put in; `volume_ml` is what is in it at the end.
    """

    drug_ml: Decimal
    withdrawn_ml: Decimal
    volume_ml: Decimal
    concentration: Quantity


@dataclass(frozen=True, slots=True)
class Stretch:
    """One row of an infusion's table: from minute to minute at a rate, and the mL given since the start when it ends."""

    from_min: Decimal
    to_min: Decimal
    rate_ml_h: Decimal
    given_ml: Decimal


def drawn_ml(amount: Quantity, *, concentration: Quantity) -> Decimal:
    """The volume in mL that holds `amount` of a solution of `concentration` (such as 20 mg/mL), not rounded.

    Raises DoseError unless both are above zero and of one kind.
    """
    if concentration.per != "mL" or not _positive(concentration.value):
        raise DoseError(f"{concentration} is not a concentration above zero; write it as 20 mg/mL")
    if amount.per or amount.kind != concentration.kind or not _positive(amount.value):
        raise DoseError(
            f"{amount} can't be drawn from a solution of {concentration}; give an amount above zero in {concentration.flat_unit}"
        )
    return EXACT.divide(amount.to(concentration.flat_unit), concentration.value)


def fill_bag(amount: Quantity, *, concentration: Quantity, bag_ml: Decimal, withdraw: bool) -> Bag:
    """A bag of `bag_ml` of diluent with the drug in it.

    With `withdraw`, as much diluent as the drug takes up is taken out first and the bag keeps its volume; without, the drug's volume comes
    on top. Raises DoseError as `drawn_ml` does, for a bag that isn't above zero, and where more would be withdrawn than the bag holds.
    """
    _require(bag_ml, "a bag", "mL")
    drug_ml = drawn_ml(amount, concentration=concentration)
    if withdraw and drug_ml > bag_ml:
        raise DoseError(f"{_short(drug_ml)} mL of drug can't take the place of diluent in a bag of {plain(bag_ml)} mL; use a larger bag")
    volume_ml = bag_ml if withdraw else EXACT.add(bag_ml, drug_ml)
    unit = concentration.flat_unit
    value = amount.to(unit)
    if withdraw:
        mixed = EXACT.divide(value, bag_ml)
    else:
        # value / (bag + value / concentration) with a single division, so that a concentration just at a limit is not missed
        mixed = EXACT.divide(EXACT.multiply(value, concentration.value), EXACT.fma(bag_ml, concentration.value, value))
    return Bag(drug_ml, drug_ml if withdraw else Decimal(0), volume_ml, Quantity(mixed, f"{unit}/mL"))


def outside_range(concentration: Quantity, *, lowest: Quantity | None = None, highest: Quantity | None = None) -> str:
    """What is wrong with a concentration, in words; nothing from `lowest` to `highest`, both of them allowed. None sets no limit.

    Raises DoseError for what isn't a concentration, for different kinds, and for a range that is upside down.
    """
    place = against_range(concentration, lowest=lowest, highest=highest)
    limit = f"lowest allowed, {lowest}" if place == "below" else f"highest allowed, {highest}"
    return "" if place == "within" else f"{shown_concentration(concentration)} is {place} the {limit}"


def against_range(
    concentration: Quantity, *, lowest: Quantity | None = None, highest: Quantity | None = None
) -> Literal["below", "within", "above"]:
    """Where a concentration lies; both limits are within, and None sets no limit. Raises DoseError as `outside_range` does."""
    value, low, high = (None if each is None else _per_ml(each, concentration) for each in (concentration, lowest, highest))
    if low is not None and high is not None and low > high:
        raise DoseError(f"no concentration lies from {lowest} to {highest}; give the lower limit first")
    if value is not None and low is not None and value < low:
        return "below"
    return "above" if value is not None and high is not None and value > high else "within"


def rate_ml_h(volume_ml: Decimal, *, minutes: Decimal) -> Decimal:
    """The steady rate in mL/h that gives the volume in so many minutes, not rounded. Raises DoseError unless both are above zero."""
    _require(volume_ml, "a volume", "mL")
    _require(minutes, "a duration", "min")
    return EXACT.divide(EXACT.multiply(volume_ml, _HOUR), minutes)


def infuse(volume_ml: Decimal, *, steps: Steps) -> tuple[Stretch, ...]:
    """The table of an infusion of `volume_ml`, without interruptions: a row for each step until the volume is given.

    Later steps are not reached, and a step that would end after the volume is cut there. Only the time to the end of the last row and what
    is given may be rounded, to 40 digits. Raises DoseError for a volume that isn't above zero, for steps that make no sense, and for steps
    that all have an end before the volume is given.
    """
    _require(volume_ml, "a volume", "mL")
    problem = problem_of(steps)
    if problem:
        raise DoseError(f"rates of an infusion: {problem}")
    rows: list[Stretch] = []
    # mL x 60 / h x min: whole numbers of these stay whole, while mL given in some minutes may have no end of digits
    left, start = EXACT.multiply(volume_ml, _HOUR), Decimal(0)
    for step in steps:
        whole = None if step.minutes is None else EXACT.multiply(step.rate_ml_h, step.minutes)
        if step.minutes is None or whole is None or whole >= left:
            return (*rows, Stretch(start, EXACT.add(start, EXACT.divide(left, step.rate_ml_h)), step.rate_ml_h, volume_ml))
        left, stop = EXACT.subtract(left, whole), EXACT.add(start, step.minutes)
        rows.append(Stretch(start, stop, step.rate_ml_h, EXACT.subtract(volume_ml, EXACT.divide(left, _HOUR))))
        start = stop
    given = _short(rows[-1].given_ml)
    raise DoseError(f"the rates end after {plain(start)} min with {given} of {plain(volume_ml)} mL given; add a last rate without a time")


def duration_min(volume_ml: Decimal, *, steps: Steps) -> Decimal:
    """The minutes an infusion of `volume_ml` takes without interruptions, not rounded. Raises DoseError as `infuse` does."""
    return infuse(volume_ml, steps=steps)[-1].to_min


def shown_concentration(concentration: Quantity) -> str:
    """A concentration for people: with four decimals, and `about` where it has more."""
    short = half_up(concentration.value, step=Decimal("0.0001"))
    about = "" if short == concentration.value else "about "
    return f"{about}{Quantity(short, concentration.unit)}"


def _positive(value: Decimal) -> bool:
    return value.is_finite() and value > 0


def _require(value: Decimal, what: str, unit: str) -> None:
    if not _positive(value):
        raise DoseError(f"{what} of {value} {unit} makes no infusion; give a number above zero")


def _short(number: Decimal) -> str:
    """The number for a message: with two decimals."""
    return plain(half_up(number, step=Decimal("0.01")))


def _per_ml(quantity: Quantity, like: Quantity) -> Decimal:
    """The concentration in the unit of `like` per mL."""
    if quantity.per != "mL" or quantity.kind != like.kind or not _positive(quantity.value):
        raise DoseError(f"{quantity} can't be compared with {like}; give concentrations above zero of one kind, such as 2 mg/mL")
    return Quantity(quantity.value, quantity.flat_unit).to(like.flat_unit)
