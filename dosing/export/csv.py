"""CSV: UTF-8, RFC 4180, a header line, one row per activity and date; safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

from dosing.dose.schedule import DosedSchedule
from dosing.export.columns import columns
from dosing.export.rows import Cell, rows, text_of


def to_csv(dosed: DosedSchedule, *, trace: bool = False) -> str:
    """The rows of the schedule as CSV text; lines end with CR LF. `trace` adds the columns of the calculation."""
    return csv_text([column.name for column in columns(trace=trace)], (tuple(row.values()) for row in rows(dosed, trace=trace)))


def csv_text(headings: Sequence[str], lines: Iterable[Sequence[Cell]]) -> str:
    """Lines of cells as CSV text under their headings."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(headings)
    writer.writerows([text_of(cell) for cell in line] for line in lines)
    return out.getvalue()
