"""The calculation of an amount as a pharmacist writes it down, and what another formula would make of it."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from dosing.dose.amount import Amount, Order, compute
from dosing.dose.bodysize import FORMULAS
from dosing.dose.patient import Patient
from dosing.dose.sheet import Line
from dosing.dose.steps import Step, cited, shown, signed_percent
from dosing.regimen.drug import Drug
from dosing.regimen.facts import NoCap
from dosing.units import EXACT

# From which deviation on another formula is worth a word, in percent.
NOTABLE = Decimal(5)
_HUNDRED = Decimal(100)
_LABELS = {
    "measurement": "measured",
    "weight": "weight",
    "level": "level",
    "size": "size",
    "bsa cap": "cap",
    "dose": "dose",
    "mg cap": "cap",
    "percent": "factor",
    "policy": "rounding",
    "round": "rounding",
}
# The width of a label with the space after it.
WIDTH = 11


def explained(order: Order, amount: Amount, products: Iterable[Step] = ()) -> Iterator[str]:
    """The lines of one calculation: each step with its label, the caps that were not reached, the deviation, products and limits."""
    reached = {step.kind for step in amount.steps}
    for step in amount.steps:
        yield _labelled(_LABELS.get(step.kind, step.kind), step.text)
        if step.kind == "dose":
            yield from (_labelled("cap", text) for text in _not_reached(order, reached))
    if amount.rounding:
        yield _labelled("deviation", _deviation(amount))
    yield from (_labelled("product", step.text) for step in products)
    yield from (_labelled("limits", text) for text in limits_of(order.drug, order))


def limits_of(drug: Drug, order: Order | None = None) -> Iterator[str]:
    """What limits a drug, in words with sources; of the usual ranges only that in the order's unit."""
    if drug.usual and drug.usual.stated:
        ranges = [each for each in drug.usual.stated if order is None or each.high.per == order.dose.per]
        yield from (f"usual {each} {cited(drug.usual)}" for each in ranges)
    for kind, fact in drug.limits.items():
        if fact.stated:
            of = f" of all {fact.stated.together}s" if fact.stated.together else ""
            yield f"at most {fact.stated.most}{of} {_KINDS[kind]} {cited(fact)}"
    if drug.spacing and drug.spacing.stated:
        yield f"at least {drug.spacing.stated.hours} hours from dose to dose {cited(drug.spacing)}"


_KINDS = {"single": "at one administration", "daily": "in a day", "cycle": "in a cycle", "lifetime": "in a lifetime"}


def _not_reached(order: Order, reached: Collection[str]) -> Iterator[str]:
    """The caps that there are, but for those of the kinds `reached`."""
    cap = order.bsa_cap if order.bsa_cap and order.bsa_cap.stated is not None else order.drug.bsa_cap
    if order.dose.per == "m2" and cap and isinstance(cap.stated, NoCap):
        yield f"no cap on the body surface {cited(cap)}"
    elif order.dose.per == "m2" and cap and cap.stated is not None and "bsa cap" not in reached:
        yield f"body surface up to {cap.stated}: not reached {cited(cap)}"
    if order.max and order.max.stated is not None and "mg cap" not in reached:
        yield f"maximum {order.max.stated} for one administration: not reached {cited(order.max)}"


def _deviation(amount: Amount) -> str:
    """With four decimals, as the column has it: one decimal would call 49.1 mg for 49.0892 mg no deviation at all."""
    if amount.exact is None or amount.value == amount.exact:
        return "none"
    return f"{'+' if amount.deviation_pct > 0 else ''}{shown(amount.deviation_pct)} % of the exact {shown(amount.exact)} {amount.unit}"


def _labelled(label: str, text: str) -> str:
    return f"{label:{WIDTH}}{text}"


@dataclass(frozen=True, slots=True)
class Other:
    """What another body-surface formula would give, and how far that is from the amount, in percent."""

    line: Line
    formula: str
    amount: Amount
    off_pct: Decimal

    def __str__(self) -> str:
        where = " ".join(part for part in (self.line.phase, self.line.name, self.line.where) if part)
        return f"{where}: {self.formula} would give {self.amount} instead of {self.line.amount} ({signed_percent(self.off_pct)})"


@dataclass(frozen=True, slots=True)
class Compared:
    """Where another formula moves an amount by more than NOTABLE percent; the formulas looked at, and those that need the sex."""

    others: tuple[Other, ...]
    looked_at: tuple[str, ...]
    left_out: tuple[str, ...]


def compare_formulas(lines: Iterable[Line], patient: Patient, *, formula: str) -> Compared:
    """Every other formula on every amount by body surface, after caps and rounding. Exactly 5 % is not listed."""
    usable = [each for each in FORMULAS.values() if each.id != formula and not (each.needs_sex and not patient.sex)]
    others = []
    for line in lines:
        for each in usable if line.order.dose.per == "m2" and patient.bsa_m2 is None else ():
            amount = compute(line.order, patient, formula=each.id)
            off = EXACT.divide(EXACT.multiply(EXACT.subtract(amount.value, line.amount.value), _HUNDRED), line.amount.value)
            if abs(off) > NOTABLE:
                others.append(Other(line, each.title, amount, off))
    left_out = [each.title for each in FORMULAS.values() if each.needs_sex and not patient.sex]
    return Compared(tuple(others), tuple(each.title for each in usable), tuple(left_out))
