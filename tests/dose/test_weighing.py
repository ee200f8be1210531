"""Which weight counts: both sides of a percentage, each cycle, and what is said of it."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing.api import PatientSchedule, load_regimen
from dosing.dose.course import Course
from dosing.dose.patient import Patient
from dosing.dose.practice import Practice
from dosing.dose.weighing import Scale, check_later
from dosing.errors import DoseError, PatientError
from dosing.export.rows import text_of
from dosing.regimen.drug import Drug
from dosing.regimen.facts import Fact, Gap
from dosing.regimen.values import parse_weigh
from dosing.schedule.entries import Entry
from dosing.units import parse_amount

START = date(2026, 1, 5)
DAY = timedelta(days=1)


def measured(on: str, weight: str | None, height: str = "180") -> Patient:
    return Patient(
        height_cm=Decimal(height), weight_kg=Decimal(weight) if weight else None, measured_on=date.fromisoformat(on) if on else None
    )


def course(*later: tuple[str, str], weight: str = "80") -> Course:
    return Course(patient=measured("", weight), later=tuple(measured(*each) for each in later))


def schedule(name: str, *later: tuple[str, str], cycles: int = 3, practice: Practice | None = None, weight: str = "80") -> PatientSchedule:
    known = course(*later, weight=weight)
    return load_regimen(name).schedule(start=START, course=known, cycles=cycles, practice=practice or Practice())


def site(**rules: str) -> Practice:
    """A site's own rules; those of `all` are for every drug that has none."""
    return Practice(drugs={"" if drug == "all" else drug: {"weigh": Fact(parse_weigh(rule), "our-site")} for drug, rule in rules.items()})


def column(found: PatientSchedule, drug: str, name: str) -> dict[str, str]:
    return {f"C{row['cycle']}D{row['day']}": text_of(row[name]) for row in found.rows() if row["drug"] == drug}


def said(found: PatientSchedule, drug: str) -> dict[str, str]:
    return {
        row.entry.when: step.note
        for row in found.dosed.rows
        for step in (row.amount.steps if row.amount else ())
        if step.kind == "measurement" and row.entry.drug == drug
    }


# -- carfilzomib: more than 20 % ----------------------------------------------------------------------------------


def test_exactly_20_percent_keeps_the_size() -> None:
    """64 kg is just 20 % less than 80 kg, 96 kg just 20 % more: 27 mg/m2 at 2 m2 stay 54 mg."""
    for weight, sign in (("64", "-"), ("96", "+")):
        found = schedule("krd", ("2026-02-02", weight))
        assert set(column(found, "carfilzomib", "amount").values()) == {"40", "54"}
        kept = f"weight of 2026-02-02 is {sign}20 % since the start (within 20 %) [khcp-adm]: the size of the start is kept"
        assert said(found, "carfilzomib")["C2D1"] == kept


def test_a_hair_more_changes_the_amount_from_the_next_dose_on() -> None:
    """180 cm and 63.99 kg: sqrt(180 x 63.99 / 3600) = 1.788714 m2, times 27 = 48.2953 mg."""
    found = schedule("krd", ("2026-02-02", "63.99"))
    amounts = column(found, "carfilzomib", "amount")
    assert (amounts["C1D16"], amounts["C2D1"], amounts["C3D16"]) == ("54", "48.3", "48.3")
    flagged = "weight of 2026-02-02 is just beyond -20 % since the start (more than 20 %) [khcp-adm]: NEW SIZE from this dose"
    assert said(found, "carfilzomib") == {"C2D1": flagged}
    heavier = schedule("krd", ("2026-02-02", "96.01"))
    assert said(heavier, "carfilzomib")["C2D1"].startswith("weight of 2026-02-02 is just beyond +20 % since the start (more than 20 %)")
    # sqrt(180 x 96.01 / 3600) = 2.191004 m2, times 27 = 59.1571 mg
    assert column(heavier, "carfilzomib", "amount")["C2D1"] == "59.2"


def test_from_the_day_of_the_measurement_on() -> None:
    """C2 D8 is 2026-02-09, C2 D9 the day after."""
    found = column(schedule("krd", ("2026-02-10", "60")), "carfilzomib", "amount")
    assert (found["C2D8"], found["C2D9"]) == ("54", "46.8")  # sqrt(3) x 27 = 46.765


def test_two_steps_that_add_up() -> None:
    """80 to 72 kg is 10 % less; then 63.9 kg is 11.25 % less than 72 kg, but 20.1 % less than the 80 kg in use."""
    found = schedule("krd", ("2026-01-10", "72"), ("2026-02-02", "63.9"))
    notes = said(found, "carfilzomib")
    assert notes["C1D8"] == "weight of 2026-01-10 is -10 % since the start (within 20 %) [khcp-adm]: the size of the start is kept"
    assert notes["C2D1"] == "weight of 2026-02-02 is -20.1 % since the start (more than 20 %) [khcp-adm]: NEW SIZE from this dose"
    amounts = column(found, "carfilzomib", "amount")
    assert (amounts["C1D8"], amounts["C2D1"]) == ("54", "48.3")  # sqrt(180 x 63.9 / 3600) x 27 = 48.2613


def test_after_a_new_size_changes_count_from_it() -> None:
    """63 kg replaces 80 kg; 75.6 kg is then just 20 % more and 5.5 % less than the first."""
    found = schedule("krd", ("2026-01-10", "63"), ("2026-02-02", "75.6"), ("2026-03-02", "75.7"))
    notes = said(found, "carfilzomib")
    assert notes["C1D8"].endswith("-21.3 % since the start (more than 20 %) [khcp-adm]: NEW SIZE from this dose")
    assert notes["C2D1"] == "weight of 2026-02-02 is +20 % since 2026-01-10 (within 20 %) [khcp-adm]: the size of 2026-01-10 is kept"
    assert notes["C3D1"] == "weight of 2026-03-02 is +20.2 % since 2026-01-10 (more than 20 %) [khcp-adm]: NEW SIZE from this dose"


def test_the_measurement_in_use_stands_in_a_column() -> None:
    found = schedule("krd", ("2026-01-10", "72"), ("2026-02-02", "60"))
    days = column(found, "carfilzomib", "measured_on")
    assert (days["C1D1"], days["C1D8"], days["C2D1"], days["C3D16"]) == ("", "", "2026-02-02", "2026-02-02")
    assert set(column(found, "lenalidomide", "measured_on").values()) == {""}
    start = Course(patient=measured("2026-01-04", "80"))
    dated = load_regimen("krd").schedule(start=START, course=start, cycles=1)
    assert set(column(dated, "carfilzomib", "measured_on").values()) == {"2026-01-04"}


def test_the_height_changes_with_the_weight() -> None:
    """192 cm and 60 kg; a height alone changes no weight, and the size of the start is kept."""
    found = load_regimen("krd").schedule(
        start=START, course=Course(patient=measured("", "80"), later=(measured("2026-02-02", "60", height="192"),)), cycles=2
    )
    # sqrt(192 x 60 / 3600) = 1.788854 m2, times 27 = 48.2991 mg; with the old 180 cm it would be 46.8 mg
    assert column(found, "carfilzomib", "amount")["C2D1"] == "48.3"
    alone = load_regimen("krd").schedule(
        start=START, course=Course(patient=measured("", "80"), later=(measured("2026-02-02", "80", height="150"),)), cycles=2
    )
    assert column(alone, "carfilzomib", "amount")["C2D1"] == "54"


# -- other rules --------------------------------------------------------------------------------------------------


def test_each_cycle() -> None:
    """Isatuximab, 10 mg/kg on days 1, 8, 15 and 22 of cycle 1, then 1 and 15: weighed anew at the first dose of a cycle."""
    found = schedule("isa-kd", ("2026-01-12", "81"), ("2026-02-02", "82"), ("2026-02-10", "79"), cycles=3)
    amounts = column(found, "isatuximab", "amount")
    assert amounts == {
        "C1D1": "800",
        "C1D8": "800",
        "C1D15": "800",
        "C1D22": "800",
        "C2D1": "820",
        "C2D15": "820",
        "C3D1": "790",
        "C3D15": "790",
    }
    notes = said(found, "isatuximab")
    later = "weight of 2026-01-12 is +1.3 % since the start (it counts from the next cycle) [isa-set]: the size of the start is kept"
    assert notes["C1D8"] == later
    assert notes["C2D1"] == "weight of 2026-02-02 is +2.5 % since the start (weighed each cycle) [isa-set]: NEW SIZE from this dose"
    assert "C2D15" in notes  # 79 kg of 10 February wait for cycle 3
    assert notes["C3D1"] == "weight of 2026-02-10 is -3.7 % since 2026-02-02 (weighed each cycle) [isa-set]: NEW SIZE from this dose"


def test_a_sites_own_rule_goes_before_the_drugs() -> None:
    """71.9 kg is 10.1 % less than 80 kg; sqrt(180 x 71.9 / 3600) x 27 = 51.1936 mg."""
    found = schedule("krd", ("2026-02-02", "71.9"), practice=site(carfilzomib="more than 10 %"))
    assert column(found, "carfilzomib", "amount")["C2D1"] == "51.2"
    assert said(found, "carfilzomib")["C2D1"].endswith("(more than 10 %) [our-site]: NEW SIZE from this dose")
    kept = schedule("krd", ("2026-02-02", "72"), practice=site(carfilzomib="more than 10 %"))
    assert column(kept, "carfilzomib", "amount")["C2D1"] == "54"


def test_a_rule_for_all_drugs_is_for_those_that_have_none() -> None:
    """Carfilzomib has one of its own, and keeps 54 mg at 10.1 % less; bortezomib has none: 1.3 x 1.8961 = 2.465 mg."""
    every = site(all="more than 10 %")
    assert column(schedule("krd", ("2026-02-02", "71.9"), practice=every), "carfilzomib", "amount")["C2D1"] == "54"
    found = column(schedule("vd", ("2026-01-26", "71.9"), practice=every), "bortezomib", "amount")
    assert (found["C1D1"], found["C2D1"]) == ("2.6", "2.5")


def test_without_a_rule_nobody_knows_what_counts() -> None:
    expected = (
        r"bortezomib: no rule says when a new weight counts; give one with --weigh bortezomib='more than 10 %' or --weigh bortezomib='each"
    )
    with pytest.raises(DoseError, match=expected):
        schedule("vd", ("2026-01-26", "79"))
    schedule("vd")


def test_an_unverified_rule_is_marked() -> None:
    rule = Practice(drugs={"carfilzomib": {"weigh": Fact(parse_weigh("more than 5 %"), "hearsay", "", True)}})
    found = schedule("krd", ("2026-02-02", "60"), practice=rule)
    assert "(more than 5 %) [hearsay] UNVERIFIED: NEW SIZE" in said(found, "carfilzomib")["C2D1"]


def test_flat_doses_have_no_size() -> None:
    found = schedule("krd", ("2026-02-02", "60"))
    assert said(found, "lenalidomide") == said(found, "dexamethasone") == {}


# -- what can't be ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "later", "message"),
    [
        (Patient(bsa_m2=2), [("2026-02-02", "70")], "not --bsa"),
        (Patient(height_cm=180), [("2026-02-02", "70")], "give --weight"),
        (measured("", "80"), [("", "70")], "a later measurement needs its date and a weight"),
        (measured("", "80"), [("2026-02-02", None)], "a later measurement needs its date and a weight"),
        (measured("", "80"), [("2026-02-02", "70"), ("2026-02-02", "71")], "two measurements of 2026-02-02; keep one"),
        (measured("", "80"), [("2026-01-04", "70")], "the measurement of 2026-01-04 is from before the start on 2026-01-05"),
    ],
)
def test_measurements_that_can_not_count(first: Patient, later: list[tuple[str, str | None]], message: str) -> None:
    with pytest.raises(PatientError, match=message):
        check_later(Course(patient=first, later=tuple(measured(*each) for each in later)), START)


def test_measurements_that_can_count() -> None:
    check_later(Course(patient=Patient(bsa_m2=2)), START)
    check_later(course(), START)
    check_later(course(("2026-01-05", "70"), ("2026-01-06", "70")), START)


# -- any course of weights ----------------------------------------------------------------------------------------


def entry(number: int) -> Entry:
    cycle, day = divmod(number, 28)
    return Entry(START + number * DAY, "p", cycle + 1, day + 1, 0, "a", "drug", "a", {}, False, "", (0, 0))


def drug(rule: str) -> Drug:
    weigh: Fact[object] = Fact(parse_weigh(rule), "label") if rule else Fact(Gap.NOT_STATED, "label")
    return Drug("a", "label", Fact(parse_amount("1 mg"), "label"), Fact("PO", "label"), weigh=weigh)  # type: ignore[arg-type]


weights = st.decimals("40", "120", places=1)


@settings(max_examples=300)
@given(first=weights, later=st.dictionaries(st.integers(0, 80), weights, max_size=8), limit=st.sampled_from(["5", "10", "20", "12.5"]))
def test_the_size_changes_just_when_the_limit_is_passed(first: Decimal, later: dict[int, Decimal], limit: str) -> None:
    """Day by day beside a loop in fractions: never within the limit, always beyond it, and then to the newest weight."""
    known = Course(
        patient=Patient(weight_kg=first), later=tuple(Patient(weight_kg=kg, measured_on=START + day * DAY) for day, kg in later.items())
    )
    scale, basis = Scale(drug(f"more than {limit} %"), known), first
    for number in range(90):
        newest = next((later[day] for day in sorted(later, reverse=True) if day <= number), first)
        changed = abs(Fraction(newest) - Fraction(basis)) * 100 > Fraction(limit) * Fraction(basis)
        basis = newest if changed else basis
        patient, steps = scale.on(entry(number))
        assert patient.weight_kg == basis
        assert any("NEW SIZE" in step.note for step in steps) == changed


@settings(max_examples=200)
@given(first=weights, later=st.dictionaries(st.integers(0, 80), weights, max_size=8), given_on=st.sets(st.integers(0, 89), min_size=1))
def test_each_cycle_begins_with_the_newest_weight(first: Decimal, later: dict[int, Decimal], given_on: set[int]) -> None:
    known = Course(
        patient=Patient(weight_kg=first), later=tuple(Patient(weight_kg=kg, measured_on=START + day * DAY) for day, kg in later.items())
    )
    scale = Scale(drug("each cycle"), known)
    basis, seen = first, set()
    for number in sorted(given_on):
        if number // 28 not in seen:
            basis = next((later[day] for day in sorted(later, reverse=True) if day <= number), first)
            seen.add(number // 28)
        assert scale.on(entry(number))[0].weight_kg == basis


@pytest.mark.parametrize("rule", [None, ""])
def test_no_rule(rule: str | None) -> None:
    without = Drug("a", "label", Fact(parse_amount("1 mg"), "label"), Fact("PO", "label")) if rule is None else drug("")
    assert Scale(without, course()).on(entry(0)) == (course().patient, ())
    with pytest.raises(DoseError, match="a: no rule says when a new weight counts"):
        Scale(without, course(("2026-01-05", "70"))).on(entry(0))


def test_a_first_size_from_after_the_start() -> None:
    """Measured on the day of the start it counts; a day later it can't have been known."""
    on_the_day = Patient(height_cm=180, weight_kg=80, measured_on=START)
    check_later(Course(patient=on_the_day), START)
    with pytest.raises(PatientError, match="of 2026-01-05, after the start on 2026-01-04"):
        check_later(Course(patient=on_the_day), START - DAY)
