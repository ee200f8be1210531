"""The two paths side by side: a table of doses as rows, and the rows that one patient has."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from dosing.cohort import people
from dosing.cohort.changes import Change
from dosing.cohort.exact import dosed, read_shared
from dosing.cohort.people import Terms
from dosing.cohort.work import Block, Worker
from dosing.export.rows import rows

Cells = dict[str, object]


def cells_of(table: pa.Table) -> list[Cells]:
    """The rows of a table of doses."""
    found: list[Cells] = table.to_pylist()
    return found


def one_by_one(row: Mapping[str, str | None], terms: Terms | None = None, changes: Sequence[Change] = ()) -> list[Cells]:
    """The rows of one row of the table of patients by the one-patient path, as they should stand in the doses. Raises DosingError."""
    shared = read_shared(people.asking(row, terms or Terms()))
    found = dosed(shared, people.own_texts(row), date.fromisoformat(str(row["start"])), changes)
    return [{"patient_id": row["patient_id"], **{name: _cell(cell) for name, cell in each.items()}} for each in rows(found)]


def _cell(cell: Any) -> object:
    """Text that is empty is nothing; decimals are the nearest binary fraction."""
    return None if cell == "" else float(cell) if isinstance(cell, Decimal) else cell


def table_of(people_: Sequence[Mapping[str, str | None]]) -> pa.Table:
    """A table of patients as text."""
    names = dict.fromkeys(name for each in people_ for name in each)
    return pa.table({name: pa.array([each.get(name) for each in people_], pa.string()) for name in names})


def block_of(people_: Sequence[Mapping[str, str | None]], terms: Terms | None = None, **given: Any) -> Block:
    """The doses of patients in one block."""
    return Worker(terms or Terms(), **given).block(table_of(people_), first=1)
