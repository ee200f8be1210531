"""Changes to a schedule: every date of the worked ones counted by hand, and what holds whatever the changes are."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing.api import load_regimen
from dosing.errors import ScheduleError
from dosing.regimen.model import Regimen
from dosing.schedule.amend import Amended, amend
from dosing.schedule.changes import Change, Delay, Hold, Mode, Omit, Resume, Skip, Stop, Where
from dosing.schedule.draw import Schedule, draw
from dosing.schedule.entries import Entry
from dosing.schedule.timeline import Horizon

Read = Callable[[str], Regimen]
START = date(2026, 1, 5)
ON = date(2026, 1, 2)
A = "{drug: a, dose: 10 mg, route: PO, days: 1 2 8 9 15 16}"
B = "{drug: b, dose: 25 mg, route: PO, days: 1-21}"


def day(text: str) -> date:
    return date.fromisoformat(text)


def put(regimen: Regimen, start: date = START, **told: str) -> Schedule:
    starts = {phase: day(text) for phase, text in told.items()}
    return draw(regimen, start=start, starts=starts)


def plan(read: Read) -> Schedule:
    """Two cycles of 28 days from Monday 5 January, two of 21 days after them, and visits counted from here and there."""
    visits = (
        "[{id: early, at: start of treatment + 70 days}, {id: middle, at: end of one}, {id: second, at: start of two + 7 days},"
        " {id: late, at: every 30 days for 90 days after end of treatment}]"
    )
    text = f"""
phases:
  - {{id: one, cycle: 28 days, repeat: 2, give: [{A}, {B}]}}
  - {{id: two, cycle: 21 days, repeat: 2, give: [{{drug: a, dose: 10 mg, route: PO, days: 1 8}}]}}
  - {{id: after, visits: {visits.replace("at:", "what: Visit, at:")}}}
"""
    return put(read(text))


def delay(at: Where, mode: Mode, by: int | None = None, *, to: str = "", number: int = 1, on: date = ON, reason: str = "ANC 0.8") -> Delay:
    return Delay(number, on, reason, at, mode, by, day(to) if to else None)


def hold(since: str, activity: str = "", number: int = 1, reason: str = "rash") -> Hold:
    return Hold(number, ON, reason, day(since), activity)


def resume(since: str, activity: str = "", number: int = 2) -> Resume:
    return Resume(number, ON, "better", day(since), activity)


def omit(at: Where, number: int = 1) -> Omit:
    return Omit(number, ON, "wish", at)


def stop(since: str, number: int = 1) -> Stop:
    return Stop(number, ON, "progress", day(since))


def skip(phase: str, number: int = 1, on: date = ON) -> Skip:
    return Skip(number, on, "no response", phase)


def dates(schedule: Schedule, activity: str, phase: str = "", cycle: int | None = None) -> list[str]:
    """`01-05`, with the status where there is one."""
    return [
        f"{entry.date:%m-%d}{f' {entry.status}' if entry.status else ''}"
        for entry in schedule.entries
        if entry.activity == activity and phase in ("", entry.phase) and cycle in (None, entry.cycle)
    ]


def entry_of(schedule: Schedule, activity: str, cycle: int | None, at: int | None, phase: str = "one") -> Entry:
    return next(each for each in schedule.entries if (each.phase, each.cycle, each.day, each.activity) == (phase, cycle, at, activity))


def moved(before: Schedule, after: Schedule) -> Counter[tuple[str, str, int]]:
    """How many entries of each phase and activity have moved, and by how many days."""
    was = {entry.key: entry.date for entry in before.entries}
    return Counter(
        (entry.phase, entry.activity, (entry.date - was[entry.key]).days) for entry in after.entries if entry.date != was[entry.key]
    )


def said(before: Schedule, after: Schedule) -> list[str]:
    assert after.notes[: len(before.notes)] == before.notes
    return list(after.notes[len(before.notes) :])


def refused(schedule: Schedule, *changes: Change) -> str:
    with pytest.raises(ScheduleError) as caught:
        amend(schedule, changes)
    return str(caught.value)


# -- delays -------------------------------------------------------------------------------------------------------


def test_this_dose_moves_one_day_alone(read: Read) -> None:
    drawn = plan(read)
    after = amend(drawn, [delay(Where("one", 1, 16, "a"), Mode.DOSE, 5)])
    assert dates(after, "a", "one", 1) == ["01-05", "01-06", "01-12", "01-13", "01-19", "01-25"]
    assert moved(drawn, after) == {("one", "a", 5): 1}
    entry = entry_of(after, "a", 1, 16)
    assert entry.planned_on == date(2026, 1, 20)
    assert entry.why == ("delayed 5 days on 2026-01-02: ANC 0.8 (change 1)",)
    assert entry.status == ""
    assert said(drawn, after) == ["change 1 on 2026-01-02 (ANC 0.8): one C1D16 a, 5 days later, 2026-01-20 -> 2026-01-25 (1 entry)"]


def test_this_dose_without_a_name_moves_all_of_the_day(read: Read) -> None:
    give = "{drug: a, dose: 1 mg, route: PO, days: 1 8}, {drug: b, dose: 1 mg, route: PO, days: 1 9}"
    drawn = put(read(f"phases: [{{id: one, cycle: 21 days, repeat: 2, give: [{give}]}}]"))
    after = amend(drawn, [delay(Where(cycle=2), Mode.DOSE, to="2026-01-28")])  # the first day of cycle 2 is 26 January
    assert dates(after, "a") == ["01-05", "01-12", "01-28", "02-02"]
    assert dates(after, "b") == ["01-05", "01-13", "01-28", "02-03"]


def test_rest_of_the_cycle_leaves_the_next_where_it_is(read: Read) -> None:
    drawn = plan(read)
    after = amend(drawn, [delay(Where("one", 1, 8), Mode.CYCLE, 7)])
    assert dates(after, "a", "one") == [
        *("01-05", "01-06", "01-19", "01-20", "01-26", "01-27"),
        *("02-02", "02-03", "02-09", "02-10", "02-16", "02-17"),
    ]
    assert moved(drawn, after) == {("one", "a", 7): 4, ("one", "b", 7): 14}  # days 8 to 21
    assert said(drawn, after) == [
        "change 1 on 2026-01-02 (ANC 0.8): one C1D8 and the rest of the cycle, 7 days later, 2026-01-12 -> 2026-01-19 (18 entries)"
    ]


def test_all_that_follows_takes_the_next_phase_and_the_visits_after_it(read: Read) -> None:
    drawn = plan(read)
    assert (dates(drawn, "early"), dates(drawn, "middle"), dates(drawn, "second")) == (["03-16"], ["03-01"], ["03-09"])
    after = amend(drawn, [delay(Where("one", 2), Mode.ALL, 7)])
    assert dates(after, "a", "one", 2) == ["02-09", "02-10", "02-16", "02-17", "02-23", "02-24"]
    assert dates(after, "a", "two") == ["03-09", "03-16", "03-30", "04-06"]
    assert moved(drawn, after) == {
        ("one", "a", 7): 6,
        ("one", "b", 7): 21,
        ("two", "a", 7): 4,
        ("after", "middle", 7): 1,
        ("after", "second", 7): 1,
        ("after", "late", 7): 3,
    }
    assert said(drawn, after) == [
        "change 1 on 2026-01-02 (ANC 0.8): one C2D1 and all that follow, 7 days later, 2026-02-02 -> 2026-02-09 (36 entries);"
        " these visits are counted from a day that doesn't move and keep their dates: early (start of treatment + 70 days)",
        "one ends on 2026-03-08 rather than 2026-03-01",
        "two ends on 2026-04-19 rather than 2026-04-12",
    ]


@pytest.mark.parametrize(("mode", "expected"), [(Mode.CYCLE, {3: 27}), (Mode.ALL, {3: 64})])
def test_the_first_day_can_be_delayed(read: Read, mode: Mode, expected: dict[int, int]) -> None:
    drawn = plan(read)
    after = amend(drawn, [delay(Where("one", 1, 1), mode, 3)])
    assert Counter(
        (one.date - drawn_one.date).days for one, drawn_one in zip(by_key(after), by_key(drawn), strict=True) if one != drawn_one
    ) == (expected)
    assert after.entries[0].date == date(2026, 1, 8)
    assert ("treatment starts on 2026-01-08" in after.notes[0]) == (mode is Mode.ALL)


def by_key(schedule: Schedule) -> list[Entry]:
    return sorted(schedule.entries, key=lambda entry: str(entry.key))


def test_the_first_day_alone_can_be_delayed_where_there_is_room(read: Read) -> None:
    drawn = put(read("phases: [{id: one, cycle: 21 days, repeat: 2, give: [{drug: a, dose: 1 mg, route: PO, days: 1 8}]}]"))
    assert dates(amend(drawn, [delay(Where(cycle=1), Mode.DOSE, 6)]), "a") == ["01-11", "01-12", "01-26", "02-02"]
    assert "would be on 2026-01-12, the date of one C1D8 a (2026-01-12)" in refused(drawn, delay(Where(cycle=1), Mode.DOSE, 7))
    assert "would be on 2026-01-13, after one C1D8 a (2026-01-12)" in refused(drawn, delay(Where(cycle=1), Mode.DOSE, 8))


def test_a_clash_with_the_first_date_of_the_next_cycle_is_seen(read: Read) -> None:
    drawn = plan(read)
    at = Where("one", 1, 16, "a")
    assert dates(amend(drawn, [delay(at, Mode.DOSE, 12)]), "a", "one", 1)[-1] == "02-01"
    assert refused(drawn, delay(at, Mode.DOSE, 13)) == (
        "change 1 (delay) can't be made: one C1D16 a would be on 2026-02-02, the date of one C2D1 a (2026-02-02);"
        " the mode 'this and all that follow' (all) moves both"
    )
    # cycle 2 ends on 1 March, and a is given again on day 1 of the next phase
    assert "the date of two C1D1 a (2026-03-02)" in refused(drawn, delay(Where("one", 2, 16, "a"), Mode.DOSE, to="2026-03-02"))


def test_this_day_only_is_not_refused_for_what_has_room(read: Read) -> None:
    drawn = plan(read)
    refused(drawn, delay(Where("one", 1, 1), Mode.DOSE, 1))  # b is given every day
    allowed = [
        (name, number)
        for name, numbers in (("a", (1, 2, 8, 9, 15, 16)), ("b", (1, 20, 21)))
        for number in numbers
        if not raises(drawn, delay(Where("one", 1, number, name), Mode.DOSE, 1))
    ]
    assert allowed == [("a", 2), ("a", 9), ("a", 16), ("b", 21)]


def raises(schedule: Schedule, *changes: Change) -> bool:
    try:
        amend(schedule, changes)
    except ScheduleError:
        return True
    return False


def test_the_last_cycle_runs_past_the_end_and_loses_nothing(read: Read) -> None:
    text = "phases: [{{id: p, cycle: 28 days, for: {}, ends: cut at the day, give: [{}]}}]"
    for bound, words in (("3 months", "3 months"), ("up to 3 months", "up to 3 months")):
        drawn = put(read(text.format(bound, B)))  # 5 January to 4 April; cycle 4 begins on 30 March
        assert dates(drawn, "b")[-1] == "04-04"
        after = amend(drawn, [delay(Where(cycle=4), Mode.ALL, 14)])
        assert dates(after, "b", "p", 4) == [f"04-{number}" for number in range(13, 19)]
        assert len(after.entries) == len(drawn.entries)
        assert said(drawn, after)[1:] == [
            f"p ({words}) keeps all its entries and ends on 2026-04-18 rather than 2026-04-04: no change loses an entry"
        ]
    drawn = put(read(f"phases: [{{id: p, cycle: 28 days, until: 2026-03-01, give: [{B}]}}]"))
    assert said(drawn, amend(drawn, [delay(Where(cycle=2), Mode.ALL, 1)]))[1].startswith("p (until 2026-03-01) keeps all its entries and")


def test_one_dose_past_the_end_is_said(read: Read) -> None:
    drawn = put(read(f"phases: [{{id: p, cycle: 28 days, repeat: 2, give: [{A}]}}]"))  # to 1 March; D16 of cycle 2 is 17 February
    assert len(said(drawn, amend(drawn, [delay(Where(cycle=2, day=16), Mode.DOSE, to="2026-03-01")]))) == 1
    after = amend(drawn, [delay(Where(cycle=2, day=16), Mode.DOSE, to="2026-03-02")])
    assert said(drawn, after)[1] == "p ends on 2026-03-02 rather than 2026-03-01"


def test_no_day_is_lost_when_the_clocks_change(read: Read) -> None:
    # clocks go back on 25 October 2026 in Europe and on 1 November in the United States
    drawn = put(read(f"phases: [{{id: p, cycle: 28 days, repeat: 1, give: [{B}]}}]"), date(2026, 10, 12))
    after = amend(drawn, [delay(Where(cycle=1), Mode.ALL, 7)])
    assert [entry.date for entry in after.entries] == [date(2026, 10, 19) + timedelta(days=number) for number in range(21)]


def test_cycles_of_a_month_from_the_31st(read: Read) -> None:
    drawn = put(read("phases: [{id: p, cycle: 1 month, repeat: 4, give: [{drug: a, dose: 1 mg, route: PO, days: 1}]}]"), date(2026, 1, 31))
    assert dates(drawn, "a") == ["01-31", "02-28", "03-31", "04-30"]
    after = amend(drawn, [delay(Where(cycle=2), Mode.ALL, 3)])
    assert dates(after, "a") == ["01-31", "03-03", "04-03", "05-03"]
    assert dates(amend(drawn, [delay(Where(cycle=1), Mode.ALL, 1)]), "a") == ["02-01", "03-01", "04-01", "05-01"]


def test_a_second_delay_counts_from_the_first(read: Read) -> None:
    drawn = plan(read)
    twice = amend(drawn, [delay(Where("one", 2), Mode.ALL, 3), delay(Where("one", 2, 8), Mode.ALL, to="2026-02-14", number=2, reason="")])
    assert dates(twice, "a", "one", 2) == ["02-05", "02-06", "02-14", "02-15", "02-21", "02-22"]
    entry = entry_of(twice, "a", 2, 8)
    assert entry.planned_on == date(2026, 2, 9)
    assert entry.why == ("delayed 3 days on 2026-01-02: ANC 0.8 (change 1)", "delayed 2 days on 2026-01-02 (change 2)")
    assert "one ends on 2026-03-06 rather than 2026-03-01" in twice.notes
    assert "change 2 on 2026-01-02: one C2D8 and all that follow, 2 days later, 2026-02-12 -> 2026-02-14 (27 entries)" in twice.notes[1]


def test_one_drug_alone(read: Read) -> None:
    drawn = plan(read)
    after = amend(drawn, [delay(Where("one", 2, 1, "a"), Mode.ALL, 2)])
    assert moved(drawn, after) == {("one", "a", 2): 6, ("two", "a", 2): 4}
    assert said(drawn, after) == [
        "change 1 on 2026-01-02 (ANC 0.8): one C2D1 a and all that follow, 2 days later, 2026-02-02 -> 2026-02-04 (10 entries)"
    ]
    rest = amend(drawn, [delay(Where("one", 2, 8, "a"), Mode.CYCLE, 2)])
    assert moved(drawn, rest) == {("one", "a", 2): 4}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (delay(Where("one", 1), Mode.ALL, 0), "a delay is 1 day or more, not 0 days"),
        (delay(Where("one", 1), Mode.ALL, -1), "a delay is 1 day or more"),
        (delay(Where("one", 1), Mode.ALL), "say either by how many days, or to which date"),
        (delay(Where("one", 1), Mode.ALL, 1, to="2026-02-02"), "say either by how many days, or to which date"),
        (delay(Where("one", 1), Mode.ALL, to="2026-01-05"), "one C1 is on 2026-01-05 now, and 2026-01-05 is not later"),
        (delay(Where("one", 1), Mode.ALL, 10**7), "leads out of the calendar"),
        (delay(Where(), Mode.ALL, 1), "it doesn't say which entry: name a cycle and a day, or a visit"),
        (delay(Where("ome", 1), Mode.ALL, 1), "no phase 'ome' in what is drawn; did you mean 'one'? (phases: one, two, after)"),
        (delay(Where("one", 3), Mode.ALL, 1), "there is no cycle 3 in one in what is drawn (one C1-2)"),
        (delay(Where(cycle=3, activity="b"), Mode.ALL, 1), "there is no cycle 3 of b in what is drawn (one C1-2)"),
        (delay(Where("after", 3), Mode.ALL, 1), "(nothing there has cycles)"),
        (delay(Where("one", day=8), Mode.ALL, 1), "it doesn't say which cycle (one C1-2)"),
        (delay(Where(activity="a"), Mode.ALL, 1), "it doesn't say which cycle of a (one C1-2, two C1-2)"),
        (delay(Where("after"), Mode.ALL, 1), "there is no after; name a cycle and a day, or a visit and which of its dates"),
        (delay(Where(activity="late", n=4), Mode.ALL, 1), "there is no late 4; name"),
        (delay(Where(activity="late"), Mode.DOSE, 1), "late has 3 dates; say which, from 1 to 3"),
        (delay(Where(activity="late", day=3), Mode.DOSE, 1), "late is a visit and has no day 3; name it by its id"),
        (delay(Where(activity="late", n=3), Mode.CYCLE, 1), "after late 3 is a visit and in no cycle"),
        (delay(Where(activity="c", cycle=1), Mode.ALL, 1), "'c' is not in the schedule (there are: a, b, early, late, middle, second)"),
        (delay(Where(cycle=2, day=1), Mode.ALL, 1), "C2D1 is in one and in two; name the phase"),
        (delay(Where("one", 2, 13, "a"), Mode.ALL, 1), "a has no day 13 of C2; the nearest is day 15 (days: 1 2 8 9 15 16)"),
        (delay(Where("one", 2, 30), Mode.ALL, 1), "there is no day 30 of C2; the nearest is day 21 (days: 1 2 3"),
        (hold("2026-01-05", "c"), "'c' is not in the schedule (there are: a, b)"),
        (hold("2026-05-01"), "every drug is not given on or after 2026-05-01 (the last time is 2026-03-30)"),
        (hold("2026-03-01", "b"), "b is not given on or after 2026-03-01 (the last time is 2026-02-22)"),
        (resume("2026-01-10"), "change 2 (resume) can't be made: every drug is not held (held: nothing)"),
        (omit(Where("one", 1, 1)), "one C1D1 has a, b; say which one"),
        (omit(Where("one", 1, 3, "a")), "a has no day 3 of C1; the nearest is day 2"),
        (stop("2026-03-31"), "no drug is given on or after 2026-03-31 (the last time is 2026-03-30)"),
        (skip("tow"), "there is no phase 'tow' in what is drawn; did you mean 'two'?"),
        (skip("two", on=day("2026-03-03")), "two has begun on 2026-03-02, before 2026-03-03; stop treatment or omit what is left of it"),
    ],
)
def test_what_refers_to_nothing_is_refused(read: Read, change: Change, expected: str) -> None:
    assert expected in refused(plan(read), change)


def test_where_in_words() -> None:
    assert str(Where("one", 2, 8, "a")) == "one C2D8 a"
    assert str(Where(cycle=2)) == "C2"
    assert str(Where("t", day=-2)) == "t D-2"
    assert str(Where("after", activity="late", n=3)) == "after late 3"


def test_without_changes_the_schedule_is_the_same(read: Read) -> None:
    drawn = plan(read)
    assert amend(drawn, []) is drawn


# -- visits, and what hangs on what -------------------------------------------------------------------------------


def test_visits_move_alone_or_with_those_that_follow(read: Read) -> None:
    drawn = plan(read)
    assert dates(drawn, "late") == ["05-12", "06-11", "07-11"]
    assert dates(amend(drawn, [delay(Where(activity="late", n=2), Mode.DOSE, 29)]), "late") == ["05-12", "07-10", "07-11"]
    assert dates(amend(drawn, [delay(Where(activity="late", n=2), Mode.ALL, 40)]), "late") == ["05-12", "07-21", "08-20"]
    assert moved(drawn, amend(drawn, [delay(Where(activity="early"), Mode.DOSE, 400)])) == {("after", "early", 400): 1}
    assert "after late 2 would be on 2026-07-11, the date of after late 3" in refused(
        drawn, delay(Where(activity="late", n=2), Mode.DOSE, 30)
    )


def test_visits_before_the_day_stay(read: Read) -> None:
    visits = "[{id: screen, what: V, at: start of treatment - 14 days}, {id: check, what: V, at: end of one - 55 days}]"
    drawn = put(read(f"phases: [{{id: one, cycle: 28 days, repeat: 2, give: [{A}], visits: {visits}}}]"))
    assert (dates(drawn, "screen"), dates(drawn, "check")) == (["12-22"], ["01-05"])
    assert moved(drawn, amend(drawn, [delay(Where(cycle=1), Mode.ALL, 7)])) == {("one", "a", 7): 12, ("one", "check", 7): 1}
    assert moved(drawn, amend(drawn, [delay(Where(cycle=1, day=2), Mode.ALL, 7)])) == {("one", "a", 7): 11}


TRANSPLANT = f"""
phases:
  - {{id: one, cycle: 28 days, repeat: 2, give: [{A}]}}
  - {{id: graft, anchor: day 0, waits: the date, give: [{{drug: b, dose: 200 mg, route: PO, days: "-2"}}],
     assess: [{{id: cells, what: Cells, days: 0}}], visits: [{{id: engrafted, what: V, at: start of graft + 14 days}}]}}
  - {{id: upkeep, cycle: 28 days, repeat: 2, give: [{{drug: b, dose: 10 mg, route: PO, days: 1-2}}]}}
  - {{id: after, visits: [{{id: end, what: V, at: end of treatment + 30 days}}]}}
"""


def test_a_phase_on_a_told_date_stays_and_so_does_what_follows_it(read: Read) -> None:
    drawn = put(read(TRANSPLANT), graft="2026-04-01")
    after = amend(drawn, [delay(Where("one", 2), Mode.ALL, 7)])
    assert moved(drawn, after) == {("one", "a", 7): 6}
    assert said(drawn, after)[0].endswith(
        "; these visits are counted from a day that doesn't move and keep their dates: engrafted (start of graft + 14 days),"
        " end (end of treatment + 30 days); graft, upkeep keep their dates"
    )
    later = amend(drawn, [delay(Where("graft"), Mode.ALL, 7)])
    assert moved(drawn, later) == {
        ("graft", "b", 7): 1,
        ("graft", "cells", 7): 1,
        ("graft", "engrafted", 7): 1,
        ("upkeep", "b", 7): 4,
        ("after", "end", 7): 1,
    }
    cells = amend(drawn, [delay(Where("graft", day=0), Mode.ALL, 7)])
    assert moved(drawn, cells) == {("graft", "cells", 7): 1, ("upkeep", "b", 7): 4, ("after", "end", 7): 1}
    alone = said(drawn, amend(drawn, [delay(Where("graft", day=-2, activity="b"), Mode.CYCLE, 1)]))
    assert alone == [
        "change 1 on 2026-01-02 (ANC 0.8): graft D-2 b and the rest of the cycle, 1 day later, 2026-03-30 -> 2026-03-31 (1 entry)"
    ]


def test_a_delay_never_runs_into_a_told_date(read: Read) -> None:
    drawn = put(read(TRANSPLANT), graft="2026-04-01")  # the last dose of one is on 17 February
    assert moved(drawn, amend(drawn, [delay(Where("one", 2, 16), Mode.DOSE, to="2026-03-31")]))
    for mode in Mode:
        assert refused(drawn, delay(Where("one", 2, 16), mode, to="2026-04-01")).endswith(
            ": one C2D16 a would be on 2026-04-01, and graft starts on 2026-04-01; give graft a later date first"
        )
    without = amend(drawn, [skip("graft"), delay(Where("one", 2, 16), Mode.DOSE, to="2026-04-01", number=2)])
    assert dates(without, "a", "one")[-1] == "04-01"
    omitted = amend(drawn, [omit(Where("one", 2, 16)), delay(Where("one", 2, 15), Mode.ALL, to="2026-03-31", number=2)])
    assert dates(omitted, "a", "one")[-2:] == ["03-31", "04-01 omitted"]
    # visits of the phase don't stand in a phase's way
    assert dates(amend(drawn, [delay(Where(activity="engrafted"), Mode.DOSE, 300)]), "engrafted") == ["02-09"]


def test_the_caller_says_which_phases_were_told(read: Read) -> None:
    drawn = plan(read)
    change = delay(Where("one", 2, 15), Mode.ALL, 5)
    assert ("two", "a", 5) in moved(drawn, amend(drawn, [change]))
    kept = amend(drawn, [change], told=["two"])
    assert ("two", "a", 5) not in moved(drawn, kept)
    assert isinstance(kept, Amended)
    assert kept.told == {"two"}
    again = amend(kept, [delay(Where("one", 2, 21), Mode.DOSE, 1, number=2)])
    assert again == amend(drawn, [change, delay(Where("one", 2, 21), Mode.DOSE, 1, number=2)], told=["two"])
    # a first phase on a date of its own: what counts from the start of treatment doesn't know it
    first = amend(drawn, [delay(Where("one", 1), Mode.ALL, 7)], told=["one"])
    assert ("after", "early", 7) not in moved(drawn, first)
    assert "treatment starts" not in said(drawn, first)[0]


def test_phases_that_start_at_a_moment(read: Read) -> None:
    give = "give: [{drug: a, dose: 1 mg, route: PO, days: 1}]"
    text = f"""
phases:
  - {{id: one, cycle: 28 days, repeat: 2, {give}}}
  - {{id: two, start: end of one + 10 days, for: 14 days, {give}}}
  - {{id: three, start: start of one + 100 days, for: 14 days, {give}}}
  - {{id: four, start: end of one + 150 days, for: 14 days, {give}}}
  - {{id: five, start: not-stated, for: 14 days, {give}}}
"""
    drawn = put(read(text), five="2027-01-01")
    assert dates(drawn, "a") == ["01-05", "02-02", "03-11", "04-15", "07-29", "01-01"]
    after = amend(drawn, [delay(Where("one", 2), Mode.ALL, 7)])
    assert dates(after, "a") == ["01-05", "02-09", "03-18", "04-22", "08-05", "01-01"]
    # with two on a date of its own, three follows on what stays; four is counted from the end of one
    told = amend(drawn, [delay(Where("one", 2), Mode.ALL, 7)], told=["two"])
    assert dates(told, "a") == ["01-05", "02-09", "03-11", "04-15", "08-05", "01-01"]


def test_visits_of_a_phase_that_was_told_a_date_stay(read: Read) -> None:
    text = f"""
phases:
  - {{id: one, cycle: 28 days, repeat: 2, give: [{A}]}}
  - {{id: after, visits: [{{id: end, what: V, at: end of treatment + 30 days}}]}}
"""
    drawn = put(read(text), after="2026-06-01")
    assert dates(drawn, "end") == ["07-01"]
    after = amend(drawn, [delay(Where("one", 2), Mode.ALL, 7)])
    assert moved(drawn, after) == {("one", "a", 7): 6}


OPEN = f"""
phases:
  - {{id: one, cycle: 28 days, repeat: open, give: [{A}], visits: [{{id: look, what: V, at: start of one + 50 days}}]}}
  - {{id: two, waits: a date, cycle: 28 days, repeat: 2, give: [{{drug: b, dose: 1 mg, route: PO, days: 1}}]}}
"""


def test_an_open_phase_is_over_when_the_next_starts(read: Read) -> None:
    drawn = put(read(OPEN), two="2026-03-01")  # cycle 2 from 2 February; the last dose on 17 February
    after = amend(drawn, [delay(Where("one", 2, 8), Mode.ALL, 14)])
    assert dates(after, "a", "one", 2) == ["02-02", "02-03", "02-23", "02-24", "03-02 skipped", "03-03 skipped"]
    assert entry_of(after, "a", 2, 15).why[1] == "skipped, because two starts on 2026-03-01"
    assert said(drawn, after) == [
        "change 1 on 2026-01-02 (ANC 0.8): one C2D8 and all that follow, 14 days later, 2026-02-09 -> 2026-02-23 (4 entries);"
        " 2 entries skipped, because two starts on 2026-03-01;"
        " these visits are counted from a day that doesn't move and keep their dates: look (start of one + 50 days); two keeps its dates"
    ]
    # both ends of the border
    assert dates(amend(drawn, [delay(Where("one", 2, 16), Mode.DOSE, to="2026-02-28")]), "a", "one", 2)[-1] == "02-28"
    assert "one C2D16 a would not be given at all: two starts on 2026-03-01" in refused(drawn, delay(Where("one", 2, 16), Mode.ALL, 12))
    assert "one C2D15 a is skipped, because two starts" in refused(after, delay(Where("one", 2, 15), Mode.ALL, 1, number=2))
    # without the next phase, the doses are given after all
    without = amend(after, [skip("two", number=2)])
    assert dates(without, "a", "one", 2)[-2:] == ["03-02", "03-03"]


def test_an_open_phase_goes_on_beyond_what_is_drawn(read: Read) -> None:
    drawn = draw(read(f"phases: [{{id: p, cycle: 28 days, repeat: open, give: [{A}]}}]"), start=START, horizon=Horizon(cycles=2))
    after = amend(drawn, [delay(Where(cycle=2), Mode.ALL, 7)])
    assert said(drawn, after)[1] == "p: what is drawn now reaches to 2026-03-08 rather than 2026-03-01"
    later = amend(drawn, [hold("2026-06-01", "a"), resume("2026-07-01", "a"), stop("2026-08-01", number=3)])
    assert said(drawn, later) == [
        "change 1 on 2026-01-02 (rash): a held from 2026-06-01 on (0 entries)",
        "change 2 on 2026-01-02 (better): a given again from 2026-07-01 on (0 entries)",
        "change 3 on 2026-01-02 (progress): nothing is given from 2026-08-01 on (0 entries); visits keep their dates",
    ]
    assert "every drug is not given on or after 2026-08-02" in refused(later, hold("2026-08-02", number=4))


def test_what_a_delay_overtakes_or_doubles_is_said(read: Read) -> None:
    give = "{drug: a, dose: 1 mg, route: PO, days: 1}, {drug: a, id: extra, dose: 1 mg, route: PO, days: 3}"
    drawn = put(read(f"phases: [{{id: p, cycle: 7 days, repeat: 2, give: [{give}]}}]"))
    both = said(drawn, amend(drawn, [delay(Where(cycle=1, day=3), Mode.DOSE, 5)]))  # 7 January to 12 January, day 1 of cycle 2
    assert both[0].endswith(
        "; C1D3 now lies on or after p C2D1 (2026-01-12), which stays; a is now given 2 times on 2026-01-12 (p C1D3 extra, p C2D1 a)"
    )
    assert "which stays" not in said(drawn, amend(drawn, [delay(Where(cycle=1, day=3), Mode.DOSE, 4)]))[0]


# -- holds --------------------------------------------------------------------------------------------------------


def test_a_hold_holds_its_first_day_and_not_the_day_of_resuming(read: Read) -> None:
    drawn = plan(read)
    after = amend(drawn, [hold("2026-01-12", "a"), resume("2026-01-19", "a")])
    assert dates(after, "a", "one", 1) == ["01-05", "01-06", "01-12 held", "01-13 held", "01-19", "01-20"]
    assert moved(drawn, after) == {}
    assert set(dates(after, "b")) == set(dates(drawn, "b"))
    assert entry_of(after, "a", 1, 8).why == ("held on 2026-01-02: rash (change 1)",)
    assert entry_of(after, "a", 1, 15).why == ()
    assert said(drawn, after) == [
        "change 1 on 2026-01-02 (rash): a held from 2026-01-12 on (14 entries)",
        "change 2 on 2026-01-02 (better): a given again from 2026-01-19 on (12 entries)",
    ]


def test_a_hold_of_all_drugs_leaves_visits(read: Read) -> None:
    after = amend(plan(read), [hold("2026-02-20"), resume("2026-03-02", "a")])
    assert dates(after, "a", "two") == ["03-02", "03-09", "03-23", "03-30"]
    assert dates(after, "b", "one", 2)[-4:] == ["02-19", "02-20 held", "02-21 held", "02-22 held"]
    assert dates(after, "middle") == ["03-01"]
    assert "every drug given again from 2026-03-03 on" in amend(after, [resume("2026-03-03", number=3)]).notes[-1]


def test_holds_that_contradict_are_refused(read: Read) -> None:
    drawn = plan(read)
    first = hold("2026-01-12", "a")
    assert "a is held already on 2026-01-19 (change 1)" in refused(drawn, first, hold("2026-01-19", "a", number=2))
    assert "a is not held (held: b)" in refused(drawn, hold("2026-01-12", "b"), resume("2026-01-19", "a"))
    assert "a is held from 2026-01-12 on (change 1), and 2026-01-12 is not later; undo the hold" in refused(
        drawn, first, resume("2026-01-12")
    )
    ended: list[Change] = [first, resume("2026-01-19")]
    assert "a is held already on 2026-01-18, until 2026-01-19 (change 1)" in refused(drawn, *ended, hold("2026-01-18", "a", number=3))
    assert dates(amend(drawn, [*ended, hold("2026-01-19", "a", number=3)]), "a", "one", 1)[-1] == "01-20 held"
    assert "a is not held (held: nothing)" in refused(drawn, *ended, resume("2026-01-25", "a", number=3))
    assert "nothing is given from 2026-02-01 on (change 2)" in refused(drawn, first, stop("2026-02-01", 2), resume("2026-02-01", number=3))
    # every drug, although one is held: the others are
    assert dates(amend(drawn, [first, hold("2026-01-19", number=2)]), "b", "one", 1)[13:15] == ["01-18", "01-19 held"]
    # every drug, although one was to be given again later: the later change counts
    assert dates(amend(drawn, [*ended, hold("2026-01-13", number=3)]), "a", "one", 1)[-2:] == ["01-19 held", "01-20 held"]


def test_an_earlier_hold_may_come_later_in_the_log(read: Read) -> None:
    after = amend(plan(read), [hold("2026-01-19", "a"), hold("2026-01-12", "a", number=2), resume("2026-01-20", "a", number=3)])
    assert dates(after, "a", "one", 1) == ["01-05", "01-06", "01-12 held", "01-13 held", "01-19 held", "01-20"]


def test_delays_and_holds(read: Read) -> None:
    drawn = plan(read)
    held = hold("2026-01-12", "a")
    message = refused(drawn, held, delay(Where("one", 1, 8, "a"), Mode.ALL, 1, number=2))
    assert message == (
        "change 2 (delay) can't be made: nothing is left to delay: one C1D8 a is held on 2026-01-02: rash (change 1); resume it first"
    )
    # days 2 of a moves into the hold and is held; day 8 of a is in it and moves along
    into = amend(drawn, [held, resume("2026-01-16", "a"), delay(Where("one", 1, 2), Mode.ALL, 6, number=3)])
    assert dates(into, "a", "one", 1) == ["01-05", "01-12 held", "01-18", "01-19", "01-25", "01-26"]
    assert "; 1 entry now within a hold; 2 entries no longer within a hold; these visits" in said(drawn, into)[2]
    # what is held may be given again, and so is in the way
    assert "the date of one C1D8 a" in refused(drawn, held, delay(Where("one", 1, 2, "a"), Mode.DOSE, 6, number=2))
    # of a day of which one drug is held, the other moves
    alone = amend(drawn, [held, delay(Where("one", 1, 21), Mode.DOSE, 1, number=2)])
    assert moved(drawn, alone) == {("one", "b", 1): 1}
    some = amend(drawn, [hold("2026-02-02", "b"), delay(Where("one", 2, 16), Mode.DOSE, 1, number=2)])
    assert moved(drawn, some) == {("one", "a", 1): 1}


def test_a_drug_is_held_under_all_its_names(read: Read) -> None:
    give = (
        "{drug: a, dose: 1 mg, route: PO, days: 1}, {drug: a, id: extra, dose: 1 mg, route: PO, days: 3},"
        " {id: unnamed, drug: not-stated, dose: 1 mg, route: PO, days: 1}"
    )
    drawn = put(read(f"phases: [{{id: p, cycle: 7 days, repeat: 1, give: [{give}]}}]"))
    names = {
        name: [entry.activity for entry in amend(drawn, [hold("2026-01-05", name)]).entries if entry.status]
        for name in ("a", "extra", "unnamed", "")
    }
    assert names == {"a": ["a", "extra"], "extra": ["extra"], "unnamed": ["unnamed"], "": ["a", "unnamed", "extra"]}


# -- omit, stop, skip ---------------------------------------------------------------------------------------------


def test_omit_leaves_one_entry_out(read: Read) -> None:
    drawn = plan(read)
    after = amend(drawn, [omit(Where("one", 1, 8, "a"))])
    assert dates(after, "a", "one", 1) == ["01-05", "01-06", "01-12 omitted", "01-13", "01-19", "01-20"]
    assert entry_of(after, "a", 1, 8).why == ("omitted on 2026-01-02: wish (change 1)",)
    assert said(drawn, after) == ["change 1 on 2026-01-02 (wish): one C1D8 a (2026-01-12) omitted"]
    assert dates(amend(drawn, [omit(Where(activity="middle"))]), "middle") == ["03-01 omitted"]
    assert "one C1D8 a is not given anyway: omitted on 2026-01-02: wish (change 1)" in refused(after, omit(Where("one", 1, 8, "a"), 2))
    assert "nothing is left to delay: one C1D8 a is omitted on 2026-01-02: wish (change 1)" in refused(
        after, delay(Where("one", 1, 8, "a"), Mode.DOSE, 1, number=2)
    )
    # what is omitted is in nobody's way, and moves with the rest
    onto = amend(after, [delay(Where("one", 1, 2, "a"), Mode.DOSE, 6, number=2)])
    assert dates(onto, "a", "one", 1)[:4] == ["01-05", "01-12", "01-12 omitted", "01-13"]
    along = amend(after, [delay(Where("one", 1, 2), Mode.ALL, 1, number=2)])
    assert dates(along, "a", "one", 1)[1:4] == ["01-07", "01-13 omitted", "01-14"]


def test_an_omitted_entry_stays_omitted(read: Read) -> None:
    drawn = plan(read)
    after = amend(drawn, [hold("2026-01-05"), omit(Where("one", 1, 8, "a"), 2), resume("2026-01-12", number=3), stop("2026-01-12", 4)])
    assert dates(after, "a", "one", 1)[:4] == ["01-05 held", "01-06 held", "01-12 omitted", "01-13 stopped"]


def test_stop_ends_everything_but_visits(read: Read) -> None:
    drawn = plan(read)
    after = amend(drawn, [stop("2026-02-09")])
    assert dates(after, "a", "one", 2) == ["02-02", "02-03", *(f"02-{each} stopped" for each in ("09", "10", "16", "17"))]
    assert {entry.status for entry in after.entries if entry.phase == "two"} == {"stopped"}
    assert {entry.status for entry in after.entries if entry.phase == "after"} == {""}
    assert entry_of(after, "a", 2, 8).why == ("stopped on 2026-01-02: progress (change 1)",)
    assert said(drawn, after) == [
        "change 1 on 2026-01-02 (progress): nothing is given from 2026-02-09 on (22 entries); visits keep their dates"
    ]
    for change, words in (
        (stop("2026-02-20", 2), "treatment has ended already: nothing is given from 2026-02-09 on (change 1)"),
        (stop("2026-01-20", 2), "treatment has ended already"),
        (
            delay(Where("one", 2, 8), Mode.ALL, 1, number=2),
            "nothing is left to delay: one C2D8 a is stopped on 2026-01-02: progress (change 1)",
        ),
        (delay(Where("one", 2, 2, "a"), Mode.DOSE, 6, number=2), "one C2D2 a would be on 2026-02-09, and treatment ends: nothing is given"),
        (delay(Where("one", 2, 2), Mode.ALL, 6, number=2), "would be on 2026-02-09, and treatment ends"),
        (omit(Where("one", 2, 8, "a"), 2), "one C2D8 a is not given anyway: stopped"),
        (hold("2026-02-09", number=2), "every drug is not given on or after 2026-02-09 (the last time is 2026-02-08)"),
        (skip("two", 2), "nothing of two is left to skip: two C1D1 a is stopped"),
    ):
        assert words in refused(after, change)
    ends = amend(after, [delay(Where("one", 2, 2, "a"), Mode.DOSE, 5, number=2)])
    assert dates(ends, "a", "one", 2)[1] == "02-08"


def test_stop_after_a_delay_says_nothing_of_a_new_end(read: Read) -> None:
    drawn = plan(read)
    after = amend(drawn, [delay(Where("one", 2), Mode.ALL, 7), stop("2026-02-16", 2)])
    assert len(said(drawn, after)) == 2
    assert dates(after, "a", "one", 2) == ["02-09", "02-10", *(f"02-{each} stopped" for each in ("16", "17", "23", "24"))]
    one = amend(drawn, [delay(Where("one", 2), Mode.ALL, 7), stop("2026-03-10", 2)])
    assert said(drawn, one)[2:] == ["one ends on 2026-03-08 rather than 2026-03-01"]


def test_phases_that_wait_never_begin_after_a_stop(read: Read) -> None:
    drawn = put(read(TRANSPLANT))
    assert [(row.phase, row.activity, row.status) for row in drawn.undated] == [
        *(("graft", "b", "waiting"), ("graft", "cells", "waiting"), ("graft", "engrafted", "waiting")),
        *(("upkeep", "b", "waiting"), ("after", "end", "not-dated")),
    ]
    after = amend(drawn, [stop("2026-03-01")])  # the last dose was on 17 February
    assert [row.status for row in after.undated] == ["stopped", "stopped", "waiting", "stopped", "not-dated"]
    assert "(0 entries, and graft, upkeep not begun)" in said(drawn, after)[0]
    assert "nothing of upkeep is left to skip" in refused(after, skip("upkeep", 2))


def test_a_stop_and_rows_without_days(read: Read) -> None:
    give = "give: [{drug: a, dose: 1 mg, route: PO, days: 1}, {drug: b, dose: 1 mg, route: PO, days: not-stated}]"
    assess = "assess: [{id: look, what: L, days: not-stated}]"
    drawn = put(read(f"phases: [{{id: one, for: 28 days, {give}}}, {{id: two, for: 28 days, {give}, {assess}}}]"))
    rows = {since: [row.status for row in amend(drawn, [stop(since)]).undated] for since in ("2026-01-05", "2026-02-02")}
    assert rows == {
        "2026-01-05": ["stopped", "stopped", "not-dated"],
        "2026-02-02": ["not-dated", "stopped", "not-dated"],  # b was not yet over in phase one
    }


def test_skip_leaves_a_phase_out(read: Read) -> None:
    drawn = plan(read)
    after = amend(drawn, [omit(Where("two", 1, 8)), skip("two", 2)])
    assert dates(after, "a", "two") == ["03-02 skipped", "03-09 omitted", "03-23 skipped", "03-30 skipped"]
    assert entry_of(after, "a", 1, 1, "two").why == ("skipped on 2026-01-02: no response (change 2)",)
    assert said(drawn, after)[1] == (
        "change 2 on 2026-01-02 (no response): two left out (3 entries); what follows keeps its dates,"
        " also these visits, which are counted from it: second"
    )
    assert "nothing of two is left to skip: two C1D1 a is skipped" in refused(after, skip("two", 3))
    assert "two C1D1 a is skipped" in refused(after, delay(Where("two", 1), Mode.ALL, 1, number=3))
    assert ("two", "a", 7) not in moved(drawn, amend(after, [delay(Where("one", 1), Mode.ALL, 7, number=3)]))
    assert "a is held" not in str(amend(after, [hold("2026-01-05", "a", number=3)]).entries[-1].why)


def test_skip_a_phase_that_waits(read: Read) -> None:
    drawn = put(read(TRANSPLANT))
    after = amend(drawn, [skip("graft")])
    assert [row.status for row in after.undated if row.phase == "graft"] == ["skipped"] * 3
    assert said(drawn, after)[0].endswith("graft left out (0 entries, 3 without a date); what follows keeps its dates")
    assert "nothing of graft is left to skip" in refused(after, skip("graft", 2))
    ended = amend(after, [stop("2026-01-12", 2)])
    assert [row.status for row in ended.undated] == ["skipped", "skipped", "skipped", "stopped", "not-dated"]


def test_skip_on_the_day_a_phase_begins(read: Read) -> None:
    assert dates(amend(plan(read), [skip("two", on=day("2026-03-02"))]), "a", "two")[0] == "03-02 skipped"


def test_skip_visits(read: Read) -> None:
    after = amend(plan(read), [skip("after")])
    assert {entry.status for entry in after.entries if entry.phase == "after"} == {"skipped"}
    assert {entry.status for entry in after.entries if entry.phase != "after"} == {""}


def test_something_without_a_date_is_named_with_what_is_missing(read: Read) -> None:
    drawn = put(read(TRANSPLANT))
    message = refused(drawn, delay(Where(activity="cells"), Mode.DOSE, 1))
    assert "cells in graft has no date yet (graft waits for the date: --phase-start graft=DATE)" in message
    only = draw(read("phases: [{id: v, visits: [{id: look, what: L, at: start of treatment}]}]"), start=START)
    assert "'a' is not in the schedule (there are: none)" in refused(only, hold("2026-01-05", "a"))
    assert "every drug is not given on or after 2026-01-05" in refused(only, hold("2026-01-05"))


def test_changes_come_before_moves(read: Read) -> None:
    after = amend(plan(read), [delay(Where("one", 2), Mode.ALL, 7)])
    first = after.entries[0]
    other = replace(after, entries=(replace(first, date=first.date + timedelta(days=1)), *after.entries[1:]))
    with pytest.raises(ScheduleError, match="entries were moved after the last change; apply all changes first"):
        amend(other, [stop("2026-03-01", 2)])


# -- what holds always --------------------------------------------------------------------------------------------


def load(id: str, *proxies: str, cycles: int | None = None, **told: str) -> Schedule:
    regimen = load_regimen(id, proxy=proxies).regimen
    horizon = Horizon(cycles=cycles) if cycles else None
    return draw(regimen, start=START, horizon=horizon, starts={phase: day(text) for phase, text in told.items()})


SHIPPED = [
    load("krd-asct", "maintenance-21-of-28", "mel200-day-2", transplant="2026-08-01", maintenance="2026-10-01"),
    load("isa-kpd"),
    load("kd-twice-weekly", cycles=4),
    load("vmp", cycles=4),
    load("dkd", cycles=3),
]

SOME_SHIPPED = st.integers(0, len(SHIPPED) - 1).map(SHIPPED.__getitem__)


@st.composite
def invented(draw_one: st.DrawFn, read: Read) -> Schedule:
    phases = []
    for number in range(draw_one(st.integers(1, 3))):
        length = draw_one(st.integers(3, 28))
        chosen = st.sets(st.integers(1, length) | st.integers(-3, -1), min_size=1, max_size=5)
        give = ", ".join(
            f"{{drug: {drug}, dose: 1 mg, route: PO, days: {' '.join(map(str, sorted(draw_one(chosen))))}}}"
            for drug in draw_one(st.sampled_from(["a", "b", "ab"]))
        )
        bound = draw_one(st.sampled_from(["repeat: 2", "repeat: 3", "for: 60 days, ends: cut at the day"]))
        wait = f"waits: a date, anchor: day {draw_one(st.just(1))}, " if number and draw_one(st.booleans()) else ""
        phases.append(f"{{id: p{number}, {wait}cycle: {length} days, {bound}, give: [{give}]}}")
    visits = "{id: x, what: V, at: start of treatment + 9 days}, {id: y, what: V, at: every 9 days for 40 days after end of p0}"
    regimen = read(f"phases: [{', '.join(phases)}, {{id: v, visits: [{visits}]}}]")
    told = {phase.id: date(2026, 12, 1) + number * timedelta(days=200) for number, phase in enumerate(regimen.phases) if phase.waits}
    return draw(regimen, start=START, starts=told)


@st.composite
def some_changes(draw_one: st.DrawFn, schedule: Schedule, size: int = 4) -> list[Change]:
    """Changes at places of the schedule; some of them will be refused."""
    found: list[Change] = []
    for number in range(1, draw_one(st.integers(1, size)) + 1):
        entry = draw_one(st.sampled_from(schedule.entries))
        named = entry.activity if entry.day is None or draw_one(st.booleans()) else ""
        at = Where(entry.phase, entry.cycle, entry.day, named, entry.n if entry.day is None else None)
        since = entry.date + draw_one(st.integers(-3, 3)) * timedelta(days=1)
        drug = draw_one(st.sampled_from(["", entry.drug]))
        mode, by = draw_one(st.sampled_from(Mode)), draw_one(st.integers(1, 20))
        made: list[Change] = [
            Delay(number, ON, "r", at, mode, by),
            Delay(number, ON, "r", at, mode, None, entry.date + by * timedelta(days=1)),
            Hold(number, ON, "r", since, drug),
            Resume(number, ON, "r", since, drug),
            Omit(number, ON, "r", replace(at, activity=entry.activity)),
            Stop(number, ON, "r", since),
            Skip(number, ON, "r", entry.phase),
        ]
        found.append(made[draw_one(st.integers(0, 6) if draw_one(st.booleans()) else st.integers(0, 3))])
    return found


def accepted(schedule: Schedule, changes: list[Change]) -> list[Change]:
    """Those of the changes that can be made after those before them."""
    kept: list[Change] = []
    for change in changes:
        if not raises(schedule, *kept, change):
            kept.append(change)
    return kept


def seen(schedule: Schedule) -> list[tuple[object, ...]]:
    return [(entry.key, entry.date, entry.status, entry.planned_on) for entry in schedule.entries]


def holds_always(drawn: Schedule, changes: list[Change]) -> None:
    kept = accepted(drawn, changes)
    after = amend(drawn, kept)
    # nothing is lost and nothing doubled, in order of date
    assert Counter(entry.key for entry in after.entries) == Counter(entry.key for entry in drawn.entries)
    assert [(row.phase, row.activity) for row in after.undated] == [(row.phase, row.activity) for row in drawn.undated]
    assert all(one.date <= other.date for one, other in pairwise(after.entries))
    # one change after the other is the same as all at once
    step = drawn
    for change in kept:
        step = amend(step, [change])
    assert step == after
    assert len(said(drawn, after)) >= len(kept)
    same_order(drawn, after)
    first = {entry.key: entry.date for entry in drawn.entries}
    for entry in after.entries:
        assert entry.date >= first[entry.key]
        assert entry.planned_on == (first[entry.key] if entry.date != first[entry.key] else None)
        assert bool(entry.why) == bool(entry.planned_on or entry.status)
        held_as_told(entry, kept)


def same_order(drawn: Schedule, after: Schedule) -> None:
    """Days of one activity that were one after another still are, those left out apart."""
    first = {entry.key: entry.date for entry in drawn.entries}
    given = [entry for entry in after.entries if entry.status in ("", "held")]
    for activity in {entry.activity for entry in given}:
        mine = sorted((first[entry.key], entry.date) for entry in given if entry.activity == activity)
        for (was, now), (was_next, now_next) in pairwise(mine):
            assert was == was_next or now < now_next, activity


def held_as_told(entry: Entry, changes: list[Change]) -> None:
    """Whether an entry is held or stopped, told again from the dates alone."""
    spans: list[tuple[date, date]] = []
    for number, change in enumerate(changes):
        if isinstance(change, Hold) and entry.kind == "drug" and change.activity in ("", entry.activity):
            ends = [each.since for each in changes[number:] if isinstance(each, Resume) and each.activity in ("", entry.activity)]
            spans.append((change.since, ends[0] if ends else date.max))
    stops = [change.since for change in changes if isinstance(change, Stop) and entry.kind == "drug"]
    if entry.status in ("", "held"):
        assert (entry.status == "held") == any(since <= entry.date < until for since, until in spans)
        assert all(entry.date < since for since in stops)
    if entry.status == "stopped":
        assert entry.date >= stops[0]


@settings(max_examples=60)
@given(data=st.data())
def test_what_holds_whatever_the_changes_are(read: Read, data: st.DataObject) -> None:
    drawn = data.draw(invented(read))
    holds_always(drawn, data.draw(some_changes(drawn)))


@pytest.mark.long
@given(data=st.data())
def test_what_holds_whatever_the_changes_are_at_length(read: Read, data: st.DataObject) -> None:
    drawn = data.draw(invented(read))
    holds_always(drawn, data.draw(some_changes(drawn, 8)))


@settings(max_examples=25)
@given(data=st.data(), drawn=SOME_SHIPPED)
def test_what_holds_for_shipped_regimens(data: st.DataObject, drawn: Schedule) -> None:
    holds_always(drawn, data.draw(some_changes(drawn)))


def adds_up(drawn: Schedule, entry: Entry, a: int, b: int) -> None:
    at = Where(entry.phase, entry.cycle, entry.day, entry.activity if entry.day is None else "", entry.n if entry.day is None else None)
    for mode in Mode:
        if not raises(drawn, at_once := Delay(1, ON, "r", at, mode, a + b)):
            once = amend(drawn, [at_once])
            twice = amend(drawn, [Delay(1, ON, "r", at, mode, a), Delay(2, ON, "r", at, mode, b)])
            assert seen(once) == seen(twice)
            assert once.notes[-1] == twice.notes[-1] or len(said(drawn, once)) == 1
        else:
            assert raises(drawn, Delay(1, ON, "r", at, mode, a), Delay(2, ON, "r", at, mode, b))


@settings(max_examples=60)
@given(data=st.data(), a=st.integers(1, 20), b=st.integers(1, 20))
def test_a_delay_by_a_and_then_by_b_is_one_by_both(read: Read, data: st.DataObject, a: int, b: int) -> None:
    drawn = data.draw(invented(read))
    adds_up(drawn, data.draw(st.sampled_from(drawn.entries)), a, b)


@settings(max_examples=20)
@given(data=st.data(), drawn=SOME_SHIPPED, a=st.integers(1, 20), b=st.integers(1, 20))
def test_delays_of_shipped_regimens_add_up(data: st.DataObject, drawn: Schedule, a: int, b: int) -> None:
    adds_up(drawn, data.draw(st.sampled_from(drawn.entries)), a, b)


@settings(max_examples=60)
@given(data=st.data(), by=st.integers(1, 30))
def test_all_that_follows_moves_as_one(read: Read, data: st.DataObject, by: int) -> None:
    """In the phase itself what is on that date or later moves by as many days; nothing else in it does."""
    drawn = data.draw(invented(read) | SOME_SHIPPED)
    entry = data.draw(st.sampled_from([entry for entry in drawn.entries if entry.day is not None]))
    change = Delay(1, ON, "r", Where(entry.phase, entry.cycle, entry.day), Mode.ALL, by)
    if not raises(drawn, change):
        after = {each.key: each.date for each in amend(drawn, [change]).entries}
        for each in drawn.entries:
            shift = (after[each.key] - each.date).days
            assert shift in (0, by)
            if each.phase == entry.phase and each.day is not None:
                assert shift == (by if each.date >= entry.date else 0)


@settings(max_examples=60)
@given(data=st.data(), by=st.integers(1, 10), mode=st.sampled_from(Mode))
def test_a_delay_of_one_drug_moves_only_that_drug(read: Read, data: st.DataObject, by: int, mode: Mode) -> None:
    drawn = data.draw(invented(read) | SOME_SHIPPED)
    entry = data.draw(st.sampled_from([entry for entry in drawn.entries if entry.day is not None]))
    change = Delay(1, ON, "r", Where(entry.phase, entry.cycle, entry.day, entry.activity), mode, by)
    if not raises(drawn, change):
        assert {activity for _, activity, _ in moved(drawn, amend(drawn, [change]))} == {entry.activity}
