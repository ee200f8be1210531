"""Does a regimen make sense as a whole? What form alone can't show: days past the end, scopes that overlap, names of nothing.

Each check yields (path, message); `problems_of` runs them all.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import date
from itertools import pairwise

from dosing.days import Numbering, Scope
from dosing.errors import Problem, RegimenError, nearest
from dosing.regimen import grid
from dosing.regimen.check_drug import kind_of, problems_of_drug, problems_of_rules
from dosing.regimen.drug import Drug, Rule
from dosing.regimen.facts import DoseAsIn, DoseRange, Fact, Gap, Length, Scoped, T
from dosing.regimen.library import find_drug, find_source
from dosing.regimen.model import Activity, Moment, Phase, Regimen, Visit
from dosing.units import Quantity

Found = Iterator[tuple[str, str]]

TREATMENT = "treatment"
_KEYS = {"lasting": "for", "cut": "ends"}


def problems_of(regimen: Regimen, *, file: str, as_written: bool = False) -> list[Problem]:
    """Everything about the regimen that makes no sense, without line numbers.

    `as_written` also finds scopes past the end of their phase: a slip in a file, but to be expected where a choice made the phase shorter.
    """
    checks = (
        _names(regimen),
        _sources(regimen),
        _derive(regimen),
        _variants(regimen),
        _rules(regimen),
        _own_drugs(regimen),
        *(_phase(phase, regimen) for phase in regimen.phases),
        *(_ends(phase) for phase in regimen.phases if as_written),
    )
    found = dict.fromkeys(item for check in checks for item in check)
    return [Problem(file, 0, path, message) for path, message in found]


def facts_of(regimen: Regimen) -> Iterator[tuple[str, Fact[object]]]:
    """Every fact of the phases, with its path; the last word of it is the key in the file."""
    for phase in regimen.phases:
        owners: list[tuple[str, Phase | Activity | Visit]] = [(phase.id, phase)]
        owners += [(f"{phase.id}.{activity.id}", activity) for activity in phase.activities]
        owners += [(f"{phase.id}.{visit.id}", visit) for visit in phase.visits]
        for path, owner in owners:
            for field in fields(owner):
                value = getattr(owner, field.name)
                where = f"{path}.{_KEYS.get(field.name, field.name)}"
                if isinstance(value, Fact):
                    yield where, value
                elif isinstance(value, Scoped):
                    yield from ((where, fact) for fact in value.facts())


def _names(regimen: Regimen) -> Found:
    phase_ids = [phase.id for phase in regimen.phases]
    if not regimen.phases:
        yield "phases", "a regimen has at least one phase"
    yield from ((id, "two phases have this id") for id in _twice(phase_ids))
    yield from ((f"aliases.{alias}", "the alias is written twice") for alias in _twice([regimen.id, *regimen.aliases]))
    kinds: dict[str, str] = {}
    for phase in regimen.phases:
        ids = [activity.id for activity in phase.activities] + [visit.id for visit in phase.visits]
        yield from ((f"{phase.id}.{id}", "two activities of the phase have this id; give one of them another `id`") for id in _twice(ids))
        for activity in phase.activities:
            path = f"{phase.id}.{activity.id}"
            if activity.id in phase_ids:
                yield path, "this id is a phase's; give the activity another `id`"
        for id, kind in [(activity.id, activity.kind) for activity in phase.activities] + [(visit.id, "visit") for visit in phase.visits]:
            if kinds.setdefault(id, kind) != kind:
                yield f"{phase.id}.{id}", f"this id already stands for another kind of thing ({kinds[id]}); choose another `id`"


def _twice(ids: Iterable[str]) -> list[str]:
    return [id for id, count in Counter(ids).items() if count > 1]


def _sources(regimen: Regimen) -> Found:
    named = [("source", regimen.source), *((path, fact.source) for path, fact in facts_of(regimen) if fact.origin.kind != "user")]
    named += [(f"variants.{overlay.id}", overlay.source) for overlay in regimen.variants.values()]
    named += [(f"proxies.{overlay.id}", overlay.source) for overlay in regimen.proxies.values()]
    named += [(path, fact.source) for path, fact in facts_of_rules(regimen.rules)]
    for drug in regimen.drugs.values():
        named += [(f"drugs.{drug.id}", drug.source), *((f"drugs.{path}", fact.source) for path, fact in facts_of_drug(drug))]
    if regimen.derive:
        named.append(("derive", regimen.derive.source))
        named += [("derive.exposure", regimen.derive.exposure.source)] if regimen.derive.exposure else []
    for path, key in named:
        if find_source(key, regimen=regimen) is None:
            yield path, f"the source {key!r} is not in the bibliography; add it to `sources`"


def facts_of_drug(drug: Drug) -> Iterator[tuple[str, Fact[object]]]:
    """Every fact of a drug, with its path."""
    for field in fields(drug):
        value = getattr(drug, field.name)
        if isinstance(value, Fact):
            yield f"{drug.id}.{field.name}", value
        elif field.name == "rules":
            yield from ((f"{drug.id}.{path}", fact) for path, fact in facts_of_rules(value))
        elif isinstance(value, Mapping):
            yield from ((f"{drug.id}.{field.name}{key and f'.{key}'}", fact) for key, fact in value.items())


def facts_of_rules(rules: Mapping[str, Fact[Rule]]) -> Iterator[tuple[str, Fact[object]]]:
    """Every rule with its path; and the facts inside it that have another source than the rule, or are unverified where it isn't."""
    for id, fact in rules.items():
        yield f"rules.{id}", fact
        for name in ("dose", "percent", "days"):
            changed: Scoped[object] | None = getattr(fact.stated, name, None)
            for inner in changed.facts() if changed else ():
                if (inner.source, inner.unverified) != (fact.source, fact.unverified):
                    yield f"rules.{id}.{name}", inner


def _derive(regimen: Regimen) -> Found:
    derive = regimen.derive
    if derive is None:
        return
    if regimen.phase(derive.phase) is None:
        yield "derive.phase", f"there is no phase {derive.phase!r}"
    for path, name in (("derive.replaces", derive.replaces), *(("derive.partners", name) for name in derive.partners)):
        try:
            find_drug(name, regimen=regimen)
        except RegimenError as error:
            yield path, str(error)


def _variants(regimen: Regimen) -> Found:
    if not regimen.variants:
        yield from (
            (path, "`by-variant`, but the regimen has no variants") for path, fact in facts_of(regimen) if fact.value is Gap.BY_VARIANT
        )


def _own_drugs(regimen: Regimen) -> Found:
    for drug in regimen.drugs.values():
        yield from ((f"drugs.{drug.id}.{path}", message) for path, message in problems_of_drug(drug))


def _rules(regimen: Regimen) -> Found:
    """Rules for an activity that there isn't, and what makes no sense in the rules themselves."""
    known = {name: None for phase in regimen.phases for each in phase.activities if each.kind == "drug" for name in _named(phase, each)}
    for id, fact in regimen.rules.items():
        if fact.stated and fact.stated.activity not in known:
            hint = nearest(fact.stated.activity, known)
            yield f"rules.{id}.for", f"no drug is given as {fact.stated.activity!r}{hint}; name an activity, or phase.activity"
    yield from problems_of_rules(regimen.rules)


def _named(phase: Phase, activity: Activity) -> tuple[str, str]:
    return activity.id, f"{phase.id}.{activity.id}"


# -- phases -------------------------------------------------------------------------------------------------------


def _phase(phase: Phase, regimen: Regimen) -> Found:
    yield from _shape(phase)
    yield from _moments(phase, regimen)
    for id in phase.order:
        if phase.activity(id) is None:
            yield f"{phase.id}.order", f"there is no activity {id!r} in this phase"
    if phase.cycle:
        yield from _scopes(phase.cycle, f"{phase.id}.cycle", grid.cycle_count(phase))
        cycles = grid.cycles_to_look_at(phase.cycle, count=grid.cycle_count(phase))
        for cycle in [cycle for cycle in cycles if phase.cycle.at(cycle) is None][:1]:
            yield f"{phase.id}.cycle", f"no scope covers cycle {cycle}; add `else`"
    for activity in phase.activities:
        yield from _activity(activity, phase, regimen)


def _shape(phase: Phase) -> Found:
    bounds = [name for name, fact in (("repeat", phase.repeat), ("for", phase.lasting), ("until", phase.until)) if fact]
    if phase.visits_only and (phase.cycle or bounds or phase.waits or phase.start):
        yield phase.id, "a phase with visits only has no cycle, no bounds and no start of its own"
    elif not phase.visits_only and phase.cycle and len(bounds) != 1:
        yield phase.id, f"a phase with a cycle needs one of repeat, for and until; it has {' and '.join(bounds) or 'none'}"
    elif not phase.cycle and (phase.repeat or len(bounds) > 1):
        yield phase.id, "a phase without a cycle is bounded by `for` or `until`, or by its last day"
    repeat = phase.repeat.value if phase.repeat else None
    is_open = phase.repeat is not None and (isinstance(repeat, Gap) or repeat is None or repeat.count is None)
    if (phase.continues or phase.suggest) and not is_open:
        yield phase.id, "`continues` and `suggest` belong to `repeat: open`"
    if phase.cut and not (phase.lasting or phase.until):
        yield f"{phase.id}.ends", "`ends` belongs to `for` and `until`"
    if not phase.activities and not phase.visits:
        yield phase.id, "the phase is empty"


def _moments(phase: Phase, regimen: Regimen) -> Found:
    if phase.start and phase.waits:
        yield f"{phase.id}.start", "a phase that waits for something has no other start; keep `waits` or `start`"
    if phase.start and isinstance(phase.start.value, Moment):
        yield from _moment(phase.start.value, f"{phase.id}.start", phase, regimen)
    for visit in phase.visits:
        series = visit.at.stated
        if series:
            yield from _moment(series.moment, f"{phase.id}.{visit.id}.at", phase, regimen)
            if series.step and series.lasting and not _fits(series.step, series.lasting):
                yield f"{phase.id}.{visit.id}.at", f"a step of {series.step} does not fit into {series.lasting}"


def _fits(step: Length, lasting: Length) -> bool:
    """Whether the step is in the length wherever in the calendar that begins: 52 weeks are in every year, 29 days not in every month."""
    if step.months and lasting.months:
        return step.months <= lasting.months
    # Months from 1 February of a common year are the shortest there are.
    years, months = divmod(lasting.months, 12)
    least = 365 * years + (date(2001 + (1 + months) // 12, (1 + months) % 12 + 1, 1) - date(2001, 2, 1)).days
    return step.days + 31 * step.months <= lasting.days + least


def _moment(moment: Moment, path: str, phase: Phase, regimen: Regimen) -> Found:
    named = regimen.phase(moment.phase)
    if moment.phase == TREATMENT and named is None:
        if path.endswith(".start") and moment.edge == "end":
            yield path, "a phase can't start after the end of all treatment; name the phase it follows"
    elif named is None:
        yield path, f"there is no phase {moment.phase!r}"
    elif named.visits_only:
        yield path, f"{moment.phase!r} holds visits only; it has no start and no end"
    elif path.endswith(".start") and regimen.phases.index(named) >= regimen.phases.index(phase):
        yield path, f"{moment.phase!r} does not come before this phase"


# -- activities ---------------------------------------------------------------------------------------------------


def _activity(activity: Activity, phase: Phase, regimen: Regimen) -> Found:
    path = f"{phase.id}.{activity.id}"
    count = None if activity.cycle else grid.cycle_count(phase) if phase.cycle else 1
    scoped = {field.name: value for field in fields(activity) if isinstance(value := getattr(activity, field.name), Scoped)}
    for name, value in scoped.items():
        yield from _scopes(value, f"{path}.{name}", count)
    cycles = grid.cycles_to_look_at(*scoped.values(), phase.cycle, count=count)
    given: list[tuple[int, int]] = []
    unstated: list[int] = []
    for cycle in cycles:
        try:
            days = grid.day_numbers(activity, phase, cycle, length=grid.room(activity, phase, cycle))
        except ValueError as error:
            yield f"{path}.days", f"cycle {cycle}: {error}" if phase.cycle else str(error)
            return
        if activity.days.at(cycle) is None:
            yield f"{path}.days", f"no scope covers cycle {cycle}; add `else: none` if it is not given there"
            return
        given.extend((cycle, day) for day in days or ())
        unstated.extend([cycle] if days is None else [])
    after = range(cycles.stop, grid.cycles_to_look_at(*scoped.values(), count=None).stop)
    later = list(_later(activity, phase, after))
    unstated += [cycle for cycle in after if (fact := activity.days.at(cycle)) and fact.stated is None]
    for name, value in scoped.items():
        if name != "days":
            yield from _cover(value, f"{path}.{name}", given)
            yield from _day_scopes(value, f"{path}.{name}", [*given, *later], unstated)
    yield from _infusions(activity, path, phase, given)
    yield from _drug(activity, path, phase, regimen)


def _ends(phase: Phase) -> Found:
    """Scopes that go past the phase's last cycle."""
    owners: list[tuple[str, Phase | Activity]] = [(phase.id, phase)]
    owners += [(f"{phase.id}.{activity.id}", activity) for activity in phase.activities if not activity.cycle]
    last = grid.cycle_count(phase) if phase.cycle else 1
    for path, owner in owners:
        for field in fields(owner):
            value = getattr(owner, field.name)
            for scope in [scope for scope, _ in value.rules if scope] if isinstance(value, Scoped) else ():
                if last and max(scope.mentions(), default=0) > last:
                    yield f"{path}.{field.name}", f"the scope {scope} goes past the {last} cycles of the phase"


def _scopes(value: Scoped[object], path: str, count: int | None) -> Found:
    """Scopes that meet."""
    scopes = [scope for scope, _ in value.rules if scope]
    cycles = grid.cycles_to_look_at(value, count=count)
    for number, one in enumerate(scopes):
        for other in scopes[number + 1 :]:
            cycle = next((cycle for cycle in cycles if one.covers(cycle) and other.covers(cycle)), None)
            if cycle is not None and _days_meet(one, other, cycle):
                yield path, f"the scopes {one} and {other} both hold in cycle {cycle}"


def _days_meet(one: Scope, other: Scope, cycle: int) -> bool:
    """Whether a day of a cycle in which both hold belongs to both: if any does, then one on which a span of theirs begins."""
    starts = [span.first for span in (*(one.days or ()), *(other.days or ()))]
    return not starts or any(one.covers(cycle, day) and other.covers(cycle, day) for day in starts)


def _cover(value: Scoped[object], path: str, given: Iterable[tuple[int, int]]) -> Found:
    """The first given day that no scope covers."""
    for cycle, day in given:
        if value.at(cycle, day) is None:
            yield path, f"no scope covers C{cycle}D{day}; add `else`"
            return


def _later(activity: Activity, phase: Phase, cycles: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The days given in cycles past the phase's last, which it had before a choice made it shorter."""
    for cycle in cycles:
        with suppress(ValueError):
            yield from ((cycle, day) for day in grid.day_numbers(activity, phase, cycle, length=grid.room(activity, phase, cycle)) or ())


def _day_scopes(value: Scoped[object], path: str, given: Iterable[tuple[int, int]], unstated: Iterable[int]) -> Found:
    """Scopes that begin or end on a day when nothing is given: `D1-3` where the days are 1 2 8. `unstated` are cycles of unknown days."""
    for scope in (scope for scope, _ in value.rules if scope and scope.days and not any(map(scope.covers, unstated))):
        days = {day for cycle, day in given if scope.covers(cycle)}
        ends = {end for span in scope.days or () for end in (span.first, span.last) if end is not None}
        for day in sorted(ends - days):
            yield path, f"the scope {scope} names day {day}, on which nothing is given there"


def _infusions(activity: Activity, path: str, phase: Phase, given: list[tuple[int, int]]) -> Found:
    """The first infusion that would still run when the next is due: 46 hours on days 1-3 would be three of them."""
    numbering = Numbering() if activity.cycle else phase.numbering
    for (cycle, day), (other, following) in pairwise([*given, (0, 0)]):
        over = _stated(activity.over, cycle, day)
        times = _stated(activity.times, cycle, day)
        hours = 24 * (numbering.offset(following) - numbering.offset(day)) if other == cycle else None
        if times and times.per_day > 1:
            hours = 24 // times.per_day
        if over and hours and over.low > hours * 60:
            yield f"{path}.over", f"{over} from day {day} still run when the next begin, {hours} hours later; `days` says when each starts"
            return


def _stated(value: Scoped[T] | None, cycle: int, day: int) -> T | None:
    fact = value.at(cycle, day) if value else None
    return fact.stated if fact else None


def _drug(activity: Activity, path: str, phase: Phase, regimen: Regimen) -> Found:
    if activity.route and not activity.over and any("IV" in (fact.stated or "") for fact in activity.route.facts()):
        yield path, "an IV drug needs `over`; write `over: not-stated` where the source gives no infusion time"
    name = activity.drug.stated if activity.drug else None
    drug = None
    if name:
        try:
            drug = find_drug(name, regimen=regimen)
        except RegimenError as error:
            yield f"{path}.drug", str(error)
    if drug and drug.routes.stated:
        yield from _routes(activity, path, drug.id, drug.routes.stated.split(" or "))
    for fact in activity.dose.facts() if activity.dose else ():
        yield from _dose(fact, activity, path, phase, regimen, drug)


def _routes(activity: Activity, path: str, drug: str, known: list[str]) -> Found:
    """A route that the drug does not have: a vincristine whose only route is IV must not be written IT."""
    for fact in activity.route.facts() if activity.route else ():
        wrong = [route for route in (fact.stated.split(" or ") if fact.stated else ()) if route not in known]
        yield from ((f"{path}.route", f"{route} is no route of {drug} ({' or '.join(known)})") for route in wrong)


def _dose(fact: Fact[object], activity: Activity, path: str, phase: Phase, regimen: Regimen, drug: Drug | None) -> Found:
    dose = fact.value
    if isinstance(dose, DoseAsIn):
        yield from _as_in(dose, activity, path, phase, regimen)
    amount = dose.low if isinstance(dose, DoseRange) else dose
    if not isinstance(amount, Quantity):
        return
    kind = kind_of(amount)
    limits = [("max", limit) for limit in (activity.max.facts() if activity.max else ())]
    limits += [("round", limit) for limit in (activity.round.facts() if activity.round else ())]
    for name, limit in limits:
        if limit.stated and limit.stated.kind != kind:
            yield f"{path}.{name}", f"{limit.stated} is no {kind}, as the dose {amount} is"
    if drug and drug.precision.stated and drug.precision.stated.kind != kind and not activity.round:
        yield f"{path}.dose", f"{amount} can't be measured in steps of {drug.precision.stated} ({drug.id}); add `round`"


def _as_in(dose: DoseAsIn, activity: Activity, path: str, phase: Phase, regimen: Regimen) -> Found:
    named = regimen.phase(dose.phase)
    same = named.activity(activity.id) if named else None
    if named is None or same is None:
        yield f"{path}.dose", f"there is no {activity.id!r} in a phase {dose.phase!r} to take the dose from"
    elif same.drug and activity.drug and same.drug.value != activity.drug.value:
        yield f"{path}.dose", f"{activity.id!r} is another drug in the phase {dose.phase!r}, so its dose can't be taken"
    elif regimen.phases.index(named) >= regimen.phases.index(phase):
        yield f"{path}.dose", f"the phase {dose.phase!r} does not come before this one"
