"""A list as CSV: UTF-8 with a mark that Excel knows, every text quoted and none of it a formula.

Ids are written as they are, in quotes: a program that reads the file as text gets them whole. Excel would still drop
leading zeros of an id made of digits when the file is opened by a double click, and nothing that a CSV may hold tells
it not to without changing the id; people who work in Excel take the worksheet (.xlsx), where ids are text.
"""

import csv
from pathlib import Path

import pyarrow as pa

from goldmine.lists.columns import LIST_COLUMNS

_DANGEROUS = tuple("=+-@\t\r\n'\uff1d\uff0b\uff0d\uff20")
"""What a formula begins with; the full-width signs begin one in the Chinese Excel. The apostrophe is among them so that
taking one apostrophe off always gives back the text."""


def harmless(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it as a formula.

    Examples
    --------
    >>> harmless("=1+1")
    "'=1+1"
    >>> harmless("0012")
    '0012'
    """
    return f"'{text}" if text.lstrip(" ").startswith(_DANGEROUS) else text


def write_csv(path: Path, rows: pa.Table, language: str) -> None:
    """Write a list as CSV with headings in a language; dates as ``YYYY-MM-DD``, probabilities as they are."""
    texts = {c.name for c in LIST_COLUMNS if c.shown in ("text", "mark")}
    columns = [_texts(rows[c.name]) if c.name in texts else rows[c.name].to_pylist() for c in LIST_COLUMNS]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
        writer.writerow([c.heading(language) for c in LIST_COLUMNS])
        writer.writerows(zip(*columns, strict=True))


def _texts(column: pa.ChunkedArray) -> list[str]:
    return ["" if text is None else harmless(text) for text in column.to_pylist()]
