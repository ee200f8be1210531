"""What a drug file can say beyond its unit: preparation, limits, levels and rules, each read and each refused."""

from decimal import Decimal
from typing import Any

import pytest

from dosing.days import parse_days, parse_scope
from dosing.errors import RegimenFileError
from dosing.regimen.conditions import parse_conditions
from dosing.regimen.drug import Bag, ConcentrationRange, Drug, Levels, Limit, Reconstitution, Rule, Spacing, Weigh
from dosing.regimen.drugs import read_drug
from dosing.regimen.facts import DoseRange, Fact, Gap, Percent, Scoped
from dosing.regimen.rates import RateStep, problem_of
from dosing.regimen.read import read_regimen
from dosing.units import Quantity, parse_quantity

D = Decimal
HEAD = "id: abc\nsource: d\nroutes: IV\nprecision: 1 mg\n"


def q(text: str) -> Quantity:
    return parse_quantity(text)


def drug(text: str) -> Drug:
    return read_drug(f"{HEAD}{text}\n".encode(), file="x.yaml")


def problems(text: str) -> list[str]:
    """What is wrong with the lines after the first four."""
    with pytest.raises(RegimenFileError) as caught:
        drug(text)
    return list(map(str, caught.value.problems))


# -- fields of one value ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("tall_man: aBC", "tall_man", "aBC"),
        ("weight: adjusted", "weight", "adjusted"),
        ("weigh: each cycle", "weigh", Weigh(None)),
        ("weigh: more than 20 %", "weigh", Weigh(Percent(D(20)))),
        ("never_round: yes", "never_round", True),
        ("never_round: no", "never_round", False),
        ("share_vials: yes", "share_vials", True),
        (
            "final_concentration: 0.2 to 1 mg/mL",
            "final_concentration",
            ConcentrationRange(q("0.2 mg/mL"), q("1 mg/mL"), "0.2 to 1 mg/mL"),
        ),
        ("stability: 4 hours at room temperature", "stability", "4 hours at room temperature"),
        ("stability: not-stated", "stability", Gap.NOT_STATED),
        ("usual: [15 to 70 mg/m2, 20 to 80 mg]", "usual", (DoseRange(q("15 mg/m2"), q("70 mg/m2")), DoseRange(q("20 mg"), q("80 mg")))),
        ("usual: {value: [15 to 70 mg/m2]}", "usual", (DoseRange(q("15 mg/m2"), q("70 mg/m2")),)),
        ("usual: not-stated", "usual", Gap.NOT_STATED),
        ("bag: {volumes: [50 mL, 100 mL], fluid: saline, withdraw: yes}", "bag", Bag((q("50 mL"), q("100 mL")), "saline", True)),
        ("bag: {volumes: [50 mL], fluid: saline, withdraw: no}", "bag", Bag((q("50 mL"),), "saline", False)),
        ("bag: not-stated", "bag", Gap.NOT_STATED),
        ("spacing: {value: 72 hours, act: stop}", "spacing", Spacing(72, True)),
        ("spacing: {value: 72 hours, act: warn}", "spacing", Spacing(72, False)),
        ("spacing: not-stated", "spacing", Gap.NOT_STATED),
    ],
)
def test_facts(text: str, name: str, value: object) -> None:
    assert getattr(drug(text), name) == Fact(value, "d")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("usual: {value: [1 to 2 mg], source: e, because: b, unverified: yes}", "usual"),
        ("bag: {volumes: [50 mL], fluid: f, withdraw: no, source: e, because: b, unverified: yes}", "bag"),
        ("spacing: {value: 72 hours, act: stop, source: e, because: b, unverified: yes}", "spacing"),
        ("vials: {value: [10 mg], source: e, because: b, unverified: yes}", "vials"),
    ],
)
def test_each_fact_has_its_source(text: str, name: str) -> None:
    fact = getattr(drug(text), name)
    assert (fact.source, fact.because, fact.unverified) == ("e", "b", True)
    assert not isinstance(fact.value, Gap)


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("concentration: not-stated", "concentration", {"": Fact(Gap.NOT_STATED, "d")}),
        (
            "reconstitution: {fluid: water, volumes: {10 mg: 5 mL, 1 g: 20 mL}}",
            "reconstitution",
            {"": Fact(Reconstitution("water", ((q("10 mg"), q("5 mL")), (q("1 g"), q("20 mL")))), "d")},
        ),
        (
            "reconstitution: {IV: {fluid: water, volumes: {10 mg: 5 mL}, source: e}, SC: not-stated}",
            "reconstitution",
            {"IV": Fact(Reconstitution("water", ((q("10 mg"), q("5 mL")),)), "e"), "SC": Fact(Gap.NOT_STATED, "d")},
        ),
        ("reconstitution: not-stated", "reconstitution", {"": Fact(Gap.NOT_STATED, "d")}),
        (
            "rates: {1: '25 mL/h for 60 min, 50 mL/h', 2+: {value: 200 mL/h, source: e}}",
            "rates",
            {
                "1": Fact((RateStep(D(25), D(60)), RateStep(D(50))), "d"),
                "2+": Fact((RateStep(D(200)),), "e"),
            },
        ),
        (
            "limits: {single: {value: 154 mg, act: stop}, lifetime: {value: 550 mg/m2, act: warn, together: anthracycline, source: e},"
            " daily: not-stated}",
            "limits",
            {
                "single": Fact(Limit(q("154 mg"), True), "d"),
                "lifetime": Fact(Limit(q("550 mg/m2"), False, "anthracycline"), "e"),
                "daily": Fact(Gap.NOT_STATED, "d"),
            },
        ),
        (
            "levels: {27 mg/m2: [20 mg/m2, 15 mg/m2], 25 mg: {value: [20 mg], source: e, unverified: yes}, 5 mg: not-stated}",
            "levels",
            {
                "27 mg/m2": Fact(Levels(q("27 mg/m2"), (q("20 mg/m2"), q("15 mg/m2"))), "d"),
                "25 mg": Fact(Levels(q("25 mg"), (q("20 mg"),)), "e", unverified=True),
                "5 mg": Fact(Gap.NOT_STATED, "d"),
            },
        ),
    ],
)
def test_facts_by_key(text: str, name: str, found: dict[str, object]) -> None:
    assert getattr(drug(text), name) == found


def test_names_for_people() -> None:
    assert [drug(text).shown for text in ("tall_man: aBC", "tall_man: not-stated", "")] == ["aBC", "abc", "abc"]


def test_what_is_read_can_be_written() -> None:
    read = drug("weigh: more than 20 %\nfinal_concentration: 1 mg/mL\nrates: {1+: '25 mL/h for 60 min, 50 mL/h'}\nusual: [15 to 70 mg/m2]")
    assert read.weigh
    assert str(read.weigh.value) == "more than 20 %"
    assert read.final_concentration
    assert read.final_concentration.value == ConcentrationRange(q("1 mg/mL"), q("1 mg/mL"), "1 mg/mL")
    assert [str(step) for step in read.rates["1+"].stated or ()] == ["25 mL/h for 60 min", "50 mL/h"]
    assert str(Weigh(None)) == "each cycle"
    assert problem_of(()).startswith("there is no rate")


def test_ends_of_a_concentration() -> None:
    ends = [drug(f"final_concentration: {text}").final_concentration for text in ("up to 2 mg/mL", "at least 0.1 mg/mL")]
    assert [str(fact.value) for fact in ends if fact] == ["up to 2 mg/mL", "at least 0.1 mg/mL"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("never_round: 1", ["x.yaml:5: never_round: '1' is neither yes nor no"]),
        ("weight: lean", ["x.yaml:5: weight: 'lean' is not one of actual, ideal, adjusted"]),
        ("weigh: monthly", ["x.yaml:5: weigh: 'monthly' is neither `each cycle` nor a change such as `more than 10 %`"]),
        ("weigh: more than 0 %", ["x.yaml:5: weigh: '0 %' is not a percentage above zero"]),
        ("final_concentration: 2 to 1 mg/mL", ["x.yaml:5: final_concentration: the range '2 to 1 mg/mL' goes backwards"]),
        ("final_concentration: up to 1 mg", ["x.yaml:5: final_concentration: '1 mg' is not a concentration"]),
        ("bag: {volumes: [0 mL], fluid: f, withdraw: no}", ["x.yaml:5: bag.volumes[1]: '0 mL' is not a volume above zero"]),
        ("rates: {2-1: 200 mL/h}", ["x.yaml:5: rates.2-1: '2-1' does not number infusions"]),
        ("rates: {1: fast}", ["x.yaml:5: rates.1: 'fast' is not a rate with its time"]),
        ("rates: {1: 0 mL/h}", ["x.yaml:5: rates.1: '0 mL/h': 0 mL/h is not above zero"]),
        ("rates: {1: 5 mL/h for 0 min}", ["x.yaml:5: rates.1: '5 mL/h for 0 min': 5 mL/h for 0 min is not above zero"]),
        ("spacing: {value: 0 hours, act: stop}", ["x.yaml:5: spacing: '0 hours' is not a number of hours"]),
        ("usual: 15 to 70 mg/m2", ["x.yaml:5: usual: must be a list such as [15 to 70 mg/m2], or not-stated"]),
        ("usual: []", ["x.yaml:5: usual: must be a list such as [15 to 70 mg/m2], or not-stated"]),
        ("usual: [15 mg/m2]", ["x.yaml:5: usual[1]: '15 mg/m2' is not a range of doses such as 15 to 70 mg/m2"]),
        ("usual: {source: d}", ["x.yaml:5: usual: the key 'value' is missing"]),
        ("concentration: [2 mg/mL]", ["x.yaml:5: concentration: must be plain text"]),
        ("reconstitution: 5 mL", ["x.yaml:5: reconstitution: must be a mapping with the keys fluid, volumes"]),
        ("reconstitution: {fluid: water}", ["x.yaml:5: reconstitution: the key 'volumes' is missing"]),
        ("reconstitution: {volumes: {10 mg: 5 mL}}", ["x.yaml:5: reconstitution: the key 'fluid' is missing"]),
        ("reconstitution: {fluid: water, volumes: 5 mL}", ["x.yaml:5: reconstitution.volumes: must be a mapping"]),
        (
            "reconstitution: {fluid: water, volumes: {ten: 5 mL}}",
            ["x.yaml:5: reconstitution.volumes.ten: 'ten' is not a number with a unit"],
        ),
        ("reconstitution: {fluid: w, volumes: {1 mg: 5 mg}}", ["x.yaml:5: reconstitution.volumes.1 mg: '5 mg' has the unit of mass"]),
        ("bag: 50 mL", ["x.yaml:5: bag: must be a mapping with the keys volumes, fluid, withdraw"]),
        ("bag: {volumes: 50 mL, fluid: f, withdraw: no}", ["x.yaml:5: bag.volumes: must be a list such as [50 mL, 100 mL], or not-stated"]),
        ("bag: {volumes: [50 mL], fluid: f}", ["x.yaml:5: bag: the key 'withdraw' is missing"]),
        ("rates: 200 mL/h", ["x.yaml:5: rates: must be a mapping"]),
        ("rates: {first: 200 mL/h}", ["x.yaml:5: rates.first: 'first' does not number infusions; write 1, 2-4 or 3+"]),
        ("rates: {1: '200 mL/h, 300 mL/h'}", ["x.yaml:5: rates.1: '200 mL/h, 300 mL/h': 200 mL/h has no time, and rates follow it"]),
        ("limits: [154 mg]", ["x.yaml:5: limits: must be a mapping with the keys"]),
        ("limits: {week: {value: 154 mg, act: stop}}", ["x.yaml:5: limits.week: unknown key"]),
        ("limits: {single: 154 mg}", ["x.yaml:5: limits.single: must be a mapping with the keys value, act"]),
        ("limits: {single: {value: 154 mg}}", ["x.yaml:5: limits.single: the key 'act' is missing"]),
        ("limits: {single: {act: stop}}", ["x.yaml:5: limits.single: the key 'value' is missing"]),
        ("limits: {single: {value: AUC 5, act: stop}}", ["x.yaml:5: limits.single: 'AUC 5' is no limit of an amount"]),
        ("limits: {single: {value: 154 mg, act: halt}}", ["x.yaml:5: limits.single.act: 'halt' is neither stop nor warn"]),
        ("spacing: {value: 3 days, act: stop}", ["x.yaml:5: spacing: '3 days' is not a number of hours such as 72 hours"]),
        ("spacing: 72 hours", ["x.yaml:5: spacing: must be a mapping with the keys value, act"]),
        ("levels: [20 mg]", ["x.yaml:5: levels: must be a mapping"]),
        ("levels: {high: [20 mg]}", ["x.yaml:5: levels.high: 'high' is not a number with a unit"]),
        ("levels: {25 mg: 20 mg}", ["x.yaml:5: levels.25 mg: must be a list such as [20 mg/m2, 15 mg/m2], or not-stated"]),
        ("levels: {25 mg: [20 mg, 20 mg]}", ["x.yaml:5: levels.25 mg: each level must be lower than the one before it"]),
        ("levels: {25 mg: [25 mg]}", ["x.yaml:5: levels.25 mg: each level must be lower"]),
        ("levels: {25 mg: [20 mg/m2]}", ["x.yaml:5: levels.25 mg: each level must be lower than the one before it and in its unit"]),
        ("tablets: [0 mg]", ["x.yaml:5: tablets[1]: '0 mg' must be a flat amount above zero"]),
    ],
)
def test_what_is_refused(text: str, found: list[str]) -> None:
    lines = problems(text)
    assert len(lines) == len(found)
    for expected in found:
        assert any(line.startswith(expected) for line in lines), lines


# -- rules --------------------------------------------------------------------------------------------------------

RULE = """\
rules:
  kidney:
    group: us
    when: crcl < 30 mL/min and no dialysis
    given: 25 mg
    dose: 15 mg
    days: {value: 1-21 every 2 days, source: f, because: own, unverified: yes}
    source: e
    because: b
    note: a  remark
  liver:
    when: liver mild
    percent: {C1: 50 %, else: 75 %}
    unverified: yes
  steps:
    when: dialysis
    dose: {C1 D1: 5 mg, else: 10 to 20 mg}
"""


def test_rules_of_a_drug() -> None:
    rules = drug(RULE).rules
    assert rules == {
        "kidney": Fact(
            Rule(
                id="kidney",
                when=parse_conditions("crcl < 30 mL/min and no dialysis"),
                given=q("25 mg"),
                group="us",
                dose=Scoped(((None, Fact(q("15 mg"), "e", "b")),)),
                days=Scoped(((None, Fact(parse_days("1-21 every 2 days"), "f", "own", unverified=True)),)),
                note="a remark",
            ),
            "e",
            "b",
        ),
        "liver": Fact(
            Rule(
                id="liver",
                when=parse_conditions("liver mild"),
                percent=Scoped(
                    (
                        (parse_scope("C1"), Fact(Percent(D(50)), "d", unverified=True)),
                        (None, Fact(Percent(D(75)), "d", unverified=True)),
                    )
                ),
            ),
            "d",
            unverified=True,
        ),
        "steps": Fact(
            Rule(
                id="steps",
                when=parse_conditions("dialysis"),
                dose=Scoped(
                    (
                        (parse_scope("C1 D1"), Fact(q("5 mg"), "d")),
                        (None, Fact(DoseRange(q("10 mg"), q("20 mg")), "d")),
                    )
                ),
            ),
            "d",
        ),
    }


def test_a_rule_may_leave_no_dose() -> None:
    rule = drug("rules: {r: {when: child-pugh C, dose: not-stated}}").rules["r"].stated
    assert rule
    assert rule.dose
    assert rule.dose.only == Fact(Gap.NOT_STATED, "d")


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("{dose: 5 mg}", "x.yaml:5: rules.r: the key 'when' is missing"),
        ("{when: dialysis}", "x.yaml:5: rules.r: changes nothing; give one of dose, percent, days"),
        ("{when: on dialysis, dose: 5 mg}", "x.yaml:5: rules.r.when: 'on dialysis' is not a condition"),
        ("{when: age > 75, dose: 5 mg}", "x.yaml:5: rules.r.when: 'age > 75' is not a condition"),
        ("{when: dialysis, dose: 5}", "x.yaml:5: rules.r.dose: '5' is not a number with a unit"),
        ("{when: dialysis, given: 5 to 10 mg, dose: 5 mg}", "x.yaml:5: rules.r.given: unknown unit 'to 10 mg'"),
        ("{when: dialysis, percent: '75'}", "x.yaml:5: rules.r.percent: "),
        ("{when: dialysis, percent: 0 %}", "x.yaml:5: rules.r.percent: '0 %' is not a percentage above zero"),
        ("{when: dialysis, days: every day}", "x.yaml:5: rules.r.days: "),
        ("{when: dialysis, days: {D1: 1-21}}", "x.yaml:5: rules.r.days.D1: only cycles may stand here, no days"),
        ("{when: dialysis, group: US, dose: 5 mg}", "x.yaml:5: rules.r.group: 'US' is not an id"),
        ("{when: dialysis, for: len, dose: 5 mg}", "x.yaml:5: rules.r.for: unknown key"),
        ("{when: dialysis, route: IV}", "x.yaml:5: rules.r.route: unknown key"),
        ("dialysis", "x.yaml:5: rules.r: must be a mapping with the keys when"),
    ],
)
def test_rules_that_are_refused(rule: str, found: str) -> None:
    assert any(line.startswith(found) for line in problems(f"rules: {{r: {rule}}}"))


def test_rules_are_named() -> None:
    assert problems("rules: [dialysis]") == ["x.yaml:5: rules: must be a mapping from ids"]
    assert problems("rules: {R: {when: dialysis, dose: 5 mg}}")[0].startswith("x.yaml:5: rules.R: 'R' is not an id")


REGIMEN = """\
id: x
title: X
version: 1
checked: 2026-11-21
source: s
phases:
  - {id: p, give: [{drug: dexamethasone, dose: 40 mg, route: PO, days: 1}]}
rules: {r: RULE}
"""


def regimen_rule(rule: str) -> Any:
    return read_regimen(REGIMEN.replace("RULE", rule).encode(), file="x.yaml").rules


def test_rules_of_a_regimen_name_their_activity() -> None:
    rules = regimen_rule("{for: p.dexamethasone, when: age >= 75 years, given: 40 mg, dose: 20 mg, source: t}")
    assert rules["r"].source == "t"
    assert (rules["r"].value.activity, rules["r"].value.given, rules["r"].value.dose.only) == (
        "p.dexamethasone",
        q("40 mg"),
        Fact(q("20 mg"), "t"),
    )


def test_and_must() -> None:
    with pytest.raises(RegimenFileError) as caught:
        regimen_rule("{when: age >= 75 years, dose: 20 mg}")
    assert str(caught.value) == "x.yaml:8: rules.r: the key 'for' is missing"
