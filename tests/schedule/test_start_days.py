"""Which first days need the fewest moves."""

from datetime import date, timedelta

import pytest

from dosing.api import load_regimen
from dosing.errors import RegimenError, ScheduleError
from dosing.regimen.library import find_drug
from dosing.regimen.model import Regimen
from dosing.schedule.clinic import DrugOf
from dosing.schedule.closed import Closed
from dosing.schedule.draw import draw
from dosing.schedule.mover import move
from dosing.schedule.startdays import StartDay, start_days
from dosing.schedule.timeline import Horizon

WEEKEND = frozenset({5, 6})
FIRST, LAST = date(2026, 1, 1), date(2026, 2, 1)


def of(regimen: Regimen) -> DrugOf:
    return lambda id: find_drug(id, regimen=regimen)


KRD = load_regimen("krd").regimen
KRD_DRUG = of(KRD)


def test_the_fewest_moves_first_and_then_the_earlier_date() -> None:
    """KRd gives carfilzomib on days 1, 2, 8, 9, 15 and 16, so a start from Monday to Thursday keeps off the weekends."""
    found = start_days(KRD, Closed(WEEKEND), first=FIRST, last=LAST, drug_of=KRD_DRUG, horizon=Horizon(cycles=2))
    assert sorted(day.start for day in found) == [FIRST + timedelta(days) for days in range(32)]
    free = [day.start for day in found if day.moves == 0]
    assert free == [day for day in sorted(free) if day.weekday() <= 3]
    assert len(free) == 1 + 4 * 4  # Thursday 1 January, and four weeks of four days
    assert all(day.reasons == () for day in found if day.moves == 0)
    moves = [day.moves or 0 for day in found]
    assert moves == sorted(moves)
    assert {day.moves for day in found if day.start.weekday() > 3} == {12}


def test_each_is_what_the_mover_does_from_there() -> None:
    closed = Closed(WEEKEND, holidays="US")
    for day in start_days(KRD, closed, first=FIRST, last=date(2026, 1, 20), drug_of=KRD_DRUG, horizon=Horizon(cycles=1)):
        moved = move(draw(KRD, start=day.start, horizon=Horizon(cycles=1)), closed, drug_of=KRD_DRUG)
        assert day == StartDay(day.start, moved.count, tuple(map(str, moved.moves)))


def test_days_that_fail_come_last_with_the_rule() -> None:
    closed = Closed(dates={date(2026, 1, 5) + timedelta(days): "move" for days in range(10)})
    found = start_days(KRD, closed, first=date(2026, 1, 5), last=date(2026, 1, 15), drug_of=KRD_DRUG, horizon=Horizon(cycles=1), window=3)
    assert [day.start.day for day in found] == [15, 12, 13, 14, 5, 6, 7, 8, 9, 10, 11]
    assert [day.moves is None for day in found] == [False] * 4 + [True] * 7
    assert found[4].reasons[0].startswith("no open day fits C1D1 on Mon 5 Jan 2026 (move): closed until Wed 14 Jan 2026; ")


def test_where_no_day_will_do_the_first_reason_is_raised() -> None:
    with pytest.raises(ScheduleError, match=r"no open day fits C1D1 on Thu 1 Jan 2026 \(Thursday\)"):
        start_days(KRD, Closed(frozenset(range(7))), first=FIRST, last=LAST, drug_of=KRD_DRUG, horizon=Horizon(cycles=1))
    with pytest.raises(ScheduleError, match="has no phase 'x' to start"):
        start_days(KRD, Closed(), first=FIRST, last=FIRST, drug_of=KRD_DRUG, starts={"x": FIRST})


def test_phases_and_their_dates_are_those_of_a_drawing() -> None:
    regimen = load_regimen("krd-asct").regimen
    told = {"transplant": date(2026, 7, 1)}
    found = start_days(regimen, Closed(WEEKEND), first=FIRST, last=LAST, drug_of=of(regimen), phases=iter(["induction"]), starts=told)
    # Six cycles of 28 days end before 1 July only when begun by 14 January.
    assert {day.start for day in found if day.moves is not None} == {FIRST + timedelta(days) for days in range(14)}
    assert "transplant can't start on 2026-07-01" in found[-1].reasons[0]


@pytest.mark.parametrize(("last", "fits"), [(FIRST, True), (FIRST - timedelta(1), False), (FIRST + timedelta(366), False)])
def test_how_many_days_can_be_tried(last: date, fits: bool) -> None:
    if fits:
        assert len(start_days(KRD, Closed(), first=FIRST, last=last, drug_of=KRD_DRUG)) == 1
        return
    with pytest.raises(ScheduleError, match=f"can't try the days from 2026-01-01 to {last}: give 1 to 366 days"):
        start_days(KRD, Closed(), first=FIRST, last=last, drug_of=KRD_DRUG)


def test_a_whole_year_can_be_tried() -> None:
    regimen = load_regimen("vd").regimen
    last = FIRST + timedelta(365)
    found = start_days(regimen, Closed(), first=FIRST, last=last, drug_of=of(regimen), horizon=Horizon(cycles=1))
    assert len(found) == 366


def test_a_choice_that_is_missing_is_said_at_once() -> None:
    regimen = load_regimen("isa-k").regimen
    with pytest.raises(RegimenError, match="--variant"):
        start_days(regimen, Closed(), first=FIRST, last=LAST, drug_of=of(regimen), horizon=Horizon(cycles=1))
