"""Texts as codes: a pool only grows, so that a code means the same for the whole run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dosing.cohort.arrays import texts
from dosing.cohort.columns import arrow

if TYPE_CHECKING:
    import pyarrow as pa

NOTHING = -1


class Pool:
    """The distinct texts of one column; the code of a text is its place. No text has the code `NOTHING`."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._texts: list[str] = []
        self._array: pa.Array | None = None

    def __len__(self) -> int:
        return len(self._texts)

    def code(self, text: object) -> int:
        """The code of a text, which is kept if it is new."""
        if text is None or text == "":
            return NOTHING
        found = self._codes.get(str(text))
        if found is None:
            found = self._codes[str(text)] = len(self._texts)
            self._texts.append(str(text))
        return found

    def text(self, code: int) -> str:
        """The text of a code."""
        return "" if code == NOTHING else self._texts[code]

    def known(self, text: str) -> int | None:
        """The code of a text that is kept already."""
        return self._codes.get(text) if text else NOTHING

    def dictionary(self, more: Sequence[str] = ()) -> "pa.Array":
        """All texts in the order of their codes, with `more` after them."""
        pa = arrow()
        if self._array is None or len(self._array) != len(self._texts):
            self._array = texts(self._texts)
        return pa.concat_arrays([self._array, texts(more)]) if more else self._array


class Passing:
    """A pool with texts of one block after those that are kept: what only single patients have is not kept for ever."""

    def __init__(self, pool: Pool) -> None:
        self._pool, self._first = pool, len(pool)
        self._codes: dict[str, int] = {}

    def code(self, text: str) -> int:
        """The code of a text in this block."""
        found = self._pool.known(text)
        if found is not None and found < self._first:
            return found
        return self._codes.setdefault(text, self._first + len(self._codes))

    def dictionary(self) -> "pa.Array":
        """The texts of the pool as it was when the block began, and those of the block."""
        return self._pool.dictionary()[: self._first] if not self._codes else self._joined()

    def _joined(self) -> "pa.Array":
        pa = arrow()
        return pa.concat_arrays([self._pool.dictionary()[: self._first], texts(list(self._codes))])
