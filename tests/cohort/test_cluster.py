"""Parts made by other processes: local ones, and the workers of a Dask cluster, some of which are lost."""

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

import dosing
from dosing.cohort import cluster
from dosing.cohort.parts import Job, Part, Task, make_part
from dosing.cohort.people import Terms
from dosing.cohort.run import run
from dosing.errors import OutputError, TooManyRejectsError
from tests.cohort import runs

ROOT = Path(dosing.__file__).resolve().parents[1]
PARTS: dict[str, Any] = {"folder": True, "part_patients": 5}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Forty patients: eight parts."""
    return runs.many(tmp_path, 40)


@pytest.fixture
def expected(source: Path) -> dict[str, bytes]:
    """The folder as one process makes it."""
    run(runs.order(source, "expected", **PARTS))
    return runs.contents(source.parent / "expected")


# -- processes of this machine ------------------------------------------------------------------------------------


def test_local_processes_write_the_same(source: Path, expected: dict[str, bytes]) -> None:
    outcome = run(runs.order(source, "doses", make=cluster.local(2), **PARTS))
    assert outcome.patients == 40
    assert runs.contents(source.parent / "doses") == expected


def die(job: Job, task: Task) -> Part:
    """A process that has too little memory for its third part."""
    if task.number == 3 and os.environ.get("DIE"):
        os.kill(os.getpid(), signal.SIGKILL)
    return make_part(job, task)


def test_a_local_process_that_is_lost(source: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cluster, "make_part", die)
    monkeypatch.setenv("DIE", "yes")
    # A process that is started anew finds this module by the path of the one that starts it.
    monkeypatch.syspath_prepend(ROOT)
    with pytest.raises(OutputError, match=r"a worker process ended before its time .*; go on with --resume, and fewer --workers"):
        run(runs.order(source, "doses", make=cluster.local(1), **PARTS))
    assert not (tmp_path / "doses").exists()
    monkeypatch.undo()
    outcome = run(runs.order(source, "doses", resume=True, **PARTS))
    assert outcome.kept == 2
    assert runs.contents(source.parent / "doses") == expected


def test_an_error_ends_the_processes(tmp_path: Path) -> None:
    source = runs.patients(tmp_path, *(f"p{n},krd,2026-01-05,170," for n in range(30)))
    with pytest.raises(TooManyRejectsError):
        run(runs.order(source, "doses", make=cluster.local(1), most=2, **PARTS))
    assert not (tmp_path / "doses").exists()


# -- a cluster ----------------------------------------------------------------------------------------------------


@contextmanager
def workers(count: int, **given: Any) -> Iterator[Any]:
    """A cluster on this machine, each worker a process with two threads; no port but on the loopback."""
    distributed = pytest.importorskip("distributed")
    given = {"processes": True, "host": "127.0.0.1", "dashboard_address": None, "worker_dashboard_address": None, **given}
    with distributed.LocalCluster(n_workers=count, threads_per_worker=2, silence_logs=50, **given) as found:
        yield found


class Killing:
    """Makes parts on a cluster, and kills one of its workers as soon as the first part is done."""

    def __init__(self, local: Any) -> None:
        self.local = local
        self.killed = 0

    def __call__(self, job: Job, tasks: Iterator[Task]) -> Any:
        for part in cluster.dask(self.local.scheduler_address)(job, tasks):
            if not self.killed:
                self.killed = self.local.workers[0].process.process.pid
                os.kill(self.killed, signal.SIGKILL)
            yield part


@contextmanager
def threads(count: int = 1) -> Iterator[Any]:
    """A cluster within this process, which is there at once."""
    with workers(count, processes=False, protocol="tcp") as found:
        yield found


def test_a_cluster_writes_the_same(source: Path, expected: dict[str, bytes]) -> None:
    with threads() as local:
        outcome = run(runs.order(source, "doses", make=cluster.dask(local.scheduler_address), **PARTS))
    assert outcome.patients == 40
    assert runs.contents(source.parent / "doses") == expected


def no_dosing() -> str:
    raise ImportError("no module named 'dosing'")


@pytest.mark.parametrize(
    ("there", "message"),
    [
        (lambda: "0.0.1", f"has dosing 0.0.1, and here is {dosing.__version__}; install the same everywhere"),
        (no_dosing, r"can't run dosing: no module named 'dosing'; install dosing\[cluster\] everywhere"),
    ],
)
def test_workers_that_have_something_else(source: Path, monkeypatch: pytest.MonkeyPatch, there: Callable[[], str], message: str) -> None:
    monkeypatch.setattr(cluster, "version_there", there)
    with threads() as local, pytest.raises(OutputError, match=message):
        run(runs.order(source, "doses", make=cluster.dask(local.scheduler_address), **PARTS))


def lost(job: Job, task: Task) -> Part:  # noqa: ARG001  # as make_part
    """What a cluster says of a part whose workers were lost, or whose scheduler was."""
    distributed = importlib.import_module("distributed")
    if os.environ["LOST"] == "scheduler":
        raise OSError("connection refused")
    raise distributed.KilledWorker("part-1", SimpleNamespace(address="tcp://127.0.0.1:1"), 3)


@pytest.mark.parametrize(
    ("what", "message"), [("worker", "one worker after another was lost with it"), ("scheduler", "the scheduler was lost: ")]
)
def test_what_a_cluster_says_of_losses(source: Path, monkeypatch: pytest.MonkeyPatch, what: str, message: str) -> None:
    monkeypatch.setattr(cluster, "make_part", lost)
    monkeypatch.setenv("LOST", what)
    with threads() as local, pytest.raises(OutputError, match=f"{message}.*; go on with --resume"):
        run(runs.order(source, "doses", make=cluster.dask(local.scheduler_address), **PARTS))


@pytest.mark.long
def test_a_cluster_that_loses_a_worker_writes_the_same(tmp_path: Path) -> None:
    source = runs.many(tmp_path, 400)
    given = {"folder": True, "part_patients": 20}
    run(runs.order(source, "expected", **given))
    with workers(2) as local:
        make = Killing(local)
        outcome = run(runs.order(source, "doses", make=make, **given))
    assert make.killed
    assert (outcome.patients, outcome.rejects) == (400, [])
    assert len(list((tmp_path / "doses").iterdir())) == 20
    assert runs.contents(tmp_path / "doses") == runs.contents(tmp_path / "expected")


@pytest.mark.long
def test_a_cluster_as_a_user_asks_for_it(source: Path, expected: dict[str, bytes]) -> None:
    with workers(2) as local:
        command = [sys.executable, "-W", "error", "-m", "dosing", "cohort", str(source), "-o", f"{source.parent}/doses/"]
        done = subprocess.run([*command, "--scheduler", local.scheduler_address], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode().splitlines()[-1].endswith(f"rows of 40 patients in {source.parent}/doses/")
    assert "Warning" not in done.stderr.decode()
    # It makes parts of 20,000 patients: one is enough here.
    assert runs.names(source.parent / "doses") == ["part-000001.parquet"]
    assert len(runs.doses(source.parent / "doses")) == len(runs.doses(source.parent / "expected"))
    assert len(expected) == 8


@pytest.mark.long
def test_parts_that_kill_their_workers_are_given_up(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "make_part", die)
    monkeypatch.setenv("DIE", "yes")
    scheduler = {"scheduler_kwargs": {"allowed_failures": 0}}
    with (
        workers(1, **scheduler) as local,
        pytest.raises(OutputError, match="a part was given up, as one worker after another was lost with it"),
    ):
        run(runs.order(source, "doses", make=cluster.dask(local.scheduler_address), **PARTS))
    assert not (source.parent / "doses").exists()


@pytest.mark.long
def test_a_scheduler_that_is_lost(source: Path) -> None:
    with workers(1) as local:

        def make(job: Job, tasks: Iterator[Task]) -> Any:
            for part in cluster.dask(local.scheduler_address)(job, tasks):
                local.close()
                yield part

        with pytest.raises(OutputError, match="the scheduler was lost"):
            run(runs.order(source, "doses", make=make, **PARTS))
    assert not (source.parent / "doses").exists()


def test_an_error_of_a_worker_is_said(tmp_path: Path) -> None:
    tasks = iter([Task(1, 1, pa.table({name: ["x"] for name in ("patient_id", "regimen", "start")}))])
    job = Job(Terms(), "parquet", str(tmp_path / "nowhere"))
    with threads() as local, pytest.raises(OutputError, match=r"can't write .*part-000001.parquet: No such file or directory"):
        list(cluster.dask(local.scheduler_address)(job, tasks))


@contextmanager
def worker_of(address: str, folder: Path, **environment: str) -> Iterator[None]:
    """A worker in a process with another environment."""
    args = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with subprocess.Popen(args, env={**kept, **environment}, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.mark.long
def test_workers_of_another_version_or_without_dosing(source: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "dosing"
    (other / "cohort").mkdir(parents=True)
    (other / "__init__.py").write_text('__version__ = "0.0.1"\n')
    (other / "cohort" / "__init__.py").write_text("")
    (other / "cohort" / "cluster.py").write_text("import dosing\ndef version_there():\n    return dosing.__version__\n")
    (tmp_path / "none" / "dosing").mkdir(parents=True)
    (tmp_path / "none" / "dosing" / "__init__.py").write_text("raise ImportError('no dosing here')\n")
    for path, message in (
        (other.parent, f"has dosing 0.0.1, and here is {dosing.__version__}; install the same everywhere"),
        (tmp_path / "none", r"can't run dosing: .*; install dosing\[cluster\] everywhere"),
    ):
        with (
            workers(0) as local,
            worker_of(local.scheduler_address, tmp_path, PYTHONPATH=str(path)),
            pytest.raises(OutputError, match=message),
        ):
            run(runs.order(source, "doses", make=cluster.dask(local.scheduler_address), resume=True, **PARTS))


def test_no_workers(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_FIRST_WORKER_S", 0.2)
    with threads(0) as local, pytest.raises(OutputError, match=r"the scheduler at \S+ has no workers; start some with `dask worker "):
        run(runs.order(source, "doses", make=cluster.dask(local.scheduler_address), **PARTS))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://127.0.0.1:1", "127.0.0.1", ""])
def test_no_scheduler(source: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "_ANSWER", "200ms")
    with pytest.raises(OutputError, match=f"no Dask scheduler answers at '{address}'"):
        run(runs.order(source, "doses", make=cluster.dask(address), **PARTS))
    assert not (source.parent / "doses").exists()


def test_without_distributed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(OutputError, match=r"--scheduler needs dask: pip install 'dosing\[cluster\]'"):
        cluster.dask("tcp://127.0.0.1:1")


def test_the_version_is_that_of_the_place() -> None:
    assert cluster.version_there() == dosing.__version__
