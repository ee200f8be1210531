"""Writing results: a file is complete or not there at all, and what was there before outlives every failure."""

import errno
import io
import os
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from dosing.cli.write import table, tell, write
from dosing.errors import OutputError

DATA = b"line\r\n" * 10_000


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fails(error: BaseException) -> Callable[..., NoReturn]:
    def fail(*_args: object, **_kwargs: object) -> NoReturn:
        raise error

    return fail


def test_the_file_is_complete(tmp_path: Path) -> None:
    write(DATA, output=str(tmp_path / "out"), force=False)
    assert (tmp_path / "out").read_bytes() == DATA
    assert names(tmp_path) == ["out"]


def test_a_file_that_exists_is_kept(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"old")
    with pytest.raises(OutputError, match="out exists already; give --force to replace it"):
        write(DATA, output=str(tmp_path / "out"), force=False)
    assert (tmp_path / "out").read_bytes() == b"old"
    assert names(tmp_path) == ["out"]


def test_force_replaces_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(DATA * 2)
    write(b"new", output=str(tmp_path / "out"), force=True)
    assert (tmp_path / "out").read_bytes() == b"new"


def test_force_is_no_harm_where_nothing_exists(tmp_path: Path) -> None:
    write(b"new", output=str(tmp_path / "out"), force=True)
    assert (tmp_path / "out").read_bytes() == b"new"


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_a_replaced_file_is_no_more_readable_than_before(tmp_path: Path, mode: int) -> None:
    (tmp_path / "out").write_bytes(b"old")
    (tmp_path / "out").chmod(mode)
    write(b"new", output=str(tmp_path / "out"), force=True)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == mode


def test_a_new_file_has_the_user_s_mode(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(b"new", output=str(tmp_path / "out"), force=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o640


@pytest.mark.parametrize("step", ["pathlib.Path.replace", "os.fsync", "shutil.copymode"])
@pytest.mark.parametrize("there", [True, False])
def test_a_failure_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, there: bool) -> None:
    if step == "shutil.copymode" and not there:
        return write(DATA, output=str(tmp_path / "out"), force=True)
    if there:
        (tmp_path / "out").write_bytes(b"old")
    before = names(tmp_path)
    monkeypatch.setattr(step, fails(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
    with pytest.raises(OutputError, match=r"can't write .*out: No space left on device"):
        write(DATA, output=str(tmp_path / "out"), force=True)
    assert names(tmp_path) == before
    assert not there or (tmp_path / "out").read_bytes() == b"old"
    return None


def test_an_interruption_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out").write_bytes(b"old")
    monkeypatch.setattr("os.fsync", fails(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        write(DATA, output=str(tmp_path / "out"), force=True)
    assert (tmp_path / "out").read_bytes() == b"old"
    assert names(tmp_path) == ["out"]


def test_the_temporary_file_of_somebody_else_is_kept(tmp_path: Path) -> None:
    other = tmp_path / f".out.{os.getpid()}.tmp"
    other.write_bytes(b"theirs")
    with pytest.raises(OutputError, match="File exists"):
        write(DATA, output=str(tmp_path / "out"), force=False)
    assert other.read_bytes() == b"theirs"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(OutputError, match="exists already"):
        write(b"new", output=str(tmp_path / "link"), force=False)
    write(b"new", output=str(tmp_path / "link"), force=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    assert names(tmp_path) == ["link", "real"]


def test_a_link_to_nothing_makes_its_target(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real")
    write(b"new", output=str(tmp_path / "link"), force=False)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


@pytest.mark.parametrize("name", [".", "", "/dev/full", "/dev/null", "folder"])
def test_what_is_no_file_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    if name.startswith("/dev") and not Path(name).exists():
        pytest.skip(f"no {name} here")
    for force in (False, True):
        with pytest.raises(OutputError, match=f"^{name} is not a file; leave out -o to write to standard output$"):
            write(DATA, output=name, force=force)
    assert names(tmp_path) == ["folder"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("no/out", "No such file or directory"), ("file/out", "Not a directory"), ("x" * 300, "File name too long")],
)
def test_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(OutputError, match=f"^can't write {name}: {reason}$"):
        write(DATA, output=name, force=True)
    assert names(tmp_path) == ["file"]


def test_a_long_name_in_letters_of_two_bytes(tmp_path: Path) -> None:
    write(b"new", output=str(tmp_path / ("ü" * 125)), force=False)
    assert (tmp_path / ("ü" * 125)).read_bytes() == b"new"


# -- standard output ----------------------------------------------------------------------------------------------


class Raw(io.RawIOBase):
    """An unbuffered stream that takes a few bytes at a time, and after `room` bytes fails or takes `nothing`."""

    name = "raw"

    def __init__(self, room: int | None = None, error: OSError | None = None, nothing: int | None = None) -> None:
        self.data = bytearray()
        self.nothing = nothing
        self.room = room
        self.error = error

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int | None:
        assert isinstance(data, memoryview)
        if self.room is not None and len(self.data) >= self.room:
            if self.error:
                raise self.error
            return self.nothing
        self.data += data[:7]
        return min(7, len(data))


class Stdout(io.TextIOWrapper):
    """A text stream straight over a raw one, as with PYTHONUNBUFFERED."""

    def __init__(self, raw: Raw) -> None:
        super().__init__(raw, write_through=True)
        self.raw = raw


def test_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write(DATA, output=None, force=False)
    write(b"", output=None, force=False)
    assert capfdbinary.readouterr() == (DATA, b"")


def test_a_stream_that_takes_little_at_a_time_gets_all(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = Raw()
    monkeypatch.setattr(sys, "stdout", Stdout(raw))
    write(DATA, output=None, force=False)
    assert raw.data == DATA


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (Raw(100, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))), "No space left on device"),
        (Raw(100, nothing=None), "it takes no more"),
        (Raw(100, nothing=0), "it takes no more"),
    ],
)
def test_a_part_is_a_failure(monkeypatch: pytest.MonkeyPatch, raw: Raw, reason: str) -> None:
    monkeypatch.setattr(sys, "stdout", Stdout(raw))
    with pytest.raises(OutputError, match=f"^can't write to standard output: {reason}$"):
        write(DATA, output=None, force=False)


def test_a_reader_that_went_away_is_click_s_to_handle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Stdout(Raw(100, BrokenPipeError(errno.EPIPE, "Broken pipe"))))
    with pytest.raises(BrokenPipeError):
        write(DATA, output=None, force=False)


def test_no_standard_output_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match="there is no standard output; give -o FILE"):
        write(DATA, output=None, force=False)
    with pytest.raises(OutputError, match="there is no standard output; give -o FILE"):
        table(("A",), [("1",)], output=None, force=False)


def test_tell(capsys: pytest.CaptureFixture[str]) -> None:
    tell(["one", "two"])
    assert capsys.readouterr() == ("", "one\ntwo\n")


# -- tables -------------------------------------------------------------------------------------------------------

HEADINGS = ("Date", "Amount")
LINES = [("2026-01-05", "49.1 mg"), ("2026-01-06", "1234.5 mg")]
PLAIN = "Date        Amount\n2026-01-05  49.1 mg\n2026-01-06  1234.5 mg\n"


def test_a_table_in_a_pipe_is_plain(capfd: pytest.CaptureFixture[str]) -> None:
    table(HEADINGS, LINES, output=None, force=False)
    assert capfd.readouterr().out == PLAIN


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("columns", "is_plain"), [("80", False), ("25", False), ("24", True), ("10", True)])
def test_a_table_on_a_terminal_never_breaks_a_number(monkeypatch: pytest.MonkeyPatch, columns: str, is_plain: bool) -> None:
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("TERM", "xterm")
    table(HEADINGS, LINES, output=None, force=False)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert (shown == PLAIN) == is_plain
    for cell in ("2026-01-05", "49.1 mg", "2026-01-06", "1234.5 mg"):
        assert cell in shown


def test_a_table_in_a_file_is_plain_whatever_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    table(HEADINGS, LINES, output=str(tmp_path / "out"), force=False)
    assert (tmp_path / "out").read_text() == PLAIN
