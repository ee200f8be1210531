"""Turn a treatment regimen and a patient's start date and size into a dated, dosed schedule.

The names below are all a user of the library needs; they are loaded on first use, so that `import dosing` stays cheap.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dosing.api import ChosenRegimen, load_regimen
    from dosing.dose.patient import Patient
    from dosing.errors import DosingError
    from dosing.treatment import Treatment, load_plan
    from dosing.units import Quantity

__version__ = "0.1.0"

_HOMES = {
    "ChosenRegimen": "dosing.api",
    "DosingError": "dosing.errors",
    "Patient": "dosing.dose.patient",
    "Quantity": "dosing.units",
    "Treatment": "dosing.treatment",
    "load_plan": "dosing.treatment",
    "load_regimen": "dosing.api",
}

__all__ = ["ChosenRegimen", "DosingError", "Patient", "Quantity", "Treatment", "__version__", "load_plan", "load_regimen"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'dosing' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
