"""A run in parts: each holds the doses of so many patients, is made by one call anywhere, and is there as a whole or not at all.

NAME.partial/part-000001.parquet   the doses
NAME.partial/part-000001.json      what came of it: rows, rejects, what is said
NAME.partial/run.json              what the run is made of, so that only the same run goes on from it
"""

import gc
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dosing.cohort.changes import Changes
from dosing.cohort.people import Terms, checked_names
from dosing.cohort.rejected import Reject
from dosing.cohort.sink import Sink, temporary_of
from dosing.cohort.table import BLOCK_ROWS
from dosing.cohort.work import Worker
from dosing.errors import OutputError, PatientError

if TYPE_CHECKING:
    import pyarrow as pa

PART_PATIENTS = 20_000
_RUN = "run.json"
_ENDINGS = {"parquet": ".parquet", "arrow": ".arrow", "csv": ".csv"}


@dataclass(frozen=True, slots=True)
class Job:
    """What every part of a run is made with: the terms, the form, and the folder, which every worker must see."""

    terms: Terms
    form: str
    folder: str


@dataclass(frozen=True, slots=True)
class Task:
    """One part: its number and the number of its first row, its patients, and what concerns them of changes and repeated rows."""

    number: int
    first: int
    patients: "pa.Table"
    changes: Changes | None = None
    repeated: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """What came of a part; `said` are notes and what is missing, by regimen."""

    number: int
    rows: int
    patients: int
    alone: int
    rejects: tuple[Reject, ...]
    said: Mapping[str, Mapping[str, Any]]


def path_of(folder: Path, number: int, form: str) -> Path:
    """The file of a part."""
    return folder / f"part-{number:06}{_ENDINGS[form]}"


def make_part(job: Job, task: Task) -> Part:
    """Make one part and write it. The same task always gives the same file, so a part that is made twice does no harm.

    What was learned of other parts would stand in its metadata too, and a process may make several at a time: each has a worker of its own.
    Raises PatientError for a partition that isn't a table of patients as text, OutputError where it can't be written.
    """
    _check(task.patients)
    # The worker of the part before is held by cycles (errors that know where they came from), some ten MB each time.
    gc.collect()
    worker = Worker(job.terms, form=job.form)
    folder = Path(job.folder)
    rows = taken = alone = 0
    rejects: list[Reject] = []
    with Sink(path_of(folder, task.number, job.form), job.form) as sink:
        for begin in range(0, task.patients.num_rows, BLOCK_ROWS):
            block = worker.block(
                task.patients.slice(begin, BLOCK_ROWS), first=task.first + begin, changes=task.changes, repeated=task.repeated
            )
            sink.write(block.doses)
            rows, taken, alone = rows + block.rows, taken + block.patients, alone + block.alone
            rejects += block.rejects
        sink.describe(worker.described())
    part = Part(task.number, rows, taken, alone, tuple(rejects), worker.described())
    _save(folder / f"part-{task.number:06}.json", {**asdict(part), "rejects": [asdict(each) for each in rejects]})
    return part


def _check(patients: "pa.Table") -> None:
    checked_names(patients.column_names, what="a partition")
    for name, kind in zip(patients.schema.names, patients.schema.types, strict=True):
        if str(kind) != "string":
            raise PatientError(f"a partition has {name} as {kind}, not as text")


# -- the folder ---------------------------------------------------------------------------------------------------


def prepare(folder: Path, made_of: Mapping[str, str], *, resume: bool) -> dict[int, Part]:
    """Make the folder of a run ready; the parts that are there already, by number.

    Raises OutputError where it can't be made, where there is one and nobody asked to go on from it, or where it is of another run.
    """
    if not folder.exists():
        try:
            folder.mkdir()
        except OSError as error:
            raise OutputError(f"can't make {folder}: {error.strerror or error}") from None
        _save(folder / _RUN, dict(made_of))
        return {}
    if not resume:
        raise OutputError(f"{folder} is left from a run that was not finished; go on from it with --resume, or remove it")
    try:
        before = json.loads((folder / _RUN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise OutputError(f"{folder} can't be gone on from: {_RUN} in it can't be read; remove the folder") from None
    differ = [name for name in made_of if before.get(name) != made_of[name]]
    if differ:
        raise OutputError(f"{folder} is of another run ({', '.join(differ)} differ); remove it, or ask for the same again")
    return {part.number: part for part in _there(folder, made_of["form"])}


def _there(folder: Path, form: str) -> Iterator[Part]:
    """The parts that are whole: a part's record is written after its file."""
    for path in sorted(folder.glob("part-*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        part = Part(**{**found, "rejects": tuple(Reject(**each) for each in found["rejects"])})
        if path_of(folder, part.number, form).exists():
            yield part


def require(folder: Path, count: int, form: str) -> list[Path]:
    """The files of all parts in their order. Raises OutputError where one isn't there."""
    files = [path_of(folder, number, form) for number in range(1, count + 1)]
    absent = [file.name for file in files if not file.exists()]
    if absent:
        raise OutputError(
            f"{len(absent)} of {count} parts are not in {folder}, the first is {absent[0]}: every worker must see this folder under this "
            "name; go on with --resume"
        )
    return files


def finish(folder: Path) -> None:
    """Leave only the doses in the folder; what it is made of goes last, as without it nobody can go on."""
    for path in (*folder.glob("part-*.json"), *folder.glob(".*.tmp"), folder / _RUN):
        path.unlink(missing_ok=True)


def _save(path: Path, content: object) -> None:
    temporary = temporary_of(path)
    try:
        temporary.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror or error}") from None
    finally:
        temporary.unlink(missing_ok=True)
