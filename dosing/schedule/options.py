"""Where each block of clinic days could go: every rule that can be judged without knowing where the other blocks go."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from dosing.errors import ScheduleError
from dosing.regimen.drug import Drug
from dosing.schedule.calendar import DAY, shift
from dosing.schedule.clinic import ClinicDay, DrugOf, day_text
from dosing.schedule.closed import Closed
from dosing.schedule.search import Ask, Block, Stuck, bounds_after

PAIR = 2
# The order of days, as a subject beside the drugs.
ORDER = ""
_FAR = 366


@dataclass(frozen=True, slots=True)
class Bound:
    """A first and a last date that a day may take (None: any), and what it would be beyond them: `past the next dose day`."""

    low: date | None
    high: date | None
    beyond: str

    def allows(self, day: date) -> bool:
        """Whether the date is inside, both ends included."""
        return (self.low is None or self.low <= day) and (self.high is None or day <= self.high)


@dataclass(frozen=True, slots=True)
class Frame:
    """What the options are made of.

    `days` are the clinic days that may move and `fixed` all others that count (medicines at home too, which have no order among the days
    of the clinic), both in order of date; nothing that is planned from `start` on may move before it.
    """

    days: Sequence[ClinicDay]
    fixed: Sequence[ClinicDay]
    fixed_clinic: Sequence[ClinicDay]
    closed: Closed
    drug_of: DrugOf
    window: int
    start: date
    since: date | None = None
    _reasons: dict[date, str] = field(default_factory=dict)

    def shut(self, day: ClinicDay, on: date) -> str:
        """Why a day can't be on that date: the clinic is closed, or a drug has other days of the week; else nothing."""
        if on not in self._reasons:
            self._reasons[on] = self.closed.reason(on)
        return self._reasons[on] or not_its_weekday(day, on, drug_of=self.drug_of)


def not_its_weekday(day: ClinicDay, on: date, *, drug_of: DrugOf) -> str:
    """`bortezomib is given on monday, tuesday only`, where a drug of the day is not given on that day of the week; else nothing."""
    for id in day.drugs:
        fact = drug_of(id).weekdays
        allowed = fact.stated if fact else None
        if fact and allowed and on.weekday() not in allowed.days:
            return f"{id} is given on {allowed} only [{fact.source}]"
    return ""


def least_days(drug: Drug) -> int:
    """The least number of dates from one dose day to the next: 1, or what the drug's spacing asks for (a day as 24 hours)."""
    spacing = drug.spacing.stated if drug.spacing else None
    return max(1, -(-spacing.hours // 24)) if spacing else 1


def runs_of(days: Sequence[ClinicDay]) -> list[list[ClinicDay]]:
    """The days in blocks: days in a row of which each shares a drug with the one before."""
    runs = [[day] for day in days[:1]]
    for before, day in pairwise(days):
        if day.date - before.date == DAY and day.subjects & before.subjects:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


class Options:
    """The blocks of a schedule and why dates were refused."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.runs = runs_of(frame.days)
        self._own = _doses(frame.days)
        self._fixed = _doses(frame.fixed)
        self._order = [day.date for day in frame.fixed_clinic]

    def blocks(self) -> list[Block]:
        """One block for each run. Raises ScheduleError where a run has nowhere to go, with the rules that stand in the way."""
        return [Block(tuple(day.date for day in run), self._options(run), self._asks(run)) for run in self.runs]

    def _options(self, run: Sequence[ClinicDay]) -> tuple[tuple[date, ...], ...]:
        bounds = [list(self._bounds(day, run)) for day in run]
        window = range(-self.frame.window, self.frame.window + 1)
        found, refused = [], []
        for days in sorted(window, key=lambda days: (abs(days), days < 0)):
            first = shift(run[0].date, days)
            if not self.frame.shut(run[0], first):
                chain = self._chain(run, first, bounds)
                (refused if isinstance(chain, str) else found).append((first, chain))
        if not found:
            raise self.nowhere(run, [(first, str(why)) for first, why in refused])
        return tuple(chain for _, chain in found if not isinstance(chain, str))

    def _chain(self, run: Sequence[ClinicDay], first: date, bounds: Sequence[Sequence[Bound]]) -> tuple[date, ...] | str:
        """The dates of a run that begins on `first`, or which rule is broken."""
        chosen: list[date] = []
        for day, own in zip(run, bounds, strict=True):
            on = shift(chosen[-1], 1) if chosen else first
            while self.frame.shut(day, on) and on - day.date <= timedelta(self.frame.window):
                on = shift(on, 1)
            broken = next((bound.beyond for bound in own if not bound.allows(on)), "")
            if broken:
                return f"{day.after(run[0])} on {day_text(on)}, {broken}" if chosen else broken
            chosen.append(on)
        shifts = [new - day.date for new, day in zip(chosen, run, strict=True)]
        if len(run) == PAIR and any(shifts) and not (min(shifts) > timedelta() or max(shifts) < timedelta()):
            return f"without {run[1].after(run[0])}, which moves together with it"
        return tuple(chosen)

    # -- bounds of one day ----------------------------------------------------------------------------------------

    def _bounds(self, day: ClinicDay, run: Sequence[ClinicDay]) -> Iterator[Bound]:
        frame = self.frame
        yield Bound(shift(day.date, -frame.window), shift(day.date, frame.window), f"more than {frame.window} days away")
        if day.date >= frame.start:
            yield Bound(frame.start, None, f"before the start on {day_text(frame.start)}")
        if frame.since:
            yield Bound(frame.since, None, f"before {day_text(frame.since)}, from which on days may move")
        for drug in sorted(day.subjects):
            yield from self._neighbours(drug, run)
            yield from self._fixed_doses(drug, day)
        yield from _between(self._order, day.date, lambda other: 0, lambda other: f"out of order with {day_text(other)}, which stays")

    def _neighbours(self, drug: str, run: Sequence[ClinicDay]) -> Iterator[Bound]:
        """A dose never goes past the planned day of the dose of the same drug after it, nor before that of the one before it."""
        dates, days = self._own[drug]
        at, to = bisect_left(dates, run[0].date), bisect_right(dates, run[-1].date)
        if at > 0:
            yield Bound(dates[at - 1], None, f"before the dose day of {drug} before it, {_on(days[at - 1])}")
        if to < len(dates):
            yield Bound(None, dates[to], f"past the next dose day of {drug}, {_on(days[to])}")

    def _fixed_doses(self, drug: str, day: ClinicDay) -> Iterator[Bound]:
        """The least time to doses of the drug that stay where they are."""
        dates, days = self._fixed.get(drug, ([], []))
        named = dict(zip(dates, days, strict=True))

        def asked(other: date) -> int:
            return self._asked(drug, abs((other - day.date).days))

        def beyond(other: date) -> str:
            return f"{self.too_near(drug, asked(other))} {_on(named[other])}, which stays"

        yield from _between(dates, day.date, asked, beyond)

    # -- distances ------------------------------------------------------------------------------------------------

    def _asked(self, drug: str, planned: int) -> int:
        """The least days from one day of a drug to the next: where the schedule has less than the rule, no less than it has."""
        known = [id for day in (*self.frame.days, *self.frame.fixed) for id in day.drugs if id == drug][:1]
        return min(planned, least_days(self.frame.drug_of(drug)) if known else 1)

    def too_near(self, drug: str, days: int) -> str:
        """What is broken by fewer days of a drug than these: `less than the 72 hours of bortezomib from`."""
        if days <= 1:
            return f"not after the dose day of {drug} before it or not before the next, from"
        fact = self.frame.drug_of(drug).spacing
        return f"less than the {fact.stated.hours} hours of {drug} [{fact.source}] from" if fact and fact.stated else ""
