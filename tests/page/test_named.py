"""What a page was made of, as its footer names it: regimen and plan with version and hash, and the calendars that it replaces."""

import re
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import html  # type: ignore[import-untyped]

import dosing
from dosing.cli import commands

_PATIENT = ("--start", "2026-01-05", "--height", "170", "--weight", "70")


def _dosing(*args: str) -> None:
    result = CliRunner().invoke(commands, args, prog_name="dosing")
    assert not result.exit_code, result.output


def _footer(folder: Path, *args: str) -> list[str]:
    file = folder / "page.html"
    _dosing("calendar", *args, "--format", "html", "--dated", "2026-02-01", "-o", str(file), "--force")
    root = html.document_fromstring(file.read_text(encoding="utf-8"))
    return [line.text_content() for line in root.cssselect("body > footer p")]


def _plan(folder: Path, regimen: str, *options: str) -> Path:
    file = folder / "p.plan.yaml"
    _dosing("plan", "new", regimen, *_PATIENT, *options, "-o", str(file))
    return file


def _definition(file: Path) -> str:
    found = re.search(r"definition: .?sha256:([0-9a-f]{8})", file.read_text(encoding="utf-8"))
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("regimen", "options"), [("krd", ("--cycles", "1")), ("krd", ("--cycles", "1", "--set", "carfilzomib.dose=36mg/m2"))]
)
def test_a_page_without_a_plan_names_the_regimen_as_a_plan_of_it_does(regimen: str, options: tuple[str, ...], tmp_path: Path) -> None:
    wanted = _definition(_plan(tmp_path, regimen, *options))
    assert _footer(tmp_path, regimen, *_PATIENT, *options)[1] == f"krd version 1 ({wanted}); dosing {dosing.__version__}"


def test_a_regimen_is_known_by_its_other_name_too(tmp_path: Path) -> None:
    """The footer has its id; the hash is that of the same files."""
    options = ("--proxy", "nz-kpd", "--proxy", "isa-label", *_PATIENT, "--cycles", "1")
    assert _footer(tmp_path, "nct04883242", *options) == _footer(tmp_path, "isa-kpd", *options)


def test_a_plan_without_changes_is_named_with_the_hash_of_its_file(tmp_path: Path) -> None:
    file = _plan(tmp_path, "krd", "--cycles", "1")
    own = sha256(file.read_bytes()).hexdigest()[:8]
    made_on, named = _footer(tmp_path, str(file))
    assert made_on == "Made on Sunday, February 1, 2026."
    assert named == f"plan p ({own}); krd version 1 ({_definition(file)}); dosing {dosing.__version__}"


def test_a_plan_with_changes_replaces_what_was_made_before(tmp_path: Path) -> None:
    file = _plan(tmp_path, "krd", "--cycles", "1")
    _dosing("plan", "omit", str(file), "--at", "C1 D8 carfilzomib", "--reason", "fever", "--on", "2026-01-12")
    assert _footer(tmp_path, str(file))[0].endswith("2026. It replaces all earlier calendars.")
    _dosing("plan", "omit", str(file), "--at", "C1 D15 carfilzomib", "--reason", "fever", "--on", "2026-01-19")
    made_on, named = _footer(tmp_path, str(file))
    assert made_on.endswith("2026. It replaces all earlier calendars, also that of Monday, January 12, 2026.")
    assert named.startswith("plan p, change 2 of 2026-01-19 (")
    said = _footer(tmp_path, str(file), "--replaces", "2026-01-13")[0]
    assert said.endswith("2026. It replaces the calendar of Tuesday, January 13, 2026.")
