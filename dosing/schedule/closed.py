"""The days on which a site is closed: days of the week, dates of its own, and the public holidays of a country or region.

Public holidays come from the package `holidays`, which is loaded only where a site names a country.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from dosing.errors import ScheduleError, nearest

# These two belong to the notation of drug files; they are offered here too, for sites.
from dosing.regimen.drug import WEEKDAYS as WEEKDAYS
from dosing.regimen.values import parse_weekday as parse_weekday

if TYPE_CHECKING:
    from holidays import HolidayBase

_ENGLISH = "en_US"


@dataclass(frozen=True, slots=True)
class Closed:
    """`weekdays` as `date.weekday()` numbers them, `dates` with their reasons, `holidays` the country or region whose holidays count."""

    weekdays: frozenset[int] = frozenset()
    dates: Mapping[date, str] = field(default_factory=dict)
    holidays: str = ""

    def reason(self, day: date) -> str:
        """Why the site is closed on that day, or nothing where it is open: its own dates first, then public holidays, then weekdays.

        Raises ScheduleError where public holidays are asked for and can't be known.
        """
        own = self.dates.get(day)
        if own:
            return own
        if self.holidays and (found := public_holiday(day, country=self.holidays)):
            return found
        return WEEKDAYS[day.weekday()].capitalize() if day.weekday() in self.weekdays else ""


def parse_holidays(text: str) -> str:
    """`US` or `US-CA`: the form of a country or region in ISO 3166. Raises ValueError.

    Whether there is one of that code is found out when its holidays are asked for.
    """
    if not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", text):
        raise ValueError(f"{text!r} is not a country or region such as US or US-CA")
    return text


def public_holiday(day: date, *, country: str) -> str:
    """The public holiday of a country or region on that day, in English where its name is known in English; nothing if there is none.

    Raises ScheduleError for a country that is not known, a year outside those that are known, and without the package `holidays`.
    """
    known = _calendar(country)
    if not known.start_year <= day.year <= known.end_year:
        years = f"{known.start_year} to {known.end_year}"
        raise ScheduleError(f"the public holidays of {country} are known for {years} only, not for {day}; draw less, or without them")
    return known.get(day) or ""


@cache
def _calendar(country: str) -> "HolidayBase":
    """The holidays of a country or region. The language is always named: by itself the package would follow the computer's."""
    try:
        import holidays
    except ImportError:
        raise ScheduleError(
            f"the public holidays of {country} need the package `holidays`, which is not installed: pip install 'dosing[holidays]'"
        ) from None
    code, _, region = country.partition("-")
    regions = holidays.list_supported_countries()
    if code not in regions:
        raise ScheduleError(f"the package `holidays` knows no country {code!r}{nearest(code, regions)}")
    if region and region not in regions[code]:
        has = f" (it has {', '.join(sorted(regions[code]))})" if regions[code] else ""
        raise ScheduleError(f"the package `holidays` knows no region {region!r} of {code}{has}")
    plain = holidays.country_holidays(code, subdiv=region or None)
    language = _ENGLISH if _ENGLISH in plain.supported_languages else plain.default_language
    return holidays.country_holidays(code, subdiv=region or None, language=language)
