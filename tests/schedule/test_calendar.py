"""Adding lengths to dates, worked by hand and against dateutil."""

from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta  # type: ignore[import-untyped]
from hypothesis import example, given
from hypothesis import strategies as st

from dosing.errors import ScheduleError
from dosing.regimen.facts import Length
from dosing.schedule.calendar import add, shift

DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-01-31", 2, "2026-03-31"),  # from the 31st itself, not from 28 February
        ("2026-01-30", 1, "2026-02-28"),
        ("2026-01-28", 1, "2026-02-28"),
        ("2026-08-31", 1, "2026-09-30"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-11-30", 3, "2028-02-29"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-12-31", 12, "2027-12-31"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("1896-02-29", 48, "1900-02-28"),  # 1900 is no leap year
        ("1996-02-29", 48, "2000-02-29"),  # 2000 is one
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2026-06-22", 24, "2028-06-22"),
        ("2026-06-22", 0, "2026-06-22"),
    ],
)
def test_months(day: str, months: int, later: str) -> None:
    assert add(date.fromisoformat(day), Length(months=months)) == date.fromisoformat(later)


@pytest.mark.parametrize(
    ("day", "days", "later"),
    [
        ("2026-02-28", 1, "2026-03-01"),
        ("2028-02-28", 1, "2028-02-29"),
        ("2028-02-28", 2, "2028-03-01"),
        ("2026-12-31", 1, "2027-01-01"),
        ("2026-01-01", -1, "2025-12-31"),
        ("2026-06-22", 727, "2028-06-18"),
        ("2026-06-22", 146_097, "2426-06-22"),  # the days of 400 years
    ],
)
def test_days(day: str, days: int, later: str) -> None:
    assert shift(date.fromisoformat(day), days) == date.fromisoformat(later)


def test_months_go_before_days() -> None:
    # 31 January + 1 month = 28 February, + 1 day = 1 March; the other way round it would be 1 February + 1 month
    assert add(date(2026, 1, 31), Length(months=1, days=1)) == date(2026, 3, 1)


def test_times_multiplies_both_parts() -> None:
    assert add(date(2026, 1, 31), Length(months=1, days=2), times=3) == date(2026, 5, 6)


@given(day=DAYS, months=st.integers(-30_000, 30_000), days=st.integers(-4_000_000, 4_000_000), times=st.integers(0, 3))
@example(day=date(2026, 1, 31), months=1, days=0, times=1)
@example(day=date(9999, 11, 30), months=1, days=1, times=1)
@example(day=date(9999, 12, 31), months=0, days=1, times=1)
@example(day=date(1, 1, 1), months=-1, days=0, times=1)
def test_agrees_with_dateutil(day: date, months: int, days: int, times: int) -> None:
    try:
        expected = day + relativedelta(months=months * times) + timedelta(days=days * times)
    except (ValueError, OverflowError):
        with pytest.raises(ScheduleError, match="out of the calendar"):
            add(day, Length(months=months, days=days), times=times)
    else:
        assert add(day, Length(months=months, days=days), times=times) == expected


@given(day=DAYS, months=st.integers(0, 1_200))
def test_the_31st_plus_n_months_is_the_last_day_of_the_month(day: date, months: int) -> None:
    start = date(day.year % 9_000 + 1, 1, 31)
    later = add(start, Length(months=months))
    assert (later.year - start.year) * 12 + later.month - 1 == months
    assert later.day == 31 or shift(later, 1).day == 1


@pytest.mark.parametrize(
    ("day", "length", "text"),
    [
        ("9999-12-31", Length(days=1, text="1 day"), "9999-12-31 and 1 day lead"),
        ("9999-12-01", Length(months=1, text="1 month"), "9999-12-01 and 1 month lead"),
        ("2026-01-01", Length(days=10**12), "the length of time"),
        ("2026-01-01", Length(months=10**12), "the length of time"),
        ("0001-01-01", Length(days=-1, text="1 day"), "out of the calendar"),
        ("0001-01-31", Length(months=-1, text="1 month"), "out of the calendar"),
    ],
)
def test_out_of_the_calendar(day: str, length: Length, text: str) -> None:
    with pytest.raises(ScheduleError, match=text):
        add(date.fromisoformat(day), length)


def test_the_last_day_of_the_calendar_can_be_reached() -> None:
    assert shift(date(9999, 12, 30), 1) == add(date(9999, 11, 30), Length(months=1, days=1)) == date(9999, 12, 31)


def test_shift_out_of_the_calendar_says_the_days() -> None:
    with pytest.raises(ScheduleError, match="9999-12-31 and 2 days leads out"):
        shift(date(9999, 12, 31), 2)
