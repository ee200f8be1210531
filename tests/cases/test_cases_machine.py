"""The machine that holds the program against worked cases: a wrong expectation of every kind must show, and a right one must not."""

from pathlib import Path

import pytest

from dosing.cases.read import read_cases
from dosing.cases.run import run
from dosing.errors import RegimenFileError

# Two cycles of krd-asct's induction at exactly 2.0 m2, and its transplant.
HEAD = """
regimen: krd-asct
cases:
  - name: a patient
    source: krd-asct-record
    start: 2026-01-05
    height: 180 cm
    weight: 80 kg
    variant: label-start
    phase_start: {transplant: 2026-08-03}
    proxy: [mel200-day-2]
    expect:
"""


def differences(*expected: str, head: str = HEAD, regimen: str = "") -> list[str]:
    lines = "".join(f"      - {each}\n" for each in expected)
    return run(read_cases((head + lines).encode(), file="krd-asct.cases.yaml"), regimen=regimen)


RIGHT_AND_WRONG = [
    ("{phase: induction, from: 2026-01-05}", "{phase: induction, from: 2026-01-06}"),
    ("{phase: induction, to: 2026-06-21}", "{phase: induction, to: 2026-06-20}"),
    ("{phase: induction, cycles: 6}", "{phase: induction, cycles: 5}"),
    ("{phase: maintenance}", "{phase: induction}"),
    ("{phase: transplant, from: 2026-08-03}", "{phase: maintenance, from: 2026-08-03}"),
    ("{activity: induction.carfilzomib, days: {C1-6: 1 2 8 9 15 16}}", "{activity: induction.carfilzomib, days: {C1-6: 1 2 8 9 15}}"),
    ("{activity: transplant.conditioning, days: {single: '-2'}}", "{activity: transplant.conditioning, days: {single: '-1'}}"),
    ("{activity: maintenance.lenalidomide, days: {C1: not-stated}}", "{activity: induction.lenalidomide, days: {C1: not-stated}}"),
    ("{activity: induction.carfilzomib, doses: {20 mg/m2: 2, 27 mg/m2: 34}}", "{activity: induction.carfilzomib, doses: {27 mg/m2: 34}}"),
    ("{activity: induction.carfilzomib, amounts: {C1D1: 40 mg}}", "{activity: induction.carfilzomib, amounts: {C1D8: 40 mg}}"),
    ("{activity: induction.carfilzomib, dates: {C6D16: 2026-06-09}}", "{activity: induction.carfilzomib, dates: {C7D1: 2026-06-22}}"),
    ("{activity: induction.carfilzomib, route: IV}", "{activity: induction.carfilzomib, route: PO}"),
    ("{activity: induction.carfilzomib, over: not-stated}", "{activity: induction.carfilzomib, over: 30 min}"),
    ("{activity: induction.carfilzomib, over: {C1D1: not-stated}}", "{activity: induction.carfilzomib, over: {C1D1: 30 min}}"),
    ("{activity: induction.carfilzomib, times: 1}", "{activity: induction.carfilzomib, times: 2}"),
    ("{activity: induction.carfilzomib, optional: no}", "{activity: induction.carfilzomib, optional: yes}"),
    ("{activity: transplant.infusion, on: [2026-08-03]}", "{activity: transplant.infusion, on: [2026-08-03, 2026-08-04]}"),
    ("{missing: [induction.harvest.days, maintenance.start, follow-up.start]}", "{missing: [induction.harvest.days]}"),
    ("{notes: [only if at least partial response, NCT02572492]}", "{notes: [only if at least partial response, NCT1]}"),
]


@pytest.mark.parametrize(("right", "wrong"), RIGHT_AND_WRONG)
def test_a_right_expectation_holds_and_a_wrong_one_shows(right: str, wrong: str) -> None:
    assert differences(right) == []
    found = differences(wrong)
    assert len(found) == 1
    assert found[0].startswith("a patient: line ")
    assert differences(right, wrong, right) == [found[0].replace("line 13", "line 14")]


@pytest.mark.parametrize("expected", ["{phase: inductoin}", "{activity: induction.carfilzomb, days: {C1: not-stated}}"])
def test_a_name_that_the_regimen_does_not_have_shows(expected: str) -> None:
    (found,) = differences(expected)
    assert "there is no" in found


def test_what_should_be_refused() -> None:
    head = HEAD.replace("    proxy: [mel200-day-2]\n", "").replace("krd-asct", "isa-kpd").replace("    variant: label-start\n", "")
    head = head.replace("    phase_start: {transplant: 2026-08-03}\n", "")
    assert differences("{fails: isatuximab.dose}", head=head) == []
    (other,) = differences("{fails: melphalan.dose}", head=head)
    assert "'melphalan.dose' is not named" in other
    (drawn,) = differences("{fails: carfilzomib.dose}", head=HEAD.replace("    expect:", "    phase: induction\n    expect:"))
    assert "should have been refused" in drawn


def test_a_case_that_can_t_be_drawn_is_a_difference() -> None:
    (found,) = differences("{phase: induction, cycles: 6}", head=HEAD.replace("label-start", "label-strat"))
    assert found.startswith("a patient: can't be drawn: there is no variant 'label-strat'")


def test_the_path_of_a_file_goes_before_the_shipped_regimen(tmp_path: Path) -> None:
    path = tmp_path / "twice.yaml"
    path.write_text(
        "id: twice\ntitle: Twice a day\nversion: 1\nchecked: 2026-11-21\nsource: dc-rev\nphases:\n  - id: p\n    cycle: 28 days\n"
        "    repeat: 1\n    give: [{drug: lenalidomide, dose: 5 mg, route: PO, days: 1-10, times: 2}]\n",
        encoding="utf-8",
    )
    head = "regimen: krd\ncases:\n  - name: a patient\n    source: dc-rev\n    start: 2026-01-05\n    expect:\n"
    assert differences("{activity: p.lenalidomide, doses: {5 mg: 20}, times: 2}", head=head, regimen=str(path)) == []


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ("{phase: induction, cycles: [6]}", "must be plain text"),
        ("{phase: [induction]}", "must be plain text"),
        ("{phase: induction, days: {C1: 1}}", "unknown key"),
        ("{activity: induction.carfilzomib, days: [1, 8]}", "must be a mapping"),
        ("{activity: induction.carfilzomib, route: [IV]}", "must be plain text or a mapping"),
        ("{activity: induction.carfilzomib, on: 2026-01-05}", "must be a list"),
        ("{activity: induction.carfilzomib, notes: [x]}", "unknown key"),
        ("{missing: induction.harvest.days}", "must be a list"),
        ("{notes: [a], fails: b}", "unknown key"),
        ("{days: {C1: 1}}", "the key 'activity' is missing"),
    ],
)
def test_an_expectation_of_the_wrong_shape_is_refused_when_read(expected: str, message: str) -> None:
    with pytest.raises(RegimenFileError) as error:
        differences(expected)
    assert message in str(error.value)


def test_a_case_without_a_start_is_refused_when_read() -> None:
    with pytest.raises(RegimenFileError, match="the key 'start' is missing"):
        differences("{phase: induction}", head=HEAD.replace("    start: 2026-01-05\n", ""))


def test_a_list_is_no_value_of_one_s_own() -> None:
    head = HEAD.replace("    expect:", "    set: {induction.carfilzomib.days: {C1-6: [1, 8]}}\n    expect:")
    (found,) = differences("{phase: induction, cycles: 6}", head=head)
    assert "must be plain text" in found


def test_values_of_one_s_own_are_written_as_in_a_regimen_file() -> None:
    own = "    set: {induction.carfilzomib.dose: {C1 D1-2: 20 mg/m2, else: {value: 56 mg/m2, source: dc-k}}}\n    expect:"
    head = HEAD.replace("    variant: label-start\n", "").replace("    expect:", own)
    assert differences("{activity: induction.carfilzomib, doses: {20 mg/m2: 2, 56 mg/m2: 34}}", head=head) == []
