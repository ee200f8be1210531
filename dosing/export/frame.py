"""A pandas DataFrame; the only module for one patient that imports pandas, and only when it is called."""

from decimal import Decimal
from typing import TYPE_CHECKING

from dosing.dose.schedule import DosedSchedule
from dosing.export.columns import columns
from dosing.export.rows import Cell, rows

if TYPE_CHECKING:
    import pandas as pd

_DTYPES = {"date": "datetime64[s]", "text": "object", "whole": "Int64", "decimal": "float64"}


def to_frame(dosed: DosedSchedule, *, trace: bool = False) -> "pd.DataFrame":
    """One row per row of the schedule: dates as datetime64 (NaT without one), whole numbers as Int64, decimals as float64, text.

    `trace` adds the columns of the calculation.
    """
    import pandas as pd

    table = rows(dosed, trace=trace)
    return pd.DataFrame(
        {column.name: pd.Series([_cell(row[column.name]) for row in table], dtype=_DTYPES[column.type]) for column in columns(trace=trace)}
    )


def _cell(cell: Cell) -> object:
    return float(cell) if isinstance(cell, Decimal) else cell
