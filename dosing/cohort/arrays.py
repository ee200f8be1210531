"""Arrays from numpy and Python to Arrow and back: by their buffers, without a copy and without pandas.

pyarrow imports pandas, which takes 0.15 s, for the first `pyarrow.array`, the first `to_numpy`, and the first plain value among the
arguments of a function.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dosing.cohort.columns import arrow

if TYPE_CHECKING:
    import pyarrow as pa


def of_numpy(values: npt.NDArray[Any], nothing: npt.NDArray[np.bool_] | None = None) -> "pa.Array":
    """A numpy array as one of Arrow, null where `nothing` is true. They share their memory: don't change `values` afterwards."""
    pa = arrow()
    found = np.packbits(values, bitorder="little") if values.dtype == np.bool_ else np.ascontiguousarray(values)
    valid = pa.py_buffer(np.packbits(~nothing, bitorder="little")) if nothing is not None and nothing.any() else None
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [valid, pa.py_buffer(found)])


def to_numpy(values: "pa.Array") -> npt.NDArray[Any]:
    """An array of numbers or flags, without nulls, as one of numpy that is not to be written to."""
    _, data = values.buffers()
    begin, end = values.offset, values.offset + len(values)
    if arrow().types.is_boolean(values.type):
        return np.unpackbits(np.frombuffer(data, np.uint8), count=end, bitorder="little")[begin:].view(np.bool_)
    found: npt.NDArray[Any] = np.frombuffer(data, values.type.to_pandas_dtype(), count=end)[begin:]
    return found


def texts(values: Sequence[str]) -> "pa.Array":
    """Texts as an array."""
    pa = arrow()
    encoded = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), len(encoded), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))])


def one(value: str | np.generic) -> "pa.Scalar":
    """A value as an argument of a function."""
    return (texts([value]) if isinstance(value, str) else of_numpy(np.array([value])))[0]


def none(kind: "pa.DataType") -> "pa.Scalar":
    """Nothing as an argument of a function."""
    return arrow().nulls(1, kind)[0]
