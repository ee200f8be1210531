"""Which measurement of a patient's size an amount is computed with, when there are several.

A drug's rule says when a new weight counts: at each cycle, or when it has changed by more than a percentage since the one in use. A change
of just that percentage keeps the old size.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from dosing.dose.course import Course
from dosing.dose.patient import Patient
from dosing.dose.steps import Step, cited, signed_percent
from dosing.errors import DoseError, PatientError
from dosing.regimen.drug import Drug, Weigh
from dosing.regimen.facts import Fact
from dosing.schedule.entries import Entry
from dosing.units import EXACT

_HUNDRED = Decimal(100)
_TENTH = Decimal("0.1")


def check_later(course: Course, start: date) -> None:
    """Raise PatientError for a later measurement that can't count.

    That is one without date or weight or from before the start, two of one day, and any where the first amounts went by no weight; and a
    first measurement from after the start.
    """
    first = course.patient.measured_on
    if first and first > start:
        raise PatientError(f"height and weight are of {first}, after the start on {start}; give a later measurement with --measured")
    if course.later and course.patient.bsa_m2 is not None:
        raise PatientError("later measurements need the height and weight that the first amounts were computed with, not --bsa")
    if course.later and course.patient.weight_kg is None:
        raise PatientError("later measurements need the weight that the first amounts were computed with: give --weight")
    days = [each.measured_on for each in course.later]
    for each in course.later:
        if each.measured_on is None or each.weight_kg is None:
            raise PatientError("a later measurement needs its date and a weight, such as 2026-03-02 weight=66kg")
        if each.measured_on < start:
            raise PatientError(
                f"the measurement of {each.measured_on} is from before the start on {start}; the size at the start is --height and --weight"
            )
        if days.count(each.measured_on) > 1:
            raise PatientError(f"there are two measurements of {each.measured_on}; keep one")


def latest(course: Course, entry: Entry) -> Patient:
    """The patient as last measured on or before the entry's day."""
    known = [each for each in course.later if each.measured_on and each.measured_on <= entry.date]
    return max(known, key=lambda each: str(each.measured_on)) if known else course.patient


@dataclass(slots=True)
class Scale:
    """What one drug's amounts are computed with, from dose to dose in order of date."""

    drug: Drug
    course: Course
    _basis: Patient = field(init=False)
    _cycle: tuple[str, int | None] | None = None

    def __post_init__(self) -> None:
        self._basis = self.course.patient

    def on(self, entry: Entry) -> tuple[Patient, tuple[Step, ...]]:
        """The measurement that counts on the entry's planned day, and what is to be said of it.

        An entry that isn't given has the size that it would have had, and leaves none: the next is looked at as if it had not been there.
        Raises DoseError where there is a later measurement by then and no rule says when it counts.
        """
        if not self.course.later:
            return self._basis, ()
        new = latest(self.course, entry)
        cycle = entry.phase, entry.cycle
        first = cycle != self._cycle
        if entry.counts:
            self._cycle = cycle
        if new is self._basis:
            return self._basis, ()
        step, counts = _decide(self._rule(), self._basis, new, first=first)
        size = new if counts else self._basis
        if entry.counts:
            self._basis = size
        return size, (step,)

    def _rule(self) -> Fact[Weigh]:
        rule = self.drug.weigh
        if rule is None or rule.stated is None:
            raise DoseError(
                f"{self.drug.id}: no rule says when a new weight counts; give one with --weigh {self.drug.id}='more than 10 %' or "
                f"--weigh {self.drug.id}='each cycle', or in the site file"
            )
        return rule


def _decide(rule: Fact[Weigh], old: Patient, new: Patient, *, first: bool) -> tuple[Step, bool]:
    """Whether the new measurement counts, and the step that says why."""
    change = _change(old, new)
    since = f"since {old.measured_on}" if old.measured_on else "since the start"
    more_than = rule.stated.more_than if rule.stated else None
    by = cited(rule)
    if more_than is None:
        counts, why = first, "weighed each cycle" if first else "it counts from the next cycle"
    else:
        counts = abs(change) > more_than.value
        why = f"{'more than' if counts else 'within'} {more_than}"
    # One decimal doesn't show a change that is beyond the limit by less than that.
    hair = "just beyond " if counts and more_than and abs(change.quantize(_TENTH)) <= more_than.value else ""
    said = f"weight of {new.measured_on} is {hair}{signed_percent(change)} {since}"
    end = "NEW SIZE from this dose" if counts else f"the size {since.replace('since', 'of')} is kept"
    text = f"{said} ({why}) {by}: {end}"
    return Step("measurement", text, note=text), counts


def _change(old: Patient, new: Patient) -> Decimal:
    """The change of weight in percent of the old one."""
    before, now = old.weight_kg or Decimal(1), new.weight_kg or Decimal(1)
    return EXACT.divide(EXACT.multiply(EXACT.subtract(now, before), _HUNDRED), before)
