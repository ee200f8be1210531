"""Rules that adapt a dose to a patient, as a drug's or a regimen's file writes them."""

from typing import Any

from dosing.regimen import values
from dosing.regimen.conditions import Conditions, parse_conditions
from dosing.regimen.drug import Rule
from dosing.regimen.facts import Fact
from dosing.regimen.nodes import Node
from dosing.regimen.reader import PROVENANCE, Context, Reader, join
from dosing.units import parse_dose

# What a rule may change, each read as the same field of an activity is.
CHANGED = ("dose", "percent", "days")


def read_rules(reader: Reader, node: Node, path: str, outer: Context, *, of_regimen: bool = False) -> dict[str, Fact[Rule]]:
    """The rules by id. Those of a regimen name the activity they are `for`."""
    return {id: _rule(reader, member, where, id, outer, of_regimen) for id, member, where in reader.named(node, path)}


def _rule(reader: Reader, node: Node, path: str, id: str, outer: Context, of_regimen: bool) -> Fact[Rule]:
    required = ("for", "when") if of_regimen else ("when",)
    entries = reader.table(node, path, required=required, optional=("given", "group", *CHANGED, "note", *PROVENANCE))
    inside = reader.context(entries, path, outer)
    changes: dict[str, Any] = {
        key: reader.scoped(entries[key], join(path, key), inside, values.FIELDS["drug"][key]) for key in CHANGED if key in entries
    }
    if not changes:
        reader.wrong(node, path, f"changes nothing; give one of {', '.join(CHANGED)}")
    rule = Rule(
        id=id,
        when=reader.value(entries.get("when"), join(path, "when"), parse_conditions) or Conditions(()),
        given=reader.value(entries.get("given"), join(path, "given"), parse_dose),
        group=reader.id(entries["group"], join(path, "group")) if "group" in entries else "",
        activity=reader.text(entries.get("for"), join(path, "for")),
        note=reader.text(entries.get("note"), join(path, "note")),
        **changes,
    )
    return Fact(rule, inside.source, inside.because, inside.unverified)
