"""A language: its gettext catalogue, its dates, its first weekday and its direction.

Catalogues are `locale/LANGUAGE.po`; English is the language of the messages themselves. Babel is an extra and is imported where it is used.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from dosing.errors import OutputError, nearest
from dosing.units import Quantity, plain

if TYPE_CHECKING:
    from babel import Locale

ENGLISH = "en"
_FOLDER = Path(__file__).parent / "locale"
# A line of a catalogue's head: somebody looked at the translation. Babel drops headers it does not know, so it is looked for in the text.
_REVIEWED = b'\n"X-Reviewed: yes\\n"'
_WEEK = 7
# An invisible letter (U+200E) that tells in which direction its neighbours run.
_LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
# A Monday.
_A_MONDAY = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Language:
    """What a page needs of a language; `reviewed` says whether a person who speaks it has looked at the translation."""

    locale: "Locale"
    translations: NullTranslations
    reviewed: bool

    @property
    def code(self) -> str:
        """The language as HTML and PDF name it: `de`, `en-GB`."""
        return str(self.locale).replace("_", "-")

    @property
    def right_to_left(self) -> bool:
        """Whether it is written from right to left."""
        return self.locale.text_direction == "rtl"

    def say(self, message: str, **values: object) -> str:
        """The message in this language, with the values in their places."""
        return self.translations.gettext(message).format(**values)

    def many(self, one: str, other: str, count: int, **values: object) -> str:
        """The message for that many, with `{count}` and the values in their places."""
        return self.translations.ngettext(one, other, count).format(count=count, **values)

    def left_to_right(self, words: str) -> str:
        """Words that run from left to right in every language: on a page in Arabic, `25 mg` would otherwise come out as `mg 25`."""
        return f"{_LEFT_TO_RIGHT}{words}{_LEFT_TO_RIGHT}" if self.right_to_left else words

    def quantity(self, quantity: Quantity) -> str:
        """`2,5 mg` where people write a comma: never with a sign between thousands, never in other digits than those of the box."""
        return str(quantity).replace(plain(quantity.value), plain(quantity.value).replace(".", self._decimal_sign()))

    def _decimal_sign(self) -> str:
        """What stands before the decimals where digits are 0 to 9; some languages have digits of their own too."""
        return str(self.locale.number_symbols["latn"]["decimal"])

    def month(self, day: date) -> str:
        """`January 2026`."""
        from babel.dates import format_skeleton

        return format_skeleton("yMMMM", day, locale=self.locale)

    def full_date(self, day: date) -> str:
        """`Monday, 5 January 2026` in the language's own order."""
        from babel.dates import format_date

        return format_date(day, "full", locale=self.locale)

    def short_date(self, day: date) -> str:
        """`Mon, Jan 5` in the language's own order."""
        from babel.dates import format_skeleton

        return format_skeleton("MMMEd", day, locale=self.locale)

    def weekdays(self) -> list[tuple[str, str]]:
        """The days of the week in the order of the language, each short and in full."""
        from babel.dates import format_date

        first = self._first_weekday()
        days = [_A_MONDAY + timedelta((first + number) % _WEEK) for number in range(_WEEK)]
        return [(format_date(day, "EEE", locale=self.locale), format_date(day, "EEEE", locale=self.locale)) for day in days]

    def column(self, day: date) -> int:
        """In which column of a month grid a day stands, from 0."""
        return (day.weekday() - self._first_weekday()) % _WEEK

    def _first_weekday(self) -> int:
        """The first day of the week, 0 for Monday; of a language without a territory, that of where it is most spoken; English: Monday."""
        from babel import Locale
        from babel.core import get_global

        if self.locale.territory or self.locale.language == ENGLISH:
            return int(self.locale.first_week_day)
        likely = Locale.parse(get_global("likely_subtags")[self.locale.language])
        return int(likely.first_week_day)


def languages() -> list[str]:
    """The languages that there are catalogues for, and English."""
    return sorted([ENGLISH, *(path.stem for path in _FOLDER.glob("*.po"))])


@cache
def find_language(code: str) -> Language:
    """The language of a code such as `de` or `en-GB`: the territory decides about dates and the first day of the week.

    Raises OutputError for one that there is no catalogue for, or that is no code, and where Babel is not installed.
    """
    try:
        from babel import Locale, UnknownLocaleError
    except ImportError:
        raise OutputError("pages to print need Babel: pip install 'dosing[pages]'") from None
    try:
        locale = Locale.parse(code.replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError):
        locale = None
    if locale is None or locale.language not in languages():
        raise OutputError(f"there is no language {code!r}{nearest(code, languages())} (there are {', '.join(languages())})")
    return _english(locale) if locale.language == ENGLISH else _read(locale)


def _english(locale: "Locale") -> Language:
    return Language(locale, NullTranslations(), reviewed=True)


def _read(locale: "Locale") -> Language:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    text = (_FOLDER / f"{locale.language}.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(text), locale=locale.language))
    compiled.seek(0)
    return Language(locale, GNUTranslations(compiled), reviewed=_REVIEWED in text)
