"""A regimen in plain words, with every source and every gap: what `dosing show` prints."""

from collections.abc import Iterable, Iterator
from typing import Any

from dosing.export.text import folded
from dosing.regimen.check import facts_of
from dosing.regimen.drug import Drug
from dosing.regimen.facts import Duration, Fact, Gap, Repeat, Scoped, Times
from dosing.regimen.library import find_drug, find_source
from dosing.regimen.model import Activity, Derive, Overlay, Phase, Regimen, Visit

NOT_STATED = "NOT STATED"
_LABELS = {
    "over": "over",
    "times": "times a day",
    "cycle": "own cycle",
    "max": "at most",
    "bsa_cap": "body surface up to",
    "round": "rounded to",
}


def show(regimen: Regimen) -> str:
    """The regimen as text: phases, activities, overlays, what is not stated, and the bibliography of it all."""
    title, *rest = _lines(regimen)
    return "\n".join([title, *(line for text in rest for line in folded(text))]) + "\n"


def gaps(regimen: Regimen) -> list[str]:
    """The paths of facts that are not stated, as the regimen stands."""
    return list(dict.fromkeys(path for path, fact in facts_of(regimen) if fact.value is Gap.NOT_STATED))


def _lines(regimen: Regimen) -> Iterator[str]:
    yield from _head(regimen)
    for phase in regimen.phases:
        yield ""
        yield from _phase(phase)
    for title, overlays in (("Variants", regimen.variants), ("Proxies (used only when named)", regimen.proxies)):
        if overlays:
            yield from ("", title)
            for overlay in overlays.values():
                yield from _overlay(overlay)
    yield from ("", "Doses by size, where the regimen says nothing else")
    yield from (f"  {_drug(drug)}" for drug in _drugs(regimen))
    missing = gaps(regimen)
    if missing:
        yield from ("", "Not stated")
        yield from (f"  {path}" for path in missing)
    yield from ("", "Sources")
    yield from _sources(regimen)


def _head(regimen: Regimen) -> Iterator[str]:
    yield f"{regimen.id}: {regimen.title}"
    yield f"version {regimen.version}, checked {regimen.checked} [{regimen.source}]"
    if regimen.aliases:
        yield f"also known as {', '.join(regimen.aliases)}"
    if regimen.base:
        yield f"made from {regimen.base}"
    for overlay in regimen.chosen:
        yield f"with {overlay.kind} {overlay.id}: {overlay.title} [{overlay.source}]"
    for note in regimen.notes:
        yield f"  * {note}"
    if regimen.derive and not regimen.base:
        yield from _derive(regimen.derive)


def _derive(derive: Derive) -> Iterator[str]:
    yield ""
    yield f"Made from another regimen [{derive.source}]"
    yield f"  name the one with {derive.replaces} (--base ID); its other drugs join the phase {derive.phase}"
    if derive.partners:
        yield f"  partners that the source allows: {', '.join(derive.partners)}"
    if derive.group_by_class:
        yield f'  group: "with {derive.group_by_class}" or "without {derive.group_by_class}"'
    least = derive.exposure
    if least:
        yield f"  one cycle of it holds at least {least.doses} doses of at least {least.of} within {least.within} [{least.source}]"


# -- phases -------------------------------------------------------------------------------------------------------


def _phase(phase: Phase) -> Iterator[str]:
    title = f" - {phase.title}" if phase.title != phase.id else ""
    yield f"{phase.id}{title} [{phase.source}]"
    yield from (f"  {line}" for line in _frame(phase))
    for activity in phase.activities:
        yield f"  - {activity.id if activity.kind == 'drug' else activity.what}"
        yield from (f"      {line}" for line in _activity(activity))
    for visit in phase.visits:
        yield f"  - {visit.what}"
        yield from (f"      {line}" for line in _visit(visit))


def _frame(phase: Phase) -> Iterator[str]:
    if phase.waits:
        yield f"waits for {phase.waits} (--phase-start {phase.id}=DATE)"
    if phase.start:
        yield f"starts: {_fact(phase.start)}"
    if phase.condition:
        yield f"only if {phase.condition}"
    if phase.cycle:
        yield f"cycle: {_scoped(phase.cycle)}"
    bounds = {"cycles": phase.repeat, "for": phase.lasting, "until": phase.until, "ends": phase.cut, "continues": phase.continues}
    yield from (f"{label}: {_fact(fact)}" for label, fact in bounds.items() if fact)
    if phase.suggest:
        yield f"drawn for {_value(phase.suggest.value)} cycles unless --cycles or --until says how far"
    if phase.anchor == 0:
        yield "its date is that of day 0"
    if phase.order:
        yield f"order within a day: {', '.join(phase.order)}"


def _activity(activity: Activity) -> Iterator[str]:
    if activity.drug and activity.drug.stated != activity.id:
        yield f"drug: {_fact(activity.drug)}"
    for name in ("dose", "route", "days"):
        value = getattr(activity, name)
        if value:
            yield f"{name}: {_scoped(value)}"
    for name, label in _LABELS.items():
        value = getattr(activity, name)
        if value:
            yield f"{label}: {_scoped(value) if isinstance(value, Scoped) else _fact(value)}"
    if activity.when:
        yield f"when: {_fact(activity.when)}"
    if activity.optional:
        yield "optional"
    if activity.note:
        yield f"note: {activity.note}"


def _visit(visit: Visit) -> Iterator[str]:
    yield f"at: {_fact(visit.at)}"
    if visit.note:
        yield f"note: {visit.note}"


def _overlay(overlay: Overlay) -> Iterator[str]:
    mark = " UNVERIFIED" if overlay.unverified else ""
    yield f"  {overlay.id}: {overlay.title} [{overlay.source}]{mark}"
    if overlay.because:
        yield f"      because {overlay.because}"
    for setting in overlay.settings:
        value = setting.value
        yield f"      {setting.path}: {_scoped(value, overlay) if isinstance(value, Scoped) else _fact(value, overlay)}"


def _drugs(regimen: Regimen) -> list[Drug]:
    """The drugs that the regimen as it stands gives, in the order of their first use."""
    given = (activity.drug.stated for phase in regimen.phases for activity in phase.activities if activity.drug)
    return [find_drug(id, regimen=regimen) for id in dict.fromkeys(given) if id]


def _drug(drug: Drug) -> str:
    facts = [("body surface up to", drug.bsa_cap), ("rounded to", drug.precision)]
    return f"{drug.id}: " + "; ".join(f"{label} {_value(fact.value)} [{fact.source}]" for label, fact in facts if fact)


# -- values -------------------------------------------------------------------------------------------------------


def _scoped(value: Scoped[Any], within: Overlay | None = None) -> str:
    if value.only:
        return _fact(value.only, within)
    return "; ".join(f"{scope or 'otherwise'}: {_fact(fact, within)}" for scope, fact in value.rules)


def _fact(fact: Fact[Any], within: Overlay | None = None) -> str:
    """The value with its source; inside an overlay only what differs from the overlay's own."""
    if within and (fact.source, fact.because) == (within.source, within.because):
        return _value(fact.value)
    because = f", because {fact.because}" if fact.because else ""
    origin = f" (from {fact.origin})" if fact.origin.kind != "regimen" and not within else ""
    mark = " UNVERIFIED" if fact.unverified else ""
    return f"{_value(fact.value)} [{fact.source}{because}]{origin}{mark}"


def _value(value: object) -> str:
    if isinstance(value, Gap):
        return NOT_STATED if value is Gap.NOT_STATED else "depends on the variant"
    if isinstance(value, Repeat):
        return "open" if value.count is None else f"{'up to ' if value.up_to else ''}{value.count}"
    if isinstance(value, bool):
        return "cut at the day" if value else "whole cycles"
    if isinstance(value, Times):
        return f"{value.per_day}" + (f" (every {value.every_hours} hours)" if value.every_hours else "")
    if isinstance(value, Duration):
        return f"{'up to ' if value.up_to else ''}{value.length}"
    return str(value)


# -- sources ------------------------------------------------------------------------------------------------------


def _keys(regimen: Regimen) -> Iterable[str]:
    yield regimen.source
    yield from (phase.source for phase in regimen.phases)
    yield from (fact.source for _, fact in facts_of(regimen))
    yield from (fact.source for drug in _drugs(regimen) for fact in (drug.bsa_cap, drug.precision) if fact)
    yield from filter(None, [regimen.derive and regimen.derive.source])
    for overlay in (*regimen.variants.values(), *regimen.proxies.values()):
        yield overlay.source
        for setting in overlay.settings:
            facts = setting.value.facts() if isinstance(setting.value, Scoped) else iter([setting.value])
            yield from (fact.source for fact in facts)


def _sources(regimen: Regimen) -> Iterator[str]:
    for key in sorted(set(_keys(regimen))):
        source = find_source(key, regimen=regimen)
        if source:
            address = f". {source.address}" if source.address else ""
            yield f"  [{key}] {source.title}{address} (grade {source.grade})"
        else:
            yield f"  [{key}] given on the command line"
