"""Every notation of a value, good and bad; a message names the text that is wrong."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosing.days import parse_scope
from dosing.regimen import values
from dosing.regimen.facts import DoseAsIn, DoseRange, Duration, Fact, Length, Minutes, NoCap, Repeat, Scoped, Times
from dosing.regimen.model import Moment, Series
from dosing.regimen.values import FIELDS
from dosing.units import Quantity


def quantity(number: str, unit: str) -> Quantity:
    return Quantity(Decimal(number), unit)


def days(number: int, text: str) -> Length:
    return Length(days=number, text=text)


def months(number: int, text: str) -> Length:
    return Length(months=number, text=text)


END = Moment("end", "treatment", Length(), "end of treatment")

GOOD: list[tuple[Callable[[str], Any], str, Any]] = [
    (values.parse_text, "until  disease\n progression ", "until disease progression"),
    (values.parse_id, "isa-kpd", "isa-kpd"),
    (values.parse_id, "2", "2"),
    (values.parse_date, "2026-01-05", date(2026, 1, 5)),
    (values.parse_date, "2024-02-29", date(2024, 2, 29)),
    (values.parse_count, "1", 1),
    (values.parse_count, "9999", 9999),
    (values.parse_count, "007", 7),
    (values.parse_yes, "yes", True),
    (values.parse_yes, "no", False),
    (values.parse_length, "28 days", days(28, "28 days")),
    (values.parse_length, "1 day", days(1, "1 day")),
    (values.parse_length, "6 weeks", days(42, "6 weeks")),
    (values.parse_length, "52 weeks", days(364, "52 weeks")),
    (values.parse_length, "1 month", months(1, "1 month")),
    (values.parse_length, "18 months", months(18, "18 months")),
    (values.parse_length, "2 years", months(24, "2 years")),
    (values.parse_minutes, "1 min", Minutes(1, 1, "1 min")),
    (values.parse_minutes, "30 min", Minutes(30, 30, "30 min")),
    (values.parse_minutes, "46 hours", Minutes(2760, 2760, "46 hours")),
    (values.parse_minutes, "96 hours", Minutes(5760, 5760, "96 hours")),
    (values.parse_minutes, "0.5 hours", Minutes(30, 30, "0.5 hours")),
    (values.parse_minutes, "1 hour", Minutes(60, 60, "1 hour")),
    (values.parse_minutes, "4 to 6 hours", Minutes(240, 360, "4 to 6 hours")),
    (values.parse_repeat, "6", Repeat(6)),
    (values.parse_repeat, "up to 8", Repeat(8, up_to=True)),
    (values.parse_repeat, "open", Repeat(None)),
    (values.parse_duration, "24 months", Duration(months(24, "24 months"))),
    (values.parse_duration, "up to 24 months", Duration(months(24, "24 months"), up_to=True)),
    (values.parse_duration, "52 weeks", Duration(days(364, "52 weeks"))),
    (values.parse_cut, "whole cycles", False),
    (values.parse_cut, "cut at the day", True),
    (values.parse_dose_value, "40 mg", quantity("40", "mg")),
    (values.parse_dose_value, "1 g", quantity("1", "g")),
    (values.parse_dose_value, "500 mcg", quantity("500", "microgram")),
    (values.parse_dose_value, "3 million units", quantity("3", "million units")),
    (values.parse_dose_value, "5000 units", quantity("5000", "units")),
    (values.parse_dose_value, "27 mg/m2", quantity("27", "mg/m2")),
    (values.parse_dose_value, "56mg/m2", quantity("56", "mg/m2")),
    (values.parse_dose_value, "100 mcg/kg", quantity("100", "microgram/kg")),
    (values.parse_dose_value, "6000 units/m2", quantity("6000", "units/m2")),
    (values.parse_dose_value, "AUC 5", quantity("5", "AUC")),
    (values.parse_dose_value, "20 to 45 mg/m2", DoseRange(quantity("20", "mg/m2"), quantity("45", "mg/m2"))),
    (values.parse_dose_value, "as last of combination", DoseAsIn("combination")),
    (values.parse_route, "IV", "IV"),
    (values.parse_route, "PO or IV", "PO or IV"),
    (values.parse_times, "2", Times(2)),
    (values.parse_times, "24", Times(24)),
    (values.parse_every, "12 hours", Times(2, 12)),
    (values.parse_every, "24 hours", Times(1, 24)),
    (values.parse_every, "1 hour", Times(24, 1)),
    (values.parse_bsa_cap, "2.2 m2", quantity("2.2", "m2")),
    (values.parse_bsa_cap, "none", NoCap()),
    (values.parse_concentration, "2 mg/mL", quantity("2", "mg/mL")),
    (values.parse_moment, "start of treatment", Moment("start", "treatment", Length(), "start of treatment")),
    (
        values.parse_moment,
        "end of combination + 28 days",
        Moment("end", "combination", days(28, "28 days"), "end of combination + 28 days"),
    ),
    (
        values.parse_moment,
        "start of induction - 1 month",
        Moment("start", "induction", months(-1, "1 month"), "start of induction - 1 month"),
    ),
    (values.parse_series, "end of treatment", Series(END, text="end of treatment")),
    (
        values.parse_series,
        "every 3 months for 3 years after end of treatment",
        Series(
            END,
            months(3, "3 months"),
            months(36, "3 years"),
            inclusive=False,
            text="every 3 months for 3 years after end of treatment",
        ),
    ),
    (
        values.parse_series,
        "every week for 2 months from end of treatment",
        Series(END, days(7, "1 week"), months(2, "2 months"), inclusive=True, text="every week for 2 months from end of treatment"),
    ),
]


@pytest.mark.parametrize(("parse", "text", "value"), GOOD, ids=lambda each: getattr(each, "__name__", None))
def test_what_is_read(parse: Callable[[str], Any], text: str, value: Any) -> None:
    assert parse(text) == value


BAD: list[tuple[Callable[[str], Any], str, str]] = [
    (values.parse_text, " \n", "is empty"),
    (values.parse_id, "Isa", "'Isa' is not an id"),
    (values.parse_id, "a--b", "is not an id"),
    (values.parse_id, "-a", "is not an id"),
    (values.parse_id, "a-", "is not an id"),
    (values.parse_id, "a_b", "is not an id"),
    (values.parse_id, "a\n", "is not an id"),
    (values.parse_id, "", "is not an id"),
    (values.parse_date, "5.1.2026", "'5.1.2026' is not a date; write it as 2026-01-05"),
    (values.parse_date, "2026-1-5", "is not a date"),
    (values.parse_date, "20260105", "is not a date"),
    (values.parse_date, "2026-02-29", "'2026-02-29' is not a day of the calendar"),
    (values.parse_date, "0000-01-01", "is not a day of the calendar"),
    (values.parse_count, "0", "'0' is not a whole number from 1 to 9999"),
    (values.parse_count, "10000", "is not a whole number"),
    (values.parse_count, "-1", "is not a whole number"),
    (values.parse_count, "1.0", "is not a whole number"),
    (values.parse_count, "٣", "is not a whole number"),
    (values.parse_yes, "true", "'true' is neither yes nor no"),
    (values.parse_yes, "Yes", "neither yes nor no"),
    (values.parse_length, "28", "'28' is not a length of time"),
    (values.parse_length, "0 days", "is not a length of time"),
    (values.parse_length, "1.5 months", "is not a length of time"),
    (values.parse_length, "28days", "is not a length of time"),
    (values.parse_length, "3 hours", "is not a length of time"),
    (values.parse_length, "-3 days", "is not a length of time"),
    (values.parse_minutes, "30", "'30' is not an infusion time"),
    (values.parse_minutes, "30 sec", "is not an infusion time"),
    (values.parse_minutes, "0 min", "is not a whole number of minutes above zero"),
    (values.parse_minutes, "0.5 min", "is not a whole number of minutes"),
    (values.parse_minutes, "0.5 to 3 min", "is not a whole number of minutes"),
    (values.parse_minutes, "1 to 3.5 min", "is not a whole number of minutes"),
    (values.parse_minutes, "6 to 4 hours", "goes backwards"),
    (values.parse_minutes, "1.2.3 min", "'1.2.3' is not a plain number"),
    (values.parse_minutes, "12:30", "is not an infusion time"),
    (values.parse_repeat, "0", "is not a whole number"),
    (values.parse_repeat, "up to open", "'open' is not a whole number"),
    (values.parse_repeat, "up to up to 8", "'up to 8' is not a whole number"),
    (values.parse_duration, "up to", "'up to' is not a length of time"),
    (values.parse_duration, "about 24 months", "is not a length of time"),
    (values.parse_cut, "yes", "'yes' is neither `whole cycles` nor `cut at the day`"),
    (values.parse_dose_value, "27", "'27' is not a number with a unit"),
    (values.parse_dose_value, "27 mg/m", "unknown unit 'mg/m'"),
    (values.parse_dose_value, "27 MG", "unknown unit 'MG'"),
    (values.parse_dose_value, "0 mg", "a dose of nothing"),
    (values.parse_dose_value, "-5 mg", "is not a number with a unit"),
    (values.parse_dose_value, "1,000 mg", "is not a number with a unit"),
    (values.parse_dose_value, "2 mg/mL", "is a concentration, not a dose"),
    (values.parse_dose_value, "70 kg", "has the unit of weight"),
    (values.parse_dose_value, "45 to 20 mg/m2", "the range '45 to 20 mg/m2' goes backwards"),
    (values.parse_dose_value, "20 to 20 mg", "goes backwards"),
    (values.parse_dose_value, "20 mg to 45 mg", "'20 mg' is not a plain number"),
    (values.parse_dose_value, "20 to 45", "'45' is not a number with a unit"),
    (values.parse_dose_value, "as last of Induction", "'Induction' is not an id"),
    (values.parse_dose_value, "AUC", "'' is not a plain number"),
    (values.parse_route, "iv", "unknown route 'iv'; known are IV, PO, SC, IM, IT, IP"),
    (values.parse_route, "IV, PO", "unknown route 'IV, PO'"),
    (values.parse_route, "IV or oral", "unknown route 'oral'"),
    (values.parse_times, "25", "25 times a day is more than hourly"),
    (values.parse_times, "0", "is not a whole number"),
    (values.parse_every, "5 hours", "'5 hours' is not a number of hours that divides the day"),
    (values.parse_every, "0 hours", "divides the day"),
    (values.parse_every, "48 hours", "divides the day"),
    (values.parse_every, "30 min", "divides the day"),
    (values.parse_bsa_cap, "2.2", "is not a number with a unit, such as 2.2 m2"),
    (values.parse_bsa_cap, "2.2 mg", "has the unit of mass; expected something such as 2.2 m2"),
    (values.parse_bsa_cap, "0 m2", "'0 m2' is no body surface"),
    (values.parse_concentration, "2 mg", "'2 mg' is not a concentration such as 2 mg/mL"),
    (values.parse_concentration, "0 mg/mL", "is not a concentration"),
    (values.parse_concentration, "2 mg/m2", "is not a concentration"),
    (values.parse_moment, "middle of treatment", "'middle of treatment' is not a moment"),
    (values.parse_moment, "end of treatment +28 days", "is not a moment"),
    (values.parse_moment, "end of treatment + 28", "'28' is not a length of time"),
    (values.parse_moment, "end of treatment + ", "is not a moment"),
    (values.parse_series, "every 3 months for 3 years", "is not a moment"),
    (values.parse_series, "every three months for 3 years after end of treatment", "'1 three months' is not a length of time"),
    (values.parse_series, "every 3 months for ever after end of treatment", "'ever' is not a length of time"),
    (values.parse_series, "every 3 months for 3 years after surgery", "'surgery' is not a moment"),
]


@pytest.mark.parametrize(("parse", "text", "message"), BAD, ids=lambda each: getattr(each, "__name__", None))
def test_what_is_refused(parse: Callable[[str], Any], text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse(text)


PARSERS = sorted({field.parse for fields in FIELDS.values() for field in fields.values()}, key=lambda parse: parse.__name__)
NOTATION = st.text("0123456789 .,+-:/abcdefhiklmnoprstuvwyCDIVAUPO²٣µ\n", max_size=30)


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__name__)
@given(text=NOTATION | st.text(max_size=20))
def test_any_text_is_read_or_refused_in_words(parse: Callable[[str], object], text: str) -> None:
    try:
        read_or_refused = parse(text)
    except ValueError as error:
        read_or_refused = str(error)
    assert read_or_refused is not None
    assert read_or_refused != ""


@pytest.mark.parametrize("text", ["20 to 45 mg/m2", "50 to 100 mg", "as last of combination", "4.5 to 6 mg/kg"])
def test_a_dose_is_written_as_it_is_read(text: str) -> None:
    assert str(values.parse_dose_value(text)) == text


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (values.parse_minutes, "4 to 6 hours"),
        (values.parse_length, "18 months"),
        (values.parse_moment, "end of combination + 28 days"),
        (values.parse_series, "every 3 months for 3 years after end of treatment"),
    ],
)
def test_a_time_is_written_as_it_is_read(parse: Callable[[str], object], text: str) -> None:
    assert str(parse(text)) == text


def test_no_cap_is_written_none() -> None:
    assert str(values.parse_bsa_cap("none")) == "none"


# -- scoped facts -------------------------------------------------------------------------------------------------

SCOPES = (None, "C1", "C2-3", "C4+", "odd", "even", "every 3rd from C2", "C1 D1-2", "C2+ D8", "D15", "even D1,8")


@given(st.permutations(SCOPES), st.integers(1, len(SCOPES)), st.integers(1, 7))
def test_what_is_left_of_a_scoped_fact_in_one_cycle_says_the_same_there(scopes: list[str | None], count: int, cycle: int) -> None:
    rules = [(parse_scope(text) if text else None, Fact(str(text), "s")) for text in scopes[:count]]
    whole = Scoped(tuple(rules))
    left = whole.within(cycle)
    for day in (1, 2, 3, 8, 15):
        assert left.at(cycle, day) is whole.at(cycle, day)
    if left.only:
        assert all(whole.at(cycle, day) is left.only for day in range(1, 29))
