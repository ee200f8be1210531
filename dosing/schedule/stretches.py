"""One schedule out of several drawings of a regimen, each for a stretch of time in which the same was known of the patient.

A laboratory value may change what a regimen gives and on which days. All drawings begin on the same day, so a day of a cycle has one date
in all of them; what differs is which entries there are, and their facts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from dosing.schedule.draw import Schedule
from dosing.schedule.entries import GIVEN, NOT_GIVEN, OMITTED, RULED_OUT, Entry, Key

# What somebody said of one entry by name, whether it was planned there or not.
_NAMED = (GIVEN, NOT_GIVEN, OMITTED)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is drawn for the time from `since` on; `why` says what came to be known then, for entries that are no longer given."""

    since: date
    schedule: Schedule
    why: str = ""


def joined(stretches: Sequence[Stretch]) -> Schedule:
    """The first drawing with all entries and gaps of the others: what there may be, before changes have said on which dates."""
    first = stretches[0].schedule
    if len(stretches) == 1:
        return first
    found: dict[Key, Entry] = {}
    for stretch in stretches:
        found = {**{entry.key: entry for entry in stretch.schedule.entries}, **found}
    order = {phase.id: number for number, phase in enumerate(first.regimen.phases)}
    entries = sorted(found.values(), key=lambda entry: (entry.date, order[entry.phase], entry.rank, entry.n))
    every = [stretch.schedule for stretch in stretches]
    missing = dict.fromkeys(gap for each in every for gap in each.missing)
    undated = {(row.phase, row.activity): row for each in reversed(every) for row in each.undated}
    return replace(first, entries=tuple(entries), missing=tuple(missing), undated=tuple(undated.values()))


def stretch_of(entry: Entry, stretches: Sequence[Stretch]) -> int:
    """The index of the stretch in which the entry is planned now; the first one for what lies before all of them."""
    return max((number for number, stretch in enumerate(stretches) if stretch.since <= entry.date), default=0)


def settled(schedule: Schedule, stretches: Sequence[Stretch]) -> Schedule:
    """The schedule, joined and changed, with each entry as the stretch has it in which it lies now.

    An entry that its stretch no longer has stays, marked as ruled out; one that no stretch up to then has was never planned, and goes.
    """
    if len(stretches) == 1:
        return schedule
    drawn = [{entry.key: entry for entry in stretch.schedule.entries} for stretch in stretches]
    entries = []
    for entry in schedule.entries:
        here = stretch_of(entry, stretches)
        known = drawn[here].get(entry.key)
        if known:
            entries.append(replace(entry, facts=known.facts, what=known.what, optional=known.optional, note=known.note))
        elif entry.status in _NAMED:
            entries.append(entry)
        elif any(entry.key in before for before in drawn[:here]):
            ruled_out = replace(entry, status=RULED_OUT, why=(*entry.why, f"{RULED_OUT}: {stretches[here].why}"))
            entries.append(entry if entry.status else ruled_out)
    return replace(schedule, entries=tuple(entries))
