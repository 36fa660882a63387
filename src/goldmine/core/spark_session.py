"""Spark SQL over the tables of the cluster's own catalogues, which its settings name."""

import logging
from typing import Any

from goldmine.core.spark import start

_QUOTES_ROWS = ("DataFrameQueryContextLogger", "SQLQueryContextLogger")
"""PySpark's loggers of failed queries, whose lines on the error stream hold the value that did not convert."""


def session(master: str, zone: str) -> Any:
    """A session of the process' application, with settings and views of its own.

    Parameters
    ----------
    master : str
        Spark's master.
    zone : str
        Time zone that moments are read in.

    Raises
    ------
    EngineError
        If Spark does not start.
    """
    context = start(master)
    from pyspark.sql import SparkSession

    for name in _QUOTES_ROWS:
        logging.getLogger(name).disabled = True
    own = SparkSession(context).newSession()
    own.conf.set("spark.sql.session.timeZone", zone)
    own.conf.set("spark.sql.parquet.datetimeRebaseModeInWrite", "CORRECTED")
    return own
