"""Whether measurements are likely to be a person's: what is unusual is remarked on, what is probably a slip stops the work.

The limits are a convention of this project for adults. They are chosen so that usual slips are seen: inches taken for cm, pounds for kg,
height and weight exchanged, creatinine in the other unit. Published are: a BMI below 16 as an extreme limit and 40 as the start of the
highest class of obesity (World Health Organization), and a creatinine of about 0.7 mg/dL as low for a GFR estimated from it (Food and Drug
Administration, letter on carboplatin dosing, 2010). What no person can have is refused by `dosing.dose.patient`, whatever is
overridden here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dosing.dose.amount import shown
from dosing.dose.bodyweight import actual_weight, body_mass_index
from dosing.dose.kidney import creatinine_mg_dl
from dosing.dose.patient import Patient
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


@dataclass(frozen=True, slots=True)
class Limit:
    """Limits of one measurement in `unit`; each number itself still passes. `why` is a sentence for who is stopped or warned.

    `hint` says how to mend it.
    """

    what: str
    unit: str
    stop_below: Decimal
    warn_below: Decimal
    warn_above: Decimal
    stop_above: Decimal
    why: str
    hint: str


def _limit(what: str, unit: str, numbers: str, *, why: str, hint: str) -> Limit:
    stop_below, warn_below, warn_above, stop_above = (Decimal(number) for number in numbers.split())
    return Limit(what, unit, stop_below, warn_below, warn_above, stop_above, why, hint)


# Numbers: stop below, warn below, warn above, stop above.
LIMITS: dict[str, Limit] = {
    limit.what: limit
    for limit in (
        _limit(
            "height",
            "cm",
            "100 140 210 250",
            why="hardly any adult is outside 140 to 210 cm, and a number below 100 is often one of inches, or the weight",
            hint="check the height and its unit",
        ),
        _limit(
            "weight",
            "kg",
            "25 35 200 350",
            why="hardly any adult is outside 35 to 200 kg, and a high number is often one of pounds, or the height",
            hint="check the weight and its unit",
        ),
        _limit(
            "bmi",
            "kg/m2",
            "12 16 40 70",
            why="below 16 is severe thinness and from 40 on severe obesity, and a weight in pounds taken for kg gives more than 40 from a "
            "BMI of 18.2 on",
            hint="check height and weight together with their units",
        ),
        _limit(
            "age",
            "years",
            "1 18 100 120",
            why="the formulas here are for adults, and nobody of more than 120 years is treated",
            hint="check the date of birth",
        ),
        _limit(
            "creatinine",
            "mg/dL",
            "0.2 0.7 4 20",
            why="a low creatinine can make the kidneys look better than they are (little muscle, or the method of the laboratory), a high "
            "one is kidney failure, and a number in the other unit is 88 times too high or too low",
            hint="check the creatinine and its unit, mg/dL or umol/L",
        ),
    )
}


def assess(
    *,
    height_cm: Decimal | None = None,
    weight_kg: Decimal | None = None,
    age_years: int | None = None,
    creatinine: Quantity | None = None,
    override: Collection[str] = (),
) -> list[Remark]:
    """Remarks on the measurements given, in the order of `LIMITS`; BMI is looked at where height and weight are at hand.

    140 cm gives no remark, 139.9 cm a warning; 100 cm a warning, 99.9 cm a stop. A stop raises PatientError with all stops of the patient,
    unless `override` names its `what` (`height`, `weight`, `bmi`, `age`, `creatinine`): then it is returned as overridden. Raises
    PatientError also for a name that isn't known, and for what can't be a person's, which no override lets pass.
    """
    for name in override:
        if name not in LIMITS:
            raise PatientError(f"override of {name!r}: unknown{nearest(name, LIMITS)}; known are {', '.join(LIMITS)}")
    values = _values(height_cm, weight_kg, age_years, creatinine)
    remarks = [remark for what, value in values.items() if (remark := _remark(LIMITS[what], value, override))]
    stops = [remark.message for remark in remarks if remark.grade is Grade.STOP]
    if stops:
        raise PatientError("\n".join(stops))
    return remarks


def _values(height_cm: Decimal | None, weight_kg: Decimal | None, age_years: int | None, creatinine: Quantity | None) -> dict[str, Decimal]:
    """What there is to look at, in the units and the order of `LIMITS`. Raises PatientError for what can't be a person's."""
    Patient(height_cm=height_cm, weight_kg=weight_kg)
    values = {"height": height_cm, "weight": weight_kg}
    if height_cm is not None and weight_kg is not None:
        values["bmi"] = body_mass_index(height_cm=height_cm, weight=actual_weight(weight_kg)).kg_m2
    values["age"] = None if age_years is None else _age(age_years)
    values["creatinine"] = None if creatinine is None else creatinine_mg_dl(creatinine)
    return {what: value for what, value in values.items() if value is not None}


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
