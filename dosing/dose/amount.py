"""The amount of one administration, in a fixed order of work, each step kept for the reader.

    per-unit dose x size -> cap on BSA -> cap in mg -> round

Nothing is rounded before the last step.
"""

from dataclasses import dataclass
from decimal import Decimal

from dosing.dose.bodysize import body_surface, find_formula
from dosing.dose.calvert import calvert
from dosing.dose.patient import Patient, describe
from dosing.dose.rounding import half_up
from dosing.errors import DoseError, PatientError
from dosing.regimen.model import Drug, Fact, NoCap
from dosing.units import EXACT, Quantity, plain

_SHOWN = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: which, in words, and the amount after it (None where the step changes the size, not the amount)."""

    kind: str
    text: str
    value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """What this patient gets at one administration: `value` in `unit`; `bsa_m2` is the body surface it was computed with, if any."""

    value: Decimal
    unit: str
    steps: tuple[Step, ...]
    bsa_m2: Decimal | None = None

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
    """A size with four decimals for people; computations keep all of them."""
    return plain(number.quantize(_SHOWN))


def compute(order: Order, patient: Patient, *, formula: str) -> Amount:
    """The amount of one administration for the patient.

    Raises PatientError naming the measurement that is missing, DoseError where the drug has no rule to round by.
    """
    steps: list[Step] = []
    size, bsa = _size(order, patient, formula, steps)
    unit = "mg" if order.dose.unit == "AUC" else order.dose.flat_unit
    value = _exposure(order, patient) if order.dose.unit == "AUC" else EXACT.multiply(order.dose.value, size)
    steps.append(Step("dose", _product(order, size, value, unit, patient), value))
    value = _ceiling(order, value, unit, steps)
    return Amount(_rounded(order, value, unit, steps), unit, tuple(steps), bsa)


def missing_measurement(dose: Quantity, patient: Patient) -> str:
    """What must be measured for the dose and isn't, in words; nothing where all is at hand."""
    if dose.per == "m2" and patient.bsa_m2 is None:
        return " and ".join(name for name, value in (("height", patient.height_cm), ("weight", patient.weight_kg)) if value is None)
    if dose.per == "kg" and patient.weight_kg is None:
        return "weight"
    return "gfr" if dose.unit == "AUC" and patient.gfr_ml_min is None else ""


def _size(order: Order, patient: Patient, formula: str, steps: list[Step]) -> tuple[Decimal, Decimal | None]:
    """What the dose is multiplied by, and the body surface if it is that."""
    absent = missing_measurement(order.dose, patient)
    if absent:
        options = " ".join(f"--{name}" for name in absent.split(" and "))
        direct = ", or --bsa" if order.dose.per == "m2" else ""
        raise PatientError(f"{order.drug.id} {order.dose} needs the patient's {absent}: give {options}{direct}")
    if order.dose.per == "kg" and patient.weight_kg is not None:
        steps.append(Step("size", f"weight {plain(patient.weight_kg)} kg (actual)"))
        return patient.weight_kg, None
    if order.dose.per != "m2":
        return Decimal(1), None
    bsa = _capped(order, _surface(patient, formula, steps), steps)
    return bsa, bsa


def _surface(patient: Patient, formula: str, steps: list[Step]) -> Decimal:
    if patient.bsa_m2 is not None:
        steps.append(Step("size", f"body surface {plain(patient.bsa_m2)} m2 (given)"))
        return patient.bsa_m2
    if patient.height_cm is None or patient.weight_kg is None:
        raise PatientError("the body surface needs height and weight")
    bsa = body_surface(height_cm=patient.height_cm, weight_kg=patient.weight_kg, formula=formula, sex=patient.sex)
    known = find_formula(formula)
    steps.append(Step("size", f"body surface {shown(bsa)} m2 ({known.title}: {known.text}; {describe(patient)})"))
    return bsa


def _capped(order: Order, bsa: Decimal, steps: list[Step]) -> Decimal:
    fact = order.bsa_cap or order.drug.bsa_cap
    cap = fact.stated if fact else None
    if not fact or not isinstance(cap, Quantity) or bsa <= cap.value:
        return bsa
    steps.append(Step("bsa cap", f"body surface {shown(bsa)} m2 is above the cap of {cap}: dosed as {cap} [{fact.source}]"))
    return cap.value


def _exposure(order: Order, patient: Patient) -> Decimal:
    if patient.gfr_ml_min is None:
        raise PatientError(f"{order.drug.id} {order.dose} needs the patient's gfr: give --gfr")
    return calvert(auc=order.dose.value, gfr_ml_min=patient.gfr_ml_min)


def _product(order: Order, size: Decimal, value: Decimal, unit: str, patient: Patient) -> str:
    if order.dose.unit == "AUC" and patient.gfr_ml_min is not None:
        gfr = plain(patient.gfr_ml_min)
        return f"{order.dose} x ({gfr} mL/min + 25) = {shown(value)} {unit} (Calvert)"
    if not order.dose.per:
        return f"flat dose of {order.dose}"
    return f"{order.dose} x {shown(size)} {order.dose.per} = {shown(value)} {unit}"


def _ceiling(order: Order, value: Decimal, unit: str, steps: list[Step]) -> Decimal:
    limit = order.max.stated if order.max else None
    if not order.max or limit is None or value <= limit.to(unit):
        return value
    steps.append(
        Step("mg cap", f"{shown(value)} {unit} is above the maximum of {limit} for one administration: {limit} [{order.max.source}]")
    )
    return limit.to(unit)


def _rounded(order: Order, value: Decimal, unit: str, steps: list[Step]) -> Decimal:
    """The amount in steps that can be measured. A flat dose is given as stated unless the protocol itself rounds it."""
    fact = order.round or (order.drug.precision if order.dose.per or order.dose.unit == "AUC" else None)
    if fact is None:
        return value
    if fact.stated is None:
        raise DoseError(f"{order.drug.id} has no measurable precision; add `precision` to the drug or `round` to the activity")
    rounded = half_up(value, step=fact.stated.to(unit))
    if not rounded:
        raise DoseError(f"{order.drug.id} {order.dose}: {shown(value)} {unit} rounds to nothing in steps of {fact.stated}; check the unit")
    whose = "the protocol's rounding" if order.round else "measurable precision"
    steps.append(Step("round", f"rounded half up to {fact.stated} ({whose}) [{fact.source}]: {plain(rounded)} {unit}", rounded))
    return rounded
