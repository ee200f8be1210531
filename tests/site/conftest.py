"""The drugs of the tests of sites."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dosing.regimen import library
from tests.site.sites import DRUGS


@pytest.fixture
def drugs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Drugs made up for these tests stand in for the shipped ones."""
    folder = tmp_path / "data" / "drugs"
    folder.mkdir(parents=True)
    for id, text in DRUGS.items():
        (folder / f"{id}.yaml").write_text(f"id: {id}\n{text}", encoding="utf-8")
    monkeypatch.setattr(library, "data_dir", lambda: tmp_path / "data")
    library.shipped_drug.cache_clear()
    yield
    library.shipped_drug.cache_clear()
