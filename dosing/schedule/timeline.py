"""Where each phase and each of its cycles lies on the calendar, before anything is drawn in it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice, takewhile

from dosing.errors import ScheduleError, nearest
from dosing.regimen import grid
from dosing.regimen.facts import Gap, Length
from dosing.regimen.model import Moment, Phase, Regimen
from dosing.schedule.calendar import DAY, add, shift

MAX_CYCLES = 2_000
_ONCE = 1


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far to draw: the first `cycles` cycles of a phase, and nothing after `until`. Bounded phases never get longer by it."""

    cycles: int | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle on the calendar: its number, its day 1 and its length."""

    number: int
    first: date
    days: int

    @property
    def last(self) -> date:
        """Its last day, rest days included."""
        return shift(self.first, self.days - 1)


@dataclass(frozen=True, slots=True)
class Placed:
    """A phase on the calendar.

    `anchor` is the date that names the phase (day 1, or day 0 of a transplant), `first` its day 1, `last` its last day: None while nobody
    knows it, as in an open phase. `missing` is the field that keeps it off the calendar, or empty.
    """

    phase: Phase
    anchor: date | None = None
    first: date | None = None
    last: date | None = None
    cycles: tuple[Cycle, ...] = ()
    continues: bool = False
    missing: str = ""

    @property
    def end(self) -> date | None:
        """The day it ends, where that is known; an open phase has none."""
        return None if self.continues else self.last


def place(
    regimen: Regimen, *, start: date, horizon: Horizon, starts: Mapping[str, date], wanted: Collection[str] = ()
) -> dict[str, Placed]:
    """Every phase of the regimen by id, placed or with the field that is missing.

    `starts` gives the dates of phases that the user told; only the `wanted` ones (all, if none is named) need a horizon. Raises
    ScheduleError for a phase that doesn't exist, for a date before an earlier phase is over, and for an open phase without a horizon.
    """
    _known(regimen, starts)
    placed: dict[str, Placed] = {}
    free: date | None = start
    for phase in regimen.phases:
        if phase.visits_only:
            placed[phase.id] = Placed(phase, anchor=starts.get(phase.id))
            continue
        day = _start(phase, start=start, free=free, placed=placed, starts=starts)
        stop = _next_told(regimen, phase, starts)
        # An open phase that nobody wants to see goes on all the same; one cycle of it stands for it.
        reach = horizon if not wanted or phase.id in wanted else replace(horizon, cycles=horizon.cycles or 1)
        placed[phase.id] = _lay(phase, day, reach, stop) if day else Placed(phase, missing="start")
        _after_the_last(placed[phase.id], placed)
        end = placed[phase.id].end
        free = shift(end, 1) if end else None
    return placed


def moment_of(moment: Moment, placed: Mapping[str, Placed], *, start: date) -> date | None:
    """The date of a moment, or None while it is unknown."""
    if moment.phase in placed:
        found = placed[moment.phase]
        day = found.anchor if moment.edge == "start" else found.end
    elif moment.edge == "start":
        day = start
    else:
        day = _end_of_treatment(placed)
    return add(day, moment.offset) if day else None


def _end_of_treatment(placed: Mapping[str, Placed]) -> date | None:
    treating = [each for each in placed.values() if any(activity.kind == "drug" for activity in each.phase.activities)]
    return treating[-1].end if treating else None


def _known(regimen: Regimen, starts: Mapping[str, date]) -> None:
    ids = [phase.id for phase in regimen.phases]
    for id in starts:
        if id not in ids:
            raise ScheduleError(f"{regimen.id} has no phase {id!r} to start{nearest(id, ids)} (phases: {', '.join(ids)})")


def _start(phase: Phase, *, start: date, free: date | None, placed: Mapping[str, Placed], starts: Mapping[str, date]) -> date | None:
    if phase.id in starts:
        return starts[phase.id]
    if phase.waits:
        return None
    if phase.start:
        moment = phase.start.stated
        return moment_of(moment, placed, start=start) if moment else None
    return free


def _next_told(regimen: Regimen, phase: Phase, starts: Mapping[str, date]) -> date | None:
    """The date of the next phase that the user told: the day by which an open phase is over."""
    later = regimen.phases[regimen.phases.index(phase) + 1 :]
    return next((starts[each.id] for each in later if each.id in starts and not each.visits_only), None)


def _after_the_last(new: Placed, placed: Mapping[str, Placed]) -> None:
    """Raise ScheduleError if a phase begins before an earlier one is over."""
    if not new.anchor:
        return
    for other in placed.values():
        if other is not new and other.last and not other.continues and new.anchor <= other.last:
            raise ScheduleError(
                f"{new.phase.id} can't start on {new.anchor}: {other.phase.id} runs until {other.last}"
                f" (give a later date, or shorten it, e.g. --set {other.phase.id}.repeat=N)"
            )


# -- one phase ----------------------------------------------------------------------------------------------------


def _lay(phase: Phase, anchor: date, horizon: Horizon, stop: date | None) -> Placed:
    first = shift(anchor, -phase.numbering.offset(phase.anchor))
    if phase.cycle is None:
        return _single(phase, anchor, first)
    if any(isinstance(fact.value, Gap) for fact in phase.cycle.facts()):
        return Placed(phase, anchor=anchor, first=first, missing="cycle")
    bound = _bound(phase, first)
    if bound is not None:
        last, whole = bound
        cycles = _limited(phase, _cycles_until(phase, first, last, whole=whole))
        if not cycles:
            raise _no_room(phase, first, last)
        return Placed(phase, anchor, first, min(cycles[-1].last, last), cycles)
    total = grid.cycle_count(phase)
    if total is not None:
        cycles = _limited(phase, islice(_cycles(phase, first), total))
        return Placed(phase, anchor, first, cycles[-1].last, cycles)
    return _open(phase, anchor, first, horizon, stop)


def _no_room(phase: Phase, first: date, last: date) -> ScheduleError:
    holds = "no whole cycle" if phase.cycle and not (phase.cut and phase.cut.stated) else "no day"
    return ScheduleError(f"{phase.id} would start on {first} and be over by {last}: it holds {holds}; move its start or its end")


def _limited(phase: Phase, cycles: Iterable[Cycle]) -> tuple[Cycle, ...]:
    """All the cycles. Raises ScheduleError if there are too many."""
    found = tuple(islice(cycles, MAX_CYCLES + 1))
    if len(found) > MAX_CYCLES:
        raise ScheduleError(f"{phase.id} would have more than {MAX_CYCLES} cycles; draw less, by --cycles or --until where it is open")
    return found


def _bound(phase: Phase, first: date) -> tuple[date, bool] | None:
    """The last possible day of a phase bounded by time or by a date, and whether its cycles stay whole."""
    whole = not (phase.cut and phase.cut.stated)
    lasting = phase.lasting.stated if phase.lasting else None
    if lasting:
        day = add(first, lasting.length)
        return (day, True) if whole and phase.cycle else (shift(day, -1), False)
    until = phase.until.stated if phase.until else None
    return (until, whole) if until else None


def _cycles(phase: Phase, first: date) -> Iterator[Cycle]:
    """The cycles one after another, without end. Cycles of months are counted from one day, so that 31 January leads to 31 March."""
    base, months, number = first, 0, 0
    while True:
        number += 1
        length = grid.cycle_length(phase, number)
        if length is None:
            raise ScheduleError(f"{phase.id}.cycle: the length of cycle {number} is nowhere stated; add `else`")
        begin = add(base, Length(months=months))
        if length.days:
            base, months = add(begin, length), 0
        else:
            months += length.months
        yield Cycle(number, begin, (add(base, Length(months=months)) - begin).days)


def _cycles_until(phase: Phase, first: date, last: date, *, whole: bool) -> Iterator[Cycle]:
    return takewhile(lambda cycle: (cycle.last if whole else cycle.first) <= last, _cycles(phase, first))


def _open(phase: Phase, anchor: date, first: date, horizon: Horizon, stop: date | None) -> Placed:
    """An open phase: until the next phase that was told its date, else as far as the horizon, and it goes on from there."""
    if stop:
        last = stop - DAY
        if last < first:
            raise ScheduleError(f"the phase after {phase.id} can't start on {stop}: {phase.id} itself starts on {first}; give a later date")
        return Placed(phase, anchor, first, last, _limited(phase, _cycles_until(phase, first, last, whole=False)))
    suggested = phase.suggest.stated if phase.suggest else None
    total = horizon.cycles or (None if horizon.until else suggested)
    if total is None and horizon.until is None:
        raise ScheduleError(f"{phase.id} has no stated end; say how far to draw with --cycles N or --until DATE")
    until = horizon.until
    begun = takewhile(lambda cycle: until is None or _first_day(phase, cycle) <= until, _cycles(phase, first))
    found = _limited(phase, islice(begun, total))
    return Placed(phase, anchor, first, found[-1].last if found else None, found, continues=True)


def _first_day(phase: Phase, cycle: Cycle) -> date:
    """The first day that belongs to a cycle: its day 1, or an earlier one on which something is given (`-2`)."""
    given = [grid.day_numbers(activity, phase, cycle.number, length=cycle.days) for activity in phase.activities if not activity.cycle]
    return shift(cycle.first, min((phase.numbering.offset(days[0]) for days in given if days and days[0] < 1), default=0))


def _single(phase: Phase, anchor: date, first: date) -> Placed:
    """A phase without cycles, as one span with the number 1: bounded by its own length, else by its last given day."""
    for name, fact in (("for", phase.lasting), ("until", phase.until)):
        if fact and fact.stated is None:
            return Placed(phase, anchor=anchor, first=first, missing=name)
    bound = _bound(phase, first)
    if bound:
        last = bound[0]
        if last < first:
            raise _no_room(phase, first, last)
    else:
        given = [grid.day_numbers(activity, phase, _ONCE, length=None) or () for activity in phase.activities]
        last = max((shift(first, phase.numbering.offset(day)) for days in given for day in days), default=anchor)
    return Placed(phase, anchor, first, last, (Cycle(_ONCE, first, (last - first).days + 1),))
