"""What other systems are known to get wrong when a schedule changes, tried with the regimens that are shipped."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from dosing.api import load_regimen
from dosing.errors import ScheduleError
from dosing.regimen.library import find_drug
from dosing.regimen.model import Regimen
from dosing.schedule.amend import amend
from dosing.schedule.changes import Change, Delay, Given, Hold, Mode, Where
from dosing.schedule.closed import Closed
from dosing.schedule.draw import Schedule, draw
from dosing.schedule.entries import Entry
from dosing.schedule.mover import move
from dosing.schedule.timeline import Horizon

Read = Callable[[str], Regimen]
MONDAY = date(2026, 1, 5)
NOTED = date(2027, 12, 31)
REGIMENS = ["dkd", "isa-kd", "isa-kpd", "kd-twice-weekly", "krd", "pad", "v", "vd", "vmp", "vmp-weekly"]


def shipped(id: str, *, start: date = MONDAY, cycles: int = 3) -> Schedule:
    return draw(load_regimen(id).regimen, start=start, horizon=Horizon(cycles=cycles))


def after(drawn: Schedule, *changes: Change) -> Schedule:
    return amend(drawn, changes, drug_of=lambda id: find_drug(id, regimen=drawn.regimen))


def later(at: Where, mode: Mode, days: int) -> Delay:
    return Delay(1, MONDAY, "", at, mode, days)


def given(entry: Entry, day: date) -> Given:
    return Given(1, NOTED, "", Where(entry.phase, entry.cycle, entry.day, entry.activity), day)


def doses(schedule: Schedule, drug: str) -> list[Entry]:
    return [entry for entry in schedule.entries if entry.drug == drug]


def days(schedule: Schedule, drug: str) -> list[str]:
    return [f"{entry.date:%a %d %b}" for entry in doses(schedule, drug)]


def shifts(drawn: Schedule, changed: Schedule) -> Counter[int]:
    was = {entry.key: entry.date for entry in drawn.entries}
    assert was.keys() == {entry.key for entry in changed.entries}
    return Counter((entry.date - was[entry.key]).days for entry in changed.entries)


@pytest.mark.parametrize("id", REGIMENS)
def test_this_day_only_is_not_always_refused(id: str) -> None:
    """The last dose of each drug can be delayed alone, and so can any that has a day free after it; nothing else moves."""
    drawn = shipped(id, cycles=2)
    for drug in sorted({entry.drug for entry in drawn.entries if entry.drug}):
        mine = doses(drawn, drug)
        taken = {entry.date for entry in mine}
        free = [entry for entry in mine if entry.date + timedelta(days=1) not in taken]
        for entry in free:
            changed = after(drawn, later(Where(entry.phase, entry.cycle, entry.day, entry.activity), Mode.DOSE, 1))
            assert shifts(drawn, changed) == {0: len(drawn.entries) - 1, 1: 1}


@pytest.mark.parametrize("id", REGIMENS)
def test_the_first_day_can_be_shifted(id: str) -> None:
    drawn = shipped(id)
    first = drawn.entries[0]
    changed = after(drawn, later(Where(first.phase, first.cycle, first.day), Mode.ALL, 3))
    assert changed.entries[0].date == first.date + timedelta(days=3)
    assert shifts(drawn, changed) == {3: len(drawn.entries)}


def test_the_first_dose_alone_can_be_given_later() -> None:
    drawn = shipped("vmp-weekly", cycles=1)
    first = doses(drawn, "bortezomib")[0]
    changed = after(drawn, given(first, first.date + timedelta(days=2)))
    assert changed.start == MONDAY
    assert doses(changed, "bortezomib")[0].given_on == MONDAY + timedelta(days=2)


@pytest.mark.parametrize("id", REGIMENS)
def test_a_clash_with_the_first_date_of_a_cycle_is_seen(id: str) -> None:
    """Each dose before a first day: delayed onto it, it is refused; given on it, it says so or the first day moves on."""
    drawn = shipped(id, cycles=2)
    for drug in sorted({entry.drug for entry in drawn.entries if entry.drug}):
        mine = [entry for entry in doses(drawn, drug) if entry.phase == drawn.entries[0].phase]
        second = next((entry for entry in mine if entry.cycle == 2), None)
        if not second or len({entry.activity for entry in mine}) > 1:
            continue
        last = [entry for entry in mine if entry.cycle == 1][-1]
        at = Where(last.phase, last.cycle, last.day, last.activity)
        with pytest.raises(ScheduleError, match=f"would be on {second.date}, the date of"):
            after(drawn, replace(later(at, Mode.DOSE, 1), by_days=None, to=second.date))
        changed = after(drawn, given(last, second.date))
        now = next(entry for entry in changed.entries if entry.key == second.key)
        assert now.date > second.date or any("CLASH" in text for text in now.why)


@pytest.mark.parametrize("id", REGIMENS)
def test_the_last_cycle_runs_past_the_list(id: str) -> None:
    drawn = shipped(id)
    cycle = max(entry.cycle or 0 for entry in drawn.entries)
    entry = next(entry for entry in drawn.entries if entry.cycle == cycle and entry.drug)
    changed = after(drawn, later(Where(entry.phase, cycle, entry.day), Mode.ALL, 60))
    assert shifts(drawn, changed)[60] >= len([each for each in drawn.entries if each.cycle == cycle and each.date >= entry.date])
    last = [each for each in drawn.entries if each.drug][-1]
    past = after(drawn, given(last, last.date + timedelta(days=90)))
    assert len(past.entries) == len(drawn.entries)
    assert next(each for each in past.entries if each.key == last.key).happens_on == last.date + timedelta(days=90)


@pytest.mark.parametrize("start", [date(2026, 10, 12), date(2026, 10, 19), date(2027, 3, 15)])
def test_no_day_is_lost_when_the_clocks_change(start: date) -> None:
    """In Europe on 25 October 2026 and 28 March 2027, in the United States on 1 November 2026 and 14 March 2027."""
    drawn = shipped("krd", start=start, cycles=1)
    changed = after(drawn, later(Where(cycle=1), Mode.ALL, 7))
    assert [entry.date for entry in doses(changed, "lenalidomide")] == [start + timedelta(days=7 + number) for number in range(21)]
    first = doses(shipped("vmp", start=start, cycles=1), "bortezomib")[0]
    late = after(shipped("vmp", start=start, cycles=1), given(first, start + timedelta(days=14)))
    assert [(entry.date - start).days for entry in doses(late, "bortezomib")] == [0, 17, 20, 23, 26, 29, 32, 35]


def test_day_1_and_2_never_land_on_one_monday() -> None:
    """From Saturday 3 January: days 1 and 2 on a weekend, and so are 8 and 9."""
    drawn = shipped("krd", start=date(2026, 1, 3), cycles=1)
    weekend = Closed(weekdays=frozenset({5, 6}))
    drug_of = lambda id: find_drug(id, regimen=drawn.regimen)  # noqa: E731
    expected = ["Mon 05 Jan", "Tue 06 Jan", "Mon 12 Jan", "Tue 13 Jan", "Mon 19 Jan", "Tue 20 Jan"]
    assert days(move(drawn, weekend, drug_of=drug_of).schedule, "carfilzomib") == expected
    # day 1 given on its Monday: day 2 still isn't
    first = given(doses(drawn, "carfilzomib")[0], MONDAY)
    for record in (first, replace(first, shown=MONDAY)):
        moved = doses(move(after(drawn, record), weekend, drug_of=drug_of).schedule, "carfilzomib")
        assert [f"{entry.happens_on:%a %d %b}" for entry in moved] == expected


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (1, ["02-01", "03-01", "04-01", "05-01", "06-01"]),
        (28, ["02-28", "03-28", "04-28", "05-28", "06-28"]),
    ],
)
def test_month_long_cycles_from_31_january(read: Read, by: int, expected: list[str]) -> None:
    """The last days of months stay as many days apart as they were drawn; none falls out, and none comes twice."""
    give = "{drug: a, dose: 1 mg, route: PO, days: 1}"
    drawn = draw(read(f"phases: [{{id: p, cycle: 1 month, repeat: 5, give: [{give}]}}]"), start=date(2026, 1, 31))
    assert [f"{entry.date:%m-%d}" for entry in drawn.entries] == ["01-31", "02-28", "03-31", "04-30", "05-31"]
    changed = amend(drawn, [later(Where(cycle=1), Mode.ALL, by)])
    assert [f"{entry.date:%m-%d}" for entry in changed.entries] == expected
    held = amend(changed, [Hold(2, MONDAY, "", date(2026, 3, 1), "a")])
    assert [entry.status for entry in held.entries] == ["held" if entry.date >= date(2026, 3, 1) else "" for entry in changed.entries]
