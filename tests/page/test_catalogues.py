"""Catalogues: every message of the pages is translated in each, none that nobody says, placeholders kept, reviews said openly."""

import ast
import re
import runpy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel.messages import Catalog, Message
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

import dosing.page
from dosing.page.language import find_language, languages

PAGE = Path(dosing.page.__file__).parent
LOCALE = PAGE / "locale"
DOCS = Path(__file__).resolve().parents[2] / "docs"
CODES = sorted(path.stem for path in LOCALE.glob("*.po"))
# Names of sheets, of which spreadsheets ask more than of other words.
SHEETS = ("Calendar", "List", "Diary", "Preparation")
# How a head says that somebody looked at a translation, and when.
REVIEWED_ON = re.compile(r"^# Reviewed on \d{4}-\d{2}-\d{2} by \S", re.MULTILINE)


@dataclass(frozen=True)
class Written:
    """A catalogue as it is in its file: its head as text, and its messages."""

    code: str
    head: str
    messages: Catalog

    @classmethod
    def of(cls, code: str, text: str) -> "Written":
        return cls(code, text.partition("\n\n")[0], read_po(BytesIO(text.encode()), locale=code, abort_invalid=True))


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(DOCS / "messages.py"))


@pytest.fixture(scope="module")
def said(script: dict[str, Any]) -> Catalog:
    """What the code says."""
    found: Catalog = script["messages"]()
    return found


@pytest.fixture(params=CODES)
def catalogue(request: pytest.FixtureRequest) -> Written:
    return Written.of(request.param, (LOCALE / f"{request.param}.po").read_text(encoding="utf-8"))


def of(catalogue: Catalog) -> Iterator[Message]:
    """The messages without the head."""
    yield from (each for each in catalogue if each.id)


def forms(message: Message) -> tuple[str, ...]:
    """All translations of a message."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def placeholders(text: str) -> Counter[str]:
    """`{count}` and its like with how often each is there. Raises ValueError for braces that are no placeholders."""
    return Counter(name + (f"!{conversion}" if conversion else "") + spec for name, spec, conversion in _fields(text))


def _fields(text: str) -> Iterator[tuple[str, str, str | None]]:
    for _, name, spec, conversion in Formatter().parse(text):
        if name is not None:
            yield name, spec or "", conversion


# -- what the code says -------------------------------------------------------------------------------------------


def test_the_languages_of_the_issue_are_there() -> None:
    assert languages() == ["ar", "de", "en", "es", "fr", "ko"]
    assert CODES == ["ar", "de", "es", "fr", "ko"]


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name == getattr(node.func, "id", getattr(node.func, "attr", "")):
            yield node


def test_every_message_stands_in_the_code_as_it_is(said: Catalog) -> None:
    """One that is put together, or comes from a variable, is in no catalogue."""
    found: set[object] = set()
    for path in PAGE.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for name, count in (("say", 1), ("many", 2)):
            for call in calls(tree, name):
                words = [each.value if isinstance(each, ast.Constant) else None for each in call.args[:count]]
                assert all(isinstance(each, str) for each in words), f"{path.name}:{call.lineno}"
                assert len(words) == count
                found.add(words[0] if count == 1 else tuple(words))
    assert found == {each.id for each in of(said)}
    assert len(found) > 40


def test_every_message_asks_for_what_its_other_form_asks_for(said: Catalog) -> None:
    for each in of(said):
        if not isinstance(each.id, str):
            assert "count" in placeholders(each.id[1])
            assert placeholders(each.id[0]) == placeholders(each.id[1])


# -- what the catalogues say --------------------------------------------------------------------------------------


def test_every_message_is_translated_and_no_other(catalogue: Written, said: Catalog) -> None:
    known = {each.id for each in of(catalogue.messages)}
    wanted = {each.id for each in of(said)}
    assert known == wanted, "run `python docs/messages.py`, then translate"
    assert not catalogue.messages.obsolete
    for each in of(catalogue.messages):
        assert not each.fuzzy, each.id
        assert all(form.strip() for form in forms(each)), each.id


def test_every_plural_form_is_there(catalogue: Written) -> None:
    number, rule = get_plural(catalogue.code)[:2]
    assert catalogue.messages.num_plurals == number
    assert f"nplurals={number};" in catalogue.head
    for each in of(catalogue.messages):
        assert len(forms(each)) == (1 if isinstance(each.id, str) else number), each.id
    assert rule


def test_placeholders_are_kept_in_every_form(catalogue: Written) -> None:
    """And so are blanks at the ends, where a message has any."""
    for each in of(catalogue.messages):
        original = each.id if isinstance(each.id, str) else each.id[1]
        for form in forms(each):
            assert placeholders(form) == placeholders(original), (each.id, form)
            assert (form[:1].isspace(), form[-1:].isspace()) == (original[:1].isspace(), original[-1:].isspace()), each.id


def test_amounts_keep_their_digits(catalogue: Written) -> None:
    """No number stands in a translation that isn't in the message, but for a count that a language writes out beside its digit."""
    for each in of(catalogue.messages):
        original = each.id if isinstance(each.id, str) else " ".join(each.id)
        for form in forms(each):
            assert set(re.findall(r"\d+", form)) <= set(re.findall(r"\d+", original)), (each.id, form)


def test_no_translation_is_longer_than_a_cell_can_hold(catalogue: Written) -> None:
    """Four times a short message, twice a long one: more would be another sentence."""
    for each in of(catalogue.messages):
        original = each.id if isinstance(each.id, str) else each.id[1]
        assert all(len(form) <= max(4 * len(original), 12, 2 * len(original)) for form in forms(each)), each.id


def test_names_of_sheets_are_names_of_sheets() -> None:
    """31 letters at most, none that means something in a formula, and each once."""
    for code in languages():
        names = [find_language(code).say(name) for name in SHEETS]
        assert len({name.casefold() for name in names}) == len(SHEETS)
        for name in names:
            assert 0 < len(name.encode("utf-16-le")) // 2 <= 31
            assert not set(name) & set("[]:*?/\\")
            assert name.strip("'") == name
            assert name.casefold() != "history"


# -- heads --------------------------------------------------------------------------------------------------------


def slips(catalogue: Written) -> list[str]:
    """What is wrong with a head."""
    head, found = catalogue.head, []
    for header in ("Project-Id-Version: dosing", f"Language: {catalogue.code}", "Content-Type: text/plain; charset=UTF-8"):
        if f'\n"{header}\\n"' not in head:
            found.append(f"no {header}")
    reviewed = re.findall(r'^"X-Reviewed: (.*)\\n"$', head, re.MULTILINE)
    if reviewed not in (["yes"], ["no"]):
        found.append("X-Reviewed is neither yes nor no")
    if reviewed == ["yes"] and not REVIEWED_ON.search(head):
        found.append("reviewed, and nobody says when and by whom")
    if reviewed == ["no"] and "review" not in head.partition("msgid")[0].casefold():
        found.append("not reviewed, and nothing says which review it needs")
    return found


def test_heads_are_complete(catalogue: Written) -> None:
    assert slips(catalogue) == []


def test_a_review_is_not_claimed_silently() -> None:
    head = (
        "# Made by a machine. It needs a review.\n"
        'msgid ""\nmsgstr ""\n"Project-Id-Version: dosing\\n"\n"Language: de\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n"X-Reviewed: no\\n"\n'
    )
    by = head.replace("Made by a machine. It needs a review.", "Reviewed on 2026-12-01 by an oncology pharmacist.")
    said_yes = ("X-Reviewed: no", "X-Reviewed: yes")
    assert slips(Written.of("de", head)) == []
    assert slips(Written.of("de", by.replace(*said_yes))) == []
    assert slips(Written.of("de", head.replace(*said_yes))) == ["reviewed, and nobody says when and by whom"]
    assert slips(Written.of("de", head.replace(" It needs a review.", ""))) == ["not reviewed, and nothing says which review it needs"]
    assert slips(Written.of("de", head.replace("X-Reviewed: no", "X-Reviewed: soon"))) == ["X-Reviewed is neither yes nor no"]
    assert slips(Written.of("fr", head)) == ["no Language: fr"]


def test_a_page_says_what_its_catalogue_says(catalogue: Written) -> None:
    assert find_language(catalogue.code).reviewed == ('"X-Reviewed: yes' in catalogue.head)


# -- the script ---------------------------------------------------------------------------------------------------


def test_the_template_is_not_stale(script: dict[str, Any], said: Catalog) -> None:
    assert (LOCALE / "dosing.pot").read_text(encoding="utf-8") == script["template"](said), "run `python docs/messages.py`"


def test_a_catalogue_that_is_up_to_date_is_left_alone(script: dict[str, Any], said: Catalog) -> None:
    for code in CODES:
        text = (LOCALE / f"{code}.po").read_text(encoding="utf-8")
        assert script["updated"](text, said) == text


def changed(text: str, *, without: str = "", more: str = "") -> str:
    """A catalogue without a message, or with more."""
    parts = [part for part in text.split("\n\n") if not (without and part.startswith(f'msgid "{without}"'))]
    return "\n\n".join([*parts, more]) if more else "\n\n".join(parts)


@pytest.fixture
def german() -> str:
    return (LOCALE / "de.po").read_text(encoding="utf-8").replace('"X-Reviewed: no', '"X-Reviewed: yes')


def test_a_new_message_is_added_and_the_review_is_over(script: dict[str, Any], said: Catalog, german: str) -> None:
    short = changed(german, without="paused")
    assert short != german
    made = Written.of("de", script["updated"](short, said))
    assert made.messages["paused"].string == ""
    assert made.messages["given"].string == Written.of("de", german).messages["given"].string
    assert {each.id for each in of(made.messages)} == {each.id for each in of(said)}
    assert '"X-Reviewed: no\\n"' in made.head
    assert made.head.replace("X-Reviewed: no", "X-Reviewed: yes") == german.partition("\n\n")[0]


@pytest.mark.parametrize("more", ['msgid "nobody says this"\nmsgstr "Kauderwelsch"\n', '#~ msgid "once said"\n#~ msgstr "einst"\n'])
def test_a_message_that_nobody_says_is_taken_out(script: dict[str, Any], said: Catalog, german: str, more: str) -> None:
    """The review stands: nothing is new."""
    made = script["updated"](changed(german, more=more), said)
    assert "Kauderwelsch" not in made
    assert "einst" not in made
    assert '"X-Reviewed: yes\\n"' in made
    found = Written.of("de", made).messages
    assert {each.id: each.string for each in of(found)} == {each.id: each.string for each in of(Written.of("de", german).messages)}


def test_the_script_writes_the_template_and_each_catalogue(script: dict[str, Any], german: str, tmp_path: Path) -> None:
    (tmp_path / "de.po").write_text(changed(german, without="paused"), encoding="utf-8")
    main: Callable[[Path], None] = script["main"]
    main(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["de.po", "dosing.pot"]
    assert (tmp_path / "dosing.pot").read_bytes() == (LOCALE / "dosing.pot").read_bytes()
    assert 'msgid "paused"\nmsgstr ""' in (tmp_path / "de.po").read_text(encoding="utf-8")
