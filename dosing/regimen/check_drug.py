"""Does a drug's file make sense as a whole? Units that don't belong together, infusions without a rate, rules that say one thing twice.

Each check yields (path, message), the path without the drug's id; `problems_of_drug` runs them all.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise

from dosing.regimen.drug import Drug, Keep, Rule
from dosing.regimen.facts import DoseAsIn, DoseRange, Fact, T
from dosing.regimen.values import parse_infusions
from dosing.units import Quantity

Found = Iterator[tuple[str, str]]

# What is chosen by who wants no group of alternative rules.
NO_GROUP = "none"
_HOURS_IN_A_DAY = 24


def problems_of_drug(drug: Drug) -> Found:
    """Everything about the drug that makes no sense."""
    yield from _kinds(drug)
    yield from _dissolved(drug)
    yield from _rates(drug)
    yield from _pairs(drug)
    starts = [(key, fact.stated.start) for key, fact in drug.levels.items() if fact.stated]
    for (one, first), (other, second) in combinations(starts, 2):
        if same(first, second):
            yield f"levels.{other}", f"the levels below {one} are written twice, here as those below {other}"
    yield from problems_of_rules(drug.rules)


def same(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities are the same however written: 1 g and 1000 mg are, 1 mg and 1 mg/m2 are not."""
    if one.per != other.per or one.kind != other.kind:
        return False
    return Quantity(one.value, one.flat_unit).to(other.flat_unit) == other.value


def kind_of(amount: Quantity) -> str:
    """The kind of what is given in the end: a dose by AUC is a mass."""
    return "mass" if amount.unit == "AUC" else amount.kind


# -- units --------------------------------------------------------------------------------------------------------


def _kinds(drug: Drug) -> Found:
    """Amounts that are of another kind than the drug is measured in."""
    precision = drug.precision.stated
    for path, amount in _amounts(drug) if precision else ():
        if precision and kind_of(amount) != precision.kind:
            yield path, f"{amount} is no {precision.kind}, as the precision {precision} is"


def _amounts(drug: Drug) -> Iterator[tuple[str, Quantity]]:
    stock = {"vials": drug.vials, "tablets": drug.tablets, "capsules": drug.capsules}
    yield from ((name, size) for name, fact in stock.items() for size in _list(fact))
    yield from (("usual", each.high) for each in _list(drug.usual))
    yield from ((f"concentration{key and f'.{key}'}", fact.stated) for key, fact in drug.concentration.items() if fact.stated)
    limits = drug.final_concentration.stated if drug.final_concentration else None
    yield from (("final_concentration", each) for each in ((limits.low, limits.high) if limits else ()) if each)
    yield from ((f"limits.{key}", fact.stated.most) for key, fact in drug.limits.items() if fact.stated)
    yield from ((f"levels.{key}", fact.stated.start) for key, fact in drug.levels.items() if fact.stated)
    for id, rule in _stated(drug.rules):
        yield from ((f"rules.{id}.{name}", dose) for name, dose in _doses(rule))


def _list(fact: Fact[tuple[T, ...]] | None) -> Sequence[T]:
    return (fact.stated if fact else None) or ()


# -- preparation --------------------------------------------------------------------------------------------------


def _dissolved(drug: Drug) -> Found:
    """Reconstitution of vials that there are not, or of one size said twice."""
    vials = drug.vials.stated if drug.vials else None
    for key, fact in drug.reconstitution.items():
        path = f"reconstitution{key and f'.{key}'}.volumes"
        sizes = [size for size, _ in fact.stated.volumes] if fact.stated else []
        for size in sizes:
            if vials is not None and not any(same(size, vial) for vial in vials):
                yield f"{path}.{size}", f"there is no vial of {size} (vials: {', '.join(map(str, vials))})"
        for one, other in combinations(sizes, 2):
            if same(one, other):
                yield f"{path}.{other}", f"the vial of {one} is written twice, here as {other}"


def _rates(drug: Drug) -> Found:
    """Every infusion has its rates, and only once: `1`, `2`, `3+`."""
    spans = sorted((parse_infusions(key) for key in drug.rates), key=lambda span: span.first)
    if not spans:
        return
    if spans[0].first != 1:
        yield "rates", f"the rates begin at infusion {spans[0].first}, and there are none for those before it"
    for before, after in pairwise(spans):
        if before.last is None or after.first <= before.last:
            yield "rates", f"the rates of infusion {after.first} are written twice"
        elif after.first > before.last + 1:
            yield "rates", f"there are no rates for infusion {before.last + 1}"
    last = max(span.last or 0 for span in spans)
    if all(span.last for span in spans):
        yield "rates", f"there are no rates from infusion {last + 1} on; write the last as `{spans[-1].first}+`"


# -- after a missed dose ------------------------------------------------------------------------------------------


def _pairs(drug: Drug) -> Found:
    """Doses on days in a row that are kept together, where the least time between doses allows none."""
    missed = drug.missed.stated if drug.missed else None
    spacing = drug.spacing.stated if drug.spacing else None
    if missed and missed.keep is Keep.PAIR and spacing and spacing.hours > _HOURS_IN_A_DAY:
        yield "missed", f"there are no pairs to keep, for {spacing.hours} hours must lie between two doses (spacing)"


# -- rules --------------------------------------------------------------------------------------------------------


def problems_of_rules(rules: Mapping[str, Fact[Rule]]) -> Found:
    """What makes no sense in the rules of a drug, or of a regimen."""
    stated = list(_stated(rules))
    for id, rule in stated:
        yield from _units(id, rule)
    for (one, first), (other, second) in combinations(stated, 2):
        if _same_patients(first, second):
            yield f"rules.{other}", f"this rule and the rule {one} hold for the same patients and the same dose; keep one of them"


def _units(id: str, rule: Rule) -> Found:
    if rule.group == NO_GROUP:
        yield f"rules.{id}.group", f"{NO_GROUP!r} is what the user says who wants no group; choose another name"
    for fact in rule.dose.facts() if rule.dose else ():
        if isinstance(fact.value, DoseAsIn):
            yield f"rules.{id}.dose", f"`{fact.value}` is no dose of its own; write the dose"
    for name, dose in _doses(rule):
        if rule.given and dose.unit != rule.given.unit:
            yield f"rules.{id}.{name}", f"{dose} is in another unit than the dose it replaces, {rule.given} (given)"


def _same_patients(one: Rule, other: Rule) -> bool:
    given = one.given is None or other.given is None or same(one.given, other.given)
    return given and one.group == other.group and set(one.when.all) == set(other.when.all) and _meet(one.activity, other.activity)


def _meet(one: str, other: str) -> bool:
    """Whether two activities, each with or without its phase, can be the same."""
    return one == other or (one.rpartition(".")[2] == other.rpartition(".")[2] and not ("." in one and "." in other))


def _doses(rule: Rule) -> Iterator[tuple[str, Quantity]]:
    if rule.given:
        yield "given", rule.given
    for fact in rule.dose.facts() if rule.dose else ():
        dose = fact.stated.high if isinstance(fact.stated, DoseRange) else fact.stated
        if isinstance(dose, Quantity):
            yield "dose", dose


def _stated(rules: Mapping[str, Fact[Rule]]) -> Iterable[tuple[str, Rule]]:
    return ((id, fact.stated) for id, fact in rules.items() if fact.stated)
