"""Variants, proxies and the user's own values: in which order, how far they reach, and what is refused."""

from collections.abc import Mapping

import pytest

from dosing.errors import RegimenError
from dosing.regimen.choose import choose
from dosing.regimen.library import shipped_regimen
from dosing.regimen.model import Activity, Phase, Regimen
from dosing.regimen.read import read_regimen

REGIMEN = """\
id: x
title: X
version: 1
checked: 2026-11-21
source: s
sources:
  s: {title: S, grade: A}
phases:
  - id: first
    cycle: 28 days
    repeat: 6
    give:
      - {drug: dexamethasone, dose: 40 mg, route: PO, days: 1 8 15 22}
      - {drug: melphalan, dose: not-stated, route: PO, days: 1-4}
    assess:
      - {what: Blood, days: 1}
  - id: second
    waits: a date
    for: 12 months
    give:
      - {drug: dexamethasone, dose: 20 mg, route: PO, days: daily}
    visits:
      - {what: Visit, at: end of second}
variants:
  low:
    title: Low
    set: {dexamethasone.dose: 10 mg, first.dexamethasone.dose: 15 mg}
  lower:
    title: Lower
    set: {first.dexamethasone.dose: 5 mg}
  short:
    title: Short
    set: {first.repeat: 4, first.cycle: 21 days, first.dexamethasone.days: 1 8 15}
  same:
    title: A variant with the id of a proxy
    set: {melphalan.dose: 8 mg/m2}
  second-only:
    title: Second
    set: {second.dexamethasone.dose: 4 mg}
proxies:
  other:
    title: Other
    source: s
    because: b
    set: {melphalan.dose: 9 mg/m2}
  same:
    title: A proxy with the id of a variant
    source: s
    because: b
    set: {melphalan.dose: 7 mg/m2}
"""
X = read_regimen(REGIMEN.encode(), file="x.yaml")


def phase(regimen: Regimen, id: str) -> Phase:
    found = regimen.phase(id)
    assert found is not None
    return found


def activity(regimen: Regimen, phase_id: str, id: str) -> Activity:
    found = phase(regimen, phase_id).activity(id)
    assert found is not None
    return found


def dose(regimen: Regimen, phase_id: str, id: str, *, cycle: int = 1, day: int = 1) -> str:
    scoped = activity(regimen, phase_id, id).dose
    assert scoped is not None
    fact = scoped.at(cycle, day)
    assert fact is not None
    return f"{fact.value} ({fact.origin})"


def refused(variants: tuple[str, ...] = (), proxies: tuple[str, ...] = (), values: Mapping[str, str] | None = None) -> str:
    with pytest.raises(RegimenError) as caught:
        choose(X, variants=variants, proxies=proxies, values=values)
    return str(caught.value)


def test_nothing_chosen_is_the_same_regimen() -> None:
    assert choose(X) is X
    assert choose(X, variants=[], proxies=[], values={}) is X


def test_the_regimen_itself_never_changes() -> None:
    before = read_regimen(REGIMEN.encode(), file="x.yaml")
    chosen = choose(X, variants=["low", "short"], proxies=["other"], values={"first.repeat": "2"})
    assert before == X
    assert chosen != X


def test_a_setting_with_a_phase_goes_before_one_without() -> None:
    chosen = choose(X, variants=["low"])
    assert dose(chosen, "first", "dexamethasone") == "15 mg (variant low)"
    assert dose(chosen, "second", "dexamethasone") == "10 mg (variant low)"
    assert dose(chosen, "first", "melphalan") == "Gap.NOT_STATED (regimen)"


@pytest.mark.parametrize("order", [1, -1])
def test_whatever_their_order(order: int) -> None:
    values = dict([("first.dexamethasone.dose", "1 mg"), ("dexamethasone.dose", "2 mg")][::order])
    chosen = choose(X, values=values)
    assert [dose(chosen, id, "dexamethasone") for id in ("first", "second")] == ["1 mg (user)", "2 mg (user)"]


def test_several_overlays_that_do_not_meet() -> None:
    chosen = choose(X, variants=["low", "short"], proxies=["other"])
    assert [overlay.id for overlay in chosen.chosen] == ["low", "short", "other"]
    assert dose(chosen, "first", "dexamethasone") == "15 mg (variant low)"
    assert dose(chosen, "first", "melphalan") == "9 mg/m2 (proxy other)"
    assert str(activity(chosen, "first", "dexamethasone").days.rules[0][1].value) == "1 8 15"


def test_one_overlay_named_twice_is_chosen_once() -> None:
    assert [overlay.id for overlay in choose(X, variants=["low", "low"], proxies=["other", "other"]).chosen] == ["low", "other"]


def test_the_user_goes_before_every_overlay() -> None:
    chosen = choose(X, variants=["low"], proxies=["other"], values={"dexamethasone.dose": "3 mg", "melphalan.dose": "1mg/kg"})
    assert dose(chosen, "first", "dexamethasone") == "3 mg (user)"
    assert dose(chosen, "second", "dexamethasone") == "3 mg (user)"
    assert dose(chosen, "first", "melphalan") == "1 mg/kg (user)"
    assert [overlay.id for overlay in chosen.chosen] == ["low", "other"]


def test_what_was_chosen_before_stays_chosen() -> None:
    chosen = choose(choose(X, variants=["low"]), proxies=["other"])
    assert [overlay.id for overlay in chosen.chosen] == ["low", "other"]
    assert dose(chosen, "first", "dexamethasone") == "15 mg (variant low)"


@pytest.mark.parametrize(
    ("variants", "proxies", "message"),
    [
        (("low", "lower"), (), "variant 'lower' and variant 'low' both set first.dexamethasone.dose; choose one of them"),
        (("low", "second-only"), (), "variant 'second-only' and variant 'low' both set second.dexamethasone.dose; choose one of them"),
        (("same",), ("other",), "proxy 'other' and variant 'same' both set first.melphalan.dose; choose one of them"),
        (("same",), ("same",), "proxy 'same' and variant 'same' both set first.melphalan.dose; choose one of them"),
        # no name is proposed: the nearest dose level may be the wrong one
        (("lo",), (), "there is no variant 'lo' (x has low, lower, short, same, second-only)"),
        (("other",), (), "there is no variant 'other' (x has low, lower, short, same, second-only)"),
        ((), ("othr",), "there is no proxy 'othr' (x has other, same)"),
        ((), ("low",), "there is no proxy 'low' (x has other, same)"),
    ],
)
def test_what_can_not_be_chosen(variants: tuple[str, ...], proxies: tuple[str, ...], message: str) -> None:
    assert refused(variants, proxies) == message


def test_a_regimen_without_proxies_says_so() -> None:
    with pytest.raises(RegimenError) as caught:
        choose(shipped_regimen("vmp"), proxies=["nz"])
    assert str(caught.value) == "there is no proxy 'nz' (vmp has none)"


def test_phases_visits_and_assessments_can_be_set() -> None:
    chosen = choose(X, values={"first.repeat": "up to 8", "visit.at": "start of second + 1 week", "blood.days": "{C1: 1 8, else: none}"})
    repeat = phase(chosen, "first").repeat
    assert repeat is not None
    assert (repeat.stated and repeat.stated.count, str(repeat.origin), repeat.source) == (8, "user", "user")
    (visit,) = phase(chosen, "second").visits
    assert (str(visit.at.value), str(visit.at.origin)) == ("start of second + 1 week", "user")
    days = activity(chosen, "first", "blood").days
    assert [str(fact.value) for cycle in (1, 2) if (fact := days.at(cycle))] == ["1 8", "none"]
    assert activity(chosen, "first", "dexamethasone") == activity(X, "first", "dexamethasone")


def test_a_user_s_value_may_have_scopes() -> None:
    chosen = choose(X, values={"first.dexamethasone.dose": "{C1 D1: 20 mg, C2+: 8 mg, else: 40mg}"})
    found = [dose(chosen, "first", "dexamethasone", cycle=cycle, day=day) for cycle, day in ((1, 1), (1, 8), (2, 1), (6, 22))]
    assert found == ["20 mg (user)", "40 mg (user)", "8 mg (user)", "8 mg (user)"]
    assert dose(chosen, "second", "dexamethasone") == "20 mg (regimen)"


def test_a_gap_can_be_set_too() -> None:
    assert dose(choose(X, values={"first.dexamethasone.dose": "not-stated"}), "first", "dexamethasone") == "Gap.NOT_STATED (user)"


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("dexamethasone.dose", "40", "--set dexamethasone.dose=40: '40' is not a number with a unit, such as 27 mg/m2 or 40 mg"),
        ("dexamethasone.dosis", "40 mg", "--set dexamethasone.dosis=40 mg: a drug has no field 'dosis'; did you mean 'dose'? "),
        (
            "dexamethason.dose",
            "40 mg",
            "--set dexamethason.dose=40 mg: there is no activity 'dexamethason'; did you mean 'dexamethasone'? ",
        ),
        ("third.dexamethasone.dose", "40 mg", "--set third.dexamethasone.dose=40 mg: there is no phase 'third' (phases: first, second)"),
        ("second.melphalan.dose", "9 mg", "--set second.melphalan.dose=9 mg: there is no activity 'melphalan' "),
        ("dose", "40 mg", "--set dose=40 mg: 'dose' is not activity.field, phase.activity.field or phase.field"),
        ("first.repeat", "{C1: 2}", "--set first.repeat={C1: 2}: unknown key; --set first.repeat={C1: 2}: the key 'value' is missing"),
        ("dexamethasone.dose", "{C1: 40 mg", "--set dexamethasone.dose={C1: 40 mg: not valid YAML: "),
        ("dexamethasone.dose", "&x 40 mg", "--set dexamethasone.dose=&x 40 mg: aliases (&x, *x) are not allowed; write the value out"),
        (
            "first.dexamethasone.days",
            "29",
            "with --set first.dexamethasone.days: first.dexamethasone.days: cycle 1: day 29 is past the end",
        ),
        (
            "first.dexamethasone.dose",
            "{C1-5: 40 mg}",
            "with --set first.dexamethasone.dose: first.dexamethasone.dose: no scope covers C6D1; add `else`",
        ),
        (
            "first.cycle",
            "21 days",
            "with --set first.cycle: first.dexamethasone.days: cycle 1: day 22 is past the end of a cycle of 21 days",
        ),
        ("dexamethasone.route", "IV", "with --set dexamethasone.route: first.dexamethasone: an IV drug needs `over`; "),
        ("visit.at", "end of third", "with --set visit.at: second.visit.at: there is no phase 'third'"),
        ("melphalan.drug", "melfalan", "with --set melphalan.drug: first.melphalan.drug: there is no drug 'melfalan'"),
    ],
)
def test_a_value_that_breaks_the_regimen_is_refused(key: str, text: str, message: str) -> None:
    assert refused(values={key: text}).startswith(message)


def test_all_that_a_choice_breaks_is_told() -> None:
    message = refused(variants=("low",), values={"first.cycle": "7 days", "second.dexamethasone.days": "400"})
    assert message == (
        "with variant low, --set first.cycle, --set second.dexamethasone.days:"
        " first.dexamethasone.days: cycle 1: day 22 is past the end of a cycle of 7 days;"
        " second.dexamethasone.days: day 400 is past the end of a cycle of 336 days"
    )


def test_two_ways_to_say_one_thing_are_refused() -> None:
    message = refused(values={"melphalan.times": "2", "first.melphalan.every": "6 hours"})
    assert message == "first.melphalan.every and melphalan.times are two ways to say one thing; keep one"


def test_the_dose_level_of_a_shipped_regimen() -> None:
    # ClinicalTrials.gov NCT02332850: level 2 is 10 mg/kg weekly for 4 doses, then every 2 weeks; level 3 is 20 mg/kg
    for id, expected in (("dl2", "10 mg/kg"), ("dl3", "20 mg/kg")):
        chosen = choose(shipped_regimen("isa-k"), variants=[id])
        isatuximab = activity(chosen, "combination", "isatuximab")
        assert dose(chosen, "combination", "isatuximab") == f"{expected} (variant {id})"
        assert [str(fact.value) for cycle in (1, 2, 9) if (fact := isatuximab.days.at(cycle))] == ["1 8 15 22", "1 15", "1 15"]
