"""Phases and cycles on the calendar, every date counted by hand."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from dosing.errors import ScheduleError
from dosing.regimen.model import Regimen
from dosing.schedule.calendar import shift
from dosing.schedule.timeline import MAX_CYCLES, Horizon, Placed, place

Read = Callable[[str], Regimen]
GIVE = "    give: [{drug: a, dose: 10 mg, route: PO, days: 1}]\n"


def one(text: str) -> str:
    """One phase `p` with these lines, its drug given on day 1."""
    return f"phases:\n  - id: p\n{lines(text)}{GIVE}"


def lines(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.split("; "))


def put(
    regimen: Regimen, start: str, *, cycles: int | None = None, until: str | None = None, told: dict[str, str] | None = None
) -> dict[str, Placed]:
    horizon = Horizon(cycles, date.fromisoformat(until) if until else None)
    starts = {phase: date.fromisoformat(day) for phase, day in (told or {}).items()}
    return place(regimen, start=date.fromisoformat(start), horizon=horizon, starts=starts)


def span(placed: Placed) -> tuple[str, str, int]:
    return str(placed.first), str(placed.last), len(placed.cycles)


def firsts(placed: Placed) -> list[str]:
    return [str(cycle.first) for cycle in placed.cycles]


# -- bounded phases -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bounds", "start", "expected"),
    [
        ("cycle: 28 days; repeat: 6", "2026-01-05", ("2026-01-05", "2026-06-21", 6)),  # 168 days
        ("cycle: 28 days; repeat: up to 6", "2026-01-05", ("2026-01-05", "2026-06-21", 6)),
        ("cycle: 3 weeks; repeat: 1", "2026-01-05", ("2026-01-05", "2026-01-25", 1)),
        # 24 months from 22 June 2026 end on 22 June 2028, day 732; 26 cycles are 728 days
        ("cycle: 28 days; for: 24 months", "2026-06-22", ("2026-06-22", "2028-06-18", 26)),
        ("cycle: 28 days; for: up to 2 years", "2026-06-22", ("2026-06-22", "2028-06-18", 26)),
        ("cycle: 28 days; for: 24 months; ends: cut at the day", "2026-06-22", ("2026-06-22", "2028-06-21", 27)),
        # 12 cycles of 61 days are 732 days: the last day is the anniversary itself, and the cycle is in
        ("cycle: 61 days; for: 24 months", "2026-06-22", ("2026-06-22", "2028-06-22", 12)),
        # without a leap day the 12th would end one day after the anniversary, and is out
        ("cycle: 61 days; for: 24 months", "2025-06-22", ("2025-06-22", "2027-04-23", 11)),
        ("cycle: 61 days; for: 24 months; ends: cut at the day", "2025-06-22", ("2025-06-22", "2027-06-21", 12)),
        # a length in days: the day after 84 days would be the "same day later", so a cycle may end on it
        ("cycle: 28 days; for: 12 weeks", "2026-01-05", ("2026-01-05", "2026-03-29", 3)),
        ("cycle: 17 days; for: 50 days", "2026-01-01", ("2026-01-01", "2026-02-20", 3)),  # day 51 is 50 days after day 1
        ("cycle: 17 days; for: 49 days", "2026-01-01", ("2026-01-01", "2026-02-03", 2)),
        ("cycle: 28 days; for: 12 weeks; ends: cut at the day", "2026-01-05", ("2026-01-05", "2026-03-29", 3)),
        ("cycle: 28 days; for: 85 days; ends: cut at the day", "2026-01-05", ("2026-01-05", "2026-03-30", 4)),
        # until a date, which is still in
        ("cycle: 10 days; until: 2027-06-30", "2027-06-01", ("2027-06-01", "2027-06-30", 3)),
        ("cycle: 10 days; until: 2027-06-29", "2027-06-01", ("2027-06-01", "2027-06-20", 2)),
        ("cycle: 10 days; until: 2027-06-29; ends: whole cycles", "2027-06-01", ("2027-06-01", "2027-06-20", 2)),
        ("cycle: 10 days; until: 2027-06-30; ends: cut at the day", "2027-06-01", ("2027-06-01", "2027-06-30", 3)),
        ("cycle: 10 days; until: 2027-06-29; ends: cut at the day", "2027-06-01", ("2027-06-01", "2027-06-29", 3)),
        ("cycle: 10 days; until: 2027-06-21; ends: cut at the day", "2027-06-01", ("2027-06-01", "2027-06-21", 3)),
        ("cycle: 10 days; until: 2027-06-20; ends: cut at the day", "2027-06-01", ("2027-06-01", "2027-06-20", 2)),
        ("cycle: 10 days; until: 2027-06-01; ends: cut at the day", "2027-06-01", ("2027-06-01", "2027-06-01", 1)),
        # one span without cycles
        ("for: 18 months", "2026-11-01", ("2026-11-01", "2028-04-30", 1)),
        ("for: 1 month", "2026-01-31", ("2026-01-31", "2026-02-27", 1)),
        ("for: 5 days; ends: cut at the day", "2026-01-31", ("2026-01-31", "2026-02-04", 1)),
        ("until: 2026-03-01", "2026-01-31", ("2026-01-31", "2026-03-01", 1)),
        ("until: 2026-01-31", "2026-01-31", ("2026-01-31", "2026-01-31", 1)),
    ],
)
def test_bounded(read: Read, bounds: str, start: str, expected: tuple[str, str, int]) -> None:
    placed = put(read(one(bounds)), start)["p"]
    assert span(placed) == expected
    assert placed.end == placed.last
    assert str(placed.anchor) == start
    assert not placed.continues


@pytest.mark.parametrize(
    ("bounds", "start", "text"),
    [
        ("cycle: 42 days; for: 1 month", "2026-01-05", "over by 2026-02-05: it holds no whole cycle"),
        ("cycle: 10 days; until: 2026-01-13", "2026-01-05", "no whole cycle"),
        ("cycle: 10 days; until: 2026-01-04; ends: cut at the day", "2026-01-05", "by 2026-01-04: it holds no day"),
        ("until: 2026-01-04", "2026-01-05", "p would start on 2026-01-05 and be over by 2026-01-04: it holds no day"),
    ],
)
def test_a_phase_that_holds_nothing_is_not_passed_over_in_silence(read: Read, bounds: str, start: str, text: str) -> None:
    with pytest.raises(ScheduleError, match=text):
        put(read(one(bounds)), start)


@pytest.mark.parametrize(
    ("cycle", "start", "first_days", "last"),
    [
        # each month counts from the 31st itself
        ("1 month", "2026-01-31", ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"], "2026-05-30"),
        ("1 month", "2028-01-30", ["2028-01-30", "2028-02-29", "2028-03-30", "2028-04-30"], "2028-05-29"),
        ("2 months", "2026-12-31", ["2026-12-31", "2027-02-28", "2027-04-30", "2027-06-30"], "2027-08-30"),
        ("{C1-2: 42 days, C3+: 28 days}", "2026-01-05", ["2026-01-05", "2026-02-16", "2026-03-30", "2026-04-27"], "2026-05-24"),
        ("{odd: 10 days, else: 20 days}", "2026-01-05", ["2026-01-05", "2026-01-15", "2026-02-04", "2026-02-14"], "2026-03-05"),
        ("{C1-2: 1 month, C3+: 10 days}", "2026-01-31", ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-10"], "2026-04-19"),
        # after a cycle of days months count from where it ended
        ("{C1: 10 days, else: 1 month}", "2026-01-21", ["2026-01-21", "2026-01-31", "2026-02-28", "2026-03-31"], "2026-04-29"),
    ],
)
def test_lengths_of_cycles(read: Read, cycle: str, start: str, first_days: list[str], last: str) -> None:
    placed = put(read(one(f"cycle: {cycle}; repeat: 4")), start)["p"]
    assert firsts(placed) == first_days
    assert [each.number for each in placed.cycles] == [1, 2, 3, 4]
    assert str(placed.last) == last
    assert all(shift(each.last, 1) == following.first for each, following in pairwise(placed.cycles))


def test_a_cycle_knows_its_last_day(read: Read) -> None:
    placed = put(read(one("cycle: 1 month; repeat: 2")), "2026-01-31")["p"]
    assert [str(cycle.last) for cycle in placed.cycles] == ["2026-02-27", "2026-03-30"]


def test_a_horizon_does_not_lengthen_or_shorten_a_bounded_phase(read: Read) -> None:
    regimen = read(one("cycle: 28 days; repeat: 2"))
    horizons: list[dict[str, Any]] = [{"cycles": 5}, {"cycles": 1}, {"until": "2030-01-01"}, {"until": "2026-01-10"}]
    for far in horizons:
        assert span(put(regimen, "2026-01-05", **far)["p"]) == ("2026-01-05", "2026-03-01", 2)


# -- open phases --------------------------------------------------------------------------------------------------

OPEN = one("cycle: 28 days; repeat: open")


@pytest.mark.parametrize(
    ("far", "expected"),
    [
        ({"cycles": 1}, ("2026-01-05", "2026-02-01", 1)),
        ({"cycles": 3}, ("2026-01-05", "2026-03-29", 3)),
        ({"until": "2026-02-01"}, ("2026-01-05", "2026-02-01", 1)),
        ({"until": "2026-02-02"}, ("2026-01-05", "2026-03-01", 2)),  # cycle 2 begins on it
        ({"until": "2026-01-05"}, ("2026-01-05", "2026-02-01", 1)),
        ({"cycles": 1, "until": "2026-12-31"}, ("2026-01-05", "2026-02-01", 1)),
        ({"cycles": 9, "until": "2026-02-02"}, ("2026-01-05", "2026-03-01", 2)),
    ],
)
def test_open(read: Read, far: dict[str, Any], expected: tuple[str, str, int]) -> None:
    placed = put(read(OPEN), "2026-01-05", **far)["p"]
    assert span(placed) == expected
    assert placed.continues
    assert placed.end is None


def test_open_and_beginning_after_the_last_day_drawn(read: Read) -> None:
    placed = put(read(OPEN), "2026-01-05", until="2026-01-04")["p"]
    assert (placed.cycles, placed.last, placed.continues) == ((), None, True)


def test_a_cycle_begins_with_its_days_before_day_1(read: Read) -> None:
    days = "give: [{drug: a, dose: 10 mg, route: PO, days: -2 1}, {drug: b, dose: 10 mg, route: PO, cycle: 7 days, days: -5 1}]\n"
    regimen = read(f"phases:\n  - id: p\n{lines('cycle: 28 days; repeat: open')}    {days}")
    # day -2 of cycle 2 is 31 January; without a day 0 there are two days from it to 2 February
    assert len(put(regimen, "2026-01-05", until="2026-01-30")["p"].cycles) == 1
    assert len(put(regimen, "2026-01-05", until="2026-01-31")["p"].cycles) == 2


def test_open_as_far_as_suggested_unless_told_otherwise(read: Read) -> None:
    regimen = read(one("cycle: 28 days; repeat: open; suggest: 4"))
    assert span(put(regimen, "2026-01-05")["p"]) == ("2026-01-05", "2026-04-26", 4)
    assert len(put(regimen, "2026-01-05", cycles=6)["p"].cycles) == 6
    assert len(put(regimen, "2026-01-05", until="2026-02-02")["p"].cycles) == 2
    assert len(put(regimen, "2026-01-05", until="2026-05-25")["p"].cycles) == 6  # 140 days later, the day 1 of cycle 6
    assert put(regimen, "2026-01-05")["p"].continues


def test_an_open_phase_that_is_not_wanted_needs_no_horizon(read: Read) -> None:
    """What comes before it is drawn; what comes after still has no start, for nobody knows its end."""
    regimen = read(
        "phases:\n"
        "  - {id: first, cycle: 28 days, repeat: 2, give: [{drug: a, dose: 1 mg, route: PO, days: 1}]}\n"
        "  - {id: second, cycle: 28 days, repeat: open, give: [{drug: b, dose: 1 mg, route: PO, days: 1}]}\n"
        "  - {id: third, cycle: 28 days, repeat: 1, give: [{drug: b, dose: 1 mg, route: PO, days: 1}]}\n"
    )
    placed = place(regimen, start=date(2026, 1, 5), horizon=Horizon(), starts={}, wanted=["first", "third"])
    assert (placed["first"].last, placed["third"].missing) == (date(2026, 3, 1), "start")
    with pytest.raises(ScheduleError, match="second has no stated end"):
        place(regimen, start=date(2026, 1, 5), horizon=Horizon(), starts={}, wanted=["second"])


@pytest.mark.parametrize("bound", ["repeat: open", "repeat: not-stated", "for: not-stated", "until: not-stated"])
def test_open_without_a_horizon(read: Read, bound: str) -> None:
    regimen = read(one(f"cycle: 28 days; {bound}"))
    with pytest.raises(ScheduleError, match="p has no stated end; say how far to draw with --cycles N or --until DATE"):
        put(regimen, "2026-01-05")
    placed = put(regimen, "2026-01-05", cycles=2)["p"]
    assert span(placed) == ("2026-01-05", "2026-03-01", 2)
    assert placed.continues


@pytest.mark.parametrize("bounds", ["repeat: open", f"repeat: {MAX_CYCLES}", f"for: {MAX_CYCLES} days; ends: cut at the day"])
def test_two_thousand_cycles_are_drawn(read: Read, bounds: str) -> None:
    placed = put(read(one(f"cycle: 1 day; {bounds}")), "2026-01-01", until="2031-06-23")["p"]  # 5 years of 365, a leap day, 174 days
    assert len(placed.cycles) == MAX_CYCLES == 2_000
    assert str(placed.last) == "2031-06-23"


@pytest.mark.parametrize("bounds", ["repeat: open", "repeat: 2001", "for: 2001 days; ends: cut at the day", "until: 2031-06-24"])
def test_more_are_refused(read: Read, bounds: str) -> None:
    with pytest.raises(ScheduleError, match="p would have more than 2000 cycles"):
        put(read(one(f"cycle: 1 day; {bounds}")), "2026-01-01", until="2031-06-24")


TWO = f"{OPEN}  - id: q\n    waits: a word\n    cycle: 7 days\n    repeat: 1\n{GIVE}"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-02-02", ("2026-01-05", "2026-02-01", 1)),
        ("2026-02-03", ("2026-01-05", "2026-02-02", 2)),  # cut in cycle 2
        ("2026-01-06", ("2026-01-05", "2026-01-05", 1)),
    ],
)
@pytest.mark.parametrize("far", [{}, {"cycles": 1}, {"until": "2026-01-07"}])
def test_open_until_the_day_told_for_the_next_phase(read: Read, day: str, expected: tuple[str, str, int], far: dict[str, Any]) -> None:
    placed = put(read(TWO), "2026-01-05", told={"q": day}, **far)
    assert span(placed["p"]) == expected
    assert placed["p"].end == placed["p"].last
    assert str(placed["q"].first) == day


@pytest.mark.parametrize("day", ["2026-01-05", "2026-01-04", "2025-06-01"])
def test_the_next_phase_can_t_begin_before_an_open_one_has(read: Read, day: str) -> None:
    with pytest.raises(ScheduleError, match=f"after p can't start on {day}: p itself starts on 2026-01-05"):
        put(read(TWO), "2026-01-05", told={"q": day})


def test_visits_do_not_end_an_open_phase(read: Read) -> None:
    regimen = read(f"{OPEN}  - id: v\n    visits: [{{what: look, at: end of treatment + 30 days}}]\n")
    placed = put(regimen, "2026-01-05", cycles=2, told={"v": "2026-01-20"})
    assert len(placed["p"].cycles) == 2
    assert str(placed["v"].anchor) == "2026-01-20"


# -- one phase after another --------------------------------------------------------------------------------------


def phases(*each: str) -> str:
    return "phases:\n" + "".join(f"  - id: {text.partition('; ')[0]}\n{lines(text.partition('; ')[2])}{GIVE}" for text in each)


def test_phases_follow_each_other_the_day_after(read: Read) -> None:
    regimen = read(
        "phases:\n  - id: screening\n    visits: [{what: look, at: not-stated}]\n"
        + phases("x; cycle: 28 days; repeat: 2", "y; for: 10 days", "z; cycle: 7 days; repeat: 1").removeprefix("phases:\n")
    )
    placed = put(regimen, "2026-01-05")
    assert placed["screening"].anchor is None
    assert span(placed["x"]) == ("2026-01-05", "2026-03-01", 2)
    assert span(placed["y"]) == ("2026-03-02", "2026-03-11", 1)
    assert span(placed["z"]) == ("2026-03-12", "2026-03-18", 1)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("end of x + 28 days", "2026-03-29"),
        ("end of x + 1 day", "2026-03-02"),
        ("end of x + 1 month", "2026-04-01"),
        ("start of x + 8 weeks", "2026-03-02"),
        ("start of treatment + 3 months", "2026-04-05"),
    ],
)
def test_start(read: Read, start: str, expected: str) -> None:
    placed = put(read(phases("x; cycle: 28 days; repeat: 2", f"y; start: {start}; cycle: 7 days; repeat: 1")), "2026-01-05")
    assert str(placed["y"].first) == expected


@pytest.mark.parametrize("start", ["end of x", "start of x", "start of x + 55 days", "end of x - 1 week"])
def test_start_before_the_end_of_an_earlier_phase(read: Read, start: str) -> None:
    with pytest.raises(ScheduleError, match=r"y can't start on .*: x runs until 2026-03-01 .*--set x\.repeat=N"):
        put(read(phases("x; cycle: 28 days; repeat: 2", f"y; start: {start}; cycle: 7 days; repeat: 1")), "2026-01-05")


def test_told_dates(read: Read) -> None:
    regimen = read(phases("x; cycle: 28 days; repeat: 2", "y; waits: a word; cycle: 7 days; repeat: 1", "z; cycle: 7 days; repeat: 1"))
    waiting = put(regimen, "2026-01-05")
    assert (waiting["y"].missing, waiting["y"].first, waiting["y"].end) == ("start", None, None)
    assert waiting["z"].missing == "start"
    told = put(regimen, "2026-01-05", told={"y": "2026-03-02"})
    assert span(told["y"]) == ("2026-03-02", "2026-03-08", 1)
    assert span(told["z"]) == ("2026-03-09", "2026-03-15", 1)
    with pytest.raises(ScheduleError, match="y can't start on 2026-03-01: x runs until 2026-03-01"):
        put(regimen, "2026-01-05", told={"y": "2026-03-01"})
    with pytest.raises(ScheduleError, match="z can't start on 2026-03-08: y runs until 2026-03-08"):
        put(regimen, "2026-01-05", told={"y": "2026-03-02", "z": "2026-03-08"})


def test_the_first_phase_can_be_told_another_start(read: Read) -> None:
    placed = put(read(phases("x; cycle: 28 days; repeat: 1")), "2026-01-05", told={"x": "2026-01-12"})
    assert span(placed["x"]) == ("2026-01-12", "2026-02-08", 1)


def test_an_unknown_phase_can_t_be_told(read: Read) -> None:
    with pytest.raises(ScheduleError, match=r"invented has no phase 'z' to start .*\(phases: p\)"):
        put(read(OPEN), "2026-01-05", cycles=1, told={"z": "2026-01-05"})


@pytest.mark.parametrize("start", ["not-stated", "end of x + 28 days"])
def test_a_start_that_nobody_knows(read: Read, start: str) -> None:
    regimen = read(phases("x; cycle: not-stated; repeat: 2", f"y; start: {start}; cycle: 7 days; repeat: 1"))
    placed = put(regimen, "2026-01-05")
    assert (placed["x"].missing, str(placed["x"].first), placed["x"].last) == ("cycle", "2026-01-05", None)
    assert placed["y"].missing == "start"


def test_after_an_open_phase_the_next_has_no_start(read: Read) -> None:
    regimen = read(phases("x; cycle: 7 days; repeat: open", "y; cycle: 7 days; repeat: 1"))
    assert put(regimen, "2026-01-05", cycles=2)["y"].missing == "start"


@pytest.mark.parametrize("bound", ["for", "until"])
def test_a_span_of_unknown_length_is_not_drawn(read: Read, bound: str) -> None:
    placed = put(read(phases(f"x; {bound}: not-stated", "y; cycle: 7 days; repeat: 1")), "2026-01-05")
    assert (placed["x"].missing, placed["x"].end) == (bound, None)
    assert placed["y"].missing == "start"


def test_a_cycle_of_unknown_length_in_part_is_not_drawn(read: Read) -> None:
    assert put(read(one("cycle: {C1: 28 days, else: not-stated}; repeat: 2")), "2026-01-05")["p"].missing == "cycle"


def test_a_cycle_without_a_length_is_refused_where_check_was_not_asked(read: Read) -> None:
    whole = read(one("cycle: {C1: 28 days, else: 14 days}; repeat: 2"))
    phase = whole.phases[0]
    assert phase.cycle
    object.__setattr__(phase.cycle, "rules", phase.cycle.rules[:1])
    with pytest.raises(ScheduleError, match=r"p\.cycle: the length of cycle 2 is nowhere stated"):
        put(whole, "2026-01-05")


# -- phases without cycles ----------------------------------------------------------------------------------------


def single(days: str, *extra: str) -> str:
    give = f"[{{drug: a, dose: 10 mg, route: PO, days: {days}}}, {{drug: b, dose: 10 mg, route: PO, days: not-stated}}]"
    return f"phases:\n  - id: t\n{lines('; '.join(extra)) if extra else ''}    give: {give}\n  - id: q\n    for: 7 days\n{GIVE}"


@pytest.mark.parametrize(
    ("days", "extra", "first", "last"),
    [
        ("1-4", (), "2026-08-03", "2026-08-06"),
        ("1", (), "2026-08-03", "2026-08-03"),
        ("-2 1 3", (), "2026-08-03", "2026-08-05"),
        ("-3 -2", ("day_zero: yes",), "2026-08-03", "2026-07-31"),
        ("none", (), "2026-08-03", "2026-08-03"),
        # the date is that of day 0, so day 1 is the next one
        ("-2 0", ("anchor: day 0",), "2026-08-04", "2026-08-03"),
        ("-2 0 11", ("anchor: day 0",), "2026-08-04", "2026-08-14"),
        ("-2 1", ("anchor: day 1",), "2026-08-03", "2026-08-03"),
        ("none", ("anchor: day 0",), "2026-08-04", "2026-08-03"),
        ("1-5", ("anchor: day 0", "for: 10 days"), "2026-08-04", "2026-08-13"),
    ],
)
def test_single(read: Read, days: str, extra: tuple[str, ...], first: str, last: str) -> None:
    placed = put(read(single(days, *extra)), "2026-08-03")
    assert span(placed["t"]) == (first, last, 1)
    assert str(placed["t"].anchor) == "2026-08-03"
    assert (placed["q"].first or date.min) - date.fromisoformat(last) == date.resolution


def test_a_cyclic_phase_can_be_named_by_its_day_0(read: Read) -> None:
    placed = put(read(one("cycle: 28 days; repeat: 1; anchor: day 0")), "2026-08-03")["p"]
    assert (str(placed.anchor), *span(placed)) == ("2026-08-03", "2026-08-04", "2026-08-31", 1)
