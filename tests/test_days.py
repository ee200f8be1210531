"""Every notation of days and scopes, and the one place where a day becomes an offset."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dosing.days import Days, Numbering, Run, Scope, Span, parse_days, parse_scope

PLAIN, WITH_ZERO = Numbering(), Numbering(day_zero=True)
numberings = st.builds(Numbering, st.booleans())


# Numbering


@pytest.mark.parametrize(("day", "offset"), [(1, 0), (2, 1), (28, 27), (-1, -1), (-2, -2), (-14, -14)])
def test_offset_without_a_day_zero(day: int, offset: int) -> None:
    assert PLAIN.offset(day) == offset
    assert PLAIN.day(offset) == day


@pytest.mark.parametrize(("day", "offset"), [(1, 0), (2, 1), (28, 27), (0, -1), (-1, -2), (-2, -3)])
def test_offset_with_a_day_zero(day: int, offset: int) -> None:
    assert WITH_ZERO.offset(day) == offset
    assert WITH_ZERO.day(offset) == day


def test_there_is_no_day_zero_unless_said() -> None:
    with pytest.raises(ValueError, match="there is no day 0 in this phase; write `day_zero: yes` or `anchor: day 0`"):
        PLAIN.offset(0)


@given(numbering=numberings, offset=st.integers(-10_000, 10_000))
def test_offset_is_the_inverse_of_day(numbering: Numbering, offset: int) -> None:
    assert numbering.offset(numbering.day(offset)) == offset


@given(numbering=numberings, day=st.integers(-10_000, 10_000))
def test_day_is_the_inverse_of_offset(numbering: Numbering, day: int) -> None:
    assume(day or numbering.day_zero)
    assert numbering.day(numbering.offset(day)) == day


@given(numbering=numberings, first=st.integers(-500, 500), count=st.integers(1, 50))
def test_days_in_a_row_have_offsets_in_a_row(numbering: Numbering, first: int, count: int) -> None:
    days = [day for day in range(first, first + count) if day or numbering.day_zero]
    offsets = [numbering.offset(day) for day in days]
    assert offsets == list(range(offsets[0], offsets[0] + len(days))) if days else not offsets


# Days


@pytest.mark.parametrize(
    ("text", "length", "days"),
    [
        ("1 8 15 22", 28, [1, 8, 15, 22]),
        ("22 1 15 8", 28, [1, 8, 15, 22]),
        ("28", 28, [28]),
        ("1-21", 28, list(range(1, 22))),
        ("1 to 21", 28, list(range(1, 22))),
        ("1-4 9-12", 28, [1, 2, 3, 4, 9, 10, 11, 12]),
        ("1-4 8 10 to 12 20", 28, [1, 2, 3, 4, 8, 10, 11, 12, 20]),
        ("1-1", 28, [1]),
        ("-2", 28, [-2]),
        ("-2 -1", 28, [-2, -1]),
        ("-2 1", 28, [-2, 1]),
        ("-5 to -1", 28, [-5, -4, -3, -2, -1]),
        ("8 -5 to -1 1", 28, [-5, -4, -3, -2, -1, 1, 8]),
        ("-2 to 2", 28, [-2, -1, 1, 2]),
        ("1-21 every 2 days", 28, [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21]),
        ("2-8 every 3 days 20", 28, [2, 5, 8, 20]),
        ("1-4 every 3 days 9-12 every 3 days", 28, [1, 4, 9, 12]),
        ("-5 to -1 every 2 days", 28, [-5, -3, -1]),
        ("daily", 7, [1, 2, 3, 4, 5, 6, 7]),
        ("daily", 1, [1]),
        ("weekly", 28, [1, 8, 15, 22]),
        ("weekly", 29, [1, 8, 15, 22, 29]),
        ("every 2 days", 7, [1, 3, 5, 7]),
        ("every 2 days", 8, [1, 3, 5, 7]),
        ("every 1 days", 3, [1, 2, 3]),
        ("every 30 days", 28, [1]),
        ("none", 28, []),
        ("  1   8\n15 ", 28, [1, 8, 15]),
        ("1 8 15", None, [1, 8, 15]),
        ("1-3", None, [1, 2, 3]),
        ("none", None, []),
    ],
)
def test_days_without_a_day_zero(text: str, length: int | None, days: list[int]) -> None:
    assert list(parse_days(text).numbers(length, PLAIN)) == days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("0", [0]),
        ("-2 -1 0 1", [-2, -1, 0, 1]),
        ("-2 to 2", [-2, -1, 0, 1, 2]),
        ("0-2", [0, 1, 2]),
        ("-3 to 0 every 3 days", [-3, 0]),
        ("1", [1]),
    ],
)
def test_days_with_a_day_zero(text: str, days: list[int]) -> None:
    assert list(parse_days(text).numbers(None, WITH_ZERO)) == days


@pytest.mark.parametrize("text", ["1 8 15 22", "1-21 every 2 days", "daily", "none", "weekly", "-5 to -1"])
def test_days_are_shown_as_written(text: str) -> None:
    assert str(parse_days(text)) == text
    assert str(parse_days(f" {text.replace(' ', '  ')} ")) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "D1",
        "1,8",
        "1.5",
        "1 8 x",
        "1-",
        "1 -",
        "1 - 4",
        "1-2-3",
        "--1",
        "+1",
        "1 to",
        "to 4",
        "1 to to 4",
        "12345",
        "\u0661",
        "Daily",
        "daily 1",
        "1 daily",
        "none 1",
        "every 2",
        "every two days",
        "every -2 days",
        "1-21 every 2",
        "1-21 every days",
        "1 every 2 days",
        "1 8 every 7 days",
        "not-stated",
    ],
)
def test_what_is_not_a_list_of_days(text: str) -> None:
    with pytest.raises(
        ValueError, match="is not a day, a run of days such as 1-21 or `-5 to -1`, `daily`, `weekly`, `every N days` or `none`"
    ):
        parse_days(text)


@pytest.mark.parametrize("text", ["8-1", "-1 to -5", "1 8-1", "2 to -2"])
def test_a_run_does_not_go_backwards(text: str) -> None:
    with pytest.raises(ValueError, match="goes backwards"):
        parse_days(text)


@pytest.mark.parametrize("text", ["every 0 days", "1-21 every 0 days", "1-21 every 00 days"])
def test_every_0_days(text: str) -> None:
    with pytest.raises(ValueError, match="`every 0 days` names no days"):
        parse_days(text)


@pytest.mark.parametrize("text", ["1 1", "1 01", "1-4 4", "4 1-7 every 3 days", "1-4 3-6", "-2 -2", "-5 to -1 -3"])
def test_a_day_named_twice(text: str) -> None:
    with pytest.raises(ValueError, match=f"days '{text}' name a day twice"):
        parse_days(text).numbers(28, PLAIN)


def test_many_long_runs_end_at_the_first_double() -> None:
    with pytest.raises(ValueError, match="name a day twice"):
        parse_days("1-9999 " * 100_000).numbers(None, PLAIN)


@pytest.mark.parametrize(("text", "day"), [("29", 29), ("1-30", 30), ("1 8 40 36", 40)])
def test_a_day_past_the_end(text: str, day: int) -> None:
    with pytest.raises(ValueError, match=f"day {day} is past the end of a cycle of 28 days"):
        parse_days(text).numbers(28, PLAIN)


@pytest.mark.parametrize("text", ["daily", "weekly", "every 2 days"])
def test_a_span_without_an_end_can_t_hold_every_day(text: str) -> None:
    with pytest.raises(ValueError, match="the phase has no end of its own"):
        parse_days(text).numbers(None, PLAIN)


@pytest.mark.parametrize("text", ["0", "0-3", "-3 to 0"])
def test_day_0_where_there_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="there is no day 0"):
        parse_days(text).numbers(28, PLAIN)


def test_a_run_made_backwards_by_hand_is_empty() -> None:
    with pytest.raises(ValueError, match="the run from day 8 to day 1 is empty"):
        Days((Run(8, 1),), "8-1").numbers(28, PLAIN)
    with pytest.raises(ValueError, match="is empty"):
        parse_days("daily").numbers(0, PLAIN)


@given(days=st.sets(st.integers(1, 9999), min_size=1, max_size=60))
def test_no_day_is_lost_or_doubled(days: set[int]) -> None:
    listed = " ".join(str(day) for day in days)
    assert list(parse_days(listed).numbers(9999, PLAIN)) == sorted(days)


@given(first=st.integers(-60, 60), count=st.integers(0, 60), step=st.integers(1, 20), numbering=numberings)
def test_a_run_holds_its_first_day_and_every_step_of_days_after_it(first: int, count: int, step: int, numbering: Numbering) -> None:
    last = first + count
    assume(numbering.day_zero or (first and last))
    calendar = [day for day in range(first, last + 1) if day or numbering.day_zero]
    assert list(parse_days(f"{first} to {last} every {step} days").numbers(None, numbering)) == calendar[::step]


@given(length=st.integers(1, 400), step=st.integers(1, 40))
def test_every_n_days_ends_with_the_cycle(length: int, step: int) -> None:
    days = parse_days(f"every {step} days").numbers(length, PLAIN)
    assert [day for day in range(1, length + 1) if (day - 1) % step == 0] == list(days)


@given(st.text(alphabet="0123456789 -toevrydasnwkl,", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        days = parse_days(text).numbers(28, WITH_ZERO)
    except ValueError:
        return
    assert len(set(days)) == len(days)
    assert all(day <= 28 for day in days)


# Scopes


def covered(scope: Scope, cycles: int = 15) -> list[int]:
    return [cycle for cycle in range(1, cycles + 1) if scope.covers(cycle)]


@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        ("C1", [1]),
        ("C2-12", list(range(2, 13))),
        ("C2-2", [2]),
        ("C13+", [13, 14, 15]),
        ("C1,3,5-7", [1, 3, 5, 6, 7]),
        ("C1,4+", [1, *range(4, 16)]),
        ("odd", [1, 3, 5, 7, 9, 11, 13, 15]),
        ("even", [2, 4, 6, 8, 10, 12, 14]),
        ("every 3rd from C4", [4, 7, 10, 13]),
        ("every 3rd from C3", [3, 6, 9, 12, 15]),
        ("every 1st from C14", [14, 15]),
        ("every 2nd from C1", [1, 3, 5, 7, 9, 11, 13, 15]),
        ("every 4th from C5", [5, 9, 13]),
        ("D1", list(range(1, 16))),
        ("  C2-12 ", list(range(2, 13))),
    ],
)
def test_the_cycles_of_a_scope(text: str, cycles: list[int]) -> None:
    assert covered(parse_scope(text)) == cycles


@pytest.mark.parametrize(
    ("text", "cycle", "days"),
    [
        ("C1", 1, list(range(-5, 29))),
        ("C1", 2, []),
        ("C1 D1-2", 1, [1, 2]),
        ("C1 D1-2", 2, []),
        ("C1D1-2", 1, [1, 2]),
        ("C2+ D1,8", 2, [1, 8]),
        ("C2+ D1,8", 1, []),
        ("odd D8", 3, [8]),
        ("odd D8", 4, []),
        ("every 3rd from C4 D15", 7, [15]),
        ("D1", 9, [1]),
        ("D8,15", 9, [8, 15]),
        ("D22+", 1, list(range(22, 29))),
        ("D-2", 1, [-2]),
        ("D-2,1", 1, [-2, 1]),
        ("D-5 to -1", 1, [-5, -4, -3, -2, -1]),
        ("D-2 to 2", 1, [-2, -1, 0, 1, 2]),
        ("D0", 1, [0]),
    ],
)
def test_the_days_of_a_scope(text: str, cycle: int, days: list[int]) -> None:
    scope = parse_scope(text)
    assert [day for day in range(-5, 29) if scope.covers(cycle, day)] == days


@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        ("C1", [1, 1]),
        ("C2-12", [2, 12]),
        ("C13+", [13]),
        ("C1,3,5-7", [1, 1, 3, 3, 5, 7]),
        ("every 3rd from C4", [4]),
        ("even", [2]),
        ("D1", []),
    ],
)
def test_the_cycles_a_scope_mentions(text: str, cycles: list[int]) -> None:
    assert list(parse_scope(text).mentions()) == cycles


def test_a_scope_is_shown_as_written() -> None:
    assert str(parse_scope(" every  3rd from C4   D1 ")) == "every 3rd from C4 D1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "else",
        "1",
        "c1",
        "C",
        "C1-",
        "C+",
        "C-1",
        "C1 C2",
        "C1, 3",
        "C1;3",
        "C1 to 3",
        "C1.5",
        "C1 D",
        "C1 1-2",
        "D",
        "D1 C1",
        "D1-2-3",
        "D--1",
        "odd even",
        "oddly",
        "every 3rd",
        "every 3 from C4",
        "every third from C4",
        "every 3rd from 4",
        "C\u0661",
        "C1 \u2013 3",
    ],
)
def test_what_is_not_a_scope(text: str) -> None:
    with pytest.raises(ValueError, match="is not a scope such as C1, C2-12, C13"):
        parse_scope(text)


@pytest.mark.parametrize("text", ["C0", "C0-3", "C0+", "C1,0", "every 3rd from C0", "every 0th from C4"])
def test_cycles_count_from_1(text: str) -> None:
    with pytest.raises(ValueError, match="cycles count from 1"):
        parse_scope(text)


@pytest.mark.parametrize("text", ["C3-2", "C1,12-2", "D8-1", "D-1 to -5", "D2 to 1"])
def test_a_span_does_not_go_backwards(text: str) -> None:
    with pytest.raises(ValueError, match="goes backwards"):
        parse_scope(text)


def test_a_span_includes_both_ends() -> None:
    assert [number for number in range(10) if number in Span(2, 5)] == [2, 3, 4, 5]
    assert [number for number in range(10) if number in Span(7, None)] == [7, 8, 9]


@given(first=st.integers(1, 60), count=st.integers(0, 20), cycle=st.integers(1, 100))
def test_three_scopes_share_the_cycles_out(first: int, count: int, cycle: int) -> None:
    last = first + count
    before = [parse_scope(f"C1-{first - 1}")] if first > 1 else []
    scopes = [*before, parse_scope(f"C{first}-{last}"), parse_scope(f"C{last + 1}+")]
    assert sum(scope.covers(cycle) for scope in scopes) == 1


@given(step=st.integers(1, 9), cycle=st.integers(1, 100))
def test_every_kth_from_each_of_k_starts_covers_each_cycle_once(step: int, cycle: int) -> None:
    assert sum(parse_scope(f"every {step}th from C{first}").covers(cycle) for first in range(1, step + 1)) == 1


@given(st.text(alphabet="CD0123456789,-+ oddevnryrdthfm", max_size=30))
def test_any_scope_is_read_or_refused(text: str) -> None:
    try:
        scope = parse_scope(text)
    except ValueError:
        return
    assert all(cycle >= 1 for cycle in scope.mentions())
