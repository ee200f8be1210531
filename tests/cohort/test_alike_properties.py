"""Invented regimens, patients and changes: many have the same rows as each has alone, also where an amount lies on a half."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing.cohort.people import Terms
from tests.cohort.alike import Row, Told, assert_alike

HEAD = "id: {id}\ntitle: Invented\nversion: 1\nchecked: 2026-01-01\nsource: msc-k\nphases:\n"
NUMBERS = count()

# Routes and doses within what is usual.
DRUGS = {
    "bortezomib": ("SC", ["1.3 mg/m2", "1 mg/m2", "0.7 mg/m2", "2 mg"]),
    "carfilzomib": ("IV", ["20 mg/m2", "27 mg/m2", "33.3 mg/m2", "0.07 g/m2", "0.5 mg/kg", "40 mg"]),
    "dexamethasone": ("PO", ["40 mg", "20 mg", "7.5 mg/m2"]),
    "doxorubicin": ("IV", ["9 mg/m2", "50 mg/m2", "33.3 mg/m2"]),
    "isatuximab": ("IV", ["10 mg/kg", "12.55 mg/kg"]),
    "melphalan": ("IV", ["9 mg/m2", "140 mg/m2", "0.25 mg/kg"]),
}


def days(draw: st.DrawFn, length: int) -> str:
    chosen = draw(st.sets(st.integers(1, length), min_size=1, max_size=4))
    return " ".join(map(str, sorted(chosen)))


@st.composite
def activities(draw: st.DrawFn, length: int) -> list[str]:
    """The lines of a phase, one for each of some drugs."""
    found = []
    for drug in draw(st.lists(st.sampled_from(sorted(DRUGS)), min_size=1, max_size=3, unique=True)):
        route, doses = DRUGS[drug]
        dose = draw(st.sampled_from(doses))
        if draw(st.booleans()):
            dose = f"{{C1: {dose}, else: {draw(st.sampled_from(doses))}}}"
        line = [f"drug: {drug}", f"dose: {dose}", f"route: {route}", "over: 30 min", f"days: {days(draw, length)}"]
        line += draw(st.sampled_from([[], [], ["max: 50 mg"], ["max: 49.95 mg"]]))
        line += draw(st.sampled_from([[], [], ["bsa_cap: 2 m2"], ["bsa_cap: none"]]))
        line += draw(st.sampled_from([[], [], [], [], ["round: 5 mg"], ["round: 0.05 mg"]]))
        line += draw(st.sampled_from([[], [], [], ["percent: 75 %"]]))
        line += draw(st.sampled_from([[], [], [], [], ["times: 2"]]))
        found.append(f"      - {{{', '.join(line)}}}\n")
    return found


@st.composite
def regimens(draw: st.DrawFn) -> str:
    """The text of a regimen file."""
    text = ""
    for number in range(draw(st.integers(1, 2))):
        length = draw(st.integers(3, 28))
        bound = draw(
            st.sampled_from(["repeat: 1", "repeat: 3", "for: 40 days, ends: cut at the day", "for: 2 months, ends: cut at the day"])
        )
        bound = "\n    ".join(bound.split(", "))
        text += f"  - id: p{number}\n    cycle: {length} days\n    {bound}\n    give:\n{''.join(draw(activities(length)))}"
    at = draw(
        st.sampled_from(
            ["start of treatment + 9 days", "every 2 months for 6 months after end of p0", "every 9 days for 20 days after end of p0"]
        )
    )
    return text + draw(st.sampled_from(["", f"  - id: v\n    visits:\n      - {{id: look, what: A look, at: {at}}}\n"]))


def decimals(low: int, high: int) -> st.SearchStrategy[str]:
    return st.decimals(low, high, places=6).map(lambda value: f"{value.normalize():f}") | st.integers(low, high).map(str)


@st.composite
def on_a_half(draw: st.DrawFn) -> dict[str, str]:
    """Sizes whose body surface (or weight) has few digits, so that products of it lie on halves and on caps."""
    surface = Decimal(draw(st.integers(130, 240))) / 100
    height = Decimal(draw(st.sampled_from([144, 150, 160, 180, 192])))
    weight = surface * surface * 3600 / height
    exact = {"height_cm": str(height), "weight_kg": f"{weight:f}"} if weight == round(weight, 6) else {}
    return draw(
        st.sampled_from(
            [
                exact,
                {"bsa_m2": str(surface), "weight_kg": "70.5"},
                {"height_cm": "170", "weight_kg": str(draw(st.integers(960, 2200)) / Decimal(20))},
            ]
        )
    )


def sizes() -> st.SearchStrategy[dict[str, str]]:
    usual = st.fixed_dictionaries({"height_cm": decimals(150, 200), "weight_kg": decimals(50, 130)})
    surface = st.fixed_dictionaries({"bsa_m2": decimals(1, 3), "weight_kg": decimals(50, 130)})
    return (
        usual
        | usual
        | on_a_half()
        | on_a_half()
        | surface
        | st.sampled_from([{}, {"height_cm": "139", "weight_kg": "70"}, {"weight_kg": "70"}])
    )


@st.composite
def patients(draw: st.DrawFn, regimen: str) -> list[Row]:
    found: list[Row] = []
    for number in range(draw(st.integers(6, 10))):
        start = draw(st.dates(min_value=date(2024, 1, 1), max_value=date(2032, 1, 1)))
        own = draw(st.sampled_from([{}, {}, {"cycles": "1"}, {"until": "2032-01-20"}, {"measured_on": "2023-12-31"}, {"age": "70"}]))
        found.append({"patient_id": f"p{number}", "regimen": regimen, "start": str(start), **draw(sizes()), **own})
    return found


@st.composite
def changes(draw: st.DrawFn, people: list[Row]) -> list[Told]:
    """Changes of some patients; many of them can't be made, and then both paths must say so."""
    found: list[Told] = []
    for _ in range(draw(st.integers(0, 3))):
        row = draw(st.sampled_from(people))
        day = str(date.fromisoformat(str(row["start"])) + timedelta(days=draw(st.integers(0, 40))))
        at = f"p0 C{draw(st.integers(1, 3))} D{draw(st.integers(1, 28))}"
        kind, fields = draw(
            st.sampled_from(
                [
                    ("delay", {"at": at, "mode": draw(st.sampled_from(["dose", "cycle", "all"])), "by": f"{draw(st.integers(1, 9))} days"}),
                    ("hold", {"drug": draw(st.sampled_from(["all", "carfilzomib", "melphalan"])), "since": day}),
                    ("omit", {"at": at}),
                    (
                        "reduce",
                        {"drug": draw(st.sampled_from(sorted(DRUGS))), "to": "75 %", "since": draw(st.sampled_from(["C1", "C2", day]))},
                    ),
                    ("weigh", {"since": day, "weight": draw(decimals(36, 150))}),
                    ("stop", {"since": day}),
                    ("given", {"at": at, "not_given": "yes"}),
                    ("undo", {"undoes": "1"}),
                ]
            )
        )
        found.append({"patient_id": str(row["patient_id"]), "on": day, "kind": kind, "reason": "why not", **fields})
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("invented")


def look(data: st.DataObject, folder: Path) -> None:
    path = folder / f"invented-{next(NUMBERS)}.yaml"
    path.write_text(HEAD.format(id=path.stem) + data.draw(regimens()), encoding="utf-8")
    people = data.draw(patients(str(path)))
    formula = data.draw(st.sampled_from(["mosteller", "mosteller", "du-bois", "boyd", "livingston-lee"]))
    rounding = data.draw(st.sampled_from([(), (), (), ("nearest 1 mg",), ("vial size within 5 %",)]))
    terms = Terms(texts={"formula": formula}, lists={"round": rounding} if rounding else {})
    assert_alike(people, terms, told=data.draw(changes(people)))
    path.unlink()


@settings(max_examples=40)
@given(data=st.data())
def test_invented_regimens(data: st.DataObject, folder: Path) -> None:
    look(data, folder)


@pytest.mark.long
@settings(max_examples=1_000)
@given(data=st.data())
def test_invented_regimens_at_length(data: st.DataObject, folder: Path) -> None:
    look(data, folder)


@settings(max_examples=40)
@given(data=st.data())
def test_amounts_on_a_half(data: st.DataObject) -> None:
    people = [
        {"patient_id": f"p{number}", "regimen": "krd", "start": "2026-01-05", **own}
        for number, own in enumerate(data.draw(st.lists(on_a_half(), min_size=5, max_size=20)))
    ]
    terms = Terms(cycles=1, values={"carfilzomib.dose": data.draw(st.sampled_from(["27 mg/m2", "20 mg/m2", "1.5 mg/m2", "0.25 mg/kg"]))})
    assert_alike(people, terms)
