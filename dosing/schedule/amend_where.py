"""Finding the entries that a change is about, and saying what there is where it refers to nothing."""

from collections.abc import Collection, Iterable

from dosing.errors import ScheduleError, nearest
from dosing.schedule.amend_state import State, begin, is_called, is_drug, is_visit
from dosing.schedule.changes import Where
from dosing.schedule.draw import Schedule
from dosing.schedule.entries import Entry


def entries_at(schedule: Schedule, where: Where) -> tuple[Entry, ...]:
    """The entries of a schedule, changed or not, that a change at this place is about, in order. Raises ScheduleError as `find` does."""
    return tuple(find(where, begin(schedule)))


def drug_at(schedule: Schedule, where: Where) -> Entry:
    """The one entry of a drug at this place. Raises ScheduleError where there is none, or more than one."""
    return one_drug(where, entries_at(schedule, where))


def one_drug(at: Where, found: Collection[Entry]) -> Entry:
    """The entry of a drug among those found. Raises ScheduleError where there is none, or more than one."""
    drugs = [entry for entry in found if is_drug(entry)]
    if not drugs:
        raise ScheduleError(f"only drugs are recorded as given, and {at} is {', '.join(entry.what for entry in found)}")
    if len(drugs) > 1:
        raise ScheduleError(f"{at} has {', '.join(entry.activity for entry in drugs)}; say which drug")
    return drugs[0]


def find(at: Where, state: State) -> list[Entry]:
    """The entries of one day of a cycle (or one date of a visit) as they are now, in order.

    Raises ScheduleError, naming what there is, where there are none or where they are in two phases.
    """
    if at == Where():
        raise ScheduleError("it doesn't say which entry: name a cycle and a day, or a visit")
    _known(at, state)
    named = [entry for entry in state.entries.values() if _is_named(entry, at)]
    in_cycle = [entry for entry in named if entry.cycle == at.cycle and (at.activity or not is_visit(entry))]
    if not in_cycle:
        raise _no_cycle(at, named)
    on_day = [entry for entry in in_cycle if at.day is None or entry.day == at.day]
    if not on_day:
        raise _no_day(at, in_cycle)
    phases = list(dict.fromkeys(entry.phase for entry in on_day))
    if len(phases) > 1:
        raise ScheduleError(f"{at} is in {' and in '.join(phases)}; name the phase")
    first = min(_place(entry) for entry in on_day)
    found = [entry for entry in on_day if _place(entry) == first]
    if is_visit(found[0]) and len(on_day) > 1:
        raise ScheduleError(f"{at} has {len(on_day)} dates; say which, from 1 to {max(entry.n for entry in on_day)}")
    return state.ordered(found)


def _is_named(entry: Entry, at: Where) -> bool:
    if at.phase and entry.phase != at.phase:
        return False
    if at.activity and not is_called(entry, at.activity):
        return False
    return at.n is None or entry.n == at.n


def _place(entry: Entry) -> tuple[int, int]:
    return (0, entry.n) if entry.day is None else (entry.day, 0)


def _known(at: Where, state: State) -> None:
    phases = list(state.schedule.phases)
    if at.phase and at.phase not in phases:
        raise ScheduleError(f"there is no phase {at.phase!r} in what is drawn{nearest(at.phase, phases)} (phases: {', '.join(phases)})")
    if at.activity:
        known_name(at.activity, state.entries.values(), state)


def known_name(name: str, entries: Collection[Entry], state: State) -> None:
    """Raise ScheduleError unless one of the entries is of that activity or drug."""
    if any(is_called(entry, name) for entry in entries):
        return
    waiting = next((each for each in state.undated if each.activity == name), None)
    if waiting:
        raise ScheduleError(f"{name} in {waiting.phase} has no date yet ({waiting.missing})")
    known = sorted({entry.activity for entry in entries} | {entry.drug for entry in entries if entry.drug})
    raise ScheduleError(f"{name!r} is not in the schedule{nearest(name, known)} (there are: {', '.join(known) or 'none'})")


def _no_cycle(at: Where, named: list[Entry]) -> ScheduleError:
    who = f" of {at.activity}" if at.activity else ""
    there: dict[str, list[int]] = {}
    for entry in named:
        if entry.cycle is not None:
            there.setdefault(entry.phase, []).append(entry.cycle)
    cycles = ", ".join(f"{phase} {_span(numbers)}" for phase, numbers in there.items())
    if at.cycle is None and there:
        return ScheduleError(f"it doesn't say which cycle{who} ({cycles})")
    where = f" in {at.phase}" if at.phase else ""
    if at.cycle is None:
        return ScheduleError(f"there is no {at}; name a cycle and a day, or a visit and which of its dates")
    return ScheduleError(f"there is no cycle {at.cycle}{who}{where} in what is drawn ({cycles or 'nothing there has cycles'})")


def _span(numbers: Iterable[int]) -> str:
    found = sorted(set(numbers))
    return f"C{found[0]}" if len(found) == 1 else f"C{found[0]}-{found[-1]}"


def _no_day(at: Where, in_cycle: list[Entry]) -> ScheduleError:
    days = sorted({entry.day for entry in in_cycle if entry.day is not None})
    who = f"{at.activity} has " if at.activity else "there is "
    cycle = f" of C{at.cycle}" if at.cycle is not None else ""
    if not days:
        return ScheduleError(f"{at.activity} is a visit and has no day {at.day}; name it by its id")
    close = min(days, key=lambda day: (abs(day - (at.day or 0)), day))
    return ScheduleError(f"{who}no day {at.day}{cycle}; the nearest is day {close} (days: {' '.join(map(str, days))})")
