"""Apache Spark as the scheduler of queries: DuckDB computes inside its tasks, and no row passes through Java.

Spark places the tasks on the machines of a cluster, and tries a lost or failed one again; a task reads and writes
Parquet on the file system that all machines see.
"""

import base64
import json
import os
import re
import shutil
import socket
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from ibis.backends.sql import SQLBackend

from goldmine.core.engine import connect
from goldmine.core.errors import EngineError, GoldmineError
from goldmine.core.i18n import _
from goldmine.core.workspace import home

T = TypeVar("T")
R = TypeVar("R")

TASK_MEMORY = "2GB"
"""The most that the queries of a task hold in memory; its Python needs half a gigabyte beside it."""
_FAULTS = (
    (
        r"_duckdb\.OutOfMemoryException",
        "the rows of a slice do not fit into the memory of a task",
        "Lower slice_customers in bank.yaml, so that a slice holds fewer customers.",
    ),
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
        "Give them more memory (spark.executor.memory, spark.executor.memoryOverhead), or repair their machines.",
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
_CLASS = re.compile(r"\b(?:[a-z_]\w*\.)+([A-Z]\w*(?:Exception|Error))\b")
_OURS = re.compile(r"goldmine error ([A-Za-z0-9+/=]+) end")


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
            return EngineError(_("{subject}: {what}.", subject=subject, what=what), do)
    names = dict.fromkeys([*filter(None, [condition]), *_CLASS.findall(message)])
    return EngineError(
        _("{subject} failed: {names}.", subject=subject, names=", ".join(list(names)[:3]) or _("it did not say why")),
        _("Its own log says more: the driver's page on port 4040, or the cluster's pages."),
    )


@contextmanager
def spark_errors() -> Iterator[None]:
    """Turn Spark's faults into an `EngineError`, and an error of ours in a task into what it was there."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException, ConnectionError) as error:
        message = str(error)
        ours = _OURS.search(message)
        if ours:
            raise _unpacked(ours[1]) from None
        condition = error.getCondition() if isinstance(error, PySparkException) else None
        raise fault_of(message, condition=condition or "") from None


_LOCAL = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
}
"""On one machine: no page and no open port. Elsewhere the cluster's own settings apply."""
_WAIT_SECONDS = 5
_STARTING = Lock()
"""Held while a thread starts the application; the others take it."""


def start(master: str) -> Any:
    """The process' application on the cluster.

    Raises
    ------
    EngineError
        If Spark does not start: no Java, no PySpark, no master, too little memory.
    """
    with _STARTING, _quiet():
        return _context(master)


def run_on_spark(master: str, items: Sequence[T], run: Callable[[SQLBackend, T], R]) -> Iterator[tuple[T, R]]:
    """Run a function once for each item, in a task of its own with its own connection; yield items done, and results.

    They are yielded when all tasks have ended; if one has failed, those that are done come before its error.

    Parameters
    ----------
    master : str
        Spark's master.
    items : sequence
        What the tasks work on.
    run : callable
        A function of a module, or a partial of one: it travels to the tasks by name, its arguments by value. It may run
        twice for one item, when a task is lost or slow, so what it writes has to be written whole. What it returns
        travels to the driver, once for each item.

    Raises
    ------
    GoldmineError
        What a task raised.
    EngineError
        If Spark itself fails.
    """
    context = start(master)
    done = context.accumulator([], _added_lists())
    task, fault = _Task(run, done), None
    try:
        with spark_errors(), _quiet():
            context.parallelize(list(enumerate(items)), len(items)).foreach(task)
    except GoldmineError as error:
        fault = error
    yield from ((items[position], result) for position, result in sorted(done.value, key=itemgetter(0)))
    if fault:
        raise fault


@dataclass(frozen=True)
class _Task:
    """What runs on the executors; `done` collects positions and results of the items whose tasks have ended well."""

    run: Callable[[SQLBackend, Any], object]
    done: Any

    def __call__(self, numbered: tuple[int, Any]) -> None:
        position, item = numbered
        with tempfile.TemporaryDirectory(prefix="goldmine.") as spill:
            try:
                result = self.run(connect(1, TASK_MEMORY, Path(spill)), item)
            except GoldmineError as error:
                raise RuntimeError(f"goldmine error {_packed(error)} end") from None
        self.done.add([(position, result)])


def _added_lists() -> Any:
    """How Spark adds up lists; its class is known only where PySpark is installed."""
    from pyspark.accumulators import AccumulatorParam

    class Lists(AccumulatorParam[list[Any]]):
        def zero(self, value: list[Any]) -> list[Any]:
            return []

        def addInPlace(self, value1: list[Any], value2: list[Any]) -> list[Any]:  # noqa: N802 - Spark's name
            return value1 + value2

    return Lists()


def _packed(error: GoldmineError) -> str:
    """An error of ours as a word that passes through Spark's messages."""
    told = json.dumps([type(error).__name__, error.what, error.do])
    return base64.b64encode(told.encode()).decode()


def _unpacked(packed: str) -> GoldmineError:
    name, what, do = json.loads(base64.b64decode(packed))
    kinds = {kind.__name__: kind for kind in GoldmineError.__subclasses__()}
    return kinds.get(name, GoldmineError)(what, do)


@cache
def _context(master: str) -> Any:
    """The application on the cluster, one a process; it ends with the process."""
    if not shutil.which("java") and not (Path(os.environ.get("JAVA_HOME", "-")) / "bin" / "java").is_file():
        raise EngineError(
            _("Spark: no Java was found."), _("Install Java 17 or newer, or set JAVA_HOME to where it is.")
        )
    _check_reachable(master)
    try:
        from pyspark import SparkConf, SparkContext
        from pyspark.java_gateway import launch_gateway
    except ImportError as error:
        raise EngineError(
            _("Spark: PySpark is not installed here."), _("Run `make spark`, or install requirements-spark.lock.")
        ) from error
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    local = _LOCAL if master.startswith("local") else {}
    own = {
        "spark.app.name": "goldmine",
        "spark.executorEnv.GOLDMINE_HOME": str(home()),
        "spark.python.daemon.module": "goldmine.core.spark_daemon",
    }
    settings = SparkConf().setMaster(master).setAll(list({**own, **local}.items()))
    # Java's output goes to a file; in a notebook it would appear among the figures.
    with tempfile.TemporaryFile() as log:
        try:
            gateway = launch_gateway(settings, {"stderr": log, "stdout": log})
            return SparkContext(conf=settings, gateway=gateway)
        except Exception as error:
            log.seek(0)
            raise fault_of(f"{error}\n{log.read().decode('utf-8', 'replace')}", master) from None


def _check_reachable(master: str) -> None:
    """Fail quickly; Spark itself would try for a minute."""
    if not master.startswith("spark://"):
        return
    for address in master.removeprefix("spark://").split(","):
        host, _colon, port = address.partition(":")
        try:
            socket.create_connection((host, int(port)), _WAIT_SECONDS).close()
        except OSError:
            continue
        return
    raise EngineError(
        _("Spark: no master answers at {master}.", master=master),
        _("Start it, or give its address with --spark-master."),
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress PySpark's warnings about pandas 3; no frame of pandas passes through it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield
