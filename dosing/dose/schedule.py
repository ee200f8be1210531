"""Every entry of a schedule with its amount, or with the reason why it has none."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from dosing.dose.amount import Amount, Order, compute, missing_measurement
from dosing.dose.bodysize import find_formula
from dosing.dose.course import Course
from dosing.dose.finding import Finding
from dosing.dose.limits import look, require
from dosing.dose.order import drugs_given, order_of
from dosing.dose.patient import Patient
from dosing.dose.practice import USUAL, Practice
from dosing.dose.reduction import Place, Reduction, check_reductions, dated, in_force
from dosing.dose.steps import Step
from dosing.dose.weighing import Scale, check_later
from dosing.errors import DoseError
from dosing.regimen.drug import Drug
from dosing.regimen.library import find_drug
from dosing.regimen.model import Regimen
from dosing.schedule.draw import Schedule
from dosing.schedule.entries import GIVEN, NOT_GIVEN, Entry
from dosing.units import Quantity


@dataclass(frozen=True, slots=True)
class Dosed:
    """An entry with the amount of one administration, and what was ordered.

    Without an amount, `why` says what was not at hand, unless the entry itself says why it isn't given. `measured_on` is the day of the
    size it was computed with, where that has a date; `warnings` are limits that the entry passes. `given` is the amount of one
    administration that was really given, where somebody said it.
    """

    entry: Entry
    amount: Amount | None = None
    why: str = ""
    order: Order | None = None
    measured_on: date | None = None
    warnings: tuple[str, ...] = ()
    given: Quantity | None = None


@dataclass(frozen=True, slots=True)
class DosedSchedule:
    """A schedule for one patient: its rows stand in the order of the schedule's entries.

    `said` are sentences about the patient and the site that hold for the whole; `findings` are limits that are passed.
    """

    schedule: Schedule
    course: Course
    practice: Practice
    rows: tuple[Dosed, ...]
    findings: tuple[Finding, ...] = ()
    said: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """All that must be said of the schedule as a whole."""
        return (*self.schedule.notes, *self.said, *self.practice.said(), *map(str, self.course.reductions), *self._found())

    def drug(self, id: str) -> Drug:
        """A drug of the schedule as it is at this site."""
        return self.practice.drug(find_drug(id, regimen=self.schedule.regimen))

    def _found(self) -> Iterator[str]:
        yield from (f"{finding.grade.upper()}: {finding.note}" for finding in self.findings)


def dose_schedule(
    schedule: Schedule,
    course: Course | Patient | None = None,
    *,
    practice: Practice = USUAL,
    said: Iterable[str] = (),
    limits: bool = True,
    stops: bool = True,
    regimen_of: Callable[[Entry], Regimen] | None = None,
) -> DosedSchedule:
    """The schedule with amounts for the patient; without any measurement only flat doses become amounts.

    What is held, left out or ruled out has no amount. Without `limits` nobody looks at them, as where only a sample of the cycles is drawn;
    without `stops` one that is passed is only said.
    `regimen_of` gives the regimen that an entry comes from, where the entries come from more than one form of the schedule's.

    Raises PatientError where some measurements are at hand and one that a drug needs is not; DoseError for a reduction that can't be made,
    for a limit whose passing is a stop, where no rule says when a new weight counts, and for an amount given of what was not given.
    """
    known = course if isinstance(course, Course) else Course(patient=course or Patient())
    practice = replace(practice, formula=find_formula(practice.formula).id)
    check_reductions(known.reductions, drugs_given(schedule.regimen))
    known = replace(known, reductions=dated(known.reductions, schedule.entries))
    check_later(known, schedule.start)
    _check_given(known, schedule.entries)
    work = _Work(schedule.regimen, known, practice, regimen_of)
    rows = [work.dose(entry) for entry in schedule.entries]
    findings = look(rows, drug_of=work.drug, course=known) if limits else ()
    if stops:
        require(findings)
    for finding in findings:
        if finding.row is not None:
            rows[finding.row] = replace(
                rows[finding.row], warnings=(*rows[finding.row].warnings, f"{finding.grade.upper()}: {finding.note}")
            )
    return DosedSchedule(schedule, known, practice, tuple(rows), findings, tuple(said))


def _check_given(course: Course, entries: Iterable[Entry]) -> None:
    """Raise DoseError for an amount of what is no entry that was given, and for one that isn't a flat amount above zero."""
    given = {entry.key for entry in entries if entry.status == GIVEN}
    for key, amount in course.given.items():
        phase, cycle, day, activity, n = key
        when = "".join(f"{letter}{number}" for letter, number in (("C", cycle), ("D", day)) if number is not None) or str(n)
        if key not in given:
            raise DoseError(f"{phase} {when} {activity}: {amount} is said to be given, and nothing that was given has this name")
        if amount.per or not amount.value.is_finite() or amount.value <= 0:
            raise DoseError(f"{phase} {when} {activity}: {amount} can't have been given; give a flat amount above zero, such as 123 mg")


class _Work:
    """The amounts of one schedule. Days on which nothing differs share one calculation."""

    def __init__(self, regimen: Regimen, course: Course, practice: Practice, regimen_of: Callable[[Entry], Regimen] | None = None) -> None:
        self._regimen, self._course, self._practice = regimen, course, practice
        self._regimen_of = regimen_of or (lambda _: regimen)
        self._giving = drugs_given(regimen)
        self._drugs: dict[str, Drug] = {}
        self._scales: dict[str, Scale] = {}
        # With the regimen that each was computed from: as long as it is kept, nothing else has its id.
        self._done: dict[object, tuple[Dosed, Regimen]] = {}

    def drug(self, id: str) -> Drug:
        """The drug as it is at this site."""
        if id not in self._drugs:
            self._drugs[id] = self._practice.drug(find_drug(id, regimen=self._regimen))
        return self._drugs[id]

    def dose(self, entry: Entry) -> Dosed:
        """The entry with its amount; without one where it is neither given nor was to be given."""
        if not entry.counts and entry.status != NOT_GIVEN:
            return Dosed(entry)
        patient, steps = self._size(entry) if self._course.later else (self._course.patient, ())
        regimen = self._regimen_of(entry)
        reduction = in_force(self._course.reductions, entry.drug, self._place(entry)) if entry.drug and self._course.reductions else None
        key = id(entry.facts), id(regimen), entry.phase, reduction, id(patient), steps
        done = self._done.get(key)
        if done is None:
            done = self._done[key] = self._compute(entry, patient, steps, [reduction] if reduction else [], regimen), regimen
        same = done[0]
        given = self._course.given.get(entry.key) if entry.status == GIVEN else None
        return Dosed(entry, same.amount, same.why, same.order, same.measured_on, given=given)

    def _place(self, entry: Entry) -> Place:
        return Place(entry.phase, entry.cycle or 1, entry.day or 1, entry.date, self._giving.get(entry.drug, ()))

    def _size(self, entry: Entry) -> tuple[Patient, tuple[Step, ...]]:
        dose = entry.stated("dose")
        if not entry.drug or getattr(dose, "per", "") not in ("m2", "kg"):
            return self._course.patient, ()
        if entry.drug not in self._scales:
            self._scales[entry.drug] = Scale(self.drug(entry.drug), self._course)
        return self._scales[entry.drug].on(entry)

    def _compute(self, entry: Entry, patient: Patient, steps: tuple[Step, ...], reductions: list[Reduction], regimen: Regimen) -> Dosed:
        order = order_of(entry.facts, self._place(entry), regimen, practice=self._practice, reductions=reductions)
        if order is None:
            return Dosed(entry)
        absent = missing_measurement(order.dose, patient)
        if absent and not patient.measured:
            return Dosed(entry, why=f"amount not computed: {absent} not given", order=order)
        order = replace(order, changes=(*steps, *order.changes))
        sized = order.dose.per in ("m2", "kg")
        amount = compute(order, patient, formula=self._practice.formula)
        return Dosed(entry, amount, order=order, measured_on=patient.measured_on if sized else None)
