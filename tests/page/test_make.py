"""Pages of schedules: months against the calendar module, what stands before and after them, days off, the diary."""

import calendar
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dosing
from dosing.dose.schedule import DosedSchedule
from dosing.errors import OutputError
from dosing.page.language import find_language
from dosing.page.make import Leaflet, make_page
from dosing.page.model import Audience, Day, Dose, Medicine, Month, Page, Place, State, Text
from tests.page.pages import LEAFLET, changed, drawn, invented, made

_GOES_ON = "This calendar shows only a part of the treatment. It goes on after the last day here, unless your clinic ends it."
_BETWEEN = "This calendar shows only a part of the treatment. You can have treatment on days that are empty here: ask your clinic."


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return made(invented(tmp_path_factory.mktemp("made-up")))


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return made(changed(tmp_path_factory.mktemp("plan")))


def _days(page: Page) -> dict[date, Day]:
    return {day.date: day for month in page.months for week in month.weeks for day in week if day}


def _on(page: Page, day: date, place: Place) -> list[str]:
    return [item.what.words for item in _days(page)[day].items if item.place is place]


# -- months -------------------------------------------------------------------------------------------------------


def _moved(dosed: DosedSchedule, by: timedelta) -> DosedSchedule:
    """The same rows on other days."""
    return replace(dosed, rows=tuple(replace(row, entry=replace(row.entry, date=row.entry.date + by)) for row in dosed.rows))


def _weeks(month: Month) -> list[list[int]]:
    return [[day.date.day if day else 0 for day in week] for week in month.weeks]


@settings(max_examples=25)
@given(first=st.dates(date(2000, 1, 1), date(2090, 12, 31)), code=st.sampled_from(["en", "en-GB", "en-US", "de", "ar", "ar-EG", "ko"]))
def test_every_month_has_the_weeks_of_the_calendar_module(first: date, code: str) -> None:
    """From the month of the first day to that of the last, over the end of a year; the first weekday is Sunday, Monday or Saturday."""
    dosed = _moved(drawn("k-20-27", cycles=2), first - date(2026, 1, 5))
    language = find_language(code)
    weeks = calendar.Calendar({"ar": 5, "ar-EG": 5, "ko": 6, "en-US": 6}.get(code, 0))
    last = max(row.entry.date for row in dosed.rows)
    months = [divmod(number, 12) for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month)]
    page = made(dosed, code)
    assert [_weeks(month) for month in page.months] == [weeks.monthdayscalendar(year, month + 1) for year, month in months]
    assert [month.title for month in page.months] == [language.month(date(year, month + 1, 1)) for year, month in months]
    assert list(_days(page)) == [date(y, m + 1, d) for y, m in months for d in range(1, calendar.monthrange(y, m + 1)[1] + 1)]


@pytest.mark.parametrize(("year", "month", "days"), [(2026, 2, 28), (2028, 2, 29), (2026, 4, 30), (2026, 12, 31), (2027, 2, 28)])
def test_months_of_28_to_31_days(year: int, month: int, days: int) -> None:
    """February 2026 begins on a Sunday, and February 2027 on a Monday and fills four weeks to the day."""
    dosed = _moved(drawn("k-20-27", cycles=1), date(year, month, 1) - date(2026, 1, 5))
    assert [day.day for day in _days(made(dosed))][:days] == list(range(1, days + 1))
    assert (len(made(dosed, "en-GB").months[0].weeks) == 4) == ((year, month) == (2027, 2))


def test_a_day_has_its_date_in_words_its_cycle_and_the_clinic_first() -> None:
    day = _days(made(drawn("krd-asct")))[date(2026, 1, 5)]
    assert (day.spoken, day.label) == ("Monday, January 5, 2026", "Cycle 1, day 1")
    assert [item.place for item in day.items] == [Place.CLINIC, Place.HOME, Place.HOME]
    assert [item.what.words for item in day.items] == ["carfilzomib", "lenalidomide", "dexamethasone"]


def test_a_day_of_two_cycles_says_both_and_one_of_none_says_nothing(plan: Page) -> None:
    """Day 9 was given on day 10. A visit that hangs on a date has no day."""
    assert _days(plan)[date(2026, 1, 14)].label == "Cycle 1, day 9 / Cycle 1, day 10"
    page = made(drawn("isa-kpd", proxy=("nz-kpd", "isa-label")))
    assert _days(page)[page.months[-1].weeks[2][1].date].label == ""  # type: ignore[union-attr]


def test_a_phase_without_cycles_counts_days() -> None:
    dosed = drawn("krd-asct", cycles=1)
    rows = tuple(replace(row, entry=replace(row.entry, cycle=None)) for row in dosed.rows)
    page = made(replace(dosed, rows=rows))
    assert _days(page)[date(2026, 1, 6)].label == "Day 2"
    assert [course.heading for course in page.diary] == [(Text("Re-induction, carfilzomib, lenalidomide and dexamethasone"),)]


def test_nothing_with_a_date_is_no_page() -> None:
    with pytest.raises(OutputError, match="krd has nothing with a date to put on a page"):
        make_page(replace(drawn("krd", cycles=1), rows=()), LEAFLET, find_language("en"))


# -- days off -----------------------------------------------------------------------------------------------------


def test_the_week_between_is_off(made_up: Page) -> None:
    """Taken on days 1 to 14 of 21, twice: off from 19 to 25 January, and not after the last dose."""
    off = [day for day in _days(made_up) if "no testol today" in _on(made_up, day, Place.OFF)]
    assert off == [date(2026, 1, 19) + timedelta(number) for number in range(7)]


def test_only_a_medicine_that_is_taken_daily_for_a_time_has_days_off() -> None:
    """krd-asct: lenalidomide on days 1 to 21 of 28; dexamethasone weekly, which has none, and carfilzomib in the clinic."""
    page = made(drawn("krd-asct", cycles=2))
    off = {day: names for day in _days(page) if (names := _on(page, day, Place.OFF))}
    assert off == {date(2026, 1, 26) + timedelta(number): ["no lenalidomide today"] for number in range(7)}


@pytest.mark.parametrize(("days", "named"), [(4, False), (5, True)])
def test_five_days_in_a_row_are_daily(days: int, named: bool) -> None:
    dosed = drawn("krd-asct", cycles=2)
    rows = [row for row in dosed.rows if row.entry.activity == "lenalidomide" and row.entry.day and row.entry.day <= days]
    page = made(replace(dosed, rows=tuple(rows)))
    assert any(item.place is Place.OFF for day in _days(page).values() for item in day.items) is named


def test_a_day_on_which_it_is_paused_is_no_day_off(plan: Page) -> None:
    """Paused or stopped is said instead; in the week that was put between the cycles it is off."""
    assert _on(plan, date(2026, 1, 6), Place.OFF) == []
    assert _on(plan, date(2026, 2, 20), Place.OFF) == []
    assert _on(plan, date(2026, 2, 8), Place.OFF) == ["no lenalidomide today"]


# -- before the months --------------------------------------------------------------------------------------------


def test_the_first_page_says_what_when_and_how_often() -> None:
    """krd-asct, two cycles: carfilzomib on 6 days each, a look at it on 21 June; lenalidomide on 21, dexamethasone on day 22 too."""
    page = made(drawn("krd-asct", cycles=2))
    assert page.title == "Treatment calendar"
    assert [text.words for text in page.intro[1:]] == [
        "First day in this calendar: Monday, January 5, 2026. Last day: Sunday, June 21, 2026.",
        "You come to the clinic on 13 days. You take medicine at home on 44 days.",
        "There is nothing in this calendar from March 2026 to May 2026. These months are left out.",
        _BETWEEN,
        "This calendar can be wrong, and plans change. Follow what your clinic tells you.",
    ]


def test_a_medicine_at_need_is_not_counted_as_taken(made_up: Page) -> None:
    """14 days of one and one of another, twice; the one at need falls on days of the first and changes nothing; 2 visits, twice."""
    assert made_up.intro[2] == Text("You come to the clinic on 4 days. You take medicine at home on 30 days.")


def test_a_plan_of_which_nothing_stands_counts_nothing() -> None:
    dosed = drawn("krd-asct", cycles=1)
    rows = tuple(replace(row, entry=replace(row.entry, status="held")) for row in dosed.rows)
    page = made(replace(dosed, rows=rows))
    assert [text.words[:20] for text in page.intro[1:]] == [
        "First day in this ca",
        "There is nothing in ",
        _GOES_ON[:20],
        "This calendar can be",
    ]
    assert page.diary == ()
    assert [entry.state for entry in page.legend] == [State.NOT_GIVEN]


def test_the_title_carries_the_label_that_the_clinic_gave() -> None:
    assert made(drawn("krd-asct", cycles=1), leaflet=replace(LEAFLET, label="Bed 7")).title == "Treatment calendar - Bed 7"


def test_the_sections_are_the_clinics_lines_and_what_has_no_day(made_up: Page) -> None:
    assert [(section.title, [text.words for text in section.lines]) for section in made_up.sections] == [
        ("What to bring", ["Your insurance card", "A list of all medicines that you take"]),
        ("Who to call", ["Nurse, day and night: +49 30 1234567"]),
        ("Not in this calendar, because the day is not known yet", ["Scan"]),
    ]


def test_the_clinic_sees_why_something_has_no_day_and_the_notes(tmp_path: Path) -> None:
    """A schedule with no note has no heading for notes."""
    dosed = replace(invented(tmp_path), said=("At least 72 hours between two doses.",))
    bare = Leaflet(date(2026, 1, 2), ())
    sections = made(dosed, audience=Audience.CLINIC, leaflet=bare).sections
    assert [section.title for section in sections] == ["Not in this calendar, because the day is not known yet", "Notes"]
    assert sections[0].lines == (Text("Scan: treatment.scan.days is not stated"),)
    assert sections[1].lines == (Text("At least 72 hours between two doses."),)
    silent = made(replace(dosed, said=()), audience=Audience.CLINIC, leaflet=bare)
    assert [section.title for section in silent.sections] == [sections[0].title]


def test_what_was_left_out_with_its_phase_is_not_waited_for(tmp_path: Path) -> None:
    dosed = invented(tmp_path)
    left_out = tuple(replace(each, status="skipped") for each in dosed.schedule.undated)
    page = made(replace(dosed, schedule=replace(dosed.schedule, undated=left_out)), leaflet=Leaflet(date(2026, 1, 2), ()))
    assert page.sections == ()


def test_no_lines_of_the_clinic_no_section() -> None:
    assert made(drawn("v", cycles=1), leaflet=Leaflet(date(2026, 1, 2), ())).sections == ()


def test_the_legend_has_what_is_on_the_page(plan: Page) -> None:
    states = [(entry.place, entry.state) for entry in plan.legend]
    stands = [(place, State.STANDS) for place in (Place.CLINIC, Place.HOME, Place.OFF)]
    assert states == [*stands, (Place.CLINIC, State.GIVEN), (Place.CLINIC, State.NOT_GIVEN)]
    assert [(each.place, each.state) for each in made(drawn("v", cycles=1)).legend] == stands[:1]


# -- after the months ---------------------------------------------------------------------------------------------


def test_the_diary_has_a_box_for_each_dose(made_up: Page) -> None:
    """28 doses on 14 days, two a day; three at need, and one whose dose is not stated."""
    course = made_up.diary[0]
    assert [course.title for course in made_up.diary] == ["Cycle 1", "Cycle 2"]
    assert [(each.name.words, each.much.words, each.count, len(each.doses)) for each in course.medicines] == [
        ("testol", "3 tablets of 500 mg and 2 tablets of 150 mg", "28 doses", 14),
        ("testine", "8 mg - only if your clinic says so", "3 doses", 3),
        ("testine", "dose not stated: ask your clinic", "1 dose", 1),
    ]
    assert course.medicines[0].doses[0] == Dose("Mon, Jan 5", 2)


def test_the_diary_names_the_phases_where_there_are_several() -> None:
    page = made(drawn("isa-kpd", cycles=1, proxy=("nz-kpd", "isa-label")))
    assert [course.heading for course in page.diary] == [
        (Text("Induction"), Text("Cycle 1")),
        (Text("Maintenance"), Text("Cycle 1")),
    ]
    assert page.diary[0].medicines[0] == Medicine(
        Text("pomalidomide"), Text("1 capsule of 4 mg"), "21 doses", page.diary[0].medicines[0].doses
    )


def test_what_was_taken_or_is_not_given_has_no_box(plan: Page) -> None:
    """Of 21 doses of the first cycle one was taken and one was not; of the second, those before the pause on day 8 are left."""
    doses = {(course.title, each.name.words): [dose.day for dose in each.doses] for course in plan.diary for each in course.medicines}
    assert doses["Cycle 1", "lenalidomide"][0] == "Wed, Jan 7"
    assert {key: len(days) for key, days in doses.items()} == {
        ("Cycle 1", "lenalidomide"): 19,
        ("Cycle 1", "dexamethasone"): 3,
        ("Cycle 2", "lenalidomide"): 7,
        ("Cycle 2", "dexamethasone"): 2,
    }


# -- on every page ------------------------------------------------------------------------------------------------


def test_the_footer_names_the_day_what_it_replaces_and_of_what_it_was_made() -> None:
    made_on = "Made on Friday, January 2, 2026."
    from_what = f"krd version 1 (3f9ac2b1); plan p017, change 3 (88ab01cd); dosing {dosing.__version__}"
    page = made(drawn("krd-asct", cycles=1))
    assert page.footer == (Text(f"{made_on} It replaces the calendar of Saturday, December 20, 2025."), Text(from_what))
    assert page.page_of == "Page {page} of {pages}"
    assert made(drawn("krd-asct", cycles=1), leaflet=replace(LEAFLET, replaces=None)).footer == (Text(made_on), Text(from_what))


@pytest.mark.parametrize(
    ("changes", "replaces", "words"),
    [
        ((), None, ""),
        ((date(2026, 1, 1),), None, " It replaces all earlier calendars."),
        ((date(2025, 12, 30), date(2026, 1, 1)), None, " It replaces all earlier calendars, also that of Tuesday, December 30, 2025."),
        ((date(2025, 12, 30), date(2026, 1, 1)), date(2025, 12, 20), " It replaces the calendar of Saturday, December 20, 2025."),
    ],
)
def test_a_plan_that_changed_replaces_what_was_made_before(changes: tuple[date, ...], replaces: date | None, words: str) -> None:
    """The last change made this calendar, that before it the one of its day; what the user says counts first."""
    page = made(drawn("krd-asct", cycles=1), leaflet=replace(LEAFLET, replaces=replaces, changes=changes))
    assert page.footer[0].words == f"Made on Friday, January 2, 2026.{words}"


def test_what_names_plan_and_regimen_is_english_in_another_language() -> None:
    page = made(drawn("krd-asct", cycles=1), "de")
    assert [line.language for line in page.footer] == ["", "en", ""]
    assert [part.language for part in page.diary[0].heading] == [""]
    assert [part.language for part in made(drawn("isa-kpd", cycles=1, proxy=("nz-kpd", "isa-label")), "de").diary[0].heading] == ["en", ""]


@pytest.mark.parametrize(("language", "said"), [("en", 0), ("de", 1), ("ar", 1)])
def test_that_names_are_english_is_said_where_the_page_is_not(language: str, said: int) -> None:
    words = find_language(language).say(
        "Names and some instructions are in English, as the treatment plan has them. Ask your clinic what they mean."
    )
    assert [text.words for text in made(drawn("krd-asct", cycles=1), language).intro].count(words) == said


# -- what goes on -------------------------------------------------------------------------------------------------


def test_an_end_that_is_none_is_said_before_the_months_and_under_the_last_one(made_up: Page) -> None:
    """krd in one of its cycles; the invented regimen has two cycles in all."""
    page = made(drawn("krd", cycles=1))
    assert _GOES_ON in [text.words for text in page.intro]
    under = "The treatment goes on after this page. Ask your clinic for the next calendar."
    assert [month.after for month in page.months] == [*[""] * (len(page.months) - 1), under]
    assert _GOES_ON not in [text.words for text in made_up.intro]
    assert [month.after for month in made_up.months] == [""] * 2


def test_days_that_are_empty_and_are_not_free_are_named() -> None:
    """krd-asct in two of its six cycles, with a look at the response after the sixth."""
    assert made(drawn("krd-asct", cycles=2)).months[-1].after == _BETWEEN


def test_what_a_machine_translated_says_so_in_large_letters_too() -> None:
    words = find_language("de").say(
        "This translation was made by a machine, and nobody has reviewed it yet: when in doubt, ask your clinic."
    )
    assert [text.words for text in made(drawn("krd", cycles=1), "de").intro].count(words) == 1
    assert not any("machine" in text.words for text in made(drawn("krd", cycles=1)).intro)


# -- for the clinic -----------------------------------------------------------------------------------------------


def test_what_the_clinic_prepares_stands_once_and_the_patient_does_not_see_it() -> None:
    page = made(drawn("krd-asct", cycles=2), audience=Audience.CLINIC)
    assert [each.title.words for each in page.preparations] == [
        "A: carfilzomib 49.1 mg IV",
        "B: lenalidomide 25 mg PO",
        "C: dexamethasone 40 mg",
    ]
    assert page.preparation_title == "Preparation"
    assert made(drawn("krd-asct", cycles=2)).preparations == ()


def test_the_clinic_counts_doses_and_ticks_none() -> None:
    page = made(drawn("krd-asct", cycles=2), audience=Audience.CLINIC)
    assert (page.diary_title, page.diary_intro) == ("Medicines at home", "")
    assert [(each.count, each.doses) for each in page.diary[0].medicines] == [("21 doses", ()), ("4 doses", ())]


def test_a_translation_that_nobody_reviewed_says_so() -> None:
    dosed, language = drawn("krd-asct", cycles=1), find_language("de")
    pages = [make_page(dosed, LEAFLET, replace(language, reviewed=reviewed)) for reviewed in (False, True)]
    assert [len(page.footer) for page in pages] == [3, 2]
    assert pages[0].footer[2] == Text(
        language.say("This translation was made by a machine, and nobody has reviewed it yet: when in doubt, ask your clinic.")
    )


def test_clinic_and_home_have_a_name() -> None:
    assert made(drawn("krd-asct", cycles=1)).places == ((Place.CLINIC, "Clinic"), (Place.HOME, "Home"))


def test_months_in_which_nothing_is_planned_are_left_out_and_named() -> None:
    """One dose in January, one in May and one in June of another year: three months, and two gaps."""
    rows = drawn("k-20-27", cycles=1).rows[:3]
    days = (date(2026, 1, 31), date(2026, 5, 1), date(2027, 6, 30))
    moved = tuple(replace(row, entry=replace(row.entry, date=day)) for row, day in zip(rows, days, strict=True))
    page = made(replace(drawn("k-20-27", cycles=1), rows=moved))
    assert [month.title for month in page.months] == ["January 2026", "May 2026", "June 2027"]
    assert [text.words for text in page.intro if "left out" in text.words] == [
        "There is nothing in this calendar from February 2026 to April 2026. These months are left out.",
        "There is nothing in this calendar from June 2026 to May 2027. These months are left out.",
    ]
