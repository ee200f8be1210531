"""A regimen made from another: one drug goes, the base's other drugs stay with their doses and days.

The base's cycle may have another length than the phase that takes its drugs. How the two fit is a clinical choice, so the user makes it:
`keep` lets the base's drugs run in their own rhythm inside the phase, `stretch` counts their days in the phase's cycle.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from dosing.days import parse_scope
from dosing.errors import RegimenError
from dosing.regimen import grid
from dosing.regimen.check import problems_of
from dosing.regimen.facts import Fact, Gap, Length, Origin, Scoped
from dosing.regimen.library import find_drug
from dosing.regimen.model import Activity, Derive, Exposure, Phase, Regimen
from dosing.units import Quantity

KEEP, STRETCH = "keep", "stretch"
FITS = (KEEP, STRETCH)


def derive(regimen: Regimen, base: Regimen, *, fit: str = "") -> Regimen:
    """The regimen with the base's partners in it.

    `fit` is "keep" or "stretch" where the base's cycle has another length, else it may be empty. Raises RegimenError.
    """
    rule = _rule(regimen)
    source = base_phase(base, rule)
    target = regimen.phase(rule.phase)
    if target is None:
        raise RegimenError(f"{regimen.id} has no phase {rule.phase!r} to put the drugs of {base.id} into")
    if fit not in ("", *FITS):
        raise RegimenError(f"base-days is {fit!r}; it is one of {', '.join(FITS)}")
    if source.numbering != target.numbering:
        raise RegimenError(f"only one of {base.id} and {target.id} counts a day 0, so the days of one can't be taken into the other")
    others = [each for each in source.activities if not _gives(each, rule.replaces)]
    rhythm = _rhythm(source, target, base, fit) if others else None
    partners = tuple(_partner(each, base, rhythm, grid.cycle_count(source)) for each in others)
    phases = tuple(replace(each, activities=(*each.activities, *partners)) if each is target else each for each in regimen.phases)
    made = replace(
        regimen,
        phases=phases,
        base=base.id,
        drugs={**base.drugs, **regimen.drugs},
        sources={**base.sources, **regimen.sources},
        notes=(*regimen.notes, *_remarks(regimen, base, fit, target, source)),
    )
    _refuse(made, base, fit)
    return made


def _rule(regimen: Regimen) -> Derive:
    if regimen.derive is None:
        raise RegimenError(f"{regimen.id} is complete in itself; it takes no base")
    return regimen.derive


def base_phase(base: Regimen, rule: Derive) -> Phase:
    """The base's phase that gives the drug to be replaced. Raises RegimenError."""
    for phase in base.phases:
        if any(_gives(activity, rule.replaces) for activity in phase.activities):
            return phase
    raise RegimenError(f"{base.id} gives no {rule.replaces}, so it can't be the base; choose a regimen that does")


def _gives(activity: Activity, drug: str) -> bool:
    return activity.drug is not None and activity.drug.stated == drug


def _rhythm(source: Phase, target: Phase, base: Regimen, fit: str) -> Length | None:
    """The rhythm of the base's drugs inside the phase; None where they count the phase's own cycles."""
    lengths = [grid.cycle_length(source, cycle) for cycle in _cycles(source)]
    theirs = {length and (length.days, length.months): length for length in lengths}
    ours = grid.cycle_length(target, 1)
    if ours is None or list(theirs) == [(ours.days, ours.months)]:
        return None
    written = " and ".join(str(length or "no stated length") for length in theirs.values())
    if not fit:
        raise RegimenError(
            f"the cycle of {base.id} has {written}, that of {target.id} {ours}; choose how they fit with --base-days:"
            f" `{KEEP}` (its drugs keep their own rhythm of {written}) or `{STRETCH}` (their days are counted in the cycle of {ours})"
        )
    if fit == STRETCH:
        return None
    if len(theirs) > 1 or None in theirs:
        raise RegimenError(f"the cycle of {base.id} has {written}; a rhythm that changes or is not stated can't be kept")
    return lengths[0]


def _cycles(phase: Phase, *scoped: Scoped[object] | None) -> range:
    return grid.cycles_to_look_at(phase.cycle, *scoped, count=grid.cycle_count(phase) if phase.cycle else 1)


def _partner(activity: Activity, base: Regimen, rhythm: Length | None, count: int | None) -> Activity:
    """The base's activity with every fact marked as the base's; what changes by cycle is not stated past the base's last."""
    origin = Origin("base", base.id)
    changes: dict[str, Any] = {}
    for field in fields(activity):
        value = getattr(activity, field.name)
        if isinstance(value, Fact):
            changes[field.name] = replace(value, origin=origin)
        elif isinstance(value, Scoped):
            rules = [(scope, replace(fact, origin=origin)) for scope, fact in value.rules]
            if count and value.at(count + 1) is None:
                unsaid: Fact[object] = Fact(Gap.NOT_STATED, base.source, because=f"{base.id} has {count} cycles", origin=origin)
                rules.append((parse_scope(f"C{count + 1}+"), unsaid))
            changes[field.name] = Scoped(tuple(rules))
    if rhythm and activity.cycle is None:
        changes["cycle"] = Fact(rhythm, base.source, origin=origin)
    return replace(activity, **changes)


def _remarks(regimen: Regimen, base: Regimen, fit: str, target: Phase, source: Phase) -> Iterator[str]:
    rule = _rule(regimen)
    others = [activity for activity in source.activities if not _gives(activity, rule.replaces)]
    yield f"Made from {base.id} ({base.title}): {rule.replaces} is replaced, the other drugs keep the doses and days of {base.id}."
    if fit == KEEP and others:
        yield f"The drugs of {base.id} keep their own rhythm of {grid.cycle_length(source, 1)} (chosen by the user)."
    if fit == STRETCH and others:
        yield f"The days of {base.id} are counted in cycles of {grid.cycle_length(target, 1)} (chosen by the user)."
        yield from _to_the_end(others, grid.cycle_length(target, 1))
    if others:
        yield from _past_the_end(base, source, target, fit)
    if rule.group_by_class:
        yield f"Group, by the drugs of the base: {group(base, rule)}."
    for name in dict.fromkeys(activity.drug.stated for activity in others if activity.drug and activity.drug.stated):
        if rule.partners and name not in rule.partners:
            yield f"{name} is not among the partners that the source names."
    yield from _about_the_replaced(others, base, rule.replaces)
    if rule.exposure:
        yield exposure(base, rule, rule.exposure).sentence


def _past_the_end(base: Regimen, source: Phase, target: Phase, fit: str) -> Iterator[str]:
    """A base that is over before the phase is: its drugs go on, and what they add up to is somebody's to check."""
    count, ours = grid.cycle_count(source), grid.cycle_count(target)
    if not count or not ours:
        return
    # In their own rhythm the drugs are over when the base's days are, else when its cycles are.
    over = _days_in_all(source, count) < _days_in_all(target, ours) if fit == KEEP else count < ours
    if over:
        yield (
            f"{base.id} has {count} cycles; its drugs are drawn through all {ours} cycles of {target.id}."
            " Whether they should, and what they add up to, is not stated."
        )


def _days_in_all(phase: Phase, count: int) -> int:
    return sum(grid.least_days(length) for cycle in range(1, count + 1) if (length := grid.cycle_length(phase, cycle)))


def _to_the_end(others: Iterable[Activity], length: Length | None) -> Iterator[str]:
    """Days such as `weekly`, which grow with the cycle when they are stretched."""
    for activity in others:
        for days in [fact.stated for fact in activity.days.facts() if fact.stated]:
            if any(run.last is None for run in days.runs):
                yield f"{activity.id}: `{days}` goes on to the end of each cycle of {length}."


def _about_the_replaced(others: Iterable[Activity], base: Regimen, replaced: str) -> Iterator[str]:
    """Words about a partner, such as `after bortezomib`, that speak of the drug that is gone."""
    for activity in others:
        words = [text for text in (activity.when.stated if activity.when else "", activity.note) if text and replaced in text]
        for text in words:
            yield f"{activity.id}: {base.id} says {text!r}; {replaced} is replaced, and what holds instead is not stated."


def group(base: Regimen, rule: Derive) -> str:
    """`with IMiD` or `without IMiD`, worked out from the classes of the base's drugs."""
    phase = base_phase(base, rule)
    drugs = [find_drug(activity.drug.stated, regimen=base) for activity in phase.activities if activity.drug and activity.drug.stated]
    has = any(rule.group_by_class in drug.classes for drug in drugs)
    return f"{'with' if has else 'without'} {rule.group_by_class}"


@dataclass(frozen=True, slots=True)
class Held:
    """Whether one cycle of the base as planned holds the exposure that the source asks for; `cycle` is the first that does."""

    cycle: int | None
    sentence: str


def exposure(base: Regimen, rule: Derive, asked: Exposure) -> Held:
    """The rule on prior exposure, held against the base as planned."""
    phase = base_phase(base, rule)
    wanted = f"{asked.doses} doses of at least {asked.of} {rule.replaces} within {asked.within}"
    given = [activity for activity in phase.activities if _gives(activity, rule.replaces)]
    for cycle in _cycles(phase, *(each for activity in given for each in (activity.days, activity.dose))):
        if _holds(given, phase, cycle, asked):
            return Held(cycle, f"As planned, cycle {cycle} of {base.id} holds {wanted} [{asked.source}].")
    if any(_untold(activity, asked) for activity in given):
        return Held(
            None,
            f"{base.id} does not state every dose and day of {rule.replaces} in {asked.of.unit},"
            f" so whether a cycle holds {wanted} can't be told [{asked.source}].",
        )
    return Held(None, f"As planned, no cycle of {base.id} holds {wanted} [{asked.source}].")


def _untold(activity: Activity, asked: Exposure) -> bool:
    """Whether a dose or the days are not stated, or a dose is no number that can be compared."""
    doses = [fact.value for fact in activity.dose.facts()] if activity.dose else []
    comparable = all(isinstance(dose, Quantity) and dose.unit == asked.of.unit for dose in doses)
    return not comparable or any(fact.stated is None for fact in activity.days.facts())


def _holds(given: Iterable[Activity], phase: Phase, cycle: int, asked: Exposure) -> bool:
    """Whether so many sufficient doses of one cycle fit into the time asked for."""
    rooms = [(activity, grid.room(activity, phase, cycle)) for activity in given]
    found = [(activity, day) for activity, room in rooms for day in grid.day_numbers(activity, phase, cycle, length=room) or ()]
    enough = sorted(phase.numbering.offset(day) for activity, day in found if _enough(activity, cycle, day, asked))
    span = grid.least_days(asked.within)
    return any(last - first < span for first, last in zip(enough, enough[asked.doses - 1 :], strict=False))


def _enough(activity: Activity, cycle: int, day: int, asked: Exposure) -> bool:
    fact = activity.dose.at(cycle, day) if activity.dose else None
    dose = fact.stated if fact else None
    return isinstance(dose, Quantity) and dose.unit == asked.of.unit and dose.value >= asked.of.value


def _refuse(made: Regimen, base: Regimen, fit: str) -> None:
    problems = problems_of(made, file=made.id)
    if problems:
        how = f" with --base-days {fit}" if fit else ""
        raise RegimenError(f"{base.id} does not fit{how}: " + "; ".join(f"{each.path}: {each.message}" for each in problems))
