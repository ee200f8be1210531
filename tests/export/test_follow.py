"""Calendars that follow a plan: what each change of it touches, worked by hand, and what holds whatever the changes are."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
import vobject  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from dosing.api import load_regimen
from dosing.dose.course import Course
from dosing.dose.patient import Patient
from dosing.dose.reduction import parse_reduction
from dosing.dose.schedule import DosedSchedule, dose_schedule
from dosing.errors import OutputError, ScheduleError
from dosing.export.follow import Version, follow
from dosing.export.ical import to_ical
from dosing.schedule.amend import amend
from dosing.schedule.changes import Change, Delay, Hold, Mode, Omit, Resume, Skip, Stop, Where
from dosing.schedule.draw import Schedule, draw
from dosing.schedule.entries import Key
from dosing.schedule.timeline import Horizon

START = date(2026, 1, 5)
PATIENT = Patient(height_cm=170, weight_kg=70)
Events = dict[str, Any]


def day(text: str) -> date:
    return date.fromisoformat(text)


@cache
def drawn(name: str, cycles: int = 3, **choices: str) -> Schedule:
    return draw(load_regimen(name, **choices).regimen, start=START, horizon=Horizon(cycles))  # type: ignore[arg-type]  # texts only


def dosed(schedule: Schedule, *changes: Change, course: Course | None = None) -> DosedSchedule:
    return dose_schedule(amend(schedule, changes), course or Course(patient=PATIENT), limits=False)


def versions(schedule: Schedule, *logs: tuple[str, Sequence[Change]]) -> list[Version]:
    """The plan before any change, and after each: the day it was noted, and all the changes that hold then."""
    return [Version(None, dosed(schedule)), *(Version(day(on), dosed(schedule, *changes)) for on, changes in logs)]


def written(found: Sequence[Version], **options: Any) -> bytes:
    return to_ical(found[-1].dosed, versions=found, **options)


def events(data: bytes) -> list[Any]:
    calendar = Calendar.from_ical(data)
    assert not calendar.errors
    return list(calendar.walk("VEVENT"))


def by_name(data: bytes) -> Events:
    """The events by place and day of the cycle: `Clinic C2D1`; a visit by its name."""
    found = events(data)
    names = [re.sub(r"^(CANCELLED - )?(.*?) - (C\d+D\d+|[^:;]*).*", r"\2 \3", str(event["SUMMARY"])) for event in found]
    assert len(set(names)) == len(names)
    return dict(zip(names, found, strict=True))


def counted(data: bytes, place: str = "Clinic") -> dict[str, int]:
    return {name.removeprefix(f"{place} "): event["SEQUENCE"] for name, event in by_name(data).items() if name.startswith(place)}


def touched_on(event: Any) -> str:
    return f"{event['LAST-MODIFIED'].dt:%Y-%m-%d %H:%M %Z}" if "LAST-MODIFIED" in event else ""


def plain(data: bytes) -> list[bytes]:
    """The content lines without those that count changes."""
    return [line for line in data.replace(b"\r\n ", b"").split(b"\r\n") if not line.startswith((b"SEQUENCE", b"LAST-MODIFIED", b"DTSTAMP"))]


def delay(at: Where, by: int, mode: Mode = Mode.ALL, number: int = 1) -> Delay:
    return Delay(number, day("2026-01-30"), "ANC 0.8", at, mode, by)


def hold(since: str, activity: str = "", number: int = 1) -> Hold:
    return Hold(number, day("2026-01-30"), "rash", day(since), activity)


def resume(since: str, activity: str = "", number: int = 2) -> Resume:
    return Resume(number, day("2026-02-13"), "better", day(since), activity)


# -- worked by hand -----------------------------------------------------------------------------------------------


def test_without_a_change_all_is_as_it_was() -> None:
    """The same events as without versions, each with SEQUENCE 0, and none modified."""
    found = versions(drawn("krd"))
    assert all(event["SEQUENCE"] == 0 and "LAST-MODIFIED" not in event for event in events(written(found)))
    once, followed = (plain(data)[plain(data).index(b"BEGIN:VEVENT") :] for data in (to_ical(found[0].dosed), written(found)))
    assert once == followed
    assert b"SEQUENCE" not in to_ical(found[0].dosed)


def test_a_delay_touches_what_moves() -> None:
    """Cycle 2 of krd begins on 2 February; put off by a week it begins on the 9th, and cycle 3 on 9 March."""
    before, after = found = versions(drawn("krd"), ("2026-01-31", [delay(Where("treatment", 2), 7)]))
    was, now = by_name(to_ical(before.dosed)), by_name(written(found))
    assert was.keys() == now.keys()
    for name, event in now.items():
        moved = "C1D" not in name
        assert event["UID"] == was[name]["UID"]
        assert event["DTSTART"].dt - was[name]["DTSTART"].dt == timedelta(days=7 if moved else 0)
        assert event["SEQUENCE"] == moved
        assert touched_on(event) == ("2026-01-31 00:00 UTC" if moved else "")
    assert f"{now['Clinic C2D1']['DTSTART'].dt} {now['Clinic C3D1']['DTSTART'].dt}" == "2026-02-09 2026-03-09"
    assert str(now["Clinic C2D2"]["DESCRIPTION"]) == (
        "carfilzomib 49.1 mg IV over 10 min"
        " (moved from Tue 3 Feb 2026; body surface by Mosteller; delayed 7 days on 2026-01-30: ANC 0.8 (change 1))"
    )
    assert to_ical(after.dosed).count(b"BEGIN:VEVENT") == len(now)


def test_a_hold_and_its_end_count_two_for_what_is_given_again() -> None:
    """Held from C2D1 on (2 February), given again from C2D15 on (16 February); C2D8 (9 February) stays held."""
    found = versions(
        drawn("krd"),
        ("2026-01-30", [hold("2026-02-02")]),
        ("2026-02-13", [hold("2026-02-02"), resume("2026-02-16")]),
    )
    held, again = by_name(written(found[:2])), by_name(written(found))
    for name, event in again.items():
        cycle, number = map(int, re.findall(r"C(\d+)D(\d+)", name)[0])
        stays, back = cycle == 1, (cycle, number) >= (2, 15)
        assert event["SEQUENCE"] == (0 if stays else 2 if back else 1), name
        assert touched_on(event) == ("" if stays else f"2026-{'02-13' if back else '01-30'} 00:00 UTC")
        assert ("STATUS" in held[name]) == (not stays)
        assert ("STATUS" in event) == (not stays and not back)
    cancelled, first = held["Clinic C2D1"], by_name(written(found[:1]))["Clinic C2D1"]
    assert (cancelled["STATUS"], cancelled["TRANSP"]) == ("CANCELLED", "TRANSPARENT")
    assert str(cancelled["SUMMARY"]) == "CANCELLED - Clinic - C2D1: carfilzomib; dexamethasone"
    assert str(cancelled["DESCRIPTION"]).split("\n") == [
        "NOT GIVEN: carfilzomib - held on 2026-01-30: rash (change 1)",
        "NOT GIVEN: dexamethasone - held on 2026-01-30: rash (change 1)",
    ]
    assert cancelled["UID"] == first["UID"]
    assert again["Clinic C2D15"]["TRANSP"] == "OPAQUE"


def test_an_undo_counts_on() -> None:
    """What is undone looks as before, and is a newer event all the same; so is what is then done again."""
    week, fortnight = (delay(Where("treatment", 2), by) for by in (7, 14))
    logs: list[tuple[str, list[Change]]] = [("2026-01-30", [week]), ("2026-01-31", []), ("2026-02-01", [fortnight])]
    found = versions(drawn("krd"), *logs)
    assert [counted(written(found[: count + 1]))["C2D1"] for count in range(4)] == [0, 1, 2, 3]
    assert {counted(written(found[: count + 1]))["C1D1"] for count in range(4)} == {0}
    assert [str(by_name(written(found[: count + 1]))["Clinic C2D1"]["DTSTART"].dt)[5:] for count in range(4)] == [
        *("02-02", "02-09", "02-02", "02-16")
    ]
    undone = [line for line in plain(written(found[:3])) if line.startswith((b"UID", b"SUMMARY", b"DTSTART"))]
    assert undone == [line for line in plain(written(found[:1])) if line.startswith((b"UID", b"SUMMARY", b"DTSTART"))]


def test_a_drug_that_moves_alone_leaves_its_day() -> None:
    """Dose level 2 of isa-k: carfilzomib of C2D1 a day later. Undone, its event stays, cancelled; done again, it is back."""
    alone = delay(Where("combination", 2, 16, "carfilzomib"), 1, Mode.DOSE)
    with_others = delay(Where("combination", 2, 15, "isatuximab"), 2, Mode.DOSE)
    found = versions(
        drawn("isa-k", 2, variant="dl2"),
        ("2026-01-30", [alone]),
        ("2026-01-31", [alone, replace(with_others, number=2)]),
        ("2026-02-01", [alone]),
        ("2026-02-02", [alone, replace(with_others, number=2)]),
    )
    uids = [{event["UID"]: event for event in events(written(found[: count + 1]))} for count in range(5)]
    before = {str(event["SUMMARY"]): event["UID"] for event in uids[0].values()}
    # dexamethasone of day 16, by mouth or by vein, stays alone: at home
    assert sorted(str(uids[1][uid]["SUMMARY"]) for uid in uids[1].keys() - uids[0].keys()) == ["At home - C2D16: dexamethasone 4 mg"]
    assert (
        str(uids[1][before["Clinic - C2D16: carfilzomib 49.1 mg; dexamethasone 4 mg"]]["SUMMARY"]) == "Clinic - C2D16: carfilzomib 49.1 mg"
    )
    # isatuximab leads its day, and its event goes with it
    (new,) = uids[2].keys() - uids[1].keys()
    rest = "Clinic - C2D15: carfilzomib 49.1 mg; dexamethasone 20 mg"
    lead = before["Clinic - C2D15: isatuximab 700 mg; carfilzomib 49.1 mg; dexamethasone 20 mg"]
    assert [(str(each[new]["SUMMARY"]), each[new]["SEQUENCE"], each[new].get("STATUS")) for each in uids[2:]] == [
        (rest, 0, None),
        (f"CANCELLED - {rest}", 1, "CANCELLED"),
        (rest, 2, None),
    ]
    assert touched_on(uids[2][new]) == "2026-01-31 00:00 UTC"
    assert uids[3][new]["TRANSP"] == "TRANSPARENT"
    assert uids[3][new]["DESCRIPTION"] == uids[2][new]["DESCRIPTION"]
    assert [f"{each[lead]['DTSTART'].dt:%m-%d} {each[lead]['SEQUENCE']}" for each in uids] == [
        *("02-16 0", "02-16 0", "02-18 1", "02-16 2", "02-18 3")
    ]


def test_an_omitted_entry_stays_in_the_description() -> None:
    at = Where("treatment", 2, 1, "dexamethasone")
    one, both = Omit(1, day("2026-01-30"), "wish", at), Omit(2, day("2026-01-31"), "wish", replace(at, activity="carfilzomib"))
    found = versions(drawn("krd"), ("2026-01-30", [one]), ("2026-01-31", [one, both]))
    first, second = (by_name(written(found[:count]))["Clinic C2D1"] for count in (2, 3))
    assert (str(first["SUMMARY"]), first["SEQUENCE"]) == ("Clinic - C2D1: carfilzomib 49.1 mg", 1)
    assert str(first["DESCRIPTION"]).split("\n")[1] == "NOT GIVEN: dexamethasone - omitted on 2026-01-30: wish (change 1)"
    assert "STATUS" not in first
    assert (str(second["SUMMARY"]), second["SEQUENCE"]) == ("CANCELLED - Clinic - C2D1: carfilzomib; dexamethasone", 2)
    assert sum(counted(written(found)).values()) == 2


def test_a_reduction_touches_the_amounts_that_change() -> None:
    schedule = drawn("krd")
    reduced = Course(patient=PATIENT, reductions=(parse_reduction("carfilzomib=level 1 from C2 D8: neutropenia"),))
    found = [Version(None, dosed(schedule)), Version(day("2026-02-06"), dosed(schedule, course=reduced))]
    numbers = counted(written(found))
    assert [name for name, number in numbers.items() if number] == [
        *("C2D8", "C2D9", "C2D15", "C2D16"),
        *("C3D1", "C3D2", "C3D8", "C3D9", "C3D15", "C3D16"),
    ]
    assert set(counted(written(found), "At home").values()) == {0}


def test_what_is_drawn_later_comes_later() -> None:
    """A third cycle: its events are new, and the others are not touched; without it again they stay, cancelled."""
    two, three = dosed(drawn("krd", 2)), dosed(drawn("krd", 3))
    found = [Version(None, two), Version(day("2026-02-20"), three), Version(day("2026-02-21"), two)]
    numbers = by_name(written(found[:2]))
    assert {touched_on(event) for name, event in numbers.items() if "C3D" in name} == {"2026-02-20 00:00 UTC"}
    assert {touched_on(event) for name, event in numbers.items() if "C3D" not in name} == {""}
    assert {event["SEQUENCE"] for event in numbers.values()} == {0}
    gone = by_name(written(found))
    assert gone.keys() == numbers.keys()
    assert {(event["SEQUENCE"], event.get("STATUS")) for name, event in gone.items() if "C3D" in name} == {(1, "CANCELLED")}
    assert {(event["SEQUENCE"], event.get("STATUS")) for name, event in gone.items() if "C3D" not in name} == {(0, None)}
    assert [event["DTSTART"].dt for event in gone.values()] == sorted(event["DTSTART"].dt for event in gone.values())


def test_what_was_cancelled_and_is_gone_is_not_touched_again() -> None:
    """Held, and then no longer drawn."""
    two, three, held = dosed(drawn("krd", 2)), dosed(drawn("krd", 3)), dosed(drawn("krd", 3), hold("2026-03-02"))
    found = [Version(None, three), Version(day("2026-02-20"), held), Version(day("2026-02-21"), two)]
    last = by_name(written(found))["Clinic C3D1"]
    assert (last["SEQUENCE"], touched_on(last), last["STATUS"]) == (1, "2026-02-20 00:00 UTC", "CANCELLED")


def test_a_plan_that_begins_without_a_date() -> None:
    """Nothing is dated before the phase is told its day; the notes are those of the first version that has events."""
    regimen = load_regimen("krd-asct").regimen
    waiting, begun, later = (
        dose_schedule(draw(regimen, start=START, starts=starts, phases=["transplant"]), Course(patient=PATIENT))
        for starts in ({}, {"transplant": day("2026-08-03")}, {"transplant": day("2026-08-10")})
    )
    assert not waiting.rows
    with pytest.raises(OutputError, match="krd-asct has nothing with a date"):
        written([Version(None, waiting)])
    with pytest.raises(OutputError, match="krd-asct has nothing with a date"):
        written([Version(None, waiting), Version(day("2026-07-01"), waiting)], since=0)
    found = [Version(None, waiting), Version(day("2026-07-01"), begun), Version(day("2026-07-02"), later)]
    first, *_ = events(written(found))
    assert (first["SEQUENCE"], "krd-asct version" in str(first["DESCRIPTION"])) == (1, True)
    assert {event["SEQUENCE"] for event in events(written(found[:2]))} == {0}


def test_what_can_no_longer_be_drawn_is_counted_in() -> None:
    """Two versions are lost: whatever they changed, the count of each event is at least what it was with them."""
    found = versions(drawn("krd"), *((f"2026-01-3{by % 2}", [delay(Where("treatment", 2), by)]) for by in (1, 2, 3)))
    whole, rest = blocks(written(found)), blocks(written(found[2:], earlier=2))
    assert whole.keys() == rest.keys()
    assert {number for _, number in rest.values()} == {2, 3}
    assert all(rest[uid][1] >= number for uid, (_, number) in whole.items())


# -- dates and notes ----------------------------------------------------------------------------------------------


def test_dates_of_notes_may_go_back_and_the_day_of_a_change_never_does() -> None:
    week, fortnight = (delay(Where("treatment", 2), by) for by in (7, 14))
    found = versions(drawn("krd"), ("2026-02-10", [week]), ("2026-02-05", [fortnight]))
    event = by_name(written(found))["Clinic C2D1"]
    assert (event["SEQUENCE"], touched_on(event)) == (2, "2026-02-10 00:00 UTC")
    undated = [*found[:1], Version(None, found[1].dosed)]
    event = by_name(written(undated))["Clinic C2D1"]
    assert (event["SEQUENCE"], touched_on(event)) == (1, "")
    ignored = [replace(found[0], on=day("2027-01-01")), *found[1:]]
    assert written(ignored) == written(found)


@pytest.mark.parametrize(("after", "expected"), [(-1, 0), (0, 0), (1, 1)])
def test_the_stamp_is_the_later_of_two_days(after: int, expected: int) -> None:
    """The day the regimen was checked, or that of the change; `stamp` goes before both."""
    schedule = drawn("krd")
    checked = schedule.regimen.checked
    on = checked + timedelta(days=after)
    found = versions(schedule, (str(on), [delay(Where("treatment", 2), 7)]))
    for name, event in by_name(written(found)).items():
        assert event["DTSTAMP"].dt.date() == checked + timedelta(days=expected if "C1D" not in name else 0)
        assert event["DTSTAMP"].dt.utcoffset() == timedelta(0)
    stamp = datetime(2026, 1, 1, 8, tzinfo=UTC)
    assert {event["DTSTAMP"].dt for event in events(written(found, stamp=stamp))} == {stamp}


def test_notes_of_the_first_version_stay_and_those_of_now_are_the_calendars() -> None:
    found = versions(drawn("krd"), ("2026-01-31", [delay(Where("treatment", 2), 7)]))
    before, after = (Calendar.from_ical(written(found[:count])) for count in (1, 2))
    first, *others = after.walk("VEVENT")
    assert str(first["DESCRIPTION"]) == str(before.walk("VEVENT")[0]["DESCRIPTION"])
    assert all(f"Note: {note}" in str(first["DESCRIPTION"]) for note in found[0].dosed.schedule.notes)
    assert not any("Note: " in str(event["DESCRIPTION"]) for event in others)
    change = "Note: change 1 on 2026-01-30 (ANC 0.8): treatment C2D1 and all that follow, 7 days later, 2026-02-02 -> 2026-02-09"
    assert change not in str(first["DESCRIPTION"])
    assert change in str(after["DESCRIPTION"])
    assert change not in str(before["DESCRIPTION"])
    assert "krd version 1" in str(before["DESCRIPTION"])
    # readers leave the escapes of an X- property to us
    assert change.replace(",", "\\,") in str(after["X-WR-CALDESC"])


def test_the_first_event_is_the_same_one_wherever_it_goes() -> None:
    """Day 1 of carfilzomib comes to lie after day 2 of it at home; it carries the notes all the same."""
    found = versions(drawn("krd"), ("2026-01-04", [delay(Where("treatment", 1, 1), 3, Mode.CYCLE)]), ("2026-01-05", [hold("2026-01-01")]))
    carriers = [[event for event in events(written(found[:count])) if "krd version" in str(event["DESCRIPTION"])] for count in (1, 2, 3)]
    assert [len(each) for each in carriers] == [1, 1, 1]
    assert len({each[0]["UID"] for each in carriers}) == 1
    assert [(str(event["DTSTART"].dt), event["SEQUENCE"]) for (event,) in carriers] == [
        ("2026-01-05", 0),
        ("2026-01-08", 1),
        ("2026-01-05", 2),
    ]
    assert "STATUS" in carriers[2][0]


# -- only what has changed ----------------------------------------------------------------------------------------


def test_since_a_version() -> None:
    one, other = delay(Where("treatment", 3), 7), Omit(2, day("2026-02-03"), "wish", Where("treatment", 2, 8, "carfilzomib"))
    found = versions(drawn("krd"), ("2026-01-30", [one]), ("2026-02-03", [one, other]), ("2026-02-04", [one, other]))
    whole = by_name(written(found))
    assert by_name(written(found, since=-1)) == whole
    after = by_name(written(found, since=0))
    assert after == {name: event for name, event in whole.items() if event["SEQUENCE"]}
    assert {"C3D" in name for name in after} == {True, False}
    # dexamethasone of the day, by mouth or by vein, is at home without the infusion: an event that is new
    assert {f"{name} {event['SEQUENCE']}" for name, event in by_name(written(found, since=1)).items()} == {
        "Clinic C2D8 1",
        "At home C2D8 1",
    }
    with pytest.raises(OutputError, match=r"^nothing in the calendar has changed since 2026-02-03$"):
        written(found, since=2)
    with pytest.raises(OutputError, match=r"^nothing in the calendar has changed since the plan was made$"):
        written(found[:1], since=0)


def test_what_cannot_be_compared() -> None:
    found = versions(drawn("krd"), ("2026-01-30", [delay(Where("treatment", 3), 7)]))
    with pytest.raises(ValueError, match="needs the versions of the plan"):
        to_ical(found[0].dosed, since=0)
    with pytest.raises(ValueError, match="the last version is not the schedule to be written"):
        to_ical(found[0].dosed, versions=found)


# -- whatever the changes are -------------------------------------------------------------------------------------

Logs = list[tuple[str, list[Change]]]
Given = list[tuple[int, Key, int]]
SHIPPED: list[tuple[str, dict[str, str]]] = [("krd", {}), ("isa-k", {"variant": "dl2"}), ("vmp", {}), ("krd-asct", {}), ("dkd", {})]


@st.composite
def histories(draw_one: st.DrawFn) -> tuple[Schedule, Logs, Given]:
    """A shipped regimen, and what holds after each of a few steps: a change more, or one less.

    Also drugs that were really given: from which step on that is known, the key, and how many days later.
    """
    name, choices = draw_one(st.sampled_from(SHIPPED))
    schedule = drawn(name, 2, **choices)
    logs: Logs = []
    holding: list[Change] = []
    for number in range(1, draw_one(st.integers(1, 5)) + 1):
        if holding and draw_one(st.integers(0, 3)) == 0:
            tried = [each for each in holding if each is not draw_one(st.sampled_from(holding))]
        else:
            tried = [*holding, _change(draw_one, schedule, number)]
        try:
            amend(schedule, tried)
        except ScheduleError:
            continue
        holding = tried
        on = START + timedelta(days=draw_one(st.integers(-3, 30)))
        logs.append((str(on), holding))
    drugs = st.sampled_from([entry.key for entry in schedule.entries if entry.kind == "drug"])
    given_late = st.tuples(st.integers(0, 3), drugs, st.integers(-1, 8))
    return schedule, logs, draw_one(st.lists(given_late, max_size=2, unique_by=lambda each: each[1]))


def _change(draw_one: st.DrawFn, schedule: Schedule, number: int) -> Change:
    entry = draw_one(st.sampled_from(schedule.entries))
    named = entry.activity if entry.day is None or draw_one(st.booleans()) else ""
    at = Where(entry.phase, entry.cycle, entry.day, named, entry.n if entry.day is None else None)
    drug = draw_one(st.sampled_from(["", entry.drug]))
    made: list[Change] = [
        Delay(number, START, "r", at, draw_one(st.sampled_from(Mode)), draw_one(st.integers(1, 20))),
        Hold(number, START, "r", entry.date, drug),
        Resume(number, START, "r", entry.date + timedelta(days=7), drug),
        Omit(number, START, "r", replace(at, activity=entry.activity)),
        Stop(number, START, "r", entry.date),
        Skip(number, START, "r", entry.phase),
    ]
    return draw_one(st.sampled_from([made[0], *made]))


def blocks(data: bytes) -> dict[bytes, tuple[tuple[bytes, ...], int]]:
    """By UID: the lines of each event but those that count changes, and its SEQUENCE; read by hand."""
    found: dict[bytes, tuple[tuple[bytes, ...], int]] = {}
    for block in data.replace(b"\r\n ", b"").split(b"BEGIN:VEVENT\r\n")[1:]:
        lines = block.split(b"\r\nEND:VEVENT")[0].split(b"\r\n")
        (uid,) = (line for line in lines if line.startswith(b"UID:"))
        (sequence,) = (int(line.partition(b":")[2]) for line in lines if line.startswith(b"SEQUENCE:"))
        assert uid not in found
        found[uid] = tuple(line for line in lines if not line.startswith((b"SEQUENCE", b"LAST-MODIFIED", b"DTSTAMP"))), sequence
    return found


def every_entry_is_in_it(last: DosedSchedule, data: bytes) -> None:
    """Each entry that counts is in the summary of one event on its day, and nothing else is in one that takes place."""
    expected = sorted(
        f"{row.entry.happens_on} {row.entry.when} {row.order.drug.shown if row.order else row.entry.drug or row.entry.what}".replace(
            "  ", " "
        )
        for row in last.rows
        if row.entry.counts
    )
    found = []
    for event in events(data):
        if "STATUS" not in event:
            _, _, text = str(event["SUMMARY"]).partition(" - ")
            match = re.match(r"((?:C\d+)?D-?\d+): (.*)", text)
            when, whats = (match[1] + " ", match[2]) if match else ("", text)
            found += [
                f"{event['DTSTART'].dt} {when}{re.sub(r' [0-9.]+ mg.*| given| [(]optional[)]', '', what)}" for what in whats.split("; ")
            ]
    assert sorted(found) == expected


def really(version: Version, key: Key, later: int) -> Version:
    """The version with one entry given, some days later than planned; as it is where that entry isn't given anyway."""
    entries = tuple(
        replace(each, status="given", given_on=each.date + timedelta(days=later)) if each.key == key and each.counts else each
        for each in version.dosed.schedule.entries
    )
    rows = tuple(replace(row, entry=entry) for row, entry in zip(version.dosed.rows, entries, strict=True))
    return replace(version, dosed=replace(version.dosed, schedule=replace(version.dosed.schedule, entries=entries), rows=rows))


def holds_always(schedule: Schedule, logs: Logs, given: Given) -> None:
    found = versions(schedule, *logs)
    for first, key, later in given:
        found[first + 1 :] = [really(version, key, later) for version in found[first + 1 :]]
    files = [written(found[:count]) for count in range(1, len(found) + 1)]
    for before, after in pairwise(files):
        was, now = blocks(before), blocks(after)
        assert was.keys() <= now.keys()
        for uid, (lines, number) in was.items():
            assert now[uid][1] - number == (now[uid][0] != lines)
        assert all(now[uid][1] == 0 for uid in now.keys() - was.keys())
    for version, data in zip(found, files, strict=True):
        every_entry_is_in_it(version.dosed, data)
    assert written(found) == files[-1]
    changed_since(found, files)
    for event, other in zip(events(files[-1]), vobject.readOne(files[-1].decode()).contents["vevent"], strict=True):
        assert str(event["UID"]) == other.uid.value
        assert str(event["SUMMARY"]) == other.summary.value
        assert event["DTSTART"].dt == other.dtstart.value
        assert str(event["SEQUENCE"]) == other.sequence.value
        assert ("STATUS" in event) == hasattr(other, "status") == other.summary.value.startswith("CANCELLED - ")


def changed_since(found: list[Version], files: list[bytes]) -> None:
    """A file with what has changed since a version holds the events that differ from that version's file, as the whole file has them."""
    now = blocks(files[-1])
    for number, data in enumerate(files):
        was = blocks(data)
        changed = {uid: block for uid, block in now.items() if was.get(uid) != block}
        if changed:
            assert blocks(written(found, since=number)) == changed
        else:
            with pytest.raises(OutputError, match="nothing in the calendar has changed since"):
                written(found, since=number)


@settings(max_examples=25)
@given(histories())
def test_what_holds_whatever_the_changes_are(history: tuple[Schedule, Logs, Given]) -> None:
    holds_always(*history)


@pytest.mark.long
@settings(max_examples=500)
@given(histories())
def test_what_holds_whatever_the_changes_are_at_length(history: tuple[Schedule, Logs, Given]) -> None:
    holds_always(*history)


def test_records_are_in_order() -> None:
    found = follow(versions(drawn("krd"), ("2026-01-31", [delay(Where("treatment", 2), 7)])), plan="p")
    assert [each.event.day for each in found] == sorted(each.event.day for each in found)
    assert {each.touched for each in found} == {0, 1}
