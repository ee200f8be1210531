"""Tables for people: the rows of the CSV in fewer columns, aligned, with nothing cut."""

import csv
import io
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from dosing.dose.schedule import DosedSchedule
from dosing.export.csv import to_csv
from dosing.export.table import HEADINGS, plain, print_rich, schedule_table


def test_frozen(frozen: tuple[str, DosedSchedule], golden: Callable[[str, bytes], None]) -> None:
    name, dosed = frozen
    golden(f"{name}.txt", plain(HEADINGS, schedule_table(dosed)).encode())


def test_the_rows_of_the_csv(shipped: DosedSchedule) -> None:
    table = list(csv.DictReader(io.StringIO(to_csv(shipped), newline="")))
    for cells, row in zip(schedule_table(shipped), table, strict=True):
        line = dict(zip(HEADINGS, cells, strict=True))
        assert line["Date"] == (row["date"] or "-")
        assert (line["Phase"], line["Activity"]) == (row["phase"], row["activity"])
        assert line["Day"] == (f"C{row['cycle']}" if row["cycle"] else "") + (f"D{row['day']}" if row["day"] else "")
        assert line["Route"].startswith(row["route"])
        assert line["Dose"].split() == f"{row['dose']} {row['dose_unit']}".split()
        assert line["Amount"].split()[:2] == f"{row['amount']} {row['amount_unit']}".split()[:2]
        assert line["Note"].startswith("" if row["status"] == "planned" else f"[{row['status']}] ")


PHASES = """
  - id: treatment
    cycle: 21 days
    repeat: 1
    give:
      - {{drug: {drug}, dose: {dose}, route: {route}, days: 1, {more}}}
"""


@pytest.mark.parametrize(
    ("give", "cells"),
    [
        (("testol", "10 mg", "PO", "times: 2"), ("PO", "10 mg", "10 mg x2", "")),
        (("testol", "10 mg", "PO", "every: 6 hours"), ("PO", "10 mg", "10 mg x4", "every 6 hours")),
        (("testol", "10 mg", "PO", "optional: yes"), ("PO", "10 mg", "10 mg", "[optional] ")),
        (("testol", "10 mg", "PO", "times: not-stated"), ("PO", "10 mg", "10 mg", "treatment.testol.times is not stated")),
        (("testmab", "AUC 5", "IV", "over: 30 min"), ("IV 30 min", "AUC 5", "575 mg", "")),
        (("testmab", "2 mg", "IV", "over: 179 min"), ("IV 179 min", "2 mg", "2 mg", "")),
        (("testmab", "2 mg", "IV", "over: 3 hours"), ("IV 3 h", "2 mg", "2 mg", "")),
        (("testmab", "2 mg", "IV", "over: 200 min"), ("IV 200 min", "2 mg", "2 mg", "")),
        (("testmab", "2 mg", "IV", "over: 46 hours"), ("IV 46 h", "2 mg", "2 mg", "")),
        (("testmab", "2 mg", "IV", "over: 4 to 6 hours"), ("IV", "2 mg", "2 mg", "over 4 to 6 hours")),
        (("testmab", "2 mg", "not-stated", "over: 30 min"), ("30 min", "2 mg", "2 mg", "")),
    ],
)
def test_cells(
    draw: Callable[..., DosedSchedule], invented: Callable[[str], str], give: tuple[str, str, str, str], cells: tuple[str, str, str, str]
) -> None:
    drug, dose, route, more = give
    path = invented(PHASES.format(drug=drug, dose=dose, route=route, more=more))
    assert schedule_table(draw(path, measures={"gfr_ml_min": 90})) == [("2026-01-05", "treatment", "C1D1", drug, *cells)]


def test_days_before_the_first(draw: Callable[..., DosedSchedule]) -> None:
    lines = schedule_table(draw("krd-asct", proxy="mel200-day-2", phases=["transplant"], starts={"transplant": date(2026, 8, 3)}))
    assert [line[:4] for line in lines] == [
        ("2026-08-01", "transplant", "D-2", "conditioning"),
        ("2026-08-03", "transplant", "D0", "infusion"),
        ("2026-10-02", "transplant", "", "response-60"),
    ]


def test_columns_stand_under_their_headings() -> None:
    assert plain(("Id", "Title", "X"), [("a", "long title", ""), ("longer", "b", "c")]) == (
        "Id      Title       X\na       long title\nlonger  b           c\n"
    )
    assert plain(("Id", "Title"), []) == "Id  Title\n"


def test_on_a_terminal_nothing_is_cut(
    frozen: tuple[str, DosedSchedule], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 120 columns cells are folded: every letter is there, and no line is wider."""
    monkeypatch.setenv("COLUMNS", "120")
    lines = schedule_table(frozen[1])
    print_rich(HEADINGS, lines)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 120
    letters = Counter("".join(shown.split()).replace("\u2500", ""))
    assert letters == Counter("".join("".join("".join(line) for line in [HEADINGS, *lines]).split()))
    assert all(line[0] in shown for line in lines)


def test_on_a_terminal_too_narrow_to_fold_the_table_is_plain(
    frozen: tuple[str, DosedSchedule], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = schedule_table(frozen[1])
    print_rich(HEADINGS, lines)
    assert capsys.readouterr().out == plain(HEADINGS, lines)


def test_golden_files_are_all_used() -> None:
    names = {path.stem for path in (Path(__file__).parent / "golden").iterdir()}
    assert names == {"krd-asct", "krd-asct-phases", "isa-k-dl2", "cfz-60min"}
