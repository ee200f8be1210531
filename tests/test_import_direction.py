"""The house is built in one direction: every module imports only from its own package and from those before it."""

import ast
import configparser
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import dosing

PACKAGE = Path(dosing.__file__).resolve().parent
ROOT = PACKAGE.parent

# Each may import itself and what stands before it.
BELOW = ("errors", "units", "days", "regimen", "schedule", "dose", "site", "plan", "asked")
ORDER = (*BELOW, "export", "api", "view", "treatment", "feed", "page", "cases", "cohort", "cli", "__main__")
# What exports share: words, and the parts of a calendar file; otherwise no export knows another.
SHARED_BY_EXPORTS = {f"dosing.export.{name}" for name in ("columns", "rows", "text", "events", "follow", "content", "style")}
LONGEST_FILE = 500
LONGEST_FUNCTION = 60


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@dataclass(frozen=True)
class Import:
    """One imported module; `early` when it is imported as soon as the importing module is."""

    name: str
    early: bool


def imports_of(source: str) -> Iterator[Import]:
    """All imports of dosing's own modules: at the top, in functions, and for types only."""
    yield from _imports(ast.parse(source).body, early=True)


def _imports(nodes: list[ast.stmt], *, early: bool) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, early) for alias in node.names if alias.name.split(".")[0] == "dosing")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            if (node.module or "").split(".")[0] == "dosing":
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    yield Import(whole if whole in FILES else str(node.module), early)
        else:
            late = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or _for_types(node)
            inner = [each for each in ast.iter_child_nodes(node) if isinstance(each, (ast.stmt, ast.ExceptHandler, ast.match_case))]
            yield from _imports(inner, early=early and not late)  # type: ignore[arg-type]  # handlers and cases hold statements too


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def place(module: str) -> int:
    return ORDER.index(module.split(".")[1])


IMPORTS = {name: list(imports_of(path.read_text(encoding="utf-8"))) for name, path in FILES.items()}


def test_every_kind_of_import_is_seen() -> None:
    source = """
import dosing
import os, dosing.units
from dosing.regimen import grid, model
from dosing.errors import DosingError
if TYPE_CHECKING:
    from dosing.api import Plan
def f():
    with x:
        from dosing.dose.amount import Amount
class C:
    try:
        from dosing.days import Days
    except ImportError:
        from dosing.export import csv
"""
    assert [(each.name, each.early) for each in imports_of(source)] == [
        ("dosing", True),
        ("dosing.units", True),
        ("dosing.regimen.grid", True),
        ("dosing.regimen.model", True),
        ("dosing.errors", True),
        ("dosing.api", False),
        ("dosing.dose.amount", False),
        ("dosing.days", True),
        ("dosing.export.csv", True),
    ]


def test_every_module_has_its_place() -> None:
    assert {name.split(".")[1] for name in FILES if name != "dosing"} <= set(ORDER)


@pytest.mark.parametrize("module", [name for name in FILES if name != "dosing"])
def test_imports_go_one_way(module: str) -> None:
    backwards = [each.name for each in IMPORTS[module] if each.name != "dosing" and place(each.name) > place(module)]
    assert backwards == []


@pytest.mark.parametrize("module", [name for name in FILES if name.startswith("dosing.export.")])
def test_exports_do_not_know_each_other(module: str) -> None:
    others = {each.name for each in IMPORTS[module] if each.name.startswith("dosing.export")}
    assert others <= SHARED_BY_EXPORTS


def test_no_module_needs_itself() -> None:
    early = {name: {each.name for each in found if each.early and each.name != "dosing"} for name, found in IMPORTS.items()}
    # prepare() raises CycleError with the modules of a cycle.
    TopologicalSorter({name: needed for name, needed in early.items() if name != "dosing"}).prepare()


@pytest.mark.parametrize("module", FILES)
def test_nothing_is_too_long(module: str) -> None:
    source = FILES[module].read_text(encoding="utf-8")
    assert source.count("\n") <= LONGEST_FILE
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    lengths = {node.name: (node.end_lineno or node.lineno) - node.lineno + 1 for node in functions}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("module", FILES)
def test_every_module_says_what_lives_there(module: str) -> None:
    assert ast.get_docstring(ast.parse(FILES[module].read_text(encoding="utf-8")))


@pytest.mark.skipif(not (ROOT / "setup.cfg").exists(), reason="not a checkout")
def test_every_package_is_installed() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    named = settings["options"]["packages"].split()
    found = {name for name, path in FILES.items() if path.name == "__init__.py"}
    assert sorted(named) == sorted({*found, "dosing.regimens"})
    assert settings["options"]["package_dir"].split("=")[0].strip() == "dosing.regimens"
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert all((folder / "__init__.py").exists() for folder in folders)
