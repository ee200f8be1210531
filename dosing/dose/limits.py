"""Whether doses and amounts are likely and allowed: usual ranges, the most at once, a day, a cycle and in a lifetime, and the least gap.

A limit is a fact of the drug's file (or of the site): the limit itself passes, anything above it doesn't. What is found is a warning, a
stop, or a stop that somebody let pass; nothing here changes an amount.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Protocol

from dosing.dose.amount import Amount, Order
from dosing.dose.bodyweight import choose_weight
from dosing.dose.course import Course
from dosing.dose.measures import GRADED
from dosing.dose.patient import Patient
from dosing.dose.plausible import Grade
from dosing.dose.steps import cited, shown
from dosing.dose.weighing import latest
from dosing.errors import DoseError, PatientError, nearest
from dosing.regimen.drug import LIMITED, Drug, Limit
from dosing.regimen.facts import DoseRange, Fact
from dosing.schedule.entries import Entry
from dosing.units import EXACT, Quantity, plain

_DAY_HOURS = Decimal(24)
_NOTHING = Decimal(0)
# A dose so many times off is a slip of a decimal point or of a unit.
_SLIPS = (Decimal(10), Decimal(100), Decimal(1000))
_HUNDRED = Decimal(100)
# What counts as above a limit: 20 mg three times divided by 3 m2 is 20 mg/m2, whatever the 40th digit of a third makes of it.
HAIR = Decimal("1e-25")
_NO_AMOUNT = "no amount is known"
_OVER = {"single": "in one administration", "daily": "in a day", "cycle": "in a cycle", "lifetime": "in a lifetime"}
_COUNTED = {"single": "administrations", "daily": "days", "cycle": "cycles", "lifetime": ""}
_MENDED = "correct the dose, or pass `--override {}`, which every output then says"


class Row(Protocol):
    """What is looked at: an entry of a schedule with what was ordered and its amount (`dosing.dose.schedule.Dosed`)."""

    @property
    def entry(self) -> Entry:
        """The entry."""

    @property
    def amount(self) -> Amount | None:
        """The amount of one administration, if it is known."""

    @property
    def order(self) -> Order | None:
        """What was ordered: the dose after a reduction."""

    @property
    def measured_on(self) -> date | None:
        """The day of the size that the amount was computed with."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at. `name` is what an override names (`carfilzomib.usual`, `doxorubicin.lifetime`).

    `row` is the index of the first row from which it holds; None: it holds for no row in particular. `text` is for the person at the
    screen; `note` for every output, without the patient's measurements.
    """

    grade: Grade
    name: str
    row: int | None
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class _Given:
    """One row of a drug, as if it were given; `times` a day, None where that is not stated."""

    number: int
    row: Row
    drug: Drug
    times: int | None

    @property
    def date(self) -> date:
        return self.row.entry.date

    @property
    def on(self) -> str:
        """The day in words: `2026-01-05 (C1D1)`."""
        when = self.row.entry.when
        return f"{self.date} ({when})" if when else str(self.date)


@dataclass(frozen=True, slots=True)
class _Most:
    """A limit of a drug: for one of LIMITED, with the fact that states it."""

    drug: Drug
    kind: str
    fact: Fact[Limit]
    limit: Limit

    @property
    def name(self) -> str:
        return f"{self.drug.id}.{self.kind}"

    @property
    def unit(self) -> str:
        return self.limit.most.unit

    @property
    def together(self) -> str:
        """The class whose drugs are added up; one administration has one drug."""
        return "" if self.kind == "single" else self.limit.together

    def adds(self, other: Drug) -> bool:
        """Whether amounts of the other drug count too."""
        return other.id == self.drug.id or self.together in other.classes

    def names(self, drugs: Iterable[Drug]) -> list[str]:
        """What exposure before can be given for: the class and those of the drugs that count, or the drug alone."""
        return [self.together, *(each.id for each in drugs if self.adds(each))] if self.together else [self.drug.id]


@dataclass(slots=True)
class _Sums:
    """Amounts added up in a limit's unit, by what they are added up over; `passed` has the first dose above the limit in each.

    `before` is what was given before; `left` are doses that can't be counted, each with the reason.
    """

    before: Decimal
    totals: dict[Hashable, Decimal] = field(default_factory=dict)
    passed: dict[Hashable, _Given] = field(default_factory=dict)
    left: list[tuple[_Given, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Off:
    """A dose outside the usual ranges: on which side, how many times off, and which slip that may be (None: a warning only)."""

    dose: Quantity
    side: str
    ratio: Decimal
    slip: Decimal | None


def look(rows: Sequence[Row], *, drug_of: Callable[[str], Drug], course: Course) -> tuple[Finding, ...]:
    """What there is to say about the doses of a schedule, drug by drug in the order in which they first come.

    `drug_of` gives a drug by its id, as it is at the site. Optional entries count as given. One finding stands for all rows of the same
    kind of breach. Raises DoseError for an override that names no limit here, and for exposure before that nothing here can be added to.
    """
    given = _given(rows, drug_of)
    drugs = {each.drug.id: each.drug for each in given}
    check_override(course.override, drugs.values())
    _check_prior(course.prior, drugs.values())
    found: list[Finding] = []
    for drug in drugs.values():
        own = [each for each in given if each.drug.id == drug.id]
        found += _look_usual(drug, own, course.override)
        for most in _limits(drug):
            found += _look_limit(most, [each for each in given if most.adds(each.drug)], course)
        found += _look_spacing(drug, own, course.override)
    return (*found, *_unknown_before(drugs.values(), course.prior))


def require(findings: Iterable[Finding]) -> None:
    """Raise DoseError with all stops and what to do about each, if there is one."""
    stops = [f"{each.text}; {_MENDED.format(each.name)}" for each in findings if each.grade is Grade.STOP]
    if stops:
        raise DoseError("\n".join(stops))


def usual(drug: Drug, dose: Quantity, override: Collection[str] = ()) -> Finding | None:
    """What there is to say about one dose beside the drug's usual ranges; nothing inside or at an end of one, or without one in its unit.

    Outside is a warning, 10 times the highest end or a tenth of the lowest a stop. Raises DoseError for a dose not above zero.
    """
    off = _off(drug, dose)
    return _usual_finding(drug, off, override) if off else None


def check_override(override: Iterable[str], drugs: Iterable[Drug]) -> None:
    """Raise DoseError for a name that is neither a limit of one of the drugs nor a measurement."""
    known = [name for drug in drugs for name in _names(drug)]
    for name in sorted(override):
        if name not in known and name not in GRADED:
            have = f"they have {', '.join(known)}" if known else "they have none"
            raise DoseError(f"override of {name!r}: no drug here has such a limit{nearest(name, [*known, *GRADED])}; {have}")


def _names(drug: Drug) -> Iterator[str]:
    """What an override can name of a drug."""
    if drug.usual and drug.usual.stated:
        yield f"{drug.id}.usual"
    yield from (most.name for most in _limits(drug))
    if drug.spacing and drug.spacing.stated:
        yield f"{drug.id}.spacing"


def _limits(drug: Drug) -> Iterator[_Most]:
    for kind in LIMITED:
        fact = drug.limits.get(kind)
        if fact and fact.stated:
            yield _Most(drug, kind, fact, fact.stated)


def _given(rows: Sequence[Row], drug_of: Callable[[str], Drug]) -> list[_Given]:
    """Every row of a drug in the order of the dates."""
    drugs = {id: drug_of(id) for id in dict.fromkeys(row.entry.drug for row in rows) if id}
    found = [_Given(number, row, drugs[row.entry.drug], _times(row.entry)) for number, row in enumerate(rows) if row.entry.drug]
    return sorted(found, key=lambda each: each.date)


def _times(entry: Entry) -> int | None:
    """Administrations a day: one, unless the regimen says something else."""
    if "times" not in entry.facts:
        return 1
    return entry.times.per_day if entry.times else None


# -- usual doses --------------------------------------------------------------------------------------------------


def _look_usual(drug: Drug, own: Iterable[_Given], override: Collection[str]) -> Iterator[Finding]:
    kinds: dict[tuple[str, bool], list[tuple[_Off, _Given]]] = {}
    for each in own:
        dose = _dose(each.row)
        off = _off(drug, dose) if dose else None
        if off:
            kinds.setdefault((off.side, off.slip is None), []).append((off, each))
    for found in kinds.values():
        worst = max((off for off, _ in found), key=lambda off: off.ratio)
        first = found[0][1]
        yield _usual_finding(drug, worst, override, row=first.number, where=_where(first, len(found), "doses"))


def _dose(row: Row) -> Quantity | None:
    """The dose that is asked for. A percentage above 100 counts; one below is a reduction on purpose, and is told elsewhere."""
    dose = row.order.dose if row.order else row.entry.dose
    percent = row.order.percent.stated if row.order and row.order.percent else None
    if not isinstance(dose, Quantity):
        return None
    if percent is None or percent.value <= _HUNDRED:
        return dose
    return Quantity(EXACT.divide(EXACT.multiply(dose.value, percent.value), _HUNDRED), dose.unit)


def _off(drug: Drug, dose: Quantity) -> _Off | None:
    """How far the dose is outside the ranges of its own kind; None where it isn't, or there are none."""
    value = dose.value
    if not value.is_finite() or value <= 0:
        raise DoseError(f"{drug.id}: {dose} is no dose above zero; write `days: none` where the drug is not given")
    ranges = [_ends(each, dose.flat_unit) for each in _ranges(drug, dose)]
    if not ranges or any(low <= value <= high for low, high in ranges):
        return None
    bottom, top = min(low for low, _ in ranges), max(high for _, high in ranges)
    if bottom < value < top:
        return _Off(dose, "between", Decimal(1), None)
    above = value > top
    ratio = EXACT.divide(value, top) if above else EXACT.divide(bottom, value)
    # Compared by products, which are exact: a quotient may be rounded.
    slipped = value >= EXACT.multiply(top, _SLIPS[0]) if above else EXACT.multiply(value, _SLIPS[0]) <= bottom
    return _Off(dose, "above" if above else "below", ratio, _slip(value, ranges, ratio, above) if slipped else None)


def _ranges(drug: Drug, dose: Quantity) -> list[DoseRange]:
    stated = (drug.usual.stated if drug.usual else None) or ()
    return [each for each in stated if (each.high.per, each.high.kind) == (dose.per, dose.kind)]


def _ends(span: DoseRange, unit: str) -> tuple[Decimal, Decimal]:
    low, high = (Quantity(end.value, end.flat_unit).to(unit) for end in (span.low, span.high))
    return low, high


def _slip(value: Decimal, ranges: Iterable[tuple[Decimal, Decimal]], ratio: Decimal, above: bool) -> Decimal:
    """The power of ten that leads back into a range; where none does, the one nearest to how far off the dose is."""
    for slip in _SLIPS:
        back = EXACT.divide(value, slip) if above else EXACT.multiply(value, slip)
        if any(low <= back <= high for low, high in ranges):
            return slip
    # Half-way between 10 and 100, as factors go, is the root of 1000.
    squared = EXACT.multiply(ratio, ratio)
    return next((slip for slip in _SLIPS[:-1] if squared < EXACT.power(slip, 2) * 10), _SLIPS[-1])


def _usual_finding(drug: Drug, off: _Off, override: Collection[str], *, row: int | None = None, where: str = "") -> Finding:
    name = f"{drug.id}.usual"
    grade = graded(name, off.slip is not None, override)
    ranges = " or ".join(f"{plain(each.low.value)} to {each.high}" for each in _ranges(drug, off.dose))
    note = f"{drug.id} {off.dose} is {off.side} the usual {ranges} {cited(drug.usual)}{let_pass(grade)}"
    slip = f": about {plain(off.slip)}x, a unit or a decimal point may be wrong" if off.slip else ""
    return Finding(grade, name, row, f"{note}{slip}{where}", note)


# -- the most of a drug -------------------------------------------------------------------------------------------


def _look_limit(most: _Most, counted: Sequence[_Given], course: Course) -> Iterator[Finding]:
    """One finding where the limit is passed; else one where only a part of the doses could be looked at."""
    sums = _add_up(most, counted, course)
    if sums.passed:
        yield _limit_finding(most, sums, course.override)
    elif any(why != _NO_AMOUNT for _, why in sums.left) or 0 < len(sums.left) < len(counted):
        note = f"{most.drug.id}: the limit of {most.limit.most} {_OVER[most.kind]} {cited(most.fact)} can't be looked at for every dose"
        yield Finding(Grade.WARN, most.name, sums.left[0][0].number, f"{note}{_incomplete(sums.left)}", note)


def _add_up(most: _Most, counted: Sequence[_Given], course: Course) -> _Sums:
    """The sums that the limit is about, in the order of the dates."""
    lifetime = most.kind == "lifetime"
    sums = _Sums(_before(most, course.prior, {each.drug.id: each.drug for each in counted}.values()) if lifetime else _NOTHING)
    if lifetime:
        sums.totals[()] = sums.before
        if _above(sums.before, most):
            sums.passed[()] = counted[0]
    for each in counted:
        value, why = _counted_amount(each, most, course)
        if value is None:
            sums.left.append((each, why))
            continue
        span = _span(each, most.kind)
        sums.totals[span] = EXACT.add(sums.totals.get(span, _NOTHING), value)
        if _above(sums.totals[span], most):
            sums.passed.setdefault(span, each)
    return sums


def _above(total: Decimal, most: _Most) -> bool:
    return EXACT.subtract(total, most.limit.most.value) >= HAIR


def _span(each: _Given, kind: str) -> Hashable:
    """What is added up: one administration, a date, a cycle of a phase, or everything."""
    entry = each.row.entry
    spans: dict[str, Hashable] = {"single": each.number, "daily": each.date, "cycle": (entry.phase, entry.cycle), "lifetime": ()}
    return spans[kind]


def _counted_amount(each: _Given, most: _Most, course: Course) -> tuple[Decimal | None, str]:
    """What the row adds, in the limit's unit; or None, and why it can't be said."""
    found = each.row.amount
    if found is None:
        return None, _NO_AMOUNT
    amount = Quantity(found.value, found.unit)
    if amount.kind != most.limit.most.kind:
        return None, f"{amount.unit} can't be compared with {most.unit}"
    if most.kind == "cycle" and each.row.entry.cycle is None:
        return None, f"phase {each.row.entry.phase} has no cycles"
    times = 1 if most.kind == "single" else each.times
    if times is None:
        return None, "how often a day is not stated"
    value = EXACT.multiply(amount.to(most.limit.most.flat_unit), Decimal(times))
    if not most.limit.most.per:
        return value, ""
    size, what = (found.bsa_m2, "body surface") if most.limit.most.per == "m2" else (_weight_kg(each, course), "weight")
    return (None, f"the {what} it was computed with is not known") if size is None else (EXACT.divide(value, size), "")


def _weight_kg(each: _Given, course: Course) -> Decimal | None:
    """The weight that the amount was computed with or, where it went by something else, the one that it would have been."""
    kind = each.drug.weight.stated if each.drug.weight else None
    try:
        return choose_weight(kind or "actual", _measured(each, course)).kg
    except PatientError:
        return None


def _measured(each: _Given, course: Course) -> Patient:
    """The patient as measured for the row's amount; for one without a size, as measured last on its day."""
    order = each.row.order
    if not order or order.dose.per not in ("m2", "kg"):
        return latest(course, each.row.entry)
    return next((later for later in course.later if later.measured_on == each.row.measured_on), course.patient)


def _limit_finding(most: _Most, sums: _Sums, override: Collection[str]) -> Finding:
    grade = graded(most.name, most.limit.stop, override)
    first = min(sums.passed.values(), key=lambda each: (each.date, each.number))
    worst = f"{_readable(max(sums.totals.values()), most)} {most.unit} {_OVER[most.kind]}"
    of = f" ({plain(sums.before)} {most.unit} of it before)" if sums.before else ""
    said = f"above the limit of {most.limit.most}"
    passed = f"{cited(most.fact)}{let_pass(grade)}"
    joined = f"; class {most.together} is added up milligram for milligram, with no conversion between drugs" if most.together else ""
    text = f"{most.drug.id} {worst}{of} is {said} {passed}{_where(first, len(sums.passed), _COUNTED[most.kind])}{joined}"
    return Finding(grade, most.name, first.number, f"{text}{_incomplete(sums.left)}", f"{most.drug.id} {said} {_OVER[most.kind]} {passed}")


def _incomplete(left: Sequence[tuple[_Given, str]]) -> str:
    """How many doses don't count and why."""
    if not left:
        return ""
    reasons = ", ".join(dict.fromkeys(why for _, why in left))
    return f"; incomplete, {len(left)} {'dose is' if len(left) == 1 else 'doses are'} not counted: {reasons}"


def _readable(value: Decimal, most: _Most) -> str:
    """Four decimals, or all of them where four don't show that it is above the limit."""
    short = shown(value)
    return short if Decimal(short) > most.limit.most.value else plain(value)


# -- exposure before ----------------------------------------------------------------------------------------------


def _lifetimes(drugs: Iterable[Drug]) -> list[_Most]:
    return [most for drug in drugs for most in _limits(drug) if most.kind == "lifetime"]


def _check_prior(prior: Mapping[str, Quantity], drugs: Collection[Drug]) -> None:
    """Raise DoseError for exposure to what no lifetime limit here is about, or of less than nothing."""
    known = dict.fromkeys(name for most in _lifetimes(drugs) for name in most.names(drugs))
    for name, quantity in prior.items():
        if name not in known:
            have = f"it can be given for {', '.join(known)}" if known else "no drug here has one"
            # No guess at what was meant: anthracyclines are alike in name, and not in dose.
            raise DoseError(f"exposure before to {name!r}: not given here, or without a lifetime limit; {have}")
        if not quantity.value.is_finite() or quantity.value < 0:
            raise DoseError(f"exposure before to {name}: {quantity} is no amount; give 0 or more")


def _before(most: _Most, prior: Mapping[str, Quantity], drugs: Collection[Drug]) -> Decimal:
    """Exposure before, in the limit's unit. Raises DoseError where it is in a unit that can't be compared, or might count twice."""
    names = [name for name in most.names(drugs) if name in prior]
    if most.together in names and len(names) > 1:
        twice = f"the class {most.together} and for {', '.join(names[1:])}, which may be counted in it"
        raise DoseError(f"exposure before is given for {twice}; give one sum for {most.together}, or each drug's own")
    total = _NOTHING
    for name in names:
        quantity, limit = prior[name], most.limit.most
        if (quantity.per, quantity.kind) != (limit.per, limit.kind):
            why = f"can't be compared with the lifetime limit of {most.drug.id}, {limit}; give it in {limit.unit}"
            raise DoseError(f"exposure before to {name} is given as {quantity}, which {why}")
        total = EXACT.add(total, Quantity(quantity.value, quantity.flat_unit).to(limit.flat_unit))
    return total


def _unknown_before(drugs: Collection[Drug], prior: Mapping[str, Quantity]) -> Iterator[Finding]:
    """One warning for each lifetime limit, or class with one, whose exposure before nobody gave."""
    unknown: dict[str, list[_Most]] = {}
    for most in _lifetimes(drugs):
        if not any(name in prior for name in most.names(drugs)):
            unknown.setdefault(most.together or most.drug.id, []).append(most)
    for what, found in unknown.items():
        stated = " and ".join(f"{most.limit.most} {cited(most.fact)}" for most in found)
        note = f"exposure to {what} before is not known: the lifetime limit of {stated} counts from here"
        yield Finding(Grade.WARN, found[0].name, None, f"{note}; give it, as 0 {found[0].unit} where there was none", note)


# -- the least time between doses ---------------------------------------------------------------------------------


def _look_spacing(drug: Drug, own: Sequence[_Given], override: Collection[str]) -> Iterator[Finding]:
    spacing = drug.spacing.stated if drug.spacing else None
    short = [each for each in _gaps(own) if each[0] < spacing.hours] if spacing else []
    if not short or not spacing:
        return
    grade = graded(f"{drug.id}.spacing", spacing.stop, override)
    worst, before, after = min(short, key=lambda each: each[0])
    between = f"the doses of {before.date} and {after.date}" if before.date != after.date else f"two doses of {before.date}"
    note = f"{drug.id} has less than {spacing.hours} hours between doses {cited(drug.spacing)}{let_pass(grade)}"
    how = f"{shown(worst)} hours between {between} (counted by date, a day as 24 hours)"
    text = f"{note}: {how}{_where(short[0][2], len(short), 'gaps')}"
    yield Finding(grade, f"{drug.id}.spacing", short[0][2].number, text, note)


def _gaps(own: Sequence[_Given]) -> Iterator[tuple[Decimal, _Given, _Given]]:
    """The hours from each dose to the next in the order of time: between dates, and within a day of several administrations."""
    for before, after in pairwise((None, *own)):
        if before is not None and after is not None:
            yield EXACT.multiply(_DAY_HOURS, Decimal((after.date - before.date).days)), before, after
        if after is not None and after.times is not None and after.times > 1:
            yield EXACT.divide(_DAY_HOURS, Decimal(after.times)), after, after


def graded(name: str, stop: bool, override: Collection[str]) -> Grade:
    """The grade of a limit that is passed: only one that stops can be let pass."""
    if not stop:
        return Grade.WARN
    return Grade.OVERRIDDEN if name in override else Grade.STOP


def let_pass(grade: Grade) -> str:
    """What is said of a stop that somebody let pass."""
    return " (overridden)" if grade is Grade.OVERRIDDEN else ""


def _where(first: _Given, count: int, what: str) -> str:
    """`; first on 2026-01-05 (C1D1), 4 doses in all`."""
    return f"; first on {first.on}" + (f", {count} {what} in all" if count > 1 else "")
