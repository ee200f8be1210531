"""What a table of doses comes to, in cases worked by hand.

Sizes of vials and strengths are those of the drugs' files: carfilzomib in vials of 10, 30 and 60 mg, bortezomib of 3.5 mg, lenalidomide in
capsules of 2.5, 5, 7.5, 10, 15, 20 and 25 mg.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest

from dosing.cohort.columns import schema
from dosing.cohort.counting import NAMES, Window
from dosing.cohort.forecast import finder, forecast
from dosing.cohort.forecast_columns import CHAIRS, DRUGS
from dosing.cohort.forecast_model import Forecast, Question
from dosing.errors import DoseError, PatientError, RegimenError
from dosing.regimen.facts import Fact
from dosing.regimen.library import find_regimen, shipped_drug
from dosing.regimen.read import read_regimen

WHOLE = schema()
SCHEMA = pa.schema([WHOLE.field(name) for name in NAMES])
MONDAY = date(2026, 1, 5)

Row = dict[str, Any]


def dose(patient: str, day: int, drug: str | None = "carfilzomib", amount: float | None = 49.1, **more: Any) -> Row:
    """A row that stands, on a day of January 2026."""
    row = dict.fromkeys(NAMES) | {
        "patient_id": patient,
        "date": date(2026, 1, day),
        "activity": drug or "something",
        "kind": "drug",
        "drug": drug,
        "route": "IV",
        "amount": amount,
        "amount_unit": None if amount is None else "mg",
        "times_per_day": 1,
        "status": "planned",
    }
    return row | more


def visit(patient: str, day: int, **more: Any) -> Row:
    nothing = {"kind": "assessment", "activity": "ct", "route": None, "times_per_day": None}
    return dose(patient, day, None, None) | nothing | more


def batches(rows: list[Row], *cuts: int) -> list[pa.RecordBatch]:
    edges = [0, *cuts, len(rows)]
    return [pa.RecordBatch.from_pylist(rows[first:last], schema=SCHEMA) for first, last in pairwise(edges)]


def asked(*rows: Row, cuts: tuple[int, ...] = (), **question: Any) -> Forecast:
    return forecast(batches(list(rows), *cuts), drug_of=finder([], lambda drug: drug), question=Question(**question))


def drugs(found: Forecast) -> list[dict[str, Any]]:
    """The lines as dictionaries, without what is empty or nothing."""
    lines = [dict(zip((column.name for column in DRUGS), line.cells(found.question), strict=True)) for line in found.drugs]
    return [{name: cell for name, cell in line.items() if cell} for line in lines]


def chairs(found: Forecast) -> list[dict[str, Any]]:
    lines = [dict(zip((column.name for column in CHAIRS), line.cells(found.question), strict=True)) for line in found.chairs]
    return [{name: cell for name, cell in line.items() if cell and name != "pump_min"} for line in lines]


# -- drugs --------------------------------------------------------------------------------------------------------


def test_a_week_of_vials() -> None:
    """49.1 mg takes 30 + 10 + 10 mg and wastes 0.9 mg; 36.4 mg takes 30 + 10 mg and wastes 3.6 mg."""
    found = asked(dose("a", 5), dose("a", 11), dose("b", 5, amount=36.4), dose("b", 12, amount=36.4))
    week = {"drug": "carfilzomib", "optional": "no", "amount_unit": "mg", "vials_for": "each dose"}
    assert drugs(found) == [
        week
        | {"date": MONDAY, "doses": 3, "amount": Decimal("134.6"), "vials": 8, "vial_sizes": "3 x 30 mg + 5 x 10 mg"}
        | {"opened_mg": Decimal(140), "waste_mg": Decimal("5.4")},
        week
        | {"date": date(2026, 1, 12), "doses": 1, "amount": Decimal("36.4"), "vials": 2, "vial_sizes": "1 x 30 mg + 1 x 10 mg"}
        | {"opened_mg": Decimal(40), "waste_mg": Decimal("3.6")},
    ]
    assert found.patients == 2
    assert "carfilzomib: vials of 10 mg, 30 mg, 60 mg [khcp-dos]; each dose from its own" in found.notes


@pytest.mark.parametrize(
    ("by", "days"),
    [
        # 31 January 2026 is a Saturday, 1 February a Sunday, 2 February a Monday.
        ("day", [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 2)]),
        ("week", [date(2026, 1, 26), date(2026, 2, 2)]),
        ("month", [date(2026, 1, 1), date(2026, 2, 1)]),
    ],
)
def test_days_weeks_and_months(by: str, days: list[date]) -> None:
    rows = [dose("a", 31), dose("a", 1, date=date(2026, 2, 1)), dose("a", 1, date=date(2026, 2, 2))]
    found = asked(*rows, drugs_by=by, chairs_by=by)
    assert [line.date for line in found.drugs] == days
    assert [line.date for line in found.chairs] == days
    assert sum(line.doses for line in found.drugs) == sum(line.visits for line in found.chairs) == 3


def test_a_week_is_the_same_before_1970() -> None:
    """31 December 1969 was a Wednesday."""
    found = asked(dose("a", 5, date=date(1969, 12, 31)), dose("a", 5, date=date(1970, 1, 1)))
    assert [line.date for line in found.drugs] == [date(1969, 12, 29)]


def test_sums_are_exact() -> None:
    """Ten times 0.1 and twenty times 0.7 as floats would be 14.999999999999996."""
    found = asked(
        *(dose("a", 5, "thalidomide", 0.1, route="PO") for _ in range(10)),
        *(dose("a", 6, "thalidomide", 0.7, route="PO") for _ in range(20)),
    )
    assert [line.amount.value for line in found.drugs if line.amount] == [Decimal(15)]


def test_times_a_day_and_capsules() -> None:
    """10 mg twice a day for two days: four capsules."""
    found = asked(*(dose("a", day, "lenalidomide", 10.0, route="PO", times_per_day=2) for day in (5, 6)))
    assert drugs(found) == [
        {"date": MONDAY, "drug": "lenalidomide", "optional": "no", "doses": 4, "amount": Decimal(40), "amount_unit": "mg"}
        | {"capsules": "4 x 10 mg"}
    ]


def test_tablets_or_capsules_and_what_they_cannot_make_up() -> None:
    """Melphalan tablets have 2 mg: 16 mg are 8, 16.4 mg can't be made up. Cyclophosphamide has tablets and capsules of 25 and 50 mg."""
    found = asked(
        dose("a", 5, "melphalan", 16.0, route="PO"),
        dose("a", 6, "melphalan", 16.4, route="PO", times_per_day=2),
        dose("a", 6, "cyclophosphamide", 50.0, route="PO"),
        dose("a", 6, "dexamethasone", 20.0, route="IV"),
    )
    cyclophosphamide, dexamethasone, melphalan = found.drugs
    assert {form: str(units) for form, units in melphalan.units.items()} == {"tablets": "8 x 2 mg"}
    assert (melphalan.not_made_up, melphalan.amount) == (2, melphalan.amount and replace(melphalan.amount, value=Decimal("48.8")))
    assert (dexamethasone.units, dexamethasone.not_made_up) == ({}, 0)
    assert {form: str(units) for form, units in cyclophosphamide.units.items()} == {"tablets": "1 x 50 mg", "capsules": "1 x 50 mg"}


def test_masses_are_added_in_mg_and_other_units_stand_apart() -> None:
    found = asked(
        dose("a", 5, "unknownol", 1.5, amount_unit="g"),
        dose("a", 5, "unknownol", 250.0, amount_unit="microgram"),
        dose("a", 5, "unknownol", 3.0, amount_unit="million units"),
        dose("a", 6, "unknownol", 500000.0, amount_unit="units"),
    )
    assert [str(line.amount) for line in found.drugs] == ["3.5 million units", "1500.25 mg"]
    assert (
        "unknownol: nothing is known of this drug, so no vials or tablets are counted (--regimen names a file that knows it)" in found.notes
    )


def test_what_was_given_counts_on_its_day_with_its_amount() -> None:
    """Planned on Monday the 5th with 49.1 mg; given on Monday the 12th, 30 mg. Another as planned, on its day."""
    given: Row = {"status": "given", "given_on": date(2026, 1, 12), "given_amount": 30.0, "given_unit": "mg"}
    found = asked(dose("a", 5, **given), dose("a", 6, status="given", given_on=date(2026, 1, 6)))
    assert [(line.date, str(line.amount), str(line.vials)) for line in found.drugs] == [
        (MONDAY, "49.1 mg", "1 x 30 mg + 2 x 10 mg"),
        (date(2026, 1, 12), "30 mg", "1 x 30 mg"),
    ]
    assert [line.date for line in found.chairs] == [date(2026, 1, 6), date(2026, 1, 12)]


def test_what_is_optional_stands_apart() -> None:
    found = asked(dose("a", 5), dose("a", 5, status="optional", amount=10.0))
    assert [(line.optional, str(line.amount)) for line in found.drugs] == [(False, "49.1 mg"), (True, "10 mg")]
    assert drugs(found)[1]["optional"] == "yes"


NOT_COUNTED = ["held", "omitted", "stopped", "skipped", "ruled-out", "not-given"]


@pytest.mark.parametrize("status", NOT_COUNTED)
def test_what_does_not_count_is_said(status: str) -> None:
    found = asked(dose("a", 5), dose("a", 6, status=status), dose("b", 6, status=status), visit("b", 7, status=status))
    assert [(line.doses, line.date) for line in found.drugs] == [(1, MONDAY)]
    assert [(line.visits, line.date) for line in found.chairs] == [(1, MONDAY)]
    assert f"carfilzomib: 2 entries {status}; not counted" in found.notes
    assert f"assessments: 1 entry {status}; not counted" in found.notes


@pytest.mark.parametrize(("status", "why"), [("waiting", "waiting"), ("not-dated", "not-dated"), ("planned", "without a date")])
def test_what_has_no_date_is_said(status: str, why: str) -> None:
    found = asked(dose("a", 5, status=status, date=None), dose("a", 5, None, status=status, date=None, activity="melphalan-or-not"))
    assert (found.drugs, found.chairs) == ((), ())
    stands = "each of which stands for all days of its activity; not counted"
    assert found.notes == (f"carfilzomib: 1 entry {why}, {stands}", f"melphalan-or-not (drug not stated): 1 entry {why}, {stands}")


def test_what_has_no_amount_or_no_count_is_said_beside_what_has() -> None:
    found = asked(dose("a", 5), dose("a", 6, amount=None, times_per_day=2), dose("a", 7, times_per_day=None), dose("a", 7, None, None))
    carfilzomib, unstated = found.drugs
    assert (carfilzomib.doses, carfilzomib.without, carfilzomib.uncounted, str(carfilzomib.amount)) == (1, 2, 1, "49.1 mg")
    assert (unstated.name, unstated.activity, unstated.doses, unstated.without) == ("something (drug not stated)", "something", 0, 1)
    assert "carfilzomib: 2 doses without an amount; not in the sums" in found.notes
    assert "carfilzomib: 1 entry of which nobody stated how many doses there are; not in the sums" in found.notes
    assert "something (drug not stated): 1 dose without an amount; not in the sums" in found.notes


def test_by_mouth_or_otherwise_is_by_mouth() -> None:
    """Dexamethasone without a route: its file says PO or IV."""
    found = asked(dose("a", 5, "dexamethasone", 40.0, route=None))
    assert str(found.drugs[0].units["tablets"]) == "2 x 20 mg"
    assert found.chairs == ()
    assert "dexamethasone: 1 entry by mouth or otherwise; counted as taken by mouth, at home" in found.notes


def test_no_vials_where_no_size_is_stated() -> None:
    drug = replace(shipped_drug("carfilzomib"), vials=None)
    found = forecast(batches([dose("a", 5)]), drug_of=lambda _: drug)
    assert (found.drugs[0].vials, str(found.drugs[0].amount)) == (None, "49.1 mg")
    assert not any("vials" in note for note in found.notes)


def test_a_dictionary_with_nothing_in_it() -> None:
    """Some programs write what is missing into the dictionary."""
    (batch,) = batches([dose("a", 5), dose("a", 6, None)])
    drugs = pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int32()), pa.array(["carfilzomib", None]))
    found = forecast([batch.set_column(NAMES.index("drug"), "drug", drugs)], drug_of=lambda _: None)
    assert [(line.drug, line.activity) for line in found.drugs] == [("carfilzomib", None), (None, "something")]


def test_a_table_without_rows() -> None:
    found = asked()
    assert (found.patients, found.drugs, found.chairs, found.notes) == (0, (), (), ())


# -- shared vials -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "opened", "says"),
    [
        # 2.4 mg twice on one day are 4.8 mg, from 2 vials of 3.5 mg either way; 1 mg twice are 2 mg, from 1 instead of 2.
        (None, "3 x 3.5 mg", "opened for the sum of each day, which is the least there can be; whether they may be shared is not stated"),
        (True, "3 x 3.5 mg", "opened for the sum of each day, which is the least there can be; sharing is allowed [ours]"),
        (False, "4 x 3.5 mg", "each dose from its own; they must not be shared [ours]"),
    ],
)
def test_vials_for_the_sum_of_a_day(share: bool | None, opened: str, says: str) -> None:
    fact = None if share is None else Fact(share, "ours")
    drug = replace(shipped_drug("bortezomib"), share_vials=fact)
    rows = [dose(who, day, "bortezomib", amount) for who in ("a", "b") for day, amount in ((5, 2.4), (6, 1.0))]
    found = forecast(batches(rows), drug_of=lambda _: drug, question=Question(share_vials=True))
    line = found.drugs[0]
    assert (str(line.vials), line.vials and line.vials.amount_mg) == (opened, Decimal("6.8"))
    assert drugs(found)[0]["vials_for"] == ("each dose" if share is False else "each day")
    assert any(note.startswith("bortezomib: vials of 3.5 mg") and note.endswith(says) for note in found.notes)


# -- chairs -------------------------------------------------------------------------------------------------------


def test_visits_and_hours_of_a_day() -> None:
    """Two patients: one has 30 min and 10 min, the other twice 45 min and an assessment; each is one visit with 20 minutes more."""
    found = asked(
        dose("a", 5, duration_min=30),
        dose("a", 5, "isatuximab", 700.0, duration_min=10),
        dose("a", 5, "lenalidomide", 25.0, route="PO"),
        dose("a", 6, "lenalidomide", 25.0, route="PO"),
        dose("b", 5, duration_min=45, times_per_day=2),
        visit("b", 5),
        visit("b", 7),
        minutes_per_visit=20,
    )
    # 30 + 10 + 2 x 45 + 2 x 20 = 170 minutes; 20 minutes.
    assert chairs(found) == [
        {"date": MONDAY, "visits": 2, "chair_hours": Decimal("2.83"), "visit_min": 20},
        {"date": date(2026, 1, 7), "visits": 1, "chair_hours": Decimal("0.33"), "visit_min": 20},
    ]
    assert "chair hours: 20 minutes for each visit besides the infusions" in found.notes


def test_hours_that_nobody_stated_are_counted() -> None:
    found = asked(
        dose("a", 5),
        dose("a", 5, "bortezomib", 2.4, route="IV or SC", times_per_day=2),
        dose("a", 5, "bortezomib", 2.4, route="SC"),
        dose("a", 5, duration_min=30, times_per_day=None),
        dose("a", 6, duration_min=1440),
        dose("a", 6, duration_min=1439),
    )
    assert chairs(found) == [
        {"date": MONDAY, "visits": 1, "without_time": 4},
        {"date": date(2026, 1, 6), "visits": 1, "chair_hours": Decimal("23.98"), "pumps": 1},
    ]
    assert found.notes[-3:] == (
        "chair hours: 0 minutes for each visit besides the infusions (--minutes-per-visit)",
        "chair hours: 4 infusions have no stated time; not in the hours",
        "chair hours: 1 infusion has 1440 minutes or more, as on a pump; not in the hours",
    )


def test_who_comes_only_for_something_optional() -> None:
    found = asked(
        dose("a", 5, duration_min=30),
        dose("a", 5, status="optional", duration_min=60),
        visit("b", 5, status="optional"),
        minutes_per_visit=6,
    )
    assert chairs(found) == [
        {"date": MONDAY, "visits": 1, "chair_hours": Decimal("0.6"), "optional_visits": 1, "optional_hours": Decimal("1.1"), "visit_min": 6}
    ]


@pytest.mark.parametrize("cuts", [(1,), (2,), (3,), (4,), (1, 2, 3, 4), (2, 2, 4)])
def test_a_patient_in_two_batches_comes_once_a_day(cuts: tuple[int, ...]) -> None:
    rows = [dose("a", 5, status="optional"), dose("a", 6), dose("a", 5), visit("b", 5, status="optional"), visit("b", 6)]
    found = asked(*rows, cuts=cuts)
    assert found.patients == 2
    assert chairs(found) == [
        {"date": MONDAY, "visits": 1, "optional_visits": 1, "without_time": 2},
        {"date": date(2026, 1, 6), "visits": 2, "without_time": 1},
    ]


# -- what was asked -----------------------------------------------------------------------------------------------


def test_only_some_days() -> None:
    rows = [dose("a", day) for day in (5, 6, 7, 8)] + [dose("a", 6, status="held"), dose("a", 8, status="held")]
    found = asked(*rows, window=Window(first=date(2026, 1, 6), last=date(2026, 1, 7)), drugs_by="day")
    assert [line.date.day for line in found.drugs] == [line.date.day for line in found.chairs] == [6, 7]
    assert found.notes[:2] == ("only what is dated from 2026-01-06 to 2026-01-07", "carfilzomib: 1 entry held; not counted")


def test_only_some_drugs() -> None:
    rows = [dose("a", 5), dose("a", 6, "isatuximab", 700.0), visit("a", 7), dose("a", 8, "isatuximab", status="held")]
    found = asked(*rows, window=Window(drugs=frozenset(["carfilzomib"])))
    assert [line.drug for line in found.drugs] == ["carfilzomib"]
    assert [line.date for line in found.chairs] == [MONDAY]
    assert found.notes[0] == "only carfilzomib; visits are those for what is named here"
    assert not any("isatuximab" in note for note in found.notes)


def test_a_drug_that_is_not_there() -> None:
    with pytest.raises(PatientError, match=r"no dose of 'carfilzomip'; did you mean 'carfilzomib'\? \(its drugs: carfilzomib\)"):
        asked(dose("a", 5), window=Window(drugs=frozenset(["carfilzomip"])))


# -- what can't be ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"amount": 0.0}, "row 3 has an amount that is no number above zero"),
        ({"amount": float("inf")}, "row 3 has an amount that is no number above zero"),
        ({"amount": float("nan")}, "row 3 has an amount that is no number above zero"),
        ({"status": "given", "given_amount": -1.0, "given_unit": "mg"}, "row 3 has an amount that is no number above zero"),
        ({"amount_unit": None}, "row 3 has an amount without a unit"),
        ({"times_per_day": -1}, "row 3 has less than one dose a day in times_per_day"),
        ({"times_per_day": 0}, "row 3 has less than one dose a day in times_per_day"),
        ({"duration_min": -1}, "row 3 has an infusion time below zero in duration_min"),
        ({"date": 4_000_000}, "row 3 has a date beyond the calendar"),
        ({"status": "perhaps"}, "row 3: column status has 'perhaps'; it must be one of planned, optional, given, held,"),
        ({"kind": "pill"}, "row 3: column kind has 'pill'; it must be one of drug, assessment"),
        ({"patient_id": "a"}, "row 3: this patient had rows before, apart from these; sort the table by patient_id"),
        ({"amount_unit": "spoons"}, "an amount of carfilzomib in the table: unknown unit 'spoons'"),
        ({"amount_unit": "mg/m2"}, "an amount of carfilzomib in the table: '49.1 mg/m2' must be a flat amount above zero"),
        ({"drug": None, "amount_unit": "spoons"}, "an amount of a drug in the table: unknown unit 'spoons'"),
    ],
)
@pytest.mark.parametrize("cut", [1, 2])
def test_values_that_cannot_be(row: Row, says: str, cut: int) -> None:
    with pytest.raises(PatientError, match=says):
        asked(dose("a", 5), dose("b", 5), dose("c", 5) | row, cuts=(cut,))


def test_a_patient_who_comes_back_is_found_among_many() -> None:
    """In batches of growing and shrinking size, so that those seen are merged; the last comes back in the middle of a batch."""
    rows = [dose(f"p{number}", 5) for number in range(40)]
    assert asked(*rows, cuts=(1, 2, 4, 20, 22)).patients == 40
    with pytest.raises(PatientError, match="row 42: this patient had rows before"):
        asked(*rows, dose("p39", 6), dose("p7", 5), dose("q", 5), cuts=(1, 2, 4, 20, 22))


def test_an_amount_beyond_all_vials() -> None:
    with pytest.raises(DoseError, match="900000 mg of carfilzomib: more than 20000 times what the sizes have in common"):
        asked(dose("a", 5, amount=900_000.0))


# -- drugs --------------------------------------------------------------------------------------------------------

OWN = """\
id: {id}
title: Weekly paclitaxel
version: 1
checked: 2026-11-21
source: ours
sources:
  ours: {{title: Our protocol, address: page 7, grade: A}}
drugs:
  paclitaxel: {{source: ours, routes: IV, precision: 1 mg, vials: [{vials}]}}
phases:
  - id: treatment
    cycle: 7 days
    repeat: 1
    give:
      - {{drug: paclitaxel, dose: 80 mg/m2, route: IV, days: 1}}
"""


def test_drugs_of_a_regimen_go_before_the_shipped_ones() -> None:
    regimen = read_regimen(OWN.format(id="one", vials="30 mg").encode(), file="one.yaml")
    drug_of = finder([regimen, find_regimen("krd"), regimen], lambda drug: replace(drug, notes=("at the site",)))
    paclitaxel, carfilzomib = drug_of("paclitaxel"), drug_of("carfilzomib")
    assert paclitaxel is not None
    assert paclitaxel.vials is not None
    assert [str(size) for size in paclitaxel.vials.stated or ()] == ["30 mg"]
    assert (carfilzomib, paclitaxel.notes) == (replace(shipped_drug("carfilzomib"), notes=("at the site",)), ("at the site",))
    assert drug_of("unknownol") is None


def test_two_regimens_with_different_drugs_of_one_name() -> None:
    one, two = (read_regimen(OWN.format(id=id, vials=vials).encode(), file=id) for id, vials in (("one", "30 mg"), ("two", "100 mg")))
    with pytest.raises(
        RegimenError, match="two and a regimen named before it have different drugs of their own called 'paclitaxel'; keep one"
    ):
        finder([one, two], lambda drug: drug)
