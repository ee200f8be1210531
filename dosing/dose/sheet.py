"""The distinct amounts of a regimen or of a drug for one patient, without dates: what `dosing dose` prints."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from dosing.dose.amount import Amount, Order, compute
from dosing.dose.patient import Patient
from dosing.errors import DoseError
from dosing.regimen import grid
from dosing.regimen.library import find_drug
from dosing.regimen.model import Activity, DoseAsIn, Fact, Phase, Regimen, Scoped
from dosing.schedule.gaps import Missing, field_gap
from dosing.units import Quantity

_LIMITS = ("max", "bsa_cap", "round")


@dataclass(frozen=True, slots=True)
class Line:
    """One distinct amount: of which activity in which phase, and where it holds (a scope as written; empty everywhere)."""

    phase: str
    activity: str
    where: str
    dose: Fact[Any]
    order: Order
    amount: Amount


@dataclass(frozen=True, slots=True)
class Sheet:
    """All distinct amounts, and what could not be computed because nobody stated it."""

    lines: tuple[Line, ...]
    missing: tuple[Missing, ...]

    def require(self) -> None:
        """Raise DoseError, or for a choice of variant too, if an amount is missing."""
        if self.missing:
            raise DoseError("\n".join(str(each) for each in self.missing))


def sheet(regimen: Regimen, patient: Patient, *, formula: str, phases: Iterable[str] = ()) -> Sheet:
    """Every distinct amount of the regimen's drugs. Raises PatientError for a measurement that is missing."""
    lines: list[Line] = []
    missing: list[Missing] = []
    wanted = set(phases)
    for phase in regimen.phases:
        for activity in phase.activities if not wanted or phase.id in wanted else ():
            if activity.dose is None or activity.drug is None or activity.drug.stated is None:
                continue
            for where, fact, limits in _distinct(activity, phase, regimen):
                if isinstance(fact.value, Quantity):
                    order = Order(find_drug(activity.drug.stated, regimen=regimen), fact.value, *limits)
                    amount = compute(order, patient, formula=formula)
                    lines.append(Line(phase.id, activity.id, where, fact, order, amount))
                else:
                    missing.append(field_gap(activity, phase, "dose", regimen))
    return Sheet(tuple(lines), tuple(sorted(dict.fromkeys(missing), key=lambda each: not each.by_variant)))


def _distinct(activity: Activity, phase: Phase, regimen: Regimen) -> Iterator[tuple[str, Fact[Any], tuple[Any, ...]]]:
    """Each dose with each set of limits it meets, and the scope it was written for."""
    seen: set[object] = set()
    for cycle, day in _days_given(activity, phase):
        where, fact = _rule(activity.dose, cycle, day)
        if fact is None:
            continue
        if isinstance(fact.value, DoseAsIn):
            fact = _last_dose(fact, activity.id, regimen)
        limits = tuple(value.at(cycle, day) if (value := getattr(activity, name)) else None for name in _LIMITS)
        key = (where, fact.value, tuple(limit.value if limit else None for limit in limits))
        if key not in seen:
            seen.add(key)
            yield where, fact, limits


def _days_given(activity: Activity, phase: Phase) -> Iterator[tuple[int, int]]:
    """Cycles and days that show every dose; where the days are not stated, those that the dose's own scopes name."""
    count = grid.cycle_count(phase) if phase.cycle and not activity.cycle else None if phase.cycle else 1
    for cycle in grid.cycles_to_look_at(activity.dose, activity.max, activity.days, count=count):
        days = grid.day_numbers(activity, phase, cycle, length=_room(activity, phase, cycle))
        for day in _named(activity.dose) if days is None else days:
            yield cycle, day


def _named(dose: Scoped[Any] | None) -> list[int]:
    spans = [span for scope, _ in (dose.rules if dose else ()) if scope for span in scope.days or ()]
    return sorted({1, *(span.first for span in spans), *((span.last or span.first) + 1 for span in spans)})


def _room(activity: Activity, phase: Phase, cycle: int) -> int | None:
    length = (activity.cycle.stated if activity.cycle else None) or grid.cycle_length(phase, cycle)
    lasting = phase.lasting.stated if phase.lasting else None
    span = length or (lasting.length if lasting else None)
    return grid.least_days(span) if span else None


def _rule(dose: Scoped[Any] | None, cycle: int, day: int) -> tuple[str, Fact[Any] | None]:
    for scope, fact in dose.rules if dose else ():
        if scope is not None and scope.covers(cycle, day):
            return str(scope), fact
    rest = dose.at(cycle, day) if dose else None
    return ("otherwise" if rest is not None and dose and len(dose.rules) > 1 else ""), rest


def _last_dose(fact: Fact[Any], activity: str, regimen: Regimen) -> Fact[Any]:
    """The dose at the end of the phase that the fact points to."""
    phase = regimen.phase(fact.value.phase) if isinstance(fact.value, DoseAsIn) else None
    found = phase.activity(activity) if phase else None
    if not phase or not found:
        return fact
    last = None
    for cycle, day in _days_given(found, phase):
        last = _rule(found.dose, cycle, day)[1] or last
    return last or fact
