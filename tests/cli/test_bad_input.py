"""A wrong command line: the exit code of its class, a message that says what, where and what to do, and nothing written."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
RegimenFile = Callable[..., str]

KRD = "krd --start 2026-01-05 --cycles 1"
CFZ = "cfz-for-bortezomib --start 2026-01-05"

NAMES: list[tuple[str, int, tuple[str, ...]]] = [
    ("kdr --start 2026-01-05", 3, ("there is no regimen 'kdr'", "did you mean 'krd'?", "`dosing regimens` lists them")),
    ("imros --start 2026-01-05", 3, ("there is no regimen 'imros'", "did you mean 'imroz'?")),
    ("zzz --start 2026-01-05", 3, ("there is no regimen 'zzz' (`dosing regimens` lists them; a file is named by its path)",)),
    ("'' --start 2026-01-05", 3, ("there is no regimen ''",)),
    ("no/krd --start 2026-01-05", 3, ("can't read no/krd: No such file or directory",)),
    ("krd.yml --start 2026-01-05", 3, ("can't read krd.yml: No such file or directory",)),
]

DATES = [
    ("2026-02-30", "'2026-02-30' is not a day of the calendar"),
    ("2026-13-01", "'2026-13-01' is not a day of the calendar"),
    ("2027-02-29", "'2027-02-29' is not a day of the calendar"),
    ("0000-01-01", "'0000-01-01' is not a day of the calendar"),
    ("05/01/2026", "'05/01/2026' is not a date; write it as 2026-01-05"),
    ("2026-1-5", "'2026-1-5' is not a date; write it as 2026-01-05"),
    ("20260105", "'20260105' is not a date; write it as 2026-01-05"),
    ("2026-01-05T00:00", "'2026-01-05T00:00' is not a date; write it as 2026-01-05"),
    ("\uff12\uff10\uff12\uff16-01-05", "'\uff12\uff10\uff12\uff16-01-05' is not a date; write it as 2026-01-05"),
    ("today", "'today' is not a date; write it as 2026-01-05"),
    ("", "'' is not a date; write it as 2026-01-05"),
]

HEIGHT = "write it as 170, 170cm, 1.70m or 5ft7in"
WEIGHT = "write it as 70, 70kg or 154lb"
MEASUREMENTS = [
    ("--weight 70 --height 1.7", ("height 1.7 cm is outside 40 to 275 cm", "give the unit otherwise, such as 1.70m")),
    ("--weight 70 --height 0", ("height 0 cm is outside 40 to 275 cm",)),
    ("--weight 70 --height 170m", ("height 17000 cm is outside 40 to 275 cm",)),
    ("--weight 70 --height=-170", ("height '-170' can't be read", HEIGHT)),
    ("--weight 70 --height NaN", ("height 'NaN' can't be read", HEIGHT)),
    ("--weight 70 --height inf", ("height 'inf' can't be read", HEIGHT)),
    ("--weight 70 --height 1e2", ("height '1e2' can't be read", HEIGHT)),
    ("--weight 70 --height 1,7", ("height '1,7' can't be read", HEIGHT)),
    ("--weight 70 --height 1.7.0", ("height '1.7.0' can't be read", HEIGHT)),
    ("--weight 70 --height \uff11\uff17\uff10", ("height '\uff11\uff17\uff10' can't be read", HEIGHT)),
    ("--weight 70 --height ''", ("height '' can't be read", HEIGHT)),
    ("--weight 70 --height 170kg", ("height '170kg' can't be read", HEIGHT)),
    ("--height 170 --weight 700", ("weight 700 kg is outside 1 to 650 kg", "give the unit otherwise, such as 154lb")),
    ("--height 170 --weight 0", ("weight 0 kg is outside 1 to 650 kg",)),
    ("--height 170 --weight=-70", ("weight '-70' can't be read", WEIGHT)),
    ("--height 170 --weight nan", ("weight 'nan' can't be read", WEIGHT)),
    ("--height 170 --weight 70cm", ("weight '70cm' can't be read", WEIGHT)),
    ("--height 170 --weight 70000g", ("weight '70000g' can't be read", WEIGHT)),
    ("--bsa 18", ("body surface 18 m2 is outside 0.1 to 4 m2",)),
    ("--bsa 0", ("body surface 0 m2 is outside",)),
    ("--bsa 1,8", ("body surface '1,8' can't be read", "write it as 1.8 or 1.8m2")),
    ("--gfr 0", ("GFR 0 mL/min is outside 1 to 300 mL/min",)),
    ("--gfr x", ("GFR 'x' can't be read",)),
    ("--sex f", ("sex is 'f'; it is one of female, male, or left out",)),
    ("--height 170", ("carfilzomib 20 mg/m2 needs the patient's weight: give --weight, or --bsa",)),
    ("--weight 70", ("carfilzomib 20 mg/m2 needs the patient's height: give --height, or --bsa",)),
    ("--gfr 90", ("carfilzomib 20 mg/m2 needs the patient's height and weight: give --height --weight, or --bsa",)),
    (
        "--height 170 --weight 70 --formula duboi",
        ("unknown body-surface formula 'duboi'", "did you mean 'du-bois'?", "known are mosteller"),
    ),
    ("--bsa 1.8 --formula duboi", ("unknown body-surface formula 'duboi'",)),
    ("--formula duboi", ("unknown body-surface formula 'duboi'",)),
    ("--height 170 --weight 70 --formula schlich", ("the Schlich formula needs the patient's sex, female or male",)),
]

CHOICES = [
    (f"{KRD} --set carfilzomb.dose=27mg/m2", ("no activity 'carfilzomb'", "did you mean 'carfilzomib'?", "lenalidomide, dexamethasone")),
    (f"{KRD} --set carfilzomib.does=27mg/m2", ("a drug has no field 'does'", "did you mean 'dose'?", "fields: drug, dose, route")),
    (f"{KRD} --set treatment.dose=27mg/m2", ("'dose'",)),
    (f"{KRD} --set carfilzomib=27mg/m2", ("'carfilzomib' is not activity.field, phase.activity.field or phase.field",)),
    (f"{KRD} --set a.b.c.d=1", ("'a.b.c.d'",)),
    (f"{KRD} --set carfilzomib.dose=27mg/m3", ("--set carfilzomib.dose=27mg/m3: unknown unit 'mg/m3'", "known are g, mg, microgram")),
    (f"{KRD} --set carfilzomib.dose=27", ("--set carfilzomib.dose=27: '27' is not a number with a unit, such as 27 mg/m2 or 40 mg",)),
    (f"{KRD} --set carfilzomib.dose=0mg", ("a dose of nothing; write `days: none`",)),
    (f"{KRD} --set carfilzomib.dose=-5mg", ("'-5mg' is not a number with a unit",)),
    (f"{KRD} --set carfilzomib.dose=1,5mg", ("'1,5mg' is not a number with a unit",)),
    (f"{KRD} --set carfilzomib.days='1 8 29'", ("with --set carfilzomib.days", "day 29 is past the end of a cycle of 28 days")),
    (f"{KRD} --set carfilzomib.days='{{C1: 1}}'", ("no scope covers cycle 2; add `else: none`",)),
    (f"{KRD} --set carfilzomib.days='{{C1: 1'", ("--set carfilzomib.days={C1: 1: not valid YAML",)),
    (f"{KRD} --set carfilzomib.days='&a 1'", ("aliases (&x, *x) are not allowed",)),
    (f"{KRD} --set carfilzomib.dose", ("--set 'carfilzomib.dose' must have the form NAME=VALUE",)),
    (f"{KRD} --set carfilzomib.dose=", ("--set 'carfilzomib.dose=' must have the form NAME=VALUE",)),
    (f"{KRD} --set =27mg", ("--set '=27mg' must have the form NAME=VALUE",)),
    (f"{KRD} --set carfilzomib.dose=20mg --set carfilzomib.dose=27mg", ("--set carfilzomib.dose is given twice; keep one",)),
    (f"{KRD} --set carfilzomib.times=2 --set 'carfilzomib.every=6 hours'", ("carfilzomib.times", "carfilzomib.every", "keep one")),
    (f"{KRD} --variant us", ("there is no variant 'us'", "krd has eu")),
    (f"{KRD} --proxy nz-kpd", ("there is no proxy 'nz-kpd'", "krd has none")),
    ("isa-k --start 2026-01-05 --variant dl4", ("there is no variant 'dl4'", "isa-k has dl1, dl2, dl3")),
    ("isa-k --start 2026-01-05", ("isa-k: combination.isatuximab.dose depends on the variant: choose one with --variant: dl1, dl2, dl3",)),
    (
        "isa-k --start 2026-01-05 --variant dl1 --variant dl2",
        ("variant 'dl2' and variant 'dl1' both set combination.isatuximab.dose; choose one of them",),
    ),
    (
        f"{CFZ} --base cybord --proxy maintenance-weekly --proxy maintenance-two-weekly",
        ("'maintenance-two-weekly' and proxy 'maintenance-weekly' both set maintenance.cycle; choose one of them",),
    ),
    (CFZ, ("cfz-for-bortezomib is made from another regimen: name the one with bortezomib, e.g. --base cybord",)),
    (f"{CFZ} --base krd", ("krd gives no bortezomib, so it can't be the base; choose a regimen that does",)),
    (f"{CFZ} --base nothing", ("there is no regimen 'nothing'",)),
    (f"{CFZ} --base cybord:mayonnaise", ("there is no variant 'mayonnaise'", "cybord has mayo, twice-weekly")),
    (f"{CFZ} --base vd", ("the cycle of vd has 21 days, that of combination 28 days", "--base-days", "`keep`", "`stretch`")),
    (f"{CFZ} --base vd --base-days shrink", ("base-days is 'shrink'; it is one of keep, stretch",)),
    (f"{CFZ} --base-days keep", ("base-days needs a base: --base ID",)),
    (f"{KRD} --base vd", ("krd is complete in itself; it takes no base",)),
]

REACH = [
    ("krd --start 2026-01-05 --until 2026-01-04", ("until 2026-01-04", "before the start on 2026-01-05", "give a later date")),
    ("krd --start 2026-01-05 --until 2026-02-30", ("--until: '2026-02-30' is not a day of the calendar",)),
    (f"{KRD} --phase maintenance", ("krd has no phase 'maintenance' (phases: treatment)",)),
    (f"{KRD} --phase tretment", ("krd has no phase 'tretment'; did you mean 'treatment'?",)),
    (f"{KRD} --phase-start transplant=2026-08-03", ("krd has no phase 'transplant' to start", "(phases: treatment)")),
    (f"{KRD} --phase-start treatment=2026-2-3", ("--phase-start treatment: '2026-2-3' is not a date; write it as 2026-01-05",)),
    (f"{KRD} --phase-start treatment", ("--phase-start 'treatment' must have the form NAME=VALUE",)),
    (
        f"{KRD} --phase-start treatment=2026-02-03 --phase-start treatment=2026-02-04",
        ("--phase-start treatment is given twice; keep one",),
    ),
    (
        # 6 cycles of 28 days from 5 January end on 21 June.
        "krd-asct --start 2026-01-05 --phase-start transplant=2026-06-21",
        ("transplant can't start on 2026-06-21: induction runs until 2026-06-21", "give a later date"),
    ),
    ("krd --start 9999-12-01", ("leads out of the calendar (years 1 to 9999)",)),
]

USAGE = [
    ("schedule krd", ("Missing option '--start'", "dosing schedule --help")),
    ("schedule --start 2026-01-05", ("Missing argument 'ID|PLAN'",)),
    (f"schedule {KRD} --cycles 0", ("Invalid value for '--cycles'", "0 is not in the range 1<=x<=1000")),
    (f"schedule {KRD} --cycles=-1", ("-1 is not in the range",)),
    (f"schedule {KRD} --cycles 1001", ("1001 is not in the range",)),
    (f"schedule {KRD} --cycles 1.5", ("Invalid value for '--cycles': '1.5'",)),
    (f"schedule {KRD} --format xlsx", ("Invalid value for '--format': 'xlsx'", "'table', 'csv', 'json', 'jsonl'")),
    (f"schedule {KRD} --wieght 70", ("No such option '--wieght'", "--weight")),
    ("shedule krd", ("No such command 'shedule'",)),
    ("check", ("Missing argument 'FILE...'",)),
    ("dose", ("Missing argument 'ID|DRUG|PLAN'",)),
]


def refuse(run: Run, code: int, expected: tuple[str, ...], *args: str) -> str:
    """Run it and hold the refusal against what is expected: a message on standard error, nothing on standard output."""
    result = run(*args)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    for each in expected:
        assert each in result.stderr
    if code != 2:
        assert "Error: " in result.stderr
        assert "Usage: " not in result.stderr
    return result.stderr


def refuse_to_write(run: Run, code: int, expected: tuple[str, ...], *args: str) -> None:
    """The same for `schedule` and `calendar`, each with a file that is there already and must stay as it is."""
    there = Path("there.out")
    there.write_bytes(b"as it was")
    for command in ("schedule", "calendar"):
        refuse(run, code, expected, command, *args)
        refuse(run, code, expected, command, *args, "-o", "new.out")
        refuse(run, code, expected, command, *args, "-o", str(there), "--force")
    assert there.read_bytes() == b"as it was"
    assert sorted(path.name for path in Path().iterdir() if path.suffix != ".yaml") == [there.name]


@pytest.mark.parametrize(("line", "code", "expected"), NAMES)
def test_unknown_regimens(run: Run, line: str, code: int, expected: tuple[str, ...]) -> None:
    refuse_to_write(run, code, expected, *shlex.split(line))


@pytest.mark.parametrize(("text", "expected"), DATES)
def test_impossible_dates(run: Run, text: str, expected: str) -> None:
    refuse_to_write(run, 4, (f"Error: --start: {expected}",), "krd", "--start", text)


@pytest.mark.parametrize(("line", "expected"), MEASUREMENTS)
def test_impossible_measurements(run: Run, line: str, expected: tuple[str, ...]) -> None:
    refuse_to_write(run, 4, expected, *shlex.split(KRD), *shlex.split(line))


@pytest.mark.parametrize(("line", "expected"), MEASUREMENTS)
def test_impossible_measurements_for_dose(run: Run, line: str, expected: tuple[str, ...]) -> None:
    refuse(run, 4, expected, "dose", "krd", *shlex.split(line))
    refuse(run, 4, expected, "dose", "carfilzomib", "--dose", "20 mg/m2", *shlex.split(line))


def test_a_missing_weight_names_the_drug(run: Run) -> None:
    expected = ("isatuximab 10 mg/kg needs the patient's weight: give --weight\n",)
    refuse_to_write(run, 4, expected, "isa-k", "--start", "2026-01-05", "--variant", "dl2", "--bsa", "1.8")
    refuse(run, 4, expected, "dose", "isa-k", "--variant", "dl2", "--bsa", "1.8")


def test_a_missing_filtration_rate_names_the_drug(run: Run) -> None:
    expected = ("carfilzomib AUC 5 needs the patient's gfr: give --gfr",)
    refuse_to_write(run, 4, expected, *shlex.split(KRD), "--set", "carfilzomib.dose=AUC 5", "--height", "170", "--weight", "70")
    refuse(run, 4, expected, "dose", "carfilzomib", "--dose", "AUC 5")


@pytest.mark.parametrize(("line", "expected"), CHOICES)
def test_impossible_choices(run: Run, line: str, expected: tuple[str, ...]) -> None:
    refuse_to_write(run, 3, expected, *shlex.split(line))


@pytest.mark.parametrize(("line", "expected"), REACH)
def test_what_can_t_be_drawn(run: Run, line: str, expected: tuple[str, ...]) -> None:
    refuse_to_write(run, 5, expected, *shlex.split(line))


def test_an_open_phase_needs_a_horizon(run: Run, regimen_file: RegimenFile) -> None:
    name = regimen_file(("    suggest: 6\n", ""))
    refuse_to_write(
        run, 5, ("treatment has no stated end; say how far to draw with --cycles N or --until DATE",), name, "--start", "2026-01-05"
    )
    assert run("schedule", name, "--start", "2026-01-05", "--cycles", "1").exit_code == 0


def test_a_variant_and_a_proxy_of_one_name_that_set_one_field(run: Run, regimen_file: RegimenFile) -> None:
    overlay = "{title: T, source: my-protocol, because: B, set: {paclitaxel.dose: %s}}"
    both = f"variants:\n  low: {overlay % '60 mg/m2'}\nproxies:\n  low: {overlay % '70 mg/m2'}\n"
    name = regimen_file(("phases:\n", f"{both}phases:\n"))
    expected = ("proxy 'low' and variant 'low' both set treatment.paclitaxel.dose; choose one of them",)
    refuse_to_write(run, 3, expected, name, "--start", "2026-01-05", "--variant", "low", "--proxy", "low")


@pytest.mark.parametrize("text", ["rubbish", "2026-13-01", "", "0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-05:00"])
def test_an_impossible_stamp(run: Run, tmp_path: Path, text: str) -> None:
    expected = (f"--stamp {text!r} is not a moment; write it as 2026-01-05T08:00:00Z",)
    refuse(run, 5, expected, "calendar", *shlex.split(KRD), "--stamp", text, "-o", "out.ics")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("line", "expected"), USAGE)
def test_command_lines_that_can_t_be_read(run: Run, line: str, expected: tuple[str, ...]) -> None:
    assert refuse(run, 2, expected, *shlex.split(line)).startswith("Usage: ")


def test_without_a_command_the_help_is_shown(run: Run) -> None:
    result = run()
    assert result.exit_code == 2
    assert "Not a medical device" in result.stderr


# -- the other commands -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["show", "dose", "verify"])
def test_an_unknown_regimen_everywhere(run: Run, command: str) -> None:
    refuse(run, 3, ("there is no regimen 'kdr'; did you mean 'krd'?",), command, "kdr")


@pytest.mark.parametrize("command", ["show", "dose"])
def test_impossible_choices_everywhere(run: Run, command: str) -> None:
    refuse(run, 3, ("there is no variant 'us' (krd has eu)",), command, "krd", "--variant", "us")


def test_dose_of_a_regimen_without_any_measurement(run: Run) -> None:
    expected = ("carfilzomib 20 mg/m2 needs the patient's height and weight: give --height --weight, or --bsa",)
    refuse(run, 4, expected, "dose", "krd")


def test_dose_of_an_unknown_phase(run: Run) -> None:
    refuse(run, 5, ("krd has no phase 'maintenance' (phases: treatment)",), "dose", "krd", "--bsa", "1.8", "--phase", "maintenance")


def test_dose_by_an_unknown_formula_even_where_none_is_needed(run: Run) -> None:
    expected = ("unknown body-surface formula 'x'",)
    refuse(run, 4, expected, "dose", "dexamethasone", "--dose", "40 mg", "--formula", "x")
    refuse(run, 4, expected, "dose", "isa-kpd", "--formula", "x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("27", "--dose: '27' is not a number with a unit, such as 27 mg/m2 or 40 mg"),
        ("", "--dose: '' is not a number with a unit"),
        ("27 mg/m3", "--dose: unknown unit 'mg/m3'"),
        ("20 to 45 mg/m2", "--dose: unknown unit 'to 45 mg/m2'"),
        ("not-stated", "--dose: 'not-stated' is not a number with a unit"),
        ("0 mg", "a dose of nothing"),
        ("AUC x", "--dose: 'x' is not a plain number"),
        ("0.01 mg/m2", "carfilzomib 0.01 mg/m2 is below the usual 15 to 70 mg/m2 [dosing-convention]: about 1000x"),
    ],
)
def test_an_impossible_dose(run: Run, text: str, expected: str) -> None:
    refuse(run, 6, (expected,), "dose", "carfilzomib", "--dose", text, "--bsa", "1.8")


def test_a_dose_of_less_than_can_be_measured(run: Run) -> None:
    expected = ("0.018 mg rounds to nothing in steps of 0.1 mg; check the unit",)
    refuse(run, 6, expected, "dose", "carfilzomib", "--dose", "0.01 mg/m2", "--bsa", "1.8", "--override", "carfilzomib.usual")


def test_dose_of_a_drug_without_its_dose(run: Run) -> None:
    expected = ("carfilzomib is a drug; say which dose of it with --dose, such as --dose 27mg/m2, or name a regimen",)
    refuse(run, 6, expected, "dose", "carfilzomib", "--bsa", "1.8")
    refuse(run, 6, expected, "dose", "carfilzomib")
    refuse(run, 6, expected, "dose", "Kyprolis")
    refuse(run, 3, ("there is no regimen 'carfilzomb'",), "dose", "carfilzomb", "--bsa", "1.8")


@pytest.mark.parametrize(("option", "known"), [("--variant", "dl1, dl2, dl3"), ("--proxy", "none")])
def test_no_dose_level_is_proposed_for_one_of_a_like_name(run: Run, option: str, known: str) -> None:
    result = run("schedule", "isa-k", "--start", "2026-01-05", option, "dl4")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == f"Error: there is no {option[2:]} 'dl4' (isa-k has {known})\n"


def test_dose_of_an_unknown_drug(run: Run) -> None:
    refuse(
        run, 3, ("there is no drug 'carfilzomb'; did you mean 'carfilzomib'?",), "dose", "carfilzomb", "--dose", "27mg/m2", "--bsa", "1.8"
    )


@pytest.mark.parametrize("line", ["--variant eu", "--proxy x", "--set a.b=c", "--base vd", "--base-days keep", "--phase treatment"])
def test_dose_of_a_drug_takes_no_choices(run: Run, line: str) -> None:
    args = ("dose", "carfilzomib", "--dose", "27mg/m2", "--bsa", "1.8", *shlex.split(line))
    refuse(run, 3, ("--dose goes with a drug's name", line.split()[0], "go with a regimen's"), *args)


def test_what_the_protocol_leaves_open_can_t_be_dosed(run: Run) -> None:
    result = run("dose", "cfz-for-bortezomib", "--bsa", "1.8", "--phase", "combination")
    assert (result.exit_code, result.stdout) == (6, "")
    assert "combination.carfilzomib.dose is stated as a range only (20 to 45 mg/m2)" in result.stderr
    assert "carfilzomib.dose=... or --proxy steps-20-27-36-45" in result.stderr


def test_a_choice_of_variant_is_asked_for_first(run: Run) -> None:
    result = run("dose", "isa-k", "--bsa", "1.8", "--weight", "70")
    assert result.exit_code == 6
    assert "isatuximab.dose depends on the variant: choose one with --variant: dl1, dl2, dl3" in result.stderr


def test_check_of_a_missing_file(run: Run) -> None:
    refuse(run, 3, ("can't read nofile.yaml: No such file or directory",), "check", "nofile.yaml")


def test_verify_without_cases(run: Run, regimen_file: RegimenFile) -> None:
    expected = ("can't read weekly-paclitaxel.cases.yaml: No such file or directory",)
    refuse(run, 3, expected, "verify", regimen_file())
