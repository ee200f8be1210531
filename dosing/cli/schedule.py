"""`dosing schedule`, `dosing calendar` and `dosing summary`."""

from typing import TYPE_CHECKING, Any

import click

from dosing.cli import options
from dosing.cli.write import fold_below, head, table, tell, write
from dosing.errors import OutputError, ScheduleError

if TYPE_CHECKING:
    from datetime import datetime

    from dosing.api import PatientSchedule


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
    drawn = _drawn(regimen, given)
    _tell(drawn)
    if form == "table":
        from dosing.export.table import HEADINGS, schedule_table

        table(HEADINGS, schedule_table(drawn.dosed), output=output, force=force, above=_head(drawn))
        return
    from dosing.export.csv import to_csv
    from dosing.export.json import to_json, to_jsonl

    make = {"csv": to_csv, "json": to_json, "jsonl": to_jsonl}[form]
    write(make(drawn.dosed, trace=trace).encode(), output=output, force=force)


@click.command()
@click.argument("regimen", metavar="ID|PLAN")
@options.patient_schedule
@click.option("--stamp", metavar="MOMENT", help="Written as DTSTAMP; left out, the day the regimen was last checked.")
@click.option("--plan-id", default="", metavar="TEXT", help="Tells two plans of one regimen and start date apart; no name, please.")
@click.option("--since", metavar="DATE", help="Of a plan file: only what changed after that day.")
@options.output
def calendar(regimen: str, stamp: str | None, plan_id: str, since: str | None, output: str | None, force: bool, **given: Any) -> None:
    """An iCalendar file of a regimen for one patient, for any calendar program.

    Made again from a plan file that has changed, it updates the events that the program has from before.
    """
    from dosing.export.ical import to_ical
    from dosing.plan.names import is_plan

    moment = options.parse_stamp(stamp)
    if is_plan(regimen):
        _calendar_of_plan(regimen, given, moment, since, plan_id, output=output, force=force)
        return
    if since is not None:
        raise ScheduleError("--since needs a plan file: a schedule that is computed once has no history")
    drawn = _drawn(regimen, given)
    _tell(drawn)
    write(to_ical(drawn.dosed, stamp=moment, plan_id=plan_id), output=output, force=force)


def _calendar_of_plan(
    file: str, given: dict[str, Any], stamp: "datetime | None", since: str | None, plan_id: str, *, output: str | None, force: bool
) -> None:
    found, view = options.treatment(file), options.Chosen(given).view(file)
    _tell(found.schedule(view))
    day = options.parse_day("--since", since) if since is not None else None
    write(found.to_ical(view, stamp=stamp, since=day, plan_id=plan_id), output=output, force=force)


@click.command()
@click.argument("regimen", metavar="ID|PLAN")
@options.patient_schedule
@options.output
def summary(regimen: str, output: str | None, force: bool, **given: Any) -> None:
    """Doses, days and totals by drug and cycle, with vials to open and tablets to dispense."""
    from dosing.dose.summary import lines_of

    drawn = _drawn(regimen, given)
    _tell(drawn)
    lines = [*_head(drawn), *fold_below(lines_of(drawn.summary()))]
    write("".join(f"{line}\n" for line in lines).encode(), output=output, force=force)


def _drawn(regimen: str, given: dict[str, Any]) -> "PatientSchedule":
    from dosing.plan.names import is_plan

    chosen = options.Chosen(given)
    if is_plan(regimen):
        return options.treatment(regimen).schedule(chosen.view(regimen))
    asked = chosen.asked()
    return chosen.plan(regimen).schedule(
        course=asked.course(),
        practice=asked.practice(),
        closed=asked.closed(),
        move=asked.move,
        phases=given["phases"],
        **chosen.reach(),
    )


def _head(drawn: "PatientSchedule") -> list[str]:
    return head(drawn.dosed.practice.site, drawn.notes)


def _tell(drawn: "PatientSchedule") -> None:
    tell(f"missing: {line}" for line in drawn.missing)
    tell(f"note: {line}" for line in drawn.notes)
