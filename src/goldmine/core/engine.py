"""The engine: DuckDB computes every query, through Ibis, in this process or in the tasks of Apache Spark.

Other rooms use only an Ibis backend. This module holds what Ibis leaves to each backend: reading and writing Parquet,
and keeping a result. `goldmine.core.tasks` runs queries one an item.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection, InvalidInputException
from ibis.backends.sql import SQLBackend
from sqlglot.expressions import to_identifier

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _
from goldmine.core.parquet import parquet_files
from goldmine.core.seals import sealed_file
from goldmine.core.sql import literal

Name = Literal["duckdb", "spark"]
_VECTOR = 2_048
"""Rows that DuckDB handles at once."""
_BATCH = 60 * _VECTOR
_MASTER = re.compile(
    r"local(\[(\d+|\*)(,\d+)?\])?|local-cluster\[\d+,\d+,\d+\]|spark://[^:,/]+:\d+(,[^:,/]+:\d+)*|yarn|k8s://.+"
)


@dataclass(frozen=True)
class Engine:
    """Where tables are cast and checked, features and scores made, rows to train on drawn: to the bit the same.

    Parameters
    ----------
    name : {"duckdb", "spark"}
        DuckDB in this process, or DuckDB in the tasks that Apache Spark places on the machines of a cluster.
    spark_master : str
        Spark's master: ``local[*]`` for this machine's cores, ``spark://HOST:PORT``, ``yarn`` or ``k8s://URL``.
    slice_customers : int
        Maximum number of customers in a slice: its rows and the joins of its activity take some three gigabytes at
        500,000. A bank of more than half as many is cut too, since features built in one piece stay in memory between
        the two queries.
    """

    name: Name = "duckdb"
    spark_master: str = "local[*]"
    slice_customers: int = 500_000


DUCKDB = Engine()


def engine_of(name: str, spark_master: str, slice_customers: int = DUCKDB.slice_customers) -> Engine:
    """An engine from its settings.

    Raises
    ------
    SettingsError
        If there is no such engine, the master is not one of Spark's forms, or the slices hold nobody.
    """
    if slice_customers < 1:
        raise SettingsError(
            _("slice_customers: {slice_customers} is too few.", slice_customers=slice_customers),
            _("Give at least 1, such as 500000."),
        )
    for known in get_args(Name):
        if name == known:
            if not _MASTER.fullmatch(spark_master):
                raise SettingsError(
                    _("spark_master: {spark_master} is no master of Spark.", spark_master=repr(spark_master)),
                    _("Give local[*], spark://HOST:PORT, yarn or k8s://URL."),
                )
            return Engine(known, spark_master, slice_customers)
    raise SettingsError(
        _("engine: there is no engine {name}.", name=repr(name)),
        _("Allowed: {names}.", names=", ".join(get_args(Name))),
    )


def connect(threads: int = 0, memory: str = "", spill: Path | None = None) -> SQLBackend:
    """Open a connection of DuckDB with its own views.

    Parameters
    ----------
    threads : int
        How many threads one query may use; 0 is one a core.
    memory : str
        The most memory that its queries may hold, such as ``2GB``; empty is DuckDB's own limit.
    spill : Path, optional
        Folder for what does not fit into the memory.
    """
    connection = ibis.duckdb.connect()
    show_no_bar(connection.con)
    if threads:
        connection.raw_sql(f"SET threads = {threads}")
    if memory:
        connection.raw_sql(f"SET memory_limit = {literal(memory)}")
    if spill:
        connection.raw_sql(f"SET temp_directory = {literal(spill)}")
    return connection


def show_no_bar(connection: DuckDBPyConnection) -> None:
    """Keep DuckDB's progress bar out of notebooks, where a long query shows it by itself."""
    # In Jupyter DuckDB shows a bar only with ipywidgets; without them it refuses this setting.
    with suppress(InvalidInputException):
        connection.execute("SET enable_progress_bar = false")


def read_parquet(connection: SQLBackend, paths: Sequence[Path], columns: Sequence[str] = ()) -> ibis.Table:
    """The rows of some Parquet files, or of folders of parts.

    Parameters
    ----------
    columns : sequence of str
        Columns to read; none means all. Of a wide table each column costs Ibis a millisecond, read or not.
    """
    files = [file for path in paths for file in parquet_files(path)]
    if not columns:
        return connection.read_parquet([str(file) for file in files], hive_partitioning=False)
    names = ", ".join(to_identifier(name, quoted=True).sql("duckdb") for name in columns)
    return connection.sql(f"SELECT {names} FROM {parquet_rows(files)}")


def parquet_rows(paths: Sequence[Path]) -> str:
    """The rows of `read_parquet` as SQL to select from, without the time that Ibis takes for a wide table."""
    files = ", ".join(literal(file) for path in paths for file in parquet_files(path))
    return f"read_parquet([{files}], hive_partitioning = false)"


def rows_in_order(files: Sequence[Path]) -> pa.RecordBatchReader:
    """The rows of some files one after the other, to be written by DuckDB as if they came from one query.

    They come in whole vectors, since the row groups that DuckDB writes depend on where its vectors end.
    """
    return pa.RecordBatchReader.from_batches(pq.read_schema(files[0]), _whole_vectors(files))


def _whole_vectors(files: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    rest = pq.read_schema(files[0]).empty_table()
    for file in files:
        for batch in pq.ParquetFile(file).iter_batches(_BATCH):
            rows = pa.concat_tables([rest, pa.Table.from_batches([batch])])
            whole = rows.num_rows // _VECTOR * _VECTOR
            yield from rows[:whole].combine_chunks().to_batches()
            rest = rows[whole:]
    yield from rest.combine_chunks().to_batches()


def write_parquet(
    connection: SQLBackend, query: str, path: Path, *, order: Sequence[str] = (), notes: Mapping[str, str] | None = None
) -> None:
    """Write a query's rows in order as one sealed file, whole or not at all; without an order, as they come.

    Parameters
    ----------
    notes : mapping of str to str, optional
        Texts that the file carries in its metadata by name, such as the rules that its rows were worked out by.

    Raises
    ------
    DiskError
        If the disk is full or read-only.
    """
    with sealed_file(path) as temporary:
        write_rows(connection, query, temporary, order=order, notes=notes)


def write_rows(
    connection: SQLBackend, query: str, path: Path, *, order: Sequence[str] = (), notes: Mapping[str, str] | None = None
) -> None:
    """Write a query's rows in order to a file that the caller makes whole."""
    # The lowest level writes in a fifth less time, and a fiftieth more bytes.
    in_order = f"ORDER BY {', '.join(order)}" if order else ""
    told = ", ".join(f"{name}: {literal(text)}" for name, text in (notes or {}).items())
    connection.raw_sql(
        f"COPY (SELECT * FROM ({query}) {in_order}) TO {literal(path)} "
        f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1{f', KV_METADATA {{{told}}}' if told else ''})"
    )


def keep_rows(connection: SQLBackend, name: str, rows: pa.Table) -> None:
    """Store a small table under a name for as long as the connection lasts."""
    connection.con.register("small_rows", rows)
    connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM small_rows")
    connection.con.unregister("small_rows")


@contextmanager
def cached_rows(connection: SQLBackend, name: str, query: str) -> Iterator[None]:
    """Cache a query's rows under a name during the block, so that they are computed once."""
    # Rows are put in order when they are written; to keep one before that costs a third of the time.
    connection.raw_sql("SET preserve_insertion_order = false")
    connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
    yield
    connection.raw_sql(f"DROP TABLE {name}")
