"""When a clinic is open: the `hours` of a site's file.

A calendar of days becomes one of hours only here: the hour of a single visit is not known.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo, available_timezones

from dosing.errors import nearest
from dosing.regimen.nodes import Node, Table, Text
from dosing.regimen.reader import Reader, join
from dosing.schedule.closed import WEEKDAYS, Closed, parse_weekday

_PATH = "hours"
_OPENS, _CLOSES, _ZONE, _WEEK = "opens", "closes", "timezone", "weekdays"
_NEVER = Closed()

Span = tuple[time, time]


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening and closing time by day of the week (0 is Monday), in the time zone of that name; none on days that are `closed`."""

    zone: str
    days: Mapping[int, Span]
    closed: Closed = _NEVER

    def on(self, day: date) -> tuple[datetime, datetime] | None:
        """When the clinic opens and closes on that day.

        None where it doesn't open, and where the clocks change just then, so that one of the two is twice or never. Raises ScheduleError
        where public holidays can't be known.
        """
        span = self.days.get(day.weekday())
        if span is None or self.closed.reason(day):
            return None
        opens, closes = (datetime.combine(day, each, ZoneInfo(self.zone)) for each in span)
        return (opens, closes) if _once(opens) and _once(closes) else None


def _once(moment: datetime) -> bool:
    return moment.utcoffset() == moment.replace(fold=1).utcoffset()


def parse_zone(text: str) -> str:
    """The name of a time zone with a region, such as Europe/Berlin. Raises ValueError."""
    try:
        if re.fullmatch(r"[A-Z][A-Za-z]+(/[A-Za-z0-9_+-]+)+", text):
            return ZoneInfo(text).key
    except (KeyError, ValueError, OSError):
        pass
    raise ValueError(f"there is no time zone {text!r}{nearest(text, available_timezones())}; write it as Europe/Berlin")


def parse_time(text: str) -> time:
    """A time of day as 08:00. Raises ValueError."""
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError(f"{text!r} is not a time of day; write it as 08:00")
    return time.fromisoformat(text)


def parse_span(text: str) -> Span:
    """`08:00 to 16:00`. Raises ValueError."""
    opens, to, closes = text.partition(" to ")
    if not to:
        raise ValueError(f"{text!r} is no opening hours; write them as 08:00 to 16:00")
    return _span(parse_time(opens), parse_time(closes))


def _span(opens: time, closes: time) -> Span:
    if not opens < closes:
        raise ValueError(f"closes at {closes:%H:%M}, which is not after {opens:%H:%M}")
    return opens, closes


def read_hours(reader: Reader, node: Node | None, closed: Closed) -> Hours | None:
    """The hours of a site that is closed on those days; None where its file says nothing of them."""
    if node is None:
        return None
    entries = reader.table(node, _PATH, required=(_ZONE,), optional=(_OPENS, _CLOSES, _WEEK))
    zone = reader.value(entries.get(_ZONE), join(_PATH, _ZONE), parse_zone)
    usual = _usual(reader, entries, node)
    own = _own(reader, entries.get(_WEEK), closed)
    if isinstance(node, Table) and not entries.keys() & {_OPENS, _CLOSES, _WEEK}:
        reader.wrong(node, _PATH, f"says no hours; give `{_OPENS}` and `{_CLOSES}`, or `{_WEEK}`")
    every = {day: usual for day in range(len(WEEKDAYS)) if usual and day not in closed.weekdays}
    return Hours(zone or "", every | own, closed)


def _usual(reader: Reader, entries: Mapping[str, Node], node: Node) -> Span | None:
    """The hours of every day that has none of its own."""
    if (_OPENS in entries) != (_CLOSES in entries):
        reader.wrong(node, _PATH, f"`{_OPENS}` and `{_CLOSES}` belong together; give both")
    opens, closes = (reader.value(entries.get(key), join(_PATH, key), parse_time) for key in (_OPENS, _CLOSES))
    if opens is None or closes is None:
        return None
    try:
        return _span(opens, closes)
    except ValueError as error:
        reader.wrong(entries[_CLOSES], join(_PATH, _CLOSES), str(error))
        return None


def _own(reader: Reader, node: Node | None, closed: Closed) -> dict[int, Span]:
    """The hours of single days of the week."""
    path = join(_PATH, _WEEK)
    if node is None:
        return {}
    if not isinstance(node, Table) or not node.entries:
        reader.wrong(node, path, "must be a mapping such as {friday: 08:00 to 13:00}")
        return {}
    found = {}
    for key, member in node.entries.items():
        where = join(path, key)
        day = reader.value(Text(node.lines[key], key), where, parse_weekday)
        span = reader.value(member, where, parse_span)
        if day in closed.weekdays:
            reader.wrong(member, where, f"{key} is closed by `closed.weekdays`; keep one of the two")
        if day is not None and span:
            found[day] = span
    return found
