"""Clinic days: what happens on one date where a patient must come, apart from what is taken at home."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from dosing.regimen.drug import Drug
from dosing.regimen.model import Regimen
from dosing.schedule.entries import Entry

DrugOf = Callable[[str], Drug]
ORAL = "PO"
DAY_HOURS = 24

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def at_home(entry: Entry, *, drug_of: DrugOf) -> bool:
    """Whether an entry is a medicine that can be taken by mouth; where the route is not stated, the drug's own routes decide."""
    return ORAL in _routes(entry, drug_of)


def either(entry: Entry, *, drug_of: DrugOf) -> bool:
    """Whether an entry may be given by mouth or in another way."""
    return at_home(entry, drug_of=drug_of) and len(_routes(entry, drug_of)) > 1


def _routes(entry: Entry, drug_of: DrugOf) -> list[str]:
    if entry.kind != "drug":
        return []
    return (entry.route or ((drug_of(entry.drug).routes.stated or "") if entry.drug else "")).split(" or ")


def least_days(drug: Drug) -> int:
    """The least number of days from one dose day to the next: 1, or what the drug's spacing asks for, a day as 24 hours."""
    spacing = drug.spacing.stated if drug.spacing else None
    return max(1, -(-spacing.hours // DAY_HOURS)) if spacing else 1


def day_text(day: date, *, beside: date | None = None) -> str:
    """`Thu 1 Jan 2026`; without the year where it is that of the date beside it."""
    year = "" if beside and beside.year == day.year else f" {day.year}"
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}{year}"


def subject(entry: Entry) -> str:
    """What counts as one drug: its id, or the activity's where the drug is not stated. Empty for an assessment."""
    return (entry.drug or entry.activity) if entry.kind == "drug" else ""


def around_day_0(entry: Entry, regimen: Regimen) -> bool:
    """Whether an entry is counted from the day that names its phase, as the days around a transplant are."""
    phase = regimen.phase(entry.phase)
    return entry.day is not None and phase is not None and phase.anchor == 0


@dataclass(frozen=True, slots=True)
class ClinicDay:
    """The entries of one date that belong together; `phases` says whether a name needs its phase (there are several)."""

    date: date
    entries: tuple[Entry, ...]
    phases: bool = False

    @property
    def subjects(self) -> frozenset[str]:
        """The drugs given on it."""
        return frozenset(filter(None, map(subject, self.entries)))

    @property
    def drugs(self) -> list[str]:
        """The ids of those drugs that are stated, in the order of the day."""
        return list(dict.fromkeys(entry.drug for entry in self.entries if entry.drug))

    @property
    def name(self) -> str:
        """`C1D8`, `induction C1D8`; for a day of visits only, what they are."""
        found = [self._labelled(entry) for entry in self.entries if entry.when] or [entry.what for entry in self.entries]
        return " and ".join(dict.fromkeys(found))

    def after(self, first: "ClinicDay") -> str:
        """The name beside another day: `D9` in the same cycle."""
        cycles = {(entry.phase, entry.cycle) for day in (self, first) for entry in day.entries if entry.when}
        days = {entry.day for entry in self.entries if entry.when}
        return f"D{days.pop()}" if len(cycles) == 1 and len(days) == 1 else self.name

    def _labelled(self, entry: Entry) -> str:
        return f"{entry.phase} {entry.when}" if self.phases else entry.when


def by_date(entries: Iterable[Entry], *, phases: bool) -> Iterator[ClinicDay]:
    """The entries as days, in order of date."""
    for day, found in groupby(sorted(entries, key=lambda entry: entry.date), key=lambda entry: entry.date):
        yield ClinicDay(day, tuple(found), phases)
