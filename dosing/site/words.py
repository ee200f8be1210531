"""What a site decides, in plain lines that a pharmacist can read back."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dosing.dose.bodysize import find_formula
from dosing.dose.policy import Kind, Policy
from dosing.dose.practice import Practice
from dosing.regimen.drug import Drug, Limit, Weigh
from dosing.regimen.facts import Fact
from dosing.regimen.library import shipped_drug
from dosing.schedule.closed import WEEKDAYS, Closed
from dosing.site.hours import Hours, Span
from dosing.site.read import NONE, Site
from dosing.units import Quantity, plain

_STOCK = ("vials", "tablets", "capsules")
_KINDS: dict[Kind, str] = {
    "measurable": "rounded to measurable precision",
    "never": "not rounded",
    "nearest": "rounded to the nearest {step}",
    "vial size": "rounded to vial size",
    "whole vials up": "rounded up to whole vials",
    "whole vials down": "rounded down to whole vials",
    "stocked": "rounded to stocked strengths",
    "bands": "rounded to bands {table}",
}


def describe(site: Site) -> list[str]:
    """One line for each thing that the site decides: what holds for all drugs, each drug, closed days and hours, lines for patients."""
    practice = site.practice
    lines = [f"{site.name}: {site.title}", f"every body surface: by {find_formula(practice.formula).title}"]
    if "" in practice.rounding:
        lines.append(f"every computed amount: {_policy(practice.rounding[''], practice)}")
    if "" in practice.drugs:
        rule = practice.drugs[""]["weigh"].stated
        lines.append(f"every drug whose file says nothing else: a new weight counts {_when(rule)}")
    ids = sorted({*practice.rounding, *practice.drugs, *practice.groups} - {""})
    lines += [f"{id}: {line}" for id in ids for line in _drug(shipped_drug(id), practice)]
    lines += [*_closed(site.closed), *_open(site.hours)]
    return [*lines, *(f"patients bring: {line}" for line in site.bring), *(f"patients call: {line}" for line in site.call)]


def _drug(drug: Drug, practice: Practice) -> Iterator[str]:
    own = practice.drugs.get(drug.id, {})
    if drug.id in practice.rounding:
        yield _policy(practice.rounding[drug.id], practice)
    yield from (_stock(drug, form, own[form]) for form in _STOCK if form in own)
    if "share_vials" in own:
        yield f"vials are shared between patients{_instead(_yes(drug.share_vials), drug.share_vials)}"
    if "weight" in own:
        yield f"dosed by the {own['weight'].stated} weight{_instead(_text(drug.weight), drug.weight)}"
    if "weigh" in own:
        yield f"a new weight counts {_when(own['weigh'].stated)}{_instead(_text(drug.weigh), drug.weigh)}"
    if "missed" in own:
        yield f"after a missed dose {own['missed'].stated}{_instead(_text(drug.missed), drug.missed)}"
    yield from _limits(drug, own.get("limits", {}))
    if drug.id in practice.groups:
        yield _rules(drug, practice.groups[drug.id])


def _policy(fact: Fact[Policy], practice: Practice) -> str:
    policy = fact.stated or Policy("never")
    words = _KINDS[policy.kind].format(step=policy.step, table=policy.table)
    within = f" within {plain(policy.limit_pct)} %" if policy.limit_pct else ""
    if not policy.table:
        return f"{words}{within}"
    table = practice.bands[policy.table]
    return f"{words}{within} ({len(table.bands)} bands from {table.lower} to below {table.upper})"


def _stock(drug: Drug, form: str, fact: Fact[tuple[Quantity, ...]] | None) -> str:
    """The strengths of a form in stock, and those among them that the drug's file doesn't know."""
    file: Fact[tuple[Quantity, ...]] | None = getattr(drug, form)
    known = (file.stated if file else None) or ()
    here = (fact.stated if fact else None) or ()
    new = [str(size) for size in here if not any(size.to(each.unit) == each.value for each in known)]
    strange = f"; {_listed(new)} not in the drug's file" if new and known else ""
    return f"{form} in stock {_listed(map(str, here)) or NONE}{_instead(_listed(map(str, known)), file)}{strange}"


def _limits(drug: Drug, limits: Mapping[str, Fact[Limit]]) -> Iterator[str]:
    for key, fact in limits.items():
        file = drug.limits.get(key)
        because = f", {fact.because}" if fact.because else ""
        yield f"{key} limit {_limit(fact)}{because}{_instead(_limit(file) if file else '', file)}"


def _limit(fact: Fact[Limit]) -> str:
    limit = fact.stated
    if limit is None:
        return ""
    together = f", together with every other {limit.together}" if limit.together else ""
    return f"{limit.most} ({'stop' if limit.stop else 'warn'}){together}"


def _rules(drug: Drug, group: str) -> str:
    """The alternative chosen, with the conditions of its rules, and those left."""
    rules = [(fact.stated, fact) for fact in drug.rules.values()]
    others = dict.fromkeys(rule.group for rule, _ in rules if rule and rule.group not in ("", group))
    if group == NONE:
        return f"none of the rules {_listed(f'`{other}`' for other in others)}"
    conditions = "; ".join(f"{rule.when} {_source(fact)}" for rule, fact in rules if rule and rule.group == group)
    return f"rules `{group}`{', not ' if others else ''}{_listed(f'`{other}`' for other in others)}: {conditions}"


def _when(rule: Weigh) -> str:
    return f"at a change of {rule}" if rule.more_than else str(rule)


def _yes(fact: Fact[bool] | None) -> str:
    return "" if fact is None or fact.stated is None else ("yes" if fact.stated else "no")


def _text(fact: Fact[Any] | None) -> str:
    return "" if fact is None or fact.stated is None else str(fact.stated)


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(texts)


def _instead(known: str, fact: Fact[Any] | None) -> str:
    """What the drug's file says, with its source, where it says anything."""
    if not known or fact is None:
        return ""
    return f"; the drug's file: {known} {_source(fact)}"


def _source(fact: Fact[Any]) -> str:
    return f"[{fact.source}]{' UNVERIFIED' if fact.unverified else ''}"


def _closed(closed: Closed) -> Iterator[str]:
    if closed.weekdays:
        yield f"closed: {_listed(WEEKDAYS[day].capitalize() for day in sorted(closed.weekdays))}"
    for day, reason in sorted(closed.dates.items()):
        yield f"closed: {day.isoformat()}, {reason}"
    if closed.holidays:
        yield f"closed: public holidays of {closed.holidays}"


def _open(hours: Hours | None) -> Iterator[str]:
    """The hours, days that have the same ones together."""
    if hours:
        days: dict[Span, list[int]] = {}
        for day, span in sorted(hours.days.items()):
            days.setdefault(span, []).append(day)
        for (opens, closes), own in days.items():
            yield f"open: {_listed(WEEKDAYS[day].capitalize() for day in own)}, {opens:%H:%M} to {closes:%H:%M} ({hours.zone})"
