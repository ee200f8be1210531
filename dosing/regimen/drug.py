"""What is true of a drug in every regimen: how it is measured, prepared, limited, reduced, and adapted to a patient.

The names of fields are those of the drug file (docs/regimen-files.md), where they are explained.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dosing.days import Days
from dosing.regimen.conditions import Conditions
from dosing.regimen.facts import Dose, DoseRange, Fact, Percent, Scoped
from dosing.regimen.rates import Steps
from dosing.units import Quantity

# The times over which a limit counts.
LIMITED = ("single", "daily", "cycle", "lifetime")
# In the order of `date.weekday()`: Monday is 0.
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Reconstitution:
    """The fluid a dry vial is dissolved in, and how many mL of it for each size of vial."""

    fluid: str
    volumes: tuple[tuple[Quantity, Quantity], ...]


@dataclass(frozen=True, slots=True)
class Bag:
    """The infusion bag: its volumes (more than one leaves a choice), its fluid, and whether the drug's volume is taken out first."""

    volumes: tuple[Quantity, ...]
    fluid: str
    withdraw: bool


@dataclass(frozen=True, slots=True)
class ConcentrationRange:
    """The concentrations that a bag may have, limits included; None: no limit on that side."""

    low: Quantity | None
    high: Quantity | None
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Weigh:
    """When a new weight makes a new amount: at each cycle (`more_than` None), or when it has changed by more than a percentage."""

    more_than: Percent | None

    def __str__(self) -> str:
        return "each cycle" if self.more_than is None else f"more than {self.more_than}"


@dataclass(frozen=True, slots=True)
class Levels:
    """The doses below a starting dose, in order: `below[0]` is level 1."""

    start: Quantity
    below: tuple[Quantity, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A change for patients of whom `when` holds, where the stated dose is `given` (any dose, if None).

    Of rules with a `group` the user picks one group (`us`, `eu`); rules without one always hold. What changes is the dose, a percentage of
    the amount, the days, or several of them. `activity` is named in a regimen's rules only: an activity's id, or phase.activity.
    """

    id: str
    when: Conditions
    given: Quantity | None = None
    group: str = ""
    activity: str = ""
    dose: Scoped[Dose] | None = None
    percent: Scoped[Percent] | None = None
    days: Scoped[Days] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """The most of a drug in one administration, a day, a cycle or a lifetime; `most` itself still passes.

    `stop`: beyond it nothing is drawn unless somebody lets it pass; otherwise it is a warning. `together` is a class of drugs whose
    amounts are added up, milligram for milligram.
    """

    most: Quantity
    stop: bool
    together: str = ""


@dataclass(frozen=True, slots=True)
class Spacing:
    """The least time from one dose of a drug to the next; `stop` as in Limit."""

    hours: int
    stop: bool


class Keep(StrEnum):
    """What stays of a drug's later doses when one was given late.

    The interval: they move by as many days. The pair: of doses on days in a row the others of the run move with it. The dates: none moves.
    """

    INTERVAL = "interval"
    PAIR = "pair"
    DATES = "dates"


# As a drug file says it.
KEPT = {Keep.INTERVAL: "keep the interval", Keep.PAIR: "keep pairs together", Keep.DATES: "keep the dates"}


@dataclass(frozen=True, slots=True)
class Missed:
    """What to do after a missed dose: what is kept, and how many hours late it may still be given (None: not stated)."""

    keep: Keep
    within_hours: int | None = None

    def __str__(self) -> str:
        if self.within_hours is None:
            return KEPT[self.keep]
        return f"{KEPT[self.keep]}, within {self.within_hours} hour{'' if self.within_hours == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Weekdays:
    """The only days of the week on which a drug is given, as `date.weekday()` numbers them, in order."""

    days: tuple[int, ...]

    def __str__(self) -> str:
        return ", ".join(WEEKDAYS[day] for day in self.days)


@dataclass(frozen=True, slots=True)
class Drug:
    """One drug. What its file leaves out is None or empty.

    Keys: of `limits` one of LIMITED; of `concentration` and `reconstitution` a route, or nothing for all; of `rates` the numbers of the
    infusions as written (`1`, `3+`); of `levels` the starting dose as written; of `rules` their ids.
    """

    id: str
    source: str
    precision: Fact[Quantity]
    routes: Fact[str]
    names: tuple[str, ...] = ()
    tall_man: Fact[str] | None = None
    classes: tuple[str, ...] = ()
    bsa_cap: Fact[Quantity] | None = None
    weight: Fact[str] | None = None
    weigh: Fact[Weigh] | None = None
    never_round: Fact[bool] | None = None
    vials: Fact[tuple[Quantity, ...]] | None = None
    tablets: Fact[tuple[Quantity, ...]] | None = None
    capsules: Fact[tuple[Quantity, ...]] | None = None
    share_vials: Fact[bool] | None = None
    concentration: Mapping[str, Fact[Quantity]] = field(default_factory=dict)
    reconstitution: Mapping[str, Fact[Reconstitution]] = field(default_factory=dict)
    bag: Fact[Bag] | None = None
    final_concentration: Fact[ConcentrationRange] | None = None
    rates: Mapping[str, Fact[Steps]] = field(default_factory=dict)
    stability: Fact[str] | None = None
    usual: Fact[tuple[DoseRange, ...]] | None = None
    limits: Mapping[str, Fact[Limit]] = field(default_factory=dict)
    spacing: Fact[Spacing] | None = None
    missed: Fact[Missed] | None = None
    weekdays: Fact[Weekdays] | None = None
    levels: Mapping[str, Fact[Levels]] = field(default_factory=dict)
    rules: Mapping[str, Fact[Rule]] = field(default_factory=dict)
    codes: Mapping[str, Fact[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The name as it is printed for people: with tall-man letters where a list of easily confused names has it."""
        return (self.tall_man.stated if self.tall_man else None) or self.id
