"""A calendar that follows its plan: the events of each version of the plan, and what became of them from one version to the next.

A calendar program takes an event that it has for an older one where the UID is the same and SEQUENCE is higher (RFC 5545, 3.8.7.4). So
every event that was ever written stays, the gone ones cancelled, and each version that changes what an event shows counts it up by one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from dosing.dose.schedule import DosedSchedule
from dosing.export.events import DayEvent, Grain, events_of, first_of, whole, with_whole


@dataclass(frozen=True, slots=True)
class Version:
    """A plan as it stood after a change of its log that was decided `on` that day; the first is before any change and needs no date."""

    on: date | None
    dosed: DosedSchedule


@dataclass(frozen=True, slots=True)
class Followed:
    """An event as it stands now: how often it was changed, by which version last (its index), and the day of that (None: never)."""

    event: DayEvent
    sequence: int = 0
    touched: int = 0
    modified: date | None = None


def follow(versions: Iterable[Version], *, plan: str, earlier: int = 0, grain: Grain = Grain.DAY) -> list[Followed]:
    """Every event that one of the versions has, in order of date, place and slot; `plan` tells the UIDs of two plans apart.

    `earlier` is how many versions there were before the first that can still be drawn: no event was changed more often than that.

    An event that a version no longer has stays as it was, cancelled. The first event of all carries the notes of the first version in
    every version, so that a change elsewhere doesn't touch it. Dates of notes may go back; the day of a change never does.
    """
    found: dict[str, Followed] = {}
    first: tuple[str, list[str]] | None = None
    latest: date | None = None
    for number, version in enumerate(versions):
        latest = max(filter(None, (latest, version.on if number else None)), default=None)
        events = events_of(version.dosed, plan=plan, grain=grain)
        if first is None and events:
            first = first_of(events), whole(version.dosed)
        now = {event.uid: event for event in (with_whole(events, *first) if first else ())}
        gone = {uid: each.event.gone(first[1] if first and uid == first[0] else ()) for uid, each in found.items() if uid not in now}
        for uid, event in (now | gone).items():
            found[uid] = _after(found.get(uid), Followed(event, earlier, number, latest))
    return sorted(found.values(), key=lambda each: each.event.place_in_calendar)


def _after(before: Followed | None, now: Followed) -> Followed:
    if before is None:
        return now
    return before if before.event == now.event else replace(now, sequence=before.sequence + 1)
