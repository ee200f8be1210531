"""The changes of a plan, each a command of `dosing plan`: what it takes, and how it is told when it is done."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dosing.cli import options
from dosing.cli.write import tell
from dosing.errors import DoseError, DosingError, RegimenError, ScheduleError

if TYPE_CHECKING:
    from dosing.api import PatientSchedule
    from dosing.plan.model import LogEntry, Plan
    from dosing.treatment import Treatment

Fields = Mapping[str, str]

_FILE = click.argument("file", metavar="FILE")
_WHY = options.together(
    click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the log."),
    click.option("--author", default="", metavar="NAME", help="Who decided it."),
    click.option("--on", metavar="DATE", help="The day it was decided.  [default: today]"),
)
_WHERE = options.together(
    click.option("--at", metavar="WHERE", help="In one: 'C2 D1', 'induction C2 D8 carfilzomib', 'follow-up 3'."),
    click.option("--phase", metavar="ID", help="Or apart: the phase, where several have such a day,"),
    click.option("--cycle", type=click.IntRange(1, 9_999), metavar="N", help="the cycle,"),
    click.option("--day", type=int, metavar="N", help="its day (the first, if left out),"),
    click.option("--drug", metavar="DRUG", help="and this drug alone."),
)
_FROM = click.option("--from", "since", metavar="DATE", help="From when on.  [default: the day it was decided]")
# A given amount that is further than this from the planned one, as a part of that, is said loudly.
_FAR = Decimal("0.2")


def decided(on: str | None) -> date:
    """The day on which something was decided: the one given, or today, which is then said. Raises ScheduleError."""
    if on is not None:
        return options.parse_day("--on", on)
    return today("decided on {}, today; --on names another day")


def today(said: str) -> date:
    """The day of the clock, which is said: `{}` in `said` stands for it."""
    day = datetime.now().astimezone().date()
    tell([f"note: {said.format(day)}"])
    return day


# -- dates --------------------------------------------------------------------------------------------------------


@click.command()
@_FILE
@_WHERE
@click.option(
    "--mode",
    default="all",
    show_default=True,
    metavar="dose|cycle|all",
    help="This dose, the rest of its cycle, or all that follow.",
)
@click.option("--by", metavar="DAYS", help="By how much: 7d, 1 week.")
@click.option("--to", metavar="DATE", help="Or to which date.")
@_WHY
def delay(file: str, mode: str, by: str | None, to: str | None, **given: Any) -> None:
    """Later: one dose, the rest of its cycle, or it and all that follow."""
    change(file, "delay", _given({"at": _where(given), "mode": mode, "by": by, "to": to}), given)


@click.command()
@_FILE
@click.option("--drug", default="all", show_default=True, metavar="DRUG", help="Which drug.")
@_FROM
@_WHY
def hold(file: str, drug: str, since: str | None, **given: Any) -> None:
    """A drug, or all, is not given from a day on; its entries stay, marked held."""
    change(file, "hold", {"drug": _drug(drug)}, given, since=since)


@click.command()
@_FILE
@click.option("--drug", default="all", show_default=True, metavar="DRUG", help="Which drug.")
@_FROM
@_WHY
def resume(file: str, drug: str, since: str | None, **given: Any) -> None:
    """What was held is given again from a day on."""
    change(file, "resume", {"drug": _drug(drug)}, given, since=since)


@click.command()
@_FILE
@_WHERE
@_WHY
def omit(file: str, **given: Any) -> None:
    """One entry is left out; it stays, marked omitted."""
    change(file, "omit", {"at": _where(given)}, given)


@click.command()
@_FILE
@_FROM
@_WHY
def stop(file: str, since: str | None, **given: Any) -> None:
    """Treatment ends: nothing is given from a day on."""
    change(file, "stop", {}, given, since=since)


@click.command()
@_FILE
@click.argument("id", metavar="PHASE")
@click.option("--start", metavar="DATE", help="It starts on that day, as after a transplant.")
@click.option("--skip", is_flag=True, help="It is left out.")
@_WHY
def phase(file: str, id: str, start: str | None, skip: bool, **given: Any) -> None:
    """A phase that waits starts on a day, or is left out."""
    change(file, "phase", _given({"phase": id, "start": start, "skip": "yes" if skip else None}), given)


# -- amounts ------------------------------------------------------------------------------------------------------


@click.command()
@_FILE
@click.option("--drug", required=True, metavar="DRUG", help="Which drug.")
@click.option("--to", required=True, metavar="LEVEL|PERCENT", help="'level 1' of its file, or '75 %' of the amount.")
@click.option("--from", "since", required=True, metavar="CYCLE|DATE", help="C3, 'C3 D8', 'maintenance C3', or a date.")
@_WHY
def reduce(file: str, drug: str, to: str, since: str, **given: Any) -> None:
    """A drug goes down to a level or a percentage."""
    change(file, "reduce", {"drug": _drug(drug), "to": to, "since": since}, given)


@click.command()
@_FILE
@click.option("--drug", required=True, metavar="DRUG", help="Which drug.")
@click.option("--from", "since", required=True, metavar="CYCLE|DATE", help="C5, 'C5 D8', or a date: as the reduction was given.")
@_WHY
def restore(file: str, drug: str, since: str, **given: Any) -> None:
    """A drug goes back to its full dose."""
    change(file, "restore", {"drug": _drug(drug), "since": since}, given)


@click.command()
@_FILE
@click.option("--weight", metavar="W", help="Weight: 66 (kg), 145lb.")
@click.option("--height", metavar="H", help="Height: 169 (cm), 5ft7in.")
@_FROM
@_WHY
def weigh(file: str, weight: str | None, height: str | None, since: str | None, **given: Any) -> None:
    """A new weight or height; each drug's rule says whether and when it changes an amount."""
    change(file, "weigh", _given({"weight": weight, "height": height}), given, since=since)


@click.command()
@_FILE
@click.option("--creatinine", metavar="C", help="With its unit: 1.8mg/dL, 160umol/L.")
@click.option("--crcl", metavar="ML_MIN", help="Creatinine clearance.")
@click.option("--age", metavar="YEARS", help="Completed years.")
@click.option("--bilirubin", metavar="B", help="With its unit: 2mg/dL, 34umol/L.")
@click.option("--dialysis", metavar="yes|no", help="On dialysis.")
@click.option("--child-pugh", metavar="A|B|C", help="Class of liver disease.")
@click.option("--liver", metavar="GRADE", help="Impairment: normal, mild, moderate, severe.")
@_FROM
@_WHY
def lab(file: str, since: str | None, **given: Any) -> None:
    """New laboratory values; the rules of drugs and regimen for them hold from that day on."""
    names = ("creatinine", "crcl", "age", "bilirubin", "dialysis", "child_pugh", "liver")
    change(file, "lab", _given({name: given[name] for name in names}), given, since=since)


@click.command()
@_FILE
@click.argument("name", metavar="NAME")
@_WHY
def override(file: str, name: str, **given: Any) -> None:
    """Let a stop pass, such as carfilzomib.usual; every output says so from then on."""
    change(file, "override", {"name": name}, given)


@click.command()
@_FILE
@click.option("--set", "set_", metavar="A.F=VALUE", help="Your own value of what is not stated: carfilzomib.dose=56mg/m2.")
@click.option("--rule", metavar="DRUG=GROUP", help="Which of alternative rules: lenalidomide=eu.")
@click.option("--weigh", metavar="[DRUG=]RULE", help="When a new weight counts: 'more than 10 %', 'each cycle'.")
@click.option("--sex", metavar="female|male", help="For formulas that need it.")
@_WHY
def choose(file: str, set_: str | None, rule: str | None, weigh: str | None, sex: str | None, **given: Any) -> None:
    """What was left open when the plan was made; it holds from its start."""
    change(file, "choose", _given({"set": set_, "rule": rule, "weigh": weigh, "sex": sex}), given)


# -- what was given -----------------------------------------------------------------------------------------------


@click.command()
@_FILE
@_WHERE
@click.option("--date", "given_on", metavar="DATE", help="The day on which it was really given.")
@click.option("--amount", metavar="AMOUNT", help="The amount of one administration, with its unit: 49mg.")
@click.option("--as-planned", is_flag=True, help="Every drug of that day, on its date and in its amount; with --date, on that date.")
@click.option("--not-given", is_flag=True, help="It was not given.")
@click.option("--reason", default="recorded", show_default=True, metavar="TEXT", help="What there is to say of it.")
@click.option("--author", default="", metavar="NAME", help="Who noted it.")
@click.option("--on", metavar="DATE", help="The day it was noted.  [default: today]")
def given(file: str, given_on: str | None, amount: str | None, as_planned: bool, not_given: bool, **given: Any) -> None:
    """What was really given, beside what was planned; later doses and sums follow from it."""
    if as_planned + not_given + (amount is not None) != 1:
        raise ScheduleError("say one of --amount (with --date), --as-planned and --not-given")
    if not_given and given_on:
        raise ScheduleError("--not-given has no --date")
    if amount is not None and given_on is None:
        raise ScheduleError("--amount needs --date, the day on which it was given")
    at, on = _where(given), decided(given["on"])
    given = {**given, "on": str(on)}
    if as_planned:
        _as_planned(file, at, given_on, given)
        return
    fields = _given({"at": at, "date": given_on, "amount": amount, "not_given": "yes" if not_given else None})
    change(file, "given", fields, given)


def _as_planned(file: str, at: str, day: str | None, given: Mapping[str, Any]) -> None:
    """One record for each drug of the day that stands; of those that may be given or not, only for one that is named."""
    from dosing.plan.kinds import parse_at
    from dosing.schedule.amend_where import entries_at

    def entries(found: "Treatment") -> Iterator[tuple[str, Fields]]:
        drawn = found.schedule(limits=False).dosed
        where = _parsed(parse_at, at)
        keys = {entry.key for entry in entries_at(drawn.schedule, where)}
        open_ = [row for row in drawn.rows if row.entry.key in keys and row.entry.kind == "drug" and not row.entry.status]
        rows = [row for row in open_ if where.activity or not row.entry.optional]
        tell(f"note: {row.entry.activity} is optional and was not recorded; name it if it was given" for row in open_ if row not in rows)
        if not rows:
            raise ScheduleError(f"{at}: no drug of that day is still to be given")
        for row in rows:
            name = f"{row.entry.phase} {row.entry.when} {row.entry.activity}"
            if row.amount is None:
                raise DoseError(f"{name} has no planned amount ({row.why or 'no dose is stated'}); give --amount")
            yield "given", {"at": name, "date": day or str(row.entry.date), "amount": str(row.amount)}

    _add(file, entries, given)


# -- undo ---------------------------------------------------------------------------------------------------------


@click.command()
@_FILE
@click.argument("number", type=click.IntRange(1), required=False, metavar="[N]")
@_WHY
def undo(file: str, number: int | None, **given: Any) -> None:
    """Take back change N (the last that stands, if left out), by a further entry in the log."""
    from dosing.plan.model import effective

    standing = effective(options.treatment(file).plan)
    if number is None and not standing:
        raise ScheduleError(f"{file}: there is no change to take back")
    change(file, "undo", {"undoes": str(number or standing[-1].n)}, given)


# -- writing and telling ------------------------------------------------------------------------------------------


def change(file: str, kind: str, fields: Fields, why: Mapping[str, Any], *, since: str | None = None) -> None:
    """Add one change to the plan, and tell what came of it. `since`, where the kind has it, is the day it was decided if left out."""
    on = decided(why["on"])
    if since is not None or kind in ("hold", "resume", "stop", "weigh", "lab"):
        fields = {**fields, "since": str(on) if since is None else since}
    _add(file, lambda _: iter([(kind, fields)]), {**why, "on": str(on)})


def _add(file: str, entries: Any, why: Mapping[str, Any]) -> None:
    """Write the changes that `entries` makes of the treatment as it is when the file is locked."""
    from dosing.plan.store import add
    from dosing.treatment import Treatment, folder_of

    path = Path(file)
    seen: list[tuple[Treatment, PatientSchedule | None]] = []

    def longer(plan: "Plan") -> "Plan":
        found = Treatment(plan, folder_of(path))
        seen.append((found, _drawn(found)))
        for kind, fields in entries(found):
            found = found.appended(
                on=options.parse_day("--on", why["on"]), kind=kind, fields=fields, reason=why["reason"], author=why["author"]
            )
        return found.plan

    after = Treatment(add(path, longer), folder_of(path))
    before, old = seen[-1]
    for line in _told(after.plan.log[len(before.plan.log) :], old, after):
        click.echo(line)


def _drawn(found: "Treatment") -> "PatientSchedule | None":
    """The schedule, or None where it can't be drawn, as by a definition that isn't at hand."""
    try:
        return found.schedule(limits=False)
    except DosingError:
        return None


def _told(new: "Sequence[LogEntry]", old: "PatientSchedule | None", after: "Treatment") -> Iterator[str]:
    """What a change was understood as, and what came of it."""
    from dosing.export.diff import differences

    drawn = after.schedule(limits=False)
    for entry in new:
        notes = [note for note in drawn.notes if note.startswith(f"change {entry.n} on ")]
        yield from notes or [described(entry, after.plan.log)]
        yield from _counts(entry, after.plan.start, drawn.dosed.rows)
    if old:
        found, size = differences(old.dosed, drawn.dosed), len(drawn.dosed.rows) + len(drawn.dosed.schedule.undated)
        yield f"{len(found)} of {size} entries are other than before" if found else "no entry is other than before"
        yield from (note for note in drawn.notes if note not in old.notes and not note.startswith("change "))
        tell(f"missing: {line}" for line in drawn.missing if line not in old.missing)
    yield from _loud(drawn.dosed.rows, {entry.n for entry in new})
    try:
        after.schedule()
    except DoseError as error:
        yield f"WARNING: as it is now the plan can't be drawn: {error}"


def described(entry: "LogEntry", log: "Sequence[LogEntry]") -> str:
    """A change in a line: `change 3 on 2026-02-02 (neutropenia): reduce: carfilzomib to level 1 from C3`; `log` is that of its plan."""
    from dosing.plan.words import in_words

    by = f", {entry.author}" if entry.author else ""
    return f"change {entry.n} on {entry.on} ({entry.reason}{by}): {entry.kind}: {in_words(entry, log)}"


def _counts(entry: "LogEntry", start: date, rows: Sequence[Any]) -> Iterator[str]:
    """What each drug's rule makes of a new weight."""
    if entry.kind != "weigh":
        return
    since = entry.fields["since"]
    if since <= str(start):
        yield f"it is the size at the start on {start}"
    steps = ((row.order.drug.id, step.text) for row in rows if row.order for step in row.order.changes if step.kind == "measurement")
    yield from dict.fromkeys(f"{drug}: {text}" for drug, text in steps if text.startswith(f"weight of {since} "))


def _loud(rows: Sequence[Any], numbers: set[int]) -> Iterator[str]:
    """Given amounts that are far from the planned ones."""
    for row in rows:
        new = row.given and row.amount and any(f"(change {n})" in why for why in row.entry.why for n in numbers)
        if new and abs(row.given.to(row.amount.unit) - row.amount.value) > _FAR * row.amount.value:
            what = f"{row.entry.when} {row.entry.activity}: {row.given} was given and {row.amount} planned"
            yield f"WARNING: {what}; look whether that is right"


# -- reading ------------------------------------------------------------------------------------------------------


def _given(fields: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in fields.items() if text is not None}


def _where(given: Mapping[str, Any]) -> str:
    """The entry in words, from --at or from its parts. Raises ScheduleError."""
    parts = [given["phase"], given["cycle"], given["day"], given["drug"]]
    if (given["at"] is None) == all(part is None for part in parts):
        raise ScheduleError("say which entry: --cycle and --day (with --phase and --drug where needed), or --at in one")
    if given["at"] is not None:
        return str(given["at"])
    cycle = f"C{given['cycle']}" if given["cycle"] is not None else ""
    day = f"D{given['day']}" if given["day"] is not None else ""
    return " ".join(filter(None, (given["phase"], cycle + day, _drug(given["drug"]) if given["drug"] else "")))


def _drug(name: str) -> str:
    """A drug's id by any of its names; what is none may be an activity of the regimen."""
    from dosing.regimen.library import find_drug

    try:
        return find_drug(name).id
    except RegimenError:
        return name


def _parsed(read: Any, text: str) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise ScheduleError(f"--at: {error}") from None


COMMANDS = (delay, hold, resume, omit, reduce, restore, weigh, lab, given, stop, phase, choose, override, undo)
