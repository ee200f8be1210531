"""Pages to test with: of shipped regimens, of an invented one, of a plan that changed, and by hand with any words in every text."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from click.testing import CliRunner

from dosing.api import load_regimen
from dosing.cli import commands
from dosing.dose.patient import Patient
from dosing.dose.schedule import DosedSchedule
from dosing.page.language import find_language
from dosing.page.make import Leaflet, make_page
from dosing.page.model import Audience, Course, Day, Dose, Item, Legend, Medicine, Month, Page, Place, Preparation, Section, State, Text
from dosing.treatment import load_plan

START = date(2026, 1, 5)
LEAFLET = Leaflet(
    date(2026, 1, 2),
    ("krd version 1 (3f9ac2b1)", "plan p017, change 3 (88ab01cd)"),
    bring=("Your insurance card", "A list of all medicines that you take"),
    call=("Nurse, day and night: +49 30 1234567",),
    replaces=date(2025, 12, 20),
)
# A medicine twice a day for two of three weeks, one under the skin, one at need, and one whose day nobody stated.
_INVENTED = """id: invented
title: Invented
version: 1
checked: 2026-11-21
source: protocol
sources: {protocol: {title: Our protocol, grade: A}}
drugs:
  testol: {source: protocol, routes: PO, precision: 1 mg, tablets: [500 mg, 150 mg]}
  testmab: {source: protocol, routes: SC or IM, precision: 1 mg}
  testine: {source: protocol, routes: PO, precision: 1 mg}
phases:
  - id: treatment
    cycle: 21 days
    repeat: 2
    give:
      - {drug: testol, dose: 1800 mg, route: PO, times: 2, when: within 30 min after a meal, days: 1-14}
      - {drug: testmab, dose: 75 mg, route: SC, days: 1}
      - {drug: testmab, id: booster, dose: 75 mg, route: IM, days: 8}
      - {drug: testine, dose: 8 mg, route: PO, days: 1-3, optional: yes}
      - {drug: testine, id: unknown, dose: not-stated, route: PO, days: 15}
    assess:
      - {what: Blood count, days: 1 8}
      - {what: Scan, days: not-stated}
"""
_LOG = (
    ("omit", "--at", "C1 D8 carfilzomib", "--reason", "fever", "--on", "2026-01-12"),
    ("given", "--at", "C1 D9 carfilzomib", "--date", "2026-01-14", "--amount", "46mg", "--on", "2026-01-14"),
    ("given", "--at", "C1 D1 dexamethasone", "--date", "2026-01-05", "--amount", "20mg", "--on", "2026-01-14"),
    ("given", "--at", "C1 D1 lenalidomide", "--as-planned", "--on", "2026-01-14"),
    ("given", "--at", "C1 D2 lenalidomide", "--not-given", "--on", "2026-01-14"),
    ("delay", "--at", "C2 D1", "--by", "7d", "--reason", "platelets", "--on", "2026-01-30"),
    ("hold", "--drug", "lenalidomide", "--from", "2026-02-16", "--reason", "rash", "--on", "2026-02-16"),
    ("stop", "--from", "2026-02-23", "--reason", "transplant", "--on", "2026-02-22"),
)


@cache
def drawn(name: str, *, cycles: int | None = None, start: date = START, proxy: tuple[str, ...] = ()) -> DosedSchedule:
    """A regimen for 170 cm and 70 kg."""
    patient = Patient(height_cm=170, weight_kg=70)
    return load_regimen(name, proxy=proxy).schedule(start=start, patient=patient, cycles=cycles).dosed


def invented(folder: Path) -> DosedSchedule:
    """The invented regimen."""
    path = folder / "invented.yaml"
    path.write_text(_INVENTED, encoding="utf-8")
    return load_regimen(str(path)).schedule(start=START, patient=Patient(height_cm=170, weight_kg=70)).dosed


def changed(folder: Path) -> DosedSchedule:
    """Two cycles of krd with every kind of change."""
    file = folder / "p017.plan.yaml"
    _dosing("plan", "new", "krd", "--start", str(START), "--cycles", "2", "--height", "170", "--weight", "70", "-o", str(file))
    for kind, *options in _LOG:
        _dosing("plan", kind, str(file), *options)
    return load_plan(file).schedule().dosed


def _dosing(*args: str) -> None:
    result = CliRunner().invoke(commands, args, prog_name="dosing")
    assert not result.exit_code, result.output


def made(dosed: DosedSchedule, language: str = "en", audience: Audience = Audience.PATIENT, leaflet: Leaflet = LEAFLET) -> Page:
    """The page of a schedule."""
    return make_page(dosed, leaflet, find_language(language), audience)


def dense(language: str = "en") -> Page:
    """Four medicines, some on most days, for three months."""
    dosed = drawn("isa-kpd", cycles=4, proxy=("nz-kpd", "isa-label"))
    return made(replace(dosed, rows=tuple(row for row in dosed.rows if row.entry.date < date(2026, 4, 1))), language)


def by_hand(words: str = "words", *, right_to_left: bool = False) -> Page:
    """One week in every state, and the same words in each text."""
    return Page(
        language="ar" if right_to_left else "en",
        right_to_left=right_to_left,
        audience=Audience.PATIENT,
        title=words,
        intro=(Text(words), Text(words, "de")),
        sections=(Section(words, (Text(words), Text(words, "de"))),),
        legend_title=words,
        legend=tuple(Legend(place, state, words) for place in Place for state in State),
        weekdays=tuple((words, words) for _ in range(7)),
        months=(Month(words, (_week(words),), words),),
        diary_title=words,
        diary_intro=words,
        diary=(Course(words, (Medicine(Text(words, "de"), Text(words), words, (Dose(words, 1), Dose(words, 2))),)),),
        footer=(Text(words), Text(words, "en")),
        page_of=f"{words} {{page}} {words} {{pages}} {words}",
        places=((Place.CLINIC, words), (Place.HOME, words)),
        preparation_title=words,
        preparations=(Preparation(Text(words), Text(words, "de"), (Text(words), Text(words, "de"))),),
    )


def _week(words: str) -> tuple[Day | None, ...]:
    items = [Item(place, state, Text(words, "de"), (Text(words), Text(words)), words) for place in Place for state in State]
    days = [Day(START + timedelta(number), words, words, (item,)) for number, item in enumerate(items[:5])]
    return (*days, Day(START + timedelta(5), words, "", tuple(items)), None)
