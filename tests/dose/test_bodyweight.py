"""Ideal, adjusted and corrected weights and the body mass index: published examples, exact fractions, both sides of each boundary."""

from decimal import Context, Decimal, localcontext
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosing.dose.bodyweight import (
    PARTS,
    SIDES,
    Loss,
    Weight,
    actual_weight,
    adjusted_weight,
    body_mass_index,
    choose_weight,
    ideal_weight,
    read_loss,
    weight_before_amputation,
)
from dosing.dose.patient import Patient
from dosing.errors import PatientError

D = Decimal
HEIGHTS = st.decimals("152.4", "250", places=1)
WEIGHTS = st.decimals("30", "300", places=1)
SEXES = st.sampled_from(("female", "male"))


def near(value: Decimal, exact: Fraction) -> bool:
    return abs(Fraction(value) - exact) < Fraction(1, 10**30)


def devine(height_cm: Decimal, sex: str) -> Fraction:
    """Devine in fractions: an inch is 2.54 cm."""
    return (Fraction(50) if sex == "male" else Fraction(91, 2)) + Fraction(23, 10) * (Fraction(height_cm) / Fraction("2.54") - 60)


@pytest.mark.parametrize(
    ("height", "weight", "printed"),
    [
        ("170", "58", "20.1"),  # World Health Organization, apps.who.int/nutrition/landscape, malnutrition in women
        ("175", "70", "22.9"),  # Department of health table after WHO (scribd.com/doc/250896243)
    ],
)
def test_published_body_mass_indices(height: str, weight: str, printed: str) -> None:
    found = body_mass_index(height_cm=D(height), weight=actual_weight(D(weight)))
    assert found.kg_m2.quantize(D(printed)) == D(printed)


def test_a_body_mass_index_names_the_weight_and_the_steps() -> None:
    found = body_mass_index(height_cm=D(200), weight=actual_weight(D("80.0")))
    assert (found.kg_m2, found.weight.kind, str(found)) == (D(20), "actual", "20 kg/m2")
    assert [step.text for step in found.steps] == ["weight 80 kg (actual)", "body mass index 80 kg (actual) / (2 m)^2 = 20 kg/m2"]
    assert found.steps[-1].value == 20


@given(height=HEIGHTS, weight=WEIGHTS)
def test_body_mass_index_in_fractions(height: Decimal, weight: Decimal) -> None:
    found = body_mass_index(height_cm=height, weight=actual_weight(weight)).kg_m2
    assert near(found, Fraction(weight) / (Fraction(height) / 100) ** 2)


@pytest.mark.parametrize(
    ("inches", "sex", "kg"),
    [(70, "male", "73"), (66, "female", "59.3"), (60, "male", "50"), (60, "female", "45.5")],  # the first two: worldlycalc.com
)
def test_ideal_weight(inches: int, sex: str, kg: str) -> None:
    found = ideal_weight(height_cm=inches * D("2.54"), sex=sex)
    assert (found.kg, found.kind, found.source) == (D(kg), "ideal", "devine-1974")


def test_ideal_weight_shows_its_work() -> None:
    found = ideal_weight(height_cm=D("177.8"), sex="male")
    assert [step.text for step in found.steps] == ["ideal weight 50 kg + 2.3 kg x 10 inches above 60 = 73 kg (Devine, male)"]
    assert str(found) == "73 kg (ideal)"


@given(height=HEIGHTS, sex=SEXES)
def test_ideal_weight_in_fractions(height: Decimal, sex: str) -> None:
    assert near(ideal_weight(height_cm=height, sex=sex).kg, devine(height, sex))


@pytest.mark.parametrize("height", ["152.39", "152.3", "100"])
def test_no_ideal_weight_below_five_feet(height: str) -> None:
    with pytest.raises(PatientError, match=rf"height {height} cm is below 152.4 cm \(60 inches\), .* use another weight"):
        ideal_weight(height_cm=D(height), sex="female")


@pytest.mark.parametrize("sex", ["", "other", "F"])
def test_ideal_weight_needs_the_sex(sex: str) -> None:
    with pytest.raises(PatientError, match="the ideal body weight needs the patient's sex"):
        ideal_weight(height_cm=D(170), sex=sex)


def test_adjusted_weight() -> None:
    """73 kg ideal, 27 kg above it: 73 + 0.4 x 27."""
    found = adjusted_weight(height_cm=D("177.8"), weight_kg=D(100), sex="male")
    assert (found.kg, found.kind, found.source) == (D("83.8"), "adjusted", "adjusted-weight")
    assert [step.text for step in found.steps][1:] == ["adjusted weight 73 kg + 0.4 x (100 kg - 73 kg) = 83.8 kg"]


def test_adjusting_starts_at_the_ideal_weight() -> None:
    assert adjusted_weight(height_cm=D("177.8"), weight_kg=D(73), sex="male").kg == 73
    with pytest.raises(PatientError, match=r"weight 72.9 kg is below the ideal weight of 73 kg, .* use the actual weight"):
        adjusted_weight(height_cm=D("177.8"), weight_kg=D("72.9"), sex="male")


@given(height=HEIGHTS, excess=st.decimals("0", "200", places=1), sex=SEXES)
def test_adjusted_weight_in_fractions(height: Decimal, excess: Decimal, sex: str) -> None:
    weight = D("155") + excess  # above the ideal weight of the tallest
    ideal = devine(height, sex)
    assert near(adjusted_weight(height_cm=height, weight_kg=weight, sex=sex).kg, ideal + Fraction(2, 5) * (Fraction(weight) - ideal))


@pytest.mark.parametrize(
    ("observed", "losses", "printed"),
    [
        ("85", ["left below-knee"], "90.3"),  # Academy of Nutrition and Dietetics, eatrightpro.org
        ("70", ["right below knee"], "74.39"),  # calculator5.snowdaycalculatornow.com
        ("75", ["left below-knee"], "79.7"),  # danskebankmortgagecalculatorsweden.calculator.city
        ("70", ["left leg"], "83.3"),  # cal12.calculator.city
    ],
)
def test_published_amputations(observed: str, losses: list[str], printed: str) -> None:
    found = weight_before_amputation(observed_kg=D(observed), losses=[read_loss(text) for text in losses])
    assert found.kg.quantize(D(printed)) == D(printed)


def test_an_amputation_shows_its_work() -> None:
    found = weight_before_amputation(observed_kg=D("88.2"), losses=[Loss("left", "below-knee"), Loss("right", "below-knee")])
    assert (found.kg, found.kind, found.source) == (D(100), "before amputation", "osterkamp-1995")
    missing = "left lower leg and foot, right lower leg and foot"
    assert [step.text for step in found.steps] == [f"weight 88.2 kg / (1 - 11.8 %) = 100 kg (before amputation: {missing})"]


def test_parts_of_a_limb_grow_upwards() -> None:
    for limb in ("arm", "leg"):
        percents = [part.percent for part in PARTS.values() if part.limb == limb]
        assert percents == sorted(percents)


@given(observed=st.decimals("30", "200", places=1), data=st.data())
def test_amputations_in_fractions(observed: Decimal, data: st.DataObject) -> None:
    """Any choice of one part for each limb; the whole weight less the shares is the observed one."""
    limbs = [[Loss(side, part.id) for part in PARTS.values() if part.limb == limb] for side in SIDES for limb in ("arm", "leg")]
    chosen = data.draw(st.lists(st.sampled_from(limbs), min_size=1, max_size=4, unique_by=id))
    losses = [data.draw(st.sampled_from(limb)) for limb in chosen]
    whole = weight_before_amputation(observed_kg=observed, losses=losses).kg
    percent = sum((Fraction(PARTS[loss.part].percent) for loss in losses), Fraction(0))
    assert near(whole, Fraction(observed) / (1 - percent / 100))


@pytest.mark.parametrize(
    "pair", [pair for limb in ("arm", "leg") for pair in combinations([p.id for p in PARTS.values() if p.limb == limb], 2)]
)
def test_two_parts_of_one_limb(pair: tuple[str, str]) -> None:
    with pytest.raises(PatientError, match="is named twice; name the highest part only"):
        weight_before_amputation(observed_kg=D(70), losses=[Loss("left", part) for part in pair])


def test_one_part_twice_and_none() -> None:
    with pytest.raises(PatientError, match="the right leg is named twice"):
        weight_before_amputation(observed_kg=D(70), losses=[Loss("right", "foot")] * 2)
    with pytest.raises(PatientError, match="nothing is named as missing"):
        weight_before_amputation(observed_kg=D(70), losses=[])


@pytest.mark.parametrize(
    ("text", "loss"),
    [
        ("left foot", Loss("left", "foot")),
        (" Right  Below_Elbow ", Loss("right", "below-elbow")),
        ("left below knee", Loss("left", "below-knee")),
    ],
)
def test_reading_a_loss(text: str, loss: Loss) -> None:
    assert read_loss(text) == loss


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("foot", "can't be read; write the side and the part"),
        ("", "can't be read"),
        ("both legs", "the side is 'both'; it is left or right"),
        ("left above-knee", "no share of the body weight is known for 'above-knee'"),
        ("left below-kne", r"did you mean 'below-knee'\?"),
    ],
)
def test_losses_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(PatientError, match=message):
        read_loss(text)


@pytest.mark.parametrize("bad", ["0", "-70", "0.9", "651", "NaN", "Infinity"])
def test_weights_that_no_person_has(bad: str) -> None:
    calls: list[Any] = [
        lambda: actual_weight(D(bad)),
        lambda: body_mass_index(height_cm=D(170), weight=Weight(D(bad), "actual")),
        lambda: adjusted_weight(height_cm=D(170), weight_kg=D(bad), sex="male"),
        lambda: weight_before_amputation(observed_kg=D(bad), losses=[Loss("left", "foot")]),
    ]
    for call in calls:
        with pytest.raises(PatientError, match=r"weight .* is outside"):
            call()


@pytest.mark.parametrize("bad", ["0", "1.7", "276", "NaN"])
def test_heights_that_no_person_has(bad: str) -> None:
    with pytest.raises(PatientError, match=r"height .* is outside"):
        body_mass_index(height_cm=D(bad), weight=actual_weight(D(70)))
    with pytest.raises(PatientError, match=r"height .* is outside"):
        ideal_weight(height_cm=D(bad), sex="male")


def test_the_callers_decimal_context_changes_nothing() -> None:
    losses = [Loss("left", "below-knee"), Loss("right", "hand")]
    usual = (
        weight_before_amputation(observed_kg=D("70.25"), losses=losses),
        adjusted_weight(height_cm=D("177.8"), weight_kg=D("101.3"), sex="male"),
    )
    with localcontext(Context(prec=2)):
        assert weight_before_amputation(observed_kg=D("70.25"), losses=losses) == usual[0]
        assert adjusted_weight(height_cm=D("177.8"), weight_kg=D("101.3"), sex="male") == usual[1]


@pytest.mark.parametrize(
    ("kind", "kg"),
    [
        ("actual", D(90)),
        ("ideal", D(73)),  # 50 + 2.3 x 10 for 177.8 cm, 10 inches above 60
        ("adjusted", D("79.8")),  # 73 + 0.4 x 17
    ],
)
def test_a_weight_by_its_kind(kind: str, kg: Decimal) -> None:
    assert choose_weight(kind, Patient(height_cm=D("177.8"), weight_kg=D(90), sex="male")).kg == kg


@pytest.mark.parametrize(
    ("kind", "patient", "message"),
    [
        ("actual", Patient(height_cm=170), "give --weight"),
        ("ideal", Patient(weight_kg=70), "the ideal weight needs the patient's height"),
        ("dry", Patient(height_cm=170, weight_kg=70), "there is no weight 'dry'"),
        ("before amputation", Patient(weight_kg=70), "nothing is named as missing"),
    ],
)
def test_a_weight_that_can_t_be_had(kind: str, patient: Patient, message: str) -> None:
    with pytest.raises(PatientError, match=message):
        choose_weight(kind, patient)
