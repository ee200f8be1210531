"""vobject (Python), with its own validation.

It goes by the first description of a zone that it met; so it forgets those of other files, as if it read this one alone.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import vobject  # type: ignore[import-untyped]

from tests.interop.seen import Seen, days_or_instants, system_zone


def read(path: Path, tz: str) -> list[Seen]:
    text = path.read_bytes().decode()
    for zone in re.findall(r"^TZID:(.*)\r$", text, re.MULTILINE):
        vobject.icalendar.registerTzid(zone, None)
    with system_zone(tz):
        calendar = vobject.readOne(text)
        calendar.validate(raiseException=True)
        return [_seen(event.contents) for event in calendar.contents.get("vevent", [])]


def _seen(event: dict[str, list[Any]]) -> Seen:
    first, last = days_or_instants(event["dtstart"][0].value, event["dtend"][0].value)
    return Seen(
        uid=event["uid"][0].value,
        summary=event["summary"][0].value,
        first=first,
        last=last,
        description=event["description"][0].value,
        status=event["status"][0].value if "status" in event else "",
        sequence=int(event["sequence"][0].value) if "sequence" in event else 0,
        ahead=sum((-alarm.trigger.value for alarm in event.get("valarm", [])), timedelta()),
    )
