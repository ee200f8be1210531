"""vobject (Python), with its own validation."""

from pathlib import Path
from typing import Any

import vobject  # type: ignore[import-untyped]

from tests.interop.seen import Seen, days_or_instants, system_zone


def read(path: Path, tz: str) -> list[Seen]:
    with system_zone(tz):
        calendar = vobject.readOne(path.read_bytes().decode())
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
    )
