"""Executors that die and tasks that fail, run as a process of its own: ``python -m tests.spark.killing FOLDER``.

The bank is in FOLDER; the features go to FOLDER/duckdb and FOLDER/spark, and the findings are printed as JSON.
"""

import json
import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil
import pyarrow as pa
from ibis.backends.sql import SQLBackend

from goldmine.activity import build_activity
from goldmine.contract.intake import open_bank
from goldmine.core.engine import DUCKDB, Engine, connect
from goldmine.core.files import remove_unfinished
from goldmine.core.fingerprint import of_file
from goldmine.core.spark import start
from goldmine.core.tasks import run_tasks
from goldmine.core.workspace import Workspace
from goldmine.features import build_features
from goldmine.models.ranking import SCORES, write_in_order, write_ranges
from goldmine.models.training_draw import Draw, draw_balanced
from goldmine.models.training_rows import RowSource, read_rows
from goldmine.sample import write_bank
from tests.models.made import use_case

CUTOFF = date(2024, 6, 30)
EARLIER = date(2024, 3, 31)
"""A cutoff whose outcome is known."""
SLICE = 40
"""Customers of a slice: 300 are eight tasks."""
CLUSTER = Engine("spark", "local-cluster[2,1,512]", SLICE)
"""Two executors, each a process of its own with one core, beside the driver."""


def killed(folder: Path) -> dict[str, Any]:
    """Make activity, features, a draw and a ranking on two executors, and kill one in each; DuckDB's stand beside."""
    write_bank(folder / "bank", customers=300, months=13, seed=3, end=CUTOFF)
    plain, work = Workspace(folder / "duckdb"), Workspace(folder / "spark")
    bank = open_bank(folder / "bank", plain)
    build_activity(bank, plain)
    build_features(bank, plain, [EARLIER, CUTOFF], Engine(slice_customers=SLICE))
    parts = _scored(folder / "parts")
    results: dict[str, Any] = {}

    def draw(engine: Engine, made: Workspace) -> None:
        source = RowSource(bank, made, use_case(gap_days=0, horizon_days=60), CUTOFF)
        drawn = read_rows(engine, source, [EARLIER], _half)
        results[made.root.name] = drawn[EARLIER].combine_chunks()

    def rank(engine: Engine, made: Workspace) -> None:
        scratch = folder / f"scratch of {made.root.name}"
        scratch.mkdir()
        write_ranges(engine, parts, made.root / "ranked.parquet", scratch, len(parts))

    draw(DUCKDB, plain)
    rank(DUCKDB, plain)
    start(CLUSTER.spark_master)
    stages: list[Callable[[], object]] = [
        lambda: build_activity(bank, work, CLUSTER),
        lambda: build_features(bank, work, [EARLIER, CUTOFF], CLUSTER),
        lambda: draw(CLUSTER, work),
        lambda: rank(CLUSTER, work),
    ]
    gone = [losing_one(executors, stage) for stage in stages]
    odd = folder / "odd"
    odd.mkdir()
    remove_unfinished(work.root)  # as the next run does: what a killed executor was writing
    return {
        "gone": gone,
        "fails twice": sorted(run_tasks(CLUSTER, [1, 2], "odd", partial(_fail_twice, odd), rows=1)),
        "drawn": results["spark"].num_rows,
        "same draw": results["spark"].equals(results["duckdb"]),
        "same ranking": of_file(work.root / "ranked.parquet") == of_file(plain.root / "ranked.parquet"),
        "left": [path.name for path in work.root.rglob(".*") if path.suffix != ".seal"],
    }


def _half(counts: dict[date, tuple[int, int]]) -> dict[date, Draw | None]:
    """About half of the rows of each cutoff."""
    return {cutoff: draw_balanced([count], count[0] // 2, seed=7) for cutoff, count in counts.items()}


def _scored(folder: Path) -> list[Path]:
    """Eight parts of scores, each in order."""
    files = [folder / f"{part:04}.parquet" for part in range(8)]
    for part, file in enumerate(files):
        numbers = range(part, 400_000, len(files))
        chances = pa.array([number * 7_919 % 10_007 / 10_007 for number in numbers])
        rows = pa.table({"customer_id": [f"{number:07}" for number in numbers], "probability": chances}, SCORES)
        write_in_order(connect(), rows, file)
    return files


def losing_one(processes: Callable[[], set[int]], run: Callable[[], object]) -> int:
    """Run something while one of some processes is killed, once a task is done and others run: how many died."""
    before, over = processes(), Event()
    watch = Thread(target=_kill_one, args=(next(iter(before)), over))
    watch.start()
    try:
        run()
    finally:
        over.set()
        watch.join()
    return len(before - processes())


def _kill_one(process: int, over: Event) -> None:
    from pyspark import SparkContext

    tracker = SparkContext.getOrCreate().statusTracker()
    while not over.wait(0.02):
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
        if any(stage and stage.numActiveTasks and stage.numCompletedTasks for stage in stages):
            psutil.Process(process).kill()
            return


def executors() -> set[int]:
    """The processes of the executors below this one; what has ended, or is about to, is none."""
    return {one.pid for one in psutil.Process().children(recursive=True) if _is_executor(one)}


def _is_executor(one: psutil.Process) -> bool:
    try:
        return any("CoarseGrainedExecutorBackend" in word for word in one.cmdline())
    except psutil.NoSuchProcess:  # a zombie's too
        return False


def _fail_twice(folder: Path, connection: SQLBackend, item: int) -> None:
    tries = len(list(folder.glob(f"failed.{item}.*")))
    if tries < 2:
        (folder / f"failed.{item}.{tries}").touch()
        raise RuntimeError("not yet")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(killed(Path(sys.argv[1]))))
