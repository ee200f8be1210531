"""The grid of cycles and days: how long a cycle is, and on which of its days an activity falls."""

from dataclasses import fields
from math import lcm

from dosing.days import Numbering
from dosing.regimen.facts import Gap, Length, Scoped
from dosing.regimen.model import Activity, Phase

SHORTEST_MONTH = 28
LAST_CYCLE = 10_000
# Room for days where there is an end that nobody can tell in days.
NO_END = 10_000
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


def room(activity: Activity, phase: Phase, cycle: int) -> int | None:
    """How many days the days of a cycle must fit into; None where there is no such bound."""
    if activity.cycle or phase.cycle:
        length = activity.cycle.stated if activity.cycle else cycle_length(phase, cycle)
        return least_days(length) if length else NO_END
    lasting = phase.lasting.stated if phase.lasting else None
    return least_days(lasting.length) if lasting else NO_END if phase.until or phase.lasting else None


def day_numbers(activity: Activity, phase: Phase, cycle: int, *, length: int | None) -> tuple[int, ...] | None:
    """The days of the activity in a cycle of `length` days; None where they are not stated.

    For an activity with a rhythm of its own, `cycle` and `length` are those of the rhythm. Raises ValueError for days that don't fit.
    """
    fact = activity.days.at(cycle)
    if fact is None or isinstance(fact.value, Gap):
        return None
    return fact.value.numbers(length, _OWN if activity.cycle else phase.numbering)


def never_given(activity: Activity) -> bool:
    """Whether the activity is on no day of any cycle: `days: none`."""
    return all(fact.stated is not None and not fact.stated.runs for fact in activity.days.facts())


def cycles_to_look_at(*scoped: Scoped[object] | None, count: int | None) -> range:
    """The cycles in which every scope shows all it can do: all of them, or up to the point from which everything repeats.

    Nobody lives to see cycle 10,000; without that end, scopes such as `every 9973rd` and `every 9967th` would be looked at for ever.
    """
    if count is not None:
        return range(1, count + 1)
    scopes = [scope for each in scoped if each for scope, _ in each.rules if scope]
    last = max((number for scope in scopes for number in scope.mentions()), default=1)
    return range(1, min(last + lcm(*(scope.every[0] for scope in scopes if scope.every)) + 1, LAST_CYCLE) + 1)


def is_open(phase: Phase) -> bool:
    """Whether a phase has cycles and no end of its own."""
    repeat = phase.repeat.stated if phase.repeat else None
    return phase.cycle is not None and repeat is not None and repeat.count is None


def cycles_shown(phase: Phase) -> int:
    """How many cycles show all that changes in a phase: all of them, or those up to the point from which everything repeats."""
    count = cycle_count(phase)
    if count is not None or not phase.cycle:
        return count or 1
    scoped = [value for each in phase.activities for field in fields(each) if isinstance(value := getattr(each, field.name), Scoped)]
    return len(cycles_to_look_at(*scoped, phase.cycle, count=None))
