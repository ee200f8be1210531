"""libical (C), by way of GObject and the system's Python; it checks the restrictions of RFC 5545 and RFC 5546 too."""

import subprocess
from functools import cache
from pathlib import Path

from tests.interop.seen import HERE, Seen, from_json, missing, output

_PYTHON = "/usr/bin/python3"
_INSTALL = "apt-get install python3-gi gir1.2-ical-3.0"


def read(path: Path, tz: str) -> list[Seen]:
    if not _installed():
        missing("libical", _INSTALL)
    return from_json(output([_PYTHON, HERE / "scripts" / "libical.py", path], tz=tz))


@cache
def _installed() -> bool:
    look = "import gi; gi.require_version('ICalGLib', '3.0')"
    return Path(_PYTHON).exists() and subprocess.run([_PYTHON, "-c", look], capture_output=True, check=False).returncode == 0
