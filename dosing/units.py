"""Quantities: a decimal number with a unit from a closed list, and exact conversion between units of one kind.

Numbers are read as plain ASCII decimals and kept as `Decimal`; nothing passes through binary floating point.
"""

import re
from dataclasses import dataclass
from decimal import Context, Decimal

# Wide enough that a product of a dose and a body size keeps every digit that matters, independent of the caller's context.
EXACT = Context(prec=40)

# unit -> (kind, size in the kind's smallest unit)
_UNITS: dict[str, tuple[str, Decimal]] = {
    "g": ("mass", Decimal(10) ** 9),
    "mg": ("mass", Decimal(10) ** 6),
    "microgram": ("mass", Decimal(10) ** 3),
    "ng": ("mass", Decimal(1)),
    "units": ("activity", Decimal(1)),
    "million units": ("activity", Decimal(10) ** 6),
    "mmol": ("substance", Decimal(1)),
    "mL": ("volume", Decimal(1)),
    "L": ("volume", Decimal(1000)),
    "cm": ("length", Decimal(1)),
    "m": ("length", Decimal(100)),
    "in": ("length", Decimal("2.54")),
    "ft": ("length", Decimal("30.48")),
    "kg": ("weight", Decimal(1)),
    "lb": ("weight", Decimal("0.45359237")),
    "m2": ("area", Decimal(1)),
    "AUC": ("exposure", Decimal(1)),
    "mL/min": ("clearance", Decimal(1)),
}
# A microgram is always spelled out: its signs have been read as mg.
_MICRO = dict.fromkeys(("mcg", "micrograms", "ug", "µg", "μg"), "microgram")
_SPELLINGS = {**_MICRO, "IU": "units", "U": "units", "unit": "units"}
# The kinds of unit that a dose can have.
DOSED = ("mass", "activity", "substance", "volume")
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_QUANTITY = re.compile(rf"({_NUMBER})\s*([A-Za-zµμ][A-Za-zµμ0-9 /]*)", re.ASCII)


def parse_number(text: str) -> Decimal:
    """A plain decimal number such as `27` or `1.3`; no sign, no exponent, no thousands separator.

    Raises ValueError.
    """
    if not re.fullmatch(_NUMBER, text):
        raise ValueError(f"{text!r} is not a plain number such as 27 or 1.3")
    return Decimal(text)


def plain(number: Decimal) -> str:
    """The number as people and files want it: no exponent, no trailing zero, a leading zero before the point, and no sign before 0."""
    text = format(number if number else abs(number), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit: `Quantity(Decimal("27"), "mg/m2")`. `per` is "m2", "kg" or nothing."""

    value: Decimal
    unit: str

    @property
    def per(self) -> str:
        """What the quantity is for: `m2`, `kg`, or an empty text for a flat one."""
        return self.unit.partition("/")[2] if self.unit != "mL/min" else ""

    @property
    def flat_unit(self) -> str:
        """The unit without the size: `mg` of `mg/m2`."""
        return self.unit.partition("/")[0] if self.per else self.unit

    @property
    def kind(self) -> str:
        """`mass`, `activity`, `volume`, `length`, `weight`, ... of the unit without the size."""
        return _UNITS[self.flat_unit][0]

    def to(self, unit: str) -> Decimal:
        """The number in another unit of the same kind, exactly. Raises ValueError for another kind."""
        if _UNITS[unit][0] != self.kind or self.per:
            raise ValueError(f"{self} can't be given in {unit}")
        return EXACT.divide(EXACT.multiply(self.value, _UNITS[self.flat_unit][1]), _UNITS[unit][1])

    def __str__(self) -> str:
        return f"AUC {plain(self.value)}" if self.unit == "AUC" else f"{plain(self.value)} {self.unit}"


def parse_quantity(text: str, *kinds: str) -> Quantity:
    """Read `27 mg/m2`, `0.1 mg`, `2.2 m2`; `kinds` are those allowed (all of them if none is given).

    Raises ValueError with a message for people.
    """
    match = _QUANTITY.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a number with a unit, such as {_example(kinds)}")
    unit = _canonical(match[2].strip())
    quantity = Quantity(parse_number(match[1]), unit)
    if kinds and quantity.kind not in kinds:
        raise ValueError(f"{text!r} has the unit of {quantity.kind}; expected something such as {_example(kinds)}")
    return quantity


def parse_dose(text: str) -> Quantity:
    """Read a dose: flat, per m2, per kg, or `AUC 5`. Raises ValueError."""
    if text.startswith("AUC"):
        dose = Quantity(parse_number(text[3:].strip()), "AUC")
    else:
        dose = parse_quantity(text, *DOSED)
    if not dose.value:
        raise ValueError(f"{text!r}: a dose of nothing; write `days: none` where the drug is not given")
    if dose.per == "mL":
        raise ValueError(f"{text!r} is a concentration, not a dose")
    return dose


def parse_amount(text: str) -> Quantity:
    """Read a flat amount that isn't nothing, such as `123 mg`. Raises ValueError."""
    amount = parse_quantity(text, *DOSED)
    if amount.per or not amount.value:
        raise ValueError(f"{text!r} must be a flat amount above zero, such as 123 mg")
    return amount


def _canonical(unit: str) -> str:
    base, slash, per = unit.partition("/")
    base = _SPELLINGS.get(base, base)
    whole = f"{base}{slash}{per}"
    if whole in _UNITS:
        return whole
    known = base in _UNITS and _UNITS[base][0] in DOSED
    if not known or (slash and per not in ("m2", "kg", "mL")):
        raise ValueError(f"unknown unit {unit!r}; known are {', '.join(_UNITS)}, and these per m2 or kg")
    return whole


def _example(kinds: tuple[str, ...]) -> str:
    examples = {"area": "2.2 m2", "length": "170 cm", "weight": "70 kg", "clearance": "90 mL/min"}
    return examples.get(kinds[0] if kinds else "", "27 mg/m2 or 40 mg")
