"""Per drug and cycle: how many doses on how many days, and what one dose, one day and the whole cycle come to.

The amount of a day and that of a cycle stand in every line, each by its name: taking one for the other has killed patients. Beside them
stand the vials to open, or the tablets and capsules to count. Only what counts is counted: what stands as it is planned, and what was given
with the amount that was given.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from dosing.dose.oral import Units, make_up, name_days_off, name_runs, together
from dosing.dose.preparation import waste_in_words
from dosing.dose.product import ORAL, oral_forms, routes_of, units_in_words
from dosing.dose.rounding import half_up
from dosing.dose.schedule import Dosed
from dosing.dose.steps import cited
from dosing.dose.tally import Counted, Given, Line, Opened, Part, Taken, Tally, numbered, plus, same, tally
from dosing.dose.vials import Vials, open_vials
from dosing.regimen.drug import Drug
from dosing.regimen.facts import Fact
from dosing.schedule.timeline import Placed
from dosing.units import Quantity

_HEADINGS = ("Phase", "Cycle", "Drug", "Days", "On days", "Dose", "Amount", "Total a day", "Total a cycle", "Ordered a cycle")
_USED = ("drug", "dose", "days", "times", "cycle", "max", "bsa_cap", "round", "percent")
_MARK = "UNVERIFIED"
_TENTH = Decimal("0.1")


# -- from rows to lines -------------------------------------------------------------------------------------------


def summary(
    rows: Sequence[Dosed], *, drug_of: Callable[[str], Drug], phases: Mapping[str, Placed], until: date | None = None
) -> tuple[Line, ...]:
    """A line for each drug and cycle of a phase, in order of phase and first dose; following cycles that are the same are one line.

    What was held, left out or not given is not in it: a cycle in which nothing counts has no line.
    `drug_of` gives a drug by its id, as it is at the site; `phases` are those of the schedule. `until` is the last day drawn, where one
    was asked for: a cycle that goes on after it says so. Optional doses stand in lines of their own; assessments have none.
    Raises DoseError where a drug's vials or strengths can't be counted.
    """
    groups: dict[tuple[str, str, bool], list[Dosed]] = {}
    for row in rows:
        if row.entry.kind == "drug" and row.entry.counts:
            groups.setdefault((row.entry.phase, row.entry.drug or f"?{row.entry.activity}", row.entry.optional), []).append(row)
    order = {phase: number for number, phase in enumerate(dict.fromkeys(phase for phase, _, _ in groups))}
    drawn = {phase: max(row.entry.cycle or 1 for row in rows if row.entry.phase == phase) for phase in order}
    lines: list[Line] = []
    for phase, drug, optional in sorted(groups, key=lambda key: order[key[0]]):
        own = groups[phase, drug, optional]
        found = _of_drug(own, drug_of(drug) if own[0].entry.drug else None, phases[phase], until)
        lines += [replace(line, drawn=drawn[phase]) for line in found]
    return tuple(lines)


def _of_drug(rows: Sequence[Dosed], drug: Drug | None, placed: Placed, until: date | None) -> list[Line]:
    """The lines of one drug in one phase."""
    cycles: dict[int | None, list[Dosed]] = {}
    for row in rows:
        cycles.setdefault(row.entry.cycle, []).append(row)
    lines: list[Line] = []
    for number, own in cycles.items():
        line = _of_cycle(number, own, drug, placed, until)
        before = lines[-1] if lines else None
        if before and number is not None and before.last == number - 1 and replace(before, first=number, last=number) == line:
            lines[-1] = replace(before, last=number)
        else:
            lines.append(line)
    return _with_products(lines, drug) if drug else lines


def _of_cycle(number: int | None, rows: Sequence[Dosed], drug: Drug | None, placed: Placed, until: date | None) -> Line:
    entry = rows[0].entry
    length, drawn_to = _extent(number, placed, until)
    on: dict[int, list[Given]] = {}
    for row in rows:
        on.setdefault(row.entry.day or 0, []).append(_given(row))
    kinds: dict[tuple[Given, ...], list[int]] = {}
    for day, given in on.items():
        kinds.setdefault(tuple(given), []).append(day)
    parts = tuple(Part(tuple(days), given) for given, days in kinds.items())
    name = drug.shown if drug else f"{entry.activity} (drug not stated)"
    of = None if placed.continues else len(placed.cycles)
    return Line(entry.phase, entry.drug, name, entry.optional, number, number, length, drawn_to, 1, of, parts)


def _extent(number: int | None, placed: Placed, until: date | None) -> tuple[int, date | None]:
    """How many days a cycle has as drawn, and the day at which it was cut, if it was."""
    cycle = next(each for each in placed.cycles if number is None or each.number == number)
    end = min(cycle.last, placed.last or cycle.last)
    cut = until if until and until < end else None
    return ((cut or end) - cycle.first + timedelta(1)).days, cut


def _given(row: Dosed) -> Given:
    entry, order, amount = row.entry, row.order, row.amount
    unverified = any(fact.unverified for name in _USED if (fact := entry.facts.get(name)))
    marked = amount is not None and any(_MARK in step.text for step in amount.steps)
    planned = Quantity(amount.value, amount.unit) if amount else None
    recorded = row.given is not None and (planned is None or not same(row.given, planned))
    return Given(
        activity=entry.activity,
        route=entry.route,
        dose=order.dose if order else None,
        percent=order.percent.stated if order and order.percent else None,
        amount=row.given if recorded else planned,
        times=entry.times.per_day if entry.times else None if "times" in entry.facts else 1,
        why="" if amount or recorded else row.why or (f"the dose is stated as `{entry.dose}`" if entry.dose else "no dose is stated"),
        unverified=not recorded and (unverified or marked),
        recorded=recorded,
    )


# -- products -----------------------------------------------------------------------------------------------------


def _with_products(lines: Sequence[Line], drug: Drug) -> list[Line]:
    """The lines of a drug in a phase, each with what is opened or counted for it."""
    made = [replace(line, opened=tuple(_opened(line, drug)), counted=tuple(_counted(line, drug))) for line in lines]
    for form in oral_forms(drug):
        cycles = [(each.a_cycle, _cycles(line)) for line in made for each in line.counted if each.form == form]
        known = [(units, times) for units, times in cycles if units]
        total = together(known) if len(known) == len(cycles) else None
        made = [replace(line, counted=tuple(_in_phase(each, form, total) for each in line.counted)) for line in made]
    return made


def _in_phase(counted: Counted, form: str, total: Units | None) -> Counted:
    return replace(counted, in_phase=total) if counted.form == form else counted


def _cycles(line: Line) -> int:
    return 1 if line.first is None or line.last is None else line.last - line.first + 1


def _by_route(line: Line, drug: Drug, *, oral: bool) -> tuple[str, list[tuple[Part, tuple[Given, ...]]]]:
    """The doses that may go by mouth, or otherwise, part by part; and the routes in words: `PO`, `IV (if not PO)`."""
    may: dict[str, None] = {}
    stated: dict[str, None] = {}
    found: list[tuple[Part, tuple[Given, ...]]] = []
    for part in line.parts:
        fitting = []
        for each in part.given:
            routes = routes_of(each.route, drug)
            wanted = [route for route in routes if (route == ORAL) == oral]
            if wanted:
                fitting.append(each)
                may |= dict.fromkeys(wanted)
                stated |= dict.fromkeys(routes)
        if fitting:
            found.append((part, tuple(fitting)))
    others = " or ".join(route for route in stated if route not in may)
    return f"{' or '.join(may)}{f' (if not {others})' if others else ''}", found


def _opened(line: Line, drug: Drug) -> Iterator[Opened]:
    """The vials of a cycle for what doesn't go by mouth."""
    if not drug.vials or not drug.vials.stated:
        return
    routes, found = _by_route(line, drug, oral=False)
    each = [(given.mass, given.times, len(part.days)) for part, doses in found for given in doses]
    drawn = [
        (open_vials(mass, sizes=drug.vials.stated, drug=drug.id), times * days) for mass, times, days in each if mass is not None and times
    ]
    if not drawn:
        return
    units = together((Units(vials.vials), times) for vials, times in drawn)
    left_out = tally(each)
    amount_mg = plus(None, Quantity(Decimal(0), "mg"), 0)
    for vials, times in drawn:
        amount_mg = plus(amount_mg, Quantity(vials.amount_mg, "mg"), times)
    yield Opened(routes, Vials(amount_mg.value, units.units), replace(left_out, sums=()), cited(drug.vials))


def _counted(line: Line, drug: Drug) -> Iterator[Counted]:
    """The tablets and the capsules of a cycle for what goes by mouth."""
    routes, found = _by_route(line, drug, oral=True)
    if not any(given.mass for _, doses in found for given in doses):
        return
    for form, fact in oral_forms(drug).items():
        taken = tuple(_taken(part, doses, fact, drug) for part, doses in found)
        known = [(each.a_day, len(each.days)) for each in taken if each.a_day]
        a_cycle = together(known) if len(known) == len(taken) else None
        yield Counted(routes, form, taken, a_cycle, None, _days_off(line), cited(fact))


def _taken(part: Part, doses: Sequence[Given], fact: Fact[tuple[Quantity, ...]], drug: Drug) -> Taken:
    made = [make_up(each.mass, strengths=fact.stated or (), drug=drug.id) if each.mass else None for each in doses]
    a_day = [(each.units, given.times) for each, given in zip(made, doses, strict=True) if each]
    known = [(units, times) for units, times in a_day if units and times]
    return Taken(part.days, tuple(each for each in made if each), together(known) if len(known) == len(doses) else None)


def _days_off(line: Line) -> str:
    """The days off in words, where days count from 1."""
    return name_days_off(line.days, cycle_days=line.length) if line.days[0] >= 1 else ""


# -- in words -----------------------------------------------------------------------------------------------------


def lines_of(lines: Sequence[Line], *, horizon: bool = True) -> list[str]:
    """The summary for people: a table, then what lacks an amount, then vials, tablets and capsules.

    Without a `horizon` nobody asked for so many cycles: a phase that goes on has no totals then.
    """
    if not lines:
        return ["nothing to count: no drug is on a day that is stated, or none of them is given"]
    table = [_HEADINGS, *(row for line in lines for row in _rows(line))]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    drawn = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    said = [*_unfinished(lines, horizon), *(text for line in lines for text in (*_lacking(line), *_products(line)))]
    whole = [text for at, line in enumerate(lines) if horizon or line.of is not None for text in _whole_phase(lines, at, line)]
    return [*drawn, *([""] if said or whole else []), *said, *whole]


def _rows(line: Line) -> Iterator[tuple[str, ...]]:
    """One row for each kind of day; the totals of a cycle stand in each."""
    doses = f" ({numbered(line.doses, 'dose')})" if line.doses and line.a_cycle.sums else ""
    cut = f" (drawn to {line.drawn_to})" if line.drawn_to else ""
    for part in line.parts:
        marked = f" {_MARK}" if any(each.unverified for each in part.given) else ""
        yield (
            line.phase,
            f"{line.cycles}{cut}",
            f"{line.name} (optional)" if line.optional else line.name,
            str(len(part.days)),
            name_runs(part.days).partition(" ")[2],
            " + ".join(f"{_dose(each)}{_times(each)}" for each in part.given),
            " + ".join(f"{each.amount or 'no amount'}{_times(each)}{' given' if each.recorded else ''}" for each in part.given) + marked,
            str(part.a_day),
            f"{line.a_cycle}{doses}",
            str(line.ordered),
        )


def _dose(given: Given) -> str:
    if given.dose is None:
        return "not stated"
    return f"{given.percent} of {given.dose}" if given.percent else str(given.dose)


def _times(given: Given) -> str:
    return " x?" if given.times is None else f" x{given.times}" if given.times > 1 else ""


def _unfinished(lines: Sequence[Line], horizon: bool) -> Iterator[str]:
    """Which phases have more cycles than are counted here."""
    for phase, line in {line.phase: line for line in lines if line.first is not None}.items():
        if line.of is None:
            as_many = "counted here" if horizon else "here as many as show all that changes"
            yield f"{phase} goes on; {as_many}: {numbered(line.drawn, 'cycle')}"
        elif line.drawn < line.of:
            yield f"{phase} has {numbered(line.of, 'cycle')}; counted here: the first {line.drawn}"


def _lacking(line: Line) -> Iterator[str]:
    """Why doses have no amount, or can't be counted."""
    for part in line.parts:
        for each in part.given:
            if each.times is None:
                yield f"{_where(line)}: on {name_runs(part.days)} nobody stated how many doses there are in a day"
            elif each.amount is None:
                yield f"{_where(line)}: {numbered(each.times * len(part.days), 'dose')} without an amount, {each.why}"


def _products(line: Line) -> Iterator[str]:
    for opened in line.opened:
        waste = waste_in_words(opened.vials.waste_mg, opened.vials.waste_percent)
        lacks = "".join(f"; {each} not in it" for each in opened.left_out.left_out())
        text = f"each dose from its own vials, the {line.span} opens {opened.vials}, {waste}{lacks}"
        yield f"{_where(line)}, {opened.route}: {text} {opened.source}"
    for counted in line.counted:
        yield f"{_where(line)}, {_as(counted, line)}: {'; '.join(_counts(line, counted))} {counted.source}"


def _counts(line: Line, counted: Counted) -> Iterator[str]:
    for each in counted.taken:
        days = f"{name_runs(each.days)}: " if len(counted.taken) > 1 else ""
        doses = " and ".join(units_in_words(made) for made in each.doses)
        yield f"{days}a dose {doses}, a day {each.a_day}" if each.a_day else f"{days}{doses or 'no amount'}"
    on = numbered(sum(len(each.days) for each in counted.taken), "day")
    yield f"the whole {line.span} {counted.a_cycle} on {on}" if counted.a_cycle else f"the whole {line.span} is not counted"
    if counted.days_off:
        yield counted.days_off


def _whole_phase(lines: Sequence[Line], at: int, line: Line) -> Iterator[str]:
    """The units for the phase as drawn, at the last line of a drug in it."""
    if line.first is None or any(_same_drug(line, other) for other in lines[at + 1 :]):
        return
    own = [each for each in lines if _same_drug(line, each) and each.counted]
    for counted in line.counted or (own[-1].counted if own else ()):
        cycles = ", ".join(dict.fromkeys(each.cycles for each in own))
        counted_in = (
            f"the whole phase, {cycles}," if line.of == line.drawn and not any(each.drawn_to for each in own) else f"{cycles} together"
        )
        total = counted.in_phase or "not counted, as some of it can't be"
        yield f"{line.phase} {line.name}, {_as(counted, own[-1])}: {counted_in} {total} {counted.source}"


def _as(counted: Counted, line: Line) -> str:
    """`PO, tablets`; `PO, if tablets` where there are capsules too, of which one or the other is taken."""
    return f"{counted.route}, {'if ' if len(line.counted) > 1 else ''}{counted.form}"


def _same_drug(one: Line, other: Line) -> bool:
    return (one.phase, one.drug, one.name, one.optional) == (other.phase, other.drug, other.name, other.optional)


def _where(line: Line) -> str:
    return f"{line.phase} {line.cycles} {line.name}"


# -- for machines -------------------------------------------------------------------------------------------------


def as_dicts(lines: Sequence[Line]) -> list[dict[str, object]]:
    """The summary as plain values; numbers stay decimals, and what isn't known is None or counted by name."""
    return [
        {
            "phase": line.phase,
            "first_cycle": line.first,
            "last_cycle": line.last,
            "days_in_cycle": line.length,
            "drawn_to": line.drawn_to,
            "cycles_drawn": line.drawn,
            "cycles_in_phase": line.of,
            "drug": line.drug or None,
            "optional": line.optional,
            "days": len(line.days),
            "doses": line.doses,
            "parts": [_part(part) for part in line.parts],
            "total_a_cycle": _tally(line.a_cycle),
            "ordered_a_cycle": _tally(line.ordered),
            "vials_a_cycle": [_vials(each) for each in line.opened],
            "units": [_units(each) for each in line.counted],
        }
        for line in lines
    ]


def _part(part: Part) -> dict[str, object]:
    given = [
        {
            "activity": each.activity,
            "route": each.route,
            "dose": _quantity(each.dose),
            "percent": each.percent.value if each.percent else None,
            "amount": _quantity(each.amount),
            "times_per_day": each.times,
            "why": each.why,
            "unverified": each.unverified,
            "recorded": each.recorded,
        }
        for each in part.given
    ]
    return {"on_days": list(part.days), "given": given, "total_a_day": _tally(part.a_day)}


def _quantity(quantity: Quantity | None) -> dict[str, object] | None:
    return {"value": quantity.value, "unit": quantity.unit} if quantity else None


def _tally(found: Tally) -> dict[str, object]:
    return {
        "sums": [_quantity(each) for each in found.sums],
        "doses_without_amount": found.without,
        "days_without_count": found.uncounted,
    }


def _vials(opened: Opened) -> dict[str, object]:
    return {
        "route": opened.route,
        "opened": _sizes(opened.vials.vials),
        "opened_mg": opened.vials.opened_mg,
        "waste_mg": opened.vials.waste_mg,
        "waste_percent": half_up(opened.vials.waste_percent, step=_TENTH),
        "doses_left_out": opened.left_out.without,
        "days_left_out": opened.left_out.uncounted,
        "source": opened.source,
    }


def _units(counted: Counted) -> dict[str, object]:
    by_day = [
        {
            "on_days": list(each.days),
            "a_dose": [_sizes(made.units.units) if made.units else None for made in each.doses],
            "a_day": _sizes(each.a_day.units) if each.a_day else None,
        }
        for each in counted.taken
    ]
    return {
        "route": counted.route,
        "form": counted.form,
        "by_day": by_day,
        "a_cycle": _sizes(counted.a_cycle.units) if counted.a_cycle else None,
        "in_phase": _sizes(counted.in_phase.units) if counted.in_phase else None,
        "days_off": counted.days_off,
        "source": counted.source,
    }


def _sizes(counted: Iterable[tuple[Quantity, int]]) -> dict[str, int]:
    return {str(size): count for size, count in counted}
