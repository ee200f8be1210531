"""`dosing feed`: calendars of all plans of a folder, for a web server."""

import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dosing.cli.style import events_and_reminders, style_of
from dosing.cli.write import table, tell
from dosing.errors import DosingError, OutputError

if TYPE_CHECKING:
    from dosing.feed import Fed

_KEY = ".feed-key"


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("-o", "--output", required=True, metavar="DIR", help="The folder that the web server shows; never that of the plans.")
@events_and_reminders
@click.option("--refresh", metavar="SPAN", help="How often programs should look for a new version: 1d, 12h.")
@click.option("--workers", type=click.IntRange(1, 64), metavar="N", help="Processes that share the work.  [default: as many as help]")
def feed(folder: str, output: str, events: str | None, remind: str | None, refresh: str | None, workers: int | None) -> None:
    """One calendar for each plan file in DIR, under a name that nobody can guess; only what changed is written.

    The secret that the names are made from is kept beside the plans, in .feed-key. Whoever has the address of a calendar can read it.
    """
    from dosing.feed import feed as refreshed
    from dosing.feed import left_over, plan_files

    plans, calendars = Path(folder), Path(output)
    style = style_of(events=events, remind=remind, refresh=refresh)
    if plans.resolve() == calendars.resolve() or plans.resolve() in calendars.resolve().parents:
        raise OutputError(f"{output} is in the folder of the plans; give one that holds nothing else, as a web server shows all of it")
    plan_files(plans)
    key = _key(plans)
    found = list(refreshed(plans, calendars, key=key, style=style, workers=workers or 0))
    table(("Plan", "Calendar", "Result"), [(each.plan.name, each.calendar.name, each.result) for each in found], output=None, force=False)
    tell(_warnings(found))
    tell(
        f"{path.name} belongs to no plan file here any more; remove it if nobody should read it"
        for path in left_over(plans, calendars, key=key)
    )
    failed = [f"{each.plan}: {each.error}" for each in found if each.error]
    if failed:
        raise DosingError("\n".join([f"{len(failed)} of {len(found)} plans can't be drawn; their calendars are as they were", *failed]))


def _warnings(found: Iterable["Fed"]) -> Iterator[str]:
    """Each warning once, with the plans that it is about where it isn't about all."""
    drawn = [each for each in found if not each.error]
    for text in dict.fromkeys(text for each in drawn for text in each.warnings):
        about = [each.plan.name for each in drawn if text in each.warnings]
        named = f"{', '.join(about)}: " if len(about) < len(drawn) else ""
        yield f"WARNING: {named}{text}"


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
