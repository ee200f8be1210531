"""Languages by their codes: what there is, and what is refused."""

import builtins
from datetime import date
from typing import Any

import pytest

from dosing.errors import OutputError
from dosing.page import language as module
from dosing.page.language import find_language, languages


def test_there_are_english_and_those_with_a_catalogue() -> None:
    assert {"en", "de"} <= set(languages())
    assert languages() == sorted(languages())


@pytest.mark.parametrize(
    ("code", "first", "shown"),
    [("en", "Mon", "en"), ("en-US", "Sun", "en-US"), ("en_GB", "Mon", "en-GB"), ("de-AT", "Mo.", "de-AT"), ("ar-EG", "السبت", "ar-EG")],
)
def test_the_territory_decides_about_the_week(code: str, first: str, shown: str) -> None:
    """Without one it begins on Monday, as in ISO 8601; in the United States on Sunday, in Egypt on Saturday."""
    language = find_language(code)
    assert (language.code, language.weekdays()[0][0]) == (shown, first)
    day = next(date(2026, 1, number) for number in range(5, 12) if language.column(date(2026, 1, number)) == 0)
    assert language.full_date(day).startswith(language.weekdays()[0][1])


@pytest.mark.parametrize("code", ["xx", "tlh", "", "d e", "fi", "../de"])
def test_what_is_no_language_of_ours_is_refused(code: str) -> None:
    with pytest.raises(OutputError, match=r"there is no language .*\(there are .*en, "):
        find_language(code)


def test_the_nearest_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "languages", lambda: ["deu", "en"])
    with pytest.raises(OutputError, match=r"there is no language 'deuu'.*deu.*\(there are deu, en\)"):
        find_language("deuu")


def test_without_babel_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def hidden(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == "babel":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", hidden)
    with pytest.raises(OutputError, match=r"need Babel: pip install 'dosing\[pages\]'"):
        find_language.__wrapped__("en")
