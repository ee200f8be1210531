"""Strict YAML: what is read, and with which line the rest is refused."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dosing.errors import Problem
from dosing.regimen import nodes
from dosing.regimen.nodes import MAX_BYTES, MAX_DEPTH, Items, Node, Table, Text, parse


def read(data: bytes | str) -> Node:
    problems: list[Problem] = []
    node = parse(data.encode() if isinstance(data, str) else data, file="x.yaml", problems=problems)
    assert not problems
    assert node is not None
    return node


def refused(data: bytes | str) -> str:
    problems: list[Problem] = []
    assert parse(data.encode() if isinstance(data, str) else data, file="x.yaml", problems=problems) is None
    assert len(problems) == 1
    return str(problems[0])


def bare(node: Node) -> Any:
    """The node without its lines."""
    if isinstance(node, Text):
        return node.text
    if isinstance(node, Items):
        return [bare(item) for item in node.nodes]
    return {key: bare(value) for key, value in node.entries.items()}


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML with and without its C library."""
    if not hasattr(yaml, request.param):
        pytest.skip("PyYAML was built without libyaml")
    monkeypatch.setattr(nodes, "_LOADER", getattr(yaml, request.param))


@pytest.mark.parametrize(
    "scalar",
    [
        "no",
        "yes",
        "on",
        "~",
        "null",
        "12:30",
        "1.10",
        "010",
        "0x1F",
        "1_000",
        "1e3",
        ".inf",
        "2026-11-21",
        "1 8 15",
        "-2",
        "=",
        "<<",
        "true",
    ],
)
def test_text_is_text(scalar: str) -> None:
    assert bare(read(f"days: {scalar}")) == {"days": scalar}
    assert bare(read(f"{scalar}: x")) == {scalar: "x"}
    assert bare(read(f"[{scalar}]")) == [scalar]


def test_quotes_and_blocks_are_text_too() -> None:
    assert bare(read("a: '-2'\nb: \"x: y\"\nc: |\n  one\n  two\nd: >\n  one\n  two\ne:\n")) == {
        "a": "-2",
        "b": "x: y",
        "c": "one\ntwo\n",
        "d": "one two\n",
        "e": "",
    }


@pytest.mark.usefixtures("loader")
def test_every_node_knows_its_line() -> None:
    assert read("# first line\nid: x\ngive:\n  - drug: a\n    days: {C1: 1 8,\n           else: 1}\n  - b\n") == Table(
        line=2,
        entries={
            "id": Text(2, "x"),
            "give": Items(
                4,
                [
                    Table(
                        4,
                        {"drug": Text(4, "a"), "days": Table(5, {"C1": Text(5, "1 8"), "else": Text(6, "1")}, {"C1": 5, "else": 6})},
                        {"drug": 4, "days": 5},
                    ),
                    Text(7, "b"),
                ],
            ),
        },
        lines={"id": 2, "give": 3},
    )


@pytest.mark.usefixtures("loader")
def test_empty_lists_and_mappings() -> None:
    assert bare(read("a: []\nb: {}\n")) == {"a": [], "b": {}}


def test_the_order_of_keys_is_kept() -> None:
    table = read("z: 1\na: 2\nm: 3\n")
    assert isinstance(table, Table)
    assert list(table.entries) == ["z", "a", "m"]


@pytest.mark.usefixtures("loader")
def test_a_byte_order_mark_and_windows_line_ends() -> None:
    assert read(b"\xef\xbb\xbfid: x\r\ntitle: y\r\n") == Table(1, {"id": Text(1, "x"), "title": Text(2, "y")}, {"id": 1, "title": 2})


@pytest.mark.usefixtures("loader")
def test_other_scripts() -> None:
    assert bare(read("title: Größe µg 20±45 体表面积 😀")) == {"title": "Größe µg 20±45 体表面积 😀"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("a: 1\nb: &x 2\n", "x.yaml:2: aliases (&x, *x) are not allowed; write the value out"),
        ("a: 1\nb: *x\n", "x.yaml:2: aliases (&x, *x) are not allowed; write the value out"),
        ("a: &x [1]\n", "x.yaml:1: aliases (&x, *x) are not allowed; write the value out"),
        ("a: &x {b: 1}\n", "x.yaml:1: aliases (&x, *x) are not allowed; write the value out"),
        ("&x a: 1\n", "x.yaml:1: aliases (&x, *x) are not allowed; write the value out"),
        ("a:\n  <<: *x\n", "x.yaml:2: aliases (&x, *x) are not allowed; write the value out"),
        ("a: 1\nb: !!int 2\n", "x.yaml:2: the tag tag:yaml.org,2002:int is not allowed; every value is text"),
        ("a: !x 2\n", "x.yaml:1: the tag !x is not allowed; every value is text"),
        ("a: ! 2\n", "x.yaml:1: the tag ! is not allowed; every value is text"),
        ("a: !!set {b}\n", "x.yaml:1: the tag tag:yaml.org,2002:set is not allowed; every value is text"),
        ("!!omap\n- a: 1\n", "x.yaml:1: the tag tag:yaml.org,2002:omap is not allowed; every value is text"),
        (
            'a: !!python/object/apply:os.system ["true"]\n',
            "x.yaml:1: the tag tag:yaml.org,2002:python/object/apply:os.system is not allowed; every value is text",
        ),
        ("!x a: 1\n", "x.yaml:1: the tag !x is not allowed; every value is text"),
        ("a: 1\nb: 2\na: 3\n", "x.yaml:3: the key 'a' is written twice, first in line 1"),
        ("a: 1\n'a': 1\n", "x.yaml:2: the key 'a' is written twice, first in line 1"),
        ("x:\n  - {b: 1, c: 2,\n     b: 3}\n", "x.yaml:3: the key 'b' is written twice, first in line 2"),
        ("? [a, b]\n: 1\n", "x.yaml:1: a key must be plain text"),
        ("x: 1\n? {a: b}\n: 1\n", "x.yaml:2: a key must be plain text"),
        ("", "x.yaml: the file is empty"),
        ("\n\n", "x.yaml: the file is empty"),
        ("# nothing but words\n", "x.yaml: the file is empty"),
        (b"\xef\xbb\xbf", "x.yaml: the file is empty"),
        ("a: 1\n---\nb: 2\n", "x.yaml: the file holds more than one document; use one file for each"),
        ("--- a\n--- a\n--- a\n", "x.yaml: the file holds more than one document; use one file for each"),
        (b"a: 1\nb: \xff\n", "x.yaml:2: byte 0xff is not valid UTF-8; save the file as UTF-8"),
        (b"\xef\xbb\xbf\na: \n\xfe", "x.yaml:3: byte 0xfe is not valid UTF-8; save the file as UTF-8"),
        (b"\xef\xbb", "x.yaml:1: byte 0xef is not valid UTF-8; save the file as UTF-8"),
        (b"a: 1\n\nb: caf\xe9\n", "x.yaml:3: byte 0xe9 is not valid UTF-8; save the file as UTF-8"),
        (b"a: \xed\xa0\x80\n", "x.yaml:1: byte 0xed is not valid UTF-8; save the file as UTF-8"),
        ("a: 1\n".encode("utf-16"), "x.yaml:1: byte 0xff is not valid UTF-8; save the file as UTF-8"),
    ],
)
@pytest.mark.usefixtures("loader")
def test_what_is_refused(data: bytes | str, message: str) -> None:
    assert refused(data) == message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", 3),
        ("a: 1\n b: 2\n", 2),
        ("a: b: c\n", 1),
        ("a: 1\n\tb: 2\n", 2),
        ("a: 1\n- b\n", 2),
        ("a: 1\nb: @x\n", 2),
        ("%YAML 1.1\n%YAML 1.1\n---\na: 1\n", 2),
        ("a: 1\nb: {c: 1]\n", 2),
        ("a: 1\n\n}\n", 3),
    ],
)
@pytest.mark.usefixtures("loader")
def test_a_syntax_error_has_a_line(text: str, line: int) -> None:
    assert refused(text).startswith(f"x.yaml:{line}: not valid YAML: ")


@pytest.mark.parametrize(
    ("text", "line"), [("a: \0", 1), ("a: 1\nb: ééé\nc: \x07\nd: \x07\n", 3), ("a: 1\r\nb: \x1b[0m\r\n", 2), ("é: \ufffe", 1)]
)
@pytest.mark.usefixtures("loader")
def test_a_control_character_has_a_line(text: str, line: int) -> None:
    message = refused(text)
    assert message.startswith(f"x.yaml:{line}: not valid YAML: unacceptable character #x")
    assert "\n" not in message


@pytest.mark.usefixtures("loader")
def test_a_billion_laughs_are_refused_at_the_first() -> None:
    lines = ['a: &a ["lol", "lol", "lol", "lol", "lol", "lol", "lol", "lol", "lol"]']
    for before, letter in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{letter}: &{letter} [{', '.join([f'*{before}'] * 9)}]")
    assert refused("\n".join(lines)) == "x.yaml:1: aliases (&x, *x) are not allowed; write the value out"


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
@pytest.mark.usefixtures("loader")
def test_ten_thousand_brackets(opening: str) -> None:
    message = refused(opening * 10_000)
    assert message in (f"x.yaml:1: nested more than {MAX_DEPTH} levels deep", "x.yaml:1: a key must be plain text")


@pytest.mark.usefixtures("loader")
def test_nesting_to_the_limit_and_one_past_it() -> None:
    deepest = read("[" * MAX_DEPTH + "x" + "]" * MAX_DEPTH)
    for _ in range(MAX_DEPTH):
        assert isinstance(deepest, Items)
        deepest = deepest.nodes[0]
    assert deepest == Text(1, "x")
    assert refused("[" * (MAX_DEPTH + 1) + "x" + "]" * (MAX_DEPTH + 1)) == "x.yaml:1: nested more than 30 levels deep"
    assert refused("a:\n " + "[" * MAX_DEPTH + "x" + "]" * MAX_DEPTH) == "x.yaml:2: nested more than 30 levels deep"


def test_ten_megabytes_are_refused_unread() -> None:
    assert refused(b"\xff" * 10_000_000) == "x.yaml: the file has 10,000,000 bytes; a regimen has at most 1,000,000"


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ('a: "x\\x1b[2Jy"', 1, "U+001B"),
        ('a: 1\n"b\\u202ec": 2', 2, "U+202E"),
        ('a: 1\nb:\n- "\\u2066"', 3, "U+2066"),
        ("a: \u202dx", 1, "U+202D"),
    ],
)
def test_what_could_change_a_terminal_is_refused(text: str, line: int, found: str) -> None:
    assert refused(text) == f"x.yaml:{line}: the text holds the control character {found}; take it out"


def test_tabs_and_line_feeds_are_text() -> None:
    assert bare(read(b'a: "x\\ty\\nz"')) == {"a": "x\ty\nz"}


def test_size_to_the_limit_and_one_past_it() -> None:
    text = b"a: 1\n#" + b"x" * (MAX_BYTES - 6)
    assert bare(read(text)) == {"a": "1"}
    assert refused(text + b"x").startswith("x.yaml: the file has 1,000,001 bytes")


def test_problems_are_appended() -> None:
    problems = [Problem("other.yaml", 1, "id", "is missing")]
    assert parse(b"a: [", file="x.yaml", problems=problems) is None
    assert [problem.file for problem in problems] == ["other.yaml", "x.yaml"]


words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12)
trees = st.recursive(words, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4), max_leaves=20)


@given(trees)
def test_what_is_written_is_read(tree: Any) -> None:
    assert bare(read(yaml.safe_dump(tree, allow_unicode=True, default_style='"').replace("!!null", ""))) == tree


@given(st.binary(max_size=200) | st.text("ab:-[]{}&*!?|>'\"#%@,\n \t\0é", max_size=60).map(str.encode))
def test_anything_is_read_or_refused(data: bytes) -> None:
    problems: list[Problem] = []
    node = parse(data, file="x.yaml", problems=problems)
    assert (node is None) == (len(problems) == 1)
    assert all(0 <= problem.line <= data.count(b"\n") + data.count(b"\r") + 2 for problem in problems)
