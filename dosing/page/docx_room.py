"""How much room a month needs in a Word file, about: from that come the size of its letters and the widths of its days.

Word finds out where lines end only when the file is opened, on the reader's computer and in its fonts; so all here errs on the safe side.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dosing.page.model import Day, Item, Month, Page, Place
from dosing.page.office import lines_of, width

_WEEK = 7
# A letter is about so wide and a line so high, in mm for each point of its size; the margins of a cell, and what a row has beside lines.
LETTER_MM, LINE_MM, SIDES_MM, _ROW_MM = 0.19, 0.415, 2.5, 2.5
# Sizes of letters, from the one that is tried first: as long as days are alike, and with wider ones for the days that need it.
_POINTS, _TIGHT_POINTS = (11, 10.5, 10, 9.5, 9), (10, 9.5, 9, 8.5, 8, 7.5, 7)
_LEAST_SHARE = 0.08


@dataclass(frozen=True, slots=True)
class Grid:
    """The days of a month: their shares of the width, and whether what to take stands on the line of its medicine (`tight`)."""

    shares: tuple[float, ...]
    tight: bool = False


_EQUAL = Grid((1 / _WEEK,) * _WEEK)


def fit(page: Page, *, height_mm: float, width_mm: float) -> tuple[float, tuple[Grid, ...]]:
    """The size of letters in points and the grids with which each month fits on a sheet; the smallest where none does."""
    tight = [_by_need(month) for month in page.months]

    def fits(month: Month, points: float, grid: Grid) -> bool:
        return sum(heights(month, grid, points=points, width_mm=width_mm)) <= height_mm

    for points in _POINTS:
        if all(fits(month, points, _EQUAL) for month in page.months):
            return points, (_EQUAL,) * len(page.months)
    grids: tuple[Grid, ...] = ()
    for points in _TIGHT_POINTS:
        grids = tuple(_EQUAL if fits(month, points, _EQUAL) else grid for month, grid in zip(page.months, tight, strict=True))
        if all(grid is _EQUAL or fits(month, points, grid) for month, grid in zip(page.months, grids, strict=True)):
            return points, grids
    return _TIGHT_POINTS[-1], grids


def heights(month: Month, grid: Grid, *, points: float, width_mm: float) -> list[float]:
    """How high each week is in mm, at least, where the days have `width_mm` between them."""
    rooms = [max(1, int((width_mm * share - SIDES_MM) / (points * LETTER_MM))) for share in grid.shares]
    weeks = [[(day, room) for day, room in zip(week, rooms, strict=True) if day] for week in month.weeks]
    lines = [max(sum(lines_of(line, room) for line in _lines(day, tight=grid.tight)) for day, room in week) for week in weeks]
    return [count * points * LINE_MM + _ROW_MM for count in lines]


def joined(item: Item, *, tight: bool) -> bool:
    """Whether what there is to say of an item stands on its line."""
    return tight and len(item.more) == 1


def _lines(day: Day, *, tight: bool) -> Iterator[str]:
    """What stands on lines of its own in a day."""
    yield f"{day.date.day}   {day.label}"
    yield from ("place" for place in {item.place for item in day.items} if place is not Place.OFF)
    for item in day.items:
        what, more = f"  {item.what.words}  {item.tag}", [text.words for text in item.more]
        yield from [f"{what} {more[0]}"] if joined(item, tight=tight) else [what, *more]


def _by_need(month: Month) -> Grid:
    """Shares of the width by how much there is to say on each day of the week."""
    days = [[day for day in days if day] for days in zip(*month.weeks, strict=True)]
    letters = [sum(width(line) for day in some for line in _lines(day, tight=True)) for some in days]
    return Grid(tuple(_LEAST_SHARE + (1 - _WEEK * _LEAST_SHARE) * each / sum(letters) for each in letters), tight=True)
