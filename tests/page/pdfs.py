"""PDFs to test with, and what pypdf reads in them."""

import os
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Any
from unicodedata import category

import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, ContentStream

from dosing.errors import OutputError
from dosing.page.pdf import to_pdf
from tests.page.pages import dense, drawn, made

# Languages whose letters typst has no good font for, and a Debian package with one.
NO_FONT = {"ar": "fonts-noto-core", "ko": "fonts-nanum"}


def read(data: bytes) -> PdfReader:
    return PdfReader(BytesIO(data))


@cache
def pdf_of(language: str) -> bytes:
    """Two cycles of a sparse regimen; a language whose letters no font here has is skipped aloud."""
    try:
        return to_pdf(made(drawn("krd", cycles=2), language))
    except OutputError as error:
        message = f"{error} (apt-get install {NO_FONT.get(language, '?')}, or all: tests/interop/install.sh)"
        if language not in NO_FONT or os.environ.get("DOSING_INTEROP") == "all":
            pytest.fail(message)
        pytest.skip(message)


@cache
def dense_pdf(*, large: bool = False) -> bytes:
    return to_pdf(dense(), large=large)


def texts(data: bytes) -> list[str]:
    """The text of each page, in the order in which it is drawn."""
    return [page.extract_text().replace("\u00a0", " ") for page in read(data).pages]


def structure(data: bytes) -> Iterator[tuple[str, Any]]:
    """All elements of the document's structure in their order: the role of each, and the element."""
    return _elements(read(data).trailer["/Root"]["/StructTreeRoot"]["/K"])  # type: ignore[index]


def _elements(node: Any) -> Iterator[tuple[str, Any]]:
    node = node.get_object()
    if isinstance(node, list):
        for each in node:
            yield from _elements(each)
    elif isinstance(node, dict) and "/S" in node:
        yield str(node["/S"]), node
        yield from _elements(node.get("/K", []) if not isinstance(node.get("/K"), int) else ArrayObject())


def operations(data: bytes, number: int) -> list[tuple[Any, bytes]]:
    reader = read(data)
    return ContentStream(reader.pages[number]["/Contents"].get_object(), reader).operations


def visible(words: str) -> str:
    """Without blanks, and marks that nobody sees."""
    return "".join(letter for letter in words if not letter.isspace() and category(letter) not in ("Cf", "Cc"))


def sizes(data: bytes, number: int) -> set[float]:
    """The sizes of type on a page."""
    return {float(operands[1]) for operands, operator in operations(data, number) if operator == b"Tf"}


def places(data: bytes, number: int) -> dict[str, float]:
    """How far from the left the texts of a page begin, where each is drawn first."""
    found: dict[str, float] = {}

    def note(text: str, cm: Any, tm: Any, _font: Any, _size: Any) -> None:
        if text.strip():
            found.setdefault(text.strip(), cm[4] + tm[4])

    read(data).pages[number].extract_text(visitor_text=note)
    return found
