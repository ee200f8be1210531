"""`dosing dose`: the amount of one administration, with the whole calculation."""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from dosing.cli import options
from dosing.cli.write import tell, write
from dosing.errors import DoseError, RegimenError

if TYPE_CHECKING:
    from dosing.dose.amount import Amount
    from dosing.dose.sheet import Line
    from dosing.regimen.drug import Drug


@click.command()
@click.argument("name", metavar="ID|DRUG")
@options.only_phases
@options.measurements
@options.choices
@click.option("--dose", "dose_text", metavar="DOSE", help="With a drug's name: the dose, such as 27mg/m2.")
@click.option("--products", is_flag=True, help="Also what to draw up, open and count, from the drug's file.")
def dose(name: str, dose_text: str | None, products: bool, **given: Any) -> None:
    """The amount of each administration of a regimen, or of one dose of a drug (with --dose), with every step.

    Fails where nobody stated a dose: no amount is ever made up.
    """
    if dose_text is not None:
        _one(name, dose_text, options.Chosen(given), products=products)
        return
    from dosing.dose.sheet import sheet

    chosen = options.Chosen(given)
    _no_drug(name)
    found = sheet(chosen.plan(name).regimen, chosen.patient(), formula=given["formula"], phases=given["phases"])
    text = "".join(f"{each}\n" for line in found.lines for each in _line(line, products=products))
    write(text.encode(), output=None, force=False)
    found.require()


def _no_drug(name: str) -> None:
    """Raise DoseError where a drug is named without a dose."""
    from dosing.regimen.library import find_drug, is_path, regimen_ids

    if is_path(name) or name in regimen_ids():
        return
    with suppress(RegimenError):
        drug = find_drug(name)
        raise DoseError(f"{drug.id} is a drug; say which dose of it with --dose, such as --dose 27mg/m2, or name a regimen")


def _one(name: str, text: str, chosen: options.Chosen, *, products: bool) -> None:
    from dosing.dose.amount import Order, compute
    from dosing.regimen.library import find_drug
    from dosing.units import parse_dose

    drug = find_drug(name)
    try:
        order = Order(drug, parse_dose(text))
    except ValueError as error:
        raise DoseError(f"--dose: {error}") from None
    if any(chosen.options[key] for key in ("variants", "proxies", "values", "base", "base_days", "phases")):
        raise RegimenError("--dose goes with a drug's name; --variant, --proxy, --set, --base, --base-days and --phase go with a regimen's")
    amount = compute(order, chosen.patient(), formula=chosen.options["formula"])
    tell(["note: one administration of this dose; how often it is given is not part of this calculation"])
    counted = _products(amount, drug, "") if products else ()
    write("\n".join([f"{drug.id} {order.dose}: {amount}", *_steps(amount), *counted]).encode() + b"\n", output=None, force=False)


def _line(line: "Line", *, products: bool) -> Iterator[str]:
    where = f" {line.where}" if line.where else ""
    mark = " UNVERIFIED" if line.dose.unverified else ""
    origin = f" from {line.dose.origin}" if line.dose.origin.kind != "regimen" else ""
    yield f"{line.phase} {line.activity}{where}: {line.order.dose} [{line.dose.source}]{origin}{mark} -> {line.amount} per administration"
    yield from _steps(line.amount)
    yield from _products(line.amount, line.order.drug, line.route) if products else ()


def _products(amount: "Amount", drug: "Drug", route: str) -> Iterator[str]:
    from dosing.dose.product import product_steps

    return (f"    {step.text}" for step in product_steps(amount, drug, route=route))


def _steps(amount: "Amount") -> Iterator[str]:
    return (f"    {step.text}" for step in amount.steps)
