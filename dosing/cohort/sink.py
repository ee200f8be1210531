"""Doses to one file: Parquet, Arrow IPC or CSV. A file that isn't finished has another name, and never looks whole."""

import json
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import dosing
from dosing.cohort.columns import DOSES, arrow, schema
from dosing.cohort.lines import header
from dosing.cohort.pool import Pool
from dosing.errors import OutputError

if TYPE_CHECKING:
    import pyarrow as pa

FORMS = {".parquet": "parquet", ".arrow": "arrow", ".csv": "csv"}
METADATA = b"dosing"
# Rows of a row group: enough for a dictionary to be worth it, few enough to be held in memory.
_GROUP_ROWS = 250_000
# Days rise within a patient; everything else repeats.
_DELTA = {"date": "DELTA_BINARY_PACKED"}
# Least and most of each row group stand where they let a reader skip one; for all columns they cost a third of the time of writing.
_STATISTICS = ["patient_id", "date"]
_PIECE_BYTES = 1 << 24
_PIECE_ROWS = 1 << 17


def form_of(path: Path) -> str:
    """The form of a file by its name. Raises OutputError."""
    if path.suffix.lower() not in FORMS:
        raise OutputError(f"{path}: the form can't be told; name it {', '.join(FORMS)}, or a folder (ending in /) for a dataset")
    return FORMS[path.suffix.lower()]


def temporary_of(path: Path) -> Path:
    """The name of a file that is being written: no other process has it, on this machine or on another that sees the folder."""
    return path.with_name(f".{path.name[:40]}.{platform.node()[:40]}.{os.getpid()}.tmp")


class Sink:
    """Takes tables (or lines, for CSV) of doses in order; the file gets its name when it is closed without an error."""

    def __init__(self, path: Path, form: str) -> None:
        self._path, self._form = path, form
        self._target = Path(os.path.realpath(path))
        self._temporary = temporary_of(self._target)
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._metadata: dict[bytes, bytes] = {}
        self._writer: Any = None

    def __enter__(self) -> Self:
        try:
            self._writer = self._open()
        except OSError as error:
            with suppress(OSError):
                self._temporary.unlink()
            raise self._refused(error) from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._flush()
                if self._metadata and self._form == "parquet":
                    self._writer.add_key_value_metadata(self._metadata)
            self._writer.close()
            if kind is None:
                self._name()
        except OSError as problem:
            # After an error the file won't be there anyhow; that the rest of it can't be written either is no news.
            if kind is None:
                raise self._refused(problem) from None
        finally:
            self._temporary.unlink(missing_ok=True)

    def write(self, doses: "pa.Table | pa.Buffer") -> None:
        """Add rows. Raises OutputError where the disk refuses."""
        try:
            if self._form == "parquet":
                self._waiting.append(doses)
                self._rows += doses.num_rows
                if self._rows >= _GROUP_ROWS:
                    self._flush()
            elif self._form == "arrow":
                self._writer.write_table(doses)
            else:
                self._writer.write(doses)
        except OSError as error:
            raise self._refused(error) from None

    def describe(self, said: Mapping[str, Any]) -> None:
        """Keep with a Parquet file the version of dosing and what holds for all of it, by regimen."""
        found = {"version": dosing.__version__, "regimens": said}
        self._metadata = {METADATA: json.dumps(found, ensure_ascii=False, sort_keys=True).encode()}

    def _refused(self, error: OSError) -> OutputError:
        return OutputError(f"can't write {self._path}: {os.strerror(error.errno) if error.errno else error}")

    def _name(self) -> None:
        """Give the finished file its name."""
        if self._target.exists():
            shutil.copymode(self._target, self._temporary)
        self._temporary.replace(self._target)

    def _flush(self) -> None:
        """Write what waits as one row group."""
        if self._waiting:
            whole = arrow().concat_tables(self._waiting)
            self._waiting, self._rows = [], 0
            self._writer.write_table(whole.unify_dictionaries(), row_group_size=max(1, whole.num_rows))

    def _open(self) -> Any:
        pa = arrow()
        if self._form == "parquet":
            return parquet_writer(self._temporary)
        if self._form == "arrow":
            return pa.ipc.new_file(str(self._temporary), schema(), options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True))
        stream = self._temporary.open("wb")
        stream.write(header())
        return stream


def parquet_writer(path: Path) -> Any:
    """A writer of doses with the settings that every file of them has."""
    import pyarrow.parquet as pq

    coded = [column.name for column in DOSES if column.name not in _DELTA]
    return pq.ParquetWriter(path, schema(), use_dictionary=coded, column_encoding=_DELTA, write_statistics=_STATISTICS)


def copy_into(sink: Sink, files: Iterator[Path], form: str) -> None:
    """Add the doses of finished files one after another, piece by piece. Raises OutputError for one that can't be read."""
    read = {"parquet": _of_parquet, "arrow": _Codes().of_arrow, "csv": _of_csv}[form]
    for file in files:
        try:
            for piece in read(file):
                sink.write(piece)
        except (OSError, arrow().ArrowInvalid) as error:
            raise OutputError(f"{file} can't be read: {error}; remove it, and go on with --resume") from None


def _of_parquet(path: Path) -> "Iterator[pa.Table]":
    import pyarrow.parquet as pq

    # Buffered ahead, all that was read would be kept until the end of the file.
    with pq.ParquetFile(path, pre_buffer=False) as file:
        for batch in file.iter_batches(batch_size=_PIECE_ROWS):
            yield arrow().Table.from_batches([batch]).cast(schema())


def _of_csv(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        stream.readline()
        while piece := stream.read(_PIECE_BYTES):
            yield piece


class _Codes:
    """Codes of texts that hold for all files: the dictionaries of an Arrow file may grow from piece to piece, and nothing else."""

    def __init__(self) -> None:
        self._pools: dict[str, Pool] = {}

    def of_arrow(self, path: Path) -> "Iterator[pa.Table]":
        """The pieces of an Arrow file."""
        pa = arrow()
        # Not mapped: pages of all parts would stay in memory as long as there is room.
        with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as file:
            for number in range(file.num_record_batches):
                batch = file.get_batch(number)
                columns = [self._coded(field.name, column) for field, column in zip(batch.schema, batch.columns, strict=True)]
                yield pa.table(columns, schema=schema())

    def _coded(self, name: str, column: "pa.Array") -> "pa.Array":
        pa = arrow()
        if not pa.types.is_dictionary(column.type):
            return column
        pool = self._pools.setdefault(name, Pool())
        codes = pa.array([pool.code(text) for text in column.dictionary.to_pylist()], pa.int32())
        return pa.DictionaryArray.from_arrays(codes.take(column.indices), pool.dictionary())
