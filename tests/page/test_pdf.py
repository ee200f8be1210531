"""The PDF, read back with pypdf: tagged as PDF/UA-1 asks, in reading order, a month on a page, any letters as text, the same bytes.

Read with Poppler and qpdf too: pytest -m interop
"""

import builtins
import calendar
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dosing.errors import OutputError
from dosing.page.language import languages
from dosing.page.make import Leaflet
from dosing.page.model import Audience, Page, Text
from dosing.page.pdf import to_pdf
from tests.interop.seen import program
from tests.page.pages import LEAFLET, by_hand, changed, dense, drawn, invented, made
from tests.page.pdfs import NO_FONT, dense_pdf, operations, pdf_of, places, read, sizes, structure, texts, visible

# -- tags ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", languages())
def test_it_says_what_it_is_in_every_language(language: str) -> None:
    reader = read(pdf_of(language))
    root: Any = reader.trailer["/Root"]
    page = made(drawn("krd", cycles=2), language)
    assert root["/Lang"] == language
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"] == {"/DisplayDocTitle": True, "/Direction": "/R2L" if language == "ar" else "/L2R"}
    assert reader.metadata is not None
    assert reader.metadata.title == page.title
    assert str(reader.metadata.creation_date).startswith("2026-01-02 00:00:00")
    assert reader.xmp_metadata is not None
    assert "<pdfuaid:part>1</pdfuaid:part>" in reader.xmp_metadata.stream.get_data().decode()


def test_a_territory_stays_in_the_language() -> None:
    assert read(to_pdf(made(drawn("krd", cycles=1), "en-GB"))).trailer["/Root"]["/Lang"] == "en-GB"  # type: ignore[index]


def test_headings_lead_to_everything_and_skip_no_level() -> None:
    page = made(drawn("krd", cycles=2))
    headings = [(int(role[2]), node["/T"]) for role, node in structure(pdf_of("en")) if re.fullmatch("/H[1-6]", role)]
    assert [level for level, _ in headings].count(1) == 1
    assert headings[0] == (1, page.title)
    assert all(after - before <= 1 for (before, _), (after, _) in pairwise(headings))
    seconds = [title for level, title in headings if level == 2]
    assert seconds == [page.legend_title, *(each.title for each in page.sections), *(each.title for each in page.months), page.diary_title]
    assert [title for level, title in headings if level == 3] == [course.title for course in page.diary]
    assert [title for level, title in headings if level == 4] == [it.name.words for course in page.diary for it in course.medicines]


def test_a_month_is_a_table_whose_cells_know_their_day_of_the_week() -> None:
    page = made(drawn("krd", cycles=2))
    roles = [(role, node) for role, node in structure(pdf_of("en")) if role in ("/Table", "/TR", "/TH", "/TD")]
    starts = [number for number, (role, _) in enumerate(roles) if role == "/Table"]
    assert len(starts) == len(page.months)
    for month, start, end in zip(page.months, starts, [*starts[1:], len(roles)], strict=True):
        own = roles[start + 1 : end]
        assert [role for role, _ in own] == (["/TR"] + ["/TH"] * 7) + (["/TR"] + ["/TD"] * 7) * len(month.weeks)
        heads = [node for role, node in own if role == "/TH"]
        assert {each["/Scope"] for node in heads for each in node["/A"] if each["/O"] == "/Table"} == {"/Column"}
        names = [node["/ID"] for node in heads]
        cells = [each["/Headers"] for role, node in own if role == "/TD" for each in node["/A"] if each["/O"] == "/Table"]
        assert cells == [[name] for name in names] * len(month.weeks)


@pytest.mark.parametrize("language", languages())
def test_nothing_that_nobody_sees_stands_between_the_words(language: str) -> None:
    """Some readers lose what follows a blank that must not break, or a mark of direction."""
    data = pdf_of(language)
    instead = [
        operands[1]["/ActualText"]
        for number in range(len(read(data).pages))
        for operands, operator in operations(data, number)
        if operator == b"BDC" and "/ActualText" in operands[1]
    ]
    assert not [text for text in instead if not re.fullmatch("[()\u0600-\u06ff]+", text)], "Arabic vowels are joined to their letters so"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_everything_drawn_is_content_or_marked_as_decoration(language: str) -> None:
    data = pdf_of(language)
    for number in range(len(read(data).pages)):
        depth = 0
        for _, operator in operations(data, number):
            depth += {b"BDC": 1, b"BMC": 1, b"EMC": -1}.get(operator, 0)
            assert depth > 0 or operator not in (b"Tj", b"TJ", b"S", b"f", b"f*", b"B", b"Do")


def test_english_words_on_other_pages_say_that_they_are_english() -> None:
    assert "en" in {node.get("/Lang") for _, node in structure(pdf_of("de"))}
    assert {node.get("/Lang") for _, node in structure(pdf_of("en"))} == {None}


def _descriptors(data: bytes) -> Iterator[Any]:
    for page in read(data).pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            yield font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()


@pytest.mark.parametrize("language", languages())
def test_fonts_are_in_the_file(language: str) -> None:
    found = list(_descriptors(pdf_of(language)))
    assert found
    assert all({"/FontFile2", "/FontFile3"} & set(each) for each in found)


@pytest.mark.parametrize("language", sorted({"en", "de", "es", "fr"} & set(languages())))
def test_latin_letters_are_set_in_fonts_that_come_with_typst(language: str) -> None:
    """A page looks the same on every computer."""
    assert {each["/FontName"].split("+")[1].split("-")[0] for each in _descriptors(pdf_of(language))} == {"LibertinusSerif"}


# -- pages --------------------------------------------------------------------------------------------------------


def test_each_month_is_on_a_page_of_its_own_with_its_days_in_order() -> None:
    page = dense()
    found = texts(dense_pdf())
    for month, text in zip(page.months, found[1:], strict=False):
        assert text.startswith(month.title)
        year, number = next(day.date for week in month.weeks for day in week if day).timetuple()[:2]
        last = calendar.monthrange(year, number)[1]
        days = re.findall(r"^(\d{1,2})(?: Cycle \d+, day \d+)?$", text, re.MULTILINE)
        firsts = re.findall(r"^\d{1,2}(?: \d{1,2})+$", text, re.MULTILINE)
        inline = [day for line in firsts for day in line.split()]
        assert sorted(map(int, [*days, *inline])) == list(range(1, last + 1))
        assert days == sorted(days, key=int)
    assert found[len(page.months) + 1].startswith(page.diary_title)


def test_a_day_says_what_happens_first_in_the_clinic_and_then_at_home() -> None:
    january = texts(dense_pdf())[1]
    day = january[january.index("5 Cycle 1, day 1") : january.index("6 Cycle 1, day 2")]
    words = ["Clinic", "isatuximab", "into a vein", "carfilzomib", "Home", "pomalidomide", "1 capsule of 4 mg", "dexamethasone"]
    found = [day.index(word) for word in words]
    assert found == sorted(found)


def test_each_page_says_its_number_and_what_it_was_made_by() -> None:
    found = texts(pdf_of("en"))
    for number, text in enumerate(found, start=1):
        assert f"Page {number} of {len(found)}" in text
        assert "Made on Friday, January 2, 2026. It replaces the calendar of Saturday, December 20, 2025." in text
        assert "krd version 1 (3f9ac2b1); plan p017, change 3 (88ab01cd)" in text


@pytest.mark.parametrize("language", languages())
def test_no_line_ends_within_a_number_or_before_its_unit(language: str, tmp_path: Path) -> None:
    """`50` at the end of a line and `0 mg` on the next is a wrong dose."""
    if language in NO_FONT:
        pdf_of(language)
    page = replace(made(invented(tmp_path), language), diary=())
    said = "".join(texts(to_pdf(page))[1:])
    lines = [each.words for month in page.months for week in month.weeks for day in week if day for item in day.items for each in item.more]
    amounts = [found for line in lines for found in re.findall(r"\d+ mg", line)]
    assert {"500 mg", "150 mg", "8 mg"} == set(amounts)
    assert {amount: len(re.findall(rf"(?<!\d){amount}", said)) for amount in amounts} == {
        amount: amounts.count(amount) for amount in amounts
    }


def test_a_word_that_must_be_broken_is_not_broken_within_a_number() -> None:
    words = "cyclophosphamide-750mg/m2-day-1234567890-8-methylprednisolone and "
    said = texts(to_pdf(replace(by_hand("b"), intro=(Text(words * 20),))))[0]
    assert all(said.count(number) == 20 for number in ("750mg", "/m2", "-1234567890"))
    assert said.count("cyclophosphamide") < 20


def test_the_diary_has_a_box_for_each_dose(tmp_path: Path) -> None:
    page = made(invented(tmp_path))
    data = to_pdf(page)
    found = texts(data)
    assert len(found) == 1 + len(page.months) + 1
    boxes = sum(dose.boxes for course in page.diary for it in course.medicines for dose in it.doses)
    footer_line = 1
    assert sum(operator == b"S" for _, operator in operations(data, -1)) == boxes + footer_line
    assert all(dose.day in found[-1] for course in page.diary for it in course.medicines for dose in it.doses)


def test_what_was_given_and_what_was_not_is_said_in_words(tmp_path: Path) -> None:
    page = made(changed(tmp_path))
    said = visible("".join(texts(to_pdf(page))[1:-1]))
    tags = {item.tag for month in page.months for week in month.weeks for day in week if day for item in day.items}
    assert len(tags) > 4
    assert all(visible(tag) in said for tag in tags)


def test_a_page_without_medicines_at_home_has_no_diary() -> None:
    page = replace(made(drawn("krd", cycles=1)), diary=())
    assert page.diary_title not in "".join(texts(to_pdf(page)))


@pytest.mark.parametrize(("paper", "sides"), [("a4", {(595, 842), (842, 595)}), ("letter", {(612, 792), (792, 612)})])
def test_all_pages_are_sheets_of_one_size(paper: str, sides: set[tuple[int, int]]) -> None:
    found = {(round(page.mediabox.width), round(page.mediabox.height)) for page in read(to_pdf(dense(), paper=paper)).pages}
    assert len(found) == 1
    assert found <= sides


def test_sheets_stand_upright_where_months_are_long(tmp_path: Path) -> None:
    upright = read(to_pdf(made(invented(tmp_path)))).pages[0].mediabox
    flat = read(pdf_of("en")).pages[0].mediabox
    assert upright.width < upright.height
    assert flat.width > flat.height


def test_no_type_is_too_small_to_read() -> None:
    """Cycle and day are in the smallest type: four fifths of what the month is set in."""
    data = dense_pdf()
    assert all(min(sizes(data, number)) >= 6.4 for number in range(len(read(data).pages)))


def test_large_type_is_large_on_every_page() -> None:
    usual, large = dense_pdf(), dense_pdf(large=True)
    assert min(sizes(large, 1)) >= 8
    assert max(sizes(large, 0)) > max(sizes(usual, 0))
    assert len(texts(large)) > len(texts(usual))


def test_a_month_that_goes_on_says_so_and_repeats_the_days_of_the_week() -> None:
    found = texts(dense_pdf(large=True))
    first, second = found[1:3]
    assert first.startswith("January 2026")
    assert second.startswith("January 2026\nMonday")
    weeks = [re.findall(r"^(\d+) Cycle", text, re.MULTILINE) for text in (first, second)]
    assert [*weeks[0], *weeks[1]] == sorted([*weeks[0], *weeks[1]], key=int)
    assert int(weeks[1][0]) % 7 == 5, "a week goes to the next page as a whole: January 2026 has its Mondays on 5, 12, 19 and 26"


def test_a_month_with_too_many_words_is_a_list_of_days() -> None:
    page = made(drawn("isa-kpd", cycles=1, proxy=("nz-kpd", "isa-label")))
    long = Text("many words " * 60)
    wordy = tuple(
        tuple(day and replace(day, items=tuple(replace(item, more=(long,)) for item in day.items)) for day in week)
        for week in page.months[0].weeks
    )
    january = replace(page, months=(replace(page.months[0], weeks=wordy),))
    days = [day for week in january.months[0].weeks for day in week if day and day.items]
    headings = [node["/T"] for role, node in structure(to_pdf(replace(january, diary=()))) if role == "/H3"]
    assert [visible(each) for each in headings] == [visible(f"{day.spoken} {day.label}") for day in days]


def test_the_clinic_has_what_it_prepares_after_the_months_and_counts_of_medicines() -> None:
    page = made(drawn("krd", cycles=1), audience=Audience.CLINIC)
    data = to_pdf(page)
    headings = [(role, node["/T"]) for role, node in structure(data) if role in ("/H2", "/H3", "/H4")]
    wanted = [("/H2", page.preparation_title), *(("/H3", each.title.words) for each in page.preparations), ("/H2", page.diary_title)]
    assert headings[len(headings) - len(wanted) - 3 :][: len(wanted)] == wanted
    text = visible("".join(texts(data)))
    for each in page.preparations:
        assert visible(each.days.words) in text
        assert all(visible(line.words) in text for line in each.lines)


def test_under_the_last_month_stands_what_follows_on_the_same_sheet() -> None:
    page = made(drawn("krd", cycles=2))
    sheets = [visible(each) for each in texts(pdf_of("en"))]
    assert [visible(page.months[-1].after) in sheet for sheet in sheets] == [number == len(page.months) for number in range(len(sheets))]


def test_arabic_columns_go_from_right_to_left() -> None:
    page = made(drawn("krd", cycles=2), "ar")
    found = places(pdf_of("ar"), 1)
    across = [found[full] for _, full in page.weekdays]
    assert across == sorted(across, reverse=True)


# -- files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_same_page_is_the_same_bytes(language: str) -> None:
    assert to_pdf(made(drawn("krd", cycles=2), language)) == pdf_of(language)


def test_another_day_is_another_file() -> None:
    later = made(drawn("krd", cycles=2), leaflet=replace(LEAFLET, dated=date(2026, 1, 3)))
    assert to_pdf(later) != pdf_of("en")


def test_no_identity_but_the_one_that_was_asked_for() -> None:
    leaflet = Leaflet(date(2026, 1, 2), ("krd version 1",), label="Room 4")
    reader = read(to_pdf(made(drawn("krd", cycles=1), leaflet=leaflet)))
    assert reader.metadata is not None
    assert {key for key in reader.metadata if key not in ("/CreationDate", "/ModDate")} == {"/Title", "/Creator"}
    assert reader.metadata.title == "Treatment calendar - Room 4"


def test_another_paper_is_refused() -> None:
    with pytest.raises(OutputError, match=r"^there is no paper 'latter'; did you mean 'letter'\? \(there are a4, letter\)$"):
        to_pdf(by_hand(), paper="latter")


def test_without_typst_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name == "typst":
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(OutputError, match=r"^PDF needs typst: pip install 'dosing\[pdf\]'$"):
        to_pdf(by_hand())


# -- other readers ------------------------------------------------------------------------------------------------


def _run(tool: str, package: str, *args: str) -> str:
    command = [program(tool, f"apt-get install {package}"), *args]
    return subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8", errors="replace").stdout


@pytest.mark.interop
@pytest.mark.parametrize("language", languages())
def test_poppler_and_qpdf_find_nothing_wrong(language: str, tmp_path: Path) -> None:
    file = tmp_path / "page.pdf"
    file.write_bytes(pdf_of(language))
    page = made(drawn("krd", cycles=2), language)
    assert "No syntax or stream encoding errors found" in _run("qpdf", "qpdf", "--check", str(file))
    known = dict(re.findall(r"^(\w[\w ]*): +(.*)$", _run("pdfinfo", "poppler-utils", str(file)), re.MULTILINE))
    assert (known["Title"], known["Tagged"], known["JavaScript"], known["PDF version"]) == (page.title, "yes", "no", "1.7")
    fonts = _run("pdffonts", "poppler-utils", str(file)).splitlines()[2:]
    assert fonts
    assert all(re.search(r"Identity-H +yes +yes +yes ", line) for line in fonts), "embedded, a part of the font, with its letters named"


@pytest.mark.interop
@pytest.mark.parametrize("language", languages())
def test_a_screen_reader_hears_the_days_in_order(language: str, tmp_path: Path) -> None:
    """The order of the tags, which is not the order on the sheet. Poppler gives Arabic letters as they stand on it: these are left out."""
    file = tmp_path / "page.pdf"
    file.write_bytes(pdf_of(language))
    page = made(drawn("krd", cycles=2), language)
    heard = visible("".join(re.findall(r'^ +"(.*)"$', _run("pdfinfo", "poppler-utils", "-struct-text", str(file)), re.MULTILINE)))
    place = 0
    for words in (words for words in _in_order(page) if not re.search("[\u0600-\u06ff]", words)):
        place = heard.index(visible(words), place) + len(visible(words))


def _in_order(page: Page) -> Iterator[str]:
    yield page.title
    yield from (each.words for each in page.intro)
    yield page.legend_title
    yield from (each.words for each in page.legend)
    for section in page.sections:
        yield from (section.title, *(each.words for each in section.lines))
    for month in page.months:
        yield month.title
        yield from (full for _, full in page.weekdays)
        for day in (day for week in month.weeks for day in week if day):
            yield from (str(day.date.day), day.label)
            yield from (words for item in day.items for words in (item.what.words, item.tag, *(each.words for each in item.more)))
    yield from (page.diary_title, page.diary_intro)
    for course in page.diary:
        yield course.title
        for it in course.medicines:
            yield from (it.name.words, it.much.words, it.count, *(dose.day for dose in it.doses))
