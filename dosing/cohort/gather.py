"""Templates and amounts to a table: every column of a block of patients at once.

Columns that are the same for every patient of a template are gathered once and kept, as block after block has the same patients' patterns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dosing.cohort.arrays import of_numpy
from dosing.cohort.columns import PATIENT_ID, arrow, schema
from dosing.cohort.measured import NO_DAY
from dosing.cohort.pool import NOTHING, Passing, Pool
from dosing.cohort.sizes import Floats
from dosing.cohort.template import DAYS, DECIMALS, OWN, TEXTS, WHOLES, Template

if TYPE_CHECKING:
    import pyarrow as pa

AMENDED = ("note", "rounding")


@dataclass(frozen=True, slots=True)
class Mended:
    """Rows of one patient (by the place of the row in the template) whose note and rounding differ from the template's."""

    patient: int
    rows: npt.NDArray[np.intp]
    notes: Sequence[str]
    rounding: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The patients of a block in their order: template, start, `values` by OWN, patient and slot; what is mended.

    `measured_on` is the day from which the template counts those of measurements.
    """

    ids: "pa.Array"
    templates: Sequence[Template]
    starts: npt.NDArray[np.int32]
    measured_on: npt.NDArray[np.int32]
    values: Mapping[str, Floats]
    mended: Sequence[Mended]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each row of a block comes from: its patient, its `row` in the `templates` one after another, and what is the same for all.

    `first` is the first row of each patient; `slot` the place of the row's amount among those of all patients and slots.
    """

    templates: Sequence[Template]
    patient: npt.NDArray[np.intp]
    row: npt.NDArray[np.intp]
    first: npt.NDArray[np.intp]
    slot: npt.NDArray[np.intp]
    columns: Mapping[str, "pa.Array"]
    codes: Mapping[str, npt.NDArray[np.int32]]
    days: Mapping[str, npt.NDArray[np.int32]]
    measured: npt.NDArray[np.int32]


class Expander:
    """Makes tables of doses, with one pool of texts for each column; `keeping` the texts of single patients for the whole run too."""

    def __init__(self, pools: Mapping[str, Pool], *, keeping: bool = False) -> None:
        self._pools, self._keeping = pools, keeping
        self._schema = schema()
        self._last: tuple[object, Layout] | None = None

    def table(self, taken: Taken) -> "pa.Table":
        """The doses of a block of patients, sorted by patient in the order of the block and then as in a schedule."""
        if not taken.templates:
            return self._schema.empty_table()
        layout = self.layout(taken)
        columns = {PATIENT_ID.name: taken.ids.take(of_numpy(layout.patient)), **layout.columns}
        columns |= {name: self._days(name, taken, layout) for name in DAYS}
        columns["measured_on"] = _dates(measured(taken, layout))
        columns |= {name: _floats(taken.values[name].ravel()[layout.slot]) for name in OWN}
        columns |= self._amended(taken, layout)
        return arrow().table([columns[name] for name in self._schema.names], schema=self._schema)

    def layout(self, taken: Taken) -> Layout:
        """Where the rows of a block come from; blocks of the same patterns have the same."""
        width = taken.values["amount"].shape[1]
        key = width, tuple(map(id, taken.templates)), tuple(map(len, self._pools.values()))
        if self._last is None or self._last[0] != key:
            self._last = key, self._new_layout(taken.templates, width)
        return self._last[1]

    def _new_layout(self, templates: Sequence[Template], width: int) -> Layout:
        distinct = list({id(each): each for each in templates}.values())
        base = np.cumsum([0, *map(len, distinct)])
        where = {id(each): int(begin) for each, begin in zip(distinct, base, strict=False)}
        counts = np.array([len(each) for each in templates])
        first = np.cumsum([0, *counts[:-1]])
        patient = np.repeat(np.arange(len(templates)), counts)
        shift = np.array([where[id(each)] for each in templates]) - first
        row = np.arange(int(counts.sum())) + np.repeat(shift, counts)
        gathered = {name: np.concatenate([each.codes[name] for each in distinct])[row] for name in TEXTS}
        columns = {name: self._coded(name, gathered[name]) for name in TEXTS if name not in AMENDED}
        columns |= {name: _wholes(np.concatenate([each.wholes[name] for each in distinct])[row]) for name in WHOLES}
        columns |= {name: _floats(np.concatenate([each.decimals[name] for each in distinct])[row]) for name in DECIMALS}
        slot = np.concatenate([each.slot for each in distinct])[row] + patient * width
        days = {name: np.concatenate([each.days[name] for each in distinct])[row] for name in DAYS}
        when = np.concatenate([each.measured for each in distinct])[row]
        return Layout(distinct, patient, row, first, slot, columns, {name: gathered[name] for name in AMENDED}, days, when)

    def _coded(self, name: str, codes: npt.NDArray[np.int32]) -> "pa.Array":
        return _dictionary(codes, self._pools[name].dictionary())

    def _days(self, name: str, taken: Taken, layout: Layout) -> "pa.Array":
        days = layout.days[name]
        if np.all(days == NO_DAY):
            return arrow().nulls(len(days), arrow().date32())
        found = days + taken.starts[layout.patient]
        return _dates(np.where(days == NO_DAY, NO_DAY, found) if np.any(days == NO_DAY) else found)

    def _amended(self, taken: Taken, layout: Layout) -> "dict[str, pa.Array]":
        """Notes and roundings, with what single patients have otherwise."""
        if not taken.mended:
            return {name: self._coded(name, layout.codes[name]) for name in AMENDED}
        codes = {name: layout.codes[name].copy() for name in AMENDED}
        texts = {name: self._pools[name] if self._keeping else Passing(self._pools[name]) for name in AMENDED}
        for each in taken.mended:
            rows = layout.first[each.patient] + each.rows
            known = {text: texts["note"].code(text) for text in dict.fromkeys(each.notes)}
            codes["note"][rows] = [known[text] for text in each.notes]
            codes["rounding"][rows] = texts["rounding"].code(each.rounding)
        return {name: _dictionary(codes[name], texts[name].dictionary()) for name in AMENDED}


def measured(taken: Taken, layout: Layout) -> npt.NDArray[np.int32]:
    """The day of the size that each row of a block goes by."""
    return np.where(layout.measured == NO_DAY, NO_DAY, taken.measured_on[layout.patient] + layout.measured)


def _dictionary(codes: npt.NDArray[np.int32], texts: "pa.Array") -> "pa.Array":
    nothing = codes == NOTHING
    # Under a null any number may stand, but some readers refuse one that is no code at all.
    return arrow().DictionaryArray.from_arrays(of_numpy(np.maximum(codes, 0), nothing), texts)


def _dates(days: npt.NDArray[np.int32]) -> "pa.Array":
    return of_numpy(days, days == NO_DAY).view(arrow().date32())


def _wholes(values: npt.NDArray[np.int64]) -> "pa.Array":
    return of_numpy(values.astype(np.int32), values == NO_DAY)


def _floats(values: Floats) -> "pa.Array":
    return of_numpy(values, np.isnan(values))
