"""How a calendar file is written: what makes an event, when visits are, what reminds of them, whose it is, and where it comes from."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from dosing.errors import OutputError
from dosing.export.events import Grain
from dosing.export.text import clean
from dosing.site.hours import Hours

# Google Calendar leaves out what comes after 1 MB, and says nothing.
LARGE_BYTES = 900_000
_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "min": timedelta(minutes=1)}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder of an event: so long `before` it starts, or at a time of day (`at`)."""

    before: timedelta = _DAY
    at: time | None = None

    def ahead(self, start: datetime | None) -> timedelta:
        """How long before its start an event is reminded of; `start` is None for one that is all-day. Always above zero.

        A time of day is that of the day before; where the event itself begins later that day, it is that of the day.
        """
        if self.at is None:
            return self.before
        if start is None:
            return _DAY - timedelta(hours=self.at.hour, minutes=self.at.minute)
        begins = start.astimezone(UTC)
        days = (datetime.combine(start.date() - back * _DAY, self.at, start.tzinfo).astimezone(UTC) for back in (0, 1))
        return next(begins - day for day in days if day < begins)


def parse_reminder(text: str) -> Reminder:
    """`1d`, `12h`, `30min`, `08:00`. Raises ValueError."""
    if re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        return Reminder(at=time.fromisoformat(text))
    try:
        return Reminder(before=parse_span(text))
    except ValueError:
        raise ValueError(f"{text!r} is no reminder; write 1d, 12h or 30min (before the start), or a time of day such as 08:00") from None


def parse_span(text: str) -> timedelta:
    """`1d`, `12h`, `30min`. Raises ValueError."""
    match = re.fullmatch(r"([1-9][0-9]{0,2})(d|h|min)", text)
    if not match:
        raise ValueError(f"{text!r} is no length of time; write 1d, 12h or 30min")
    return int(match[1]) * _UNITS[match[2]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a calendar file is written; as it stands here if nothing is asked for.

    With the `hours` of the clinic a visit lasts from opening to closing; without, or on a day without, all day. `label` begins the names of
    the calendar and of every entry: nobody is named without it. `source` is the address (https) at which the calendar is kept up to date,
    `refresh` how often a program should look there. Raises OutputError for a label or an address that can't be written.
    """

    events: Grain = Grain.DAY
    hours: Hours | None = None
    remind: Reminder | None = None
    label: str = ""
    source: str = ""
    refresh: timedelta | None = None

    def __post_init__(self) -> None:
        if self.label and (clean(self.label) != self.label or "\n" in self.label or not self.label.strip()):
            raise OutputError(f"the label {self.label!r} can't be written; give one line of text without control characters")
        if self.source and not re.fullmatch(r"https?://[!-~]+", self.source):
            raise OutputError(f"{self.source!r} is not the address of a calendar; write it as https://example.org/calendar.ics")
        if self.refresh is not None and self.refresh < _UNITS["min"]:
            raise OutputError(f"a calendar can't be looked at again every {self.refresh}; give a minute or more")

    def warnings(self, data: bytes) -> list[str]:
        """What must be said to whoever made a calendar file in this style."""
        said = []
        if self.label:
            said.append(f"everything in it bears the name {self.label!r}; calendars are copied to servers, where others can read it")
        if self.remind:
            said.append("a calendar is no safe reminder: subscribed calendars often drop alarms, and so do some programs on import")
        if len(data) > LARGE_BYTES:
            said.append(
                f"the file has {len(data):,} bytes: Google Calendar drops what comes after 1 MB without a word; "
                "draw less (--cycles, --until), or fewer events (--events course)"
            )
        return said
