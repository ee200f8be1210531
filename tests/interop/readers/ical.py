"""ical (Python, allenporter), which refuses what it can't read; seen through the timeline of the zone."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ical.calendar_stream import IcsCalendarStream

from tests.interop.seen import Seen, days_or_instants, system_zone


def read(path: Path, tz: str) -> list[Seen]:
    with system_zone(tz):
        calendar = IcsCalendarStream.calendar_from_ics(path.read_bytes().decode())
        shown = list(calendar.timeline_tz(ZoneInfo(tz)))
    assert len(shown) == len(calendar.events)
    found = []
    for event in shown:
        first, last = days_or_instants(event.dtstart, event.end)
        found.append(
            Seen(
                uid=event.uid,
                summary=event.summary or "",
                first=first,
                last=last,
                description=event.description or "",
                status=event.status.value if event.status else "",
                sequence=event.sequence or 0,
                ahead=sum((-alarm.trigger for alarm in event.alarm if isinstance(alarm.trigger, timedelta)), timedelta()),
            )
        )
    return found
