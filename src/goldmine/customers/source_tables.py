"""Sources of the customers table: customers and balances by month end, under surviving numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import ibis
import pandas as pd
from ibis.backends.duckdb import Backend

from goldmine.activity.build import partition
from goldmine.contract.bank import Bank, no_rows
from goldmine.contract.serving_staff import without_leavers
from goldmine.core.dates import month_end, month_key
from goldmine.core.engine import read_parquet
from goldmine.core.errors import HistoryError
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace
from goldmine.identity import merged_numbers, surviving_customers, under_survivors

QUARTER = 3
"""Months between two states of the ladder."""


@dataclass(frozen=True)
class SourceTables:
    """A bank's tables that the ladder and its moves are made from, read through one connection.

    Parameters
    ----------
    connection : Backend
        Ibis' DuckDB backend.
    bank, work : Bank, Workspace
        The bank, and the workspace with its activity.
    """

    connection: Backend
    bank: Bank
    work: Workspace

    def has_month(self, day: date) -> bool:
        """Whether the bank has balances of a month."""
        return month_key(day) in self.bank.months("balances")

    def require_month(self, day: date) -> None:
        """Check that the bank has balances of a month.

        Raises
        ------
        HistoryError
            If they are missing; a missing amount is not 0.
        """
        if not self.has_month(day):
            raise HistoryError(
                _("balances: none of {month_key}, a month end that the ladder is read at.", month_key=month_key(day)),
                _("Bring in that month's balances, or choose a snapshot whose month ends are there."),
            )

    @cached_property
    def people(self) -> ibis.Table:
        """Every customer number: when it was opened, closed or merged, its branch and manager.

        Stored once per connection, as an expression over all columns is slow to compile.
        """
        rows = self.bank.read(self.connection, "customers")
        columns = ("customer_id", "opened_on", "closed_on", "merged_into", "merged_on", "branch_id", "manager_id")
        query = ibis.to_sql(rows.select(*columns), dialect="duckdb", pretty=False)
        self.connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE people AS {query}")
        return self.connection.table("people")

    def customers(self, day: date) -> ibis.Table:
        """Every customer whose number was not merged by a day: opened, closed, branch, and manager who is at work."""
        rows = surviving_customers(self.people, merged_numbers(self.connection, self.people, day))
        return without_leavers(self.connection, self.bank, rows.drop("merged_into", "merged_on"), day)

    def under_survivors(self, rows: ibis.Table, day: date, columns: Sequence[str] = ("customer_id",)) -> ibis.Table:
        """The rows under the surviving numbers at `day`, in each column that holds customer numbers."""
        return under_survivors(rows, merged_numbers(self.connection, self.people, day), columns)

    def employers(self, day: date) -> pd.DataFrame:
        """The bank's employers, each row once, with the surviving numbers of those that are customers."""
        rows = self.under_survivors(self.bank.read(self.connection, "employers"), day).distinct()
        return self.connection.to_pyarrow(rows.order_by("employer_id")).to_pandas()

    def merged_by(self, day: date) -> pd.Series:
        """The surviving number of each number that was merged by a day, by that number."""
        merged = merged_numbers(self.connection, self.people, day).select("merged_id", "survivor_id")
        return self.connection.to_pyarrow(merged).to_pandas().set_index("merged_id")["survivor_id"]

    def balances(self, month: date, day: date) -> ibis.Table:
        """A month's average daily AUM in fen (`aum`) by customer, under the surviving numbers at `day`."""
        if not self.has_month(month):
            return self.connection.sql(no_rows(self.connection, ibis.schema({"customer_id": "string", "aum": "int64"})))
        path = partition(self.work, "balances", month_key(month))
        rows = self.under_survivors(read_parquet(self.connection, [path], ("customer_id", "aum_avg")), day)
        return rows.group_by("customer_id").agg(aum=rows.aum_avg.sum().cast("int64"))


def quarter_before(day: date) -> date:
    """The month end a quarter before."""
    return month_end(day, -QUARTER)
