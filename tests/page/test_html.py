"""HTML: frozen pages, the structure as another reader sees it, words from right to left, any words in every text, sizes on paper."""

import os
import re
from dataclasses import replace
from datetime import date
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree, html  # type: ignore[import-untyped]

import dosing
from dosing.errors import OutputError
from dosing.page.html import to_html
from dosing.page.model import Audience, Page, State
from tests.page.pages import by_hand, changed, dense, drawn, invented, made

_GOLDEN = Path(__file__).parent / "golden"
_VOID = {"meta", "path", "circle", "use"}
# Elements in which words stand one by one; their text is read as one.
_LINES = (
    *("title", "h1", "h2", "h3", "h4", "th", "s", ".intro p", ".lines li", ".legend li > span:last-child", ".date .spoken"),
    *(".label", ".where", ".tag", ".more", ".much", ".count", ".after", "footer p"),
)


def _read(page: Page, *, large: bool = False) -> Any:
    return html.document_fromstring(to_html(page, large=large))


def _texts(root: Any, css: str) -> list[str]:
    return [element.text_content() for element in root.cssselect(css)]


# -- frozen pages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "large"), [("krd", False), ("changed", True), ("invented", False), ("clinic", False)])
def test_the_pages_are_the_frozen_ones(name: str, large: bool, tmp_path: Path) -> None:
    """Without the style sheets. To renew them on purpose: DOSING_RENEW_GOLDEN=1 pytest tests/page, then read every line that differs."""
    page = {
        "krd": lambda: made(drawn("krd", cycles=1)),
        "changed": lambda: made(changed(tmp_path)),
        "invented": lambda: made(invented(tmp_path)),
        "clinic": lambda: made(drawn("krd", cycles=1), audience=Audience.CLINIC),
    }[name]()
    text = (
        re.sub(r"(<style[^>]*>).*?(</style>)", r"\1\2", to_html(page, large=large), flags=re.DOTALL)
        .replace("<td>", "<td>\n")
        .replace("<li", "\n<li")
    )
    text = text.replace(f"dosing {dosing.__version__}", "dosing VERSION")
    path = _GOLDEN / f"{name}.html"
    if os.environ.get("DOSING_RENEW_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="")
        pytest.fail(f"{path.name} is renewed; read what changed in it")
    assert text.splitlines() == path.read_text(encoding="utf-8").splitlines()


def test_the_same_page_is_the_same_text() -> None:
    assert to_html(by_hand()) == to_html(by_hand())


# -- structure ----------------------------------------------------------------------------------------------------


class _Strict(HTMLParser):
    """Every element that is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert len(found) == len(attrs)
        assert not any(name.startswith("on") for name in found)
        self.ids += filter(None, [found.get("id")])
        self.links += filter(None, [found.get("href"), found.get("src")])
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("large", [False, True])
def test_elements_are_closed_ids_are_unique_and_links_stay_on_the_page(large: bool) -> None:
    parser = _Strict()
    parser.feed(to_html(dense(), large=large))
    parser.close()
    assert parser.open == []
    assert len(set(parser.ids)) == len(parser.ids)
    assert {link[0] for link in parser.links} == {"#"}
    assert {link[1:] for link in parser.links} <= set(parser.ids)


def test_no_script_and_nothing_from_elsewhere() -> None:
    root = _read(dense())
    assert root.cssselect("script, link, img, iframe, object, embed, form, base") == []
    policy = root.cssselect("meta[http-equiv=Content-Security-Policy]")[0].get("content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert not re.search(r"url\(|@import|https?:|expression", "".join(style.text for style in root.cssselect("style")))


def test_headings_and_landmarks_are_in_order() -> None:
    root = _read(dense())
    levels = [int(element.tag[1]) for element in root.iter("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert [element.tag for element in root.cssselect("body > *")] == ["svg", "main", "footer"]
    assert [element.get("lang") for element in root.cssselect("html, body")] == ["en", None]


def test_a_month_is_a_table_with_a_caption_and_a_header_over_each_column() -> None:
    page = dense()
    tables = _read(page).cssselect("table")
    assert [_texts(table, "caption h2") for table in tables] == [[month.title] for month in page.months]
    for table, month in zip(tables, page.months, strict=True):
        assert [cell.get("scope") for cell in table.cssselect("thead th")] == ["col"] * 7
        assert _texts(table, "thead th") == [name for _, name in page.weekdays]
        rows = [[cell.cssselect("time") for cell in row.cssselect("td")] for row in table.cssselect("tbody tr")]
        seen = [[cell[0].get("datetime") if cell else None for cell in row] for row in rows]
        assert seen == [[str(day.date) if day else None for day in week] for week in month.weeks]


def test_every_day_has_its_things_under_the_name_of_their_place() -> None:
    """Read back from the page: place, state, what, word of the state and the lines under it."""
    page = by_hand("some words")
    names = dict(page.places)
    cells = _read(page).cssselect("tbody td")
    for cell, day in zip(cells, page.months[0].weeks[0], strict=True):
        things = [(place, thing) for place in cell.cssselect(".place") for thing in place.cssselect("li")]
        assert len(things) == (len(day.items) if day else 0)
        for (place, thing), item in zip(things, day.items if day else (), strict=True):
            assert place.get("class") == f"place {item.place.value}"
            assert _texts(place, ".where") == ([names[item.place]] if item.place in names else [])
            assert thing.get("class") == item.state.value
            assert (_texts(thing, ".what"), _texts(thing, ".tag")) == ([item.what.words], [item.tag])
            assert _texts(thing, ".more") == [text.words for text in item.more]


def test_each_sign_has_a_word_and_what_is_not_given_is_struck_through() -> None:
    """Nothing is said by colour or by a drawing alone."""
    root = _read(by_hand("some words"))
    for sign in root.cssselect("main .sign"):
        assert sign.get("aria-hidden") == "true"
        assert sign.getparent().getparent().text_content().strip()
    for thing in root.cssselect(".place li"):
        assert bool(thing.cssselect(".what s")) == (thing.get("class") == State.NOT_GIVEN.value)
        used = {use.get("href") for use in thing.cssselect("use")}
        state, off = thing.get("class"), "off" in thing.getparent().getparent().get("class")
        assert used == ({f"#{state}"} if state != "stands" else {"#off"} if off else set())


def test_a_page_that_does_not_name_its_places_has_their_signs() -> None:
    root = _read(replace(by_hand(), places=()))
    assert [use.get("href") for use in root.cssselect("td:nth-child(6) use")][:3] == ["#clinic", "#given", "#not-given"]
    assert root.cssselect(".where") == []


def test_the_day_is_a_number_to_see_and_a_date_to_hear() -> None:
    cell = _read(made(drawn("krd", cycles=1))).cssselect("td time[datetime='2026-01-05']")[0]
    assert [(span.get("class"), span.get("aria-hidden"), span.text_content()) for span in cell] == [
        ("number", "true", "5"),
        ("spoken", None, "Monday, January 5, 2026"),
    ]


def test_the_diary_has_its_boxes(tmp_path: Path) -> None:
    page = made(invented(tmp_path))
    root = _read(page)
    assert _texts(root, ".course h3") == [course.title for course in page.diary]
    assert [len(each.cssselect(".box")) for each in root.cssselect(".medicine")] == [28, 3, 1, 28, 3, 1]
    assert [text.strip() for text in _texts(root, ".medicine .doses li")][:2] == ["☐☐ Mon, Jan 5", "☐☐ Tue, Jan 6"]


def test_no_medicine_at_home_no_diary() -> None:
    root = _read(made(drawn("v", cycles=1)))
    assert root.cssselect(".diary, a[href='#diary']") == []


def test_a_medicine_whose_amount_is_not_said_has_no_line_for_it() -> None:
    page = by_hand()
    medicine = replace(page.diary[0].medicines[0], much=replace(page.diary[0].medicines[0].much, words=""))
    assert _read(replace(page, diary=(replace(page.diary[0], medicines=(medicine,)),))).cssselect(".much") == []


def test_the_footer_stands_under_each_sheet_and_once_on_the_screen() -> None:
    page = dense()
    root = _read(page)
    footers = [[line.text_content() for line in footer] for footer in root.cssselect("footer")]
    assert footers == [[text.words for text in page.footer]] * (len(root.cssselect(".sheet")) + 1)
    assert len(root.cssselect(".sheet")) == len(page.months) + 2


@pytest.mark.parametrize(("large", "width"), [(False, 64), (True, 88)])
def test_large_letters_and_the_width_below_which_it_is_a_list(large: bool, width: int) -> None:
    root = _read(made(drawn("krd", cycles=1)), large=large)
    assert (root.get("class") == "large") is large
    assert root.cssselect("style")[1].get("media") == f"screen and (max-width: {width}rem)"


def test_words_in_another_language_say_so() -> None:
    page = made(drawn("krd", cycles=1), "de")
    root = _read(page)
    assert (root.get("lang"), root.get("dir")) == ("de", "ltr")
    assert {bdi.get("lang") for bdi in root.cssselect(".what bdi, .intro p:first-child bdi, h4 bdi")} == {"en"}
    assert root.cssselect(".spoken bdi, .label bdi, .much bdi") == []


def test_phases_are_in_their_language_before_the_cycle() -> None:
    page = made(drawn("isa-kpd", cycles=1, proxy=("nz-kpd", "isa-label")), "de")
    heading = _read(page).cssselect(".course h3")[0]
    assert (heading.text_content(), [(bdi.get("lang"), bdi.text) for bdi in heading]) == ("Induction - Zyklus 1", [("en", "Induction")])


def test_what_the_clinic_prepares_stands_after_the_months() -> None:
    page = made(drawn("krd", cycles=1), "de", audience=Audience.CLINIC)
    root = _read(page)
    sheets = [sheet.get("class").split()[1] for sheet in root.cssselect(".sheet")]
    assert sheets == ["first", *["month"] * len(page.months), "preparation", "diary"]
    for block, wanted in zip(root.cssselect(".block"), page.preparations, strict=True):
        assert _texts(block, "h3") == [wanted.title.words]
        assert _texts(block, ".count") == [wanted.days.words]
        assert _texts(block, "li") == [line.words for line in wanted.lines]
        assert {bdi.get("lang") for bdi in block.cssselect("h3 bdi, .count bdi, li bdi")} == {"en"}
    assert root.cssselect(".box") == []
    assert _texts(root, "nav a")[-2:] == [page.preparation_title, page.diary_title]
    assert len(root.cssselect("#diary > .body > p")) == 0


def test_under_the_last_month_stands_what_follows() -> None:
    page = made(drawn("krd", cycles=1))
    assert _texts(_read(page), ".month .after") == [page.months[-1].after]


def test_the_numbers_of_pages_are_counted_by_the_browser() -> None:
    style = "".join(element.text for element in _read(by_hand("a/b")).cssselect("style"))
    assert r'content: "a\2f b " counter(page) " a\2f b " counter(pages) " a\2f b"; font' in style


# -- directions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("2 tablets of 20 mg each", ["2 tablets", "20 mg"]),
        ("1 capsule of 2.5 mg", ["1 capsule", "2.5 mg"]),
        ("38 °C", []),
        ("Ward 7: 030 23125 002 - call at once", ["030 23125 002"]),
        ("+49 (30) 123-4567", ["+49 (30) 123-4567"]),
        ("1 2 3", []),
        ("on 5 antidisestablishments", []),
        ("Monday, January 5, 2026", []),
    ],
)
def test_an_amount_stays_on_one_line(words: str, shown: list[str]) -> None:
    root = _read(by_hand(words))
    assert _texts(root, "h1 span.amount") == shown
    assert _texts(root, "h1") == [words]


@pytest.mark.parametrize(
    ("words", "apart"),
    [
        ("الممرضة: +49 30 1234567.", ["+49 30 1234567"]),
        ("الممرضة: 030 123 4567", ["030 123 4567"]),
        ("قرصان (2) بتركيز 20 mg و5 mg", ["20 mg", "5 mg"]),
        ("\u200e20 mg\u200e في اليوم", ["20 mg"]),
        ("pomalidomide: لا جرعة اليوم", ["pomalidomide"]),
        ("(isatuximab في الوريد)", ["isatuximab"]),
        ("تقويم - Anna O'Neil (3)", ["Anna O'Neil (3)"]),
        ("الدورة 2، اليوم 7", []),
        ("8 - 16 ساعة", []),
        ("Nurse, day and night: +49 30 1234567", ["Nurse, day and night: +49 30 1234567"]),
        ("krd version 1 (3f9ac2b1); dosing 0.1.0", ["krd version 1 (3f9ac2b1); dosing 0.1.0"]),
    ],
)
def test_on_a_page_from_right_to_left_names_amounts_and_numbers_to_call_keep_their_direction(words: str, apart: list[str]) -> None:
    root = _read(by_hand(words, right_to_left=True))
    assert root.get("dir") == "rtl"
    found = root.cssselect("h1 bdi")
    assert [(each.get("dir"), each.text_content()) for each in found] == [("ltr", each) for each in apart]
    assert _texts(root, "h1") == [words]


# -- any words ----------------------------------------------------------------------------------------------------

_HOSTILE = (
    "</style></title><script>alert(1)</script><!-- --><![CDATA[ ]]>&amp;&lt;&#0;",
    '"\' onload="x" `${1}` {page} {pages} %s {{7*7}}',
    "\u202e\u2066\u05e9\u05dc\u05d5\u05dd\u2069 \u200f\u061c a\u0301 \U0001f489\U0001f1e9\U0001f1ea",
    "a\r\nb\rc\nd\te",
    '\\000041 \\"; } * { display: none } /* ',
)
_REFUSED = ("\0", "\x01", "\x0b", "\x1b", "\x7f", "\x85", "\ud800", "\ufffe", "\U0001ffff")


@pytest.mark.parametrize("right_to_left", [False, True])
@pytest.mark.parametrize("words", [*_HOSTILE, "x" * 5000, "שלום <b>& " * 500, "\u0627\u0644 25 mg <i> " * 200])
def test_any_words_come_out_as_text(words: str, right_to_left: bool) -> None:
    _comes_back(words, right_to_left=right_to_left)


@settings(max_examples=60)
@example(words="{page} of {pages}", right_to_left=False)
@given(words=st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=60), right_to_left=st.booleans())
def test_other_words_come_out_as_text(words: str, right_to_left: bool) -> None:
    if not any(ord(letter) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(letter) <= 0xFDEF for letter in words):
        _comes_back(words, right_to_left=right_to_left)


def _comes_back(words: str, *, right_to_left: bool) -> None:
    root = _read(by_hand(words, right_to_left=right_to_left))
    for css in _LINES:
        assert set(_texts(root, css)) == {words}
    assert root.cssselect("nav")[0].get("aria-label") == words
    assert _elements(root) == _elements(_read(by_hand("x", right_to_left=right_to_left)))


def _elements(root: Any) -> list[str]:
    """The elements of the page, but those that keep an amount or a name together."""
    return [element.tag for element in root.iter(etree.Element) if element.tag not in ("bdi", "span")]


@pytest.mark.parametrize("letter", _REFUSED)
def test_a_letter_that_can_not_stand_in_html_is_refused_and_named(letter: str) -> None:
    with pytest.raises(OutputError, match=rf"the letter U\+{ord(letter):04X} after 'call ' can't stand in an HTML page: take it out"):
        to_html(by_hand(f"call {letter} now"))


def test_the_style_sheet_holds_any_words() -> None:
    """What the words of the page number become is read as CSS does: escapes are hexadecimal and end at a space."""
    for words in _HOSTILE:
        style = "".join(element.text for element in _read(by_hand(words)).cssselect("style"))
        content = re.search(r"content: (.*?); font", style)
        assert content
        strings = re.findall(r'"([^"]*)"', content[1])
        assert "<" not in content[1]
        told = [re.sub(r"\\([0-9a-f]+) ", lambda found: chr(int(found[1], 16)), string) for string in strings]
        assert "".join(told) == re.sub(r"\{pages?\}", "", by_hand(words).page_of)


# -- on paper -----------------------------------------------------------------------------------------------------


def _points(page: Page, *, large: bool = False) -> list[float]:
    return [float(size) for size in re.findall(r"--points: ([\d.]+)pt", to_html(page, large=large))]


def test_a_month_with_much_in_it_has_smaller_letters() -> None:
    sparse, full = _points(made(drawn("v", cycles=1))), _points(dense())
    assert sparse == [11]
    assert all(7 <= size < 11 for size in full)
    assert all(size >= 12 for size in _points(dense(), large=True))


def test_letters_that_are_wide_take_more_room() -> None:
    words = [_points(_filled(letter)) for letter in ("a", "가")]
    assert words[1] < words[0]


def _filled(letter: str) -> Page:
    """One thing on a day, of as many letters."""
    page = by_hand(letter * 12)
    return replace(
        page, months=tuple(replace(month, weeks=((*month.weeks[0][:2], None, None, None, None, None),) * 5) for month in page.months)
    )


def test_months_that_take_too_many_sheets_are_lists_on_paper_too() -> None:
    wide = _read(by_hand("many words " * 150)).cssselect("style")[1].get("media")
    assert wide == "print, screen and (max-width: 64rem)"


def test_the_page_of_a_day_long_ago_is_made_as_well() -> None:
    """The dates of a plan may be any."""
    page = made(drawn("v", cycles=1, start=date(1, 1, 1)))
    assert unescape(to_html(page)).count('datetime="0001-01-01"') == 1
