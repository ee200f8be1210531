"""A patient's measurements: read with their units, refused when they can't be a person's, never replaced by a default."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from dosing.dose.measures import LIMITS
from dosing.errors import PatientError
from dosing.regimen.conditions import CHILD_PUGH, LIVER
from dosing.regimen.values import WEIGHTS
from dosing.units import EXACT, Quantity, parse_number, plain

Number = int | float | Decimal

SEXES = ("female", "male")

# Attribute -> measurement of dosing.dose.measures.
_MEASURED = {
    "height_cm": "height",
    "weight_kg": "weight",
    "bsa_m2": "body surface",
    "gfr_ml_min": "GFR",
    "crcl_ml_min": "creatinine clearance",
    "bilirubin_mg_dl": "bilirubin",
}
_EXAMPLES = {"cm": "170, 170cm, 1.70m or 5ft7in", "kg": "70, 70kg or 154lb", "m2": "1.8 or 1.8m2", "mL/min": "90 or 90mL/min"}
_HEIGHT_IN_FEET = re.compile(r"([0-9]+)\s*(?:ft|')\s*(?:([0-9]+(?:\.[0-9]+)?)\s*(?:in|\"))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Measurements in the units of their names; None is "not measured". No name, no number: identity is never needed.

    `bsa_m2` gives the body surface directly and goes before height and weight. `sex` is "female", "male" or empty. `measured_on` is the day
    of height and weight, where it is known. Age in completed years, `creatinine` in mg/dL or umol/L, `crcl_ml_min` (given, goes before one
    estimated with the weight of the kind `crcl_weight`), bilirubin, dialysis, Child-Pugh class (A, B, C), grade of liver impairment
    (normal, mild, moderate, severe) and lost parts of the body (`left below-knee`) are for rules that name them.
    Raises PatientError for a value that can't be a person's.
    """

    height_cm: Decimal | None = None
    weight_kg: Decimal | None = None
    bsa_m2: Decimal | None = None
    gfr_ml_min: Decimal | None = None
    sex: str = ""
    measured_on: date | None = None
    age_years: int | None = None
    creatinine: Quantity | None = None
    crcl_ml_min: Decimal | None = None
    crcl_weight: str = "actual"
    bilirubin_mg_dl: Decimal | None = None
    dialysis: bool | None = None
    child_pugh: str = ""
    liver: str = ""
    lost: tuple[str, ...] = ()

    def __init__(
        self,
        *,
        height_cm: Number | None = None,
        weight_kg: Number | None = None,
        bsa_m2: Number | None = None,
        gfr_ml_min: Number | None = None,
        sex: str = "",
        measured_on: date | None = None,
        age_years: int | None = None,
        creatinine: Quantity | None = None,
        crcl_ml_min: Number | None = None,
        crcl_weight: str = "actual",
        bilirubin_mg_dl: Number | None = None,
        dialysis: bool | None = None,
        child_pugh: str = "",
        liver: str = "",
        lost: Iterable[str] = (),
    ) -> None:
        given = {
            "height_cm": height_cm,
            "weight_kg": weight_kg,
            "bsa_m2": bsa_m2,
            "gfr_ml_min": gfr_ml_min,
            "crcl_ml_min": crcl_ml_min,
            "bilirubin_mg_dl": bilirubin_mg_dl,
        }
        for name, number in given.items():
            object.__setattr__(self, name, None if number is None else _plausible(name, number))
        words = {
            "sex": (sex, SEXES),
            "crcl_weight": (crcl_weight, WEIGHTS),
            "child_pugh": (child_pugh, CHILD_PUGH),
            "liver": (liver, LIVER),
        }
        for name, (word, known) in words.items():
            if word not in ("", *known):
                raise PatientError(f"{name.replace('_', ' ')} is {word!r}; it is one of {', '.join(known)}, or left out")
            object.__setattr__(self, name, word)
        rest = {"measured_on": measured_on, "age_years": age_years, "creatinine": creatinine, "dialysis": dialysis, "lost": tuple(lost)}
        for name, value in rest.items():
            object.__setattr__(self, name, value)

    @property
    def measured(self) -> bool:
        """Whether any measurement is at hand."""
        return any(number is not None for number in (self.height_cm, self.weight_kg, self.bsa_m2, self.gfr_ml_min))


def _plausible(name: str, number: Number) -> Decimal:
    """The exact decimal of a measurement. Raises PatientError outside what a person can have."""
    limit = LIMITS[_MEASURED[name]]
    if isinstance(number, (bool, str)):
        raise PatientError(f"{limit.what}: {number!r} is not a number")
    try:
        value = Decimal(str(number))
    except InvalidOperation:
        raise PatientError(f"{limit.what}: {number!r} is not a number") from None
    if not (value.is_finite() and limit.least <= value <= limit.most):
        hint = f"; {limit.slip}" if limit.slip else ""
        raise PatientError(f"{limit.what} {value} {limit.unit} is outside {limit.least} to {limit.most} {limit.unit}{hint}")
    return value


def read_height(text: str) -> Decimal:
    """A height in cm from `170`, `170cm`, `1.70m`, `67in`, `5ft7in` or `5'7"`. Raises PatientError."""
    match = _HEIGHT_IN_FEET.fullmatch(text.strip())
    if match:
        inches = parse_number(match[2] or "0")
        if inches >= 12:
            raise PatientError(f"height {text!r} has {plain(inches)} inches beside the feet; a foot has 12")
        return Quantity(EXACT.fma(Decimal(match[1]), 12, inches), "in").to("cm")
    return _measurement("height", text, "cm", ("cm", "m", "in"))


def read_weight(text: str) -> Decimal:
    """A weight in kg from `70`, `70kg` or `154lb`. Raises PatientError."""
    return _measurement("weight", text, "kg", ("kg", "lb"))


def read_area(text: str) -> Decimal:
    """A body surface in m2 from `1.8` or `1.8m2`. Raises PatientError."""
    return _measurement("body surface", text, "m2", ("m2",))


def read_clearance(text: str, *, what: str = "GFR") -> Decimal:
    """A filtration rate in mL/min from `90` or `90mL/min`; `what` names it in the message. Raises PatientError."""
    return _measurement(what, text, "mL/min", ("mL/min",))


def _measurement(what: str, text: str, unit: str, units: tuple[str, ...]) -> Decimal:
    match = re.fullmatch(r"([0-9.]+)\s*([A-Za-z][A-Za-z0-9/]*)?", text.strip(), re.ASCII)
    try:
        if not match or (match[2] or unit) not in units:
            raise ValueError
        return Quantity(parse_number(match[1]), match[2] or unit).to(unit)
    except ValueError:
        raise PatientError(f"{what} {text!r} can't be read; write it as {_EXAMPLES[unit]}") from None


def describe(patient: Patient) -> str:
    """The measurements in a line: `170 cm, 70 kg`."""
    parts = [(patient.height_cm, "cm"), (patient.weight_kg, "kg"), (patient.bsa_m2, "m2"), (patient.gfr_ml_min, "mL/min")]
    return ", ".join(f"{plain(value)} {unit}" for value, unit in parts if value is not None) + dated(patient)


def dated(patient: Patient) -> str:
    """When height and weight were measured: ` of 2026-03-02`; nothing where that isn't known."""
    return f" of {patient.measured_on}" if patient.measured_on else ""
