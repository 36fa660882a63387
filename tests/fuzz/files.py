"""A table written as a bank's system would: CSV, Parquet or SQLite, and read back by Python's own readers."""

import csv
import io
import sqlite3
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from goldmine.contract.schema import Column, TableSpec
from goldmine.contract.sources import CsvSource, ParquetSource, Source, SqliteSource
from tests.fuzz import values
from tests.fuzz.independent import SPACES, Forms

ENCODINGS = ("utf-8", "utf-8", "gb18030", "gbk", "utf-16")
_DAY = date(2024, 1, 31)
_TYPED: dict[str, list[tuple[pa.DataType, st.SearchStrategy[Any]]]] = {
    "money": [
        (pa.float64(), st.one_of(st.floats(), st.floats(-1e7, 1e7), st.sampled_from([1.005, 0.1 + 0.2, 1e-17, 2.675]))),
        (pa.float32(), st.floats(width=32)),
        (pa.float16(), st.floats(width=16)),
        (pa.decimal128(18, 2), st.decimals(-(10**15), 10**15, places=2)),
        (pa.decimal128(38, 10), st.decimals(-(10**17), 10**17, places=10)),
        (pa.decimal128(5, 5), st.decimals(Decimal("-.9"), Decimal(".9"), places=5)),
        (pa.decimal256(50, 10), st.decimals(-(10**17), 10**17, places=10)),
        (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
        (pa.uint64(), st.integers(0, 2**64 - 1)),
        (pa.int8(), st.integers(-128, 127)),
        (pa.duration("s"), st.integers(0, 10**6)),
        (pa.bool_(), st.booleans()),
    ],
    "day": [
        (pa.date32(), st.one_of(st.dates(), st.dates(date(1990, 1, 1), date(2030, 1, 1)))),
        (pa.date64(), st.dates(date(1800, 1, 1), date(2200, 1, 1))),
        (pa.timestamp("us"), st.datetimes()),
        (pa.timestamp("ns"), st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1))),
        (pa.timestamp("s"), st.datetimes().map(lambda moment: moment.replace(microsecond=0))),
        (pa.timestamp("us", "UTC"), st.datetimes()),
        (pa.time32("s"), st.times().map(lambda time: time.replace(microsecond=0))),
        (pa.int32(), st.sampled_from([20240131, 45322, 0])),
        (pa.float64(), st.just(45322.0)),
    ],
    "flag": [
        (pa.bool_(), st.booleans()),
        (pa.int8(), st.integers(-1, 2)),
        (pa.uint8(), st.integers(0, 1)),
        (pa.float64(), st.sampled_from([0.0, 1.0])),
    ],
    "text": [
        (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
        (pa.uint64(), st.integers(0, 2**64 - 1)),
        (pa.decimal128(20, 0), st.decimals(0, 10**19, places=0)),
        (pa.decimal128(20, 1), st.decimals(0, 10**18, places=1)),
        (pa.float64(), st.floats(0, 1e6)),
        (pa.bool_(), st.booleans()),
        (pa.binary(), st.binary(max_size=4)),
        (pa.date32(), st.dates()),
        (pa.duration("us"), st.integers(0, 10**6)),
        (pa.list_(pa.string()), st.just(["1"])),
        (pa.null(), st.none()),
    ],
}
_TYPED["moment"] = _TYPED["day"]
READABLE: dict[str, tuple[str, ...]] = {
    "money": ("double", "float", "halffloat", "decimal128", "int", "uint"),
    "day": ("date", "timestamp"),
    "moment": ("date", "timestamp"),
    "flag": ("bool", "int", "uint"),
    "text": ("int", "uint", "decimal128(20, 0)"),
}


@dataclass(frozen=True)
class File:
    """A written table: how goldmine is told of it, and what Python's own readers find in it.

    Parameters
    ----------
    source, select : Source, str
        As in bank.yaml.
    columns : dict of str to list
        The values by column.
    refusable : bool
        Whether the file may be refused although each value can be read: its shape or a type is not allowed.
    """

    source: Source
    select: str
    columns: dict[str, list[Any]]
    refusable: bool


@st.composite
def tables(draw: st.DrawFn, spec: TableSpec, folder: Path, forms: Forms) -> File:
    """A table of random columns and values in a random kind of file."""
    columns = [c for c in spec.columns if c.required or draw(st.booleans())]
    rows = draw(st.sampled_from([1, 2, 3, 3, 5, 8, 120]))
    odd = draw(st.sets(st.sampled_from([c.name for c in columns]), max_size=draw(st.integers(0, 2))))
    kind = draw(st.sampled_from(["csv", "csv", "parquet", "parquet", "sqlite"]))
    texts = {c.name: _texts(draw, spec, c, forms, (rows, c.name in odd)) for c in columns}
    if kind == "csv":
        return _csv(draw, folder, texts)
    if kind == "sqlite":
        return _sqlite(draw, folder, columns, texts)
    return _parquet(draw, folder, columns, texts)


def _texts(draw: st.DrawFn, spec: TableSpec, column: Column, forms: Forms, shape: tuple[int, bool]) -> list[str]:
    """Right values; in an odd column up to three of them, or all, are odd."""
    rows, odd = shape
    right = values.texts_of(spec.name, column, forms, odd=False)
    some = draw(st.lists(right, min_size=min(rows, 5), max_size=min(rows, 5)))
    cells = [some[i % len(some)] for i in range(rows)]
    if odd:
        for index in draw(st.lists(st.integers(0, rows - 1), min_size=1, max_size=3)):
            cells[index] = draw(values.texts_of(spec.name, column, forms, odd=True))
    return cells


def _csv(draw: st.DrawFn, folder: Path, texts: dict[str, list[str]]) -> File:
    encoding = draw(st.sampled_from(ENCODINGS))
    delimiter = draw(st.sampled_from([",", ",", "|", "\t", ";", "\x01"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerow(texts)
    writer.writerows(zip(*texts.values(), strict=True))
    content = stream.getvalue()
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(st.sampled_from(['"', delimiter, "\n", "\r", "x", "\\", ""])) + content[at + 1 :]
    path = folder / "table.csv"
    path.write_bytes(content.encode(encoding, "replace"))
    source = CsvSource(csv=str(path), delimiter=delimiter, encoding=encoding)
    decoded = path.read_bytes().decode(encoding)
    found = list(csv.reader(io.StringIO(decoded, newline=""), delimiter=delimiter))
    header, *lines = found or [[]]
    even = all(len(line) == len(header) for line in lines)
    columns = {name: [line[i] for line in lines] for i, name in enumerate(header)} if even else {}
    odd = any(sign in decoded for sign in "\x00\ufeff") or content != stream.getvalue()
    return File(source, "", columns, refusable=odd or _ambiguous(lines))


def _ambiguous(lines: list[list[str]]) -> bool:
    """Rows of one empty column are blank lines, which readers leave out; line ends in fields are seldom expected."""
    return any("\r" in cell or "\n" in cell for line in lines for cell in line) or [""] in lines


def _sqlite(draw: st.DrawFn, folder: Path, columns: list[Column], texts: dict[str, list[str]]) -> File:
    path = folder / "table.db"
    path.unlink(missing_ok=True)
    cells: dict[str, list[Any]] = dict(texts)
    for column in columns:
        if column.kind == "money" and draw(st.booleans()):
            reals = st.one_of(st.floats(allow_nan=False), st.floats(-1e7, 1e7), st.integers(-(2**63), 2**63 - 1))
            cells[column.name] = [draw(reals) for _ in texts[column.name][:5]] * (len(texts[column.name]) // 5 + 1)
            cells[column.name] = cells[column.name][: len(texts[column.name])]
    names = ", ".join(f'"{name}"' for name in cells)
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE t ({names})")
        rows = zip(*cells.values(), strict=True)
        connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(cells))})", rows)
        found = connection.execute("SELECT * FROM t").fetchall()
    connection.close()
    kept = {name: [row[i] for row in found] for i, name in enumerate(cells)}
    odd = any("\x00" in cell for row in found for cell in row if isinstance(cell, str))
    return File(SqliteSource(sqlite=str(path)), "SELECT * FROM t", kept, refusable=odd)


def _parquet(draw: st.DrawFn, folder: Path, columns: list[Column], texts: dict[str, list[str]]) -> File:
    arrays, refusable = {}, False
    for column in columns:
        count = len(texts[column.name])
        if draw(st.integers(0, 3)):
            kind, cells = draw(st.sampled_from(_TYPED[column.kind]))
            some = draw(st.lists(cells, min_size=min(count, 3), max_size=min(count, 3)))
            arrays[column.name] = pa.array([some[i % len(some)] for i in range(count)], kind)
            refusable |= not str(kind).startswith(READABLE[column.kind]) or getattr(kind, "tz", None) is not None
        else:
            kind = draw(st.sampled_from([pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())]))
            plain = [text.strip(SPACES) if draw(st.booleans()) else text for text in texts[column.name]]
            arrays[column.name] = pa.array([text or None for text in plain]).cast(kind)
    names = list(arrays)
    if draw(st.integers(0, 19)) == 0:
        again = draw(st.sampled_from(names))
        names, refusable = [*names, draw(st.sampled_from([again, again.upper()]))], True
        table = pa.Table.from_arrays([*arrays.values(), arrays[again]], names)
    else:
        table = pa.Table.from_arrays(list(arrays.values()), names)
    path = folder / "table.parquet"
    pq.write_table(table, path, row_group_size=draw(st.sampled_from([2, 1000])))
    found = pq.ParquetFile(path).read()
    kept = {name: found.column(i).to_pylist() for i, name in enumerate(found.column_names)}
    return File(ParquetSource(parquet=str(path)), "", kept, refusable)
