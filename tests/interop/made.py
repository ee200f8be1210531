"""The calendar files that are given to the readers, with what must be seen in them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from click.testing import CliRunner

from dosing.api import PatientSchedule, load_regimen
from dosing.cli import commands
from dosing.dose.patient import Patient
from dosing.errors import RegimenError, ScheduleError
from dosing.export.ical import to_ical
from dosing.regimen.library import find_regimen
from dosing.treatment import load_plan
from tests.interop.expected import Rows, plain, rows_of
from tests.interop.seen import HERE, Seen, differences

PATIENT = Patient(height_cm=170, weight_kg=70)
START = date(2026, 1, 5)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Sydney", "America/Sao_Paulo", "Asia/Seoul")


@dataclass(frozen=True, slots=True)
class Made:
    """One calendar file, the zone of the machine that reads it, and the rows of the CSV of the same schedule (None: it has none)."""

    name: str
    tz: str
    data: bytes
    rows: Rows | None = None

    def disagreements(self, read: Callable[[Path, str], list[Seen]], folder: Path) -> list[str]:
        """What a reader sees otherwise than it stands in the file, or in the CSV."""
        path = folder / "made.ics"
        path.write_bytes(self.data)
        found = read(path, self.tz)
        said = differences(found, plain(self.data))
        return said + (self.rows.differences(found, zone=ZoneInfo(self.tz)) if self.rows else [])


def _made(name: str, tz: str, schedule: PatientSchedule) -> Made:
    return Made(name, tz, schedule.to_ical(), rows_of(schedule.dosed))


def by_hand(tz: str) -> Made:
    """A file written by hand: times of day on both sides of each clock change of three zones, one in UTC, and a run of days.

    None is in the hour that comes twice. RFC 5545 (3.3.5) means its first; khal, libical, ical.js and node-ical take the second.
    """
    return Made("by-hand", tz, (HERE / "files" / "timed.ics").read_bytes())


# What has a meaning in a calendar file, or to a reader that splits lines by itself; and words from right to left.
FOREIGN = (
    'a, b; c\\d: "e"\r\nATTACH:x\rATTACH:y\nATTACH:z\u2028ATTACH\x85\x0b\x0c\0 \U0001f489\r\nEND:VEVENT\r\n'
    "\u202e\u2066\u05e9\u05dc\u05d5\u05dd\u2069\u202c" + "\u00e9" * 500
)
# A backslash of one's own before an n, which is no line end: written as \\n with two backslashes (RFC 5545, 3.3.11).
BACKSLASH = "C:\\new"


def foreign(tz: str, words: str = FOREIGN) -> Made:
    """One cycle of krd with such words in every text that somebody may write."""
    drawn = load_regimen("krd").schedule(start=START, patient=PATIENT, cycles=1).dosed
    rows = tuple(replace(row, entry=replace(row.entry, note=words, why=(words,))) for row in drawn.rows)
    regimen = replace(drawn.schedule.regimen, id=words, title=words)
    schedule = replace(drawn.schedule, regimen=regimen, entries=tuple(row.entry for row in rows))
    return Made("foreign", tz, to_ical(replace(drawn, schedule=schedule, rows=rows)))


# -- across a clock change ----------------------------------------------------------------------------------------

# Four weeks with a medicine on each of the first 21 days; the clocks change on one of them: at midnight in Brazil, as long as they did.
CHANGES = {
    "Europe/Berlin": {date(2026, 3, 29): date(2026, 3, 16), date(2026, 10, 25): date(2026, 10, 12)},
    "America/New_York": {date(2026, 3, 8): date(2026, 2, 23), date(2026, 11, 1): date(2026, 10, 19)},
    "Australia/Sydney": {date(2026, 4, 5): date(2026, 3, 23), date(2026, 10, 4): date(2026, 9, 21)},
    "America/Sao_Paulo": {date(2018, 11, 4): date(2018, 10, 22), date(2018, 2, 18): date(2018, 2, 5)},
    "Asia/Seoul": {date(2026, 3, 29): date(2026, 3, 16)},
}


@cache
def over_a_change(tz: str, change: date) -> Made:
    """One cycle of krd in which the clocks of the zone change."""
    made = _made(f"krd-{tz}-{change}", tz, load_regimen("krd").schedule(start=CHANGES[tz][change], patient=PATIENT, cycles=1))
    assert made.rows is not None
    assert (change, "lenalidomide") in made.rows.stand
    return made


CLOCK_CHANGES = [(tz, change) for tz, changes in CHANGES.items() for change in changes]

# -- every shipped regimen ----------------------------------------------------------------------------------------


def shipped(id: str) -> Iterator[Made]:
    """A regimen as it stands, with each variant and with each proxy, as far as that has anything with a date."""
    regimen = find_regimen(id)
    choices: list[dict[str, Any]] = [{each.kind: each.id} for each in (*regimen.variants.values(), *regimen.proxies.values())]
    for choice in ({}, *choices):
        schedule = _drawn(id, {"base": "vd", "base_days": "keep"} | choice if regimen.derive else choice)
        if schedule and schedule.dosed.rows:
            name = "-".join((id, *choice.values()))
            # The zones take turns, so that each is that of many files.
            yield _made(name, ZONES[len(name) % len(ZONES)], schedule)


def _drawn(id: str, choices: dict[str, Any]) -> PatientSchedule | None:
    """To its end, or for 8 cycles where it has none; None where a variant must be chosen and none is."""
    chosen = load_regimen(id, **choices)
    try:
        return chosen.schedule(start=START, patient=PATIENT)
    except RegimenError as error:
        if "choose one with --variant" not in str(error):
            raise
        return None
    except ScheduleError:
        return chosen.schedule(start=START, patient=PATIENT, cycles=8)


# -- plans that change --------------------------------------------------------------------------------------------

# One after the other; after each the calendar is written again.
LOG: Sequence[Sequence[str]] = (
    ("omit", "--at", "C1 D8 carfilzomib", "--reason", "fever; cough", "--on", "2026-03-22"),
    ("given", "--at", "C1 D9 carfilzomib", "--date", "2026-03-26", "--amount", "46mg", "--on", "2026-03-26"),
    ("delay", "--at", "C2 D1", "--by", "7d", "--reason", "platelets 20, ANC 0.8", "--on", "2026-04-10"),
    ("hold", "--drug", "lenalidomide", "--from", "2026-05-04", "--reason", "rash", "--on", "2026-05-04"),
    ("undo", "--reason", "it was the soap", "--on", "2026-05-05"),
    ("stop", "--from", "2026-05-07", "--reason", "transplant", "--on", "2026-05-06"),
)


def history(folder: Path, tz: str = "Europe/Berlin") -> list[Made]:
    """The calendars of one plan: of the new one, and after each change of its log."""
    file = folder / "p017.plan.yaml"
    dosing("plan", "new", "krd", "--start", "2026-03-16", "--cycles", "2", "--height", "170", "--weight", "70", "-o", str(file))
    found = [_as_it_stands(file, tz)]
    for kind, *options in LOG:
        dosing("plan", kind, str(file), *options)
        found.append(_as_it_stands(file, tz))
    return found


def changed_since(folder: Path, day: date, tz: str = "Europe/Berlin") -> Made:
    """After `history`: the calendar with only what changed after that day."""
    return Made(f"since-{day}", tz, load_plan(folder / "p017.plan.yaml").to_ical(since=day))


def _as_it_stands(file: Path, tz: str) -> Made:
    treatment = load_plan(file)
    return Made(f"plan-{len(treatment.plan.log)}", tz, treatment.to_ical(), rows_of(treatment.schedule().dosed))


def dosing(*args: str) -> None:
    """The command line, which must succeed."""
    result = CliRunner().invoke(commands, args, prog_name="dosing", catch_exceptions=False)
    assert result.exit_code == 0, result.output
