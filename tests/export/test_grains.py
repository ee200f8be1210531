"""What makes one event: a day, a drug, a course of days; worked by hand, against the rows, and along plans that change."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing.api import load_regimen
from dosing.dose.course import Course
from dosing.dose.patient import Patient
from dosing.dose.reduction import parse_reduction
from dosing.dose.schedule import Dosed, DosedSchedule, dose_schedule
from dosing.errors import ScheduleError
from dosing.export.events import CLINIC, HOME, DayEvent, Grain, events_of, first_of, with_whole
from dosing.export.follow import Followed, Version, follow
from dosing.schedule.amend import amend
from dosing.schedule.changes import Change, Delay, Hold, Mode, Omit, Resume, Stop, Where
from dosing.schedule.clinic import at_home
from dosing.schedule.draw import Schedule, draw
from dosing.schedule.timeline import Horizon
from dosing.units import Quantity

START = date(2026, 1, 5)
DAY = timedelta(days=1)
PATIENT = Patient(height_cm=170, weight_kg=70)
LENALIDOMIDE = "lenalidomide 25 mg"


@cache
def drawn(name: str, cycles: int = 2, **choices: str) -> Schedule:
    return draw(load_regimen(name, **choices).regimen, start=START, horizon=Horizon(cycles))  # type: ignore[arg-type]  # texts only


def dosed(schedule: Schedule, *changes: Change, course: Course | None = None) -> DosedSchedule:
    return dose_schedule(amend(schedule, changes), course or Course(patient=PATIENT), limits=False)


def versions(schedule: Schedule, *logs: Sequence[Change]) -> list[Version]:
    return [Version(None, dosed(schedule)), *(Version(START, dosed(schedule, *changes)) for changes in logs)]


def course_events(of: DosedSchedule) -> list[DayEvent]:
    return events_of(of, plan="p", grain=Grain.COURSE)


def short(event: DayEvent) -> str:
    """`01-05..01-25 C1D1 to D21: lenalidomide 25 mg`, with a minus where it is cancelled."""
    last = f"..{event.last:%m-%d}" if event.last and event.last != event.day else ""
    return f"{'-' if event.cancelled else ''}{event.day:%m-%d}{last} {event.summary.removeprefix('At home - ')}"


def taken(events: Iterable[DayEvent], name: str = "lenalidomide") -> list[str]:
    return [short(event) for event in events if event.place == HOME and name in event.summary]


def followed(found: Sequence[Version], grain: Grain = Grain.COURSE) -> list[Followed]:
    return follow(found, plan="p", grain=grain)


def written(found: Sequence[Version], name: str = "lenalidomide") -> list[str]:
    return [f"{short(each.event)} #{each.sequence}" for each in followed(found) if each.event.place == HOME and name in each.event.summary]


def omit(day: int, number: int = 1) -> Omit:
    return Omit(number, START, "wish", Where("treatment", 1, day, "lenalidomide"))


# -- one event for a drug and a day -------------------------------------------------------------------------------


def test_one_event_for_each_row(dated: DosedSchedule) -> None:
    found = events_of(dated, plan="p", grain=Grain.DRUG)
    assert len({event.uid for event in found}) == len(found) == len(dated.rows)
    assert Counter(event.day for event in found) == Counter(row.entry.happens_on for row in dated.rows)
    days = events_of(dated, plan="p")
    told = Counter((event.day, event.place, line) for event in days for line in event.description.split("\n"))
    assert Counter((event.day, event.place, event.description) for event in found) == told
    assert not {event.uid for event in found} & {event.uid for event in days}
    assert found == sorted(found, key=lambda event: (event.day, event.place))


def test_drugs_of_a_day_in_their_order(draw: Callable[..., DosedSchedule]) -> None:
    found = [event.summary for event in events_of(draw("isa-k", variant="dl2", cycles=1), plan="p", grain=Grain.DRUG)]
    assert found[:4] == [
        "Clinic - C1D1: isatuximab 700 mg",
        "Clinic - C1D1: carfilzomib 36.4 mg",
        "Clinic - C1D1: dexamethasone 20 mg",
        "Clinic - C1D2: carfilzomib 36.4 mg",
    ]


def test_the_event_of_a_drug_keeps_its_name_wherever_the_drug_goes() -> None:
    """Dexamethasone by mouth or by vein is at home once the infusion of its day isn't given."""
    at = Where("combination", 1, 2, "carfilzomib")
    found = followed(versions(drawn("isa-k", variant="dl2"), [Omit(1, START, "wish", at)]), Grain.DRUG)
    changed = [(each.event.place, each.event.summary, each.event.cancelled) for each in found if each.sequence]
    assert changed == [
        (CLINIC, "Clinic - C1D2: carfilzomib", True),
        (HOME, "At home - C1D2: dexamethasone 4 mg", False),
    ]
    assert len(found) == len(drawn("isa-k", variant="dl2").entries)


# -- one event for a course ---------------------------------------------------------------------------------------


def test_courses_of_krd() -> None:
    """Lenalidomide on days 1 to 21, dexamethasone once a week: of the clinic everything as by day."""
    found = course_events(dosed(drawn("krd")))
    assert taken(found) == [f"01-05..01-25 C1D1 to D21: {LENALIDOMIDE}", f"02-02..02-22 C2D1 to D21: {LENALIDOMIDE}"]
    course = next(event for event in found if event.course == "lenalidomide")
    assert course.description.split("\n")[0] == "Every day from Mon 5 Jan 2026 to Sun 25 Jan 2026"
    assert course.description.count("\n") == 1
    assert (course.end, course.cancelled) == (date(2026, 1, 26), False)
    days = events_of(dosed(drawn("krd")), plan="p")
    assert [event for event in found if event.place == CLINIC] == [event for event in days if event.place == CLINIC]
    assert not {event.uid for event in found if event.place == HOME} & {event.uid for event in days}


def test_courses_hold_all_that_is_taken_at_home(dated: DosedSchedule) -> None:
    """Each row at home is in one course that covers its day and names what is taken; the days of a course are those of its rows."""
    found = course_events(dated)
    assert found == sorted(found, key=lambda event: (event.day, event.place))
    assert len({event.uid for event in found}) == len(found)
    covered: Counter[tuple[date, str]] = Counter()
    for event in found:
        if event.place == HOME:
            day = event.day
            while day < event.end:
                covered[day, re.sub(r"^At home - [^:]*: ", "", event.summary)] += 1
                day += DAY
    by_drug = [event for event in events_of(dated, plan="p", grain=Grain.DRUG) if event.place == HOME]
    assert covered == Counter((event.day, re.sub(r"^At home - [^:]*: ", "", event.summary)) for event in by_drug)


PHASES = """
  - id: treatment
    cycle: 14 days
    repeat: 2
    give:
      - {id: twice, drug: testol, dose: {"D1-3": 5 mg, "D4-6": 4 mg}, route: PO, days: 1-6, times: 2}
      - {id: either, drug: testol, dose: 3 mg, route: PO or IV, over: not-stated, days: 1-4}
      - {drug: testmab, dose: 1 mg, route: IV, over: not-stated, days: 2}
      - {id: wish, drug: testol, dose: 2 mg, route: PO, days: 8-9, optional: yes}
      - {id: nameless, drug: not-stated, dose: not-stated, route: PO, days: 8-9}
  - id: days
    for: 3 days
    give:
      - {drug: testol, dose: 1 mg, route: PO, days: 1-3}
"""


def test_what_ends_a_course(draw: Callable[..., DosedSchedule], invented: Callable[[str], str]) -> None:
    """Another amount; a day in the clinic; a cycle's end; nothing else."""
    found = course_events(draw(invented(PHASES)))
    assert [short(event) for event in found if event.place == HOME] == [
        "01-05 C1D1: testol 3 mg",
        "01-05..01-07 C1D1 to D3: testol 5 mg x2",
        "01-07..01-08 C1D3 to D4: testol 3 mg",
        "01-08..01-10 C1D4 to D6: testol 4 mg x2",
        "01-12..01-13 C1D8 to D9: nameless",
        "01-12..01-13 C1D8 to D9: testol 2 mg (optional)",
        "01-19 C2D1: testol 3 mg",
        "01-19..01-21 C2D1 to D3: testol 5 mg x2",
        "01-21..01-22 C2D3 to D4: testol 3 mg",
        "01-22..01-24 C2D4 to D6: testol 4 mg x2",
        "01-26..01-27 C2D8 to D9: nameless",
        "01-26..01-27 C2D8 to D9: testol 2 mg (optional)",
        "02-02..02-04 D1 to D3: testol 1 mg",
    ]


# -- along a plan that changes ------------------------------------------------------------------------------------


def test_a_day_left_out_parts_a_course() -> None:
    """The days before it stay in their event, the day is an event of its own, and so are the days after it."""
    assert written(versions(drawn("krd", 1), [omit(8)])) == [
        f"01-05..01-11 C1D1 to D7: {LENALIDOMIDE} #1",
        "-01-12 C1D8: lenalidomide #0",
        f"01-13..01-25 C1D9 to D21: {LENALIDOMIDE} #0",
    ]
    (gone,) = (each.event for each in followed(versions(drawn("krd", 1), [omit(8)])) if each.event.cancelled)
    assert gone.description == "NOT GIVEN: lenalidomide - omitted on 2026-01-05: wish (change 1)"


def test_what_is_no_longer_a_course_says_nothing_of_its_days() -> None:
    """Undone, the days after it are in the first event again. Their own shrinks to a day, so that it can't be taken for theirs."""
    found = versions(drawn("krd", 1), [omit(8)], [])
    assert written(found) == [
        f"01-05..01-25 C1D1 to D21: {LENALIDOMIDE} #2",
        "-01-12 lenalidomide: see the other entries #1",
        "-01-13 lenalidomide: see the other entries #1",
    ]
    replaced = [each.event.description for each in followed(found) if each.event.cancelled]
    assert replaced == ["What stood here has been replaced by other entries of this calendar."] * 2
    # it stays so, and is there again when the day is left out again
    assert written([*found, found[0]]) == written(found)
    assert written([*found, found[1]]) == [
        f"01-05..01-11 C1D1 to D7: {LENALIDOMIDE} #3",
        "-01-12 C1D8: lenalidomide #2",
        f"01-13..01-25 C1D9 to D21: {LENALIDOMIDE} #2",
    ]


def test_a_change_leaves_the_courses_alone_that_it_doesn_t_concern() -> None:
    assert written(versions(drawn("krd", 1), [omit(8)], [omit(8), omit(15, 2)])) == [
        f"01-05..01-11 C1D1 to D7: {LENALIDOMIDE} #1",
        "-01-12 C1D8: lenalidomide #0",
        f"01-13..01-18 C1D9 to D14: {LENALIDOMIDE} #1",
        "-01-19 C1D15: lenalidomide #0",
        f"01-20..01-25 C1D16 to D21: {LENALIDOMIDE} #0",
    ]


def test_the_first_day_left_out() -> None:
    assert written(versions(drawn("krd", 1), [omit(1)])) == [
        "-01-05 C1D1: lenalidomide #1",
        f"01-06..01-25 C1D2 to D21: {LENALIDOMIDE} #0",
    ]


def test_a_hold_and_its_end() -> None:
    hold, resume = Hold(1, START, "rash", date(2026, 1, 12), "lenalidomide"), Resume(2, START, "better", date(2026, 1, 19), "lenalidomide")
    found = versions(drawn("krd", 1), [hold], [hold, resume])
    assert written(found[:2]) == [
        f"01-05..01-11 C1D1 to D7: {LENALIDOMIDE} #1",
        "-01-12..01-25 C1D8 to D21: lenalidomide #0",
    ]
    assert written(found) == [
        f"01-05..01-11 C1D1 to D7: {LENALIDOMIDE} #1",
        "-01-12..01-18 C1D8 to D14: lenalidomide #1",
        f"01-19..01-25 C1D15 to D21: {LENALIDOMIDE} #0",
    ]


def test_a_cycle_that_moves_takes_its_course_along() -> None:
    found = versions(drawn("krd"), [Delay(1, START, "ANC 0.8", Where("treatment", 2), Mode.ALL, 7)])
    assert written(found) == [f"01-05..01-25 C1D1 to D21: {LENALIDOMIDE} #0", f"02-09..03-01 C2D1 to D21: {LENALIDOMIDE} #1"]
    moved = next(each.event for each in followed(found) if each.event.course == "lenalidomide" and each.sequence)
    assert moved.description.split("\n")[1].startswith("C2D1: lenalidomide 25 mg PO (moved from Mon 2 Feb 2026; ")
    assert len(moved.description.split("\n")) == 1 + 21


def test_a_reduction_within_a_course() -> None:
    reduced = Course(patient=PATIENT, reductions=(parse_reduction("lenalidomide=level 1 from C1 D8: rash"),))
    found = [Version(None, dosed(drawn("krd", 1))), Version(START, dosed(drawn("krd", 1), course=reduced))]
    first, second = written(found)
    assert first == f"01-05..01-11 C1D1 to D7: {LENALIDOMIDE} #1"
    assert re.fullmatch(r"01-12\.\.01-25 C1D8 to D21: lenalidomide \d+ mg #0", second)
    assert "25 mg" not in second


def given_on(of: DosedSchedule, days: dict[int, tuple[date, str]]) -> DosedSchedule:
    """With lenalidomide of these days of cycle 1 given: the date, and the amount in mg (nothing: not noted)."""

    def as_given(row: Dosed) -> Dosed:
        entry = row.entry
        if entry.activity != "lenalidomide" or entry.cycle != 1 or entry.day not in days:
            return row
        on, much = days[entry.day]
        given = replace(entry, status="given", given_on=on, why=("home (change 1)",))
        return replace(row, entry=given, given=Quantity(Decimal(much), "mg") if much else None)

    rows = tuple(map(as_given, of.rows))
    return replace(of, schedule=replace(of.schedule, entries=tuple(row.entry for row in rows)), rows=rows)


def test_what_was_given_as_planned_parts_no_course() -> None:
    plan = dosed(drawn("krd", 1))
    some = given_on(plan, {1: (START, "25"), 2: (START + DAY, "25"), 3: (START + 2 * DAY, "")})
    assert written([Version(None, plan), Version(START, some)]) == [f"01-05..01-25 C1D1 to D21: {LENALIDOMIDE} #1"]
    course = next(event for event in course_events(some) if event.course == "lenalidomide")
    assert course.description.split("\n") == [
        "Every day from Mon 5 Jan 2026 to Sun 25 Jan 2026",
        "C1D1: lenalidomide given as planned: 25 mg on 2026-01-05 (home (change 1))",
        "C1D2: lenalidomide given as planned: 25 mg on 2026-01-06 (home (change 1))",
        "C1D3: lenalidomide given: amount not noted, on 2026-01-07; planned 25 mg on 2026-01-07 (home (change 1))",
        "C1D4 to D21: lenalidomide 25 mg PO",
    ]
    whole = given_on(plan, {day: (START + (day - 1) * DAY, "25") for day in range(1, 22)})
    assert taken(course_events(whole)) == [f"01-05..01-25 C1D1 to D21: {LENALIDOMIDE} given"]


def test_what_was_given_otherwise_is_a_course_of_its_own() -> None:
    """Half of it on day 2; day 4 on the date of day 5, whose own is there as well."""
    some = given_on(dosed(drawn("krd", 1)), {2: (START + DAY, "12.5"), 4: (START + 4 * DAY, "25")})
    assert taken(course_events(some)) == [
        f"01-05 C1D1: {LENALIDOMIDE}",
        "01-06 C1D2: lenalidomide 12.5 mg given",
        f"01-07 C1D3: {LENALIDOMIDE}",
        f"01-09 C1D4: {LENALIDOMIDE} given",
        f"01-09..01-25 C1D5 to D21: {LENALIDOMIDE}",
    ]


def test_the_first_event_of_all_keeps_the_notes_when_its_course_is_gone(
    draw: Callable[..., DosedSchedule], invented: Callable[[str], str]
) -> None:
    """What was taken instead on another date leads another course."""
    phases = """
  - id: treatment
    cycle: 14 days
    repeat: 1
    give:
      - {drug: testol, dose: 5 mg, route: PO, days: 1-3}
"""
    plan = draw(invented(phases))
    moved = replace(
        plan,
        rows=tuple(replace(row, entry=replace(row.entry, date=START + (number - 1) * DAY)) for number, row in enumerate(plan.rows)),
    )
    back = replace(moved, rows=(moved.rows[1], moved.rows[0], moved.rows[2]))
    ahead = replace(back, rows=tuple(replace(row, entry=replace(row.entry, date=START + n * DAY)) for n, row in enumerate(back.rows)))
    found = followed([Version(None, plan), Version(START, ahead)])
    assert [(short(each.event), "invented version" in each.event.description) for each in found] == [
        ("-01-05 testol: see the other entries", True),
        ("01-05..01-07 C1D2 to D3: testol 5 mg", False),
    ]


def test_events_with_the_whole() -> None:
    found = course_events(dosed(drawn("krd", 1)))
    said = with_whole(found, first_of(found), ["all of it"])
    assert [event.description.endswith("\nall of it") for event in said].count(True) == 1


# -- whatever the changes are -------------------------------------------------------------------------------------


@st.composite
def histories(draw_one: st.DrawFn) -> tuple[Schedule, list[list[Change]]]:
    """A shipped regimen with medicines at home, and what holds after each of a few steps: a change more, or one less."""
    schedule = drawn(draw_one(st.sampled_from(["krd", "vmp", "krd-asct"])))
    logs: list[list[Change]] = []
    holding: list[Change] = []
    home = [entry for entry in schedule.entries if at_home(entry, drug_of=dosed(schedule).drug)]
    for number in range(1, draw_one(st.integers(1, 5)) + 1):
        tried = holding[:-1] if holding and draw_one(st.integers(0, 3)) == 0 else [*holding, _change(draw_one, home, number)]
        try:
            amend(schedule, tried)
        except ScheduleError:
            continue
        holding = tried
        logs.append(holding)
    return schedule, logs


def _change(draw_one: st.DrawFn, home: list[Any], number: int) -> Change:
    entry = draw_one(st.sampled_from(home))
    at = Where(entry.phase, entry.cycle, entry.day, entry.activity)
    changes: list[Change] = [
        Omit(number, START, "r", at),
        Delay(number, START, "r", replace(at, activity=""), draw_one(st.sampled_from(Mode)), draw_one(st.integers(1, 20))),
        Delay(number, START, "r", at, Mode.DOSE, draw_one(st.integers(1, 3))),
        Hold(number, START, "r", entry.date, draw_one(st.sampled_from(["", entry.drug]))),
        Resume(number, START, "r", entry.date + 7 * DAY, draw_one(st.sampled_from(["", entry.drug]))),
        Stop(number, START, "r", entry.date),
    ]
    return draw_one(st.sampled_from(changes))


def holds_always(schedule: Schedule, logs: list[list[Change]]) -> None:
    found = versions(schedule, *logs)
    seen = [{each.event.uid: each for each in followed(found[:count])} for count in range(1, len(found) + 1)]
    for before, after in pairwise(seen):
        assert before.keys() <= after.keys()
        for uid, was in before.items():
            assert after[uid].sequence - was.sequence == (after[uid].event != was.event)
        assert all(after[uid].sequence == 0 for uid in after.keys() - before.keys())
    for version, files in zip(found, seen, strict=True):
        standing = [each.event for each in files.values() if each.event.place == HOME and not each.event.cancelled]
        by_drug = events_of(version.dosed, plan="p", grain=Grain.DRUG)
        expected = [event for event in by_drug if event.place == HOME and not event.cancelled]
        words = Counter((event.day, event.summary.partition(": ")[2]) for event in expected)
        assert words == Counter(
            (event.day + number * DAY, event.summary.partition(": ")[2])
            for event in standing
            for number in range((event.end - event.day).days)
        )


@settings(max_examples=25)
@given(histories())
def test_what_holds_whatever_the_changes_are(history: tuple[Schedule, list[list[Change]]]) -> None:
    holds_always(*history)


@pytest.mark.long
@settings(max_examples=500)
@given(histories())
def test_what_holds_whatever_the_changes_are_at_length(history: tuple[Schedule, list[list[Change]]]) -> None:
    holds_always(*history)
