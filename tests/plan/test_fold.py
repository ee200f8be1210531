"""What a log comes to: each kind of change as the schedule and the amounts understand it, and what contradicts itself."""

from datetime import date

import pytest

from dosing.dose.reduction import Reduction, Since
from dosing.errors import ScheduleError
from dosing.plan.fold import Folded, Told, fold
from dosing.plan.kinds import KINDS
from dosing.plan.model import Asked, Choices, Plan, append
from dosing.regimen.values import parse_percent
from dosing.schedule.changes import Delay, Given, Hold, Mode, Omit, Resume, Skip, Stop, Where
from dosing.units import parse_amount

ON = date(2026, 2, 2)
DAY = date(2026, 2, 9)
HASH = "sha256:" + "0123456789abcdef" * 4
HEAD = Plan(
    id="p017",
    regimen="krd-asct",
    version=1,
    definition=HASH,
    start=date(2026, 1, 5),
    patient=Asked(texts={"sex": "female"}),
    choices=Choices(set={"harvest.days": "15"}),
)
C2 = Where("", 2)


def plan(*changes: tuple[str, dict[str, str]]) -> Plan:
    made = HEAD
    for kind, fields in changes:
        made = append(made, on=ON, kind=kind, fields=fields, reason="why")
    return made


@pytest.mark.parametrize(
    ("kind", "fields", "change"),
    [
        ("delay", {"at": "C2", "mode": "all", "by": "1 week"}, Delay(1, ON, "why", C2, Mode.ALL, 7, None)),
        ("delay", {"at": "C2", "mode": "cycle", "by": "1d"}, Delay(1, ON, "why", C2, Mode.CYCLE, 1, None)),
        ("delay", {"at": "C2", "mode": "dose", "to": "2026-02-09"}, Delay(1, ON, "why", C2, Mode.DOSE, None, DAY)),
        ("hold", {"drug": "all", "since": "2026-02-09"}, Hold(1, ON, "why", DAY)),
        ("hold", {"drug": "carfilzomib", "since": "2026-02-09"}, Hold(1, ON, "why", DAY, "carfilzomib")),
        ("resume", {"drug": "all", "since": "2026-02-09"}, Resume(1, ON, "why", DAY)),
        ("omit", {"at": "C2"}, Omit(1, ON, "why", C2)),
        ("stop", {"since": "2026-02-09"}, Stop(1, ON, "why", DAY)),
        ("phase", {"phase": "transplant", "skip": "yes"}, Skip(1, ON, "why", "transplant")),
        ("given", {"at": "C2", "not_given": "yes"}, Given(1, ON, "why", C2, None)),
        ("given", {"at": "C2", "date": "2026-02-09", "amount": "49mg"}, Given(1, ON, "why", C2, DAY)),
    ],
)
def test_changes_of_the_schedule(kind: str, fields: dict[str, str], change: object) -> None:
    folded = fold(plan((kind, fields)))
    assert folded.changes == [change]
    assert folded.given == ([(1, C2, parse_amount("49 mg"))] if "amount" in fields else [])


@pytest.mark.parametrize(
    ("kind", "fields", "reduction"),
    [
        ("reduce", {"to": "level 2", "since": "C3"}, Reduction("carfilzomib", "why; change 1 on 2026-02-02", 2, None, Since(cycle=3))),
        (
            "reduce",
            {"to": "75 %", "since": "2026-02-09"},
            Reduction("carfilzomib", "why; change 1 on 2026-02-02", None, parse_percent("75 %"), Since(day=DAY)),
        ),
        ("restore", {"since": "C4 D8"}, Reduction("carfilzomib", "why; change 1 on 2026-02-02", since=Since(cycle=4, cycle_day=8))),
    ],
)
def test_reductions(kind: str, fields: dict[str, str], reduction: Reduction) -> None:
    folded = fold(plan((kind, {"drug": "carfilzomib", **fields})))
    assert folded.reductions == [reduction]
    assert folded.changes == []


def test_measurements_are_in_order_of_their_dates() -> None:
    folded = fold(
        plan(
            ("weigh", {"since": "2026-03-02", "weight": "60"}),
            ("weigh", {"since": "2026-02-09", "weight": "65", "height": "169"}),
            ("lab", {"since": "2026-03-02", "crcl": "45"}),
            ("lab", {"since": "2026-02-09", "age": "70"}),
            ("lab", {"since": "2026-02-09", "dialysis": "no"}),
        )
    )
    assert folded.sizes == [Told(2, DAY, {"weight": "65", "height": "169"}), Told(1, date(2026, 3, 2), {"weight": "60"})]
    assert [(told.number, dict(told.texts)) for told in folded.labs] == [(4, {"age": "70"}), (5, {"dialysis": "no"}), (3, {"crcl": "45"})]


def test_a_phase_that_is_told_its_date_again_begins_on_the_later_told_one() -> None:
    first = ("phase", {"phase": "transplant", "start": "2026-08-10"})
    again = ("phase", {"phase": "transplant", "start": "2026-08-03"})
    assert fold(plan(first, again)).starts == {"transplant": date(2026, 8, 3)}
    assert fold(plan(first, again, ("undo", {"undoes": "2"}))).starts == {"transplant": date(2026, 8, 10)}


def test_what_is_chosen_later() -> None:
    folded = fold(
        plan(
            ("choose", {"rule": "lenalidomide=us"}),
            ("choose", {"rule": "dexamethasone=over-75", "weigh": "each cycle"}),
            ("choose", {"set": "conditioning.drug = melphalan"}),
        )
    )
    assert folded.lists == {"rule": ["lenalidomide=us", "dexamethasone=over-75"], "weigh": ["each cycle"]}
    assert folded.values == {"conditioning.drug": "melphalan"}


def test_overrides_upgrades_and_what_was_undone() -> None:
    upgrade = ("upgrade", {"version": "2", "definition": HASH})
    assert fold(plan(upgrade)) == Folded()
    assert fold(plan(("override", {"name": "weight"}))).overrides == {"weight"}
    assert fold(plan(("override", {"name": "weight"}), ("undo", {"undoes": "1"}))) == Folded()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            [("phase", {"phase": "transplant", "skip": "yes"}), ("phase", {"phase": "transplant", "start": "2026-08-03"})],
            "change 2 (phase) can't be made: transplant is left out (change 1); `dosing plan undo` takes that back",
        ),
        (
            [("phase", {"phase": "transplant", "skip": "yes"})] * 2,
            "change 2 (phase) can't be made: transplant is left out (change 1)",
        ),
        (
            [("weigh", {"since": "2026-02-09", "weight": "60"}), ("weigh", {"since": "2026-02-09", "weight": "61", "height": "170"})],
            "change 2 (weigh) can't be made: weight of 2026-02-09 is known already (change 1); undo that if it was an error",
        ),
        (
            [("lab", {"since": "2026-02-09", "crcl": "60"}), ("lab", {"since": "2026-02-09", "crcl": "61"})],
            "change 2 (lab) can't be made: crcl of 2026-02-09 is known already (change 1)",
        ),
        ([("override", {"name": "weight"})] * 2, "change 2 (override) can't be made: weight is let pass already"),
        ([("choose", {"set": "a.dose=1 mg"})] * 2, "change 2 (choose) can't be made: a.dose is chosen already"),
        ([("choose", {"sex": "male"})], "change 1 (choose) can't be made: the plan itself says sex"),
        ([("choose", {"set": "harvest.days=14"})], "change 1 (choose) can't be made: the plan itself says harvest.days"),
    ],
)
def test_contradictions(changes: list[tuple[str, dict[str, str]]], says: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        fold(plan(*changes))
    assert str(caught.value).startswith(says)


def test_the_same_again_is_no_contradiction_once_the_first_is_undone() -> None:
    same = ("weigh", {"since": "2026-02-09", "weight": "60"})
    assert [told.number for told in fold(plan(same, ("undo", {"undoes": "1"}), same)).sizes] == [3]


def test_a_sex_is_chosen_once() -> None:
    made = Plan(id="p017", regimen="krd", version=1, definition=HASH, start=date(2026, 1, 5))
    for text in ("female", "male"):
        made = append(made, on=ON, kind="choose", fields={"sex": text}, reason="why")
    with pytest.raises(ScheduleError, match="sex is chosen already"):
        fold(made)


def test_every_kind_is_folded_but_an_undo() -> None:
    from dosing.plan.fold import _FOLDS

    assert {*_FOLDS, "undo"} == set(KINDS)
