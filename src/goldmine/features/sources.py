"""What a cutoff may see, laid out as views of fixed names and columns.

Each view carries the cutoff as a column of its own, so that the features are one expression over these views, built and
compiled once whatever the bank and the cutoff.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis
from ibis.backends.sql import SQLBackend

from goldmine.activity.build import index_of, partition
from goldmine.activity.measures import PEAKS, SUMS
from goldmine.contract.bank import Bank, no_rows, schema_of
from goldmine.contract.tables import PRODUCT_CLASSES
from goldmine.core.dates import month_end, month_key, months_back
from goldmine.core.engine import on_spark, read_parquet
from goldmine.core.workspace import Workspace
from goldmine.features.customer_aggregates import SIDES
from goldmine.features.point_in_time import ROW_DAYS
from goldmine.features.windows import AGES, READ, STRETCHES
from goldmine.identity import merged_numbers, mergers, surviving_customers, under_survivors

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
CUTOFF_COLUMNS = {"cutoff": "date", "books_from": "date"}
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
    """A canonical table as a cutoff finds it, under surviving numbers: its columns, and `CUTOFF_COLUMNS`."""
    return ibis.table(ibis.schema(dict(schema_of(name)) | CUTOFF_COLUMNS), name=f"at_{name}")


def spine() -> ibis.Table:
    """The customers that rows are made for, all of them or one slice, without the numbers that were merged away."""
    return ibis.table(table("customers").schema(), name="spine")


def months(name: str, stretch: int) -> ibis.Table:
    """The activity of the months of one of `STRETCHES`, under surviving numbers; balances have the buckets alone."""
    return ibis.table(MONTHS[name], name=f"months_{name}_{stretch}")


def create_views(source: Source, within: str = "") -> None:
    """Make the views that `spine`, `table` and `months` name, for one cutoff and under the numbers that survive at it.

    Parameters
    ----------
    source : Source
        The cutoff.
    within : str, optional
        A condition on ``customer_id`` in SQL: who is in the slice. Relations are those of everyone.
    """
    connection = source.connection
    same = f"DATE '{source.cutoff}' AS cutoff, DATE '{_books_from(source)}' AS books_from"
    where = f"WHERE {within}" if within else ""
    for name in ROW_DAYS:
        if f"all_{name}" not in connection.list_tables():
            connection.create_view(f"all_{name}", source.bank.read(connection, name))
    merged = _lay_merged(source)
    for name in SIDES:
        rows = f"SELECT * FROM all_{name} {where}"
        if merged:
            kept = _keep_mergers(connection, name, f"all_{name}")
            rows = _surviving(rows, f"SELECT * FROM {kept}", schema_of(name), where)
        replace_view(connection, f"at_{name}", f"SELECT *, {same} FROM ({rows})")
    replace_view(connection, "at_relations", f"SELECT *, {same} FROM surviving_relations")
    replace_view(connection, "spine", f"SELECT *, {same} FROM surviving_customers {where}")
    for name in MONTHS:
        for stretch in READ[name]:
            rows = _months(source, name, STRETCHES[stretch], where, merged)
            replace_view(connection, f"months_{name}_{stretch}", rows)


def replace_view(connection: SQLBackend, name: str, query: str) -> None:
    """Let a name stand for a query, whatever it stood for before."""
    connection.raw_sql(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")


def _books_from(source: Source) -> date:
    """The earliest month end of `AGES` of which the books hold transactions; the cutoff where none is held."""
    held = source.bank.months("transactions")
    return min((day for day in months_back(source.cutoff, len(AGES)) if month_key(day) in held), default=source.cutoff)


def _lay_merged(source: Source) -> bool:
    """Make the views of the mergers known at the cutoff, and say whether there are any."""
    connection = source.connection
    customers, relations = connection.table("all_customers"), connection.table("all_relations")
    merged = merged_numbers(connection, customers, source.cutoff)
    surviving = {
        "merged": merged.select("merged_id", "survivor_id"),
        "surviving_customers": surviving_customers(customers, merged),
        "surviving_relations": under_survivors(relations, merged, ("customer_id", "related_id")),
    }
    for name, rows in surviving.items():
        replace_view(connection, name, connection.compile(rows))
    _keep(connection, "mergers", connection.compile(mergers(customers)))
    return bool(connection.to_pyarrow(merged.count()).as_py())


def _surviving(rows: str, kept: str, schema: ibis.Schema, where: str, measures: Sequence[str] = ()) -> str:
    """SQL of rows under surviving numbers.

    Parameters
    ----------
    rows, kept : str
        SQL of the slice's rows, and of the rows of everyone who takes part in mergers: those count where the surviving
        number is, which may be another slice than their own.
    schema : ibis.Schema
        Columns of both.
    where : str
        The condition that makes the slice.
    measures : sequence of str
        Columns to add up by surviving number and month.
    """
    names = ", ".join(schema)
    columns = [f"sum({name}) AS {name}" if name in measures else name for name in schema if name != "customer_id"]
    moved = (
        f"SELECT coalesce(survivor_id, customer_id) AS customer_id, {', '.join(columns)} "
        f"FROM ({kept}) LEFT JOIN merged ON customer_id = merged_id {'GROUP BY 1, month' if measures else ''}"
    )
    return (
        f"SELECT {names} FROM ({rows}) AS r "
        "WHERE NOT EXISTS (SELECT 1 FROM mergers AS m WHERE m.customer_id = r.customer_id) "
        f"UNION ALL SELECT {names} FROM ({moved}) {where}"
    )


def _months(source: Source, name: str, ages: Sequence[int], where: str, merged: bool) -> str:
    """SQL of some months of activity; balances of merged numbers are added up, for peaks are peaks of the sum."""
    connection, held = source.connection, source.bank.months(name)
    months = [month for age in ages if (month := month_key(month_end(source.cutoff, -age))) in held]
    if not months:
        return no_rows(connection, MONTHS[name])
    files = {month: partition(source.work, name, month) for month in months}
    rows = f"SELECT * FROM {read_parquet(connection, list(files.values())).get_name()} {where}"
    if merged:
        schema = ibis.schema({column: kind for column, kind in MONTHS[name].items() if column != "now"})
        kept = [_keep_mergers(connection, f"{name}_{month.replace('-', '_')}", file) for month, file in files.items()]
        rows = _surviving(
            rows,
            " UNION ALL ".join(f"SELECT {', '.join(schema)} FROM {table}" for table in kept),
            schema,
            where,
            [column for column in schema if column not in ("customer_id", "month")] if name == "balances" else (),
        )
    return f"SELECT *, CAST({index_of(month_key(source.cutoff))} AS INTEGER) AS now FROM ({rows})"


def _keep_mergers(connection: SQLBackend, name: str, rows: str | Path) -> str:
    """Keep the rows of everyone who takes part in mergers, and give the name under which they are kept.

    They are read once a connection, whatever the number of slices and cutoffs that need them.
    """
    kept = f"mergers_{name}"
    if kept not in connection.list_tables():
        table = read_parquet(connection, [rows]).get_name() if isinstance(rows, Path) else rows
        _keep(connection, kept, f"SELECT * FROM {table} WHERE customer_id IN (SELECT customer_id FROM mergers)")
    return kept


def _keep(connection: SQLBackend, name: str, query: str) -> None:
    """Keep a query's rows for as long as the connection lasts; Spark computes them where they are needed."""
    if on_spark(connection):
        replace_view(connection, name, query)
    else:
        connection.raw_sql(f"CREATE TEMP TABLE IF NOT EXISTS {name} AS {query}")
