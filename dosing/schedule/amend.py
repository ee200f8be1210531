"""A schedule as changes have made it: delays, holds, entries left out, the end of treatment.

Changes are applied in order, and each refers to the schedule as changed so far. Nothing is lost and nothing is doubled: the result has the
entries that were drawn, by their keys; one that is not given stays, with its status. Whether an entry is held or stopped follows from its
date: a hold from 10 to 24 February holds what falls on the 10th and not what falls on the 24th, also after a delay. What is recorded as
given or as not given stays so on its planned date, whatever comes after it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from dosing.errors import ScheduleError, nearest
from dosing.schedule.amend_delay import delay
from dosing.schedule.amend_follow import Clash, clash_notes, clashes
from dosing.schedule.amend_given import given
from dosing.schedule.amend_state import (
    Held,
    State,
    begin,
    end_notes,
    entries,
    is_called,
    is_drug,
    is_visit,
    label,
    note,
)
from dosing.schedule.amend_where import find, known_name
from dosing.schedule.changes import Change, Delay, Hold, Omit, Resume, Skip, Stop
from dosing.schedule.clinic import DrugOf
from dosing.schedule.draw import WAITING, Schedule
from dosing.schedule.entries import GIVEN, HELD, SKIPPED, STOPPED, Entry, Key
from dosing.schedule.gaps import Undated


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended(Schedule):
    """A schedule after changes: `drawn` is what it was made from, `told` the phases on dates that the user told.

    `phases` lie where they were drawn; what has moved is said in the notes and seen in the entries. `drug_of` finds a drug by its id.
    """

    drawn: Schedule
    changes: tuple[Change, ...]
    told: frozenset[str]
    drug_of: DrugOf | None = field(default=None, compare=False, repr=False)


def amend(schedule: Schedule, changes: Sequence[Change], *, told: Collection[str] = (), drug_of: DrugOf | None = None) -> Schedule:
    """The schedule after the changes, in their order; the keys of its entries are those of the schedule given.

    `told` names the phases whose start the user told (those that wait for a date are known to be): a delay doesn't move them. `drug_of`
    finds a drug by its id, as it is at the site, for what follows from a dose given late; without it nothing follows, and a note says so.
    An entry that comes with a status keeps it. Raises ScheduleError, with the number of the change, where one refers to nothing or
    contradicts another.
    """
    if not changes:
        return schedule
    if not isinstance(schedule, Amended):
        return _amended(schedule, tuple(changes), frozenset(told), drug_of)
    again = _amended(schedule.drawn, schedule.changes, schedule.told, schedule.drug_of)
    if again.entries != schedule.entries:
        raise ScheduleError("entries were moved after the last change; apply all changes first, and move closed days after that")
    return _amended(schedule.drawn, (*schedule.changes, *changes), schedule.told | frozenset(told), drug_of or schedule.drug_of)


def _amended(drawn: Schedule, changes: tuple[Change, ...], told: frozenset[str], drug_of: DrugOf | None) -> Amended:
    state = begin(drawn, told, drug_of)
    for change in changes:
        _apply(change, state)
    found = clashes(state)
    return Amended(
        regimen=drawn.regimen,
        start=drawn.start,
        phases=drawn.phases,
        entries=tuple(state.ordered([_judged(entry, found.get(entry.key), state) for entry in state.entries.values()])),
        undated=tuple(state.undated),
        missing=drawn.missing,
        notes=(*drawn.notes, *state.notes, *end_notes(state), *clash_notes(found)),
        until=drawn.until,
        drawn=drawn,
        changes=changes,
        told=told,
        drug_of=drug_of,
    )


def _judged(entry: Entry, clash: Clash | None, state: State) -> Entry:
    """The entry with its status and all the reasons."""
    if clash:
        return replace(entry, why=(*entry.why, clash.why))
    status, why = state.verdict(entry)
    return entry if status == entry.status else replace(entry, status=status, why=(*entry.why, why))


def _apply(change: Change, state: State) -> None:
    try:
        match change:
            case Delay():
                delay(change, state)
            case Hold():
                _hold(change, state)
            case Resume():
                _resume(change, state)
            case Omit():
                _omit(change, state)
            case Stop():
                _stop(change, state)
            case Skip():
                _skip(change, state)
            case _:
                given(change, state)
    except ScheduleError as error:
        raise ScheduleError(f"change {change.number} ({type(change).__name__.lower()}) can't be made: {error}") from None


# -- hold and resume ----------------------------------------------------------------------------------------------


def _drugs_of(state: State, name: str) -> list[Entry]:
    """The entries of a drug, or of one activity that gives it; of all drugs if there is no name. Raises ScheduleError for one unknown."""
    given = [entry for entry in state.entries.values() if is_drug(entry)]
    if name:
        known_name(name, given, state)
    return [entry for entry in given if not name or is_called(entry, name)]


def _who(name: str) -> str:
    return name or "every drug"


def _hold(change: Hold, state: State) -> None:
    given = _drugs_of(state, change.activity)
    activities = dict.fromkeys(entry.activity for entry in given)
    held = {activity: found for activity in activities if (found := state.hold_of(activity, change.since))}
    if held and len(held) == len(activities):
        first = next(iter(held.values()))
        until = f", until {first.until}" if first.until else ""
        raise ScheduleError(f"{_who(change.activity)} is held already on {change.since}{until} (change {first.change.number})")
    # One of several that is held for a time only is held on after it: the later change counts.
    free = [activity for activity in activities if activity not in held or held[activity].until]
    before = {entry.key: state.status(entry) for entry in given}
    if not any(entry.date >= change.since and not before[entry.key] for entry in given if entry.activity in free):
        _refuse_beyond(given, change.since, f"{_who(change.activity)} is not given on or after {change.since}", state)
    state.holds.extend(Held(activity, change.since, change) for activity in free)
    count = sum(not before[entry.key] and state.status(entry) == HELD for entry in given)
    state.notes.append(note(change, f"{_who(change.activity)} held from {change.since} on ({entries(count)})"))


def _refuse_beyond(given: list[Entry], since: date, text: str, state: State) -> None:
    """Raise ScheduleError unless a phase goes on beyond what is drawn, and the change may be about that."""
    phases = {entry.phase for entry in given}
    ended = state.stop is not None and since >= state.stop.since
    if ended or not any(placed.continues for id, placed in state.schedule.phases.items() if id in phases):
        last = max((entry.happens_on for entry in given if state.status(entry) in ("", GIVEN)), default=None)
        raise ScheduleError(f"{text}{f' (the last time is {last})' if last else ''}")


def _resume(change: Resume, state: State) -> None:
    given = _drugs_of(state, change.activity)
    activities = {entry.activity for entry in given}
    ending = [held for held in state.holds if held.activity in activities and held.until is None]
    if not ending:
        now = sorted({held.activity for held in state.holds if held.until is None})
        raise ScheduleError(f"{_who(change.activity)} is not held (held: {', '.join(now) or 'nothing'})")
    latest = max(ending, key=lambda held: held.since)
    if change.since <= latest.since:
        raise ScheduleError(
            f"{latest.activity} is held from {latest.since} on (change {latest.change.number}), and {change.since} is not later;"
            " undo the hold if it was an error"
        )
    if state.stop and change.since >= state.stop.since:
        raise ScheduleError(f"nothing is given from {state.stop.since} on (change {state.stop.number})")
    before = {entry.key for entry in given if state.status(entry) == HELD}
    for held in ending:
        held.until = change.since
    count = sum(not state.status(entry) for entry in given if entry.key in before)
    state.notes.append(note(change, f"{_who(change.activity)} given again from {change.since} on ({entries(count)})"))


# -- omit, stop, skip ---------------------------------------------------------------------------------------------


def _omit(change: Omit, state: State) -> None:
    found = find(change.at, state)
    if len(found) > 1:
        raise ScheduleError(f"{change.at} has {', '.join(entry.activity for entry in found)}; say which one")
    status, why = state.verdict(found[0])
    if status == GIVEN:
        raise ScheduleError(f"{label(found[0])} was given: {why}; undo that if it was not")
    if status not in ("", HELD):
        raise ScheduleError(f"{label(found[0])} is not given anyway: {why}")
    state.marks[found[0].key] = change
    state.notes.append(note(change, f"{label(found[0])} ({found[0].date}) omitted"))


def _stop(change: Stop, state: State) -> None:
    if state.stop:
        raise ScheduleError(f"treatment has ended already: nothing is given from {state.stop.since} on (change {state.stop.number})")
    given = [entry for entry in state.entries.values() if is_drug(entry)]
    _refuse_before_given(change.since, given, state)
    before: dict[Key, str] = {entry.key: state.status(entry) for entry in given}
    undated = [row for row in state.undated if _ends(row, change.since, state)]
    if not undated and not any(entry.date >= change.since and before[entry.key] in ("", HELD) for entry in given):
        _refuse_beyond(given, change.since, f"no drug is given on or after {change.since}", state)
    state.stop = change
    state.undated = [replace(row, status=STOPPED) if row in undated else row for row in state.undated]
    count = sum(before[entry.key] != STOPPED and state.status(entry) == STOPPED for entry in given)
    waiting = ", ".join(dict.fromkeys(row.phase for row in undated))
    also = f", and {waiting} not begun" if waiting else ""
    state.notes.append(note(change, f"nothing is given from {change.since} on ({entries(count)}{also}); visits keep their dates"))


def _refuse_before_given(since: date, drugs: list[Entry], state: State) -> None:
    last = max((entry for entry in drugs if entry.given_on), key=lambda entry: entry.happens_on, default=None)
    if last and last.happens_on >= since:
        number = state.given[last.key].number
        raise ScheduleError(
            f"{label(last)} was given on {last.given_on} (change {number}), and nothing would be given from {since} on;"
            " give a later date, or undo what is wrong"
        )


def _ends(row: Undated, since: date, state: State) -> bool:
    """Whether a row without a date is of a phase that will not begin: it waits, or its first day is not before `since`."""
    placed = state.schedule.phases[row.phase]
    if row.status == SKIPPED or not placed.phase.activity(row.activity):
        return False
    if row.status == WAITING:
        return True
    return row.kind == "drug" and (placed.first is None or placed.first >= since)


def _skip(change: Skip, state: State) -> None:
    phases = list(state.schedule.phases)
    if change.phase not in phases:
        raise ScheduleError(
            f"there is no phase {change.phase!r} in what is drawn{nearest(change.phase, phases)} (phases: {', '.join(phases)})"
        )
    mine = [entry for entry in state.entries.values() if entry.phase == change.phase]
    rows = [row for row in state.undated if row.phase == change.phase and row.status not in (SKIPPED, STOPPED)]
    open_to_it = [entry for entry in mine if state.status(entry) in ("", HELD)]
    if not open_to_it and not rows:
        raise ScheduleError(f"nothing of {change.phase} is left to skip{next(_reasons(mine, state), '')}")
    done = next((entry for entry in mine if entry.given_on), None)
    if done:
        raise ScheduleError(f"{label(done)} was given on {done.given_on}; stop treatment or omit what is left of {change.phase}")
    begun = min((entry.date for entry in open_to_it if not is_visit(entry)), default=change.on)
    if begun < change.on:
        raise ScheduleError(f"{change.phase} has begun on {begun}, before {change.on}; stop treatment or omit what is left of it")
    state.marks.update({entry.key: change for entry in open_to_it})
    state.left_out.add(change.phase)
    state.undated = [replace(row, status=SKIPPED) if row in rows else row for row in state.undated]
    count = f"{entries(len(open_to_it))}{f', {len(rows)} without a date' if rows else ''}"
    counted = dict.fromkeys(entry.activity for entry in state.entries.values() if is_visit(entry) and _hangs_on(entry, change.phase))
    visits = f", also these visits, which are counted from it: {', '.join(counted)}" if counted else ""
    state.notes.append(note(change, f"{change.phase} left out ({count}); what follows keeps its dates{visits}"))


def _hangs_on(entry: Entry, phase: str) -> bool:
    return entry.phase != phase and entry.stated("at").moment.phase == phase


def _reasons(mine: list[Entry], state: State) -> Iterator[str]:
    for entry in mine:
        yield f": {label(entry)} is {state.verdict(entry)[1]}"
