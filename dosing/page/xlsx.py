"""A page as a spreadsheet: the calendar, a block for each month; the list, all columns with real dates and numbers; the diary.

Every text is written as text, so that a spreadsheet runs none. Amounts are written as they print, not as floats.
"""

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import BytesIO
from itertools import zip_longest
from typing import Any

from dosing.dose.schedule import DosedSchedule
from dosing.errors import OutputError, nearest
from dosing.export.columns import columns
from dosing.export.rows import Cell, rows
from dosing.page.language import find_language
from dosing.page.model import Audience, Course, Day, Item, Month, Page, Place, Preparation, State
from dosing.page.office import BOX, lines_of, place_words, runs_left_to_right, safe, safe_page, sign, width
from dosing.units import plain

Looks = dict[str, object]

_INTO = "a spreadsheet"
# Excel's numbers of papers.
PAPERS = {"a4": 9, "letter": 1}
_WEEK = 7
# Widths in letters: of a day, so that seven fit on either paper; of a column of the list or the diary at most; of what is prepared.
_DAY_LETTERS, _MOST_LETTERS, _BLOCK_LETTERS = 18, 60, 120
# A cell holds about so much fewer letters than its width says: what it doesn't show, nobody misses.
_SURE = 0.9
_MARGIN_INCHES, _FOOT_INCHES = 0.3, 0.8
# What is left of the lower paper's height, in points; and the scales, in percent, that are tried to print a month on one sheet.
_SHEET_POINTS = 505
_SCALES = (100, 90, 80, 70, 60)
# What Excel holds in a cell and in a footer, in units of UTF-16; and the digits of a number that it keeps.
_CELL_LONGEST, _FOOTER_LONGEST, _DIGITS = 32_767, 255, 15
# The first day on which every spreadsheet agrees: Excel has a 29 February 1900.
_FIRST_DAY = date(1900, 3, 1)
_FONT, _POINTS, _HIGHEST_POINTS = "Arial", 10, 409
# The height of a line, for each point of its letters; and what a row has more.
_LINE, _ROW = 1.25, 2.0
# So many lines are as high as the name of a month and of its days.
_HEADINGS = 4
_CLINIC: Looks = {"bg_color": "#E3EDF7"}
_GREY: Looks = {"font_color": "#505050"}
_AMPERSAND = "\N{FULLWIDTH AMPERSAND}"
_OPTIONS = {"in_memory": True, "default_format_properties": {"font_name": _FONT, "font_size": _POINTS}}
_FIELDS = {"{page}": "&P", "{pages}": "&N"}


def to_xlsx(page: Page, dosed: DosedSchedule, *, paper: str = "a4") -> bytes:
    """The page and all rows of its schedule as a spreadsheet, the same bytes for the same input; `paper` is a4 or letter.

    Raises OutputError for another paper, for a letter, a text or a day that such a file can't hold, and where XlsxWriter is not installed.
    """
    try:
        from xlsxwriter import Workbook  # type: ignore[import-untyped]
    except ImportError:
        raise OutputError("spreadsheets need XlsxWriter: pip install 'dosing[xlsx]'") from None
    if paper not in PAPERS:
        raise OutputError(f"there is no paper {paper!r}{nearest(paper, PAPERS)} (there are {', '.join(PAPERS)})")
    out = BytesIO()
    tidy = safe_page(page, into=_INTO)
    # XlsxWriter changes the options that it is given.
    with Workbook(out, deepcopy(_OPTIONS)) as file:
        file.set_properties({"title": tidy.title, "author": "dosing", "created": datetime.combine(page.dated, time(), UTC)})
        book = _Book(file, tidy, PAPERS[paper])
        say = find_language(page.language).say
        _calendar(book.sheet(say("Calendar")))
        _list(book.sheet(say("List")), dosed)
        _diary(book.sheet(say("Diary")))
        if tidy.preparations:
            _preparations(book.sheet(say("Preparation")), tidy.preparations)
    return out.getvalue()


class _Book:
    """The file being written; formats are made once each."""

    def __init__(self, file: Any, page: Page, paper: int) -> None:
        self.file, self.page, self.paper = file, page, paper
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}

    def format(self, **looks: object) -> Any:
        """The format with these looks, in the words of XlsxWriter."""
        key = tuple(sorted(looks.items()))
        if key not in self._formats:
            self._formats[key] = self.file.add_format({"valign": "top", **looks})
        return self._formats[key]

    def sheet(self, name: str) -> "_Sheet":
        """A new sheet, to be printed on the long side of the paper."""
        made = self.file.add_worksheet(name)
        made.set_landscape()
        made.set_paper(self.paper)
        made.set_margins(left=_MARGIN_INCHES, right=_MARGIN_INCHES, top=_MARGIN_INCHES, bottom=_FOOT_INCHES)
        made.set_footer(_footer(self.page), {"margin": _MARGIN_INCHES})
        if self.page.right_to_left:
            made.right_to_left()
        return _Sheet(self, made)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One sheet being written."""

    book: _Book
    made: Any

    def text(self, row: int, column: int, words: str, **looks: object) -> None:
        """Text, as text. Raises OutputError where it is too long for a cell."""
        if _units(words) > _CELL_LONGEST:
            raise OutputError(
                f"a text of {_units(words)} letters is too long for {_INTO}: a cell holds {_CELL_LONGEST}; it begins {words[:20]!r}"
            )
        self.made.write_string(row, column, words, self.book.format(quote_prefix=True, **self._direction(words), **looks))

    def blank(self, row: int, column: int, **looks: object) -> None:
        """A cell without anything in it."""
        self.made.write_blank(row, column, None, self.book.format(**looks))

    def day(self, row: int, column: int, day: date, **looks: object) -> None:
        """A day, as one. Raises OutputError where spreadsheets don't agree which it is."""
        if day < _FIRST_DAY:
            raise OutputError(f"spreadsheets don't agree on days before {_FIRST_DAY}, such as {day}: write CSV instead")
        side = "right" if self.book.page.right_to_left else "left"
        self.made.write_datetime(row, column, day, self.book.format(align=side, **looks))

    def height(self, row: int, points: float) -> None:
        """A row as high as it needs to be: spreadsheets don't find out all by themselves, and show half a text."""
        self.made.set_row(row, min(_HIGHEST_POINTS, points))

    def _direction(self, words: str) -> Looks:
        if not self.book.page.right_to_left:
            return {}
        return {"align": "right", "reading_order": 1 if runs_left_to_right(words) else 2}

    def number(self, row: int, column: int, number: Decimal | int) -> None:
        """A number as it prints, with all of its decimals shown; as text where it has more digits than spreadsheets keep."""
        shown = plain(Decimal(number))
        if len(shown.strip("-").replace(".", "").strip("0")) > _DIGITS:
            self.text(row, column, shown)
            return
        decimals = len(shown.partition(".")[2])
        # Room of a digit before the next column.
        looks = self.book.format(num_format=f"0.{'0' * decimals}_0" if decimals else "0_0")
        self.made.write_number(row, column, Decimal(shown), looks)


def _footer(page: Page) -> str:
    """What stands under each printed sheet; what is too long for Excel is cut, and stands whole under the calendar.

    An ampersand of the text would be one of Excel's signs; its wide form is none.
    """
    parts = re.split(r"(\{pages?\})", page.page_of)
    numbers = "&R&8" + "".join(_FIELDS.get(part) or part.replace("&", _AMPERSAND) for part in parts)
    if _units(numbers) > _FOOTER_LONGEST // 2:
        numbers = "&R&8&P / &N"
    # A digit right after the size would be one of its own.
    left = ["&L&8 "]
    room = _FOOTER_LONGEST - _units(numbers) - len(left[0])
    for letter in "\n".join(text.words for text in page.footer).replace("&", _AMPERSAND):
        room -= _units(letter)
        if room < 0:
            break
        left.append(letter)
    return "".join(left) + numbers


def _units(text: str) -> int:
    """How long Excel thinks a text is."""
    return len(text.encode("utf-16-le")) // 2


# -- the calendar -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """A line under a day, in a cell of its own, with its looks."""

    words: str
    looks: Looks


def _calendar(sheet: _Sheet) -> None:
    page, row, breaks = sheet.book.page, 0, []
    scale, letters = _scale(page)
    sheet.made.set_print_scale(scale)
    sheet.made.set_column(0, _WEEK - 1, letters)
    for line in _head(page):
        row = _across(sheet, row, line, letters)
    for month in page.months:
        breaks.append(row)
        row = _month(sheet, row, month, letters)
        if month.after:
            row = _across(sheet, row, _Line(month.after, {"bold": True}), letters)
    for text in page.footer:
        row = _across(sheet, row, _Line(text.words, _GREY), letters)
    sheet.made.set_h_pagebreaks(breaks)
    sheet.made.print_area(0, 0, row - 1, _WEEK - 1)


def _scale(page: Page) -> tuple[int, int]:
    """In how many percent of their size the sheets are printed, so that each month is on one if it can be; and how wide a day is then."""
    sizes = [(scale, _DAY_LETTERS * 100 // scale) for scale in _SCALES]
    return next(((scale, letters) for scale, letters in sizes if _highest(page, letters) <= _SHEET_POINTS * 100 / scale), sizes[-1])


def _highest(page: Page, letters: int) -> float:
    """How high the highest month is in points, about, with its headings."""
    return max(sum(map(sum, _heights(page, month, letters))) for month in page.months) + _HEADINGS * _POINTS * _LINE


def _heights(page: Page, month: Month, letters: int) -> list[list[float]]:
    """How high the rows of each week are in points, about: that of the dates, and one for each line."""
    found = []
    for week in month.weeks:
        days = [[_points(line, letters) for line in _lines(page, day)] for day in week if day]
        lines = [max(heights) for heights in zip_longest(*days, fillvalue=_ROW)] or [_ROW]
        found.append([_points(_Line("1", {"font_size": 12}), letters), *lines])
    return found


def _points(line: _Line, letters: int) -> float:
    """How high the line is in points, about, where so many letters are said to fit on one."""
    size = float(str(line.looks.get("font_size", _POINTS)))
    return lines_of(line.words, max(1, int(letters * _SURE * _POINTS / size))) * size * _LINE + _ROW


def _head(page: Page) -> Iterator[_Line]:
    """The lines before the months."""
    heading: Looks = {"bold": True, "font_size": 12}
    yield _Line(page.title, {"bold": True, "font_size": 16})
    yield from (_Line(text.words, {}) for text in page.intro)
    for section in page.sections:
        yield _Line(section.title, heading)
        yield from (_Line(text.words, {}) for text in section.lines)
    yield _Line(page.legend_title, heading)
    for legend in page.legend:
        yield _Line(f"{sign(legend)} {legend.words}".strip(), {"font_strikeout": True} if legend.state is State.NOT_GIVEN else {})


def _across(sheet: _Sheet, row: int, line: _Line, letters: int) -> int:
    """A line over the width of the calendar; the row after it."""
    sheet.made.merge_range(row, 0, row, _WEEK - 1, "", sheet.book.format(text_wrap=True, **line.looks))
    sheet.text(row, 0, line.words, text_wrap=True, **line.looks)
    sheet.height(row, _points(line, _WEEK * letters))
    return row + 1


def _month(sheet: _Sheet, row: int, month: Month, letters: int) -> int:
    """The block of a month: its name, the days of the week, then for each week the days and, line by line, what happens on them."""
    row = _across(sheet, row, _Line(month.title, {"bold": True, "font_size": 16}), letters)
    for column, (_, name) in enumerate(sheet.book.page.weekdays):
        sheet.text(row, column, name, bold=True, border=1, bg_color="#E8E8E8")
    row += 1
    for week, heights in zip(month.weeks, _heights(sheet.book.page, month, letters), strict=True):
        for number, height in enumerate(heights):
            sheet.height(row + number, height)
        for column, day in enumerate(week):
            _day(sheet, row, column, day, len(heights) - 1)
        row += len(heights)
    return row


def _day(sheet: _Sheet, row: int, column: int, day: Day | None, height: int) -> None:
    """A day of a week that has so many lines."""
    sides: Looks = {"left": 1, "right": 1}
    if day:
        sheet.day(row, column, day.date, num_format="d", bold=True, font_size=12, top=1, **sides)
    else:
        sheet.blank(row, column, top=1, **sides)
    lines = [*_lines(sheet.book.page, day)] if day else []
    for number in range(height):
        looks = sides | ({"bottom": 1} if number == height - 1 else {})
        if number < len(lines):
            sheet.text(row + 1 + number, column, lines[number].words, text_wrap=True, **looks, **lines[number].looks)
        else:
            sheet.blank(row + 1 + number, column, **looks)


def _lines(page: Page, day: Day) -> Iterator[_Line]:
    """What stands under a day."""
    if day.label:
        yield _Line(day.label, _GREY)
    place = None
    for item in day.items:
        ground: Looks = _CLINIC if item.place is Place.CLINIC else {}
        if item.place is not place and (words := place_words(page, item.place)):
            yield _Line(words, {**ground, **_GREY})
        place = item.place
        yield _Line(_what(item), {**ground, **_item_looks(item)})
        yield from (_Line(text.words, ground) for text in item.more)


def _what(item: Item) -> str:
    words = f"{sign(item)} {item.what.words}".strip()
    return f"{words} \N{EN DASH} {item.tag}" if item.tag else words


def _item_looks(item: Item) -> Looks:
    if item.place is Place.OFF:
        return {"italic": True, **_GREY}
    return {"bold": True, "font_strikeout": item.state is State.NOT_GIVEN}


# -- what the clinic prepares -------------------------------------------------------------------------------------


def _preparations(sheet: _Sheet, blocks: Sequence[Preparation]) -> None:
    """Line by line: what, on which days, how."""
    row, letters = 0, _BLOCK_LETTERS
    sheet.made.set_column(0, 0, letters)
    for block in blocks:
        lines = [_Line(block.title.words, {"bold": True, "font_size": 12}), _Line(block.days.words, _GREY)]
        for line in [*lines, *(_Line(text.words, {"indent": 1}) for text in block.lines), _Line("", {})]:
            sheet.text(row, 0, line.words, text_wrap=True, **line.looks)
            sheet.height(row, _points(line, letters))
            row += 1
    sheet.made.fit_to_pages(1, 0)


# -- the list and the diary ---------------------------------------------------------------------------------------


def _list(sheet: _Sheet, dosed: DosedSchedule) -> None:
    """All columns of the schedule under their names, and no more: what CSV has, as what it is."""
    _table(sheet, [column.name for column in columns()], [list(row.values()) for row in rows(dosed)])
    sheet.made.fit_to_pages(2, 0)


def _diary(sheet: _Sheet) -> None:
    """A line for each dose, with its boxes to tick; for the clinic, for each medicine with its count."""
    page = sheet.book.page
    say = find_language(page.language).say
    of_all = [say("Part of the treatment"), say("Medicine"), say("Each time")]
    headings = [*of_all, say("Day"), say("Tick when taken")] if page.audience is Audience.PATIENT else [*of_all, say("Doses")]
    lines = [
        [_heading(course), medicine.name.words, medicine.much.words, dose.day, " ".join(BOX * dose.boxes)]
        for course in page.diary
        for medicine in course.medicines
        for dose in medicine.doses
    ] or [
        [_heading(course), medicine.name.words, medicine.much.words, medicine.count]
        for course in page.diary
        for medicine in course.medicines
    ]
    _table(sheet, headings, lines)
    sheet.made.fit_to_pages(1, 0)


def _heading(course: Course) -> str:
    return " - ".join(part.words for part in course.heading)


def _table(sheet: _Sheet, headings: Sequence[str], lines: Sequence[Sequence[Cell]]) -> None:
    """A table whose headings stay in sight, stand on each printed sheet and can be filtered by; columns and rows as large as needed."""
    made = sheet.made
    letters = [_letters(cells) for cells in zip(headings, *lines, strict=True)]
    for column, (words, most) in enumerate(zip(headings, letters, strict=True)):
        sheet.text(0, column, words, bold=True, bottom=1, bg_color="#E8E8E8")
        made.set_column(column, column, most)
    for number, line in enumerate(lines, 1):
        sheet.height(number, max(_points(_Line(_shown(cell), {}), most) for cell, most in zip(line, letters, strict=True)))
        for column, cell in enumerate(line):
            _cell(sheet, number, column, cell)
    made.freeze_panes(1, 0)
    made.repeat_rows(0)
    made.autofilter(0, 0, max(1, len(lines)), len(headings) - 1)


def _letters(cells: Sequence[Cell]) -> int:
    """How wide a column is, its heading first: that has a button beside it."""
    longest = max(width(line) for cell in cells for line in _shown(cell).split("\n"))
    return min(_MOST_LETTERS, round(max(longest, width(_shown(cells[0])) + 4) / _SURE) + 1)


def _shown(cell: Cell) -> str:
    return plain(cell) if isinstance(cell, Decimal) else "" if cell is None else str(cell)


def _cell(sheet: _Sheet, row: int, column: int, cell: Cell) -> None:
    """One cell as what it is; nothing for one without a value."""
    if isinstance(cell, date):
        sheet.day(row, column, cell, num_format="yyyy-mm-dd")
    elif isinstance(cell, (Decimal, int)):
        sheet.number(row, column, cell)
    elif cell:
        sheet.text(row, column, safe(cell, into=_INTO), text_wrap=True)
