"""How a calendar file is written: timed visits, reminders, labels, feeds; read back by other readers, and the same without the package."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from unicodedata import category
from zoneinfo import ZoneInfo

import pytest
import vobject  # type: ignore[import-untyped]
from dateutil.tz import tzical  # type: ignore[import-untyped]
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar
from icalendar.parser.string import _foldline

from dosing.api import load_regimen
from dosing.dose.patient import Patient
from dosing.dose.schedule import DosedSchedule, dose_schedule
from dosing.errors import OutputError
from dosing.export.content import Line, Part, calendar_of, folded, to_bytes
from dosing.export.events import Grain
from dosing.export.follow import Version
from dosing.export.ical import component_of, through_package, to_ical
from dosing.export.style import LARGE_BYTES, Reminder, Style, parse_reminder
from dosing.schedule.amend import amend
from dosing.schedule.changes import Omit, Where
from dosing.schedule.closed import Closed
from dosing.site.hours import Hours

START = date(2026, 1, 5)
PATIENT = Patient(height_cm=170, weight_kg=70)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OPEN = (time(8), time(16))
ALL_WEEK = dict.fromkeys(range(7), OPEN)
BERLIN = Hours("Europe/Berlin", ALL_WEEK)
# Where clocks change by rules of every form, and where they don't.
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Sydney", "Africa/Cairo", "Asia/Jerusalem", "Asia/Seoul")


def krd(start: date = START, cycles: int = 1) -> DosedSchedule:
    return load_regimen("krd").schedule(start=start, patient=PATIENT, cycles=cycles).dosed


def calendar(data: bytes) -> Any:
    found = Calendar.from_ical(data)
    assert not any(part.errors for part in found.walk())
    return found


def events(data: bytes) -> list[Any]:
    return list(calendar(data).walk("VEVENT"))


def lines(data: bytes) -> list[str]:
    """The content lines, unfolded by hand."""
    return data.replace(b"\r\n ", b"").decode().removesuffix("\r\n").split("\r\n")


# -- timed visits -------------------------------------------------------------------------------------------------


def test_as_it_stands_nothing_is_asked_for(draw: Callable[..., DosedSchedule]) -> None:
    assert to_ical(draw("krd"), style=Style()) == to_ical(draw("krd"))
    assert Style() == Style(events=Grain.DAY, hours=None, remind=None, label="", source="", refresh=None)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("start", [START, date(2026, 3, 16), date(2026, 9, 21), date(2026, 10, 19)])
def test_visits_last_from_opening_to_closing(zone: str, start: date) -> None:
    """On both sides of each clock change, by two readers; what is taken at home is all-day."""
    data = to_ical(krd(start), style=Style(hours=Hours(zone, ALL_WEEK)))
    theirs = {each.uid.value: each for each in vobject.readOne(data.decode()).vevent_list}
    timed = 0
    for event, plain in zip(events(data), events(to_ical(krd(start))), strict=True):
        other = theirs[str(event["UID"])]
        assert (event["UID"], event["SUMMARY"]) == (plain["UID"], plain["SUMMARY"])
        if event["TRANSP"] == "TRANSPARENT":
            assert event["DTSTART"].to_ical() == plain["DTSTART"].to_ical()
            assert str(event["DESCRIPTION"]) == str(plain["DESCRIPTION"])
            continue
        timed += 1
        for name, at in (("DTSTART", OPEN[0]), ("DTEND", OPEN[1])):
            expected = datetime.combine(plain["DTSTART"].dt, at, ZoneInfo(zone))
            assert event[name].params["TZID"] == zone
            assert event[name].dt == expected
            assert event[name].dt.astimezone(UTC) == expected.astimezone(UTC)
            assert getattr(other, name.lower()).value.astimezone(UTC) == expected.astimezone(UTC)
        said = "The clinic is open from 08:00 to 16:00; the hour of the visit is not in this calendar."
        assert str(event["DESCRIPTION"]) == f"{said}\n{plain['DESCRIPTION']}"
    assert timed == 6


@pytest.mark.parametrize("zone", ZONES)
def test_readers_that_go_by_the_file_alone_see_the_right_offset(zone: str) -> None:
    """Every half hour of the days around each change, and every seventh hour of the rest; dateutil, and icalendar's own reading."""
    data = to_ical(krd(), style=Style(hours=Hours(zone, ALL_WEEK)))
    by_file = tzical(io.StringIO(data.decode())).get(zone)
    (own,) = calendar(data).walk("VTIMEZONE")
    info = ZoneInfo(zone)
    for utc in moments(info):
        expected = utc.astimezone(info)
        assert utc.astimezone(by_file).utcoffset() == expected.utcoffset()
        assert utc.astimezone(own.to_tz()).utcoffset() == expected.utcoffset()
        local = expected.replace(tzinfo=None)
        if local.replace(tzinfo=info).utcoffset() == local.replace(tzinfo=info, fold=1).utcoffset():
            assert local.replace(tzinfo=by_file).utcoffset() == expected.utcoffset()


def moments(info: ZoneInfo) -> Iterator[datetime]:
    """In 2026, on the zone's clocks."""
    at, end = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 12, 30, tzinfo=UTC)
    while at < end:
        near = (at - 2 * DAY).astimezone(info).utcoffset() != (at + 2 * DAY).astimezone(info).utcoffset()
        yield at
        at += HOUR / 2 if near else 7 * HOUR


def test_the_zone_of_berlin_line_by_line() -> None:
    found = lines(to_ical(krd(), style=Style(hours=BERLIN)))
    begin = found.index("BEGIN:VTIMEZONE")
    assert found[begin : found.index("BEGIN:VEVENT")] == [
        *("BEGIN:VTIMEZONE", "TZID:Europe/Berlin"),
        *("BEGIN:DAYLIGHT", "DTSTART:20000326T020000", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"),
        *("TZNAME:CEST", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "END:DAYLIGHT"),
        *("BEGIN:STANDARD", "DTSTART:20001029T030000", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"),
        *("TZNAME:CET", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "END:STANDARD"),
        "END:VTIMEZONE",
    ]
    assert "DTSTART;TZID=Europe/Berlin:20260105T080000" in found
    seoul = lines(to_ical(krd(), style=Style(hours=Hours("Asia/Seoul", ALL_WEEK))))
    assert [line for line in seoul if line.startswith(("RRULE", "TZOFFSET"))] == ["TZOFFSETFROM:+0900", "TZOFFSETTO:+0900"]


def test_offsets_west_of_greenwich_and_with_seconds() -> None:
    text = to_ical(krd(), style=Style(hours=Hours("America/St_Johns", ALL_WEEK))).decode()
    assert re.findall(r"TZOFFSETFROM:(\S+)", text) == ["-0330", "-0230"]
    # Liberia went by 44 min 30 s until January 1972
    text = to_ical(krd(date(1971, 3, 1)), style=Style(hours=Hours("Africa/Monrovia", ALL_WEEK))).decode()
    assert re.findall(r"TZOFFSETTO:(\S+)", text) == ["-004430"]


def test_days_without_hours_are_all_day() -> None:
    """krd comes on Mondays and Tuesdays; open on Mondays only, and closed on 12 January."""
    hours = Hours("Europe/Berlin", {0: OPEN}, Closed(dates={date(2026, 1, 12): "moving house"}))
    found = [event["DTSTART"].dt for event in events(to_ical(krd(), style=Style(hours=hours))) if event["TRANSP"] == "OPAQUE"]
    assert [type(day) is datetime for day in found] == [True, False, False, False, True, False]
    closed = replace(hours, days={})
    assert to_ical(krd(), style=Style(hours=closed)) == to_ical(krd())


def test_a_zone_without_a_rule() -> None:
    """Brazil put its clocks back for the last time at the end of 16 February 2019: each change is named."""
    found = lines(to_ical(krd(date(2018, 12, 10), cycles=3), style=Style(hours=Hours("America/Sao_Paulo", ALL_WEEK))))
    assert not any(line.startswith("RRULE") for line in found)
    assert [line for line in found if line.startswith(("DTSTART:", "RDATE", "TZOFFSETTO"))] == [
        *("DTSTART:20171224T000000", "RDATE:20180218T000000", "TZOFFSETTO:-0300"),
        *("DTSTART:20171226T000000", "RDATE:20181104T000000", "TZOFFSETTO:-0200"),
        *("DTSTART:20171228T000000", "RDATE:20190217T000000", "TZOFFSETTO:-0300"),
        *("DTSTART:20171230T000000", "TZOFFSETTO:-0200"),
    ]


def test_years_without_times_of_day() -> None:
    with pytest.raises(OutputError, match="no times of day can be written in 1969; without `hours` in the site's file"):
        to_ical(krd(date(1969, 1, 6)), style=Style(hours=BERLIN))


# -- reminders ----------------------------------------------------------------------------------------------------


def ahead(text: str, start: str = "", zone: str = "Europe/Berlin") -> timedelta:
    return parse_reminder(text).ahead(datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)) if start else None)


def test_before_the_start() -> None:
    assert ahead("1d") == ahead("1d", "2026-01-05T08:00") == ahead("24h") == DAY
    assert ahead("30min") == timedelta(minutes=30)
    assert Reminder() == parse_reminder("1d")


def test_at_a_time_of_day() -> None:
    """Of the day before, or of the day itself where the event begins later."""
    assert ahead("08:00") == 16 * HOUR
    assert ahead("00:00") == DAY
    assert ahead("07:00", "2026-01-05T08:00") == HOUR
    assert ahead("08:00", "2026-01-05T08:00") == DAY
    assert ahead("20:30", "2026-01-05T08:00") == 11.5 * HOUR
    # the night of 29 March has an hour less, that of 25 October one more
    assert ahead("20:00", "2026-03-29T08:00") == 11 * HOUR
    assert ahead("20:00", "2026-10-25T08:00") == 13 * HOUR
    # a time that there is not on that day is as much after the gap as it should be after its beginning
    assert ahead("02:30", "2026-03-29T03:00") == 23.5 * HOUR


@given(st.times(), st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)), st.sampled_from(ZONES))  # noqa: DTZ001  # gets its zone below
def test_never_after_the_start(at: time, start: datetime, zone: str) -> None:
    found = Reminder(at=at.replace(second=0, microsecond=0, tzinfo=None))
    assert timedelta() < found.ahead(None) <= DAY
    assert timedelta() < found.ahead(start.replace(tzinfo=ZoneInfo(zone))) <= DAY + 2 * HOUR


@pytest.mark.parametrize("text", ["", "1", "0d", "-1d", "1 d", "d", "24:00", "8:00", "1w", "1000d", "\uff11d", "08:00\n", "1d\n"])
def test_what_is_no_reminder(text: str) -> None:
    with pytest.raises(ValueError, match="is no reminder; write 1d, 12h or 30min"):
        parse_reminder(text)


@pytest.mark.parametrize(
    ("text", "timed", "all_day"),
    [
        ("1d", "-P1D", "-P1D"),
        ("36h", "-P1DT12H", "-P1DT12H"),
        ("90min", "-PT1H30M", "-PT1H30M"),
        ("08:00", "-P1D", "-PT16H"),
        ("07:45", "-PT15M", "-PT16H15M"),
    ],
)
def test_one_alarm_for_each_event(text: str, timed: str, all_day: str) -> None:
    data = to_ical(krd(), style=Style(hours=BERLIN, remind=parse_reminder(text)))
    assert "VALARM" not in to_ical(krd()).decode()
    for event in events(data):
        (alarm,) = event.walk("VALARM")
        assert sorted(alarm) == ["ACTION", "DESCRIPTION", "TRIGGER"]
        assert (alarm["ACTION"], str(alarm["DESCRIPTION"])) == ("DISPLAY", str(event["SUMMARY"]))
        assert alarm["TRIGGER"].to_ical().decode() == (timed if event["TRANSP"] == "OPAQUE" else all_day)
        assert alarm["TRIGGER"].dt < timedelta()
    for other in vobject.readOne(data.decode()).vevent_list:
        assert other.valarm.trigger.value < timedelta()


def omitted() -> list[Version]:
    schedule = krd().schedule
    gone = Omit(1, START, "r", Where("treatment", 1, 2, "carfilzomib"))
    return [Version(None, dose_schedule(schedule, PATIENT)), Version(START, dose_schedule(amend(schedule, [gone]), PATIENT))]


def test_no_alarm_for_what_is_cancelled() -> None:
    versions = omitted()
    found = events(to_ical(versions[-1].dosed, versions=versions, style=Style(remind=Reminder())))
    cancelled = [event for event in found if "STATUS" in event]
    assert len(cancelled) == 1
    assert {bool(event.walk("VALARM")) for event in cancelled} == {False}
    assert all(event.walk("VALARM") for event in found if "STATUS" not in event)


# -- events, label, feed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("grain", "expected"), [(Grain.DAY, 6 + 22), (Grain.DRUG, 6 + 4 + 21), (Grain.COURSE, 6 + 2)])
def test_what_makes_an_event_reaches_the_file(grain: Grain, expected: int) -> None:
    """krd: carfilzomib on 6 days, dexamethasone on three of them and on day 22 at home, lenalidomide on days 1 to 21."""
    style, dosed = Style(events=grain), krd()
    found = events(to_ical(dosed, style=style))
    assert len(found) == expected
    assert max(event["DTEND"].dt for event in found) == START + 22 * DAY
    along = events(to_ical(dosed, versions=[Version(None, dosed)], style=style))
    assert [event["UID"] for event in along] == [event["UID"] for event in found]


def test_a_course_ends_after_its_last_day() -> None:
    (course,) = (event for event in events(to_ical(krd(), style=Style(events=Grain.COURSE))) if "D21" in event["SUMMARY"])
    assert (course["DTSTART"].to_ical(), course["DTEND"].to_ical()) == (b"20260105", b"20260126")
    assert course["DTEND"].params["VALUE"] == "DATE"


def test_a_label() -> None:
    versions = omitted()
    data = to_ical(versions[-1].dosed, versions=versions, style=Style(label="Anna, K.; \u05d0"))
    for name in ("NAME", "X-WR-CALNAME"):
        assert lines(data).count(f"{name}:Anna\\, K.\\; \u05d0: krd from 2026-01-05") == 1
    summaries = [str(event["SUMMARY"]) for event in events(data)]
    assert all(each.startswith("Anna, K.; \u05d0: ") for each in summaries)
    assert len([each for each in summaries if each.startswith("Anna, K.; \u05d0: CANCELLED - Clinic - ")]) == 1
    assert all(event["CLASS"] == "PRIVATE" for event in events(data))


labels = st.text(max_size=100) | st.text('ab\\;,:"\n\r\t\u2028\u202e\x85\x00 n\U0001f48a', max_size=40)


@given(labels)
@example("x" * 5_000)
@example("\\n;,:")
@example("\ud800")
@example("a\nb")
def test_a_label_comes_back_or_is_refused(label: str) -> None:
    if label and (not label.strip() or any(category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in label)):
        with pytest.raises(OutputError, match=r"^the label (.|\n)* can't be written; give one line|holds half a letter"):
            to_ical(krd(), style=Style(label=label))
        return
    data = to_ical(krd(), style=Style(label=label))
    begin = f"{label}: " if label else ""
    assert {str(event["SUMMARY"]).startswith(begin) for event in events(data)} == {True}
    assert max(len(line) for line in data.split(b"\r\n")) <= 75
    assert data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n")
    assert len(lines(data)) == len(lines(to_ical(krd())))


@pytest.mark.parametrize("label", [" ", "a\nb", "a\rb", "a\x00", "\u2028", "\x85", "\t"])
def test_a_label_that_is_refused(label: str) -> None:
    with pytest.raises(OutputError, match="can't be written; give one line of text without control characters"):
        Style(label=label)


def test_half_a_letter_is_refused() -> None:
    dosed = krd()
    rows = tuple(replace(row, entry=replace(row.entry, note="caf\udce9")) for row in dosed.rows)
    with pytest.raises(OutputError, match=r"holds half a letter \('\\udce9'\), which no file can hold"):
        to_ical(replace(dosed, rows=rows))


def test_a_feed() -> None:
    """The two values that RFC 7986 gives no type say theirs; nothing of it in a file to import."""
    data = to_ical(krd(), style=Style(source="https://example.org/a,b;c.ics", refresh=12 * HOUR))
    found = lines(data)
    for line in (
        "REFRESH-INTERVAL;VALUE=DURATION:PT12H",
        "SOURCE;VALUE=URI:https://example.org/a,b;c.ics",
        "X-PUBLISHED-TTL:PT12H",
    ):
        assert found.count(line) == 1
    assert calendar(data)["REFRESH-INTERVAL"].dt == 12 * HOUR
    assert not re.search("METHOD|SOURCE|REFRESH|TTL", to_ical(krd()).decode())
    assert "METHOD" not in data.decode()
    assert "SOURCE" not in to_ical(krd(), style=Style(refresh=DAY)).decode()
    assert "REFRESH" not in to_ical(krd(), style=Style(source="https://example.org/x")).decode()


@pytest.mark.parametrize(
    "source",
    ["x", "ftp://example.org/x", "https://", "https://a b", "https://a\r\nX:y", "https://a\ny", "https://\u00e9", "https://a\x7f"],
)
def test_what_is_no_address(source: str) -> None:
    with pytest.raises(OutputError, match="is not the address of a calendar; write it as https"):
        Style(source=source)


@pytest.mark.parametrize("refresh", [timedelta(), -DAY, timedelta(seconds=59)])
def test_what_is_no_refresh(refresh: timedelta) -> None:
    with pytest.raises(OutputError, match=r"can't be looked at again every .*; give a minute or more"):
        Style(refresh=refresh)


def test_what_must_be_said() -> None:
    assert Style(hours=BERLIN).warnings(b"x" * LARGE_BYTES) == []
    (large,) = Style().warnings(b"x" * (LARGE_BYTES + 1))
    assert large.startswith("the file has 900,001 bytes: Google Calendar drops what comes after 1 MB without a word; draw less")
    label, remind = Style(label="Anna", remind=Reminder()).warnings(b"")
    assert label == "everything in it bears the name 'Anna'; calendars are copied to servers, where others can read it"
    assert "subscribed calendars often drop alarms" in remind


def test_the_stamp_is_in_utc() -> None:
    east = datetime(2026, 1, 5, 8, tzinfo=ZoneInfo("Asia/Seoul"))
    assert b"\r\nDTSTAMP:20260104T230000Z\r\n" in to_ical(krd(), stamp=east)
    assert b"\r\nDTSTAMP:20260105T080000Z\r\n" in to_ical(krd(), stamp=east.replace(tzinfo=None))


# -- without the package ------------------------------------------------------------------------------------------

EVERYTHING = Style(
    events=Grain.COURSE,
    hours=BERLIN,
    remind=parse_reminder("07:00"),
    label="\u00c4nne; a, \\n",
    source="https://example.org/very/long/address/of/a/calendar/that/does/not/fit/a/line.ics",
    refresh=12 * HOUR,
)


@pytest.mark.parametrize("style", [Style(), EVERYTHING, Style(events=Grain.DRUG, hours=Hours("Africa/Cairo", ALL_WEEK))])
def test_the_same_bytes_without_the_package(dated: DosedSchedule, style: Style) -> None:
    part = calendar_of(dated, style=style)
    assert to_bytes(part) == to_ical(dated, style=style) == component_of(part).to_ical(sorted=False)


def test_the_same_bytes_of_a_plan_without_the_package() -> None:
    versions = omitted()
    one, other = (make(versions[-1].dosed, versions=versions, since=0, style=EVERYTHING) for make in (calendar_of, to_ical))
    assert isinstance(one, Part)
    assert to_bytes(one) == other


written = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=400) | st.text("a\\^;,n\u00e9\u9999\U0001f48a", max_size=400)


@given(written)
@example("a" * 66 + "\\" * 20)
@example("a" * 67 + "^^\\\\")
@example("\U0001f48a" * 200)
def test_lines_are_folded_as_the_package_folds_them(value: str) -> None:
    assert folded(value) == _foldline(value).encode() + b"\r\n"
    part = Part("VEVENT", (Line("SUMMARY", value), Line("X-A", value, (("VALUE", "TEXT"),))))
    assert to_bytes(part) == through_package(part) == component_of(part).to_ical(sorted=False)


def test_without_assertions() -> None:
    """`python -O` drops assertions, in the package too; the bytes must not change."""
    script = f"""
import runpy, sys
found = runpy.run_path({__file__!r})
sys.stdout.buffer.write(found["to_ical"](found["krd"](), style=found["EVERYTHING"]))
"""
    ran = subprocess.run(
        [sys.executable, "-O", "-c", script], capture_output=True, check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert ran.stdout == to_ical(krd(), style=EVERYTHING)
