"""`dosing regimens` and `dosing show`."""

from typing import Any

import click

from dosing.cli import options
from dosing.cli.write import table, tell, write

_HEADINGS = ("Id", "Title", "Variants", "Proxies", "Not stated")


@click.command()
@click.option("--search", default="", metavar="TEXT", help="Only regimens with this text in their id, aliases, title or drugs.")
def regimens(search: str) -> None:
    """List the regimens, with what is stated and what is not."""
    from dosing.export.words import gaps
    from dosing.regimen.library import shipped_regimens

    wanted = search.lower()
    lines = []
    for regimen in shipped_regimens():
        drugs = {activity.id for phase in regimen.phases for activity in phase.activities}
        if wanted in " ".join([regimen.id, *regimen.aliases, regimen.title, *sorted(drugs)]).lower():
            missing = gaps(regimen)
            stated = f"{len(missing)}: {', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''}" if missing else ""
            lines.append((regimen.id, regimen.title, " ".join(regimen.variants), " ".join(regimen.proxies), stated))
    table(_HEADINGS, lines, output=None, force=False)
    if not lines:
        tell([f"no regimen has {search!r} in its id, aliases, title or drugs"])


@click.command()
@click.argument("name", metavar="ID|DRUG")
@options.choices
@click.option("--compare", metavar="ID", help="Only where the regimen departs from another one.")
def show(name: str, compare: str | None, **given: Any) -> None:
    """A regimen or a drug in plain words, with every source and every gap."""
    from dosing.regimen.library import drug_ids, find_drug, is_path, regimen_ids

    if not is_path(name) and name not in regimen_ids() and name in drug_ids():
        from dosing.export.drug import show_drug

        write(show_drug(find_drug(name)).encode(), output=None, force=False)
        return
    plan = options.Chosen(given).plan(name)
    if compare:
        write("".join(f"{line}\n" for line in options.compared(plan, compare)).encode(), output=None, force=False)
        return
    from dosing.export.words import show as in_words

    write(in_words(plan.regimen).encode(), output=None, force=False)
