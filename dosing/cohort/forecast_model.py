"""What a forecast asks, and the lines of the two tables that come out."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from dosing.cohort.counting import EVERYTHING, Window
from dosing.dose.oral import Units
from dosing.dose.rounding import half_up
from dosing.dose.vials import Vials
from dosing.export.rows import Cell
from dosing.units import EXACT, Quantity

# An infusion of so many minutes is none in a chair: it doesn't end on its day.
PUMP_MIN = 24 * 60
_HOUR_MIN = Decimal(60)
_HUNDREDTH = Decimal("0.01")
FORMS = ("tablets", "capsules")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: how finely in time (day, week or month), for which drugs and days, and by which assumptions.

    `minutes_per_visit` are added for each visit; infusions of `pump_min` or more are none in a chair; `share_vials` opens the vials for the
    sum of a day, except where that is forbidden. `site` names the site's file and its hash.
    """

    drugs_by: str = "week"
    chairs_by: str = "day"
    window: Window = EVERYTHING
    minutes_per_visit: int = 0
    pump_min: int = PUMP_MIN
    share_vials: bool = False
    site: str = ""


@dataclass(slots=True)
class DrugLine:
    """One drug in one day, week or month that begins on `date`: its cells are the columns `forecast_columns.DRUGS`.

    `name` is for people. `vials` are for what doesn't go by mouth, with the amount that goes into them; they are `shared` by the doses of a
    day or not. `units`, by form, are for what goes by mouth.
    """

    date: date
    drug: str | None
    activity: str | None
    optional: bool
    name: str
    doses: int = 0
    without: int = 0
    uncounted: int = 0
    amount: Quantity | None = None
    vials: Vials | None = None
    shared: bool = False
    units: dict[str, Units] = field(default_factory=dict)
    not_made_up: int = 0

    def cells(self, question: Question) -> tuple[Cell, ...]:
        """The cells in the order of the columns."""
        vials = self.vials
        return (
            self.date,
            self.drug,
            self.activity,
            "yes" if self.optional else "no",
            self.doses,
            self.without,
            self.uncounted,
            *((self.amount.value, self.amount.unit) if self.amount else (None, None)),
            *(
                (vials.count, str(vials), vials.opened_mg, vials.waste_mg, "each day" if self.shared else "each dose")
                if vials
                else (None,) * 5
            ),
            *(str(self.units[form]) if form in self.units else None for form in FORMS),
            self.not_made_up,
            question.site or None,
        )


@dataclass(slots=True)
class ChairLine:
    """One day, week or month that begins on `date`: its cells are the columns `forecast_columns.CHAIRS`."""

    date: date
    visits: int = 0
    minutes: int = 0
    optional_visits: int = 0
    optional_minutes: int = 0
    without_time: int = 0
    pumps: int = 0

    def cells(self, question: Question) -> tuple[Cell, ...]:
        """The cells in the order of the columns."""
        return (
            self.date,
            self.visits,
            hours_of(self.minutes),
            self.optional_visits,
            hours_of(self.optional_minutes),
            self.without_time,
            self.pumps,
            question.minutes_per_visit,
            question.pump_min,
        )


@dataclass(frozen=True, slots=True)
class Forecast:
    """The lines in order of time, then of the drug; `notes` are sentences about what is left out, what was assumed, and the sources."""

    question: Question
    patients: int
    drugs: tuple[DrugLine, ...]
    chairs: tuple[ChairLine, ...]
    notes: tuple[str, ...]


def hours_of(minutes: int) -> Decimal:
    """Minutes as hours with 2 decimals, halves up."""
    return half_up(EXACT.divide(Decimal(minutes), _HOUR_MIN), step=_HUNDREDTH)
