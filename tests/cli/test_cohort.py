"""`dosing cohort` as a user sees it: every option, what is said where, every exit code.

Amounts at 170 cm and 70 kg by hand: body surface sqrt(170 x 70 / 3600) = 1.81812 m2, so 20 mg/m2 is 36.4 mg and 27 mg/m2 is 49.1 mg.
"""

import csv
import importlib
import io
import json
import os
import pty
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pyarrow.parquet
import pytest
from click.testing import CliRunner, Result

import dosing
from dosing.cli import commands
from dosing.cohort.columns import DOSES, REJECTS

Run = Callable[..., Result]
ROOT = Path(dosing.__file__).resolve().parents[1]
SITE = ROOT / "docs" / "examples" / "site" / "our-clinic.yaml"

HEAD = "patient_id,regimen,start,height_cm,weight_kg\n"
GOOD = f"{HEAD}a17,k-20-27,2026-01-05,170,70\nb02,krd,2026-01-12,182,91\n"
BAD = f"{GOOD}c03,krd,2026-01-12,182,\n"
GIVEN = """\
patient_id,date,drug,amount,amount_unit
a17,2026-01-05,Kyprolis,40,mg
a17,2026-01-05,dexamethasone,4,mg
a17,2026-01-06,carfilzomib,36.4,mg
a17,2026-01-06,dexamethasone,4,mg
a17,2026-01-12,carfilzomib,0.0491,g
a17,2026-01-14,carfilzomib,49.1,mg
a17,2026-01-14,dexamethasone,4,mg
a17,2026-01-14,ondansetron,8,mg
b09,2026-01-05,carfilzomib,50,mg
"""


@pytest.fixture
def cohort(run: Run) -> Run:
    """Runs `dosing cohort` on good.csv and other tables, in a directory of its own."""
    for name, text in (("good.csv", GOOD), ("bad.csv", BAD), ("given.csv", GIVEN)):
        Path(name).write_text(text, encoding="utf-8")
    return lambda *args: run("cohort", *args)


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(Path(name).read_text(encoding="utf-8"), newline="")))


def files() -> list[str]:
    return sorted(path.name for path in Path().iterdir() if path.name not in ("good.csv", "bad.csv", "given.csv"))


# -- doses --------------------------------------------------------------------------------------------------------


def test_a_table_of_doses(cohort: Run) -> None:
    result = cohort("good.csv", "-o", "doses.csv", "--cycles", "1")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines()[-1] == f"{len(rows('doses.csv'))} rows of 2 patients in doses.csv"
    assert "k-20-27: note: Days 17 to 28 are the rest period after twice-weekly carfilzomib.\n" in result.stderr
    assert list(rows("doses.csv")[0]) == [column.name for column in DOSES]
    given = [(row["date"], row["amount"]) for row in rows("doses.csv") if (row["patient_id"], row["drug"]) == ("a17", "carfilzomib")]
    assert given == [(f"2026-01-{day:02}", "36.4" if day < 7 else "49.1") for day in (5, 6, 12, 13, 19, 20)]
    assert files() == ["doses.csv"]


def test_the_doses_are_those_of_single_patients(cohort: Run, run: Run) -> None:
    cohort("good.csv", "-o", "doses.csv", "--cycles", "2")
    single = []
    for line in GOOD.splitlines()[1:]:
        id, regimen, start, height, weight = line.split(",")
        size = ("--height", height, "--weight", weight)
        found = run("schedule", regimen, "--start", start, *size, "--cycles", "2", "--format", "csv")
        single += [{"patient_id": id, **row} for row in csv.DictReader(io.StringIO(found.stdout, newline=""))]
    assert rows("doses.csv") == single


@pytest.mark.parametrize(
    "args",
    [
        ("--cycles", "2", "--round", "carfilzomib=nearest 5 mg", "--formula", "du-bois"),
        ("--until", "2026-02-10", "--set", "carfilzomib.dose=15mg/m2", "--dose-weight", "carfilzomib=actual"),
        ("--cycles", "1", "--country", "US", "--move"),
        ("--cycles", "1", "--site", str(SITE)),
        ("--cycles", "3", "--phase", "treatment", "--weigh", "each cycle"),
        ("--cycles", "1", "--variant", "older-label"),
    ],
)
def test_options_hold_for_every_patient(cohort: Run, run: Run, args: tuple[str, ...]) -> None:
    Path("one.csv").write_text("".join(GOOD.splitlines(keepends=True)[:2]), encoding="utf-8")
    made = cohort("one.csv", "-o", "doses.csv", *args)
    found = run("schedule", "k-20-27", "--start", "2026-01-05", "--height", "170", "--weight", "70", *args, "--format", "csv")
    assert (made.exit_code, found.exit_code) == (0, 0), made.stderr + found.stderr
    expected = [{"patient_id": "a17", **row} for row in csv.DictReader(io.StringIO(found.stdout, newline=""))]
    assert rows("doses.csv") == expected


def test_options_of_other_regimens(cohort: Run, run: Run) -> None:
    for regimen, args in (
        ("isa-kpd", ("--proxy", "nz-kpd", "--proxy", "isa-label", "--cycles", "1")),
        ("cfz-for-bortezomib", ("--base", "vrd", "--base-days", "keep", "--set", "combination.carfilzomib.dose=27mg/m2", "--cycles", "1")),
        ("krd-asct", ("--phase-start", "transplant=2026-07-20", "--cycles", "2")),
        ("krd", ("--rule", "lenalidomide=eu", "--cycles", "1")),
        ("pad", ("--prior", "doxorubicin=240mg/m2", "--cycles", "1")),
    ):
        Path("one.csv").write_text(f"{HEAD}x,{regimen},2026-01-05,170,70\n", encoding="utf-8")
        made = cohort("one.csv", "-o", "doses.csv", "--force", *args)
        found = run("schedule", regimen, "--start", "2026-01-05", "--height", "170", "--weight", "70", *args, "--format", "csv")
        assert (made.exit_code, found.exit_code) == (0, 0), made.stderr + found.stderr
        assert [{**row, "patient_id": "x"} for row in csv.DictReader(io.StringIO(found.stdout, newline=""))] == [*rows("doses.csv")]


def test_bands_by_file(cohort: Run) -> None:
    Path("bands.csv").write_text("from,below,band,unit\n10,40,35,mg\n40,100,50,mg\n", encoding="utf-8")
    result = cohort("good.csv", "-o", "doses.csv", "--cycles", "1", "--bands", "bands.csv", "--round", "carfilzomib=bands bands")
    assert result.exit_code == 0, result.stderr
    assert {row["amount"] for row in rows("doses.csv") if row["drug"] == "carfilzomib"} == {"35", "50"}


def test_changes(cohort: Run) -> None:
    Path("changes.csv").write_text("patient_id,on,kind,at,by,mode\na17,2026-01-30,delay,C2,7d,all\nnobody,2026-01-30,delay,C2,7d,all\n")
    result = cohort("good.csv", "-o", "doses.csv", "--changes", "changes.csv", "--cycles", "2")
    assert result.exit_code == 8
    assert result.stderr.splitlines()[-2].endswith("rows of 2 patients, 1 of them one by one in doses.csv")
    moved = {(row["patient_id"], row["planned_on"], row["date"]) for row in rows("doses.csv") if row["planned_on"]}
    assert ("a17", "2026-02-02", "2026-02-09") in moved
    assert {patient for patient, _, _ in moved} == {"a17"}
    found = [(row["row"], row["table"], row["patient_id"], row["code"]) for row in rows("rejects.csv")]
    assert found == [("2", "changes", "nobody", "change")]


@pytest.mark.parametrize("name", ["doses.parquet", "doses.arrow", "doses.csv"])
def test_every_form_can_be_forecast(cohort: Run, run: Run, name: str) -> None:
    assert cohort("good.csv", "-o", name, "--cycles", "1").exit_code == 0
    result = run("forecast", name, "--drug", "carfilzomib", "--what", "drugs", "--format", "csv")
    assert result.exit_code == 0
    # Patient b02: sqrt(182 x 91 / 3600) = 2.14489 m2, so 20 mg/m2 is 42.9 mg and 27 mg/m2 57.9 mg.
    assert [row["amount"] for row in csv.DictReader(io.StringIO(result.stdout))] == ["72.8", "184", "214", "115.8"]


def test_the_site_is_in_the_rows_and_in_the_metadata(cohort: Run) -> None:
    assert cohort("good.csv", "-o", "doses.parquet", "--cycles", "1", "--site", str(SITE)).exit_code == 0
    with pyarrow.parquet.ParquetFile("doses.parquet") as file:
        said = json.loads(file.metadata.metadata[b"dosing"])
        sites = set(file.read(["site"])["site"].to_pylist())
    assert re.fullmatch(r"our-clinic \([0-9a-f]{12}\)", said["regimens"]["krd"]["site"])
    assert sites == {said["regimens"]["krd"]["site"]}
    assert said["version"] == dosing.__version__


# -- rejects ------------------------------------------------------------------------------------------------------


def test_rejects_and_the_others(cohort: Run) -> None:
    result = cohort("bad.csv", "-o", "doses.csv", "--cycles", "1")
    assert (result.exit_code, result.stdout) == (8, "")
    assert result.stderr.splitlines()[-1] == "Error: 1 row was rejected (1 patient); see rejects.csv. The others are written"
    assert list(rows("rejects.csv")[0]) == [column.name for column in REJECTS]
    found = rows("rejects.csv")[0]
    assert (found["row"], found["table"], found["patient_id"], found["code"]) == ("3", "patients", "c03", "patient")
    assert "weight" in found["message"]
    assert {row["patient_id"] for row in rows("doses.csv")} == {"a17", "b02"}


def test_several_rejects_and_their_place(cohort: Run) -> None:
    Path("patients.csv").write_text(f"{BAD}d,nothing,2026-01-05,170,70\ne,krd,soon,170,70\n", encoding="utf-8")
    Path("out").mkdir()
    result = cohort("patients.csv", "-o", "out/doses.csv", "--cycles", "1")
    assert result.stderr.splitlines()[-1] == (
        "Error: 3 rows were rejected (2 patient, 1 regimen); see out/rejects.csv. The others are written"
    )
    assert [row["row"] for row in rows("out/rejects.csv")] == ["3", "4", "5"]
    assert cohort("patients.csv", "-o", "doses.csv", "--cycles", "1", "--rejects", "out/mine.csv").exit_code == 8
    assert rows("out/mine.csv") == rows("out/rejects.csv")


def test_rejects_of_before_do_not_stay(cohort: Run) -> None:
    assert cohort("bad.csv", "-o", "doses.csv").exit_code == 8
    assert cohort("good.csv", "-o", "doses.csv", "--force").exit_code == 0
    assert rows("rejects.csv") == []


def test_max_rejects(cohort: Run) -> None:
    result = cohort("bad.csv", "-o", "doses.csv", "--max-rejects", "0")
    assert result.exit_code == 4
    assert "Error: more than 0 rows were rejected (--max-rejects); the first is row 3 of the patients: carfilzomib" in result.stderr
    assert files() == ["rejects.csv"]
    assert [row["patient_id"] for row in rows("rejects.csv")] == ["c03"]
    assert cohort("bad.csv", "-o", "doses.csv", "--max-rejects", "1").exit_code == 8
    assert cohort("bad.csv", "-o", "doses.csv", "--max-rejects", "-1").exit_code == 2


@pytest.mark.parametrize("rejects", ["good.csv", "there"])
def test_rejects_are_written_over_nothing_else(cohort: Run, rejects: str) -> None:
    Path("there").mkdir()
    result = cohort("bad.csv", "-o", "doses.csv", "--rejects", rejects)
    assert result.exit_code == 7
    assert ("exists and holds something else" if rejects == "good.csv" else "can't write there: Is a directory") in result.stderr
    assert not Path("doses.csv").exists()
    assert Path("good.csv").read_text(encoding="utf-8") == GOOD


def test_rejects_that_can_not_be_written(cohort: Run) -> None:
    result = cohort("bad.csv", "-o", "doses.csv", "--rejects", "nowhere/rejects.csv")
    assert result.exit_code == 7
    assert result.stderr.splitlines()[-1] == "Error: can't write nowhere/rejects.csv: No such file or directory"


# -- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("good.csv",), 2, "Missing option '-o'"),
        (("-o", "doses.csv"), 2, "Missing argument 'PATIENTS'"),
        (("good.csv", "-o", "doses.csv", "--cycles", "0"), 2, "0 is not in the range"),
        (("good.csv", "-o", "d/", "--workers", "0"), 2, "0 is not in the range"),
        (("good.csv", "-o", "d/", "--workers", "2", "--scheduler", "tcp://127.0.0.1:1"), 2, "--workers and --scheduler exclude each other"),
        (("good.csv", "-o", "doses.csv", "--window", "2"), 2, "--window goes with --check only"),
        (("good.csv", "-o", "doses.csv", "--window", "0"), 2, "--window goes with --check only"),
        (("good.csv", "-o", "doses.csv", "--percent", "2"), 2, "--percent goes with --check only"),
        (("good.csv", "-o", "doses.csv", "--as-of", "2026-02-01"), 2, "--as-of goes with --check only"),
        (("good.csv", "-o", "doses.csv", "--drug", "carfilzomib"), 2, "--drug goes with --check only"),
        (("good.csv", "-o", "x.csv", "--check", "given.csv", "--workers", "2"), 2, "--workers doesn't go with --check"),
        (("good.csv", "-o", "x.csv", "--check", "given.csv", "--scheduler", "tcp://x:1"), 2, "--scheduler doesn't go with --check"),
        (("good.csv", "-o", "x.csv", "--check", "given.csv", "--resume"), 2, "--resume doesn't go with --check"),
        (("none.csv", "-o", "doses.csv"), 4, "none.csv can't be read as a table"),
        (("a.plan.yaml", "-o", "doses.csv"), 4, "a.plan.yaml is the plan of one patient, which `dosing schedule` draws"),
        (("patients.xlsx", "-o", "doses.csv"), 4, "what kind of table it is can't be told; name it .csv, .parquet or .arrow"),
        (("given.csv", "-o", "doses.csv"), 4, "given.csv has no column 'regimen' and no column 'start'"),
        (("good.csv", "-o", "doses.csv", "--changes", "given.csv"), 4, "the table of changes has no column 'on'"),
        (("good.csv", "-o", "doses.csv", "--until", "soon"), 5, "--until"),
        (("good.csv", "-o", "doses.csv", "--set", "x"), 3, "--set 'x' must have the form NAME=VALUE"),
        (("good.csv", "-o", "doses"), 7, "the form can't be told; name it .parquet, .arrow, .csv, or a folder"),
        (("good.csv", "-o", "good.csv", "--force"), 7, "good.csv would be written over the table of patients"),
        (("good.csv", "-o", "./given.csv", "--force", "--check", "given.csv"), 7, "over the table of what was given"),
        (("good.csv", "-o", "bad.csv", "--force", "--changes", "bad.csv"), 7, "over the table of changes"),
        (("good.csv", "-o", "rejects.csv"), 7, "over the file of rejects"),
        (("good.csv", "-o", "bad.csv"), 7, "bad.csv exists already; give --force to replace it"),
        (("good.csv", "-o", "bad.csv", "--resume"), 7, "bad.csv exists already; give --force to replace it"),
        (("good.csv", "-o", ".", "--force"), 7, "is a folder that exists already, and no folder is replaced"),
        (("good.csv", "-o", "./"), 7, "is a folder that exists already, and no folder is replaced"),
        (("good.csv", "-o", "nowhere/doses.csv"), 7, "can't write nowhere/doses.csv: No such file or directory"),
        (("good.csv", "-o", "nowhere/doses/"), 7, "can't make nowhere/doses.partial: No such file or directory"),
        (("good.csv", "-o", "doses.csv", "--workers", "2"), 7, "--workers and --scheduler write a folder of parts; give -o doses/"),
        (("good.csv", "-o", "doses/", "--scheduler", ""), 7, "no Dask scheduler answers at ''"),
        (("good.csv", "-o", "x.arrow", "--check", "given.csv"), 7, "name it .csv or .parquet"),
        (("good.csv", "-o", "x.csv", "--check", "none.csv"), 4, "none.csv can't be read as a table"),
        (("good.csv", "-o", "x.csv", "--check", "given.csv", "--percent", "some"), 4, "--percent 'some' is not a number such as 5"),
        (("good.csv", "-o", "x.csv", "--check", "given.csv", "--percent", "-1"), 4, "a deviation of -1 % makes no sense"),
        (("good.csv", "-o", "x.csv", "--check", "given.csv", "--window", "367"), 2, "367 is not in the range"),
        (("good.csv", "-o", "x.csv", "--check", "given.csv", "--as-of", "soon"), 5, "--as-of"),
    ],
)
def test_what_is_refused(cohort: Run, args: tuple[str, ...], code: int, message: str) -> None:
    Path("a.plan.yaml").write_text("")
    Path("patients.xlsx").write_text("")
    result = cohort(*args)
    assert (result.exit_code, result.stdout) == (code, ""), result.stderr
    assert message in result.stderr
    assert [name for name in files() if not name.endswith(".partial")] == ["a.plan.yaml", "patients.xlsx"]
    assert Path("bad.csv").read_text(encoding="utf-8") == BAD


def test_every_option_is_tried_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    found = commands.commands["cohort"]
    missing = [each.opts[-1] for each in found.params if isinstance(each, click.Option) and f'"{each.opts[0]}"' not in text]
    assert missing == []


def test_force_replaces(cohort: Run) -> None:
    assert cohort("good.csv", "-o", "doses.csv", "--cycles", "1").exit_code == 0
    before = Path("doses.csv").read_bytes()
    assert cohort("good.csv", "-o", "doses.csv", "--cycles", "2", "--force").exit_code == 0
    assert len(Path("doses.csv").read_bytes()) > len(before)


@pytest.mark.parametrize(("module", "args", "said"), [
    ("pyarrow", ("-o", "doses.csv"), "a cohort needs pyarrow: pip install 'dosing[cohort]'"),
    ("pyarrow", ("-o", "x.csv", "--check", "given.csv"), "a cohort needs pyarrow: pip install 'dosing[cohort]'"),
    ("distributed", ("-o", "doses/", "--scheduler", "tcp://127.0.0.1:1"), "--scheduler needs dask: pip install 'dosing[cluster]'"),
])  # fmt: skip
@pytest.mark.usefixtures("cohort")
def test_missing_extras(tmp_path: Path, module: str, args: tuple[str, ...], said: str) -> None:
    """In a process of its own, which has not the module: None in its place, and nothing else imported before."""
    hide = f"import sys; sys.modules[{module!r}] = None; from dosing.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", hide, "cohort", "good.csv", *args],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (7, f"Error: {said}\n")


@pytest.mark.usefixtures("cohort")
def test_numpy_comes_with_the_same_extra(tmp_path: Path) -> None:
    hide = "import sys; sys.modules['numpy'] = None; sys.modules['pyarrow'] = None; from dosing.cli import main; main()"
    args = [sys.executable, "-c", hide, "cohort", "good.csv", "-o", "doses.csv"]
    done = subprocess.run(args, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (7, "Error: a cohort needs pyarrow: pip install 'dosing[cohort]'\n")


@pytest.mark.usefixtures("cohort")
def test_a_disk_that_takes_no_more(tmp_path: Path) -> None:
    """No file of more than 4 KiB: what the system says comes as a message, and nothing is left that looks whole."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); from dosing.cli import main; main()"
    for name in ("doses.parquet", "doses.arrow", "doses.csv"):
        args = [sys.executable, "-c", limit, "cohort", "good.csv", "-o", name]
        done = subprocess.run(args, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr.splitlines()[-1]) == (7, f"Error: can't write {name}: File too large")
    assert files() == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 4096


# -- parts, workers -----------------------------------------------------------------------------------------------


def test_resume_goes_on(cohort: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cohort("bad.csv", "-o", "whole.parquet", "--resume", "--cycles", "1").exit_code == 8
    with monkeypatch.context() as patch:
        patch.setattr("dosing.cohort.run.rmtree", lambda _folder: None)
        assert cohort("bad.csv", "-o", "doses.parquet", "--resume", "--cycles", "1").exit_code == 8
    Path("doses.parquet").unlink()
    assert Path("doses.parquet.partial").is_dir()
    result = cohort("bad.csv", "-o", "doses.parquet", "--cycles", "1", "--resume")
    assert result.exit_code == 8
    assert "1 parts were there already\n" in result.stderr
    assert Path("doses.parquet").read_bytes() == Path("whole.parquet").read_bytes()
    assert rows("rejects.csv")[0]["patient_id"] == "c03"


def test_a_folder(cohort: Run, run: Run) -> None:
    assert cohort("good.csv", "-o", "doses/", "--cycles", "1").exit_code == 0
    assert [path.name for path in Path("doses").iterdir()] == ["part-000001.parquet"]
    result = cohort("good.csv", "-o", "doses/", "--cycles", "1", "--force")
    assert result.exit_code == 7
    assert run("forecast", "doses/", "--what", "drugs").exit_code == 0


def test_workers(cohort: Run) -> None:
    assert cohort("good.csv", "-o", "one/", "--cycles", "1").exit_code == 0
    result = cohort("good.csv", "-o", "two/", "--workers", "2", "--cycles", "1")
    assert result.exit_code == 0, result.stderr
    assert Path("one/part-000001.parquet").read_bytes() == Path("two/part-000001.parquet").read_bytes()


# -- progress -----------------------------------------------------------------------------------------------------


def test_a_line_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("dosing.cli.progress")
    now = [1000.0]
    said: list[str] = []
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(module, "tell", said.extend)
    ticks = ((0, 100, 1_000), (59, 159, 1_590), (60, 160, 1_600), (119, 219, 2_190), (121, 221, 2_210), (240, 400, 4_000))
    with module.progress() as tick:
        for seconds, done, made in ticks:
            now[0] = 1000.0 + seconds
            tick(done, made, 400)
    # One patient and 10 rows a second since the first call, which told what was there before.
    assert said == [
        "160 of 400 patients, 1,600 rows, 10 rows/s, about 4 min left",
        "221 of 400 patients, 2,210 rows, 10 rows/s, about 3 min left",
        "400 of 400 patients, 4,000 rows, 12 rows/s, about 0 min left",
    ]


def test_nothing_to_say_of_a_run_that_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("dosing.cli.progress")
    now = [0.0]
    said: list[str] = []
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(module, "tell", said.extend)
    monkeypatch.setattr(sys, "stderr", None)
    with module.progress() as tick:
        for now[0] in (0.0, 100.0):
            tick(5, 50, 10)
    assert said == []


def test_a_bar_on_a_terminal_and_never_in_the_file(cohort: Run, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"}
    args = [sys.executable, "-c", "from dosing.cli import main; main()", "cohort", "good.csv", "-o", "doses.csv"]
    with subprocess.Popen(args, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while piece := _read(ours):
            shown += piece
        assert process.stdout
        assert process.stdout.read() == b""
    os.close(ours)
    assert process.returncode == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert re.search(r"[0-9]/2 patients, [0-9,]+ rows, [0-9,]+ rows/s", text)
    assert "rows of 2 patients in doses.csv" in text
    assert "rows/s" not in Path("doses.csv").read_text(encoding="utf-8")
    assert cohort("good.csv", "-o", "silent.csv").exit_code == 0
    assert Path("silent.csv").read_bytes() == Path("doses.csv").read_bytes()


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_bar_says_how_many_rows_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("dosing.cli.progress")
    now = [50.0]
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    with module.progress() as tick:
        monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
        tick(1_000, 50_000, 4_000)
        now[0] += 4
        tick(3_000, 450_000, 4_000)
    assert re.search(r"3000/4000.* patients, 450,000 rows, 100,000 rows/s", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue()))


def _read(terminal: int) -> bytes:
    """What comes next; nothing when the other side has gone."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""


# -- what was given -----------------------------------------------------------------------------------------------

# By hand, as the guide explains them.
DEVIATIONS = [
    ("a17", "carfilzomib", "amount", "2026-01-05", "2026-01-05", "36.4", "40", "9.8901", "treatment C1D1"),
    ("a17", "dexamethasone", "missing", "2026-01-12", "", "4", "", "", "treatment C1D8"),
    ("a17", "carfilzomib", "day", "2026-01-13", "2026-01-14", "49.1", "49.1", "0", "treatment C1D9"),
    ("a17", "dexamethasone", "day", "2026-01-13", "2026-01-14", "4", "4", "0", "treatment C1D9"),
    ("a17", "ondansetron", "extra", "", "2026-01-14", "", "8", "", ""),
    ("b09", "carfilzomib", "unknown-patient", "", "2026-01-05", "", "50", "", ""),
]
CELLS = ("patient_id", "drug", "kind", "expected_on", "given_on", "expected_amount", "given_amount", "deviation_pct", "where")


def deviations(name: str = "deviations.csv") -> list[tuple[str, ...]]:
    return [tuple(row[cell] for cell in CELLS) for row in rows(name)]


def test_check(cohort: Run) -> None:
    result = cohort("good.csv", "--check", "given.csv", "-o", "deviations.csv")
    assert (result.exit_code, result.stdout) == (0, "")
    assert deviations() == DEVIATIONS
    assert files() == ["deviations.csv"]
    assert result.stderr.splitlines() == [
        "9 rows of what was given, doses of 2 patients; missing is counted for each patient up to the last day with anything given",
        "1 patients were given nothing; none of their doses counts as missing unless a day is named",
        "1 day: carfilzomib",
        "1 amount: carfilzomib",
        "1 unknown-patient: carfilzomib",
        "1 missing: dexamethasone",
        "1 day: dexamethasone",
        "1 extra: ondansetron",
    ]


def test_check_to_parquet(cohort: Run) -> None:
    assert cohort("good.csv", "--check", "given.csv", "-o", "deviations.parquet").exit_code == 0
    found = pyarrow.parquet.read_table("deviations.parquet").to_pylist()
    assert [(row["patient_id"], row["drug"], row["kind"]) for row in found] == [each[:3] for each in DEVIATIONS]


@pytest.mark.parametrize(
    ("args", "kept"),
    [
        (("--percent", "10"), lambda each: each[2] != "amount"),
        (("--percent", "9.8%"), lambda _each: True),
        (("--drug", "Kyprolis"), lambda each: each[1] == "carfilzomib"),
        (("--drug", "carfilzomib", "--drug", "Ondansetron"), lambda each: each[1] != "dexamethasone"),
        (("--drug", "nothing"), lambda _each: False),
    ],
)
def test_check_with_less(cohort: Run, args: tuple[str, ...], kept: Callable[[Any], bool]) -> None:
    result = cohort("good.csv", "--check", "given.csv", "-o", "deviations.csv", *args)
    assert result.exit_code == 0
    assert deviations() == [each for each in DEVIATIONS if kept(each)]
    said = {line.rpartition(": ")[2] for line in result.stderr.splitlines() if re.match(r"\d+ [\w-]+: ", line)}
    assert said == {each[1] for each in DEVIATIONS if kept(each)}


def test_check_within_no_days(cohort: Run) -> None:
    assert cohort("good.csv", "--check", "given.csv", "-o", "deviations.csv", "--window", "0").exit_code == 0
    late = [(each[1], each[2], each[3] or each[4]) for each in deviations() if each[3] == "2026-01-13" or each[4] == "2026-01-14"]
    assert sorted(late) == [
        ("carfilzomib", "extra", "2026-01-14"),
        ("carfilzomib", "missing", "2026-01-13"),
        ("dexamethasone", "extra", "2026-01-14"),
        ("dexamethasone", "missing", "2026-01-13"),
        ("ondansetron", "extra", "2026-01-14"),
    ]


def test_check_up_to_a_day(cohort: Run) -> None:
    args = ("good.csv", "--check", "given.csv", "-o", "deviations.csv", "--as-of", "2026-01-12", "--drug", "carfilzomib")
    assert cohort(*args).exit_code == 0
    assert ("b02", "carfilzomib", "missing", "2026-01-12") in [each[:4] for each in deviations()]


def test_check_takes_the_options_of_doses(cohort: Run) -> None:
    Path("changes.csv").write_text("patient_id,on,kind,drug,since\na17,2026-01-11,hold,dexamethasone,2026-01-12\n")
    args = ("good.csv", "--check", "given.csv", "-o", "deviations.csv", "--changes", "changes.csv", "--cycles", "1")
    assert cohort(*args).exit_code == 0
    assert [each[2] for each in deviations() if each[1] == "dexamethasone"] == ["extra"]


def test_check_with_rejects_of_both_tables(cohort: Run) -> None:
    with Path("given.csv").open("a") as stream:
        stream.write("a17,someday,carfilzomib,50,mg\n")
    result = cohort("bad.csv", "--check", "given.csv", "-o", "deviations.csv")
    assert result.exit_code == 8
    assert deviations() == DEVIATIONS
    assert [(row["table"], row["row"], row["column"], row["code"]) for row in rows("rejects.csv")] == [
        ("administered", "10", "date", "table"),
        ("patients", "3", rows("rejects.csv")[1]["column"], "patient"),
    ]
    stopped = cohort("bad.csv", "--check", "given.csv", "-o", "more.csv", "--max-rejects", "1")
    assert stopped.exit_code == 4
    assert "the first is row 10 of what was given: " in stopped.stderr
    assert not Path("more.csv").exists()
    assert len(rows("rejects.csv")) == 2


def test_check_of_a_change_of_nobody(cohort: Run) -> None:
    Path("changes.csv").write_text("patient_id,on,kind,drug,since\nb09,2026-01-11,hold,dexamethasone,2026-01-12\n")
    result = cohort("good.csv", "--check", "given.csv", "-o", "deviations.csv", "--changes", "changes.csv")
    assert result.exit_code == 8
    assert [(row["table"], row["patient_id"]) for row in rows("rejects.csv")] == [("changes", "b09")]


def test_help_names_every_form() -> None:
    text = " ".join(CliRunner().invoke(commands, ["cohort", "--help"]).stdout.split())
    assert all(name in text for name in ("doses.parquet, .arrow or .csv", "with / at its end", "the exit code is then 8"))
