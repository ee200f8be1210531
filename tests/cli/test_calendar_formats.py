"""`dosing calendar`: files and pages, what goes with which, and what is said of them."""

import re
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from icalendar import Calendar

from dosing.cli import commands

PATIENT = ("--start", "2026-01-05", "--height", "170", "--weight", "70")
SITE = """\
id: here
title: A clinic
hours: {timezone: Europe/Berlin, opens: "08:00", closes: "16:00"}
bring: [the box with your medicines]
call: ["by day: 01234"]
"""


def run(*args: str, code: int = 0) -> Result:
    result = CliRunner().invoke(commands, ["calendar", *args])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def site(tmp_path: Path) -> str:
    path = tmp_path / "site.yaml"
    path.write_text(SITE, encoding="utf-8")
    return str(path)


def page(tmp_path: Path, form: str, *args: str) -> bytes:
    path = tmp_path / f"page.{form}"
    run("kd-weekly", *PATIENT, "--cycles", "1", "--format", form, "--dated", "2026-01-02", "-o", str(path), "--force", *args)
    return path.read_bytes()


def words(html: str) -> str:
    """The text of a page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html)).replace("\xa0", " ")


# -- pages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "begins"), [("html", b"<!DOCTYPE html>"), ("pdf", b"%PDF-"), ("docx", b"PK"), ("xlsx", b"PK")])
def test_each_form_is_what_it_is_called(form: str, begins: bytes, tmp_path: Path) -> None:
    made = page(tmp_path, form)
    assert made.lower().startswith(begins.lower())
    assert made == page(tmp_path, form)


def test_the_clinics_lines_the_label_and_the_day_of_the_page(site: str, tmp_path: Path) -> None:
    made = page(tmp_path, "html", "--site", site, "--label", "Bed 7", "--replaces", "2025-12-20", "--language", "en-GB").decode()
    for text in ("the box with your medicines", "by day: 01234", "Bed 7", "2 January 2026", "20 December 2025", "site here ("):
        assert text in words(made)


def test_two_audiences(tmp_path: Path) -> None:
    """The patient comes for an infusion; the clinic sees its amount: 20 mg/m2 x 1.818 m2 = 36.4 mg."""
    patient, clinic = page(tmp_path, "html").decode(), page(tmp_path, "html", "--for", "clinic").decode()
    assert "36.4 mg" not in patient
    assert "36.4 mg" in clinic


def test_large_type_and_paper_make_a_difference(tmp_path: Path) -> None:
    assert page(tmp_path, "html", "--large-type") != page(tmp_path, "html")
    assert page(tmp_path, "pdf", "--paper", "letter") != page(tmp_path, "pdf")


def test_another_language(tmp_path: Path) -> None:
    made = page(tmp_path, "html", "--language", "de").decode()
    assert 'lang="de"' in made
    assert "Januar 2026" in made


def test_without_a_day_the_clock_is_asked_and_said(tmp_path: Path) -> None:
    result = run("kd-weekly", *PATIENT, "--cycles", "1", "--format", "html", "-o", str(tmp_path / "a.html"))
    assert re.search(r"the page is dated \d{4}-\d\d-\d\d; --dated names another day", result.output)


def test_a_page_of_a_plan_names_its_last_change(tmp_path: Path) -> None:
    plan = str(tmp_path / "p9.plan.yaml")
    runner = CliRunner()
    runner.invoke(commands, ["plan", "new", "kd-weekly", *PATIENT, "--cycles", "2", "-o", plan])
    runner.invoke(commands, ["plan", "delay", plan, "--cycle", "2", "--by", "7d", "--reason", "x", "--on", "2026-01-20"])
    run(plan, "--format", "html", "--dated", "2026-01-20", "-o", str(tmp_path / "p.html"))
    made = words((tmp_path / "p.html").read_text(encoding="utf-8"))
    assert re.search(r"plan p9, change 1 of 2026-01-20 \([0-9a-f]{8}\)", made)
    assert re.search(r"kd-weekly version \d+ \([0-9a-f]{8}\)", made)


def test_the_amounts_of_a_page_are_those_of_the_schedule(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as empty:
        empty.writestr("x", "")
    page(tmp_path, "xlsx")
    with zipfile.ZipFile(tmp_path / "page.xlsx") as made:
        assert any("36.4" in made.read(name).decode() for name in made.namelist() if "sheet" in name and name.endswith(".xml"))


# -- files --------------------------------------------------------------------------------------------------------


def events(tmp_path: Path, *args: str) -> list[object]:
    path = tmp_path / "a.ics"
    run("krd", *PATIENT, "--cycles", "1", "-o", str(path), "--force", *args)
    return list(Calendar.from_ical(path.read_bytes()).walk("VEVENT"))


def test_coarser_and_finer_events(tmp_path: Path) -> None:
    """KRd, cycle 1: carfilzomib on 6 days, lenalidomide on 21 in one run, dexamethasone on 4, of which 3 go with carfilzomib by vein."""
    assert len(events(tmp_path)) == 6 + 22
    assert len(events(tmp_path, "--events", "drug")) == 6 + 21 + 4
    assert len(events(tmp_path, "--events", "course")) == 6 + 1 + 1


def test_hours_of_the_clinic_and_a_reminder(site: str, tmp_path: Path) -> None:
    path = tmp_path / "a.ics"
    result = run("krd", *PATIENT, "--cycles", "1", "--site", site, "--remind", "1d", "-o", str(path))
    made = path.read_text(encoding="utf-8")
    assert "DTSTART;TZID=Europe/Berlin:20260105T080000" in made
    assert "TRIGGER:-P1D" in made
    assert "no safe reminder" in result.output


def test_a_name_is_warned_of(tmp_path: Path) -> None:
    result = run("krd", *PATIENT, "--cycles", "1", "--label", "Bed 7", "-o", str(tmp_path / "a.ics"))
    assert "bears the name 'Bed 7'" in result.output


# -- what doesn't go together -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("--format", "html", "--stamp", "2026-01-01"), 7, "--stamp goes with other formats than html"),
        (("--language", "de"), 7, "--language goes with other formats than ics"),
        (("--format", "pdf", "--events", "drug", "--remind", "1d"), 7, "--events, --remind go with other formats than pdf"),
        (("--format", "html", "--language", "xx"), 7, "there is no language 'xx'"),
        (("--remind", "soon"), 7, "--remind: 'soon' is no reminder"),
        (("--since", "2026-01-01"), 5, "--since needs a plan file"),
        (("--format", "html", "--dated", "today"), 5, "--dated"),
    ],
)
def test_refusals(args: tuple[str, ...], code: int, says: str) -> None:
    assert says in run("krd", *PATIENT, "--cycles", "1", *args, code=code).output
