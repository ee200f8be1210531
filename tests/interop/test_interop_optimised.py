"""The writer under `python -O`, which leaves out every `assert`: the same file, byte for byte, and still no way in for foreign lines."""

import os
import subprocess
import sys
from pathlib import Path

import dosing
from tests.interop import made, timed
from tests.interop.expected import plain

ROOT = Path(dosing.__file__).resolve().parent.parent

# The readers of our own files refuse control characters; the writer doesn't rely on that.
FOREIGN = "a, b; c\\\\d \\\\n e\\r\\nATTACH:x\\rATTACH:y\\nATTACH:z\\u2028ATTACH\\x85\\0 \\U0001F489\\u202e\\u2066\\r\\nEND:VEVENT\\r\\n"
SCRIPT = f"""
import sys
from dataclasses import replace
from datetime import date
from dosing.api import load_regimen
from dosing.dose.patient import Patient
from dosing.export.ical import to_ical

foreign = "{FOREIGN}"
drawn = load_regimen("krd").schedule(start=date(2026, 3, 16), patient=Patient(height_cm=170, weight_kg=70), cycles=1).dosed
regimen = replace(drawn.schedule.regimen, id=foreign, title=foreign)
rows = tuple(replace(row, entry=replace(row.entry, note=foreign, why=(foreign,))) for row in drawn.rows)
schedule = replace(drawn.schedule, regimen=regimen, entries=tuple(row.entry for row in rows))
sys.stdout.buffer.write(to_ical(replace(drawn, schedule=schedule, rows=rows)))
"""


def output(*args: str, folder: Path, optimise: bool) -> bytes:
    """Standard output of this Python, which must succeed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_"))}
    environment = {**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *(["-O"] if optimise else []), *args]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def both(*args: str, folder: Path) -> bytes:
    as_usual, optimised = (output(*args, folder=folder, optimise=optimise) for optimise in (False, True))
    assert optimised == as_usual
    return as_usual


def test_asserts_are_left_out(tmp_path: Path) -> None:
    assert output("-c", "assert False; print('reached')", folder=tmp_path, optimise=True) == b"reached\n"


def test_a_regimen(tmp_path: Path) -> None:
    patient = ("--start", "2026-03-16", "--height", "170", "--weight", "70", "--cycles", "2")
    assert len(plain(both("-m", "dosing", "calendar", "krd", *patient, folder=tmp_path))) == 56


def test_a_plan_that_changed(tmp_path: Path) -> None:
    *_, last = made.history(tmp_path)
    assert both("-m", "dosing", "calendar", "p017.plan.yaml", folder=tmp_path) == last.data


def test_hours_reminders_and_a_label(tmp_path: Path) -> None:
    """In a zone with a rule, and in one without."""
    for clock in (timed.BERLIN, timed.CLOCKS[9]):
        options = ("--start", str(clock.start), "--cycles", str(clock.cycles), "--site", str(clock.site(tmp_path)), *timed.PATIENT)
        added = ("--remind", "20:00", "--label", "Bed 7; ward 3", "--events", "course")
        data = both("-m", "dosing", "calendar", "krd", *options, *added, folder=tmp_path)
        assert (b"RDATE:" in data) == (clock.cycles > 1)
        assert (b"RRULE:" in data) == (clock.cycles == 1)
        assert data.count(b"BEGIN:VALARM") == data.count(b"BEGIN:VEVENT") > 0


def test_foreign_text(tmp_path: Path) -> None:
    data = both("-c", SCRIPT, folder=tmp_path)
    lines = data.replace(b"\r\n ", b"").split(b"\r\n")
    assert b"ATTACH:x" in data
    assert not any(b"\r" in line or b"\n" in line or line.startswith(b"ATTACH") for line in lines)
    assert lines.count(b"BEGIN:VEVENT") == lines.count(b"END:VEVENT") == len(plain(data)) == 28
