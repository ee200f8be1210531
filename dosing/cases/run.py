"""Holding the program against worked cases: every difference is one line, with the case and the line of its file."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from dosing.api import ChosenRegimen, PatientSchedule, load_regimen
from dosing.asked import Asked
from dosing.cases.read import Case, Cases, Expected
from dosing.dose.explain import explained
from dosing.dose.product import product_steps
from dosing.dose.schedule import Dosed
from dosing.dose.single import single
from dosing.dose.steps import shown, signed_percent
from dosing.errors import DosingError
from dosing.export.drug import drug_lines
from dosing.plan.names import LISTS
from dosing.regimen import values
from dosing.regimen.drug import Drug
from dosing.regimen.library import find_drug
from dosing.regimen.model import Regimen
from dosing.schedule.timeline import Placed
from dosing.units import parse_dose

Check = Callable[[str, Mapping[str, str], list[Dosed]], Iterator[str]]

_SINGLE = "single"


def run(cases: Cases, *, regimen: str = "", drug: Drug | None = None) -> list[str]:
    """Every difference between the cases and the program; empty where all agree.

    `regimen` is a path to use instead of the shipped id, `drug` a drug instead of the shipped one.
    """
    if cases.drug:
        found = drug or find_drug(cases.drug)
        return [f"{case.name}: {difference}" for case in cases.cases for difference in run_drug_case(case, found)]
    return [f"{case.name}: {difference}" for case in cases.cases for difference in run_case(case, regimen or cases.regimen)]


def run_case(case: Case, regimen: str) -> Iterator[str]:
    """The differences of one case."""
    refusals = [expected for expected in case.expect if expected.about == "fails"]
    others = [expected for expected in case.expect if expected.about != "fails"]
    for expected in refusals:
        yield from _refused(expected, case, regimen)
    if not others:
        return
    try:
        schedule = _schedule(case, regimen)
    except DosingError as error:
        yield f"can't be drawn: {error}"
        return
    yield from differences(others, schedule)


def differences(expect: Iterable[Expected], schedule: PatientSchedule) -> Iterator[str]:
    """Where a schedule is not as expected."""
    for expected in expect:
        yield from (f"line {expected.line}: {difference}" for difference in _differences(expected, schedule))


def asked_of(case: Case) -> Asked:
    """What a case gives of patient, course and practice, read as the command line reads it."""
    lists = {key: (text,) for key, text in case.texts.items() if key in LISTS}
    return Asked(case.texts, {**lists, **case.lists})


def plan_of(case: Case, regimen: str) -> ChosenRegimen:
    """The regimen of a case with its choices. Raises RegimenError."""
    return load_regimen(
        regimen,
        variant=_several(case, "variant"),
        proxy=_several(case, "proxy"),
        values=case.maps.get("set"),
        base=case.texts.get("base", ""),
        base_days=case.texts.get("base_days", ""),
    )


def _several(case: Case, key: str) -> tuple[str, ...]:
    return (case.texts[key],) if key in case.texts else case.lists.get(key, ())


def _schedule(case: Case, regimen: str) -> PatientSchedule:
    text, asked = case.texts, asked_of(case)
    return plan_of(case, regimen).schedule(
        start=case.start or date.min,
        course=asked.course(),
        practice=asked.practice(),
        closed=asked.closed(),
        move=asked.move,
        cycles=int(text["cycles"]) if "cycles" in text else None,
        until=values.parse_date(text["until"]) if "until" in text else None,
        phases=_several(case, "phase"),
        starts={phase: values.parse_date(day) for phase, day in case.maps.get("phase_start", {}).items()},
    )


def _refused(expected: Expected, case: Case, regimen: str) -> Iterator[str]:
    """`dosing dose` must refuse, and its message must name what the case names."""
    try:
        plan, asked = plan_of(case, regimen), asked_of(case)
        if not (asked.course().later or any(each.since and each.since.day for each in asked.course().reductions)):
            plan.sheet(course=asked.course(), practice=asked.practice(), phases=_several(case, "phase")).sheet.require()
        _schedule(case, regimen)
    except DosingError as error:
        if expected.name not in str(error):
            yield f"line {expected.line}: refused, but {expected.name!r} is not named: {error}"
    else:
        yield f"line {expected.line}: should have been refused for {expected.name!r}"


# -- one dose of a drug -------------------------------------------------------------------------------------------


def run_drug_case(case: Case, drug: Drug) -> Iterator[str]:
    """The differences of one case of a drug: lines of its file in words, or of the calculation and the products of one dose."""
    try:
        lines = _drug_lines(case, drug)
    except DosingError as error:
        refusals = [expected for expected in case.expect if expected.about == "fails"]
        if not refusals:
            yield f"can't be computed: {error}"
        yield from (
            f"line {each.line}: refused, but {each.name!r} is not named: {error}" for each in refusals if each.name not in str(error)
        )
        return
    for expected in case.expect:
        if expected.about == "fails":
            yield f"line {expected.line}: should have been refused for {expected.name!r}"
        for text in expected.listed.get("silent", ()):
            yield from (f"line {expected.line}: {line!r} should not be said" for line in lines if text in line)
        for text in expected.listed.get("says", ()):
            if not any(text in line for line in lines):
                yield f"line {expected.line}: no line says {text!r}"


def _drug_lines(case: Case, drug: Drug) -> list[str]:
    text, asked = case.texts, asked_of(case)
    if "dose" not in text:
        return list(drug_lines(drug))
    made = single(drug, parse_dose(text["dose"]), course=asked.course(), practice=asked.practice())
    over = values.parse_minutes(text["over"]) if "over" in text else None
    infusion = int(text["infusion"]) if "infusion" in text else None
    products = product_steps(made.amount, made.order.drug, route=text.get("route", ""), over=over, infusion=infusion)
    head = f"{made.order.drug.shown} {made.order.dose}: {made.amount}"
    found = (f"{each.grade.upper()}: {each.note}" for each in made.findings)
    return [head, *explained(made.order, made.amount, products), *made.said, *found]


# -- comparing ----------------------------------------------------------------------------------------------------


def _differences(expected: Expected, schedule: PatientSchedule) -> Iterator[str]:
    if expected.about == "missing":
        found = {each.path for each in schedule.dosed.schedule.missing}
        yield from _compare("missing", set(expected.listed["missing"]), found)
    elif expected.about == "notes":
        shown = (*schedule.dosed.schedule.regimen.notes, *schedule.notes)
        yield from (f"no note says {text!r}" for text in expected.listed["notes"] if not any(text in note for note in shown))
    elif expected.name not in _names(expected.about, schedule.dosed.schedule.regimen):
        yield f"there is no {expected.about} {expected.name!r}"
    elif expected.about == "phase":
        yield from _phase(expected, schedule.dosed.schedule.phases.get(expected.name))
    else:
        found_rows = [each for each in schedule.dosed.rows if f"{each.entry.phase}.{each.entry.activity}" == expected.name]
        yield from _activity(expected, found_rows)


def _names(about: str, regimen: Regimen) -> set[str]:
    if about == "phase":
        return {phase.id for phase in regimen.phases}
    activities = {f"{phase.id}.{activity.id}" for phase in regimen.phases for activity in phase.activities}
    return activities | {f"{phase.id}.{visit.id}" for phase in regimen.phases for visit in phase.visits}


def _compare(what: str, expected: object, found: object) -> Iterator[str]:
    if expected != found:
        yield f"{what}: expected {expected}, got {found}"


def _phase(expected: Expected, placed: Placed | None) -> Iterator[str]:
    drawn = placed if placed and placed.cycles and not placed.missing else None
    if not expected.values:
        yield from _compare(f"{expected.name} drawn", False, drawn is not None)
        return
    found = {
        "from": str(drawn.anchor) if drawn else None,
        "to": str(drawn.last) if drawn else None,
        "cycles": str(len(drawn.cycles)) if drawn else None,
    }
    for key, value in expected.values.items():
        yield from _compare(f"{expected.name} {key}", value[""], found[key])


def _activity(expected: Expected, rows: list[Dosed]) -> Iterator[str]:
    name = expected.name
    if "on" in expected.listed:
        yield from _compare(f"{name} on", list(expected.listed["on"]), [str(row.entry.date) for row in rows])
    for key, value in expected.values.items():
        yield from _CHECKS[key](name, value, rows)


def _days(name: str, expected: Mapping[str, str], rows: list[Dosed]) -> Iterator[str]:
    """The grid, complete: these days in these cycles, and no others."""
    wanted: dict[int | None, list[int]] = {}
    for cycles, days in expected.items():
        for cycle in [None] if cycles == _SINGLE else _numbers(cycles.removeprefix("C")):
            wanted[cycle] = [] if days == "not-stated" else _numbers(days)
    found: dict[int | None, list[int]] = {}
    for row in rows:
        found.setdefault(row.entry.cycle, []).append(row.entry.day or 0)
    yield from _compare(f"{name} days", {cycle: sorted(days) for cycle, days in wanted.items() if days}, found)


def _numbers(text: str) -> list[int]:
    """`1-6`, `1 8 15`, `1,3`, `-2 0`: read here on its own, so that a fault in the program's own reading shows."""
    found: list[int] = []
    for word in re.split(r"[ ,]+", text.strip()):
        run = re.fullmatch(r"([0-9]+)-([0-9]+)", word)
        found.extend(range(int(run[1]), int(run[2]) + 1) if run else [int(word)])
    return found


def _doses(name: str, expected: Mapping[str, str], rows: list[Dosed]) -> Iterator[str]:
    found: Counter[str] = Counter()
    for row in rows:
        found[str(row.entry.dose) if row.entry.dose else "not-stated"] += row.entry.times.per_day if row.entry.times else 1
    yield from _compare(f"{name} doses", dict(expected), {dose: str(count) for dose, count in found.items()})


def _amount(row: Dosed) -> str:
    return str(row.amount)


def _date(row: Dosed) -> str:
    return str(row.entry.date)


def _route(row: Dosed) -> str:
    return row.entry.route or "not-stated"


def _over(row: Dosed) -> str:
    return str(row.entry.over or "not-stated")


def _times(row: Dosed) -> str:
    return str(row.entry.times.per_day if row.entry.times else 1)


def _optional(row: Dosed) -> str:
    return "yes" if row.entry.optional else "no"


def _exact(row: Dosed) -> str:
    return f"{shown(row.amount.exact)} {row.amount.unit}" if row.amount and row.amount.exact is not None else "not computed"


def _deviation(row: Dosed) -> str:
    return signed_percent(row.amount.deviation_pct) if row.amount else "not computed"


def _measured(row: Dosed) -> str:
    return str(row.measured_on or "at the start")


def _status(row: Dosed) -> str:
    return row.entry.status or "planned"


def _planned_on(row: Dosed) -> str:
    return str(row.entry.planned_on or "not moved")


def _was_given(row: Dosed) -> str:
    return f"{row.given} on {row.entry.given_on}" if row.entry.given_on else "not given"


def _rounding(row: Dosed) -> str:
    return row.amount.rounding if row.amount else "not computed"


def _says(name: str, expected: Mapping[str, str], rows: list[Dosed]) -> Iterator[str]:
    """A text that some note, step or warning of the row on that day must hold."""
    for when, text in expected.items():
        if not any(text in each for each in _said(when, rows)):
            yield f"{name} {when}: nothing says {text!r}"


def _silent(name: str, expected: Mapping[str, str], rows: list[Dosed]) -> Iterator[str]:
    """A text that none of them may hold."""
    for when, text in expected.items():
        if not any(row.entry.when == when for row in rows):
            yield f"{name} {when}: is not given"
        yield from (f"{name} {when}: {each!r} should not be said" for each in _said(when, rows) if text in each)


def _said(when: str, rows: list[Dosed]) -> list[str]:
    row = next((row for row in rows if row.entry.when == when), None)
    steps = row.amount.steps if row and row.amount else ()
    return [*(step.text for step in steps), *(step.note for step in steps), *(row.entry.why if row else ()), *(row.warnings if row else ())]


def _by_day(what: str, read: Callable[[Dosed], str]) -> Check:
    """A check of one value, for every row (no key) or on the days named."""

    def check(name: str, expected: Mapping[str, str], rows: list[Dosed]) -> Iterator[str]:
        found = {row.entry.when: read(row) for row in rows}
        for when, value in expected.items():
            shown = set(found.values()) if not when else {found.get(when)}
            yield from _compare(f"{name} {what} {when}".rstrip(), {value}, shown)

    return check


_CHECKS: dict[str, Check] = {
    "days": _days,
    "doses": _doses,
    "amounts": _by_day("amount", _amount),
    "exact": _by_day("exact", _exact),
    "deviation": _by_day("deviation", _deviation),
    "measured": _by_day("measured", _measured),
    "rounding": _by_day("rounding", _rounding),
    "status": _by_day("status", _status),
    "planned": _by_day("planned", _planned_on),
    "given": _by_day("given", _was_given),
    "says": _says,
    "silent": _silent,
    "dates": _by_day("date", _date),
    "route": _by_day("route", _route),
    "over": _by_day("over", _over),
    "times": _by_day("times", _times),
    "optional": _by_day("optional", _optional),
}
