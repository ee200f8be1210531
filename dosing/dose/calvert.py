"""The carboplatin dose from kidney function."""

from decimal import Decimal

from dosing.errors import PatientError
from dosing.units import EXACT


def calvert(*, auc: Decimal, gfr_ml_min: Decimal) -> Decimal:
    """Calvert et al., J Clin Oncol 1989;7:1748: dose in mg = AUC in mg/mL x min x (GFR in mL/min + 25), nothing rounded.

    The GFR is used as given: whether to cap it, at 125 mL/min for example, is for the caller to say. Raises PatientError for a GFR that is
    negative or not a number, ValueError for an AUC that isn't above zero.
    """
    if not auc.is_finite() or auc <= 0:
        raise ValueError(f"AUC {auc} must be a number above zero")
    if not gfr_ml_min.is_finite() or gfr_ml_min < 0:
        raise PatientError("the GFR in mL/min must be a number, zero or above")
    return EXACT.multiply(auc, EXACT.add(gfr_ml_min, Decimal(25)))
