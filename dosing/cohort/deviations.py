"""What was given beside the planned doses of many patients: other days and amounts, what is missing, and what is extra.

    found = check(open_doses("doses.parquet", columns=NEEDED), "administered.csv", window_days=3, percent=Decimal(5))
    write(found, "deviations.csv")
    found.summary()

The rules, in the order in which they hold, for each patient and drug:

1.  What was given on the day of a planned dose belongs to it; of several on a day equal amounts first, then the nearest.
2.  What is left goes to the nearest planned dose, at most `window_days` early or late, and never further than half-way to the
    neighbouring dose of the drug: of doses two days apart one may be a day early or late, of doses on days in a row none.
3.  A planned dose without an administration is missing if it is due: planned on or before the last day for which the table has anything
    of the patient or, with `as_of`, on or before that day. An optional dose is never missing.
4.  An administration without a planned dose is extra.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dosing.cohort.administered import EPOCH, Administered, Flags, Numbers, read_administered
from dosing.cohort.comparing import Had, compare, day_of, keys, person_of
from dosing.cohort.deviation_columns import DAY, EXTRA, KINDS, MISSING, UNKNOWN
from dosing.cohort.deviation_rows import Found, Lines, batch_of, together
from dosing.cohort.judging import NONE, Judge
from dosing.cohort.planned import People, Plans, local_drugs, whole_patients
from dosing.errors import PatientError

WINDOW_DAYS = 3
PERCENT = Decimal(5)
MOST_WINDOW = 366
_NEVER = -(1 << 40)
_PATIENTS = 10_000


@dataclass(slots=True)
class Totals:
    """What was looked at, and what could not be."""

    patients: int = 0
    without: int = 0
    no_drug: int = 0
    no_date: int = 0


@dataclass
class Deviations:
    """The deviations in batches, once, as the doses come; what is counted is complete after the last batch.

    They stand in the order of the patients in the table of doses, then by day and drug; patients without doses come last, by id.
    `counts` are by drug and kind.
    """

    doses: Iterable[pa.RecordBatch]
    given: Administered
    judge: Judge
    window_days: int
    as_of: date | None
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    totals: Totals = field(default_factory=Totals)

    @property
    def rejects(self) -> pa.Table:
        """Cells that can't be read, whose rows were left out; the columns are `dosing.cohort.columns.REJECTS`."""
        return self.given.rejects

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Batches of the columns `DEVIATIONS`. Raises PatientError where the doses of a patient don't stand together."""
        seen = np.zeros(len(self.given.patients), dtype=bool)
        last = self.given.last_days()
        for table in whole_patients(self.doses):
            people = People.of(table, self.given.patients)
            _once(people, seen)
            yield from self._compared(people, Plans.of(table, people, self.judge), last)
        ids = sorted(id for id, code in self.given.patients.items() if not seen[code])
        for start in range(0, len(ids), _PATIENTS):
            yield from self._unknown(People.named(ids[start : start + _PATIENTS], self.given.patients))

    def summary(self) -> list[tuple[str, str, int]]:
        """Drug, kind and number of deviations, by drug and in the order of the kinds."""
        return [(drug, kind, self.counts[drug, kind]) for drug, kind in sorted(self.counts, key=lambda key: (key[0], KINDS.index(key[1])))]

    def said(self) -> list[str]:
        """What was compared and what could not be, in sentences."""
        totals = self.totals
        until = f"up to {self.as_of}" if self.as_of else "for each patient up to the last day with anything given"
        lines = [f"{self.given.rows} rows of what was given, doses of {totals.patients} patients; missing is counted {until}"]
        if totals.without and not self.as_of:
            lines.append(f"{totals.without} patients were given nothing; none of their doses counts as missing unless a day is named")
        if self.rejects.num_rows:
            rows = len(pc.unique(self.rejects["row"]))
            lines.append(f"{rows} rows of what was given can't be read; the doses that they were given for may count as missing")
        if totals.no_drug:
            lines.append(f"{totals.no_drug} planned doses are not compared: their drug is not stated")
        if totals.no_date:
            lines.append(f"{totals.no_date} rows of the doses are not compared: they have no date")
        return lines

    def _compared(self, people: People, plans: Plans, last: Numbers) -> Iterator[pa.RecordBatch]:
        self.totals.patients += len(people.ids)
        self.totals.without += int((people.code == NONE).sum())
        self.totals.no_drug += plans.no_drug
        self.totals.no_date += plans.no_date
        lines = self._lines(people, plans)
        found = self._found(plans, lines, self._due(people, last))
        yield from self._batch(people, plans, lines, found)

    def _unknown(self, people: People) -> Iterator[pa.RecordBatch]:
        plans = Plans.none()
        lines = self._lines(people, plans)
        every = np.arange(len(lines.row))
        times, amount = (each[lines.row].astype(np.int64) for each in (self.given.times, self.given.amount))
        yield from self._batch(people, plans, lines, self._extra(UNKNOWN, every, times, amount))

    def _lines(self, people: People, plans: Plans) -> Lines:
        owner, row = self.given.rows_of(people.code)
        drug = local_drugs(plans, self.given.drugs)[self.given.drug[row]]
        return Lines(owner, row, keys(owner, drug, self.given.day[row].astype(np.int64)))

    def _due(self, people: People, last: Numbers) -> Numbers:
        """The last day on which a planned dose of each patient can be missing."""
        if self.as_of:
            return np.full(len(people.ids), self.as_of.toordinal() - EPOCH)
        return np.where(people.code == NONE, _NEVER, np.append(last, _NEVER)[people.code])

    def _found(self, plans: Plans, lines: Lines, due: Numbers) -> Found:
        given, doses, judge = self.given, plans.doses, self.judge
        had = Had(lines.key, given.times[lines.row].astype(np.int64), given.amount[lines.row].astype(np.int64))
        both = compare(doses, had, window=self.window_days, planned_sizes=judge.planned_sizes, given_sizes=judge.given_sizes)
        dose, line, times = both.pairs
        judged = judge.of(doses.amount[dose], had.amount[line])
        pairs = Found(judge.kinds(judged), dose, line, times, judged)
        off_day = Found(np.full(len(dose), KINDS.index(DAY)), dose, line, times, judged)
        dose, times = both.missing
        is_due = ~doses.optional[dose] & (day_of(doses.key[dose]) <= due[person_of(doses.key[dose])])
        missing = _alone(MISSING, dose[is_due], times[is_due], judge.of(doses.amount[dose[is_due]], np.full(int(is_due.sum()), NONE)))
        return together(
            pairs.of(pairs.kind != NONE),
            off_day.of(day_of(doses.key[off_day.dose]) != day_of(had.key[off_day.line])),
            missing,
            self._extra(EXTRA, *both.extra, had.amount),
        )

    def _extra(self, kind: str, line: Numbers, times: Numbers, amount: Numbers) -> Found:
        judged = self.judge.of(np.full(len(line), NONE), amount[line])
        return Found(np.full(len(line), KINDS.index(kind)), np.full(len(line), NONE), line, times, judged)

    def _batch(self, people: People, plans: Plans, lines: Lines, found: Found) -> Iterator[pa.RecordBatch]:
        if not len(found.kind):
            return
        batch = batch_of(people, plans, self.given, lines, found, self.judge)
        drug, kind = (batch[name].indices.to_numpy().astype(np.int64) for name in ("drug", "kind"))
        drugs = batch["drug"].dictionary.to_pylist()
        for both, count in zip(*(each.tolist() for each in np.unique(drug * len(KINDS) + kind, return_counts=True)), strict=True):
            self.counts[drugs[both // len(KINDS)], KINDS[both % len(KINDS)]] += count
        yield batch


def check(
    doses: Iterable[pa.RecordBatch],
    administered: str | Path,
    *,
    window_days: int = WINDOW_DAYS,
    percent: Decimal = PERCENT,
    as_of: date | None = None,
    names: Mapping[str, str] | None = None,
) -> Deviations:
    """Compare a table of what was given with planned doses, which stand together for each patient.

    `doses` are batches with at least the columns `dosing.cohort.deviation_columns.NEEDED`, of the types of `columns.schema()`;
    `administered` is read at once, the doses as the deviations are drawn. An amount deviates if it is off by more than `percent` of the
    planned one. Without `as_of` a dose is due up to the last day of its patient in the table. `names`: as for `read_administered`.
    Raises PatientError for a table that can't be read, and for a window or a percentage that makes no sense.
    """
    if not 0 <= window_days <= MOST_WINDOW:
        raise PatientError(f"a window of {window_days} days makes no sense; give one from 0 to {MOST_WINDOW}")
    if not (percent.is_finite() and percent >= 0):
        raise PatientError(f"a deviation of {percent} % makes no sense; give 0 or more")
    given = read_administered(administered, names=names)
    return Deviations(doses, given, Judge(given.amounts, percent), window_days, as_of)


def _once(people: People, seen: Flags) -> None:
    """Raise PatientError for a patient who comes again."""
    known = people.code[people.code != NONE]
    twice = np.flatnonzero(seen[known] | (np.bincount(known, minlength=len(seen))[known] > 1))
    if len(twice):
        id = people.ids[np.flatnonzero(people.code == known[twice[0]])[0]]
        raise PatientError(f"the doses of patient {id!r} stand in more than one place; sort the table of doses by patient_id and date")
    seen[known] = True


def _alone(kind: str, dose: Numbers, times: Numbers, judged: Numbers) -> Found:
    return Found(np.full(len(dose), KINDS.index(kind)), dose, np.full(len(dose), NONE), times, judged)
