"""A page as a PDF that a screen reader can read (PDF/UA-1): typst sets it from `page.typ`, and refuses what would not be readable.

Pages in Latin letters are set in fonts that come with typst, so they look the same everywhere. Others need a font of the computer.
"""

import json
import re
from dataclasses import asdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from unicodedata import category, name

from dosing.errors import OutputError, nearest
from dosing.page.model import Page
from dosing.page.office import safe_page

if TYPE_CHECKING:
    from typst import Fonts, TypstError

PAPERS = ("a4", "letter")
_FOLDER = Path(__file__).parent
_TEMPLATE = "page.typ"
# Comes with typst, and has all letters of the languages that are not named below.
_LATIN = "Libertinus Serif"
# Fonts for other languages that have its letters and ours, the first of which is there: of Debian, Windows and macOS.
_FONTS = {
    "ar": (("Noto Sans", "Noto Sans Arabic"), ("Amiri",), ("Segoe UI",), ("Geeza Pro",), ("Arial",), ("DejaVu Sans",)),
    "ko": (("Noto Sans CJK KR",), ("Noto Sans KR",), ("NanumGothic",), ("Malgun Gothic",), ("Apple SD Gothic Neo",)),
}
# Which font to install for a letter: by the first word of the letter's name.
_TO_INSTALL = {
    "ARABIC": "Noto Sans Arabic and Noto Sans (Debian: fonts-noto-core)",
    "HANGUL": "Noto Sans KR or NanumGothic (Debian: fonts-nanum)",
    "CJK": "Noto Sans CJK (Debian: fonts-noto-cjk)",
    "HIRAGANA": "Noto Sans CJK (Debian: fonts-noto-cjk)",
    "KATAKANA": "Noto Sans CJK (Debian: fonts-noto-cjk)",
}
_ANY_FONT = "the Noto font of its script (Debian: fonts-noto-core)"
_EMOJI = "Noto Color Emoji (Debian: fonts-noto-color-emoji)"
# How many letters an error shows.
_SHOWN = 3
_WITHOUT_FONT = re.compile(r'the text `"(.*?)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")


def to_pdf(page: Page, *, paper: str = "a4", large: bool = False) -> bytes:
    """The page as a PDF, the same bytes for the same page and fonts; `paper` is a4 or letter, `large` sets larger type on more pages.

    Raises OutputError for another paper, for a letter that can't stand in a PDF or that no font has, and where typst is not installed.
    """
    try:
        from typst import TypstError
    except ImportError:
        raise OutputError("PDF needs typst: pip install 'dosing[pdf]'") from None
    if paper not in PAPERS:
        raise OutputError(f"there is no paper {paper!r}{nearest(paper, PAPERS)} (there are {', '.join(PAPERS)})")
    safe = safe_page(page, into="a PDF")
    wanted = _FONTS.get(_language(page), ())
    # The computer's own fonts are read only where the page needs them: that takes time, and they differ from one computer to the next.
    try:
        return _set(safe, _fonts(of_computer=bool(wanted)), paper=paper, large=large)
    except TypstError as error:
        if wanted:
            raise _explained(error) from None
    try:
        return _set(safe, _fonts(of_computer=True), paper=paper, large=large)
    except TypstError as error:
        raise _explained(error) from None


def _language(page: Page) -> str:
    return page.language.split("-")[0]


@cache
def _fonts(*, of_computer: bool) -> "Fonts":
    from typst import Fonts

    return Fonts(include_system_fonts=of_computer)


def _set(page: Page, fonts: "Fonts", *, paper: str, large: bool) -> bytes:
    from typst import Compiler

    # The folder is the only one that a template could read from, and this one reads nothing.
    compiler = Compiler((_FOLDER / _TEMPLATE).read_bytes(), root=_FOLDER, font_paths=fonts)
    data = json.dumps(_data(page, fonts, paper=paper, large=large), default=date.isoformat)
    return cast("bytes", compiler.compile(format="pdf", pdf_standards="ua-1", sys_inputs={"page": data}, timestamp=0))


def _data(page: Page, fonts: "Fonts", *, paper: str, large: bool) -> dict[str, Any]:
    """What the template reads: the page, and how to set it."""
    known = set(fonts.families())
    families = [*next((wanted for wanted in _FONTS.get(_language(page), ()) if known.issuperset(wanted)), ()), _LATIN]
    regions = [part for part in page.language.split("-")[1:] if len(part) == 2]  # GB, not Hant
    made_on = {"year": page.dated.year, "month": page.dated.month, "day": page.dated.day}
    how = {"paper": paper, "large": large, "fonts": families, "lang": _language(page), "region": next(iter(regions), None)}
    return {**asdict(page), **how, "made_on": made_on}


def _explained(error: "TypstError") -> OutputError:
    """The compiler's error in our words: which letters have no font, and what to install."""
    found = (_ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)[0] for text in _WITHOUT_FONT.findall(error.diagnostic))
    letters = list(dict.fromkeys(found))
    if not letters:
        return OutputError(f"the PDF can't be made: {error.message.removeprefix('assertion failed: ')}")
    shown = ", ".join(f"{letter!r} (U+{ord(letter):04X}{_called(letter)})" for letter in letters[:_SHOWN])
    more = f" and {len(letters) - _SHOWN} more" if len(letters) > _SHOWN else ""
    fonts = " and ".join(dict.fromkeys(_to_install(letter) for letter in letters))
    return OutputError(f"no font on this computer is for the letter {shown}{more}: install {fonts}, or write it in other letters")


def _called(letter: str) -> str:
    return f" {name(letter)}" if name(letter, "") else ""


def _to_install(letter: str) -> str:
    usual = _EMOJI if category(letter) == "So" else _ANY_FONT
    return _TO_INSTALL.get(name(letter, "").split(" ")[0], usual)
