"""Where a CSV file can be cut: at starts of records, found from its bytes without reading its values."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from goldmine.contract.sources import CsvSource

_BYTES = 1 << 24
_RETURN, _NEWLINE = b"\r\n"
_ASCII = 128
_TRAIL_BYTES = ord("@")
"""From here on a byte may be the last one of a character of GBK, GB18030 or Big5, and no delimiter."""
_SEVERAL_BYTES = ("gbk", "gb18030", "big5")

Positions = NDArray[np.int64]


def record_starts(path: Path, source: CsvSource, size: int) -> list[int]:
    """Where a file can be cut into ranges of about so many bytes: the start of its first record and of some others.

    A newline ends a record unless it stands within quotes. Quotes are followed as long as each one stands where only a
    quoted value begins, ends or doubles it. A file in which one does not, whose lines do not all end alike, or that is
    in UTF-16, is not cut: what it means is DuckDB's to say.

    Returns
    -------
    list of int
        The starts in bytes, the first one behind the header; none where the file is not cut.
    """
    delimiter, quote = ord(source.delimiter), ord(source.quote)
    if source.encoding == "utf-16" or max(delimiter, quote) >= _ASCII or not path.stat().st_size:
        return []
    content = np.memmap(path, np.uint8, "r")
    starts = [] if source.header else [0]
    try:
        for ends in _record_ends(content, source):
            while (place := np.searchsorted(ends, starts[-1] + size if starts else 0)) < len(ends):
                starts.append(int(ends[place]) + 1)
    except ValueError:
        return []
    return [start for start in starts if start < len(content)]


def _record_ends(content: NDArray[np.uint8], source: CsvSource) -> Iterator[Positions]:
    """Positions of the newlines outside of quotes, some million bytes at a time.

    Raises
    ------
    ValueError
        If a quote or the end of a line is not where it is expected.
    """
    quotes, with_return = 0, None
    for begin in range(0, len(content), _BYTES):
        chunk = content[begin : begin + _BYTES]
        at = np.flatnonzero(chunk == ord(source.quote))
        _require_regular(content, at + begin, quotes, source)
        ends = _outside(chunk == _NEWLINE, at, quotes) + begin
        returns = _outside(chunk == _RETURN, at, quotes) + begin
        before = content[np.maximum(ends - 1, 0)] == _RETURN
        if len(ends) and with_return is None:
            with_return = bool(before[0])
        after = content[np.minimum(returns + 1, len(content) - 1)] == _NEWLINE
        if not after.all() or (len(ends) and not (before == with_return).all()):
            raise ValueError("the lines do not all end alike")
        quotes += len(at)
        yield ends


def _outside(found: NDArray[np.bool_], quotes_at: Positions, quotes_before: int) -> Positions:
    """Positions of what was found outside of quotes."""
    at = np.flatnonzero(found)
    return at[(np.searchsorted(quotes_at, at) + quotes_before) % 2 == 0]


def _require_regular(content: NDArray[np.uint8], at: Positions, quotes_before: int, source: CsvSource) -> None:
    """Raise unless a value begins behind a delimiter or a newline and ends before one, or doubles its quotes."""
    if not len(at):
        return
    if source.encoding in _SEVERAL_BYTES and ord(source.delimiter) >= _TRAIL_BYTES:
        raise ValueError("the delimiter may be part of a character")
    signs = (ord(source.delimiter), ord(source.quote), _NEWLINE, _RETURN)
    opening = (np.arange(len(at)) + quotes_before) % 2 == 0
    first, last = at[opening], at[~opening]
    begins = np.isin(content[first - 1], signs) | (first == 0)
    ends = np.isin(content[np.minimum(last + 1, len(content) - 1)], signs)
    if not (begins.all() and ends.all()):
        raise ValueError("a quote stands within a value")
