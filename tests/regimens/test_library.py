"""The shipped regimens, drugs, sources, cases and histories as a whole: nothing without its cases, its source, its owner."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

import dosing.dose
from dosing.cases.histories import Histories, read_histories
from dosing.cases.read import Cases, read_cases
from dosing.cases.replay import replay
from dosing.cases.run import run
from dosing.dose.bodysize import FORMULAS
from dosing.plan.kinds import KINDS, UPGRADE
from dosing.regimen import lint
from dosing.regimen.check import facts_of, facts_of_drug
from dosing.regimen.choose import choose
from dosing.regimen.drug import Drug, Rule
from dosing.regimen.facts import Dose, DoseAsIn, DoseRange, Fact, Scoped
from dosing.regimen.library import (
    bibliography,
    cases_file,
    data_dir,
    drug_ids,
    find_drug,
    find_source,
    histories_file,
    regimen_ids,
    shipped_drug,
    shipped_regimen,
    shipped_regimens,
)
from dosing.regimen.model import Regimen
from dosing.regimen.read import read_regimen

REGIMENS = regimen_ids()
DRUGS = drug_ids()

# Sources that no file cites, and why they stay: a reader who doubts a fact finds here what else was read.
UNCITED = {
    "another copy of a trial's record; it was compared and says the same": ("ct-04883242", "mdx", "nci-2021-03406", "hd-01792102"),
    "a trial like one of ours; it was read for proxies and none was taken from it": ("hd-02206425", "pmc7236395", "equuleus"),
    "the registry record behind the label's Kd twice weekly; the file cites the label": ("cc-end",),
    "a table or protocol with the same days and doses as the source that is cited": ("pmc9508512", "cta-kpd", "scribd-krd"),
    "another page with the same label text": ("tm-k", "khcp-faq", "mmrf-k", "davis", "pfk-isa"),
    "a page of a group, which is cited as a group": ("pp-isa", "sarc-ca", "mmrf-v", "mims-v"),
    "a group, or a page of it, of a drug whose facts come from one page": ("pom-set", "mdt-pom", "pld-set"),
    "practice around carfilzomib that no regimen here follows": ("emory",),
    "where the constants of a formula were read; the formula cites its paper": ("redl", "ll-abs", "grph-bsa", "admiral", "physio-r"),
    "printed examples of body surface": ("medeq", "omni"),
    "where Calvert's formula was read, and printed examples": ("grph-calv", "ccc", "gera"),
    "where the formula of creatinine clearance was read, and printed examples": ("cg-scribd", "clincalc"),
    "where the ideal body weight was read; the formula cites its paper": ("clincalc-ibw",),
    "rounding to vials and bands, which no regimen here states": ("hopa-jop", "nhs-band"),
    "a second list of codes; the drug files cite the first": ("cpic",),
}
NOT_GIVEN = {"methylprednisolone": "a partner that cfz-for-bortezomib allows; none of the shipped bases gives it"}


@cache
def cases_of(id: str) -> Cases:
    path = cases_file(id)
    return read_cases(path.read_bytes(), file=path.name)


@cache
def histories_of(id: str) -> Histories:
    path = histories_file(id)
    return read_histories(path.read_bytes(), file=path.name)


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


# -- histories ----------------------------------------------------------------------------------------------------


def test_each_regimen_stands_beside_its_histories() -> None:
    files = {path.name.removesuffix(".history.yaml") for path in data_dir().glob("*.history.yaml")}
    assert files == set(REGIMENS)


@pytest.mark.parametrize("id", REGIMENS)
def test_histories_name_their_regimen(id: str) -> None:
    assert histories_of(id).regimen == id


@pytest.mark.parametrize("id", REGIMENS)
def test_the_program_agrees_with_every_history(id: str) -> None:
    assert replay(histories_of(id)) == []


@pytest.mark.parametrize("id", REGIMENS)
def test_every_history_has_a_source_and_changes_of_which_something_is_expected(id: str) -> None:
    regimen, histories = shipped_regimen(id), histories_of(id).histories
    assert histories
    assert [history.case.name for history in histories if find_source(history.case.source, regimen=regimen) is None] == []
    assert [history.case.name for history in histories if not any(step.expect for step in history.steps)] == []


@pytest.mark.parametrize("id", REGIMENS)
def test_no_two_histories_have_one_name(id: str) -> None:
    assert twice(history.case.name for history in histories_of(id).histories) == []


def test_each_kind_of_change_is_made_in_at_least_two_histories() -> None:
    made: Counter[str] = Counter()
    for history in (history for id in REGIMENS for history in histories_of(id).histories):
        # What is refused isn't made.
        made.update({step.kind for step in history.steps if all(expected.about != "fails" for expected in step.expect)})
    # An upgrade needs two versions of a regimen, and one is shipped.
    assert {kind for kind in KINDS if made[kind] < 2} == {UPGRADE}


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
    yield from rule_facts("rules", regimen.rules)
    for drug in regimen.drugs.values():
        yield from drug_facts(drug)


def drug_facts(drug: Drug) -> Iterator[tuple[str, str]]:
    """Path and source of a drug and of every fact of it."""
    yield drug.id, drug.source
    yield from ((path, fact.source) for path, fact in facts_of_drug(drug))
    yield from rule_facts(f"{drug.id}.rules", drug.rules)


def rule_facts(path: str, rules: Mapping[str, Fact[Rule]]) -> Iterator[tuple[str, str]]:
    """Path and source of every rule and of what it changes."""
    for id, rule in rules.items():
        yield f"{path}.{id}", rule.source
        if rule.stated:
            changes = (rule.stated.dose, rule.stated.percent, rule.stated.days)
            yield from ((f"{path}.{id}", fact.source) for change in changes if change for fact in change.facts())


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


@pytest.mark.parametrize("id", DRUGS)
def test_what_was_not_traced_says_so(id: str) -> None:
    untold = [path for path, because in lint.unverified_in_drug(shipped_drug(id)) if "traced" not in because]
    unmarked = [path for path, fact in facts_of_drug(shipped_drug(id)) if fact.source == "unverified" and not fact.unverified]
    assert (untold, unmarked) == ([], [])


def as_chosen(regimen: Regimen) -> Iterator[Regimen]:
    """The regimen as it is, and with each of its variants and proxies."""
    yield regimen
    yield from (choose(regimen, variants=[id]) for id in regimen.variants)
    yield from (choose(regimen, proxies=[id]) for id in regimen.proxies)


def doses(regimen: Regimen) -> Iterator[tuple[Drug, Dose]]:
    """Every dose that the regimen states, with the drug."""
    for chosen in as_chosen(regimen):
        for activity in (activity for phase in chosen.phases for activity in phase.activities):
            if activity.drug and activity.drug.stated and activity.dose:
                drug = find_drug(activity.drug.stated, regimen=chosen)
                yield from ((drug, fact.stated) for fact in activity.dose.facts() if fact.stated)
    for rule in (fact.stated for fact in regimen.rules.values() if fact.stated):
        phases = (phase.activity(rule.activity.rpartition(".")[2]) for phase in regimen.phases)
        named = next(str(found.drug.stated) for found in phases if found and found.drug)
        found = rule.dose.facts() if rule.dose else ()
        yield from ((find_drug(named, regimen=regimen), fact.stated) for fact in found if fact.stated)


def own_doses(drug: Drug) -> Iterator[Dose]:
    """The doses in the drug's own file: of its levels and its rules."""
    for levels in drug.levels.values():
        yield from (levels.stated.start, *levels.stated.below) if levels.stated else ()
    for rule in drug.rules.values():
        found = rule.stated.dose.facts() if rule.stated and rule.stated.dose else ()
        yield from (fact.stated for fact in found if fact.stated)
        yield from (rule.stated.given,) if rule.stated and rule.stated.given else ()


def unusual(drug: Drug, dose: Dose) -> bool:
    """Whether a drug that has a usual range has none that holds the dose."""
    if isinstance(dose, DoseAsIn) or drug.usual is None or drug.usual.stated is None:
        return False
    low, high = (dose.low, dose.high) if isinstance(dose, DoseRange) else (dose, dose)
    ranges = [usual for usual in drug.usual.stated if usual.low.unit == low.unit]
    return not any(usual.low.value <= low.value and high.value <= usual.high.value for usual in ranges)


def example_regimens() -> Iterator[Regimen]:
    folder = Path(__file__).parents[2] / "docs" / "examples"
    for path in sorted(folder.glob("*.yaml")):
        if not path.name.endswith(".cases.yaml"):
            yield read_regimen(path.read_bytes(), file=path.name)


def test_every_dose_of_the_library_and_of_the_examples_is_usual() -> None:
    given = [found for regimen in (*shipped_regimens(), *example_regimens()) for found in doses(regimen)]
    given += [(drug, dose) for drug in map(shipped_drug, DRUGS) for dose in own_doses(drug)]
    assert len(given) > 100  # there is something to look at
    assert [f"{drug.id} {dose}" for drug, dose in given if unusual(drug, dose)] == []


def test_every_drug_that_is_given_has_a_usual_range() -> None:
    assert {id for id in DRUGS if shipped_drug(id).usual is None} == set(NOT_GIVEN)


@pytest.mark.parametrize(("number", "minutes"), [("1", 200), ("2", Decimal("112.5")), ("3+", 75)])
def test_the_rates_of_isatuximab_give_the_total_times_that_are_published(number: str, minutes: Decimal) -> None:
    steps = shipped_drug("isatuximab").rates[number].stated
    assert steps
    left, total = Decimal(250), Decimal(0)
    for step in steps:
        held = step.minutes if step.minutes is not None else left * 60 / step.rate_ml_h
        left, total = left - step.rate_ml_h * held / 60, total + held
    assert total == minutes
    assert left == 0


@pytest.mark.parametrize("id", ["lenalidomide", "dexamethasone", "pegylated-liposomal-doxorubicin"])
def test_alternative_rules_all_belong_to_a_group(id: str) -> None:
    rules = [rule.stated for rule in shipped_drug(id).rules.values() if rule.stated]
    assert len({rule.group for rule in rules}) == 2
    assert all(rule.group for rule in rules)


@pytest.mark.parametrize(
    ("group", "crcl", "dialysis", "found"),
    [
        ("us", "60", False, ""),
        ("us", "59.9", False, "10 mg 1-21"),
        ("us", "30", False, "10 mg 1-21"),
        ("us", "29.9", False, "15 mg 1-21 every 2 days"),
        ("us", "29.9", True, "5 mg 1-21"),
        ("eu", "50", False, ""),
        ("eu", "49.9", False, "10 mg 1-21"),
        ("eu", "30", False, "10 mg 1-21"),
        ("eu", "29.9", False, "15 mg 1-21 every 2 days"),
        ("eu", "29.9", True, "5 mg 1-21"),
    ],
)
def test_the_kidney_bands_of_lenalidomide(group: str, crcl: str, dialysis: bool, found: str) -> None:
    known: dict[str, Decimal | str | bool] = {"crcl": Decimal(crcl), "dialysis": dialysis}
    rules = [rule.stated for rule in shipped_drug("lenalidomide").rules.values() if rule.stated and rule.stated.group == group]
    doses, days = ([getattr(rule, field) for rule in rules if rule.when.holds(known)] for field in ("dose", "days"))
    said = [f"{dose.only.value} {days.only.value if days else '1-21'}" for dose, days in zip(doses, days, strict=True)]
    assert said == ([found] if found else [])


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
