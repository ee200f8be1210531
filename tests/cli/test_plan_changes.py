"""The changes of `dosing plan`: what is printed of each, what stands in the file, and what is refused with nothing written."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from dosing.plan.store import load

Run = Callable[..., Result]

NAME = "p017.plan.yaml"
ON = ("--on", "2026-02-01")
WHY = ("--reason", "ANC 0.8", *ON)


@pytest.fixture
def plan(run: Run) -> Callable[..., Result]:
    """Makes a plan of re-induction, transplant and maintenance from 5 January, and runs `dosing plan` on it."""
    made = run("plan", "new", "krd-asct", "--start", "2026-01-05", "--height", "170", "--weight", "70", "-o", NAME)
    assert made.exit_code == 0

    def change(command: str, *args: str) -> Result:
        return run("plan", command, NAME, *args)

    return change


def told(result: Result) -> list[str]:
    assert result.exit_code == 0, result.stderr
    return result.stdout.splitlines()


def fields() -> list[dict[str, str]]:
    """What stands in the log."""
    return [{"change": entry.kind, **entry.fields} for entry in load(Path(NAME)).log]


def entries(run: Run, *wanted: str) -> dict[str, str]:
    """The date and what follows it of each wanted `C1D8 carfilzomib`."""
    found = {}
    for line in run("schedule", NAME, "--format", "csv").stdout.splitlines():
        day, _, cycle, number, activity, *rest = line.split(",")
        name = f"C{cycle}D{number} {activity}" if cycle else f"D{number} {activity}"
        if name in wanted:
            found[name] = " ".join(filter(None, (day, rest[6], next((cell for cell in rest if cell in STATUSES), ""))))
    return found


STATUSES = ("planned", "held", "omitted", "stopped", "skipped", "given", "not-given", "ruled-out")


# -- dates --------------------------------------------------------------------------------------------------------


def test_delay(run: Run, plan: Callable[..., Result]) -> None:
    assert told(plan("delay", "--cycle", "2", "--by", "1 week", *WHY)) == [
        "change 1 on 2026-02-01 (ANC 0.8): induction C2D1 and all that follow, 7 days later, 2026-02-02 -> 2026-02-09 (156 entries)",
        "156 of 193 entries are other than before",
        "induction ends on 2026-06-28 rather than 2026-06-21",
    ]
    assert fields() == [{"change": "delay", "at": "induction C2", "mode": "all", "by": "7 days"}]
    lines = told(plan("delay", "--cycle", "2", "--day", "8", "--mode", "cycle", "--to", "2026-02-18", *WHY, "--author", "Dr. B"))
    assert lines[0].endswith("induction C2D8 and the rest of the cycle, 2 days later, 2026-02-16 -> 2026-02-18 (21 entries)")
    lines = told(plan("delay", "--cycle", "6", "--day", "22", "--drug", "dexamethasone", "--mode", "dose", "--by", "1d", *WHY))
    assert lines[1] == "1 of 193 entries are other than before"
    assert load(Path(NAME)).log[1].author == "Dr. B"
    assert entries(run, "C2D1 carfilzomib", "C2D8 carfilzomib", "C3D1 carfilzomib") == {
        "C2D1 carfilzomib": "2026-02-09 49.1 planned",
        "C2D8 carfilzomib": "2026-02-18 49.1 planned",
        "C3D1 carfilzomib": "2026-03-09 49.1 planned",
    }


def test_hold_and_resume(run: Run, plan: Callable[..., Result]) -> None:
    lines = told(plan("hold", "--drug", "Kyprolis", "--from", "2026-02-09", *WHY))
    assert lines == [
        "change 1 on 2026-02-01 (ANC 0.8): carfilzomib held from 2026-02-09 on (28 entries)",
        "28 of 193 entries are other than before",
    ]
    lines = told(plan("resume", "--drug", "carfilzomib", "--from", "2026-02-16", *WHY))
    assert lines[0].endswith("carfilzomib given again from 2026-02-16 on (26 entries)")
    assert entries(run, "C2D2 carfilzomib", "C2D8 carfilzomib", "C2D9 carfilzomib", "C2D15 carfilzomib") == {
        "C2D2 carfilzomib": "2026-02-03 49.1 planned",
        "C2D8 carfilzomib": "2026-02-09 held",
        "C2D9 carfilzomib": "2026-02-10 held",
        "C2D15 carfilzomib": "2026-02-16 49.1 planned",
    }
    # Left out, the day is the one on which it was decided.
    told(plan("hold", *WHY))
    assert fields()[-1] == {"change": "hold", "drug": "all", "since": "2026-02-01"}


def test_omit_stop_and_phase(run: Run, plan: Callable[..., Result]) -> None:
    lines = told(plan("omit", "--at", "C4 D8 dexamethasone", *WHY))
    assert lines == [
        "change 1 on 2026-02-01 (ANC 0.8): induction C4D8 dexamethasone (2026-04-06) omitted",
        "1 of 193 entries are other than before",
    ]
    told(plan("omit", "--at", "response", *WHY))
    result = plan("phase", "transplant", "--start", "2026-08-03", *WHY)
    assert told(result)[0] == "change 3 on 2026-02-01 (ANC 0.8): phase: transplant starts on 2026-08-03"
    # What the date brings up is said.
    assert "missing: transplant.conditioning.drug is not stated: dosing plan choose FILE --set conditioning.drug=" in result.stderr
    assert "missing: induction" not in result.stderr
    assert told(plan("phase", "maintenance", "--skip", *WHY))[0].endswith(
        "maintenance left out (0 entries, 1 without a date); what follows keeps its dates"
    )
    assert told(plan("stop", *WHY))[0].startswith("change 5 on 2026-02-01 (ANC 0.8): nothing is given from 2026-02-01 on (")
    assert entries(run, "C1D22 dexamethasone", "C2D1 dexamethasone") == {
        "C1D22 dexamethasone": "2026-01-26 40 planned",
        "C2D1 dexamethasone": "2026-02-02 stopped",
    }


def test_choose(plan: Callable[..., Result]) -> None:
    result = plan("choose", "--set", "harvest.days = 15", *WHY)
    assert told(result)[0] == "change 1 on 2026-02-01 (ANC 0.8): choose: set harvest.days=15"
    told(plan("choose", "--rule", "lenalidomide=eu", "--weigh", "each cycle", "--sex", "male", *WHY))
    assert fields() == [
        {"change": "choose", "set": "harvest.days=15"},
        {"change": "choose", "rule": "lenalidomide=eu", "weigh": "each cycle", "sex": "male"},
    ]


# -- amounts ------------------------------------------------------------------------------------------------------


def test_reduce_and_restore(run: Run, plan: Callable[..., Result]) -> None:
    assert told(plan("reduce", "--drug", "Kyprolis", "--to", "level 1", "--from", "C2", *WHY)) == [
        "change 1 on 2026-02-01 (ANC 0.8): reduce: carfilzomib to level 1 from C2",
        "30 of 193 entries are other than before",
        "carfilzomib reduced to level 1 from C2 (ANC 0.8; change 1 on 2026-02-01)",
    ]
    assert told(plan("restore", "--drug", "carfilzomib", "--from", "C3", *WHY)) == [
        "change 2 on 2026-02-01 (ANC 0.8): restore: carfilzomib to the full dose from C3",
        "24 of 193 entries are other than before",
        "carfilzomib at the full dose again from C3 (ANC 0.8; change 2 on 2026-02-01)",
    ]
    # 20 mg/m2 x 1.8181 m2 = 36.4 mg
    assert entries(run, "C1D16 carfilzomib", "C2D1 carfilzomib", "C3D1 carfilzomib") == {
        "C1D16 carfilzomib": "2026-01-20 49.1 planned",
        "C2D1 carfilzomib": "2026-02-02 36.4 planned",
        "C3D1 carfilzomib": "2026-03-02 49.1 planned",
    }


def test_weigh_says_what_each_rule_makes_of_it(plan: Callable[..., Result]) -> None:
    assert told(plan("weigh", "--weight", "60", "--from", "2026-02-09", *WHY)) == [
        "change 1 on 2026-02-01 (ANC 0.8): weigh: weight 60 kg, from 2026-02-09 on",
        "carfilzomib: weight of 2026-02-09 is -14.3 % since the start (within 20 %) [khcp-adm]: the size of the start is kept",
        "no entry is other than before",
    ]
    lines = told(plan("weigh", "--weight", "55kg", "--height", "170", "--from", "2026-02-16", *WHY))
    assert lines[:2] == [
        "change 2 on 2026-02-01 (ANC 0.8): weigh: weight 55kg, height 170 cm, from 2026-02-16 on",
        "carfilzomib: weight of 2026-02-16 is -21.4 % since the start (more than 20 %) [khcp-adm]: NEW SIZE from this dose",
    ]
    lines = told(plan("weigh", "--weight", "69", "--from", "2026-01-05", "--reason", "on the day", "--on", "2026-01-05"))
    assert lines[1] == "it is the size at the start on 2026-01-05"


def test_lab(run: Run, plan: Callable[..., Result]) -> None:
    told(plan("choose", "--rule", "lenalidomide=eu", *WHY))
    result = plan("lab", "--crcl", "45", "--dialysis", "no", "--from", "2026-02-05", *WHY)
    lines = told(result)
    assert lines[:2] == [
        "change 2 on 2026-02-01 (ANC 0.8): lab: crcl 45 mL/min, dialysis no, from 2026-02-05 on",
        "102 of 193 entries are other than before",
    ]
    assert any(line.startswith("from 2026-02-05 on: ") and "10 mg" in line for line in lines[2:])
    assert entries(run, "C2D3 lenalidomide", "C2D4 lenalidomide") == {
        "C2D3 lenalidomide": "2026-02-04 25 planned",
        "C2D4 lenalidomide": "2026-02-05 10 planned",
    }
    told(plan("lab", "--age", "60", *WHY))
    assert fields()[-1] == {"change": "lab", "since": "2026-02-01", "age": "60"}


def test_override(plan: Callable[..., Result]) -> None:
    assert told(plan("override", "carfilzomib.usual", *WHY))[0] == "change 1 on 2026-02-01 (ANC 0.8): override: carfilzomib.usual let pass"


# -- what was given -----------------------------------------------------------------------------------------------


def test_given_as_planned(plan: Callable[..., Result]) -> None:
    assert told(plan("given", "--cycle", "1", "--as-planned", *ON)) == [
        "change 1 on 2026-02-01 (recorded): given: induction C1D1 carfilzomib given on 2026-01-05, 49.1 mg",
        "change 2 on 2026-02-01 (recorded): given: induction C1D1 lenalidomide given on 2026-01-05, 25 mg",
        "change 3 on 2026-02-01 (recorded): given: induction C1D1 dexamethasone given on 2026-01-05, 40 mg",
        "3 of 193 entries are other than before",
    ]
    lines = told(plan("given", "--at", "C1 D8 carfilzomib", "--as-planned", "--date", "2026-01-13", "--reason", "snow", *ON))
    assert lines[0].startswith(
        "change 4 on 2026-02-01 (snow): induction C1D8 carfilzomib given on 2026-01-13, 1 day late (planned on 2026-01-12)"
    )
    assert [each["amount"] for each in fields()] == ["49.1 mg", "25 mg", "40 mg", "49.1 mg"]
    # The rest of a day of which something is recorded already.
    told(plan("given", "--at", "C1 D8", "--as-planned", *ON))
    assert [each["at"] for each in fields()[4:]] == ["induction C1D8 lenalidomide", "induction C1D8 dexamethasone"]


def test_given_in_another_amount_and_not_given(run: Run, plan: Callable[..., Result]) -> None:
    lines = told(plan("given", "--at", "C1 D1 carfilzomib", "--date", "2026-01-06", "--amount", "49mg", *ON))
    assert lines[0].startswith("change 1 on 2026-02-01 (recorded): induction C1D1 carfilzomib given on 2026-01-06, 1 day late")
    lines = told(plan("given", "--at", "C1 D8 dexamethasone", "--not-given", *ON))
    assert lines[0].startswith("change 2 on 2026-02-01 (recorded): induction C1D8 dexamethasone (2026-01-12) not given; ")
    assert entries(run, "C1D1 carfilzomib", "C1D8 dexamethasone") == {
        "C1D1 carfilzomib": "2026-01-05 49.1 given",
        "C1D8 dexamethasone": "2026-01-12 40 not-given",
    }
    assert fields()[1] == {"change": "given", "at": "induction C1D8 dexamethasone", "not_given": "yes"}


# A fifth of 49.1 mg is 9.82 mg.
@pytest.mark.parametrize(("amount", "loud"), [("58.92mg", False), ("58.93mg", True), ("39.28mg", False), ("39.27mg", True), ("49ug", True)])
def test_a_given_amount_far_from_the_planned_one_is_said_loudly(plan: Callable[..., Result], amount: str, loud: bool) -> None:
    lines = told(plan("given", "--at", "C1 D1 carfilzomib", "--date", "2026-01-05", "--amount", amount, *ON))
    assert (
        any(
            line.startswith("WARNING: C1D1 carfilzomib: ") and line.endswith("49.1 mg planned; look whether that is right")
            for line in lines
        )
        is loud
    )
    # It is said once.
    lines = told(plan("omit", "--at", "C1 D8 carfilzomib", *WHY))
    assert not any(line.startswith("WARNING") for line in lines)


def test_what_was_given_is_taken_where_a_limit_stops_the_rest(run: Run) -> None:
    assert (
        run("plan", "new", "vd", "--start", "2026-01-05", "--height", "170", "--weight", "70", "--cycles", "1", "-o", NAME).exit_code == 0
    )
    given = run("plan", "given", NAME, "--at", "C1 D4 bortezomib", "--date", "2026-01-07", "--amount", "2.4mg", *ON)
    assert told(given)[-1].startswith("WARNING: as it is now the plan can't be drawn: bortezomib ")
    for command in (["schedule"], ["summary"], ["calendar"], ["dose"], ["plan", "show"]):
        result = run(*command, NAME)
        assert (result.exit_code, result.stdout) == (6, "")
        assert "override bortezomib.spacing" in result.stderr
    assert "p017.plan.yaml: bortezomib" in run("check", NAME).stderr
    assert run("plan", "diff", NAME, "--since", "2026-01-31").exit_code == 0
    assert told(run("plan", "override", NAME, "bortezomib.spacing", *WHY))
    assert run("schedule", NAME).exit_code == 0


def test_an_optional_drug_is_recorded_only_where_it_is_named(run: Run) -> None:
    # From cycle 2 on dexamethasone is given if reactions recur.
    made = run("plan", "new", "k-20-27", "--start", "2026-01-05", "--height", "170", "--weight", "70", "--cycles", "2", "-o", NAME)
    assert made.exit_code == 0, made.stderr
    result = run("plan", "given", NAME, "--cycle", "2", "--as-planned", "--on", "2026-02-02")
    assert told(result)[-1] == "1 of 24 entries are other than before"
    assert "note: dexamethasone-at-need is optional and was not recorded; name it if it was given\n" in result.stderr
    assert [each["at"].split()[-1] for each in fields()] == ["carfilzomib"]
    told(run("plan", "given", NAME, "--cycle", "2", "--drug", "dexamethasone-at-need", "--as-planned", "--on", "2026-02-02"))
    assert [each["at"].split()[-1] for each in fields()] == ["carfilzomib", "dexamethasone-at-need"]


def test_an_amount_that_nobody_knows_is_not_recorded_as_planned(run: Run) -> None:
    assert run("plan", "new", "krd", "--start", "2026-01-05", "--cycles", "1", "-o", NAME).exit_code == 0
    result = run("plan", "given", NAME, "--cycle", "1", "--as-planned", *ON)
    assert result.exit_code == 6
    assert "treatment C1D1 carfilzomib has no planned amount (amount not computed: " in result.stderr
    assert fields() == []
    told(run("plan", "given", NAME, "--at", "C1D1 carfilzomib", "--date", "2026-01-05", "--amount", "36mg", *ON))


# -- undo ---------------------------------------------------------------------------------------------------------


def test_undo(run: Run, plan: Callable[..., Result]) -> None:
    before = run("schedule", NAME).stdout
    told(plan("delay", "--cycle", "2", "--by", "7d", *WHY))
    told(plan("omit", "--at", "C1 D8 carfilzomib", *WHY))
    assert told(plan("undo", *WHY)) == [
        "change 3 on 2026-02-01 (ANC 0.8): undo: takes back change 2 (omit: induction C1D8 carfilzomib omitted)",
        "1 of 193 entries are other than before",
    ]
    # The last that stands is now the first.
    assert told(plan("undo", *WHY))[0].endswith("takes back change 1 (delay: induction C2 and all that follow, 7 days later)")
    assert run("schedule", NAME).stdout == before
    result = plan("undo", *WHY)
    assert (result.exit_code, "there is no change to take back" in result.stderr) == (5, True)
    assert told(plan("undo", "4", *WHY))[0].endswith("takes back change 4 (undo)")
    assert "C2D1" in run("plan", "diff", NAME, "--since", "2026-01-31").stdout


# -- what is refused ----------------------------------------------------------------------------------------------

C2 = ("--cycle", "2")
D1 = ("--at", "C1D1 carfilzomib")


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["delay", *C2, "--by", "7d"], 2, "Missing option '--reason'"),
        (["delay", "--by", "7d", *WHY], 5, "say which entry"),
        (["delay", *C2, *D1, "--by", "7d", *WHY], 5, "say which entry"),
        (["delay", *C2, *WHY], 5, "exactly one of by, to"),
        (["delay", *C2, "--by", "7d", "--to", "2026-02-09", *WHY], 5, "exactly one of by, to"),
        (["delay", *C2, "--by", "0d", *WHY], 5, "by: '0d'"),
        (["delay", *C2, "--by", "9999w", *WHY], 5, "by: '9999w'"),
        (["delay", *C2, "--to", "x", *WHY], 5, "to: 'x' is not a date"),
        (["delay", *C2, "--by", "7d", "--mode", "x", *WHY], 5, "none of the three modes"),
        (["delay", "--cycle", "0", "--by", "7d", *WHY], 2, "--cycle"),
        (["delay", "--cycle", "9", "--by", "7d", *WHY], 5, "there is no cycle 9"),
        (["delay", *C2, "--day", "3", "--drug", "Kyprolis", "--by", "7d", *WHY], 5, "carfilzomib has no day 3 of C2"),
        (["delay", *C2, "--drug", "x", "--by", "7d", *WHY], 5, "'x' is not in the schedule"),
        (["delay", "--phase", "x", *C2, "--by", "7d", *WHY], 5, "there is no phase 'x'"),
        (["delay", "--at", "", "--by", "7d", *WHY], 5, "names no entry"),
        (["delay", *C2, "--by", "7d", "--reason", " ", *ON], 5, "the reason of a change is empty"),
        (["delay", *C2, "--by", "7d", "--reason", "a\x01b", *ON], 5, "control character U+0001"),
        (["delay", *C2, "--by", "7d", "--reason", "x", "--on", "x"], 5, "--on: 'x' is not a date"),
        (["hold", "--drug", "x", *WHY], 5, "'x' is not in the schedule"),
        (["hold", "--from", "x", *WHY], 5, "since: 'x' is not a date"),
        (["resume", *WHY], 5, "is not held"),
        (["omit", *C2, *WHY], 5, "say which one"),
        (["reduce", "--drug", "carfilzomib", "--to", "level 9", "--from", "C2", *WHY], 6, "no such level"),
        (["reduce", "--drug", "carfilzomib", "--to", "120 %", "--from", "C2", *WHY], 5, "reduces nothing"),
        (["reduce", "--drug", "carfilzomib", "--to", "75 %", "--from", "x", *WHY], 5, "since: 'x'"),
        (["reduce", "--drug", "x", "--to", "75 %", "--from", "C2", *WHY], 6, "the regimen gives no 'x'"),
        (["reduce", "--drug", "carfilzomib", "--to", "75 %", "--from", "C7", *WHY], 5, "induction has 6 cycles"),
        (["reduce", "--drug", "carfilzomib", "--to", "75 %", *WHY], 2, "Missing option '--from'"),
        (["restore", "--drug", "carfilzomib", "--from", "C2", *WHY], 6, "nothing to end"),
        (["weigh", *WHY], 5, "at least one of weight, height"),
        (["weigh", "--weight", "x", *WHY], 5, "weight 'x' can't be read"),
        (["weigh", "--weight", "7", *WHY], 4, "weight 7 kg is below 25 kg"),
        (["lab", *WHY], 5, "at least one of creatinine"),
        (["lab", "--creatinine", "1.8", *WHY], 5, "creatinine '1.8' has no unit"),
        (["lab", "--creatinine", "1.8mg/dL", *WHY], 4, "age and sex"),
        (["lab", "--crcl", "45", *WHY], 3, "(in a plan: `dosing plan choose` for --rule"),
        (["phase", "x", "--start", "2026-08-03", *WHY], 5, "no phase 'x'"),
        (["phase", "transplant", *WHY], 5, "exactly one of start, skip"),
        (["phase", "transplant", "--start", "2026-01-06", *WHY], 5, "can't start on 2026-01-06"),
        (["choose", *WHY], 5, "at least one of set, rule, weigh, sex"),
        (["choose", "--set", "x", *WHY], 5, "must have the form A.F=VALUE"),
        (["choose", "--rule", "x", *WHY], 5, "must have the form DRUG=GROUP"),
        (["override", "x", *WHY], 6, "no drug here has such a limit"),
        (["override", "x y", *WHY], 5, "no name of a stop"),
        (["stop", "--from", "x", *WHY], 5, "since: 'x' is not a date"),
        (["undo", "1", *WHY], 5, "there is no change 1"),
        (["undo", "0", *WHY], 2, "0 is not in the range"),
        (["undo", *WHY], 5, "there is no change to take back"),
        (["given", *D1, *ON], 5, "say one of --amount"),
        (["given", *D1, "--amount", "49mg", *ON], 5, "--amount needs --date"),
        (["given", *D1, "--date", "2026-01-05", *ON], 5, "say one of --amount"),
        (["given", *D1, "--as-planned", "--not-given", *ON], 5, "say one of --amount"),
        (["given", *D1, "--not-given", "--date", "2026-01-05", *ON], 5, "--not-given has no --date"),
        (["given", "--cycle", "1", "--date", "2026-01-05", "--amount", "49mg", *ON], 5, "say which drug"),
        (["given", *D1, "--date", "2026-01-05", "--amount", "49", *ON], 5, "amount: '49' is not a number with a unit"),
        (["given", *D1, "--date", "2026-01-05", "--amount", "49mL", *ON], 6, "can't be compared with it; give it in mg"),
        (["given", *D1, "--date", "2026-02-02", "--amount", "49mg", *ON], 5, "which is later"),
        (["given", "--at", "C2D1 carfilzomib", "--not-given", *ON], 5, "omit it if it will not be given"),
        (["given", "--at", "response", "--as-planned", *ON], 5, "no drug of that day is still to be given"),
        (["given", "--at", "x y z", "--as-planned", *ON], 5, "--at: 'x y z' names no entry"),
        (["given", "--cycle", "1", "--day", "25", "--as-planned", *ON], 5, "there is no day 25 of C1"),
        (["given", "--cycle", "2", "--as-planned", *ON], 5, "which is later"),
    ],
)
def test_what_is_refused_writes_nothing(plan: Callable[..., Result], args: list[str], code: int, says: str) -> None:
    before = Path(NAME).read_bytes()
    result = plan(*args)
    assert result.exit_code == code, (result.stdout, result.stderr)
    assert says in result.stderr
    assert result.stdout == ""
    assert Path(NAME).read_bytes() == before
    assert sorted(path.name for path in Path().iterdir()) == ["definitions", NAME]


@pytest.mark.parametrize("command", ["delay", "hold", "resume", "omit", "weigh", "lab", "given", "stop", "undo"])
def test_no_file_no_change(run: Run, command: str) -> None:
    where = {
        "delay": [*C2, "--by", "7d"],
        "omit": [*C2],
        "given": [*C2, "--as-planned"],
        "weigh": ["--weight", "60"],
        "lab": ["--crcl", "60"],
    }
    result = run("plan", command, "gone.plan.yaml", *where.get(command, []), "--reason", "x", *ON)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "can't read" in result.stderr
    assert list(Path().iterdir()) == []


def test_a_whole_day_as_planned_is_recorded_whole_or_not_at_all(run: Run, plan: Callable[..., Result]) -> None:
    """The second record of the day can't be made, so the first isn't either."""
    told(plan("given", "--at", "C1 D5 lenalidomide", "--as-planned", *ON))
    before = Path(NAME).read_bytes()
    result = plan("given", "--cycle", "1", "--as-planned", "--date", "2026-01-09", *ON)
    if result.exit_code:
        assert Path(NAME).read_bytes() == before
    assert run("schedule", NAME).exit_code == 0
