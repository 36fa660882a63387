"""One function over many items: in this process, or as tasks of Apache Spark."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from ibis.backends.sql import SQLBackend

from goldmine.core.engine import Engine, connect
from goldmine.core.parquet import parquet_files
from goldmine.core.progress import track_queries

T = TypeVar("T")
R = TypeVar("R")


def is_spread(engine: Engine, table: Path) -> bool:
    """Whether the rows of a table come to the tasks of Spark, or else are few enough for this process."""
    return engine.name == "spark" and len(parquet_files(table)) > 1


def run_tasks(
    engine: Engine, items: Sequence[T], what: str, run: Callable[[SQLBackend, T], object], *, rows: int
) -> Iterator[T]:
    """Run a function once for each item on a connection of DuckDB, and yield the items that are done.

    Parameters
    ----------
    engine : Engine
        Where it runs. In this process items are yielded one by one; Spark's when all tasks have ended.
    items : sequence
        What it runs on.
    what : str
        Name of the progress bar.
    run : callable
        A function of a module, or a partial of one; what it writes has to be written whole, since Spark runs a lost
        task again.
    rows : int
        Approximate number of rows that it reads for an item.

    Raises
    ------
    EngineError
        If Spark does not start, or fails.
    """
    for item, _result in task_results(engine, items, what, run, rows=rows):
        yield item


def task_results(
    engine: Engine, items: Sequence[T], what: str, run: Callable[[SQLBackend, T], R], *, rows: int
) -> Iterator[tuple[T, R]]:
    """As `run_tasks`, and yield what the function returned beside each item: counts, never rows.

    Raises
    ------
    EngineError
        If Spark does not start, or fails.
    """
    if engine.name == "spark" and items:
        from goldmine.core.spark import run_on_spark

        yield from run_on_spark(engine.spark_master, items, run)
    else:
        results: dict[int, R] = {}
        numbered = list(enumerate(items))
        for position, item in track_queries(numbered, what, connect, partial(_keep_result, results, run), rows=rows):
            yield item, results.pop(position)


def _keep_result(
    results: dict[int, R], run: Callable[[SQLBackend, T], R], connection: SQLBackend, numbered: tuple[int, T]
) -> None:
    position, item = numbered
    results[position] = run(connection, item)
