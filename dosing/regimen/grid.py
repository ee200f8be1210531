"""The grid of cycles and days: how long a cycle is, and on which of its days an activity falls."""

from math import lcm

from dosing.days import Numbering
from dosing.regimen.model import Activity, Gap, Length, Phase, Scoped

SHORTEST_MONTH = 28
_OWN = Numbering()


def cycle_count(phase: Phase) -> int | None:
    """How many cycles the phase has as written; None where it is open, or bounded by time or a date, or not stated."""
    repeat = phase.repeat.stated if phase.repeat else None
    return repeat.count if repeat else None


def cycle_length(phase: Phase, cycle: int) -> Length | None:
    """The length of a cycle; None in a single phase and where it is not stated."""
    fact = phase.cycle.at(cycle) if phase.cycle else None
    return fact.stated if fact else None


def least_days(length: Length) -> int:
    """The fewest days that the length can have: a month is at least 28 days."""
    return length.days + length.months * SHORTEST_MONTH


def day_numbers(activity: Activity, phase: Phase, cycle: int, *, length: int | None) -> tuple[int, ...] | None:
    """The days of the activity in a cycle of `length` days; None where they are not stated.

    For an activity with a rhythm of its own, `cycle` and `length` are those of the rhythm. Raises ValueError for days that don't fit.
    """
    fact = activity.days.at(cycle)
    if fact is None or isinstance(fact.value, Gap):
        return None
    return fact.value.numbers(length, _OWN if activity.cycle else phase.numbering)


def cycles_to_look_at(*scoped: Scoped[object] | None, count: int | None) -> range:
    """The cycles in which every scope shows all it can do: all of them, or up to the point from which everything repeats."""
    if count is not None:
        return range(1, count + 1)
    scopes = [scope for each in scoped if each for scope, _ in each.rules if scope]
    last = max((number for scope in scopes for number in scope.mentions()), default=1)
    return range(1, last + lcm(*(scope.every[0] for scope in scopes if scope.every)) + 2)
