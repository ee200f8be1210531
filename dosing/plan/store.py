"""Keeping plan files: one writer at a time, a file that is whole at every moment, nothing rewritten but what is read and sound.

A change is written to a temporary file beside the plan, which then takes the plan's place in one step. Whoever reads sees the plan before
the change or after it, and so does whoever comes after a crash. Writers wait for each other at a lock that the system itself lets go of
when a process ends, however it ends: a lock file that lies about means nothing.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dosing.errors import OutputError
from dosing.plan.definition import Definition, old_folder
from dosing.plan.file import parse_plan_id, read_plan, write_plan
from dosing.plan.model import Plan
from dosing.plan.names import ENDING
from dosing.regimen.library import read_file

if sys.platform == "win32":  # pragma: no cover - coverage is measured elsewhere
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


# How often to ask for the lock, and how long to wait between: ten seconds in all.
_TRIES = 400
_PAUSE_S = 0.025


def id_of(path: Path) -> str:
    """The id of a plan by its file: `p017` of `p017.plan.yaml`. Raises OutputError where that is no id."""
    name = path.name.removesuffix(ENDING) if path.name.endswith(ENDING) else path.stem
    try:
        return parse_plan_id(name)
    except ValueError as error:
        raise OutputError(f"{path}: {error}, or give the plan another id") from None


def load(path: Path) -> Plan:
    """The plan in a file. Raises RegimenError for a file that can't be read, RegimenFileError for one with problems."""
    return read_plan(read_file(path), file=str(path))


def create(path: Path, plan: Plan) -> None:
    """A new plan file. Raises OutputError where there is a file already, RegimenFileError for a plan that could not be read back."""
    data = write_plan(plan)
    with _locked(path) as target:
        if os.path.lexists(target):
            raise OutputError(f"{path} exists already; a plan is never replaced, so give another name")
        _replace(target, data)


def add(path: Path, make_entry: Callable[[Plan], Plan]) -> Plan:
    """The plan with what `make_entry` appends to it, written to its file. Of two at once, the second is made from what the first wrote.

    What `make_entry` raises leaves the file as it was. Raises RegimenError for a file that can't be read or has problems, OutputError for
    one that can't be written, or that another command holds, and ValueError where something but the end of the plan would change.
    """
    with _locked(path) as target:
        before = read_file(target)
        longer = make_entry(read_plan(before, file=str(path)))
        after = write_plan(longer)
        if not after.startswith(before):
            raise ValueError("a plan changes only at the end of its log")
        if after != before:
            _replace(target, after)
    return longer


def keep(definition: Definition, folder: Path) -> Path | None:
    """Put the files of a definition beside the plans in `folder`, so that they go on when the files here change.

    The folder they are in now; None where they are there already. Raises OutputError where they can't be written.
    """
    place = old_folder(definition.hash, folder)
    if place.exists():
        return None
    temporary = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    try:
        for name, data in definition.files.items():
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        temporary.rename(place)
    except OSError as error:
        # Of two at once, the second finds the same files there already.
        if not place.is_dir():
            raise OutputError(f"can't write {place}: {error.strerror or error}") from None
        return None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return place


# -- the file -----------------------------------------------------------------------------------------------------


def _replace(target: Path, data: bytes) -> None:
    """Put the bytes in the file's place, in one step. Called under the lock, so one name is enough for the temporary file."""
    temporary = target.with_name(f".{target.name}.tmp")
    # What a process that was killed has left.
    temporary.unlink(missing_ok=True)
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _settle(target.parent)


def _settle(folder: Path) -> None:
    """Make the new name last through a loss of power, where the system can; the change is in its place either way."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# -- the lock -----------------------------------------------------------------------------------------------------


@contextmanager
def _locked(path: Path) -> Iterator[Path]:
    """The file itself, where a link leads to it, with the lock on it held. Raises OutputError for what can't be written."""
    target = Path(os.path.realpath(path))
    lock = target.with_name(f".{target.name}.lock")
    try:
        descriptor = _lock(lock, path)
        try:
            yield target
        finally:
            # Windows removes no file that is open; there it stays, and means nothing.
            with suppress(OSError):
                lock.unlink()
            os.close(descriptor)
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror or error}") from None


def _lock(lock: Path, path: Path) -> int:
    for _ in range(_TRIES):
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        if _is_mine(descriptor, lock):
            return descriptor
        os.close(descriptor)
        time.sleep(_PAUSE_S)
    raise OutputError(f"another command is writing {path}; nothing was changed, try again when it is done")


def _is_mine(descriptor: int, lock: Path) -> bool:
    """Whether the lock was free, and is still the file of that name: its last holder removes it."""
    try:
        _take(descriptor)
        return os.path.samestat(os.fstat(descriptor), lock.stat())
    except (BlockingIOError, PermissionError, FileNotFoundError):
        return False
