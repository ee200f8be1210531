"""What there is to say of one administration by itself: the usual range of its dose, and the most of the drug at once.

Limits of a day, of a cycle and of a lifetime, and the time between doses need dates: see `dosing.dose.limits.look`.
"""

from collections.abc import Collection, Iterator
from decimal import Decimal

from dosing.dose.amount import Amount, Order
from dosing.dose.bodyweight import choose_weight
from dosing.dose.finding import Finding, graded, let_pass
from dosing.dose.limits import HAIR
from dosing.dose.patient import Patient
from dosing.dose.plausible import Grade
from dosing.dose.steps import cited, shown
from dosing.dose.usual import usual
from dosing.errors import PatientError
from dosing.regimen.drug import Limit
from dosing.regimen.facts import Fact
from dosing.units import EXACT, Quantity, plain


def at_once(order: Order, amount: Amount, patient: Patient, override: Collection[str] = ()) -> Iterator[Finding]:
    """The findings of one administration: a dose out of its usual range, an amount above the most at once (which itself passes)."""
    finding = usual(order.drug, order.dose, override)
    if finding:
        yield finding
    fact = order.drug.limits.get("single")
    if fact and fact.stated:
        yield from _above_the_most(order, amount, patient, fact, fact.stated, override)


def _above_the_most(
    order: Order, amount: Amount, patient: Patient, fact: Fact[Limit], limit: Limit, override: Collection[str]
) -> Iterator[Finding]:
    drug, most = order.drug.id, limit.most
    name, value = f"{drug}.single", _comparable(order, amount, patient, most)
    if value is None:
        note = f"{drug}: the limit of {most} in one administration {cited(fact)} can't be looked at for {amount}"
        yield Finding(Grade.WARN, name, None, note, note)
    elif EXACT.subtract(value, most.value) >= HAIR:
        grade = graded(name, limit.stop, override)
        said = f"above the limit of {most} in one administration {cited(fact)}{let_pass(grade)}"
        number = shown(value) if Decimal(shown(value)) > most.value else plain(value)
        yield Finding(grade, name, None, f"{drug} {number} {most.unit} is {said}", f"{drug} {said}")


def _comparable(order: Order, amount: Amount, patient: Patient, most: Quantity) -> Decimal | None:
    """The amount in the unit of the limit; None where the two can't be compared, or the size isn't known."""
    found = Quantity(amount.value, amount.unit)
    if found.kind != most.kind:
        return None
    value = found.to(most.flat_unit)
    if not most.per:
        return value
    size = amount.bsa_m2 if most.per == "m2" else _weight_kg(order, patient)
    return None if size is None else EXACT.divide(value, size)


def _weight_kg(order: Order, patient: Patient) -> Decimal | None:
    kind = order.drug.weight.stated if order.drug.weight else None
    try:
        return choose_weight(kind or "actual", patient).kg
    except PatientError:
        return None
