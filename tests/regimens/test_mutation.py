"""Are the worked cases strong enough? Every number of every regimen file is changed, one at a time, and somebody must notice.

A mutant is the file's own text with one number different, one boundary between two scopes moved, one gap filled, or another route. It is
dead when `check_regimen` finds a problem in it or one of the regimen's cases differs. One that survives stands for a wrong number that
could be shipped: write a case for it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from dosing.cases.read import Case, read_cases
from dosing.cases.run import run_case
from dosing.regimen import library, lint
from dosing.regimen.drug import Drug
from dosing.regimen.drugs import read_drug
from dosing.regimen.library import cases_file, data_dir, drug_ids, regimen_ids

# The fields whose numbers decide what is drawn and dosed; and the route, which decides as much.
FIELDS = {"cycle", "repeat", "for", "until", "suggest", "anchor", "start"}
FIELDS |= {"dose", "route", "days", "over", "times", "every", "max", "bsa_cap", "round", "at"}
EXPOSURE = {"doses", "of", "within"}
GROUPS = ("give", "assess", "visits")

# The fields whose numbers decide nothing: names and keys, the file's own version and date, and words for people.
NAMES = {"id", "aliases", "source", "drug", "phase", "replaces", "partners", "order"}
WORDS = {"title", "because", "notes", "note", "what", "when", "if", "waits", "continues", "group_by_class"}
ABOUT_THE_FILE = {"version", "checked"}

# A number in a value is one that begins a word, so not the 2 of m2; in a scope it may follow C or D.
IN_VALUE = re.compile(r"(?<![A-Za-z0-9.])[0-9]+(?:\.[0-9]+)?")
IN_SCOPE = re.compile(r"[0-9]+")

# A number that nobody stated and somebody filled in is a wrong number too.
GAPS = ("not-stated", "by-variant")
ROUTES = ("IV", "PO", "SC", "PO or IV", "IV or SC")
FILLED = {"cycle": "28 days", "dose": "1 mg", "days": "1", "over": "30 min", "at": "start of treatment"}

# Mutants that mean the same as the file, with the reason.
_SAME_ON_BOTH_SIDES = "the days are the same on both sides of the boundary; only their source differs"
EQUIVALENT: dict[tuple[str, str, str, str], str] = {
    **{
        ("krd", f"treatment.{drug}.days", "C1-18 | C19+", now): _SAME_ON_BOTH_SIDES
        for drug in ("lenalidomide", "dexamethasone")
        for now in ("C1-17 | C18+", "C1-19 | C20+")
    },
}

# Drugs whose precision no shipped regimen ever rounds by, with the reason.
NEVER_ROUNDED = {
    "cyclophosphamide": "the regimens that give it state their own rounding, to tablets",
    "dexamethasone": "given in flat doses only, which are given as stated",
    "lenalidomide": "given in flat doses only, which are given as stated",
    "methylprednisolone": "no shipped regimen gives it",
    "pomalidomide": "given in flat doses only, which are given as stated",
    "thalidomide": "given in flat doses only, which are given as stated",
}


@dataclass(frozen=True)
class Mutant:
    """A file's text with one change; `was` and `now` are the changed scalars."""

    line: int
    path: str
    was: str
    now: str
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.path}: {self.was!r} -> {self.now!r}"


@dataclass(frozen=True)
class Scalar:
    """A scalar that states a fact, or a scope, and where it stands in the text."""

    path: str
    field: str
    node: yaml.ScalarNode
    scope: bool = False


# -- where the numbers are ----------------------------------------------------------------------------------------


def facts(root: yaml.Node) -> Iterator[Scalar]:
    """Every scalar of the fact-bearing fields and every scope, in the order of the file."""
    for phase in members(root, "phases"):
        id = named(phase, "id")
        yield from fields(phase, id, FIELDS)
        for group in GROUPS:
            for activity in members(phase, group):
                name = named(activity, "id") or named(activity, "drug") or named(activity, "what")
                yield from fields(activity, f"{id}.{name}", FIELDS)
    for group in ("variants", "proxies"):
        for overlay, body in entries(child(root, group)):
            for key, value in entries(child(body, "set")):
                field = key.value.rpartition(".")[2]
                if field in FIELDS:
                    yield from fact(value, f"{group}.{overlay.value}.{key.value}", field)
    yield from fields(child(child(root, "derive"), "exposure"), "derive.exposure", EXPOSURE)


def fields(owner: yaml.Node | None, path: str, known: set[str]) -> Iterator[Scalar]:
    for key, value in entries(owner):
        if key.value in known:
            yield from fact(value, f"{path}.{key.value}", key.value)


def fact(node: yaml.Node, path: str, field: str) -> Iterator[Scalar]:
    """The value of a fact: plain, written out with its own source, or by scope."""
    if isinstance(node, yaml.ScalarNode):
        yield Scalar(path, field, node)
        return
    written_out = child(node, "value")
    if written_out:
        yield from fact(written_out, path, field)
        return
    for key, member in entries(node):
        if key.value != "else":
            yield Scalar(path, field, key, scope=True)
        yield from fact(member, f"{path}.{key.value}", field)


def parsed(text: str) -> yaml.Node:
    """The tree of a file, every scalar with its place in the text."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert root
    return root


def entries(node: yaml.Node | None) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    return node.value if isinstance(node, yaml.MappingNode) else []


def child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    return next((value for name, value in entries(node) if name.value == key), None)


def members(node: yaml.Node | None, key: str) -> list[yaml.Node]:
    found = child(node, key)
    return found.value if isinstance(found, yaml.SequenceNode) else []


def named(node: yaml.Node, key: str) -> str:
    found = child(node, key)
    return str(found.value) if isinstance(found, yaml.ScalarNode) else ""


# -- changing them ------------------------------------------------------------------------------------------------


def mutants(text: str) -> Iterator[Mutant]:
    """Every mutant of a regimen file."""
    scopes: dict[str, list[Scalar]] = {}
    for scalar in facts(parsed(text)):
        yield from changed(text, scalar)
        if scalar.scope:
            scopes.setdefault(scalar.path, []).append(scalar)
    for found in scopes.values():
        yield from moved_boundaries(text, found)


def changed(text: str, scalar: Scalar) -> Iterator[Mutant]:
    """The text with each number of the scalar changed, with the gap filled, or with every other route."""
    begin, end = scalar.node.start_mark.index, scalar.node.end_mark.index
    was = text[begin:end]
    news = [FILLED[scalar.field]] if was in GAPS and scalar.field in FILLED else []
    news += [route for route in ROUTES if route != was] if scalar.field == "route" and not scalar.scope else []
    for match in (IN_SCOPE if scalar.scope else IN_VALUE).finditer(was):
        news += [was[: match.start()] + number + was[match.end() :] for number in others(match[0], scope=scalar.scope)]
    for now in news:
        yield Mutant(scalar.node.start_mark.line + 1, scalar.path, was, now, text[:begin] + now + text[end:])


def others(number: str, *, scope: bool = False) -> list[str]:
    """What a number is changed to: one more, one less, twice, a last digit more or less; in a scope also a week on, to a given day."""
    value = Decimal(number)
    digit = Decimal(1).scaleb(int(value.as_tuple().exponent))
    news = [value + 1, value - 1, value * 2, value + digit, value - digit, *([value + 6, value + 7] if scope else [])]
    return [str(new) for new in dict.fromkeys(news) if new > 0 and new != value]


def moved_boundaries(text: str, scopes: list[Scalar]) -> Iterator[Mutant]:
    """`C1-12` beside `C13+` becomes `C1-13` beside `C14+`, and `C1-11` beside `C12+`: well formed, so only a case can notice."""
    for one, other in pairwise(scopes):
        last, first = re.search(r"[0-9]+$", one.node.value), re.match(r"C([0-9]+)", other.node.value)
        if not last or not first or int(last[0]) + 1 != int(first[1]):
            continue
        for step in (1, -1) if int(last[0]) > 1 else (1,):
            ends = f"{one.node.value[: last.start()]}{int(last[0]) + step}"
            begins = f"C{int(first[1]) + step}{other.node.value[first.end() :]}"
            later = text[: other.node.start_mark.index] + begins + text[other.node.end_mark.index :]
            both = later[: one.node.start_mark.index] + ends + later[one.node.end_mark.index :]
            yield Mutant(one.node.start_mark.line + 1, one.path, f"{one.node.value} | {other.node.value}", f"{ends} | {begins}", both)


# -- who notices --------------------------------------------------------------------------------------------------


@cache
def cases_of(id: str) -> tuple[Case, ...]:
    path = cases_file(id)
    return read_cases(path.read_bytes(), file=path.name).cases


def overlays(case: Case) -> set[str]:
    """The variants and proxies of a case."""
    return {name for key in ("variant", "proxy") for name in case.lists.get(key, (case.texts.get(key, ""),))}


def survivors(id: str, text: str, path: Path) -> list[Mutant]:
    """The mutants that nobody notices. The case that noticed the last one is asked first, for neighbours die alike."""
    cases = list(cases_of(id))
    alive = []
    for mutant in mutants(text):
        data = mutant.text.encode()
        if lint.check_regimen(data, file=path.name):
            continue
        path.write_bytes(data)
        overlay = mutant.path.split(".")[1] if mutant.path.startswith(("variants.", "proxies.")) else ""
        asked = sorted(cases, key=lambda case: overlay not in overlays(case)) if overlay else cases
        noticed = next((case for case in asked if differs(case, str(path))), None)
        if noticed is None:
            alive.append(mutant)
        else:
            cases.remove(noticed)
            cases.insert(0, noticed)
    return alive


def differs(case: Case, regimen: str) -> bool:
    """Whether the case finds any difference; stops at the first."""
    return next(run_case(case, regimen), None) is not None


@pytest.mark.parametrize("id", regimen_ids())
def test_every_changed_number_is_noticed(id: str, tmp_path: Path) -> None:
    text = (data_dir() / f"{id}.yaml").read_text(encoding="utf-8")
    alive = {(id, mutant.path, mutant.was, mutant.now): mutant for mutant in survivors(id, text, tmp_path / f"{id}.yaml")}
    listed = {key for key in EQUIVALENT if key[0] == id}
    assert not alive.keys() - listed, "\n".join(["nobody notices:", *(str(alive[key]) for key in alive if key not in listed)])
    assert not listed - alive.keys(), "listed as equivalent, but noticed or gone"


@pytest.mark.parametrize("id", regimen_ids())
def test_no_number_escapes(id: str) -> None:
    """Every number of a file is either changed above or stands in a field that is known to decide nothing."""
    root = parsed((data_dir() / f"{id}.yaml").read_text(encoding="utf-8"))
    reached = {scalar.node.start_mark.index for scalar in facts(root)}
    decided = NAMES | WORDS | ABOUT_THE_FILE
    escaped = [
        f"line {node.start_mark.line + 1}: {'.'.join(keys)}: {node.value}"
        for keys, node in scalars(root, ())
        if IN_VALUE.search(node.value) and node.start_mark.index not in reached and not decided.intersection(keys)
    ]
    assert reached
    assert not escaped, "\n".join(["neither changed nor known to decide nothing; add the field to one of the sets above:", *escaped])


def scalars(node: yaml.Node, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], yaml.ScalarNode]]:
    """Every scalar value with the keys that lead to it."""
    if isinstance(node, yaml.ScalarNode):
        yield keys, node
    for member in node.value if isinstance(node, yaml.SequenceNode) else ():
        yield from scalars(member, keys)
    for key, value in entries(node):
        yield from scalars(value, (*keys, key.value))


SMALL = """
phases:
  - id: p
    cycle: {value: 28 days, because: day 5}
    give:
      - drug: x
        dose: {C1-2: 1.3 mg/m2, C3+: not-stated}
        note: 7 days
"""


def test_what_is_changed() -> None:
    found = [(mutant.path, mutant.was, mutant.now) for mutant in mutants(SMALL)]
    assert found == [
        *(("p.cycle", "28 days", f"{days} days") for days in (29, 27, 56)),
        *(("p.x.dose", "C1-2", scope) for scope in ("C2-2", "C7-2", "C8-2", "C1-3", "C1-1", "C1-4", "C1-8", "C1-9")),
        *(("p.x.dose.C1-2", "1.3 mg/m2", f"{dose} mg/m2") for dose in ("2.3", "0.3", "2.6", "1.4", "1.2")),
        *(("p.x.dose", "C3+", f"C{first}+") for first in (4, 2, 6, 9, 10)),
        ("p.x.dose.C3+", "not-stated", "1 mg"),
        ("p.x.dose", "C1-2 | C3+", "C1-3 | C4+"),
        ("p.x.dose", "C1-2 | C3+", "C1-1 | C2+"),
    ]


def test_a_mutant_is_the_text_with_one_change() -> None:
    last = list(mutants(SMALL))[-1]
    assert last.text == SMALL.replace("C1-2:", "C1-1:").replace("C3+:", "C2+:")
    assert str(last) == "line 7: p.x.dose: 'C1-2 | C3+' -> 'C1-1 | C2+'"


# -- drugs --------------------------------------------------------------------------------------------------------


def drug_mutants(id: str, field: str) -> Iterator[Mutant]:
    """The mutants of one field of a drug file."""
    text = (data_dir() / "drugs" / f"{id}.yaml").read_text(encoding="utf-8")
    for scalar in fields(parsed(text), id, {field}):
        yield from changed(text, scalar)


def replaced(id: str, text: str) -> Callable[[str], Drug]:
    """The shipped drugs, one of them read from `text`."""
    shipped, mutated = library.shipped_drug, read_drug(text.encode(), file=f"{id}.yaml")
    return lambda name: mutated if name == id else shipped(name)


def noticed_by_any_case(drug: str) -> bool:
    """Whether a case of any regimen differs; those that name the drug are enough, and derived ones, which take it from their base."""
    for id in regimen_ids():
        text = (data_dir() / f"{id}.yaml").read_text(encoding="utf-8")
        if drug in text and any(differs(case, id) for case in cases_of(id)):
            return True
    return False


@pytest.mark.parametrize("id", drug_ids())
@pytest.mark.parametrize("field", ["precision", "bsa_cap"])
def test_every_changed_number_of_a_drug_is_noticed(id: str, field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    alive = []
    for mutant in drug_mutants(id, field):
        with monkeypatch.context() as patch:
            patch.setattr(library, "shipped_drug", replaced(id, mutant.text))
            if not noticed_by_any_case(id):
                alive.append(mutant)
    never = field == "precision" and id in NEVER_ROUNDED
    assert bool(alive) == never, "\n".join(["nobody notices:", *map(str, alive)])


def test_a_changed_drug_is_what_the_cases_see(monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = next(drug_mutants("carfilzomib", "bsa_cap"))
    assert (mutant.was, mutant.now) == ("2.2 m2", "3.2 m2")
    assert not noticed_by_any_case("carfilzomib")
    monkeypatch.setattr(library, "shipped_drug", replaced("carfilzomib", mutant.text))
    assert noticed_by_any_case("carfilzomib")
