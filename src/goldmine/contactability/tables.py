"""The bank's tables as the rules look at them, with what came back from the field since they were taken in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend

from goldmine.contract.bank import Bank

_CHAIN = 3
"""Mergers followed from one customer number to the next that took its place."""


@dataclass(frozen=True)
class Books:
    """What a rule looks at.

    Parameters
    ----------
    bank : Bank
        The bank's tables as they stand.
    connection : Backend
        Where they are read.
    as_of : date
        Snapshot date.
    returned : Path, optional
        Contacts that were imported into the work folder and that the bank's own table may not hold yet.
    """

    bank: Bank
    connection: Backend
    as_of: date
    returned: Path | None = None
    _read: dict[str, ibis.Table] = field(default_factory=dict)

    def table(self, name: str) -> ibis.Table:
        """A canonical table; contacts with those from the field."""
        if name not in self._read:
            rows = self.bank.read(self.connection, name)
            if name == "contacts" and self._has_returned():
                own = self.connection.read_parquet(str(self.returned)).select(*rows.columns)
                rows = ibis.union(rows, own, distinct=True)
            self._read[name] = rows
        return self._read[name]

    def has(self, table: str, *columns: str) -> bool:
        """Whether the table is there, and in it the columns."""
        return self.bank.has(table, *columns) or (table == "contacts" and self._has_returned())

    def with_survivors(self, rows: ibis.Table) -> ibis.Table:
        """The rows' customers and the numbers that these were merged into: a refusal outlives a merger."""
        found = rows.select("customer_id")
        customers = self.table("customers")
        merged = customers.filter(customers.merged_into.notnull()).select("customer_id", "merged_into")
        parts = [found]
        for _ in range(_CHAIN):
            parts.append(merged.semi_join(parts[-1], "customer_id").select(customer_id="merged_into"))
        return ibis.union(*parts)

    def once(self, name: str, find: Callable[["Books"], ibis.Table]) -> ibis.Table:
        """What is found in the books, worked out once and kept under a name: several lists ask for the same."""
        if name not in self._read:
            self.connection.raw_sql(
                f"CREATE OR REPLACE TEMP TABLE {name} AS {ibis.to_sql(find(self), dialect='duckdb')}"
            )
            self._read[name] = self.connection.table(name)
        return self._read[name]

    def some(self, customers: list[str]) -> ibis.Table:
        """Some customers' numbers as a table with one column, `customer_id`."""
        self.connection.con.register("some_customers", pa.table({"customer_id": pa.array(customers, pa.string())}))
        return self.connection.table("some_customers")

    def _has_returned(self) -> bool:
        return self.returned is not None and self.returned.exists()
