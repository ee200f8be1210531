"""Tables for people: drawn with rich on a terminal, plain columns of text everywhere else."""

from collections.abc import Sequence

from dosing.dose.schedule import DosedSchedule
from dosing.export.csv import text_of
from dosing.export.rows import Row, rows

HEADINGS = ("Date", "Phase", "Day", "Activity", "Route", "Dose", "Amount", "Note")


def schedule_table(dosed: DosedSchedule) -> list[tuple[str, ...]]:
    """The schedule as lines of text cells under `HEADINGS`."""
    return [_line(row) for row in rows(dosed, remedies=False)]


def _line(row: Row) -> tuple[str, ...]:
    cells = {name: text_of(cell) for name, cell in row.items()}
    cycle = f"C{cells['cycle']}" if cells["cycle"] else ""
    over = f" {cells['duration_min']} min" if cells["duration_min"] else ""
    times = f" x{cells['times_per_day']}" if cells["times_per_day"] not in ("", "1") else ""
    status = "" if row["status"] == "planned" else f"[{cells['status']}] "
    return (
        cells["date"] or "-",
        cells["phase"],
        f"{cycle}D{cells['day']}" if cells["day"] else "",
        cells["activity"],
        f"{cells['route']}{over}".strip(),
        f"{cells['dose']} {cells['dose_unit']}".strip(),
        f"{cells['amount']} {cells['amount_unit']}{times}".strip(),
        f"{status}{cells['note']}",
    )


def plain(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Columns of text, two spaces apart, nothing cut."""
    widths = [max(map(len, column)) for column in zip(headings, *lines, strict=True)]
    table = [headings, *lines]
    return "".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in table)


def print_rich(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """The table on the terminal, folded to its width."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(header_style="bold", expand=False)
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading in ("Date", "Day"))
    for line in lines:
        table.add_row(*(Text(cell) for cell in line))
    Console().print(table)
