"""The life of a plan on a CalDAV server: created, updated, cancelled, deleted; by vdirsyncer on Radicale. `pytest -m interop`."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dosing.regimen.library import regimen_ids
from tests.interop import caldav, made
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
