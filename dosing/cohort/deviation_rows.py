"""Deviations as rows of their table: numbers become days, amounts and words."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dosing.cohort.administered import Administered, Flags, Numbers
from dosing.cohort.comparing import day_of, drug_of, find, group_of, person_of
from dosing.cohort.deviation_columns import AMOUNT, EXTRA, KINDS, deviation_schema
from dosing.cohort.judging import NONE, Judge, Judged
from dosing.cohort.planned import People, Plans


@dataclass(frozen=True, slots=True)
class Lines:
    """The rows given to some patients: whose each is, its number in the table, and its key; a drug that no plan has is in no plan's key."""

    owner: Numbers
    row: Numbers
    key: Numbers


@dataclass(frozen=True, slots=True)
class Found:
    """Deviations: number of the kind, place of the dose and of the line (NONE: there is none), administrations, and amounts judged."""

    kind: Numbers
    dose: Numbers
    line: Numbers
    times: Numbers
    judged: Numbers

    def of(self, kept: "Flags | Numbers") -> "Found":
        """Some of them."""
        return Found(self.kind[kept], self.dose[kept], self.line[kept], self.times[kept], self.judged[kept])


def together(*found: Found) -> Found:
    """Deviations of several kinds as one."""
    parts = ([getattr(each, name) for each in found] for name in Found.__slots__)
    return Found(*(np.concatenate(part) for part in parts))


class Room:
    """What the deviations of some patients speak of, gathered for each of them."""

    def __init__(self, people: People, plans: Plans, given: Administered, lines: Lines, found: Found) -> None:
        self.people, self.plans, self.given = people, plans, given
        self.has_dose, self.has_line = found.dose != NONE, found.line != NONE
        # A place for those that have none; what stands there is never shown.
        self.dose = np.where(self.has_dose, found.dose, 0)
        line = np.where(self.has_line, found.line, 0)
        self.dose_key = _at(plans.doses.key, self.dose)
        self.line_key = _at(lines.key, line)
        self.row = _at(lines.row, line)
        self.person = np.where(self.has_dose, person_of(self.dose_key), _at(lines.owner, line))
        self.planned_on = day_of(self.dose_key)
        self.given_on = _at(given.day, self.row)
        self.names = sorted({*plans.drugs, *given.drugs})
        number = {name: place for place, name in enumerate(self.names)}
        ours, theirs = (np.array([number[name] for name in side], dtype=np.int64) for side in (plans.drugs, given.drugs))
        self.drug = np.where(self.has_dose, _at(ours, drug_of(self.dose_key)), _at(theirs, _at(given.drug, self.row)))

    def order(self, found: Found) -> Numbers:
        """By patient, day, drug and kind."""
        day = np.where(self.has_dose, self.planned_on, self.given_on)
        return np.lexsort((found.kind, found.line, found.dose, self.given_on, self.drug, day, self.person))


def _at(values: npt.NDArray[Any], places: Numbers) -> Numbers:
    """The values at some places; nothing that means anything where there are none."""
    within = np.minimum(places, len(values) - 1)
    return values[within].astype(np.int64) if len(values) else np.zeros(len(places), np.int64)


def batch_of(people: People, plans: Plans, given: Administered, lines: Lines, found: Found, judge: Judge) -> pa.RecordBatch:
    """The rows of the deviations, sorted by patient, day, drug and kind."""
    found = found.of(Room(people, plans, given, lines, found).order(found))
    room = Room(people, plans, given, lines, found)
    distinct, cell = np.unique(found.judged, return_inverse=True)
    cells = [judge.judged[each] for each in distinct.tolist()]
    columns = [
        pa.array(people.ids, pa.string()).take(pa.array(room.person)),
        _words(room.drug, room.names),
        _words(found.kind, list(KINDS)),
        _days(room.planned_on, room.has_dose),
        _days(room.given_on, room.has_line),
        pa.array((room.given_on - room.planned_on).astype(np.int32), mask=~(room.has_dose & room.has_line)),
        pa.array([each.expected for each in cells], pa.float64()).take(pa.array(cell)),
        pa.array([each.given for each in cells], pa.float64()).take(pa.array(cell)),
        pa.array([each.unit for each in cells], pa.string()).take(pa.array(cell)).dictionary_encode(),
        pa.array([each.deviation_pct for each in cells], pa.float64()).take(pa.array(cell)),
        _words(np.where(room.has_dose, _at(plans.where, room.dose), NONE), plans.wheres),
        pa.array(_notes(room, found, cells, cell), pa.string()).dictionary_encode(),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=deviation_schema())


def _words(numbers: Numbers, words: list[str]) -> pa.DictionaryArray:
    coded = pa.array(numbers.astype(np.int32), mask=numbers == NONE)
    return pa.DictionaryArray.from_arrays(coded, pa.array(words, pa.string()))


def _days(days: Numbers, there: Flags) -> pa.Array:
    return pa.array(days.astype(np.int32), mask=~there).cast(pa.date32())


# -- notes --------------------------------------------------------------------------------------------------------


def _notes(room: Room, found: Found, cells: list[Judged], cell: Numbers) -> list[str | None]:
    """A note for each deviation; only those of which there is something to say are looked at one by one."""
    size = np.where(room.has_line, _at(room.given.times, room.row), _at(room.plans.doses.times, room.dose))
    planned_times = np.where(room.has_dose, _at(room.plans.doses.times, room.dose), 1)
    unstated = room.has_dose & _at(room.plans.unstated, room.dose).astype(bool)
    noted = np.where(room.has_line, _at(room.given.note, room.row), 0)
    extra = found.kind == KINDS.index(EXTRA)
    foreign = extra & ~np.isin(group_of(room.line_key), room.plans.taken)
    other, barred = find(room.plans.others, room.line_key)
    barred &= extra
    telling = np.array([bool(each.note) for each in cells])[cell]
    said = (size > 1) | (planned_times > 1) | unstated | (noted > 0) | foreign | barred | telling
    notes: list[str | None] = [None] * len(size)
    for place in np.flatnonzero(said).tolist():
        judged = cells[cell[place]]
        parts = [
            _count(int(found.times[place]), int(size[place])),
            judged.note,
            _whole_day(judged, KINDS[found.kind[place]], int(planned_times[place])),
            "how often a day is not stated; taken as once" if unstated[place] else "",
            _foreign(room, place) if foreign[place] else "",
            room.plans.other_said[other[place]] if barred[place] else "",
            room.given.notes[noted[place]],
        ]
        notes[place] = "; ".join(filter(None, parts)) or None
    return notes


def _count(times: int, size: int) -> str:
    if size == 1:
        return ""
    return f"{times} administrations" if times == size else f"{times} of {size} administrations"


def _whole_day(judged: Judged, kind: str, times: int) -> str:
    """What is said where one administration holds what was planned for the whole day."""
    whole = kind == AMOUNT and times > 1 and judged.ratio == times
    return f"the amount of all {times} administrations of the day; one row is one administration" if whole else ""


def _foreign(room: Room, place: int) -> str:
    name = room.names[room.drug[place]]
    return "not in the regimen, and no drug has this name" if name in room.given.nameless else "not in the regimen"
