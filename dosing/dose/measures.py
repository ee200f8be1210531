"""The measurements of a patient: units, what no person can have, and what is usual. The one table of limits.

The limits are a convention of this project for adults. They are chosen so that usual slips are seen: inches taken for cm, pounds for kg,
height and weight exchanged, creatinine in the other unit. Published are: a BMI below 16 as an extreme limit and 40 as the start of the
highest class of obesity (World Health Organization), and a creatinine of about 0.7 mg/dL as low for a GFR estimated from it (Food and Drug
Administration, letter on carboplatin dosing, 2010). What no person can have is
refused whatever is overridden.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Limit:
    """Limits of one measurement in `unit`; each number itself still passes.

    Outside `least` to `most` it is refused: no person who is treated has it, and it is a slip of the pen or of the unit (`slip` helps).
    Where `why` is given there are two grades between: `why` is a sentence for who is stopped or warned, `hint` says how to mend it.
    """

    what: str
    unit: str
    least: Decimal
    stop_below: Decimal
    warn_below: Decimal
    warn_above: Decimal
    stop_above: Decimal
    most: Decimal
    why: str = ""
    hint: str = ""
    slip: str = ""


def _limit(what: str, unit: str, numbers: str, *, why: str = "", hint: str = "", slip: str = "") -> Limit:
    found = [Decimal(number) for number in numbers.split()]
    least, *grades, most = found
    stop_below, warn_below, warn_above, stop_above = grades or (least, least, most, most)
    return Limit(what, unit, least, stop_below, warn_below, warn_above, stop_above, most, why, hint, slip)


# Numbers: least, stop below, warn below, warn above, stop above, most; or least and most alone.
LIMITS: dict[str, Limit] = {
    limit.what: limit
    for limit in (
        _limit(
            "height",
            "cm",
            "40 100 140 210 250 275",
            why="hardly any adult is outside 140 to 210 cm, and a number below 100 is often one of inches, or the weight",
            hint="check the height and its unit",
            slip="bare numbers are cm; give the unit otherwise, such as 1.70m or 5ft7in",
        ),
        _limit(
            "weight",
            "kg",
            "1 25 35 200 350 650",
            why="hardly any adult is outside 35 to 200 kg, and a high number is often one of pounds, or the height",
            hint="check the weight and its unit",
            slip="bare numbers are kg; give the unit otherwise, such as 154lb",
        ),
        _limit(
            "bmi",
            "kg/m2",
            "0 12 16 40 70 10000",
            why="below 16 is severe thinness and from 40 on severe obesity, and a weight in pounds taken for kg gives more than 40 from a "
            "BMI of 18.2 on",
            hint="check height and weight together with their units",
        ),
        _limit(
            "age",
            "years",
            "0 1 18 100 120 1000",
            why="the formulas here are for adults, and nobody of more than 120 years is treated",
            hint="check the date of birth",
        ),
        _limit(
            "creatinine",
            "mg/dL",
            "0 0.2 0.7 4 20 1000",
            why="a low creatinine can make the kidneys look better than they are (little muscle, or the method of the laboratory), a high "
            "one is kidney failure, and a number in the other unit is 88 times too high or too low",
            hint="check the creatinine and its unit, mg/dL or umol/L",
        ),
        _limit("body surface", "m2", "0.1 4"),
        _limit("GFR", "mL/min", "1 300"),
        _limit("creatinine clearance", "mL/min", "0 1000"),
        _limit("bilirubin", "mg/dL", "0 100"),
    )
}

# Those that have two grades.
GRADED: dict[str, Limit] = {what: limit for what, limit in LIMITS.items() if limit.why}
