"""One block of the table of patients read: ids, starts and sizes as arrays, and who needs a second look by the one-patient path.

A plain number within the usual range needs no second look. Everything else that stands in a cell (a unit, an unusual size, another
measurement) is read as for one patient, with the same errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dosing.cohort import people
from dosing.cohort.amounts import Sizes
from dosing.cohort.arrays import none, of_numpy, one, to_numpy
from dosing.cohort.columns import arrow
from dosing.cohort.sizes import Floats
from dosing.dose.measures import LIMITS
from dosing.errors import DosingError, PatientError

if TYPE_CHECKING:
    import pyarrow as pa

_PLAIN = r"^[0-9]{1,3}(\.[0-9]{1,9})?$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_EPOCH = date(1970, 1, 1)
# The sizes that are read as arrays, by their columns, with the measurement whose limits hold.
_SIZES = {"height_cm": "height", "weight_kg": "weight", "bsa_m2": "body surface"}
NO_DAY = np.iinfo(np.int32).min
# Starts from which no schedule leads out of the calendar.
_FIRST, _LAST = ((day - _EPOCH).days for day in (date(1000, 1, 1), date(3000, 1, 1)))


@dataclass(frozen=True, slots=True)
class Read:
    """One block, row by row.

    `starts` and `measured_on` count days from 1970-01-01 (`NO_DAY`: none). `pattern` is a number for what is given: whose differ have
    different templates. `second` are rows whose measurements the one-patient path must look at, `alone` those that it must draw,
    `errors` those that can't be used at all.
    """

    table: "pa.Table"
    starts: npt.NDArray[np.int32]
    measured_on: npt.NDArray[np.int32]
    sizes: Sizes
    pattern: npt.NDArray[np.int64]
    second: npt.NDArray[np.bool_]
    alone: npt.NDArray[np.bool_]
    errors: dict[int, DosingError] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.starts)

    def id(self, place: int) -> str:
        """The patient's id; empty where there is none."""
        return str(self.table.column(people.PATIENT_ID)[place].as_py() or "")

    def start(self, place: int) -> date:
        """The patient's cycle 1 day 1."""
        return _EPOCH + timedelta(int(self.starts[place]))

    def own(self, place: int) -> dict[str, str]:
        """The patient's own texts, by the names of the options."""
        row: Mapping[str, str | None] = {
            name: self.table.column(name)[place].as_py() for name in self.table.column_names if name in people.OWN
        }
        return people.own_texts(row)


def read_block(table: "pa.Table") -> Read:
    """A block of text, read. Errors of single rows are in `errors`."""
    errors: dict[int, DosingError] = {}
    starts = _days(table, people.START, errors)
    count = table.num_rows
    second = np.zeros(count, np.bool_)
    sizes = {}
    for name, what in _SIZES.items():
        sizes[name], odd = _numbers(table, name)
        second |= odd | _unusual(sizes[name], what)
    height, weight = sizes["height_cm"], sizes["weight_kg"]
    with np.errstate(invalid="ignore", divide="ignore"):
        second |= _unusual(weight * 10_000 / (height * height), "bmi")
    given = [name for name in table.column_names if name in people.OWN and name not in (people.PATIENT_ID, people.START)]
    present = {name: _present(table, name) for name in given}
    pattern = sum((present[name].astype(np.int64) << number for number, name in enumerate(given)), start=np.zeros(count, np.int64))
    for name in present.keys() - _SIZES.keys() - {"measured_on"}:
        second |= present[name]
    measured_on = _measured(table, starts, second)
    for place in np.flatnonzero(~_present(table, people.PATIENT_ID)):
        errors[int(place)] = PatientError("no patient_id is given; rows of doses are told apart by it")
    alone = (measured_on > starts) | (starts < _FIRST) | (starts > _LAST)
    return Read(table, starts, measured_on, Sizes(height, weight, sizes["bsa_m2"]), pattern, second, alone, errors)


def _present(table: "pa.Table", name: str) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = to_numpy(table.column(name).combine_chunks().is_valid())
    return found


def _days(table: "pa.Table", name: str, errors: dict[int, DosingError]) -> npt.NDArray[np.int32]:
    """The days of a column; what is no day is an error of its row."""
    pa = arrow()
    column = table.column(name).combine_chunks()
    try:
        plain = _matching(column, _DAY)
        days = pa.compute.if_else(plain, column, none(column.type)).cast(pa.date32())
    except pa.ArrowInvalid:
        plain, days = of_numpy(np.zeros(len(column), np.bool_)), pa.nulls(len(column), pa.date32())
    found: npt.NDArray[np.int32] = to_numpy(days.cast(pa.int32()).fill_null(one(np.int32(NO_DAY)))).copy()
    for place in np.flatnonzero(found == NO_DAY):
        try:
            found[place] = (people.read_start(column[int(place)].as_py()) - _EPOCH).days
        except DosingError as error:
            errors[int(place)] = error
    return found


def _measured(table: "pa.Table", starts: npt.NDArray[np.int32], second: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """The days of height and weight; what is no day is left to the one-patient path to refuse."""
    if "measured_on" not in table.column_names:
        return np.full(len(starts), NO_DAY, np.int32)
    wrong: dict[int, DosingError] = {}
    days = _days(table, "measured_on", wrong)
    days[~_present(table, "measured_on")] = NO_DAY
    second |= (days == NO_DAY) & _present(table, "measured_on")
    return days


def _matching(column: "pa.Array", pattern: str) -> "pa.Array":
    import pyarrow.compute as pc

    return pc.fill_null(pc.match_substring_regex(column, pattern), one(np.False_))


def _numbers(table: "pa.Table", name: str) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The numbers of a column, and where something else stands in it; not a number where nothing stands."""
    import pyarrow.compute as pc

    pa = arrow()
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan), np.zeros(table.num_rows, np.bool_)
    column = table.column(name).combine_chunks()
    plain = _matching(column, _PLAIN)
    values: Floats = to_numpy(pc.if_else(plain, column, none(column.type)).cast(pa.float64()).fill_null(one(np.float64("nan")))).copy()
    odd: npt.NDArray[np.bool_] = to_numpy(pc.and_(column.is_valid(), pc.invert(plain)))
    return values, odd


def _unusual(values: Floats, what: str) -> npt.NDArray[np.bool_]:
    """Where a measurement isn't well within what is usual; False where there is none."""
    limit = LIMITS[what]
    near = 1e-6
    with np.errstate(invalid="ignore"):
        found: npt.NDArray[np.bool_] = (values < float(limit.warn_below) + near) | (values > float(limit.warn_above) - near)
    return found
