"""Single calculations with every step in words: body surface, creatinine clearance, a dose by AUC, the rounding of an amount.

What a measurement looks like (`dosing.dose.plausible`) stands beside each answer. Nothing is capped or rounded unasked, and what was asked
for, or not, is said.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Literal

from dosing.dose.bands import BandTable
from dosing.dose.bodysize import DEFAULT, FORMULAS, body_surface, find_formula
from dosing.dose.bodyweight import choose_weight
from dosing.dose.calvert import calvert
from dosing.dose.kidney import CALVERT_CAP_ML_MIN, capped_rate, ckd_epi_2021, cockcroft_gault
from dosing.dose.patient import Patient
from dosing.dose.plausible import Grade, Remark, assess
from dosing.dose.policy import Policy, Rounded, apply
from dosing.dose.steps import Step, shown
from dosing.errors import DoseError
from dosing.regimen.drug import Drug
from dosing.regimen.facts import Fact
from dosing.units import Quantity, plain

WeightKind = Literal["actual", "ideal", "adjusted"]

# A convention of this project: hardly any protocol asks for more, and a filtration rate taken for an AUC is far above.
_HIGH_AUC = Decimal(10)


@dataclass(frozen=True, slots=True)
class Answer:
    """A result in a line, the steps that led to it, and what was remarked on the measurements."""

    text: str
    steps: tuple[Step, ...]
    remarks: tuple[Remark, ...] = ()

    def lines(self) -> Iterator[str]:
        """The result, then each step with the key of its source, then the remarks, without the measurements."""
        yield self.text
        yield from (f"    {step.text}{f' [{step.source}]' if step.source else ''}" for step in self.steps)
        yield from (f"    note: {remark.note}" for remark in self.remarks)


def surface(*, height_cm: Decimal, weight_kg: Decimal, formula: str = DEFAULT, sex: str = "", override: Collection[str] = ()) -> Answer:
    """The body surface by one formula, not rounded; shown with four decimals.

    Raises PatientError for an unknown formula, a sex that is missing or unknown, and measurements that `assess` stops at.
    """
    chosen = find_formula(formula)
    remarks = assess(height_cm=height_cm, weight_kg=weight_kg, override=override)
    given = ", ".join((f"{plain(height_cm)} cm", f"{plain(weight_kg)} kg", *filter(None, [Patient(sex=sex).sex])))
    m2 = body_surface(height_cm=height_cm, weight_kg=weight_kg, formula=formula, sex=sex)
    step = Step("size", f"{given}: {chosen.text} = {shown(m2)} m2", m2, source=chosen.source)
    return Answer(f"body surface: {shown(m2)} m2 ({chosen.title})", (step,), tuple(remarks))


def surfaces(*, height_cm: Decimal, weight_kg: Decimal, sex: str = "", override: Collection[str] = ()) -> tuple[Answer, ...]:
    """The body surface by every formula; one that needs the sex says so where that isn't given. Raises PatientError as `surface` does."""
    by = partial(surface, height_cm=height_cm, weight_kg=weight_kg, sex=sex, override=override)
    needs = (Step("size", "this formula needs the patient's sex, female or male"),)
    return tuple(
        Answer(f"body surface: not computed ({formula.title})", needs) if formula.needs_sex and not sex else by(formula=formula.id)
        for formula in FORMULAS.values()
    )


def clearance(
    *,
    age_years: int,
    sex: str,
    weight_kg: Decimal,
    creatinine: Quantity,
    height_cm: Decimal | None = None,
    kind: WeightKind = "actual",
    override: Collection[str] = (),
) -> tuple[Answer, Answer]:
    """The creatinine clearance by Cockcroft and Gault with the weight of that kind, and for information the eGFR by CKD-EPI 2021.

    Raises PatientError for a missing height or sex, and for measurements that `assess` or the formulas refuse.
    """
    remarks = assess(height_cm=height_cm, weight_kg=weight_kg, age_years=age_years, creatinine=creatinine, override=override)
    weight = choose_weight(kind, Patient(height_cm=height_cm, weight_kg=weight_kg, sex=sex))
    rate = cockcroft_gault(age_years=age_years, sex=sex, weight=weight, creatinine=creatinine)
    egfr = ckd_epi_2021(age_years=age_years, sex=sex, creatinine=creatinine)
    uncapped = Step("gfr cap", "not capped, not rounded, not indexed to body surface")
    return (
        Answer(f"creatinine clearance: {rate}", (*rate.steps, uncapped), tuple(remarks)),
        Answer(f"for information, not for a dose: {egfr}", egfr.steps),
    )


def exposure(*, auc: Decimal, gfr_ml_min: Decimal, cap_ml_min: Decimal | None = None) -> Answer:
    """The dose in mg for an AUC by Calvert's formula, not rounded; the GFR is capped where a cap is given.

    Raises PatientError for a GFR that can't be a person's, DoseError for an AUC or a cap that isn't above zero.
    """
    Patient(gfr_ml_min=gfr_ml_min)
    rate, cap = (gfr_ml_min, _no_cap(gfr_ml_min)) if cap_ml_min is None else capped_rate(gfr_ml_min, cap_ml_min=cap_ml_min)
    try:
        mg = calvert(auc=auc, gfr_ml_min=rate)
    except ValueError as error:
        raise DoseError(str(error)) from None
    text = f"AUC {plain(auc)} x ({plain(rate)} mL/min + 25 mL/min) = {shown(mg)} mg (Calvert)"
    steps = (
        Step("gfr", f"GFR {plain(gfr_ml_min)} mL/min (given)"),
        cap,
        Step("dose", text, mg, source="calvert-1989"),
        Step("round", "not rounded"),
    )
    return Answer(f"AUC {plain(auc)}: {shown(mg)} mg", steps, tuple(_high(auc)))


def _no_cap(gfr_ml_min: Decimal) -> Step:
    if gfr_ml_min <= CALVERT_CAP_ML_MIN:
        return Step("gfr cap", "no cap on the GFR was asked for")
    advice = f"consider a cap of {CALVERT_CAP_ML_MIN} mL/min where the GFR is estimated from creatinine: --cap-gfr {CALVERT_CAP_ML_MIN}"
    return Step("gfr cap", f"no cap on the GFR was asked for; {advice}", source="fda-carboplatin-2010")


def _high(auc: Decimal) -> Iterator[Remark]:
    if auc > _HIGH_AUC:
        note = f"AUC {plain(auc)} is above {_HIGH_AUC}"
        yield Remark(Grade.WARN, "auc", f"{note}, which hardly any protocol asks for; check that it is not the GFR", note)


def rounded(amount: Quantity, policy: Policy, *, drug: Drug | None = None, bands: Mapping[str, BandTable] | None = None) -> Answer:
    """A flat amount rounded by a policy, with vials, strengths and precision from the drug's file.

    `bands` are tables by name, for a policy of bands only. Raises DoseError as `apply` does, and for a table that the policy doesn't take.
    """
    if bands and policy.kind != "bands":
        raise DoseError(f"rounding policy `{policy}` takes no band table; leave it out, or write `bands {next(iter(bands))}`")
    facts = _stock(policy, drug) if drug else {}
    sizes = tuple(size for fact in facts.values() for size in fact.stated or ())
    found = apply(policy, amount, precision=drug.precision.stated if drug else None, vials=sizes, strengths=sizes, bands=bands)
    deviation = _percent(found.deviation_pct)
    steps = (
        Step("policy", f"policy: {policy}"),
        *(_fact(name, ", ".join(map(str, fact.stated or ())), fact) for name, fact in facts.items()),
        *(_precision(drug, policy, found) if drug else ()),
        Step("round", found.why or f"rounded {found.rule}"),
        Step("deviation", f"deviation {deviation} of the exact {found.exact}"),
    )
    return Answer(f"{found.exact} -> {found.value} ({deviation})", steps)


def _stock(policy: Policy, drug: Drug) -> dict[str, Fact[tuple[Quantity, ...]]]:
    """What the policy makes up an amount from, in words, as far as the drug's file states it."""
    kinds = {"vials": drug.vials, "tablets": drug.tablets, "capsules": drug.capsules}
    wanted = ("tablets", "capsules") if policy.kind == "stocked" else ("vials",) if "vial" in policy.kind else ()
    return {f"{name} of {drug.id}": fact for name in wanted if (fact := kinds[name]) and fact.stated}


def _precision(drug: Drug, policy: Policy, found: Rounded) -> Iterator[Step]:
    """The measurable precision, where the policy is that, or led too far and the amount was kept at it."""
    if policy.kind == "measurable" or (policy.kind != "never" and not found.rounded):
        yield _fact(f"measurable precision of {drug.id}", str(drug.precision.stated), drug.precision)


def _fact(name: str, value: str, fact: Fact[Any]) -> Step:
    because = f" ({fact.because})" if fact.because else ""
    return Step("fact", f"{name}: {value}{because}{' UNVERIFIED' if fact.unverified else ''}", source=fact.source)


def _percent(deviation_pct: Decimal) -> str:
    """With its sign and at most four decimals: `+5.2632 %`; without a sign where nothing is left of it."""
    size = shown(abs(deviation_pct))
    return f"{'' if size == '0' else '+' if deviation_pct > 0 else '-'}{size} %"
