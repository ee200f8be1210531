"""What a drug as a whole, and the rules of a drug or a regimen, must make sense of: each check once kept and once broken."""

import json
from typing import Any

import pytest

from dosing.regimen.check import facts_of_drug, problems_of
from dosing.regimen.check_drug import problems_of_drug, same
from dosing.regimen.drugs import read_drug
from dosing.regimen.library import drug_ids, shipped_drug
from dosing.regimen.lint import check_drug, check_regimen, unverified, unverified_in_drug
from dosing.regimen.model import Regimen
from dosing.regimen.read import read_regimen
from dosing.units import parse_dose

Keys = dict[str, Any]
BASE = {"id": "abc", "source": "dc-k", "routes": "IV", "precision": "1 mg"}


def wrong(**keys: Any) -> list[str]:
    """The problems of a drug, as `path: message`."""
    data = json.dumps(BASE | keys).encode()
    found = [f"{path}: {message}" for path, message in problems_of_drug(read_drug(data, file="abc.yaml"))]
    assert sorted(found) == sorted(f"{problem.path}: {problem.message}" for problem in check_drug(data, file="abc.yaml"))
    return found


def rule(**keys: Any) -> Keys:
    return {"when": "dialysis", "given": "25 mg", "dose": "5 mg"} | keys


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("1 g", "1000 mg", True),
        ("1 g", "1001 mg", False),
        ("1.30 mg/m2", "1.3 mg/m2", True),
        ("1.3 mg/m2", "1300 mcg/m2", True),
        ("1 mg", "1 mg/m2", False),
        ("1 mg/kg", "1 mg/m2", False),
        ("1 mg", "1 mL", False),
        ("AUC 5", "AUC 5", True),
        ("AUC 5", "5 mg", False),
    ],
)
def test_the_same_quantity_in_other_words(one: str, other: str, found: bool) -> None:
    assert same(parse_dose(one), parse_dose(other)) is found
    assert same(parse_dose(other), parse_dose(one)) is found


@pytest.mark.parametrize("id", drug_ids())
def test_the_shipped_drugs_make_sense(id: str) -> None:
    assert list(problems_of_drug(shipped_drug(id))) == []


# -- units --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "path", "amount"),
    [
        ({"vials": ["10 mg", "5 units"]}, "vials", "5 units"),
        ({"tablets": ["5 mL"]}, "tablets", "5 mL"),
        ({"capsules": ["5 mmol"]}, "capsules", "5 mmol"),
        ({"usual": ["5 to 10 units/m2"]}, "usual", "10 units/m2"),
        ({"concentration": "5 units/mL"}, "concentration", "5 units/mL"),
        ({"concentration": {"SC": "5 units/mL", "IV": "5 mg/mL"}}, "concentration.SC", "5 units/mL"),
        ({"final_concentration": "up to 5 units/mL"}, "final_concentration", "5 units/mL"),
        ({"limits": {"daily": {"value": "5 mL", "act": "stop"}}}, "limits.daily", "5 mL"),
        ({"levels": {"5 units": ["4 units"]}}, "levels.5 units", "5 units"),
        ({"rules": {"r": rule(given="5 units", dose="4 units")}}, "rules.r.given", "5 units"),
        ({"rules": {"r": rule(given="5 units", dose="4 units")}}, "rules.r.dose", "4 units"),
    ],
)
def test_amounts_of_another_kind(keys: Keys, path: str, amount: str) -> None:
    assert f"{path}: {amount} is no mass, as the precision 1 mg is" in wrong(**keys)
    assert wrong(**keys, precision="not-stated") == []


def test_amounts_of_the_same_kind() -> None:
    assert wrong() == []
    assert (
        wrong(
            vials=["10 mg", "1 g"],
            usual=["5 to 10 mcg/kg"],
            final_concentration="0.1 to 5 mg/mL",
            concentration="not-stated",
            limits={"daily": {"value": "5 mg/m2", "act": "stop"}, "cycle": "not-stated"},
            levels={"AUC 5": ["AUC 4"], "5 mg": "not-stated"},
            rules={"r": rule(given="AUC 5", dose="AUC 4")},
            tablets="not-stated",
        )
        == []
    )


# -- preparation --------------------------------------------------------------------------------------------------


def dissolved(*sizes: str) -> Keys:
    return {"fluid": "water", "volumes": dict.fromkeys(sizes, "5 mL")}


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"vials": ["10 mg", "1 g"], "reconstitution": dissolved("10 mg", "1000 mg")}, []),
        ({"reconstitution": dissolved("10 mg")}, []),
        ({"vials": "not-stated", "reconstitution": dissolved("10 mg")}, []),
        ({"vials": ["10 mg"], "reconstitution": "not-stated"}, []),
        (
            {"vials": ["10 mg"], "reconstitution": dissolved("10 mg", "30 mg")},
            ["reconstitution.volumes.30 mg: there is no vial of 30 mg (vials: 10 mg)"],
        ),
        (
            {"vials": ["10 mg"], "reconstitution": {"IV": dissolved("10 mg"), "SC": dissolved("30 mg")}},
            ["reconstitution.SC.volumes.30 mg: there is no vial of 30 mg (vials: 10 mg)"],
        ),
        (
            {"vials": ["1 g"], "reconstitution": dissolved("1 g", "1000 mg")},
            ["reconstitution.volumes.1000 mg: the vial of 1 g is written twice, here as 1000 mg"],
        ),
    ],
)
def test_reconstitution(keys: Keys, found: list[str]) -> None:
    assert wrong(**keys) == found


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("1 2 3+", []),
        ("1+", []),
        ("1-3 4+", []),
        ("3+ 1 2", []),
        ("2+", ["rates: the rates begin at infusion 2, and there are none for those before it"]),
        ("1 3+", ["rates: there are no rates for infusion 2"]),
        ("1 2-4 4+", ["rates: the rates of infusion 4 are written twice"]),
        ("1+ 2+", ["rates: the rates of infusion 2 are written twice"]),
        ("1 1-2 3+", ["rates: the rates of infusion 1 are written twice"]),
        ("1 2", ["rates: there are no rates from infusion 3 on; write the last as `2+`"]),
        ("1 2-4", ["rates: there are no rates from infusion 5 on; write the last as `2+`"]),
    ],
)
def test_every_infusion_has_its_rates_once(keys: str, found: list[str]) -> None:
    assert wrong(rates=dict.fromkeys(keys.split(), "200 mL/h")) == found


@pytest.mark.parametrize(
    ("starts", "found"),
    [
        (["25 mg", "20 mg"], []),
        (["25 mg", "25 mg/m2"], []),
        (["25 mg", "25.0 mg"], ["levels.25.0 mg: the levels below 25 mg are written twice, here as those below 25.0 mg"]),
        (["25 mg", "0.025 g"], ["levels.0.025 g: the levels below 25 mg are written twice, here as those below 0.025 g"]),
    ],
)
def test_levels_are_written_once(starts: list[str], found: list[str]) -> None:
    levels = {start: [f"{parse_dose(start).value / 2} {parse_dose(start).unit}"] for start in starts}
    assert wrong(levels=levels) == found


# -- rules --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (rule(), []),
        (rule(dose="not-stated"), []),
        (rule(given="25 mg", dose={"C1": "5 mg", "else": "5 to 10 mg"}), []),
        (
            rule(dose="5 mg/m2"),
            ["rules.r.dose: 5 mg/m2 is in another unit than the dose it replaces, 25 mg (given)"],
        ),
        (rule(dose="0.005 g"), ["rules.r.dose: 0.005 g is in another unit than the dose it replaces, 25 mg (given)"]),
        (
            rule(dose={"C1": "5 mg", "else": "5 to 10 mg/m2"}),
            ["rules.r.dose: 10 mg/m2 is in another unit than the dose it replaces, 25 mg (given)"],
        ),
        (rule(dose="as last of p"), ["rules.r.dose: `as last of p` is no dose of its own; write the dose"]),
        ({"when": "dialysis", "percent": "50 %"}, []),
        (rule(group="none"), ["rules.r.group: 'none' is what the user says who wants no group; choose another name"]),
    ],
)
def test_a_rule(keys: Keys, found: list[str]) -> None:
    assert wrong(rules={"r": keys}) == found


BAND = "crcl >= 30 mL/min and crcl < 60 mL/min"
TURNED = "crcl < 60 mL/min and crcl >= 30.0 mL/min"


@pytest.mark.parametrize(
    ("one", "other", "twice"),
    [
        (rule(), rule(when="no dialysis"), False),
        (rule(), rule(), True),
        (rule(), rule(dose="10 mg"), True),
        (rule(when=BAND), rule(when=TURNED), True),
        (rule(group="us"), rule(group="eu"), False),
        (rule(group="us"), rule(), False),
        (rule(group="us"), rule(group="us"), True),
        (rule(), rule(given="10 mg"), False),
        (rule(), rule(given="25.0 mg"), True),
        (rule(), {"when": "dialysis", "dose": "5 mg"}, True),
        ({"when": "dialysis", "dose": "5 mg"}, rule(), True),
    ],
)
def test_two_rules_for_the_same_patients(one: Keys, other: Keys, twice: bool) -> None:
    message = "rules.b: this rule and the rule a hold for the same patients and the same dose; keep one of them"
    assert wrong(rules={"a": one, "b": other}) == ([message] if twice else [])


# -- sources and marks --------------------------------------------------------------------------------------------

MARKED = {
    "rules": {
        "a": rule(days={"value": "1-7", "source": "gone"}),
        "b": rule(when="no dialysis", source="gone"),
        "c": rule(when="child-pugh C", dose={"C1": {"value": "5 mg", "unverified": "yes", "because": "so"}, "else": "6 mg"}),
        "d": rule(when="child-pugh B", unverified="yes", because="told"),
    }
}


def test_sources_inside_a_rule_are_looked_at() -> None:
    missing = "the source 'gone' is not in the bibliography; add it to sources.yaml"
    found = check_drug(json.dumps(BASE | MARKED).encode(), file="abc.yaml")
    assert [f"{each.path}: {each.message}" for each in found] == [f"rules.a.days: {missing}", f"rules.b: {missing}"]


def test_marks_inside_a_rule_are_listed() -> None:
    drug = read_drug(json.dumps(BASE | MARKED).encode(), file="abc.yaml")
    assert unverified_in_drug(drug) == [("abc.rules.c.dose", "so"), ("abc.rules.d", "told")]


NEW: dict[str, Keys] = {
    "tall_man": {"value": "aBC"},
    "weight": {"value": "ideal"},
    "weigh": {"value": "each cycle"},
    "never_round": {"value": "yes"},
    "share_vials": {"value": "no"},
    "final_concentration": {"value": "up to 1 mg/mL"},
    "stability": {"value": "4 hours"},
    "usual": {"value": ["1 to 2 mg"]},
    "bag": {"volumes": ["50 mL"], "fluid": "f", "withdraw": "no"},
    "spacing": {"value": "72 hours", "act": "stop"},
    "missed": {"value": "keep the interval"},
    "reconstitution": dissolved("10 mg"),
    "rates.1+": {"value": "200 mL/h"},
    "limits.cycle": {"value": "5 mg", "act": "warn"},
    "levels.5 mg": {"value": ["4 mg"]},
    "rules.r": rule(),
}


@pytest.mark.parametrize("path", NEW)
def test_every_fact_has_its_source_looked_at_and_its_mark_listed(path: str) -> None:
    name, _, key = path.partition(".")
    marked = NEW[path] | {"source": "gone", "unverified": "yes", "because": "b"}
    data = json.dumps(BASE | {name: {key: marked} if key else marked}).encode()
    assert [problem.path for problem in check_drug(data, file="abc.yaml")] == [path]
    drug = read_drug(data, file="abc.yaml")
    assert unverified_in_drug(drug) == [(f"abc.{path}", "b")]
    assert f"abc.{path}" in dict(facts_of_drug(drug))


# -- of a regimen -------------------------------------------------------------------------------------------------


def text_of(**keys: Any) -> bytes:
    give = {"drug": "dexamethasone", "dose": "40 mg", "route": "PO", "days": "1"}
    phases = [
        {"id": "p", "cycle": "28 days", "repeat": "6", "give": [give], "assess": [{"what": "Blood", "days": "1"}]},
        {"id": "q", "cycle": "28 days", "repeat": "6", "give": [give, give | {"id": "evening"}]},
    ]
    head = {"id": "x", "title": "X", "version": "1", "checked": "2026-11-21", "source": "s", "sources": {"s": {"title": "S", "grade": "A"}}}
    return json.dumps(head | {"phases": phases} | keys).encode()


def regimen(**keys: Any) -> Regimen:
    return read_regimen(text_of(**keys), file="x.yaml")


def problems(**keys: Any) -> list[str]:
    return [f"{problem.path}: {problem.message}" for problem in problems_of(regimen(**keys), file="x.yaml", as_written=True)]


def for_(activity: str, **keys: Any) -> Keys:
    return {"for": activity} | rule(given="40 mg", dose="20 mg", **keys)


@pytest.mark.parametrize("activity", ["dexamethasone", "p.dexamethasone", "evening", "q.evening"])
def test_a_rule_for_a_drug_of_the_regimen(activity: str) -> None:
    assert problems(rules={"r": for_(activity)}) == []


@pytest.mark.parametrize(
    ("activity", "hint"),
    [
        ("dexametason", "; did you mean 'dexamethasone'?"),
        ("p.evening", ""),
        ("r.dexamethasone", "; did you mean '"),
        ("blood", ""),
        ("p", ""),
    ],
)
def test_a_rule_for_nothing(activity: str, hint: str) -> None:
    (found,) = problems(rules={"r": for_(activity)})
    assert found.startswith(f"rules.r.for: no drug is given as {activity!r}")
    assert found.endswith("; name an activity, or phase.activity")
    assert not hint or hint in found


@pytest.mark.parametrize(
    ("one", "other", "twice"),
    [
        ("dexamethasone", "dexamethasone", True),
        ("dexamethasone", "p.dexamethasone", True),
        ("q.dexamethasone", "dexamethasone", True),
        ("q.dexamethasone", "p.dexamethasone", False),
        ("dexamethasone", "evening", False),
    ],
)
def test_two_rules_for_one_activity(one: str, other: str, twice: bool) -> None:
    assert bool(problems(rules={"a": for_(one), "b": for_(other)})) is twice


def test_sources_and_marks_of_a_regimen_s_rules() -> None:
    rules = {"r": for_("dexamethasone", source="gone", unverified="yes", because="b"), "t": for_("evening")}
    assert problems(rules=rules) == ["rules.r: the source 'gone' is not in the bibliography; add it to `sources`"]
    assert unverified(regimen(rules=rules)) == [("rules.r", "b")]
    inner = {"r": for_("dexamethasone") | {"dose": {"value": "20 mg", "source": "gone", "unverified": "yes"}}}
    assert problems(rules=inner) == ["rules.r.dose: the source 'gone' is not in the bibliography; add it to `sources`"]
    assert unverified(regimen(rules=inner)) == [("rules.r.dose", "")]


def test_the_regimen_s_own_drugs() -> None:
    own = {"d": {"source": "s", "routes": "PO", "precision": "1 mg", "rates": {"2+": "200 mL/h"}, "vials": ["5 units"]}}
    assert problems(drugs=own) == [
        "drugs.d.vials: 5 units is no mass, as the precision 1 mg is",
        "drugs.d.rates: the rates begin at infusion 2, and there are none for those before it",
    ]


def test_problems_have_their_lines() -> None:
    text = """\
id: x
title: X
version: 1
checked: 2026-11-21
source: dc-k
phases:
  - id: p
    give: [{drug: dexamethasone, dose: 40 mg, route: PO, days: 1}]
rules:
  a: {for: dexa, when: dialysis, dose: 20 mg}
  b:
    for: dexamethasone
    when: dialysis
    given: 40 mg
    dose: 20 mg/m2
"""
    assert [str(problem).partition(": ")[0] for problem in check_regimen(text.encode(), file="x.yaml")] == ["x.yaml:10", "x.yaml:15"]
