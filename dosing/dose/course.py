"""What is true of one patient's treatment beyond the regimen: measurements over time, reductions, exposure before, what was let pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dosing.dose.patient import Patient
from dosing.dose.reduction import Reduction
from dosing.schedule.entries import Key
from dosing.units import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One patient's course.

    `patient` is measured at the start; each of `later` is the patient measured again, with its date. `prior` is what was given of a drug,
    or of a class of drugs, before (mg or mg/m2). `override` names the stops that somebody lets pass: measurements (`height`, ...)
    and limits (`carfilzomib.usual`, `doxorubicin.lifetime`, ...). `given` are the amounts of one administration that were really given,
    by the keys of the entries (dosing.schedule.entries).
    """

    patient: Patient = field(default_factory=Patient)
    later: tuple[Patient, ...] = ()
    reductions: tuple[Reduction, ...] = ()
    prior: Mapping[str, Quantity] = field(default_factory=dict)
    override: frozenset[str] = frozenset()
    given: Mapping[Key, Quantity] = field(default_factory=dict)
