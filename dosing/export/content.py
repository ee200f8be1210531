"""What a calendar file says, line by line, before it is bytes (RFC 5545, RFC 7986).

Every text is clean and escaped wherever it stands, every value that isn't text has its type, nothing comes from the clock or from chance.
No METHOD, no patient identity but the label that somebody gave, CLASS always PRIVATE.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import dosing
from dosing.dose.schedule import DosedSchedule
from dosing.errors import OutputError
from dosing.export.events import CLINIC, HOME, TITLES, DayEvent, events_of, first_of, left_out, whole, with_whole
from dosing.export.follow import Followed, Version, follow
from dosing.export.style import Reminder, Style
from dosing.export.text import clean
from dosing.site.zone import Onset, yearly

_COLOR = "teal"
_ESCAPED = (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n"))
_DATE = (("VALUE", "DATE"),)
# How many texts and lines are kept for the events that say the same: many more than one calendar has.
_KEPT = 4_096
_NO_TIME = timedelta()
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_BYTES = 74
# What hardly two events have alike; all else is, in many.
_OWN = frozenset(("UID", "SUMMARY"))
_CONTINUES = range(0x80, 0xC0)


class Line(NamedTuple):
    """One line: its name, its value as it is written, and its parameters."""

    name: str
    value: str
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A component: its lines in their order, and what is in it."""

    name: str
    lines: tuple[Line, ...]
    parts: tuple["Part", ...] = ()


_PRIVATE = Line("CLASS", "PRIVATE")
_CATEGORIES = {place: Line("CATEGORIES", title) for place, title in TITLES.items()}
# A clinic visit fills the day; a medicine at home leaves it free.
_TRANSP = {CLINIC: Line("TRANSP", "OPAQUE"), HOME: Line("TRANSP", "TRANSPARENT")}


def calendar_of(
    dosed: DosedSchedule,
    *,
    stamp: datetime | None = None,
    plan_id: str = "",
    versions: Sequence[Version] = (),
    since: int | None = None,
    earlier: int = 0,
    style: Style | None = None,
) -> Part:
    """The calendar of a schedule; parameters and errors as `dosing.export.ical.to_ical` has them."""
    if since is not None and not versions:
        raise ValueError("`since` needs the versions of the plan")
    style = style or Style()
    schedule = dosed.schedule
    plan = plan_id or f"{schedule.regimen.id}/{schedule.regimen.base}/{schedule.start}"
    found = _followed(dosed, versions, since, plan, earlier, style) if versions else _once(dosed, plan, style)
    if not found:
        raise OutputError(f"{schedule.regimen.id} has nothing with a date to put in a calendar: " + "; ".join(map(str, schedule.missing)))
    times = {each.event.uid: _times(each.event, style) for each in found} if style.hours else {}
    events = [_event(each, times.get(each.event.uid), stamp, schedule.regimen.checked, style, followed=bool(versions)) for each in found]
    lines = _calendar(dosed, whole(dosed) if versions else left_out(dosed), style)
    return Part("VCALENDAR", tuple(lines), (*_zones(filter(None, times.values()), style), *events))


def _once(dosed: DosedSchedule, plan: str, style: Style) -> list[Followed]:
    """The events of a schedule that follows nothing."""
    events = events_of(dosed, plan=plan, grain=style.events)
    return [Followed(event) for event in (with_whole(events, first_of(events), whole(dosed)) if events else ())]


def _followed(
    dosed: DosedSchedule, versions: Sequence[Version], since: int | None, plan: str, earlier: int, style: Style
) -> list[Followed]:
    """The events of a plan that has changed; after the version `since` only, if it is given."""
    if versions[-1].dosed.schedule.entries != dosed.schedule.entries:
        raise ValueError("the last version is not the schedule to be written")
    found = follow(versions, plan=plan, earlier=earlier, grain=style.events)
    touched = [each for each in found if since is None or each.touched > since]
    if found and not touched:
        raise OutputError(f"nothing in the calendar has changed since {versions[since].on if since else 'the plan was made'}")
    return touched


# -- the calendar -------------------------------------------------------------------------------------------------


def _calendar(dosed: DosedSchedule, said: Iterable[str], style: Style) -> Iterator[Line]:
    """The lines of the calendar itself."""
    schedule = dosed.schedule
    yield Line("VERSION", "2.0")
    yield Line("PRODID", _text(f"-//dosing//dosing {dosing.__version__}//EN"))
    yield Line("CALSCALE", "GREGORIAN")
    about = _text("\n".join([schedule.regimen.title, *said]))
    yield from (Line(name, about) for name in ("DESCRIPTION", "X-WR-CALDESC"))
    name = _text(_labelled(f"{schedule.regimen.id} from {schedule.start}", style))
    yield from (Line(each, name) for each in ("NAME", "X-WR-CALNAME"))
    yield Line("COLOR", _COLOR)
    # RFC 7986 gives these two no type of their own, so it must be said.
    if style.refresh:
        yield Line("REFRESH-INTERVAL", _duration(style.refresh), (("VALUE", "DURATION"),))
    if style.source:
        yield Line("SOURCE", style.source, (("VALUE", "URI"),))
    if style.refresh:
        yield Line("X-PUBLISHED-TTL", _duration(style.refresh))


def _zones(times: Iterable[tuple[datetime, datetime]], style: Style) -> Iterator[Part]:
    """The time zone of the clinic, where an event has a time."""
    years = [moment.year for span in times for moment in span]
    if years and style.hours:
        zone = style.hours.zone
        onsets = tuple(map(_onset, yearly(zone, min(years), max(years))))
        yield Part("VTIMEZONE", (Line("TZID", zone),), onsets)


def _onset(onset: Onset) -> Part:
    lines = [
        Line("DTSTART", _local(onset.first)),
        *([Line("RRULE", onset.rule)] if onset.rule else []),
        *([Line("RDATE", _local(onset.again))] if onset.again else []),
        Line("TZNAME", _text(onset.name)),
        Line("TZOFFSETFROM", _offset(onset.before)),
        Line("TZOFFSETTO", _offset(onset.after)),
    ]
    return Part(onset.kind, tuple(lines))


# -- an event -----------------------------------------------------------------------------------------------------


def _times(event: DayEvent, style: Style) -> tuple[datetime, datetime] | None:
    """When the clinic opens and closes for a visit; None for what is all-day."""
    return style.hours.on(event.day) if style.hours and event.place == CLINIC else None


def _event(
    followed_event: Followed,
    times: tuple[datetime, datetime] | None,
    stamp: datetime | None,
    checked: date,
    style: Style,
    *,
    followed: bool,
) -> Part:
    event, modified = followed_event.event, followed_event.modified
    # Many programs show no status.
    summary = _text(_labelled(f"CANCELLED - {event.summary}" if event.cancelled else event.summary, style))
    zone = style.hours.zone if times and style.hours else ""
    start, end = times or (event.day, event.end)
    lines = [
        Line("SUMMARY", summary),
        _at("DTSTART", start, zone),
        _at("DTEND", end, zone),
        Line("DTSTAMP", _utc(stamp)) if stamp else _midnight("DTSTAMP", max(checked, modified) if modified else checked),
        Line("UID", event.uid),
    ]
    if followed:
        lines.append(_sequence(followed_event.sequence))
    lines += (_CATEGORIES[event.place], _PRIVATE, _description(_described(event, times)))
    if modified:
        lines.append(_midnight("LAST-MODIFIED", modified))
    if event.cancelled:
        lines.append(Line("STATUS", "CANCELLED"))
    lines.append(_TRANSP[HOME if event.cancelled else event.place])
    alarms = (_alarm(style.remind, times, summary),) if style.remind and not event.cancelled else ()
    return Part("VEVENT", tuple(lines), alarms)


@lru_cache(maxsize=_KEPT)
def _sequence(number: int) -> Line:
    return Line("SEQUENCE", str(number))


@lru_cache(maxsize=_KEPT)
def _at(name: str, moment: date, zone: str) -> Line:
    """A line for a day or, with a zone, for the time on its clocks."""
    return Line(name, _local(moment), (("TZID", zone),)) if isinstance(moment, datetime) else Line(name, _day(moment), _DATE)


@lru_cache(maxsize=_KEPT)
def _description(text: str) -> Line:
    return Line("DESCRIPTION", _text(text))


def _described(event: DayEvent, times: tuple[datetime, datetime] | None) -> str:
    if not times:
        return event.description
    opening = f"The clinic is open from {times[0]:%H:%M} to {times[1]:%H:%M}; the hour of the visit is not in this calendar."
    return f"{opening}\n{event.description}"


def _alarm(remind: Reminder, times: tuple[datetime, datetime] | None, summary: str) -> Part:
    ahead = remind.ahead(times[0] if times else None)
    return Part("VALARM", (Line("ACTION", "DISPLAY"), Line("DESCRIPTION", summary), Line("TRIGGER", f"-{_duration(ahead)}")))


# -- values -------------------------------------------------------------------------------------------------------


def _labelled(name: str, style: Style) -> str:
    return f"{style.label}: {name}" if style.label else name


def _text(text: str) -> str:
    """The one way for text into the file: clean, and escaped wherever it stands (RFC 5545, 3.3.11). Raises OutputError."""
    tidy = text if text.replace("\n", "").isprintable() else clean(text)
    try:
        tidy.encode()
    except UnicodeEncodeError as error:
        raise OutputError(f"{text[:60]!r} holds half a letter ({text[error.start]!r}), which no file can hold; write it anew") from None
    # By one sign after the other, the backslash first: `translate` looks at each letter.
    for sign, escaped in _ESCAPED:
        tidy = tidy.replace(sign, escaped)
    return tidy


def _day(day: date) -> str:
    return day.isoformat().replace("-", "")


def _local(moment: datetime) -> str:
    """The date and the time on the clock, without the offset."""
    return f"{_day(moment.date())}T{moment:%H%M%S}"


@lru_cache(maxsize=_KEPT)
def _midnight(name: str, day: date) -> Line:
    return Line(name, f"{_day(day)}T000000Z")


def _utc(moment: datetime) -> str:
    return f"{_local(moment.astimezone(UTC) if moment.tzinfo else moment)}Z"


def _offset(offset: timedelta) -> str:
    """`+0100`; with seconds where a zone has them."""
    hours, rest = divmod(abs(offset), _HOUR)
    minutes, seconds = divmod(rest, _MINUTE)
    return f"{'-' if offset < _NO_TIME else '+'}{hours:02}{minutes:02}{f'{seconds.seconds:02}' if seconds else ''}"


def _duration(span: timedelta) -> str:
    """`P1D`, `PT16H`, `P1DT30M`."""
    hours, rest = divmod(timedelta(seconds=span.seconds), _HOUR)
    minutes, seconds = divmod(rest, _MINUTE)
    counts = ((hours, "H"), (minutes, "M"), (seconds.seconds, "S"))
    clock = "".join(f"{count}{unit}" for count, unit in counts if count)
    return f"P{f'{span.days}D' if span.days else ''}{f'T{clock}' if clock else ''}"


# -- bytes --------------------------------------------------------------------------------------------------------


def to_bytes(part: Part) -> bytes:
    """The file, without any package: the same bytes as `dosing.export.ical` writes, for those who write many."""
    pieces: list[bytes] = []
    _add(part, pieces)
    return b"".join(pieces)


def _add(part: Part, pieces: list[bytes]) -> None:
    name = part.name.encode()
    pieces.append(b"BEGIN:%b\r\n" % name)
    pieces += [_written(line) if line.name in _OWN else _kept(line) for line in part.lines]
    for inner in part.parts:
        _add(inner, pieces)
    pieces.append(b"END:%b\r\n" % name)


def _written(line: Line) -> bytes:
    params = "".join([f";{key}={text}" for key, text in line.params]) if line.params else ""
    text = f"{line.name}{params}:{line.value}"
    return f"{text}\r\n".encode() if len(text) <= _BYTES and text.isascii() else folded(text)


_kept = lru_cache(maxsize=_KEPT)(_written)


def folded(line: str) -> bytes:
    """A line in pieces of at most 75 bytes (RFC 5545, 3.1); none ends within a letter, nor with the backslash of an escape."""
    data = line.encode()
    pieces = []
    begin = 0
    while len(data) - begin > _BYTES:
        end = begin + _BYTES
        while data[end] in _CONTINUES:
            end -= 1
        end -= data[end - 1] in b"\\^"
        pieces.append(data[begin:end])
        begin = end
    return b"\r\n ".join([*pieces, data[begin:]]) + b"\r\n"
