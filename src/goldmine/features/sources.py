"""What a cutoff may see, laid out as views of fixed names and columns.

The features are one expression over these views, so that it is built and compiled once, whatever the
bank and the cutoff.
"""

from dataclasses import dataclass
from datetime import date

import ibis
from ibis.backends.duckdb import Backend

from goldmine.activity.build import index_of, partition
from goldmine.contract.bank import Bank
from goldmine.contract.tables import CUSTOMERS
from goldmine.core.dates import month_end, month_key
from goldmine.core.work import Work
from goldmine.features.side import SIDES
from goldmine.features.windows import BALANCE_ROWS, BUCKETS, TRANSACTION_ROWS

_TYPES = {"text": "string", "day": "date", "flag": "boolean"}
SPINE = ibis.schema({c.name: _TYPES[c.kind] for c in CUSTOMERS.columns} | {"cutoff": "date"})
"""Columns of the spine: the customers' own, and the cutoff."""
ROWS = {"transactions": TRANSACTION_ROWS, "balances": BALANCE_ROWS}
PAIRS = ibis.schema({"customer_id": "string", "related_id": "string"})


@dataclass(frozen=True)
class Source:
    """Where the rows of a cutoff are read from."""

    connection: Backend
    bank: Bank
    work: Work
    cutoff: date


def lay_out(source: Source) -> None:
    """Make the views ``spine``, ``rows_<table>_<bucket>``, ``side_<name>`` and ``family_pairs``."""
    make = source.connection.create_view
    make("spine", _spine(source), overwrite=True)
    merged = _merged(source)
    for table in ROWS:
        for bucket in range(len(BUCKETS)):
            make(f"rows_{table}_{bucket}", _activity(source, table, bucket, merged), overwrite=True)
    for name, (side, _columns) in SIDES.items():
        rows = source.bank.read(source.connection, name)
        make(f"side_{name}", side(rows, source.cutoff), overwrite=True)
    make("family_pairs", _family_pairs(source), overwrite=True)


def _spine(source: Source) -> ibis.Table:
    """Customers on the books: came by the cutoff (or on an unknown day), had not left, not merged away."""
    customers, cutoff = source.bank.read(source.connection, "customers"), source.cutoff
    return customers.filter(
        customers.opened_on.isnull() | (customers.opened_on <= cutoff),
        customers.closed_on.isnull() | (customers.closed_on > cutoff),
        customers.merged_on.isnull() | (customers.merged_on > cutoff),
    ).mutate(cutoff=ibis.literal(cutoff))


def _merged(source: Source) -> ibis.Table | None:
    """Old and new numbers of the customers who had been merged by the cutoff; None where the bank has no such thing."""
    if not source.bank.has("customers", "merged_into", "merged_on"):
        return None
    customers = source.bank.read(source.connection, "customers")
    merged = customers.filter(customers.merged_into.notnull(), customers.merged_on <= source.cutoff)
    return merged.select(old_id="customer_id", new_id="merged_into")


def _activity(source: Source, table: str, bucket: int, merged: ibis.Table | None) -> ibis.Table:
    """Rows of a bucket's months as they were known at the cutoff, under the surviving customer's number."""
    connection, bank, cutoff = source.connection, source.bank, source.cutoff
    months = [month_key(month_end(cutoff, -age)) for age in BUCKETS[bucket]]
    files = [str(partition(source.work, table, month)) for month in months if month in bank.months(table)]
    if not files:
        return ibis.memtable([], schema=ROWS[table])
    now = index_of(month_key(cutoff))
    rows = connection.read_parquet(files)
    rows = rows.mutate(age=now - rows.month)
    if table == "transactions":
        rows = rows.filter(rows.known <= now)
    if merged is not None:
        joined = rows.left_join(merged, rows.customer_id == merged.old_id)
        rows = joined.mutate(customer_id=ibis.coalesce(joined.new_id, joined.customer_id))
    return rows.select(*ROWS[table].names)


def _family_pairs(source: Source) -> ibis.Table:
    """Both directions of every family relation known at the cutoff, once each."""
    known = source.bank.read(source.connection, "relations")
    known = known.filter(known.relation == "family", known.since.isnull() | (known.since <= source.cutoff))
    back = known.select(customer_id="related_id", related_id="customer_id")
    return known.select("customer_id", "related_id").union(back, distinct=True)
