"""From text to values, one function for each kind of value; each raises ValueError with a message for people.

`FIELDS` says which fields of a phase, an activity and a visit hold facts, how their text is read, and by what they may change. The
reader, the overlays and `--set` all go by it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from dosing.days import Span, parse_days
from dosing.errors import nearest
from dosing.regimen.drug import KEPT, WEEKDAYS, ConcentrationRange, Missed, Weigh
from dosing.regimen.facts import Dose, DoseAsIn, DoseRange, Duration, Gap, Length, Minutes, NoCap, Percent, Repeat, Times
from dosing.regimen.model import Moment, Series
from dosing.units import Quantity, parse_amount, parse_dose, parse_number, parse_quantity

ROUTES = ("IV", "PO", "SC", "IM", "IT", "IP")
WEIGHTS = ("actual", "ideal", "adjusted", "before amputation")
GRADES = ("A", "B", "C", "P", "U")
GAPS = {gap.value: gap for gap in Gap}

_MOST_PERCENT = 1000
_DAYS_IN = {"day": 1, "week": 7}
_MONTHS_IN = {"month": 1, "year": 12}
_MINUTES_IN = {"min": 1, "hour": 60}
_LENGTH = re.compile(r"([0-9]{1,4}) (day|week|month|year)s?")
_MOMENT = re.compile(r"(start|end) of ([a-z0-9-]+)(?: ([+-]) (.+))?")
_SERIES = re.compile(r"every (.+?) for (.+?) (after|from) (.+)")


def parse_text(text: str) -> str:
    """Words, with white space folded."""
    tidy = " ".join(text.split())
    if not tidy:
        raise ValueError("is empty")
    return tidy


def parse_id(text: str) -> str:
    """An id: lower-case letters, digits and hyphens."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text):
        raise ValueError(f"{text!r} is not an id (lower-case letters, digits and single hyphens)")
    return text


def parse_date(text: str) -> date:
    """A date as YYYY-MM-DD."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(f"{text!r} is not a date; write it as 2026-01-05")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a day of the calendar") from None


def parse_count(text: str) -> int:
    """A whole number from 1 to 9999."""
    if not re.fullmatch(r"[0-9]{1,4}", text) or not int(text):
        raise ValueError(f"{text!r} is not a whole number from 1 to 9999")
    return int(text)


def parse_yes(text: str) -> bool:
    """`yes` or `no`."""
    if text not in ("yes", "no"):
        raise ValueError(f"{text!r} is neither yes nor no")
    return text == "yes"


def parse_length(text: str) -> Length:
    """`28 days`, `6 weeks`, `1 month`, `2 years`."""
    match = _LENGTH.fullmatch(text)
    if not match or not int(match[1]):
        raise ValueError(f"{text!r} is not a length of time such as 28 days, 6 weeks or 18 months")
    number, unit = int(match[1]), match[2]
    if unit in _DAYS_IN:
        return Length(days=number * _DAYS_IN[unit], text=text)
    return Length(months=number * _MONTHS_IN[unit], text=text)


def parse_minutes(text: str) -> Minutes:
    """`30 min`, `46 hours`, `4 to 6 hours`."""
    match = re.fullmatch(r"([0-9.]+)(?: to ([0-9.]+))? (min|hour)s?", text)
    if not match:
        raise ValueError(f"{text!r} is not an infusion time such as 30 min, 46 hours or 4 to 6 hours")
    low, high = (parse_number(number) * _MINUTES_IN[match[3]] for number in (match[1], match[2] or match[1]))
    if low != int(low) or high != int(high) or not 0 < low <= high:
        raise ValueError(f"{text!r} is not a whole number of minutes above zero, or goes backwards")
    return Minutes(int(low), int(high), text)


def parse_repeat(text: str) -> Repeat:
    """`6`, `up to 8`, `open`."""
    if text == "open":
        return Repeat(None)
    count = text.removeprefix("up to ")
    return Repeat(parse_count(count), up_to=count != text)


def parse_duration(text: str) -> Duration:
    """`24 months`, `up to 24 months`."""
    length = text.removeprefix("up to ")
    return Duration(parse_length(length), up_to=length != text)


def parse_cut(text: str) -> bool:
    """Whether a phase is cut at the day rather than made of whole cycles."""
    if text not in ("whole cycles", "cut at the day"):
        raise ValueError(f"{text!r} is neither `whole cycles` nor `cut at the day`")
    return text == "cut at the day"


def parse_anchor(text: str) -> int:
    """The day whose date names a phase: `day 0` or `day 1`."""
    if text not in ("day 0", "day 1"):
        raise ValueError(f"{text!r} is neither `day 0` nor `day 1`")
    return int(text[-1])


def parse_grade(text: str) -> str:
    """The grade of a source."""
    if text not in GRADES:
        raise ValueError(f"{text!r} is not one of {', '.join(GRADES)}")
    return text


def parse_dose_value(text: str) -> Dose:
    """`27 mg/m2`, `40 mg`, `AUC 5`, `20 to 45 mg/m2`, `as last of combination`."""
    if text.startswith("as last of "):
        return DoseAsIn(parse_id(text.removeprefix("as last of ")))
    low, to, high = text.partition(" to ")
    if not to:
        return parse_dose(text)
    top = parse_dose(high)
    bottom = Quantity(parse_number(low), top.unit)
    if bottom.value >= top.value:
        raise ValueError(f"the range {text!r} goes backwards")
    return DoseRange(bottom, top)


def parse_route(text: str) -> str:
    """`IV`, `PO`, `PO or IV`, ..."""
    unknown = [route for route in text.split(" or ") if route not in ROUTES]
    if unknown:
        raise ValueError(f"unknown route {unknown[0]!r}; known are {', '.join(ROUTES)}, joined by `or`")
    return text


def parse_times(text: str) -> Times:
    """Administrations a day."""
    times = parse_count(text)
    if times > 24:
        raise ValueError(f"{text} times a day is more than hourly")
    return Times(times)


def parse_every(text: str) -> Times:
    """`12 hours`: administrations a day from their interval, which must divide the day."""
    match = re.fullmatch(r"([0-9]{1,2}) hours?", text)
    if not match or not int(match[1]) or 24 % int(match[1]):
        raise ValueError(f"{text!r} is not a number of hours that divides the day: 1, 2, 3, 4, 6, 8, 12 or 24 hours")
    return Times(24 // int(match[1]), int(match[1]))


def parse_bsa_cap(text: str) -> Quantity | NoCap:
    """`2.2 m2` or `none`."""
    return NoCap() if text == "none" else parse_area(text)


def parse_area(text: str) -> Quantity:
    """`2.2 m2`."""
    area = parse_quantity(text, "area")
    if not area.value:
        raise ValueError(f"{text!r} is no body surface to dose for; write `none` where there is no cap")
    return area


def parse_concentration(text: str) -> Quantity:
    """`2 mg/mL`."""
    found = parse_quantity(text)
    if found.per != "mL" or not found.value:
        raise ValueError(f"{text!r} is not a concentration such as 2 mg/mL")
    return found


def parse_percent(text: str) -> Percent:
    """`75 %`: above zero, at most 1000 %."""
    number, _, sign = text.partition(" ")
    if not sign:
        number, sign = text[:-1], text[-1:]
    if sign != "%" or not 0 < parse_number(number) <= _MOST_PERCENT:
        raise ValueError(f"{text!r} is not a percentage above zero such as 75 %")
    return Percent(parse_number(number))


def parse_weigh(text: str) -> Weigh:
    """`each cycle` or `more than 20 %`: when a new weight makes a new amount."""
    if text == "each cycle":
        return Weigh(None)
    if not text.startswith("more than "):
        raise ValueError(f"{text!r} is neither `each cycle` nor a change such as `more than 10 %`")
    return Weigh(parse_percent(text.removeprefix("more than ")))


def parse_weight_kind(text: str) -> str:
    """Which weight a dose is computed with."""
    if text not in WEIGHTS:
        raise ValueError(f"{text!r} is not one of {', '.join(WEIGHTS)}")
    return text


def parse_concentration_range(text: str) -> ConcentrationRange:
    """`0.2 to 1 mg/mL`, `up to 2 mg/mL`, `at least 0.1 mg/mL`."""
    for word in ("up to ", "at least "):
        if text.startswith(word):
            end = parse_concentration(text.removeprefix(word))
            return ConcentrationRange(None, end, text) if word == "up to " else ConcentrationRange(end, None, text)
    low, _, high = text.partition(" to ")
    top = parse_concentration(high or low)
    bottom = Quantity(parse_number(low), top.unit) if high else top
    if bottom.value > top.value:
        raise ValueError(f"the range {text!r} goes backwards")
    return ConcentrationRange(bottom, top, text)


def parse_range(text: str) -> DoseRange:
    """`15 to 70 mg/m2`."""
    found = parse_dose_value(text)
    if not isinstance(found, DoseRange):
        raise ValueError(f"{text!r} is not a range of doses such as 15 to 70 mg/m2")
    return found


def parse_hours(text: str) -> int:
    """`72 hours`."""
    match = re.fullmatch(r"([0-9]{1,4}) hours?", text)
    if not match or not int(match[1]):
        raise ValueError(f"{text!r} is not a number of hours such as 72 hours")
    return int(match[1])


def parse_missed(text: str) -> Missed:
    """`keep the interval`, `keep the dates, within 12 hours`, `keep pairs together`: what to do after a missed dose."""
    words, late, hours = text.partition(", within ")
    keep = next((keep for keep, kept in KEPT.items() if kept == words), None)
    if keep is None:
        known = ", ".join(f"`{kept}`" for kept in KEPT.values())
        raise ValueError(f"{text!r} is not one of {known}, each as it is or with `, within 12 hours`{nearest(words, KEPT.values())}")
    return Missed(keep, parse_hours(hours) if late else None)


def parse_weekday(text: str) -> int:
    """`monday` is 0, `sunday` 6."""
    if text not in WEEKDAYS:
        raise ValueError(f"{text!r} is not one of {', '.join(WEEKDAYS)}{nearest(text, WEEKDAYS)}")
    return WEEKDAYS.index(text)


def parse_act(text: str) -> bool:
    """`stop` or `warn`: whether a limit ends the work."""
    if text not in ("stop", "warn"):
        raise ValueError(f"{text!r} is neither stop nor warn")
    return text == "stop"


def parse_infusions(text: str) -> Span:
    """`1`, `2`, `3+`, `2-4`: the infusions, by number from the first of the drug."""
    match = re.fullmatch(r"([0-9]{1,3})(\+|-([0-9]{1,3}))?", text)
    if not match or not int(match[1]) or (match[3] and int(match[3]) < int(match[1])):
        raise ValueError(f"{text!r} does not number infusions; write 1, 2-4 or 3+")
    return Span(int(match[1]), None if match[2] == "+" else int(match[3] or match[1]))


def parse_volume(text: str) -> Quantity:
    """`250 mL`."""
    volume = parse_quantity(text, "volume")
    if volume.per or not volume.value:
        raise ValueError(f"{text!r} is not a volume above zero such as 250 mL")
    return volume


def parse_most(text: str) -> Quantity:
    """The most of a drug: `154 mg`, `550 mg/m2`."""
    most = parse_dose(text)
    if most.unit == "AUC":
        raise ValueError(f"{text!r} is no limit of an amount; write it in mg or mg/m2")
    return most


def parse_moment(text: str) -> Moment:
    """`start of treatment`, `end of combination + 28 days`."""
    match = _MOMENT.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a moment such as `start of treatment` or `end of combination + 28 days`")
    offset = parse_length(match[4]) if match[4] else Length()
    if match[3] == "-":
        offset = Length(-offset.days, -offset.months, offset.text)
    return Moment(match[1], match[2], offset, text)


def parse_series(text: str) -> Series:
    """A moment, or `every 3 months for 3 years after end of treatment`."""
    match = _SERIES.fullmatch(text)
    if not match:
        return Series(parse_moment(text), text=text)
    step = parse_length(match[1] if match[1][0].isdigit() else f"1 {match[1]}")
    return Series(parse_moment(match[4]), step, parse_length(match[2]), match[3] == "from", text)


@dataclass(frozen=True, slots=True)
class Field:
    """How a field is read: into which attribute, by which function, and whether it may change by cycle or by day too."""

    attribute: str
    parse: Callable[[str], object]
    by: str = ""


FIELDS: dict[str, dict[str, Field]] = {
    "phase": {
        "cycle": Field("cycle", parse_length, by="cycle"),
        "repeat": Field("repeat", parse_repeat),
        "for": Field("lasting", parse_duration),
        "until": Field("until", parse_date),
        "ends": Field("cut", parse_cut),
        "continues": Field("continues", parse_text),
        "suggest": Field("suggest", parse_count),
        "start": Field("start", parse_moment),
    },
    "drug": {
        "drug": Field("drug", parse_id),
        "dose": Field("dose", parse_dose_value, by="day"),
        "route": Field("route", parse_route, by="day"),
        "over": Field("over", parse_minutes, by="day"),
        "days": Field("days", parse_days, by="cycle"),
        "times": Field("times", parse_times, by="day"),
        "every": Field("times", parse_every, by="day"),
        "cycle": Field("cycle", parse_length),
        "max": Field("max", parse_amount, by="day"),
        "bsa_cap": Field("bsa_cap", parse_bsa_cap, by="day"),
        "round": Field("round", parse_amount, by="day"),
        "percent": Field("percent", parse_percent, by="day"),
        "when": Field("when", parse_text),
    },
    "assessment": {"days": Field("days", parse_days, by="cycle")},
    "visit": {"at": Field("at", parse_series)},
}
