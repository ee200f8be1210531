"""Keeping plan files: locked, whole at every moment, and untouched by what is refused.

Writers are real processes, and are really killed.
"""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from dosing.errors import OutputError, RegimenError, RegimenFileError, ScheduleError
from dosing.plan import store
from dosing.plan.definition import Definition, old_folder
from dosing.plan.model import Plan, append
from dosing.plan.store import add, create, id_of, keep, load

PLAN = Plan(id="p017", regimen="krd-asct", version=1, definition="sha256:" + "0" * 64, start=date(2026, 1, 5))
posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


def stopped(plan: Plan, *, reason: str = "x") -> Plan:
    return append(plan, on=date(2026, 2, 2), kind="stop", fields={"since": "2026-02-02"}, reason=reason)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "p017.plan.yaml"
    create(found, PLAN)
    return found


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


# -- one writer ---------------------------------------------------------------------------------------------------


def test_a_plan_is_made_and_grows(path: Path) -> None:
    assert load(path) == PLAN
    first = add(path, stopped)
    assert first == stopped(PLAN)
    assert load(path) == first
    assert add(path, stopped) == stopped(first)
    assert names(path.parent) == ["p017.plan.yaml"]


def test_a_plan_is_never_replaced(path: Path) -> None:
    add(path, stopped)
    before = path.read_bytes()
    with pytest.raises(OutputError, match=r"exists already; a plan is never replaced"):
        create(path, PLAN)
    assert path.read_bytes() == before
    assert names(path.parent) == ["p017.plan.yaml"]


def test_a_link_that_leads_nowhere_is_followed(tmp_path: Path) -> None:
    link = tmp_path / "link.plan.yaml"
    link.symlink_to(tmp_path / "real.plan.yaml")
    create(link, PLAN)
    add(link, stopped)
    assert link.is_symlink()
    assert load(tmp_path / "real.plan.yaml") == stopped(PLAN)


def test_a_plan_that_would_not_be_read_back_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RegimenFileError):
        create(tmp_path / "x.plan.yaml", replace(PLAN, version=0))
    assert names(tmp_path) == []


def _refused(_: Plan) -> Plan:
    raise ScheduleError("refers to nothing")


def _shortened(plan: Plan) -> Plan:
    return replace(plan, log=())


def _changed(plan: Plan) -> Plan:
    return stopped(replace(plan, log=(), start=date(2026, 1, 6)))


@pytest.mark.parametrize(
    ("make_entry", "error"),
    [
        (_refused, ScheduleError),
        (_shortened, ValueError),
        (_changed, ValueError),
        (lambda plan: replace(plan, regimen="", log=()), RegimenFileError),
    ],
)
def test_what_is_refused_leaves_the_file_as_it_was(path: Path, make_entry: Callable[[Plan], Plan], error: type[Exception]) -> None:
    add(path, stopped)
    before, written = path.read_bytes(), path.stat().st_mtime_ns
    with pytest.raises(error):
        add(path, make_entry)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, written)
    assert names(path.parent) == ["p017.plan.yaml"]


def test_nothing_new_writes_nothing(path: Path) -> None:
    written = path.stat()
    assert add(path, lambda plan: plan) == PLAN
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-3],
        lambda data: data.replace(b"reason: x", b"reason: y"),
        lambda data: data.replace(b"dosing_plan: 1", b"dosing_plan: 2"),
        lambda data: data.replace(b"log:", b"shoe_size: 42\nlog:"),
        lambda data: data.replace(b"log:", b"<<<<<<< HEAD\nlog:"),
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda _: b"",
    ],
)
def test_a_damaged_file_is_never_rewritten(path: Path, damage: Callable[[bytes], bytes]) -> None:
    add(path, stopped)
    data = damage(path.read_bytes())
    path.write_bytes(data)
    for _ in range(2):
        with pytest.raises(RegimenFileError, match=rf"^{path}"):
            add(path, stopped)
    with pytest.raises(RegimenFileError, match=rf"^{path}"):
        load(path)
    assert path.read_bytes() == data


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RegimenError, match=r"can't read .*No such file"):
        load(tmp_path / "x.plan.yaml")
    with pytest.raises(RegimenError, match=r"can't read .*No such file"):
        add(tmp_path / "x.plan.yaml", stopped)
    assert names(tmp_path) == []
    with pytest.raises(OutputError, match=r"can't write .*No such file"):
        create(tmp_path / "no" / "x.plan.yaml", PLAN)


def test_the_mode_of_the_file_is_kept(path: Path) -> None:
    path.chmod(0o640)
    add(path, stopped)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_disk_that_fails_leaves_the_old_plan(path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os if step == "fsync" else Path, step, fail)
        with pytest.raises(OutputError, match=r"can't write .*p017.plan.yaml: No space left on device"):
            add(path, stopped)
    assert load(path) == PLAN
    assert names(path.parent) == ["p017.plan.yaml"]


def test_a_system_that_opens_no_folders(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Windows, where a folder can't be opened and an open file can't be removed."""
    really = os.open

    def open_file(name: str | Path, flags: int, mode: int = 0o777) -> int:
        if Path(name).is_dir():
            raise PermissionError(13, "Permission denied")
        return really(name, flags, mode)

    monkeypatch.setattr(os, "open", open_file)
    add(path, stopped)
    assert load(path) == stopped(PLAN)


def test_a_lock_file_that_lies_about_means_nothing(path: Path) -> None:
    lock = path.with_name(f".{path.name}.lock")
    lock.touch()
    path.with_name(f".{path.name}.tmp").write_text("half a pl", encoding="utf-8")
    add(path, stopped)
    assert names(path.parent) == ["p017.plan.yaml"]


def test_a_plan_that_another_command_holds(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_TRIES", 2)
    monkeypatch.setattr(store, "_PAUSE_S", 0)

    def meanwhile(plan: Plan) -> Plan:
        with pytest.raises(OutputError, match=r"another command is writing .*; nothing was changed, try again"):
            add(path, stopped)
        return stopped(plan, reason="first")

    add(path, meanwhile)
    assert load(path) == stopped(PLAN, reason="first")


def test_a_lock_that_its_holder_removed_is_none(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody waits for a lock, and gets it just as its holder has removed the file: it must ask again."""
    taken = []
    really = store._take

    def take(descriptor: int) -> None:
        really(descriptor)
        taken.append(descriptor)
        if len(taken) == 1:
            path.with_name(f".{path.name}.lock").unlink()

    monkeypatch.setattr(store, "_take", take)
    add(path, stopped)
    assert len(taken) == 2
    assert load(path) == stopped(PLAN)


@pytest.mark.parametrize(
    ("name", "id"), [("p017.plan.yaml", "p017"), ("p017.yaml", "p017"), ("p.017.plan.yaml", "p.017"), ("P017", "P017")]
)
def test_the_id_by_the_name_of_the_file(name: str, id: str) -> None:
    assert id_of(Path("some") / name) == id


@pytest.mark.parametrize("name", [".plan.yaml", "müller.plan.yaml", "a b.plan.yaml"])
def test_a_name_that_is_no_id(name: str) -> None:
    with pytest.raises(OutputError, match="is no name for a plan"):
        id_of(Path(name))


# -- several writers ----------------------------------------------------------------------------------------------

HEADER = """
import os, random, signal, sys, time
from datetime import date
from pathlib import Path
from dosing.plan import store
from dosing.plan.definition import Definition, old_folder
from dosing.plan.model import Plan, append

path, number = Path(sys.argv[1]), int(sys.argv[2])

def stopped(plan, reason):
    return append(plan, on=date(2026, 2, 2), kind="stop", fields={"since": "2026-02-02"}, reason=reason)
"""
WRITES = """
print("ready", flush=True)
sys.stdin.readline()
for each in range(5):
    store.add(path, lambda plan: stopped(plan, f"writer {number}, change {each}"))
"""
# A child adds until it is killed, and says after each change that it is done.
KILLED = """
plan, chance = store.load(path), random.Random(number)
landed = 0
for turn in range(number):
    if turn % 10 == 0:
        path.unlink()
        store.create(path, plan)
    before = len(store.load(path).log)
    out, said = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        while True:
            store.add(path, lambda plan: stopped(plan, f"turn {turn}"))
            os.write(said, b".")
    os.close(said)
    time.sleep(chance.uniform(0, 0.03))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(out, "rb") as stream:
        done = len(stream.read())
    added = len(store.load(path).log) - before
    assert done <= added <= done + 1, (turn, done, added)
    landed += added
print("landed", landed)
"""
# A child is killed before it runs the n-th line of the store, for every n there is.
KILLED_AT_EACH_LINE = """
def killed_at(wanted):
    seen = 0
    def trace(frame, event, argument):
        nonlocal seen
        if frame.f_code.co_filename != store.__file__:
            return None
        seen += event == "line"
        if seen == wanted:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace
    return trace

plan, lines = store.load(path), 0
old = new = 0
while True:
    lines += 1
    path.unlink()
    store.create(path, stopped(plan, "before"))
    child = os.fork()
    if child == 0:
        sys.settrace(killed_at(lines))
        store.add(path, lambda plan: stopped(plan, "change"))
        sys.settrace(None)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    found = len(store.load(path).log)
    assert found in (1, 2), lines
    old, new = old + (found == 1), new + (found == 2)
    # What was left behind stands in nobody's way.
    assert len(store.add(path, lambda plan: stopped(plan, "after")).log) == found + 1
    assert sorted(each.name for each in path.parent.iterdir()) == [path.name]
    if os.waitstatus_to_exitcode(status) == 0:
        break
    assert os.WTERMSIG(status) == signal.SIGKILL
print("old", old, "new", new)
"""


def run(script: str, path: Path, number: int = 0) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", HEADER + script, str(path), str(number)], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_writers_at_the_same_time_all_land(path: Path) -> None:
    command = [sys.executable, "-c", HEADER + WRITES, str(path)]
    writers = [subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for number in range(4)]
    for writer in writers:
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("go\n")
        writer.stdin.flush()
    # Whoever reads meanwhile finds a plan.
    while any(writer.poll() is None for writer in writers):
        load(path)
    for writer in writers:
        writer.communicate()
    assert [writer.returncode for writer in writers] == [0] * 4
    log = load(path).log
    assert [entry.n for entry in log] == list(range(1, 21))
    assert sorted(entry.reason for entry in log) == sorted(f"writer {number}, change {each}" for number in range(4) for each in range(5))
    for number in range(4):
        assert [entry.reason[-1] for entry in log if entry.reason.startswith(f"writer {number}")] == list("01234")
    assert names(path.parent) == ["p017.plan.yaml"]


@posix
def test_killed_before_each_line_of_a_change(path: Path) -> None:
    _, old, _, new = run(KILLED_AT_EACH_LINE, path)
    assert int(old) > 10
    assert int(new) > 1


@posix
def test_killed_at_any_moment(path: Path) -> None:
    assert int(run(KILLED, path, 60)[1]) > 0
    assert add(path, stopped).log[-1].reason == "x"


@posix
@pytest.mark.long
def test_killed_at_any_moment_hundreds_of_times(path: Path) -> None:
    assert int(run(KILLED, path, 800)[1]) > 0
    assert add(path, stopped).log[-1].reason == "x"


# -- definitions --------------------------------------------------------------------------------------------------

DEFINITION = Definition({"regimen.yaml": b"id: one\n", "drugs/alfa.yaml": b"id: alfa\n"})


def kept(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_definition_is_kept_once(tmp_path: Path) -> None:
    place = old_folder(DEFINITION.hash, tmp_path)
    assert keep(DEFINITION, tmp_path) == place
    assert kept(place) == DEFINITION.files
    assert keep(DEFINITION, tmp_path) is None
    assert names(place.parent) == [place.name]


def test_of_two_at_once_the_second_finds_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = keep(DEFINITION, tmp_path)
    assert place
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert keep(DEFINITION, tmp_path) is None
    assert kept(place) == DEFINITION.files
    assert names(place.parent) == [place.name]


def test_a_definition_that_can_not_be_kept(tmp_path: Path) -> None:
    (tmp_path / "definitions").write_text("a file is in the way", encoding="utf-8")
    with pytest.raises(OutputError, match=r"can't write .*definitions"):
        keep(DEFINITION, tmp_path)
    assert names(tmp_path) == ["definitions"]
