"""Calendar files with the hours of a clinic, reminders and a label, and what must be seen of them, by the CSV of the same schedule.

The offsets are written by hand, as the laws have them: no time zone database and no description of a zone in a file has a part in them.
The program is used by its command line, as at a clinic.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from dosing.regimen.library import find_regimen
from tests.interop.expected import Rows, plain, read_rows, simple
from tests.interop.made import LOG, dosing
from tests.interop.seen import DAY, Seen, differences

SITE = """\
id: here
title: A clinic
closed: {{dates: {{{closed}: 'moving; all day, "everything"'}}}}
hours:
  timezone: {zone}
  opens: "{opens}"
  closes: "{closes}"
  weekdays: {{sunday: {sunday}}}
"""
PATIENT = ("--height", "170", "--weight", "70")
GRAINS = ("day", "drug", "course")
# Reminder and label, which take turns.
ADDED = (("1d", ""), ("20:00", "Bed 7; ward 3, \u00e9: left"), ("", ""), ("90min", ""))
OPENS, CLOSES = "07:30", "16:45"


@dataclass(frozen=True, slots=True)
class Clock:
    """The clocks of a clinic around the time of a plan: hours ahead of UTC at first, and from each day of a change on, by the clinic's day.

    All changes are before the clinic opens on a Sunday; `sunday` are its hours on that day, or what the site's file says where the day must
    be without hours: where one of the two is never, or twice (`without`).
    """

    zone: str
    first: float
    changes: tuple[tuple[date, float], ...]
    cycles: int = 1
    sunday: str = "09:00 to 13:00"
    without: bool = False

    @property
    def name(self) -> str:
        day, _ = self.changes[0]
        return f"{self.zone}-{day}{f'-{self.sunday[:5]}' if self.without else ''}{f'-{self.cycles}' if self.cycles > 1 else ''}"

    @property
    def start(self) -> date:
        """A week before the first change: krd comes to the clinic on days 1, 2, 8, 9, 15 and 16."""
        return self.changes[0][0] - 7 * DAY

    @property
    def closed(self) -> date:
        """Day 16."""
        return self.start + 15 * DAY

    def at(self, day: date, clock: str) -> datetime:
        """The instant of a time on the clinic's clocks."""
        ahead = [self.first, *(after for since, after in self.changes if since <= day)][-1]
        return datetime.combine(day, time.fromisoformat(clock), UTC) - timedelta(hours=ahead)

    def span(self, day: date, opens: str = OPENS) -> tuple[datetime, datetime] | None:
        """When the clinic opens and closes; None where a visit is all-day."""
        sunday = day.isoweekday() == 7
        if day == self.closed or (sunday and self.without and any(day == since for since, _ in self.changes)):
            return None
        begin, _, end = self.sunday.partition(" to ") if sunday else (opens, "", CLOSES)
        return self.at(day, begin), self.at(day, end)

    def site(self, folder: Path, opens: str = OPENS) -> Path:
        """The file of the clinic, written into the folder."""
        path = folder / "site.yaml"
        path.write_text(SITE.format(closed=self.closed, zone=self.zone, opens=opens, closes=CLOSES, sunday=self.sunday), encoding="utf-8")
        return path


def _of(zone: str, first: float, day: str, after: float) -> Clock:
    return Clock(zone, first, ((date.fromisoformat(day), after),))


BERLIN = _of("Europe/Berlin", 1, "2026-03-29", 2)
CLOCKS = (
    BERLIN,
    _of("Europe/Berlin", 2, "2026-10-25", 1),
    _of("America/New_York", -5, "2026-03-08", -4),
    _of("America/New_York", -4, "2026-11-01", -5),
    _of("Australia/Sydney", 11, "2026-04-05", 10),
    _of("Australia/Sydney", 10, "2026-10-04", 11),
    # By a rule until 2018; in February 2019 for the last time; now without changes.
    _of("America/Sao_Paulo", -2, "2018-02-18", -3),
    _of("America/Sao_Paulo", -3, "2018-11-04", -2),
    _of("America/Sao_Paulo", -2, "2019-02-17", -3),
    Clock("America/Sao_Paulo", -3, ((date(2018, 11, 4), -2), (date(2019, 2, 17), -3)), cycles=5),
    _of("America/Sao_Paulo", -3, "2026-02-15", -3),
    # Around Ramadan.
    _of("Africa/Casablanca", 1, "2026-02-15", 0),
    _of("Africa/Casablanca", 0, "2026-03-22", 1),
    Clock(
        "Africa/Casablanca",
        1,
        ((date(2022, 3, 27), 0), (date(2022, 5, 8), 1), (date(2023, 3, 19), 0), (date(2023, 4, 23), 1)),
        cycles=15,
    ),
    _of("Asia/Kolkata", 5.5, "2026-03-29", 5.5),
    # Opening in the hour that is left out, or comes twice.
    replace(BERLIN, sunday="02:30 to 13:00", without=True),
    Clock("Europe/Berlin", 2, ((date(2026, 10, 25), 1),), sunday="02:30 to 13:00", without=True),
    Clock("America/Sao_Paulo", -3, ((date(2018, 11, 4), -2),), sunday="00:30 to 13:00", without=True),
)
# After 2037, with which the files of many systems' time zones end.
LATE = _of("Europe/Berlin", 1, "2040-03-25", 2)


# -- what must be seen --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One calendar file of a clinic with these clocks, hours, reminder and label, and the rows of the CSV of the same schedule.

    `injected` are the drugs that are given in the clinic whatever else happens, by day: those that can't be taken by mouth.
    """

    data: bytes
    clock: Clock
    rows: Rows
    injected: frozenset[tuple[date, str]]
    remind: str = ""
    label: str = ""
    opens: str = OPENS

    def disagreements(self, read: Callable[[Path, str], list[Seen]], folder: Path) -> list[str]:
        """What a reader sees otherwise than it stands in the file, or otherwise than CSV and hours say."""
        path = folder / "timed.ics"
        path.write_bytes(self.data)
        found = read(path, self.clock.zone)
        return differences(found, plain(self.data)) + self.differences(found)

    def differences(self, found: Sequence[Seen]) -> list[str]:
        """What the events show otherwise than CSV and hours say."""
        begin = f"{self.label}: " if self.label else ""
        said = [f"without the label: {event.summary}" for event in found if not event.summary.startswith(begin)]
        events = [replace(event, summary=event.summary.removeprefix(begin)) for event in found]
        said += [line for event in events for line in self._moments(event)]
        said += self.rows.differences(events, zone=ZoneInfo(self.clock.zone))
        here = {(self._day(event), drug) for event in events for drug in self._in_clinic(event)}
        return said + [f"not in the clinic: {each}" for each in self.injected - here]

    def _moments(self, event: Seen) -> Iterator[str]:
        """A visit at other times than the clinic's hours, a medicine at home at any time, another reminder."""
        day = self._day(event)
        span = self.clock.span(day, self.opens) if _visit(event) else None
        if span is None and isinstance(event.first, datetime):
            yield f"should be all-day: {event}"
        if span is not None and (event.first, event.last) != span:
            yield f"should be from {span[0]} to {span[1]}: {event}"
        ahead = timedelta() if event.summary.startswith("CANCELLED - ") else self._ahead(day, span)
        if event.ahead is not None and event.ahead != ahead:
            yield f"should remind {ahead} before: {event}"

    def _day(self, event: Seen) -> date:
        """The clinic's day of an event, by the hand-written offsets."""
        if not isinstance(event.first, datetime):
            return event.first
        near = (event.first.date() + DAY * number for number in (-1, 0, 1))
        return next(day for day in near if self.clock.at(day, "00:00") <= event.first < self.clock.at(day + DAY, "00:00"))

    def _ahead(self, day: date, span: tuple[datetime, datetime] | None) -> timedelta:
        """How long before its start an event of that day reminds."""
        if not self.remind or ":" not in self.remind:
            return {"": timedelta(), "1d": DAY, "90min": timedelta(minutes=90)}[self.remind]
        at = time.fromisoformat(self.remind)
        if span is None:
            return DAY - timedelta(hours=at.hour, minutes=at.minute)
        # The clinic opens in the morning and the reminder is of the evening before.
        return span[0] - self.clock.at(day - DAY, self.remind)

    def _in_clinic(self, event: Seen) -> Iterator[str]:
        said = simple(event.summary)
        if _visit(event) and not event.summary.startswith("CANCELLED - "):
            yield from (drug for _, drug in self.injected if re.search(rf"\b{re.escape(drug)}\b", said))


def _visit(event: Seen) -> bool:
    return event.summary.removeprefix("CANCELLED - ").startswith("Clinic - ")


# -- made by the command line -------------------------------------------------------------------------------------


@cache
def timed(clock: Clock, grain: str = "day", added: int = 0) -> Timed:
    """krd at a clinic with these clocks, with the reminder and label of that number."""
    remind, label = ADDED[added % len(ADDED)]
    with TemporaryDirectory() as name:
        folder = Path(name)
        options = ("krd", "--start", str(clock.start), "--cycles", str(clock.cycles), *PATIENT, "--site", str(clock.site(folder)))
        made = _made(folder, options, grain, remind, label)
        return _timed(made, clock, "krd", remind=remind, label=label)


def _made(folder: Path, options: Sequence[str], grain: str, *added: str) -> Path:
    """The folder with the two files of one schedule."""
    remind, label, *more = added
    extra = [*(("--remind", remind) if remind else ()), *(("--label", label) if label else ()), *more]
    dosing("calendar", *options, "--events", grain, *extra, "--force", "-o", str(folder / "made.ics"))
    dosing("schedule", *options, "--format", "csv", "--force", "-o", str(folder / "made.csv"))
    return folder


def _timed(folder: Path, clock: Clock, regimen: str, *, remind: str = "", label: str = "", opens: str = OPENS) -> Timed:
    text = (folder / "made.csv").read_bytes().decode()
    injected = frozenset(
        (date.fromisoformat(row["given_on"] or row["date"]), simple(row["drug"]))
        for row in csv.DictReader(text.splitlines(keepends=True))
        if row["drug"] and row["date"] and row["status"] in ("planned", "given") and "PO" not in row["route"]
    )
    rows = read_rows(text, find_regimen(regimen).phases)
    data = (folder / "made.ics").read_bytes()
    return Timed(data=data, clock=clock, rows=rows, injected=injected, remind=remind, label=label, opens=opens)


def plan(folder: Path, clock: Clock = BERLIN) -> Path:
    """A new plan in the folder, at a clinic with these clocks."""
    file = folder / "p017.plan.yaml"
    options = ("--start", str(clock.start), "--cycles", "2", *PATIENT, "--site", str(clock.site(folder)), "-o", str(file))
    dosing("plan", "new", "krd", *options)
    return file


def as_it_stands(
    file: Path, grain: str = "day", *more: str, clock: Clock = BERLIN, opens: str = OPENS, remind: str = "", label: str = ""
) -> Timed:
    """The calendar of a plan now; `opens` as its site's file says it, `more` as on the command line."""
    folder = _made(file.parent, (str(file),), grain, remind, label, *more)
    return _timed(folder, clock, "krd", remind=remind, label=label, opens=opens)


def history(folder: Path, grain: str = "day", *, remind: str = "", label: str = "") -> Iterator[Timed]:
    """The calendars of one plan: of the new one, and after each change of its log."""
    file = plan(folder)
    yield as_it_stands(file, grain, remind=remind, label=label)
    for kind, *options in LOG:
        dosing("plan", kind, str(file), *options)
        yield as_it_stands(file, grain, remind=remind, label=label)
