"""Every calendar file that we write is read by the readers in Python, with the events of its lines, on the days of the CSV."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from dosing.regimen.library import regimen_ids
from tests.interop import made
from tests.interop.made import CLOCK_CHANGES, ZONES, Made
from tests.interop.readers import ical, icalendar, khal_library, recurring_ical_events, vobject
from tests.interop.seen import Seen

Read = Callable[[Path, str], list[Seen]]
READERS: dict[str, Read] = {
    "icalendar": icalendar.read,
    "vobject": vobject.read,
    "ical": ical.read,
    "recurring-ical-events": recurring_ical_events.read,
    "khal": khal_library.read,
}


@pytest.fixture(params=READERS)
def read(request: pytest.FixtureRequest) -> Read:
    return READERS[request.param]


@pytest.mark.parametrize(("tz", "change"), CLOCK_CHANGES)
def test_across_a_clock_change(read: Read, tz: str, change: date, tmp_path: Path) -> None:
    assert made.over_a_change(tz, change).disagreements(read, tmp_path) == []


def test_a_plan_that_changes(read: Read, history: list[Made], tmp_path: Path) -> None:
    for version in history:
        assert version.disagreements(read, tmp_path) == []


@pytest.mark.parametrize("tz", ZONES)
def test_times_of_day(read: Read, tz: str, tmp_path: Path) -> None:
    assert made.by_hand(tz).disagreements(read, tmp_path) == []


@pytest.mark.parametrize("words", [made.FOREIGN, made.BACKSLASH], ids=["foreign", "backslash"])
def test_foreign_words(read: Read, words: str, tmp_path: Path) -> None:
    assert made.foreign("Europe/Berlin", words).disagreements(read, tmp_path) == []


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    folder = tmp_path_factory.mktemp("plan")
    return [*made.history(folder), made.changed_since(folder, date(2026, 4, 1))]


@pytest.mark.long
@pytest.mark.parametrize("id", regimen_ids())
def test_every_shipped_regimen(read: Read, id: str, tmp_path: Path) -> None:
    for found in made.shipped(id):
        assert found.disagreements(read, tmp_path) == [], found.name
