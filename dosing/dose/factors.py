"""What is known of a patient for the rules that wait for it: age, kidneys, liver, dialysis; nothing is ever supposed.

A creatinine clearance is the one given, or is estimated by Cockcroft and Gault (dosing.dose.kidney). An eGFR is shown beside it where it
can be computed; no rule goes by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from dosing.dose.bodyweight import choose_weight
from dosing.dose.kidney import Clearance, ckd_epi_2021, cockcroft_gault, creatinine_mg_dl
from dosing.dose.patient import Patient
from dosing.dose.steps import Step, shown
from dosing.errors import PatientError
from dosing.regimen.conditions import FACTORS
from dosing.units import Quantity, plain

Values = Mapping[str, Decimal | str | bool]

_UNITS = {"age": "years", "crcl": "mL/min", "bilirubin": "mg/dL"}
_CLEARANCE = "the creatinine clearance by Cockcroft-Gault"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known, by the factors of `dosing.regimen.conditions`: age in years, crcl in mL/min, bilirubin in mg/dL, classes as letters.

    What was not measured is not in `values`. `steps` say how the clearance was found; `how` is the same in a few words.
    """

    values: Values
    steps: tuple[Step, ...] = ()
    how: str = ""


def known(patient: Patient) -> Known:
    """The factors that are at hand.

    A creatinine is given to be used: raises PatientError that names what else the clearance needs, unless the clearance itself is given.
    Raises PatientError also for an age, a weight or a creatinine that Cockcroft and Gault's formula doesn't hold for.
    """
    crcl, steps, how = _clearance(patient)
    found: dict[str, Decimal | str | bool | None] = {
        "age": None if patient.age_years is None else Decimal(patient.age_years),
        "crcl": crcl,
        "bilirubin": patient.bilirubin_mg_dl,
        "dialysis": patient.dialysis,
        "child-pugh": patient.child_pugh or None,
        "liver": patient.liver or None,
    }
    return Known({factor: value for factor in FACTORS if (value := found[factor]) is not None}, steps, how)


def describe_known(known: Known) -> str:
    """The factors in a line: `age 80 years, crcl 45 mL/min (given), no dialysis, child-pugh B`; nothing where none is at hand."""
    return ", ".join(_described(factor, value, known.how if factor == "crcl" else "") for factor, value in known.values.items())


def _described(factor: str, value: Decimal | str | bool, how: str) -> str:
    if isinstance(value, bool):
        return factor if value else f"no {factor}"
    if isinstance(value, str):
        return f"{factor} {value}"
    return f"{factor} {shown(value)} {_UNITS[factor]}" + (f" ({how})" if how else "")


# -- kidneys ------------------------------------------------------------------------------------------------------


def _clearance(patient: Patient) -> tuple[Decimal | None, tuple[Step, ...], str]:
    """The clearance in mL/min, the steps that led to it, and how it was found in a few words."""
    creatinine = patient.creatinine
    if creatinine is not None:
        creatinine_mg_dl(creatinine)
    if patient.crcl_ml_min is not None:
        unused = "; the creatinine is not used" if creatinine is not None else ""
        text = f"creatinine clearance {plain(patient.crcl_ml_min)} mL/min (given{unused})"
        step = Step("clearance", text, patient.crcl_ml_min, note="creatinine clearance as given")
        return patient.crcl_ml_min, (step, *_information(patient)), "given"
    if creatinine is None:
        return None, (), ""
    found = _estimate(patient, creatinine)
    how = f"{found.formula}, {found.weight.kind} weight"
    last = replace(found.steps[-1], note=f"creatinine clearance by {found.formula} with the {found.weight.kind} weight")
    return found.ml_min, (*found.steps[:-1], last, *_information(patient)), how


def _estimate(patient: Patient, creatinine: Quantity) -> Clearance:
    """Raises PatientError for all that is missing at once."""
    age = patient.age_years
    needed = {"age": age is None, "sex": not patient.sex, "weight": patient.weight_kg is None}
    missing = [name for name, absent in needed.items() if absent]
    if age is None or missing:
        options = " ".join(f"--{name}" for name in missing)
        raise PatientError(f"{_CLEARANCE} needs the patient's {_and(missing)}: give {options}, or --crcl instead of --creatinine")
    if not patient.crcl_weight:
        raise PatientError(f"{_CLEARANCE} needs to know which weight to take: give --crcl-weight, such as actual")
    weight = choose_weight(patient.crcl_weight, patient)
    return cockcroft_gault(age_years=age, sex=patient.sex, weight=weight, creatinine=creatinine)


def _information(patient: Patient) -> tuple[Step, ...]:
    """The eGFR, where it can be computed: for information, so that what it lacks is no error."""
    if patient.creatinine is None or patient.age_years is None or not patient.sex:
        return ()
    try:
        steps = ckd_epi_2021(age_years=patient.age_years, sex=patient.sex, creatinine=patient.creatinine).steps
    except PatientError:  # an age that the formula doesn't hold for
        return ()
    last = steps[-1]
    return (Step("eGFR", f"{last.text}; for information, no rule goes by it", last.value, source=last.source),)


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
