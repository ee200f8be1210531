"""A schedule from the shared options of a command, by a regimen's id or a plan file, and what is said of it on standard error."""

from typing import TYPE_CHECKING, Any

from dosing.cli import options
from dosing.cli.write import head, tell

if TYPE_CHECKING:
    from dosing.api import PatientSchedule


def draw(regimen: str, given: dict[str, Any]) -> "PatientSchedule":
    """The schedule of a regimen for the patient of the options, or of a plan file. Raises DosingError."""
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


def head_of(drawn: "PatientSchedule") -> list[str]:
    """The lines above a table."""
    return head(drawn.dosed.practice.site, drawn.notes)


def tell_of(drawn: "PatientSchedule") -> None:
    """What is missing and noted, on standard error."""
    tell(f"missing: {line}" for line in drawn.missing)
    tell(f"note: {line}" for line in drawn.notes)
