"""Activity on a disk that is full, run as a process of its own: ``python -m tests.spark.breaking FOLDER``.

The findings are printed as JSON.
"""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from goldmine.activity import build_activity
from goldmine.contract.bank import Bank
from goldmine.contract.intake import open_bank
from goldmine.core.engine import Engine
from goldmine.core.errors import GoldmineError
from goldmine.core.parquet import parquet_files
from goldmine.core.workspace import Workspace
from goldmine.sample import write_bank

CUTOFF = date(2024, 6, 30)


def full(folder: Path) -> dict[str, Any]:
    """Make activity in a folder whose disk fills up in the middle of a partition, then with room again."""
    work = Workspace(folder / "small" / "work")
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


def _left(work: Workspace) -> list[str]:
    return [path.name for path in work.root.rglob(".*.part")]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(full(Path(sys.argv[1]))))
