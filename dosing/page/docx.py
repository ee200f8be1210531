"""A page as a Word file for clinics that edit: all looks are styles, headings are headings, a month is a table with a heading row."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from dosing.errors import OutputError, nearest
from dosing.page.docx_room import LETTER_MM, LINE_MM, SIDES_MM, Grid, fit, heights, joined
from dosing.page.docx_styles import DOSE_POINTS, numbering_xml, settings_xml, styles_xml
from dosing.page.language import find_language
from dosing.page.model import Course, Day, Dose, Item, Legend, Medicine, Month, Page, Place, State, Text
from dosing.page.office import BOX, directions, lines_of, place_words, safe_page, sign, width

if TYPE_CHECKING:
    from docx.document import Document as WordFile
    from docx.oxml.xmlchemy import BaseOxmlElement
    from docx.section import Section as Pages
    from docx.table import Table, _Cell, _Row
    from docx.text.paragraph import Paragraph

_INTO = "a Word file"
# Sheets on their long side: width and height in mm.
PAPERS = {"a4": (297, 210), "letter": (279.4, 215.9)}
_MARGIN_MM, _TOP_MM, _FOOTER_MM = 10, 10, 6
_WEEK = 7
# The heading of a month and the names of its days.
_HEAD_MM = 18
_FOOTER_POINTS = 8
# Rows of a month that has room are so much of it higher, but no higher than this.
_SPREAD, _ROW_MAX_MM = 0.85, 32
# The diary: how wide its columns are, of the whole.
_DIARY = (0.15, 0.2, 0.65)
# What python-docx's own start of a file has and this one needs not: a picture of it, who wrote it with what, copies of its styles.
_NEEDLESS = ("/thumbnail", "/extended-properties", "/stylesWithEffects", "/customXml", "/webSettings")
_TITLE_LONGEST = 255
# A blank between a number and a word.
_LOOSE = re.compile(r"(?<=\d) (?=[^\W\d])")
_FIELDS = {"{page}": "PAGE", "{pages}": "NUMPAGES"}


def to_docx(page: Page, *, paper: str = "a4") -> bytes:
    """The page as a Word file, the same bytes for the same page; `paper` is a4 or letter, on its long side.

    Raises OutputError for another paper, for a letter that can't stand in such a file, and where python-docx is not installed.
    """
    try:
        from docx import Document
    except ImportError:
        raise OutputError("Word files need python-docx: pip install 'dosing[docx]'") from None
    if paper not in PAPERS:
        raise OutputError(f"there is no paper {paper!r}{nearest(paper, PAPERS)} (there are {', '.join(PAPERS)})")
    file = Document()
    _Writing(safe_page(page, into=_INTO), file, *PAPERS[paper]).write()
    raw = BytesIO()
    file.save(raw)
    return _timeless(raw)


def _timeless(raw: BytesIO) -> bytes:
    """The archive without the time at which it was written."""
    out = BytesIO()
    with ZipFile(raw) as given, ZipFile(out, "w", ZIP_DEFLATED) as made:
        for name in given.namelist():
            made.writestr(ZipInfo(name, (1980, 1, 1, 0, 0, 0)), given.read(name), ZIP_DEFLATED)
    return out.getvalue()


class _Writing:
    """One file being written: `width` and `height` of its sheets are in mm."""

    def __init__(self, page: Page, file: "WordFile", width: float, height: float) -> None:
        self.page, self.file, self.width, self.height = page, file, width, height
        self.bottom = _FOOTER_MM + self._footer_mm()
        self.room = height - _TOP_MM - self.bottom - _HEAD_MM
        self.points, self.grids = fit(page, height_mm=self.room, width_mm=width - 2 * _MARGIN_MM)
        self.in_line, self.dose_mm = self._dose_columns()

    def write(self) -> None:
        """Write everything into the file."""
        self._prepare()
        self._first()
        for month, grid in zip(self.page.months, self.grids, strict=True):
            self._month(month, grid)
        if self.page.preparations:
            self._preparations()
        if self.page.diary:
            self._diary()
        # What comes last must not be a table.
        self.file.add_paragraph(style="End")

    # -- the file as a whole --------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        file = self.file
        _replace(file.styles.element, styles_xml(self.page, points=self.points, dose_mm=self.dose_mm))
        _replace(file.settings.element, settings_xml(self.page))
        _replace(file.part.numbering_part.element, numbering_xml())
        for rels in (file.part.rels, file.part.package.rels):
            for id in [id for id, rel in rels.items() if rel.reltype.endswith(_NEEDLESS)]:
                rels.pop(id)
        self._properties()
        self._sheets(file.sections[0])

    def _properties(self) -> None:
        title, properties = self.page.title, self.file.core_properties
        properties.title = title if len(title) <= _TITLE_LONGEST else f"{title[: _TITLE_LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
        properties.language = self.page.language
        properties.author = properties.last_modified_by = "dosing"
        properties.comments = ""
        properties.created = properties.modified = datetime.combine(self.page.dated, time(), UTC)

    def _sheets(self, pages: "Pages") -> None:
        from docx.enum.section import WD_ORIENT
        from docx.shared import Mm

        pages.orientation = WD_ORIENT.LANDSCAPE
        pages.page_width, pages.page_height = Mm(self.width), Mm(self.height)
        pages.left_margin = pages.right_margin = Mm(_MARGIN_MM)
        pages.top_margin, pages.bottom_margin = Mm(_TOP_MM), Mm(self.bottom)
        pages.header_distance = pages.footer_distance = Mm(_FOOTER_MM)
        pages.gutter = Mm(0)
        if self.page.right_to_left:
            # What is in a section has an order, and the grid for its lines comes last.
            lines = pages._sectPr[-1]
            _put(pages._sectPr, "bidi")
            pages._sectPr.append(lines)
        self._footer(pages)

    def _footer(self, pages: "Pages") -> None:
        footer = pages.footer
        for paragraph in list(footer.paragraphs):
            paragraph._element.getparent().remove(paragraph._element)
        for line in self.page.footer:
            self._line(footer.add_paragraph(style="Footer"), line)
        numbers = footer.add_paragraph(style="Footer")
        for part in re.split(r"(\{pages?\})", self.page.page_of):
            if part in _FIELDS:
                field = _put(numbers._p, "fldSimple", instr=_FIELDS[part])
                _put(_put(field, "r"), "t").text = "1"
            else:
                self._line(numbers, part)

    # -- words ----------------------------------------------------------------------------------------------------

    def _line(self, paragraph: "Paragraph", text: Text | str, style: str | None = None) -> None:
        """Words at the end of a paragraph, with their language and direction where it isn't the paragraph's."""
        words, language = (text.words, text.language) if isinstance(text, Text) else (text, "")
        pieces = directions(words) if self.page.right_to_left and not language else [(words, True)]
        for piece, left_to_right in pieces:
            run = paragraph.add_run(piece, style)
            if not left_to_right:
                run.font.rtl = True
            if language:
                _put(run._r.get_or_add_rPr(), "lang", val=language)

    def _add(self, style: str, text: Text | str) -> None:
        """A paragraph of its own on the page."""
        self._line(self.file.add_paragraph(style=style), text)

    def _glued(self, text: Text) -> Text:
        """Numbers not parted from what they count, as half a dose is another dose.

        Not from right to left, where LibreOffice parts the letters of the unit instead.
        """
        return text if self.page.right_to_left else replace(text, words=_LOOSE.sub("\xa0", text.words))

    # -- before the months ----------------------------------------------------------------------------------------

    def _first(self) -> None:
        page = self.page
        self._add("Heading 1", page.title)
        for text in page.intro:
            self._add("Normal", text)
        for section in page.sections:
            self._add("Heading 2", section.title)
            for text in section.lines:
                self._add("List Bullet", text)
        self._add("Heading 2", page.legend_title)
        for legend in page.legend:
            self._legend(legend)

    def _legend(self, legend: Legend) -> None:
        paragraph = self.file.add_paragraph(style="Legend")
        if sign(legend):
            self._line(paragraph, f"{sign(legend)} ")
        self._line(paragraph, legend.words, "Not given" if legend.state is State.NOT_GIVEN else None)

    # -- months ---------------------------------------------------------------------------------------------------

    def _month(self, month: Month, grid: Grid) -> None:
        self._add("Heading 1", month.title)
        table = self._table("Calendar", month.title, len(month.weeks) + 1, grid.shares)
        rows = list(table.rows)
        self._headings(rows[0], [name for _, name in self.page.weekdays])
        needed = heights(month, grid, points=self.points, width_mm=self.width - 2 * _MARGIN_MM)
        spare = max(0, self.room - sum(needed)) * _SPREAD / len(needed)
        for row, week, height in zip(rows[1:], month.weeks, needed, strict=True):
            self._row(row, min(height + spare, _ROW_MAX_MM))
            for cell, day in zip(row.cells, week, strict=True):
                self._day(cell, day, tight=grid.tight)
        if month.after:
            self._add("After", month.after)

    def _day(self, cell: "_Cell", day: Day | None, *, tight: bool) -> None:
        head = cell.paragraphs[0]
        head.style = "Day"
        if day is None:
            return
        self._line(head, str(day.date.day), "Day number")
        if day.label:
            self._line(head, "  ")
            self._line(head, day.label, "Cycle and day")
        for place, items in groupby(day.items, key=lambda item: item.place):
            kind = " (clinic)" if place is Place.CLINIC else ""
            if words := place_words(self.page, place):
                self._line(cell.add_paragraph(style=f"Place{kind}"), words)
            for item in items:
                self._item(cell, item, kind, tight=tight)

    def _item(self, cell: "_Cell", item: Item, kind: str, *, tight: bool) -> None:
        paragraph = cell.add_paragraph(style="Day off" if item.place is Place.OFF else f"Item{kind}")
        if sign(item):
            self._line(paragraph, f"{sign(item)} ")
        self._line(paragraph, item.what, "Not given" if item.state is State.NOT_GIVEN else None)
        if item.tag:
            self._line(paragraph, " \N{EN DASH} ", "State")
            self._line(paragraph, item.tag, "State")
        if joined(item, tight=tight):
            self._line(paragraph, " ")
            self._line(paragraph, self._glued(item.more[0]), "More in line")
            return
        for text in item.more:
            self._line(cell.add_paragraph(style=f"More{kind}"), self._glued(text))

    # -- what the clinic prepares ---------------------------------------------------------------------------------

    def _preparations(self) -> None:
        self._add("Heading 1", self.page.preparation_title)
        for block in self.page.preparations:
            self._add("Heading 2", block.title)
            self._add("Days", block.days)
            for text in block.lines:
                self._add("List Bullet", text)

    # -- the diary ------------------------------------------------------------------------------------------------

    def _diary(self) -> None:
        self._add("Heading 1", self.page.diary_title)
        if self.page.diary_intro:
            self._add("Normal", self.page.diary_intro)
        for course in self.page.diary:
            # Without a paragraph between them, two tables are one.
            heading = self.file.add_paragraph(style="Heading 2" if course.heading else "End")
            for number, part in enumerate(course.heading):
                self._line(heading, " - " if number else "")
                self._line(heading, part)
            self._course(course)

    def _course(self, course: Course) -> None:
        say = find_language(self.page.language).say
        title = " - ".join(part.words for part in course.heading) or self.page.diary_title
        table = self._table("Diary", title, len(course.medicines) + 1, _DIARY)
        rows = list(table.rows)
        self._headings(rows[0], [say("Medicine"), say("Each time"), say("Doses")])
        for row, medicine in zip(rows[1:], course.medicines, strict=True):
            self._row(row)
            self._medicine(row, medicine)

    def _medicine(self, row: "_Row", medicine: Medicine) -> None:
        name, much, line = (cell.paragraphs[0] for cell in row.cells)
        name.style, much.style, line.style = "Medicine", "How much", "Doses"
        self._line(name, medicine.name)
        if medicine.doses:
            self._line(row.cells[0].add_paragraph(style="How much"), medicine.count)
        else:
            self._line(line, medicine.count)
        self._line(much, self._glued(medicine.much))
        for number, dose in enumerate(medicine.doses):
            if number and number % self.in_line == 0:
                line = row.cells[2].add_paragraph(style="Doses")
            elif number:
                self._line(line, "\t")
            self._dose(line, dose)

    def _dose(self, paragraph: "Paragraph", dose: Dose) -> None:
        """The boxes of one dose and its day, which no line's end parts."""
        self._line(paragraph, BOX * dose.boxes, "Box")
        self._line(paragraph, "\xa0" + dose.day.replace(" ", "\xa0"))

    # -- tables ---------------------------------------------------------------------------------------------------

    def _table(self, style: str, title: str, rows: int, shares: Sequence[float]) -> "Table":
        """A table over the width of the page whose first row is repeated on each sheet; `shares` are those of its columns."""
        from docx.enum.table import WD_TABLE_DIRECTION
        from docx.shared import Mm

        table: Table = self.file.add_table(rows, len(shares), style)
        table.autofit = False
        for column, share in zip(table.columns, shares, strict=True):
            column.width = Mm((self.width - 2 * _MARGIN_MM) * share)
            for cell in column.cells:
                cell.width = column.width
        if self.page.right_to_left:
            table.table_direction = WD_TABLE_DIRECTION.RTL
        _put(table._tblPr, "tblCaption", val=title)
        _put(table.rows[0]._tr.get_or_add_trPr(), "tblHeader")
        return table

    def _headings(self, row: "_Row", names: Iterable[str]) -> None:
        self._row(row)
        for cell, name in zip(row.cells, names, strict=True):
            cell.paragraphs[0].style = "Column heading"
            self._line(cell.paragraphs[0], name)

    def _row(self, row: "_Row", height: float = 0) -> None:
        """A row that stays on one sheet, and is at least so many mm high."""
        from docx.enum.table import WD_ROW_HEIGHT_RULE
        from docx.shared import Mm

        if height:
            row.height, row.height_rule = Mm(height), WD_ROW_HEIGHT_RULE.AT_LEAST
        _put(row._tr.get_or_add_trPr(), "cantSplit")

    # -- how high things are, about -------------------------------------------------------------------------------

    def _footer_mm(self) -> float:
        letters = int((self.width - 2 * _MARGIN_MM) / (_FOOTER_POINTS * LETTER_MM))
        lines = (*(text.words for text in self.page.footer), self.page.page_of)
        return sum(lines_of(line, letters) for line in lines) * _FOOTER_POINTS * LINE_MM + 1

    def _dose_columns(self) -> tuple[int, float]:
        """How many doses stand in a line of the diary, and how wide each is in mm."""
        doses = [dose for course in self.page.diary for medicine in course.medicines for dose in medicine.doses]
        letters = max((width(dose.day) + 2 * dose.boxes + 1 for dose in doses), default=1)
        room = (self.width - 2 * _MARGIN_MM) * _DIARY[-1] - SIDES_MM
        in_line = max(1, min(_WEEK, int(room / (letters * DOSE_POINTS * LETTER_MM))))
        return in_line, room / in_line


# -- XML that python-docx has no words for ------------------------------------------------------------------------


def _put(parent: "BaseOxmlElement", name: str, **attributes: str) -> "BaseOxmlElement":
    """A new element of WordprocessingML at the end of another."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    child = OxmlElement(f"w:{name}", {qn(f"w:{key}"): value for key, value in attributes.items()})
    parent.append(child)
    return child


def _replace(element: "BaseOxmlElement", xml: str) -> None:
    """What is in an element becomes what is in that XML."""
    from docx.oxml import parse_xml

    for child in list(element):
        element.remove(child)
    element.extend(list(parse_xml(xml)))
