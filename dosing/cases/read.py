"""Reading a cases file: strict like a regimen file, every expectation a small record."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from dosing.plan.names import LISTS, TEXTS
from dosing.regimen import values
from dosing.regimen.nodes import Items, Node, Table, Text, parse
from dosing.regimen.reader import Reader

_CHOICES = ("variant", "proxy", "set", "base", "base_days")
_REACH = ("cycles", "until", "phase", "phase_start")
GIVEN = (*TEXTS, *LISTS, *_CHOICES, *_REACH)
# Of one dose of a drug, without a regimen.
_DOSE = ("dose", "route", "over", "infusion")
_LISTS = ("missing", "notes", "says", "silent")
_ACTIVITY: dict[str, tuple[type[Node], ...]] = {
    **dict.fromkeys(("days", "doses", "amounts", "dates", "exact", "deviation", "measured", "rounding", "says", "silent"), (Table,)),
    # What came of changes: in histories.
    **dict.fromkeys(("status", "planned", "given"), (Table,)),
    **dict.fromkeys(("route", "over", "times", "optional"), (Text, Table)),
    "on": (Items,),
}
_PHASE: dict[str, tuple[type[Node], ...]] = dict.fromkeys(("from", "to", "cycles"), (Text,))
_SHAPES = {Text: "plain text", Items: "a list", Table: "a mapping"}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a case expects of one thing.

    `about` is phase, activity, missing, notes, says (of a drug) or fails; `name` says which phase or activity, or what fails; the rest maps
    keys to text.
    """

    line: int
    about: str
    name: str
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    listed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One patient worked by hand. `texts`, `lists` and `maps` hold what the case gives, as written; a drug's case has no start."""

    name: str
    source: str
    start: date | None
    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]
    maps: Mapping[str, Mapping[str, str]]
    expect: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class Cases:
    """All cases of one regimen, or of one drug: the other is empty."""

    regimen: str
    cases: tuple[Case, ...]
    drug: str = ""


def read_cases(data: bytes, *, file: str) -> Cases:
    """The cases in a file's bytes. Raises RegimenFileError with every problem."""
    reader = Reader(file)
    node = parse(data, file=file, problems=reader.problems)
    return reader.finish(_cases(reader, node) if node is not None else None)


def _cases(reader: Reader, node: Node) -> Cases:
    about = "drug" if isinstance(node, Table) and "drug" in node.entries else "regimen"
    entries = reader.table(node, "", required=(about, "cases"))
    found = [_case(reader, member, path, about) for member, path in reader.items(entries.get("cases"), "cases")]
    name, cases = reader.id(entries.get(about), about), tuple(case for case in found if case)
    return Cases("", cases, name) if about == "drug" else Cases(name, cases)


def _case(reader: Reader, node: Node, path: str, about: str) -> Case | None:
    own = ("start",) if about == "regimen" else ()
    known = GIVEN if about == "regimen" else (*TEXTS, *LISTS, *_DOSE)
    entries = reader.table(node, path, required=("name", "source", *own, "expect"), optional=known)
    return case_of(reader, entries, path, known)


def case_of(reader: Reader, entries: Mapping[str, Node], path: str, known: Sequence[str] = GIVEN) -> Case | None:
    """What is given and expected at the start, from the entries of a case; None without the start that a regimen needs."""
    own = known is GIVEN
    start = reader.value(entries.get("start"), f"{path}.start", values.parse_date)
    if start is None and own:
        return None
    given = {key: member for key, member in entries.items() if key in known}
    return Case(
        name=reader.text(entries.get("name"), f"{path}.name"),
        source=reader.id(entries.get("source"), f"{path}.source"),
        start=start,
        texts={key: member.text for key, member in given.items() if isinstance(member, Text)},
        lists={key: reader.texts(member, f"{path}.{key}") for key, member in given.items() if isinstance(member, Items)},
        maps={key: _map(reader, member, f"{path}.{key}") for key, member in given.items() if isinstance(member, Table)},
        expect=expectations(reader, entries.get("expect"), f"{path}.expect"),
    )


def expectations(reader: Reader, node: Node | None, path: str) -> tuple[Expected, ...]:
    """A list of what is expected."""
    return tuple(_expected(reader, member, where) for member, where in reader.items(node, path))


def _map(reader: Reader, node: Table, path: str) -> dict[str, str]:
    return {
        key: _flow(member) if isinstance(member, Table) else reader.text(member, f"{path}.{key}") for key, member in node.entries.items()
    }


def _flow(node: Node) -> str:
    """The node as YAML on one line, as it would be typed after `--set x=`."""
    if isinstance(node, Text):
        return json.dumps(node.text, ensure_ascii=False)
    if isinstance(node, Items):
        return f"[{', '.join(map(_flow, node.nodes))}]"
    return f"{{{', '.join(f'{json.dumps(key, ensure_ascii=False)}: {_flow(member)}' for key, member in node.entries.items())}}}"


def _expected(reader: Reader, node: Node, path: str) -> Expected:
    keys = node.entries if isinstance(node, Table) else {}
    for about in _LISTS:
        if about in keys and "activity" not in keys:
            entries = reader.table(node, path, required=[about])
            return Expected(node.line, about, "", listed={about: reader.texts(entries[about], f"{path}.{about}")})
    if "fails" in keys:
        entries = reader.table(node, path, required=["fails"])
        return Expected(node.line, "fails", reader.text(entries["fails"], f"{path}.fails"))
    about = "phase" if "phase" in keys else "activity"
    shapes = _PHASE if about == "phase" else _ACTIVITY
    entries = reader.table(node, path, required=[about], optional=shapes)
    single, mapped, listed = {}, {}, {}
    for key, member in entries.items():
        wanted = shapes.get(key, (Text,))
        if not isinstance(member, wanted):
            reader.wrong(member, f"{path}.{key}", f"must be {' or '.join(_SHAPES[shape] for shape in wanted)}")
        elif isinstance(member, Text):
            single[key] = member.text
        elif isinstance(member, Items):
            listed[key] = reader.texts(member, f"{path}.{key}")
        else:
            mapped[key] = _map(reader, member, f"{path}.{key}")
    plain = {key: {"": text} for key, text in single.items() if key != about}
    return Expected(node.line, about, single.get(about, ""), {**plain, **mapped}, listed)
