"""Two schedules side by side: the entries that differ, by their keys, whatever their dates."""

from collections.abc import Sequence
from dataclasses import dataclass

from dosing.dose.schedule import DosedSchedule
from dosing.export.rows import Row, rows, text_of

HEADINGS = ("Entry", "Date before", "Date after", "Dose before", "Dose after", "Status before", "Status after")
_GONE = "-"
# What makes a difference: dates, amounts and how they are given; no notes.
_SEEN = (
    "date",
    "drug",
    "route",
    "dose",
    "dose_unit",
    "amount",
    "amount_unit",
    "times_per_day",
    "duration_min",
    "status",
    "given_on",
    "given_amount",
    "given_unit",
)
_KEY = ("phase", "cycle", "day", "activity")


@dataclass(frozen=True, slots=True)
class Difference:
    """One entry as it is before and after; None where it isn't there at all."""

    before: Row | None
    after: Row | None

    @property
    def label(self) -> str:
        """`induction C2D8 carfilzomib`."""
        row = self.after or self.before or {}
        cycle = f"C{row['cycle']}" if row["cycle"] is not None else ""
        day = f"D{row['day']}" if row["day"] is not None else ""
        return " ".join(filter(None, (str(row["phase"]), cycle + day, str(row["activity"]))))


def differences(before: DosedSchedule, after: DosedSchedule) -> list[Difference]:
    """What differs, by date, with what has none last; visits of a series are told apart by their number."""
    old, new = _by_key(before), _by_key(after)
    found = [Difference(old.get(key), new.get(key)) for key in dict.fromkeys((*new, *old))]
    return sorted((each for each in found if _seen(each.before) != _seen(each.after)), key=_order)


def diff_table(found: Sequence[Difference]) -> list[tuple[str, ...]]:
    """The differences as lines of text cells under `HEADINGS`; what is the same after is written once more, so that each line is whole."""
    return [(each.label, *(cell for read in (_date, _dose, _status) for cell in (read(each.before), read(each.after)))) for each in found]


def _by_key(dosed: DosedSchedule) -> dict[tuple[object, ...], Row]:
    found: dict[tuple[object, ...], Row] = {}
    entries = [each.entry.n for each in dosed.rows] + [1] * len(dosed.schedule.undated)
    for row, n in zip(rows(dosed), entries, strict=True):
        found[(*(row[name] for name in _KEY), n)] = row
    return found


def _seen(row: Row | None) -> object:
    return [row.get(name) for name in _SEEN] if row else None


def _order(each: Difference) -> tuple[bool, str, str]:
    row = each.after or each.before or {}
    return row["date"] is None, text_of(row["date"]), each.label


def _date(row: Row | None) -> str:
    if row is None:
        return _GONE
    given = f" (given {row['given_on']})" if row.get("given_on") not in (None, row["date"]) else ""
    return (text_of(row["date"]) or _GONE) + given


def _dose(row: Row | None) -> str:
    if row is None:
        return _GONE
    cells = {name: text_of(cell) for name, cell in row.items()}
    amount = f"{cells['amount']} {cells['amount_unit']}" if cells["amount"] else f"{cells['dose']} {cells['dose_unit']}"
    times = f" x{cells['times_per_day']}" if cells["times_per_day"] not in ("", "1") else ""
    given = f" (given {cells['given_amount']} {cells['given_unit']})" if cells.get("given_amount") else ""
    return f"{amount.strip() or _GONE}{times}{given}"


def _status(row: Row | None) -> str:
    return text_of(row["status"]) if row else _GONE
