"""Tables for people: drawn with rich on a terminal, plain columns of text everywhere else."""

from collections.abc import Mapping, Sequence

from dosing.dose.schedule import DosedSchedule
from dosing.export.rows import PLANNED, Cell, Row, rows, text_of

# Never broken between two lines: half a number is another number, half a name another drug.
_WHOLE = ("Date", "Day", "Activity", "Dose", "Amount")
_FOLDED = 12
_GAP = 3

HEADINGS = ("Date", "Phase", "Day", "Activity", "Route", "Dose", "Amount", "Note")
_LONG = 180


def schedule_table(dosed: DosedSchedule) -> list[tuple[str, ...]]:
    """The schedule as lines of text cells under `HEADINGS`."""
    return [_line(row) for row in rows(dosed, remedies=False)]


def _line(row: Row) -> tuple[str, ...]:
    cells = {name: text_of(cell) for name, cell in row.items()}
    cycle = f"C{cells['cycle']}" if cells["cycle"] else ""
    times = f" x{cells['times_per_day']}" if cells["times_per_day"] not in ("", "1") else ""
    return (
        cells["date"] or "-",
        cells["phase"],
        f"{cycle}D{cells['day']}" if cells["day"] else "",
        cells["activity"],
        f"{cells['route']} {_over(row['duration_min'])}".strip(),
        f"AUC {cells['dose']}" if cells["dose_unit"] == "AUC" else f"{cells['dose']} {cells['dose_unit']}".strip(),
        f"{cells['amount']} {cells['amount_unit']}{times}".strip(),
        f"{_status(row, cells)}{cells['note']}",
    )


def _status(row: Row, cells: Mapping[str, str]) -> str:
    """`[held] `; of what was given `[given 2026-02-03, 49 mg] `, where the day or the amount is not the planned one; nothing if planned."""
    if row["status"] == PLANNED:
        return ""
    amount = f"{cells['given_amount']} {cells['given_unit']}".strip()
    as_planned = row["given_on"] in (None, row["date"]) and amount in ("", f"{cells['amount']} {cells['amount_unit']}")
    what = "" if as_planned else " " + ", ".join(filter(None, [cells["given_on"], amount]))
    return f"[{cells['status']}{what}] "


def _over(minutes: Cell) -> str:
    """Infusion time: minutes, and whole hours from three hours on: 46 h rather than 2760 min."""
    if not isinstance(minutes, int):
        return ""
    return f"{minutes} min" if minutes < _LONG or minutes % 60 else f"{minutes // 60} h"


def plain(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Columns of text, two spaces apart, nothing cut."""
    widths = [max(map(len, column)) for column in zip(headings, *lines, strict=True)]
    table = [headings, *lines]
    return "".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in table)


def print_rich(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """The table on the terminal, words folded to its width; plain where that would break a date or a number."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    least = 0
    for heading, *cells in zip(headings, *lines, strict=True):
        whole = heading in _WHOLE
        width = max(map(len, (heading, *cells)))
        least += (width if whole else min(width, _FOLDED)) + _GAP
        table.add_column(heading, overflow="fold", no_wrap=whole)
    for line in lines:
        table.add_row(*(Text(cell) for cell in line))
    console = Console()
    if least > console.width:
        console.print(Text(plain(headings, lines)), soft_wrap=True, end="")
    else:
        console.print(table)
