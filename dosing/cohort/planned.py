"""The planned doses of some whole patients, taken out of a table of doses as it streams by, as numbers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dosing.cohort.administered import Flags, Numbers
from dosing.cohort.comparing import Doses, group_of, keys
from dosing.cohort.judging import NONE, Judge
from dosing.export.rows import OPTIONAL, PLANNED
from dosing.schedule.entries import GIVEN

_ID = "patient_id"
# Stand where a row has no cycle, no day, or nothing stated.
_NO_CYCLE, _NO_DAY = 0, -(1 << 19)
_CYCLE_BITS, _DAY_BITS = 20, 20


def whole_patients(doses: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The batches cut so that each table holds all rows of its patients, if those of each stand together."""
    waiting: list[pa.RecordBatch] = []
    for batch in doses:
        if not batch.num_rows:
            continue
        ids = batch.column(_ID)
        cut = int(_starts(ids)[-1])
        same = bool(waiting) and waiting[0].column(_ID)[0] == ids[0]
        if cut or (waiting and not same):
            yield _table([*waiting, batch.slice(0, cut)])
            waiting = []
        waiting.append(batch.slice(cut))
    if waiting:
        yield _table(waiting)


def _table(batches: list[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches(batches).combine_chunks()


def _starts(ids: pa.Array) -> Numbers:
    """Where each patient begins."""
    changes = pc.not_equal(ids.slice(1), ids.slice(0, len(ids) - 1)).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.flatnonzero(changes) + 1])


@dataclass(frozen=True, slots=True)
class People:
    """Patients, their numbers in the table of what was given (NONE: not there), and of each row of doses whose it is."""

    ids: list[str]
    code: Numbers
    of_row: Numbers

    @classmethod
    def of(cls, table: pa.Table, patients: Mapping[str, int]) -> "People":
        """Those of a table of doses that holds each patient whole."""
        column = table[_ID].chunk(0)
        starts = _starts(column)
        ids = column.take(pa.array(starts)).to_pylist()
        return cls.named(ids, patients, np.repeat(np.arange(len(ids)), np.diff(np.append(starts, len(column)))))

    @classmethod
    def named(cls, ids: list[str], patients: Mapping[str, int], of_row: Numbers | None = None) -> "People":
        """Those of some ids."""
        code = np.array([patients.get(id, NONE) for id in ids], dtype=np.int64)
        return cls(ids, code, np.zeros(0, np.int64) if of_row is None else of_row)


@dataclass(frozen=True, slots=True)
class Plans:
    """The planned doses of some patients, sorted by patient, drug and day.

    `where` are numbers of `wheres` (`treatment C1D8`); `unstated` says of which doses the regimen doesn't tell how often a day.
    `others` are the keys of dated doses that are not to be given, with their place and status in `other_said`; `taken` holds patient and
    drug of all that the doses name in any way. `no_drug` and `no_date` count rows that nothing can be compared with.
    """

    drugs: list[str]
    doses: Doses
    unstated: Flags
    where: Numbers
    wheres: list[str]
    others: Numbers
    other_said: list[str]
    taken: Numbers
    no_drug: int = 0
    no_date: int = 0

    @classmethod
    def none(cls) -> "Plans":
        """No doses."""
        nothing, flags = np.zeros(0, np.int64), np.zeros(0, bool)
        return cls([], Doses(nothing, nothing, nothing, flags), flags, nothing, [], nothing, [], nothing)

    @classmethod
    def of(cls, table: pa.Table, people: People, judge: Judge) -> "Plans":
        """Those of a table of doses, whose columns are `dosing.cohort.deviation_columns.NEEDED`."""
        drugs, drug = _codes(table["drug"])
        status_names, status = _codes(table["status"])
        kinds, kind = _codes(table["kind"])
        medicine = kind == (kinds.index("drug") if "drug" in kinds else NONE - 1)
        counting = np.isin(status, [number for number, name in enumerate(status_names) if name in (PLANNED, OPTIONAL, GIVEN)])
        dated, known = table["date"].is_valid().to_numpy(), drug != NONE
        day = _whole(table["date"].cast(pa.int32()), 0)
        rows = np.flatnonzero(medicine & counting & dated & known)
        key = keys(people.of_row[rows], drug[rows], day[rows])
        order = np.argsort(key, kind="stable")
        rows, key = rows[order], key[order]
        wheres, where = _wheres(table, rows)
        times = _whole(table["times_per_day"], NONE)[rows]
        optional = status[rows] == (status_names.index(OPTIONAL) if OPTIONAL in status_names else NONE)
        amount = _amounts(table, judge)[rows]
        named = np.flatnonzero(medicine & known)
        others = np.flatnonzero(medicine & ~counting & dated & known)
        other_keys = keys(people.of_row[others], drug[others], day[others])
        others_order = np.argsort(other_keys, kind="stable")
        return cls(
            drugs=drugs,
            doses=Doses(key, np.where(times == NONE, 1, times), amount, optional),
            unstated=times == NONE,
            where=where,
            wheres=wheres,
            others=other_keys[others_order],
            other_said=_said(table, others[others_order]),
            taken=np.unique(group_of(keys(people.of_row[named], drug[named], np.zeros(len(named), np.int64)))),
            no_drug=int((medicine & counting & dated & ~known).sum()),
            no_date=int((medicine & ~dated).sum()),
        )


def _codes(column: pa.ChunkedArray) -> tuple[list[str], Numbers]:
    """The distinct texts of a dictionary-coded column, and the number of each cell's; NONE where it is empty."""
    chunk = column.combine_chunks()
    return chunk.dictionary.to_pylist(), _whole(chunk.indices, NONE)


def _whole(column: "pa.Array | pa.ChunkedArray", empty: int) -> Numbers:
    found: Numbers = pc.fill_null(column, empty).to_numpy().astype(np.int64)
    return found


def _amounts(table: pa.Table, judge: Judge) -> Numbers:
    """The number of each row's amount; each distinct one is read once."""
    units, unit = _codes(table["amount_unit"])
    coded = table["amount"].combine_chunks().dictionary_encode()
    number = _whole(coded.indices, NONE)
    values, width = coded.dictionary.to_pylist(), len(units) + 1
    both, places = np.unique((number + 1) * width + unit + 1, return_inverse=True)
    pairs = (divmod(each, width) for each in both.tolist())
    found = [judge.planned(values[value - 1] if value else None, units[unit - 1] if unit else None) for value, unit in pairs]
    return np.array(found, dtype=np.int64)[places]


def _wheres(table: pa.Table, rows: Numbers) -> tuple[list[str], Numbers]:
    """Phase, cycle and day of some rows: `treatment C1D8`, `transplant D-2`, or the phase alone."""
    phases, phase = _codes(table["phase"])
    cycle, day = _whole(table["cycle"], _NO_CYCLE)[rows], _whole(table["day"], _NO_DAY)[rows]
    packed = (phase[rows] << (_CYCLE_BITS + _DAY_BITS)) | (cycle << _DAY_BITS) | (day - _NO_DAY)
    distinct, where = np.unique(packed, return_inverse=True)
    return [_where(phases[each >> (_CYCLE_BITS + _DAY_BITS)], each) for each in distinct.tolist()], where


def _where(phase: str, packed: int) -> str:
    cycle = (packed >> _DAY_BITS) & ((1 << _CYCLE_BITS) - 1)
    day = (packed & ((1 << _DAY_BITS) - 1)) + _NO_DAY
    when = f"{f'C{cycle}' if cycle != _NO_CYCLE else ''}{f'D{day}' if day != _NO_DAY else ''}"
    return f"{phase} {when}".rstrip()


def _said(table: pa.Table, rows: Numbers) -> list[str]:
    """A word on each of some rows: `treatment C2D8 is held`."""
    wheres, where = _wheres(table, rows)
    names, status = _codes(table["status"])
    return [f"{wheres[one]} is {names[other]}" for one, other in zip(where.tolist(), status[rows].tolist(), strict=True)]


def local_drugs(plans: Plans, drugs: Iterable[str]) -> Numbers:
    """For each drug of another table its number among the planned ones; one that no plan has gets the number after the last."""
    number = {drug: place for place, drug in enumerate(plans.drugs)}
    return np.array([number.get(each, len(number)) for each in drugs], dtype=np.int64)
