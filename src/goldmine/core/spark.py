"""Apache Spark behind Ibis: starting it, reading and writing Parquet, and its errors."""

import os
import re
import shutil
import socket
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, reduce
from pathlib import Path
from threading import Lock
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.sql import SQLBackend

from goldmine.core.errors import EngineError, GoldmineError
from goldmine.core.parquet import parquet_files
from goldmine.core.seals import sealed_folder

_FAULTS = (
    (
        r"OutOfMemory|System memory \d+ must be|Executor memory \d+ must be|[Tt]oo small|maxResultSize|GC overhead",
        "the memory given to it is too small",
        "Give more: spark.driver.memory and spark.executor.memory in spark-defaults.conf.",
    ),
    (
        r"Answer from Java side|Connection refused|Connection reset",
        "its Java has died, most likely for want of memory",
        "Give more: spark.driver.memory in spark-defaults.conf.",
    ),
    (
        r"ExecutorLostFailure",
        "executors were lost more often than it tries again",
        "Give them more memory (spark.executor.memory, spark.executor.memoryOverhead), or mend their machines.",
    ),
    (
        r"ModuleNotFoundError|PYTHON_VERSION_MISMATCH|Cannot run program",
        "an executor's Python is not this one",
        "Install the locked packages on every machine at the same path, or set PYSPARK_PYTHON to where they are.",
    ),
    (
        r"UnsupportedClassVersionError|class file version",
        "the Java that was found is too old",
        "Install Java 17 or newer, or set JAVA_HOME to where it is.",
    ),
    (
        r"Could not parse Master URL|masters are unresponsive|stopped while waiting for backend",
        "the master cannot be used",
        "Give the address of a running master with --spark-master.",
    ),
)
_CLASS = re.compile(r"\b(?:[a-z]\w*\.)+([A-Z]\w*(?:Exception|Error))\b")


def fault_of(message: str, where: str = "", condition: str = "") -> EngineError:
    """The error for a message of Spark or its Java.

    Parameters
    ----------
    message : str
        The whole message; only names of Java classes are passed on.
    where : str
        The master that Spark was to start at.
    condition : str
        Spark's own name of the fault, such as ``CAST_INVALID_INPUT``.
    """
    subject = f"Spark at {where}" if where else "Spark"
    for words, what, do in _FAULTS:
        if re.search(words, message):
            return EngineError(f"{subject}: {what}.", do)
    names = dict.fromkeys([*filter(None, [condition]), *_CLASS.findall(message)])
    return EngineError(
        f"{subject} failed: {', '.join(list(names)[:3]) or 'it did not say why'}.",
        "Its own log says more: the driver's page on port 4040, or the cluster's pages.",
    )


@contextmanager
def spark_errors() -> Iterator[None]:
    """Turn Spark's faults into an `EngineError`; a full disk's error passes through to the code that wrote."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except GoldmineError:
        raise
    except (Py4JError, PySparkException, ConnectionError) as error:
        message = str(error)
        if "No space left on device" in message:
            raise
        condition = error.getCondition() if isinstance(error, PySparkException) else None
        raise fault_of(message, condition=condition or "") from None


_SETTINGS = {
    "spark.app.name": "goldmine",
    "spark.ui.showConsoleProgress": "false",
    # Java leaves a method above 8,000 bytes, as a wide query makes them, interpreted: Spark splits it instead.
    "spark.sql.codegen.hugeMethodLimit": "8000",
}
_LOCAL = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "4",
}
"""On one machine: no page, no open port, few partitions. Elsewhere the cluster's own settings apply."""
_WAIT_SECONDS = 5
_STARTING = Lock()
"""Held while a thread connects: the first starts the application, the others take it."""


def connect_spark(master: str) -> SQLBackend:
    """A session with its own views; all sessions share the process' one application on the cluster.

    Raises
    ------
    EngineError
        If Spark does not start.
    """
    with _STARTING, _quiet():
        import ibis.backends.pyspark

        return ibis.pyspark.connect(_session(master).newSession())


def read_parts(connection: SQLBackend, paths: Sequence[Path]) -> ibis.Table:
    """The rows of some Parquet files or folders of parts, as a view with a unique name."""
    name = ibis.util.gen_name("rows")
    # DuckDB writes a sum of whole numbers as floating-point, Spark as whole: each kind is read by itself, then widened.
    kinds = [[path for path in paths if path.is_dir() == parts] for parts in (False, True)]
    with spark_errors():
        frames = [_spark(connection).read.parquet(*map(_pattern, kind)) for kind in kinds if kind]
        reduce(lambda left, other: left.unionByName(other), frames).createOrReplaceTempView(name)
    return connection.table(name)


def write_parts(connection: SQLBackend, query: str, path: Path, order: Sequence[str]) -> None:
    """Write a query's rows as a folder of sorted parts; it gets its name only when all are written."""
    with sealed_folder(path) as temporary, spark_errors():
        _write(_spark(connection).sql(query).sortWithinPartitions(*order), temporary)


def mapped(
    connection: SQLBackend,
    query: str,
    function: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]],
    schema: pa.Schema,
    scratch: Path,
) -> pa.Table:
    """Run a function on the executors over a query's rows and return its results.

    Parameters
    ----------
    connection, query : SQLBackend, str
        The rows, which stay on the cluster.
    function : callable
        From Arrow batches to Arrow batches; runs in the executors' Python.
    schema : pyarrow.Schema
        Schema of the results.
    scratch : Path
        A folder that executors and this process share; the results pass through it and it is removed.
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    try:
        with spark_errors(), _quiet():
            _write(_spark(connection).sql(query).mapInArrow(function, from_arrow_schema(schema)), scratch)
        return pa.concat_tables(pq.read_table(part).cast(schema) for part in parquet_files(scratch))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def keep_small(connection: SQLBackend, name: str, rows: pa.Table) -> None:
    """Send a small table of this process to Spark, under a name of the session."""
    from pyspark.sql.pandas.types import from_arrow_schema

    held = [tuple(row.values()) for row in rows.to_pylist()]
    with spark_errors():
        _spark(connection).createDataFrame(held, from_arrow_schema(rows.schema)).createOrReplaceTempView(name)


@contextmanager
def persisted(connection: SQLBackend, name: str, query: str) -> Iterator[None]:
    """Cache a query's rows on the executors during the block; those of a lost executor are computed again."""
    with spark_errors():
        rows = _spark(connection).sql(query).persist()
        rows.createOrReplaceTempView(name)
    try:
        yield
    finally:
        rows.unpersist()


def _spark(connection: SQLBackend) -> Any:
    session: Any = connection._session  # Ibis has no public name for it
    return session


def _file_url(path: Path) -> str:
    """A path as Spark writes to it: on the file system that all machines see."""
    return f"file://{path.resolve()}"


def _pattern(path: Path) -> str:
    """A path as Spark reads it, with pattern characters escaped."""
    return re.sub(r"([\\{}\[\]*?])", r"\\\1", _file_url(path))


def _write(rows: Any, folder: Path) -> None:
    rows.write.mode("overwrite").option("compression", "zstd").parquet(_file_url(folder))
    if not parquet_files(folder):
        raise EngineError(
            f"Spark: nothing of what it wrote is in {folder.parent}.",
            "Put the work folder where this machine and all executors see it under the same path.",
        )


@cache
def _session(master: str) -> Any:
    """The application on the cluster, one a process; it ends with the process."""
    if not shutil.which("java") and not (Path(os.environ.get("JAVA_HOME", "-")) / "bin" / "java").is_file():
        raise EngineError("Spark: no Java was found.", "Install Java 17 or newer, or set JAVA_HOME to where it is.")
    _check_reachable(master)
    try:
        from pyspark import SparkConf, SparkContext
        from pyspark.java_gateway import launch_gateway
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise EngineError(
            "Spark: PySpark is not installed here.", "Run `make spark`, or install requirements-spark.lock."
        ) from error
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    local = _LOCAL if master.startswith("local") else {}
    settings = SparkConf().setMaster(master).setAll(list({**_SETTINGS, **local}.items()))
    # Java's output goes to a file; in a notebook it would appear among the figures.
    with tempfile.TemporaryFile() as log:
        try:
            gateway = launch_gateway(settings, {"stderr": log, "stdout": log})
            context = SparkContext(conf=settings, gateway=gateway)
        except Exception as error:
            log.seek(0)
            raise fault_of(f"{error}\n{log.read().decode('utf-8', 'replace')}", master) from None
    return SparkSession(context)


def _check_reachable(master: str) -> None:
    """Fail quickly; Spark itself would try for a minute."""
    if not master.startswith("spark://"):
        return
    for address in master.removeprefix("spark://").split(","):
        host, _, port = address.partition(":")
        try:
            socket.create_connection((host, int(port)), _WAIT_SECONDS).close()
        except OSError:
            continue
        return
    raise EngineError(f"Spark: no master answers at {master}.", "Start it, or give its address with --spark-master.")


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress PySpark's warnings about pandas 3; only Arrow tables are used here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield
