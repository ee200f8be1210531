"""The Calvert formula against published tables."""

from decimal import Context, Decimal, localcontext

import pytest

from dosing.dose.calvert import calvert
from dosing.errors import PatientError


@pytest.mark.parametrize(
    ("auc", "gfr", "mg"),
    [
        ("5", "90", "575"),
        ("4", "50", "300"),
        ("4", "75", "400"),
        ("4", "100", "500"),
        ("4", "125", "600"),
        ("5", "50", "375"),
        ("5", "75", "500"),
        ("5", "100", "625"),
        ("5", "125", "750"),
        ("6", "50", "450"),
        ("6", "75", "600"),
        ("6", "100", "750"),
        ("6", "125", "900"),
        ("5", "0", "125"),
        ("1.5", "52.083", "115.6245"),
    ],
)
def test_published_examples(auc: str, gfr: str, mg: str) -> None:
    assert calvert(auc=Decimal(auc), gfr_ml_min=Decimal(gfr)) == Decimal(mg)


def test_the_gfr_is_not_capped_unasked() -> None:
    assert calvert(auc=Decimal(5), gfr_ml_min=Decimal(160)) == 925


def test_the_caller_s_decimal_context_changes_nothing() -> None:
    with localcontext(Context(prec=2)):
        assert calvert(auc=Decimal("4.5"), gfr_ml_min=Decimal("91.25")) == Decimal("523.125")


@pytest.mark.parametrize("gfr", ["-1", "NaN", "Infinity", "sNaN"])
def test_an_impossible_gfr_is_refused(gfr: str) -> None:
    with pytest.raises(PatientError, match="the GFR in mL/min must be"):
        calvert(auc=Decimal(5), gfr_ml_min=Decimal(gfr))


@pytest.mark.parametrize("auc", ["0", "-5", "NaN", "Infinity", "sNaN"])
def test_an_impossible_auc_is_refused(auc: str) -> None:
    with pytest.raises(ValueError, match=r"AUC .* must be a number above zero"):
        calvert(auc=Decimal(auc), gfr_ml_min=Decimal(90))
