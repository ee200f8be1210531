"""`dosing check` and `dosing verify`."""

from pathlib import Path

import click

from dosing.cli import options
from dosing.cli.write import tell
from dosing.errors import DosingError, RegimenError, RegimenFileError


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--strict", is_flag=True, help="Facts that nobody could trace to a source are problems too.")
def check(files: tuple[str, ...], strict: bool) -> None:
    """Everything wrong with regimen, drug, source, cases, history and plan files, with file, line and path."""
    problems = [line for name in files for line in _check(name, strict)]
    if problems:
        raise RegimenError("\n".join([f"{len(problems)} problem{'s' if len(problems) > 1 else ''} found", *problems]))
    tell([f"{len(files)} file{'s' if len(files) > 1 else ''}: no problem found"])


def _check(name: str, strict: bool) -> list[str]:
    from dosing.cases.histories import read_histories
    from dosing.cases.read import read_cases
    from dosing.plan.names import is_plan
    from dosing.regimen import lint
    from dosing.regimen.bibliography import read_sources
    from dosing.regimen.drugs import read_drug
    from dosing.regimen.library import read_file
    from dosing.regimen.read import read_regimen

    path = Path(name)
    data = read_file(path)
    try:
        if path.name.endswith(".cases.yaml"):
            read_cases(data, file=name)
            return []
        if path.name.endswith(".history.yaml"):
            read_histories(data, file=name)
            return []
        if is_plan(name):
            return _check_plan(name)
        if path.name == "sources.yaml":
            read_sources(data, file=name)
            return []
        if path.parent.name == "drugs":
            problems = lint.check_drug(data, file=name)
            unverified = lint.unverified_in_drug(read_drug(data, file=name)) if strict and not problems else []
        else:
            problems = lint.check_regimen(data, file=name)
            unverified = lint.unverified(read_regimen(data, file=name)) if strict and not problems else []
    except RegimenFileError as error:
        return [str(problem) for problem in error.problems]
    if problems:
        return [str(problem) for problem in problems]
    return [f"{name}: {where}: unverified{f' ({because})' if because else ''}" for where, because in unverified]


def _check_plan(name: str) -> list[str]:
    """What is wrong with a plan: its file, or that nothing can be drawn by it. Raises RegimenFileError."""
    found = options.treatment(name)
    try:
        found.schedule()
    except RegimenFileError:
        raise
    except DosingError as error:
        return [f"{name}: {error}"]
    return []


@click.command()
@click.argument("names", nargs=-1, metavar="[ID...]")
def verify(names: tuple[str, ...]) -> None:
    """Run the worked cases and histories that stand beside the regimens and the drugs (all of them without an ID).

    ID is a regimen's id or alias, a drug's id, or the path of a regimen file.
    """
    from dosing.regimen.library import drug_ids, regimen_ids

    failed = sum(_verify(name) for name in names or (*regimen_ids(), *drug_ids()))
    if failed:
        raise DosingError(f"{failed} differences from the worked cases; do not use these regimens until they are understood")


def _verify(name: str) -> int:
    """Print the differences of one regimen or drug; how many there are."""
    from dosing.cases.histories import read_histories
    from dosing.cases.read import read_cases
    from dosing.cases.replay import replay
    from dosing.cases.run import run
    from dosing.regimen.library import cases_file, histories_file, read_file

    path = cases_file(name)
    cases = read_cases(read_file(path), file=path.name)
    differences, counted = run(cases, regimen=name), f"{len(cases.cases)} cases"
    beside = histories_file(name) if cases.regimen else None
    if beside and beside.is_file():
        histories = read_histories(read_file(beside), file=beside.name)
        differences += replay(histories, regimen=name)
        counted += f", {len(histories.histories)} {'history' if len(histories.histories) == 1 else 'histories'}"
    result = f"{len(differences)} differences" if differences else "all as worked by hand"
    click.echo(f"{cases.regimen or cases.drug}: {counted}, {result}")
    for difference in differences:
        click.echo(f"  {difference}")
    return len(differences)
