"""Delays: which entries one moves, what stands in its way, and what it says.

What moves is counted by the dates as changed so far. A month-long cycle moves by days like any other: its later cycles are not counted
anew from the date it has now. Held and omitted entries move along with their cycle; whether one is held follows from its new date. What
was given, or is recorded as not given, never moves.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise, product

from dosing.errors import ScheduleError
from dosing.regimen.model import Phase
from dosing.schedule.amend_state import (
    State,
    because,
    days,
    entries,
    is_called,
    is_drug,
    is_visit,
    label,
    note,
    told_after,
)
from dosing.schedule.amend_where import find
from dosing.schedule.calendar import shift
from dosing.schedule.changes import Delay, Mode, Where
from dosing.schedule.entries import GIVEN, HELD, Entry

Pair = tuple[Entry, Entry]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a delay of all that follows goes: the phases that move (`ends`), and those that move from their first day (`starts`)."""

    ends: frozenset[str]
    starts: frozenset[str]


def delay(change: Delay, state: State) -> None:
    """Move what the change names. Raises ScheduleError, and changes nothing, where it can't be done."""
    standing = _standing(change.at, state)
    first = min(entry.date for entry in standing)
    by = _by(change, first)
    reach = reach_of(standing[0].phase, first, state)
    picked = _PICK[change.mode](standing, first, change.at.activity, reach, state)
    moved = [(entry, replace(entry, date=shift(entry.date, by))) for entry in picked]
    _refuse_after_stop(moved, state)
    _refuse_after_told(moved, state)
    _refuse_past_the_border(moved, standing, state)
    _refuse_clash(moved, change.mode, state)
    whole = change.mode is Mode.ALL and not change.at.activity
    said = [f"{_name(change, standing)}, {days(by)} later, {first} -> {shift(first, by)} ({entries(len(moved))})"]
    said += [f"treatment starts on {shift(first, by)}"] if whole and _first_phase(state) in reach.starts else []
    said += statuses(moved, state)
    said += _stays(picked, first, standing[0].phase, state) if whole else []
    _apply(moved, change, by, state)
    said += [] if change.mode is Mode.ALL else _overtaken(moved, state)
    said += _doubled(moved, state)
    for phase in reach.ends if whole else ():
        state.later[phase] = state.later.get(phase, 0) + by
    state.notes.append(note(change, "; ".join(said)))


def _apply(moved: list[Pair], change: Delay, by: int, state: State) -> None:
    for before, after in moved:
        state.entries[before.key] = replace(
            after,
            planned_on=before.planned_on or before.date,
            why=(*before.why, because(change, f"delayed {days(by)}")),
        )


def _name(change: Delay, standing: list[Entry]) -> str:
    """`induction C2D1 and all that follow`."""
    first = standing[0]
    day = f"{first.phase} {first.when or f'{first.activity} {first.n}'}"
    who = f" {change.at.activity}" if change.at.activity and first.when else ""
    return f"{day}{who}" + {Mode.DOSE: "", Mode.CYCLE: " and the rest of the cycle", Mode.ALL: " and all that follow"}[change.mode]


# -- what moves ---------------------------------------------------------------------------------------------------


def _standing(at: Where, state: State) -> list[Entry]:
    """The entries of the day that are still to be given or done. Raises ScheduleError where there are none."""
    found = find(at, state)
    standing = [entry for entry in found if not state.status(entry)]
    if not standing:
        why = "; ".join(f"{label(entry)} is {state.verdict(entry)[1]}" for entry in found)
        held = any(state.status(entry) == HELD for entry in found)
        raise ScheduleError(f"nothing is left to delay: {why}{'; resume it first' if held else ''}")
    return standing


def _by(change: Delay, first: date) -> int:
    if (change.by_days is None) == (change.to is None):
        raise ScheduleError("say either by how many days, or to which date")
    if change.to is not None:
        if change.to <= first:
            raise ScheduleError(f"{change.at} is on {first} now, and {change.to} is not later")
        return (change.to - first).days
    by = change.by_days or 0
    if by < 1:
        raise ScheduleError(f"a delay is 1 day or more, not {days(by)}")
    return by


def _this_dose(standing: list[Entry], _first: date, _named: str, _reach: Reach, _state: State) -> list[Entry]:
    return standing


def _this_cycle(standing: list[Entry], first: date, named: str, _reach: Reach, state: State) -> list[Entry]:
    here = standing[0]
    if is_visit(here):
        raise ScheduleError(f"{label(here)} is a visit and in no cycle; delay it alone, or it and all that follow")
    mine = (entry for entry in state.entries.values() if (entry.phase, entry.cycle) == (here.phase, here.cycle) and not is_visit(entry))
    return [entry for entry in mine if entry.date >= first and state.movable(entry) and (not named or is_called(entry, named))]


def _all(standing: list[Entry], first: date, named: str, reach: Reach, state: State) -> list[Entry]:
    here = standing[0]
    movable = [entry for entry in state.entries.values() if state.movable(entry)]
    if is_visit(here):
        return [entry for entry in movable if (entry.phase, entry.activity) == (here.phase, here.activity) and entry.n >= here.n]
    by_day = [
        entry
        for entry in movable
        if not is_visit(entry)
        and entry.phase in reach.ends
        and (entry.phase != here.phase or entry.date >= first)
        and (not named or is_called(entry, named))
    ]
    return by_day if named else by_day + [entry for entry in movable if _visit_follows(entry, first, reach, state)]


_PICK: dict[Mode, Callable[[list[Entry], date, str, Reach, State], list[Entry]]] = {
    Mode.DOSE: _this_dose,
    Mode.CYCLE: _this_cycle,
    Mode.ALL: _all,
}


# -- what hangs on what -------------------------------------------------------------------------------------------


def _treating(state: State) -> list[Phase]:
    return [phase for phase in state.schedule.regimen.phases if not phase.visits_only]


def _first_phase(state: State) -> str:
    """The phase with which treatment starts; empty if it has a date of its own."""
    first = _treating(state)[0]
    return "" if state.pinned(first) else first.id


def reach_of(here: str, first: date, state: State) -> Reach:
    """The phases that move with all that follows `first` in this phase.

    A later phase moves where it follows, one after another, on what moves; a phase on a told date stays, and so does what follows it.
    """
    ends = {here}
    phases = _treating(state)
    begun = [phase.id for phase in phases].index(here) if here in [phase.id for phase in phases] else len(phases)
    for before, phase in pairwise(phases[begun:]):
        moment = phase.start.stated if phase.start else None
        after = moment.phase if moment and moment.edge == "end" else before.id
        if not state.pinned(phase) and after in ends:
            ends.add(phase.id)
    earlier = any(entry.phase == here and not is_visit(entry) and entry.date < first for entry in state.entries.values())
    return Reach(frozenset(ends), frozenset(ends - {here} if earlier else ends))


def _visit_follows(entry: Entry, first: date, reach: Reach, state: State) -> bool:
    """Whether a visit is counted from a day that moves, and isn't over by then."""
    if not is_visit(entry) or entry.date < first:
        return False
    placed = state.schedule.phases[entry.phase]
    if placed.anchor and placed.phase.visits_only:
        return False
    moment = entry.stated("at").moment
    named = moment.phase if state.schedule.regimen.phase(moment.phase) else ""
    if moment.edge == "start":
        return (named or _first_phase(state)) in reach.starts
    return (named or _last_treating(state)) in reach.ends


def _last_treating(state: State) -> str:
    return [phase.id for phase in _treating(state) if any(activity.kind == "drug" for activity in phase.activities)][-1]


# -- what stands in the way ---------------------------------------------------------------------------------------


def _refuse_after_stop(moved: list[Pair], state: State) -> None:
    for before, after in moved:
        if state.stop and is_drug(after) and after.date >= state.stop.since and state.in_the_way(before):
            raise ScheduleError(
                f"{label(before)} would be on {after.date}, and treatment ends: nothing is given from {state.stop.since} on"
                f" (change {state.stop.number})"
            )


def _refuse_after_told(moved: list[Pair], state: State) -> None:
    """A phase of a known length never runs into a later one that is on a told date; an open one is over by then."""
    told = {phase: told_after(phase, state) for phase in {entry.phase for entry, _ in moved} - state.borders.keys()}
    for before, after in moved:
        if is_visit(before) or not state.in_the_way(before):
            continue
        for phase, day in told.get(before.phase, ()):
            if before.date < day <= after.date:
                raise ScheduleError(
                    f"{label(before)} would be on {after.date}, and {phase} starts on {day}; give {phase} a later date first"
                )


def _refuse_past_the_border(moved: list[Pair], standing: list[Entry], state: State) -> None:
    borders = [state.border_of(after) for before, after in moved if before in standing]
    if all(borders):
        phase, day = borders[0] or ("", "")
        raise ScheduleError(f"{label(standing[0])} would not be given at all: {phase} starts on {day}; give {phase} a later date first")


def _refuse_clash(moved: list[Pair], mode: Mode, state: State) -> None:
    """Days of one activity keep their order, and no two of them come to lie on one date; what was given counts on the day it was given."""
    after = {before.key: entry for before, entry in moved}
    for activity in dict.fromkeys(before.activity for before, _ in moved):
        on: dict[date, list[Pair]] = {}
        for entry in state.entries.values():
            now = after.get(entry.key, entry)
            if entry.activity == activity and state.in_the_way(entry) and state.in_the_way(now):
                on.setdefault(entry.date, []).append((entry, now))
        latest: dict[bool, Pair] = {}
        for day in sorted(on):
            for pair, (moves, one) in product(on[day], latest.items()):
                if _new_date(one) >= _new_date(pair) and (moves or pair[0].key in after):
                    raise ScheduleError(_clash(one, pair, mode))
            for pair in on[day]:
                moves = pair[0].key in after
                latest[moves] = max(latest.get(moves, pair), pair, key=_new_date)


def _new_date(pair: Pair) -> date:
    return pair[1].happens_on


def _clash(one: Pair, other: Pair, mode: Mode) -> str:
    """Why a day of an activity can't be on or after the next one."""
    late, early = _new_date(one), _new_date(other)
    if one[1].given_on:
        return f"{label(other[0])} would be on {early}, and {label(one[0])} before it was given on {late}; delay it further"
    where = "the date of" if late == early else "after"
    fixed = other[1].given_on is not None
    hint = "" if mode is Mode.ALL or fixed else f"; the mode {Mode.ALL.value!r} (all) moves both"
    return f"{label(one[0])} would be on {late}, {where} {label(other[0])} ({'given on ' if fixed else ''}{early}){hint}"


# -- what it says -------------------------------------------------------------------------------------------------


def statuses(moved: list[Pair], state: State) -> Iterator[str]:
    """What became of entries that the move brought into a hold, out of one, or past the start of the next phase."""
    turned = [(state.status(before), state.status(after)) for before, after in moved]
    into = sum(now == HELD for was, now in turned if was != HELD)
    out = sum(not now for was, now in turned if was == HELD)
    over = [border for before, after in moved if state.in_the_way(before) and (border := state.border_of(after))]
    if into:
        yield f"{entries(into)} now within a hold"
    if out:
        yield f"{entries(out)} no longer within a hold"
    if over:
        yield f"{entries(len(over))} skipped, because {over[0][0]} starts on {over[0][1]}"


def _stays(picked: list[Entry], first: date, here: str, state: State) -> Iterator[str]:
    """Visits and phases that are later and yet keep their dates."""
    keys = {entry.key for entry in picked}
    left = [entry for entry in state.ordered(state.entries.values()) if entry.key not in keys and entry.date >= first]
    visits = dict.fromkeys(f"{entry.activity} ({entry.stated('at')})" for entry in left if is_visit(entry))
    if visits:
        yield f"these visits are counted from a day that doesn't move and keep their dates: {', '.join(visits)}"
    phases = dict.fromkeys(entry.phase for entry in left if not is_visit(entry) and entry.phase != here and state.movable(entry))
    if phases:
        yield f"{', '.join(phases)} keep{'s' if len(phases) == 1 else ''} {'its' if len(phases) == 1 else 'their'} dates"


def _overtaken(moved: list[Pair], state: State) -> Iterator[str]:
    """Whether a delay within a cycle reaches the next cycle or phase, which stays."""
    last = max((after for _, after in moved), key=lambda entry: entry.date)
    if is_visit(last):
        return
    order = list(state.schedule.phases)
    here = order.index(last.phase), last.cycle or 0
    later = [each for each in state.entries.values() if not is_visit(each) and (order.index(each.phase), each.cycle or 0) > here]
    following = min((entry for entry in later if state.in_the_way(entry)), key=lambda entry: entry.happens_on, default=None)
    if following and last.date >= following.happens_on:
        yield f"{last.when} now lies on or after {following.phase} {following.when} ({following.happens_on}), which stays"


def _doubled(moved: list[Pair], state: State) -> Iterator[str]:
    """Dates on which one drug is now given under two names that were on different dates before."""
    was = {before.key: before.date for before, _ in moved}
    drugs = {before.drug for before, _ in moved if before.drug}
    on: dict[tuple[date, str], list[Entry]] = {}
    for entry in state.entries.values():
        if entry.drug in drugs and state.status(entry) in ("", GIVEN):
            on.setdefault((entry.happens_on, entry.drug), []).append(entry)
    for (day, drug), found in sorted(on.items(), key=lambda item: item[0]):
        if len({was.get(entry.key, entry.happens_on) for entry in found}) > 1:
            yield f"{drug} is now given {len(found)} times on {day} ({', '.join(label(entry) for entry in found)})"
