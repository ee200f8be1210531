"""From the nodes of a file to the model: regimen files, drug files and the bibliography.

All problems of a file are collected and reported at once, each with its line and the path to it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar, cast

from dosing.days import Numbering, Scope, parse_scope
from dosing.errors import Problem, RegimenFileError, nearest
from dosing.regimen import model, values
from dosing.regimen.nodes import Items, Node, Table, Text, parse
from dosing.regimen.values import FIELDS, GAPS, Field
from dosing.units import Quantity, parse_amount, parse_dose

T = TypeVar("T")

_PROVENANCE = ("source", "because", "unverified")


@dataclass(frozen=True, slots=True)
class Context:
    """What the facts of a block inherit from it."""

    source: str = ""
    because: str = ""
    unverified: bool = False
    origin: model.Origin = model.REGIMEN


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
                self.problems.append(Problem(self.file, node.lines[key], _join(path, key), f"unknown key{nearest(key, known)}"))
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
        return [(self.id(Text(node.lines[key], key), _join(path, key)), value, _join(path, key)) for key, value in node.entries.items()]

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
            source=self.id(entries.get("source"), _join(path, "source")) or outer.source,
            because=self.text(entries.get("because"), _join(path, "because")) or outer.because,
            unverified=self.value(entries.get("unverified"), _join(path, "unverified"), values.parse_yes) or outer.unverified,
        )

    def fact(self, node: Node, path: str, inside: Context, parse_text: Callable[[str], T]) -> model.Fact[T]:
        """One value, plain or written out with its own source."""
        if isinstance(node, Table):
            entries = self.table(node, path, required=["value"], optional=_PROVENANCE)
            inside = self.context(entries, path, inside)
            node = entries.get("value", Text(node.line, "not-stated"))
        gap = GAPS.get(node.text) if isinstance(node, Text) else None
        value = gap or self.value(node, path, parse_text)
        return model.Fact(model.Gap.NOT_STATED if value is None else value, inside.source, inside.because, inside.unverified, inside.origin)

    def scoped(self, node: Node, path: str, inside: Context, field: Field) -> model.Scoped[Any]:
        """One value, or a map from scopes to values."""
        if not isinstance(node, Table) or "value" in node.entries:
            return model.Scoped(((None, self.fact(node, path, inside, field.parse)),))
        if not node.entries:
            self.wrong(node, path, "is empty; write a value, `none` or `not-stated`")
        rules = []
        for key, member in node.entries.items():
            where = _join(path, key)
            scope = None if key == "else" else self._scope(node, key, where, field)
            rules.append((scope, self.fact(member, where, inside, field.parse)))
        return model.Scoped(tuple(rules))

    def _scope(self, table: Table, key: str, path: str, field: Field) -> Scope | None:
        scope = self.value(Text(table.lines[key], key), path, parse_scope)
        if scope and scope.days and field.by == "cycle":
            self.problems.append(Problem(self.file, table.lines[key], path, "only cycles may stand here, no days"))
        return scope

    def settable(self, node: Node, path: str, inside: Context, field: Field) -> model.Value:
        """The value of a field that the model holds: scoped where the field may change, else one fact."""
        if field.by:
            return self.scoped(node, path, inside, field)
        return cast("model.Fact[object]", self.fact(node, path, inside, field.parse))

    def settables(self, entries: Mapping[str, Node], path: str, inside: Context, kind: str) -> dict[str, Any]:
        """All facts of a phase, an activity or a visit, by attribute of the model."""
        found: dict[str, Any] = {}
        for key, field in FIELDS[kind].items():
            if key not in entries:
                continue
            if field.attribute in found:
                self.wrong(entries[key], _join(path, key), "`times` and `every` are two ways to say one thing; keep one")
            found[field.attribute] = self.settable(entries[key], _join(path, key), inside, field)
        return found


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def slug(text: str) -> str:
    """An id made from words: `Bone marrow (sample)` is `bone-marrow-sample`."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower())) or "x"


# -- regimen files ------------------------------------------------------------------------------------------------


def read_regimen(data: bytes, *, file: str) -> model.Regimen:
    """The regimen in a file's bytes; `file` is its name for messages.

    Raises RegimenFileError with every problem of form. Problems of sense are found by `dosing.regimen.check`.
    """
    reader = Reader(file)
    node = parse(data, file=file, problems=reader.problems)
    return reader.finish(_regimen(reader, node) if node is not None else None)


def _regimen(reader: Reader, node: Node) -> model.Regimen:
    entries = reader.table(
        node,
        "",
        required=("id", "title", "version", "checked", "source", "phases"),
        optional=("aliases", "notes", "variants", "proxies", "derive", "drugs", "sources"),
    )
    inside = reader.context(entries, "", Context())
    phases = tuple(_phase(reader, member, path, inside) for member, path in reader.items(entries.get("phases"), "phases"))
    return model.Regimen(
        id=reader.id(entries.get("id"), "id"),
        title=reader.text(entries.get("title"), "title"),
        version=reader.value(entries.get("version"), "version", values.parse_count) or 0,
        checked=reader.value(entries.get("checked"), "checked", values.parse_date) or date.min,
        source=inside.source,
        phases=phases,
        aliases=tuple(reader.id(alias, path) for alias, path in reader.items(entries.get("aliases"), "aliases")),
        notes=reader.texts(entries.get("notes"), "notes"),
        variants=_overlays(reader, entries.get("variants"), "variant", inside, phases),
        proxies=_overlays(reader, entries.get("proxies"), "proxy", inside, phases),
        derive=_derive(reader, entries["derive"], inside) if "derive" in entries else None,
        drugs={id: read_drug_node(reader, member, path, id=id) for id, member, path in reader.named(entries.get("drugs"), "drugs")},
        sources={id: _source(reader, member, path, id) for id, member, path in reader.named(entries.get("sources"), "sources")},
    )


def _phase(reader: Reader, node: Node, path: str, outer: Context) -> model.Phase:
    entries = reader.table(
        node,
        path,
        required=["id"],
        optional=(
            *FIELDS["phase"],
            *("title", "anchor", "day_zero", "waits", "if", "order", "give", "assess", "visits"),
            *_PROVENANCE,
        ),
    )
    id = reader.id(entries.get("id"), _join(path, "id"))
    path = id or path
    inside = reader.context(entries, path, outer)
    anchor = reader.value(entries.get("anchor"), _join(path, "anchor"), values.parse_anchor)
    day_zero = reader.value(entries.get("day_zero"), _join(path, "day_zero"), values.parse_yes)
    return model.Phase(
        id=id,
        title=reader.text(entries.get("title"), _join(path, "title")) or id,
        source=inside.source,
        anchor=1 if anchor is None else anchor,
        numbering=Numbering(day_zero=bool(day_zero) or anchor == 0),
        waits=reader.text(entries.get("waits"), _join(path, "waits")),
        condition=reader.text(entries.get("if"), _join(path, "if")),
        order=tuple(reader.id(member, where) for member, where in reader.items(entries.get("order"), _join(path, "order"))),
        activities=_activities(reader, entries, path, inside),
        visits=tuple(
            _visit(reader, member, where, path, inside) for member, where in reader.items(entries.get("visits"), _join(path, "visits"))
        ),
        **reader.settables(entries, path, inside, "phase"),
    )


def _activities(reader: Reader, entries: Mapping[str, Node], path: str, inside: Context) -> tuple[model.Activity, ...]:
    given = [_give(reader, member, where, path, inside) for member, where in reader.items(entries.get("give"), _join(path, "give"))]
    assessed = [
        _assess(reader, member, where, path, inside) for member, where in reader.items(entries.get("assess"), _join(path, "assess"))
    ]
    return (*given, *assessed)


_NO_DAYS: model.Scoped[Any] = model.Scoped(())


def _give(reader: Reader, node: Node, where: str, phase: str, outer: Context) -> model.Activity:
    entries = reader.table(
        node,
        where,
        required=("drug", "dose", "route", "days"),
        optional=("id", *FIELDS["drug"], "optional", "note", *_PROVENANCE),
    )
    id = reader.id(entries.get("id"), f"{where}.id") or _drug_id(entries.get("drug"))
    facts = reader.settables(entries, _join(phase, id) if id else where, reader.context(entries, where, outer), "drug")
    return _activity(reader, entries, where, id, "drug", id, facts)


def _drug_id(node: Node | None) -> str:
    """The text of a drug as it is written, plain or with its source; what is wrong with it is said where the drug is read."""
    inner = node.entries.get("value") if isinstance(node, Table) else node
    return inner.text if isinstance(inner, Text) else ""


def _assess(reader: Reader, node: Node, where: str, phase: str, outer: Context) -> model.Activity:
    entries = reader.table(node, where, required=("what", "days"), optional=("id", "optional", "note", *_PROVENANCE))
    what = reader.text(entries.get("what"), f"{where}.what")
    id = reader.id(entries.get("id"), f"{where}.id") or slug(what)
    facts = reader.settables(entries, _join(phase, id), reader.context(entries, where, outer), "assessment")
    return _activity(reader, entries, where, id, "assessment", what, facts)


def _activity(
    reader: Reader, entries: Mapping[str, Node], where: str, id: str, kind: str, what: str, facts: Mapping[str, Any]
) -> model.Activity:
    return model.Activity(
        id=id,
        kind=kind,
        what=what,
        optional=bool(reader.value(entries.get("optional"), f"{where}.optional", values.parse_yes)),
        note=reader.text(entries.get("note"), f"{where}.note"),
        **{"days": _NO_DAYS, **facts},
    )


def _visit(reader: Reader, node: Node, where: str, phase: str, outer: Context) -> model.Visit:
    entries = reader.table(node, where, required=("what", "at"), optional=("id", "note", *_PROVENANCE))
    what = reader.text(entries.get("what"), f"{where}.what")
    id = reader.id(entries.get("id"), f"{where}.id") or slug(what)
    facts = reader.settables(entries, _join(phase, id), reader.context(entries, where, outer), "visit")
    at = facts.get("at", model.Fact(model.Gap.NOT_STATED, outer.source))
    return model.Visit(id, what, at, reader.text(entries.get("note"), f"{where}.note"))


# -- variants, proxies, derivation --------------------------------------------------------------------------------


def _overlays(reader: Reader, node: Node | None, kind: str, outer: Context, phases: tuple[model.Phase, ...]) -> dict[str, model.Overlay]:
    group = "variants" if kind == "variant" else "proxies"
    return {id: _overlay(reader, member, path, id, kind, outer, phases) for id, member, path in reader.named(node, group)}


def _overlay(reader: Reader, node: Node, path: str, id: str, kind: str, outer: Context, phases: tuple[model.Phase, ...]) -> model.Overlay:
    needed = ("title", "set") if kind == "variant" else ("title", "set", "source", "because")
    entries = reader.table(node, path, required=needed, optional=_PROVENANCE)
    inside = replace(reader.context(entries, path, outer), origin=model.Origin(kind, id))
    settings = []
    chosen = entries.get("set")
    if isinstance(chosen, Table):
        for key, member in chosen.entries.items():
            setting = read_setting(reader, Text(chosen.lines[key], key), member, f"{path}.set.{key}", inside, phases)
            settings.extend([setting] if setting else [])
    elif chosen is not None:
        reader.wrong(chosen, f"{path}.set", "must be a mapping from activity.field to values")
    title = reader.text(entries.get("title"), f"{path}.title")
    return model.Overlay(id, kind, title, inside.source, inside.because, inside.unverified, tuple(settings))


def read_setting(
    reader: Reader, key: Text, node: Node, path: str, inside: Context, phases: tuple[model.Phase, ...]
) -> model.Setting | None:
    """One `activity.field: value` of an overlay or of the command line; None where it names nothing."""
    try:
        phase, activity, kind, name = locate(key.text, phases)
    except ValueError as error:
        reader.wrong(key, path, str(error))
        return None
    return model.Setting(key.text, phase, activity, name, reader.settable(node, path, inside, FIELDS[kind][name]))


def locate(target: str, phases: tuple[model.Phase, ...]) -> tuple[str, str, str, str]:
    """What `phase.activity.field`, `activity.field` or `phase.field` names: phase, activity, kind and field.

    Phase or activity is empty where it is not named. Raises ValueError for what the regimen does not have.
    """
    *owners, name = target.split(".")
    by_id = {phase.id: phase for phase in phases}
    if len(owners) == 1 and owners[0] in by_id:
        return owners[0], "", "phase", _field(name, "phase")
    if len(owners) == 2 and owners[0] not in by_id:
        raise ValueError(f"there is no phase {owners[0]!r}{nearest(owners[0], by_id)} (phases: {', '.join(by_id)})")
    if len(owners) not in (1, 2):
        raise ValueError(f"{target!r} is not activity.field, phase.activity.field or phase.field")
    within = [by_id[owners[0]]] if len(owners) == 2 else phases
    kinds = _kinds(within)
    if owners[-1] not in kinds:
        raise ValueError(f"there is no activity {owners[-1]!r}{nearest(owners[-1], kinds)} (activities: {', '.join(kinds)})")
    kind = kinds[owners[-1]]
    return owners[0] if len(owners) == 2 else "", owners[-1], kind, _field(name, kind)


def _kinds(phases: Iterable[model.Phase]) -> dict[str, str]:
    kinds: dict[str, str] = {}
    for phase in phases:
        kinds.update({activity.id: activity.kind for activity in phase.activities})
        kinds.update({visit.id: "visit" for visit in phase.visits})
    return kinds


def _field(name: str, kind: str) -> str:
    if name not in FIELDS[kind]:
        article = "an" if kind == "assessment" else "a"
        raise ValueError(f"{article} {kind} has no field {name!r}{nearest(name, FIELDS[kind])} (fields: {', '.join(FIELDS[kind])})")
    return name


def _derive(reader: Reader, node: Node, outer: Context) -> model.Derive:
    entries = reader.table(
        node, "derive", required=("phase", "replaces"), optional=("partners", "group_by_class", "exposure", *_PROVENANCE)
    )
    inside = reader.context(entries, "derive", outer)
    return model.Derive(
        phase=reader.id(entries.get("phase"), "derive.phase"),
        replaces=reader.id(entries.get("replaces"), "derive.replaces"),
        source=inside.source,
        partners=tuple(reader.id(member, path) for member, path in reader.items(entries.get("partners"), "derive.partners")),
        group_by_class=reader.text(entries.get("group_by_class"), "derive.group_by_class"),
        exposure=_exposure(reader, entries["exposure"], inside) if "exposure" in entries else None,
    )


def _exposure(reader: Reader, node: Node, outer: Context) -> model.Exposure | None:
    path = "derive.exposure"
    entries = reader.table(node, path, required=("doses", "of", "within"), optional=_PROVENANCE)
    doses = reader.value(entries.get("doses"), f"{path}.doses", values.parse_count)
    of = reader.value(entries.get("of"), f"{path}.of", parse_dose)
    within = reader.value(entries.get("within"), f"{path}.within", values.parse_length)
    source = reader.context(entries, path, outer).source
    return model.Exposure(doses, of, within, source) if doses and of and within else None


# -- drugs and sources --------------------------------------------------------------------------------------------


def read_drug(data: bytes, *, file: str) -> model.Drug:
    """The drug in a file's bytes. Raises RegimenFileError with every problem."""
    reader = Reader(file)
    node = parse(data, file=file, problems=reader.problems)
    return reader.finish(read_drug_node(reader, node, "") if node is not None else None)


_STRENGTHS = ("vials", "tablets", "capsules")


def read_drug_node(reader: Reader, node: Node, path: str, *, id: str = "") -> model.Drug:
    """A drug, from its own file or from a regimen's `drugs` (then `id` is its key there)."""
    required = ("source", "precision", "routes") if id else ("id", "source", "precision", "routes")
    optional = ("names", "class", "codes", "bsa_cap", *_STRENGTHS, "concentration", "notes", "because", "unverified")
    entries = reader.table(node, path, required=required, optional=optional)
    inside = reader.context(entries, path, Context())
    missing = Text(node.line, "not-stated")
    facts: dict[str, Any] = {key: _strengths(reader, entries[key], _join(path, key), inside) for key in _STRENGTHS if key in entries}
    if "bsa_cap" in entries:
        facts["bsa_cap"] = reader.fact(entries["bsa_cap"], _join(path, "bsa_cap"), inside, values.parse_area)
    return model.Drug(
        id=id or reader.id(entries.get("id"), _join(path, "id")),
        source=inside.source,
        precision=reader.fact(entries.get("precision", missing), _join(path, "precision"), inside, parse_amount),
        routes=reader.fact(entries.get("routes", missing), _join(path, "routes"), inside, values.parse_route),
        names=reader.texts(entries.get("names"), _join(path, "names")),
        classes=reader.texts(entries.get("class"), _join(path, "class")),
        concentration=_by_route(reader, entries.get("concentration"), _join(path, "concentration"), inside),
        codes=_codes(reader, entries.get("codes"), _join(path, "codes"), inside),
        notes=reader.texts(entries.get("notes"), _join(path, "notes")),
        **facts,
    )


def _strengths(reader: Reader, node: Node, path: str, outer: Context) -> model.Fact[tuple[Quantity, ...]]:
    inside = outer
    if isinstance(node, Table):
        entries = reader.table(node, path, required=["value"], optional=_PROVENANCE)
        inside = reader.context(entries, path, outer)
        node = entries.get("value", Items(node.line))
    if isinstance(node, Text):
        return cast("model.Fact[tuple[Quantity, ...]]", reader.fact(node, path, inside, _no_list))
    found = [reader.value(member, where, parse_amount) for member, where in reader.items(node, path)]
    return model.Fact(tuple(quantity for quantity in found if quantity), inside.source, inside.because, inside.unverified)


def _no_list(text: str) -> object:
    raise ValueError(f"{text!r} must be a list such as [10 mg, 30 mg], or not-stated")


def _by_route(reader: Reader, node: Node | None, path: str, inside: Context) -> dict[str, model.Fact[Quantity]]:
    if node is None:
        return {}
    if not isinstance(node, Table) or "value" in node.entries:
        return {"": reader.fact(node, path, inside, values.parse_concentration)}
    return {
        reader.value(Text(node.lines[key], key), path, values.parse_route) or "": reader.fact(
            member, _join(path, key), inside, values.parse_concentration
        )
        for key, member in node.entries.items()
    }


def _codes(reader: Reader, node: Node | None, path: str, inside: Context) -> dict[str, model.Fact[str]]:
    return {id: reader.fact(member, where, inside, values.parse_text) for id, member, where in reader.named(node, path)}


def read_sources(data: bytes, *, file: str) -> dict[str, model.Source]:
    """The bibliography in a file's bytes, by key. Raises RegimenFileError with every problem."""
    reader = Reader(file)
    node = parse(data, file=file, problems=reader.problems)
    named = reader.named(node, "") if node is not None else []
    return reader.finish({id: _source(reader, member, path, id) for id, member, path in named})


def _source(reader: Reader, node: Node, path: str, id: str) -> model.Source:
    entries = reader.table(node, path, required=("title", "grade"), optional=["address"])
    grade = reader.value(entries.get("grade"), f"{path}.grade", values.parse_grade) or ""
    return model.Source(
        id, reader.text(entries.get("title"), f"{path}.title"), reader.text(entries.get("address"), f"{path}.address"), grade
    )
