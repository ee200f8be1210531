"""Schedules to export: every shipped regimen as it stands, with each variant and with each proxy, for a patient of 170 cm and 70 kg."""

import os
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dosing.api import load_regimen
from dosing.dose.patient import Patient
from dosing.dose.schedule import DosedSchedule
from dosing.errors import RegimenError
from dosing.regimen.library import shipped_regimens

START = date(2026, 1, 5)
MEDIUM = {"height_cm": 170, "weight_kg": 70}
# What a derived regimen is made from.
BASES = {"cfz-for-bortezomib": {"base": "vd", "base_days": "keep"}}


def _draw(name: str, *, measures: Any = MEDIUM, formula: str = "mosteller", start: date = START, **options: Any) -> DosedSchedule:
    reach = {key: options.pop(key) for key in ("cycles", "until", "phases", "starts") if key in options}
    plan = load_regimen(name, **{**BASES.get(name, {}), **options})
    return plan.schedule(start=start, patient=Patient(**measures), formula=formula, **reach).dosed


def _choices() -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    for regimen in shipped_regimens():
        overlays = [*regimen.variants.values(), *regimen.proxies.values()]
        for choice in [(), *(((overlay.kind, overlay.id),) for overlay in overlays)]:
            yield regimen.id, choice


@cache
def _shipped(name: str, choice: tuple[tuple[str, str], ...]) -> DosedSchedule | None:
    """Two cycles of each phase; None where a variant must be chosen and none is."""
    chosen: dict[str, Any] = dict(choice)
    try:
        return _draw(name, cycles=2, **chosen)
    except RegimenError as error:
        if "choose one with --variant" in str(error) and "variant" not in chosen:
            return None
        raise


_CASES = [case for case in _choices() if _shipped(*case)]


def _id(case: tuple[str, tuple[tuple[str, str], ...]]) -> str:
    return "-".join([case[0], *(id for _, id in case[1])])


@pytest.fixture(params=_CASES, ids=_id)
def shipped(request: pytest.FixtureRequest) -> DosedSchedule:
    found = _shipped(*request.param)
    assert found is not None
    return found


@pytest.fixture(params=[case for case in _CASES if (found := _shipped(*case)) and found.rows], ids=_id, scope="module")
def dated(request: pytest.FixtureRequest) -> DosedSchedule:
    """Those that have something on a date."""
    found = _shipped(*request.param)
    assert found is not None
    return found


@pytest.fixture
def draw() -> Callable[..., DosedSchedule]:
    """Draws a regimen by id or path: choices as in `load_regimen`, reach as in `Plan.schedule`, `measures` of the patient."""
    return _draw


@pytest.fixture
def invented(tmp_path: Path) -> Callable[..., str]:
    """Writes a regimen of our own; its path."""

    def write(phases: str, *, title: str = "Invented") -> str:
        path = tmp_path / "invented.yaml"
        path.write_text(
            f"id: invented\ntitle: {title}\nversion: 1\nchecked: 2026-11-21\nsource: protocol\n"
            "sources: {protocol: {title: Our protocol, grade: A}}\n"
            "drugs:\n"
            "  testmab: {source: protocol, routes: IV or SC, precision: 1 mg}\n"
            "  testol: {source: protocol, routes: PO or IV, precision: 1 mg}\n"
            f"phases:\n{phases}",
            encoding="utf-8",
        )
        return str(path)

    return write


_GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def golden() -> Callable[[str, bytes], None]:
    """Compares with a frozen file.

    The frozen files were read line by line against the regimens. To renew them on purpose: DOSING_RENEW_GOLDEN=1 pytest tests/export,
    then read every line of the difference.
    """

    def compare(name: str, data: bytes) -> None:
        path = _GOLDEN / name
        if os.environ.get("DOSING_RENEW_GOLDEN"):
            path.write_bytes(data)
            pytest.fail(f"{name} is renewed; read what changed in it")
        assert data.decode().splitlines() == path.read_bytes().decode().splitlines()
        assert data == path.read_bytes()

    return compare


_STARTS = {"transplant": date(2026, 8, 3), "maintenance": date(2026, 11, 2)}
_FROZEN: dict[str, dict[str, Any]] = {
    "krd-asct": {"name": "krd-asct", "cycles": 2},
    "krd-asct-phases": {"name": "krd-asct", "cycles": 2, "starts": _STARTS},
    "isa-k-dl2": {"name": "isa-k", "variant": "dl2", "cycles": 2},
    "cfz-60min": {"name": "cfz-60min"},
}


@pytest.fixture(params=_FROZEN)
def frozen(request: pytest.FixtureRequest) -> tuple[str, DosedSchedule]:
    """A name and the schedule that is frozen under it: for 170 cm and 70 kg from 2026-01-05."""
    return request.param, _draw(**_FROZEN[request.param])
