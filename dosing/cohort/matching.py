"""Which administration belongs to which planned dose: of one patient and one drug, one to one, and always the same way.

What was given on the day of a planned dose belongs to it. What is left goes to a planned dose in whose window it lies, so that as many
as possible find one and the days between them are as few as possible together. A window ends half-way to the neighbouring dose at the
latest (see `dosing.cohort.deviations`), so no administration can lie in more than two, and nothing is matched across another dose.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import TypeVar

T = TypeVar("T")
# An amount in the smallest unit of its kind, after the kind; None where it isn't known.
Size = tuple[str, Decimal] | None
# What a pair costs, the most important first; None where it can't be made.
Cost = tuple[Decimal | int, ...] | None


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned dose: the row it stands in, its day, how many days before and after that it may be given, its size and administrations."""

    row: int
    day: int
    early: int
    late: int
    size: Size
    optional: bool
    times: int


@dataclass(frozen=True, slots=True)
class Given:
    """What was given: the row it stands in, its day, the size of one administration, and how many there were."""

    row: int
    day: int
    size: Size
    times: int


@dataclass(frozen=True, slots=True)
class Matched:
    """Administrations by the rows of both sides, and those without the other, by row."""

    pairs: Counter[tuple[int, int]]
    missing: Counter[int]
    extra: Counter[int]


def match(planned: Sequence[Planned], given: Sequence[Given]) -> Matched:
    """Match the doses of one patient and one drug; the windows of different days must not overlap by more than their last day."""
    wanted = sorted((each for each in planned for _ in range(each.times)), key=lambda each: (each.day, each.optional, each.row))
    had = sorted((each for each in given for _ in range(each.times)), key=lambda each: (each.day, each.row))
    pairs = [*_left(wanted, had, _same_days(wanted, had))]
    pairs += _left(wanted, had, _nearest(wanted, had))
    return Matched(
        Counter((one.row, other.row) for one, other in pairs), Counter(each.row for each in wanted), Counter(each.row for each in had)
    )


def _left(wanted: list[Planned], had: list[Given], found: Iterator[tuple[Planned, Given]]) -> list[tuple[Planned, Given]]:
    """The pairs found, which are taken out of both lists."""
    pairs = list(found)
    _take(wanted, Counter(id(one) for one, _ in pairs))
    _take(had, Counter(id(other) for _, other in pairs))
    return pairs


def _take(side: list[T], taken: Counter[int]) -> None:
    """Take out of a list as many of each as are counted."""
    kept = []
    for each in side:
        if taken[id(each)]:
            taken[id(each)] -= 1
        else:
            kept.append(each)
    side[:] = kept


# -- the same day -------------------------------------------------------------------------------------------------


def _same_days(wanted: Sequence[Planned], had: Sequence[Given]) -> Iterator[tuple[Planned, Given]]:
    days = {day: list(each) for day, each in groupby(had, key=lambda each: each.day)}
    for day, each in groupby(wanted, key=lambda each: each.day):
        yield from _same_day(list(each), days.get(day, []))


def _same_day(wanted: list[Planned], had: list[Given]) -> Iterator[tuple[Planned, Given]]:
    """As many pairs as there can be: equal amounts, then amounts of one kind that are as near as possible together, then the others."""
    for one in tuple(wanted):
        equal = next((other for other in had if other.size == one.size), None)
        if equal is not None:
            yield from _left(wanted, had, iter([(one, equal)]))
    for kind in sorted({one.size[0] for one in wanted if one.size}):
        ones = sorted((one for one in wanted if one.size and one.size[0] == kind), key=_by_size)
        others = sorted((other for other in had if other.size and other.size[0] == kind), key=_by_size)
        found = align(len(ones), len(others), partial(_by_amount, ones, others))
        yield from _left(wanted, had, ((ones[i], others[j]) for i, j in found))
    yield from zip(wanted, had, strict=False)


def _by_size(each: Planned | Given) -> Decimal:
    return each.size[1] if each.size else Decimal(0)


def _by_amount(ones: Sequence[Planned], others: Sequence[Given], i: int, j: int) -> Cost:
    return abs(_by_size(ones[i]) - _by_size(others[j])), int(ones[i].optional)


# -- the days around it -------------------------------------------------------------------------------------------


def _nearest(wanted: Sequence[Planned], had: Sequence[Given]) -> Iterator[tuple[Planned, Given]]:
    for ones, others in _together(wanted, had):
        yield from ((ones[i], others[j]) for i, j in align(len(ones), len(others), partial(_by_days, ones, others)))


def _by_days(ones: Sequence[Planned], others: Sequence[Given], i: int, j: int) -> Cost:
    late = others[j].day - ones[i].day
    return (abs(late), int(ones[i].optional)) if -ones[i].early <= late <= ones[i].late else None


def _together(wanted: Sequence[Planned], had: Sequence[Given]) -> Iterator[tuple[Sequence[Planned], list[Given]]]:
    """Planned doses and administrations that have to do with each other: mostly one of each."""
    first = [each.day - each.early for each in wanted]
    last = [each.day + each.late for each in wanted]
    begin = end = 0
    others: list[Given] = []
    for each in had:
        low, high = bisect_left(last, each.day), bisect_right(first, each.day)
        if low >= high:
            continue
        if low >= end:
            if others:
                yield wanted[begin:end], others
            begin, others = low, []
        end = high
        others.append(each)
    if others:
        yield wanted[begin:end], others


def align(ones: int, others: int, cost: Callable[[int, int], Cost]) -> list[tuple[int, int]]:
    """The most pairs at the least cost of two rows of things, in order on both sides; of equals those that come first.

    `cost(i, j)` is what a pair costs. The work grows with the product of the two lengths.
    """
    nothing: tuple[Decimal | int, ...] = (0, 0, 0)
    costs = [[cost(i, j) for j in range(others)] for i in range(ones)]
    best = [[nothing] * (others + 1) for _ in range(ones + 1)]

    def paired(i: int, j: int) -> tuple[Decimal | int, ...] | None:
        own = costs[i][j]
        return None if own is None else tuple(a + b for a, b in zip((-1, *own), best[i + 1][j + 1], strict=True))

    for i in reversed(range(ones)):
        for j in reversed(range(others)):
            least = min(best[i + 1][j], best[i][j + 1])
            both = paired(i, j)
            best[i][j] = least if both is None else min(both, least)
    pairs = []
    i = j = 0
    while i < ones and j < others:
        if paired(i, j) == best[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j + 1] == best[i][j]:
            j += 1
        else:
            i += 1
    return pairs
