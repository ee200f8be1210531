"""What was given beside what was planned, for whole patients at once and by arrays: what belongs together, what is missing or extra.

Keys of patient, drug and day are one number each, so that days before and after are numbers below and above. Where on a day exactly as
many administrations were given as planned, they belong together, and no Python runs; `dosing.cohort.matching` gets the rest, and of it
only what has something in its window.
"""

from dataclasses import dataclass

import numpy as np

from dosing.cohort.administered import Flags, Numbers
from dosing.cohort.matching import Given, Planned, Size, match

_DAY_BITS = 23
_DRUG_BITS = 16
# Days are counted from well before year 1 and end well before the bits do, so that a window never leads to another drug.
_FIRST_DAY = 1_000_000


def keys(person: Numbers, drug: Numbers, day: Numbers) -> Numbers:
    """One number for patient, drug and day (since 1970), in this order."""
    return (person << (_DRUG_BITS + _DAY_BITS)) | (drug << _DAY_BITS) | (day + _FIRST_DAY)


def group_of(key: Numbers) -> Numbers:
    """Patient and drug of a key."""
    return key >> _DAY_BITS


def person_of(key: Numbers) -> Numbers:
    """The patient of a key."""
    return key >> (_DRUG_BITS + _DAY_BITS)


def drug_of(key: Numbers) -> Numbers:
    """The drug of a key."""
    return group_of(key) & ((1 << _DRUG_BITS) - 1)


def day_of(key: Numbers) -> Numbers:
    """The day of a key, since 1970."""
    return (key & ((1 << _DAY_BITS) - 1)) - _FIRST_DAY


@dataclass(frozen=True, slots=True)
class Doses:
    """Planned doses, sorted by key: administrations on the day, the number of the amount, and whether it may be left out."""

    key: Numbers
    times: Numbers
    amount: Numbers
    optional: Flags


@dataclass(frozen=True, slots=True)
class Had:
    """What was given, in any order: administrations of the row, and the number of the amount."""

    key: Numbers
    times: Numbers
    amount: Numbers


@dataclass(frozen=True, slots=True)
class Compared:
    """Administrations by their places among the doses and the lines; of `missing` and `extra` there is only one of the two."""

    pairs: tuple[Numbers, Numbers, Numbers]
    missing: tuple[Numbers, Numbers]
    extra: tuple[Numbers, Numbers]


def compare(doses: Doses, lines: Had, *, window: int, planned_sizes: list[Size], given_sizes: list[Size]) -> Compared:
    """What belongs together. `window` is the most days early or late; the sizes are those of the numbers of amounts.

    Optional doses that were not given are among the missing.
    """
    days, first, counts = np.unique(doses.key, return_index=True, return_counts=True)
    of_dose = np.repeat(np.arange(len(days)), counts)
    of_line, hit = find(days, lines.key)
    total = np.bincount(of_line[hit], weights=lines.times[hit], minlength=len(days))
    plain = (counts == 1) & (total == doses.times[first])
    on_day = hit.copy()
    on_day[hit] = plain[of_line[hit]]
    direct = np.flatnonzero(on_day)
    early, late = _windows(days, window)
    open_doses = np.flatnonzero(~plain[of_dose])
    open_lines = np.flatnonzero(~on_day)
    open_lines = open_lines[np.argsort(lines.key[open_lines], kind="stable")]
    near_doses, near_lines = _near(doses.key[open_doses], lines.key[open_lines], early[of_dose[open_doses]], late[of_dose[open_doses]])
    close = _Close(doses, lines, early[of_dose], late[of_dose], planned_sizes, given_sizes)
    pairs, missing, extra = close.matched(open_doses[near_doses], open_lines[near_lines])
    alone, more = open_doses[~near_doses], open_lines[~near_lines]
    return Compared(
        (
            np.concatenate([first[of_line[direct]], pairs[:, 0]]),
            np.concatenate([direct, pairs[:, 1]]),
            np.concatenate([lines.times[direct], pairs[:, 2]]),
        ),
        (np.concatenate([alone, missing[:, 0]]), np.concatenate([doses.times[alone], missing[:, 1]])),
        (np.concatenate([more, extra[:, 0]]), np.concatenate([lines.times[more], extra[:, 1]])),
    )


def find(keys: Numbers, wanted: Numbers) -> tuple[Numbers, Flags]:
    """The place of each wanted key among sorted ones, and whether it is there."""
    if not len(keys):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), bool)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return place, keys[place] == wanted


def _windows(days: Numbers, window: int) -> tuple[Numbers, Numbers]:
    """How many days early and late a dose of each key may be: half the gap to the neighbouring dose of the drug at most."""
    half = np.diff(days) // 2
    gap = np.where(np.diff(group_of(days)) == 0, np.minimum(half, window), window)
    ends = np.full(min(len(days), 1), window, dtype=np.int64)
    return np.concatenate([ends, gap]), np.concatenate([gap, ends])


def _near(doses: Numbers, lines: Numbers, early: Numbers, late: Numbers) -> tuple[Flags, Flags]:
    """Which doses have a line in their window, and which lines lie in the window of a dose; both by sorted keys."""
    low, high = doses - early, doses + late
    near = np.searchsorted(lines, high, side="right") > np.searchsorted(lines, low, side="left")
    if not len(doses):
        return near, np.zeros(len(lines), bool)
    # The ends of the windows rise with the doses: the first that ends late enough is the one that begins earliest.
    place = np.searchsorted(high, lines)
    return near, (place < len(doses)) & (low[np.minimum(place, len(doses) - 1)] <= lines)


@dataclass(frozen=True, slots=True)
class _Close:
    """What needs a closer look, patient by patient and drug by drug."""

    doses: Doses
    lines: Had
    early: Numbers
    late: Numbers
    planned_sizes: list[Size]
    given_sizes: list[Size]

    def matched(self, doses: Numbers, lines: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Pairs (dose, line, administrations), missing (dose, administrations) and extra (line, administrations), one in a row."""
        pairs: list[tuple[int, int, int]] = []
        missing: list[tuple[int, int]] = []
        extra: list[tuple[int, int]] = []
        ours, theirs = group_of(self.doses.key[doses]), group_of(self.lines.key[lines])
        groups = np.unique(ours)
        bounds = [np.searchsorted(each, groups, side=side).tolist() for each in (ours, theirs) for side in ("left", "right")]
        planned, given = self._planned(doses), self._given(lines)
        for a, b, c, d in zip(*bounds, strict=True):
            found = match(planned[a:b], given[c:d])
            pairs += [(*both, n) for both, n in sorted(found.pairs.items())]
            missing += sorted(found.missing.items())
            extra += sorted(found.extra.items())
        return _array(pairs, 3), _array(missing, 2), _array(extra, 2)

    def _planned(self, doses: Numbers) -> list[Planned]:
        found = self.doses
        columns = (doses, day_of(found.key[doses]), self.early[doses], self.late[doses], found.amount[doses])
        cells = zip(*(each.tolist() for each in (*columns, found.optional[doses], found.times[doses])), strict=True)
        sizes = self.planned_sizes
        return [Planned(row, day, early, late, sizes[size], optional, times) for row, day, early, late, size, optional, times in cells]

    def _given(self, lines: Numbers) -> list[Given]:
        found = self.lines
        cells = zip(*(each.tolist() for each in (lines, day_of(found.key[lines]), found.amount[lines], found.times[lines])), strict=True)
        return [Given(row, day, self.given_sizes[size], times) for row, day, size, times in cells]


def _array(rows: list[tuple[int, ...]] | list[tuple[int, int, int]] | list[tuple[int, int]], width: int) -> Numbers:
    return np.array(rows, dtype=np.int64).reshape(-1, width)
