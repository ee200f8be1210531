"""calcurse (C, in a terminal): the file imported, then its days asked for. It keeps neither UID nor status nor sequence."""

import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from tests.interop.seen import Seen, output, program, span

# Control characters around the fields, as a text may hold any other.
_ALL_DAY, _TIMED = "\x01%m\x02%N\x03", "\x01%m\x02%N\x02%s\x02%e\x03"
_FORMATS = [
    *(f"--format-{kind}={_ALL_DAY}" for kind in ("event", "recur-event")),
    *(f"--format-{kind}={_TIMED}" for kind in ("apt", "recur-apt")),
]
_SHOWN = re.compile(r"^(\d{4}-\d\d-\d\d):$|\x01([^\x03]*)\x03", re.MULTILINE)
# What it says at the end of a note about what it changed, or can't keep.
_OWN_WORDS = "\n-- \nImport: "


def read(path: Path, tz: str) -> list[Seen]:
    calcurse = program("calcurse", "apt-get install calcurse")
    first, last = span(path)
    with tempfile.TemporaryDirectory() as folder:
        report = output([calcurse, "-D", folder, "-C", folder, "-i", path], tz=tz)
        assert " 0 skipped" in report, report
        asked = ["--input-datefmt", "4", "--output-datefmt", "%Y-%m-%d", "-Q", "--filter-type", "cal", f"--from={first}", f"--to={last}"]
        return list(_events(output([calcurse, "-D", folder, "-C", folder, *asked, *_FORMATS], tz=tz)))


def _events(shown: str) -> Iterator[Seen]:
    day, before = date.min, set[Seen]()
    for heading, event in _SHOWN.findall(shown):
        if heading:
            day = date.fromisoformat(heading)
            continue
        summary, note, *moments = event.split("\x02")
        start, end = (datetime.fromtimestamp(int(moment), UTC) for moment in moments) if moments else (day, day)
        seen = Seen(summary=summary, first=start, last=end, description=_description(note))
        # One that lasts over midnight here is shown on both days.
        if not moments or seen not in before:
            yield seen
        before.add(seen)


def _description(note: str) -> str:
    return "\n".join(line.removeprefix("\t") for line in note.split("\n")).partition(_OWN_WORDS)[0].rstrip("\n")
