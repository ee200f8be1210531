"""`dosing site`: a site's own file."""

import click

from dosing.cli.write import write
from dosing.errors import RegimenError, RegimenFileError


@click.group()
def site() -> None:
    """The file in which a site says how it computes: formula, rounding, stock, weights, limits."""


@site.command()
@click.argument("file")
def check(file: str) -> None:
    """Everything wrong with a site's file; if nothing is, what the site decides, line by line."""
    from dosing.site.read import load_site
    from dosing.site.words import describe

    try:
        lines = describe(load_site(file))
    except RegimenFileError as error:
        count = len(error.problems)
        raise RegimenError(f"{count} problem{'s' if count > 1 else ''} found\n{error}") from None
    write("".join(f"{line}\n" for line in lines).encode(), output=None, force=False)
