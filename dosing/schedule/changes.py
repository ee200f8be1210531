"""Changes to a schedule that was made: what is delayed, held, left out, ended.

Each has a date, a reason, and refers to entries by their keys.

Nothing here touches amounts: reductions, measurements and what was given belong to the patient's course (dosing.dose).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Mode(StrEnum):
    """What a delay moves: the doses of one day alone, the rest of the cycle from that day on, or that day and all that follows."""

    DOSE = "this dose"
    CYCLE = "rest of this cycle"
    ALL = "this and all that follow"


@dataclass(frozen=True, slots=True)
class Where:
    """Entries of a schedule: a day of a cycle of a phase, and one drug of it or all. Empty or None: not said.

    The phase may be left out where only one phase has such a day; the day, for the first of the cycle; `activity` is the id of an
    activity or of a drug. A visit is named by its id, and by `n` where it has several dates: `follow-up 3`.
    """

    phase: str = ""
    cycle: int | None = None
    day: int | None = None
    activity: str = ""
    n: int | None = None

    def __str__(self) -> str:
        cycle = f"C{self.cycle}" if self.cycle is not None else ""
        day = f"D{self.day}" if self.day is not None else ""
        n = str(self.n) if self.n is not None else ""
        return " ".join(part for part in (self.phase, cycle + day, self.activity, n) if part)


@dataclass(frozen=True, slots=True)
class Delay:
    """The entries `at` begin `by_days` later, or on the date `to`; exactly one of the two is given."""

    number: int
    on: date
    reason: str
    at: Where
    mode: Mode
    by_days: int | None = None
    to: date | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """From `since` on the activity (all, if empty) is not given; its entries stay, marked held."""

    number: int
    on: date
    reason: str
    since: date
    activity: str = ""


@dataclass(frozen=True, slots=True)
class Resume:
    """From `since` on what was held is given again."""

    number: int
    on: date
    reason: str
    since: date
    activity: str = ""


@dataclass(frozen=True, slots=True)
class Omit:
    """One entry is left out; it stays, marked omitted."""

    number: int
    on: date
    reason: str
    at: Where


@dataclass(frozen=True, slots=True)
class Stop:
    """Treatment ends: nothing is given from `since` on; its entries stay, marked stopped. Visits stay as they are."""

    number: int
    on: date
    reason: str
    since: date


@dataclass(frozen=True, slots=True)
class Skip:
    """A phase is left out; its entries stay, marked skipped."""

    number: int
    on: date
    reason: str
    phase: str


@dataclass(frozen=True, slots=True)
class Given:
    """What really happened to one entry of a drug: it was given on `day`, or (None) not at all. Its planned date stays beside that.

    Later doses follow by the rule of the drug's file for a missed dose, and by its least time between doses. `shown` is the date on which
    the calendar had the entry where it was moved off a closed day: given on that day it isn't late. None: on its planned date.
    """

    number: int
    on: date
    reason: str
    at: Where
    day: date | None
    shown: date | None = None


Change = Delay | Hold | Resume | Omit | Stop | Skip | Given
