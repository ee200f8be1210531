"""Body surface: published examples, and every formula against binary floating point."""

import math
from collections.abc import Callable
from decimal import Context, Decimal, localcontext
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dosing.dose.bodysize import DEFAULT, FORMULAS, Formula, body_surface, find_formula
from dosing.errors import PatientError
from dosing.units import parse_quantity

ROOT = Path(__file__).resolve().parents[2]

# height cm, weight kg, sex -> m2; written apart from the library, in floats
FLOATS: dict[str, Callable[[float, float, str], float]] = {
    "mosteller": lambda h, w, _: math.sqrt(h * w / 3600),
    "du-bois": lambda h, w, _: 0.007184 * h**0.725 * w**0.425,
    "haycock": lambda h, w, _: 0.024265 * h**0.3964 * w**0.5378,
    "gehan-george": lambda h, w, _: math.exp(math.log(0.0235) + 0.42246 * math.log(h) + 0.51456 * math.log(w)),
    "boyd": lambda h, w, _: 0.0003207 * h**0.3 * (w * 1000) ** (0.7285 - 0.0188 * math.log10(w * 1000)),
    "fujimoto": lambda h, w, _: 0.008883 * h**0.663 * w**0.444,
    "takahira": lambda h, w, _: 0.007241 * h**0.725 * w**0.425,
    "shuter-aslani": lambda h, w, _: 0.00949 * h**0.655 * w**0.441,
    "livingston-lee": lambda _, w, __: 0.1037 * w**0.6724 if w < 10 else 0.1173 * w**0.6466,
    "schlich": lambda h, w, sex: 0.000975482 * w**0.46 * h**1.08 if sex == "female" else 0.000579479 * w**0.38 * h**1.24,
}
SIZES = [
    "170/75",
    "170/70",
    "175/70",
    "185/90",
    "180/80",
    "160/60",
    "150/45",
    "190/130",
    "110/18",
    "60/6",
    "75/9.99",
    "76/10",
    "162.5/54.32",
]

# m2 to 4 places at the first nine sizes
TABLE = {
    "mosteller": "1.8819 1.8181 1.8447 2.1506 2.0000 1.6330 1.3693 2.6194 0.7416",
    "du-bois": "1.8636 1.8097 1.8481 2.1410 1.9964 1.6221 1.3698 2.5520 0.7411",
    "haycock": "1.8947 1.8257 1.8468 2.1611 2.0066 1.6405 1.3699 2.6617 0.7401",
    "gehan-george": "1.8975 1.8313 1.8539 2.1599 2.0095 1.6489 1.3837 2.6394 0.7575",
    "boyd": "1.9051 1.8347 1.8507 2.1576 2.0074 1.6558 1.3859 2.6520 0.7552",
    "fujimoto": "1.8192 1.7643 1.7985 2.0863 1.9444 1.5827 1.3345 2.5001 0.7233",
    "takahira": "1.8783 1.8241 1.8628 2.1580 2.0123 1.6349 1.3806 2.5723 0.7470",
    "shuter-aslani": "1.8412 1.7861 1.8203 2.1090 1.9667 1.6037 1.3542 2.5241 0.7378",
    "livingston-lee": "1.9130 1.8295 1.8295 2.1523 1.9945 1.6560 1.3749 2.7301 0.7603",
}


def surface(size: str, formula: str = DEFAULT, sex: str = "female") -> Decimal:
    height, _, weight = size.partition("/")
    return body_surface(height_cm=Decimal(height), weight_kg=Decimal(weight), formula=formula, sex=sex)


@pytest.mark.parametrize(
    ("formula", "size", "printed"),
    [
        ("mosteller", "170/70", "1.818"),  # medicalequations.com
        ("mosteller", "175/70", "1.84"),  # omnicalculator.com
        ("mosteller", "175/70", "1.845"),  # 1001ferramentas
        ("du-bois", "180/80", "2.00"),  # tests of the R package clinPK
    ],
)
def test_published_examples(formula: str, size: str, printed: str) -> None:
    assert surface(size, formula).quantize(Decimal(printed)) == Decimal(printed)


def test_mosteller_is_exact_where_the_root_is() -> None:
    assert str(surface("180/80")) == "2"
    assert str(surface("175/63")) == "1.75"
    assert str(surface("160.0/90.0")) == "2.0"


def test_mosteller_keeps_forty_digits() -> None:
    assert str(surface("170/70")) == str(Context(prec=40).sqrt(Context(prec=40).divide(Decimal(11900), Decimal(3600))))
    assert len(str(surface("170/70")).replace(".", "")) == 40


def test_mosteller_agrees_with_its_inch_and_pound_form() -> None:
    """The paper's sqrt(in x lb / 3131); its constant is rounded by 0.2 %."""
    for inches, pounds in ((60, 110), (67, 154), (71, 176), (76, 287)):
        height, weight = parse_quantity(f"{inches} in").to("cm"), parse_quantity(f"{pounds} lb").to("kg")
        ours = float(body_surface(height_cm=height, weight_kg=weight))
        assert ours == pytest.approx(math.sqrt(inches * pounds / 3131), rel=0.0015)


def test_du_bois_agrees_with_its_form_in_metres() -> None:
    for size in SIZES:
        height, weight = (float(part) for part in size.split("/"))
        assert float(surface(size, "du-bois")) == pytest.approx(0.20247 * (height / 100) ** 0.725 * weight**0.425, rel=0.0001)


def test_boyd_takes_kilograms_and_agrees_with_its_kilogram_form() -> None:
    for size in SIZES:
        height, weight = (float(part) for part in size.split("/"))
        kilogram_form = 0.03330 * height**0.3 * weight ** (0.6157 - 0.0188 * math.log10(weight))
        assert float(surface(size, "boyd")) == pytest.approx(kilogram_form, abs=0.0005)


def test_haycock_of_a_child() -> None:
    """0.740 m2, where one calculator on the web prints 0.78."""
    assert surface("110/18", "haycock").quantize(Decimal("0.001")) == Decimal("0.740")


def test_livingston_lee_changes_at_ten_kilograms() -> None:
    assert surface("75/9.99", "livingston-lee").quantize(Decimal("0.001")) == Decimal("0.487")
    assert surface("75/10", "livingston-lee").quantize(Decimal("0.001")) == Decimal("0.520")


@pytest.mark.parametrize("formula", TABLE)
def test_table_to_four_places(formula: str) -> None:
    ours = " ".join(str(surface(size, formula).quantize(Decimal("0.0001"))) for size in SIZES[:9])
    assert ours == TABLE[formula]


@pytest.mark.parametrize("sex", ["female", "male"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_agree_with_floats(formula: str, size: str, sex: str) -> None:
    height, weight = (float(part) for part in size.split("/"))
    assert float(surface(size, formula, sex)) == pytest.approx(FLOATS[formula](height, weight, sex), abs=1e-9)


def test_every_formula_is_compared_with_floats() -> None:
    assert list(FLOATS) == list(FORMULAS)


heights = st.decimals("40", "220", places=1)
weights = st.decimals("2", "250", places=2)
sexes = st.sampled_from(["female", "male"])


@given(formula=st.sampled_from(sorted(FORMULAS)), height=heights, taller=heights, weight=weights, heavier=weights, sex=sexes)
def test_more_height_or_weight_is_more_surface(
    formula: str, height: Decimal, taller: Decimal, weight: Decimal, heavier: Decimal, sex: str
) -> None:
    height, taller = sorted((height, taller))
    weight, heavier = sorted((weight, heavier))
    here = body_surface(height_cm=height, weight_kg=weight, formula=formula, sex=sex)
    above = body_surface(height_cm=taller, weight_kg=weight, formula=formula, sex=sex)
    beside = body_surface(height_cm=height, weight_kg=heavier, formula=formula, sex=sex)
    assert here < above if taller > height and formula != "livingston-lee" else here == above
    assert here < beside if heavier > weight else here == beside


@pytest.mark.parametrize("sex", ["female", "male"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_lie_near_mosteller_in_adults(formula: str, sex: str) -> None:
    """Within 0.5 m2 from 140 to 200 cm and 40 to 150 kg, but for two formulas that part further in the heaviest of the shortest."""
    wide = formula == "livingston-lee" or (formula == "schlich" and sex == "male")
    for height in range(140, 201, 5):
        for weight in range(40, 151, 5):
            size = f"{height}/{weight}"
            limit = "0.65" if wide and weight * 10_000 > 50 * height * height else "0.5"
            assert abs(surface(size, formula, sex) - surface(size)) < Decimal(limit), size


def test_the_caller_s_decimal_context_changes_nothing() -> None:
    expected = {formula: surface("171.3/68.4", formula) for formula in FORMULAS}
    with localcontext(Context(prec=3)):
        assert {formula: surface("171.3/68.4", formula) for formula in FORMULAS} == expected


@pytest.mark.parametrize("written", ["du-bois", "Du Bois", "DU_BOIS", " du  bois ", "Du-Bois"])
def test_find_formula_in_any_spelling(written: str) -> None:
    assert find_formula(written) is FORMULAS["du-bois"]


@pytest.mark.parametrize(("written", "meant"), [("mostelar", "'mosteller'"), ("DuBois", "'du-bois'"), ("gehan gorge", "'gehan-george'")])
def test_an_unknown_formula_names_the_nearest(written: str, meant: str) -> None:
    with pytest.raises(PatientError, match=f"unknown body-surface formula '{written}'; did you mean {meant}"):
        find_formula(written)


def test_an_unknown_formula_lists_the_known() -> None:
    with pytest.raises(PatientError, match="known are mosteller, du-bois, haycock"):
        body_surface(height_cm=Decimal(170), weight_kg=Decimal(70), formula="?")


@pytest.mark.parametrize("sex", ["", "f", "Female", "unknown"])
def test_schlich_needs_the_sex(sex: str) -> None:
    with pytest.raises(PatientError, match="Schlich formula needs the patient's sex"):
        surface("170/70", "schlich", sex)


@pytest.mark.parametrize("formula", [formula for formula in FORMULAS if formula != "schlich"])
def test_no_other_formula_needs_the_sex(formula: str) -> None:
    assert surface("170/70", formula, "") == surface("170/70", formula, "male")


@pytest.mark.parametrize("size", ["0", "-1", "NaN", "Infinity", "sNaN"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_an_impossible_size_is_refused_by_name(formula: str, size: str) -> None:
    with pytest.raises(PatientError, match="the height in cm must be"):
        surface(f"{size}/70", formula)
    with pytest.raises(PatientError, match="the weight in kg must be"):
        surface(f"170/{size}", formula)


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
def test_every_formula_names_its_source(formula: Formula) -> None:
    sources = yaml.safe_load((ROOT / "regimens" / "sources.yaml").read_text(encoding="utf-8"))
    assert formula.source in sources
    assert formula.title.split()[0].split("-")[0] in sources[formula.source]["title"]
    assert "weight" in formula.text
    assert formula.needs_sex == (formula.id == "schlich")


def test_the_default_is_one_of_them() -> None:
    assert find_formula(DEFAULT).title == "Mosteller"
