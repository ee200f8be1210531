"""The reader of worked histories and the machine that replays them: what is wrong must show, with its line, and what is right must not."""

from pathlib import Path

import pytest

from dosing.cases.histories import Histories, read_histories
from dosing.cases.replay import replay
from dosing.errors import RegimenFileError

EXAMPLES = sorted(Path(__file__).with_name("examples").glob("*.history.yaml"))
DOCS = Path(__file__).parents[2] / "docs" / "examples"

# Two cycles of 28 days at exactly 2.0 m2; the text ends with line 12.
HEAD = """
regimen: kd-weekly
histories:
  - name: a patient
    source: msc-k
    start: 2026-01-05
    height: 180 cm
    weight: 80 kg
    cycles: 2
    expect:
      - activity: treatment.carfilzomib
        dates: {C2D1: 2026-02-02}
    changes:
"""
DELAY = "{change: delay, on: 2026-02-01, reason: ANC 0.8, at: C2 D1, mode: all, by: 7 days, expect: [%s]}"
FROM_C2 = "{change: reduce, on: 2026-02-01, reason: ANC 0.8, drug: carfilzomib, to: 75 %%, since: C2, expect: [%s]}"
LATE = "{change: given, on: 2026-01-06, reason: snow, at: C1 D1 carfilzomib, date: 2026-01-06, amount: 40 mg, expect: [%s]}"


def read(*changes: str, head: str = HEAD) -> Histories:
    lines = "".join(f"      - {each}\n" for each in changes)
    return read_histories((head + (lines or "      []\n")).encode(), file="kd-weekly.history.yaml")


def problems(*changes: str, head: str = HEAD) -> list[str]:
    with pytest.raises(RegimenFileError) as error:
        read(*changes, head=head)
    return [str(problem) for problem in error.value.problems]


def dates(activity: str, expected: str) -> str:
    return f"{{activity: treatment.{activity}, dates: {expected}}}"


# -- reading ------------------------------------------------------------------------------------------------------


def test_a_history_is_a_start_and_its_changes() -> None:
    found = read(DELAY % dates("carfilzomib", "{C2D1: 2026-02-09}"), LATE % "")
    (history,) = found.histories
    assert (found.regimen, history.case.name, history.case.texts["cycles"], len(history.case.expect)) == ("kd-weekly", "a patient", "2", 1)
    first, second = history.steps
    assert (first.line, first.kind, str(first.on), first.reason) == (14, "delay", "2026-02-01", "ANC 0.8")
    assert (first.fields, len(first.expect)) == ({"at": "C2 D1", "mode": "all", "by": "7 days"}, 1)
    assert (second.line, second.expect) == (15, ())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((DELAY % "").replace("delay", "dealy"), "14: histories[1].changes[1].change: 'dealy' is no change (there are delay, hold, "),
        ((DELAY % "").replace("change: delay, ", ""), "14: histories[1].changes[1]: the key 'change' is missing"),
        ((DELAY % "").replace("reason: ANC 0.8, ", ""), "14: histories[1].changes[1]: the key 'reason' is missing"),
        ((DELAY % "").replace(", expect: []", ""), "14: histories[1].changes[1]: the key 'expect' is missing"),
        ((DELAY % "").replace("on: 2026-02-01, ", ""), "14: histories[1].changes[1]: the key 'on' is missing"),
        ((DELAY % "").replace("2026-02-01", "2026-02-30"), "14: histories[1].changes[1].on: "),
        ((DELAY % "").replace("at: C2 D1", "since: C2"), "14: histories[1].changes[1].since: unknown key"),
        ((DELAY % "").replace("change: delay", "change: [delay]"), "14: histories[1].changes[1].change: "),
        ("delay", "14: histories[1].changes[1]: must be a mapping"),
        (DELAY % "{dates: {C2D1: 2026-02-09}}", "14: histories[1].changes[1].expect[1]: the key 'activity' is missing"),
    ],
)
def test_what_is_wrong_with_a_change_is_told_with_its_line(change: str, message: str) -> None:
    assert any(f"kd-weekly.history.yaml:{message}" in each for each in problems(change))


def test_all_problems_are_told_at_once() -> None:
    wrong = (DELAY % "").replace("delay", "dealy"), (DELAY % "").replace("2026-02-01", "tomorrow")
    found = problems(*wrong)
    assert [each.partition(": ")[0] for each in found] == ["kd-weekly.history.yaml:14", "kd-weekly.history.yaml:15"]


@pytest.mark.parametrize("key", ["reduce: ['carfilzomib=75 %: ANC 0.8']", "measured: [2026-02-02 weight=60kg]", "phase: [treatment]"])
def test_what_a_plan_s_head_can_t_say_is_refused_rather_than_left_out(key: str) -> None:
    (found,) = problems(head=HEAD.replace("    cycles: 2", f"    {key}"))
    assert "9: " in found
    assert "unknown key" in found


def test_a_history_needs_a_start() -> None:
    assert any("the key 'start' is missing" in each for each in problems(head=HEAD.replace("    start: 2026-01-05\n", "")))


def test_a_file_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(RegimenFileError):
        read_histories(b"a: [", file="x.history.yaml")


# -- replaying ----------------------------------------------------------------------------------------------------


def test_a_right_history_has_no_difference() -> None:
    moved, kept = dates("carfilzomib", "{C1D15: 2026-01-19, C2D1: 2026-02-09}"), dates("dexamethasone", "{C1D22: 2026-01-26}")
    assert (
        replay(read(DELAY % f"{moved}, {kept}", FROM_C2 % "{activity: treatment.carfilzomib, amounts: {C1D8: 140 mg, C2D1: 105 mg}}")) == []
    )


def test_a_wrong_start_shows_with_its_line() -> None:
    (found,) = replay(read(head=HEAD.replace("2026-02-02", "2026-02-03")))
    assert found == "a patient: line 11: treatment.carfilzomib date C2D1: expected {'2026-02-03'}, got {'2026-02-02'}"


def test_a_difference_shows_with_its_line_and_the_changes_after_it_count_all_the_same() -> None:
    wrong = DELAY % dates("carfilzomib", "{C2D1: 2026-02-02}")
    again = (DELAY % dates("carfilzomib", "{C2D1: 2026-02-16}")).replace("2026-02-01", "2026-02-09")
    found = replay(read(wrong, again))
    assert found == ["a patient: line 14: treatment.carfilzomib date C2D1: expected {'2026-02-02'}, got {'2026-02-09'}"]


@pytest.mark.parametrize(
    ("change", "right", "wrong"),
    [
        (
            "hold, on: 2026-01-19, reason: x, drug: carfilzomib, since: 2026-01-19",
            "status: {C1D8: planned, C1D15: held}",
            "status: {C1D15: planned}",
        ),
        (
            "delay, on: 2026-01-19, reason: x, at: C2, mode: all, by: 1 day",
            "planned: {C1D15: not moved, C2D1: 2026-02-02}",
            "planned: {C2D1: not moved}",
        ),
        (
            "given, on: 2026-01-05, reason: x, at: C1 D1 carfilzomib, date: 2026-01-05, amount: 39 mg",
            "given: {C1D1: 39 mg on 2026-01-05, C1D8: not given}",
            "given: {C1D1: 40 mg on 2026-01-05}",
        ),
    ],
)
def test_what_comes_of_changes_is_held_against_the_program(change: str, right: str, wrong: str) -> None:
    step = f"{{change: {change}, expect: [{{activity: treatment.carfilzomib, %s}}]}}"
    assert replay(read(step % right)) == []
    (found,) = replay(read(step % wrong))
    assert found.startswith(f"a patient: line 14: treatment.carfilzomib {wrong.partition(':')[0]} C")


def test_a_refusal_that_was_expected() -> None:
    at_c9 = (DELAY % "{fails: there is no cycle 9}").replace("C2 D1", "C9 D1")
    after = DELAY % dates("carfilzomib", "{C2D1: 2026-02-09}")
    assert replay(read(at_c9, after)) == []


def test_a_refused_change_changes_nothing_and_that_can_be_looked_at() -> None:
    refused = (DELAY % f"{{fails: there is no cycle 9}}, {dates('carfilzomib', '{C2D1: 2026-02-09}')}").replace("C2 D1", "C9 D1")
    (found,) = replay(read(refused))
    assert "expected {'2026-02-09'}, got {'2026-02-02'}" in found


def test_a_refusal_with_another_text_shows() -> None:
    (found,) = replay(read((DELAY % "{fails: there is no cycle 8}").replace("C2 D1", "C9 D1")))
    assert found.startswith("a patient: line 14: refused, but 'there is no cycle 8' is not named: change 1 (delay) can't be made: ")


def test_a_refusal_that_doesn_t_come_shows_and_the_change_does_not_count() -> None:
    never = DELAY % "{fails: there is no cycle 2}"
    found = replay(read(never, DELAY % dates("carfilzomib", "{C2D1: 2026-02-09}")))
    assert found == ["a patient: line 14: should have been refused for 'there is no cycle 2'"]


def test_a_refusal_that_nobody_expected_shows() -> None:
    (found,) = replay(read((DELAY % "").replace("C2 D1", "C9 D1")))
    assert found.startswith("a patient: line 14: refused: change 1 (delay) can't be made: ")


def test_fields_that_do_not_go_together_are_refused_when_replayed() -> None:
    (found,) = replay(read((DELAY % "").replace("by: 7 days", "by: 7 days, to: 2026-02-09")))
    assert found == "a patient: line 14: refused: delay: give exactly one of by, to"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("regimen: kd-weekly", "regimen: kd-wekly", "kd-wekly"),
        ("    weight: 80 kg\n", "", "weight"),
        ("    cycles: 2\n", "    cycles: 2\n    variant: arow\n", "arow"),
    ],
)
def test_a_start_that_can_t_be_drawn_is_one_difference(old: str, new: str, message: str) -> None:
    (found,) = replay(read(DELAY % "", head=HEAD.replace(old, new)))
    assert found.startswith("a patient: can't be drawn: ")
    assert message in found


def test_choices_reach_and_practice_of_the_start_are_used() -> None:
    head = HEAD.replace("kd-weekly", "krd-asct").replace("source: msc-k", "source: krd-asct-record")
    head = head.replace("    cycles: 2\n", "    variant: [label-start]\n    until: 2026-08-03\n    phase_start: {transplant: 2026-08-03}\n")
    head = head.replace("treatment.carfilzomib", "transplant.infusion").replace("C2D1: 2026-02-02", "D0: 2026-08-03")
    assert replay(read(head=head)) == []


def test_after_a_dose_that_was_given_limits_are_looked_at_and_one_that_stops_is_no_refusal() -> None:
    head = HEAD.replace("kd-weekly", "v-pld").replace("msc-k", "v-set").replace("    cycles: 2\n", "    prior: [anthracycline=211 mg/m2]\n")
    head = head.replace("carfilzomib", "bortezomib").replace("C2D1: 2026-02-02", "C1D4: 2026-01-08")
    pld = (
        "{change: given, on: 2026-01-08, reason: x, at: C1 D4 pegylated-liposomal-doxorubicin, date: 2026-01-08, amount: %s, expect: [%s]}"
    )
    row = "{activity: treatment.pegylated-liposomal-doxorubicin, %s: {C8D4: above the limit}}"
    assert replay(read(pld % ("58.1 mg", row % "says"), head=head)) == []
    assert replay(read(pld % ("58 mg", row % "silent"), head=head)) == []
    # Given two days early: 48 hours after day 1, which is only planned.
    early = "{change: given, on: 2026-01-07, reason: x, at: C1 D4 bortezomib, date: 2026-01-07, amount: 2.6 mg, expect: [%s]}"
    given = "{activity: treatment.bortezomib, given: {C1D4: %s on 2026-01-07}}"
    assert replay(read(early % (given % "2.6 mg"), head=head)) == []
    (found,) = replay(read(early % (given % "2.5 mg"), head=head))
    assert "line 14" in found


def test_the_path_of_a_file_goes_before_the_shipped_regimen(tmp_path: Path) -> None:
    path = tmp_path / "kd-weekly.yaml"
    path.write_text(
        "id: kd-weekly\ntitle: Slower\nversion: 1\nchecked: 2026-11-21\nsource: msc-k\nphases:\n  - id: treatment\n    cycle: 35 days\n"
        "    repeat: 2\n    give: [{drug: carfilzomib, dose: 20 mg/m2, route: IV, over: 10 min, days: 1}]\n",
        encoding="utf-8",
    )
    head = HEAD.replace("C2D1: 2026-02-02", "C2D1: 2026-02-09")
    assert replay(read(head=head), regimen=str(path)) == []
    assert len(replay(read(head=head))) == 1


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_program_agrees_with_the_histories_of_the_examples(path: Path) -> None:
    histories = read_histories(path.read_bytes(), file=path.name)
    assert len(histories.histories[0].steps) > 2
    assert replay(histories, regimen=str(DOCS / f"{histories.regimen}.yaml")) == []


def test_examples_with_histories() -> None:
    assert [path.name.partition(".")[0] for path in EXAMPLES] == ["mfolfox6", "teclistamab", "venetoclax"]
