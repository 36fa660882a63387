"""One piece of work in a process of its own: wall seconds, CPU seconds, and the most memory that its tree held."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

_EVERY_SECONDS = 0.2


@dataclass(frozen=True)
class Measured:
    """What a piece of work took.

    Parameters
    ----------
    wall, cpu : float
        Seconds.
    peak : int
        Bytes that the process and its children held at once, at most.
    """

    wall: float
    cpu: float
    peak: int


def measure(*words: str) -> Measured:
    """Run ``python -m bench.scale.work WORDS`` and wait for its end."""
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "bench.scale.work", *words])
    peak = 0
    while process.poll() is None:
        peak = max(peak, _held(process.pid))
        time.sleep(_EVERY_SECONDS)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: ended with {process.returncode}")
    wall = time.monotonic() - began
    return Measured(wall, _children_cpu(), peak)


_seen = 0.0


def _children_cpu() -> float:
    """CPU seconds of the child that has just ended: what all children took, less what was known before."""
    global _seen
    took = os.times()
    total = took.children_user + took.children_system
    found, _seen = total - _seen, total
    return found


def _held(pid: int) -> int:
    try:
        process = psutil.Process(pid)
        own, below = process.memory_info(), [one.memory_info() for one in process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    # A child that is about to become another program still shows all of its parent's memory as its own.
    return own.rss + sum(one.rss for one in below if one.vms != own.vms)


def bytes_on_disk(folder: Path) -> int:
    """Bytes of a file, or of all files in a folder; 0 where there is nothing."""
    files = [folder] if folder.is_file() else folder.rglob("*") if folder.exists() else []
    return sum(path.stat().st_size for path in files if path.is_file())
