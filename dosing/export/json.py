"""JSON: one document with rows and all that must be said of them, or one row a line."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from dosing.dose.schedule import DosedSchedule
from dosing.export.rows import Cell, rows


def to_json(dosed: DosedSchedule, *, trace: bool = False) -> str:
    """One document: what was drawn with which choices, its rows, what is missing, what is noted. No patient identity, no measurements.

    With `trace` each row has the steps of its calculation too, which name the patient's measurements.
    """
    schedule = dosed.schedule
    document = {
        "regimen": schedule.regimen.id,
        "version": schedule.regimen.version,
        "base": schedule.regimen.base or None,
        "chosen": [f"{overlay.kind} {overlay.id}" for overlay in schedule.regimen.chosen],
        "start": schedule.start,
        "formula": dosed.practice.formula if dosed.course.patient.bsa_m2 is None else "given",
        "site": dosed.practice.site or None,
        "overridden": sorted(dosed.course.override),
        "rows": rows(dosed, trace=trace),
        "missing": [{"path": each.path, "text": each.text, "remedy": each.remedy} for each in schedule.missing],
        "notes": list(dosed.notes),
    }
    return json.dumps(document, ensure_ascii=False, indent=1, default=_plain) + "\n"


def to_jsonl(dosed: DosedSchedule, *, trace: bool = False) -> str:
    """One row of the schedule a line; `trace` as in `to_json`."""
    return "".join(json.dumps(row, ensure_ascii=False, default=_plain) + "\n" for row in rows(dosed, trace=trace))


def _plain(cell: Cell) -> Any:
    """A date as text; a decimal as a number, which keeps all its digits because there are few."""
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    raise TypeError(f"{type(cell).__name__} has no place in a row")
