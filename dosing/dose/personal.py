"""A regimen made to fit one patient: the measurements looked at, and the rules that depend on them applied."""

from collections.abc import Iterator
from dataclasses import dataclass

from dosing.dose.course import Course
from dosing.dose.factors import known
from dosing.dose.measures import GRADED
from dosing.dose.order import check_practice
from dosing.dose.patient import Patient
from dosing.dose.plausible import Remark, assess
from dosing.dose.practice import Practice
from dosing.regimen.adapt import adapt
from dosing.regimen.library import find_drug
from dosing.regimen.model import Regimen


@dataclass(frozen=True, slots=True)
class Personal:
    """The regimen for one patient, and what must be said of how it came about: sentences without the patient's measurements.

    `applied` are the rules that made it what it is, as in `dosing.regimen.adapt`.
    """

    regimen: Regimen
    said: tuple[str, ...]
    applied: tuple[tuple[str, str, str], ...] = ()


def personal(regimen: Regimen, course: Course, practice: Practice) -> Personal:
    """The chosen regimen with the rules for this patient in it.

    Raises PatientError for measurements that are probably a slip (unless overridden) or that a formula misses, RegimenError where a choice
    between alternative rules is missing.
    """
    check_practice(practice, regimen)
    said = looked_at(course)
    factors = known(course.patient)
    adapted = adapt(regimen, factors.values, groups=practice.groups, drug_of=lambda id: practice.drug(find_drug(id, regimen=regimen)))
    used = tuple(step.note for step in factors.steps if step.note) if adapted.regimen is not regimen else ()
    return Personal(adapted.regimen, (*said, *used, *adapted.notes), adapted.applied)


def looked_at(course: Course) -> tuple[str, ...]:
    """Remarks on the measurements, in sentences without them. Raises PatientError for one that is probably a slip, unless overridden."""
    return tuple(dict.fromkeys(_remarked(course)))


def _remarked(course: Course) -> Iterator[str]:
    override = course.override & GRADED.keys()
    if course.patient.lost:
        yield "a lost part of the body counts only where the weight before amputation is asked for (--dose-weight, --crcl-weight)"
    for patient in (course.patient, *course.later):
        for remark in _remarks(patient, override):
            yield f"{remark.grade.upper()}: {remark.note}"


def _remarks(patient: Patient, override: frozenset[str]) -> list[Remark]:
    return assess(
        height_cm=patient.height_cm,
        weight_kg=patient.weight_kg,
        age_years=patient.age_years,
        creatinine=patient.creatinine,
        override=override,
    )
