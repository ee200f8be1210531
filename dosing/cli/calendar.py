"""`dosing calendar`: a file for calendar programs, or a page to print or to edit."""

from typing import TYPE_CHECKING, Any

import click

from dosing.cli import options
from dosing.cli.changes import today
from dosing.cli.drawn import draw, tell_of
from dosing.cli.style import events_and_reminders, style_of
from dosing.cli.write import tell, write
from dosing.errors import OutputError, ScheduleError

if TYPE_CHECKING:
    from datetime import datetime

    from dosing.api import PatientSchedule
    from dosing.asked import Asked
    from dosing.export.style import Style
    from dosing.page.make import Leaflet
    from dosing.treatment import Treatment
    from dosing.view import View

_FILE = options.together(
    click.option("--stamp", metavar="MOMENT", help="ics: written as DTSTAMP; left out, the day the regimen was last checked."),
    click.option("--plan-id", default="", metavar="TEXT", help="ics: tells two plans of one regimen and start date apart; no name."),
    click.option("--since", metavar="DATE", help="ics, of a plan file: only what changed after that day."),
    events_and_reminders,
)
_PAGE = options.together(
    click.option("--for", "audience", type=click.Choice(["patient", "clinic"]), help="Pages: in plain words, or with amounts and sources."),
    click.option("--language", metavar="CODE", help="Pages: en, es, de, fr, ko, ar, or with a country, en-GB."),
    click.option("--paper", type=click.Choice(["a4", "letter"]), help="pdf, docx, xlsx: the size of the paper."),
    click.option("--large-type", is_flag=True, help="html, pdf: larger letters."),
    click.option("--dated", metavar="DATE", help="Pages: the day that the page was made.  [default: today]"),
    click.option("--replaces", metavar="DATE", help="Pages: the day of the page that this one replaces."),
)
# The options of one kind of output, by their names in Python.
_OF_FILES = ("stamp", "plan_id", "since", "events", "remind")
_OF_PAGES = ("audience", "language", "paper", "large_type", "dated", "replaces")


@click.command()
@click.argument("regimen", metavar="ID|PLAN")
@options.patient_schedule
@click.option(
    "--format",
    "form",
    type=click.Choice(["ics", "html", "pdf", "docx", "xlsx"]),
    default="ics",
    show_default=True,
    help="For calendar programs, or a page to print or to edit.",
)
@_FILE
@_PAGE
@click.option("--label", default="", metavar="TEXT", help="What you call the patient by; it stands in the file, which others may see.")
@options.output
def calendar(regimen: str, form: str, label: str, output: str | None, force: bool, **given: Any) -> None:
    """A calendar of a regimen for one patient: a file for any calendar program, or a page for the refrigerator.

    Made again from a plan file that has changed, the file updates the events that the program has from before.
    """
    wrong = [name for name in (_OF_PAGES if form == "ics" else _OF_FILES) if given[name]]
    if wrong:
        spelled = ", ".join(click.get_current_context().command.params[index].opts[0] for index in _indexes(wrong))
        raise OutputError(f"{spelled} {'goes' if len(wrong) == 1 else 'go'} with other formats than {form}")
    asked = {name: given.pop(name) for name in (*_OF_FILES, *_OF_PAGES)}
    drawn = draw(regimen, given)
    tell_of(drawn)
    if form == "ics":
        data = _file(regimen, drawn, asked, label, given)
    else:
        data = _page(regimen, drawn, asked, label, given, form)
    write(data, output=output, force=force)


def _indexes(names: list[str]) -> list[int]:
    params = click.get_current_context().command.params
    return [index for index, param in enumerate(params) if param.name in names]


# -- files --------------------------------------------------------------------------------------------------------


def _file(regimen: str, drawn: "PatientSchedule", asked: dict[str, Any], label: str, given: dict[str, Any]) -> bytes:
    from dosing.export.ical import to_ical
    from dosing.plan.names import is_plan

    moment = options.parse_stamp(asked["stamp"])
    style = style_of(events=asked["events"], remind=asked["remind"], label=label, hours=_asked(regimen, given).hours())
    if is_plan(regimen):
        data = _follows(options.treatment(regimen), options.Chosen(given).view(regimen), moment, style, asked)
    elif asked["since"] is not None:
        raise ScheduleError("--since needs a plan file: a schedule that is computed once has no history")
    else:
        data = to_ical(drawn.dosed, stamp=moment, plan_id=asked["plan_id"], style=style)
    tell(f"WARNING: {each}" for each in style.warnings(data))
    return data


def _follows(found: "Treatment", view: "View", stamp: "datetime | None", style: "Style", asked: dict[str, Any]) -> bytes:
    since = options.parse_day("--since", asked["since"]) if asked["since"] is not None else None
    return found.to_ical(view, stamp=stamp, since=since, plan_id=asked["plan_id"], style=style)


def _asked(regimen: str, given: dict[str, Any]) -> "Asked":
    """What a plan or the options say of patient and practice; of a plan's calendar too it can be asked which holidays count."""
    from dosing.plan.names import is_plan

    chosen = options.Chosen(given)
    if not is_plan(regimen):
        return chosen.asked()
    country = chosen.view(regimen).country
    return options.treatment(regimen).asked(practice={"country": country} if country else None)


# -- pages --------------------------------------------------------------------------------------------------------


def _page(regimen: str, drawn: "PatientSchedule", asked: dict[str, Any], label: str, given: dict[str, Any], form: str) -> bytes:
    from dosing.page.language import find_language
    from dosing.page.make import make_page
    from dosing.page.model import Audience

    language = find_language(asked["language"] or "en")
    leaflet = _leaflet(regimen, drawn, asked, label, given)
    page = make_page(drawn.dosed, leaflet, language, Audience(asked["audience"] or "patient"))
    paper, large = asked["paper"] or "a4", asked["large_type"]
    if form == "html":
        from dosing.page.html import to_html

        return to_html(page, large=large).encode()
    if form == "pdf":
        from dosing.page.pdf import to_pdf

        return to_pdf(page, paper=paper, large=large)
    if form == "docx":
        from dosing.page.docx import to_docx

        return to_docx(page, paper=paper)
    from dosing.page.xlsx import to_xlsx

    return to_xlsx(page, drawn.dosed, paper=paper)


def _leaflet(regimen: str, drawn: "PatientSchedule", asked: dict[str, Any], label: str, given: dict[str, Any]) -> "Leaflet":
    from dosing.page.make import Leaflet
    from dosing.plan.names import is_plan

    site = _asked(regimen, given).site()
    plan = options.treatment(regimen) if is_plan(regimen) else None
    made_by = plan.named() if plan else [_named(regimen, drawn, given)]
    dated = asked["dated"]
    return Leaflet(
        dated=options.parse_day("--dated", dated) if dated is not None else today("the page is dated {}; --dated names another day"),
        made_by=(*made_by, *([f"site {site.name}"] if site else [])),
        bring=site.bring if site else (),
        call=site.call if site else (),
        replaces=options.parse_day("--replaces", asked["replaces"]) if asked["replaces"] is not None else None,
        label=label,
        changes=tuple(entry.on for entry in plan.plan.log) if plan else (),
    )


def _named(name: str, drawn: "PatientSchedule", given: dict[str, Any]) -> str:
    from dosing.plan.definition import define
    from dosing.plan.model import Choices

    regimen = drawn.dosed.schedule.regimen
    hash = define(name, Choices(base=given["base"], set=options.Chosen(given).values())).hash.removeprefix("sha256:")
    return f"{regimen.id} version {regimen.version} ({hash[:8]})"
