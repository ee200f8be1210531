"""What holds of every log of a plan: random changes of a real regimen, of which those are kept that the plan accepts."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from dosing.errors import DosingError
from dosing.plan.definition import define
from dosing.plan.file import read_plan, write_plan
from dosing.plan.model import Asked, Choices, Plan, Reach
from dosing.treatment import Treatment

START = date(2026, 1, 5)
# Isatuximab keeps the interval after a late dose; carfilzomib has pairs of days, levels and a rule for a new weight.
REGIMEN, CYCLES = "isa-kd", 2
DRUGS = ("isatuximab", "carfilzomib", "dexamethasone")


def begun() -> Treatment:
    made = Plan(
        id="p017",
        regimen=REGIMEN,
        version=1,
        definition=define(REGIMEN, Choices()).hash,
        start=START,
        patient=Asked(texts={"height": "170", "weight": "70"}),
        reach=Reach(cycles=CYCLES),
    )
    return Treatment(made)


FIRST = begun()
ROWS = FIRST.schedule().dosed.rows
PLACES = sorted({f"{row.entry.when} {row.entry.activity}" for row in ROWS} | {row.entry.when for row in ROWS})

days = st.integers(0, 70).map(lambda number: str(START + timedelta(days=number)))
drugs = st.sampled_from(("all", *DRUGS))
places = st.sampled_from(PLACES)
by = st.integers(1, 9).map(lambda number: f"{number} days")
Fields = Mapping[str, str]


def change(kind: str, **fields: "st.SearchStrategy[str]") -> "st.SearchStrategy[tuple[str, Fields]]":
    return st.tuples(st.just(kind), st.fixed_dictionaries(fields))


changes = st.one_of(
    change("delay", at=places, mode=st.sampled_from(("dose", "cycle", "all")), by=by),
    change("hold", drug=drugs, since=days),
    change("resume", drug=drugs, since=days),
    change("omit", at=places),
    change("reduce", drug=st.just("carfilzomib"), to=st.sampled_from(("level 1", "75 %")), since=st.sampled_from(("C1 D8", "C2"))),
    change("restore", drug=st.just("carfilzomib"), since=st.just("C2 D8")),
    change("weigh", since=days, weight=st.sampled_from(("50", "60", "80"))),
    change("given", at=places, date=days, amount=st.sampled_from(("40 mg", "700 mg"))),
    change("given", at=places, not_given=st.just("yes")),
    change("stop", since=days),
    change("undo", undoes=st.integers(1, 8).map(str)),
)
logs = st.lists(changes, min_size=3, max_size=9)


def stages(found: "list[tuple[str, Fields]]") -> list[Treatment]:
    """The plan as it is at first and after each change that it accepts; what was given is noted at the end of all."""
    made = [begun()]
    for number, (kind, fields) in enumerate(found):
        on = date(2026, 6, 1) if kind == "given" else START + timedelta(days=number)
        try:
            made.append(made[-1].appended(on=on, kind=kind, fields=fields, reason="as it came"))
        except DosingError:
            continue
    return made


def seen(treatment: Treatment) -> list[object]:
    """What counts of each entry: when, in what amount, in what state, and what was given."""
    dosed = treatment.schedule(limits=False).dosed
    return [
        (
            row.entry.key,
            row.entry.date,
            row.entry.status,
            row.entry.planned_on,
            row.entry.given_on,
            row.amount and str(row.amount),
            row.given,
        )
        for row in dosed.rows
    ]


def read_back(treatment: Treatment) -> Treatment:
    return replace(treatment, plan=read_plan(write_plan(treatment.plan), file="p017.plan.yaml"))


@settings(max_examples=20)
@given(logs)
def test_a_log_replayed_is_the_log_step_by_step_and_every_prefix_is_a_plan(found: "list[tuple[str, Fields]]") -> None:
    made = stages(found)
    last = made[-1].plan
    for number, stage in enumerate(made):
        prefix = replace(stage, plan=replace(last, log=last.log[:number]))
        assert read_back(prefix).plan == stage.plan
        assert seen(read_back(prefix)) == seen(stage)


@settings(max_examples=20)
@given(logs)
def test_undo_restores_the_schedule_and_its_undo_brings_it_back(found: "list[tuple[str, Fields]]") -> None:
    made = stages(found)
    for before, after in pairwise(made):
        number = str(len(after.plan.log))
        undone = after.appended(on=START, kind="undo", fields={"undoes": number}, reason="a slip")
        assert seen(undone) == seen(before)
        again = undone.appended(on=START, kind="undo", fields={"undoes": str(len(undone.plan.log))}, reason="no slip")
        assert seen(again) == seen(after)


@settings(max_examples=25)
@given(logs)
def test_no_change_loses_an_entry_or_doubles_one(found: "list[tuple[str, Fields]]") -> None:
    keys = sorted(str(row.entry.key) for row in ROWS)
    for stage in stages(found)[1:]:
        assert sorted(str(row.entry.key) for row in stage.schedule(limits=False).dosed.rows) == keys


@settings(max_examples=30)
@given(places, st.sampled_from(("dose", "cycle", "all")), st.integers(1, 20), st.integers(1, 20))
def test_a_delay_by_a_and_then_by_b_is_one_by_both(at: str, mode: str, one: int, other: int) -> None:
    def later(*delays: int) -> Treatment:
        found = begun()
        for each in delays:
            found = found.appended(on=START, kind="delay", fields={"at": at, "mode": mode, "by": f"{each} days"}, reason="ANC 0.8")
        return found

    try:
        twice, once = later(one, other), later(one + other)
    except DosingError:
        return
    assert seen(twice) == seen(once)


@settings(max_examples=12)
@given(logs)
def test_the_same_plan_is_the_same_bytes(found: "list[tuple[str, Fields]]") -> None:
    last = stages(found)[-1]
    other = read_back(last)
    assert last.schedule(limits=False).to_csv() == other.schedule(limits=False).to_csv()
    try:
        written = last.to_ical()
    except DosingError as error:
        with pytest.raises(type(error)):
            other.to_ical()
        return
    assert written == last.to_ical() == other.to_ical()


def events(treatment: Treatment) -> Iterator[tuple[str, int, str]]:
    for event in Calendar.from_ical(treatment.to_ical()).walk("VEVENT"):
        yield str(event["UID"]), int(str(event["SEQUENCE"])), event.to_ical().decode()


@settings(max_examples=10)
@given(logs)
def test_in_calendars_every_uid_stays_and_its_sequence_never_falls(found: "list[tuple[str, Fields]]") -> None:
    known: dict[str, tuple[int, str]] = {}
    for stage in stages(found):
        try:
            now = {uid: (sequence, text) for uid, sequence, text in events(stage)}
        except DosingError:
            # Stopped by a limit after what was given; the next change has to be about that.
            continue
        assert known.keys() <= now.keys()
        for uid, (sequence, text) in known.items():
            assert now[uid][0] >= sequence
            assert now[uid][0] > sequence or now[uid][1] == text
        known = now
