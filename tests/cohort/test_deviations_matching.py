"""Matching of one patient and drug: against every possible matching of small cases."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations, permutations

import pytest
from hypothesis import given as invented
from hypothesis import strategies as st

from dosing.cohort.matching import Given, Matched, Planned, align, match

MG = Decimal(10) ** 6


def dose(row: int, day: int, amount: int | None = 1, *, early: int = 0, late: int = 0, optional: bool = False, times: int = 1) -> Planned:
    return Planned(row, day, early, late, None if amount is None else ("mass", amount * MG), optional, times)


def line(row: int, day: int, amount: int = 1, *, times: int = 1, kind: str = "mass") -> Given:
    return Given(row, day, (kind, amount * MG), times)


def every_pairing(ones: int, others: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """All ways to pair things of two rows, one to one, crossing or not."""
    for size in range(min(ones, others) + 1):
        for left in combinations(range(ones), size):
            for right in permutations(range(others), size):
                yield tuple(zip(left, right, strict=True))


def with_windows(days: Sequence[int], window: int) -> list[tuple[int, int, int]]:
    """Each day with how many days before and after it a dose may be: half-way to the neighbouring days, rounded down, at most."""
    found = []
    for day in days:
        before = [other for other in days if other < day]
        after = [other for other in days if other > day]
        early = min(window, (day - max(before)) // 2) if before else window
        late = min(window, (min(after) - day) // 2) if after else window
        found.append((day, early, late))
    return found


def days_of(planned: Sequence[Planned], had: Sequence[Given], found: Matched) -> int:
    when, then = {each.row: each.day for each in planned}, {each.row: each.day for each in had}
    return sum(abs(when[row] - then[other]) * n for (row, other), n in found.pairs.items())


@invented(st.lists(st.integers(0, 14), min_size=1, max_size=5), st.lists(st.integers(-3, 17), max_size=5), st.integers(0, 4))
def test_the_most_pairs_on_the_fewest_days(planned_on: list[int], given_on: list[int], window: int) -> None:
    planned = [dose(row, day, early=early, late=late) for row, (day, early, late) in enumerate(with_windows(planned_on, window))]
    had = [line(row, day) for row, day in enumerate(given_on)]
    best = (0, 0)
    for pairing in every_pairing(len(planned), len(had)):
        off = [had[j].day - planned[i].day for i, j in pairing]
        if all(-planned[i].early <= days <= planned[i].late for (i, _), days in zip(pairing, off, strict=True)):
            best = min(best, (-len(pairing), sum(map(abs, off))))
    found = match(planned, had)
    assert (-found.pairs.total(), days_of(planned, had, found)) == best
    assert found.pairs.total() + found.missing.total() == len(planned)
    assert found.pairs.total() + found.extra.total() == len(had)
    assert all(n == 1 for n in (*found.pairs.values(), *found.missing.values(), *found.extra.values()))
    assert len({row for row, _ in found.pairs} | set(found.missing)) == len(planned)
    assert len({row for _, row in found.pairs} | set(found.extra)) == len(had)


@invented(
    st.lists(st.integers(0, 14), min_size=1, max_size=5), st.lists(st.integers(-3, 17), max_size=5), st.randoms(use_true_random=False)
)
def test_the_order_of_the_rows_changes_no_days(planned_on: list[int], given_on: list[int], random: object) -> None:
    planned = [dose(row, day, early=early, late=late) for row, (day, early, late) in enumerate(with_windows(planned_on, 3))]
    had = [line(row, day) for row, day in enumerate(given_on)]

    def days(found: Matched) -> list[tuple[int, int]]:
        return sorted((planned[i].day, had[j].day) for i, j in found.pairs)

    other_planned, other_had = list(planned), list(had)
    random.shuffle(other_planned)  # type: ignore[attr-defined]  # Hypothesis gives a random.Random
    random.shuffle(other_had)  # type: ignore[attr-defined]
    assert days(match(other_planned, other_had)) == days(match(planned, had))


@invented(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_on_one_day_the_amounts_are_as_near_as_can_be(planned_amounts: list[int], given_amounts: list[int]) -> None:
    planned = [dose(row, 1, amount) for row, amount in enumerate(planned_amounts)]
    had = [line(row, 1, amount) for row, amount in enumerate(given_amounts)]
    most = min(len(planned), len(had))
    least = min(
        sum(abs(planned_amounts[i] - given_amounts[j]) for i, j in pairing)
        for pairing in every_pairing(len(planned), len(had))
        if len(pairing) == most
    )
    found = match(planned, had)
    assert found.pairs.total() == most
    assert sum(abs(planned_amounts[i] - given_amounts[j]) for i, j in found.pairs) == least
    equal = sum(min(planned_amounts.count(each), given_amounts.count(each)) for each in set(planned_amounts))
    assert sum(planned_amounts[i] == given_amounts[j] for i, j in found.pairs) == equal


def test_administrations_are_counted() -> None:
    found = match([dose(7, 1, times=3, late=2)], [line(5, 1), line(6, 2, times=4)])
    assert found == Matched({(7, 5): 1, (7, 6): 2}, {}, {6: 2})  # type: ignore[arg-type]  # a Counter equals the dict


def test_an_amount_that_is_not_known_and_another_kind_come_last() -> None:
    planned = [dose(1, 1, None), dose(2, 1, 10)]
    assert match(planned, [line(1, 1, 9), line(2, 1, 3, kind="volume")]).pairs == {(2, 1): 1, (1, 2): 1}
    assert match(planned, [line(1, 1, 3, kind="volume")]).pairs == {(1, 1): 1}


def test_of_equal_doses_the_optional_one_is_left_out() -> None:
    assert match([dose(1, 1, optional=True), dose(2, 1)], [line(1, 1)]).pairs == {(2, 1): 1}
    assert match([dose(1, 1, 5, optional=True), dose(2, 1, 7)], [line(1, 1, 6)]).pairs == {(2, 1): 1}


@pytest.mark.parametrize(
    ("ones", "others", "pairs"),
    [
        # Of what costs the same the first belong together.
        ([1], [1, 1], [(0, 0)]),
        ([1, 1], [1], [(0, 0)]),
        ([1, 5], [5], [(1, 0)]),
        ([5], [1, 5], [(0, 1)]),
        ([], [1], []),
        ([1, 9], [1, 9], [(0, 0), (1, 1)]),
    ],
)
def test_alignment(ones: list[int], others: list[int], pairs: list[tuple[int, int]]) -> None:
    def cost(i: int, j: int) -> tuple[int, int] | None:
        off = abs(ones[i] - others[j])
        return (off, 0) if off < 3 else None

    assert align(len(ones), len(others), cost) == pairs
