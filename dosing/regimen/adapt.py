"""A regimen made to fit one patient: the rules of its drugs, and its own, for age, kidneys, liver and dialysis.

A rule changes what the regimen states, never what the user set. It applies only where its condition is known to hold; what wasn't measured
is told. Where sources differ, groups of alternative rules stand in the file, and the user picks one, or none.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from dosing.errors import RegimenError, nearest
from dosing.regimen import grid
from dosing.regimen.change import CHOSEN, Line, Use, change, matches, ready
from dosing.regimen.check import problems_of
from dosing.regimen.check_drug import NO_GROUP
from dosing.regimen.conditions import FACTORS
from dosing.regimen.drug import Drug, Rule
from dosing.regimen.facts import Fact
from dosing.regimen.model import Activity, Phase, Regimen

Known = Mapping[str, Decimal | str | bool]

_OPTIONS = {"crcl": "--creatinine or --crcl"}


@dataclass(frozen=True, slots=True)
class Adapted:
    """The regimen with the rules applied (the same object where none was), and a sentence on each thing done or left.

    `asked` are the factors that rules wait for and that aren't known, in the order of `conditions.FACTORS`. `applied` names each rule that
    was applied and its activity: the same rules make the same of the same regimen.
    """

    regimen: Regimen
    notes: tuple[str, ...]
    asked: tuple[str, ...]
    applied: tuple[tuple[str, str, str], ...] = ()


def adapt(regimen: Regimen, known: Known, *, groups: Mapping[str, str], drug_of: Callable[[str], Drug]) -> Adapted:
    """The regimen for a patient of whom `known` is known, by factor: age in years, crcl in mL/min, bilirubin in mg/dL, ...

    `groups` is the group of alternative rules chosen for a drug, by its id, or `none`; drugs that the regimen doesn't give may be among
    them. `drug_of` finds a drug as it is at the site. Of a regimen's own rules and a drug's, the regimen's go first, factor by factor.
    Raises RegimenError where a group must be chosen or isn't known, where a rule holds as far as is known and
    more must be known, where two rules apply to one activity, where a rule doesn't fit the
    regimen's doses or days, and for a result that makes no sense.
    """
    lines = list(_lines(regimen, drug_of))
    _check_groups(groups, lines, drug_of)
    phases = {phase.id: phase for phase in regimen.phases}
    notes: list[str] = []
    used: dict[str, None] = {}
    applied: list[tuple[str, str, str]] = []
    for line in lines:
        notes += _left_out(line, regimen, groups)
        for use in _to_apply(line, known, groups):
            changed, note = change(line, use)
            notes.append(note)
            applied.append((line.phase.id, line.activity.id, use.rule.id))
            if changed is not line.activity:
                used[f"rule {use.rule.id}"] = None
                phases[line.phase.id] = _with(phases[line.phase.id], changed)
    adapted = replace(regimen, phases=tuple(phases.values())) if used else regimen
    _refuse(adapted, used)
    waiting = [(line, use) for line in lines for use in _waiting(line, known, groups)]
    _refuse_half_known(waiting, known)
    missing: dict[str, set[str]] = {}
    for line, use in waiting:
        missing.setdefault(line.drug.id, set()).update(_unknown([use], known))
    notes += [_not_looked_at(drug, factors) for drug, factors in missing.items()]
    asked = {factor for factors in missing.values() for factor in factors}
    return Adapted(adapted, tuple(dict.fromkeys(notes)), _in_order(asked), tuple(applied))


# -- which rules --------------------------------------------------------------------------------------------------


def _lines(regimen: Regimen, drug_of: Callable[[str], Drug]) -> Iterator[Line]:
    """Every activity that gives a stated drug on some day, with the rules for it."""
    given = [
        (phase, activity, activity.drug.stated)
        for phase in regimen.phases
        for activity in phase.activities
        if activity.drug and activity.drug.stated and not grid.never_given(activity)
    ]
    for phase, activity, id in given:
        drug = drug_of(id)
        several = len({each.id for each, _, other in given if other == id}) > 1
        name = id + (f" ({activity.id})" if activity.id != id else "") + (f" in {phase.id}" if several else "")
        yield Line(regimen, phase, activity, drug, name, _uses(regimen, phase, activity, drug))


def _uses(regimen: Regimen, phase: Phase, activity: Activity, drug: Drug) -> tuple[Use, ...]:
    """The regimen's own rules for the activity, and the drug's for those factors that none of them is about."""
    own = [] if _exchanged(activity) else _own(regimen, phase, activity)
    taken = {factor for use in own for factor in use.rule.when.factors}
    return (*own, *(use for use in _ready(drug.rules) if taken.isdisjoint(use.rule.when.factors)))


def _own(regimen: Regimen, phase: Phase, activity: Activity) -> list[Use]:
    return [use for use in _ready(regimen.rules) if use.rule.activity in (activity.id, f"{phase.id}.{activity.id}")]


def _exchanged(activity: Activity) -> bool:
    """Whether a choice put another drug in the place of the regimen's own, for which the regimen's rules weren't written."""
    return activity.drug is not None and activity.drug.origin.kind in CHOSEN


def _ready(rules: Mapping[str, Fact[Rule]]) -> Iterator[Use]:
    return (ready(fact, fact.stated) for fact in rules.values() if fact.stated)


def _left_out(line: Line, regimen: Regimen, groups: Mapping[str, str]) -> Iterator[str]:
    """What is not looked at although a file or the user names it."""
    drug, chosen = line.drug.id, groups.get(line.drug.id, "")
    own = _own(regimen, line.phase, line.activity)
    if own and _exchanged(line.activity):
        rules = ", ".join(use.rule.id for use in own)
        yield f"{line.name} takes the place of another drug: the regimen's rules for that ({rules}) were not looked at"
    if chosen == NO_GROUP:
        yield f"{drug}: none of its alternative rules ({', '.join(_groups(line.uses))}) was applied, as chosen"
    elif chosen and chosen not in _groups(line.uses):
        yield f"{line.name}: the rules of the group {chosen} were not looked at: the regimen's own rules go first"


def _to_apply(line: Line, known: Known, groups: Mapping[str, str]) -> list[Use]:
    """The one rule that applies, if any does. Raises RegimenError where that isn't clear."""
    holding = [use for use in line.uses if use.rule.when.holds(known) and matches(line, use.rule)]
    chosen = groups.get(line.drug.id)
    if chosen is None and _groups(holding):
        raise RegimenError(_choice(line, holding, known))
    kept = [use for use in holding if use.rule.group in ("", chosen)]
    if len(kept) > 1:
        listed = "; ".join(use.said(line) for use in kept)
        raise RegimenError(
            f"{line.name}: more than one rule applies, and nothing says which counts: {listed}; set the dose yourself ({line.set})"
        )
    return kept


def _waiting(line: Line, known: Known, groups: Mapping[str, str]) -> list[Use]:
    """The rules that may apply: something that isn't known decides."""
    chosen = groups.get(line.drug.id)
    asked = [use for use in line.uses if not use.rule.group or chosen in (None, use.rule.group)]
    return [use for use in asked if use.rule.when.holds(known) is None and matches(line, use.rule)]


def _unknown(uses: Iterable[Use], known: Known) -> set[str]:
    return {factor for use in uses for factor in use.rule.when.factors} - known.keys()


def _refuse_half_known(waiting: Iterable[tuple[Line, Use]], known: Known) -> None:
    """Raise RegimenError for rules that hold as far as is known: to go on with the full dose would be a guess.

    That somebody is not on dialysis gives no reason to expect that a rule holds.
    """
    found = []
    for line, use in waiting:
        if any(each.holds(known) and each.value is not False for each in use.rule.when.all):
            factors = _in_order(_unknown([use], known))
            found.append(f"{line.name}: {use.said(line)} depends on {_and(factors)} too, not given; give {_options(factors)}")
    if found:
        raise RegimenError("\n".join(dict.fromkeys(found)))


def _in_order(factors: Container[str]) -> tuple[str, ...]:
    return tuple(factor for factor in FACTORS if factor in factors)


def _not_looked_at(drug: str, unknown: set[str]) -> str:
    factors = _in_order(unknown)
    return f"{drug} has rules for {_and(factors)} that were not looked at: not given ({_options(factors)})"


def _options(factors: Iterable[str]) -> str:
    return ", ".join(_OPTIONS.get(factor, f"--{factor}") for factor in factors)


def _and(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


# -- groups -------------------------------------------------------------------------------------------------------


def _groups(uses: Iterable[Use]) -> tuple[str, ...]:
    """The groups of the rules, each once."""
    return tuple(dict.fromkeys(use.rule.group for use in uses if use.rule.group))


def _check_groups(groups: Mapping[str, str], lines: Iterable[Line], drug_of: Callable[[str], Drug]) -> None:
    """Raise RegimenError for a group that no rule of the drug has."""
    lines = list(lines)
    for drug, group in groups.items():
        uses = [*_ready(drug_of(drug).rules), *(use for line in lines if line.drug.id == drug for use in line.uses)]
        have = _groups(uses)
        if not have:
            raise RegimenError(f"{drug} has no alternative rules to choose from; leave out --rule {drug}={group}")
        if group not in (*have, NO_GROUP):
            raise RegimenError(
                f"{drug} has no rules of a group {group!r}{nearest(group, (*have, NO_GROUP))} (groups: {', '.join(have)}; or none)"
            )


def _choice(line: Line, holding: Iterable[Use], known: Known) -> str:
    """The question which group of rules shall count, with what each would do."""
    drug, groups = line.drug.id, _groups(line.uses)
    each = "; ".join(f"{group}: {_in_group(group, line, holding, known)}" for group in groups)
    options = ", ".join(f"--rule {drug}={group}" for group in (*groups, NO_GROUP))
    return f"{line.name}: sources differ, so that the choice is yours ({each}); choose with one of {options}"


def _in_group(group: str, line: Line, holding: Iterable[Use], known: Known) -> str:
    found = [f"{use.does(line)} where {use.rule.when} {use.cited}" for use in holding if use.rule.group == group]
    waiting = [use for use in _waiting(line, known, {line.drug.id: group}) if use.rule.group]
    if waiting:
        found.append(f"more depends on {_and(_in_order(_unknown(waiting, known)))}, not given")
    return "; ".join(found) or "no change"


# -- the result ---------------------------------------------------------------------------------------------------


def _with(phase: Phase, changed: Activity) -> Phase:
    return replace(phase, activities=tuple(changed if each.id == changed.id else each for each in phase.activities))


def _refuse(regimen: Regimen, used: Iterable[str]) -> None:
    """Raise RegimenError if the rules made a regimen that makes no sense, such as a day past the end of its cycle."""
    problems = problems_of(regimen, file=regimen.id) if used else []
    if problems:
        listed = "; ".join(f"{problem.path}: {problem.message}" for problem in problems)
        raise RegimenError(f"with {', '.join(used)}: {listed}")
