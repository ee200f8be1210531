"""How the clocks of a time zone change, as yearly rules for a calendar file (RFC 5545, 3.6.5), found by asking the zone day by day.

Files of zones hold moments, and programs that read calendars want rules: the last Sunday of March at 02:00. A rule is taken only where it
gives every change of the years asked for, neither more nor less; without one, as in a year in which a rule ended, each change is named.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from dosing.errors import OutputError

STANDARD, DAYLIGHT = "STANDARD", "DAYLIGHT"
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
_WEEK = 7
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FEBRUARY = 2
_SHORTEST = 28
# Onsets are written from here on, or from when their rule began: readers that keep a zone by its name have it for other files too.
_EARLIEST = 2000
# In so many years every date falls on every day of the week, so that only one rule fits.
_ALL_YEARS = 28
_YEARS = range(1970, 9_900)
_ALL_DAY = "without `hours` in the site's file the visits are written all-day"


@dataclass(frozen=True, slots=True)
class Onset:
    """One kind of change: offsets from UTC before and after, and what the zone is called after it.

    `first` is a moment of it before the years that were asked for, in the time that holds until then; `rule` is how it comes back, or
    `again` the one moment at which it does, or it never does.
    """

    kind: str
    name: str
    before: timedelta
    after: timedelta
    first: datetime
    rule: str = ""
    again: datetime | None = None


@cache
def yearly(zone: str, first: int, last: int) -> tuple[Onset, ...]:
    """The onsets that give the time of a zone from the beginning of one year to the end of another, both included.

    Raises OutputError for years that are out of reach.
    """
    years = range(first, last + 1)
    if first not in _YEARS or last not in _YEARS:
        said = f"in {first}" if first == last else f"from {first} to {last}"
        raise OutputError(f"no times of day can be written {said}; {_ALL_DAY}")
    info = ZoneInfo(zone)
    changes = _changes(info, years)
    if not changes:
        return (_only(info, _begin(info, (), first)),)
    many = range(first, max(last + 1, first + _ALL_YEARS))
    found = _fitted(_changes(info, many), many) or _fitted(changes, years)
    if not found:
        return tuple(_named(info, changes, first))
    begin = _begin(info, found, first)
    return tuple(onset for change, rule in found for onset in _onsets(change, rule, range(begin, first)))


# -- what the zone does -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Change:
    """A change of the offset at the moment `at`, in UTC."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str

    @property
    def local(self) -> datetime:
        """The moment in the time that holds until then."""
        return (self.at + self.before).replace(tzinfo=None)

    @property
    def kind(self) -> str:
        """Which of the two kinds a calendar file knows: the later clock is daylight."""
        return DAYLIGHT if self.after > self.before else STANDARD

    @property
    def way(self) -> tuple[timedelta, timedelta, time, str]:
        """What is the same each year."""
        return self.before, self.after, self.local.time(), self.name


def _changes(zone: ZoneInfo, years: range) -> list[_Change]:
    """Every change whose local date is in these years."""
    at = datetime(years.start, 1, 1, tzinfo=UTC) - 2 * _DAY
    end = datetime(years.stop, 1, 1, tzinfo=UTC) + 2 * _DAY
    found = []
    before = _offset(zone, at)
    while at < end:
        after = _offset(zone, at + _DAY)
        if after != before:
            found.append(_change(zone, at, at + _DAY))
        at, before = at + _DAY, after
    return [change for change in found if change.local.year in years]


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> _Change:
    """The change between two moments, to the second."""
    before, after = _offset(zone, low), _offset(zone, high)
    while high - low > _SECOND:
        middle = low + (high - low) // _SECOND // 2 * _SECOND
        low, high = (low, middle) if _offset(zone, middle) != before else (middle, high)
    return _Change(high, before, after, high.astimezone(zone).tzname() or "")


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _only(zone: ZoneInfo, begin: int) -> Onset:
    """The one onset of a zone without changes since that year."""
    after = datetime(begin + 1, 1, 2, tzinfo=UTC)
    offset = _offset(zone, after)
    return Onset(STANDARD, after.astimezone(zone).tzname() or "", offset, offset, datetime.combine(date(begin, 1, 1), time()))


def _named(zone: ZoneInfo, changes: Sequence[_Change], first: int) -> Iterator[Onset]:
    """Each change by its moment, and last the time before them.

    All begin before the year `first`, two days apart, which is made up: some readers stumble over an onset that begins later than an event,
    and over several moments of one.
    """
    end = datetime.combine(date(first, 1, 1), time())
    begins = (end - 2 * number * _DAY for number in range(len(changes) + 1, 0, -1))
    for change, begin in zip(changes, begins, strict=False):
        yield Onset(change.kind, change.name, change.before, change.after, begin, again=change.local)
    old = changes[0].before
    name = (changes[0].at - _SECOND).astimezone(zone).tzname() or ""
    yield Onset(STANDARD if changes[0].kind == DAYLIGHT else DAYLIGHT, name, old, old, end - 2 * _DAY)


# -- rules that give it -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rule:
    """A day of the week on or after the day `begin` of a month; its last one, where that is 0."""

    month: int
    begin: int
    weekday: int

    def on(self, year: int) -> date:
        """Its date in a year."""
        first = date(year, self.month, self.begin or monthrange(year, self.month)[1] - _WEEK + 1)
        return first + timedelta((self.weekday - first.weekday()) % _WEEK)

    def texts(self) -> Iterator[tuple[int, str]]:
        """How a calendar file says it, with the month: once, or for each of two months that its week reaches into."""
        day = _WEEKDAYS[self.weekday]
        if self.begin % _WEEK == 1 and self.begin < _SHORTEST:
            yield self.month, f"BYDAY={self.begin // _WEEK + 1}{day}"
        elif self.begin == 0:
            yield self.month, f"BYDAY=-1{day}"
        else:
            length = monthrange(1, self.month)[1]
            days = range(self.begin, self.begin + _WEEK)
            parts = {0: [each for each in days if each <= length], 1: [each - length for each in days if each > length]}
            yield from ((self.month + later, f"BYDAY={day};BYMONTHDAY={','.join(map(str, own))}") for later, own in parts.items() if own)


# A change, and the rule by which it comes each year.
_Ruled = tuple[_Change, _Rule]


def _fitted(changes: Sequence[_Change], years: range) -> tuple[_Ruled, ...]:
    """The rules that give exactly these changes, all those of these years; none, where no yearly rules do.

    Two each year, there and back: only then is the time at the beginning of the first year that at the end of every other.
    """
    by_year = [[change for change in changes if change.local.year == year] for year in years]
    if any(len(own) != 2 or own[0].before != own[1].after for own in by_year):
        return ()
    found: list[_Ruled] = []
    for each in zip(*by_year, strict=True):
        rule = _rule([change.local.date() for change in each])
        if rule is None or len({change.way for change in each}) > 1:
            return ()
        found.append((each[0], rule))
    return tuple(found)


def _begin(zone: ZoneInfo, found: Sequence[_Ruled], first: int) -> int:
    """The year from which the onsets are written: since when the zone goes by these rules, and before the year `first` anyway."""
    begin = first
    while begin > _EARLIEST and _holds(_changes(zone, range(begin - 1, begin)), found, begin - 1):
        begin -= 1
    return min(begin, first - 1)


def _holds(changes: Sequence[_Change], found: Sequence[_Ruled], year: int) -> bool:
    """Whether the rules give exactly these changes, all those of one year."""
    return [(change.way, change.local.date()) for change in changes] == [(change.way, rule.on(year)) for change, rule in found]


def _rule(dates: Sequence[date]) -> _Rule | None:
    """The rule that gives all these dates, of one year each; the most usual one, where several do."""
    month, weekday = min(day.month for day in dates), dates[0].weekday()
    length = monthrange(1, month)[1]
    begin = min(day.day + (length if day.month > month else 0) for day in dates)
    tried = [0, 1, 8, 15, 22, *([begin] if month != _FEBRUARY else [])]
    rules = (_Rule(month, each, weekday) for each in tried)
    return next((rule for rule in rules if all(rule.on(day.year) == day for day in dates)), None)


def _onsets(change: _Change, rule: _Rule, years: range) -> Iterator[Onset]:
    """The onsets of one kind of change, written from these years on.

    A rule in two parts may have no day in them for one of the two. That is written from before: some readers stumble over an onset that
    begins later than an event.
    """
    for month, text in rule.texts():
        tried = (*years, *range(years.start - 1, years.start - _ALL_YEARS, -1))
        year = next(year for year in tried if rule.on(year).month == month)
        start = datetime.combine(rule.on(year), change.local.time())
        yield Onset(change.kind, change.name, change.before, change.after, start, f"FREQ=YEARLY;BYMONTH={month};{text}")
