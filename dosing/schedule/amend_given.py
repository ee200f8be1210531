"""What was really given: recording it beside the plan, and refusing what contradicts it."""

from dataclasses import replace
from datetime import date

from dosing.errors import ScheduleError
from dosing.schedule.amend_follow import follow, rule_of
from dosing.schedule.amend_state import State, days, label, note
from dosing.schedule.amend_where import find, one_drug
from dosing.schedule.changes import Given
from dosing.schedule.clinic import subject
from dosing.schedule.entries import GIVEN, HELD, NOT_GIVEN, Entry


def given(change: Given, state: State) -> None:
    """Record what happened to one entry, and let later doses follow. Raises ScheduleError, and changes nothing, where it contradicts."""
    entry = one_drug(change.at, find(change.at, state))
    _refuse_status(entry, state)
    if change.day is None:
        _refuse_not_yet(entry, change)
        _record(entry, change, state)
        state.notes.append(note(change, f"{label(entry)} ({entry.date}) not given; {rule_of(entry, state)}"))
        return
    _refuse_day(entry, change.day, change, state)
    due = change.shown or entry.date
    begun = max(due, _begun(entry, state))
    _record(entry, change, state)
    by = (change.day - due).days
    followed = follow(entry, change.day, (change.day - begun).days, change, state)
    if by or followed:
        when = f", {days(abs(by))} {'late' if by > 0 else 'early'}" if by else ""
        planned = f" (planned on {entry.date}{f', moved to {due}' if change.shown else ''})"
        said = [f"{label(entry)} given on {change.day}{when}{planned}", *_held(entry, change.day, state), *followed]
        state.notes.append(note(change, "; ".join(said)))


def _record(entry: Entry, change: Given, state: State) -> None:
    state.given[entry.key] = change
    state.entries[entry.key] = replace(entry, given_on=change.day)


def _begun(entry: Entry, state: State) -> date:
    """The last day on which another entry of the drug was given that was planned for the same date: what follows has followed that."""
    same = [each for each in state.entries.values() if each.date == entry.date and subject(each) == subject(entry)]
    return max((each.given_on for each in same if each.given_on), default=date.min)


def _held(entry: Entry, day: date, state: State) -> list[str]:
    held = state.hold_of(entry.activity, day)
    return [f"{entry.activity} is held on that day (change {held.change.number})"] if held else []


# -- what contradicts ---------------------------------------------------------------------------------------------


def _refuse_status(entry: Entry, state: State) -> None:
    status, why = state.verdict(entry)
    if status in (GIVEN, NOT_GIVEN):
        raise ScheduleError(f"{label(entry)} is recorded already: {why}; undo it first")
    if status == HELD:
        raise ScheduleError(f"{label(entry)} is {why}; undo or resume the hold first")
    if status:
        raise ScheduleError(f"{label(entry)} is {why}; undo that first if it was given all the same")


def _refuse_not_yet(entry: Entry, change: Given) -> None:
    due = change.shown or entry.date
    if due > change.on:
        raise ScheduleError(f"{label(entry)} is planned on {due}, after {change.on}; omit it if it will not be given")


def _refuse_day(entry: Entry, day: date, change: Given, state: State) -> None:
    if day > change.on:
        raise ScheduleError(f"it can't be noted on {change.on} that {label(entry)} was given on {day}, which is later")
    if state.stop and day >= state.stop.since:
        raise ScheduleError(f"nothing is given from {state.stop.since} on (change {state.stop.number}); undo that if it was given on {day}")
    drug = subject(entry)
    same = (each for each in state.entries.values() if each.given_on == day and each.date != entry.date and subject(each) == drug)
    other = next(same, None)
    if other:
        number = state.given[other.key].number
        raise ScheduleError(
            f"{drug} is recorded as given on {day} already: {label(other)} (change {number}); undo that first if it was not"
        )
