"""khal as a library (Python): files split by UID, as it imports them, and each event as it shows it on a machine of the zone.

khal makes the icalendar package use pytz everywhere; that is taken back at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import icalendar

from tests.interop.seen import Seen, days_or_instants, system_zone


def read(path: Path, tz: str) -> list[Seen]:
    with system_zone(tz), _pytz():
        import pytz
        from khal.icalendar import split_ics  # type: ignore[import-untyped]
        from khal.khalendar.event import Event  # type: ignore[import-untyped]

        zone = pytz.timezone(tz)
        locale = {"default_timezone": zone, "local_timezone": zone}
        events = split_ics(path.read_bytes().decode(), default_timezone=zone)
        return [_seen(Event.fromString(each, locale=locale)) for each in events]


@contextmanager
def _pytz() -> Iterator[None]:
    icalendar.use_pytz()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        icalendar.use_zoneinfo()  # type: ignore[no-untyped-call]


def _seen(event: Any) -> Seen:
    start, end = event.start_local, event.end_local
    # Its end of an all-day event is the last day.
    first, last = days_or_instants(start, end) if isinstance(start, datetime) else (start, end)
    return Seen(
        uid=str(event.uid),
        summary=str(event.summary),
        first=first,
        last=last,
        description=str(event.description),
        status=str(event.status),
    )
