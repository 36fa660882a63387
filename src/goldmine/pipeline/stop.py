"""Stopping a run when asked to: by Ctrl-C, or by the machine that shuts down."""

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
"""How often Ctrl-C is claimed again: Polars, which MLflow loads where it is installed, takes it for itself."""


class StoppedError(Exception):
    """The run was asked to stop; no step begins any more."""


def stopped() -> bool:
    """Whether the run has been asked to stop."""
    return _asked.is_set()


def check_not_stopped() -> None:
    """Refuse to begin anything once the run has been asked to stop.

    Raises
    ------
    StoppedError
        If it has.
    """
    if stopped():
        raise StoppedError("the run was asked to stop")


def remember_kernel(process: int | None) -> None:
    """Note a kernel's process, to be ended where the run is asked to stop."""
    if process is not None:
        _kernels.add(process)


def forget_kernel(process: int | None) -> None:
    """Note that a kernel's process has ended."""
    if process is not None:
        _kernels.discard(process)


def run_stoppable(work: Callable[[], object]) -> None:
    """Do some work in a thread of its own, so that being asked to stop reaches us and not a library within.

    Notebook clients and schedulers each take such a signal for themselves, end the kernel, and try again. Here it ends
    the kernel, the step fails, no other begins, and all is noted as failed before the block is left.

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
            done = pool.submit(work)
            try:
                while not wait([done], timeout=_EVERY_SECONDS).done:
                    signal.signal(signal.SIGINT, interrupt)
                done.result()
            except KeyboardInterrupt:
                _asked.set()
                for process in list(_kernels):
                    with suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)
                raise
    finally:
        signal.signal(signal.SIGTERM, before)
        _asked.clear()


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
