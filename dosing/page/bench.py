"""What the clinic prepares: once for each distinct amount of a drug, with its source, its calculation, what to draw up, and its days.

All of it is English, as the facts and their sources are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from dosing.dose.amount import Order
from dosing.dose.explain import WIDTH, explained
from dosing.dose.product import product_steps
from dosing.dose.schedule import Dosed, DosedSchedule
from dosing.dose.steps import cited
from dosing.export.text import in_words, named
from dosing.regimen.facts import Fact
from dosing.schedule.entries import GIVEN, Key


@dataclass(frozen=True, slots=True)
class Block:
    """One amount to prepare: its letter on the page, `carfilzomib 49.1 mg IV over 10 min`, the days, and the lines about it."""

    letter: str
    title: str
    days: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bench:
    """The blocks of a schedule in the order of the days on which each is first needed, and the letter of the block of an entry."""

    blocks: tuple[Block, ...]
    letter: Mapping[Key, str]


NOTHING = Bench((), {})
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
# So many days in a row are written as a range.
_RANGE = 3


def bench_of(dosed: DosedSchedule) -> Bench:
    """What is to be prepared of a schedule: of each dose that is still to be given. Raises DoseError as `product_steps` does."""
    found: dict[tuple[str, tuple[str, ...]], list[Dosed]] = {}
    known: dict[object, tuple[str, ...]] = {}
    for row in sorted(dosed.rows, key=lambda row: (row.entry.happens_on, row.entry.rank)):
        if row.order and row.entry.counts and row.entry.status != GIVEN:
            # Days on which nothing differs share these; what is made of them is long.
            same = id(row.order), id(row.amount), row.entry.route, row.entry.over
            lines = known.get(same) or known.setdefault(same, tuple(_lines(row, row.order)))
            found.setdefault((in_words(row), lines), []).append(row)
    phases = len({row.entry.phase for row in dosed.rows}) > 1
    lettered = [(_letter(number), *item) for number, item in enumerate(found.items())]
    blocks = tuple(Block(letter, title, _days(rows, phases=phases), lines) for letter, (title, lines), rows in lettered)
    return Bench(blocks, {row.entry.key: letter for letter, _, rows in lettered for row in rows})


def _letter(number: int) -> str:
    """`A`, `B`, ... `Z`, `AA`, ...: not a number, which could be read as a dose, and neither I nor O, which could be one."""
    above, own = divmod(number, len(_LETTERS))
    return f"{_letter(above - 1) if above else ''}{_LETTERS[own]}"


def without_name(words: str, row: Dosed) -> str:
    """Words about an entry without the drug's name before them."""
    return words.removeprefix(f"{named(row)} ")


def _lines(row: Dosed, order: Order) -> Iterator[str]:
    """The dose with its source, how the amount was computed, and what it means at the bench."""
    yield f"ordered: {order.dose}{_source(row.entry.facts.get('dose'))}"
    if row.amount is None:
        yield row.why
        return
    products = product_steps(row.amount, order.drug, route=row.entry.route, over=row.entry.over)
    for line in explained(order, row.amount, products):
        label, words = line[:WIDTH].strip(), line[WIDTH:]
        yield words if label == "product" else f"{label}: {words}"


def _source(dose: Fact[Any] | None) -> str:
    """` [srl-kpd] from proxy nz-kpd`."""
    if dose is None or not dose.source:
        return ""
    return f" {cited(dose)}{f' from {dose.origin}' if dose.origin.kind != 'regimen' else ''}"


# -- on which days ------------------------------------------------------------------------------------------------


def _days(rows: Sequence[Dosed], *, phases: bool) -> str:
    """`C1 D8 15, C2-6 D1 8 15 (17 days, 2026-01-12 to 2026-06-08)`; with the names of the phases where there are several."""
    own: dict[str, list[Dosed]] = {}
    for row in rows:
        own.setdefault(row.entry.phase, []).append(row)
    parts = (f"{phase if phases else ''} {', '.join(_scopes(some))}".strip() for phase, some in own.items())
    days = sorted({row.entry.happens_on for row in rows})
    count = f"{len(days)} days, {days[0]} to {days[-1]}" if len(days) > 1 else f"1 day, {days[0]}"
    return f"{'; '.join(parts)} ({count})"


def _scopes(rows: Iterable[Dosed]) -> Iterator[str]:
    """Cycles with their days, those that follow each other with the same days together; without cycles the days, or the dates."""
    cycles: dict[int | None, list[Dosed]] = {}
    for row in rows:
        cycles.setdefault(row.entry.cycle, []).append(row)
    runs: list[tuple[int | None, int | None, str]] = []
    for cycle, own in cycles.items():
        words = " ".join(_ranges(sorted({row.entry.day for row in own if row.entry.day is not None})))
        before = runs[-1] if runs else None
        if before and cycle and before[1] and before[1] + 1 == cycle and before[2] == words:
            runs[-1] = (before[0], cycle, words)
        else:
            runs.append((cycle, cycle, words))
    for first, last, words in runs:
        of = f"C{first}{f'-{last}' if last != first else ''} D" if first else "D"
        yield f"{of}{words}"


def _ranges(days: Sequence[int]) -> Iterator[str]:
    """`1`, `8`, `15-21`, `-5 to -1`; two days in a row stay two."""
    for _, run in groupby(enumerate(days), key=lambda numbered: numbered[1] - numbered[0]):
        own = [str(day) for _, day in run]
        to = " to " if own[0].startswith("-") else "-"
        yield from [f"{own[0]}{to}{own[-1]}"] if len(own) >= _RANGE else own
