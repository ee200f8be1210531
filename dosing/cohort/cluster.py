"""Parts made by more than one process: local ones, or the workers of a Dask cluster. Both run the same function of the same tasks."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from multiprocessing import get_context
from typing import Any

import dosing
from dosing.cohort.parts import Job, Part, Task, make_part
from dosing.errors import OutputError

Make = Callable[[Job, Iterator[Task]], Iterator[Part]]
# Tasks that wait beside those that run: each holds its patients in memory.
_AHEAD = 2
_RETRIES = 3


def local(workers: int) -> Make:
    """Parts by so many processes of this machine."""

    def make(job: Job, tasks: Iterator[Task]) -> Iterator[Part]:
        try:
            with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
                yield from _as_done(tasks, lambda task: pool.submit(make_part, job, task), ahead=workers * _AHEAD)
        except BrokenProcessPool:
            raise OutputError(
                "a worker process ended before its time (too little memory?); go on with --resume, and fewer --workers"
            ) from None

    return make


def _as_done(tasks: Iterator[Task], submit: "Callable[[Task], Future[Part]]", *, ahead: int) -> Iterator[Part]:
    """The parts in the order in which they are done, with no more than `ahead` under way."""
    running: set[Future[Part]] = set()
    for task in tasks:
        running.add(submit(task))
        if len(running) >= ahead:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (each.result() for each in done)
    while running:
        done, running = wait(running, return_when=FIRST_COMPLETED)
        yield from (each.result() for each in done)


def dask(address: str) -> Make:
    """Parts by the workers of the Dask cluster with its scheduler there. They must see the folder of the run, and the files it names.

    A part whose worker is lost is made again by another. Raises OutputError without `distributed`, where nobody answers, and where the
    workers have another version of dosing.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise OutputError("--scheduler needs dask: pip install 'dosing[cluster]'") from None

    def make(job: Job, tasks: Iterator[Task]) -> Iterator[Part]:
        try:
            client = distributed.Client(address, timeout="10s")
        except (OSError, ValueError) as error:
            raise OutputError(f"no Dask scheduler answers at {address}: {error}") from None
        with client:
            _same_version(client)
            running = distributed.as_completed()
            ahead = _AHEAD * max(1, len(client.scheduler_info()["workers"]))
            for task in tasks:
                running.add(client.submit(make_part, job, task, key=f"{job.name[:12]}-{task.number}", pure=False, retries=_RETRIES))
                if running.count() >= ahead:
                    yield _result(next(running))
            for future in running:
                yield _result(future)

    def _result(future: Any) -> Part:
        try:
            part: Part = future.result()
        except distributed.KilledWorker as error:
            raise OutputError(f"a part was given up after {_RETRIES} workers were lost with it: {error}; go on with --resume") from None
        return part

    return make


def _same_version(client: Any) -> None:
    """Raise OutputError unless every worker has this version of dosing."""
    found = client.run(version)
    other = {worker: theirs for worker, theirs in found.items() if theirs != dosing.__version__}
    if other:
        worker, theirs = next(iter(other.items()))
        raise OutputError(f"the worker {worker} has dosing {theirs}, and here is {dosing.__version__}; install the same everywhere")


def version() -> str:
    """The version of dosing where this runs."""
    return dosing.__version__
