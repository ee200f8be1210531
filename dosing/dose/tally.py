"""What doses come to: of one day, of one cycle, in the units they were ordered in and in those they are given in.

What has no amount is counted and named, and never added as nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dosing.dose.oral import MadeUp, Units
from dosing.dose.vials import Vials
from dosing.regimen.facts import Percent
from dosing.units import EXACT, Quantity

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Tally:
    """A sum of doses: `sums`, one for each kind of unit, and what it leaves out.

    That are `without` doses that have no amount, and doses on `uncounted` days of which nobody stated how many there are.
    """

    sums: tuple[Quantity, ...] = ()
    without: int = 0
    uncounted: int = 0

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return not (self.without or self.uncounted)

    def __str__(self) -> str:
        return " + ".join([*map(str, self.sums), *self.left_out()])

    def left_out(self) -> Iterator[str]:
        """What it leaves out, in words."""
        if self.without:
            yield f"{numbered(self.without, 'dose')} without an amount"
        if self.uncounted:
            yield f"{numbered(self.uncounted, 'day')} with doses nobody counted"


@dataclass(frozen=True, slots=True)
class Given:
    """One dose of a day: as ordered, and the amount that it comes to (None: `why` says why not).

    It is given `times` that day; None where the regimen doesn't state how often. `recorded`: it was given with another amount than
    the planned one, and this is it.
    """

    activity: str
    route: str
    dose: Quantity | None
    percent: Percent | None
    amount: Quantity | None
    times: int | None
    why: str = ""
    unverified: bool = False
    recorded: bool = False

    @property
    def ordered(self) -> Quantity | None:
        """The dose with its percentage, in the unit of the dose; caps and rounding are not in it."""
        if self.dose is None or self.percent is None:
            return self.dose
        return Quantity(EXACT.divide(EXACT.multiply(self.dose.value, self.percent.value), _HUNDRED), self.dose.unit)

    @property
    def mass(self) -> Quantity | None:
        """The amount, if it is one that vials and tablets hold."""
        return self.amount if self.amount and self.amount.kind == "mass" else None


@dataclass(frozen=True, slots=True)
class Part:
    """Days of a cycle on which the same doses are given."""

    days: tuple[int, ...]
    given: tuple[Given, ...]

    @property
    def a_day(self) -> Tally:
        """What each of the days comes to."""
        return tally((each.amount, each.times, 1) for each in self.given)


@dataclass(frozen=True, slots=True)
class Opened:
    """The vials of one cycle, each dose from its own; `without` doses are not in it, as in a Tally."""

    route: str
    vials: Vials
    left_out: Tally
    source: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Tablets or capsules on days of a cycle: for each dose of a day that has an amount, and for the whole day.

    `a_day` is None where whole units can't make it up, or where an amount is missing or nobody stated how often.
    """

    days: tuple[int, ...]
    doses: tuple[MadeUp, ...]
    a_day: Units | None


@dataclass(frozen=True, slots=True)
class Counted:
    """Tablets or capsules (`form`) by day, for one cycle and for the phase as drawn; None where some of it can't be counted."""

    route: str
    form: str
    taken: tuple[Taken, ...]
    a_cycle: Units | None
    in_phase: Units | None
    days_off: str
    source: str


@dataclass(frozen=True, slots=True)
class Line:
    """One drug in cycles of a phase that are all the same, from `first` to `last`; both None in a phase without cycles.

    `length` is how many days each of them has (of the phase, where that has no cycles), `drawn_to` the day at which it was cut by what was
    asked for. `drug` is empty where it is not stated; `name` is for people. Of the phase `drawn` cycles were drawn, and it has `of`; None
    where it goes on.
    """

    phase: str
    drug: str
    name: str
    optional: bool
    first: int | None
    last: int | None
    length: int
    drawn_to: date | None
    drawn: int
    of: int | None
    parts: tuple[Part, ...]
    opened: tuple[Opened, ...] = ()
    counted: tuple[Counted, ...] = ()

    @property
    def cycles(self) -> str:
        """`C1`, `C2-12`, or `whole phase`."""
        if self.first is None:
            return "whole phase"
        return f"C{self.first}" if self.first == self.last else f"C{self.first}-{self.last}"

    @property
    def span(self) -> str:
        """What its totals are for: `cycle` or `phase`."""
        return "phase" if self.first is None else "cycle"

    @property
    def days(self) -> tuple[int, ...]:
        """The days of a cycle on which it is given."""
        return tuple(sorted(day for part in self.parts for day in part.days))

    @property
    def doses(self) -> int | None:
        """How many doses a cycle has; None where nobody stated how many there are on some day."""
        times = [(each.times, len(part.days)) for part in self.parts for each in part.given]
        return None if any(each is None for each, _ in times) else sum((each or 0) * days for each, days in times)

    @property
    def a_cycle(self) -> Tally:
        """What one cycle comes to."""
        return tally((each.amount, each.times, len(part.days)) for part in self.parts for each in part.given)

    @property
    def ordered(self) -> Tally:
        """The doses of one cycle as ordered, added up: in mg/m2 where they are ordered so."""
        return tally((each.ordered, each.times, len(part.days)) for part in self.parts for each in part.given)


def tally(doses: Iterable[tuple[Quantity | None, int | None, int]]) -> Tally:
    """The sum of doses: each an amount, how often a day it is given, and on how many days."""
    sums: dict[tuple[str, str], Quantity] = {}
    without = uncounted = 0
    for amount, times, days in doses:
        if times is None:
            uncounted += days
        elif amount is None:
            without += times * days
        else:
            key = amount.kind, amount.per
            sums[key] = plus(sums.get(key), amount, times * days)
    return Tally(tuple(sums.values()), without, uncounted)


def plus(total: Quantity | None, amount: Quantity, times: int) -> Quantity:
    """The total and so many times the amount, which is of the same kind, in the unit of the total."""
    unit = total.unit if total else amount.unit
    value = amount.value if amount.unit == unit else Quantity(amount.value, amount.flat_unit).to(unit.partition("/")[0])
    before = total.value if total else Decimal(0)
    return Quantity(EXACT.fma(value, Decimal(times), before), unit)


def same(one: Quantity, other: Quantity) -> bool:
    """Whether two flat amounts are the same, whatever their units."""
    return one.kind == other.kind and one.value == other.to(one.unit)


def numbered(number: int, what: str) -> str:
    """`1 dose`, `2 doses`."""
    return f"{number} {what}{'' if number == 1 else 's'}"
