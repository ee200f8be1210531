"""A table of doses, read block by block: a Parquet, Arrow IPC or CSV file, or a folder of such parts.

Names and types of the columns are checked before anything is counted; a number is never made from text that isn't one.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from dosing.cohort.columns import DOSES, schema
from dosing.errors import PatientError, nearest
from dosing.export.columns import Column

# Rows of one block: enough for arrays to pay, and some ten MB with all columns.
BLOCK_ROWS = 1 << 17
_CSV_BYTES = 8 << 20
# Stands in the folder of a run as long as parts are missing (dosing.cohort.parts).
_UNFINISHED = "run.json"
_COLUMN_OF_CSV = re.compile(r"In CSV column #(\d+): ")
_BY_NAME = {column.name: column for column in DOSES}
_MEANT = {"text": "text", "date": "a date", "whole": "a whole number", "decimal": "a number"}


def open_doses(path: str | Path, *, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The doses of a file, or of a folder's parts in the order of their names, in batches of the types of `columns.schema()`.

    `columns` are the names wanted, in that order; without them all of a table of doses. Other columns of the file are left out.
    Raises PatientError, which names the column and the row where there is one, for what can't be read as such a table.
    """
    wanted = [column.name for column in DOSES] if columns is None else list(columns)
    before = 0
    for part in _parts(Path(path)):
        rows = 0
        for batch in _batches(part, wanted):
            yield _typed(batch, wanted, part=part, before=rows)
            rows += batch.num_rows
        before += rows
    if not before:
        # A table without rows still says its columns.
        yield pa.RecordBatch.from_pylist([], schema=_schema(wanted))


def _schema(wanted: Sequence[str]) -> pa.Schema:
    whole = schema()
    return pa.schema([whole.field(name) for name in wanted])


# -- files --------------------------------------------------------------------------------------------------------


def _parts(path: Path) -> list[Path]:
    """The files of a table: itself, or `part-*` of a folder, which must be of one kind."""
    if not path.is_dir():
        if path.suffix.lower() not in _OPEN:
            raise PatientError(f"{path}: what kind of table it is can't be told; name it .parquet, .arrow or .csv")
        return [path]
    if (path / _UNFINISHED).exists():
        raise PatientError(f"{path} is left from a run that was not finished; finish it with `dosing cohort --resume`")
    found = sorted(each for each in path.glob("part-*") if each.suffix.lower() in _OPEN)
    if not found:
        raise PatientError(f"{path} holds no part of a table of doses: no file part-*.parquet, part-*.arrow or part-*.csv")
    kinds = sorted({each.suffix.lower() for each in found})
    if len(kinds) > 1:
        raise PatientError(f"{path} holds parts of several kinds ({', '.join(kinds)}), which may be the same doses twice; keep one kind")
    return found


def _batches(part: Path, wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
    with _readable(part):
        yield from _OPEN[part.suffix.lower()](part, wanted)


@contextmanager
def _readable(part: Path) -> Iterator[None]:
    """Turns what pyarrow and the system say into an error that names the file, and of a CSV file the column."""
    try:
        yield
    except (OSError, pa.ArrowInvalid, UnicodeDecodeError, csv.Error) as error:
        text = str(error.strerror or error) if isinstance(error, OSError) else str(error)
        number = _COLUMN_OF_CSV.match(text)
        if number:
            name = _csv_names(part)[int(number[1])]
            text = f"column {name}: {text[number.end() :]}"
        raise PatientError(f"{part} can't be read as a table of doses: {text}") from None


def _of_parquet(part: Path, wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
    # Buffered ahead, all that was read would be kept until the end of the file.
    with pyarrow.parquet.ParquetFile(part, pre_buffer=False) as file:
        _check_names(file.schema_arrow.names, wanted, part)
        yield from file.iter_batches(batch_size=BLOCK_ROWS, columns=list(wanted))


def _of_arrow(part: Path, wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(str(part)) as source, pa.ipc.open_file(source) as file:
        _check_names(file.schema.names, wanted, part)
        for number in range(file.num_record_batches):
            yield file.get_batch(number)


def _of_csv(part: Path, wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
    names = _csv_names(part)
    _check_names(names, wanted, part)
    types = {field.name: field.type for field in _schema(wanted)}
    convert = pyarrow.csv.ConvertOptions(
        column_types=types, include_columns=list(wanted), strings_can_be_null=True, quoted_strings_can_be_null=True, null_values=[""]
    )
    read = pyarrow.csv.ReadOptions(block_size=_CSV_BYTES)
    with pyarrow.csv.open_csv(str(part), read_options=read, convert_options=convert) as reader:
        yield from reader


def _csv_names(part: Path) -> list[str]:
    with part.open(encoding="utf-8-sig", newline="") as stream:
        return next(csv.reader(stream), [])


_OPEN: dict[str, Callable[[Path, Sequence[str]], Iterator[pa.RecordBatch]]] = {
    ".parquet": _of_parquet,
    ".arrow": _of_arrow,
    ".feather": _of_arrow,
    ".csv": _of_csv,
}


# -- names and types ----------------------------------------------------------------------------------------------


def _check_names(have: Sequence[str], wanted: Sequence[str], part: Path) -> None:
    absent = [name for name in wanted if name not in have]
    if absent:
        hint = nearest(absent[0], have)
        raise PatientError(f"{part} is no table of doses: it has no column {' and no column '.join(map(repr, absent))}{hint}")
    twice = [name for name in wanted if list(have).count(name) > 1]
    if twice:
        raise PatientError(f"{part} has the column {twice[0]!r} twice; keep one")


def _typed(batch: pa.RecordBatch, wanted: Sequence[str], *, part: Path, before: int) -> pa.RecordBatch:
    """The batch with the types of a table of doses. Raises PatientError for a column of another kind, and for a gap where none may be."""
    fields = _schema(wanted)
    arrays = []
    for field in fields:
        array = batch.column(field.name)
        if array.type != field.type:
            array = _cast(array, field, part)
        if not field.nullable and array.null_count:
            row = before + array.is_null().index(True).as_py() + 1
            raise PatientError(f"{part}, row {row}: column {field.name} is empty; every dose has one")
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, schema=fields)


def _cast(array: pa.Array, field: pa.Field, part: Path) -> pa.Array:
    column = _BY_NAME[field.name]
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if not _is_of(array.type, column):
        raise PatientError(f"{part}: column {column.name} holds {array.type}; it must be {_MEANT[column.type]} ({field.type})")
    try:
        if pa.types.is_dictionary(field.type):
            return array.cast(field.type.value_type).dictionary_encode()
        return array.cast(field.type)
    except pa.ArrowInvalid as error:
        raise PatientError(f"{part}: column {column.name} can't be read as {_MEANT[column.type]}: {error}") from None


def _is_of(found: pa.DataType, column: Column) -> bool:
    """Whether a type holds what the column means; a column without any value has no type of its own."""
    types = pa.types
    number = types.is_integer(found) or types.is_floating(found)
    fits = {
        "text": types.is_string(found) or types.is_large_string(found) or types.is_string_view(found),
        # A moment with a time zone is on one day here and on another there.
        "date": types.is_date(found) or (types.is_timestamp(found) and found.tz is None),
        "whole": number,
        "decimal": number or types.is_decimal(found),
    }
    return bool(types.is_null(found) or fits[column.type])
