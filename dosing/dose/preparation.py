"""The sheet for a drug that goes by needle: vials to open and dissolve, the volume to draw, the bag, its rates, and how long it keeps.

Each line carries the source of every fact that went into it, and says so where one of them is unverified. What the drug's file does not
state is left out, and nothing is rounded but for the eye.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dosing.days import Span
from dosing.dose.infusion import Bag, Stretch, against_range, drawn_ml, fill_bag, infuse, rate_ml_h, shown_concentration
from dosing.dose.rounding import half_up
from dosing.dose.steps import Step, cited, shown
from dosing.dose.vials import Vials, open_vials, share
from dosing.errors import DoseError
from dosing.regimen.drug import Bag as BagFact
from dosing.regimen.drug import ConcentrationRange, Drug, Reconstitution
from dosing.regimen.facts import Fact, Minutes
from dosing.regimen.values import parse_infusions
from dosing.units import EXACT, Quantity, plain

# Routes that no bag is hung for; a bag in a drug's file is for its infusion.
_NO_BAG = ("PO", "SC", "IM", "IT")
_NOT_INJECTED = "PO"
_TENTH = Decimal("0.1")
_WHOLE = Decimal(1)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


@dataclass(frozen=True, slots=True)
class _Filled:
    """One of the bags that a drug may be given in, as filled; None with the problem where it can't be. `facts` say what it is filled by."""

    volume: Quantity
    name: str
    bag: Bag | None
    facts: tuple[Fact[Any], ...]
    problem: str = ""

    def rates(self, bag: Bag) -> tuple[Fact[Any], ...]:
        """The facts that its rates hang on: where diluent is taken out, the volume to run is that of the bag alone."""
        return self.facts[:1] if bag.withdrawn_ml else self.facts


def waste_in_words(waste_mg: Decimal, waste_percent: Decimal) -> str:
    """`6.8 mg left over (5.2 % of what is opened)`, the percentage halves up."""
    return f"{plain(waste_mg)} mg left over ({plain(half_up(waste_percent, step=_TENTH))} % of what is opened)"


def prepare(quantity: Quantity, drug: Drug, route: str, *, over: Minutes | None, infusion: int | None) -> Iterator[Step]:
    """The steps for one route in the order of the work. `quantity` is a mass. Raises DoseError as `open_vials` and `drawn_ml` do."""
    opened = open_vials(quantity, sizes=drug.vials.stated, drug=drug.id) if drug.vials and drug.vials.stated else None
    if opened and drug.vials:
        waste = waste_in_words(opened.waste_mg, opened.waste_percent)
        yield Step("vials", f"{route}: open {opened}, {waste} {cited(drug.vials)}")
    yield from _dissolved(drug, route, opened)
    concentration = _concentration(drug, route)
    if concentration and concentration.stated:
        volume = drawn_ml(quantity, concentration=concentration.stated)
        yield Step("volume", f"{route}: {shown(volume)} mL at {concentration.stated} {cited(concentration)}")
    if route not in _NO_BAG:
        yield from _infused(quantity, drug, route, over=over, infusion=infusion)


def _concentration(drug: Drug, route: str) -> Fact[Quantity] | None:
    """The concentration of what is drawn for a route, where it is stated."""
    fact = drug.concentration.get(route) or drug.concentration.get("")
    return fact if fact and fact.stated else None


def share_day(amounts: Sequence[Quantity], drug: Drug, *, allow: bool) -> tuple[Step, ...]:
    """A day's amounts of one drug, one for each patient, from common vials.

    `allow` is the user's word where the drug's file has none; it never goes before a file that forbids it. Raises DoseError where it
    is forbidden or not stated, where no vials are stated, and as `share` does.
    """
    may = _may_share(drug, allow=allow)
    if not drug.vials or not drug.vials.stated:
        raise DoseError(f"{drug.id}: its file states no vials; nothing can be shared")
    shared = share(amounts, sizes=drug.vials.stated, allowed=True, drug=drug.id)
    common = shared.vials
    waste = waste_in_words(common.waste_mg, common.waste_percent)
    steps = [may, Step("vials", f"open {common} for {plain(common.amount_mg)} mg in all, {waste} {cited(drug.vials)}")]
    for number, part in enumerate(shared.parts, 1):
        account = f"{shown(part.opened_mg)} mg of what is opened on its account"
        steps.append(Step("part", f"patient {number}: {plain(part.amount_mg)} mg, {account}; alone {part.alone}", part.amount_mg))
    alone = EXACT.add(common.opened_mg, shared.saved_mg)
    percent = half_up(EXACT.divide(EXACT.multiply(shared.saved_mg, Decimal(100)), alone), step=_TENTH)
    words = f"each alone would open {plain(alone)} mg, together {plain(common.opened_mg)} mg"
    return (*steps, Step("saved", f"saved {plain(shared.saved_mg)} mg ({plain(percent)} %): {words}", shared.saved_mg))


def _may_share(drug: Drug, *, allow: bool) -> Step:
    """Who allows that vials are shared. Raises DoseError where it is forbidden, or nobody allows it."""
    fact = drug.share_vials
    if fact and fact.stated is False:
        raise DoseError(
            f"{drug.id}: its vials must not be shared between patients, the label forbids it {cited(fact)};"
            " prepare each amount from its own vials"
        )
    if fact and fact.stated:
        return Step("sharing", f"vials may be shared {cited(fact)}")
    if not allow:
        raise DoseError(
            f"{drug.id}: whether its vials may be shared between patients is not stated; where your rules allow it, say so with --allow"
        )
    return Step("sharing", f"sharing was allowed by the user (--allow); the file of {drug.id} does not state whether vials may be shared")


def keeping(drug: Drug, routes: Sequence[str]) -> Iterator[Step]:
    """How long what was prepared keeps, once for all routes; nothing where it is only swallowed."""
    if drug.stability and drug.stability.stated and any(route != _NOT_INJECTED for route in routes):
        yield Step("stability", f"stability: {drug.stability.stated} {cited(drug.stability)}")


# -- dissolving ---------------------------------------------------------------------------------------------------


def _dissolved(drug: Drug, route: str, opened: Vials | None) -> Iterator[Step]:
    """How each size of vial that is opened is dissolved; each size there is, where nobody knows which are opened."""
    fact = drug.reconstitution.get(route) or drug.reconstitution.get("")
    if not fact or not fact.stated:
        return
    sizes = [size for size, _ in opened.vials] if opened else [size for size, _ in fact.stated.volumes]
    for size in sizes:
        yield Step("reconstitution", f"{route}: {_fluid(fact.stated, size)} {cited(fact)}")


def _fluid(told: Reconstitution, size: Quantity) -> str:
    volume = next((volume for each, volume in told.volumes if each.to("mg") == size.to("mg")), None)
    if volume is None:
        return f"how much {told.fluid} a {size} vial is dissolved in is not stated"
    return f"dissolve each {size} vial in {volume} of {told.fluid}"


# -- the bag ------------------------------------------------------------------------------------------------------


def _infused(quantity: Quantity, drug: Drug, route: str, *, over: Minutes | None, infusion: int | None) -> Iterator[Step]:
    fact = drug.bag
    if not fact or not fact.stated:
        return
    concentration = _concentration(drug, route)
    if not concentration or not concentration.stated:
        names = ", ".join(_name(volume, fact.stated) for volume in fact.stated.volumes)
        yield Step("bag", f"{route}, {names}: the volume to put in is not known, as no concentration is stated {cited(fact)}")
        return
    bags = [_fill(quantity, volume, fact.stated, concentration.stated, (fact, concentration)) for volume in fact.stated.volumes]
    note = _outside(bags, drug)
    for number, each in enumerate(bags):
        yield Step("bag", f"{route}, {each.name}: {_content(each, drug)}", note=note if number == 0 else "")
    stepwise = any(rates.stated for rates in drug.rates.values())
    for each in bags:
        if each.bag and stepwise:
            yield from _stepwise(each, each.bag, drug, route, over=over, infusion=infusion)
        elif each.bag:
            yield from _fixed(each, each.bag, route, over)


def _name(volume: Quantity, told: BagFact) -> str:
    return f"bag of {volume} {told.fluid}"


def _fill(quantity: Quantity, volume: Quantity, told: BagFact, concentration: Quantity, facts: tuple[Fact[Any], ...]) -> _Filled:
    try:
        bag = fill_bag(quantity, concentration=concentration, bag_ml=volume.to("mL"), withdraw=told.withdraw)
    except DoseError as error:
        return _Filled(volume, _name(volume, told), None, facts, str(error))
    return _Filled(volume, _name(volume, told), bag, facts)


def _content(filled: _Filled, drug: Drug) -> str:
    """What is taken out and put in, what it comes to, and whether that is allowed."""
    bag, limits = filled.bag, drug.final_concentration
    if not bag:
        return f"{filled.problem} {cited(*filled.facts)}"
    out = f"take out {shown(bag.withdrawn_ml)} mL, " if bag.withdrawn_ml else ""
    mixed = f"{out}put in {shown(bag.drug_ml)} mL of the drug: {shown(bag.volume_ml)} mL at {shown_concentration(bag.concentration)}"
    if not limits or not limits.stated:
        return f"{mixed} {cited(*filled.facts)}"
    return f"{mixed}, {_place(bag, limits.stated)} the allowed {limits.stated} {cited(*filled.facts, limits)}"


def _place(bag: Bag, allowed: ConcentrationRange) -> str:
    return against_range(bag.concentration, lowest=allowed.low, highest=allowed.high)


def _outside(bags: Sequence[_Filled], drug: Drug) -> str:
    """What is to be said where none of the bags has an allowed concentration; nothing otherwise."""
    limits = drug.final_concentration
    if not limits or not limits.stated:
        return ""
    if any(each.bag and _place(each.bag, limits.stated) == "within" for each in bags):
        return ""
    return f"no bag of {drug.id} holds this amount at the allowed {limits.stated} {cited(limits)}"


# -- the rates ----------------------------------------------------------------------------------------------------


def _fixed(filled: _Filled, bag: Bag, route: str, over: Minutes | None) -> Iterator[Step]:
    """The steady rate for the time that the regimen states; a range of times leaves a choice, and has none.

    Not for a drug with rates in steps: there the time is that of all steps together, and a steady rate would start too fast.
    """
    if over and over.low == over.high:
        rate = rate_ml_h(bag.volume_ml, minutes=Decimal(over.low))
        text = f"{_short(rate)} mL/h over {over.low} min, as the regimen states"
        yield Step("rate", f"{route}, bag of {filled.volume}: {text} {cited(*filled.rates(bag))}")


def _stepwise(filled: _Filled, bag: Bag, drug: Drug, route: str, *, over: Minutes | None, infusion: int | None) -> Iterator[Step]:
    """The rates of this infusion, with the regimen's time beside them where that is another; or of each that the file tells apart."""
    for key, fact in drug.rates.items():
        span = parse_infusions(key)
        if not fact.stated or (infusion is not None and infusion not in span):
            continue
        which = f"infusion {infusion}" if infusion is not None else _infusions(span)
        try:
            rows = infuse(bag.volume_ml, steps=fact.stated)
            told = f"{_course(rows)}{_unlike(rows, over) if infusion is not None else ''}"
        except DoseError as error:
            told = str(error)
        yield Step("rate", f"{route}, {which}, bag of {filled.volume}: {told} {cited(fact, *filled.rates(bag))}")


def _unlike(rows: Sequence[Stretch], over: Minutes | None) -> str:
    """What is to be said where the regimen's time isn't that of the rates; nothing where it is, to the minute."""
    whole = half_up(rows[-1].to_min, step=_WHOLE)
    return "" if over is None or over.low <= whole <= over.high else f", but the regimen states {over}"


def _infusions(span: Span) -> str:
    """`first infusion`, `third and later infusions`, `infusions 2-4`, `every infusion`."""
    if span.last is None:
        return "every infusion" if span.first == 1 else f"{_ordinal(span.first)} and later infusions"
    return f"{_ordinal(span.first)} infusion" if span.first == span.last else f"infusions {span.first}-{span.last}"


def _ordinal(number: int) -> str:
    if number <= len(_ORDINALS):
        return _ORDINALS[number - 1]
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _course(rows: Sequence[Stretch]) -> str:
    """`50 mL/h for 30 min, 200 mL/h for 61.5 min; 92 min in all (91.5)`: whole minutes halves up, with the exact ones where they differ."""
    rates = ", ".join(f"{plain(row.rate_ml_h)} mL/h for {shown(EXACT.subtract(row.to_min, row.from_min))} min" for row in rows)
    total = rows[-1].to_min
    whole = half_up(total, step=_WHOLE)
    return f"{rates}; {plain(whole)} min in all{'' if whole == total else f' ({shown(total)})'}"


def _short(rate: Decimal) -> str:
    """A rate with one decimal, and `about` where it has more."""
    tenths = half_up(rate, step=_TENTH)
    return plain(tenths) if tenths == rate else f"about {plain(tenths)}"
