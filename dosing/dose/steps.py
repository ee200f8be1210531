"""The steps of a calculation as they are kept for the reader."""

from dataclasses import dataclass
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from typing import Any

from dosing.regimen.facts import Fact
from dosing.units import plain

_SHOWN = Decimal("0.0001")
_TENTH = Decimal("0.1")
_SHOWING = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: which, in words, and the amount after it (None where the step changes the size, not the amount).

    `note` is what a schedule says of it: only where a cap was reached or something was changed, and without the patient's measurements.
    `source` is the key in sources.yaml of the formula used, where the text doesn't name it itself.
    """

    kind: str
    text: str
    value: Decimal | None = None
    note: str = ""
    source: str = ""


def shown(number: Decimal) -> str:
    """A size with four decimals for people, halves up; computations keep all of them."""
    return plain(number.quantize(_SHOWN, context=_SHOWING))


def signed_percent(percent: Decimal) -> str:
    """A deviation with its sign and one decimal, halves away from zero: `+5.3 %`, `-0.1 %`; `0 %` where nothing of it is left."""
    short = percent.quantize(_TENTH, context=_SHOWING)
    return f"{'+' if short > 0 else ''}{plain(short)} %" if short else "0 %"


def cited(*facts: Fact[Any] | None) -> str:
    """The sources of what a line says, each once, and whether one of the facts is unverified: `[empr-isa] [msuk-isa] UNVERIFIED`."""
    given = [fact for fact in facts if fact]
    keys = " ".join(f"[{source}]" for source in dict.fromkeys(fact.source for fact in given))
    return f"{keys} UNVERIFIED" if any(fact.unverified for fact in given) else keys
