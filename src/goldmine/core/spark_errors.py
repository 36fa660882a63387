"""What Spark says when it fails, in two lines. Its own words may quote rows, so only the kind of fault is passed on."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from goldmine.core.errors import EngineError, GoldmineError

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


def fault_of(said: str, where: str = "", condition: str = "") -> EngineError:
    """The error for what Spark or its Java said.

    Parameters
    ----------
    said : str
        All that was said; none of it but the names of Java's classes is passed on.
    where : str
        The master, where it was asked to start.
    condition : str
        Spark's own name of the fault, such as ``CAST_INVALID_INPUT``.
    """
    place = f"Spark at {where}" if where else "Spark"
    for words, what, do in _FAULTS:
        if re.search(words, said):
            return EngineError(f"{place}: {what}.", do)
    names = dict.fromkeys([*filter(None, [condition]), *_CLASS.findall(said)])
    return EngineError(
        f"{place} failed: {', '.join(list(names)[:3]) or 'it did not say why'}.",
        "Its own log says more: the driver's page on port 4040, or the cluster's pages.",
    )


@contextmanager
def spark_errors() -> Iterator[None]:
    """Turn Spark's faults into an error that says so; a full disk stays what it is, for whoever wrote to it."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except GoldmineError:
        raise
    except (Py4JError, PySparkException, ConnectionError) as error:
        said = str(error)
        if "No space left on device" in said:
            raise
        condition = error.getCondition() if isinstance(error, PySparkException) else None
        raise fault_of(said, condition=condition or "") from None
