"""The library in a few names: find a regimen, choose its variants, draw a schedule for a patient, write it out.

load_regimen("isa-k", variant="dl2").schedule(start=date(2026, 1, 5), patient=Patient(height_cm=170, weight_kg=70))
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from dosing.dose.bodysize import DEFAULT
from dosing.dose.patient import Patient
from dosing.dose.schedule import DosedSchedule, dose_schedule
from dosing.errors import RegimenError
from dosing.export.rows import Row, rows
from dosing.regimen.check import problems_of
from dosing.regimen.choose import choose
from dosing.regimen.derive import derive
from dosing.regimen.library import find_regimen, is_path
from dosing.regimen.model import Regimen
from dosing.schedule.draw import draw
from dosing.schedule.timeline import Horizon

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Plan:
    """A regimen with all its choices made, ready for a patient."""

    regimen: Regimen

    def schedule(
        self,
        *,
        start: date,
        patient: Patient | None = None,
        formula: str = DEFAULT,
        cycles: int | None = None,
        until: date | None = None,
        phases: Iterable[str] = (),
        starts: Mapping[str, date] | None = None,
    ) -> "PatientSchedule":
        """The schedule from cycle 1 day 1, with amounts as far as the patient's measurements allow.

        `cycles` and `until` (the last date drawn) limit what is drawn and bound an open phase; `phases` are those wanted;
        `starts` gives the dates of phases that wait. Raises RegimenError, ScheduleError, PatientError.
        """
        drawn = draw(self.regimen, start=start, horizon=Horizon(cycles, until), starts=starts, phases=phases)
        return PatientSchedule(dose_schedule(drawn, patient, formula=formula))


@dataclass(frozen=True, slots=True)
class PatientSchedule:
    """A dated, dosed schedule, and its ways out."""

    dosed: DosedSchedule

    @property
    def missing(self) -> tuple[str, ...]:
        """What nobody stated, and how to supply it."""
        return tuple(str(each) for each in self.dosed.schedule.missing)

    @property
    def notes(self) -> tuple[str, ...]:
        """Readings, choices, conditions and what continues, in sentences."""
        return self.dosed.schedule.notes

    def rows(self) -> list[Row]:
        """One row per activity and date, then one for each activity without a date; keys as in `dosing.export.columns`."""
        return rows(self.dosed)

    def to_frame(self) -> "pd.DataFrame":
        """The rows as a pandas DataFrame, one column for each of `dosing.export.columns`; numbers as float64, `date` as datetime64."""
        from dosing.export.frame import to_frame

        return to_frame(self.dosed)

    def to_csv(self) -> str:
        """The rows as RFC 4180 text with a header line."""
        from dosing.export.csv import to_csv

        return to_csv(self.dosed)

    def to_json(self) -> str:
        """The rows, and what is missing and noted, as one JSON document."""
        from dosing.export.json import to_json

        return to_json(self.dosed)

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
) -> Plan:
    """A regimen by id, alias or path, with its choices.

    `variant` and `proxy` are ids of the regimen's overlays, `values` the user's own facts (`{"carfilzomib.dose": "56 mg/m2"}`).
    `base` names the regimen that a derived one is made from, with its own variants after a colon (`cybord:mayo`); `base_days` is
    "keep" or "stretch". Raises RegimenError, also for a file in which `dosing check` would find that it makes no sense.
    """
    regimen = _find(name)
    if base:
        regimen = derive(regimen, _base(base), fit=base_days)
    elif base_days:
        raise RegimenError("base-days needs a base: --base ID")
    return Plan(choose(regimen, variants=_several(variant), proxies=_several(proxy), values=values))


def _find(name: str) -> Regimen:
    regimen = find_regimen(name)
    # The shipped regimens were checked before they were shipped.
    problems = problems_of(regimen, file=name, as_written=True) if is_path(name) else []
    if problems:
        listed = "\n".join(str(problem) for problem in problems)
        raise RegimenError(f"{regimen.id} makes no sense as it is written (`dosing check` says on which lines):\n{listed}")
    return regimen


def _base(text: str) -> Regimen:
    name, _, variants = text.partition(":")
    return choose(_find(name), variants=[each for each in variants.split(",") if each])


def _several(names: str | Iterable[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
