"""A list as CSV: UTF-8 with a mark that Excel knows, every text quoted and none of it a formula.

Ids are written as they are, in quotes: a program that reads the file as text gets them whole. Excel would still drop
leading zeros of an id made of digits when the file is opened by a double click, and nothing that a CSV may hold tells
it not to without changing the id; people who work in Excel take the worksheet (.xlsx), where ids are text.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from goldmine.core.formula import escape_formula
from goldmine.publishing.list_columns import TEXTS, ListColumn


def write_csv(path: Path, rows: pa.Table, columns: Sequence[ListColumn], language: str) -> None:
    """Write a list as CSV with headings in a language; dates as ``YYYY-MM-DD``, probabilities as they are."""
    cells = [_texts(rows[c.name]) if c.shown in TEXTS else rows[c.name].to_pylist() for c in columns]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
        writer.writerow([c.heading(language) for c in columns])
        writer.writerows(zip(*cells, strict=True))


def _texts(column: pa.ChunkedArray) -> list[str]:
    return ["" if text is None else escape_formula(text) for text in column.to_pylist()]
