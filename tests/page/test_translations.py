"""Languages: plural forms against those of CLDR, words from right to left, whether a translation was reviewed, what is not translated."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from babel import Locale
from babel.numbers import format_decimal

from dosing.page import language as module
from dosing.page.language import find_language
from dosing.units import Quantity

# The forms of a catalogue in their order, in CLDR's words (French and Spanish have one more from a million on).
_FORMS = {
    "es": ("one", "other"),
    "de": ("one", "other"),
    "fr": ("one", "other"),
    "ko": ("other",),
    "ar": ("zero", "one", "two", "few", "many", "other"),
}
_HEAD = """msgid ""
msgstr ""
"Language: de\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"X-Reviewed: {reviewed}\\n"

msgid "given"
msgstr "gegeben"
"""


@pytest.mark.parametrize("code", _FORMS)
def test_the_form_of_a_number_is_that_of_cldr(code: str) -> None:
    """Arabic says 3 and 103 otherwise than 11 and 111, and 100 to 102 otherwise again."""
    forms = _FORMS[code]
    # gettext keeps the rule as a function of the number
    choose = find_language(code).translations.plural  # type: ignore[attr-defined]
    plural = Locale.parse(code).plural_form
    assert [forms[choose(count)] for count in range(1200)] == [plural(count) for count in range(1200)]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "كبسولة واحدة (1)"),
        (2, "كبسولتان (2)"),
        (3, "3 كبسولات"),
        (10, "10 كبسولات"),
        (11, "11 كبسولة"),
        (100, "100 كبسولة"),
        (103, "103 كبسولات"),
    ],
)
def test_capsules_in_arabic(count: int, words: str) -> None:
    """The digit stands in every form, the dual too: it is what is read in a hurry."""
    language = find_language("ar")
    strength = language.left_to_right("25 mg")
    assert language.many("{count} capsule of {strength}", "{count} capsules of {strength}", count, strength=strength) == (
        f"{words} بتركيز \u200e25 mg\u200e"
    )


@pytest.mark.parametrize(("code", "shown"), [("ar", "\u200e25 mg\u200e"), ("de", "25 mg"), ("en", "25 mg")])
def test_an_amount_runs_from_left_to_right(code: str, shown: str) -> None:
    """Without the marks, a page from right to left shows `mg 25`."""
    assert find_language(code).left_to_right("25 mg") == shown


@pytest.mark.parametrize("code", ["en", "de", "de-CH", "es", "es-MX", "fr", "ko", "ar", "ar-EG", "ar-MA"])
@pytest.mark.parametrize("number", ["2.5", "100", "1250", "12345.678", "0.0001"])
def test_numbers_have_the_sign_of_cldr_western_digits_and_nothing_between_thousands(code: str, number: str) -> None:
    """As Babel formats them with that sign: another way than ours."""
    locale = Locale.parse(code, sep="-")
    wanted = format_decimal(Decimal(number), locale=locale, group_separator=False, decimal_quantization=False, numbering_system="latn")  # type: ignore[call-arg]  # older stubs
    shown = find_language(code).quantity(Quantity(Decimal(number), "mg"))
    assert shown == f"{wanted} mg"
    assert re.fullmatch("[0-9]+([.,][0-9]+)? mg", shown)


@pytest.mark.parametrize(("header", "reviewed"), [("yes", True), ("no", False), ("yes, soon", False)])
def test_a_translation_is_reviewed_only_where_it_says_so(
    header: str, reviewed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a catalogue lacks is English."""
    (tmp_path / "de.po").write_text(_HEAD.format(reviewed=header), encoding="utf-8")
    monkeypatch.setattr(module, "_FOLDER", tmp_path)
    find_language.cache_clear()
    try:
        language = find_language("de-AT")
    finally:
        find_language.cache_clear()
    assert language.reviewed is reviewed
    assert (language.say("given"), language.say("paused")) == ("gegeben", "paused")


def test_english_needs_no_review() -> None:
    """English is the language of the messages."""
    assert find_language("en").reviewed
