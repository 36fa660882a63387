"""What a cutoff may see, laid out as views of fixed names and columns.

Each view carries the cutoff as a column of its own, so that the features are one expression over these views, built and
compiled once whatever the bank and the cutoff.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
from ibis.backends.sql import SQLBackend

from goldmine.activity.build import index_of, partition
from goldmine.activity.measures import PEAKS, SUMS
from goldmine.contract.bank import Bank, no_rows, schema_of
from goldmine.contract.tables import PRODUCT_CLASSES
from goldmine.core.dates import month_end, month_key, months_back
from goldmine.core.engine import read_parquet
from goldmine.core.files import sql_text
from goldmine.core.workspace import Workspace
from goldmine.features.customer_aggregates import SIDES
from goldmine.features.point_in_time import CAME
from goldmine.features.windows import AGES, READ, STRETCHES

MONTHS = {
    "transactions": ibis.schema(
        {"customer_id": "string", "known": "int32", "own_days": "int64"}
        | {name: "float64" if name.endswith("_sum") else "int32" for name in SUMS}
        | dict.fromkeys(PEAKS, "int64")
        | {"last_own": "date", "month": "int32", "now": "int32"}
    ),
    "balances": ibis.schema(
        {"customer_id": "string"}
        | {f"{name}_{part}": "float64" for name in (*PRODUCT_CLASSES, "aum") for part in ("end", "avg")}
        | {"month": "int32", "now": "int32"}
    ),
}
"""Columns of the months' activity; sums in fen; `now` is the cutoff's own month."""
SAME = {"cutoff": "date", "books_from": "date"}
"""Columns of every canonical table as a cutoff finds it that are the same in each row: the cutoff, and the month end
from which on transactions are read."""


@dataclass(frozen=True)
class Source:
    """Where the rows of a cutoff are read from."""

    connection: SQLBackend
    bank: Bank
    work: Workspace
    cutoff: date


def table(name: str) -> ibis.Table:
    """A canonical table as a cutoff finds it: its columns, and `SAME`."""
    return ibis.table(ibis.schema(dict(schema_of(name)) | SAME), name=f"at_{name}")


def spine() -> ibis.Table:
    """The customers that rows are made for: all of them, or one slice."""
    return ibis.table(table("customers").schema(), name="spine")


def months(name: str, stretch: int) -> ibis.Table:
    """The activity of the months of one of `STRETCHES`; balances have the buckets alone."""
    return ibis.table(MONTHS[name], name=f"months_{name}_{stretch}")


def lay_out(source: Source, within: str = "") -> None:
    """Make the views that `spine`, `table` and `months` speak of, for one cutoff.

    Parameters
    ----------
    source : Source
        The cutoff.
    within : str, optional
        A condition on ``customer_id`` in SQL: who is in the slice. Of others no more is read than is known of those
        who were merged (`keep_merged`) and of relatives.
    """
    same = f"DATE '{source.cutoff}' AS cutoff, DATE '{_books_from(source)}' AS books_from"
    for name in CAME:
        if f"all_{name}" not in source.connection.list_tables():
            source.connection.create_view(f"all_{name}", source.bank.read(source.connection, name))
        sliced = f" WHERE {within}" if within and name in SIDES else ""
        lay_view(source.connection, f"at_{name}", f"SELECT *, {same} FROM all_{name}{sliced}")
    lay_view(source.connection, "spine", "SELECT * FROM at_customers")
    if within:  # of the other customers no more is asked than who was merged, and that once for each stretch of months
        lay_view(source.connection, "spine", f"SELECT *, {same} FROM all_customers WHERE {within}")
        lay_view(source.connection, "at_customers", f"SELECT *, {same} FROM merged_customers")
    for name in MONTHS:
        for stretch in READ[name]:
            lay_view(source.connection, f"months_{name}_{stretch}", _months(source, name, STRETCHES[stretch], within))


def keep_merged(source: Source) -> None:
    """Keep the customers who were merged and their activity, which may count in another slice than their own.

    A month is read once a connection, whatever the number of cutoffs that it is needed for.
    """
    lay_out(source)
    source.connection.raw_sql(
        "CREATE TEMP TABLE IF NOT EXISTS merged_customers AS FROM all_customers WHERE merged_into IS NOT NULL"
    )
    merged = "SELECT customer_id FROM merged_customers"
    for name in MONTHS:
        for month in _held_months(source, name, [age for stretch in READ[name] for age in STRETCHES[stretch]]):
            file = sql_text(partition(source.work, name, month))
            source.connection.raw_sql(
                f"CREATE TEMP TABLE IF NOT EXISTS {_merged(name, month)} AS "
                f"SELECT * FROM read_parquet({file}) WHERE customer_id IN ({merged})"
            )


def lay_view(connection: SQLBackend, name: str, query: str) -> None:
    """Let a name stand for a query, whatever it stood for before."""
    connection.raw_sql(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")


def _books_from(source: Source) -> date:
    """The earliest month end of `AGES` of which the books hold transactions; the cutoff where none is held."""
    held = source.bank.months("transactions")
    return min((day for day in months_back(source.cutoff, len(AGES)) if month_key(day) in held), default=source.cutoff)


def _months(source: Source, name: str, ages: Sequence[int], within: str) -> str:
    months = _held_months(source, name, ages)
    if not months:
        return no_rows(source.connection, MONTHS[name])
    files = [partition(source.work, name, month) for month in months]
    now = f"CAST({index_of(month_key(source.cutoff))} AS INTEGER) AS now"
    rows = f"SELECT *, {now} FROM {read_parquet(source.connection, files).get_name()}"
    if not within:
        return rows
    kept = " UNION ALL ".join(f"FROM {_merged(name, month)}" for month in months)
    return f"{rows} WHERE {within} UNION ALL SELECT *, {now} FROM ({kept}) WHERE NOT ({within})"


def _held_months(source: Source, name: str, ages: Sequence[int]) -> list[str]:
    held = source.bank.months(name)
    return [month for age in ages if (month := month_key(month_end(source.cutoff, -age))) in held]


def _merged(name: str, month: str) -> str:
    return f"merged_{name}_{month.replace('-', '_')}"
