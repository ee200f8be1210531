"""The reference pages that follow from the code: columns.md, cohort-columns.md, forecast-columns.md and commands.md.

`python docs/generate.py` writes them anew; tests/docs/test_generated.py fails when they are stale.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import click

from dosing.cli import commands
from dosing.cohort.changes import CHANGES
from dosing.cohort.columns import PATIENT_ID, REJECTS
from dosing.cohort.deviation_columns import ADMINISTERED, DEVIATIONS
from dosing.cohort.forecast_columns import CHAIRS, DRUGS
from dosing.cohort.people import PATIENTS
from dosing.export.columns import COLUMNS, TRACE, Column

_WIDTH = 100
_HEAD = ("| column | type | unit | empty | meaning |", "|---|---|---|---|---|")
_MADE = "<!-- Made by docs/generate.py; change the code, not this page. -->"


def columns_page() -> str:
    """The columns of a schedule as a table."""
    lines = [
        "# Columns of a schedule",
        "",
        _MADE,
        "",
        "CSV, JSON, JSON lines and the data frame hold these columns, in this order. There is one row per activity and date, in order of",
        "date, then one for each activity that has no date.",
        "",
        *_HEAD,
    ]
    lines += [_line(each) for each in COLUMNS]
    lines += ["", "With `--trace` (`trace=True` in Python) these follow. They name the patient's measurements.", "", *_HEAD]
    lines += [_line(each) for each in TRACE]
    return "\n".join(lines) + "\n"


def forecast_columns_page() -> str:
    """The columns of the two tables of a forecast."""
    lines = ["# Columns of a forecast", "", _MADE, "", "`dosing forecast` writes one of two tables. Every number is a sum over patients."]
    for title, columns in (("drugs", DRUGS), ("chairs", CHAIRS)):
        lines += ["", f"## `--what {title}`", "", *_HEAD, *map(_line, columns)]
    return "\n".join(lines) + "\n"


def cohort_columns_page() -> str:
    """The columns of the tables that a cohort reads and writes."""
    needed = "`patient_id`, `regimen` and `start` must be there, and what the regimen's doses need; a column that nobody knows is an error."
    tables = (
        ("Patients", f"One row for each patient. {needed}", PATIENTS),
        ("Changes", "`--changes`: one row for each change, the changes of a patient in the order in which they were noted.", CHANGES),
        ("Doses", "One row for each entry of a schedule: after the patient come the [columns of a schedule](columns.md).", (PATIENT_ID,)),
        ("Rejects", "One row for each row that could not be used.", REJECTS),
        ("Administered", "`--check`: one row for each administration.", ADMINISTERED),
        ("Deviations", "What `--check` writes: one row for each deviation.", DEVIATIONS),
    )
    lines = ["# Columns of a cohort", "", _MADE, "", "`dosing cohort` reads and writes these tables: CSV, Parquet or, but for"]
    lines += ["deviations, Arrow IPC (`.arrow`)."]
    for title, meaning, columns in tables:
        lines += ["", f"## {title}", "", meaning, "", *_HEAD, *map(_line, columns)]
    return "\n".join(lines) + "\n"


def _line(column: Column) -> str:
    cells = (f"`{column.name}`", column.type, column.unit, column.empty or "never", column.meaning)
    escaped = [cell.replace("|", "\\|") for cell in cells]
    return f"| {' | '.join(escaped)} |"


def commands_page() -> str:
    """The help text of every command."""
    return "\n".join(["# Commands", "", _MADE, "", *_help()])


def _help() -> Iterator[str]:
    top = click.Context(commands, info_name="dosing", terminal_width=_WIDTH, help_option_names=["-h", "--help"])
    yield from _block("dosing", commands.get_help(top))
    yield from _below(commands, top, "dosing")


def _below(group: click.Group, context: click.Context, title: str) -> Iterator[str]:
    """The help of every command of a group, each followed by those of its own."""
    for name, command in group.commands.items():
        own = click.Context(command, info_name=name, parent=context, terminal_width=_WIDTH)
        yield from _block(f"{title} {name}", command.get_help(own))
        if isinstance(command, click.Group):
            yield from _below(command, own, f"{title} {name}")


def _block(title: str, text: str) -> list[str]:
    return [f"## {title}", "", "```text", *(line.rstrip() for line in text.splitlines()), "```", ""]


PAGES: dict[str, Callable[[], str]] = {
    "columns.md": columns_page,
    "cohort-columns.md": cohort_columns_page,
    "forecast-columns.md": forecast_columns_page,
    "commands.md": commands_page,
}


def main() -> None:
    """Write every page beside this file."""
    for name, page in PAGES.items():
        (Path(__file__).parent / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
