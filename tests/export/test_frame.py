"""The data frame: the rows of the CSV with one dtype for each column, also where there are none."""

import csv
import io
from collections.abc import Callable
from datetime import date

import pandas as pd

from dosing.api import PatientSchedule
from dosing.dose.schedule import DosedSchedule
from dosing.export.columns import COLUMNS
from dosing.export.csv import to_csv
from dosing.export.frame import to_frame

DTYPES = {"date": "datetime64[s]", "text": "object", "whole": "Int64", "decimal": "float64"}


def dtypes(frame: pd.DataFrame) -> dict[str, str]:
    return {str(name): str(dtype) for name, dtype in frame.dtypes.items()}


def test_equal_to_the_csv(shipped: DosedSchedule) -> None:
    frame = to_frame(shipped)
    table = list(csv.DictReader(io.StringIO(to_csv(shipped), newline="")))
    assert list(frame.columns) == [column.name for column in COLUMNS]
    assert len(frame) == len(table)
    for column in COLUMNS:
        texts = [row[column.name] for row in table]
        values = frame[column.name].tolist()
        if column.type == "text":
            assert values == texts
        elif column.type == "date":
            assert [None if pd.isna(value) else value.date() for value in values] == [
                date.fromisoformat(text) if text else None for text in texts
            ]
        else:
            assert [None if pd.isna(value) else float(value) for value in values] == [float(text) if text else None for text in texts]


def test_dtypes(shipped: DosedSchedule) -> None:
    assert dtypes(to_frame(shipped)) == {column.name: DTYPES[column.type] for column in COLUMNS}


def test_an_empty_schedule_has_the_same_dtypes(draw: Callable[..., DosedSchedule], invented: Callable[[str], str]) -> None:
    phases = "  - {id: b, cycle: 7 days, repeat: 1, give: [{drug: testol, dose: 1 mg, route: PO, days: none}]}\n"
    frame = to_frame(draw(invented(phases)))
    assert len(frame) == 0
    assert dtypes(frame) == {column.name: DTYPES[column.type] for column in COLUMNS}


def test_sums_are_at_hand(draw: Callable[..., DosedSchedule]) -> None:
    """What frames are for: 36 doses of 49.1 mg in six cycles."""
    frame = PatientSchedule(draw("krd-asct")).to_frame()
    assert round(frame.groupby("activity")["amount"].sum()["carfilzomib"], 6) == 1767.6
    assert frame["date"].max() == pd.Timestamp("2026-06-21")
