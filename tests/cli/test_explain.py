"""`dosing dose --explain`, `--compare-formula`, `--compare`, and `dosing summary`: the calculation as a pharmacist writes it down."""

import csv
import io
import re
import shlex
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise

import pytest
from click.testing import Result

from dosing.export.text import folded

Run = Callable[..., Result]

LABELS = ["measured", "weight", "level", "size", "cap", "dose", "factor", "rounding", "deviation", "product", "limits"]
BY_CYCLE = "By cycle: what is given in a day and what is given in a cycle are different numbers"


@pytest.fixture(autouse=True)
def no_site_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOSING_SITE", raising=False)


def said(run: Run, line: str) -> list[str]:
    result = run(*shlex.split(line))
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def block(lines: list[str], head: str) -> list[str]:
    """What stands below a line that begins with `head`, unfolded: `label text`."""
    at = next(number for number, line in enumerate(lines) if line.startswith(head))
    found: list[str] = []
    for line in lines[at + 1 :]:
        if not line.startswith("    "):
            break
        if line.startswith(" " * 15):
            found[-1] += f" {line.strip()}"
        else:
            found.append(" ".join(line.split()))
    return found


def test_the_line_that_a_pharmacist_would_write(run: Run) -> None:
    """190 cm, 130 kg: sqrt(190 x 130 / 3600) = 2.6194 m2, dosed as 2.2 m2; 27 x 2.2 = 59.4 mg: 29.7 mL, one vial of 60 mg."""
    lines = said(run, "dose krd --height 190 --weight 130 --explain")
    found = block(lines, "treatment carfilzomib otherwise: 27 mg/m2 [dc-k] -> 59.4 mg")
    assert found[:7] == [
        "size body surface 2.6194 m2 (Mosteller: sqrt(height cm x weight kg / 3600); 190 cm, 130 kg)",
        "cap body surface 2.6194 m2 is above the cap of 2.2 m2: dosed as 2.2 m2 [dc-k]",
        "dose 27 mg/m2 x 2.2 m2 = 59.4 mg",
        "rounding rounded half up to 0.1 mg (measurable precision) [dosing-convention]: 59.4 mg",
        "deviation none",
        "product IV: open 1 x 60 mg, 0.6 mg left over (1 % of what is opened) [khcp-dos]",
        "product IV: dissolve each 60 mg vial in 29 mL of sterile water [khcp-dos]",
    ]
    assert "product IV: 29.7 mL at 2 mg/mL [khcp-dos]" in found
    assert found[-2:] == ["limits usual 15 to 70 mg/m2 [dosing-convention]", "limits at most 154 mg at one administration [srl-kpd]"]


def test_a_cap_that_is_not_reached_and_how_far_rounding_led(run: Run) -> None:
    """27 x sqrt(170 x 70 / 3600) = 49.0892045; 49.1 is 0.02199 % more."""
    found = block(said(run, "dose krd --height 170 --weight 70 --explain"), "treatment carfilzomib otherwise")
    assert found[2] == "cap body surface up to 2.2 m2: not reached [dc-k]"
    assert found[4] == "deviation +0.022 % of the exact 49.0892 mg"


def test_no_cap_where_a_regimen_says_so(run: Run) -> None:
    found = block(said(run, "dose krd --bsa 2.5 --set carfilzomib.bsa_cap=none --explain"), "treatment carfilzomib otherwise")
    assert [line for line in found if line.startswith(("cap", "dose"))] == [
        "dose 27 mg/m2 x 2.5 m2 = 67.5 mg",
        "cap no cap on the body surface [user]",
    ]


def test_a_maximum_that_is_not_reached(run: Run) -> None:
    found = block(said(run, "dose krd --bsa 1.8 --set carfilzomib.max=60mg --explain"), "treatment carfilzomib otherwise")
    assert "cap maximum 60 mg for one administration: not reached [user]" in found


@pytest.mark.parametrize("name", ["krd", "isa-k --variant dl2", "vmp", "pad", "isa-kd", "v-pld"])
def test_every_line_has_a_label_and_fits(run: Run, name: str) -> None:
    """At most 100 characters, and each label is known; no line ends between a number and its unit; no exponents, no trailing zeros."""
    lines = said(run, f"dose {name} --height 171 --weight 83 --explain")
    lines = lines[: lines.index(BY_CYCLE)]
    assert max(map(len, lines)) <= 100
    assert {line[4:15].strip() for line in lines if line.startswith("    ")} <= {"", *LABELS}
    for line, after in pairwise(lines):
        assert not re.search(r"[0-9]E[-+]?[0-9]|[0-9]\.[0-9]{5,}|[0-9]\.[0-9]*0\b", line)
        assert not (re.search(r" [0-9.]+$", line) and re.match(r" +(mg|mL|min|kg|cm|m2|%|h|microgram)\b", after)), line


@pytest.mark.parametrize("width", range(60, 110))
def test_no_number_is_parted_from_its_unit(width: int) -> None:
    """Whatever stands before it: `49.1 mg`, `10 %` and `12 x 10 mg` stay on one line, and nothing is lost."""
    text = f"    {'x' * width} 49.1 mg {'y' * 20} 10 % z 12 x 10 mg"
    lines = folded(text, hanging=4)
    assert [line for line in lines if line.endswith(("49.1", "10", "12", " x")) or len(line) > max(100, width + 4)] == []
    assert " ".join(line.strip() for line in lines) == text.strip()
    assert len(lines) > 1 or len(text) <= 100


def test_what_nobody_could_trace_is_marked(run: Run) -> None:
    lines = said(run, "dose isa-k --variant dl2 --height 170 --weight 70 --explain")
    rates = [line for line in block(lines, "combination isatuximab") if "infusion" in line and "bag of 250 mL:" in line]
    assert len(rates) == 3
    assert all(line.endswith("UNVERIFIED") for line in rates)
    assert [re.search(r"([0-9.]+) min in all", line)[1] for line in rates] == ["200", "113", "75"]  # type: ignore[index]


def test_the_level_and_the_reason(run: Run) -> None:
    """75 % of 49.0892 are 36.8169; level 1 below 27 is 20 mg/m2, 36.3624 mg."""
    line = "dose krd --height 170 --weight 70 --explain --reduce"
    found = block(said(run, f"{line} 'carfilzomib=level 1: neutropenia'"), "treatment carfilzomib otherwise: 20 mg/m2")
    assert found[0] == "level level 1 of 27 mg/m2 is 20 mg/m2 [pmc11382308]: neutropenia; 20 mg/m2 instead of 27 mg/m2"
    found = block(said(run, f"{line} 'carfilzomib=75 %: platelets 40'"), "treatment carfilzomib otherwise")
    assert "factor 75 % of 49.0892 mg = 36.8169 mg [user]: platelets 40" in found


def test_how_the_clearance_was_found(run: Run) -> None:
    """(140 - 70) x 70 kg / (72 x 1.9 mg/dL) = 35.8187 mL/min: the band from 30 to 60."""
    line = "dose krd --height 170 --weight 70 --age 70 --sex male --creatinine 1.9mg/dL --dialysis no --rule lenalidomide=us --explain"
    lines = said(run, f"{line} --rule dexamethasone=none")
    assert lines[0] == "known for rules: age 70 years, crcl 35.8187 mL/min (Cockcroft-Gault, actual weight), no dialysis"
    assert any("(140 - 70) x 70 kg (actual) / (72 x 1.9 mg/dL) = 35.8187 mL/min" in each for each in lines)
    # 142 x (1.9 / 0.9)^-1.2 x 0.9938^70, for a man
    assert "= 37.4804 mL/min/1.73 m2 (CKD-EPI 2021); for information, no rule goes by it" in " ".join(" ".join(lines).split())
    assert any(each.startswith("treatment lenalidomide: 10 mg [ash-tab] from rule us-30-to-60") for each in lines)
    assert not any(each.startswith("known") for each in said(run, "dose krd --height 170 --weight 70 --explain"))


def test_a_day_and_a_cycle_side_by_side(run: Run) -> None:
    """Cycle 1 of KRd at 1.8181 m2: 2 x 36.4 + 4 x 49.1 = 269.2 mg, ordered as 2 x 20 + 4 x 27 = 148 mg/m2."""
    lines = said(run, "dose krd --height 170 --weight 70 --explain")
    table = [re.split(r" {2,}", line) for line in lines[lines.index(BY_CYCLE) + 1 :] if line.startswith(("Phase", "treatment  "))]
    assert table[0] == ["Phase", "Cycle", "Drug", "Days", "On days", "Dose", "Amount", "Total a day", "Total a cycle", "Ordered a cycle"]
    assert table[1] == ["treatment", "C1", "carfilzomib", "2", "1-2", "20 mg/m2", "36.4 mg", "36.4 mg", "269.2 mg (6 doses)", "148 mg/m2"]
    assert table[2][3:] == ["4", "8-9 and 15-16", "27 mg/m2", "49.1 mg", "49.1 mg", "269.2 mg (6 doses)", "148 mg/m2"]


def test_no_total_of_a_phase_that_has_no_end(run: Run) -> None:
    """How many cycles stand here follows from the notation; nobody is to dispense capsules for so many."""
    lines = said(run, "dose krd --height 170 --weight 70 --explain")
    assert not [line for line in lines if "together" in line]
    assert any(line.startswith("treatment goes on; here as many as show all that changes: ") for line in lines)
    lines = said(run, "summary krd --start 2026-01-05 --height 170 --weight 70 --cycles 2")
    assert [line for line in lines if "together 42 x 25 mg" in line]
    assert "treatment goes on; counted here: 2 cycles" in lines
    lines = said(run, "dose vmp --height 170 --weight 70 --explain --phase treatment")
    assert [line for line in lines if "the whole phase, C1-9," in line]


def test_the_trace_of_a_schedule_has_the_same_steps(run: Run) -> None:
    line = "--height 170 --weight 70"
    steps = [each.strip() for each in said(run, f"dose krd {line} --phase treatment")[1:4]]
    text = run(*shlex.split(f"schedule krd --start 2026-01-05 --cycles 1 --format csv --trace {line}")).stdout
    row = next(csv.DictReader(io.StringIO(text)))
    assert row["steps"].split(" | ") == steps
    assert (row["exact_amount"], row["deviation_pct"]) == ("36.3624", "0.1035")


def test_trace_needs_a_form_for_machines(run: Run) -> None:
    result = run(*shlex.split("schedule krd --start 2026-01-05 --trace"))
    assert (result.exit_code, result.stdout) == (7, "")
    assert "--trace needs --format csv, json or jsonl; `dosing dose --explain` prints" in result.stderr


# -- a second opinion ---------------------------------------------------------------------------------------------


def test_where_another_formula_would_lead(run: Run) -> None:
    """150 cm, 120 kg: Mosteller sqrt(5) = 2.2361 m2, 670.8 mg; Du Bois 2.0774 m2, 623.2 mg, 7.1 % less."""
    lines = said(run, "dose cyclophosphamide --dose 300mg/m2 --height 150 --weight 120 --compare-formula")
    du_bois = Decimal("0.007184") * Decimal(150) ** Decimal("0.725") * Decimal(120) ** Decimal("0.425")
    amount = int(300 * du_bois + Decimal("0.5"))
    off = (Decimal(amount) / 671 - 1) * 100
    assert f"    cyclophosphamide: Du Bois would give {amount} mg instead of 671 mg ({off:.1f} %)" in lines
    assert lines[-1] == "    not looked at without --sex: Schlich"
    listed = [Decimal(percent) for percent in re.findall(r"instead of 671 mg \(\+?(-?[0-9.]+) %\)", "\n".join(lines))]
    assert listed
    assert all(abs(percent) > 5 for percent in listed)


def test_where_no_formula_matters(run: Run) -> None:
    lines = said(run, "dose krd --height 170 --weight 70 --sex female --compare-formula")
    assert lines[-2].startswith("Other body-surface formulas (Du Bois, ")
    assert "Schlich" in lines[-2]
    assert lines[-1] == "    none moves an amount by more than 5 %"
    assert said(run, "dose krd --bsa 1.8 --compare-formula")[-1] == "Other body-surface formulas: none, the body surface was given"


def test_where_a_regimen_departs_from_another(run: Run) -> None:
    """The record of KRd before a transplant writes 27 mg/m2 from the first day; the label begins with 20 mg/m2."""
    lines = said(run, "dose krd --height 170 --weight 70 --compare krd-asct")
    assert "    carfilzomib dose C1 D1-2: 20 mg/m2 here [dc-k], 27 mg/m2 in krd-asct [krd-asct-record]" in lines
    alone = said(run, "show krd --compare krd-asct")
    assert alone == lines[-len(alone) :]
    assert said(run, "show krd --compare krd") == ["krd departs from krd in 0 places"]


@pytest.mark.parametrize("command", ["dose", "show"])
def test_the_comparison_with_an_unknown_regimen(run: Run, command: str) -> None:
    size = "--height 170 --weight 70" if command == "dose" else ""
    result = run(*shlex.split(f"{command} krd {size} --compare kdr"))
    assert (result.exit_code, result.stdout) == (3, "")
    assert "there is no regimen 'kdr'; did you mean 'krd'?" in result.stderr


def test_one_dose_is_compared_with_no_regimen(run: Run) -> None:
    result = run(*shlex.split("dose carfilzomib --dose 27mg/m2 --bsa 1.8 --compare krd"))
    assert (result.exit_code, result.stdout) == (3, "")
    assert "--compare goes with a regimen" in result.stderr


# -- a drug -------------------------------------------------------------------------------------------------------


def test_a_drug_in_plain_words(run: Run) -> None:
    lines = said(run, "show lenalidomide")
    assert lines[0] == "lenalidomide (Revlimid) [dc-rev]"
    assert max(map(len, lines)) <= 100
    assert "  capsules: 2.5 mg, 5 mg, 7.5 mg, 10 mg, 15 mg, 20 mg, 25 mg [nhsh, because the list is that of a UK" in lines
    assert "UNVERIFIED" in "\n".join(said(run, "show carfilzomib"))


def test_tall_man_letters(run: Run) -> None:
    """Names that are easily confused are printed as the list of ISMP has them."""
    assert said(run, "dose doxorubicin --dose 50mg/m2 --bsa 1.8")[0] == "DOXOrubicin 50 mg/m2: 90 mg"
    assert said(run, "dose pad --bsa 1.8 --explain")[0].startswith("treatment bortezomib")
    assert any(line.startswith("treatment DOXOrubicin: 9 mg/m2") for line in said(run, "dose pad --bsa 1.8"))


def test_a_regimen_without_days_has_nothing_to_count(run: Run) -> None:
    line = "--height 170 --weight 70 --explain"
    result = run(*shlex.split(f"dose cfz-60min {line}"))
    assert result.exit_code == 6
    assert result.stdout.endswith(f"\n{BY_CYCLE}\nnothing to count: no drug is on a day that is stated, or none of them is given\n")


def test_the_day_of_the_size_stands_in_the_explanation(run: Run) -> None:
    """Once, the totals by cycle were drawn from a day of their own, before which no size may be measured."""
    lines = said(run, "dose krd --height 170 --weight 70 --measured-on 2026-01-05 --explain")
    assert "170 cm, 70 kg of 2026-01-05)" in " ".join(" ".join(lines).split())
    assert BY_CYCLE in lines
