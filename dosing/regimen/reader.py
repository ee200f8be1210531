"""What the readers of all our files share: shapes, values and facts out of nodes.

All problems of a file are collected and reported at once, each with its line and the path to it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from dosing.days import Scope, parse_scope
from dosing.errors import Problem, RegimenFileError, nearest
from dosing.regimen import model, values
from dosing.regimen.facts import REGIMEN, Fact, Gap, Origin, Scoped
from dosing.regimen.nodes import Items, Node, Table, Text
from dosing.regimen.values import FIELDS, GAPS, Field

T = TypeVar("T")

PROVENANCE = ("source", "because", "unverified")


@dataclass(frozen=True, slots=True)
class Context:
    """What the facts of a block inherit from it."""

    source: str = ""
    because: str = ""
    unverified: bool = False
    origin: Origin = REGIMEN


class Reader:
    """Reads one file; problems gather in `problems`. A method returns None, or a stand-in, where it added a problem."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def wrong(self, node: Node, path: str, message: str) -> None:
        """Note a problem at `node`."""
        self.problems.append(Problem(self.file, node.line, path, message))

    def finish(self, result: T | None) -> T:
        """The result, if nothing was wrong. Raises RegimenFileError with all that was."""
        if self.problems or result is None:
            raise RegimenFileError(self.problems)
        return result

    # -- shapes ---------------------------------------------------------------------------------------------------

    def table(self, node: Node, path: str, *, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Node]:
        """The entries of a mapping with only known keys and with all the required ones."""
        if not isinstance(node, Table):
            self.wrong(node, path, f"must be a mapping with the keys {', '.join(required)}")
            return {}
        required = tuple(required)
        known = (*required, *optional)
        for key in node.entries:
            if key not in known:
                self.problems.append(Problem(self.file, node.lines[key], join(path, key), f"unknown key{nearest(key, known)}"))
        for key in required:
            if key not in node.entries:
                self.wrong(node, path, f"the key {key!r} is missing")
        return {key: value for key, value in node.entries.items() if key in known}

    def items(self, node: Node | None, path: str) -> list[tuple[Node, str]]:
        """The members of a list, each with its path; none where the key is missing."""
        if node is None:
            return []
        if not isinstance(node, Items):
            self.wrong(node, path, "must be a list")
            return []
        return [(member, f"{path}[{number}]") for number, member in enumerate(node.nodes, 1)]

    def named(self, node: Node | None, path: str) -> list[tuple[str, Node, str]]:
        """The entries of a mapping whose keys are ids."""
        if node is None:
            return []
        if not isinstance(node, Table):
            self.wrong(node, path, "must be a mapping from ids")
            return []
        return [(self.id(Text(node.lines[key], key), join(path, key)), value, join(path, key)) for key, value in node.entries.items()]

    def text(self, node: Node | None, path: str) -> str:
        """A line of text; empty where the key is missing."""
        return self.value(node, path, values.parse_text) or ""

    def texts(self, node: Node | None, path: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self.text(member, where) for member, where in self.items(node, path))

    def id(self, node: Node | None, path: str) -> str:
        """An id; empty where it is missing or wrong."""
        return self.value(node, path, values.parse_id) or ""

    def value(self, node: Node | None, path: str, parse_text: Callable[[str], T]) -> T | None:
        """A scalar read by `parse_text`."""
        if node is None:
            return None
        if not isinstance(node, Text):
            self.wrong(node, path, "must be plain text")
            return None
        try:
            return parse_text(node.text)
        except ValueError as error:
            self.wrong(node, path, str(error))
            return None

    # -- facts ----------------------------------------------------------------------------------------------------

    def context(self, entries: Mapping[str, Node], path: str, outer: Context) -> Context:
        """The context inside a block that may name its own source."""
        return replace(
            outer,
            source=self.id(entries.get("source"), join(path, "source")) or outer.source,
            because=self.text(entries.get("because"), join(path, "because")) or outer.because,
            unverified=self.value(entries.get("unverified"), join(path, "unverified"), values.parse_yes) or outer.unverified,
        )

    def fact(self, node: Node, path: str, inside: Context, parse_text: Callable[[str], T]) -> Fact[T]:
        """One value, plain or written out with its own source."""
        if isinstance(node, Table):
            entries = self.table(node, path, required=["value"], optional=PROVENANCE)
            inside = self.context(entries, path, inside)
            node = entries.get("value", Text(node.line, "not-stated"))
        gap = GAPS.get(node.text) if isinstance(node, Text) else None
        value = gap or self.value(node, path, parse_text)
        return Fact(Gap.NOT_STATED if value is None else value, inside.source, inside.because, inside.unverified, inside.origin)

    def scoped(self, node: Node, path: str, inside: Context, field: Field) -> Scoped[Any]:
        """One value, or a map from scopes to values."""
        if not isinstance(node, Table) or "value" in node.entries:
            return Scoped(((None, self.fact(node, path, inside, field.parse)),))
        if not node.entries:
            self.wrong(node, path, "is empty; write a value, `none` or `not-stated`")
        rules = []
        for key, member in node.entries.items():
            where = join(path, key)
            scope = None if key == "else" else self._scope(node, key, where, field)
            rules.append((scope, self.fact(member, where, inside, field.parse)))
        return Scoped(tuple(rules))

    def _scope(self, table: Table, key: str, path: str, field: Field) -> Scope | None:
        scope = self.value(Text(table.lines[key], key), path, parse_scope)
        if scope and scope.days and field.by == "cycle":
            self.problems.append(Problem(self.file, table.lines[key], path, "only cycles may stand here, no days"))
        return scope

    def settable(self, node: Node, path: str, inside: Context, field: Field) -> model.Value:
        """The value of a field that the model holds: scoped where the field may change, else one fact."""
        if field.by:
            return self.scoped(node, path, inside, field)
        return cast("Fact[object]", self.fact(node, path, inside, field.parse))

    def settables(self, entries: Mapping[str, Node], path: str, inside: Context, kind: str) -> dict[str, Any]:
        """All facts of a phase, an activity or a visit, by attribute of the model."""
        found: dict[str, Any] = {}
        for key, field in FIELDS[kind].items():
            if key not in entries:
                continue
            if field.attribute in found:
                self.wrong(entries[key], join(path, key), "`times` and `every` are two ways to say one thing; keep one")
            found[field.attribute] = self.settable(entries[key], join(path, key), inside, field)
        return found


def join(path: str, key: str) -> str:
    """The path one step further in."""
    return f"{path}.{key}" if path else key


def slug(text: str) -> str:
    """An id made from words: `Bone marrow (sample)` is `bone-marrow-sample`."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower())) or "x"
