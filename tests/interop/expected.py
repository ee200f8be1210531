"""What must be seen of a calendar file: its lines read by hand, and the rows of the CSV of the same schedule."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dosing.dose.schedule import DosedSchedule
from dosing.export.csv import to_csv
from dosing.regimen.model import Phase
from tests.interop.seen import Seen, days_or_instants

# -- the file, line by line ---------------------------------------------------------------------------------------

_ESCAPED = re.compile(r"\\(.)")


def plain(data: bytes) -> list[Seen]:
    """The events of a file by RFC 5545, with nothing but the standard library."""
    lines = data.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")
    found, event = [], dict[str, str]()
    inside = False
    for line in lines:
        if line == "BEGIN:VEVENT":
            inside, event = True, {}
        elif line == "END:VEVENT":
            inside = False
            found.append(_seen(event))
        elif line.startswith("BEGIN:"):
            inside = False
        elif line.startswith("TRIGGER"):
            event["TRIGGER"] = line
        elif inside:
            head, _, value = line.partition(":")
            name, _, parameters = head.partition(";")
            event[name] = f"{parameters}:{value}" if name in ("DTSTART", "DTEND") else value
    return found


def _seen(event: dict[str, str]) -> Seen:
    first, last = days_or_instants(_moment(event["DTSTART"]), _moment(event["DTEND"]))
    return Seen(
        uid=_text(event["UID"]),
        summary=_text(event["SUMMARY"]),
        first=first,
        last=last,
        description=_text(event["DESCRIPTION"]),
        status=event.get("STATUS", ""),
        sequence=int(event.get("SEQUENCE", "0")),
        ahead=_ahead(event["TRIGGER"]) if "TRIGGER" in event else timedelta(),
    )


def _ahead(line: str) -> timedelta:
    """How long before the start `TRIGGER:-P1DT30M` is; it must be before it."""
    found = re.fullmatch(r"TRIGGER:-P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?", line)
    assert found, line
    days, hours, minutes = (int(number or 0) for number in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def _text(value: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def _moment(written: str) -> date | datetime:
    """`VALUE=DATE:20260105`, `:20260105T080000Z` or `TZID=Europe/Berlin:20260105T090000`; never a time without a zone."""
    parameters, _, value = written.partition(":")
    if parameters == "VALUE=DATE":
        return date.fromisoformat(value)
    if value.endswith("Z"):
        return datetime.fromisoformat(value)
    name = parameters.removeprefix("TZID=")
    assert name != parameters, f"{written}: no zone"
    return datetime.fromisoformat(value).replace(tzinfo=ZoneInfo(name)).astimezone(UTC)


# -- the rows of the CSV ------------------------------------------------------------------------------------------

# What a row is called that takes place is in a summary; what doesn't is in a description, by these words.
_COUNTS = ("planned", "optional", "given")
# A course names the days that its words are about.
_NOT = re.compile(r"^(?:(?:C\d+)?D-?\d+(?: to D-?\d+)?: )?NOT (?:GIVEN|DONE): (.*?) - ", re.MULTILINE)
_BEFORE = re.compile(r"^(?:Clinic|At home) - (?:(?:C\d+)?D-?\d+(?: to D-?\d+)?: )?")

Count = Counter[tuple[date, str]]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a CSV with a date, as (day, drug or visit): those that take place, and those that don't."""

    stand: Count
    gone: Count

    def differences(self, found: Iterable[Seen], *, zone: ZoneInfo) -> list[str]:
        """What the events show otherwise: rows that aren't there, and entries without a row."""
        names = {name for _, name in self.stand | self.gone}
        stand, gone, told = Count(), Count(), True
        for event in found:
            days = [_date(day, zone) for day in event.days]
            if not event.summary.startswith("CANCELLED - "):
                stand.update((day, name) for day in days for name in _in_summary(event.summary, names))
            if event.description is None:
                told = False
            else:
                gone.update((day, simple(name)) for day in days for name in _NOT.findall(event.description))
        lines = [f"not seen: {each}" for each in self.stand - stand]
        lines += [f"not in the CSV: {each}" for each in stand - self.stand]
        return sorted(lines + [f"not seen as not given: {each}" for each in self.gone - gone if told])


def rows_of(dosed: DosedSchedule) -> Rows:
    """Read from the schedule's CSV."""
    return read_rows(to_csv(dosed), dosed.schedule.regimen.phases)


def read_rows(text: str, phases: Sequence[Phase]) -> Rows:
    """Read from a CSV; the day is that on which it was given, if it was. `phases` are the regimen's, as a CSV names only ids."""
    stand, gone = Count(), Count()
    whats = {(phase.id, each.id): each.what for phase in phases for each in phase.activities}
    whats |= {(phase.id, each.id): each.what for phase in phases for each in phase.visits}
    for row in csv.DictReader(io.StringIO(text, newline="")):
        if row["date"]:
            name = row["drug"] or row["activity"] if row["kind"] == "drug" else whats[row["phase"], row["activity"]]
            day = date.fromisoformat(row["given_on"] or row["date"])
            (stand if row["status"] in _COUNTS else gone)[day, simple(name)] += 1
    return Rows(stand, gone)


def simple(name: str) -> str:
    """Without tall letters and hyphens: `pegylated-liposomal-doxorubicin`, `pegylated liposomal DOXOrubicin`."""
    return name.lower().replace("-", " ")


def _in_summary(summary: str, names: set[str]) -> Iterator[str]:
    """The drugs and visits of a summary; what is none of `names` as it stands."""
    for entry in _BEFORE.sub("", summary).split("; "):
        said = simple(entry)
        yield max((name for name in names if re.match(rf"{re.escape(name)}(?!\w)", said)), key=len, default=said)


def _date(day: date | datetime, zone: ZoneInfo) -> date:
    return day.astimezone(zone).date() if isinstance(day, datetime) else day
