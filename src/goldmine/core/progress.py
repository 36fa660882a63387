"""One way to show that long work moves: a bar on standard error with an estimate of the time left."""

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
    """Go through `items` with a progress bar named `what`; only a terminal shows it, and nothing for no items."""
    if not items:
        return
    from rich.console import Console
    from rich.progress import track as bar

    console = Console(stderr=True)
    yield from bar(items, description=f"  {what}", console=console, disable=not console.is_terminal)


def cores() -> int:
    """Cores that this process may use; no result depends on them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def track_queries(
    items: Sequence[T], what: str, connect: Callable[[int], C], run: Callable[[C, T], object], *, rows: int
) -> Iterator[T]:
    """Run a query an item with a progress bar, several at a time where each is small, and give each item when done.

    DuckDB shares a query among the cores by pieces of some 100,000 rows, so that a small bank's queries take one core
    each; a large bank's take all, and are run one after the other, for their memory's sake.

    Parameters
    ----------
    items : sequence
        What to go through.
    what : str
        Name of the bar.
    connect : callable
        Makes a connection whose queries use so many threads (0: all); each of ours has its own.
    run : callable
        Takes a connection and an item.
    rows : int
        How many rows a query goes through, about.
    """
    mine, small = local(), rows < _SMALL

    def with_connection(item: T) -> None:
        if not hasattr(mine, "connection"):
            mine.connection = connect(1 if small else 0)
        run(mine.connection, item)

    with ThreadPoolExecutor(cores() if small else 1) as pool:
        try:
            done = pool.map(with_connection, items)
            for item in track(items, what):
                next(done)
                yield item
        finally:
            pool.shutdown(cancel_futures=True)
