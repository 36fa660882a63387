"""Features while an executor is killed, run as a process of its own: ``python -m tests.spark.killing FOLDER``.

The bank is in FOLDER; the features go to FOLDER/duckdb and FOLDER/spark, and the findings are printed as JSON.
"""

import json
import shutil
import sys
from datetime import date
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil

from goldmine.activity import build_activity
from goldmine.contract.intake import open_bank
from goldmine.core.engine import Engine, connect
from goldmine.core.workspace import Workspace
from goldmine.features import build_features
from goldmine.sample import write_bank

CUTOFF = date(2024, 6, 30)
CLUSTER = Engine("spark", "local-cluster[2,1,1024]")
"""Two executors, each a process of its own with one core and a gigabyte, beside the driver."""


def killed(folder: Path) -> dict[str, Any]:
    """Make a cutoff's features on two executors and kill one while it works; DuckDB's stand beside."""
    write_bank(folder / "bank", customers=300, months=13, seed=3, end=CUTOFF)
    plain, work = Workspace(folder / "duckdb"), Workspace(folder / "spark")
    bank = open_bank(folder / "bank", plain)
    build_activity(bank, plain)
    build_features(bank, plain, [CUTOFF])
    shutil.copytree(plain.activity, work.activity)
    connect(CLUSTER)
    before, over = _executors(), Event()
    watch = Thread(target=_kill_one, args=(next(iter(before)), over))
    watch.start()
    try:
        build_features(bank, work, [CUTOFF], CLUSTER)
    finally:
        over.set()
        watch.join()
    left = [path.name for path in work.root.rglob(".*.part")]
    return {"gone": len(before - _executors()), "left": left}


def _kill_one(executor: int, over: Event) -> None:
    """Kill an executor once a stage has tasks that are done and others that run."""
    from pyspark import SparkContext

    tracker = SparkContext.getOrCreate().statusTracker()
    while not over.wait(0.02):
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
        if any(stage and stage.numActiveTasks and stage.numCompletedTasks for stage in stages):
            psutil.Process(executor).kill()
            return


def _executors() -> set[int]:
    """The processes of the executors below this one; what has ended, or is about to, is none."""
    return {one.pid for one in psutil.Process().children(recursive=True) if _is_executor(one)}


def _is_executor(one: psutil.Process) -> bool:
    try:
        return any("CoarseGrainedExecutorBackend" in word for word in one.cmdline())
    except psutil.NoSuchProcess:  # a zombie's too
        return False


if __name__ == "__main__":
    sys.stdout.write(json.dumps(killed(Path(sys.argv[1]))))
