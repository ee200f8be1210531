"""Templates and amounts to lines of CSV, with no Python for a row: the same text as `dosing schedule --format csv`.

Cells that are the same for every patient stand ready, joined, for each row of a template; what differs is put between them.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dosing.cohort.arrays import of_numpy, one, texts
from dosing.cohort.columns import DOSES, PATIENT_ID, arrow
from dosing.cohort.gather import AMENDED, Layout, Taken, measured
from dosing.cohort.measured import NO_DAY
from dosing.cohort.pool import Pool
from dosing.cohort.sizes import Floats
from dosing.cohort.template import DAYS, DECIMALS, OWN, TEXTS, WHOLES, Template
from dosing.export.rows import text_of
from dosing.units import plain

if TYPE_CHECKING:
    import pyarrow as pa

NAMES = tuple(column.name for column in DOSES)
END = "\r\n"
# From the first column on that is each patient's own, a line has few ends.
HEAD, TAIL = NAMES[: NAMES.index("bsa_m2")], NAMES[NAMES.index("bsa_m2") :]

Places = npt.NDArray[np.intp]


def header() -> bytes:
    """The first line of a file."""
    return (joined(NAMES) + END).encode()


def joined(cells: Sequence[str]) -> str:
    """Cells as a line of RFC 4180, without its end."""
    out = io.StringIO()
    # With this end, as either of its characters in a cell has to be quoted.
    csv.writer(out, lineterminator=END).writerow(cells)
    # A single empty cell is written as two quotation marks, which the line it becomes a part of has no need of.
    return "" if list(cells) == [""] else out.getvalue().removesuffix(END)


def lines(taken: Taken, layout: Layout, pools: Mapping[str, Pool]) -> "pa.Buffer":
    """The lines of a block of patients."""
    import pyarrow.compute as pc

    everywhere = np.arange(len(layout.row))
    rows, place = _tails(taken, layout) if not _dated(taken, layout, TAIL) else (everywhere, everywhere)
    tails = pc.binary_join_element_wise(*_parts(TAIL, rows, taken, layout, pools), one(","))
    return _bytes(pc.binary_join_element_wise(*_parts(HEAD, everywhere, taken, layout, pools), tails.take(of_numpy(place)), one(",")))


def _parts(names: Sequence[str], rows: Places, taken: Taken, layout: Layout, pools: Mapping[str, Pool]) -> "list[pa.Array]":
    """The cells of some columns, in some rows: of each column that differs, and of those between joined."""
    varying = _varying(names, rows, taken, layout)
    parts: list[pa.Array] = []
    for vary, run in groupby(names, key=lambda name: name in varying):
        if vary:
            parts += [varying[name] for name in run]
        else:
            parts.append(_same(list(run), rows, taken, layout, pools))
    return parts


def _tails(taken: Taken, layout: Layout) -> tuple[Places, Places]:
    """Rows with every end of a line that a patient has, and the place among these of each row's.

    A patient has few: rows of a template that share amount and words end alike. Rows that are mended stand for themselves.
    """
    kinds = {id(each): _kinds(each) for each in layout.templates}
    counts = np.array([kinds[id(each)].max(initial=-1) + 1 for each in taken.templates])
    before = np.cumsum([0, *counts])
    place = np.concatenate([kinds[id(each)] for each in layout.templates])[layout.row] + before[layout.patient]
    mended = np.concatenate([np.zeros(0, np.intp), *(layout.first[each.patient] + each.rows for each in taken.mended)])
    place[mended] = before[-1] + np.arange(len(mended))
    rows = np.zeros(before[-1] + len(mended), np.intp)
    rows[place] = np.arange(len(place))
    return rows, place


def _kinds(template: Template) -> Places:
    """A number for each row of a template, the same for those whose lines end alike."""
    cells = [template.codes[name] for name in TAIL if name in TEXTS] + [template.wholes[name] for name in TAIL if name in WHOLES]
    same = [template.decimals[name].view(np.int64) for name in TAIL if name in DECIMALS]
    found: Places = np.unique(np.column_stack([template.slot, *cells, *same]), axis=0, return_inverse=True)[1].ravel()
    return found


def _bytes(texts: "pa.Array") -> "pa.Buffer":
    """All texts, one after another."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)
    return data.slice(int(ends[texts.offset]), int(ends[texts.offset + len(texts)] - ends[texts.offset]))


# -- what differs from patient to patient -------------------------------------------------------------------------


def _dated(taken: Taken, layout: Layout, names: Sequence[str]) -> dict[str, npt.NDArray[np.int32]]:
    """The days of each row, of those columns that have any."""
    found = {name: days + taken.starts[layout.patient] for name in DAYS if name in names and np.any((days := layout.days[name]) != NO_DAY)}
    found = {name: np.where(layout.days[name] == NO_DAY, NO_DAY, days) for name, days in found.items()}
    if "measured_on" in names and np.any(layout.measured != NO_DAY):
        found["measured_on"] = measured(taken, layout)
    return found


def _varying(names: Sequence[str], rows: Places, taken: Taken, layout: Layout) -> "dict[str, pa.Array]":
    """The cells of the columns that are not the same for every patient of a template, in some rows."""
    found = {name: _day_texts(days[rows]) for name, days in _dated(taken, layout, names).items()}
    if PATIENT_ID.name in names:
        ids = texts([id if id.isalnum() else joined([text_of(id)]) for id in taken.ids.to_pylist()])
        found[PATIENT_ID.name] = ids.take(of_numpy(layout.patient[rows]))
    for name in OWN:
        if name in names:
            found[name] = number_texts(taken.values[name].ravel()).take(of_numpy(layout.slot[rows]))
    return found


def _day_texts(days: npt.NDArray[np.int32]) -> "pa.Array":
    """Days as YYYY-MM-DD, nothing for none; every day that occurs is written once."""
    known = days != NO_DAY
    first, last = (int(edge) for edge in (days[known].min(), days[known].max()))
    occurs = np.zeros(last - first + 1, np.bool_)
    occurs[days[known] - first] = True
    written = texts(["", *map(str, np.datetime_as_string((np.flatnonzero(occurs) + first).astype("datetime64[D]")))])
    return written.take(of_numpy(np.where(known, np.cumsum(occurs)[days * known - first * known], 0)))


def number_texts(values: Floats) -> "pa.Array":
    """Numbers as they stand in a CSV file of one patient: no trailing zeros; nothing for none."""
    import pyarrow.compute as pc

    found = pc.replace_substring_regex(of_numpy(values).cast(arrow().string()), r"\.0$", "")
    for place in pc.indices_nonzero(pc.match_substring(found, "e")).to_pylist():
        # Very small or very great.
        found = pc.replace_with_mask(found, of_numpy(np.arange(len(found)) == place), one(plain(Decimal(found[place].as_py()))))
    return pc.if_else(of_numpy(np.isnan(values)), one(""), found)


# -- what is the same ---------------------------------------------------------------------------------------------


def _same(names: Sequence[str], rows: Places, taken: Taken, layout: Layout, pools: Mapping[str, Pool]) -> "pa.Array":
    """The cells of columns next to each other, joined, in some rows."""
    end = END if names[-1] == NAMES[-1] else ""
    base = [joined(cells) + end for template in layout.templates for cells in _cells(names, template, pools)]
    row = layout.row
    if taken.mended and not set(AMENDED).isdisjoint(names):
        row = row.copy()
        cells = [cells for template in layout.templates for cells in _cells(names, template, pools)]
        known: dict[tuple[int, str, str], int] = {}
        for each in taken.mended:
            for at, note in zip(layout.first[each.patient] + each.rows, each.notes, strict=True):
                key = int(layout.row[at]), note, each.rounding
                if key not in known:
                    known[key] = len(base)
                    base.append(joined(_amended(names, cells[key[0]], note, each.rounding)) + end)
                row[at] = known[key]
    return texts(base).take(of_numpy(row[rows]))


def _amended(names: Sequence[str], cells: Sequence[str], note: str, rounding: str) -> list[str]:
    new = {"note": note, "rounding": rounding}
    return [text_of(new[name]) if name in new else cell for name, cell in zip(names, cells, strict=True)]


def _cells(names: Sequence[str], template: Template, pools: Mapping[str, Pool]) -> list[tuple[str, ...]]:
    return list(zip(*(_column(name, template, pools) for name in names), strict=True))


def _column(name: str, template: Template, pools: Mapping[str, Pool]) -> list[str]:
    """The cells of one column of a template."""
    if name in TEXTS:
        return [text_of(pools[name].text(int(code))) for code in template.codes[name]]
    if name in DECIMALS:
        return list(number_texts(template.decimals[name]).to_pylist())
    if name in template.wholes:
        return ["" if number == NO_DAY else str(number) for number in template.wholes[name]]
    return [""] * len(template)
