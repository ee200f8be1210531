"""iCalendar: read back strictly by two other readers, the events of the CSV on its days, stable ids, and no way in for foreign lines."""

import csv
import io
import json
import re
import subprocess
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import vobject  # type: ignore[import-untyped]
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar, Component

import dosing
from dosing.dose.patient import Patient
from dosing.dose.schedule import DosedSchedule, dose_schedule
from dosing.errors import OutputError
from dosing.export.csv import to_csv
from dosing.export.ical import to_ical
from dosing.export.text import clean
from dosing.regimen.model import Regimen
from dosing.regimen.read import read_regimen
from dosing.schedule.draw import draw as draw_schedule
from dosing.units import Quantity

STAMP = datetime(2026, 11, 21, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def parsed(data: bytes) -> Component:
    """Read by icalendar, which keeps what it could not read in `errors`."""
    calendar = Calendar.from_ical(data)
    assert isinstance(calendar, Component)
    assert not calendar.errors
    assert not any(event.errors for event in calendar.walk())
    return calendar


def in_it(calendar: Component) -> list[Any]:
    return list(calendar.walk("VEVENT"))


def events(data: bytes) -> list[Any]:
    return in_it(parsed(data))


def lines(data: bytes) -> list[str]:
    """The content lines, unfolded by hand."""
    return data.replace(b"\r\n ", b"").decode().removesuffix("\r\n").split("\r\n")


@pytest.fixture(scope="module")
def data(dated: DosedSchedule) -> bytes:
    """The calendar of each of the schedules that have something on a date."""
    return to_ical(dated, stamp=STAMP)


@pytest.fixture(scope="module")
def calendar(data: bytes) -> Component:
    return parsed(data)


def whats(dosed: DosedSchedule) -> dict[tuple[str, str], str]:
    phases = dosed.schedule.regimen.phases
    found = {(phase.id, activity.id): activity.what for phase in phases for activity in phase.activities}
    return found | {(phase.id, visit.id): visit.what for phase in phases for visit in phase.visits}


def table(dosed: DosedSchedule) -> Iterator[dict[str, str]]:
    yield from (row for row in csv.DictReader(io.StringIO(to_csv(dosed), newline="")) if row["date"])


# As in the list of look-alike names of the Institute for Safe Medication Practices.
TALL = {
    "doxorubicin": "DOXOrubicin",
    "pegylated-liposomal-doxorubicin": "pegylated liposomal DOXOrubicin",
    "prednisone": "predniSONE",
    "methylprednisolone": "methylPREDNISolone",
}


def brief(row: dict[str, str], what: str) -> str:
    """What a row of the CSV is called in a summary."""
    times = f" x{row['times_per_day']}" if row["times_per_day"] not in ("", "1") else ""
    dose = f"AUC {row['dose']}" if row["dose_unit"] == "AUC" else f"{row['dose']} {row['dose_unit']}"
    much = f" {row['amount']} {row['amount_unit']}" if row["amount"] else f" {dose}" if row["dose"] else ""
    drug = TALL.get(row["drug"], row["drug"]) if row["dose"] else row["drug"]
    name = f"{drug or row['activity']}{much}{times}" if row["kind"] == "drug" else what
    return name + (" (optional)" if row["status"] == "optional" else "")


def without_range(text: str) -> str:
    """A dose that is a range, or that of another phase, is none in the CSV."""
    return re.sub(r" (as last of \S+|[\d.]+ to [\d.]+ \S+)", "", text)


# -- the same events ----------------------------------------------------------------------------------------------


def test_frozen(frozen: tuple[str, DosedSchedule], golden: Callable[[str, bytes], None], monkeypatch: pytest.MonkeyPatch) -> None:
    name, dosed = frozen
    monkeypatch.setattr(dosing, "__version__", "0")
    golden(f"{name}.ics", to_ical(dosed, stamp=STAMP))


def test_the_events_of_the_csv(dated: DosedSchedule, calendar: Component) -> None:
    """Every row in one event on its day, nothing else, read by icalendar."""
    expected: dict[date, Counter[str]] = defaultdict(Counter)
    for row in table(dated):
        expected[date.fromisoformat(row["date"])][brief(row, whats(dated)[row["phase"], row["activity"]])] += 1
    found: dict[date, Counter[str]] = defaultdict(Counter)
    for event in in_it(calendar):
        _, _, entries = str(event["SUMMARY"]).partition(" - ")
        entries = re.sub(r"^(C\d+)?D-?\d+: ", "", entries)
        found[event["DTSTART"].dt].update(without_range(entry) for entry in entries.split("; "))
    assert found == expected


def test_two_readers_see_the_same(data: bytes, calendar: Component) -> None:
    names = ("uid", "dtstart", "dtend", "summary", "description")
    theirs = [[str(getattr(event, name).value) for name in names] for event in vobject.readOne(data.decode()).vevent_list]
    ours = [[str(getattr(event[name], "dt", event[name])) for name in names] for event in in_it(calendar)]
    assert theirs == ours


def test_every_event(calendar: Component) -> None:
    found = in_it(calendar)
    names = ["CATEGORIES", "CLASS", "DESCRIPTION", "DTEND", "DTSTAMP", "DTSTART", "SUMMARY", "TRANSP", "UID"]
    for event in found:
        assert sorted(event) == names
        assert event["DTSTART"].params["VALUE"] == event["DTEND"].params["VALUE"] == "DATE"
        assert event["DTEND"].dt == event["DTSTART"].dt + DAY
        assert event["DTSTAMP"].dt == STAMP
        where = str(event["SUMMARY"]).partition(" - ")[0]
        assert (where, event["TRANSP"]) in [("Clinic", "OPAQUE"), ("At home", "TRANSPARENT")]
        assert event["CATEGORIES"].cats == [where]
        assert event["CLASS"] == "PRIVATE"
        assert re.fullmatch(r"[0-9a-f]{32}@dosing", event["UID"])
    assert len({event["UID"] for event in found}) == len(found)
    order = [(event["DTSTART"].dt, event["TRANSP"] == "TRANSPARENT") for event in found]
    assert order == sorted(order)


def test_one_event_for_a_day_of_a_phase_and_a_place(dated: DosedSchedule, calendar: Component) -> None:
    """Counted from the CSV: a visit is alone; of a day, what is in the clinic, and what can be taken at home."""
    whole = Counter(date.fromisoformat(row["date"]) for row in table(dated) if not row["day"])
    slots = {(date.fromisoformat(row["date"]), row["phase"], row["cycle"], row["day"]) for row in table(dated) if row["day"]}
    few = whole + Counter(slot[0] for slot in slots)
    found = Counter(event["DTSTART"].dt for event in in_it(calendar))
    assert found.keys() == few.keys()
    assert all(few[day] <= found[day] <= few[day] * 2 - whole[day] for day in few)


def test_the_calendar_itself(dated: DosedSchedule, calendar: Component) -> None:
    assert "METHOD" not in calendar
    assert (calendar["VERSION"], calendar["CALSCALE"]) == ("2.0", "GREGORIAN")
    name = f"{dated.schedule.regimen.id} from 2026-01-05"
    assert calendar["NAME"] == calendar["X-WR-CALNAME"] == name
    assert str(calendar["DESCRIPTION"]).startswith(dated.schedule.regimen.title)
    # An X- property may hold anything: readers leave its escapes to us.
    assert str(calendar["DESCRIPTION"]) == unescaped(str(calendar["X-WR-CALDESC"]))


def test_what_is_left_out_stands_where_people_see_it(dated: DosedSchedule, calendar: Component) -> None:
    first, *others = in_it(calendar)
    for undated in dated.schedule.undated:
        line = f"NOT IN THIS CALENDAR: {undated.what} - {undated.missing}"
        assert line in str(calendar["DESCRIPTION"]).split("\n")
        assert line in str(first["DESCRIPTION"]).split("\n")
    assert set(dated.schedule.regimen.notes) <= set(dated.schedule.notes)
    for note in dated.schedule.notes:
        assert f"Note: {note}" in str(first["DESCRIPTION"]).split("\n")
    assert not any(phrase in str(event["DESCRIPTION"]) for event in others for phrase in ("NOT IN THIS CALENDAR", "\nNote: "))


def test_lines_are_folded(data: bytes) -> None:
    assert data.endswith(b"END:VCALENDAR\r\n")
    assert max(len(line) for line in data.split(b"\r\n")) <= 75
    assert data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n")


def test_each_entry_has_its_line(draw: Callable[..., DosedSchedule]) -> None:
    """Cycle 1 day 1 of dose level 2 by hand: 10 x 70 = 700 mg, 20 x 1.8181 = 36.4 mg."""
    first, second, *_ = events(to_ical(draw("isa-k", variant="dl2", cycles=1)))
    assert first["SUMMARY"] == "Clinic - C1D1: isatuximab 700 mg; carfilzomib 36.4 mg; dexamethasone 20 mg"
    assert str(first["DESCRIPTION"]).split("\n")[:3] == [
        "isatuximab 700 mg IV over 4 to 6 hours (cycle unverified)",
        "carfilzomib 36.4 mg IV (cycle unverified; body surface by Mosteller)",
        "dexamethasone 20 mg IV (cycle unverified; before isatuximab and carfilzomib)",
    ]
    # by mouth or by vein: with the clinic's own, on a day that has one
    assert second["SUMMARY"] == "Clinic - C1D2: carfilzomib 36.4 mg; dexamethasone 4 mg"
    assert second["DTSTART"].dt == date(2026, 1, 6)


PLACES = """
  - id: treatment
    cycle: 21 days
    repeat: 1
    give:
      - {drug: testmab, dose: 5 mg, route: IV, over: 30 min, days: 1}
      - {id: either, drug: testol, dose: 4 mg, route: PO or IV, over: not-stated, days: 1-2}
      - {id: mouth, drug: testol, dose: 3 mg, route: PO, days: 1, times: 2}
      - {id: unsaid, drug: testol, dose: 2 mg, route: not-stated, days: 3 7}
      - {id: unsaid-drug, drug: not-stated, dose: not-stated, route: not-stated, days: 4}
      - {id: under-skin, drug: testmab, dose: 1 mg, route: SC, days: 5, optional: yes, note: "if; need, be"}
    assess:
      - {what: Blood count, days: 3, optional: yes}
    visits:
      - {what: Scan, at: start of treatment + 7 days, note: of the chest}
      - {what: Talk, at: start of treatment + 7 days}
      - {what: Look, at: start of treatment}
"""


def test_clinic_and_home(draw: Callable[..., DosedSchedule], invented: Callable[[str], str]) -> None:
    found = events(to_ical(draw(invented(PLACES))))
    assert [(event["DTSTART"].dt.day, str(event["SUMMARY"]), str(event["DESCRIPTION"]).split("\n")[0]) for event in found] == [
        (5, "Clinic - C1D1: testmab 5 mg; testol 4 mg", "testmab 5 mg IV over 30 min"),
        (5, "Clinic - Look", "Look"),
        (5, "At home - C1D1: testol 3 mg x2", "testol 3 mg PO 2 times a day"),
        (6, "At home - C1D2: testol 4 mg", "testol 4 mg PO or IV"),
        # where no route is stated, at home as the drug can be taken there
        (7, "Clinic - C1D3: Blood count (optional)", "Blood count (optional)"),
        (7, "At home - C1D3: testol 2 mg", "testol 2 mg"),
        (
            8,
            "Clinic - C1D4: unsaid-drug",
            "unsaid-drug (dose not stated) (treatment.unsaid-drug.drug is not stated; treatment.unsaid-drug.dose is not stated)",
        ),
        (9, "Clinic - C1D5: testmab 1 mg (optional)", "testmab 1 mg SC (optional) (if; need, be)"),
        (11, "At home - C1D7: testol 2 mg", "testol 2 mg"),
        (12, "Clinic - Scan", "Scan (of the chest)"),
        (12, "Clinic - Talk", "Talk"),
    ]


# -- what has changed ---------------------------------------------------------------------------------------------


Status = dict[str, dict[str, Any]]


def changed(dosed: DosedSchedule, statuses: Status, **given: Quantity) -> DosedSchedule:
    """The schedule with other facts of some entries, by day and activity (`C1D1 testmab`); `given` are amounts by activity."""
    entries = tuple(replace(each, **statuses.get(f"{each.when} {each.activity}".strip(), {})) for each in dosed.schedule.entries)
    rows = tuple(
        replace(row, entry=entry, given=given.get(entry.activity) if entry.given_on else None)
        for row, entry in zip(dosed.rows, entries, strict=True)
    )
    return replace(dosed, schedule=replace(dosed.schedule, entries=entries), rows=rows)


def shown(dosed: DosedSchedule, days: int = 2) -> list[tuple[str, list[str]]]:
    """Summaries and descriptions of the first days, without what holds for the whole."""
    found = [event for event in events(to_ical(dosed)) if event["DTSTART"].dt < date(2026, 1, 5 + days)]
    return [(str(event["SUMMARY"]), [line for line in str(event["DESCRIPTION"]).split("\n") if "invented" not in line]) for event in found]


HELD = {"status": "held", "why": ("held on 2026-01-02: ANC 0.8 (change 1)",)}


def test_what_is_not_given_is_in_the_description_alone(draw: Callable[..., DosedSchedule], invented: Callable[[str], str]) -> None:
    dosed = draw(invented(PLACES))
    assert shown(changed(dosed, {"C1D1 testmab": HELD, "look": HELD | {"why": ()}})) == [
        # without the infusion, what can be taken at home is at home
        ("CANCELLED - Clinic - C1D1: testmab", ["NOT GIVEN: testmab - held on 2026-01-02: ANC 0.8 (change 1)"]),
        ("CANCELLED - Clinic - Look", ["NOT DONE: Look - held"]),
        ("At home - C1D1: testol 4 mg; testol 3 mg x2", ["testol 4 mg PO or IV", "testol 3 mg PO 2 times a day"]),
        ("At home - C1D2: testol 4 mg", ["testol 4 mg PO or IV"]),
    ]
    both = changed(dosed, {"C1D1 testmab": HELD, "C1D1 either": HELD})
    assert shown(both, 1)[0] == (
        "CANCELLED - Clinic - C1D1: testmab; testol",
        ["NOT GIVEN: testmab - held on 2026-01-02: ANC 0.8 (change 1)", "NOT GIVEN: testol - held on 2026-01-02: ANC 0.8 (change 1)"],
    )
    one = shown(changed(dosed, {"C1D1 either": HELD}), 1)[0]
    assert one[0] == "Clinic - C1D1: testmab 5 mg"
    assert one[1] == ["testmab 5 mg IV over 30 min", "NOT GIVEN: testol - held on 2026-01-02: ANC 0.8 (change 1)"]


def test_only_what_takes_no_place_is_cancelled(draw: Callable[..., DosedSchedule], invented: Callable[[str], str]) -> None:
    found = {str(event["SUMMARY"]): event for event in events(to_ical(changed(draw(invented(PLACES)), {"C1D1 testmab": HELD})))}
    (cancelled,) = (event for name, event in found.items() if name.startswith("CANCELLED - "))
    assert (cancelled["STATUS"], cancelled["TRANSP"], cancelled["CATEGORIES"].cats) == ("CANCELLED", "TRANSPARENT", ["Clinic"])
    assert not any("STATUS" in event for event in found.values() if event is not cancelled)
    # what holds for the whole is said where people look
    first = next(event for event in found.values() if event is not cancelled)
    assert "invented version 1" in str(first["DESCRIPTION"])
    assert "invented version 1" not in str(cancelled["DESCRIPTION"])


def test_a_drug_without_a_name_that_is_not_given(draw: Callable[..., DosedSchedule], invented: Callable[[str], str]) -> None:
    found = shown(changed(draw(invented(PLACES)), {"C1D4 unsaid-drug": HELD}), 4)
    assert found[-1] == ("CANCELLED - Clinic - C1D4: unsaid-drug", ["NOT GIVEN: unsaid-drug - held on 2026-01-02: ANC 0.8 (change 1)"])


def test_names_of_what_is_not_given_are_in_tall_man_letters(draw: Callable[..., DosedSchedule]) -> None:
    dosed = draw("pad", cycles=1)
    (drug,) = {row.entry.activity for row in dosed.rows if row.entry.drug == "doxorubicin"}
    held = changed(dosed, {f"C1D1 {drug}": HELD})
    held = replace(held, rows=tuple(replace(row, order=None, amount=None) if row.entry.status else row for row in held.rows))
    assert b"NOT GIVEN: DOXOrubicin - held on" in b"".join(line.encode() for line in lines(to_ical(held)))


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        ("delayed 7 days on 2026-01-02: ANC 0.8 (change 1)", "moved from Thu 1 Jan 2026; delayed 7 days on 2026-01-02: ANC 0.8 (change 1)"),
        ("C1D1 Thu 1 Jan 2026 -> Fri 2 Jan, D2 follows to Mon 5 Jan: New Year's Day",) * 2,
        (
            "C1D1 Wed 31 Dec 2025 -> Thu 1 Jan 2026, D2 follows to Fri 2 Jan 2026: closed",
            "moved from Thu 1 Jan 2026; C1D1 Wed 31 Dec 2025 -> Thu 1 Jan 2026, D2 follows to Fri 2 Jan 2026: closed",
        ),
    ],
)
def test_a_moved_entry_names_its_old_date_once(
    draw: Callable[..., DosedSchedule], invented: Callable[[str], str], why: str, expected: str
) -> None:
    moved = {"planned_on": date(2026, 1, 1), "why": (why,)}
    assert shown(changed(draw(invented(PLACES)), {"C1D2 either": moved}))[-1][1] == [f"testol 4 mg PO or IV ({expected})"]
    gone = moved | {"status": "omitted"}
    assert shown(changed(draw(invented(PLACES)), {"C1D2 either": gone}))[-1][1] == [f"NOT GIVEN: testol - {expected}"]


def given_on(text: str) -> dict[str, Any]:
    return {"status": "given", "given_on": date.fromisoformat(text), "why": ("late (change 1)",)}


def test_what_was_given_is_on_its_day(draw: Callable[..., DosedSchedule], invented: Callable[[str], str]) -> None:
    """The event of the leading testmab moves with it, and keeps its id; what can be taken at home stays behind, at home."""
    dosed = draw(invented(PLACES))
    late = changed(dosed, {"C1D1 testmab": given_on("2026-01-06")}, testmab=Quantity(Decimal("4.5"), "mg"))
    assert shown(late) == [
        ("Clinic - Look", ["Look"]),
        ("At home - C1D1: testol 4 mg; testol 3 mg x2", ["testol 4 mg PO or IV", "testol 3 mg PO 2 times a day"]),
        ("Clinic - C1D1: testmab 4.5 mg given", ["testmab given: 4.5 mg on 2026-01-06; planned 5 mg on 2026-01-05 (late (change 1))"]),
        ("At home - C1D2: testol 4 mg", ["testol 4 mg PO or IV"]),
    ]
    was = {str(event["SUMMARY"]): event["UID"] for event in events(to_ical(dosed))}
    now = {str(event["SUMMARY"]): event["UID"] for event in events(to_ical(late))}
    assert now["Clinic - C1D1: testmab 4.5 mg given"] == was["Clinic - C1D1: testmab 5 mg; testol 4 mg"]


@pytest.mark.parametrize(
    ("amount", "day", "summary", "description"),
    [
        ("3", "2026-01-05", "testol 3 mg x2 given", "testol given as planned: 3 mg 2 times a day on 2026-01-05"),
        (
            "2",
            "2026-01-05",
            "testol 2 mg x2 given",
            "testol given: 2 mg 2 times a day on 2026-01-05; planned 3 mg 2 times a day on 2026-01-05",
        ),
        (
            None,
            "2026-01-05",
            "testol x2 given",
            "testol given: amount not noted, on 2026-01-05; planned 3 mg 2 times a day on 2026-01-05",
        ),
    ],
)
def test_planned_and_given_are_told_apart(
    draw: Callable[..., DosedSchedule],
    invented: Callable[[str], str],
    amount: str | None,
    day: str,
    summary: str,
    description: str,
) -> None:
    given = {"mouth": Quantity(Decimal(amount), "mg")} if amount else {}
    (found,) = (each for each in shown(changed(draw(invented(PLACES)), {"C1D1 mouth": given_on(day)}, **given), 1) if "home" in each[0])
    assert found == (f"At home - C1D1: {summary}", [f"{description} (late (change 1))"])


def test_given_without_a_planned_amount(draw: Callable[..., DosedSchedule]) -> None:
    dosed = draw("krd", cycles=1, measures={})
    late = changed(dosed, {"C1D1 carfilzomib": given_on("2026-01-06")}, carfilzomib=Quantity(Decimal(40), "mg"))
    text = "".join(lines(to_ical(late)))
    assert "carfilzomib given: 40 mg on 2026-01-06\\; planned 20 mg/m2 on 2026-01-05 (" in text


def test_what_came_to_lie_on_another_date_is_an_event_of_its_own(draw: Callable[..., DosedSchedule]) -> None:
    """Dose level 2 of isa-k, cycle 1 day 1: isatuximab leads, carfilzomib and dexamethasone follow."""
    dosed = draw("isa-k", variant="dl2", cycles=1)
    was = {str(event["SUMMARY"]): event["UID"] for event in events(to_ical(dosed))}
    whole = was["Clinic - C1D1: isatuximab 700 mg; carfilzomib 36.4 mg; dexamethasone 20 mg"]

    def moved(*activities: str, to: str) -> dict[str, str]:
        new = {f"C1D1 {each}": {"date": date.fromisoformat(to), "planned_on": date(2026, 1, 5)} for each in activities}
        found = events(to_ical(changed(dosed, new)))
        assert {event["UID"] for event in found} > set(was.values()) - {whole}
        return {f"{event['DTSTART'].dt:%d} {event['SUMMARY']}": event["UID"] for event in found if " C1D1: " in event["SUMMARY"]}

    alone = moved("carfilzomib", to="2026-01-07")
    assert list(alone) == ["05 Clinic - C1D1: isatuximab 700 mg; dexamethasone 20 mg", "07 Clinic - C1D1: carfilzomib 36.4 mg"]
    assert next(iter(alone.values())) == whole
    # the leading one takes the name with it
    lead = moved("isatuximab", to="2026-01-07")
    assert list(lead) == ["05 Clinic - C1D1: carfilzomib 36.4 mg; dexamethasone 20 mg", "07 Clinic - C1D1: isatuximab 700 mg"]
    assert list(lead.values()) == [alone["07 Clinic - C1D1: carfilzomib 36.4 mg"], whole]
    # wherever they go
    assert moved("carfilzomib", to="2026-01-04") == {
        "04 Clinic - C1D1: carfilzomib 36.4 mg": alone["07 Clinic - C1D1: carfilzomib 36.4 mg"],
        "05 Clinic - C1D1: isatuximab 700 mg; dexamethasone 20 mg": whole,
    }


def test_nothing_to_show(draw: Callable[..., DosedSchedule], invented: Callable[[str], str]) -> None:
    phases = "  - {id: a, waits: a word, cycle: 7 days, repeat: 1, give: [{drug: testol, dose: 1 mg, route: PO, days: 1}]}\n"
    with pytest.raises(
        OutputError, match=r"invented has nothing with a date to put in a calendar: a waits for a word: --phase-start a=DATE"
    ):
        to_ical(draw(invented(phases)))


# -- ids and stamps -----------------------------------------------------------------------------------------------


def ids(data: bytes) -> list[str]:
    return [str(event["UID"]) for event in events(data)]


def test_ids_stay_when_weight_or_formula_change(draw: Callable[..., DosedSchedule]) -> None:
    first = ids(to_ical(draw("krd-asct")))
    large = {"height_cm": 190, "weight_kg": 130}
    assert ids(to_ical(draw("krd-asct", measures=large))) == first
    assert ids(to_ical(draw("krd-asct", formula="boyd"))) == first
    assert ids(to_ical(draw("krd-asct", measures={}))) == first
    assert ids(to_ical(draw("krd-asct"), stamp=STAMP)) == first


def test_ids_stay_when_doses_are_supplied(draw: Callable[..., DosedSchedule]) -> None:
    first = ids(to_ical(draw("isa-kpd")))
    assert ids(to_ical(draw("isa-kpd", proxy=["nz-kpd", "isa-label"]))) == first
    assert ids(to_ical(draw("isa-kpd", values={"carfilzomib.dose": "56 mg/m2"}))) == first


def test_ids_stay_when_more_is_drawn(draw: Callable[..., DosedSchedule]) -> None:
    few, many = (set(ids(to_ical(draw("isa-k", variant="dl2", cycles=cycles)))) for cycles in (2, 4))
    assert few < many


def test_ids_differ_between_plans(draw: Callable[..., DosedSchedule]) -> None:
    plans = [
        to_ical(draw("krd-asct")),
        to_ical(draw("krd-asct"), plan_id="a"),
        to_ical(draw("krd-asct"), plan_id="b"),
        to_ical(draw("krd-asct", start=date(2026, 1, 6))),
        to_ical(draw("krd")),
        to_ical(draw("cfz-for-bortezomib", base="vd", base_days="keep")),
        to_ical(draw("cfz-for-bortezomib", base="cybord", base_days="")),
    ]
    found = [uid for data in plans for uid in ids(data)]
    assert len(set(found)) == len(found)


def test_ids_do_not_depend_on_the_date_with_a_plan_of_its_own(draw: Callable[..., DosedSchedule]) -> None:
    """A plan that is put off by a week keeps its events: they move."""
    now, later = (events(to_ical(draw("krd-asct", start=start), plan_id="p")) for start in (date(2026, 1, 5), date(2026, 1, 12)))
    assert [event["UID"] for event in now] == [event["UID"] for event in later]
    assert {one["DTSTART"].dt - other["DTSTART"].dt for one, other in zip(later, now, strict=True)} == {timedelta(days=7)}


def test_the_plans_name_is_not_shown(draw: Callable[..., DosedSchedule]) -> None:
    assert b"Jane" not in to_ical(draw("krd-asct"), plan_id="Jane Doe 1950")


def test_the_stamp(draw: Callable[..., DosedSchedule]) -> None:
    """The day the regimen was last checked, unless told otherwise; always in UTC."""
    dosed = draw("krd-asct", cycles=1)
    checked = dosed.schedule.regimen.checked
    assert {event["DTSTAMP"].dt for event in events(to_ical(dosed))} == {datetime(checked.year, checked.month, checked.day, tzinfo=UTC)}
    assert b"\r\nDTSTAMP:20261121T080000Z\r\n" in to_ical(dosed, stamp=STAMP)


def test_the_same_bytes_every_time(draw: Callable[..., DosedSchedule]) -> None:
    assert to_ical(draw("isa-kpd", proxy="nz-kpd")) == to_ical(draw("isa-kpd", proxy="nz-kpd"))


# -- what must not be in it ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "measures",
    [
        {"height_cm": Decimal("193.7"), "weight_kg": Decimal("131.9")},  # 2.664 m2, above the cap
        {"height_cm": Decimal("163.7"), "weight_kg": Decimal("61.9")},  # 1.6777 m2
        {"bsa_m2": Decimal("2.717"), "weight_kg": Decimal("131.9"), "gfr_ml_min": Decimal("87.3")},
        {"bsa_m2": Decimal("1.717"), "weight_kg": Decimal("61.9"), "gfr_ml_min": Decimal("87.3")},
    ],
)
def test_no_measurement(draw: Callable[..., DosedSchedule], measures: dict[str, Decimal]) -> None:
    large = measures["weight_kg"] > 100
    for dosed in (
        draw("isa-kpd", proxy=["nz-kpd", "isa-label"], measures=measures),
        draw("isa-k", variant="dl2", measures=measures),
        draw("krd-asct", measures=measures),
    ):
        text = "\n".join(lines(to_ical(dosed)))
        assert not any(str(number) in text for number in measures.values())
        assert not re.search(r"1\.67\d|2\.66\d|\d (kg|cm)\b(?<!mg/kg)", text.replace("10 mg/kg", ""))
        assert ("above the cap of 2.2 m2" in text) == large
        assert "Mosteller" in text or "body surface given" in text


# -- text ---------------------------------------------------------------------------------------------------------

SMALL = """
id: invented
title: Invented
version: 1
checked: 2026-11-21
source: protocol
sources: {protocol: {title: Our protocol, grade: A}}
drugs: {testol: {source: protocol, routes: PO, precision: 1 mg}}
phases:
  - id: treatment
    cycle: 21 days
    repeat: 1
    give:
      - {drug: testol, dose: 1 mg, route: PO, days: 1}
    assess:
      - {what: Look, days: 2}
"""
NAMES = {
    "calendar": "PRODID VERSION CALSCALE NAME X-WR-CALNAME DESCRIPTION X-WR-CALDESC COLOR",
    "event": "UID DTSTAMP DTSTART DTEND SUMMARY DESCRIPTION CATEGORIES CLASS TRANSP",
}


def with_texts(title: str, what: str, note: str) -> DosedSchedule:
    """A regimen whose texts did not pass through the reader, which would fold their white space."""
    regimen: Regimen = read_regimen(SMALL.encode(), file="invented.yaml")
    (phase,) = regimen.phases
    drug, look = phase.activities
    phase = replace(phase, activities=(replace(drug, note=note), replace(look, what=what)))
    drawn = draw_schedule(replace(regimen, title=title, phases=(phase,)), start=date(2026, 1, 5))
    return dose_schedule(drawn, Patient())


def expected(text: str) -> str:
    for end in ("\r\n", "\r", "\x85", "\u2028", "\u2029"):
        text = text.replace(end, "\n")
    return "".join(letter for letter in text if letter == "\n" or unicodedata.category(letter) != "Cc")


def unescaped(value: str) -> str:
    """RFC 5545, 3.3.11, letter by letter."""
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "N": "\n"}.get(match[1], match[1]), value, flags=re.S)


def check(data: bytes, title: str, what: str, note: str) -> None:
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n")
    assert all(line.decode() for line in data.removesuffix(b"\r\n").split(b"\r\n"))  # no letter is cut in two
    found: dict[str, list[str]] = defaultdict(list)
    for line in lines(data):
        name, _, value = line.partition(":")
        found[name].append(value)
    # Every line is one of ours: none was let in by a text.
    assert (found.pop("BEGIN"), found.pop("END")) == (["VCALENDAR", "VEVENT", "VEVENT"], ["VEVENT", "VEVENT", "VCALENDAR"])
    assert {name.partition(";")[0] for name in found} == set((NAMES["calendar"] + " " + NAMES["event"]).split())
    assert {
        name: len(values) for name, values in found.items() if name in NAMES["event"].split() and name != "DESCRIPTION"
    } == dict.fromkeys(["UID", "DTSTAMP", "SUMMARY", "CATEGORIES", "CLASS", "TRANSP"], 2)
    assert unescaped(found["X-WR-CALDESC"][0]) == unescaped(found["DESCRIPTION"][0]) == expected(title)
    assert unescaped(found["DESCRIPTION"][1]).startswith(f"testol 1 mg PO ({expected(note)})" if note else "testol 1 mg PO")
    assert unescaped(found["DESCRIPTION"][2]) == expected(what)
    assert unescaped(found["SUMMARY"][1]) == f"Clinic - C1D2: {expected(what)}"


NASTY = "a\r\nBEGIN:VALARM\r\nATTENDEE:mailto:x@example.org\rMETHOD:REQUEST\nEND:VEVENT\u2028URL:http://x\x85\x0b\x0c\x00\x1b[2J\x7f\x9f"
texts = st.text(max_size=120) | st.text('ab\\;,:"\n\r\t\u2028\u2029\x85\x00 n\U0001f48a\u9999\u0301', max_size=200)


@given(title=texts, what=texts, note=texts)
@example(title=NASTY, what=NASTY, note=NASTY)
@example(title="\\n \\\\n \\; \\, \\N \\", what="\\", note="\\\\")
@example(title="\U0001f48a" * 400, what="\u9999" * 999, note="e\u0301" * 333)
@example(title="x" * 100_000, what=" ", note=" ")
@example(title=":;,\"'^=%", what="-- \ufeff\u202e\u200b", note="")
def test_texts_come_back_and_let_nothing_in(title: str, what: str, note: str) -> None:
    check(to_ical(with_texts(title, what, note)), title, what, note)


@given(texts)
def test_clean(text: str) -> None:
    assert clean(text) == expected(text)
    assert clean(clean(text)) == clean(text)


def test_texts_of_a_file(draw: Callable[..., DosedSchedule], invented: Callable[..., str]) -> None:
    """Through the reader too, by every escape of YAML that it lets pass."""
    note = r'"a\nBEGIN:VEVENT\nUID:x\Lb\Pc\td\u2028e;, \\n caf\xe9 \U0001F48A"'
    phases = f"  - {{id: a, cycle: 7 days, repeat: 1, give: [{{drug: testol, dose: 1 mg, route: PO, days: 1, note: {note}}}]}}\n"
    data = to_ical(draw(invented(phases, title=note)))
    assert Counter(line.partition(":")[0] for line in lines(data) if line.startswith(("BEGIN:VEVENT", "UID:"))) == {"BEGIN": 1, "UID": 1}
    (event,) = events(data)
    assert "BEGIN:VEVENT UID:x b c d" in str(event["DESCRIPTION"])
    assert "e;, \\n caf\u00e9 \U0001f48a" in str(event["DESCRIPTION"])


def test_without_assertions_and_with_another_hash_seed() -> None:
    """`python -O` drops assertions, in the package that writes the file too; the bytes must not change, and nothing gets in."""
    script = f"""
import json, sys, runpy
found = runpy.run_path({__file__!r})
sys.stdout.buffer.write(found["to_ical"](found["with_texts"](*[json.loads({json.dumps(NASTY)!r})] * 3)))
"""
    ran = subprocess.run([sys.executable, "-O", "-c", script], capture_output=True, check=True, env=_environment())
    check(ran.stdout, NASTY, NASTY, NASTY)
    assert ran.stdout == to_ical(with_texts(NASTY, NASTY, NASTY))


def _environment() -> dict[str, Any]:
    import os

    return {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)}
