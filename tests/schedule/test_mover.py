"""Moves from closed days: worked by hand, against brute force, and what holds for every shipped regimen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations, pairwise, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing.api import load_regimen
from dosing.errors import ScheduleError
from dosing.regimen.drug import Drug, Spacing, Weekdays
from dosing.regimen.facts import Fact, Gap
from dosing.regimen.library import find_drug
from dosing.regimen.model import Regimen
from dosing.schedule.clinic import at_home, day_text, either, least_days
from dosing.schedule.closed import Closed
from dosing.schedule.draw import Schedule, draw
from dosing.schedule.entries import Entry
from dosing.schedule.mover import Moved, mark, move
from dosing.schedule.timeline import Horizon
from dosing.units import parse_amount

Read = Callable[[str], Regimen]
DrugOf = Callable[[str], Drug]
WEEKEND = frozenset({5, 6})
MONDAY = date(2026, 1, 5)
THURSDAY = date(2026, 1, 1)


def later(day: date, days: int) -> date:
    return day + timedelta(days)


def shut(*days: date, reason: str = "shut") -> dict[date, str]:
    return dict.fromkeys(days, reason)


def drug(id: str, *, hours: int = 0, only: tuple[int, ...] = (), routes: str = "IV") -> Drug:
    return Drug(
        id,
        "s",
        Fact(parse_amount("1 mg"), "s"),
        Fact(routes, "s"),
        spacing=Fact(Spacing(hours, stop=True), "s") if hours else None,
        weekdays=Fact(Weekdays(only), "s") if only else None,
    )


def of(*drugs: Drug) -> DrugOf:
    known = {each.id: each for each in drugs}
    return lambda id: known[id]


A, B = drug("a"), drug("b")


def shipped(id: str, start: date, *, cycles: int = 2) -> tuple[Schedule, DrugOf]:
    regimen = load_regimen(id).regimen
    return draw(regimen, start=start, horizon=Horizon(cycles)), lambda name: find_drug(name, regimen=regimen)


def moved(id: str, start: date, closed: Closed, *, cycles: int = 2, **options: Any) -> Moved:
    schedule, drug_of = shipped(id, start, cycles=cycles)
    return move(schedule, closed, drug_of=drug_of, **options)


def lines(found: Moved) -> list[str]:
    return [str(each) for each in found.moves]


def dates(schedule: Schedule, activity: str) -> list[date]:
    return [entry.date for entry in schedule.entries if entry.activity == activity]


@pytest.fixture(scope="session")
def plain(read: Read) -> Regimen:
    """Of no importance but for its phases: p, and q around a day 0."""
    return read(
        "phases: [{id: p, cycle: 28 days, repeat: 1, give: [{drug: a, dose: 1 mg, route: PO, days: 1}]},"
        " {id: q, anchor: day 0, waits: a date, give: [{drug: a, dose: 1 mg, route: PO, days: 0}]}]"
    )


@dataclass(frozen=True)
class On:
    """An entry on the day number `day` (1 is the start): a drug and its route, or an assessment where no drug is named."""

    day: int
    drug: str = "a"
    route: str = "IV"
    status: str = ""
    phase: str = "p"
    visit: bool = False


def entry(on: On, start: date, number: int) -> Entry:
    facts = {"drug": Fact(on.drug, "s"), "route": Fact(on.route, "s")} if on.drug else {}
    kind = "drug" if on.drug else "assessment"
    cycle, day = (None, None) if on.visit else (1, on.day)
    what = f"visit {number}"
    id = on.drug or what
    when = later(start, on.day - 1)
    return Entry(when, on.phase, cycle, day, number, id, kind, what, facts, False, "", (0, number), status=on.status)


def made(regimen: Regimen, *days: On | int, start: date = MONDAY) -> Schedule:
    """A schedule of these entries; a bare number is a dose of a in the clinic."""
    found = [entry(on if isinstance(on, On) else On(on), start, number) for number, on in enumerate(days)]
    entries = tuple(sorted(found, key=lambda each: (each.date, each.n)))
    return Schedule(regimen, start, {}, entries, (), (), ())


def new_days(found: Moved, schedule: Schedule) -> list[int]:
    """The new day numbers of the entries, in the order they were made."""
    by_key = {each.key: (each.date - schedule.start).days + 1 for each in found.schedule.entries}
    return [by_key[each.key] for each in sorted(schedule.entries, key=lambda each: each.n)]


def closed_on(*days: int) -> Closed:
    return Closed(dates=shut(*(later(MONDAY, day - 1) for day in days)))


# -- worked by hand -----------------------------------------------------------------------------------------------


def test_a_pair_follows_over_the_weekend() -> None:
    """1 January 2026 is a Thursday: day 8 moves to Friday, and day 9 can't stay there and has no Saturday."""
    found = moved("krd", date(2025, 12, 25), Closed(WEEKEND, holidays="US"), cycles=1)
    assert lines(found) == [
        "C1D1 Thu 25 Dec 2025 -> Fri 26 Dec, D2 follows to Mon 29 Dec: Christmas Day",
        "C1D8 Thu 1 Jan 2026 -> Fri 2 Jan, D9 follows to Mon 5 Jan: New Year's Day",
    ]
    assert found.count == 4
    assert dates(found.schedule, "carfilzomib") == [
        date(2025, 12, 26),
        date(2025, 12, 29),
        date(2026, 1, 2),
        *map(date.fromisoformat, ("2026-01-05", "2026-01-08", "2026-01-09")),
    ]


def test_the_year_is_named_where_it_changes() -> None:
    schedule = made(load_regimen("krd").regimen, start=THURSDAY)
    assert day_text(THURSDAY) == "Thu 1 Jan 2026"
    assert lines(move(schedule, Closed(), drug_of=of())) == []
    found = moved("vd", date(2025, 12, 31), Closed(dates=shut(date(2025, 12, 31), reason="stocktaking")), cycles=1)
    assert lines(found)[0] == "C1D1 Wed 31 Dec 2025 -> Thu 1 Jan 2026: stocktaking"


def test_day_1_and_2_never_land_on_one_monday(plain: Regimen) -> None:
    schedule = made(plain, 1, 2, start=date(2026, 1, 3))
    found = move(schedule, Closed(WEEKEND), drug_of=of(A))
    assert lines(found) == ["C1D1 Sat 3 Jan 2026 -> Mon 5 Jan, D2 follows to Tue 6 Jan: Saturday, Sunday"]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (date(2026, 1, 2), ["Mon 5 Jan", "Tue 6 Jan"]),  # Friday and Saturday: nothing moves before the start
        (date(2026, 1, 3), ["Mon 5 Jan", "Tue 6 Jan"]),
        (date(2026, 1, 4), ["Mon 5 Jan", "Tue 6 Jan"]),  # day 2 was on Monday, and follows
    ],
)
def test_a_start_on_a_weekend(plain: Regimen, start: date, expected: list[str]) -> None:
    found = move(made(plain, 1, 2, start=start), Closed(WEEKEND), drug_of=of(A))
    assert [day_text(each.date, beside=start) for each in found.schedule.entries] == expected


@pytest.mark.parametrize("start", [date(2026, 10, 24), date(2026, 10, 31), date(2026, 3, 7), date(2026, 3, 28)])
def test_no_day_is_lost_when_the_clocks_change(plain: Regimen, start: date) -> None:
    """The nights to Sunday 25 October, 1 November, 8 and 29 March 2026 are an hour longer or shorter somewhere."""
    found = move(made(plain, 1, 8, start=start), Closed(WEEKEND), drug_of=of(A))
    assert [each.date for each in found.schedule.entries] == [later(start, 2), later(start, 6)]
    assert {each.date.weekday() for each in found.schedule.entries} == {0, 4}


def test_all_that_is_done_in_the_clinic_moves_and_what_is_taken_at_home_stays() -> None:
    schedule, drug_of = shipped("krd", MONDAY)
    closed = Closed(WEEKEND, shut(later(MONDAY, 14), reason="holiday"))
    found = move(schedule, closed, drug_of=drug_of)
    assert lines(found) == ["C1D15 Mon 19 Jan 2026 -> Tue 20 Jan, D16 follows to Wed 21 Jan: holiday"]
    assert dates(found.schedule, "lenalidomide") == dates(schedule, "lenalidomide")
    # Given by mouth or vein before carfilzomib, dexamethasone goes with it on day 15; on day 22 nobody comes to the clinic.
    assert dates(found.schedule, "dexamethasone")[:4] == [MONDAY, later(MONDAY, 7), later(MONDAY, 15), later(MONDAY, 21)]
    note = "medicines that can be taken at home keep their days where a clinic day moves: lenalidomide"
    assert found.schedule.notes == (*schedule.notes, *lines(found), note)


def test_drugs_and_assessments_of_one_day_move_together(plain: Regimen) -> None:
    schedule = made(plain, 1, On(8, "a"), On(8, "b", "SC"), On(8, ""))
    found = move(schedule, closed_on(8), drug_of=of(A, B))
    assert new_days(found, schedule) == [1, 9, 9, 9]
    assert found.count == 1
    assert len(found.moves[0].days[0].keys) == 3


def test_a_visit_is_named_by_what_it_is(plain: Regimen) -> None:
    found = move(made(plain, On(2, "", visit=True)), closed_on(2), drug_of=of())
    assert lines(found) == ["visit 0 Tue 6 Jan 2026 -> Wed 7 Jan: shut"]


def test_entries_tell_where_they_were(plain: Regimen) -> None:
    schedule = made(plain, 2, 9)
    entries = (replace(schedule.entries[0], planned_on=MONDAY, why=("delayed",)), schedule.entries[1])
    found = move(replace(schedule, entries=entries), closed_on(2, 9), drug_of=of(A))
    first, second = found.schedule.entries
    assert (first.planned_on, first.why) == (MONDAY, ("delayed", "C1D2 Tue 6 Jan 2026 -> Wed 7 Jan: shut"))
    assert (second.planned_on, second.why) == (later(MONDAY, 8), ("C1D9 Tue 13 Jan 2026 -> Wed 14 Jan: shut",))


def test_back_on_its_first_date_an_entry_is_as_planned(plain: Regimen) -> None:
    schedule = made(plain, 2)
    delayed = replace(schedule, entries=(replace(schedule.entries[0], planned_on=later(MONDAY, 2)),))
    assert move(delayed, closed_on(2), drug_of=of(A)).schedule.entries[0].planned_on is None


def test_72_hours_push_the_next_doses() -> None:
    """Bortezomib on Monday and Thursday; Easter Monday 2026 is 6 April."""
    found = moved("vd", date(2026, 3, 30), Closed(WEEKEND, holidays="DE"), cycles=1)
    assert lines(found) == [
        "C1D8 Mon 6 Apr 2026 -> Tue 7 Apr: Easter Monday",
        "C1D11 Thu 9 Apr 2026 -> Fri 10 Apr: to make room for C1D8",
    ]


def test_72_hours_hold_across_cycles(plain: Regimen) -> None:
    schedule = made(plain, 21, 22)
    pair = of(drug("a", hours=72))
    assert move(schedule, closed_on(), drug_of=pair).moves == ()  # less was planned, and no less is left
    schedule = made(plain, 19, 22)
    assert new_days(move(schedule, closed_on(19), drug_of=pair), schedule) == [18, 22]


def test_earlier_to_make_room(plain: Regimen) -> None:
    """Day 8 can only go back, so day 5 goes back too."""
    schedule = made(plain, 1, 5, 8)
    found = move(schedule, closed_on(8, 9, 10, 11), drug_of=of(drug("a", hours=72)), window=2)
    assert new_days(found, schedule) == [1, 4, 7]
    assert lines(found)[0] == "C1D5 Fri 9 Jan 2026 -> Thu 8 Jan: to make room for C1D8"


def test_room_is_made_for_the_drug_that_asks_for_it(plain: Regimen) -> None:
    """Day 4 of a gives way to day 1 of a; day 3 of b, which moved too, asks nothing of it."""
    schedule = made(plain, On(1, "a"), On(3, "b"), On(4, "a"))
    found = move(schedule, closed_on(1, 3), drug_of=of(drug("a", hours=72), B))
    assert new_days(found, schedule) == [2, 4, 5]
    assert lines(found)[2] == "C1D4 Thu 8 Jan 2026 -> Fri 9 Jan: to make room for C1D1"


def test_room_is_made_for_the_order_of_days(plain: Regimen) -> None:
    """The pair goes to days 3 and 4, and b must not come before its second day."""
    schedule = made(plain, On(1), On(2), On(3, "b"))
    found = move(schedule, closed_on(1, 2), drug_of=of(A, B))
    assert new_days(found, schedule) == [3, 4, 4]
    assert lines(found)[1] == "C1D3 Wed 7 Jan 2026 -> Thu 8 Jan: to make room for C1D1"


def test_room_is_made_for_a_run_that_goes_back_in_part(plain: Regimen) -> None:
    """Sunday, Monday, Tuesday: only the Sunday moves, to the Friday before, and day 3 must then be 72 hours before that."""
    schedule = made(plain, 3, 7, 8, 9)
    found = move(schedule, Closed(WEEKEND), drug_of=of(drug("a", hours=72)), window=2)
    assert lines(found) == ["C1D3 Wed 7 Jan 2026 -> Tue 6 Jan: to make room for C1D7", "C1D7 Sun 11 Jan 2026 -> Fri 9 Jan: Sunday"]


def test_a_drug_with_its_own_days_of_the_week(plain: Regimen) -> None:
    schedule = made(plain, 1, 8, start=date(2026, 1, 7))
    found = move(schedule, Closed(), drug_of=of(drug("a", only=(0, 1))))
    assert lines(found) == [
        "C1D1 Wed 7 Jan 2026 -> Mon 12 Jan: a is given on monday, tuesday only [s]",
        "C1D8 Wed 14 Jan 2026 -> Tue 13 Jan: a is given on monday, tuesday only [s]",
    ]
    unknown = replace(A, weekdays=Fact(Gap.NOT_STATED, "s"))
    assert move(schedule, Closed(), drug_of=of(unknown)).moves == ()


def test_a_long_run_may_move_in_part(plain: Regimen) -> None:
    """Seven days from a Monday: five before the weekend and two after it."""
    schedule = made(plain, *range(1, 8))
    found = move(schedule, Closed(WEEKEND), drug_of=of(A))
    assert new_days(found, schedule) == [1, 2, 3, 4, 5, 8, 9]
    assert lines(found) == ["C1D6 Sat 10 Jan 2026 -> Mon 12 Jan, D7 follows to Tue 13 Jan: Saturday, Sunday"]


def test_a_home_dose_of_the_same_drug_stays_and_counts(plain: Regimen) -> None:
    schedule = made(plain, 4, On(5, "a", "PO"), On(3, "a", "PO"), On(4, "a", "PO"))
    with pytest.raises(ScheduleError, match=r"one dose day of a on a date \(C1D5 on Fri 9 Jan 2026 stays\)"):
        move(schedule, closed_on(4), drug_of=of(A))
    schedule = made(plain, 4, On(5, "a", "PO"), On(2, "a", "PO"))
    assert new_days(move(schedule, closed_on(4), drug_of=of(A)), schedule) == [3, 5, 2]


@pytest.mark.parametrize("status", ["held", "omitted", "stopped", "skipped"])
def test_what_does_not_stand_neither_moves_nor_counts(plain: Regimen, status: str) -> None:
    schedule = made(plain, 2, On(3, status=status), On(9, status=status))
    closed = closed_on(2, 9)
    assert new_days(move(schedule, closed, drug_of=of(A)), schedule) == [3, 3, 9]
    assert list(mark(schedule, closed, drug_of=of(A)).values()) == ["shut"]


def test_days_around_a_transplant_stay(plain: Regimen) -> None:
    schedule = made(plain, 2, On(4, phase="q"), On(5, "", phase="q", visit=True))
    found = move(schedule, closed_on(2, 3, 4, 5), drug_of=of(A))
    assert new_days(found, schedule) == [1, 4, 6]
    assert lines(found)[0] == "p C1D2 Tue 6 Jan 2026 -> Mon 5 Jan: shut"
    assert found.schedule.notes[-1] == "q C1D4 stays on Thu 8 Jan 2026 (shut): its days are counted around day 0"
    with pytest.raises(ScheduleError, match=r"the order of days \(q C1D4 on Thu 8 Jan 2026 stays\)"):
        move(made(plain, On(3, "b"), On(4, phase="q")), closed_on(1, 2, 3, 4), drug_of=of(A, B))


def test_the_past_stays(plain: Regimen) -> None:
    schedule = made(plain, 1, 2, 3)
    found = move(schedule, closed_on(1, 3), drug_of=of(A), since=later(MONDAY, 2))
    assert new_days(found, schedule) == [1, 2, 4]
    assert found.schedule.notes[-1] == "C1D1 stays on Mon 5 Jan 2026 (shut): it is before the day from which on days may move"
    with pytest.raises(ScheduleError, match="Wed 7 Jan 2026 is against moving nothing before Thu 8 Jan 2026"):
        move(made(plain, 4), closed_on(4, 5), drug_of=of(A), since=later(MONDAY, 3), window=1)


def test_what_is_planned_before_the_start_may_move_back(plain: Regimen) -> None:
    schedule = made(plain, On(0, "", visit=True), 1)
    assert new_days(move(schedule, closed_on(0), drug_of=of(A)), schedule) == [1, 1]
    assert new_days(move(schedule, Closed(dates=shut(later(MONDAY, -1))), drug_of=of(drug("a", only=(0,)))), schedule) == [1, 1]


def test_doses_brought_close_are_pointed_out() -> None:
    """From Saturday 3 January: day 15 goes back for the holiday on Monday 19, two days after day 9."""
    found = moved("krd", date(2026, 1, 3), Closed(WEEKEND, holidays="US"), cycles=1)
    assert [note for note in found.schedule.notes if "moves leave" in note] == [
        "carfilzomib: the moves leave 2 days from C1D9 to C1D15, 6 are planned; look whether that is well",
        "dexamethasone: the moves leave 3 days from C1D8 to C1D15, 7 are planned; look whether that is well",
    ]


def test_one_day_between_doses(plain: Regimen) -> None:
    found = move(made(plain, 1, 4), closed_on(1, 2), drug_of=of(A))
    assert "a: the moves leave 1 day from C1D1 to C1D4, 3 are planned; look whether that is well" in found.schedule.notes


def test_a_drug_without_a_name_is_known_by_its_activity(plain: Regimen) -> None:
    schedule = made(plain, 1, 2)
    entries = tuple(replace(each, facts={"drug": Fact(Gap.NOT_STATED, "s")}) for each in schedule.entries)
    nameless = replace(schedule, entries=entries)
    assert new_days(move(nameless, closed_on(1), drug_of=of()), nameless) == [2, 3]


@pytest.mark.parametrize(
    ("on", "routes", "home"),
    [
        (On(1, route="PO"), "IV", True),
        (On(1, route="PO or IV"), "IV", True),
        (On(1, route="IV or SC"), "PO", False),
        (On(1, route=""), "PO or IV", True),
        (On(1, route=""), "IV", False),
        (On(1, ""), "PO", False),
    ],
)
def test_at_home(on: On, routes: str, home: bool) -> None:
    assert at_home(entry(on, MONDAY, 0), drug_of=of(drug("a", routes=routes))) is home
    assert not at_home(replace(entry(on, MONDAY, 0), facts={}), drug_of=of())


# -- marks --------------------------------------------------------------------------------------------------------


def test_marks_move_nothing(plain: Regimen) -> None:
    schedule = made(plain, 1, On(1, "b", "PO"), 3, On(6, ""), On(7, phase="q"))
    found = mark(schedule, Closed(WEEKEND, shut(MONDAY)), drug_of=of(drug("a", only=(0, 1, 6)), B))
    first, home, third, visit, around = sorted(schedule.entries, key=lambda each: each.n)
    assert found == {
        first.key: "shut",
        third.key: "a is given on monday, tuesday, sunday only [s]",
        visit.key: "Saturday",
        around.key: "Sunday",
    }
    assert home.key not in found


# -- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "closed", "spacing", "window", "message"),
    [
        (
            [1],
            range(1, 9),
            0,
            7,
            "no open day fits C1D1 on Mon 5 Jan 2026 (shut): closed until Mon 12 Jan 2026; Sun 4 Jan 2026 is against the start on"
            " Mon 5 Jan 2026; delay or omit it, or let days move further",
        ),
        ([9], range(2, 17), 0, 7, "no open day fits C1D9 on Tue 13 Jan 2026 (shut): closed until Tue 20 Jan 2026; delay or omit it"),
        ([1], range(-800, 800), 0, 7, "(shut): closed for more than a year; delay"),
        (
            [3, 5],
            [1, 2, 3, 4, 5],
            0,
            4,
            "C1D3 on Wed 7 Jan 2026 (shut): Sat 10 Jan 2026 is against the next dose day of a (C1D5 on Fri 9 Jan 2026); ",
        ),
        (
            [1, 4],
            [4, 5, 6],
            72,
            2,
            "closed until Sat 10 Jan 2026; Wed 7 Jan 2026 is against the 72 hours of a [s] (C1D1 on Mon 5 Jan 2026)",
        ),
        (
            [1, 2],
            [1, 3, 4, 5],
            0,
            3,
            "C1D1 on Mon 5 Jan 2026 (shut): Tue 6 Jan 2026 is against the 3 days that a day may move, for D2 would follow to",
        ),
        ([5, 6], [1, 2, 3, 4, 6, 7, 8], 0, 3, "C1D5 on Fri 9 Jan 2026 (shut): Fri 9 Jan 2026 is against moving C1D5 and D6 together; "),
        # Open days that are too near to what was chosen before them
        (
            [3, 6, 9],
            [1, 2, 3, 4, 7, 8, 10, 11],
            96,
            2,
            "C1D6 on Sat 10 Jan 2026: Sat 10 Jan 2026 is against the 96 hours of a [s] (C1D3, moved to Fri 9 Jan 2026: shut); Fri",
        ),
    ],
)
def test_nothing_fits(plain: Regimen, days: list[int], closed: Sequence[int], spacing: int, window: int, message: str) -> None:
    schedule = made(plain, *days)
    drug_of = of(drug("a", hours=spacing))
    with pytest.raises(ScheduleError) as error:
        move(schedule, closed_on(*closed), drug_of=drug_of, window=window)
    assert message in str(error.value)


def test_a_window_is_no_less_than_nothing(plain: Regimen) -> None:
    schedule = made(plain, 1)
    assert move(schedule, Closed(), drug_of=of(A), window=0).moves == ()
    with pytest.raises(ScheduleError, match="closed until Mon 5 Jan 2026"):
        move(schedule, closed_on(1), drug_of=of(A), window=0)
    with pytest.raises(ScheduleError, match="can't move at most -1 days; give 0 or more"):
        move(schedule, Closed(), drug_of=of(A), window=-1)


# -- brute force --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Small:
    """A few clinic days by number, with their drugs; doses at home; closed days; the least days between doses of a drug."""

    days: dict[int, frozenset[str]]
    home: frozenset[tuple[int, str]]
    closed: frozenset[int]
    least: dict[str, int]
    only: dict[str, tuple[int, ...]]
    window: int

    def schedule(self, regimen: Regimen) -> Schedule:
        clinic = [On(day, drug) for day, drugs in self.days.items() for drug in sorted(drugs) or [""]]
        return made(regimen, *clinic, *(On(day, drug, "PO") for day, drug in self.home))

    def drug_of(self) -> DrugOf:
        return of(*(drug(id, hours=24 * least, only=self.only.get(id, ())) for id, least in self.least.items()))

    def open(self, day: int, drugs: frozenset[str]) -> bool:
        """Day 1 is a Monday."""
        return day not in self.closed and all((day - 1) % 7 in self.only.get(drug, range(7)) for drug in drugs)

    def allowed(self, new: dict[int, int]) -> bool:
        """Whether every rule is kept, said of whole assignments from planned to new days."""
        return all(rule(new) for rule in (self.each_day, self.order, self.distance, self.next_dose, self.runs))

    def each_day(self, new: dict[int, int]) -> bool:
        return all(self.open(day, self.days[old]) and abs(day - old) <= self.window and (old < 1 or day >= 1) for old, day in new.items())

    def order(self, new: dict[int, int]) -> bool:
        return all(new[before] <= new[after] for before, after in combinations(sorted(new), 2))

    def doses(self, drug: str) -> list[tuple[int, bool]]:
        """The planned days of a drug, and whether it is given in the clinic."""
        clinic = [(day, True) for day, drugs in self.days.items() if drug in drugs]
        return sorted([*clinic, *((day, False) for day, id in self.home if id == drug)])

    def distance(self, new: dict[int, int]) -> bool:
        for id, least in self.least.items():
            for (one, moves), (other, too) in combinations(self.doses(id), 2):
                first, second = (new[one] if moves else one), (new[other] if too else other)
                if one < other and moves | too and second - first < min(least, other - one):
                    return False
        return True

    def all_runs(self) -> list[list[int]]:
        found: list[list[int]] = []
        for day in sorted(self.days):
            if found and found[-1][-1] == day - 1 and self.days[day] & self.days[day - 1]:
                found[-1].append(day)
            else:
                found.append([day])
        return found

    def next_dose(self, new: dict[int, int]) -> bool:
        """No dose goes past the planned day of another of its drug, unless both are of one run."""
        run_of = {day: number for number, run in enumerate(self.all_runs()) for day in run}
        for one, other in combinations(sorted(self.days), 2):
            if run_of[one] != run_of[other] and self.days[one] & self.days[other] and (new[one] > other or new[other] < one):
                return False
        return True

    def runs(self, new: dict[int, int]) -> bool:
        for run in self.all_runs():
            for before, day in pairwise(run):
                following = new[before] + 1
                while not self.open(following, self.days[day]) and following <= day + self.window:
                    following += 1
                if new[day] != following:
                    return False
            shifts = [new[day] - day for day in run]
            if len(run) == 2 and any(shifts) and shifts[0] * shifts[1] <= 0:
                return False
        return True

    def best(self) -> dict[int, int] | None:
        """The best of all assignments, or None where no rule is kept by any."""
        olds = sorted(self.days)
        around = range(-self.window, self.window + 1)
        every = (dict(zip(olds, news, strict=True)) for news in product(*([old + shift for shift in around] for old in olds)))
        return min(filter(self.allowed, every), key=self.cost, default=None)

    def cost(self, new: dict[int, int]) -> tuple[object, ...]:
        shifts = [new[old] - old for old in sorted(new)]
        firsts = [new[run[0]] - run[0] for run in self.all_runs()]
        least_first = [(abs(shift), shift < 0) for shift in firsts]
        return sum(map(bool, shifts)), sum(map(abs, shifts)), -sum(shift for shift in shifts if shift < 0), least_first


@st.composite
def smalls(draw: st.DrawFn) -> Small:
    window = draw(st.sampled_from([1, 2, 3, 4]))
    most = {1: 6, 2: 5, 3: 4, 4: 4}[window]
    drugs = st.sampled_from([frozenset("a"), frozenset("a"), frozenset("b"), frozenset("ab"), frozenset()])
    days = draw(st.dictionaries(st.integers(-1, 12), drugs, min_size=1, max_size=most))
    closed = draw(st.frozensets(st.integers(-1, 16), max_size=7))
    if draw(st.booleans()):
        closed |= {day for day in range(-10, 30) if (day - 1) % 7 > 4}
    home = draw(st.frozensets(st.tuples(st.integers(1, 12), st.sampled_from("ab")), max_size=2))
    only: dict[str, tuple[int, ...]] = draw(st.sampled_from([{}, {}, {"b": (0, 1, 3)}]))
    return Small(days, home, closed, {"a": draw(st.integers(1, 4)), "b": draw(st.integers(1, 2))}, only, window)


def compare(small: Small, regimen: Regimen) -> None:
    schedule = small.schedule(regimen)
    closed = closed_on(*small.closed)
    best = small.best()
    if best is None:
        with pytest.raises(ScheduleError, match="no open day fits "):
            move(schedule, closed, drug_of=small.drug_of(), window=small.window)
        return
    found = move(schedule, closed, drug_of=small.drug_of(), window=small.window)
    expected = {old: old + (day.new - day.old).days for each in found.moves for day in each.days for old in [(day.old - MONDAY).days + 1]}
    assert {**{day: day for day in small.days}, **expected} == best
    assert found.count == sum(old != new for old, new in best.items())
    assert {each.key for each in found.schedule.entries} == {each.key for each in schedule.entries}
    for each in schedule.entries:
        planned = (each.date - MONDAY).days + 1
        new = next(other for other in found.schedule.entries if other.key == each.key)
        assert (new.date - MONDAY).days + 1 == (best.get(planned, planned) if each.route != "PO" else planned)


@given(small=smalls())
@settings(max_examples=150, deadline=None)
def test_no_way_is_better_than_the_one_taken(plain: Regimen, small: Small) -> None:
    compare(small, plain)


@pytest.mark.long
@given(small=smalls())
@settings(max_examples=2_000, deadline=None)
def test_no_way_is_better_than_the_one_taken_of_many(plain: Regimen, small: Small) -> None:
    compare(small, plain)


# -- shipped regimens ---------------------------------------------------------------------------------------------


def years(id: str, start: date) -> tuple[Schedule, DrugOf]:
    """Two years of a shipped regimen."""
    regimen = load_regimen(id).regimen
    return draw(regimen, start=start, horizon=Horizon(until=later(start, 730))), lambda name: find_drug(name, regimen=regimen)


@pytest.mark.parametrize("id", ["dkd", "kd-twice-weekly", "kd-weekly", "krd", "krd-asct", "pad", "vd", "vmp"])
@pytest.mark.parametrize("start", [date(2025, 12, 29), date(2026, 1, 2), date(2026, 10, 24)])
def test_two_years_of_a_regimen(id: str, start: date) -> None:
    schedule, drug_of = years(id, start)
    closed = Closed(WEEKEND, holidays="US")
    found = move(schedule, closed, drug_of=drug_of)
    before, after = ({each.key: each for each in made.entries} for made in (schedule, found.schedule))
    assert list(before.keys() - after.keys()) == list(after.keys() - before.keys()) == []
    assert len(found.schedule.entries) == len(schedule.entries)
    assert mark(found.schedule, closed, drug_of=drug_of) == {}
    changed = {key for key in before if before[key].date != after[key].date}
    assert changed == {key for each in found.moves for day in each.days for key in day.keys}
    assert not any(at_home(before[key], drug_of=drug_of) and not either(before[key], drug_of=drug_of) for key in changed)
    assert all(abs((after[key].date - before[key].date).days) <= 7 and after[key].planned_on == before[key].date for key in changed)
    assert all(after[key] == before[key] for key in before.keys() - changed)
    for one, other in pairwise(found.schedule.entries):
        assert one.date <= other.date
    for name in {each.drug for each in schedule.entries if each.drug and not at_home(each, drug_of=drug_of)}:
        given = [each.date for each in found.schedule.entries if each.drug == name]
        assert all((two - one).days >= least_days(drug_of(name)) for one, two in pairwise(given))
    assert move(found.schedule, closed, drug_of=drug_of).moves == ()


def test_four_days_in_a_row_between_two_holidays_do_not_fit() -> None:
    """Doxorubicin on days 1 to 4 from Christmas, with bortezomib on days 1, 4, 8, 11: day 4 comes too near to day 8."""
    with pytest.raises(ScheduleError, match=r"no open day fits C1D8 on Thu 1 Jan 2026 \(New Year's Day\)"):
        moved("pad", date(2025, 12, 25), Closed(WEEKEND, holidays="US"))


def test_what_is_open_stays_as_it_is() -> None:
    schedule, drug_of = years("krd", MONDAY)
    assert move(schedule, Closed(WEEKEND), drug_of=drug_of) == Moved(schedule, ())
    assert mark(schedule, Closed(WEEKEND), drug_of=drug_of) == {}


@pytest.mark.parametrize(("hours", "days"), [(0, 1), (12, 1), (24, 1), (25, 2), (72, 3), (73, 4)])
def test_least_days(hours: int, days: int) -> None:
    assert least_days(drug("a", hours=hours)) == days
