"""Regimen files that are wrong: refused with file, line and path by every command that reads them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
RegimenFile = Callable[..., str]

FILE = "weekly-paclitaxel.yaml"
DRAW = ("--start", "2026-01-05", "--bsa", "1.8")

# What is changed, and the line, path and message of the one problem that is reported.
FORM = [
    (("version: 1\n", "version: 1\nversion: 2\n"), "4: the key 'version' is written twice, first in line 3"),
    (("        over: 60 min\n", "        over: 60 min\n        over: 90 min\n"), "21: the key 'over' is written twice, first in line 20"),
    (("    suggest: 6\n", "    sugest: 6\n"), "15: phases[1].sugest: unknown key; did you mean 'suggest'?"),
    (("        days: 1 8 15", "        dais: 1 8 15"), "21: treatment.give[1].dais: unknown key; did you mean 'days'?"),
    (("title: Weekly", "titel: Weekly"), "2: titel: unknown key; did you mean 'title'?"),
    (("dose: 80 mg/m2", "dose: 80"), "18: treatment.paclitaxel.dose: '80' is not a number with a unit"),
    (("dose: 80 mg/m2", "dose: yes"), "18: treatment.paclitaxel.dose: 'yes' is not a number with a unit"),
    (("checked: 2026-11-21", "checked: 2026-02-30"), "4: checked: '2026-02-30' is not a day of the calendar"),
    (("days: 1 8 15", "days: [1, 8, 15]"), "21: treatment.paclitaxel.days: must be plain text"),
    (("title: Weekly paclitaxel", "title: &x Weekly paclitaxel"), "2: aliases (&x, *x) are not allowed; write the value out"),
    (("title: Weekly paclitaxel", "title: !!str Weekly paclitaxel"), "2: the tag tag:yaml.org,2002:str is not allowed"),
    (("title: Weekly paclitaxel", "title: {Weekly"), "not valid YAML"),
]
SENSE = [
    (("days: 1 8 15", "days: 1 8 29"), "21", "treatment.paclitaxel.days: cycle 1: day 29 is past the end of a cycle of 28 days"),
    (
        ("dose: 80 mg/m2", "dose: {C1-2: 80 mg/m2, C2: 60 mg/m2, else: 70 mg/m2}"),
        "18",
        "treatment.paclitaxel.dose: the scopes C1-2 and C2 both hold in cycle 2",
    ),
    (("dose: 80 mg/m2", "dose: {C1: 80 mg/m2}"), "18", "treatment.paclitaxel.dose: no scope covers C2D1; add `else`"),
    (("        over: 60 min\n", ""), "17", "treatment.paclitaxel: an IV drug needs `over`"),
    (
        ("source: my-protocol\nsources", "source: their-protocol\nsources"),
        "5",
        "source: the source 'their-protocol' is not in the bibliography",
    ),
    (("- drug: paclitaxel", "- drug: docetaxel"), "17", "treatment.docetaxel.drug: there is no drug 'docetaxel'"),
    (("repeat: open", "repeat: 6"), "11", "treatment: `continues` and `suggest` belong to `repeat: open`"),
]


def refuse_everywhere(run: Run, name: str, *expected: str) -> None:
    """`check`, `show`, `dose`, `schedule` and `calendar` all refuse the file, and write nothing."""
    for command in (
        ("check",),
        ("show",),
        ("dose", "--bsa", "1.8"),
        ("schedule", *DRAW, "-o", "new.out"),
        ("calendar", *DRAW, "-o", "new.out"),
    ):
        result = run(command[0], name, *command[1:])
        assert (result.exit_code, result.stdout) == (3, "")
        for each in expected:
            assert each in result.stderr
    assert not Path("new.out").exists()


def test_the_file_is_sound_as_it_is(run: Run, regimen_file: RegimenFile) -> None:
    assert run("check", regimen_file()).exit_code == 0


@pytest.mark.parametrize(("change", "expected"), FORM)
def test_wrong_in_form(run: Run, regimen_file: RegimenFile, change: tuple[str, str], expected: str) -> None:
    name = regimen_file(change)
    refuse_everywhere(run, name, expected if expected == "not valid YAML" else f"{FILE}:{expected}")


@pytest.mark.parametrize(("change", "line", "expected"), SENSE)
def test_wrong_in_sense(run: Run, regimen_file: RegimenFile, change: tuple[str, str], line: str, expected: str) -> None:
    name = regimen_file(change)
    refuse_everywhere(run, name, FILE, expected)
    assert f"{FILE}:{line}: {expected}" in run("check", name).stderr


SIX = ("    repeat: open\n    continues: until disease progression\n    suggest: 6\n", "    repeat: 6\n")


def test_a_scope_past_the_end(run: Run, regimen_file: RegimenFile) -> None:
    assert run("check", regimen_file(SIX, ("days: 1 8 15", "days: {C1: 1 8 15, C2-6: 1}"))).exit_code == 0
    name = regimen_file(SIX, ("days: 1 8 15", "days: {C1: 1 8 15, C2-7: 1}"))
    expected = "treatment.paclitaxel.days: the scope C2-7 goes past the 6 cycles of the phase"
    refuse_everywhere(run, name, FILE, expected)
    assert f"{FILE}:19: {expected}" in run("check", name).stderr


def test_all_problems_are_reported_at_once(run: Run, regimen_file: RegimenFile) -> None:
    name = regimen_file(("version: 1", "version: one"), ("dose: 80 mg/m2", "dose: 80 mg/m3"), ("route: IV", "route: by air"))
    refuse_everywhere(
        run, name, f"{FILE}:3: version: ", f"{FILE}:18: treatment.paclitaxel.dose: ", f"{FILE}:19: treatment.paclitaxel.route: "
    )


# Nine lines that plain YAML lets grow into a billion words.
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (BOMB.encode(), "bad.yaml:1: aliases (&x, *x) are not allowed; write the value out"),
        (b"id: bad\ntitle: " + b"x" * 10_000_000, "a regimen has at most 1,000,000"),
        (b"id: bad\ntitle: caf\xe9\n", "bad.yaml:2: byte 0xe9 is not valid UTF-8; save the file as UTF-8"),
        (b"id: bad\ntitle: \x00\n", "bad.yaml:2: not valid YAML"),
        (b"[" * 100_000, "nested more than 30 levels deep"),
        (b"", "bad.yaml: the file is empty"),
        (b"# nothing but words\n", "bad.yaml: the file is empty"),
        (b"id: bad\n---\nid: bad\n", "more than one document"),
        (b"- id: bad\n", "must be a mapping with the keys id, title"),
        (b"id\n", "must be a mapping with the keys id, title"),
    ],
    ids=["bomb", "large", "latin-1", "nul", "deep", "empty", "comment", "two", "list", "word"],
)
def test_files_that_are_no_regimen(run: Run, tmp_path: Path, data: bytes, expected: str) -> None:
    (tmp_path / "bad.yaml").write_bytes(data)
    refuse_everywhere(run, "bad.yaml", expected)


def test_a_directory(run: Run, tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    refuse_everywhere(run, "folder.yaml", "can't read folder.yaml: Is a directory")


def test_a_missing_file(run: Run) -> None:
    refuse_everywhere(run, "nofile.yaml", "can't read nofile.yaml: No such file or directory")


def test_a_file_called_otherwise_than_its_id(run: Run, regimen_file: RegimenFile, tmp_path: Path) -> None:
    Path(tmp_path / regimen_file()).rename(tmp_path / "other.yaml")
    result = run("check", "other.yaml")
    assert result.exit_code == 3
    assert "other.yaml:1: id: the id is 'weekly-paclitaxel' but the file is called other.yaml" in result.stderr
