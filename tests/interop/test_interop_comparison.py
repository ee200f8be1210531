"""The comparison itself: each kind of disagreement is seen, and a reader that isn't there is never passed over in silence."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.interop import made
from tests.interop.made import Made
from tests.interop.readers import icalendar, node_ical
from tests.interop.seen import DAY, Seen

CHANGE = date(2026, 3, 29)
MOVED = (b"DTSTART;VALUE=DATE:20260329\r\nDTEND;VALUE=DATE:20260330", b"DTSTART;VALUE=DATE:20260330\r\nDTEND;VALUE=DATE:20260331")
LONGER = (b"DTEND;VALUE=DATE:20260330", b"DTEND;VALUE=DATE:20260331")
RENAMED = (b"C1D14: lenalidomide", b"C1D14: thalidomide")


@pytest.fixture
def one() -> Made:
    return made.over_a_change("Europe/Berlin", CHANGE)


@pytest.mark.parametrize(("before", "after", "says"), [(*MOVED, 2), (*LONGER, 1), (*RENAMED, 2)], ids=["moved", "longer", "renamed"])
def test_a_file_that_is_not_the_csv(one: Made, tmp_path: Path, before: bytes, after: bytes, says: int) -> None:
    assert one.data.count(before) == 1
    wrong = replace(one, data=one.data.replace(before, after))
    assert len(wrong.disagreements(icalendar.read, tmp_path)) == says


def test_rows_that_are_not_given(tmp_path: Path) -> None:
    """Each is to be found by name in a description on its day."""
    *_, last = made.history(tmp_path)
    assert last.rows is not None
    assert last.rows.gone.total() > 1
    silent = replace(last, data=last.data.replace(b"NOT GIVEN: ", b"PERHAPS: "))
    found = silent.disagreements(icalendar.read, tmp_path)
    assert len(found) == len(last.rows.gone)
    assert all("not seen as not given" in line for line in found)


@pytest.mark.parametrize(
    "wrongly",
    [
        lambda event: replace(event, uid=f"{event.uid}x"),
        lambda event: replace(event, summary=event.summary.upper()),
        lambda event: replace(event, description=""),
        lambda event: replace(event, first=event.first - DAY),
        lambda event: replace(event, last=event.last + DAY),
        lambda event: replace(event, status="TENTATIVE"),
        lambda event: replace(event, sequence=1),
    ],
    ids=["uid", "summary", "description", "first", "last", "status", "sequence"],
)
def test_a_reader_that_errs(one: Made, tmp_path: Path, wrongly: Callable[[Seen], Seen]) -> None:
    def read(path: Path, tz: str) -> list[Seen]:
        return [wrongly(event) for event in icalendar.read(path, tz)]

    assert len(one.disagreements(read, tmp_path)) >= len(icalendar.read(tmp_path / "made.ics", one.tz))
    for half in (lambda path, tz: icalendar.read(path, tz)[::2], lambda *_: []):
        assert one.disagreements(half, tmp_path)


def test_a_reader_that_is_not_installed(one: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DOSING_INTEROP", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"node is not installed: apt-get install nodejs npm"):
        one.disagreements(node_ical.read, tmp_path)
    monkeypatch.setenv("DOSING_INTEROP", "all")
    with pytest.raises(pytest.fail.Exception, match=r"node is not installed"):
        one.disagreements(node_ical.read, tmp_path)
