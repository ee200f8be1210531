"""Given beside planned, on invented plans: what is given as planned deviates in nothing, and each slip is found as what it is."""

import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given as invented
from hypothesis import strategies as st

from tests.cohort.deviation_tables import Row, as_given, found, given, on, planned
from tests.cohort.test_deviations_matching import every_pairing, with_windows

DRUGS = ("carfilzomib", "dexamethasone")
END = on(400)


def deviations(rows: Sequence[Row], had: Sequence[Row], **options: Any) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        return found(Path(folder), rows, had, as_of=END, **options)


@st.composite
def plans(draw: st.DrawFn, *, least_gap: int = 1, optional: bool = True) -> list[Row]:
    """Plans of one to three patients, with up to six days for each of two drugs."""
    rows: list[Row] = []
    for patient in range(draw(st.integers(1, 3))):
        own: list[Row] = []
        for drug in DRUGS:
            day = draw(st.integers(1, 10))
            for _ in range(draw(st.integers(0, 6))):
                times = draw(st.sampled_from([None, 1, 1, 2, 3]))
                status = draw(st.sampled_from(["planned", "planned", "given", "optional"] if optional else ["planned", "given"]))
                amount = draw(st.integers(1, 999)) / 10
                own.append(planned(day, f"p{patient}", drug, amount, times_per_day=times, status=status))
                day += draw(st.integers(least_gap, 14))
        rows += sorted(own, key=lambda row: row["date"])
    return rows


@invented(plans(), st.randoms(use_true_random=False))
def test_given_as_planned_in_any_order_deviates_in_nothing(rows: list[Row], random: Any) -> None:
    had = as_given(rows)
    random.shuffle(had)
    assert deviations(rows, had, percent=Decimal(0)) == []
    assert deviations(rows, [row for row, dose in zip(as_given(rows), rows, strict=True) if dose["status"] != "optional"]) == []


@invented(plans(optional=False).filter(bool), st.data())
def test_one_left_out_is_one_missing(rows: list[Row], data: st.DataObject) -> None:
    had = as_given(rows)
    gone = data.draw(st.integers(0, len(rows) - 1))
    (only,) = deviations(rows, had[:gone] + had[gone + 1 :])
    row = rows[gone]
    assert (only["kind"], only["patient_id"], only["drug"], only["expected_on"]) == ("missing", row["patient_id"], row["drug"], row["date"])


@invented(plans(least_gap=2).filter(bool), st.data(), st.sampled_from([-1, 1]))
def test_one_a_day_off_is_one_day(rows: list[Row], data: st.DataObject, by: int) -> None:
    had = as_given(rows)
    moved = data.draw(st.integers(0, len(rows) - 1))
    row = rows[moved]
    had[moved] = had[moved] | {"date": str(row["date"] + timedelta(days=by))}
    (only,) = deviations(rows, had)
    assert (only["kind"], only["expected_on"], only["days_off"], only["drug"]) == ("day", row["date"], by, row["drug"])


@invented(plans().filter(bool), st.data())
def test_one_too_many_is_one_extra(rows: list[Row], data: st.DataObject) -> None:
    had = as_given(rows)
    had.append(had[data.draw(st.integers(0, len(rows) - 1))] | {"times": "1"})
    (only,) = deviations(rows, had)
    assert (only["kind"], str(only["given_on"]), only["drug"]) == ("extra", had[-1]["date"], had[-1]["drug"])


@invented(plans().filter(bool), st.data())
def test_one_of_another_amount_is_one_amount(rows: list[Row], data: st.DataObject) -> None:
    """All amounts are multiples of 0.1 mg: twice of one is 100 % more."""
    had = as_given(rows)
    wrong = data.draw(st.integers(0, len(rows) - 1))
    had[wrong] = had[wrong] | {"amount": str(2 * round(rows[wrong]["amount"] * 10) / 10)}
    (only,) = deviations(rows, had)
    assert (only["kind"], only["deviation_pct"], only["expected_on"]) == ("amount", 100.0, rows[wrong]["date"])


@invented(
    st.lists(st.integers(1, 14), max_size=4),
    st.lists(st.integers(1, 14), max_size=3),
    st.lists(st.integers(1, 17), max_size=4),
    st.lists(st.integers(1, 17), max_size=3),
    st.integers(0, 4),
)
def test_as_many_as_every_possible_matching_finds(
    ours: list[int], others: list[int], had: list[int], their: list[int], window: int
) -> None:
    """Two patients with one drug, doses that may share days; the deviations are those of the best of all matchings."""
    rows = [planned(day, "p1") for day in sorted(ours)] + [planned(day, "p2") for day in sorted(others)]
    said = deviations(rows, [given(day, "p1") for day in had] + [given(day, "p2") for day in their], window_days=window)
    for patient, days, on_days in (("p1", ours, had), ("p2", others, their)):
        kinds = Counter(row["kind"] for row in said if row["patient_id"] == patient)
        off = sum(abs(row["days_off"]) for row in said if row["patient_id"] == patient and row["kind"] == "day")
        if not days:
            assert kinds.total() == len(on_days)
            continue
        most, fewest = _best(days, on_days, window)
        assert (kinds["missing"], kinds["extra"], off) == (len(days) - most, len(on_days) - most, fewest)
        assert set(kinds) <= {"missing", "extra", "day"}


def _best(days: list[int], had: list[int], window: int) -> tuple[int, int]:
    """The most pairs there can be, and the fewest days that they are off together."""
    windows = with_windows(days, window)
    best = (0, 0)
    for pairing in every_pairing(len(days), len(had)):
        off = [had[j] - windows[i][0] for i, j in pairing]
        if all(-windows[i][1] <= each <= windows[i][2] for (i, _), each in zip(pairing, off, strict=True)):
            best = min(best, (-len(pairing), sum(map(abs, off))))
    return -best[0], best[1]
