"""Files of doses: whole or absent, in three forms that hold the same, read by readers that others wrote.

Expected rows are those of the one-patient path, where they don't come from other forms.
"""

import csv
import json
import os
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet
import pytest

import dosing
from dosing import Patient, load_regimen
from dosing.cohort import sink
from dosing.cohort.columns import DOSES, schema
from dosing.cohort.people import Terms
from dosing.cohort.read import open_doses
from dosing.cohort.run import run
from dosing.cohort.sink import Sink, form_of, temporary_of
from dosing.cohort.work import Worker
from dosing.errors import OutputError
from dosing.export.csv import csv_text
from tests.cohort import runs
from tests.cohort.alike import block_of, table_of

PEOPLE = [dict(zip(runs.HEAD.split(","), line.split(","), strict=True)) for line in runs.LINES]
FORMS = ("parquet", "arrow", "csv")
SITE = Path(dosing.__file__).parents[1] / "docs" / "examples" / "site" / "our-clinic.yaml"


def file_of(folder: Path, form: str) -> Path:
    """The doses of PEOPLE by way of a sink."""
    path = folder / f"doses.{form}"
    with Sink(path, form) as out:
        out.write(block_of(PEOPLE, form=form).doses)
    return path


@pytest.mark.parametrize(("name", "form"), [("a.parquet", "parquet"), ("b.ARROW", "arrow"), ("c.d.csv", "csv")])
def test_the_form_by_the_name(name: str, form: str) -> None:
    assert form_of(Path(name)) == form


@pytest.mark.parametrize("name", ["doses", "doses.xlsx", ".csv"])
def test_a_name_that_says_no_form(name: str) -> None:
    with pytest.raises(OutputError, match=r"name it .parquet, .arrow, .csv, or a folder"):
        form_of(Path(name))


def test_the_three_forms_hold_the_same_rows(tmp_path: Path) -> None:
    found = [runs.doses(file_of(tmp_path, form)) for form in FORMS]
    assert found[0] == found[1] == found[2]
    one = [len(load_regimen(each["regimen"]).schedule(start=date(2026, 1, 5)).rows()) for each in PEOPLE]
    assert len(found[0]) == sum(one)
    assert list(dict.fromkeys(row["patient_id"] for row in found[0])) == ["p1", "p2", "p3"]


def test_parquet_has_the_stated_schema(tmp_path: Path) -> None:
    found = pyarrow.parquet.read_schema(file_of(tmp_path, "parquet"))
    types = {"date": pa.date32(), "text": pa.dictionary(pa.int32(), pa.string()), "whole": pa.int32(), "decimal": pa.float64()}
    expected = {column.name: types[column.type] for column in DOSES} | {"patient_id": pa.string()}
    assert dict(zip(found.names, found.types, strict=True)) == expected
    assert [field.name for field in found if not field.nullable] == [column.name for column in DOSES if not column.empty]
    assert found.field("duration_min").metadata[b"unit"] == b"min"
    assert found.field("amount").metadata[b"meaning"].startswith(b"What this patient gets")
    assert found.remove_metadata().equals(schema().remove_metadata())


def test_parquet_as_others_read_it(tmp_path: Path) -> None:
    frame = pd.read_parquet(file_of(tmp_path, "parquet"))
    first = frame[(frame["patient_id"] == "p1") & (frame["drug"] == "carfilzomib")].iloc[0]
    # sqrt(170 x 70 / 3600) = 1.81812 m2; 20 mg/m2 of that, to a tenth.
    assert (first["amount"], first["amount_unit"], first["dose"], first["dose_unit"]) == (36.4, "mg", 20, "mg/m2")
    assert round(first["bsa_m2"], 4) == 1.8181
    assert pd.Timestamp(first["date"]) == pd.Timestamp("2026-01-05")
    assert frame["drug"].dtype == "category"


@pytest.mark.parametrize("form", ["parquet", "arrow", "csv"])
def test_polars_reads_every_form(tmp_path: Path, form: str) -> None:
    polars = pytest.importorskip("polars")
    path = file_of(tmp_path, form)
    read = {"parquet": polars.read_parquet, "arrow": polars.read_ipc, "csv": polars.read_csv}[form]
    found = read(path, **({"infer_schema_length": None} if form == "csv" else {}))
    assert found.columns == [column.name for column in DOSES]
    assert found["amount"].to_list() == [row["amount"] for row in runs.doses(path)]
    assert found["drug"].cast(polars.String).to_list() == [row["drug"] for row in runs.doses(path)]


def test_arrow_as_others_read_it(tmp_path: Path) -> None:
    path = file_of(tmp_path, "arrow")
    with pa.memory_map(str(path)) as source, pyarrow.ipc.open_file(source) as file:
        assert file.schema.equals(schema(), check_metadata=True)
        assert file.read_all().to_pylist() == runs.doses(path)
    assert pd.read_feather(path)["patient_id"].nunique() == 3


@pytest.mark.parametrize("form", ["arrow", "parquet"])
def test_no_code_is_below_zero(tmp_path: Path, form: str) -> None:
    """Under a null any number may stand, but some readers (polars 2.1) refuse one that is no code."""
    source = runs.patients(tmp_path, *runs.LINES)
    run(runs.order(source, f"doses.{form}", resume=True, part_patients=2))
    for batch in open_doses(tmp_path / f"doses.{form}"):
        coded = [column for column in batch.columns if pa.types.is_dictionary(column.type)]
        assert any(column.null_count for column in coded)
        for column in coded:
            assert min(memoryview(column.indices.buffers()[1]).cast("i"), default=0) >= 0


def test_csv_is_the_text_of_single_patients(tmp_path: Path) -> None:
    text = file_of(tmp_path, "csv").read_bytes().decode()
    expected = [csv_text([column.name for column in DOSES], [])]
    for each in PEOPLE:
        size = Patient(height_cm=int(each["height_cm"]), weight_kg=int(each["weight_kg"]))
        rows = load_regimen(each["regimen"]).schedule(start=date.fromisoformat(each["start"]), patient=size).rows()
        expected.append(csv_text([], ((each["patient_id"], *row.values()) for row in rows)).removeprefix("\r\n"))
    assert text == "".join(expected)
    assert pyarrow.csv.read_csv(str(tmp_path / "doses.csv")).num_rows == len(list(csv.reader(text.splitlines()[1:])))


@pytest.mark.parametrize("form", FORMS)
def test_no_rows_at_all(tmp_path: Path, form: str) -> None:
    with Sink(tmp_path / f"doses.{form}", form):
        pass
    assert runs.doses(tmp_path / f"doses.{form}") == []


def test_row_groups_are_of_some_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink, "_GROUP_ROWS", 500)
    worker, path = Worker(Terms()), tmp_path / "doses.parquet"
    with Sink(path, "parquet") as out:
        for _ in range(4):
            out.write(worker.block(table_of(PEOPLE)).doses)
    rows = block_of(PEOPLE).rows
    assert rows > 500
    with pyarrow.parquet.ParquetFile(path) as file:
        assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == 4 * [rows]
    monkeypatch.setattr(sink, "_GROUP_ROWS", rows + 1)
    with Sink(path, "parquet") as out:
        for _ in range(3):
            out.write(worker.block(table_of(PEOPLE)).doses)
    with pyarrow.parquet.ParquetFile(path) as file:
        assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [2 * rows, rows]
    assert len(runs.doses(path)) == 3 * rows


def test_what_parquet_says_of_itself(tmp_path: Path) -> None:
    source = runs.patients(tmp_path, *runs.LINES)
    run(runs.order(source, "doses.parquet", terms=Terms(texts={"site": str(SITE)})))
    found = runs.metadata(tmp_path / "doses.parquet")
    assert found["version"] == dosing.__version__
    assert sorted(found["regimens"]) == ["k-20-27", "krd", "vd"]
    drawn = load_regimen("krd").schedule(start=date(2026, 1, 5), patient=Patient(height_cm=170, weight_kg=70))
    krd = found["regimens"]["krd"]
    assert krd["site"].startswith("our-clinic (")
    assert krd["definition"].startswith("sha256:")
    assert len({each["definition"] for each in found["regimens"].values()}) == 3
    assert [note for note in krd["notes"] if note in drawn.notes]
    assert json.loads(json.dumps(found)) == found


# -- whole or absent ----------------------------------------------------------------------------------------------


class Broken(Exception):
    """Something else goes wrong."""


def break_off(path: Path, form: str) -> None:
    """Something goes wrong in the middle."""
    before = path.exists()
    with Sink(path, form) as out:
        out.write(block_of(PEOPLE, form=form).doses)
        assert path.exists() == before
        assert temporary_of(path).exists()
        raise Broken


def fill(path: Path, form: str) -> None:
    """More than any buffer holds."""
    with Sink(path, form) as out:
        for _ in range(60):
            out.write(block_of(PEOPLE, form=form).doses)


@pytest.mark.parametrize("form", FORMS)
def test_an_error_leaves_nothing(tmp_path: Path, form: str) -> None:
    with pytest.raises(Broken):
        break_off(tmp_path / f"doses.{form}", form)
    assert runs.names(tmp_path) == []


@pytest.mark.parametrize("form", FORMS)
def test_an_error_leaves_what_was_there(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"doses.{form}"
    path.write_text("before")
    with pytest.raises(Broken):
        break_off(path, form)
    assert (runs.names(tmp_path), path.read_text()) == ([path.name], "before")


def test_what_is_replaced_keeps_its_mode_and_a_link_its_place(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "doses.csv", tmp_path / "doses.csv"
    real.write_text("before")
    real.chmod(0o640)
    link.symlink_to(real)
    file_of(tmp_path, "csv")
    assert link.is_symlink()
    assert real.read_text().startswith("patient_id,")
    assert real.stat().st_mode & 0o777 == 0o640
    assert runs.names(tmp_path / "real") == ["doses.csv"]


@pytest.mark.parametrize("form", FORMS)
def test_a_folder_that_is_not_there(tmp_path: Path, form: str) -> None:
    with (
        pytest.raises(OutputError, match=r"can't write .*doses\.\w+: No such file or directory"),
        Sink(tmp_path / "no" / f"doses.{form}", form),
    ):
        pytest.fail("it opened")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"doses.{form}"
    temporary_of(path).symlink_to("/dev/full")
    with pytest.raises(OutputError, match=rf"can't write {path}: No space left on device"):
        fill(path, form)
    assert runs.names(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("form", FORMS)
def test_a_disk_that_is_full_at_the_end(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"doses.{form}"
    temporary_of(path).symlink_to("/dev/full")
    with pytest.raises(OutputError, match="No space left on device"), Sink(path, form) as out:
        out.describe({})
    assert runs.names(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_another_error_is_not_hidden_by_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "doses.csv"
    temporary_of(path).symlink_to("/dev/full")
    with pytest.raises(Broken), Sink(path, "csv"):
        raise Broken


def test_a_name_that_is_nearly_too_long(tmp_path: Path) -> None:
    path = tmp_path / f"{'d' * 240}.csv"
    with Sink(path, "csv"):
        pass
    assert runs.names(tmp_path) == [path.name]


def test_another_machine_has_another_temporary_name(monkeypatch: pytest.MonkeyPatch) -> None:
    one = temporary_of(Path("doses.csv"))
    monkeypatch.setattr("platform.node", lambda: "another")
    assert one != temporary_of(Path("doses.csv")) == Path(f".doses.csv.another.{os.getpid()}.tmp")
