"""The shipped regimens, drugs, sources and cases as a whole: nothing without its cases, its source, its owner."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import dosing.dose
from dosing.cases.read import Cases, read_cases
from dosing.cases.run import run
from dosing.dose.bodysize import FORMULAS
from dosing.regimen import lint
from dosing.regimen.check import facts_of, facts_of_drug
from dosing.regimen.drug import Drug
from dosing.regimen.facts import Fact, Scoped
from dosing.regimen.library import (
    bibliography,
    cases_file,
    data_dir,
    drug_ids,
    find_source,
    regimen_ids,
    shipped_drug,
    shipped_regimen,
    shipped_regimens,
)
from dosing.regimen.model import Regimen

REGIMENS = regimen_ids()
DRUGS = drug_ids()

# Sources that no file cites, and why they stay: a reader who doubts a fact finds here what else was read.
UNCITED = {
    "another copy of a trial's record; it was compared and says the same": ("ct-04883242", "mdx", "nci-2021-03406", "hd-01792102"),
    "a trial like one of ours; it was read for proxies and none was taken from it": ("hd-02206425", "pmc7236395", "equuleus"),
    "the registry record behind the label's Kd twice weekly; the file cites the label": ("cc-end",),
    "a table or protocol with the same days and doses as the source that is cited": ("pmc9508512", "cta-kpd", "scribd-krd"),
    "another page with the same label text": ("tm-k", "khcp-faq", "mmrf-k", "davis", "pfk-isa", "ch-isa"),
    "a page of a group, which is cited as a group": ("pp-isa", "sarc-ca", "mmrf-v", "mims-v"),
    "a group, or a page of it, of a drug whose facts come from one page": ("pom-set", "mdt-pom", "pld-set", "dc-pld"),
    "practice around carfilzomib that no regimen here follows": ("emory",),
    "where the constants of a formula were read; the formula cites its paper": ("redl", "ll-abs", "grph-bsa", "admiral", "physio-r"),
    "printed examples of body surface": ("clinpk", "medeq", "omni"),
    "where Calvert's formula was read, and printed examples": ("grph-calv", "ccc", "gera"),
    "where the formula of creatinine clearance was read, and printed examples": ("cg-scribd", "sgc", "clincalc"),
    "where the ideal body weight was read; the formula cites its paper": ("clincalc-ibw",),
    "rounding to vials and bands, which no regimen here states": ("hopa-asco", "hopa-jop", "nhs-band"),
    "a second list of codes; the drug files cite the first": ("cpic",),
}
NOT_GIVEN = {"methylprednisolone": "a partner that cfz-for-bortezomib allows; none of the shipped bases gives it"}


@cache
def cases_of(id: str) -> Cases:
    path = cases_file(id)
    return read_cases(path.read_bytes(), file=path.name)


def texts() -> Iterator[str]:
    """The text of every regimen, drug and cases file, without the lines of aliases: a trial's number may be the key of its record too."""
    for path in data_dir().rglob("*.yaml"):
        if path.name != "sources.yaml":
            yield re.sub(r"(?m)^aliases:.*$", "", path.read_text(encoding="utf-8"))


# -- regimens -----------------------------------------------------------------------------------------------------


def test_each_regimen_stands_beside_its_cases() -> None:
    files = {path.name.removesuffix(".cases.yaml") for path in data_dir().glob("*.cases.yaml")}
    assert files == set(REGIMENS)


@pytest.mark.parametrize("id", REGIMENS)
def test_cases_name_their_regimen(id: str) -> None:
    assert cases_of(id).regimen == id


@pytest.mark.parametrize("id", REGIMENS)
def test_nothing_is_wrong_with_the_file(id: str) -> None:
    path = data_dir() / f"{id}.yaml"
    assert lint.check_regimen(path.read_bytes(), file=path.name) == []


@pytest.mark.parametrize("id", REGIMENS)
def test_the_program_agrees_with_every_case(id: str) -> None:
    assert run(cases_of(id)) == []


@pytest.mark.parametrize("id", REGIMENS)
def test_every_case_has_a_source_and_expects_something(id: str) -> None:
    wrong = [case.name for case in cases_of(id).cases if find_source(case.source, regimen=shipped_regimen(id)) is None or not case.expect]
    assert cases_of(id).cases
    assert wrong == []


@pytest.mark.parametrize("id", REGIMENS)
def test_no_two_cases_have_one_name(id: str) -> None:
    assert twice(case.name for case in cases_of(id).cases) == []


@pytest.mark.parametrize("id", REGIMENS)
def test_every_variant_and_proxy_has_a_case(id: str) -> None:
    regimen = shipped_regimen(id)
    chosen = {
        name for case in cases_of(id).cases for key in ("variant", "proxy") for name in case.lists.get(key, (case.texts.get(key, ""),))
    }
    assert {*regimen.variants, *regimen.proxies} - chosen == set()


def test_no_alias_is_taken_twice_or_is_an_id() -> None:
    assert twice(name for regimen in shipped_regimens() for name in (regimen.id, *regimen.aliases)) == []


def twice(names: Iterator[str]) -> list[str]:
    return [name for name, count in Counter(name.lower() for name in names).items() if count > 1]


# -- facts and sources --------------------------------------------------------------------------------------------


def every_fact(regimen: Regimen) -> Iterator[tuple[str, str]]:
    """Path and source of every fact of the phases, of the overlays, and of the regimen's own drugs."""
    yield "source", regimen.source
    yield from ((path, fact.source) for path, fact in facts_of(regimen))
    for overlay in (*regimen.variants.values(), *regimen.proxies.values()):
        yield f"{overlay.kind} {overlay.id}", overlay.source
        for setting in overlay.settings:
            facts = setting.value.facts() if isinstance(setting.value, Scoped) else (setting.value,)
            yield from ((f"{overlay.id}.{setting.path}", fact.source) for fact in facts)
    if regimen.derive:
        yield "derive", regimen.derive.source
        yield from (("derive.exposure", regimen.derive.exposure.source),) if regimen.derive.exposure else ()
    for drug in regimen.drugs.values():
        yield from drug_facts(drug)


def drug_facts(drug: Drug) -> Iterator[tuple[str, str]]:
    """Path and source of a drug and of every fact of it."""
    yield drug.id, drug.source
    yield from ((path, fact.source) for path, fact in facts_of_drug(drug))


@pytest.mark.parametrize("id", REGIMENS)
def test_every_fact_of_a_regimen_has_a_source_in_the_bibliography(id: str) -> None:
    regimen = shipped_regimen(id)
    facts = list(every_fact(regimen))
    assert len(facts) > len(regimen.phases)  # there is something to look at
    assert [f"{path}: {source}" for path, source in facts if find_source(source, regimen=regimen) is None] == []


@pytest.mark.parametrize("id", DRUGS)
def test_every_fact_of_a_drug_has_a_source_in_the_bibliography(id: str) -> None:
    assert [f"{path}: {source}" for path, source in drug_facts(shipped_drug(id)) if source not in bibliography()] == []


def test_every_source_is_cited_or_listed_with_its_reason() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in Path(dosing.dose.__file__).parent.glob("*.py"))
    formulas = set(re.findall(r'"([a-z0-9-]+)"', code))
    cited = set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", "\n".join(texts()))) | formulas
    assert {formula.source for formula in FORMULAS.values()} <= formulas
    listed = [key for keys in UNCITED.values() for key in keys]
    assert len(listed) == len(set(listed))
    assert set(bibliography()) - cited == set(listed)


# -- drugs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", DRUGS)
def test_a_drug_file_is_called_after_its_drug(id: str) -> None:
    path = data_dir() / "drugs" / f"{id}.yaml"
    assert lint.check_drug(path.read_bytes(), file=path.name) == []
    assert shipped_drug(id).id == id


def test_every_drug_is_given_or_listed_with_its_reason() -> None:
    given = {
        str(fact.stated)
        for regimen in shipped_regimens()
        for phase in regimen.phases
        for fact in (*(activity.drug for activity in phase.activities), *overlaid_drugs(regimen))
        if fact and fact.stated
    }
    assert set(DRUGS) - given == set(NOT_GIVEN)


def overlaid_drugs(regimen: Regimen) -> Iterator[Fact[object]]:
    for overlay in (*regimen.variants.values(), *regimen.proxies.values()):
        for setting in overlay.settings:
            if setting.field == "drug" and isinstance(setting.value, Fact):
                yield setting.value


def test_no_two_drugs_share_a_name() -> None:
    assert twice(name for drug in map(shipped_drug, DRUGS) for name in (drug.id, *drug.names)) == []
