"""What somebody asks for in text: a patient, a course, a practice; bad text is refused by the name of its option."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosing.api import load_regimen
from dosing.asked import Asked, parse_exposure, replaced
from dosing.dose.patient import Patient
from dosing.dose.practice import USUAL
from dosing.dose.reduction import parse_reduction
from dosing.errors import DoseError, DosingError, PatientError, RegimenError, ScheduleError
from dosing.plan.names import LISTS, PATIENT_TEXTS, TEXTS
from dosing.units import Quantity, parse_dose


def patient(**texts: str) -> Patient:
    return Asked(texts=texts).patient()


def asked(**lists: list[str]) -> Asked:
    return Asked(texts={"height": "180", "weight": "80"}, lists=lists)


# -- the patient --------------------------------------------------------------------------------------------------


def test_nothing_asked_is_nothing_known() -> None:
    assert Asked().patient() == Patient()
    assert Asked().practice() == USUAL
    course = Asked().course()
    assert (course.patient, course.later, course.reductions, course.prior, course.override) == (Patient(), (), (), {}, frozenset())


@pytest.mark.parametrize(
    ("name", "text", "attribute", "value"),
    [
        ("height", "1.70m", "height_cm", Decimal("170.00")),
        ("weight", "154lb", "weight_kg", Decimal("69.85322498")),  # 154 x 0.45359237
        ("bsa", "1.8m2", "bsa_m2", Decimal("1.8")),
        ("gfr", "90", "gfr_ml_min", Decimal(90)),
        ("sex", "female", "sex", "female"),
        ("measured_on", "2026-01-04", "measured_on", date(2026, 1, 4)),
        ("age", "67", "age_years", 67),
        ("creatinine", "1.1mg/dL", "creatinine", Quantity(Decimal("1.1"), "mg/dL")),
        ("creatinine", "97umol/L", "creatinine", Quantity(Decimal(97), "umol/L")),
        ("crcl", "45 mL/min", "crcl_ml_min", Decimal(45)),
        ("crcl_weight", "ideal", "crcl_weight", "ideal"),
        ("bilirubin", "2mg/dL", "bilirubin_mg_dl", Decimal(2)),
        ("bilirubin", "34.2 umol/L", "bilirubin_mg_dl", Decimal(2)),  # 17.1 umol/L are 1 mg/dL
        ("dialysis", "yes", "dialysis", True),
        ("dialysis", "no", "dialysis", False),
        ("child_pugh", "B", "child_pugh", "B"),
        ("liver", "mild", "liver", "mild"),
    ],
)
def test_one_measurement(name: str, text: str, attribute: str, value: object) -> None:
    found = patient(**{name: text})
    assert getattr(found, attribute) == value
    assert {each for each in found.__dataclass_fields__ if getattr(found, each) != getattr(Patient(), each)} == {attribute}


def test_every_option_of_a_patient_is_read() -> None:
    texts = {
        "height": "170",
        "weight": "70",
        "measured_on": "2026-01-04",
        "bsa": "1.8",
        "gfr": "90",
        "sex": "male",
        "age": "67",
        "creatinine": "1mg/dL",
        "crcl": "45",
        "crcl_weight": "ideal",
        "bilirubin": "1mg/dL",
        "dialysis": "no",
        "child_pugh": "A",
        "liver": "normal",
    }
    assert set(texts) == set(PATIENT_TEXTS)
    found = patient(**texts)
    assert {name for name in found.__dataclass_fields__ if getattr(found, name) == getattr(Patient(), name)} == {"lost"}
    assert Asked(lists={"lost": ["left below-knee"]}).patient().lost == ("left below-knee",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("height", "1,70"),
        ("height", "-170"),
        ("height", "1e2"),
        ("weight", "12 3"),
        ("weight", "NaN"),
        ("weight", "\uff17\uff10"),
        ("weight", "70g"),
        ("weight", "0"),
        ("bsa", "inf"),
        ("bsa", "18"),
        ("gfr", "90mL"),
        ("sex", "f"),
        ("measured_on", "2026-02-30"),
        ("measured_on", "yesterday"),
        ("age", "67.5"),
        ("age", "-1"),
        ("creatinine", "1.1"),
        ("creatinine", "1.1 g/dL"),
        ("creatinine", "-1 mg/dL"),
        ("crcl", "45%"),
        ("crcl_weight", "true"),
        ("bilirubin", "2"),
        ("bilirubin", "2 mg"),
        ("bilirubin", "mg/dL"),
        ("bilirubin", "1,2 mg/dL"),
        ("bilirubin", "-2 mg/dL"),
        ("bilirubin", "2000 mg/dL"),
        ("dialysis", "maybe"),
        ("dialysis", ""),
        ("child_pugh", "D"),
        ("liver", "bad"),
    ],
)
def test_bad_measurements(name: str, text: str) -> None:
    with pytest.raises(PatientError):
        patient(**{name: text})


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("bilirubin", "2", r"bilirubin '2' can't be read; write it with its unit: 2mg/dL or 34umol/L"),
        ("dialysis", "maybe", "dialysis: "),
        ("measured_on", "2026-02-30", "--measured-on: "),
        ("crcl", "x", "creatinine clearance 'x' can't be read"),
    ],
)
def test_messages_name_the_option(name: str, text: str, message: str) -> None:
    with pytest.raises(PatientError, match=message):
        patient(**{name: text})


def test_a_part_that_nobody_can_lose() -> None:
    with pytest.raises(PatientError):
        Asked(lists={"lost": ["left head"]}).patient()


# -- the course ---------------------------------------------------------------------------------------------------


def test_later_measurements_in_order_of_their_days() -> None:
    later = asked(measured=["2026-03-02 weight=66kg", "2026-02-02 weight=70kg height=179cm", "2026-04-06 height=178"]).course().later
    assert [f"{each.measured_on} {each.height_cm} {each.weight_kg}" for each in later] == [
        "2026-02-02 179 70",
        "2026-03-02 180 66",
        "2026-04-06 178 80",
    ]


def test_the_rest_of_the_patient_stays() -> None:
    (later,) = Asked({"height": "180", "weight": "80", "sex": "male", "age": "67"}, {"measured": ["2026-03-02 weight=66kg"]}).course().later
    assert (later.sex, later.age_years, str(later.weight_kg)) == ("male", 67, "66")
    assert replaced(later, weight_kg=60) == Patient(height_cm=180, weight_kg=60, sex="male", age_years=67, measured_on=date(2026, 3, 2))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-02",
        "weight=66kg",
        "2026-03-02 66kg",
        "2026-03-02 weight=",
        "2026-03-02 weight=66kg weight=67kg",
        "2026-03-02 weight=66kg age=67",
        "2026-02-30 weight=66kg",
        "02.03.2026 weight=66kg",
        "2026-03-02 weight=66g",
        "2026-03-02 weight=-66",
        "2026-03-02 weight = 66kg",
    ],
)
def test_later_measurements_that_can_not_be_read(text: str) -> None:
    with pytest.raises(PatientError):
        asked(measured=[text]).course()


def test_reductions_exposure_and_overrides() -> None:
    course = asked(
        reduce=["carfilzomib=level 1 from C3: low"],
        prior=["doxorubicin=240mg/m2", "anthracycline = 0 mg/m2"],
        override=["height", "height"],
    ).course()
    assert course.reductions == (parse_reduction("carfilzomib=level 1 from C3: low"),)
    assert course.prior == {"doxorubicin": parse_dose("240 mg/m2"), "anthracycline": Quantity(Decimal(0), "mg/m2")}
    assert course.override == {"height"}


@pytest.mark.parametrize("text", ["", "doxorubicin", "=240mg", "doxorubicin=", "doxorubicin=240", "doxorubicin=-1mg", "doxorubicin=AUC 5"])
def test_exposure_that_can_not_be_read(text: str) -> None:
    with pytest.raises(DoseError, match="--prior"):
        asked(prior=[text]).course()


def test_exposure_of_nothing() -> None:
    assert parse_exposure("0 mg/m2").value == 0
    with pytest.raises(ValueError, match="not a number with a unit"):
        parse_exposure("nothing")


def test_a_reduction_without_a_reason() -> None:
    with pytest.raises(DoseError, match="has no reason"):
        asked(reduce=["carfilzomib=level 1 from C3"]).course()


# -- the practice -------------------------------------------------------------------------------------------------


def test_roundings() -> None:
    practice = asked(round=["nearest 5 mg", "Kyprolis=vial size within 10 %"]).practice()
    assert {drug: (str(fact.value), fact.source) for drug, fact in practice.rounding.items()} == {
        "": ("nearest 5 mg", "user"),
        "carfilzomib": ("vial size within 10 %", "user"),
    }


def test_weights() -> None:
    practice = asked(weigh=["more than 10 %", "carfilzomib=each cycle"], dose_weight=["isatuximab=ideal"]).practice()
    found = {(drug, name): str(fact.value) for drug, fields in practice.drugs.items() for name, fact in fields.items()}
    assert found == {("", "weigh"): "more than 10 %", ("carfilzomib", "weigh"): "each cycle", ("isatuximab", "weight"): "ideal"}


def test_formula_and_groups() -> None:
    practice = Asked({"formula": "Du Bois"}, {"rule": ["lenalidomide=eu", "dexamethasone = none"]}).practice()
    assert (practice.formula, practice.groups) == ("du-bois", {"lenalidomide": "eu", "dexamethasone": "none"})


def test_bands_are_called_by_their_files(tmp_path: Path) -> None:
    table = tmp_path / "ours.csv"
    table.write_text("from_mg,below_mg,band_mg\n46,52,50\n")
    practice = asked(bands=[str(table)]).practice()
    assert list(practice.bands) == ["ours"]
    with pytest.raises(RegimenError, match=r"none\.csv"):
        asked(bands=[str(tmp_path / "none.csv")]).practice()


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ({"round": ["nearest 5"]}, "rounding policy"),
        ({"round": ["=nearest 5 mg"]}, "--round '=nearest 5 mg' must have the form DRUG=VALUE"),
        ({"round": ["carfilzomib="]}, "--round 'carfilzomib=' must have the form DRUG=VALUE"),
        ({"rule": ["eu"]}, "--rule 'eu' must have the form DRUG=VALUE"),
        ({"weigh": ["carfilzomib=often"]}, "--weigh: 'often' is neither"),
        ({"weigh": ["more than 10"]}, "--weigh: "),
        ({"dose_weight": ["ideal"]}, "--dose-weight 'ideal' must have the form DRUG=VALUE"),
        ({"dose_weight": ["isatuximab=lean"]}, "--dose-weight: 'lean' is not one of"),
        # twice: the later is never taken silently
        ({"round": ["carfilzomib=measurable", "Kyprolis=never"]}, "--round carfilzomib is given twice; keep one"),
        ({"round": ["measurable", "never"]}, "--round for every drug is given twice"),
        ({"rule": ["lenalidomide=eu", "lenalidomide=us"]}, "--rule lenalidomide is given twice"),
        ({"weigh": ["carfilzomib=each cycle", "carfilzomib=more than 5 %"]}, "--weigh carfilzomib is given twice"),
        ({"dose_weight": ["isatuximab=ideal", "isatuximab=actual"]}, "--dose-weight isatuximab is given twice"),
    ],
)
def test_choices_that_can_not_be_read(lists: dict[str, list[str]], message: str) -> None:
    with pytest.raises(DoseError, match=message):
        asked(**lists).practice()


def test_the_same_exposure_twice() -> None:
    with pytest.raises(DoseError, match="--prior doxorubicin is given twice"):
        asked(prior=["doxorubicin=240mg/m2", "doxorubicin=100mg/m2"]).course()


def test_the_same_bands_twice(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ours.csv").write_text("from_mg,below_mg,band_mg\n46,52,50\n")
    with pytest.raises(DoseError, match="--bands ours is given twice"):
        asked(bands=[str(tmp_path / "a" / "ours.csv"), str(tmp_path / "b" / "ours.csv")]).practice()


def test_unknown_drugs_and_formulas() -> None:
    unknown = asked(round=["carfilzomip=measurable"]).practice()
    with pytest.raises(RegimenError, match="there is no drug 'carfilzomip'"):
        load_regimen("krd").sheet(practice=unknown)
    with pytest.raises(PatientError, match="unknown body-surface formula"):
        Asked({"formula": "mostler"}).practice()


SITE = """
id: our-clinic
title: Example
formula: haycock
rounding: {default: measurable, isatuximab: vial size within 10 %}
weigh: {carfilzomib: more than 5 %}
rules: {lenalidomide: eu}
"""


def test_what_is_asked_for_goes_before_the_site(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(SITE)
    site = Asked({"site": str(path)}).practice()
    assert site.site.startswith("our-clinic (")
    assert site.formula == "haycock"
    lists = {"round": ["carfilzomib=never", "nearest 1 mg"], "weigh": ["carfilzomib=each cycle"], "rule": ["lenalidomide=us"]}
    practice = Asked({"site": str(path), "formula": "mosteller"}, lists).practice()
    assert {drug: str(fact.value) for drug, fact in practice.rounding.items()} == {
        "": "nearest 1 mg",
        "isatuximab": "vial size within 10 %",
        "carfilzomib": "never",
    }
    assert str(practice.drugs["carfilzomib"]["weigh"].value) == "each cycle"
    assert (practice.formula, practice.groups, practice.site) == ("mosteller", {"lenalidomide": "us"}, site.site)
    assert site.drugs["carfilzomib"]["weigh"].source != "user"


# -- any text -----------------------------------------------------------------------------------------------------


@given(name=st.sampled_from([*PATIENT_TEXTS, "formula"]), text=st.text(max_size=30) | st.text("0123456789.,-+eEkgmcft2/ ", max_size=12))
def test_any_text_is_read_or_refused(name: str, text: str) -> None:
    """Nothing but an error of ours comes out, whatever goes in."""
    try:
        one = Asked({name: text})
        one.patient()
        one.practice()
    except DosingError:
        return


@given(
    name=st.sampled_from([name for name in LISTS if name != "bands"]),
    text=st.text(max_size=40) | st.text("carfilzomb=levC123 :%from-", max_size=40),
)
def test_any_text_in_a_list_is_read_or_refused(name: str, text: str) -> None:
    try:
        one = asked(**{name: [text]})
        one.patient()
        one.course()
        one.practice()
    except DosingError:
        return


def test_every_option_is_listed_once() -> None:
    names = [*TEXTS, *LISTS]
    assert len(names) == len(set(names))


def test_whether_days_move_is_yes_or_no() -> None:
    assert Asked({"move": "yes", "country": "US"}).move
    assert not Asked({"move": "no", "country": "US"}).move
    with pytest.raises(ScheduleError, match="--move: 'maybe' is neither yes nor no"):
        _ = Asked({"move": "maybe", "country": "US"}).move
    with pytest.raises(ScheduleError, match="needs closed days"):
        _ = Asked({"move": "yes"}).move
