"""From the nodes of a drug file to the model."""

from typing import Any, cast

from dosing.regimen import model, values
from dosing.regimen.nodes import Items, Node, Table, Text, parse
from dosing.regimen.reader import PROVENANCE, Context, Reader, join
from dosing.units import Quantity, parse_amount


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
    facts: dict[str, Any] = {key: _strengths(reader, entries[key], join(path, key), inside) for key in _STRENGTHS if key in entries}
    if "bsa_cap" in entries:
        facts["bsa_cap"] = reader.fact(entries["bsa_cap"], join(path, "bsa_cap"), inside, values.parse_area)
    return model.Drug(
        id=id or reader.id(entries.get("id"), join(path, "id")),
        source=inside.source,
        precision=reader.fact(entries.get("precision", missing), join(path, "precision"), inside, parse_amount),
        routes=reader.fact(entries.get("routes", missing), join(path, "routes"), inside, values.parse_route),
        names=reader.texts(entries.get("names"), join(path, "names")),
        classes=reader.texts(entries.get("class"), join(path, "class")),
        concentration=_by_route(reader, entries.get("concentration"), join(path, "concentration"), inside),
        codes=_codes(reader, entries.get("codes"), join(path, "codes"), inside),
        notes=reader.texts(entries.get("notes"), join(path, "notes")),
        **facts,
    )


def _strengths(reader: Reader, node: Node, path: str, outer: Context) -> model.Fact[tuple[Quantity, ...]]:
    inside = outer
    if isinstance(node, Table):
        entries = reader.table(node, path, required=["value"], optional=PROVENANCE)
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
            member, join(path, key), inside, values.parse_concentration
        )
        for key, member in node.entries.items()
    }


def _codes(reader: Reader, node: Node | None, path: str, inside: Context) -> dict[str, model.Fact[str]]:
    return {id: reader.fact(member, where, inside, values.parse_text) for id, member, where in reader.named(node, path)}
