"""The life of a plan on a CalDAV server: created, updated, cancelled, deleted; by vdirsyncer on Radicale. `pytest -m interop`."""

import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dosing.regimen.library import regimen_ids
from tests.interop import caldav, made, timed
from tests.interop.caldav import Client, Server
from tests.interop.expected import plain
from tests.interop.made import Made
from tests.interop.readers import icalendar
from tests.interop.seen import Seen, differences

pytestmark = pytest.mark.interop
ZONE = "Europe/Berlin"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with caldav.radicale(tmp_path_factory.mktemp("radicale")) as running:
        yield running


@pytest.fixture
def ours(server: Server, tmp_path: Path) -> Client:
    """Keeps the file that we write in step with the server."""
    server.request("MKCALENDAR", f"{tmp_path.name}/")
    return caldav.client(tmp_path / "ours", server, tmp_path.name, one_file=True)


@pytest.fixture
def theirs(server: Server, ours: Client, tmp_path: Path) -> Client:  # noqa: ARG001 - it makes the collection
    """A second machine, that has one file for each event."""
    return caldav.client(tmp_path / "theirs", server, tmp_path.name, one_file=False)


def on(client: Client) -> list[Seen]:
    return [event for file in (client.folder / "events").iterdir() for event in icalendar.read(file, ZONE)]


def test_a_plan_is_created_and_updated(server: Server, ours: Client, theirs: Client, tmp_path: Path) -> None:
    """After each change the server and the second machine have the file's events, with SEQUENCE and STATUS, on the days of the CSV."""
    sequences = []
    for version in made.history(tmp_path):
        ours.file.write_bytes(version.data)
        ours.sync()
        theirs.sync()
        written = plain(version.data)
        # vdirsyncer writes the file anew; what stands above the events loses lines that come twice.
        for found in (plain(ours.file.read_bytes()), plain(server.request("GET", f"{tmp_path.name}/")), on(theirs)):
            assert differences(found, written) == []
            assert version.rows
            assert version.rows.differences(found, zone=ZoneInfo(ZONE)) == []
        sequences.append({event.uid: event.sequence for event in on(theirs)})
    cancelled = {event.uid for event in on(theirs) if event.status == "CANCELLED"}
    assert cancelled
    # Each event that is cancelled at the end was counted up since it was created.
    assert all((sequences[-1][uid] or 0) > (sequences[0][uid] or 0) == 0 for uid in cancelled)


def test_events_are_deleted(ours: Client, theirs: Client) -> None:
    """A file with half of the events: the others go from the server and from the second machine."""
    before = made.over_a_change(ZONE, next(iter(made.CHANGES[ZONE]))).data
    ours.file.write_bytes(before)
    ours.sync()
    theirs.sync()
    assert differences(on(theirs), plain(before)) == []
    head, *events = before.split(b"BEGIN:VEVENT\r\n")
    half = [event.partition(b"END:VCALENDAR")[0] for event in events[::2]]
    after = head + b"".join(b"BEGIN:VEVENT\r\n" + event for event in half) + b"END:VCALENDAR\r\n"
    ours.file.write_bytes(after)
    ours.sync()
    theirs.sync()
    assert 0 < len(half) < len(events)
    assert differences(on(theirs), plain(after)) == []


# -- with hours of the clinic -------------------------------------------------------------------------------------


@pytest.mark.parametrize("grain", timed.GRAINS)
def test_a_timed_plan_is_created_updated_and_cancelled(server: Server, ours: Client, theirs: Client, tmp_path: Path, grain: str) -> None:
    folder = tmp_path / "plan"
    folder.mkdir()
    for version in timed.history(folder, grain, remind="20:00", label="Bed 7"):
        put(version, ours, theirs)
        for found in (plain(ours.file.read_bytes()), plain(server.request("GET", f"{tmp_path.name}/")), on(theirs)):
            assert differences(found, plain(version.data)) == []
            assert version.differences(found) == []
    assert any(event.status == "CANCELLED" for event in on(theirs))


def test_hours_and_label_that_change_are_an_update(ours: Client, theirs: Client, tmp_path: Path) -> None:
    """They are no change of the plan: SEQUENCE stays, so `--stamp` says which file is the newer one; and then a file is written without."""
    file = timed.plan(tmp_path)
    put(timed.as_it_stands(file), ours, theirs)
    before = {event.uid: event for event in on(theirs)}
    for opens, label, *stamp in (("10:15", "", "--stamp", "2026-03-21"), ("11:00", "Bed 7", "--stamp", "2026-03-23"), ("06:00", "")):
        timed.BERLIN.site(tmp_path, opens)
        version = timed.as_it_stands(file, "day", *stamp, opens=opens, label=label)
        put(version, ours, theirs)
        found = on(theirs)
        assert version.differences(found) == []
        assert {event.uid: event.sequence for event in found} == {uid: event.sequence for uid, event in before.items()}
        stamps = set(re.findall(rb"^DTSTAMP:(\d{8})", version.data, re.MULTILINE))
        assert not stamp or stamps == {stamp[1].replace("-", "").encode()}
        moved = [event for event in found if event.first != before[event.uid].first]
        # Two cycles with visits on three Sundays, which have hours of their own, and on three Mondays, of which one is closed.
        assert len(moved) == 5


def test_another_grain_is_another_calendar(ours: Client, theirs: Client, tmp_path: Path) -> None:
    """Kept in step, the entries of the old one go; they would stay beside the new ones where a file is only imported."""
    file = timed.plan(tmp_path)
    first, second = timed.as_it_stands(file, "day"), timed.as_it_stands(file, "drug")
    for version in (first, second):
        put(version, ours, theirs)
        assert version.differences(on(theirs)) == []
    assert not {event.uid for event in plain(first.data)} & {event.uid for event in plain(second.data)}


def put(version: timed.Timed, ours: Client, theirs: Client) -> None:
    ours.file.write_bytes(version.data)
    ours.sync()
    theirs.sync()


# -- whole calendars ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", regimen_ids())
def test_every_shipped_regimen_as_a_whole_calendar(server: Server, id: str) -> None:
    """Uploaded as one file, which the server takes apart; then fetched again."""
    for number, found in enumerate(made.shipped(id)):
        assert_same(server, f"{id}-{number}/", found)


def assert_same(server: Server, collection: str, sent: Made) -> None:
    server.request("PUT", collection, sent.data)
    kept = plain(server.request("GET", collection))
    assert differences(kept, plain(sent.data)) == [], sent.name
    assert sent.rows
    assert sent.rows.differences(kept, zone=ZoneInfo(sent.tz)) == []
