"""What is missing from a schedule, and how to supply it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from dosing.regimen.facts import DoseAsIn, DoseRange, Fact, Gap, Scoped
from dosing.regimen.model import Activity, Overlay, Phase, Regimen, Visit
from dosing.schedule.entries import Entry
from dosing.schedule.timeline import Placed

# Fields without which nothing can be drawn or dosed; an unknown route or infusion time stays an empty cell.
_NEEDED = ("drug", "dose", "times", "days", "cycle")
# How the date of a phase is given on the command line; in a plan file it is told otherwise.
PHASE_START = "--phase-start "
_ATTRIBUTES = {"for": "lasting"}


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
        return Missing(f"{phase.id}.start", f"{phase.id} {_not_begun(phase)}", f"{PHASE_START}{phase.id}=DATE")
    unbounded = [name for name, fact in (("repeat", phase.repeat), ("for", phase.lasting), ("until", phase.until)) if _undecided(fact)]
    name = next(iter([placed.missing] if placed.missing else unbounded), "")
    return _missing(f"{phase.id}.{name}", f"{phase.id}.{name}", regimen, (phase.id, "", name)) if name else None


def _not_begun(phase: Phase) -> str:
    if phase.waits:
        return f"waits for {phase.waits}"
    if phase.start:
        return f"starts at {phase.start.value}, which is not known" if phase.start.stated else "has a start that is not stated"
    return "starts when the phase before it ends, which is not known"


def activity_gaps(activity: Activity, phase: Phase, entries: Iterable[Entry], regimen: Regimen) -> Iterator[Missing]:
    """What is missing of an activity in a phase that is drawn; of a dose only where it is needed."""
    # Days on which nothing differs share one mapping.
    used = {id(entry.facts): entry.facts for entry in entries if entry.activity == activity.id}
    for name in _NEEDED:
        value = getattr(activity, name)
        if name == "dose" and used:
            open_doses = any(_undecided(fact) or isinstance(fact.value, DoseAsIn) for facts in used.values() if (fact := facts.get("dose")))
        else:
            open_doses = any(_undecided(fact) for fact in _facts(value))
        if open_doses:
            yield field_gap(activity, phase, name, regimen)


def field_gap(activity: Activity, phase: Phase, name: str, regimen: Regimen) -> Missing:
    """The gap of one field of an activity. The remedy names the phase where other phases state the field, and would lose what they say."""
    short, path = f"{activity.id}.{name}", f"{phase.id}.{activity.id}.{name}"
    others = [getattr(found, name) for each in regimen.phases if each.id != phase.id and (found := each.activity(activity.id))]
    alone = all(isinstance(fact.value, Gap) for value in others for fact in _facts(value))
    return _missing(path, short if alone else path, regimen, (phase.id, activity.id, name), _stated(getattr(activity, name)))


def visit_gap(visit: Visit, phase: Phase, regimen: Regimen, placed: Mapping[str, Placed]) -> Missing:
    """Why a visit has no date."""
    path = f"{phase.id}.{visit.id}.at"
    if isinstance(visit.at.value, Gap):
        return _missing(path, path, regimen, (phase.id, visit.id, "at"))
    if phase.visits_only:
        return Missing(f"{phase.id}.start", f"{visit.id} ({visit.at.value}) has no date yet", f"{PHASE_START}{phase.id}=DATE")
    named = placed.get(visit.at.value.moment.phase)
    gap = phase_gap(named, regimen) if named and named.missing else None
    return gap or Missing(path, f"{visit.id} ({visit.at.value}) has no date yet", f"--set {path}=...")


def whole_facts(activity: Activity) -> dict[str, Fact[Any]]:
    """The facts of an activity for a row without a date; one that differs by cycle or day stands there without a value."""
    found: dict[str, Fact[Any]] = {}
    for field in fields(activity):
        value = getattr(activity, field.name)
        fact = (value.only or Fact(Gap.NOT_STATED, value.rules[0][1].source)) if isinstance(value, Scoped) else value
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


def _stated(value: object) -> str:
    """What the regimen does say instead of one value."""
    found = [fact.value for fact in _facts(value)]
    for each in found:
        if isinstance(each, DoseRange):
            return f" is stated as a range only ({each})"
    reference = next((each for each in found if isinstance(each, DoseAsIn)), None)
    return f" is {reference}, which is not known" if reference and Gap.NOT_STATED not in found else ""


def _missing(path: str, short: str, regimen: Regimen, target: tuple[str, str, str], stated: str = "") -> Missing:
    variants = _setters(regimen.variants, target, regimen) if _by_variant(target, regimen) else {}
    if variants:
        return Missing(path, f"{path} depends on the variant", f"choose one with --variant: {', '.join(variants)}", by_variant=True)
    proxies = [f"--proxy {id}{'' if whole else ' (in part)'}" for id, whole in _setters(regimen.proxies, target, regimen).items()]
    remedy = " or ".join([f"--set {short}=...", *proxies])
    return Missing(path, f"{path}{stated or ' is not stated'}", remedy)


def _by_variant(target: tuple[str, str, str], regimen: Regimen) -> bool:
    phase = regimen.phase(target[0])
    activity = phase.activity(target[1]) if phase and target[1] else None
    owner = activity or phase
    return any(fact.value is Gap.BY_VARIANT for fact in _facts(getattr(owner, _ATTRIBUTES.get(target[2], target[2]), None)))


def _setters(overlays: Mapping[str, Overlay], target: tuple[str, str, str], regimen: Regimen) -> dict[str, bool]:
    """The ids of the overlays that set the field, and whether they leave no gap in it."""
    phase, activity, field = target
    found: dict[str, bool] = {}
    for overlay in overlays.values():
        settings = [each for each in overlay.settings if each.phase in ("", phase) and each.activity == activity and each.field == field]
        if settings and overlay not in regimen.chosen:
            found[overlay.id] = not any(_undecided(fact) for each in settings for fact in _facts(each.value))
    return found
