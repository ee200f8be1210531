"""What follows from a dose given late: the drug's rule for a missed dose, its least time between doses, and what clashes with it.

Only doses of the same drug follow. What happened is never refused: where a later dose can't follow, it stays on its date and says so.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from dosing.regimen.drug import Drug, Keep
from dosing.regimen.facts import Fact
from dosing.schedule.amend_delay import Pair, reach_of, statuses
from dosing.schedule.amend_state import State, Stuck, days, entries, is_drug, label, told_after
from dosing.schedule.calendar import DAY, shift
from dosing.schedule.changes import Given, Mode
from dosing.schedule.clinic import around_day_0, least_days, subject
from dosing.schedule.entries import Entry, Key

_OTHERS = {
    Keep.INTERVAL: f"; other drugs keep their dates, a delay of {Mode.ALL.value!r} (all) moves everything",
    Keep.PAIR: "; the other days keep their dates",
    Keep.DATES: "",
}


@dataclass(frozen=True, slots=True)
class Late:
    """A dose that was given `by` days late, and the entries of its drug that come after it, as planned."""

    entry: Entry
    day: date
    by: int
    change: Given
    drug: Drug | None

    def later(self, state: State) -> list[Entry]:
        """All later entries of the drug, on the dates that they have now; what became of them doesn't matter."""
        who = subject(self.entry)
        return [each for each in state.entries.values() if subject(each) == who and each.date > self.entry.date]


def follow(entry: Entry, day: date, by: int, change: Given, state: State) -> list[str]:
    """Move what follows from a dose given on `day`, `by` days late, and say it.

    A dose that was given on the day to which it had been moved off a closed one isn't late; those after it keep clear of it all the same,
    as they did in the calendar.
    """
    late = Late(entry, day, by, change, _drug(entry, state))
    done = next((each for each in late.later(state) if each.given_on), None)
    if day <= entry.date or (by < 1 and (done or not change.shown)):
        return []
    if done:
        return [f"{label(done)} after it is recorded as given already, so nothing moves"]
    return [*(_by_rule(late, state) if by > 0 else ()), *_by_spacing(late, state)]


def rule_of(entry: Entry, state: State) -> str:
    """What the drug's file says of a missed dose, for one that was not given."""
    drug = _drug(entry, state)
    if drug and drug.missed and drug.missed.stated:
        rule = f"{drug.missed.stated} {_cited(drug.missed)}"
        return f"for a missed dose of {drug.id}: {rule}; if it is given later after all, undo this and record the day"
    return _unknown(entry, state)


def _drug(entry: Entry, state: State) -> Drug | None:
    return state.drug_of(entry.drug) if state.drug_of and entry.drug else None


def _unknown(entry: Entry, state: State) -> str:
    if state.drug_of:
        return f"nobody states what follows from a missed dose of {subject(entry)}"
    return f"no drug file is at hand to say what follows from a missed dose of {subject(entry)}"


def _cited(fact: Fact[object]) -> str:
    return f"[{fact.source}]{' UNVERIFIED' if fact.unverified else ''}"


# -- the rule for a missed dose -----------------------------------------------------------------------------------


def _by_rule(late: Late, state: State) -> Iterator[str]:
    fact = late.drug.missed if late.drug else None
    if not fact or not fact.stated:
        yield _unknown(late.entry, state)
        return
    keep, rule = fact.stated.keep, f"{fact.stated} {_cited(fact)}"
    picked = [each for each in _picked(keep, late, state) if state.movable(each)]
    moved = _settled(picked, {each.date: shift(each.date, late.by) for each in picked}, late, state)
    turned = list(statuses(moved, state))
    _apply(moved, f"because {label(late.entry)} was given {days(late.by)} late: {rule} (change {late.change.number})", state)
    if not moved:
        yield f"{rule}: no later dose of {subject(late.entry)} moves"
        return
    first, new = min((before.date, after.date) for before, after in moved)
    yield f"{rule}: {entries(len(moved))} of {subject(late.entry)} {days(late.by)} later, {first} -> {new}{_OTHERS[keep]}"
    yield from _left_behind(moved, state)
    yield from turned


def _left_behind(moved: Sequence[Pair], state: State) -> Iterator[str]:
    """Which drugs were on the same days as what moves, and stay there: a premedication belongs to its drug."""
    left = {before.date for before, _ in moved}
    drug = subject(moved[0][0])
    there = [entry for entry in state.ordered(state.entries.values()) if entry.date in left and is_drug(entry) and not state.status(entry)]
    names = dict.fromkeys(subject(entry) for entry in there if subject(entry) != drug)
    if names:
        yield f"NOT MOVED, though on the same days until now: {', '.join(names)}; look whether they belong to it, as a premedication does"


def _picked(keep: Keep, late: Late, state: State) -> list[Entry]:
    """The later entries that a rule moves; not all of them may be able to."""
    later = late.later(state)
    if keep is Keep.INTERVAL:
        phases = reach_of(late.entry.phase, late.entry.date, state).ends
        return [each for each in later if each.phase in phases]
    if keep is Keep.PAIR:
        run = {late.entry.date}
        for day in sorted({each.date for each in later}):
            if day - DAY in run:
                run.add(day)
        return [each for each in later if each.date in run]
    return []


# -- the least time between doses ---------------------------------------------------------------------------------


def _by_spacing(late: Late, state: State) -> Iterator[str]:
    fact = late.drug.spacing if late.drug else None
    if late.drug and fact and fact.stated:
        least, rule = least_days(late.drug), f"at least {fact.stated.hours} hours between doses {_cited(fact)}"
    elif late.change.shown:
        least, rule = 1, "to keep clear of a dose that was moved off a closed day"
    else:
        return
    to = _pushed(late, least, state)
    picked = [each for each in late.later(state) if each.date in to and state.movable(each)]
    moved = _settled(picked, to, late, state)
    turned = list(statuses(moved, state))
    _apply(moved, f"{rule} (change {late.change.number})", state)
    if moved:
        yield f"{rule}: {', '.join(f'{label(before)} {before.date} -> {after.date}' for before, after in reversed(moved))}"
        yield from turned


def _pushed(late: Late, least: int, state: State) -> dict[date, date]:
    """New dates, by old ones, so that the time is kept from the given dose on: as few as needed, each as little as needed.

    What is held gives no dose to keep clear of; it moves only so that it is not overtaken.
    """
    by_day = _by_day(each for each in late.later(state) if state.in_the_way(each))
    to: dict[date, date] = {}
    dose, passed = late.day, date.min
    for day, found in sorted(by_day.items(), key=lambda item: item[0]):
        stands = any(not state.status(each) for each in found)
        need = shift(dose, least)
        if day > passed and (day >= need or not stands):
            if stands:
                break
            continue
        passed = to[day] = max(need, passed + DAY)
        if any(not state.status(replace(each, date=passed)) for each in found):
            dose = passed
    return to


def _by_day(found: Iterator[Entry]) -> dict[date, list[Entry]]:
    by_day: dict[date, list[Entry]] = {}
    for each in found:
        by_day.setdefault(each.date, []).append(each)
    return by_day


# -- moving -------------------------------------------------------------------------------------------------------


def _settled(picked: Collection[Entry], to: Mapping[date, date], late: Late, state: State) -> list[Pair]:
    """The moves that can be made; what can't, or would pass a dose that stays, is stuck. Doses of one date stay together."""
    keys = {each.key for each in picked}
    moved: list[Pair] = []
    limit, stays = date.max, ""
    for day, found in sorted(_by_day(iter(late.later(state))).items(), key=lambda item: item[0], reverse=True):
        pairs = [(each, replace(each, date=to[day])) for each in found if each.key in keys]
        counted = [(before, after) for before, after in pairs if state.in_the_way(before)]
        reason = next(filter(None, (_obstacle(before, after, state) for before, after in counted)), "")
        if not reason and any(after.date >= limit and state.in_the_way(after) for _, after in counted):
            reason = stays
        if reason:
            state.stuck.update({before.key: Stuck(day, after.date, reason, late.change) for before, after in counted})
            limit, stays = day, reason
            continue
        moved += pairs
        staying = [each for each in found if each.key not in keys and state.in_the_way(each)]
        if staying:
            limit, stays = day, f"{label(staying[0])} stays on {day}"
    return moved


def _obstacle(before: Entry, after: Entry, state: State) -> str:
    """Why a dose can't be moved so far, or nothing."""
    if around_day_0(before, state.schedule.regimen):
        return "its days are counted around day 0"
    if state.stop and after.date >= state.stop.since:
        return f"nothing is given from {state.stop.since} on (change {state.stop.number})"
    told = () if before.phase in state.borders else told_after(before.phase, state)
    return next((f"{phase} starts on {day}" for phase, day in told if before.date < day <= after.date), "")


def _apply(moved: Sequence[Pair], why: str, state: State) -> None:
    for before, after in moved:
        later = f"{days((after.date - before.date).days)} later, {why}"
        state.entries[before.key] = replace(after, planned_on=before.planned_on or before.date, why=(*before.why, later))


# -- clashes ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clash:
    """A dose that stands where it can't be given: in words for itself, and what a note says of all of its kind."""

    who: str
    why: str
    about: str


def clashes(state: State) -> dict[Key, Clash]:
    """The doses that stand on or before the day the dose before them was given, or that could not follow; as it is after all changes."""
    given: dict[str, list[tuple[Entry, Given]]] = {}
    for key, change in state.given.items():
        if change.day:
            given.setdefault(subject(state.entries[key]), []).append((state.entries[key], change))
    standing = [each for each in state.ordered(state.entries.values()) if is_drug(each) and not state.status(each)]
    found = {each.key: _stuck(each, state) or _overtaken(each, given.get(subject(each), ())) for each in standing}
    return {key: clash for key, clash in found.items() if clash}


def _stuck(entry: Entry, state: State) -> Clash | None:
    stuck = state.stuck.get(entry.key)
    if not stuck or stuck.day != entry.date:
        return None
    why = f"CLASH: planned on {entry.date}, can't follow to {stuck.to}: {stuck.reason}; delay or omit it (change {stuck.change.number})"
    about = f"can't follow a dose given late (change {stuck.change.number}): {stuck.reason}; delay or omit"
    return Clash(f"{label(entry)} ({entry.date})", why, about)


def _overtaken(entry: Entry, given: Collection[tuple[Entry, Given]]) -> Clash | None:
    before = [change for dose, change in given if dose.date < entry.date <= dose.happens_on]
    if not before:
        return None
    last = max(before, key=lambda change: (change.day, change.number))
    text = f"on or before the day the dose before {{}} was given ({last.day}, change {last.number}); delay or omit"
    return Clash(f"{label(entry)} ({entry.date})", f"CLASH: planned on {entry.date}, {text.format('it')} it", text.format("them"))


def clash_notes(found: Mapping[Key, Clash]) -> Iterator[str]:
    """One sentence for all clashes of a kind."""
    for about in dict.fromkeys(clash.about for clash in found.values()):
        yield f"CLASH: {', '.join(clash.who for clash in found.values() if clash.about == about)}: {about}"
