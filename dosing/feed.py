"""Calendars of many plans in a folder for a web server, each under a name that nobody can guess.

Who knows the address of a calendar reads it; so the name is made from a secret key and the plan's id, and the index of the folder is
empty. A calendar is written only where it has changed, in one step, so that a program that reads it sees the old one or the new one.
"""

import hmac
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

from dosing.errors import DosingError, OutputError
from dosing.export.content import to_bytes
from dosing.export.style import Style
from dosing.plan.names import ENDING
from dosing.treatment import load_plan

KEY_BYTES = 32
_NAME_DIGITS = 32
_INDEX = "index.html"
_NOTHING = b"<!DOCTYPE html>\n<title>-</title>\n"
WRITTEN, SAME, FAILED = "written", "same as before", "failed"
# To start a process takes as long as so many plans.
_WORTH_A_WORKER = 100
_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Fed:
    """What became of one plan: the calendar's file, whether it was written, what went wrong, and what must be said of the file."""

    plan: Path
    calendar: Path
    result: str
    error: DosingError | None = None
    warnings: tuple[str, ...] = ()


def name_of(key: bytes, plan_id: str) -> str:
    """The name of a plan's calendar: 32 hexadecimal digits that can't be told without the key."""
    return f"{hmac.new(key, plan_id.encode(), sha256).hexdigest()[:_NAME_DIGITS]}.ics"


def plan_files(plans: Path) -> list[Path]:
    """The plan files of a folder, in order of their names. Raises OutputError where there is none."""
    found = sorted(plans.glob(f"*{ENDING}"))
    if not found:
        raise OutputError(f"there is no plan file (*{ENDING}) in {plans}")
    return found


def feed(plans: Path, calendars: Path, *, key: bytes, style: Style | None = None, workers: int = 0) -> Iterator[Fed]:
    """Write the calendar of every plan file in a folder, in order of their names; a plan that can't be drawn leaves its calendar as it was.

    The visits of a plan that names a site have the site's hours, whatever those of `style` are. `workers` is how many processes share the
    work; 0 means as many as help. Raises OutputError where there is no plan, or where the folder of the calendars can't be written.
    """
    found = plan_files(plans)
    one = partial(_feed, calendars=calendars, key=key, style=style or Style())
    try:
        calendars.mkdir(parents=True, exist_ok=True)
        _put(calendars / _INDEX, _NOTHING)
        many = workers or min(_processors(), len(found) // _WORTH_A_WORKER)
        yield from map(one, found) if many < 2 else _shared(one, found, many)
    except OSError as error:
        raise OutputError(f"can't write {calendars}: {error.strerror or error}") from None


def _processors() -> int:
    """How many processors there are for this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shared(one: "partial[Fed]", found: Iterable[Path], workers: int) -> Iterator[Fed]:
    """The same work in the same order, by several processes."""
    try:
        with ProcessPoolExecutor(workers) as pool:
            yield from pool.map(one, found, chunksize=_AT_ONCE)
    except BrokenProcessPool:
        raise OutputError("a worker process was ended before its work was done; try again with --workers 1") from None


def left_over(plans: Path, calendars: Path, *, key: bytes) -> list[Path]:
    """Calendars in the folder that belong to no plan file any more, or to another key."""
    known = {name_of(key, plan.name.removesuffix(ENDING)) for plan in plans.glob(f"*{ENDING}")}
    return sorted(path for path in calendars.glob("*.ics") if path.name not in known)


def _feed(plan: Path, *, calendars: Path, key: bytes, style: Style) -> Fed:
    path = calendars / name_of(key, plan.name.removesuffix(ENDING))
    try:
        treatment = load_plan(plan)
        data = to_bytes(treatment.calendar(style=replace(style, hours=treatment.asked().hours())))
    except DosingError as error:
        return Fed(plan, path, FAILED, error)
    return Fed(plan, path, WRITTEN if _put(path, data) else SAME, warnings=tuple(style.warnings(data)))


def _put(path: Path, data: bytes) -> bool:
    """Write the file in one step, if it isn't the same already; whether it was written."""
    if path.is_file() and path.read_bytes() == data:
        return False
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(data)
    temporary.replace(path)
    return True
