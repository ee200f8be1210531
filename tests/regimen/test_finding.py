"""Finding regimens, drugs and sources by id, alias, name and path."""

from pathlib import Path

import pytest

from dosing.api import load_regimen
from dosing.errors import RegimenError, RegimenFileError
from dosing.regimen import library
from dosing.regimen.library import (
    bibliography,
    cases_file,
    data_dir,
    drug_ids,
    find_drug,
    find_regimen,
    find_source,
    read_file,
    regimen_ids,
    shipped_drug,
    shipped_regimen,
    shipped_regimens,
)
from dosing.regimen.nodes import MAX_BYTES
from dosing.regimen.read import read_regimen

OWN = """\
id: own
title: Own
version: 1
checked: 2026-11-21
source: mine
sources:
  mine: {title: Mine, grade: C}
  dc-k: {title: Mine under a key of the shipped bibliography, grade: C}
drugs:
  carfilzomib: {source: mine, routes: IV, precision: 5 mg}
phases:
  - id: p
    cycle: 28 days
    repeat: 2
    give:
      - {drug: carfilzomib, dose: 27 mg/m2, route: IV, over: 30 min, days: 1}
"""


def refused(name: str) -> str:
    with pytest.raises(RegimenError) as caught:
        find_regimen(name)
    return str(caught.value)


@pytest.mark.parametrize("id", ["krd-asct", "isa-kpd", "cfz-for-bortezomib", "isa-k", "cfz-60min", "vmp"])
def test_regimens_by_id(id: str) -> None:
    assert find_regimen(id).id == id
    assert find_regimen(id) is shipped_regimen(id)
    assert find_regimen(f" {id.upper()} ") is shipped_regimen(id)


@pytest.mark.parametrize(
    ("alias", "id"),
    [("nct04883242", "isa-kpd"), ("NCT04883242", "isa-kpd"), ("nct02332850", "isa-k"), ("RVD", "vrd"), ("imroz", "isa-vrd")],
)
def test_regimens_by_alias(alias: str, id: str) -> None:
    assert find_regimen(alias) is shipped_regimen(id)


def test_every_alias_finds_its_own_regimen() -> None:
    found = [(alias, regimen.id) for regimen in shipped_regimens() for alias in regimen.aliases]
    assert found
    assert [(alias, find_regimen(alias).id) for alias, _ in found] == found
    assert not {alias for alias, _ in found} & set(regimen_ids())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("krd-asc", "; did you mean 'krd-asct'?"),
        ("nct0488324", "; did you mean 'nct04883242'?"),
        ("sources", ""),
        ("krd-asct.cases", "; did you mean 'krd-asct'?"),
        ("", ""),
        ("..", ""),
    ],
)
def test_unknown_names(name: str, hint: str) -> None:
    assert refused(name) == f"there is no regimen {name!r}{hint} (`dosing regimens` lists them; a file is named by its path)"


def test_every_file_has_its_id() -> None:
    files = {path.name for path in data_dir().glob("*.yaml")}
    assert {f"{id}.yaml" for id in regimen_ids()} < files
    assert regimen_ids() == sorted(set(regimen_ids()))
    assert [regimen.id for regimen in shipped_regimens()] == regimen_ids()
    assert drug_ids() == sorted(path.stem for path in (data_dir() / "drugs").iterdir() if ".cases" not in path.name)
    assert [shipped_drug(id).id for id in drug_ids()] == drug_ids()


# -- a user's own files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["own.yaml", "own.yml", "own"])
def test_regimens_by_path(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / name
    file.write_text(OWN, encoding="utf-8")
    assert find_regimen(str(file)).id == "own"
    monkeypatch.chdir(tmp_path)
    assert find_regimen(f"./{name}").id == "own"
    assert find_regimen(f"../{tmp_path.name}/{name}").id == "own"


def test_a_file_in_the_working_folder_needs_its_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    (tmp_path / "vmp").write_text(OWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert find_regimen("own.yaml").id == "own"
    assert find_regimen("vmp").id == "vmp"
    assert refused("own").startswith("there is no regimen 'own'")


def test_a_file_with_problems_names_itself_as_the_user_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.yaml").write_text(OWN.replace("version: 1", "version: one"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RegimenFileError) as caught:
        find_regimen("./own.yaml")
    assert str(caught.value) == "./own.yaml:3: version: 'one' is not a whole number from 1 to 9999"


@pytest.mark.parametrize(
    ("name", "reason"), [("gone.yaml", "No such file or directory"), (".", "Is a directory"), ("x/y.yaml", "Not a directory")]
)
def test_files_that_can_not_be_read(name: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    path = f"{tmp_path}/{name}"
    assert refused(path) == f"can't read {Path(path)}: {reason}"


def test_a_fault_without_words_is_told_by_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is on fire")

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(RegimenError, match=r"^can't read own\.yaml: the disk is on fire$"):
        read_file(Path("own.yaml"))


def test_no_more_is_read_than_can_be_a_regimen(tmp_path: Path) -> None:
    file = tmp_path / "big.yaml"
    with file.open("wb") as stream:
        stream.truncate(50 * MAX_BYTES)
    assert len(read_file(file)) == MAX_BYTES + 1
    assert "a regimen has at most 1,000,000" in refused(str(file))


def test_where_the_cases_are() -> None:
    assert cases_file("vrd") == data_dir() / "vrd.cases.yaml"
    assert cases_file("RVD") == data_dir() / "vrd.cases.yaml"
    assert cases_file("folder/own.yaml") == Path("folder/own.cases.yaml")
    with pytest.raises(RegimenError, match="there is no regimen 'gone'"):
        cases_file("gone")


def test_the_installed_folder_goes_before_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "dosing" / "regimen" / "library.py"
    monkeypatch.setattr(library, "__file__", str(module))
    assert data_dir() == tmp_path / "regimens"
    (tmp_path / "dosing" / "regimens").mkdir(parents=True)
    assert data_dir() == tmp_path / "dosing" / "regimens"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("days: 1}", "days: 29}", "p.carfilzomib.days: cycle 1: day 29 is past the end of a cycle of 28 days"),
        ("cycle: 28 days", "cycle: {C1: 28 days}", "p.cycle: no scope covers cycle 2; add `else`"),
        ("dose: 27 mg/m2", "dose: {C1: 20 mg/m2}", "p.carfilzomib.dose: no scope covers C2D1; add `else`"),
    ],
)
def test_nothing_is_drawn_from_a_file_that_makes_no_sense(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert OWN.count(old) == 1
    file = tmp_path / "own.yaml"
    file.write_text(OWN.replace(old, new), encoding="utf-8")
    with pytest.raises(RegimenError) as caught:
        load_regimen(str(file))
    assert message in str(caught.value)


# -- drugs and sources --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "id"), [("carfilzomib", "carfilzomib"), ("Kyprolis", "carfilzomib"), ("pr-171", "carfilzomib"), (" CFZ ", "carfilzomib")]
)
def test_drugs_by_any_name(name: str, id: str) -> None:
    assert find_drug(name) is shipped_drug(id)


def test_within_a_regimen_a_drug_goes_by_its_id_alone() -> None:
    regimen = shipped_regimen("krd-asct")
    assert find_drug("carfilzomib", regimen=regimen) is shipped_drug("carfilzomib")
    with pytest.raises(RegimenError, match=r"^there is no drug 'kyprolis' \(add it to the regimen's own `drugs`\)$"):
        find_drug("kyprolis", regimen=regimen)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("carfilzomip", "there is no drug 'carfilzomip'"),
        ("dexamethason", "there is no drug 'dexamethason'; did you mean 'dexamethasone'?"),
        # another drug, though its name is alike
        ("rituximab", "there is no drug 'rituximab'"),
        ("prednisolone", "there is no drug 'prednisolone'"),
    ],
)
def test_unknown_drugs(name: str, message: str) -> None:
    with pytest.raises(RegimenError) as caught:
        find_drug(name)
    assert str(caught.value) == message


def test_a_regimen_s_own_drugs_and_sources_go_first() -> None:
    regimen = read_regimen(OWN.encode(), file="own.yaml")
    assert str(find_drug("carfilzomib", regimen=regimen).precision.value) == "5 mg"
    assert find_drug("melphalan", regimen=regimen) is shipped_drug("melphalan")
    found = {key: find_source(key, regimen=regimen) for key in ("mine", "dc-k", "v-set", "gone")}
    assert {key: source.grade if source else None for key, source in found.items()} == {
        "mine": "C",
        "dc-k": "C",
        "v-set": bibliography()["v-set"].grade,
        "gone": None,
    }
    assert bibliography()["dc-k"].grade == "B"
