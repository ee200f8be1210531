"""Whether there is more treatment than a page shows, which the patient must be told: an end of the page is not the end of it."""

from datetime import date
from enum import Enum

from dosing.dose.schedule import DosedSchedule
from dosing.schedule.amend import Amended
from dosing.schedule.changes import Skip, Stop
from dosing.schedule.draw import WAITING
from dosing.schedule.timeline import Placed


class More(Enum):
    """What a page does not show. AFTER: treatment after its last day; BETWEEN: on days before that too; NONE: nothing."""

    NONE = "none"
    AFTER = "after"
    BETWEEN = "between"


def goes_on(dosed: DosedSchedule) -> More:
    """Whether more is planned than is drawn: a phase without an end, one that was cut, one that waits, or one that nobody asked for.

    Nothing where somebody stopped the treatment. Where only rest days were cut off, it is said all the same: better once too often.
    """
    schedule = dosed.schedule
    changes = schedule.changes if isinstance(schedule, Amended) else ()
    if any(isinstance(change, Stop) for change in changes):
        return More.NONE
    skipped = {change.phase for change in changes if isinstance(change, Skip)}
    last = max(row.entry.happens_on for row in dosed.rows)
    cuts = [cut for id, placed in schedule.phases.items() if id not in skipped for cut in _cut(placed, dosed)]
    if any(cut <= last for cut in cuts):
        return More.BETWEEN
    waits = any(each.status == WAITING and each.kind == "drug" and each.phase not in skipped for each in schedule.undated)
    return More.AFTER if cuts or waits or _not_asked_for(dosed, skipped) else More.NONE


def _not_asked_for(dosed: DosedSchedule, skipped: set[str]) -> bool:
    """Whether treatment comes in phases after those that are drawn."""
    phases = dosed.schedule.regimen.phases
    shown = [number for number, phase in enumerate(phases) if phase.id in dosed.schedule.phases]
    return any(not phase.visits_only and phase.id not in skipped for phase in phases[shown[-1] + 1 :])


def _cut(placed: Placed, dosed: DosedSchedule) -> list[date]:
    """The first day of a phase that isn't drawn, where it has one."""
    until = dosed.schedule.until
    if placed.last is None:
        return []
    if until and placed.last > until:
        return [date.fromordinal(until.toordinal() + 1)]
    drawn = max((row.entry.cycle for row in dosed.rows if row.entry.phase == placed.phase.id and row.entry.cycle), default=0)
    undrawn = [cycle.first for cycle in placed.cycles if placed.phase.cycle and cycle.number > drawn]
    after = [date.fromordinal(placed.last.toordinal() + 1)] if placed.continues else []
    return (undrawn or after)[:1]
