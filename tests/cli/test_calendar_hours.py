"""`dosing calendar` with the hours of a clinic: on which days a visit has hours, and what is refused."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
SITE = """\
id: here
title: A clinic
closed: {dates: {2026-05-19: moving house}}
hours: {timezone: Europe/Berlin, opens: "08:00", closes: "16:00"}
"""
PATIENT = ("--height", "170", "--weight", "70")
# krd comes to the clinic on days 1, 2, 8, 9, 15 and 16: its second cycle on Mondays and Tuesdays from 18 May 2026 on.
START = ("--start", "2026-04-20", "--cycles", "2")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(SITE, encoding="utf-8")
    return path


def opens(path: Path) -> list[str]:
    """The beginnings of the visits with hours."""
    return re.findall(r"^DTSTART;TZID=[^:]*:(.*)\r$", path.read_bytes().decode(), re.MULTILINE)


def calendar(run: Run, *args: str) -> list[str]:
    result = run("calendar", *args, "-o", "a.ics", "--force")
    assert result.exit_code == 0, result.output
    return opens(Path("a.ics"))


ALL = {f"2026{day}T080000" for day in ("0420", "0421", "0427", "0428", "0504", "0505", "0518", "0525", "0526", "0601", "0602")}
PENTECOST_MONDAY = "20260525T080000"


@pytest.mark.parametrize("of", ["regimen", "plan"])
def test_no_hours_on_holidays_that_are_asked_for(run: Run, site: Path, of: str) -> None:
    """25 May 2026 is the Monday after Pentecost, a public holiday in Germany and none in Japan; 19 May is closed by the site itself."""
    what: tuple[str, ...] = ("krd", *START, *PATIENT, "--site", str(site))
    if of == "plan":
        run("plan", "new", *what, "-o", "p.plan.yaml")
        what = ("p.plan.yaml",)
    assert set(calendar(run, *what)) == ALL
    assert set(calendar(run, *what, "--country", "DE")) == ALL - {PENTECOST_MONDAY}
    assert set(calendar(run, *what, "--country", "JP")) == ALL - {"20260504T080000", "20260505T080000"}
    assert PENTECOST_MONDAY not in calendar(run, *what, "--country", "DE", "--move")


def test_a_plans_own_holidays(run: Run, site: Path) -> None:
    """Another country asked for goes before the plan's, as it does in the schedule."""
    run("plan", "new", "krd", *START, *PATIENT, "--site", str(site), "--country", "DE", "-o", "p.plan.yaml")
    assert set(calendar(run, "p.plan.yaml")) == ALL - {PENTECOST_MONDAY}
    assert PENTECOST_MONDAY in calendar(run, "p.plan.yaml", "--country", "JP")


def test_no_hours_where_the_clocks_change_just_then(run: Run, site: Path) -> None:
    site.write_text(SITE.replace("08:00", "02:30"), encoding="utf-8")
    found = calendar(run, "kd-weekly", "--start", "2026-03-22", "--cycles", "1", *PATIENT, "--site", str(site))
    assert found == ["20260322T023000", "20260405T023000"]
    assert b"DTSTART;VALUE=DATE:20260329" in Path("a.ics").read_bytes()


@pytest.mark.parametrize("start", ["1969-01-06", "9999-10-04"])
def test_years_without_times_of_day(run: Run, site: Path, start: str) -> None:
    result = run("calendar", "krd", "--start", start, "--cycles", "1", *PATIENT, "--site", str(site))
    assert result.exit_code == 7
    message = f"no times of day can be written in {start[:4]}; without `hours` in the site's file the visits are written all-day"
    assert message in result.output


def test_a_large_file_is_warned_of(run: Run) -> None:
    """Google Calendar drops what comes after 1 MB."""
    result = run("calendar", "krd", "--start", "2026-01-05", "--cycles", "120", *PATIENT, "--events", "drug", "-o", "a.ics")
    size = Path("a.ics").stat().st_size
    assert size > 900_000
    assert f"WARNING: the file has {size:,} bytes: Google Calendar drops what comes after 1 MB without a word" in result.output
    result = run("calendar", "krd", "--start", "2026-01-05", "--cycles", "120", *PATIENT, "--events", "course", "-o", "b.ics")
    assert Path("b.ics").stat().st_size < 900_000
    assert "WARNING" not in result.output
