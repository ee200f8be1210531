"""`dosing plan`: a patient's plan file, and what changes in the course of treatment."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dosing.cli import options
from dosing.cli.changes import COMMANDS, change, decided, described
from dosing.cli.write import table, tell, write
from dosing.errors import OutputError, RegimenError, ScheduleError

if TYPE_CHECKING:
    from dosing.plan.definition import Definition
    from dosing.treatment import Treatment

_FILE = click.argument("file", metavar="FILE")


@click.group()
def plan() -> None:
    """A patient's plan in a file of its own: make it, change it, look at what changed.

    The file holds no schedule: that is computed from it, by every command that takes a regimen's id.
    """


for _command in COMMANDS:
    plan.add_command(_command)


# -- new ----------------------------------------------------------------------------------------------------------


@plan.command()
@click.argument("regimen", metavar="ID")
@options.plan_head
@click.option("-o", "--output", required=True, metavar="FILE", help="The new file, p017.plan.yaml; its name is the plan's id.")
def new(regimen: str, output: str, **given: Any) -> None:
    """A new plan for one patient, with the regimen as it is today."""
    from dosing.plan.names import ENDING
    from dosing.plan.store import create, keep
    from dosing.regimen.library import is_path

    path = Path(output)
    if not (output.endswith(ENDING) or is_path(output)):
        raise OutputError(f"{output}: commands know a plan file by its name; let it end in {ENDING}")
    made, definition = _new(regimen, path, options.Chosen(given))
    drawn = made.schedule()
    create(path, made.plan)
    kept = keep(definition, made.folder)
    first, last = (str(row.entry.date) for row in (drawn.dosed.rows[0], drawn.dosed.rows[-1]))
    size = len(drawn.dosed.rows)
    tell([*(f"missing: {line}" for line in drawn.missing), *(f"note: {line}" for line in drawn.notes)])
    click.echo(f"{path}: {made.plan.regimen} version {made.plan.version} from {made.plan.start}, {size} entries, {first} to {last}")
    if kept:
        click.echo(f"the regimen and its drugs as they are now are kept in {kept}")


def _new(regimen: str, path: Path, chosen: options.Chosen) -> "tuple[Treatment, Definition]":
    from dosing.plan import model
    from dosing.plan.definition import define
    from dosing.plan.names import LISTS, PATIENT_LISTS, PATIENT_TEXTS, PRACTICE_LISTS, PRACTICE_TEXTS
    from dosing.plan.store import id_of
    from dosing.regimen.library import is_path
    from dosing.treatment import Treatment, folder_of

    asked, reach, folder = chosen.asked(), chosen.reach(), folder_of(path)
    named = _beside(regimen, folder) if is_path(regimen) else chosen.plan(regimen).regimen.id
    base, colon, variants = chosen.options["base"].partition(":")
    choices = model.Choices(
        variant=chosen.options["variants"],
        proxy=chosen.options["proxies"],
        set=chosen.values(),
        base=f"{_beside(base, folder) if is_path(base) else base}{colon}{variants}",
        base_days=chosen.options["base_days"],
    )
    texts = {
        name: _beside(text, folder) if name == "site" else " ".join(text.split()) for name, text in asked.texts.items() if text.strip()
    }
    lists = {
        name: tuple(_beside(each, folder) if name == "bands" else each for each in asked.lists[name])
        for name in LISTS
        if name in asked.lists
    }
    definition = define(named, choices, folder)
    _sound(definition, named)
    made = model.Plan(
        id=id_of(path),
        regimen=named,
        version=definition.regimen().version,
        definition=definition.hash,
        start=reach["start"],
        choices=choices,
        patient=model.Asked(texts=_only(texts, PATIENT_TEXTS), lists=_only(lists, PATIENT_LISTS)),
        practice=model.Asked(texts=_only(texts, PRACTICE_TEXTS), lists=_only(lists, PRACTICE_LISTS)),
        reach=model.Reach(cycles=reach["cycles"], until=reach["until"], phase_start=reach["starts"]),
    )
    return Treatment(made, folder_of(path)), definition


def _sound(definition: "Definition", name: str) -> None:
    # The shipped regimens were checked before they were shipped. Raises RegimenError for a file of the user's own that makes no sense.
    from dosing.regimen.check import problems_of
    from dosing.regimen.library import is_path

    found = definition.regimen()
    problems = problems_of(found, file=name, as_written=True) if is_path(name) else []
    if problems:
        listed = "\n".join(map(str, problems))
        raise RegimenError(f"{found.id} makes no sense as it is written (`dosing check` says on which lines):\n{listed}")


def _only(found: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: found[name] for name in names if name in found}


def _beside(name: str, folder: Path) -> str:
    """The path of a file as it is from the plan's folder, which both may be moved with."""
    from os.path import relpath

    try:
        return Path(relpath(name, folder)).as_posix() if not Path(name).is_absolute() else name
    except ValueError:  # pragma: no cover - on Windows, where the file is on another drive
        return str(Path(name).absolute())


# -- looking ------------------------------------------------------------------------------------------------------


@plan.command()
@_FILE
@click.option("--as-of", metavar="DATE", help="As the file stood at the end of that day.")
@options.horizon
@options.only_phases
def show(file: str, as_of: str | None, **given: Any) -> None:
    """The plan in words, with its schedule."""
    from dosing.export.table import HEADINGS, schedule_table

    found = options.treatment(file)
    found = _as_of(found, options.parse_day("--as-of", as_of)) if as_of is not None else found
    drawn = found.schedule(options.Chosen(given).view(file))
    tell(f"missing: {line}" for line in drawn.missing)
    above = [*_described(found), *(f"note: {line}" for line in drawn.notes), ""]
    table(HEADINGS, schedule_table(drawn.dosed), output=None, force=False, above=above)


def _as_of(found: "Treatment", day: date) -> "Treatment":
    from dosing.plan.model import as_of

    return replace(found, plan=as_of(found.plan, day))


def _described(found: "Treatment") -> Iterator[str]:
    """The head of the plan, and the changes that stand."""
    from dosing.plan.model import effective, in_force
    from dosing.plan.words import short, with_unit

    plan = found.plan
    version, definition = in_force(plan)
    yield f"plan {plan.id}: {plan.regimen} version {version} ({short(definition)}), from {plan.start}"
    told = {**plan.patient.texts, **plan.practice.texts}
    listed = {name: ", ".join(each) for name, each in {**plan.patient.lists, **plan.practice.lists}.items()}
    yield from (f"    {name.replace('_', ' ')}: {with_unit(name, text)}" for name, text in {**told, **listed}.items())
    yield from (f"    {described(entry, plan.log)}" for entry in effective(plan))


_LOG = ("No", "On", "Change", "What", "Reason", "Author", "Stands")


@plan.command()
@_FILE
def log(file: str) -> None:
    """The history of a plan: every change that was ever made, and whether it stands."""
    from dosing.plan.words import in_words

    found = options.treatment(file).plan
    undone: dict[int, int] = {}
    for entry in reversed(found.log):
        if entry.kind == "undo" and entry.n not in undone:
            undone[int(entry.fields["undoes"])] = entry.n
    lines = [
        (
            str(entry.n),
            str(entry.on),
            entry.kind,
            in_words(entry, found.log),
            entry.reason,
            entry.author,
            f"undone by {undone[entry.n]}" if entry.n in undone else "yes",
        )
        for entry in found.log
    ]
    table(_LOG, lines, output=None, force=False)
    if not lines:
        tell([f"{file}: nothing has been changed yet"])


@plan.command()
@_FILE
@click.argument("other", required=False, metavar="[FILE2]")
@click.option("--since", metavar="DATE", help="Against the plan as its file stood at the end of that day.")
@click.option("--format", "form", type=click.Choice(["table", "csv"]), default="table", show_default=True, help="Form of the output.")
@options.output
def diff(file: str, other: str | None, since: str | None, form: str, output: str | None, force: bool) -> None:
    """Two schedules side by side, entry by entry: of two plans, or of one since a day."""
    from dosing.export.diff import HEADINGS, diff_table, differences

    if (other is None) == (since is None):
        raise ScheduleError("name a second plan file, or give --since DATE")
    here = options.treatment(file)
    before, after = here, options.treatment(other) if other is not None else here
    if since is not None:
        before = _as_of(here, options.parse_day("--since", since))
    found = differences(before.schedule(limits=False).dosed, after.schedule(limits=False).dosed)
    lines = diff_table(found)
    if form == "csv":
        from dosing.export.csv import csv_text

        write(csv_text(HEADINGS, lines).encode(), output=output, force=force)
    else:
        table(HEADINGS, lines, output=output, force=force)
    tell([f"{len(found)} {'entry differs' if len(found) == 1 else 'entries differ'}"])


# -- upgrade ------------------------------------------------------------------------------------------------------


@plan.command()
@_FILE
@click.option("--apply", is_flag=True, help="Go by the regimen as it is here now.")
@click.option("--reason", default="", metavar="TEXT", help="With --apply: why.")
@click.option("--author", default="", metavar="NAME", help="Who decided it.")
@click.option("--on", metavar="DATE", help="The day it was decided.  [default: today]")
def upgrade(file: str, apply: bool, **why: Any) -> None:
    """What would change if the plan went by the regimen as it is here now; with --apply, it does from then on."""
    from dosing.plan.definition import define
    from dosing.plan.model import in_force

    if apply and not why["reason"]:
        raise ScheduleError("--apply needs --reason")
    found = options.treatment(file)
    now = define(found.plan.regimen, found.plan.choices, found.folder)
    _sound(now, found.plan.regimen)
    version, definition = in_force(found.plan)
    if now.hash == definition:
        click.echo(f"{file} goes by version {version} of {found.plan.regimen}, which is the one here; there is nothing to upgrade")
        return
    fields = {"version": str(now.regimen().version), "definition": now.hash}
    day = decided(why["on"]) if apply else found.plan.start
    newer = found.appended(on=day, kind="upgrade", fields=fields, reason=why["reason"] or "a trial", author=why["author"])
    for line in _would_change(found, newer):
        click.echo(line)
    if apply:
        from dosing.plan.store import keep

        keep(now, found.folder)
        change(file, "upgrade", fields, {**why, "on": str(day)})
    else:
        tell(["nothing was changed; --apply with --reason changes the plan"])


def _would_change(found: "Treatment", newer: "Treatment") -> Iterator[str]:
    from dosing.export.diff import HEADINGS, diff_table, differences
    from dosing.export.table import plain
    from dosing.regimen.compare import compare

    new = newer.regimen().regimen
    try:
        old = found.regimen().regimen
    except RegimenError as error:
        yield f"the old definition isn't at hand, so what would change can't be shown: {error}"
        return
    yield f"{old.id}: version {old.version} -> {new.version}"
    departures = compare(new, old)
    yield from (f"    {each}" for each in departures)
    lines = diff_table(differences(found.schedule(limits=False).dosed, newer.schedule(limits=False).dosed))
    yield f"{len(lines)} {'entry' if len(lines) == 1 else 'entries'} of the schedule would change"
    if lines:
        yield plain(HEADINGS, lines).rstrip("\n")
