"""Entries in words, worked by hand from the regimens: for patients and for the clinic, and what became of them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from dosing.dose.oral import make_up
from dosing.dose.schedule import DosedSchedule
from dosing.page.bench import bench_of
from dosing.page.language import find_language
from dosing.page.model import Audience, Item, Place, State, Text
from dosing.page.words import Wording
from dosing.schedule.entries import RULED_OUT, SKIPPED
from dosing.units import Quantity
from tests.page.pages import changed, drawn, invented


def _item(dosed: DosedSchedule, day: date, drug: str, *, audience: Audience = Audience.PATIENT, language: str = "en") -> Item:
    row = next(row for row in dosed.rows if row.entry.happens_on == day and row.entry.activity == drug)
    return Wording(dosed, find_language(language), audience).item(row)


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> DosedSchedule:
    return invented(tmp_path_factory.mktemp("made-up"))


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> DosedSchedule:
    return changed(tmp_path_factory.mktemp("plan"))


def test_a_medicine_in_the_clinic_says_how_it_is_given_and_no_amount() -> None:
    item = _item(drawn("krd-asct"), date(2026, 1, 5), "carfilzomib")
    assert item == Item(Place.CLINIC, State.STANDS, Text("carfilzomib"), (Text("into a vein"),))


@pytest.mark.parametrize(
    ("activity", "day", "route"), [("testmab", date(2026, 1, 5), "under the skin"), ("booster", date(2026, 1, 12), "into a muscle")]
)
def test_the_routes_of_the_clinic_in_plain_words(made_up: DosedSchedule, activity: str, day: date, route: str) -> None:
    assert [text.words for text in _item(made_up, day, activity).more] == [route]


def test_a_route_that_is_a_choice_is_not_named_to_the_patient() -> None:
    """vmp: bortezomib IV or SC."""
    assert _item(drawn("vmp"), date(2026, 1, 5), "bortezomib").more == ()


def test_an_assessment_is_in_the_clinic_and_has_no_amount(made_up: DosedSchedule) -> None:
    assert _item(made_up, date(2026, 1, 5), "blood-count") == Item(Place.CLINIC, State.STANDS, Text("Blood count"))


def test_capsules_and_tablets_are_counted() -> None:
    """krd-asct: lenalidomide 25 mg, capsules of 2.5 to 25 mg; dexamethasone 40 mg, tablets of up to 20 mg."""
    dosed, day = drawn("krd-asct"), date(2026, 1, 5)
    assert _item(dosed, day, "lenalidomide").more[0] == Text("1 capsule of 25 mg")
    assert _item(dosed, day, "dexamethasone").more[0] == Text("2 tablets of 20 mg")


def test_several_strengths_of_tablets() -> None:
    """vmp, 170 cm and 70 kg, 1.818 m2: prednisone 60 mg/m2 = 109 mg = 2 x 50 + 5 + 4 x 1."""
    item = _item(drawn("vmp"), date(2026, 1, 5), "prednisone")
    assert item.more == (Text("2 tablets of 50 mg and 1 tablet of 5 mg and 4 tablets of 1 mg"),)


def test_an_amount_that_no_tablets_make_up_stays_an_amount() -> None:
    """vmp: melphalan 9 mg/m2 x 1.818 m2 = 16.4 mg, and tablets of 2 mg."""
    assert _item(drawn("vmp"), date(2026, 1, 5), "melphalan").more == (Text("16.4 mg"), Text("ask your clinic how many to take"))


def test_twice_a_day_and_when(made_up: DosedSchedule) -> None:
    words = ("3 tablets of 500 mg and 2 tablets of 150 mg", "take this 2 times on this day", "within 30 min after a meal")
    assert _item(made_up, date(2026, 1, 5), "testol").more == tuple(map(Text, words))


def test_at_need_is_said(made_up: DosedSchedule) -> None:
    item = _item(made_up, date(2026, 1, 5), "testine")
    assert (item.state, item.tag, item.more) == (State.STANDS, "only if your clinic says so", (Text("8 mg"),))


def test_a_dose_that_nobody_stated_is_asked_for(made_up: DosedSchedule) -> None:
    assert _item(made_up, date(2026, 1, 19), "unknown").more == (Text("dose not stated: ask your clinic"),)


def test_names_and_words_of_a_protocol_are_english_in_another_language(made_up: DosedSchedule) -> None:
    item = _item(made_up, date(2026, 1, 5), "testol", language="de")
    assert (item.what, item.more[-1]) == (Text("testol", "en"), Text("within 30 min after a meal", "en"))
    assert item.more[0].language == ""


# -- what became of them ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "drug", "state", "tag", "more"),
    [
        (date(2026, 1, 6), "lenalidomide", State.NOT_GIVEN, "not taken", []),
        (date(2026, 1, 12), "carfilzomib", State.NOT_GIVEN, "left out", []),
        (date(2026, 1, 14), "carfilzomib", State.GIVEN, "given", ["into a vein", "planned for Tue, Jan 13"]),
        (date(2026, 2, 9), "lenalidomide", State.STANDS, "", ["1 capsule of 25 mg", "moved from Mon, Feb 2"]),
        (date(2026, 2, 16), "lenalidomide", State.NOT_GIVEN, "paused", []),
        (date(2026, 2, 23), "carfilzomib", State.NOT_GIVEN, "stopped", []),
    ],
)
def test_what_became_of_it_is_said_in_a_word(plan: DosedSchedule, day: date, drug: str, state: State, tag: str, more: list[str]) -> None:
    item = _item(plan, day, drug)
    assert (item.state, item.tag, [text.words for text in item.more]) == (state, tag, more)


def test_of_a_dose_that_was_taken_the_amount_taken_is_shown_and_not_the_planned_one(plan: DosedSchedule) -> None:
    """40 mg were planned, 20 mg taken."""
    item = _item(plan, date(2026, 1, 5), "dexamethasone")
    assert (item.state, item.tag, item.more[0]) == (State.GIVEN, "taken", Text("1 tablet of 20 mg"))


def test_of_a_dose_that_was_taken_in_an_amount_nobody_noted_no_amount_is_shown(plan: DosedSchedule) -> None:
    row = next(row for row in plan.rows if row.entry.activity == "lenalidomide" and row.given)
    item = Wording(plan, find_language("en"), Audience.PATIENT).item(replace(row, given=None))
    assert (item.tag, item.more) == ("taken", ())


@pytest.mark.parametrize(
    ("status", "tag"), [(SKIPPED, "left out"), (RULED_OUT, "no longer given"), ("given", "done"), ("not-given", "not done")]
)
def test_other_words_for_what_became_of_a_visit(made_up: DosedSchedule, status: str, tag: str) -> None:
    row = next(row for row in made_up.rows if row.entry.activity == "blood-count")
    assert Wording(made_up, find_language("en"), Audience.PATIENT).tag(replace(row.entry, status=status)) == tag


# -- for the clinic -----------------------------------------------------------------------------------------------


def test_the_clinic_sees_amount_and_dose_and_where_to_find_what_to_draw_up() -> None:
    """krd: 20 mg/m2 x 1.818 m2 = 36.4 mg."""
    dosed = drawn("krd", cycles=1)
    wording = Wording(dosed, find_language("en"), Audience.CLINIC, bench_of(dosed))
    first = {item.what.words: [text.words for text in item.more] for item in map(wording.item, dosed.rows[:3])}
    assert first == {
        "carfilzomib": ["36.4 mg IV over 10 min", "20 mg/m2, see A"],
        "lenalidomide": ["25 mg PO, see B"],
        "dexamethasone": ["40 mg PO or IV, see C"],
    }


def test_the_clinic_sees_why_an_amount_is_missing_and_why_a_dose_was_left_out(made_up: DosedSchedule, plan: DosedSchedule) -> None:
    unknown = _item(made_up, date(2026, 1, 19), "unknown", audience=Audience.CLINIC)
    assert unknown.more[0].words == "(dose not stated) PO"
    omitted = _item(plan, date(2026, 1, 12), "carfilzomib", audience=Audience.CLINIC)
    assert (omitted.tag, [text.words for text in omitted.more]) == ("left out", ["omitted on 2026-01-12: fever (change 1)"])


def test_the_clinic_sees_what_was_given_beside_what_was_planned(plan: DosedSchedule) -> None:
    item = _item(plan, date(2026, 1, 14), "carfilzomib", audience=Audience.CLINIC)
    assert item.more[0].words == "given: 46 mg on 2026-01-14; planned 49.1 mg on 2026-01-13"


def test_an_assessment_has_no_amount_for_the_clinic_either(made_up: DosedSchedule) -> None:
    assert _item(made_up, date(2026, 1, 5), "blood-count", audience=Audience.CLINIC).more == ()


@pytest.mark.parametrize(
    ("language", "amount"),
    [
        ("en", "16.4 mg"),
        ("de", "16,4 mg"),
        ("es", "16,4 mg"),
        ("fr", "16,4 mg"),
        ("ko", "16.4 mg"),
        ("de-CH", "16.4 mg"),
        ("es-MX", "16.4 mg"),
    ],
)
def test_a_patient_reads_numbers_as_people_there_write_them(language: str, amount: str) -> None:
    """vmp: melphalan 9 mg/m2 x 1.818 m2 = 16.4 mg. For the clinic all numbers have a point, as its sources have."""
    dosed, day = drawn("vmp"), date(2026, 1, 5)
    assert _item(dosed, day, "melphalan", language=language).more[0] == Text(amount)
    assert _item(dosed, day, "melphalan", language=language, audience=Audience.CLINIC).more[0].words == "16.4 mg PO"


def test_strengths_are_written_as_amounts_are() -> None:
    """lenalidomide 2.5 mg: one capsule of 2.5 mg."""
    wording = Wording(drawn("krd-asct"), find_language("de"), Audience.PATIENT)
    made_up = make_up(Quantity(Decimal("2.5"), "mg"), strengths=(Quantity(Decimal("2.5"), "mg"),), drug="lenalidomide").units
    assert made_up is not None
    assert wording.units("capsules", made_up) == "1 Kapsel zu 2,5 mg"


def test_how_much_from_right_to_left_keeps_its_direction() -> None:
    """Marks around the amount: `25 mg` and not `mg 25`."""
    dosed = drawn("krd-asct")
    wording = Wording(dosed, find_language("ar"), Audience.PATIENT)
    much = {row.entry.activity: wording.much(row).words for row in dosed.rows}
    assert "\u200e25 mg\u200e" in much["lenalidomide"]
    assert much["carfilzomib"] == "\u200e49.1 mg\u200e"
