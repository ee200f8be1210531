"""A fact, its source and where it holds; and the values that facts of a regimen or a drug can have."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Generic, TypeVar

from dosing.days import Scope
from dosing.units import Quantity, plain

T = TypeVar("T", covariant=True)


class Gap(Enum):
    """Why a fact has no value."""

    NOT_STATED = "not-stated"
    BY_VARIANT = "by-variant"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fact came into the definition: the regimen itself, a variant, a proxy, a base regimen, or the user."""

    kind: str = "regimen"
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()


REGIMEN = Origin()


USER = Origin("user")


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """A value, or the reason why there is none, with the source that says so."""

    value: T | Gap
    source: str
    because: str = ""
    unverified: bool = False
    origin: Origin = REGIMEN

    @property
    def stated(self) -> T | None:
        """The value, or None where there is a gap."""
        return None if isinstance(self.value, Gap) else self.value


@dataclass(frozen=True, slots=True)
class Scoped(Generic[T]):
    """A fact that may differ by cycle and day. A rule without a scope holds wherever no other does."""

    rules: tuple[tuple[Scope | None, Fact[T]], ...]

    def at(self, cycle: int, day: int | None = None) -> Fact[T] | None:
        """The fact on this day of this cycle, or None where no rule speaks."""
        rest = None
        for scope, fact in self.rules:
            if scope is None:
                rest = fact
            elif scope.covers(cycle, day):
                return fact
        return rest

    def within(self, cycle: int) -> "Scoped[T]":
        """What is left to be asked in one cycle: a rule that holds on all its days stands for itself, and ends what comes after it."""
        left: list[tuple[Scope | None, Fact[T]]] = []
        for scope, fact in sorted(self.rules, key=lambda rule: rule[0] is None):
            if scope is None or scope.covers(cycle):
                left.append((scope if scope and scope.days else None, fact))
            if left and left[-1][0] is None:
                break
        return Scoped(tuple(left))

    def facts(self) -> Iterator[Fact[T]]:
        """Every fact in it, in the order of the file."""
        return (fact for _, fact in self.rules)

    @property
    def only(self) -> Fact[T] | None:
        """The fact, where it is the same everywhere."""
        return self.rules[0][1] if len(self.rules) == 1 and self.rules[0][0] is None else None


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time: days, or calendar months (31 January + 1 month is the last day of February)."""

    days: int = 0
    months: int = 0
    text: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Minutes:
    """An infusion time in minutes; `high` differs from `low` where the source gives a range."""

    low: int
    high: int
    text: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Repeat:
    """How many cycles: `count`, or open (None); `up_to` says that there may be fewer."""

    count: int | None
    up_to: bool = False


@dataclass(frozen=True, slots=True)
class Duration:
    """How long a phase lasts; `up_to` says that it may be shorter."""

    length: Length
    up_to: bool = False


@dataclass(frozen=True, slots=True)
class DoseRange:
    """A range is stated; the value within it is somebody's choice."""

    low: Quantity
    high: Quantity

    def __str__(self) -> str:
        return f"{self.low.to(self.low.flat_unit) if not self.low.per else self.low.value} to {self.high}"


@dataclass(frozen=True, slots=True)
class DoseAsIn:
    """The dose that the same drug has at the end of another phase."""

    phase: str

    def __str__(self) -> str:
        return f"as last of {self.phase}"


Dose = Quantity | DoseRange | DoseAsIn


@dataclass(frozen=True, slots=True)
class NoCap:
    """`bsa_cap: none`: dosed for the actual body surface, however large."""

    def __str__(self) -> str:
        return "none"


@dataclass(frozen=True, slots=True)
class Times:
    """Administrations a day; `every_hours` where the interval is stated."""

    per_day: int
    every_hours: int | None = None


@dataclass(frozen=True, slots=True)
class Percent:
    """A percentage above zero: of an amount (75 %), or of a change of weight (20 %)."""

    value: Decimal

    def __str__(self) -> str:
        return f"{plain(self.value)} %"
