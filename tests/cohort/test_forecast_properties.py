"""The forecast of any table is what a slow loop over its rows adds up."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosing.cohort import counting
from dosing.cohort.columns import schema
from dosing.cohort.counting import NAMES
from dosing.cohort.forecast import finder, forecast
from dosing.cohort.forecast_drugs import pooled
from dosing.cohort.forecast_model import Question
from dosing.dose.vials import open_vials
from dosing.units import Quantity

WHOLE = schema()
SCHEMA = pa.schema([WHOLE.field(name) for name in NAMES])
FIRST = date(2026, 1, 1)
Row = dict[str, Any]

FIRST_DAY: dict[str, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(day.weekday()),
    "month": lambda day: day.replace(day=1),
}
# What each can be given by, and whether that is at home.
HOME = {("carfilzomib", "IV"): False, ("lenalidomide", "PO"): True, ("dexamethasone", None): True, ("dexamethasone", "IV"): False}

days = st.integers(0, 70).map(lambda number: FIRST + timedelta(number))
tenths = st.integers(1, 2_000).map(lambda number: number / 10)


@st.composite
def a_row(draw: st.DrawFn) -> Row:
    status = draw(st.sampled_from(["planned", "planned", "optional", "given", "held", "not-given"]))
    drug, route = draw(st.sampled_from(list(HOME)))
    amount = draw(st.none() | tenths)
    row = dict.fromkeys(NAMES) | {"date": draw(days), "activity": drug, "kind": "drug", "drug": drug, "route": route, "status": status}
    row |= {"amount": amount, "amount_unit": amount and "mg", "times_per_day": draw(st.sampled_from([1, 1, 2, None]))}
    row["duration_min"] = draw(st.sampled_from([None, 10, 30, 1440])) if route == "IV" else None
    if status == "given":
        given = draw(st.none() | tenths)
        row |= {"given_on": draw(days), "given_amount": given, "given_unit": given and "mg"}
    if draw(st.integers(0, 9)) == 0:
        row |= {"kind": "assessment", "drug": None, "route": None, "amount": None, "amount_unit": None, "duration_min": None}
    return row


patients = st.lists(st.lists(a_row(), min_size=1, max_size=8), max_size=4)


def table(found: list[list[Row]]) -> list[Row]:
    return [row | {"patient_id": f"p{number}"} for number, rows in enumerate(found) for row in rows]


def cut(rows: list[Row], size: int) -> list[pa.RecordBatch]:
    return [pa.RecordBatch.from_pylist(rows[at : at + size], schema=SCHEMA) for at in range(0, len(rows), size)]


class Slow:
    """The same, one row after another."""

    def __init__(self, rows: list[Row], by: str) -> None:
        self.amounts: dict[tuple[date, str, bool], Fraction] = defaultdict(Fraction)
        self.opened: dict[tuple[date, str, bool], Fraction] = defaultdict(Fraction)
        self.doses: Counter[tuple[date, str, bool]] = Counter()
        self.without: Counter[tuple[date, str, bool]] = Counter()
        self.uncounted: Counter[tuple[date, str, bool]] = Counter()
        self.minutes: Counter[tuple[date, bool]] = Counter()
        self.without_time: Counter[date] = Counter()
        self.pumps: Counter[date] = Counter()
        self.coming: dict[date, dict[str, bool]] = defaultdict(dict)
        self.first_day = FIRST_DAY[by]
        for row in rows:
            if row["status"] in ("planned", "optional", "given"):
                self.add(row)

    def add(self, row: Row) -> None:
        day = row["given_on"] if row["status"] == "given" else row["date"]
        optional = row["status"] == "optional"
        if row["kind"] == "drug":
            self.give(row, (self.first_day(day), row["drug"], optional))
        if row["kind"] == "assessment" or not HOME[row["drug"], row["route"]]:
            self.coming[day][row["patient_id"]] = self.coming[day].get(row["patient_id"], False) or not optional
            if row["kind"] == "drug":
                self.infuse(row, self.first_day(day), optional)

    def give(self, row: Row, key: tuple[date, str, bool]) -> None:
        amount = row["given_amount"] or row["amount"]
        if row["times_per_day"] is None:
            self.uncounted[key] += 1
        elif amount is None:
            self.without[key] += row["times_per_day"]
        else:
            exact = Fraction(str(amount))
            self.doses[key] += row["times_per_day"]
            self.amounts[key] += exact * row["times_per_day"]
            if row["drug"] == "carfilzomib":
                # Every multiple of 10 mg can be had from vials of 10, 30 and 60 mg.
                self.opened[key] += -(-exact // 10) * 10 * row["times_per_day"]

    def infuse(self, row: Row, day: date, optional: bool) -> None:
        minutes, times = row["duration_min"], row["times_per_day"]
        if minutes is None or times is None:
            self.without_time[day] += times or 1
        elif minutes == 1440:
            self.pumps[day] += times
        else:
            self.minutes[day, optional] += minutes * times

    def visits(self, *, surely: bool) -> dict[date, int]:
        found: Counter[date] = Counter()
        for day, coming in self.coming.items():
            found[self.first_day(day)] += list(coming.values()).count(surely)
        return {day: count for day, count in found.items() if count}


@given(found=patients, size=st.integers(1, 20), by=st.sampled_from(["day", "week", "month"]), waiting=st.sampled_from([0, 1 << 19]))
def test_a_forecast_is_the_sum_of_its_rows(found: list[list[Row]], size: int, by: str, waiting: int) -> None:
    rows = table(found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "_WAITING_LINES", waiting)
        result = forecast(cut(rows, size), drug_of=finder([], lambda drug: drug), question=Question(drugs_by=by, chairs_by=by))
    slow = Slow(rows, by)
    lines = {(line.date, line.drug, line.optional): line for line in result.drugs}
    assert len(lines) == len(result.drugs)
    assert list(lines) == sorted(lines)
    assert {key: Fraction(line.amount.value) for key, line in lines.items() if line.amount} == slow.amounts
    assert {key: Fraction(line.vials.opened_mg) for key, line in lines.items() if line.vials} == slow.opened
    assert {key: Fraction(line.vials.waste_mg) for key, line in lines.items() if line.vials} == {
        key: opened - slow.amounts[key] for key, opened in slow.opened.items()
    }
    assert Counter({key: line.doses for key, line in lines.items()}) == slow.doses
    assert Counter({key: line.without for key, line in lines.items()}) == slow.without
    assert Counter({key: line.uncounted for key, line in lines.items()}) == slow.uncounted
    assert {line.date: line.visits for line in result.chairs if line.visits} == slow.visits(surely=True)
    assert {line.date: line.optional_visits for line in result.chairs if line.optional_visits} == slow.visits(surely=False)
    minutes = {(line.date, False): line.minutes for line in result.chairs} | {
        (line.date, True): line.optional_minutes for line in result.chairs
    }
    assert Counter(minutes) == slow.minutes
    assert Counter({line.date: line.without_time for line in result.chairs}) == slow.without_time
    assert Counter({line.date: line.pumps for line in result.chairs}) == slow.pumps
    assert [line.date for line in result.chairs] == sorted({slow.first_day(day) for day in slow.coming})
    assert result.patients == len(found)


@given(found=patients, size=st.integers(1, 20))
def test_shared_vials_hold_the_sum_of_each_day_and_never_more(found: list[list[Row]], size: int) -> None:
    """Carfilzomib as if its label allowed it: each day opens the next multiple of 10 mg above its sum."""

    def shared(drug: Any) -> Any:
        return replace(drug, share_vials=None)

    rows = table(found)
    result = forecast(cut(rows, size), drug_of=finder([], shared), question=Question(share_vials=True))
    by_day = Slow(rows, "day")
    opened: dict[tuple[date, bool], Fraction] = defaultdict(Fraction)
    for (day, drug, optional), amount in by_day.amounts.items():
        if drug == "carfilzomib":
            opened[FIRST_DAY["week"](day), optional] += -(-amount // 10) * 10
    assert {(line.date, line.optional): Fraction(line.vials.opened_mg) for line in result.drugs if line.vials} == opened


SIZES = [("3.5", "1"), ("10", "30", "60"), ("100", "500"), ("7", "5"), ("6", "10", "15"), ("50",)]


@given(sizes=st.sampled_from(SIZES), tenths=st.integers(1, 5_000))
def test_the_vials_for_a_sum_are_those_of_the_whole_search(sizes: tuple[str, ...], tenths: int) -> None:
    vials = tuple(Quantity(Decimal(size), "mg") for size in sizes)
    total = Decimal(tenths) / 10
    assert pooled(total, vials, drug="it") == open_vials(Quantity(total, "mg"), sizes=vials)


def test_a_sum_may_be_larger_than_any_dose() -> None:
    """1,000,001 mg: the next multiple of 10 mg above is 1,000,010 mg, which are 16,666 x 60 mg and 50 mg more."""
    vials = tuple(Quantity(Decimal(size), "mg") for size in (10, 30, 60))
    found = pooled(Decimal(1_000_001), vials, drug="it")
    assert str(found) == "16666 x 60 mg + 1 x 30 mg + 2 x 10 mg"
    assert (found.opened_mg, found.waste_mg) == (Decimal(1_000_010), Decimal(9))
