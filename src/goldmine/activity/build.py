"""Making the monthly partitions: only those whose content is new or has changed."""

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
from goldmine.core.engine import DUCKDB, Engine, connect, kept, write_parquet
from goldmine.core.files import read_json, remove, write_json
from goldmine.core.progress import track_queries
from goldmine.core.workspace import Workspace

_KINDS = ("transactions", "balances")
_ORDER = {"transactions": ("customer_id", "known"), "balances": ("customer_id",)}
"""What names a row of each; a fixed order gives the same bytes each time."""


@dataclass(frozen=True)
class ActivityReport:
    """Which partitions were made and which stood already, as ``table/YYYY-MM``."""

    made: tuple[str, ...]
    kept: tuple[str, ...]


def partition(work: Workspace, table: str, month: str) -> Path:
    """Where a month of a table's activity lies."""
    return work.activity / table / f"{month}.parquet"


def partition_fingerprints(work: Workspace) -> dict[str, str]:
    """Fingerprint of each partition's source rows and code, by ``table/YYYY-MM``."""
    found: dict[str, str] = read_json(work.activity / "index.json", {})
    return found


def index_of(month: str) -> int:
    """Months since the year 0 of a month ``YYYY-MM``."""
    return int(month[:4]) * 12 + int(month[5:]) - 1


def build_activity(bank: Bank, work: Workspace, engine: Engine = DUCKDB) -> ActivityReport:
    """Bring the activity up to the bank's books.

    A month is made again only where the content of its rows, or this code, has changed; so a late row
    that reaches a past month is picked up. Months that left the books are removed.

    Returns
    -------
    ActivityReport
        What was made and what was kept.
    """
    wanted = _wanted(bank)
    index = partition_fingerprints(work)
    made = [
        name
        for name, mark in wanted.items()
        if index.get(name) != mark or not partition(work, *name.split("/")).exists()
    ]

    def make(connection: SQLBackend, name: str) -> None:
        table, month = name.split("/")
        connection.create_view("rows", bank.read(connection, table, [month]), overwrite=True)
        first, query = _queries(table, connection.name)
        dated = f"SELECT *, CAST({index_of(month)} AS INTEGER) AS month FROM ({query})"
        with kept(connection, "twice", first) if first else nullcontext():
            write_parquet(connection, dated, partition(work, table, month), order=_ORDER[table])

    rows = max(file.rows for table in _KINDS if bank.has(table) for file in bank.tables[table].files)
    for name in track_queries(made, "activity by month", partial(connect, engine), make, rows=rows):
        index[name] = wanted[name]
        write_json(work.activity / "index.json", index)
    for name in set(index) - set(wanted):
        remove(partition(work, *name.split("/")))
    write_json(work.activity / "index.json", {name: index[name] for name in wanted})
    return ActivityReport(tuple(made), tuple(name for name in wanted if name not in made))


@cache
def _queries(table: str, dialect: str) -> tuple[str, str]:
    """SQL of a table's aggregation over the view ``rows``; compiled once, whatever the month.

    Before it stands that of ``twice``, which it reads more than once; empty where it reads none.
    """
    rows = ibis.table(schema_of(table), name="rows")

    def sql(asked: ibis.Table) -> str:
        return str(ibis.to_sql(asked, dialect=dialect, pretty=False))

    if table == "balances":
        return "", sql(balances_month(rows))
    found = repeats(rows)
    return sql(found), sql(transactions_month(rows, ibis.table(found.schema(), name="twice")))


def _wanted(bank: Bank) -> dict[str, str]:
    code = code_fingerprint(__name__)
    return {
        f"{table}/{month}": fingerprint.of_value(
            [code, sorted(f.fingerprint for f in bank.tables[table].files if f.month == month)]
        )
        for table in _KINDS
        if bank.has(table)
        for month in bank.months(table)
    }
