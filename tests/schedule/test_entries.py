"""What falls on which day, counted by hand."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from dosing.errors import RegimenError, ScheduleError
from dosing.regimen.choose import choose
from dosing.regimen.facts import Minutes, NoCap, Times
from dosing.regimen.library import find_regimen
from dosing.regimen.model import Regimen
from dosing.schedule.draw import Schedule, draw
from dosing.schedule.entries import Entry
from dosing.schedule.timeline import Horizon
from dosing.units import Quantity

Read = Callable[[str], Regimen]
START = "2026-01-05"


def schedule(regimen: Regimen, start: str = START, *, told: Mapping[str, str] | None = None, **more: Any) -> Schedule:
    until = more.pop("until", None)
    horizon = Horizon(more.pop("cycles", None), date.fromisoformat(until) if until else None)
    starts = {phase: date.fromisoformat(day) for phase, day in (told or {}).items()}
    return draw(regimen, start=date.fromisoformat(start), horizon=horizon, starts=starts, **more)


def of(drawn: Schedule, activity: str, phase: str = "p") -> list[Entry]:
    return [entry for entry in drawn.entries if (entry.activity, entry.phase) == (activity, phase)]


def days(drawn: Schedule, activity: str = "a", phase: str = "p") -> list[str]:
    return [f"{entry.date} {entry.when}" for entry in of(drawn, activity, phase)]


def doses(drawn: Schedule, activity: str = "a", phase: str = "p") -> list[str]:
    return [f"{entry.when} {entry.dose}" for entry in of(drawn, activity, phase)]


def phase(frame: str, *give: str, id: str = "p", more: str = "") -> str:
    """A phase whose frame is written `cycle: 28 days; repeat: 2`, its drugs as the inside of a YAML mapping."""
    framed = "".join(f"    {line}\n" for line in frame.split("; ") if line)
    given = "".join(f"      - {{{each}}}\n" for each in give)
    return f"  - id: {id}\n{framed}    give:\n{given}{more}"


def drug(rest: str, *, id: str = "a", dose: str = "10 mg") -> str:
    return f"drug: {id}, dose: {dose}, route: PO, {rest}"


def regimen(read: Read, *phases: str) -> Regimen:
    return read("phases:\n" + "".join(phases))


# -- days ---------------------------------------------------------------------------------------------------------


def test_days_of_each_cycle(read: Read) -> None:
    drawn = schedule(regimen(read, phase("cycle: 28 days; repeat: 2", drug("days: 1 8 15"))))
    assert days(drawn) == [
        "2026-01-05 C1D1",
        "2026-01-12 C1D8",
        "2026-01-19 C1D15",
        "2026-02-02 C2D1",
        "2026-02-09 C2D8",
        "2026-02-16 C2D15",
    ]


@pytest.mark.parametrize(
    ("frame", "first"),
    [
        ("cycle: 14 days; repeat: 2", ["2026-01-03 C1D-2", "2026-01-04 C1D-1", "2026-01-05 C1D1"]),
        ("cycle: 14 days; repeat: 2; day_zero: yes", ["2026-01-02 C1D-2", "2026-01-03 C1D-1", "2026-01-05 C1D1"]),
        ("cycle: 14 days; repeat: 2; anchor: day 0", ["2026-01-03 C1D-2", "2026-01-04 C1D-1", "2026-01-06 C1D1"]),
    ],
)
def test_days_before_day_1(read: Read, frame: str, first: list[str]) -> None:
    drawn = days(schedule(regimen(read, phase(frame, drug("days: -2 -1 1")))))
    assert drawn[:3] == first
    # cycle 2 begins 14 days after cycle 1, and so do its days before day 1
    fourteen = [f"{date.fromordinal(date.fromisoformat(each[:10]).toordinal() + 14)} {each[11:].replace('C1', 'C2')}" for each in first]
    assert drawn[3:] == fourteen


def test_day_zero(read: Read) -> None:
    assert days(schedule(regimen(read, phase("day_zero: yes", drug("days: -1 0 1"))))) == [
        "2026-01-03 D-1",
        "2026-01-04 D0",
        "2026-01-05 D1",
    ]


def test_a_transplant_hangs_on_day_0(read: Read) -> None:
    text = phase(
        "anchor: day 0; waits: its date", drug("days: -2 -1"), more="    assess: [{what: cells, days: 0}, {what: count, days: 11}]\n"
    )
    drawn = schedule(regimen(read, text), told={"p": "2026-08-03"})
    assert days(drawn) == ["2026-08-01 D-2", "2026-08-02 D-1"]
    assert days(drawn, "cells") == ["2026-08-03 D0"]
    assert days(drawn, "count") == ["2026-08-14 D11"]
    assert [entry.cycle for entry in drawn.entries] == [None] * 4


def test_cut_at_the_day(read: Read) -> None:
    drawn = schedule(regimen(read, phase("cycle: 28 days; for: 36 days; ends: cut at the day", drug("days: 1 8 15"))))
    assert days(drawn)[3:] == ["2026-02-02 C2D1", "2026-02-09 C2D8"]  # 9 February is day 36


def test_a_span_until_a_date_is_cut_there(read: Read) -> None:
    given = drug("days: 1-20")
    assert days(schedule(regimen(read, phase("until: 2026-01-07", given)))) == ["2026-01-05 D1", "2026-01-06 D2", "2026-01-07 D3"]
    daily = days(schedule(regimen(read, phase("until: 2026-01-07", drug("days: daily")))))
    assert daily == ["2026-01-05 D1", "2026-01-06 D2", "2026-01-07 D3"]


def test_daily_for_18_months(read: Read) -> None:
    drawn = days(schedule(regimen(read, phase("for: 18 months; ends: cut at the day", drug("days: daily"))), "2026-11-01"))
    assert (drawn[0], drawn[-1], len(drawn)) == ("2026-11-01 D1", "2028-04-30 D547", 547)  # 365 + 182 with a leap day: to 1 May 2028


def test_month_long_cycles_daily(read: Read) -> None:
    drawn = days(schedule(regimen(read, phase("cycle: 1 month; repeat: 2", drug("days: daily"))), "2026-01-31"))
    assert drawn[27:29] == ["2026-02-27 C1D28", "2026-02-28 C2D1"]
    assert (drawn[-1], len(drawn)) == ("2026-03-30 C2D31", 59)


# -- scopes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{C1: 1 8, C2+: 1}", ["C1D1", "C1D8", "C2D1", "C3D1", "C4D1", "C5D1", "C6D1", "C7D1"]),
        ("{odd: 1, even: 2}", ["C1D1", "C2D2", "C3D1", "C4D2", "C5D1", "C6D2", "C7D1"]),
        ("{every 3rd from C4: 1, else: none}", ["C4D1", "C7D1"]),
        ("{'C1,3,5-6': 1, else: none}", ["C1D1", "C3D1", "C5D1", "C6D1"]),
        ("{C1-6: none, C7+: 1-3}", ["C7D1", "C7D2", "C7D3"]),
    ],
)
def test_days_by_cycle(read: Read, written: str, expected: list[str]) -> None:
    drawn = schedule(regimen(read, phase("cycle: 14 days; repeat: 7", drug(f"days: {written}"))))
    assert [entry.when for entry in of(drawn, "a")] == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{C1: 20 mg, else: 27 mg}", ["C1D1 20 mg", "C1D2 20 mg", "C1D8 20 mg", "C2D1 27 mg", "C2D2 27 mg", "C2D8 27 mg"]),
        ("{C1 D1-2: 20 mg, else: 27 mg}", ["C1D1 20 mg", "C1D2 20 mg", "C1D8 27 mg", "C2D1 27 mg", "C2D2 27 mg", "C2D8 27 mg"]),
        ("{'D1,8': 20 mg, else: 27 mg}", ["C1D1 20 mg", "C1D2 27 mg", "C1D8 20 mg", "C2D1 20 mg", "C2D2 27 mg", "C2D8 20 mg"]),
        ("{D8: 20 mg, D1-2: 27 mg}", ["C1D1 27 mg", "C1D2 27 mg", "C1D8 20 mg", "C2D1 27 mg", "C2D2 27 mg", "C2D8 20 mg"]),
        ("{C1: not-stated, else: 27 mg}", ["C1D1 None", "C1D2 None", "C1D8 None", "C2D1 27 mg", "C2D2 27 mg", "C2D8 27 mg"]),
    ],
)
def test_doses_by_cycle_and_day(read: Read, written: str, expected: list[str]) -> None:
    assert doses(schedule(regimen(read, phase("cycle: 28 days; repeat: 2", drug("days: 1 2 8", dose=written))))) == expected


def test_every_field_of_an_entry_is_that_of_its_day(read: Read) -> None:
    given = (
        "drug: b, dose: 10 mg/m2, route: {C1: IV, else: PO}, over: {C1 D1: 60 min, else: 30 min}, days: 1 2, times: {C1: 2, C2: 3},"
        " max: {C1: 15 mg, C2: 16 mg}, bsa_cap: {C1: 2.0 m2, C2: none}, when: before breakfast, note: with water, optional: yes"
    )
    drawn = schedule(regimen(read, phase("cycle: 28 days; repeat: 2", given)))
    first, second, third, _ = of(drawn, "b")
    assert [first.drug, first.route, first.over, first.times] == ["b", "IV", Minutes(60, 60, "60 min"), Times(2)]
    assert [str(first.max), str(first.bsa_cap), first.stated("when")] == ["15 mg", "2 m2", "before breakfast"]
    assert second.over == Minutes(30, 30, "30 min")
    assert [third.route, third.times, str(third.max), third.bsa_cap] == ["PO", Times(3), "16 mg", NoCap()]
    assert [(entry.optional, entry.note) for entry in drawn.entries] == [(True, "with water")] * 4
    assert first.key == ("p", 1, 1, "b", 1)


def test_an_assessment_has_no_drug(read: Read) -> None:
    drawn = schedule(regimen(read, phase("cycle: 28 days; repeat: 1", drug("days: 1"), more="    assess: [{what: A look, days: 15}]\n")))
    (entry,) = of(drawn, "a-look")
    assert [entry.kind, entry.what, entry.drug, entry.dose, entry.route, entry.over, entry.times, entry.max, entry.bsa_cap] == [
        *("assessment", "A look", "", None, ""),
        *(None, None, None, None),
    ]


@pytest.mark.parametrize(
    ("written", "times"),
    [("times: 2", Times(2)), ("every: 12 hours", Times(2, 12)), ("every: 6 hours", Times(4, 6)), ("times: not-stated", None)],
)
def test_times_a_day(read: Read, written: str, times: Times | None) -> None:
    drawn = schedule(regimen(read, phase("cycle: 28 days; repeat: 1", drug(f"days: 1 2, {written}"))))
    assert [entry.times for entry in of(drawn, "a")] == [times, times]


# -- a rhythm of its own ------------------------------------------------------------------------------------------


def test_21_days_inside_28(read: Read) -> None:
    drawn = schedule(regimen(read, phase("cycle: 28 days; repeat: 3", drug("cycle: 21 days, days: 1"), drug("days: 1", id="b"))))
    # days 1, 22, 43, 64 of the 84, shown as the phase counts; day 85 would be the next
    assert days(drawn) == ["2026-01-05 C1D1", "2026-01-26 C1D22", "2026-02-16 C2D15", "2026-03-09 C3D8"]


def test_its_cycle_numbers_are_its_own(read: Read) -> None:
    given = drug("cycle: 21 days, days: {C1-2: 1 2, C3+: 1}", dose="{C1: 10 mg, C2+: 20 mg}")
    drawn = schedule(regimen(read, phase("cycle: 28 days; repeat: 3", given)))
    assert doses(drawn) == ["C1D1 10 mg", "C1D2 10 mg", "C1D22 20 mg", "C1D23 20 mg", "C2D15 20 mg", "C3D8 20 mg"]


def test_it_stops_at_the_last_day_of_the_phase(read: Read) -> None:
    frame = "cycle: 28 days; repeat: 2"
    # own cycle 3 begins on day 43 of 56: its days 1 and 14 are days 43 and 56, its day 15 is past the end
    drawn = schedule(regimen(read, phase(frame, drug("cycle: 21 days, days: 1 14 15"))))
    assert days(drawn)[-2:] == ["2026-02-16 C2D15", "2026-03-01 C2D28"]
    assert len(days(drawn)) == 8


def test_days_before_its_day_1(read: Read) -> None:
    drawn = schedule(regimen(read, phase("cycle: 28 days; repeat: 1", drug("cycle: 14 days, days: -1 1"))))
    assert days(drawn) == ["2026-01-04 C1D-1", "2026-01-05 C1D1", "2026-01-18 C1D14", "2026-01-19 C1D15"]


def test_its_days_are_counted_without_the_day_0_of_the_phase(read: Read) -> None:
    drawn = schedule(regimen(read, phase("cycle: 28 days; repeat: 1; day_zero: yes", drug("cycle: 14 days, days: -1 1"))))
    # day -1 is the day before its day 1; the phase calls that day 0
    assert days(drawn) == ["2026-01-04 C1D0", "2026-01-05 C1D1", "2026-01-18 C1D14", "2026-01-19 C1D15"]


def test_inside_a_span(read: Read) -> None:
    drawn = schedule(regimen(read, phase("for: 8 weeks", drug("cycle: 28 days, days: 1-2"))))
    assert days(drawn) == ["2026-01-05 D1", "2026-01-06 D2", "2026-02-02 D29", "2026-02-03 D30"]
    drawn = schedule(regimen(read, phase("until: 2026-02-02", drug("cycle: 28 days, days: weekly"))))
    assert days(drawn) == ["2026-01-05 D1", "2026-01-12 D8", "2026-01-19 D15", "2026-01-26 D22", "2026-02-02 D29"]


def test_in_months(read: Read) -> None:
    drawn = schedule(regimen(read, phase("for: 3 months", drug("cycle: 1 month, days: 1"))), "2026-01-31")
    assert days(drawn) == ["2026-01-31 D1", "2026-02-28 D29", "2026-03-31 D60"]


def test_none_in_an_open_phase_that_begins_too_late(read: Read) -> None:
    given = drug("cycle: 21 days, days: 1")
    text = regimen(
        read, phase("cycle: 28 days; repeat: 1", drug("days: 1")), phase("cycle: 28 days; repeat: open; continues: on", given, id="q")
    )
    drawn = schedule(text, until="2026-01-20")
    assert days(drawn, phase="q") == []
    assert drawn.notes == ("q continues on; drawn for 0 cycles",)


# -- order within a day -------------------------------------------------------------------------------------------


def test_order_of_a_day(read: Read) -> None:
    give = [drug("days: 1", id="a"), f"id: c, {drug('days: 1')}", drug("days: 1 2", id="b")]
    more = "    assess: [{what: look, days: 1}]\n    visits: [{what: talk, at: start of treatment}]\n"
    plain = schedule(regimen(read, phase("cycle: 28 days; repeat: 1", *give, more=more)))
    assert [entry.activity for entry in plain.entries] == ["a", "c", "b", "look", "talk", "b"]
    ordered = schedule(regimen(read, phase("cycle: 28 days; repeat: 1; order: [look, b]", *give, more=more)))
    assert [entry.activity for entry in ordered.entries] == ["look", "b", "a", "c", "talk", "b"]


def test_order_of_phases_on_one_day(read: Read) -> None:
    text = "phases:\n  - id: v\n    visits: [{what: before, at: start of treatment}]\n" + phase("for: 1 day", drug("days: 1"))
    assert [entry.activity for entry in schedule(read(text)).entries] == ["before", "a"]


# -- as last of ---------------------------------------------------------------------------------------------------


def last_of(read: Read, given: str, frame: str = "cycle: 28 days; repeat: 3", *, then: str = "") -> Regimen:
    return regimen(read, phase(frame, given), phase(f"cycle: 28 days; repeat: 1{then}", drug("days: 1 8", dose="as last of p"), id="q"))


@pytest.mark.parametrize(
    ("given", "frame", "expected"),
    [
        (drug("days: 1"), "cycle: 28 days; repeat: 3", "10 mg"),
        (drug("days: 1", dose="{C1: 10 mg, else: 20 mg}"), "cycle: 28 days; repeat: 3", "20 mg"),
        (drug("days: 1 8", dose="{C3 D8: 30 mg, else: 20 mg}"), "cycle: 28 days; repeat: 3", "30 mg"),
        (drug("days: 1 8", dose="{C3 D1: 30 mg, else: 20 mg}"), "cycle: 28 days; repeat: 3", "20 mg"),
        # not given in cycle 3: the last given day is in cycle 2
        (drug("days: {C1-2: 1 8, C3: none}", dose="{C2 D8: 30 mg, else: 20 mg}"), "cycle: 28 days; repeat: 3", "30 mg"),
        # cut on day 35, which is C2D7: day 8 of cycle 2 never comes
        (drug("days: 1 8", dose="{D1: 10 mg, D8: 20 mg}"), "cycle: 28 days; for: 35 days; ends: cut at the day", "10 mg"),
        (drug("days: 1 8", dose="{D1: 10 mg, D8: 20 mg}"), "cycle: 28 days; for: 36 days; ends: cut at the day", "20 mg"),
        # 84 days hold four cycles of 21, so its own cycle 4 is the last
        (drug("cycle: 21 days, days: 1", dose="{C1-3: 10 mg, C4+: 20 mg}"), "cycle: 28 days; repeat: 3", "20 mg"),
        (drug("cycle: 21 days, days: 1", dose="{C1-4: 10 mg, C5+: 20 mg}"), "cycle: 28 days; repeat: 3", "10 mg"),
        # where the days are not stated a dose that is the same on all of them still holds
        (drug("days: not-stated"), "cycle: 28 days; repeat: 3", "10 mg"),
        (drug("days: not-stated", dose="{C1: 10 mg, else: 20 mg}"), "cycle: 28 days; repeat: 3", "20 mg"),
        (drug("days: not-stated", dose="{C1 D1-2: 10 mg, else: 20 mg}"), "cycle: 28 days; repeat: 3", "20 mg"),
        # one span, by its days before day 1 too
        (drug("days: -2 -1 1", dose="{D1: 10 mg, else: 20 mg}"), "", "10 mg"),
        (drug("days: -2 -1", dose="{D-1: 10 mg, else: 20 mg}"), "", "10 mg"),
        # an open phase that the next one ends on 10 February, before C2D10 (11 February)
        (drug("days: 1 10", dose="{C2 D10: 30 mg, C2 D1: 20 mg, else: 10 mg}"), "cycle: 28 days; repeat: open", "20 mg"),
    ],
)
def test_as_last_of(read: Read, given: str, frame: str, expected: str) -> None:
    is_open = "open" in frame
    text = last_of(read, given, frame, then="; waits: a word" if is_open else "")
    drawn = schedule(text, told={"q": "2026-02-10"} if is_open else {})
    assert doses(drawn, phase="q") == [f"C1D1 {expected}", f"C1D8 {expected}"]
    assert not [each for each in drawn.missing if each.path == "q.a.dose"]


@pytest.mark.parametrize(
    ("given", "frame", "then"),
    [
        (drug("days: none", dose="{C1: 10 mg, else: 20 mg}"), "cycle: 28 days; repeat: 3", ""),
        (drug("days: none"), "cycle: 28 days; repeat: 3", ""),
        # over before its day
        (drug("days: 10", dose="{C1: 10 mg, else: 20 mg}"), "cycle: 28 days; for: 1 week; ends: cut at the day", ""),
        (drug("days: not-stated", dose="{D1: 10 mg, else: 20 mg}"), "cycle: 28 days; repeat: 3", ""),
        (drug("days: 1", dose="{C1-2: 10 mg, else: not-stated}"), "cycle: 28 days; repeat: 3", ""),
        (drug("days: 1", dose="not-stated"), "cycle: 28 days; repeat: 3", ""),
        (drug("days: 1, cycle: not-stated", dose="{C1: 10 mg, else: 20 mg}"), "cycle: 28 days; repeat: 3", ""),
        # it goes on, and nobody knows which cycle is its last
        (drug("days: 1", dose="{C1-2: 10 mg, else: 20 mg}"), "cycle: 28 days; repeat: open; suggest: 2", "; start: start of p + 8 weeks"),
    ],
)
def test_as_last_of_what_nobody_knows(read: Read, given: str, frame: str, then: str) -> None:
    drawn = schedule(last_of(read, given, frame, then=then))
    assert [entry.when for entry in of(drawn, "a", "q") if not isinstance(entry.dose, Quantity)] == ["C1D1", "C1D8"]
    gap = next(each for each in drawn.missing if each.path == "q.a.dose")
    assert gap.text == "q.a.dose is as last of p, which is not known"
    # where p states none either, one value serves both; else it must not reach what p says
    assert gap.remedy == ("--set a.dose=..." if "dose: not-stated" in given else "--set q.a.dose=...")


def test_as_last_of_a_phase_that_waits(read: Read) -> None:
    text = regimen(
        read,
        phase("cycle: 28 days; repeat: 2; waits: a word", drug("days: 1", dose="{C1: 10 mg, C2: 20 mg}")),
        phase("cycle: 28 days; repeat: 1; waits: a word", drug("days: 1", dose="as last of p"), id="q"),
    )
    assert [each.path for each in schedule(text, told={"q": "2026-06-01"}).missing] == ["p.start", "q.a.dose"]
    assert doses(schedule(text, told={"p": "2026-01-05", "q": "2026-06-01"}), phase="q") == ["C1D1 20 mg"]


def test_as_last_of_leads_on(read: Read) -> None:
    text = regimen(
        read,
        phase("cycle: 28 days; repeat: 2", drug("days: 1", dose="{C1: 10 mg, C2: 20 mg}")),
        phase("cycle: 28 days; repeat: 1", drug("days: 1", dose="as last of p"), id="q"),
        phase("cycle: 28 days; repeat: 1", drug("days: 1", dose="{C1: as last of q}"), id="r"),
    )
    assert doses(schedule(text), phase="r") == ["C1D1 20 mg"]


def test_as_last_of_does_not_depend_on_how_far_is_drawn(read: Read) -> None:
    text = last_of(read, drug("days: 1", dose="{C1: 10 mg, else: 20 mg}"))
    assert doses(schedule(text, cycles=1), phase="q") == ["C1D1 20 mg", "C1D8 20 mg"]
    assert doses(schedule(text, phases=["q"]), phase="q") == ["C1D1 20 mg", "C1D8 20 mg"]


# -- visits -------------------------------------------------------------------------------------------------------


def visits(read: Read, at: str, *, within: str = "v", frame: str = "cycle: 28 days; repeat: 2") -> Regimen:
    line = f"    visits: [{{id: look, what: A look, at: {at}}}]\n"
    if within == "p":
        return regimen(read, phase(frame, drug("days: 1"), more=line))
    return read("phases:\n" + phase(frame, drug("days: 1")) + f"  - id: v\n{line}")


def dates(drawn: Schedule) -> list[str]:
    return [str(entry.date) for entry in drawn.entries if entry.activity == "look"]


@pytest.mark.parametrize("within", ["v", "p"])
@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("end of p", ["2026-03-01"]),
        ("end of p + 28 days", ["2026-03-29"]),
        ("start of p + 1 week", ["2026-01-12"]),
        ("start of treatment - 2 weeks", ["2025-12-22"]),
        ("end of treatment + 30 days", ["2026-03-31"]),
        ("end of treatment + 1 month", ["2026-04-01"]),
        ("not-stated", []),
    ],
)
def test_a_visit_once(read: Read, within: str, at: str, expected: list[str]) -> None:
    assert dates(schedule(visits(read, at, within=within))) == expected


def test_a_visit_counts_from_day_0_of_a_phase_that_hangs_on_it(read: Read) -> None:
    drawn = schedule(visits(read, "start of p + 60 days", frame="anchor: day 0; waits: its date"), told={"p": "2026-08-03"})
    assert dates(drawn) == ["2026-10-02"]  # 28 days of August, 30 of September, 2


def test_every_3_months_for_3_years_after(read: Read) -> None:
    # treatment ends on 31 August 2026; each date counts from the 31st, clipped where the month is shorter; 36 months are in
    drawn = schedule(visits(read, "every 3 months for 3 years after end of treatment", frame="for: 1 month"), "2026-08-01")
    assert dates(drawn) == [
        *("2026-11-30", "2027-02-28", "2027-05-31", "2027-08-31"),
        *("2027-11-30", "2028-02-29", "2028-05-31", "2028-08-31"),
        *("2028-11-30", "2029-02-28", "2029-05-31", "2029-08-31"),
    ]
    assert [entry.n for entry in drawn.entries if entry.activity == "look"] == list(range(1, 13))


def test_every_week_for_2_months_from(read: Read) -> None:
    # from the day itself; 2 months after 5 January 2026 is 5 March, a Thursday, and the last Monday before it 2 March
    drawn = schedule(visits(read, "every week for 2 months from start of treatment"))
    assert dates(drawn) == [
        *("2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26"),
        *("2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23", "2026-03-02"),
    ]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        # 28 days from 1 February 2026 end on 1 March itself
        ("every 4 weeks for 1 month from start of treatment", ["2026-02-01"]),
        ("every 4 weeks for 1 month after start of treatment", ["2026-03-01"]),
        ("every 27 days for 1 month from start of treatment", ["2026-02-01", "2026-02-28"]),
        ("every 29 days for 2 months after start of treatment", ["2026-03-02", "2026-03-31"]),
        ("every month for 1 month from start of treatment + 1 week", ["2026-02-08"]),
        ("every month for 2 months after start of treatment + 1 week", ["2026-03-08", "2026-04-08"]),
    ],
)
def test_the_end_of_a_series(read: Read, at: str, expected: list[str]) -> None:
    assert dates(schedule(visits(read, at), "2026-02-01")) == expected


def test_the_end_of_treatment_is_that_of_the_last_phase_that_gives_a_drug(read: Read) -> None:
    text = read(
        "phases:\n"
        + phase("for: 4 days", drug("days: 1"))
        + phase("for: 6 days", drug("days: 1"), id="q")
        + "  - id: w\n    for: 5 days\n    assess: [{what: rest, days: 1}]\n"
        + "  - id: v\n    visits: [{id: look, what: A look, at: end of treatment}]\n"
    )
    assert dates(schedule(text)) == ["2026-01-14"]


@pytest.mark.parametrize("frame", ["cycle: 28 days; repeat: open; suggest: 2", "cycle: 28 days; repeat: 2; waits: a word"])
def test_the_end_of_treatment_is_not_known(read: Read, frame: str) -> None:
    drawn = schedule(visits(read, "end of treatment + 30 days", frame=frame))
    assert dates(drawn) == []
    assert [(each.activity, each.status) for each in drawn.undated if each.phase == "v"] == [("look", "not-dated")]


def test_without_any_drug_treatment_has_no_end(read: Read) -> None:
    text = "phases:\n  - id: w\n    for: 5 days\n    assess: [{what: rest, days: 1}]\n"
    assert dates(schedule(read(text + "    visits: [{id: look, what: A look, at: end of treatment}]\n"))) == []


def test_the_date_told_for_a_phase_of_visits_replaces_the_day_they_count_from(read: Read) -> None:
    told = {"v": "2027-01-31"}
    assert dates(schedule(visits(read, "end of treatment"), told=told)) == ["2027-01-31"]
    assert dates(schedule(visits(read, "end of treatment + 1 month"), told=told)) == ["2027-02-28"]
    series = "every 2 months for 4 months after end of treatment"
    assert dates(schedule(visits(read, series), told=told)) == ["2027-03-31", "2027-05-31"]
    is_open = "cycle: 28 days; repeat: open; suggest: 2"
    assert dates(schedule(visits(read, series, frame=is_open), told=told)) == ["2027-03-31", "2027-05-31"]


def test_visits_of_a_phase_that_waits_are_not_lost(read: Read) -> None:
    more = "    visits: [{what: known, at: start of treatment + 1 week}, {what: unknown, at: end of q + 1 day}]\n"
    text = regimen(read, phase("for: 10 days", drug("days: 1")), phase("waits: a word", drug("days: 1"), id="q", more=more))
    drawn = schedule(text)
    assert [(entry.activity, str(entry.date)) for entry in drawn.entries if entry.phase == "q"] == [("known", "2026-01-12")]
    assert [(each.activity, each.status, each.missing.path) for each in drawn.undated] == [
        ("a", "waiting", "q.start"),
        ("unknown", "waiting", "q.start"),
    ]
    assert [each.path for each in drawn.missing] == ["q.start"]
    assert dates(schedule(text, told={"q": "2026-02-01"})) == []
    assert [str(entry.date) for entry in schedule(text, told={"q": "2026-02-01"}).entries if entry.activity == "unknown"] == ["2026-02-02"]


# -- what is drawn ------------------------------------------------------------------------------------------------


def test_cycles_and_until_leave_out_what_lies_beyond(read: Read) -> None:
    text = regimen(read, phase("cycle: 28 days; repeat: 3", drug("days: 1 8")))
    assert [entry.when for entry in schedule(text, cycles=2).entries] == ["C1D1", "C1D8", "C2D1", "C2D8"]
    assert [entry.when for entry in schedule(text, until="2026-02-09").entries] == ["C1D1", "C1D8", "C2D1", "C2D8"]
    assert [entry.when for entry in schedule(text, until="2026-02-08").entries] == ["C1D1", "C1D8", "C2D1"]
    (note,) = schedule(text, cycles=2).notes
    assert "2 of its 3 cycles" in note
    assert schedule(text, cycles=3).notes == ()


def test_the_last_day_drawn_is_not_before_the_start(read: Read) -> None:
    text = regimen(read, phase("cycle: 28 days; repeat: 3", drug("days: 1 8")))
    assert len(schedule(text, until=START).entries) == 1
    with pytest.raises(ScheduleError, match="nothing can be drawn until 2026-01-04, which is before the start on 2026-01-05"):
        schedule(text, until="2026-01-04")


def test_only_some_phases(read: Read) -> None:
    text = regimen(read, phase("for: 10 days", drug("days: 1")), phase("for: 10 days", drug("days: 1"), id="q"))
    drawn = schedule(text, phases=["q"])
    assert [(entry.phase, str(entry.date)) for entry in drawn.entries] == [("q", "2026-01-15")]
    assert list(drawn.phases) == ["q"]
    with pytest.raises(ScheduleError, match=r"invented has no phase 'r' \(phases: p, q\)"):
        schedule(text, phases=["r"])


def test_notes(read: Read) -> None:
    text = read(
        "phases:\n"
        + phase(
            "if: a response; cycle: 28 days; repeat: open; suggest: 1; continues: until it ends",
            "drug: a, dose: {value: 10 mg, because: our reading}, route: PO, days: {value: 1, unverified: yes}",
            "drug: b, dose: {value: 10 mg, because: so heard, unverified: yes}, route: PO, days: {value: 1, because: our reading}",
        )
        + "variants: {v1: {title: One, set: {a.dose: 11 mg}}}\n"
        + "proxies: {x1: {title: Other, source: s, because: no days, unverified: yes, set: {a.days: 2}}}\n"
    )
    *readings, condition, goes_on = schedule(text).notes
    assert sorted(readings) == ["p.a.days: UNVERIFIED 1", "p.a.dose, p.b.days: our reading [s]", "p.b.dose: UNVERIFIED 10 mg: so heard"]
    assert (condition, goes_on) == (
        "p: only if a response",
        "p continues until it ends; drawn for 1 cycle, to 2026-02-01",
    )
    chosen = choose(text, variants=["v1"], proxies=["x1"], values={"b.dose": "5 mg"})
    variant, proxy, *readings, condition, goes_on = schedule(chosen, cycles=2).notes
    assert (variant, proxy) == ("variant v1 [s]: One", "UNVERIFIED proxy x1 [s]: Other (no days)")
    assert sorted(readings) == ["p.b.days: our reading [s]", "p.b.dose: 5 mg (given by the user)"]
    assert (condition, goes_on) == (
        "p: only if a response",
        "p continues until it ends; drawn for 2 cycles, to 2026-03-01",
    )


def test_notes_of_the_regimen_and_of_a_number_of_cycles_that_may_be_smaller(read: Read) -> None:
    text = read("notes: [Only in hospital.]\nphases:\n" + phase("cycle: 7 days; repeat: up to 3", drug("days: 1")))
    first, fewer = schedule(text).notes
    assert first == "Only in hospital."
    assert "up to 3 cycles" in fewer
    *_, again, cut = schedule(text, cycles=2).notes
    assert again == fewer
    assert "2 of its 3 cycles" in cut


def test_a_regimen_made_from_another_needs_it() -> None:
    with pytest.raises(RegimenError, match="cfz-for-bortezomib is made from another regimen: name the one with bortezomib"):
        schedule(find_regimen("cfz-for-bortezomib"))
