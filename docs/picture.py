"""Draws docs/schedule.svg, the picture of the README, from the program itself: `python docs/picture.py`."""

import io
import re
from datetime import date
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dosing import Patient, load_regimen
from dosing.export.table import HEADINGS, schedule_table

COMMAND = "$ dosing schedule isa-k --variant dl2 --start 2026-01-05 --height 170 --weight 70 --cycles 1"
LINES = 12


def picture() -> str:
    """The first lines of the schedule as SVG, without fonts from elsewhere."""
    drawn = load_regimen("isa-k", variant="dl2").schedule(start=date(2026, 1, 5), patient=Patient(height_cm=170, weight_kg=70), cycles=1)
    table = Table(*HEADINGS, box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for line in schedule_table(drawn.dosed)[:LINES]:
        table.add_row(*(Text(cell) for cell in line))
    console = Console(record=True, width=122, file=io.StringIO())
    console.print(Text(COMMAND))
    console.print(table)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="dosing"), flags=re.DOTALL)
    return svg.replace("Fira Code", "DejaVu Sans Mono")


if __name__ == "__main__":
    Path(__file__).with_name("schedule.svg").write_text(picture(), encoding="utf-8")
