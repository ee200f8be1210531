"""Reading a table of doses: every form gives the same rows, and what isn't such a table is an error that says which column."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from dosing import Patient, load_regimen
from dosing.cohort import read
from dosing.cohort.columns import schema
from dosing.cohort.read import open_doses
from dosing.errors import PatientError

START = date(2026, 1, 5)
MOMENT = datetime.fromisoformat("2026-01-05T23:00")


def rows_of(patient: str, regimen: str) -> Iterator[dict[str, Any]]:
    for row in load_regimen(regimen).schedule(start=START, patient=Patient(height_cm=170, weight_kg=70), cycles=1).rows():
        yield {"patient_id": patient, **{name: float(cell) if isinstance(cell, Decimal) else cell or None for name, cell in row.items()}}


@pytest.fixture(scope="module")
def doses() -> pa.Table:
    return pa.Table.from_pylist([*rows_of("P1", "krd"), *rows_of("P2", "vmp")], schema=schema())


def parquet(table: pa.Table, path: Path) -> None:
    pyarrow.parquet.write_table(table, path)


def arrow(table: pa.Table, path: Path) -> None:
    with pa.ipc.new_file(str(path), table.schema) as file:
        file.write_table(table)


def text(table: pa.Table, path: Path) -> None:
    pyarrow.csv.write_csv(table, str(path))


FORMS = {"parquet": parquet, "arrow": arrow, "feather": arrow, "csv": text}


def whole(path: Path, *names: str) -> pa.Table:
    return pa.Table.from_batches(open_doses(path, columns=names or None))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_rows(form: str, doses: pa.Table, tmp_path: Path) -> None:
    FORMS[form](doses, tmp_path / f"doses.{form}")
    found = whole(tmp_path / f"doses.{form}")
    assert found.schema.equals(schema())
    assert found.to_pylist() == doses.to_pylist()


@pytest.mark.parametrize("form", ["parquet", "arrow", "csv"])
def test_the_parts_of_a_folder_follow_one_another(form: str, doses: pa.Table, tmp_path: Path) -> None:
    FORMS[form](doses.slice(0, 5), tmp_path / f"part-00000.{form}")
    FORMS[form](doses.slice(5), tmp_path / f"part-00001.{form}")
    (tmp_path / "rejects.csv").write_text("row\n1\n", encoding="utf-8")
    assert whole(tmp_path).to_pylist() == doses.to_pylist()


def test_only_the_columns_asked_for(doses: pa.Table, tmp_path: Path) -> None:
    for form, make in FORMS.items():
        make(doses.append_column("more", pa.nulls(doses.num_rows)), tmp_path / f"doses.{form}")
        found = whole(tmp_path / f"doses.{form}", "status", "patient_id")
        assert found.column_names == ["status", "patient_id"]
        assert found.to_pylist() == doses.select(["status", "patient_id"]).to_pylist()


@pytest.mark.parametrize("form", ["parquet", "arrow", "csv"])
def test_a_table_without_rows_has_columns(form: str, doses: pa.Table, tmp_path: Path) -> None:
    FORMS[form](doses.slice(0, 0), tmp_path / f"doses.{form}")
    assert whole(tmp_path / f"doses.{form}").schema.equals(schema())


def test_a_large_file_comes_in_blocks(doses: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "BLOCK_ROWS", 10)
    parquet(doses, tmp_path / "doses.parquet")
    sizes = [batch.num_rows for batch in open_doses(tmp_path / "doses.parquet")]
    assert max(sizes) == 10
    assert sum(sizes) == doses.num_rows


@pytest.mark.parametrize(
    ("column", "array", "expected"),
    [
        ("drug", pa.array(["a", None], pa.large_string()), ["a", None]),
        ("drug", pa.array(["a", None], pa.string_view()), ["a", None]),
        ("drug", pa.array(["a", None]).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.string())), ["a", None]),
        ("patient_id", pa.array(["a", "a"]).dictionary_encode(), ["a", "a"]),
        ("drug", pa.nulls(2), [None, None]),
        ("date", pa.array([datetime.fromisoformat("2026-01-05"), None], pa.timestamp("us")), [START, None]),
        ("date", pa.array([MOMENT, None], pa.timestamp("us")), [START, None]),
        ("amount", pa.array([Decimal("49.1"), None]), [49.1, None]),
        ("amount", pa.array([49, None]), [49.0, None]),
        ("cycle", pa.array([1, None], pa.int64()), [1, None]),
        ("cycle", pa.array([1.0, None]), [1, None]),
    ],
)  # fmt: skip
def test_types_of_other_programs(column: str, array: pa.Array, expected: list[object], tmp_path: Path) -> None:
    parquet(pa.table({column: array}), tmp_path / "doses.parquet")
    found = whole(tmp_path / "doses.parquet", column)
    assert found.column(column).to_pylist() == expected
    assert found.schema.field(column).type == schema().field(column).type


def empty_folder(path: Path) -> Path:
    return path


def two_kinds(path: Path) -> Path:
    (path / "part-0.csv").write_text("a\n", encoding="utf-8")
    (path / "part-0.arrow").write_text("a\n", encoding="utf-8")
    return path


def unfinished(path: Path) -> Path:
    (path / "part-000001.csv").write_text("status,amount,date\ngiven,1,2026-01-05\n", encoding="utf-8")
    (path / "run.json").write_text("{}", encoding="utf-8")
    return path


def named(name: str, content: bytes = b"") -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        (path / name).write_bytes(content)
        return path / name

    return make


def of(**columns: pa.Array) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        parquet(pa.table(columns), path / "doses.parquet")
        return path / "doses.parquet"

    return make


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path / "none.parquet", "none.parquet can't be read as a table of doses: .*No such file"),
        (named("doses.xlsx"), "doses.xlsx: what kind of table it is can't be told; name it .parquet, .arrow or .csv"),
        (empty_folder, "holds no part of a table of doses: no file part-"),
        (unfinished, "is left from a run that was not finished; finish it with `dosing cohort --resume`"),
        (two_kinds, r"holds parts of several kinds \(.arrow, .csv\), which may be the same doses twice"),
        (named("doses.parquet", b"PAR1 and no more"), "doses.parquet can't be read as a table of doses: "),
        (named("doses.arrow", b"ARROW1 and no more"), "doses.arrow can't be read as a table of doses: "),
        (named("doses.csv"), "doses.csv is no table of doses: it has no column 'status' and no column 'amount' and no column 'date'"),
        (named("doses.csv", b"\xff\n"), "doses.csv can't be read as a table of doses: .*utf-8"),
        (named("doses.csv", b"dates,amount,status\n"), "no column 'date'; did you mean 'dates'"),
        (named("doses.csv", b"date,amount,amount,status\n,1,2,given\n"), "has the column 'amount' twice; keep one"),
        (named("doses.csv", b"status,date,amount\ngiven,5 Jan,1\n"), "doses.csv can't be read as a table of doses: column date: .*5 Jan"),
        (named("doses.csv", b"status,date,amount\n,2026-01-05,1\n"), "doses.csv, row 1: column status is empty; every dose has one"),
        (
            of(status=pa.array(["given"]), amount=pa.array(["5"]), date=pa.array([START])),
            r"column amount holds string; it must be a number \(double\)",
        ),
        (
            of(status=pa.array([1]), amount=pa.array([5.0]), date=pa.array([START])),
            r"column status holds int64; it must be text",
        ),
        (
            of(status=pa.array(["given"]), amount=pa.array([5.0]), date=pa.array(["2026-01-05"])),
            r"column date holds string; it must be a date \(date32\[day\]\)",
        ),
        (
            of(status=pa.array(["given"]), amount=pa.array([5.0]), date=pa.array([MOMENT], pa.timestamp("us", "UTC"))),
            r"column date holds timestamp\[us, tz=UTC\]; it must be a date",
        ),
    ],
)  # fmt: skip
def test_what_is_no_table_of_doses(make: Callable[[Path], Path], says: str, tmp_path: Path) -> None:
    with pytest.raises(PatientError, match=says):
        whole(make(tmp_path), "status", "amount", "date")


def test_half_a_cycle_is_no_whole_number(tmp_path: Path) -> None:
    parquet(pa.table({"cycle": [1.5]}), tmp_path / "doses.parquet")
    with pytest.raises(PatientError, match=r"doses.parquet: column cycle can't be read as a whole number: .*1.5"):
        whole(tmp_path / "doses.parquet", "cycle")


def test_a_gap_is_found_by_its_row(tmp_path: Path) -> None:
    first, second = pa.table({"patient_id": ["a", "b"]}), pa.table({"patient_id": ["c", None]})
    parquet(first, tmp_path / "part-0.parquet")
    parquet(second, tmp_path / "part-1.parquet")
    with pytest.raises(PatientError, match=r"part-1.parquet, row 2: column patient_id is empty"):
        whole(tmp_path, "patient_id")
