"""A patient's measurements: read with their units, refused when they can't be a person's, never replaced by a default."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from dosing.errors import PatientError
from dosing.units import EXACT, Quantity, parse_number, plain

Number = int | float | Decimal

SEXES = ("female", "male")

# Wider than any person who is treated; a number outside is a slip of the pen or of the unit.
_LIMITS = {
    "height_cm": ("height", "cm", Decimal(40), Decimal(275)),
    "weight_kg": ("weight", "kg", Decimal(1), Decimal(650)),
    "bsa_m2": ("body surface", "m2", Decimal("0.1"), Decimal(4)),
    "gfr_ml_min": ("GFR", "mL/min", Decimal(1), Decimal(300)),
}
_HINTS = {
    "height_cm": "bare numbers are cm; give the unit otherwise, such as 1.70m or 5ft7in",
    "weight_kg": "bare numbers are kg; give the unit otherwise, such as 154lb",
}
_EXAMPLES = {"cm": "170, 170cm, 1.70m or 5ft7in", "kg": "70, 70kg or 154lb", "m2": "1.8 or 1.8m2", "mL/min": "90 or 90mL/min"}
_HEIGHT_IN_FEET = re.compile(r"([0-9]+)\s*(?:ft|')\s*(?:([0-9]+(?:\.[0-9]+)?)\s*(?:in|\"))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Measurements in the units of their names; None is "not measured". No name, no number: identity is never needed.

    `bsa_m2` gives the body surface directly and goes before height and weight. `sex` is "female", "male" or empty; one formula needs it.
    Raises PatientError for a value that can't be a person's.
    """

    height_cm: Decimal | None = None
    weight_kg: Decimal | None = None
    bsa_m2: Decimal | None = None
    gfr_ml_min: Decimal | None = None
    sex: str = ""

    def __init__(
        self,
        *,
        height_cm: Number | None = None,
        weight_kg: Number | None = None,
        bsa_m2: Number | None = None,
        gfr_ml_min: Number | None = None,
        sex: str = "",
    ) -> None:
        given = {"height_cm": height_cm, "weight_kg": weight_kg, "bsa_m2": bsa_m2, "gfr_ml_min": gfr_ml_min}
        for name, number in given.items():
            object.__setattr__(self, name, None if number is None else _plausible(name, number))
        if sex not in ("", *SEXES):
            raise PatientError(f"sex is {sex!r}; it is one of {', '.join(SEXES)}, or left out")
        object.__setattr__(self, "sex", sex)

    @property
    def measured(self) -> bool:
        """Whether any measurement is at hand."""
        return any(number is not None for number in (self.height_cm, self.weight_kg, self.bsa_m2, self.gfr_ml_min))


def _plausible(name: str, number: Number) -> Decimal:
    """The exact decimal of a measurement. Raises PatientError outside the limits."""
    what, unit, low, high = _LIMITS[name]
    if isinstance(number, (bool, str)):
        raise PatientError(f"{what}: {number!r} is not a number")
    try:
        value = Decimal(str(number))
    except InvalidOperation:
        raise PatientError(f"{what}: {number!r} is not a number") from None
    if not (value.is_finite() and low <= value <= high):
        hint = f"; {_HINTS[name]}" if name in _HINTS else ""
        raise PatientError(f"{what} {value} {unit} is outside {low} to {high} {unit}{hint}")
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


def read_clearance(text: str) -> Decimal:
    """A filtration rate in mL/min from `90` or `90mL/min`. Raises PatientError."""
    return _measurement("GFR", text, "mL/min", ("mL/min",))


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
    return ", ".join(f"{plain(value)} {unit}" for value, unit in parts if value is not None)
