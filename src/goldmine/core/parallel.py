"""Jobs on several threads."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from goldmine.core.progress import cores

T = TypeVar("T")


def in_parallel(jobs: Iterable[Callable[[], T]]) -> Iterator[T]:
    """Run jobs at the same time, one a core, each on a thread of its own; results in order.

    For NumPy and LightGBM, which let other threads work while they compute. A job is taken when a core is about to be
    free, so that what few jobs hold is in memory at a time. Where the caller ends early, no further job begins.
    """
    with ThreadPoolExecutor(cores()) as pool:
        begun: deque[Future[T]] = deque()
        try:
            for job in jobs:
                begun.append(pool.submit(job))
                if len(begun) > cores():
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
