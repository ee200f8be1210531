"""An iCalendar file through the icalendar package.

What the package leaves open is settled in `dosing.export.content` before it gets a line: it writes a random UID and the clock's time where
none is given, leaves NAME and X- properties unescaped, leaves out VALUE, lets a line end in where Python runs without assertions, and gives
a time zone the hour of its change in the wrong offset. Here every value is written as it comes, in the order in which it comes.
"""

from collections.abc import Sequence
from datetime import datetime

from icalendar import Alarm, Calendar, Component, Event, Timezone, TimezoneDaylight, TimezoneStandard, vText

from dosing.dose.schedule import DosedSchedule
from dosing.export.content import Part, calendar_of, folded
from dosing.export.follow import Version
from dosing.export.style import Style

_PARTS: dict[str, type[Component]] = {
    each.name: each for each in (Alarm, Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard) if each.name
}


def to_ical(
    dosed: DosedSchedule,
    *,
    stamp: datetime | None = None,
    plan_id: str = "",
    versions: Sequence[Version] = (),
    since: int | None = None,
    earlier: int = 0,
    style: Style | None = None,
) -> bytes:
    """The calendar as bytes, the same for the same input.

    `stamp` becomes DTSTAMP; left out, it is the day the regimen was last checked, or the day an event was changed if that is later.
    `plan_id` tells two plans of one regimen and start date apart. `versions` are the plan after each change of its log, in order, from the
    one before any change to `dosed`; with them the calendar follows the plan, and an event that was written once is never left out.
    `since` is the index of a version: only events that a later one touched are written. `earlier` is how many versions there were before
    the first of these, where they can't be drawn any more. `style` is how it is written.

    Raises OutputError where there is nothing to write, for text that no file can hold, and for hours in years in which nobody knows the
    clocks; ValueError for versions that don't lead to `dosed`; ScheduleError where the site's public holidays can't be known.
    """
    calendar = calendar_of(dosed, stamp=stamp, plan_id=plan_id, versions=versions, since=since, earlier=earlier, style=style)
    return through_package(calendar)


def through_package(part: Part) -> bytes:
    """A calendar as the package writes it, its lines folded here: the package folds letter by letter, to the same end."""
    return b"".join(folded(str(line)) for line in component_of(part).content_lines(sorted=False) if line)


def component_of(part: Part) -> Component:
    """A part of a calendar as the package has it."""
    component = _PARTS[part.name]()
    for name, value, params in part.lines:
        component[name] = _Written(value, params=dict(params))
    component.subcomponents = [component_of(inner) for inner in part.parts]
    return component


class _Written(vText):
    """A value that is written as it is."""

    def to_ical(self) -> bytes:
        return self.encode()
