"""Options that several commands share, and how their text becomes values."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dosing.errors import PatientError, RegimenError, ScheduleError

if TYPE_CHECKING:
    from dosing.api import Plan
    from dosing.dose.patient import Patient

F = TypeVar("F", bound=Callable[..., Any])


def _together(*options: Callable[[Any], Any]) -> Callable[[F], F]:
    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


choices = _together(
    click.option("--variant", "variants", multiple=True, metavar="V", help="A variant of the regimen (dose level, arm); repeatable."),
    click.option("--proxy", "proxies", multiple=True, metavar="P", help="Published values of a similar regimen; repeatable."),
    click.option("--set", "values", multiple=True, metavar="A.F=VALUE", help="Your own value: carfilzomib.dose=56mg/m2; repeatable."),
    click.option("--base", default="", metavar="ID[:V]", help="The regimen that a derived one is made from."),
    click.option("--base-days", default="", metavar="keep|stretch", help="How a base with another cycle length fits in."),
)
measurements = _together(
    click.option("--height", metavar="H", help="Height: 170 (cm), 1.70m, 5ft7in."),
    click.option("--weight", metavar="W", help="Weight: 70 (kg), 154lb."),
    click.option("--bsa", metavar="M2", help="Body surface in m2, instead of height and weight."),
    click.option("--gfr", metavar="ML_MIN", help="Filtration rate in mL/min, for doses by AUC."),
    click.option("--sex", default="", metavar="female|male", help="For the one body-surface formula that needs it."),
    click.option("--formula", default="mosteller", show_default=True, metavar="NAME", help="Body-surface formula."),
)
only_phases = click.option("--phase", "phases", multiple=True, metavar="ID", help="Only this phase; repeatable.")
reach = _together(
    click.option("--start", required=True, metavar="DATE", help="Cycle 1 day 1, as 2026-01-05."),
    click.option("--cycles", type=click.IntRange(1, 1_000), metavar="N", help="Draw the first N cycles of each phase."),
    click.option("--until", metavar="DATE", help="Draw nothing after this day."),
    only_phases,
    click.option("--phase-start", "starts", multiple=True, metavar="PHASE=DATE", help="The date of a phase that waits; repeatable."),
)
output = _together(
    click.option("-o", "--output", metavar="FILE", help="Write to a file instead of the terminal."),
    click.option("--force", is_flag=True, help="Replace the file if it exists."),
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The shared options of one call, by their names on the command line."""

    options: dict[str, Any]

    def plan(self, name: str) -> "Plan":
        """The regimen of that name with the choices made. Raises RegimenError."""
        from dosing.api import load_regimen

        return load_regimen(
            name,
            variant=self.options["variants"],
            proxy=self.options["proxies"],
            values=dict(_pairs("--set", self.options["values"], RegimenError)),
            base=self.options["base"],
            base_days=self.options["base_days"],
        )

    def patient(self) -> "Patient":
        """The measurements given. Raises PatientError."""
        from dosing.dose.patient import Patient, read_area, read_clearance, read_height, read_weight

        readers = {"height": read_height, "weight": read_weight, "bsa": read_area, "gfr": read_clearance}
        read = {name: reader(text) if (text := self.options[name]) is not None else None for name, reader in readers.items()}
        return Patient(
            height_cm=read["height"], weight_kg=read["weight"], bsa_m2=read["bsa"], gfr_ml_min=read["gfr"], sex=self.options["sex"]
        )

    def reach(self) -> dict[str, Any]:
        """How far to draw and from when, as `Plan.schedule` takes it. Raises PatientError and ScheduleError."""
        until = self.options["until"]
        return {
            "start": _date("--start", self.options["start"], PatientError),
            "cycles": self.options["cycles"],
            "until": _date("--until", until, ScheduleError) if until is not None else None,
            "phases": self.options["phases"],
            "starts": {
                phase: _date(f"--phase-start {phase}", day, ScheduleError)
                for phase, day in _pairs("--phase-start", self.options["starts"], ScheduleError)
            },
        }


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
