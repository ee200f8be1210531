"""Plausibility: each limit on both sides, overriding, and the slips that the limits are there to see."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosing.dose.measures import GRADED as LIMITS
from dosing.dose.patient import Patient
from dosing.dose.plausible import Grade, Remark, assess
from dosing.errors import PatientError
from dosing.units import Quantity

D = Decimal
ALL = tuple(LIMITS)
# A step to the other side of a limit.
STEP = {"height": "0.1", "weight": "0.1", "bmi": "0.01", "age": "1", "creatinine": "0.01"}


def given_as(what: str, value: Decimal) -> dict[str, Any]:
    """The measurement alone; a body mass index as the weight at 200 cm."""
    measurements: dict[str, dict[str, Any]] = {
        "height": {"height_cm": value},
        "weight": {"weight_kg": value},
        "bmi": {"height_cm": D(200), "weight_kg": value * 4},
        "age": {"age_years": int(value)},
        "creatinine": {"creatinine": Quantity(value, "mg/dL")},
    }
    return measurements[what]


def about(what: str, value: Decimal, *, override: tuple[str, ...] = ALL) -> list[Remark]:
    return [remark for remark in assess(**given_as(what, value), override=override) if remark.what == what]


def edges() -> list[tuple[str, Decimal, Decimal, Decimal, Decimal]]:
    return [(each.what, each.stop_below, each.warn_below, each.warn_above, each.stop_above) for each in LIMITS.values()]


def test_a_usual_patient_gives_no_remark() -> None:
    usual = assess(height_cm=D(170), weight_kg=D(70), age_years=67, creatinine=Quantity(D("97"), "umol/L"))
    assert usual == assess() == []


@pytest.mark.parametrize(("what", "stop_below", "warn_below", "warn_above", "stop_above"), edges())
def test_limits_on_both_sides(what: str, stop_below: Decimal, warn_below: Decimal, warn_above: Decimal, stop_above: Decimal) -> None:
    step = D(STEP[what])
    assert about(what, warn_below) == about(what, warn_above) == []
    for value in (warn_below - step, stop_below, warn_above + step, stop_above):
        assert [remark.grade for remark in about(what, value)] == [Grade.WARN]
    for value in (stop_below - step, stop_above + step):
        assert [remark.grade for remark in about(what, value)] == [Grade.OVERRIDDEN]
        with pytest.raises(PatientError, match=rf"(?m)^{what} .* is (below|above) .*, or override {what} if it is right"):
            about(what, value, override=tuple(name for name in ALL if name != what))


@pytest.mark.parametrize(("what", "stop_below", "warn_below", "warn_above", "stop_above"), edges())
def test_a_stop_is_graver_than_a_warning(
    what: str, stop_below: Decimal, warn_below: Decimal, warn_above: Decimal, stop_above: Decimal
) -> None:
    assert stop_below < warn_below < warn_above < stop_above
    assert LIMITS[what].why


@pytest.mark.parametrize(("what", "name"), [("height", "height_cm"), ("weight", "weight_kg")])
def test_stops_are_no_wider_than_what_a_patient_may_have(what: str, name: str) -> None:
    for value in (LIMITS[what].stop_below, LIMITS[what].stop_above):
        measurement: dict[str, Any] = {name: value}
        assert getattr(Patient(**measurement), name) == value


def test_the_words() -> None:
    [warning] = assess(weight_kg=D("210.5"))
    assert (warning.grade, warning.what, warning.note) == ("warn", "weight", "weight is above 200 kg")
    assert warning.message.startswith("weight 210.5 kg is above 200 kg: hardly any adult")
    assert warning.message.endswith("; check the weight and its unit")
    [passed] = assess(height_cm=D(95), override=["height"])
    assert (passed.grade, passed.note) == ("overridden", "height is below 100 cm (overridden)")
    assert passed.message.startswith("height 95 cm is below 100 cm (overridden): ")
    assert "check" not in passed.message


def test_all_stops_are_said_at_once() -> None:
    with pytest.raises(PatientError) as caught:
        assess(height_cm=D(67), weight_kg=D(160), age_years=0, creatinine=Quantity(D(97), "mg/dL"))
    assert [line.split()[0] for line in str(caught.value).splitlines()] == ["height", "bmi", "age", "creatinine"]


def test_each_stop_is_overridden_by_its_own_name() -> None:
    """A height in inches stops the body mass index too; one override lets pass one."""
    with pytest.raises(PatientError, match=r"\Abmi "):
        assess(height_cm=D(67), weight_kg=D(70), override=["height"])
    remarks = assess(height_cm=D(67), weight_kg=D(70), override=["height", "bmi"])
    assert [(remark.what, remark.grade) for remark in remarks] == [("height", Grade.OVERRIDDEN), ("bmi", Grade.OVERRIDDEN)]


def test_an_override_of_what_is_usual_or_warned_of_changes_nothing() -> None:
    assert assess(height_cm=D(170), override=ALL) == []
    assert assess(height_cm=D(139), override=ALL) == assess(height_cm=D(139))


def test_an_unknown_override() -> None:
    with pytest.raises(
        PatientError, match=r"override of 'wieght': unknown; did you mean 'weight'\?; known are height, weight, bmi, age, creat"
    ):
        assess(override=["wieght"])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"height_cm": D("39.9")}, "height .* is outside"),
        ({"height_cm": D("NaN")}, "height .* is outside"),
        ({"weight_kg": D("650.1")}, "weight .* is outside"),
        ({"age_years": -1}, "completed years"),
        ({"age_years": True}, "completed years"),
        ({"age_years": 50.5}, "completed years"),
        ({"creatinine": Quantity(D(0), "mg/dL")}, "above zero"),
        ({"creatinine": D("1.1")}, "has no unit"),
    ],
)
def test_what_no_override_lets_pass(values: dict[str, Any], message: str) -> None:
    with pytest.raises(PatientError, match=message):
        assess(**values, override=ALL)


# The slips the limits are there for.


@given(inches=st.integers(40, 90), kg=st.integers(40, 150))
def test_inches_taken_for_cm_stop(inches: int, kg: int) -> None:
    with pytest.raises(PatientError, match=r"(?m)^height "):
        assess(height_cm=D(inches), weight_kg=D(kg))


@given(cm=st.integers(150, 210), bmi=st.decimals("18.2", "60", places=1))
def test_pounds_taken_for_kg_are_seen(cm: int, bmi: Decimal) -> None:
    pounds = bmi * cm * cm / 10_000 / D("0.45359237")
    assert [remark for remark in assess(height_cm=D(cm), weight_kg=pounds, override=ALL) if remark.what == "bmi"]


@given(cm=st.integers(150, 210), kg=st.integers(40, 140))
def test_height_and_weight_exchanged_stop(cm: int, kg: int) -> None:
    with pytest.raises(PatientError, match=r"(?m)^bmi "):
        assess(height_cm=D(kg), weight_kg=D(cm))


@given(st.decimals("0.3", "15", places=1))
def test_creatinine_in_the_other_unit_stops(number: Decimal) -> None:
    for slip in (Quantity(number * D("88.4"), "mg/dL"), Quantity(number, "umol/L")):
        with pytest.raises(PatientError, match=r"\Acreatinine "):
            assess(creatinine=slip)
