"""Planned and given side by side: in the rows, the CSV, the JSON, the frame and the table."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from dosing.dose.course import Course
from dosing.dose.schedule import DosedSchedule, dose_schedule
from dosing.export.columns import COLUMNS
from dosing.export.csv import to_csv
from dosing.export.frame import to_frame
from dosing.export.json import to_json
from dosing.export.rows import Row, rows
from dosing.export.table import HEADINGS, schedule_table
from dosing.schedule.entries import GIVEN, HELD, NOT_GIVEN, OMITTED, RULED_OUT, SKIPPED, STOPPED, Entry
from dosing.units import parse_amount

Draw = Callable[..., DosedSchedule]


@pytest.fixture
def treated(draw: Draw) -> Callable[..., DosedSchedule]:
    """The first cycle of KRd; of carfilzomib each day may have a status, or a day on which it was given and how much."""

    def make(**days: str | tuple[str, str]) -> DosedSchedule:
        drawn = draw("krd", cycles=1)
        given = {}

        def mark(entry: Entry) -> Entry:
            what = days.get(entry.when) if entry.drug == "carfilzomib" else None
            if isinstance(what, tuple):
                given.update({entry.key: parse_amount(what[1])} if what[1] else {})
                return replace(entry, status=GIVEN, given_on=date.fromisoformat(what[0]), why=("given, change 1",))
            return replace(entry, status=what or "", why=(f"{what}: rash",) if what else ())

        schedule = replace(drawn.schedule, entries=tuple(mark(entry) for entry in drawn.schedule.entries))
        return dose_schedule(schedule, Course(patient=drawn.course.patient, given=given))

    return make


def row_of(found: DosedSchedule, day: int) -> Row:
    (row,) = [row for row in rows(found) if (row["drug"], row["day"]) == ("carfilzomib", day)]
    return row


@pytest.mark.parametrize("status", [HELD, OMITTED, STOPPED, SKIPPED, RULED_OUT])
def test_what_is_called_off_keeps_its_row_and_its_dose(treated: Callable[..., DosedSchedule], status: str) -> None:
    found = treated(C1D8=status)
    row = row_of(found, 8)
    assert len(rows(found)) == len(rows(treated()))
    assert (row["date"], row["status"], row["dose"], row["dose_unit"]) == (date(2026, 1, 12), status, Decimal(27), "mg/m2")
    assert (row["amount"], row["amount_unit"], row["bsa_m2"], row["deviation_pct"], row["rounding"]) == (None, "", None, None, "")
    assert row["note"] == f"{status}: rash"
    assert status in next(column.meaning for column in COLUMNS if column.name == "status")


def test_planned_and_given_stand_side_by_side(treated: Callable[..., DosedSchedule]) -> None:
    found = treated(C1D8=("2026-01-13", "0.05 g"), C1D9=("2026-01-13", ""), C1D15=NOT_GIVEN)
    columns = ("date", "amount", "amount_unit", "status", "given_on", "given_amount", "given_unit")
    planned = Decimal("49.1"), "mg"
    assert [tuple(row_of(found, day)[name] for name in columns) for day in (8, 9, 15, 16)] == [
        (date(2026, 1, 12), *planned, "given", date(2026, 1, 13), Decimal("0.05"), "g"),
        (date(2026, 1, 13), *planned, "given", date(2026, 1, 13), None, ""),
        (date(2026, 1, 19), *planned, "not-given", None, None, ""),
        (date(2026, 1, 20), *planned, "planned", None, None, ""),
    ]


def test_every_way_out_has_them(treated: Callable[..., DosedSchedule]) -> None:
    found = treated(C1D8=("2026-01-13", "48.5 mg"), C1D9=HELD)
    table = [row for row in csv.DictReader(io.StringIO(to_csv(found), newline="")) if row["given_on"] or row["status"] == "held"]
    cells = [(row["status"], row["amount"], row["given_on"], row["given_amount"], row["given_unit"]) for row in table]
    assert cells == [("given", "49.1", "2026-01-13", "48.5", "mg"), ("held", "", "", "", "")]
    given = [row for row in json.loads(to_json(found))["rows"] if row["status"] == "given"]
    assert [(row["given_on"], row["given_amount"], row["given_unit"]) for row in given] == [("2026-01-13", 48.5, "mg")]
    frame = to_frame(found)
    assert [str(frame[name].dtype) for name in ("given_on", "given_amount", "given_unit")] == ["datetime64[s]", "float64", "object"]
    (line,) = frame[frame["status"] == "given"].to_dict("records")
    assert (line["given_on"], line["given_amount"], line["amount"]) == (pd.Timestamp("2026-01-13"), 48.5, 49.1)
    assert frame["given_on"].isna().sum() == len(frame) - 1


@pytest.mark.parametrize(
    ("day", "note"),
    [
        (("2026-01-12", ""), "[given] "),
        (("2026-01-12", "49.1 mg"), "[given] "),
        (("2026-01-12", "49 mg"), "[given 2026-01-12, 49 mg] "),
        (("2026-01-13", ""), "[given 2026-01-13] "),
        (("2026-01-11", "49.1 mg"), "[given 2026-01-11, 49.1 mg] "),
        (("2026-01-13", "50 mg"), "[given 2026-01-13, 50 mg] "),
        (NOT_GIVEN, "[not-given] "),
        (HELD, "[held] "),
        ("", ""),
    ],
)
def test_the_table_names_what_differs_from_the_plan(treated: Callable[..., DosedSchedule], day: str | tuple[str, str], note: str) -> None:
    (line,) = [line for line in schedule_table(treated(C1D8=day)) if line[2:4] == ("C1D8", "carfilzomib")]
    cells = dict(zip(HEADINGS, line, strict=True))
    assert cells["Note"].startswith(note)
    assert note or not cells["Note"].startswith("[")
    assert (cells["Date"], cells["Dose"]) == ("2026-01-12", "27 mg/m2")
    assert cells["Amount"] == ("" if day == HELD else "49.1 mg")
