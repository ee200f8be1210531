"""What the Word file and the spreadsheet share: letters, directions, widths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dosing.errors import OutputError
from dosing.page.office import directions, lines_of, runs_left_to_right, safe, width


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (
            "\u0643\u0628\u0633\u0648\u0644\u0629 (1) \u0628\u062a\u0631\u0643\u064a\u0632 25 mg",
            [("\u0643\u0628\u0633\u0648\u0644\u0629 (1) \u0628\u062a\u0631\u0643\u064a\u0632 ", False), ("25 mg", True)],
        ),
        ("\u0648 3.5 mg/m2 \u0648", [("\u0648 ", False), ("3.5 mg/m2", True), (" \u0648", False)]),
        ("ISA-KPD \u0648", [("ISA-KPD", True), (" \u0648", False)]),
        ("\u0648 \u200e25 x 2\u200e", [("\u0648 ", False), ("\u200e25 x 2\u200e", True)]),
        # A number alone goes with what stands around it, and words without any such letter are one.
        ("5 \u0648", [("5 \u0648", False)]),
        ("Stem cells (second)", [("Stem cells (second)", True)]),
        ("12", [("12", False)]),
        ("", []),
    ],
)
def test_amounts_and_names_run_from_left_to_right(text: str, pieces: list[tuple[str, bool]]) -> None:
    assert list(directions(text)) == pieces


@given(st.text())
def test_no_letter_is_lost_between_directions(text: str) -> None:
    assert "".join(piece for piece, _ in directions(text)) == text


def test_direction_of_words() -> None:
    assert [runs_left_to_right(words) for words in ("carfilzomib", "\u0648 carfilzomib", "\u05d0", "25", "\uc57d")] == [
        True,
        False,
        False,
        False,
        True,
    ]


def test_widths() -> None:
    """Korean letters are as wide as two, marks that are not seen as none."""
    assert [width(text) for text in ("", "abc", "\uc57d", "\u200e25 mg\u200e", "\u064f\u0648")] == [1, 3, 2, 5, 1]
    assert [lines_of(text, 5) for text in ("", "abcde", "abcdef", "a\n\nb")] == [1, 1, 2, 3]


@pytest.mark.parametrize(("text", "tidy"), [("a\r\nb\rc\n", "a\nb\nc\n"), ("\t\u202e\u2028\U0001f48a\xa0", "\t\u202e\u2028\U0001f48a\xa0")])
def test_line_ends_are_line_feeds_and_the_rest_stays(text: str, tidy: str) -> None:
    assert safe(text, into="a file") == tidy


@pytest.mark.parametrize("letter", ["\x00", "\x08", "\x0b", "\x1f", "\x7f", "\x9f", "\ud800", "\ufffe", "\uffff"])
def test_other_control_characters_are_refused(letter: str) -> None:
    """With the twenty letters before."""
    with pytest.raises(OutputError, match=f"the letter U\\+{ord(letter):04X} after 's is the text before' can't stand in a file: take it"):
        safe(f"this is the text before{letter}", into="a file")
