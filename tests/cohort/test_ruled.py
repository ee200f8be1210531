"""The rules that apply are those of the one-patient path, and are found once for patients alike in every condition."""

import pytest

from dosing.cohort import ruled
from dosing.cohort.exact import Shared, read_shared
from dosing.cohort.people import Asking, Terms, asking
from dosing.cohort.ruled import Ruled
from dosing.dose.course import Course
from dosing.dose.personal import Personal, personal
from dosing.errors import DosingError, PatientError

AGES = (17, 60, 75, 76, 90)
CLEARANCES = ("10", "29.9", "30", "59.99", "60", "61")


def group(**row: str) -> Shared:
    given: Asking = asking({"regimen": "krd", **row}, Terms())
    return read_shared(given)


def course(shared: Shared, **own: str) -> Course:
    return shared.asking.asked({"height": "170", "weight": "70", **own}).course()


def alone(shared: Shared, own: Course) -> object:
    """What the one-patient path makes of a patient."""
    try:
        return personal(shared.regimen.regimen, own, shared.practice).applied
    except DosingError as error:
        return str(error)


def together(found: Ruled, own: Course) -> object:
    try:
        return found.applied(own)
    except DosingError as error:
        return str(error)


@pytest.mark.parametrize("rule", ["lenalidomide=eu", "lenalidomide=us", "dexamethasone=over-75", "lenalidomide=none", ""])
def test_the_same_as_for_one(rule: str) -> None:
    shared = group(**{"rule": rule} if rule else {})
    found = Ruled(shared)
    people = [{}, {"dialysis": "yes"}, {"dialysis": "no"}]
    people += [{"age": str(age), "sex": "female", "crcl": crcl} for age in AGES for crcl in CLEARANCES]
    people += [{"age": str(age)} for age in AGES] + [{"crcl": crcl} for crcl in CLEARANCES]
    for own in people:
        patient = course(shared, **own)
        assert together(found, patient) == alone(shared, patient), own


def test_alike_patients_share(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Course] = []

    def counted(*args: object) -> Personal:
        asked.append(args[1])  # type: ignore[arg-type]  # the course
        return personal(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(ruled, "personal", counted)
    shared = group()
    found = Ruled(shared)
    for age in ("60", "61", "62"):
        assert found.applied(course(shared, age=age, weight="150")) == ()
    assert len(asked) == 1


def test_a_slip_is_seen_in_every_patient() -> None:
    shared = group()
    found = Ruled(shared)
    found.applied(course(shared))
    with pytest.raises(PatientError, match="weight"):
        found.applied(course(shared, weight="20"))
