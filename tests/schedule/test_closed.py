"""Why a day is closed: days of the week, own dates, public holidays."""

import sys
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from dosing.errors import ScheduleError
from dosing.schedule import closed as module
from dosing.schedule.closed import WEEKDAYS, Closed, parse_holidays, parse_weekday, public_holiday

NEW_YEAR = date(2026, 1, 1)
MONDAY = date(2026, 1, 5)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Each test finds the holidays anew."""
    module._calendar.cache_clear()
    yield
    module._calendar.cache_clear()


def test_open_where_nothing_is_said() -> None:
    assert not any(Closed().reason(MONDAY + timedelta(days)) for days in range(400))


@pytest.mark.parametrize("weekday", range(7))
def test_days_of_the_week(weekday: int) -> None:
    closed = Closed(frozenset({weekday}))
    reasons = [closed.reason(MONDAY + timedelta(days)) for days in range(14)]
    assert reasons == [WEEKDAYS[day % 7].capitalize() if day % 7 == weekday else "" for day in range(14)]


def test_own_dates() -> None:
    closed = Closed(dates={MONDAY: "works on the roof"})
    assert [closed.reason(MONDAY + timedelta(days)) for days in (-1, 0, 1)] == ["", "works on the roof", ""]


@pytest.mark.parametrize(
    ("country", "day", "reason"),
    [
        ("US", NEW_YEAR, "New Year's Day"),
        ("US", date(2026, 1, 2), ""),
        ("US", date(2025, 11, 27), "Thanksgiving Day"),  # the fourth Thursday in November
        ("US", date(2026, 3, 31), ""),
        ("US-CA", date(2026, 3, 31), "Cesar Chavez Day"),
        ("DE", date(2026, 4, 3), "Good Friday"),  # Easter 2026 is 5 April
        ("DE", date(2026, 1, 6), ""),
        ("DE-BY", date(2026, 1, 6), "Epiphany"),
    ],
)
def test_public_holidays(country: str, day: date, reason: str) -> None:
    assert public_holiday(day, country=country) == Closed(holidays=country).reason(day) == reason


def test_the_computers_language_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, "de")
    assert public_holiday(NEW_YEAR, country="DE") == "New Year's Day"


def test_without_english_the_countrys_own_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ENGLISH", "no such language")
    assert public_holiday(NEW_YEAR, country="DE") == "Neujahr"


def test_the_first_reason_is_named() -> None:
    saturday = date(2026, 7, 4)
    weekend = frozenset({5, 6})
    assert Closed(weekend, {saturday: "own"}, "US").reason(saturday) == "own"
    assert Closed(weekend, {}, "US").reason(saturday) == "Independence Day"
    assert Closed(weekend).reason(saturday) == "Saturday"


@pytest.mark.parametrize(
    ("country", "message"),
    [
        ("XX", "the package `holidays` knows no country 'XX'"),
        ("US-XX", "the package `holidays` knows no region 'XX' of US (it has AK, AL, AR"),
        ("GL-XX", "the package `holidays` knows no region 'XX' of GL"),
    ],
)
def test_unknown_countries(country: str, message: str) -> None:
    with pytest.raises(ScheduleError) as error:
        Closed(holidays=country).reason(MONDAY)
    assert str(error.value).startswith(message)


def test_years_that_are_not_known() -> None:
    known = module._calendar("DE")
    assert public_holiday(date(known.end_year, 1, 1), country="DE")
    assert public_holiday(date(known.start_year, 1, 1), country="DE")
    for year in (known.end_year + 1, known.start_year - 1):
        with pytest.raises(ScheduleError, match=f"of DE are known for {known.start_year} to {known.end_year} only, not for {year}-01-01"):
            public_holiday(date(year, 1, 1), country="DE")


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    assert Closed(frozenset({5})).reason(MONDAY) == ""
    with pytest.raises(ScheduleError, match=r"of US need the package `holidays`, which is not installed: pip install 'dosing\[holidays\]'"):
        Closed(holidays="US").reason(MONDAY)


def test_the_notation_is_offered_here() -> None:
    assert [parse_weekday(name) for name in WEEKDAYS] == list(range(7))
    assert parse_holidays("US-CA") == "US-CA"
    with pytest.raises(ValueError, match="is not a country or region"):
        parse_holidays("us")
