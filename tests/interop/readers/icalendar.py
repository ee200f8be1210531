"""icalendar (Python), reading strictly: what it could not read it keeps in `errors`, and there must be none."""

from datetime import timedelta
from pathlib import Path

from icalendar import Calendar, Component

from tests.interop.seen import Seen, days_or_instants


def read(path: Path, tz: str) -> list[Seen]:  # noqa: ARG001 - knows no system zone
    calendar = Calendar.from_ical(path.read_bytes())
    assert isinstance(calendar, Component)
    assert not calendar.errors
    return [seen(event) for event in calendar.walk("VEVENT")]


def seen(event: Component) -> Seen:
    """One VEVENT."""
    assert not event.errors
    start, end = (getattr(event[name], "dt", None) for name in ("DTSTART", "DTEND"))
    first, last = days_or_instants(start, end)
    return Seen(
        uid=str(event["UID"]),
        summary=str(event["SUMMARY"]),
        first=first,
        last=last,
        description=str(event["DESCRIPTION"]),
        status=str(event.get("STATUS", "")),
        sequence=int(event.get("SEQUENCE", 0)),
        ahead=sum((-getattr(alarm["TRIGGER"], "dt", timedelta()) for alarm in event.walk("VALARM")), timedelta()),
    )
