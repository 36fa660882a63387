"""Build the monthly partitions whose source rows are new or have changed."""

from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import ibis
from ibis.backends.sql import SQLBackend

from goldmine.activity.measures import balances_month, repeats, transactions_month
from goldmine.contract.bank import Bank, schema_of
from goldmine.core import fingerprint
from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.engine import DUCKDB, Engine, cached_rows, write_parquet
from goldmine.core.files import read_json, write_json
from goldmine.core.seals import is_sealed, remove_sealed
from goldmine.core.tasks import run_tasks
from goldmine.core.workspace import Workspace

_KINDS = ("transactions", "balances")
_ORDER = {"transactions": ("customer_id", "known"), "balances": ("customer_id",)}
"""The key of each, which rows are sorted by: a fixed order gives the same bytes each time."""


@dataclass(frozen=True)
class ActivityReport:
    """Which partitions were built and which were up to date, as ``table/YYYY-MM``."""

    made: tuple[str, ...]
    kept: tuple[str, ...]


def partition(work: Workspace, table: str, month: str) -> Path:
    """Path of a month of a table's activity."""
    return work.activity / table / f"{month}.parquet"


def partition_fingerprints(work: Workspace) -> dict[str, str]:
    """Fingerprint of each partition's source rows and code, by ``table/YYYY-MM``."""
    index: dict[str, str] = read_json(work.activity / "index.json", {})
    return index


def index_of(month: str) -> int:
    """Months since the year 0 of a month ``YYYY-MM``."""
    return int(month[:4]) * 12 + int(month[5:]) - 1


def build_activity(bank: Bank, work: Workspace, engine: Engine = DUCKDB) -> ActivityReport:
    """Bring the activity up to date with the bank's tables.

    A month is built again only if its rows or this code have changed, so a late row of a past month is picked up, or if
    its partition is not as it was written.
    Months that the tables no longer hold are removed.

    Returns
    -------
    ActivityReport
        What was built and what was up to date.
    """
    fingerprints = _fingerprints(bank)
    index = partition_fingerprints(work)
    stale = [
        name
        for name, source in fingerprints.items()
        if index.get(name) != source or not is_sealed(partition(work, *name.split("/")))
    ]

    rows = max(file.rows for table in _KINDS if bank.has(table) for file in bank.tables[table].files)
    build = partial(_build_partition, bank, work)
    for name in run_tasks(engine, stale, "activity by month", build, rows=rows):
        bank.require_unchanged()
        index[name] = fingerprints[name]
        write_json(work.activity / "index.json", index)
    for name in set(index) - set(fingerprints):
        remove_sealed(partition(work, *name.split("/")))
    write_json(work.activity / "index.json", {name: index[name] for name in fingerprints})
    return ActivityReport(tuple(stale), tuple(name for name in fingerprints if name not in stale))


def _build_partition(bank: Bank, work: Workspace, connection: SQLBackend, name: str) -> None:
    table, month = name.split("/")
    connection.create_view("rows", bank.read(connection, table, [month]), overwrite=True)
    repeated, query = _queries(table)
    dated = f"SELECT *, CAST({index_of(month)} AS INTEGER) AS month FROM ({query})"
    with cached_rows(connection, "repeated", repeated) if repeated else nullcontext():
        write_parquet(connection, dated, partition(work, table, month), order=_ORDER[table])


@cache
def _queries(table: str) -> tuple[str, str]:
    """SQL of the table ``repeated``, empty where none is needed, and of a table's aggregation over the view ``rows``.

    They are compiled once a process, since they do not depend on the month.
    """
    rows = ibis.table(schema_of(table), name="rows")

    def sql(expression: ibis.Table) -> str:
        return str(ibis.to_sql(expression, dialect="duckdb", pretty=False))

    if table == "balances":
        return "", sql(balances_month(rows))
    repeated = repeats(rows)
    return sql(repeated), sql(transactions_month(rows, ibis.table(repeated.schema(), name="repeated")))


def _fingerprints(bank: Bank) -> dict[str, str]:
    """Fingerprint of the rows and code that each partition is made from, by ``table/YYYY-MM``."""
    code = code_fingerprint(__name__)
    return {
        f"{table}/{month}": fingerprint.of_value(
            [code, sorted(f.fingerprint for f in bank.tables[table].files if f.month == month)]
        )
        for table in _KINDS
        if bank.has(table)
        for month in bank.months(table)
    }
