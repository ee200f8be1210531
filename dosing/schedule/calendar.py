"""Adding lengths of time to dates: no clock, no time zone, months clipped to their last day."""

from calendar import monthrange
from datetime import date, timedelta

from dosing.errors import ScheduleError
from dosing.regimen.facts import Length

DAY = timedelta(days=1)


def add(day: date, length: Length, *, times: int = 1) -> date:
    """The date `times` lengths after `day`; months first, clipped to the month's last day, then days.

    31 January 2026 plus 1 month is 28 February; plus 2 months it is 31 March, for each sum starts from `day` itself.
    Raises ScheduleError beyond the year 9999.
    """
    try:
        return _months_later(day, length.months * times) + timedelta(days=length.days * times)
    except (OverflowError, ValueError):
        raise _outside(day, length.text or "the length of time") from None


def _outside(day: date, length: str) -> ScheduleError:
    return ScheduleError(f"{day} and {length} leads out of the calendar (years 1 to 9999)")


def _months_later(day: date, months: int) -> date:
    if not months:
        return day
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def shift(day: date, days: int) -> date:
    """The date so many days later. Raises ScheduleError beyond the year 9999."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise _outside(day, f"{days} days") from None
