"""Turn a treatment regimen and a patient's start date and size into a dated, dosed schedule.

The names below are all a user of the library needs; they are loaded on first use, so that `import dosing` stays cheap.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dosing.api import Plan, load_regimen
    from dosing.dose.patient import Patient
    from dosing.errors import DosingError
    from dosing.units import Quantity

__version__ = "0.1.0"

_HOMES = {
    "DosingError": "dosing.errors",
    "Patient": "dosing.dose.patient",
    "Plan": "dosing.api",
    "Quantity": "dosing.units",
    "load_regimen": "dosing.api",
}

__all__ = ["DosingError", "Patient", "Plan", "Quantity", "__version__", "load_regimen"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'dosing' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
