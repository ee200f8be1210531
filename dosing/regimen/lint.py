"""`dosing check`: everything wrong with a file, with line and path; of a regimen also each variant and proxy put over it."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath

from dosing.errors import Problem, RegimenError, RegimenFileError
from dosing.regimen.check import facts_of, facts_of_drug, facts_of_rules, problems_of
from dosing.regimen.check_drug import problems_of_drug
from dosing.regimen.choose import choose
from dosing.regimen.drug import Drug
from dosing.regimen.drugs import read_drug
from dosing.regimen.facts import Fact
from dosing.regimen.library import bibliography
from dosing.regimen.model import Overlay, Regimen
from dosing.regimen.nodes import Items, Node, Table, Text, parse
from dosing.regimen.read import read_regimen
from dosing.regimen.reader import slug


def check_regimen(data: bytes, *, file: str) -> list[Problem]:
    """Everything wrong with the regimen in a file's bytes, in the order of its lines."""
    try:
        regimen = read_regimen(data, file=file)
    except RegimenFileError as error:
        return list(error.problems)
    found = problems_of(regimen, file=file, as_written=True)
    stem = PurePath(file).stem
    if regimen.id != stem:
        found.append(Problem(file, 0, "id", f"the id is {regimen.id!r} but the file is called {stem}.yaml"))
    if not found:
        found.extend(_overlay_problems(regimen, file))
    return _with_lines(found, data, file)


def check_drug(data: bytes, *, file: str) -> list[Problem]:
    """Everything wrong with the drug in a file's bytes."""
    try:
        drug = read_drug(data, file=file)
    except RegimenFileError as error:
        return list(error.problems)
    named = [("source", drug.source), *((path.partition(".")[2], fact.source) for path, fact in facts_of_drug(drug))]
    message = "the source {!r} is not in the bibliography; add it to sources.yaml"
    found = [Problem(file, 0, path, message.format(key)) for path, key in named if key not in bibliography()]
    found += [Problem(file, 0, path, message) for path, message in problems_of_drug(drug)]
    return _with_lines(found, data, file)


def _overlay_problems(regimen: Regimen, file: str) -> Iterator[Problem]:
    for overlay in (*regimen.variants.values(), *regimen.proxies.values()):
        own = overlay.kind == "variant"
        try:
            choose(regimen, variants=[overlay.id] if own else [], proxies=[] if own else [overlay.id])
        except RegimenError as error:
            yield Problem(file, 0, f"{'variants' if own else 'proxies'}.{overlay.id}", str(error))


def unverified(regimen: Regimen) -> list[tuple[str, str]]:
    """Path and reason of every fact that nobody could trace to a source, those of variants and proxies included."""
    found = [(path, fact.because) for path, fact in facts_of(regimen) if fact.unverified]
    for overlay in (*regimen.variants.values(), *regimen.proxies.values()):
        name = f"{overlay.kind} {overlay.id}"
        found += [(name, overlay.because)] if overlay.unverified else _unverified_settings(name, overlay)
    found += [(path, fact.because) for path, fact in facts_of_rules(regimen.rules) if fact.unverified]
    return found + [(f"drugs.{path}", because) for drug in regimen.drugs.values() for path, because in unverified_in_drug(drug)]


def _unverified_settings(name: str, overlay: Overlay) -> list[tuple[str, str]]:
    values = ((setting.path, setting.value) for setting in overlay.settings)
    facts = ((path, fact) for path, value in values for fact in ([value] if isinstance(value, Fact) else value.facts()))
    return [(f"{name}: {path}", fact.because) for path, fact in facts if fact.unverified]


def unverified_in_drug(drug: Drug) -> list[tuple[str, str]]:
    """The same of a drug."""
    return [(path, fact.because) for path, fact in facts_of_drug(drug) if fact.unverified]


# -- from paths back to lines -------------------------------------------------------------------------------------


def _with_lines(problems: Iterable[Problem], data: bytes, file: str) -> list[Problem]:
    lines = _lines(data, file)
    return sorted(Problem(file, _line(problem.path, lines), problem.path, problem.message) for problem in problems)


def _lines(data: bytes, file: str) -> dict[str, int]:
    """The line of every path as problems name it: `induction.carfilzomib.dose` rather than `phases[1].give[2].dose`."""
    root = parse(data, file=file, problems=[])
    lines: dict[str, int] = {}
    _walk(root, "", lines)
    for phase in _members(root, "phases"):
        _walk_phase(phase, lines)
    return lines


def _walk(table: Node | None, path: str, lines: dict[str, int]) -> None:
    if isinstance(table, Table):
        for key, node in table.entries.items():
            where = f"{path}.{key}" if path else key
            lines.setdefault(where, table.lines[key])
            _walk(node, where, lines)


def _walk_phase(phase: Table, lines: dict[str, int]) -> None:
    id = _text(phase.entries, "id")
    lines.setdefault(id, phase.line)
    _walk(phase, id, lines)
    for group in ("give", "assess", "visits"):
        for activity in _members(phase, group):
            name = _text(activity.entries, "id") or _text(activity.entries, "drug") or slug(_text(activity.entries, "what"))
            lines.setdefault(f"{id}.{name}", activity.line)
            _walk(activity, f"{id}.{name}", lines)


def _members(table: Node | None, key: str) -> list[Table]:
    node = table.entries.get(key) if isinstance(table, Table) else None
    return [member for member in node.nodes if isinstance(member, Table)] if isinstance(node, Items) else []


def _text(entries: Mapping[str, Node], key: str) -> str:
    node = entries.get(key)
    node = node.entries.get("value") if isinstance(node, Table) else node
    return node.text if isinstance(node, Text) else ""


def _line(path: str, lines: Mapping[str, int]) -> int:
    """The line of the path, or of the nearest block around it."""
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines.get(path, 1)
