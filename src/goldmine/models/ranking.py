"""Ranking of scores: one query on one machine, ranges of about a million rows as tasks of Spark.

The ranges are those of a sample sort: each part of the scores is in order and gives every so manieth of its keys, which
divide all rows evenly; a range's task reads its rows from all parts and puts them in order; the ranges one after the
other are the ranking. A key is a probability with a customer number, so that customers of one probability are divided
too, however many they are.
"""

from collections import deque
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.sql import SQLBackend

from goldmine.core.engine import Engine, connect, parquet_rows, rows_in_order
from goldmine.core.files import whole_file
from goldmine.core.parquet import count_rows
from goldmine.core.seals import sealed_file
from goldmine.core.sql import literal
from goldmine.core.tasks import run_tasks

SCORES = pa.schema({"customer_id": pa.string(), "probability": pa.float64()})
_ORDER = "ORDER BY probability DESC, customer_id"
RANGE = 1_000_000
"""Rows of a range, which one query ranks in a second; as many are ranked without tasks, which would cost more."""
_EVERY = 500
"""A range from 200 parts is then at most a tenth larger than the others."""
_ROW_GROUP = 2_048
"""Small, since a range reads a piece of each part."""


def write_ranked(
    engine: Engine, parts: list[Path], path: Path, scratch: Path, *, in_order: bool = False, rate: float | None = None
) -> int:
    """Write the rows of some parts by rank as one sealed file, and return how many there are.

    It holds customer_id, probability, decile (1 best to 10) and rank; customers of one probability follow one another
    by number. The file is the same to the byte with either engine, whatever the parts.

    Parameters
    ----------
    parts : list of Path
        Files with the columns of `SCORES`.
    path : Path
        What is written.
    scratch : Path
        A folder for what is in between.
    in_order : bool
        Whether the parts are by `write_in_order`, so that tasks may rank them.
    rate : float, optional
        The probability of everyone; that of the parts then gives nothing but the order.
    """
    total = count_rows(parts)
    # One query costs half as much, and sorts on disk what exceeds the memory.
    if in_order and total > RANGE:
        write_ranges(engine, parts, path, scratch, -(-total // RANGE), rate=rate)
    else:
        ranked = f"SELECT *, row_number() OVER ({_ORDER}) AS rank FROM {parquet_rows(parts)}"
        _write(connect(spill=scratch), total, path, ranked, "ORDER BY rank", rate=rate)
    return total


def write_ranges(
    engine: Engine, parts: list[Path], path: Path, scratch: Path, count: int, *, rate: float | None = None
) -> None:
    """Write the file of `write_ranked` by a number of ranges, each of which a task puts in order."""
    total = count_rows(parts)
    ranges = _ranges(parts, scratch / "ranges", count)
    deque(run_tasks(engine, ranges, "ranking", partial(_write_range, parts), rows=total // count), maxlen=0)
    deque(run_tasks(engine, [path], "ranks", partial(_join, ranges, total, rate), rows=total), maxlen=0)


def write_in_order(connection: SQLBackend, scored: pa.Table, path: Path) -> None:
    """Write the scores of a part in order, and some of its keys beside it, for `write_ranked`."""
    connection.con.register("scored", scored)
    in_order = connection.con.sql(f"FROM scored {_ORDER}").to_arrow_table()
    for file, rows, group in ((path, in_order, _ROW_GROUP), (_keys(path), in_order[::_EVERY], None)):
        with whole_file(file) as temporary:
            pq.write_table(rows, temporary, row_group_size=group)


def _keys(part: Path) -> Path:
    return part.parent / "keys" / part.name


@dataclass(frozen=True)
class _Range:
    """The file of a range, and the condition that its rows meet."""

    path: Path
    within: str


def _ranges(parts: list[Path], folder: Path, count: int) -> list[_Range]:
    """Ranges of about the same number of rows, the most probable first."""
    keys = connect().con.sql(f"FROM {parquet_rows([_keys(part) for part in parts])} {_ORDER}").fetchall()
    cuts = [keys[len(keys) * position // count] for position in range(1, count)]
    from_cut = ["true", *(_from(*cut) for cut in cuts)]
    to_cut = [*(_before(*cut) for cut in cuts), "true"]
    return [
        _Range(folder / f"{position:06}.parquet", f"{start} AND {end}")
        for position, (start, end) in enumerate(zip(from_cut, to_cut, strict=True))
    ]


def _from(customer_id: str, probability: float) -> str:
    """Condition of a key and all that follow it; the first comparison lets DuckDB pass over row groups."""
    value = _number(probability)
    return f"probability <= {value} AND (probability < {value} OR customer_id >= {literal(customer_id)})"


def _before(customer_id: str, probability: float) -> str:
    """Condition of all that come before a key."""
    value = _number(probability)
    return f"probability >= {value} AND (probability > {value} OR customer_id < {literal(customer_id)})"


def _number(value: float) -> str:
    """A number as SQL, infinite ones included."""
    return f"'{value!r}'::DOUBLE"


def _write_range(parts: list[Path], connection: SQLBackend, piece: _Range) -> None:
    with whole_file(piece.path) as temporary:
        connection.raw_sql(
            f"COPY (FROM {parquet_rows(parts)} WHERE {piece.within} {_ORDER}) TO {literal(temporary)} (FORMAT parquet)"
        )


def _join(ranges: list[_Range], total: int, rate: float | None, connection: SQLBackend, path: Path) -> None:
    """Write the ranges one after the other as one file."""
    connection.con.register("in_order", rows_in_order([piece.path for piece in ranges]))
    _write(connection, total, path, "SELECT *, row_number() OVER () AS rank FROM in_order", rate=rate)


def _write(
    connection: SQLBackend, total: int, path: Path, ranked: str, order: str = "", *, rate: float | None = None
) -> None:
    """Write ranked rows; without an order, in the one in which they come."""
    probability = "probability" if rate is None else f"{rate}::DOUBLE AS probability"
    with sealed_file(path) as temporary:
        connection.raw_sql(
            f"COPY (SELECT customer_id, {probability}, CAST((rank - 1) * 10 // {total} + 1 AS INTEGER) AS decile, rank "
            f"FROM ({ranked}) {order}) TO {literal(temporary)} (FORMAT parquet, COMPRESSION zstd)"
        )
