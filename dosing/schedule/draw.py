"""From a chosen regimen and a start date to a schedule."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from dosing.errors import RegimenError, ScheduleError, nearest
from dosing.regimen.check import facts_of
from dosing.regimen.model import Phase, Regimen
from dosing.schedule.entries import Entry, entries_of, visit_dates, visit_entries
from dosing.schedule.gaps import (
    Missing,
    Undated,
    activity_gaps,
    field_gap,
    phase_gap,
    visit_gap,
    whole_facts,
)
from dosing.schedule.timeline import Horizon, Placed, place

WAITING = "waiting"
NOT_DATED = "not-dated"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A regimen on the calendar.

    `entries` are in order of date, phase and place in the day; `undated` are activities without a date; `missing` says what nobody stated;
    `notes` are sentences about the whole: readings, choices, conditions, what continues. `until` is the last date, where one was asked for.
    """

    regimen: Regimen
    start: date
    phases: Mapping[str, Placed]
    entries: tuple[Entry, ...]
    undated: tuple[Undated, ...]
    missing: tuple[Missing, ...]
    notes: tuple[str, ...]
    until: date | None = None


@dataclass(slots=True)
class _Drawing:
    """What gathers while a schedule is drawn."""

    entries: list[Entry] = field(default_factory=list)
    undated: list[Undated] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)


def draw(
    regimen: Regimen,
    *,
    start: date,
    horizon: Horizon | None = None,
    starts: Mapping[str, date] | None = None,
    phases: Iterable[str] = (),
) -> Schedule:
    """The schedule of a chosen regimen from its first day.

    `starts` are dates of phases that the user told, `phases` limits what is drawn. What nobody stated is left out and listed in `missing`.
    Raises RegimenError where a choice is missing, ScheduleError where it can't be drawn.
    """
    _ready(regimen)
    wanted = wanted_phases(regimen, phases)
    reach = horizon or Horizon()
    if reach.until and reach.until < start:
        raise ScheduleError(f"nothing can be drawn until {reach.until}, which is before the start on {start}; give a later date")
    placed = place(regimen, start=start, horizon=reach, starts=starts or {}, wanted=[phase.id for phase in wanted])
    drawing = _Drawing()
    for phase in wanted:
        _draw_phase(phase, regimen, placed, reach, drawing)
        _draw_visits(phase, regimen, placed, start, reach, drawing)
    _refuse_unchosen(drawing.missing, regimen)
    order = {phase.id: number for number, phase in enumerate(regimen.phases)}
    drawing.entries.sort(key=lambda entry: (entry.date, order[entry.phase], entry.rank, entry.n))
    return Schedule(
        regimen=regimen,
        start=start,
        phases={phase.id: placed[phase.id] for phase in wanted},
        entries=tuple(drawing.entries),
        undated=tuple(drawing.undated),
        missing=tuple(dict.fromkeys(drawing.missing)),
        notes=tuple(_notes(regimen, wanted, placed, reach)),
        until=reach.until,
    )


def _ready(regimen: Regimen) -> None:
    if regimen.derive and not regimen.base:
        raise RegimenError(f"{regimen.id} is made from another regimen: name the one with {regimen.derive.replaces}, e.g. --base cybord")


def wanted_phases(regimen: Regimen, ids: Iterable[str]) -> list[Phase]:
    """The phases of these ids, in the regimen's order; all of them where none is named. Raises ScheduleError for an unknown one."""
    chosen = list(ids)
    known = [phase.id for phase in regimen.phases]
    for id in chosen:
        if id not in known:
            raise ScheduleError(f"{regimen.id} has no phase {id!r}{nearest(id, known)} (phases: {', '.join(known)})")
    return [phase for phase in regimen.phases if not chosen or phase.id in chosen]


def _within(entry: Entry, reach: Horizon) -> bool:
    if reach.until and entry.date > reach.until:
        return False
    return reach.cycles is None or entry.cycle is None or entry.cycle <= reach.cycles


def _draw_phase(phase: Phase, regimen: Regimen, placed: Mapping[str, Placed], reach: Horizon, into: _Drawing) -> None:
    here = placed[phase.id]
    gap = phase_gap(here, regimen)
    if gap:
        into.missing.append(gap)
    if gap and here.missing:
        status = WAITING if here.missing == "start" else NOT_DATED
        into.undated.extend(_undated(phase, each.id, each.kind, each.what, status, gap) for each in phase.activities)
        return
    entries = [entry for entry in entries_of(here, placed, cycles=reach.cycles) if _within(entry, reach)]
    into.entries.extend(entries)
    for activity in phase.activities:
        into.missing.extend(activity_gaps(activity, phase, entries, regimen))
        if any(fact.stated is None for fact in activity.days.facts()) or (activity.cycle and activity.cycle.stated is None):
            name = "days" if any(fact.stated is None for fact in activity.days.facts()) else "cycle"
            why = field_gap(activity, phase, name, regimen)
            into.undated.append(_undated(phase, activity.id, activity.kind, activity.what, NOT_DATED, why))


def _undated(phase: Phase, id: str, kind: str, what: str, status: str, why: Missing) -> Undated:
    activity = phase.activity(id)
    return Undated(phase.id, id, kind, what, whole_facts(activity) if activity else {}, status, why)


def _draw_visits(phase: Phase, regimen: Regimen, placed: Mapping[str, Placed], start: date, reach: Horizon, into: _Drawing) -> None:
    status = WAITING if placed[phase.id].missing == "start" else NOT_DATED
    for number, visit in enumerate(phase.visits):
        dates = visit_dates(visit, phase.id, placed, start=start)
        if dates is None:
            gap = visit_gap(visit, phase, regimen, placed)
            into.missing.append(gap)
            into.undated.append(_undated(phase, visit.id, "assessment", visit.what, status, gap))
        else:
            into.entries.extend(entry for entry in visit_entries(visit, phase.id, dates, number) if _within(entry, reach))


def _refuse_unchosen(missing: Iterable[Missing], regimen: Regimen) -> None:
    unchosen = [str(each) for each in missing if each.by_variant]
    if unchosen:
        raise RegimenError(f"{regimen.id}: {unchosen[0]}")


# -- notes --------------------------------------------------------------------------------------------------------


def _notes(regimen: Regimen, phases: Iterable[Phase], placed: Mapping[str, Placed], reach: Horizon) -> Iterator[str]:
    if regimen.base:
        yield f"made from {regimen.base}"
    yield from regimen.notes
    for overlay in regimen.chosen:
        because = f" ({overlay.because})" if overlay.because else ""
        mark = "UNVERIFIED " if overlay.unverified else ""
        yield f"{mark}{overlay.kind} {overlay.id} [{overlay.source}]: {overlay.title}{because}"
    yield from _readings(regimen, [phase.id for phase in phases if not placed[phase.id].missing])
    for phase in phases:
        here = placed[phase.id]
        if phase.condition:
            yield f"{phase.id}: only if {phase.condition}"
        if here.continues:
            until = phase.continues.stated if phase.continues else None
            count = f"{len(here.cycles)} cycle{'s' if len(here.cycles) != 1 else ''}"
            to = f", to {here.last}" if here.last else ""
            yield f"{phase.id} continues{f' {until}' if until else ''}; drawn for {count}{to}"
        elif phase.repeat and phase.repeat.stated and phase.repeat.stated.up_to:
            yield f"{phase.id} has up to {phase.repeat.stated.count} cycles; there may be fewer"
        elif phase.lasting and phase.lasting.stated and phase.lasting.stated.up_to:
            yield f"{phase.id} lasts up to {phase.lasting.stated.length}; it may be shorter"
        if not here.continues and reach.cycles and reach.cycles < len(here.cycles):
            yield f"{phase.id}: {reach.cycles} of its {len(here.cycles)} cycles drawn, as asked; the others are left out"


def _readings(regimen: Regimen, phases: list[str]) -> Iterator[str]:
    """One line for each `because` and each unverified fact of the phases drawn, with the fields it is about."""
    paths: dict[str, list[str]] = {}
    for path, fact in facts_of(regimen):
        if path.partition(".")[0] not in phases or fact.origin.kind in ("variant", "proxy", "rule") or path.endswith(".route"):
            continue
        if fact.origin.kind == "user":
            paths.setdefault(f"{fact.value} (given by the user)", []).append(path)
        elif fact.unverified:
            paths.setdefault(f"UNVERIFIED {fact.value}{f': {fact.because}' if fact.because else ''}", []).append(path)
        elif fact.because:
            paths.setdefault(f"{fact.because} [{fact.source}]", []).append(path)
    for text, where in paths.items():
        yield f"{', '.join(dict.fromkeys(where))}: {text}"
