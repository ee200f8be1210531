"""From the facts of a day to an order: the regimen's dose, the drug as it is at this site, a reduction in force, the site's rounding."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from dosing.dose.amount import Order
from dosing.dose.practice import Practice
from dosing.dose.reduction import Place, Reduction, in_force, naming_phase, reduced
from dosing.dose.steps import Step
from dosing.errors import DoseError
from dosing.regimen.facts import Fact, Percent
from dosing.regimen.library import find_drug
from dosing.regimen.model import Regimen
from dosing.units import Quantity

USER = "user"


def order_of(
    facts: Mapping[str, Fact[Any]], place: Place, regimen: Regimen, *, practice: Practice, reductions: Iterable[Reduction] = ()
) -> Order | None:
    """What is asked for where these facts hold; None where the drug or a single dose is not stated. Raises DoseError for a reduction."""
    id, dose = (fact.stated if (fact := facts.get(name)) else None for name in ("drug", "dose"))
    if not id or not isinstance(dose, Quantity):
        return None
    drug = practice.drug(find_drug(id, regimen=regimen))
    percent = facts.get("percent")
    changes: tuple[Step, ...] = ()
    reduction = in_force(reductions, id, place)
    if reduction and reduction.percent:
        percent = _only(Fact(reduction.percent, USER, reduction.reason), reduction, percent)
    elif reduction:
        dose, step = reduced(dose, reduction, drug, highest=_highest(id, dose, naming_phase(reduction, place), regimen))
        changes = (step,)
    order = Order(drug, dose, facts.get("max"), facts.get("bsa_cap"), facts.get("round"), percent, changes, bands=practice.bands)
    return with_policy(order, practice)


def with_policy(order: Order, practice: Practice) -> Order:
    """The order with the site's rounding of the drug."""
    return replace(order, policy=practice.policy(order.drug, computed=order.computed))


def check_practice(practice: Practice, regimen: Regimen | None = None) -> None:
    """Raise RegimenError where something was chosen for a drug that is neither shipped nor the regimen's own: it would do nothing."""
    for id in dict.fromkeys((*practice.rounding, *practice.drugs, *practice.groups)):
        if id:
            find_drug(id, regimen=regimen)


def phases_giving(drug: str, regimen: Regimen) -> list[str]:
    """The phases that give a drug, in their order."""
    return [phase.id for phase in regimen.phases if any(activity.drug and activity.drug.stated == drug for activity in phase.activities)]


def drugs_given(regimen: Regimen) -> dict[str, list[str]]:
    """The drugs of a regimen in the order of their first use, each with the phases that give it."""
    given = (activity.drug.stated for phase in regimen.phases for activity in phase.activities if activity.drug)
    return {drug: phases_giving(drug, regimen) for drug in dict.fromkeys(given) if drug}


def _only(percent: Fact[Percent], reduction: Reduction, stated: Fact[Percent] | None) -> Fact[Percent]:
    """The reduction's percentage. Raises DoseError where a rule or the regimen asks for one too: how they combine nobody said."""
    if stated and stated.stated:
        raise DoseError(f"{reduction}: {stated.stated} of the amount is asked for already [{stated.source}]; keep one of them")
    return percent


def _highest(drug: str, dose: Quantity, phase: str, regimen: Regimen) -> Quantity:
    """The highest dose of the drug in a phase, in the unit of `dose`, which may be one of them."""
    found = regimen.phase(phase)
    doses = [dose]
    for activity in found.activities if found else ():
        if activity.dose and activity.drug and activity.drug.stated == drug:
            doses += [fact.value for fact in activity.dose.facts() if isinstance(fact.value, Quantity) and fact.value.unit == dose.unit]
    return max(doses, key=lambda each: each.value)
