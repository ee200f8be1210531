"""Closed days: which entries fall on them, and the fewest moves that take them to open days without breaking a rule.

What is moved are clinic days: all entries of one date that are given or done in the clinic, and medicines that may be given by mouth or
otherwise on the same date, as a premedication is. Medicines taken at home keep their days. So do days that are counted around a day 0 (a
transplant). What was given stays on the day it was given. Other entries that don't stand (held, omitted, ...) neither move nor count.

The rules, of which none is ever broken:

- a day goes to an open day, to a weekday of its drugs, at most `window` days away and never before the start;
- days keep their order, and no dose goes past the planned day of the next dose of its drug, or of the one before it;
- no drug has two of its days on one date, and `Drug.spacing` lies between them; where the schedule itself has less, no less than it has;
- two days in a row of one drug (D1/D2) move together and to the same side, the second to the day after the first or, where that is
  closed, to the next open day. A longer run may move in part; each of its days is on the first open day after the one before.

Of all ways that are left the mover takes the one with the fewest days moved, then the least shift in days, then the least of it to earlier
dates, then the least move of the first days. What is beyond the horizon isn't there, and asks for nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from dosing.errors import ScheduleError
from dosing.schedule.clinic import ClinicDay, DrugOf, around_day_0, at_home, by_date, day_text, either, subject
from dosing.schedule.closed import Closed
from dosing.schedule.draw import Schedule
from dosing.schedule.entries import GIVEN, Entry, Key
from dosing.schedule.options import Frame, Options, wrong_weekday
from dosing.schedule.search import Stuck, search

# How many days a clinic day may move, if nobody says otherwise.
WINDOW = 7


@dataclass(frozen=True, slots=True)
class MovedDay:
    """A clinic day and its new date; `keys` are those of its entries, `name` is `C1D8` or, after another day of its cycle, `D9`."""

    name: str
    old: date
    new: date
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """Days that are moved together, and why the first of them has to."""

    days: tuple[MovedDay, ...]
    reason: str

    def __str__(self) -> str:
        first, *others = self.days
        lead = f"{first.name} {day_text(first.old)} -> {day_text(first.new, beside=first.old)}"
        follow = [f"{day.name} follows to {day_text(day.new, beside=first.old)}" for day in others]
        return f"{', '.join([lead, *follow])}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Moved:
    """A schedule on open days, and the moves that led there, in order of date."""

    schedule: Schedule
    moves: tuple[Move, ...]

    @property
    def count(self) -> int:
        """How many clinic days were moved."""
        return sum(len(move.days) for move in self.moves)


def mark(schedule: Schedule, closed: Closed, *, drug_of: DrugOf) -> dict[Key, str]:
    """Which entries fall on a day when they can't be given, and why, by their keys; nothing is moved.

    Of the entries that stand, in the clinic: the site is closed, or the drug has other days of the week. `drug_of` gives a drug by its id.
    Raises ScheduleError where the public holidays can't be known.
    """
    clinic = _by_place(schedule, drug_of)[0]
    found = ((entry, closed.reason(entry.date) or _weekday(entry, drug_of)) for entry in clinic)
    return {entry.key: reason for entry, reason in found if reason}


def move(schedule: Schedule, closed: Closed, *, drug_of: DrugOf, window: int = WINDOW, since: date | None = None) -> Moved:
    """The schedule with its clinic days on open days, by the rules at the top of this module.

    `drug_of` gives a drug by its id, as it is at the site; a day moves at most `window` days. From `since` on days may move; what is
    before it stays where it is. A moved entry keeps its first date in `planned_on` and the move in `why`; the notes of the schedule name
    every move. Raises ScheduleError where nothing fits, with the day and the rule that stands in the way.
    """
    if window < 0:
        raise ScheduleError(f"a day can't move at most {window} days; give 0 or more")
    clinic, home = _by_place(schedule, drug_of)
    frame = _frame(schedule, clinic, home, closed=closed, drug_of=drug_of, window=window, since=since)
    options = Options(frame)
    blocks = options.blocks()
    found = search(blocks)
    if isinstance(found, Stuck):
        raise options.stuck(blocks, found)
    moves = tuple(_moves(options, found.choices()))
    notes = [*map(str, moves), *_close_notes(options, moves), *_home_note(moves, home), *_staying_notes(frame, options)]
    return Moved(replace(schedule, entries=_applied(schedule, moves), notes=(*schedule.notes, *notes)), moves)


# -- what may move ------------------------------------------------------------------------------------------------


def marked(schedule: Schedule, closed: Closed, *, drug_of: DrugOf) -> Schedule:
    """The schedule as it is, each entry that falls on a closed day saying so. Raises ScheduleError as `mark`."""
    found = mark(schedule, closed, drug_of=drug_of)
    entries = (replace(each, why=(*each.why, f"closed: {found[each.key]}")) if each.key in found else each for each in schedule.entries)
    return replace(schedule, entries=tuple(entries))


def _by_place(schedule: Schedule, drug_of: DrugOf) -> tuple[list[Entry], list[Entry]]:
    """The entries that stand: those in the clinic, and those at home.

    What may be given by mouth or otherwise goes with a clinic day of its date: it is often the premedication of that day.
    """
    standing = [entry for entry in schedule.entries if not entry.status]
    visited = {entry.date for entry in standing if not at_home(entry, drug_of=drug_of)}
    homes = [at_home(entry, drug_of=drug_of) and not (either(entry, drug_of=drug_of) and entry.date in visited) for entry in standing]
    split = {home: [entry for entry, at in zip(standing, homes, strict=True) if at is home] for home in (False, True)}
    return split[False], split[True]


def _weekday(entry: Entry, drug_of: DrugOf) -> str:
    return wrong_weekday(ClinicDay(entry.date, (entry,)), entry.date, drug_of=drug_of)


def _frame(
    schedule: Schedule,
    clinic: Sequence[Entry],
    home: Sequence[Entry],
    *,
    closed: Closed,
    drug_of: DrugOf,
    window: int,
    since: date | None,
) -> Frame:
    phases = len({entry.phase for entry in schedule.entries if entry.when}) > 1
    stays = [entry for entry in clinic if around_day_0(entry, schedule.regimen) or (since and entry.date < since)]
    staying = {entry.key for entry in stays}
    moving = [entry for entry in clinic if entry.key not in staying]
    drugs = set(map(subject, moving)) - {""}
    counted = [*stays, *(entry for entry in home if subject(entry) in drugs)]
    given: dict[str, list[tuple[date, ClinicDay]]] = {}
    for entry in schedule.entries:
        if entry.status == GIVEN:
            given.setdefault(subject(entry), []).append((entry.date, ClinicDay(entry.happens_on, (entry,), phases)))
    return Frame(
        days=list(by_date(moving, phases=phases)),
        fixed=list(by_date(counted, phases=phases)),
        ordered=list(by_date(stays, phases=phases)),
        given=given,
        closed=closed,
        drug_of=drug_of,
        window=window,
        start=schedule.start,
        since=since,
    )


# -- what was moved -----------------------------------------------------------------------------------------------


def _moves(options: Options, choices: Sequence[Sequence[date]]) -> Iterator[Move]:
    """The moves of all runs, in order."""
    changes = [_change(run, chosen) for run, chosen in zip(options.runs, choices, strict=True)]
    for number, (run, chosen) in enumerate(zip(options.runs, choices, strict=True)):
        days = [(day, new) for day, new in zip(run, chosen, strict=True) if new != day.date]
        if days:
            reasons = [reason for day in run if (reason := options.shut(day, day.date))]
            reason = ", ".join(dict.fromkeys(reasons)) or _because(options.runs, changes, number)
            first = days[0][0]
            yield Move(tuple(_moved(day, new, first) for day, new in days), reason)


def _change(run: Sequence[ClinicDay], chosen: Sequence[date]) -> int:
    """By how many days the first day of a run moves that moves at all."""
    return next((shift for day, new in zip(run, chosen, strict=True) if (shift := (new - day.date).days)), 0)


def _moved(day: ClinicDay, new: date, first: ClinicDay) -> MovedDay:
    name = day.name if day is first else day.after(first)
    return MovedDay(name, day.date, new, tuple(entry.key for entry in day.entries))


def _because(runs: Sequence[Sequence[ClinicDay]], changes: Sequence[int], number: int) -> str:
    """Why an open day is moved: it makes room for the nearest moved one that is in its way, with one of its drugs if possible."""
    side = range(number - 1, -1, -1) if changes[number] > 0 else range(number + 1, len(runs))
    moved = [runs[other] for other in side if changes[other]]
    drugs = {drug for day in runs[number] for drug in day.subjects}
    near = next((run for run in moved if any(drugs & day.subjects for day in run)), moved[0])
    return f"to make room for {near[0].name}"


def _applied(schedule: Schedule, moves: Iterable[Move]) -> tuple[Entry, ...]:
    """The entries on their new dates, in the order of a schedule."""
    by_key = {key: (day.new, str(move)) for move in moves for day in move.days for key in day.keys}
    order = {phase.id: number for number, phase in enumerate(schedule.regimen.phases)}
    found = [_on_new_date(entry, *by_key[entry.key]) if entry.key in by_key else entry for entry in schedule.entries]
    return tuple(sorted(found, key=lambda entry: (entry.date, order[entry.phase], entry.rank, entry.n)))


def _on_new_date(entry: Entry, new: date, why: str) -> Entry:
    first = entry.planned_on or entry.date
    return replace(entry, date=new, planned_on=first if first != new else None, why=(*entry.why, why))


def _close_notes(options: Options, moves: Iterable[Move]) -> Iterator[str]:
    """Doses of a drug that moves bring nearer to each other than half of what was planned; no rule forbids it, but somebody should look."""
    dates = {day.old: day.new for move in moves for day in move.days}
    for drug, days in options.dose_days.items():
        for before, after in pairwise(days):
            planned = (after.date - before.date).days
            left = (dates.get(after.date, after.date) - dates.get(before.date, before.date)).days
            if 2 * left < planned:
                gap = f"{left} day{'s' if left > 1 else ''} from {before.name} to {after.name}"
                yield f"{drug}: the moves leave {gap}, {planned} are planned; look whether that is well"


def _home_note(moves: Iterable[Move], home: Iterable[Entry]) -> Iterator[str]:
    """Which medicines at home were planned for the date of a day that moved, and stay there."""
    left = {day.old for move in moves for day in move.days}
    names = dict.fromkeys(subject(entry) for entry in home if entry.date in left)
    if names:
        yield f"medicines that can be taken at home keep their days where a clinic day moves: {', '.join(names)}"


def _staying_notes(frame: Frame, options: Options) -> Iterator[str]:
    """Clinic days that fall on closed days and stay all the same."""
    for day in frame.ordered:
        reason = options.shut(day, day.date)
        past = frame.since is not None and day.date < frame.since
        if reason:
            why = "it is before the day from which on days may move" if past else "its days are counted around day 0"
            yield f"{day.name} stays on {day_text(day.date)} ({reason}): {why}"
