"""One dose of a drug for one patient, without a regimen."""

from dataclasses import dataclass

from dosing.dose.amount import Amount, Order, compute
from dosing.dose.course import Course
from dosing.dose.finding import Finding
from dosing.dose.limits import check_override, require
from dosing.dose.once import at_once
from dosing.dose.order import check_practice, with_policy
from dosing.dose.personal import looked_at
from dosing.dose.practice import Practice
from dosing.dose.usual import usual
from dosing.regimen.drug import Drug
from dosing.units import Quantity


@dataclass(frozen=True, slots=True)
class Single:
    """The order, its amount, what must be said of the patient's measurements, and limits that the administration passes."""

    order: Order
    amount: Amount
    said: tuple[str, ...]
    findings: tuple[Finding, ...] = ()


def single(drug: Drug, dose: Quantity, *, course: Course, practice: Practice) -> Single:
    """The amount of one administration of a dose of the drug.

    Raises PatientError for a measurement that is missing or probably a slip, DoseError for a dose far out of the usual
    range and an amount above a limit that stops.
    """
    drug = practice.drug(drug)
    check_practice(practice)
    said = looked_at(course)
    check_override(course.override, [drug])
    slip = usual(drug, dose, course.override)
    require([slip] if slip else [])
    order = with_policy(Order(drug, dose, bands=practice.bands), practice)
    amount = compute(order, course.patient, formula=practice.formula)
    found = tuple(at_once(order, amount, course.patient, course.override))
    require(found)
    return Single(order, amount, said, found)
