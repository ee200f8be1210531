"""How many cycles, how long, and which of their days."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from dosing.days import parse_scope
from dosing.regimen import grid
from dosing.regimen.check import problems_of
from dosing.regimen.facts import Fact, Length, Scoped
from dosing.regimen.model import Regimen
from dosing.regimen.read import read_regimen

Read = Callable[[str], Regimen]


@pytest.mark.parametrize(
    ("frame", "count", "lengths"),
    [
        ("cycle: 28 days, repeat: 6", 6, ["28 days", "28 days"]),
        ("cycle: '{C1: 42 days, else: 28 days}', repeat: up to 3", 3, ["42 days", "28 days"]),
        ("cycle: not-stated, repeat: open", None, [None, None]),
        ("cycle: 1 month, repeat: not-stated", None, ["1 month", "1 month"]),
        ("cycle: 7 days, for: 6 weeks", None, ["7 days", "7 days"]),
        ("for: 6 weeks", None, [None, None]),
    ],
)
def test_cycles(read: Read, frame: str, count: int | None, lengths: list[str | None]) -> None:
    give = "give: [{drug: a, dose: 10 mg, route: PO, days: 1}]"
    (phase,) = read(f"phases: [{{id: p, {frame.replace(chr(39), '')}, {give}}}]").phases
    assert grid.cycle_count(phase) == count
    assert [length and str(length) for length in (grid.cycle_length(phase, cycle) for cycle in (1, 2))] == lengths


@pytest.mark.parametrize(
    ("length", "fewest"), [(Length(days=28), 28), (Length(months=1), 28), (Length(months=2), 56), (Length(months=1, days=3), 31)]
)
def test_a_month_has_at_least_28_days(length: Length, fewest: int) -> None:
    assert grid.least_days(length) == fewest


@pytest.mark.parametrize(("days", "problems"), [("1-28", 0), ("1-29", 1), ("28", 0), ("29", 1)])
def test_a_day_must_exist_in_every_month(read: Read, days: str, problems: int) -> None:
    text = "phases: [{id: p, cycle: 1 month, repeat: 2, give: [{drug: a, dose: 10 mg, route: PO, days: %s}]}]"
    head = read(text % "1")
    source = "id: m\ntitle: M\nversion: 1\nchecked: 2026-11-21\nsource: s\nsources: {s: {title: S, grade: A}}\n"
    drug = "drugs: {a: {source: s, precision: 1 mg, routes: PO}}\n"
    regimen = read_regimen((source + drug + text % days).encode(), file="m.yaml")
    assert [phase.id for phase in head.phases] == ["p"]
    assert len(problems_of(regimen, file="m.yaml")) == problems


def scoped(*scopes: str) -> Scoped[object]:
    return Scoped(tuple((None if scope == "else" else parse_scope(scope), Fact("", "s")) for scope in scopes))


@pytest.mark.parametrize(
    ("values", "count", "last"),
    [
        ([scoped("C1", "else")], 6, 6),  # all of them
        ([scoped("else")], None, 3),
        ([scoped("C1", "C2-12", "C13+")], None, 14),
        ([scoped("odd", "even")], None, 4),
        ([scoped("every 3rd from C4", "else")], None, 7),
        ([scoped("every 3rd from C4", "else"), scoped("odd", "even"), None], None, 10),  # from 4 on all repeats after 6
        ([scoped("every 9973rd from C1", "else"), scoped("every 9967th from C1", "else")], None, 10_000),
    ],
)
def test_cycles_that_show_everything(values: list[Scoped[object] | None], count: int | None, last: int) -> None:
    looked_at = grid.cycles_to_look_at(*values, count=count)
    assert looked_at[0] == 1
    # as many as are needed; one or two more do no harm
    assert last <= looked_at[-1] <= last + (0 if count or last == 10_000 else 2)


def test_days_that_do_not_fit(read: Read) -> None:
    (phase,) = read("phases: [{id: p, cycle: 28 days, repeat: 1, give: [{drug: a, dose: 10 mg, route: PO, days: 1 28}]}]").phases
    (activity,) = phase.activities
    assert grid.day_numbers(activity, phase, 1, length=28) == (1, 28)
    with pytest.raises(ValueError, match="day 28 is past the end of a cycle of 27 days"):
        grid.day_numbers(activity, phase, 1, length=27)


def test_a_rhythm_of_its_own_has_no_day_0(read: Read) -> None:
    text = "phases: [{id: p, day_zero: yes, cycle: 28 days, repeat: 1, give: [{drug: a, dose: 10 mg, route: PO, days: 0 1}]}]"
    (phase,) = read(text).phases
    (activity,) = phase.activities
    assert grid.day_numbers(activity, phase, 1, length=28) == (0, 1)
    own = replace(activity, cycle=Fact(Length(days=14), "s"))
    with pytest.raises(ValueError, match="there is no day 0"):
        grid.day_numbers(own, phase, 1, length=14)
