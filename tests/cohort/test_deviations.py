"""Given beside planned: worked by hand, one rule at a time."""

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from dosing.cohort.columns import schema
from dosing.cohort.deviation_columns import DEVIATIONS, KINDS, deviation_schema
from dosing.cohort.deviations import check
from dosing.errors import PatientError
from tests.cohort.deviation_tables import administered, as_given, compared, doses, found, given, of_regimen, on, planned

# Days 1, 8 and 15, as a weekly drug has them.
WEEKLY = [planned(1), planned(8), planned(15)]


def kinds(rows: list[dict[str, object]]) -> list[tuple[object, object, object, object]]:
    return [(row["kind"], row.get("expected_on"), row.get("given_on"), row.get("days_off")) for row in rows]


# -- days ---------------------------------------------------------------------------------------------------------


def test_given_as_planned(tmp_path: Path) -> None:
    result = compared(tmp_path, WEEKLY, [given(1), given(8), given(15)])
    assert list(result) == []
    assert result.summary() == []


def test_a_day_late_and_two_early(tmp_path: Path) -> None:
    rows = found(tmp_path, WEEKLY, [given(1), given(9), given(13)])
    assert rows == [
        {
            "patient_id": "p1",
            "drug": "carfilzomib",
            "kind": "day",
            "expected_on": on(8),
            "given_on": on(9),
            "days_off": 1,
            "expected_amount": 50.0,
            "given_amount": 50.0,
            "unit": "mg",
            "deviation_pct": 0.0,
            "where": "treatment C1D8",
        },
        {
            "patient_id": "p1",
            "drug": "carfilzomib",
            "kind": "day",
            "expected_on": on(15),
            "given_on": on(13),
            "days_off": -2,
            "expected_amount": 50.0,
            "given_amount": 50.0,
            "unit": "mg",
            "deviation_pct": 0.0,
            "where": "treatment C1D15",
        },
    ]


@pytest.mark.parametrize(
    ("day", "window", "expected"), [(11, 3, "day"), (11, 2, "missing"), (5, 3, "day"), (5, 2, "missing"), (9, 0, "missing")]
)
def test_the_window_has_its_last_day_in_it(tmp_path: Path, day: int, window: int, expected: str) -> None:
    rows = found(tmp_path, WEEKLY, [given(1), given(day), given(15)], window_days=window)
    assert [row["kind"] for row in rows if row["kind"] != "extra"] == [expected]
    assert len(rows) == (1 if expected == "day" else 2)


@pytest.mark.parametrize(
    ("gap", "late", "matched"), [(1, 1, False), (2, 1, True), (3, 1, True), (3, 2, False), (4, 2, True), (5, 3, False), (6, 3, True)]
)
def test_no_further_than_half_way_to_the_neighbour(tmp_path: Path, gap: int, late: int, matched: bool) -> None:
    """The second dose is given on its own day (or, where the first would be on that day too, twice on it)."""
    rows = [planned(1), planned(1 + gap)]
    said = kinds(found(tmp_path, rows, [given(1 + late), given(1 + gap)]))
    whole = [("day", on(1), on(1 + late), late)]
    apart = [("missing", on(1), None, None), ("extra", None, on(1 + late), None)]
    assert said == (whole if matched else apart)


def test_of_days_in_a_row_each_may_move_away_from_the_other(tmp_path: Path) -> None:
    rows = [planned(8), planned(9)]
    assert kinds(found(tmp_path, rows, [given(7), given(11)])) == [("day", on(8), on(7), -1), ("day", on(9), on(11), 2)]


def test_a_pair_a_day_late_keeps_the_dose_of_the_day_on_which_one_was_planned(tmp_path: Path) -> None:
    rows = [planned(8), planned(9)]
    said = kinds(found(tmp_path, rows, [given(9), given(10)]))
    assert said == [("missing", on(8), None, None), ("extra", None, on(10), None)]


def test_half_way_between_two_the_earlier_takes_it(tmp_path: Path) -> None:
    rows = [planned(1), planned(3), planned(5)]
    assert kinds(found(tmp_path, rows, [given(2), given(5)])) == [("day", on(1), on(2), 1), ("missing", on(3), None, None)]


def test_half_way_between_two_the_one_that_may_not_be_left_out_takes_it(tmp_path: Path) -> None:
    rows = [planned(1, status="optional"), planned(3), planned(5)]
    assert kinds(found(tmp_path, rows, [given(2), given(5)])) == [("day", on(3), on(2), -1)]


def test_drugs_and_patients_are_kept_apart(tmp_path: Path) -> None:
    rows = [planned(1), planned(1, drug="dexamethasone"), planned(2, "p2")]
    said = found(tmp_path, rows, [given(1), given(2), given(1, "p2")], as_of=on(28))
    assert [(row["patient_id"], row["drug"], row["kind"]) for row in said] == [
        ("p1", "dexamethasone", "missing"),
        ("p1", "carfilzomib", "extra"),
        ("p2", "carfilzomib", "day"),
    ]


# -- missing and extra --------------------------------------------------------------------------------------------


def test_missing_up_to_the_last_day_of_the_patient(tmp_path: Path) -> None:
    """Day 15 isn't due yet: the last that the table has of the patient is day 8, of another drug."""
    said = found(
        tmp_path, [planned(1), planned(8), planned(8, drug="dexamethasone"), planned(15)], [given(1), given(8, drug="dexamethasone")]
    )
    assert said == [
        {
            "patient_id": "p1",
            "drug": "carfilzomib",
            "kind": "missing",
            "expected_on": on(8),
            "expected_amount": 50.0,
            "unit": "mg",
            "where": "treatment C1D8",
        }
    ]


@pytest.mark.parametrize(("as_of", "missing"), [(7, []), (8, [8]), (14, [8]), (15, [8, 15])])
def test_missing_up_to_a_named_day(tmp_path: Path, as_of: int, missing: list[int]) -> None:
    rows = found(tmp_path, WEEKLY, [given(1)], as_of=on(as_of))
    assert kinds(rows) == [("missing", on(day), None, None) for day in missing]


def test_a_patient_who_was_given_nothing(tmp_path: Path) -> None:
    rows = [planned(1), planned(1, "p2")]
    silent = compared(tmp_path, rows, [given(1)])
    assert list(silent) == []
    assert silent.said() == [
        "1 rows of what was given, doses of 2 patients; missing is counted for each patient up to the last day with anything given",
        "1 patients were given nothing; none of their doses counts as missing unless a day is named",
    ]
    named = compared(tmp_path, rows, [given(1)], as_of=on(1))
    assert [row["patient_id"] for batch in named for row in batch.to_pylist()] == ["p2"]
    assert named.said() == [f"1 rows of what was given, doses of 2 patients; missing is counted up to {on(1)}"]


def test_nothing_given_at_all(tmp_path: Path) -> None:
    assert found(tmp_path, WEEKLY, []) == []
    assert len(found(tmp_path, WEEKLY, [], as_of=on(15))) == 3


def test_an_optional_dose_may_be_left_out_and_given(tmp_path: Path) -> None:
    rows = [planned(1), planned(8, status="optional"), planned(15)]
    assert found(tmp_path, rows, [given(1), given(15)]) == []
    assert found(tmp_path, rows, [given(1), given(8), given(15)]) == []
    assert kinds(found(tmp_path, rows, [given(1), given(9), given(15)])) == [("day", on(8), on(9), 1)]


def test_what_was_recorded_as_given_is_compared_with_the_plan(tmp_path: Path) -> None:
    rows = [planned(1, status="given"), planned(8)]
    assert found(tmp_path, rows, [given(1), given(8)]) == []


@pytest.mark.parametrize("status", ["held", "omitted", "stopped", "skipped", "ruled-out", "not-given"])
def test_what_is_not_to_be_given_is_not_missing_and_extra_if_given(tmp_path: Path, status: str) -> None:
    rows = [planned(1), planned(8, status=status, amount=None), planned(15)]
    assert found(tmp_path, rows, [given(1), given(15)]) == []
    said = found(tmp_path, rows, [given(1), given(8), given(15)])
    assert said == [
        {
            "patient_id": "p1",
            "drug": "carfilzomib",
            "kind": "extra",
            "given_on": on(8),
            "given_amount": 50.0,
            "unit": "mg",
            "note": f"treatment C1D8 is {status}",
        }
    ]


def test_a_second_time_on_the_day_is_extra(tmp_path: Path) -> None:
    rows = found(tmp_path, WEEKLY, [given(1), given(1), given(8), given(15)])
    assert kinds(rows) == [("extra", None, on(1), None)]


def test_a_drug_that_is_not_in_the_regimen(tmp_path: Path) -> None:
    had = [given(1), given(8), given(15), given(2, drug="Velcade"), given(3, drug="Aspirin")]
    said = [(row["drug"], row["kind"], row["note"]) for row in found(tmp_path, WEEKLY, had)]
    assert said == [
        ("bortezomib", "extra", "not in the regimen"),
        ("aspirin", "extra", "not in the regimen, and no drug has this name"),
    ]


def test_a_drug_that_another_patient_has(tmp_path: Path) -> None:
    rows = [planned(1), planned(1, "p2", "bortezomib")]
    said = found(tmp_path, rows, [given(1), given(1, "p2", "bortezomib"), given(1, drug="bortezomib")])
    assert [(row["patient_id"], row["kind"], row["note"]) for row in said] == [("p1", "extra", "not in the regimen")]


def test_a_drug_whose_doses_have_no_date_is_in_the_regimen(tmp_path: Path) -> None:
    rows = [*WEEKLY, planned(1, drug="melphalan", date=None, status="not-dated", cycle=None, day=None)]
    result = compared(tmp_path, rows, [given(1), given(8), given(15), given(8, drug="melphalan")])
    said = [row for batch in result for row in batch.to_pylist()]
    assert [(row["drug"], row["kind"], row["note"]) for row in said] == [("melphalan", "extra", None)]
    assert result.said()[1:] == ["1 rows of the doses are not compared: they have no date"]


def test_a_drug_by_another_name(tmp_path: Path) -> None:
    assert found(tmp_path, [planned(1)], [given(1, drug="KYPROLIS")]) == []


def test_a_regimen_s_own_drug_by_its_id_and_by_a_name_of_its_own(tmp_path: Path) -> None:
    rows = [planned(1, drug="rituximab"), planned(8, drug="rituximab")]
    table = administered(tmp_path / "a.csv", [given(1, drug="Rituximab"), given(8, drug="Mabthera")])
    assert list(check(doses(rows), table, names={"mabthera": "rituximab"})) == []
    without = [row for batch in check(doses(rows), table) for row in batch.to_pylist()]
    assert [(row["kind"], row["drug"]) for row in without] == [("extra", "mabthera"), ("missing", "rituximab")]


def test_a_dose_whose_drug_is_not_stated(tmp_path: Path) -> None:
    result = compared(tmp_path, [planned(1), planned(8, drug=None), planned(8, drug=None, kind="assessment")], [given(1), given(8)])
    assert [row["kind"] for batch in result for row in batch.to_pylist()] == ["extra"]
    assert result.said()[1:] == ["1 planned doses are not compared: their drug is not stated"]


def test_only_assessments(tmp_path: Path) -> None:
    rows = [planned(1, drug=None, amount=None, kind="assessment")]
    assert [row["note"] for row in found(tmp_path, rows, [given(1)])] == ["not in the regimen"]


def test_a_patient_without_doses(tmp_path: Path) -> None:
    had = [given(9, "p9"), given(1, "p8", note="who?"), given(1), given(2, "p9")]
    said = found(tmp_path, [planned(1)], had)
    assert said == [
        {
            "patient_id": "p8",
            "drug": "carfilzomib",
            "kind": "unknown-patient",
            "given_on": on(1),
            "given_amount": 50.0,
            "unit": "mg",
            "note": "who?",
        },
        {"patient_id": "p9", "drug": "carfilzomib", "kind": "unknown-patient", "given_on": on(2), "given_amount": 50.0, "unit": "mg"},
        {"patient_id": "p9", "drug": "carfilzomib", "kind": "unknown-patient", "given_on": on(9), "given_amount": 50.0, "unit": "mg"},
    ]
    assert [row["kind"] for row in found(tmp_path, [], had)] == ["unknown-patient"] * 4


# -- amounts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "pct", "percent"),
    # Of 50 mg, 5 % are 2.5 mg: exactly that still passes.
    [("52.5", None, "5"), ("47.5", None, "5"), ("52.51", 5.02, "5"), ("47.49", -5.02, "5"), ("52.51", None, "5.02"), ("50.01", 0.02, "0")],
)
def test_off_by_more_than_the_percentage(tmp_path: Path, amount: str, pct: float | None, percent: str) -> None:
    rows = found(tmp_path, [planned(1)], [given(1, amount=amount)], percent=Decimal(percent))
    expected = [] if pct is None else [("amount", pct, 50.0, float(amount), "mg")]
    assert [(row["kind"], row["deviation_pct"], row["expected_amount"], row["given_amount"], row["unit"]) for row in rows] == expected


def test_a_percentage_that_binary_numbers_would_miss(tmp_path: Path) -> None:
    """1.1 is 10 % above 1, but in binary (1.1 - 1) / 1 * 100 is above 10; and a third has no end: 4 is 33.3333 % above 3."""
    assert (1.1 - 1) / 1 * 100 > 10
    assert found(tmp_path, [planned(1, amount=1.0)], [given(1, amount="1.1")], percent=Decimal(10)) == []
    rows = found(tmp_path, [planned(1, amount=3.0)], [given(1, amount="4")])
    assert [row["deviation_pct"] for row in rows] == [33.3333]


def test_units_of_one_kind_are_converted_exactly(tmp_path: Path) -> None:
    rows = [planned(1), planned(8), planned(15)]
    said = found(
        tmp_path,
        rows,
        [given(1, amount="0.05", unit="g"), given(8, amount="50000", unit="mcg"), given(15, amount="0.049", unit="g")],
        percent=Decimal(1),
    )
    assert [(row["kind"], row["given_amount"], row["unit"], row["deviation_pct"], row["note"]) for row in said] == [
        ("amount", 49.0, "mg", -2.0, "given as 0.049 g")
    ]


def test_units_that_can_not_be_compared(tmp_path: Path) -> None:
    rows = found(tmp_path, [planned(1)], [given(1, amount="25", unit="mL")])
    assert [(row["kind"], row["expected_amount"], row.get("given_amount"), row["unit"], row["note"]) for row in rows] == [
        ("unit", 50.0, None, "mg", "given 25 mL, planned in mg")
    ]


@pytest.mark.parametrize("amount", [None, 0.0, float("nan")])
def test_no_amount_to_compare_with(tmp_path: Path, amount: float | None) -> None:
    rows = found(tmp_path, [planned(1, amount=amount), planned(8, amount=amount)], [given(1)])
    assert [(row["kind"], row.get("expected_amount"), row["given_amount"], row["unit"]) for row in rows] == [
        ("no-expected-amount", None, 50.0, "mg")
    ]


def test_missing_without_an_amount(tmp_path: Path) -> None:
    rows = found(tmp_path, [planned(1, amount=None), planned(8)], [given(8)])
    assert [(row["kind"], "expected_amount" in row, "unit" in row) for row in rows] == [("missing", False, False)]


@pytest.mark.parametrize("unit", ["drops", "mg/m2", "cm"])
def test_doses_with_an_impossible_unit(tmp_path: Path, unit: str) -> None:
    with pytest.raises(PatientError, match=rf"^the doses have the amount 50 {unit}"):
        found(tmp_path, [planned(1, amount_unit=unit)], [given(1)])


def test_day_and_amount_are_two_deviations(tmp_path: Path) -> None:
    rows = found(tmp_path, WEEKLY, [given(1), given(9, amount="60"), given(15)])
    assert [(row["kind"], row["days_off"], row["deviation_pct"]) for row in rows] == [("day", 1, 20.0), ("amount", 1, 20.0)]


# -- several times a day ------------------------------------------------------------------------------------------

TWICE = [planned(1, times_per_day=2), planned(8, times_per_day=2)]


def test_several_administrations_in_rows_of_their_own_or_in_one(tmp_path: Path) -> None:
    assert found(tmp_path, TWICE, [given(1), given(1), given(8, times="2")]) == []


def test_one_of_two_is_missing(tmp_path: Path) -> None:
    rows = found(tmp_path, TWICE, [given(1), given(8, times="2")])
    assert [(row["kind"], row["expected_on"], row["note"]) for row in rows] == [("missing", on(1), "1 of 2 administrations")]


def test_both_are_missing(tmp_path: Path) -> None:
    rows = found(tmp_path, TWICE, [given(8, times="2")])
    assert [(row["kind"], row["expected_on"], row["note"]) for row in rows] == [("missing", on(1), "2 administrations")]


def test_one_of_three_is_extra(tmp_path: Path) -> None:
    rows = found(tmp_path, TWICE, [given(1, times="3"), given(8, times="2")])
    assert [(row["kind"], row["given_on"], row["note"]) for row in rows] == [("extra", on(1), "1 of 3 administrations")]


def test_the_amount_of_a_day_in_one_row(tmp_path: Path) -> None:
    rows = found(tmp_path, TWICE, [given(1, amount="100"), given(8, times="2")])
    assert [(row["kind"], row.get("deviation_pct"), row["note"]) for row in rows] == [
        ("missing", None, "1 of 2 administrations"),
        ("amount", 100.0, "the amount of all 2 administrations of the day; one row is one administration"),
    ]


def test_two_administrations_on_another_day(tmp_path: Path) -> None:
    rows = found(tmp_path, TWICE, [given(2, times="2"), given(8), given(10)])
    assert [(row["kind"], row["expected_on"], row["days_off"], row.get("note")) for row in rows] == [
        ("day", on(1), 1, "2 administrations"),
        ("day", on(8), 2, None),
    ]


def test_how_often_a_day_is_not_stated(tmp_path: Path) -> None:
    rows = [planned(1, times_per_day=None), planned(8)]
    assert found(tmp_path, rows, [given(1), given(8)]) == []
    said = found(tmp_path, rows, [given(1, amount="60"), given(8)])
    assert [(row["kind"], row["note"]) for row in said] == [("amount", "how often a day is not stated; taken as once")]


def test_of_two_doses_on_a_day_equal_amounts_belong_together(tmp_path: Path) -> None:
    rows = [planned(1, amount=10.0), planned(1, amount=20.0, phase="other")]
    assert found(tmp_path, rows, [given(1, amount="20"), given(1, amount="10")]) == []
    said = found(tmp_path, rows, [given(1, amount="20")])
    assert [(row["kind"], row["expected_amount"]) for row in said] == [("missing", 10.0)]


def test_of_two_doses_on_a_day_the_nearest_amounts_belong_together(tmp_path: Path) -> None:
    rows = [planned(1, amount=10.0), planned(1, amount=20.0, phase="other")]
    said = found(tmp_path, rows, [given(1, amount="23"), given(1, amount="11")])
    assert [(row["kind"], row["expected_amount"], row["given_amount"]) for row in said] == [("amount", 10.0, 11.0), ("amount", 20.0, 23.0)]


# -- the table ----------------------------------------------------------------------------------------------------


def test_where_in_the_regimen(tmp_path: Path) -> None:
    rows = [
        planned(1, phase="transplant", cycle=None, day=-2),
        planned(8, phase="visits", cycle=None, day=None),
        planned(15, cycle=12, day=0),
    ]
    said = found(tmp_path, rows, [], as_of=on(30))
    assert [row["where"] for row in said] == ["transplant D-2", "visits", "treatment C12D0"]


def test_cuts_between_batches_change_nothing(tmp_path: Path) -> None:
    rows = [planned(day, patient, amount=amount) for patient, amount in (("p1", 50.0), ("p2", 60.0), ("p3", 50.0)) for day in (1, 8, 15)]
    # Each day has another drug, so that each batch has words of its own.
    rows = [row | {"drug": drug} for row, drug in zip(rows, ("carfilzomib", "melphalan", "bortezomib") * 3, strict=True)]
    had = [
        given(1),
        given(9, drug="melphalan"),
        given(15, "p2", "bortezomib", amount="60"),
        given(14, "p3", "bortezomib"),
        given(1, "p4"),
    ]
    whole = found(tmp_path, rows, had)
    # p1: one on another day, day 15 isn't due; p2: two missing; p3: two missing, one on another day; p4 has no doses.
    assert len(whole) == 7
    for cut in range(len(rows) + 1):
        for other in range(cut, len(rows) + 1):
            assert found(tmp_path, rows, had, cuts=[cut, other]) == whole


def test_patients_stand_in_the_order_of_the_doses_and_are_counted(tmp_path: Path) -> None:
    rows = [planned(1, "zz"), planned(1, "aa"), planned(1, "aa", "dexamethasone")]
    result = compared(tmp_path, rows, [given(2, "aa"), given(2, "zz"), given(1, "mm")])
    said = [row["patient_id"] for batch in result for row in batch.to_pylist()]
    assert said == ["zz", "aa", "aa", "mm"]
    assert result.summary() == [("carfilzomib", "day", 2), ("carfilzomib", "unknown-patient", 1), ("dexamethasone", "missing", 1)]


@pytest.mark.parametrize("cuts", [(), (2,)])
def test_a_patient_in_two_places(tmp_path: Path, cuts: tuple[int, ...]) -> None:
    rows = [planned(1), planned(1, "p2"), planned(8)]
    with pytest.raises(PatientError, match=r"^the doses of patient 'p1' stand in more than one place; sort"):
        found(tmp_path, rows, [given(1), given(1, "p2")], cuts=cuts)


@pytest.mark.parametrize("window", [-1, 367])
def test_a_window_that_makes_no_sense(tmp_path: Path, window: int) -> None:
    with pytest.raises(PatientError, match=rf"^a window of {window} days"):
        compared(tmp_path, WEEKLY, [], window_days=window)


@pytest.mark.parametrize("percent", ["-1", "NaN", "Infinity"])
def test_a_percentage_that_makes_no_sense(tmp_path: Path, percent: str) -> None:
    with pytest.raises(PatientError, match=rf"^a deviation of {percent} %"):
        compared(tmp_path, WEEKLY, [], percent=Decimal(percent))


def test_the_columns_are_those_declared(tmp_path: Path) -> None:
    (batch,) = compared(tmp_path, WEEKLY, [given(1), given(15)])
    assert batch.schema == deviation_schema()
    assert batch.schema.names == [column.name for column in DEVIATIONS]
    kept = {field.name: field.type for field in schema()}
    assert {name: batch.schema.field(name).type for name in ("patient_id", "drug")} == {name: kept[name] for name in ("patient_id", "drug")}
    assert [field.nullable for field in batch.schema] == [bool(column.empty) for column in DEVIATIONS]
    batch.validate(full=True)
    assert isinstance(batch["expected_on"], pa.Date32Array)


def test_every_kind_is_found_somewhere(tmp_path: Path) -> None:
    rows = [planned(1), planned(8), planned(15), planned(22, amount=None), planned(29)]
    had = [given(1, amount="90"), given(9), given(22), given(29, unit="mL"), given(40), given(1, "p2")]
    assert {row["kind"] for row in found(tmp_path, rows, had)} == set(KINDS)


# -- a regimen ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("regimen", ["krd", "vmp", "kd-weekly", "cybord"])
def test_a_regimen_given_as_drawn(tmp_path: Path, regimen: str) -> None:
    rows = of_regimen(regimen, "p1") + of_regimen(regimen, "p2", weight=80)
    had = as_given(rows)
    assert len(had) > 20
    assert found(tmp_path, rows, had) == []


def test_one_dose_of_krd_left_out(tmp_path: Path) -> None:
    """Carfilzomib on days 1, 2, 8, 9, 15 and 16 [krd]; day 9 of the first cycle is 13 January 2026."""
    rows = of_regimen("krd", "p1")
    had = [row for row in as_given(rows) if (row["date"], row["drug"]) != ("2026-01-13", "carfilzomib")]
    said = found(tmp_path, rows, had)
    assert [(row["kind"], str(row["expected_on"]), row["where"]) for row in said] == [("missing", "2026-01-13", "treatment C1D9")]
