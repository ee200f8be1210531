"""The calculation in lines, and what other formulas would make of it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dosing.dose.amount import Order, compute
from dosing.dose.course import Course
from dosing.dose.explain import compare_formulas, explained, limits_of
from dosing.dose.patient import Patient
from dosing.dose.policy import parse_policy
from dosing.dose.practice import Practice
from dosing.dose.sheet import Line, sheet
from dosing.dose.steps import Step, shown, signed_percent
from dosing.regimen.drug import Drug, Limit, Spacing
from dosing.regimen.facts import DoseRange, Fact, Gap, NoCap, Percent
from dosing.regimen.library import find_drug
from dosing.regimen.read import read_regimen
from dosing.units import Quantity, parse_amount, parse_dose

TWO = Patient(height_cm=180, weight_kg=80)  # 2 m2
PLAIN = Drug("testmab", "label", Fact(parse_amount("1 mg"), "label"), Fact("IV", "label"))


def lines(order: Order, patient: Patient = TWO, products: tuple[Step, ...] = ()) -> list[str]:
    """Each line with the spaces behind its label as one."""
    found = list(explained(order, compute(order, patient, formula="mosteller"), products))
    return [" ".join(line.split()) for line in found]


def fact(text: str) -> Fact[Quantity]:
    return Fact(parse_amount(text), "protocol")


# -- lines --------------------------------------------------------------------------------------------------------


def test_every_step_with_its_label() -> None:
    """2.5 m2 dosed as 2.2 m2: 123.2 mg, at most 123 mg, of which 75 % are 92.25 mg; 92 mg are 0.271 % less (0.25 / 92.25)."""
    drug = replace(PLAIN, bsa_cap=Fact(Quantity(Decimal("2.2"), "m2"), "label"))
    level = Step("level", "level 1 of 70 mg/m2 is 56 mg/m2 [label]: low; 56 mg/m2 instead of 70 mg/m2")
    policy: Any = Fact(parse_policy("measurable"), "our-site")
    order = Order(
        drug, parse_dose("56 mg/m2"), fact("123 mg"), percent=Fact(Percent(Decimal(75)), "label"), changes=(level,), policy=policy
    )
    found = lines(order, Patient(bsa_m2=Decimal("2.5")))
    assert found == [
        "level level 1 of 70 mg/m2 is 56 mg/m2 [label]: low; 56 mg/m2 instead of 70 mg/m2",
        "size body surface 2.5 m2 (given)",
        "cap body surface 2.5 m2 is above the cap of 2.2 m2: dosed as 2.2 m2 [label]",
        "dose 56 mg/m2 x 2.2 m2 = 123.2 mg",
        "cap 123.2 mg is above the maximum of 123 mg for one administration: 123 mg [protocol]",
        "factor 75 % of 123 mg = 92.25 mg [label]",
        "rounding rounded to 1 mg (measurable precision) [our-site]: 92 mg (-0.3 % from 92.25 mg)",
        "deviation -0.271 % of the exact 92.25 mg",
    ]


def test_products_and_limits_come_last() -> None:
    order = Order(find_drug("carfilzomib"), parse_dose("27 mg/m2"))
    found = lines(order, products=(Step("vials", "open 1 x 60 mg"),))
    assert [line for line in found if line.startswith(("product", "limits"))] == [
        "product open 1 x 60 mg",
        "limits usual 15 to 70 mg/m2 [dosing-convention]",
        "limits at most 154 mg at one administration [srl-kpd]",
    ]


def test_labels_stand_in_a_column() -> None:
    order = Order(PLAIN, parse_dose("27 mg/m2"))
    found = list(explained(order, compute(order, TWO, formula="mosteller")))
    assert all(line[:11] == f"{line.split()[0]:11}" and line[11] != " " for line in found)


@pytest.mark.parametrize(
    ("order", "bsa", "caps"),
    [
        (Order(PLAIN, parse_dose("20 mg/m2")), "2", []),
        (Order(find_drug("carfilzomib"), parse_dose("20 mg/m2")), "2", ["body surface up to 2.2 m2: not reached [dc-k]"]),
        (
            Order(find_drug("carfilzomib"), parse_dose("20 mg/m2"), fact("44 mg")),
            "2",
            ["body surface up to 2.2 m2: not reached [dc-k]", "maximum 44 mg for one administration: not reached [protocol]"],
        ),
        # the one that is reached is a step, the other is still named
        (
            Order(find_drug("carfilzomib"), parse_dose("20 mg/m2"), fact("45 mg")),
            "2.3",
            [
                "body surface 2.3 m2 is above the cap of 2.2 m2: dosed as 2.2 m2 [dc-k]",
                "maximum 45 mg for one administration: not reached [protocol]",
            ],
        ),
        (
            Order(find_drug("carfilzomib"), parse_dose("20 mg/m2"), fact("39 mg")),
            "2",
            [
                "body surface up to 2.2 m2: not reached [dc-k]",
                "40 mg is above the maximum of 39 mg for one administration: 39 mg [protocol]",
            ],
        ),
        (
            Order(find_drug("carfilzomib"), parse_dose("20 mg/m2"), bsa_cap=Fact(NoCap(), "ours")),
            "2.3",
            ["no cap on the body surface [ours]"],
        ),
        (
            Order(find_drug("carfilzomib"), parse_dose("20 mg/m2"), Fact(Gap.NOT_STATED, "x"), Fact(Gap.NOT_STATED, "x")),
            "2",
            ["body surface up to 2.2 m2: not reached [dc-k]"],
        ),
        (
            Order(replace(PLAIN, bsa_cap=Fact(Quantity(Decimal(3), "m2"), "hearsay", "", True)), parse_dose("20 mg/m2")),
            "2",
            ["body surface up to 3 m2: not reached [hearsay] UNVERIFIED"],
        ),
        (Order(find_drug("carfilzomib"), parse_dose("20 mg")), "2", []),
    ],
)
def test_caps_that_are_not_reached_are_named(order: Order, bsa: str, caps: list[str]) -> None:
    assert [line.removeprefix("cap ") for line in lines(order, Patient(bsa_m2=Decimal(bsa))) if line.startswith("cap ")] == caps


def test_the_deviation() -> None:
    """54.4 mg by 1 mg: 54 mg, 0.4 of 54.4 less (0.7353 %); 54.6 mg: 55 mg, 0.4 of 54.6 more (0.7326 %); a flat dose has none."""

    def deviation(dose: str) -> list[str]:
        return [line for line in lines(Order(PLAIN, parse_dose(dose))) if line.startswith("deviation")]

    assert deviation("27.2 mg/m2") == ["deviation -0.7353 % of the exact 54.4 mg"]
    assert deviation("27.3 mg/m2") == ["deviation +0.7326 % of the exact 54.6 mg"]
    assert deviation("27 mg/m2") == ["deviation none"]
    assert deviation("27 mg") == []


def test_a_kind_of_step_without_a_label_is_its_own() -> None:
    order = Order(PLAIN, parse_dose("27 mg"), changes=(Step("clearance", "45 mL/min (given)"),))
    assert lines(order)[0] == "clearance 45 mL/min (given)"


# -- limits -------------------------------------------------------------------------------------------------------


def test_limits_in_words() -> None:
    limits = {
        "single": Fact(Limit(parse_amount("100 mg"), True), "label"),
        "daily": Fact(Limit(parse_amount("120 mg"), False), "hearsay", "", True),
        "cycle": Fact(Limit(parse_dose("300 mg/m2"), False), "label"),
        "lifetime": Fact(Limit(parse_dose("450 mg/m2"), True, "anthracycline"), "label"),
    }
    usual: Any = Fact(
        (DoseRange(parse_dose("20 mg/m2"), parse_dose("70 mg/m2")), DoseRange(parse_dose("1 mg/kg"), parse_dose("2 mg/kg"))), "ours"
    )
    drug = replace(PLAIN, limits=limits, usual=usual, spacing=Fact(Spacing(72, True), "label"))
    most = [
        "at most 100 mg at one administration [label]",
        "at most 120 mg in a day [hearsay] UNVERIFIED",
        "at most 300 mg/m2 in a cycle [label]",
        "at most 450 mg/m2 of all anthracyclines in a lifetime [label]",
        "at least 72 hours from dose to dose [label]",
    ]
    assert list(limits_of(drug)) == ["usual 20 to 70 mg/m2 [ours]", "usual 1 to 2 mg/kg [ours]", *most]
    assert list(limits_of(drug, Order(drug, parse_dose("27 mg/m2")))) == ["usual 20 to 70 mg/m2 [ours]", *most]
    assert list(limits_of(drug, Order(drug, parse_dose("40 mg")))) == most


def test_no_limits() -> None:
    gap: Any = Fact(Gap.NOT_STATED, "label")
    assert list(limits_of(PLAIN)) == []
    assert list(limits_of(replace(PLAIN, usual=gap, limits={"single": gap}, spacing=gap))) == []


# -- other formulas -----------------------------------------------------------------------------------------------


def compared(dose: str, patient: Patient, *, precision: str = "0.001 mg", formula: str = "mosteller") -> list[str]:
    drug = replace(PLAIN, precision=Fact(parse_amount(precision), "label"))
    order = Order(drug, parse_dose(dose))
    line = Line("p", "testmab", "C1", Fact(order.dose, "label"), order, compute(order, patient, formula=formula))
    return [str(each) for each in compare_formulas([line], patient, formula=formula).others]


def test_a_formula_is_listed_beyond_five_percent() -> None:
    """180 cm and 80 kg: Mosteller 2 m2. Livingston-Lee: 0.1173 x 80^0.6466 = 1.9945 m2, Du Bois 1.9964 m2: none is 5 % off.

    150 cm and 110 kg: Mosteller 2.1409 m2; Du Bois 0.007184 x 150^0.725 x 110^0.425 = 2.0010 m2, 6.5 % less.
    """
    assert compared("100 mg/m2", TWO) == []
    found = compared("100 mg/m2", Patient(height_cm=150, weight_kg=110))
    (du_bois,) = [line for line in found if "Du Bois" in line]
    assert du_bois.startswith("p testmab C1: Du Bois would give 200.")
    assert du_bois.endswith("instead of 214.087 mg (-6.5 %)")


def test_amounts_are_compared_after_rounding() -> None:
    """In steps of 10 mg 214.1 and 200.1 mg are 210 and 200 mg, 4.8 % apart."""
    assert not [line for line in compared("100 mg/m2", Patient(height_cm=150, weight_kg=110), precision="10 mg") if "Du Bois" in line]


def test_exactly_five_percent_is_not_listed() -> None:
    """In steps of 5 mg: 100 mg by Mosteller; a formula that leads to 95 or 105 mg is just 5 % off."""
    small = Patient(height_cm=150, weight_kg=110)
    # 46.7 x 2.1409 = 99.98 -> 100 mg; Du Bois 93.4 -> 95 mg
    assert not [line for line in compared("46.7 mg/m2", small, precision="5 mg") if "Du Bois" in line]
    assert [line for line in compared("46.7 mg/m2", small, precision="2 mg") if "Du Bois would give 94 mg instead of 100 mg (-6 %)" in line]


@pytest.mark.parametrize(("dose", "patient"), [("10 mg/kg", TWO), ("10 mg", TWO), ("100 mg/m2", Patient(bsa_m2=Decimal("2.5")))])
def test_only_amounts_by_a_computed_body_surface_can_move(dose: str, patient: Patient) -> None:
    assert compared(dose, patient) == []


def test_which_formulas_were_looked_at() -> None:
    without = compare_formulas([], TWO, formula="mosteller")
    assert without.left_out == ("Schlich",)
    assert len(without.looked_at) == 8
    assert "Mosteller" not in without.looked_at
    woman = compare_formulas([], Patient(height_cm=180, weight_kg=80, sex="female"), formula="schlich")
    assert woman.left_out == ()
    assert "Schlich" not in woman.looked_at
    assert "Mosteller" in woman.looked_at


def test_a_line_names_its_drug_and_place() -> None:
    text = b"""
id: invented
title: Invented
version: 1
checked: 2026-11-21
source: protocol
sources: {protocol: {title: Our protocol, grade: A}}
drugs: {testmab: {source: protocol, routes: IV, precision: 0.1 mg, tall_man: testMAB}}
phases:
  - id: treatment
    cycle: 28 days
    repeat: 2
    give:
      - {drug: testmab, dose: 100 mg/m2, route: IV, over: 30 min, days: 1}
      - {id: later, drug: testmab, dose: 50 mg/m2, route: IV, over: 30 min, days: 8}
"""
    patient = Patient(height_cm=150, weight_kg=110)
    found = sheet(read_regimen(text, file="x.yaml"), Course(patient=patient), practice=Practice())
    others = [str(each) for each in compare_formulas(found.lines, patient, formula="mosteller").others]
    assert any(each.startswith("treatment testMAB: Du Bois") for each in others)
    assert any(each.startswith("treatment later: Du Bois") for each in others)


# -- numbers for people -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("5.26", "+5.3 %"),
        ("-0.05", "-0.1 %"),
        ("0.04", "0 %"),
        ("-0.04", "0 %"),
        ("0", "0 %"),
        ("0.05", "+0.1 %"),
        ("10", "+10 %"),
        ("-100", "-100 %"),
    ],
)
def test_signed_percent(number: str, text: str) -> None:
    assert signed_percent(Decimal(number)) == text


@pytest.mark.parametrize(("number", "text"), [("1.81812", "1.8181"), ("1.81815", "1.8182"), ("2.0000", "2"), ("1E+3", "1000"), ("0", "0")])
def test_shown(number: str, text: str) -> None:
    assert shown(Decimal(number)) == text
