"""`dosing dose --products`: what to draw up, open and count stands under each amount, and only when asked for."""

from click.testing import CliRunner

from dosing.cli import commands


def run(*words: str) -> str:
    result = CliRunner().invoke(commands, ["dose", *words])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_of_a_regimen() -> None:
    """70 kg: 700 mg of isatuximab are 35 mL, one vial of 500 mg and two of 100 mg; 4 mg of dexamethasone by mouth are one tablet."""
    words = ("isa-k", "--variant", "dl2", "--height", "170", "--weight", "70")
    plain, counted = run(*words), run(*words, "--products")
    assert "    IV: open 1 x 500 mg + 2 x 100 mg, 0 mg left over (0 % of what is opened) [empr-isa]\n    IV: 35 mL at 20 mg/mL" in counted
    assert "    PO, tablets: 1 x 4 mg [dex-lab]\n" in counted
    assert "open" not in plain
    assert [line for line in counted.splitlines() if line in plain.splitlines()] == plain.splitlines()


def test_of_routes_that_change_by_day() -> None:
    """Dexamethasone of Isa-Kd goes by vein on some days and by mouth on others; the tablets are for the latter."""
    assert run("isa-kd", "--height", "170", "--weight", "70", "--products").count("PO, tablets: 1 x 20 mg [dex-lab]") == 1


def test_of_one_dose_of_a_drug() -> None:
    """1.3 mg/m2 x 1.8 m2 = 2.34 mg, measured as 2.3 mg: 2.3 mL by vein, 0.92 mL under the skin."""
    out = run("bortezomib", "--dose", "1.3mg/m2", "--bsa", "1.8", "--products")
    assert "    IV: 2.3 mL at 1 mg/mL [v-set]\n" in out
    assert "    SC: 0.92 mL at 2.5 mg/mL [v-set]\n" in out
