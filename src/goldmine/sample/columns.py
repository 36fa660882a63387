"""Arrow columns from numpy arrays: codes, numbers as text, money, days."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

EPOCH = date(1970, 1, 1)


def ids(prefix: str, numbers: NDArray, width: int, missing: NDArray | None = None) -> pa.Array:
    """Numbers as text of fixed width behind a prefix; missing ones are empty."""
    text = pc.utf8_lpad(pa.array(numbers.astype(np.int64)).cast(pa.string()), width, "0")
    found = pc.binary_join_element_wise(prefix, text, "")
    return found if missing is None else pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), found)


def codes(choices: tuple[str, ...], picks: NDArray, missing: NDArray | None = None) -> pa.Array:
    """Codes of a list by their places in it."""
    found = pa.DictionaryArray.from_arrays(pa.array(picks.astype(np.int32), mask=missing), pa.array(choices))
    return found.cast(pa.string())


def money(fen: NDArray) -> pa.Array:
    """Decimal yuan from whole fen, without going through floating point."""
    low = np.ascontiguousarray(fen, dtype=np.int64)
    words = np.stack([low, low >> 63], axis=1)
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(low), [None, pa.py_buffer(words.tobytes())])


def days(numbers: NDArray, missing: NDArray | None = None) -> pa.Array:
    """Days from their numbers since 1970-01-01."""
    return pa.array(numbers.astype(np.int32), mask=missing).cast(pa.date32())


def day_number(day: date) -> int:
    """Number of a day since 1970-01-01."""
    return (day - EPOCH).days
