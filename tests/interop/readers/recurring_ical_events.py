"""recurring-ical-events (Python): asked day by day, as a calendar is looked at."""

from collections import defaultdict
from datetime import date, datetime
from pathlib import Path

from icalendar import Calendar
from recurring_ical_events import of  # type: ignore[import-untyped]

from tests.interop.readers.icalendar import seen
from tests.interop.seen import DAY, Seen, span, system_zone


def read(path: Path, tz: str) -> list[Seen]:
    calendar = Calendar.from_ical(path.read_bytes())
    first, last = span(path)
    days: dict[str | None, list[date]] = defaultdict(list)
    with system_zone(tz):
        query = of(calendar)
        found = [seen(event) for event in query.all()]
        for number in range((last - first).days):
            day = first + DAY * number
            for event in query.at(day):
                days[str(event["UID"])].append(day)
    for each in found:
        assert isinstance(each.first, datetime) or days[each.uid] == each.days
    return found
