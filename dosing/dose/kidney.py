"""Kidney function from serum creatinine: the clearance that doses go by, and the indexed eGFR for information.

The two are different numbers and of different types: an eGFR per 1.73 m2 can't be passed where a clearance is wanted. Nothing is capped
or rounded unasked. Both formulas suppose a creatinine that is stable; in kidney failure that comes or goes they are wrong.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from dosing.dose.bodyweight import Weight, checked_sex
from dosing.dose.patient import Patient
from dosing.dose.steps import Step, shown
from dosing.errors import DoseError, PatientError
from dosing.units import EXACT, Quantity, parse_number, plain

# Food and Drug Administration, letter on carboplatin dosing, 2010: the most for a GFR estimated from creatinine, in mL/min.
CALVERT_CAP_ML_MIN = Decimal(125)
# umol/L in 1 mg/dL of creatinine
UMOL_L_PER_MG_DL = Decimal("88.4")

_ADULT, _OLDEST_STUDIED, _OLDEST = 18, 92, 120
_UNITS = ("mg/dL", "umol/L")
_SPELLINGS = {"mg/dl": "mg/dL"} | dict.fromkeys(("umol/l", "µmol/L", "µmol/l", "μmol/L", "μmol/l", "micromol/L", "micromol/l"), "umol/L")
_EXAMPLE = "1.1 mg/dL or 97 umol/L"


@dataclass(frozen=True, slots=True)
class Clearance:
    """A creatinine clearance in mL/min, not rounded: by which formula, with which weight, and how.

    `cap_ml_min` is the cap that was asked for, whether it was reached or not; `source` the formula's key in sources.yaml.
    """

    ml_min: Decimal
    formula: str
    source: str
    weight: Weight
    steps: tuple[Step, ...]
    cap_ml_min: Decimal | None = None

    def __str__(self) -> str:
        return f"{shown(self.ml_min)} mL/min ({self.formula}, {self.weight.kind} weight)"


@dataclass(frozen=True, slots=True)
class Egfr:
    """An estimated filtration rate in mL/min per 1.73 m2 of body surface, not rounded: for information, not for a dose."""

    ml_min_173m2: Decimal
    formula: str
    source: str
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return f"{shown(self.ml_min_173m2)} mL/min/1.73 m2 ({self.formula})"


def read_creatinine(text: str) -> Quantity:
    """A serum creatinine from `1.1 mg/dL` or `97 umol/L` (also µmol/L), in the unit given.

    Raises PatientError for a number without a unit: the two differ 88-fold, and which is meant is never guessed.
    """
    match = re.fullmatch(r"([0-9.]+)\s*([^\s0-9.,]\S*)?", text.strip())
    try:
        if not match:
            raise ValueError
        number = parse_number(match[1])
    except ValueError:
        raise PatientError(f"creatinine {text!r} can't be read; write it as {_EXAMPLE}") from None
    if not match[2]:
        raise PatientError(f"creatinine {text!r} has no unit; write it as {_EXAMPLE}")
    creatinine = Quantity(number, _SPELLINGS.get(match[2], match[2]))
    creatinine_mg_dl(creatinine)
    return creatinine


def read_age(text: str) -> int:
    """An age in completed years from `67`. Raises PatientError for anything but digits."""
    if not re.fullmatch(r"[0-9]{1,3}", text.strip(), re.ASCII):
        raise PatientError(f"age {text!r} is not a number of completed years; give a whole number such as 67")
    return int(text)


def creatinine_mg_dl(creatinine: Quantity) -> Decimal:
    """The serum creatinine in mg/dL; 88.4 umol/L are 1 mg/dL.

    Raises PatientError for a bare number, for another unit than mg/dL and umol/L, and for what isn't above zero.
    """
    if not isinstance(creatinine, Quantity):
        raise PatientError(f"creatinine {creatinine!r} has no unit; give it as {_EXAMPLE}")
    if creatinine.unit not in _UNITS:
        raise PatientError(f"creatinine in {creatinine.unit or 'no unit'} is not known; give it as {_EXAMPLE}")
    if not creatinine.value.is_finite() or creatinine.value <= 0:
        raise PatientError(f"creatinine {creatinine.value} {creatinine.unit} must be a number above zero; give it as {_EXAMPLE}")
    return creatinine.value if creatinine.unit == "mg/dL" else EXACT.divide(creatinine.value, UMOL_L_PER_MG_DL)


def cockcroft_gault(*, age_years: int, sex: str, weight: Weight, creatinine: Quantity) -> Clearance:
    """Cockcroft and Gault, Nephron 1976;16:31: (140 - age) x weight in kg / (72 x creatinine in mg/dL), in mL/min; in women x 0.85.

    `weight` says by its kind which it is: the paper used the actual one. `age_years` are completed years. Derived from 249 patients
    aged 18 to 92, with creatinine methods older than today's, and not indexed to body surface. Raises PatientError below 18 and above 120
    years, without sex, and for a weight or a creatinine that can't be a person's; above 92 years a step says so.
    """
    years = _adult(age_years, what="the Cockcroft-Gault formula")
    factor = Decimal("0.85") if checked_sex(sex, what="the Cockcroft-Gault formula") == "female" else Decimal(1)
    Patient(weight_kg=weight.kg)
    scr = creatinine_mg_dl(creatinine)
    value = EXACT.divide(EXACT.multiply(EXACT.multiply(140 - years, weight.kg), factor), EXACT.multiply(72, scr))
    women = " x 0.85 (female)" if sex == "female" else ""
    above, below = f"(140 - {years}) x {shown(weight.kg)} kg ({weight.kind})", f"(72 x {shown(scr)} mg/dL)"
    text = f"{above} / {below}{women} = {shown(value)} mL/min (Cockcroft-Gault)"
    step = Step("clearance", text, value, source="cockcroft-gault-1976")
    steps = (*weight.steps, *_conversion(creatinine, scr), *_beyond(years), step)
    return Clearance(value, "Cockcroft-Gault", step.source, weight, steps)


def ckd_epi_2021(*, age_years: int, sex: str, creatinine: Quantity) -> Egfr:
    """CKD-EPI 2021 without race (Inker et al., N Engl J Med 2021;385:1737), in mL/min per 1.73 m2, from creatinine in mg/dL.

    142 x min(cr/k, 1)^a x max(cr/k, 1)^-1.200 x 0.9938^age, in women x 1.012; k is 0.7 in women and 0.9 in men, a is -0.241 and -0.302.
    For information: neither the dose by AUC nor a label's limits in mL/min go by it. Raises PatientError below 18 and above 120 years,
    without sex, and for a creatinine that isn't above zero.
    """
    years = _adult(age_years, what="the CKD-EPI 2021 formula")
    female = checked_sex(sex, what="the CKD-EPI 2021 formula") == "female"
    kappa, alpha = (Decimal("0.7"), Decimal("-0.241")) if female else (Decimal("0.9"), Decimal("-0.302"))
    scr = creatinine_mg_dl(creatinine)
    # Of min and max, one is always 1.
    exponent = alpha if scr <= kappa else Decimal("-1.2")
    value = EXACT.multiply(EXACT.power(EXACT.divide(scr, kappa), exponent), EXACT.power(Decimal("0.9938"), years))
    value = EXACT.multiply(value, Decimal("143.704") if female else Decimal(142))  # 143.704 = 142 x 1.012
    women = " x 1.012 (female)" if female else ""
    text = f"142 x ({shown(scr)} mg/dL / {kappa})^{exponent} x 0.9938^{years}{women} = {shown(value)} mL/min/1.73 m2 (CKD-EPI 2021)"
    step = Step("eGFR", text, value, source="ckd-epi-2021")
    return Egfr(value, "CKD-EPI 2021", step.source, (*_conversion(creatinine, scr), step))


def capped(clearance: Clearance, *, cap_ml_min: Decimal) -> Clearance:
    """The clearance, at most `cap_ml_min` (for Calvert's formula `CALVERT_CAP_ML_MIN`); a step says whether the cap was reached.

    The cap is meant for rates estimated from creatinine, not for measured ones. Raises DoseError for a cap that isn't above zero.
    """
    ml_min, step = capped_rate(clearance.ml_min, cap_ml_min=cap_ml_min)
    return replace(clearance, ml_min=ml_min, steps=(*clearance.steps, step), cap_ml_min=cap_ml_min)


def capped_rate(ml_min: Decimal, *, cap_ml_min: Decimal) -> tuple[Decimal, Step]:
    """A rate in mL/min, at most `cap_ml_min`, and the step that says whether the cap was reached; 125 of 125 mL/min is not.

    Raises DoseError for a cap that isn't above zero.
    """
    if not cap_ml_min.is_finite() or cap_ml_min <= 0:
        raise DoseError(f"a cap on the GFR of {cap_ml_min} mL/min can't be used; give a number above zero, such as {CALVERT_CAP_ML_MIN}")
    if ml_min <= cap_ml_min:
        return ml_min, Step("gfr cap", f"{shown(ml_min)} mL/min is not above the cap of {plain(cap_ml_min)} mL/min", ml_min)
    held = f"above the cap of {plain(cap_ml_min)} mL/min: dosed as {plain(cap_ml_min)} mL/min"
    return cap_ml_min, Step("gfr cap", f"{shown(ml_min)} mL/min is {held}", cap_ml_min, note=f"clearance {held}")


def _adult(age_years: int, *, what: str) -> int:
    """The age; raises PatientError, which names `what`, unless it is one of an adult in completed years."""
    if type(age_years) is not int:
        raise PatientError(f"age {age_years!r} is not a number of completed years; give a whole number such as 67")
    if not _ADULT <= age_years <= _OLDEST:
        raise PatientError(f"age {age_years} years is outside {_ADULT} to {_OLDEST}, for which {what} can be used; give a measured GFR")
    return age_years


def _conversion(creatinine: Quantity, scr: Decimal) -> tuple[Step, ...]:
    if creatinine.unit == "mg/dL":
        return ()
    return (Step("creatinine", f"creatinine {plain(creatinine.value)} umol/L / {UMOL_L_PER_MG_DL} = {shown(scr)} mg/dL"),)


def _beyond(years: int) -> tuple[Step, ...]:
    if years <= _OLDEST_STUDIED:
        return ()
    return (Step("age", f"age {years} is beyond the {_ADULT} to {_OLDEST_STUDIED} years that Cockcroft and Gault studied"),)
