"""What is said of two amounts: the planned and the given one, compared exactly; each distinct pair once."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from dosing.cohort.administered import Codes, Numbers
from dosing.cohort.deviation_columns import AMOUNT, KINDS, NO_AMOUNT, UNIT
from dosing.cohort.matching import Size
from dosing.dose.steps import shown
from dosing.errors import PatientError
from dosing.units import DOSED, Quantity, parse_quantity, plain

NONE = -1
# kind of unit -> its smallest unit, in which amounts are compared.
_SMALLEST: Mapping[str, str] = {"mass": "ng", "activity": "units", "substance": "mmol", "volume": "mL"}
_HUNDRED = 100
# Digits enough that a percentage shown with four decimals is rounded once.
_GUARD = 10**12


@dataclass(frozen=True, slots=True)
class Judged:
    """The cells of two amounts, of which one may be absent.

    `kind` is the number of the deviation's kind, or NONE; `ratio` is given to planned, exactly, where both are there and comparable.
    """

    kind: int
    expected: float | None
    given: float | None
    unit: str | None
    deviation_pct: float | None = None
    note: str = ""
    ratio: Fraction | None = None


class Judge:
    """Judges pairs of amounts, which have numbers: those given from the start, those planned as they come."""

    def __init__(self, given: tuple[Quantity, ...], percent: Decimal) -> None:
        self.given_sizes = [size_of(each) for each in given]
        self.planned_sizes: list[Size] = []
        self.judged: list[Judged] = []
        self._given = given
        self._percent = Fraction(percent)
        self._planned: list[Quantity | None] = []
        self._codes, self._pairs = Codes(), Codes()

    def planned(self, number: float | None, unit: str | None) -> int:
        """The number of a planned amount. Raises PatientError for one that no table of doses can hold."""
        code = self._codes((number, unit))
        if code == len(self._planned):
            self._planned.append(_quantity(number, unit))
            self.planned_sizes.append(size_of(self._planned[code]))
        return code

    def of(self, planned: Numbers, given: Numbers) -> Numbers:
        """For each pair of numbers of amounts (NONE: there is no such amount) its number among `judged`."""
        width = len(self._given) + 1
        both, places = np.unique((planned + 1) * width + given + 1, return_inverse=True)
        return np.array([self._number(divmod(each, width)) for each in both.tolist()], dtype=np.int64)[places]

    def kinds(self, judged: Numbers) -> Numbers:
        """The kind of each of some numbers among `judged`."""
        distinct, places = np.unique(judged, return_inverse=True)
        return np.array([self.judged[each].kind for each in distinct.tolist()], dtype=np.int64)[places]

    def _number(self, pair: tuple[int, int]) -> int:
        code = self._pairs(pair)
        if code == len(self.judged):
            one, other = pair[0] - 1, pair[1] - 1
            expected = None if one == NONE else self._planned[one]
            self.judged.append(_judged(expected, None if other == NONE else self._given[other], self._percent))
        return code


def size_of(amount: Quantity | None) -> Size:
    """The amount in the smallest unit of its kind, exactly."""
    return None if amount is None else (amount.kind, amount.to(_SMALLEST[amount.kind]))


def _quantity(number: float | None, unit: str | None) -> Quantity | None:
    """The short decimal that a binary number stands for, with its unit; None where there is none above zero."""
    if number is None or unit is None or not number > 0:
        return None
    text = f"{plain(Decimal(repr(number)))} {unit}"
    try:
        amount = parse_quantity(text, *DOSED)
    except ValueError as error:
        raise PatientError(f"the doses have the amount {text}: {error}") from None
    if amount.per:
        raise PatientError(f"the doses have the amount {text}, which is none that anybody can be given")
    return amount


def _judged(expected: Quantity | None, given: Quantity | None, percent: Fraction) -> Judged:
    if given is None:
        return Judged(NONE, float(expected.value) if expected else None, None, expected.unit if expected else None)
    if expected is None:
        return Judged(KINDS.index(NO_AMOUNT), None, float(given.value), given.unit)
    if given.kind != expected.kind:
        note = f"given {given}, planned in {expected.unit}"
        return Judged(KINDS.index(UNIT), float(expected.value), None, expected.unit, note=note)
    same = given.to(expected.unit)
    ratio = Fraction(same) / Fraction(expected.value)
    off = (ratio - 1) * _HUNDRED
    kind = KINDS.index(AMOUNT) if abs(off) > percent else NONE
    note = f"given as {given}" if given.unit != expected.unit else ""
    return Judged(kind, float(expected.value), float(same), expected.unit, _percent(off), note, ratio)


def _percent(off: Fraction) -> float:
    """With four decimals, halves away from zero."""
    return float(shown(Decimal(int(off * _GUARD)) / _GUARD))
