"""A whole cohort, from its table to a file of doses or to a folder of parts.

One file is written as it grows, by a thread of its own, and has another name until it is whole. A folder, and every run that can be gone on
from, is made of parts (dosing.cohort.parts), by this process, by local ones, or by a Dask cluster (dosing.cohort.cluster).
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import dosing
from dosing.cohort import parts
from dosing.cohort.changes import Changes, read_changes
from dosing.cohort.people import Terms, checked_names
from dosing.cohort.rejected import Reject, repeated_in, within
from dosing.cohort.sink import Sink, copy_into, form_of
from dosing.cohort.table import names_of, open_table
from dosing.cohort.work import Block, Worker
from dosing.errors import OutputError, PatientError

if TYPE_CHECKING:
    import pyarrow as pa

# patients done (with those rejected), rows of doses, patients in all
Tick = Callable[[int, int, int], None]
Make = Callable[[parts.Job, Iterator[parts.Task]], Iterator[parts.Part]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for: the table of patients, that of changes, the file (or folder) to write, what holds for all.

    `most` is how many rows may be rejected before the run stops (None: any number). `parts` asks for a folder, `resume` to go on from
    what an earlier run left; `make` makes the parts (None: in this process, one after another).
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
    """What came of a run; `said` are notes and what nobody stated, by regimen; `alone` went through the one-patient path."""

    patients: int = 0
    rows: int = 0
    alone: int = 0
    rejects: list[Reject] = field(default_factory=list)
    said: dict[str, dict[str, Any]] = field(default_factory=dict)


def _silent(done: int, rows: int, total: int) -> None:
    """Tell nobody."""


def run(order: Order, *, tick: Tick = _silent) -> Outcome:
    """Make the doses. Raises DosingError; then nothing is written, or what is finished is kept for `resume`."""
    checked_names(names_of(order.patients), what=str(order.patients))
    changes = read_changes(order.changes) if order.changes else None
    repeated, total = repeated_in(order.patients)
    in_parts = order.folder or order.resume or order.make is not None
    work = _in_parts if in_parts else _at_once
    return work(order, changes, repeated, lambda done, rows: tick(done, rows, total))


def _at_once(order: Order, changes: Changes | None, repeated: Mapping[int, int], tick: Callable[[int, int], None]) -> Outcome:
    """One file, by one process: a thread writes what another makes."""
    form = form_of(order.output)
    worker = Worker(order.terms, form=form)
    outcome = Outcome()
    first = 1
    with Sink(order.output, form) as sink, closing(_Behind(sink)) as behind:
        for table in open_table(order.patients):
            block = worker.block(table, first=first, changes=changes, repeated=repeated)
            first += table.num_rows
            behind.write(block.doses)
            _count(outcome, block)
            _refuse_too_many(outcome, order)
            tick(first - 1, outcome.rows)
        behind.wait()
        outcome.said = worker.described()
        sink.describe(_metadata(outcome.said))
    return outcome


class _Behind:
    """Writes in a thread, one table behind: making the next takes as long as writing the last."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._pool = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None

    def write(self, doses: "pa.Table | pa.Buffer") -> None:
        """Write after what went before; raises what that raised."""
        self.wait()
        self._last = self._pool.submit(self._sink.write, doses)

    def wait(self) -> None:
        """Wait for the last; raises what it raised."""
        if self._last:
            self._last.result()

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown()


def _count(outcome: Outcome, block: Block | parts.Part) -> None:
    outcome.patients += block.patients
    outcome.rows += block.rows
    outcome.alone += block.alone
    outcome.rejects += block.rejects


def _refuse_too_many(outcome: Outcome, order: Order) -> None:
    if order.most is not None and len(outcome.rejects) > order.most:
        first = outcome.rejects[0]
        raise PatientError(
            f"more than {order.most} rows were rejected (--max-rejects); the first is row {first.row} of the {first.table}: {first.message}"
        )


def _metadata(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"version": dosing.__version__, "regimens": dict(said)}


# -- in parts -----------------------------------------------------------------------------------------------------


def _in_parts(order: Order, changes: Changes | None, repeated: Mapping[int, int], tick: Callable[[int, int], None]) -> Outcome:
    """A folder of parts, or one file made of them."""
    form = "parquet" if order.folder else form_of(order.output)
    folder = order.output.with_name(f"{order.output.name}.partial")
    if order.output.exists() and order.folder:
        raise OutputError(f"{order.output} exists already; give another name, or remove it")
    made_of = _made_of(order, form)
    there = parts.prepare(folder, made_of, resume=order.resume)
    outcome, done = Outcome(), 0
    job = parts.Job(order.terms, form, str(folder.resolve()), sha256(repr(sorted(made_of.items())).encode()).hexdigest())
    tasks = (task for task in _tasks(order, changes, repeated) if task.number not in there)
    make = order.make or _one_after_another
    found = dict(there)
    for part in there.values():
        _add(outcome, part)
        done += part.patients + len(part.rejects)
        tick(done, outcome.rows)
    for part in make(job, tasks):
        found[part.number] = part
        _add(outcome, part)
        done += part.patients + len(part.rejects)
        _refuse_too_many(outcome, order)
        tick(done, outcome.rows)
    outcome.rejects.sort(key=lambda each: each.row)
    if order.folder:
        parts.finish(folder)
        folder.replace(order.output)
    else:
        with Sink(order.output, form) as sink:
            for number in sorted(found):
                copy_into(sink, parts.path_of(folder, number, form), form)
            sink.describe(_metadata(outcome.said))
        rmtree(folder)
    return outcome


def _add(outcome: Outcome, part: parts.Part) -> None:
    _count(outcome, part)
    for regimen, said in part.said.items():
        known = outcome.said.setdefault(regimen, dict(said))
        for name in ("notes", "missing"):
            known[name] = list(dict.fromkeys((*known[name], *said[name])))


def _one_after_another(job: parts.Job, tasks: Iterator[parts.Task]) -> Iterator[parts.Part]:
    yield from (parts.make_part(job, task) for task in tasks)


def _tasks(order: Order, changes: Changes | None, repeated: Mapping[int, int]) -> Iterator[parts.Task]:
    first = 1
    for number, table in enumerate(open_table(order.patients, rows=order.part_patients), 1):
        own = changes.of_patients(table.column("patient_id").to_pylist()) if changes else None
        yield parts.Task(number, first, table, own, within(repeated, first, table.num_rows))
        first += table.num_rows


def _made_of(order: Order, form: str) -> dict[str, str]:
    """What makes a run the same as another."""
    files = {"patients": order.patients, "changes": order.changes}
    found = {name: sha256(path.read_bytes()).hexdigest() if path else "" for name, path in files.items()}
    site = order.terms.texts.get("site")
    found["site"] = sha256(Path(site).read_bytes()).hexdigest() if site else ""
    return {**found, "options": repr(order.terms), "form": form, "part": str(order.part_patients), "version": dosing.__version__}
