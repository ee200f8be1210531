"""Strict YAML: text only, every value with its line; no aliases, no tags, no key twice, no deep nesting, no large files.

Plain YAML keeps the second of two equal keys, reads `12:30` as 750 and lets nine lines grow into a billion. Here a file is mappings, lists
and text, and nothing else.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from dosing.errors import Problem

MAX_BYTES = 1_000_000
MAX_DEPTH = 30
# Marks of direction, with which text can be shown in another order than it is read.
_TURNING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Text:
    """A scalar, exactly as written."""

    line: int
    text: str


@dataclass(slots=True)
class Items:
    """A list."""

    line: int
    nodes: list["Node"] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """A mapping; `entries` keeps the order of the file."""

    line: int
    entries: dict[str, "Node"] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


Node = Text | Items | Table


class YamlProblem(ValueError):
    """Why a text can't be read, with its line."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def parse(data: bytes, *, file: str, problems: list[Problem]) -> Node | None:
    """The nodes of one YAML document, or None with the reason appended to `problems`."""
    try:
        return _build(_decode(data))
    except YamlProblem as error:
        problems.append(Problem(file, error.line, "", str(error)))
    return None


def _decode(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise YamlProblem(0, f"the file has {len(data):,} bytes; a regimen has at most {MAX_BYTES:,}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise YamlProblem(line, f"byte {error.object[error.start]:#04x} is not valid UTF-8; save the file as UTF-8") from None


def _build(text: str) -> Node:
    try:
        events = _events(text)
        roots = [_node(event, events, 0) for event in events]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlProblem(mark.line + 1 if mark else 0, f"not valid YAML: {error.problem or error.context}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, text.index(chr(error.character))) + 1
        raise YamlProblem(line, f"not valid YAML: {str(error).splitlines()[0]}") from None
    if len(roots) != 1:
        raise YamlProblem(0, "the file is empty" if not roots else "the file holds more than one document; use one file for each")
    return roots[0]


def _events(text: str) -> Iterator[yaml.Event]:
    """The events that carry content; anchors, aliases and tags are refused here, before anything can grow from them."""
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)):
            continue
        line = _line(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise YamlProblem(line, "aliases (&x, *x) are not allowed; write the value out")
        if tag := getattr(event, "tag", None):
            raise YamlProblem(line, f"the tag {tag} is not allowed; every value is text")
        yield event


def _line(event: yaml.Event) -> int:
    """The line an event begins in, counted from 1."""
    return event.start_mark.line + 1 if event.start_mark else 0


def _node(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
    line = _line(event)
    if depth > MAX_DEPTH:
        raise YamlProblem(line, f"nested more than {MAX_DEPTH} levels deep")
    if isinstance(event, yaml.ScalarEvent):
        return Text(line, _printable(event.value, line))
    if isinstance(event, yaml.SequenceStartEvent):
        return _items(Items(line), events, depth)
    return _table(Table(line), events, depth)


def _printable(text: str, line: int) -> str:
    """The text; an escape written in quotes, or a mark that turns the direction, could change what a terminal shows."""
    if text.isprintable():
        return text
    wrong = next(
        (letter for letter in text if letter in _TURNING or (letter not in "\n\t" and unicodedata.category(letter) in ("Cc", "Cs"))), None
    )
    if wrong:
        raise YamlProblem(line, f"the text holds the control character U+{ord(wrong):04X}; take it out")
    return text


def _items(items: Items, events: Iterator[yaml.Event], depth: int) -> Items:
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        items.nodes.append(_node(event, events, depth + 1))
    return items


def _table(table: Table, events: Iterator[yaml.Event], depth: int) -> Table:
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        line = _line(event)
        if not isinstance(event, yaml.ScalarEvent):
            raise YamlProblem(line, "a key must be plain text")
        _printable(event.value, line)
        if event.value in table.entries:
            raise YamlProblem(line, f"the key {event.value!r} is written twice, first in line {table.lines[event.value]}")
        table.lines[event.value] = line
        table.entries[event.value] = _node(next(events), events, depth + 1)
    return table
