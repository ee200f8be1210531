"""Dose bands: tables that give one standard dose to every amount from a bound to below the next.

The form is that of NHS England's national dose-banding tables in their column "To (A) <": the lower bound is in the band, the upper is not,
so that an amount on the step between two bands goes to the upper one. No table ships with the library; a site brings its own.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from dosing.errors import Problem, RegimenFileError
from dosing.units import Quantity, parse_amount, parse_number, plain

MAX_BYTES = 1_000_000
_NUMBERS = ("from", "below", "band")
_FORMS = "from,below,band,unit or from_mg,below_mg,band_mg with one unit"


@dataclass(frozen=True, slots=True)
class Band:
    """One band: amounts from `lower` (in) to `upper` (out) become `dose`, all in the unit of the table."""

    lower: Decimal
    upper: Decimal
    dose: Decimal


@dataclass(frozen=True, slots=True)
class BandTable:
    """Bands without gap or overlap, smallest first; `unit` holds for all their numbers."""

    name: str
    unit: str
    bands: tuple[Band, ...]

    @property
    def lower(self) -> Quantity:
        """The first amount in the table."""
        return Quantity(self.bands[0].lower, self.unit)

    @property
    def upper(self) -> Quantity:
        """The end of the table: the first amount above it that is no longer in."""
        return Quantity(self.bands[-1].upper, self.unit)

    def find(self, amount: Quantity) -> Band | None:
        """The band of a flat amount; None outside the table.

        Of a table from 1.75 mg to below 1.90 mg, 1.75 mg is in and 1.90 mg is out. Raises ValueError for a unit of another kind.
        """
        value = amount.to(self.unit)
        return next((band for band in self.bands if band.lower <= value < band.upper), None)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the file: its line and its cells by column, without the unit."""

    line: int
    cells: dict[str, str]
    unit: str


def read_table(data: bytes, *, name: str, file: str) -> BandTable:
    """The band table in a file's bytes. Raises RegimenFileError, also where it is too large or not UTF-8."""
    if len(data) > MAX_BYTES:
        raise RegimenFileError([Problem(file, 0, "", f"a band table has at most {MAX_BYTES:,} bytes")])
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RegimenFileError([Problem(file, line, "", "not valid UTF-8; save the file as UTF-8")]) from None
    return read_bands(text, name=name, file=file)


def read_bands(text: str, *, name: str, file: str) -> BandTable:
    """The table in a CSV text with the header `from,below,band,unit`, or `from_mg,below_mg,band_mg` with any one unit.

    `name` is what a policy calls the table (`bands NAME`), `file` what a message calls the text. Numbers are plain decimals above zero.
    Raises RegimenFileError with every problem found, each with its line.
    """
    problems: list[Problem] = []
    rows = list(_rows(text, file, problems))
    unit = _unit(rows, file, problems)
    bands = _bands(rows, file, problems)
    if not problems and not bands:
        problems.append(Problem(file, 1, "", f"no bands; write the header {_FORMS}, and a row for each band below it"))
    if problems:
        raise RegimenFileError(problems)
    return BandTable(name, unit, tuple(bands))


def _rows(text: str, file: str, problems: list[Problem]) -> Iterator[_Row]:
    """The rows under the header that have as many cells; blank lines are passed over."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    columns: tuple[list[str], str] | None = None
    try:
        for cells in filter(None, reader):
            if columns is None:
                columns = _columns(cells)
                if columns is None:
                    message = f"the columns are {','.join(cells)}; they must be {_FORMS}"
                    problems.append(Problem(file, reader.line_num, "", message))
                    return
            elif len(cells) != len(columns[0]):
                message = f"{len(cells)} cells under {len(columns[0])} columns; write numbers without a comma"
                problems.append(Problem(file, reader.line_num, "", message))
            else:
                named = dict(zip(columns[0], cells, strict=True))
                yield _Row(reader.line_num, named, named.pop("unit", columns[1]))
    except csv.Error as error:
        problems.append(Problem(file, reader.line_num, "", f"not CSV: {error}"))


def _columns(header: list[str]) -> tuple[list[str], str] | None:
    """The columns by their names without unit, and the unit in the header if it stands there; None if they aren't what they must be."""
    if sorted(header) == sorted((*_NUMBERS, "unit")):
        return header, ""
    matches = [re.fullmatch(r"(from|below|band)_(\w+)", column, re.ASCII) for column in header]
    columns = [match[1] for match in matches if match]
    units = {match[2] for match in matches if match}
    if len(columns) == len(header) and sorted(columns) == sorted(_NUMBERS) and len(units) == 1:
        return columns, units.pop()
    return None


def _unit(rows: list[_Row], file: str, problems: list[Problem]) -> str:
    """The one unit of all rows; without rows nothing."""
    first = rows[0].unit if rows else ""
    for row in rows:
        if row.unit != first:
            problems.append(Problem(file, row.line, "unit", f"{row.unit!r} after {first!r}; one table has one unit"))
    try:
        return parse_amount(f"1 {first}").unit if rows else ""
    except ValueError:
        problems.append(Problem(file, rows[0].line, "unit", f"{first!r} is not a unit of a flat amount, such as mg"))
        return ""


def _bands(rows: list[_Row], file: str, problems: list[Problem]) -> list[Band]:
    """The bands of the rows; a row is compared with the one before it if both could be read."""
    bands: list[Band] = []
    before: Band | None = None
    for row in rows:
        numbers = {column: _number(row, column, file, problems) for column in _NUMBERS}
        lower, upper, dose = (numbers[column] for column in _NUMBERS)
        if lower is None or upper is None or dose is None:
            before = None
            continue
        band = Band(lower, upper, dose)
        problems += [Problem(file, row.line, column, message) for column, message in (*_outside(band), *_misplaced(band, before))]
        bands.append(band)
        before = band if lower < upper else None
    return bands


def _number(row: _Row, column: str, file: str, problems: list[Problem]) -> Decimal | None:
    text = row.cells[column]
    try:
        number = parse_number(text)
    except ValueError as error:
        problems.append(Problem(file, row.line, column, str(error)))
        return None
    if not number:
        problems.append(Problem(file, row.line, column, f"{text!r} must be above zero"))
        return None
    return number


def _outside(band: Band) -> Iterator[tuple[str, str]]:
    """What is wrong within a row: column and message."""
    if band.lower >= band.upper:
        yield "below", f"{plain(band.upper)} is not above {plain(band.lower)}, where the band begins"
    elif not band.lower <= band.dose < band.upper:
        yield "band", f"{plain(band.dose)} is outside its own band, from {plain(band.lower)} to below {plain(band.upper)}"


def _misplaced(band: Band, before: Band | None) -> Iterator[tuple[str, str]]:
    """What is wrong between a row and the one before it: column and message."""
    if before is None or band.lower == before.upper:
        return
    if band.lower < before.lower:
        yield "from", f"{plain(band.lower)} comes after {plain(before.lower)}; sort the bands, smallest first"
    elif band.lower < before.upper:
        yield "from", f"{plain(band.lower)} overlaps the band before, which ends below {plain(before.upper)}"
    else:
        yield "from", f"{plain(band.lower)} leaves a gap after the band before, which ends below {plain(before.upper)}"
