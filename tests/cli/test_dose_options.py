"""Rules, weights, reductions, exposure before, sites and overrides on the command line: what they do, and what they refuse."""

import csv
import io
import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from dosing.site.read import load_site

Run = Callable[..., Result]

SIZE = "--height 170 --weight 70"
DOSE = f"dose krd {SIZE}"
KRD = f"schedule krd --start 2026-01-05 --cycles 2 {SIZE}"
PAD = "schedule pad --start 2026-01-05 --bsa 1.8"
SITE = "id: my-site\ntitle: Mine\nformula: du-bois\nrounding: {carfilzomib: nearest 1 mg within 5 %}\n"


@pytest.fixture(autouse=True)
def no_site_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOSING_SITE", raising=False)


def refused(run: Run, line: str, code: int, *expected: str) -> None:
    """It ends with the exit code of its kind, says what is expected, and prints no amount."""
    result = run(*shlex.split(line))
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert [each for each in expected if each not in result.stderr] == [], result.stderr
    assert "Traceback" not in result.stderr


def amounts(run: Run, line: str, activity: str) -> dict[str, str]:
    """`C1D1` -> amount of an activity in the CSV of the schedule."""
    result = run(*shlex.split(line), "--format", "csv")
    assert result.exit_code == 0, result.output
    rows = csv.DictReader(io.StringIO(result.stdout))
    return {f"C{row['cycle']}D{row['day']}": f"{row['amount']} {row['amount_unit']}" for row in rows if row["activity"] == activity}


# -- numbers that are none ----------------------------------------------------------------------------------------

NUMBERS = ["-70", "0", "NaN", "inf", "1,234", "12 3", "\uff17\uff10", "1e3", ""]


MEASURED = {
    "height": "cm",
    "weight": "kg",
    "bsa": "m2",
    "gfr": "mL/min",
    "age": "",
    "creatinine": "mg/dL",
    "crcl": "mL/min",
    "bilirubin": "mg/dL",
}
# A clearance and a bilirubin may be nothing.
MAY_BE_ZERO = ("crcl", "bilirubin")


@pytest.mark.parametrize(
    ("option", "number"), [(option, number) for option in MEASURED for number in NUMBERS if number != "0" or option not in MAY_BE_ZERO]
)
def test_a_measurement_that_is_no_number(run: Run, option: str, number: str) -> None:
    result = run("dose", "krd", f"--{option}={number}{MEASURED[option]}")
    assert (result.exit_code, result.stdout) == (4, "")
    name = {"bsa": "body surface", "gfr": "GFR", "crcl": "creatinine clearance"}.get(option, option)
    assert result.stderr.startswith(f"Error: {name} ")


@pytest.mark.parametrize("number", NUMBERS)
def test_a_dose_that_is_no_number(run: Run, number: str) -> None:
    refused(run, f"dose carfilzomib --bsa 1.8 --dose='{number}mg/m2'", 6, "--dose: ")


@pytest.mark.parametrize("number", [each for each in NUMBERS if each != "0"])
def test_exposure_that_is_no_number(run: Run, number: str) -> None:
    refused(run, f"{PAD} --prior 'doxorubicin={number}mg/m2'", 6, "--prior")


# -- mg where microgram was meant ---------------------------------------------------------------------------------


def test_mg_where_microgram_was_meant_stops(run: Run) -> None:
    """1300 microgram/m2 of bortezomib is its usual 1.3 mg/m2; 1300 mg/m2 is a thousand times that."""
    assert run(*shlex.split("dose bortezomib --dose 1300mcg/m2 --bsa 1.8")).exit_code == 0
    refused(run, "dose bortezomib --dose 1300mg/m2 --bsa 1.8", 6, "usual 0.5 to 1.3 mg/m2", "about 1000x", "--override bortezomib.usual")
    refused(run, f"{PAD} --set bortezomib.dose=1300mg/m2", 6, "about 1000x", "--override bortezomib.usual")
    refused(run, "dose pad --bsa 1.8 --set bortezomib.dose=1300mg/m2", 6, "about 1000x", "--override bortezomib.usual")
    refused(run, "dose carfilzomib --dose 27mcg/m2 --bsa 1.8", 6, "is below the usual 15 to 70 mg/m2", "about 1000x")


def test_a_stop_that_is_let_pass_is_said_in_the_output_itself(run: Run) -> None:
    result = run(*shlex.split("dose bortezomib --dose 1300mg/m2 --bsa 1.8 --override bortezomib.usual"))
    assert result.exit_code == 0
    assert "    OVERRIDDEN: bortezomib 1300 mg/m2 is above the usual 0.5 to 1.3 mg/m2" in result.stdout
    result = run(*shlex.split("dose krd --height 170 --weight 24 --override weight --override bmi"))
    assert result.stdout.startswith("OVERRIDDEN: weight is below 25 kg (overridden)\nOVERRIDDEN: bmi is below 12 kg/m2 (overridden)\n")
    drawn = shlex.split("krd --start 2026-01-05 --cycles 1 --height 170 --weight 24 --override weight --override bmi")
    for command in ("schedule", "summary"):
        assert run(command, *drawn).stdout.startswith("OVERRIDDEN: weight is below 25 kg (overridden)\n")
    assert json.loads(run("schedule", *drawn, "--format", "json").stdout)["overridden"] == ["bmi", "weight"]


def test_an_amount_above_the_most_at_once_is_said_under_it(run: Run) -> None:
    """70 mg/m2 at 2.2 m2 are 154 mg, which is the limit and passes; 70.1 mg/m2 are 154.22 mg, measured as 154.2 mg."""
    for text, count in (("70mg/m2", 0), ("70.1mg/m2", 1)):
        for line in (f"dose carfilzomib --dose {text} --bsa 2.2", f"dose krd --bsa 2.2 --set carfilzomib.dose={text}"):
            out = run(*shlex.split(line)).stdout
            assert out.count("    WARN: carfilzomib above the limit of 154 mg in one administration [srl-kpd]\n") == count


def test_a_limit_of_the_site_that_stops_one_administration(run: Run, tmp_path: Path) -> None:
    limits = "limits: {carfilzomib: {single: {value: 40 mg, act: stop}}}\n"
    (tmp_path / "s.yaml").write_text(f"id: s\ntitle: S\n{limits}", encoding="utf-8")
    for line in ("dose carfilzomib --dose 27mg/m2", "dose krd", "schedule krd --start 2026-01-05 --cycles 1"):
        refused(
            run, f"{line} --bsa 1.8 --site s.yaml", 6, "48.6 mg", "is above the limit of 40 mg", "[site s]", "--override carfilzomib.single"
        )
        assert run(*shlex.split(f"{line} --bsa 1.8 --site s.yaml --override carfilzomib.single")).exit_code == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wieght", "override of 'wieght': no drug here has such a limit; did you mean 'weight'?"),
        ("carfilzomib.usul", "did you mean 'carfilzomib.usual'?; they have carfilzomib.usual, carfilzomib.single"),
        ("bortezomib.spacing", "override of 'bortezomib.spacing': no drug here has such a limit"),
    ],
)
def test_an_override_of_an_unknown_name(run: Run, name: str, expected: str) -> None:
    for line in (DOSE, KRD, f"dose carfilzomib --dose 27mg/m2 {SIZE}"):
        refused(run, f"{line} --override {name}", 6, expected)


# -- rules for patients -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "code", "expected"),
    [
        ("--creatinine 1.1", 4, ("creatinine '1.1' has no unit; write it as 1.1 mg/dL or 97 umol/L",)),
        ("--creatinine 97mg/dL", 4, ("creatinine 97 mg/dL is above 20 mg/dL", "in the other unit is 88 times too high or too low")),
        ("--creatinine 97umol/L", 4, ("needs the patient's age and sex: give --age --sex, or --crcl",)),
        ("--bilirubin 2", 4, ("bilirubin '2' can't be read; write it with its unit",)),
        ("--dialysis maybe", 4, ("dialysis: 'maybe' is neither yes nor no",)),
        ("--child-pugh D", 4, ("child pugh is 'D'; it is one of A, B, C",)),
        ("--liver bad", 4, ("liver is 'bad'; it is one of normal, mild, moderate, severe",)),
        ("--crcl-weight ideel", 4, ("crcl weight is 'ideel'; it is one of actual, ideal, adjusted",)),
        ("--measured-on 2026-02-30", 4, ("--measured-on: '2026-02-30' is not a day of the calendar",)),
        ("--measured-on 05/01/2026", 4, ("--measured-on: '05/01/2026' is not a date; write it as 2026-01-05",)),
        ("--lost nose", 4, ("amputation 'nose' can't be read",)),
        ("--rule lenalidomide=uk", 3, ("lenalidomide has no rules of a group 'uk'", "groups: us, eu; or none")),
        ("--rule carfilzomib=us", 3, ("carfilzomib has no alternative rules to choose from; leave out --rule carfilzomib=us",)),
        ("--rule lenalidomid=us", 3, ("there is no drug 'lenalidomid'; did you mean 'lenalidomide'?",)),
        ("--rule lenalidomide", 6, ("--rule 'lenalidomide' must have the form DRUG=VALUE",)),
        ("--rule lenalidomide=us --rule Revlimid=eu", 6, ("--rule lenalidomide is given twice; keep one",)),
        (
            "--crcl 20 --rule lenalidomide=us",
            3,
            ("rule us-below-30 (15 mg instead of 25 mg", "depends on dialysis too, not given; give --dialysis"),
        ),
        ("--age 76", 3, ("sources differ", "--rule dexamethasone=over-75, --rule dexamethasone=from-75, --rule dexamethasone=none")),
        ("--dose-weight carfilzomib=adjsted", 6, ("--dose-weight: 'adjsted' is not one of actual, ideal, adjusted, before amputation",)),
        ("--dose-weight ideal", 6, ("--dose-weight 'ideal' must have the form DRUG=VALUE",)),
        ("--dose-weight carfilzomib=ideal", 4, ("needs the patient's sex", "--sex")),
        ("--dose-weight carfilzomib=ideal --dose-weight Kyprolis=actual", 6, ("--dose-weight carfilzomib is given twice; keep one",)),
    ],
)
def test_rules_that_can_t_be_looked_at(run: Run, options: str, code: int, expected: tuple[str, ...]) -> None:
    refused(run, f"{DOSE} {options}", code, *expected)
    refused(run, f"{KRD} {options}", code, *expected)


@pytest.mark.parametrize(
    ("options", "amount"),
    [
        ("--age 75 --rule dexamethasone=over-75", "40 mg"),
        ("--age 76 --rule dexamethasone=over-75", "20 mg"),
        ("--age 74 --rule dexamethasone=from-75", "40 mg"),
        ("--age 75 --rule dexamethasone=from-75", "20 mg"),
        ("--age 76 --rule dexamethasone=none", "40 mg"),
    ],
)
def test_both_sides_of_75_years(run: Run, options: str, amount: str) -> None:
    assert set(amounts(run, f"{KRD} {options}", "dexamethasone").values()) == {amount}
    assert f"-> {amount} per administration" in run(*shlex.split(f"{DOSE} {options}")).stdout.partition("dexamethasone")[2]


@pytest.mark.parametrize(
    ("bilirubin", "amount"),
    [
        # 9 mg/m2 x 2 m2 = 18 mg; half of it from 1.2 to 3 mg/dL, a quarter to 5 mg/dL. 1 mg/dL is 17.1 umol/L.
        ("1.1mg/dL", "18 mg"),
        ("1.2mg/dL", "9 mg"),
        ("3mg/dL", "9 mg"),
        ("51.3umol/L", "9 mg"),
        ("51.4umol/L", "4.5 mg"),
        ("85.5umol/L", "4.5 mg"),
    ],
)
def test_bilirubin_in_both_units(run: Run, bilirubin: str, amount: str) -> None:
    line = f"schedule pad --start 2026-01-05 --bsa 2 --cycles 1 --bilirubin {bilirubin}"
    assert set(amounts(run, line, "doxorubicin").values()) == {amount}


def test_no_dose_where_the_label_has_none(run: Run) -> None:
    """Above 5 mg/dL, that is 85.5 umol/L, the label calls doxorubicin contraindicated."""
    result = run(*shlex.split("dose pad --bsa 2 --bilirubin 85.6umol/L"))
    assert result.exit_code == 6
    assert "doxorubicin.dose is not stated" in result.stderr
    assert "DOXOrubicin" not in result.stdout


def test_what_was_not_looked_at_is_said(run: Run) -> None:
    result = run(*shlex.split(DOSE))
    assert "note: dexamethasone has rules for age that were not looked at: not given (--age)" in result.stderr
    result = run(*shlex.split("dose lenalidomide --dose 25mg --crcl 20"))
    assert "note: lenalidomide has rules for age, kidneys, liver or the like; to a dose that you state none is applied" in result.stderr
    assert "has rules" not in run(*shlex.split("dose isatuximab --dose 10mg/kg --weight 70")).stderr
    result = run(*shlex.split(f"{DOSE} --lost 'left foot'"))
    assert "note: a lost part of the body counts only where the weight before amputation is asked for" in result.stderr


# -- weights over time --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "code", "expected"),
    [
        ("--measured weight=66kg", 4, ("--measured 'weight=66kg' can't be read; write it as '2026-03-02 weight=66kg'",)),
        ("--measured 2026-02-02", 4, ("--measured '2026-02-02' can't be read",)),
        ("--measured ''", 4, ("--measured '' can't be read",)),
        ("--measured '2026-02-02 weight=66kg weight=60kg'", 4, ("--measured '2026-02-02 weight=66kg weight=60kg' can't be read",)),
        ("--measured '2026-02-02 wieght=66kg'", 4, ("--measured '2026-02-02 wieght=66kg' can't be read",)),
        ("--measured '2026-02-30 weight=66kg'", 4, ("--measured: '2026-02-30' is not a day of the calendar",)),
        ("--measured '2026-02-02 weight=6,6kg'", 4, ("weight '6,6kg' can't be read",)),
        ("--measured '2026-02-02 weight=700'", 4, ("weight 700 kg is outside 1 to 650 kg",)),
        ("--measured '2026-02-02 weight=66' --measured '2026-02-02 weight=67'", 4, ("there are two measurements of 2026-02-02; keep one",)),
        ("--measured '2026-01-04 weight=66'", 4, ("measurement of 2026-01-04 is from before the start on 2026-01-05",)),
        ("--weigh sometimes", 6, ("--weigh: 'sometimes' is neither `each cycle` nor a change such as `more than 10 %`",)),
        ("--weigh 'more than 0 %'", 6, ("--weigh: '0 %' is not a percentage above zero",)),
        ("--weigh 'carfilzomb=each cycle'", 3, ("there is no drug 'carfilzomb'; did you mean 'carfilzomib'?",)),
        ("--weigh 'each cycle' --weigh 'more than 10 %'", 6, ("--weigh for every drug is given twice; keep one",)),
    ],
)
def test_measurements_that_can_t_count(run: Run, options: str, code: int, expected: tuple[str, ...]) -> None:
    refused(run, f"{KRD} {options}", code, *expected)


def test_a_drug_without_a_rule_for_weights_asks_for_one(run: Run) -> None:
    line = f"schedule pad --start 2026-01-05 {SIZE} --measured '2026-01-26 weight=50'"
    refused(run, line, 6, "no rule says when a new weight counts", "--weigh bortezomib='more than 10 %'")
    assert run(*shlex.split(f"{line} --weigh 'more than 10 %'")).exit_code == 0


@pytest.mark.parametrize(
    ("weight", "options", "amount"),
    [
        # sqrt(170 x 70 / 3600) x 27 = 49.0892; 84 kg is just 20 % more and keeps it; sqrt(170 x 84.1 / 3600) x 27 = 53.807.
        ("84kg", "", "49.1 mg"),
        ("84.1kg", "", "53.8 mg"),
        ("56kg", "", "49.1 mg"),
        ("55.9kg", "", "43.9 mg"),  # sqrt(170 x 55.9 / 3600) x 27 = 43.868
        ("70.1kg", "--weigh 'carfilzomib=each cycle'", "49.1 mg"),  # 49.1243
        ("71kg", "--weigh 'carfilzomib=each cycle'", "49.4 mg"),  # 49.4386
        ("77kg", "--weigh 'carfilzomib=more than 10 %'", "49.1 mg"),
        ("77.1kg", "--weigh 'carfilzomib=more than 10 %'", "51.5 mg"),  # 51.5186
    ],
)
def test_from_which_change_on_a_new_weight_counts(run: Run, weight: str, options: str, amount: str) -> None:
    found = amounts(run, f"{KRD} --measured '2026-02-02 weight={weight}' {options}", "carfilzomib")
    assert (found["C1D16"], found["C2D1"], found["C2D16"]) == ("49.1 mg", amount, amount)


def test_a_new_size_is_flagged_at_the_dose_where_it_begins(run: Run) -> None:
    result = run(*shlex.split(f"{KRD} --measured '2026-02-02 weight=50kg' --format csv"))
    rows = [row for row in csv.DictReader(io.StringIO(result.stdout)) if row["activity"] == "carfilzomib"]
    assert [f"C{row['cycle']}D{row['day']}" for row in rows if "NEW SIZE from this dose" in row["note"]] == ["C2D1"]
    assert {row["measured_on"] for row in rows if row["cycle"] == "2"} == {"2026-02-02"}
    assert "weight of 2026-02-02 is -28.6 % since the start (more than 20 %) [khcp-adm]: NEW SIZE" in result.stdout


# -- reductions ---------------------------------------------------------------------------------------------------

HOW = "write it as `carfilzomib=level 1 from C3: neutropenia`"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("'carfilzomib=level 1'", ("reduction 'carfilzomib=level 1' can't be read, or has no reason", HOW)),
        ("'carfilzomib=level 1: '", ("can't be read, or has no reason", HOW)),
        ("'carfilzomib=level 1: x' --reduce 'carfilzomib=level 1 from C2: y'", ("is reduced to level 1 already", "is listed once")),
        ("'carfilzomib=level 1: x' --reduce 'carfilzomib=level 1: x'", ("is reduced to level 1 already", "is listed once")),
        ("'carfilzomib=level 3: x'", ("has no such level (1: 20 mg/m2, 2: 15 mg/m2); give a percentage",)),
        ("'carfilzomib=level 0: x'", ("'level 0' is not a percentage above zero", HOW)),
        ("'carfilzomb=level 1: x'", ("the regimen gives no 'carfilzomb'; did you mean 'carfilzomib'?",)),
        ("'carfilzomib=75: x'", ("'75' is not a percentage above zero such as 75 %", HOW)),
        ("'carfilzomib=75,5 %: x'", ("'75,5' is not a plain number", HOW)),
        ("'carfilzomib=-5 %: x'", ("'-5' is not a plain number", HOW)),
        ("'carfilzomib=0 %: x'", ("'0 %' is not a percentage above zero", HOW)),
        ("'carfilzomib=100 %: x'", ("does not reduce anything; a percentage is below 100 %",)),
    ],
)
def test_reductions_that_can_t_be_made(run: Run, options: str, expected: tuple[str, ...]) -> None:
    refused(run, f"{DOSE} --reduce {options}", 6, *expected)
    refused(run, f"{KRD} --reduce {options}", 6, *expected)


def test_a_reduction_begins_on_its_day(run: Run) -> None:
    """From 27 to 20 mg/m2 on C2D8: 1.8181 x 27 = 49.1, x 20 = 36.4; 75 % of 49.0892 are 36.8169."""
    found = amounts(run, f"{KRD} --reduce 'carfilzomib=level 1 from C2 D8: neutropenia'", "carfilzomib")
    assert (found["C2D2"], found["C2D8"], found["C2D16"]) == ("49.1 mg", "36.4 mg", "36.4 mg")
    found = amounts(run, f"{KRD} --reduce 'carfilzomib=75 % from 2026-02-09: neutropenia'", "carfilzomib")
    assert (found["C2D2"], found["C2D8"]) == ("49.1 mg", "36.8 mg")
    refused(run, f"{DOSE} --reduce 'carfilzomib=75 % from 2026-02-09: x'", 6, "there are no dates here; say from which cycle, such as C3")


# -- exposure before ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--prior doxorubicin=240", ("--prior: '240' is not a number with a unit",)),
        ("--prior doxorubicin", ("--prior 'doxorubicin' must have the form DRUG=AMOUNT, such as doxorubicin=240mg/m2",)),
        ("--prior doxorubicin=240mg/kg", ("given as 240 mg/kg", "give it in mg/m2")),
        ("--prior doxorubicin=240mL", ("given as 240 mL", "give it in mg/m2")),
        ("--prior doxorubicn=240mg/m2", ("exposure before to 'doxorubicn'", "it can be given for anthracycline, doxorubicin")),
        ("--prior lenalidomide=240mg", ("exposure before to 'lenalidomide'",)),
        ("--prior doxorubicin=1mg/m2 --prior doxorubicin=2mg/m2", ("--prior doxorubicin is given twice; keep one",)),
        ("--prior doxorubicin=1mg/m2 --prior anthracycline=2mg/m2", ("give one sum for anthracycline, or each drug's own",)),
    ],
)
def test_exposure_that_can_t_be_added(run: Run, options: str, expected: tuple[str, ...]) -> None:
    refused(run, f"{PAD} {options}", 6, *expected)


@pytest.mark.parametrize(("prior", "warned"), [("406mg/m2", False), ("406.1mg/m2", True)])
def test_the_limit_of_a_lifetime(run: Run, prior: str, warned: bool) -> None:
    """Four cycles of 4 x 9 mg/m2 are 144 mg/m2, at 2 m2 given as 18 mg each: with 406 mg/m2 before just 550 mg/m2, which passes."""
    result = run(*shlex.split(f"schedule pad --start 2026-01-05 --bsa 2 --prior doxorubicin={prior}"))
    assert ("note: WARN: doxorubicin above the limit of 550 mg/m2 in a lifetime [mims-rubicin]" in result.stderr) == warned
    unknown = run(*shlex.split("schedule pad --start 2026-01-05 --bsa 2")).stderr
    assert "exposure to anthracycline before is not known" in unknown


# -- sites --------------------------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> str:
    """A site file, and the name with its hash that every output must have."""
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    return load_site(str(tmp_path / "site.yaml")).practice.site


def test_every_output_names_the_site_and_its_hash(run: Run, site: str) -> None:
    assert site.startswith("my-site (")
    given = shlex.split(f"{SIZE} --site site.yaml")
    drawn = ["krd", "--start", "2026-01-05", "--cycles", "1", *given]
    assert run("dose", "krd", *given).stdout.startswith(f"site {site}\n")
    assert run("dose", "carfilzomib", "--dose", "27mg/m2", *given).stdout.startswith(f"site {site}\n")
    assert run("summary", *drawn).stdout.startswith(f"site {site}\n")
    assert run("share", "bortezomib", "2mg", "1.2mg", "--allow", "--site", "site.yaml").stdout.startswith(f"site {site}\n")
    assert run("schedule", *drawn).stdout.startswith(f"site {site}\nDate ")
    rows = csv.DictReader(io.StringIO(run("schedule", *drawn, "--format", "csv").stdout))
    assert {row["site"] for row in rows} == {site}
    assert json.loads(run("schedule", *drawn, "--format", "json").stdout)["site"] == site
    assert f"site {site}" in run("calendar", *drawn).stdout.replace("\r\n ", "")


def test_the_site_of_the_environment(run: Run, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Du Bois 1.8097 x 27 = 48.86, rounded to 49 mg; Mosteller 49.0892 too; without a site 49.1 mg."""
    line = "dose carfilzomib --dose 27mg/m2 --height 170 --weight 70"
    monkeypatch.setenv("DOSING_SITE", "site.yaml")
    out = run(*shlex.split(line)).stdout
    assert out.startswith(f"site {site}\ncarfilzomib 27 mg/m2: 49 mg\n")
    assert "(Du Bois: " in out
    out = run(*shlex.split(f"{line} --formula mosteller --round carfilzomib=never")).stdout
    assert out.startswith(f"site {site}\ncarfilzomib 27 mg/m2: 49.0892")
    assert "(Mosteller: " in out
    monkeypatch.setenv("DOSING_SITE", "")
    assert run(*shlex.split(line)).stdout.startswith("carfilzomib 27 mg/m2: 49.1 mg\n")
    monkeypatch.setenv("DOSING_SITE", "nowhere.yaml")
    refused(run, line, 3, "can't read nowhere.yaml: No such file or directory")
    assert run(*shlex.split(f"{line} --site site.yaml")).stdout.startswith(f"site {site}\n")


def test_a_site_with_an_unknown_drug(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("id: bad\ntitle: Bad\nrounding: {carfilzomb: stocked}\n", encoding="utf-8")
    for line in (DOSE, KRD, "dose carfilzomib --dose 27mg/m2 --bsa 1.8"):
        refused(run, f"{line} --site bad.yaml", 3, "bad.yaml:3: rounding.carfilzomb: there is no drug 'carfilzomb'; did you mean")
        refused(run, f"{line} --site no.yaml", 3, "can't read no.yaml: No such file or directory")
