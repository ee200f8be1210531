"""ical.js (JavaScript), that of Thunderbird; the days are those of JavaScript dates on a machine of the zone."""

from pathlib import Path

from tests.interop.readers.node import run
from tests.interop.seen import Seen


def read(path: Path, tz: str) -> list[Seen]:
    return run("ical.js", path, tz)
