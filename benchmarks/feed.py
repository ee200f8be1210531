"""How long `dosing feed` takes for many plans, against plain `icalendar` building the same events in the same run.

    python benchmarks/feed.py [PLANS]

Ours begins with the plan files: it reads, draws, doses, words and writes them. Plain `icalendar` gets the finished words. A second time
nothing has changed, and nothing is written. Every calendar is compared with what `dosing calendar` writes for its plan.
Exit code 1: the ratio is below the aim, or a calendar differs.
"""

import sys
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from calendars import plain  # type: ignore[import-not-found]  # beside this script

from dosing.export.events import events_of
from dosing.feed import feed
from dosing.plan.definition import define
from dosing.plan.model import Asked, Choices, Plan, Reach
from dosing.plan.store import create
from dosing.treatment import Treatment, load_plan

PLANS = 1_000
AIM = 10.0
REGIMEN = "krd"
KEY = bytes(32)


def make_plans(folder: Path, count: int) -> None:
    """Plan files of KRd over 6 cycles, each with its own start and weight."""
    definition = define(REGIMEN, Choices())
    version = definition.regimen().version
    for number in range(count):
        start = date(2026, 1, 5) + timedelta(days=number % 365)
        patient = Asked(texts={"height": "170", "weight": str(50 + number % 50)})
        plan = Plan(
            id=f"p{number}",
            regimen=REGIMEN,
            version=version,
            definition=definition.hash,
            start=start,
            patient=patient,
            reach=Reach(cycles=6),
        )
        create(folder / f"p{number}.plan.yaml", plan)


def written(plans: Path, calendars: Path) -> float:
    """How long a feed takes."""
    begin = perf_counter()
    failed = [each for each in feed(plans, calendars, key=KEY) if each.error]
    if failed:
        sys.exit(f"{failed[0].plan}: {failed[0].error}")
    return perf_counter() - begin


def by_package(treatments: list[Treatment]) -> tuple[float, int]:
    """How long plain `icalendar` takes for the finished events, and how many there are."""
    events = [events_of(each.schedule().dosed, plan=each.plan.id) for each in treatments]
    begin = perf_counter()
    for each in events:
        plain(each)
    return perf_counter() - begin, sum(map(len, events))


def main(count: int) -> int:
    """Measure and print; the exit code."""
    with TemporaryDirectory() as name:
        plans, calendars = Path(name, "plans"), Path(name, "www")
        plans.mkdir()
        make_plans(plans, count)
        first, again = written(plans, calendars), written(plans, calendars)
        treatments = [load_plan(path) for path in sorted(plans.glob("*.plan.yaml"))]
        differ = {each.to_ical() for each in treatments} != {path.read_bytes() for path in calendars.glob("*.ics")}
        base, events = by_package(treatments)
    print(f"Python {sys.version.split()[0]}, {count} plans, {events:,} events")
    print(f"  plain icalendar: {base:.2f} s, {events / base:,.0f} events/s")
    print(f"  dosing feed: {first:.2f} s, {events / first:,.0f} events/s, {base / first:.2f} of plain icalendar (aim {AIM})")
    print(f"  the same again: {again:.2f} s; calendars differ from those of one plan: {'YES' if differ else 'no'}")
    return 1 if differ or base / first < AIM else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else PLANS))
