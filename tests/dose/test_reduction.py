"""Reductions: read from text, checked, in force from their day on, by level and by percentage."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosing.api import load_regimen
from dosing.dose.course import Course
from dosing.dose.patient import Patient
from dosing.dose.practice import Practice
from dosing.dose.reduction import Place, Reduction, Since, check_reductions, in_force, parse_reduction, reduced
from dosing.dose.schedule import Dosed
from dosing.errors import DoseError
from dosing.regimen.drug import Drug, Levels
from dosing.regimen.facts import Fact, Gap, Percent
from dosing.regimen.library import find_drug
from dosing.units import parse_amount, parse_dose

START = date(2026, 1, 5)
TWO = Patient(height_cm=180, weight_kg=80)  # 180 x 80 / 3600 = 4: 2 m2


# -- text ---------------------------------------------------------------------------------------------------------


def percent(text: str) -> Percent:
    return Percent(Decimal(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("carfilzomib=level 1 from C3: neutropenia", Reduction("carfilzomib", "neutropenia", level=1, since=Since(cycle=3))),
        ("carfilzomib = level -1 from C3: low", Reduction("carfilzomib", "low", level=1, since=Since(cycle=3))),
        ("carfilzomib=75 % from C2 D8: platelets 40", Reduction("carfilzomib", "platelets 40", None, percent("75"), Since(None, "", 2, 8))),
        ("carfilzomib=75% from C2D8: platelets 40", Reduction("carfilzomib", "platelets 40", None, percent("75"), Since(None, "", 2, 8))),
        ("a=99.9 %: rash", Reduction("a", "rash", None, percent("99.9"))),
        ("a=level 9: rash", Reduction("a", "rash", 9)),
        ("a=level 2 from 2026-03-02: rash", Reduction("a", "rash", 2, None, Since(date(2026, 3, 2)))),
        ("a=level 2 from maintenance C2: rash", Reduction("a", "rash", 2, None, Since(None, "maintenance", 2))),
        ("a=level 2 from maintenance-2 C13 D22: rash", Reduction("a", "rash", 2, None, Since(None, "maintenance-2", 13, 22))),
        ("  a =  level 2   from  C3 : rash: grade 3, from day 2 ", Reduction("a", "rash: grade 3, from day 2", 2, None, Since(cycle=3))),
    ],
)
def test_read(text: str, expected: Reduction) -> None:
    assert parse_reduction(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "carfilzomib",
        "carfilzomib=level 1",  # no reason
        "carfilzomib=level 1 from C3",
        "carfilzomib=level 1 from C3:",
        "carfilzomib=level 1 from C3:   ",
        "=level 1: rash",
        "carfilzomib=: rash",
        "carfilzomib=level 0: rash",
        "carfilzomib=level 10: rash",
        "carfilzomib=level --1: rash",
        "carfilzomib=level one: rash",
        "carfilzomib=level: rash",
        "carfilzomib=level \uff11: rash",
        "carfilzomib=75: rash",
        "carfilzomib=75 percent: rash",
        "carfilzomib=0 %: rash",
        "carfilzomib=-5 %: rash",
        "carfilzomib=100 %: rash",
        "carfilzomib=125 %: rash",
        "carfilzomib=7,5 %: rash",
        "carfilzomib=1e1 %: rash",
        "carfilzomib=NaN %: rash",
        "carfilzomib=20 mg/m2: rash",
        "carfilzomib=level 1 from: rash",
        "carfilzomib=level 1 from C0: rash",
        "carfilzomib=level 1 from c3: rash",
        "carfilzomib=level 1 from C3 D0: rash",
        "carfilzomib=level 1 from C10000: rash",
        "carfilzomib=level 1 from D8: rash",
        "carfilzomib=level 1 from 3: rash",
        "carfilzomib=level 1 from 2026-02-30: rash",
        "carfilzomib=level 1 from 02.03.2026: rash",
        "carfilzomib=level 1 since C3: rash",
        "carfilzomib=level 1 from C\uff13: rash",
        "carfilzomib=level 1 from Main C3: rash",
    ],
)
def test_unreadable(text: str) -> None:
    with pytest.raises(DoseError, match="reduction"):
        parse_reduction(text)


def test_messages_say_how_to_write_it() -> None:
    with pytest.raises(DoseError, match="has no reason; write it as `carfilzomib=level 1 from C3: neutropenia` or `carfilzomib=75 % from"):
        parse_reduction("carfilzomib=level 1")
    with pytest.raises(DoseError, match="'carfilzomib=100 %: rash' does not reduce anything; a percentage is below 100 %"):
        parse_reduction("carfilzomib=100 %: rash")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a=level 1 from C3: low", "a reduced to level 1 from C3 (low)"),
        ("a=75 % from C2 D8: low", "a reduced to 75 % from C2 D8 (low)"),
        ("a=75% from main C2 D8: low", "a reduced to 75 % from main C2 D8 (low)"),
        ("a=75% from 2026-03-02: low", "a reduced to 75 % from 2026-03-02 (low)"),
        ("a=level 2: low", "a reduced to level 2 (low)"),
    ],
)
def test_words(text: str, words: str) -> None:
    assert str(parse_reduction(text)) == words


# -- checks -------------------------------------------------------------------------------------------------------


GIVEN: dict[str, Sequence[str]] = {"carfilzomib": ["induction", "maintenance"], "lenalidomide": ["maintenance"]}


def check(*texts: str) -> None:
    check_reductions([parse_reduction(text) for text in texts], GIVEN)


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["carfilzomib=level 1 from C3: low"],
        ["carfilzomib=level 1 from C3: low", "lenalidomide=level 1 from C3: low"],
        ["carfilzomib=level 1 from C3: low", "carfilzomib=level 2 from C3 D8: low", "carfilzomib=50 % from maintenance C1: low"],
        ["carfilzomib=level 1: low", "carfilzomib=level 2 from 2026-03-02: low", "carfilzomib=50 % from 2026-03-03: low"],
        ["carfilzomib=level 1: low", "carfilzomib=level 2 from C2: low"],
        # up again: two of one level with another between them, in whatever order they are listed
        ["carfilzomib=level 1 from C3: low", "carfilzomib=level 2 from C5: low", "carfilzomib=level 1 from C7: better"],
        ["carfilzomib=level 1 from C3: low", "carfilzomib=level 1 from C7: better", "carfilzomib=level 2 from C5: low"],
        ["carfilzomib=75 %: low", "carfilzomib=level 2 from C2: low"],
        ["carfilzomib=level 1 from C3: low", "lenalidomide=level 2 from 2026-03-02: low"],
    ],
)
def test_fit_to_be_made(texts: list[str]) -> None:
    check(*texts)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["carfilzomip=level 1: x"], "no 'carfilzomip'; did you mean 'carfilzomib'.*it gives carfilzomib, lenalidomide"),
        (["thalidomide=level 1: x"], "the regimen gives no 'thalidomide'"),
        (["carfilzomib=level 1 from inducton C2: x"], "no phase 'inducton'; did you mean 'induction'.*phases: induction, maintenance"),
        (["lenalidomide=level 1 from induction C2: x"], "no phase 'induction'.* gives it"),
        # the same twice, whatever else differs
        (["carfilzomib=level 1 from C3: x", "carfilzomib=level 1 from C3: x"], "reduced to level 1 already .*listed once"),
        (["carfilzomib=level 1 from C3: x", "carfilzomib=level -1 from C5: y"], "reduced to level 1 already"),
        (["carfilzomib=75 %: x", "carfilzomib=75% from C2: y"], "reduced to 75 % already"),
        (
            ["carfilzomib=level 1 from C5: x", "carfilzomib=level 1 from C3: y", "carfilzomib=level 2 from C7: z"],
            r"C5 \(x\): carf.*C3 \(y\)",
        ),
        # which comes later?
        (["carfilzomib=level 1 from C3: x", "carfilzomib=level 2 from C3: y"], "begins together with another"),
        (["carfilzomib=level 1 from C3: x", "carfilzomib=level 2 from induction C3 D1: y"], "begins together with another"),
        (["carfilzomib=level 1: x", "carfilzomib=75 %: y"], "begins together with another"),
        (["carfilzomib=level 1 from 2026-03-02: x", "carfilzomib=75 % from 2026-03-02: y"], "begins together with another"),
        (["carfilzomib=level 1 from 2026-03-02: x", "carfilzomib=75 % from C3: y"], "Give both by cycle or both by date"),
        (["carfilzomib=level 1: v", "carfilzomib=level 2 from C3: x", "carfilzomib=75 % from 2026-03-02: y"], "both by cycle or both by"),
    ],
)
def test_not_to_be_made(texts: list[str], message: str) -> None:
    with pytest.raises(DoseError, match=message):
        check(*texts)


# -- the full dose again ------------------------------------------------------------------------------------------


def restore(since: Since | None, drug: str = "carfilzomib", why: str = "recovered") -> Reduction:
    return Reduction(drug, why, since=since)


def test_the_full_dose_in_words() -> None:
    assert restore(Since(cycle=5)).restores
    assert restore(Since(cycle=5)).to == "the full dose"
    assert str(restore(Since(cycle=5))) == "carfilzomib at the full dose again from C5 (recovered)"
    assert str(restore(Since(date(2026, 3, 2)))) == "carfilzomib at the full dose again from 2026-03-02 (recovered)"
    assert not any(parse_reduction(text).restores for text in ("a=level 1: x", "a=75 % from C2: x"))


@pytest.mark.parametrize(
    ("texts", "restores"),
    [
        (["carfilzomib=level 1 from C3: x"], [Since(cycle=5)]),
        (["carfilzomib=level 1: x"], [Since(cycle=1)]),
        (["carfilzomib=level 1 from C3: x", "carfilzomib=level 1 from C7: y"], [Since(cycle=5)]),
        (["carfilzomib=75 % from C3: x", "carfilzomib=75 % from C7: y"], [Since(cycle=5), Since(cycle=9)]),
        (["carfilzomib=75 % from 2026-03-02: x"], [Since(date(2026, 3, 3))]),
        (["carfilzomib=level 1 from C3: x", "carfilzomib=level 2 from C4: y"], [Since(phase="maintenance")]),
    ],
)
def test_fit_to_be_restored(texts: list[str], restores: list[Since]) -> None:
    check_reductions([*map(restore, restores), *map(parse_reduction, texts)], GIVEN)


@pytest.mark.parametrize(
    ("texts", "restores", "message"),
    [
        ([], [Since(cycle=5)], r"full dose again from C5 \(recovered\): there is nothing to end, as carfilzomib is at the full dose then"),
        (["carfilzomib=level 1 from C5 D2: x"], [Since(cycle=5)], "nothing to end"),
        (["lenalidomide=level 1: x"], [Since(cycle=5)], "nothing to end"),
        (["carfilzomib=level 1: x"], [Since(cycle=5), Since(cycle=6)], "from C6 .*nothing to end"),
        (["carfilzomib=level 1: x"], [Since(cycle=5), Since(cycle=5)], "nothing to end"),
        (["carfilzomib=level 1 from C2: x"], [None], "nothing to end"),
        (["carfilzomib=level 1: x"], [None], "begins together with another"),
        (["carfilzomib=level 1 from C5: x"], [Since(cycle=5)], "begins together with another"),
        (["carfilzomib=level 1 from C5: x"], [Since(date(2026, 3, 2))], "Give both by cycle or both by date"),
        (["carfilzomib=level 1: x"], [Since(phase="elsewhere")], "no phase 'elsewhere'"),
        # the two levels follow each other: the full dose comes after both
        (["carfilzomib=level 1 from C2: x", "carfilzomib=level 1 from C4: y"], [Since(cycle=5)], "reduced to level 1 already"),
    ],
)
def test_not_to_be_restored(texts: list[str], restores: list[Since | None], message: str) -> None:
    with pytest.raises(DoseError, match=message):
        check_reductions([*map(restore, restores), *map(parse_reduction, texts)], GIVEN)


def test_in_force_until_the_full_dose() -> None:
    first, second = parse_reduction("a=level 1 from C2: x"), parse_reduction("a=75 % from C5: y")
    listed = [second, restore(Since(cycle=3, cycle_day=8), "a"), first]
    found = [in_force(listed, "a", place("induction", cycle, day)) for cycle, day in ((1, 28), (2, 1), (3, 7), (3, 8), (4, 28), (5, 1))]
    assert found == [None, first, first, None, None, second]


def test_amounts_at_the_full_dose_again() -> None:
    """2 m2: 54 mg, level 1 (20 mg/m2) 40 mg from C2 on, 54 mg again from C3 D8; the row has nothing to say of it, the whole has."""
    course = Course(patient=TWO, reductions=(restore(Since(cycle=3, cycle_day=8)), parse_reduction("carfilzomib=level 1 from C2: low")))
    schedule = load_regimen("krd").schedule(start=START, course=course, cycles=3)
    found = amounts(list(schedule.dosed.rows), "carfilzomib")
    assert [found[day] for day in ("C1D16", "C2D1", "C3D2", "C3D8", "C3D16")] == ["54 mg", "40 mg", "40 mg", "54 mg", "54 mg"]
    assert "carfilzomib at the full dose again from C3 D8 (recovered)" in schedule.notes
    notes = {row.entry.when: [step.note for step in row.amount.steps] for row in schedule.dosed.rows if row.amount and row.entry.drug}
    assert not any("full dose" in note or "reduced" in note for note in notes["C3D8"])
    lines = load_regimen("krd").sheet(course=course).sheet.lines
    sheet = [f"{line.where}: {line.amount}" for line in lines if line.activity == "carfilzomib"]
    assert sheet == ["C1 D1-2: 40 mg", "otherwise: 54 mg", "otherwise: 40 mg"]


# -- from when on -------------------------------------------------------------------------------------------------


def place(phase: str, cycle: int, day: int, on: str = "") -> Place:
    return Place(phase, cycle, day, date.fromisoformat(on) if on else None, ["induction", "maintenance"])


@pytest.mark.parametrize(
    ("since", "where", "begun"),
    [
        ("", place("induction", 1, 1), True),
        (" from C3", place("induction", 2, 28), False),
        (" from C3", place("induction", 3, 1), True),
        (" from C3", place("induction", 4, 1), True),
        (" from C3", place("maintenance", 1, 1), True),
        (" from C3 D8", place("induction", 3, 7), False),
        (" from C3 D8", place("induction", 3, 8), True),
        (" from C3 D8", place("induction", 4, 1), True),
        (" from C3 D8", place("induction", 2, 22), False),
        (" from maintenance C2", place("induction", 6, 1), False),
        (" from maintenance C2", place("maintenance", 1, 28), False),
        (" from maintenance C2", place("maintenance", 2, 1), True),
        (" from induction C9", place("maintenance", 1, 1), True),
        (" from 2026-03-02", place("induction", 3, 1, "2026-03-01"), False),
        (" from 2026-03-02", place("induction", 3, 1, "2026-03-02"), True),
        (" from 2026-03-02", place("induction", 3, 1, "2026-03-03"), True),
    ],
)
def test_from_its_beginning_on(since: str, where: Place, begun: bool) -> None:
    reduction = parse_reduction(f"a=75 %{since}: x")
    assert in_force([reduction], "a", where) == (reduction if begun else None)
    assert in_force([reduction], "b", where) is None


def test_without_dates_a_date_can_not_begin() -> None:
    with pytest.raises(DoseError, match=r"from 2026-03-02 \(x\): there are no dates here; say from which cycle, such as C3"):
        in_force([parse_reduction("a=75 % from 2026-03-02: x")], "a", place("induction", 1, 1))


@given(st.permutations(["a=level 1: x", "a=level 2 from C3: x", "a=level 3 from C3 D8: x", "a=50 % from maintenance C1: x"]))
def test_the_one_that_began_last_holds_in_whatever_order_they_are_listed(texts: list[str]) -> None:
    listed = [parse_reduction(text) for text in texts]
    places = [place("induction", 2, 1), place("induction", 3, 1), place("induction", 3, 8), place("maintenance", 1, 1)]
    found = [in_force(listed, "a", each) for each in places]
    assert [each and each.to for each in found] == ["level 1", "level 2", "level 3", "50 %"]


# -- levels -------------------------------------------------------------------------------------------------------


def levels(drug: str, level: int, dose: str, highest: str) -> str:
    found, step = reduced(parse_dose(dose), Reduction(drug, "low", level), find_drug(drug), highest=parse_dose(highest))
    assert step.kind == "level"
    return f"{found}: {step.text}"


@pytest.mark.parametrize(
    ("drug", "level", "dose", "highest", "expected"),
    [
        ("carfilzomib", 1, "27 mg/m2", "27 mg/m2", "20 mg/m2"),
        ("carfilzomib", 2, "27 mg/m2", "27 mg/m2", "15 mg/m2"),
        ("carfilzomib", 1, "56 mg/m2", "56 mg/m2", "45 mg/m2"),
        ("carfilzomib", 3, "56 mg/m2", "56 mg/m2", "27 mg/m2"),
        ("carfilzomib", 2, "70 mg/m2", "70 mg/m2", "50 mg/m2"),
        # 20 mg/m2 is a level of 27 mg/m2: the next is 15
        ("carfilzomib", 1, "20 mg/m2", "20 mg/m2", "15 mg/m2"),
        # the first days' lower dose stays until the level is below it
        ("carfilzomib", 1, "20 mg/m2", "27 mg/m2", "20 mg/m2"),
        ("carfilzomib", 2, "20 mg/m2", "27 mg/m2", "15 mg/m2"),
        ("carfilzomib", 1, "20 mg/m2", "56 mg/m2", "20 mg/m2"),
        ("lenalidomide", 1, "25 mg", "25 mg", "15 mg"),
        ("lenalidomide", 1, "10 mg", "10 mg", "5 mg"),
        ("dexamethasone", 4, "40 mg", "40 mg", "4 mg"),
    ],
)
def test_levels_of_drug_files(drug: str, level: int, dose: str, highest: str, expected: str) -> None:
    assert levels(drug, level, dose, highest).startswith(f"{expected}: ")


def test_a_level_is_said_with_its_source() -> None:
    text = "20 mg/m2: level 1 of 27 mg/m2 is 20 mg/m2 [pmc11382308]: low; "
    assert levels("carfilzomib", 1, "27 mg/m2", "27 mg/m2") == f"{text}20 mg/m2 instead of 27 mg/m2"
    assert levels("carfilzomib", 1, "20 mg/m2", "27 mg/m2") == f"{text}20 mg/m2 is not above it and stays"
    unverified = "60 mg/m2: level 1 of 70 mg/m2 is 60 mg/m2 [unverified] UNVERIFIED: low; 60 mg/m2 instead of 70 mg/m2"
    assert levels("carfilzomib", 1, "70 mg/m2", "70 mg/m2") == unverified


def test_notes_of_levels() -> None:
    reduction = Reduction("carfilzomib", "low", 1)
    notes = []
    for dose, highest in (("27 mg/m2", "27 mg/m2"), ("20 mg/m2", "27 mg/m2"), ("70 mg/m2", "70 mg/m2")):
        _, step = reduced(parse_dose(dose), reduction, find_drug("carfilzomib"), highest=parse_dose(highest))
        notes.append(step.note)
    assert notes == [
        "carfilzomib reduced to level 1 (low): 20 mg/m2 instead of 27 mg/m2",
        "carfilzomib reduced to level 1 (low); 20 mg/m2 is not above it",
        "carfilzomib reduced to level 1 (low): 60 mg/m2 instead of 70 mg/m2 UNVERIFIED",
    ]


@pytest.mark.parametrize(
    ("drug", "level", "highest", "message"),
    [
        ("carfilzomib", 3, "27 mg/m2", r"from 27 mg/m2 carfilzomib has no such level \(1: 20 mg/m2, 2: 15 mg/m2\); give a percentage"),
        ("carfilzomib", 1, "15 mg/m2", r"from 15 mg/m2 carfilzomib has no such level \(none\); give a percentage"),
        ("carfilzomib", 1, "50.5 mg/m2", "has no levels below 50.5 mg/m2 .it has them below: 27 mg/m2, 56 mg/m2, 70 mg/m2"),
        ("isatuximab", 1, "10 mg/kg", "the file of isatuximab has no levels below 10 mg/kg .it has them below: none.; give a percentage"),
    ],
)
def test_levels_that_do_not_exist(drug: str, level: int, highest: str, message: str) -> None:
    with pytest.raises(DoseError, match=message):
        levels(drug, level, highest, highest)


def test_levels_that_are_not_stated() -> None:
    gap: Fact[Any] = Fact(Gap.NOT_STATED, "label")
    drug = Drug("a", "label", Fact(parse_amount("1 mg"), "label"), Fact("PO", "label"), levels={"20 mg": gap})
    with pytest.raises(DoseError, match="has no levels below 20 mg"):
        reduced(parse_dose("20 mg"), Reduction("a", "low", 1), drug, highest=parse_dose("20 mg"))
    none = Fact(Levels(parse_dose("20 mg"), ()), "label")
    other = Drug("a", "label", drug.precision, drug.routes, levels={"20 mg": none})
    with pytest.raises(DoseError, match=r"no such level \(none\)"):
        reduced(parse_dose("20 mg"), Reduction("a", "low", 1), other, highest=parse_dose("20 mg"))


# -- in a schedule ------------------------------------------------------------------------------------------------


def dosed(name: str, *texts: str, patient: Patient = TWO, cycles: int = 3, practice: Practice | None = None, **choice: Any) -> list[Dosed]:
    course = Course(patient=patient, reductions=tuple(parse_reduction(text) for text in texts))
    plan = load_regimen(name, **choice)
    return list(plan.schedule(start=START, course=course, cycles=cycles, practice=practice or Practice()).dosed.rows)


def amounts(rows: list[Dosed], drug: str) -> dict[str, str]:
    return {row.entry.when: str(row.amount) for row in rows if row.entry.drug == drug}


def test_a_level_from_a_day_of_a_cycle_on() -> None:
    """2 m2: 40 mg on the first two days, then 54 mg; level 1 (20 mg/m2) is 40 mg from C2 D8, level 2 (15 mg/m2) 30 mg from C3 D2."""
    rows = dosed("krd", "carfilzomib=level 1 from C2 D8: platelets", "carfilzomib=level 2 from C3 D2: platelets")
    days = ["D1", "D2", "D8", "D9", "D15", "D16"]
    expected = {
        **dict(zip([f"C1{day}" for day in days], ["40 mg", "40 mg", *["54 mg"] * 4], strict=True)),
        **dict(zip([f"C2{day}" for day in days], ["54 mg", "54 mg", *["40 mg"] * 4], strict=True)),
        **dict(zip([f"C3{day}" for day in days], ["40 mg", *["30 mg"] * 5], strict=True)),
    }
    assert amounts(rows, "carfilzomib") == expected
    assert set(amounts(rows, "lenalidomide").values()) == {"25 mg"}


def test_from_a_date_on() -> None:
    """2026-02-02 is C2 D1, 2026-02-03 C2 D2."""
    found = amounts(dosed("krd", "carfilzomib=level 1 from 2026-02-03: platelets"), "carfilzomib")
    assert (found["C1D16"], found["C2D1"], found["C2D2"], found["C3D1"]) == ("54 mg", "54 mg", "40 mg", "40 mg")


def test_a_percentage_comes_after_the_cap() -> None:
    """2.5 m2 dosed as 2.2 m2: 59.4 mg, of which 75 % are 44.55 mg, 44.6 mg; 75 % of 2.5 m2 would be 50.6 mg."""
    rows = dosed("krd", "carfilzomib=75 % from C2: platelets", patient=Patient(bsa_m2=Decimal("2.5")))
    found = amounts(rows, "carfilzomib")
    assert (found["C1D16"], found["C2D1"]) == ("59.4 mg", "44.6 mg")
    notes = [step.note for row in rows if row.amount for step in row.amount.steps if step.kind == "percent"]
    assert notes == ["75 % of the amount [user]: platelets"] * 12


def test_a_percentage_of_capsules() -> None:
    """75 % of 25 mg are 18.75 mg, which nobody has in a capsule: 19 mg in steps of 0.5 mg."""
    found = amounts(dosed("krd", "lenalidomide=75 % from C2: rash"), "lenalidomide")
    assert (found["C1D21"], found["C2D1"]) == ("25 mg", "19 mg")


def test_a_level_of_a_flat_dose_is_given_as_stated() -> None:
    rows = dosed("krd", "lenalidomide=level 1 from C2: rash")
    assert amounts(rows, "lenalidomide")["C2D1"] == "15 mg"
    (row,) = [row for row in rows if row.entry.drug == "lenalidomide" and row.entry.when == "C2D1"]
    assert row.amount is not None
    assert row.amount.rounding == ""
    assert row.entry.stated("dose") == parse_dose("25 mg")  # what the regimen says stays to be seen
    assert row.order is not None
    assert row.order.dose == parse_dose("15 mg")


def test_the_infusion_time_is_kept() -> None:
    whole, less = dosed("krd"), dosed("krd", "carfilzomib=level 1 from C1 D8: low", "carfilzomib=50 % from C2: low")
    assert [row.entry.over for row in less] == [row.entry.over for row in whole]
    assert [row.entry.over.low for row in less if row.entry.over and row.entry.drug == "carfilzomib"] == [10] * 18


def test_the_reduction_is_told_as_a_note() -> None:
    course = Course(patient=TWO, reductions=(parse_reduction("carfilzomib=level 1 from C2: platelets"),))
    schedule = load_regimen("krd").schedule(start=START, course=course, cycles=2)
    assert "carfilzomib reduced to level 1 from C2 (platelets)" in schedule.notes
    notes = [str(row["note"]) for row in schedule.rows() if row["activity"] == "carfilzomib"]
    assert ["reduced to level 1" in note for note in notes] == [False] * 6 + [True] * 6


def test_it_reaches_the_phases_after_it() -> None:
    """From induction C2 on: maintenance is reduced too; from maintenance C1 on: induction is not."""
    starts = {"transplant": date(2026, 8, 3), "maintenance": date(2026, 11, 2)}

    def found(text: str) -> set[tuple[str, str]]:
        course = Course(patient=TWO, reductions=(parse_reduction(text),))
        rows = load_regimen("krd-asct", proxy="daily-maintenance").schedule(start=START, course=course, cycles=1, starts=starts).dosed.rows
        return {(row.entry.phase, str(row.amount)) for row in rows if row.entry.drug == "lenalidomide"}

    assert found("lenalidomide=50 %: x") == {("induction", "12.5 mg"), ("maintenance", "5 mg")}
    assert found("lenalidomide=50 % from maintenance C1: x") == {("induction", "25 mg"), ("maintenance", "5 mg")}
    assert found("lenalidomide=50 % from C2: x") == {("induction", "25 mg"), ("maintenance", "5 mg")}


def test_a_percentage_beside_a_rules_percentage_is_refused() -> None:
    liver = Patient(height_cm=180, weight_kg=80, liver="mild")
    assert amounts(dosed("krd", patient=liver), "carfilzomib")["C1D8"] == "40.5 mg"  # 75 % of 54 mg
    with pytest.raises(DoseError, match=r"reduced to 50 % \(low\): 75 % of the amount is asked for already \[unverified\]; keep one"):
        dosed("krd", "carfilzomib=50 %: low", patient=liver)
    # a level is a dose, of which the rule's percentage is taken: 75 % of 40 mg
    assert amounts(dosed("krd", "carfilzomib=level 1: low", patient=liver), "carfilzomib")["C1D8"] == "30 mg"


def test_without_dates() -> None:
    """2 m2: `dosing dose` has the dose before and after; from a date on it can't."""
    plan = load_regimen("krd")

    def lines(text: str) -> list[str]:
        found = plan.sheet(course=Course(patient=TWO, reductions=(parse_reduction(text),))).sheet.lines
        return [f"{line.where}: {line.amount}" for line in found if line.activity == "carfilzomib"]

    assert lines("carfilzomib=level 1 from C3: low") == ["C1 D1-2: 40 mg", "otherwise: 54 mg", "otherwise: 40 mg"]
    assert lines("carfilzomib=level 2: low") == ["C1 D1-2: 30 mg", "otherwise: 30 mg"]
    with pytest.raises(DoseError, match="there are no dates here; say from which cycle, such as C3"):
        lines("carfilzomib=level 1 from 2026-03-02: low")
    with pytest.raises(DoseError, match="the regimen gives no 'thalidomide'"):
        lines("thalidomide=50 %: low")
