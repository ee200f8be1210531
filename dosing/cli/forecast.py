"""`dosing forecast`: what a table of doses comes to, by drug and week, and by day in the clinic."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dosing.cli import options
from dosing.cli.write import head, table, tell, write
from dosing.errors import OutputError, RegimenError, ScheduleError

if TYPE_CHECKING:
    from dosing.cohort.forecast_model import DrugLine, Forecast, Question
    from dosing.dose.practice import Practice
    from dosing.export.columns import Column

_TENTH = Decimal("0.1")
_TITLES = {"day": "by day", "week": "by week, from its Monday on", "month": "by month, from its first day on"}


# A title, headings and lines.
_Table = tuple[str, tuple[str, ...], Sequence[tuple[str, ...]]]


@click.command()
@click.argument("doses", metavar="DOSES")
@click.option("--what", type=click.Choice(["drugs", "chairs"]), help="Only drugs with vials, or only visits with chair hours.")
@click.option("--by", type=click.Choice(["day", "week", "month"]), help="[default: week for drugs, day for chairs]")
@click.option("--drug", "drugs", multiple=True, metavar="NAME", help="Only this drug; repeatable.")
@click.option("--from", "first", metavar="DATE", help="Only from this day on.")
@click.option("--to", "last", metavar="DATE", help="Only up to this day, included.")
@options.site
@click.option("--regimen", "regimens", multiple=True, metavar="FILE", help="A regimen whose own drugs are meant; repeatable.")
@click.option("--share-vials", is_flag=True, help="Vials for the sum of each day, the least there can be; not where forbidden.")
@click.option("--minutes-per-visit", type=click.IntRange(0, 1_440), default=0, metavar="N", help="Added to the chair hours for each visit.")
@click.option("--pump-from", type=click.IntRange(1), metavar="MIN", help="So long is none in a chair.  [default: 1440, a day]")
@click.option("--format", "form", type=click.Choice(["table", "csv"]), help="[default: table, and csv with -o]")
@click.option("--plot", metavar="FILE", help="Draw it too: FILE.png or FILE.svg.")
@options.output
def forecast(doses: str, what: str | None, form: str | None, plot: str | None, output: str | None, force: bool, **given: Any) -> None:
    """What DOSES, a table that `dosing cohort` wrote, comes to.

    Amounts, vials and waste by drug and week; visits and chair hours by day. What doesn't count (held, omitted, without a date) or has no
    amount is said on standard error.
    """
    form = form or ("csv" if output else "table")
    kind = _plot_form(plot) if plot else ""
    if form == "csv" and what is None and (output or not plot):
        raise OutputError("a CSV file holds one table: choose with --what drugs or --what chairs")
    found = _found(doses, given)
    tell(f"note: {line}" for line in found.notes)
    wanted = (what,) if what else ("drugs", "chairs")
    if plot:
        from dosing.cohort.plot import draw

        picture = draw(found, form=kind, what=wanted)
        write(picture, output=plot, force=force)
    if form == "csv":
        write(_csv(found, wanted[0]), output=output, force=force)
    elif output or not plot:
        _tables(found, wanted, output=output, force=force)


def _plot_form(plot: str) -> str:
    form = Path(plot).suffix.lower().removeprefix(".")
    if form not in ("png", "svg"):
        raise OutputError(f"--plot {plot}: a plot is a PNG or an SVG; name it FILE.png or FILE.svg")
    return form


def _found(doses: str, given: dict[str, Any]) -> "Forecast":
    """The forecast that was asked for. Raises DosingError."""
    from dosing.asked import Asked
    from dosing.cohort.columns import arrow

    arrow()
    from dosing.cohort.counting import NAMES
    from dosing.cohort.forecast import finder, forecast
    from dosing.cohort.read import open_doses
    from dosing.regimen.library import find_regimen

    practice = Asked({"site": given["site"]} if given["site"] else {}).practice()
    drug_of = finder(map(find_regimen, given["regimens"]), practice.drug)
    return forecast(open_doses(doses, columns=NAMES), drug_of=drug_of, question=_question(given, practice))


def _question(given: dict[str, Any], practice: "Practice") -> "Question":
    from dosing.cohort.counting import Window
    from dosing.cohort.forecast_model import PUMP_MIN, Question

    first, last = (
        options.parse_day(option, given[name]) if given[name] is not None else None
        for option, name in (("--from", "first"), ("--to", "last"))
    )
    if first and last and last < first:
        raise ScheduleError(f"--to {last} is before --from {first}")
    return Question(
        drugs_by=given["by"] or "week",
        chairs_by=given["by"] or "day",
        window=Window(drugs=frozenset(map(_drug_id, given["drugs"])), first=first, last=last),
        minutes_per_visit=given["minutes_per_visit"],
        pump_min=given["pump_from"] or PUMP_MIN,
        share_vials=given["share_vials"],
        site=practice.site,
    )


def _drug_id(name: str) -> str:
    """The id of a drug by any of its names; the name itself where it is none of the shipped drugs."""
    from dosing.regimen.library import find_drug

    try:
        return find_drug(name).id
    except RegimenError:
        return name


# -- output -------------------------------------------------------------------------------------------------------


def _csv(found: "Forecast", what: str) -> bytes:
    from dosing.cohort.forecast_columns import CHAIRS, DRUGS
    from dosing.export.csv import csv_text

    columns: tuple[Column, ...] = DRUGS if what == "drugs" else CHAIRS
    lines = found.drugs if what == "drugs" else found.chairs
    return csv_text([column.name for column in columns], (line.cells(found.question) for line in lines)).encode()


def _tables(found: "Forecast", wanted: Sequence[str], *, output: str | None, force: bool) -> None:
    """The tables for people, one below the other; both in one file."""
    parts = {"drugs": _drug_table, "chairs": _chair_table}
    made = [parts[each](found) for each in wanted]
    if output:
        from dosing.export.table import plain

        text = "\n".join(f"{title}\n{plain(headings, lines)}" for title, headings, lines in made)
        write("".join([*(f"{line}\n" for line in head(found.question.site, ())), text]).encode(), output=output, force=force)
        return
    above = head(found.question.site, ())
    for title, headings, lines in made:
        table(headings, lines, output=None, force=False, above=[*above, title])
        above = [""]


def _drug_table(found: "Forecast") -> _Table:
    headings = ("Date", "Drug", "Doses", "Amount", "Vials", "Left over", "By mouth", "Not in it")
    lines = [
        (
            str(line.date),
            f"{line.name} (optional)" if line.optional else line.name,
            str(line.doses),
            str(line.amount or ""),
            str(line.vials or ""),
            _waste(line),
            " or ".join(f"{form} {units}" for form, units in line.units.items()),
            ", ".join(_left_out(line)),
        )
        for line in found.drugs
    ]
    return f"Drugs {_TITLES[found.question.drugs_by]}", headings, lines


def _waste(line: "DrugLine") -> str:
    """`6.8 mg (5.2 %)`, of what is opened."""
    from dosing.dose.rounding import half_up
    from dosing.units import plain

    if not line.vials:
        return ""
    return f"{plain(line.vials.waste_mg)} mg ({plain(half_up(line.vials.waste_percent, step=_TENTH))} %)"


def _left_out(line: "DrugLine") -> Iterator[str]:
    if line.without:
        yield f"{line.without} without amount"
    if line.uncounted:
        yield f"{line.uncounted} uncounted"
    if line.not_made_up:
        yield f"{line.not_made_up} not made up by mouth"


def _chair_table(found: "Forecast") -> _Table:
    from dosing.cohort.forecast_model import hours_of

    lines = [
        (
            str(line.date),
            f"{line.visits}{f' + {line.optional_visits} optional' if line.optional_visits else ''}",
            f"{hours_of(line.minutes)}{f' + {hours_of(line.optional_minutes)} optional' if line.optional_minutes else ''}",
            str(line.without_time or ""),
            str(line.pumps or ""),
        )
        for line in found.chairs
    ]
    return f"Visits {_TITLES[found.question.chairs_by]}", ("Date", "Visits", "Chair hours", "No stated time", "Pumps"), lines
