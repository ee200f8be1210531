"""Calendars of many plans in a folder for a web server, each under a name that nobody can guess.

Who knows the address of a calendar reads it; so the name is made from a secret key and the plan's id, and the index of the folder is
empty. A calendar is written only where it has changed, in one step, so that a program that reads it sees the old one or the new one.
"""

import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Fed:
    """What became of one plan: the calendar's file, whether it was written, and what went wrong."""

    plan: Path
    calendar: Path
    result: str
    error: DosingError | None = None


def name_of(key: bytes, plan_id: str) -> str:
    """The name of a plan's calendar: 32 hexadecimal digits that can't be told without the key."""
    return f"{hmac.new(key, plan_id.encode(), sha256).hexdigest()[:_NAME_DIGITS]}.ics"


def feed(plans: Path, calendars: Path, *, key: bytes, style: Style | None = None) -> Iterator[Fed]:
    """Write the calendar of every plan file in a folder, in order of their names; a plan that can't be drawn leaves its calendar as it was.

    Raises OutputError where there is no plan, or where the folder of the calendars can't be written.
    """
    found = sorted(plans.glob(f"*{ENDING}"))
    if not found:
        raise OutputError(f"there is no plan file (*{ENDING}) in {plans}")
    try:
        calendars.mkdir(parents=True, exist_ok=True)
        _put(calendars / _INDEX, _NOTHING)
        for plan in found:
            yield _feed(plan, calendars, key, style)
    except OSError as error:
        raise OutputError(f"can't write {calendars}: {error.strerror or error}") from None


def left_over(plans: Path, calendars: Path, *, key: bytes) -> list[Path]:
    """Calendars in the folder that belong to no plan file any more, or to another key."""
    known = {name_of(key, plan.name.removesuffix(ENDING)) for plan in plans.glob(f"*{ENDING}")}
    return sorted(path for path in calendars.glob("*.ics") if path.name not in known)


def _feed(plan: Path, calendars: Path, key: bytes, style: Style | None) -> Fed:
    path = calendars / name_of(key, plan.name.removesuffix(ENDING))
    try:
        data = to_bytes(load_plan(plan).calendar(style=style))
    except DosingError as error:
        return Fed(plan, path, FAILED, error)
    return Fed(plan, path, WRITTEN if _put(path, data) else SAME)


def _put(path: Path, data: bytes) -> bool:
    """Write the file in one step, if it isn't the same already; whether it was written."""
    if path.is_file() and path.read_bytes() == data:
        return False
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(data)
    temporary.replace(path)
    return True
