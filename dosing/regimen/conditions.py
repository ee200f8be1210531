"""Conditions on a patient that a rule waits for.

`age >= 75 years`, `crcl >= 30 mL/min and crcl < 60 mL/min`, `bilirubin > 3 mg/dL`, `dialysis`, `no dialysis`, `child-pugh B`,
`liver moderate` (impairment graded by bilirubin and transaminases, as some labels do).

A condition is true, false, or unknown where the measurement is not at hand; unknown never counts as either.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import ge, gt, le, lt

from dosing.units import parse_number, plain

_OPERATORS = {">=": ge, ">": gt, "<=": le, "<": lt}
# factor -> the unit its number must carry
_MEASURED = {"age": "years", "crcl": "mL/min", "bilirubin": "mg/dL"}
_FLAGS = ("dialysis", "no dialysis")
CHILD_PUGH = ("A", "B", "C")
LIVER = ("normal", "mild", "moderate", "severe")
_CLASSES = {"child-pugh": CHILD_PUGH, "liver": LIVER}
_COMPARISON = re.compile(r"([a-z]+) (>=|>|<=|<) ([0-9.]+) (.+)")

FACTORS = (*_MEASURED, "dialysis", *_CLASSES)


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. `operator` is a sign for a measured factor, else `is`; `value` a number, a class, or whether it holds."""

    factor: str
    operator: str
    value: Decimal | str | bool

    def holds(self, known: Mapping[str, Decimal | str | bool]) -> bool | None:
        """Whether it is true of the patient; None where the factor is not known. Raises TypeError for a value of another type."""
        if self.factor not in known:
            return None
        found = known[self.factor]
        if type(found) is not type(self.value):
            raise TypeError(f"{self.factor} is {found!r}, which can't be compared with {self.value!r}")
        if isinstance(self.value, Decimal) and isinstance(found, Decimal):
            return bool(_OPERATORS[self.operator](found, self.value))
        return found == self.value

    def __str__(self) -> str:
        if isinstance(self.value, Decimal):
            return f"{self.factor} {self.operator} {plain(self.value)} {_MEASURED[self.factor]}"
        if isinstance(self.value, bool):
            return self.factor if self.value else f"no {self.factor}"
        return f"{self.factor} {self.value}"


@dataclass(frozen=True, slots=True)
class Conditions:
    """Several conditions that must all hold."""

    all: tuple[Condition, ...]

    def holds(self, known: Mapping[str, Decimal | str | bool]) -> bool | None:
        """True if all hold, False if one does not, else None: something is not known."""
        found = [condition.holds(known) for condition in self.all]
        if False in found:
            return False
        return None if None in found else True

    @property
    def factors(self) -> tuple[str, ...]:
        """The factors it looks at, each once."""
        return tuple(dict.fromkeys(condition.factor for condition in self.all))

    def __str__(self) -> str:
        return " and ".join(map(str, self.all))


def parse_conditions(text: str) -> Conditions:
    """Read one or more conditions joined by `and`. Raises ValueError."""
    return Conditions(tuple(_condition(part.strip()) for part in " ".join(text.split()).split(" and ")))


def _condition(text: str) -> Condition:
    if text in _FLAGS:
        return Condition("dialysis", "is", text == "dialysis")
    name, _, value = text.partition(" ")
    if name in _CLASSES and value in _CLASSES[name]:
        return Condition(name, "is", value)
    match = _COMPARISON.fullmatch(text)
    if not match or match[1] not in _MEASURED:
        raise ValueError(
            f"{text!r} is not a condition such as `age >= 75 years`, `crcl < 30 mL/min`, `bilirubin > 3 mg/dL`, `dialysis`,"
            " `no dialysis`, `child-pugh B` or `liver severe`"
        )
    if match[4] != _MEASURED[match[1]]:
        raise ValueError(f"{text!r}: {match[1]} is compared in {_MEASURED[match[1]]}")
    return Condition(match[1], match[2], parse_number(match[3]))
