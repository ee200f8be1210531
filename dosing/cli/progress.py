"""How far a long command is, on standard error: a bar on a terminal, a line a minute otherwise."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dosing.cli.write import tell

# Patients done, rows of doses, patients in all. The first call says what was there before the work began.
Tick = Callable[[int, int, int], None]
_A_MINUTE = 60.0
_SHORTEST = 1e-9


@contextmanager
def progress() -> Iterator[Tick]:
    """Gives what is to be called now and then."""
    if sys.stderr is not None and sys.stderr.isatty():
        with _bar() as tick:
            yield tick
    else:
        yield _lines()


class _Since:
    """The time since the first call, and the rows that were there then."""

    def __init__(self) -> None:
        self._begin: tuple[float, int, int] | None = None

    def gone(self, done: int, rows: int) -> tuple[float, int, int]:
        """Seconds, patients and rows since the first call."""
        now = time.monotonic()
        if self._begin is None:
            self._begin = now, done, rows
        begin, patients, before = self._begin
        return max(now - begin, _SHORTEST), done - patients, rows - before


def _lines() -> Tick:
    since, last = _Since(), 0.0

    def tick(done: int, rows: int, total: int) -> None:
        nonlocal last
        seconds, patients, made = since.gone(done, rows)
        if seconds - last >= _A_MINUTE and patients:
            last = seconds
            left = seconds / patients * (total - done)
            tell([f"{done:,} of {total:,} patients, {rows:,} rows, {made / seconds:,.0f} rows/s, about {left / 60:.0f} min left"])

    return tick


@contextmanager
def _bar() -> Iterator[Tick]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("patients, {task.fields[rows]}"), TimeRemainingColumn())
    since = _Since()
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        bar = shown.add_task("", total=None, rows="0 rows")

        def tick(done: int, rows: int, total: int) -> None:
            seconds, _, made = since.gone(done, rows)
            shown.update(bar, completed=done, total=total, rows=f"{rows:,} rows, {made / seconds:,.0f} rows/s")

        yield tick
