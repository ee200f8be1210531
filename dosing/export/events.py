"""The events of a calendar as plain records: what of one slot happens at one place on one date.

A slot is a day of a phase with all its entries, or one date of a visit. At each place the first entry of a slot (by its place in the day)
leads: its event is named by plan, slot and place, and keeps that name whatever its date. Entries of the slot that come to lie on another
date than the leading one make a further event, named also by the first of their activities. What was given is on the day it was given.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256

import dosing
from dosing.dose.schedule import Dosed, DosedSchedule
from dosing.export.rows import notes
from dosing.export.text import as_given, in_words, moved_from, named, ordered, without_options
from dosing.regimen.drug import Drug
from dosing.regimen.library import find_drug
from dosing.regimen.model import Regimen
from dosing.schedule.clinic import at_home
from dosing.schedule.entries import GIVEN, Entry, Key

CLINIC, HOME = "clinic", "home"
TITLES = {CLINIC: "Clinic", HOME: "At home"}


@dataclass(frozen=True, slots=True)
class DayEvent:
    """One all-day event; two are equal where a calendar shows the same.

    `uid` names it for ever; `cancelled` says that nothing of it takes place. `slot` is its place among the events of a day.
    """

    uid: str
    day: date
    place: str
    summary: str
    description: str
    cancelled: bool = False
    slot: tuple[int | str, ...] = field(default=(), compare=False)

    @property
    def place_in_calendar(self) -> tuple[date, str, tuple[int | str, ...], str]:
        """What a calendar is ordered by: date, place, slot."""
        return self.day, self.place, self.slot, self.uid


@dataclass(frozen=True, slots=True)
class _About:
    """What all events of one schedule share: the plan's name, the regimen, its phases in order, and the words of its gaps by path."""

    plan: str
    regimen: Regimen
    order: Mapping[str, int]
    gaps: Mapping[str, str]

    def drug(self, id: str) -> Drug:
        return find_drug(id, regimen=self.regimen)


def events_of(dosed: DosedSchedule, *, plan: str) -> list[DayEvent]:
    """The events of a schedule in order of date, place and slot; `plan` tells the UIDs of two plans apart."""
    regimen = dosed.schedule.regimen
    order = {phase.id: number for number, phase in enumerate(regimen.phases)}
    about = _About(plan, regimen, order, {each.path: each.text for each in dosed.schedule.missing})
    slots: dict[Key, list[Dosed]] = {}
    for row in dosed.rows:
        slots.setdefault(_slot(row.entry), []).append(row)
    found = [event for slot, rows in slots.items() for event in _of_slot(slot, rows, about)]
    return sorted(found, key=lambda event: event.place_in_calendar)


def first_of(events: Sequence[DayEvent]) -> str:
    """The UID of the first event that takes place (of the first at all, if none does); what holds for the whole stands in it."""
    return next((event for event in events if not event.cancelled), events[0]).uid


def with_whole(events: Iterable[DayEvent], uid: str, said: Iterable[str]) -> list[DayEvent]:
    """The events, the one of that UID with what must be said of the whole at the end of its description."""
    return [replace(event, description="\n".join([event.description, *said])) if event.uid == uid else event for event in events]


def whole(dosed: DosedSchedule) -> list[str]:
    """What must be said of the calendar as a whole."""
    schedule = dosed.schedule
    made = f"{schedule.regimen.id} version {schedule.regimen.version}, dosing {dosing.__version__}"
    return [*left_out(dosed), *(f"Note: {note}" for note in map(without_options, dosed.notes)), made]


def left_out(dosed: DosedSchedule) -> list[str]:
    """What has no date, and so no event."""
    return [f"NOT IN THIS CALENDAR: {undated.what} - {undated.missing}" for undated in dosed.schedule.undated]


# -- what belongs together ----------------------------------------------------------------------------------------


def _slot(entry: Entry) -> Key:
    """The key of an entry without its activity; a visit is a slot of its own."""
    return entry.key if entry.day is None else (entry.phase, entry.cycle, entry.day, "", entry.n)


def _of_slot(slot: Key, rows: list[Dosed], about: _About) -> Iterator[DayEvent]:
    rows.sort(key=lambda row: (row.entry.rank, row.entry.activity))
    where = _places([row.entry for row in rows], about)
    for place in sorted(set(where)):
        yield from _at_place(slot, place, [row for row, at in zip(rows, where, strict=True) if at == place], about)


def _places(entries: Sequence[Entry], about: _About) -> list[str]:
    """Where each entry of a slot happens: at home where it is a medicine that can be taken by mouth, else in the clinic.

    What may be given by mouth or otherwise goes with what is given or done in the clinic on its date; what doesn't take place, with what
    would have been as well.
    """
    home = [at_home(entry, drug_of=about.drug) for entry in entries]
    clinic = [entry for entry, at in zip(entries, home, strict=True) if not at]
    visited = {entry.happens_on for entry in clinic}
    standing = {entry.happens_on for entry in clinic if entry.counts}
    return [
        HOME if at and not (_on(entry, standing, visited) and "IV" in entry.route) else CLINIC
        for entry, at in zip(entries, home, strict=True)
    ]


def _on(entry: Entry, standing: set[date], visited: set[date]) -> bool:
    return entry.happens_on in (standing if entry.counts else visited)


def _at_place(slot: Key, place: str, rows: list[Dosed], about: _About) -> Iterator[DayEvent]:
    """The events of one slot at one place; `rows` are in the order of the day, the leading one first."""
    by_date: dict[date, list[Dosed]] = {}
    for row in rows:
        by_date.setdefault(row.entry.happens_on, []).append(row)
    for number, (day, here) in enumerate(by_date.items()):
        activity = here[0].entry.activity if number else ""
        yield _event(slot, place, day, here, activity, about)


def _event(slot: Key, place: str, day: date, rows: list[Dosed], further: str, about: _About) -> DayEvent:
    phase, cycle, of_cycle, activity, n = slot
    standing = [_short(row) for row in rows if row.entry.counts]
    named_all = standing or [_name(row, about) for row in rows]
    when = rows[0].entry.when
    return DayEvent(
        uid=_uid(about.plan, phase, cycle, of_cycle, n, place, activity or further),
        day=day,
        place=place,
        summary=f"{TITLES[place]} - {f'{when}: ' if when else ''}{'; '.join(named_all)}",
        description="\n".join(_line(row, about) for row in rows),
        cancelled=not standing,
        slot=(about.order[phase], of_cycle is None, cycle or 0, of_cycle or 0, activity, n),
    )


def _uid(*about: object) -> str:
    return f"{sha256(repr(about).encode()).hexdigest()[:32]}@dosing"


# -- words --------------------------------------------------------------------------------------------------------


def _short(dosed: Dosed) -> str:
    """An entry that counts in a few words: `carfilzomib 49.1 mg`, `lenalidomide 25 mg given`."""
    entry = dosed.entry
    optional = " (optional)" if entry.optional else ""
    if entry.kind != "drug":
        return f"{entry.what}{optional}"
    given = entry.status == GIVEN
    much = f" {(dosed.given if given else dosed.amount or ordered(dosed)) or ''}".rstrip()
    times = f" x{entry.times.per_day}" if entry.times and entry.times.per_day > 1 else ""
    return f"{named(dosed) if entry.drug else entry.what}{much}{times}{' given' if given else optional}"


def _name(dosed: Dosed, about: _About) -> str:
    """What an entry is called that has no amount because it is not given."""
    entry = dosed.entry
    return about.drug(entry.drug).shown if entry.drug else entry.what


def _line(dosed: Dosed, about: _About) -> str:
    """All that is to be said of an entry."""
    entry = dosed.entry
    if not entry.counts:
        what = "NOT GIVEN" if entry.kind == "drug" else "NOT DONE"
        return f"{what}: {_name(dosed, about)} - {'; '.join([*moved_from(entry), *(entry.why or [entry.status])])}"
    said = [*moved_from(entry), *(note for note in notes(dosed, about.gaps) if note != f"over {entry.over}")]
    words = as_given(dosed) if entry.status == GIVEN else in_words(dosed)
    return words + (f" ({'; '.join(said)})" if said else "")
