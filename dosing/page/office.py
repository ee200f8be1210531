"""What the Word file and the spreadsheet share: which letters they can hold, the signs, and which words run from left to right."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar
from unicodedata import bidirectional, category, east_asian_width

from dosing.errors import OutputError
from dosing.page.model import Item, Legend, Page, Place, State

T = TypeVar("T")

# The letters that XML 1.0 can hold, but for control characters that nobody sees.
_REFUSED = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_END = re.compile("\r\n?")
# How much of a text an error shows before the letter.
_NEAR = 20
BOX = "\N{BALLOT BOX}"
# Each is in the fonts that come with word processors; none stands without a word beside it.
_SIGNS = {Place.CLINIC: "\N{BLACK SQUARE}", Place.HOME: "\N{WHITE CIRCLE}", Place.OFF: "\N{EN DASH}"}
_TICK = "\N{CHECK MARK}"
# An invisible letter: without it some programs put the sign behind the words.
_RIGHT_TO_LEFT = "\N{RIGHT-TO-LEFT MARK}"
# What stands between two invisible marks, or Latin letters with the numbers beside them.
_LATIN, _BESIDE = "A-Za-z\u00b5\u00c0-\u024f", "0-9\u00b2./+%-"
_WORD = f"(?=[{_BESIDE}]*+[{_LATIN}])[{_LATIN}{_BESIDE}]++"
_LEFT_TO_RIGHT = re.compile(f"\u200e[^\u200e\u0590-\u08ff]*+\u200e|(?:[0-9][0-9.,]*+[ \u00a0]?)?{_WORD}(?:[ \u00a0]{_WORD})*+")


def safe(text: str, *, into: str) -> str:
    """The text with line feeds as line ends. Raises OutputError for a letter that the file (`into`) can't hold."""
    tidy = _LINE_END.sub("\n", text)
    if found := _REFUSED.search(tidy):
        near = tidy[max(0, found.start() - _NEAR) : found.start()]
        raise OutputError(f"the letter U+{ord(found[0]):04X} after {near!r} can't stand in {into}: take it out of that text")
    return tidy


def safe_page(page: Page, *, into: str) -> Page:
    """The page with each of its texts `safe`."""
    return _each_text(page, into)


def _each_text(value: T, into: str) -> T:
    changed: Any = value
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        changed = safe(value, into=into)
    elif isinstance(value, tuple):
        changed = tuple(_each_text(each, into) for each in value)
    elif is_dataclass(value) and not isinstance(value, type):
        changed = replace(value, **{field.name: _each_text(getattr(value, field.name), into) for field in fields(value)})
    return changed  # type: ignore[no-any-return]  # of the same type as what came in


def place_words(page: Page, place: Place) -> str:
    """A place with its sign before it; nothing where the page has no word for the place."""
    words = dict(page.places).get(place, "")
    first = _RIGHT_TO_LEFT if page.right_to_left else ""
    return f"{first}{_SIGNS[place]} {words}" if words else ""


def sign(of: Item | Legend) -> str:
    """The sign of what has one of its own: a tick for what was given, a dash for a day off, the place's in the legend."""
    if of.state is State.GIVEN:
        return _TICK
    return _SIGNS[of.place] if of.state is State.STANDS and (isinstance(of, Legend) or of.place is Place.OFF) else ""


def runs_left_to_right(words: str) -> bool:
    """Whether words have letters, and none that runs from right to left."""
    ways = {bidirectional(letter) for letter in words}
    return "L" in ways and not ways & {"R", "AL"}


def directions(words: str) -> Iterator[tuple[str, bool]]:
    """Words on a page that is written from right to left in pieces, each with whether it runs from left to right: `25 mg`."""
    if runs_left_to_right(words):
        yield words, True
        return
    end = 0
    for found in _LEFT_TO_RIGHT.finditer(words):
        if found.start() > end:
            yield words[end : found.start()], False
        yield found[0], True
        end = found.end()
    if end < len(words):
        yield words[end:], False


@lru_cache(maxsize=1000)
def width(text: str) -> int:
    """How many Latin letters a text is as wide as, at least one."""
    return max(1, len(text) if text.isascii() else sum(map(_letter_width, text)))


def _letter_width(letter: str) -> int:
    if category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(letter) in "WF" else 1


def lines_of(text: str, letters: int) -> int:
    """On how many lines a text stands where so many letters fit on one."""
    return sum(-(-width(line) // letters) for line in text.split("\n"))
