"""Processes that may have died: a mark that names one for good, and whether it is alive."""

import os
import socket
from pathlib import Path


def process_mark(process: int | None = None) -> str:
    """A mark of a process, this one if none is given: machine, number, and when it began, since numbers come again.

    Examples
    --------
    >>> is_alive(process_mark())
    True
    """
    number = os.getpid() if process is None else process
    return f"{socket.gethostname()}:{number}:{_began(number)}"


def is_alive(mark: str) -> bool | None:
    """Whether the process of a mark is alive; None where this machine cannot tell, since it ran on another.

    Examples
    --------
    >>> is_alive(f"{socket.gethostname()}:1:0")
    False
    """
    machine, _, rest = mark.rpartition(":")[0].rpartition(":")
    number = rest
    if machine != socket.gethostname() or not number.isdigit():
        return None
    return process_mark(int(number)) == mark and _began(int(number)) != ""


def _began(process: int) -> str:
    """When a process began, in ticks since the machine did; empty where there is no such process or it has ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return _alive_elsewhere(process)
    return "" if fields[0] in "ZX" else fields[19]


def _alive_elsewhere(process: int) -> str:
    """As far as it can be told without /proc: that there is such a process."""
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "?"
    return "?"
