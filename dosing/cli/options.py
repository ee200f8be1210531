"""Options that several commands share, and how their text becomes values."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from dosing.errors import PatientError, RegimenError, ScheduleError

if TYPE_CHECKING:
    from dosing.api import ChosenRegimen
    from dosing.asked import Asked
    from dosing.treatment import Treatment
    from dosing.view import View

# Of a plan file it can be asked how much of it is drawn, and where its closed days are; all else it says itself.
SEEN_OF_A_PLAN = ("cycles", "until", "phases", "country", "move")

F = TypeVar("F", bound=Callable[..., Any])


def together(*options: Callable[[Any], Any]) -> Callable[[F], F]:
    """Several options as one decorator, in their order."""

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


choices = together(
    click.option("--variant", "variants", multiple=True, metavar="V", help="A variant of the regimen (dose level, arm); repeatable."),
    click.option("--proxy", "proxies", multiple=True, metavar="P", help="Published values of a similar regimen; repeatable."),
    click.option("--set", "values", multiple=True, metavar="A.F=VALUE", help="Your own value: carfilzomib.dose=56mg/m2; repeatable."),
    click.option("--base", default="", metavar="ID[:V]", help="The regimen that a derived one is made from."),
    click.option("--base-days", default="", metavar="keep|stretch", help="How a base with another cycle length fits in."),
)
measurements = together(
    click.option("--height", metavar="H", help="Height: 170 (cm), 1.70m, 5ft7in."),
    click.option("--weight", metavar="W", help="Weight: 70 (kg), 154lb."),
    click.option("--measured-on", metavar="DATE", help="The day of height and weight, which the calculation then names."),
    click.option("--bsa", metavar="M2", help="Body surface in m2, instead of height and weight."),
    click.option("--gfr", metavar="ML_MIN", help="Filtration rate in mL/min, for doses by AUC."),
    click.option("--sex", metavar="female|male", help="For formulas that need it."),
    click.option("--lost", multiple=True, metavar="PART", help="A lost part of the body: 'left below-knee'; repeatable."),
    click.option("--formula", metavar="NAME", help="Body-surface formula.  [default: mosteller, or the site's]"),
    click.option("--override", multiple=True, metavar="NAME", help="Let a stop pass, which the output says; repeatable."),
)
factors = together(
    click.option("--age", metavar="YEARS", help="Completed years, for rules by age."),
    click.option("--creatinine", metavar="C", help="With its unit, 1.1mg/dL or 97umol/L: for rules by kidney function."),
    click.option("--crcl", metavar="ML_MIN", help="Creatinine clearance, instead of an estimate from the creatinine."),
    click.option("--crcl-weight", metavar="KIND", help="Weight for that estimate: actual, ideal, adjusted.  [default: actual]"),
    click.option("--dialysis", metavar="yes|no", help="For rules that name it."),
    click.option("--bilirubin", metavar="B", help="With its unit, 2mg/dL or 34umol/L."),
    click.option("--child-pugh", metavar="A|B|C", help="Class of liver disease."),
    click.option("--liver", metavar="GRADE", help="Impairment: normal, mild, moderate, severe."),
    click.option("--rule", multiple=True, metavar="DRUG=GROUP", help="Which of alternative rules: lenalidomide=eu, or none; repeatable."),
)
site = click.option("--site", envvar="DOSING_SITE", metavar="FILE", help="The site's file: formula, rounding, stock, limits.")
practice = together(
    site,
    click.option("--round", multiple=True, metavar="[DRUG=]POLICY", help="How to round, as in `dosing round`; repeatable."),
    click.option("--bands", multiple=True, metavar="FILE.csv", help="A band table for --round 'bands NAME'; repeatable."),
    click.option("--dose-weight", multiple=True, metavar="DRUG=KIND", help="actual, ideal, adjusted, before amputation; repeatable."),
)
reductions = click.option(
    "--reduce", multiple=True, metavar="TEXT", help="'carfilzomib=level 1 from C3: neutropenia', or a percentage; repeatable."
)
later_sizes = click.option("--measured", multiple=True, metavar="TEXT", help="A later size: '2026-03-02 weight=66kg'; repeatable.")
before_and_after = together(
    click.option("--weigh", multiple=True, metavar="[DRUG=]RULE", help="When a new weight counts: 'more than 10 %', 'each cycle'."),
    click.option("--prior", multiple=True, metavar="DRUG=AMOUNT", help="Given before: doxorubicin=240mg/m2; repeatable."),
)
only_phases = click.option("--phase", "phases", multiple=True, metavar="ID", help="Only this phase; repeatable.")
start = click.option("--start", metavar="DATE", help="Cycle 1 day 1, as 2026-01-05; a plan file has its own.")
horizon = together(
    click.option("--cycles", type=click.IntRange(1, 1_000), metavar="N", help="Draw the first N cycles of each phase."),
    click.option("--until", metavar="DATE", help="Draw nothing after this day."),
)
phase_starts = click.option(
    "--phase-start", "starts", multiple=True, metavar="PHASE=DATE", help="The date of a phase that waits; repeatable."
)
country = click.option("--country", metavar="CODE", help="Public holidays of a country or region, US or US-CA, are closed days too.")
open_days = together(
    country,
    click.option("--move", is_flag=True, help="Take clinic days from closed days to open ones, by the fewest moves."),
)
# All that a schedule for one patient takes.
patient_schedule = together(
    start,
    horizon,
    only_phases,
    phase_starts,
    measurements,
    factors,
    practice,
    reductions,
    later_sizes,
    before_and_after,
    open_days,
    choices,
)
# All that the head of a plan file holds; what changes in the course of treatment is told later.
plan_head = together(start, horizon, phase_starts, measurements, factors, practice, before_and_after, open_days, choices)
output = together(
    click.option("-o", "--output", metavar="FILE", help="Write to a file instead of the terminal."),
    click.option("--force", is_flag=True, help="Replace the file if it exists."),
)


def treatment(name: str) -> "Treatment":
    """The treatment by the plan file of that name. Raises DosingError."""
    from dosing.treatment import load_plan

    return load_plan(name)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The shared options of one call, by their names on the command line."""

    options: dict[str, Any]

    def plan(self, name: str) -> "ChosenRegimen":
        """The regimen of that name, or of a plan file, with the choices made. Raises RegimenError, and ScheduleError as `view`."""
        from dosing.api import load_regimen
        from dosing.plan.names import is_plan

        if is_plan(name):
            self.view(name)
            return treatment(name).regimen()
        return load_regimen(
            name,
            variant=self.options["variants"],
            proxy=self.options["proxies"],
            values=self.values(),
            base=self.options["base"],
            base_days=self.options["base_days"],
        )

    def values(self) -> dict[str, str]:
        """The user's own values. Raises RegimenError."""
        return dict(_pairs("--set", self.options["values"], RegimenError))

    def asked(self) -> "Asked":
        """The patient, the course and the practice as they were asked for."""
        from dosing.asked import Asked
        from dosing.plan.names import LISTS, TEXTS

        found = {name: self.options.get(name) for name in TEXTS}
        texts = {name: "yes" if value is True else value for name, value in found.items() if value is not None and value is not False}
        return Asked(texts, {name: self.options[name] for name in LISTS if self.options.get(name)})

    def reach(self) -> dict[str, Any]:
        """How far to draw and from when, as `Plan.schedule` takes it. Raises PatientError and ScheduleError."""
        if self.options["start"] is None:
            raise click.MissingParameter(param_hint="'--start'", param_type="option")
        return {
            "start": _date("--start", self.options["start"], PatientError),
            "cycles": self.options["cycles"],
            "until": self.until(),
            "starts": self.starts(),
        }

    def starts(self) -> dict[str, date]:
        """The dates told of phases that wait. Raises ScheduleError."""
        pairs = _pairs("--phase-start", self.options["starts"], ScheduleError)
        return {phase: _date(f"--phase-start {phase}", day, ScheduleError) for phase, day in pairs}

    def until(self) -> date | None:
        """The last day to draw, where one was asked for. Raises ScheduleError."""
        text = self.options["until"]
        return _date("--until", text, ScheduleError) if text is not None else None

    def view(self, name: str) -> "View":
        """What is to be seen of a plan file. Raises ScheduleError for an option that the plan itself answers."""
        from dosing.view import View

        context = click.get_current_context()
        given = (each for each in self.options if context.get_parameter_source(each) is ParameterSource.COMMANDLINE)
        own = [option for each in given if each not in SEEN_OF_A_PLAN for option in _spelled(each, context)]
        if own:
            raise ScheduleError(f"{name} says itself what {', '.join(own)} would say; leave it out (`dosing plan` changes a plan)")
        return View(
            cycles=self.options.get("cycles"),
            until=self.until() if "until" in self.options else None,
            phases=self.options.get("phases", ()),
            country=self.options.get("country") or "",
            move=self.options.get("move", False),
        )


def _spelled(name: str, context: click.Context) -> list[str]:
    return [each.opts[0] for each in context.command.params if each.name == name]


def compared(plan: "ChosenRegimen", name: str) -> Iterator[str]:
    """Where the chosen regimen departs from another one, line by line."""
    from dosing.api import load_regimen
    from dosing.regimen.compare import compare

    other = load_regimen(name).regimen
    found = compare(plan.regimen, other)
    yield f"{plan.regimen.id} departs from {other.id} in {len(found)} place{'s' if len(found) != 1 else ''}"
    yield from (f"    {difference}" for difference in found)


def parse_stamp(text: str | None) -> datetime | None:
    """A moment for DTSTAMP: `2026-01-05` or `2026-01-05T08:00:00Z`, in UTC. Raises ScheduleError."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ScheduleError(f"--stamp {text!r} is not a moment; write it as 2026-01-05T08:00:00Z") from None


def _date(option: str, text: str, error: type[PatientError] | type[ScheduleError]) -> date:
    from dosing.regimen.values import parse_date

    try:
        return parse_date(text)
    except ValueError as problem:
        raise error(f"{option}: {problem}") from None


def parse_day(option: str, text: str) -> date:
    """A date given with an option. Raises ScheduleError."""
    return _date(option, text, ScheduleError)


def _pairs(option: str, texts: Iterable[str], error: type[RegimenError] | type[ScheduleError]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise error(f"{option} {text!r} must have the form NAME=VALUE")
        if key.strip() in dict(pairs):
            raise error(f"{option} {key.strip()} is given twice; keep one")
        pairs.append((key.strip(), value.strip()))
    return pairs
