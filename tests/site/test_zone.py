"""How the clocks of time zones change: hour by hour what the zone's own file says, in both directions."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing.errors import OutputError
from dosing.site import zone as module
from dosing.site.zone import DAYLIGHT, STANDARD, Onset, yearly

HOUR = timedelta(hours=1)
ZONES = sorted(zone for zone in available_timezones() if "/" in zone)
# Both halves of the earth, half an hour, midnight, the evening before, a week that reaches into the next month, no changes.
FEW = (
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/Santiago",
    "America/Nuuk",
    "America/Havana",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Africa/Cairo",
    "Asia/Jerusalem",
    "Asia/Beirut",
    "Asia/Kolkata",
)
# Its clocks went by the moon.
MOROCCO = {"Africa/Casablanca", "Africa/El_Aaiun"}


def clock(text: str) -> datetime:
    """A time on the clock, without a zone."""
    return datetime.fromisoformat(text)


def starts(onset: Onset, last: int) -> Iterator[datetime]:
    """Every moment of an onset in the time that held before it, by another package's reading of its rule."""
    if not onset.rule:
        yield from filter(None, (onset.first, onset.again))
        return
    rule = rrulestr(onset.rule, dtstart=onset.first)
    assert next(iter(rule)) == onset.first
    yield from rule.between(onset.first, clock(f"{last + 1}-01-02"), inc=True)


class Ruled:
    """The time of a zone by its onsets alone (RFC 5545, 3.3.5 and 3.6.5)."""

    def __init__(self, onsets: tuple[Onset, ...], last: int) -> None:
        found = [(start - onset.before, start, onset) for onset in onsets for start in starts(onset, last)]
        found.sort(key=lambda each: each[0])
        self._utc = [each[0] for each in found]
        self._local = [each[1] for each in found]
        self._onsets = [each[2] for each in found]

    def offset_at(self, utc: datetime) -> timedelta:
        return self._onsets[bisect_right(self._utc, utc) - 1].after

    def offset_of(self, local: datetime) -> timedelta:
        """Of a time that is twice its first; of one that is never, what held before the gap."""
        number = bisect_right(self._local, local) - 1
        onset = self._onsets[number]
        return onset.before if local - self._local[number] < onset.after - onset.before else onset.after


def hours(first: int, last: int) -> Iterator[datetime]:
    at, end = clock(f"{first}-01-01"), clock(f"{last + 1}-01-01")
    while at < end:
        yield at
        at += HOUR


def check(zone: str, first: int, last: int) -> None:
    """Every hour of these years as the zone has it, both ways."""
    info, ruled = ZoneInfo(zone), Ruled(yearly(zone, first, last), last)
    for local in hours(first, last):
        offset = local.replace(tzinfo=info).utcoffset()
        assert ruled.offset_of(local) == offset
        assert offset is not None
        utc = local - offset
        assert ruled.offset_at(utc) == utc.replace(tzinfo=UTC).astimezone(info).utcoffset()


@pytest.mark.parametrize("zone", FEW)
def test_hour_by_hour(zone: str) -> None:
    check(zone, 2026, 2026)


@pytest.mark.long
@pytest.mark.parametrize("zone", ZONES)
def test_hour_by_hour_in_every_zone(zone: str) -> None:
    changes = len(yearly(zone, 2026, 2029)) > 1
    check(zone, 2026, 2029 if changes else 2026)
    for first, last in ((1995, 1995), (2018, 2019), (2036, 2039)) if changes else ((2018, 2019),):
        check(zone, first, last)


@settings(max_examples=25)
@given(st.sampled_from(ZONES), st.integers(1975, 2035), st.integers(0, 1))
def test_any_years(zone: str, first: int, more: int) -> None:
    check(zone, first, first + more)


def ruled(zone: str, first: int, last: int) -> bool:
    """Whether the clocks change by yearly rules."""
    found = yearly(zone, first, last)
    assert len({bool(onset.rule) for onset in found}) == 1
    return bool(found[0].rule)


@pytest.mark.long
def test_only_morocco_goes_by_no_rule() -> None:
    """In years to come, of all zones whose clocks change; since 2026 they no longer do there, which an older database doesn't know."""
    assert {zone for zone in ZONES if len(yearly(zone, 2030, 2033)) > 1 and not ruled(zone, 2030, 2033)} <= MOROCCO


def test_who_goes_by_rules() -> None:
    assert not ruled("Africa/Casablanca", 2022, 2023)
    assert [zone for zone in FEW if not ruled(zone, 2026, 2029)] == ["Asia/Kolkata"]


def rules(zone: str, first: int, last: int) -> list[tuple[str, str, str, str]]:
    return [(each.kind, each.name, f"{each.first:%Y-%m-%d %H:%M}", each.rule) for each in yearly(zone, first, last)]


def test_berlin() -> None:
    """The onset stands in the time that holds until then: 02:00 in March, 03:00 in October."""
    spring, autumn = yearly("Europe/Berlin", 2026, 2028)
    assert spring == Onset(DAYLIGHT, "CEST", HOUR, 2 * HOUR, clock("2000-03-26T02"), "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU")
    assert autumn == Onset(STANDARD, "CET", 2 * HOUR, HOUR, clock("2000-10-29T03"), "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU")


def test_rules_of_other_forms() -> None:
    assert rules("America/New_York", 2026, 2026) == [
        (DAYLIGHT, "EDT", "2007-03-11 02:00", "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"),
        (STANDARD, "EST", "2007-11-04 02:00", "FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"),
    ]
    # the Friday before the last Sunday; the Sunday after the first Saturday
    assert rules("Asia/Jerusalem", 2026, 2026)[0][3] == "FREQ=YEARLY;BYMONTH=3;BYDAY=FR;BYMONTHDAY=23,24,25,26,27,28,29"
    assert rules("America/Santiago", 2026, 2026)[1][2:] == ("2023-09-03 00:00", "FREQ=YEARLY;BYMONTH=9;BYDAY=SU;BYMONTHDAY=2,3,4,5,6,7,8")


def test_a_week_that_reaches_into_the_next_month() -> None:
    """The end of the last Thursday of October is a Friday of October or the first of November, as in 2024."""
    assert rules("Africa/Cairo", 2026, 2030)[1:] == [
        (STANDARD, "EET", "2023-10-27 00:00", "FREQ=YEARLY;BYMONTH=10;BYDAY=FR;BYMONTHDAY=26,27,28,29,30,31"),
        (STANDARD, "EET", "2024-11-01 00:00", "FREQ=YEARLY;BYMONTH=11;BYDAY=FR;BYMONTHDAY=1"),
    ]


def test_each_onset_begins_before_the_years_asked_for() -> None:
    """There was no Friday the first of November between the year in which Egypt's rule began and 2024: the one before is made up."""
    assert [each[2][:10] for each in rules("Africa/Cairo", 2024, 2024)] == ["2023-04-28", "2023-10-27", "2019-11-01"]
    for zone in FEW:
        for first in (2024, 2026):
            assert all(onset.first.year < first for onset in yearly(zone, first, first))


def test_onsets_are_written_from_when_their_rule_began() -> None:
    """The rule of the United States began in 2007; where it is not that of the year before, the year before is made up."""
    assert {each[2][:4] for each in rules("America/New_York", 2007, 2007)} == {"2006"}
    assert {each[2][:4] for each in rules("America/New_York", 2009, 2010)} == {"2007"}
    assert {each[2][:4] for each in rules("America/New_York", 1990, 1990)} == {"1989"}
    assert rules("America/New_York", 2040, 2041) == rules("America/New_York", 2026, 2026)
    # Moscow changed its clocks for the last time in 2014
    assert [rules("Europe/Moscow", year, year)[0][2] for year in (2015, 2016, 2026)] == ["2014-01-01 00:00", *["2015-01-01 00:00"] * 2]


def test_a_zone_without_changes() -> None:
    assert yearly("Asia/Seoul", 2026, 2029) == (Onset(STANDARD, "KST", 9 * HOUR, 9 * HOUR, clock("2000-01-01")),)


def test_changes_by_no_rule_are_named() -> None:
    """Ramadan was from 3 April to 2 May in 2022 and from 23 March to 21 April in 2023; before and after it Morocco was an hour ahead."""
    assert yearly("Africa/Casablanca", 2022, 2023) == (
        Onset(STANDARD, "+00", HOUR, 0 * HOUR, clock("2021-12-22"), again=clock("2022-03-27T03")),
        Onset(DAYLIGHT, "+01", 0 * HOUR, HOUR, clock("2021-12-24"), again=clock("2022-05-08T02")),
        Onset(STANDARD, "+00", HOUR, 0 * HOUR, clock("2021-12-26"), again=clock("2023-03-19T03")),
        Onset(DAYLIGHT, "+01", 0 * HOUR, HOUR, clock("2021-12-28"), again=clock("2023-04-23T02")),
        Onset(DAYLIGHT, "+01", HOUR, HOUR, clock("2021-12-30")),
    )
    # once, and for good
    assert yearly("America/Caracas", 2016, 2017) == (
        Onset(DAYLIGHT, "-04", -4.5 * HOUR, -4 * HOUR, clock("2015-12-28"), again=clock("2016-05-01T02:30")),
        Onset(STANDARD, "-0430", -4.5 * HOUR, -4.5 * HOUR, clock("2015-12-30")),
    )


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        ("America/Sao_Paulo", 2018, 2020),
        ("America/New_York", 2005, 2008),
        ("Africa/Casablanca", 2022, 2023),
        # a day that there wasn't, three hours at once, and a change of standard time
        ("Pacific/Apia", 2011, 2012),
        ("Antarctica/Casey", 2018, 2020),
        ("Asia/Pyongyang", 2015, 2018),
    ],
)
def test_hour_by_hour_without_a_rule(zone: str, first: int, last: int) -> None:
    assert not ruled(zone, first, last)
    check(zone, first, last)


def test_a_rule_that_ended_holds_for_the_years_before() -> None:
    """Brazil changed its clocks for the last time in February 2019."""
    assert [each[3] for each in rules("America/Sao_Paulo", 2018, 2018)] == [
        "FREQ=YEARLY;BYMONTH=2;BYDAY=3SU",
        "FREQ=YEARLY;BYMONTH=11;BYDAY=1SU",
    ]
    assert rules("America/Sao_Paulo", 2020, 2021)[0][3] == ""
    for last in (2019, 2020):
        again = [each.again for each in yearly("America/Sao_Paulo", 2018, last)]
        assert again == [*map(clock, ("2018-02-18", "2018-11-04", "2019-02-17")), None]
    # so does a rule that began: the changes of 2006 in the United States are not those of 2007
    assert [bool(each.again) for each in yearly("America/New_York", 2006, 2007)] == [True] * 4 + [False]


@pytest.mark.parametrize(("first", "last"), [(1969, 1970), (2026, 9_900), (1, 1), (9_999, 9_999)])
def test_years_that_are_out_of_reach(first: int, last: int) -> None:
    with pytest.raises(OutputError, match=r"^no times of day can be written (in|from) "):
        yearly("Europe/Berlin", first, last)


# -- zones that there are not -------------------------------------------------------------------------------------


def invented(*changes: tuple[str, int]) -> list[module._Change]:
    """Changes at local dates, each to an offset in hours; before the first it is 0."""
    found, before = [], timedelta()
    for day, offset in changes:
        after = offset * HOUR
        at = datetime.fromisoformat(f"{day}T02:00+00:00") - before
        found.append(module._Change(at, before, after, f"{offset:+03}"))
        before = after
    return found


@pytest.mark.parametrize(
    "changes",
    [
        # one change, three changes
        [("2026-03-01", 1)],
        [("2026-03-01", 1), ("2026-05-03", 2), ("2026-10-25", 0)],
        # there, and not back
        [("2026-03-01", 2), ("2026-10-25", 1)],
        # another day of the week in the second year, and too far apart
        [("2026-03-01", 1), ("2026-10-25", 0), ("2027-03-08", 1), ("2027-10-31", 0)],
        [("2026-03-01", 1), ("2026-10-25", 0), ("2027-03-21", 1), ("2027-10-31", 0)],
        # by two hours in the second year
        [("2026-03-29", 1), ("2026-10-25", 0), ("2027-03-28", 2), ("2027-10-31", 0)],
        # a week that no rule for February can name in leap years
        [("2026-02-03", 1), ("2026-10-25", 0), ("2027-02-09", 1), ("2027-10-31", 0)],
        # from December to January
        [("2026-10-25", 1), ("2026-12-31", 0), ("2027-10-31", 1), ("2027-01-07", 0)],
    ],
)
def test_what_no_yearly_rule_gives(changes: list[tuple[str, int]]) -> None:
    found = invented(*changes)
    assert module._fitted(found, range(2026, max(each.local.year for each in found) + 1)) == ()


def test_the_most_usual_of_several_rules_is_taken() -> None:
    def rule(*days: str) -> list[str]:
        found = module._rule([date.fromisoformat(day) for day in days])
        return [text for _, text in found.texts()] if found else []

    assert rule("2026-03-29") == ["BYDAY=-1SU"]
    assert rule("2026-03-22") == ["BYDAY=4SU"]
    assert rule("2026-02-22") == ["BYDAY=-1SU"]
    assert rule("2026-03-08", "2027-03-14") == ["BYDAY=2SU"]
    assert rule("2026-03-29", "2027-03-21") == []
    assert rule("2026-03-15", "2027-03-14") == ["BYDAY=SU;BYMONTHDAY=14,15,16,17,18,19,20"]
    assert rule("2026-02-08", "2027-02-07") == []
    assert rule("2024-11-01", "2025-10-31") == ["BYDAY=FR;BYMONTHDAY=31", "BYDAY=FR;BYMONTHDAY=1,2,3,4,5,6"]
