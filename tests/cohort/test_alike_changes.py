"""Patients with changes have the rows that their plans would give: every kind of change, alone and one after another."""

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from dosing.cohort.people import Terms
from dosing.plan.kinds import KINDS, UPGRADE
from tests.cohort.alike import Row, Told, assert_alike, block_of, cells_of

ON = "2026-02-02"
BASE = {"regimen": "krd", "start": "2026-01-05", "height_cm": "170", "weight_kg": "72.5"}
LATE: Mapping[str, str] = {"regimen": "krd-asct", "start": "2026-01-05", "height_cm": "170", "weight_kg": "72.5"}

# kind, fields; several with a `+` between them.
Made = Sequence[tuple[str, dict[str, str]]]
CAN: list[Made] = [
    [("delay", {"at": "C2 D22 dexamethasone", "mode": "dose", "by": "2 days"})],
    [("delay", {"at": "C2 D1", "mode": "cycle", "by": "3 days"})],
    [("reduce", {"drug": "carfilzomib", "to": "75 %", "since": "C2"}), ("restore", {"drug": "carfilzomib", "since": "C3 D8"})],
    [("lab", {"since": "2026-03-02", "crcl": "25", "dialysis": "no"}), ("choose", {"rule": "lenalidomide=eu"})],
    [("delay", {"at": "C2 D8", "mode": "all", "to": "2026-02-14"})],
    [("hold", {"drug": "lenalidomide", "since": "2026-02-10"})],
    [("hold", {"drug": "all", "since": "2026-02-10"}), ("resume", {"drug": "all", "since": "2026-03-01"})],
    [("omit", {"at": "C2 D8 carfilzomib"})],
    [("reduce", {"drug": "carfilzomib", "to": "level 1", "since": "C2"})],
    [("weigh", {"since": "2026-03-02", "weight": "40"}), ("weigh", {"since": "2026-03-16", "weight": "99kg", "height": "171"})],
    [("weigh", {"since": "2025-12-30", "weight": "90"})],
    [("given", {"at": "C1 D1 carfilzomib", "date": "2026-01-06", "amount": "35 mg"})],
    [("given", {"at": "C1 D2 carfilzomib", "not_given": "yes"})],
    [("choose", {"set": "carfilzomib.dose=56 mg/m2"})],
    [("choose", {"sex": "female", "weigh": "carfilzomib=each cycle"}), ("weigh", {"since": "2026-03-02", "weight": "40"})],
    [("override", {"name": "carfilzomib.single"})],
    [("stop", {"since": "2026-03-10"})],
    [("omit", {"at": "C2 D8 carfilzomib"}), ("undo", {"undoes": "1"})],
]
CANT: list[Made] = [
    [("delay", {"at": "C2 D1", "mode": "dose", "by": "2 days"})],
    [("delay", {"at": "C2 D1", "mode": "cycle", "by": "1 week"})],
    [("delay", {"at": "C9 D1", "mode": "all", "by": "7d"})],
    [("resume", {"drug": "carfilzomib", "since": "2026-03-01"})],
    [("reduce", {"drug": "carfilzomib", "to": "75 %", "since": "2026-02-15"}), ("restore", {"drug": "carfilzomib", "since": "C3 D8"})],
    [("reduce", {"drug": "carfilzomib", "to": "level 9", "since": "C2"})],
    [("weigh", {"since": "2026-02-02", "weight": "heavy"})],
    [("lab", {"since": "2026-03-02", "crcl": "25"}), ("choose", {"rule": "lenalidomide=eu"})],
    [("lab", {"since": "2026-03-02", "creatinine": "3 mg/dL"})],
    [("given", {"at": "C1 D1 carfilzomib", "date": "2026-01-06"})],
    [("override", {"name": "carfilzomib.nothing"})],
    [("undo", {"undoes": "1"})],
    [("phase", {"phase": "treatment", "start": "2026-08-01"})],
    [("omit", {})],
    [("omit", {"at": "C2 D8 carfilzomib", "mode": "dose"})],
]


def told_of(id: str, made: Made) -> list[Told]:
    return [
        {"patient_id": id, "on": ON, "kind": kind, "reason": f"reason {number}", **fields} for number, (kind, fields) in enumerate(made)
    ]


def test_every_kind_is_tried() -> None:
    # A phase waits in other regimens.
    assert {kind for made in CAN for kind, _ in made} == KINDS.keys() - {UPGRADE, "phase"}


def test_every_kind_of_change() -> None:
    made = [*CAN, *CANT]
    people = [{"patient_id": f"p{number}", **BASE} for number in range(len(made) + 1)]
    told = [each for number, several in enumerate(made) for each in told_of(f"p{number}", several)]
    block = assert_alike(people, Terms(cycles=3), told=told)
    # Whoever has changes goes alone; the last has none.
    assert (block.patients, block.alone, len(block.rejects)) == (len(CAN) + 1, len(CAN), len(CANT))


def test_a_new_weight_stands_in_the_rows_from_its_day_on() -> None:
    # More than 20 % less, so carfilzomib goes by it from the day on which it is known.
    made = [("weigh", {"since": "2026-03-02", "weight": "50"})]
    people = [{"patient_id": "p", **BASE, "measured_on": "2026-01-02"}, {"patient_id": "q", **BASE, "measured_on": "2026-01-03"}]
    block = assert_alike(people, Terms(cycles=3), told=told_of("p", made))
    days = {(each["patient_id"], each["measured_on"]) for each in cells_of(block.doses) if each["drug"] == "carfilzomib"}
    assert days == {("p", date(2026, 1, 2)), ("p", date(2026, 3, 2)), ("q", date(2026, 1, 3))}


@pytest.mark.parametrize(
    "made",
    [
        [("phase", {"phase": "transplant", "start": "2026-09-01"})],
        [("phase", {"phase": "transplant", "skip": "yes"})],
        [
            ("phase", {"phase": "transplant", "start": "2026-09-01"}),
            ("delay", {"at": "transplant D-2 melphalan", "mode": "all", "by": "3d"}),
        ],
    ],
)
def test_phases_that_wait(made: Made) -> None:
    people = [{"patient_id": f"p{number}", **LATE} for number in range(3)]
    assert_alike(people, Terms(cycles=2), told=told_of("p1", made))
    assert_alike(people, Terms(cycles=2, phases=("induction",)), told=told_of("p1", made))


def test_changes_beside_choices() -> None:
    rows: list[Row] = [
        {"patient_id": "a", **BASE, "set:carfilzomib.dose": "45 mg/m2"},
        {"patient_id": "b", **BASE, "regimen": "isa-kpd", "proxy": "nz-kpd|isa-label"},
        {"patient_id": "c", **BASE, "regimen": "cfz-for-bortezomib", "base": "cybord:mayo", "base_days": "keep"},
        {"patient_id": "d", **BASE, "age": "90", "sex": "female", "creatinine": "2.5 mg/dL", "rule": "lenalidomide=eu"},
        {"patient_id": "e", **BASE, "override": "weight|bmi", "weight_kg": "20"},
        {"patient_id": "f", **BASE, "until": "2026-03-01"},
        {"patient_id": "g", **BASE, "cycles": "1"},
        {"patient_id": "h", **BASE, "weigh": "carfilzomib=each cycle"},
        {"patient_id": "i", **BASE, "weight_kg": "900"},
        {"patient_id": "j", **BASE, "bsa_m2": "1.7", "height_cm": None, "weight_kg": None},
    ]
    told = [each for row in rows for each in told_of(str(row["patient_id"]), [("delay", {"at": "C1 D8", "mode": "all", "by": "5d"})])]
    terms = Terms(cycles=3, texts={"country": "US-CA", "move": "yes", "formula": "boyd"}, lists={"round": ("carfilzomib=nearest 5 mg",)})
    assert_alike(rows, terms, told=told)


def test_what_a_column_and_a_change_both_say_is_refused() -> None:
    row = {"patient_id": "p", **BASE, "reduce": "carfilzomib=75 % from C2: tired"}
    block = block_of([row], told=told_of("p", [("stop", {"since": "2026-03-10"})]))
    assert [each.message for each in block.rejects] == [
        "the column 'reduce' and the table of changes say the same kind of thing; put all of it into the changes"
    ]


def test_a_patient_with_a_change_that_cant_be_read_is_rejected_as_a_whole() -> None:
    people = [{"patient_id": id, **BASE} for id in "abc"]
    told = [
        *told_of("a", [("omit", {"at": "C1 D8 carfilzomib"}), ("dance", {})]),
        *told_of("b", [("stop", {"since": "2026-03-10"})]),
        {"patient_id": "c", "on": "yesterday", "kind": "stop", "since": "2026-03-10"},
        {"patient_id": "c", "on": "tomorrow", "kind": "stop", "since": "2026-03-10"},
    ]
    block = block_of(people, told=told)
    assert [(each.row, each.patient_id, each.code, each.message.partition(":")[0]) for each in block.rejects] == [
        (1, "a", "schedule", "row 2 of the changes of this patient can't be used"),
        (3, "c", "schedule", "row 4 of the changes of this patient can't be used"),
    ]
    assert {each["patient_id"] for each in cells_of(block.doses)} == {"b"}
