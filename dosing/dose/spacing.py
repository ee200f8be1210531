"""The least time between doses of a drug, counted by date: a day as 24 hours."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from dosing.dose.finding import ALREADY, Finding, Giving, graded, let_pass, where
from dosing.dose.plausible import Grade
from dosing.dose.steps import cited, shown
from dosing.regimen.drug import Drug, Spacing
from dosing.units import EXACT

_DAY_HOURS = Decimal(24)


def look_spacing(drug: Drug, own: Sequence[Giving], override: Collection[str]) -> Iterator[Finding]:
    """One finding for all doses of a drug that come too soon, and one for those of which both have happened; `own` in order of time."""
    spacing = drug.spacing.stated if drug.spacing else None
    short = [gap for gap in _gaps(own) if gap.hours < spacing.hours] if spacing else []
    for happened in (True, False):
        gaps = [gap for gap in short if gap.happened == happened]
        if gaps and spacing:
            yield _finding(drug, spacing, gaps, override)


@dataclass(frozen=True, slots=True)
class _Gap:
    """The hours from one dose to the next, which are the same dose where it is given several times a day."""

    hours: Decimal
    before: Giving
    after: Giving

    @property
    def happened(self) -> bool:
        """Whether both doses were given, so that nobody can change it any more."""
        return self.before.given and self.after.given

    def __str__(self) -> str:
        one, other = self.before.date, self.after.date
        return f"the doses of {one} and {other}" if one != other else f"two doses of {one}"


def _finding(drug: Drug, spacing: Spacing, gaps: Sequence[_Gap], override: Collection[str]) -> Finding:
    """What is said of gaps that have all happened, or of which none has."""
    name, first = f"{drug.id}.spacing", gaps[0]
    grade = Grade.WARN if first.happened else graded(name, spacing.stop, override)
    worst = min(gaps, key=lambda gap: gap.hours)
    already = ALREADY if first.happened else ""
    note = f"{drug.id} has less than {spacing.hours} hours between doses{already} {cited(drug.spacing)}{let_pass(grade)}"
    how = f"{shown(worst.hours)} hours between {worst} (counted by date, a day as 24 hours)"
    return Finding(grade, name, first.after.number, f"{note}: {how}{where(first.after, len(gaps), 'gaps')}", note)


def _gaps(own: Sequence[Giving]) -> Iterator[_Gap]:
    """The gap from each dose to the next in the order of time: between dates, and within a day of several administrations."""
    for before, after in pairwise((None, *own)):
        if before is not None and after is not None:
            yield _Gap(EXACT.multiply(_DAY_HOURS, Decimal((after.date - before.date).days)), before, after)
        if after is not None and after.times is not None and after.times > 1:
            yield _Gap(EXACT.divide(_DAY_HOURS, Decimal(after.times)), after, after)
