"""The Word file, read back as XML and with mammoth: headings, tables, languages, directions, any letters, the same bytes."""

import calendar
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import mammoth  # type: ignore[import-untyped]
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree, html  # type: ignore[import-untyped]

from dosing.errors import OutputError
from dosing.page.docx import to_docx
from dosing.page.docx_room import Grid, heights
from dosing.page.make import Leaflet
from dosing.page.model import Audience, Day, Item, Month, Page, Place, State, Text
from tests.page.pages import by_hand, changed, dense, drawn, made

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
LETTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
WORDS = st.text(LETTERS | st.sampled_from("\t\n&<>{}\u202e\u200f\U0001f48a"), max_size=60)


def part(data: bytes, name: str = "word/document.xml") -> Any:
    with ZipFile(BytesIO(data)) as archive:
        return etree.fromstring(archive.read(name))


def text_of(element: Any) -> str:
    """The text of a paragraph as it would be typed again."""
    signs = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}t": None}
    found = (each for each in element.iter() if each.tag in signs and each.getparent().tag == f"{W}r")
    return "".join(each.text or "" if each.tag == f"{W}t" else str(signs[each.tag]) for each in found)


def paragraphs(element: Any, style: str) -> list[str]:
    """The texts of all paragraphs with a style, by its id."""
    return [text_of(each) for each in element.iter(f"{W}p") if style_of(each) == style]


def style_of(paragraph: Any) -> str:
    found = paragraph.find(f"{W}pPr/{W}pStyle")
    return "" if found is None else str(found.get(f"{W}val"))


def months_of(body: Any) -> Iterator[tuple[str, Any]]:
    """The tables of months with the heading before each."""
    heading = ""
    for each in body:
        if each.tag == f"{W}p":
            heading = text_of(each)
        elif each.tag == f"{W}tbl" and each.find(f"{W}tblPr/{W}tblStyle").get(f"{W}val") == "Calendar":
            yield heading, each


# -- what is in it ------------------------------------------------------------------------------------------------


# Two cycles of krd-asct, and the look at the end of the six that there are.
MONTHS = (1, 2, 6)


def test_every_month_is_a_table_of_its_weeks() -> None:
    """Each day stands in its week and under its weekday, as the calendar module has it."""
    page = made(drawn("krd-asct", cycles=2))
    tables = list(months_of(part(to_docx(page))[0]))
    assert [heading for heading, _ in tables] == [month.title for month in page.months]
    for number, (_, table) in enumerate(tables):
        rows = [[text_of(cell[1]).partition(" ")[0] for cell in row.iter(f"{W}tc")] for row in table.iter(f"{W}tr")]
        assert rows[0] == list(calendar.day_name)
        weeks = calendar.monthcalendar(2026, MONTHS[number])
        assert [[int(cell or 0) for cell in row] for row in rows[1:]] == weeks


def test_a_day_says_where_what_and_how_much() -> None:
    table = dict(months_of(part(to_docx(made(drawn("krd-asct", cycles=1))))[0]))["January 2026"]
    cell = list(table.iter(f"{W}tc"))[14]
    assert [(style_of(each), text_of(each)) for each in cell.iter(f"{W}p")] == [
        ("Day", "5  Cycle 1, day 1"),
        ("PlaceClinic", "\u25a0 Clinic"),
        ("ItemClinic", "carfilzomib"),
        ("MoreClinic", "into a vein"),
        ("Place", "\u25cb Home"),
        ("Item", "lenalidomide"),
        ("More", "1\xa0capsule of 25\xa0mg"),
        ("Item", "dexamethasone"),
        ("More", "2\xa0tablets of 20\xa0mg"),
    ]


def test_what_became_of_an_entry_is_said_and_shown(tmp_path: Path) -> None:
    """A tick and a word for what was given; struck through and a word for what is not."""
    body = part(to_docx(made(changed(tmp_path))))[0]
    said = {text for style in ("Item", "ItemClinic") for text in paragraphs(body, style)}
    assert {"carfilzomib \u2013 left out", "lenalidomide \u2013 paused", "lenalidomide \u2013 stopped"} <= said
    assert any(text.startswith("\u2713 carfilzomib \u2013 given") for text in said)
    for run in body.iter(f"{W}r"):
        if text_of(run) in ("left out", "paused", "stopped"):
            name = run.getprevious().getprevious()
            assert name.find(f"{W}rPr/{W}rStyle").get(f"{W}val") == "NotGiven"
    assert any("moved from" in text for text in paragraphs(body, "MoreClinic"))


def test_headings_are_in_order() -> None:
    page = made(drawn("krd-asct", cycles=2))
    body = part(to_docx(page))[0]
    found = [(style_of(each), text_of(each)) for each in body.iter(f"{W}p") if style_of(each).startswith("Heading")]
    first = [("Heading2", title) for title in (*(section.title for section in page.sections), page.legend_title)]
    months = [("Heading1", month.title) for month in page.months]
    diary = [("Heading1", page.diary_title), *(("Heading2", course.title) for course in page.diary)]
    assert found == [("Heading1", page.title), *first, *months, *diary]


def test_another_reader_finds_headings_tables_and_heading_rows() -> None:
    """mammoth knows a heading by its style, and a heading row by its being repeated."""
    page = made(drawn("krd-asct", cycles=2))
    result = mammoth.convert_to_html(BytesIO(to_docx(page)))
    tree = html.fromstring(f"<div>{result.value}</div>")
    assert [each.text_content() for each in tree.iter("h1")] == [page.title, *(month.title for month in page.months), page.diary_title]
    tables = list(tree.iter("table"))
    assert len(tables) == len(page.months) + len(page.diary)
    assert all(len(table.findall("thead/tr")) == 1 for table in tables)
    assert {cell.tag for cell in tables[0].find("thead/tr")} == {"th"}
    assert [each.text_content() for each in tree.iter("li")] == [text.words for section in page.sections for text in section.lines]


def test_the_diary_has_a_box_for_each_dose() -> None:
    page = made(drawn("krd-asct", cycles=2))
    lines = paragraphs(part(to_docx(page))[0], "Doses")
    doses = [dose for course in page.diary for medicine in course.medicines for dose in medicine.doses]
    assert "\t".join(lines).replace("\xa0", " ").split("\t") == ["\u2610" * dose.boxes + f" {dose.day}" for dose in doses]


def test_the_clinic_has_what_it_prepares_and_counts_of_medicines() -> None:
    """Letters and days before the lines; no box to tick."""
    page = made(drawn("krd", cycles=1), "de", audience=Audience.CLINIC)
    body = part(to_docx(page))[0]
    titles = [each.title.words for each in page.preparations]
    assert [each for each in paragraphs(body, "Heading2") if each in titles] == titles
    assert paragraphs(body, "Days") == [each.days.words for each in page.preparations]
    lines = [line.words for each in page.preparations for line in each.lines]
    assert paragraphs(body, "ListBullet")[-len(lines) :] == lines
    assert paragraphs(body, "Doses") == [each.count for course in page.diary for each in course.medicines]
    assert "\u2610" not in "".join(body.itertext())
    days = next(each for each in body.iter(f"{W}p") if style_of(each) == "Days")
    assert [each.get(f"{W}val") for each in days.iter(f"{W}lang")] == ["en"]


def test_a_phase_is_named_in_its_language_before_its_cycle() -> None:
    page = made(drawn("isa-kpd", cycles=1, proxy=("nz-kpd", "isa-label")), "de")
    body = part(to_docx(page))[0]
    heading = next(each for each in body.iter(f"{W}p") if text_of(each) == "Induction - Zyklus 1")
    assert [each.get(f"{W}val") for each in heading.iter(f"{W}lang")] == ["en"]


def test_under_the_last_month_stands_what_follows() -> None:
    page = made(drawn("krd", cycles=1))
    assert paragraphs(part(to_docx(page))[0], "After") == [page.months[-1].after]


def test_a_page_without_medicines_at_home_has_no_diary() -> None:
    page = replace(made(drawn("krd-asct", cycles=1)), diary=())
    body = part(to_docx(page))[0]
    assert page.diary_title not in paragraphs(body, "Heading1")
    assert style_of(body[-2]) == "End"


def test_a_course_without_a_name_has_a_table_of_its_own() -> None:
    """Two tables with nothing between them are one."""
    page = made(drawn("krd-asct", cycles=2))
    nameless = replace(page, diary=tuple(replace(course, title="") for course in page.diary))
    body = part(to_docx(nameless))[0]
    assert all(each.getprevious().tag == f"{W}p" and each.getnext().tag == f"{W}p" for each in body.findall(f"{W}tbl"))
    captions = [each.get(f"{W}val") for each in body.iter(f"{W}tblCaption")]
    assert captions[-2:] == [page.diary_title] * 2


# -- how it is made -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_table_has_a_heading_row_that_is_repeated(language: str) -> None:
    """And no row is parted between two sheets, and each table has a name."""
    body = part(to_docx(made(drawn("krd-asct", cycles=1), language)))[0]
    tables = list(body.iter(f"{W}tbl"))
    assert tables
    for table in tables:
        rows = table.findall(f"{W}tr")
        assert [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows] == [True] + [False] * (len(rows) - 1)
        assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)
        assert table.find(f"{W}tblPr/{W}tblCaption").get(f"{W}val")
        assert (table.find(f"{W}tblPr/{W}bidiVisual") is not None) == (language == "ar")


def test_looks_are_styles() -> None:
    """Paragraphs have a style and nothing else; letters a style, a direction or a language; every style is in the file."""
    for page in (made(drawn("krd-asct", cycles=1), "ar"), by_hand()):
        data = to_docx(page)
        known = {each.get(f"{W}styleId") for each in part(data, "word/styles.xml").iter(f"{W}style")}
        for name in ("word/document.xml", "word/footer1.xml"):
            root = part(data, name)
            assert {child.tag for each in root.iter(f"{W}pPr") for child in each} <= {f"{W}pStyle"}
            assert {child.tag for each in root.iter(f"{W}rPr") for child in each} <= {f"{W}rStyle", f"{W}rtl", f"{W}lang"}
            used = {each.get(f"{W}val") for tag in ("pStyle", "rStyle", "tblStyle") for each in root.iter(f"{W}{tag}")}
            assert used <= known


@pytest.mark.parametrize(("code", "rtl"), [("en", False), ("de", False), ("ar", True), ("ko", False)])
def test_language_and_direction(code: str, rtl: bool) -> None:
    data = to_docx(made(drawn("krd-asct", cycles=1), code))
    styles = part(data, "word/styles.xml")
    lang = styles.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}lang")
    assert {lang.get(f"{W}{script}") for script in ("eastAsia", "bidi")} == {code}
    # Words in Latin letters among others are not in the page's language: what ends a line in that may part `25 mg`.
    assert lang.get(f"{W}val") == (code if code in ("en", "de") else "en")
    assert (styles.find(f"{W}style/{W}pPr/{W}bidi") is not None) == rtl
    # All other styles of paragraphs follow the first.
    assert {each.get(f"{W}val") for each in styles.iterfind(f"{W}style[@{W}type='paragraph']/{W}basedOn")} == {"Normal"}
    section = part(data)[0].find(f"{W}sectPr")
    assert (section.find(f"{W}bidi") is not None) == rtl
    assert section[-1].tag == f"{W}docGrid"
    with ZipFile(BytesIO(data)) as archive:
        assert f"<dc:language>{code}</dc:language>".encode() in archive.read("docProps/core.xml")


def test_words_of_another_language_say_so() -> None:
    body = part(to_docx(made(drawn("krd-asct", cycles=1), "de")))[0]
    runs = {text_of(run): run.find(f"{W}rPr/{W}lang") for run in body.iter(f"{W}r")}
    assert runs["carfilzomib"].get(f"{W}val") == "en"
    assert runs["in eine Vene"] is None


def test_amounts_run_from_left_to_right_in_arabic() -> None:
    body = part(to_docx(made(drawn("krd-asct", cycles=1), "ar")))[0]
    runs = {text_of(run).strip("\u200e\u200f"): run.find(f"{W}rPr/{W}rtl") is None for run in body.iter(f"{W}r")}
    assert runs["25 mg"]
    assert runs["lenalidomide"]
    assert not any(left_to_right for text, left_to_right in runs.items() if re.search("[\u0600-\u06ff]", text))


@pytest.mark.parametrize(("paper", "size"), [("a4", ("16838", "11906")), ("letter", ("15840", "12240"))])
def test_paper(paper: str, size: tuple[str, str]) -> None:
    section = part(to_docx(by_hand(), paper=paper))[0].find(f"{W}sectPr")
    found = section.find(f"{W}pgSz")
    assert found.get(f"{W}orient") == "landscape"
    assert all(abs(int(found.get(f"{W}{side}")) - int(twips)) <= 1 for side, twips in zip("wh", size, strict=True))


def test_another_paper_is_refused() -> None:
    with pytest.raises(OutputError, match=r"there is no paper 'lettr'; did you mean 'letter'\? \(there are a4, letter\)"):
        to_docx(by_hand(), paper="lettr")


def test_every_sheet_has_the_footer_with_its_number() -> None:
    page = made(drawn("krd-asct", cycles=1))
    data = to_docx(page)
    footer = part(data, "word/footer1.xml")
    assert paragraphs(footer, "Footer") == [*(text.words for text in page.footer), "Page 1 of 1"]
    assert [each.get(f"{W}instr") for each in footer.iter(f"{W}fldSimple")] == ["PAGE", "NUMPAGES"]
    references = list(part(data)[0].iter(f"{W}footerReference"))
    assert [each.get(f"{W}type") for each in references] == ["default"]


def test_each_heading_of_a_month_begins_a_sheet() -> None:
    styles = part(to_docx(by_hand()), "word/styles.xml")
    one, two = (styles.find(f"{W}style[@{W}styleId='Heading{level}']/{W}pPr") for level in (1, 2))
    assert one.find(f"{W}pageBreakBefore") is not None
    assert two.find(f"{W}pageBreakBefore") is None
    assert [each.find(f"{W}outlineLvl").get(f"{W}val") for each in (one, two)] == ["0", "1"]


def test_properties() -> None:
    with ZipFile(BytesIO(to_docx(made(drawn("krd-asct", cycles=1))))) as archive:
        core = archive.read("docProps/core.xml").decode()
        names = archive.namelist()
    assert "<dc:title>Treatment calendar</dc:title>" in core
    assert core.count("2026-01-02T00:00:00Z") == 2
    assert "python-docx" not in core
    assert not any("thumbnail" in name or "customXml" in name for name in names)


def test_a_long_title_is_cut_in_the_properties_alone() -> None:
    """They hold 255 letters."""
    for length, shown in ((255, "x" * 255), (256, "x" * 254 + "\u2026")):
        data = to_docx(replace(by_hand(), title="x" * length))
        with ZipFile(BytesIO(data)) as archive:
            assert f"<dc:title>{shown}</dc:title>" in archive.read("docProps/core.xml").decode()
        assert paragraphs(part(data)[0], "Heading1")[0] == "x" * length


def test_the_same_page_is_the_same_bytes() -> None:
    page = dense()
    assert to_docx(page) == to_docx(replace(page))
    with ZipFile(BytesIO(to_docx(page))) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


# -- room ---------------------------------------------------------------------------------------------------------


def sizes(page: Page) -> int:
    """Half points of the letters in a day."""
    styles = part(to_docx(page), "word/styles.xml")
    return int(styles.find(f"{W}style[@{W}styleId='More']/{W}rPr/{W}sz").get(f"{W}val"))


def grid(data: bytes) -> list[int]:
    return [int(each.get(f"{W}w")) for each in next(months_of(part(data)[0]))[1].iter(f"{W}gridCol")]


def test_letters_are_as_large_as_the_fullest_month_lets_them() -> None:
    assert sizes(made(drawn("kd-weekly", cycles=1))) > sizes(dense()) > sizes(by_hand("many words " * 150)) == 14


def test_the_days_that_need_it_are_wider_where_a_month_has_no_room() -> None:
    """And what to take then stands on the line of its medicine."""
    few, many = to_docx(made(drawn("krd-asct", cycles=1))), to_docx(dense())
    assert len(set(grid(few))) == 1
    widths = grid(many)
    assert widths[0] == max(widths) > 1.5 * min(widths)
    assert abs(sum(widths) - sum(grid(few))) < 20
    month = next(table for _, table in months_of(part(many)[0]))
    assert "carfilzomib into a vein" in paragraphs(month, "ItemClinic")
    assert "into a vein" not in paragraphs(month, "MoreClinic")


def test_a_month_is_estimated_by_its_fullest_days() -> None:
    """A day with its number, two places and two medicines with a line each, one of which has a word for its state and wraps."""
    items = (
        Item(Place.CLINIC, State.STANDS, Text("a" * 10), (Text("b" * 10),)),
        Item(Place.HOME, State.NOT_GIVEN, Text("c" * 10), (Text("d" * 10),), "e" * 10),
        Item(Place.OFF, State.STANDS, Text("f")),
    )
    empty, full = Day(date(2026, 1, 4), "", "", ()), Day(date(2026, 1, 5), "", "label", items)
    month = Month("", ((None, empty), (full, None)))
    # A cell of 42.5 mm has 40 mm for 21 letters of 10 points: day, clinic, home, a, b, c with e (2 lines), d, f.
    found = heights(month, Grid((0.45, 0.25)), points=10, width_mm=42.5 / 0.45)
    assert found == pytest.approx([10 * 0.415 + 2.5, 9 * 10 * 0.415 + 2.5])
    tight = heights(month, Grid((0.45, 0.25), tight=True), points=10, width_mm=42.5 / 0.45)
    # Day, clinic, home, a with b (2 lines), c with d and e (2 lines), f.
    assert tight == pytest.approx([10 * 0.415 + 2.5, 8 * 10 * 0.415 + 2.5])


# -- any letters --------------------------------------------------------------------------------------------------


def read_back(page: Page) -> list[str]:
    """All texts of the file in their order; blanks that hold a line together as blanks."""
    data = to_docx(page)
    texts = [text_of(each) for name in ("word/document.xml", "word/footer1.xml") for each in part(data, name).iter(f"{W}p")]
    return [text.replace("\xa0", " ") for text in texts]


@settings(max_examples=15)
@example("\r\n<w:p>&amp;\t\u202e {page} =1+1 \U0001f9ea " + "long " * 1000)
@example("25 mg \u0642\u0631\u0635 (2) x")
@given(WORDS)
def test_any_words_come_back(words: str) -> None:
    wanted = words.replace("\r\n", "\n").replace("\xa0", " ")
    for right_to_left in (False, True):
        texts = read_back(by_hand(words, right_to_left=right_to_left))
        assert texts[0] == wanted
        for text in texts:
            assert (
                wanted in text
                or wanted.replace("{page}", "1").replace("{pages}", "1") in text
                or text.strip(" \u2713\u200f") in ("", *map(str, range(5, 11)), "Medicine", "Each time", "Doses")
                or (re.fullmatch("[\u0600-\u06ff ]+", text))
            )


@pytest.mark.parametrize("letter", ["\x00", "\x0b", "\x1b", "\x7f", "\x85", "\ufffe", "\ud800"])
def test_letters_that_no_file_can_hold_are_refused_by_name(letter: str) -> None:
    name = f"U\\+{ord(letter):04X} after 'before' can't stand in a Word file"
    with pytest.raises(OutputError, match=name):
        to_docx(by_hand(f"before{letter}after"))


def test_without_python_docx_an_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(OutputError, match=r"Word files need python-docx: pip install 'dosing\[docx\]'"):
        to_docx(by_hand())


def test_the_date_is_the_pages_own() -> None:
    schedule = drawn("krd-asct", cycles=1)
    page = made(schedule, leaflet=Leaflet(date(2025, 7, 3), ("krd",)))
    with ZipFile(BytesIO(to_docx(page))) as archive:
        assert archive.read("docProps/core.xml").decode().count("2025-07-03T00:00:00Z") == 2
