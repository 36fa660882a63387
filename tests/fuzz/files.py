"""A table written as a bank's system would, as CSV, Parquet, SQLite or PostgreSQL, read back by Python's readers."""

import csv
import io
import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from goldmine.contract.schema import Column, TableSpec
from goldmine.contract.sources import CsvSource, ParquetSource, Source, SqliteSource
from tests.fuzz import typed, values
from tests.fuzz.independent import SPACES, Forms, Single
from tests.fuzz.postgres import SERVER, postgres_table

ENCODINGS = ("utf-8", "utf-8", "gb18030", "gbk", "utf-16")
KINDS = ("csv", "csv", "parquet", "parquet", "sqlite", *(("postgres",) if SERVER else ()))


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
    content : bytes
        What stands in a CSV file, for the report of a failure.
    """

    source: Source
    select: str
    columns: dict[str, list[Any]]
    refusable: bool
    content: bytes = b""


@st.composite
def tables(draw: st.DrawFn, spec: TableSpec, folder: Path, forms: Forms) -> File:
    """A table of random columns and values in a random kind of file.

    Hypothesis draws what is odd; what is usual comes from one seed, which is a hundred times as quick.
    """
    random = Random(draw(st.integers(0, 2**32 - 1)))
    # Every column more takes the engine a millisecond to plan, so that most files have few of those that may be absent.
    share = random.choice([0.1, 0.1, 0.2, 0.5])
    columns = [c for c in spec.columns if c.required or random.random() < share]
    rows = random.choice([1, 2, 3, 3, 5, 8, 120])
    odd = draw(st.sets(st.sampled_from([c.name for c in columns]), max_size=random.choice([0, 1, 2])))
    kind = draw(st.sampled_from(KINDS))
    texts = {}
    for column in columns:
        some = [values.right(spec.name, column, forms, random) for _ in range(min(rows, random.choice([1, 2, 3])))]
        texts[column.name] = [some[i % len(some)] for i in range(rows)]
        if column.name in odd:
            for _ in range(random.choice([1, 1, 2, 3])):
                texts[column.name][random.randrange(rows)] = draw(values.odd_of(spec.name, column, forms))
    if kind == "csv":
        return _csv(random, folder, texts)
    if kind == "sqlite":
        return _sqlite(random, folder, columns, texts)
    if kind == "postgres":
        return File(*postgres_table(random, columns, texts))
    return _parquet(random, folder, columns, texts)


def _csv(random: Random, folder: Path, texts: dict[str, list[str]]) -> File:
    encoding = random.choice(ENCODINGS)
    delimiter = random.choice([",", ",", "|", "\t", ";", "\x01"])
    quoting = random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    end = random.choice(["\n", "\n", "\r\n"])
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerow(texts)
    writer.writerows(zip(*texts.values(), strict=True))
    content = stream.getvalue()
    if random.randrange(10) == 0:
        at = random.randint(0, len(content))
        content = content[:at] + random.choice(['"', delimiter, "\n", "\r", "x", "\\", ""]) + content[at + 1 :]
    path = folder / "table.csv"
    path.write_bytes(content.encode(encoding, "replace"))
    source = CsvSource(csv=str(path), delimiter=delimiter, encoding=encoding)
    decoded = path.read_bytes().decode(encoding)
    found = list(csv.reader(io.StringIO(decoded, newline=""), delimiter=delimiter))
    header, *lines = [line for line in found if line] or [[]]
    # A delimiter at a row's end, as after each field of an unloaded table, adds no field.
    lines = [line[:-1] if len(line) == len(header) + 1 and not line[-1] else line for line in lines]
    even = all(len(line) == len(header) for line in lines)
    columns = {name: [line[i] for line in lines] for i, name in enumerate(header)} if even else {}
    odd = any(sign in decoded for sign in "\x00\ufeff") or content != stream.getvalue()
    lone = decoded.replace("\r\n", "")
    odd |= "\r" in lone or ("\n" in lone and "\r\n" in decoded)  # lines that end in more than one way
    return File(source, "", columns, odd or _ambiguous(lines), path.read_bytes())


def _ambiguous(lines: list[list[str]]) -> bool:
    """Rows of one empty column are blank lines, which readers leave out; line ends in fields are seldom expected."""
    return any("\r" in cell or "\n" in cell for line in lines for cell in line) or [""] in lines


def _sqlite(random: Random, folder: Path, columns: Sequence[Column], texts: dict[str, list[str]]) -> File:
    path = folder / "table.db"
    path.unlink(missing_ok=True)
    cells: dict[str, list[Any]] = dict(texts)
    for column in columns:
        if column.kind in ("money", "decimal", "whole") and random.random() < 0.5:
            kinds = [typed.floats, typed.whole(-(2**63), 2**63 - 1)]
            cells[column.name] = [random.choice(kinds)(random) for _ in texts[column.name]]
    names = ", ".join(f'"{name}"' for name in cells)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous = off")
        connection.execute(f"CREATE TABLE t ({names})")
        rows = zip(*cells.values(), strict=True)
        connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(cells))})", rows)
        found = connection.execute("SELECT * FROM t").fetchall()
    connection.close()
    kept = {name: [_counted(row[i]) for row in found] for i, name in enumerate(cells)}
    odd = any("\x00" in cell for row in found for cell in row if isinstance(cell, str))
    return File(SqliteSource(sqlite=str(path)), "SELECT * FROM t", kept, refusable=odd)


def _counted(value: Any) -> Any:
    """A whole floating number as a whole number, where it is exact; one too large for fen with its exponent."""
    if not isinstance(value, float) or not math.isfinite(value):
        return value
    if value.is_integer() and abs(value) < 2**53:
        return int(value)
    return f"{value:e}" if abs(value) >= 2**46 else value


def _parquet(random: Random, folder: Path, columns: Sequence[Column], texts: dict[str, list[str]]) -> File:
    arrays, refusable = {}, False
    for column in columns:
        count = len(texts[column.name])
        if random.random() < 0.6:
            kind, value = typed.chosen(random, typed.PARQUET[column.kind], typed.READABLE[column.kind])
            some = [value(random) for _ in range(min(count, 3))]
            arrays[column.name] = pa.array([some[i % len(some)] for i in range(count)], kind)
            refusable |= not str(kind).startswith(typed.READABLE[column.kind]) or getattr(kind, "tz", None) is not None
        else:
            kind = random.choice([pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
            plain = [text.strip(SPACES) if random.random() < 0.5 else text for text in texts[column.name]]
            arrays[column.name] = pa.array([text or None for text in plain]).cast(kind)
    names = list(arrays)
    if random.randrange(20) == 0:
        again = random.choice(names)
        names, refusable = [*names, random.choice([again, again.upper()])], True
        table = pa.Table.from_arrays([*arrays.values(), arrays[again]], names)
    else:
        table = pa.Table.from_arrays(list(arrays.values()), names)
    path = folder / "table.parquet"
    pq.write_table(table, path, row_group_size=random.choice([2, 1000]))
    found = pq.ParquetFile(path).read()
    kept = {name: _cells(found.column(i)) for i, name in enumerate(found.column_names)}
    return File(ParquetSource(parquet=str(path)), "", kept, refusable)


def _cells(column: pa.ChunkedArray) -> list[Any]:
    single = pa.types.is_float32(column.type) or pa.types.is_float16(column.type)
    return [Single(value) if single and value is not None else value for value in column.to_pylist()]
