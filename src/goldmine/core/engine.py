"""The engine that runs every query, through Ibis: DuckDB in this process, or Apache Spark.

Other rooms use only an Ibis backend. This module holds what Ibis leaves to each backend: reading and writing Parquet,
and caching a result.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import ibis
import pyarrow as pa
from duckdb import DuckDBPyConnection, InvalidInputException
from ibis.backends.sql import SQLBackend
from sqlglot.expressions import to_identifier

from goldmine.core.errors import SettingsError
from goldmine.core.seals import sealed_file
from goldmine.core.sql import literal

Name = Literal["duckdb", "spark"]
_MASTER = re.compile(
    r"local(\[(\d+|\*)(,\d+)?\])?|local-cluster\[\d+,\d+,\d+\]|spark://[^:,/]+:\d+(,[^:,/]+:\d+)*|yarn|k8s://.+"
)


@dataclass(frozen=True)
class Engine:
    """Where contract reading, activity, features and scoring run; the results are the same.

    Parameters
    ----------
    name : {"duckdb", "spark"}
        DuckDB in this process, or Apache Spark.
    spark_master : str
        Spark's master: ``local[*]`` for this machine's cores, ``spark://HOST:PORT``, ``yarn`` or ``k8s://URL``.
    """

    name: Name = "duckdb"
    spark_master: str = "local[*]"

    @property
    def dialect(self) -> str:
        """Ibis' name of the engine."""
        return "pyspark" if self.name == "spark" else self.name


DUCKDB = Engine()


def engine_of(name: str, spark_master: str) -> Engine:
    """An engine from its settings.

    Raises
    ------
    SettingsError
        If there is no such engine, or the master is not one of Spark's forms.
    """
    for known in get_args(Name):
        if name == known:
            if not _MASTER.fullmatch(spark_master):
                raise SettingsError(
                    f"spark_master: {spark_master!r} is no master of Spark.",
                    "Give local[*], spark://HOST:PORT, yarn or k8s://URL.",
                )
            return Engine(known, spark_master)
    raise SettingsError(f"engine: there is no engine {name!r}.", f"Allowed: {', '.join(get_args(Name))}.")


def connect(engine: Engine = DUCKDB, threads: int = 0) -> SQLBackend:
    """Open a connection with its own views.

    Parameters
    ----------
    engine : Engine
        The engine to connect to.
    threads : int
        How many of DuckDB's threads one query may use; 0 is one a core. Spark's master decides for itself.

    Raises
    ------
    EngineError
        If Spark does not start: no Java, no PySpark, no master, too little memory.
    """
    if engine.name == "spark":
        from goldmine.core.spark import connect_spark

        return connect_spark(engine.spark_master)
    connection = ibis.duckdb.connect()
    show_no_bar(connection.con)
    if threads:
        connection.raw_sql(f"SET threads = {threads}")
    return connection


def show_no_bar(connection: DuckDBPyConnection) -> None:
    """Keep DuckDB's progress bar out of notebooks, where a long query shows it by itself."""
    # In Jupyter DuckDB shows a bar only with ipywidgets; without them it refuses this setting.
    with suppress(InvalidInputException):
        connection.execute("SET enable_progress_bar = false")


def on_spark(connection: SQLBackend) -> bool:
    """Whether a connection is one to Spark."""
    return bool(connection.name == "pyspark")


def read_parquet(connection: SQLBackend, paths: Sequence[Path], columns: Sequence[str] = ()) -> ibis.Table:
    """The rows of some Parquet files, or of Spark's folders of parts.

    Parameters
    ----------
    columns : sequence of str
        Columns to read; none means all. Of a wide table each column costs Ibis a millisecond, read or not.
    """
    if on_spark(connection):
        from goldmine.core.spark import read_parts

        rows = read_parts(connection, paths)
        return rows.select(*columns) if columns else rows
    if not columns:
        return connection.read_parquet([str(path) for path in paths], hive_partitioning=False)
    names = ", ".join(to_identifier(name, quoted=True).sql("duckdb") for name in columns)
    return connection.sql(f"SELECT {names} FROM {parquet_rows(connection, paths)}")


def parquet_rows(connection: SQLBackend, paths: Sequence[Path]) -> str:
    """The rows of `read_parquet` as SQL to select from; on DuckDB without the time that Ibis takes for a wide table."""
    if on_spark(connection):
        return read_parquet(connection, paths).get_name()
    return f"read_parquet([{', '.join(literal(path) for path in paths)}], hive_partitioning = false)"


def write_parquet(connection: SQLBackend, query: str, path: Path, *, order: Sequence[str]) -> None:
    """Write a query's rows whole or not at all: DuckDB one file in order, Spark a folder of parts, each in order.

    Raises
    ------
    DiskError
        If the disk is full or read-only.
    EngineError
        If Spark fails otherwise.
    """
    if on_spark(connection):
        from goldmine.core.spark import write_parts

        write_parts(connection, query, path, order)
        return
    with sealed_file(path) as temporary:
        # The lowest level writes in a fifth less time, and a fiftieth more bytes.
        connection.raw_sql(
            f"COPY (SELECT * FROM ({query}) ORDER BY {', '.join(order)}) TO {literal(temporary)} "
            "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        )


def keep_rows(connection: SQLBackend, name: str, rows: pa.Table) -> None:
    """Store a small table under a name for as long as the connection lasts."""
    if on_spark(connection):
        from goldmine.core.spark import keep_small

        keep_small(connection, name, rows)
        return
    connection.con.register("small_rows", rows)
    connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM small_rows")
    connection.con.unregister("small_rows")


@contextmanager
def cached_rows(connection: SQLBackend, name: str, query: str) -> Iterator[None]:
    """Cache a query's rows under a name during the block, so that they are computed once."""
    if on_spark(connection):
        from goldmine.core.spark import persisted

        with persisted(connection, name, query):
            yield
        return
    # Rows are put in order when they are written; to keep one before that costs a third of the time.
    connection.raw_sql("SET preserve_insertion_order = false")
    connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
    yield
    connection.raw_sql(f"DROP TABLE {name}")
