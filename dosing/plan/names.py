"""How a plan file is known; and what can be asked for in text about a patient and a practice, by the names of the options.

Command line, cases and plan files share these names.
"""

from pathlib import Path

from dosing.regimen.library import is_path

ENDING = ".plan.yaml"
_BEGINNING = b"dosing_plan:"

# With one value.
PATIENT_TEXTS = (
    "height",
    "weight",
    "measured_on",
    "bsa",
    "gfr",
    "sex",
    "age",
    "creatinine",
    "crcl",
    "crcl_weight",
    "bilirubin",
    "dialysis",
    "child_pugh",
    "liver",
)
PRACTICE_TEXTS = ("site", "country", "move", "formula")

# With several. What changes in the course of treatment is no part of a plan's head.
PATIENT_LISTS = ("lost", "prior", "override")
PRACTICE_LISTS = ("round", "bands", "rule", "weigh", "dose_weight")
CHANGING_LISTS = ("measured", "reduce")

TEXTS = (*PATIENT_TEXTS, *PRACTICE_TEXTS)
LISTS = (*PATIENT_LISTS, *PRACTICE_LISTS, *CHANGING_LISTS)


def is_plan(name: str) -> bool:
    """Whether a name means a plan file: by its ending, or because the file begins as one."""
    if name.endswith(ENDING) or not is_path(name):
        return name.endswith(ENDING)
    try:
        with Path(name).open("rb") as stream:
            return stream.read(len(_BEGINNING)) == _BEGINNING
    except OSError:
        return False
