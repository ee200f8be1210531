"""`dosing cohort`: the doses of many patients, from a table."""

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dosing.cli import options
from dosing.cli.write import tell
from dosing.errors import OutputError, PatientError, RejectedError

if TYPE_CHECKING:
    from dosing.cohort.people import Terms
    from dosing.cohort.rejected import Reject
    from dosing.cohort.run import Outcome

_REJECTS = "rejects.csv"
_A_MINUTE = 60.0


@click.command()
@click.argument("patients", metavar="PATIENTS")
@click.option("-o", "--output", required=True, metavar="FILE", help="doses.parquet, .arrow or .csv; or a folder, with / at its end.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option("--changes", metavar="FILE", help="A table of delays, holds, reductions, weights, ...: one row for each.")
@click.option("--rejects", metavar="FILE", help="Where rows go that can't be used.  [default: rejects.csv beside the output]")
@click.option("--max-rejects", type=click.IntRange(0), metavar="N", help="Stop when more than N rows are rejected.")
@click.option("--resume", is_flag=True, help="Keep finished parts, and go on from those of a run that was stopped.")
@click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Share the work among local processes; writes a folder.")
@click.option("--scheduler", metavar="ADDRESS", help="Share it on a Dask cluster, tcp://host:8786; writes a folder.")
@click.option("--check", "administered", metavar="FILE", help="Compare what was given with these doses; -o takes the deviations.")
@click.option("--window", type=click.IntRange(0, 366), metavar="DAYS", help="With --check: how early or late is still the same dose.")
@click.option("--percent", metavar="P", help="With --check: how far an amount may be off, in percent.")
@click.option("--as-of", metavar="DATE", help="With --check: what was due up to this day is missing if it was not given.")
@options.horizon
@options.only_phases
@options.phase_starts
@options.practice
@options.before_and_after
@options.open_days
@options.choices
@click.option("--formula", metavar="NAME", help="Body-surface formula.  [default: mosteller, or the site's]")
@click.option("--rule", multiple=True, metavar="DRUG=GROUP", help="Which of alternative rules: lenalidomide=eu, or none; repeatable.")
def cohort(patients: str, output: str, force: bool, rejects: str | None, **given: Any) -> None:
    """The doses of all patients of a table: CSV, Parquet or Arrow, with patient_id, regimen, start, height_cm and weight_kg.

    Options hold for every patient whose row says nothing else. Rows that can't be used go to a file of their own and the others are
    kept; the exit code is then 8.
    """
    gc.enable()
    target = Path(output)
    _refuse_existing(output, force=force, resume=given["resume"])
    aside = Path(rejects) if rejects else target.parent / _REJECTS
    if given["administered"]:
        found, total = _check(patients, target, force=force, given=given), 0
    else:
        outcome = _run(patients, output, given)
        found, total = outcome.rejects, outcome.patients + len(outcome.rejects)
        tell(_summary(outcome, output))
    _keep_rejects(found, aside)
    if found:
        raise RejectedError(_said(found, total, aside))


def _run(patients: str, output: str, given: dict[str, Any]) -> "Outcome":
    from dosing.cohort.run import Order, run

    folder = output.endswith(("/", os.sep))
    make = _make(given)
    if make and not folder:
        raise OutputError(f"--workers and --scheduler write a folder of parts; give -o {Path(output).stem}/")
    order = Order(
        patients=Path(patients),
        output=Path(output),
        terms=_terms(given),
        changes=Path(given["changes"]) if given["changes"] else None,
        most=given["max_rejects"],
        folder=folder,
        resume=given["resume"],
        make=make,
    )
    with progress() as tick:
        return run(order, tick=tick)


def _make(given: dict[str, Any]) -> Any:
    """Who makes the parts, where not this process does."""
    if given["workers"] and given["scheduler"]:
        raise OutputError("--workers and --scheduler exclude each other; give one")
    if not given["workers"] and not given["scheduler"]:
        return None
    from dosing.cohort import cluster

    return cluster.local(given["workers"]) if given["workers"] else cluster.dask(given["scheduler"])


def _terms(given: dict[str, Any]) -> "Terms":
    """What the options say of every patient."""
    from dosing.cohort.people import SEVERAL, Terms

    chosen = options.Chosen(given)
    asked = chosen.asked()
    choices = {"variant": SEVERAL.join(given["variants"]), "proxy": SEVERAL.join(given["proxies"])}
    choices |= {name: given[name] for name in ("base", "base_days")}
    return Terms(
        texts=asked.texts,
        lists={name: tuple(texts) for name, texts in asked.lists.items()},
        choices={name: text for name, text in choices.items() if text},
        values=chosen.values(),
        starts=chosen.starts(),
        cycles=given["cycles"],
        until=chosen.until(),
        phases=tuple(given["phases"]),
    )


def _refuse_existing(output: str, *, force: bool, resume: bool) -> None:
    if Path(output).exists() and not force and not resume:
        raise OutputError(f"{output} exists already; give --force to replace it")


# -- what is said -------------------------------------------------------------------------------------------------


def _summary(outcome: "Outcome", output: str) -> Iterator[str]:
    for regimen, said in outcome.said.items():
        yield from (f"{regimen}: missing: {line}" for line in said["missing"])
        yield from (f"{regimen}: note: {line}" for line in said["notes"])
    alone = f", {outcome.alone:,} of them one by one" if outcome.alone else ""
    yield f"{outcome.rows:,} rows of {outcome.patients:,} patients{alone} in {output}"


def _keep_rejects(found: "list[Reject]", aside: Path) -> None:
    """Write the rejects; an earlier run's are replaced, nothing else is. Raises OutputError."""
    from dosing.cohort.rejected import csv_of

    heading = csv_of([])
    try:
        if aside.exists() and not aside.read_bytes().startswith(heading):
            raise OutputError(f"{aside} exists and holds something else; say with --rejects where rejected rows go")
        if found or aside.exists():
            aside.write_bytes(csv_of(found))
    except OSError as error:
        raise OutputError(f"can't write {aside}: {error.strerror or error}") from None


def _said(found: "list[Reject]", total: int, aside: Path) -> str:
    from dosing.cohort.rejected import told

    of = f" of {total:,}" if total else ""
    rows = "row was" if len(found) == 1 else "rows were"
    return f"{len(found):,}{of} {rows} rejected ({told(found)}), and stand in {aside}; the others are written"


@contextmanager
def progress() -> Iterator[Callable[[int, int, int], None]]:
    """Shows how far a run is: a bar on a terminal, a line a minute otherwise."""
    if sys.stderr is not None and sys.stderr.isatty():
        with _bar() as tick:
            yield tick
        return
    begin = last = time.monotonic()

    def tell_it(done: int, rows: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _A_MINUTE:
            last = now
            left = (now - begin) * (total - done) / done
            tell([f"{done:,} of {total:,} patients, {rows:,} rows, {rows / (now - begin):,.0f} rows/s, about {left / 60:.0f} min left"])

    yield tell_it


@contextmanager
def _bar() -> Iterator[Callable[[int, int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("patients, {task.fields[rows]}"), TimeRemainingColumn())
    begin = time.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        bar = shown.add_task("", total=None, rows="")

        def tick(done: int, rows: int, total: int) -> None:
            speed = rows / max(time.monotonic() - begin, 1e-9)
            shown.update(bar, completed=done, total=total, rows=f"{rows:,} rows, {speed / 1e6:.1f} million rows/s")

        yield tick


# -- what was given -----------------------------------------------------------------------------------------------


def _check(patients: str, target: Path, *, force: bool, given: dict[str, Any]) -> "list[Reject]":
    """Write the deviations of what was given from the doses; the rows of both tables that can't be used."""
    from dosing.cohort.api import blocks
    from dosing.cohort.columns import arrow
    from dosing.cohort.rejected import Reject

    arrow()
    from dosing.cohort import deviations
    from dosing.cohort.deviation_file import write

    rejects: list[Reject] = []

    def doses() -> Iterator[Any]:
        for block in blocks(patients, changes=given["changes"], terms=_terms(given)):
            rejects.extend(block.rejects)
            yield from block.doses.to_batches()

    found = deviations.check(
        doses(),
        given["administered"],
        window_days=deviations.WINDOW_DAYS if given["window"] is None else given["window"],
        percent=deviations.PERCENT if given["percent"] is None else _percent(given["percent"]),
        as_of=options.parse_day("--as-of", given["as_of"]) if given["as_of"] else None,
    )
    write(found, target, force=force)
    tell(found.said())
    tell(f"{count:,} {kind}: {drug}" for drug, kind, count in found.summary())
    return [*rejects, *(Reject(**row) for row in found.rejects.to_pylist())]


def _percent(text: str) -> Decimal:
    try:
        return Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        raise PatientError(f"--percent {text!r} is not a number such as 5") from None
