"""Where each block of clinic days could go: every rule that can be judged without knowing where the other blocks go."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from dosing.errors import ScheduleError
from dosing.schedule.calendar import DAY, shift
from dosing.schedule.clinic import DAY_HOURS, ClinicDay, DrugOf, day_text, least_days
from dosing.schedule.closed import Closed
from dosing.schedule.search import Ask, Block, Last, Stuck, last_dates

# The order of days asks for its distance too, beside the drugs.
ORDER = ""
_PAIR = 2
_FAR = 366


@dataclass(frozen=True, slots=True)
class Frame:
    """What the options are made of.

    `days` are the clinic days that may move, `fixed` the days of all entries that count and stay (medicines at home too), `ordered` those
    of them that are in the clinic; all in order of date. `given` are the days on which each drug was given, each after the date for which
    it was planned. What is planned from `start` on never moves before it, and nothing moves to a date before `since`.
    """

    days: Sequence[ClinicDay]
    fixed: Sequence[ClinicDay]
    ordered: Sequence[ClinicDay]
    given: Mapping[str, Sequence[tuple[date, ClinicDay]]]
    closed: Closed
    drug_of: DrugOf
    window: int
    start: date
    since: date | None


@dataclass(frozen=True, slots=True)
class _Bound:
    """The first and the last date that a rule leaves to a day (None: any), and the rule in words."""

    low: date | None
    high: date | None
    rule: str

    def allows(self, day: date) -> bool:
        return (self.low is None or self.low <= day) and (self.high is None or day <= self.high)


@dataclass(frozen=True, slots=True)
class _Refused:
    """A first date that a run can't have, and the rule that stands in the way."""

    first: date
    rule: str


def wrong_weekday(day: ClinicDay, on: date, *, drug_of: DrugOf) -> str:
    """`isatuximab is given on monday, tuesday only`, where a drug of the day isn't given on that day of the week; else nothing."""
    for id in day.drugs:
        fact = drug_of(id).weekdays
        allowed = fact.stated if fact else None
        if fact and allowed and on.weekday() not in allowed.days:
            return f"{id} is given on {allowed} only [{fact.source}]"
    return ""


def runs_of(days: Sequence[ClinicDay]) -> list[list[ClinicDay]]:
    """The days in blocks: days in a row, of which each shares a drug with the one before."""
    runs = [[day] for day in days[:1]]
    for before, day in pairwise(days):
        if day.date - before.date == DAY and day.subjects & before.subjects:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


class Options:
    """The runs of days of a schedule and where each could go; `dose_days` are the days of each drug that may move."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.runs = runs_of(frame.days)
        self.dose_days = _by_drug(frame.days)
        self._fixed = _by_drug(frame.fixed)
        self._least = {id: least_days(frame.drug_of(id)) for day in frame.days for id in day.drugs}
        self._closed: dict[date, str] = {}

    def shut(self, day: ClinicDay, on: date) -> str:
        """Why a day can't be on that date: the site is closed, or a drug has other days of the week; else nothing."""
        if on not in self._closed:
            self._closed[on] = self.frame.closed.reason(on)
        return self._closed[on] or wrong_weekday(day, on, drug_of=self.frame.drug_of)

    def blocks(self) -> list[Block]:
        """One block for each run. Raises ScheduleError where a run has nowhere to go, with the rules that stand in the way."""
        return [Block(tuple(day.date for day in run), self._options(run), self._asks(run)) for run in self.runs]

    def _options(self, run: Sequence[ClinicDay]) -> tuple[tuple[date, ...], ...]:
        found, refused = self._tried(run)
        if not found:
            raise self._error(run, refused)
        return tuple(found)

    def _tried(self, run: Sequence[ClinicDay]) -> tuple[list[tuple[date, ...]], list[_Refused]]:
        """What fits of the open dates for a run, the nearest first and later before earlier; and what doesn't."""
        bounds = [list(self._bounds(day, run)) for day in run]
        window = range(-self.frame.window, self.frame.window + 1)
        firsts = (shift(run[0].date, days) for days in sorted(window, key=lambda days: (abs(days), days < 0)))
        tried = [self._chain(run, first, bounds) for first in firsts if not self.shut(run[0], first)]
        return [each for each in tried if not isinstance(each, _Refused)], [each for each in tried if isinstance(each, _Refused)]

    def _chain(self, run: Sequence[ClinicDay], first: date, bounds: Sequence[Sequence[_Bound]]) -> tuple[date, ...] | _Refused:
        """The dates of a run that begins on `first`, or the rule that stands in the way."""
        chosen: list[date] = []
        for day, own in zip(run, bounds, strict=True):
            on = shift(chosen[-1], 1) if chosen else first
            while self.shut(day, on) and (on - day.date).days <= self.frame.window:
                on = shift(on, 1)
            broken = next((bound.rule for bound in own if not bound.allows(on)), "")
            if broken:
                return _Refused(first, f"{broken}, for {day.after(run[0])} would follow to {day_text(on)}" if chosen else broken)
            chosen.append(on)
        shifts = [(new - day.date).days for new, day in zip(chosen, run, strict=True)]
        if len(run) == _PAIR and any(shifts) and min(shifts) <= 0 <= max(shifts):
            return _Refused(first, f"moving {run[0].name} and {run[1].after(run[0])} together")
        return tuple(chosen)

    # -- rules of one day -----------------------------------------------------------------------------------------

    def _bounds(self, day: ClinicDay, run: Sequence[ClinicDay]) -> Iterator[_Bound]:
        frame = self.frame
        yield _Bound(shift(day.date, -frame.window), shift(day.date, frame.window), f"the {frame.window} days that a day may move")
        if day.date >= frame.start:
            yield _Bound(frame.start, None, f"the start on {day_text(frame.start)}")
        if frame.since:
            yield _Bound(frame.since, None, f"moving nothing before {day_text(frame.since)}")
        for drug in sorted(day.subjects):
            yield from self._neighbours(drug, run)
            yield from self._staying(drug, day)
            yield from self._was_given(drug, day, run)
        for other, earlier in _around(frame.ordered, day.date, day.date):
            yield _beside(other.date, earlier, f"the order of days ({_on(other)} stays)")

    def _neighbours(self, drug: str, run: Sequence[ClinicDay]) -> Iterator[_Bound]:
        """No dose goes past the planned day of the dose of the same drug after it, nor before that of the one before it."""
        for other, earlier in _around(self.dose_days[drug], run[0].date, run[-1].date):
            yield _beside(other.date, earlier, f"the {'dose day before' if earlier else 'next dose day'} of {drug} ({_on(other)})")

    def _staying(self, drug: str, day: ClinicDay) -> Iterator[_Bound]:
        """The least time to doses of the drug that stay where they are."""
        for other, earlier in _around(self._fixed.get(drug, ()), day.date, day.date):
            asked = self._asked(drug, abs((other.date - day.date).days))
            limit = shift(other.date, asked if earlier else -asked)
            yield _beside(limit, earlier, f"{self.distance(drug)} ({_on(other)} stays)")

    def _was_given(self, drug: str, day: ClinicDay, run: Sequence[ClinicDay]) -> Iterator[_Bound]:
        """The least time to what was given of the drug, in the order in which it was planned.

        What was given too near to a day that is open doesn't make it move; nothing makes a day stay away from its own date because of a
        later dose that was given already.
        """
        given = self.frame.given.get(drug, ())
        before = max(((planned, other) for planned, other in given if planned < day.date), key=_given_on, default=None)
        if before:
            limit = shift(before[1].date, self._asked(drug, (day.date - before[0]).days))
            moves = any(self.shut(each, each.date) for each in run)
            yield _Bound(limit if moves else min(limit, day.date), None, f"{self.distance(drug)} ({_on(before[1])} was given)")
        after = min(((planned, other) for planned, other in given if planned > day.date), key=_given_on, default=None)
        if after:
            limit = shift(after[1].date, -self._asked(drug, (after[0] - day.date).days))
            yield _Bound(None, max(limit, day.date), f"{self.distance(drug)} ({_on(after[1])} was given)")

    # -- distances ------------------------------------------------------------------------------------------------

    def _asks(self, run: Sequence[ClinicDay]) -> dict[str, Ask]:
        found = {ORDER: Ask(0, len(run) - 1, 0)}
        for drug in sorted({drug for day in run for drug in day.subjects}):
            at = [number for number, day in enumerate(run) if drug in day.subjects]
            before = next((other.date for other, earlier in _around(self.dose_days[drug], run[0].date, run[-1].date) if earlier), None)
            found[drug] = Ask(at[0], at[-1], self._asked(drug, (run[at[0]].date - before).days) if before else 0)
        return found

    def _asked(self, drug: str, planned: int) -> int:
        """The least days from one day of a drug to the next: where the schedule has less than the rule, no less than it has."""
        return min(planned, self._least.get(drug, 1))

    def distance(self, drug: str) -> str:
        """The rule that keeps doses of a drug apart, in words."""
        fact = self.frame.drug_of(drug).spacing if drug in self._least else None
        if fact and fact.stated and fact.stated.hours > DAY_HOURS:
            return f"the {fact.stated.hours} hours of {drug} [{fact.source}]"
        return f"one dose day of {drug} on a date"

    # -- errors ---------------------------------------------------------------------------------------------------

    def stuck(self, blocks: Sequence[Block], found: Stuck) -> ScheduleError:
        """Nothing fits a run beside what was chosen for those before it."""
        run, block, before = self.runs[found.index], blocks[found.index], last_dates(blocks, found.path.choices())
        refused = [
            _Refused(option[0], self._too_near(subject, before[subject]))
            for option in block.options
            for subject, ask in block.asks.items()
            if subject in before and (option[ask.first] - before[subject].date).days < ask.days
        ]
        return self._error(run, [*refused, *self._tried(run)[1]])

    def _too_near(self, subject: str, before: Last) -> str:
        day = self.runs[before.block][before.day]
        rule = self.distance(subject) if subject else "the order of days"
        why = self.shut(day, day.date)
        moved = f", moved to {day_text(before.date)}{f': {why}' if why else ''}"
        return f"{rule} ({day.name}{moved})" if before.date != day.date else f"{rule} ({_on(day)})"

    def _error(self, run: Sequence[ClinicDay], refused: Sequence[_Refused]) -> ScheduleError:
        """What the nearest open days are against or, where there are none to come, how long it is closed."""
        planned = run[0].date
        sides = [[each for each in refused if (each.first < planned) is earlier] for earlier in (False, True)]
        nearest = [min(side, key=lambda each: abs((each.first - planned).days)) for side in sides if side]
        against = [f"{day_text(each.first)} is against {each.rule}" for each in nearest]
        why = next(filter(None, (self.shut(day, day.date) for day in run)), "")
        named = f"{_on(run[0])}{f' ({why})' if why else ''}"
        told = against if sides[0] else [self._shut_until(run[0]), *against]
        return ScheduleError(f"no open day fits {named}: {'; '.join(told)}; delay or omit it, or let days move further")

    def _shut_until(self, day: ClinicDay) -> str:
        """How long a day finds nothing open."""
        last = next((shift(day.date, days - 1) for days in range(1, _FAR) if not self.shut(day, shift(day.date, days))), None)
        return f"closed until {day_text(last)}" if last else "closed for more than a year"


def _by_drug(days: Sequence[ClinicDay]) -> dict[str, list[ClinicDay]]:
    found: dict[str, list[ClinicDay]] = {}
    for day in days:
        for drug in sorted(day.subjects):
            found.setdefault(drug, []).append(day)
    return found


def _around(days: Sequence[ClinicDay], first: date, last: date) -> Iterator[tuple[ClinicDay, bool]]:
    """The last of the days before `first` (and True), and the first of them after `last` (and False), as far as there are such."""
    before = bisect_left(days, first, key=lambda day: day.date)
    after = bisect_right(days, last, key=lambda day: day.date)
    yield from ((day, True) for day in days[max(0, before - 1) : before])
    yield from ((day, False) for day in days[after : after + 1])


def _beside(limit: date, earlier: bool, rule: str) -> _Bound:
    """No day before the limit of what comes earlier, or none after the limit of what comes later."""
    return _Bound(limit, None, rule) if earlier else _Bound(None, limit, rule)


def _given_on(found: tuple[date, ClinicDay]) -> date:
    return found[1].date


def _on(day: ClinicDay) -> str:
    return f"{day.name} on {day_text(day.date)}"
