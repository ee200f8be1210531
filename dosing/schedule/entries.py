"""What falls on which day: an entry is one activity on one date, with the regimen's facts for that day and no amount yet."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from dosing.days import Numbering
from dosing.regimen import grid
from dosing.regimen.facts import Dose, DoseAsIn, Fact, Minutes, NoCap, Scoped, Times
from dosing.regimen.model import Activity, Phase, Visit
from dosing.schedule.calendar import add, shift
from dosing.schedule.timeline import Cycle, Placed, moment_of
from dosing.units import Quantity

# `Entry.date` hides the name inside the class.
Day: TypeAlias = date
# Phase, cycle, day, activity and n: what names an entry for ever, whatever its date.
Key: TypeAlias = tuple[str, int | None, int | None, str, int]
_PLAIN = Numbering()
# What an entry that is not given has become; and the two that say what really happened.
HELD, OMITTED, STOPPED, SKIPPED, RULED_OUT = "held", "omitted", "stopped", "skipped", "ruled-out"
GIVEN, NOT_GIVEN = "given", "not-given"


@dataclass(frozen=True, slots=True)
class Entry:
    """One activity on one date.

    `cycle` and `day` are None where the phase has none; `n` tells the visits of a series apart. `facts` are the regimen's
    facts that hold on this day, by field; `rank` is the place within the day. What came of changes: `status` (one of the words above;
    empty for an entry that stands), `planned_on` the first date of an entry that was moved, `given_on` the date on which it was really
    given, `why` the reasons. `date` is the planned date whatever was given.
    """

    date: date
    phase: str
    cycle: int | None
    day: int | None
    n: int
    activity: str
    kind: str
    what: str
    facts: Mapping[str, Fact[Any]]
    optional: bool
    note: str
    rank: tuple[int, int]
    status: str = ""
    planned_on: "Day | None" = None
    why: tuple[str, ...] = ()
    given_on: "Day | None" = None

    @property
    def counts(self) -> bool:
        """Whether it is given: it stands, or was really given."""
        return self.status in ("", GIVEN)

    @property
    def happens_on(self) -> "Day":
        """The day it was really given; where nobody said so, the planned one."""
        return self.given_on or self.date

    @property
    def key(self) -> Key:
        """What names the entry for ever, whatever its date."""
        return self.phase, self.cycle, self.day, self.activity, self.n

    @property
    def when(self) -> str:
        """The day as people write it: `C1D8`, `D-2`, or nothing for a visit."""
        cycle = f"C{self.cycle}" if self.cycle is not None else ""
        return f"{cycle}D{self.day}" if self.day is not None else ""

    def stated(self, field: str) -> Any:
        """The value of a field on this day, or None where it is not stated or does not apply."""
        fact = self.facts.get(field)
        return fact.stated if fact else None

    @property
    def drug(self) -> str:
        """The drug's id; empty for an assessment."""
        fact = self.facts.get("drug")
        return fact.stated or "" if fact else ""

    @property
    def dose(self) -> Dose | None:
        """The regimen's dose of one administration."""
        found: Dose | None = self.stated("dose")
        return found

    @property
    def route(self) -> str:
        """The route, or nothing."""
        return self.stated("route") or ""

    @property
    def over(self) -> Minutes | None:
        """The infusion time."""
        found: Minutes | None = self.stated("over")
        return found

    @property
    def times(self) -> Times | None:
        """Administrations a day, where the regimen says it."""
        found: Times | None = self.stated("times")
        return found

    @property
    def max(self) -> Quantity | None:
        """The ceiling of one administration."""
        found: Quantity | None = self.stated("max")
        return found

    @property
    def bsa_cap(self) -> Quantity | NoCap | None:
        """The regimen's own cap on the body surface, where it has one."""
        found: Quantity | NoCap | None = self.stated("bsa_cap")
        return found


_BY_DAY = ("dose", "route", "over", "times", "max", "bsa_cap", "round", "percent", "days")


def entries_of(placed: Placed, all_placed: Mapping[str, Placed], *, cycles: int | None = None) -> Iterator[Entry]:
    """Every entry of the phase's activities, up to its last day; not in order.

    With `cycles`, those of its first cycles, and of an activity with a rhythm of its own all the same.
    """
    for number, activity in enumerate(placed.phase.activities):
        rank = (_place_in_day(placed.phase, activity.id), number)
        rhythm = activity.cycle.stated if activity.cycle else None
        if activity.cycle and rhythm is None:
            continue
        facts = _Facts(activity, placed.phase, all_placed)
        for cycle in _rhythm(placed, activity) if rhythm else placed.cycles[:cycles]:
            yield from _in_cycle(activity, cycle, placed, facts, rank)


def _place_in_day(phase: Phase, id: str) -> int:
    return phase.order.index(id) if id in phase.order else len(phase.order)


def _rhythm(placed: Placed, activity: Activity) -> Iterator[Cycle]:
    """The cycles of an activity with a rhythm of its own, from the phase's first day to its last."""
    length = activity.cycle.stated if activity.cycle else None
    number = 0
    while length and placed.first and placed.last:
        first, following = (add(placed.first, length, times=times) for times in (number, number + 1))
        if first > placed.last:
            return
        number += 1
        yield Cycle(number, first, (following - first).days)


def _in_cycle(activity: Activity, cycle: Cycle, placed: Placed, facts: "_Facts", rank: tuple[int, int]) -> Iterator[Entry]:
    numbering, phase, on = _numbering(activity, placed), placed.phase, facts.in_cycle(cycle.number)
    for day in _days_in(activity, cycle, placed) or ():
        when = shift(cycle.first, numbering.offset(day))
        in_cycle, on_day = _as_phase_counts(when, placed) if activity.cycle else (cycle.number, day)
        # By position: an entry is made for every day of every plan, and names cost time.
        yield Entry(
            when,
            phase.id,
            in_cycle if phase.cycle else None,
            on_day,
            1,
            activity.id,
            activity.kind,
            activity.what,
            on(day),
            activity.optional,
            activity.note,
            rank,
        )


def _numbering(activity: Activity, placed: Placed) -> Numbering:
    return _PLAIN if activity.cycle else placed.phase.numbering


def _days_in(activity: Activity, cycle: Cycle, placed: Placed) -> tuple[int, ...] | None:
    """The days of the activity in a cycle, up to the phase's last day; None where they are not stated."""
    days = grid.day_numbers(activity, placed.phase, cycle.number, length=_length(activity, cycle, placed))
    if days is None or placed.last is None:
        return None
    room, numbering = (placed.last - cycle.first).days, _numbering(activity, placed)
    return days if not days or numbering.offset(days[-1]) <= room else tuple(day for day in days if numbering.offset(day) <= room)


def _length(activity: Activity, cycle: Cycle, placed: Placed) -> int | None:
    """The days that a cycle can have: no end for a phase that ends with its last given day, and none yet for one cut by a date."""
    if activity.cycle or placed.phase.cycle or placed.phase.lasting:
        return cycle.days
    return grid.NO_END if placed.phase.until else None


def _as_phase_counts(when: date, placed: Placed) -> tuple[int, int]:
    """Cycle and day of a date in the phase's own count."""
    cycle = next((cycle for cycle in reversed(placed.cycles) if cycle.first <= when), placed.cycles[0])
    return cycle.number, placed.phase.numbering.day((when - cycle.first).days)


class _Facts:
    """The facts of an activity day by day; days on which they are the same share one mapping."""

    def __init__(self, activity: Activity, phase: Phase, placed: Mapping[str, Placed]) -> None:
        self._activity = activity
        self._placed = placed
        whole = {"drug": activity.drug, "when": activity.when, "cycle": phase.cycle.only if phase.cycle else None}
        self._whole = {name: fact for name, fact in whole.items() if fact}
        self._scoped = {name: value for name in _BY_DAY if (value := getattr(activity, name))}
        self._varying = [value for value in self._scoped.values() if not value.only]
        self._found: dict[tuple[int, ...], dict[str, Fact[Any]]] = {}

    def in_cycle(self, cycle: int) -> Callable[[int], dict[str, Fact[Any]]]:
        """The facts of one cycle, by day."""
        here = [value.within(cycle) for value in self._varying]

        def on(day: int) -> dict[str, Fact[Any]]:
            # The facts are kept by the activity, so nothing else has their ids.
            key = tuple([id(value.at(cycle, day)) for value in here])
            if key not in self._found:
                self._found[key] = self._facts(cycle, day)
            return self._found[key]

        if any(not value.only for value in here):
            return on
        same = on(1)
        return lambda _: same

    def _facts(self, cycle: int, day: int) -> dict[str, Fact[Any]]:
        found = {**self._whole, **{name: fact for name, value in self._scoped.items() if (fact := value.at(cycle, day))}}
        dose = found.get("dose")
        if dose and isinstance(dose.value, DoseAsIn):
            found["dose"] = last_dose(self._activity.id, dose.value.phase, self._placed) or dose
        return found


def last_dose(activity: str, phase: str, placed: Mapping[str, Placed]) -> Fact[Dose] | None:
    """The dose of an activity on its last given day in a phase, or None where it has none or the day is not known."""
    found = placed[phase].phase.activity(activity)
    if not found or not found.dose or grid.never_given(found):
        return None
    fact = _last_fact(found, found.dose, placed[phase])
    if fact and isinstance(fact.value, DoseAsIn):
        return last_dose(activity, fact.value.phase, placed)
    return fact


def _last_fact(activity: Activity, dose: Scoped[Dose], placed: Placed) -> Fact[Dose] | None:
    if dose.only or placed.end is None or (activity.cycle and activity.cycle.stated is None):
        return dose.only
    for cycle in reversed(tuple(_rhythm(placed, activity)) if activity.cycle else placed.cycles):
        days = _days_in(activity, cycle, placed)
        if days is None:
            # Where the days are not stated, a dose that is the same on all days of the cycle still holds.
            by_day = any(scope and scope.days and scope.covers(cycle.number) for scope, _ in dose.rules)
            return None if by_day else dose.at(cycle.number)
        if days:
            return dose.at(cycle.number, days[-1])
    return None


def visit_dates(visit: Visit, phase: str, placed: Mapping[str, Placed], *, start: date) -> list[date] | None:
    """The dates of a visit in order, or None while they are not known.

    `after` leaves out the moment and includes the end; `from` includes the moment and leaves out the end.
    """
    series = visit.at.stated
    if not series:
        return None
    told = placed[phase].anchor if placed[phase].phase.visits_only else None
    base = add(told, series.moment.offset) if told else moment_of(series.moment, placed, start=start)
    if not base:
        return None
    if series.step is None or series.lasting is None:
        return [base]
    end = add(base, series.lasting)
    dates = []
    number = 0 if series.inclusive else 1
    while (day := add(base, series.step, times=number)) < end or (day == end and not series.inclusive):
        dates.append(day)
        number += 1
    return dates


def visit_entries(visit: Visit, phase: str, dates: list[date], rank: int) -> Iterator[Entry]:
    """The entries of a visit on its dates."""
    for number, day in enumerate(dates, 1):
        yield Entry(day, phase, None, None, number, visit.id, "assessment", visit.what, {"at": visit.at}, False, visit.note, (9_999, rank))
