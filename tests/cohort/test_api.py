"""A cohort from Python, and what the tables of doses are made of."""

import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import dosing.cohort
from dosing.cohort import blocks, expand
from dosing.cohort.amounts import Branch, Sizes, Way, find
from dosing.cohort.bounds import Bound, Bounds
from dosing.cohort.columns import DOSES, arrow, empty, schema
from dosing.cohort.lines import header, joined, number_texts
from dosing.cohort.people import Terms
from dosing.cohort.pool import Passing, Pool
from dosing.cohort.rejected import Reject
from dosing.cohort.sizes import SURFACES
from dosing.cohort.template import moves_with_start
from dosing.cohort.work import Worker
from dosing.dose.amount import Order
from dosing.dose.bodysize import FORMULAS, body_surface
from dosing.errors import OutputError, PatientError, RejectedError
from dosing.regimen.drug import Drug
from dosing.regimen.facts import Fact, Length
from dosing.regimen.library import find_drug
from dosing.units import Quantity, parse_amount
from tests.cohort.alike import assert_alike, cells_of, changes_by, one_by_one, table_of

ROWS = [
    {"patient_id": "b", "regimen": "krd", "start": "2026-01-05", "height_cm": "170", "weight_kg": "72.5"},
    {"patient_id": "a", "regimen": "vd", "start": "2026-02-02", "height_cm": "160", "weight_kg": "60"},
]
FRAME = pd.DataFrame(ROWS)
ONE = Terms(cycles=1)


# -- pandas in, pandas out ----------------------------------------------------------------------------------------


def test_a_frame_of_doses() -> None:
    frame = expand(FRAME.assign(height_cm=[170, 160], weight_kg=[72.5, 60], start=pd.to_datetime(FRAME["start"])), terms=ONE)
    want = [row for each in ROWS for row in one_by_one(each, ONE)]
    assert list(frame.columns) == [column.name for column in DOSES]
    assert list(frame["patient_id"]) == [row["patient_id"] for row in want]
    assert list(frame["date"].dt.date) == [row["date"] for row in want]
    assert list(frame["drug"].astype(object).where(frame["drug"].notna(), None)) == [row["drug"] for row in want]
    assert [None if np.isnan(each) else each for each in frame["amount"]] == [row["amount"] for row in want]
    assert [str(frame[name].dtype) for name in ("date", "cycle", "amount", "drug")] == ["datetime64[ms]", "Int32", "float64", "category"]


def test_frames_without_patients() -> None:
    for source in (FRAME[:0], pd.DataFrame({"patient_id": [], "regimen": [], "start": []})):
        frame = expand(source)
        assert (len(frame), list(frame.columns)) == (0, [column.name for column in DOSES])
    assert list(blocks(FRAME[:0])) == []


def test_rejected_rows_of_a_frame() -> None:
    wrong = FRAME.assign(weight_kg=["900", "60"])
    with pytest.raises(RejectedError, match="1 rows can't be used; the first is row 1: weight 900"):
        expand(wrong)
    rejects: list[Reject] = []
    frame = expand(wrong, rejects=rejects, terms=ONE)
    assert ([(each.row, each.patient_id, each.column) for each in rejects], set(frame["patient_id"])) == ([(1, "b", "weight_kg")], {"a"})
    everybody: list[Reject] = []
    assert len(expand(FRAME.assign(regimen="none"), rejects=everybody)) == 0
    assert [each.code for each in everybody] == ["regimen", "regimen"]
    assert next(iter(blocks(FRAME.assign(regimen="none"), form="csv"))).doses.to_pybytes() == b""


def test_a_frame_with_changes() -> None:
    told = pd.DataFrame({"patient_id": ["b", "z"], "on": ["2026-01-05"] * 2, "kind": ["stop"] * 2, "since": ["2026-01-07"] * 2})
    rejects: list[Reject] = []
    frame = expand(FRAME, changes=told, terms=ONE, rejects=rejects)
    assert (frame.loc[frame["patient_id"] == "b", "status"].astype(str) == "stopped").any()
    # A change of somebody who isn't there is not passed over.
    assert [(each.row, each.table, each.patient_id) for each in rejects] == [(2, "changes", "z")]


def test_the_same_patient_twice_and_nobody() -> None:
    found = next(iter(blocks(FRAME.assign(patient_id=["b", "b"]))))
    assert [(each.row, each.column, each.message[:22]) for each in found.rejects] == [(2, "patient_id", "the patient of row 1 s")]
    found = next(iter(blocks(FRAME.assign(patient_id=["", " "]))))
    assert [(each.row, each.patient_id, each.column) for each in found.rejects] == [(1, "", "patient_id"), (2, "", "patient_id")]


def test_a_frame_with_a_column_that_nobody_reads() -> None:
    with pytest.raises(PatientError, match="the table of patients has a column 'name' that is not known"):
        list(blocks(FRAME.assign(name="x")))


def test_several_blocks_are_one_table() -> None:
    frame = pd.DataFrame([{**ROWS[number % 2], "patient_id": f"p{number}"} for number in range(4_500)])
    found = list(blocks(frame, terms=ONE))
    assert [block.patients for block in found] == [2_000, 2_000, 500]
    assert [first["patient_id"] for block in found for first in block.doses.slice(0, 1).to_pylist()] == ["p0", "p2000", "p4000"]
    assert (
        sum(block.rows for block in found)
        == sum(block.doses.num_rows for block in found)
        == 2_250 * (len(one_by_one(ROWS[0], ONE)) + len(one_by_one(ROWS[1], ONE)))
    )


def test_the_first_row_of_a_block_may_have_any_number() -> None:
    worker = Worker(Terms())
    rows = [{**ROWS[0], "start": "soon"}, ROWS[1], {**ROWS[0], "patient_id": "c"}]
    found = worker.block(table_of(rows), first=101, repeated={3: 1, 103: 7})
    assert [(each.row, each.patient_id) for each in found.rejects] == [(101, "b"), (103, "c")]


def test_what_is_said_of_each_regimen() -> None:
    worker = Worker(ONE)
    worker.block(table_of([*ROWS, {**ROWS[0], "patient_id": "c", "regimen": "isa-kpd"}]))
    said = worker.described()
    assert list(said) == ["krd", "vd", "isa-kpd"]
    assert said["krd"]["definition"].startswith("sha256:")
    assert any("carfilzomib" in line for line in said["isa-kpd"]["missing"])
    assert not any("2026-" in line for each in said.values() for line in (*each["notes"], *each["missing"]))


def test_arrow_keeps_the_codes_of_texts() -> None:
    worker = Worker(ONE, form="arrow")
    people = [
        {**ROWS[0], "patient_id": f"p{number}", "weight_kg": f"{60 + number}", "regimen": "kd-weekly", "height_cm": "200"}
        for number in range(70)
    ]
    first, second = (worker.block(table_of(some)).doses for some in (people[:35], people[35:]))
    old, new = (doses["note"].chunk(0).dictionary.to_pylist() for doses in (first, second))
    assert new[: len(old)] == old
    assert cells_of(second) == [cells for each in people[35:] for cells in one_by_one(each, ONE)]


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_texts_of_single_patients_are_not_kept_for_ever(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dosing.cohort.work._KEPT_TEXTS", 50)
    worker, lengths = Worker(ONE, form=form), []
    for number in range(30):
        people = [{**row, "patient_id": f"{row['patient_id']}{number}"} for row in ROWS]
        told = {
            "patient_id": people[0]["patient_id"],
            "on": "2026-01-05",
            "kind": "stop",
            "since": "2026-01-07",
            "reason": f"reason {number}",
        }
        doses = worker.block(table_of(people), changes=changes_by([told])).doses
        assert cells_of(doses) == [*one_by_one(people[0], ONE, [told]), *one_by_one(people[1], ONE)]
        lengths.append(len(doses["note"].chunk(0).dictionary))
    # A file of Arrow keeps its dictionary and adds to it; a block of Parquet begins a new one now and then.
    assert (lengths == sorted(lengths)) == (form == "arrow")


# -- a missing extra, an unknown name -----------------------------------------------------------------------------


def test_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(OutputError, match=r"pip install 'dosing\[cohort\]'"):
        arrow()


def test_names_of_the_package() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = dosing.cohort.nothing
    assert empty().schema == schema()
    assert schema().field("amount").metadata[b"meaning"]
    assert schema().field("note").type == pa.dictionary(pa.int32(), pa.string())


# -- parts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", sorted(SURFACES))
def test_body_surface_to_twelve_digits(formula: str) -> None:
    sizes = [(f"{height}.{height % 7}", f"{weight}.{weight % 9}") for height in range(60, 230, 17) for weight in range(3, 260, 13)]
    found = SURFACES[formula](*(np.array([float(each[number]) for each in sizes]) for number in (0, 1)))
    for (height, weight), mine in zip(sizes, found, strict=True):
        exact = body_surface(height_cm=parse_amount(f"{height} mg").value, weight_kg=parse_amount(f"{weight} mg").value, formula=formula)
        assert mine == pytest.approx(float(exact), rel=1e-12)


def test_every_formula_but_the_one_that_needs_the_sex() -> None:
    assert SURFACES.keys() == {each.id for each in FORMULAS.values() if not each.needs_sex}


def sizes_of(*surfaces: float) -> Sizes:
    nothing = np.full(len(surfaces), np.nan)
    return Sizes(nothing, nothing, np.array(surfaces))


def test_what_lies_next_to_a_boundary_is_left_to_the_one_patient_path() -> None:
    drug = find_drug("carfilzomib")
    order = Order(drug, Quantity(parse_amount("27 mg").value, "mg/m2"), max=Fact(parse_amount("56 mg"), "book"))
    # 1.85 x 27 = 49.95 lies on a half, 2.2 on the cap and 2.075 x 27 = 56.025 above the maximum of 56 mg.
    found = find(order, Way.SURFACE, sizes_of(1.8, 1.85, 1.8500001, 2.075, 0.001, float("nan")), formula="mosteller")
    assert list(found.branch) == [Branch.PLAIN, Branch.EACH, Branch.PLAIN, Branch.EACH, Branch.EACH, Branch.EACH]
    assert found.amount[0] == 48.6
    assert found.amount[2] == 50
    assert np.isnan(found.amount[1])
    # 1.8504 x 27 = 49.9608 is below a maximum of 49.97 mg, and 50 mg is not.
    close = Order(drug, order.dose, max=Fact(parse_amount("49.97 mg"), "book"))
    assert list(find(close, Way.SURFACE, sizes_of(1.8, 1.8504), formula="mosteller").branch) == [Branch.PLAIN, Branch.EACH]
    free = Order(drug, order.dose)
    found = find(free, Way.SURFACE, sizes_of(2.1, 2.2, 2.3), formula="mosteller")
    assert list(found.branch) == [Branch.PLAIN, Branch.EACH, Branch.CAPPED]
    assert (found.amount[2], found.bsa_m2[2], found.deviation_pct[2]) == (59.4, 2.2, 0)


def test_sums_next_to_a_limit() -> None:
    def within(bound: Bound, amount: float, size: float = 2.0, weight: float = 70.0) -> bool:
        return bool(Bounds((bound,)).within(np.array([[amount, np.nan]]), np.array([[size, np.nan]]), np.array([weight]))[0])

    twice = np.array([[2.0, 1.0]])
    flat = Bound(100, "", twice)
    assert (within(flat, 49.9), within(flat, 50), within(flat, 50.05)) == (True, True, False)
    # By size, the sum is a quotient, and what it is next to the limit is for the one-patient path to say.
    surface, weight = Bound(50, "m2", twice), Bound(1, "kg", twice)
    assert (within(surface, 49), within(surface, 49.99), within(surface, 50), within(surface, 51)) == (True, False, False, False)
    assert (within(weight, 34.9), within(weight, 35), within(weight, 1, weight=float("nan"))) == (True, False, False)
    assert not Bounds(decidable=False).within(np.array([[1.0]]), np.array([[1.0]]), np.array([70.0]))[0]


def test_texts_as_codes() -> None:
    pool = Pool()
    assert [pool.code(text) for text in ("a", "b", "a", "", None)] == [0, 1, 0, -1, -1]
    assert (pool.text(1), pool.text(-1), len(pool), pool.known("c"), pool.known("")) == ("b", "", 2, None, -1)
    assert pool.dictionary().to_pylist() == ["a", "b"]
    assert pool.dictionary() is pool.dictionary()
    assert pool.dictionary(["x"]).to_pylist() == ["a", "b", "x"]
    passing = Passing(pool)
    assert passing.dictionary().to_pylist() == ["a", "b"]
    assert [passing.code(text) for text in ("b", "new", "", "new", "newer")] == [1, 2, -1, 2, 3]
    pool.code("later")
    # What the pool got since is not at its place among those of the block.
    assert passing.code("later") == 4
    assert passing.dictionary().to_pylist() == ["a", "b", "new", "newer", "later"]


def test_lines_as_a_spreadsheet_reads_them() -> None:
    assert header().startswith(b"patient_id,date,phase,")
    assert header().endswith(b"\r\n")
    assert [joined(cells) for cells in (["a", "b,c"], ["\n"], ["\r"], ['"'], [""], ["", ""])] == [
        'a,"b,c"',
        '"\n"',
        '"\r"',
        '""""',
        "",
        ",",
    ]


def test_numbers_as_somebody_would_write_them() -> None:
    numbers = [0.1, 70.0, float("nan"), 1e-7, 2.5e11, 1e16, -0.1157, 0.0]
    assert number_texts(np.array(numbers)).to_pylist() == [
        "0.1",
        "70",
        "",
        "0.0000001",
        "250000000000",
        "10000000000000000",
        "-0.1157",
        "0",
    ]


def test_what_moves_with_the_start() -> None:
    assert moves_with_start({"a": (Length(days=3), "x", [Length(days=1)])})
    assert not moves_with_start({"a": (Length(days=3), {"b": Length(months=1)})})
    assert not moves_with_start([date(2026, 1, 5)])
    assert moves_with_start(Drug)


# -- who fails among those who share a pattern --------------------------------------------------------------------


@pytest.mark.parametrize("turn", [1, -1])
def test_an_amount_that_becomes_nothing_for_some(turn: int) -> None:
    # 0.04 mg/kg in steps of 5 mg: below 62.5 kg it becomes nothing.
    choices = {"set:carfilzomib.dose": "0.04 mg/kg", "set:carfilzomib.round": "5 mg"}
    people = [{**ROWS[0], **choices, "patient_id": f"p{number}", "weight_kg": f"{60 + number / 2:g}"} for number in range(9)][::turn]
    block = assert_alike(people, ONE)
    assert sorted(each.patient_id for each in block.rejects) == ["p0", "p1", "p2", "p3", "p4"]


def test_a_local_regimen_of_one_days_length(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "id: mine\ntitle: Mine\nversion: 1\nchecked: 2026-01-01\nsource: msc-k\nphases:\n"
        "  - id: only\n    cycle: 1 day\n    repeat: 1\n    give:\n"
        "      - {drug: carfilzomib, dose: 27 mg/m2, route: IV, over: 30 min, days: 1}\n",
        encoding="utf-8",
    )
    # sqrt(180 x 80 / 3600) = 2, x 27 = 54.
    row = {"patient_id": "p", "regimen": str(path), "start": "2026-01-05", "height_cm": "180", "weight_kg": "80"}
    block = assert_alike([row])
    (dose,) = cells_of(block.doses)
    assert (dose["amount"], dose["bsa_m2"], dose["deviation_pct"], dose["date"]) == (54, 2, 0, date(2026, 1, 5))
