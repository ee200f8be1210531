"""The table of changes, in long form: one row for each change of one patient, with the fields that `dosing plan` has.

`patient_id`, `on` (the day it was decided), `kind`, `reason`, `author`, and the fields of the kind (`at`, `mode`, `by`, `since`, ...) by
the names that a plan file has for them. The changes of a patient count in the order of the rows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from dosing.cohort.table import names_of, open_table
from dosing.errors import DosingError, PatientError, ScheduleError, nearest
from dosing.export.columns import Column
from dosing.plan.kinds import KINDS, UPGRADE
from dosing.regimen.values import parse_date

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_FIELDS = tuple(dict.fromkeys(name for kind in KINDS.values() for name in kind.fields))
# A cohort goes by the regimens as they are here.
_KINDS = tuple(kind for kind in KINDS if kind != UPGRADE)
_UNSTATED = "no reason is given in the table"

CHANGES: tuple[Column, ...] = (
    Column("patient_id", "text", "", "", "The patient, as in the table of patients."),
    Column("on", "date", "", "", "The day on which it was decided."),
    Column("kind", "text", "", "", f"What changes: {', '.join(_KINDS)}."),
    Column("reason", "text", "", "where nobody stated it", "Why."),
    Column("author", "text", "", "where nobody stated it", "Who decided it."),
    *(
        Column(
            name,
            "text",
            "",
            "where the kind has no such field",
            f"As in a plan file, for {', '.join(k for k in KINDS if name in KINDS[k].fields)}.",
        )
        for name in _FIELDS
        if name not in KINDS[UPGRADE].fields
    ),
)
_NAMES = frozenset(column.name for column in CHANGES)


@dataclass(frozen=True, slots=True)
class Change:
    """One row: `row` counts from 1."""

    row: int
    patient_id: str
    on: date
    kind: str
    fields: Mapping[str, str]
    reason: str = _UNSTATED
    author: str = ""


@dataclass(slots=True)
class Changes:
    """All changes by patient, and the rows that can't be read: row, patient, error. A patient with such a row is rejected as a whole."""

    of: dict[str, list[Change]] = field(default_factory=dict)
    bad: list[tuple[int, str, DosingError]] = field(default_factory=list)

    def of_patients(self, ids: Iterable[str | None]) -> "Changes":
        """Those of some patients."""
        wanted = set(ids)
        return Changes({id: found for id, found in self.of.items() if id in wanted}, [each for each in self.bad if each[1] in wanted])


def read_changes(source: "str | Path | pd.DataFrame") -> Changes:
    """The table of changes, all of it in memory. Raises PatientError for a table that can't be read or lacks a column."""
    names = names_of(source)
    for name in ("patient_id", "on", "kind"):
        if name not in names:
            raise PatientError(f"the table of changes has no column {name!r}; it has {', '.join(names) or 'none'}")
    for name in names:
        if name not in _NAMES:
            raise PatientError(f"the table of changes has a column {name!r} that is not known{nearest(name, _NAMES)}; remove it")
    found = Changes()
    first = 1
    for block in open_table(source):
        _read_block(block.to_pylist(), first, found)
        first += block.num_rows
    return found


def _read_block(rows: Iterable[Mapping[str, str | None]], first: int, found: Changes) -> None:
    for number, row in enumerate(rows, first):
        try:
            change = _read(number, row)
        except DosingError as error:
            found.bad.append((number, row["patient_id"] or "", error))
        else:
            found.of.setdefault(change.patient_id, []).append(change)


def _read(number: int, row: Mapping[str, str | None]) -> Change:
    given = {name: text for name, text in row.items() if text is not None}
    for name in ("patient_id", "on", "kind"):
        if name not in given:
            raise PatientError(f"a change needs {name!r}")
    kind = given["kind"]
    if kind not in _KINDS:
        raise ScheduleError(f"there is no change {kind!r} of a cohort{nearest(kind, _KINDS)} (there are {', '.join(_KINDS)})")
    try:
        on = parse_date(given["on"])
    except ValueError as error:
        raise ScheduleError(f"on: {error}") from None
    fields = {name: given[name] for name in _FIELDS if name in given}
    return Change(number, given["patient_id"], on, kind, fields, given.get("reason", _UNSTATED), given.get("author", ""))
