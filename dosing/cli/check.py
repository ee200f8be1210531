"""`dosing check` and `dosing verify`."""

from pathlib import Path

import click

from dosing.cli.write import tell
from dosing.errors import DosingError, RegimenError


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--strict", is_flag=True, help="Facts that nobody could trace to a source are problems too.")
def check(files: tuple[str, ...], strict: bool) -> None:
    """Everything wrong with regimen, drug, source and cases files, with file, line and path."""
    problems = [line for name in files for line in _check(name, strict)]
    if problems:
        raise RegimenError("\n".join([f"{len(problems)} problem{'s' if len(problems) > 1 else ''} found", *problems]))
    tell([f"{len(files)} file{'s' if len(files) > 1 else ''}: no problem found"])


def _check(name: str, strict: bool) -> list[str]:
    from dosing.cases.read import read_cases
    from dosing.errors import RegimenFileError
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


@click.command()
@click.argument("names", nargs=-1, metavar="[ID...]")
def verify(names: tuple[str, ...]) -> None:
    """Run the worked cases that stand beside the regimens and the drugs (all of them without an ID).

    ID is a regimen's id or alias, a drug's id, or the path of a regimen file.
    """
    from dosing.cases.read import read_cases
    from dosing.cases.run import run
    from dosing.regimen.library import cases_file, drug_ids, read_file, regimen_ids

    failed = 0
    for name in names or (*regimen_ids(), *drug_ids()):
        path = cases_file(name)
        cases = read_cases(read_file(path), file=path.name)
        differences = run(cases, regimen=name)
        failed += len(differences)
        result = f"{len(differences)} differences" if differences else "all as worked by hand"
        click.echo(f"{cases.regimen or cases.drug}: {len(cases.cases)} cases, {result}")
        for difference in differences:
            click.echo(f"  {difference}")
    if failed:
        raise DosingError(f"{failed} differences from the worked cases; do not use these regimens until they are understood")
