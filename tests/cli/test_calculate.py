"""The four calculators: `bsa`, `crcl`, `auc`, `round`. Expected numbers are published ones, or worked apart from the library."""

import math
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from dosing.dose.calculators import exposure, rounded, surface
from dosing.dose.policy import parse_policy
from dosing.errors import DoseError
from dosing.regimen.drug import Drug
from dosing.regimen.facts import Fact, Gap
from dosing.regimen.library import bibliography
from dosing.units import Quantity, parse_quantity

Run = Callable[..., Result]

SIZE = "--height 170 --weight 70"
MAN = "--sex male --age 68 --weight 100"
# The form of the national tables, one value a band; the numbers are made up.
BANDS = "from_mg,below_mg,band_mg\n10,20,15\n20,30,24\n"


def said(run: Run, line: str) -> list[str]:
    """The lines on standard output of a command that succeeds."""
    result = run(*shlex.split(line))
    assert result.exit_code == 0, result.stderr
    return result.stdout.splitlines()


def refuse(run: Run, code: int, expected: str, line: str) -> None:
    result = run(*shlex.split(line))
    assert (result.exit_code, result.stdout) == (code, "")
    assert expected in result.stderr


# -- body surface -------------------------------------------------------------------------------------------------


def test_bsa_shows_its_formula_and_source(run: Run) -> None:
    # Medical Equations prints 1.818 for 170 cm and 70 kg.
    assert said(run, f"bsa {SIZE}") == [
        "body surface: 1.8181 m2 (Mosteller)",
        "    170 cm, 70 kg: sqrt(height cm x weight kg / 3600) = 1.8181 m2 [mosteller-1987]",
    ]


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("--height 180 --weight 80", "2 m2 (Mosteller)"),
        ("--height 180 --weight 80 --formula du-bois", "1.9964 m2 (Du Bois)"),  # clinPK: 2.00; 0.007184 x 180^0.725 x 80^0.425
        ("--height 1.70m --weight 70kg", "1.8181 m2 (Mosteller)"),
        # 170.18 cm and 69.8532 kg: sqrt(170.18 x 69.8532 / 3600)
        ("--height 5ft7in --weight 154lb", "1.8172 m2 (Mosteller)"),
        # 0.000975482 x 170^1.08 x 70^0.46 and 0.000579479 x 170^1.24 x 70^0.38
        (f"{SIZE} --formula Schlich --sex female", "1.7654 m2 (Schlich)"),
        (f"{SIZE} --formula schlich --sex male", "1.698 m2 (Schlich)"),
    ],
)
def test_bsa(run: Run, line: str, first: str) -> None:
    assert said(run, f"bsa {line}")[0] == f"body surface: {first}"


def test_bsa_by_every_formula(run: Run) -> None:
    h, w = 165.0, 82.0
    by = {
        "Mosteller": math.sqrt(h * w / 3600),
        "Du Bois": 0.007184 * h**0.725 * w**0.425,
        "Haycock": 0.024265 * h**0.3964 * w**0.5378,
        "Gehan-George": 0.0235 * h**0.42246 * w**0.51456,
        "Boyd": 0.0003207 * h**0.3 * (1000 * w) ** (0.7285 - 0.0188 * math.log10(1000 * w)),
        "Fujimoto": 0.008883 * h**0.663 * w**0.444,
        "Takahira": 0.007241 * h**0.725 * w**0.425,
        "Shuter-Aslani": 0.00949 * h**0.655 * w**0.441,
        "Livingston-Lee": 0.1173 * w**0.6466,
        "Schlich": 0.000975482 * h**1.08 * w**0.46,
    }
    lines = said(run, "bsa --all --height 165 --weight 82 --sex female")
    found = {match[2]: float(match[1]) for line in lines if (match := re.fullmatch(r"body surface: (\S+) m2 \((.*)\)", line))}
    assert found == {title: pytest.approx(m2, abs=0.00005001) for title, m2 in by.items()}
    assert all("165 cm, 82 kg, female: " in line for line in lines[1::2])


def test_bsa_by_every_formula_without_a_sex(run: Run) -> None:
    lines = said(run, f"bsa --all {SIZE}")
    assert len(lines) == 20
    assert lines[-2:] == ["body surface: not computed (Schlich)", "    this formula needs the patient's sex, female or male"]


@pytest.mark.parametrize(
    ("line", "code", "expected"),
    [
        ("--height 170", 2, "Missing option '--weight'"),
        ("--weight 70", 2, "Missing option '--height'"),
        ("--height 1.7 --weight 70", 4, "height 1.7 cm is outside 40 to 275 cm"),
        ("--height 170 --weight x", 4, "weight 'x' can't be read"),
        (f"{SIZE} --formula duboi", 4, "did you mean 'du-bois'?"),
        (f"{SIZE} --all --formula duboi", 4, "did you mean 'du-bois'?"),
        (f"{SIZE} --formula schlich", 4, "the Schlich formula needs the patient's sex"),
        (f"{SIZE} --sex f", 4, "sex is 'f'"),
        (f"{SIZE} --all --sex f", 4, "sex is 'f'"),
        # height and weight exchanged; inches taken for cm
        ("--height 70 --weight 170", 4, "height 70 cm is below 100 cm"),
        ("--height 67 --weight 70", 4, "height 67 cm is below 100 cm"),
        (f"{SIZE} --override hight", 4, "override of 'hight': unknown; did you mean 'height'?"),
        ("--height 30 --weight 70 --override height", 4, "height 30 cm is outside 40 to 275 cm"),
    ],
)
def test_bsa_refuses(run: Run, line: str, code: int, expected: str) -> None:
    refuse(run, code, expected, f"bsa {line}")


@pytest.mark.parametrize(("every", "times"), [("", 1), (" --all --sex male", 10)])
def test_what_was_overridden_is_said_once_and_stands_in_the_output(run: Run, every: str, times: int) -> None:
    # a child of 95 cm: below what passes for an adult
    result = run(*shlex.split(f"bsa --height 95 --weight 30 --override height{every}"))
    assert result.exit_code == 0
    warnings = result.stderr.splitlines()
    assert [line.split(":")[0] for line in warnings] == ["warning", "warning"]
    assert "height 95 cm is below 100 cm (overridden)" in warnings[0]
    assert "weight 30 kg is below 35 kg" in warnings[1]
    notes = [line for line in result.stdout.splitlines() if line.startswith("    note: ")]
    assert notes == ["    note: height is below 100 cm (overridden)", "    note: weight is below 35 kg"] * times


# -- kidney function ----------------------------------------------------------------------------------------------


def test_crcl_shows_its_steps(run: Run) -> None:
    # 88.4 umol/L are 1 mg/dL; ideal weight at 70 inches 50 + 23 kg; the egfr package prints 68.6335 for a woman of 50
    assert said(run, f"crcl {MAN} --height 177.8 --creatinine 88.4umol/L --use adjusted")[:6] == [
        "creatinine clearance: 83.8 mL/min (Cockcroft-Gault, adjusted weight)",
        "    ideal weight 50 kg + 2.3 kg x 10 inches above 60 = 73 kg (Devine, male) [devine-1974]",
        "    adjusted weight 73 kg + 0.4 x (100 kg - 73 kg) = 83.8 kg [adjusted-weight]",
        "    creatinine 88.4 umol/L / 88.4 = 1 mg/dL",
        "    (140 - 68) x 83.8 kg (adjusted) / (72 x 1 mg/dL) = 83.8 mL/min (Cockcroft-Gault) [cockcroft-gault-1976]",
        "    not capped, not rounded, not indexed to body surface",
    ]
    assert said(run, "crcl --age 50 --sex female --weight 70 --creatinine 88.4umol/L")[-3:] == [
        "for information, not for a dose: 68.6335 mL/min/1.73 m2 (CKD-EPI 2021)",
        "    creatinine 88.4 umol/L / 88.4 = 1 mg/dL",
        "    142 x (1 mg/dL / 0.7)^-1.2 x 0.9938^50 x 1.012 (female) = 68.6335 mL/min/1.73 m2 (CKD-EPI 2021) [ckd-epi-2021]",
    ]


@pytest.mark.parametrize(
    ("line", "first"),
    [
        # clinPK: 111 and 37; Super Global Calculator: 52.1 and 74.8
        ("--age 40 --sex male --weight 80 --creatinine 1.0mg/dL", "111.1111 mL/min (Cockcroft-Gault, actual weight)"),
        ("--age 40 --sex male --weight 80 --creatinine '3 mg/dL'", "37.037 mL/min (Cockcroft-Gault, actual weight)"),
        ("--age 65 --sex male --weight 70 --creatinine 1.4mg/dL", "52.0833 mL/min (Cockcroft-Gault, actual weight)"),
        ("--age 45 --sex female --weight 60 --creatinine 0.9mg/dL", "74.7685 mL/min (Cockcroft-Gault, actual weight)"),
        # the height alone changes nothing; the ideal weight of 177.8 cm is 73 kg
        (f"{MAN} --creatinine 1mg/dL --height 177.8", "100 mL/min (Cockcroft-Gault, actual weight)"),
        (f"{MAN} --creatinine 1mg/dL --height 177.8 --use ideal", "73 mL/min (Cockcroft-Gault, ideal weight)"),
    ],
)
def test_crcl(run: Run, line: str, first: str) -> None:
    assert said(run, f"crcl {line}")[0] == f"creatinine clearance: {first}"


@pytest.mark.parametrize(
    ("line", "code", "expected"),
    [
        (f"{MAN} --creatinine 1.1", 4, "creatinine '1.1' has no unit; write it as 1.1 mg/dL or 97 umol/L"),
        (f"{MAN} --creatinine 97", 4, "creatinine '97' has no unit"),
        (f"{MAN} --creatinine 1.1mmol/L", 4, "creatinine in mmol/L is not known"),
        (f"{MAN} --creatinine 97mg/dL", 4, "creatinine 97 mg/dL is above 20 mg/dL"),
        (f"{MAN} --creatinine 1.1umol/L", 4, "mg/dL is below 0.2 mg/dL"),
        (f"{MAN}", 2, "Missing option '--creatinine'"),
        ("--age 68 --weight 70 --creatinine 1mg/dL", 2, "Missing option '--sex'"),
        ("--sex m --age 68 --weight 70 --creatinine 1mg/dL", 4, "sex is 'm'; it is one of female, male, or left out"),
        ("--sex male --age 17 --weight 70 --creatinine 1mg/dL", 4, "age 17 years is outside 18 to 120"),
        ("--sex male --age 121 --weight 70 --creatinine 1mg/dL", 4, "age 121 years is above 120 years"),
        ("--sex male --age 67.5 --weight 70 --creatinine 1mg/dL", 4, "age '67.5' is not a number of completed years"),
        ("--sex male --age ６７ --weight 70 --creatinine 1mg/dL", 4, "is not a number of completed years"),  # noqa: RUF001
        ("--sex male --age=-5 --weight 70 --creatinine 1mg/dL", 4, "age '-5' is not a number of completed years"),
        (f"{MAN} --creatinine 1mg/dL --use ideal", 4, "the ideal weight needs the patient's height: give --height"),
        (f"{MAN} --creatinine 1mg/dL --use adjusted", 4, "the adjusted weight needs the patient's height: give --height"),
        (f"{MAN} --creatinine 1mg/dL --use lean", 2, "'lean' is not one of"),
        (f"{MAN} --creatinine 1mg/dL --height 150 --use ideal", 4, "below 152.4 cm"),
        (f"{MAN} --creatinine 1mg/dL --height 100", 4, "bmi 100 kg/m2 is above 70 kg/m2"),
    ],
)
def test_crcl_refuses(run: Run, line: str, code: int, expected: str) -> None:
    refuse(run, code, expected, f"crcl {line}")


def test_a_low_creatinine_is_remarked_on(run: Run) -> None:
    result = run(*shlex.split(f"crcl {MAN} --creatinine 0.5mg/dL"))
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: creatinine 0.5 mg/dL is below 0.7 mg/dL: ")
    assert result.stdout.count("    note: creatinine is below 0.7 mg/dL\n") == 1


def test_a_creatinine_that_was_overridden(run: Run) -> None:
    # 72 x 100 / (72 x 25)
    result = run(*shlex.split(f"crcl {MAN} --creatinine 25mg/dL --override creatinine"))
    assert result.stdout.startswith("creatinine clearance: 4 mL/min ")
    assert "    note: creatinine is above 20 mg/dL (overridden)\n" in result.stdout


# -- dose by AUC --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "mg", "cap"),
    [
        # creatinineclearancecalculator.net and tools.gera.services
        ("--auc 5 --gfr 90", "575", "no cap on the GFR was asked for"),
        ("--auc 5 --gfr 90mL/min --cap-gfr 125", "575", "90 mL/min is not above the cap of 125 mL/min"),
        ("--auc 5 --gfr 140 --cap-gfr 125", "750", "140 mL/min is above the cap of 125 mL/min: dosed as 125 mL/min"),
        ("--auc 6 --gfr 125", "900", "no cap on the GFR was asked for"),
        # 5 x (140 + 25) and 5 x (125.1 + 25); 1.5 x (52.083 + 25)
        (
            "--auc 5 --gfr 140",
            "825",
            "no cap on the GFR was asked for; consider a cap of 125 mL/min where the GFR is estimated from creatinine: "
            "--cap-gfr 125 [fda-carboplatin-2010]",
        ),
        ("--auc 5.0 --gfr 125.1 --cap-gfr 130.0", "750.5", "125.1 mL/min is not above the cap of 130 mL/min"),
        ("--auc 1.5 --gfr 52.083", "115.6245", "no cap on the GFR was asked for"),
    ],
)
def test_auc(run: Run, line: str, mg: str, cap: str) -> None:
    lines = said(run, f"auc {line}")
    assert lines[0].endswith(f": {mg} mg")
    assert lines[1].endswith(" mL/min (given)")
    assert lines[2] == f"    {cap}"
    assert lines[3].endswith(f" = {mg} mg (Calvert) [calvert-1989]")
    assert lines[4:] == ["    not rounded"]


def test_auc_shows_the_rate_that_was_dosed_for(run: Run) -> None:
    lines = said(run, "auc --auc 5.0 --gfr 140 --cap-gfr 125")
    assert (lines[0], lines[1], lines[3]) == (
        "AUC 5: 750 mg",
        "    GFR 140 mL/min (given)",
        "    AUC 5 x (125 mL/min + 25 mL/min) = 750 mg (Calvert) [calvert-1989]",
    )


@pytest.mark.parametrize(("auc", "warned"), [("10", False), ("10.1", True), ("90", True)])
def test_a_gfr_given_as_the_auc_is_remarked_on(run: Run, auc: str, warned: bool) -> None:
    result = run("auc", "--auc", auc, "--gfr", "5")
    assert result.exit_code == 0
    expected = f"warning: AUC {auc} is above 10, which hardly any protocol asks for; check that it is not the GFR\n"
    assert result.stderr == (expected if warned else "")
    assert result.stdout.endswith(f"    note: AUC {auc} is above 10\n") == warned


@pytest.mark.parametrize(
    ("line", "code", "expected"),
    [
        ("--auc 5", 2, "Missing option '--gfr'"),
        ("--gfr 90", 2, "Missing option '--auc'"),
        ("--auc 0 --gfr 90", 6, "AUC 0 must be a number above zero"),
        ("--auc x --gfr 90", 6, "--auc: 'x' is not a plain number"),
        ("--auc -5 --gfr 90", 6, "--auc: '-5' is not a plain number"),
        ("--auc 5mg --gfr 90", 6, "--auc: '5mg' is not a plain number"),
        ("--auc 5 --gfr 0", 4, "GFR 0 mL/min is outside 1 to 300 mL/min"),
        ("--auc 5 --gfr x", 4, "GFR 'x' can't be read; write it as 90 or 90mL/min"),
        ("--auc 5 --gfr 90mL/min/1.73m2", 4, "GFR '90mL/min/1.73m2' can't be read"),
        ("--auc 5 --gfr 90 --cap-gfr 0", 6, "a cap on the GFR of 0 mL/min can't be used"),
        ("--auc 5 --gfr 90 --cap-gfr none", 6, "--cap-gfr: 'none' is not a plain number"),
    ],
)
def test_auc_refuses(run: Run, line: str, code: int, expected: str) -> None:
    refuse(run, code, expected, f"auc {line}")


def test_a_huge_auc_is_no_fault_of_the_program(run: Run) -> None:
    assert said(run, f"auc --auc 1{'0' * 60} --gfr 75")[0] == f"AUC 1{'0' * 60}: 1{'0' * 62} mg"


@given(auc=st.decimals("0.1", "10", places=2), gfr=st.decimals("1", "300", places=2), cap=st.decimals("1", "300", places=2))
def test_a_cap_is_the_dose_of_the_smaller_rate(auc: Decimal, gfr: Decimal, cap: Decimal) -> None:
    found = exposure(auc=auc, gfr_ml_min=gfr, cap_ml_min=cap).steps[2].value
    assert found == auc * (min(gfr, cap) + 25)


# -- rounding -----------------------------------------------------------------------------------------------------

ISATUXIMAB = "    vials of isatuximab: 100 mg, 500 mg [empr-isa]"
DRAWN_UP = "    measurable precision of carfilzomib: 0.1 mg (what can be drawn up; 0.1 mg is 0.05 mL at 2 mg/mL) [dosing-convention]"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (  # 10 mg/kg x 76 kg; 40 / 760
            "'760 mg' --drug Sarclisa --policy 'vial size within 10 %'",
            [
                "760 mg -> 800 mg (+5.2632 %)",
                "    policy: vial size within 10 %",
                ISATUXIMAB,
                "    rounded to vial size (700 mg or 800 mg), within 10 %",
                "    deviation +5.2632 % of the exact 760 mg",
            ],
        ),
        (  # 60 / 760
            "760mg --drug isatuximab --policy 'whole vials down within 10%'",
            [
                "760 mg -> 700 mg (-7.8947 %)",
                "    policy: whole vials down within 10 %",
                ISATUXIMAB,
                "    rounded down to whole vials (700 mg), within 10 %",
                "    deviation -7.8947 % of the exact 760 mg",
            ],
        ),
        (  # 60 mg is 10.9108 above 49.0892, 22.2 %; 49.1 mg is 0.0108 above
            "49.0892mg --drug carfilzomib --policy 'nearest 60 mg within 10 %'",
            [
                "49.0892 mg -> 49.1 mg (+0.022 %)",
                "    policy: nearest 60 mg within 10 %",
                DRAWN_UP,
                "    not rounded to the nearest 60 mg: +22.2 % is beyond 10 %; kept at measurable precision",
                "    deviation +0.022 % of the exact 49.0892 mg",
            ],
        ),
        (
            "49.0892mg --drug carfilzomib --policy measurable",
            [
                "49.0892 mg -> 49.1 mg (+0.022 %)",
                "    policy: measurable",
                DRAWN_UP,
                "    rounded to 0.1 mg (measurable precision)",
                "    deviation +0.022 % of the exact 49.0892 mg",
            ],
        ),
        (
            "49.0892mg --drug carfilzomib --policy never",
            [
                "49.0892 mg -> 49.0892 mg (0 %)",
                "    policy: never",
                "    not rounded: the policy is never",
                "    deviation 0 % of the exact 49.0892 mg",
            ],
        ),
        (  # no drug is needed; 1.2345 g is 1234.5 mg, -4.5 of 1234.5
            "1.2345g --policy 'nearest 10 mg'",
            [
                "1.2345 g -> 1.23 g (-0.3645 %)",
                "    policy: nearest 10 mg",
                "    rounded to the nearest 10 mg",
                "    deviation -0.3645 % of the exact 1.2345 g",
            ],
        ),
        (  # the capsules of 25 mg were never traced
            "530mg --drug Cytoxan --policy stocked",
            [
                "530 mg -> 525 mg (-0.9434 %)",
                "    policy: stocked",
                "    tablets of cyclophosphamide: 25 mg, 50 mg [dm-cyc-tab]",
                "    capsules of cyclophosphamide: 25 mg, 50 mg [medlib-cyc]",
                "    rounded to stocked strengths (525 mg or 550 mg)",
                "    deviation -0.9434 % of the exact 530 mg",
            ],
        ),
        (
            "17mg --drug melphalan --policy 'stocked within 10 %'",
            [
                "17 mg -> 18 mg (+5.8824 %)",
                "    policy: stocked within 10 %",
                "    tablets of melphalan: 2 mg [mel-tab]",
                "    rounded to stocked strengths (16 mg or 18 mg), within 10 %",
                "    deviation +5.8824 % of the exact 17 mg",
            ],
        ),
        (  # 20 mg is in the upper band; 4 / 20
            "20.0mg --policy 'bands my-table' --bands my-table.csv",
            [
                "20 mg -> 24 mg (+20 %)",
                "    policy: bands my-table",
                "    rounded to bands my-table (20 to below 30 mg)",
                "    deviation +20 % of the exact 20 mg",
            ],
        ),
    ],
)
def test_round(run: Run, tmp_path: Path, line: str, expected: list[str]) -> None:
    (tmp_path / "my-table.csv").write_text(BANDS, encoding="utf-8")
    assert said(run, f"round {line}") == expected


def test_round_outside_a_table_keeps_what_can_be_measured(run: Run, tmp_path: Path) -> None:
    (tmp_path / "my-table.csv").write_text(BANDS, encoding="utf-8")
    lines = said(run, "round 30.04mg --drug carfilzomib --policy 'bands my-table' --bands my-table.csv")
    assert (lines[0], lines[2]) == ("30.04 mg -> 30 mg (-0.1332 %)", DRAWN_UP)
    assert lines[3] == "    not rounded to bands my-table: the table ends below 30 mg; kept at measurable precision"


@pytest.mark.parametrize(
    ("line", "code", "expected"),
    [
        ("760mg", 2, "Missing option '--policy'"),
        ("760 --policy never", 6, "AMOUNT: '760' is not a number with a unit"),
        ("0mg --policy never", 6, "AMOUNT: '0mg' must be a flat amount above zero"),
        ("27mg/m2 --policy never", 6, "AMOUNT: '27mg/m2' must be a flat amount"),
        ("170cm --policy never", 6, "AMOUNT: '170cm' has the unit of length"),
        ("760mg --policy 'vial sizes'", 6, "unknown rounding policy 'vial sizes'"),
        ("760mg --policy 'vial size within 10 %'", 6, "needs the drug's vials; name the drug, state them in the drug's file"),
        ("760mg --policy measurable", 6, "the drug has no measurable precision; name the drug, or add `precision`"),
        ("40mg --policy 'nearest 60 mg within 5 %'", 6, "+50 % is beyond 5 %), and the drug has no measurable precision; name the drug"),
        ("5000units --drug isatuximab --policy 'vial size'", 6, "does not fit an amount in units"),
        ("0.01mg --drug isatuximab --policy measurable", 6, "becomes nothing; check the unit"),
        ("760mg --drug isatuximb --policy never", 3, "there is no drug 'isatuximb'; did you mean 'isatuximab'?"),
        ("20mg --policy 'bands other' --bands my-table.csv", 6, "there is no band table 'other'"),
        ("20mg --policy 'bands my-table'", 6, "there is no band table 'my-table'"),
        (
            "20mg --policy 'nearest 5 mg' --bands my-table.csv",
            6,
            "takes no band table; leave it out, or write `bands my-table`",
        ),
        ("20mg --policy 'bands x' --bands x.csv", 3, "can't read x.csv: No such file or directory"),
        ("20mg --policy 'bands wrong' --bands wrong.csv", 3, "wrong.csv:3: from: 21 leaves a gap after the band before"),
        ("20mg --policy 'bands latin' --bands latin.csv", 3, "latin.csv:2: not valid UTF-8; save the file as UTF-8"),
        ("20mg --policy 'bands long' --bands long.csv", 3, "long.csv: a band table has at most 1,000,000 bytes"),
    ],
)
def test_round_refuses(run: Run, tmp_path: Path, line: str, code: int, expected: str) -> None:
    (tmp_path / "my-table.csv").write_text(BANDS, encoding="utf-8")
    (tmp_path / "wrong.csv").write_text(BANDS.replace("\n20,", "\n21,"), encoding="utf-8")
    (tmp_path / "latin.csv").write_bytes(b"from_mg,below_mg,band_mg\n\xe9,1,1\n")
    (tmp_path / "long.csv").write_bytes(b"from_mg,below_mg,band_mg\n".ljust(1_000_001, b"\n"))
    refuse(run, code, expected, f"round {line}")


def test_what_the_drug_s_file_does_not_state_is_not_used() -> None:
    not_stated: Fact[tuple[Quantity, ...]] = Fact(Gap.NOT_STATED, "x")
    drug = Drug("testmab", "x", Fact(parse_quantity("1 mg"), "x"), Fact("IV", "x"), vials=not_stated)
    with pytest.raises(DoseError, match="needs the drug's vials"):
        rounded(parse_quantity("10 mg"), parse_policy("vial size"), drug=drug)
    tablets = replace(drug, tablets=Fact((parse_quantity("4 mg"),), "x"), capsules=not_stated)
    found = rounded(parse_quantity("10 mg"), parse_policy("stocked"), drug=tablets)
    assert (found.text, [step.text for step in found.steps if step.kind == "fact"]) == (
        "10 mg -> 12 mg (+20 %)",
        ["tablets of testmab: 4 mg"],
    )


@given(
    amount=st.decimals("0.5", "5000", places=3),
    step=st.decimals("0.1", "50", places=1),
)
def test_the_deviation_has_its_sign(amount: Decimal, step: Decimal) -> None:
    if amount * 2 < step:
        return
    text = rounded(Quantity(amount, "mg"), parse_policy(f"nearest {step} mg")).text
    match = re.fullmatch(r"(\S+) mg -> (\S+) mg \((\S+) %\)", text)
    assert match
    exact, value, deviation = (Decimal(part) for part in match.groups())
    assert exact == amount
    assert abs(deviation - (value - exact) / exact * 100) <= Decimal("0.00005")
    assert (match[3][0] == "+") == (deviation > 0)


# -- all of them --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        f"bsa {SIZE} --all --sex male",
        f"crcl {MAN} --height 180 --creatinine 97umol/L --use adjusted",
        "auc --auc 5 --gfr 140",
        "round 760mg --drug isatuximab --policy 'vial size'",
        "round 530mg --drug cyclophosphamide --policy stocked",
    ],
)
def test_every_source_stands_in_the_bibliography(run: Run, line: str) -> None:
    keys = re.findall(r" \[([^ ]+)\]$", "\n".join(said(run, line)), re.MULTILINE)
    assert keys
    assert [key for key in keys if key not in bibliography()] == []


def test_halves_are_shown_up() -> None:
    # 0.1 x 26.0005 = 2.60005 and 0.3 x 26.0015 = 7.80045: halves to even would be 2.6 and 7.8004
    shown = [exposure(auc=Decimal(auc), gfr_ml_min=Decimal(gfr)).text for auc, gfr in (("0.1", "1.0005"), ("0.3", "1.0015"))]
    assert shown == ["AUC 0.1: 2.6001 mg", "AUC 0.3: 7.8005 mg"]


def test_the_default_formula_is_that_of_the_schedules() -> None:
    assert surface(height_cm=Decimal(170), weight_kg=Decimal(70)).text.endswith("(Mosteller)")
