"""Every example of the documentation runs, and prints what the page says.

How a page is written (docs/*.md and README.md). The blocks of a page run from its top to its end, in one empty directory that holds a copy
of docs/examples/:

- ```console: each line `$ dosing ...` is run. The lines up to the next `$` are what it prints, on standard output alone or together with
  standard error. `...` on a line of its own stands for lines left out. A line may break off after a word, so that long notes can be left
  out on the right, and the width of a column doesn't count. `$ echo $?` shows the exit code of the command before it, which is 0 where
  that isn't shown. A line with a pipe or a redirection and any other command is not run.
- ```python: executed; the names of a page's earlier blocks are known.
- ```pycon: a doctest, `...` in its output stands for anything.
- ```yaml that begins with the comment `# history` is a file of histories: read, and replayed.
- ```yaml that begins with `drug:` is a cases file of a drug: read, and worked through. One that begins with `id:` is a whole regimen:
  saved as ID.yaml, and checked as `dosing check` does, unless the comment `# wrong` stands after the id. One that begins with `regimen:`
  is a cases file: saved as ID.cases.yaml, read, and worked through. One that begins with the comment `# site` is a site file, or some
  keys of one (then it gets an id and a title): saved as site/ID.yaml and, unless the comment is `# site # wrong`, read.
"""

import doctest
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from dosing.cases.histories import read_histories
from dosing.cases.read import read_cases
from dosing.cases.replay import replay
from dosing.cases.run import run
from dosing.cli import commands
from dosing.errors import RegimenError
from dosing.regimen.lint import check_regimen
from dosing.site.read import load_site
from dosing.site.words import describe

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path for path in (ROOT / "docs" / "examples").glob("*.yaml") if not path.name.endswith(".cases.yaml"))
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
KINDS = ("console", "python", "pycon", "yaml")

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Page:
    """A page being run: the names its Python blocks made, and the files its YAML blocks left in the current directory."""

    path: Path
    names: dict[str, object] = field(default_factory=dict)

    def blocks(self) -> Iterator[tuple[str, str, int]]:
        text = self.path.read_text(encoding="utf-8")
        for match in _FENCE.finditer(text):
            yield match[1], match[2], text.count("\n", 0, match.start()) + 2

    def run(self) -> list[str]:
        runners = {"console": console, "python": self.python, "pycon": self.pycon, "yaml": yaml}
        found = [(line, problem) for kind, text, line in self.blocks() if kind in runners for problem in runners[kind](text)]
        return [f"{self.path.name}, block at line {line}: {problem}" for line, problem in found]

    def python(self, text: str) -> Iterator[str]:
        exec(compile(text, str(self.path), "exec"), self.names)
        yield from ()

    def pycon(self, text: str) -> Iterator[str]:
        test = doctest.DocTestParser().get_doctest(text, self.names, self.path.name, str(self.path), 0)
        said: list[str] = []
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(test, out=said.append, clear_globs=False)
        self.names.update(test.globs)
        yield from filter(None, ["".join(said)])


def console(text: str) -> Iterator[str]:
    code = 0
    for command, expected in commands_of(text):
        if command == "echo $?":
            shown = "\n".join(expected).strip()
            if shown != str(code):
                yield f"exit code {code}, the page says {shown}"
            code = 0
            continue
        if code:
            yield f"the command before `{command}` ended with exit code {code}"
        code = 0
        if not command.startswith("dosing ") or re.search(r"[|<>]", command):
            continue
        result = CliRunner().invoke(commands, shlex.split(command)[1:], prog_name="dosing")
        code = result.exit_code
        if result.exception and not isinstance(result.exception, SystemExit):
            yield f"`{command}` broke: {result.exception!r}"
        if expected and not any(matches(expected, said.splitlines()) for said in (result.stdout, result.output)):
            yield f"`{command}` printed:\n{result.output}"
    if code:
        yield f"the last command ended with exit code {code}"


def commands_of(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a console block with the lines shown under it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *expected = part.rstrip("\n").split("\n")
        while command.endswith("\\"):
            command = command[:-1] + expected.pop(0).strip()
        yield command, expected


def matches(expected: list[str], said: list[str]) -> bool:
    """Whether the lines shown are those said, with lines left out at `...`."""
    if not expected:
        return not said
    first, *rest = expected
    if first == "...":
        return any(matches(rest, said[skipped:]) for skipped in range(len(said) + 1))
    return bool(said) and begins(said[0], first) and matches(rest, said[1:])


def begins(said: str, shown: str) -> bool:
    said, shown = (re.sub(r"(?<=\S) {2,}", "  ", line.rstrip()) for line in (said, shown))
    return said == shown or (bool(shown) and said.startswith(f"{shown} "))


def yaml(text: str) -> Iterator[str]:
    if text.startswith("# history"):
        yield from replay(read_histories(text.encode(), file="history"))
        return
    if text.startswith("# site"):
        yield from site(text if "\nid: " in text else f"id: some-keys\ntitle: Some keys\n{text}")
        return
    first = re.match(r"(id|regimen|drug): ([a-z0-9-]+)(.*)", text)
    if not first:
        return
    name = f"{first[2]}.yaml" if first[1] == "id" else f"{first[2]}.cases.yaml"
    Path(name).write_text(text, encoding="utf-8")
    if first[1] == "drug":
        yield from run(read_cases(text.encode(), file=name))
    elif first[1] == "regimen":
        own = f"{first[2]}.yaml"
        yield from run(read_cases(text.encode(), file=name), regimen=own if Path(own).exists() else "")
    elif "# wrong" not in first[3]:
        yield from map(str, check_regimen(text.encode(), file=name))


def site(text: str) -> Iterator[str]:
    named = re.search(r"^id: ([a-z0-9-]+)", text, re.MULTILINE)
    assert named
    path = Path("site", f"{named[1]}.yaml")
    path.write_text(text, encoding="utf-8")
    try:
        describe(load_site(str(path)))
    except RegimenError as error:
        if not text.startswith("# site # wrong\n"):
            yield str(error)


@pytest.fixture
def in_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the examples in it, as the current one."""
    shutil.copytree(ROOT / "docs" / "examples", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_examples_of_a_page(path: Path, in_directory: Path) -> None:
    assert Page(path).run() == [], in_directory


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_regimen_has_no_problem_and_agrees_with_its_cases(path: Path) -> None:
    assert check_regimen(path.read_bytes(), file=path.name) == []
    beside = path.with_suffix(".cases.yaml")
    cases = read_cases(beside.read_bytes(), file=beside.name)
    assert cases.regimen == path.stem
    assert run(cases, regimen=str(path)) == []


def test_there_are_examples_and_each_is_mentioned() -> None:
    """An empty list would make the tests above pass for nothing."""
    assert len(EXAMPLES) >= 2
    text = (ROOT / "docs" / "writing-regimens.md").read_text(encoding="utf-8")
    assert [path.stem for path in EXAMPLES if f"examples/{path.name}" not in text] == []
    kinds = {kind for page in PAGES for kind, _, _ in Page(page).blocks()}
    assert kinds >= set(KINDS)


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        ("```console\n$ dosing --version\ndosing, version 9\n```\n", "printed"),
        ("```console\n$ dosing verify vmp\n```\n", ""),
        ("```console\n$ dosing show nothing\n```\n", "exit code 3"),
        ("```console\n$ dosing show nothing\n$ echo $?\n3\n```\n", ""),
        ("```console\n$ dosing show nothing\n$ echo $?\n4\n```\n", "the page says 4"),
        ("```console\n$ dosing show vmp\nvmp: VMP\n...\n  cycle: 42 days\n...\n```\n", ""),
        ("```console\n$ dosing show vmp\nvmp: VMP\n...\n  cycle: 42 day\n...\n```\n", "printed"),
        ("```pycon\n>>> 1 + 1\n3\n```\n", "Expected"),
        ("```python\ntwo = 2\n```\n\n```pycon\n>>> two\n2\n```\n", ""),
        ("```yaml\nid: x\n```\n", "missing"),
        ("```yaml\n# site\nformula: boyd\n```\n", ""),
        ("```yaml\n# site\nformula: body\n```\n", "did you mean 'boyd'?"),
        ("```yaml\n# site\nid: x\n```\n", "the key 'title' is missing"),
        ("```yaml\nid: x  # wrong\n```\n\n```console\n$ dosing check x.yaml\n```\n", "exit code 3"),
        ("```yaml\nregimen: vmp\ncases:\n  - {name: x, source: x, start: 2026-01-05, expect: [{missing: [x]}]}\n```\n", "expected {'x'}"),
    ],
)
def test_what_is_wrong_on_a_page_is_found(page: str, complaint: str, in_directory: Path) -> None:
    path = in_directory / "page.md"
    path.write_text(page, encoding="utf-8")
    found = Page(path).run()
    assert (complaint in "\n".join(found)) if complaint else found == []


def test_links_between_the_pages_lead_somewhere() -> None:
    broken = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []


@pytest.mark.parametrize(
    ("over", "days", "every", "found"),
    [
        ("46 hours", "1", "", ""),
        ("46 hours", "1-3", "", "46 hours from day 1 still run when the next begin, 24 hours later"),
        ("24 hours", "1-4", "", ""),
        ("96 hours", "1 5", "", ""),
        ("97 hours", "1 5", "", "97 hours from day 1 still run when the next begin, 96 hours later"),
        ("24 to 30 hours", "1 2", "", ""),
        ("25 to 30 hours", "-1 1", "", "25 to 30 hours from day -1"),
        ("12 hours", "1", "12 hours", ""),
        ("13 hours", "1", "12 hours", "when the next begin, 12 hours later"),
        ("not-stated", "1-3", "", ""),
    ],
)
def test_an_infusion_that_overlaps_the_next_is_a_problem(over: str, days: str, every: str, found: str) -> None:
    """A 46-hour infusion written on days 1-3 would be three of them."""
    text = (ROOT / "docs" / "examples" / "high-dose-cytarabine.yaml").read_text(encoding="utf-8")
    text = re.sub(r"over: \{.*", f"over: {over}", text).replace("days: 1 3 5", f"days: {days}")
    text = re.sub(r" +every: 12 hours\n", f"        every: {every}\n" if every else "", text)
    problems = [str(problem) for problem in check_regimen(text.encode(), file="high-dose-cytarabine.yaml")]
    assert len(problems) == bool(found)
    assert found in "".join(problems)


@pytest.mark.parametrize(
    ("route", "found"), [("IV", ""), ("not-stated", ""), ("IT", "IT is no route of vincristine (IV)"), ("IV or IT", "IT is no route")]
)
def test_a_route_that_the_drug_does_not_have_is_a_problem(route: str, found: str) -> None:
    """Vincristine by the wrong route kills."""
    text = (ROOT / "docs" / "examples" / "r-chop.yaml").read_text(encoding="utf-8")
    text = text.replace("max: 2 mg\n        route: IV", f"max: 2 mg\n        route: {route}")
    problems = [str(problem) for problem in check_regimen(text.encode(), file="r-chop.yaml")]
    assert len(problems) == bool(found)
    assert found in "".join(problems)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("rituximab", ""),
        ("prednisolone", ""),
        ("daunorubicin", ""),
        ("bortezomb", "; did you mean 'bortezomib'?"),
        ("Velcde", "'velcade'?"),
    ],
)
def test_no_drug_is_taken_for_one_of_a_like_name(written: str, meant: str) -> None:
    result = CliRunner().invoke(commands, ["dose", written, "--dose", "1 mg/m2", "--bsa", "1.8"])
    assert result.exit_code == 3
    assert result.stderr.strip().endswith(meant or f"there is no drug {written!r}")
