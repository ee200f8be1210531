"""Every command in ordinary use: what is printed where, with which exit code.

Amounts at 170 cm and 70 kg by hand: body surface sqrt(170 x 70 / 3600) = 1.81812 m2, so 20 mg/m2 is 36.4 mg and 27 mg/m2 is 49.1 mg.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import click
import pytest
from click.testing import Result

from dosing.cli import commands
from dosing.regimen.library import data_dir

Run = Callable[..., Result]
RegimenFile = Callable[..., str]

KRD = ("krd", "--start", "2026-01-05", "--cycles", "1")
SIZE = ("--height", "170", "--weight", "70")
# Cycle 1 of KRd by hand: day, drug, mg
KRD_C1 = sorted(
    [(day, "carfilzomib", "36.4" if day < 3 else "49.1") for day in (1, 2, 8, 9, 15, 16)]
    + [(day, "lenalidomide", "25") for day in range(1, 22)]
    + [(day, "dexamethasone", "40") for day in (1, 8, 15, 22)]
)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def dates_of(run: Run, *args: str, activity: str) -> list[str]:
    result = run("schedule", *args, "--format", "csv")
    assert result.exit_code == 0, result.stderr
    return [row["date"] for row in rows_of(result.stdout) if row["activity"] == activity]


# -- finding and reading ------------------------------------------------------------------------------------------


def test_regimens_lists_every_file(run: Run) -> None:
    files = {path.name.removesuffix(".yaml") for path in data_dir().glob("*.yaml")}
    expected = sorted(name for name in files if name != "sources" and not name.endswith((".cases", ".history")))
    result = run("regimens")
    assert (result.exit_code, result.stderr) == (0, "")
    heading, *lines = result.stdout.splitlines()
    assert heading.split() == ["Id", "Title", "Variants", "Proxies", "Not", "stated"]
    assert [line.split()[0] for line in lines] == expected


@pytest.mark.parametrize(("text", "id"), [("NCT02332850", "isa-k"), ("isa-vrd", "isa-vrd"), ("Isa-VRd - isa", "isa-vrd")])
def test_regimens_are_found_by_alias_id_or_title(run: Run, text: str, id: str) -> None:
    result = run("regimens", "--search", text)
    assert [line.split()[0] for line in result.stdout.splitlines()[1:]] == [id]


def test_regimens_are_found_by_drug(run: Run) -> None:
    found = [line.split()[0] for line in run("regimens", "--search", "daratumumab").stdout.splitlines()[1:]]
    gives = [path.stem for path in sorted(data_dir().glob("*.yaml")) if "drug: daratumumab" in path.read_text(encoding="utf-8")]
    assert found == gives


def test_a_search_without_a_find_says_so(run: Run) -> None:
    result = run("regimens", "--search", "homoeopathy")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr == "no regimen has 'homoeopathy' in its id, aliases, title or drugs\n"


def test_show(run: Run) -> None:
    result = run("show", "isa-kpd", "--set", "carfilzomib.dose=56mg/m2")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("isa-kpd: Isatuximab, carfilzomib, pomalidomide")
    for expected in ("56 mg/m2", "NOT STATED", "induction.isatuximab.dose", "nz-kpd", "[nct04883242]", "given on the command line"):
        assert expected in result.stdout


def test_show_of_a_derived_regimen(run: Run) -> None:
    result = run("show", "cfz-for-bortezomib", "--base", "cybord:mayo")
    assert result.exit_code == 0
    drugs = [line.removeprefix("  - ") for line in result.stdout.splitlines() if line.startswith("  - ")]
    assert {"carfilzomib", "cyclophosphamide", "dexamethasone"} <= set(drugs)
    assert "bortezomib" not in drugs


# -- checking -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("krd.yaml",), "1 file: no problem found\n"),
        (("krd.yaml", "krd.cases.yaml", "sources.yaml", "drugs/carfilzomib.yaml"), "4 files: no problem found\n"),
    ],
)
def test_check_of_sound_files(run: Run, names: tuple[str, ...], said: str) -> None:
    result = run("check", *(str(data_dir() / name) for name in names))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", said)


def test_check_strict_tells_what_could_not_be_traced(run: Run) -> None:
    path = str(data_dir() / "isa-k.yaml")
    assert run("check", path).exit_code == 0
    result = run("check", "--strict", path)
    assert result.exit_code == 3
    assert f"{path}: combination.cycle: unverified (neither the abstract nor" in result.stderr


def test_check_strict_reads_drugs_too(run: Run, tmp_path: Path) -> None:
    (tmp_path / "drugs").mkdir()
    text = "id: x\nsource: dc-k\nroutes: IV\nprecision: {value: 1 mg, unverified: yes}\n"
    (tmp_path / "drugs" / "x.yaml").write_text(text, encoding="utf-8")
    assert run("check", "drugs/x.yaml").exit_code == 0
    result = run("check", "--strict", "drugs/x.yaml")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "Error: 1 problem found\ndrugs/x.yaml: x.precision: unverified\n"


@pytest.mark.parametrize("name", ["x.cases.yaml", "sources.yaml", "drugs/x.yaml", "x.yaml"])
def test_check_of_unsound_files(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "drugs").mkdir()
    (tmp_path / name).write_text("id: x\nid: y\n", encoding="utf-8")
    result = run("check", name)
    assert result.exit_code == 3
    assert result.stderr == f"Error: 1 problem found\n{name}:2: the key 'id' is written twice, first in line 1\n"


def test_check_reports_the_problems_of_all_files(run: Run, regimen_file: RegimenFile, tmp_path: Path) -> None:
    regimen_file(("days: 1 8 15", "days: 1 8 30"))
    (tmp_path / "empty.yaml").write_text("", encoding="utf-8")
    result = run("check", "weekly-paclitaxel.yaml", "empty.yaml")
    assert result.exit_code == 3
    said = result.stderr.splitlines()
    assert said[0] == "Error: 2 problems found"
    assert said[1].startswith("weekly-paclitaxel.yaml:21: treatment.paclitaxel.days: ")
    assert said[2] == "empty.yaml: the file is empty"


def test_verify(run: Run) -> None:
    result = run("verify", "krd", "carfilzomib-lenalidomide-dexamethasone")
    count = (data_dir() / "krd.cases.yaml").read_text(encoding="utf-8").count("  - name: ")
    histories = (data_dir() / "krd.history.yaml").read_text(encoding="utf-8").count("  - name: ")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"krd: {count} cases, {histories} histories, all as worked by hand\n" * 2


def test_verify_without_an_id_takes_every_regimen(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dosing.regimen.library.regimen_ids", lambda: ["v", "vd"])
    monkeypatch.setattr("dosing.regimen.library.drug_ids", lambda: ["dexamethasone"])
    result = run("verify")
    assert result.exit_code == 0
    assert [line.partition(":")[0] for line in result.stdout.splitlines()] == ["v", "vd", "dexamethasone"]


CASES = """\
regimen: weekly-paclitaxel
cases:
  - name: worked by hand
    source: my-protocol
    start: 2026-01-05
    bsa: 1.8
    cycles: 1
    expect:
      - activity: treatment.paclitaxel
        amounts: {C1D1: AMOUNT}
"""


@pytest.mark.parametrize(("amount", "code"), [("144 mg", 0), ("140 mg", 1)])
def test_verify_of_a_file_runs_the_cases_beside_it(run: Run, regimen_file: RegimenFile, tmp_path: Path, amount: str, code: int) -> None:
    # 80 mg/m2 x 1.8 m2 = 144 mg
    name = regimen_file()
    (tmp_path / "weekly-paclitaxel.cases.yaml").write_text(CASES.replace("AMOUNT", amount), encoding="utf-8")
    result = run("verify", name)
    assert result.exit_code == code
    if code:
        assert "1 differences" in result.stdout
        assert "worked by hand: line 9: treatment.paclitaxel amount C1D1: expected {'140 mg'}, got {'144 mg'}" in result.stdout
        assert "do not use these regimens until they are understood" in result.stderr
    else:
        assert result.stdout == "weekly-paclitaxel: 1 cases, all as worked by hand\n"


# -- drawing ------------------------------------------------------------------------------------------------------


def test_schedule_as_csv(run: Run) -> None:
    result = run("schedule", *KRD, *SIZE, "--format", "csv")
    assert result.exit_code == 0
    rows = rows_of(result.stdout)
    assert sorted((int(row["day"]), row["activity"], row["amount"]) for row in rows) == KRD_C1
    assert {row["date"] for row in rows if row["day"] == "22"} == {"2026-01-26"}
    assert all(line.startswith("note: ") for line in result.stderr.splitlines())
    assert "drawn for 1 cycle, to 2026-02-01" in result.stderr


def test_schedule_as_json(run: Run) -> None:
    document = json.loads(run("schedule", *KRD, *SIZE, "--format", "json").stdout)
    assert (document["regimen"], document["start"], document["missing"]) == ("krd", "2026-01-05", [])
    assert sorted((row["day"], row["activity"], str(row["amount"])) for row in document["rows"]) == KRD_C1
    assert any("drawn for 1 cycle, to 2026-02-01" in note for note in document["notes"])


def test_schedule_as_lines_of_json(run: Run) -> None:
    rows = [json.loads(line) for line in run("schedule", *KRD, *SIZE, "--format", "jsonl").stdout.splitlines()]
    assert sorted((row["day"], row["activity"], str(row["amount"])) for row in rows) == KRD_C1


def test_schedule_as_a_table(run: Run) -> None:
    heading, *lines = run("schedule", *KRD, *SIZE).stdout.splitlines()
    assert heading.split() == ["Date", "Phase", "Day", "Activity", "Route", "Dose", "Amount", "Note"]
    assert len(lines) == len(KRD_C1)
    assert lines[0].split()[:10] == ["2026-01-05", "treatment", "C1D1", "carfilzomib", "IV", "10", "min", "20", "mg/m2", "36.4"]


@pytest.mark.parametrize("form", ["table", "csv", "json", "jsonl"])
def test_a_file_holds_what_the_terminal_would_have_shown(run: Run, tmp_path: Path, form: str) -> None:
    shown = run("schedule", *KRD, *SIZE, "--format", form)
    saved = run("schedule", *KRD, *SIZE, "--format", form, "-o", "out")
    assert (saved.exit_code, saved.stdout, saved.stderr) == (0, "", shown.stderr)
    assert (tmp_path / "out").read_bytes() == shown.stdout_bytes
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_the_protocol_leaves_out_is_said_and_is_no_failure(run: Run) -> None:
    result = run("schedule", "isa-kpd", "--start", "2026-01-05", *SIZE)
    assert result.exit_code == 0
    said = result.stderr.splitlines()
    carfilzomib = next(line for line in said if line.startswith("missing: induction.carfilzomib.dose is not stated: "))
    assert "carfilzomib.dose=... or --proxy nz-kpd" in carfilzomib
    assert "missing: screening.marrow.at is not stated: --set screening.marrow.at=..." in said
    assert all(line.startswith(("missing: ", "note: ")) for line in said)
    assert "missing: " not in result.stdout
    assert "induction.carfilzomib.dose is not stated" in result.stdout


def test_a_choice_may_shorten_a_phase(run: Run) -> None:
    """VMP has bortezomib twice weekly in cycles 1-4 and weekly in cycles 5-9; of 42 days each."""
    twice_weekly = [1, 4, 8, 11, 22, 25, 29, 32]
    expected = [str(date(2026, 1, 5) + timedelta(days=42 * cycle + day - 1)) for cycle in range(4) for day in twice_weekly]
    args = ("vmp", "--start", "2026-01-05", "--set", "treatment.repeat=4")
    assert dates_of(run, *args, activity="bortezomib") == expected


@pytest.mark.parametrize("format", ["table", "csv", "json", "jsonl"])
def test_what_every_reader_must_see_is_said_with_every_schedule(run: Run, format: str) -> None:
    result = run("schedule", "v-pld", "--start", "2026-01-05", "--cycles", "1", "--format", format)
    assert result.exit_code == 0
    for expected in (
        "note: Pegylated liposomal doxorubicin must never be interchanged with conventional doxorubicin.",
        "note: At least 72 hours between two doses of bortezomib.",
        "note: treatment has up to 8 cycles; there may be fewer",
        "note: treatment: 1 of its 8 cycles drawn, as asked; the others are left out",
    ):
        assert expected in result.stderr.splitlines()


def test_a_phase_of_up_to_so_many_months_may_be_shorter(run: Run) -> None:
    """The record says "for up to 24 months" of maintenance, and six cycles of induction."""
    lines = run("schedule", "isa-kpd", "--start", "2026-01-05").stderr.splitlines()
    assert [line for line in lines if "may be" in line] == ["note: maintenance lasts up to 24 months; it may be shorter"]


def test_the_user_can_supply_what_is_missing(run: Run) -> None:
    args = (
        "isa-kpd",
        "--start",
        "2026-01-05",
        "--bsa",
        "1.8",
        "--weight",
        "70",
        "--phase",
        "induction",
        "--cycles",
        "1",
        "--format",
        "csv",
    )
    result = run("schedule", *args, "--proxy", "nz-kpd", "--set", "isatuximab.dose=10mg/kg")
    assert "missing: " not in result.stderr
    amounts = {(row["activity"], row["day"]): row["amount"] for row in rows_of(result.stdout)}
    # 10 x 70, 20 x 1.8, 56 x 1.8
    assert (amounts["isatuximab", "1"], amounts["carfilzomib", "1"], amounts["carfilzomib", "8"]) == ("700", "36", "100.8")


@pytest.mark.parametrize("size", [("--height", "1.70m", "--weight", "70kg"), ("--height", "170cm", "--weight", "70"), ("--height=170cm",)])
def test_units_change_nothing(run: Run, size: tuple[str, ...]) -> None:
    weight = () if "--weight" in size else ("--weight=70",)
    assert run("schedule", *KRD, *size, *weight).stdout == run("schedule", *KRD, *SIZE).stdout


def test_without_measurements_dates_and_flat_doses_are_drawn(run: Run) -> None:
    result = run("schedule", *KRD, "--format", "csv")
    assert result.exit_code == 0
    amounts = {row["activity"]: row["amount"] for row in rows_of(result.stdout)}
    assert amounts == {"carfilzomib": "", "lenalidomide": "25", "dexamethasone": "40"}
    assert "amount not computed: height and weight not given" in result.stdout


@pytest.mark.parametrize("name", ["imroz", "IMROZ", "isa-vrd", " isa-vrd "])
def test_aliases(run: Run, name: str) -> None:
    args = ("--start", "2026-01-05", "--cycles", "1", "--format", "csv")
    assert run("schedule", name, *args).stdout == run("schedule", "isa-vrd", *args).stdout != ""


def test_a_regimen_by_its_path(run: Run, regimen_file: RegimenFile) -> None:
    start = date(2026, 1, 5)
    expected = [str(start + timedelta(28 * cycle + day)) for cycle in range(6) for day in (0, 7, 14)]
    assert dates_of(run, regimen_file(), "--start", "2026-01-05", activity="paclitaxel") == expected


def test_until_is_the_last_day_drawn(run: Run, regimen_file: RegimenFile) -> None:
    args = (regimen_file(), "--start", "2026-01-05")
    assert dates_of(run, *args, "--until", "2026-01-12", activity="paclitaxel") == ["2026-01-05", "2026-01-12"]
    assert dates_of(run, *args, "--until", "2026-01-11", activity="paclitaxel") == ["2026-01-05"]
    assert dates_of(run, *args, "--until", "2026-01-05", activity="paclitaxel") == ["2026-01-05"]


def test_a_phase_that_waits_is_drawn_from_the_date_it_is_told(run: Run) -> None:
    args = ("krd-asct", "--start", "2026-01-05")
    assert dates_of(run, *args, activity="infusion") == [""]
    assert "--phase-start transplant=DATE" in run("schedule", *args).stderr
    assert dates_of(run, *args, "--phase-start", "transplant = 2026-08-03", activity="infusion") == ["2026-08-03"]


def test_only_some_phases(run: Run) -> None:
    args = ("isa-kpd", "--start", "2026-01-05", "--format", "csv")
    both = rows_of(run("schedule", *args, "--phase", "maintenance", "--phase", "follow-up").stdout)
    assert list(Counter(row["phase"] for row in both)) == ["maintenance", "follow-up"]


def test_a_variant(run: Run) -> None:
    args = ("isa-k", "--start", "2026-01-05", "--cycles", "2")
    # Level 1 every 2 weeks; level 2 weekly for 4 doses, then every 2 weeks.
    assert dates_of(run, *args, "--variant", "dl1", activity="isatuximab") == ["2026-01-05", "2026-01-19", "2026-02-02", "2026-02-16"]
    weekly = ["2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26"]
    assert dates_of(run, *args, "--variant", "dl2", activity="isatuximab") == [*weekly, "2026-02-02", "2026-02-16"]


@pytest.mark.parametrize(
    ("fit", "days"),
    # Days 1 4 8 11 of 21: in their own rhythm of 21 days, or on the days of that number of the 28-day cycle.
    [("keep", [0, 3, 7, 10, 21, 24, 28, 31, 42, 45, 49, 52]), ("stretch", [0, 3, 7, 10, 28, 31, 35, 38])],
)
def test_a_derived_regimen(run: Run, fit: str, days: list[int]) -> None:
    args = ("cfz-for-bortezomib", "--base", "vd", "--base-days", fit, "--start", "2026-01-05", "--until", "2026-03-01")
    base = dates_of(run, "vd", "--start", "2026-01-05", "--cycles", "1", activity="bortezomib")
    assert base == [str(date(2026, 1, 5) + timedelta(day)) for day in (0, 3, 7, 10)]
    assert dates_of(run, *args, activity="bortezomib") == []
    found = dates_of(run, *args, "--set", "dexamethasone.days=1 4 8 11", activity="dexamethasone")
    assert found == [str(date(2026, 1, 5) + timedelta(day)) for day in days]


# -- calendars ----------------------------------------------------------------------------------------------------


def lines_of(result: Result) -> list[str]:
    assert result.exit_code == 0, result.stderr
    return result.stdout_bytes.decode().replace("\r\n ", "").split("\r\n")


def test_calendar(run: Run, tmp_path: Path) -> None:
    shown = run("calendar", *KRD, *SIZE)
    lines = lines_of(shown)
    assert (lines[0], lines[-2:]) == ("BEGIN:VCALENDAR", ["END:VCALENDAR", ""])
    days = {line.removeprefix("DTSTART;VALUE=DATE:") for line in lines if line.startswith("DTSTART")}
    # Lenalidomide on days 1 to 21, dexamethasone on day 22.
    assert days == {(date(2026, 1, 5) + timedelta(day)).strftime("%Y%m%d") for day in range(22)}
    assert "drawn for 1 cycle" in shown.stderr
    assert run("calendar", *KRD, *SIZE, "-o", "out.ics").stdout == ""
    assert (tmp_path / "out.ics").read_bytes() == shown.stdout_bytes


@pytest.mark.parametrize(
    ("stamp", "written"),
    [
        ((), "20261121T000000Z"),  # the day on which the regimen was last checked
        (("--stamp", "2026-01-05"), "20260105T000000Z"),
        (("--stamp", "2026-01-05T08:00:00"), "20260105T080000Z"),
        (("--stamp", "2026-01-05T08:00:00Z"), "20260105T080000Z"),
        (("--stamp", "2026-01-05T01:00:00+02:00"), "20260104T230000Z"),
    ],
)
def test_the_stamp(run: Run, regimen_file: RegimenFile, stamp: tuple[str, ...], written: str) -> None:
    lines = lines_of(run("calendar", regimen_file(), "--start", "2026-01-05", *stamp))
    assert {line for line in lines if line.startswith("DTSTAMP")} == {f"DTSTAMP:{written}"}


def test_the_plan_id_changes_the_ids_and_nothing_else(run: Run) -> None:
    one, other = (lines_of(run("calendar", *KRD, "--plan-id", name)) for name in ("a", "b"))
    different = [(left, right) for left, right in zip(one, other, strict=True) if left != right]
    assert len(different) == sum(line.startswith("UID:") for line in one) > 0
    assert all(left.startswith("UID:") for left, _ in different)


def test_a_calendar_of_nothing_is_refused(run: Run, tmp_path: Path) -> None:
    result = run("calendar", "isa-vrd", "--start", "2026-01-05", "--cycles", "1", "-o", "out.ics")
    assert result.exit_code == 7
    assert "isa-vrd has nothing with a date to put in a calendar" in result.stderr
    assert list(tmp_path.iterdir()) == []


# -- amounts ------------------------------------------------------------------------------------------------------


# Rules of drugs that no measurement was given for are told, never taken for not applying.
NOT_LOOKED_AT = """\
note: carfilzomib has rules for liver that were not looked at: not given (--liver)
note: lenalidomide has rules for crcl and dialysis that were not looked at: not given (--creatinine or --crcl, --dialysis)
note: dexamethasone has rules for age that were not looked at: not given (--age)
"""


def test_dose_of_a_regimen(run: Run) -> None:
    result = run("dose", "krd", *SIZE)
    assert (result.exit_code, result.stderr) == (0, NOT_LOOKED_AT)
    amounts = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert amounts == [
        "treatment carfilzomib C1 D1-2: 20 mg/m2 [dc-k] -> 36.4 mg per administration",
        "treatment carfilzomib otherwise: 27 mg/m2 [dc-k] -> 49.1 mg per administration",
        "treatment lenalidomide: 25 mg [msc-k] -> 25 mg per administration",
        "treatment dexamethasone: 40 mg [msc-k] -> 40 mg per administration",
    ]
    assert "1.8181 m2 (Mosteller" in result.stdout


@pytest.mark.parametrize("name", ["carfilzomib", "Kyprolis", "CARFILZOMIB"])
def test_dose_of_a_drug(run: Run, name: str) -> None:
    result = run("dose", name, "--dose", "27mg/m2", "--bsa", "1.8")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "carfilzomib 27 mg/m2: 48.6 mg"
    assert "how often it is given is not part of this calculation" in result.stderr


def test_dose_by_exposure(run: Run) -> None:
    # Calvert: 5 x (90 + 25)
    assert run("dose", "carfilzomib", "--dose", "AUC 5", "--gfr", "90").stdout.startswith("carfilzomib AUC 5: 575 mg\n")


def test_dose_by_another_formula(run: Run) -> None:
    # Schlich, a woman of 170 cm and 70 kg: 0.000975482 x 170^1.08 x 70^0.46 = 1.7654 m2, x 100
    result = run("dose", "carfilzomib", "--dose", "100mg/m2", *SIZE, "--formula", "schlich", "--sex", "female")
    assert result.stdout.startswith("carfilzomib 100 mg/m2: 176.5 mg\n")


def test_dose_of_one_phase(run: Run) -> None:
    args = ("dose", "isa-kpd", "--bsa", "1.8", "--weight", "70", "--proxy", "nz-kpd", "--proxy", "isa-label")
    phases = {line.split()[0] for line in run(*args, "--phase", "maintenance").stdout.splitlines() if not line.startswith(" ")}
    assert phases == {"maintenance"}


def test_dose_prints_what_can_be_computed_and_refuses_the_rest(run: Run) -> None:
    result = run("dose", "isa-kpd", "--bsa", "1.8", "--proxy", "nz-kpd", "--phase", "induction")
    assert result.exit_code == 6
    # 20 x 1.8
    assert "induction carfilzomib C1 D1: 20 mg/m2 [srl-kpd] from proxy nz-kpd -> 36 mg per administration" in result.stdout
    assert "Error: induction.isatuximab.dose is not stated: --set " in result.stderr
    assert result.stderr.endswith("isatuximab.dose=... or --proxy isa-label\n")


def test_dose_marks_what_could_not_be_traced(run: Run) -> None:
    result = run("dose", "cfz-for-bortezomib", "--base", "cybord", "--bsa", "2", "--proxy", "steps-20-27-36-45", "--phase", "combination")
    # 27 x 2
    expected = "combination carfilzomib C2: 27 mg/m2 [unverified] from proxy steps-20-27-36-45 UNVERIFIED -> 54 mg per administration"
    assert expected in result.stdout.splitlines()


def test_dose_prints_nothing_where_nothing_can_be_computed(run: Run) -> None:
    result = run("dose", "isa-kpd", "--bsa", "1.8", "--phase", "induction")
    assert (result.exit_code, result.stdout) == (6, "")
    assert result.stderr.count("is not stated") == 4


# -- help ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [None, *commands.commands])
def test_help(run: Run, name: str | None) -> None:
    args = [name] if name else []
    short, long = (run(*args, option) for option in ("-h", "--help"))
    assert short.exit_code == 0
    assert short.stdout == long.stdout
    assert short.stdout.startswith("Usage: dosing")
    if name is None:
        assert "Not a medical device" in short.stdout
        assert all(f"\n  {each} " in short.stdout for each in commands.commands)
    else:
        assert all(option.help for option in commands.commands[name].params if isinstance(option, click.Option))


def test_the_commands_are_those_of_the_guide() -> None:
    assert sorted(commands.commands) == [
        "auc",
        "bsa",
        "calendar",
        "check",
        "cohort",
        "crcl",
        "dose",
        "feed",
        "forecast",
        "plan",
        "regimens",
        "round",
        "schedule",
        "share",
        "show",
        "site",
        "start-days",
        "summary",
        "verify",
    ]
