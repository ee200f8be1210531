"""Rounding of amounts: to the nearest multiple of a step, halves up."""

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_UP, Context, Decimal

# Roots and powers are right to about 40 digits; what stands behind the 30th is noise, and must not tip a half either way.
CLEAN = Context(prec=30, rounding=ROUND_HALF_UP)
UNLIMITED = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


def half_up(value: Decimal, *, step: Decimal) -> Decimal:
    """The multiple of `step` nearest to `value`; of two equally near, the larger: 1.25 in steps of 0.1 is 1.3, 1.2499 is 1.2.

    Whole-number arithmetic on the 30 significant digits of `value`: no binary fraction, no rounding to even.
    Raises ValueError for a value that is negative or not finite, and for a step that is not above zero.
    """
    if not value.is_finite() or value < 0:
        raise ValueError(f"{value} can't be rounded: it must be a number, zero or above")
    if not step.is_finite() or step <= 0:
        raise ValueError(f"can't round in steps of {step}: it must be a number above zero")
    number, parts = CLEAN.plus(value).as_integer_ratio()
    size, pieces = step.as_integer_ratio()
    # value / step + 1/2, rounded down
    multiples = (2 * number * pieces + parts * size) // (2 * parts * size)
    return UNLIMITED.multiply(Decimal(multiples), step)
