"""Parts of a run: each is there as a whole or not at all, is the same whoever makes it, and only the same run goes on from it."""

import json
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pyarrow.parquet
import pytest

from dosing.cohort import parts
from dosing.cohort.changes import read_changes
from dosing.cohort.parts import Job, Task, finish, make_part, path_of, prepare, require
from dosing.cohort.people import Terms
from dosing.cohort.sink import temporary_of
from dosing.cohort.table import open_table
from dosing.errors import DosingError, OutputError, PatientError
from tests.cohort import runs

RUN = {"files": "a b", "options": "Terms()", "form": "parquet"}


def task(folder: Path, *lines: str, number: int = 1, first: int = 1) -> Task:
    source = runs.patients(folder, *(lines or runs.LINES), name=f"of-{number}.csv")
    return Task(number, first, pa.concat_tables(open_table(source)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "run"
    path.mkdir()
    return path


def job(folder: Path, form: str = "parquet") -> Job:
    return Job(Terms(), form, str(folder))


def test_a_part_and_its_record(folder: Path, tmp_path: Path) -> None:
    made = make_part(job(folder), task(tmp_path, *runs.LINES, "p4,krd,2026-01-05,17,70", number=3, first=41))
    assert runs.names(folder) == ["part-000003.json", "part-000003.parquet"]
    rows = runs.doses(folder / "part-000003.parquet")
    assert (made.number, made.rows, made.patients, made.alone) == (3, len(rows), 3, 0)
    assert [(each.row, each.patient_id, each.code) for each in made.rejects] == [(44, "p4", "patient")]
    assert sorted(made.said) == ["k-20-27", "krd", "vd"]
    assert prepare_again(folder) == {3: made}
    assert runs.metadata(folder / "part-000003.parquet")["regimens"] == made.said


def prepare_again(folder: Path) -> dict[int, parts.Part]:
    (folder / "run.json").write_text(json.dumps(RUN))
    return prepare(folder, RUN, resume=True)


@pytest.mark.parametrize("form", ["parquet", "arrow", "csv"])
def test_a_part_is_the_same_whatever_was_made_before(folder: Path, tmp_path: Path, form: str) -> None:
    other = tmp_path / "other"
    other.mkdir()
    one, two = task(tmp_path, runs.LINES[0]), task(tmp_path, runs.LINES[1], number=2, first=2)
    for each in (one, two):
        make_part(job(folder, form), each)
    for each in (two, one, two):
        make_part(job(other, form), each)
    assert runs.contents(folder) == runs.contents(other)


def test_parts_made_at_the_same_time_in_one_process(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    tasks = [task(tmp_path, *(f"q{number}{n},krd,2026-01-05,17{n},7{number}" for n in range(9)), number=number) for number in range(1, 5)]
    for each in tasks:
        make_part(job(other), each)
    threads = [Thread(target=make_part, args=(job(folder), each)) for each in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert runs.contents(folder) == runs.contents(other)


def test_a_part_of_several_blocks(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = [*runs.LINES, "p4,krd,2026-01-05,17,70"]
    whole = make_part(job(folder), task(tmp_path, *wrong))
    rows = runs.doses(path_of(folder, 1, "parquet"))
    monkeypatch.setattr(parts, "BLOCK_ROWS", 2)
    again = make_part(job(folder), task(tmp_path, *wrong))
    assert (again.rows, again.patients, again.rejects) == (whole.rows, whole.patients, whole.rejects)
    assert runs.doses(path_of(folder, 1, "parquet")) == rows


def test_changes_and_repeated_rows_go_with_a_task(folder: Path, tmp_path: Path) -> None:
    told = tmp_path / "changes.csv"
    told.write_text("patient_id,on,kind,at,by,mode\np1,2026-01-30,delay,C2,7d,all\n")
    found = task(tmp_path)
    made = make_part(job(folder), Task(1, 1, found.patients, read_changes(told), {3: 1}))
    assert made.alone == 1
    assert [(each.row, each.message[:20]) for each in made.rejects] == [(3, "the patient of row 1")]
    moved = [row for row in runs.doses(path_of(folder, 1, "parquet")) if row["planned_on"]]
    assert {row["patient_id"] for row in moved} == {"p1"}
    assert {(row["date"] - row["planned_on"]).days for row in moved} == {7}


def test_a_partition_is_checked_where_it_comes_in(folder: Path) -> None:
    table = pa.table({"patient_id": ["a"], "regimen": ["krd"], "start": ["2026-01-05"]})
    for wrong, message in (
        (table.drop_columns(["start"]), "a partition has no column 'start'"),
        (table.append_column("wait", pa.array(["1"])), "a partition has a column 'wait' that is not known"),
        (table.append_column("height_cm", pa.array([170.0])), "a partition has height_cm as double, not as text"),
    ):
        with pytest.raises(PatientError, match=message):
            make_part(job(folder), Task(1, 1, wrong))
    assert runs.names(folder) == []


def test_a_folder_that_a_worker_does_not_see(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"can't write .*part-000001.parquet: No such file or directory"):
        make_part(job(tmp_path / "nowhere"), task(tmp_path))


def test_a_record_that_can_not_be_written_is_no_part(folder: Path, tmp_path: Path) -> None:
    temporary_of(folder / "part-000001.json").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"can't write .*part-000001.json: No space left on device"):
        make_part(job(folder), task(tmp_path))
    assert runs.names(folder) == ["part-000001.parquet"]
    assert prepare_again(folder) == {}


# -- the folder of a run ------------------------------------------------------------------------------------------


def test_a_new_folder(tmp_path: Path) -> None:
    for resume in (False, True):
        path = tmp_path / str(resume)
        assert prepare(path, RUN, resume=resume) == {}
        assert json.loads((path / "run.json").read_text()) == RUN
        assert prepare(path, RUN, resume=True) == {}


def test_a_folder_that_can_not_be_made(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "no" / "run", "No such file or directory"), (tmp_path / "file" / "run", "Not a directory")):
        (tmp_path / "file").write_text("")
        with pytest.raises(OutputError, match=rf"can't make {path}: {why}"):
            prepare(path, RUN, resume=False)


def test_a_folder_that_was_left_is_not_used_unasked(tmp_path: Path) -> None:
    prepare(tmp_path / "run", RUN, resume=False)
    with pytest.raises(OutputError, match="left from a run that was not finished; go on from it with --resume, or remove it"):
        prepare(tmp_path / "run", RUN, resume=False)


def test_a_folder_of_another_run(tmp_path: Path) -> None:
    prepare(tmp_path / "run", RUN, resume=False)
    with pytest.raises(OutputError, match=r"is of another run \(files, form differ\)"):
        prepare(tmp_path / "run", {**RUN, "files": "a c", "form": "csv"}, resume=True)


@pytest.mark.parametrize("text", ["", "{", "\udcff"])
def test_a_folder_whose_run_can_not_be_read(folder: Path, text: str) -> None:
    (folder / "run.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(OutputError, match=r"run.json in it can't be read; remove the folder"):
        prepare(folder, RUN, resume=True)


def test_a_record_without_its_part_is_no_part(folder: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        make_part(job(folder), task(tmp_path, number=number))
    path_of(folder, 1, "parquet").unlink()
    assert list(prepare_again(folder)) == [2]


def test_a_part_without_its_record_is_no_part(folder: Path, tmp_path: Path) -> None:
    make_part(job(folder), task(tmp_path))
    (folder / "part-000001.json").unlink()
    assert prepare_again(folder) == {}


def test_all_parts_must_be_there(folder: Path, tmp_path: Path) -> None:
    for number in (1, 3):
        make_part(job(folder, "csv"), task(tmp_path, number=number))
    with pytest.raises(OutputError, match=r"1 of 3 parts are not in .*, the first is part-000002.csv: every worker must see this folder"):
        require(folder, 3, "csv")
    make_part(job(folder, "csv"), task(tmp_path, number=2))
    assert [path.name for path in require(folder, 3, "csv")] == [f"part-00000{number}.csv" for number in (1, 2, 3)]


def test_at_the_end_only_doses_are_left(folder: Path, tmp_path: Path) -> None:
    make_part(job(folder), task(tmp_path))
    (folder / "run.json").write_text("{}")
    temporary_of(folder / "part-000002.parquet").write_text("half")
    finish(folder)
    assert runs.names(folder) == ["part-000001.parquet"]


def test_errors_of_other_processes_come_whole() -> None:
    """They travel as pickles from workers."""
    import pickle

    error = pickle.loads(pickle.dumps(OutputError("no place")))
    assert isinstance(error, DosingError)
    assert (str(error), error.exit_code) == ("no place", 7)
