"""What a table of doses comes to: drugs and vials by week, visits and chair hours by day.

Only what counts is counted, as in the summary for one patient: what stands as planned, and what was given, on the day and with the amount
that was given. What is left out is said by drug and reason. Sums are exact: each different amount is a decimal number, times how often it
stands there.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa

from dosing.cohort.counting import NO_DATE, Counts, Infusions, Window, day_of, first_of
from dosing.cohort.forecast_drugs import DrugOf, Drugs, Library, entries
from dosing.cohort.forecast_model import ChairLine, Forecast, Question
from dosing.dose.product import ORAL
from dosing.errors import PatientError, RegimenError, nearest
from dosing.regimen.drug import Drug
from dosing.regimen.library import drug_ids, shipped_drug
from dosing.regimen.model import Regimen
from dosing.schedule.draw import NOT_DATED, WAITING

# Nothing runs in through these, so that no time is missed.
_NOT_INTO_A_VEIN = (ORAL, "SC", "IM", "IT")
# An entry without a date stands for every day of its activity.
_UNDATED = (WAITING, NOT_DATED, NO_DATE)


def forecast(batches: Iterable[pa.RecordBatch], *, drug_of: DrugOf, question: Question | None = None) -> Forecast:
    """The forecast of batches that have the columns `counting.NAMES`; the rows of each patient stand together.

    `drug_of` gives a drug as it is at the site, None where nothing is known of it. Memory grows with the different doses and days, and by 8
    bytes for each patient. Raises PatientError for a value that can't be, for a patient who comes back later, and for a drug asked
    for that isn't there; DoseError for an amount that no vials or tablets can be counted for.
    """
    asked = question or Question()
    library = Library(drug_of)
    counts = Counts(library.at_home, by="day" if asked.share_vials else asked.drugs_by, window=asked.window)
    for batch in batches:
        counts.add(batch)
    counts.close()
    _require(asked.window, counts)
    drugs, chairs = Drugs(library, asked), _Chairs(library, asked)
    for doses in counts.doses():
        drugs.add(doses)
    chairs.visit(counts)
    for infusions in counts.infusions():
        chairs.add(infusions)
    lines = drugs.lines()
    notes = (*_window(asked.window), *_left(counts, library), *drugs.notes(), *chairs.notes())
    return Forecast(asked, counts.patients, lines, chairs.lines(), notes)


def finder(regimens: Iterable[Regimen], at_site: Callable[[Drug], Drug]) -> DrugOf:
    """Finds the regimens' own drugs, then the shipped ones, as they are at the site.

    Raises RegimenError where two regimens mean different things by one drug.
    """
    own: dict[str, Drug] = {}
    for regimen in regimens:
        for id, drug in regimen.drugs.items():
            if own.setdefault(id, drug) != drug:
                raise RegimenError(f"{regimen.id} and a regimen named before it have different drugs of their own called {id!r}; keep one")
    shipped = set(drug_ids())

    def drug_of(id: str) -> Drug | None:
        found = own.get(id) or (shipped_drug(id) if id in shipped else None)
        return at_site(found) if found else None

    return drug_of


def _require(window: Window, counts: Counts) -> None:
    for drug in sorted(window.drugs - counts.drugs):
        have = ", ".join(sorted(counts.drugs)) or "none"
        raise PatientError(f"the table has no dose of {drug!r}{nearest(drug, counts.drugs)} (its drugs: {have})")


# -- chairs -------------------------------------------------------------------------------------------------------


class _Chairs:
    """Visits and chair hours as they grow."""

    def __init__(self, library: Library, asked: Question) -> None:
        self._library, self._asked = library, asked
        self._lines: dict[int, ChairLine] = {}

    def visit(self, counts: Counts) -> None:
        """The visits, each with its fixed time."""
        fixed = self._asked.minutes_per_visit
        for day, visits in counts.visits.items():
            line = self._line(day)
            line.visits += visits
            line.minutes += visits * fixed
        for day, visits in counts.optional_visits.items():
            line = self._line(day)
            line.optional_visits += visits
            line.optional_minutes += visits * fixed

    def add(self, infusions: Infusions) -> None:
        """So many entries of a drug, of which some are infusions."""
        minutes, number = infusions.minutes, infusions.entries * (infusions.times or 1)
        line = self._line(infusions.day)
        if minutes is None and all(route in _NOT_INTO_A_VEIN for route in self._library.routes(infusions.drug, infusions.route)):
            return
        if minutes is None or infusions.times is None:
            line.without_time += number
        elif minutes >= self._asked.pump_min:
            line.pumps += number
        elif infusions.optional:
            line.optional_minutes += number * minutes
        else:
            line.minutes += number * minutes

    def _line(self, day: int) -> ChairLine:
        start = first_of(day, self._asked.chairs_by)
        return self._lines.setdefault(start, ChairLine(day_of(start)))

    def lines(self) -> tuple[ChairLine, ...]:
        """The lines in order of time."""
        return tuple(self._lines[start] for start in sorted(self._lines))

    def notes(self) -> Iterator[str]:
        """What is not in the hours."""
        fixed = self._asked.minutes_per_visit
        if self._lines:
            yield f"chair hours: {fixed} minutes for each visit besides the infusions" + ("" if fixed else " (--minutes-per-visit)")
        without, pumps = (sum(getattr(line, name) for line in self._lines.values()) for name in ("without_time", "pumps"))
        if without:
            yield f"chair hours: {_infusions(without)} no stated time; not in the hours"
        if pumps:
            yield f"chair hours: {_infusions(pumps)} {self._asked.pump_min} minutes or more, as on a pump; not in the hours"


def _infusions(number: int) -> str:
    return "1 infusion has" if number == 1 else f"{number} infusions have"


# -- notes --------------------------------------------------------------------------------------------------------


def _window(window: Window) -> Iterator[str]:
    if window.drugs:
        yield f"only {', '.join(sorted(window.drugs))}; visits are those for what is named here"
    if window.first or window.last:
        days = [f"{word} {day}" for word, day in (("from", window.first), ("to", window.last)) if day]
        yield f"only what is dated {' '.join(days)}"


def _left(counts: Counts, library: Library) -> Iterator[str]:
    """What doesn't count, by drug and reason."""
    found: Counter[tuple[str, str]] = Counter()
    for left in counts.left():
        name = "assessments" if left.drug is None and left.activity is None else library.name(left.drug, left.activity)
        found[name, left.why] += left.entries
    for (name, why), number in sorted(found.items()):
        stands = ", each of which stands for all days of its activity" if why in _UNDATED else ""
        yield f"{name}: {entries(number)} {why}{stands}; not counted"
