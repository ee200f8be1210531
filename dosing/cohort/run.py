"""A whole cohort, from its table to a file of doses or to a folder of parts.

One file is written as it grows, by a thread of its own, and has another name until it is whole. A folder, and every run that can be gone on
from, is made of parts (dosing.cohort.parts), by this process, by local ones, or by a Dask cluster (dosing.cohort.cluster).
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import dosing
from dosing.cohort import parts
from dosing.cohort.changes import read_changes
from dosing.cohort.people import PATIENT_ID, Terms, checked_names
from dosing.cohort.rejected import Reject, repeated_in, within
from dosing.cohort.sink import Sink, copy_into, form_of
from dosing.cohort.strays import Strays
from dosing.cohort.table import names_of, open_table
from dosing.cohort.work import Block, Worker
from dosing.errors import OutputError, PatientError, TooManyRejectsError

if TYPE_CHECKING:
    import pyarrow as pa

# Patients done (with those rejected), rows of doses, patients in all; first what was there before, then after each block or part.
Tick = Callable[[int, int, int], None]
Make = Callable[[parts.Job, Iterator[parts.Task]], Generator[parts.Part]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for: the table of patients, that of changes, the file (or folder) to write, what holds for all.

    `most` is how many rows may be rejected before the run stops (None: any number). `folder` asks for a folder of parts, `resume` to go on
    from what an earlier run left; `make` makes the parts (None: in this process, one after another).
    """

    patients: Path
    output: Path
    terms: Terms = field(default_factory=Terms)
    changes: Path | None = None
    most: int | None = None
    folder: bool = False
    resume: bool = False
    make: Make | None = None
    part_patients: int = parts.PART_PATIENTS


@dataclass(slots=True)
class Outcome:
    """What came of a run; `said` are notes and what nobody stated, by regimen.

    `alone` of the patients went through the one-patient path; `kept` parts were there already.
    """

    patients: int = 0
    rows: int = 0
    alone: int = 0
    kept: int = 0
    rejects: list[Reject] = field(default_factory=list)
    said: dict[str, dict[str, Any]] = field(default_factory=dict)


def _silent(done: int, rows: int, total: int) -> None:
    """Tell nobody."""


_TABLES = {"patients": "the patients", "changes": "the changes", "administered": "what was given"}


def refuse_too_many(rejects: list[Reject], most: int | None) -> None:
    """Raise TooManyRejectsError for more than `most` (None: any number)."""
    if most is not None and len(rejects) > most:
        first = rejects[0]
        where = f"row {first.row} of {_TABLES[first.table]}: {first.message}"
        raise TooManyRejectsError(f"more than {most} rows were rejected (--max-rejects); the first is {where}", rejects)


def run(order: Order, *, tick: Tick = _silent) -> Outcome:
    """Make the doses. Raises DosingError; then nothing is written, or what is finished is kept for `resume`."""
    form = "parquet" if order.folder else form_of(order.output)
    checked_names(names_of(order.patients), what=str(order.patients))
    strays = Strays(read_changes(order.changes) if order.changes else None)
    repeated, total = repeated_in(order.patients)
    in_parts = order.folder or order.resume or order.make is not None
    work = _in_parts if in_parts else _at_once
    return work(order, form, strays, repeated, lambda done, rows: tick(done, rows, total))


def _at_once(order: Order, form: str, strays: Strays, repeated: Mapping[int, int], tick: Callable[[int, int], None]) -> Outcome:
    """One file, by one process: a thread writes what another makes."""
    worker = Worker(order.terms, form=form)
    outcome = Outcome()
    first = 1
    tick(0, 0)
    with Sink(order.output, form) as sink, closing(_Behind(sink)) as behind:
        for table in open_table(order.patients):
            strays.meet(table)
            block = worker.block(table, first=first, changes=strays.changes, repeated=repeated)
            first += table.num_rows
            behind.write(block.doses)
            _count(outcome, block)
            refuse_too_many(outcome.rejects, order.most)
            tick(first - 1, outcome.rows)
        _add_strays(outcome, strays, order)
        behind.wait()
        outcome.said = worker.described()
        sink.describe(outcome.said)
    return outcome


# Tables that wait to be written, each of some 20 MB.
_BEHIND = 2


class _Behind:
    """Writes in a thread, a few tables behind: some are only put aside until a row group is full, which then takes long."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._pool = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()

    def write(self, doses: "pa.Table | pa.Buffer") -> None:
        """Write after what went before; raises what that raised."""
        if len(self._waiting) == _BEHIND:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(self._sink.write, doses))

    def wait(self) -> None:
        """Wait for all; raises what one of them raised."""
        while self._waiting:
            self._waiting.popleft().result()

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown()


def _count(outcome: Outcome, block: Block | parts.Part) -> None:
    outcome.patients += block.patients
    outcome.rows += block.rows
    outcome.alone += block.alone
    outcome.rejects += block.rejects


def _add_strays(outcome: Outcome, strays: Strays, order: Order) -> None:
    """The last rejects, when all patients have come."""
    outcome.rejects += strays.rejects()
    refuse_too_many(outcome.rejects, order.most)


# -- in parts -----------------------------------------------------------------------------------------------------


def _in_parts(order: Order, form: str, strays: Strays, repeated: Mapping[int, int], tick: Callable[[int, int], None]) -> Outcome:
    """A folder of parts, or one file made of them."""
    folder = order.output.with_name(f"{order.output.name}.partial")
    if order.output.exists() and order.folder:
        raise OutputError(f"{order.output} exists already, and no folder is replaced; give another name, or remove it")
    there = parts.prepare(folder, _made_of(order, form), resume=order.resume)
    found = _parts(order, parts.Job(order.terms, form, str(folder.resolve())), there, strays, repeated, tick)
    files = parts.require(folder, len(found), form)
    outcome = _outcome(found)
    outcome.kept = len(there)
    _add_strays(outcome, strays, order)
    if order.folder:
        parts.finish(folder)
        _name(folder, order.output)
    else:
        with Sink(order.output, form) as sink:
            copy_into(sink, iter(files), form)
            sink.describe(outcome.said)
        rmtree(folder)
    return outcome


def _name(folder: Path, output: Path) -> None:
    try:
        folder.rename(output)
    except OSError as error:
        raise OutputError(f"can't name {folder} {output}: {error.strerror or error}") from None


def _parts(
    order: Order,
    job: parts.Job,
    there: Mapping[int, parts.Part],
    strays: Strays,
    repeated: Mapping[int, int],
    tick: Callable[[int, int], None],
) -> list[parts.Part]:
    """All parts in their order: those that are there, and the others, which are made."""
    found = dict(there)
    so_far = _outcome(there.values())
    tick(_done(so_far), so_far.rows)
    tasks = (task for task in _tasks(order, strays, repeated) if task.number not in there)
    with closing((order.make or _one_after_another)(job, tasks)) as made:
        for part in made:
            found[part.number] = part
            _count(so_far, part)
            refuse_too_many(so_far.rejects, order.most)
            tick(_done(so_far), so_far.rows)
    return [found[number] for number in sorted(found)]


def _done(outcome: Outcome) -> int:
    return outcome.patients + len(outcome.rejects)


def _outcome(made: Iterable[parts.Part]) -> Outcome:
    """What came of parts. Raises OutputError where they are of different regimens."""
    outcome = Outcome()
    for part in made:
        _count(outcome, part)
        for regimen, said in part.said.items():
            _say(outcome, regimen, said)
    return outcome


def _say(outcome: Outcome, regimen: str, said: Mapping[str, Any]) -> None:
    known = outcome.said.setdefault(regimen, dict(said))
    if any(known[name] != said[name] for name in ("definition", "site")):
        raise OutputError(
            f"the parts were made with different files of the regimen {regimen} or of the site; make them the same everywhere, remove the "
            "folder of the parts, and begin anew"
        )
    for name in ("notes", "missing"):
        known[name] = list(dict.fromkeys((*known[name], *said[name])))


def _one_after_another(job: parts.Job, tasks: Iterator[parts.Task]) -> Generator[parts.Part]:
    yield from (parts.make_part(job, task) for task in tasks)


def _tasks(order: Order, strays: Strays, repeated: Mapping[int, int]) -> Iterator[parts.Task]:
    first = 1
    for number, table in enumerate(open_table(order.patients, rows=order.part_patients), 1):
        strays.meet(table)
        own = strays.changes.of_patients(table.column(PATIENT_ID).to_pylist()) if strays.changes else None
        yield parts.Task(number, first, table, own, within(repeated, first, table.num_rows))
        first += table.num_rows


def _made_of(order: Order, form: str) -> dict[str, str]:
    """What makes a run the same as another."""
    named = [order.patients, order.changes, order.terms.texts.get("site"), *order.terms.lists.get("bands", ())]
    files = " ".join(_hash(Path(path)) if path else "-" for path in named)
    return {"files": files, "options": repr(order.terms), "form": form, "part": str(order.part_patients), "version": dosing.__version__}


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise PatientError(f"{path} can't be read: {error.strerror or error}") from None
