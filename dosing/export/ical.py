"""An iCalendar file through the icalendar package: all-day events, one a day for the clinic and one for home.

The package writes a random UID and the clock's time where none is given, leaves NAME and X- properties unescaped, and reads a line end
into a backslash before an N; here every event has a UID made from the plan and the entry's key, one fixed DTSTAMP, and every text is a
`_Text`. No METHOD, no patient identity, CLASS always PRIVATE.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from icalendar import Calendar, Event, vDate, vDatetime, vText

import dosing
from dosing.dose.schedule import Dosed, DosedSchedule
from dosing.errors import OutputError
from dosing.export.rows import notes
from dosing.export.text import CLINIC, HOME, clean, in_words, named, ordered, place, without_options

_COLOR = "teal"
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_TITLES = {CLINIC: "Clinic", HOME: "At home"}
# A clinic visit fills the day; a medicine at home leaves it free.
_TRANSP = {CLINIC: "OPAQUE", HOME: "TRANSPARENT"}


def to_ical(dosed: DosedSchedule, *, stamp: datetime | None = None, plan_id: str = "") -> bytes:
    """The calendar as bytes, the same for the same input.

    `stamp` becomes DTSTAMP (the day the regimen was last checked if left out). `plan_id` tells two plans of one regimen and start
    date apart. Raises OutputError where there is nothing to put in it.
    """
    schedule = dosed.schedule
    if not dosed.rows:
        raise OutputError(f"{schedule.regimen.id} has nothing with a date to put in a calendar: " + "; ".join(map(str, schedule.missing)))
    calendar = Calendar()
    _put(calendar, "PRODID", _Text(f"-//dosing//dosing {dosing.__version__}//EN"))
    _put(calendar, "VERSION", _Text("2.0"))
    _put(calendar, "CALSCALE", _Text("GREGORIAN"))
    for name in ("NAME", "X-WR-CALNAME"):
        _put(calendar, name, _Text(f"{schedule.regimen.id} from {schedule.start}"))
    for name in ("DESCRIPTION", "X-WR-CALDESC"):
        _put(calendar, name, _Text("\n".join([schedule.regimen.title, *_left_out(dosed)])))
    _put(calendar, "COLOR", _Text(_COLOR))
    plan = plan_id or f"{schedule.regimen.id}/{schedule.regimen.base}/{schedule.start}"
    when = vDatetime(stamp or datetime.combine(schedule.regimen.checked, time(), UTC))
    first = True
    for (day, where), group in _grouped(dosed):
        calendar.add_component(_event(day, where, group, dosed, plan, when, _whole(dosed) if first else []))
        first = False
    data: bytes = calendar.to_ical()
    return data


def _grouped(dosed: DosedSchedule) -> list[tuple[tuple[date, str], list[Dosed]]]:
    """The rows by date and place. What may be taken by mouth or by vein joins the clinic's event on a day that has one."""
    regimen = dosed.schedule.regimen
    places = [place(each.entry, regimen) for each in dosed.rows]
    clinic_days = {each.entry.date for each, where in zip(dosed.rows, places, strict=True) if where == CLINIC}
    groups: dict[tuple[date, str], list[Dosed]] = {}
    for each, where in zip(dosed.rows, places, strict=True):
        either = "IV" in each.entry.route and each.entry.date in clinic_days
        groups.setdefault((each.entry.date, CLINIC if either else where), []).append(each)
    return sorted(groups.items())


def _event(day: date, where: str, group: list[Dosed], dosed: DosedSchedule, plan: str, stamp: vDatetime, whole: Iterable[str]) -> Event:
    entry = group[0].entry
    event = Event()
    _put(event, "UID", _Text(_uid(plan, where, group)))
    _put(event, "DTSTAMP", stamp)
    _put(event, "DTSTART", _date(day))
    _put(event, "DTEND", _date(day + timedelta(days=1)))
    label = f"{entry.when}: " if entry.when else ""
    _put(event, "SUMMARY", _Text(f"{_TITLES[where]} - {label}{'; '.join(_short(each) for each in group)}"))
    _put(event, "DESCRIPTION", _Text("\n".join([*_details(group, dosed), *whole])))
    _put(event, "CATEGORIES", _Text(_TITLES[where]))
    _put(event, "CLASS", _Text("PRIVATE"))
    _put(event, "TRANSP", _Text(_TRANSP[where]))
    return event


def _uid(plan: str, where: str, group: list[Dosed]) -> str:
    """A UID from the plan and the key of one entry of the day: it stays when the date changes.

    That entry is the day's first visit, else its first entry: drugs that a proxy adds to a day with a visit leave the day its UID.
    """
    entry = next((each.entry for each in group if each.entry.day is None), group[0].entry)
    about = (plan, entry.phase, entry.cycle, entry.day, entry.n, where, "" if entry.day is not None else entry.activity)
    return f"{sha256(repr(about).encode()).hexdigest()[:32]}@dosing"


def _short(dosed: Dosed) -> str:
    entry = dosed.entry
    optional = " (optional)" if entry.optional else ""
    if entry.kind != "drug":
        return f"{entry.what}{optional}"
    much = f" {dosed.amount or ordered(dosed) or ''}".rstrip()
    times = f" x{entry.times.per_day}" if entry.times and entry.times.per_day > 1 else ""
    return f"{named(dosed) if entry.drug else entry.what}{much}{times}{optional}"


def _details(group: Iterable[Dosed], dosed: DosedSchedule) -> Iterable[str]:
    gaps = {each.path: each.text for each in dosed.schedule.missing}
    for each in group:
        said = [note for note in notes(each, gaps) if note != f"over {each.entry.over}"]
        yield in_words(each) + (f" ({'; '.join(said)})" if said else "")


def _whole(dosed: DosedSchedule) -> list[str]:
    """What must be said of the calendar as a whole; it stands in the first event, where people see it."""
    schedule = dosed.schedule
    made = f"{schedule.regimen.id} version {schedule.regimen.version}, dosing {dosing.__version__}"
    return [*_left_out(dosed), *(f"Note: {note}" for note in map(without_options, dosed.notes)), made]


def _left_out(dosed: DosedSchedule) -> list[str]:
    return [f"NOT IN THIS CALENDAR: {undated.what} - {undated.missing}" for undated in dosed.schedule.undated]


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
