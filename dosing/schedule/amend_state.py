"""How a schedule stands while changes are applied to it one after another: dates moved so far, what is held, ended, left out."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from dosing.regimen import grid
from dosing.regimen.model import Phase
from dosing.schedule.changes import Change, Given, Hold, Omit, Skip, Stop
from dosing.schedule.clinic import DrugOf
from dosing.schedule.draw import Schedule
from dosing.schedule.entries import GIVEN, HELD, NOT_GIVEN, OMITTED, SKIPPED, STOPPED, Entry, Key
from dosing.schedule.gaps import Undated


@dataclass(slots=True)
class Held:
    """One activity is not given from `since` on, and before `until` if that is known; the day `until` is given again."""

    activity: str
    since: date
    change: Hold
    until: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the day falls into the hold."""
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Stuck:
    """An entry that a rule would have moved with a dose given late, and that had to stay on its `day`: to where, why, by which change."""

    day: date
    to: date
    reason: str
    change: Given


@dataclass(slots=True)
class State:
    """A schedule as changed so far.

    `entries` have their dates and the reasons of their moves; what a status is follows from `given`, `marks` (omitted, skipped), `stop`,
    `holds` and the date that an entry has now. An entry that was drawn with a status keeps it. `later` says by how many days the end of
    a phase has moved. `told` are the phases whose date the user told; `borders` are the open phases that are over when one of these
    starts, with those that could be the first. `stuck` are entries that could not follow a dose given late.
    """

    schedule: Schedule
    told: frozenset[str]
    entries: dict[Key, Entry]
    undated: list[Undated]
    borders: Mapping[str, list[tuple[str, date]]]
    drug_of: DrugOf | None = None
    given: dict[Key, Given] = field(default_factory=dict)
    marks: dict[Key, Omit | Skip] = field(default_factory=dict)
    holds: list[Held] = field(default_factory=list)
    stop: Stop | None = None
    left_out: set[str] = field(default_factory=set)
    later: dict[str, int] = field(default_factory=dict)
    stuck: dict[Key, Stuck] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def verdict(self, entry: Entry) -> tuple[str, str]:
        """The status of an entry on its date (empty where it stands), and why."""
        record = self.given.get(entry.key)
        if record:
            return (NOT_GIVEN if record.day is None else GIVEN), recorded(record, entry)
        if entry.status:
            return entry.status, ": ".join([entry.status, *entry.why[:1]])
        mark = self.marks.get(entry.key)
        if mark:
            status = OMITTED if isinstance(mark, Omit) else SKIPPED
            return status, because(mark, status)
        if self.stop and is_drug(entry) and entry.date >= self.stop.since:
            return STOPPED, because(self.stop, STOPPED)
        border = self.border_of(entry)
        if border:
            return SKIPPED, f"{SKIPPED}, because {border[0]} starts on {border[1]}"
        held = self.hold_of(entry.activity, entry.date) if is_drug(entry) else None
        return (HELD, because(held.change, HELD)) if held else ("", "")

    def status(self, entry: Entry) -> str:
        """The status of an entry on its date; empty where it stands."""
        return self.verdict(entry)[0]

    def in_the_way(self, entry: Entry) -> bool:
        """Whether others must keep clear of an entry: it stands, is held and may be given yet, or was given."""
        return self.status(entry) in ("", HELD, GIVEN)

    def movable(self, entry: Entry) -> bool:
        """Whether a move of its cycle takes an entry along: not after the end, of no phase left out, and nobody has said what happened."""
        return self.status(entry) != STOPPED and entry.phase not in self.left_out and entry.key not in self.given

    def border_of(self, entry: Entry) -> tuple[str, date] | None:
        """The later phase, with its date, past whose start an entry of an open phase has come."""
        if is_visit(entry):
            return None
        borders = self.borders.get(entry.phase, ())
        return next(((phase, day) for phase, day in borders if phase not in self.left_out and day <= entry.date), None)

    def hold_of(self, activity: str, day: date) -> Held | None:
        """The hold into which a day of an activity falls."""
        return next((held for held in self.holds if held.activity == activity and held.covers(day)), None)

    def ordered(self, entries: Collection[Entry]) -> list[Entry]:
        """The entries in the order of a schedule: date, phase, place in the day."""
        order = {phase.id: number for number, phase in enumerate(self.schedule.regimen.phases)}
        return sorted(entries, key=lambda entry: (entry.date, order[entry.phase], entry.rank, entry.n))

    def pinned(self, phase: Phase) -> bool:
        """Whether the phase is on a date that somebody told, and that no other phase moves."""
        return phase.id in self.told or bool(phase.waits) or (phase.start is not None and phase.start.stated is None)


def begin(schedule: Schedule, told: Collection[str] = (), drug_of: DrugOf | None = None) -> State:
    """The schedule before any change."""
    entries = {entry.key: entry for entry in schedule.entries}
    state = State(schedule, frozenset(told), entries, list(schedule.undated), {}, drug_of)
    return replace(state, borders=dict(_borders(state)))


def _borders(state: State) -> Iterator[tuple[str, list[tuple[str, date]]]]:
    for id, placed in state.schedule.phases.items():
        phase = placed.phase
        if (
            phase.cycle
            and placed.last
            and not placed.continues
            and not phase.lasting
            and not phase.until
            and grid.cycle_count(phase) is None
        ):
            yield id, told_after(id, state)


def told_after(id: str, state: State) -> list[tuple[str, date]]:
    """The phases after this one that are on a told date, with the date; not those left out, or of visits alone."""
    phases = list(state.schedule.phases.values())
    later = phases[list(state.schedule.phases).index(id) + 1 :]
    kept = [each for each in later if each.phase.id not in state.left_out and not each.phase.visits_only]
    return [(each.phase.id, each.anchor) for each in kept if each.anchor and state.pinned(each.phase)]


# -- words --------------------------------------------------------------------------------------------------------


def is_drug(entry: Entry) -> bool:
    """Whether a drug is given, even one that nobody has named yet."""
    return entry.kind == "drug"


def is_visit(entry: Entry) -> bool:
    """Whether the entry has a date of its own rather than a day of a phase."""
    return entry.day is None


def is_called(entry: Entry, name: str) -> bool:
    """Whether `name` is the entry's activity or its drug."""
    return name in (entry.activity, entry.drug)


def label(entry: Entry) -> str:
    """`induction C2D8 carfilzomib`, or `follow-up long-term 3`."""
    return f"{entry.phase} {entry.when or entry.activity} {entry.n if is_visit(entry) else entry.activity}"


def days(number: int) -> str:
    """`1 day`, `7 days`."""
    return f"{number} day{'' if number == 1 else 's'}"


def entries(number: int) -> str:
    """`1 entry`, `7 entries`."""
    return f"{number} entr{'y' if number == 1 else 'ies'}"


def because(change: Change, what: str) -> str:
    """`held on 2026-02-02: ANC 0.8 (change 1)`."""
    return f"{what} on {change.on}{f': {change.reason}' if change.reason else ''} (change {change.number})"


def recorded(change: Given, entry: Entry) -> str:
    """`given on 2026-02-03, 1 day late: the ward was full (change 3)`, or `not given: nausea (change 3)`."""
    what = f"given on {change.day}{_lateness(change.day, change.shown, entry.date)}" if change.day else "not given"
    return f"{what}{f': {change.reason}' if change.reason else ''} (change {change.number})"


def _lateness(day: date, shown: date | None, planned: date) -> str:
    by = (day - (shown or planned)).days
    if by:
        return f", {days(abs(by))} {'late' if by > 0 else 'early'}{f', after a move to {shown}' if shown else ''}"
    return ", as moved off a closed day" if shown else ", as planned"


def note(change: Change, what: str) -> str:
    """The sentence about a change that stands with the whole schedule."""
    return f"change {change.number} on {change.on}{f' ({change.reason})' if change.reason else ''}: {what}"


def end_notes(state: State) -> Iterator[str]:
    """A sentence for each phase that runs longer than it was drawn."""
    for id, placed in state.schedule.phases.items():
        if placed.last is None or id in state.borders:
            continue
        mine = [entry for entry in state.entries.values() if entry.phase == id and not is_visit(entry)]
        if not any(map(state.in_the_way, mine)):
            continue
        last = max([entry.happens_on for entry in mine] + [placed.last + timedelta(days=state.later.get(id, 0))])
        if last > placed.last and not (state.stop and last >= state.stop.since):
            yield _end(placed.phase, placed.last, last, continues=placed.continues)


def _end(phase: Phase, before: date, now: date, *, continues: bool) -> str:
    if continues:
        return f"{phase.id}: what is drawn now reaches to {now} rather than {before}"
    lasting = phase.lasting.stated if phase.lasting else None
    until = phase.until.stated if phase.until else None
    if lasting or until:
        bound = f"{'up to ' if lasting.up_to else ''}{lasting.length}" if lasting else f"until {until}"
        return f"{phase.id} ({bound}) keeps all its entries and ends on {now} rather than {before}: no change loses an entry"
    return f"{phase.id} ends on {now} rather than {before}"
