"""Reductions: a drug to a level of its file, or to a percentage of its amount, from some day on, with a reason.

    carfilzomib = level 1 from C3: neutropenia
    carfilzomib = 75 % from C2 D8: platelets 40
    lenalidomide = level 2 from 2026-03-02: rash

A level is a dose that takes the place of every higher dose of the drug; a dose that is lower already stays. A reduction that begins later
takes the place of one that began earlier, in whatever order they are listed. What restores the full dose is the end of those before it. The
infusion time is kept.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, pairwise

from dosing.dose.steps import Step, cited
from dosing.errors import DoseError, nearest
from dosing.regimen.drug import Drug, Levels
from dosing.regimen.facts import Fact, Percent
from dosing.regimen.values import parse_date, parse_percent
from dosing.schedule.entries import Entry
from dosing.units import Quantity

_TEXT = re.compile(r"(?P<drug>[^=]+)=(?P<to>[^:]+?)(?: from (?P<since>[^:]+))?:(?P<why>.*)", re.DOTALL)
_LEVEL = re.compile(r"level -?([1-9])")
_CYCLE = re.compile(r"(?:(?P<phase>[a-z0-9-]+) )?C(?P<cycle>[1-9][0-9]{0,3})(?: ?D(?P<day>[1-9][0-9]{0,3}))?")
_WHOLE = 100
_HOW = "write it as `carfilzomib=level 1 from C3: neutropenia` or `carfilzomib=75 % from 2026-03-02: neutropenia`"


@dataclass(frozen=True, slots=True)
class Since:
    """From when on: a date, or a cycle (of a phase, or of the first that gives the drug) and a day of it."""

    day: date | None = None
    phase: str = ""
    cycle: int = 1
    cycle_day: int = 1

    def __str__(self) -> str:
        if self.day:
            return str(self.day)
        on = f" D{self.cycle_day}" if self.cycle_day > 1 else ""
        return f"{self.phase} C{self.cycle}{on}".strip()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a dose stands: its phase, and its place in it; `date` is None where nothing has dates.

    `phases` are those that give the drug, in their order.
    """

    phase: str
    cycle: int
    day: int
    date: date | None
    phases: Sequence[str]


@dataclass(frozen=True, slots=True)
class Reduction:
    """One reduction: to `level` (1 is the first below the starting dose) or to `percent` of the amount; `since` None: from the start.

    With neither it restores the full dose, and has a `since`.
    """

    drug: str
    reason: str
    level: int | None = None
    percent: Percent | None = None
    since: Since | None = None

    @property
    def restores(self) -> bool:
        """Whether it ends the reductions before it."""
        return not self.level and not self.percent

    @property
    def to(self) -> str:
        """What it leads to, in words."""
        return "the full dose" if self.restores else f"level {self.level}" if self.level else str(self.percent)

    def __str__(self) -> str:
        since = f" from {self.since}" if self.since else ""
        change = f"at {self.to} again" if self.restores else f"reduced to {self.to}"
        return f"{self.drug} {change}{since} ({self.reason})"


def parse_reduction(text: str) -> Reduction:
    """A reduction as in the examples above. Raises DoseError saying how to write it."""
    match = _TEXT.fullmatch(" ".join(text.split()))
    if not match or not match["why"].strip():
        raise DoseError(f"reduction {text!r} can't be read, or has no reason; {_HOW}")
    to, since = match["to"].strip(), match["since"]
    level = _LEVEL.fullmatch(to)
    try:
        percent = None if level else parse_percent(to)
        begins = _since(since.strip()) if since else None
    except ValueError as error:
        raise DoseError(f"reduction {text!r}: {error}; {_HOW}") from None
    if percent and percent.value >= _WHOLE:
        raise DoseError(f"reduction {text!r} does not reduce anything; a percentage is below 100 %")
    return Reduction(match["drug"].strip(), match["why"].strip(), int(level[1]) if level else None, percent, begins)


def _since(text: str) -> Since:
    match = _CYCLE.fullmatch(text)
    if match:
        return Since(phase=match["phase"] or "", cycle=int(match["cycle"]), cycle_day=int(match["day"] or 1))
    return Since(day=parse_date(text))


def check_reductions(reductions: Iterable[Reduction], known: Mapping[str, Sequence[str]]) -> None:
    """Raise DoseError for a reduction of a drug or from a phase that isn't given, for two of unclear order, and one that changes nothing.

    `known` are the drugs of the regimen, each with the phases that give it.
    """
    listed: dict[str, list[Reduction]] = {}
    for each in reductions:
        if each.drug not in known:
            raise DoseError(f"{each}: the regimen gives no {each.drug!r}{nearest(each.drug, known)} (it gives {', '.join(known)})")
        parts = known[each.drug]
        if each.since and each.since.phase and each.since.phase not in parts:
            raise DoseError(
                f"{each}: no phase {each.since.phase!r}{nearest(each.since.phase, parts)} gives it (phases: {', '.join(parts)})"
            )
        listed.setdefault(each.drug, []).append(each)
    for drug, own in listed.items():
        _check_order(own, known[drug])


def _check_order(own: Sequence[Reduction], phases: Sequence[str]) -> None:
    """Raise DoseError for reductions of a drug of which nobody can say which begins later, and for one that changes nothing."""
    for one, other in combinations(own, 2):
        if _beginning(one, phases) == _beginning(other, phases) and one.to != other.to:
            raise DoseError(f"{other}: it begins together with another ({one}); keep one of them")
        if one.since and other.since and bool(one.since.day) != bool(other.since.day):
            raise DoseError(f"{other}: which begins later, this or another ({one})? Give both by cycle or both by date")
    ordered = sorted(own, key=lambda each: _beginning(each, phases))
    for before, each in pairwise((None, *ordered)):
        if each and each.restores and (before is None or before.restores):
            raise DoseError(f"{each}: there is nothing to end, as {each.drug} is at the full dose then")
        if before and each and before.to == each.to:
            raise DoseError(f"{each}: {each.drug} is reduced to {each.to} already ({before}); a reduction is listed once")


def in_force(reductions: Iterable[Reduction], drug: str, place: Place) -> Reduction | None:
    """The drug's reduction that began last, of those that have begun at the place; None without one, and where the full dose is restored.

    Raises DoseError for a reduction from a date where there are no dates.
    """
    begun = [each for each in reductions if each.drug == drug and (each.since is None or _begun(each, each.since, place))]
    last = max(begun, key=lambda each: _beginning(each, place.phases), default=None)
    return None if last is None or last.restores else last


def _beginning(reduction: Reduction, phases: Sequence[str]) -> tuple[int, ...]:
    """What puts reductions of one drug in the order in which they begin; those by date and those by cycle can't be compared."""
    since = reduction.since
    if since is None:
        return (0,)
    if since.day:
        return (1, since.day.toordinal())
    return (1, phases.index(since.phase) if since.phase else 0, since.cycle, since.cycle_day)


def _begun(reduction: Reduction, since: Since, place: Place) -> bool:
    if since.day:
        if place.date is None:
            raise DoseError(f"{reduction}: there are no dates here; say from which cycle, such as C3")
        return place.date >= since.day
    begins, here = (place.phases.index(phase) for phase in (since.phase or place.phases[0], place.phase))
    if begins != here:
        return here > begins
    return (place.cycle, place.day) >= (since.cycle, since.cycle_day)


def naming_phase(reduction: Reduction, place: Place) -> str:
    """The phase whose highest dose names the levels of a reduction: the one in which it begins, also for later phases.

    A reduction that begins on a date names it in `since.phase` (`dated`); else the phase of the place stands in.
    """
    since = reduction.since
    if since and (since.phase or since.day):
        return since.phase or place.phase
    return place.phases[0]


def dated(reductions: Iterable[Reduction], entries: Sequence[Entry]) -> tuple[Reduction, ...]:
    """The reductions, those from a date with the phase in which they begin: that of the drug's first entry from then on.

    The entries are in order of date.
    """
    return tuple(_dated(each, each.since, entries) if each.since and each.since.day else each for each in reductions)


def _dated(reduction: Reduction, since: Since, entries: Sequence[Entry]) -> Reduction:
    later = (entry.phase for entry in entries if entry.drug == reduction.drug and since.day and entry.date >= since.day)
    return replace(reduction, since=replace(since, phase=next(later, "")))


def reduced(dose: Quantity, reduction: Reduction, drug: Drug, *, highest: Quantity) -> tuple[Quantity, Step]:
    """The dose at the reduction's level, and the step that says so.

    `highest` names the levels: the drug's highest dose in the phase in which the reduction begins.
    Raises DoseError where the drug's file has no such level.
    """
    levels = _levels(reduction, drug, highest)
    table = levels.stated
    if table is None or reduction.level is None or reduction.level > len(table.below):
        have = ", ".join(f"{number}: {each}" for number, each in enumerate(table.below if table else (), 1)) or "none"
        raise DoseError(f"{reduction}: from {highest} {drug.id} has no such level ({have}); give a percentage")
    lower = table.below[reduction.level - 1]
    mark = " UNVERIFIED" if levels.unverified else ""
    of = f"level {reduction.level} of {highest} is {lower} {cited(levels)}: {reduction.reason}"
    if dose.value <= lower.value:
        return dose, Step("level", f"{of}; {dose} is not above it and stays", note=f"{reduction}; {dose} is not above it{mark}")
    return lower, Step("level", f"{of}; {lower} instead of {dose}", note=f"{reduction}: {lower} instead of {dose}{mark}")


def _within(tables: Iterable[Fact[Levels]], highest: Quantity) -> Fact[Levels] | None:
    """The rest of a table that has the dose among its levels: of 27, 20, 15 mg/m2 that below 20 mg/m2."""
    for fact in tables:
        table = fact.stated
        if table and highest in table.below:
            return replace(fact, value=Levels(highest, table.below[table.below.index(highest) + 1 :]))
    return None


def _levels(reduction: Reduction, drug: Drug, highest: Quantity) -> Fact[Levels]:
    tables = drug.levels.values()
    found = next((fact for fact in tables if fact.stated and fact.stated.start == highest), None) or _within(tables, highest)
    if found is None:
        starts = ", ".join(drug.levels) or "none"
        raise DoseError(
            f"{reduction}: the file of {drug.id} has no levels below {highest} (it has them below: {starts}); give a percentage"
        )
    return found
