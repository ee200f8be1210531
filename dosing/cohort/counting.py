"""Counting the rows of a table of doses on arrays: how often the same dose stands on the same day, and who comes when.

Only counts leave this module; what a dose is and what it opens is worked out once for each that is different.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dosing.errors import PatientError
from dosing.export.rows import OPTIONAL, PLANNED
from dosing.schedule.draw import NOT_DATED, WAITING
from dosing.schedule.entries import GIVEN, HELD, NOT_GIVEN, OMITTED, RULED_OUT, SKIPPED, STOPPED

# What a forecast reads of a table of doses.
NAMES = (
    "patient_id", "date", "activity", "kind", "drug", "route", "amount", "amount_unit", "times_per_day", "duration_min", "status",
    "given_on", "given_amount", "given_unit",
)  # fmt: skip
BY = ("day", "week", "month")
NO_DATE = "without a date"

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

_NONE = -1
_NO_DAY = -(1 << 31)
# Below every whole number that a table of doses can hold.
_NO_NUMBER = -(1 << 40)
_FIRST = date(1970, 1, 1).toordinal()
# 1 January 1970 was a Thursday, the fourth day of its week.
_THURSDAY = 3
_WEEK = 7
# Days fit in so many bits; the patient's number stands above them.
_DAY_BITS = 33
_COUNT = (PLANNED, OPTIONAL, GIVEN)
_STATUSES = (*_COUNT, HELD, OMITTED, STOPPED, SKIPPED, RULED_OUT, NOT_GIVEN, WAITING, NOT_DATED)
_KINDS = ("drug", "assessment")
# Counts are merged when so many lines are waiting.
_WAITING_LINES = 1 << 19

# Of a drug and a route, each perhaps not stated: whether it can be taken at home.
AtHome = Callable[[str | None, str | None], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which rows are counted: of these drugs (none named: all, and assessments), from `first` to `last`, both included."""

    drugs: frozenset[str] = frozenset()
    first: date | None = None
    last: date | None = None


EVERYTHING = Window()


@dataclass(frozen=True, slots=True)
class Doses:
    """So many entries with the same dose in the same time: `amount` is of one administration, None where there is none."""

    day: int
    drug: str | None
    activity: str | None
    route: str | None
    optional: bool
    amount: float | None
    unit: str | None
    times: int | None
    entries: int


@dataclass(frozen=True, slots=True)
class Infusions:
    """So many entries of a drug given in the clinic on one day."""

    day: int
    drug: str | None
    route: str | None
    optional: bool
    minutes: int | None
    times: int | None
    entries: int


@dataclass(frozen=True, slots=True)
class Left:
    """So many entries that don't count, or have no date; `drug` and `activity` are None for assessments."""

    drug: str | None
    activity: str | None
    why: str
    entries: int


def day_of(day: int) -> date:
    """The date of a number of a day."""
    return date.fromordinal(day + _FIRST)


def number_of(day: date) -> int:
    """The number of a date: 1 January 1970 is 0."""
    return day.toordinal() - _FIRST


def start_of(days: Ints, by: str) -> Ints:
    """The first day of the day, week (its Monday) or month that each day is in."""
    if by == "week":
        return days - (days + _THURSDAY) % _WEEK
    if by == "month":
        return days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return days


@cache
def first_of(day: int, by: str) -> int:
    """The first day of the day, week or month that a day is in."""
    return int(start_of(np.array([day], dtype=np.int64), by)[0])


class Words:
    """Texts and their numbers, the same for all batches; -1 is no text."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.texts: list[str] = []

    def number(self, text: str | None) -> int:
        """The number of a text."""
        if text is None:
            return _NONE
        if text not in self._numbers:
            self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return self._numbers[text]

    def numbers(self, column: pa.DictionaryArray) -> Ints:
        """The numbers of a column of texts."""
        known = np.array([*map(self.number, column.dictionary.to_pylist()), _NONE], dtype=np.int64)
        return known[column.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)]  # type: ignore[no-any-return]

    def among(self, found: Ints, texts: Iterable[str]) -> Flags:
        """Which of the numbers are those of these texts."""
        numbers = [self.number(each) for each in texts]
        # The last place is for no text.
        which = np.zeros(len(self.texts) + 1, dtype=bool)
        which[numbers] = True
        return which[found]

    def text(self, number: int) -> str | None:
        """The text of a number."""
        return None if number == _NONE else self.texts[number]


class _Groups:
    """How often each line of numbers has come."""

    def __init__(self) -> None:
        self._waiting: list[pa.Table] = []
        self._lines = 0

    def add(self, columns: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Count these lines, given by column."""
        table = pa.table(dict(columns))
        if table.num_rows:
            self._keep(table.group_by(table.column_names).aggregate([([], "count_all")]).rename_columns([*table.column_names, "n"]))
        if self._lines > _WAITING_LINES:
            self._merge()

    def _keep(self, counted: pa.Table) -> None:
        self._waiting.append(counted)
        self._lines += counted.num_rows

    def _merge(self) -> None:
        whole = pa.concat_tables(self._waiting)
        keys = whole.column_names[:-1]
        # Only what comes from now on counts: the next merge is worth its while when as much is waiting again.
        self._lines = 0
        merged = whole.group_by(keys).aggregate([("n", "sum")])
        self._waiting = [merged.rename_columns([*keys, "n"])]

    def lines(self) -> Iterator[tuple[Any, ...]]:
        """Each line with its count, in order."""
        if self._waiting:
            self._merge()
            table = self._waiting[0].sort_by([(name, "ascending") for name in self._waiting[0].column_names])
            for batch in table.to_batches():
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


class _Patients:
    """Which patients have come, to notice one whose rows don't stand together: 8 bytes for each."""

    def __init__(self) -> None:
        self._sorted: list[Ints] = []

    def known(self, ids: Sequence[str]) -> int | None:
        """Take note of these; the place of the first that was there before, or None."""
        marks = np.array([int.from_bytes(blake2b(each.encode(), digest_size=8).digest(), signed=True) for each in ids], dtype=np.int64)
        if not len(marks):
            return None
        new, first = np.unique(marks, return_index=True)
        again = np.ones(len(marks), dtype=bool)
        again[first] = False
        for some in self._sorted:
            again |= some[np.minimum(np.searchsorted(some, marks), len(some) - 1)] == marks
        if again.any():
            return int(again.argmax())
        while self._sorted and len(self._sorted[-1]) <= len(new):
            new = np.sort(np.concatenate([self._sorted.pop(), new]))
        self._sorted.append(new)
        return None


@dataclass(slots=True)
class _Rows:
    """The rows of one batch as arrays: numbers of days, of texts, of times; see `_rows`."""

    day: Ints
    dated: Flags
    counts: Flags
    optional: Flags
    is_drug: Flags
    drug: Ints
    activity: Ints
    route: Ints
    status: Ints
    amount: Floats
    unit: Ints
    times: Ints
    minutes: Ints

    def of(self, which: Flags, *names: str) -> dict[str, np.ndarray[Any, Any]]:
        """These columns of some of the rows."""
        return {name: getattr(self, name)[which] for name in names}


@dataclass(slots=True)
class Counts:
    """What was counted so far. `by` says how finely doses are told apart in time; visits and infusions are always by day."""

    at_home: AtHome
    by: str = "week"
    window: Window = EVERYTHING
    words: Words = field(default_factory=Words)
    patients: int = 0
    visits: Counter[int] = field(default_factory=Counter)
    optional_visits: Counter[int] = field(default_factory=Counter)
    drugs: set[str] = field(default_factory=set)
    _doses: _Groups = field(default_factory=_Groups)
    _infusions: _Groups = field(default_factory=_Groups)
    _left: _Groups = field(default_factory=_Groups)
    _seen: _Patients = field(default_factory=_Patients)
    _last: str | None = None
    _open: tuple[Ints, Ints] | None = None
    _before: int = 0
    _home: dict[tuple[int, int], bool] = field(default_factory=dict)

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of a batch. Raises PatientError for a value that can't be, and for a patient who comes back later."""
        if not batch.num_rows:
            return
        patient = self._patient_of(batch.column("patient_id"))
        rows = self._rows(batch)
        self._check(rows)
        wanted = self._wanted(rows)
        standing = rows.counts & rows.dated & wanted
        drug = standing & rows.is_drug
        clinic = standing & ~self._at_home(rows)
        when = {"day": start_of(rows.day, self.by)[drug]}
        self._doses.add(when | rows.of(drug, "drug", "activity", "route", "optional", "amount", "unit", "times"))
        self._infusions.add(rows.of(clinic & rows.is_drug, "day", "drug", "route", "optional", "minutes", "times"))
        self._left.add(rows.of(wanted & ~(rows.counts & rows.dated), "drug", "activity", "status", "counts"))
        self._visit(patient, rows, clinic)
        self._before += batch.num_rows

    def doses(self) -> Iterator[Doses]:
        """Every different dose of a drug, in order of time."""
        text = self.words.text
        for day, drug, activity, route, optional, amount, unit, times, n in self._doses.lines():
            yield Doses(day, text(drug), text(activity), text(route), optional, amount or None, text(unit), _given(times), n)

    def infusions(self) -> Iterator[Infusions]:
        """Every different drug given in the clinic, in order of time."""
        text = self.words.text
        for day, drug, route, optional, minutes, times, n in self._infusions.lines():
            yield Infusions(day, text(drug), text(route), optional, _given(minutes), _given(times), n)

    def left(self) -> Iterator[Left]:
        """What was left out and why."""
        text = self.words.text
        for drug, activity, status, counts, n in self._left.lines():
            yield Left(text(drug), text(activity), NO_DATE if counts else text(status) or "", n)

    def close(self) -> None:
        """Count the visits of the last patient. To be called once, after the last batch."""
        if self._open:
            for days, visits in zip(self._open, (self.visits, self.optional_visits), strict=True):
                visits.update(days.tolist())
        self._open = None

    # -- rows ---------------------------------------------------------------------------------------------------------

    def _rows(self, batch: pa.RecordBatch) -> _Rows:
        text = {name: self.words.numbers(batch.column(name)) for name in ("activity", "drug", "route", "status", "kind")}
        self._known(text["status"], _STATUSES, "status")
        self._known(text["kind"], _KINDS, "kind")
        given = text["status"] == self.words.number(GIVEN)
        day = np.where(given, _days(pc.coalesce(batch.column("given_on"), batch.column("date"))), _days(batch.column("date")))
        recorded = given & _numbers(batch.column("given_amount").is_valid(), pa.bool_(), False)
        planned, really = (_numbers(batch.column(name), pa.float64(), 0.0) for name in ("amount", "given_amount"))
        units = (self.words.numbers(batch.column(name)) for name in ("given_unit", "amount_unit"))
        amount = np.where(recorded, really, planned)
        has = recorded | _numbers(batch.column("amount").is_valid(), pa.bool_(), False)
        self._refuse(has & ~(np.isfinite(amount) & (amount > 0)), "an amount that is no number above zero")
        is_drug = text["kind"] == self.words.number("drug")
        return _Rows(
            day=day,
            dated=day != _NO_DAY,
            counts=self.words.among(text["status"], _COUNT),
            optional=text["status"] == self.words.number(OPTIONAL),
            is_drug=is_drug,
            drug=text["drug"],
            # Where the drug is stated nothing hangs on the activity.
            activity=np.where(is_drug & (text["drug"] == _NONE), text["activity"], _NONE),
            route=text["route"],
            status=text["status"],
            amount=amount,
            unit=np.where(has, np.where(recorded, *units), _NONE),
            times=_numbers(batch.column("times_per_day"), pa.int64(), _NO_NUMBER),
            minutes=_numbers(batch.column("duration_min"), pa.int64(), _NO_NUMBER),
        )

    def _known(self, found: Ints, known: Sequence[str], column: str) -> None:
        strange = ~self.words.among(found, known)
        if strange.any():
            at = int(strange.argmax())
            text = self.words.text(int(found[at]))
            raise PatientError(f"row {self._before + at + 1}: column {column} has {text!r}; it must be one of {', '.join(known)}")

    def _refuse(self, bad: Flags, what: str) -> None:
        if bad.any():
            raise PatientError(f"row {self._before + int(bad.argmax()) + 1} has {what}")

    def _check(self, rows: _Rows) -> None:
        self._refuse((rows.times < 1) & (rows.times != _NO_NUMBER), "less than one dose a day in times_per_day")
        self._refuse((rows.minutes < 0) & (rows.minutes != _NO_NUMBER), "an infusion time below zero in duration_min")
        self._refuse(rows.dated & ((rows.day < number_of(date.min)) | (rows.day > number_of(date.max))), "a date beyond the calendar")
        self._refuse((rows.unit == _NONE) & (rows.amount > 0), "an amount without a unit")
        self.drugs.update(self.words.texts[number] for number in pc.unique(pa.array(rows.drug)).to_pylist() if number != _NONE)

    def _wanted(self, rows: _Rows) -> Flags:
        """The rows that were asked for; those without a date are, whatever the dates asked for."""
        window = self.window
        wanted = np.ones(len(rows.day), dtype=bool)
        if window.drugs:
            wanted &= self.words.among(rows.drug, window.drugs)
        if window.first:
            wanted &= ~rows.dated | (rows.day >= number_of(window.first))
        if window.last:
            wanted &= ~rows.dated | (rows.day <= number_of(window.last))
        return wanted

    def _at_home(self, rows: _Rows) -> Flags:
        """Which rows are medicines that can be taken at home."""
        pair = (rows.drug + 1) << 32 | (rows.route + 1)
        pairs = pa.array(pair).dictionary_encode()
        answers = [self._is_at_home((each >> 32) - 1, (each & 0xFFFFFFFF) - 1) for each in pairs.dictionary.to_pylist()]
        home: Flags = np.array(answers, dtype=bool)[pairs.indices.to_numpy()]
        return rows.is_drug & home

    def _is_at_home(self, drug: int, route: int) -> bool:
        if (drug, route) not in self._home:
            self._home[drug, route] = self.at_home(self.words.text(drug), self.words.text(route))
        return self._home[drug, route]

    # -- patients -----------------------------------------------------------------------------------------------------

    def _patient_of(self, ids: pa.Array) -> Ints:
        """The number of each row's patient within the batch: 0 is the last of the batch before."""
        runs = pc.run_end_encode(ids)
        names, ends = runs.values.to_pylist(), runs.run_ends.to_numpy()
        goes_on = names[0] == self._last
        again = self._seen.known(names[goes_on:])
        if again is not None:
            row = self._before + 1 + int(ends[again + goes_on - 1] if again + goes_on else 0)
            raise PatientError(f"row {row}: this patient had rows before, apart from these; sort the table by patient_id")
        self.patients += len(names) - goes_on
        self._last = names[-1]
        first = 0 if goes_on else 1
        return np.repeat(np.arange(first, first + len(names)), np.diff(ends, prepend=0))

    def _visit(self, patient: Ints, rows: _Rows, clinic: Flags) -> None:
        """Count each patient once a day. The last patient's days are kept, as more rows may come."""
        last = int(patient[-1])
        before = self._open or (np.array([], dtype=np.int64), np.array([], dtype=np.int64))
        keys = patient << _DAY_BITS | (rows.day - _NO_DAY)
        surely = _distinct(np.concatenate([before[0] - _NO_DAY, keys[clinic & ~rows.optional]]))
        perhaps = _distinct(np.concatenate([before[1] - _NO_DAY, keys[clinic & rows.optional]]))
        perhaps = perhaps[~np.isin(perhaps, surely, assume_unique=True)]
        kept = []
        for found, visits in ((surely, self.visits), (perhaps, self.optional_visits)):
            days = (found & ((1 << _DAY_BITS) - 1)) + _NO_DAY
            stays = (found >> _DAY_BITS) == last
            kept.append(days[stays])
            some, counts = np.unique(days[~stays], return_counts=True)
            visits.update(dict(zip(some.tolist(), counts.tolist(), strict=True)))
        self._open = kept[0], kept[1]


def _given(number: int) -> int | None:
    return None if number == _NO_NUMBER else number


def _distinct(keys: Ints) -> Ints:
    """Each key once, in order. Most repeat the one before, so that little is left to be sorted."""
    return _fresh(np.sort(_fresh(keys)))


def _fresh(keys: Ints) -> Ints:
    """The keys that aren't the one before."""
    fresh = np.ones(len(keys), dtype=bool)
    fresh[1:] = keys[1:] != keys[:-1]
    return keys[fresh]


def _days(column: pa.Array) -> Ints:
    return _numbers(column.cast(pa.int32()), pa.int64(), _NO_DAY)


def _numbers(column: pa.Array, type: pa.DataType, empty: float) -> np.ndarray[Any, Any]:
    """A column as an array, with `empty` for no value."""
    found: np.ndarray[Any, Any] = column.cast(type).fill_null(pa.scalar(empty, type)).to_numpy(zero_copy_only=False)
    return found
