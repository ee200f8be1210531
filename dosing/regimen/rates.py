"""The rates of an infusion as a label states them: so many mL/h for so many minutes, the last for the rest."""

import re
from dataclasses import dataclass
from decimal import Decimal

from dosing.units import parse_number, plain

_STEP = re.compile(r"([0-9.]+)\s*mL/h(?:\s+for\s+([0-9.]+)\s*min)?", re.ASCII)
_EXAMPLE = "50 mL/h for 30 min, 100 mL/h"


@dataclass(frozen=True, slots=True)
class RateStep:
    """A rate in mL/h, held for some minutes; None: for the rest of the infusion."""

    rate_ml_h: Decimal
    minutes: Decimal | None = None

    def __str__(self) -> str:
        rate = f"{plain(self.rate_ml_h)} mL/h"
        return rate if self.minutes is None else f"{rate} for {plain(self.minutes)} min"


Steps = tuple[RateStep, ...]


def parse_steps(text: str) -> Steps:
    """Read `50 mL/h for 30 min, 100 mL/h for 30 min, 200 mL/h`; only the last step may go without a time: it runs to the end.

    Raises ValueError with a message for people.
    """
    steps = tuple(_parse_step(part.strip()) for part in text.split(","))
    problem = problem_of(steps)
    if problem:
        raise ValueError(f"{text!r}: {problem}")
    return steps


def problem_of(steps: Steps) -> str:
    """What is wrong with the steps, in words; nothing where they make sense."""
    if not steps:
        return f"there is no rate; write rates as {_EXAMPLE}"
    for step in steps:
        if not _positive(step.rate_ml_h) or (step.minutes is not None and not _positive(step.minutes)):
            return f"{step} is not above zero"
    endless = next((step for step in steps[:-1] if step.minutes is None), None)
    return f"{endless} has no time, and rates follow it; say for how many min" if endless else ""


def _parse_step(text: str) -> RateStep:
    match = _STEP.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a rate with its time; write rates as {_EXAMPLE}")
    return RateStep(parse_number(match[1]), parse_number(match[2]) if match[2] else None)


def _positive(value: Decimal) -> bool:
    return value.is_finite() and value > 0
