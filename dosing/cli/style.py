"""Options of how a calendar file is written, which `dosing calendar` and `dosing feed` share."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from dosing.cli import options
from dosing.errors import OutputError

if TYPE_CHECKING:
    from dosing.export.style import Style
    from dosing.site.hours import Hours

T = TypeVar("T")

events_and_reminders = options.together(
    click.option("--events", type=click.Choice(["day", "drug", "course"]), help="ics: one event a day, a drug and day, or a run of days."),
    click.option("--remind", metavar="WHEN", help="ics: a reminder, 1d or 12h before, or at a time of day, 08:00."),
)


def style_of(
    *, events: str | None, remind: str | None, refresh: str | None = None, label: str = "", hours: "Hours | None" = None
) -> "Style":
    """The style by the texts of the options, None where one wasn't given. Raises OutputError."""
    from dosing.export.events import Grain
    from dosing.export.style import Style, parse_reminder, parse_span

    return Style(
        events=Grain(events or "day"),
        hours=hours,
        remind=_read("--remind", remind, parse_reminder),
        label=label,
        refresh=_read("--refresh", refresh, parse_span),
    )


def _read(option: str, text: str | None, parse: Callable[[str], T]) -> T | None:
    try:
        return None if text is None else parse(text)
    except ValueError as error:
        raise OutputError(f"{option}: {error}") from None
