"""Reading a file of worked histories: a patient at the start, changes one after another, and what is expected after each.

regimen: krd-asct
histories:
- name: a week later, then a level down
source: krd-asct-protocol
start: 2026-01-05
height: 170
weight: 70
expect: []
changes:
- change: delay
on: 2026-02-01
reason: ANC 0.8
at: C2 D1
mode: all
by: 7 days
expect:
- activity: induction.carfilzomib
dates: {C2D1: 2026-02-09}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from dosing.cases.read import GIVEN, Case, Expected, case_of, expectations
from dosing.plan.kinds import KINDS
from dosing.plan.names import CHANGING_LISTS
from dosing.regimen import values
from dosing.regimen.nodes import Node, Table, Text, parse
from dosing.regimen.reader import Reader

_CHANGE = ("change", "on", "reason", "expect")
# What changes in the course of treatment is a change; and a plan is always drawn whole.
_AT_START = tuple(name for name in GIVEN if name not in (*CHANGING_LISTS, "phase"))


@dataclass(frozen=True, slots=True)
class Step:
    """One change, and what is expected after it; where a refusal is expected, the change doesn't count for what follows."""

    line: int
    kind: str
    on: date
    reason: str
    fields: Mapping[str, str]
    expect: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class History:
    """One patient's history: `case` is the start, with what is expected then."""

    case: Case
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Histories:
    """All histories of one regimen."""

    regimen: str
    histories: tuple[History, ...]


def read_histories(data: bytes, *, file: str) -> Histories:
    """The histories in a file's bytes. Raises RegimenFileError with every problem."""
    reader = Reader(file)
    node = parse(data, file=file, problems=reader.problems)
    return reader.finish(_histories(reader, node) if node is not None else None)


def _histories(reader: Reader, node: Node) -> Histories:
    entries = reader.table(node, "", required=("regimen", "histories"))
    found = [_history(reader, member, path) for member, path in reader.items(entries.get("histories"), "histories")]
    return Histories(reader.id(entries.get("regimen"), "regimen"), tuple(each for each in found if each))


def _history(reader: Reader, node: Node, path: str) -> History | None:
    entries = reader.table(node, path, required=("name", "source", "start", "expect", "changes"), optional=_AT_START)
    case = case_of(reader, entries, path)
    steps = [_step(reader, member, where) for member, where in reader.items(entries.get("changes"), f"{path}.changes")]
    return History(case, tuple(step for step in steps if step)) if case else None


def _step(reader: Reader, node: Node, path: str) -> Step | None:
    written = node.entries.get("change") if isinstance(node, Table) else None
    kind = written.text if isinstance(written, Text) else ""
    if written is not None and kind not in KINDS:
        reader.wrong(written, f"{path}.change", f"{kind!r} is no change (there are {', '.join(KINDS)})")
        return None
    known = KINDS[kind].fields if kind else {}
    entries = reader.table(node, path, required=_CHANGE, optional=tuple(known))
    day = reader.value(entries.get("on"), f"{path}.on", values.parse_date)
    if day is None:
        return None
    return Step(
        line=node.line,
        kind=kind,
        on=day,
        reason=reader.text(entries.get("reason"), f"{path}.reason"),
        fields={name: reader.text(entries[name], f"{path}.{name}") for name in known if name in entries},
        expect=expectations(reader, entries.get("expect"), f"{path}.expect"),
    )
