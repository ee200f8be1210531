"""An iCalendar file through the icalendar package: all-day events, made from the records of `dosing.export.events`.

The package writes a random UID and the clock's time where none is given, leaves NAME and X- properties unescaped, and reads a line end
into a backslash before an N; here every event has a UID made from the plan and its slot, one fixed DTSTAMP, and every text is a `_Text`.
No METHOD, no patient identity, CLASS always PRIVATE.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from icalendar import Calendar, Event, vDate, vDatetime, vInt, vText

import dosing
from dosing.dose.schedule import DosedSchedule
from dosing.errors import OutputError
from dosing.export.events import CLINIC, HOME, TITLES, DayEvent, events_of, first_of, left_out, whole, with_whole
from dosing.export.follow import Followed, Version, follow
from dosing.export.text import clean

_COLOR = "teal"
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
# A clinic visit fills the day; a medicine at home leaves it free.
_TRANSP = {CLINIC: "OPAQUE", HOME: "TRANSPARENT"}


def to_ical(
    dosed: DosedSchedule,
    *,
    stamp: datetime | None = None,
    plan_id: str = "",
    versions: Sequence[Version] = (),
    since: int | None = None,
    earlier: int = 0,
) -> bytes:
    """The calendar as bytes, the same for the same input.

    `stamp` becomes DTSTAMP; left out, it is the day the regimen was last checked, or the day an event was changed if that is later.
    `plan_id` tells two plans of one regimen and start date apart. `versions` are the plan after each change of its log, in order, from the
    one before any change to `dosed`; with them the calendar follows the plan, and an event that was written once is never left out.
    `since` is the index of a version: only events that a later one touched are written. `earlier` is how many versions there were before
    the first of these, where they can't be drawn any more.

    Raises OutputError where there is nothing to write, ValueError for versions that don't lead to `dosed`.
    """
    if since is not None and not versions:
        raise ValueError("`since` needs the versions of the plan")
    schedule = dosed.schedule
    plan = plan_id or f"{schedule.regimen.id}/{schedule.regimen.base}/{schedule.start}"
    found = _followed(dosed, versions, since, plan, earlier) if versions else _once(dosed, plan)
    if not found:
        raise OutputError(f"{schedule.regimen.id} has nothing with a date to put in a calendar: " + "; ".join(map(str, schedule.missing)))
    calendar = _calendar(dosed, whole(dosed) if versions else left_out(dosed))
    checked = _midnight(schedule.regimen.checked)
    for each in found:
        modified = _midnight(each.modified) if each.modified else None
        event = _event(each.event, stamp or max(checked, modified or checked))
        if versions:
            _put(event, "SEQUENCE", vInt(each.sequence))
        if modified:
            _put(event, "LAST-MODIFIED", vDatetime(modified))
        calendar.add_component(event)
    data: bytes = calendar.to_ical()
    return data


def _once(dosed: DosedSchedule, plan: str) -> list[Followed]:
    """The events of a schedule that follows nothing."""
    events = events_of(dosed, plan=plan)
    return [Followed(event) for event in (with_whole(events, first_of(events), whole(dosed)) if events else ())]


def _followed(dosed: DosedSchedule, versions: Sequence[Version], since: int | None, plan: str, earlier: int) -> list[Followed]:
    """The events of a plan that has changed; after the version `since` only, if it is given."""
    if versions[-1].dosed.schedule.entries != dosed.schedule.entries:
        raise ValueError("the last version is not the schedule to be written")
    found = follow(versions, plan=plan, earlier=earlier)
    touched = [each for each in found if since is None or each.touched > since]
    if found and not touched:
        raise OutputError(f"nothing in the calendar has changed since {versions[since].on if since else 'the plan was made'}")
    return touched


def _calendar(dosed: DosedSchedule, said: Iterable[str]) -> Calendar:
    """The calendar without events."""
    schedule = dosed.schedule
    calendar = Calendar()
    _put(calendar, "PRODID", _Text(f"-//dosing//dosing {dosing.__version__}//EN"))
    _put(calendar, "VERSION", _Text("2.0"))
    _put(calendar, "CALSCALE", _Text("GREGORIAN"))
    for name in ("NAME", "X-WR-CALNAME"):
        _put(calendar, name, _Text(f"{schedule.regimen.id} from {schedule.start}"))
    for name in ("DESCRIPTION", "X-WR-CALDESC"):
        _put(calendar, name, _Text("\n".join([schedule.regimen.title, *said])))
    _put(calendar, "COLOR", _Text(_COLOR))
    return calendar


def _event(of: DayEvent, stamp: datetime) -> Event:
    event = Event()
    _put(event, "UID", _Text(of.uid))
    _put(event, "DTSTAMP", vDatetime(stamp))
    _put(event, "DTSTART", _date(of.day))
    _put(event, "DTEND", _date(of.day + timedelta(days=1)))
    # Many programs show no status.
    _put(event, "SUMMARY", _Text(f"{'CANCELLED - ' if of.cancelled else ''}{of.summary}"))
    _put(event, "DESCRIPTION", _Text(of.description))
    _put(event, "CATEGORIES", _Text(TITLES[of.place]))
    _put(event, "CLASS", _Text("PRIVATE"))
    _put(event, "TRANSP", _Text(_TRANSP[HOME if of.cancelled else of.place]))
    if of.cancelled:
        _put(event, "STATUS", _Text("CANCELLED"))
    return event


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _put(component: Any, name: str, value: Any) -> None:
    """Add a value whose type is settled, without the package's guessing."""
    component.add(name, value, encode=False)


class _Text(vText):
    """The one way for text into the file: clean, and escaped wherever it stands (RFC 5545, 3.3.11)."""

    def to_ical(self) -> bytes:
        return clean(self).translate(_ESCAPED).encode()


def _date(day: date) -> vDate:
    value = vDate(day)
    value.params["VALUE"] = "DATE"
    return value
