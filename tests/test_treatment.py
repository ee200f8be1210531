"""A plan with its schedule: laboratory values over time and new weights worked by hand, what is shown, what is refused."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from dosing.errors import DoseError, DosingError, OutputError, PatientError, RegimenError, RegimenFileError, ScheduleError
from dosing.plan.definition import define
from dosing.plan.model import Asked, Choices, Plan, Reach, append
from dosing.plan.store import create, load
from dosing.schedule.entries import RULED_OUT
from dosing.treatment import Treatment, folder_of, load_plan
from dosing.view import View

START = date(2026, 1, 5)
MEDIUM = {"height": "170", "weight": "70"}
US = {"rule": ("lenalidomide=us",)}


def made(
    regimen: str = "krd",
    *,
    start: date = START,
    cycles: int | None = 2,
    patient: Mapping[str, str] = MEDIUM,
    lists: Mapping[str, tuple[str, ...]] | None = None,
    practice: Mapping[str, str] | None = None,
    choices: Choices | None = None,
    **reach: object,
) -> Treatment:
    chosen = choices or Choices()
    plan = Plan(
        id="p017",
        regimen=regimen,
        version=1,
        definition=define(regimen, chosen).hash,
        start=start,
        choices=chosen,
        patient=Asked(texts=dict(patient)),
        practice=Asked(texts=practice or {}, lists=lists or {}),
        reach=Reach(cycles=cycles, **reach),  # type: ignore[arg-type]
    )
    return Treatment(plan)


def after(treatment: Treatment, kind: str, *, on: str = "2026-01-05", **fields: str) -> Treatment:
    return treatment.appended(on=date.fromisoformat(on), kind=kind, fields=fields, reason="as it came")


def by_day(treatment: Treatment, drug: str = "lenalidomide", cycle: int = 1, **view: object) -> dict[int | None, str]:
    """The amount of each day of a cycle, or the status where there is none."""
    rows = treatment.schedule(View(**view)).dosed.rows  # type: ignore[arg-type]
    mine = [row for row in rows if (row.entry.activity, row.entry.cycle) == (drug, cycle)]
    return {row.entry.day: str(row.amount) if row.amount else row.entry.status for row in mine}


def days(text: str, numbers: range) -> dict[int | None, str]:
    return dict.fromkeys(numbers, text)


EVEN = days(RULED_OUT, range(2, 22, 2))


# -- laboratory values --------------------------------------------------------------------------------------------


def kidneys() -> Treatment:
    """Lenalidomide 25 mg on days 1-21; by the US rules 10 mg from 30 to below 60 mL/min, 15 mg every second day below 30."""
    return made(patient={**MEDIUM, "crcl": "90", "dialysis": "no"}, lists=US)


def test_two_laboratory_values() -> None:
    # 15 January is day 11 of cycle 1, which began on the 5th; 5 February is day 4 of cycle 2, which began on the 2nd.
    found = after(kidneys(), "lab", since="2026-01-15", crcl="45")
    assert by_day(found) == {**days("25 mg", range(1, 11)), **days("10 mg", range(11, 22))}
    assert by_day(found, cycle=2) == days("10 mg", range(1, 22))
    found = after(found, "lab", since="2026-02-05", crcl="25")
    assert by_day(found) == {**days("25 mg", range(1, 11)), **days("10 mg", range(11, 22))}
    assert by_day(found, cycle=2) == {
        **days("10 mg", range(1, 4)),
        **days(RULED_OUT, range(4, 22, 2)),
        **days("15 mg", range(5, 22, 2)),
    }


def test_the_order_in_which_values_are_noted_makes_no_difference() -> None:
    one = after(after(kidneys(), "lab", since="2026-01-15", crcl="45"), "lab", since="2026-02-05", crcl="25")
    other = after(after(kidneys(), "lab", since="2026-02-05", crcl="25"), "lab", since="2026-01-15", crcl="45")
    assert [by_day(one, cycle=cycle) for cycle in (1, 2)] == [by_day(other, cycle=cycle) for cycle in (1, 2)]


@pytest.mark.parametrize(
    ("crcl", "expected"),
    [
        ("60", days("25 mg", range(1, 22))),
        ("59.9", {1: "25 mg", **days("10 mg", range(2, 22))}),
        ("30", {1: "25 mg", **days("10 mg", range(2, 22))}),
        ("29.9", {1: "25 mg", **EVEN, **days("15 mg", range(3, 22, 2))}),
    ],
)
def test_both_sides_of_each_bound(crcl: str, expected: dict[int | None, str]) -> None:
    assert by_day(after(kidneys(), "lab", since="2026-01-06", crcl=crcl)) == expected


def test_what_is_ruled_out_stays_and_says_by_what() -> None:
    found = after(kidneys(), "lab", since="2026-02-05", crcl="25").schedule()
    [row] = [row for row in found.dosed.rows if (row.entry.when, row.entry.activity) == ("C2D4", "lenalidomide")]
    assert row.entry.why == ("ruled-out: by what was measured from 2026-02-05 on (change 1)",)
    assert (row.amount, row.entry.date) == (None, date(2026, 2, 5))
    assert any(note.startswith("from 2026-02-05 on: lenalidomide") and "15 mg" in note for note in found.notes)
    # Three days of 25 mg and nine of 15 mg, the odd ones from day 5 to day 21.
    parts = [line.parts for line in found.summary() if (line.drug, line.first) == ("lenalidomide", 2)]
    assert [[(part.days, str(part.given[0].amount)) for part in each] for each in parts] == [
        [((1, 2, 3), "25 mg"), (tuple(range(5, 22, 2)), "15 mg")]
    ]


def test_a_delay_takes_entries_past_a_laboratory_value() -> None:
    # Cycle 2 begins on 2 February; three days later, on the 5th, all of it goes by the value of that day.
    found = after(kidneys(), "lab", since="2026-02-05", crcl="25")
    delayed = after(found, "delay", at="C2", mode="all", by="3 days")
    assert by_day(delayed, cycle=2) == {**days("15 mg", range(1, 22, 2)), **EVEN}
    nearly = after(found, "delay", at="C2", mode="all", by="2 days")
    assert by_day(nearly, cycle=2) == {1: "10 mg", **days("15 mg", range(3, 22, 2)), **EVEN} | {1: "25 mg"}
    undone = after(delayed, "undo", undoes="2")
    assert by_day(undone, cycle=2) == by_day(found, cycle=2)


def test_entries_of_a_later_value_appear_and_what_never_was_planned_does_not() -> None:
    # 25 mL/min at the start: days 1, 3, ..., 21 of 15 mg; 90 from 16 January (day 12) on: every day of 25 mg.
    first = made(patient={**MEDIUM, "crcl": "25", "dialysis": "no"}, lists=US)
    assert by_day(first) == days("15 mg", range(1, 22, 2))
    found = after(first, "lab", since="2026-01-16", crcl="90")
    assert by_day(found) == {**days("15 mg", range(1, 12, 2)), **days("25 mg", range(12, 22))}
    assert by_day(found, cycle=2) == days("25 mg", range(1, 22))


def test_what_was_given_on_a_day_that_a_rule_leaves_out() -> None:
    found = after(kidneys(), "lab", since="2026-02-05", crcl="25")
    given = after(found, "given", at="C2 D4 lenalidomide", date="2026-02-05", amount="10 mg", on="2026-02-06")
    [row] = [row for row in given.schedule().dosed.rows if (row.entry.when, row.entry.activity) == ("C2D4", "lenalidomide")]
    assert (row.entry.status, str(row.given)) == ("given", "10 mg")


def test_a_hold_over_a_laboratory_value() -> None:
    found = after(kidneys(), "hold", drug="lenalidomide", since="2026-02-02")
    found = after(found, "lab", since="2026-02-05", crcl="25")
    assert by_day(found, cycle=2) == days("held", range(1, 22))
    found = after(found, "resume", drug="lenalidomide", since="2026-02-08")
    held, even, odd = days("held", range(1, 7)), days(RULED_OUT, range(8, 22, 2)), days("15 mg", range(7, 22, 2))
    assert by_day(found, cycle=2) == {**held, **even, **odd}


def creatinine() -> Treatment:
    """Cockcroft-Gault at 60 years, male, 70 kg, 1 mg/dL: 80 x 70 / 72 = 77.8 mL/min."""
    return made(patient={**MEDIUM, "creatinine": "1mg/dL", "age": "60", "sex": "male", "dialysis": "no"}, lists=US)


def test_a_creatinine_instead_of_a_clearance() -> None:
    # 80 x 70 / (72 x 2) = 38.9 mL/min from 19 January (day 15) on.
    assert by_day(creatinine()) == days("25 mg", range(1, 22))
    found = after(creatinine(), "lab", since="2026-01-19", creatinine="2mg/dL")
    assert by_day(found) == {**days("25 mg", range(1, 15)), **days("10 mg", range(15, 22))}


def test_a_weight_in_between() -> None:
    # 50 kg from 12 January (day 8) on: more than 20 % less, so carfilzomib goes by sqrt(170 x 50 / 3600) = 1.5366 m2, 41.5 mg at 27 mg/m2.
    # The clearance is estimated anew with the creatinine of the 19th: 80 x 50 / (72 x 2) = 27.8 mL/min.
    weighed = after(creatinine(), "weigh", since="2026-01-12", weight="50")
    assert by_day(weighed) == days("25 mg", range(1, 22))
    assert any("still the estimate" in note for note in weighed.schedule().notes)
    found = after(weighed, "lab", since="2026-01-19", creatinine="2mg/dL")
    assert by_day(found) == {**days("25 mg", range(1, 15)), **days("15 mg", range(15, 22, 2)), **days(RULED_OUT, range(16, 22, 2))}
    # Days 1 and 2 of 20 mg/m2 and 1.8181 m2.
    assert by_day(found, "carfilzomib") == {1: "36.4 mg", 2: "36.4 mg", **dict.fromkeys((8, 9, 15, 16), "41.5 mg")}
    assert not any("still the estimate" in note for note in found.schedule().notes)


def test_a_clearance_takes_the_place_of_a_creatinine_and_the_other_way_round() -> None:
    found = after(creatinine(), "lab", since="2026-01-19", crcl="45")
    assert by_day(found)[15] == "10 mg"
    # 80 x 70 / 72 = 77.8
    found = after(found, "lab", since="2026-01-20", creatinine="1 mg/dL")
    assert (by_day(found)[15], by_day(found)[16]) == ("10 mg", "25 mg")


def test_a_value_from_before_the_start_holds_from_the_start() -> None:
    found = after(kidneys(), "lab", since="2026-01-02", crcl="25", on="2026-01-02")
    assert by_day(found) == {**EVEN, **days("15 mg", range(1, 22, 2))}


def test_without_a_choice_of_rules_it_says_how_to_choose() -> None:
    plan = made(patient={**MEDIUM, "dialysis": "no"})
    with pytest.raises(RegimenError, match=r"choose with one of --rule .*\(in a plan: `dosing plan choose` for --rule"):
        after(plan, "lab", since="2026-01-15", crcl="45")
    found = after(after(plan, "choose", rule="lenalidomide=eu"), "lab", since="2026-01-15", crcl="50")
    assert by_day(found) == days("25 mg", range(1, 22))


def test_a_gap_that_a_value_brings_is_said() -> None:
    # Above 5 mg/dL nobody states a dose of doxorubicin.
    found = after(made("pad"), "lab", since="2026-01-07", bilirubin="6mg/dL").schedule()
    assert any(line.startswith("treatment.doxorubicin.dose is not stated") for line in found.missing)
    amounts = {row.entry.day: bool(row.amount) for row in found.dosed.rows if (row.entry.drug, row.entry.cycle) == ("doxorubicin", 1)}
    assert amounts == {1: True, 2: True, 3: False, 4: False}


def test_a_day_that_moves_to_that_of_a_value_goes_by_it() -> None:
    # Doxorubicin 9 mg/m2 x 1.8181 m2 = 16.4 mg on days 1-4 from 29 December 2025; day 4 is 1 January, a holiday, and goes to the 2nd.
    # From 2 January on a bilirubin of 2 mg/dL halves it: 8.2 mg.
    holiday = made("pad", start=date(2025, 12, 29), practice={"country": "US", "move": "yes"})
    assert by_day(holiday, "doxorubicin") == days("16.4 mg", range(1, 5))
    found = after(holiday, "lab", since="2026-01-02", bilirubin="2mg/dL")
    assert by_day(found, "doxorubicin") == {**days("16.4 mg", range(1, 4)), 4: "8.2 mg"}
    [fourth] = [row.entry for row in found.schedule().dosed.rows if (row.entry.when, row.entry.drug) == ("C1D4", "doxorubicin")]
    assert (fourth.date, fourth.planned_on) == (date(2026, 1, 2), date(2026, 1, 1))
    stays = replace(found, plan=replace(found.plan, practice=Asked(texts={"country": "US"})))
    assert by_day(stays, "doxorubicin")[4] == "16.4 mg"


# -- weights ------------------------------------------------------------------------------------------------------


def carfilzomib(treatment: Treatment) -> list[str]:
    """Cycle 1, days 1 2 8 9 15 16: 20 mg/m2 twice, then 27 mg/m2."""
    return list(by_day(treatment, "carfilzomib").values())


def test_a_weight_up_to_the_start_is_the_size_at_the_start() -> None:
    # sqrt(170 x 60 / 3600) = 1.6833: 33.7 mg and 45.4 mg; as a later weight, 14.3 % less, it would not count.
    for since in ("2025-12-29", "2026-01-05"):
        found = after(made(), "weigh", since=since, weight="60")
        assert carfilzomib(found) == ["33.7 mg", "33.7 mg", *["45.4 mg"] * 4]
        assert found.patient_now().measured_on == date.fromisoformat(since)
    later = after(made(), "weigh", since="2026-01-06", weight="60")
    assert carfilzomib(later) == ["36.4 mg", "36.4 mg", *["49.1 mg"] * 4]
    assert later.patient_now().weight_kg == 60


def test_a_size_older_than_the_plans_own_is_refused() -> None:
    known = made(patient={**MEDIUM, "measured_on": "2026-01-02"})
    with pytest.raises(PatientError, match=r"change 1.*the size of 2026-01-01 is older than that of 2026-01-02"):
        after(known, "weigh", since="2026-01-01", weight="60")
    assert carfilzomib(after(known, "weigh", since="2026-01-02", weight="60"))[0] == "33.7 mg"


def test_a_plan_without_a_weight_gets_one() -> None:
    plan = made(patient={})
    assert set(carfilzomib(plan)) == {""}
    with pytest.raises(PatientError, match=r"the plan has no weight to begin with.*--from 2026-01-05 or before"):
        after(plan, "weigh", since="2026-01-12", weight="70", height="170")
    assert carfilzomib(after(plan, "weigh", since="2026-01-05", weight="70", height="170")) == ["36.4 mg", "36.4 mg", *["49.1 mg"] * 4]


def test_two_later_weights() -> None:
    # From 70 to 60 kg: -14.3 %, kept. From 70 to 55 kg: -21.4 %, counts from day 15 on: sqrt(170 x 55 / 3600) = 1.6116, 27 x = 43.5 mg.
    found = after(after(made(), "weigh", since="2026-01-12", weight="60"), "weigh", since="2026-01-19", weight="55")
    assert carfilzomib(found) == ["36.4 mg", "36.4 mg", "49.1 mg", "49.1 mg", "43.5 mg", "43.5 mg"]


# -- what is shown ------------------------------------------------------------------------------------------------


def shown(treatment: Treatment, **view: object) -> list[str]:
    return [row.entry.when for row in treatment.schedule(View(**view)).dosed.rows if row.entry.activity == "carfilzomib"]  # type: ignore[arg-type]


def test_all_of_it() -> None:
    found = made().schedule()
    assert (found.dosed.rows, found.missing, found.notes) == (made().schedule(View()).dosed.rows, found.missing, found.notes)


def test_less_and_more_of_it() -> None:
    plan = made()
    first = ["C1D1", "C1D2", "C1D8", "C1D9", "C1D15", "C1D16"]
    assert shown(plan, cycles=1) == first
    assert shown(plan, until=date(2026, 1, 12)) == first[:3]
    assert len(shown(plan, cycles=3)) == 18
    assert len(shown(plan, cycles=2)) == 12
    assert plan.schedule(View(until=date(2026, 1, 12))).dosed.schedule.until == date(2026, 1, 12)


def test_a_plan_drawn_to_a_day_goes_further_where_more_is_asked_for() -> None:
    plan = made(cycles=None, until=date(2026, 1, 12))
    assert shown(plan) == ["C1D1", "C1D2", "C1D8"]
    assert shown(plan, until=date(2026, 1, 13)) == ["C1D1", "C1D2", "C1D8", "C1D9"]
    assert shown(plan, until=date(2026, 1, 6)) == ["C1D1", "C1D2"]


def test_what_was_given_later_is_seen_by_its_planned_day_and_what_was_given_earlier_by_that() -> None:
    late = after(made(), "given", at="C1 D8 carfilzomib", date="2026-01-14", amount="49 mg", on="2026-01-14")
    assert shown(late, until=date(2026, 1, 12))[-1] == "C1D8"
    early = after(made(), "given", at="C1 D8 carfilzomib", date="2026-01-10", amount="49 mg", on="2026-01-14")
    assert shown(early, until=date(2026, 1, 10))[-1] == "C1D8"
    assert shown(early, until=date(2026, 1, 9))[-1] == "C1D2"


def test_one_phase_and_its_gaps_alone() -> None:
    plan = made("krd-asct", cycles=None)
    assert [each.partition(" ")[0] for each in plan.schedule().missing] == [
        "induction.harvest.days",
        "transplant",
        "maintenance",
        "follow-up",
    ]
    found = plan.schedule(View(phases=("induction",)))
    assert [each.partition(" ")[0] for each in found.missing] == ["induction.harvest.days"]
    assert {row.entry.phase for row in found.dosed.rows} == {"induction"} == set(found.dosed.schedule.phases)
    with pytest.raises(ScheduleError, match="no phase 'zzz'"):
        plan.schedule(View(phases=("zzz",)))


def test_a_phase_that_waits_has_a_remedy_that_a_plan_has() -> None:
    found = made("krd-asct", cycles=None).schedule()
    assert any(each.endswith("dosing plan phase FILE transplant --start DATE") for each in found.missing)
    assert any(each.endswith("dosing plan choose FILE --set harvest.days=...") for each in found.missing)


def test_what_is_left_out_or_over_is_no_gap() -> None:
    plan = made("krd-asct", cycles=None)
    found = after(plan, "phase", phase="transplant", skip="yes").schedule()
    assert not any(each.startswith("transplant") for each in found.missing)
    found = after(plan, "stop", since="2026-03-02").schedule()
    assert not any(each.startswith("maintenance") for each in found.missing)


def test_closed_days_of_a_view() -> None:
    # 19 January 2026 is a public holiday in the US: day 15.
    plan = made()
    marked = plan.schedule(View(country="US")).dosed.rows
    assert any("closed" in why for row in marked for why in row.entry.why if row.entry.when == "C1D15")
    moved = plan.schedule(View(country="US", move=True)).dosed.rows
    [day] = [row.entry for row in moved if (row.entry.when, row.entry.activity) == ("C1D15", "carfilzomib")]
    assert (day.date, day.planned_on) == (date(2026, 1, 20), date(2026, 1, 19))


def test_to_move_without_closed_days_is_refused() -> None:
    with pytest.raises(ScheduleError, match="--move needs closed days"):
        made(practice={"move": "yes"}).schedule()


def test_a_dose_given_on_the_day_it_was_moved_to_is_not_late() -> None:
    plan = made("isa-kd", practice={"country": "US", "move": "yes"})
    [day] = [row.entry for row in plan.schedule().dosed.rows if (row.entry.when, row.entry.activity) == ("C1D15", "isatuximab")]
    assert (day.date, day.planned_on) == (date(2026, 1, 20), date(2026, 1, 19))
    before = shown_dates(plan)
    given = after(plan, "given", at="C1 D15 isatuximab", date="2026-01-20", amount="700 mg", on="2026-01-20")
    assert shown_dates(given) == before
    omitted = after(given, "omit", at="C2 D1 dexamethasone", on="2026-01-21")
    assert shown_dates(omitted) == before
    # A day later than that it is: isatuximab keeps its interval.
    late = after(plan, "given", at="C1 D15 isatuximab", date="2026-01-21", amount="700 mg", on="2026-01-21")
    assert shown_dates(late) != before


def shown_dates(treatment: Treatment) -> list[date]:
    return [row.entry.date for row in treatment.schedule().dosed.rows if row.entry.activity == "isatuximab" and row.entry.when != "C1D15"]


# -- distinct amounts ---------------------------------------------------------------------------------------------


def test_the_amounts_of_a_plan_are_those_of_its_schedule() -> None:
    plan = after(made(), "weigh", since="2026-01-12", weight="60")
    plan = after(plan, "reduce", drug="carfilzomib", to="75 %", since="2026-02-10")
    plan = after(plan, "given", at="C1 D1 dexamethasone", not_given="yes")
    plan = after(plan, "hold", drug="lenalidomide", since="2026-02-02")
    found = plan.sheet()
    lines = [(line.activity, line.where, str(line.amount)) for line in found.sheet.lines]
    assert lines[:3] == [
        ("carfilzomib", "from C1D1 on 2026-01-05 (2 days)", "36.4 mg"),
        ("lenalidomide", "from C1D1 on 2026-01-05 (21 days)", "25 mg"),
        ("carfilzomib", "from C1D8 on 2026-01-12 (7 days)", "49.1 mg"),
    ]
    # 27 mg/m2 x 1.8181 m2 x 75 % = 36.8 mg on days 9, 15 and 16 of cycle 2.
    assert ("carfilzomib", "from C2D9 on 2026-02-10 (3 days)", "36.8 mg") in lines
    assert ("dexamethasone", "from C1D8 on 2026-01-12 (7 days)", "40 mg") in lines
    assert len(plan.sheet(View(cycles=1)).sheet.lines) == 4
    assert found.sheet.missing == ()


def test_a_limit_that_is_passed_stands_at_its_amount() -> None:
    plan = after(made(lists={}), "given", at="C1 D1 carfilzomib", date="2026-01-05", amount="400 mg")
    found = plan.sheet().sheet.lines
    assert [line.where[:9] for line in found if line.findings] == ["from C1D1"]
    seen = plan.sheet(View(until=date(2026, 1, 5))).sheet.lines
    assert [line.activity for line in seen if line.findings] == ["carfilzomib"]
    later = plan.schedule(View(until=date(2026, 1, 4)))
    assert later.dosed.rows == ()
    assert [finding.row for finding in later.dosed.findings] == [None]


def test_a_dose_that_nobody_stated_is_missing() -> None:
    waiting = made("krd-asct", cycles=None, phase_start={"transplant": date(2026, 8, 3)})
    found = waiting.sheet()
    assert [each.path for each in found.sheet.missing] == ["transplant.conditioning.drug", "transplant.conditioning.dose"]
    with pytest.raises(DoseError, match=r"conditioning\.drug is not stated"):
        found.sheet.require()


# -- what is refused ----------------------------------------------------------------------------------------------


def test_a_day_is_kept_with_its_phase() -> None:
    # Maintenance has a day 1 of a first cycle too, once it has a date.
    plan = made("krd-asct", cycles=None)
    found = after(plan, "delay", at="C2  D1", mode="all", by="7d")
    assert found.plan.log[0].fields["at"] == "induction C2D1"
    visit = after(found, "omit", at="response")
    assert visit.plan.log[-1].fields["at"] == "induction response"


@pytest.mark.parametrize(
    ("kind", "fields", "says"),
    [
        ("delay", {"at": "C2D1; C3", "mode": "all", "by": "7d"}, "delay: at: 'C2D1; C3' names no entry"),
        ("delay", {"at": "C9D1", "mode": "all", "by": "7d"}, "change 1 (delay) can't be made: there is no cycle 9"),
        (
            "reduce",
            {"drug": "carfilzomib", "to": "level 9", "since": "C2"},
            "change 1 (reduce) can't be made: with it, carfilzomib reduced to",
        ),
        ("reduce", {"drug": "melphalan", "to": "50 %", "since": "C1"}, "change 1 (reduce) can't be made: with it, melphalan reduced to"),
        ("reduce", {"drug": "lenalidomide", "to": "50 %", "since": "C7"}, "induction has 6 cycles; give one of them, or a date"),
        ("given", {"at": "C1D1 carfilzomib", "date": "2026-01-05", "amount": "49 mL"}, "can't be compared with it; give it in mg"),
        ("phase", {"phase": "zzz", "start": "2026-08-03"}, "krd-asct has no phase 'zzz' to start"),
        ("phase", {"phase": "induction", "start": "2026-02-02"}, "induction starts with the plan, on 2026-01-05"),
        ("undo", {"undoes": "1"}, "there is no change 1 before it"),
    ],
)
def test_what_a_plan_does_not_take(kind: str, fields: dict[str, str], says: str) -> None:
    plan = made("krd-asct", cycles=None)
    with pytest.raises(DosingError) as caught:
        plan.appended(on=START, kind=kind, fields=fields, reason="as it came")
    assert says in str(caught.value)


def test_the_last_cycle_and_a_date_are_taken_for_a_reduction() -> None:
    plan = made("krd-asct", cycles=None)
    for since in ("C6", "2026-08-03", "maintenance C1"):
        assert len(after(plan, "reduce", drug="lenalidomide", to="50 %", since=since).plan.log) == 1
    # An open phase goes on.
    assert len(after(made(), "reduce", drug="lenalidomide", to="50 %", since="C9").plan.log) == 1


def test_a_level_is_looked_up_also_while_the_drug_is_held() -> None:
    held = after(made(), "hold", drug="carfilzomib", since="2026-01-05")
    # 15 mg/m2 x 1.8181 m2 = 27.3 mg
    found = after(held, "reduce", drug="carfilzomib", to="level 2", since="C1 D8")
    assert set(carfilzomib(found)) == {"held"}
    assert carfilzomib(after(found, "undo", undoes="1")) == ["36.4 mg", "36.4 mg", *["27.3 mg"] * 4]
    with pytest.raises(DoseError, match=r"change 2 \(reduce\).*no such level"):
        after(held, "reduce", drug="carfilzomib", to="level 9", since="C1 D8")


def test_a_start_of_what_has_begun_is_refused() -> None:
    plan = made("krd-asct", cycles=None, choices=Choices(proxy=("daily-maintenance",)))
    begun = after(plan, "phase", phase="maintenance", start="2026-08-03")
    given = after(begun, "given", at="maintenance D1 lenalidomide", date="2026-08-03", amount="10 mg", on="2026-08-03")
    with pytest.raises(ScheduleError, match=r"change 3 \(phase\).*a dose of maintenance is recorded already \(change 2\)"):
        after(given, "phase", phase="maintenance", start="2026-08-10")


def test_what_was_given_is_taken_where_a_limit_stops_what_follows() -> None:
    # Bortezomib is planned on the 5th, 8th, 12th, 15th, 26th, 29th, ...; on the 7th and the 28th it is two days after the dose before.
    plan = made("vd")
    found = after(plan, "given", at="C1 D4 bortezomib", date="2026-01-07", amount="2.3 mg", on="2026-01-28")
    found = after(found, "given", at="C2 D4 bortezomib", date="2026-01-28", amount="2.3 mg", on="2026-01-28")
    with pytest.raises(DoseError, match="less than 72 hours between doses") as caught:
        found.schedule()
    stop = str(caught.value)
    assert len(found.schedule(limits=False).dosed.rows) == len(plan.schedule().dosed.rows)
    with pytest.raises(DoseError, match="less than 72 hours"):
        found.to_ical()
    # What leaves the stop as it is is refused, and says so; what ends half of it is taken; so is the other half.
    with pytest.raises(DoseError) as caught:
        after(found, "hold", drug="dexamethasone", since="2026-02-02")
    assert str(caught.value) == f"already without this change the plan can't be drawn: {stop}"
    once = after(found, "omit", at="C1 D1 bortezomib")
    with pytest.raises(DoseError, match="less than 72 hours"):
        once.schedule()
    assert after(once, "omit", at="C2 D1 bortezomib").schedule().rows()
    assert after(found, "override", name="bortezomib.spacing").schedule().rows()
    # An error that is none of the limits is one also then.
    with pytest.raises(DoseError, match=r"change 3 \(reduce\) can't be made: with it"):
        after(found, "reduce", drug="bortezomib", to="level 9", since="C1")


# -- files --------------------------------------------------------------------------------------------------------


def test_a_plan_is_found_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "patients" / "p017.plan.yaml"
    path.parent.mkdir()
    create(path, made().plan)
    assert load_plan(path) == Treatment(load(path), path.parent)
    link = tmp_path / "link.plan.yaml"
    try:
        link.symlink_to(path)
    except OSError:
        pytest.skip("no links here")
    assert folder_of(link) == path.parent.resolve()
    assert folder_of(path) == path.parent


def test_files_count_from_the_folder_of_the_plan(tmp_path: Path) -> None:
    site, table = tmp_path / "site.yaml", tmp_path / "tables" / "wide.csv"
    site.write_text("id: ours\ntitle: Ours\nformula: du-bois\n", encoding="utf-8")
    table.parent.mkdir()
    table.write_text("from_mg,below_mg,band_mg\n30,60,45\n", encoding="utf-8")
    lists = {"bands": ("../tables/wide.csv",), "round": ("carfilzomib=bands wide",)}
    plan = replace(made(practice={"site": "../site.yaml"}, lists=lists), folder=tmp_path / "patients")
    (tmp_path / "patients").mkdir()
    found = plan.schedule()
    assert found.dosed.practice.formula == "du-bois"
    assert set(carfilzomib(plan)) == {"45 mg"}


def test_a_site_file_that_is_wrong_is_said_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("id: ours\n", encoding="utf-8")
    plan = replace(made(practice={"site": "site.yaml"}), folder=tmp_path)
    with pytest.raises(RegimenFileError, match=r"site.yaml:1: the key 'title' is missing"):
        after(plan, "stop", since="2026-01-12")


def test_a_definition_that_is_not_at_hand_is_said_as_it_is() -> None:
    plan = replace(made(), plan=replace(made().plan, definition="sha256:" + "0" * 64))
    with pytest.raises(RegimenError) as caught:
        after(plan, "stop", since="2026-01-12")
    assert str(caught.value).startswith("already without this change the plan can't be drawn: plan p017 goes by version 1 of krd")


def test_calendars_begin_where_the_definition_is_at_hand() -> None:
    now = made().plan
    old = replace(now, definition="sha256:" + "0" * 64)
    fields = {"version": "1", "definition": now.definition}
    upgraded = Treatment(append(old, on=date(2026, 2, 2), kind="upgrade", fields=fields, reason="a new version"))
    assert [version.on for version in upgraded.versions()] == [date(2026, 2, 2)]
    assert b"BEGIN:VEVENT" in upgraded.to_ical()
    with pytest.raises(RegimenError, match="went by another version of krd on 2026-01-05, which isn't at hand"):
        upgraded.to_ical(since=START)
    with pytest.raises(OutputError):
        upgraded.to_ical(since=date(2026, 2, 2))
    with pytest.raises(RegimenError, match="goes by version 1 of krd"):
        Treatment(old).to_ical()
