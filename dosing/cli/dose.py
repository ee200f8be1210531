"""`dosing dose`: the amount of one administration, with the whole calculation."""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from dosing.cli import options
from dosing.cli.write import tell, write
from dosing.errors import DoseError, RegimenError

if TYPE_CHECKING:
    from dosing.api import Plan
    from dosing.asked import Asked
    from dosing.dose.amount import Amount, Order
    from dosing.dose.sheet import Line
    from dosing.dose.steps import Step
    from dosing.regimen.facts import Minutes

_INDENT = "    "


@click.command()
@click.argument("name", metavar="ID|DRUG")
@options.only_phases
@options.measurements
@options.factors
@options.practice
@options.reductions
@options.choices
@click.option("--dose", "dose_text", metavar="DOSE", help="With a drug's name: the dose, such as 27mg/m2.")
@click.option("--products", is_flag=True, help="Also what to draw up, open and count, from the drug's file.")
@click.option("--explain", is_flag=True, help="Every step with its label, products, limits; and doses, days and totals by cycle.")
@click.option("--compare-formula", is_flag=True, help="Where another body-surface formula moves an amount by more than 5 %.")
@click.option("--compare", metavar="ID", help="Where the regimen departs from another one.")
def dose(name: str, dose_text: str | None, products: bool, explain: bool, compare_formula: bool, compare: str | None, **given: Any) -> None:
    """The amount of each administration of a regimen, or of one dose of a drug (with --dose), with every step.

    Fails where nobody stated a dose: no amount is ever made up.
    """
    chosen = options.Chosen(given)
    asked = chosen.asked()
    show = _Show(products=products or explain, explain=explain)
    if dose_text is not None:
        _one(name, dose_text, chosen, asked, show)
        return
    _no_drug(name)
    plan, course, practice = chosen.plan(name), asked.course(), asked.practice()
    made = plan.sheet(course=course, practice=practice, phases=given["phases"])
    tell(f"note: {line}" for line in made.notes)
    lines = [text for line in made.sheet.lines for text in show.line(line)]
    if explain:
        lines += ["", *_by_cycle(plan, asked, given["phases"])]
    if compare_formula:
        lines += ["", *_formulas(made.sheet.lines, asked)]
    if compare:
        lines += ["", *options.compared(plan, compare)]
    write("".join(f"{line}\n" for line in lines).encode(), output=None, force=False)
    made.sheet.require()


def _no_drug(name: str) -> None:
    """Raise DoseError where a drug is named without a dose."""
    from dosing.regimen.library import find_drug, is_path, regimen_ids

    if is_path(name) or name in regimen_ids():
        return
    with suppress(RegimenError):
        drug = find_drug(name)
        raise DoseError(f"{drug.id} is a drug; say which dose of it with --dose, such as --dose 27mg/m2, or name a regimen")


def _one(name: str, text: str, chosen: options.Chosen, asked: "Asked", show: "_Show") -> None:
    from dosing.dose.single import single
    from dosing.regimen.library import find_drug
    from dosing.units import parse_dose

    if any(chosen.options[key] for key in ("variants", "proxies", "values", "base", "base_days", "phases", "rule", "reduce")):
        raise RegimenError(
            "--dose goes with a drug's name; --variant, --proxy, --set, --base, --base-days, --phase, --rule and --reduce go with "
            "a regimen's"
        )
    try:
        asked_for = parse_dose(text)
    except ValueError as error:
        raise DoseError(f"--dose: {error}") from None
    made = single(find_drug(name), asked_for, course=asked.course(), practice=asked.practice())
    tell(["note: one administration of this dose; how often it is given is not part of this calculation"])
    tell(f"note: {line}" for line in made.said)
    lines = [f"{made.order.drug.shown} {made.order.dose}: {made.amount}", *show.steps(made.order, made.amount, "", None)]
    write("".join(f"{line}\n" for line in lines).encode(), output=None, force=False)


class _Show:
    """How a calculation is printed."""

    def __init__(self, *, products: bool, explain: bool) -> None:
        self._products, self._explain = products, explain

    def line(self, line: "Line") -> Iterator[str]:
        """One distinct amount of a regimen."""
        where = f" {line.where}" if line.where else ""
        mark = " UNVERIFIED" if line.dose.unverified else ""
        origin = f" from {line.dose.origin}" if line.dose.origin.kind != "regimen" else ""
        name = line.order.drug.shown if line.activity == line.order.drug.id else line.activity
        head = f"{line.phase} {name}{where}: {line.order.dose} [{line.dose.source}]{origin}{mark}"
        yield f"{head} -> {line.amount} per administration"
        yield from self.steps(line.order, line.amount, line.route, line.over)

    def steps(self, order: "Order", amount: "Amount", route: str, over: "Minutes | None") -> Iterator[str]:
        """The steps below it, indented."""
        from dosing.dose.explain import explained

        products: tuple[Step, ...] = ()
        if self._products:
            from dosing.dose.product import product_steps

            products = product_steps(amount, order.drug, route=route, over=over)
        if self._explain:
            yield from (f"{_INDENT}{text}" for text in explained(order, amount, products))
        else:
            yield from (f"{_INDENT}{step.text}" for step in (*amount.steps, *products))


def _by_cycle(plan: "Plan", asked: "Asked", phases: Any) -> Iterator[str]:
    from dosing.dose.summary import lines_of

    yield "By cycle: what is given in a day and what is given in a cycle are different numbers"
    yield from lines_of(plan.summary(course=asked.course(), practice=asked.practice(), phases=phases))


def _formulas(lines: "tuple[Line, ...]", asked: "Asked") -> Iterator[str]:
    from dosing.dose.explain import NOTABLE, compare_formulas

    found = compare_formulas(lines, asked.patient(), formula=asked.practice().formula)
    yield f"Other body-surface formulas ({', '.join(found.looked_at)})"
    yield from (f"{_INDENT}{other}" for other in found.others)
    if not found.others:
        yield f"{_INDENT}none moves an amount by more than {NOTABLE} %"
    if found.left_out:
        yield f"{_INDENT}not looked at without --sex: {', '.join(found.left_out)}"
