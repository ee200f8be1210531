"""What a rule for a patient does to one activity: its dose, a percentage of the amount, its days.

A rule changes what it is about and leaves the rest. Where a percentage or days would hold for more than that, or where it would give on a
day on which the regimen doesn't, nobody said what is meant, and it is refused.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from dosing.days import Scope
from dosing.errors import RegimenError
from dosing.regimen import grid
from dosing.regimen.check_drug import same
from dosing.regimen.drug import Drug, Rule
from dosing.regimen.facts import Dose, DoseAsIn, DoseRange, Fact, Gap, Origin, Scoped
from dosing.regimen.model import Activity, Phase, Regimen
from dosing.regimen.rules import CHANGED
from dosing.units import Quantity

# Origins of facts that somebody chose to put over the regimen's own.
CHOSEN = ("user", "variant", "proxy")
_USER = "user"


@dataclass(frozen=True, slots=True)
class Use:
    """A rule whose facts say where they come from; `cited` names its sources and whether it is verified, `remarks` what else it says."""

    rule: Rule
    cited: str
    remarks: str

    def said(self, line: "Line") -> str:
        """The rule in brackets behind what is said of it: `rule us-30-to-60 (10 mg instead of 25 mg: crcl < 60 mL/min) [label]`."""
        return f"rule {self.rule.id} ({self.does(line)}: {self.rule.when}) {self.cited}"

    def does(self, line: "Line") -> str:
        """What it changes, in words: `10 mg instead of 25 mg`."""
        rule = self.rule
        dose = f"{_text(rule.dose)} instead of {_listed(_replaced(line, rule))}" if rule.dose else ""
        return ", ".join(filter(None, (dose, *_besides(line, rule))))


@dataclass(frozen=True, slots=True)
class Line:
    """One activity that gives a drug, where it stands, what notes call it, and the rules that may change it."""

    regimen: Regimen
    phase: Phase
    activity: Activity
    drug: Drug
    name: str
    uses: tuple[Use, ...]

    @property
    def set(self) -> str:
        """How the user sets the dose, and no rule changes it any more."""
        return f"--set {self.phase.id}.{self.activity.id}.dose=DOSE"

    @property
    def doses(self) -> list[tuple[Scope | None, Fact[Dose], tuple[Fact[Dose], ...]]]:
        """Each dose with the facts that it stands for: itself, or those of the phase that it is taken from."""
        rules = self.activity.dose.rules if self.activity.dose else ()
        return [(scope, fact, _stands_for(fact, self.activity, self.regimen)) for scope, fact in rules]


def ready(fact: Fact[Rule], rule: Rule) -> Use:
    """The rule of a fact, with every fact inside it marked as the rule's and naming the condition."""
    inner = [each for name in CHANGED if (value := getattr(rule, name)) for each in value.facts()]
    sources = dict.fromkeys(each.source for each in inner)
    whys = dict.fromkeys(why for each in inner if (why := each.because or fact.because))
    unverified = fact.unverified or any(each.unverified for each in inner)

    def marked(value: Scoped[Any]) -> Scoped[Any]:
        return Scoped(tuple((scope, _marked(each, fact, rule)) for scope, each in value.rules))

    changes: dict[str, Any] = {name: marked(value) for name in CHANGED if (value := getattr(rule, name))}
    cited = f"[{', '.join(sources)}]{' UNVERIFIED' if unverified else ''}"
    return Use(replace(rule, **changes), cited, "; ".join(filter(None, (*whys, rule.note))))


def _marked(inner: Fact[Any], fact: Fact[Rule], rule: Rule) -> Fact[Any]:
    why = inner.because or fact.because
    because = f"{rule.when}: {why}" if why else str(rule.when)
    return Fact(inner.value, inner.source, because, inner.unverified or fact.unverified, Origin("rule", rule.id))


# -- whether it applies -------------------------------------------------------------------------------------------


def matches(line: Line, rule: Rule) -> bool:
    """Whether there is something in the activity that the rule is about: a stated dose that is `given`, or any where it names none."""
    if rule.given is None and rule.dose is None:
        return True
    hits = [_hit(rule, stands_for) for _, _, stands_for in line.doses]
    # Where a dose is taken from a phase that has several, it follows that phase; what else the rule changes can't.
    return True in hits or (None in hits and bool(rule.percent or rule.days or "." in rule.activity))


def _hit(rule: Rule, doses: Iterable[Fact[Dose]]) -> bool | None:
    """Whether a dose, which may stand for several, is what the rule replaces; None where that is true of some of them."""
    hits = [_is_given(rule.given, fact.value) for fact in doses]
    return True if hits and all(hits) else None if any(hits) else False


def _is_given(given: Quantity | None, value: Dose | Gap) -> bool:
    if isinstance(value, Gap):
        return False
    return given is None or (isinstance(value, Quantity) and same(given, value))


def _stands_for(fact: Fact[Dose], activity: Activity, regimen: Regimen) -> tuple[Fact[Dose], ...]:
    if not isinstance(fact.value, DoseAsIn):
        return (fact,)
    phase = regimen.phase(fact.value.phase)
    found = phase.activity(activity.id) if phase else None
    if found is None or found.dose is None:
        return ()
    return tuple(each for inner in found.dose.facts() for each in _stands_for(inner, found, regimen))


def _replaced(line: Line, rule: Rule) -> list[Fact[Dose]]:
    """The stated doses that the rule is about."""
    return [each for _, _, doses in line.doses for each in doses if _is_given(rule.given, each.value)]


# -- what it does -------------------------------------------------------------------------------------------------


def change(line: Line, use: Use) -> tuple[Activity, str]:
    """The activity with the rule applied, and the sentence that says so; the same activity where the user's own value stands against it.

    Raises RegimenError where the rule doesn't fit the activity.
    """
    rule, activity = use.rule, line.activity
    remarks = f": {use.remarks}" if use.remarks else ""
    end = f"{rule.when} (rule {rule.id}) {use.cited}{remarks}"
    theirs = _set_by_user(line, rule)
    if theirs:
        return activity, f"{line.name}: {use.said(line)} was not applied, because the user set the {' and '.join(theirs)}{remarks}"
    _whole(line, use)
    dose = _new_dose(line, use) if rule.dose else activity.dose
    changed = _changed(line, rule, dose)
    if rule.dose and not changed:
        if rule.percent or rule.days:
            raise _unfit(line, use, f"the dose is not above {_text(rule.dose)} already, and nobody said what holds then")
        return activity, f"{line.name} {_listed(_replaced(line, rule))} stays, not above {_text(rule.dose)}: {end}"
    percent = _new_percent(line, use) if rule.percent else activity.percent
    days = _new_days(line, use) if rule.days else activity.days
    done = ", ".join(filter(None, (changed, *_besides(line, rule))))
    return replace(activity, dose=dose, percent=percent, days=days), f"{line.name} {done}: {end}"


def _changed(line: Line, rule: Rule, dose: Scoped[Dose] | None) -> str:
    """What became of the doses, in words; nothing where all stay."""
    if rule.dose is None or dose is None or dose == line.activity.dose:
        return ""
    if rule.dose.only is None:
        return f"{_text(dose)} instead of {_listed(_replaced(line, rule))}"
    pairs = zip(line.doses, dose.facts(), strict=True)
    gone = [each for (_, old, stands_for), new in pairs if new is not old for each in stands_for]
    return f"{_text(rule.dose)} instead of {_listed(gone)}"


def _set_by_user(line: Line, rule: Rule) -> list[str]:
    """Those of the fields the rule would change that the user set."""
    activity = line.activity
    touched: dict[str, Iterable[Fact[Any]]] = {
        "dose": _replaced(line, rule) if rule.dose else (),
        "percent": activity.percent.facts() if rule.percent and activity.percent else (),
        "days": activity.days.facts() if rule.days else (),
    }
    return [name for name, facts in touched.items() if any(fact.origin.kind == _USER for fact in facts)]


def _whole(line: Line, use: Use) -> None:
    """Raise RegimenError where the rule is about some of the doses, and changes what holds for all."""
    rule = use.rule
    hits = [_hit(rule, stands_for) for _, _, stands_for in line.doses]
    for name in ("percent", "days"):
        if getattr(rule, name) and rule.given and not all(hits):
            raise _unfit(line, use, f"it changes the {name} where the dose is {rule.given}, but the dose is not that everywhere")
    if rule.dose and not rule.dose.only and not (all(hits) and _alike(_replaced(line, rule))):
        raise _unfit(line, use, "its dose differs by cycle or day, and so does the dose that it replaces")
    if None in hits and "." in rule.activity:
        raise _unfit(line, use, "the dose is taken from another phase, where it is not the same everywhere")


def _alike(facts: Iterable[Fact[Dose]]) -> bool:
    first, *rest = [fact.value for fact in facts]
    return all(value == first for value in rest)


def _unfit(line: Line, use: Use, why: str) -> RegimenError:
    return RegimenError(f"{line.name}: {use.said(line)} can't be applied: {why}; set the dose yourself ({line.set})")


def _new_dose(line: Line, use: Use) -> Scoped[Dose]:
    """The doses with those that the rule is about replaced; one that is taken from a phase with several follows that phase."""
    whole: Scoped[Dose] = use.rule.dose or Scoped(())
    new = whole.only
    doses = line.doses
    if new is None:
        _, old, stands_for = doses[0]
        return Scoped(tuple((scope, each if _goes(each, stands_for, line, use) else old) for scope, each in whole.rules))
    return Scoped(
        tuple((scope, new if _hit(use.rule, stands_for) and _goes(new, stands_for, line, use) else old) for scope, old, stands_for in doses)
    )


def _goes(new: Fact[Dose], olds: Iterable[Fact[Dose]], line: Line, use: Use) -> bool:
    """Whether the new dose takes the place of the old. Without `given` a rule only ever lowers a dose. Raises RegimenError."""
    if use.rule.given or isinstance(new.value, Gap):
        return True
    lower = {_lower(new.value, old.value) for old in olds}
    if len(lower) > 1 or None in lower:
        raise _unfit(line, use, f"whether {_shown(new)} is lower than {_listed(olds)} can't be told")
    return True in lower


def _lower(new: Dose, old: Dose | Gap) -> bool | None:
    """Whether a dose is below another; None where they can't be compared, or ranges meet."""
    news, olds = _ends(new), _ends(old)
    if not news or not olds or news[0].per != olds[0].per or news[0].kind != olds[0].kind:
        return None
    unit = news[0].flat_unit
    low, high, old_low, old_high = (Quantity(each.value, each.flat_unit).to(unit) for each in (*news, *olds))
    return True if high < old_low else False if low >= old_high else None


def _ends(dose: Dose | Gap) -> tuple[Quantity, Quantity] | None:
    if isinstance(dose, DoseRange):
        return dose.low, dose.high
    return (dose, dose) if isinstance(dose, Quantity) else None


def _new_percent(line: Line, use: Use) -> Scoped[Any] | None:
    old = line.activity.percent
    if old and any(fact.stated for fact in old.facts()):
        raise _unfit(line, use, f"the amount is {_text(old)} of what is computed already")
    return use.rule.percent


def _new_days(line: Line, use: Use) -> Scoped[Any]:
    """The rule's days in the place of the regimen's, but for cycles with none. Raises RegimenError for days that aren't the regimen's."""
    new, old = use.rule.days or Scoped(()), line.activity.days
    if any(fact.stated is None for fact in old.facts()):
        raise _unfit(line, use, "the regimen's days are not stated")
    if not old.only:
        if not new.only:
            raise _unfit(line, use, "its days differ by cycle, and so do the regimen's")
        none = [fact for fact in old.facts() if fact.stated and not fact.stated.runs]
        new = Scoped(tuple((scope, fact if fact in none else new.only) for scope, fact in old.rules))
    _among(line, use, replace(line.activity, days=new))
    return new


def _among(line: Line, use: Use, changed: Activity) -> None:
    """Raise RegimenError for a day on which the regimen doesn't give the drug; days that don't exist are found by `problems_of`."""
    phase, activity = line.phase, line.activity
    count = None if activity.cycle else grid.cycle_count(phase) if phase.cycle else 1
    for cycle in grid.cycles_to_look_at(activity.days, changed.days, phase.cycle, count=count):
        length = grid.room(activity, phase, cycle)
        try:
            old, new = (grid.day_numbers(each, phase, cycle, length=length) or () for each in (activity, changed))
        except ValueError:
            return
        more = sorted(set(new) - set(old))
        if more:
            where = f" of cycle {cycle}" if phase.cycle else ""
            raise _unfit(line, use, f"it would give on day{'s' * (len(more) > 1)} {_numbers(more)}{where}, on which the regimen does not")


def _numbers(days: Iterable[int]) -> str:
    return ", ".join(map(str, days))


# -- words --------------------------------------------------------------------------------------------------------


def _besides(line: Line, rule: Rule) -> Iterator[str]:
    """What a rule changes besides the dose."""
    if rule.percent:
        yield f"{_text(rule.percent)} of the amount"
    if rule.days:
        yield f"days {_text(rule.days)} instead of {_text(line.activity.days)}"


def _text(value: Scoped[Any]) -> str:
    if len({fact.value for fact in value.facts()}) == 1:
        return _shown(value.rules[0][1])
    return ", ".join(f"{scope or 'otherwise'}: {_shown(fact)}" for scope, fact in value.rules)


def _shown(fact: Fact[Any]) -> str:
    return "no stated dose" if isinstance(fact.value, Gap) else str(fact.value)


def _listed(facts: Iterable[Fact[Any]]) -> str:
    return " and ".join(dict.fromkeys(map(_shown, facts)))
