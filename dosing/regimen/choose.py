"""Choosing: a regimen with some of its variants and proxies, and the user's own values, put over it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from dosing.errors import Problem, RegimenError
from dosing.regimen.check import problems_of
from dosing.regimen.facts import USER
from dosing.regimen.model import Overlay, Phase, Regimen, Setting
from dosing.regimen.nodes import Text, parse
from dosing.regimen.read import read_setting
from dosing.regimen.reader import Context, Reader
from dosing.regimen.values import FIELDS

_USER_SOURCE = "user"


def choose(
    regimen: Regimen, *, variants: Iterable[str] = (), proxies: Iterable[str] = (), values: Mapping[str, str] | None = None
) -> Regimen:
    """The regimen with overlays applied, variants first, then proxies, then the user's values.

    `values` maps `activity.field` to text as it would stand in a regimen file (`{"carfilzomib.dose": "56 mg/m2"}`).
    Raises RegimenError for what the regimen doesn't have, for two overlays that set one field, and for a result that makes no sense.
    """
    overlays = [_overlay(regimen, regimen.variants, "variant", id) for id in dict.fromkeys(variants)]
    overlays += [_overlay(regimen, regimen.proxies, "proxy", id) for id in dict.fromkeys(proxies)]
    taken: dict[tuple[str, str, str], Overlay] = {}
    phases = {phase.id: phase for phase in regimen.phases}
    for overlay in overlays:
        for key, setting in _targets(overlay.settings, regimen.phases).items():
            other = taken.setdefault(key, overlay)
            if other is not overlay:
                both = f"{overlay.kind} {overlay.id!r} and {other.kind} {other.id!r}"
                raise RegimenError(f"{both} both set {'.'.join(filter(None, key))}; choose one of them")
            phases[key[0]] = _set(phases[key[0]], key[1], setting)
    own = _own(regimen, values or {})
    for key, setting in _targets(own, regimen.phases).items():
        phases[key[0]] = _set(phases[key[0]], key[1], setting)
    if not overlays and not own:
        return regimen
    chosen = replace(regimen, phases=tuple(phases.values()), chosen=(*regimen.chosen, *overlays))
    _refuse(chosen, own)
    return chosen


def _overlay(regimen: Regimen, known: Mapping[str, Overlay], kind: str, id: str) -> Overlay:
    if id not in known:
        have = f"{regimen.id} has {', '.join(known)}" if known else f"{regimen.id} has none"
        raise RegimenError(f"there is no {kind} {id!r} ({have})")
    return known[id]


def _targets(settings: Iterable[Setting], phases: Iterable[Phase]) -> dict[tuple[str, str, str], Setting]:
    """Every (phase, activity, attribute) that the settings reach; one that names its phase goes before one that doesn't."""
    reached: dict[tuple[str, str, str], Setting] = {}
    for setting in sorted(settings, key=lambda setting: not setting.phase):
        for phase in phases:
            if setting.phase in ("", phase.id) and (not setting.activity or _has(phase, setting.activity)):
                other = reached.setdefault((phase.id, setting.activity, _attribute(setting, phase)), setting)
                if other.field != setting.field:
                    raise RegimenError(f"{other.path} and {setting.path} are two ways to say one thing; keep one")
    return reached


def _has(phase: Phase, id: str) -> bool:
    return phase.activity(id) is not None or any(visit.id == id for visit in phase.visits)


def _attribute(setting: Setting, phase: Phase) -> str:
    return FIELDS[_kind(setting.activity, phase)][setting.field].attribute


def _kind(activity: str, phase: Phase) -> str:
    if not activity:
        return "phase"
    found = phase.activity(activity)
    return found.kind if found else "visit"


def _set(phase: Phase, activity: str, setting: Setting) -> Phase:
    change: dict[str, Any] = {_attribute(setting, phase): setting.value}
    kind = _kind(activity, phase)
    if kind == "phase":
        return replace(phase, **change)
    if kind == "visit":
        return replace(phase, visits=tuple(replace(visit, **change) if visit.id == activity else visit for visit in phase.visits))
    return replace(phase, activities=tuple(replace(each, **change) if each.id == activity else each for each in phase.activities))


def _own(regimen: Regimen, values: Mapping[str, str]) -> list[Setting]:
    """The user's values, read as the fields of a regimen file are. Raises RegimenError."""
    settings = []
    for key, text in values.items():
        reader = Reader("--set")
        node = parse(text.encode(), file="--set", problems=reader.problems)
        if node is not None:
            setting = read_setting(reader, Text(1, key), node, key, Context(_USER_SOURCE, origin=USER), regimen.phases)
            settings.extend([setting] if setting else [])
        if reader.problems:
            raise RegimenError("; ".join(f"--set {key}={text}: {problem.message}" for problem in reader.problems))
    return settings


def _refuse(regimen: Regimen, own: list[Setting]) -> None:
    """Raise RegimenError if the choice made a regimen that makes no sense, such as a day past the end of a new cycle."""
    problems: list[Problem] = problems_of(regimen, file=regimen.id)
    if problems:
        names = [f"{overlay.kind} {overlay.id}" for overlay in regimen.chosen] + [f"--set {setting.path}" for setting in own]
        raise RegimenError(f"with {', '.join(names)}: " + "; ".join(f"{problem.path}: {problem.message}" for problem in problems))
