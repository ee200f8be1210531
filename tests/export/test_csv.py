"""CSV: RFC 4180, read back by others, safe in a spreadsheet, and equal to what was worked by hand."""

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pytest

from dosing.api import load_regimen
from dosing.dose.course import Course
from dosing.dose.patient import Patient
from dosing.dose.schedule import DosedSchedule
from dosing.export.csv import to_csv
from dosing.export.rows import rows, text_of

HEADER = (
    "date,phase,cycle,day,activity,kind,drug,route,dose,dose_unit,bsa_m2,amount,amount_unit,times_per_day,duration_min,status,note,"
    "rounding,deviation_pct,measured_on,site,planned_on,given_on,given_amount,given_unit"
)


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_frozen(frozen: tuple[str, DosedSchedule], golden: Callable[[str, bytes], None]) -> None:
    name, dosed = frozen
    golden(f"{name}.csv", to_csv(dosed).encode())


def test_induction_of_krd_by_hand(draw: Callable[..., DosedSchedule]) -> None:
    """Six cycles of 28 days from 2026-01-05; sqrt(170 x 70 / 3600) = 1.8181 m2, times 27 = 49.09 mg."""
    expected = []
    for cycle in range(6):
        for day in range(1, 29):
            when = str(date(2026, 1, 5) + timedelta(days=28 * cycle + day - 1))
            if day in (1, 2, 8, 9, 15, 16):
                expected.append((when, str(cycle + 1), str(day), "carfilzomib", "IV", "27", "mg/m2", "1.8181", "49.1", "mg"))
            if day <= 21:
                expected.append((when, str(cycle + 1), str(day), "lenalidomide", "PO", "25", "mg", "", "25", "mg"))
            if day in (1, 8, 15, 22):
                expected.append((when, str(cycle + 1), str(day), "dexamethasone", "", "40", "mg", "", "40", "mg"))
    columns = "date cycle day activity route dose dose_unit bsa_m2 amount amount_unit"
    table = [row for row in read(to_csv(draw("krd-asct"))) if row["phase"] == "induction" and row["kind"] == "drug"]
    assert [tuple(row[name] for name in columns.split()) for row in table] == expected
    assert len(expected) == 6 * (6 + 21 + 4)
    assert all((row["times_per_day"], row["duration_min"], row["status"]) == ("1", "", "planned") for row in table)


def test_form(shipped: DosedSchedule) -> None:
    """Header, CR LF everywhere and at the end, as many fields as columns, UTF-8 without a byte order mark."""
    text = to_csv(shipped)
    assert text.startswith(HEADER + "\r\n")
    assert text.endswith("\r\n")
    assert text.count("\n") == text.count("\r\n") == text.count("\r") == 1 + len(rows(shipped))
    assert all(len(line) == 25 for line in csv.reader(io.StringIO(text, newline=""), strict=True))


def test_read_back_by_the_csv_module(shipped: DosedSchedule) -> None:
    for cells, row in zip(read(to_csv(shipped)), rows(shipped), strict=True):
        for name, cell in row.items():
            if isinstance(cell, Decimal):
                assert Decimal(cells[name]) == cell
            elif cell is None:
                assert cells[name] == ""
            else:
                assert cells[name] == str(cell)


def test_read_back_by_pandas(shipped: DosedSchedule) -> None:
    table = rows(shipped)
    frame = pd.read_csv(io.StringIO(to_csv(shipped)), parse_dates=["date"])
    assert list(frame.columns) == HEADER.split(",")
    assert len(frame) == len(table)
    assert [None if pd.isna(day) else day.date() for day in frame["date"]] == [row["date"] for row in table]
    amounts = [float(row["amount"]) if isinstance(row["amount"], Decimal) else None for row in table]
    assert [None if pd.isna(amount) else amount for amount in frame["amount"]] == amounts


def test_numbers_are_plain(shipped: DosedSchedule) -> None:
    for row in read(to_csv(shipped)):
        for name in ("dose", "bsa_m2", "amount", "deviation_pct"):
            number = row[name]
            assert number == "" or number == f"{Decimal(number).normalize():f}"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (Decimal("49.10"), "49.1"),
        (Decimal("1E+6"), "1000000"),
        (Decimal("0.00000050"), "0.0000005"),
        (Decimal(700), "700"),
        (1234567, "1234567"),
        (-2, "-2"),
        (date(2026, 1, 5), "2026-01-05"),
        ("2 x 10^6 cells/kg; +/- 1", "2 x 10^6 cells/kg; +/- 1"),
        ("=cmd()", "'=cmd()"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("", ""),
    ],
)
def test_cells(cell: Decimal | int | date | str | None, text: str) -> None:
    assert text_of(cell) == text


PHASES = """
  - id: treatment
    cycle: 21 days
    repeat: 1
    give:
      - {{drug: testol, dose: 10 mg, route: PO, days: 1, note: {note}}}
"""


@pytest.mark.parametrize(
    ("note", "cell"),
    [
        ('"=cmd()"', "'=cmd()"),
        ('"+49 123"', "'+49 123"),
        ('"-1 or less"', "'-1 or less"),
        ('"@home"', "'@home"),
        ('"\\t=cmd()"', "'=cmd()"),
        ('"with \\"quotes\\", commas; and = inside"', 'with "quotes", commas; and = inside'),
        ('"\U0001f48a caf\u00e9, \u9999"', "\U0001f48a caf\u00e9, \u9999"),
    ],
)
def test_notes_of_a_user(draw: Callable[..., DosedSchedule], invented: Callable[[str], str], note: str, cell: str) -> None:
    text = to_csv(draw(invented(PHASES.format(note=note))))
    assert [row["note"] for row in read(text)] == [cell]
    assert pd.read_csv(io.StringIO(text))["note"].tolist() == [cell]


def test_rows_without_a_date_say_why(draw: Callable[..., DosedSchedule]) -> None:
    undated = [row for row in read(to_csv(draw("krd-asct"))) if not row["date"]]
    assert [(row["phase"], row["activity"], row["status"]) for row in undated][:3] == [
        ("induction", "harvest", "not-dated"),
        ("transplant", "conditioning", "waiting"),
        ("transplant", "infusion", "waiting"),
    ]
    assert all(row["note"] and not row["amount"] and not row["cycle"] and not row["day"] for row in undated)
    assert undated[1]["note"] == "transplant waits for the date of the transplant: --phase-start transplant=DATE"


def test_a_measurement_that_somebody_let_pass_is_said_in_the_rows(draw: Callable[..., DosedSchedule]) -> None:
    """120 cm is only a warning; 99 cm is a stop. What the size doesn't touch has nothing to say of it."""
    small = Course(patient=Patient(height_cm=99, weight_kg=40), override=frozenset({"height"}))
    table = read(to_csv(load_regimen("krd").schedule(start=date(2026, 1, 5), course=small, cycles=1).dosed))
    said = {row["activity"] for row in table if "OVERRIDDEN: height is below 100 cm" in row["note"]}
    assert said == {"carfilzomib"}
    assert not any("OVERRIDDEN" in row["note"] for row in read(to_csv(draw("krd", cycles=1))))
