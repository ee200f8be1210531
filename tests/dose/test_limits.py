"""Limits: each on both sides, what is added up, exposure before, gaps by dates, and sums in fractions beside them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing.dose.amount import Amount, Order, compute
from dosing.dose.course import Course
from dosing.dose.finding import Finding
from dosing.dose.limits import check_override, look, require
from dosing.dose.patient import Patient
from dosing.dose.plausible import Grade
from dosing.dose.schedule import Dosed
from dosing.dose.usual import usual
from dosing.errors import DoseError
from dosing.regimen.drug import Drug, Limit, Spacing
from dosing.regimen.facts import DoseRange, Fact, Gap, Percent, Times
from dosing.regimen.library import find_drug
from dosing.regimen.values import parse_range
from dosing.schedule.entries import GIVEN, HELD, NOT_GIVEN, OMITTED, RULED_OUT, SKIPPED, STOPPED, Entry
from dosing.units import Quantity, parse_dose, parse_quantity, plain

D = Decimal
START = date(2026, 1, 5)


def drug(
    id: str = "a",
    *,
    ranges: str = "",
    classes: tuple[str, ...] = (),
    spacing: int = 0,
    stop: bool = True,
    unverified: bool = False,
    together: str = "",
    each: dict[str, str] | None = None,
    **limits: str,
) -> Drug:
    """A drug with limits: `single="154 mg"`, ranges joined by `;`, spacing in hours."""
    label: dict[str, Any] = {"source": "label", "unverified": unverified}
    return Drug(
        id,
        "label",
        Fact(parse_dose("1 mg"), "label"),
        Fact("IV", "label"),
        classes=classes,
        usual=Fact(tuple(map(parse_range, ranges.split(";"))), **label) if ranges else None,
        limits={kind: Fact(Limit(parse_dose(most), stop, together), **label) for kind, most in {**(each or {}), **limits}.items()},
        spacing=Fact(Spacing(spacing, stop), **label) if spacing else None,
    )


def row(
    day: int = 0,
    amount: str = "",
    *,
    of: str = "a",
    times: int | None = 1,
    cycle: int | None = 1,
    bsa: str = "",
    dose: str = "",
    phase: str = "p",
    optional: bool = False,
    status: str = "",
    on: int | None = None,
    given: str = "",
) -> Dosed:
    """An entry `day` days after the start; `times` None: how often is not stated; with `dose` it has an order.

    With `on` it was given so many days after the start, and `given` is how much.
    """
    facts: dict[str, Fact[Any]] = {"drug": Fact(of, "s")} if of else {}
    if times != 1:
        facts["times"] = Fact(Gap.NOT_STATED if times is None else Times(times), "s")
    if dose:
        facts["dose"] = Fact(parse_dose(dose), "s")
    when = START + timedelta(days=day)
    entry = Entry(when, phase, cycle, day + 1 if cycle else None, 1, of or "visit", "drug", "", facts, optional, "", (0, 0), status)
    if on is not None:
        entry = replace(entry, status=GIVEN, given_on=START + timedelta(days=on))
    quantity = parse_quantity(amount) if amount else None
    planned = Amount(quantity.value, quantity.unit, (), D(bsa) if bsa else None) if quantity else None
    order = Order(drug(of), parse_dose(dose)) if dose else None
    return Dosed(entry, planned, order=order, given=parse_quantity(given) if given else None)


def found(rows: Iterable[Dosed], *drugs: Drug, unknown: bool = False, **course: Any) -> list[Finding]:
    """The findings; without those on exposure before that isn't known, unless `unknown`."""
    known = {each.id: each for each in drugs}
    all_of_them = look(list(rows), drug_of=known.__getitem__, course=Course(**course))
    return [each for each in all_of_them if unknown or "before is not known" not in each.text]


def only(rows: Iterable[Dosed], *drugs: Drug, **course: Any) -> Finding:
    (finding,) = found(rows, *drugs, **course)
    return finding


# -- usual doses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dose", "grade", "says"),
    [
        ("15 mg/m2", None, ""),
        ("70 mg/m2", None, ""),
        ("14.9 mg/m2", Grade.WARN, "below the usual 15 to 27 mg/m2 or 56 to 70 mg/m2"),
        ("70.1 mg/m2", Grade.WARN, "above the usual"),
        ("40 mg/m2", Grade.WARN, "between the usual"),
        ("27 mg/m2", None, ""),
        ("27.1 mg/m2", Grade.WARN, "between"),
        ("56 mg/m2", None, ""),
        ("55.9 mg/m2", Grade.WARN, "between"),
        ("699.9 mg/m2", Grade.WARN, "above"),
        ("700 mg/m2", Grade.STOP, "about 10x, a unit or a decimal point may be wrong"),
        ("1.51 mg/m2", Grade.WARN, "below"),
        ("1.5 mg/m2", Grade.STOP, "about 10x"),
        # ten times back there is 280, a hundred times 28 and neither is usual; 2700 mg/m2 leads back to 27
        ("2700 mg/m2", Grade.STOP, "about 100x"),
        ("2 g/m2", Grade.STOP, "about 100x"),
        ("27000 mg/m2", Grade.STOP, "about 1000x"),
        ("27 mcg/m2", Grade.STOP, "about 1000x"),
        ("0.27 mg/m2", Grade.STOP, "about 100x"),
        # none of the powers of ten leads back: the nearest to how far off it is, on both sides of the root of 1000 and of 100000
        ("2212 mg/m2", Grade.STOP, "about 100x"),
        ("0.4745 mg/m2", Grade.STOP, "about 10x"),
        ("0.4741 mg/m2", Grade.STOP, "about 100x"),
        ("9000000 mg/m2", Grade.STOP, "about 1000x"),
    ],
)
def test_usual_doses_on_both_sides(dose: str, grade: Grade | None, says: str) -> None:
    ranges = "15 to 27 mg/m2;56 to 70 mg/m2"
    finding = usual(drug(ranges=ranges), parse_dose(dose))
    assert (finding.grade if finding else None) == grade
    assert says in (finding.text if finding else "")


@pytest.mark.parametrize(("ratio", "times"), [("31.6", 10), ("31.7", 100), ("316", 100), ("317", 1000)])
def test_which_power_of_ten_is_nearest(ratio: str, times: int) -> None:
    # in a range that narrow no power of ten leads back
    for value in (D(ratio) * D("1.01"), D(1) / D(ratio)):
        finding = usual(drug(ranges="1 to 1.01 mg"), Quantity(value, "mg"))
        assert finding
        assert f"about {times}x" in finding.text


def test_only_ranges_of_the_same_kind_are_looked_at() -> None:
    each = drug(ranges="15 to 70 mg/m2;100 to 200 mg")
    assert usual(each, parse_dose("0.0001 mg/kg")) is None
    assert usual(each, parse_dose("70 units/m2")) is None
    assert usual(each, parse_dose("AUC 5")) is None
    assert usual(each, parse_dose("0.15 g")) is None
    assert usual(each, parse_dose("150000 mcg")) is None
    assert usual(drug(), parse_dose("9999 mg")) is None
    assert usual(replace(drug(), usual=Fact(Gap.NOT_STATED, "label")), parse_dose("9999 mg")) is None
    finding = usual(each, parse_dose("70 mg"))
    assert finding == Finding(
        Grade.WARN, "a.usual", None, "a 70 mg is below the usual 100 to 200 mg [label]", "a 70 mg is below the usual 100 to 200 mg [label]"
    )


def test_a_range_from_nothing_has_no_doses_below_it() -> None:
    each = drug(ranges="0 to 10 mg")
    assert usual(each, parse_dose("0.0001 mg")) is None
    assert (finding := usual(each, parse_dose("100 mg")))
    assert finding.grade is Grade.STOP


def test_ranges_by_exposure() -> None:
    each = replace(drug(), usual=Fact((DoseRange(Quantity(D(4), "AUC"), Quantity(D(6), "AUC")),), "label"))
    assert usual(each, parse_dose("AUC 6")) is None
    assert (finding := usual(each, parse_dose("AUC 60")))
    assert "AUC 60 is above the usual 4 to AUC 6 [label]: about 10x" in finding.text


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "Infinity"])
def test_a_dose_that_is_none(value: str) -> None:
    with pytest.raises(DoseError, match="no dose above zero"):
        usual(drug(ranges="1 to 2 mg"), Quantity(D(value), "mg"))


def test_a_stop_that_is_let_pass_says_so() -> None:
    each = drug(ranges="15 to 70 mg/m2", unverified=True)
    stopped, passed = usual(each, parse_dose("700 mg/m2")), usual(each, parse_dose("700 mg/m2"), {"a.usual"})
    assert stopped
    assert passed
    assert stopped.note == "a 700 mg/m2 is above the usual 15 to 70 mg/m2 [label] UNVERIFIED"
    assert (passed.grade, passed.note) == (Grade.OVERRIDDEN, f"{stopped.note} (overridden)")
    warned = usual(each, parse_dose("80 mg/m2"), {"a.usual"})
    assert warned
    assert warned.grade is Grade.WARN


def test_doses_of_a_schedule_are_told_once_with_the_worst_of_them() -> None:
    doses = ["20 mg/m2", "100 mg/m2", "90 mg/m2", "700 mg/m2", "2000 mg/m2", "3 mg/m2"]
    findings = found([row(0, of=""), *(row(day, dose=dose) for day, dose in enumerate(doses))], drug(ranges="15 to 70 mg/m2"))
    assert [(each.grade, each.row) for each in findings] == [(Grade.WARN, 2), (Grade.STOP, 4), (Grade.WARN, 6)]
    assert "100 mg/m2 is above the usual 15 to 70 mg/m2 [label]; first on 2026-01-06 (C1D2), 2 doses in all" in findings[0].text
    assert "2000 mg/m2 is above" in findings[1].text
    assert findings[2].text.endswith("first on 2026-01-10 (C1D6)")


def test_the_dose_as_ordered_goes_before_that_of_the_regimen() -> None:
    ordered = row(dose="700 mg/m2")
    lower = replace(ordered, order=Order(drug(), parse_dose("50 mg/m2")))
    assert found([lower], drug(ranges="15 to 70 mg/m2")) == []
    assert len(found([replace(ordered, order=None)], drug(ranges="15 to 70 mg/m2"))) == 1


@pytest.mark.parametrize(("percent", "grade"), [("5", None), ("100", None), ("101", Grade.WARN), ("999", Grade.WARN), ("1000", Grade.STOP)])
def test_a_percentage_that_adds_counts(percent: str, grade: Grade | None) -> None:
    order = Order(drug(), parse_dose("70 mg/m2"), percent=Fact(Percent(D(percent)), "s"))
    findings = found([replace(row(), order=order)], drug(ranges="15 to 70 mg/m2"))
    assert [each.grade for each in findings] == ([grade] if grade else [])


# -- the most of a drug -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "amounts", "over"),
    [
        ({"single": "154 mg"}, [row(0, "154 mg", times=2)], None),
        ({"single": "154 mg"}, [row(0, "154.1 mg")], "154.1 mg in one administration"),
        ({"single": "154 mg"}, [row(0, "154000.00001 mcg")], "154.00000001 mg in one administration"),
        ({"single": "0.1 g"}, [row(0, "100 mg")], None),
        ({"single": "0.1 g"}, [row(0, "101 mg")], "0.101 g in one administration"),
        ({"single": "70 mg/m2"}, [row(0, "126 mg", bsa="1.8")], None),
        ({"single": "70 mg/m2"}, [row(0, "126.1 mg", bsa="1.8")], "70.0556 mg/m2 in one administration"),
        ({"single": "100 units"}, [row(0, "0.0002 million units")], "200 units in one administration"),
        ({"daily": "100 mg"}, [row(0, "25 mg", times=4), row(1, "100 mg")], None),
        ({"daily": "100 mg"}, [row(0, "25 mg", times=3), row(0, "25.5 mg")], "100.5 mg in a day"),
        ({"daily": "50 mg/m2"}, [row(0, "25 mg", times=4, bsa="2")], None),
        ({"daily": "49 mg/m2"}, [row(0, "25 mg", times=4, bsa="2")], "50 mg/m2 in a day"),
        ({"cycle": "100 mg"}, [row(0, "50 mg"), row(7, "50 mg"), row(28, "100 mg", cycle=2), row(60, "100 mg", phase="q")], None),
        ({"cycle": "100 mg"}, [row(0, "50 mg"), row(7, "50.1 mg")], "100.1 mg in a cycle"),
        ({"lifetime": "100 mg"}, [row(0, "50 mg"), row(7, "50 mg", cycle=2)], None),
        ({"lifetime": "100 mg"}, [row(0, "50 mg"), row(7, "51 mg", cycle=2)], "101 mg in a lifetime"),
        # 20 / 3 m2 three times is 20 mg/m2, whatever the last digit of a third
        ({"lifetime": "20 mg/m2"}, [row(day, "20 mg", bsa="3") for day in range(3)], None),
        ({"lifetime": "20 mg"}, [row(0, "20.000000000000000000000001 mg")], "20.000000000000000000000001 mg in a lifetime"),
        ({"lifetime": "19.9 mg/m2"}, [row(day, "20 mg", bsa="3") for day in range(3)], "20 mg/m2 in a lifetime"),
    ],
)
def test_a_limit_passes_and_a_hair_above_does_not(limit: dict[str, str], amounts: list[Dosed], over: str | None) -> None:
    findings = found(amounts, drug(each=limit))
    assert len(findings) == (1 if over else 0)
    for each in findings:
        (kind,) = limit
        assert (each.grade, each.name) == (Grade.STOP, f"a.{kind}")
        assert each.text.startswith(f"a {over} is above the limit of {limit[kind]} [label]")


def test_a_dose_of_just_the_limit_passes_whatever_the_body_surface() -> None:
    patient = Patient(height_cm=171, weight_kg=73)
    order = Order(
        replace(drug(), never_round=Fact(True, "s"), precision=Fact(parse_dose("0." + "0" * 35 + "1 mg"), "s")), parse_dose("20 mg/m2")
    )
    amount = compute(order, patient, formula="mosteller")
    rows = [replace(row(day), amount=amount, order=order) for day in range(5)]
    assert found(rows, drug(single="20 mg/m2", lifetime="100 mg/m2"), patient=patient) == []


def test_one_finding_for_all_rows_with_the_first_and_the_worst() -> None:
    rows = [row(0, of=""), row(0, "10 mg"), row(1, "12 mg"), row(2, "15 mg"), row(30, "11 mg", cycle=2), row(31, "3 mg", cycle=2)]
    findings = found(rows, drug(single="10 mg", daily="11 mg", cycle="20 mg", lifetime="40 mg", unverified=True, stop=False))
    assert [(each.grade, each.name, each.row) for each in findings] == [
        (Grade.WARN, "a.single", 2),
        (Grade.WARN, "a.daily", 2),
        (Grade.WARN, "a.cycle", 2),
        (Grade.WARN, "a.lifetime", 4),
    ]
    assert [each.text for each in findings] == [
        "a 15 mg in one administration is above the limit of 10 mg [label] UNVERIFIED; first on 2026-01-06 (C1D2), "
        "3 administrations in all",
        "a 15 mg in a day is above the limit of 11 mg [label] UNVERIFIED; first on 2026-01-06 (C1D2), 2 days in all",
        "a 37 mg in a cycle is above the limit of 20 mg [label] UNVERIFIED; first on 2026-01-06 (C1D2)",
        "a 51 mg in a lifetime is above the limit of 40 mg [label] UNVERIFIED; first on 2026-02-04 (C2D31)",
    ]
    assert findings[3].note == "a above the limit of 40 mg in a lifetime [label] UNVERIFIED"


def test_the_order_of_rows_is_that_of_dates() -> None:
    rows = [row(9, "30 mg"), row(0, "10 mg", cycle=None), row(5, "15 mg", optional=True)]
    finding = only(rows, drug(lifetime="20 mg"))
    assert finding.row == 2
    assert "first on 2026-01-10 (C1D6)" in finding.text
    assert "first on 2026-01-05;" in f"{only(rows, drug(lifetime='9 mg')).text};"


def test_a_limit_that_is_not_stated_says_nothing() -> None:
    each = replace(drug(), limits={"single": Fact(Gap.NOT_STATED, "s")}, spacing=Fact(Gap.NOT_STATED, "s"))
    assert found([row(0, "999 mg"), row(0, "1 mg")], each) == []
    assert found([row(0, of="")]) == []


# -- what can't be looked at --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "left", "why"),
    [
        ({"single": "70 mg/m2"}, row(1, "10 mg"), "the body surface it was computed with is not known"),
        ({"single": "70 mg/kg"}, row(1, "10 mg"), "the weight it was computed with is not known"),
        ({"single": "70 units/m2"}, row(1, "10 mg", bsa="2"), "mg can't be compared with units/m2"),
        ({"cycle": "70 mg"}, row(1, "10 mg", cycle=None), "phase p has no cycles"),
        ({"daily": "70 mg"}, row(1, "10 mg", times=None), "how often a day is not stated"),
    ],
)
def test_a_dose_that_cant_be_counted_is_told(limits: dict[str, str], left: Dosed, why: str) -> None:
    finding = only([row(0), left], drug(each=limits))
    ((kind, most),) = limits.items()
    where = {"single": "in one administration", "cycle": "in a cycle", "daily": "in a day"}[kind]
    assert finding.grade is Grade.WARN
    assert (finding.name, finding.row) == (f"a.{kind}", 0)
    assert finding.note == f"a: the limit of {most} {where} [label] can't be looked at for every dose"
    assert finding.text == f"{finding.note}; incomplete, 2 doses are not counted: no amount is known, {why}"


def test_how_often_a_day_is_nothing_to_one_administration() -> None:
    assert found([row(0, "10 mg", times=None)], drug(single="10 mg")) == []


def test_a_sum_says_that_it_is_incomplete() -> None:
    rows = [row(0, "10 mg"), row(1), row(2, "11 mg")]
    assert only(rows, drug(lifetime="20 mg")).text.endswith("; incomplete, 1 dose is not counted: no amount is known")
    assert "can't be looked at for every dose" in only(rows, drug(lifetime="21 mg")).note


def test_where_no_amounts_are_computed_there_is_nothing_to_add() -> None:
    assert found([row(0), row(1)], drug(single="1 mg", daily="1 mg", cycle="1 mg", lifetime="1 mg")) == []


def test_what_was_given_counts_beside_planned_days_that_share_its_amount() -> None:
    # 30 given and twice 10 planned are 50; three times 10 are 30
    first = row(0, "10 mg", on=0, given="30 mg")
    days = [first, *(replace(row(day, "10 mg"), amount=first.amount) for day in (1, 2))]
    assert found(days, drug(cycle="50 mg")) == []
    assert "50 mg in a cycle" in only(days, drug(cycle="49 mg")).text
    planned = [replace(each, given=None, entry=row(day).entry) for day, each in enumerate(days)]
    assert found(planned, drug(cycle="30 mg")) == []
    assert "30 mg in a cycle" in only(planned, drug(cycle="29 mg")).text


# -- per kilogram -------------------------------------------------------------------------------------------------


def test_per_kilogram_by_the_weight_of_the_amount() -> None:
    day = START + timedelta(days=7)
    course: dict[str, Any] = {
        "patient": Patient(height_cm=180, weight_kg=80, sex="male"),
        "later": (Patient(height_cm=180, weight_kg=50, sex="male", measured_on=day),),
    }
    flat = [row(0, "800 mg"), row(7, "800 mg")]
    # by the day for a flat dose
    assert only(flat, drug(single="10 mg/kg"), **course).row == 1
    assert "16 mg/kg in one" in only(flat, drug(single="10 mg/kg"), **course).text
    # by the measurement that the amount was computed with: the first was kept, and then it wasn't
    kept = [row(0, "800 mg", dose="10 mg/kg"), row(7, "800 mg", dose="10 mg/kg")]
    assert found(kept, drug(single="10 mg/kg"), **course) == []
    assert only([kept[0], replace(kept[1], measured_on=day)], drug(single="10 mg/kg"), **course).row == 1
    # also where the two days share one amount, as days on which nothing differs do
    assert only([flat[0], replace(flat[1], amount=flat[0].amount)], drug(single="10 mg/kg"), **course).row == 1
    # by the weight that the drug is dosed by: Devine, 50 + 2.3 x (180 - 152.4) / 2.54 = 74.9921 kg
    ideal = replace(drug(single="10.6 mg/kg"), weight=Fact("ideal", "s"))
    assert "10.6678 mg/kg" in only(flat[:1], ideal, **course).text


# -- several drugs and exposure before ----------------------------------------------------------------------------


def anthracyclines() -> tuple[Drug, Drug, Drug]:
    return (
        drug("doxo", classes=("anthracycline",), together="anthracycline", lifetime="550 mg/m2"),
        drug("dauno", classes=("other", "anthracycline")),
        drug("vinc", classes=("alkaloid",), together="alkaloid", daily="2 mg"),
    )


ROWS = [row(0, "540 mg", of="dauno", bsa="2"), row(1, "1 mg", of="vinc"), row(2, "560 mg", of="doxo", bsa="2")]


def test_drugs_of_a_class_are_added_up() -> None:
    assert found(ROWS, *anthracyclines()) == []
    finding = only([*ROWS, row(3, "1 mg", of="dauno", bsa="2")], *anthracyclines())
    assert (finding.name, finding.row) == ("doxo.lifetime", 3)
    assert finding.text == (
        "doxo 550.5 mg/m2 in a lifetime is above the limit of 550 mg/m2 [label]; first on 2026-01-08 (C1D4); class anthracycline is added "
        "up milligram for milligram, with no conversion between drugs"
    )


def test_a_class_adds_up_its_days_too_but_not_single_doses() -> None:
    rows = [row(0, "1 mg", of="a"), row(0, "2.5 mg", of="b")]
    a, b = drug("a", classes=("x",), together="x", single="2 mg", daily="2 mg"), drug("b", classes=("x",))
    assert [each.name for each in found(rows, a, b)] == ["a.daily"]
    assert found(rows, replace(a, classes=()), replace(b, classes=())) == []


@pytest.mark.parametrize(
    ("prior", "row_number"),
    [
        ({"anthracycline": "0 mg/m2"}, None),
        ({"anthracycline": "0.1 mg/m2"}, 2),
        ({"dauno": "280 mg/m2"}, 2),
        ({"dauno": "270 mg/m2", "doxo": "10 mg/m2"}, 2),
        ({"anthracycline": "280 mg/m2"}, 2),
        ({"anthracycline": "280.1 mg/m2"}, 0),
        ({"anthracycline": "0.55 g/m2"}, 0),
        ({"anthracycline": "551 mg/m2"}, 0),
        ({"anthracycline": "9" * 50 + " mg/m2"}, 0),
    ],
)
def test_exposure_before_counts(prior: dict[str, str], row_number: int | None) -> None:
    findings = found(ROWS, *anthracyclines(), unknown=True, prior={name: parse_quantity(text) for name, text in prior.items()})
    assert [each.row for each in findings] == ([] if row_number is None else [row_number])


def test_exposure_before_is_said_but_not_in_notes() -> None:
    finding = only(ROWS, *anthracyclines(), prior={"doxo": parse_quantity("100 mg/m2")})
    assert "doxo 650 mg/m2 in a lifetime (100 mg/m2 of it before) is above" in finding.text
    assert finding.note == "doxo above the limit of 550 mg/m2 in a lifetime [label]"


def test_exposure_before_alone_can_be_too_much() -> None:
    finding = only([row(0), row(1)], drug(lifetime="10 mg"), prior={"a": parse_quantity("10.1 mg")})
    assert (finding.row, finding.grade) == (0, Grade.STOP)
    assert finding.text.endswith("incomplete, 2 doses are not counted: no amount is known")
    assert found([row(0)], drug(lifetime="10 mg"), prior={"a": parse_quantity("10 mg")}) == []


def test_exposure_before_that_nobody_gave_is_told_once() -> None:
    doxo, dauno, vinc = anthracyclines()
    second = replace(drug("pld", classes=doxo.classes, together="anthracycline", lifetime="450 mg/m2", unverified=True), source="eu")
    rows = [*ROWS[1:], row(5, "2 mg", of="pld", bsa="2"), row(6, "1 mg", of="a")]
    findings = found(rows, doxo, dauno, vinc, second, drug(lifetime="9 mg"), unknown=True)
    assert [(each.grade, each.name, each.row) for each in findings] == [
        (Grade.WARN, "doxo.lifetime", None),
        (Grade.WARN, "a.lifetime", None),
    ]
    limits = "550 mg/m2 [label] and 450 mg/m2 [label] UNVERIFIED"
    assert findings[0].note == f"exposure to anthracycline before is not known: the lifetime limit of {limits} counts from here"
    assert findings[1].text.endswith("; give it, as 0 mg where there was none")
    given_before = {"pld": parse_quantity("1 mg/m2"), "a": parse_quantity("1 mg")}
    assert found(rows, doxo, dauno, vinc, second, drug(lifetime="9 mg"), unknown=True, prior=given_before) == []


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        (
            {"epirubicin": "1 mg/m2"},
            "exposure before to 'epirubicin': not given here, or without a lifetime limit; it can be given for anthracycl",
        ),
        ({"vinc": "1 mg"}, "'vinc': not given here, or without a lifetime limit"),
        ({"alkaloid": "1 mg"}, "'alkaloid'"),
        ({"anthracyclines": "1 mg/m2"}, "limit; it can be given for anthracycline, dauno, doxo$"),
        (
            {"doxo": "300 mg"},
            "to doxo is given as 300 mg, which can't be compared with the lifetime limit of doxo, 550 mg/m2; give it in mg/m2",
        ),
        ({"doxo": "300 units/m2"}, "give it in mg/m2"),
        ({"doxo": "300 mg/kg"}, "give it in mg/m2"),
        ({"doxo": "1 mg/m2", "dauno": "1 mg/m2", "anthracycline": "2 mg/m2"}, "for dauno, doxo, which may be counted in it; give one sum"),
    ],
)
def test_exposure_before_that_says_nothing_here(prior: dict[str, str], message: str) -> None:
    with pytest.raises(DoseError, match=message):
        found(ROWS, *anthracyclines(), prior={name: parse_quantity(text) for name, text in prior.items()})


def test_exposure_before_without_any_lifetime_limit() -> None:
    with pytest.raises(DoseError, match="'a': not given here, or without a lifetime limit; no drug here has one"):
        found([row(0)], drug(), prior={"a": parse_quantity("1 mg")})
    with pytest.raises(DoseError, match=r"can be given for a$"):
        found([row(0)], drug(lifetime="9 mg"), prior={"x": parse_quantity("1 mg")})


@pytest.mark.parametrize("value", ["-1", "NaN", "Infinity"])
def test_exposure_before_of_no_amount(value: str) -> None:
    with pytest.raises(DoseError, match="is no amount; give 0 or more"):
        found([row(0)], drug(lifetime="9 mg"), prior={"a": Quantity(D(value), "mg")})


# -- the least time between doses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "hours"),
    [
        ((0, 3, 7, 10), None),
        ((0, 2), "48 hours between the doses of 2026-01-05 and 2026-01-07"),
        ((0, 4, 5), "24 hours between the doses of 2026-01-09 and 2026-01-10"),
        ((0, 0), "0 hours between two doses of 2026-01-05"),
        ((3, 0), None),
        ((2, 0), "48 hours between the doses of 2026-01-05 and 2026-01-07"),
    ],
)
def test_bortezomib_72_hours(days: tuple[int, ...], hours: str | None) -> None:
    findings = found([row(day, of="bortezomib") for day in days], find_drug("bortezomib"))
    assert [each.name for each in findings] == (["bortezomib.spacing"] if hours else [])
    for each in findings:
        assert each.grade is Grade.STOP
        assert f"less than 72 hours between doses [mims-biomib]: {hours} (counted by date, a day as 24 hours)" in each.text


@pytest.mark.parametrize(("times", "hours"), [(1, None), (2, None), (3, "8"), (7, "3.4286")])
def test_hours_within_a_day(times: int, hours: str | None) -> None:
    findings = found([row(0, times=times), row(1, times=None)], drug(spacing=12))
    assert [each.row for each in findings] == ([0] if hours else [])
    assert len(found([row(0, times=2)], drug(spacing=13))) == 1
    assert all(f": {hours} hours between two doses of 2026-01-05 (" in each.text for each in findings)


def test_gaps_are_told_once_with_the_shortest() -> None:
    rows = [row(0, optional=True), row(2), row(3), row(9), row(9, of="b")]
    finding = only(rows, drug(spacing=72, stop=False, unverified=True), drug("b"))
    assert (finding.grade, finding.row) == (Grade.WARN, 1)
    assert finding.text == (
        "a has less than 72 hours between doses [label] UNVERIFIED: 24 hours between the doses of 2026-01-07 and 2026-01-08 (counted by "
        "date, a day as 24 hours); first on 2026-01-07 (C1D3), 2 gaps in all"
    )
    assert finding.note == "a has less than 72 hours between doses [label] UNVERIFIED"


# -- overriding and stopping --------------------------------------------------------------------------------------


def every_limit() -> Drug:
    return drug(ranges="1 to 2 mg", single="9 mg", daily="9 mg", cycle="9 mg", lifetime="9 mg", spacing=72)


def test_every_stop_can_be_let_pass_by_its_name() -> None:
    rows = [row(0, "20 mg", dose="20 mg"), row(1, "20 mg", dose="20 mg")]
    stops = found(rows, every_limit())
    names = [each.name for each in stops]
    assert names == ["a.usual", "a.single", "a.daily", "a.cycle", "a.lifetime", "a.spacing"]
    assert {each.grade for each in stops} == {Grade.STOP}
    with pytest.raises(DoseError) as stopped:
        require(stops)
    lines = str(stopped.value).splitlines()
    assert len(lines) == len(names)
    for name, line in zip(names, lines, strict=True):
        assert line.endswith(f"; correct the dose, or pass `--override {name}`, which every output then says")
        passed = found(rows, every_limit(), override=frozenset({name, "height"}))
        assert [each.name for each in passed if each.grade is Grade.OVERRIDDEN] == [name]
        assert all(("(overridden)" in each.note) == ("(overridden)" in each.text) == (each.name == name) for each in passed)
    require(found(rows, every_limit(), override=frozenset(names)))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.usuall", r"override of 'a\.usuall': no drug here has such a limit; did you mean 'a\.usual'\?; they have a\.usual, a\.single"),
        ("heigt", "did you mean 'height'"),
        ("a", "no drug here has such a limit"),
        ("b.usual", "no drug here has such a limit"),
    ],
)
def test_an_override_of_nothing(name: str, message: str) -> None:
    with pytest.raises(DoseError, match=message):
        found([row(0)], every_limit(), drug("b"), override=frozenset({name}))


def test_an_override_where_there_are_no_limits() -> None:
    check_override(["height", "weight", "bmi", "age", "creatinine"], [])
    with pytest.raises(DoseError, match="they have none"):
        check_override(["a.usual"], [drug()])


# -- what isn't given, and what was given -------------------------------------------------------------------------


@pytest.mark.parametrize("status", [HELD, OMITTED, STOPPED, SKIPPED, RULED_OUT, NOT_GIVEN])
def test_what_is_not_given_counts_nowhere(status: str) -> None:
    assert found([row(0, "20 mg", dose="20 mg", status=status), row(1, "20 mg", dose="20 mg", status=status)], every_limit()) == []
    one = [row(0, "5 mg"), row(1, "5 mg", status=status), row(3, "4 mg")]
    assert found(one, drug(cycle="9 mg", lifetime="9 mg", spacing=72)) == []
    assert len(found([*one, row(6, "1 mg")], drug(cycle="9 mg"))) == 1


def test_an_override_for_a_drug_of_which_nothing_counts_is_still_one() -> None:
    assert found([row(0, status=HELD)], every_limit(), override=frozenset({"a.cycle"})) == []
    assert found([row(0, status=HELD)], drug(lifetime="9 mg"), unknown=True, prior={"a": parse_quantity("10 mg")}) == []
    assert found([row(0, status=HELD)], drug(lifetime="9 mg"), unknown=True) == []


def test_exposure_before_to_a_drug_that_is_held_counts_for_its_class() -> None:
    doxo, dauno, _ = anthracyclines()
    rows = [row(0, "540 mg", of="dauno", bsa="2", status=HELD), row(2, "560 mg", of="doxo", bsa="2")]
    assert found(rows, doxo, dauno, prior={"dauno": parse_quantity("270 mg/m2")}, unknown=True) == []
    assert only(rows, doxo, dauno, prior={"dauno": parse_quantity("270.1 mg/m2")}).row == 1


def test_the_given_amount_counts_and_not_the_planned_one() -> None:
    assert found([row(0, "20 mg", on=0, given="10 mg")], drug(single="10 mg", daily="10 mg", lifetime="10 mg")) == []
    assert found([row(0, "20 mg", on=0, given="0.01 g")], drug(single="10 mg")) == []
    assert only([row(0, "10 mg", on=0, given="10.1 mg")], drug(single="10 mg")).text.startswith("a 10.1 mg in one administration")
    # what nobody said was given as it was planned
    assert only([row(0, "10.1 mg", on=0)], drug(single="10 mg")).text.startswith("a 10.1 mg in one administration")
    assert only([row(0, on=0, given="11 mg")], drug(single="10 mg")).text.startswith("a 11 mg in one administration")
    assert only([row(0, "4 mg", on=0, given="6 mg", times=2)], drug(daily="11 mg")).text.startswith("a 12 mg in a day")
    # by the size of the planned amount; without one it is not known
    assert found([row(0, "40 mg", on=0, given="140 mg", bsa="2")], drug(single="70 mg/m2")) == []
    assert "70.05 mg/m2" in only([row(0, "40 mg", on=0, given="140.1 mg", bsa="2")], drug(single="70 mg/m2")).text
    assert "the body surface it was computed with is not known" in only([row(0, on=0, given="140 mg")], drug(single="70 mg/m2")).text
    assert "units can't be compared with mg" in only([row(0, "9 mg", on=0, given="5 units")], drug(single="70 mg")).text


def test_what_was_given_above_a_limit_is_a_warning() -> None:
    rows = [row(0, "10 mg"), row(7, "10 mg", on=8, given="11 mg"), row(9, "10 mg", on=9, given="12 mg")]
    finding = only(rows, drug(single="10 mg"), override=frozenset({"a.single"}))
    assert (finding.grade, finding.name, finding.row) == (Grade.WARN, "a.single", 1)
    assert finding.text == (
        "a 12 mg in one administration is above the limit of 10 mg, given already [label]; first on 2026-01-13 (C1D8), "
        "2 administrations in all"
    )
    assert finding.note == "a above the limit of 10 mg in one administration, given already [label]"
    require([finding])


def test_a_planned_dose_after_it_is_a_stop() -> None:
    """10 + 15 = 25 mg were given of 20 mg; 10 mg more are planned, which make 35 mg."""
    rows = [row(0, "10 mg", on=0), row(7, "10 mg", on=7, given="15 mg"), row(14, "10 mg")]
    assert [each.grade for each in found(rows[:2], drug(lifetime="20 mg"))] == [Grade.WARN]
    happened, planned = found(rows, drug(lifetime="20 mg"))
    assert (happened.grade, happened.row, planned.grade, planned.row) == (Grade.WARN, 1, Grade.STOP, 2)
    assert happened.text == "a 25 mg in a lifetime is above the limit of 20 mg, given already [label]; first on 2026-01-12 (C1D8)"
    assert planned.text == "a 35 mg in a lifetime is above the limit of 20 mg [label]; first on 2026-01-19 (C1D15)"
    overridden = found(rows, drug(lifetime="20 mg"), override=frozenset({"a.lifetime"}))
    assert [each.grade for each in overridden] == [Grade.WARN, Grade.OVERRIDDEN]
    # the same for a planned dose without an amount: there is no room for any
    assert [each.grade for each in found([*rows[:2], row(14)], drug(lifetime="20 mg"))] == [Grade.WARN, Grade.STOP]


def test_exposure_before_that_is_too_much_alone_and_what_was_given_after_it() -> None:
    prior = {"a": parse_quantity("10.1 mg")}
    assert [(each.grade, each.row) for each in found([row(0, on=0)], drug(lifetime="10 mg"), prior=prior)] == [(Grade.WARN, 0)]
    both = found([row(0, on=0), row(1)], drug(lifetime="10 mg"), prior=prior)
    assert [(each.grade, each.row) for each in both] == [(Grade.WARN, 0), (Grade.STOP, 1)]


def test_sums_are_those_of_the_days_on_which_it_was_given() -> None:
    assert found([row(0, "10 mg"), row(1, "10 mg")], drug(daily="10 mg")) == []
    # C1D1 given a day late: two doses on C1D2, of which the planned one can still be left out
    finding = only([row(0, "10 mg", on=1), row(1, "10 mg")], drug(daily="10 mg"))
    assert (finding.grade, finding.row) == (Grade.STOP, 1)
    # the same with the rows the other way round: what has happened goes first
    finding = only([row(1, "10 mg"), row(2, "10 mg", on=1)], drug(daily="10 mg"))
    assert (finding.grade, finding.row) == (Grade.STOP, 0)
    assert only([row(0, "10 mg", on=1), row(1, "10 mg", on=1)], drug(daily="10 mg")).grade is Grade.WARN
    # the cycle stays the planned one
    assert found([row(27, "10 mg", on=28), row(28, "10 mg", cycle=2)], drug(cycle="10 mg")) == []


def test_the_time_between_doses_that_were_given() -> None:
    """72 hours, by hand: planned on days 0, 3 and 6."""
    a = drug(spacing=72)
    assert found([row(0, on=0), row(3, on=3), row(6)], a) == []
    late = found([row(0, on=0), row(3, on=4), row(6)], a)
    assert [(each.grade, each.row) for each in late] == [(Grade.STOP, 2)]
    assert "48 hours between the doses of 2026-01-09 and 2026-01-11" in late[0].text
    early = only([row(0, on=0), row(3, on=2), row(6)], a, override=frozenset({"a.spacing"}))
    assert (early.grade, early.row) == (Grade.WARN, 1)
    assert early.text == (
        "a has less than 72 hours between doses, given already [label]: 48 hours between the doses of 2026-01-05 and 2026-01-07 (counted "
        "by date, a day as 24 hours); first on 2026-01-07 (C1D4)"
    )
    assert early.note == "a has less than 72 hours between doses, given already [label]"
    assert [(each.grade, each.row) for each in found([row(0), row(3, on=2), row(6)], a)] == [(Grade.STOP, 1)]
    both = found([row(0, on=0), row(3, on=2), row(4)], a)
    assert [(each.grade, each.row) for each in both] == [(Grade.WARN, 1), (Grade.STOP, 2)]
    # out of their planned order, they are looked at in the order in which they happened
    assert found([row(0, on=6), row(3, on=3)], a) == []
    assert found([row(0, on=0), row(1, status=HELD), row(3)], a) == []
    assert only([row(0, on=0, times=3)], drug(spacing=12)).grade is Grade.WARN


def test_the_usual_range_is_not_looked_at_where_a_dose_was_given() -> None:
    a = drug(ranges="15 to 70 mg/m2")
    assert found([row(0, "2000 mg", dose="1000 mg/m2", on=0), row(1, "2000 mg", dose="1000 mg/m2", status=NOT_GIVEN)], a) == []
    finding = only([row(0, dose="1000 mg/m2", on=0), row(1, dose="80 mg/m2"), row(2, dose="90 mg/m2", status=HELD)], a)
    assert (finding.grade, finding.row) == (Grade.WARN, 1)
    assert "80 mg/m2 is above" in finding.text


# -- sums in fractions --------------------------------------------------------------------------------------------

_AMOUNTS = st.tuples(
    st.integers(0, 40),
    st.decimals("0.1", "999", places=2),
    st.integers(1, 4),
    st.integers(1, 3),
    st.decimals("1.2", "2.6", places=2),
    st.sampled_from(["a", "b"]),
)
_SPANS: dict[str, Callable[[Dosed], object]] = {
    "daily": lambda each: each.entry.date,
    "cycle": lambda each: each.entry.cycle,
    "lifetime": lambda _: 0,
}


def brute(rows: list[Dosed], kind: str, per: str, limit: Fraction, before: Fraction) -> tuple[int | None, Fraction]:
    """The first row whose span is above the limit, and the greatest sum of all."""
    totals: dict[object, Fraction] = {}
    first = None
    for number, each in sorted(enumerate(rows), key=lambda pair: pair[1].entry.date):
        span = _SPANS[kind](each)
        assert each.amount
        size = Fraction(each.amount.bsa_m2 or 1) if per else Fraction(1)
        times = each.entry.times.per_day if each.entry.times else 1
        totals[span] = totals.get(span, before) + Fraction(each.amount.value) * times / size
        first = number if first is None and totals[span] > limit else first
    return first, max(totals.values())


@given(
    st.lists(_AMOUNTS, min_size=1, max_size=12),
    st.sampled_from(list(_SPANS)),
    st.sampled_from(["", "/m2"]),
    st.decimals("1", "4000", places=1),
    st.decimals("0", "500", places=1),
)
@settings(max_examples=150, deadline=None)
def test_sums_are_those_in_fractions(
    drawn: list[tuple[int, Decimal, int, int, Decimal, str]], kind: str, per: str, limit: Decimal, before: Decimal
) -> None:
    rows = [row(day, f"{plain(mg)} mg", times=times, cycle=cycle, bsa=plain(bsa), of=of) for day, mg, times, cycle, bsa, of in drawn]
    a = drug("a", classes=("x",), together="x", each={kind: f"{plain(limit)} mg{per}"})
    drugs = [a, replace(a, id="b", limits={})]
    prior = {"x": Quantity(before, f"mg{per}")} if kind == "lifetime" and any(each[-1] == "a" for each in drawn) else {}
    if not any(each[-1] == "a" for each in drawn):
        assert found(rows, *drugs) == []
        return
    first, most = brute(rows, kind, per, Fraction(limit), Fraction(before) if prior else Fraction(0))
    findings = found(rows, *drugs, prior=prior)
    assert [each.row for each in findings] == ([] if first is None else [first])
    for each in findings:
        assert abs(Fraction(each.text.split()[1]) - most) <= Fraction(1, 20000)


_GIVINGS = st.tuples(
    st.integers(0, 12),
    st.integers(0, 12),
    st.decimals("0.1", "99", places=1),
    st.decimals("0.1", "99", places=1),
    st.integers(1, 2),
    st.sampled_from(["", HELD, NOT_GIVEN, GIVEN]),
)


@given(st.lists(_GIVINGS, max_size=10), st.sampled_from(list(_SPANS)), st.decimals("1", "200", places=1))
@settings(max_examples=150, deadline=None)
def test_what_was_given_never_stops_and_what_is_planned_above_always_does(
    drawn: list[tuple[int, int, Decimal, Decimal, int, str]], kind: str, limit: Decimal
) -> None:
    """Beside it: the sums in fractions, in the order of the days on which it happens, given before planned."""
    rows = [
        row(day, f"{mg} mg", cycle=cycle, on=on, given=f"{told} mg")
        if status == GIVEN
        else row(day, f"{mg} mg", cycle=cycle, status=status)
        for day, on, mg, told, cycle, status in drawn
    ]
    counted = [(*each, number) for number, each in enumerate(drawn) if each[-1] in ("", GIVEN)]
    totals: dict[object, Fraction] = {}
    firsts: dict[bool, int] = {}
    for day, on, mg, told, cycle, status, number in sorted(counted, key=lambda each: (each[1], 0) if each[5] == GIVEN else (each[0], 1)):
        happened = status == GIVEN
        span = {"daily": on if happened else day, "cycle": cycle, "lifetime": 0}[kind]
        totals[span] = totals.get(span, Fraction(0)) + Fraction(told if happened else mg)
        if totals[span] > Fraction(limit):
            firsts.setdefault(happened, number)
    findings = found(rows, drug(each={kind: f"{plain(limit)} mg"}))
    expected = [(grade, firsts[happened]) for happened, grade in ((True, Grade.WARN), (False, Grade.STOP)) if happened in firsts]
    assert [(each.grade, each.row) for each in findings] == expected
