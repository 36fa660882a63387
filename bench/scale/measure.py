"""Measure a stage in a process of its own: wall seconds, CPU seconds, and the peak memory of its process tree."""

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
    """Cost of a stage.

    Parameters
    ----------
    wall, cpu : float
        Seconds.
    peak : int
        Peak memory of the process and its children together, in bytes.
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
        peak = max(peak, _memory_of_tree(process.pid))
        time.sleep(_EVERY_SECONDS)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: ended with {process.returncode}")
    wall = time.monotonic() - began
    return Measured(wall, _children_cpu(), peak)


_seen = 0.0


def _children_cpu() -> float:
    """CPU seconds of the child that has just ended: those of all children, less those seen before."""
    global _seen
    took = os.times()
    total = took.children_user + took.children_system
    seconds, _seen = total - _seen, total
    return seconds


def _memory_of_tree(pid: int) -> int:
    try:
        process = psutil.Process(pid)
        own, below = process.memory_info(), [child.memory_info() for child in process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    # A child between fork and exec still shows its parent's memory as its own.
    return own.rss + sum(child.rss for child in below if child.vms != own.vms)


def bytes_on_disk(folder: Path) -> int:
    """Bytes of a file, or of all files in a folder; 0 if it does not exist."""
    files = [folder] if folder.is_file() else folder.rglob("*") if folder.exists() else []
    return sum(path.stat().st_size for path in files if path.is_file())
