"""The two paths side by side: doses of many patients, and the same row by row by the one-patient path, which knows nothing of cohorts."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa

from dosing.api import PatientSchedule, load_regimen
from dosing.asked import Asked
from dosing.cohort.changes import Changes, read_changes
from dosing.cohort.columns import schema
from dosing.cohort.people import Terms
from dosing.cohort.work import Block, Worker
from dosing.errors import DosingError
from dosing.export.rows import text_of
from dosing.plan import model as plans
from dosing.plan.definition import define
from dosing.plan.names import LISTS, PATIENT_LISTS, PATIENT_TEXTS, TEXTS
from dosing.treatment import Treatment
from dosing.view import View

Cells = dict[str, object]
Row = Mapping[str, str | None]
# One change of a patient, by the columns of the table of changes.
Told = Mapping[str, str]

_OPTIONS = {"height_cm": "height", "weight_kg": "weight", "bsa_m2": "bsa", "gfr_ml_min": "gfr", "crcl_ml_min": "crcl"}


# -- many patients ------------------------------------------------------------------------------------------------


def cells_of(table: pa.Table) -> list[Cells]:
    """The rows of a table of doses."""
    found: list[Cells] = table.to_pylist()
    return found


def table_of(people: Sequence[Row]) -> pa.Table:
    """A table of patients as text."""
    names = dict.fromkeys(("patient_id", "regimen", "start", *(name for each in people for name in each)))
    return pa.table({name: pa.array([each.get(name) for each in people], pa.string()) for name in names})


def block_of(people: Sequence[Row], terms: Terms | None = None, *, told: Sequence[Told] = (), form: str = "parquet") -> Block:
    """The doses of patients in one block."""
    changes = changes_by(told) if told else None
    return Worker(terms or Terms(), form=form).block(table_of(people), changes=changes)


def changes_by(told: Sequence[Told]) -> Changes:
    """The table of changes, read; what a change doesn't say is empty."""
    names: dict[str, None] = dict.fromkeys(name for each in told for name in each)
    return read_changes(pd.DataFrame([{name: each.get(name) for name in names} for each in told]))


# -- one patient --------------------------------------------------------------------------------------------------


def schedule_of(row: Row, terms: Terms | None = None, told: Sequence[Told] = ()) -> PatientSchedule:
    """The schedule of one row of the table of patients. Raises DosingError."""
    everybody = terms or Terms()
    given: dict[str, str] = {name: text for name, text in row.items() if text is not None}
    texts: dict[str, str] = {_OPTIONS.get(name, name): text for name, text in given.items() if _OPTIONS.get(name, name) in TEXTS}
    lists = {name: tuple(part.strip() for part in text.split("|")) for name, text in given.items() if name in LISTS}
    choices = dict(everybody.choices) | {name: text for name, text in given.items() if name in ("variant", "proxy", "base", "base_days")}
    values = {**everybody.values, **_after("set:", given)}
    starts = {**everybody.starts, **{phase: date.fromisoformat(text) for phase, text in _after("phase_start:", given).items()}}
    reach: dict[str, Any] = {
        "cycles": int(given["cycles"]) if "cycles" in given else everybody.cycles,
        "until": date.fromisoformat(given["until"]) if "until" in given else everybody.until,
    }
    asked = Asked({**everybody.texts, **texts}, {**everybody.lists, **lists})
    start = date.fromisoformat(given["start"])
    several: dict[str, Any] = {name: tuple(part for part in choices.get(name, "").split("|") if part) for name in ("variant", "proxy")}
    if told:
        made = plans.Choices(set=values, base=choices.get("base", ""), base_days=choices.get("base_days", ""), **several)
        return _treated(given["regimen"], start, made, asked, plans.Reach(phase_start=starts, **reach), told, everybody.phases)
    base, base_days = (choices.get(name, "") for name in ("base", "base_days"))
    return load_regimen(given["regimen"], values=values, base=base, base_days=base_days, **several).schedule(
        start=start,
        course=asked.course(),
        practice=asked.practice(),
        starts=starts,
        phases=everybody.phases,
        closed=asked.closed(),
        move=asked.move,
        **reach,
    )


def _after(beginning: str, given: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(beginning): text for name, text in given.items() if name.startswith(beginning)}


def _treated(
    regimen: str,
    start: date,
    choices: plans.Choices,
    asked: Asked,
    reach: plans.Reach,
    told: Sequence[Told],
    phases: tuple[str, ...],
) -> PatientSchedule:
    """The schedule by a plan with these changes in its log."""
    of_patient = plans.Asked(
        texts={name: text for name, text in asked.texts.items() if name in PATIENT_TEXTS},
        lists={name: tuple(texts) for name, texts in asked.lists.items() if name in PATIENT_LISTS},
    )
    of_practice = plans.Asked(
        texts={name: text for name, text in asked.texts.items() if name not in PATIENT_TEXTS},
        lists={name: tuple(texts) for name, texts in asked.lists.items() if name not in PATIENT_LISTS},
    )
    plan = plans.Plan(
        id="one",
        regimen=regimen,
        version=1,
        definition=define(regimen, choices).hash,
        start=start,
        choices=choices,
        patient=of_patient,
        practice=of_practice,
        reach=reach,
    )
    for each in told:
        fields = {name: text for name, text in each.items() if name not in ("patient_id", "on", "kind", "reason", "author")}
        on, reason = date.fromisoformat(each["on"]), each.get("reason", "nobody said why")
        plan = plans.append(plan, on=on, kind=each["kind"], fields=fields, reason=reason, author=each.get("author", ""))
    return Treatment(plan).schedule(View(phases=phases))


def one_by_one(row: Row, terms: Terms | None = None, told: Sequence[Told] = ()) -> list[Cells]:
    """The rows of one patient as they should stand in the doses. Raises DosingError."""
    found = schedule_of(row, terms, told).rows()
    return [{"patient_id": row["patient_id"], **{name: _cell(cell) for name, cell in each.items()}} for each in found]


def _cell(cell: Any) -> object:
    """Text that is empty is nothing; decimals are the nearest binary fraction."""
    return None if cell == "" else float(cell) if isinstance(cell, Decimal) else cell


# -- both ---------------------------------------------------------------------------------------------------------


def assert_alike(people: Sequence[Row], terms: Terms | None = None, *, told: Sequence[Told] = ()) -> Block:
    """Both paths give the same rows, as a table and as CSV, and refuse the same patients with the same words. The block as a table."""
    block = block_of(people, terms, told=told)
    assert block.doses.schema == schema()
    got: dict[object, list[Cells]] = {}
    for cells in cells_of(block.doses):
        got.setdefault(cells["patient_id"], []).append(cells)
    lines = io.StringIO(block_of(people, terms, told=told, form="csv").doses.to_pybytes().decode(), newline="")
    text: dict[str, list[list[str]]] = {}
    for line in csv.reader(lines):
        text.setdefault(line[0], []).append(line[1:])
    refused = {each.patient_id: each.message for each in block.rejects}
    assert set(got) | set(refused) == {each["patient_id"] for each in people}
    for row in people:
        _assert_one_alike(row, terms, [each for each in told if each["patient_id"] == row["patient_id"]], got, text, refused)
    return block


def _assert_one_alike(
    row: Row,
    terms: Terms | None,
    told: Sequence[Told],
    got: Mapping[object, list[Cells]],
    text: Mapping[str, list[list[str]]],
    refused: Mapping[str, str],
) -> None:
    id = str(row["patient_id"])
    want = _schedule_or_words(row, terms, told)
    if isinstance(want, str):
        assert refused.get(id) == want, row
        assert id not in got, row
        return
    assert id not in refused, (row, refused[id])
    for mine, theirs in zip(got[id], one_by_one(row, terms, told), strict=True):
        assert mine == theirs, row
    assert text[text_of(id)] == list(csv.reader(io.StringIO(want.to_csv(), newline="")))[1:], row


def _schedule_or_words(row: Row, terms: Terms | None, told: Sequence[Told]) -> PatientSchedule | str:
    """The schedule, or why there is none."""
    try:
        return schedule_of(row, terms, told)
    except DosingError as error:
        return str(error)
