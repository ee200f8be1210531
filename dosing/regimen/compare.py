"""A second opinion: where one definition of a regimen departs from another, by what happens and not by how it is written.

Compared are phases (length of the cycle, end, start, condition) and, drug by drug, every cycle and every day on which both give it.
Not compared: words (titles, notes, `when`, `continues`), the order within a day, `suggest`, and overlays that were not chosen. Of
assessments, visits and rules only those are told that one of the two does not have.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from math import lcm
from typing import Any

from dosing.days import Numbering
from dosing.regimen import grid
from dosing.regimen.facts import DoseAsIn, DoseRange, Duration, Fact, Length, Minutes, NoCap, Repeat, Scoped, Times
from dosing.regimen.library import find_drug
from dosing.regimen.model import Activity, Phase, Regimen
from dosing.units import Quantity, plain


@dataclass(frozen=True, slots=True)
class Difference:
    """One departure of the regimen `here` from the regimen `there`, whose id is `other`.

    `path` is a field (`carfilzomib.dose`, with its phase where several have the activity). `where` is a scope as regimen files write it
    (`C1 D1-2`), and empty wherever both have a cycle and give the drug. Where only one has a thing, the text on its side says what it is
    (`phase`, `drug`, ...) and that on the other side is empty.
    """

    path: str
    where: str
    here: str
    there: str
    here_source: str = ""
    there_source: str = ""
    other: str = "the other"

    def __str__(self) -> str:
        name = f"{self.path.replace('.', ' ')} {self.where}".strip()
        here, there = (f" [{source}]" if source else "" for source in (self.here_source, self.there_source))
        if not self.there:
            return f"{self.here} {name}: here only{here}"
        if not self.here:
            return f"{self.there} {name}: in {self.other} only{there}"
        return f"{name}: {self.here} here{here}, {self.there} in {self.other}{there}"


def compare(here: Regimen, there: Regimen) -> tuple[Difference, ...]:
    """Every departure of `here` from `there`, in the order of `here`, then what only `there` has.

    Both are taken as chosen, and must make sense (`dosing.regimen.check` finds nothing). Phases belong together by their id and, of the
    rest, the cyclic ones that give drugs in order; activities by their drug. Days are told as `here` counts them. Raises RegimenError for a
    drug that nobody defines.
    """
    return tuple(replace(each, other=there.id) for each in _regimens(here, there))


def _regimens(here: Regimen, there: Regimen) -> Iterator[Difference]:
    pairs, rest = _phase_pairs(here, there)
    names = {theirs.id: mine.id for mine, theirs in pairs if theirs}
    for mine, theirs in pairs:
        if theirs:
            yield from _phases(_Side(here, mine, {}), _Side(there, theirs, names))
        else:
            yield from _presence("phase", {mine.id: mine.source}, {})
    yield from _presence("phase", {}, {phase.id: phase.source for phase in rest})
    yield from _presence("rule", *({id: fact.source for id, fact in regimen.rules.items()} for regimen in (here, there)))


def _phase_pairs(here: Regimen, there: Regimen) -> tuple[list[tuple[Phase, Phase | None]], list[Phase]]:
    """Every phase of `here` with its partner, and the phases of `there` that are left."""
    ids = {phase.id for phase in here.phases}
    others = (phase for phase in there.phases if phase.id not in ids and _repeats_drugs(phase))
    pairs = [(phase, there.phase(phase.id) or (next(others, None) if _repeats_drugs(phase) else None)) for phase in here.phases]
    taken = [partner.id for _, partner in pairs if partner]
    return pairs, [phase for phase in there.phases if phase.id not in taken]


def _repeats_drugs(phase: Phase) -> bool:
    return phase.cycle is not None and any(activity.kind == "drug" for activity in phase.activities)


def _presence(kind: str, here: Mapping[str, str], there: Mapping[str, str]) -> Iterator[Difference]:
    """What only one of the two has; both are sources by path."""
    yield from (Difference(path, "", kind, "", source, "") for path, source in here.items() if path not in there)
    yield from (Difference(path, "", "", kind, "", source) for path, source in there.items() if path not in here)


@dataclass(frozen=True, slots=True)
class _Value:
    """What a regimen says: `key` is the same for the same value, however it is written, and empty where there is none."""

    key: str
    text: str = field(compare=False)
    source: str = ""


# One unit for each kind, so that 500 microgram are 0.5 mg.
_BASES = {"mass": "mg", "activity": "units", "substance": "mmol", "volume": "mL", "area": "m2", "exposure": "AUC"}


def _of(fact: Fact[Any] | None) -> _Value:
    """The value of a fact. A gap and a field that is left out are the same: nobody states it."""
    if fact is None or fact.stated is None:
        return _Value("", "not stated", fact.source if fact else "")
    return _Value(*_said(fact.stated), fact.source)


def _said(value: Any) -> tuple[str, str]:
    """The key of a value, and its text."""
    text = str(value)
    match value:
        case Quantity():
            amount, base = Quantity(value.value, value.flat_unit), _BASES[value.kind]
            return f"{plain(amount.to(base))} {base}/{value.per}", text
        case DoseRange():
            return f"{_said(value.low)[0]} to {_said(value.high)[0]}", text
        case Length():
            return f"{value.days} days {value.months} months", text
        case Minutes():
            return f"{value.low} to {value.high} min", text
        case NoCap():
            return "", text
        case Duration():
            start = f"for {'up to ' if value.up_to else ''}"
            return f"{start}{_said(value.length)[0]}", f"{start}{value.length}"
        case Times():
            times = "once a day" if value.per_day == 1 else f"{value.per_day} times a day"
            text = f"every {value.every_hours} hours" if value.every_hours and value.per_day > 1 else times
        case Repeat():
            cycles = f"{'up to ' if value.up_to else ''}{value.count} cycle{'' if value.count == 1 else 's'}"
            text = "open" if value.count is None else cycles
        case date():
            text = f"until {value}"
    return " or ".join(sorted(text.split(" or "))), text


@dataclass(frozen=True, slots=True)
class _Side:
    """A phase of one regimen and, in it, the lines of one drug; `names` are ids of phases as the other regimen calls them.

    `rhythm` is the drug's own cycle.
    """

    regimen: Regimen
    phase: Phase
    names: Mapping[str, str]
    lines: tuple[Activity, ...] = ()

    @property
    def rhythm(self) -> Fact[Length] | None:
        return self.lines[0].cycle if self.lines else None

    @property
    def numbering(self) -> Numbering:
        return Numbering() if self.rhythm else self.phase.numbering

    def length(self, cycle: int) -> _Value:
        """The length of the cycle in which days are counted."""
        if self.rhythm or self.phase.cycle is None:
            return _of(self.rhythm) if self.rhythm else _Value("none", "no cycle", self.phase.source)
        return _of(self.phase.cycle.at(cycle))

    @property
    def scoped(self) -> list[Scoped[Any]]:
        values = (getattr(line, each.name) for line in self.lines for each in fields(line))
        return [value for value in (self.phase.cycle, *values) if isinstance(value, Scoped)]


def _phases(here: _Side, there: _Side) -> Iterator[Difference]:
    """Every difference of two phases that belong together."""
    if not here.phase.visits_only and not there.phase.visits_only:
        yield from _shapes(here, there)
    several = _in_several_phases(here.regimen) | _in_several_phases(there.regimen)
    for ours, others in _line_pairs(here.phase, there.phase):
        first, *more = ours or others
        name = _drug(first) if more else first.id
        path = f"{(here if ours else there).phase.id}.{name}" if name in several else f"{name}"
        yield from _presence(first.kind, *(dict.fromkeys([path], _source(lines[0])) if lines else {} for lines in (ours, others)))
        if ours and others and first.kind == "drug":
            yield from _drugs(replace(here, lines=ours), replace(there, lines=others), path)
    visits = [{visit.id: visit.at.source for visit in side.phase.visits} for side in (here, there)]
    for each in _presence("visit", *visits):
        phase = here.phase if each.here else there.phase
        yield replace(each, path=f"{phase.id}.{each.path}") if each.path in several else each


def _in_several_phases(regimen: Regimen) -> set[str | None]:
    """The names of activities, drugs and visits that don't tell which phase is meant."""
    times = Counter[str | None]()
    for phase in regimen.phases:
        times.update({*(line.id for line in phase.activities), *map(_drug, phase.activities), *(visit.id for visit in phase.visits)})
    return {name for name in times if times[name] > 1}


def _shapes(here: _Side, there: _Side) -> Iterator[Difference]:
    """Where the frames of two phases differ."""
    tally = _Tally(here, there)
    mine, theirs = _frame(here), _frame(there)
    (name, bound), (other, their_bound) = _bound(here.phase), _bound(there.phase)
    for cycle in tally.looked:
        tally.add("cycle", "", cycle, here.length(cycle), there.length(cycle))
        tally.add(name or other, "", cycle, bound, their_bound)
        for key in mine:
            tally.add(key, "", cycle, mine[key], theirs[key])
    yield from tally.differences(here.phase.id)


def _bound(phase: Phase) -> tuple[str, _Value]:
    """How long the phase goes on, and the key in the file that says so; no key where it ends with its last day."""
    bounds: dict[str, Fact[Any] | None] = {"repeat": phase.repeat, "for": phase.lasting, "until": phase.until}
    for name, fact in bounds.items():
        if fact:
            value = _of(fact)
            cut = phase.cut if phase.cycle else None
            ends = "" if cut is None or cut.stated is False else ", cut at the day" if cut.stated else ", its end is not stated"
            return name, replace(value, key=value.key + ends, text=value.text + ends)
    return "", _Value("last day", "until its last day", phase.source)


def _frame(side: _Side) -> dict[str, _Value]:
    """When the phase starts, the day whose date names it, its condition. What it waits for is words, and not compared."""
    phase = side.phase
    moment = phase.start.stated if phase.start else None
    key = f"{moment.edge} {side.names.get(moment.phase, moment.phase)} {_said(moment.offset)[0]}" if moment else ""
    start = replace(_of(phase.start), key=key) if phase.start else _Value("next", "after the phase before", phase.source)
    return {
        "start": _Value("waits", f"waits for {phase.waits}", phase.source) if phase.waits else start,
        "anchor": _Value(f"{phase.anchor}", f"day {phase.anchor}", phase.source),
        "if": _Value(phase.condition.casefold(), phase.condition or "no condition", phase.source),
    }


def _drug(activity: Activity) -> str | None:
    return activity.drug.stated if activity.drug else None


def _source(activity: Activity) -> str:
    return (activity.drug or next(activity.days.facts())).source


def _line_pairs(mine: Phase, theirs: Phase) -> list[tuple[tuple[Activity, ...], tuple[Activity, ...]]]:
    """The lines that belong together, in the order of the first phase; empty where a phase has none."""
    sides = [
        [(_label(line, mine, theirs), line) for line in mine.activities],
        [(_label(line, theirs, mine), line) for line in theirs.activities],
    ]
    labels = dict.fromkeys(label for side in sides for label, _ in side)
    ours, others = ({label: tuple(line for own, line in side if own == label) for label in labels} for side in sides)
    return [(ours[label], others[label]) for label in labels]


def _label(line: Activity, phase: Phase, other: Phase) -> tuple[str, str]:
    """What lines belong together by: the drug.

    Of assessments, where one phase doesn't state the drug, and where one has several lines of it whose days don't add up, it is the id.
    """
    drug, twin = _drug(line), other.activity(line.id)
    if drug is None:
        return line.kind, line.id
    unsaid = twin is not None and twin.kind == "drug" and _drug(twin) is None and drug not in map(_drug, other.activities)
    same = [[each for each in lines if _drug(each) == drug] for lines in (phase.activities, other.activities)]
    loose = (each.cycle or any(fact.stated is None for fact in each.days.facts()) for lines in same for each in lines)
    apart = max(map(len, same)) > 1 and any(loose)
    return (line.kind, line.id) if unsaid or apart else ("the drug", drug)


_BY_DAY = ("dose", "percent", "route", "over", "times", "max", "bsa_cap", "round", "optional")
_FIELDS = ("drug", "cycle", "repeat", "for", "until", "start", "anchor", "if", "days", *_BY_DAY)
# What holds where a field is left out: a value, or what the drug's file says.
_LEFT_OUT = {"percent": _Value("100 %", "100 %"), "times": _Value("once a day", "once a day")}
_OF_DRUG = {"bsa_cap": "bsa_cap", "round": "precision"}


def _drugs(here: _Side, there: _Side, path: str) -> Iterator[Difference]:
    """Every difference of a drug that both give."""
    tally = _Tally(here, there)
    one_day = len(here.lines) == len(there.lines) == 1 and not any(_spans_of([*here.scoped, *there.scoped]))
    for cycle in tally.looked:
        mine, theirs = _plan(here, cycle, here.numbering), _plan(there, cycle, here.numbering)
        tally.add("drug", "", cycle, _of(here.lines[0].drug), _of(there.lines[0].drug))
        if here.rhythm or there.rhythm:
            tally.add("cycle", "", cycle, here.length(cycle), there.length(cycle))
        if not mine.same_days(theirs):
            tally.add("days", "", cycle, mine.value, theirs.value)
        days, end = _common(mine, theirs)
        if not days:
            tally.idle.add(cycle)
        for name, differ, one, two in _by_day(mine, theirs, days[:1] if one_day else days):
            scope = ",".join(_days_written(differ, here.numbering, end=end))
            tally.add(name, scope and f"D{scope}", cycle, one, two)
    yield from tally.differences(path)


@dataclass(frozen=True, slots=True)
class _Plan:
    """One side in one cycle: its days as offsets from day 1, line by line (`given`) and all (`days`); None: not stated.

    `value` is all of them as people read them, `runs` the rules that they come from.
    """

    side: _Side
    cycle: int
    given: tuple[frozenset[int] | None, ...]
    days: frozenset[int] | None
    runs: frozenset[tuple[int, int | None, int]] | None
    value: _Value

    def same_days(self, other: "_Plan") -> bool:
        """Whether the days are the same, or what makes them: `daily` in a longer cycle is a difference of the cycle alone."""
        return self.days == other.days or self.runs == other.runs

    def on(self, offset: int) -> list[_Value]:
        """What holds on a day, by field; where several lines meet on it, of all of them."""
        day = self.side.numbering.day(offset)
        lines = [line for line, days in zip(self.side.lines, self.given, strict=True) if self.days is None or offset in (days or ())]
        rows = [[_on(name, line, self.side, (self.cycle, day)) for name in _BY_DAY] for line in lines]
        rows.sort(key=lambda row: [value.key for value in row])
        return [_together(name, column) for name, column in zip(_BY_DAY, zip(*rows, strict=True), strict=True)]


def _together(name: str, values: Sequence[_Value]) -> _Value:
    """One value for several lines on one day. Equal ones are told once, but each dose by itself."""
    if name != "dose" and len({value.key for value in values}) == 1:
        values = values[:1]
    key, text = (" and ".join(getattr(value, part) for value in values) for part in ("key", "text"))
    return _Value(key, text, ", ".join(dict.fromkeys(value.source for value in values if value.source)))


def _plan(side: _Side, cycle: int, told: Numbering) -> _Plan:
    """What a side plans in a cycle; `told` is how days are counted in words."""
    facts = [fact for line in side.lines if (fact := line.days.at(cycle))]
    given = tuple(_offsets(line, side, cycle) for line in side.lines)
    source = ", ".join(dict.fromkeys(fact.source for fact in facts))
    if None in given:
        return _Plan(side, cycle, given, None, None, _Value("", "not stated", source))
    offset = side.numbering.offset
    all_runs = [run for fact in facts if fact.stated for run in fact.stated.runs]
    runs = frozenset((offset(run.first), None if run.last is None else offset(run.last), run.step) for run in all_runs)
    days = frozenset(day for each in given for day in each or ())
    lengths = [_counted_in(line, side.phase, cycle) for line in side.lines]
    endless = any(last is None for _, last, _ in runs) and any(length is None or length.months for length in lengths)
    text = " and ".join(str(fact.stated) for fact in facts) if endless else " ".join(_days_written(sorted(days), told, apart=True))
    return _Plan(side, cycle, given, days, runs, _Value(repr(sorted(days)), text or "none", source))


def _offsets(line: Activity, side: _Side, cycle: int) -> frozenset[int] | None:
    """The days of a line in a cycle, from day 1. A month has 31 days here, so that `daily` is not the same as `1-28`."""
    room, length = grid.room(line, side.phase, cycle), _counted_in(line, side.phase, cycle)
    days = grid.day_numbers(line, side.phase, cycle, length=room + 3 * length.months if room and length else room)
    return None if days is None else frozenset(map(side.numbering.offset, days))


def _counted_in(line: Activity, phase: Phase, cycle: int) -> Length | None:
    """The length in which the days of a line are counted; None where nobody can tell it."""
    if line.cycle or phase.cycle:
        return line.cycle.stated if line.cycle else grid.cycle_length(phase, cycle)
    lasting = phase.lasting.stated if phase.lasting else None
    return lasting.length if lasting else None


def _common(mine: _Plan, theirs: _Plan) -> tuple[list[int], int | None]:
    """The days on which both give the drug, as offsets; those of one side where the other doesn't state its own.

    Where neither does, days that tell all scopes apart; the last of them, which then comes second, stands for every later day.
    """
    known = [plan.days for plan in (mine, theirs) if plan.days is not None]
    if known:
        return sorted(frozenset.intersection(*known)), None
    ends = {0}
    for side in (mine.side, theirs.side):
        for first, last in _spans_of(side.scoped):
            ends |= {side.numbering.offset(first), side.numbering.offset(first if last is None else last) + 1}
    return list(range(min(ends), max(ends) + 1)), max(ends)


def _spans_of(scoped: Iterable[Scoped[Any]]) -> Iterator[tuple[int, int | None]]:
    """First and last of every run of days that a scope names."""
    return ((span.first, span.last) for value in scoped for scope, _ in value.rules if scope for span in scope.days or ())


def _by_day(mine: _Plan, theirs: _Plan, days: Sequence[int]) -> Iterator[tuple[str, list[int], _Value, _Value]]:
    """The fields that differ, each with its days; no days where it is all of them."""
    found: dict[tuple[str, _Value, _Value], list[int]] = {}
    for day in days:
        for name, one, two in zip(_BY_DAY, mine.on(day), theirs.on(day), strict=True):
            if one.key != two.key:
                found.setdefault((name, one, two), []).append(day)
    yield from ((name, [] if len(differ) == len(days) else differ, one, two) for (name, one, two), differ in found.items())


def _on(name: str, line: Activity, side: _Side, when: tuple[int, int]) -> _Value:
    """The value of a field of a line in a cycle on a day, with what holds where it is left out."""
    if name == "optional":
        return _Value(str(line.optional), "at need" if line.optional else "always", _source(line))
    value: Scoped[Any] | None = getattr(line, name)
    fact = value.at(*when) if value else None
    if fact and isinstance(fact.value, DoseAsIn):
        last, phase = _last_dose(line.id, fact.value.phase, side.regimen), fact.value.phase
        return _of(last) if last else replace(_of(fact), key=f"as last of {side.names.get(phase, phase)}")
    drug = _drug(line)
    if drug and name in _OF_DRUG and (fact is None or fact.stated is None):
        return _of(getattr(find_drug(drug, regimen=side.regimen), _OF_DRUG[name]))
    return _of(fact) if fact else _LEFT_OUT.get(name, _of(None))


def _last_dose(id: str, within: str, regimen: Regimen) -> Fact[Any] | None:
    """The dose of an activity on its last day in a phase; None where that hangs on dates, or on days that are not stated."""
    phase = regimen.phase(within)
    line = phase.activity(id) if phase else None
    if not phase or not line or not line.dose or grid.never_given(line):
        return None
    fact, count = line.dose.only, _count(phase)
    if fact is None and count and not line.cycle:
        given = ((cycle, grid.day_numbers(line, phase, cycle, length=grid.room(line, phase, cycle))) for cycle in range(count, 0, -1))
        fact = next((days and line.dose.at(cycle, days[-1]) for cycle, days in given if days != ()), None) or None
    return _last_dose(id, fact.value.phase, regimen) if fact and isinstance(fact.value, DoseAsIn) else fact


def _count(phase: Phase) -> int | None:
    return grid.cycle_count(phase) if phase.cycle else 1


class _Tally:
    """Gathers single differences in the cycles that both have, and tells equal ones together.

    `looked` are the cycles to look at, and `beyond` says that there are more: up to `count`, or without end. From `settled` on everything
    comes again every `period` cycles. `idle` are cycles without a day on which both give the drug.
    """

    def __init__(self, here: _Side, there: _Side) -> None:
        scoped = [*here.scoped, *there.scoped]
        end = grid.cycles_to_look_at(*scoped, count=None).stop
        self.period = lcm(*(scope.every[0] for value in scoped for scope, _ in value.rules if scope and scope.every))
        self.settled = end - 1 - self.period if end <= grid.LAST_CYCLE else end - 1
        self.count = min(filter(None, (_count(side.phase) for side in (here, there) if not side.rhythm)), default=None)
        self.looked = range(1, end if self.count is None else min(end, self.count + 1))
        self.beyond = self.count is None or self.count >= end
        self.idle: set[int] = set()
        self._found: dict[tuple[str, str, _Value, _Value], set[int]] = {}

    def add(self, name: str, days: str, cycle: int, here: _Value, there: _Value) -> None:
        """Note the two values of a field in a cycle, on some days (a scope of days; empty for all), if they differ."""
        if here.key != there.key:
            self._found.setdefault((name, days, here, there), set()).add(cycle)

    def differences(self, path: str) -> Iterator[Difference]:
        """All of them by field."""
        for (name, days, one, two), cycles in sorted(self._found.items(), key=lambda item: _FIELDS.index(item[0][0])):
            for where in self._scopes(cycles, self.idle if name in _BY_DAY else set()):
                yield Difference(f"{path}.{name}", f"{where} {days}".strip(), one.text, two.text, one.source, two.source)

    def _scopes(self, cycles: set[int], idle: set[int]) -> list[str]:
        """The scopes that hold in `cycles` and in no other but idle ones; an empty one for all."""
        either = cycles | idle
        tail = range(self.settled, self.looked.stop)
        if either.issuperset(self.looked):
            return [""]
        if not self.beyond or cycles.isdisjoint(tail) or either.issuperset(tail):
            return [self._runs(cycles, idle)]
        steps = (each for each in range(2, self.period + 1) if self.period % each == 0)
        step = next(each for each in steps if all((cycle in cycles) == (cycle + each in cycles) for cycle in tail[:-each]))
        befores = (next(each for each in range(cycle, -step, -step) if each not in cycles) for cycle in tail[:step] if cycle in cycles)
        firsts = sorted(before + step for before in befores)
        rest = cycles.difference(*(range(first, self.looked.stop, step) for first in firsts))
        return [*([self._runs(rest, idle)] if rest else []), *(_every(step, first) for first in firsts)]

    def _runs(self, cycles: set[int], idle: set[int]) -> str:
        """`C1,3-5,13+`; a run goes on over idle cycles, and past those looked at where there are more."""
        runs = _joined(sorted(cycles), idle)
        spans = [str(first) if first == last else f"{first}-{last}" for first, last in runs]
        if self.beyond and runs[-1][1] >= self.settled:
            spans[-1] = f"{runs[-1][0]}+" if self.count is None else f"{runs[-1][0]}-{self.count}"
        return "C" + ",".join(spans)


def _every(step: int, first: int) -> str:
    ending = "th" if step % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(step % 10, "th")
    return {(2, 1): "odd", (2, 2): "even"}.get((step, first), f"every {step}{ending} from C{first}")


def _joined(numbers: Iterable[int], between: Collection[int] = ()) -> list[tuple[int, int]]:
    """Numbers as runs of first and last; what is `between` may lie inside a run."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and all(each in between for each in range(runs[-1][1] + 1, number)):
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _days_written(offsets: Iterable[int], numbering: Numbering, *, end: int | None = None, apart: bool = False) -> Iterator[str]:
    """Each run of days as files write it, two days `apart` if asked; a run that reaches `end` goes on: `3+`."""
    for first, last in _joined(offsets):
        one, two = numbering.day(first), numbering.day(last)
        between = " " if apart and last - first == 1 else " to " if one < 0 else "-"
        yield f"{one}+" if last == end else f"{one}" if first == last else f"{one}{between}{two}"
