"""Features while an executor is killed, and activity on a disk that is full; run as a process of its own.

``python -m tests.spark.breaking killed FOLDER`` or ``... full FOLDER``; the findings are printed as JSON.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import pyarrow.parquet as pq

from goldmine.activity import build_activity
from goldmine.contract.bank import Bank
from goldmine.contract.intake import open_bank
from goldmine.core.engine import Engine, connect
from goldmine.core.errors import GoldmineError
from goldmine.core.parquet import parquet_files
from goldmine.core.work import Work
from goldmine.features import build_features
from goldmine.sample import write_bank

CUTOFF = date(2024, 6, 30)


def killed(folder: Path) -> dict[str, Any]:
    """Make features on two executors, and kill one as soon as its part is being written."""
    write_bank(folder / "bank", customers=300, months=6, seed=3, end=CUTOFF)
    work = Work(folder / "work")
    bank = open_bank(folder / "bank", work)
    build_activity(bank, work)
    engine = Engine("spark", "local-cluster[2,1,1024]")
    connect(engine)
    dead: list[int] = []
    Thread(target=_kill_one, args=(work.features(CUTOFF).parent, dead), daemon=True).start()
    build_features(bank, work, [CUTOFF], engine)
    customers = pq.read_table(work.features(CUTOFF), columns=["customer_id"])["customer_id"]
    return {"killed": len(dead), "rows": len(customers), "customers": len(customers.unique()), "left": _left(work)}


def _kill_one(features: Path, dead: list[int]) -> None:
    while not [path for path in features.glob(".*.part/_temporary/**/*.parquet") if path.stat().st_size]:
        sleep(0.02)
    pid = executors()[0]
    os.kill(pid, signal.SIGKILL)
    dead.append(pid)


def executors() -> list[int]:
    """Processes of this run's executors: below the Java that this process started."""
    lines = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in lines.splitlines()[1:]]
    mine = {os.getpid()}
    for _ in range(4):
        mine |= {int(pid) for pid, parent, *_ in rows if int(parent) in mine}
    return [int(row[0]) for row in rows if int(row[0]) in mine and "CoarseGrainedExecutorBackend" in row[-1]]


def full(folder: Path) -> dict[str, Any]:
    """Make activity in a folder whose disk fills up in the middle of a partition, then with room again."""
    work = Work(folder / "small" / "work")
    write_bank(folder / "bank", customers=300, months=6, seed=3, end=CUTOFF)
    bank = _of_one_month(open_bank(folder / "bank", work))
    ballast = folder / "small" / "ballast"
    free = shutil.disk_usage(ballast.parent).free
    ballast.write_bytes(b"0" * (free - 12 * 1024))
    engine = Engine("spark", "local[2]")
    error = _raised(lambda: build_activity(bank, work, engine))
    standing = [path.name for path in work.activity.rglob("*.parquet")]
    ballast.unlink()
    made = build_activity(bank, work, engine).made
    rows = sum(
        pq.read_metadata(part).num_rows for part in parquet_files(work.activity / "balances" / "2024-06.parquet")
    )
    return {**error, "standing": standing, "made": len(made), "rows": rows, "left": _left(work)}


def _of_one_month(bank: Bank) -> Bank:
    tables = {
        name: replace(table, files=tuple(file for file in table.files if file.month in ("", "2024-06")))
        for name, table in bank.tables.items()
    }
    return replace(bank, tables=tables)


def _raised(make: Callable[[], object]) -> dict[str, Any]:
    try:
        make()
    except GoldmineError as error:
        return {"code": error.exit_code, "lines": len(str(error).splitlines())}
    return {"code": 0, "lines": 0}


def _left(work: Work) -> list[str]:
    return [path.name for path in work.root.rglob(".*.part")]


if __name__ == "__main__":
    found = {"killed": killed, "full": full}[sys.argv[1]](Path(sys.argv[2]))
    sys.stdout.write(json.dumps(found))
