"""From the facts of a day to an order, and the drugs and phases of a regimen."""

from decimal import Decimal
from typing import Any

import pytest

from dosing.api import load_regimen
from dosing.dose.amount import Order
from dosing.dose.order import drugs_given, order_of, phases_giving
from dosing.dose.policy import parse_policy
from dosing.dose.practice import USUAL, Practice
from dosing.dose.reduction import Place, parse_reduction
from dosing.errors import DoseError
from dosing.regimen.facts import DoseRange, Fact, Gap, Percent
from dosing.regimen.model import Regimen
from dosing.regimen.read import read_regimen
from dosing.units import Quantity, parse_amount, parse_dose

TEXT = """
id: invented
title: Invented
version: 1
checked: 2026-11-21
source: protocol
sources: {protocol: {title: Our protocol, grade: A}}
drugs:
  testmab:
    source: protocol
    routes: IV
    precision: 1 mg
    levels: {30 mg/m2: [20 mg/m2, 10 mg/m2]}
  testol: {source: protocol, routes: PO, precision: 1 mg}
phases:
  - id: first
    cycle: 28 days
    repeat: 2
    give:
      - {drug: testmab, dose: {C1: 20 mg/m2, else: 30 mg/m2}, route: IV, over: 30 min, days: 1}
      - {id: second-use, drug: testmab, dose: 10 mg/kg, route: IV, over: 30 min, days: 2}
      - {drug: testol, dose: 30 mg, route: PO, days: 1}
  - id: second
    cycle: 28 days
    repeat: 2
    give:
      - {drug: testmab, dose: 20 mg/m2, route: IV, over: 30 min, days: 1}
"""


@pytest.fixture(scope="module")
def regimen() -> Regimen:
    return read_regimen(TEXT.encode(), file="invented.yaml")


def facts(**values: Any) -> dict[str, Fact[Any]]:
    return {name: Fact(value, "protocol") for name, value in values.items()}


def ordered(regimen: Regimen, *reductions: str, phase: str = "first", practice: Practice = USUAL, **values: Any) -> Order | None:
    given = facts(**{"drug": "testmab", "dose": parse_dose("20 mg/m2"), **values})
    place = Place(phase, 1, 1, None, ["first", "second"])
    return order_of(given, place, regimen, practice=practice, reductions=[parse_reduction(text) for text in reductions])


def dose_of(found: Order | None) -> str:
    assert found is not None
    return str(found.dose)


@pytest.mark.parametrize(
    "values",
    [
        {"drug": Gap.NOT_STATED},
        {"dose": Gap.NOT_STATED},
        {"dose": DoseRange(parse_dose("20 mg"), parse_dose("40 mg"))},
    ],
)
def test_nothing_is_ordered_that_nobody_stated(regimen: Regimen, values: dict[str, Any]) -> None:
    assert ordered(regimen, **values) is None
    place = Place("first", 1, 1, None, ["first"])
    assert order_of({}, place, regimen, practice=USUAL) is None


def test_the_limits_of_the_day_go_along(regimen: Regimen) -> None:
    limits: dict[str, Any] = {
        "max": parse_amount("44 mg"),
        "bsa_cap": Quantity(Decimal(2), "m2"),
        "round": parse_amount("5 mg"),
        "percent": Percent(Decimal(75)),
    }
    found = ordered(regimen, **limits)
    assert found is not None
    assert [str(fact.value) for fact in (found.max, found.bsa_cap, found.round, found.percent) if fact] == ["44 mg", "2 m2", "5 mg", "75 %"]
    assert found.changes == ()


def test_levels_go_by_the_highest_dose_in_the_phase_in_which_they_begin(regimen: Regimen) -> None:
    """In the first phase level 1 of 30 mg/m2 is 20 mg/m2, so that the 20 mg/m2 of cycle 1 stay; begun in the second it is 10 mg/m2."""
    assert dose_of(ordered(regimen, "testmab=level 1: x")) == "20 mg/m2"
    assert dose_of(ordered(regimen, "testmab=level 2: x")) == "10 mg/m2"
    assert dose_of(ordered(regimen, "testmab=level 1: x", phase="second")) == "20 mg/m2"
    assert dose_of(ordered(regimen, "testmab=level 1 from second C1: x", phase="second")) == "10 mg/m2"
    assert dose_of(ordered(regimen, "testmab=level 1: x", dose=parse_dose("30 mg/m2"))) == "20 mg/m2"
    # a phase that the regimen doesn't have: only the dose itself is known
    assert (
        dose_of(
            order_of(
                facts(drug="testmab", dose=parse_dose("30 mg/m2")),
                Place("third", 1, 1, None, ["third"]),
                regimen,
                practice=USUAL,
                reductions=[parse_reduction("testmab=level 1: x")],
            )
        )
        == "20 mg/m2"
    )


def test_doses_in_another_unit_name_no_level(regimen: Regimen) -> None:
    with pytest.raises(DoseError, match="no levels below 10 mg/kg"):
        ordered(regimen, "testmab=level 1: x", dose=parse_dose("10 mg/kg"))


def test_a_percentage_has_its_reason(regimen: Regimen) -> None:
    found = ordered(regimen, "testmab=75 %: platelets")
    assert found is not None
    assert found.percent == Fact(Percent(Decimal(75)), "user", "platelets")
    assert found.computed


def test_two_percentages_are_refused(regimen: Regimen) -> None:
    with pytest.raises(
        DoseError, match=r"testmab reduced to 50 % \(x\): 75 % of the amount is asked for already \[protocol\]; keep one of them"
    ):
        ordered(regimen, "testmab=50 %: x", percent=Percent(Decimal(75)))
    found = ordered(regimen, "testmab=50 %: x", percent=Gap.NOT_STATED)
    assert found is not None
    assert found.percent is not None
    assert str(found.percent.value) == "50 %"


def test_a_reduction_of_another_drug_changes_nothing(regimen: Regimen) -> None:
    assert ordered(regimen, "testol=50 %: x") == ordered(regimen)


def test_the_policy_of_all_drugs_is_for_what_is_computed(regimen: Regimen) -> None:
    every, own = Fact(parse_policy("nearest 5 mg"), "our-site"), Fact(parse_policy("nearest 2 mg"), "our-site")
    practice = Practice(rounding={"": every, "testol": own})

    def policy(**values: Any) -> Any:
        found = ordered(regimen, practice=practice, **values)
        return found.policy if found else None

    assert policy() is every
    assert policy(dose=parse_dose("20 mg")) is None
    assert policy(dose=parse_dose("20 mg"), percent=Percent(Decimal(75))) is every
    assert policy(dose=parse_dose("AUC 5")) is every
    assert policy(drug="testol", dose=parse_dose("20 mg")) is own
    assert policy(drug="testol") is own


def test_drugs_and_the_phases_that_give_them(regimen: Regimen) -> None:
    assert drugs_given(regimen) == {"testmab": ["first", "second"], "testol": ["first"]}
    assert phases_giving("thalidomide", regimen) == []
    unknown = load_regimen("krd-asct", values={"induction.carfilzomib.drug": "not-stated"}).regimen
    assert "carfilzomib" not in drugs_given(unknown)
    assert drugs_given(unknown)["lenalidomide"] == ["induction", "maintenance"]
