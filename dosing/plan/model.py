"""A plan: what was decided at the start, and the log of what changed since. A plan only ever grows at its end."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import takewhile

from dosing.errors import ScheduleError, nearest
from dosing.plan.kinds import KINDS, UNDO, UPGRADE
from dosing.plan.text import checked_line, seals


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The choices that make the regimen complete, as `dosing.api.load_regimen` takes them; `set` is its `values`."""

    variant: tuple[str, ...] = ()
    proxy: tuple[str, ...] = ()
    set: Mapping[str, str] = field(default_factory=dict)
    base: str = ""
    base_days: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Options in the words of the command line: those with one value, and those that can be given more than once."""

    texts: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far to draw: the first `cycles` of each phase, nothing after `until`; `phase_start` dates the phases that wait."""

    cycles: int | None = None
    until: date | None = None
    phase_start: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One change: the day it was decided, its kind and fields (dosing.plan.kinds), why and by whom.

    `follows` is the beginning of the SHA-256 of everything that stands above it in the file.
    """

    n: int
    on: date
    kind: str
    fields: Mapping[str, str]
    reason: str
    author: str = ""
    follows: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One patient's plan. `id` names it in calendars and holds no identity; `definition` is the hash of the regimen as it was then.

    `version` and `definition` are those of the start; `in_force` gives those after upgrades.
    """

    id: str
    regimen: str
    version: int
    definition: str
    start: date
    choices: Choices = field(default_factory=Choices)
    patient: Asked = field(default_factory=Asked)
    practice: Asked = field(default_factory=Asked)
    reach: Reach = field(default_factory=Reach)
    log: tuple[LogEntry, ...] = ()


def append(plan: Plan, *, on: date, kind: str, fields: Mapping[str, str], reason: str, author: str = "") -> Plan:
    """The plan with one more entry at the end of its log.

    Raises ScheduleError for an unknown kind, fields that can't be read or don't go together, no reason, and an undo of nothing.
    """
    entry = LogEntry(
        n=len(plan.log) + 1,
        on=on,
        kind=kind,
        fields=_fields(kind, {name: _tidy(text) for name, text in fields.items()}),
        reason=_line("reason", reason),
        author=_line("author", author) if author else "",
    )
    longer = replace(plan, log=(*plan.log, entry))
    wrong = wrong_undo(longer.log)
    if wrong:
        raise ScheduleError(wrong[1])
    *_, seal = seals(longer)
    return replace(plan, log=(*plan.log, replace(entry, follows=seal)))


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _line(what: str, text: str) -> str:
    try:
        return checked_line(_tidy(text))
    except ValueError as error:
        raise ScheduleError(f"the {what} of a change {error}") from None


def _fields(kind: str, fields: Mapping[str, str]) -> dict[str, str]:
    if kind not in KINDS:
        raise ScheduleError(f"there is no change {kind!r}{nearest(kind, KINDS)} (there are {', '.join(KINDS)})")
    known = KINDS[kind]
    problems = [("", f"unknown field {name!r}{nearest(name, known.fields)}") for name in fields if name not in known.fields]
    problems += known.problems(fields)
    if problems:
        raise ScheduleError("\n".join(f"{kind}: {f'{name}: ' if name else ''}{message}" for name, message in problems))
    return known.normal(fields)


def as_of(plan: Plan, day: date) -> Plan:
    """The plan as its file stood at the end of that day: the log up to the first entry that was decided later.

    An entry that was noted late stands behind later ones, so it was not in the file on its own date.
    """
    return replace(plan, log=tuple(takewhile(lambda entry: entry.on <= day, plan.log)))


def effective(plan: Plan) -> tuple[LogEntry, ...]:
    """The changes that stand, in the order of the log: without the undos and without what they undid. Raises ScheduleError."""
    standing, wrong = _standing(plan.log)
    if wrong:
        raise ScheduleError(wrong[1])
    return tuple(entry for entry in plan.log if entry.kind != UNDO and standing[entry.n])


def in_force(plan: Plan) -> tuple[int, str]:
    """Version and hash of the definition that the plan goes by: that of the last upgrade that stands, else that of the start."""
    upgrades = [entry.fields for entry in effective(plan) if entry.kind == UPGRADE]
    return (int(upgrades[-1]["version"]), upgrades[-1]["definition"]) if upgrades else (plan.version, plan.definition)


def wrong_undo(log: Iterable[LogEntry]) -> tuple[int, str] | None:
    """The number of the first undo of something that isn't there or is undone already, and why; None if there is none."""
    return _standing(log)[1]


def _standing(log: Iterable[LogEntry]) -> tuple[dict[int, bool], tuple[int, str] | None]:
    """Whether each entry stands, by its number, up to the first undo that can't be."""
    standing: dict[int, bool] = {}
    undoes: dict[int, int] = {}
    for entry in log:
        if entry.kind == UNDO:
            undoes[entry.n] = int(entry.fields["undoes"])
            if wrong := _switch(undoes[entry.n], standing, undoes):
                return standing, (entry.n, f"change {entry.n}: {wrong}")
        standing[entry.n] = True
    return standing, None


def _switch(number: int, standing: dict[int, bool], undoes: Mapping[int, int]) -> str:
    """Take back change `number`; taking back an undo lets what it undid stand again. The reason where that can't be, else nothing."""
    if number not in standing:
        return f"there is no change {number} before it"
    stands = False
    while standing[number] != stands:
        standing[number] = stands
        if number not in undoes:
            return ""
        number, stands = undoes[number], not stands
    return f"change {number} is undone already"
