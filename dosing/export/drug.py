"""A drug in plain words, with every source: what `dosing show` prints for a drug."""

from collections.abc import Callable, Iterator
from typing import Any

from dosing.export.text import folded
from dosing.regimen.check import facts_of_drug
from dosing.regimen.drug import Bag, Drug, Levels, Limit, Reconstitution, Rule, Spacing
from dosing.regimen.facts import Fact, Gap, Scoped
from dosing.regimen.library import bibliography

NOT_STATED = "NOT STATED"
_TITLES = {
    "precision": "measured in steps of",
    "routes": "route",
    "tall_man": "printed as",
    "bsa_cap": "body surface up to",
    "weight": "dosed by weight",
    "weigh": "a new weight counts",
    "never_round": "never rounded by a policy",
    "share_vials": "vials may be shared between patients",
    "final_concentration": "concentration in the bag",
    "stability": "keeps",
    "usual": "usual doses",
    "spacing": "time between doses",
    "missed": "after a missed dose",
}


def show_drug(drug: Drug) -> str:
    """The drug as text: names, every fact with its source, notes, and the bibliography of it all."""
    return "\n".join(line for text in drug_lines(drug) for line in folded(text)) + "\n"


def drug_lines(drug: Drug) -> Iterator[str]:
    """The lines of `show_drug` before they are folded: one for each fact."""
    names = f" ({', '.join(drug.names)})" if drug.names else ""
    yield f"{drug.id}{names} [{drug.source}]"
    if drug.classes:
        yield f"  class: {', '.join(drug.classes)}"
    for path, fact in facts_of_drug(drug):
        _, field, *rest = path.split(".", 2)
        yield f"  {_title(field, rest[0] if rest else '')}: {_value(fact.value)} {_from(fact)}"
    yield from (f"  * {note}" for note in drug.notes)
    yield ""
    yield "Sources"
    for key in sorted({drug.source, *(fact.source for _, fact in facts_of_drug(drug))}):
        source = bibliography().get(key)
        if source:
            yield f"  [{key}] {source.title}{f'. {source.address}' if source.address else ''} (grade {source.grade})"


def _title(field: str, key: str) -> str:
    most = f"most {'at one administration' if key == 'single' else 'in a day' if key == 'daily' else f'in a {key}'}"
    of = {"rates": f"rates of infusion {key}", "levels": f"levels below {key}", "rules": f"rule {key}", "limits": most}
    return of.get(field, " ".join([_TITLES.get(field, field.replace("_", " ")), key]).strip())


def _from(fact: Fact[Any]) -> str:
    because = f", because {fact.because}" if fact.because else ""
    return f"[{fact.source}{because}]{' UNVERIFIED' if fact.unverified else ''}"


def _value(value: object) -> str:
    if isinstance(value, Gap):
        return NOT_STATED
    for kind, words in _WORDS.items():
        if isinstance(value, kind):
            return words(value)
    return str(value)


def _each(values: tuple[object, ...]) -> str:
    return ", ".join(str(value) for value in values)


def _reconstitution(value: Reconstitution) -> str:
    return f"{', '.join(f'{vial} in {volume}' for vial, volume in value.volumes)} of {value.fluid}"


def _bag(value: Bag) -> str:
    taken = "the drug's volume taken out first" if value.withdraw else "the drug added"
    return f"{_each(value.volumes)} of {value.fluid}, {taken}"


def _limit(value: Limit) -> str:
    of = f" of all drugs of the class {value.together}" if value.together else ""
    return f"{value.most}{of} ({'stop' if value.stop else 'warning'})"


def _rule(rule: Rule) -> str:
    group = f"group {rule.group}, " if rule.group else ""
    given = f", where {rule.given} is stated" if rule.given else ""
    words = {"dose": "dose {}", "percent": "{} of the amount", "days": "days {}"}
    changes = [text.format(_scoped(value)) for name, text in words.items() if (value := getattr(rule, name))]
    return f"{group}{rule.when}{given}: {', '.join(changes)}{f' ({rule.note})' if rule.note else ''}"


def _scoped(value: Scoped[Any]) -> str:
    if value.only:
        return _value(value.only.value)
    return "; ".join(f"{scope or 'otherwise'} {_value(fact.value)}" for scope, fact in value.rules)


_WORDS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "yes" if value else "no",
    tuple: _each,
    Reconstitution: _reconstitution,
    Bag: _bag,
    Limit: _limit,
    Spacing: lambda value: f"at least {value.hours} hours ({'stop' if value.stop else 'warning'})",
    Levels: lambda value: _each(value.below),
    Rule: _rule,
}
