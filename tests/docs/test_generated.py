"""The reference pages say what the code says. After a change: `python docs/generate.py`."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from dosing.cli import commands
from dosing.cohort.changes import CHANGES
from dosing.cohort.columns import PATIENT_ID, REJECTS
from dosing.cohort.deviation_columns import ADMINISTERED, DEVIATIONS
from dosing.cohort.forecast_columns import CHAIRS, DRUGS
from dosing.cohort.people import PATIENTS
from dosing.export.columns import COLUMNS, TRACE

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    return runpy.run_path(str(DOCS / "generate.py"))


@pytest.mark.parametrize("name", ["columns.md", "cohort-columns.md", "forecast-columns.md", "commands.md"])
def test_pages_are_not_stale(generator: dict[str, Any], name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == generator["PAGES"][name](), "run `python docs/generate.py`"


def test_no_page_is_forgotten(generator: dict[str, Any]) -> None:
    made = {path.name for path in DOCS.glob("*.md") if "Made by docs/generate.py" in path.read_text(encoding="utf-8")}
    assert made == set(generator["PAGES"])


def test_every_column_has_a_line(generator: dict[str, Any]) -> None:
    lines = [line for line in generator["columns_page"]().splitlines() if line.startswith("| `")]
    assert [line.split("`")[1] for line in lines] == [column.name for column in (*COLUMNS, *TRACE)]
    assert all(line.count(" | ") == 4 for line in lines)


def test_every_column_of_a_forecast_has_a_line(generator: dict[str, Any]) -> None:
    lines = [line for line in generator["forecast_columns_page"]().splitlines() if line.startswith("| `")]
    assert [line.split("`")[1] for line in lines] == [column.name for column in (*DRUGS, *CHAIRS)]


def test_every_column_of_a_cohort_has_a_line(generator: dict[str, Any]) -> None:
    lines = [line for line in generator["cohort_columns_page"]().splitlines() if line.startswith("| `")]
    expected = (*PATIENTS, *CHANGES, PATIENT_ID, *REJECTS, *ADMINISTERED, *DEVIATIONS)
    assert [line.split("`")[1] for line in lines] == [column.name for column in expected]
    assert all(line.count(" | ") == 4 for line in lines)


def every(group: click.Group, title: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, those of groups within the group too."""
    for name, command in group.commands.items():
        yield f"{title} {name}", command
        if isinstance(command, click.Group):
            yield from every(command, f"{title} {name}")


def test_every_option_stands_under_its_command(generator: dict[str, Any]) -> None:
    sections = {title: text for title, _, text in (part.partition("\n") for part in generator["commands_page"]().split("\n## ")[1:])}
    known = dict(every(commands, "dosing"))
    assert list(sections) == ["dosing", *known]
    assert "dosing site check" in known
    for name, command in known.items():
        options = [option for parameter in command.params for option in parameter.opts if option.startswith("-")]
        assert [option for option in [*options, "--help"] if option not in sections[name]] == []


def test_pages_are_written_whole(generator: dict[str, Any], tmp_path: Path) -> None:
    copy = tmp_path / "generate.py"
    copy.write_bytes((DOCS / "generate.py").read_bytes())
    runpy.run_path(str(copy), run_name="__main__")
    assert {path.name for path in tmp_path.glob("*.md")} == set(generator["PAGES"])
    assert (tmp_path / "columns.md").read_text(encoding="utf-8") == generator["columns_page"]()
