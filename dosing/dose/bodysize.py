"""Body surface from height and weight, by ten published formulas.

Every formula is computed in decimals to 40 digits and nothing is rounded. Formulas differ by up to about 0.5 m2, more in very heavy short
people, so the one that was used is named with every amount.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from dosing.errors import PatientError, nearest
from dosing.units import EXACT

DEFAULT = "mosteller"


@dataclass(frozen=True, slots=True)
class Body:
    """What the formulas may ask for; `sex` is `female`, `male` or nothing."""

    height_cm: Decimal
    weight_kg: Decimal
    sex: str = ""


def mosteller(body: Body) -> Decimal:
    """Mosteller, N Engl J Med 1987;317:1098. cm, kg, m2: sqrt(h x w / 3600)."""
    return EXACT.sqrt(EXACT.divide(EXACT.multiply(body.height_cm, body.weight_kg), Decimal(3600)))


def du_bois(body: Body) -> Decimal:
    """Du Bois and Du Bois, Arch Intern Med 1916;17:863. cm, kg, m2: 0.007184 x h^0.725 x w^0.425."""
    return _product("0.007184", _power(body.height_cm, "0.725"), _power(body.weight_kg, "0.425"))


def haycock(body: Body) -> Decimal:
    """Haycock et al., J Pediatr 1978;93:62. cm, kg, m2: 0.024265 x h^0.3964 x w^0.5378."""
    return _product("0.024265", _power(body.height_cm, "0.3964"), _power(body.weight_kg, "0.5378"))


def gehan_george(body: Body) -> Decimal:
    """Gehan and George, Cancer Chemother Rep 1970;54:225. cm, kg, m2: 0.0235 x h^0.42246 x w^0.51456."""
    return _product("0.0235", _power(body.height_cm, "0.42246"), _power(body.weight_kg, "0.51456"))


def boyd(body: Body) -> Decimal:
    """Boyd 1935, the form in grams. cm, g, m2: 0.0003207 x h^0.3 x g^(0.7285 - 0.0188 log10 g).

    The printed form in kilograms has rounded constants of its own and differs by about 0.0002 m2.
    """
    grams = EXACT.multiply(body.weight_kg, Decimal(1000))
    exponent = EXACT.subtract(Decimal("0.7285"), EXACT.multiply(Decimal("0.0188"), EXACT.log10(grams)))
    return _product("0.0003207", _power(body.height_cm, "0.3"), EXACT.power(grams, exponent))


def fujimoto(body: Body) -> Decimal:
    """Fujimoto et al. 1968. cm, kg, m2: 0.008883 x h^0.663 x w^0.444."""
    return _product("0.008883", _power(body.height_cm, "0.663"), _power(body.weight_kg, "0.444"))


def takahira(body: Body) -> Decimal:
    """Takahira 1925, as cited by Fujimoto. cm, kg, m2: 0.007241 x h^0.725 x w^0.425."""
    return _product("0.007241", _power(body.height_cm, "0.725"), _power(body.weight_kg, "0.425"))


def shuter_aslani(body: Body) -> Decimal:
    """Shuter and Aslani, Eur J Appl Physiol 2000;82:250. cm, kg, m2: 0.00949 x h^0.655 x w^0.441."""
    return _product("0.00949", _power(body.height_cm, "0.655"), _power(body.weight_kg, "0.441"))


def livingston_lee(body: Body) -> Decimal:
    """Livingston and Lee, Am J Physiol 2001. kg, m2; height plays no part: 0.1173 x w^0.6466, below 10 kg 0.1037 x w^0.6724.

    The two meet with a step: 9.99 kg has 0.487 m2, 10 kg has 0.520 m2.
    """
    if body.weight_kg < 10:
        return _product("0.1037", _power(body.weight_kg, "0.6724"))
    return _product("0.1173", _power(body.weight_kg, "0.6466"))


def schlich(body: Body) -> Decimal:
    """Schlich et al. 2010. cm, kg, m2: women 0.000975482 x h^1.08 x w^0.46, men 0.000579479 x h^1.24 x w^0.38."""
    if body.sex == "female":
        return _product("0.000975482", _power(body.height_cm, "1.08"), _power(body.weight_kg, "0.46"))
    return _product("0.000579479", _power(body.height_cm, "1.24"), _power(body.weight_kg, "0.38"))


def _power(size: Decimal, exponent: str) -> Decimal:
    return EXACT.power(size, Decimal(exponent))


def _product(constant: str, *factors: Decimal) -> Decimal:
    product = Decimal(constant)
    for factor in factors:
        product = EXACT.multiply(product, factor)
    return product


@dataclass(frozen=True, slots=True)
class Formula:
    """A published formula: `source` is its key in sources.yaml, `text` the formula in a line for people."""

    id: str
    title: str
    source: str
    text: str
    compute: Callable[[Body], Decimal]
    needs_sex: bool = False


FORMULAS: dict[str, Formula] = {
    formula.id: formula
    for formula in (
        Formula("mosteller", "Mosteller", "mosteller-1987", "sqrt(height cm x weight kg / 3600)", mosteller),
        Formula("du-bois", "Du Bois", "du-bois-1916", "0.007184 x height cm^0.725 x weight kg^0.425", du_bois),
        Formula("haycock", "Haycock", "haycock-1978", "0.024265 x height cm^0.3964 x weight kg^0.5378", haycock),
        Formula("gehan-george", "Gehan-George", "gehan-george-1970", "0.0235 x height cm^0.42246 x weight kg^0.51456", gehan_george),
        Formula("boyd", "Boyd", "boyd-1935", "0.0003207 x height cm^0.3 x weight g^(0.7285 - 0.0188 x log10 weight g)", boyd),
        Formula("fujimoto", "Fujimoto", "fujimoto-1968", "0.008883 x height cm^0.663 x weight kg^0.444", fujimoto),
        Formula("takahira", "Takahira", "takahira-1925", "0.007241 x height cm^0.725 x weight kg^0.425", takahira),
        Formula("shuter-aslani", "Shuter-Aslani", "shuter-aslani-2000", "0.00949 x height cm^0.655 x weight kg^0.441", shuter_aslani),
        Formula(
            "livingston-lee",
            "Livingston-Lee",
            "livingston-lee-2001",
            "0.1173 x weight kg^0.6466, below 10 kg 0.1037 x weight kg^0.6724",
            livingston_lee,
        ),
        Formula(
            "schlich",
            "Schlich",
            "schlich-2010",
            "women 0.000975482 x height cm^1.08 x weight kg^0.46, men 0.000579479 x height cm^1.24 x weight kg^0.38",
            schlich,
            needs_sex=True,
        ),
    )
}


def find_formula(id: str) -> Formula:
    """The formula with this id, in any case and with spaces, underscores or hyphens. Raises PatientError for an unknown one."""
    tidy = re.sub(r"[\s_]+", "-", id.strip().lower())
    if tidy not in FORMULAS:
        raise PatientError(f"unknown body-surface formula {id!r}{nearest(tidy, FORMULAS)}; known are {', '.join(FORMULAS)}")
    return FORMULAS[tidy]


def body_surface(*, height_cm: Decimal, weight_kg: Decimal, formula: str = DEFAULT, sex: str = "") -> Decimal:
    """Body surface in m2 with full precision; `sex` is `female`, `male` or nothing, and asked for by Schlich's formula only.

    Raises PatientError for an unknown formula, a size that isn't above zero, or a missing sex.
    """
    chosen = find_formula(formula)
    for name, size in (("height in cm", height_cm), ("weight in kg", weight_kg)):
        if not size.is_finite() or size <= 0:
            raise PatientError(f"the {name} must be a number above zero")
    if chosen.needs_sex and sex not in ("female", "male"):
        raise PatientError(f"the {chosen.title} formula needs the patient's sex, female or male; give it or choose another formula")
    return chosen.compute(Body(height_cm, weight_kg, sex))
