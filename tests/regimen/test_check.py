"""What a regimen as a whole must make sense of: each rule once kept and once broken, and scopes against counting every cell."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosing.errors import RegimenError
from dosing.regimen.check import facts_of, problems_of
from dosing.regimen.choose import choose
from dosing.regimen.facts import Gap
from dosing.regimen.library import shipped_regimens
from dosing.regimen.model import Regimen
from dosing.regimen.read import read_regimen

Keys = dict[str, Any]

SOURCES = {"s": {"title": "S", "grade": "A"}}
DRUGS = {
    "mg-drug": {"source": "s", "routes": "PO", "precision": "0.5 mg"},
    "units-drug": {"source": "s", "routes": "IV", "precision": "100 units"},
    "free-drug": {"source": "s", "routes": "not-stated", "precision": "not-stated"},
}


def drug(**keys: Any) -> Keys:
    """A drug that makes sense, with keys replaced, or left out where None."""
    whole = {"drug": "dexamethasone", "dose": "40 mg", "route": "PO", "days": "1 8"} | keys
    return {key: value for key, value in whole.items() if value is not None}


def phase(*give: Keys, **keys: Any) -> Keys:
    """Six cycles of 28 days, with keys replaced, or left out where None."""
    whole = {"id": "p", "cycle": "28 days", "repeat": "6", "give": list(give or [drug()])} | keys
    return {key.removesuffix("_"): value for key, value in whole.items() if value is not None}


def single(*give: Keys, **keys: Any) -> Keys:
    return phase(*give, **({"cycle": None, "repeat": None} | keys))


def visits(*at: str, **keys: Any) -> Keys:
    return {"id": "v", "visits": [{"what": f"Visit {number}", "at": text} for number, text in enumerate(at, 1)]} | keys


def regimen(*phases: Keys, **keys: Any) -> Regimen:
    whole = {
        "id": "x",
        "title": "X",
        "version": "1",
        "checked": "2026-11-21",
        "source": "s",
        "sources": SOURCES,
        "drugs": DRUGS,
        "phases": list(phases),
    } | keys
    return read_regimen(json.dumps(whole).encode(), file="x.yaml")


def wrong(*phases: Keys, **keys: Any) -> list[str]:
    """The problems, as `path: message`."""
    return [f"{problem.path}: {problem.message}" for problem in problems_of(regimen(*phases, **keys), file="x.yaml")]


def written_wrong(*phases: Keys, **keys: Any) -> list[str]:
    """The same of a file as it is written."""
    return [f"{problem.path}: {problem.message}" for problem in problems_of(regimen(*phases, **keys), file="x.yaml", as_written=True)]


# -- names --------------------------------------------------------------------------------------------------------


def test_the_example_makes_sense() -> None:
    assert wrong(phase()) == []


def test_problems_have_the_file_and_no_line() -> None:
    (problem,) = problems_of(regimen(), file="x.yaml")
    assert (problem.file, problem.line, problem.path, problem.message) == ("x.yaml", 0, "phases", "a regimen has at least one phase")


@pytest.mark.parametrize(
    ("phases", "keys", "found"),
    [
        ([phase(), phase()], {}, ["p: two phases have this id"]),
        ([phase(), phase(id="q")], {}, []),
        ([phase()], {"aliases": ["a", "b", "a"]}, ["aliases.a: the alias is written twice"]),
        ([phase()], {"aliases": ["x"]}, ["aliases.x: the alias is written twice"]),
        ([phase()], {"aliases": ["a", "b"]}, []),
        ([phase(drug(), drug())], {}, ["p.dexamethasone: two activities of the phase have this id; give one of them another `id`"]),
        ([phase(drug(), drug(id="dex-2"))], {}, []),
        ([phase(drug(), drug(id="p"))], {}, ["p.p: this id is a phase's; give the activity another `id`"]),
        ([phase(), phase(drug(id="p"), id="q")], {}, ["q.p: this id is a phase's; give the activity another `id`"]),
        ([phase(), visits("end of p", id="visit-1")], {}, []),
        (
            [phase(), phase(id="q", assess=[{"what": "Dexamethasone", "days": "1"}], give=[drug(id="other")])],
            {},
            ["q.dexamethasone: this id already stands for another kind of thing (drug); choose another `id`"],
        ),
        (
            [phase(assess=[{"what": "Visit 1", "days": "1"}]), visits("end of p")],
            {},
            ["v.visit-1: this id already stands for another kind of thing (assessment); choose another `id`"],
        ),
        ([phase(assess=[{"what": "Blood", "days": "1"}]), phase(id="q", assess=[{"what": "Blood", "days": "1"}])], {}, []),
    ],
)
def test_ids(phases: list[Keys], keys: Keys, found: list[str]) -> None:
    assert wrong(*phases, **keys) == found


def test_an_activity_and_a_visit_of_one_phase_have_two_ids() -> None:
    found = wrong(phase(assess=[{"what": "Blood", "days": "1"}], visits=[{"what": "Blood", "at": "end of p"}]))
    assert "p.blood: two activities of the phase have this id; give one of them another `id`" in found


# -- sources and drugs --------------------------------------------------------------------------------------------

MISSING = "the source 'gone' is not in the bibliography; add it to `sources`"


@pytest.mark.parametrize(
    ("phases", "keys", "found"),
    [
        (
            [phase(drug(source="gone"))],
            {},
            ["p.dexamethasone.days", "p.dexamethasone.drug", "p.dexamethasone.dose", "p.dexamethasone.route"],
        ),
        ([phase(drug(dose={"C1": {"value": "20 mg", "source": "gone"}, "else": "40 mg"}))], {}, ["p.dexamethasone.dose"]),
        ([phase(cycle={"value": "28 days", "source": "gone"})], {}, ["p.cycle"]),
        (
            [phase(repeat=None, for_={"value": "1 year", "source": "gone"}, ends={"value": "cut at the day", "source": "gone"})],
            {},
            ["p.for", "p.ends"],
        ),
        ([phase(visits=[{"what": "Visit", "at": "end of p", "source": "gone"}])], {}, ["p.visit.at"]),
        ([phase()], {"variants": {"a": {"title": "A", "source": "gone", "set": {}}}}, ["variants.a"]),
        ([phase()], {"proxies": {"a": {"title": "A", "source": "gone", "because": "b", "set": {}}}}, ["proxies.a"]),
        ([phase()], {"derive": {"phase": "p", "replaces": "bortezomib", "source": "gone"}}, ["derive"]),
        (
            [phase()],
            {
                "derive": {
                    "phase": "p",
                    "replaces": "bortezomib",
                    "exposure": {"doses": "4", "of": "1 mg/m2", "within": "4 weeks", "source": "gone"},
                }
            },
            ["derive.exposure"],
        ),
        (
            [phase()],
            {"drugs": {"d": {"source": "gone", "routes": "PO", "precision": "1 mg"}}},
            ["drugs.d", "drugs.d.precision", "drugs.d.routes"],
        ),
        (
            [phase()],
            {"drugs": {"d": {"source": "s", "routes": "PO", "precision": "1 mg", "codes": {"atc": {"value": "L", "source": "gone"}}}}},
            ["drugs.d.codes.atc"],
        ),
        (
            [phase()],
            {"drugs": {"d": {"source": "s", "routes": "PO", "precision": "1 mg", "concentration": {"value": "1 mg/mL", "source": "gone"}}}},
            ["drugs.d.concentration"],
        ),
    ],
)
def test_every_source_is_known(phases: list[Keys], keys: Keys, found: list[str]) -> None:
    assert wrong(*phases, **keys) == [f"{path}: {MISSING}" for path in found]
    known = {"sources": SOURCES | {"gone": {"title": "G", "grade": "A"}}}
    assert wrong(*phases, **(keys | known)) == []


def test_the_source_of_the_whole() -> None:
    assert f"source: {MISSING}" in wrong(phase(), source="gone")


def test_a_user_s_own_value_needs_no_source() -> None:
    assert problems_of(choose(regimen(phase()), values={"dexamethasone.dose": "20 mg"}), file="x.yaml") == []


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({}, []),
        ({"drug": "not-stated", "id": "conditioning"}, []),
        ({"drug": "free-drug"}, []),
        (
            {"drug": "dexamethazone"},
            ["drug: there is no drug 'dexamethazone'; did you mean 'dexamethasone'? (add it to the regimen's own `drugs`)"],
        ),
        ({"route": "IV", "over": "30 min"}, []),
        ({"route": "IV", "over": "not-stated"}, []),
        ({"route": "IV"}, ["an IV drug needs `over`; write `over: not-stated` where the source gives no infusion time"]),
        ({"route": "PO or IV"}, ["an IV drug needs `over`; write `over: not-stated` where the source gives no infusion time"]),
        (
            {"route": {"C1": "IV", "else": "PO"}},
            ["an IV drug needs `over`; write `over: not-stated` where the source gives no infusion time"],
        ),
        ({"route": "not-stated"}, []),
        ({"drug": "bortezomib", "route": "IT", "dose": "1.3 mg/m2"}, ["route: IT is no route of bortezomib (IV or SC)"]),
        ({"drug": "bortezomib", "route": "SC", "dose": "1.3 mg/m2"}, []),
    ],
)
def test_drugs_and_routes(keys: Keys, found: list[str]) -> None:
    id = keys.get("id") or keys.get("drug", "dexamethasone")
    assert wrong(phase(drug(**keys))) == [
        f"p.{id}{':' if 'needs' in each else '.'}{' ' if 'needs' in each else ''}{each}" for each in found
    ]


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"over": "46 hours", "days": "1 3"}, []),
        ({"over": "24 hours", "days": "1-4"}, []),
        ({"over": "96 hours", "days": "1 5"}, []),
        ({"over": "96 hours", "days": "1"}, []),
        (
            {"over": "46 hours", "days": "1-2"},
            ["46 hours from day 1 still run when the next begin, 24 hours later; `days` says when each starts"],
        ),
        ({"over": "6 hours", "every": "6 hours"}, []),
        ({"over": "30 hours", "times": "1", "days": "1 3"}, []),
        (
            {"over": "7 hours", "every": "6 hours"},
            ["7 hours from day 1 still run when the next begin, 6 hours later; `days` says when each starts"],
        ),
        ({"over": "4 to 30 hours", "days": "1-2"}, []),
        ({"over": {"C1": "25 hours", "else": "1 hour"}, "days": {"C1": "1 3", "else": "1-2"}}, []),
        ({"over": "30 hours", "days": "1-2", "cycle": "21 days"}, ["30 hours from day 1 still run when the next begin, 24 hours later; "]),
    ],
)
def test_infusions_end_before_the_next(keys: Keys, found: list[str]) -> None:
    lines = wrong(phase(drug(route="IV", **keys)))
    assert len(lines) == len(found)
    assert all(line.startswith(f"p.dexamethasone.over: {each}") for line, each in zip(lines, found, strict=True))


# -- phases -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (phase(repeat="open"), []),
        (phase(repeat="not-stated"), []),
        (phase(repeat="open", continues="until progression", suggest="6"), []),
        (phase(repeat="not-stated", continues="until progression"), []),
        (phase(repeat=None, for_="24 months"), []),
        (phase(repeat=None, for_="24 months", ends="cut at the day"), []),
        (phase(repeat=None, until="2027-06-30", ends="whole cycles"), []),
        (single(), []),
        (single(for_="18 months", ends="cut at the day"), []),
        (single(until="2027-06-30"), []),
        (visits("start of treatment"), []),
        (phase(repeat=None), ["p: a phase with a cycle needs one of repeat, for and until; it has none"]),
        (phase(for_="24 months"), ["p: a phase with a cycle needs one of repeat, for and until; it has repeat and for"]),
        (
            phase(for_="24 months", until="2027-06-30"),
            ["p: a phase with a cycle needs one of repeat, for and until; it has repeat and for and until"],
        ),
        (single(repeat="6"), ["p: a phase without a cycle is bounded by `for` or `until`, or by its last day"]),
        (single(for_="1 year", until="2027-06-30"), ["p: a phase without a cycle is bounded by `for` or `until`, or by its last day"]),
        (phase(suggest="6"), ["p: `continues` and `suggest` belong to `repeat: open`"]),
        (phase(continues="for ever"), ["p: `continues` and `suggest` belong to `repeat: open`"]),
        (single(continues="for ever"), ["p: `continues` and `suggest` belong to `repeat: open`"]),
        (phase(ends="cut at the day"), ["p.ends: `ends` belongs to `for` and `until`"]),
        (visits("end of v", visits=[]), ["v: the phase is empty"]),
        (visits("start of treatment", cycle="28 days"), ["v: a phase with visits only has no cycle, no bounds and no start of its own"]),
        (visits("start of treatment", until="2027-06-30"), ["v: a phase with visits only has no cycle, no bounds and no start of its own"]),
        (visits("start of treatment", waits="a date"), ["v: a phase with visits only has no cycle, no bounds and no start of its own"]),
        (
            visits("start of treatment", start="start of treatment"),
            ["v: a phase with visits only has no cycle, no bounds and no start of its own"],
        ),
        (phase(order=["dexamethasone"]), []),
        (phase(order=["dexamethason"]), ["p.order: there is no activity 'dexamethason' in this phase"]),
    ],
)
def test_the_shape_of_a_phase(keys: Keys, found: list[str]) -> None:
    assert wrong(keys) == found


@pytest.mark.parametrize(
    ("phases", "found"),
    [
        ([phase(), visits("end of p + 28 days", "start of p", "end of treatment", "start of treatment", "not-stated")], []),
        ([visits("start of p + 1 week"), phase()], []),
        ([phase(), visits("end of q")], ["v.visit-1.at: there is no phase 'q'"]),
        ([phase(), visits("every week for 1 month after end of q")], ["v.visit-1.at: there is no phase 'q'"]),
        ([phase(), visits("end of v")], ["v.visit-1.at: 'v' holds visits only; it has no start and no end"]),
        ([phase(), phase(id="q", start="end of p + 28 days")], []),
        ([phase(), phase(id="q", start="start of treatment + 1 year")], []),
        ([phase(), phase(id="q", start="not-stated")], []),
        ([phase(), phase(id="q", start="end of r")], ["q.start: there is no phase 'r'"]),
        ([phase(), phase(id="q", start="end of q")], ["q.start: 'q' does not come before this phase"]),
        ([phase(start="end of q"), phase(id="q")], ["p.start: 'q' does not come before this phase"]),
        (
            [phase(), phase(id="q", start="end of treatment")],
            ["q.start: a phase can't start after the end of all treatment; name the phase it follows"],
        ),
        ([phase(id="treatment"), phase(id="q", start="end of treatment")], []),
        ([phase(), phase(id="q", waits="the transplant")], []),
        (
            [phase(), phase(id="q", waits="the transplant", start="end of p + 28 days")],
            ["q.start: a phase that waits for something has no other start; keep `waits` or `start`"],
        ),
        (
            [phase(), phase(id="q", waits="the transplant", start="not-stated")],
            ["q.start: a phase that waits for something has no other start; keep `waits` or `start`"],
        ),
    ],
)
def test_moments(phases: list[Keys], found: list[str]) -> None:
    assert wrong(*phases) == found


# The shortest month has 28 days, the shortest two 59, three 89 and six 181, and the shortest year 365.
@pytest.mark.parametrize(
    ("step", "lasting", "fits"),
    [
        ("3 months", "3 years", True),
        ("3 months", "3 months", True),
        ("3 months", "2 months", False),
        ("1 year", "12 months", True),
        ("13 months", "1 year", False),
        ("week", "1 week", True),
        ("8 days", "1 week", False),
        ("4 weeks", "1 month", True),
        ("29 days", "1 month", False),
        ("59 days", "2 months", True),
        ("60 days", "2 months", False),
        ("89 days", "3 months", True),
        ("90 days", "3 months", False),
        ("181 days", "6 months", True),
        ("26 weeks", "6 months", False),
        ("334 days", "11 months", True),
        ("335 days", "11 months", False),
        ("52 weeks", "1 year", True),
        ("365 days", "1 year", True),
        ("366 days", "1 year", False),
        ("424 days", "14 months", True),  # 365 + 59
        ("425 days", "14 months", False),
        ("month", "31 days", True),
        ("month", "30 days", False),
        ("3 months", "12 weeks", False),
    ],
)
def test_the_step_of_a_series_fits_into_its_length(step: str, lasting: str, fits: bool) -> None:
    for edge in ("after end of p", "from start of treatment"):
        found = wrong(phase(), visits(f"every {step} for {lasting} {edge}"))
        assert found == ([] if fits else [f"v.visit-1.at: a step of {written_step(step)} does not fit into {lasting}"])


def written_step(step: str) -> str:
    return step if step[0].isdigit() else f"1 {step}"


@pytest.mark.parametrize(
    ("cycle", "bound", "found"),
    [
        ({"C1-4": "42 days", "C5+": "28 days"}, {}, []),
        ({"C1-4": "42 days", "else": "28 days"}, {}, []),
        ({"odd": "42 days", "even": "28 days"}, {"repeat": "open"}, []),
        ({"C1-4": "42 days", "C6+": "28 days"}, {}, ["no scope covers cycle 5; add `else`"]),
        ({"C1-4": "42 days"}, {"repeat": "4"}, []),
        ({"C1-4": "42 days"}, {"repeat": "open"}, ["no scope covers cycle 5; add `else`"]),
        ({"C1-4": "42 days"}, {"repeat": None, "for": "2 years"}, ["no scope covers cycle 5; add `else`"]),
        ({"C1-4": "42 days", "C4+": "28 days"}, {}, ["the scopes C1-4 and C4+ both hold in cycle 4"]),
        ({"C1-6": "42 days", "C7+": "28 days"}, {}, ["the scope C7+ goes past the 6 cycles of the phase"]),
        ({"C1-6": "42 days"}, {}, []),
        ({"C1-7": "42 days"}, {}, ["the scope C1-7 goes past the 6 cycles of the phase"]),
        ({"C1": "not-stated", "else": "28 days"}, {}, []),
    ],
)
def test_cycles_of_changing_length(cycle: Keys, bound: Keys, found: list[str]) -> None:
    assert written_wrong(phase(cycle=cycle, **bound)) == [f"p.cycle: {each}" for each in found]


# -- days ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (phase(drug(days="28")), []),
        (phase(drug(days="29")), ["cycle 1: day 29 is past the end of a cycle of 28 days"]),
        (phase(drug(days={"C1-5": "1", "C6": "1-29"})), ["cycle 6: day 29 is past the end of a cycle of 28 days"]),
        (phase(drug(days="-2 1")), []),
        (phase(drug(days="0")), ["cycle 1: there is no day 0 in this phase; write `day_zero: yes` or `anchor: day 0` if there is"]),
        (phase(drug(days="0"), day_zero="yes"), []),
        (phase(drug(days="28"), cycle="1 month"), []),
        (phase(drug(days="29"), cycle="1 month"), ["cycle 1: day 29 is past the end of a cycle of 28 days"]),
        (phase(drug(days="1-42"), cycle={"C1-4": "42 days", "C5+": "28 days"}), ["cycle 5: day 42 is past the end of a cycle of 28 days"]),
        (phase(drug(days="90"), cycle="not-stated"), []),
        (phase(drug(days="daily"), cycle="not-stated"), []),
        (phase(drug(days="1 8 1")), ["cycle 1: days '1 8 1' name a day twice"]),
        (phase(drug(days="21", cycle="21 days")), []),
        (phase(drug(days="22", cycle="21 days")), ["cycle 1: day 22 is past the end of a cycle of 21 days"]),
        (phase(drug(days="42", cycle="42 days")), []),
        (phase(drug(days="daily", cycle="not-stated")), []),
        (phase(drug(days="0", cycle="21 days"), day_zero="yes"), ["cycle 1: there is no day 0"]),
        (phase(drug(days={"C1": "1", "C9": "8", "else": "none"}, cycle="21 days")), []),
        (single(drug(days="400")), []),
        (single(drug(days="daily")), ["the phase has no end of its own, so `daily` and `weekly` have none either; name the days"]),
        (single(drug(days="daily"), for_="18 months"), []),
        (single(drug(days="daily"), for_="not-stated"), []),
        (single(drug(days="daily"), until="2027-06-30"), []),
        (single(drug(days="15"), for_="2 weeks"), ["day 15 is past the end of a cycle of 14 days"]),
        (single(drug(days={"C2": "1", "else": "none"})), ["the scope C2 goes past the 1 cycles of the phase"]),
        (single(drug(days={"C1": "1"})), []),
        (phase(drug(days={"C1": "1 8", "C3+": "1"})), ["no scope covers cycle 2; add `else: none` if it is not given there"]),
        (phase(drug(days={"C1": "1 8", "else": "none"})), []),
        (phase(drug(days={"C1-3": "1 8", "C3+": "1"})), ["the scopes C1-3 and C3+ both hold in cycle 3"]),
        (phase(drug(days={"C1-6": "1 8", "C7+": "1"})), ["the scope C7+ goes past the 6 cycles of the phase"]),
        (phase(drug(days={"C1-6": "1 8", "C7+": "1"}), repeat="open"), []),
        (phase(drug(days={"C1-6": "1 8", "C7+": "1"}), repeat="up to 6"), ["the scope C7+ goes past the 6 cycles of the phase"]),
        (phase(drug(days={"C1-6": "1 8", "C7+": "1"}), repeat=None, for_="24 weeks"), []),
        (phase(drug(days={"C1": "1 8", "C2-6": "1"})), []),
        (phase(drug(days={"C1": "1 8", "C2-7": "1"})), ["the scope C2-7 goes past the 6 cycles of the phase"]),
        (phase(drug(days={"C1,3,5-7": "1 8", "else": "1"})), ["the scope C1,3,5-7 goes past the 6 cycles of the phase"]),
        (phase(drug(days={"every 3rd from C6": "1 8", "else": "1"})), []),
        (phase(drug(days={"every 3rd from C7": "1 8", "else": "1"})), ["the scope every 3rd from C7 goes past the 6 cycles of the phase"]),
        (phase(drug(days={"even": "1 8", "else": "1"}), repeat="1"), ["the scope even goes past the 1 cycles of the phase"]),
        (phase(drug(days="not-stated")), []),
    ],
)
def test_days(keys: Keys, found: list[str]) -> None:
    lines = written_wrong(keys)
    assert len(lines) == len(found)
    assert all(line.startswith(f"p.dexamethasone.days: {each}") for line, each in zip(lines, found, strict=True))


@pytest.mark.parametrize(
    ("dose", "days", "found"),
    [
        ({"C1 D1": "20 mg", "else": "40 mg"}, "1 8", []),
        ({"C1 D1": "20 mg"}, "1 8", ["no scope covers C1D8; add `else`"]),
        ({"D1": "20 mg", "D8": "40 mg"}, "1 8", []),
        ({"D1": "20 mg", "D8": "40 mg"}, "1 8 15", ["no scope covers C1D15; add `else`"]),
        ({"C1-5": "20 mg"}, "1 8", ["no scope covers C6D1; add `else`"]),
        ({"C1-5": "20 mg"}, {"C1-5": "1 8", "C6": "none"}, []),
        ({"D1-8": "20 mg", "D8": "40 mg"}, "1 8", ["the scopes D1-8 and D8 both hold in cycle 1"]),
        ({"C1 D1": "20 mg", "C1": "40 mg", "else": "10 mg"}, "1 8", ["the scopes C1 D1 and C1 both hold in cycle 1"]),
        ({"C1 D1": "20 mg", "C1 D8": "40 mg", "else": "10 mg"}, "1 8", []),
        ({"D1-2": "20 mg", "else": "40 mg"}, "1 8", ["the scope D1-2 names day 2, on which nothing is given there"]),
        ({"C2 D8": "20 mg", "else": "40 mg"}, {"C1": "1 8", "else": "1"}, ["the scope C2 D8 names day 8, on which nothing is given there"]),
        ({"D8": "20 mg", "else": "40 mg"}, {"C1": "1 8", "else": "1"}, []),
        ({"D8+": "20 mg", "else": "40 mg"}, "1 8", []),
        ({"D9+": "20 mg", "else": "40 mg"}, "1 8", ["the scope D9+ names day 9, on which nothing is given there"]),
        ({"D3": "20 mg", "else": "40 mg"}, "not-stated", []),
        ({"C1 D3": "20 mg", "else": "40 mg"}, {"C1": "not-stated", "else": "1 8"}, []),
        ({"C2 D3": "20 mg", "else": "40 mg"}, {"C1": "not-stated", "else": "1 8"}, ["the scope C2 D3 names day 3, on which"]),
        # the cycle in which these two meet, 5, is named by neither
        (
            {"every 2nd from C1": "20 mg", "every 3rd from C2": "30 mg", "else": "40 mg"},
            "1 8",
            ["the scopes every 2nd from C1 and every 3rd from C2 both hold in cycle 5"],
        ),
        (
            {"every 2nd from C1 D1-8": "20 mg", "every 3rd from C2 D8": "30 mg", "else": "40 mg"},
            "1 8",
            ["the scopes every 2nd from C1 D1-8 and every 3rd from C2 D8 both hold in cycle 5"],
        ),
        ({"every 2nd from C1 D1": "20 mg", "every 3rd from C2 D8": "30 mg", "else": "40 mg"}, "1 8", []),
    ],
)
def test_scopes_of_a_dose(dose: Keys, days: Any, found: list[str]) -> None:
    lines = wrong(phase(drug(dose=dose, days=days)))
    assert len(lines) == len(found)
    assert all(line.startswith(f"p.dexamethasone.dose: {each}") for line, each in zip(lines, found, strict=True))


SHORTENED = {
    "days": {"C1-4": "1", "C5-6": "1 8"},
    "dose": {"C5-6 D8": "20 mg", "C4-6 D1": "30 mg", "else": "40 mg"},
    "times": {"C2+ D8": "2", "else": "1"},
    "max": {"D8": "40 mg", "else": "60 mg"},
}


def test_a_choice_that_shortens_a_phase_leaves_scopes_past_its_end() -> None:
    whole = regimen(phase(drug(**SHORTENED), cycle={"C1-3": "28 days", "C4-6": "21 days"}))
    assert problems_of(whole, file="x.yaml", as_written=True) == []
    for count in ("6", "5", "4", "3", "1"):
        assert problems_of(choose(whole, values={"p.repeat": count}), file="x.yaml") == []
    made = choose(whole, values={"p.repeat": "1"})
    assert [f"{each.path}: {each.message}" for each in problems_of(made, file="x.yaml", as_written=True)] == [
        *(f"p.cycle: the scope {scope} goes past the 1 cycles of the phase" for scope in ("C1-3", "C4-6")),
        *(f"p.dexamethasone.days: the scope {scope} goes past the 1 cycles of the phase" for scope in ("C1-4", "C5-6")),
        *(f"p.dexamethasone.dose: the scope {scope} goes past the 1 cycles of the phase" for scope in ("C5-6 D8", "C4-6 D1")),
        "p.dexamethasone.times: the scope C2+ D8 goes past the 1 cycles of the phase",
    ]


@pytest.mark.parametrize(
    ("keys", "values", "found"),
    [
        # the lower dose of day 2 must not get lost with the day
        ({"days": "1 2", "dose": {"D1-2": "20 mg", "else": "40 mg"}}, {"dexamethasone.days": "1 8"}, "D1-2 names day 2,"),
        ({"days": "1 2", "dose": {"C1-6 D1-2": "20 mg"}}, {"dexamethasone.days": "1 8", "p.repeat": "3"}, "C1-6 D1-2 names day 2,"),
        # day 8 of a cycle that is cut off, in which it no longer fits, is none either
        (
            {"days": {"C1-4": "1", "else": "1 8"}, "dose": {"D8": "20 mg", "else": "40 mg"}},
            {"p.repeat": "4", "p.cycle": "7 days"},
            "D8 names day 8,",
        ),
        ({"days": {"C1-4": "1", "C5-6": "1 8"}, "dose": {"D8": "20 mg", "else": "40 mg"}}, {"p.repeat": "4", "p.cycle": "14 days"}, ""),
        ({"days": {"C1-4": "1", "C5-6": "not-stated"}, "dose": {"D8": "20 mg", "else": "40 mg"}}, {"p.repeat": "4"}, ""),
        ({"days": {"C1-4": "1", "C5-6": "not-stated"}, "dose": {"C1-4 D8": "20 mg", "else": "40 mg"}}, {"p.repeat": "4"}, "C1-4 D8 names"),
    ],
)
def test_a_choice_that_leaves_a_scope_without_its_day(keys: Keys, values: dict[str, str], found: str) -> None:
    if not found:
        assert problems_of(choose(regimen(phase(drug(**keys))), values=values), file="x.yaml") == []
        return
    with pytest.raises(RegimenError, match=f"p.dexamethasone.dose: the scope {found}"):
        choose(regimen(phase(drug(**keys))), values=values)


def test_a_rhythm_of_its_own_counts_its_own_cycles_past_those_of_the_phase() -> None:
    keys = {"days": {"C1-8": "1", "C9+": "1 8"}, "dose": {"C9+ D8": "20 mg", "else": "40 mg"}, "cycle": "14 days"}
    assert written_wrong(phase(drug(**keys), repeat="4")) == []


@pytest.mark.parametrize("field", ["dose", "route", "times", "max", "bsa_cap", "round"])
def test_every_scoped_field_is_looked_at(field: str) -> None:
    value = {"dose": "4 mg", "route": "PO", "times": "2", "max": "40 mg", "bsa_cap": "2.2 m2", "round": "4 mg"}[field]
    assert wrong(phase(drug(**{field: {"C1-5": value}}))) == [f"p.dexamethasone.{field}: no scope covers C6D1; add `else`"]
    assert wrong(phase(drug(**{field: {"C1-5": value, "else": value}}))) == []
    past = [f"p.dexamethasone.{field}: the scope C1-7 goes past the 6 cycles of the phase"]
    assert written_wrong(phase(drug(**{field: {"C1-7": value}}))) == past


def test_scopes_that_meet_only_after_ten_thousand_cycles_cost_no_time() -> None:
    dose = {"every 9973rd from C1": "20 mg", "every 9967th from C2": "30 mg", "every 9949th from C3": "40 mg", "else": "1 mg"}
    assert wrong(phase(drug(dose=dose), repeat="open")) == []


# -- doses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"dose": "27 mg/m2", "max": "60 mg", "round": "1 mg"}, []),
        ({"dose": "27 mg/m2", "max": "0.06 g"}, []),
        ({"dose": "20 to 45 mg/m2", "max": "90 mg"}, []),
        ({"dose": "AUC 5", "max": "750 mg"}, []),
        ({"dose": "not-stated", "max": "60 units"}, []),
        ({"dose": "27 mg/m2", "max": "not-stated"}, []),
        ({"dose": "27 mg/m2", "max": "60 units"}, ["max: 60 units is no mass, as the dose 27 mg/m2 is"]),
        ({"dose": "20 to 45 mg/m2", "max": "60 units"}, ["max: 60 units is no mass, as the dose 20 mg/m2 is"]),
        ({"dose": "AUC 5", "max": "60 units"}, ["max: 60 units is no mass, as the dose AUC 5 is"]),
        ({"dose": "27 mg/m2", "round": "1 mL"}, ["round: 1 mL is no mass, as the dose 27 mg/m2 is"]),
        ({"drug": "mg-drug", "dose": "5 mg/kg"}, []),
        ({"drug": "mg-drug", "dose": "6000 units/m2"}, ["dose: 6000 units/m2 can't be measured in steps of 0.5 mg (mg-drug); add `round`"]),
        ({"dose": "6000 units/m2", "round": "100 units"}, []),
        ({"drug": "units-drug", "dose": "6000 units/m2", "route": "IV", "over": "30 min"}, []),
        (
            {"drug": "units-drug", "dose": "6 mg", "route": "IV", "over": "30 min"},
            ["dose: 6 mg can't be measured in steps of 100 units (units-drug); add `round`"],
        ),
        ({"drug": "free-drug", "dose": "6000 units/m2"}, []),
        ({"dose": {"C1": "20 mg", "else": "100 units"}, "round": "1 mg"}, ["round: 1 mg is no activity, as the dose 100 units is"]),
    ],
)
def test_units_fit_together(keys: Keys, found: list[str]) -> None:
    id = keys.get("drug", "dexamethasone")
    assert wrong(phase(drug(**keys))) == [f"p.{id}.{each}" for each in found]


@pytest.mark.parametrize("field", ["dose", "days", "route"])
def test_by_variant_needs_variants(field: str) -> None:
    variants = {"a": {"title": "A", "set": {f"dexamethasone.{field}": {"dose": "4 mg", "days": "1", "route": "PO"}[field]}}}
    assert wrong(phase(drug(**{field: "by-variant"}))) == [f"p.dexamethasone.{field}: `by-variant`, but the regimen has no variants"]
    assert wrong(phase(drug(**{field: "by-variant"})), variants=variants) == []


@pytest.mark.parametrize(
    ("phases", "found"),
    [
        ([phase(), phase(drug(dose="as last of p"), id="q")], []),
        ([phase(), phase(drug(dose="as last of r"), id="q")], ["there is no 'dexamethasone' in a phase 'r' to take the dose from"]),
        (
            [phase(drug(id="dex")), phase(drug(dose="as last of p"), id="q")],
            ["there is no 'dexamethasone' in a phase 'p' to take the dose from"],
        ),
        ([phase(id="q", give=[drug(dose="as last of p")]), phase()], ["the phase 'p' does not come before this one"]),
        ([phase(id="q", give=[drug(dose="as last of q")])], ["the phase 'q' does not come before this one"]),
        (
            [phase(drug(id="steroid")), phase(drug(id="steroid", drug="prednisone", dose="as last of p"), id="q")],
            ["'steroid' is another drug in the phase 'p', so its dose can't be taken"],
        ),
    ],
)
def test_a_dose_as_in_another_phase(phases: list[Keys], found: list[str]) -> None:
    lines = [line.partition(": ")[2] for line in wrong(*phases)]
    assert lines == found


# -- derivation ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"phase": "p", "replaces": "bortezomib", "partners": ["melphalan"]}, []),
        ({"phase": "q", "replaces": "bortezomib"}, ["derive.phase: there is no phase 'q'"]),
        ({"phase": "p", "replaces": "bortezomip"}, ["derive.replaces: there is no drug 'bortezomip'"]),
        ({"phase": "p", "replaces": "bortezomib", "partners": ["sugar"]}, ["derive.partners: there is no drug 'sugar'"]),
    ],
)
def test_how_it_is_derived(keys: Keys, found: list[str]) -> None:
    lines = wrong(phase(), derive=keys)
    assert len(lines) == len(found)
    assert all(line.startswith(each) for line, each in zip(lines, found, strict=True))


# -- every fact ---------------------------------------------------------------------------------------------------


def test_facts_have_the_path_of_their_key() -> None:
    made = regimen(
        phase(drug(dose={"C1": "20 mg", "else": "not-stated"}), repeat=None, for_="1 year", ends="whole cycles"),
        visits("not-stated"),
    )
    paths = [path for path, _ in facts_of(made)]
    assert paths == [
        "p.cycle",
        "p.for",
        "p.ends",
        "p.dexamethasone.days",
        "p.dexamethasone.drug",
        "p.dexamethasone.dose",
        "p.dexamethasone.dose",
        "p.dexamethasone.route",
        "v.visit-1.at",
    ]
    assert [path for path, fact in facts_of(made) if fact.value is Gap.NOT_STATED] == ["p.dexamethasone.dose", "v.visit-1.at"]


def test_no_shipped_regimen_is_without_sense_however_it_is_chosen() -> None:
    for each in shipped_regimens():
        assert problems_of(each, file=each.id, as_written=True) == []
        for id in each.variants:
            assert problems_of(choose(each, variants=[id]), file=each.id) == []
        for id in each.proxies:
            assert problems_of(choose(each, proxies=[id]), file=each.id) == []


# -- scopes against every cell ------------------------------------------------------------------------------------

# Up to three scopes with steps up to 4 repeat after 12 cycles at most, and name no cycle after 30.
LAST_NAMED, FAR = 30, 60
DAYS = range(-3, 29)

spans = st.tuples(st.integers(1, LAST_NAMED), st.integers(1, LAST_NAMED) | st.none()).map(
    lambda ends: (min(ends), max(ends)) if ends[1] is not None else (ends[0], None)  # type: ignore[type-var]
)
cycle_parts = (
    st.none()
    | st.sampled_from(["odd", "even"])
    | st.tuples(st.integers(2, 4), st.integers(1, LAST_NAMED))
    | st.lists(spans, min_size=1, max_size=3)
)
day_spans = st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)).map(lambda ends: (min(ends), max(ends)))
day_parts = st.none() | st.lists(day_spans, min_size=1, max_size=2)
scopes = st.tuples(cycle_parts, day_parts).filter(any)


def written(scope: tuple[Any, Any]) -> str:
    cycles, days = scope
    parts = []
    if isinstance(cycles, str):
        parts.append(cycles)
    elif isinstance(cycles, tuple):
        parts.append(f"every {cycles[0]}th from C{cycles[1]}")
    elif cycles:
        parts.append("C" + ",".join(f"{first}+" if last is None else f"{first}-{last}" for first, last in cycles))
    if days:
        parts.append("D" + ",".join(f"{first} to {last}" for first, last in days))
    return " ".join(parts)


def holds_in(scope: tuple[Any, Any], cycle: int) -> bool:
    cycles, _ = scope
    if isinstance(cycles, str):
        return cycle % 2 == (1 if cycles == "odd" else 0)
    if isinstance(cycles, tuple):
        return cycle in range(cycles[1], FAR * 2, cycles[0])
    return cycles is None or any(first <= cycle and (last is None or cycle <= last) for first, last in cycles)


def last_named(scope: tuple[Any, Any]) -> int:
    """The last cycle that the scope names: of `odd` the first, of `C2,4-6` the sixth, of `C7+` the seventh."""
    cycles, _ = scope
    if isinstance(cycles, str):
        return 1 if cycles == "odd" else 2
    return cycles[1] if isinstance(cycles, tuple) else max((end for span in cycles or () for end in span if end), default=0)


def cells_of(scope: tuple[Any, Any], cycles: range) -> set[tuple[int, int]]:
    _, days = scope
    on = [day for day in DAYS if days is None or any(first <= day <= last for first, last in days)]
    return {(cycle, day) for cycle in cycles if holds_in(scope, cycle) for day in on}


@given(
    chosen=st.lists(scopes, min_size=1, max_size=3, unique_by=written),
    count=st.integers(1, 40) | st.none(),
    given_days=st.sets(st.integers(1, 28), min_size=1, max_size=4),
    rest=st.booleans(),
)
def test_overlap_gap_and_end_as_counted_cell_by_cell(
    chosen: list[tuple[Any, Any]], count: int | None, given_days: set[int], rest: bool
) -> None:
    cycles = range(1, (count or FAR) + 1)
    cells = [cells_of(scope, cycles) for scope in chosen]
    days = sorted(given_days)
    doses = {written(scope): "4 mg" for scope in chosen} | ({"else": "8 mg"} if rest else {})

    found = written_wrong(phase(drug(dose=doses, days=" ".join(map(str, days))), repeat="open" if count is None else str(count)))

    pairs = [(one, other) for one in range(len(chosen)) for other in range(one + 1, len(chosen))]
    overlaps = [(chosen[one], chosen[other]) for one, other in pairs if cells[one] & cells[other]]
    gaps = [cell for cell in ((cycle, day) for cycle in cycles for day in days) if not any(cell in each for each in cells)]
    past = [scope for scope in chosen if count is not None and last_named(scope) > count]
    idle = [(scope, day) for scope in chosen for day in sorted({end for span in scope[1] or () for end in span}) if day not in days]

    told = [line.removeprefix("p.dexamethasone.dose: ") for line in found]
    assert [line.partition(" both hold in ")[0] for line in told if "both hold" in line] == [
        f"the scopes {written(one)} and {written(other)}" for one, other in overlaps
    ]
    assert [line for line in told if "no scope covers" in line] == (
        [f"no scope covers C{gaps[0][0]}D{gaps[0][1]}; add `else`"] if gaps and not rest else []
    )
    assert [line for line in told if "goes past" in line] == [
        f"the scope {written(scope)} goes past the {count} cycles of the phase" for scope in past
    ]
    assert [line for line in told if "nothing is given" in line] == [
        f"the scope {written(scope)} names day {day}, on which nothing is given there" for scope, day in idle
    ]
    assert len(told) == sum("both hold" in line or "no scope" in line or "goes past" in line or "nothing is given" in line for line in told)


@given(
    chosen=st.lists(cycle_parts.filter(bool), min_size=1, max_size=3, unique_by=lambda part: written((part, None))),
    count=st.integers(1, 40) | st.none(),
)
def test_days_by_cycle_as_counted(chosen: list[Any], count: int | None) -> None:
    cycles = range(1, (count or FAR) + 1)
    parts = [(part, None) for part in chosen]
    found = wrong(phase(drug(days={written(part): "1" for part in parts}), repeat="open" if count is None else str(count)))
    doubled = any(sum(holds_in(part, cycle) for part in parts) > 1 for cycle in cycles)
    uncovered = next((cycle for cycle in cycles if not any(holds_in(part, cycle) for part in parts)), None)
    assert any("both hold" in line for line in found) == doubled
    assert [line for line in found if "no scope" in line] == (
        [f"p.dexamethasone.days: no scope covers cycle {uncovered}; add `else: none` if it is not given there"] if uncovered else []
    )


def test_a_drug_that_nobody_knows_is_an_error_of_the_regimen() -> None:
    with pytest.raises(RegimenError, match="there is no drug 'sugar'"):
        choose(regimen(phase()), values={"dexamethasone.drug": "sugar"})
