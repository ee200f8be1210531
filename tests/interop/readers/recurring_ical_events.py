"""recurring-ical-events (Python): asked day by day, as a calendar is looked at."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from icalendar import Calendar
from recurring_ical_events import of  # type: ignore[import-untyped]

from tests.interop.readers.icalendar import seen
from tests.interop.seen import DAY, Seen, system_zone


def read(path: Path, tz: str) -> list[Seen]:
    days: dict[str | None, list[date]] = defaultdict(list)
    with system_zone(tz):
        query = of(Calendar.from_ical(path.read_bytes()))
        found = [seen(event) for event in query.all()]
        for day in _around(found):
            for event in query.at(day):
                days[str(event["UID"])].append(day)
    for each in found:
        assert isinstance(each.first, datetime) or days[each.uid] == each.days
    return found


def _around(events: Iterable[Seen]) -> list[date]:
    """Every day of an event, the one before and the one after."""
    days = {day for event in events for day in event.days if not isinstance(day, datetime)}
    return sorted({day + DAY * near for day in days for near in (-1, 0, 1)})
