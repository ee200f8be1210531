"""CSV: UTF-8, RFC 4180, a header line, one row per activity and date; safe to open in a spreadsheet."""

import csv
import io
from datetime import date
from decimal import Decimal

from dosing.dose.schedule import DosedSchedule
from dosing.export.columns import NAMES
from dosing.export.rows import Cell, rows
from dosing.units import plain

# A spreadsheet runs text that begins like this as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(dosed: DosedSchedule) -> str:
    """The rows of the schedule as CSV text; lines end with CR LF."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(NAMES)
    writer.writerows([text_of(cell) for cell in row.values()] for row in rows(dosed))
    return out.getvalue()


def text_of(cell: Cell) -> str:
    """A cell as text: no trailing zeros, no thousands separator, nothing that a spreadsheet would run."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return plain(cell)
    if isinstance(cell, (int, date)):
        return str(cell)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
