"""CSV: UTF-8, RFC 4180, a header line, one row per activity and date; safe to open in a spreadsheet."""

import csv
import io

from dosing.dose.schedule import DosedSchedule
from dosing.export.columns import columns
from dosing.export.rows import rows, text_of


def to_csv(dosed: DosedSchedule, *, trace: bool = False) -> str:
    """The rows of the schedule as CSV text; lines end with CR LF. `trace` adds the columns of the calculation."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(column.name for column in columns(trace=trace))
    writer.writerows([text_of(cell) for cell in row.values()] for row in rows(dosed, trace=trace))
    return out.getvalue()
