"""Reading what was given, and writing what was found."""

import csv
import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from dosing.cohort.administered import read_administered
from dosing.cohort.columns import REJECTS
from dosing.cohort.deviation_columns import ADMINISTERED, DEVIATIONS, deviation_schema
from dosing.cohort.deviation_file import write
from dosing.cohort.deviations import check
from dosing.errors import OutputError, PatientError
from dosing.units import Quantity
from tests.cohort.deviation_tables import administered, compared, doses, given, on, planned

HEADINGS = "patient_id,date,drug,amount,amount_unit"


def text(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_rows_are_sorted_by_patient_and_day(tmp_path: Path) -> None:
    path = administered(tmp_path / "a.csv", [given(8, "p2"), given(3), given(1, "p2", times="2"), given(3, amount="7", note="later")])
    table = read_administered(path)
    assert dict(table.patients) == {"p2": 0, "p1": 1}
    assert table.first.tolist() == [0, 2, 4]
    first = datetime.date(1970, 1, 1)
    assert [first + datetime.timedelta(int(day)) for day in table.day] == [on(1), on(8), on(3), on(3)]
    assert table.times.tolist() == [2, 1, 1, 1]
    assert [table.amounts[number] for number in table.amount] == [Quantity(Decimal(each), "mg") for each in (50, 50, 50, 7)]
    assert [table.notes[number] for number in table.note] == ["", "", "", "later"]
    assert table.rows == 4


def test_a_day_before_1970(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", HEADINGS, "p1,1969-12-31,carfilzomib,1,mg")
    table = read_administered(path)
    assert (table.day.tolist(), table.rejects.num_rows) == ([-1], 0)


def test_without_the_columns_that_may_be_left_out(tmp_path: Path) -> None:
    table = read_administered(text(tmp_path / "a.csv", HEADINGS, "p1,2026-01-05,carfilzomib,50,mg"))
    assert (table.times.tolist(), table.note.tolist()) == ([1], [0])


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("patient_id", "", "patient_id is empty"),
        ("date", "", "date is empty"),
        ("date", "05.01.2026", "date: '05.01.2026' is not a date; write it as 2026-01-05"),
        ("date", "2026-02-30", "date: '2026-02-30' is not a day of the calendar"),
        ("drug", "", "drug is empty"),
        ("amount", "", "amount is empty"),
        ("amount", "0", "amount: nothing was given; leave the row out"),
        ("amount", "-5", "amount: '-5' is not a plain number such as 27 or 1.3"),
        ("amount", "1e3", "amount: '1e3' is not a plain number such as 27 or 1.3"),
        ("amount_unit", "", "amount_unit is empty"),
        ("amount_unit", "MG", "amount_unit: 'MG' is no unit of an amount; known are mg, g, "),
        ("amount_unit", "mg/m2", "amount_unit: 'mg/m2' is no unit of an amount; known are mg, g, "),
        ("amount_unit", "cm", "amount_unit: 'cm' is no unit of an amount; known are mg, g, "),
        ("times", "0", "times: '0' is not a whole number from 1 to 9999"),
        ("times", "1.5", "times: '1.5' is not a whole number from 1 to 9999"),
        ("times", "100", "times: 100 administrations in one row; at most 99"),
    ],
)
def test_a_cell_that_can_not_be_read(tmp_path: Path, column: str, cell: str, message: str) -> None:
    path = administered(tmp_path / "a.csv", [given(1), given(8) | {column: cell}, given(15)])
    table = read_administered(path)
    assert table.rows == 2
    (reject,) = table.rejects.to_pylist()
    assert list(reject) == [each.name for each in REJECTS]
    assert reject["message"].startswith(message)
    assert (reject["row"], reject["table"], reject["column"], reject["code"]) == (2, "administered", column, "table")
    assert reject["patient_id"] == (None if column == "patient_id" else "p1")


def test_every_wrong_cell_of_a_row_is_said(tmp_path: Path) -> None:
    path = administered(tmp_path / "a.csv", [given(1, amount="x", unit="y"), given(8), given(9, amount="z")])
    table = read_administered(path)
    assert [(each["row"], each["column"]) for each in table.rejects.to_pylist()] == [(1, "amount"), (1, "amount_unit"), (3, "amount")]
    assert table.rows == 1


def test_rows_are_counted_over_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dosing.cohort.administered._ROWS", 2)
    rows = [given(1), given(2, "p2"), given(3, "p3"), given(4, amount="x"), given(5, "p2", amount="60")]
    table = read_administered(administered(tmp_path / "a.csv", rows))
    assert [each["row"] for each in table.rejects.to_pylist()] == [4]
    assert table.first.tolist() == [0, 1, 3, 4]
    assert [str(table.amounts[number]) for number in table.amount] == ["50 mg", "50 mg", "60 mg", "50 mg"]


def test_a_patient_with_nothing_but_rejects_was_given_nothing(tmp_path: Path) -> None:
    result = compared(tmp_path, [planned(1), planned(1, "p2")], [given(1, amount="x"), given(1, amount="y"), given(1, "p2")])
    assert list(result) == []
    assert result.said()[1:] == [
        "1 patients were given nothing; none of their doses counts as missing unless a day is named",
        "2 rows of what was given can't be read; the doses that they were given for may count as missing",
    ]
    assert result.rejects.num_rows == 2


@pytest.mark.parametrize(
    ("headings", "message"),
    [
        ("patient_id,date,drug", r"a.csv has no column 'amount' and no column 'amount_unit'; it has patient_id, date, drug$"),
        (f"{HEADINGS},time", r"a.csv has a column 'time' that is not known; did you mean 'times'\?; remove it"),
        (f"{HEADINGS},date", r"a.csv has the column 'date' twice; keep one"),
        ("", r"a.csv has no column 'patient_id' .*; it has none$"),
    ],
)
def test_columns_that_are_wrong(tmp_path: Path, headings: str, message: str) -> None:
    with pytest.raises(PatientError, match=message):
        read_administered(text(tmp_path / "a.csv", headings))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PatientError, match="can't be read as a table"):
        read_administered(tmp_path / "a.csv")


def test_parquet_with_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "patient_id": pa.array(["p1", "p1"]).dictionary_encode(),
            "date": pa.array([on(1), on(8)], pa.date32()),
            "drug": ["carfilzomib", "carfilzomib"],
            "amount": pa.array([49.1, 70.0], pa.float64()),
            "amount_unit": ["mg", "mg"],
            "times": pa.array([1, None], pa.int8()),
        }
    )
    path = tmp_path / "a.parquet"
    pa.parquet.write_table(table, path)
    found = read_administered(path)
    assert [str(found.amounts[number]) for number in found.amount] == ["49.1 mg", "70 mg"]
    assert (found.times.tolist(), found.rejects.num_rows) == ([1, 1], 0)


def test_the_columns_are_declared() -> None:
    assert [each.name for each in ADMINISTERED][:5] == HEADINGS.split(",")


# -- writing ------------------------------------------------------------------------------------------------------

DOSES = [planned(1), planned(8), planned(1, "p2", "bortezomib")]
HAD = [given(2, note="=1+1"), given(1, "p2", "bortezomib", amount="70"), given(1, "=p3")]


def test_csv(tmp_path: Path) -> None:
    path = tmp_path / "deviations.csv"
    write(compared(tmp_path, DOSES, HAD), path)
    data = path.read_bytes()
    assert data.startswith(f"{','.join(each.name for each in DEVIATIONS)}\r\n".encode())
    rows = list(csv.reader(data.decode().splitlines()))[1:]
    assert rows == [
        ["p1", "carfilzomib", "day", "2026-01-05", "2026-01-06", "1", "50", "50", "mg", "0", "treatment C1D1", "'=1+1"],
        ["p2", "bortezomib", "amount", "2026-01-05", "2026-01-05", "0", "50", "70", "mg", "40", "treatment C1D1", ""],
        ["'=p3", "carfilzomib", "unknown-patient", "", "2026-01-05", "", "", "50", "mg", "", "", ""],
    ]


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "deviations.parquet"
    write(compared(tmp_path, DOSES, HAD, cuts=[2]), path)
    table = pa.parquet.read_table(path)
    assert table.schema == deviation_schema()
    assert [(row["patient_id"], row["drug"], row["kind"]) for row in table.to_pylist()] == [
        ("p1", "carfilzomib", "day"),
        ("p2", "bortezomib", "amount"),
        ("=p3", "carfilzomib", "unknown-patient"),
    ]


def test_a_table_without_deviations_still_says_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "deviations.csv"
    write(compared(tmp_path, DOSES, []), path)
    assert path.read_text(encoding="utf-8").strip() == ",".join(each.name for each in DEVIATIONS)


def test_a_file_that_exists_is_replaced_only_if_told(tmp_path: Path) -> None:
    path = tmp_path / "deviations.csv"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="exists already; give --force"):
        write(compared(tmp_path, DOSES, HAD), path)
    assert path.read_text(encoding="utf-8") == "mine"
    write(compared(tmp_path, DOSES, HAD), path, force=True)
    assert path.read_text(encoding="utf-8") != "mine"


def test_a_name_that_says_no_kind(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"name it \.csv or \.parquet"):
        write([], tmp_path / "deviations.arrow")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"can't write .*: No such file"):
        write([], tmp_path / "none" / "deviations.csv")


def test_a_run_that_fails_leaves_nothing(tmp_path: Path) -> None:
    rows = [planned(1), planned(1, "p2"), planned(8)]
    path = administered(tmp_path / "administered.csv", [given(2), given(1, "p2")])
    with pytest.raises(PatientError, match="more than one place"):
        write(check(doses(rows, cuts=[2]), path), tmp_path / "deviations.csv")
    assert [each.name for each in tmp_path.iterdir()] == ["administered.csv"]
