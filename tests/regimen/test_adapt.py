"""Rules for a patient put over a regimen: which apply, what they change, what is told, and what is refused."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosing.errors import RegimenError
from dosing.regimen.adapt import Adapted, adapt
from dosing.regimen.choose import choose
from dosing.regimen.conditions import FACTORS
from dosing.regimen.facts import Fact, Gap, Origin
from dosing.regimen.library import find_drug, shipped_regimen
from dosing.regimen.model import Activity, Regimen
from dosing.regimen.read import read_regimen

D = Decimal
Keys = dict[str, Any]

LEN_RULES: Keys = {
    "us-30-60": {
        "group": "us",
        "when": "crcl >= 30 mL/min and crcl < 60 mL/min",
        "given": "25 mg",
        "dose": "10 mg",
        "source": "us-label",
    },
    "us-below-30": {
        "group": "us",
        "when": "crcl < 30 mL/min and no dialysis",
        "given": "25 mg",
        "dose": "15 mg",
        "days": {"value": "1-21 every 2 days", "because": "every 48 hours"},
        "source": "us-label",
        "note": "not studied below 11 mL/min",
    },
    "eu-30-50": {
        "group": "eu",
        "when": "crcl >= 30 mL/min and crcl < 50 mL/min",
        "given": "25 mg",
        "dose": "10 mg",
        "source": "eu-label",
        "unverified": "yes",
    },
    "dialysis": {"when": "dialysis", "given": "25 mg", "dose": "5 mg"},
}
DEX_RULES: Keys = {
    "over-75": {"group": "over-75", "when": "age > 75 years", "given": "40 mg", "dose": "20 mg", "source": "us-label"},
    "from-75": {"group": "from-75", "when": "age >= 75 years", "given": "40 mg", "dose": "20 mg", "source": "eu-label"},
}
SOURCES = {key: {"title": key, "grade": "A"} for key in ("s", "us-label", "eu-label")}


def give(drug: str = "len", dose: Any = "25 mg", days: Any = "1-21", **keys: Any) -> Keys:
    return {"drug": drug, "dose": dose, "route": "PO", "days": days} | keys


def drugs(**rules: Keys) -> Keys:
    return {id: {"source": "s", "routes": "PO", "precision": "0.5 mg", "rules": own} for id, own in rules.items()}


def regimen(*activities: Keys, rules: Keys | None = None, of: Keys | None = None, **keys: Any) -> Regimen:
    """One phase of 28-day cycles, with the drugs `len` and `dex`; `of` are other drugs' rules."""
    whole = {
        "id": "x",
        "title": "X",
        "version": "1",
        "checked": "2026-11-21",
        "source": "s",
        "sources": SOURCES,
        "drugs": drugs(**({"len": LEN_RULES, "dex": DEX_RULES} | (of or {}))),
        "phases": [{"id": "p", "cycle": "28 days", "repeat": "6", "give": list(activities or [give()])}],
    } | keys
    return read_regimen(json.dumps(whole | ({"rules": rules} if rules else {})).encode(), file="x.yaml")


def adapted(regimen: Regimen, groups: Keys | None = None, **known: Decimal | str | bool) -> Adapted:
    by_factor = {name.replace("_", "-"): value for name, value in known.items()}
    return adapt(regimen, by_factor, groups=groups or {}, drug_of=lambda id: find_drug(id, regimen=regimen))


def activity(found: Adapted | Regimen, id: str = "len", phase: str = "p") -> Activity:
    whole = found.regimen if isinstance(found, Adapted) else found
    in_phase = whole.phase(phase)
    assert in_phase
    line = in_phase.activity(id)
    assert line
    return line


def doses(found: Adapted | Regimen, id: str = "len", phase: str = "p") -> list[str]:
    """Each dose, or why it isn't there, with its scope."""
    dose = activity(found, id, phase).dose
    assert dose
    return [f"{scope or 'else'}: {fact.value}" for scope, fact in dose.rules]


def days(found: Adapted | Regimen, id: str = "len", phase: str = "p") -> list[str]:
    return [f"{scope or 'else'}: {fact.value}" for scope, fact in activity(found, id, phase).days.rules]


def error(*args: Any, **keys: Any) -> str:
    with pytest.raises(RegimenError) as caught:
        adapted(*args, **keys)
    return str(caught.value)


US: Keys = {"len": "us"}

# -- what applies -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "crcl", "dose"),
    [
        ("us", "29.99", "15 mg"),
        ("us", "30", "10 mg"),
        ("us", "59.99", "10 mg"),
        ("us", "60", "25 mg"),
        ("eu", "29.99", "25 mg"),
        ("eu", "30", "10 mg"),
        ("eu", "49.99", "10 mg"),
        ("eu", "50", "25 mg"),
        ("none", "30", "25 mg"),
    ],
)
def test_bands_of_kidney_function(group: str, crcl: str, dose: str) -> None:
    assert doses(adapted(regimen(), {"len": group}, crcl=D(crcl), dialysis=False)) == [f"else: {dose}"]


@pytest.mark.parametrize(
    ("group", "age", "dose"),
    [("over-75", 75, "40 mg"), ("over-75", 76, "20 mg"), ("from-75", 74, "40 mg"), ("from-75", 75, "20 mg")],
)
def test_75_years_belong_to_the_side_that_the_chosen_source_names(group: str, age: int, dose: str) -> None:
    found = adapted(regimen(give("dex", "40 mg", "1 8 15 22")), {"dex": group}, age=D(age))
    assert doses(found, "dex") == [f"else: {dose}"]


@given(st.decimals("0", "150", places=2), st.sampled_from(("us", "eu", "none")))
def test_bands_by_hand(crcl: Decimal, group: str) -> None:
    by_hand = {
        "us": "15 mg" if crcl < 30 else "10 mg" if crcl < 60 else "25 mg",
        "eu": "10 mg" if 30 <= crcl < 50 else "25 mg",
        "none": "25 mg",
    }
    assert doses(adapted(LEN, {"len": group}, crcl=crcl, dialysis=False)) == [f"else: {by_hand[group]}"]


LEN = regimen()


def test_one_sentence_says_everything() -> None:
    found = adapted(LEN, US, crcl=D(45), dialysis=False)
    assert found.notes == ("len 10 mg instead of 25 mg: crcl >= 30 mL/min and crcl < 60 mL/min (rule us-30-60) [us-label]",)
    assert found.asked == ()


def test_the_sentence_has_remarks_and_says_what_is_unverified() -> None:
    (note,) = adapted(LEN, US, crcl=D(20), dialysis=False).notes
    assert note == (
        "len 15 mg instead of 25 mg, days 1-21 every 2 days instead of 1-21: crcl < 30 mL/min and no dialysis (rule us-below-30)"
        " [us-label]: every 48 hours; not studied below 11 mL/min"
    )
    (note,) = adapted(LEN, {"len": "eu"}, crcl=D(45), dialysis=False).notes
    assert note.endswith("(rule eu-30-50) [eu-label] UNVERIFIED")


def test_new_facts_say_where_they_come_from() -> None:
    line = activity(adapted(LEN, US, crcl=D(20), dialysis=False))
    assert line.dose
    assert line.dose.only
    assert line.days.only
    because = "crcl < 30 mL/min and no dialysis"
    origin = Origin("rule", "us-below-30")
    assert (line.dose.only.source, line.dose.only.because, line.dose.only.origin) == ("us-label", because, origin)
    assert (line.days.only.because, line.days.only.origin) == (f"{because}: every 48 hours", origin)
    assert not line.dose.only.unverified
    unverified = activity(adapted(LEN, {"len": "eu"}, crcl=D(45), dialysis=False)).dose
    assert unverified
    assert unverified.only
    assert unverified.only.unverified


def test_a_rule_that_is_unverified_as_a_whole_makes_unverified_facts() -> None:
    """Also where a rule was not made by the reader, which hands the mark down."""
    drug = LEN.drugs["len"]
    rule = drug.rules["us-30-60"].stated
    assert rule
    marked = {"us-30-60": Fact(rule, "us-label", "for once", unverified=True)}
    other = type(drug)(id="len", source="s", precision=drug.precision, routes=drug.routes, rules=marked)
    found = adapt(LEN, {"crcl": D(45)}, groups=US, drug_of=lambda _: other)
    dose = activity(found).dose
    assert dose
    assert dose.only
    assert dose.only.unverified
    assert dose.only.because.endswith(": for once")
    assert "[us-label] UNVERIFIED: for once" in found.notes[0]


def test_a_rule_that_is_looked_at_and_does_not_apply_says_nothing() -> None:
    found = adapted(LEN, crcl=D(90), dialysis=False)
    assert found == Adapted(LEN, (), ())
    assert found.regimen is LEN


def test_a_rule_waits_for_its_dose() -> None:
    for dose in ("10 mg", "25 mg/m2", "25 mcg", "not-stated", "10 to 25 mg"):
        found = adapted(regimen(give(dose=dose, round="0.5 mg")), crcl=D(45), dialysis=True)
        assert found.notes == ()
        assert found.regimen is not None
        assert activity(found).dose == activity(regimen(give(dose=dose, round="0.5 mg"))).dose
    assert doses(adapted(regimen(give(dose="0.025 g")), US, crcl=D(45), dialysis=False)) == ["else: 10 mg"]


def test_only_doses_that_are_given_are_replaced() -> None:
    found = adapted(regimen(give(dose={"C1": "20 mg", "C2-3": "25 mg", "else": "not-stated"})), US, crcl=D(45))
    assert doses(found) == ["C1: 20 mg", "C2-3: 10 mg", f"else: {Gap.NOT_STATED}"]
    assert found.notes[0].startswith("len 10 mg instead of 25 mg: ")


def test_what_is_never_given_is_left_alone() -> None:
    assert adapted(regimen(give(), give("dex", "40 mg", "none")), crcl=D(90), dialysis=False).notes == ()


def test_assessments_and_drugs_nobody_named_have_no_rules() -> None:
    whole = regimen(give("not-stated", "25 mg", id="conditioning"), phases=[PHASE | {"assess": [{"what": "Blood", "days": "1"}]}])
    assert adapted(whole, crcl=D(90), dialysis=False).notes == ()
    assert adapted(regimen(give("not-stated", "25 mg", id="conditioning"))).notes == ()


PHASE = {"id": "p", "cycle": "28 days", "repeat": "6", "give": [give()]}


# -- what is not known --------------------------------------------------------------------------------------------


def test_what_is_not_known_is_told_once_per_drug() -> None:
    found = adapted(regimen(give(), give("dex", "40 mg", "1"), give("dex", "40 mg", "15", id="later")))
    assert found.notes == (
        "len has rules for crcl and dialysis that were not looked at: not given (--creatinine or --crcl, --dialysis)",
        "dex has rules for age that were not looked at: not given (--age)",
    )
    assert found.asked == ("age", "crcl", "dialysis")


def test_a_rule_that_holds_as_far_as_known_is_no_full_dose() -> None:
    with pytest.raises(RegimenError) as caught:
        adapted(LEN, US, crcl=D(20))
    assert str(caught.value) == (
        "len: rule us-below-30 (15 mg instead of 25 mg, days 1-21 every 2 days instead of 1-21: crcl < 30 mL/min and no dialysis)"
        " [us-label] depends on dialysis too, not given; give --dialysis"
    )


def test_rules_of_a_group_that_was_not_chosen_ask_for_nothing() -> None:
    rules = {
        "a": {"group": "us", "when": "crcl < 30 mL/min", "dose": "10 mg"},
        "b": {"group": "eu", "when": "bilirubin > 2 mg/dL", "dose": "10 mg"},
    }
    found = adapted(regimen(of={"len": rules}), {"len": "eu"})
    assert found.notes == ("len has rules for bilirubin that were not looked at: not given (--bilirubin)",)
    assert adapted(regimen(of={"len": rules}), {"len": "none"}).asked == ()
    assert adapted(regimen(of={"len": rules})).asked == ("crcl", "bilirubin")


def test_a_rule_for_another_dose_asks_for_nothing() -> None:
    assert adapted(regimen(give(dose="10 mg"))).asked == ()


@given(st.dictionaries(st.sampled_from(FACTORS), st.none()))
def test_nothing_unknown_changes_anything(wanted: dict[str, None]) -> None:
    """Any factor missing leaves the rules alone that need it; where the kidneys are known to be bad, dialysis must be known too."""
    values: dict[str, Decimal | str | bool] = {"age": D(60), "crcl": D(20), "bilirubin": D(1), "dialysis": False, "child-pugh": "A"}
    known = {factor: value for factor, value in values.items() if factor not in wanted}
    if "dialysis" in wanted and "crcl" not in wanted:
        with pytest.raises(RegimenError, match="depends on dialysis too"):
            adapt(LEN, known, groups=US, drug_of=lambda id: find_drug(id, regimen=LEN))
        return
    found = adapt(LEN, known, groups=US, drug_of=lambda id: find_drug(id, regimen=LEN))
    assert (found.regimen is LEN) == ("crcl" in wanted or "dialysis" in wanted)


# -- groups -------------------------------------------------------------------------------------------------------


def test_a_group_must_be_chosen_where_one_would_apply() -> None:
    assert error(LEN, crcl=D(55), dialysis=False) == (
        "len: sources differ, so that the choice is yours (us: 10 mg instead of 25 mg where crcl >= 30 mL/min and crcl < 60 mL/min"
        " [us-label]; eu: no change); choose with one of --rule len=us, --rule len=eu, --rule len=none"
    )


def test_also_where_the_groups_agree() -> None:
    found = error(regimen(give("dex", "40 mg", "1")), age=D(80))
    assert "over-75: 20 mg instead of 40 mg where age > 75 years [us-label]" in found
    assert "from-75: 20 mg instead of 40 mg where age >= 75 years [eu-label]" in found


def test_the_question_says_what_else_is_unknown() -> None:
    rules = LEN_RULES | {"eu-liver": {"group": "eu", "when": "child-pugh C", "given": "25 mg", "dose": "5 mg"}}
    found = error(regimen(of={"len": rules}), crcl=D(45), dialysis=False)
    assert "[eu-label] UNVERIFIED; more depends on child-pugh, not given)" in found


def test_no_group_is_asked_for_where_none_would_apply() -> None:
    assert adapted(LEN, crcl=D(60), dialysis=False).regimen is LEN
    assert doses(adapted(LEN, crcl=D(90), dialysis=True)) == ["else: 5 mg"]


def test_none_leaves_the_groups_out_and_says_so() -> None:
    found = adapted(LEN, {"len": "none"}, crcl=D(90), dialysis=True)
    assert found.notes == (
        "len: none of its alternative rules (us, eu) was applied, as chosen",
        "len 5 mg instead of 25 mg: dialysis (rule dialysis) [s]",
    )


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"len": "usa"}, "len has no rules of a group 'usa'; did you mean 'us'? (groups: us, eu; or none)"),
        ({"len": ""}, "len has no rules of a group '' (groups: us, eu; or none)"),
        ({"mild": "us"}, "mild has no alternative rules to choose from; leave out --rule mild=us"),
        ({"mild": "none"}, "mild has no alternative rules to choose from; leave out --rule mild=none"),
        ({"lem": "us"}, "there is no drug 'lem'"),
    ],
)
def test_unknown_groups(groups: Keys, message: str) -> None:
    assert error(regimen(of={"mild": {}}), groups).startswith(message)


def test_a_site_may_choose_for_drugs_that_the_regimen_does_not_give() -> None:
    assert adapted(LEN, {"dex": "over-75"}, crcl=D(90), dialysis=False).notes == ()


# -- two rules ----------------------------------------------------------------------------------------------------


def test_two_rules_that_apply_are_refused() -> None:
    assert error(LEN, US, crcl=D(45), dialysis=True) == (
        "len: more than one rule applies, and nothing says which counts: rule us-30-60 (10 mg instead of 25 mg: crcl >= 30 mL/min and"
        " crcl < 60 mL/min) [us-label]; rule dialysis (5 mg instead of 25 mg: dialysis) [s]; set the dose yourself (--set p.len.dose=DOSE)"
    )


def test_two_rules_for_two_activities_are_not() -> None:
    found = adapted(regimen(give(), give("dex", "40 mg", "1")), US | {"dex": "from-75"}, crcl=D(45), dialysis=False, age=D(75))
    assert (doses(found), doses(found, "dex")) == (["else: 10 mg"], ["else: 20 mg"])


# -- rules of the regimen -----------------------------------------------------------------------------------------

OWN = {"own": {"for": "dex", "when": "age >= 70 years", "given": "40 mg", "dose": "12 mg"}}


@pytest.mark.parametrize(("age", "dose"), [(69, "40 mg"), (70, "12 mg"), (80, "12 mg")])
def test_the_regimen_s_own_rules_go_first(age: int, dose: str) -> None:
    assert doses(adapted(regimen(give("dex", "40 mg", "1"), rules=OWN), age=D(age)), "dex") == [f"else: {dose}"]


def test_a_group_that_the_regimen_s_own_rules_hide_is_told() -> None:
    found = adapted(regimen(give("dex", "40 mg", "1"), rules=OWN), {"dex": "over-75"}, age=D(80))
    assert found.notes == (
        "dex: the rules of the group over-75 were not looked at: the regimen's own rules go first",
        "dex 12 mg instead of 40 mg: age >= 70 years (rule own) [s]",
    )


def test_only_for_the_factors_they_are_about() -> None:
    rules = {"own": {"for": "len", "when": "age >= 70 years", "given": "25 mg", "dose": "20 mg"}}
    assert doses(adapted(regimen(rules=rules), US, crcl=D(45), dialysis=False, age=D(60))) == ["else: 10 mg"]


def test_only_for_the_activity_they_name() -> None:
    phases = [PHASE | {"give": [give("dex", "40 mg", "1")]}, PHASE | {"id": "q", "give": [give("dex", "40 mg", "1")]}]
    found = adapted(regimen(phases=phases, rules={"own": OWN["own"] | {"for": "q.dex"}}), {"dex": "from-75"}, age=D(80))
    assert (doses(found, "dex"), doses(found, "dex", "q")) == (["else: 20 mg"], ["else: 12 mg"])
    assert [note.partition(":")[0] for note in found.notes] == [
        "dex in p 20 mg instead of 40 mg",
        "dex in q",
        "dex in q 12 mg instead of 40 mg",
    ]


def test_another_drug_in_the_place_of_the_regimen_s_own() -> None:
    whole = choose(regimen(give("dex", "40 mg", "1"), rules=OWN, of={"pred": {}}), values={"dex.drug": "pred"})
    found = adapted(whole, age=D(80))
    assert found.notes == ("pred (dex) takes the place of another drug: the regimen's rules for that (own) were not looked at",)
    assert doses(found, "dex") == ["else: 40 mg"]


# -- the user's own values ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "crcl", "what"),
    [
        ({"len.dose": "25 mg"}, 45, "dose"),
        ({"len.days": "1-21"}, 20, "days"),
        ({"len.dose": "25 mg", "len.days": "1-14"}, 20, "dose and days"),
    ],
)
def test_what_the_user_set_is_never_changed(values: dict[str, str], crcl: int, what: str) -> None:
    whole = choose(LEN, values=values)
    found = adapted(whole, US, crcl=D(crcl), dialysis=False)
    assert found.regimen is whole
    (note,) = found.notes
    assert note.startswith("len: rule us-")
    assert f"[us-label] was not applied, because the user set the {what}" in note


def test_the_user_s_days_are_no_reason_to_leave_a_dose() -> None:
    assert doses(adapted(choose(LEN, values={"len.days": "1-14"}), US, crcl=D(45), dialysis=False)) == ["else: 10 mg"]


def test_a_variant_is_changed() -> None:
    variants = {"v": {"title": "V", "set": {"len.dose": "25 mg"}}}
    whole = choose(regimen(give(dose="20 mg"), variants=variants), variants=["v"])
    assert doses(adapted(whole, US, crcl=D(45), dialysis=False)) == ["else: 10 mg"]


# -- percentages --------------------------------------------------------------------------------------------------

LIVER = {"mild": {"when": "liver mild", "percent": "75 %"}, "low": {"when": "liver severe", "given": "25 mg", "percent": "50 %"}}


def test_a_percentage_of_whatever_is_given() -> None:
    for dose in ("25 mg", "not-stated", {"C1": "20 mg", "else": "25 mg"}):
        found = adapted(regimen(give(dose=dose), of={"len": LIVER}), liver="mild")
        percent = activity(found).percent
        assert percent
        assert percent.only
        assert (str(percent.only.value), percent.only.origin) == ("75 %", Origin("rule", "mild"))
        assert found.notes == ("len 75 % of the amount: liver mild (rule mild) [s]",)


def test_a_percentage_of_one_dose_is_of_all_or_nothing() -> None:
    assert activity(adapted(regimen(of={"len": LIVER}), liver="severe")).percent
    assert "it changes the percent where the dose is 25 mg, but the dose is not that everywhere; set the dose yourself" in error(
        regimen(give(dose={"C1": "20 mg", "else": "25 mg"}), of={"len": LIVER}), liver="severe"
    )


def test_two_percentages_are_refused_unless_the_user_set_one() -> None:
    whole = regimen(give(percent="80 %"), of={"len": LIVER})
    assert "the amount is 80 % of what is computed already" in error(whole, liver="mild")
    assert adapted(choose(whole, values={"len.percent": "80 %"}), liver="mild").notes == (
        "len: rule mild (75 % of the amount: liver mild) [s] was not applied, because the user set the percent",
    )
    assert activity(adapted(regimen(give(percent="not-stated"), of={"len": LIVER}), liver="mild")).percent


# -- days ---------------------------------------------------------------------------------------------------------


def below_30(*activities: Keys, **keys: Any) -> Any:
    return regimen(*activities, **keys), US


KIDNEY: Keys = {"crcl": D(20), "dialysis": False}


def test_days_are_set_where_there_are_any() -> None:
    found = adapted(*below_30(give(days={"C1-3": "1-21", "else": "none"})), **KIDNEY)
    assert days(found) == ["C1-3: 1-21 every 2 days", "else: none"]
    found = adapted(*below_30(give(days={"C1-3": "1-21", "C4+": "1-28"})), **KIDNEY)
    assert days(found) == ["C1-3: 1-21 every 2 days", "C4+: 1-21 every 2 days"]
    assert found.notes[0].startswith("len 15 mg instead of 25 mg, days 1-21 every 2 days instead of C1-3: 1-21, C4+: 1-28: ")


@pytest.mark.parametrize(
    ("given_on", "where"),
    [
        ("1-14", "days 15, 17, 19, 21 of cycle 1"),
        ("1-20", "day 21 of cycle 1"),
        ({"C1": "1-21", "C2+": "2-21"}, "day 1 of cycle 2"),
    ],
)
def test_a_rule_gives_on_no_day_on_which_the_regimen_does_not(given_on: Any, where: str) -> None:
    assert f"it would give on {where}, on which the regimen does not" in error(*below_30(give(days=given_on)), **KIDNEY)


def test_days_without_cycles() -> None:
    single = {"id": "p", "give": [give(days="1-14")]}
    found = error(*below_30(phases=[single]), **KIDNEY)
    assert "it would give on days 15, 17, 19, 21, on which the regimen does not" in found
    assert days(adapted(*below_30(phases=[single | {"give": [give()]}]), **KIDNEY)) == ["else: 1-21 every 2 days"]


def test_days_of_a_rhythm_of_its_own() -> None:
    assert "day 21 of cycle 1" in error(*below_30(give(days="1-20", cycle="21 days")), **KIDNEY)
    assert days(adapted(*below_30(give(cycle="21 days")), **KIDNEY)) == ["else: 1-21 every 2 days"]


def test_days_past_the_end_of_a_cycle() -> None:
    phases = [{"id": "p", "cycle": "14 days", "repeat": "6", "give": [give(days="1-14")]}]
    assert error(*below_30(phases=phases), **KIDNEY).startswith("with rule us-below-30: p.len.days: cycle 1: day 21 is past the end")


def test_days_that_are_not_stated_stay_so() -> None:
    assert "the regimen's days are not stated" in error(*below_30(give(days="not-stated")), **KIDNEY)


def test_days_that_differ_by_cycle_on_both_sides() -> None:
    rules = {"r": {"when": "dialysis", "days": {"C1": "1", "else": "1 2"}}}
    whole = regimen(give(days={"C1": "1-14", "else": "1-21"}), of={"len": rules})
    assert "its days differ by cycle, and so do the regimen's" in error(whole, dialysis=True)
    found = adapted(regimen(of={"len": rules}), dialysis=True)
    assert days(found) == ["C1: 1", "else: 1 2"]
    assert found.notes == ("len days C1: 1, otherwise: 1 2 instead of 1-21: dialysis (rule r) [s]",)


def test_days_for_a_part_of_the_doses_are_refused() -> None:
    found = error(*below_30(give(dose={"C1": "10 mg", "else": "25 mg"})), **KIDNEY)
    assert "it changes the days where the dose is 25 mg, but the dose is not that everywhere" in found


# -- doses that differ by cycle -----------------------------------------------------------------------------------

STEPS = {"r": {"when": "liver severe", "given": "25 mg", "dose": {"C1": "5 mg", "else": "10 to 15 mg"}}}


def test_a_dose_that_differs_takes_the_place_of_one_that_does_not() -> None:
    for dose in ("25 mg", {"C1": "25 mg", "else": "25 mg"}):
        found = adapted(regimen(give(dose=dose), of={"len": STEPS}), liver="severe")
        assert doses(found) == ["C1: 5 mg", "else: 10 to 15 mg"]
        assert found.notes == ("len C1: 5 mg, otherwise: 10 to 15 mg instead of 25 mg: liver severe (rule r) [s]",)


@pytest.mark.parametrize("dose", [{"C1": "20 mg", "else": "25 mg"}, {"C1": "25 mg", "else": "not-stated"}])
def test_but_not_of_one_that_differs_too(dose: Any) -> None:
    found = error(regimen(give(dose=dose), of={"len": STEPS}), liver="severe")
    assert "its dose differs by cycle or day, and so does the dose that it replaces" in found


# -- without a given dose -----------------------------------------------------------------------------------------


def lowered(dose: Any, to: Any, **keys: Any) -> Adapted:
    return adapted(regimen(give(dose=dose), of={"len": {"r": {"when": "dialysis", "dose": to} | keys}}), dialysis=True)


@pytest.mark.parametrize(
    ("dose", "to", "found"),
    [
        ("25 mg", "20 mg", ["else: 20 mg"]),
        ("20 mg", "20 mg", ["else: 20 mg"]),
        ("15 mg", "20 mg", ["else: 15 mg"]),
        ("0.025 g", "20 mg", ["else: 20 mg"]),
        ("0.015 g", "20 mg", ["else: 0.015 g"]),
        ({"C1": "15 mg", "else": "25 mg"}, "20 mg", ["C1: 15 mg", "else: 20 mg"]),
        ("25 to 30 mg", "20 mg", ["else: 20 mg"]),
        ("10 to 20 mg", "20 mg", ["else: 10 to 20 mg"]),
        ("25 mg", "10 to 20 mg", ["else: 10 to 20 mg"]),
        ("10 mg", "10 to 20 mg", ["else: 10 mg"]),
        ("25 mg", "not-stated", [f"else: {Gap.NOT_STATED}"]),
        ("not-stated", "20 mg", [f"else: {Gap.NOT_STATED}"]),
        ("25 mg", {"C1": "10 mg", "else": "30 mg"}, ["C1: 10 mg", "else: 25 mg"]),
    ],
)
def test_a_rule_for_any_dose_only_lowers(dose: Any, to: Any, found: list[str]) -> None:
    assert doses(lowered(dose, to)) == found


def test_what_is_said_of_doses_that_stay() -> None:
    assert lowered("15 mg", "20 mg").notes == ("len 15 mg stays, not above 20 mg: dialysis (rule r) [s]",)
    assert lowered({"C1": "15 mg", "else": "25 mg"}, "20 mg").notes == ("len 20 mg instead of 25 mg: dialysis (rule r) [s]",)
    assert lowered("25 mg", {"C1": "10 mg", "else": "30 mg"}).notes[0].startswith("len C1: 10 mg, otherwise: 25 mg instead of 25 mg: ")
    assert lowered("25 mg", "not-stated").notes == ("len no stated dose instead of 25 mg: dialysis (rule r) [s]",)
    assert lowered("not-stated", "20 mg").notes == ()


@pytest.mark.parametrize(("dose", "to"), [("25 mg/m2", "20 mg"), ("15 to 25 mg", "20 mg"), ("15 mg", "10 to 20 mg"), ("5 mL", "20 mg")])
def test_a_dose_that_may_be_lower_already_is_refused(dose: str, to: str) -> None:
    with pytest.raises(RegimenError, match=r"is lower than .* can't be told"):
        lowered(dose, to)


def test_what_else_the_rule_changes_needs_the_dose_to_go() -> None:
    assert activity(lowered("25 mg", "20 mg", percent="50 %")).percent
    with pytest.raises(RegimenError, match="the dose is not above 20 mg already, and nobody said what holds then"):
        lowered("15 mg", "20 mg", percent="50 %")


def test_a_rule_for_a_given_dose_may_raise_it() -> None:
    assert doses(lowered("15 mg", "20 mg", given="15 mg")) == ["else: 20 mg"]


# -- doses taken from another phase -------------------------------------------------------------------------------


def two_phases(first: Any, rules: Keys | None = None, of: Keys | None = None, **keys: Any) -> Regimen:
    later = {"id": "q", "cycle": "28 days", "repeat": "6", "give": [give(dose="as last of p", **keys)]}
    return regimen(phases=[PHASE | {"give": [give(dose=first)]}, later], rules=rules, of=of)


def test_a_dose_taken_from_another_phase_is_what_it_stands_for() -> None:
    found = adapted(two_phases("25 mg"), US, crcl=D(20), dialysis=False)
    assert (doses(found), doses(found, phase="q")) == (["else: 15 mg"], ["else: 15 mg"])
    assert days(found, phase="q") == ["else: 1-21 every 2 days"]
    assert doses(adapted(two_phases("10 mg"), US, crcl=D(20), dialysis=False), phase="q") == ["else: as last of p"]


def test_through_several_phases() -> None:
    phases = [PHASE, *({"id": id, "for": "21 days", "give": [give(dose=f"as last of {of}")]} for id, of in (("q", "p"), ("r", "q")))]
    found = adapted(regimen(phases=phases), US, crcl=D(20), dialysis=False)
    assert doses(found, phase="r") == ["else: 15 mg"]


def test_where_the_other_phase_has_several_it_follows() -> None:
    found = adapted(two_phases({"C1": "10 mg", "else": "25 mg"}), US, crcl=D(45), dialysis=False)
    assert (doses(found), doses(found, phase="q")) == (["C1: 10 mg", "else: 10 mg"], ["else: as last of p"])
    assert len(found.notes) == 1


def test_but_its_days_can_not() -> None:
    rules = {"r": {"for": "q.len", "when": "dialysis", "given": "25 mg", "days": "1-7"}}
    found = error(two_phases({"C1": "10 mg", "else": "25 mg"}, rules, {"len": {}}), dialysis=True)
    assert found.startswith("len in q: rule r")
    assert "but the dose is not that everywhere" in found


def test_nor_a_dose_for_one_phase_alone() -> None:
    rules = {"r": {"for": "q.len", "when": "dialysis", "given": "25 mg", "dose": "5 mg"}}
    found = error(two_phases({"C1": "10 mg", "else": "25 mg"}, rules, {"len": {}}), dialysis=True)
    assert "the dose is taken from another phase, where it is not the same everywhere" in found
    assert doses(adapted(two_phases("25 mg", rules, {"len": {}}), dialysis=True), phase="q") == ["else: 5 mg"]


def test_a_dose_taken_from_what_the_user_set_is_the_user_s() -> None:
    whole = choose(two_phases("20 mg"), values={"p.len.dose": "25 mg"})
    found = adapted(whole, US, crcl=D(45), dialysis=False)
    assert found.regimen is whole
    assert [note.partition(" was not applied")[0].partition(":")[0] for note in found.notes] == ["len in p", "len in q"]


def test_a_dose_taken_from_nowhere_is_none() -> None:
    whole = regimen(give(dose="as last of q"))
    assert adapted(whole, crcl=D(45), dialysis=True).regimen is whole


# -- the result ---------------------------------------------------------------------------------------------------


def test_a_result_that_makes_no_sense_is_refused() -> None:
    rules = {"r": {"when": "dialysis", "given": "25 mg", "dose": "5 units"}}
    found = error(regimen(of={"len": rules}), dialysis=True)
    assert found.startswith("with rule r: drugs.len.rules.r.dose: ")
    assert "p.len.dose: 5 units can't be measured in steps of 0.5 mg (len)" in found


def test_names_of_activities() -> None:
    found = adapted(regimen(give(id="evening")), US, crcl=D(45), dialysis=False)
    assert found.notes[0].startswith("len (evening) 10 mg instead of 25 mg: ")


# -- shipped ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("age", "dose"), [(74, "40 mg"), (75, "20 mg")])
def test_isa_pd_says_itself_from_which_age(age: int, dose: str) -> None:
    found = adapted(shipped_regimen("isa-pd"), age=D(age))
    assert doses(found, "dexamethasone", found.regimen.phases[0].id) == [f"else: {dose}"]
