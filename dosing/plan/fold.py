"""What the log of a plan comes to: changes of the schedule, reductions, measurements, labs, starts of phases, amounts that were given.

Nothing is applied here, and nothing is looked up in a schedule. A change that stands alone in contradiction to another one of the log is
refused here; one that doesn't fit the schedule is refused where it is applied.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from dosing.dose.reduction import Reduction
from dosing.errors import ScheduleError
from dosing.plan.kinds import ALL, CHOOSE, CHOSEN_LISTS, MODES, parse_at, parse_by, parse_setting, parse_since
from dosing.plan.model import LogEntry, Plan, effective
from dosing.regimen.facts import Percent
from dosing.regimen.values import parse_date, parse_percent
from dosing.schedule.changes import Change, Delay, Given, Hold, Omit, Resume, Skip, Stop, Where
from dosing.units import Quantity, parse_amount


@dataclass(frozen=True, slots=True)
class Told:
    """Measurements in text, by the names of the options, that hold from a date on; `number` is that of the change."""

    number: int
    since: date
    texts: Mapping[str, str]


@dataclass(slots=True)
class Folded:
    """What a log comes to, each list in the order of the log but `sizes` and `labs`, which are in order of date.

    `changes` are for `dosing.schedule.amend`; `starts` the dates told of phases; `given` the amount of one administration of each entry
    that was given, with the number of its change; `overrides` the stops that somebody lets pass. `started` has the number of the change
    that told a start. Chosen later, as if at the start: `values` of the user's own, `texts` and `lists` by the names of the options.
    """

    changes: list[Change] = field(default_factory=list)
    reductions: list[Reduction] = field(default_factory=list)
    sizes: list[Told] = field(default_factory=list)
    labs: list[Told] = field(default_factory=list)
    starts: dict[str, date] = field(default_factory=dict)
    started: dict[str, int] = field(default_factory=dict)
    given: list[tuple[int, Where, Quantity]] = field(default_factory=list)
    overrides: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)


def fold(plan: Plan) -> Folded:
    """What the changes that stand come to. Raises ScheduleError, with the number of the change, for two that contradict each other."""
    folded = Folded()
    for entry in effective(plan):
        try:
            if entry.kind == CHOOSE:
                _refuse_chosen(entry, plan)
            _FOLDS[entry.kind](entry, folded)
        except ScheduleError as error:
            raise ScheduleError(f"change {entry.n} ({entry.kind}) can't be made: {error}") from None
    folded.sizes.sort(key=_since)
    folded.labs.sort(key=_since)
    return folded


def _since(told: Told) -> date:
    return told.since


# -- changes of the schedule --------------------------------------------------------------------------------------


def _delay(entry: LogEntry, folded: Folded) -> None:
    fields = entry.fields
    by = parse_by(fields["by"]) if "by" in fields else None
    to = parse_date(fields["to"]) if "to" in fields else None
    folded.changes.append(Delay(entry.n, entry.on, entry.reason, parse_at(fields["at"]), MODES[fields["mode"]], by, to))


def _hold(entry: LogEntry, folded: Folded) -> None:
    folded.changes.append(Hold(entry.n, entry.on, entry.reason, parse_date(entry.fields["since"]), _drug(entry)))


def _resume(entry: LogEntry, folded: Folded) -> None:
    folded.changes.append(Resume(entry.n, entry.on, entry.reason, parse_date(entry.fields["since"]), _drug(entry)))


def _drug(entry: LogEntry) -> str:
    """The drug; nothing for all of them."""
    return "" if entry.fields["drug"] == ALL else entry.fields["drug"]


def _omit(entry: LogEntry, folded: Folded) -> None:
    folded.changes.append(Omit(entry.n, entry.on, entry.reason, parse_at(entry.fields["at"])))


def _given(entry: LogEntry, folded: Folded) -> None:
    at, day = parse_at(entry.fields["at"]), entry.fields.get("date")
    folded.changes.append(Given(entry.n, entry.on, entry.reason, at, parse_date(day) if day else None))
    if day:
        folded.given.append((entry.n, at, parse_amount(entry.fields["amount"])))


def _stop(entry: LogEntry, folded: Folded) -> None:
    folded.changes.append(Stop(entry.n, entry.on, entry.reason, parse_date(entry.fields["since"])))


def _phase(entry: LogEntry, folded: Folded) -> None:
    """A phase that is told a date again begins on the later told one; one left out begins no more."""
    phase = entry.fields["phase"]
    if phase in folded.skipped:
        number = folded.skipped[phase]
        raise ScheduleError(f"{phase} is left out (change {number}); `dosing plan undo` takes that back")
    if "start" in entry.fields:
        folded.starts[phase], folded.started[phase] = parse_date(entry.fields["start"]), entry.n
    else:
        folded.skipped[phase] = entry.n
        folded.changes.append(Skip(entry.n, entry.on, entry.reason, phase))


# -- amounts ------------------------------------------------------------------------------------------------------


def _reduce(entry: LogEntry, folded: Folded) -> None:
    to = entry.fields["to"]
    level = int(to.split()[1]) if to.startswith("level") else None
    folded.reductions.append(_reduction(entry, level, None if level else parse_percent(to)))


def _restore(entry: LogEntry, folded: Folded) -> None:
    folded.reductions.append(_reduction(entry, None, None))


def _reduction(entry: LogEntry, level: int | None, percent: Percent | None) -> Reduction:
    why = f"{entry.reason}; change {entry.n} on {entry.on}"
    return Reduction(entry.fields["drug"], why, level, percent, parse_since(entry.fields["since"]))


def _weigh(entry: LogEntry, folded: Folded) -> None:
    _add_told(entry, folded.sizes)


def _lab(entry: LogEntry, folded: Folded) -> None:
    _add_told(entry, folded.labs)


def _add_told(entry: LogEntry, into: list[Told]) -> None:
    since = parse_date(entry.fields["since"])
    texts = {name: text for name, text in entry.fields.items() if name != "since"}
    for told in into:
        twice = ", ".join(name for name in texts if told.since == since and name in told.texts)
        if twice:
            raise ScheduleError(f"{twice} of {since} is known already (change {told.number}); undo that if it was an error")
    into.append(Told(entry.n, since, texts))


def _override(entry: LogEntry, folded: Folded) -> None:
    name = entry.fields["name"]
    if name in folded.overrides:
        raise ScheduleError(f"{name} is let pass already")
    folded.overrides.add(name)


def _choose(entry: LogEntry, folded: Folded) -> None:
    """What was left open at the start: it holds as if it had been said then; what was said already is not said again."""
    for name, text in entry.fields.items():
        if name == "set":
            key, value = parse_setting(text)
            if key in folded.values:
                raise ScheduleError(f"{key} is chosen already; undo that if it was an error")
            folded.values[key] = value
        elif name in CHOSEN_LISTS:
            folded.lists.setdefault(name, []).append(text)
        elif name in folded.texts:
            raise ScheduleError(f"{name} is chosen already; undo that if it was an error")
        else:
            folded.texts[name] = text


def _refuse_chosen(entry: LogEntry, plan: Plan) -> None:
    """Raise ScheduleError for what the head of the plan says already."""
    key = parse_setting(entry.fields["set"])[0] if "set" in entry.fields else ""
    said = [name for name in entry.fields if name in plan.patient.texts]
    said += [key] if key in plan.choices.set else []
    if said:
        raise ScheduleError(f"the plan itself says {', '.join(said)} since it was made; begin a new plan to say otherwise")


def _upgrade(_entry: LogEntry, _folded: Folded) -> None:
    """It says which definition the plan goes by (dosing.plan.model.in_force), and changes nothing else."""


_FOLDS: dict[str, Callable[[LogEntry, Folded], None]] = {
    "delay": _delay,
    "hold": _hold,
    "resume": _resume,
    "omit": _omit,
    "given": _given,
    "stop": _stop,
    "phase": _phase,
    "reduce": _reduce,
    "restore": _restore,
    "weigh": _weigh,
    "lab": _lab,
    "override": _override,
    CHOOSE: _choose,
    "upgrade": _upgrade,
}
