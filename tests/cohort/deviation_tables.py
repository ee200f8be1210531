"""Small tables of planned doses and of what was given, and what their comparison finds."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from dosing import Patient, load_regimen
from dosing.cohort.columns import schema
from dosing.cohort.deviation_columns import NEEDED
from dosing.cohort.deviations import PERCENT, WINDOW_DAYS, Deviations, check

Row = dict[str, Any]
DAY_1 = date(2026, 1, 5)


def on(day: int) -> date:
    """Day 1 is 5 January 2026."""
    return DAY_1 + timedelta(days=day - 1)


def planned(on_day: int, patient: str = "p1", drug: str | None = "carfilzomib", amount: float | None = 50.0, **more: Any) -> Row:
    """One row of doses; `more` are other columns."""
    return {
        "patient_id": patient,
        "date": on(on_day),
        "phase": "treatment",
        "cycle": 1,
        "day": on_day,
        "kind": "drug",
        "drug": drug,
        "amount": amount,
        "amount_unit": None if amount is None else "mg",
        "times_per_day": 1,
        "status": "planned",
    } | more


def doses(rows: Sequence[Row], *, cuts: Iterable[int] = ()) -> Iterator[pa.RecordBatch]:
    """The rows as batches, a new one from each of the cuts on."""
    whole = schema()
    needed = pa.schema([whole.field(name) for name in NEEDED])
    bounds = [0, *sorted(cuts), len(rows)]
    for start, end in pairwise(bounds):
        yield pa.RecordBatch.from_pylist(list(rows[start:end]), schema=needed)


def given(day: int, patient: str = "p1", drug: str = "carfilzomib", amount: str = "50", unit: str = "mg", **more: str) -> Row:
    """One row of what was given."""
    return {"patient_id": patient, "date": str(on(day)), "drug": drug, "amount": amount, "amount_unit": unit, **more}


def administered(path: Path, rows: Sequence[Row]) -> Path:
    """The rows as a CSV file."""
    names = ("patient_id", "date", "drug", "amount", "amount_unit", "times", "note")
    lines = [",".join(names), *(",".join(row.get(name, "") for name in names) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def compared(
    path: Path,
    rows: Sequence[Row],
    had: Sequence[Row],
    *,
    cuts: Iterable[int] = (),
    window_days: int = WINDOW_DAYS,
    percent: Decimal = PERCENT,
    as_of: date | None = None,
) -> Deviations:
    """The comparison of planned rows with given ones, through a CSV file in `path`."""
    table = administered(path / "administered.csv", had)
    return check(doses(rows, cuts=cuts), table, window_days=window_days, percent=percent, as_of=as_of)


def found(path: Path, rows: Sequence[Row], had: Sequence[Row], **options: Any) -> list[Row]:
    """The deviations as rows without their empty cells."""
    batches = compared(path, rows, had, **options)
    return [{name: cell for name, cell in row.items() if cell is not None} for batch in batches for row in batch.to_pylist()]


def of_regimen(name: str, patient: str, *, weight: int = 70, cycles: int = 2, start: date = DAY_1) -> list[Row]:
    """The doses of a patient by the path for one patient."""
    drawn = load_regimen(name).schedule(start=start, patient=Patient(height_cm=170, weight_kg=weight), cycles=cycles)
    rows = [{"patient_id": patient} | {key: _cell(cell) for key, cell in row.items()} for row in drawn.rows()]
    return [{key: row[key] for key in NEEDED} for row in rows]


def _cell(cell: object) -> object:
    return float(cell) if isinstance(cell, Decimal) else cell or None


def as_given(rows: Iterable[Row]) -> list[Row]:
    """What was given if everything is given as planned."""
    return [
        {
            "patient_id": row["patient_id"],
            "date": str(row["date"]),
            "drug": row["drug"],
            "amount": str(Decimal(repr(row["amount"]))),
            "amount_unit": row["amount_unit"],
            "times": str(row["times_per_day"] or 1),
        }
        for row in rows
        if row["kind"] == "drug"
    ]
