"""How a plan file is known."""

from pathlib import Path

import pytest

from dosing.plan.names import is_plan

HEAD = b"dosing_plan: 1\nid: p017\n"


@pytest.mark.parametrize(
    ("name", "data", "known"),
    [
        ("p017.plan.yaml", None, True),
        ("p017.plan.yaml", b"", True),
        ("p017.yaml", HEAD, True),
        ("p017.yaml", b"id: p017\n", False),
        ("p017.yaml", b"dosing", False),
        ("p017.yaml", None, False),
        ("p017", HEAD, True),
    ],
)
def test_a_plan_is_known_by_its_ending_or_by_how_its_file_begins(tmp_path: Path, name: str, data: bytes | None, known: bool) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    assert is_plan(str(path)) is known


@pytest.mark.parametrize("name", ["krd", "krd-asct", "carfilzomib", "p017"])
def test_a_name_that_is_no_path_is_never_opened(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(HEAD)
    assert not is_plan(name)


def test_a_folder_is_no_plan(tmp_path: Path) -> None:
    assert not is_plan(str(tmp_path))
