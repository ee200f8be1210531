"""The machine of worked cases on a drug, and on what a row says: a wrong expectation must show, and a right one must not."""

from dataclasses import replace

import pytest

from dosing.cases.read import read_cases
from dosing.cases.run import run
from dosing.errors import RegimenFileError
from dosing.regimen.facts import Fact
from dosing.regimen.library import shipped_drug
from dosing.units import parse_quantity

# 1.3 mg/m2 at 2.0 m2 is 2.6 mg: 2.6 mL of 1 mg/mL, 1.04 mL of 2.5 mg/mL.
HEAD = """drug: bortezomib
cases:
  - name: one dose
    source: v-set
    bsa: 2.0
"""


def differences(lines: str) -> list[str]:
    return run(read_cases((HEAD + lines).encode(), file="bortezomib.cases.yaml"))


@pytest.mark.parametrize(
    "given",
    [
        "dose: 1.3 mg/m2, says: 'bortezomib 1.3 mg/m2: 2.6 mg'",
        "dose: 1.3 mg/m2, route: SC, says: 'SC: 1.04 mL at 2.5 mg/mL'",
        "dose: 1.4 mg/m2, says: 'WARN: bortezomib 1.4 mg/m2 is above the usual'",
        "dose: 13 mg/m2, fails: bortezomib.usual",
        "dose: 13 mg/m2, override: bortezomib.usual, says: 'OVERRIDDEN: bortezomib 13 mg/m2'",
        "says: 'time between doses: at least 72 hours (stop)'",
        "dose: 1.3 mg/m2, silent: 'WARN'",
    ],
)
def test_what_agrees(given: str) -> None:
    assert differences(written(given)) == []


@pytest.mark.parametrize(
    ("given", "difference"),
    [
        ("dose: 1.3 mg/m2, says: '2.7 mg'", "no line says '2.7 mg'"),
        ("dose: 1.3 mg/m2, route: SC, says: 'IV: 2.6 mL'", "no line says 'IV: 2.6 mL'"),
        ("dose: 1.3 mg/m2, fails: bortezomib.usual", "should have been refused for 'bortezomib.usual'"),
        ("dose: 13 mg/m2, fails: bortezomib.spacing", "refused, but 'bortezomib.spacing' is not named"),
        ("dose: 13 mg/m2, says: 26 mg", "can't be computed: bortezomib 13 mg/m2 is above the usual"),
        ("says: at least 71 hours", "no line says 'at least 71 hours'"),
        ("dose: 1.4 mg/m2, silent: 'above the usual'", "should not be said"),
    ],
)
def test_what_differs(given: str, difference: str) -> None:
    (found,) = differences(written(given))
    assert found.startswith("one dose: ")
    assert difference in found


def written(given: str) -> str:
    """The rest of a case: what is given, and at the end what is expected."""
    *before, last = given.split(", ")
    key, _, value = last.partition(": ")
    expected = f"[{value}]" if key in ("says", "silent") else value
    return "".join(f"    {each}\n" for each in before) + f"    expect:\n      - {key}: {expected}\n"


def test_infusion_and_time_are_those_of_the_case() -> None:
    text = """drug: isatuximab
cases:
  - {name: second, source: san-isa, weight: 70 kg, dose: 10 mg/kg, infusion: 2, over: 75 min,
     expect: [says: ['113 min in all (112.5), but the regimen states 75 min']]}
"""
    assert run(read_cases(text.encode(), file="isatuximab.cases.yaml")) == []
    (found,) = run(read_cases(text.replace("infusion: 2", "infusion: 3").encode(), file="isatuximab.cases.yaml"))
    assert "no line says" in found


def test_another_drug_in_place_of_the_shipped_one() -> None:
    cases = read_cases((HEAD + written("dose: 1.3 mg/m2, says: 'bortezomib 1.3 mg/m2: 2.6 mg'")).encode(), file="bortezomib.cases.yaml")
    coarse = replace(shipped_drug("bortezomib"), precision=Fact(parse_quantity("1 mg", "mass"), "mine"))
    assert run(cases) == []
    assert len(run(cases, drug=coarse)) == 1


def test_a_drug_case_has_no_start() -> None:
    with pytest.raises(RegimenFileError, match=r"cases\[1\].start: unknown key"):
        differences("    start: 2026-01-05\n" + written("says: 72 hours"))


@pytest.mark.parametrize(("said", "differ"), [("75 % of the amount", 0), ("74 % of the amount", 1)])
def test_what_a_row_says_on_a_day(said: str, differ: int) -> None:
    text = f"""regimen: krd
cases:
  - name: reduced
    source: dc-k
    start: 2026-01-05
    bsa: 2.0
    cycles: 1
    reduce: ['carfilzomib=75 %: rash']
    expect:
      - activity: treatment.carfilzomib
        says: {{C1D8: {said}}}
"""
    assert len(run(read_cases(text.encode(), file="krd.cases.yaml"))) == differ


KRD = """regimen: krd
cases:
  - name: a cap
    source: dc-k
    start: 2026-01-05
    bsa: {bsa}
    cycles: 1
    expect: [{{activity: treatment.carfilzomib, silent: {{{when}: cap of 2.2 m2}}}}]
"""


@pytest.mark.parametrize(
    ("bsa", "when", "difference"),
    [("2.2", "C1D8", ""), ("2.21", "C1D8", "should not be said"), ("2.2", "C1D3", "treatment.carfilzomib C1D3: is not given")],
)
def test_what_a_row_must_not_say(bsa: str, when: str, difference: str) -> None:
    found = run(read_cases(KRD.format(bsa=bsa, when=when).encode(), file="krd.cases.yaml"))
    assert all(difference in each for each in found)
    assert bool(found) == bool(difference)
