"""One patient of a cohort by the one-patient path: patterns come from it, and whoever the arrays leave out goes through it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from dosing.api import ChosenRegimen, load_regimen
from dosing.cohort.people import Asking
from dosing.dose.practice import Practice
from dosing.dose.schedule import DosedSchedule
from dosing.errors import PatientError
from dosing.plan import model as plans
from dosing.plan.names import CHANGING_LISTS, PATIENT_LISTS, PATIENT_TEXTS
from dosing.schedule.closed import Closed
from dosing.treatment import Treatment
from dosing.view import View

if TYPE_CHECKING:
    from dosing.cohort.changes import Change

# A plan of a cohort has its regimen at hand; its hash is looked at by nobody.
_AT_HAND = "sha256:" + 64 * "0"


@dataclass(frozen=True, slots=True)
class Shared:
    """What a group of patients shares, read once: the regimen, the practice, the closed days and whether clinic days move off them."""

    asking: Asking
    regimen: ChosenRegimen
    practice: Practice
    closed: Closed | None
    move: bool


def read_shared(asking: Asking) -> Shared:
    """The regimen and practice of a group. Raises DosingError."""
    asked = asking.asked({})
    return Shared(asking, _choose(asking, {}), asked.practice(), asked.closed(), asked.move)


def _choose(asking: Asking, values: Mapping[str, str]) -> ChosenRegimen:
    return load_regimen(
        asking.regimen,
        variant=asking.several("variant"),
        proxy=asking.several("proxy"),
        values={**asking.values, **values},
        base=asking.choices.get("base", ""),
        base_days=asking.choices.get("base_days", ""),
    )


def dosed(shared: Shared, own: Mapping[str, str], start: date, changes: "Sequence[Change]" = ()) -> DosedSchedule:
    """The schedule of one patient: `own` are the patient's texts by the names of the options. Raises DosingError."""
    if changes:
        return _changed(shared, own, start, changes)
    asking = shared.asking
    found = shared.regimen.schedule(
        start=start,
        course=asking.asked(own).course(),
        practice=shared.practice,
        cycles=asking.cycles,
        until=asking.until,
        phases=asking.phases,
        starts=asking.starts,
        closed=shared.closed,
        move=shared.move,
    )
    return found.dosed


def _changed(shared: Shared, own: Mapping[str, str], start: date, changes: "Sequence[Change]") -> DosedSchedule:
    asking = shared.asking
    twice = [name for name in CHANGING_LISTS if name in asking.lists]
    if twice:
        raise PatientError(f"the column {twice[0]!r} and the table of changes say the same kind of thing; put all of it into the changes")
    plan = plans.Plan(
        id="cohort",
        regimen=asking.regimen,
        version=1,
        definition=_AT_HAND,
        start=start,
        choices=plans.Choices(variant=asking.several("variant"), proxy=asking.several("proxy"), set=asking.values),
        patient=plans.Asked(texts=dict(own), lists={name: texts for name, texts in asking.lists.items() if name in PATIENT_LISTS}),
        practice=plans.Asked(
            texts={name: text for name, text in asking.texts.items() if name not in PATIENT_TEXTS},
            lists={name: texts for name, texts in asking.lists.items() if name not in PATIENT_LISTS},
        ),
        reach=plans.Reach(cycles=asking.cycles, until=asking.until, phase_start=asking.starts),
    )
    for each in changes:
        plan = plans.append(plan, on=each.on, kind=each.kind, fields=each.fields, reason=each.reason, author=each.author)
    found = _AtHand(plan, chosen=shared, choose=_choose).schedule(View(phases=asking.phases))
    return found.dosed


@dataclass(frozen=True, slots=True)
class _AtHand(Treatment):
    """A treatment whose regimen isn't looked for: the group has it."""

    chosen: Shared | None = None
    choose: Callable[[Asking, Mapping[str, str]], ChosenRegimen] = field(default=_choose)

    def regimen(self) -> ChosenRegimen:
        """The group's regimen, with values of one's own that a change told."""
        from dosing.plan.fold import fold

        assert self.chosen is not None
        values = fold(self.plan).values
        return self.choose(self.chosen.asking, values) if values else self.chosen.regimen
