"""How long `dosing feed` takes for many plans, against plain `icalendar` building the same events in the same run.

    python benchmarks/feed.py [PLANS]

The plans are of several regimens, each of a patient with another size and another start; one in eight has a change in its log. Ours begins
with the plan files: it reads, draws, doses, words and writes them, in one process and then in two. Plain `icalendar` gets the finished
words. A last time nothing has changed, and nothing is written. The rounds are interleaved; medians of three are told. Every calendar is
compared with what `dosing calendar` writes for its plan. Exit code 1: the best ratio is below the aim, or a calendar differs.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from calendars import plain  # type: ignore[import-not-found]  # beside this script

from dosing.export.events import DayEvent, events_of
from dosing.feed import feed, name_of
from dosing.plan.definition import define
from dosing.plan.model import Asked, Choices, Plan, Reach
from dosing.plan.store import create
from dosing.treatment import Treatment, load_plan

PLANS = 1_000
ROUNDS = 3
AIM = 10.0
KEY = bytes(32)
# Regimen, choices, and the first day of cycle 2 as a change names it.
KINDS = (
    ("krd", Choices(), "C2D1"),
    ("isa-kpd", Choices(proxy=("nz-kpd",)), "induction C2D1"),
    ("kd-weekly", Choices(), "C2D1"),
    ("vrd", Choices(), "C2D1"),
)
CYCLES = 6
PLAIN = "plain icalendar"
CHANGED = 8


def make_plans(folder: Path, count: int) -> None:
    """Plan files over 6 cycles, each with its own start, height and weight; one in eight has a delay of a week."""
    definitions = {regimen: define(regimen, choices) for regimen, choices, _ in KINDS}
    for number in range(count):
        regimen, choices, second = KINDS[number % len(KINDS)]
        definition = definitions[regimen]
        start = date(2026, 1, 5) + timedelta(days=number % 365)
        treatment = Treatment(
            Plan(
                id=f"p{number}",
                regimen=regimen,
                version=definition.regimen().version,
                definition=definition.hash,
                start=start,
                choices=choices,
                patient=Asked(texts={"height": str(150 + number % 41), "weight": f"{50 + number % 53}.{number % 10}"}),
                reach=Reach(cycles=CYCLES),
            )
        )
        if number % CHANGED == CHANGED - 1:
            fields = {"at": second, "mode": "all", "by": "7 days"}
            treatment = treatment.appended(on=start + timedelta(days=26), kind="delay", fields=fields, reason="ANC 0.8")
        create(folder / f"p{number}.plan.yaml", treatment.plan)


def seconds(work: Callable[..., object], *args: object) -> float:
    """How long it takes."""
    begin = perf_counter()
    work(*args)
    return perf_counter() - begin


def fed(plans: Path, calendars: Path, workers: int) -> None:
    """A feed in which every plan can be drawn."""
    failed = [each for each in feed(plans, calendars, key=KEY, workers=workers) if each.error]
    if failed:
        sys.exit(f"{failed[0].plan}: {failed[0].error}")


def by_package(events: list[list[DayEvent]]) -> None:
    """The finished events through plain `icalendar`."""
    for each in events:
        plain(each)


def differing(plans: Path, calendars: Path) -> Iterator[Path]:
    """Plans whose calendar isn't what `dosing calendar` writes."""
    for path in plans.glob("*.plan.yaml"):
        treatment = load_plan(path)
        if treatment.to_ical() != (calendars / name_of(KEY, treatment.plan.id)).read_bytes():
            yield path


def main(count: int) -> int:
    """Measure and print; the exit code."""
    with TemporaryDirectory() as name:
        plans, folders = Path(name, "plans"), [Path(name, f"www{number}") for number in range(2 * ROUNDS)]
        plans.mkdir()
        make_plans(plans, count)
        treatments = [load_plan(path) for path in sorted(plans.glob("*.plan.yaml"))]
        events = [events_of(each.schedule().dosed, plan=each.plan.id) for each in treatments]
        times: dict[str, list[float]] = {}
        for number in range(ROUNDS):
            alone, shared = folders[2 * number : 2 * number + 2]
            times.setdefault(PLAIN, []).append(seconds(by_package, events))
            times.setdefault("dosing feed, 1 process", []).append(seconds(fed, plans, alone, 1))
            times.setdefault("dosing feed, 2 processes", []).append(seconds(fed, plans, shared, 2))
            times.setdefault("nothing changed, 1 process", []).append(seconds(fed, plans, alone, 1))
        differ = [path.name for folder in folders[:2] for path in differing(plans, folder)]
    written = sum(map(len, events))
    base = median(times[PLAIN])
    print(f"Python {sys.version.split()[0]}, {count} plans, {written:,} events, medians of {ROUNDS}")
    for what, taken in times.items():
        print(f"  {what}: {median(taken):.2f} s, {written / median(taken):,.0f} events/s, {base / median(taken):.2f} of plain icalendar")
    print(f"  aim {AIM}; calendars that differ from those of one plan: {len(differ)}")
    best = min(median(taken) for what, taken in times.items() if what.startswith("dosing feed"))
    return 1 if differ or base / best < AIM else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else PLANS))
