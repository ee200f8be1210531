"""Which tablets or capsules make up one dose, how many to dispense, and the days off of a cycle in words.

Whole units only: whether a tablet may be halved is not known here, and a capsule may not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor
from operator import add

from dosing.dose.vials import content_mg, in_common_units, larger_first, listed, milligrams
from dosing.errors import DoseError
from dosing.units import Quantity

# What makes up a total: (units, different strengths, -count of the first strength, ...), smallest first; None where nothing does.
_Choice = tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Units:
    """Whole tablets or capsules: each strength with how many of it, the larger first; strengths that aren't used are left out."""

    units: tuple[tuple[Quantity, int], ...]

    @property
    def count(self) -> int:
        """How many tablets or capsules."""
        return sum(count for _, count in self.units)

    @property
    def total_mg(self) -> Decimal:
        """What they hold together."""
        return content_mg(self.units)

    def __str__(self) -> str:
        return listed(self.units)


@dataclass(frozen=True, slots=True)
class MadeUp:
    """The units that make up `dose_mg`; where whole units can't, `units` is None and the nearest that can stand in `below` and `above`.

    `below` is None too where the dose is less than the smallest strength. A dose that is attainable has neither.
    """

    dose_mg: Decimal
    units: Units | None
    below: Units | None = None
    above: Units | None = None


@dataclass(frozen=True, slots=True)
class Supply:
    """What to dispense: the units of one day, for so many days, and the units in all."""

    a_day: Units
    days: int
    total: Units


def make_up(dose: Quantity, *, strengths: Sequence[Quantity], drug: str = "the drug") -> MadeUp:
    """The fewest units that make up one `dose` (a mass) exactly; of equals the fewest different strengths, then the larger ones.

    `drug` is for messages. Raises DoseError for a dose or a strength that isn't a mass above zero, for a strength named twice, and for a
    dose or a strength beyond 20,000 times what the strengths have in common.
    """
    dose_mg = milligrams(dose, what=f"dose of {drug}")
    ordered = larger_first(strengths, what=f"strength of {drug}")
    wanted, weights = in_common_units(dose_mg, ordered, what=f"{dose} of {drug}")
    # Some multiple of the smallest strength lies above the dose by less than that strength, or by just as much.
    best = _table(floor(wanted) + min(weights), weights)
    exact = best[floor(wanted)] if wanted.denominator == 1 else None
    if exact is not None:
        return MadeUp(dose_mg, _units(exact, ordered))
    below = next((choice for choice in best[floor(wanted) : 0 : -1] if choice is not None), None)
    above = next(choice for choice in best[ceil(wanted) :] if choice is not None)
    return MadeUp(dose_mg, None, _units(below, ordered) if below else None, _units(above, ordered))


def dispense(units: Units, *, days: Iterable[int], times_a_day: int = 1) -> Supply:
    """What to dispense of a dose made up of `units`, taken `times_a_day` on each of the `days` (their numbers, as in a cycle).

    Raises DoseError for a day named twice, and if `times_a_day` isn't 1 or more.
    """
    numbers = list(days)
    if len(set(numbers)) < len(numbers):
        raise DoseError(f"days {' '.join(map(str, numbers))} name a day twice; give each day once")
    if times_a_day < 1:
        raise DoseError(f"{times_a_day} times a day is no way to take {units}; give a whole number, 1 or more")
    a_day = _times(units, times_a_day)
    return Supply(a_day, len(numbers), _times(a_day, len(numbers)))


def together(counted: Iterable[tuple[Units, int]]) -> Units:
    """So many times each of the units, as one; the larger strength first. 0 times counts for nothing."""
    sums: dict[Quantity, int] = {}
    for units, times in counted:
        for strength, count in units.units:
            sums[strength] = sums.get(strength, 0) + count * times
    return Units(tuple(sorted(((each, count) for each, count in sums.items() if count), key=_strength_mg, reverse=True)))


def days_off(days: Iterable[int], *, cycle_days: int) -> tuple[int, ...]:
    """The days of a cycle of `cycle_days` that aren't among the `days` given, in order.

    Raises DoseError for a day that isn't one of the cycle: before day 1, or after the last.
    """
    given = set(days)
    stray = sorted(day for day in given if not 1 <= day <= cycle_days)
    if stray:
        raise DoseError(f"day {stray[0]} is not in a cycle of {cycle_days} days; give days from 1 to {cycle_days}")
    return tuple(day for day in range(1, cycle_days + 1) if day not in given)


def name_days_off(days: Iterable[int], *, cycle_days: int) -> str:
    """The days off in words: `days 22-28 off` for days 1 to 21 of 28; nothing where every day is given. Raises DoseError as `days_off`."""
    off = days_off(days, cycle_days=cycle_days)
    return f"{name_runs(off)} off" if off else ""


def name_runs(days: Iterable[int]) -> str:
    """Runs of days in words, in order: `day 8`, `days 22-28`, `days 2-7, 9-14 and 16-28`; nothing for no days.

    For days from 1 on: a run never crosses from day -1 to day 1. A day named twice counts once.
    """
    numbers = sorted(set(days))
    names = [_name_run(first, last) for first, last in _runs(numbers)]
    if not names:
        return ""
    *most, last = names
    joined = f"{', '.join(most)} and {last}" if most else last
    return f"{'day' if len(numbers) == 1 else 'days'} {joined}"


def _strength_mg(counted: tuple[Quantity, int]) -> Decimal:
    return counted[0].to("mg")


def _name_run(first: int, last: int) -> str:
    if first == last:
        return str(first)
    return f"{first} to {last}" if first < 0 else f"{first}-{last}"


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each run of following numbers; `numbers` are in order."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs


def _times(units: Units, times: int) -> Units:
    return Units(tuple((strength, count * times) for strength, count in units.units))


def _units(choice: tuple[int, ...], strengths: Sequence[Quantity]) -> Units:
    return Units(tuple((strength, -count) for strength, count in zip(strengths, choice[2:], strict=True) if count))


def _table(top: int, weights: Sequence[int]) -> list[_Choice]:
    """The best choice for each total up to `top`.

    Strength by strength: `using` holds the best choices with at least one unit of it, so that it is counted once among the different ones.
    """
    best: list[_Choice] = [(0,) * (len(weights) + 2), *[None] * top]
    for place, weight in enumerate(weights, start=2):
        first = tuple(1 if at < 2 else -1 if at == place else 0 for at in range(len(weights) + 2))
        using: list[_Choice] = [None] * (top + 1)
        for total in range(weight, top + 1):
            opened = _plus(best[total - weight], first)
            using[total] = _better(opened, _plus(using[total - weight], (1, 0, *first[2:])))
        best = [_better(without, with_it) for without, with_it in zip(best, using, strict=True)]
    return best


def _plus(choice: _Choice, step: tuple[int, ...]) -> _Choice:
    return None if choice is None else tuple(map(add, choice, step))


def _better(one: _Choice, other: _Choice) -> _Choice:
    if one is None or other is None:
        return one or other
    return min(one, other)
