"""Whether doses and amounts are allowed: the most at once, a day, a cycle and in a lifetime; usual ranges and least gaps are looked at too.

A limit is a fact of the drug's file (or of the site): the limit itself passes, anything above it doesn't. What is found is a warning, a
stop, or a stop that somebody let pass; nothing here changes an amount. A dose that has been given above a limit is a warning; one that is
planned above it a stop, whatever went before.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from dosing.dose.bodyweight import choose_weight
from dosing.dose.course import Course
from dosing.dose.finding import ALREADY, Finding, Giving, Row, givings, graded, let_pass, where
from dosing.dose.measures import GRADED
from dosing.dose.patient import Patient
from dosing.dose.plausible import Grade
from dosing.dose.spacing import look_spacing
from dosing.dose.steps import cited, shown
from dosing.dose.usual import look_usual
from dosing.dose.weighing import latest
from dosing.errors import DoseError, PatientError, nearest
from dosing.regimen.drug import LIMITED, Drug, Limit
from dosing.regimen.facts import Fact
from dosing.units import EXACT, Quantity, plain

_NOTHING = Decimal(0)
# What counts as above a limit: 20 mg three times divided by 3 m2 is 20 mg/m2, whatever the 40th digit of a third makes of it.
HAIR = Decimal("1e-25")
_NO_AMOUNT = "no amount is known"
_OVER = {"single": "in one administration", "daily": "in a day", "cycle": "in a cycle", "lifetime": "in a lifetime"}
_COUNTED = {"single": "administrations", "daily": "days", "cycle": "cycles", "lifetime": ""}
_MENDED = "correct the dose, or pass `--override {}`, which every output then says"


@dataclass(frozen=True, slots=True)
class Most:
    """A limit of a drug: for one of LIMITED, with the fact that states it."""

    drug: Drug
    kind: str
    fact: Fact[Limit]
    limit: Limit

    @property
    def name(self) -> str:
        """What an override names."""
        return f"{self.drug.id}.{self.kind}"

    @property
    def unit(self) -> str:
        """The limit's unit."""
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
    """Amounts added up in a limit's unit, by what they are added up over.

    `passed` has the first planned dose above the limit in each; `happened` the first of those given, with the sum at the last of them.
    `before` is what was given before; `left` are doses that can't be counted, each with the reason.
    """

    before: Decimal
    totals: dict[Hashable, Decimal] = field(default_factory=dict)
    passed: dict[Hashable, Giving] = field(default_factory=dict)
    happened: dict[Hashable, tuple[Giving, Decimal]] = field(default_factory=dict)
    left: list[tuple[Giving, str]] = field(default_factory=list)

    def above(self, each: Giving, span: Hashable) -> None:
        """Keep a dose at which its sum is above the limit."""
        if each.given:
            first = self.happened[span][0] if span in self.happened else each
            self.happened[span] = first, self.totals[span]
        else:
            self.passed.setdefault(span, each)


def look(rows: Sequence[Row], *, drug_of: Callable[[str], Drug], course: Course) -> tuple[Finding, ...]:
    """What there is to say about the doses of a schedule, drug by drug in the order in which they first come.

    `drug_of` gives a drug by its id, as it is at the site. Optional entries count as given; what doesn't stand and was not given doesn't
    count. One finding stands for all rows of the same kind of breach. Raises DoseError for an override that names no limit here, and for
    exposure before that nothing here can be added to.
    """
    drugs = {id: drug_of(id) for id in dict.fromkeys(row.entry.drug for row in rows) if id}
    check_override(course.override, drugs.values())
    _check_prior(course.prior, drugs.values())
    counted = givings(rows, drugs)
    found: list[Finding] = []
    looked_at = {each.drug.id: each.drug for each in counted}
    for drug in looked_at.values():
        own = [each for each in counted if each.drug.id == drug.id]
        found += look_usual(drug, own, course.override)
        for most in limits_of(drug):
            before = _before(most, course.prior, drugs.values()) if most.kind == "lifetime" else _NOTHING
            adding = {id for id, other in looked_at.items() if most.adds(other)}
            found += _look_limit(most, [each for each in counted if each.drug.id in adding], course, before)
        found += look_spacing(drug, own, course.override)
    return (*found, *_unknown_before(looked_at.values(), drugs.values(), course.prior))


def require(findings: Iterable[Finding]) -> None:
    """Raise DoseError with all stops and what to do about each, if there is one."""
    stops = [f"{each.text}; {_MENDED.format(each.name)}" for each in findings if each.grade is Grade.STOP]
    if stops:
        raise DoseError("\n".join(stops))


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
    yield from (most.name for most in limits_of(drug))
    if drug.spacing and drug.spacing.stated:
        yield f"{drug.id}.spacing"


def limits_of(drug: Drug) -> Iterator[Most]:
    """The limits that the drug's file or the site states."""
    for kind in LIMITED:
        fact = drug.limits.get(kind)
        if fact and fact.stated:
            yield Most(drug, kind, fact, fact.stated)


# -- the most of a drug -------------------------------------------------------------------------------------------


def _look_limit(most: Most, counted: Sequence[Giving], course: Course, before: Decimal) -> Iterator[Finding]:
    """One finding where the limit is passed and one where it has been; else one where only a part of the doses could be looked at."""
    sums = _add_up(most, counted, course, before)
    if sums.happened:
        firsts = [first for first, _ in sums.happened.values()]
        yield _limit_finding(most, sums, Grade.WARN, firsts, max(total for _, total in sums.happened.values()), ALREADY)
    if sums.passed:
        grade = graded(most.name, most.limit.stop, course.override)
        yield _limit_finding(most, sums, grade, sums.passed.values(), max(sums.totals[span] for span in sums.passed))
    if not sums.happened and not sums.passed and (any(why != _NO_AMOUNT for _, why in sums.left) or 0 < len(sums.left) < len(counted)):
        note = f"{most.drug.id}: the limit of {most.limit.most} {_OVER[most.kind]} {cited(most.fact)} can't be looked at for every dose"
        yield Finding(Grade.WARN, most.name, sums.left[0][0].number, f"{note}{_incomplete(sums.left)}", note)


def _add_up(most: Most, counted: Iterable[Giving], course: Course, before: Decimal) -> _Sums:
    """The sums that the limit is about, in the order of the dates."""
    sums = _Sums(before)
    planned: dict[tuple[int, int | None, bool], tuple[Decimal | None, str]] = {}
    for each in counted:
        span = span_of(each, most.kind)
        if each.row.given or course.later:
            value, why = _counted_amount(each, most, course)
        else:
            # Planned doses that share an amount add the same, as long as no later measurement makes it depend on the day.
            key = id(each.row.amount), each.times, each.row.entry.cycle is None
            if key not in planned:
                planned[key] = _counted_amount(each, most, course)
            value, why = planned[key]
        if value is None:
            sums.left.append((each, why))
        sums.totals[span] = EXACT.add(sums.totals.get(span, before), value or _NOTHING)
        if _above(sums.totals[span], most):
            sums.above(each, span)
    return sums


def _above(total: Decimal, most: Most) -> bool:
    return EXACT.subtract(total, most.limit.most.value) >= HAIR


def span_of(each: Giving, kind: str) -> Hashable:
    """What is added up: one administration, a date, a cycle of a phase, or everything."""
    if kind == "cycle":
        entry = each.row.entry
        return entry.phase, entry.cycle
    return each.number if kind == "single" else each.date if kind == "daily" else ()


def _counted_amount(each: Giving, most: Most, course: Course) -> tuple[Decimal | None, str]:
    """What the row adds, in the limit's unit; or None, and why it can't be said."""
    amount = each.amount
    if amount is None:
        return None, _NO_AMOUNT
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
    size, what = (_bsa_m2(each), "body surface") if most.limit.most.per == "m2" else (_weight_kg(each, course), "weight")
    return (None, f"the {what} it was computed with is not known") if size is None else (EXACT.divide(value, size), "")


def _bsa_m2(each: Giving) -> Decimal | None:
    """The body surface that the planned amount was computed with."""
    return each.row.amount.bsa_m2 if each.row.amount else None


def _weight_kg(each: Giving, course: Course) -> Decimal | None:
    """The weight that the amount was computed with or, where it went by something else, the one that it would have been."""
    kind = each.drug.weight.stated if each.drug.weight else None
    try:
        return choose_weight(kind or "actual", _measured(each, course)).kg
    except PatientError:
        return None


def _measured(each: Giving, course: Course) -> Patient:
    """The patient as measured for the row's amount; for one without a size, as measured last on its day."""
    order = each.row.order
    if not order or order.dose.per not in ("m2", "kg"):
        return latest(course, each.row.entry)
    return next((later for later in course.later if later.measured_on == each.row.measured_on), course.patient)


def _limit_finding(most: Most, sums: _Sums, grade: Grade, firsts: Collection[Giving], greatest: Decimal, already: str = "") -> Finding:
    """What is said of a limit that is passed: `firsts` has the first dose above it for each sum, `greatest` is the greatest of these."""
    first = min(firsts, key=lambda each: (each.date, each.number))
    worst = f"{_readable(greatest, most)} {most.unit} {_OVER[most.kind]}"
    of = f" ({plain(sums.before)} {most.unit} of it before)" if sums.before else ""
    said = f"above the limit of {most.limit.most}"
    passed = f"{cited(most.fact)}{let_pass(grade)}"
    joined = f"; class {most.together} is added up milligram for milligram, with no conversion between drugs" if most.together else ""
    text = f"{most.drug.id} {worst}{of} is {said}{already} {passed}{where(first, len(firsts), _COUNTED[most.kind])}{joined}"
    note = f"{most.drug.id} {said} {_OVER[most.kind]}{already} {passed}"
    return Finding(grade, most.name, first.number, f"{text}{_incomplete(sums.left)}", note)


def _incomplete(left: Sequence[tuple[Giving, str]]) -> str:
    """How many doses don't count and why."""
    if not left:
        return ""
    reasons = ", ".join(dict.fromkeys(why for _, why in left))
    return f"; incomplete, {len(left)} {'dose is' if len(left) == 1 else 'doses are'} not counted: {reasons}"


def _readable(value: Decimal, most: Most) -> str:
    """Four decimals, or all of them where four don't show that it is above the limit."""
    short = shown(value)
    return short if Decimal(short) > most.limit.most.value else plain(value)


# -- exposure before ----------------------------------------------------------------------------------------------


def _lifetimes(drugs: Iterable[Drug]) -> list[Most]:
    return [most for drug in drugs for most in limits_of(drug) if most.kind == "lifetime"]


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


def _before(most: Most, prior: Mapping[str, Quantity], drugs: Collection[Drug]) -> Decimal:
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


def _unknown_before(given: Iterable[Drug], drugs: Collection[Drug], prior: Mapping[str, Quantity]) -> Iterator[Finding]:
    """One warning for each lifetime limit of what is given, or class with one, whose exposure before nobody gave."""
    unknown: dict[str, list[Most]] = {}
    for most in _lifetimes(given):
        if not any(name in prior for name in most.names(drugs)):
            unknown.setdefault(most.together or most.drug.id, []).append(most)
    for what, found in unknown.items():
        stated = " and ".join(f"{most.limit.most} {cited(most.fact)}" for most in found)
        note = f"exposure to {what} before is not known: the lifetime limit of {stated} counts from here"
        yield Finding(Grade.WARN, found[0].name, None, f"{note}; give it, as 0 {found[0].unit} where there was none", note)
