"""Progress of long work: a bar on standard error with an estimate of the time left."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import TypeVar

T = TypeVar("T")
C = TypeVar("C")

_SMALL = 200_000
"""Rows below which DuckDB leaves cores idle in one query."""


def track(items: Sequence[T], what: str) -> Iterator[T]:
    """Iterate over `items` with a progress bar named `what`, which only a terminal shows."""
    if not items:
        return
    from rich.console import Console
    from rich.progress import track as bar

    console = Console(stderr=True)
    yield from bar(items, description=f"  {what}", console=console, disable=not console.is_terminal)


def cores() -> int:
    """Cores that this process may use; no result depends on them.

    Spark's tasks and notebooks that run side by side are given their share in OMP_NUM_THREADS.
    """
    machine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(machine, int(asked)) if asked.isdecimal() and int(asked) else machine


def track_queries(
    items: Sequence[T], what: str, connect: Callable[[int], C], run: Callable[[C, T], object], *, rows: int
) -> Iterator[T]:
    """Run one query per item with a progress bar, several at once if they are small, and yield each item when done.

    DuckDB splits a query among the cores by pieces of some 100,000 rows, so a small bank's queries use one core each. A
    large bank's use all cores and run one after the other to save memory.

    Parameters
    ----------
    items : sequence
        Items to iterate over.
    what : str
        Name of the bar.
    connect : callable
        Opens a connection whose queries use so many threads (0: all); each of our threads has its own.
    run : callable
        Runs the query of an item on a connection.
    rows : int
        Approximate number of rows that a query reads.
    """
    thread, small = local(), rows < _SMALL

    def with_connection(item: T) -> None:
        if not hasattr(thread, "connection"):
            thread.connection = connect(1 if small else 0)
        run(thread.connection, item)

    with ThreadPoolExecutor(cores() if small else 1) as pool:
        try:
            done = pool.map(with_connection, items)
            for item in track(items, what):
                next(done)
                yield item
        finally:
            pool.shutdown(cancel_futures=True)
