"""Runs from a table to a file or a folder: the same rows whichever way they are made, nothing that looks whole when it isn't."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dosing
from dosing.cohort import parts, table
from dosing.cohort.people import Terms
from dosing.cohort.read import open_doses
from dosing.cohort.run import run
from dosing.cohort.sink import temporary_of
from dosing.errors import OutputError, PatientError, TooManyRejectsError
from tests.cohort import runs

FORMS = ("parquet", "arrow", "csv")
ROOT = Path(dosing.__file__).resolve().parents[1]
SITE = ROOT / "docs" / "examples" / "site" / "our-clinic.yaml"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Seven patients, one of whom can't be used: four blocks of two rows, or four parts."""
    lines = [f"p{n},{('krd', 'k-20-27', 'vd')[n % 3]},2026-01-0{n + 1},{160 + n},{60 + n}.5" for n in range(6)]
    return runs.patients(tmp_path, *lines[:4], "p9,krd,2026-01-05,170,", *lines[4:])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of two patients."""
    monkeypatch.setattr(table, "BLOCK_ROWS", 2)
    monkeypatch.setattr(table.open_table, "__kwdefaults__", {**(table.open_table.__kwdefaults__ or {}), "rows": 2})


def in_one(source: Path, name: str, **given: Any) -> list[dict[str, Any]]:
    run(runs.order(source, name, **given))
    return runs.doses(source.parent / name)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("form", FORMS)
def test_blocks_parts_and_folders_hold_the_same(source: Path, form: str) -> None:
    expected = in_one(source, "all.parquet")
    assert len({row["patient_id"] for row in expected}) == 6
    assert in_one(source, f"blocks.{form}") == expected
    assert in_one(source, f"parts.{form}", resume=True, part_patients=2) == expected
    run(runs.order(source, "folder", folder=True, part_patients=2))
    assert runs.doses(source.parent / "folder") == expected
    assert runs.names(source.parent / "folder") == [f"part-00000{number}.parquet" for number in (1, 2, 3, 4)]
    assert not list(source.parent.glob("*.partial"))
    assert not list(source.parent.rglob(".*"))


def test_what_comes_of_a_run(source: Path) -> None:
    outcome = run(runs.order(source, "doses.csv"))
    assert (outcome.patients, outcome.alone, outcome.kept) == (6, 0, 0)
    assert outcome.rows == len(runs.doses(source.parent / "doses.csv"))
    assert [(each.row, each.table, each.patient_id) for each in outcome.rejects] == [(5, "patients", "p9")]
    in_parts = run(runs.order(source, "again.csv", resume=True, part_patients=3))
    assert (in_parts.patients, in_parts.rows, in_parts.rejects) == (6, outcome.rows, outcome.rejects)
    assert in_parts.said == outcome.said


@pytest.mark.usefixtures("small")
def test_progress_is_told(source: Path) -> None:
    for given in ({}, {"resume": True, "part_patients": 2}):
        told: list[tuple[int, int, int]] = []
        outcome = run(runs.order(source, "doses.csv", **given), tick=lambda *each, told=told: told.append(each))
        assert [(done, total) for done, _, total in told] == [(0, 7), (2, 7), (4, 7), (6, 7), (7, 7)]
        assert told[0][1] == 0
        assert told[-1][1] == outcome.rows
        (source.parent / "doses.csv").unlink()


def test_a_table_without_patients(tmp_path: Path) -> None:
    source = runs.patients(tmp_path)
    for name, given in (("a.csv", {}), ("b.parquet", {"resume": True}), ("c", {"folder": True})):
        assert run(runs.order(source, name, **given)).rows == 0
    assert runs.doses(tmp_path / "a.csv") == runs.doses(tmp_path / "b.parquet") == []


# -- rejects ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [{}, {"resume": True, "part_patients": 2}, {"folder": True}])
def test_too_many_rejects(source: Path, given: dict[str, Any]) -> None:
    name = "folder" if given.get("folder") else "doses.csv"
    with pytest.raises(
        TooManyRejectsError, match=r"more than 0 rows were rejected \(--max-rejects\); the first is row 5 of the patients: "
    ) as found:
        run(runs.order(source, name, most=0, **given))
    assert [each.patient_id for each in found.value.rejects] == ["p9"]
    assert not (source.parent / name).exists()
    given = {**given, "resume": True} if given else {}
    assert len(run(runs.order(source, name, most=1, **given)).rejects) == 1


def test_repeated_patients_of_different_parts(tmp_path: Path) -> None:
    source = runs.patients(tmp_path, *runs.LINES, *runs.LINES[::-1])
    for name, given in (("a.csv", {}), ("b.csv", {"resume": True, "part_patients": 2})):
        outcome = run(runs.order(source, name, **given))
        assert [(each.row, each.message[:31]) for each in outcome.rejects] == [
            (4, "the patient of row 3 stands her"),
            (5, "the patient of row 2 stands her"),
            (6, "the patient of row 1 stands her"),
        ]
    assert runs.doses(tmp_path / "a.csv") == runs.doses(tmp_path / "b.csv")


CHANGES = "patient_id,on,kind,at,by,mode\n"


@pytest.mark.parametrize("given", [{}, {"resume": True, "part_patients": 1}])
def test_changes(tmp_path: Path, given: dict[str, Any]) -> None:
    source, told = runs.patients(tmp_path, *runs.LINES), tmp_path / "changes.csv"
    told.write_text(f"{CHANGES}p2,2026-01-30,delay,C2,7d,all\n")
    outcome = run(runs.order(source, "doses.csv", changes=told, **given))
    assert (outcome.rejects, outcome.alone) == ([], 1)
    assert {row["patient_id"] for row in runs.doses(tmp_path / "doses.csv") if row["planned_on"]} == {"p2"}


@pytest.mark.parametrize("given", [{}, {"resume": True, "part_patients": 1}])
def test_a_change_of_nobody_is_not_passed_over(tmp_path: Path, given: dict[str, Any]) -> None:
    source, told = runs.patients(tmp_path, *runs.LINES), tmp_path / "changes.csv"
    told.write_text(
        f"{CHANGES}P2,2026-01-30,delay,C2,7d,all\np1,soon,delay,C2,7d,all\nx,soon,delay,C2,7d,all\n,2026-01-30,delay,C2,7d,all\n"
    )
    outcome = run(runs.order(source, "doses.csv", changes=told, **given))
    assert [(each.row, each.table, each.patient_id, each.column, each.code) for each in outcome.rejects] == [
        (1, "patients", "p1", "", "schedule"),
        (1, "changes", "P2", "patient_id", "change"),
        (3, "changes", "x", "", "change"),
        (4, "changes", "", "", "change"),
    ]
    assert "no row of the table of patients has this patient_id" in outcome.rejects[1].message
    with pytest.raises(TooManyRejectsError, match="more than 3"):
        run(runs.order(source, "other.csv", changes=told, most=3, **given))
    assert not (tmp_path / "other.csv").exists()


def test_changes_of_nobody_in_blocks(tmp_path: Path) -> None:
    from dosing.cohort import blocks

    source, told = runs.patients(tmp_path, *runs.LINES), tmp_path / "changes.csv"
    told.write_text(f"{CHANGES}P2,2026-01-30,delay,C2,7d,all\n")
    for form, nothing in (("parquet", 0), ("csv", 0)):
        *_, last = blocks(source, changes=told, form=form)
        assert (last.rows, last.patients, [each.patient_id for each in last.rejects], len(last.doses)) == (0, 0, ["P2"], nothing)


# -- what can't be ------------------------------------------------------------------------------------------------


def test_errors_come_before_anything_is_written(source: Path) -> None:
    for name, given, kind, message in (
        ("doses", {}, OutputError, "the form can't be told"),
        ("doses", {"resume": True}, OutputError, "the form can't be told"),
        ("doses.csv", {"patients": source.parent / "none.csv"}, PatientError, "none.csv can't be read as a table"),
        ("doses.csv", {"changes": source}, PatientError, "the table of changes has no column 'on'"),
    ):
        order = replace(runs.order(source, name), **given)
        with pytest.raises(kind, match=message):
            run(order)
    assert runs.names(source.parent) == ["patients.csv"]


def test_files_of_the_options_are_read(source: Path) -> None:
    for terms in (Terms(texts={"site": "no-site.yaml"}), Terms(lists={"bands": ("no-bands.csv",)})):
        with pytest.raises(PatientError, match=r"no-\w+\.\w+ can't be read: No such file"):
            run(runs.order(source, "doses.csv", terms=terms, resume=True))
    assert runs.names(source.parent) == ["patients.csv"]


def test_a_folder_is_never_replaced(source: Path) -> None:
    (source.parent / "folder").mkdir()
    with pytest.raises(OutputError, match="folder exists already, and no folder is replaced"):
        run(runs.order(source, "folder", folder=True))
    assert runs.names(source.parent) == ["folder", "patients.csv"]


def test_a_folder_that_comes_up_meanwhile(source: Path) -> None:
    output = source.parent / "folder"

    def make(done: int, _rows: int, total: int) -> None:
        if done == total:
            output.mkdir()
            (output / "mine").write_text("")

    with pytest.raises(OutputError, match=r"can't name .*folder.partial .*folder: Directory not empty"):
        run(runs.order(source, "folder", folder=True), tick=make)
    assert runs.names(output) == ["mine"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_can_not_be_written(source: Path) -> None:  # pragma: no cover
    source.parent.chmod(0o500)
    try:
        for given in ({}, {"resume": True}):
            with pytest.raises(OutputError, match="Permission denied"):
                run(runs.order(source, "doses.csv", **given))
    finally:
        source.parent.chmod(0o700)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk(source: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that writes fails, and the run says so."""
    monkeypatch.setattr("dosing.cohort.sink._GROUP_ROWS", 1)
    temporary_of(source.parent / f"doses.{form}").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"can't write .*doses.\w+: No space left on device"):
        run(runs.order(source, f"doses.{form}"))
    assert runs.names(source.parent) == ["patients.csv"]


def test_a_full_disk_at_the_end_keeps_the_parts(source: Path) -> None:
    temporary_of(source.parent / "doses.csv").symlink_to("/dev/full")
    with pytest.raises(OutputError, match="No space left on device"):
        run(runs.order(source, "doses.csv", resume=True, part_patients=2))
    assert runs.names(source.parent) == ["doses.csv.partial", "patients.csv"]
    outcome = run(runs.order(source, "doses.csv", resume=True, part_patients=2))
    assert outcome.kept == 4
    assert runs.doses(source.parent / "doses.csv") == in_one(source, "other.csv")


# -- going on -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [*FORMS, ""])
def test_going_on_gives_the_same_bytes(source: Path, form: str) -> None:
    given: dict[str, Any] = {"resume": True, "part_patients": 2, "folder": not form}
    undisturbed, name = (f"{each}.{form}" if form else each for each in ("undisturbed", "doses"))
    run(runs.order(source, undisturbed, **given))
    first, second = runs.Stopping(after=2), runs.Stopping()
    with pytest.raises(KeyboardInterrupt):
        run(runs.order(source, name, make=first, **given))
    assert not (source.parent / name).exists()
    told: list[tuple[int, int, int]] = []
    outcome = run(runs.order(source, name, make=second, **given), tick=lambda *each: told.append(each))
    assert (first.made, second.made, outcome.kept) == ([1, 2], [3, 4], 2)
    assert told[0][0] == 4
    assert told[0][1] > 0
    assert [(each.row, each.patient_id) for each in outcome.rejects] == [(5, "p9")]
    one, other = source.parent / undisturbed, source.parent / name
    if form:
        assert other.read_bytes() == one.read_bytes()
    else:
        assert runs.contents(other) == runs.contents(one)
    assert not list(source.parent.glob("*.partial"))


def test_another_order_of_the_parts_gives_the_same_bytes(source: Path) -> None:
    with source.open("a") as stream:
        stream.write("p7,krd,2026-01-05,,70\n")

    def backwards(job: parts.Job, tasks: Any) -> Any:
        yield from (parts.make_part(job, task) for task in reversed(list(tasks)))

    for name, make in (("a.parquet", None), ("b.parquet", backwards)):
        outcome = run(runs.order(source, name, resume=True, part_patients=2, make=make))
        assert [each.row for each in outcome.rejects] == [5, 8]
    assert (source.parent / "a.parquet").read_bytes() == (source.parent / "b.parquet").read_bytes()


def test_what_was_left_is_not_used_unasked_nor_for_another_run(source: Path) -> None:
    given: dict[str, Any] = {"resume": True, "part_patients": 2}
    with pytest.raises(KeyboardInterrupt):
        run(runs.order(source, "doses", folder=True, make=runs.Stopping(after=1), **given))
    with pytest.raises(PatientError, match="left from a run that was not finished"):
        list(open_doses(source.parent / "doses.partial"))
    with pytest.raises(OutputError, match="go on from it with --resume, or remove it"):
        run(runs.order(source, "doses", folder=True, part_patients=2))
    for other in ({"terms": Terms(cycles=2)}, {"part_patients": 3}, {"terms": Terms(texts={"site": str(SITE)})}):
        with pytest.raises(OutputError, match="is of another run"):
            run(runs.order(source, "doses", folder=True, **{**given, **other}))
    with source.open("a") as stream:
        stream.write("p7,krd,2026-01-05,170,70\n")
    with pytest.raises(OutputError, match=r"is of another run \(files differ\)"):
        run(runs.order(source, "doses", folder=True, **given))


def test_a_regimen_that_was_changed_meanwhile_is_found(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    text = (ROOT / "regimens" / "vd.yaml").read_text(encoding="utf-8").replace("id: vd\n", "id: own\n", 1)
    own.write_text(text, encoding="utf-8")
    source = runs.patients(tmp_path, *(f"p{n},{own},2026-01-05,170,70" for n in range(4)))
    given: dict[str, Any] = {"resume": True, "part_patients": 2}
    with pytest.raises(KeyboardInterrupt):
        run(runs.order(source, "doses.csv", make=runs.Stopping(after=1), **given))
    own.write_text(text.replace("1.3 mg/m2", "1.0 mg/m2"), encoding="utf-8")
    with pytest.raises(OutputError, match=r"the parts were made with different files of the regimen .*own.yaml or of the site"):
        run(runs.order(source, "doses.csv", **given))
    assert not (tmp_path / "doses.csv").exists()


def test_parts_that_nobody_sees(source: Path) -> None:
    def elsewhere(job: parts.Job, tasks: Any) -> Any:
        for task in tasks:
            found = parts.make_part(job, task)
            if task.number == 2:
                parts.path_of(Path(job.folder), 2, job.form).unlink()
            yield found

    with pytest.raises(OutputError, match="1 of 4 parts are not in"):
        run(runs.order(source, "doses.csv", make=elsewhere, part_patients=2))
    assert not (source.parent / "doses.csv").exists()


def test_a_part_that_is_broken(source: Path) -> None:
    for form in ("parquet", "arrow"):
        with pytest.raises(KeyboardInterrupt):
            run(runs.order(source, f"doses.{form}", resume=True, make=runs.Stopping(after=1), part_patients=2))
        (source.parent / f"doses.{form}.partial" / f"part-000001.{form}").write_bytes(b"PAR1 and no more")
        with pytest.raises(OutputError, match=r"part-000001.\w+ can't be read: .*; remove it, and go on with --resume"):
            run(runs.order(source, f"doses.{form}", resume=True, part_patients=2))
        assert not (source.parent / f"doses.{form}").exists()


# -- killed -------------------------------------------------------------------------------------------------------

# Stops for ever after some parts, as a process that is to be killed.
WAITS = """
import sys, time
from pathlib import Path
from dosing.cohort import parts, run
def make(job, tasks):
    for task in tasks:
        if task.number == 3:
            print("waiting", flush=True)
            time.sleep(60)
        yield parts.make_part(job, task)
source, output, resume = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "resume"
def tick(done, rows, total):
    if done >= 4 and not resume:
        print("waiting", flush=True)
        time.sleep(60)
if not resume:
    from dosing.cohort import table
    table.open_table.__kwdefaults__["rows"] = 2
order = run.Order(patients=source, output=output, resume=resume, part_patients=2, make=make if resume else None)
run.run(order, tick=tick)
"""


def killed(source: Path, output: Path, *, resume: bool) -> None:
    """A run of the cohort that is killed in the middle, with no time for a word."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    args = [sys.executable, "-c", WAITS, str(source), str(output), "resume" if resume else "at once"]
    with subprocess.Popen(args, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"waiting\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_killed_while_writing_one_file(source: Path, form: str) -> None:
    output = source.parent / f"doses.{form}"
    killed(source, output, resume=False)
    assert [name for name in runs.names(source.parent) if not name.startswith(".")] == ["patients.csv"]
    run(runs.order(source, output.name))
    assert len({row["patient_id"] for row in runs.doses(output)}) == 6


def test_killed_in_parts_and_gone_on(source: Path) -> None:
    output = source.parent / "doses.parquet"
    killed(source, output, resume=True)
    left = source.parent / "doses.parquet.partial"
    assert not output.exists()
    with pytest.raises(PatientError, match="not finished"):
        list(open_doses(left))
    assert [name for name in runs.names(left) if name.endswith(".parquet")] == ["part-000001.parquet", "part-000002.parquet"]

    second = runs.Stopping()
    outcome = run(runs.order(source, output.name, resume=True, part_patients=2, make=second))
    assert (second.made, outcome.kept) == ([3, 4], 2)
    run(runs.order(source, "undisturbed.parquet", resume=True, part_patients=2))
    assert output.read_bytes() == (source.parent / "undisturbed.parquet").read_bytes()
