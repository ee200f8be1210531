"""The distinct amounts of a regimen or of a drug for one patient, without dates: what `dosing dose` prints."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dosing.dose.amount import Amount, Order, compute
from dosing.dose.bodysize import find_formula
from dosing.dose.course import Course
from dosing.dose.finding import Finding
from dosing.dose.limits import check_override, require
from dosing.dose.once import at_once
from dosing.dose.order import drugs_given, order_of
from dosing.dose.patient import Patient
from dosing.dose.practice import USUAL, Practice
from dosing.dose.reduction import Place, Reduction, check_reductions, in_force
from dosing.dose.schedule import DosedSchedule
from dosing.errors import DoseError
from dosing.regimen import grid
from dosing.regimen.facts import DoseAsIn, Fact, Minutes, Scoped
from dosing.regimen.library import find_drug
from dosing.regimen.model import Activity, Phase, Regimen
from dosing.schedule.draw import wanted_phases
from dosing.schedule.gaps import Missing, field_gap

_LIMITS = ("max", "bsa_cap", "round", "percent")


@dataclass(frozen=True, slots=True)
class Line:
    """One distinct amount: of which activity in which phase, and where it holds (a scope as written; empty everywhere).

    `route` joins every route that the activity may take; `over` is the infusion time on the first such day; `findings` are limits
    that one administration passes.
    """

    phase: str
    activity: str
    where: str
    dose: Fact[Any]
    order: Order
    amount: Amount
    route: str = ""
    over: Minutes | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def name(self) -> str:
        """The activity for people: a drug's name as people shall read it."""
        return self.order.drug.shown if self.activity == self.order.drug.id else self.activity


@dataclass(frozen=True, slots=True)
class Sheet:
    """All distinct amounts, what could not be computed because nobody stated it, and limits that one administration passes."""

    lines: tuple[Line, ...]
    missing: tuple[Missing, ...]
    findings: tuple[Finding, ...] = ()

    def require(self) -> None:
        """Raise DoseError, or for a choice of variant too, if an amount is missing."""
        if self.missing:
            raise DoseError("\n".join(str(each) for each in self.missing))


def sheet(regimen: Regimen, course: Course | Patient, *, practice: Practice = USUAL, phases: Iterable[str] = ()) -> Sheet:
    """Every distinct amount of the regimen's drugs.

    Raises PatientError for a measurement that is missing or an unknown formula, ScheduleError for an unknown phase, DoseError for a
    reduction that can't be made, a dose far out of its usual range and an amount above a limit that stops.
    """
    known = course if isinstance(course, Course) else Course(patient=course)
    find_formula(practice.formula)
    giving = drugs_given(regimen)
    check_reductions(known.reductions, giving)
    check_override(known.override, [practice.drug(find_drug(id, regimen=regimen)) for id in giving])
    lines: list[Line] = []
    missing: list[Missing] = []
    for phase in wanted_phases(regimen, phases):
        for activity in phase.activities:
            if activity.dose is None or activity.drug is None:
                continue
            if activity.drug.stated is None:
                missing.append(field_gap(activity, phase, "drug", regimen))
                continue
            phases_giving = giving[activity.drug.stated]
            for place, where, facts in _distinct(activity, activity.dose, phase, regimen, known.reductions, phases_giving):
                order = order_of({"drug": activity.drug, **facts}, place, regimen, practice=practice, reductions=known.reductions)
                if order is None:
                    missing.append(field_gap(activity, phase, "dose", regimen))
                    continue
                amount = compute(order, known.patient, formula=practice.formula)
                over = activity.over.at(place.cycle, place.day) if activity.over else None
                found = tuple(at_once(order, amount, known.patient, known.override))
                lasting = over.stated if over else None
                lines.append(Line(phase.id, activity.id, where, facts["dose"], order, amount, _routes(activity), lasting, found))
    findings = tuple(dict.fromkeys(finding for line in lines for finding in line.findings))
    require(findings)
    return Sheet(tuple(lines), tuple(sorted(dict.fromkeys(missing), key=lambda each: not each.by_variant)), findings)


def sheet_of(dosed: DosedSchedule) -> Sheet:
    """Every distinct amount of a dosed schedule, with the day on which it is first planned and how often it is; nothing stops it."""
    found: dict[object, Line] = {}
    often: Counter[object] = Counter()
    for number, row in enumerate(dosed.rows):
        entry = row.entry
        if row.amount and row.order and entry.counts:
            key = entry.phase, entry.activity, row.amount
            passed = tuple(each for each in dosed.findings if each.row == number)
            where, fact = f"from {entry.when} on {entry.date}", entry.facts["dose"]
            line = Line(entry.phase, entry.activity, where, fact, row.order, row.amount, entry.route, entry.over, passed)
            found.setdefault(key, line)
            often[key] += 1
    lines = (replace(line, where=f"{line.where} ({often[key]} {'day' if often[key] == 1 else 'days'})") for key, line in found.items())
    return Sheet(tuple(lines), tuple(each for each in dosed.schedule.missing if each.path.rpartition(".")[2] in ("drug", "dose")))


def _routes(activity: Activity) -> str:
    """Every route that the activity may take on some day."""
    stated = [fact.stated for fact in activity.route.facts() if fact.stated] if activity.route else []
    return " or ".join(dict.fromkeys(each for routes in stated for each in routes.split(" or ")))


def _distinct(
    activity: Activity, dose: Scoped[Any], phase: Phase, regimen: Regimen, reductions: Sequence[Reduction], giving: Sequence[str]
) -> Iterator[tuple[Place, str, dict[str, Fact[Any]]]]:
    """The first place of each dose with each set of limits and each reduction it meets, the scope it was written for, and its facts."""
    seen: set[object] = set()
    given = activity.drug.stated if activity.drug else None
    begins = [each.since.cycle + later for each in reductions if each.since and each.drug == given for later in (0, 1)]
    for cycle, day in _days_given(activity, phase, begins):
        where, fact = _rule(dose, cycle, day)
        if fact is None:
            continue
        if isinstance(fact.value, DoseAsIn):
            fact = _last_dose(activity.id, fact.value.phase, regimen) or fact
        limits = {name: limit for name in _LIMITS if (value := getattr(activity, name)) and (limit := value.at(cycle, day))}
        place = Place(phase.id, cycle, day, None, giving)
        reduction = in_force(reductions, activity.drug.stated or "", place) if activity.drug else None
        key = (where, fact.value, tuple((name, limit.value) for name, limit in limits.items()), reduction)
        if key not in seen:
            seen.add(key)
            yield place, where, {"dose": fact, **limits}


def _days_given(activity: Activity, phase: Phase, begins: Iterable[int] = ()) -> Iterator[tuple[int, int]]:
    """Cycles and days that show every dose; where the days are not stated, those that the dose's own scopes name.

    `begins` are further cycles to look at: those in which a reduction begins, and the next, whose first days it holds for too.
    """
    count = grid.cycle_count(phase) if phase.cycle and not activity.cycle else None if phase.cycle else 1
    scoped = [value for name in ("dose", *_LIMITS, "days") if (value := getattr(activity, name))]
    cycles = {*grid.cycles_to_look_at(*scoped, count=count), *(cycle for cycle in begins if count is None or cycle <= count)}
    for cycle in sorted(cycles):
        days = grid.day_numbers(activity, phase, cycle, length=grid.room(activity, phase, cycle))
        for day in _named(scoped) if days is None else days:
            yield cycle, day


def _named(scoped: Iterable[Scoped[Any]]) -> list[int]:
    spans = [span for value in scoped for scope, _ in value.rules if scope for span in scope.days or ()]
    return sorted({1, *(span.first for span in spans), *((span.last or span.first) + 1 for span in spans)})


def _rule(dose: Scoped[Any], cycle: int, day: int) -> tuple[str, Fact[Any] | None]:
    for scope, fact in dose.rules:
        if scope is not None and scope.covers(cycle, day):
            return str(scope), fact
    return ("otherwise" if len(dose.rules) > 1 else ""), dose.at(cycle, day)


def _last_dose(activity: str, within: str, regimen: Regimen) -> Fact[Any] | None:
    """The dose at the end of a phase; None where that hangs on dates, or on days that are not stated."""
    phase = regimen.phase(within)
    found = phase.activity(activity) if phase else None
    if not phase or not found or not found.dose or grid.never_given(found):
        return None
    fact = found.dose.only or _dose_at_the_end(found, found.dose, phase)
    if fact and isinstance(fact.value, DoseAsIn):
        return _last_dose(activity, fact.value.phase, regimen)
    return fact


def _dose_at_the_end(activity: Activity, dose: Scoped[Any], phase: Phase) -> Fact[Any] | None:
    """The dose of the last given day, where the number of cycles tells which day that is."""
    count = grid.cycle_count(phase) if phase.cycle else 1
    unknown = any(fact.stated is None for fact in activity.days.facts())
    if count is None or activity.cycle or (unknown and any(scope and scope.days for scope, _ in dose.rules)):
        return None
    given = [(cycle, day) for cycle, day in _days_given(activity, phase) if cycle <= count]
    return dose.at(*given[-1]) if given else None
