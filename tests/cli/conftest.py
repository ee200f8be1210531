"""Running the command line in an empty directory, and a small regimen file to spoil."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dosing.cli import commands

PACLITAXEL = """\
id: weekly-paclitaxel
title: Weekly paclitaxel, 3 weeks on, 1 week off
version: 1
checked: 2026-11-21
source: my-protocol
sources:
  my-protocol: {title: Our protocol 12-034, address: page 7, grade: A}
drugs:
  paclitaxel: {source: my-protocol, routes: IV, precision: 1 mg}
phases:
  - id: treatment
    cycle: 28 days
    repeat: open
    continues: until disease progression
    suggest: 6
    give:
      - drug: paclitaxel
        dose: 80 mg/m2
        route: IV
        over: 60 min
        days: 1 8 15
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs `dosing` with these arguments in an empty directory; a fault of the program itself fails the test."""
    monkeypatch.chdir(tmp_path)

    def run(*args: str) -> Result:
        return CliRunner().invoke(commands, args, prog_name="dosing", catch_exceptions=False)

    return run


@pytest.fixture
def regimen_file(tmp_path: Path) -> Callable[..., str]:
    """Writes the paclitaxel regimen, with every `old` replaced by its `new`, and gives the file's name."""

    def write(*changes: tuple[str, str]) -> str:
        text = PACLITAXEL
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "weekly-paclitaxel.yaml").write_text(text, encoding="utf-8")
        return "weekly-paclitaxel.yaml"

    return write
