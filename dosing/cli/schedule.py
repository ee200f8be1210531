"""`dosing schedule` and `dosing summary`."""

from typing import Any

import click

from dosing.cli import options
from dosing.cli.drawn import draw, head_of, tell_of
from dosing.cli.write import fold_below, table, write
from dosing.errors import OutputError


@click.command()
@click.argument("regimen", metavar="ID|PLAN")
@options.patient_schedule
@click.option("--trace", is_flag=True, help="With csv, json or jsonl: the calculation of each amount too.")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json", "jsonl"]), default="table", show_default=True, help="Form of the output."
)
@options.output
def schedule(regimen: str, form: str, trace: bool, output: str | None, force: bool, **given: Any) -> None:
    """The dated table of a regimen for one patient.

    ID is a regimen's id or alias, or the path of a regimen file; PLAN is a plan file (`dosing plan`). What the protocol leaves out stays
    empty and is said on standard error.
    """
    if trace and form == "table":
        raise OutputError("--trace needs --format csv, json or jsonl; `dosing dose --explain` prints the calculation for people")
    drawn = draw(regimen, given)
    tell_of(drawn)
    if form == "table":
        from dosing.export.table import HEADINGS, schedule_table

        table(HEADINGS, schedule_table(drawn.dosed), output=output, force=force, above=head_of(drawn))
        return
    from dosing.export.csv import to_csv
    from dosing.export.json import to_json, to_jsonl

    make = {"csv": to_csv, "json": to_json, "jsonl": to_jsonl}[form]
    write(make(drawn.dosed, trace=trace).encode(), output=output, force=force)


@click.command()
@click.argument("regimen", metavar="ID|PLAN")
@options.patient_schedule
@options.output
def summary(regimen: str, output: str | None, force: bool, **given: Any) -> None:
    """Doses, days and totals by drug and cycle, with vials to open and tablets to dispense."""
    from dosing.dose.summary import lines_of

    drawn = draw(regimen, given)
    tell_of(drawn)
    lines = [*head_of(drawn), *fold_below(lines_of(drawn.summary()))]
    write("".join(f"{line}\n" for line in lines).encode(), output=output, force=force)
