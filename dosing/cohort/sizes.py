"""Body surface on arrays, in binary fractions; near a boundary the caller asks the exact one-patient path instead.

The same published formulas as in `dosing.dose.bodysize`, by the same ids; a test holds the two equal to 12 digits. Schlich's, which needs
the sex, is left to the one-patient path.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def _power(constant: float, height: float, weight: float) -> Callable[[Floats, Floats], Floats]:
    def surface(height_cm: Floats, weight_kg: Floats) -> Floats:
        found: Floats = constant * height_cm**height * weight_kg**weight
        return found

    return surface


def _mosteller(height_cm: Floats, weight_kg: Floats) -> Floats:
    return np.sqrt(height_cm * weight_kg / 3600)


def _boyd(height_cm: Floats, weight_kg: Floats) -> Floats:
    grams = weight_kg * 1000
    found: Floats = 0.0003207 * height_cm**0.3 * grams ** (0.7285 - 0.0188 * np.log10(grams))
    return found


def _livingston_lee(_: Floats, weight_kg: Floats) -> Floats:
    return np.where(weight_kg < 10, 0.1037 * weight_kg**0.6724, 0.1173 * weight_kg**0.6466)


SURFACES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "mosteller": _mosteller,
    "du-bois": _power(0.007184, 0.725, 0.425),
    "haycock": _power(0.024265, 0.3964, 0.5378),
    "gehan-george": _power(0.0235, 0.42246, 0.51456),
    "boyd": _boyd,
    "fujimoto": _power(0.008883, 0.663, 0.444),
    "takahira": _power(0.007241, 0.725, 0.425),
    "shuter-aslani": _power(0.00949, 0.655, 0.441),
    "livingston-lee": _livingston_lee,
}
