"""The field `weekdays` of drug files."""

import pytest

from dosing.errors import RegimenFileError
from dosing.export.drug import drug_lines
from dosing.regimen.drug import Drug, Weekdays
from dosing.regimen.drugs import read_drug
from dosing.regimen.facts import Fact, Gap


def drug(text: str) -> Drug:
    return read_drug(f"id: x\nsource: d\nprecision: 1 mg\nroutes: IV\n{text}\n".encode(), file="x.yaml")


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("[monday]", Fact(Weekdays((0,)), "d")),
        ("[sunday, monday]", Fact(Weekdays((0, 6)), "d")),
        ("{value: [tuesday], source: e, because: b, unverified: yes}", Fact(Weekdays((1,)), "e", "b", unverified=True)),
        ("not-stated", Fact(Gap.NOT_STATED, "d")),
    ],
)
def test_read(text: str, fact: Fact[Weekdays]) -> None:
    assert drug(f"weekdays: {text}").weekdays == fact


def test_left_out() -> None:
    assert drug("").weekdays is None


def test_shown() -> None:
    assert "  weekdays: monday, thursday [d]" in list(drug_lines(drug("weekdays: [thursday, monday]")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("monday", "x.yaml:5: weekdays: must be a list such as [monday, tuesday], or not-stated"),
        ("[]", "x.yaml:5: weekdays: must be a list such as [monday, tuesday], or not-stated"),
        ("[mondy]", "x.yaml:5: weekdays[1]: 'mondy' is not one of monday, tuesday, wednesday, thursday, friday, saturday, sunday; did you"),
        ("[Monday]", "x.yaml:5: weekdays[1]: 'Monday' is not one of monday, "),
        ("[monday, tuesday, monday]", "x.yaml:5: weekdays: monday is there twice"),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(RegimenFileError) as error:
        drug(f"weekdays: {text}")
    assert str(error.value).startswith(message)
