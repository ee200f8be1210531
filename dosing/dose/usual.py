"""Usual ranges of a drug's single dose: a dose outside is a warning, one ten times off a stop, as its unit may be wrong."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from dosing.dose.finding import Finding, Giving, Row, graded, let_pass
from dosing.dose.finding import where as where_in_words
from dosing.dose.steps import cited
from dosing.errors import DoseError
from dosing.regimen.drug import Drug
from dosing.regimen.facts import DoseRange
from dosing.units import EXACT, Quantity, plain

# A dose so many times off is a slip of a decimal point or of a unit.
_SLIPS = (Decimal(10), Decimal(100), Decimal(1000))
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class _Off:
    """A dose outside the usual ranges: on which side, how many times off, and which slip that may be (None: a warning only)."""

    dose: Quantity
    side: str
    ratio: Decimal
    slip: Decimal | None


def usual(drug: Drug, dose: Quantity, override: Collection[str] = ()) -> Finding | None:
    """What there is to say about one dose beside the drug's usual ranges; nothing inside or at an end of one, or without one in its unit.

    Outside is a warning, 10 times the highest end or a tenth of the lowest a stop. Raises DoseError for a dose not above zero.
    """
    off = _off(drug, dose)
    return _usual_finding(drug, off, override) if off else None


def look_usual(drug: Drug, own: Iterable[Giving], override: Collection[str]) -> Iterator[Finding]:
    """A finding for each side on which planned doses are unusual. What was given is left out: its dose by body size is not known."""
    kinds: dict[tuple[str, bool], list[tuple[_Off, Giving]]] = {}
    looked_at: dict[Quantity, _Off | None] = {}
    for each in own:
        dose = None if each.given else _dose(each.row)
        if dose and dose not in looked_at:
            looked_at[dose] = _off(drug, dose)
        off = looked_at[dose] if dose else None
        if off:
            kinds.setdefault((off.side, off.slip is None), []).append((off, each))
    for found in kinds.values():
        worst = max((off for off, _ in found), key=lambda off: off.ratio)
        first = found[0][1]
        yield _usual_finding(drug, worst, override, row=first.number, where=where_in_words(first, len(found), "doses"))


def _dose(row: Row) -> Quantity | None:
    """The dose that is asked for. A percentage above 100 counts; one below is a reduction on purpose, and is told elsewhere."""
    dose = row.order.dose if row.order else row.entry.dose
    percent = row.order.percent.stated if row.order and row.order.percent else None
    if not isinstance(dose, Quantity):
        return None
    if percent is None or percent.value <= _HUNDRED:
        return dose
    return Quantity(EXACT.divide(EXACT.multiply(dose.value, percent.value), _HUNDRED), dose.unit)


def _off(drug: Drug, dose: Quantity) -> _Off | None:
    """How far the dose is outside the ranges of its own kind; None where it isn't, or there are none."""
    value = dose.value
    if not value.is_finite() or value <= 0:
        raise DoseError(f"{drug.id}: {dose} is no dose above zero; write `days: none` where the drug is not given")
    ranges = [_ends(each, dose.flat_unit) for each in _ranges(drug, dose)]
    if not ranges or any(low <= value <= high for low, high in ranges):
        return None
    bottom, top = min(low for low, _ in ranges), max(high for _, high in ranges)
    if bottom < value < top:
        return _Off(dose, "between", Decimal(1), None)
    above = value > top
    ratio = EXACT.divide(value, top) if above else EXACT.divide(bottom, value)
    # Compared by products, which are exact: a quotient may be rounded.
    slipped = value >= EXACT.multiply(top, _SLIPS[0]) if above else EXACT.multiply(value, _SLIPS[0]) <= bottom
    return _Off(dose, "above" if above else "below", ratio, _slip(value, ranges, ratio, above) if slipped else None)


def _ranges(drug: Drug, dose: Quantity) -> list[DoseRange]:
    stated = (drug.usual.stated if drug.usual else None) or ()
    return [each for each in stated if (each.high.per, each.high.kind) == (dose.per, dose.kind)]


def _ends(span: DoseRange, unit: str) -> tuple[Decimal, Decimal]:
    low, high = (Quantity(end.value, end.flat_unit).to(unit) for end in (span.low, span.high))
    return low, high


def _slip(value: Decimal, ranges: Iterable[tuple[Decimal, Decimal]], ratio: Decimal, above: bool) -> Decimal:
    """The power of ten that leads back into a range; where none does, the one nearest to how far off the dose is."""
    for slip in _SLIPS:
        back = EXACT.divide(value, slip) if above else EXACT.multiply(value, slip)
        if any(low <= back <= high for low, high in ranges):
            return slip
    # Half-way between 10 and 100, as factors go, is the root of 1000.
    squared = EXACT.multiply(ratio, ratio)
    return next((slip for slip in _SLIPS[:-1] if squared < EXACT.power(slip, 2) * 10), _SLIPS[-1])


def _usual_finding(drug: Drug, off: _Off, override: Collection[str], *, row: int | None = None, where: str = "") -> Finding:
    name = f"{drug.id}.usual"
    grade = graded(name, off.slip is not None, override)
    ranges = " or ".join(f"{plain(each.low.value)} to {each.high}" for each in _ranges(drug, off.dose))
    note = f"{drug.id} {off.dose} is {off.side} the usual {ranges} {cited(drug.usual)}{let_pass(grade)}"
    slip = f": about {plain(off.slip)}x, a unit or a decimal point may be wrong" if off.slip else ""
    return Finding(grade, name, row, f"{note}{slip}{where}", note)
