"""Doses to one file: Parquet, Arrow IPC or CSV. A file that isn't finished has another name, and never looks whole."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from dosing.cohort.columns import DOSES, arrow, schema
from dosing.cohort.lines import header
from dosing.errors import OutputError

if TYPE_CHECKING:
    import pyarrow as pa

FORMS = {".parquet": "parquet", ".arrow": "arrow", ".csv": "csv"}
METADATA = b"dosing"
# Rows of a row group: enough for a dictionary to be worth it, few enough to be held in memory.
_GROUP_ROWS = 400_000
# Days rise within a patient; everything else repeats.
_DELTA = {"date": "DELTA_BINARY_PACKED"}


def form_of(path: Path) -> str:
    """The form of a file by its name. Raises OutputError."""
    if path.suffix.lower() not in FORMS:
        raise OutputError(f"{path}: the form can't be told; name it {', '.join(FORMS)}, or a folder (ending in /) for a dataset")
    return FORMS[path.suffix.lower()]


class Sink:
    """Takes tables (or lines, for CSV) of doses in order; the file gets its name when it is closed without an error."""

    def __init__(self, path: Path, form: str) -> None:
        self._path, self._form = path, form
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._metadata: dict[bytes, bytes] = {}
        self._writer: Any = None

    def __enter__(self) -> Self:
        try:
            self._writer = self._open()
        except OSError as error:
            raise OutputError(f"can't write {self._path}: {error.strerror or error}") from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._flush()
                if self._metadata and self._form == "parquet":
                    self._writer.add_key_value_metadata(self._metadata)
            self._writer.close()
            if kind is None:
                self._temporary.replace(self._path)
        except OSError as problem:
            raise OutputError(f"can't write {self._path}: {problem.strerror or problem}") from None
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
            raise OutputError(f"can't write {self._path}: {error.strerror or error}") from None

    def describe(self, said: Mapping[str, Any]) -> None:
        """Keep with a Parquet file what holds for all of it."""
        self._metadata = {METADATA: json.dumps(said, ensure_ascii=False, sort_keys=True).encode()}

    def _flush(self) -> None:
        """Write what waits as one row group."""
        if self._waiting:
            whole = arrow().concat_tables(self._waiting)
            self._writer.write_table(whole.unify_dictionaries() if len(self._waiting) > 1 else whole, row_group_size=max(1, whole.num_rows))
            self._waiting, self._rows = [], 0

    def _open(self) -> Any:
        pa = arrow()
        if self._form == "parquet":
            import pyarrow.parquet as pq

            coded = [column.name for column in DOSES if column.name not in _DELTA]
            return pq.ParquetWriter(self._temporary, schema(), use_dictionary=coded, column_encoding=_DELTA)
        if self._form == "arrow":
            return pa.ipc.new_file(str(self._temporary), schema(), options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True))
        stream = self._temporary.open("wb")
        stream.write(header())
        return stream


def copy_into(sink: Sink, part: Path, form: str) -> None:
    """Add the doses of a finished part, piece by piece."""
    pa = arrow()
    if form == "parquet":
        import pyarrow.parquet as pq

        with pq.ParquetFile(part) as file:
            for number in range(file.num_row_groups):
                sink.write(file.read_row_group(number).cast(schema()))
    elif form == "arrow":
        with pa.ipc.open_file(str(part)) as file:
            for number in range(file.num_record_batches):
                sink.write(pa.Table.from_batches([file.get_batch(number)]))
    else:
        with part.open("rb") as stream:
            stream.readline()
            while piece := stream.read(1 << 24):
                sink.write(piece)
