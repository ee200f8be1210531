"""What the tables of patients and changes may look like, and what is said of what they can't."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dosing.cohort.changes import Changes, read_changes
from dosing.cohort.measured import NO_DAY, read_block
from dosing.cohort.people import PATIENTS, Terms, asking, checked_names, own_texts, parts, read_start, shared, with_site
from dosing.cohort.rejected import Reject, code_of, csv_of, reject, repeated_in, told, within
from dosing.cohort.table import names_of, open_table
from dosing.errors import DoseError, DosingError, OutputError, PatientError, RegimenError, ScheduleError
from tests.cohort.alike import Row, table_of

CSV = "patient_id,regimen,start,height_cm\n"


def cells(source: str | Path | pd.DataFrame) -> list[dict[str, str | None]]:
    return [row for block in open_table(source) for row in block.to_pylist()]


# -- cells --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pd.Series([170.0, 70.25, np.nan, np.inf]), ["170", "70.25", None, "inf"]),
        # The shortest decimal of the 32 bits, not 170.10000610351562.
        (pd.Series([170.1, 72.35], dtype="float32"), ["170.1", "72.35"]),
        (pd.Series([1, None], dtype="Int64"), ["1", None]),
        (pd.Series([1, 2], dtype="int8"), ["1", "2"]),
        (pd.Series([True, False]), ["yes", "no"]),
        (pd.Series([True, None], dtype="boolean"), ["yes", None]),
        (pd.Series(["  a ", "", " ", None]), ["a", None, None, None]),
        (pd.Series(["a", None], dtype="category"), ["a", None]),
        (pd.Series([70.5, 71.0], dtype="category"), ["70.5", "71"]),
        (pd.Series([True, False], dtype="category"), ["yes", "no"]),
        (pd.Series([date(2026, 1, 5), None]), ["2026-01-05", None]),
        (pd.Series([Decimal("70.10"), None]), ["70.10", None]),
        (pd.Series([None, None]), [None, None]),
        (pd.Series([b"a"]), ["a"]),
        (pd.Series([pd.Timestamp("2026-01-05"), None]), ["2026-01-05", None]),
        (pd.Series(pd.to_datetime(["2026-01-05", "2026-07-05"])).dt.tz_localize("Europe/Berlin"), ["2026-01-05", "2026-07-05"]),
        (pd.Series([70.5], dtype=pd.ArrowDtype(pa.float32())), ["70.5"]),
        (pd.Series(["a"], dtype=pd.ArrowDtype(pa.large_string())), ["a"]),
    ],
)
def test_every_cell_becomes_what_somebody_would_have_typed(column: pd.Series, texts: list[str | None]) -> None:
    assert [row["x"] for row in cells(pd.DataFrame({"x": column}))] == texts


def test_a_time_is_not_cut_off() -> None:
    found = cells(pd.DataFrame({"x": [pd.Timestamp("2026-01-05 23:30"), pd.Timestamp("2026-01-06")]}))
    assert [str(row["x"])[:16] for row in found] == ["2026-01-05 23:30", "2026-01-06"]
    with pytest.raises(PatientError, match="start: "):
        read_start(found[0]["x"])


@pytest.mark.parametrize("column", [[["a"], ["b"]], ["a", date(2026, 1, 5)], [1, "a"], [1j, 2j]])
def test_columns_that_are_no_text(column: object) -> None:
    with pytest.raises(PatientError, match="the frame can't be read as a table: "):
        cells(pd.DataFrame({"x": column}))


# -- files --------------------------------------------------------------------------------------------------------


def test_the_same_table_in_every_form(tmp_path: Path) -> None:
    frame = pd.DataFrame({"patient_id": ["a", "b\nc"], "start": [date(2026, 1, 5)] * 2, "weight_kg": [70.5, None]})
    table = pa.Table.from_pandas(frame)
    pq.write_table(table, tmp_path / "t.parquet")
    with pa.ipc.new_file(tmp_path / "t.arrow", table.schema) as writer:
        writer.write_table(table)
    frame.to_csv(tmp_path / "t.csv", index=False)
    want = [
        {"patient_id": "a", "start": "2026-01-05", "weight_kg": "70.5"},
        {"patient_id": "b\nc", "start": "2026-01-05", "weight_kg": None},
    ]
    for source in (frame, tmp_path / "t.parquet", str(tmp_path / "t.arrow"), tmp_path / "t.csv"):
        assert cells(source) == want
        assert names_of(source) == ["patient_id", "start", "weight_kg"]
        ids = [block.to_pylist() for block in open_table(source, only=("patient_id",))]
        assert ids == [[{"patient_id": "a"}, {"patient_id": "b\nc"}]]


def test_blocks_of_one_size_whatever_the_batches(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": [str(number) for number in range(25)]}), path, row_group_size=7)
    blocks = list(open_table(path, rows=10))
    assert [block.num_rows for block in blocks] == [10, 10, 5]
    assert [cell for block in blocks for cell in block.column("x").to_pylist()] == [str(number) for number in range(25)]
    pq.write_table(pa.table({"x": pa.array([], pa.string())}), path)
    assert list(open_table(path)) == []


def test_long_csv_with_newlines_in_cells(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    ids = [f"{number}\n{'x' * 300}" for number in range(8_000)]
    path.write_text("id\n" + "".join(f'"{id}"\n' for id in ids), encoding="utf-8")
    assert [row["id"] for row in cells(path)] == ids


def test_csv_as_spreadsheets_write_it(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(b'\xef\xbb\xbfpatient_id,"height_cm"\r\n007, 170 \r\n"a,""b""",\r\n')
    assert cells(path) == [{"patient_id": "007", "height_cm": "170"}, {"patient_id": 'a,"b"', "height_cm": None}]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.csv", b"", "t.csv is empty; its first line names the columns"),
        ("t.csv", b"a,b\n1\n", "can't be read as a table: CSV parse error"),
        ("t.csv", b"a,b\n\xff,1\n", "can't be read as a table: "),
        ("t.csv", b"\xff,b\n1,1\n", "can't be read as a table: "),
        ("t.csv", b"a,b,a\n1,2,3\n", "has the column 'a' twice; keep one"),
        ("t.parquet", b"no parquet", "can't be read as a table: "),
        ("t.arrow", b"no arrow", "can't be read as a table: "),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PatientError, match=words):
        cells(tmp_path / name)


def test_files_that_are_not_there_or_of_no_known_kind(tmp_path: Path) -> None:
    for name in ("none.csv", "none.parquet"):
        with pytest.raises(PatientError, match="can't be read as a table: "):
            cells(tmp_path / name)
        with pytest.raises(PatientError, match="can't be read as a table: "):
            names_of(tmp_path / name)
    with pytest.raises(PatientError, match=r"name it \.csv, \.parquet or \.arrow"):
        cells(tmp_path / "t.xlsx")


# -- the table of patients ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "the table has no column 'patient_id' and no column 'regimen' and no column 'start'; it has none"),
        (["patient_id", "start", "a"], "no column 'regimen'; it has patient_id, start, a"),
        (["patient_id", "regimen", "start", "hight_cm"], "'hight_cm' that is not known; did you mean 'height_cm'"),
        (["patient_id", "regimen", "start", "set:"], "a column 'set:' that is not known"),
        (["patient_id", "regimen", "start", "bsa", "bsa_m2"], "has both 'bsa' and 'bsa_m2'; keep one"),
        (["patient_id", "regimen", "start", "round"], "a column 'round' that is not known"),
    ],
)
def test_columns_that_are_refused(names: list[str], words: str) -> None:
    with pytest.raises(PatientError) as caught:
        checked_names(names, what="the table")
    assert words in str(caught.value)


def test_every_declared_column_is_known_and_read() -> None:
    plain = [each.name for each in PATIENTS if ":" not in each.name and each.name not in ("bsa_m2", "gfr_ml_min", "crcl_ml_min")]
    checked_names([*plain, "set:carfilzomib.dose", "phase_start:asct"], what="the table")
    checked_names(["patient_id", "regimen", "start", "bsa_m2", "gfr_ml_min", "crcl_ml_min"], what="the table")
    asked = asking({"regimen": "krd", "set:a.dose": "1 mg", "phase_start:b": "2026-01-05", "rule": "a=b| c=d |", "cycles": "3"}, Terms())
    assert (asked.values, asked.starts, asked.lists) == ({"a.dose": "1 mg"}, {"b": date(2026, 1, 5)}, {"rule": ("a=b", "c=d")})
    assert (asked.cycles, asked.until, asked.regimen) == (3, None, "krd")
    assert own_texts({"height_cm": "170", "sex": None, "crcl_ml_min": "50", "variant": "x"}) == {"height": "170", "crcl": "50"}
    assert shared(table_of([{"height_cm": "170", "variant": "a"}])) == ["regimen", "variant"]
    assert parts(" | ") == ()
    assert with_site(Terms(texts={"move": "yes"}), "s.yaml").texts == {"move": "yes", "site": "s.yaml"}
    assert with_site(Terms(cycles=1), "") == Terms(cycles=1)


@pytest.mark.parametrize(
    ("row", "kind", "words"),
    [
        ({}, RegimenError, "no regimen is given"),
        ({"regimen": "krd", "cycles": "0"}, ScheduleError, "cycles: "),
        ({"regimen": "krd", "until": "soon"}, ScheduleError, "until: "),
        ({"regimen": "krd", "phase_start:a": "soon"}, ScheduleError, "phase_start:a: "),
    ],
)
def test_rows_that_ask_for_what_cant_be(row: dict[str, str], kind: type[DosingError], words: str) -> None:
    with pytest.raises(kind, match=words):
        asking(row, Terms())


def test_a_measurement_never_holds_for_all() -> None:
    with pytest.raises(PatientError, match="'weight' can't hold for every patient of a table"):
        Terms(texts={"weight": "70"})


def test_a_block_is_read_with_its_errors() -> None:
    rows: list[Row] = [
        {"patient_id": "a", "start": "2026-01-05", "height_cm": "170", "weight_kg": "70.5"},
        {"patient_id": None, "start": "2026-01-05", "height_cm": "5ft7in", "weight_kg": "70"},
        {"patient_id": "c", "start": "2026-02-30", "height_cm": "0", "weight_kg": "0"},
        {"patient_id": "d", "start": None, "height_cm": "170", "weight_kg": None},
        {"patient_id": "e", "start": "1970-01-02", "height_cm": "139.9", "weight_kg": "70"},
        {"patient_id": "f", "start": "1969-12-31", "height_cm": "200", "weight_kg": "161"},
    ]
    read = read_block(table_of(rows))
    assert {place: str(error) for place, error in read.errors.items()} == {
        1: "no patient_id is given; rows of doses are told apart by it",
        2: "start: '2026-02-30' is not a day of the calendar",
        3: "no start is given; write it as 2026-01-05",
    }
    assert list(read.starts[[0, 4, 5]]) == [20458, 1, -1]
    assert read.starts[3] == NO_DAY
    assert list(read.second) == [False, True, True, False, True, True]
    assert (len(read), read.id(0), read.id(1), read.start(0)) == (6, "a", "", date(2026, 1, 5))
    assert read.own(0) == {"height": "170", "weight": "70.5"}


# -- rows that can't be used --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PatientError(""), "patient"),
        (RegimenError(""), "regimen"),
        (ScheduleError(""), "schedule"),
        (DoseError(""), "dose"),
        (OutputError(""), "table"),
    ],
)
def test_codes(error: DosingError, code: str) -> None:
    assert code_of(error) == code


NAMES = ("patient_id", "regimen", "start", "height_cm", "weight_kg", "bsa_m2", "age", "measured_on", "child_pugh", "round", "set:a.dose")


@pytest.mark.parametrize(
    ("message", "column"),
    [
        ("no regimen is given", "regimen"),
        ("unknown regimen 'krx'", "regimen"),
        ("start: '5.1.2026' is no date", "start"),
        ("the weight is from after the start", "weight_kg"),
        ("needs the patient's height and weight: give --height --weight, or --bsa", "height_cm"),
        ("body surface 5 m2 is outside 0.1 to 4 m2", "bsa_m2"),
        ("age 130 is above 120", "age"),
        ("the dosage of a at the start", ""),
        ("it rounds to nothing", ""),
        ("--measured-on: '2026' is no date", "measured_on"),
        ("child pugh is 'd'; it is one of a, b, c", "child_pugh"),
        ("a.dose: 'much' is no dose", "set:a.dose"),
        ("give the row another patient_id", "patient_id"),
        ("--round 'x' can't be read", "round"),
        ("all is wrong", ""),
    ],
)
def test_the_column_that_a_message_names(message: str, column: str) -> None:
    assert reject(3, "p", PatientError(message), columns=NAMES) == Reject(3, "patients", "p", column, "patient", message)


def test_rejects_as_csv_and_in_words() -> None:
    found = [Reject(1, "patients", "a", "start", "patient", 'say "no"'), Reject(2, "changes", "", "", "dose", "one\ntwo")]
    assert csv_of(found) == (
        b'row,table,patient_id,column,code,message\r\n1,patients,a,start,patient,"say ""no"""\r\n2,changes,,,dose,"one\ntwo"\r\n'
    )
    assert told([*found, found[0]]) == "1 dose, 2 patient"


def test_patients_who_stand_twice() -> None:
    frame = pd.DataFrame({"patient_id": ["a", "b", None, "a", "c", None, "a", " b"]})
    assert repeated_in(frame) == ({4: 1, 7: 1, 8: 2}, 8)
    assert within({4: 1, 7: 1, 8: 2}, 5, 3) == {7: 1}
    assert repeated_in(frame[:2]) == ({}, 2)
    assert repeated_in(frame[:0]) == ({}, 0)


def test_ids_whose_hashes_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    # hash(-1) is that of -2, but texts are compared as texts.
    monkeypatch.setattr("dosing.cohort.rejected.hash", lambda _: 7, raising=False)
    assert repeated_in(pd.DataFrame({"patient_id": ["a", "b", "a"]})) == ({3: 1}, 3)


# -- the table of changes -----------------------------------------------------------------------------------------


def changes(**columns: list[str | None]) -> Changes:
    return read_changes(pd.DataFrame(columns))


def test_changes_by_patient_in_the_order_of_the_rows() -> None:
    found = changes(
        patient_id=["a", "b", "a"],
        on=["2026-01-05", "2026-01-06", "2026-01-01"],
        kind=["omit", "stop", "undo"],
        at=["C1 D1", None, None],
        since=[None, "2026-01-07", None],
        undoes=[None, None, "1"],
        reason=["why", None, None],
        author=[None, "me", None],
    )
    assert [(each.row, each.on, each.kind, dict(each.fields), each.reason, each.author) for each in found.of["a"]] == [
        (1, date(2026, 1, 5), "omit", {"at": "C1 D1"}, "why", ""),
        (3, date(2026, 1, 1), "undo", {"undoes": "1"}, "no reason is given in the table", ""),
    ]
    assert (found.of["b"][0].author, found.bad) == ("me", [])
    some = found.of_patients(["b", None])
    assert (list(some.of), some.bad) == (["b"], [])


def test_changes_that_cant_be_read() -> None:
    found = changes(
        patient_id=["a", None, "a", "a", "a", "b"],
        on=["2026-01-05", "2026-01-05", None, "5 January", "2026-01-05", "2026-01-05"],
        kind=["dance", "stop", "stop", "stop", "upgrade", None],
    )
    kinds = "delay, hold, resume, omit, reduce, restore, weigh, lab, given, choose, override, stop, phase, undo"
    assert [(row, id, str(error)) for row, id, error in found.bad][:3] == [
        (1, "a", f"there is no change 'dance' of a cohort (there are {kinds})"),
        (2, "", "a change needs 'patient_id'"),
        (3, "a", "a change needs 'on'"),
    ]
    assert [str(error).partition(":")[0] for _, _, error in found.bad][3:] == [
        "on",
        f"there is no change 'upgrade' of a cohort (there are {kinds})",
        "a change needs 'kind'",
    ]
    assert [each[0] for each in found.of_patients(["b"]).bad] == [6]
    assert found.of == {}


def test_tables_of_changes_that_are_refused() -> None:
    with pytest.raises(PatientError, match="the table of changes has no column 'kind'; it has patient_id, on"):
        changes(patient_id=[], on=[])
    with pytest.raises(PatientError, match="the table of changes has no column 'patient_id'; it has none"):
        changes()
    with pytest.raises(PatientError, match="has a column 'sinc' that is not known; did you mean 'since'"):
        changes(patient_id=[], on=[], kind=[], sinc=[])
