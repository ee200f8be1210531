"""`dosing bsa`, `crcl`, `auc` and `round`: one calculation each, with every step."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from dosing.cli.write import tell, write
from dosing.errors import DoseError

if TYPE_CHECKING:
    from dosing.dose.bands import BandTable
    from dosing.dose.calculators import Answer, WeightKind
    from dosing.units import Quantity

T = TypeVar("T")

# Band tables have some hundred lines.

# The line \b keeps click from filling up the lines after it.
_POLICIES = """\b
Policies:
  measurable                  to the drug's measurable precision
  never                       not at all
  nearest 5 mg [within 5 %]   to a multiple
  vial size [within 10 %]     to the nearest total of whole vials
  whole vials up within 10 %  to the next such total above (down: below)
  stocked [within 10 %]       to the nearest total of tablets and capsules
  bands NAME [within 6 %]     to the dose of the band
"""

_override = click.option(
    "--override", multiple=True, metavar="WHAT", help="A measurement that is right though it looks like a slip, such as height; repeatable."
)


@click.command()
@click.option("--height", required=True, metavar="H", help="Height: 170 (cm), 1.70m, 5ft7in.")
@click.option("--weight", required=True, metavar="W", help="Weight: 70 (kg), 154lb.")
@click.option("--sex", default="", metavar="female|male", help="For the one formula that needs it.")
@click.option("--formula", default="mosteller", show_default=True, metavar="NAME", help="Body-surface formula.")
@click.option("--all", "every", is_flag=True, help="Every formula, one after the other.")
@_override
def bsa(height: str, weight: str, sex: str, formula: str, every: bool, override: tuple[str, ...]) -> None:
    """The body surface of an adult."""
    from dosing.dose.bodysize import find_formula
    from dosing.dose.calculators import surface, surfaces
    from dosing.dose.patient import read_height, read_weight

    given: dict[str, Any] = {"height_cm": read_height(height), "weight_kg": read_weight(weight), "sex": sex, "override": override}
    find_formula(formula)
    _say(*(surfaces(**given) if every else [surface(formula=formula, **given)]))


@click.command()
@click.option("--age", required=True, metavar="YEARS", help="Completed years, 18 or more.")
@click.option("--sex", required=True, metavar="female|male", help="Both formulas need it.")
@click.option("--weight", required=True, metavar="W", help="Weight on the scales: 70 (kg), 154lb.")
@click.option("--creatinine", required=True, metavar="VALUE", help="Serum creatinine with its unit: 1.1mg/dL, 97umol/L.")
@click.option("--height", metavar="H", help="Height, for an ideal or adjusted weight: 170 (cm), 1.70m, 5ft7in.")
@click.option(
    "--use",
    type=click.Choice(["actual", "ideal", "adjusted"]),
    default="actual",
    show_default=True,
    help="The weight that goes into the formula.",
)
@_override
def crcl(age: str, sex: str, weight: str, creatinine: str, height: str | None, use: str, override: tuple[str, ...]) -> None:
    """The creatinine clearance of an adult (Cockcroft-Gault), and for information the eGFR (CKD-EPI 2021)."""
    from dosing.dose.calculators import clearance
    from dosing.dose.kidney import read_age, read_creatinine
    from dosing.dose.patient import read_height, read_weight

    _say(
        *clearance(
            age_years=read_age(age),
            sex=sex,
            weight_kg=read_weight(weight),
            creatinine=read_creatinine(creatinine),
            height_cm=None if height is None else read_height(height),
            kind=cast("WeightKind", use),
            override=override,
        )
    )


@click.command()
@click.option("--auc", required=True, metavar="AUC", help="The target in mg/mL x min, such as 5.")
@click.option("--gfr", required=True, metavar="ML_MIN", help="Filtration rate in mL/min, not per 1.73 m2.")
@click.option("--cap-gfr", metavar="ML_MIN", help="The most to dose for, such as 125; for a rate estimated from creatinine.")
def auc(auc: str, gfr: str, cap_gfr: str | None) -> None:
    """The carboplatin dose for an AUC (Calvert)."""
    from dosing.dose.calculators import exposure
    from dosing.dose.patient import read_clearance
    from dosing.units import parse_number

    target = _read("--auc", auc, parse_number)
    cap: Decimal | None = None if cap_gfr is None else _read("--cap-gfr", cap_gfr, parse_number)
    _say(exposure(auc=target, gfr_ml_min=read_clearance(gfr), cap_ml_min=cap))


@click.command("round", epilog=_POLICIES)
@click.argument("amount", metavar="AMOUNT")
@click.option("--policy", required=True, metavar="TEXT", help="One of those listed below.")
@click.option("--drug", metavar="DRUG", help="The drug whose vials, strengths and precision count.")
@click.option("--bands", metavar="FILE.csv", help="A band table; the file's name without .csv is the table's NAME.")
def round_(amount: str, policy: str, drug: str | None, bands: str | None) -> None:
    """An amount, such as 760mg, rounded by a policy, and how far that leads from it.

    Beyond the policy's limit the amount is kept at measurable precision. A maximum for one administration is not looked at.
    """
    from dosing.dose.calculators import rounded
    from dosing.dose.policy import parse_policy
    from dosing.regimen.library import find_drug
    from dosing.units import parse_amount

    exact: Quantity = _read("AMOUNT", amount, parse_amount)
    tables = {} if bands is None else _table(bands)
    _say(rounded(exact, parse_policy(policy), drug=None if drug is None else find_drug(drug), bands=tables))


def _table(name: str) -> "dict[str, BandTable]":
    """The band table in a file, under the file's name. Raises RegimenError."""
    from dosing.dose.bands import read_table
    from dosing.regimen.library import read_file

    path = Path(name)
    return {path.stem: read_table(read_file(path), name=path.stem, file=name)}


def _read(what: str, text: str, reader: Callable[[str], T]) -> T:
    """What `reader` makes of the text. Raises DoseError, which names `what`, for a ValueError of it."""
    try:
        return reader(text)
    except ValueError as error:
        raise DoseError(f"{what}: {error}") from None


def _say(*answers: "Answer") -> None:
    """Answers on standard output, and each remark on a measurement once on standard error."""
    tell(dict.fromkeys(f"warning: {remark.message}" for answer in answers for remark in answer.remarks))
    write("".join(f"{line}\n" for answer in answers for line in answer.lines()).encode(), output=None, force=False)
