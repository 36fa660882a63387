"""Months of tables that were read: each is counted, cast and sorted by itself, here or in a task of Spark."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from ibis.backends.sql import SQLBackend

from goldmine.contract.canonical_writer import StagedTable, Written, write_month
from goldmine.contract.shape import codes_held
from goldmine.contract.spark_months import MonthCounts
from goldmine.contract.stage import MOST_THREADS, connect
from goldmine.core.engine import Engine
from goldmine.core.tasks import task_results


@dataclass(frozen=True)
class CastMonth:
    """A month's canonical file, and what was counted of its rows."""

    counts: MonthCounts
    file: Written


def cast_months(engine: Engine, tables: Sequence[StagedTable]) -> dict[str, dict[str, CastMonth]]:
    """Cast the months of some tables, whatever is wrong with their rows; by table and month, in order.

    What is not partitioned by month is one.

    Raises
    ------
    DiskError
        If the disk is full.
    EngineError
        If Spark fails.
    """
    months = [(table, month) for table in tables for month in table.folders()]
    done: dict[str, dict[str, CastMonth]] = {table.spec.name: {} for table in tables}
    if engine.name == "spark":
        found = task_results(engine, months, "casting months", partial(_cast_month, 1), rows=0)
    else:
        found = ((month, _cast_month(MOST_THREADS, None, month)) for month in months)
    for (table, month), result in found:
        done[table.spec.name][month] = result
    return done


def _cast_month(threads: int, _connection: SQLBackend | None, item: tuple[StagedTable, str]) -> CastMonth:
    table, month = item
    # A task that is lost runs again, and a slow one twice: each has a folder of its own.
    target = Path(tempfile.mkdtemp(prefix="canonical.", dir=table.scratch))
    with connect(target, threads) as connection:
        rows, counts, file = write_month(connection, table, month, target)
    codes = codes_held(table.spec, [file.path], file.columns)
    counted = {"rows": rows, "counts": [asdict(one) for one in counts], "codes": codes}
    return CastMonth(MonthCounts.model_validate(counted), file)
