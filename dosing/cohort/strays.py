"""Changes of patients who are not in the table of patients: a delay that nobody gets must not be passed over in silence."""

from typing import TYPE_CHECKING

from dosing.cohort.changes import Changes
from dosing.cohort.people import PATIENT_ID
from dosing.cohort.rejected import Reject

if TYPE_CHECKING:
    import pyarrow as pa

_CODE = "change"
_SAID = "no row of the table of patients has this patient_id; mend it, or remove the change"


class Strays:
    """The changes, and those of them whose patients did not come yet."""

    def __init__(self, changes: Changes | None) -> None:
        self.changes = changes
        self._ids = {*changes.of, *(id for _, id, _ in changes.bad)} if changes else set()

    def meet(self, patients: "pa.Table") -> None:
        """Patients who came."""
        if self._ids:
            self._ids.difference_update(patients.column(PATIENT_ID).to_pylist())

    def rejects(self) -> tuple[Reject, ...]:
        """The changes whose patients never came, in the order of their rows."""
        if not self.changes:
            return ()
        left = [each for id in self._ids for each in self.changes.of.get(id, ())]
        found = [Reject(each.row, "changes", each.patient_id, PATIENT_ID, _CODE, _SAID) for each in left]
        found += [Reject(row, "changes", id, "", _CODE, str(error)) for row, id, error in self.changes.bad if id in self._ids]
        return tuple(sorted(found, key=lambda each: each.row))
