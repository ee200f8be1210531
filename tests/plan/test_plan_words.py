"""What a change says, in the words that the log and the head of a plan show."""

from datetime import date

import pytest

from dosing.plan.kinds import KINDS
from dosing.plan.model import Plan, append
from dosing.plan.words import in_words, short, with_unit

HASH = "sha256:" + "0123456789abcdef" * 4
HEAD = Plan(id="p017", regimen="krd-asct", version=1, definition=HASH, start=date(2026, 1, 5))

WORDS = [
    ("delay", {"at": "C2 D8", "mode": "all", "by": "7d"}, "C2D8 and all that follow, 7 days later"),
    ("delay", {"at": "C2 D8", "mode": "cycle", "by": "1 week"}, "C2D8 and the rest of its cycle, 7 days later"),
    ("delay", {"at": "C2 D8 carfilzomib", "mode": "dose", "to": "2026-02-12"}, "C2D8 carfilzomib alone, to 2026-02-12"),
    ("hold", {"drug": "all", "since": "2026-02-02"}, "every drug held from 2026-02-02 on"),
    ("hold", {"drug": "carfilzomib", "since": "2026-02-02"}, "carfilzomib held from 2026-02-02 on"),
    ("resume", {"drug": "all", "since": "2026-02-02"}, "every drug given again from 2026-02-02 on"),
    ("omit", {"at": "follow-up 3"}, "follow-up 3 omitted"),
    ("reduce", {"drug": "carfilzomib", "to": "level 1", "since": "C3"}, "carfilzomib to level 1 from C3"),
    ("reduce", {"drug": "carfilzomib", "to": "75%", "since": "2026-02-02"}, "carfilzomib to 75 % from 2026-02-02"),
    ("restore", {"drug": "carfilzomib", "since": "maintenance C3"}, "carfilzomib to the full dose from maintenance C3"),
    ("weigh", {"since": "2026-02-02", "weight": "66", "height": "5ft7in"}, "weight 66 kg, height 5ft7in, from 2026-02-02 on"),
    (
        "lab",
        {"since": "2026-02-02", "crcl": "45.5", "age": "70", "creatinine": "1.8mg/dL", "child_pugh": "B"},
        "creatinine 1.8mg/dL, crcl 45.5 mL/min, age 70 years, child pugh B, from 2026-02-02 on",
    ),
    ("given", {"at": "C1 D2 carfilzomib", "date": "2026-01-07", "amount": "49mg"}, "C1D2 carfilzomib given on 2026-01-07, 49 mg"),
    ("given", {"at": "C1 D2 carfilzomib", "not_given": "yes"}, "C1D2 carfilzomib not given"),
    ("choose", {"rule": "lenalidomide=us", "sex": "male"}, "rule lenalidomide=us, sex male"),
    ("override", {"name": "carfilzomib.usual"}, "carfilzomib.usual let pass"),
    ("stop", {"since": "2026-02-02"}, "nothing given from 2026-02-02 on"),
    ("phase", {"phase": "transplant", "start": "2026-08-03"}, "transplant starts on 2026-08-03"),
    ("phase", {"phase": "transplant", "skip": "yes"}, "transplant left out"),
    ("upgrade", {"version": "2", "definition": HASH}, "by version 2 (sha256:0123456789abcdef)"),
]


@pytest.mark.parametrize(("kind", "fields", "words"), WORDS)
def test_each_change_in_words(kind: str, fields: dict[str, str], words: str) -> None:
    [entry] = append(HEAD, on=HEAD.start, kind=kind, fields=fields, reason="why").log
    assert in_words(entry, [entry]) == words


def test_every_kind_has_words() -> None:
    assert {kind for kind, _, _ in WORDS} | {"undo"} == set(KINDS)


def test_an_undo_says_what_it_takes_back() -> None:
    plan = append(HEAD, on=HEAD.start, kind="omit", fields={"at": "C2 D8 carfilzomib"}, reason="why")
    plan = append(plan, on=HEAD.start, kind="undo", fields={"undoes": "1"}, reason="why")
    plan = append(plan, on=HEAD.start, kind="undo", fields={"undoes": "2"}, reason="why")
    found = [in_words(entry, plan.log) for entry in plan.log]
    assert found[1:] == ["takes back change 1 (omit: C2D8 carfilzomib omitted)", "takes back change 2 (undo)"]


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [("weight", "70", "70 kg"), ("weight", "154lb", "154lb"), ("bsa", "1.8", "1.8 m2"), ("sex", "female", "female"), ("gfr", "x", "x")],
)
def test_a_bare_number_has_the_unit_it_is_read_in(name: str, text: str, shown: str) -> None:
    assert with_unit(name, text) == shown


def test_a_definition_is_known_by_its_folder() -> None:
    assert short(HASH) == "sha256:0123456789abcdef"
