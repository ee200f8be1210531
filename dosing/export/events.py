"""The events of a calendar as plain records: what of one slot happens at one place on one date, or one of the two finer and coarser ways.

A slot is a day of a phase with all its entries, or one date of a visit. At each place the first entry of a slot (by its place in the day)
leads: its event is named by plan, slot and place, and keeps that name whatever its date. Entries of the slot that come to lie on another
date than the leading one make a further event, named also by the first of their activities. What was given is on the day it was given.

An event of a single drug is named by the entry. That of a course is named by its first entry: a change within a course leaves the days
before it in their event, and makes new ones of the days after it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import groupby

import dosing
from dosing.dose.schedule import Dosed, DosedSchedule
from dosing.export.rows import notes
from dosing.export.text import as_given, in_words, moved_from, named, ordered, without_options
from dosing.regimen.drug import Drug
from dosing.regimen.library import find_drug
from dosing.regimen.model import Regimen
from dosing.schedule.clinic import at_home, day_text
from dosing.schedule.entries import GIVEN, Entry, Key

CLINIC, HOME = "clinic", "home"
TITLES = {CLINIC: "Clinic", HOME: "At home"}
_DAY = timedelta(days=1)
_REPLACED = "What stood here has been replaced by other entries of this calendar."


class Grain(StrEnum):
    """What makes one event.

    DAY: what of one day of a phase happens at one place. DRUG: one drug, examination or visit on one day. COURSE: in the clinic as DAY; at
    home, days in a row of one cycle on which the same amount of a drug is taken.
    """

    DAY = "day"
    DRUG = "drug"
    COURSE = "course"


@dataclass(frozen=True, slots=True)
class DayEvent:
    """One event on a day, or on all days from `day` to `last`; two are equal where a calendar shows the same.

    `uid` names it for ever; `cancelled` says that nothing of it takes place. `course` is the drug of a course. `slot` is its
    place among the events of a day.
    """

    uid: str
    day: date
    place: str
    summary: str
    description: str
    cancelled: bool = False
    last: date | None = None
    course: str = ""
    slot: tuple[int | str, ...] = field(default=(), compare=False)

    @property
    def end(self) -> date:
        """The day after its last one."""
        return (self.last or self.day) + _DAY

    @property
    def place_in_calendar(self) -> tuple[date, str, tuple[int | str, ...], str]:
        """What a calendar is ordered by: date, place, slot."""
        return self.day, self.place, self.slot, self.uid

    def gone(self, said: Iterable[str] = ()) -> "DayEvent":
        """The event as it stays where the plan no longer has it.

        Of a course only its first day stays, and nothing of what it said but `said`: its other days may be those of another course now.
        """
        if not self.course:
            return replace(self, cancelled=True)
        summary = f"{TITLES[self.place]} - {self.course}: see the other entries"
        return replace(self, cancelled=True, last=None, summary=summary, description="\n".join([_REPLACED, *said]))


@dataclass(frozen=True, slots=True)
class _About:
    """What all events of one schedule share: the plan's name, the regimen, its phases in order, and the words of its gaps by path."""

    plan: str
    regimen: Regimen
    order: Mapping[str, int]
    gaps: Mapping[str, str]
    _said: dict[tuple[object, ...], tuple[str, str]] = field(default_factory=dict)
    _home: dict[tuple[str, int], bool] = field(default_factory=dict)

    def drug(self, id: str) -> Drug:
        return find_drug(id, regimen=self.regimen)

    def at_home(self, entry: Entry) -> bool:
        """Whether it is a medicine that can be taken by mouth."""
        key = entry.kind, id(entry.facts)
        if key not in self._home:
            self._home[key] = at_home(entry, drug_of=self.drug)
        return self._home[key]

    def said(self, row: Dosed) -> tuple[str, str]:
        """A row in a few words and in all of them. Days on which nothing differs share them; what has a history has its own."""
        entry = row.entry
        if entry.status or entry.planned_on:
            return _brief(row, self), _line(row, self)
        # What is named by its id belongs to the schedule, and stays as long as this does.
        facts = id(entry.facts), id(row.amount), id(row.order)
        key = (entry.phase, entry.activity, entry.what, entry.optional, entry.note, entry.why, facts, row.why, row.warnings)
        if key not in self._said:
            self._said[key] = _brief(row, self), _line(row, self)
        return self._said[key]


# The rows of a slot, each after its place.
_Slot = list[tuple[str, Dosed]]


def events_of(dosed: DosedSchedule, *, plan: str, grain: Grain = Grain.DAY) -> list[DayEvent]:
    """The events of a schedule in order of date, place and slot; `plan` tells the UIDs of two plans apart."""
    regimen = dosed.schedule.regimen
    order = {phase.id: number for number, phase in enumerate(regimen.phases)}
    about = _About(plan, regimen, order, {each.path: each.text for each in dosed.schedule.missing})
    slots: dict[Key, list[Dosed]] = {}
    for row in dosed.rows:
        slots.setdefault(_slot(row.entry), []).append(row)
    placed = {slot: _placed(rows, about) for slot, rows in slots.items()}
    make = {Grain.DAY: _days, Grain.DRUG: _drugs, Grain.COURSE: _courses}[grain]
    return sorted(make(placed, about), key=lambda event: event.place_in_calendar)


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


def _placed(rows: list[Dosed], about: _About) -> _Slot:
    """The rows of a slot in the order of the day, each with its place."""
    if len(rows) == 1:
        return [(HOME if about.at_home(rows[0].entry) else CLINIC, rows[0])]
    rows.sort(key=lambda row: (row.entry.rank, row.entry.activity))
    return list(zip(_places([row.entry for row in rows], about), rows, strict=True))


def _places(entries: Sequence[Entry], about: _About) -> list[str]:
    """Where each entry of a slot happens: at home where it is a medicine that can be taken by mouth, else in the clinic.

    What may be given by mouth or otherwise goes with what is given or done in the clinic on its date; what doesn't take place, with what
    would have been as well.
    """
    home = [about.at_home(entry) for entry in entries]
    if all(home) or not any(home):
        return [HOME if at else CLINIC for at in home]
    clinic = [entry for entry, at in zip(entries, home, strict=True) if not at]
    visited = {entry.happens_on for entry in clinic}
    standing = {entry.happens_on for entry in clinic if entry.counts}
    return [
        HOME if at and not (_on(entry, standing, visited) and "IV" in entry.route) else CLINIC
        for entry, at in zip(entries, home, strict=True)
    ]


def _on(entry: Entry, standing: set[date], visited: set[date]) -> bool:
    return entry.happens_on in (standing if entry.counts else visited)


# -- one event for a day of a phase and a place -------------------------------------------------------------------


def _days(placed: Mapping[Key, _Slot], about: _About) -> Iterator[DayEvent]:
    for slot, rows in placed.items():
        phase, cycle, of_cycle, activity, n = slot
        among = about.order[phase], of_cycle is None, cycle or 0, of_cycle or 0, activity, n
        for number, place, day, here in _together(rows):
            named_by = activity or (here[0].entry.activity if number else "")
            uid = _uid(about.plan, phase, cycle, of_cycle, n, place, named_by)
            yield _event(uid, place, day, here, about, among)


def _together(rows: _Slot) -> Iterator[tuple[int, str, date, list[Dosed]]]:
    """What of one slot is at one place on one date, in the order of the day; the number tells the dates of a place apart."""
    if len(rows) == 1:
        place, row = rows[0]
        yield 0, place, row.entry.happens_on, [row]
        return
    for place in sorted({at for at, _ in rows}):
        by_date: dict[date, list[Dosed]] = {}
        for at, row in rows:
            if at == place:
                by_date.setdefault(row.entry.happens_on, []).append(row)
        yield from ((number, place, day, here) for number, (day, here) in enumerate(by_date.items()))


def _event(uid: str, place: str, day: date, rows: list[Dosed], about: _About, slot: tuple[int | str, ...]) -> DayEvent:
    said = [about.said(row) for row in rows]
    standing = [brief for row, (brief, _) in zip(rows, said, strict=True) if row.entry.counts]
    when = rows[0].entry.when
    named_all = "; ".join(standing or [brief for brief, _ in said])
    summary = f"{TITLES[place]} - {when}: {named_all}" if when else f"{TITLES[place]} - {named_all}"
    description = "\n".join([line for _, line in said])
    return DayEvent(uid, day, place, summary, description, not standing, slot=slot)


def _uid(*about: object) -> str:
    return f"{sha256(repr(about).encode()).hexdigest()[:32]}@dosing"


# -- one event for a drug and a day -------------------------------------------------------------------------------


def _drugs(placed: Mapping[Key, _Slot], about: _About) -> Iterator[DayEvent]:
    for (phase, cycle, of_cycle, _, n), rows in placed.items():
        for number, (place, row) in enumerate(rows):
            slot = (about.order[phase], of_cycle is None, cycle or 0, of_cycle or 0, number, row.entry.activity, n)
            yield _event(_uid(about.plan, Grain.DRUG, *row.entry.key), place, row.entry.happens_on, [row], about, slot)


# -- one event for days in a row at home --------------------------------------------------------------------------


def _courses(placed: Mapping[Key, _Slot], about: _About) -> Iterator[DayEvent]:
    yield from _days({slot: here for slot, rows in placed.items() if (here := [each for each in rows if each[0] == CLINIC])}, about)
    taken: dict[tuple[str, int | None, str, bool], list[Dosed]] = {}
    for rows in placed.values():
        for place, row in rows:
            if place == HOME:
                entry = row.entry
                taken.setdefault((entry.phase, entry.cycle, entry.activity, entry.counts), []).append(row)
    yield from (_course(run, about) for rows in taken.values() for run in _runs(rows))


def _runs(rows: list[Dosed]) -> Iterator[list[Dosed]]:
    """Rows of one activity as runs of days in a row with the same words."""
    run: list[Dosed] = []
    for row in sorted(rows, key=lambda row: (row.entry.happens_on, row.entry.key[2])):
        if run and (row.entry.happens_on - run[-1].entry.happens_on != _DAY or _taken(row) != _taken(run[-1])):
            yield run
            run = []
        run.append(row)
    yield run


def _course(run: list[Dosed], about: _About) -> DayEvent:
    entry, last = run[0].entry, run[-1].entry
    name = _name(run[0], about)
    given = " given" if all(row.entry.status == GIVEN for row in run) else ""
    return DayEvent(
        uid=_uid(about.plan, Grain.COURSE, *entry.key),
        day=entry.happens_on,
        place=HOME,
        summary=f"{TITLES[HOME]} - {_span(entry, last)}: {f'{_taken(run[0])}{given}' if entry.counts else name}",
        description="\n".join(_course_lines(run, about)),
        cancelled=not entry.counts,
        last=last.happens_on,
        course=name,
        slot=(about.order[entry.phase], False, entry.cycle or 0, entry.day or 0, entry.activity, entry.n),
    )


def _course_lines(run: list[Dosed], about: _About) -> Iterator[str]:
    """What is to be said of a course: that it is every day, and all that is to be said of its entries, each once."""
    first, last = run[0].entry, run[-1].entry
    if len(run) > 1 and first.counts:
        yield f"Every day from {day_text(first.happens_on)} to {day_text(last.happens_on)}"
    same = [(line, [row.entry for row in rows]) for line, rows in groupby(run, key=lambda row: _line(row, about))]
    yield from (line if len(same) == 1 else f"{_span(entries[0], entries[-1])}: {line}" for line, entries in same)


def _span(first: Entry, last: Entry) -> str:
    """`C1D1`, `C1D1 to D21`."""
    return first.when if first is last else f"{first.when} to D{last.day}"


# -- words --------------------------------------------------------------------------------------------------------


def _brief(dosed: Dosed, about: _About) -> str:
    """An entry in a few words, or its name where it doesn't count."""
    return _short(dosed) if dosed.entry.counts else _name(dosed, about)


def _short(dosed: Dosed) -> str:
    """An entry that counts in a few words: `carfilzomib 49.1 mg`, `lenalidomide 25 mg given`."""
    entry = dosed.entry
    optional = _optional(entry)
    if entry.kind != "drug":
        return f"{entry.what}{optional}"
    given = entry.status == GIVEN
    much = dosed.given if given else dosed.amount or ordered(dosed)
    return f"{_dose(dosed, much)}{' given' if given else optional}"


def _taken(dosed: Dosed) -> str:
    """What is taken of a drug on a day, whether it has been given by now or not; nothing for one that doesn't count."""
    entry = dosed.entry
    return f"{_dose(dosed, dosed.given or dosed.amount or ordered(dosed))}{_optional(entry)}" if entry.counts else ""


def _dose(dosed: Dosed, much: object) -> str:
    """`lenalidomide 25 mg`, `capecitabine 1500 mg x2`."""
    entry = dosed.entry
    times = f" x{entry.times.per_day}" if entry.times and entry.times.per_day > 1 else ""
    return f"{named(dosed) if entry.drug else entry.what}{f' {much}' if much else ''}{times}"


def _optional(entry: Entry) -> str:
    return " (optional)" if entry.optional else ""


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
