"""The program as a process: what it imports, streams and signals, and that neither clock, place nor language change a byte."""

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import dosing

ROOT = Path(dosing.__file__).resolve().parent.parent
RUN = "from dosing.cli import main; main()"
KRD = ("krd", "--start", "2026-01-05", "--height", "170", "--weight", "70")
HEAVY = ("dask", "icalendar", "numpy", "pandas", "rich", "yaml")


def environment(**changes: str) -> dict[str, str]:
    """The caller's environment without what might change the output, and with dosing to be found."""
    left = ("PYTHON", "COLUMNS", "LC_", "LANG", "TZ", "TERM", "NO_COLOR", "FORCE_COLOR", "DOSING", "COV_")
    caches = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
    kept = {name: value for name, value in os.environ.items() if name in caches or not name.startswith(left)}
    return {**kept, "PYTHONPATH": str(ROOT), **changes}


def python(*args: str, **changes: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([sys.executable, *args], env=environment(**changes), capture_output=True, timeout=60, check=False)


def output(*args: str, **changes: str) -> bytes:
    """Standard output of `dosing` with these arguments, which must succeed."""
    done = python("-c", RUN, *args, **changes)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def imported(*args: str) -> set[str]:
    """Which heavy packages are loaded at the end of `dosing` with these arguments."""
    tell = f"import atexit, sys; atexit.register(lambda: print('HEAVY', *({set(HEAVY)!r} & set(sys.modules)), file=sys.stderr)); "
    done = python("-c", tell + RUN, *args)
    assert done.returncode == 0, done.stderr.decode()
    word, *names = done.stderr.decode().splitlines()[-1].split()
    assert word == "HEAVY"
    return set(names)


# -- imports ------------------------------------------------------------------------------------------------------


def test_importing_dosing_is_silent_and_light() -> None:
    done = python("-W", "error", "-c", f"import sys, dosing; print(*({set(HEAVY)!r} & set(sys.modules)))")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"\n", b"")


def test_help_imports_nothing_heavy() -> None:
    assert imported("--help") == set()
    assert imported("schedule", "--help") == set()


def test_a_calendar_needs_no_tables_and_no_arrays() -> None:
    assert imported("calendar", *KRD) == {"icalendar", "yaml"}


@pytest.mark.parametrize(
    "args", [("schedule", *KRD), ("schedule", *KRD, "--format", "csv"), ("dose", "krd", "--bsa", "1.8"), ("show", "krd")]
)
def test_one_patient_needs_no_arrays(args: tuple[str, ...]) -> None:
    assert imported(*args) == {"yaml"}


def test_nothing_warns() -> None:
    for args in (("schedule", *KRD, "--format", "json"), ("calendar", *KRD), ("dose", "krd", "--bsa", "1.8"), ("regimens",)):
        done = python("-W", "error", "-c", RUN, *args)
        assert done.returncode == 0, done.stderr.decode()
        assert b"Warning" not in done.stderr


# -- ways in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [("-m", "dosing"), (str(ROOT / "cli.py"),)])
def test_other_ways_in(way: tuple[str, ...]) -> None:
    done = python(*way, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"dosing, version {dosing.__version__}\n".encode(), b"")


def test_an_error_is_a_message_and_an_exit_code() -> None:
    done = python("-m", "dosing", "show", "kdr")
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.startswith(b"Error: there is no regimen 'kdr'; did you mean 'krd'?")


# -- streams ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_stops_reading(unbuffered: str) -> None:
    args = [sys.executable, "-c", RUN, "schedule", *KRD, "--cycles", "300"]
    with subprocess.Popen(
        args, env=environment(PYTHONUNBUFFERED=unbuffered), stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.read(5) == b"Date "
        running.stdout.close()
        said = running.stderr.read()
    assert running.returncode == 1
    assert b"Traceback" not in said
    assert b"rror" not in said


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_disk_that_fills_up_is_never_a_success(tmp_path: Path, unbuffered: str) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    args = [sys.executable, "-c", RUN, "schedule", *KRD, "--cycles", "100"]
    with (tmp_path / "out").open("wb") as stream:
        done = subprocess.run(
            args, env=environment(PYTHONUNBUFFERED=unbuffered), stdout=stream, stderr=subprocess.PIPE, preexec_fn=limit, check=False
        )
    assert (tmp_path / "out").stat().st_size == 50_000
    assert done.returncode == 7
    assert done.stderr.decode().splitlines()[-1] == "Error: can't write to standard output: File too large"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", [("schedule", *KRD), ("dose", "krd", "--bsa", "1.8")], ids=["long", "short"])
def test_a_full_disk(command: tuple[str, ...], unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as stream:
        args = [sys.executable, "-c", RUN, *command]
        done = subprocess.run(args, env=environment(PYTHONUNBUFFERED=unbuffered), stdout=stream, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 7
    assert done.stderr.decode().splitlines()[-1] == "Error: can't write to standard output: No space left on device"


# -- a terminal ---------------------------------------------------------------------------------------------------


def on_a_terminal(*args: str, columns: int) -> str:
    """What `dosing` shows on a terminal of that width, without colours."""
    import fcntl
    import pty
    import struct
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-c", RUN, *args], env=environment(TERM="xterm"), stdin=follower, stdout=follower, stderr=subprocess.DEVNULL
    ) as running:
        os.close(follower)
        shown = bytearray()
        try:
            while piece := os.read(leader, 65_536):
                shown += piece
        except OSError:  # how Linux says that the other end is closed
            pass
        os.close(leader)
    assert running.returncode == 0
    return re.sub(r"\x1b\[[0-9;]*m", "", shown.decode().replace("\r\n", "\n"))


def test_a_terminal_of_100_columns_cuts_nothing() -> None:
    shown = on_a_terminal("schedule", *KRD, "--cycles", "1", columns=100)
    assert "─" in shown
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 100
    lines = [line.split() for line in shown.splitlines() if line.strip().startswith("2026-")]
    # 6 days of carfilzomib, 21 of lenalidomide, 4 of dexamethasone
    assert len(lines) == 31
    assert lines[0][:11] == ["2026-01-05", "treatment", "C1D1", "carfilzomib", "IV", "10", "min", "20", "mg/m2", "36.4", "mg"]
    heading = next(line for line in shown.splitlines() if "Note" in line)
    notes = " ".join(" ".join(line[heading.index("Note") :] for line in shown.splitlines()).split())
    assert notes.count("30 min to 4 h before carfilzomib, on days with both") == 4


def test_a_narrow_terminal_gets_plain_lines() -> None:
    shown = on_a_terminal("schedule", *KRD, "--cycles", "1", columns=60)
    assert shown.encode() == output("schedule", *KRD, "--cycles", "1")


# -- the same everywhere ------------------------------------------------------------------------------------------

PLACES = [
    {"TZ": "Pacific/Kiritimati"},
    {"TZ": "America/New_York", "LANG": "de_DE.UTF-8"},
    {"LANG": "C"},
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    {"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"},
]
UMLAUT = """\
id: umlaut
title: Über Nacht, täglich
version: 1
checked: 2026-11-21
source: ours
sources:
  ours: {title: Unser Protokoll, address: Seite 7, grade: A}
notes: [Für Ärztinnen]
phases:
  - id: treatment
    cycle: 7 days
    repeat: 1
    give:
      - {drug: dexamethasone, dose: 40 mg, route: PO, days: {value: 1, because: wöchentlich}, note: zum Frühstück}
"""


@pytest.mark.parametrize(
    "args", [("schedule", "--format", "csv"), ("schedule",), ("schedule", "--format", "json"), ("calendar", "--stamp", "2026-03-29T02:30")]
)
def test_time_zone_and_language_change_nothing(tmp_path: Path, args: tuple[str, ...]) -> None:
    (tmp_path / "umlaut.yaml").write_text(UMLAUT, encoding="utf-8")
    command = (args[0], str(tmp_path / "umlaut.yaml"), "--start", "2026-03-28", *args[1:])
    expected = output(*command, TZ="UTC", PYTHONHASHSEED="0")
    assert "Frühstück" in expected.decode().replace("\r\n ", "")
    for place in PLACES:
        assert output(*command, **place) == expected, place


def test_optimised_python_gives_the_same_calendar() -> None:
    done = python("-O", "-c", RUN, "calendar", *KRD)
    assert done.returncode == 0
    assert done.stdout == output("calendar", *KRD)
