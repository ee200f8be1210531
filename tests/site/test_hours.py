"""Opening hours and lines for patients in a site's file: what is read, what is refused, and when a visit is."""

from datetime import UTC, date, time
from pathlib import Path

import pytest

from dosing.errors import RegimenFileError, ScheduleError
from dosing.schedule.closed import Closed
from dosing.site.hours import Hours, parse_span, parse_time, parse_zone
from dosing.site.read import Site, read_site
from dosing.site.words import describe

DAY = (time(8), time(16))
MONDAY = date(2026, 1, 5)


def read(text: str) -> Site:
    def no_file(path: Path) -> bytes:
        raise AssertionError(path)

    return read_site(f"id: here\ntitle: A site\n{text}".encode(), file="here.yaml", open_file=no_file)


def problems(text: str) -> list[str]:
    with pytest.raises(RegimenFileError) as caught:
        read(text)
    return [str(problem) for problem in caught.value.problems]


def test_the_same_hours_every_day() -> None:
    site = read("hours: {timezone: Europe/Berlin, opens: 08:00, closes: '16:00'}")
    assert site.hours == Hours("Europe/Berlin", dict.fromkeys(range(7), DAY))
    assert describe(site)[2:] == ["open: Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, 08:00 to 16:00 (Europe/Berlin)"]


def test_hours_by_the_day_of_the_week() -> None:
    text = "hours: {timezone: Asia/Seoul, opens: 08:00, closes: 16:00, weekdays: {friday: 08:00 to 13:00}}\nclosed: {weekdays: [sunday]}"
    site = read(text)
    assert site.hours == Hours("Asia/Seoul", {**dict.fromkeys(range(6), DAY), 4: (time(8), time(13))}, Closed(frozenset({6})))
    assert describe(site)[2:] == [
        "closed: Sunday",
        "open: Monday, Tuesday, Wednesday, Thursday, Saturday, 08:00 to 16:00 (Asia/Seoul)",
        "open: Friday, 08:00 to 13:00 (Asia/Seoul)",
    ]
    some = read("hours: {timezone: Asia/Seoul, weekdays: {tuesday: 08:00 to 16:00}}").hours
    assert some == Hours("Asia/Seoul", {1: DAY})


def test_without_hours() -> None:
    site = read("")
    assert (site.hours, site.bring, site.call) == (None, (), ())
    assert len(describe(site)) == 2


def test_lines_for_patients() -> None:
    site = read("bring:\n  - This  calendar\n  - 'Medicines; all of them'\ncall: [\"Day clinic: 030 23125 001\"]")
    assert site.bring == ("This calendar", "Medicines; all of them")
    assert site.call == ("Day clinic: 030 23125 001",)
    assert describe(site)[2:] == [
        "patients bring: This calendar",
        "patients bring: Medicines; all of them",
        "patients call: Day clinic: 030 23125 001",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hours: 08:00 to 16:00", ["3: hours: must be a mapping with the keys timezone"]),
        ("hours: {timezone: Europe/Berlin}", ["3: hours: says no hours; give `opens` and `closes`, or `weekdays`"]),
        ("hours: {}", ["3: hours: says no hours", "3: hours: the key 'timezone' is missing"]),
        ("hours: {opens: 08:00, closes: 16:00}", ["3: hours: the key 'timezone' is missing"]),
        ("hours: {timezone: Europe/Berlin, opens: 08:00}", ["3: hours: `opens` and `closes` belong together; give both"]),
        ("hours: {timezone: Europe/Berlin, closes: 16:00}", ["3: hours: `opens` and `closes` belong together; give both"]),
        (
            "hours:\n  timezone: Europe/Berlin\n  opens: 16:00\n  closes: 08:00",
            ["6: hours.closes: closes at 08:00, which is not after 16:00"],
        ),
        (
            "hours: {timezone: Europe/Berlin, opens: 8:00, closes: 24:00}",
            ["3: hours.closes: '24:00' is not a", "3: hours.opens: '8:00' is"],
        ),
        (
            "hours: {timezone: Europe/Berlin, open: 08:00, closes: 16:00}",
            ["3: hours: `opens` and `closes` belong together", "3: hours.open: unknown key; did you mean 'opens'?"],
        ),
        ("hours: {timezone: Europe/Berlin, weekdays: [friday]}", ["3: hours.weekdays: must be a mapping such as {friday: 08:00 to 13:00}"]),
        ("hours: {timezone: Europe/Berlin, weekdays: {}}", ["3: hours.weekdays: must be a mapping such as"]),
        (
            "hours:\n  timezone: Europe/Berlin\n  weekdays:\n    fryday: 08:00-13:00\n    friday: 08:00 to 8",
            [
                "6: hours.weekdays.fryday: '08:00-13:00' is no opening hours; write them as 08:00 to 16:00",
                "6: hours.weekdays.fryday: 'fryday' is not one of monday, ",
                "7: hours.weekdays.friday: '8' is not a time of day; write it as 08:00",
            ],
        ),
        (
            "closed: {weekdays: [sunday]}\nhours: {timezone: Europe/Berlin, weekdays: {sunday: 08:00 to 13:00}}",
            ["4: hours.weekdays.sunday: sunday is closed by `closed.weekdays`; keep one of the two"],
        ),
        ("bring: This calendar", ["3: bring: must be a list"]),
        ("call: ['']", ["3: call[1]: is empty"]),
        ("cal: [x]", ["3: cal: unknown key; did you mean 'call'?"]),
    ],
)
def test_what_is_wrong(text: str, expected: list[str]) -> None:
    found = problems(text)
    assert len(found) == len(expected), found
    for problem, begin in zip(found, expected, strict=True):
        assert problem.startswith(f"here.yaml:{begin}")


@pytest.mark.parametrize(
    ("zone", "near"),
    [
        ("Europe/Berln", "; did you mean 'Europe/Berlin'?"),
        ("europe/berlin", "; did you mean 'Europe/Berlin'?"),
        ("CET", ""),
        ("UTC", ""),
        ("localtime", ""),
        ("America/Argentina", ""),
        ("Europe/../Europe/Berlin", ""),
        ("/etc/passwd", ""),
        ("", ""),
    ],
)
def test_what_is_no_time_zone(zone: str, near: str) -> None:
    with pytest.raises(ValueError, match="there is no time zone") as caught:
        parse_zone(zone)
    assert str(caught.value).endswith("; write it as Europe/Berlin")
    assert near in str(caught.value)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "America/Port-au-Prince"])
def test_what_is_a_time_zone(zone: str) -> None:
    assert parse_zone(zone) == zone


@pytest.mark.parametrize("text", ["8:00", "24:00", "08:60", "08:00:00", "8", "", "08.00", "\uff10\uff18:00", "08:00\n"])
def test_what_is_no_time_of_day(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time of day; write it as 08:00"):
        parse_time(text)


def test_times_and_spans() -> None:
    assert (parse_time("00:00"), parse_time("23:59")) == (time(0), time(23, 59))
    assert parse_span("08:00 to 16:00") == DAY
    for text in ("08:00 to 08:00", "08:01 to 08:00"):
        with pytest.raises(ValueError, match="closes at 08:00, which is not after"):
            parse_span(text)


# -- when a visit is ----------------------------------------------------------------------------------------------


def utc(hours: Hours, day: date) -> list[str] | None:
    span = hours.on(day)
    return [f"{moment.astimezone(UTC):%d %H:%M}" for moment in span] if span else None


def test_a_day_of_hours_is_in_the_zone() -> None:
    """The same hours on the clock, before and after it changes on 29 March 2026."""
    hours = Hours("Europe/Berlin", {4: DAY, 0: DAY})
    assert utc(hours, date(2026, 3, 27)) == ["27 07:00", "27 15:00"]
    assert utc(hours, date(2026, 3, 30)) == ["30 06:00", "30 14:00"]
    assert utc(hours, date(2026, 3, 28)) is None


def test_no_hours_on_a_closed_day() -> None:
    hours = Hours("Europe/Berlin", {0: DAY}, Closed(dates={MONDAY: "moving house"}))
    assert hours.on(MONDAY) is None
    assert hours.on(date(2026, 1, 12)) is not None
    with pytest.raises(ScheduleError, match="no country"):
        Hours("Europe/Berlin", {0: DAY}, Closed(holidays="XX")).on(MONDAY)


@pytest.mark.parametrize(
    ("day", "opens", "closes", "expected"),
    [
        # 02:00 to 03:00 is left out on 29 March, and comes twice on 25 October
        (date(2026, 3, 29), "01:59", "08:00", True),
        (date(2026, 3, 29), "02:00", "08:00", False),
        (date(2026, 3, 29), "00:00", "02:59", False),
        (date(2026, 3, 29), "03:00", "08:00", True),
        (date(2026, 10, 25), "01:59", "08:00", True),
        (date(2026, 10, 25), "02:00", "08:00", False),
        (date(2026, 10, 25), "00:00", "02:59", False),
        (date(2026, 10, 25), "03:00", "08:00", True),
    ],
)
def test_no_hours_that_are_never_or_twice(day: date, opens: str, closes: str, expected: bool) -> None:
    span = (time.fromisoformat(opens), time.fromisoformat(closes))
    assert (Hours("Europe/Berlin", {6: span}).on(day) is not None) == expected
