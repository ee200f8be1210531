"""`dosing dose`: the amount of one administration, with the whole calculation."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from dosing.cli import options
from dosing.cli.write import fold_below, head, tell, write
from dosing.errors import DoseError, RegimenError

if TYPE_CHECKING:
    from dosing.api import ChosenRegimen
    from dosing.asked import Asked
    from dosing.dose.course import Course
    from dosing.dose.patient import Patient
    from dosing.dose.practice import Practice
    from dosing.dose.sheet import Line
    from dosing.dose.steps import Step
    from dosing.view import View

_INDENT = "    "
_BY_CYCLE = "By cycle: what is given in a day and what is given in a cycle are different numbers"


@click.command()
@click.argument("name", metavar="ID|DRUG|PLAN")
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

    Fails where nobody stated a dose: no amount is ever made up. Of a plan file the amounts are those of its schedule as it is now.
    """
    from dosing.plan.names import is_plan

    chosen = options.Chosen(given)
    asked = chosen.asked()
    show = _Show(products=products or explain, explain=explain)
    if dose_text is not None:
        if compare:
            raise RegimenError("--compare goes with a regimen; --dose goes with a drug's name")
        _one(name, dose_text, chosen, asked, show, compare_formula)
        return
    _no_drug(name)
    if is_plan(name):
        _of_plan(name, chosen.view(name), show, compare_formula, compare)
        return
    course, practice = asked.course(), asked.practice()
    plan = chosen.plan(name)
    departs = ["", *options.compared(plan, compare)] if compare else []
    made = plan.sheet(course=course, practice=practice, phases=given["phases"])
    tell(f"note: {line}" for line in made.notes)
    lines = [*head(practice.site, made.notes), *(_factors(course.patient) if explain else ())]
    lines += [text for line in made.sheet.lines for text in show.line(line)]
    if explain:
        lines += ["", *_by_cycle(plan, course, practice, given["phases"])]
    if compare_formula:
        lines += ["", *_formulas(made.sheet.lines, course.patient, practice.formula)]
    write("".join(f"{line}\n" for line in [*lines, *departs]).encode(), output=None, force=False)
    made.sheet.require()


def _of_plan(name: str, view: "View", show: "_Show", compare_formula: bool, compare: str | None) -> None:
    """The amounts of a plan, which hang on its dates: a new weight counts from a day on, and so does a reduction."""
    from dosing.dose.summary import lines_of

    found = options.treatment(name)
    drawn, made = found.schedule(view), found.sheet(view)
    departs = ["", *options.compared(found.regimen(), compare)] if compare else []
    tell(f"missing: {line}" for line in drawn.missing)
    tell(f"note: {line}" for line in made.notes)
    lines = [*head(drawn.dosed.practice.site, made.notes), *(_factors(found.patient_now()) if show.explains else ())]
    lines += [text for line in made.sheet.lines for text in show.line(line)]
    if show.explains:
        lines += ["", _BY_CYCLE, *fold_below(lines_of(drawn.summary()))]
    if compare_formula:
        if drawn.dosed.course.later:
            raise DoseError(f"{name} has several weights, and --compare-formula goes by one; leave it out")
        lines += ["", *_formulas(made.sheet.lines, drawn.dosed.course.patient, drawn.dosed.practice.formula)]
    write("".join(f"{line}\n" for line in [*lines, *departs]).encode(), output=None, force=False)
    made.sheet.require()


def _no_drug(name: str) -> None:
    """Raise DoseError where a drug is named without a dose."""
    from dosing.regimen.library import find_drug, is_path, regimen_ids

    if is_path(name) or name in regimen_ids():
        return
    with suppress(RegimenError):
        drug = find_drug(name)
        raise DoseError(f"{drug.id} is a drug; say which dose of it with --dose, such as --dose 27mg/m2, or name a regimen")


def _one(name: str, text: str, chosen: options.Chosen, asked: "Asked", show: "_Show", compare_formula: bool) -> None:
    from dosing.dose.sheet import Line
    from dosing.dose.single import single
    from dosing.regimen.facts import Fact
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
    course, practice = asked.course(), asked.practice()
    made = single(find_drug(name), asked_for, course=course, practice=practice)
    tell(["note: one administration of this dose; how often it is given is not part of this calculation"])
    if made.order.drug.rules:
        tell([f"note: {made.order.drug.id} has rules for age, kidneys, liver or the like; to a dose that you state none is applied"])
    tell(f"note: {line}" for line in made.said)
    line = Line("", made.order.drug.id, "", Fact(asked_for, "user"), made.order, made.amount, findings=made.findings)
    lines = [*head(practice.site, made.said), f"{line.name} {made.order.dose}: {made.amount}", *show.below(line)]
    if compare_formula:
        lines += ["", *_formulas((line,), course.patient, practice.formula)]
    write("".join(f"{each}\n" for each in lines).encode(), output=None, force=False)


def _factors(patient: "Patient") -> Iterator[str]:
    """What is known for rules by age, kidneys and liver, and how the clearance was found."""
    from dosing.dose.factors import describe_known, known
    from dosing.export.text import folded

    found = known(patient)
    if found.values:
        yield from folded(f"known for rules: {describe_known(found)}", hanging=len(_INDENT))
    for step in found.steps:
        yield from folded(f"{_INDENT}{step.text}{f' [{step.source}]' if step.source else ''}", hanging=2 * len(_INDENT))


class _Show:
    """How a calculation is printed."""

    def __init__(self, *, products: bool, explain: bool) -> None:
        self._products, self.explains = products, explain

    def line(self, line: "Line") -> Iterator[str]:
        """One distinct amount of a regimen."""
        where = f" {line.where}" if line.where else ""
        mark = " UNVERIFIED" if line.dose.unverified else ""
        kind = line.dose.origin.kind
        origin = f" from {line.dose.origin}" if kind != "regimen" else ""
        by = "set by the user" if kind == "user" else f"[{line.dose.source}]{origin}{mark}"
        yield f"{line.phase} {line.name}{where}: {line.order.dose} {by} -> {line.amount} per administration"
        yield from self.below(line)

    def below(self, line: "Line") -> Iterator[str]:
        """The limits that it passes and its steps, indented."""
        from dosing.dose.explain import WIDTH, explained
        from dosing.export.text import folded

        yield from (f"{_INDENT}{each.grade.upper()}: {each.note}" for each in line.findings)
        products: tuple[Step, ...] = ()
        if self._products:
            from dosing.dose.product import product_steps

            products = product_steps(line.amount, line.order.drug, route=line.route, over=line.over)
        if self.explains:
            for text in explained(line.order, line.amount, products):
                yield from folded(f"{_INDENT}{text}", hanging=len(_INDENT) + WIDTH)
        else:
            yield from (f"{_INDENT}{step.text}" for step in (*line.amount.steps, *products))


def _by_cycle(plan: "ChosenRegimen", course: "Course", practice: "Practice", phases: Any) -> Iterator[str]:
    from dosing.dose.summary import lines_of

    yield _BY_CYCLE
    yield from fold_below(lines_of(plan.summary(course=course, practice=practice, phases=phases), horizon=False))


def _formulas(lines: "Iterable[Line]", patient: "Patient", formula: str) -> Iterator[str]:
    from dosing.dose.explain import NOTABLE, compare_formulas

    if patient.bsa_m2 is not None:
        yield "Other body-surface formulas: none, the body surface was given"
        return
    found = compare_formulas(lines, patient, formula=formula)
    yield f"Other body-surface formulas ({', '.join(found.looked_at)})"
    yield from (f"{_INDENT}{other}" for other in found.others)
    if not found.others:
        yield f"{_INDENT}none moves an amount by more than {NOTABLE} %"
    if found.left_out:
        yield f"{_INDENT}not looked at without --sex: {', '.join(found.left_out)}"
