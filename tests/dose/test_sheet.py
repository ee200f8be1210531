"""The distinct amounts of a regimen for one patient: each dose once, with the scope it was written for."""

from decimal import Decimal
from typing import Any

import pytest

from dosing.api import load_regimen
from dosing.dose.course import Course
from dosing.dose.patient import Patient
from dosing.dose.policy import parse_policy
from dosing.dose.practice import Practice
from dosing.dose.reduction import parse_reduction
from dosing.dose.sheet import Sheet, sheet
from dosing.errors import DoseError, PatientError, ScheduleError
from dosing.regimen.check import problems_of
from dosing.regimen.facts import Fact
from dosing.regimen.model import Regimen
from dosing.regimen.read import read_regimen

MEDIUM = Patient(height_cm=170, weight_kg=70)  # 1.8181 m2
LARGE = Patient(height_cm=190, weight_kg=130)  # 2.6194 m2

HEAD = """
id: invented
title: Invented
version: 1
checked: 2026-11-21
source: protocol
sources: {protocol: {title: Our protocol, grade: A}}
drugs:
  testmab: {source: protocol, routes: IV, precision: 1 mg}
phases:
"""


def invented(phases: str) -> Regimen:
    regimen = read_regimen(f"{HEAD}{phases}".encode(), file="invented.yaml")
    assert problems_of(regimen, file="invented.yaml") == []
    return regimen


def one(give: str, frame: str = "cycle: 28 days\n    repeat: open") -> Regimen:
    """A phase with one drug."""
    return invented(f"  - id: treatment\n    {frame}\n    give:\n      - {{drug: testmab, route: IV, over: 30 min, {give}}}\n")


def listed(found: Sheet) -> list[tuple[str, str, str, str, str]]:
    return [(line.phase, line.activity, line.where, str(line.order.dose), str(line.amount)) for line in found.lines]


def amounts(regimen: Regimen, patient: Patient = MEDIUM, **options: Any) -> list[str]:
    return [f"{line.where}: {line.amount}" for line in sheet(regimen, patient, **options).lines]


# -- shipped regimens ---------------------------------------------------------------------------------------------


def test_a_dose_level_of_isatuximab_with_carfilzomib() -> None:
    """130 kg at 10 mg/kg; carfilzomib at the cap of 2.2 m2."""
    found = sheet(load_regimen("isa-k", variant="dl2").regimen, LARGE)
    assert listed(found) == [
        ("combination", "isatuximab", "", "10 mg/kg", "1300 mg"),
        ("combination", "carfilzomib", "C1 D1-2", "20 mg/m2", "44 mg"),
        ("combination", "carfilzomib", "otherwise", "27 mg/m2", "59.4 mg"),
        ("combination", "dexamethasone", "", "20 mg", "20 mg"),
        ("combination", "dexamethasone-4mg", "", "4 mg", "4 mg"),
    ]
    found.require()


def test_limits_that_change_with_the_dose() -> None:
    """The proxy's ceilings: 44 mg on the first day, 123 mg from then on."""
    regimen = load_regimen("isa-kpd", proxy=["nz-kpd", "isa-label"]).regimen
    found = listed(sheet(regimen, LARGE, phases=["induction"]))
    assert [line[2:] for line in found if line[1] == "carfilzomib"] == [
        ("C1 D1", "20 mg/m2", "44 mg"),
        ("otherwise", "56 mg/m2", "123 mg"),
    ]


def test_what_nobody_stated_is_missing_and_the_rest_is_computed() -> None:
    found = sheet(load_regimen("isa-kpd", values={"induction.pomalidomide.dose": "4 mg"}).regimen, MEDIUM)
    assert listed(found) == [("induction", "pomalidomide", "", "4 mg", "4 mg")]
    assert [each.path for each in found.missing] == [
        "induction.isatuximab.dose",
        "induction.carfilzomib.dose",
        "induction.dexamethasone.dose",
        "maintenance.isatuximab.dose",
        "maintenance.carfilzomib.dose",
        "maintenance.pomalidomide.dose",
        "maintenance.dexamethasone.dose",
    ]
    with pytest.raises(
        DoseError, match=r"induction.carfilzomib.dose is not stated: --set carfilzomib.dose=... or --proxy nz-kpd"
    ) as caught:
        found.require()
    assert len(str(caught.value).splitlines()) == 7


def test_what_a_variant_would_state_comes_first() -> None:
    found = sheet(load_regimen("isa-k", values={"carfilzomib.dose": "not-stated"}).regimen, MEDIUM)
    assert [each.path for each in found.missing] == ["combination.isatuximab.dose", "combination.carfilzomib.dose"]
    with pytest.raises(DoseError, match="choose one with --variant: dl1, dl2, dl3"):
        found.require()


def test_only_the_phases_asked_for() -> None:
    regimen = load_regimen("krd-asct").regimen
    found = sheet(regimen, MEDIUM, phases=["maintenance"])
    assert listed(found) == [("maintenance", "lenalidomide", "", "10 mg", "10 mg")]
    with pytest.raises(ScheduleError, match="maintenence"):
        sheet(regimen, MEDIUM, phases=["maintenence"])


def test_a_drug_that_is_not_stated_is_missing() -> None:
    found = sheet(load_regimen("krd-asct").regimen, MEDIUM, phases=["transplant"])
    assert found.lines == ()
    assert [each.path for each in found.missing] == ["transplant.conditioning.drug"]


def test_errors_are_the_patients() -> None:
    regimen = load_regimen("krd-asct").regimen
    with pytest.raises(PatientError, match="height and weight"):
        sheet(regimen, Patient())
    with pytest.raises(PatientError, match="unknown body-surface formula"):
        sheet(regimen, MEDIUM, practice=Practice(formula="x"))


# -- invented ones ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("give", "expected"),
    [
        ("dose: 100 mg/m2, days: 1", [": 182 mg"]),
        ("dose: {C1: 100 mg/m2, C2: 200 mg/m2, C3+: 300 mg/m2}, days: 1", ["C1: 182 mg", "C2: 364 mg", "C3+: 545 mg"]),
        ("dose: {D1: 10 mg, D8: 20 mg}, days: 1 8", ["D1: 10 mg", "D8: 20 mg"]),
        ("dose: {every 3rd from C4: 10 mg, else: 20 mg}, days: 1", ["otherwise: 20 mg", "every 3rd from C4: 10 mg"]),
        # a limit that changes makes another amount of the same dose, wherever it changes
        ("dose: 100 mg/m2, max: {C1-6: 150 mg, else: 170 mg}, days: 1", [": 150 mg", ": 170 mg"]),
        ("dose: 100 mg/m2, bsa_cap: {C1-6: 1.5 m2, else: none}, days: 1", [": 150 mg", ": 182 mg"]),
        ("dose: 100 mg/m2, round: {C1-6: 50 mg, else: 20 mg}, days: 1", [": 200 mg", ": 180 mg"]),
        ("dose: 100 mg/m2, max: {D1: 150 mg, else: 170 mg}, days: not-stated", [": 150 mg", ": 170 mg"]),
        # days that are not stated: those that the scopes name, and the rest
        ("dose: {C1 D1-2: 10 mg, else: 20 mg}, days: not-stated", ["C1 D1-2: 10 mg", "otherwise: 20 mg"]),
        ("dose: {D1: 10 mg, D8: 20 mg}, days: not-stated", ["D1: 10 mg", "D8: 20 mg"]),
        # a scope on whose days nothing is given has no amount
        ("dose: {C1: 10 mg, else: 20 mg}, days: {C1: none, else: 1}", ["otherwise: 20 mg"]),
        # its own rhythm: 2nd and 3rd time are in the same cycle of the phase
        ("dose: {C1: 10 mg, C2: 20 mg, C3+: 30 mg}, cycle: 7 days, days: 1", ["C1: 10 mg", "C2: 20 mg", "C3+: 30 mg"]),
    ],
)
def test_each_distinct_amount_once(give: str, expected: list[str]) -> None:
    assert amounts(one(give)) == expected


@pytest.mark.parametrize(
    "frame",
    [
        "cycle: 28 days\n    repeat: 2",
        "cycle: not-stated\n    repeat: 2",
        "cycle: 1 month\n    for: 1 year",
        "for: 30 days",
        "for: not-stated",
        "until: 2027-01-01",
    ],
)
def test_every_day_of_every_kind_of_phase(frame: str) -> None:
    assert amounts(one("dose: {D1-7: 10 mg, else: 20 mg}, days: daily", frame)) == ["D1-7: 10 mg", "otherwise: 20 mg"]


def test_a_phase_that_ends_with_its_last_day() -> None:
    assert amounts(one("dose: {D-2: 10 mg, D-1: 20 mg}, days: -2 -1", "anchor: day 0")) == ["D-2: 10 mg", "D-1: 20 mg"]


TWO = """
  - id: first
    cycle: 28 days
    repeat: 4
    give:
      - {{drug: testmab, route: IV, over: 30 min, days: {days}, dose: {dose}}}
  - id: second
    cycle: 28 days
    repeat: 4
    give:
      - {{drug: testmab, route: IV, over: 30 min, days: 1, dose: as last of first}}
"""


@pytest.mark.parametrize(
    ("days", "dose", "expected"),
    [
        ("1 8", "{C1: 10 mg, C2: 20 mg, else: 30 mg}", "30 mg"),
        ("1 8", "{D1: 10 mg, D8: 20 mg}", "20 mg"),
        ("{C1-2: 1 8, else: 1}", "{C1-2 D8: 10 mg, else: 20 mg}", "20 mg"),
        ("{C1: 1, else: none}", "{C1: 10 mg, else: 20 mg}", "10 mg"),
        ("not-stated", "{C1: 10 mg, else: 20 mg}", "20 mg"),
    ],
)
def test_the_last_dose_of_another_phase(days: str, dose: str, expected: str) -> None:
    lines = sheet(invented(TWO.format(days=days, dose=dose)), Patient(), phases=["second"]).lines
    assert [str(line.amount) for line in lines] == [expected]


@pytest.mark.parametrize(("days", "dose"), [("none", "10 mg"), ("1", "not-stated"), ("1", "10 to 20 mg")])
def test_a_last_dose_that_is_not_known(days: str, dose: str) -> None:
    found = sheet(invented(TWO.format(days=days, dose=dose)), Patient(), phases=["second"])
    assert found.lines == ()
    assert [each.path for each in found.missing] == ["second.testmab.dose"]


def test_the_fact_is_kept_with_its_source() -> None:
    line = sheet(load_regimen("krd-asct", variant="label-start").regimen, MEDIUM).lines[0]
    assert (line.dose.source, str(line.dose.origin), line.amount.value) == ("dc-k", "variant label-start", Decimal("36.4"))


LAST = """
id: x
title: X
version: 1
checked: 2026-11-21
source: dc-k
drugs: {{testmab: {{source: dc-k, routes: IV, precision: 1 mg}}}}
phases:
  - id: first
    cycle: 28 days
    {bound}
    give:
      - {{drug: testmab, route: IV, over: 30 min, days: {days}, dose: {dose}{rhythm}}}
  - id: second
    cycle: 28 days
    repeat: 2
    give:
      - {{drug: testmab, route: IV, over: 30 min, days: 1, dose: as last of first}}
  - id: third
    cycle: 28 days
    repeat: 1
    give:
      - {{drug: testmab, route: IV, over: 30 min, days: 1, dose: as last of second}}
"""


@pytest.mark.parametrize(
    ("bound", "days", "dose", "rhythm", "expected"),
    [
        ("repeat: 3", "1 8", "{C1: 10 mg, C2+: 20 mg}", "", "20 mg"),
        ("repeat: 3", "1 8", "{D1: 10 mg, D8: 15 mg}", "", "15 mg"),
        ("repeat: 1", "1 8", "{C1: 10 mg, else: 20 mg}", "", "10 mg"),
        ("repeat: open", "1", "10 mg", "", "10 mg"),
        ("repeat: 3", "not-stated", "{C1-2: 10 mg, C3: 30 mg}", "", "30 mg"),
        ("repeat: open", "1", "{C1: 10 mg, C2+: 20 mg}", "", None),
        ("for: 6 months", "1", "{C1: 10 mg, C2+: 20 mg}", "", None),
        ("repeat: 3", "1", "{C1: 10 mg, C2+: 20 mg}", ", cycle: 21 days", None),
        ("repeat: 3", "not-stated", "{D1: 10 mg, else: 20 mg}", "", None),
        ("repeat: 3", "{C1: none, else: none}", "{C1: 10 mg, else: 20 mg}", "", None),
    ],
)
def test_the_last_dose_of_a_phase_is_told_only_where_no_date_decides_it(
    bound: str, days: str, dose: str, rhythm: str, expected: str | None
) -> None:
    """By hand: the dose of the last given day; in the third phase, which points at the second, the same."""
    text = LAST.format(bound=bound, days=days, dose=dose, rhythm=rhythm)
    regimen = read_regimen(text.encode(), file="x.yaml")
    found = sheet(regimen, Patient(), phases=["second", "third"])
    assert [str(line.amount) for line in found.lines] == ([expected] * 2 if expected else [])
    assert [each.path for each in found.missing] == ([] if expected else ["second.testmab.dose", "third.testmab.dose"])


# -- reductions and practice --------------------------------------------------------------------------------------


def reduced(give: str, *texts: str, practice: Practice | None = None) -> list[str]:
    course = Course(patient=MEDIUM, reductions=tuple(parse_reduction(text) for text in texts))
    found = sheet(one(give), course, practice=practice or Practice())
    return [f"{line.where}: {line.amount}" for line in found.lines]


def test_every_dose_before_and_after_a_reduction() -> None:
    """From C3 D8 on: day 8 changes in that cycle, day 1 in the next."""
    found = reduced("dose: {D1: 10 mg, D8: 20 mg}, days: 1 8", "testmab=50 % from C3 D8: x")
    assert found == ["D1: 10 mg", "D8: 20 mg", "D8: 10 mg", "D1: 5 mg"]
    assert reduced("dose: 10 mg, days: 1 8", "testmab=50 % from C3: x") == [": 10 mg", ": 5 mg"]
    assert reduced("dose: 10 mg, days: 1 8", "testmab=50 %: x") == [": 5 mg"]
    assert reduced("dose: 10 mg, days: 1", "testmab=60 % from C2 D8: x", "testmab=50 % from C5: y") == [": 10 mg", ": 6 mg", ": 5 mg"]


def test_a_reduction_after_the_last_cycle_changes_nothing() -> None:
    regimen = one("dose: 10 mg, days: 1", frame="cycle: 28 days\n    repeat: 2")
    course = Course(reductions=(parse_reduction("testmab=50 % from C3: x"),))
    assert [str(line.amount) for line in sheet(regimen, course).lines] == ["10 mg"]


def test_a_site_rounds_here_too() -> None:
    """100 mg/m2 at 1.8181 m2: 182 mg, in steps of 50 mg 200 mg."""
    practice = Practice(rounding={"testmab": Fact(parse_policy("nearest 50 mg"), "our-site")})
    assert reduced("dose: 100 mg/m2, days: 1", practice=practice) == [": 200 mg"]


def test_routes_and_times_go_along() -> None:
    (line,) = sheet(one("dose: 10 mg, days: 1"), Course()).lines
    assert (line.route, str(line.over), line.name) == ("IV", "30 min", "testmab")
    found = sheet(load_regimen("isa-kd").regimen, MEDIUM).lines
    assert {line.activity: line.route for line in found} == {"dexamethasone": "PO or IV", "isatuximab": "IV", "carfilzomib": "IV"}


def test_a_dose_far_out_of_its_range_stops() -> None:
    regimen = load_regimen("krd", values={"carfilzomib.dose": "270 mg/m2"}).regimen
    found = sheet(regimen, MEDIUM)
    assert {finding.name for finding in found.findings} == {"carfilzomib.usual", "carfilzomib.single"}
    with pytest.raises(DoseError, match="about 10x"):
        sheet(load_regimen("krd", values={"carfilzomib.dose": "700 mg/m2"}).regimen, MEDIUM)
