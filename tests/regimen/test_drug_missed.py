"""The field `missed` of drug files: what to do after a missed dose."""

from itertools import product

import pytest

from dosing.errors import RegimenFileError
from dosing.export.drug import drug_lines
from dosing.regimen.check_drug import problems_of_drug
from dosing.regimen.drug import KEPT, Drug, Keep, Missed
from dosing.regimen.drugs import read_drug
from dosing.regimen.facts import Fact, Gap
from dosing.regimen.library import drug_ids, find_drug
from dosing.regimen.values import parse_missed

WORDS = "`keep the interval`, `keep pairs together`, `keep the dates`"


def drug(text: str) -> Drug:
    return read_drug(f"id: x\nsource: d\nprecision: 1 mg\nroutes: IV\n{text}\n".encode(), file="x.yaml")


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("keep the interval", Fact(Missed(Keep.INTERVAL), "d")),
        ("keep the dates", Fact(Missed(Keep.DATES), "d")),
        ("keep pairs together", Fact(Missed(Keep.PAIR), "d")),
        ("keep the dates, within 12 hours", Fact(Missed(Keep.DATES, 12), "d")),
        ("keep the interval, within 1 hour", Fact(Missed(Keep.INTERVAL, 1), "d")),
        ("{value: keep the dates, source: e, because: b, unverified: yes}", Fact(Missed(Keep.DATES), "e", "b", unverified=True)),
        ("not-stated", Fact(Gap.NOT_STATED, "d")),
    ],
)
def test_read(text: str, fact: Fact[Missed]) -> None:
    assert drug(f"missed: {text}").missed == fact


def test_left_out() -> None:
    assert drug("").missed is None


@pytest.mark.parametrize("missed", [Missed(keep, hours) for keep, hours in product(Keep, (None, 1, 2, 12, 9999))])
def test_what_is_written_can_be_read(missed: Missed) -> None:
    assert parse_missed(str(missed)) == missed


def test_there_are_words_for_each() -> None:
    assert set(KEPT) == set(Keep)


def test_shown() -> None:
    assert "  after a missed dose: keep the dates, within 12 hours [d]" in list(drug_lines(drug("missed: keep the dates, within 12 hours")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("keep the pace", f"'keep the pace' is not one of {WORDS}, each as it is or with `, within 12 hours`"),
        ("keep the intervals", f"'keep the intervals' is not one of {WORDS}, each as it is or with `, within 12 hours`; did you mean"),
        ("Keep the dates", "'Keep the dates' is not one of "),
        ("keep the dates within 12 hours", "'keep the dates within 12 hours' is not one of "),
        ("keep the dates,within 12 hours", "'keep the dates,within 12 hours' is not one of "),
        ("within 12 hours", "'within 12 hours' is not one of "),
        ("12 hours", "'12 hours' is not one of "),
        ("''", "'' is not one of "),
        ("keep the dates, within 12 days", "'12 days' is not a number of hours such as 72 hours"),
        ("keep the dates, within 0 hours", "'0 hours' is not a number of hours"),
        ("keep the dates, within 12", "'12' is not a number of hours"),
        ("keep the dates, within 12 hours, within 2 hours", "'12 hours, within 2 hours' is not a number of hours"),
        ("[keep the dates]", "must be plain text"),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(RegimenFileError) as error:
        drug(f"missed: {text}")
    (problem,) = error.value.problems
    assert str(problem).startswith(f"x.yaml:5: missed: {message}")


@pytest.mark.parametrize(
    ("missed", "spacing", "found"),
    [
        ("keep pairs together", "{value: 25 hours, act: warn}", ["missed"]),
        ("keep pairs together", "{value: 24 hours, act: warn}", []),
        ("keep pairs together", "not-stated", []),
        ("keep the interval", "{value: 72 hours, act: stop}", []),
        ("not-stated", "{value: 72 hours, act: stop}", []),
    ],
)
def test_pairs_need_a_spacing_that_allows_them(missed: str, spacing: str, found: list[str]) -> None:
    assert [path for path, _ in problems_of_drug(drug(f"missed: {missed}\nspacing: {spacing}"))] == found


def test_the_shipped_drugs() -> None:
    """Of the others no text was found that says it."""
    found = {id: str(fact.stated) for id in drug_ids() if (fact := find_drug(id).missed)}
    interval = dict.fromkeys(("daratumumab", "isatuximab"), "keep the interval")
    assert found == interval | dict.fromkeys(("lenalidomide", "pomalidomide", "thalidomide"), "keep the dates, within 12 hours")
