"""The bank's tables as the contact rules read them, with the results imported since the intake."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend

from goldmine.contactability.holdout import HeldBack, held_back_at, held_out
from goldmine.contract.bank import Bank
from goldmine.core.engine import connect
from goldmine.core.workspace import Workspace
from goldmine.identity import merged_numbers, same_persons, under_survivors

_COUNTED = frozenset({"contacts", "loan_applications", "product_events", "term_holdings"})
"""Tables whose rows are counted or added up: an export that was delivered twice must not count twice."""


@dataclass(frozen=True)
class ContactTables:
    """What the contact rules read.

    Parameters
    ----------
    bank : Bank
        The bank's tables.
    connection : Backend
        Ibis' DuckDB backend.
    as_of : date
        Snapshot date.
    held_back : HeldBack
        Control of the campaigns in force, and the universal hold-out.
    returned : Path, optional
        Contacts imported into the work folder, which the bank's own table may not hold yet.
    """

    bank: Bank
    connection: Backend
    as_of: date
    held_back: HeldBack
    returned: Path | None = None
    _read: dict[str, ibis.Table] = field(default_factory=dict)

    @classmethod
    def open(
        cls,
        bank: Bank,
        work: Workspace,
        as_of: date,
        *,
        held_back: HeldBack | None = None,
        connection: Backend | None = None,
    ) -> "ContactTables":
        """A bank's tables with the results and the releases of its work folder.

        Parameters
        ----------
        held_back : HeldBack, optional
            Customers held back; by default those of `held_back_at`.
        connection : Backend, optional
            A new one by default.
        """
        held_back_customers = held_back_at(work, as_of) if held_back is None else held_back
        return cls(bank, connection or connect(), as_of, held_back_customers, work.returned)

    def reread(self) -> "ContactTables":
        """The same tables read again, with what was imported meanwhile."""
        return replace(self, _read={})

    def table(self, name: str) -> ibis.Table:
        """A canonical table; contacts include the imported results. Of equal rows that are counted one is there."""
        if name not in self._read:
            rows = self.bank.read(self.connection, name)
            if name == "contacts" and self._has_returned():
                rows = rows.union(self.connection.read_parquet(str(self.returned)).select(*rows.columns))
            self._read[name] = rows.distinct() if name in _COUNTED else rows
        return self._read[name]

    def has(self, table: str, *columns: str) -> bool:
        """Whether the bank has the table and these columns."""
        return self.bank.has(table, *columns) or (table == "contacts" and self._has_returned())

    def with_survivors(self, rows: ibis.Table) -> ibis.Table:
        """The rows' customers under all numbers of the same person: a refusal outlives every merger."""
        return same_persons(rows, self._merged())

    def under_survivors(self, rows: ibis.Table) -> ibis.Table:
        """The same rows under surviving numbers."""
        return under_survivors(rows, self._merged())

    def surviving_numbers(self, numbers: pd.Series) -> pd.Series:
        """The number that each customer number survives under."""
        merged = self._merged().select("merged_id", "survivor_id").to_pyarrow()
        survivors = dict(zip(merged["merged_id"].to_pylist(), merged["survivor_id"].to_pylist(), strict=True))
        return numbers.map(lambda number: survivors.get(number, number))

    def held_out(self, rows: ibis.Table) -> ibis.Table:
        """All numbers of the rows' persons in the universal hold-out: a survivor inherits it from each number."""
        return self.with_survivors(held_out(self.with_survivors(rows), self.held_back.holdout))

    def cached(self, name: str, query: Callable[["ContactTables"], ibis.Table]) -> ibis.Table:
        """The rows of a query, computed once and stored under a name, since several lists need them."""
        if name not in self._read:
            self._read[name] = self.store(query(self))
        return self._read[name]

    def store(self, rows: ibis.Table) -> ibis.Table:
        """The rows as a temporary table."""
        name = ibis.util.gen_name("contact")
        # Not by Ibis, which ends with a DROP that DuckDB cannot parse.
        self.connection.raw_sql(f"CREATE TEMP TABLE {name} AS {ibis.to_sql(rows, dialect='duckdb')}")
        return self.connection.table(name)

    def customers(self, numbers: Collection[str]) -> ibis.Table:
        """Customer numbers as a table with one column, `customer_id`."""
        name = ibis.util.gen_name("customers")
        self.connection.con.register(name, pa.table({"customer_id": pa.array(sorted(numbers), pa.string())}))
        return self.connection.table(name)

    def _merged(self) -> ibis.Table:
        """All mergers on the books, including those after the snapshot: a contact reaches the whole person."""
        return merged_numbers(self.connection, self.table("customers"))

    def _has_returned(self) -> bool:
        return self.returned is not None and self.returned.exists()
