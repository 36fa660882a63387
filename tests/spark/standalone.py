"""A cluster in miniature, run as a process of its own: ``python -m tests.spark.standalone FOLDER``.

A master and three workers are processes on loopback, each worker at an address of its own, as Spark starts the second
copy of a slow task on another host only. One worker is killed in the middle of the features; the findings are printed
as JSON.
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from ibis.backends.sql import SQLBackend

from goldmine.activity import build_activity
from goldmine.contract.intake import open_bank
from goldmine.core.engine import Engine
from goldmine.core.spark import start
from goldmine.core.tasks import run_tasks
from goldmine.core.workspace import Workspace
from goldmine.features import build_features
from goldmine.sample import write_bank
from tests.spark.killing import CUTOFF, SLICE, losing_one

WORKERS = 3
_DEPLOY = "org.apache.spark.deploy"


def lost(folder: Path) -> dict[str, Any]:
    """Make activity and features in eight slices on three workers, one of which is killed; DuckDB's stand beside."""
    write_bank(folder / "bank", customers=300, months=13, seed=3, end=CUTOFF)
    plain, work = Workspace(folder / "duckdb"), Workspace(folder / "spark")
    bank = open_bank(folder / "bank", plain)
    build_activity(bank, plain)
    build_features(bank, plain, [CUTOFF], Engine(slice_customers=SLICE))
    with ExitStack() as running:
        port = _free_port()
        address = f"spark://127.0.0.1:{port}"
        page = ["--webui-port", "0"]
        running.enter_context(_process("master.Master", *page, "--host", "127.0.0.1", "--port", str(port)))
        _wait_for(port)
        size = [*page, "--cores", "1", "--memory", "600m"]
        workers = [
            running.enter_context(
                _process("worker.Worker", *size, "--host", f"127.0.0.{n}", "-d", str(folder / f"worker{n}"), address)
            )
            for n in range(2, 2 + WORKERS)
        ]
        context = start(address)
        while context._jsc.sc().getExecutorMemoryStatus().size() < 1 + WORKERS:  # the driver is one of them
            time.sleep(0.1)
        cluster = Engine("spark", address, SLICE)
        ended = sorted(run_tasks(cluster, [1, 2, 3, 4], "odd", partial(_hang_once, folder / "hung"), rows=1))
        began = time.monotonic()
        made = len(build_activity(bank, work, cluster).made)
        gone = losing_one(lambda: set(filter(_lives, workers)), lambda: build_features(bank, work, [CUTOFF], cluster))
        context.stop()
        return {
            "hangs once": ended,
            "made": made,
            "gone": gone,
            "seconds": time.monotonic() - began,
            "left": [path.name for path in work.root.rglob(".*") if path.suffix != ".seal"],
        }


@contextmanager
def _process(name: str, *arguments: str) -> Iterator[int]:
    """A process of Spark's, by its number; it and its children end with the block."""
    import pyspark  # where Spark is not installed, this module is still imported for its examples

    program = Path(pyspark.__file__).parent / "bin" / "spark-class"
    command = [str(program), f"{_DEPLOY}.{name}", *arguments]
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield started.pid
    finally:
        if _lives(started.pid):
            for one in psutil.Process(started.pid).children(recursive=True):
                one.kill()
        started.kill()
        started.wait()


def _hang_once(hung: Path, connection: SQLBackend, item: int) -> None:
    if item == 1 and not hung.exists():
        hung.touch()
        time.sleep(600)


def _lives(process: int) -> bool:
    return psutil.pid_exists(process) and psutil.Process(process).status() != psutil.STATUS_ZOMBIE


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the master does not answer")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(lost(Path(sys.argv[1]))))
