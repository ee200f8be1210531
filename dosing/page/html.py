"""A page as one HTML file that needs nothing else: no script, no font, no picture from elsewhere.

On paper the months are landscape grids, one a page, with the footer under each; on a phone they are lists of the days that have something.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from unicodedata import east_asian_width

from dosing.errors import OutputError
from dosing.page.model import Course, Day, Dose, Item, Legend, Medicine, Month, Page, Place, Section, State, Text

_FOLDER = Path(__file__).parent
# The drawings are text: printed where backgrounds aren't, and in the colour of the words beside them.
_SIGNS = {
    "clinic": '<path d="M2 2h12v12H2z" fill="none" stroke="currentColor" stroke-width="2"/><path d="M8 4.5v7M4.5 8h7" '
    'stroke="currentColor" stroke-width="2"/>',
    "home": '<path d="M1 8l7-6.5L15 8M3.5 7v7.5h9V7" fill="none" stroke="currentColor" stroke-width="2"/>',
    "off": '<circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M4.5 8h7" '
    'stroke="currentColor" stroke-width="2"/>',
    "given": '<path d="M2 8.5l4 4.5 8-10" fill="none" stroke="currentColor" stroke-width="2.5"/>',
    "not-given": '<path d="M3 3l10 10M13 3L3 13" fill="none" stroke="currentColor" stroke-width="2.5"/>',
}
# Narrower than this, the grid is a list: in the reader's own letters, so a page that is zoomed in becomes a list too.
_NARROW_REM = 64
_LARGE_NARROW_REM = 88
# What the HTML standard allows in no text, whichever way it is written.
_NOT_LETTERS = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_REFUSED = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_NOT_LETTERS}]")
# How much of a text an error shows before the letter.
_NEAR = 20
# Where a line is written from right to left: the letters that are, words with none of them that follow each other, and what of these words
# keeps its own direction, without the marks around it.
_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe"
_WORD = rf"[^\s{_RIGHT_TO_LEFT}\u200e\u200f\u202a-\u202e\u2066-\u2069]+"
_WORDS = re.compile(rf"{_WORD}(?:(?<![.,;:!?])[ \u00a0]{_WORD})*")
_INNER = re.compile(r"[\w+].*[\w%]|\w")
# What makes them a name, an amount, or a number to call, rather than a bare number of the line.
_OWN_DIRECTION = re.compile(r"[^\W\d_]|^\+|(?:\d\D*){7}")
# An amount such as `25 mg` or `2 tablets`, or a number to call, which stays on one line.
_AMOUNT = re.compile(r"(?<!\S)(?:\d(?:[\d.,]*\d)?[ \u00a0][^\W\d_]\S{0,11}|\+?[\d(][\d /()-]{5,16}\d)(?!\S)")
_SHORT = 18
# Sizes of letters for a month on paper, from the one that is tried first, and how much of the sheet there is for its weeks. Then the room
# that a letter and a line take for each point, and what a row, a line after the month, and a place take beside their lines.
_POINTS = (11, 10.5, 10, 9.5, 9, 8.5, 8, 7.5, 7)
_LARGE_POINTS = (16, 15, 14, 13, 12)
_SHEET_MM = 166
_COLUMN_MM = 35
_LETTER_MM = 0.185
_LINE_MM = 0.425
_ROW_MM = 2
_AFTER_MM = 6.5
_PLACE_MM = 1.2
# A month that takes more sheets than this reads better as a list.
_SHEETS = 3


def to_html(page: Page, *, large: bool = False) -> str:
    """The page as the text of an HTML file, to be written in UTF-8; `large` has larger letters.

    Raises OutputError for a letter that can't stand in HTML.
    """
    direction, size = "rtl" if page.right_to_left else "ltr", ' class="large"' if large else ""
    text = "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{_safe(page.language)}" dir="{direction}"{size}>',
            *_head(page, large=large),
            f'<body class="{page.audience.value}">',
            _symbols(),
            "<main>",
            *_sheets(page, large=large),
            "</main>",
            _footer(page),
            "</body>",
            "</html>",
            "",
        ]
    )
    if found := _REFUSED.search(text):
        near = text[max(0, found.start() - _NEAR) : found.start()].rpartition(">")[2]
        raise OutputError(f"the letter U+{ord(found[0]):04X} after {near!r} can't stand in an HTML page: take it out of that text")
    return text


def _safe(words: str) -> str:
    """Any words as text of HTML, or as the value of an attribute."""
    return escape(words).replace("\r", "&#13;")


def _text(text: Text, page: Page) -> str:
    """Words in their language, kept apart from the direction of what stands around them."""
    if text.language:
        return f'<bdi lang="{_safe(text.language)}">{_safe(text.words)}</bdi>'
    return _line(text.words, page)


def _line(words: str, page: Page) -> str:
    """Words in the page's language: short amounts stay on one line, and from right to left they keep their own direction: `25 mg`."""
    if not page.right_to_left:
        return _marked(words, [found.span() for found in _AMOUNT.finditer(words)], "span")
    if not re.search(f"[{_RIGHT_TO_LEFT}]", words):
        return f'<bdi dir="ltr">{_safe(words)}</bdi>'
    return _marked(words, list(_left_to_right(words)), 'bdi dir="ltr"')


def _left_to_right(words: str) -> Iterator[tuple[int, int]]:
    """Where in a line from right to left something stands that is read from left to right."""
    for run in _WORDS.finditer(words):
        inner = _INNER.search(run[0])
        if inner and _OWN_DIRECTION.search(inner[0]):
            closed = "(" in inner[0] and run[0][inner.end() :].startswith(")")
            yield run.start() + inner.start(), run.start() + inner.end() + closed


def _marked(words: str, places: Iterable[tuple[int, int]], element: str) -> str:
    """The words, with an element around each place; a short one is not broken over two lines."""
    parts, end = [], 0
    for first, last in places:
        short = ' class="amount"' if last - first <= _SHORT else ""
        parts += [_safe(words[end:first]), f"<{element}{short}>{_safe(words[first:last])}</{element.split()[0]}>"]
        end = last
    return "".join([*parts, _safe(words[end:])])


# -- around it ----------------------------------------------------------------------------------------------------


def _head(page: Page, *, large: bool) -> Iterator[str]:
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">"""
    yield '<meta name="referrer" content="no-referrer">'
    yield '<meta name="robots" content="noindex">'
    yield f"<title>{_safe(page.title)}</title>"
    yield f"<style>\n{_read('page.css')}{_page_numbers(page)}</style>"
    narrow = f"screen and (max-width: {_LARGE_NARROW_REM if large else _NARROW_REM}rem)"
    media = f"print, {narrow}" if _too_long(page, large=large) else narrow
    yield f'<style media="{media}">\n{_read("list.css")}</style>'
    yield "</head>"


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _page_numbers(page: Page) -> str:
    """`Page 2 of 7` in the margin of each sheet of paper, by browsers that know how to."""
    counters = {"{page}": "counter(page)", "{pages}": "counter(pages)"}
    parts = [counters.get(part) or f'"{_in_style(part)}"' for part in re.split(r"(\{pages?\})", page.page_of)]
    return f"@page {{ @bottom-center {{ content: {' '.join(parts)}; font: 8pt system-ui, sans-serif; }} }}\n"


def _in_style(words: str) -> str:
    """Any words within a string of a style sheet."""
    return "".join(letter if letter.isalnum() or letter == " " else f"\\{ord(letter):x} " for letter in words)


def _symbols() -> str:
    drawn = "".join(f'<symbol id="{name}" viewBox="0 0 16 16">{paths}</symbol>' for name, paths in _SIGNS.items())
    return f'<svg class="signs" aria-hidden="true">{drawn}</svg>'


def _sign(name: str) -> str:
    return f'<svg class="sign" aria-hidden="true"><use href="#{name}"/></svg>'


def _footer(page: Page) -> str:
    return f"<footer>{''.join(f'<p>{_text(line, page)}</p>' for line in page.footer)}</footer>"


def _sheets(page: Page, *, large: bool) -> Iterator[str]:
    """What begins on a new sheet of paper each, with the footer under it."""
    footer = _footer(page)
    yield from ('<div class="sheet first">', '<div class="body">', *_first(page), "</div>", footer, "</div>")
    for number, month in enumerate(page.months, 1):
        points = _points(month, large=large)
        yield f'<div class="sheet month" id="month-{number}" style="--points: {points:g}pt">'
        yield from ('<div class="body">', *_month(month, page), "</div>", footer, "</div>")
    if page.preparations:
        yield from (
            '<div class="sheet preparation" id="preparation">',
            '<div class="body">',
            *_preparations(page),
            "</div>",
            footer,
            "</div>",
        )
    if page.diary:
        yield from ('<div class="sheet diary" id="diary">', '<div class="body">', *_diary(page), "</div>", footer, "</div>")


# -- before the months --------------------------------------------------------------------------------------------


def _first(page: Page) -> Iterator[str]:
    yield f"<h1>{_line(page.title, page)}</h1>"
    yield '<div class="intro">'
    yield from (f"<p>{_text(text, page)}</p>" for text in page.intro)
    yield "</div>"
    for section in page.sections:
        yield from _section(section, page)
    yield f'<div class="section"><h2>{_line(page.legend_title, page)}</h2>'
    yield f'<ul class="legend">{"".join(_legend(each, page) for each in page.legend)}</ul></div>'
    yield from _links(page)


def _section(section: Section, page: Page) -> Iterator[str]:
    yield f'<div class="section"><h2>{_line(section.title, page)}</h2><ul class="lines">'
    yield from (f"<li>{_text(text, page)}</li>" for text in section.lines)
    yield "</ul></div>"


def _legend(legend: Legend, page: Page) -> str:
    name = _sign_name(legend.place, legend.state)
    return f'<li><span class="{name}">{_sign(name)}</span> <span>{_line(legend.words, page)}</span></li>'


def _sign_name(place: Place, state: State) -> str:
    return place.value if state is State.STANDS else state.value


def _links(page: Page) -> Iterator[str]:
    """Ways to the months and the diary, on a screen."""
    links = [(f"month-{number}", month.title) for number, month in enumerate(page.months, 1)]
    links += [("preparation", page.preparation_title)] if page.preparations else []
    links += [("diary", page.diary_title)] if page.diary else []
    shown = "".join(f'<li><a href="#{id}">{_line(words, page)}</a></li>' for id, words in links)
    yield f'<nav aria-label="{_safe(page.title)}"><ul>{shown}</ul></nav>'


# -- a month ------------------------------------------------------------------------------------------------------


def _month(month: Month, page: Page) -> Iterator[str]:
    yield f"<table><caption><h2>{_line(month.title, page)}</h2></caption>"
    heads = "".join(f'<th scope="col">{_line(name, page)}</th>' for _, name in page.weekdays)
    yield f"<thead><tr>{heads}</tr></thead><tbody>"
    for week in month.weeks:
        yield "<tr>"
        yield from (_day(day, page) if day else '<td class="other"></td>' for day in week)
        yield "</tr>"
    yield "</tbody></table>"
    if month.after:
        yield f'<p class="after">{_line(month.after, page)}</p>'


def _day(day: Day, page: Page) -> str:
    parts = [
        f'<p class="date"><time datetime="{day.date}"><span class="number" aria-hidden="true">{day.date.day}</span>',
        f'<span class="spoken">{_line(day.spoken, page)}</span></time>',
        f' <span class="label">{_line(day.label, page)}</span></p>' if day.label else "</p>",
        *(_place(place, items, page) for place, items in groupby(day.items, key=lambda item: item.place)),
    ]
    return "".join(["<td>" if day.items else '<td class="empty">', *parts, "</td>"])


def _place(place: Place, items: Iterable[Item], page: Page) -> str:
    words = dict(page.places).get(place, "")
    where = f'<p class="where">{_sign(place.value)}{_line(words, page)}</p>' if words else ""
    shown = "".join(_item(item, page, signed=not words) for item in items)
    return f'<div class="place {place.value}">{where}<ul>{shown}</ul></div>'


def _item(item: Item, page: Page, *, signed: bool) -> str:
    """One thing on one day; `signed`: with the sign of its place, which stands nowhere else."""
    name = _sign_name(item.place, item.state)
    sign = _sign(name) if signed or item.state is not State.STANDS else ""
    what = _text(item.what, page)
    shown = f"<s>{what}</s>" if item.state is State.NOT_GIVEN else what
    tag = f' <span class="tag">{_line(item.tag, page)}</span>' if item.tag else ""
    more = "".join(f' <span class="more">{_text(text, page)}</span>' for text in item.more)
    return f'<li class="{item.state.value}"><span class="what">{sign}{shown}</span>{tag}{more}</li>'


def _points(month: Month, *, large: bool) -> float:
    """The size of letters on paper with which a month fits on a sheet, about; the smallest where none does."""
    sizes = _LARGE_POINTS if large else _POINTS
    room = _SHEET_MM - (_AFTER_MM if month.after else 0)
    return next((size for size in sizes if _height(month, size) <= room), sizes[-1])


def _too_long(page: Page, *, large: bool) -> bool:
    """Whether a month of the page takes too many sheets as a grid."""
    return any(_height(month, _points(month, large=large)) > _SHEETS * _SHEET_MM for month in page.months)


def _height(month: Month, points: float) -> float:
    """How high the weeks of a month are in mm, about, at a size of letters."""
    return sum(max(_day_height(day, points) for day in week if day) + _ROW_MM for week in month.weeks)


def _day_height(day: Day, points: float) -> float:
    letters = int(_COLUMN_MM / (points * _LETTER_MM))
    texts = [text for item in day.items for text in _paragraphs(item)]
    lines = sum(-(-_width(text) // letters) for text in (f"{day.date.day} {day.label}", *texts))
    places = len({item.place for item in day.items})
    return (lines + places) * points * _LINE_MM + places * _PLACE_MM


def _paragraphs(item: Item) -> Iterator[str]:
    """What begins on a new line; in the clinic, how a medicine is given follows its name."""
    words = [item.what.words, item.tag, *(more.words for more in item.more)]
    if item.place is Place.CLINIC and item.more and not item.tag:
        words[:3] = [f"{words[0]} {words[2]}"]
    yield from filter(None, words)


def _width(text: str) -> int:
    """How many Latin letters a text is as wide as."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


# -- what the clinic prepares -------------------------------------------------------------------------------------


def _preparations(page: Page) -> Iterator[str]:
    yield f"<h2>{_line(page.preparation_title, page)}</h2>"
    for block in page.preparations:
        yield f'<div class="block"><h3>{_text(block.title, page)}</h3><p class="count">{_text(block.days, page)}</p><ul class="lines">'
        yield from (f"<li>{_text(text, page)}</li>" for text in block.lines)
        yield "</ul></div>"


# -- the diary ----------------------------------------------------------------------------------------------------


def _diary(page: Page) -> Iterator[str]:
    yield f"<h2>{_line(page.diary_title, page)}</h2>"
    if page.diary_intro:
        yield f"<p>{_line(page.diary_intro, page)}</p>"
    for course in page.diary:
        yield from _course(course, page)


def _course(course: Course, page: Page) -> Iterator[str]:
    heading = " - ".join(_text(part, page) for part in course.heading)
    yield f'<div class="course"><h3>{heading}</h3>'
    yield from (_medicine(medicine, page) for medicine in course.medicines)
    yield "</div>"


def _medicine(medicine: Medicine, page: Page) -> str:
    much = f'<p class="much">{_text(medicine.much, page)}</p>' if medicine.much.words else ""
    boxes = "".join(_dose(dose, page) for dose in medicine.doses)
    doses = f'<ul class="doses">{boxes}</ul>' if boxes else ""
    return (
        f'<div class="medicine"><h4>{_text(medicine.name, page)}</h4>{much}<p class="count">{_line(medicine.count, page)}</p>{doses}</div>'
    )


def _dose(dose: Dose, page: Page) -> str:
    box = '<span class="box"><span class="spoken">\u2610</span></span>'
    return f'<li><span class="boxes">{box * dose.boxes}</span> {_line(dose.day, page)}</li>'
