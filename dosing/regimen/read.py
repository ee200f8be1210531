"""From the nodes of a regimen file to the model."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from dosing.days import Numbering
from dosing.errors import nearest
from dosing.regimen import model, values
from dosing.regimen.bibliography import read_source
from dosing.regimen.drugs import read_drug_node
from dosing.regimen.facts import Fact, Gap, Origin, Scoped
from dosing.regimen.nodes import Node, Table, Text, parse
from dosing.regimen.reader import PROVENANCE, Context, Reader, join, slug
from dosing.regimen.rules import read_rules
from dosing.regimen.values import FIELDS
from dosing.units import parse_dose


@lru_cache(maxsize=64)
def read_regimen(data: bytes, *, file: str) -> model.Regimen:
    """The regimen in a file's bytes; `file` is its name for messages. The same bytes are read once.

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
        optional=("aliases", "notes", "variants", "proxies", "derive", "drugs", "rules", "sources"),
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
        rules=read_rules(reader, entries["rules"], "rules", inside, of_regimen=True) if "rules" in entries else {},
        sources={id: read_source(reader, member, path, id) for id, member, path in reader.named(entries.get("sources"), "sources")},
    )


def _phase(reader: Reader, node: Node, path: str, outer: Context) -> model.Phase:
    entries = reader.table(
        node,
        path,
        required=["id"],
        optional=(
            *FIELDS["phase"],
            *("title", "anchor", "day_zero", "waits", "if", "order", "give", "assess", "visits"),
            *PROVENANCE,
        ),
    )
    id = reader.id(entries.get("id"), join(path, "id"))
    path = id or path
    inside = reader.context(entries, path, outer)
    anchor = reader.value(entries.get("anchor"), join(path, "anchor"), values.parse_anchor)
    day_zero = reader.value(entries.get("day_zero"), join(path, "day_zero"), values.parse_yes)
    return model.Phase(
        id=id,
        title=reader.text(entries.get("title"), join(path, "title")) or id,
        source=inside.source,
        anchor=1 if anchor is None else anchor,
        numbering=Numbering(day_zero=bool(day_zero) or anchor == 0),
        waits=reader.text(entries.get("waits"), join(path, "waits")),
        condition=reader.text(entries.get("if"), join(path, "if")),
        order=tuple(reader.id(member, where) for member, where in reader.items(entries.get("order"), join(path, "order"))),
        activities=_activities(reader, entries, path, inside),
        visits=tuple(
            _visit(reader, member, where, path, inside) for member, where in reader.items(entries.get("visits"), join(path, "visits"))
        ),
        **reader.settables(entries, path, inside, "phase"),
    )


def _activities(reader: Reader, entries: Mapping[str, Node], path: str, inside: Context) -> tuple[model.Activity, ...]:
    given = [_give(reader, member, where, path, inside) for member, where in reader.items(entries.get("give"), join(path, "give"))]
    assessed = [_assess(reader, member, where, path, inside) for member, where in reader.items(entries.get("assess"), join(path, "assess"))]
    return (*given, *assessed)


_NO_DAYS: Scoped[Any] = Scoped(())


def _give(reader: Reader, node: Node, where: str, phase: str, outer: Context) -> model.Activity:
    entries = reader.table(
        node,
        where,
        required=("drug", "dose", "route", "days"),
        optional=("id", *FIELDS["drug"], "optional", "note", *PROVENANCE),
    )
    id = reader.id(entries.get("id"), f"{where}.id") or _drug_id(entries.get("drug"))
    facts = reader.settables(entries, join(phase, id) if id else where, reader.context(entries, where, outer), "drug")
    return _activity(reader, entries, where, id, "drug", id, facts)


def _drug_id(node: Node | None) -> str:
    """The text of a drug as it is written, plain or with its source; what is wrong with it is said where the drug is read."""
    inner = node.entries.get("value") if isinstance(node, Table) else node
    return inner.text if isinstance(inner, Text) else ""


def _assess(reader: Reader, node: Node, where: str, phase: str, outer: Context) -> model.Activity:
    entries = reader.table(node, where, required=("what", "days"), optional=("id", "optional", "note", *PROVENANCE))
    what = reader.text(entries.get("what"), f"{where}.what")
    id = reader.id(entries.get("id"), f"{where}.id") or slug(what)
    facts = reader.settables(entries, join(phase, id), reader.context(entries, where, outer), "assessment")
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
    entries = reader.table(node, where, required=("what", "at"), optional=("id", "note", *PROVENANCE))
    what = reader.text(entries.get("what"), f"{where}.what")
    id = reader.id(entries.get("id"), f"{where}.id") or slug(what)
    found = reader.settables(entries, join(phase, id), reader.context(entries, where, outer), "visit")
    at = found.get("at", Fact(Gap.NOT_STATED, outer.source))
    return model.Visit(id, what, at, reader.text(entries.get("note"), f"{where}.note"))


# -- variants, proxies, derivation --------------------------------------------------------------------------------


def _overlays(reader: Reader, node: Node | None, kind: str, outer: Context, phases: tuple[model.Phase, ...]) -> dict[str, model.Overlay]:
    group = "variants" if kind == "variant" else "proxies"
    return {id: _overlay(reader, member, path, id, kind, outer, phases) for id, member, path in reader.named(node, group)}


def _overlay(reader: Reader, node: Node, path: str, id: str, kind: str, outer: Context, phases: tuple[model.Phase, ...]) -> model.Overlay:
    needed = ("title", "set") if kind == "variant" else ("title", "set", "source", "because")
    entries = reader.table(node, path, required=needed, optional=PROVENANCE)
    inside = replace(reader.context(entries, path, outer), origin=Origin(kind, id))
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
    entries = reader.table(node, "derive", required=("phase", "replaces"), optional=("partners", "group_by_class", "exposure", *PROVENANCE))
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
    entries = reader.table(node, path, required=("doses", "of", "within"), optional=PROVENANCE)
    doses = reader.value(entries.get("doses"), f"{path}.doses", values.parse_count)
    of = reader.value(entries.get("of"), f"{path}.of", parse_dose)
    within = reader.value(entries.get("within"), f"{path}.within", values.parse_length)
    source = reader.context(entries, path, outer).source
    return model.Exposure(doses, of, within, source) if doses and of and within else None
