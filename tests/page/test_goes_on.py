"""Whether treatment goes on after a page: open phases, horizons, phases that wait or were not drawn, and plans that were ended."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from dosing.api import load_regimen
from dosing.cli import commands
from dosing.dose.patient import Patient
from dosing.dose.schedule import DosedSchedule
from dosing.page.goes_on import More, goes_on
from dosing.treatment import load_plan
from dosing.view import ALL, View
from tests.page.pages import START, changed, drawn, invented

_PHASES = """id: two
title: Two phases
version: 1
checked: 2026-11-21
source: protocol
sources: {protocol: {title: Our protocol, grade: A}}
drugs: {testol: {source: protocol, routes: PO, precision: 1 mg}}
phases:
  - {id: first, cycle: 21 days, repeat: 2, give: [{drug: testol, dose: 10 mg, route: PO, days: 1-14}]}
  - {id: second, cycle: 21 days, repeat: 2, give: [{drug: testol, dose: 5 mg, route: PO, days: 1-14}]}
  - {id: once, give: [{drug: testol, dose: 5 mg, route: PO, days: 1}]}
  - {id: follow-up, visits: [{what: visit, at: end of once + 30 days}]}
"""
_PATIENT = Patient(height_cm=170, weight_kg=70)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("two") / "two.yaml"
    path.write_text(_PHASES, encoding="utf-8")
    return path


def _drawn(path: Path, **reach: object) -> DosedSchedule:
    return load_regimen(str(path)).schedule(start=START, patient=_PATIENT, **reach).dosed  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reach", "more"),
    [
        ({}, More.NONE),
        ({"cycles": 2}, More.NONE),
        # The second cycles of both phases are left out, with something after each.
        ({"cycles": 1}, More.BETWEEN),
        ({"cycles": 1, "phases": ["first"]}, More.AFTER),
        ({"phases": ["first"]}, More.AFTER),
        ({"phases": ["second"]}, More.AFTER),
        ({"phases": ["once"]}, More.NONE),
        ({"phases": ["first", "second", "once"]}, More.NONE),
        # Four cycles of 21 days from 5 January, then a day: until 30 March.
        ({"until": date(2026, 3, 30)}, More.NONE),
        ({"until": date(2026, 3, 29)}, More.AFTER),
    ],
)
def test_it_goes_on_where_more_is_planned_than_is_drawn(two: Path, reach: dict[str, object], more: More) -> None:
    """A later phase that was not asked for goes on too; visits after it alone are no treatment."""
    assert goes_on(_drawn(two, **reach)) is more


@pytest.mark.parametrize("name", ["krd-asct", "k-20-27"])
def test_it_goes_on_where_a_phase_waits_or_has_no_end(name: str) -> None:
    """krd-asct in all six cycles: then a transplant whose date nobody knows."""
    assert goes_on(drawn(name, cycles=6)) is More.AFTER


def test_a_visit_after_what_was_cut_is_no_end() -> None:
    """isa-kpd in two of its cycles each: induction goes on before maintenance begins."""
    assert goes_on(drawn("isa-kpd", cycles=2, proxy=("nz-kpd", "isa-label"))) is More.BETWEEN


def test_all_of_a_regimen_is_all(tmp_path: Path) -> None:
    assert goes_on(invented(tmp_path)) is More.NONE


def _plan(folder: Path, regimen: Path, *log: tuple[str, ...]) -> Path:
    file = folder / "p.plan.yaml"
    _dosing("plan", "new", str(regimen), "--start", str(START), "--height", "170", "--weight", "70", "-o", str(file))
    for kind, *options in log:
        _dosing("plan", kind, str(file), *options)
    return file


def _dosing(*args: str) -> None:
    result = CliRunner().invoke(commands, args, prog_name="dosing")
    assert not result.exit_code, result.output


def test_what_was_stopped_does_not_go_on(tmp_path: Path) -> None:
    """krd in two of its cycles, ended in the second."""
    assert goes_on(changed(tmp_path)) is More.NONE


@pytest.mark.parametrize(("view", "more"), [(ALL, More.NONE), (View(cycles=1), More.BETWEEN), (View(phases=("first",)), More.AFTER)])
def test_a_part_of_a_plan_goes_on(two: Path, tmp_path: Path, view: View, more: More) -> None:
    assert goes_on(load_plan(_plan(tmp_path, two)).schedule(view).dosed) is more


def test_a_phase_that_was_left_out_does_not_come(two: Path, tmp_path: Path) -> None:
    skipped = [("phase", name, "--skip", "--reason", "not wanted", "--on", "2026-01-10") for name in ("second", "once")]
    file = _plan(tmp_path, two, *skipped)
    assert goes_on(load_plan(file).schedule(View(phases=("first",))).dosed) is More.NONE
