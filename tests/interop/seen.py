"""What a reader sees of a calendar file: the one form that all readers' answers are brought to."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest

HERE = Path(__file__).resolve().parent
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One event as a reader shows it; None where it doesn't tell.

    `first` and `last` are the days of an all-day event, both inclusive; of a timed one the instants of start and end, in UTC.
    `ahead` is how long before its start it reminds; zero if it doesn't.
    """

    summary: str
    first: date | datetime
    last: date | datetime
    uid: str | None = None
    description: str | None = None
    status: str | None = None
    sequence: int | None = None
    ahead: timedelta | None = None

    @property
    def days(self) -> list[date | datetime]:
        """Each day of an all-day event; the instant of the start of a timed one."""
        if isinstance(self.first, datetime) or isinstance(self.last, datetime):
            return [self.first]
        return [self.first + DAY * number for number in range((self.last - self.first).days + 1)]


def days_or_instants(start: Any, end: Any) -> tuple[date | datetime, date | datetime]:
    """`first` and `last` by DTSTART and DTEND, whose end is exclusive; both dates, or both times of day with a zone."""
    if isinstance(start, datetime):
        assert start.tzinfo is not None, "a time of day without a zone"
        assert isinstance(end, datetime)
        assert end.tzinfo is not None
        return start.astimezone(UTC), end.astimezone(UTC)
    assert isinstance(start, date)
    assert isinstance(end, date)
    assert not isinstance(end, datetime)
    return start, end - DAY


def from_json(text: str) -> list[Seen]:
    """Events from a script: `start` and `end` as in DTSTART and DTEND, 2026-01-05 or 2026-01-05T08:00:00Z, `ahead` in seconds.

    What is left out isn't told.
    """
    found = []
    for event in json.loads(text):
        first, last = days_or_instants(_moment(event.pop("start")), _moment(event.pop("end")))
        ahead = timedelta(seconds=event.pop("ahead")) if "ahead" in event else None
        found.append(Seen(first=first, last=last, ahead=ahead, **event))
    return found


def _moment(text: str) -> date | datetime:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def span(path: Path) -> tuple[date, date]:
    """The first and the last day that a file names, and two more at each end: for a reader that is asked for days."""
    days = [date.fromisoformat(day) for day in re.findall(r"^DT(?:START|END).*:(\d{8})", path.read_text(encoding="utf-8"), re.MULTILINE)]
    return min(days) - 2 * DAY, max(days) + 2 * DAY


# -- readers that are programs ------------------------------------------------------------------------------------


def missing(what: str, install: str) -> NoReturn:
    """A reader isn't there: said aloud, and a failure where all of them must be."""
    message = f"{what} is not installed: {install} (or all readers: tests/interop/install.sh)"
    if os.environ.get("DOSING_INTEROP") == "all":
        pytest.fail(message)
    pytest.skip(message)


def program(name: str, install: str) -> str:
    """The path of a program of the system."""
    found = shutil.which(name)
    return found if found else missing(name, install)


def zoned(tz: str, **changes: str) -> dict[str, str]:
    """The environment of a machine in that zone, with English texts, and nothing of this environment's Python."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_", "LANG", "COV_"))}
    return {**kept, "TZ": tz, "LC_ALL": "C.UTF-8", **changes}


def output(command: Sequence[str | Path], *, tz: str, silent: bool = True, **changes: str) -> str:
    """Standard output of a program that must succeed and, if `silent`, has nothing to complain about."""
    done = subprocess.run(command, env=zoned(tz, **changes), capture_output=True, check=False, timeout=120, stdin=subprocess.DEVNULL)
    said = done.stderr.decode()
    assert done.returncode == 0, f"{command}: exit code {done.returncode}\n{said}"
    assert not (silent and said), f"{command}:\n{said}"
    return done.stdout.decode()


@contextmanager
def system_zone(tz: str) -> Iterator[None]:
    """This process as on a machine in that zone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", tz)
        time.tzset()
        yield
    time.tzset()


# -- comparing ----------------------------------------------------------------------------------------------------

_TOLD = ("uid", "description", "status", "sequence", "ahead")


def differences(found: Sequence[Seen], expected: Sequence[Seen]) -> list[str]:
    """What a reader sees otherwise, in everything that it tells; nothing if it agrees."""
    if found and found[0].uid is None:
        return _by_day(found, expected)
    now, then = _by_uid(found), _by_uid(expected)
    lines = [f"not seen: {then[uid]}" for uid in then.keys() - now.keys()]
    lines += [f"should not be there: {now[uid]}" for uid in now.keys() - then.keys()]
    for uid in then.keys() & now.keys():
        names = ("first", "last", "summary", *(name for name in _TOLD if getattr(now[uid], name) is not None))
        pairs = ((name, getattr(now[uid], name), getattr(then[uid], name)) for name in names)
        lines += [f"{uid} {name}: {value!r}, should be {right!r}" for name, value, right in pairs if value != right]
    return sorted(lines)


def _by_uid(events: Sequence[Seen]) -> Mapping[str | None, Seen]:
    found = {event.uid: event for event in events}
    assert len(found) == len(events), "one UID twice"
    return found


def _by_day(found: Sequence[Seen], expected: Sequence[Seen]) -> list[str]:
    """For a reader that shows days and keeps no UID."""

    def shown(events: Sequence[Seen]) -> list[tuple[Any, ...]]:
        return sorted((str(day), event.summary, event.description) for event in events for day in event.days)

    now, then = shown(found), shown(expected)
    return [f"not seen: {each}" for each in then if each not in now] + [f"should not be there: {each}" for each in now if each not in then]
