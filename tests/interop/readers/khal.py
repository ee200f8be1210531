"""khal (Python) as a program: the file imported into a calendar of its own, then listed from its database, day by day."""

import importlib.util
import json
import sys
import tempfile
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.interop.seen import Seen, missing, output, span

_CONFIG = """\
[calendars]
[[plan]]
path = {folder}/plan
[default]
default_calendar = plan
[sqlite]
path = {folder}/khal.db
[locale]
local_timezone = {tz}
default_timezone = {tz}
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
"""
_FIELDS = ("uid", "title", "description", "start-long", "end-long", "all-day", "status")


def read(path: Path, tz: str) -> list[Seen]:
    if not importlib.util.find_spec("khal"):
        missing("khal", "pip install khal")
    first, last = span(path)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "plan").mkdir()
        (folder / "config").write_text(_CONFIG.format(folder=folder, tz=tz), encoding="utf-8")
        khal: list[str | Path] = [sys.executable, "-m", "khal", "-c", folder / "config"]
        output([*khal, "import", "--batch", path], tz=tz, HOME=name)
        fields = [f"--json={field}" for field in _FIELDS]
        listed = output([*khal, "list", *fields, str(first), f"{(last - first).days}d"], tz=tz, HOME=name)
    return _events(listed, ZoneInfo(tz))


def _events(listed: str, zone: ZoneInfo) -> list[Seen]:
    """One line of output for each day; each event stands in the lines of all its days."""
    lines = Counter(_seen(event, zone) for line in listed.splitlines() for event in json.loads(line))
    for event, times in lines.items():
        assert isinstance(event.first, datetime) or times == len(event.days), event
    return list(lines)


def _seen(event: dict[str, Any], zone: ZoneInfo) -> Seen:
    start, end = event["start-long"], event["end-long"]
    all_day = event["all-day"] == "True"
    return Seen(
        uid=event["uid"],
        summary=event["title"],
        first=date.fromisoformat(start) if all_day else _instant(start, zone),
        last=date.fromisoformat(end) if all_day else _instant(end, zone),
        description=event["description"],
        status=event["status"].strip(),
    )


def _instant(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
