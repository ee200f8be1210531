"""Weights other than that on the scales, each with its name: ideal, adjusted, corrected for a lost limb; and the body mass index.

Which weight a formula or a dose takes is for the caller to say; nothing here chooses one. All of it is for adults.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce

from dosing.dose.patient import SEXES, Patient
from dosing.dose.steps import Step, shown
from dosing.errors import PatientError, nearest
from dosing.units import EXACT, Quantity, plain

# Devine's formula starts at five feet.
DEVINE_FROM_CM = Decimal("152.4")
SIDES = ("left", "right")

_DEVINE_BASE_KG = {"female": Decimal("45.5"), "male": Decimal(50)}
_DEVINE_KG_PER_INCH = Decimal("2.3")
_ADJUSTMENT = Decimal("0.4")
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight in kg and which it is: `actual`, `ideal`, `adjusted`, `before amputation`; `source` is the method's key in sources.yaml."""

    kg: Decimal
    kind: str
    source: str = ""
    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        return f"{shown(self.kg)} kg ({self.kind})"


@dataclass(frozen=True, slots=True)
class BodyMassIndex:
    """A body mass index in kg/m2, not rounded, and the weight it was computed with."""

    kg_m2: Decimal
    weight: Weight
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return f"{shown(self.kg_m2)} kg/m2"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the body that can be lost: all of a limb below a joint, with its percentage of the weight of the whole body."""

    id: str
    limb: str
    percent: Decimal
    text: str


# Osterkamp, J Am Diet Assoc 1995;95:215, as reprinted by dietitians: the whole table at visualveggies.com; 5.9 % also by the Academy of
# Nutrition and Dietetics (eatrightpro.org) and, naming Osterkamp, in a Manual of Clinical Nutrition Management (2013). The paper's own
# table was not seen. Other tables in use differ: one has 1.8 % for a foot and 18.5 % for a leg.
PARTS: dict[str, Part] = {
    part.id: part
    for part in (
        Part("hand", "arm", Decimal("0.7"), "hand"),
        Part("below-elbow", "arm", Decimal("2.3"), "forearm and hand"),
        Part("arm", "arm", Decimal("5.0"), "entire arm"),
        Part("foot", "leg", Decimal("1.5"), "foot"),
        Part("below-knee", "leg", Decimal("5.9"), "lower leg and foot"),
        Part("leg", "leg", Decimal("16.0"), "entire leg"),
    )
}


@dataclass(frozen=True, slots=True)
class Loss:
    """What is missing on one side: `Loss("left", "below-knee")`. Raises PatientError for another side, or a part not in the table."""

    side: str
    part: str

    def __post_init__(self) -> None:
        if self.side not in SIDES:
            raise PatientError(f"amputation: the side is {self.side!r}; it is left or right")
        if self.part not in PARTS:
            known = ", ".join(f"{part.id} ({part.text})" for part in PARTS.values())
            raise PatientError(
                f"amputation: no share of the body weight is known for {self.part!r}{nearest(self.part, PARTS)}; known are {known}; "
                "for a level between joints ask for a weight that was measured or estimated otherwise"
            )

    def __str__(self) -> str:
        return f"{self.side} {PARTS[self.part].text}"


def actual_weight(weight_kg: Decimal) -> Weight:
    """The weight on the scales, in kg, as it is. Raises PatientError where it can't be a person's."""
    Patient(weight_kg=weight_kg)
    return Weight(weight_kg, "actual", steps=(Step("weight", f"weight {plain(weight_kg)} kg (actual)"),))


def body_mass_index(*, height_cm: Decimal, weight: Weight) -> BodyMassIndex:
    """Weight in kg / (height in m)^2, not rounded.

    After the loss of a limb give the weight of `weight_before_amputation` and the height from before. The number says nothing of muscle,
    fat or water (oedema, ascites). Raises PatientError for a size that can't be a person's.
    """
    Patient(height_cm=height_cm, weight_kg=weight.kg)
    metres = Quantity(height_cm, "cm").to("m")
    # 10000 x kg / cm^2: a single division
    value = EXACT.divide(EXACT.multiply(weight.kg, Decimal(10_000)), EXACT.multiply(height_cm, height_cm))
    text = f"body mass index {shown(weight.kg)} kg ({weight.kind}) / ({plain(metres)} m)^2 = {shown(value)} kg/m2"
    return BodyMassIndex(value, weight, (*weight.steps, Step("body mass index", text, value)))


def ideal_weight(*, height_cm: Decimal, sex: str) -> Weight:
    """Devine, Drug Intell Clin Pharm 1974;8:650: 50 kg in men, 45.5 kg in women, and 2.3 kg for each inch above 60.

    Holds for adults of 152.4 cm (60 inches) and more: that height has the base weight, 152.3 cm raises PatientError, and so do a height
    that can't be a person's and a missing sex. Devine gave it without data, for the dose of gentamicin.
    """
    Patient(height_cm=height_cm)
    base = _DEVINE_BASE_KG[checked_sex(sex, what="the ideal body weight")]
    if height_cm < DEVINE_FROM_CM:
        raise PatientError(
            f"height {plain(height_cm)} cm is below {DEVINE_FROM_CM} cm (60 inches), where Devine's ideal body weight starts; "
            "use another weight"
        )
    inches = Quantity(EXACT.subtract(height_cm, DEVINE_FROM_CM), "cm").to("in")
    kg = EXACT.fma(_DEVINE_KG_PER_INCH, inches, base)
    text = f"ideal weight {plain(base)} kg + {_DEVINE_KG_PER_INCH} kg x {shown(inches)} inches above 60 = {shown(kg)} kg (Devine, {sex})"
    return Weight(kg, "ideal", "devine-1974", (Step("weight", text, source="devine-1974"),))


def adjusted_weight(*, height_cm: Decimal, weight_kg: Decimal, sex: str) -> Weight:
    """Ideal weight + 0.4 x (actual - ideal), in kg, the ideal weight by Devine.

    Holds for who weighs as much as the ideal weight or more: below it the formula would make a thin person heavier, and raises
    PatientError. From which excess on it is used (often 20 or 30 %) is for the caller to say. Raises PatientError as `ideal_weight` does.
    """
    Patient(weight_kg=weight_kg)
    ideal = ideal_weight(height_cm=height_cm, sex=sex)
    if weight_kg < ideal.kg:
        raise PatientError(
            f"weight {plain(weight_kg)} kg is below the ideal weight of {shown(ideal.kg)} kg, and adjusting would raise it; "
            "use the actual weight"
        )
    kg = EXACT.fma(_ADJUSTMENT, EXACT.subtract(weight_kg, ideal.kg), ideal.kg)
    terms = f"{shown(ideal.kg)} kg + {_ADJUSTMENT} x ({plain(weight_kg)} kg - {shown(ideal.kg)} kg)"
    step = Step("weight", f"adjusted weight {terms} = {shown(kg)} kg", source="adjusted-weight")
    return Weight(kg, "adjusted", "adjusted-weight", (*ideal.steps, step))


def read_loss(text: str) -> Loss:
    """A lost part from `left foot`, `right below-knee`, `left below knee`. Raises PatientError."""
    side, _, part = " ".join(text.lower().split()).partition(" ")
    if not part:
        raise PatientError(f"amputation {text!r} can't be read; write the side and the part, such as left below-knee")
    return Loss(side, re.sub(r"[ _]+", "-", part))


def weight_before_amputation(*, observed_kg: Decimal, losses: Sequence[Loss]) -> Weight:
    """An estimate of the weight with all limbs, in kg: observed / (1 - share of what is missing); shares as in `PARTS`.

    `observed_kg` is weighed without a prosthesis. One part for each limb, the highest: a lost leg includes its foot. The shares are means
    of few bodies, the same for all ages and both sexes; whether a dose goes by this weight is for the prescriber. Raises PatientError for
    no loss, for two parts of one limb, and for a weight that can't be a person's.
    """
    Patient(weight_kg=observed_kg)
    if not losses:
        raise PatientError(
            "amputation: nothing is named as missing; name a side and a part, such as left below-knee, or use the weight as it is"
        )
    limbs = [(loss.side, PARTS[loss.part].limb) for loss in losses]
    for side, limb in limbs:
        if limbs.count((side, limb)) > 1:
            raise PatientError(f"amputation: the {side} {limb} is named twice; name the highest part only, a leg includes its foot")
    percent = reduce(EXACT.add, (PARTS[loss.part].percent for loss in losses))
    kg = EXACT.divide(EXACT.multiply(observed_kg, _HUNDRED), EXACT.subtract(_HUNDRED, percent))
    missing = ", ".join(str(loss) for loss in losses)
    text = f"weight {plain(observed_kg)} kg / (1 - {plain(percent)} %) = {shown(kg)} kg (before amputation: {missing})"
    return Weight(kg, "before amputation", "osterkamp-1995", (Step("weight", text, source="osterkamp-1995"),))


def choose_weight(kind: str, patient: Patient) -> Weight:
    """The patient's weight of one kind: `actual`, `ideal`, `adjusted` or `before amputation`. Raises PatientError for what that needs."""
    if patient.weight_kg is None:
        raise PatientError("the patient's weight is needed: give --weight")
    if kind == "actual":
        return actual_weight(patient.weight_kg)
    if kind == "before amputation":
        return weight_before_amputation(observed_kg=patient.weight_kg, losses=[read_loss(text) for text in patient.lost])
    if patient.height_cm is None:
        raise PatientError(f"the {kind} weight needs the patient's height: give --height")
    if kind == "ideal":
        return ideal_weight(height_cm=patient.height_cm, sex=patient.sex)
    if kind == "adjusted":
        return adjusted_weight(height_cm=patient.height_cm, weight_kg=patient.weight_kg, sex=patient.sex)
    raise PatientError(f"there is no weight {kind!r}; known are actual, ideal, adjusted and before amputation")


def checked_sex(sex: str, *, what: str) -> str:
    """The sex if it is `female` or `male`; raises PatientError, which names `what` needs it."""
    if sex not in SEXES:
        raise PatientError(f"{what} needs the patient's sex, female or male, not {sex!r}; give --sex")
    return sex
