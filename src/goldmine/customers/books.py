"""What the customers table is made from: the books at a month end and the quarter before, under surviving numbers."""

from dataclasses import dataclass
from datetime import date

import ibis
from ibis.backends.duckdb import Backend

from goldmine.activity.build import partition
from goldmine.contract.bank import Bank, no_rows
from goldmine.core.dates import month_end, month_key
from goldmine.core.errors import HistoryError
from goldmine.core.files import sql_text
from goldmine.core.work import Work

QUARTER = 3
"""Months from one state of the ladder to the next."""


@dataclass(frozen=True)
class Books:
    """A bank's books, read through one connection.

    Parameters
    ----------
    connection : Backend
        Ibis' DuckDB backend.
    bank, work : Bank, Work
        Whose, and where its activity is.
    """

    connection: Backend
    bank: Bank
    work: Work

    def has_month(self, day: date) -> bool:
        """Whether the balances of a month are there."""
        return month_key(day) in self.bank.months("balances")

    def require_month(self, day: date) -> None:
        """See that the balances of a month are there.

        Raises
        ------
        HistoryError
            If they are not; an amount that is missing is not an amount of nothing.
        """
        if not self.has_month(day):
            raise HistoryError(
                f"balances: none of {month_key(day)}, a month end that the ladder is read at.",
                "Bring in that month's balances, or choose a snapshot whose month ends are there.",
            )

    def customers(self, day: date) -> ibis.Table:
        """Every customer whose number was not merged away by a day: when they came and left, branch and manager."""
        rows = self.bank.read(self.connection, "customers")
        merged = (rows.merged_on <= day) & rows.merged_into.notnull()
        rows = rows.filter(~merged.fill_null(False))
        return rows.select("customer_id", "opened_on", "closed_on", "branch_id", "manager_id")

    def balances(self, month: date, day: date) -> ibis.Table:
        """A month's average daily AUM in fen (`aum`) by customer, under the numbers that survive at `day`."""
        if not self.has_month(month):
            return self.connection.sql(no_rows(self.connection, ibis.schema({"customer_id": "string", "aum": "int64"})))
        path = partition(self.work, "balances", month_key(month))
        rows = self.connection.sql(f"SELECT customer_id, aum_avg FROM read_parquet({sql_text(path)})")
        merged = self.bank.read(self.connection, "customers")
        merged = merged.filter(merged.merged_into.notnull(), merged.merged_on <= day)
        merged = merged.select(old_id="customer_id", new_id="merged_into")
        joined = rows.left_join(merged, rows.customer_id == merged.old_id)
        rows = joined.select(customer_id=ibis.coalesce(joined.new_id, joined.customer_id), aum_avg=joined.aum_avg)
        return rows.group_by("customer_id").agg(aum=rows.aum_avg.sum().cast("int64"))


def quarter_before(day: date) -> date:
    """The month end a quarter before."""
    return month_end(day, -QUARTER)
