"""`--round`, `--bands` and a site's policies: what they make of an amount, how far that is, and what they refuse."""

import csv
import io
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]

TABLE = "from,below,band,unit\n40,47.5,45,mg\n47.5,52.5,50,mg\n52.5,60,55,mg\n"
KRD = "dose krd --height 170 --weight 70"


@pytest.fixture(autouse=True)
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A band table, and the same with a gap, an overlap and a band outside its bounds."""
    monkeypatch.delenv("DOSING_SITE", raising=False)
    spoiled = {
        "gap": TABLE.replace("52.5,60", "53,60"),
        "overlap": TABLE.replace("52.5,60", "52,60"),
        "outside": TABLE.replace("60,55", "60,61"),
    }
    for name, text in {"good": TABLE, **spoiled, "two": TABLE.replace("55,mg", "55,g"), "empty": ""}.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")


def rounded(run: Run, options: str, dose: str = "carfilzomib --dose 27mg/m2 --height 170 --weight 70") -> tuple[str, str]:
    """The amount, and the last step of its calculation."""
    result = run(*shlex.split(f"dose {dose} {options}"))
    assert result.exit_code == 0, result.output
    first, *_, last = result.stdout.splitlines()
    return first.rpartition(": ")[2], last.strip()


@pytest.mark.parametrize(
    ("policy", "amount", "step"),
    [
        # 27 x 1.81812... = 49.0892
        ("measurable", "49.1 mg", "rounded to 0.1 mg (measurable precision) [user]: 49.1 mg"),
        ("nearest 5 mg within 5 %", "50 mg", "rounded to the nearest 5 mg, within 5 % [user]: 50 mg (+1.9 % from 49.0892 mg)"),
        ("nearest 5 mg within 1 %", "49.1 mg", "+1.9 % is beyond 1 %"),
        ("vial size within 10 %", "50 mg", "50 mg (+1.9 % from 49.0892 mg)"),  # 10, 30 and 60 mg
        ("whole vials down within 10 %", "49.1 mg", "-18.5 % is beyond 10 %"),  # 40 mg
        ("whole vials up within 10 %", "50 mg", "50 mg (+1.9 % from 49.0892 mg)"),
        ("bands good within 6 %", "50 mg", "bands good (47.5 to below 52.5 mg), within 6 % [user]: 50 mg (+1.9 % from 49.0892 mg)"),
    ],
)
def test_policies(run: Run, policy: str, amount: str, step: str) -> None:
    for option in (policy, f"carfilzomib={policy}", f"Kyprolis = {policy}"):
        found, last = rounded(run, f"--round '{option}' --bands good.csv")
        assert found == amount
        assert step in last


@pytest.mark.parametrize(
    ("dose", "policy", "amount"),
    [
        # With 100 kg, in vials of 100 mg and 500 mg: 1000 of 910 mg are 9.89 % more, 1100 of 1010 mg 8.9 % more.
        ("9.1mg/kg", "up", "1000 mg"),
        ("10.1mg/kg", "up", "1100 mg"),
        # 1000 of 1099 mg are 9.01 % less.
        ("10.99mg/kg", "down", "1000 mg"),
    ],
)
def test_within_10_percent(run: Run, dose: str, policy: str, amount: str) -> None:
    assert rounded(run, f"--round 'whole vials {policy} within 10 %'", f"isatuximab --weight 100 --dose {dose}")[0] == amount


@pytest.mark.parametrize(
    ("dose", "limit", "amount"),
    [
        # With 40 kg 10 mg/kg are 400 mg: nothing to round. 11 mg/kg are 440 mg; 400 mg are 9.0909 % less, 500 mg 13.6364 % more.
        ("10mg/kg", "down within 9 %", "400 mg"),
        ("11mg/kg", "down within 9.1 %", "400 mg"),
        ("11mg/kg", "down within 9 %", "440 mg"),
        ("11mg/kg", "up within 13.7 %", "500 mg"),
        ("11mg/kg", "up within 13.6 %", "440 mg"),
        # 600 of 625 mg are 4 % less; 500 of 550 mg 9.09 % less.
        ("15.625mg/kg", "down within 5 %", "600 mg"),
        ("13.75mg/kg", "down within 10 %", "500 mg"),
    ],
)
def test_both_sides_of_a_limit(run: Run, dose: str, limit: str, amount: str) -> None:
    assert rounded(run, f"--round 'whole vials {limit}'", f"isatuximab --weight 40 --dose {dose}")[0] == amount


def test_a_policy_of_a_drug_goes_before_that_of_all(run: Run) -> None:
    assert rounded(run, "--round 'nearest 5 mg' --round 'carfilzomib=nearest 2 mg'")[0] == "50 mg"
    assert rounded(run, "--round 'nearest 5 mg' --round 'carfilzomib=nearest 3 mg'")[0] == "48 mg"


def test_a_flat_dose_is_given_as_stated_unless_its_drug_has_a_policy(run: Run) -> None:
    out = run(*shlex.split(f"{KRD} --round 'nearest 3 mg'")).stdout
    assert "treatment dexamethasone: 40 mg [msc-k] -> 40 mg" in out
    assert "treatment carfilzomib otherwise: 27 mg/m2 [dc-k] -> 48 mg" in out
    out = run(*shlex.split(f"{KRD} --round 'dexamethasone=nearest 3 mg'")).stdout
    assert "treatment dexamethasone: 40 mg [msc-k] -> 39 mg" in out
    assert "treatment carfilzomib otherwise: 27 mg/m2 [dc-k] -> 49.1 mg" in out


def test_the_deviation_is_a_column(run: Run) -> None:
    """50 / 49.0892045 = 1.0185539; 35 / 36.3623737 = 0.9625334."""
    line = "schedule krd --start 2026-01-05 --cycles 1 --height 170 --weight 70 --format csv --round 'nearest 5 mg within 5 %'"
    rows = list(csv.DictReader(io.StringIO(run(*shlex.split(line)).stdout)))
    found = [(row["amount"], row["rounding"], row["deviation_pct"]) for row in rows if row["activity"] == "carfilzomib"]
    assert found == [("35", "nearest 5 mg within 5 %", "-3.7467")] * 2 + [("50", "nearest 5 mg within 5 %", "1.8554")] * 4
    assert {(row["rounding"], row["deviation_pct"]) for row in rows if row["activity"] == "lenalidomide"} == {("", "0")}


@pytest.mark.parametrize(
    ("options", "code", "expected"),
    [
        ("--round ''", 6, ("no rounding policy is given; write one of",)),
        ("--round up", 6, ("unknown rounding policy 'up'; known are `measurable`",)),
        ("--round 'nearest 5'", 6, ("'5' is not a number with a unit",)),
        ("--round 'nearest 0 mg'", 6, ("'0 mg' must be a flat amount above zero",)),
        ("--round 'nearest -5 mg'", 6, ("'-5 mg' is not a number with a unit",)),
        ("--round 'nearest 1,5 mg'", 6, ("'1,5 mg' is not a number with a unit",)),
        ("--round 'nearest NaN mg'", 6, ("'NaN mg' is not a number with a unit",)),
        ("--round 'nearest \uff15 mg'", 6, ("is not a number with a unit",)),
        ("--round 'nearest 5 mg within 1e3 %'", 6, ("'1e3' is not a plain number",)),
        ("--round 'nearest 5 mg within -1 %'", 6, ("'-1' is not a plain number",)),
        ("--round 'nearest 5 mg/m2'", 6, ("must be a flat amount above zero",)),
        ("--round 'carfilzomib=nearest 5 mL'", 6, ("5 mL can't be given in mg",)),
        ("--round 'carfilzomib=stocked'", 6, ("`stocked` needs the drug's tablets or capsules",)),
        ("--round 'carfilzomib='", 6, ("--round 'carfilzomib=' must have the form DRUG=VALUE",)),
        ("--round 'carfilzomb=nearest 5 mg'", 3, ("there is no drug 'carfilzomb'; did you mean 'carfilzomib'?",)),
        ("--round 'nearest 5 mg' --round never", 6, ("--round for every drug is given twice; keep one",)),
        ("--round carfilzomib=never --round Kyprolis=measurable", 6, ("--round carfilzomib is given twice; keep one",)),
        ("--round 'bands good'", 6, ("there is no band table 'good'; give it with --bands or in the site file",)),
        ("--round 'bands god' --bands good.csv", 6, ("there is no band table 'god'; did you mean 'good'?; give it with --bands",)),
        ("--bands no.csv", 3, ("can't read no.csv: No such file or directory",)),
        ("--bands gap.csv", 3, ("gap.csv:4: from: 53 leaves a gap after the band before, which ends below 52.5",)),
        ("--bands overlap.csv", 3, ("overlap.csv:4: from: 52 overlaps the band before, which ends below 52.5",)),
        ("--bands outside.csv", 3, ("outside.csv:4: band",)),
        ("--bands two.csv", 3, ("two.csv:4: unit",)),
        ("--bands empty.csv", 3, ("empty.csv",)),
        ("--bands good.csv --bands ./good.csv", 6, ("--bands good is given twice; keep one",)),
    ],
)
def test_policies_that_can_t_be_used(run: Run, options: str, code: int, expected: tuple[str, ...]) -> None:
    for line in (KRD, "schedule krd --start 2026-01-05 --cycles 1 --height 170 --weight 70", "dose carfilzomib --dose 27mg/m2 --bsa 1.8"):
        result = run(*shlex.split(f"{line} {options}"))
        assert (result.exit_code, result.stdout) == (code, ""), result.output
        assert [each for each in expected if each not in result.stderr] == [], result.stderr


def test_an_amount_outside_the_table_is_not_rounded(run: Run) -> None:
    """60 mg is the first that the last band doesn't have, 39.9 mg below the first."""
    for dose, amount, why in (
        ("60", "60 mg", "the table ends below 60 mg"),
        ("39.9", "39.9 mg", "the amount is below 40 mg, where the table begins"),
    ):
        found, step = rounded(run, "--round 'bands good' --bands good.csv", f"carfilzomib --dose {dose}mg/m2 --bsa 1")
        assert found == amount
        assert f"not rounded to bands good: {why}" in step
    assert rounded(run, "--round 'bands good' --bands good.csv", "carfilzomib --dose 59.9mg/m2 --bsa 1")[0] == "55 mg"
    assert rounded(run, "--round 'bands good' --bands good.csv", "carfilzomib --dose 40mg/m2 --bsa 1")[0] == "45 mg"
