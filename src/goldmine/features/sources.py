"""Views of what is known at a cutoff, with fixed names and columns.

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
from goldmine.core.engine import parquet_rows
from goldmine.core.workspace import Workspace
from goldmine.features.customer_aggregates import CUSTOMER_AGGREGATES
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
CUTOFF_COLUMNS = {"cutoff": "date"} | {f"{name}_from": "date" for name in MONTHS}
"""Columns that `table` adds, the same in each row: the cutoff, and the month end from which each table of months is on
the books."""


@dataclass(frozen=True)
class Source:
    """Where the rows of a cutoff are read from."""

    connection: SQLBackend
    bank: Bank
    work: Workspace
    cutoff: date


def table(name: str) -> ibis.Table:
    """A canonical table as known at the cutoff, under surviving numbers: its columns, and `CUTOFF_COLUMNS`."""
    return ibis.table(ibis.schema(dict(schema_of(name)) | CUTOFF_COLUMNS), name=f"at_{name}")


def spine() -> ibis.Table:
    """The customers who get a row, all of them or one slice, without the numbers that were merged away."""
    return ibis.table(table("customers").schema(), name="spine")


def months(name: str, stretch: int) -> ibis.Table:
    """The activity of the months of one of `STRETCHES`, under surviving numbers; balances have only the buckets."""
    return ibis.table(MONTHS[name], name=f"months_{name}_{stretch}")


def follow_mergers(source: Source) -> bool:
    """Create the views that all slices of a cutoff share: canonical tables, mergers known by then, relations.

    Returns
    -------
    bool
        Whether any merger is known at the cutoff, for `create_views`.
    """
    connection = source.connection
    names = set(connection.list_tables())
    for name in ROW_DAYS:
        if f"all_{name}" not in names:
            rows = source.bank.read(connection, name)
            connection.create_view(f"all_{name}", rows.distinct() if name in CUSTOMER_AGGREGATES else rows)
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


def create_views(source: Source, merged: bool, within: str = "") -> None:
    """Create the views that `spine`, `table` and `months` name, for one cutoff and under its surviving numbers.

    Parameters
    ----------
    source : Source
        The cutoff.
    merged : bool
        From `follow_mergers`.
    within : str, optional
        The slice, as an SQL condition on ``customer_id``. Relations are not sliced.
    """
    connection = source.connection
    begin = "".join(f", DATE '{_first_month(source, name)}' AS {name}_from" for name in MONTHS)
    same = f"DATE '{source.cutoff}' AS cutoff{begin}"
    where = f"WHERE {within}" if within else ""
    for name in CUSTOMER_AGGREGATES:
        rows = f"SELECT * FROM all_{name} {where}"
        if merged:
            tables = [_keep_mergers(connection, name, f"all_{name}")] if within else []
            rows = _renumbered(rows, tables, schema_of(name), within)
        replace_view(connection, f"at_{name}", f"SELECT *, {same} FROM ({rows})")
    replace_view(connection, "at_relations", f"SELECT *, {same} FROM surviving_relations")
    replace_view(connection, "spine", f"SELECT *, {same} FROM surviving_customers {where}")
    for name in MONTHS:
        for stretch in READ[name]:
            rows = _months(source, name, STRETCHES[stretch], merged, within)
            replace_view(connection, f"months_{name}_{stretch}", rows)


def replace_view(connection: SQLBackend, name: str, query: str) -> None:
    """Create a view, replacing an earlier one of the same name."""
    connection.raw_sql(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")


def _first_month(source: Source, name: str) -> date:
    """The earliest month end of `AGES` with rows of a table on the books; the cutoff where there is none."""
    with_rows = source.bank.months(name)
    return min(
        (day for day in months_back(source.cutoff, len(AGES)) if month_key(day) in with_rows), default=source.cutoff
    )


def _months(source: Source, name: str, ages: Sequence[int], merged: bool, within: str) -> str:
    """SQL of some months of activity."""
    connection, with_rows = source.connection, source.bank.months(name)
    months = [month for age in ages if (month := month_key(month_end(source.cutoff, -age))) in with_rows]
    if not months:
        return no_rows(connection, MONTHS[name])
    files = {month: partition(source.work, name, month) for month in months}
    rows = f"SELECT * FROM {parquet_rows(list(files.values()))} {f'WHERE {within}' if within else ''}"
    if merged:
        schema = ibis.schema({column: kind for column, kind in MONTHS[name].items() if column != "now"})
        add_up = name == "balances"
        tables = [
            _keep_mergers(connection, f"{name}_{month.replace('-', '_')}", parquet_rows([file]))
            for month, file in (files.items() if within or add_up else ())
        ]
        rows = (_added_up if add_up else _renumbered)(rows, tables, schema, within)
    return f"SELECT *, CAST({index_of(month_key(source.cutoff))} AS INTEGER) AS now FROM ({rows})"


def _renumbered(rows: str, tables: Sequence[str], schema: ibis.Schema, within: str) -> str:
    """SQL of rows under surviving numbers; a number from outside the slice that survives there counts in it.

    Parameters
    ----------
    rows : str
        SQL of the slice's rows.
    tables : sequence of str
        Tables with the rows of all numbers in mergers; without slices none is needed.
    schema : ibis.Schema
        Columns of both.
    within : str
        The condition that makes the slice.
    """
    others = "".join(f" UNION ALL SELECT {', '.join(schema)} FROM {table} WHERE NOT ({within})" for table in tables)
    columns = ", ".join(name for name in schema if name != "customer_id")
    return (
        f"SELECT coalesce(survivor_id, customer_id) AS customer_id, {columns} "
        f"FROM (SELECT {', '.join(schema)} FROM ({rows}){others}) LEFT JOIN merged ON customer_id = merged_id"
    )


def _added_up(rows: str, tables: Sequence[str], schema: ibis.Schema, within: str) -> str:
    """SQL of balances, added up by surviving number and month, since a peak is taken of the sum.

    Parameters are those of `_renumbered`.
    """
    names = ", ".join(schema)
    merger_rows = " UNION ALL ".join(f"SELECT {names} FROM {table}" for table in tables)
    sums = ", ".join(f"sum({name}) AS {name}" for name in schema if name not in ("customer_id", "month"))
    return (
        f"SELECT {names} FROM ({rows}) AS r "
        "WHERE NOT EXISTS (SELECT 1 FROM mergers AS m WHERE m.customer_id = r.customer_id) "
        f"UNION ALL SELECT {names} FROM (SELECT coalesce(survivor_id, customer_id) AS customer_id, month, {sums} "
        f"FROM ({merger_rows}) LEFT JOIN merged ON customer_id = merged_id GROUP BY 1, month) "
        f"{f'WHERE {within}' if within else ''}"
    )


def _keep_mergers(connection: SQLBackend, name: str, rows: str) -> str:
    """Keep the rows of all numbers in mergers as a table, and return its name.

    They are read once for each connection, and serve all its slices and cutoffs.
    """
    kept_name = f"mergers_{name}"
    _keep(connection, kept_name, f"SELECT * FROM {rows} WHERE customer_id IN (SELECT customer_id FROM mergers)")
    return kept_name


def _keep(connection: SQLBackend, name: str, query: str) -> None:
    """Keep a query's rows for as long as the connection lasts."""
    connection.raw_sql(f"CREATE TEMP TABLE IF NOT EXISTS {name} AS {query}")
