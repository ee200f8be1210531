"""One dose of a drug for one patient, without a regimen."""

from dataclasses import dataclass

from dosing.dose.amount import Amount, Order, compute
from dosing.dose.course import Course
from dosing.dose.limits import check_override, require, usual
from dosing.dose.order import with_policy
from dosing.dose.personal import looked_at
from dosing.dose.practice import Practice
from dosing.regimen.drug import Drug
from dosing.units import Quantity


@dataclass(frozen=True, slots=True)
class Single:
    """The order, its amount, and what must be said of them."""

    order: Order
    amount: Amount
    said: tuple[str, ...]


def single(drug: Drug, dose: Quantity, *, course: Course, practice: Practice) -> Single:
    """The amount of one administration of a dose of the drug.

    Raises PatientError for a measurement that is missing or probably a slip, DoseError for a dose far out
    of the usual range.
    """
    drug = practice.drug(drug)
    said = looked_at(course)
    check_override(course.override, [drug])
    finding = usual(drug, dose, course.override)
    found = [finding] if finding else []
    require(found)
    order = with_policy(Order(drug, dose, bands=practice.bands), practice)
    amount = compute(order, course.patient, formula=practice.formula)
    return Single(order, amount, (*said, *(f"{each.grade.upper()}: {each.note}" for each in found)))
