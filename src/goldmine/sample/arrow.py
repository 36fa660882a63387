"""Arrow columns from numpy arrays, and the Parquet files that blocks of customers are added to."""

from collections import defaultdict
from datetime import date
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

EPOCH = date(1970, 1, 1)


def ids(prefix: str, numbers: NDArray, width: int, missing: NDArray | None = None) -> pa.Array:
    """Numbers as text of fixed width behind a prefix; missing ones are empty."""
    text = pc.utf8_lpad(pa.array(numbers.astype(np.int64)).cast(pa.string()), width, "0")
    texts = pc.binary_join_element_wise(prefix, text, "")
    return texts if missing is None else pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), texts)


def codes(choices: tuple[str, ...], picks: NDArray, missing: NDArray | None = None) -> pa.Array:
    """Codes of a list by their places in it."""
    texts = pa.DictionaryArray.from_arrays(pa.array(picks.astype(np.int32), mask=missing), pa.array(choices))
    return texts.cast(pa.string())


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


_ROWS = 50_000
"""Rows of a table that are gathered before they are written, so that small blocks do not make small row groups."""


class Writers:
    """Parquet writers by name, closed together at the end.

    Parameters
    ----------
    folder : Path
        Where ``<name>.parquet`` is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, pq.ParquetWriter] = {}
        self._waiting: dict[str, list[pa.Table]] = defaultdict(list)

    def __enter__(self) -> "Writers":
        return self

    def write(self, name: str, table: pa.Table) -> None:
        """Add a table's rows to the file of that name; a table without columns adds nothing."""
        if not table.num_columns:
            return
        waiting = self._waiting[name]
        waiting.append(table)
        if sum(part.num_rows for part in waiting) >= _ROWS:
            self._flush(name)

    def _flush(self, name: str) -> None:
        table = pa.concat_tables(self._waiting.pop(name)).combine_chunks()
        if name not in self._open:
            path = self._folder / f"{name}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
        if table.num_rows:  # a row group without rows has no statistics to tell what it holds
            self._open[name].write_table(table)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            for name in list(self._waiting):
                self._flush(name)
        for writer in self._open.values():
            writer.close()
