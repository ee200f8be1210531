"""CSV: UTF-8, RFC 4180, a header line, one row per activity and date; safe to open in a spreadsheet."""

import csv
import io

from dosing.dose.schedule import DosedSchedule
from dosing.export.columns import NAMES
from dosing.export.rows import rows, text_of


def to_csv(dosed: DosedSchedule) -> str:
    """The rows of the schedule as CSV text; lines end with CR LF."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(NAMES)
    writer.writerows([text_of(cell) for cell in row.values()] for row in rows(dosed))
    return out.getvalue()
