"""The command line, thinly laid over the library: every command parses, calls, writes. `main` is the console script.

Heavy modules are imported inside the commands that need them, so that `dosing --help` costs little more than click.
"""

import gc
import os
import sys
from typing import Any

import click

import dosing
from dosing.cli.calculate import auc, bsa, crcl, round_
from dosing.cli.calendar import calendar
from dosing.cli.check import check, verify
from dosing.cli.cohort import cohort
from dosing.cli.dose import dose
from dosing.cli.feed import feed
from dosing.cli.forecast import forecast
from dosing.cli.plan import plan
from dosing.cli.schedule import schedule, summary
from dosing.cli.share import share
from dosing.cli.show import regimens, show
from dosing.cli.site import site
from dosing.cli.startdays import start_days
from dosing.errors import DosingError

_INTERNAL = 70


class _Group(click.Group):
    """Turns the library's errors into messages and exit codes, in this one place."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DosingError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(dosing.__version__, prog_name="dosing")
def commands() -> None:
    """Treatment regimens as dates and milligrams.

    Not a medical device: every number must be checked against the protocol by a qualified person before it is used.
    """


for _command in (
    regimens,
    show,
    check,
    schedule,
    dose,
    summary,
    calendar,
    plan,
    feed,
    cohort,
    forecast,
    start_days,
    verify,
    bsa,
    crcl,
    auc,
    round_,
    site,
    share,
):
    commands.add_command(_command)


def main() -> None:
    """Run the command line; a fault in the program itself becomes a message too."""
    # A command makes no cycles worth collecting, and looking for them costs a twentieth of its time.
    gc.disable()
    try:
        commands()
    except Exception as error:
        if os.environ.get("DOSING_DEBUG"):
            raise
        click.echo(f"Error: a fault in dosing itself ({type(error).__name__}: {error}). Nothing was written.", err=True)
        click.echo("Please report it; DOSING_DEBUG=1 shows where it happened.", err=True)
        sys.exit(_INTERNAL)
