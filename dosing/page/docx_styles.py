"""The styles of a Word file: all of its looks, so that a clinic changes them in one place.

The names are those of Word where it has one (`heading 1` is what makes a heading); the others say what they are for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import east_asian_width
from xml.sax.saxutils import quoteattr

from dosing.page.model import Page

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
# Fonts that come with Word, or that word processors know what to put in the place of; the last for the boxes to tick.
_LATIN, _ARABIC, _KOREAN, _BOXES = "Arial", "Arial", "Malgun Gothic", "Segoe UI Symbol"
_TEXT_POINTS = 12
DOSE_POINTS = 10.5
# Twentieths of a point, in a mm.
_TWIPS = 1440 / 25.4
_MOST_IN_LINE = 20


@dataclass(frozen=True, slots=True)
class _Style:
    """A style: its id, its name in Word, what its paragraphs and its letters look like in WordprocessingML, its size in points."""

    id: str
    name: str
    paragraph: str = ""
    letters: str = ""
    points: float = 0
    next: str = ""


def styles_xml(page: Page, *, points: float, dose_mm: float) -> str:
    """All styles as one `w:styles`; `points` is the size of letters in the days of a month, `dose_mm` the width of a dose in the diary."""
    parts = [
        f'<w:styles xmlns:w="{NAMESPACE}">',
        _defaults(page),
        _normal(page),
        *(_paragraph(style) for style in (*_ON_PAGES, _doses(dose_mm), *_in_days(points))),
        *(_character(style) for style in _characters(points)),
        _TABLES,
        "</w:styles>",
    ]
    return "".join(parts)


def settings_xml(page: Page) -> str:
    """What the file says of itself: made for Word 2013 and later, and its language."""
    language, other = quoteattr(page.language), quoteattr(_of_latin_letters(page))
    return (
        f'<w:settings xmlns:w="{NAMESPACE}"><w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/>'
        '<w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:compatSetting w:name="compatibilityMode" '
        'w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
        f"<w:themeFontLang w:val={other} w:eastAsia={language} w:bidi={language}/></w:settings>"
    )


def numbering_xml() -> str:
    """The one kind of list: with bullets."""
    return (
        f'<w:numbering xmlns:w="{NAMESPACE}"><w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="singleLevel"/>'
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:pStyle w:val="ListBullet"/>'
        '<w:lvlText w:val="\u2022"/><w:lvlJc w:val="left"/>'
        '<w:pPr><w:ind w:left="360" w:hanging="360"/></w:pPr></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )


def _defaults(page: Page) -> str:
    language, other = quoteattr(page.language), quoteattr(_of_latin_letters(page))
    return (
        f'<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="{_LATIN}" w:eastAsia="{_KOREAN}" w:hAnsi="{_LATIN}" w:cs="{_ARABIC}"/>'
        f"{_size(_TEXT_POINTS)}<w:lang w:val={other} w:eastAsia={language} w:bidi={language}/></w:rPr></w:rPrDefault>"
        "<w:pPrDefault/></w:docDefaults>"
    )


def _of_latin_letters(page: Page) -> str:
    """The language of words in Latin letters and of numbers, where the page has other letters.

    Were it the page's, LibreOffice would end a line within `150 mg` on a page in Korean, as between any two letters of that language.
    """
    wide = any(east_asian_width(letter) in "WF" for _, name in page.weekdays for letter in name)
    return "en" if wide or page.right_to_left else page.language


def _normal(page: Page) -> str:
    bidi = "<w:bidi/>" if page.right_to_left else ""
    return (
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/>'
        f'<w:pPr>{bidi}<w:spacing w:after="80"/></w:pPr></w:style>'
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/></w:style>'
    )


def _paragraph(style: _Style) -> str:
    following = f'<w:next w:val="{style.next}"/>' if style.next else ""
    return (
        f'<w:style w:type="paragraph" {_custom(style)}w:styleId="{style.id}"><w:name w:val="{style.name}"/><w:basedOn w:val="Normal"/>'
        f"{following}<w:qFormat/><w:pPr>{style.paragraph}</w:pPr><w:rPr>{style.letters}{_size(style.points)}</w:rPr></w:style>"
    )


def _character(style: _Style) -> str:
    return (
        f'<w:style w:type="character" {_custom(style)}w:styleId="{style.id}"><w:name w:val="{style.name}"/>'
        f"<w:qFormat/><w:rPr>{style.letters}{_size(style.points)}</w:rPr></w:style>"
    )


def _custom(style: _Style) -> str:
    return "" if style.name in _OF_WORD else 'w:customStyle="1" '


def _size(points: float) -> str:
    """A size of letters in half points, for all scripts."""
    return f'<w:sz w:val="{round(points * 2)}"/><w:szCs w:val="{round(points * 2)}"/>' if points else ""


_BOLD = "<w:b/><w:bCs/>"
_GREY = '<w:color w:val="505050"/>'
_OF_WORD = {"heading 1", "heading 2", "List Bullet", "footer"}
_CLINIC = '<w:shd w:val="clear" w:color="auto" w:fill="E3EDF7"/>'


def _headed(level: int, before: int, more: str = "") -> str:
    return f'<w:keepNext/>{more}<w:spacing w:before="{before}" w:after="80"/><w:outlineLvl w:val="{level - 1}"/>'


# On the pages, outside the days.
_ON_PAGES = (
    _Style("Heading1", "heading 1", _headed(1, 0, "<w:pageBreakBefore/>"), _BOLD, 18, "Normal"),
    _Style("Heading2", "heading 2", _headed(2, 160), _BOLD, 13, "Normal"),
    _Style("ListBullet", "List Bullet", '<w:numPr><w:numId w:val="1"/></w:numPr><w:spacing w:after="40"/><w:contextualSpacing/>'),
    _Style("Legend", "Legend", '<w:spacing w:after="40"/>'),
    _Style("After", "After", '<w:spacing w:before="60" w:after="0"/>', _BOLD, 10),
    _Style("Days", "Days", '<w:keepNext/><w:spacing w:after="40"/>', _GREY),
    _Style("Footer", "footer", '<w:spacing w:after="0"/>', _GREY, 8),
    _Style("ColumnHeading", "Column heading", '<w:keepNext/><w:spacing w:before="20" w:after="20"/>', _BOLD, 10),
    _Style("Medicine", "Medicine", '<w:spacing w:before="20" w:after="0"/>', _BOLD, 11),
    _Style("Much", "How much", '<w:spacing w:before="20" w:after="20"/>'),
    _Style("End", "End", '<w:spacing w:after="0" w:line="20" w:lineRule="exact"/>', "", 1),
)


def _doses(width_mm: float) -> _Style:
    """The doses of a line stand in columns, each so wide."""
    stops = "".join(f'<w:tab w:val="left" w:pos="{round(width_mm * number * _TWIPS)}"/>' for number in range(1, _MOST_IN_LINE))
    return _Style("Doses", "Doses", f'<w:tabs>{stops}</w:tabs><w:spacing w:before="20" w:after="20"/>', "", DOSE_POINTS)


def _in_days(points: float) -> Iterator[_Style]:
    """The lines of a day; those of the clinic have a ground beside their sign and word."""
    tight = '<w:spacing w:before="0" w:after="0"/>'
    yield _Style("Day", "Day", tight, "", points)
    yield _Style("Place", "Place", '<w:keepNext/><w:spacing w:before="20" w:after="0"/>', _GREY, points)
    yield _Style("Item", "Item", tight, _BOLD, points)
    yield _Style("More", "More", tight, "", points)
    yield _Style("PlaceClinic", "Place (clinic)", f'<w:keepNext/>{_CLINIC}<w:spacing w:before="20" w:after="0"/>', "", points)
    yield _Style("ItemClinic", "Item (clinic)", f"{_CLINIC}{tight}", _BOLD, points)
    yield _Style("MoreClinic", "More (clinic)", f"{_CLINIC}{tight}", "", points)
    yield _Style("DayOff", "Day off", tight, f"<w:i/><w:iCs/>{_GREY}", points)


def _characters(points: float) -> Iterator[_Style]:
    yield _Style("DayNumber", "Day number", "", _BOLD, points + 2)
    yield _Style("CycleDay", "Cycle and day", "", _GREY, max(points - 1, 7))
    yield _Style("NotGiven", "Not given", "", "<w:strike/>")
    yield _Style("State", "State", "", '<w:b w:val="0"/><w:bCs w:val="0"/><w:i/><w:iCs/>')
    yield _Style("MoreInLine", "More in line", "", '<w:b w:val="0"/><w:bCs w:val="0"/>')
    yield _Style("Box", "Box", "", f'<w:rFonts w:ascii="{_BOXES}" w:eastAsia="{_BOXES}" w:hAnsi="{_BOXES}" w:cs="{_BOXES}"/>', 14)


def _borders() -> str:
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    return "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="7F7F7F"/>' for side in sides)


def _table(id: str, name: str) -> str:
    return (
        f'<w:style w:type="table" w:customStyle="1" w:styleId="{id}"><w:name w:val="{name}"/><w:basedOn w:val="TableNormal"/><w:qFormat/>'
        f'<w:tblPr><w:tblBorders>{_borders()}</w:tblBorders><w:tblCellMar><w:top w:w="28" w:type="dxa"/><w:left w:w="85" w:type="dxa"/>'
        '<w:bottom w:w="28" w:type="dxa"/><w:right w:w="57" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        '<w:tblStylePr w:type="firstRow"><w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="E8E8E8"/></w:tcPr></w:tblStylePr></w:style>'
    )


_TABLES = (
    '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/>'
    '<w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/>'
    '<w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>' + _table("Calendar", "Calendar") + _table("Diary", "Diary")
)
