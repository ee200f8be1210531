"""Calendars with the hours of a clinic: every reader sees each visit at the instants that the law gives, and all else all-day."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import pytz

from tests.interop import timed as module
from tests.interop.readers import (
    calcurse,
    ical,
    ical_js,
    icalendar,
    khal,
    khal_library,
    libical,
    node_ical,
    recurring_ical_events,
    ruby_icalendar,
    vobject,
)
from tests.interop.seen import Seen
from tests.interop.timed import CLOCKS, GRAINS, LATE, Clock, Timed, timed

Read = Callable[[Path, str], list[Seen]]
IN_PYTHON: dict[str, Read] = {
    "icalendar": icalendar.read,
    "vobject": vobject.read,
    "ical": ical.read,
    "recurring-ical-events": recurring_ical_events.read,
    "khal-library": khal_library.read,
}
PROGRAMS: dict[str, Read] = {
    "khal": khal.read,
    "calcurse": calcurse.read,
    "libical": libical.read,
    "ical.js": ical_js.read,
    "node-ical": node_ical.read,
    "ruby-icalendar": ruby_icalendar.read,
}
ALL = [*IN_PYTHON.values(), *(pytest.param(read, marks=pytest.mark.interop) for read in PROGRAMS.values())]
NAMES = [*IN_PYTHON, *PROGRAMS]
by_name = pytest.mark.parametrize("clock", CLOCKS, ids=[clock.name for clock in CLOCKS])
readers = pytest.mark.parametrize("read", ALL, ids=NAMES)


# -- the offsets --------------------------------------------------------------------------------------------------


@by_name
def test_the_offsets_are_those_of_another_database(clock: Clock) -> None:
    """pytz, at 12:00 of each day."""
    zone = pytz.timezone(clock.zone)
    for number in range(-1, 28 * clock.cycles + 1):
        day = clock.start + timedelta(number)
        assert clock.at(day, "12:00") == zone.localize(datetime.combine(day, datetime.min.time()) + timedelta(hours=12))


def test_visits_lie_on_both_sides_of_each_change() -> None:
    for clock in CLOCKS:
        days = {day for day, _ in timed(clock).injected}
        for change, _ in clock.changes:
            assert min(days) < change <= max(days)
        assert clock.changes[0][0] in days
        assert clock.closed in days


# -- all readers --------------------------------------------------------------------------------------------------


@by_name
@readers
def test_across_a_clock_change(read: Read, clock: Clock, tmp_path: Path) -> None:
    """Grain, reminder and label take turns."""
    number = CLOCKS.index(clock)
    assert timed(clock, GRAINS[number % 3], number // 2).disagreements(read, tmp_path) == []


@pytest.mark.interop
@pytest.mark.parametrize("grain", GRAINS)
@by_name
@readers
def test_across_a_clock_change_in_every_form(read: Read, clock: Clock, grain: str, tmp_path: Path) -> None:
    added = CLOCKS.index(clock) + GRAINS.index(grain)
    assert timed(clock, grain, added).disagreements(read, tmp_path) == []


@pytest.mark.parametrize("tz", ["Asia/Seoul", "America/Los_Angeles", "UTC"])
@readers
def test_on_a_machine_elsewhere(read: Read, tz: str, tmp_path: Path) -> None:
    """The same instants; what is all-day stays on its day. No visit is in an hour that comes twice there: calcurse keeps the hour."""
    for grain, clock in zip(GRAINS, (CLOCKS[0], CLOCKS[4], CLOCKS[14]), strict=True):
        made = timed(clock, grain, 1)
        assert made.disagreements(lambda path, _: read(path, tz), tmp_path) == []


@readers
def test_after_2037(read: Read, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if read is khal_library.read:
        request.applymarker(pytest.mark.xfail(reason="it is given a zone of pytz, and those end in 2037"))
    if read is node_ical.read:
        request.applymarker(pytest.mark.xfail(reason="from 2037 on it takes every day for one in winter"))
    assert timed(LATE, "day", 0).disagreements(read, tmp_path) == []


@readers
@pytest.mark.parametrize("grain", GRAINS)
def test_a_plan_that_changes(read: Read, grain: str, histories: dict[str, list[Timed]], tmp_path: Path) -> None:
    for version in histories[grain]:
        assert version.disagreements(read, tmp_path) == []


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Timed]]:
    return {grain: list(module.history(tmp_path_factory.mktemp(grain), grain, remind="1d", label="Bed 7")) for grain in GRAINS}


# -- the comparison itself ----------------------------------------------------------------------------------------

ON_MONDAY = b"DTSTART;TZID=Europe/Berlin:20260323T073000\r\nDTEND;TZID=Europe/Berlin:20260323T164500"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # an hour too late on one side, the zone's rule of another Sunday, a visit made all-day, another reminder, no label
        (b":20260330T073000", b":20260330T083000"),
        (b"TZID=Europe/Berlin:20260329T090000", b"TZID=Europe/London:20260329T090000"),
        (ON_MONDAY, b"DTSTART;VALUE=DATE:20260323\r\nDTEND;VALUE=DATE:20260324"),
        (b"TRIGGER:-PT13H", b"TRIGGER:-PT12H"),
        (b"SUMMARY:Bed 7", b"SUMMARY:Bad 7"),
    ],
    ids=["hour", "zone", "all-day", "reminder", "label"],
)
def test_a_file_that_is_wrong(before: bytes, after: bytes, tmp_path: Path) -> None:
    right = timed(module.BERLIN, "day", 1)
    assert right.data.count(before) >= 1
    assert replace(right, data=right.data.replace(before, after)).disagreements(icalendar.read, tmp_path)


def test_a_visit_at_home_is_seen(tmp_path: Path) -> None:
    right = timed(module.BERLIN, "drug", 0)
    wrong = replace(right, data=right.data.replace(b"SUMMARY:Clinic - C1D1: ", b"SUMMARY:At home - C1D1: "))
    assert [line[:18] for line in wrong.disagreements(icalendar.read, tmp_path)] == ["should be all-day:"] * 2 + ["not in the clinic:"]
    assert (date(2026, 3, 22), "carfilzomib") in right.injected
