"""The tables that go in, as text, block by block: CSV, Parquet, Arrow IPC, or a pandas DataFrame.

Every cell becomes the text that somebody would have typed: a number that a file holds in binary is its shortest decimal. So one patient and
many are read by the same readers, and nothing is rounded on the way in.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dosing.cohort.arrays import none, one
from dosing.cohort.columns import arrow
from dosing.errors import PatientError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

BLOCK_ROWS = 2_000
_CSV_BYTES = 1 << 20


def open_table(source: "str | Path | pd.DataFrame", *, rows: int = BLOCK_ROWS, only: Sequence[str] = ()) -> "Iterator[pa.Table]":
    """The table (or `only` some of its columns) in blocks of at most `rows` rows, every column as text, null where nothing is given.

    Raises PatientError for a file that can't be read as a table, or that names a column twice.
    """
    pa = arrow()
    try:
        yield from (_as_text(each) for each in _even(_batches(source, only), rows))
    except (OSError, pa.ArrowException, UnicodeDecodeError, csv.Error) as error:
        raise PatientError(f"{_name(source)} can't be read as a table: {_words(error)}") from None


def names_of(source: "str | Path | pd.DataFrame") -> list[str]:
    """The names of the columns, in their order. Raises PatientError as `open_table`."""
    pa = arrow()
    try:
        names = _names(source)
    except (OSError, pa.ArrowException, UnicodeDecodeError, csv.Error) as error:
        raise PatientError(f"{_name(source)} can't be read as a table: {_words(error)}") from None
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise PatientError(f"{_name(source)} has the column {twice[0]!r} twice; keep one")
    return names


def _words(error: Exception) -> str:
    """What an error says; pandas and pyarrow may say it in several parts."""
    return "; ".join(map(str, error.args)) if isinstance(error, TypeError) else str(error)


def _name(source: object) -> str:
    return str(source) if isinstance(source, (str, Path)) else "the frame"


def _names(source: "str | Path | pd.DataFrame") -> list[str]:
    if not isinstance(source, (str, Path)):
        return [str(name) for name in source.columns]
    if _is_csv(source):
        with Path(source).open(encoding="utf-8-sig", newline="") as stream:
            return next(csv.reader(stream), [])
    import pyarrow.dataset

    return list(pyarrow.dataset.dataset(str(source), format=_form(source)).schema.names)


def _is_csv(source: str | Path) -> bool:
    return Path(source).suffix.lower() in (".csv", ".txt")


def _form(source: str | Path) -> str:
    forms = {".parquet": "parquet", ".arrow": "ipc", ".feather": "ipc"}
    suffix = Path(source).suffix.lower()
    if suffix not in forms:
        raise PatientError(f"{source}: what kind of table it is can't be told; name it .csv, .parquet or .arrow")
    return forms[suffix]


def _batches(source: "str | Path | pd.DataFrame", only: Sequence[str]) -> "Iterable[pa.RecordBatch]":
    pa = arrow()
    names = names_of(source)
    if not isinstance(source, (str, Path)):
        frame = source.rename(columns=str)
        return list(pa.Table.from_pandas(frame[list(only)] if only else frame, preserve_index=False).to_batches())
    if _is_csv(source):
        from pyarrow import csv as arrow_csv

        if not names:
            raise PatientError(f"{source} is empty; its first line names the columns")
        convert = arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
            quoted_strings_can_be_null=True,
            include_columns=list(only) or None,
        )
        batches: Iterable[Any] = arrow_csv.open_csv(
            str(source),
            read_options=arrow_csv.ReadOptions(block_size=_CSV_BYTES),
            parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
            convert_options=convert,
        )
        return batches
    import pyarrow.dataset

    found: Iterable[Any] = pyarrow.dataset.dataset(str(source), format=_form(source)).to_batches(columns=list(only) or None)
    return found


def _even(batches: "Iterable[pa.RecordBatch]", rows: int) -> "Iterator[pa.Table]":
    """Blocks of the same number of rows, whatever the batches have."""
    pa = arrow()
    waiting: list[Any] = []
    have = 0
    for batch in batches:
        waiting.append(batch)
        have += batch.num_rows
        while have >= rows:
            whole = pa.Table.from_batches(waiting)
            yield whole.slice(0, rows)
            rest = whole.slice(rows)
            waiting, have = rest.to_batches(), rest.num_rows
    if have:
        yield pa.Table.from_batches(waiting)


def _as_text(table: "pa.Table") -> "pa.Table":
    pa = arrow()
    columns = [_texts(column.combine_chunks()) for column in table.columns]
    return pa.table(columns, names=table.column_names)


def _texts(column: "pa.Array") -> "pa.Array":
    """A column as text without blanks around it; null where nothing is left."""
    import pyarrow.compute as pc

    pa = arrow()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), pa.string())
    if pa.types.is_timestamp(column.type):
        column = _days(column)
    if pa.types.is_boolean(column.type):
        column = pc.if_else(column, one("yes"), one("no"))
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), none(column.type), column)
        # A float that is whole is written as a whole number: 70, not 70.0.
        column = pc.replace_substring_regex(column.cast(pa.string()), r"\.0$", "")
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.if_else(pc.equal(text, one("")), none(text.type), text)


def _days(column: "pa.Array") -> "pa.Array":
    """Midnights as days. A day with a time stays one: whoever reads a day refuses it, as nobody knows what the time means."""
    import pyarrow.compute as pc

    pa = arrow()
    local = pc.local_timestamp(column) if column.type.tz else column
    days = pc.floor_temporal(local, unit="day")
    return pc.if_else(pc.equal(days, local), pc.strftime(days, format="%Y-%m-%d"), local.cast(pa.string()))
