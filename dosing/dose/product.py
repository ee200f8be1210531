"""What an amount means at the bench: the vials to open and the bag to fill, or the tablets and capsules to count.

Everything comes from the drug with its source; what nobody stated is left out. Nothing here changes an amount.
"""

from collections.abc import Iterator

from dosing.dose.amount import Amount
from dosing.dose.infusion import drawn_ml
from dosing.dose.oral import MadeUp, make_up
from dosing.dose.preparation import keeping, prepare
from dosing.dose.steps import Step, cited, shown
from dosing.errors import DoseError
from dosing.regimen.drug import Drug
from dosing.regimen.facts import Fact, Minutes
from dosing.units import Quantity, plain

ORAL = "PO"
NO_ROUTE = "route not stated"


def product_steps(amount: Amount, drug: Drug, *, route: str, over: Minutes | None = None, infusion: int | None = None) -> tuple[Step, ...]:
    """The products for one administration, for each route it may go (`PO or IV` is both; without a route, each of the drug's).

    `over` is the infusion time that the regimen states, `infusion` the number of this infusion of the drug for the patient, from 1; without
    it the rates of every infusion are told. Kinds of steps: vials, reconstitution, volume, bag, rate, stability; units (to count).
    Only amounts by mass have products. Raises DoseError where the drug's vials or strengths can't be counted, where its concentration is
    of another kind than the amount, and for an infusion below 1.
    """
    if infusion is not None and infusion < 1:
        raise DoseError(f"infusion {infusion}: the infusions of a drug count from 1")
    quantity = Quantity(amount.value, amount.unit)
    if quantity.kind != "mass":
        return ()
    routes = routes_of(route, drug)
    each = [_oral(quantity, drug) if one == ORAL else prepare(quantity, drug, one, over=over, infusion=infusion) for one in routes]
    return (*(step for steps in each for step in steps), *keeping(drug, routes))


def routes_of(route: str, drug: Drug) -> list[str]:
    """Each route that an administration may go; those of the drug where the regimen names none."""
    return (route or drug.routes.stated or NO_ROUTE).split(" or ")


def oral_forms(drug: Drug) -> dict[str, Fact[tuple[Quantity, ...]]]:
    """The tablets and capsules that there are, as far as they are stated."""
    return {form: fact for form, fact in (("tablets", drug.tablets), ("capsules", drug.capsules)) if fact and fact.stated}


def units_in_words(made: MadeUp) -> str:
    """`2 x 20 mg`; or that whole units can't make it up, with the nearest amounts that they can."""
    if made.units:
        return str(made.units)
    nearest = [f"{plain(each.total_mg)} mg ({each})" for each in (made.below, made.above) if each]
    return f"whole units can't make up {plain(made.dose_mg)} mg; nearest {'are' if len(nearest) > 1 else 'is'} {' and '.join(nearest)}"


def _oral(quantity: Quantity, drug: Drug) -> Iterator[Step]:
    for form, fact in oral_forms(drug).items():
        made = make_up(quantity, strengths=fact.stated or (), drug=drug.id)
        yield Step("units", f"{ORAL}, {form}: {units_in_words(made)} {cited(fact)}")
    # only what is stated for this very route: the fluid in a vial is not one to drink
    liquid = drug.concentration.get(ORAL)
    if liquid and liquid.stated:
        yield Step("volume", f"{ORAL}: {shown(drawn_ml(quantity, concentration=liquid.stated))} mL at {liquid.stated} {cited(liquid)}")
