"""Amounts of random orders beside a second calculation, written here with `decimal` alone: no formula, cap or rounding is shared.

The usual run looks at a few thousand; `pytest -m long` at a million, in blocks that can be run side by side. A failure names its case.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal
from random import Random
from typing import Any

import pytest

from dosing.dose.amount import Order, compute
from dosing.dose.patient import Patient
from dosing.errors import DoseError
from dosing.regimen.drug import Drug
from dosing.regimen.facts import Fact, Percent
from dosing.units import Quantity

WIDE = Context(prec=60)
FLOOR = Context(prec=60, rounding=ROUND_FLOOR)
# A third has no last digit: what stands behind the 45th is cut away by rounding, so that three thirds are one again.
CLEAN = Context(prec=45)

STEPS = [Decimal(text) for text in ("0.01", "0.05", "0.1", "0.25", "0.5", "1", "2", "2.5", "5", "10", "50")]
CAPS = [None, None, Decimal("1.7"), Decimal("2"), Decimal("2.2")]
# Heights and weights whose product is 3600 times a square: body surfaces without a root, on which halves fall exactly.
SQUARES = [(180, 80), (160, 90), (144, 100), (150, 96), (162, 50), (200, 72), (169, 100), (196, 36), (175, 63)]


@dataclass(frozen=True, slots=True)
class Case:
    """One random order: the dose is per m2, per kg, by AUC, or flat."""

    per: str
    dose: Decimal
    height: Decimal
    weight: Decimal
    bsa: Decimal | None
    gfr: Decimal
    cap: Decimal | None
    most: Decimal | None
    percent: Decimal | None
    precision: Decimal
    own: Decimal | None


def number(random: Random, low: int, high: int, places: int) -> Decimal:
    """A number with at most so many decimals."""
    scale = 10**places
    return Decimal(random.randint(low * scale, high * scale)).scaleb(-places)


def cases(seed: int, count: int) -> Iterator[Case]:
    random = Random(seed)
    for _ in range(count):
        per = random.choice(["m2", "m2", "m2", "kg", "AUC", ""])
        height, weight = number(random, 60, 220, random.randint(0, 2)), number(random, 3, 250, random.randint(0, 2))
        if random.random() < 0.1:
            height, weight = map(Decimal, random.choice(SQUARES))
        given = number(random, 1, 3, random.randint(1, 2)) if random.random() < 0.3 else None
        dose = number(random, 1, 9, 0) if per == "AUC" else number(random, 1, random.choice([5, 50, 1500]), random.randint(0, 2))
        yield Case(
            per,
            dose,
            height,
            weight,
            given,
            number(random, 10, 140, random.randint(0, 1)),
            random.choice(CAPS),
            number(random, 1, random.choice([50, 200, 3000]), random.randint(0, 1)) if random.random() < 0.4 else None,
            number(random, 5, 150, random.randint(0, 1)) if random.random() < 0.4 else None,
            random.choice(STEPS),
            random.choice(STEPS) if random.random() < 0.3 else None,
        )


def order(case: Case) -> tuple[Order, Patient]:
    def flat(value: Decimal | None) -> Any:
        return None if value is None else Fact(Quantity(value, "mg"), "protocol")

    cap: Any = Fact(Quantity(case.cap, "m2"), "label") if case.cap is not None else None
    drug = Drug("testmab", "label", flat(case.precision), Fact("IV", "label"), bsa_cap=cap)
    unit = "AUC" if case.per == "AUC" else "mg/" + case.per if case.per else "mg"
    percent = Fact(Percent(case.percent), "protocol") if case.percent is not None else None
    asked = Order(drug, Quantity(case.dose, unit), max=flat(case.most), round=flat(case.own), percent=percent)
    return asked, Patient(height_cm=case.height, weight_kg=case.weight, bsa_m2=case.bsa, gfr_ml_min=case.gfr)


def expected(case: Case) -> Decimal:
    """The amount in mg; nothing where it rounds to nothing.

    Mosteller's body surface as sqrt(height x weight) / 60, Calvert's dose as AUC x (GFR + 25).
    """
    value = case.dose
    if case.per == "m2":
        size = case.bsa if case.bsa is not None else WIDE.divide(WIDE.sqrt(WIDE.multiply(case.height, case.weight)), Decimal(60))
        value = WIDE.multiply(value, size if case.cap is None or size < case.cap else case.cap)
    elif case.per == "kg":
        value = WIDE.multiply(value, case.weight)
    elif case.per == "AUC":
        value = WIDE.multiply(value, WIDE.add(case.gfr, Decimal(25)))
    if case.most is not None and value > case.most:
        value = case.most
    if case.percent is not None:
        value = WIDE.divide(WIDE.multiply(value, case.percent), Decimal(100))
        if case.most is not None and value > case.most:
            value = case.most
    step = case.own or (case.precision if case.per or case.percent is not None else None)
    if step is None:
        return value
    steps = CLEAN.divide(CLEAN.plus(value), step)
    whole = int(FLOOR.to_integral_value(WIDE.add(steps, Decimal("0.5"))))
    if case.most is not None and whole * step > case.most:
        whole = int(FLOOR.to_integral_value(steps))
    return whole * step


def differences(seed: int, count: int) -> list[str]:
    """Every case in which the two calculations differ, with both results."""
    found = []
    for case in cases(seed, count):
        asked, patient = order(case)
        second = expected(case)
        try:
            amount = compute(asked, patient, formula="mosteller").value
        except DoseError as error:
            if "rounds to nothing" not in str(error):
                raise
            amount = Decimal(0)
        if amount != second:
            found.append(f"{case}: {amount}, and {second} by the second calculation")
    return found


def test_the_second_calculation_by_hand() -> None:
    """180 cm and 80 kg are 2 m2: 33.25 mg/m2 are 66.5 mg, half way between 66 and 67; at most 60 mg; of that 75 % are 45 mg."""
    plain = Case("m2", Decimal("33.25"), Decimal(180), Decimal(80), None, Decimal(90), None, None, None, Decimal(1), None)
    assert expected(plain) == 67
    held = Case(
        "m2", Decimal("33.25"), Decimal(180), Decimal(80), None, Decimal(90), None, Decimal(60), Decimal(75), Decimal(1), Decimal(2)
    )
    assert expected(held) == 46  # 45 in steps of 2, a half


def test_the_cases_reach_every_step() -> None:
    """Each kind of dose, cap and percentage comes up, and each cap changes some amount."""
    some = list(cases(1, 2_000))
    assert {case.per for case in some} == {"m2", "kg", "AUC", ""}
    changing = {"cap": 0, "most": 0, "percent": 0, "own": 0}
    for case in some:
        for name in changing:
            values = {each: getattr(case, each) for each in case.__dataclass_fields__}
            changing[name] += expected(case) != expected(Case(**{**values, name: None}))
    assert min(changing.values()) > 100


def test_some_thousand() -> None:
    assert differences(20260105, 2_000) == []


@pytest.mark.long
@pytest.mark.parametrize("block", range(10))
def test_a_million(block: int) -> None:
    assert differences(block, 100_000) == []
