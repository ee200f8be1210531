"""A cohort from Python: pandas in and out, or blocks for what is larger than memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dosing.cohort.changes import read_changes
from dosing.cohort.columns import arrow, empty
from dosing.cohort.people import Terms, checked_names
from dosing.cohort.rejected import Reject, repeated_in
from dosing.cohort.strays import Strays
from dosing.cohort.table import names_of, open_table
from dosing.cohort.work import Block, Worker
from dosing.errors import RejectedError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

EVERYBODY = Terms()


def blocks(
    patients: "str | Path | pd.DataFrame",
    *,
    changes: "str | Path | pd.DataFrame | None" = None,
    terms: Terms = EVERYBODY,
    form: str = "parquet",
) -> Iterator[Block]:
    """The doses of patients, block by block: `doses` of each is a pyarrow table with `dosing.cohort.columns.schema()`.

    `patients` and `changes` are tables as in `dosing.cohort.people` and `dosing.cohort.changes`, `terms` what holds for all. `form` as in
    `dosing.cohort.work.Worker`. Raises PatientError for a table that can't be read; what is wrong with single rows is in `rejects`;
    a last block has no doses, and the changes of patients who aren't there.
    """
    checked_names(names_of(patients), what="the table of patients")
    strays = Strays(read_changes(changes) if changes is not None else None)
    repeated, _ = repeated_in(patients)
    worker, first = Worker(terms, form=form), 1
    for table in open_table(patients):
        strays.meet(table)
        yield worker.block(table, first=first, changes=strays.changes, repeated=repeated)
        first += table.num_rows
    if left := strays.rejects():
        yield Block(arrow().py_buffer(b"") if form == "csv" else empty(), rows=0, rejects=left, patients=0, alone=0)


def expand(
    frame: "pd.DataFrame",
    *,
    changes: "pd.DataFrame | None" = None,
    terms: Terms = EVERYBODY,
    rejects: list[Reject] | None = None,
) -> "pd.DataFrame":
    """The doses of all patients of a frame, as a frame; arguments and errors as in `blocks`.

    One row for each administration, sorted by patient in the order of the frame. Text is categorical but for `patient_id`, days are
    datetime64, whole numbers Int32, decimals float64. Rejected rows go to the list `rejects`; without one, raises RejectedError.
    """
    found: list[Reject] = []
    tables = [empty()]
    for block in blocks(frame, changes=changes, terms=terms):
        found += block.rejects
        tables.append(block.doses)
    if rejects is not None:
        rejects += found
    elif found:
        first = found[0]
        raise RejectedError(
            f"{len(found)} rows can't be used; the first is row {first.row}: {first.message} (give `rejects` to go on without them)"
        )
    return to_pandas(arrow().concat_tables(tables).unify_dictionaries())


def to_pandas(doses: "pa.Table") -> "pd.DataFrame":
    """A table of doses as a frame."""
    import pandas as pd

    kinds: dict[Any, Any] = {arrow().int32(): pd.Int32Dtype()}
    frame: pd.DataFrame = doses.to_pandas(date_as_object=False, types_mapper=kinds.get)
    return frame
