"""From the nodes of a drug file to the model."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from dosing.regimen import drug as model
from dosing.regimen import values
from dosing.regimen.facts import DoseRange, Fact, Gap
from dosing.regimen.nodes import Items, Node, Table, Text, parse
from dosing.regimen.rates import Steps, parse_steps
from dosing.regimen.reader import PROVENANCE, Context, Reader, join
from dosing.regimen.rules import read_rules
from dosing.units import Quantity, parse_amount, parse_dose

T = TypeVar("T")
R = TypeVar("R")

_STRENGTHS = ("vials", "tablets", "capsules")
# Fields of one plain value, and how its text is read.
_PLAIN: dict[str, Callable[[str], object]] = {
    "tall_man": values.parse_text,
    "bsa_cap": values.parse_area,
    "weight": values.parse_weight_kind,
    "weigh": values.parse_weigh,
    "never_round": values.parse_yes,
    "share_vials": values.parse_yes,
    "final_concentration": values.parse_concentration_range,
    "stability": values.parse_text,
    "missed": values.parse_missed,
}
_OWN = ("usual", "concentration", "reconstitution", "bag", "rates", "limits", "spacing", "weekdays", "levels", "rules")
_MISSING = Text(1, "not-stated")


@lru_cache(maxsize=256)
def read_drug(data: bytes, *, file: str) -> model.Drug:
    """The drug in a file's bytes; the same bytes are read once. Raises RegimenFileError with every problem."""
    reader = Reader(file)
    node = parse(data, file=file, problems=reader.problems)
    return reader.finish(read_drug_node(reader, node, "") if node is not None else None)


def read_drug_node(reader: Reader, node: Node, path: str, *, id: str = "") -> model.Drug:
    """A drug, from its own file or from a regimen's `drugs` (then `id` is its key there)."""
    required = ("source", "precision", "routes") if id else ("id", "source", "precision", "routes")
    optional = ("names", "class", "codes", *_PLAIN, *_STRENGTHS, *_OWN, "notes", "because", "unverified")
    entries = reader.table(node, path, required=required, optional=optional)
    inside = reader.context(entries, path, Context())
    found: dict[str, Any] = {
        key: reader.fact(entries[key], join(path, key), inside, parse_text) for key, parse_text in _PLAIN.items() if key in entries
    }
    for key in _STRENGTHS:
        if key in entries:
            found[key] = _written(reader, entries[key], join(path, key), inside, _amounts)
    own = {key: _READERS[key](reader, entries[key], join(path, key), inside) for key in _OWN if key in entries}
    return model.Drug(
        id=id or reader.id(entries.get("id"), join(path, "id")),
        source=inside.source,
        precision=reader.fact(entries.get("precision", _MISSING), join(path, "precision"), inside, parse_amount),
        routes=reader.fact(entries.get("routes", _MISSING), join(path, "routes"), inside, values.parse_route),
        names=reader.texts(entries.get("names"), join(path, "names")),
        classes=reader.texts(entries.get("class"), join(path, "class")),
        codes={
            id: reader.fact(member, where, inside, values.parse_text)
            for id, member, where in reader.named(entries.get("codes"), join(path, "codes"))
        },
        notes=reader.texts(entries.get("notes"), join(path, "notes")),
        **found,
        **own,
    )


# -- values that are lists or mappings ----------------------------------------------------------------------------


def _written(
    reader: Reader, node: Node, path: str, outer: Context, read: Callable[[Reader, Node, str], R | None], *, keys: tuple[str, ...] = ()
) -> Fact[R]:
    """A fact whose value is a list or, with `keys`, a mapping of those keys with the provenance beside them.

    A list may also stand under `value`, with its provenance; `not-stated` is a gap.
    """
    if isinstance(node, Table) and not keys:
        entries = reader.table(node, path, required=["value"], optional=PROVENANCE)
        outer = reader.context(entries, path, outer)
        node = entries.get("value", _MISSING)
    elif isinstance(node, Table):
        outer = reader.context(node.entries, path, outer)
    if isinstance(node, Text) and node.text in values.GAPS:
        return Fact(values.GAPS[node.text], outer.source, outer.because, outer.unverified, outer.origin)
    value = read(reader, node, path)
    return Fact(Gap.NOT_STATED if value is None else value, outer.source, outer.because, outer.unverified, outer.origin)


def _listed(reader: Reader, node: Node | None, path: str, parse_text: Callable[[str], T], example: str) -> tuple[T, ...]:
    """The members of a list that isn't empty; none where the key is missing, which is said elsewhere."""
    if node is None:
        return ()
    if not isinstance(node, Items) or not node.nodes:
        reader.wrong(node, path, f"must be a list such as {example}, or not-stated")
        return ()
    found = [reader.value(member, where, parse_text) for member, where in reader.items(node, path)]
    return tuple(value for value in found if value is not None)


def _amounts(reader: Reader, node: Node, path: str) -> tuple[Quantity, ...]:
    return _listed(reader, node, path, parse_amount, "[10 mg, 30 mg]")


def _ranges(reader: Reader, node: Node, path: str) -> tuple[DoseRange, ...]:
    return _listed(reader, node, path, values.parse_range, "[15 to 70 mg/m2]")


def _usual(reader: Reader, node: Node, path: str, outer: Context) -> Fact[tuple[DoseRange, ...]]:
    return _written(reader, node, path, outer, _ranges)


def _by_key(reader: Reader, node: Node, path: str, parse_key: Callable[[str], object], read: Callable[[str, Node, str], R]) -> dict[str, R]:
    """A mapping whose keys mean something; `read` takes the key as written, its node and its path."""
    if not isinstance(node, Table):
        reader.wrong(node, path, "must be a mapping")
        return {}
    for key, line in node.lines.items():
        reader.value(Text(line, key), join(path, key), parse_key)
    return {key: read(key, member, join(path, key)) for key, member in node.entries.items()}


def _concentration(reader: Reader, node: Node, path: str, outer: Context) -> dict[str, Fact[Quantity]]:
    if not isinstance(node, Table) or "value" in node.entries:
        return {"": reader.fact(node, path, outer, values.parse_concentration)}
    return _by_key(
        reader, node, path, values.parse_route, lambda _, member, where: reader.fact(member, where, outer, values.parse_concentration)
    )


_VOLUMES = ("fluid", "volumes")


def _reconstitution(reader: Reader, node: Node, path: str, outer: Context) -> dict[str, Fact[model.Reconstitution]]:
    def read(_: str, member: Node, where: str) -> Fact[model.Reconstitution]:
        return _written(reader, member, where, outer, _dissolved, keys=_VOLUMES)

    if not isinstance(node, Table) or any(key in node.entries for key in _VOLUMES):
        return {"": read("", node, path)}
    return _by_key(reader, node, path, values.parse_route, read)


def _dissolved(reader: Reader, node: Node, path: str) -> model.Reconstitution:
    entries = reader.table(node, path, required=_VOLUMES, optional=PROVENANCE)
    volumes = entries.get("volumes", Table(node.line))
    read = _by_key(
        reader, volumes, join(path, "volumes"), parse_amount, lambda _, member, where: reader.value(member, where, values.parse_volume)
    )
    whole = tuple((parse_amount(size), volume) for size, volume in read.items() if volume and _readable(size))
    return model.Reconstitution(reader.text(entries.get("fluid"), join(path, "fluid")), whole)


def _readable(size: str) -> bool:
    try:
        parse_amount(size)
    except ValueError:
        return False
    return True


def _bag(reader: Reader, node: Node, path: str, outer: Context) -> Fact[model.Bag]:
    return _written(reader, node, path, outer, _bag_value, keys=("volumes", "fluid", "withdraw"))


def _bag_value(reader: Reader, node: Node, path: str) -> model.Bag:
    entries = reader.table(node, path, required=("volumes", "fluid", "withdraw"), optional=PROVENANCE)
    volumes = _listed(reader, entries.get("volumes"), join(path, "volumes"), values.parse_volume, "[50 mL, 100 mL]")
    withdraw = reader.value(entries.get("withdraw"), join(path, "withdraw"), values.parse_yes)
    return model.Bag(volumes, reader.text(entries.get("fluid"), join(path, "fluid")), bool(withdraw))


def _rates(reader: Reader, node: Node, path: str, outer: Context) -> dict[str, Fact[Steps]]:
    return _by_key(reader, node, path, values.parse_infusions, lambda _, member, where: reader.fact(member, where, outer, parse_steps))


def read_limits(reader: Reader, node: Node, path: str, outer: Context) -> dict[str, Fact[model.Limit]]:
    """The limits of a drug by what they hold for (LIMITED), from its own file or from a site's."""
    return {
        key: _written(reader, member, join(path, key), outer, _limit, keys=("value",))
        for key, member in reader.table(node, path, required=(), optional=model.LIMITED).items()
    }


def _limit(reader: Reader, node: Node, path: str) -> model.Limit | None:
    entries = reader.table(node, path, required=("value", "act"), optional=("together", *PROVENANCE))
    most = reader.value(entries.get("value"), path, values.parse_most)
    stop = reader.value(entries.get("act"), join(path, "act"), values.parse_act)
    together = reader.text(entries.get("together"), join(path, "together"))
    return model.Limit(most, bool(stop), together) if most else None


def _spacing(reader: Reader, node: Node, path: str, outer: Context) -> Fact[model.Spacing]:
    return _written(reader, node, path, outer, _spacing_value, keys=("value",))


def _spacing_value(reader: Reader, node: Node, path: str) -> model.Spacing | None:
    entries = reader.table(node, path, required=("value", "act"), optional=PROVENANCE)
    hours = reader.value(entries.get("value"), path, values.parse_hours)
    stop = reader.value(entries.get("act"), join(path, "act"), values.parse_act)
    return model.Spacing(hours, bool(stop)) if hours else None


def _weekdays(reader: Reader, node: Node, path: str, outer: Context) -> Fact[model.Weekdays]:
    return _written(reader, node, path, outer, _weekdays_value)


def _weekdays_value(reader: Reader, node: Node, path: str) -> model.Weekdays | None:
    days = _listed(reader, node, path, values.parse_weekday, "[monday, tuesday]")
    for day in sorted({day for day in days if days.count(day) > 1}):
        reader.wrong(node, path, f"{model.WEEKDAYS[day]} is there twice")
    return model.Weekdays(tuple(sorted(days))) if days else None


def _levels(reader: Reader, node: Node, path: str, outer: Context) -> dict[str, Fact[model.Levels]]:
    def read(key: str, member: Node, where: str) -> Fact[model.Levels]:
        return _written(reader, member, where, outer, lambda reader, node, path: _level(reader, key, node, path))

    return _by_key(reader, node, path, parse_dose, read)


def _level(reader: Reader, start: str, node: Node, path: str) -> model.Levels | None:
    below = _listed(reader, node, path, parse_dose, "[20 mg/m2, 15 mg/m2]")
    try:
        doses = (parse_dose(start), *below)
    except ValueError:
        return None
    if len({dose.unit for dose in doses}) > 1 or any(lower.value >= higher.value for higher, lower in zip(doses, below, strict=False)):
        reader.wrong(node, path, f"each level must be lower than the one before it and in its unit, from {start} down")
    return model.Levels(doses[0], below)


_READERS: dict[str, Callable[[Reader, Node, str, Context], Any]] = {
    "usual": _usual,
    "concentration": _concentration,
    "reconstitution": _reconstitution,
    "bag": _bag,
    "rates": _rates,
    "limits": read_limits,
    "spacing": _spacing,
    "weekdays": _weekdays,
    "levels": _levels,
    "rules": read_rules,
}
