"""Templates and amounts to lines of CSV, with no Python for a row: the same text as `dosing schedule --format csv`.

Cells that are the same for every patient stand ready, joined, for each row of a template; what differs is put between them.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dosing.cohort.columns import DOSES, PATIENT_ID, arrow
from dosing.cohort.expand import AMENDED, Layout, Taken
from dosing.cohort.measured import NO_DAY
from dosing.cohort.pool import Pool
from dosing.cohort.sizes import Floats
from dosing.cohort.template import DAYS, DECIMALS, OWN, TEXTS, Template
from dosing.export.rows import text_of

if TYPE_CHECKING:
    import pyarrow as pa

NAMES = tuple(column.name for column in DOSES)
END = "\r\n"


def header() -> bytes:
    """The first line of a file."""
    return (joined(NAMES) + END).encode()


def joined(cells: Sequence[str]) -> str:
    """Cells as a line of RFC 4180, without its end."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    # A single empty cell is written as two quotation marks, which the line it becomes a part of has no need of.
    return "" if list(cells) == [""] else out.getvalue()


def lines(taken: Taken, layout: Layout, pools: Mapping[str, Pool]) -> "pa.Buffer":
    """The lines of a block of patients."""
    import pyarrow.compute as pc

    varying = _varying(taken, layout)
    runs = [(vary, list(names)) for vary, names in groupby(NAMES, key=lambda name: name in varying)]
    parts: list[pa.Array] = []
    for vary, names in runs:
        if vary:
            parts += [varying[name] for name in names]
        else:
            parts.append(_same(names, taken, layout, pools, last=names[-1] == NAMES[-1]))
    return _bytes(pc.binary_join_element_wise(*parts, ","))


def _bytes(texts: "pa.Array") -> "pa.Buffer":
    """All texts, one after another."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)
    return data.slice(int(ends[texts.offset]), int(ends[texts.offset + len(texts)] - ends[texts.offset]))


# -- what differs from patient to patient -------------------------------------------------------------------------


def _varying(taken: Taken, layout: Layout) -> "dict[str, pa.Array]":
    """The cells of the columns that are not the same for every patient of a template."""
    pa = arrow()
    ids = pa.array([joined([text_of(id)]) for id in taken.ids.to_pylist()], pa.string())
    found = {PATIENT_ID.name: ids.take(pa.array(layout.patient))}
    for name in DAYS:
        days = layout.days[name]
        if np.any(days != NO_DAY):
            found[name] = _day_texts(np.where(days == NO_DAY, NO_DAY, days + taken.starts[layout.patient]))
    if np.any(taken.measured_on != NO_DAY):
        found["measured_on"] = _day_texts(np.where(layout.sized, taken.measured_on[layout.patient], NO_DAY))
    for name in OWN:
        found[name] = _number_texts(taken.values[name].ravel()).take(pa.array(layout.slot))
    return found


def _day_texts(days: npt.NDArray[np.int32]) -> "pa.Array":
    """Days as YYYY-MM-DD, nothing for none; every day between the first and the last is written once."""
    pa = arrow()
    known = days != NO_DAY
    first, last = (int(edge) for edge in (days[known].min(), days[known].max()))
    texts = pa.array(["", *np.datetime_as_string(np.arange(first, last + 1).astype("datetime64[D]"))], pa.string())
    return texts.take(pa.array(np.where(known, days - first + 1, 0)))


def _number_texts(values: Floats) -> "pa.Array":
    """Numbers as they stand in a CSV file of one patient: no trailing zeros; nothing for none."""
    import pyarrow.compute as pc

    texts = pc.replace_substring_regex(arrow().array(values).cast(arrow().string()), r"\.0$", "")
    return pc.if_else(arrow().array(np.isnan(values)), "", texts)


# -- what is the same ---------------------------------------------------------------------------------------------


def _same(names: Sequence[str], taken: Taken, layout: Layout, pools: Mapping[str, Pool], *, last: bool) -> "pa.Array":
    """The cells of columns next to each other, joined, for each row of a block."""
    pa = arrow()
    end = END if last else ""
    base = [joined(cells) + end for template in layout.templates for cells in _cells(names, template, pools)]
    row = layout.row
    if taken.mended and not set(AMENDED).isdisjoint(names):
        row = row.copy()
        cells = [cells for template in layout.templates for cells in _cells(names, template, pools)]
        known: dict[tuple[int, str, str], int] = {}
        for each in taken.mended:
            rows = layout.first[each.patient] + each.rows
            for at, note in zip(rows, each.notes, strict=True):
                key = int(layout.row[at]), note, each.rounding
                if key not in known:
                    known[key] = len(base)
                    base.append(joined(_amended(names, cells[key[0]], note, each.rounding)) + end)
                row[at] = known[key]
    return pa.array(base, pa.string()).take(pa.array(row))


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
        return list(_number_texts(template.decimals[name]).to_pylist())
    if name in template.wholes:
        return ["" if number == NO_DAY else str(number) for number in template.wholes[name]]
    return [""] * len(template)
