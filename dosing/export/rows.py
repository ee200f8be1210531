"""A dosed schedule as rows of plain values, for tables and files."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from dosing.dose.plausible import Grade
from dosing.dose.schedule import Dosed, DosedSchedule
from dosing.dose.steps import shown
from dosing.export.columns import columns
from dosing.regimen.facts import Fact, Minutes, Times
from dosing.schedule.entries import Entry
from dosing.schedule.gaps import Undated
from dosing.units import Quantity, plain

Cell = date | str | int | Decimal | None
Row = dict[str, Cell]

PLANNED, OPTIONAL = "planned", "optional"
# A spreadsheet runs text that begins like this as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NOTED = ("drug", "dose", "days", "cycle", "route", "over", "times", "max", "bsa_cap", "round", "percent", "at")


def rows(dosed: DosedSchedule, *, remedies: bool = True, trace: bool = False) -> list[Row]:
    """One row per entry in order of date, then one for each activity without a date; keys in the order of the columns.

    Without `remedies` the notes say what is missing and not how to supply it. `trace` adds the columns of the calculation.
    """
    gaps = {each.path: str(each) if remedies else each.text for each in dosed.schedule.missing}
    let_pass = [each for each in dosed.said if each.startswith(Grade.OVERRIDDEN.upper())]
    found = [_row(each, gaps, dosed.practice.site, let_pass) for each in dosed.rows]
    found += [_undated(each, dosed.practice.site) for each in dosed.schedule.undated]
    return [{column.name: row.get(column.name) for column in columns(trace=trace)} for row in found]


def text_of(cell: Cell) -> str:
    """A cell as text: no trailing zeros, no thousands separator, nothing that a spreadsheet would run."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return plain(cell)
    if isinstance(cell, (int, date)):
        return str(cell)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _row(dosed: Dosed, gaps: Mapping[str, str], site: str, let_pass: Iterable[str]) -> Row:
    entry, amount = dosed.entry, dosed.amount
    return {
        "date": entry.date,
        "phase": entry.phase,
        "cycle": entry.cycle,
        "day": entry.day,
        "activity": entry.activity,
        "kind": entry.kind,
        **_regimen_cells(entry.kind, entry.facts),
        **(_dose_cells(dosed.order.dose) if dosed.order else {}),
        "bsa_m2": Decimal(shown(amount.bsa_m2)) if amount and amount.bsa_m2 is not None else None,
        "amount": amount.value if amount else None,
        "amount_unit": amount.unit if amount else "",
        "status": entry.status or (OPTIONAL if entry.optional else PLANNED),
        "note": "; ".join([*notes(dosed, gaps), *(let_pass if dosed.order and dosed.order.computed and amount else ())]),
        **_calculation(dosed),
        "planned_on": entry.planned_on,
        "given_on": entry.given_on,
        **_given(dosed.given),
        "site": site,
    }


def _given(given: Quantity | None) -> Row:
    return {"given_amount": given.value, "given_unit": given.unit} if given else {"given_unit": ""}


def _calculation(dosed: Dosed) -> Row:
    """The cells that say how the amount came about."""
    amount = dosed.amount
    if amount is None:
        return {"rounding": "", "steps": ""}
    return {
        "rounding": amount.rounding,
        "deviation_pct": Decimal(shown(amount.deviation_pct)),
        "measured_on": dosed.measured_on,
        "exact_amount": None if amount.exact is None else Decimal(shown(amount.exact)),
        "steps": " | ".join(step.text for step in amount.steps),
    }


def _undated(undated: Undated, site: str) -> Row:
    return {
        "phase": undated.phase,
        "activity": undated.activity,
        "kind": undated.kind,
        **_regimen_cells(undated.kind, undated.facts),
        "amount_unit": "",
        "status": undated.status,
        "note": str(undated.missing),
        "rounding": "",
        "site": site,
        **_given(None),
        "steps": "",
    }


def _regimen_cells(kind: str, facts: Mapping[str, Fact[Any]]) -> Row:
    """The cells that repeat what the regimen says."""
    stated = {name: fact.stated for name, fact in facts.items()}
    dose, over, times = stated.get("dose"), stated.get("over"), stated.get("times")
    return {
        "drug": stated.get("drug") or "",
        "route": stated.get("route") or "",
        **_dose_cells(dose),
        "times_per_day": times.per_day if isinstance(times, Times) else 1 if kind == "drug" and "times" not in facts else None,
        "duration_min": over.low if isinstance(over, Minutes) and over.low == over.high else None,
    }


def _dose_cells(dose: object) -> Row:
    return {"dose": dose.value, "dose_unit": dose.unit} if isinstance(dose, Quantity) else {"dose": None, "dose_unit": ""}


def notes(dosed: Dosed, gaps: Mapping[str, str]) -> Iterator[str]:
    """What must be said of one entry: gaps (their words by path), where values come from, caps, and the regimen's own words."""
    entry = dosed.entry
    yield from (gaps[path] for path in _gap_paths(entry) if path in gaps)
    if dosed.why:
        yield dosed.why
    yield from _origins(entry.facts)
    if dosed.amount:
        yield from filter(None, [dosed.amount.basis, *(step.note for step in dosed.amount.steps)])
    yield from entry.why
    yield from dosed.warnings
    yield from _words(entry)


def _gap_paths(entry: Entry) -> Iterable[str]:
    facts = ((name, entry.facts.get(name)) for name in ("drug", "dose", "times"))
    unknown = (name for name, fact in facts if fact and not isinstance(fact.stated, (str, Quantity, Times)))
    return (f"{entry.phase}.{entry.activity}.{name}" for name in unknown)


def _origins(facts: Mapping[str, Fact[Any]]) -> Iterator[str]:
    """`dose, days from proxy nz-kpd [srl-kpd]`, `dose set by the user`, `unverified: cycle`."""
    groups: dict[str, list[str]] = {}
    for name in _NOTED:
        fact = facts.get(name)
        if fact is None:
            continue
        if fact.origin.kind == "user":
            groups.setdefault("set by the user", []).append(name)
        elif fact.origin.kind in ("proxy", "base", "rule"):
            groups.setdefault(f"from {fact.origin} [{fact.source}]", []).append(name)
        if fact.unverified:
            groups.setdefault("unverified", []).append(name)
    yield from (f"{', '.join(names)} {words}" for words, names in groups.items())


def _words(entry: Entry) -> Iterator[str]:
    if entry.over and entry.over.low != entry.over.high:
        yield f"over {entry.over}"
    if entry.times and entry.times.every_hours:
        yield f"every {entry.times.every_hours} hours"
    if entry.stated("when"):
        yield entry.stated("when")
    if entry.note:
        yield entry.note
