"""What somebody writes beside the regimen - why a change is made, why a clinic is closed - comes back from a file, or is refused.

The texts of a regimen are tried in tests/export/test_ical.py, the label in tests/export/test_calendar_style.py. The id of a plan, and who
made a change, never stand in a file.
"""

import unicodedata
from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dosing.api import load_regimen
from dosing.errors import DosingError
from dosing.export.ical import to_ical
from dosing.export.style import Style
from dosing.site.hours import Hours
from dosing.site.read import read_site
from dosing.treatment import Treatment, load_plan
from tests.interop.expected import plain
from tests.interop.made import PATIENT, dosing
from tests.interop.readers import icalendar
from tests.interop.seen import differences

NASTY = "a\r\nEND:VEVENT\r\nBEGIN:VALARM\rATTACH:x\nMETHOD:REQUEST\u2028URL:http://x\x85\x0b\x0c\x00\x1b[2J\x7f"
texts = st.text(max_size=80) | st.text('ab\\;,:"\n\r\t\u2028\u2029\x85\x00 n\u202e\U0001f48a\u9999\u0301', max_size=80)
tried = (
    example(NASTY),
    example("\\n \\\\n \\; \\, \\N \\"),
    example("\u202e\u2066\u05e9\u2069 \U0001f48a, e\u0301; \ufeff\u200b"),
    example("\u9999" * 1_000),
    example("\u9999" * 5_000),
    example("half a letter \ud800"),
    example("NOT GIVEN: x - y"),
)


def with_examples(test: Callable[..., None]) -> Callable[..., None]:
    """The test with texts that have a meaning somewhere."""
    for each in tried:
        test = each(test)
    return settings(max_examples=25)(given(texts)(test))


@pytest.fixture(scope="module")
def treatment(tmp_path_factory: pytest.TempPathFactory) -> Treatment:
    """A plan as it is made new."""
    file = tmp_path_factory.mktemp("plan") / "p017.plan.yaml"
    dosing("plan", "new", "kd-weekly", "--start", "2026-01-05", "--cycles", "1", "--height", "170", "--weight", "70", "-o", str(file))
    return load_plan(file)


def folded(text: str) -> str:
    """White space counts as one space, as in every file of ours."""
    return " ".join(text.split())


def seen(data: bytes, folder: Path, day: date) -> str:
    """What stands in the description of that day's visit, by the lines of the file and by a strict reader."""
    path = folder / "text.ics"
    path.write_bytes(data)
    found = icalendar.read(path, "UTC")
    assert differences(found, plain(data)) == []
    assert data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n")
    assert not [letter for letter in data.decode() if unicodedata.category(letter) == "Cc" and letter not in "\r\n"]
    (event,) = (event for event in found if event.first == day and "Clinic" in event.summary)
    assert event.description is not None
    return event.description


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("texts")


@with_examples
def test_the_reason_of_a_change(treatment: Treatment, folder: Path, reason: str) -> None:
    try:
        changed = treatment.appended(
            on=date(2026, 1, 6), kind="omit", fields={"at": "C1 D8 carfilzomib"}, reason=reason, author="somebody at work"
        )
    except DosingError:
        assert not folded(reason) or _odd(folded(reason))
        return
    data = changed.to_ical()
    assert f"NOT GIVEN: carfilzomib - omitted on 2026-01-06: {folded(reason)} (change 1)\n" in f"{seen(data, folder, date(2026, 1, 12))}\n"
    assert b"somebody" not in data.replace(b"\r\n ", b"")
    assert b"p017" not in data.replace(b"\r\n ", b"")


@with_examples
def test_why_a_clinic_is_closed(folder: Path, reason: str) -> None:
    quoted = "".join(f"\\U{ord(letter):08x}" for letter in reason)
    written = f'id: here\ntitle: A clinic\nclosed: {{dates: {{2026-01-12: "{quoted}"}}}}\n'
    try:
        site = read_site(written.encode(), file="here.yaml", open_file=lambda path: path.read_bytes())
    except DosingError:
        assert not folded(reason) or _odd(reason)
        return
    hours = Hours("Europe/Berlin", dict.fromkeys(range(7), (time(8), time(16))), site.closed)
    drawn = load_regimen("kd-weekly").schedule(start=date(2026, 1, 5), patient=PATIENT, cycles=1, closed=site.closed)
    assert f"closed: {folded(reason)}" in seen(to_ical(drawn.dosed, style=Style(hours=hours)), folder, date(2026, 1, 12))


def _odd(text: str) -> bool:
    """Whether a text holds what no line may hold, or is longer than the reason of a change may be."""
    return len(text) > 1_000 or any(unicodedata.category(letter) in ("Cc", "Cs", "Cf", "Zl", "Zp", "Cn", "Co") for letter in text)
