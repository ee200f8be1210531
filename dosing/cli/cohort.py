"""`dosing cohort`: the doses of many patients, from a table."""

import gc
import os
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from dosing.cli import options
from dosing.cli.progress import progress
from dosing.cli.write import tell
from dosing.errors import OutputError, PatientError, RejectedError, TooManyRejectsError

if TYPE_CHECKING:
    import pyarrow as pa

    from dosing.cohort.deviations import Deviations
    from dosing.cohort.people import Terms
    from dosing.cohort.rejected import Reject
    from dosing.cohort.run import Outcome

_REJECTS = "rejects.csv"
_OF_CHECK = ("window", "percent", "as_of", "drugs")
_NOT_OF_CHECK = ("workers", "scheduler", "resume")


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
@click.option("--drug", "drugs", multiple=True, metavar="NAME", help="With --check: only deviations of this drug; repeatable.")
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
    kept; the exit code is then 8. With --check, what was given is compared with the doses instead, and the deviations are written.
    """
    gc.enable()
    from dosing.cohort.columns import arrow

    # Said before anything else that comes with the same extra is looked for.
    arrow()
    target = Path(output)
    aside = Path(rejects) if rejects else target.parent / _REJECTS
    _refuse(patients, target, aside, force=force, given=given)
    try:
        found = _check(patients, target, force=force, given=given) if given["administered"] else _run(patients, output, given)
    except TooManyRejectsError as error:
        _keep_rejects(list(error.rejects), aside)
        raise
    _keep_rejects(found, aside)
    if found:
        raise RejectedError(_said(found, aside))


def _run(patients: str, output: str, given: dict[str, Any]) -> "list[Reject]":
    """Write the doses; the rows that can't be used."""
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
        outcome = run(order, tick=tick)
    tell(_summary(outcome, output))
    return outcome.rejects


def _make(given: dict[str, Any]) -> Any:
    """Who makes the parts, where not this process does."""
    if given["workers"] and given["scheduler"] is not None:
        raise click.UsageError("--workers and --scheduler exclude each other; give one")
    if not given["workers"] and given["scheduler"] is None:
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


# -- what is refused before anything is read ----------------------------------------------------------------------


def _refuse(patients: str, target: Path, aside: Path, *, force: bool, given: dict[str, Any]) -> None:
    """Raise DosingError for files that can't be what they are said to be, and for options that don't go together."""
    from dosing.plan.names import is_plan

    if is_plan(patients):
        raise PatientError(f"{patients} is the plan of one patient, which `dosing schedule` draws; a cohort is a table with a row for each")
    _refuse_options(given)
    tables = {"table of patients": patients, "table of changes": given["changes"], "table of what was given": given["administered"]}
    for what, path in {**tables, "file of rejects": aside}.items():
        if path and _same(Path(path), target):
            raise OutputError(f"{target} would be written over the {what}; give another name with -o")
    _refuse_aside(aside)
    if target.is_dir():
        raise OutputError(f"{target} is a folder that exists already, and no folder is replaced; give another name, or remove it")
    if target.exists() and not force:
        raise OutputError(f"{target} exists already; give --force to replace it")


def _refuse_options(given: dict[str, Any]) -> None:
    context = click.get_current_context()
    spelled = {each.name: each.opts[0] for each in context.command.params}
    names = _NOT_OF_CHECK if given["administered"] else _OF_CHECK
    wrong = [spelled[name] for name in names if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if wrong:
        goes = "doesn't go with --check" if given["administered"] else "goes with --check only"
        raise click.UsageError(f"{wrong[0]} {goes}", context)


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _refuse_aside(aside: Path) -> None:
    """Raise OutputError for a file of rejects that is something else."""
    from dosing.cohort.rejected import csv_of

    try:
        with aside.open("rb") as stream:
            begins = stream.read(len(csv_of([])))
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"can't write {aside}: {error.strerror or error}") from None
    if begins != csv_of([]):
        raise OutputError(f"{aside} exists and holds something else; say with --rejects where rejected rows go")


# -- what is said -------------------------------------------------------------------------------------------------


def _summary(outcome: "Outcome", output: str) -> Iterator[str]:
    for regimen, said in outcome.said.items():
        yield from (f"{regimen}: missing: {line}" for line in said["missing"])
        yield from (f"{regimen}: note: {line}" for line in said["notes"])
    if outcome.kept:
        yield f"{outcome.kept:,} parts were there already"
    alone = f", {outcome.alone:,} of them one by one" if outcome.alone else ""
    yield f"{outcome.rows:,} rows of {outcome.patients:,} patients{alone} in {output}"


def _keep_rejects(found: "list[Reject]", aside: Path) -> None:
    """Write the rejects; those of an earlier run are replaced, by none too. Raises OutputError."""
    from dosing.cohort.rejected import csv_of

    try:
        if found or aside.exists():
            aside.write_bytes(csv_of(found))
    except OSError as error:
        raise OutputError(f"can't write {aside}: {error.strerror or error}") from None


def _said(found: "list[Reject]", aside: Path) -> str:
    from dosing.cohort.rejected import told

    what = "1 row was rejected" if len(found) == 1 else f"{len(found):,} rows were rejected"
    return f"{what} ({told(found)}); see {aside}. The others are written"


# -- what was given -----------------------------------------------------------------------------------------------


def _check(patients: str, target: Path, *, force: bool, given: dict[str, Any]) -> "list[Reject]":
    """Write the deviations of what was given from the doses; the rows of both tables that can't be used."""
    from dosing.cohort import deviations
    from dosing.cohort.api import blocks
    from dosing.cohort.deviation_file import write
    from dosing.cohort.rejected import Reject
    from dosing.cohort.run import refuse_too_many

    def doses() -> "Iterator[pa.RecordBatch]":
        for block in blocks(patients, changes=given["changes"], terms=_terms(given)):
            rejects.extend(block.rejects)
            refuse_too_many(rejects, given["max_rejects"])
            yield from block.doses.to_batches()

    found = deviations.check(
        doses(),
        given["administered"],
        window_days=deviations.WINDOW_DAYS if given["window"] is None else given["window"],
        percent=deviations.PERCENT if given["percent"] is None else _percent(given["percent"]),
        as_of=options.parse_day("--as-of", given["as_of"]) if given["as_of"] else None,
    )
    rejects = [Reject(**row) for row in found.rejects.to_pylist()]
    drugs = frozenset(map(_drug_id, given["drugs"]))
    write(_of(found, drugs) if drugs else found, target, force=force)
    tell(found.said())
    tell(f"{count:,} {kind}: {drug}" for drug, kind, count in found.summary() if not drugs or drug in drugs)
    return rejects


def _of(found: "Deviations", drugs: frozenset[str]) -> "Iterator[pa.RecordBatch]":
    """The deviations of some drugs."""
    import pyarrow.compute as pc

    from dosing.cohort.columns import arrow

    for batch in found:
        yield batch.filter(pc.is_in(batch["drug"], value_set=arrow().array(sorted(drugs))))


def _drug_id(name: str) -> str:
    """The id of a drug by any of its names; the name in small letters where no drug has it."""
    from dosing.errors import RegimenError
    from dosing.regimen.library import find_drug

    try:
        return find_drug(name).id
    except RegimenError:
        return name.casefold()


def _percent(text: str) -> Decimal:
    try:
        return Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        raise PatientError(f"--percent {text!r} is not a number such as 5") from None
