"""The definition that a plan goes by: one hash over everything that dates and amounts come from, and the old files beside the plan."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from dosing.errors import RegimenError
from dosing.plan.definition import Definition, define, definition, find_definition, old_folder
from dosing.plan.model import Choices, Plan, append
from dosing.regimen import library
from dosing.regimen.library import definition_of, find_regimen, regimen_ids

DRUG = "id: {id}\nsource: book\nroutes: IV\nprecision: {precision}\n"
REGIMEN = """\
id: one
title: One
version: {version}
checked: 2026-11-21
source: book
aliases: [first]
phases:
  - id: p
    cycle: 28 days
    repeat: 2
    give:
      - {{drug: alfa, dose: 27 mg/m2, route: IV, over: 30 min, days: 1}}
      - {{id: other, drug: not-stated, dose: 5 mg, route: IV, over: 30 min, days: 2}}
variants:
  with-beta: {{title: Beta, set: {{other.drug: beta}}}}
"""
BASE = REGIMEN.replace("id: one", "id: two").replace("[first]", "[]").replace("alfa", "gamma")


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Files made up for these tests stand in for the shipped ones."""
    folder = tmp_path / "data"
    (folder / "drugs").mkdir(parents=True)
    for id in ("alfa", "beta", "gamma", "delta"):
        (folder / "drugs" / f"{id}.yaml").write_text(DRUG.format(id=id, precision="1 mg"), encoding="utf-8")
    (folder / "one.yaml").write_text(REGIMEN.format(version=1), encoding="utf-8")
    (folder / "two.yaml").write_text(BASE.format(version=1), encoding="utf-8")
    monkeypatch.setattr(library, "data_dir", lambda: folder)
    forget()
    yield folder
    forget()


def forget() -> None:
    library.shipped_drug.cache_clear()
    library.shipped_regimen.cache_clear()


def plan_of(regimen: str, choices: Choices) -> Plan:
    return Plan(id="p017", regimen=regimen, version=1, definition=define(regimen, choices).hash, start=date(2026, 1, 5), choices=choices)


def said(plan: Plan, folder: Path) -> str:
    with pytest.raises(RegimenError) as caught:
        find_definition(plan, folder)
    return str(caught.value)


# -- the hash -----------------------------------------------------------------------------------------------------


def test_the_hash_is_over_names_and_bytes() -> None:
    files = {"regimen.yaml": b"id: x\n", "drugs/a.yaml": b"id: a\n"}
    whole = b"drugs/a.yaml 6\nid: a\nregimen.yaml 6\nid: x\n"
    assert definition(files) == f"sha256:{sha256(whole).hexdigest()}"
    assert definition(dict(reversed(files.items()))) == definition(files)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda text: text.replace(b"\n", b"\r\n"), True),
        (lambda text: text + b" ", False),
        (lambda text: text.replace(b"1", b"2"), False),
    ],
)
def test_what_changes_the_hash(change: Callable[[bytes], bytes], same: bool) -> None:
    files = {"regimen.yaml": b"version: 1\nid: x\n"}
    assert (definition({name: change(text) for name, text in files.items()}) == definition(files)) is same


def test_where_one_file_ends_and_the_next_begins_counts() -> None:
    assert definition({"a": b"1", "b": b"2"}) != definition({"a": b"1b 1\n2"})
    assert definition({"a": b"12", "b": b""}) != definition({"a": b"1", "b": b"2"})


# -- what belongs to a definition ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("shipped")
def test_a_definition_has_every_drug_that_the_file_names() -> None:
    assert list(definition_of("one")) == ["regimen.yaml", "drugs/alfa.yaml", "drugs/beta.yaml"]
    assert definition_of("first") == definition_of("one")
    assert list(definition_of("one", base="two")) == [
        "regimen.yaml",
        "base.yaml",
        *(f"drugs/{id}.yaml" for id in ("alfa", "beta", "gamma")),
    ]
    assert "drugs/delta.yaml" in definition_of("one", drugs=["delta"])
    with pytest.raises(RegimenError, match="there is no drug 'omega'"):
        definition_of("one", drugs=["omega"])
    with pytest.raises(RegimenError, match="there is no regimen 'three'"):
        definition_of("one", base="three")


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize(
    ("text", "named"),
    [("delta", True), ("{value: delta, because: ours}", True), ("not-stated", False), ("[delta]", False), ("&x", False), ("\ud800", False)],
)
def test_a_definition_has_the_drugs_that_the_user_put_in(text: str, named: bool) -> None:
    choices = Choices(set={"p.other.drug": text, "alfa.dose": "20 mg/m2"})
    assert ("drugs/delta.yaml" in define("one", choices).files) is named


def test_a_file_of_the_users_own(shipped: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(REGIMEN.format(version=1) + "drugs:\n  alfa: {source: book, routes: IV, precision: 5 mg}\n", encoding="utf-8")
    found = define(str(own), Choices(base="two:with-beta"))
    # Alfa is in the file itself.
    assert list(found.files) == ["regimen.yaml", "base.yaml", "drugs/beta.yaml", "drugs/gamma.yaml"]
    assert str(found.regimen().drugs["alfa"].precision.stated) == "5 mg"
    before = found.hash
    own.rename(tmp_path / "other.yaml")
    assert define(str(tmp_path / "other.yaml"), Choices(base="two")).hash == before
    (shipped / "drugs" / "gamma.yaml").write_text(DRUG.format(id="gamma", precision="2 mg"), encoding="utf-8")
    forget()
    assert define(str(tmp_path / "other.yaml"), Choices(base="two")).hash != before


@pytest.mark.parametrize("id", regimen_ids())
def test_every_shipped_regimen_has_a_definition(id: str) -> None:
    found = Definition(definition_of(id))
    assert replace(found.regimen(), drugs=find_regimen(id).drugs) == find_regimen(id)
    assert found.base() is None
    assert {f"drugs/{drug}.yaml" for drug in found.regimen().drugs} >= set(found.files) - {"regimen.yaml"}


# -- finding it again ---------------------------------------------------------------------------------------------


def change_it(shipped: Path) -> None:
    (shipped / "one.yaml").write_text(REGIMEN.format(version=2).replace("27 mg/m2", "20 mg/m2"), encoding="utf-8")
    forget()


def keep(files: dict[str, bytes], place: Path) -> None:
    for name, data in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)


@pytest.mark.usefixtures("shipped")
def test_the_definition_here(tmp_path: Path) -> None:
    plan = plan_of("one", Choices())
    found = find_definition(plan, tmp_path)
    assert found.folder is None
    assert found.hash == plan.definition
    assert found.regimen().version == 1


def test_a_definition_that_changed_and_is_not_at_hand(shipped: Path, tmp_path: Path) -> None:
    plan = plan_of("one", Choices())
    change_it(shipped)
    message = said(plan, tmp_path)
    assert f"plan p017 goes by version 1 of one ({plan.definition[:23]}); here one is now at version 2, with other content" in message
    assert f"put the old files into {tmp_path / 'definitions' / plan.definition[7:23]} as regimen.yaml" in message
    assert "`dosing plan upgrade`" in message


def test_the_old_definition_beside_the_plan(shipped: Path, tmp_path: Path) -> None:
    plan = plan_of("one", Choices(base="two"))
    old = definition_of("one", base="two")
    change_it(shipped)
    place = old_folder(plan.definition, tmp_path)
    keep(old, place)
    found = find_definition(plan, tmp_path)
    assert found.folder == place
    assert found.files == old
    regimen, base = found.regimen(), found.base()
    assert base is not None
    assert (regimen.id, regimen.version, base.id) == ("one", 1, "two")
    assert sorted(regimen.drugs) == ["alfa", "beta", "gamma"]


def test_other_files_in_the_place_of_the_old_ones(shipped: Path, tmp_path: Path) -> None:
    plan = plan_of("one", Choices())
    old = definition_of("one")
    change_it(shipped)
    place = old_folder(plan.definition, tmp_path)
    place.mkdir(parents=True)
    assert f"the files in {place} (none) are not those that plan p017 goes by; it needs version 1 of one" in said(plan, tmp_path)
    keep({**old, "drugs/alfa.yaml": b"id: alfa\n"}, place)
    assert "(drugs/alfa.yaml, drugs/beta.yaml, regimen.yaml) are not those" in said(plan, tmp_path)
    keep(old, place)
    find_definition(plan, tmp_path)
    keep({"drugs/omega.yaml": b"id: omega\n"}, place)
    assert re.search("and no others$", said(plan, tmp_path))


def test_a_regimen_that_is_gone(shipped: Path, tmp_path: Path) -> None:
    plan = plan_of("one", Choices())
    old = definition_of("one")
    (shipped / "one.yaml").unlink()
    forget()
    assert "here it can't be read (there is no regimen 'one'" in said(plan, tmp_path)
    keep(old, old_folder(plan.definition, tmp_path))
    assert find_definition(plan, tmp_path).regimen().id == "one"


def test_after_an_upgrade_the_new_definition_holds(shipped: Path, tmp_path: Path) -> None:
    plan = plan_of("one", Choices())
    change_it(shipped)
    fields = {"version": "2", "definition": define("one", Choices()).hash}
    plan = append(plan, on=date(2026, 3, 2), kind="upgrade", fields=fields, reason="new label")
    assert find_definition(plan, tmp_path).regimen().version == 2
