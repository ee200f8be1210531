"""How many calendar events per second are written, against plain `icalendar` building the same events in the same run.

    python benchmarks/calendars.py [ROUNDS]

Ours begins with a dosed schedule: it finds the events, puts them into words and writes them. Plain `icalendar` gets the finished words, and
only builds and writes. The rounds are interleaved; the first only warms up and is not counted. Exit code 1: the file of one plan is written
more slowly than plain `icalendar` writes it.
"""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from statistics import median
from time import perf_counter
from typing import Any

from icalendar import Calendar, Event

from dosing.api import load_regimen
from dosing.dose.patient import Patient
from dosing.dose.schedule import DosedSchedule
from dosing.export.content import calendar_of, to_bytes
from dosing.export.events import CLINIC, TITLES, DayEvent, events_of
from dosing.export.ical import to_ical

ROUNDS = 15
PLANS = ("krd-asct", "krd", "isa-kpd")
PLAN_ID = "p017"
STAMP = datetime(2026, 1, 1, tzinfo=UTC)


def plain(events: Sequence[DayEvent]) -> bytes:
    """The events as somebody writes them who has read the package's first page."""
    calendar = Calendar()
    calendar.add("prodid", "-//dosing//benchmark//EN")
    calendar.add("version", "2.0")
    for each in events:
        event = Event()
        event.add("uid", each.uid)
        event.add("dtstamp", STAMP)
        event.add("dtstart", each.day)
        event.add("dtend", each.end)
        event.add("summary", each.summary)
        event.add("description", each.description)
        event.add("categories", [TITLES[each.place]])
        event.add("class", "PRIVATE")
        event.add("transp", "OPAQUE" if each.place == CLINIC else "TRANSPARENT")
        calendar.add_component(event)
    data: bytes = calendar.to_ical()
    return data


def ways(dosed: DosedSchedule) -> dict[str, Callable[[], bytes]]:
    """What is compared, by its name."""
    events = events_of(dosed, plan=PLAN_ID)
    return {
        "plain icalendar": lambda: plain(events),
        "to_ical": lambda: to_ical(dosed, stamp=STAMP, plan_id=PLAN_ID),
        "without the package": lambda: to_bytes(calendar_of(dosed, stamp=STAMP, plan_id=PLAN_ID)),
    }


def seen(data: bytes) -> list[tuple[bytes, ...]]:
    """What stands in the events of a file; without descriptions, as the first one says more in ours."""
    names = ("UID", "DTSTART", "DTEND", "DTSTAMP", "SUMMARY", "CATEGORIES", "CLASS", "TRANSP")
    events: list[Any] = list(Calendar.from_ical(data).walk("VEVENT"))
    return [tuple(each[name].to_ical() for name in names) for each in events]


def seconds(work: Callable[[], bytes]) -> float:
    """How long it takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def compare(name: str, rounds: int) -> bool:
    """Measure and print one plan; whether the file is written at least as fast as the package writes it."""
    dosed = load_regimen(name).schedule(start=date(2026, 1, 5), patient=Patient(height_cm=170, weight_kg=70), cycles=8).dosed
    compared = ways(dosed)
    first, *others = (seen(work()) for work in compared.values())
    if any(other != first for other in others):
        sys.exit(f"{name}: the files don't hold the same events")
    times = [[seconds(work) for work in compared.values()] for _ in range(rounds + 1)]
    medians: list[float] = [median(column) for column in zip(*times[1:], strict=True)]
    base = medians[0]
    print(f"{name}, {len(first)} events:")
    for way, taken in zip(compared, medians, strict=True):
        print(f"  {way}: {taken * 1000:.1f} ms, {len(first) / taken:,.0f} events/s, {base / taken:.2f} of plain icalendar")
    return medians[1] <= base


def main(rounds: int) -> int:
    """Measure and print; the exit code."""
    print(f"Python {sys.version.split()[0]}, {rounds} rounds, medians")
    within = [compare(name, rounds) for name in PLANS]
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
