"""A drug in plain words: every fact with its source, whatever kind of value it has."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dosing.export.drug import drug_lines, show_drug
from dosing.regimen.check import facts_of_drug
from dosing.regimen.drug import Bag, ConcentrationRange, Drug, Levels, Limit, Reconstitution, Spacing
from dosing.regimen.facts import DoseRange, Fact, Gap
from dosing.regimen.library import bibliography, drug_ids, find_drug
from dosing.regimen.values import parse_missed, parse_weigh
from dosing.units import Quantity, parse_amount, parse_dose


def fact(value: Any) -> Fact[Any]:
    return Fact(value, "label")


def quantity(number: str, unit: str) -> Quantity:
    return Quantity(Decimal(number), unit)


PLAIN = Drug("testmab", "dc-k", fact(parse_amount("0.1 mg")), fact("IV or SC"))


def lines(drug: Drug) -> list[str]:
    """The lines between the head and the sources."""
    found = list(drug_lines(drug))
    return [line.strip() for line in found[1 : found.index("")]]


def test_a_drug_with_little() -> None:
    assert list(drug_lines(PLAIN)) == [
        "testmab [dc-k]",
        "  measured in steps of: 0.1 mg [label]",
        "  route: IV or SC [label]",
        "",
        "Sources",
        "  [dc-k] Drugs.com, Carfilzomib Dosage. drugs.com/dosage/carfilzomib.html (grade B)",
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"classes": ("proteasome inhibitor", "other")}, "class: proteasome inhibitor, other"),
        ({"tall_man": fact("testMAB")}, "printed as: testMAB [label]"),
        ({"bsa_cap": fact(quantity("2.2", "m2"))}, "body surface up to: 2.2 m2 [label]"),
        ({"weight": fact("ideal")}, "dosed by weight: ideal [label]"),
        ({"weigh": fact(parse_weigh("more than 20 %"))}, "a new weight counts: more than 20 % [label]"),
        ({"weigh": fact(parse_weigh("each cycle"))}, "a new weight counts: each cycle [label]"),
        ({"never_round": fact(True)}, "never rounded by a policy: yes [label]"),
        ({"share_vials": fact(False)}, "vials may be shared between patients: no [label]"),
        ({"vials": fact((parse_amount("10 mg"), parse_amount("60 mg")))}, "vials: 10 mg, 60 mg [label]"),
        ({"tablets": fact(Gap.NOT_STATED)}, "tablets: NOT STATED [label]"),
        (
            {"capsules": Fact((parse_amount("5 mg"),), "hearsay", "nobody knows", True)},
            "capsules: 5 mg [hearsay, because nobody knows] UNVERIFIED",
        ),
        ({"concentration": {"": fact(quantity("2", "mg/mL"))}}, "concentration: 2 mg/mL [label]"),
        ({"concentration": {"SC": fact(quantity("2.5", "mg/mL"))}}, "concentration SC: 2.5 mg/mL [label]"),
        (
            {"reconstitution": {"IV": fact(Reconstitution("water", ((parse_amount("10 mg"), quantity("5", "mL")),)))}},
            "reconstitution IV: 10 mg in 5 mL of water [label]",
        ),
        (
            {"bag": fact(Bag((quantity("50", "mL"), quantity("100", "mL")), "saline", True))},
            "bag: 50 mL, 100 mL of saline, the drug's volume taken out first [label]",
        ),
        ({"bag": fact(Bag((quantity("50", "mL"),), "saline", False))}, "bag: 50 mL of saline, the drug added [label]"),
        (
            {"final_concentration": fact(ConcentrationRange(None, quantity("2", "mg/mL"), "up to 2 mg/mL"))},
            "concentration in the bag: up to 2 mg/mL [label]",
        ),
        ({"stability": fact("8 h at 25 degrees C")}, "keeps: 8 h at 25 degrees C [label]"),
        (
            {"usual": fact((DoseRange(parse_dose("20 mg/m2"), parse_dose("70 mg/m2")), DoseRange(parse_dose("5 mg"), parse_dose("9 mg"))))},
            "usual doses: 20 to 70 mg/m2, 5 to 9 mg [label]",
        ),
        ({"limits": {"single": fact(Limit(parse_amount("154 mg"), False))}}, "most at one administration: 154 mg (warning) [label]"),
        ({"limits": {"daily": fact(Limit(parse_amount("154 mg"), True))}}, "most in a day: 154 mg (stop) [label]"),
        ({"limits": {"cycle": fact(Limit(parse_amount("154 mg"), True))}}, "most in a cycle: 154 mg (stop) [label]"),
        (
            {"limits": {"lifetime": fact(Limit(parse_dose("450 mg/m2"), True, "anthracycline"))}},
            "most in a lifetime: 450 mg/m2 of all drugs of the class anthracycline (stop) [label]",
        ),
        ({"spacing": fact(Spacing(72, True))}, "time between doses: at least 72 hours (stop) [label]"),
        ({"spacing": fact(Spacing(24, False))}, "time between doses: at least 24 hours (warning) [label]"),
        ({"missed": fact(parse_missed("keep pairs together"))}, "after a missed dose: keep pairs together [label]"),
        ({"missed": fact(parse_missed("keep the dates, within 1 hour"))}, "after a missed dose: keep the dates, within 1 hour [label]"),
        (
            {"levels": {"27 mg/m2": fact(Levels(parse_dose("27 mg/m2"), (parse_dose("20 mg/m2"), parse_dose("15 mg/m2"))))}},
            "levels below 27 mg/m2: 20 mg/m2, 15 mg/m2 [label]",
        ),
        ({"codes": {"atc": fact("L01XG02")}}, "codes atc: L01XG02 [label]"),
        ({"notes": ("Never a bolus.",)}, "* Never a bolus."),
    ],
)
def test_each_kind_of_value(fields: dict[str, Any], expected: str) -> None:
    assert expected in lines(replace(PLAIN, **fields))


def test_names_stand_in_the_head() -> None:
    assert next(iter(drug_lines(replace(PLAIN, names=("Brandol", "X-1"))))) == "testmab (Brandol, X-1) [dc-k]"


@pytest.mark.parametrize(
    ("drug", "expected"),
    [
        ("lenalidomide", "rule eu-30-to-50: group eu, crcl >= 30 mL/min and crcl < 50 mL/min, where 25 mg is stated: dose 10 mg"),
        ("lenalidomide", "where 25 mg is stated: dose 15 mg, days 1-21 every 2 days"),
        ("carfilzomib", "rule liver-mild: liver mild: 75 % of the amount [unverified"),
        ("carfilzomib", "rule liver-severe: liver severe: dose NOT STATED [unverified"),
        ("bortezomib", "where 1.3 mg/m2 is stated: dose C1 0.7 mg/m2; otherwise 0.5 to 1 mg/m2"),
        ("isatuximab", "rates of infusion 3+: 200 mL/h [unverified"),
        ("isatuximab", "rates of infusion 1: 25 mL/h for 60 min, 50 mL/h for 30 min"),
    ],
)
def test_rules_and_rates_of_drug_files(drug: str, expected: str) -> None:
    assert any(expected in line for line in lines(find_drug(drug)))


def test_every_drug_of_the_library() -> None:
    """A line for every fact, with its source, and every source that is cited at the end; none wider than 100."""
    for drug in map(find_drug, drug_ids()):
        found = lines(drug)
        facts = list(facts_of_drug(drug))
        about = [line for line in found if not line.startswith(("class: ", "* "))]
        assert len(about) == len(facts)
        for line, (_, each) in zip(about, facts, strict=True):
            assert f"[{each.source}" in line
            assert line.endswith("UNVERIFIED") == each.unverified
        text = show_drug(drug)
        cited = {drug.source, *(each.source for _, each in facts)} & bibliography().keys()
        sources = text[text.index("\nSources\n") :]
        assert all(f"  [{key}] " in sources for key in cited)
        assert sources.count("\n  [") == len(cited)
        assert all(len(line) <= 100 or " " not in line.strip() for line in text.splitlines())  # an address is one word
        assert text.endswith(")\n")
