"""`dosing site check`: all problems with exit code 3, or what the site decides, line by line."""

import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "site"
NAME = "site/our-clinic.yaml"
TABLE = "site/tables/example-bands.csv"


@pytest.fixture
def example(tmp_path: Path) -> Callable[..., str]:
    """Copies the example, with `old` replaced by `new` in the file of that name, and gives the site file's name."""

    def copy(*changes: tuple[str, str, str]) -> str:
        shutil.copytree(EXAMPLE, tmp_path / "site")
        for name, old, new in changes:
            text = (tmp_path / name).read_text(encoding="utf-8")
            assert text.count(old) == 1
            (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")
        return NAME

    return copy


def test_what_the_example_decides(run: Run, example: Callable[..., str]) -> None:
    result = run("site", "check", example())
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    digits = sha256(Path(NAME).read_bytes() + Path(TABLE).read_bytes()).hexdigest()[:12]
    assert lines[0] == f"our-clinic ({digits}): Example of a site, for nobody's patients"
    assert "isatuximab: rounded to vial size within 10 %" in lines
    assert "doxorubicin: rounded to bands example-bands within 6 % (9 bands from 40 mg to below 95 mg)" in lines


def test_problems_of_both_files(run: Run, example: Callable[..., str]) -> None:
    name = example((NAME, "isatuximab: vial", "isatuximabb: vial"), (NAME, "du-bois", "du-boys"), (TABLE, "44,48.5", "45,48.5"))
    result = run("site", "check", name)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines() == [
        "Error: 3 problems found",
        f"{NAME}:4: formula: unknown body-surface formula 'du-boys'; did you mean 'du-bois'?; known are mosteller, du-bois, haycock, "
        "gehan-george, boyd, fujimoto, takahira, shuter-aslani, livingston-lee, schlich",
        f"{NAME}:7: rounding.isatuximabb: there is no drug 'isatuximabb'; did you mean 'isatuximab'?",
        f"{TABLE}:3: from: 45 leaves a gap after the band before, which ends below 44",
    ]


def test_one_problem(run: Run, example: Callable[..., str]) -> None:
    result = run("site", "check", example((NAME, "share_vials: [bortezomib]", "share_vials: [bortezomib, carfilzomib]")))
    assert result.exit_code == 3
    assert result.stderr.startswith(f"Error: 1 problem found\n{NAME}:15: share_vials[2]: a vial of carfilzomib must not be shared [")


def test_a_missing_table(run: Run, example: Callable[..., str]) -> None:
    name = example()
    Path(TABLE).unlink()
    result = run("site", "check", name)
    assert result.exit_code == 3
    assert f"{NAME}:11: bands.example-bands: can't read {TABLE}: No such file or directory" in result.stderr


@pytest.mark.parametrize("name", ["nowhere.yaml", "site"])
def test_what_is_no_file(run: Run, example: Callable[..., str], name: str) -> None:
    example()
    result = run("site", "check", name)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith(f"Error: can't read {name}: ")
