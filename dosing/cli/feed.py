"""`dosing feed`: calendars of all plans of a folder, for a web server."""

import secrets
from pathlib import Path

import click

from dosing.cli.write import table, tell
from dosing.errors import DosingError, OutputError

_KEY = ".feed-key"


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("-o", "--output", required=True, metavar="DIR", help="The folder that the web server shows; never that of the plans.")
@click.option("--events", type=click.Choice(["day", "drug", "course"]), default="day", show_default=True, help="As in `dosing calendar`.")
def feed(folder: str, output: str, events: str) -> None:
    """One calendar for each plan file in DIR, under a name that nobody can guess; only what changed is written.

    The secret that the names are made from is kept beside the plans, in .feed-key. Whoever has the address of a calendar can read it.
    """
    from dosing.export.events import Grain
    from dosing.export.style import Style
    from dosing.feed import feed as refresh
    from dosing.feed import left_over

    plans, calendars = Path(folder), Path(output)
    if plans.resolve() == calendars.resolve() or plans.resolve() in calendars.resolve().parents:
        raise OutputError(f"{output} is in the folder of the plans; give one that holds nothing else, as a web server shows all of it")
    key = _key(plans)
    found = list(refresh(plans, calendars, key=key, style=Style(events=Grain(events))))
    table(("Plan", "Calendar", "Result"), [(each.plan.name, each.calendar.name, each.result) for each in found], output=None, force=False)
    tell(
        f"{path.name} belongs to no plan file here any more; remove it if nobody should read it"
        for path in left_over(plans, calendars, key=key)
    )
    failed = [f"{each.plan}: {each.error}" for each in found if each.error]
    if failed:
        raise DosingError("\n".join([f"{len(failed)} of {len(found)} plans can't be drawn; their calendars are as they were", *failed]))


def _key(plans: Path) -> bytes:
    """The secret of a folder of plans; made where there is none. Raises OutputError."""
    from dosing.feed import KEY_BYTES

    path = plans / _KEY
    try:
        if not path.exists():
            path.touch(mode=0o600, exist_ok=False)
            path.write_bytes(secrets.token_bytes(KEY_BYTES))
        key = path.read_bytes()
    except OSError as error:
        raise OutputError(f"can't read or make {path}: {error.strerror or error}") from None
    if len(key) != KEY_BYTES:
        raise OutputError(f"{path} is damaged; without it the addresses of the calendars can't be told: bring it back from a backup")
    return key
