"""The spreadsheet, read back with openpyxl: the months, the list against the rows, the diary, any letters, the same bytes."""

import calendar
import re
import sys
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dosing.dose.schedule import DosedSchedule
from dosing.errors import OutputError
from dosing.export.columns import COLUMNS
from dosing.export.csv import to_csv
from dosing.export.rows import rows, text_of
from dosing.page import xlsx as module
from dosing.page.language import find_language
from dosing.page.make import Leaflet
from dosing.page.model import Audience, Page, Text
from dosing.page.xlsx import to_xlsx
from dosing.units import plain
from tests.page.pages import by_hand, changed, drawn, invented, made

LETTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
WORDS = st.text(LETTERS | st.sampled_from("\t\n=+-@'&<>_x0041_\u202e\U0001f48a"), max_size=60)
SCHEDULE = drawn("krd-asct", cycles=1)


def read(data: bytes) -> Any:
    return openpyxl.load_workbook(BytesIO(data))


def cells(sheet: Any) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def xml(data: bytes, name: str) -> str:
    with ZipFile(BytesIO(data)) as archive:
        return archive.read(name).decode()


# -- the calendar -------------------------------------------------------------------------------------------------


# Two cycles of krd-asct, and the look at the end of the six that there are.
MONTHS = (1, 2, 6)


def test_every_month_is_a_block_of_its_weeks() -> None:
    """The days are dates, and stand as the calendar module has them."""
    page = made(drawn("krd-asct", cycles=2))
    lines = cells(read(to_xlsx(page, drawn("krd-asct", cycles=2))).worksheets[0])
    titles = [month.title for month in page.months]
    starts = [number for number, line in enumerate(lines) if line[0] in titles]
    assert [lines[start][0] for start in starts] == titles
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(lines)], strict=True)):
        assert lines[start + 1] == list(calendar.day_name)
        weeks = [line for line in lines[start:end] if any(isinstance(cell, datetime) for cell in line)]
        wanted = calendar.Calendar().monthdatescalendar(2026, MONTHS[number])
        found = [[cell.date() if isinstance(cell, datetime) else None for cell in week] for week in weeks]
        assert found == [[day if day.month == MONTHS[number] else None for day in week] for week in wanted]


def test_a_day_says_where_what_and_how_much() -> None:
    lines = cells(read(to_xlsx(made(SCHEDULE), SCHEDULE)).worksheets[0])
    start = next(number for number, line in enumerate(lines) if line[0] == datetime(2026, 1, 5))  # noqa: DTZ001  # as openpyxl gives it
    assert [line[0] for line in lines[start + 1 : start + 9]] == [
        "Cycle 1, day 1",
        "\u25a0 Clinic",
        "carfilzomib",
        "into a vein",
        "\u25cb Home",
        "lenalidomide",
        "1 capsule of 25 mg",
        "dexamethasone",
    ]


def test_what_became_of_an_entry_is_said_and_shown(tmp_path: Path) -> None:
    schedule = changed(tmp_path)
    sheet = read(to_xlsx(made(schedule), schedule)).worksheets[0]
    found = {cell.value: cell.font.strike for row in sheet.iter_rows() for cell in row if cell.value}
    assert found["lenalidomide \u2013 paused"]
    assert found["carfilzomib \u2013 left out"]
    assert not found["\u2713 carfilzomib \u2013 given"]
    assert not found["lenalidomide"]
    assert [strike for words, strike in found.items() if str(words).startswith("Crossed out")] == [True]


def test_before_the_months_stands_all_that_the_page_says() -> None:
    page = made(SCHEDULE)
    first = [line[0] for line in cells(read(to_xlsx(page, SCHEDULE)).worksheets[0])]
    wanted = [page.title, *(text.words for text in page.intro)]
    for section in page.sections:
        wanted += [section.title, *(text.words for text in section.lines)]
    assert first[: len(wanted)] == wanted
    assert first[len(wanted)] == page.legend_title
    assert first[-len(page.footer) :] == [text.words for text in page.footer]


def test_each_month_is_printed_on_a_sheet_of_its_own() -> None:
    page = made(drawn("krd-asct", cycles=2))
    sheet = read(to_xlsx(page, drawn("krd-asct", cycles=2), paper="letter")).worksheets[0]
    titles = [
        number for number, (cell, *_) in enumerate(sheet.iter_rows(values_only=True)) if cell in {month.title for month in page.months}
    ]
    assert [each.id for each in sheet.row_breaks.brk] == titles
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 1)
    widths = sum(sheet.column_dimensions[letter].width for letter in sheet.column_dimensions)
    assert widths > 0
    heights = [sheet.row_dimensions[number].height for number in range(titles[0] + 3, titles[1] + 1)]
    assert all(heights)
    assert sum(heights) <= 505 * 100 / sheet.page_setup.scale


def test_a_month_that_has_no_room_is_printed_as_small_as_can_be_read() -> None:
    schedule = drawn("isa-kpd", cycles=1, proxy=("nz-kpd", "isa-label"))
    assert read(to_xlsx(made(schedule, audience=Audience.CLINIC), schedule)).worksheets[0].page_setup.scale == 60


def test_a_row_is_high_enough_for_what_stands_in_it() -> None:
    """Spreadsheets show half a text where it isn't."""
    page = replace(by_hand(), title="word " * 100, months=by_hand("word " * 15).months)
    sheet = read(to_xlsx(page, SCHEDULE)).worksheets[0]
    assert sheet.row_dimensions[1].height >= 3 * 16
    row = next(cell.row for row in sheet.iter_rows() for cell in row if cell.column == 2 and cell.value == "word " * 15)
    assert sheet.row_dimensions[row].height >= 3 * 12


@pytest.mark.parametrize(("code", "rtl"), [("en", False), ("ar", True)])
def test_direction(code: str, rtl: bool) -> None:
    book = read(to_xlsx(made(SCHEDULE, code), SCHEDULE))
    assert [bool(sheet.sheet_view.rightToLeft) for sheet in book.worksheets] == [rtl] * 3
    say = find_language(code).say
    assert book.sheetnames == [say("Calendar"), say("List"), say("Diary")]
    orders = {cell.value: cell.alignment.readingOrder for row in book.worksheets[0].iter_rows() for cell in row if cell.value}
    assert orders["carfilzomib"] == (1 if rtl else 0)
    assert orders[made(SCHEDULE, code).title] == (2 if rtl else 0)


# -- the list -----------------------------------------------------------------------------------------------------


def listed(data: bytes) -> list[list[object]]:
    return cells(read(data).worksheets[1])


def as_row(cells: list[object]) -> list[str]:
    """Cells as a line of CSV shows them; a spreadsheet reads whole numbers as such."""
    shown = []
    for cell in cells:
        value = cell.date() if isinstance(cell, datetime) else Decimal(repr(cell)) if isinstance(cell, (int, float)) else cell
        shown.append(text_of(value))  # type: ignore[arg-type]  # nothing else comes out of a spreadsheet
    return shown


def both(schedule: DosedSchedule) -> tuple[list[list[str]], list[list[str]]]:
    """The list as read back, and the rows."""
    header, *found = listed(to_xlsx(made(schedule), schedule))
    assert header == [column.name for column in COLUMNS]
    return [as_row(line) for line in found], [[text_of(cell) for cell in row.values()] for row in rows(schedule)]


def test_the_list_is_the_rows(tmp_path: Path) -> None:
    """Amounts, dates, statuses and notes, of a plan that changed, with what has no date at the end."""
    for schedule in (drawn("krd-asct", cycles=2), drawn("vmp"), changed(tmp_path), invented(tmp_path)):
        found, wanted = both(schedule)
        assert found == wanted
    assert to_csv(SCHEDULE).count("\r\n") == len(listed(to_xlsx(made(SCHEDULE), SCHEDULE)))


def test_numbers_are_written_as_they_print() -> None:
    """In the file itself, not only after a reader rounds them: 8.04 as a float is 8.039999999999999."""
    data = to_xlsx(made(SCHEDULE), SCHEDULE)
    written = set(re.findall(r"<v>([^<]*)</v>", xml(data, "xl/worksheets/sheet2.xml")))
    amounts = {plain(row["amount"]) for row in rows(SCHEDULE) if isinstance(row["amount"], Decimal)}
    assert "49.1" in amounts
    assert amounts <= written


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=5).map(lambda number: number.normalize()))
@example(Decimal("8.04"))
@example(Decimal("0"))
@example(Decimal("1E+3"))
@settings(max_examples=15)
def test_any_number_comes_back(number: Decimal) -> None:
    """All of its decimals are shown, in however narrow a column."""
    schedule = with_cell("amount", number)
    data = to_xlsx(made(SCHEDULE), schedule)
    cell = read(data).worksheets[1]["L2"]
    assert Decimal(repr(cell.value)) == number
    decimals = len(plain(number).partition(".")[2])
    assert cell.number_format == ("0." + "0" * decimals + "_0" if decimals else "0_0")
    assert f"<v>{plain(number)}</v>" in xml(data, "xl/worksheets/sheet2.xml")


@pytest.mark.parametrize(("number", "kind"), [("0.123456789012345", "n"), ("0.1234567890123456", "s"), ("123456789012345600", "s")])
def test_a_number_with_more_digits_than_a_spreadsheet_keeps_is_text(number: str, kind: str) -> None:
    cell = read(to_xlsx(made(SCHEDULE), with_cell("amount", Decimal(number)))).worksheets[1]["L2"]
    assert (cell.data_type, str(cell.value)) == (kind, number)


class _WithCell:
    """Stands for a schedule, one of whose rows has another value in a cell."""

    def __init__(self, name: str, value: object) -> None:
        self.name, self.value = name, value


def with_cell(name: str, value: object) -> Any:
    return _WithCell(name, value)


@pytest.fixture(autouse=True, scope="module")
def _rows_with_cells() -> Any:
    """`rows` of the spreadsheet know `with_cell`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "rows", lambda of: [rows(SCHEDULE)[0] | {of.name: of.value}] if isinstance(of, _WithCell) else rows(of))
        yield


@pytest.mark.parametrize("day", [date(1900, 3, 1), date(2026, 2, 28), date(9999, 12, 31)])
def test_days_are_days(day: date) -> None:
    cell = read(to_xlsx(made(SCHEDULE), with_cell("date", day))).worksheets[1]["A2"]
    assert cell.value.date() == day
    assert cell.number_format == "yyyy-mm-dd"


def test_days_on_which_spreadsheets_differ_are_refused() -> None:
    with pytest.raises(OutputError, match="don't agree on days before 1900-03-01, such as 1900-02-28"):
        to_xlsx(made(SCHEDULE), with_cell("measured_on", date(1900, 2, 28)))


@pytest.mark.parametrize("number", [1, 2])
def test_headings_stay_in_sight_are_printed_on_each_sheet_and_filter(number: int) -> None:
    sheet = read(to_xlsx(made(SCHEDULE), SCHEDULE)).worksheets[number]
    assert sheet.freeze_panes == "A2"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.auto_filter.ref == sheet.dimensions


# -- the diary ----------------------------------------------------------------------------------------------------


def test_the_diary_has_a_line_for_each_dose(tmp_path: Path) -> None:
    schedule = invented(tmp_path)
    page = made(schedule)
    _, *lines = cells(read(to_xlsx(page, schedule)).worksheets[2])
    assert lines == [
        [course.title, medicine.name.words, medicine.much.words or None, dose.day, " ".join("\u2610" * dose.boxes)]
        for course in page.diary
        for medicine in course.medicines
        for dose in medicine.doses
    ]
    assert "\u2610 \u2610" in {line[-1] for line in lines}


def test_the_clinic_has_what_it_prepares_and_counts_of_medicines() -> None:
    page = made(SCHEDULE, audience=Audience.CLINIC)
    book = read(to_xlsx(page, SCHEDULE))
    assert book.sheetnames == ["Calendar", "List", "Diary", "Preparation"]
    lines = [line for each in page.preparations for line in (each.title, each.days, *each.lines, Text(""))]
    assert [cell for (cell,) in cells(book.worksheets[3])] == [line.words for line in lines]
    each = page.diary[0].medicines[0]
    assert cells(book.worksheets[2])[1][1:] == [each.name.words, each.much.words, each.count]


def test_under_the_last_month_stands_what_follows() -> None:
    page = made(SCHEDULE)
    first = [line[0] for line in cells(read(to_xlsx(page, SCHEDULE)).worksheets[0])]
    assert page.months[-1].after
    assert first[-len(page.footer) - 1] == page.months[-1].after


def test_a_page_without_medicines_at_home_has_an_empty_diary() -> None:
    sheet = read(to_xlsx(replace(made(SCHEDULE), diary=()), SCHEDULE)).worksheets[2]
    assert sheet.max_row == 1


# -- any letters --------------------------------------------------------------------------------------------------


@settings(max_examples=20)
@example("=1+1\r\n&G&[Picture]&P\t\u202e {page} \U0001f9ea _x0041_ " + "long " * 1000)
@example('=HYPERLINK("http://example.org")')
@example("7 days")
@given(WORDS)
def test_any_words_come_back_as_text(words: str) -> None:
    wanted = words.replace("\r\n", "\n")
    for right_to_left in (False, True):
        data = to_xlsx(by_hand(words, right_to_left=right_to_left), with_cell("note", words))
        book = read(data)
        assert book.worksheets[1]["Q2"].value == (wanted or None)
        texts = [cell for sheet in (book.worksheets[0], *book.worksheets[2:]) for row in sheet.iter_rows() for cell in row if cell.value]
        assert {cell.data_type for cell in texts} <= {"s", "d"}
        assert sum(wanted in str(cell.value) for cell in texts) > 40 or not wanted.strip()
        for number in range(1, 5):
            assert not re.search("<f>|<hyperlink", xml(data, f"xl/worksheets/sheet{number}.xml"))


@pytest.mark.parametrize("letter", ["\x00", "\x0b", "\x1b", "\x85", "\uffff", "\ud800"])
def test_letters_that_no_file_can_hold_are_refused_by_name(letter: str) -> None:
    name = f"U\\+{ord(letter):04X} after 'before' can't stand in a spreadsheet"
    with pytest.raises(OutputError, match=name):
        to_xlsx(by_hand(f"before{letter}after"), SCHEDULE)
    with pytest.raises(OutputError, match=name):
        to_xlsx(by_hand(), with_cell("note", f"before{letter}after"))


def test_a_text_that_is_too_long_for_a_cell_is_refused() -> None:
    page = by_hand()
    assert to_xlsx(replace(page, intro=(Text("x" * 32_767),)), SCHEDULE)
    with pytest.raises(OutputError, match="a text of 32768 letters is too long for a spreadsheet: a cell holds 32767; it begins 'xxx"):
        to_xlsx(replace(page, intro=(Text("x" * 32_768),)), SCHEDULE)


# -- the file as a whole ------------------------------------------------------------------------------------------


def footer(page: Page) -> tuple[str, str]:
    """Left and right of the footer of the first sheet."""
    found = read(to_xlsx(page, SCHEDULE)).worksheets[0].oddFooter
    return str(found.left.text), str(found.right.text)


def test_every_printed_sheet_has_the_footer_with_its_number() -> None:
    page = made(SCHEDULE)
    left, right = footer(page)
    assert left.strip() == "\n".join(text.words for text in page.footer)
    assert right == "Page &P of &N"


def test_a_footer_runs_nothing_and_is_cut_where_excel_would_leave_it_out() -> None:
    """Excel's signs begin with an ampersand; 255 letters are the most that it takes, the pages' numbers first."""
    page = replace(made(SCHEDULE), footer=(Text("7 & 8 &G &[Picture]"), Text("\U0001f48a" * 300)), page_of="a & b {page}/{pages}")
    left, right = footer(page)
    assert left.strip().startswith("7 \uff06 8 \uff06G \uff06[Picture]\n\U0001f48a\U0001f48a")
    assert right == "a \uff06 b &P/&N"
    assert footer(replace(page, page_of="x" * 200 + "{page}{pages}"))[1] == "&P / &N"


def test_properties() -> None:
    page = made(SCHEDULE, leaflet=Leaflet(date(2025, 7, 3), ("krd",)))
    found = read(to_xlsx(page, SCHEDULE)).properties
    assert (found.title, found.creator, found.created.date()) == (page.title, "dosing", date(2025, 7, 3))


def test_the_same_page_is_the_same_bytes() -> None:
    page = made(SCHEDULE)
    data = to_xlsx(page, SCHEDULE)
    assert data == to_xlsx(replace(page), SCHEDULE)
    with ZipFile(BytesIO(data)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_another_paper_is_refused() -> None:
    with pytest.raises(OutputError, match=r"there is no paper 'a5' \(there are a4, letter\)"):
        to_xlsx(made(SCHEDULE), SCHEDULE, paper="a5")


def test_without_xlsxwriter_an_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(OutputError, match=r"spreadsheets need XlsxWriter: pip install 'dosing\[xlsx\]'"):
        to_xlsx(made(SCHEDULE), SCHEDULE)
