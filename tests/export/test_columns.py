"""Every row has exactly the columns, in their order, with values of their types; a cell is empty only where its column says so."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from dosing.dose.schedule import DosedSchedule
from dosing.export.columns import columns
from dosing.export.rows import rows

TYPES: dict[str, type | tuple[type, ...]] = {"date": date, "text": str, "whole": int, "decimal": Decimal}
HEADER = (
    "date,phase,cycle,day,activity,kind,drug,route,dose,dose_unit,bsa_m2,amount,amount_unit,times_per_day,duration_min,status,note,"
    "rounding,deviation_pct,measured_on,site,planned_on,given_on,given_amount,given_unit"
)
TRACE = "exact_amount,steps"


def test_the_columns_and_their_order() -> None:
    assert ",".join(column.name for column in columns()) == HEADER
    assert ",".join(column.name for column in columns(trace=True)) == f"{HEADER},{TRACE}"
    assert all(column.type in TYPES and column.meaning.endswith(".") for column in columns(trace=True))
    units = [column.unit for column in columns(trace=True) if column.type == "decimal"]
    assert units == ["dose_unit", "m2", "amount_unit", "%", "given_unit", "amount_unit"]


@pytest.mark.parametrize("trace", [False, True])
def test_rows_have_the_columns_and_their_types(shipped: DosedSchedule, trace: bool) -> None:
    table = rows(shipped, trace=trace)
    assert len(table) == len(shipped.schedule.entries) + len(shipped.schedule.undated)
    for row in table:
        assert list(row) == [column.name for column in columns(trace=trace)]
        for column in columns(trace=trace):
            cell = row[column.name]
            assert cell is None or isinstance(cell, TYPES[column.type])
            assert column.empty or cell not in (None, "")


def test_cells_are_empty_where_the_column_says_so(shipped: DosedSchedule) -> None:
    for row in rows(shipped):
        drug = row["kind"] == "drug"
        dated = row["status"] in ("planned", "optional")
        assert dated == (row["date"] is not None)
        assert dated or row["note"]
        assert row["status"] in ("planned", "optional", "waiting", "not-dated")
        assert (row["cycle"] is not None) <= (row["day"] is not None) <= dated
        assert (row["times_per_day"] is not None) == drug
        assert (row["dose"] is None) == (row["dose_unit"] == "")
        assert (row["amount"] is None) == (row["amount_unit"] == "")
        assert (row["bsa_m2"] is not None) <= (row["dose_unit"] == "mg/m2")
        # No amount without a note that says why.
        assert not drug or row["amount"] is not None or row["note"]
        # Nothing is given as long as nobody said it.
        assert (row["given_on"], row["given_amount"], row["given_unit"]) == (None, None, "")
        assert drug or (row["drug"], row["route"], row["dose"], row["amount"], row["duration_min"]) == ("", "", None, None, None)


PHASES = """
  - id: treatment
    cycle: 21 days
    repeat: 1
    give:
      - {drug: testol, dose: 10 mg, route: PO, days: 1, times: 2}
      - {id: unknown, drug: testol, dose: 10 mg, route: PO, days: 1, times: not-stated}
      - {id: hourly, drug: testol, dose: 10 mg, route: PO, days: 1, every: 6 hours}
      - {id: changing, drug: testol, dose: 10 mg, route: PO, days: not-stated, times: {C1: 2, else: 3}}
      - {id: once, drug: testol, dose: 10 mg, route: PO, days: not-stated}
      - {drug: testmab, dose: 10 mg, route: IV, over: 30 min, days: 1}
      - {id: slow, drug: testmab, dose: 10 mg, route: IV, over: 4 to 6 hours, days: 1, when: after testol, note: slowly}
"""


def test_times_and_durations(draw: Callable[..., DosedSchedule], invented: Callable[[str], str]) -> None:
    found = {str(row["activity"]): row for row in rows(draw(invented(PHASES)))}
    assert {id: (row["times_per_day"], row["duration_min"], row["note"]) for id, row in found.items()} == {
        "testol": (2, None, ""),
        "unknown": (None, None, "treatment.unknown.times is not stated: --set unknown.times=..."),
        "hourly": (4, None, "every 6 hours"),
        "changing": (None, None, "treatment.changing.days is not stated: --set changing.days=..."),
        "once": (1, None, "treatment.once.days is not stated: --set once.days=..."),
        "testmab": (1, 30, ""),
        "slow": (1, None, "over 4 to 6 hours; after testol; slowly"),
    }


LAST = """
  - id: first
    waits: a decision
    cycle: 28 days
    repeat: 1
    give:
      - {drug: testmab, dose: {D1: 10 mg, D8: 20 mg}, route: IV, over: 30 min, days: 1 8}
  - id: second
    waits: the first
    cycle: 28 days
    repeat: 1
    give:
      - {drug: testmab, dose: as last of first, route: IV, over: 30 min, days: 1}
"""


def test_a_dose_that_is_not_known_yet_is_said(draw: Callable[..., DosedSchedule], invented: Callable[[str], str]) -> None:
    table = rows(draw(invented(LAST), starts={"second": date(2026, 3, 2)}))
    assert [(row["status"], row["dose"], row["amount"], row["note"]) for row in table] == [
        ("planned", None, None, "second.testmab.dose is as last of first, which is not known: --set second.testmab.dose=..."),
        ("waiting", None, None, "first waits for a decision: --phase-start first=DATE"),
    ]
    both = rows(draw(invented(LAST), starts={"first": date(2026, 1, 5), "second": date(2026, 3, 2)}))
    assert [row["amount"] for row in both] == [Decimal(10), Decimal(20), Decimal(20)]


def test_notes_of_one_row(draw: Callable[..., DosedSchedule]) -> None:
    """Where values come from, how the body surface was found, the caps; nothing else."""
    large = {"height_cm": 190, "weight_kg": 130}
    dosed = draw("isa-kpd", proxy="nz-kpd", values={"pomalidomide.dose": "3 mg"}, measures=large, cycles=1, phases=["induction"])
    found = {(row["activity"], row["day"]): row["note"] for row in rows(dosed)}
    assert found["carfilzomib", 8] == (
        "dose, max from proxy nz-kpd [srl-kpd]; body surface by Mosteller; "
        "two caps: body surface above the cap of 2.2 m2: dosed as 2.2 m2 [dc-k], "
        "and 123.2 mg is above the maximum of 123 mg for one administration: 123 mg [srl-kpd]"
    )
    assert found["pomalidomide", 1] == "dose set by the user"
    assert found["isatuximab", 1] == "induction.isatuximab.dose is not stated: --set isatuximab.dose=... or --proxy isa-label"


def test_what_is_unverified_is_marked(draw: Callable[..., DosedSchedule]) -> None:
    table = rows(draw("isa-k", variant="dl2", cycles=1))
    assert all("cycle unverified" in str(row["note"]) for row in table)


def test_measurements_that_are_missing_are_named(draw: Callable[..., DosedSchedule]) -> None:
    notes = {str(row["activity"]): row["note"] for row in rows(draw("krd-asct", measures={}, cycles=1, phases=["induction"]))}
    assert notes["carfilzomib"] == "amount not computed: height and weight not given"
    assert notes["lenalidomide"] == ""


def test_notes_without_remedies(draw: Callable[..., DosedSchedule]) -> None:
    notes = {str(row["activity"]): row["note"] for row in rows(draw("isa-kpd", cycles=1, phases=["induction"]), remedies=False)}
    assert notes["isatuximab"] == "induction.isatuximab.dose is not stated"
