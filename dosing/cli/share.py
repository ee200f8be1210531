"""`dosing share`: a day's amounts of several patients from common vials."""

import click

from dosing.cli import options
from dosing.cli.write import head, write
from dosing.errors import DoseError


@click.command()
@click.argument("drug", metavar="DRUG")
@click.argument("amounts", metavar="AMOUNT...", nargs=-1, required=True)
@click.option("--allow", is_flag=True, help="Share although the drug's file does not state whether that is allowed.")
@options.site
def share(drug: str, amounts: tuple[str, ...], allow: bool, site: str | None) -> None:
    """A day's vials of a drug for several patients' amounts, such as 36mg 48mg: what to open together, and what that saves.

    Only where the drug's file, the site's, or you with --allow, permit it; never where the label forbids it. Patients are numbered, not
    named.
    """
    from dosing.asked import Asked
    from dosing.dose.preparation import share_day
    from dosing.regimen.library import find_drug
    from dosing.units import parse_amount

    try:
        read = [parse_amount(text) for text in amounts]
    except ValueError as error:
        raise DoseError(f"AMOUNT: {error}") from None
    practice = Asked({"site": site} if site else {}).practice()
    found = practice.drug(find_drug(drug))
    lines = [
        *head(practice.site, ()),
        f"{found.shown}: {', '.join(map(str, read))}",
        *(f"    {step.text}" for step in share_day(read, found, allow=allow)),
    ]
    write("".join(f"{line}\n" for line in lines).encode(), output=None, force=False)
