"""Are the worked cases strong enough? Every number of every regimen file is changed, one at a time, and somebody must notice.

A mutant is the file's own text with one number different, one boundary between two scopes moved, one gap filled, or another route. It is
dead when `check_regimen` finds a problem in it or one of the regimen's cases differs. One that survives stands for a wrong number that
could be shipped: write a case for it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from dosing.cases.read import Case, read_cases
from dosing.cases.run import run_case, run_drug_case
from dosing.errors import RegimenFileError
from dosing.regimen import library, lint
from dosing.regimen.drug import Drug
from dosing.regimen.drugs import read_drug
from dosing.regimen.library import cases_file, data_dir, drug_ids, regimen_ids

# The fields whose numbers decide what is drawn and dosed; and the route, which decides as much.
FIELDS = {"cycle", "repeat", "for", "until", "suggest", "anchor", "start"}
FIELDS |= {"dose", "route", "days", "over", "times", "every", "max", "bsa_cap", "round", "at"}
EXPOSURE = {"doses", "of", "within"}
RULE = {"when", "given", "dose", "percent", "days", "group"}
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
EQUIVALENT = {
    ("krd", f"treatment.{drug}.days", "C1-18 | C19+", now): _SAME_ON_BOTH_SIDES
    for drug in ("lenalidomide", "dexamethasone")
    for now in ("C1-17 | C18+", "C1-19 | C20+")
}

# In a drug file every scalar is a fact, but for names, keys of sources, and reasons. A note is told, and its numbers count.
DRUG_WORDS = {"id", "source", "names", "because"}
# A word is exchanged for each other of its group; it stands between spaces, or beside a comma or a bracket.
SWAPS = (
    (">=", ">", "<=", "<"),
    ("yes", "no"),
    ("warn", "stop"),
    ("mild", "moderate", "severe", "normal"),
    ("child-pugh A", "child-pugh B", "child-pugh C"),
    ("no dialysis", "dialysis"),
    ("actual", "ideal", "adjusted"),
    ("each cycle", "more than 20 %"),
    ("keep the interval", "keep the dates", "keep pairs together"),
    ("up to", "at least"),
    ("sterile water", "0.9 % sodium chloride", "5 % dextrose", "the diluent of its pack"),
    ("mg", "mcg", "g"),
    ("mg/m2", "mg/kg", "mcg/m2"),
    ("mg/mL", "mcg/mL"),
    ("min", "h", "hours"),
    ("us", "eu", "over-75", "from-75"),
    ("proteasome inhibitor", "IMiD", "alkylator", "anthracycline", "glucocorticoid", "anti-CD38 antibody"),
    ROUTES,
)


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
    for rule, body in entries(child(root, "rules")):
        yield from fields(body, f"rules.{rule.value}", RULE)


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
    news += swapped(was) if scalar.field == "when" else []
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


def swapped(was: str) -> list[str]:
    """The text with each of its words exchanged for the others of its group."""
    return [
        was[: match.start()] + other + was[match.end() :]
        for group in SWAPS
        for word in group
        for match in re.finditer(rf"(?<![^\s(\[]){re.escape(word)}(?![^\s,;)\]])", was)
        if not any(word in longer and longer in was for longer in group if longer != word)
        for other in group
        if other != word
    ]


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


def keys_of(case: Case) -> set[str]:
    """What a case gives."""
    return {*case.texts, *case.lists, *case.maps}


def overlays(case: Case) -> set[str]:
    """The variants and proxies of a case."""
    return {name for key in ("variant", "proxy") for name in case.lists.get(key, (case.texts.get(key, ""),))}


def survivors(id: str, text: str, path: Path) -> list[Mutant]:
    """The mutants that nobody notices. The case that noticed the last one is asked first, for neighbours die alike.

    Cases about what changes for a patient are asked about the regimen's own rules only.
    """
    cases = list(cases_of(id))
    grids = [case for case in cases if not keys_of(case) & {*ACTING["rules"], "reduce", "measured"}]
    alive = []
    for mutant in mutants(text):
        data = mutant.text.encode()
        if lint.check_regimen(data, file=path.name):
            continue
        path.write_bytes(data)
        overlay = mutant.path.split(".")[1] if mutant.path.startswith(("variants.", "proxies.")) else ""
        asked = cases if mutant.path.startswith("rules.") else grids
        noticing = sorted(asked, key=lambda case: overlay not in overlays(case)) if overlay else asked
        noticed = next((case for case in noticing if differs(case, str(path))), None)
        if noticed is None:
            alive.append(mutant)
        else:
            asked.remove(noticed)
            asked.insert(0, noticed)
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


def drug_text(id: str) -> str:
    return (data_dir() / "drugs" / f"{id}.yaml").read_text(encoding="utf-8")


def drug_mutants(id: str) -> Iterator[Mutant]:
    """Every mutant of a drug file: numbers, words and gaps of all its values, and of the keys that mean something."""
    text = drug_text(id)
    for keys, node in (*scalars(parsed(text), ()), *meaningful_keys(parsed(text), ())):
        if DRUG_WORDS.isdisjoint(keys):
            for now in drug_news(text[node.start_mark.index : node.end_mark.index], keys):
                before, after = text[: node.start_mark.index], text[node.end_mark.index :]
                was = text[node.start_mark.index : node.end_mark.index]
                yield Mutant(node.start_mark.line + 1, ".".join((id, *keys)), was, now, before + now + after)


def meaningful_keys(node: yaml.Node, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], yaml.ScalarNode]]:
    """Keys that are routes, infusions, sizes of vials, starting doses, scopes; with the keys above them."""
    for member in node.value if isinstance(node, yaml.SequenceNode) else ():
        yield from meaningful_keys(member, keys)
    for key, value in entries(node):
        if key.value in ROUTES or re.search(r"[0-9]", key.value):
            yield (*keys, "key"), key
        yield from meaningful_keys(value, (*keys, key.value))


def drug_news(was: str, keys: tuple[str, ...]) -> list[str]:
    """What a scalar of a drug file is changed to."""
    news = [] if "notes" in keys else swapped(was)
    news += ["1 mg"] if was in GAPS else []
    news += [was.lower()] if "tall_man" in keys else []
    news += [f"{was[:-1]}{(int(was[-1]) + 1) % 10}"] if "codes" in keys and was not in GAPS else []
    for match in (IN_SCOPE if keys[-1] == "key" else IN_VALUE).finditer(was):
        if re.search(r"[a-z]-$", was[: match.start()]):  # the key of a source, in a note
            continue
        news += [was[: match.start()] + number + was[match.end() :] for number in others(match[0])]
    return news


def test_what_is_changed_in_a_drug() -> None:
    assert drug_news("bilirubin < 3 mg/dL", ("when",)) == [f"bilirubin {so} mg/dL" for so in (">= 3", "> 3", "<= 3", "< 4", "< 2", "< 6")]
    assert drug_news("no dialysis", ("when",)) == ["yes dialysis", "dialysis"]
    assert drug_news("3+", ("rates", "key")) == ["4+", "2+", "6+"]


def noticed_by_the_drug(id: str, text: str) -> bool:
    """Whether the file is refused, a case of the drug differs, or the check of the file finds something."""
    drug = mutated(id, text)
    if drug is None or any(next(run_drug_case(case, drug), None) for case in cases_of(id)):
        return True
    return bool(lint.check_drug(text.encode(), file=f"drugs/{id}.yaml"))


@pytest.mark.parametrize("id", drug_ids())
def test_the_cases_of_a_drug_agree_with_it(id: str) -> None:
    assert not noticed_by_the_drug(id, drug_text(id))


# Fields that the worked doses of a drug must notice, in amount, product or warning; reading them back is not enough.
WORKED = {"precision", "bsa_cap", "vials", "tablets", "capsules", "concentration", "reconstitution", "bag", "final_concentration"}
WORKED |= {"rates", "stability", "usual", "tall_man"}
# Fields that change what a regimen gives: there a case of a regimen must differ, one that has some of these keys.
ACTING = {
    "rules": {"age", "crcl", "creatinine", "dialysis", "child_pugh", "liver", "bilirubin"},
    "levels": {"reduce"},
    "weigh": {"measured"},
    "spacing": {"set"},
    "limits": {"prior", "set"},
}
# Changes of these that nothing but the reading back can notice, with the reason.
UNSEEN = {
    (f"lenalidomide.rules.{group}-below-30.days.value", "1-21 every 2 days", "1-22 every 2 days"): "the same days" for group in ("us", "eu")
}
NO_WORK = {"melphalan.final_concentration.value": "its file states no bag, so there is no concentration to hold against it"}


def about(id: str, names: Collection[str]) -> list[Mutant]:
    """The mutants of these fields of a drug that can be read; words in notes aside."""
    found = [mutant for mutant in drug_mutants(id) if mutant.path.split(".")[1] in names and not mutant.path.endswith(".note")]
    return [mutant for mutant in found if mutated(id, mutant.text)]


def mutated(id: str, text: str) -> Drug | None:
    """The drug of a text; nothing where it is refused."""
    try:
        return read_drug(text.encode(), file=f"{id}.yaml")
    except RegimenFileError:
        return None


def nobody(id: str, alive: Iterable[Mutant]) -> list[str]:
    """The mutants that the check of the file lets pass and that are not listed."""
    left = [mutant for mutant in alive if (mutant.path, mutant.was, mutant.now) not in UNSEEN and mutant.path not in NO_WORK]
    return [str(mutant) for mutant in left if not lint.check_drug(mutant.text.encode(), file=f"drugs/{id}.yaml")]


def unseen(id: str, mutants: Iterable[Mutant], monkeypatch: pytest.MonkeyPatch) -> list[Mutant]:
    """The mutants that no case of a regimen notices; the case that noticed the last one of a field is asked first."""
    cases = {field: acting(id, keys) for field, keys in ACTING.items()}
    alive = []
    for mutant in mutants:
        asked = cases[mutant.path.split(".")[1]]
        with monkeypatch.context() as patch:
            patch.setattr(library, "shipped_drug", replaced(id, mutant.text))
            noticed = next((pair for pair in asked if differs(*pair)), None)
        if noticed is None:
            alive.append(mutant)
        else:
            asked.remove(noticed)
            asked.insert(0, noticed)
    return alive


def acting(id: str, keys: set[str]) -> list[tuple[Case, str]]:
    """The cases with one of the keys, of every regimen whose file names the drug."""
    names = [regimen for regimen in regimen_ids() if id in (data_dir() / f"{regimen}.yaml").read_text(encoding="utf-8")]
    return [(case, name) for name in names for case in cases_of(name) if keys & keys_of(case)]


def replaced(id: str, text: str) -> Callable[[str], Drug]:
    """The shipped drugs, one of them read from `text`."""
    shipped, other = library.shipped_drug, read_drug(text.encode(), file=f"{id}.yaml")
    return lambda name: other if name == id else shipped(name)


@pytest.mark.parametrize("id", drug_ids())
def test_what_a_drug_changes_in_a_regimen_is_noticed_by_a_case_of_one(id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert nobody(id, unseen(id, about(id, ACTING), monkeypatch)) == []


def test_an_unchanged_drug_is_noticed_by_no_case_of_a_regimen(monkeypatch: pytest.MonkeyPatch) -> None:
    same = [Mutant(1, f"bortezomib.{field}", "", "", drug_text("bortezomib")) for field in ACTING]
    assert unseen("bortezomib", same, monkeypatch) == same


@pytest.mark.parametrize("id", drug_ids())
def test_what_a_drug_is_prepared_by_is_noticed_by_a_worked_dose(id: str) -> None:
    doses = [case for case in cases_of(id) if "dose" in case.texts]
    drugs = ((mutant, read_drug(mutant.text.encode(), file=f"{id}.yaml")) for mutant in about(id, WORKED))
    alive = [mutant for mutant, drug in drugs if not any(next(run_drug_case(case, drug), None) for case in doses)]
    assert nobody(id, alive) == []


@pytest.mark.parametrize("id", drug_ids())
def test_every_change_of_a_drug_is_noticed_by_its_own_cases(id: str) -> None:
    found = list(drug_mutants(id))
    assert len(found) > 30
    alive = [mutant for mutant in found if not noticed_by_the_drug(id, mutant.text)]
    assert not alive, "\n".join(["nobody notices:", *map(str, alive)])
