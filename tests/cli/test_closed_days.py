"""Closed days on the command line: marked as they are, moved where that is asked for, and the start days that need no move."""

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dosing.cli import commands

KRD = ["krd", "--start", "2025-12-25", "--height", "170", "--weight", "70", "--cycles", "1", "--format", "csv"]
SITE = "id: ours\ntitle: Ours\nclosed: {weekdays: [saturday, sunday], dates: {2026-01-08: Works}, holidays: US}\n"


@pytest.fixture
def site(tmp_path: Path) -> str:
    path = tmp_path / "ours.yaml"
    path.write_text(SITE, encoding="utf-8")
    return str(path)


def dosing(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


def carfilzomib(result: Result) -> list[dict[str, str]]:
    header, *lines = result.stdout.splitlines()
    names = header.split(",")
    return [dict(zip(names, line.split(","), strict=False)) for line in lines if ",carfilzomib,drug," in line]


def test_closed_days_are_marked_and_nothing_moves(site: str) -> None:
    """Christmas and New Year's Day of a course from Thursday 25 December 2025, its second days on Fridays, and 8 January."""
    result = dosing("schedule", *KRD, "--site", site)
    rows = carfilzomib(result)
    assert [row["date"][5:] for row in rows] == ["12-25", "12-26", "01-01", "01-02", "01-08", "01-09"]
    assert ["closed: Christmas Day" in line for line in result.stdout.splitlines() if line.startswith("2025-12-25")].count(True) == 2
    assert "closed: Works" in next(line for line in result.stdout.splitlines() if line.startswith("2026-01-08,treatment,1,15,carf"))
    assert not any("closed" in line for line in result.stdout.splitlines() if "lenalidomide" in line)


def test_moved_to_open_days(site: str) -> None:
    """As in a calendar by hand: 26 and (over the weekend) 29 December, 2 and 5 January, 9 and 12 January."""
    result = dosing("schedule", *KRD, "--site", site, "--move")
    rows = carfilzomib(result)
    assert [row["date"][5:] for row in rows] == ["12-26", "12-29", "01-02", "01-05", "01-09", "01-12"]
    assert "note: C1D8 Thu 1 Jan 2026 -> Fri 2 Jan, D9 follows to Mon 5 Jan: New Year's Day" in result.stderr
    first = next(row for row in csv.DictReader(result.stdout.splitlines()) if (row["date"], row["drug"]) == ("2025-12-26", "carfilzomib"))
    assert first["planned_on"] == "2025-12-25"


def test_a_calendar_says_from_where_a_day_was_moved(site: str) -> None:
    result = dosing("calendar", *KRD[:-2], "--site", site, "--move")
    text = result.stdout.replace("\r\n ", "")
    assert "DTSTART;VALUE=DATE:20260105" in text
    assert "C1D8 Thu 1 Jan 2026 -> Fri 2 Jan\\, D9 follows to Mon 5 Jan" in text


def test_start_days() -> None:
    """1 January 2026 is a Thursday and a holiday: its first pair of days would move; the 2nd needs nothing in one cycle of krd."""
    result = dosing("start-days", "krd", "--from", "2026-01-01", "--to", "2026-01-02", "--country", "US", "--cycles", "1")
    assert result.stdout.splitlines() == [
        "Fri 2 Jan 2026: nothing to move",
        "Thu 1 Jan 2026: 2 days to move",
        "    C1D1 Thu 1 Jan 2026 -> Fri 2 Jan, D2 follows to Sat 3 Jan: New Year's Day",
    ]


def test_start_days_of_a_site(site: str) -> None:
    """With weekends closed, pad from Christmas fits nowhere; from Friday 2 January its days 1-4 are pushed over the weekend."""
    result = dosing("start-days", "pad", "--from", "2025-12-25", "--to", "2025-12-26", "--site", site, "--cycles", "1")
    assert "note: site ours (" in result.stderr
    assert result.stdout.splitlines()[-2] == "Thu 25 Dec 2025: does not fit"


def test_one_day_is_one() -> None:
    result = dosing("start-days", "kd-weekly", "--from", "2026-01-01", "--to", "2026-01-01", "--country", "US", "--cycles", "1")
    assert result.stdout.splitlines()[0] == "Thu 1 Jan 2026: 1 day to move"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["schedule", *KRD, "--move"], 5, "--move needs closed days"),
        (["schedule", *KRD, "--country", "usa"], 6, "--country: 'usa' is not a country or region such as US or US-CA"),
        (["schedule", *KRD, "--country", "XX"], 5, "XX"),
        (["start-days", "krd", "--from", "2026-01-01", "--to", "2026-01-05"], 5, "there are no closed days to avoid"),
        (["start-days", "krd", "--from", "1.1.2026", "--to", "2026-01-05", "--country", "US"], 5, "--from: '1.1.2026' is not a date"),
        (["start-days", "krd", "--from", "2026-01-05", "--to", "2026-01-01", "--country", "US"], 5, "give 1 to 366 days"),
    ],
)
def test_what_is_refused(arguments: list[str], code: int, message: str) -> None:
    result = dosing(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
