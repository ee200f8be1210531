"""What an amount means at the bench, by route: what is drawn, and what is counted. All of what is drawn stands in test_preparation.py."""

from decimal import Decimal

import pytest

from dosing.dose.amount import Amount
from dosing.dose.oral import make_up
from dosing.dose.product import oral_forms, product_steps, routes_of, units_in_words
from dosing.errors import DoseError
from dosing.regimen.drug import Drug
from dosing.regimen.drugs import read_drug
from dosing.units import parse_quantity

BOTH = """\
routes: PO or IV
tablets: [4 mg, 20 mg]
capsules: {value: [10 mg], source: unverified, unverified: yes}
vials: [50 mg]
concentration: 5 mg/mL
stability: 24 hours
"""


def drug(text: str) -> Drug:
    return read_drug(f"id: x\nsource: s\nprecision: 1 mg\n{text}".encode(), file="x.yaml")


def products(text: str, amount: str, route: str = "") -> list[str]:
    value, unit = amount.split(" ", 1)
    return [step.text for step in product_steps(Amount(Decimal(value), unit, ()), drug(text), route=route)]


def test_by_mouth_units_are_counted_and_nothing_is_drawn() -> None:
    assert products(BOTH, "40 mg", "PO") == ["PO, tablets: 2 x 20 mg [s]", "PO, capsules: 4 x 10 mg [unverified] UNVERIFIED"]


def test_by_needle_nothing_is_counted() -> None:
    assert products(BOTH, "40 mg", "IV") == [
        "IV: open 1 x 50 mg, 10 mg left over (20 % of what is opened) [s]",
        "IV: 8 mL at 5 mg/mL [s]",
        "stability: 24 hours [s]",
    ]


@pytest.mark.parametrize("route", ["PO or IV", ""])
def test_each_route_that_is_open(route: str) -> None:
    """Without a route, those of the drug."""
    assert products(BOTH, "40 mg", route) == [*products(BOTH, "40 mg", "PO"), *products(BOTH, "40 mg", "IV")]


def test_kinds_of_steps() -> None:
    found = product_steps(Amount(Decimal(40), "mg", ()), drug(BOTH), route="PO or IV")
    assert [step.kind for step in found] == ["units", "units", "vials", "volume", "stability"]


def test_a_liquid_to_drink_only_where_it_is_stated_for_that_route() -> None:
    liquid = "routes: PO or IV\nconcentration: {PO: 0.1 mg/mL, IV: 4 mg/mL}\n"
    assert products(liquid, "20 mg", "PO") == ["PO: 200 mL at 0.1 mg/mL [s]"]
    assert products("routes: PO or IV\nconcentration: {PO: not-stated, IV: 4 mg/mL}\n", "20 mg", "PO") == []


def test_what_whole_units_can_not_make_up() -> None:
    assert products("routes: PO\ncapsules: [2.5 mg, 10 mg]\n", "12 mg") == [
        "PO, capsules: whole units can't make up 12 mg; nearest are 10 mg (1 x 10 mg) and 12.5 mg (1 x 10 mg + 1 x 2.5 mg) [s]"
    ]
    assert products("routes: PO\ncapsules: [2.5 mg, 10 mg]\n", "1 mg") == [
        "PO, capsules: whole units can't make up 1 mg; nearest is 2.5 mg (1 x 2.5 mg) [s]"
    ]


def test_units_in_words() -> None:
    assert units_in_words(make_up(parse_quantity("40 mg"), strengths=[parse_quantity("20 mg")])) == "2 x 20 mg"


def test_no_mass_no_products() -> None:
    assert products(BOTH, "5000 units", "IV") == []


@pytest.mark.parametrize("extra", ["", "tablets: not-stated\ncapsules: not-stated\n"])
def test_what_the_file_leaves_out_is_left_out(extra: str) -> None:
    assert products(f"routes: PO\n{extra}", "10 mg") == []
    assert oral_forms(drug(f"routes: PO\n{extra}")) == {}


def test_routes() -> None:
    assert routes_of("", drug("routes: PO or IV\n")) == ["PO", "IV"]
    assert routes_of("IV", drug("routes: PO or IV\n")) == ["IV"]
    assert routes_of("", drug("routes: not-stated\n")) == ["route not stated"]


def test_a_concentration_of_another_kind() -> None:
    with pytest.raises(DoseError, match="10 mg can't be drawn from a solution of 100 units/mL"):
        products("routes: IV\nconcentration: 100 units/mL\n", "10 mg")
