"""One schedule out of several drawings: what is planned where, what is ruled out, and what was never planned."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from dosing.regimen.model import Regimen
from dosing.schedule.draw import Schedule, draw
from dosing.schedule.entries import GIVEN, HELD, NOT_GIVEN, OMITTED, RULED_OUT, Entry
from dosing.schedule.stretches import Stretch, joined, settled, stretch_of

Read = Callable[[str], Regimen]
START = date(2026, 1, 5)
SINCE, LAST = date(2026, 1, 8), date(2026, 1, 12)


def drawn(read: Read, days: str, dose: str = "10 mg", more: str = "") -> Schedule:
    text = f"phases: [{{id: one, cycle: 14 days, repeat: 1, give: [{{drug: a, dose: {dose}, route: PO, days: {days}}}{more}]}}]"
    return draw(read(text), start=START)


def by_day(schedule: Schedule, activity: str = "a") -> dict[int | None, str]:
    """The dose of each day, or its status."""
    return {entry.day: entry.status or str(entry.dose) for entry in schedule.entries if entry.activity == activity}


@pytest.fixture
def stretches(read: Read) -> list[Stretch]:
    """Every day; every second day of 5 mg from the 8th (day 4) on; every day of 20 mg from the 12th (day 8) on."""
    return [
        Stretch(date.min, drawn(read, "1-10")),
        Stretch(SINCE, drawn(read, "1-10 every 2 days", "5 mg"), "by what was measured from 2026-01-08 on (change 1)"),
        Stretch(LAST, drawn(read, "1-10", "20 mg"), "by what was measured from 2026-01-12 on (change 2)"),
    ]


def test_one_stretch_is_the_schedule_itself(stretches: list[Stretch]) -> None:
    assert joined(stretches[:1]) is stretches[0].schedule
    assert settled(stretches[0].schedule, stretches[:1]) is stretches[0].schedule


def test_each_entry_is_as_its_stretch_has_it(stretches: list[Stretch]) -> None:
    found = settled(joined(stretches), stretches)
    first = dict.fromkeys((1, 2, 3), "10 mg")
    second = {4: RULED_OUT, 5: "5 mg", 6: RULED_OUT, 7: "5 mg"}
    assert by_day(found) == {**first, **second, **dict.fromkeys((8, 9, 10), "20 mg")}
    [fourth] = [entry for entry in found.entries if entry.day == 4]
    assert fourth.why == ("ruled-out: by what was measured from 2026-01-08 on (change 1)",)
    assert not fourth.counts


def test_the_day_a_stretch_begins_is_its_own(stretches: list[Stretch]) -> None:
    entry = stretches[0].schedule.entries[0]
    indexes = [
        stretch_of(replace(entry, date=day), stretches) for day in (SINCE - timedelta(days=1), SINCE, LAST - timedelta(days=1), LAST)
    ]
    assert indexes == [0, 1, 1, 2]
    assert stretch_of(replace(entry, date=date.min), stretches) == 0


def test_what_only_a_later_stretch_has_appears_from_then_on(stretches: list[Stretch]) -> None:
    # Every second day at first, every day from the 12th on: days 2, 4 and 6 were never planned.
    found = settled(joined([replace(stretches[1], since=date.min), stretches[2]]), [replace(stretches[1], since=date.min), stretches[2]])
    assert by_day(found) == {**dict.fromkeys((1, 3, 5, 7), "5 mg"), **dict.fromkeys((8, 9, 10), "20 mg")}


def moved(schedule: Schedule, change: Callable[[Entry], Entry]) -> Schedule:
    return replace(schedule, entries=tuple(map(change, schedule.entries)))


def test_an_entry_that_moves_past_a_measurement_goes_by_it(stretches: list[Stretch]) -> None:
    # Days 2 and 3 are given three days later, on the 9th and the 10th.
    later = moved(joined(stretches), lambda each: replace(each, date=each.date + timedelta(days=3)) if each.day in (2, 3) else each)
    found = by_day(settled(later, stretches))
    assert (found[1], found[2], found[3]) == ("10 mg", RULED_OUT, "5 mg")


@pytest.mark.parametrize("status", [GIVEN, NOT_GIVEN, OMITTED])
def test_what_somebody_said_of_an_entry_stays(stretches: list[Stretch], status: str) -> None:
    both = [replace(stretches[1], since=date.min), stretches[2]]
    said = moved(joined(both), lambda each: replace(each, status=status) if each.day == 2 else each)
    assert by_day(settled(said, both))[2] == status


def test_a_hold_of_what_was_never_planned_leaves_no_entry_and_of_what_was_ruled_out_stays(stretches: list[Stretch]) -> None:
    both = [replace(stretches[1], since=date.min), stretches[2]]
    found = settled(moved(joined(both), lambda each: replace(each, status=HELD)), both)
    assert by_day(found) == dict.fromkeys((1, 3, 5, 7, 8, 9, 10), HELD)
    found = settled(moved(joined(stretches), lambda each: replace(each, status=HELD)), stretches)
    assert by_day(found) == dict.fromkeys(range(1, 11), HELD)


def test_settling_twice_changes_nothing(stretches: list[Stretch]) -> None:
    once = settled(joined(stretches), stretches)
    assert settled(once, stretches) == once


def test_gaps_of_every_stretch_are_gaps_of_all(read: Read) -> None:
    later = drawn(read, "1-3", "not-stated", ", {drug: b, dose: 1 mg, route: PO, days: not-stated}")
    both = [Stretch(date.min, drawn(read, "1-3")), Stretch(SINCE, later, "by then")]
    found = joined(both)
    assert [gap.path for gap in found.missing] == ["one.a.dose", "one.b.days"]
    assert [(row.activity, row.status) for row in found.undated] == [("b", "not-dated")]
