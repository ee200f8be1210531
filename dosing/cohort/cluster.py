"""Parts made by more than one process: local ones, or the workers of a Dask cluster. Both run the same function of the same tasks."""

import signal
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from multiprocessing import get_context
from typing import Any

import dosing
from dosing.cohort.parts import Job, Part, Task, make_part
from dosing.errors import OutputError

Make = Callable[[Job, Iterator[Task]], Generator[Part]]
# Tasks that wait beside those that run: each holds its patients in memory.
_AHEAD = 2
_ANSWER = "10s"
_FIRST_WORKER_S = 10


def local(workers: int) -> Make:
    """Parts by so many processes of this machine."""

    def make(job: Job, tasks: Iterator[Task]) -> Generator[Part]:
        # An interrupt goes to all processes of a terminal; this one ends the others.
        pool = ProcessPoolExecutor(
            workers, mp_context=get_context("spawn"), initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)
        )
        try:
            yield from _as_done(tasks, lambda task: pool.submit(make_part, job, task), ahead=workers * _AHEAD)
        except BrokenProcessPool:
            raise OutputError(
                "a worker process ended before its time (too little memory?); go on with --resume, and fewer --workers"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)

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

    A part whose worker is lost is made again by another. Raises OutputError without `distributed`, where nobody answers or works, where
    the workers have another version of dosing or none, and where the cluster gives up.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise OutputError("--scheduler needs dask: pip install 'dosing[cluster]'") from None

    def make(job: Job, tasks: Iterator[Task]) -> Generator[Part]:
        try:
            if not address:
                # Without an address, a cluster would be made here.
                raise ValueError("an address is tcp://host:8786")
            client = distributed.Client(address, timeout=_ANSWER, set_as_default=False)
        except (OSError, ValueError) as error:
            raise OutputError(f"no Dask scheduler answers at {address!r}: {error}") from None
        with client:
            _same_version(client, address, distributed)
            running = distributed.as_completed(loop=client.loop)
            ahead = _AHEAD * sum(client.nthreads().values())
            for task in tasks:
                # The key is this run's own: a part of an earlier one that the cluster still remembers may have gone with its folder.
                running.add(client.submit(make_part, job, task, key=f"{client.id}-part-{task.number}", pure=False))
                if running.count() >= ahead:
                    yield _result(next(running), distributed)
            for future in running:
                yield _result(future, distributed)

    return make


def _result(future: Any, distributed: Any) -> Part:
    """The part, or the error of its worker. Raises OutputError where there is neither."""
    try:
        part: Part = future.result()
    except distributed.KilledWorker as error:
        raise OutputError(f"a part was given up, as one worker after another was lost with it: {error}; go on with --resume") from None
    except (CancelledError, OSError) as error:
        raise OutputError(f"the scheduler was lost: {error}; go on with --resume") from None
    return part


def _same_version(client: Any, address: str, distributed: Any) -> None:
    """Raise OutputError unless there are workers, and every one has this version of dosing."""
    try:
        client.wait_for_workers(1, timeout=_FIRST_WORKER_S)
    except distributed.TimeoutError:
        raise OutputError(f"the scheduler at {address} has no workers; start some with `dask worker {address}`") from None
    for worker, theirs in client.run(version_there, on_error="return").items():
        if isinstance(theirs, Exception):
            raise OutputError(f"the worker {worker} can't run dosing: {theirs}; install dosing[cluster] everywhere") from None
        if theirs != dosing.__version__:
            raise OutputError(f"the worker {worker} has dosing {theirs}, and here is {dosing.__version__}; install the same everywhere")


def version_there() -> str:
    """The version of dosing where this runs."""
    return dosing.__version__
