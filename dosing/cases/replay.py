"""Holding the program against worked histories: a plan is made, changed step by step, and looked at after each change."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from dosing.api import PatientSchedule
from dosing.cases.histories import Histories, History, Step
from dosing.cases.read import Case, Expected
from dosing.cases.run import differences
from dosing.errors import DoseError, DosingError
from dosing.plan.definition import define
from dosing.plan.model import Asked, Choices, Plan, Reach
from dosing.plan.names import PATIENT_LISTS, PATIENT_TEXTS, PRACTICE_LISTS, PRACTICE_TEXTS
from dosing.regimen import values
from dosing.treatment import Treatment


def replay(histories: Histories, *, regimen: str = "") -> list[str]:
    """Every difference between the histories and the program; `regimen` is a path to use instead of the shipped id."""
    name = regimen or histories.regimen
    return [f"{history.case.name}: {each}" for history in histories.histories for each in _replay(history, name)]


def _replay(history: History, regimen: str) -> Iterator[str]:
    try:
        treatment = _begun(history.case, regimen)
        yield from differences(history.case.expect, treatment.schedule())
    except DosingError as error:
        yield f"can't be drawn: {error}"
        return
    for step in history.steps:
        refusals = [expected for expected in step.expect if expected.about == "fails"]
        others = [expected for expected in step.expect if expected.about != "fails"]
        try:
            changed = treatment.appended(on=step.on, kind=step.kind, fields=step.fields, reason=step.reason)
        except DosingError as error:
            yield from _refused(step, refusals, error)
        else:
            yield from (f"line {each.line}: should have been refused for {each.name!r}" for each in refusals)
            treatment = treatment if refusals else changed
        yield from differences(others, _drawn(treatment))


def _drawn(treatment: Treatment) -> PatientSchedule:
    """The schedule after a change that was taken; what was given is taken even where a limit then stops what is still to come."""
    try:
        return treatment.schedule()
    except DoseError:
        return treatment.schedule(limits=False)


def _refused(step: Step, refusals: list[Expected], error: DosingError) -> Iterator[str]:
    if not refusals:
        yield f"line {step.line}: refused: {error}"
    yield from (f"line {each.line}: refused, but {each.name!r} is not named: {error}" for each in refusals if each.name not in str(error))


def _begun(case: Case, regimen: str) -> Treatment:
    """The plan of a history before its first change."""
    text = case.texts
    choices = Choices(
        variant=_several(case, "variant"),
        proxy=_several(case, "proxy"),
        set=case.maps.get("set", {}),
        base=text.get("base", ""),
        base_days=text.get("base_days", ""),
    )
    definition = define(regimen, choices)
    made = Plan(
        id="worked",
        regimen=regimen,
        version=definition.regimen().version,
        definition=definition.hash,
        start=case.start or date.min,
        choices=choices,
        patient=_asked(case, PATIENT_TEXTS, PATIENT_LISTS),
        practice=_asked(case, PRACTICE_TEXTS, PRACTICE_LISTS),
        reach=Reach(
            cycles=int(text["cycles"]) if "cycles" in text else None,
            until=values.parse_date(text["until"]) if "until" in text else None,
            phase_start={phase: values.parse_date(day) for phase, day in case.maps.get("phase_start", {}).items()},
        ),
    )
    return Treatment(made, Path())


def _asked(case: Case, texts: tuple[str, ...], lists: tuple[str, ...]) -> Asked:
    found: Mapping[str, str] = {name: case.texts[name] for name in texts if name in case.texts}
    return Asked(texts=found, lists={name: several for name in lists if (several := _several(case, name))})


def _several(case: Case, key: str) -> tuple[str, ...]:
    return (case.texts[key],) if key in case.texts else case.lists.get(key, ())
