"""What holds for every schedule: invented regimens against an enumeration day by day, and the shipped ones against themselves."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dosing.api import load_regimen
from dosing.dose.patient import Patient
from dosing.dose.practice import Practice
from dosing.dose.schedule import dose_schedule
from dosing.export.csv import to_csv
from dosing.export.ical import to_ical
from dosing.regimen.check import facts_of
from dosing.regimen.facts import Gap
from dosing.regimen.library import regimen_ids
from dosing.regimen.model import Regimen
from dosing.schedule.draw import Schedule, draw
from dosing.schedule.entries import Entry
from dosing.schedule.timeline import Horizon
from dosing.units import Quantity

Read = Callable[[str], Regimen]
Key = tuple[date, str, int | None, int | None, str, str]
DAY = timedelta(days=1)
START = date(2026, 1, 5)
FEW = settings(max_examples=30)
CENTURIES = timedelta(days=146_097)  # 400 years, after which the calendar repeats


# -- invented regimens --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """A drug: on which days, by the cycle's number modulo the length of `days`; its doses; a rhythm of its own."""

    id: str
    days: tuple[tuple[int, ...], ...]
    first_dose: int
    later_dose: int
    dose_by: str
    rhythm: int | None
    per: str = ""

    def on(self, cycle: int, day: int) -> bool:
        return day in self.days[(cycle - 1) % len(self.days)]

    def dose(self, cycle: int, day: int) -> int:
        first = {"none": True, "cycle": cycle == 1, "day": day == self.special_day, "both": cycle == 1 and day == self.special_day}
        return self.first_dose if first[self.dose_by] else self.later_dose

    @property
    def special_day(self) -> int:
        return min(day for days in self.days for day in days)

    def text(self) -> str:
        scopes = {1: ["{}"], 2: ["odd: {}", "even: {}"], 3: [f"every 3rd from C{each}: {{}}" for each in (1, 2, 3)]}[len(self.days)]
        written = [scope.format(" ".join(map(str, days)) or "none") for scope, days in zip(scopes, self.days, strict=True)]
        days = written[0] if len(written) == 1 else f"{{{', '.join(written)}}}"
        first, later = (f"{dose} mg{self.per}" for dose in (self.first_dose, self.later_dose))
        cycle, day = "C1", f"D{self.special_day}"
        scope = {"cycle": cycle, "day": day, "both": f"{cycle} {day}"}.get(self.dose_by)
        dose = f"{{{scope}: {first}, else: {later}}}" if scope else first
        rhythm = f", cycle: {self.rhythm} days" if self.rhythm else ""
        return f"{{drug: a, id: {self.id}, route: PO, dose: {dose}, days: {days}{rhythm}}}"


@dataclass(frozen=True)
class Bounded:
    """A cyclic phase: cycles of the first length up to `change`, then of the second; `bound` is cycles or days."""

    id: str
    lengths: tuple[int, int]
    change: int
    bound: str
    size: int
    day_zero: bool
    given: tuple[Given, ...]

    def text(self) -> str:
        one, two = self.lengths
        cycle = f"{one} days" if one == two else f"{{C1-{self.change}: {one} days, else: {two} days}}"
        bound = {
            "repeat": f"repeat: {self.size}",
            "open": f"repeat: open\n    suggest: {self.size}",
            "whole": f"for: {self.size} days",
            "cut": f"for: {self.size} days\n    ends: cut at the day",
        }[self.bound]
        zero = "    day_zero: yes\n" if self.day_zero else ""
        give = "".join(f"      - {each.text()}\n" for each in self.given)
        return f"  - id: {self.id}\n    cycle: {cycle}\n    {bound}\n{zero}    give:\n{give}"

    def cycles(self) -> list[tuple[int, int]]:
        """Offset of day 1 and length of each cycle, one by one."""
        found: list[tuple[int, int]] = []
        begin = 0
        for number in count(1):
            length = self.lengths[0] if number <= self.change or self.lengths[0] == self.lengths[1] else self.lengths[1]
            if self.bound in ("repeat", "open"):
                over = number > self.size
            else:
                over = begin + length - 1 > self.size if self.bound == "whole" else begin >= self.size
            if over:
                break
            found.append((begin, length))
            begin += length
        return found

    def total(self) -> int:
        """Days from day 1 to the last day of the phase."""
        last = self.cycles()[-1]
        return self.size if self.bound == "cut" else sum(last)

    def naive(self, first: date) -> Iterator[Key]:
        """Every entry, found by asking of each day of the calendar, each cycle and each drug whether it is given."""
        for offset in range(-20, self.total()):
            for drug in self.given:
                for number, begin, length in self.own_cycles(drug):
                    day = offset - begin + 1
                    if day < 1 and not (self.day_zero and not drug.rhythm):
                        day -= 1
                    if day <= length and drug.on(number, day):
                        shown = self.shown(offset) if drug.rhythm else (number, day)
                        yield (first + offset * DAY, self.id, *shown, drug.id, str(drug.dose(number, day)))

    def own_cycles(self, drug: Given) -> list[tuple[int, int, int]]:
        if drug.rhythm is None:
            return [(number, begin, length) for number, (begin, length) in enumerate(self.cycles(), 1)]
        return [(number + 1, number * drug.rhythm, drug.rhythm) for number in range(-(-self.total() // drug.rhythm))]

    def shown(self, offset: int) -> tuple[int, int]:
        number, begin = next((number, begin) for number, (begin, length) in enumerate(self.cycles(), 1) if offset < begin + length)
        return number, offset - begin + 1


@st.composite
def givens(draw: st.DrawFn, id: str, shortest: int, *, per: str = "") -> Given:
    rhythm = draw(st.none() | st.integers(2, 30))
    room = rhythm or shortest
    numbers = st.integers(1, room) if rhythm else st.integers(1, room) | st.integers(-5, -1)
    some = st.sets(numbers, max_size=6).map(lambda found: tuple(sorted(found)))
    days = tuple(draw(st.lists(some, min_size=1, max_size=3)))
    assume(any(days))
    by = draw(st.sampled_from(["none", "cycle", "day", "both"]))
    if by == "both" and min(day for each in days for day in each) not in days[0]:
        by = "day"  # a scope must name a day on which something is given
    doses = st.integers(1, 500)
    return Given(id, days, draw(doses), draw(doses), by, rhythm, per)


@st.composite
def bounded(draw: st.DrawFn, id: str, *, kinds: tuple[str, ...], per: str = "") -> Bounded:
    lengths = (draw(st.integers(1, 45)), draw(st.integers(1, 45)))
    bound = draw(st.sampled_from(kinds))
    size = draw(st.integers(1, 8)) if bound in ("repeat", "open") else draw(st.integers(45, 200))
    change = draw(st.integers(1, max(1, size - 1))) if bound == "repeat" else draw(st.integers(1, 4))
    if bound == "repeat" and change >= size:
        lengths = (lengths[0], lengths[0])
    given = tuple(draw(givens(f"{id}{letter}", min(lengths), per=per)) for letter in draw(st.sampled_from(["x", "xy", "xyz"])))
    return Bounded(id, lengths, change, bound, size, draw(st.booleans()), given)


@st.composite
def regimens(draw: st.DrawFn, *, last: tuple[str, ...] = ("repeat", "open", "whole", "cut"), per: str = "") -> list[Bounded]:
    """One to three phases; only the last may be open. Scopes that lie beyond a short phase's end are thinned out."""
    number = draw(st.integers(1, 3))
    found = [draw(bounded(f"p{each}", kinds=last if each == number - 1 else ("repeat", "whole", "cut"), per=per)) for each in range(number)]
    assume(all(phase.bound != "repeat" or phase.size >= max(len(each.days) for each in phase.given) for phase in found))
    return found


STARTS = st.dates(date(1900, 1, 1), date(2200, 12, 31))


def written(phases: list[Bounded]) -> str:
    return "phases:\n" + "".join(phase.text() for phase in phases)


def keys(drawn: Schedule) -> list[Key]:
    return [key(entry) for entry in drawn.entries]


def key(entry: Entry) -> Key:
    assert isinstance(entry.dose, Quantity)
    return entry.date, entry.phase, entry.cycle, entry.day, entry.activity, str(entry.dose.value)


def same_as_naive(read: Read, phases: list[Bounded], start: date) -> None:
    drawn = draw(read(written(phases)), start=start)
    expected: list[Key] = []
    first = start
    for phase in phases:
        expected.extend(phase.naive(first))
        placed = drawn.phases[phase.id]
        assert (placed.first, placed.last) == (first, first + (phase.total() - 1) * DAY)
        first += phase.total() * DAY
    assert Counter(keys(drawn)) == Counter(expected)


@given(phases=regimens(), start=STARTS)
def test_no_day_is_lost_and_none_is_doubled(read: Read, phases: list[Bounded], start: date) -> None:
    same_as_naive(read, phases, start)


@pytest.mark.long
@given(phases=regimens(), start=STARTS)
def test_no_day_is_lost_and_none_is_doubled_at_length(read: Read, phases: list[Bounded], start: date) -> None:
    same_as_naive(read, phases, start)


def in_order_and_inside(read: Read, phases: list[Bounded], start: date) -> None:
    drawn = draw(read(written(phases)), start=start)
    order = {phase.id: number for number, phase in enumerate(phases)}
    places = [(entry.date, order[entry.phase], entry.rank, entry.n) for entry in drawn.entries]
    assert places == sorted(places)
    assert len({entry.key for entry in drawn.entries}) == len(drawn.entries)
    for entry in drawn.entries:
        placed = drawn.phases[entry.phase]
        assert placed.first
        assert placed.last
        assert entry.date <= placed.last
        assert entry.day is not None
        assert entry.day < 1 or placed.first <= entry.date


@FEW
@given(phases=regimens(), start=STARTS)
def test_entries_are_in_order_and_inside_their_phase(read: Read, phases: list[Bounded], start: date) -> None:
    in_order_and_inside(read, phases, start)


@pytest.mark.long
@given(phases=regimens(), start=STARTS)
def test_entries_are_in_order_and_inside_their_phase_at_length(read: Read, phases: list[Bounded], start: date) -> None:
    in_order_and_inside(read, phases, start)


@FEW
@given(phases=regimens(last=("open",)), start=STARTS, cycles=st.integers(1, 12), more=st.integers(1, 12))
def test_more_cycles_only_add_rows(read: Read, phases: list[Bounded], start: date, cycles: int, more: int) -> None:
    regimen = read(written(phases))
    less, greater = (draw(regimen, start=start, horizon=Horizon(cycles=each)) for each in (cycles, cycles + more))
    assert Counter(keys(less)) <= Counter(keys(greater))
    # what is added belongs to the further cycles; or to a rhythm of its own, whose day before its day 1 may lie in an earlier one
    assert all(entry[2] is None or entry[2] > cycles for entry in Counter(keys(greater)) - Counter(keys(less)))


@FEW
@given(phases=regimens(last=("open",)), start=STARTS, days=st.integers(0, 400), more=st.integers(0, 400))
def test_until_is_a_filter(read: Read, phases: list[Bounded], start: date, days: int, more: int) -> None:
    regimen = read(written(phases))
    until = start + days * DAY
    less, greater = (draw(regimen, start=start, horizon=Horizon(until=each)) for each in (until, until + more * DAY))
    assert keys(less) == [entry for entry in keys(greater) if entry[0] <= until]


@FEW
@given(phases=regimens(), start=STARTS, wanted=st.sets(st.integers(0, 2), min_size=1))
def test_phases_are_a_filter(read: Read, phases: list[Bounded], start: date, wanted: set[int]) -> None:
    regimen = read(written(phases))
    ids = [phase.id for number, phase in enumerate(phases) if number in wanted]
    assume(ids)
    whole = draw(regimen, start=start)
    assert keys(draw(regimen, start=start, phases=ids)) == [entry for entry in keys(whole) if entry[1] in ids]


@FEW
@given(phases=regimens(), start=STARTS, days=st.integers(-800, 800) | st.sampled_from([365, 366, 146_097]))
def test_a_later_start_moves_every_counted_day_as_far(read: Read, phases: list[Bounded], start: date, days: int) -> None:
    regimen = read(written(phases))
    here, there = (keys(draw(regimen, start=each)) for each in (start, start + days * DAY))
    assert [(entry[0] + days * DAY, *entry[1:]) for entry in here] == there


@FEW
@given(phases=regimens(), start=STARTS)
def test_nothing_changes_between_two_runs(read: Read, phases: list[Bounded], start: date) -> None:
    regimen, again = read(written(phases)), read(written(phases))
    assert draw(regimen, start=start) == draw(regimen, start=start)
    assert keys(draw(regimen, start=start)) == keys(draw(again, start=start))


# -- amounts ------------------------------------------------------------------------------------------------------


@FEW
@given(phases=regimens(per="/kg"), weight=st.integers(1, 216), times=st.integers(2, 3))
def test_amounts_by_weight_grow_with_it(read: Read, phases: list[Bounded], weight: int, times: int) -> None:
    drawn = draw(read(written(phases)), start=START)
    here, there = (dose_schedule(drawn, Patient(weight_kg=each)).rows for each in (weight, weight * times))
    for one, other in zip(here, there, strict=True):
        assert one.amount
        assert other.amount
        assert isinstance(one.entry.dose, Quantity)
        assert one.amount.value == one.entry.dose.value * weight
        assert other.amount.value == one.amount.value * times


BODIES = st.builds(
    Patient,
    height_cm=st.decimals(40, 275, places=1),
    weight_kg=st.decimals(1, 650, places=1),
)


@given(
    dose=st.decimals(2, 900, places=2),
    maximum=st.decimals(Decimal("0.1"), 2_000, places=1),
    cap=st.decimals(Decimal("0.5"), 3, places=2),
    patient=BODIES,
    formula=st.sampled_from(["mosteller", "du-bois", "haycock", "livingston-lee"]),
)
def test_amounts_never_pass_a_limit(read: Read, dose: Decimal, maximum: Decimal, cap: Decimal, patient: Patient, formula: str) -> None:
    give = f"drug: b, route: PO, dose: {dose} mg/m2, days: 1"
    limited = f"{{{give}, id: c, max: {maximum} mg, bsa_cap: {cap} m2, round: 0.1 mg}}, {{{give}, id: d}}, {{{give}, id: e, bsa_cap: none}}"
    drawn = draw(read(f"phases: [{{id: p, give: [{limited}]}}]"), start=START)
    found = {row.entry.activity: row.amount for row in dose_schedule(drawn, patient, practice=Practice(formula=formula)).rows}
    own, drugs, uncapped = (found[id] for id in "cde")
    assert own
    assert drugs
    assert uncapped
    assert own.value <= maximum
    assert own.bsa_m2 is not None
    assert own.bsa_m2 <= cap
    half_a_step = Decimal("0.05")
    assert own.value <= dose * cap + half_a_step
    assert drugs.bsa_m2 is not None
    assert drugs.bsa_m2 <= Decimal("2.2")
    assert drugs.value <= dose * Decimal("2.2") + half_a_step
    assert own.value <= uncapped.value
    assert drugs.value <= uncapped.value


# -- the shipped regimens -----------------------------------------------------------------------------------------


def shipped() -> Iterator[tuple[str, Regimen]]:
    """Every shipped regimen without a choice where that can be drawn, and with each of its variants and proxies."""
    for id in regimen_ids():
        base = "cybord" if load_regimen(id).regimen.derive else ""
        plain = load_regimen(id, base=base).regimen
        by_variant = any(fact.value is Gap.BY_VARIANT for _, fact in facts_of(plain))
        if not by_variant:
            yield id, plain
        yield from ((f"{id} {each}", load_regimen(id, variant=each, base=base).regimen) for each in plain.variants)
        if not by_variant:
            yield from ((f"{id} {each}", load_regimen(id, proxy=each, base=base).regimen) for each in plain.proxies)


SHIPPED = dict(shipped())
every_shipped = pytest.mark.parametrize("regimen", SHIPPED.values(), ids=SHIPPED.keys())


def told(regimen: Regimen) -> dict[str, date]:
    """A date for each phase that waits, five years after another."""
    return {phase.id: date(2030 + 5 * number, 1, 31) for number, phase in enumerate(regimen.phases) if phase.waits}


def rows(drawn: Schedule) -> list[tuple[date, str, str, str, str]]:
    return [(entry.date, entry.phase, entry.when, entry.activity, str(entry.dose)) for entry in drawn.entries]


@every_shipped
def test_shipped_in_order_with_keys_of_their_own(regimen: Regimen) -> None:
    for starts in ({}, told(regimen)):
        drawn = draw(regimen, start=START, horizon=Horizon(cycles=20), starts=starts)
        assert drawn.entries
        assert [entry.date for entry in drawn.entries] == sorted(entry.date for entry in drawn.entries)
        assert max(Counter(entry.key for entry in drawn.entries).values()) == 1
        # no drug twice on a day under one name
        assert max(Counter((entry.date, entry.phase, entry.activity) for entry in drawn.entries).values()) == 1
        for entry in drawn.entries:
            placed = drawn.phases[entry.phase]
            if entry.day is not None and entry.day > 0:
                assert placed.first
                assert placed.last
                assert placed.first <= entry.date <= placed.last


@every_shipped
def test_shipped_more_cycles_only_add_rows(regimen: Regimen) -> None:
    fewer: list[tuple[date, str, str, str, str]] = []
    for cycles in (1, 2, 3, 5, 8, 13, 21, 40):
        more = rows(draw(regimen, start=START, horizon=Horizon(cycles=cycles), starts=told(regimen)))
        assert Counter(fewer) <= Counter(more)
        fewer = more


@every_shipped
def test_shipped_until_and_phases_are_filters(regimen: Regimen) -> None:
    whole = rows(draw(regimen, start=START, horizon=Horizon(until=date(2029, 1, 1)), starts=told(regimen)))
    for until in (START, date(2026, 1, 31), date(2026, 2, 1), date(2026, 12, 31), date(2028, 2, 29), date(2028, 12, 31)):
        part = rows(draw(regimen, start=START, horizon=Horizon(until=until), starts=told(regimen)))
        assert part == [row for row in whole if row[0] <= until]
    for phase in regimen.phases:
        part = rows(draw(regimen, start=START, horizon=Horizon(until=date(2029, 1, 1)), starts=told(regimen), phases=[phase.id]))
        assert part == [row for row in whole if row[1] == phase.id]


@every_shipped
def test_shipped_the_calendar_repeats_after_400_years(regimen: Regimen) -> None:
    later = {phase: day + CENTURIES for phase, day in told(regimen).items()}
    for start in (START, date(2028, 2, 29), date(2027, 12, 31), date(2026, 1, 31)):
        here = rows(draw(regimen, start=start, horizon=Horizon(cycles=20), starts=told(regimen)))
        there = rows(draw(regimen, start=start + CENTURIES, horizon=Horizon(cycles=20), starts=later))
        assert [(row[0] + CENTURIES, *row[1:]) for row in here] == there


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Puts the process into a time zone, and back at the end."""
    before = os.environ.get("TZ")

    def put(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield put
    monkeypatch.undo()
    assert os.environ.get("TZ") == before
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of a running process can't be changed here")
@pytest.mark.parametrize("id", ["krd-asct", "krd"])
def test_every_time_zone_has_the_same_schedule(id: str, zone: Callable[[str], None]) -> None:
    regimen = load_regimen(id).regimen
    found = set()
    offsets = set()
    for name in ("UTC0", "<+14>-14", "<-12>12", "EST5EDT,M3.2.0,M11.1.0", "<-03>3<-02>,M3.5.0/0,M10.5.0/0"):
        zone(name)
        offsets.add(time.timezone)
        drawn = draw(regimen, start=date(2026, 3, 1), horizon=Horizon(cycles=20), starts=told(regimen))
        dosed = dose_schedule(drawn, Patient(height_cm=170, weight_kg=70))
        found.add((to_csv(dosed), to_ical(dosed)))
    assert len(offsets) == 5
    assert len(found) == 1
