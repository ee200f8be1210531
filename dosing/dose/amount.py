"""The amount of one administration, in a fixed order of work, each step kept for the reader.

    per-unit dose x size -> cap on BSA -> cap in mg -> percent -> round

A reduction to a level is another per-unit dose, and stands before them. Nothing is rounded before the last step, and neither rounding nor
a percentage above 100 leads above the cap in mg.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, TypeVar

from dosing.dose.bodysize import body_surface, find_formula
from dosing.dose.bodyweight import Weight, choose_weight
from dosing.dose.calvert import calvert
from dosing.dose.patient import Patient, dated, describe
from dosing.dose.rounding import half_up
from dosing.dose.steps import Step, cited, shown, signed_percent
from dosing.errors import DoseError, PatientError
from dosing.regimen.drug import Drug
from dosing.regimen.facts import Fact, NoCap, Percent
from dosing.units import EXACT, Quantity, plain

if TYPE_CHECKING:
    from dosing.dose.bands import BandTable
    from dosing.dose.policy import Policy, Rounded

T = TypeVar("T")

_HUNDRED = Decimal(100)
_ACTUAL = "actual"
# An amount that nobody rounds: nobody reads 40 digits of a root, and no more than these are real.
_WRITTEN = Context(prec=6, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Amount:
    """What this patient gets at one administration: `value` in `unit`.

    `bsa_m2` is the body surface it was computed with, if any, and `basis` says how that was found. `exact` is the amount before rounding,
    `deviation_pct` how far `value` is from it in percent of it, `rounding` by which rule; empty where nothing was rounded.
    """

    value: Decimal
    unit: str
    steps: tuple[Step, ...]
    bsa_m2: Decimal | None = None
    basis: str = ""
    exact: Decimal | None = None
    rounding: str = ""

    @property
    def deviation_pct(self) -> Decimal:
        """How far the amount is from the exact one, in percent of that; above zero where more is given."""
        exact = self.value if self.exact is None else self.exact
        return EXACT.divide(EXACT.multiply(EXACT.subtract(self.value, exact), _HUNDRED), exact)

    def __str__(self) -> str:
        return f"{plain(self.value)} {self.unit}"


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: a dose of a drug with the limits that hold on the day. None leaves a limit to the drug, or away.

    `changes` are the steps that led to the dose, where it isn't the regimen's own; `policy` is how the site rounds, with its band tables.
    """

    drug: Drug
    dose: Quantity
    max: Fact[Quantity] | None = None
    bsa_cap: Fact[Quantity | NoCap] | None = None
    round: Fact[Quantity] | None = None
    percent: Fact[Percent] | None = None
    changes: tuple[Step, ...] = ()
    policy: "Fact[Policy] | None" = None
    bands: "Mapping[str, BandTable]" = field(default_factory=dict)

    @property
    def computed(self) -> bool:
        """Whether the amount is computed rather than a flat dose as stated."""
        return bool(self.dose.per) or self.dose.unit == "AUC" or self.percent is not None


def compute(order: Order, patient: Patient, *, formula: str) -> Amount:
    """The amount of one administration for the patient.

    Raises PatientError naming the measurement that is missing or the unknown formula, DoseError where the drug has no rule to round by.
    """
    known = find_formula(formula)
    steps: list[Step] = [*order.changes]
    size, bsa = _size(order, patient, formula, steps)
    unit = "mg" if order.dose.unit == "AUC" else order.dose.flat_unit
    value = _exposure(order, patient, steps) if order.dose.unit == "AUC" else _product(order, size, unit, steps)
    value = _ceiling(order, value, unit, steps)
    exact = _ceiling(order, _percentage(order, value, unit, steps), unit, steps)
    rounded, rule = _rounded(order, exact, unit, steps)
    basis = "" if bsa is None else "body surface given" if patient.bsa_m2 is not None else f"body surface by {known.title}"
    return Amount(rounded, unit, tuple(steps), bsa, basis, exact, rule)


def missing_measurement(dose: Quantity, patient: Patient) -> str:
    """What must be measured for the dose and isn't, in words; nothing where all is at hand."""
    if dose.per == "m2" and patient.bsa_m2 is None:
        return " and ".join(name for name, value in (("height", patient.height_cm), ("weight", patient.weight_kg)) if value is None)
    if dose.per == "kg" and patient.weight_kg is None:
        return "weight"
    return "gfr" if dose.unit == "AUC" and patient.gfr_ml_min is None else ""


def _needed(value: Decimal | None, order: Order, patient: Patient) -> Decimal:
    """The measurement; raises PatientError, which names all that the dose needs, where it is missing."""
    if value is not None:
        return value
    absent = missing_measurement(order.dose, patient)
    options = " ".join(f"--{name}" for name in absent.split(" and "))
    direct = ", or --bsa" if order.dose.per == "m2" else ""
    raise PatientError(f"{order.drug.id} {order.dose} needs the patient's {absent}: give {options}{direct}")


def _size(order: Order, patient: Patient, formula: str, steps: list[Step]) -> tuple[Decimal, Decimal | None]:
    """What the dose is multiplied by, and the body surface if it is that."""
    if order.dose.per == "kg":
        _needed(patient.weight_kg, order, patient)
        weight = _weight(order, patient, steps)
        steps.append(Step("size", f"weight {shown(weight.kg)} kg ({weight.kind}{dated(patient)})"))
        return weight.kg, None
    if order.dose.per != "m2":
        return Decimal(1), None
    bsa = _capped(order, _surface(order, patient, formula, steps), steps)
    return bsa, bsa


def _weight(order: Order, patient: Patient, steps: list[Step]) -> Weight:
    """The actual weight, unless the drug's file or the site names another; then how it was found is a step of its own."""
    fact = order.drug.weight
    kind = (fact.stated if fact else None) or _ACTUAL
    weight = choose_weight(kind, patient)
    if fact and kind != _ACTUAL:
        steps.extend(Step(step.kind, f"{step.text} {cited(fact)}", step.value, f"{kind} weight", step.source) for step in weight.steps)
    return weight


def _surface(order: Order, patient: Patient, formula: str, steps: list[Step]) -> Decimal:
    if patient.bsa_m2 is not None:
        steps.append(Step("size", f"body surface {plain(patient.bsa_m2)} m2 (given{dated(patient)})"))
        return patient.bsa_m2
    height, _ = (_needed(value, order, patient) for value in (patient.height_cm, patient.weight_kg))
    weight = _weight(order, patient, steps)
    bsa = body_surface(height_cm=height, weight_kg=weight.kg, formula=formula, sex=patient.sex)
    known = find_formula(formula)
    of = describe(patient) if weight.kind == _ACTUAL else f"{plain(height)} cm, {shown(weight.kg)} kg {weight.kind}{dated(patient)}"
    steps.append(Step("size", f"body surface {shown(bsa)} m2 ({known.title}: {known.text}; {of})"))
    return bsa


def _first_stated(*facts: Fact[T] | None) -> Fact[T] | None:
    """The first that has a value: what the regimen says goes before what the drug's file says."""
    return next((fact for fact in facts if fact and fact.stated is not None), None)


def _capped(order: Order, bsa: Decimal, steps: list[Step]) -> Decimal:
    fact = _first_stated(order.bsa_cap, order.drug.bsa_cap)
    cap = fact.stated if fact else None
    if not fact or not isinstance(cap, Quantity) or bsa <= cap.value:
        return bsa
    held = f"above the cap of {cap}: dosed as {cap} {cited(fact)}"
    steps.append(Step("bsa cap", f"body surface {shown(bsa)} m2 is {held}", note=f"body surface {held}"))
    return cap.value


def _exposure(order: Order, patient: Patient, steps: list[Step]) -> Decimal:
    gfr = _needed(patient.gfr_ml_min, order, patient)
    value = calvert(auc=order.dose.value, gfr_ml_min=gfr)
    steps.append(Step("dose", f"{order.dose} x ({plain(gfr)} mL/min + 25) = {shown(value)} mg (Calvert)", value))
    return value


def _product(order: Order, size: Decimal, unit: str, steps: list[Step]) -> Decimal:
    value = EXACT.multiply(order.dose.value, size)
    product = f"{order.dose} x {shown(size)} {order.dose.per} = {shown(value)} {unit}"
    steps.append(Step("dose", product if order.dose.per else f"flat dose of {order.dose}", value))
    return value


def _ceiling(order: Order, value: Decimal, unit: str, steps: list[Step]) -> Decimal:
    """The amount, at most the maximum. Where the cap on the body surface was reached too, one note names both."""
    limit = order.max.stated if order.max else None
    if not order.max or limit is None or value <= limit.to(unit):
        return value
    text = f"{shown(value)} {unit} is above the maximum of {limit} for one administration: {limit} {cited(order.max)}"
    note = text
    for place, step in enumerate(steps):
        if step.kind == "bsa cap":
            note = f"two caps: {step.note}, and {text}"
            steps[place] = Step(step.kind, step.text)
    steps.append(Step("mg cap", text, limit.to(unit), note=note))
    return limit.to(unit)


def _percentage(order: Order, value: Decimal, unit: str, steps: list[Step]) -> Decimal:
    fact = order.percent
    percent = fact.stated if fact else None
    if not fact or percent is None:
        return value
    part = EXACT.divide(EXACT.multiply(value, percent.value), _HUNDRED)
    why = f": {fact.because}" if fact.because else ""
    text = f"{percent} of {shown(value)} {unit} = {shown(part)} {unit} {cited(fact)}{why}"
    steps.append(Step("percent", text, part, note=f"{percent} of the amount {cited(fact)}{why}"))
    return part


# -- rounding -----------------------------------------------------------------------------------------------------


def _rounded(order: Order, value: Decimal, unit: str, steps: list[Step]) -> tuple[Decimal, str]:
    """The amount in steps that can be given, and the rule that led there.

    The protocol's own rounding goes before the site's policy, and that before the drug's measurable precision. A flat dose is given as
    stated unless the protocol or a policy for the drug rounds it.
    """
    own = _first_stated(order.round)
    never = bool(order.drug.never_round and order.drug.never_round.stated)
    policy = order.policy.stated if order.policy else None
    if order.policy and policy and not own and not never:
        return _by_policy(order, policy, cited(order.policy), value, unit, steps)
    if order.policy and policy:
        why = "the protocol rounds it itself" if own else f"{order.drug.id} is never rounded by a policy"
        steps.append(Step("policy", f"policy `{policy}` {cited(order.policy)} not used: {why}"))
    fact = own or (order.drug.precision if order.computed else None)
    return (value, "") if fact is None else _to_step(order, fact, value, unit, steps)


def _to_step(order: Order, fact: Fact[Quantity], value: Decimal, unit: str, steps: list[Step]) -> tuple[Decimal, str]:
    """Halves up to a multiple of a step, one step lower where that would pass the maximum."""
    if fact.stated is None:
        raise DoseError(f"{order.drug.id} has no measurable precision; add `precision` to the drug or `round` to the activity")
    step, how, why = fact.stated.to(unit), "half up", ""
    rounded = half_up(value, step=step)
    limit = _limit(order, unit)
    if limit is not None and rounded > limit:
        rounded, how, why = EXACT.subtract(rounded, step), "down", f"; half up would pass the maximum of {plain(limit)} {unit}"
    if not rounded:
        raise DoseError(f"{order.drug.id} {order.dose}: {shown(value)} {unit} rounds to nothing in steps of {fact.stated}; check the unit")
    whose = "measurable precision" if fact is order.drug.precision else "the protocol's rounding"
    text = f"rounded {how} to {fact.stated} ({whose}{why}) {cited(fact)}: {plain(rounded)} {unit}"
    steps.append(Step("round", text, rounded))
    return rounded, f"{fact.stated} ({whose})"


def _limit(order: Order, unit: str) -> Decimal | None:
    limit = order.max.stated if order.max else None
    return limit.to(unit) if limit else None


def _by_policy(order: Order, policy: "Policy", by: str, value: Decimal, unit: str, steps: list[Step]) -> tuple[Decimal, str]:
    """The amount by the site's policy; at measurable precision where that leads beyond its limit or above the maximum."""
    from dosing.dose.policy import apply

    found = apply(
        policy,
        Quantity(value, unit),
        precision=order.drug.precision.stated,
        vials=_sizes(order.drug.vials),
        strengths=(*_sizes(order.drug.tablets), *_sizes(order.drug.capsules)),
        bands=order.bands,
    )
    if policy.kind == "never" and order.computed:
        found = replace(found, value=Quantity(_WRITTEN.plus(value), unit), why=f"{found.why}; written with {_WRITTEN.prec} digits")
    limit = _limit(order, unit)
    if limit is not None and found.value.value > limit:
        passed = f"policy `{policy}` {by} not used: {found.value} would pass the maximum of {plain(limit)} {unit}"
        steps.append(Step("policy", passed, note=passed))
        return _to_step(order, order.drug.precision, value, unit, steps)
    text = f"rounded {found.rule} {by}" if found.rounded else found.why
    note = found.why or f"{text} ({signed_percent(found.deviation_pct)})"
    steps.append(Step("round", f"{text}: {found.value} ({_off(found)})", found.value.value, note=note))
    return found.value.value, str(policy) if found.rounded else found.why


def _off(found: "Rounded") -> str:
    return f"{signed_percent(found.deviation_pct)} from {shown(found.exact.value)} {found.exact.unit}"


def _sizes(fact: Fact[tuple[Quantity, ...]] | None) -> tuple[Quantity, ...]:
    return (fact.stated if fact else None) or ()
