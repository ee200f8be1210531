"""The columns of a cohort's tables, declared once: the doses that come out, the patients and the changes that go in, what is rejected.

The doses have the columns of a schedule (`dosing.export.columns`) after the patient's id.
"""

from typing import TYPE_CHECKING

from dosing.errors import OutputError
from dosing.export.columns import COLUMNS, Column

if TYPE_CHECKING:
    from types import ModuleType

    import pyarrow as pa

PATIENT_ID = Column("patient_id", "text", "", "", "The patient, as the table of patients names them; nobody's name belongs here.")
DOSES: tuple[Column, ...] = (PATIENT_ID, *COLUMNS)

REJECTS: tuple[Column, ...] = (
    Column("row", "whole", "", "", "Number of the row in the table that `table` names, from 1, without the header."),
    Column("table", "text", "", "", "patients, changes or administered (what was given, with `--check`)."),
    Column("patient_id", "text", "", "where the row has none", "The patient, as the row names them."),
    Column("column", "text", "", "where no single column is wrong", "The column with the value that can't be used."),
    Column("code", "text", "", "", "What is wrong: patient, regimen, schedule, dose, change (of a patient who isn't there) or table."),
    Column("message", "text", "", "", "What is wrong and what to do. It may repeat a measurement."),
)


def schema() -> "pa.Schema":
    """The Arrow schema of the doses: text is dictionary-coded (the patient's id is not), days are date32, decimals float64.

    Where a column has no value it holds null, text too. Raises OutputError without pyarrow.
    """
    pa = arrow()
    types = {"date": pa.date32(), "text": pa.dictionary(pa.int32(), pa.string()), "whole": pa.int32(), "decimal": pa.float64()}
    fields = [pa.field(PATIENT_ID.name, pa.string(), nullable=False)]
    fields += [pa.field(each.name, types[each.type], nullable=bool(each.empty), metadata=_said(each)) for each in COLUMNS]
    return pa.schema(fields)


def empty() -> "pa.Table":
    """A table of doses without rows."""
    return schema().empty_table()


def arrow() -> "ModuleType":
    """pyarrow, which is an extra. Raises OutputError where it isn't installed."""
    try:
        import pyarrow
    except ImportError:
        raise OutputError("a cohort needs pyarrow: pip install 'dosing[cohort]'") from None
    module: ModuleType = pyarrow
    return module


def _said(column: Column) -> dict[str, str]:
    """Unit and meaning, kept with the column in the file."""
    return {name: text for name, text in (("unit", column.unit), ("meaning", column.meaning)) if text}
