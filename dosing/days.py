"""The notation of days and cycles, and the one place where a day number becomes an offset.

Days: `1 8 15 22`, `1-21`, `-5 to -1`, `1-21 every 2 days`, `daily`, `weekly`, `none`.
Scopes: `C1`, `C2-12`, `C13+`, `odd`, `every 3rd from C4`, each with days if need be: `C1 D1-2`, `D8`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DAY = r"-?[0-9]{1,4}"
_RUN = re.compile(rf"(?P<first>{_DAY})(?:(?:-| to )(?P<last>{_DAY})(?: every (?P<step>[0-9]{{1,3}}) days)?)?")
_SPLIT = re.compile(r" (?=-?[0-9]+(?: |-|$))")
_EVERY = re.compile(r"every ([0-9]{1,3}) days")


@dataclass(frozen=True, slots=True)
class Numbering:
    """How the days of a phase are counted. Day 1 is offset 0, with or without a day 0 before it."""

    day_zero: bool = False

    def offset(self, day: int) -> int:
        """Days from day 1 to `day`; without a day 0, day -1 is offset -1. Raises ValueError for a day 0 that doesn't exist."""
        if day > 0 or self.day_zero:
            return day - 1
        if day == 0:
            raise ValueError("there is no day 0 in this phase; write `day_zero: yes` or `anchor: day 0` if there is")
        return day

    def day(self, offset: int) -> int:
        """The day at `offset`: the inverse of `offset`."""
        return offset + 1 if offset >= 0 or self.day_zero else offset


@dataclass(frozen=True, slots=True)
class Run:
    """Days `first`, `first + step`, ... up to `last`; without `last`, up to the end of the cycle."""

    first: int
    last: int | None
    step: int = 1


@dataclass(frozen=True, slots=True)
class Days:
    """A list of days of a cycle, as written."""

    runs: tuple[Run, ...]
    text: str

    def numbers(self, length: int | None, numbering: Numbering) -> tuple[int, ...]:
        """The day numbers in order, in a cycle of `length` days (None where the span has no end of its own).

        Raises ValueError for a day that does not exist, that is past the end, or that is named twice.
        """
        offsets: set[int] = set()
        for run in self.runs:
            more = _offsets(run, length, numbering)
            if not offsets.isdisjoint(more):
                raise ValueError(f"days {self.text!r} name a day twice")
            offsets.update(more)
        if length is not None and offsets and max(offsets) >= length:
            raise ValueError(f"day {numbering.day(max(offsets))} is past the end of a cycle of {length} days")
        return tuple(numbering.day(offset) for offset in sorted(offsets))

    def __str__(self) -> str:
        return self.text


def _offsets(run: Run, length: int | None, numbering: Numbering) -> range:
    if run.last is None and length is None:
        raise ValueError("the phase has no end of its own, so `daily` and `weekly` have none either; name the days")
    first = numbering.offset(run.first)
    stop = length if run.last is None else numbering.offset(run.last) + 1
    if stop is None or stop <= first:
        raise ValueError(f"the run from day {run.first} to day {run.last} is empty")
    return range(first, stop, run.step)


def parse_days(text: str) -> Days:
    """Read a list of days. Raises ValueError."""
    tidy = " ".join(text.split())
    if tidy == "none":
        return Days((), tidy)
    if tidy == "daily":
        return Days((Run(1, None),), tidy)
    if tidy == "weekly":
        return Days((Run(1, None, 7),), tidy)
    if match := _EVERY.fullmatch(tidy):
        return Days((Run(1, None, _step(match[1])),), tidy)
    return Days(tuple(_parse_run(part) for part in _parts(tidy)), tidy)


def _parts(text: str) -> list[str]:
    """Split `1 8 -5 to -1 1-21 every 2 days` before each number that begins a run."""
    parts: list[str] = []
    for word in _SPLIT.split(text):
        if parts and parts[-1].endswith((" to", " every")):
            parts[-1] += " " + word
        else:
            parts.append(word)
    return parts


def _parse_run(text: str) -> Run:
    match = _RUN.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a day, a run of days such as 1-21 or `-5 to -1`, `daily`, `weekly`, `every N days` or `none`")
    first = int(match["first"])
    last = int(match["last"]) if match["last"] else first
    if last < first:
        raise ValueError(f"the run {text!r} goes backwards")
    return Run(first, last, _step(match["step"] or "1"))


def _step(text: str) -> int:
    if not int(text):
        raise ValueError("`every 0 days` names no days")
    return int(text)


@dataclass(frozen=True, slots=True)
class Span:
    """Whole numbers from `first` to `last`, both included; without `last`, from `first` on."""

    first: int
    last: int | None

    def __contains__(self, number: int) -> bool:
        return self.first <= number and (self.last is None or number <= self.last)


@dataclass(frozen=True, slots=True)
class Scope:
    """Some cycles, and some days of them: `cycles` and `days` None mean all.

    `every` is (k, first): cycles first, first + k, first + 2k, ...
    """

    text: str
    cycles: tuple[Span, ...] | None = None
    every: tuple[int, int] | None = None
    days: tuple[Span, ...] | None = None

    def covers(self, cycle: int, day: int | None = None) -> bool:
        """Whether the scope holds on this day of this cycle; with no day, on any day of the cycle."""
        return self._covers_cycle(cycle) and (day is None or self.days is None or any(day in span for span in self.days))

    def _covers_cycle(self, cycle: int) -> bool:
        if self.every:
            step, first = self.every
            return cycle >= first and (cycle - first) % step == 0
        return self.cycles is None or any(cycle in span for span in self.cycles)

    def mentions(self) -> Iterator[int]:
        """Every cycle number the scope names."""
        for span in self.cycles or ():
            yield span.first
            if span.last is not None:
                yield span.last
        if self.every:
            yield self.every[1]

    def __str__(self) -> str:
        return self.text


_SPAN_ITEM = r"[0-9]+(?:-[0-9]+|\+)?"
_DAY_ITEM = rf"(?:{_DAY} to {_DAY}|-[0-9]+|{_SPAN_ITEM})"
_SCOPE = re.compile(
    rf"(?:(?P<cycles>C{_SPAN_ITEM}(?:,{_SPAN_ITEM})*)|(?P<parity>odd|even)"
    rf"|every (?P<step>[0-9]+)(?:st|nd|rd|th) from C(?P<first>[0-9]+))?"
    rf" ?(?P<days>D{_DAY_ITEM}(?:,{_DAY_ITEM})*)?"
)


def parse_scope(text: str) -> Scope:
    """Read a scope such as `C1 D1-2` or `every 3rd from C4`. Raises ValueError."""
    tidy = " ".join(text.split())
    match = _SCOPE.fullmatch(tidy)
    if not match or not tidy:
        raise ValueError(f"{text!r} is not a scope such as C1, C2-12, C13+, odd, `every 3rd from C4`, `C1 D1-2`, D8 or else")
    cycles = _spans(match["cycles"]) if match["cycles"] else None
    if any(span.first < 1 for span in cycles or ()):
        raise ValueError(f"{text!r}: cycles count from 1")
    return Scope(tidy, cycles, _periodic(match), _spans(match["days"]) if match["days"] else None)


def _periodic(match: re.Match[str]) -> tuple[int, int] | None:
    if match["parity"]:
        return (2, 1 if match["parity"] == "odd" else 2)
    if not match["step"]:
        return None
    step, first = int(match["step"]), int(match["first"])
    if not step or not first:
        raise ValueError(f"{match[0]!r}: cycles count from 1")
    return step, first


def _spans(text: str) -> tuple[Span, ...]:
    return tuple(_span(item) for item in text[1:].split(","))


def _span(item: str) -> Span:
    if " to " in item:
        first, last = (int(end) for end in item.split(" to "))
    elif item.endswith("+"):
        return Span(int(item[:-1]), None)
    elif "-" in item[1:]:
        first, last = (int(end) for end in item.split("-"))
    else:
        first = last = int(item)
    if last < first:
        raise ValueError(f"{item!r} goes backwards")
    return Span(first, last)
