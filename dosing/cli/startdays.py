"""`dosing start-days`: which first days need the fewest moves off closed days."""

from typing import TYPE_CHECKING, Any

import click

from dosing.cli import options
from dosing.cli.write import tell, write
from dosing.errors import ScheduleError

if TYPE_CHECKING:
    from dosing.schedule.startdays import StartDay

_INDENT = "    "


@click.command("start-days")
@click.argument("regimen", metavar="ID")
@click.option("--from", "first", required=True, metavar="DATE", help="The first day to try, as 2026-01-01.")
@click.option("--to", "last", required=True, metavar="DATE", help="The last day to try.")
@options.site
@options.country
@click.option("--cycles", type=click.IntRange(1, 1_000), metavar="N", help="Look at the first N cycles of each phase.")
@options.only_phases
@options.choices
def start_days(regimen: str, first: str, last: str, cycles: int | None, **given: Any) -> None:
    """Start dates by how many clinic days would have to move, the fewest first, with the moves.

    Closed are the days of the site's file (--site) and the public holidays of --country.
    """
    from dosing.asked import Asked
    from dosing.regimen.library import find_drug
    from dosing.schedule.startdays import start_days as find
    from dosing.schedule.timeline import Horizon

    asked = Asked({name: given[name] for name in ("site", "country") if given[name] is not None})
    closed, practice = asked.closed(), asked.practice()
    if not closed:
        raise ScheduleError("there are no closed days to avoid: give --country, or --site with `closed`")
    found = options.Chosen(given).plan(regimen).regimen
    days = find(
        found,
        closed,
        first=options.parse_day("--from", first),
        last=options.parse_day("--to", last),
        drug_of=lambda id: practice.drug(find_drug(id, regimen=found)),
        horizon=Horizon(cycles),
        phases=given["phases"],
    )
    tell([f"note: site {practice.site}"] if practice.site else [])
    lines = [text for day in days for text in (_head(day), *(f"{_INDENT}{each}" for each in day.reasons))]
    write("".join(f"{line}\n" for line in lines).encode(), output=None, force=False)


def _head(day: "StartDay") -> str:
    from dosing.schedule.clinic import day_text

    start = day_text(day.start)
    if day.moves is None:
        return f"{start}: does not fit"
    return f"{start}: {day.moves} day{'s' if day.moves != 1 else ''} to move" if day.moves else f"{start}: nothing to move"
