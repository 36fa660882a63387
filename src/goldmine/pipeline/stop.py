"""Stopping a run on Ctrl-C or when the machine shuts down."""

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from types import FrameType
from typing import NoReturn

_asked = threading.Event()
_kernels: set[int] = set()

_EVERY_SECONDS = 1.0
"""How often our handler of Ctrl-C is restored: Polars, which MLflow loads if it is installed, replaces it."""


class StoppedError(Exception):
    """The run was asked to stop; no further step begins."""


def stopped() -> bool:
    """Whether the run has been asked to stop."""
    return _asked.is_set()


def check_not_stopped() -> None:
    """Raise if the run has been asked to stop, so that nothing new begins.

    Raises
    ------
    StoppedError
        If it has.
    """
    if stopped():
        raise StoppedError("the run was asked to stop")


def remember_kernel(process: int | None) -> None:
    """Register a kernel's process, which is killed if the run is asked to stop."""
    if process is not None:
        _kernels.add(process)


def forget_kernel(process: int | None) -> None:
    """Remove a kernel's process, which has ended."""
    if process is not None:
        _kernels.discard(process)


def kill_kernels() -> None:
    """Kill the kernels at work; their notebooks fail."""
    for process in list(_kernels):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def run_stoppable(work: Callable[[], object]) -> None:
    """Run `work` in a thread of its own, so that signals reach us and not a library that it calls.

    Notebook clients and schedulers handle such a signal themselves, end the kernel and try again. Here the kernel is
    killed, the step fails, no other step begins, and every failure is recorded before the function returns.

    Raises
    ------
    KeyboardInterrupt
        If the run was asked to stop.
    """
    if threading.current_thread() is not threading.main_thread():
        work()
        return
    before, interrupt = signal.signal(signal.SIGTERM, _interrupt), signal.getsignal(signal.SIGINT)
    _asked.clear()
    try:
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(work)
            try:
                while not wait([future], timeout=_EVERY_SECONDS).done:
                    signal.signal(signal.SIGINT, interrupt)
                future.result()
            except KeyboardInterrupt:
                _asked.set()
                kill_kernels()
                raise
    finally:
        signal.signal(signal.SIGTERM, before)
        _asked.clear()


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
