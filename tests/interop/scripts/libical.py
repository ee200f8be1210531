"""Prints the events of a calendar file as JSON, as libical sees them; for the system's Python, which has its bindings."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gi  # type: ignore[import-not-found]

gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib as ICal  # type: ignore[import-not-found]  # noqa: E402


def moment(time: Any) -> str:
    if time.is_date():
        return f"{time.get_year():04}-{time.get_month():02}-{time.get_day():02}"
    return datetime.fromtimestamp(time.as_timet_with_zone(time.get_timezone()), UTC).isoformat()


def event(component: Any) -> dict[str, Any]:
    status = component.get_first_property(ICal.PropertyKind.STATUS_PROPERTY)
    return {
        "uid": component.get_uid(),
        "summary": component.get_summary(),
        "description": component.get_description(),
        "start": moment(component.get_dtstart()),
        "end": moment(component.get_dtend()),
        "status": status.get_value_as_string() if status else "",
        "sequence": component.get_sequence(),
        "ahead": ahead(component),
    }


def ahead(component: Any) -> int:
    """Seconds before its start; zero without an alarm."""
    alarm = component.get_first_component(ICal.ComponentKind.VALARM_COMPONENT)
    if not alarm:
        return 0
    trigger = alarm.get_first_property(ICal.PropertyKind.TRIGGER_PROPERTY).get_trigger()
    return -int(trigger.get_duration().as_int())


def main(path: str) -> None:
    calendar = ICal.Component.new_from_string(Path(path).read_text(encoding="utf-8"))
    if not calendar.check_restrictions() or calendar.count_errors():
        sys.exit(f"libical finds {calendar.count_errors()} errors:\n{calendar.as_ical_string()}")
    found = []
    component = calendar.get_first_component(ICal.ComponentKind.VEVENT_COMPONENT)
    while component:
        found.append(event(component))
        component = calendar.get_next_component(ICal.ComponentKind.VEVENT_COMPONENT)
    sys.stdout.write(json.dumps(found))


main(sys.argv[1])
