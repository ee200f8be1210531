"""The pattern that patients share: every row of one patient's schedule, with days counted from the start and amounts left to each.

A template is made from the schedule that the one-patient path gives for one of the patients. What differs between patients of a group is
the day (every date moves with the start), and the amount, its body surface, its deviation and what the note says of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from dosing.cohort.amounts import Way, shown_as, way_of
from dosing.cohort.bounds import Bounds, bounds_of
from dosing.cohort.pool import Pool
from dosing.dose.amount import Amount, Order
from dosing.dose.schedule import Dosed, DosedSchedule
from dosing.export.columns import COLUMNS
from dosing.export.rows import notes, rows
from dosing.regimen.facts import Length

Codes = npt.NDArray[np.int32]
# The number of a day that isn't there.
NO_DAY = np.iinfo(np.int32).min
_MARK = "\0"

DAYS = tuple(column.name for column in COLUMNS if column.type == "date" and column.name != "measured_on")
TEXTS = tuple(column.name for column in COLUMNS if column.type == "text")
WHOLES = tuple(column.name for column in COLUMNS if column.type == "whole")
# Of each patient's own; the other decimals are the same for all.
OWN = ("amount", "bsa_m2", "deviation_pct")
DECIMALS = tuple(column.name for column in COLUMNS if column.type == "decimal" and column.name not in OWN)


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """One order that several rows share, and how its amounts are found; `values` are those of OWN where they are the same for all.

    `rows` are the places of its rows; `before` and `after` what their notes say around what the amount itself has to say.
    """

    way: Way
    order: Order | None
    values: tuple[float, float, float]
    rows: npt.NDArray[np.intp]
    before: tuple[tuple[str, ...], ...] = ()
    after: tuple[tuple[str, ...], ...] = ()

    def notes(self, said: tuple[str, ...]) -> list[str]:
        """The notes of its rows, of an amount that has this to say."""
        around = list(zip(self.before, self.after, strict=True))
        joined = {each: "; ".join((*each[0], *said, *each[1])) for each in dict.fromkeys(around)}
        return [joined[each] for each in around]


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """Rows of a schedule: `days` counted from the start, `codes` of texts, `wholes` and `decimals` by column, `slot` of each row.

    `measured` are the days of the sizes that rows go by, counted from that of the patient's first measurement; in a template of one
    patient alone from the start, as there may be several. `said` is what a row's amount has to say in the pattern
    itself, by slot: other patients' rows are mended where theirs says something else.
    """

    days: Mapping[str, npt.NDArray[np.int32]]
    codes: Mapping[str, Codes]
    wholes: Mapping[str, npt.NDArray[np.int64]]
    decimals: Mapping[str, npt.NDArray[np.float64]]
    slot: npt.NDArray[np.int32]
    slots: list[Slot]
    measured: npt.NDArray[np.int32]
    said: list[tuple[tuple[str, ...], str]]
    bounds: Bounds
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    words: dict[tuple[int, int], tuple[tuple[str, ...], str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.slot)


def template_of(dosed: DosedSchedule, pools: Mapping[str, Pool], *, start: date, own: bool = False) -> Template:
    """The template of a schedule that begins on `start`; with `own`, one that holds for this patient alone, amounts and all."""
    table = rows(dosed)
    slots, slot = _slots(dosed, len(table), own=own)
    return Template(
        days={name: np.array([_day(row[name], start) for row in table], np.int32) for name in DAYS},
        codes={name: np.array([pools[name].code(row[name]) for row in table], np.int32) for name in TEXTS},
        wholes={name: np.array([_whole(row[name]) for row in table], np.int64) for name in WHOLES},
        decimals={name: np.array([_decimal(row[name]) for row in table], np.float64) for name in DECIMALS},
        slot=slot,
        slots=list(slots),
        measured=np.array([_day(row["measured_on"], start if own else row["measured_on"]) for row in table], np.int32),
        said=[_said_in(dosed, each) for each in slots],
        bounds=bounds_of(dosed, slot, slots),
        notes=dosed.notes,
        missing=tuple(str(each) for each in dosed.schedule.missing),
    )


def says(amount: Amount) -> tuple[tuple[str, ...], str]:
    """What the note of a row says of its amount, and its rounding."""
    return tuple(filter(None, (amount.basis, *(step.note for step in amount.steps)))), amount.rounding


def moves_with_start(value: Any) -> bool:
    """Whether a regimen, or any part of one, lies the same number of days after every start: it has no months, years or dates."""
    if isinstance(value, Length):
        return not value.months
    if isinstance(value, date):
        return False
    return all(map(moves_with_start, _inside(value)))


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, (tuple, list, set, frozenset)):
        yield from value
    elif hasattr(value, "__dataclass_fields__"):
        yield from (getattr(value, name) for name in value.__dataclass_fields__)


def _day(cell: object, start: Any) -> int:
    return (cell - start).days if isinstance(cell, date) else NO_DAY


def _whole(cell: object) -> int:
    return cell if isinstance(cell, int) else NO_DAY


def _decimal(cell: Any) -> float:
    return float("nan") if cell is None else float(cell)


# -- slots --------------------------------------------------------------------------------------------------------


def _slots(dosed: DosedSchedule, count: int, *, own: bool) -> tuple[tuple[Slot, ...], npt.NDArray[np.int32]]:
    """The slots, of which the first is for rows without an amount, and that of each row."""
    formula = dosed.practice.formula
    keys = [_key(row, formula, own=own) for row in dosed.rows]
    order = {key: number for number, key in enumerate(dict.fromkeys([None, *keys]))}
    slot = np.zeros(count, np.int32)
    slot[: len(keys)] = [order[key] for key in keys]
    gaps = {each.path: str(each) for each in dosed.schedule.missing}
    return tuple(_slot(dosed, np.flatnonzero(slot == number), key, gaps) for key, number in order.items()), slot


_Key = tuple[Way, int | tuple[float, float, float]] | None


def _key(row: Dosed, formula: str, *, own: bool) -> _Key:
    if row.amount is None or row.order is None:
        return None
    way = Way.CONSTANT if own else way_of(row.order, formula=formula)
    return (way, _known(row.amount)) if way is Way.CONSTANT else (way, id(row.order))


def _known(amount: Amount) -> tuple[float, float, float]:
    """The values of an amount; one without a body surface has none that equals itself, and needs a number to be told by."""
    value, bsa, deviation = shown_as(amount)
    return value, -1.0 if np.isnan(bsa) else bsa, deviation


def _slot(dosed: DosedSchedule, where: npt.NDArray[np.intp], key: _Key, gaps: Mapping[str, str]) -> Slot:
    nan = float("nan")
    if key is None:
        return Slot(Way.CONSTANT, None, (nan, nan, nan), where)
    way, known = key
    if isinstance(known, tuple):
        value, bsa, deviation = known
        return Slot(way, None, (value, nan if bsa < 0 else bsa, deviation), where)
    around = [_around(dosed.rows[number], gaps) for number in where]
    return Slot(way, dosed.rows[where[0]].order, (nan, nan, nan), where, *map(tuple, zip(*around, strict=True)))


def _around(row: Dosed, gaps: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a row's note says before and after what it says of the amount."""
    assert row.amount is not None
    marked = list(notes(replace(row, amount=replace(row.amount, basis=_MARK, steps=())), gaps))
    place = marked.index(_MARK)
    return tuple(marked[:place]), tuple(marked[place + 1 :])


def _said_in(dosed: DosedSchedule, slot: Slot) -> tuple[tuple[str, ...], str]:
    amount = dosed.rows[slot.rows[0]].amount if slot.order else None
    return says(amount) if amount else ((), "")
