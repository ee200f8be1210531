"""What is missing from a schedule, and how to supply it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from dosing.regimen.model import Activity, DoseRange, Fact, Gap, Phase, Regimen, Scoped, Visit
from dosing.schedule.entries import Entry
from dosing.schedule.timeline import Placed

# Fields without which nothing can be drawn or dosed; an unknown route or infusion time stays an empty cell.
_NEEDED = ("drug", "dose", "days", "cycle")
_FIELD_NAMES = {"lasting": "for", "cut": "ends"}


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that nobody stated: `path` is phase.activity.field, `text` says what, `remedy` how to supply it.

    `by_variant` marks what a variant of the regimen states, and none was chosen.
    """

    path: str
    text: str
    remedy: str
    by_variant: bool = False

    def __str__(self) -> str:
        return f"{self.text}: {self.remedy}"


@dataclass(frozen=True, slots=True)
class Undated:
    """An activity that has no date, because something is missing; it takes a row of its own in tables."""

    phase: str
    activity: str
    kind: str
    what: str
    facts: Mapping[str, Fact[Any]]
    status: str
    missing: Missing


def phase_gap(placed: Placed, regimen: Regimen) -> Missing | None:
    """What keeps a whole phase off the calendar, or None."""
    phase = placed.phase
    if placed.missing == "start":
        waits = f"waits for {phase.waits}" if phase.waits else "starts when the phase before it ends, which is not known"
        return Missing(f"{phase.id}.start", f"{phase.id} {waits}", f"--phase-start {phase.id}=DATE")
    if placed.missing:
        return _missing(f"{phase.id}.{placed.missing}", f"{phase.id}.{placed.missing}", regimen, (phase.id, "", placed.missing))
    if phase.repeat and isinstance(phase.repeat.value, Gap):
        return _missing(f"{phase.id}.repeat", f"{phase.id}.repeat", regimen, (phase.id, "", "repeat"))
    return None


def activity_gaps(activity: Activity, phase: Phase, entries: Iterable[Entry], regimen: Regimen) -> Iterator[Missing]:
    """What is missing of an activity in a phase that is drawn; of a dose only where it is needed."""
    used = [entry for entry in entries if entry.activity == activity.id]
    for name in _NEEDED:
        value = getattr(activity, name)
        if name == "dose" and used:
            open_doses = any(_undecided(entry.facts.get("dose")) for entry in used)
        else:
            open_doses = any(_undecided(fact) for fact in _facts(value))
        if open_doses:
            yield field_gap(activity, phase, name, regimen)


def field_gap(activity: Activity, phase: Phase, name: str, regimen: Regimen) -> Missing:
    """The gap of one field of an activity."""
    short = f"{activity.id}.{name}"
    return _missing(f"{phase.id}.{short}", short, regimen, (phase.id, activity.id, name), _range(getattr(activity, name)))


def visit_gap(visit: Visit, phase: Phase, regimen: Regimen) -> Missing:
    """Why a visit has no date."""
    path = f"{phase.id}.{visit.id}.at"
    if isinstance(visit.at.value, Gap):
        return _missing(path, path, regimen, (phase.id, visit.id, "at"))
    if phase.visits_only:
        return Missing(f"{phase.id}.start", f"{visit.id} ({visit.at.value}) has no date yet", f"--phase-start {phase.id}=DATE")
    return Missing(path, f"{visit.id} ({visit.at.value}) has no date yet", f"--set {path}=...")


def whole_facts(activity: Activity) -> dict[str, Fact[Any]]:
    """The facts of an activity that are the same in every cycle, for a row without a date."""
    found: dict[str, Fact[Any]] = {}
    for field in fields(activity):
        value = getattr(activity, field.name)
        fact = value.only if isinstance(value, Scoped) else value
        if isinstance(fact, Fact):
            found[field.name] = fact
    return found


def _facts(value: object) -> Iterator[Fact[Any]]:
    if isinstance(value, Scoped):
        yield from value.facts()
    elif isinstance(value, Fact):
        yield value


def _undecided(fact: Fact[Any] | None) -> bool:
    return fact is not None and (isinstance(fact.value, (Gap, DoseRange)))


def _range(value: object) -> str:
    found = next((fact.value for fact in _facts(value) if isinstance(fact.value, DoseRange)), None)
    return f" is stated as a range only ({found})" if found else ""


def _missing(path: str, short: str, regimen: Regimen, target: tuple[str, str, str], stated: str = "") -> Missing:
    variants = _setters(regimen.variants, target, regimen) if _by_variant(target, regimen) else []
    if variants:
        return Missing(path, f"{path} depends on the variant", f"choose one with --variant: {', '.join(variants)}", by_variant=True)
    proxies = [f"--proxy {id}" for id in _setters(regimen.proxies, target, regimen)]
    remedy = " or ".join([f"--set {short}=...", *proxies])
    return Missing(path, f"{path}{stated or ' is not stated'}", remedy)


def _by_variant(target: tuple[str, str, str], regimen: Regimen) -> bool:
    phase = regimen.phase(target[0])
    activity = phase.activity(target[1]) if phase and target[1] else None
    owner = activity or phase
    return any(fact.value is Gap.BY_VARIANT for fact in _facts(getattr(owner, target[2], None)))


def _setters(overlays: Mapping[str, Any], target: tuple[str, str, str], regimen: Regimen) -> list[str]:
    """The ids of the overlays that set the field."""
    phase, activity, name = target
    field = _FIELD_NAMES.get(name, name)
    return [
        overlay.id
        for overlay in overlays.values()
        if overlay not in regimen.chosen
        and any(each.phase in ("", phase) and each.activity == activity and each.field == field for each in overlay.settings)
    ]
