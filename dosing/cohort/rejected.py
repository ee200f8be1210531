"""Rows that could not be used: each with its number, column, kind of error and message, in a file of their own."""

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from csv import writer
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import numpy as np

from dosing.cohort.columns import REJECTS
from dosing.cohort.table import open_table
from dosing.errors import DoseError, DosingError, PatientError, RegimenError, ScheduleError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_CODES: dict[type[DosingError], str] = {PatientError: "patient", RegimenError: "regimen", ScheduleError: "schedule", DoseError: "dose"}
# Columns that a message names without their unit.
_WITH_UNITS = {
    "height_cm": "height",
    "weight_kg": "weight",
    "bsa_m2": "body surface",
    "gfr_ml_min": "gfr",
    "crcl_ml_min": "creatinine clearance",
}


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not be used; the fields are the columns of `dosing.cohort.columns.REJECTS`."""

    row: int
    table: str
    patient_id: str
    column: str
    code: str
    message: str


def code_of(error: DosingError) -> str:
    """The kind of an error, in a word."""
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), "table")


def reject(row: int, patient: str, error: DosingError, *, table: str = "patients", columns: Sequence[str] = ()) -> Reject:
    """A row that an error keeps out; its column is that of `columns` which the message names first, if it names one."""
    message = str(error)
    found = [(place, name) for name in columns if (place := _named(name, message)) is not None]
    return Reject(row, table, patient, min(found)[1] if found else "", code_of(error), message)


def _named(column: str, message: str) -> int | None:
    """Where a message names a column: as an option, with the word that begins the message, or by a name that is no word of a sentence."""
    bare = column.removeprefix("set:").removeprefix("phase_start:")
    name = re.escape(_WITH_UNITS.get(bare, bare)).replace("_", "[ _-]")
    anywhere = "" if bare in _WITH_UNITS or bare != column or re.search("[_.]", bare) else "--"
    found = re.search(rf"(?i)^((no|unknown) )?{name}\b|(?<![\w.-]){anywhere}-*{name}(?![\w.-]*\w)", message)
    return found.start() if found else None


def csv_of(rejects: Iterable[Reject]) -> bytes:
    """Rejects as a CSV file."""
    out = io.StringIO()
    lines = writer(out)
    lines.writerow([column.name for column in REJECTS])
    lines.writerows(astuple(each) for each in rejects)
    return out.getvalue().encode()


def repeated_in(source: "str | Path | pd.DataFrame") -> tuple[dict[int, int], int]:
    """Rows (from 1) whose patient stands in an earlier row, with that row; and how many rows there are.

    Reads the ids alone, and keeps eight bytes of each: two ids that are alike in these are compared as texts.
    """
    seen = [np.fromiter(map(hash, ids), np.int64, len(ids)) for ids in _ids(source)]
    hashes = np.concatenate(seen) if seen else np.zeros(0, np.int64)
    values, counts = np.unique(hashes, return_counts=True)
    several = np.isin(hashes, values[counts > 1])
    return (_pairs(source, set(map(int, np.flatnonzero(several)))) if several.any() else {}), len(hashes)


def _ids(source: "str | Path | pd.DataFrame") -> Iterator[list[str | None]]:
    yield from (block.column("patient_id").to_pylist() for block in open_table(source, only=("patient_id",)))


def _pairs(source: "str | Path | pd.DataFrame", places: set[int]) -> dict[int, int]:
    first: dict[str, int] = {}
    found: dict[int, int] = {}
    row = 0
    for ids in _ids(source):
        for id in ids:
            row += 1
            if id and row - 1 in places:
                earlier = first.setdefault(id, row)
                if earlier != row:
                    found[row] = earlier
    return found


def within(repeated: Mapping[int, int], first: int, count: int) -> dict[int, int]:
    """Those of some rows that stand next to each other."""
    return {row: earlier for row, earlier in repeated.items() if first <= row < first + count}


def told(rejects: Iterable[Reject]) -> str:
    """`3 patient, 1 regimen`."""
    return ", ".join(f"{count} {code}" for code, count in sorted(Counter(each.code for each in rejects).items()))
