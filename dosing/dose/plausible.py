"""Whether measurements are likely to be a person's: what is unusual is remarked on, what is probably a slip stops the work.

What is usual and what no person can have stands in dosing.dose.measures.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dosing.dose.bodyweight import actual_weight, body_mass_index
from dosing.dose.measures import GRADED, Limit
from dosing.dose.patient import Patient
from dosing.dose.steps import shown
from dosing.errors import PatientError, nearest
from dosing.units import Quantity


class Grade(StrEnum):
    """How grave a remark is: `warn` asks to look again, `stop` ends the work, `overridden` is a stop that somebody let pass."""

    WARN = "warn"
    STOP = "stop"
    OVERRIDDEN = "overridden"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to look at: `message` for the person at the screen; `note` for an output, without the patient's measurement."""

    grade: Grade
    what: str
    message: str
    note: str


def assess(
    *,
    height_cm: Decimal | None = None,
    weight_kg: Decimal | None = None,
    age_years: int | None = None,
    creatinine: Quantity | None = None,
    override: Collection[str] = (),
) -> list[Remark]:
    """Remarks on the measurements given, in the order of `GRADED`; BMI is looked at where height and weight are at hand.

    140 cm gives no remark, 139.9 cm a warning; 100 cm a warning, 99.9 cm a stop. A stop raises PatientError with all stops of the patient,
    unless `override` names its `what` (`height`, `weight`, `bmi`, `age`, `creatinine`): then it is returned as overridden. Raises
    PatientError also for a name that isn't known, and for what can't be a person's, which no override lets pass.
    """
    for name in override:
        if name not in GRADED:
            raise PatientError(f"override of {name!r}: unknown{nearest(name, GRADED)}; known are {', '.join(GRADED)}")
    values = _values(height_cm, weight_kg, age_years, creatinine)
    remarks = [remark for what, value in values.items() if (remark := _remark(GRADED[what], value, override))]
    stops = [remark.message for remark in remarks if remark.grade is Grade.STOP]
    if stops:
        raise PatientError("\n".join(stops))
    return remarks


def _values(height_cm: Decimal | None, weight_kg: Decimal | None, age_years: int | None, creatinine: Quantity | None) -> dict[str, Decimal]:
    """What there is to look at, in the units and the order of `GRADED`. Raises PatientError for what can't be a person's."""
    Patient(height_cm=height_cm, weight_kg=weight_kg)
    values = {"height": height_cm, "weight": weight_kg}
    if height_cm is not None and weight_kg is not None:
        values["bmi"] = body_mass_index(height_cm=height_cm, weight=actual_weight(weight_kg)).kg_m2
    values["age"] = None if age_years is None else _age(age_years)
    values["creatinine"] = None if creatinine is None else _creatinine(creatinine)
    return {what: value for what, value in values.items() if value is not None}


def _creatinine(creatinine: Quantity) -> Decimal:
    from dosing.dose.kidney import creatinine_mg_dl

    return creatinine_mg_dl(creatinine)


def _age(age_years: int) -> Decimal:
    if type(age_years) is not int or age_years < 0:
        raise PatientError(f"age {age_years!r} is not a number of completed years; give a whole number such as 67")
    return Decimal(age_years)


def _remark(limit: Limit, value: Decimal, override: Collection[str]) -> Remark | None:
    """The remark on one measurement, or nothing where it is usual."""
    low, high = value < limit.warn_below, value > limit.warn_above
    if not (low or high):
        return None
    stopped = value < limit.stop_below or value > limit.stop_above
    edge = (limit.stop_below if low else limit.stop_above) if stopped else (limit.warn_below if low else limit.warn_above)
    grade = Grade.WARN if not stopped else Grade.OVERRIDDEN if limit.what in override else Grade.STOP
    said = f"is {'below' if low else 'above'} {edge} {limit.unit}"
    advice = f"; {limit.hint}, or override {limit.what} if it is right" if grade is Grade.STOP else "" if stopped else f"; {limit.hint}"
    passed = " (overridden)" if grade is Grade.OVERRIDDEN else ""
    message = f"{limit.what} {shown(value)} {limit.unit} {said}{passed}: {limit.why}{advice}"
    return Remark(grade, limit.what, message, f"{limit.what} {said}{passed}")
