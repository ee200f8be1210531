"""Which rules apply to a patient, found once for all of whom the same conditions hold."""

from collections.abc import Iterator

from dosing.cohort.exact import Shared
from dosing.dose.course import Course
from dosing.dose.factors import known
from dosing.dose.personal import looked_at, personal
from dosing.regimen.conditions import Condition
from dosing.regimen.library import find_drug

Applied = tuple[tuple[str, str, str], ...]


class Ruled:
    """The rules of a group's regimen and drugs. A rule looks at nothing but its conditions, so patients alike in all of them share it."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._conditions: tuple[Condition, ...] = ()
        self._found: dict[tuple[bool | None, ...], Applied] = {}

    def applied(self, course: Course) -> Applied:
        """The rules that apply, as in `dosing.dose.personal`, with the same errors."""
        if not self._found:
            self._conditions = tuple(dict.fromkeys(_conditions(self._shared)))
            applied = personal(self._shared.regimen.regimen, course, self._shared.practice).applied
            self._found[self._holding(course)] = applied
            return applied
        looked_at(course)
        key = self._holding(course)
        if key not in self._found:
            self._found[key] = personal(self._shared.regimen.regimen, course, self._shared.practice).applied
        return self._found[key]

    def _holding(self, course: Course) -> tuple[bool | None, ...]:
        values = known(course.patient).values
        return tuple(condition.holds(values) for condition in self._conditions)


def _conditions(shared: Shared) -> Iterator[Condition]:
    """Every condition of a rule that may apply to a patient of the group."""
    regimen = shared.regimen.regimen
    given = (activity.drug.stated for phase in regimen.phases for activity in phase.activities if activity.drug)
    drugs = [shared.practice.drug(find_drug(id, regimen=regimen)) for id in dict.fromkeys(given) if id]
    for rules in (regimen.rules, *(drug.rules for drug in drugs)):
        yield from (condition for fact in rules.values() if fact.stated for condition in fact.stated.when.all)
