"""Which first days need the fewest moves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from dosing.errors import ScheduleError
from dosing.regimen.model import Regimen
from dosing.schedule.clinic import DrugOf
from dosing.schedule.closed import Closed
from dosing.schedule.draw import draw
from dosing.schedule.mover import WINDOW, move
from dosing.schedule.timeline import Horizon

MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class StartDay:
    """A first day, how many clinic days would have to move from it, and the moves in words.

    `moves` is None where the schedule doesn't fit at all; then `reasons` says why.
    """

    start: date
    moves: int | None
    reasons: tuple[str, ...]


def start_days(
    regimen: Regimen,
    closed: Closed,
    *,
    first: date,
    last: date,
    drug_of: DrugOf,
    horizon: Horizon | None = None,
    starts: Mapping[str, date] | None = None,
    phases: Iterable[str] = (),
    window: int = WINDOW,
) -> list[StartDay]:
    """The days from `first` to `last`, both included, as first days: the fewest moves first, then the earlier; at the end those that fail.

    The other arguments are those of `draw` and `move`. Raises ScheduleError where the days go backwards or are more than a year, and where
    no day will do (the reason is that of the first); RegimenError as `draw`.
    """
    count = (last - first).days + 1
    if not 0 < count <= MOST_DAYS:
        raise ScheduleError(f"can't try the days from {first} to {last}: give 1 to {MOST_DAYS} days, the first before the last")
    wanted = tuple(phases)
    found: list[StartDay] = []
    errors: list[ScheduleError] = []
    for days in range(count):
        start = first + timedelta(days=days)
        try:
            drawn = draw(regimen, start=start, horizon=horizon, starts=starts, phases=wanted)
            moved = move(drawn, closed, drug_of=drug_of, window=window)
        except ScheduleError as error:
            errors.append(error)
            found.append(StartDay(start, None, (str(error),)))
        else:
            found.append(StartDay(start, moved.count, tuple(map(str, moved.moves))))
    if len(errors) == count:
        raise errors[0]
    return sorted(found, key=lambda day: (day.moves is None, day.moves or 0, day.start))
