"""Reading what was given: a table in any form that `dosing.cohort.table` opens, checked cell by cell, kept as numbers.

Every distinct cell is read once. A row with a cell that can't be read is rejected and the others are kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dosing.cohort.columns import REJECTS
from dosing.cohort.deviation_columns import ADMINISTERED, LEFT_OUT
from dosing.cohort.table import names_of, open_table
from dosing.errors import PatientError, RegimenError, nearest
from dosing.regimen.library import find_drug
from dosing.regimen.values import parse_count, parse_date
from dosing.units import DOSED, Quantity, parse_number, parse_quantity

Numbers: TypeAlias = npt.NDArray[np.int64]
Small: TypeAlias = npt.NDArray[np.int32]
Flags: TypeAlias = npt.NDArray[np.bool_]

EPOCH = date(1970, 1, 1).toordinal()
_TABLE = "administered"
# What the code of a reject is: it is the row that can't be read.
_CODE = "table"
_ROWS = 1 << 17
_MOST_TIMES = 99
# No day and no number that is given out.
_WRONG = -(1 << 31)


class Codes:
    """Numbers from 0 for values, in the order in which they come."""

    def __init__(self) -> None:
        self.of: dict[Any, int] = {}

    def __call__(self, value: Any) -> int:
        """The number of a value, which gets one if it has none."""
        return self.of.setdefault(value, len(self.of))

    def __len__(self) -> int:
        return len(self.of)


@dataclass(frozen=True, slots=True)
class Administered:
    """What was given, sorted by patient and day; rows of the same day stay in the order of the table.

    `drug`, `amount` and `note` are numbers into `drugs`, `amounts` and `notes`, `day` is in days since 1970; the rows of patient `n` are
    those from `first[n]` to before `first[n + 1]`. `nameless` are the drugs that no drug file names.
    """

    patients: Mapping[str, int]
    drugs: tuple[str, ...]
    amounts: tuple[Quantity, ...]
    notes: tuple[str, ...]
    nameless: frozenset[str]
    first: Numbers
    day: Small
    drug: Small
    amount: Small
    times: Small
    note: Small
    rejects: pa.Table

    @property
    def rows(self) -> int:
        """How many rows there are, without those rejected."""
        return len(self.day)

    def rows_of(self, patients: Numbers) -> tuple[Numbers, Numbers]:
        """The rows of some patients: for each the place of its patient among those, and its number; -1 is a patient without rows."""
        known = patients >= 0
        first = np.where(known, self.first[patients], 0)
        counts = np.where(known, self.first[patients + 1] - first, 0)
        owner = np.repeat(np.arange(len(patients)), counts)
        return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts) + first[owner]

    def last_days(self) -> Numbers:
        """The last day of each patient."""
        return self.day[self.first[1:] - 1].astype(np.int64)


def read_administered(path: str | Path, *, names: Mapping[str, str] | None = None) -> Administered:
    """The table of what was given; its columns are `ADMINISTERED`.

    `names` are other names of drugs (in small letters) and the ids they stand for, as of drugs that a regimen file holds itself.
    Raises PatientError for a table that can't be read or has not these columns; rows that can't be read are in `rejects`.
    """
    have = names_of(path)
    _check_names(have, str(path))
    reading = _Reading(have, names or {})
    blocks = [reading.block(table) for table in open_table(path, rows=_ROWS)]
    return reading.sorted(blocks)


def _check_names(have: list[str], what: str) -> None:
    known = [column.name for column in ADMINISTERED]
    absent = [name for name in known if name not in have and name not in LEFT_OUT]
    if absent:
        raise PatientError(f"{what} has no column {' and no column '.join(map(repr, absent))}; it has {', '.join(have) or 'none'}")
    for name in have:
        if name not in known:
            hint = nearest(name, known)
            raise PatientError(f"{what} has a column {name!r} that is not known{hint}; remove it, for it would not be looked at")


class _Column:
    """The cells of one column as numbers; each distinct text is read once."""

    def __init__(self, name: str, read: Callable[[str], int], *, empty: int = _WRONG) -> None:
        self.name = name
        self._read = read
        self._empty = empty
        self._known: dict[str, int | str] = {}

    def of(self, cells: pa.ChunkedArray) -> tuple[Small, dict[int, str]]:
        """The number of each cell, and of those that are wrong why, by their place."""
        coded = cells.combine_chunks().dictionary_encode()
        found = [self._number(text) for text in coded.dictionary.to_pylist()]
        numbers = np.array([*(each if isinstance(each, int) else _WRONG for each in found), self._empty], dtype=np.int32)
        places = coded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)
        values = numbers[places]
        said = [*map(str, found), f"{self.name} is empty"]
        return values, {int(place): said[places[place]] for place in np.flatnonzero(values == _WRONG)}

    def _number(self, text: str) -> int | str:
        if text not in self._known:
            try:
                self._known[text] = self._read(text)
            except ValueError as error:
                self._known[text] = f"{self.name}: {error}"
        return self._known[text]


class _Reading:
    """One table being read: the numbers given so far to patients, drugs, amounts and notes."""

    def __init__(self, have: list[str], names: Mapping[str, str]) -> None:
        self._names = names
        self._patients, self._drugs, self._amounts, self._notes = Codes(), Codes(), Codes(), Codes()
        self._values, self._units = Codes(), Codes()
        self._nameless: set[str] = set()
        # An empty note has the number 0.
        self._notes("")
        self._columns = (
            _Column("patient_id", self._patients),
            _Column("date", lambda text: parse_date(text).toordinal() - EPOCH),
            _Column("drug", lambda text: self._drugs(self._drug(text))),
            _Column("amount", lambda text: self._values(_above_zero(text))),
            _Column("amount_unit", lambda text: self._units(_unit(text))),
            _Column("times", _times, empty=1),
            _Column("note", self._notes, empty=0),
        )
        self._have = have
        self._before = 0
        self._rejects: list[tuple[int, str, str | None, str, str, str]] = []

    def block(self, table: pa.Table) -> dict[str, Small]:
        """The rows of a block that can be read, as numbers by column; `amount` is one of `amounts`."""
        found: dict[str, Small] = {}
        wrong: list[tuple[int, str, str]] = []
        for column in self._columns:
            cells = table[column.name] if column.name in self._have else pa.chunked_array([pa.nulls(table.num_rows, pa.string())])
            found[column.name], said = column.of(cells)
            wrong += [(place, column.name, why) for place, why in said.items()]
        self._reject(table, sorted(wrong, key=lambda each: each[0]))
        kept = np.ones(table.num_rows, dtype=bool)
        kept[[place for place, _, _ in wrong]] = False
        self._before += table.num_rows
        found = {name: numbers[kept] for name, numbers in found.items()}
        found["amount"] = self._quantities(found["amount"], found.pop("amount_unit"))
        return found

    def _reject(self, table: pa.Table, wrong: list[tuple[int, str, str]]) -> None:
        for place, name, why in wrong:
            self._rejects.append((self._before + place + 1, _TABLE, table["patient_id"][place].as_py(), name, _CODE, why))

    def _drug(self, text: str) -> str:
        """The id of a drug; the text itself, in small letters, where nothing has that name."""
        small = text.lower()
        if small in self._names:
            return self._names[small]
        try:
            return find_drug(text).id
        except RegimenError:
            self._nameless.add(small)
            return small

    def _quantities(self, values: Small, units: Small) -> Small:
        number, unit = list(self._values.of), list(self._units.of)
        both, places = np.unique(values.astype(np.int64) * max(len(unit), 1) + units, return_inverse=True)
        found = [self._amounts(Quantity(number[each // len(unit)], unit[each % len(unit)])) for each in both.tolist()]
        return np.array(found, dtype=np.int32)[places]

    def sorted(self, blocks: list[dict[str, Small]]) -> Administered:
        """All rows together, sorted by patient and day."""
        names = ("patient_id", "date", "drug", "amount", "times", "note")
        whole = {name: np.concatenate([np.zeros(0, np.int32), *(block.pop(name) for block in blocks)]) for name in names}
        order = _order(whole["patient_id"], whole["date"])
        counts = np.bincount(whole.pop("patient_id"), minlength=len(self._patients))
        if order is not None:
            # One at a time: together they would stand in memory twice.
            for name in whole:
                whole[name] = whole[name][order]
        # A patient all of whose rows were rejected has none.
        renumbered = np.cumsum(counts > 0) - 1
        return Administered(
            patients={id: int(renumbered[code]) for id, code in self._patients.of.items() if counts[code]},
            drugs=tuple(self._drugs.of),
            amounts=tuple(self._amounts.of),
            notes=tuple(self._notes.of),
            nameless=frozenset(self._nameless),
            first=np.concatenate([[0], np.cumsum(counts[counts > 0])]).astype(np.int64),
            day=whole["date"],
            drug=whole["drug"],
            amount=whole["amount"],
            times=whole["times"],
            note=whole["note"],
            rejects=_rejected(self._rejects),
        )


def _order(patient: Small, day: Small) -> Numbers | None:
    """The order by patient and day; None where the rows stand in it already."""
    same = patient[1:] == patient[:-1]
    if bool(np.all((patient[1:] > patient[:-1]) | (same & (day[1:] >= day[:-1])))):
        return None
    return np.lexsort((day, patient))


def _rejected(rejects: list[tuple[int, str, str | None, str, str, str]]) -> pa.Table:
    """The rejects as a table with the columns of `dosing.cohort.columns.REJECTS`."""
    types = {"whole": pa.int64(), "text": pa.string()}
    fields = pa.schema([pa.field(column.name, types[column.type]) for column in REJECTS])
    return pa.Table.from_pylist([dict(zip(fields.names, each, strict=True)) for each in rejects], schema=fields)


# -- cells --------------------------------------------------------------------------------------------------------


def _above_zero(text: str) -> Decimal:
    number = parse_number(text)
    if not number:
        raise ValueError("nothing was given; leave the row out")
    return number


def _unit(text: str) -> str:
    try:
        unit = parse_quantity(f"1 {text}", *DOSED)
    except ValueError:
        unit = None
    if unit is None or unit.per:
        raise ValueError(f"{text!r} is no unit of an amount; known are mg, g, microgram, ng, units, million units, mmol, mL and L")
    return unit.unit


def _times(text: str) -> int:
    times = parse_count(text)
    if times > _MOST_TIMES:
        raise ValueError(f"{text} administrations in one row; at most {_MOST_TIMES}")
    return times
