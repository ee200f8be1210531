"""Many patients have the same rows as each of them has alone: every shipped regimen, and every option of a patient and a practice."""

from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dosing.cohort.people import Terms
from dosing.regimen.library import regimen_ids
from tests.cohort.alike import Row, assert_alike, cells_of

START = date(2026, 1, 5)
# What a regimen can't do without.
NEEDS = {
    "cfz-for-bortezomib": {"base": "cybord"},
    "isa-kpd": {"proxy": "nz-kpd|isa-label"},
    "isa-k": {"variant": "dl2"},
}
THREE = Terms(cycles=3)


def person(number: int, regimen: str = "krd", **own: Any) -> Row:
    """A patient with height and weight, unless it is said otherwise."""
    given = {"start": str(START + timedelta(days=number)), "height_cm": "170", "weight_kg": f"{60 + number % 60}.5", **own}
    return {"patient_id": f"p{number}", "regimen": regimen, **NEEDS.get(regimen, {}), **given}


def sized(random: Random) -> dict[str, Any]:
    """Somebody's sizes, in one of the ways in which they are given."""
    height, weight = f"{random.gauss(168, 10):.{random.choice('0012')}f}", f"{max(36, random.gauss(78, 22)):.{random.choice('01235')}f}"
    return random.choice(
        [
            *5 * [{"height_cm": height, "weight_kg": weight}],
            {"height_cm": None, "weight_kg": None},
            {"height_cm": height, "weight_kg": None},
            {"height_cm": None, "weight_kg": weight},
            {"height_cm": None, "weight_kg": None, "bsa_m2": f"{random.uniform(1.3, 2.6):.{random.choice('124')}f}"},
            {"height_cm": height, "weight_kg": weight, "bsa_m2": f"{random.uniform(1.3, 2.6):.2f}"},
            {"height_cm": "5ft7in", "weight_kg": "165.5lb"},
            {"height_cm": "1.7m", "weight_kg": f"{weight} kg"},
            {"height_cm": height, "weight_kg": random.choice(["29", "34.999", "200.5", "349", "0.1", "-5", "nan", "7e1", "1,5"])},
            {"height_cm": random.choice(["139.9", "205", "99", "0"]), "weight_kg": weight},
        ]
    )


def known(random: Random) -> dict[str, Any]:
    """What else may be known of somebody."""
    return random.choice(
        [
            *4 * [{}],
            {"measured_on": str(START - timedelta(days=random.randrange(9)))},
            {"measured_on": "2026-02-30"},
            {"measured_on": "2029-01-01"},
            {
                "age": str(random.randrange(40, 101)),
                "sex": random.choice(["female", "male"]),
                "creatinine": f"{random.uniform(0.6, 4):.1f} mg/dL",
            },
            {"crcl": str(random.randrange(5, 120)), "liver": random.choice(["mild", "moderate", "severe", "green"])},
            {"age": "sixty"},
            {"age": "85", "rule": "lenalidomide=eu|dexamethasone=over-75"},
        ]
    )


@pytest.mark.parametrize("regimen", regimen_ids())
def test_every_shipped_regimen(regimen: str) -> None:
    random = Random(regimen)
    people = [person(number, regimen, **sized(random), **known(random)) for number in range(40)]
    block = assert_alike(people, THREE)
    assert block.patients > 10


@pytest.mark.long
@pytest.mark.parametrize("regimen", regimen_ids())
def test_every_shipped_regimen_at_length(regimen: str) -> None:
    random = Random()
    people = [person(number, regimen, **sized(random), **known(random)) for number in range(200)]
    assert_alike(people)


def test_a_row_by_hand() -> None:
    # Mosteller: sqrt(170 x 72.25 / 3600) = 1.8471..., x 20 = 36.94 -> 36.9 mg (-0.11409 %), x 27 = 49.87 -> 49.9 mg (+0.05635 %).
    block = assert_alike([person(0, "krd", weight_kg="72.25")])
    first, *_, last = [each for each in cells_of(block.doses) if each["drug"] == "carfilzomib"]
    assert [first[name] for name in ("patient_id", "date", "cycle", "day", "dose", "bsa_m2", "amount")] == [
        "p0",
        START,
        1,
        1,
        20,
        1.8471,
        36.9,
    ]
    assert [last["dose"], last["amount"], last["amount_unit"], last["rounding"]] == [27, 49.9, "mg", "0.1 mg (measurable precision)"]
    assert [first["deviation_pct"], last["deviation_pct"]] == [-0.1141, 0.0563]


def test_above_the_cap_of_the_body_surface() -> None:
    # 200 cm and 100 kg: 2.357 m2 counts as 2.2 m2; 70 mg/m2 are 154 mg, which is the limit for one administration and passes.
    people = [person(number, "kd-weekly", height_cm="200", weight_kg=f"{80 + number}") for number in range(40)]
    people += [person(50, "kd-weekly", height_cm=None, weight_kg=None, bsa_m2="2.2"), person(51, "kd-weekly", bsa_m2="2.2000001")]
    block = assert_alike(people, THREE)
    assert block.alone == 0
    most = [each for each in cells_of(block.doses) if each["patient_id"] == "p20" and each["dose"] == 70]
    assert {(each["amount"], each["bsa_m2"], each["deviation_pct"]) for each in most} == {(154, 2.2, 0)}
    assert all("above the cap of 2.2 m2" in str(each["note"]) for each in most)


@pytest.mark.parametrize(
    ("regimen", "choices"),
    [
        ("kd-weekly", {"set:carfilzomib.dose": "80 mg/m2"}),
        ("kd-weekly", {"set:carfilzomib.dose": "70.5 mg/m2"}),
        ("kd-weekly", {"set:carfilzomib.bsa_cap": "none"}),
        ("krd", {"set:carfilzomib.max": "50 mg"}),
        ("krd", {"set:carfilzomib.max": "36.95 mg"}),
        ("krd", {"set:carfilzomib.dose": "0.6 mg/kg"}),
        ("krd", {"set:carfilzomib.dose": "50 mg"}),
        ("krd", {"set:carfilzomib.dose": "700 mg/m2"}),
        ("krd", {"set:carfilzomib.round": "5 mg"}),
        ("krd", {"set:carfilzomib.round": "0.001 mg"}),
        ("krd", {"set:carfilzomib.percent": "80 %"}),
        ("krd", {"set:carfilzomib.dose": "0.00001 mg/m2", "set:carfilzomib.round": "0.00000001 mg"}),
        ("krd", {"set:carfilzomib.dose": "27 mg"}),
        ("krd", {"set:nothing.dose": "27 mg"}),
        ("krd", {"set:carfilzomib.dose": "a lot"}),
        ("krd", {"variant": "none-such"}),
        ("krd", {"proxy": "none-such"}),
        ("no-such-regimen", {}),
        ("krd", {"base": "cybord"}),
        ("cfz-for-bortezomib", {"base_days": "stretch"}),
        ("cfz-for-bortezomib", {"base": "cybord:mayo", "base_days": "keep"}),
        ("kd-weekly", {"variant": "arrow"}),
        ("krd", {"rule": "lenalidomide=none"}),
        ("krd", {"reduce": "lenalidomide=level 1 from C2: rash|carfilzomib=75 % from C2D8: tired"}),
        ("krd", {"reduce": "carfilzomib=level 1 from 2026-03-02: tired"}),
        ("krd", {"reduce": "carfilzomib"}),
        ("krd", {"measured": "2026-03-02 weight=45kg|2026-03-09 weight=95kg height=171cm"}),
        ("krd", {"measured": "2026-03-02"}),
        ("krd", {"override": "weight|bmi", "weight_kg": "20"}),
        ("krd", {"override": "carfilzomib.single"}),
        ("pad", {"prior": "doxorubicin=240mg/m2"}),
        ("pad", {"prior": "anthracycline=500mg/m2"}),
        ("pad", {"set:doxorubicin.dose": "90 mg/m2"}),
        ("krd", {"weigh": "carfilzomib=each cycle"}),
        ("krd-asct", {"phase_start:transplant": "2026-08-01"}),
        ("krd-asct", {"phase_start:nothing": "2026-08-01"}),
        ("krd", {"cycles": "2"}),
        ("krd", {"until": "2026-03-01"}),
        ("krd", {"until": "2025-03-01"}),
        ("krd", {"measured_on": "2025-12-30"}),
        ("krd", {"bsa_m2": "1.85"}),
        ("krd", {"gfr_ml_min": "80"}),
    ],
)
def test_every_column(regimen: str, choices: dict[str, str]) -> None:
    assert_alike([person(number, regimen, **choices) for number in range(6)], Terms(cycles=None if "cycles" in choices else 4))


def test_columns_that_only_some_fill() -> None:
    rows = [
        {"variant": "arrow"},
        {"set:carfilzomib.dose": "56 mg/m2"},
        {"cycles": "1"},
        {"until": "2026-02-01"},
        {"age": "90"},
        {},
        {"sex": "male"},
    ]
    assert_alike([person(number, "kd-weekly", **rows[number % len(rows)]) for number in range(30)], THREE)


@pytest.mark.parametrize(
    "policy",
    [
        "measurable",
        "never",
        "nearest 5 mg",
        "nearest 1 mg within 2 %",
        "vial size",
        "vial size within 5 %",
        "whole vials up within 10 %",
        "whole vials up",
        "whole vials down within 10 %",
        "stocked",
        "bands none-such",
        "rubbish",
    ],
)
def test_every_rounding_policy(policy: str) -> None:
    for lists in ({"round": (policy,)}, {"round": (f"carfilzomib={policy}",)}):
        assert_alike([person(number) for number in range(0, 60, 7)], Terms(cycles=1, lists=lists))


@pytest.mark.parametrize(
    ("texts", "own"),
    [
        ("carfilzomib=ideal", {"sex": "female"}),
        ("carfilzomib=ideal", {}),
        ("carfilzomib=adjusted", {"sex": "male"}),
        ("carfilzomib=adjusted", {"sex": "male", "bsa_m2": "1.7"}),
        ("carfilzomib=before amputation", {"lost": "left below-knee"}),
        ("carfilzomib=heavy", {}),
    ],
)
@pytest.mark.parametrize("dose", ["27 mg/m2", "0.7 mg/kg"])
def test_every_weight_to_dose_by(texts: str, own: dict[str, str], dose: str) -> None:
    terms = Terms(cycles=1, lists={"dose_weight": (texts,)}, values={"carfilzomib.dose": dose})
    assert_alike([person(number, **own) for number in range(0, 60, 9)], terms)


@pytest.mark.parametrize(
    "formula",
    ["mosteller", "Du Bois", "haycock", "gehan-george", "boyd", "fujimoto", "takahira", "shuter-aslani", "livingston-lee", "schlich"],
)
def test_every_formula(formula: str) -> None:
    random = Random(formula)
    rows = [person(number, **sized(random), sex=random.choice([None, "female", "male"])) for number in range(30)]
    assert_alike(rows, Terms(cycles=1, texts={"formula": formula}))


SITE = """\
id: here
title: A site
formula: du-bois
rounding: {default: nearest 1 mg, lenalidomide: stocked}
weight: {carfilzomib: adjusted}
limits: {carfilzomib: {single: {value: 52 mg, act: stop, because: our own}, cycle: {value: 170 mg/m2, act: warn, because: our own}}}
closed:
  weekdays: [saturday, sunday]
  dates: {2026-01-13: stocktaking}
  holidays: US-CA
"""


@pytest.mark.parametrize("move", ["no", "yes", "perhaps"])
@pytest.mark.parametrize("sex", [None, "female"])
def test_a_site(tmp_path: Path, move: str, sex: str | None) -> None:
    site = tmp_path / "here.yaml"
    site.write_text(SITE, encoding="utf-8")
    people = [person(number, weight_kg=f"{50 + number * 4}", sex=sex) for number in range(14)]
    assert_alike(people, Terms(cycles=3, texts={"site": str(site), "move": move}))


def test_the_holidays_of_a_country() -> None:
    assert_alike([person(number) for number in range(9)], Terms(cycles=2, texts={"country": "DE-BY", "move": "yes"}))
    assert_alike([person(number) for number in range(9)], Terms(cycles=2, texts={"country": "DE-BY"}))
    assert_alike([person(1)], Terms(texts={"country": "Atlantis"}))
    assert_alike([person(1)], Terms(texts={"move": "yes"}))


LIMITED = """\
id: here
title: A site
limits: {{carfilzomib: {{{limit}}}}}
"""


@pytest.mark.parametrize("act", ["warn", "stop"])
@pytest.mark.parametrize(
    "limit",
    [
        "single: {value: 49.9 mg",
        "cycle: {value: 27 mg/m2",
        "single: {value: 27 mg/m2",
        "daily: {value: 0.75 mg/kg",
        "lifetime: {value: 600 mg",
    ],
)
def test_next_to_a_limit(tmp_path: Path, limit: str, act: str) -> None:
    site = tmp_path / "here.yaml"
    site.write_text(LIMITED.format(limit=f"{limit}, act: {act}, because: our own}}"), encoding="utf-8")
    people = [person(number, weight_kg=f"{55 + number * 1.3:.1f}") for number in range(20)]
    terms = Terms(cycles=2, texts={"site": str(site)})
    assert_alike(people, terms)
    # Whoever makes the pattern may be above it, or below it.
    assert_alike(people[::-1], terms)
    assert_alike([{**each, "height_cm": None, "weight_kg": None, "bsa_m2": "1.85"} for each in people[:2]], terms)


@pytest.mark.parametrize("phases", [("induction",), ("maintenance", "transplant"), ("no-such",)])
def test_some_phases(phases: tuple[str, ...]) -> None:
    starts = {"transplant": date(2026, 8, 1), "maintenance": date(2026, 11, 2)}
    assert_alike([person(number, "krd-asct") for number in range(5)], Terms(starts=starts, phases=phases))


def test_what_holds_for_all_may_be_said_otherwise_by_a_row() -> None:
    terms = Terms(
        cycles=2,
        until=date(2026, 3, 1),
        values={"carfilzomib.dose": "56 mg/m2"},
        choices={"variant": "arrow"},
        lists={"round": ("carfilzomib=nearest 5 mg",), "reduce": ("carfilzomib=75 % from C2: tired",)},
    )
    rows = [{}, {"set:carfilzomib.dose": "27 mg/m2"}, {"cycles": "1"}, {"until": "2026-02-01"}, {"reduce": "carfilzomib=50 % from C1: ill"}]
    assert_alike([person(number, "kd-weekly", **own) for number, own in enumerate(rows)], terms)


def test_starts_at_the_ends_of_the_calendar() -> None:
    starts = ["0001-01-01", "0999-12-31", "1000-01-01", "1969-12-31", "2999-12-31", "3000-01-02", "9999-01-01", "9999-12-31"]
    assert_alike([person(number, start=start) for number, start in enumerate(starts)], THREE)


def test_ids_as_they_come() -> None:
    ids = ["a,b", 'say "no"', "two\nlines", "=1+1", "-5", "@x", "\u200b", "\U0001f984", "0", "00", "a" * 300, "null", "'", "tab\tin"]
    assert_alike([{**person(number), "patient_id": id} for number, id in enumerate(ids)], THREE)


def test_many_patients_with_patterns_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dosing.cohort.work._KEPT_ROWS", 100)
    monkeypatch.setattr("dosing.cohort.work._KEPT", 2)
    rows = [person(number % 9, ("krd", "kd-weekly", "vd")[number % 3], cycles=str(1 + number % 4)) for number in range(40)]
    assert_alike([{**each, "patient_id": f"n{number}"} for number, each in enumerate(rows)])


def test_a_daily_limit_of_what_is_given_twice_a_day(tmp_path: Path) -> None:
    regimen, site = tmp_path / "twice.yaml", tmp_path / "here.yaml"
    regimen.write_text(
        "id: twice\ntitle: Twice\nversion: 1\nchecked: 2026-01-01\nsource: msc-k\nphases:\n"
        "  - id: only\n    cycle: 21 days\n    repeat: 2\n    give:\n"
        "      - {drug: dexamethasone, dose: 7.5 mg/m2, route: PO, times: 2, days: 1-4}\n",
        encoding="utf-8",
    )
    site.write_text(
        "id: here\ntitle: A site\nlimits: {dexamethasone: {daily: {value: 27 mg, act: warn, because: our own}}}\n", encoding="utf-8"
    )
    # 7.5 x 1.8 = 13.5 mg, twice a day 27 mg, which passes; from 1.81 m2 on it doesn't.
    rows = [person(number, str(regimen), bsa_m2=f"1.{70 + number}") for number in range(0, 20, 2)]
    block = assert_alike([*rows, person(30, str(regimen), bsa_m2="1.8")], Terms(texts={"site": str(site)}))
    above = {each["patient_id"] for each in cells_of(block.doses) if "above the limit of 27 mg" in str(each["note"])}
    assert above == {f"p{number}" for number in range(12, 20, 2)}
    assert block.alone == 4
