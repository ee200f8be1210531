"""The days on which a site is closed. So far they are read and checked; nothing moves a visit by them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from dosing.errors import nearest

# In the order of `date.weekday()`: Monday is 0.
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Closed:
    """`weekdays` as `date.weekday()` numbers them, `dates` with their reasons, `holidays` the country or region whose holidays count."""

    weekdays: frozenset[int] = frozenset()
    dates: Mapping[date, str] = field(default_factory=dict)
    holidays: str = ""


def parse_weekday(text: str) -> int:
    """`monday` is 0, `sunday` 6. Raises ValueError."""
    if text not in WEEKDAYS:
        raise ValueError(f"{text!r} is not one of {', '.join(WEEKDAYS)}{nearest(text, WEEKDAYS)}")
    return WEEKDAYS.index(text)


def parse_holidays(text: str) -> str:
    """`US` or `US-CA`: the form of a country or region in ISO 3166. Raises ValueError.

    Whether there is one of that code is not looked up.
    """
    if not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", text):
        raise ValueError(f"{text!r} is not a country or region such as US or US-CA")
    return text
