"""What somebody wants to see of a plan: a part of its schedule, and its distinct amounts."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from dosing.dose.schedule import DosedSchedule
from dosing.schedule.draw import wanted_phases
from dosing.schedule.entries import Entry

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What somebody wants to see of a plan: the first `cycles` of each phase, nothing after `until`, these phases; all, if not said.

    An open phase is drawn further than the plan says where more is asked for. `country` and `move` are as on the command line.
    """

    cycles: int | None = None
    until: date | None = None
    phases: tuple[str, ...] = ()
    country: str = ""
    move: bool = False


ALL = View()


def viewed(dosed: DosedSchedule, view: View) -> DosedSchedule:
    """The part of the schedule that somebody wants to see; sums and limits were looked at over the whole."""
    if view.cycles is None and view.until is None and not view.phases:
        return dosed
    schedule = dosed.schedule
    phases = [phase.id for phase in wanted_phases(schedule.regimen, view.phases)]
    numbers = [number for number, row in enumerate(dosed.rows) if row.entry.phase in phases and _within(row.entry, view)]
    rows = tuple(dosed.rows[number] for number in numbers)
    seen_as = {number: now for now, number in enumerate(numbers)}
    until = min(filter(None, (schedule.until, view.until)), default=None)
    undated = tuple(each for each in schedule.undated if each.phase in phases)
    asked = {each.missing for each in undated}
    seen = replace(
        schedule,
        phases={id: placed for id, placed in schedule.phases.items() if id in phases},
        entries=tuple(row.entry for row in rows),
        undated=undated,
        missing=tuple(each for each in schedule.missing if each in asked or each.path.partition(".")[0] in phases),
        until=until,
    )
    findings = tuple(replace(each, row=None if each.row is None else seen_as.get(each.row)) for each in dosed.findings)
    return replace(dosed, schedule=seen, rows=rows, findings=findings)


def _within(entry: Entry, view: View) -> bool:
    if view.until and min(entry.date, entry.happens_on) > view.until:
        return False
    return view.cycles is None or entry.cycle is None or entry.cycle <= view.cycles
