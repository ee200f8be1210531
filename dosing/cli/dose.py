"""`dosing dose`: the amount of one administration, with the whole calculation."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from dosing.cli import options
from dosing.cli.write import tell, write
from dosing.errors import DoseError, RegimenError

if TYPE_CHECKING:
    from dosing.dose.amount import Amount
    from dosing.dose.sheet import Line


@click.command()
@click.argument("name", metavar="ID|DRUG")
@options.only_phases
@options.measurements
@options.choices
@click.option("--dose", "dose_text", metavar="DOSE", help="With a drug's name: the dose, such as 27mg/m2.")
def dose(name: str, dose_text: str | None, **given: Any) -> None:
    """The amount of each administration of a regimen, or of one dose of a drug (with --dose), with every step.

    Fails where nobody stated a dose: no amount is ever made up.
    """
    if dose_text is not None:
        _one(name, dose_text, options.Chosen(given))
        return
    from dosing.dose.sheet import sheet

    chosen = options.Chosen(given)
    found = sheet(chosen.plan(name).regimen, chosen.patient(), formula=given["formula"], phases=given["phases"])
    write("\n".join(text for line in found.lines for text in _line(line)).encode() + b"\n" * bool(found.lines), output=None, force=False)
    found.require()


def _one(name: str, text: str, chosen: options.Chosen) -> None:
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
    write("\n".join([f"{drug.id} {order.dose}: {amount}", *_steps(amount)]).encode() + b"\n", output=None, force=False)


def _line(line: "Line") -> Iterator[str]:
    where = f" {line.where}" if line.where else ""
    mark = " UNVERIFIED" if line.dose.unverified else ""
    origin = f" from {line.dose.origin}" if line.dose.origin.kind != "regimen" else ""
    yield f"{line.phase} {line.activity}{where}: {line.order.dose} [{line.dose.source}]{origin}{mark} -> {line.amount} per administration"
    yield from _steps(line.amount)


def _steps(amount: "Amount") -> Iterator[str]:
    return (f"    {step.text}" for step in amount.steps)
