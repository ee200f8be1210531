"""What an amount means at the bench: the volume to draw and the vials to open, or the tablets and capsules to count.

Everything comes from the drug's file with its source; what the file does not say is left out. Nothing here changes an amount.
"""

from collections.abc import Iterator
from decimal import Decimal

from dosing.dose.amount import Amount, Step, shown
from dosing.dose.infusion import drawn_ml
from dosing.dose.oral import MadeUp, make_up
from dosing.dose.vials import open_vials
from dosing.regimen.drug import Drug
from dosing.regimen.facts import Fact
from dosing.units import Quantity, plain

_ORAL = "PO"
_TENTH = Decimal("0.1")


def product_steps(amount: Amount, drug: Drug, *, route: str) -> tuple[Step, ...]:
    """The products for one administration, for each route it may go (`PO or IV` is both; without a route, each of the drug's).

    Only amounts by mass have products. Raises DoseError where the drug's strengths can't be counted.
    """
    quantity = Quantity(amount.value, amount.unit)
    if quantity.kind != "mass":
        return ()
    routes = (route or drug.routes.stated or "route not stated").split(" or ")
    return tuple(step for each in routes for step in (_oral(quantity, drug) if each == _ORAL else _drawn(quantity, drug, each)))


def _oral(quantity: Quantity, drug: Drug) -> Iterator[Step]:
    for form, fact in (("tablets", drug.tablets), ("capsules", drug.capsules)):
        if fact and fact.stated:
            yield Step("product", f"PO, {form}: {_units(make_up(quantity, strengths=fact.stated, drug=drug.id))} {_from(fact)}")


def _units(made: MadeUp) -> str:
    if made.units:
        return str(made.units)
    nearest = [f"{plain(each.total_mg)} mg ({each})" for each in (made.below, made.above) if each]
    return f"whole units can't make up {plain(made.dose_mg)} mg; nearest are {' and '.join(nearest)}"


def _drawn(quantity: Quantity, drug: Drug, route: str) -> Iterator[Step]:
    concentration = drug.concentration.get(route) or drug.concentration.get("")
    if concentration and concentration.stated:
        volume = drawn_ml(quantity, concentration=concentration.stated)
        yield Step("product", f"{route}: {shown(volume)} mL at {concentration.stated} {_from(concentration)}")
    if drug.vials and drug.vials.stated:
        opened = open_vials(quantity, sizes=drug.vials.stated, drug=drug.id)
        waste = f"{plain(opened.waste_mg)} mg left over ({plain(opened.waste_percent.quantize(_TENTH))} % of what is opened)"
        yield Step("product", f"{route}: open {opened}, {waste} {_from(drug.vials)}")


def _from(fact: Fact[object]) -> str:
    return f"[{fact.source}]{' UNVERIFIED' if fact.unverified else ''}"
