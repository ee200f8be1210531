"""The amount of one administration, in a fixed order of work, each step kept for the reader.

    per-unit dose x size -> cap on BSA -> cap in mg -> round

Nothing is rounded before the last step, and rounding never leads above the cap in mg.
"""

from dataclasses import dataclass
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from typing import TypeVar

from dosing.dose.bodysize import body_surface, find_formula
from dosing.dose.calvert import calvert
from dosing.dose.patient import Patient, describe
from dosing.dose.rounding import half_up
from dosing.errors import DoseError, PatientError
from dosing.regimen.drug import Drug
from dosing.regimen.facts import Fact, NoCap
from dosing.units import EXACT, Quantity, plain

T = TypeVar("T")

_SHOWN = Decimal("0.0001")
_SHOWING = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: which, in words, and the amount after it (None where the step changes the size, not the amount).

    `note` is what a schedule says of it: only where a cap was reached, and without the patient's measurements. `source` is the key in
    sources.yaml of the formula used, where the text doesn't name it itself.
    """

    kind: str
    text: str
    value: Decimal | None = None
    note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """What this patient gets at one administration: `value` in `unit`.

    `bsa_m2` is the body surface it was computed with, if any, and `basis` says how that was found.
    """

    value: Decimal
    unit: str
    steps: tuple[Step, ...]
    bsa_m2: Decimal | None = None
    basis: str = ""

    def __str__(self) -> str:
        return f"{plain(self.value)} {self.unit}"


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: a dose of a drug with the limits that hold on the day. None leaves a limit to the drug, or away."""

    drug: Drug
    dose: Quantity
    max: Fact[Quantity] | None = None
    bsa_cap: Fact[Quantity | NoCap] | None = None
    round: Fact[Quantity] | None = None


def shown(number: Decimal) -> str:
    """A size with four decimals for people, halves up; computations keep all of them."""
    return plain(number.quantize(_SHOWN, context=_SHOWING))


def compute(order: Order, patient: Patient, *, formula: str) -> Amount:
    """The amount of one administration for the patient.

    Raises PatientError naming the measurement that is missing or the unknown formula, DoseError where the drug has no rule to round by.
    """
    known = find_formula(formula)
    steps: list[Step] = []
    size, bsa = _size(order, patient, formula, steps)
    unit = "mg" if order.dose.unit == "AUC" else order.dose.flat_unit
    value = _exposure(order, patient, steps) if order.dose.unit == "AUC" else _product(order, size, unit, steps)
    value = _ceiling(order, value, unit, steps)
    basis = "" if bsa is None else "body surface given" if patient.bsa_m2 is not None else f"body surface by {known.title}"
    return Amount(_rounded(order, value, unit, steps), unit, tuple(steps), bsa, basis)


def missing_measurement(dose: Quantity, patient: Patient) -> str:
    """What must be measured for the dose and isn't, in words; nothing where all is at hand."""
    if dose.per == "m2" and patient.bsa_m2 is None:
        return " and ".join(name for name, value in (("height", patient.height_cm), ("weight", patient.weight_kg)) if value is None)
    if dose.per == "kg" and patient.weight_kg is None:
        return "weight"
    return "gfr" if dose.unit == "AUC" and patient.gfr_ml_min is None else ""


def _needed(value: Decimal | None, order: Order, patient: Patient) -> Decimal:
    """The measurement; raises PatientError, which names all that the dose needs, where it is missing."""
    if value is not None:
        return value
    absent = missing_measurement(order.dose, patient)
    options = " ".join(f"--{name}" for name in absent.split(" and "))
    direct = ", or --bsa" if order.dose.per == "m2" else ""
    raise PatientError(f"{order.drug.id} {order.dose} needs the patient's {absent}: give {options}{direct}")


def _size(order: Order, patient: Patient, formula: str, steps: list[Step]) -> tuple[Decimal, Decimal | None]:
    """What the dose is multiplied by, and the body surface if it is that."""
    if order.dose.per == "kg":
        weight = _needed(patient.weight_kg, order, patient)
        steps.append(Step("size", f"weight {plain(weight)} kg (actual)"))
        return weight, None
    if order.dose.per != "m2":
        return Decimal(1), None
    bsa = _capped(order, _surface(order, patient, formula, steps), steps)
    return bsa, bsa


def _surface(order: Order, patient: Patient, formula: str, steps: list[Step]) -> Decimal:
    if patient.bsa_m2 is not None:
        steps.append(Step("size", f"body surface {plain(patient.bsa_m2)} m2 (given)"))
        return patient.bsa_m2
    height, weight = (_needed(value, order, patient) for value in (patient.height_cm, patient.weight_kg))
    bsa = body_surface(height_cm=height, weight_kg=weight, formula=formula, sex=patient.sex)
    known = find_formula(formula)
    steps.append(Step("size", f"body surface {shown(bsa)} m2 ({known.title}: {known.text}; {describe(patient)})"))
    return bsa


def _first_stated(*facts: Fact[T] | None) -> Fact[T] | None:
    """The first that has a value: what the regimen says goes before what the drug's file says."""
    return next((fact for fact in facts if fact and fact.stated is not None), None)


def _capped(order: Order, bsa: Decimal, steps: list[Step]) -> Decimal:
    fact = _first_stated(order.bsa_cap, order.drug.bsa_cap)
    cap = fact.stated if fact else None
    if not fact or not isinstance(cap, Quantity) or bsa <= cap.value:
        return bsa
    held = f"above the cap of {cap}: dosed as {cap} [{fact.source}]"
    steps.append(Step("bsa cap", f"body surface {shown(bsa)} m2 is {held}", note=f"body surface {held}"))
    return cap.value


def _exposure(order: Order, patient: Patient, steps: list[Step]) -> Decimal:
    gfr = _needed(patient.gfr_ml_min, order, patient)
    value = calvert(auc=order.dose.value, gfr_ml_min=gfr)
    steps.append(Step("dose", f"{order.dose} x ({plain(gfr)} mL/min + 25) = {shown(value)} mg (Calvert)", value))
    return value


def _product(order: Order, size: Decimal, unit: str, steps: list[Step]) -> Decimal:
    value = EXACT.multiply(order.dose.value, size)
    product = f"{order.dose} x {shown(size)} {order.dose.per} = {shown(value)} {unit}"
    steps.append(Step("dose", product if order.dose.per else f"flat dose of {order.dose}", value))
    return value


def _ceiling(order: Order, value: Decimal, unit: str, steps: list[Step]) -> Decimal:
    limit = order.max.stated if order.max else None
    if not order.max or limit is None or value <= limit.to(unit):
        return value
    held = f"{shown(value)} {unit} is above the maximum of {limit} for one administration: {limit} [{order.max.source}]"
    steps.append(Step("mg cap", held, limit.to(unit), note=held))
    return limit.to(unit)


def _rounded(order: Order, value: Decimal, unit: str, steps: list[Step]) -> Decimal:
    """The amount in steps that can be measured. A flat dose is given as stated unless the protocol itself rounds it."""
    own = _first_stated(order.round)
    fact = own or (order.drug.precision if order.dose.per or order.dose.unit == "AUC" else None)
    if fact is None:
        return value
    if fact.stated is None:
        raise DoseError(f"{order.drug.id} has no measurable precision; add `precision` to the drug or `round` to the activity")
    step, how, why = fact.stated.to(unit), "half up", ""
    rounded = half_up(value, step=step)
    limit = order.max.stated if order.max else None
    if limit and rounded > limit.to(unit):
        rounded, how, why = EXACT.subtract(rounded, step), "down", f"; half up would pass the maximum of {limit}"
    if not rounded:
        raise DoseError(f"{order.drug.id} {order.dose}: {shown(value)} {unit} rounds to nothing in steps of {fact.stated}; check the unit")
    whose = "the protocol's rounding" if own else "measurable precision"
    steps.append(Step("round", f"rounded {how} to {fact.stated} ({whose}{why}) [{fact.source}]: {plain(rounded)} {unit}", rounded))
    return rounded
