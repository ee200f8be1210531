"""What is looked at of a schedule, row by row, and what is found: a warning, a stop, or a stop that somebody let pass.

Only what counts is looked at: what stands as it is planned, and what was really given as it was given. What has happened can't be stopped.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from dosing.dose.amount import Amount, Order
from dosing.dose.plausible import Grade
from dosing.regimen.drug import Drug
from dosing.schedule.entries import GIVEN, Entry
from dosing.units import Quantity

# What is said of a breach that has happened.
ALREADY = ", given already"


class Row(Protocol):
    """What is looked at: an entry of a schedule with what was ordered and its amount (`dosing.dose.schedule.Dosed`)."""

    @property
    def entry(self) -> Entry:
        """The entry."""

    @property
    def amount(self) -> Amount | None:
        """The amount of one administration, if it is known."""

    @property
    def order(self) -> Order | None:
        """What was ordered: the dose after a reduction."""

    @property
    def measured_on(self) -> date | None:
        """The day of the size that the amount was computed with."""

    @property
    def given(self) -> Quantity | None:
        """The amount of one administration that was really given, where somebody said it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at. `name` is what an override names (`carfilzomib.usual`, `doxorubicin.lifetime`).

    `row` is the index of the first row from which it holds; None: it holds for no row in particular. `text` is for the person at the
    screen; `note` for every output, without the patient's measurements.
    """

    grade: Grade
    name: str
    row: int | None
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Giving:
    """One row of a drug that counts, as if it were given; `times` a day, None where that is not stated."""

    number: int
    row: Row
    drug: Drug
    times: int | None

    @property
    def given(self) -> bool:
        """Whether it has happened."""
        return self.row.entry.status == GIVEN

    @property
    def date(self) -> date:
        """The day it was really given, or is planned."""
        return self.row.entry.happens_on

    @property
    def amount(self) -> Quantity | None:
        """What was really given at one administration; where nobody said so, the planned amount."""
        planned = self.row.amount
        return self.row.given or (Quantity(planned.value, planned.unit) if planned else None)

    @property
    def on(self) -> str:
        """The day in words: `2026-01-05 (C1D1)`."""
        when = self.row.entry.when
        return f"{self.date} ({when})" if when else str(self.date)


def givings(rows: Sequence[Row], drugs: Mapping[str, Drug]) -> list[Giving]:
    """Every row of a drug that counts, in the order in which they happen; on one day those that have happened go first."""
    counting = [(number, row, row.entry) for number, row in enumerate(rows) if row.entry.counts]
    found = [Giving(number, row, drugs[drug], _times(entry)) for number, row, entry in counting if (drug := entry.drug)]
    return sorted(found, key=_order)


def _order(giving: Giving) -> tuple[date, bool]:
    entry = giving.row.entry
    return entry.happens_on, entry.status != GIVEN


def _times(entry: Entry) -> int | None:
    """Administrations a day: one, unless the regimen says something else."""
    if "times" not in entry.facts:
        return 1
    return entry.times.per_day if entry.times else None


def graded(name: str, stop: bool, override: Collection[str]) -> Grade:
    """The grade of a limit that is passed: only one that stops can be let pass."""
    if not stop:
        return Grade.WARN
    return Grade.OVERRIDDEN if name in override else Grade.STOP


def let_pass(grade: Grade) -> str:
    """What is said of a stop that somebody let pass."""
    return " (overridden)" if grade is Grade.OVERRIDDEN else ""


def where(first: Giving, count: int, what: str) -> str:
    """`; first on 2026-01-05 (C1D1), 4 doses in all`."""
    return f"; first on {first.on}" + (f", {count} {what} in all" if count > 1 else "")
