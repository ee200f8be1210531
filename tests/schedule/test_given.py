"""What was really given: the record beside the plan, and what follows from a dose given late; every date counted by hand."""

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
from dosing.regimen.drug import Drug, Keep, Missed, Spacing
from dosing.regimen.facts import Fact, Gap
from dosing.regimen.library import find_drug
from dosing.regimen.model import Regimen
from dosing.schedule.amend import Amended, amend
from dosing.schedule.amend_where import drug_at, entries_at
from dosing.schedule.changes import Change, Delay, Given, Hold, Mode, Omit, Resume, Skip, Stop, Where
from dosing.schedule.closed import Closed
from dosing.schedule.draw import Schedule, draw
from dosing.schedule.entries import RULED_OUT, Entry, Key
from dosing.schedule.mover import mark, move
from dosing.schedule.timeline import Horizon

Read = Callable[[str], Regimen]
DrugOf = Callable[[str], Drug]
START = date(2026, 1, 5)
ON = date(2026, 12, 31)
WEEKLY = "{drug: a, dose: 10 mg, route: IV, over: 9 min, days: 1 8 15 22}"
DAILY = "{drug: b, dose: 25 mg, route: PO, days: 1-21}"


def day(text: str) -> date:
    return date.fromisoformat(text if text.startswith("20") else f"2026-{text}")


def put(regimen: Regimen, start: date = START, **told: str) -> Schedule:
    return draw(regimen, start=start, starts={phase: day(text) for phase, text in told.items()})


def plan(read: Read) -> Schedule:
    """Two cycles of 28 days from Monday 5 January with a every week, two of 21 days after them, and a visit."""
    return put(
        read(f"""
phases:
  - {{id: one, cycle: 28 days, repeat: 2, give: [{WEEKLY}, {DAILY}]}}
  - {{id: two, cycle: 21 days, repeat: 2, give: [{{drug: a, dose: 10 mg, route: IV, over: 9 min, days: 1 8}}]}}
  - {{id: after, visits: [{{id: late, what: Visit, at: end of treatment + 30 days}}]}}
""")
    )


def only(read: Read, days: str, *, cycle: int = 28, repeat: int = 2) -> Schedule:
    give = f"{{drug: a, dose: 1 mg, route: IV, over: 9 min, days: {days}}}"
    return put(read(f"phases: [{{id: p, cycle: {cycle} days, repeat: {repeat}, give: [{give}]}}]"))


def drugs(keep: Keep | None = None, hours: int = 0, *, within: int | None = None, unverified: bool = False) -> DrugOf:
    """Every drug with that rule for a missed dose and that least time between doses."""
    missed = Fact(Missed(keep, within), "label", unverified=unverified) if keep else None
    spacing = Fact(Spacing(hours, stop=True), "spc") if hours else None
    return lambda id: replace(find_drug("bortezomib"), id=id, missed=missed, spacing=spacing)


def gave(at: Where, on: str, number: int = 1, reason: str = "", noted: date = ON) -> Given:
    return Given(number, noted, reason, at, day(on) if on else None)


def cd(cycle: int, at: int, activity: str = "a", phase: str = "") -> Where:
    return Where(phase, cycle, at, activity)


def dates(schedule: Schedule, activity: str = "a", phase: str = "") -> list[str]:
    """`01-05`, with the status where there is one, and the day on which it was given."""
    return [
        " ".join(filter(None, [f"{each.date:%m-%d}", each.status, f"{each.given_on:%m-%d}" if each.given_on else ""]))
        for each in schedule.entries
        if each.activity == activity and phase in ("", each.phase)
    ]


def at(schedule: Schedule, where: Where) -> Entry:
    return drug_at(schedule, where)


def said(schedule: Schedule) -> list[str]:
    assert isinstance(schedule, Amended)
    return list(schedule.notes[len(schedule.drawn.notes) :])


def refused(schedule: Schedule, *changes: Change, drug_of: DrugOf | None = None) -> str:
    with pytest.raises(ScheduleError) as caught:
        amend(schedule, changes, drug_of=drug_of)
    return str(caught.value)


# -- the record ---------------------------------------------------------------------------------------------------


def test_given_as_planned_changes_nothing_else(read: Read) -> None:
    drawn = plan(read)
    after = amend(drawn, [gave(cd(1, 8, phase="one"), "01-12", 3, "at home")], drug_of=drugs(Keep.INTERVAL, 72))
    entry = at(after, cd(1, 8, phase="one"))
    assert (entry.date, entry.status, entry.given_on, entry.planned_on) == (day("01-12"), "given", day("01-12"), None)
    assert entry.why == ("given on 2026-01-12, as planned: at home (change 3)",)
    assert [each for each in after.entries if each.key != entry.key] == [
        each for each in drawn.entries if (each.phase, each.cycle, each.day, each.activity) != ("one", 1, 8, "a")
    ]
    assert said(after) == []


def test_given_early_moves_nothing(read: Read) -> None:
    after = amend(plan(read), [gave(cd(1, 15), "01-17")], drug_of=drugs(Keep.INTERVAL, 240))
    assert dates(after, phase="one")[:4] == ["01-05", "01-12", "01-19 given 01-17", "01-26"]
    assert at(after, cd(1, 15)).why == ("given on 2026-01-17, 2 days early (change 1)",)
    assert said(after) == ["change 1 on 2026-12-31: one C1D15 a given on 2026-01-17, 2 days early (planned on 2026-01-19)"]


def test_not_given_moves_nothing_and_says_the_rule(read: Read) -> None:
    change = gave(cd(1, 8, phase="one"), "", reason="nausea")
    after = amend(plan(read), [change], drug_of=drugs(Keep.INTERVAL, within=12, unverified=True))
    assert dates(after, phase="one")[:4] == ["01-05", "01-12 not-given", "01-19", "01-26"]
    assert at(after, cd(1, 8, phase="one")).why == ("not given: nausea (change 1)",)
    assert at(after, cd(1, 8, phase="one")).given_on is None
    assert said(after) == [
        "change 1 on 2026-12-31 (nausea): one C1D8 a (2026-01-12) not given; for a missed dose of a: keep the interval,"
        " within 12 hours [label] UNVERIFIED; if it is given later after all, undo this and record the day"
    ]
    unknown = {
        "nobody states": said(amend(plan(read), [change], drug_of=drugs()))[0],
        "no drug file": said(amend(plan(read), [change]))[0],
    }
    assert {start: text.partition("not given; ")[2] for start, text in unknown.items()} == {
        "nobody states": "nobody states what follows from a missed dose of a",
        "no drug file": "no drug file is at hand to say what follows from a missed dose of a",
    }


def test_a_rule_that_is_not_stated_is_none(read: Read) -> None:
    of = drugs(Keep.INTERVAL, 72)

    def open_of(id: str) -> Drug:
        return replace(of(id), missed=Fact(Gap.NOT_STATED, "label"), spacing=Fact(Gap.NOT_STATED, "spc"))

    after = amend(plan(read), [gave(cd(1, 8, phase="one"), "01-15")], drug_of=open_of)
    assert dates(after, phase="one")[1:4] == ["01-12 given 01-15", "01-19", "01-26"]
    assert said(after)[0].endswith("(planned on 2026-01-12); nobody states what follows from a missed dose of a")


def test_a_drug_that_is_not_stated_has_no_rule(read: Read) -> None:
    drawn = put(
        read("phases: [{id: p, cycle: 7 days, repeat: 2, give: [{id: x, drug: not-stated, dose: 1 mg, route: IV, over: 9 min, days: 1}]}]")
    )
    after = amend(drawn, [gave(Where(cycle=1), "01-06")], drug_of=drugs(Keep.INTERVAL))
    assert dates(after, "x") == ["01-05 given 01-06", "01-12"]
    assert said(after)[0].endswith("nobody states what follows from a missed dose of x")


REFUSED: list[tuple[list[Change], str]] = [
    ([gave(Where("one", 1, 1), "01-05")], "one C1D1 has a, b; say which drug"),
    ([gave(Where(activity="late"), "01-05")], "only drugs are recorded as given, and late is Visit"),
    ([gave(Where(), "01-05")], "it doesn't say which entry"),
    ([gave(cd(1, 9), "01-13")], "a has no day 9 of C1; the nearest is day 8"),
    ([gave(cd(1, 8, "a", "one"), "01-13", noted=day("01-12"))], "can't be noted on 2026-01-12 that one C1D8 a was given on 2026-01-13"),
    ([gave(cd(1, 8, "a", "one"), "", noted=day("01-11"))], "planned on 2026-01-12, after 2026-01-11; omit it if it will not be given"),
    (
        [gave(cd(1, 15), "01-20", 4), gave(cd(1, 15), "01-19", 5)],
        "change 5 (given) can't be made: one C1D15 a is recorded already: given on 2026-01-20, 1 day late (change 4); undo it first",
    ),
    ([gave(cd(1, 15), "", 4), gave(cd(1, 15), "01-19", 5)], "is recorded already: not given (change 4); undo it first"),
    (
        [Omit(1, ON, "wish", cd(1, 15)), gave(cd(1, 15), "01-19", 2)],
        "one C1D15 a is omitted on 2026-12-31: wish (change 1); undo that first if it was given all the same",
    ),
    ([Stop(1, ON, "", day("01-19")), gave(cd(1, 15), "01-19", 2)], "is stopped on 2026-12-31 (change 1); undo that first"),
    ([Skip(1, START, "", "two"), gave(cd(1, 1, "a", "two"), "03-02", 2)], "is skipped on 2026-01-05 (change 1); undo that first"),
    (
        [Hold(1, ON, "rash", day("01-19"), "a"), gave(cd(1, 15), "01-19", 2)],
        "one C1D15 a is held on 2026-12-31: rash (change 1); undo or resume the hold first",
    ),
    (
        [Stop(1, ON, "", day("01-20")), gave(cd(1, 15), "01-20", 2)],
        "nothing is given from 2026-01-20 on (change 1); undo that if it was given on 2026-01-20",
    ),
    (
        [gave(cd(1, 15), "01-19", 1), gave(cd(1, 22), "01-19", 2)],
        "a is recorded as given on 2026-01-19 already: one C1D15 a (change 1); undo that first if it was not",
    ),
    # what contradicts a record that is there
    (
        [gave(cd(1, 15), "01-20", 1), Stop(2, ON, "", day("01-20"))],
        "one C1D15 a was given on 2026-01-20 (change 1), and nothing would be given from 2026-01-20 on; give a later date",
    ),
    ([gave(cd(1, 15), "01-19"), Omit(2, ON, "", cd(1, 15))], "one C1D15 a was given: given on 2026-01-19, as planned (change 1)"),
    ([gave(cd(1, 15), ""), Omit(2, ON, "", cd(1, 15))], "one C1D15 a is not given anyway: not given (change 1)"),
    (
        [gave(cd(1, 15), "01-19"), Delay(2, ON, "", cd(1, 15), Mode.DOSE, 1)],
        "nothing is left to delay: one C1D15 a is given on 2026-01-19, as planned (change 1)",
    ),
    (
        [gave(cd(1, 1, "a", "two"), "03-02"), Skip(2, day("03-02"), "", "two")],
        "two C1D1 a was given on 2026-03-02; stop treatment or omit what is left of two",
    ),
    (
        [gave(cd(2, 8, "a", "two"), "03-30"), Hold(2, ON, "", day("03-31"))],
        "not given on or after 2026-03-31 (the last time is 2026-03-30)",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), REFUSED)
def test_what_contradicts_is_refused(read: Read, changes: list[Change], expected: str) -> None:
    assert expected in refused(plan(read), *changes, drug_of=drugs())


def test_both_sides_of_what_is_refused(read: Read) -> None:
    drawn = plan(read)
    noted = amend(drawn, [gave(cd(1, 8, phase="one"), "01-13", noted=day("01-13"))])
    assert dates(noted)[1] == "01-12 given 01-13"
    assert dates(amend(drawn, [gave(cd(1, 8, phase="one"), "", noted=day("01-12"))]))[1] == "01-12 not-given"
    assert dates(amend(drawn, [gave(cd(1, 15), "01-20"), Stop(2, ON, "", day("01-21"))]))[2:4] == ["01-19 given 01-20", "01-26 stopped"]
    assert dates(amend(drawn, [Stop(1, ON, "", day("01-21")), gave(cd(1, 15), "01-20", 2)]))[2] == "01-19 given 01-20"
    skipped = amend(drawn, [gave(cd(1, 1, phase="two"), ""), Skip(2, day("03-02"), "", "two")])
    assert dates(skipped, phase="two") == ["03-02 not-given", "03-09 skipped", "03-23 skipped", "03-30 skipped"]


def test_what_is_ruled_out_stays_so(read: Read) -> None:
    """An entry that comes with a status keeps it, moves with its cycle, and counts nowhere."""
    drawn = plan(read)
    out = at(drawn, cd(1, 15))
    gone = replace(out, status=RULED_OUT, why=("CrCl 20 mL/min",))
    merged = replace(drawn, entries=tuple(gone if each == out else each for each in drawn.entries))
    assert "one C1D15 a is ruled-out: CrCl 20 mL/min; undo that first" in refused(merged, gave(cd(1, 15), "01-19"))
    assert "one C1D15 a is not given anyway: ruled-out: CrCl 20 mL/min" in refused(merged, Omit(1, ON, "", cd(1, 15)))
    along = amend(merged, [Delay(1, ON, "r", cd(1, 8, phase="one"), Mode.CYCLE, 1)])
    assert dates(along, phase="one")[:4] == ["01-05", "01-13", "01-20 ruled-out", "01-27"]
    assert at(along, cd(1, 15)).why == ("CrCl 20 mL/min", "delayed 1 day on 2026-12-31: r (change 1)")
    # nobody has to keep clear of it, no hold or end changes it
    onto = amend(
        merged, [Delay(1, ON, "r", cd(1, 8, phase="one"), Mode.DOSE, 7), Hold(2, ON, "", day("01-05")), Stop(3, ON, "", day("01-06"))]
    )
    assert dates(onto, phase="one")[:4] == ["01-05 held", "01-19 stopped", "01-19 ruled-out", "01-26 stopped"]
    ended = amend(merged, [Skip(1, START, "", "two")])
    assert "nothing of two is left" in refused(ended, Skip(2, START, "", "two"))
    late = amend(merged, [gave(cd(1, 8, phase="one"), "01-20")], drug_of=drugs())
    assert dates(late, phase="one")[:4] == ["01-05", "01-12 given 01-20", "01-19 ruled-out", "01-26"]
    assert not any("CLASH" in each for each in said(late))


# -- rules for a missed dose --------------------------------------------------------------------------------------


def test_keep_the_interval(read: Read) -> None:
    after = amend(plan(read), [gave(cd(1, 8, phase="one"), "01-14", reason="snow")], drug_of=drugs(Keep.INTERVAL))
    assert dates(after) == [
        *("01-05", "01-12 given 01-14", "01-21", "01-28"),
        *("02-04", "02-11", "02-18", "02-25"),
        *("03-04", "03-11", "03-25", "04-01"),
    ]
    assert dates(after, "b") == dates(plan(read), "b")
    assert dates(after, "late") == dates(plan(read), "late")
    entry = at(after, cd(1, 15))
    assert (entry.planned_on, entry.status) == (day("01-19"), "")
    assert entry.why == ("2 days later, because one C1D8 a was given 2 days late: keep the interval [label] (change 1)",)
    assert said(after) == [
        "change 1 on 2026-12-31 (snow): one C1D8 a given on 2026-01-14, 2 days late (planned on 2026-01-12);"
        " keep the interval [label]: 10 entries of a 2 days later, 2026-01-19 -> 2026-01-21;"
        " other drugs keep their dates, a delay of 'this and all that follow' (all) moves everything;"
        " NOT MOVED, though on the same days until now: b; look whether they belong to it, as a premedication does"
    ]


def test_keep_the_interval_a_second_time(read: Read) -> None:
    """The first is kept, the next comes on its new day, the one after it a day late again."""
    changes = [gave(cd(1, 8, phase="one"), "01-14"), gave(cd(1, 15), "01-21", 2), gave(cd(1, 22), "01-29", 3)]
    after = amend(plan(read), changes, drug_of=drugs(Keep.INTERVAL))
    assert dates(after, phase="one") == [
        *("01-05", "01-12 given 01-14", "01-21 given 01-21", "01-28 given 01-29"),
        *("02-05", "02-12", "02-19", "02-26"),
    ]
    assert at(after, cd(1, 15)).planned_on == day("01-19")
    assert at(after, cd(1, 22)).why[-1] == "given on 2026-01-29, 1 day late (change 3)"
    assert at(after, cd(2, 1, phase="one")).planned_on == day("02-02")


def test_a_dose_recorded_after_the_next_moves_nothing(read: Read) -> None:
    changes = [gave(cd(1, 15), "01-19"), gave(cd(1, 8, phase="one"), "01-14", 2)]
    after = amend(plan(read), changes, drug_of=drugs(Keep.INTERVAL, 240))
    assert dates(after)[:5] == ["01-05", "01-12 given 01-14", "01-19 given 01-19", "01-26", "02-02"]
    assert said(after)[0].endswith("; one C1D15 a after it is recorded as given already, so nothing moves")
    # one that was not given stands in nobody's way
    missed = amend(plan(read), [gave(cd(1, 15), ""), gave(cd(1, 8, phase="one"), "01-14", 2)], drug_of=drugs(Keep.INTERVAL))
    assert dates(missed)[:5] == ["01-05", "01-12 given 01-14", "01-19 not-given", "01-28", "02-04"]


def test_the_interval_takes_held_and_omitted_doses_along(read: Read) -> None:
    changes: list[Change] = [
        Omit(1, ON, "", cd(1, 15)),
        Hold(2, ON, "", day("01-26"), "a"),
        Resume(3, ON, "", day("02-03"), "a"),
        gave(cd(1, 8, phase="one"), "01-13", 4),
    ]
    after = amend(plan(read), changes, drug_of=drugs(Keep.INTERVAL))
    assert dates(after, phase="one") == [
        *("01-05", "01-12 given 01-13", "01-20 omitted", "01-27 held"),
        *("02-03", "02-10", "02-17", "02-24"),
    ]
    assert said(after)[3].endswith("as a premedication does; 1 entry no longer within a hold")


def test_keep_pairs_together(read: Read) -> None:
    drawn = only(read, "1 2 8 9 15 16")
    first = amend(drawn, [gave(cd(1, 8), "01-13")], drug_of=drugs(Keep.PAIR))
    assert dates(first)[:6] == ["01-05", "01-06", "01-12 given 01-13", "01-14", "01-19", "01-20"]
    assert said(first)[0].endswith(
        "; keep pairs together [label]: 1 entry of a 1 day later, 2026-01-13 -> 2026-01-14; the other days keep their dates"
    )
    second = amend(drawn, [gave(cd(1, 9), "01-14")], drug_of=drugs(Keep.PAIR))
    assert dates(second)[:6] == ["01-05", "01-06", "01-12", "01-13 given 01-14", "01-19", "01-20"]
    assert said(second)[0].endswith("; keep pairs together [label]: no later dose of a moves")
    both = amend(drawn, [gave(cd(1, 8), "01-13"), gave(cd(1, 9), "01-15", 2)], drug_of=drugs(Keep.PAIR))
    assert dates(both)[:6] == ["01-05", "01-06", "01-12 given 01-13", "01-14 given 01-15", "01-19", "01-20"]


def test_a_run_of_three_moves_as_one(read: Read) -> None:
    drawn = only(read, "1 2 3 5")
    after = amend(drawn, [gave(cd(1, 1), "01-06")], drug_of=drugs(Keep.PAIR))
    assert dates(after)[:4] == ["01-05 given 01-06", "01-07", "01-08", "01-09"]
    # the day in the middle was not given: the third still belongs to the run
    changes = [gave(cd(1, 2), ""), gave(cd(1, 1), "01-06", 2)]
    assert dates(amend(drawn, changes, drug_of=drugs(Keep.PAIR)))[:4] == ["01-05 given 01-06", "01-06 not-given", "01-08", "01-09"]


def test_a_run_never_reaches_the_next_one(read: Read) -> None:
    drawn = only(read, "1 2 8 9")
    near = amend(drawn, [gave(cd(1, 1), "01-10")], drug_of=drugs(Keep.PAIR))
    assert dates(near)[:4] == ["01-05 given 01-10", "01-11", "01-12", "01-13"]
    onto = amend(drawn, [gave(cd(1, 1), "01-11")], drug_of=drugs(Keep.PAIR))
    assert dates(onto)[:4] == ["01-05 given 01-11", "01-06", "01-12", "01-13"]
    assert at(onto, cd(1, 2)).why == (
        "CLASH: planned on 2026-01-06, can't follow to 2026-01-12: p C1D8 a stays on 2026-01-12; delay or omit it (change 1)",
    )
    assert said(onto)[-1] == (
        "CLASH: p C1D2 a (2026-01-06): can't follow a dose given late (change 1): p C1D8 a stays on 2026-01-12; delay or omit"
    )


def test_keep_the_dates_and_a_clash(read: Read) -> None:
    drawn = plan(read)
    where = cd(1, 1, "b")
    after = amend(drawn, [gave(where, "01-07")], drug_of=drugs(Keep.DATES, within=12))
    assert dates(after, "b")[:4] == ["01-05 given 01-07", "01-06", "01-07", "01-08"]
    assert [at(after, cd(1, number, "b")).why for number in (2, 3, 4)] == [
        ("CLASH: planned on 2026-01-06, on or before the day the dose before it was given (2026-01-07, change 1); delay or omit it",),
        ("CLASH: planned on 2026-01-07, on or before the day the dose before it was given (2026-01-07, change 1); delay or omit it",),
        (),
    ]
    assert said(after) == [
        "change 1 on 2026-12-31: one C1D1 b given on 2026-01-07, 2 days late (planned on 2026-01-05);"
        " keep the dates, within 12 hours [label]: no later dose of b moves",
        "CLASH: one C1D2 b (2026-01-06), one C1D3 b (2026-01-07): on or before the day the dose before them was given"
        " (2026-01-07, change 1); delay or omit",
    ]
    # what is omitted, or recorded in its turn, clashes no more
    solved = amend(after, [Omit(2, ON, "", cd(1, 2, "b")), gave(cd(1, 3, "b"), "", 3)])
    assert not any("CLASH" in each for each in (*said(solved), *at(solved, cd(1, 2, "b")).why))


def test_a_clash_goes_when_the_dose_is_delayed(read: Read) -> None:
    drawn = plan(read)
    change = gave(cd(1, 8, phase="one"), "01-20")
    after = amend(drawn, [change], drug_of=drugs())
    assert dates(after)[:4] == ["01-05", "01-12 given 01-20", "01-19", "01-26"]
    assert "CLASH: one C1D15 a (2026-01-19): on or before the day" in said(after)[1]
    assert "nobody states what follows from a missed dose of a" in said(after)[0]
    near = Delay(2, ON, "", cd(1, 15), Mode.DOSE, 1)
    assert "one C1D15 a would be on 2026-01-20, and one C1D8 a before it was given on 2026-01-20; delay it further" in refused(after, near)
    solved = amend(after, [replace(near, by_days=2)])
    assert dates(solved)[:4] == ["01-05", "01-12 given 01-20", "01-21", "01-26"]
    assert len(said(solved)) == 2
    assert at(solved, cd(1, 15)).why == ("delayed 2 days on 2026-12-31 (change 2)",)
    # a clash of two days that a delay doesn't touch is in nobody's way
    assert dates(amend(after, [Delay(2, ON, "", cd(1, 22), Mode.DOSE, 1)]))[2:4] == ["01-19", "01-27"]
    # a hold takes it away for as long as it lasts
    held = amend(after, [Hold(2, ON, "", day("01-19"), "a")])
    assert not any("CLASH" in each for each in said(held))
    again = amend(held, [Resume(3, ON, "", day("01-22"), "a")])
    assert dates(again)[2:4] == ["01-19 held", "01-26"]


# -- least time between doses -------------------------------------------------------------------------------------


def shipped(id: str, *, cycles: int) -> tuple[Schedule, DrugOf]:
    regimen = load_regimen(id).regimen
    return draw(regimen, start=START, horizon=Horizon(cycles=cycles)), lambda name: find_drug(name, regimen=regimen)


def test_bortezomib_keeps_its_72_hours() -> None:
    drawn, drug_of = shipped("vmp", cycles=1)  # days 1 4 8 11 22 25 29 32
    assert dates(drawn, "bortezomib") == ["01-05", "01-08", "01-12", "01-15", "01-26", "01-29", "02-02", "02-05"]
    late = amend(drawn, [gave(cd(1, 1, "bortezomib"), "01-06")], drug_of=drug_of)
    assert dates(late, "bortezomib")[:4] == ["01-05 given 01-06", "01-09", "01-12", "01-15"]
    assert at(late, cd(1, 4, "bortezomib")).why == ("1 day later, at least 72 hours between doses [mims-biomib] (change 1)",)
    assert said(late)[0].endswith(
        "; nobody states what follows from a missed dose of bortezomib;"
        " at least 72 hours between doses [mims-biomib]: treatment C1D4 bortezomib 2026-01-08 -> 2026-01-09"
    )
    later = amend(drawn, [gave(cd(1, 1, "bortezomib"), "01-07")], drug_of=drug_of)
    assert dates(later, "bortezomib")[:5] == ["01-05 given 01-07", "01-10", "01-13", "01-16", "01-26"]
    assert at(later, cd(1, 8, "bortezomib")).planned_on == day("01-12")
    # past its neighbour: the order is kept, none is lost
    latest = amend(drawn, [gave(cd(1, 1, "bortezomib"), "01-13")], drug_of=drug_of)
    assert dates(latest, "bortezomib")[:5] == ["01-05 given 01-13", "01-16", "01-19", "01-22", "01-26"]
    assert dates(later, "melphalan") == dates(drawn, "melphalan")


def test_spacing_after_the_rule(read: Read) -> None:
    """The interval moves all of them; pairs kept together leave the others to the least time."""
    drawn = only(read, "1 2 8")
    pair = amend(drawn, [gave(cd(1, 1), "01-10")], drug_of=drugs(Keep.PAIR, 48))
    assert dates(pair)[:3] == ["01-05 given 01-10", "01-12", "01-14"]
    assert at(pair, cd(1, 2)).why == (
        "5 days later, because p C1D1 a was given 5 days late: keep pairs together [label] (change 1)",
        "1 day later, at least 48 hours between doses [spc] (change 1)",
    )
    interval = amend(drawn, [gave(cd(1, 1), "01-06")], drug_of=drugs(Keep.INTERVAL, 24))
    assert dates(interval)[:3] == ["01-05 given 01-06", "01-07", "01-13"]
    # 25 hours are two days, by dates
    assert dates(amend(drawn, [gave(cd(1, 1), "01-06")], drug_of=drugs(None, 25)))[:3] == ["01-05 given 01-06", "01-08", "01-12"]
    assert dates(amend(drawn, [gave(cd(1, 1), "01-06")], drug_of=drugs(None, 24)))[:3] == ["01-05 given 01-06", "01-07", "01-12"]


def test_spacing_and_doses_that_are_held(read: Read) -> None:
    drawn = only(read, "1 4 6 9 12", repeat=1)  # 5, 8, 10, 13, 16 January
    change = gave(cd(1, 1), "01-08", 9)
    held: list[Change] = [Hold(1, ON, "", day("01-10"), "a"), Resume(2, ON, "", day("01-11"), "a")]
    # day 6 is held: it asks for no room, and moves only because day 4 would pass it
    after = amend(drawn, [*held, change], drug_of=drugs(None, 72))
    assert dates(after) == ["01-05 given 01-08", "01-11", "01-14", "01-17", "01-20"]
    assert said(after)[2].endswith("; 1 entry no longer within a hold")
    longer: list[Change] = [Hold(1, ON, "", day("01-10"), "a"), Resume(2, ON, "", day("01-15"), "a")]
    assert dates(amend(drawn, [*longer, change], drug_of=drugs(None, 72))) == [
        *("01-05 given 01-08", "01-11 held", "01-12 held"),
        *("01-13 held", "01-16"),
    ]
    first: list[Change] = [Hold(1, ON, "", day("01-08"), "a"), Resume(2, ON, "", day("01-09"), "a")]
    assert dates(amend(drawn, [*first, change], drug_of=drugs(None, 72))) == ["01-05 given 01-08", "01-08 held", "01-11", "01-14", "01-17"]


def test_two_activities_of_one_drug_stay_together(read: Read) -> None:
    give = "{drug: a, dose: 1 mg, route: IV, over: 9 min, days: 1 4 9}, {drug: a, id: extra, dose: 1 mg, route: IV, over: 9 min, days: 1 4}"
    drawn = put(read(f"phases: [{{id: p, cycle: 14 days, repeat: 1, give: [{give}]}}]"))
    first = gave(cd(1, 1, "a"), "01-06")
    assert "p C1D1 a" not in refused(drawn, first)
    assert "C1D1 a has a, extra; say which drug" in refused(drawn, first)
    drawn = put(read(f"phases: [{{id: p, cycle: 14 days, repeat: 1, give: [{give.replace('drug: a,', 'drug: a, id: main,', 1)}]}}]"))
    main, extra = gave(cd(1, 1, "main"), "01-06"), gave(cd(1, 1, "extra"), "01-06", 2)
    one = amend(drawn, [main], drug_of=drugs(Keep.INTERVAL, 72))
    assert (dates(one, "main"), dates(one, "extra")) == (["01-05 given 01-06", "01-09", "01-14"], ["01-05", "01-09"])
    # the second one, given on the same day, moves nothing more; a day later still, one more
    two = amend(drawn, [main, extra], drug_of=drugs(Keep.INTERVAL, 72))
    assert (dates(two, "main"), dates(two, "extra")) == (["01-05 given 01-06", "01-09", "01-14"], ["01-05 given 01-06", "01-09"])
    more = amend(drawn, [main, replace(extra, day=day("01-07"))], drug_of=drugs(Keep.INTERVAL, 72))
    assert (dates(more, "main"), dates(more, "extra")) == (["01-05 given 01-06", "01-10", "01-15"], ["01-05 given 01-07", "01-10"])
    # what was not given of that day stays
    gone = amend(drawn, [gave(cd(1, 4, "extra"), "", 3), main], drug_of=drugs(None, 96))
    assert (dates(gone, "main"), dates(gone, "extra")) == (["01-05 given 01-06", "01-10", "01-14"], ["01-05", "01-08 not-given"])
    pushed = amend(drawn, [main], drug_of=drugs(None, 96))
    assert (dates(pushed, "main"), dates(pushed, "extra")) == (["01-05 given 01-06", "01-10", "01-14"], ["01-05", "01-10"])


# -- what stands in the way of what follows -----------------------------------------------------------------------


def test_a_stop_leaves_doses_where_they_are(read: Read) -> None:
    drawn = plan(read)
    after = amend(drawn, [Stop(1, ON, "", day("01-27")), gave(cd(1, 8, phase="one"), "01-13", 2)], drug_of=drugs(Keep.INTERVAL))
    assert dates(after, phase="one")[:5] == ["01-05", "01-12 given 01-13", "01-20", "01-26", "02-02 stopped"]
    assert at(after, cd(1, 22)).why == (
        "CLASH: planned on 2026-01-26, can't follow to 2026-01-27: nothing is given from 2026-01-27 on (change 1);"
        " delay or omit it (change 2)",
    )
    # moved by hand to another day, it says so no more
    back = amend(drawn, [Stop(1, ON, "", day("01-31")), gave(cd(1, 8, phase="one"), "01-17", 2)], drug_of=drugs(Keep.INTERVAL))
    assert "can't follow to 2026-01-31" in at(back, cd(1, 22)).why[0]
    solved = amend(back, [Delay(3, ON, "", cd(1, 22), Mode.DOSE, 2)])
    assert not any("CLASH" in text for text in (*said(solved), *at(solved, cd(1, 22)).why))
    free = amend(drawn, [Stop(1, ON, "", day("01-28")), gave(cd(1, 8, phase="one"), "01-13", 2)], drug_of=drugs(Keep.INTERVAL))
    assert dates(free, phase="one")[2:4] == ["01-20", "01-27"]
    assert not any("CLASH" in each for each in said(free))


def test_what_must_stay_stops_those_before_it(read: Read) -> None:
    """With a dose every day none can move on, as the last one can't."""
    drawn = only(read, "1-5", repeat=1)
    after = amend(drawn, [Stop(1, ON, "", day("01-09")), gave(cd(1, 1), "01-06", 2)], drug_of=drugs(Keep.INTERVAL))
    assert dates(after) == ["01-05 given 01-06", "01-06", "01-07", "01-08", "01-09 stopped"]
    assert said(after)[1:] == [
        "change 2 on 2026-12-31: p C1D1 a given on 2026-01-06, 1 day late (planned on 2026-01-05);"
        " keep the interval [label]: no later dose of a moves",
        "CLASH: p C1D2 a (2026-01-06), p C1D3 a (2026-01-07), p C1D4 a (2026-01-08): can't follow a dose given late (change 2):"
        " nothing is given from 2026-01-09 on (change 1); delay or omit",
    ]
    spaced = amend(drawn, [Stop(1, ON, "", day("01-09")), gave(cd(1, 2), "01-07", 2)], drug_of=drugs(None, 24))
    assert dates(spaced) == ["01-05", "01-06 given 01-07", "01-07", "01-08", "01-09 stopped"]


GRAFT = """
phases:
  - {id: one, cycle: 28 days, repeat: 1, give: [{drug: a, dose: 1 mg, route: IV, over: 9 min, days: 1 8 15 22}]}
  - {id: graft, anchor: day 0, waits: the date, give: [{drug: a, dose: 1 mg, route: IV, over: 9 min, days: "-3 -2"}],
     assess: [{id: cells, what: Cells, days: 0}]}
  - {id: upkeep, cycle: 7 days, repeat: 2, give: [{drug: a, dose: 1 mg, route: IV, over: 9 min, days: 1}]}
"""


def test_a_told_date_stays_and_so_do_days_around_day_0(read: Read) -> None:
    drawn = put(read(GRAFT), graft="2026-02-02")
    assert (dates(drawn, phase="one"), dates(drawn, phase="graft")) == (["01-05", "01-12", "01-19", "01-26"], ["01-30", "01-31"])
    three = amend(drawn, [gave(cd(1, 8, phase="one"), "01-15")], drug_of=drugs(Keep.INTERVAL))
    assert dates(three)[:6] == ["01-05", "01-12 given 01-15", "01-22", "01-29", "01-30", "01-31"]
    four = amend(drawn, [gave(cd(1, 8, phase="one"), "01-16")], drug_of=drugs(Keep.INTERVAL))
    assert dates(four)[:6] == ["01-05", "01-12 given 01-16", "01-23", "01-26", "01-30", "01-31"]
    assert "can't follow to 2026-01-30: graft D-3 a stays on 2026-01-30; delay or omit it" in at(four, cd(1, 22)).why[0]
    far = amend(drawn, [gave(cd(1, 15, phase="one"), "01-26")], drug_of=drugs(Keep.INTERVAL))
    assert dates(far)[2:6] == ["01-19 given 01-26", "01-26", "01-30", "01-31"]
    assert "can't follow to 2026-02-02: graft starts on 2026-02-02; delay or omit it" in at(far, cd(1, 22)).why[0]
    # the least time pushes nothing that is counted around day 0
    near = amend(drawn, [gave(cd(1, 22, phase="one"), "01-28")], drug_of=drugs(None, 72))
    assert dates(near)[3:6] == ["01-26 given 01-28", "01-30", "01-31"]
    assert at(near, Where("graft", day=-3)).why == (
        "CLASH: planned on 2026-01-30, can't follow to 2026-01-31: its days are counted around day 0; delay or omit it (change 1)",
    )
    # nor does a rule; the phase after it begins where it ends, and follows
    assert dates(drawn, phase="upkeep") == ["02-03", "02-10"]
    within = amend(drawn, [gave(Where("graft", day=-3), "01-31")], drug_of=drugs(Keep.INTERVAL))
    assert (dates(within, phase="graft"), dates(within, phase="upkeep")) == (["01-30 given 01-31", "01-31"], ["02-04", "02-11"])


def test_an_open_phase_is_over_when_the_next_starts(read: Read) -> None:
    text = """
phases:
  - {id: one, cycle: 7 days, repeat: open, give: [{drug: a, dose: 1 mg, route: IV, over: 9 min, days: 1}]}
  - {id: two, waits: a date, cycle: 7 days, repeat: 1, give: [{drug: a, dose: 1 mg, route: IV, over: 9 min, days: 1}]}
"""
    drawn = put(read(text), two="2026-01-28")
    assert dates(drawn) == ["01-05", "01-12", "01-19", "01-26", "01-28"]
    after = amend(drawn, [gave(cd(2, 1), "01-14")], drug_of=drugs(Keep.INTERVAL))
    assert dates(after) == ["01-05", "01-12 given 01-14", "01-21", "01-28 skipped", "01-28"]
    assert said(after)[0].endswith("moves everything; 1 entry skipped, because two starts on 2026-01-28")


def test_the_end_of_a_phase_is_when_its_last_dose_was_given(read: Read) -> None:
    drawn = only(read, "1 7", cycle=7, repeat=1)
    after = amend(drawn, [gave(cd(1, 7), "01-13")], drug_of=drugs())
    assert said(after)[1] == "p ends on 2026-01-13 rather than 2026-01-11"


# -- beside other changes -----------------------------------------------------------------------------------------


def test_what_was_given_never_moves(read: Read) -> None:
    drawn = plan(read)
    changes: list[Change] = [
        gave(cd(1, 8, phase="one"), "01-14"),
        gave(cd(1, 15), "", 2),
        Delay(3, ON, "", Where("one", 1, 3), Mode.ALL, 7),
        Hold(4, ON, "", START, "a"),
        Resume(5, ON, "", day("02-09"), "a"),
    ]
    after = amend(drawn, changes, drug_of=drugs())
    assert dates(after, phase="one") == [
        *("01-05 held", "01-12 given 01-14", "01-19 not-given", "02-02 held"),
        *("02-09", "02-16", "02-23", "03-02"),
    ]
    assert at(after, cd(1, 8, phase="one")).planned_on is None
    assert "a held from 2026-01-05 on (10 entries)" in said(after)[3]


def test_delays_keep_clear_of_what_was_given(read: Read) -> None:
    drawn = plan(read)
    early = amend(drawn, [gave(cd(1, 15), "01-17")], drug_of=drugs())
    delay = Delay(2, ON, "", cd(1, 8, phase="one"), Mode.DOSE, 4)
    assert dates(amend(early, [delay]))[1] == "01-16"
    for by, words in ((5, "the date of"), (6, "after")):
        assert refused(early, replace(delay, by_days=by)) == (
            f"change 2 (delay) can't be made: one C1D8 a would be on 2026-01-{12 + by}, {words} one C1D15 a (given on 2026-01-17)"
        )
    # what was given late is in the way of the next on the day it was given, and of the next only
    late = amend(drawn, [gave(cd(1, 8, phase="one"), "01-18")], drug_of=drugs())
    assert dates(amend(late, [Delay(2, ON, "", cd(1, 15), Mode.ALL, 1)]))[1:4] == ["01-12 given 01-18", "01-20", "01-27"]
    assert "would be on 2026-01-12, the date of one C1D8 a" not in refused(late, Delay(2, ON, "", cd(1, 1, phase="one"), Mode.DOSE, 13))
    assert dates(amend(late, [Delay(2, ON, "", cd(1, 1, phase="one"), Mode.DOSE, 12)]))[0] == "01-12 given 01-18"


def test_a_delay_says_that_a_drug_is_doubled_on_the_day_it_was_given(read: Read) -> None:
    iv = "dose: 1 mg, route: IV, over: 9 min"
    give = f"{{drug: a, id: main, {iv}, days: 1}}, {{drug: a, id: extra, {iv}, days: 3}}"
    drawn = put(read(f"phases: [{{id: p, cycle: 7 days, repeat: 2, give: [{give}]}}]"))
    record = gave(cd(2, 1, "main"), "01-13")
    after = amend(drawn, [record, Delay(2, ON, "", cd(1, 3), Mode.DOSE, 6)], drug_of=drugs())
    assert said(after)[1].endswith(
        "; C1D3 now lies on or after p C2D1 (2026-01-13), which stays; a is now given 2 times on 2026-01-13 (p C1D3 extra, p C2D1 main)"
    )
    near = said(amend(drawn, [record, Delay(2, ON, "", cd(1, 3), Mode.DOSE, 5)], drug_of=drugs()))[1]
    assert near.endswith("2026-01-07 -> 2026-01-12 (1 entry)")
    # what was so before is not said of every delay
    twice: list[Change] = [gave(cd(2, 1, "main"), "01-14"), Delay(2, ON, "", cd(1, 1), Mode.DOSE, 1)]
    assert said(amend(drawn, twice, drug_of=drugs()))[1].endswith("2026-01-05 -> 2026-01-06 (1 entry)")


def test_given_on_a_day_of_a_hold_is_said(read: Read) -> None:
    after = amend(plan(read), [Hold(1, ON, "", day("01-13"), "a"), gave(cd(1, 8, phase="one"), "01-13", 2)], drug_of=drugs())
    assert dates(after)[1:3] == ["01-12 given 01-13", "01-19 held"]
    assert "(planned on 2026-01-12); a is held on that day (change 1); nobody states" in said(after)[1]


def test_the_drugs_are_kept_for_the_next_change(read: Read) -> None:
    drawn, of = plan(read), drugs(Keep.INTERVAL)
    first, second = gave(cd(1, 8, phase="one"), "01-14"), gave(cd(1, 15), "01-22", 2)
    assert amend(amend(drawn, [first], drug_of=of), [second]) == amend(drawn, [first, second], drug_of=of)
    assert amend(amend(drawn, [first], drug_of=of), [second], drug_of=of) == amend(drawn, [first, second], drug_of=of)


def test_closed_days_and_what_was_given(read: Read) -> None:
    """A dose never moves to a day on which the drug was given, nor nearer than its least time; what was given is not marked."""
    drawn = only(read, "1 5", repeat=1)  # Monday 5 and Friday 9 January
    shut = Closed(dates={day("01-09"): "closed", day("01-07"): "closed"})
    late = amend(drawn, [gave(cd(1, 1), "01-07")], drug_of=drugs())
    assert list(mark(late, shut, drug_of=drugs()).values()) == ["closed"]
    # Thursday and Saturday are as near; the day after it was given has room, the day itself has not
    assert dates(move(late, shut, drug_of=drugs()).schedule) == ["01-05 given 01-07", "01-10"]
    for closed, hours, expected in (("01-10", 0, "01-08"), ("01-10", 24, "01-08"), ("01-10", 48, "01-11")):
        both = replace(shut, dates={**shut.dates, day(closed): "closed"})
        assert dates(move(late, both, drug_of=drugs(None, hours)).schedule)[1] == expected
    later = amend(drawn, [gave(cd(1, 1), "01-08")], drug_of=drugs())
    around = replace(shut, dates={day("01-09"): "closed", day("01-10"): "closed"})
    assert dates(move(drawn, around, drug_of=drugs()).schedule) == ["01-05", "01-08"]
    assert dates(move(later, around, drug_of=drugs()).schedule) == ["01-05 given 01-08", "01-11"]
    missed = amend(drawn, [gave(cd(1, 1), "")], drug_of=drugs())
    assert dates(move(missed, Closed(dates={day("01-05"): "closed"}), drug_of=drugs()).schedule) == ["01-05 not-given", "01-09"]


def test_closed_days_between_what_was_given(read: Read) -> None:
    """The nearest of several doses that were given before, or after, is the one to keep clear of."""
    drawn = only(read, "1 3 5 7 9", repeat=1)  # 5, 7, 9, 11, 13 January
    records = [gave(cd(1, 1), "01-05"), gave(cd(1, 3), "01-07", 2), gave(cd(1, 7), "01-11", 3), gave(cd(1, 9), "01-13", 4)]
    known = amend(drawn, records, drug_of=drugs())
    for closed, expected in ((["01-09"], "01-10"), (["01-09", "01-10"], "01-08")):
        shut = Closed(dates={day(each): "closed" for each in closed})
        assert dates(move(known, shut, drug_of=drugs()).schedule)[2] == expected
    full = Closed(dates={day(each): "closed" for each in ("01-08", "01-09", "01-10")})
    with pytest.raises(
        ScheduleError, match=r"Sun 11 Jan 2026 is against one dose day of a on a date \(C1D7 on Sun 11 Jan 2026 was given\)"
    ):
        move(known, full, drug_of=drugs())
    # where the plan has less than the least time, no less than it has
    near = amend(only(read, "1 4", repeat=1), [gave(cd(1, 1), "01-05")])
    shut = Closed(dates={day("01-08"): "closed"})
    assert dates(move(near, shut, drug_of=drugs(None, 120)).schedule) == ["01-05 given 01-05", "01-09"]
    # of day 4 and 7, day 7 was given on the 13th: day 4 may come to 3 days before that
    late = amend(only(read, "4 7", repeat=1), [gave(cd(1, 7), "01-13")])
    assert dates(move(late, shut, drug_of=drugs(None, 120)).schedule) == ["01-09", "01-11 given 01-13"]


def moved_to(where: Where, on: str, shown: str, number: int = 1) -> Given:
    return replace(gave(where, on, number), shown=day(shown))


def on_open_days(schedule: Schedule, of: DrugOf, *closed: str) -> list[str]:
    shut = Closed(weekdays=frozenset({5, 6}), dates={day(each): "closed" for each in closed})
    return dates(move(schedule, shut, drug_of=of).schedule)


def test_given_on_the_open_day_to_which_it_was_moved(read: Read) -> None:
    """Day 1 is on Thursday 8 January, which is closed: the calendar has it on Friday, with day 2 on Monday."""
    drawn, of = put(only(read, "1 2 8 9").regimen, day("01-08")), drugs(Keep.INTERVAL)
    assert on_open_days(drawn, of, "01-08")[:4] == ["01-09", "01-12", "01-15", "01-16"]
    kept = amend(drawn, [moved_to(cd(1, 1), "01-09", "01-09")], drug_of=of)
    assert dates(kept)[:4] == ["01-08 given 01-09", "01-10", "01-15", "01-16"]
    assert on_open_days(kept, of, "01-08")[:4] == ["01-08 given 01-09", "01-12", "01-15", "01-16"]
    assert at(kept, cd(1, 1)).why == ("given on 2026-01-09, as moved off a closed day (change 1)",)
    assert at(kept, cd(1, 2)).why == ("1 day later, to keep clear of a dose that was moved off a closed day (change 1)",)
    assert said(kept) == [
        "change 1 on 2026-12-31: p C1D1 a given on 2026-01-09 (planned on 2026-01-08, moved to 2026-01-09);"
        " to keep clear of a dose that was moved off a closed day: p C1D2 a 2026-01-09 -> 2026-01-10"
    ]
    # then day 2 on its Monday
    both = amend(kept, [moved_to(cd(1, 2), "01-12", "01-12", 2)])
    assert on_open_days(both, of, "01-08")[:4] == ["01-08 given 01-09", "01-10 given 01-12", "01-15", "01-16"]
    assert len(said(both)) == 1
    # a day later than shown is late by a day
    late = amend(drawn, [moved_to(cd(1, 1), "01-10", "01-09")], drug_of=of)
    assert dates(late)[:4] == ["01-08 given 01-10", "01-11", "01-16", "01-17"]
    assert at(late, cd(1, 1)).why == ("given on 2026-01-10, 1 day late, after a move to 2026-01-09 (change 1)",)
    assert "given on 2026-01-10, 1 day late (planned on 2026-01-08, moved to 2026-01-09); keep the interval [label]" in said(late)[0]
    # without being told of the move, the dose counts as late
    assert dates(amend(drawn, [gave(cd(1, 1), "01-09")], drug_of=of))[:4] == ["01-08 given 01-09", "01-10", "01-16", "01-17"]


def test_a_move_off_a_closed_day_and_the_least_time(read: Read) -> None:
    drawn, of = only(read, "1 4 8", repeat=1), drugs(None, 72)  # Monday 5, Thursday 8, Monday 12 January
    assert on_open_days(drawn, of, "01-05") == ["01-06", "01-09", "01-12"]
    kept = amend(drawn, [moved_to(cd(1, 1), "01-06", "01-06")], drug_of=of)
    assert on_open_days(kept, of, "01-05") == ["01-05 given 01-06", "01-09", "01-12"]
    # moved to an earlier day: nothing has to keep clear of it
    back = amend(drawn, [moved_to(cd(1, 8), "01-11", "01-11")], drug_of=of)
    assert dates(back) == ["01-05", "01-08", "01-12 given 01-11"]
    assert said(back) == []
    assert "planned on 2026-01-11, after 2026-01-10" in refused(drawn, replace(moved_to(cd(1, 8), "", "01-11"), day=None, on=day("01-10")))
    # given on its planned day after all: what the plan has nearer than the least time stays as it is
    as_planned = amend(drawn, [moved_to(cd(1, 1), "01-05", "01-06")], drug_of=drugs(None, 96))
    assert dates(as_planned) == ["01-05 given 01-05", "01-08", "01-12"]
    missed = amend(drawn, [Given(1, day("01-11"), "", cd(1, 8), None, day("01-11"))])
    assert dates(missed)[2] == "01-12 not-given"
    # noted after the next dose: that one has kept clear already
    next_first = amend(drawn, [gave(cd(1, 4), "01-09"), moved_to(cd(1, 1), "01-06", "01-06", 2)], drug_of=of)
    assert dates(next_first) == ["01-05 given 01-06", "01-08 given 01-09", "01-12"]
    assert len(said(next_first)) == 1


def test_a_clash_on_a_closed_day_is_moved_past_what_was_given(read: Read) -> None:
    """From Saturday 3 January: day 1 given on Monday without a word of closed days, day 2 was planned on Sunday."""
    drawn = put(only(read, "1 2 8 9").regimen, day("01-03"))
    after = amend(drawn, [gave(cd(1, 1), "01-05")], drug_of=drugs())
    assert "CLASH: p C1D2 a (2026-01-04)" in said(after)[1]
    assert on_open_days(after, drugs())[:4] == ["01-03 given 01-05", "01-06", "01-12", "01-13"]
    # on a day that is open it stays, and clashes
    assert dates(move(after, Closed(), drug_of=drugs()).schedule)[:2] == ["01-03 given 01-05", "01-04"]
    # day 2 is recorded first: day 1 must be before it
    assert on_open_days(drawn, drugs())[:2] == ["01-05", "01-06"]
    second = amend(drawn, [moved_to(cd(1, 2), "01-06", "01-06")], drug_of=drugs())
    assert on_open_days(second, drugs())[:2] == ["01-04 given 01-06", "01-05"]
    # day 8 was given a week early: day 1 and 2 stay where they are on open days, and find no room on closed ones
    early = amend(drawn, [gave(cd(1, 8), "01-04")], drug_of=drugs())
    assert dates(move(early, Closed(dates={day("01-11"): "closed"}), drug_of=drugs()).schedule)[:2] == ["01-03", "01-04"]
    with pytest.raises(ScheduleError, match=r"is against one dose day of a on a date \(C1D8 on Sun 4 Jan 2026 was given\)"):
        on_open_days(early, drugs())


# -- finding entries ----------------------------------------------------------------------------------------------


def test_entries_at_a_place(read: Read) -> None:
    drawn = plan(read)
    after = amend(drawn, [gave(cd(1, 8, phase="one"), "01-14")], drug_of=drugs(Keep.INTERVAL))
    for schedule in (drawn, after):
        assert [(each.day, each.activity) for each in entries_at(schedule, Where("one", 1))] == [(1, "a"), (1, "b")]
        assert drug_at(schedule, cd(2, 8, phase="two")).key == ("two", 2, 8, "a", 1)
    assert entries_at(after, cd(1, 8, phase="one"))[0].status == "given"
    with pytest.raises(ScheduleError, match=r"there is no cycle 3 of a"):
        entries_at(after, Where("one", 3, 1, "a"))
    with pytest.raises(ScheduleError, match=r"one C1 has a, b; say which drug"):
        drug_at(after, Where("one", 1))
    with pytest.raises(ScheduleError, match=r"only drugs are recorded as given, and late is Visit"):
        drug_at(after, Where(activity="late"))


# -- what holds always --------------------------------------------------------------------------------------------


@st.composite
def invented(draw_one: st.DrawFn, read: Read) -> Schedule:
    phases = []
    for number in range(draw_one(st.integers(1, 3))):
        length = draw_one(st.integers(3, 21))
        chosen = st.sets(st.integers(1, length), min_size=1, max_size=6)
        give = ", ".join(
            f"{{drug: {drug}, id: {drug}{n}, dose: 1 mg, route: IV, over: 9 min, days: {' '.join(map(str, sorted(draw_one(chosen))))}}}"
            for drug, n in draw_one(st.sampled_from([(("a", 1),), (("a", 1), ("b", 1)), (("a", 1), ("a", 2))]))
        )
        wait = "waits: a date, " if number and draw_one(st.booleans()) else ""
        bound = draw_one(st.sampled_from(["repeat: 2", "repeat: 3"]))
        phases.append(f"{{id: p{number}, {wait}cycle: {length} days, {bound}, give: [{give}]}}")
    regimen = read(f"phases: [{', '.join(phases)}]")
    told = {phase.id: date(2026, 3, 1) + number * timedelta(days=80) for number, phase in enumerate(regimen.phases) if phase.waits}
    return draw(regimen, start=START, starts=told)


@st.composite
def histories(draw_one: st.DrawFn, drawn: Schedule) -> list[Change]:
    """Records in any order, with other changes between them; some will be refused."""
    found: list[Change] = []
    for number in range(1, draw_one(st.integers(1, 7)) + 1):
        entry = draw_one(st.sampled_from(drawn.entries))
        where = Where(entry.phase, entry.cycle, entry.day, entry.activity)
        near = entry.date + timedelta(days=draw_one(st.integers(-2, 9)))
        drug, by = draw_one(st.sampled_from(["", entry.drug])), draw_one(st.integers(1, 9))
        others: list[Change] = [
            Delay(number, ON, "r", where, draw_one(st.sampled_from(Mode)), by),
            Delay(number, ON, "r", Where(entry.phase, entry.cycle, entry.day), Mode.ALL, by),
            Hold(number, ON, "r", near, drug),
            Resume(number, ON, "r", near, drug),
            Omit(number, ON, "r", where),
            Stop(number, ON, "r", near),
            Skip(number, START, "r", entry.phase),
            Given(number, ON, "r", where, None),
        ]
        found.append(Given(number, ON, "r", where, near) if draw_one(st.booleans()) else draw_one(st.sampled_from(others)))
    return found


def holds_always(drawn: Schedule, changes: list[Change], of: DrugOf) -> None:
    step: Schedule = drawn
    kept: list[Change] = []
    recorded: dict[Key, Entry] = {}
    for change in changes:
        try:
            after = amend(step, [change], drug_of=of)
        except ScheduleError:
            continue
        kept.append(change)
        nothing_lost(step, after)
        # what was recorded before this change has stayed as it was
        now = {each.key: each for each in after.entries}
        assert all(now[key] == each for key, each in recorded.items())
        recorded = {each.key: each for each in after.entries if each.status in ("given", "not-given")}
        if isinstance(change, Given):
            follows(step, after, change)
        step = after
    if kept:
        assert amend(drawn, kept, drug_of=of) == step
    assert len(recorded) == sum(isinstance(change, Given) for change in kept)
    clashes_are_said(step)


def nothing_lost(before: Schedule, after: Schedule) -> None:
    assert Counter(each.key for each in before.entries) == Counter(each.key for each in after.entries)
    assert all(one.date <= two.date for one, two in pairwise(after.entries))
    was = {each.key: each.date for each in before.entries}
    assert all(each.date >= was[each.key] for each in after.entries)


def follows(before: Schedule, after: Schedule, change: Given) -> None:
    """Only later doses of the same drug move, in their order, and none of them onto another."""
    entry = next(each for each in after.entries if each.why and each.why[-1].endswith(f"(change {change.number})") and each.status)
    was = {each.key: each for each in before.entries}
    for each in after.entries:
        if each.date != was[each.key].date:
            assert each.drug == entry.drug
            assert was[each.key].date > entry.date
            assert change.day
            assert change.day > entry.date
            assert each.why[-1].endswith(f"(change {change.number})") or each.status or "CLASH" in each.why[-1]
    mine = [
        each for each in after.entries if each.activity == entry.activity and was[each.key].status in ("", "held") and each.key != entry.key
    ]
    counted = sorted((was[each.key].date, each.date) for each in mine if each.status in ("", "held"))
    assert all(one == two or (one[0] < two[0] and one[1] < two[1]) for one, two in pairwise(counted))


def clashes_are_said(schedule: Schedule) -> None:
    """Whatever stands on or before the day on which the dose before it was given says so, in the row and in the notes."""
    given_ = [each for each in schedule.entries if each.given_on]
    for each in schedule.entries:
        over = [one for one in given_ if one.drug == each.drug and one.date < each.date <= one.happens_on]
        if not each.status and over:
            assert any(text.startswith(f"CLASH: planned on {each.date}, ") for text in each.why)
            assert any(text.startswith("CLASH: ") and f"{each.when} {each.activity} ({each.date})" in text for text in schedule.notes)
        if each.status:
            assert not any("CLASH" in text for text in each.why)


RULES = st.builds(drugs, st.sampled_from([None, *Keep]), st.sampled_from([0, 24, 72, 100]))


@settings(max_examples=150)
@given(data=st.data(), of=RULES)
def test_what_holds_whatever_was_given(read: Read, data: st.DataObject, of: DrugOf) -> None:
    drawn = data.draw(invented(read))
    holds_always(drawn, data.draw(histories(drawn)), of)


@pytest.mark.long
@settings(max_examples=2000)
@given(data=st.data(), of=RULES)
def test_what_holds_whatever_was_given_at_length(read: Read, data: st.DataObject, of: DrugOf) -> None:
    drawn = data.draw(invented(read))
    holds_always(drawn, data.draw(histories(drawn)), of)


SHIPPED = [shipped("vmp", cycles=2), shipped("dkd", cycles=2), shipped("kd-twice-weekly", cycles=2), shipped("isa-kpd", cycles=2)]


@settings(max_examples=40)
@given(data=st.data(), which=st.integers(0, len(SHIPPED) - 1))
def test_what_holds_for_shipped_regimens(data: st.DataObject, which: int) -> None:
    drawn, drug_of = SHIPPED[which]
    holds_always(drawn, data.draw(histories(replace(drawn, entries=tuple(each for each in drawn.entries if each.day)))), drug_of)


@settings(max_examples=100)
@given(data=st.data(), hours=st.sampled_from([24, 72, 120]), late=st.integers(1, 12))
def test_the_least_time_is_kept_from_the_given_dose_on(read: Read, data: st.DataObject, hours: int, late: int) -> None:
    """Told again: going from dose to dose, each on its own day or as soon as the time is over, until one needs no move."""
    drawn = data.draw(invented(read))
    entry = data.draw(st.sampled_from(drawn.entries))
    at_once = [each for each in drawn.entries if each.drug == entry.drug and each.date > entry.date]
    change = Given(1, ON, "", Where(entry.phase, entry.cycle, entry.day, entry.activity), entry.date + timedelta(days=late))
    after = amend(drawn, [change], drug_of=drugs(None, hours))
    if any("can't follow" in text for text in after.notes):
        return
    expected, last, pushing = {}, change.day or START, True
    for on in sorted({each.date for each in at_once}):
        need = last + timedelta(hours=hours)
        pushing = pushing and on < need
        last = need if pushing else on
        expected.update({each.key: last for each in at_once if each.date == on})
    assert {each.key: each.date for each in after.entries if each.key in expected} == expected
