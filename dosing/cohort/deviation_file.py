"""Writing deviations: CSV or Parquet, by the name of the file; it is complete or not there at all."""

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from dosing.cohort.deviation_columns import deviation_schema
from dosing.errors import OutputError
from dosing.export.rows import text_of

_CSV, _PARQUET = ".csv", ".parquet"


def write(found: Iterable[pa.RecordBatch], path: str | Path, *, force: bool = False) -> None:
    """Write batches of deviations as they come.

    Raises OutputError for a file that exists (without `force`), can't be written, or whose name says no kind of table.
    """
    target = Path(os.path.realpath(path))
    kind = target.suffix.lower()
    if kind not in (_CSV, _PARQUET):
        raise OutputError(f"{path}: what kind of table to write can't be told; name it .csv or .parquet")
    if target.exists() and not force:
        raise OutputError(f"{path} exists already; give --force to replace it")
    temporary = target.with_name(f".{target.name[:40]}.{os.getpid()}.tmp")
    try:
        with temporary.open("xb") as stream:
            with _writer(kind, stream) as writer:
                for batch in found:
                    writer.write_batch(_safe(batch) if kind == _CSV else batch)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror or error}") from None
    finally:
        temporary.unlink(missing_ok=True)


def _writer(kind: str, stream: Any) -> AbstractContextManager[Any]:
    schema = deviation_schema()
    if kind == _PARQUET:
        parquet: AbstractContextManager[Any] = pyarrow.parquet.ParquetWriter(stream, schema)
        return parquet
    options = pyarrow.csv.WriteOptions(quoting_style="needed", quoting_header="none", eol="\r\n")
    csv: AbstractContextManager[Any] = pyarrow.csv.CSVWriter(stream, _plain(schema), write_options=options)
    return csv


def _plain(schema: pa.Schema) -> pa.Schema:
    """The schema with text that isn't dictionary-coded."""
    fields = (field.with_type(pa.string()) if pa.types.is_dictionary(field.type) else field for field in schema)
    return pa.schema(list(fields))


def _safe(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with no text that a spreadsheet would run."""
    plain = _plain(batch.schema)
    columns = [_text(column) if pa.types.is_string(field.type) else column for column, field in zip(batch.columns, plain, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=plain)


def _text(column: pa.Array) -> pa.Array:
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    return pa.array([text_of(each) for each in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)
