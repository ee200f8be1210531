"""A regimen in plain words: every activity, source, gap, variant and proxy is there; lines are short; phrases read well."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dosing.api import load_regimen
from dosing.export.words import gaps, show
from dosing.regimen.facts import Fact, Gap, Scoped
from dosing.regimen.library import bibliography, find_drug, regimen_ids, shipped_regimen
from dosing.regimen.model import Activity, Phase, Regimen, Visit
from dosing.regimen.read import read_regimen

REGIMENS = [pytest.param(shipped_regimen(id), id=id) for id in regimen_ids()]


def unfolded(text: str) -> list[str]:
    """The lines as they were before they were folded: a line that is deeper than its bullet or its label belongs to the one before."""
    lines: list[str] = []
    for line in text.splitlines():
        before = len(lines[-1]) - len(lines[-1].lstrip()) if lines else 0
        here = len(line) - len(line.lstrip())
        words = lines[-1].lstrip() if lines else ""
        deeper = here == before + (2 if words.startswith(("* ", "- ")) else 4)
        if lines and line.strip() and deeper and not words.startswith("- ") and len(lines[-1]) + len(line.split()[0]) >= 100:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    return lines


def facts(value: object) -> Iterator[Fact[object]]:
    if isinstance(value, Scoped):
        yield from value.facts()
    elif isinstance(value, Fact):
        yield value


def all_facts(regimen: Regimen) -> Iterator[tuple[str, Fact[object]]]:
    """Every fact of phases, activities, visits and overlays, gathered from the objects themselves."""
    for phase in regimen.phases:
        owners: list[tuple[str, Phase | Activity | Visit]] = [(phase.id, phase)]
        owners += [(f"{phase.id}.{activity.id}", activity) for activity in phase.activities]
        owners += [(f"{phase.id}.{visit.id}", visit) for visit in phase.visits]
        for path, owner in owners:
            for name in owner.__slots__:
                yield from ((f"{path}.{name}", fact) for fact in facts(getattr(owner, name)))
    for overlay in (*regimen.variants.values(), *regimen.proxies.values()):
        for setting in overlay.settings:
            yield from ((f"{overlay.id}.{setting.path}", fact) for fact in facts(setting.value))


@pytest.mark.parametrize("regimen", REGIMENS)
def test_every_phase_and_activity_has_a_line(regimen: Regimen) -> None:
    lines = unfolded(show(regimen))
    for phase in regimen.phases:
        start = next(number for number, line in enumerate(lines) if line.startswith(f"{phase.id} ") and line.endswith("]"))
        block = lines[start : lines.index("", start)]
        named = [activity.id if activity.kind == "drug" else activity.what for activity in phase.activities]
        named += [visit.what for visit in phase.visits]
        assert [line[4:] for line in block if line.startswith("  - ")] == named


@pytest.mark.parametrize("regimen", REGIMENS)
def test_every_source_stands_in_brackets_and_in_the_bibliography(regimen: Regimen) -> None:
    body, _, bibliography_text = (" ".join(part.split()) for part in show(regimen).partition("\nSources\n"))
    keys = {regimen.source, *(fact.source for _, fact in all_facts(regimen)), *(phase.source for phase in regimen.phases)}
    keys |= {overlay.source for overlay in (*regimen.variants.values(), *regimen.proxies.values())}
    for key in keys:
        source = bibliography()[key]
        assert f"[{key}] {' '.join(source.title.split())}" in bibliography_text
        assert f"(grade {source.grade})" in bibliography_text
    # No key in the text without its line, no line without its key in the text.
    listed = {line.split("]")[0][3:] for line in show(regimen).split("\nSources\n")[1].splitlines() if line.startswith("  [")}
    assert keys <= listed
    assert all(f"[{key}]" in body or f"[{key}, because" in body for key in listed)


@pytest.mark.parametrize("regimen", REGIMENS)
def test_every_gap_is_said(regimen: Regimen) -> None:
    text = show(regimen)
    found = [fact for path, fact in all_facts(regimen) if fact.value is Gap.NOT_STATED]
    assert text.count("NOT STATED") == len(found)
    assert text.count("depends on the variant") == sum(fact.value is Gap.BY_VARIANT for _, fact in all_facts(regimen))
    listed = text.partition("\nNot stated\n")[2].partition("\n\n")[0].split()
    own = [
        path
        for path, fact in all_facts(regimen)
        if fact.value is Gap.NOT_STATED and path.split(".")[0] in {each.id for each in regimen.phases}
    ]
    assert listed == gaps(regimen)
    assert set(listed) == {path.replace(".lasting", ".for").replace(".cut", ".ends") for path in own}


@pytest.mark.parametrize("regimen", REGIMENS)
def test_every_reason_and_every_doubt_is_said(regimen: Regimen) -> None:
    text = " ".join(show(regimen).split())
    overlays = (*regimen.variants.values(), *regimen.proxies.values())
    for _, fact in all_facts(regimen):
        assert fact.because in text
    assert text.count("UNVERIFIED") >= len({fact.because for _, fact in all_facts(regimen) if fact.unverified})
    for note in regimen.notes:
        assert f"* {note}" in text
    for overlay in overlays:
        assert f"{overlay.id}: {overlay.title} [{overlay.source}]" in text
        assert all(f"{setting.path}: " in text for setting in overlay.settings)
        assert f"because {overlay.because}" in text or not overlay.because


@pytest.mark.parametrize("regimen", REGIMENS)
def test_caps_and_rounding_of_its_drugs_are_said(regimen: Regimen) -> None:
    text = show(regimen)
    for id in {activity.drug.stated for phase in regimen.phases for activity in phase.activities if activity.drug}:
        if id:
            drug = find_drug(id, regimen=regimen)
            cap = f"body surface up to {drug.bsa_cap.value} [{drug.bsa_cap.source}]; " if drug.bsa_cap else ""
            assert f"  {id}: {cap}rounded to {drug.precision.value} [{drug.precision.source}]\n" in text


@pytest.mark.parametrize("regimen", REGIMENS)
def test_lines_are_short_and_clean(regimen: Regimen) -> None:
    title, *lines = show(regimen).splitlines()
    assert title == f"{regimen.id}: {regimen.title}"
    assert all(len(line) <= 100 and line == line.rstrip() and "\t" not in line for line in lines)
    assert "\n\n\n" not in show(regimen)


WHOLE = """
id: invented
title: Invented
aliases: [made-up]
version: 3
checked: 2026-11-21
source: protocol
sources: {protocol: {title: Our protocol, address: page 7, grade: A}, other: {title: Another, grade: C}}
drugs:
  testmab: {source: protocol, routes: IV, precision: 1 mg, bsa_cap: 2.0 m2}
notes: [Read this.]
phases:
  - id: before
    visits:
      - {what: Scan, at: not-stated, note: whole body}
  - id: treatment
    title: The treatment
    waits: a decision
    if: fit
    cycle: {C1: 21 days, else: 28 days}
    repeat: open
    continues: until progression
    suggest: 6
    order: [second, testmab]
    give:
      - drug: testmab
        dose: {C1 D1: 10 mg/m2, else: {value: 20 mg/m2, source: other, because: it says so, unverified: yes}}
        route: IV
        over: 30 min
        days: 1 8
        max: 50 mg
        bsa_cap: none
        round: 5 mg
        when: in the morning
        optional: yes
        note: slowly
      - {id: second, drug: testmab, dose: 5 mg, route: IV, over: 1 hour, days: 1, cycle: 14 days, every: 12 hours}
      - {id: third, drug: testmab, dose: 5 mg, route: IV, over: 1 hour, days: 1, times: 3}
    assess:
      - {what: Blood count, days: weekly}
  - id: rest
    start: end of treatment + 28 days
    for: up to 6 months
    ends: cut at the day
    give:
      - {drug: testmab, dose: as last of treatment, route: IV, over: 30 min, days: 1}
  - id: last
    start: end of rest + 1 day
    cycle: 7 days
    until: 2030-01-01
    ends: whole cycles
    give:
      - {drug: testmab, dose: 5 to 10 mg, route: IV, over: 30 min, days: 1}
  - id: transplant
    anchor: day 0
    waits: its date
    assess:
      - {what: Infusion, days: 0}
  - id: up-to
    waits: a word
    cycle: 7 days
    repeat: up to 3
    give:
      - {drug: testmab, dose: 5 mg, route: IV, over: 30 min, days: 1}
"""

EXPECTED = """\
invented: Invented
version 3, checked 2026-11-21 [protocol]
also known as made-up
  * Read this.

before [protocol]
  - Scan
      at: NOT STATED [protocol]
      note: whole body

treatment - The treatment [protocol]
  waits for a decision (--phase-start treatment=DATE)
  only if fit
  cycle: C1: 21 days [protocol]; otherwise: 28 days [protocol]
  cycles: open [protocol]
  continues: until progression [protocol]
  drawn for 6 cycles unless --cycles or --until says how far
  order within a day: second, testmab
  - testmab
      dose: C1 D1: 10 mg/m2 [protocol]; otherwise: 20 mg/m2 [other, because it says so] UNVERIFIED
      route: IV [protocol]
      days: 1 8 [protocol]
      over: 30 min [protocol]
      at most: 50 mg [protocol]
      body surface up to: none [protocol]
      rounded to: 5 mg [protocol]
      when: in the morning [protocol]
      optional
      note: slowly
  - second
      drug: testmab [protocol]
      dose: 5 mg [protocol]
      route: IV [protocol]
      days: 1 [protocol]
      over: 1 hour [protocol]
      times a day: 2 (every 12 hours) [protocol]
      own cycle: 14 days [protocol]
  - third
      drug: testmab [protocol]
      dose: 5 mg [protocol]
      route: IV [protocol]
      days: 1 [protocol]
      over: 1 hour [protocol]
      times a day: 3 [protocol]
  - Blood count
      days: weekly [protocol]

rest [protocol]
  starts: end of treatment + 28 days [protocol]
  for: up to 6 months [protocol]
  ends: cut at the day [protocol]
  - testmab
      dose: as last of treatment [protocol]
      route: IV [protocol]
      days: 1 [protocol]
      over: 30 min [protocol]

last [protocol]
  starts: end of rest + 1 day [protocol]
  cycle: 7 days [protocol]
  until: 2030-01-01 [protocol]
  ends: whole cycles [protocol]
  - testmab
      dose: 5 to 10 mg [protocol]
      route: IV [protocol]
      days: 1 [protocol]
      over: 30 min [protocol]

transplant [protocol]
  waits for its date (--phase-start transplant=DATE)
  its date is that of day 0
  - Infusion
      days: 0 [protocol]

up-to [protocol]
  waits for a word (--phase-start up-to=DATE)
  cycle: 7 days [protocol]
  cycles: up to 3 [protocol]
  - testmab
      dose: 5 mg [protocol]
      route: IV [protocol]
      days: 1 [protocol]
      over: 30 min [protocol]

Doses by size, where the regimen says nothing else
  testmab: body surface up to 2 m2 [protocol]; rounded to 1 mg [protocol]

Not stated
  before.scan.at

Sources
  [other] Another (grade C)
  [protocol] Our protocol. page 7 (grade A)
"""


def test_every_kind_of_line() -> None:
    assert show(read_regimen(WHOLE.encode(), file="invented.yaml")) == EXPECTED


def test_what_was_chosen_is_said_and_marked() -> None:
    chosen = load_regimen("krd-asct", variant="label-start", proxy="daily-maintenance", values={"induction.carfilzomib.over": "10 min"})
    lines = unfolded(show(chosen.regimen))
    assert "with variant label-start: First two doses of carfilzomib at 20 mg/m2, as the label [dc-k]" in lines
    assert "with proxy daily-maintenance: Lenalidomide every day, as the US label after transplant [cn-50341]" in lines
    assert "      over: 10 min [user] (from user)" in lines
    assert any(
        line.startswith("      days: daily [cn-50341, because") and line.endswith("] (from proxy daily-maintenance)") for line in lines
    )
    assert "  [user] given on the command line" in lines
    assert "  maintenance.lenalidomide.days" not in lines


def test_a_regimen_to_be_derived_says_how() -> None:
    text = show(shipped_regimen("cfz-for-bortezomib"))
    assert "  name the one with bortezomib (--base ID); its other drugs join the phase combination\n" in text
    assert "  partners that the source allows: melphalan, cyclophosphamide," in text
    assert '  group: "with IMiD" or "without IMiD"\n' in text
    assert "one cycle of it holds at least 4 doses of at least 1 mg/m2 within 4 weeks" in text


def test_a_derived_regimen_says_from_what() -> None:
    text = show(load_regimen("cfz-for-bortezomib", base="vd", base_days="keep").regimen)
    assert "\nmade from vd" in text
    assert "--base ID" not in text


def test_a_plain_derivation(invented: Callable[[str], str]) -> None:
    phases = "  - {id: a, cycle: 7 days, repeat: 1, give: [{drug: testol, dose: 1 mg, route: PO, days: 1}]}\n"
    path = Path(invented(phases + "derive: {phase: a, replaces: testmab}\n"))
    lines = show(read_regimen(path.read_bytes(), file=path.name)).splitlines()
    at = lines.index("Made from another regimen [protocol]")
    assert lines[at + 1 : at + 3] == ["  name the one with testmab (--base ID); its other drugs join the phase a", ""]
