"""Regimens written in a few lines for one test."""

from collections.abc import Callable

import pytest

from dosing.regimen.check import problems_of
from dosing.regimen.model import Regimen
from dosing.regimen.read import read_regimen

HEAD = """
id: invented
title: Invented for a test
version: 1
checked: 2026-11-21
source: s
sources: {s: {title: Invented, grade: A}}
drugs:
  a: {source: s, precision: 0.001 mg, routes: PO or IV}
  b: {source: s, precision: 0.1 mg, routes: PO or IV, bsa_cap: 2.2 m2}
"""


@pytest.fixture(scope="session")
def read() -> Callable[[str], Regimen]:
    """Makes a regimen from the text of its phases (and variants and proxies); it has the drugs a and b."""

    def made(text: str) -> Regimen:
        regimen = read_regimen(f"{HEAD}{text}".encode(), file="invented.yaml")
        assert problems_of(regimen, file="invented.yaml") == []
        return regimen

    return made
