"""What an amount means at the bench.

36 mg of carfilzomib are 18 mL at 2 mg/mL, 700 mg of isatuximab are 35 mL at 20 mg/mL and one vial of 500 mg with two of 100 mg; the rest
is worked by hand from the strengths in the drug files.
"""

from decimal import Decimal

import pytest

from dosing.dose.amount import Amount
from dosing.dose.product import product_steps
from dosing.regimen.drugs import read_drug
from dosing.regimen.library import find_drug


def products(drug: str, amount: str, route: str = "") -> list[str]:
    value, unit = amount.split(" ", 1)
    return [step.text for step in product_steps(Amount(Decimal(value), unit, ()), find_drug(drug), route=route)]


@pytest.mark.parametrize(
    ("drug", "amount", "route", "volume", "vials"),
    [
        ("carfilzomib", "36 mg", "IV", "18 mL at 2 mg/mL", "1 x 30 mg + 1 x 10 mg, 4 mg left over (10 % of what is opened)"),
        ("carfilzomib", "123.2 mg", "", "61.6 mL at 2 mg/mL", "2 x 60 mg + 1 x 10 mg, 6.8 mg left over (5.2 % of what is opened)"),
        ("isatuximab", "700 mg", "IV", "35 mL at 20 mg/mL", "1 x 500 mg + 2 x 100 mg, 0 mg left over (0 % of what is opened)"),
    ],
)
def test_drawn(drug: str, amount: str, route: str, volume: str, vials: str) -> None:
    source = {"carfilzomib": "khcp-dos", "isatuximab": "empr-isa"}[drug]
    assert products(drug, amount, route) == [f"IV: {volume} [{source}]", f"IV: open {vials} [{source}]"]


def test_by_mouth_and_by_vein() -> None:
    """The file of dexamethasone has tablets; of its ampoules it says nothing."""
    assert products("dexamethasone", "40 mg", "PO") == ["PO, tablets: 2 x 20 mg [dex-lab]"]
    assert products("dexamethasone", "40 mg", "IV") == []


def test_each_route_that_is_open_has_its_own_volume() -> None:
    """The two concentrations of bortezomib: the volume of one route is wrong for the other."""
    found = products("bortezomib", "2.5 mg", "IV or SC")
    assert [text for text in found if " mL at " in text] == ["IV: 2.5 mL at 1 mg/mL [v-set]", "SC: 1 mL at 2.5 mg/mL [v-set]"]


def test_what_nobody_could_trace_says_so() -> None:
    assert products("cyclophosphamide", "550 mg", "PO") == [
        "PO, tablets: 11 x 50 mg [srl-cyb]",
        "PO, capsules: 11 x 50 mg [unverified] UNVERIFIED",
    ]


def test_what_whole_units_can_not_make_up() -> None:
    assert products("lenalidomide", "12 mg", "PO")[0].startswith(
        "PO, capsules: whole units can't make up 12 mg; nearest are 10 mg (1 x 10 mg) and 12.5 mg (1 x 10 mg + 1 x 2.5 mg)"
    )
    assert "whole units can't make up 1 mg; nearest are 2.5 mg (1 x 2.5 mg)" in products("lenalidomide", "1 mg", "PO")[0]


def test_no_mass_no_products() -> None:
    assert products("carfilzomib", "5000 units", "IV") == []


@pytest.mark.parametrize("extra", ["", "vials: not-stated\nconcentration: not-stated\ntablets: not-stated\n"])
def test_what_the_file_leaves_out_is_left_out(extra: str) -> None:
    text = f"id: x\nsource: dc-k\nprecision: 1 mg\nroutes: PO or IV\n{extra}"
    assert product_steps(Amount(Decimal(10), "mg", ()), read_drug(text.encode(), file="x.yaml"), route="") == ()


def test_one_concentration_for_every_route() -> None:
    text = "id: x\nsource: dc-k\nprecision: 1 mg\nroutes: not-stated\nconcentration: 5 mg/mL\n"
    drug = read_drug(text.encode(), file="x.yaml")
    assert [step.text for step in product_steps(Amount(Decimal(10), "mg", ()), drug, route="IM")] == ["IM: 2 mL at 5 mg/mL [dc-k]"]
    assert [step.text for step in product_steps(Amount(Decimal(10), "mg", ()), drug, route="")] == [
        "route not stated: 2 mL at 5 mg/mL [dc-k]"
    ]
