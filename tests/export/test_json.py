"""JSON and JSON lines: the rows of the CSV, and what must be said of them."""

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from dosing.dose.schedule import DosedSchedule
from dosing.export.columns import COLUMNS
from dosing.export.csv import to_csv
from dosing.export.json import _plain, to_json, to_jsonl

TYPES: dict[str, type | tuple[type, ...]] = {"date": str, "text": str, "whole": int, "decimal": (int, float)}


def as_csv(row: dict[str, Any]) -> dict[str, str]:
    return {name: "" if cell is None else str(cell) for name, cell in row.items()}


def test_lines_are_the_rows_of_the_csv(shipped: DosedSchedule) -> None:
    lines = to_jsonl(shipped).splitlines()
    expected = list(csv.DictReader(io.StringIO(to_csv(shipped), newline="")))
    assert [as_csv(json.loads(line)) for line in lines] == expected


def test_numbers_are_read_back_exactly(shipped: DosedSchedule) -> None:
    """As decimals, digit by digit: no 49.1 becomes 49.099999."""
    for line, row in zip(to_jsonl(shipped).splitlines(), csv.DictReader(io.StringIO(to_csv(shipped), newline="")), strict=True):
        read = json.loads(line, parse_float=Decimal, parse_int=Decimal)
        for name in ("dose", "bsa_m2", "amount"):
            assert read[name] == (Decimal(row[name]) if row[name] else None)


def test_the_document_holds_the_same_rows(shipped: DosedSchedule) -> None:
    text = to_json(shipped)
    document = json.loads(text)
    assert text.endswith("}\n")
    assert document["rows"] == [json.loads(line) for line in to_jsonl(shipped).splitlines()]
    regimen = shipped.schedule.regimen
    assert (document["regimen"], document["version"], document["start"]) == (regimen.id, regimen.version, "2026-01-05")
    assert document["notes"] == list(shipped.notes)
    assert set(shipped.schedule.notes) <= set(shipped.notes)
    assert set(regimen.notes) <= set(document["notes"])
    assert [each["path"] for each in document["missing"]] == [each.path for each in shipped.schedule.missing]
    assert all(each["text"] and each["remedy"] for each in document["missing"])


def test_types_are_those_of_the_columns(shipped: DosedSchedule) -> None:
    for line in to_jsonl(shipped).splitlines():
        for column, (name, cell) in zip(COLUMNS, json.loads(line).items(), strict=True):
            assert name == column.name
            assert cell is None or isinstance(cell, TYPES[column.type])


def test_choices_are_named(draw: Callable[..., DosedSchedule]) -> None:
    chosen = {"variant": "label-start", "proxy": ["daily-maintenance", "mel200-day-2"]}
    document = json.loads(to_json(draw("krd-asct", formula="du-bois", **chosen)))
    assert document["chosen"] == ["variant label-start", "proxy daily-maintenance", "proxy mel200-day-2"]
    assert (document["formula"], document["base"]) == ("du-bois", None)
    assert json.loads(to_json(draw("cfz-for-bortezomib")))["base"] == "vd"


@pytest.mark.parametrize(("formula", "id"), [("mosteller", "mosteller"), (" Du Bois", "du-bois"), ("GEHAN_george", "gehan-george")])
def test_the_formula_is_named_by_its_id(draw: Callable[..., DosedSchedule], formula: str, id: str) -> None:
    assert json.loads(to_json(draw("krd", cycles=1, formula=formula)))["formula"] == id
    given = {"bsa_m2": Decimal("1.8")}
    assert json.loads(to_json(draw("krd", cycles=1, formula=formula, measures=given)))["formula"] == "given"
    assert json.loads(to_json(draw("krd", cycles=1, formula=formula, measures={})))["formula"] == id


def test_no_measurement_stands_in_the_document(draw: Callable[..., DosedSchedule]) -> None:
    measures = {"height_cm": Decimal("173.3"), "weight_kg": Decimal("71.7"), "gfr_ml_min": Decimal("87.3")}
    text = to_json(draw("krd-asct", measures=measures))
    assert not any(number in text for number in ("173.3", "71.7", "87.3"))


def test_letters_stay_letters(draw: Callable[..., DosedSchedule], invented: Callable[[str], str]) -> None:
    phases = "  - id: a\n    visits:\n      - {what: Visit, at: start of treatment, note: caf\u00e9 \U0001f48a}\n"
    phases += "  - {id: b, cycle: 7 days, repeat: 1, give: [{drug: testol, dose: 1 mg, route: PO, days: 1}]}\n"
    assert "caf\u00e9 \U0001f48a" in to_jsonl(draw(invented(phases)))


def test_what_has_no_place_in_a_row_is_refused() -> None:
    with pytest.raises(TypeError, match="complex has no place in a row"):
        _plain(1j)  # type: ignore[arg-type]
