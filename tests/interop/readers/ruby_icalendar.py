"""ruby-icalendar (Ruby), reading strictly."""

import subprocess
from functools import cache
from pathlib import Path

from tests.interop.seen import HERE, Seen, from_json, missing, output, program

_INSTALL = "apt-get install ruby ruby-icalendar"


def read(path: Path, tz: str) -> list[Seen]:
    ruby = program("ruby", _INSTALL)
    if not _installed(ruby):
        missing("ruby-icalendar", _INSTALL)
    return from_json(output([ruby, HERE / "scripts" / "icalendar.rb", path], tz=tz))


@cache
def _installed(ruby: str) -> bool:
    return subprocess.run([ruby, "-e", "require 'icalendar'"], capture_output=True, check=False).returncode == 0
