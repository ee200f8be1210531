"""How a site computes: its own fields of a drug, its policies, and schedules by them."""

from datetime import date
from typing import Any

import pytest

from dosing.api import PatientSchedule, load_regimen
from dosing.dose.patient import Patient
from dosing.dose.policy import parse_policy
from dosing.dose.practice import USUAL, Practice
from dosing.export.rows import text_of
from dosing.regimen.drug import Limit, Weigh
from dosing.regimen.facts import Fact, Gap
from dosing.regimen.library import find_drug
from dosing.units import parse_amount, parse_dose

START = date(2026, 1, 5)
CARFILZOMIB, BORTEZOMIB = find_drug("carfilzomib"), find_drug("bortezomib")
WEIGH: Fact[Any] = Fact(Weigh(None), "our-site")
NOT_STATED: Fact[Any] = Fact(Gap.NOT_STATED, "label")


def rounding(**policies: str) -> Practice:
    """Policies by drug; that of `computed` is for every computed amount."""
    return Practice(rounding={"" if drug == "computed" else drug: Fact(parse_policy(text), "our-site") for drug, text in policies.items()})


# -- the drug at a site -------------------------------------------------------------------------------------------


def test_a_drug_that_the_site_says_nothing_of() -> None:
    assert USUAL.drug(CARFILZOMIB) is CARFILZOMIB


def test_own_fields_go_first() -> None:
    stock = Fact((parse_amount("60 mg"),), "our-site")
    found = Practice(drugs={"carfilzomib": {"vials": stock}}).drug(CARFILZOMIB)
    assert found.vials is stock
    assert found.bsa_cap == CARFILZOMIB.bsa_cap
    assert Practice(drugs={"bortezomib": {"vials": stock}}).drug(CARFILZOMIB) is CARFILZOMIB


def test_own_limits_join_the_drugs() -> None:
    single, daily = (Fact(Limit(parse_amount(f"{mg} mg"), True), "our-site") for mg in (100, 120))
    found = Practice(drugs={"carfilzomib": {"limits": {"daily": daily}}}).drug(CARFILZOMIB)
    assert found.limits == {**CARFILZOMIB.limits, "daily": daily}
    other = Practice(drugs={"carfilzomib": {"limits": {"single": single}}}).drug(CARFILZOMIB)
    assert other.limits == {"single": single}


def test_a_weighing_rule_for_all_is_for_drugs_without_one() -> None:
    every = Practice(drugs={"": {"weigh": WEIGH}})
    assert every.drug(BORTEZOMIB).weigh is WEIGH
    assert every.drug(CARFILZOMIB).weigh == CARFILZOMIB.weigh
    silent = find_drug("bortezomib")
    assert every.drug(Practice(drugs={"bortezomib": {"weigh": NOT_STATED}}).drug(silent)).weigh is WEIGH
    own: Fact[Any] = Fact(Weigh(None), "for-bortezomib")
    assert Practice(drugs={"": {"weigh": WEIGH}, "bortezomib": {"weigh": own}}).drug(BORTEZOMIB).weigh is own


# -- schedules by policies ----------------------------------------------------------------------------------------


def schedule(name: str, practice: Practice, *, cycles: int = 1, values: dict[str, str] | None = None, **measures: Any) -> PatientSchedule:
    patient = Patient(**{"height_cm": 180, "weight_kg": 76, **measures})
    return load_regimen(name, values=values).schedule(start=START, patient=patient, practice=practice, cycles=cycles)


def columns(found: PatientSchedule, drug: str, when: str) -> tuple[str, str, str]:
    """Amount, rule and deviation of a drug on a day."""
    (row,) = [row for row in found.rows() if (row["drug"], f"C{row['cycle']}D{row['day']}") == (drug, when)]
    return text_of(row["amount"]), text_of(row["rounding"]), str(row["deviation_pct"])


def test_vials_of_carfilzomib_and_isatuximab() -> None:
    """180 cm and 76 kg: 3.8 is the square of the body surface, 1.949359 m2.

    Carfilzomib 20 mg/m2: 38.98718 mg, 40 mg of vials are 2.5978 % more; 56 mg/m2: 109.16410 mg, 110 mg are 0.7657 % more.
    Isatuximab 10 mg/kg: 760 mg, 800 mg are 5.2632 % more.
    """
    found = schedule("isa-kd", rounding(carfilzomib="vial size within 10 %", isatuximab="vial size within 10 %"))
    assert columns(found, "carfilzomib", "C1D1") == ("40", "vial size within 10 %", "2.5978")
    assert columns(found, "carfilzomib", "C1D8") == ("110", "vial size within 10 %", "0.7657")
    assert columns(found, "isatuximab", "C1D1") == ("800", "vial size within 10 %", "5.2632")
    assert columns(found, "dexamethasone", "C1D1") == ("20", "", "0")


def test_beyond_the_limit_the_amount_is_kept_and_it_is_said() -> None:
    """At 5 % the 800 mg of isatuximab are too many: 760 mg, as measured; carfilzomib 38.98718 mg is 39.0 mg, 0.0329 % more."""
    found = schedule("isa-kd", rounding(computed="vial size within 2 %"))
    why = "not rounded to vial size: +5.3 % is beyond 2 %; kept at measurable precision"
    assert columns(found, "isatuximab", "C1D1") == ("760", why, "0")
    why = "not rounded to vial size: +2.6 % is beyond 2 %; kept at measurable precision"
    assert columns(found, "carfilzomib", "C1D1") == ("39", why, "0.0329")
    (row,) = [row for row in found.rows() if row["drug"] == "carfilzomib" and row["day"] == 1]
    assert why in str(row["note"])


def test_the_policy_of_all_is_not_for_flat_doses() -> None:
    """Lenalidomide 25 mg and dexamethasone 40 mg would be 50 mg by it; a policy of their own is used."""
    every = schedule("krd", rounding(computed="nearest 50 mg within 60 %"))
    assert columns(every, "carfilzomib", "C1D8") == ("50", "nearest 50 mg within 60 %", "-5.002")  # 52.63269 mg
    assert columns(every, "lenalidomide", "C1D1") == ("25", "", "0")
    assert columns(every, "dexamethasone", "C1D1") == ("40", "", "0")
    own = schedule("krd", rounding(dexamethasone="nearest 50 mg", lenalidomide="stocked"))
    assert columns(own, "dexamethasone", "C1D1") == ("50", "nearest 50 mg", "25")
    assert columns(own, "lenalidomide", "C1D1") == ("25", "stocked", "0")


def test_a_policy_of_a_drug_goes_before_that_of_all() -> None:
    both = rounding(computed="nearest 5 mg", carfilzomib="nearest 2 mg")
    assert columns(schedule("isa-kd", both), "carfilzomib", "C1D1")[0] == "38"  # 38.98718 mg
    assert columns(schedule("isa-kd", both, weight_kg=76.3), "isatuximab", "C1D1")[0] == "765"


def test_a_policy_never_leads_above_a_maximum() -> None:
    """2.5 m2 dosed as 2.2 m2: 44 mg at 20 mg/m2, with a maximum of 45 mg, where the vials give 40 mg; 59.4 mg, and 60 mg is too much."""
    found = schedule(
        "krd", rounding(carfilzomib="whole vials up within 20 %"), values={"carfilzomib.max": "59.9 mg"}, height_cm=200, weight_kg=120
    )
    assert columns(found, "carfilzomib", "C1D8") == ("59.4", "0.1 mg (measurable precision)", "0")
    (row,) = [row for row in found.rows() if row["drug"] == "carfilzomib" and row["day"] == 8]
    assert "policy `whole vials up within 20 %` [our-site] not used: 60 mg would pass the maximum of 59.9 mg" in str(row["note"])


def test_the_protocols_own_rounding_goes_before_a_policy() -> None:
    found = schedule("krd", rounding(carfilzomib="vial size within 10 %"), values={"carfilzomib.round": "5 mg"})
    assert columns(found, "carfilzomib", "C1D8") == ("55", "5 mg (the protocol's rounding)", "4.4978")  # of 52.63270 mg


def test_a_drug_that_no_policy_rounds() -> None:
    never = Practice(
        rounding=rounding(computed="vial size within 10 %").rounding, drugs={"carfilzomib": {"never_round": Fact(True, "our-site")}}
    )
    assert columns(schedule("krd", never), "carfilzomib", "C1D8") == ("52.6", "0.1 mg (measurable precision)", "-0.0621")


def test_the_vials_in_stock_are_used() -> None:
    """With vials of 60 mg only, 52.6327 mg are 14 % off and kept; within 15 % they are 60 mg."""
    for limit, amount in (("10", "52.6"), ("15", "60")):
        site = Practice(
            rounding=rounding(carfilzomib=f"vial size within {limit} %").rounding,
            drugs={"carfilzomib": {"vials": Fact((parse_amount("60 mg"),), "our-site")}},
        )
        assert columns(schedule("krd", site), "carfilzomib", "C1D8")[0] == amount


def test_every_choice_is_told() -> None:
    practice = Practice(
        rounding={"": Fact(parse_policy("measurable"), "our-site"), "isatuximab": Fact(parse_policy("vial size within 10 %"), "user")},
        drugs={"": {"weigh": WEIGH}, "carfilzomib": {"weight": Fact("actual", "user"), "vials": NOT_STATED}},
        site="our-clinic (abc123)",
    )
    said = [
        "site our-clinic (abc123)",
        "amounts by size: rounding measurable [our-site]",
        "isatuximab: rounding vial size within 10 % [user]",
        "drugs without a rule of their own: a new weight counts each cycle [our-site]",
        "carfilzomib: dosed by weight actual [user]",
    ]
    assert list(practice.said()) == said
    found = schedule("isa-kd", practice)
    assert set(said) <= set(found.notes)
    assert {row["site"] for row in found.rows()} == {"our-clinic (abc123)"}
    assert list(USUAL.said()) == []


@pytest.mark.parametrize(("dose", "computed", "policy"), [("27 mg/m2", True, "x"), ("40 mg", False, "")])
def test_policy_for(dose: str, computed: bool, policy: str) -> None:
    every: Fact[Any] = Fact("x", "our-site")
    assert bool(parse_dose(dose).per) == computed
    found = Practice(rounding={"": every}).policy(CARFILZOMIB, computed=computed)
    assert (found.value if found else "") == policy
