"""Kinds of change: how the text of each field is read, its normal form, and what must stand together."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosing.dose.reduction import Since, parse_reduction
from dosing.plan.kinds import KINDS, MODES, parse_at, parse_by, parse_definition, parse_since
from dosing.schedule.changes import Mode, Where

HASH = "sha256:" + "0123456789abcdef" * 4


def wrong(kind: str, **fields: str) -> list[tuple[str, str]]:
    return list(KINDS[kind].problems(fields))


def normal(kind: str, **fields: str) -> dict[str, str]:
    assert wrong(kind, **fields) == []
    return KINDS[kind].normal(fields)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("C2", Where(cycle=2)),
        ("C2 D1", Where(cycle=2, day=1)),
        ("C2D1", Where(cycle=2, day=1)),
        ("D8", Where(day=8)),
        ("D0 infusion", Where(day=0, activity="infusion")),
        ("transplant D-2 melphalan", Where("transplant", day=-2, activity="melphalan")),
        ("induction C2 D8 carfilzomib", Where("induction", 2, 8, "carfilzomib")),
        ("induction C12", Where("induction", 12)),
        ("C2 carfilzomib", Where(cycle=2, activity="carfilzomib")),
        ("follow-up visit 3", Where("follow-up", activity="visit", n=3)),
        ("follow-up 3", Where(activity="follow-up", n=3)),
        ("induction response", Where("induction", activity="response")),
        ("response-60", Where(activity="response-60")),
        ("part-2 C1 D1", Where("part-2", 1, 1)),
    ],
)
def test_places(text: str, where: Where) -> None:
    assert parse_at(text) == where
    assert parse_at(str(where)) == where


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "C0",
        "C2 D",
        "C2 D01",
        "C10000",
        "C2 D1 D8",
        "C2 D1 a b",
        "a b C2",
        "a b c",
        "a b c 3",
        "a b 0",
        "A",
        "C2  D1",
        "C2 D1 3 4",
        "-1",
    ],
)
def test_no_places(text: str) -> None:
    with pytest.raises(ValueError, match="names no entry"):
        parse_at(text)


IDS = st.from_regex(r"[a-z]{1,6}(-[a-z0-9]{1,4})?", fullmatch=True)
NUMBERS = st.integers(1, 9999)
PLACES = st.one_of(
    st.builds(Where, phase=st.one_of(st.just(""), IDS), cycle=NUMBERS, day=st.none() | st.integers(-30, 999), activity=st.just("") | IDS),
    st.builds(Where, phase=st.just("") | IDS, day=st.integers(-30, 999), activity=st.just("") | IDS),
    st.builds(Where, phase=st.just("") | IDS, activity=IDS, n=st.none() | NUMBERS),
)


@given(PLACES)
def test_every_place_is_read_as_it_is_written(where: Where) -> None:
    assert parse_at(str(where)) == where


@pytest.mark.parametrize(("text", "days"), [("7 days", 7), ("1 day", 1), ("7d", 7), ("1 week", 7), ("2w", 14), ("9999 days", 9999)])
def test_lengths_of_a_delay(text: str, days: int) -> None:
    assert parse_by(text) == days
    assert normal("delay", at="C2", mode="all", by=text)["by"] == ("1 day" if days == 1 else f"{days} days")


@pytest.mark.parametrize("text", ["", "7", "0 days", "-7 days", "1 month", "7.5 days", "10000 days", "\u0667 days"])
def test_no_lengths_of_a_delay(text: str) -> None:
    with pytest.raises(ValueError, match="number of days above zero"):
        parse_by(text)


@pytest.mark.parametrize("text", ["C3", "C3 D8", "C3D8", "maintenance C3", "maintenance C3 D8", "2026-03-02"])
def test_since_is_read_as_reductions_read_it(text: str) -> None:
    assert parse_since(text) == parse_reduction(f"carfilzomib = level 1 from {text}: rash").since
    assert normal("restore", drug="carfilzomib", since=text)["since"] == str(parse_since(text))


def test_a_since_that_is_none() -> None:
    with pytest.raises(ValueError, match="'D8' is not a date; write it as 2026-01-05, or as C3, C3 D8, `maintenance C3`"):
        parse_since("D8")
    assert parse_since("2026-03-02") == Since(day=date(2026, 3, 2))


def test_the_modes_of_a_delay() -> None:
    assert {name: normal("delay", at="C1", mode=name, by="1d")["mode"] for name in MODES} == {name: name for name in MODES}
    assert set(MODES.values()) == set(Mode)
    assert "none of the three modes of a delay (dose: this dose" in wrong("delay", at="C1", mode="this", by="1d")[0][1]


@pytest.mark.parametrize(
    ("text", "to"), [("level 1", "level 1"), ("level -2", "level 2"), ("75 %", "75 %"), ("75%", "75 %"), ("99.9 %", "99.9 %")]
)
def test_what_a_reduction_leads_to(text: str, to: str) -> None:
    assert normal("reduce", drug="carfilzomib", to=text, since="C3")["to"] == to
    assert parse_reduction(f"carfilzomib = {text}: x").to == to


@pytest.mark.parametrize("text", ["level 0", "level 10", "100 %", "0 %", "half", "120 %"])
def test_what_no_reduction_leads_to(text: str) -> None:
    assert [name for name, _ in wrong("reduce", drug="carfilzomib", to=text, since="C3")] == ["to"]


GOOD = {
    "delay": [{"at": "C2", "mode": "all", "by": "7 days"}, {"at": "C1D1", "mode": "dose", "to": "2026-01-06"}],
    "hold": [{"drug": "all", "since": "2026-02-02"}, {"drug": "carfilzomib", "since": "2026-02-02"}],
    "resume": [{"drug": "all", "since": "2026-02-09"}],
    "omit": [{"at": "C2D8 carfilzomib"}],
    "reduce": [{"drug": "carfilzomib", "to": "level 1", "since": "C3"}],
    "restore": [{"drug": "carfilzomib", "since": "C4 D8"}],
    "weigh": [{"since": "2026-02-02", "weight": "66kg"}, {"since": "2026-02-02", "height": "169"}],
    "lab": [
        {"since": "2026-02-02", "creatinine": "97umol/L"},
        {"since": "2026-02-02", "crcl": "45", "age": "67", "bilirubin": "34 umol/L", "dialysis": "no", "child_pugh": "B", "liver": "mild"},
    ],
    "given": [
        {"at": "C2D1 carfilzomib", "date": "2026-02-03", "amount": "46 mg"},
        {"at": "C2D8", "not_given": "yes"},
    ],
    "choose": [
        {"set": "harvest.days=14"},
        {"rule": "lenalidomide=eu", "weigh": "lenalidomide=more than 10 %"},
        {"sex": "female"},
    ],
    "override": [{"name": "weight"}, {"name": "carfilzomib.usual"}],
    "stop": [{"since": "2026-02-02"}],
    "phase": [{"phase": "transplant", "start": "2026-09-01"}, {"phase": "transplant", "skip": "yes"}],
    "undo": [{"undoes": "3"}],
    "upgrade": [{"version": "2", "definition": HASH}],
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_keeps_its_normal_form(kind: str) -> None:
    for fields in GOOD[kind]:
        assert list(normal(kind, **fields).items()) == list(fields.items())
        assert normal(kind, **dict(reversed(fields.items()))) == fields


@pytest.mark.parametrize(
    ("kind", "fields", "field", "says"),
    [
        ("delay", {"at": "C2", "mode": "all"}, "", "exactly one of by, to"),
        ("delay", {"at": "C2", "mode": "all", "by": "7d", "to": "2026-02-02"}, "", "exactly one of by, to"),
        ("delay", {"mode": "all", "by": "7d"}, "", "'at' is missing"),
        ("hold", {"drug": "All drugs", "since": "2026-02-02"}, "drug", "not an id"),
        ("hold", {"drug": "all", "since": "C2"}, "since", "not a date"),
        ("weigh", {"since": "2026-02-02"}, "", "at least one of weight, height"),
        ("weigh", {"since": "2026-02-02", "weight": "heavy"}, "weight", "can't be read"),
        ("lab", {"since": "2026-02-02"}, "", "at least one of creatinine"),
        ("lab", {"since": "2026-02-02", "creatinine": "97"}, "creatinine", "has no unit"),
        ("lab", {"since": "2026-02-02", "crcl": "x"}, "crcl", "creatinine clearance 'x'"),
        ("lab", {"since": "2026-02-02", "bilirubin": "34"}, "bilirubin", "with its unit"),
        ("lab", {"since": "2026-02-02", "bilirubin": "x mg/dL"}, "bilirubin", "with its unit"),
        ("lab", {"since": "2026-02-02", "dialysis": "maybe"}, "dialysis", "neither yes nor no"),
        ("lab", {"since": "2026-02-02", "child_pugh": "D"}, "child_pugh", "not one of A, B, C"),
        ("given", {"at": "C2D1"}, "", "exactly one of date, not_given"),
        ("given", {"at": "C2D1", "not_given": "yes", "amount": "46 mg"}, "amount", "stands only beside 'date'"),
        ("given", {"at": "C2D1", "date": "2026-02-02", "amount": "46 mg/m2"}, "amount", "flat amount"),
        ("given", {"at": "C2D1", "date": "2026-02-02", "amount": "0 mg"}, "amount", "above zero"),
        ("given", {"at": "C2D1", "date": "2026-02-02"}, "date", "stands only beside 'amount'"),
        ("given", {"at": "C2D1", "not_given": "no"}, "not_given", "leave it out"),
        ("choose", {}, "", "at least one of set, rule, weigh, sex"),
        ("choose", {"set": "harvest.days"}, "set", "the form A.F=VALUE"),
        ("choose", {"rule": "lenalidomide="}, "rule", "the form DRUG=GROUP"),
        ("choose", {"sex": "f"}, "sex", "not one of female, male"),
        ("override", {"name": "too much"}, "name", "no name of a stop"),
        ("phase", {"phase": "transplant"}, "", "exactly one of start, skip"),
        ("undo", {"undoes": "0"}, "undoes", "whole number from 1"),
        ("upgrade", {"version": "2", "definition": "sha256:12"}, "definition", "64 hexadecimal digits"),
    ],
)
def test_what_does_not_go_together(kind: str, fields: dict[str, str], field: str, says: str) -> None:
    [(where, message)] = wrong(kind, **fields)
    assert where == field
    assert says in message


def test_a_definition_is_a_whole_hash() -> None:
    assert parse_definition(HASH) == HASH
    with pytest.raises(ValueError, match="is not `sha256:`"):
        parse_definition(HASH.upper())
