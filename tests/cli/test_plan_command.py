"""`dosing plan new`, `show`, `log`, `diff` and `upgrade`, and plan files wherever a regimen's id goes."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import Result
from icalendar import Calendar

import dosing
from dosing.plan.store import load

Run = Callable[..., Result]

START = ("--start", "2026-01-05")
SIZE = ("--height", "170", "--weight", "70")
EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "site"
NAME = "p017.plan.yaml"


def new(run: Run, *more: str, regimen: str = "krd", output: str = NAME) -> Result:
    """A plan of two cycles, unless it ends by itself."""
    cycles = () if regimen == "krd-asct" or "--cycles" in more else ("--cycles", "2")
    result = run("plan", "new", regimen, *START, *SIZE, *cycles, *more, "-o", output)
    assert result.exit_code == 0, result.stderr
    return result


def change(run: Run, *args: str, on: str = "2026-02-01", file: str = NAME) -> list[str]:
    result = run("plan", args[0], file, *args[1:], "--reason", "as it came", "--on", on)
    assert result.exit_code == 0, result.stderr
    return result.stdout.splitlines()


def delay(run: Run, *more: str, file: str = NAME) -> list[str]:
    return change(run, "delay", "--cycle", "2", "--by", "7d", *more, file=file)


def refused(run: Run, code: int, says: str, *args: str) -> str:
    """A command that fails with this code and text, and writes nothing."""
    before = tree()
    result = run(*args)
    assert result.exit_code == code, (result.stdout, result.stderr)
    assert says in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert tree() == before
    return result.stderr


def tree() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


# -- new ----------------------------------------------------------------------------------------------------------


def test_a_new_plan(run: Run) -> None:
    result = new(run)
    first, kept = result.stdout.splitlines()
    assert first == "p017.plan.yaml: krd version 1 from 2026-01-05, 62 entries, 2026-01-05 to 2026-02-23"
    plan = load(Path(NAME))
    assert kept == f"the regimen and its drugs as they are now are kept in definitions/{plan.definition[7:23]}"
    assert (plan.id, plan.regimen, plan.version, str(plan.start), plan.reach.cycles) == ("p017", "krd", 1, "2026-01-05", 2)
    assert dict(plan.patient.texts) == {"height": "170", "weight": "70"}
    assert plan.log == ()
    folder = Path("definitions") / plan.definition[7:23]
    drugs = {f"drugs/{id}.yaml" for id in ("carfilzomib", "dexamethasone", "lenalidomide")}
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml")} == {"regimen.yaml", *drugs}
    assert "note: treatment continues" in result.stderr


def test_of_two_plans_of_one_regimen_the_definition_is_kept_once(run: Run) -> None:
    new(run)
    assert len(new(run, output="p018.plan.yaml").stdout.splitlines()) == 1
    assert len(list(Path("definitions").iterdir())) == 1


def test_everything_that_a_head_holds(run: Run) -> None:
    shutil.copytree(EXAMPLE, "site")
    Path("patients").mkdir()
    more = ["--measured-on", "2026-01-02", "--age", "60", "--sex", "male", "--crcl", " 90 ", "--dialysis", "no", "--until", "2026-12-31"]
    more += ["--rule", "lenalidomide=us", "--weigh", "carfilzomib=each cycle", "--round", "carfilzomib=nearest 5 mg"]
    more += ["--site", "site/our-clinic.yaml", "--country", "US", "--move", "--bands", "site/tables/example-bands.csv"]
    more += ["--phase-start", "transplant=2026-08-03", "--override", "carfilzomib.usual", "--lost", "left hand", "--formula", "mosteller"]
    more += ["--variant", "label-start", "--proxy", "mel200-day-2", "--set", "harvest.days=15"]
    new(run, *more, regimen="krd-asct", output="patients/p017.plan.yaml")
    plan = load(Path("patients/p017.plan.yaml"))
    assert (plan.choices.variant, plan.choices.proxy, plan.choices.set) == (("label-start",), ("mel200-day-2",), {"harvest.days": "15"})
    assert plan.patient.texts["crcl"] == "90"
    assert plan.patient.lists == {"lost": ("left hand",), "override": ("carfilzomib.usual",)}
    assert plan.practice.texts == {"site": "../site/our-clinic.yaml", "country": "US", "move": "yes", "formula": "mosteller"}
    assert plan.practice.lists["bands"] == ("../site/tables/example-bands.csv",)
    assert plan.practice.lists["weigh"] == ("carfilzomib=each cycle",)
    assert (str(plan.reach.until), {name: str(day) for name, day in plan.reach.phase_start.items()}) == (
        "2026-12-31",
        {"transplant": "2026-08-03"},
    )
    head = run("plan", "show", "patients/p017.plan.yaml", "--cycles", "1").stdout
    for line in (
        "height: 170 cm",
        "weight: 70 kg",
        "crcl: 90 mL/min",
        "age: 60 years",
        "site: ../site/our-clinic.yaml",
        "rule: lenalidomide=us",
    ):
        assert f"    {line}\n" in head
    # From whatever folder, also with the folder of the plan moved together with the site's.
    shutil.copytree(".", "elsewhere", ignore=shutil.ignore_patterns("elsewhere"))
    shown = [run("schedule", name).stdout for name in ("patients/p017.plan.yaml", "elsewhere/patients/p017.plan.yaml")]
    assert shown[0] == shown[1] != ""
    os.chdir("patients")
    assert run("schedule", NAME).stdout == shown[0]


def test_a_site_of_the_environment_is_kept_in_the_plan_and_no_other_counts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(EXAMPLE, "site")
    monkeypatch.setenv("DOSING_SITE", "site/our-clinic.yaml")
    assert "note: site our-clinic" in new(run).stderr
    assert load(Path(NAME)).practice.texts["site"] == "site/our-clinic.yaml"
    shown = run("schedule", NAME)
    for site in ("", "gone.yaml"):
        monkeypatch.setenv("DOSING_SITE", site)
        assert run("schedule", NAME).stdout == shown.stdout
        assert run("dose", NAME).exit_code == run("show", NAME).exit_code == 0
    monkeypatch.setenv("DOSING_SITE", "")
    new(run, output="p018.plan.yaml")
    assert "site" not in load(Path("p018.plan.yaml")).practice.texts


def test_absolute_paths_stay(run: Run, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, "site")
    new(run, "--site", str(tmp_path / "site" / "our-clinic.yaml"))
    assert load(Path(NAME)).practice.texts["site"] == str(tmp_path / "site" / "our-clinic.yaml")


def test_a_plan_of_a_derived_regimen(run: Run) -> None:
    new(run, "--base", "vd", "--base-days", "keep", regimen="cfz-for-bortezomib")
    assert load(Path(NAME)).choices.base == "vd"
    assert "made from vd" in run("schedule", NAME).stderr


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["krd"], 2, "Missing option '--start'"),
        (["krd", "--start", "2026-13-05"], 4, "not a day of the calendar"),
        (["krx", *START], 3, "there is no regimen 'krx'"),
        (["carfilzomib", *START], 3, "there is no regimen 'carfilzomib'"),
        (["gone.yaml", *START], 3, "can't read gone.yaml"),
        (["krd-asct", *START, "--weight", "700"], 4, "weight 700 kg is outside"),
        (["krd-asct", *START, "--height", "170"], 4, "needs the patient's weight"),
        (["krd-asct", *START, "--sex", "x"], 4, "sex is 'x'"),
        (["krd-asct", *START, "--set", "x"], 3, "must have the form NAME=VALUE"),
        (["krd-asct", *START, "--variant", "x"], 3, "there is no variant 'x'"),
        (["krd-asct", *START, "--proxy", "x"], 3, "there is no proxy 'x'"),
        (["krd-asct", *START, "--base", "krd"], 3, "takes no base"),
        (["krd-asct", *START, "--round", "x"], 6, "unknown rounding policy"),
        (["krd-asct", *START, "--site", "gone.yaml"], 3, "can't read gone.yaml"),
        (["krd-asct", *START, "--bands", "gone.csv"], 3, "can't read gone.csv"),
        (["krd-asct", *START, "--country", "ZZ"], 5, "no country 'ZZ'"),
        (["krd-asct", *START, "--move"], 5, "--move needs closed days"),
        (["krd-asct", *START, "--rule", "x"], 6, "must have the form DRUG="),
        (["krd-asct", *START, "--weigh", "carfilzomib=x"], 6, "--weigh: 'x'"),
        (["krd-asct", *START, "--override", "x"], 6, "override of 'x'"),
        (["krd-asct", *START, "--prior", "x=1mg"], 6, "exposure before to 'x'"),
        (["krd-asct", *START, "--phase-start", "x=2026-01-01"], 5, "no phase 'x'"),
        (["krd-asct", *START, "--until", "2025-01-01"], 5, "before the start"),
        (["krd-asct", *START, "--until", "x"], 5, "--until"),
        (["krd-asct", *START, "--cycles", "0"], 2, "--cycles"),
    ],
)
def test_what_no_plan_is_made_of(run: Run, args: list[str], code: int, says: str) -> None:
    refused(run, code, says, "plan", "new", *args, "-o", NAME)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("p017.txt", "let it end in .plan.yaml"),
        ("p017", "let it end in .plan.yaml"),
        ("", "let it end in .plan.yaml"),
        ("bad name.plan.yaml", "no name for a plan"),
        ("./", "no name for a plan"),
        ("gone/p017.plan.yaml", "can't write gone/p017.plan.yaml"),
    ],
)
def test_names_that_no_plan_has(run: Run, name: str, says: str) -> None:
    refused(run, 7, says, "plan", "new", "krd-asct", *START, "-o", name)


def test_a_plan_is_never_replaced(run: Run) -> None:
    new(run)
    refused(run, 7, "exists already; a plan is never replaced", "plan", "new", "krd-asct", *START, "-o", NAME)


def test_a_regimen_file_that_makes_no_sense_is_no_plan(run: Run, regimen_file: Callable[..., str]) -> None:
    name = regimen_file(("days: 1 8 15", "days: 1 8 29"))
    says = refused(run, 3, "weekly-paclitaxel makes no sense as it is written", "plan", "new", name, *START, "--cycles", "1", "-o", NAME)
    assert "\ntreatment" in says or "\nweekly-paclitaxel.yaml: " in says


# -- everywhere that an id goes -----------------------------------------------------------------------------------


def test_a_plan_is_drawn_as_its_regimen_would_be(run: Run) -> None:
    new(run)
    same = ("krd", *START, *SIZE, "--cycles", "2")
    for command in ("schedule", "summary"):
        assert run(command, NAME).stdout == run(command, *same).stdout
    for form in ("csv", "json", "jsonl"):
        assert run("schedule", NAME, "--format", form).stdout == run("schedule", *same, "--format", form).stdout
    assert run("show", NAME).stdout == run("show", "krd").stdout
    assert run("check", NAME).exit_code == 0
    assert len(run("schedule", NAME, "--cycles", "1").stdout.splitlines()) == 1 + 31


def test_what_may_be_asked_for_of_a_plan(run: Run) -> None:
    new(run, regimen="krd-asct")
    assert "closed" in run("schedule", NAME, "--country", "US").stdout
    assert "C1D15 Mon 19 January" in run("schedule", NAME, "--country", "US", "--move").stderr.replace("Jan ", "January ")
    only = run("schedule", NAME, "--phase", "induction", "--until", "2026-01-06")
    assert len(only.stdout.splitlines()) == 1 + 6
    assert only.stderr.count("missing: ") == 1


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["schedule", NAME, "--height", "171"], "p017.plan.yaml says itself what --height would say"),
        (["schedule", NAME, *START, "--variant", "x"], "what --start, --variant would say"),
        (["schedule", NAME, "--reduce", "carfilzomib=level 1: x"], "what --reduce would say"),
        (["calendar", NAME, "--site", "x.yaml"], "what --site would say"),
        (["summary", NAME, "--weight", "80"], "what --weight would say"),
        (["dose", NAME, "--weight", "80"], "what --weight would say"),
        (["show", NAME, "--variant", "x"], "what --variant would say"),
        (["schedule", NAME, "--phase", "x"], "krd has no phase 'x'"),
        (["plan", "show", NAME, "--phase", "x"], "krd has no phase 'x'"),
        (["schedule", NAME, "--move"], "--move needs closed days"),
    ],
)
def test_what_a_plan_says_itself(run: Run, args: list[str], says: str) -> None:
    new(run)
    refused(run, 5, says, *args)


def test_without_a_plan_a_start_is_needed(run: Run) -> None:
    refused(run, 2, "Missing option '--start'", "schedule", "krd")
    refused(run, 5, "--since needs a plan file", "calendar", "krd-asct", *START, "--since", "2026-01-05")


def test_the_amounts_of_a_plan(run: Run) -> None:
    new(run)
    change(run, "weigh", "--weight", "60", "--from", "2026-01-12")
    change(run, "reduce", "--drug", "carfilzomib", "--to", "level 1", "--from", "C2")
    result = run("dose", NAME)
    assert result.exit_code == 0
    # 14.3 % less than at the start is within 20 %, so the size is kept: 27 mg/m2 x 1.8181 m2 = 49.1 mg, and 20 mg/m2 of level 1 36.4 mg.
    lines = [line for line in result.stdout.splitlines() if line.startswith("treatment")]
    assert lines[0] == "treatment carfilzomib from C1D1 on 2026-01-05 (2 days): 20 mg/m2 [dc-k] -> 36.4 mg per administration"
    assert "treatment carfilzomib from C1D8 on 2026-01-12 (4 days): 27 mg/m2 [dc-k] -> 49.1 mg per administration" in lines
    assert "treatment carfilzomib from C2D1 on 2026-02-02 (6 days): 20 mg/m2 [dc-k] -> 36.4 mg per administration" in lines
    explained = run("dose", NAME, "--explain", "--compare", "krd")
    assert "By cycle: " in explained.stdout
    assert explained.stdout.endswith("krd departs from krd in 0 places\n")
    refused(run, 6, "p017.plan.yaml has several weights", "dose", NAME, "--compare-formula")


def test_formulas_are_compared_where_there_is_one_weight(run: Run) -> None:
    new(run)
    assert "Other body-surface formulas" in run("dose", NAME, "--compare-formula", "--products").stdout


def test_a_dose_that_nobody_stated_fails(run: Run) -> None:
    new(run, "--phase-start", "transplant=2026-08-03", regimen="krd-asct")
    result = run("dose", NAME)
    assert result.exit_code == 6
    assert "transplant.conditioning.drug is not stated" in result.stderr
    assert "induction carfilzomib" in result.stdout


# -- looking ------------------------------------------------------------------------------------------------------


def test_show_as_it_stood(run: Run) -> None:
    new(run)
    delay(run)
    change(run, "reduce", "--drug", "carfilzomib", "--to", "75 %", "--from", "C2", "--author", "Dr. B", on="2026-02-10")
    now = run("plan", "show", NAME).stdout.splitlines()
    assert re.fullmatch(r"plan p017: krd version 1 \(sha256:[0-9a-f]{16}\), from 2026-01-05", now[0])
    assert now[3:5] == [
        "    change 1 on 2026-02-01 (as it came): delay: treatment C2 and all that follow, 7 days later",
        "    change 2 on 2026-02-10 (as it came, Dr. B): reduce: carfilzomib to 75 % from C2",
    ]
    assert any(line.startswith("2026-02-09  treatment  C2D1   carfilzomib") for line in now)
    then = run("plan", "show", NAME, "--as-of", "2026-02-09").stdout
    assert "change 1" in then
    assert "75 %" not in then
    assert "change 1" not in run("plan", "show", NAME, "--as-of", "2026-01-31").stdout
    assert "change 1 on" in run("plan", "show", NAME, "--as-of", "2026-02-01").stdout


def test_the_log_says_what_stands(run: Run) -> None:
    new(run)
    assert run("plan", "log", NAME).stderr == "p017.plan.yaml: nothing has been changed yet\n"
    delay(run)
    for number in ("1", "2", "3"):
        change(run, "undo", number)
    lines = run("plan", "log", NAME).stdout.splitlines()
    assert lines[0].split() == ["No", "On", "Change", "What", "Reason", "Author", "Stands"]
    assert [re.split(" {2,}", line)[-1] for line in lines[1:]] == ["undone by 2", "yes", "undone by 4", "yes"]
    assert "takes back change 1 (delay: treatment C2 and all that follow, 7 days later)" in lines[2]
    assert "takes back change 3 (undo)" in lines[4]
    assert "nothing given" not in run("schedule", NAME).stdout
    # Change 3 let the delay stand again, change 4 took that back.
    assert "2026-02-09  treatment  C2D1" not in run("schedule", NAME).stdout


def test_two_plans_side_by_side(run: Run) -> None:
    new(run)
    new(run, output="p018.plan.yaml")
    same = run("plan", "diff", NAME, "p018.plan.yaml")
    assert (same.exit_code, same.stderr) == (0, "0 entries differ\n")
    change(run, "omit", "--at", "C2 D8 carfilzomib", file="p018.plan.yaml")
    found = run("plan", "diff", NAME, "p018.plan.yaml")
    assert found.stderr == "1 entry differs\n"
    assert found.stdout.splitlines()[1].split("  ")[0] == "treatment C2D8 carfilzomib"
    assert run("plan", "diff", "p018.plan.yaml", "--since", "2026-01-31").stdout == found.stdout
    assert run("plan", "diff", "p018.plan.yaml", "--since", "2026-02-01").stderr == "0 entries differ\n"
    csv = run("plan", "diff", "p018.plan.yaml", "--since", "2026-01-31", "--format", "csv", "-o", "diff.csv")
    assert csv.exit_code == 0
    assert Path("diff.csv").read_text(encoding="utf-8").splitlines() == [
        "Entry,Date before,Date after,Dose before,Dose after,Status before,Status after",
        "treatment C2D8 carfilzomib,2026-02-09,2026-02-09,49.1 mg,27 mg/m2,planned,omitted",
    ]
    refused(run, 7, "exists already", "plan", "diff", NAME, "p018.plan.yaml", "-o", "diff.csv")


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["show", NAME, "--as-of", "x"], 5, "--as-of: 'x' is not a date"),
        (["show", NAME, "--as-of", ""], 5, "--as-of: '' is not a date"),
        (["show", "gone.plan.yaml"], 3, "can't read gone.plan.yaml"),
        (["log", "gone.plan.yaml"], 3, "can't read gone.plan.yaml"),
        (["diff", NAME], 5, "name a second plan file, or give --since DATE"),
        (["diff", NAME, NAME, "--since", "2026-01-05"], 5, "name a second plan file, or give --since DATE"),
        (["diff", NAME, "--since", "x"], 5, "--since: 'x' is not a date"),
        (["diff", NAME, "--since", ""], 5, "--since: '' is not a date"),
        (["diff", NAME, "gone.plan.yaml"], 3, "can't read gone.plan.yaml"),
    ],
)
def test_wrong_ways_to_look(run: Run, args: list[str], code: int, says: str) -> None:
    new(run)
    refused(run, code, says, "plan", *args)


def events(data: bytes) -> dict[str, int]:
    return {str(event["UID"]): int(str(event["SEQUENCE"])) for event in Calendar.from_ical(data).walk("VEVENT")}


def test_calendars_follow(run: Run) -> None:
    new(run)
    before = events(run("calendar", NAME).stdout_bytes)
    delay(run)
    now = run("calendar", NAME, "-o", "p017.ics")
    assert now.exit_code == 0
    found = events(Path("p017.ics").read_bytes())
    assert found.keys() == before.keys()
    assert set(before.values()) == {0}
    assert sorted(set(found.values())) == [0, 1]
    since = events(run("calendar", NAME, "--since", "2026-01-31").stdout_bytes)
    assert since == {uid: sequence for uid, sequence in found.items() if sequence}
    refused(run, 7, "nothing in the calendar has changed", "calendar", NAME, "--since", "2026-02-01")
    refused(run, 5, "--since: 'x' is not a date", "calendar", NAME, "--since", "x")
    assert run("calendar", NAME).stdout_bytes == Path("p017.ics").read_bytes()
    other = run("calendar", NAME, "--plan-id", "other", "--stamp", "2026-02-01").stdout_bytes
    assert not events(other).keys() & found.keys()


# -- upgrade ------------------------------------------------------------------------------------------------------

MINE = "mine/weekly-paclitaxel.yaml"


@pytest.fixture
def mine(run: Run, regimen_file: Callable[..., str]) -> Callable[..., None]:
    """A plan by a regimen file of the user's own in another folder; writes that file anew, with `old` replaced by `new`."""
    Path("mine").mkdir()
    Path("patients").mkdir()

    def write(*changes: tuple[str, str]) -> None:
        Path(regimen_file(*changes)).replace(MINE)

    write()
    new(run, "--set", "paclitaxel.max=200mg", regimen=MINE, output="patients/p017.plan.yaml")
    return write


VERSION_2 = (("version: 1", "version: 2"), ("days: 1 8 15", "days: 1 8"))
PATIENT = "patients/p017.plan.yaml"


def upgrade(run: Run, *more: str) -> Result:
    return run("plan", "upgrade", PATIENT, *more)


def apply(run: Run) -> Result:
    return upgrade(run, "--apply", "--reason", "the new version", "--on", "2026-02-03")


@pytest.mark.usefixtures("mine")
def test_nothing_to_upgrade(run: Run) -> None:
    assert load(Path(PATIENT)).regimen == "../mine/weekly-paclitaxel.yaml"
    result = upgrade(run)
    assert result.stdout == (
        "patients/p017.plan.yaml goes by version 1 of ../mine/weekly-paclitaxel.yaml, which is the one here; there is nothing to upgrade\n"
    )
    assert result.stderr == ""


def test_an_older_plan_goes_on_and_can_be_upgraded(run: Run, mine: Callable[..., None]) -> None:
    old = run("schedule", PATIENT).stdout
    mine(*VERSION_2)
    assert run("schedule", PATIENT).stdout == old
    trial = upgrade(run)
    assert trial.exit_code == 0
    assert trial.stderr == "nothing was changed; --apply with --reason changes the plan\n"
    assert "weekly-paclitaxel: version 1 -> 2" in trial.stdout
    assert "2 entries of the schedule would change" in trial.stdout
    assert "treatment C1D15 paclitaxel" in trial.stdout
    assert load(Path(PATIENT)).log == ()
    refused(run, 5, "--apply needs --reason", "plan", "upgrade", PATIENT, "--apply")
    result = apply(run)
    assert result.exit_code == 0
    assert result.stdout.startswith(trial.stdout)
    assert "change 1 on 2026-02-03 (the new version): upgrade: by version 2 (sha256:" in result.stdout
    assert run("schedule", PATIENT).stdout != old
    assert run("plan", "show", PATIENT, "--as-of", "2026-02-02").stdout.endswith(old)
    assert len(list(Path("patients/definitions").iterdir())) == 2
    assert "nothing to upgrade" in apply(run).stdout
    # What is gone stays in the calendar, cancelled.
    assert run("calendar", PATIENT).stdout.count("STATUS:CANCELLED") == 2
    change(run, "undo", "1", file=PATIENT)
    assert run("schedule", PATIENT).stdout == old


def test_one_entry_is_one(run: Run, mine: Callable[..., None]) -> None:
    mine(("version: 1", "version: 2"), ("days: 1 8 15", "days: {C1: 1 8, else: 1 8 15}"))
    assert "\n1 entry of the schedule would change\n" in upgrade(run).stdout


def test_another_version_that_changes_nothing(run: Run, mine: Callable[..., None]) -> None:
    mine(("version: 1", "version: 2"))
    assert upgrade(run).stdout == "weekly-paclitaxel: version 1 -> 2\n0 entries of the schedule would change\n"


def test_an_older_plan_without_its_definition_says_so(run: Run, mine: Callable[..., None]) -> None:
    mine(*VERSION_2)
    shutil.rmtree("patients/definitions")
    says = "plan p017 goes by version 1 of ../mine/weekly-paclitaxel.yaml"
    for args in (["schedule"], ["calendar"], ["summary"], ["dose"], ["show"], ["plan", "show"], ["plan", "diff", "--since", "2026-01-05"]):
        refused(run, 3, says, *args, PATIENT)
    result = run("check", PATIENT)
    assert (result.exit_code, says in result.stderr) == (3, True)
    assert run("plan", "log", PATIENT).exit_code == 0
    stop = ("plan", "stop", PATIENT, "--reason", "x", "--on", "2026-02-02")
    refused(run, 3, "already without this change the plan can't be drawn: plan p017", *stop)
    trial = upgrade(run)
    assert trial.exit_code == 0
    assert trial.stdout.startswith("the old definition isn't at hand, so what would change can't be shown: plan p017")
    result = apply(run)
    assert (result.exit_code, "change 1 on 2026-02-03" in result.stdout) == (0, True)
    assert len(load(Path(PATIENT)).log) == 1
    assert run("schedule", PATIENT).exit_code == 0
    assert "went by another version" in run("calendar", PATIENT, "--since", "2026-01-31").stderr
    assert run("calendar", PATIENT).exit_code == 0


def test_no_upgrade_to_what_makes_no_sense_or_can_not_be_drawn(run: Run, mine: Callable[..., None]) -> None:
    mine(("version: 1", "version: 2"), ("days: 1 8 15", "days: 1 8 29"))
    refused(run, 3, "makes no sense as it is written", "plan", "upgrade", PATIENT)
    mine()
    change(run, "omit", "--at", "C1 D15 paclitaxel", file=PATIENT)
    mine(*VERSION_2)
    refused(run, 5, "change 2 (upgrade) can't be made: with it, change 1 (omit) can't be made", "plan", "upgrade", PATIENT)
    Path(MINE).unlink()
    refused(run, 3, "can't read", "plan", "upgrade", PATIENT)
    assert run("schedule", PATIENT).exit_code == 0


# -- files --------------------------------------------------------------------------------------------------------


def broken(old: str, new: str) -> Callable[[str], str]:
    def spoil(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "line", "says"),
    [
        (broken("log:\n", "<<<<<<< HEAD\nlog:\n"), 12, "a merge conflict was left here"),
        (broken("start:", "stop:"), 6, "unknown key"),
        (broken("dosing_plan: 1", "dosing_plan: 2"), 1, "a later version of dosing, in format 2"),
        (lambda text: text[:-9], 20, "cut off in the middle of this line"),
        (lambda text: text[: text.rindex("    follows")], 13, "the file is cut off here"),
        (broken("by: 7 days", "by: 8 days"), 20, "change 1 doesn't follow"),
        (broken("weight: 70", "weight: 71"), 20, "change 1 doesn't follow"),
        (broken("\n", "\r\n"), 1, "CR LF"),
        (lambda _: "", 0, "the file is empty"),
    ],
)
def test_a_broken_plan_is_said_with_its_line_and_never_rewritten(run: Run, spoil: Callable[[str], str], line: int, says: str) -> None:
    new(run)
    delay(run)
    Path(NAME).write_bytes(spoil(Path(NAME).read_text(encoding="utf-8")).encode())
    where = f"{NAME}:{line}: " if line else f"{NAME}: "
    for args in (["schedule", NAME], ["calendar", NAME], ["dose", NAME], ["plan", "log", NAME], ["plan", "show", NAME], ["check", NAME]):
        assert where in refused(run, 3, says, *args)
    for args in (["undo", NAME], ["stop", NAME], ["given", NAME, "--cycle", "1", "--as-planned"], ["omit", NAME, "--at", "C1 D1"]):
        assert where in refused(run, 3, says, "plan", *args, "--reason", "x", "--on", "2026-02-01")
    assert where in refused(run, 3, says, "plan", "upgrade", NAME)


def test_check_reads_histories(run: Run) -> None:
    text = "regimen: krd\nhistories:\n  - {name: one, source: dc-k, start: 2026-01-05, cycles: 1, expect: [], changes: []}\n"
    Path("krd.history.yaml").write_text(text, encoding="utf-8")
    assert run("check", "krd.history.yaml").exit_code == 0
    Path("krd.history.yaml").write_text(text.replace("name: one, ", ""), encoding="utf-8")
    refused(run, 3, "krd.history.yaml:3: histories[1]: the key 'name' is missing", "check", "krd.history.yaml")


def test_check_tells_what_a_plan_can_not_be_drawn_for(run: Run) -> None:
    shutil.copytree(EXAMPLE, "site")
    new(run, "--site", "site/our-clinic.yaml")
    assert "no problem found" in run("check", NAME).stderr
    Path("site/our-clinic.yaml").write_text("id: our-clinic\n", encoding="utf-8")
    assert "site/our-clinic.yaml:1: " in refused(run, 3, "1 problem found", "check", NAME)
    shutil.rmtree("site")
    assert "p017.plan.yaml: can't read site/our-clinic.yaml" in refused(run, 3, "1 problem found", "check", NAME)


def test_a_plan_by_a_link_counts_from_the_file_itself(run: Run) -> None:
    shutil.copytree(EXAMPLE, "patients/site")
    new(run, "--site", "patients/site/our-clinic.yaml", output=PATIENT)
    try:
        Path(NAME).symlink_to(PATIENT)
    except OSError:
        pytest.skip("no links here")
    assert run("schedule", NAME).stdout == run("schedule", PATIENT).stdout
    delay(run)
    assert Path(NAME).is_symlink()
    assert len(load(Path(PATIENT)).log) == 1


def test_of_two_at_once_both_land(run: Run, tmp_path: Path) -> None:
    new(run)
    root = str(Path(dosing.__file__).resolve().parent.parent)
    environment = {**os.environ, "PYTHONPATH": root}

    def later(number: int) -> int:
        args = ["plan", "delay", NAME, "--cycle", "2", "--by", f"{number}d", "--reason", "x", "--on", "2026-02-01"]
        run_it = [sys.executable, "-c", "from dosing.cli import main; main()", *args]
        return subprocess.run(run_it, cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=False).returncode

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(later, (1, 2, 4))) == [0, 0, 0]
    assert sorted(entry.fields["by"] for entry in load(Path(NAME)).log) == ["1 day", "2 days", "4 days"]
    # 2 February and 7 days.
    assert "2026-02-09  treatment  C2D1   carfilzomib" in run("schedule", NAME).stdout


def test_today_is_said_where_no_day_is(run: Run) -> None:
    new(run)
    result = run("plan", "stop", NAME, "--from", "2026-02-02", "--reason", "x")
    today = datetime.now().astimezone().date()
    assert result.exit_code == 0
    assert f"note: decided on {today}, today; --on names another day\n" in result.stderr
    assert load(Path(NAME)).log[0].on == today


def test_a_regimen_by_its_id_needs_nothing_of_plans() -> None:
    named = "sorted(name for name in sys.modules if name.startswith('dosing.'))"
    tell = f"import atexit, sys; atexit.register(lambda: print(*{named}, file=sys.stderr)); "
    args = ["schedule", "krd", *START, "--cycles", "1"]
    environment = {**os.environ, "PYTHONPATH": str(Path(dosing.__file__).resolve().parent.parent)}
    code = [sys.executable, "-c", f"{tell}from dosing.cli import main; main()", *args]
    done = subprocess.run(code, env=environment, capture_output=True, timeout=60, check=True, text=True)
    loaded = set(done.stderr.splitlines()[-1].split())
    assert {name for name in loaded if name.startswith("dosing.plan.")} == {"dosing.plan.names"}
    assert not loaded & {"dosing.treatment", "dosing.export.diff", "dosing.schedule.amend", "dosing.schedule.stretches"}
