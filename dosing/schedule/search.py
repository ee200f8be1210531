"""The search behind the mover: one choice for each block of days, so that neighbours keep their distance and the sum costs least.

It knows nothing of drugs or closed days: a block offers options, an option is a date for each of its days, and subjects (a drug, or the
order of days itself) ask for so many days from their last date in one block to their first in the next that has them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Ask:
    """What a subject asks of a block: at least `days` from its last date before to the date number `first` of the option."""

    first: int
    last: int
    days: int


@dataclass(frozen=True, slots=True)
class Block:
    """Days that are moved together: their planned dates, the options in order of preference, and what each subject asks."""

    planned: tuple[date, ...]
    options: tuple[tuple[date, ...], ...]
    asks: Mapping[str, Ask]


Bounds = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Path:
    """One way to the end of a block: days moved, days of shift, days of it to an earlier date, and its rank among equals."""

    cost: tuple[int, int, int]
    rank: tuple[int, int]
    chosen: tuple[date, ...] = ()
    before: "Path | None" = None

    def choices(self) -> list[tuple[date, ...]]:
        """What was chosen for each block, from the first to this one."""
        found = []
        path: Path | None = self
        while path is not None and path.before is not None:
            found.append(path.chosen)
            path = path.before
        return found[::-1]


@dataclass(frozen=True, slots=True)
class Stuck:
    """No option of the block number `index` keeps its distance: `path` is the cheapest way up to it."""

    index: int
    path: Path


def search(blocks: Sequence[Block]) -> Path | Stuck:
    """The path with the fewest days moved; among those the least shift, then the least of it to earlier dates, then by preference.

    Every block has at least one option. The options of the first blocks are compared first where all else is equal.
    """
    paths: dict[Bounds, Path] = {(): Path((0, 0, 0), (0, 0))}
    for index, (block, following) in enumerate(zip(blocks, _coming(blocks), strict=True)):
        found: dict[Bounds, Path] = {}
        for bounds, path in paths.items():
            _extend(path, dict(bounds), block, following, found)
        if not found:
            return Stuck(index, _least(paths))
        paths = _ranked(found)
    return _least(paths)


@dataclass(frozen=True, slots=True)
class _Next:
    """What a subject asks of the next block that has it: `free` is the first date that this block could take for it at all."""

    days: int
    free: int


def _coming(blocks: Sequence[Block]) -> list[dict[str, _Next]]:
    """For each block and each of its subjects what the subject asks next; nothing for those that don't come again."""
    found = []
    coming: dict[str, _Next] = {}
    for block in reversed(blocks):
        found.append({subject: coming[subject] for subject in block.asks if subject in coming})
        for subject, ask in block.asks.items():
            coming[subject] = _Next(ask.days, min(option[ask.first] for option in block.options).toordinal())
    return found[::-1]


def _extend(path: Path, bounds: dict[str, int], block: Block, following: Mapping[str, _Next], found: dict[Bounds, Path]) -> None:
    """Add to `found` what each option of the block makes of a path; of two that leave the same bounds, the better one stays."""
    for number, option in enumerate(block.options):
        if any(option[ask.first].toordinal() < bounds.get(subject, 0) for subject, ask in block.asks.items()):
            continue
        left = {subject: bound for subject, bound in bounds.items() if subject not in block.asks}
        for subject, after in following.items():
            bound = option[block.asks[subject].last].toordinal() + after.days
            if bound > after.free:
                left[subject] = bound
        key = tuple(sorted(left.items()))
        new = Path(_plus(path.cost, block.planned, option), (path.rank[0], number), option, path)
        if key not in found or (new.cost, new.rank) < (found[key].cost, found[key].rank):
            found[key] = new


def _plus(cost: tuple[int, int, int], planned: Sequence[date], option: Sequence[date]) -> tuple[int, int, int]:
    shifts = [(new - old).days for old, new in zip(planned, option, strict=True)]
    moved, shift, earlier = sum(map(bool, shifts)), sum(map(abs, shifts)), -sum(each for each in shifts if each < 0)
    return cost[0] + moved, cost[1] + shift, cost[2] + earlier


def _ranked(found: Mapping[Bounds, Path]) -> dict[Bounds, Path]:
    """The paths with ranks that say in what order their choices so far come, so that equals can be told apart later."""
    order = sorted(found.items(), key=lambda item: item[1].rank)
    return {bounds: Path(path.cost, (number, 0), path.chosen, path.before) for number, (bounds, path) in enumerate(order)}


def _least(paths: Mapping[Bounds, Path]) -> Path:
    return min(paths.values(), key=lambda path: (path.cost, path.rank))


@dataclass(frozen=True, slots=True)
class Last:
    """The last date of a subject so far, in which block and on which of its days."""

    block: int
    day: int
    date: date


def last_dates(blocks: Sequence[Block], choices: Sequence[Sequence[date]]) -> dict[str, Last]:
    """The last date of each subject in the blocks that something was chosen for."""
    found: dict[str, Last] = {}
    for number, chosen in enumerate(choices):
        found.update({subject: Last(number, ask.last, chosen[ask.last]) for subject, ask in blocks[number].asks.items()})
    return found
