"""The drugs of a forecast: what all patients get, the vials to open for it, the tablets and capsules to count.

Each different dose is worked out once, and then multiplied.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import gcd, lcm

from dosing.cohort.counting import Doses, day_of, first_of
from dosing.cohort.forecast_model import FORMS, DrugLine, Question
from dosing.dose.oral import MadeUp, Units, make_up, together
from dosing.dose.product import ORAL, oral_forms, routes_of
from dosing.dose.steps import cited
from dosing.dose.tally import numbered, plus
from dosing.dose.vials import Vials, larger_first, open_vials
from dosing.errors import PatientError
from dosing.regimen.drug import Drug
from dosing.units import EXACT, Quantity, parse_amount, plain

DrugOf = Callable[[str], Drug | None]
NO_ROUTE = "route not stated"

# A drug, or an activity whose drug is not stated; and whether it is optional.
Of = tuple[str | None, str | None, bool]
# One dose: drug, route, amount, unit.
_Which = tuple[str | None, str | None, float, str]
_ZERO = Decimal(0)


class Library:
    """The drugs, each looked up once; `drug_of` gives None where nothing is known of one."""

    def __init__(self, drug_of: DrugOf) -> None:
        self._drug_of = drug_of
        self._found: dict[str, Drug | None] = {}

    def drug(self, id: str | None) -> Drug | None:
        """The drug of that id; None where it is not stated, or not known."""
        if id is None:
            return None
        if id not in self._found:
            self._found[id] = self._drug_of(id)
        return self._found[id]

    def name(self, drug: str | None, activity: str | None) -> str:
        """What a drug is called in a line for people."""
        found = self.drug(drug)
        return found.shown if found else drug or f"{activity} (drug not stated)"

    def routes(self, drug: str | None, route: str | None) -> list[str]:
        """Each route that an administration may go; the drug's own where the regimen names none."""
        found = self.drug(drug)
        return routes_of(route or "", found) if found else (route or NO_ROUTE).split(" or ")

    def at_home(self, drug: str | None, route: str | None) -> bool:
        """Whether it can be taken by mouth, and so at home."""
        return ORAL in self.routes(drug, route)


@dataclass(frozen=True, slots=True)
class _Dose:
    """One administration: the amount (a mass in mg), and the vials, or the tablets and capsules by form, that it takes."""

    amount: Quantity
    into_vials: bool = False
    vials: Vials | None = None
    made: tuple[tuple[str, MadeUp], ...] = ()


class Drugs:
    """The lines of drugs as they grow."""

    def __init__(self, library: Library, asked: Question) -> None:
        self._library, self._asked = library, asked
        self._worked: dict[_Which, _Dose] = {}
        # By first day, drug and kind of unit; of doses without an amount the kind is empty.
        self._lines: dict[tuple[int, Of, str], DrugLine] = {}
        self._counted: dict[tuple[int, Of, str], Counter[_Which]] = {}
        self._pools: dict[tuple[int, Of], dict[int, Decimal]] = {}
        self._either: Counter[str] = Counter()

    def add(self, doses: Doses) -> None:
        """So many entries with the same dose."""
        of = doses.drug, doses.activity, doses.optional
        start = first_of(doses.day, self._asked.drugs_by)
        if doses.times is None:
            self._line(start, of, "").uncounted += doses.entries
        elif doses.amount is None or doses.unit is None:
            self._line(start, of, "").without += doses.entries * doses.times
        else:
            self._count((doses.drug, doses.route, doses.amount, doses.unit), doses.entries * doses.times, start, of, doses.day)
        routes = self._library.routes(doses.drug, doses.route)
        if ORAL in routes and len(routes) > 1:
            self._either[self._library.name(doses.drug, doses.activity)] += doses.entries

    def _count(self, which: _Which, times: int, start: int, of: Of, day: int) -> None:
        dose = self._dose(which)
        kind = dose.amount.kind
        self._line(start, of, kind).doses += times
        self._counted.setdefault((start, of, kind), Counter())[which] += times
        if dose.into_vials and self._pooled(which[0]):
            pool = self._pools.setdefault((start, of), {})
            pool[day] = EXACT.fma(dose.amount.value, Decimal(times), pool.get(day, _ZERO))

    def _line(self, start: int, of: Of, kind: str) -> DrugLine:
        if (start, of, kind) not in self._lines:
            drug, activity, optional = of
            self._lines[start, of, kind] = DrugLine(day_of(start), drug, activity, optional, self._library.name(drug, activity))
        return self._lines[start, of, kind]

    def _pooled(self, id: str | None) -> bool:
        """Whether vials of a drug are opened for the sum of a day: never where that is forbidden."""
        drug = self._library.drug(id)
        return self._asked.share_vials and not (drug and drug.share_vials and drug.share_vials.stated is False)

    # -- one dose -----------------------------------------------------------------------------------------------------

    def _dose(self, which: _Which) -> _Dose:
        if which not in self._worked:
            self._worked[which] = self._work_out(*which)
        return self._worked[which]

    def _work_out(self, id: str | None, route: str | None, amount: float, unit: str) -> _Dose:
        ordered = _quantity(amount, unit, id)
        if ordered.kind != "mass":
            return _Dose(ordered)
        quantity = Quantity(ordered.to("mg"), "mg")
        drug = self._library.drug(id)
        if drug is None:
            return _Dose(quantity)
        if self._library.at_home(id, route):
            made = ((form, make_up(quantity, strengths=fact.stated or (), drug=drug.id)) for form, fact in oral_forms(drug).items())
            return _Dose(quantity, made=tuple(made))
        if not drug.vials or not drug.vials.stated:
            return _Dose(quantity)
        alone = None if self._pooled(id) else open_vials(quantity, sizes=drug.vials.stated, drug=drug.id)
        return _Dose(quantity, True, alone)

    # -- lines --------------------------------------------------------------------------------------------------------

    def lines(self) -> tuple[DrugLine, ...]:
        """The lines in order of time, drug, and what is not optional first."""
        for (start, of, kind), counted in self._counted.items():
            self._fill(self._lines[start, of, kind], counted, self._pools.get((start, of), {}) if kind == "mass" else {})
        for start, of, kind in [key for key in self._lines if not key[2]]:
            with_amounts = next((line for (at, whose, what), line in self._lines.items() if (at, whose) == (start, of) and what), None)
            if with_amounts:
                bare = self._lines.pop((start, of, kind))
                with_amounts.without, with_amounts.uncounted = bare.without, bare.uncounted
        return tuple(self._lines[key] for key in sorted(self._lines, key=_in_order))

    def _fill(self, line: DrugLine, counted: Counter[_Which], pool: dict[int, Decimal]) -> None:
        """Amount, vials and units of a line from its doses."""
        doses = [(self._worked[which], times) for which, times in counted.items()]
        for dose, times in doses:
            line.amount = plus(line.amount, dose.amount, times)
        opened = [(dose.vials, times) for dose, times in doses if dose.vials]
        drug = self._library.drug(line.drug)
        if pool and drug and drug.vials and drug.vials.stated:
            line.shared = True
            opened = [(pooled(total, drug.vials.stated, drug=drug.id), 1) for total in pool.values()]
        if opened:
            amount_mg = _ZERO
            for vials, times in opened:
                amount_mg = EXACT.fma(vials.amount_mg, Decimal(times), amount_mg)
            line.vials = Vials(amount_mg, together((Units(vials.vials), times) for vials, times in opened).units)
        for form in FORMS:
            units = [(made.units, times) for dose, times in doses for name, made in dose.made if name == form and made.units]
            if units:
                line.units[form] = together(units)
        line.not_made_up = sum(times for dose, times in doses if not all(made.units for _, made in dose.made))

    # -- notes --------------------------------------------------------------------------------------------------------

    def notes(self) -> Iterator[str]:
        """What is not in the lines, and where sizes and strengths come from."""
        yield from self._lacking()
        for name, number in sorted(self._either.items()):
            yield f"{name}: {entries(number)} by mouth or otherwise; counted as taken by mouth, at home"
        for id in sorted({which[0] for which in self._worked if which[0]}):
            yield from self._products(id)

    def _lacking(self) -> Iterator[str]:
        without: Counter[str] = Counter()
        uncounted: Counter[str] = Counter()
        for line in self._lines.values():
            without[line.name] += line.without
            uncounted[line.name] += line.uncounted
        for name in sorted(without):
            if without[name]:
                yield f"{name}: {numbered(without[name], 'dose')} without an amount; not in the sums"
            if uncounted[name]:
                yield f"{name}: {entries(uncounted[name])} of which nobody stated how many doses there are; not in the sums"

    def _products(self, id: str) -> Iterator[str]:
        drug = self._library.drug(id)
        if drug is None:
            yield f"{id}: nothing is known of this drug, so no vials or tablets are counted (--regimen names a file that knows it)"
            return
        doses = [dose for which, dose in self._worked.items() if which[0] == id]
        if any(dose.into_vials for dose in doses) and drug.vials and drug.vials.stated:
            sizes = ", ".join(map(str, drug.vials.stated))
            yield f"{drug.shown}: vials of {sizes} {cited(drug.vials)}; {self._shared(drug)}"
        for form, fact in oral_forms(drug).items():
            if any(name == form for dose in doses for name, _ in dose.made):
                yield f"{drug.shown}: {form} of {', '.join(map(str, fact.stated or ()))} {cited(fact)}"

    def _shared(self, drug: Drug) -> str:
        fact = drug.share_vials
        if not self._pooled(drug.id):
            forbids = f"; they must not be shared {cited(fact)}" if self._asked.share_vials else ""
            return f"each dose from its own{forbids}"
        allowed = f"sharing is allowed {cited(fact)}" if fact and fact.stated else "whether they may be shared is not stated"
        return f"opened for the sum of each day, which is the least there can be; {allowed}"


def pooled(total_mg: Decimal, sizes: tuple[Quantity, ...], *, drug: str) -> Vials:
    """The vials for the sum of many doses, with the least waste and then the fewest vials; the sum may be of any size.

    Let the largest vial be N times what all sizes have in common. Among any N smaller vials some hold together a whole number of largest
    ones, and no fewer vials hold as much: so a best choice has less than N smaller vials, and what is above them comes from largest ones.
    """
    ordered = larger_first(sizes, what=f"vial of {drug}")
    largest_mg = ordered[0].to("mg")
    smaller_mg = Decimal(int(Fraction(largest_mg) / _common_mg(ordered))) * largest_mg
    above = max(0, int((total_mg - smaller_mg) // largest_mg))
    rest = open_vials(Quantity(EXACT.fma(-largest_mg, Decimal(above), total_mg), "mg"), sizes=sizes, drug=drug)
    return Vials(total_mg, together([(Units(rest.vials), 1), (Units(((ordered[0], 1),)), above)]).units)


def _common_mg(sizes: tuple[Quantity, ...]) -> Fraction:
    """The largest part of which every size is a whole multiple."""
    parts = [Fraction(size.to("mg")) for size in sizes]
    denominator = lcm(*(part.denominator for part in parts))
    return Fraction(gcd(*(int(part * denominator) for part in parts)), denominator)


def _quantity(amount: float, unit: str, drug: str | None) -> Quantity:
    """The amount as it was written: the shortest decimal that is this float. Raises PatientError for a unit that is none of an amount."""
    try:
        return parse_amount(f"{plain(Decimal(repr(amount)))} {unit}")
    except ValueError as error:
        raise PatientError(f"an amount of {drug or 'a drug'} in the table: {error}") from None


def entries(number: int) -> str:
    """`1 entry`, `2 entries`."""
    return f"{number} entr{'y' if number == 1 else 'ies'}"


def _in_order(key: tuple[int, Of, str]) -> tuple[object, ...]:
    start, (drug, activity, optional), kind = key
    return start, drug is None, drug or activity, optional, kind
