"""Any words in the PDF: as text, never as markup, over pages where they are long; or refused by the name of the letter."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dosing.errors import OutputError
from dosing.page import pdf as module
from dosing.page.language import languages
from dosing.page.model import Month, Page, Text
from dosing.page.pdf import to_pdf
from tests.page.pages import by_hand, drawn, made
from tests.page.pdfs import places, read, texts, visible

# Whatever is typed into a text, it is no markup.
MARKUP = '#panic("x") *b* _e_ $x$ = h \\u{41} "]); eval(1) @preview <l> {page} // c `r` ~ -- ...'
# Letters that the fonts of typst have, and marks that nobody sees.
LETTERS = st.text(st.sampled_from("abc 123äßéŁΩЖ#*_$`\\<>@=-~[]{}()\"'/\n\t\u00ad\u200b\u200e\u2066\u202e"), max_size=40)


def everywhere_but_below(words: str, *, footer: str = "footer") -> Page:
    """The words in all texts that aren't on every page."""
    return replace(by_hand(words), footer=(Text(footer),), page_of="{page} of {pages}", weekdays=(("d", "day"),) * 7)


@settings(max_examples=12)
@given(words=LETTERS)
@example(words=MARKUP)
@example(words="\u202e\u2066abc")
@example(words="a\r\nb\rc")
def test_any_words_come_out_as_text(words: str) -> None:
    if not visible(words):
        words += "."
    said = "".join(texts(to_pdf(by_hand(words))))
    # A line that was typed to run from right to left is drawn so: its letters are there, in that order.
    bare = visible(words)
    assert said.count(max(bare, key=bare.count)) >= 10
    if not re.search("[\u200e\u2066\u202e]", words):
        assert visible(said).count(bare) >= 10
    else:
        assert set(bare) <= set(said)


@pytest.mark.parametrize("right_to_left", [False, True])
def test_markup_is_text_in_every_place(right_to_left: bool) -> None:
    data = to_pdf(by_hand(MARKUP, right_to_left=right_to_left))
    metadata = read(data).metadata
    assert metadata is not None
    assert metadata.title == MARKUP
    assert set(visible(MARKUP)) <= set("".join(texts(data)))


@pytest.mark.parametrize(("words", "count"), [("x", 5000), ("x", 1200), ("many words ", 450), ("many words ", 90)])
def test_a_long_text_goes_over_pages_and_stays_on_them(words: str, count: int) -> None:
    """As a list of days, or as a week that is longer than a page."""
    page = replace(
        everywhere_but_below("short"), intro=(Text(words * count),), months=_month_with(words * count), diary=(), preparations=()
    )
    data = to_pdf(page)
    assert "".join(texts(data)).count(words.split()[0]) == 2 * count
    for number, sheet in enumerate(read(data).pages):
        assert all(0 < place < sheet.mediabox.width for place in places(data, number).values())


def _month_with(words: str) -> tuple[Month, ...]:
    """A month with the words in one of its items."""
    month = by_hand("short").months[0]
    days = tuple(
        day and replace(day, items=(replace(day.items[0], more=(Text(words),)),)) if number == 2 else day for number, day in _of(month)
    )
    return (replace(month, weeks=(days,)),)


def _of(month: Month) -> Iterator[tuple[int, Any]]:
    return enumerate(month.weeks[0])


def test_a_long_title_is_whole_on_the_first_page_and_short_below() -> None:
    title = "Treatment calendar - " + "a very long name " * 10
    found = texts(to_pdf(replace(made(drawn("krd", cycles=1)), title=title)))
    assert visible(title) in visible(found[0])
    assert visible(f"{title[:59]}\u2026") in visible(found[1])
    assert visible(title) not in visible(found[1])


def test_what_would_fill_every_page_is_refused() -> None:
    with pytest.raises(OutputError, match=r"^the PDF can't be made: what stands on every page is too long"):
        to_pdf(everywhere_but_below("words", footer="long " * 3000))


@pytest.mark.parametrize("letter", ["\0", "\x07", "\x1b", "\x85", "\ud800", "\ufffe"])
def test_letters_that_no_text_has_are_refused(letter: str) -> None:
    with pytest.raises(OutputError, match=rf"the letter U\+{ord(letter):04X} after 'a' can't stand in a PDF"):
        to_pdf(by_hand(f"a{letter}b"))


@pytest.fixture
def only_fonts_of_typst(monkeypatch: pytest.MonkeyPatch) -> None:
    fonts = module._fonts(of_computer=False)
    monkeypatch.setattr(module, "_fonts", lambda **_: fonts)


@pytest.mark.usefixtures("only_fonts_of_typst")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("한", "the letter '한' (U+D55C HANGUL SYLLABLE HAN): install Noto Sans KR or NanumGothic (Debian: fonts-nanum), or"),
        (
            "日本",
            "'日' (U+65E5 CJK UNIFIED IDEOGRAPH-65E5), '本' (U+672C CJK UNIFIED IDEOGRAPH-672C): install Noto Sans CJK (Debian: fonts-no",
        ),
        ("\U0001f489", "'\U0001f489' (U+1F489 SYRINGE): install Noto Color Emoji (Debian: fonts-noto-color-emoji), or write it"),
        ("กขคง", "'ค' (U+0E04 THAI CHARACTER KHO KHWAI) and 1 more: install the Noto font of its script (Debian: fonts-noto-core)"),
        ("\u0378", "the letter '\\u0378' (U+0378): install the Noto font"),
    ],
)
def test_a_letter_that_no_font_has_is_refused_by_name(words: str, message: str) -> None:
    with pytest.raises(OutputError, match=re.escape(message)):
        to_pdf(by_hand(words))


@pytest.mark.usefixtures("only_fonts_of_typst")
@pytest.mark.skipif("ko" not in languages(), reason="there is no Korean catalogue")
def test_a_language_without_a_font_says_what_to_install() -> None:
    with pytest.raises(OutputError, match=r"install Noto Sans KR or NanumGothic \(Debian: fonts-nanum\)"):
        to_pdf(made(drawn("krd", cycles=1), "ko"))


def test_letters_of_the_computers_fonts_are_used_where_typst_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fonts of the computer are asked only then: they differ, and reading them takes time."""
    asked: list[bool] = []
    fonts = module._fonts

    def note(*, of_computer: bool) -> Any:
        asked.append(of_computer)
        return fonts(of_computer=False)

    monkeypatch.setattr(module, "_fonts", note)
    to_pdf(by_hand("words"))
    assert asked == [False]
    with pytest.raises(OutputError):
        to_pdf(by_hand("한"))
    assert asked == [False, False, True]


def test_a_title_without_words_is_refused() -> None:
    with pytest.raises(OutputError, match=r"^the PDF can't be made: PDF/UA-1 error: heading title is empty$"):
        to_pdf(by_hand(""))


def test_a_long_name_keeps_its_order_on_a_page_from_right_to_left() -> None:
    """It is broken in parts; what ends a part stands behind it, and each part behind the one before."""
    page = replace(by_hand("\u0627", right_to_left=True), title="\u0627 Abcdefghijklmnopqrstuvwxyz-Zyxwvutsrqponmlkjihgfedcba, 7")
    found = places(to_pdf(page), 0)
    parts = [each for each in found if any(letter.isascii() and letter.isalpha() for letter in each)]
    assert "".join(parts).replace(" ", "").startswith("Abcdefghijklmnopqrstuvwxyz-Zyxwvutsrqponmlkjihgfedcba,"), found
