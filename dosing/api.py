"""The library in a few names: find a regimen, choose its variants, draw a schedule for a patient, write it out.

load_regimen("isa-k", variant="dl2").schedule(start=date(2026, 1, 5), patient=Patient(height_cm=170, weight_kg=70))
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from dosing.dose.course import Course
from dosing.dose.patient import Patient
from dosing.dose.personal import personal
from dosing.dose.practice import USUAL, Practice
from dosing.dose.schedule import DosedSchedule, dose_schedule
from dosing.errors import PatientError, RegimenError
from dosing.export.rows import Row, rows
from dosing.regimen import grid
from dosing.regimen.check import problems_of
from dosing.regimen.choose import choose
from dosing.regimen.derive import derive
from dosing.regimen.library import find_drug, find_regimen, is_path
from dosing.regimen.model import Regimen
from dosing.schedule.draw import Schedule, draw
from dosing.schedule.timeline import Horizon

if TYPE_CHECKING:
    import pandas as pd

    from dosing.dose.sheet import Sheet
    from dosing.dose.tally import Line
    from dosing.regimen.drug import Drug
    from dosing.schedule.closed import Closed


@dataclass(frozen=True, slots=True)
class ChosenRegimen:
    """A regimen with all its choices made, ready for a patient."""

    regimen: Regimen

    def schedule(
        self,
        *,
        start: date,
        patient: Patient | None = None,
        course: Course | None = None,
        practice: Practice = USUAL,
        formula: str = "",
        cycles: int | None = None,
        until: date | None = None,
        phases: Iterable[str] = (),
        starts: Mapping[str, date] | None = None,
        closed: "Closed | None" = None,
        move: bool = False,
    ) -> "PatientSchedule":
        """The schedule from cycle 1 day 1, with amounts as far as the patient's measurements allow.

        `course` says more of the patient than `patient` can: later measurements, reductions, exposure before, stops let pass; give one of
        the two. `practice` is how the site computes; `formula` goes before its formula. `cycles` and `until` (the last date drawn) limit
        what is drawn and bound an open phase; `phases` are those wanted; `starts` gives the dates of phases that wait. Entries on the
        days of `closed` say so or, with `move`, go to open days by the fewest moves. Raises RegimenError, ScheduleError, PatientError,
        DoseError.
        """
        known, practice = _known(patient, course), _by(practice, formula)
        made = personal(self.regimen, known, practice)
        drawn = draw(made.regimen, start=start, horizon=Horizon(cycles, until), starts=starts, phases=phases)
        if closed:
            drawn = on_open_days(drawn, closed, practice, move=move)
        return PatientSchedule(dose_schedule(drawn, known, practice=practice, said=made.said))

    def sheet(
        self,
        *,
        patient: Patient | None = None,
        course: Course | None = None,
        practice: Practice = USUAL,
        formula: str = "",
        phases: Iterable[str] = (),
    ) -> "PatientSheet":
        """The distinct amounts without dates; arguments and errors as in `schedule`."""
        from dosing.dose.sheet import sheet

        known, practice = _known(patient, course), _by(practice, formula)
        made = personal(self.regimen, known, practice)
        found = sheet(made.regimen, known, practice=practice, phases=phases)
        return PatientSheet(found, (*made.said, *practice.said(), *map(str, known.reductions)))

    def summary(self, *, course: Course | None = None, practice: Practice = USUAL, phases: Iterable[str] = ()) -> "tuple[Line, ...]":
        """Doses, days and totals by drug and cycle, without dates; of an open phase as many cycles as show all that changes.

        Arguments and errors as in `schedule`.
        """
        starts = {phase.id: _NO_DATE.replace(year=2100 + 100 * n) for n, phase in enumerate(self.regimen.phases) if phase.waits}
        cycles = max(map(grid.cycles_shown, self.regimen.phases)) if any(map(grid.is_open, self.regimen.phases)) else None
        known = course or Course()
        made = personal(self.regimen, known, practice)
        start = known.patient.measured_on or _NO_DATE
        drawn = draw(made.regimen, start=start, horizon=Horizon(cycles), starts=starts, phases=phases)
        return PatientSchedule(dose_schedule(drawn, known, practice=practice, limits=False)).summary()


# Stands in where a summary needs no dates.
_NO_DATE = date(2001, 1, 1)


def on_open_days(drawn: Schedule, closed: "Closed", practice: Practice, *, move: bool) -> Schedule:
    """The schedule with what falls on closed days marked or, with `move`, moved. Raises ScheduleError."""
    from dosing.schedule import mover

    def drug_of(id: str) -> "Drug":
        return practice.drug(find_drug(id, regimen=drawn.regimen))

    return mover.move(drawn, closed, drug_of=drug_of).schedule if move else mover.marked(drawn, closed, drug_of=drug_of)


def _known(patient: Patient | None, course: Course | None) -> Course:
    if patient is not None and course is not None:
        raise PatientError("give either `patient` or `course`, which has the patient in it")
    return course or Course(patient=patient or Patient())


def _by(practice: Practice, formula: str) -> Practice:
    return replace(practice, formula=formula) if formula else practice


@dataclass(frozen=True, slots=True)
class PatientSheet:
    """The distinct amounts of a regimen for one patient, and what must be said of them as a whole."""

    sheet: "Sheet"
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatientSchedule:
    """A dated, dosed schedule, and its ways out."""

    dosed: DosedSchedule

    def summary(self) -> "tuple[Line, ...]":
        """Doses, days and totals by drug and cycle, with what to open and to count. Raises DoseError where that can't be counted."""
        from dosing.dose.summary import summary

        schedule = self.dosed.schedule
        return summary(self.dosed.rows, drug_of=self.dosed.drug, phases=schedule.phases, until=schedule.until)

    @property
    def missing(self) -> tuple[str, ...]:
        """What nobody stated, and how to supply it."""
        return tuple(str(each) for each in self.dosed.schedule.missing)

    @property
    def notes(self) -> tuple[str, ...]:
        """Readings, choices, conditions and what continues, in sentences."""
        return self.dosed.notes

    def rows(self) -> list[Row]:
        """One row per activity and date, then one for each activity without a date; keys as in `dosing.export.columns`."""
        return rows(self.dosed)

    def to_frame(self, *, trace: bool = False) -> "pd.DataFrame":
        """The rows as a pandas DataFrame, one column for each of `dosing.export.columns`; numbers as float64, `date` as datetime64."""
        from dosing.export.frame import to_frame

        return to_frame(self.dosed, trace=trace)

    def to_csv(self, *, trace: bool = False) -> str:
        """The rows as RFC 4180 text with a header line."""
        from dosing.export.csv import to_csv

        return to_csv(self.dosed, trace=trace)

    def to_json(self, *, trace: bool = False) -> str:
        """The rows, and what is missing and noted, as one JSON document."""
        from dosing.export.json import to_json

        return to_json(self.dosed, trace=trace)

    def to_ical(self, *, stamp: datetime | None = None) -> bytes:
        """An iCalendar file. `stamp` is written as DTSTAMP; without it, one that depends on the regimen alone."""
        from dosing.export.ical import to_ical

        return to_ical(self.dosed, stamp=stamp)


def load_regimen(
    name: str,
    *,
    variant: str | Iterable[str] = (),
    proxy: str | Iterable[str] = (),
    values: Mapping[str, str] | None = None,
    base: str = "",
    base_days: str = "",
) -> ChosenRegimen:
    """A regimen by id, alias or path, with its choices.

    `variant` and `proxy` are ids of the regimen's overlays, `values` the user's own facts (`{"carfilzomib.dose": "56 mg/m2"}`).
    `base` names the regimen that a derived one is made from, with its own variants after a colon (`cybord:mayo`); `base_days` is
    "keep" or "stretch". Raises RegimenError, also for a file in which `dosing check` would find that it makes no sense.
    """
    based = _find(base.partition(":")[0]) if base else None
    return choose_regimen(_find(name), base=based, variant=variant, proxy=proxy, values=values, base_name=base, base_days=base_days)


def choose_regimen(
    regimen: Regimen,
    *,
    base: Regimen | None = None,
    variant: str | Iterable[str] = (),
    proxy: str | Iterable[str] = (),
    values: Mapping[str, str] | None = None,
    base_name: str = "",
    base_days: str = "",
) -> ChosenRegimen:
    """A regimen at hand, with its choices as in `load_regimen`; `base` is the one that `base_name` names. Raises RegimenError."""
    if base:
        regimen = derive(regimen, choose(base, variants=[each for each in base_name.partition(":")[2].split(",") if each]), fit=base_days)
    elif base_days:
        raise RegimenError("base-days needs a base: --base ID")
    return ChosenRegimen(choose(regimen, variants=_several(variant), proxies=_several(proxy), values=values))


def _find(name: str) -> Regimen:
    regimen = find_regimen(name)
    # The shipped regimens were checked before they were shipped.
    problems = problems_of(regimen, file=name, as_written=True) if is_path(name) else []
    if problems:
        listed = "\n".join(str(problem) for problem in problems)
        raise RegimenError(f"{regimen.id} makes no sense as it is written (`dosing check` says on which lines):\n{listed}")
    return regimen


def _several(names: str | Iterable[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
