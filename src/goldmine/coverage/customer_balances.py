"""A bank at a month end: active customers, their branches and balances, in whole fen."""

from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd
from ibis.backends.duckdb import Backend
from ibis.expr.types import BooleanValue, DateValue

from goldmine.activity.build import partition
from goldmine.contract.bank import Bank
from goldmine.core.dates import month_end, month_key
from goldmine.core.engine import read_parquet
from goldmine.core.errors import HistoryError
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace
from goldmine.identity import merged_numbers, surviving_customers, under_survivors


@dataclass(frozen=True)
class BankSnapshot:
    """A bank's tables and activity at one month end.

    Parameters
    ----------
    connection : Backend
        Ibis' DuckDB backend.
    bank, work, as_of : Bank, Workspace, date
        The bank, the workspace with its activity, and the month end.
    """

    connection: Backend
    bank: Bank
    work: Workspace
    as_of: date

    @property
    def before(self) -> date:
        """The month end a quarter earlier."""
        return month_end(self.as_of, -3)

    def has_month(self, table: str, day: date) -> bool:
        """Whether a table has rows in the month of a day."""
        return month_key(day) in self.bank.months(table)

    def month(self, table: str, day: date) -> ibis.Table:
        """One month of a table's activity, under the surviving customer numbers at the snapshot.

        Raises
        ------
        HistoryError
            If the month has no rows, or its activity has not been built.
        """
        if not self.has_month(table, day):
            raise HistoryError(
                _("{table}: the books hold no rows of {month_key}.", table=table, month_key=month_key(day)),
                _("Deliver that month end, or read the books at another one."),
            )
        path = partition(self.work, table, month_key(day))
        if not path.exists():
            raise HistoryError(
                _("{table}: {month_key} has no activity yet.", table=table, month_key=month_key(day)),
                _("Run `goldmine features` for this month end first."),
            )
        return self._survivors(read_parquet(self.connection, [path]))

    def surviving(self, numbers: pd.Series) -> pd.Series:
        """Customer numbers, each as the number that it survives under at the snapshot."""
        merged = self.connection.to_pyarrow(self._merged().select("merged_id", "survivor_id")).to_pydict()
        survivors = dict(zip(merged["merged_id"], merged["survivor_id"], strict=True))
        return numbers.map(lambda number: survivors.get(number, number))

    def contacts(self) -> ibis.Table:
        """The bank's contacts, equal rows once, under the surviving customer numbers at the snapshot."""
        return self._survivors(self.bank.read(self.connection, "contacts").distinct())

    def _survivors(self, rows: ibis.Table) -> ibis.Table:
        return under_survivors(rows, self._merged())

    def customers(self) -> ibis.Table:
        """A row per customer who is active at the snapshot or was active a quarter earlier, with their columns.

        Customers merged by the snapshot have no row of their own. ``on_books`` and ``on_books_before`` tell whether a
        customer was active at each date.
        """
        rows = self.bank.read(self.connection, "customers").distinct(on="customer_id", keep="first")
        rows = surviving_customers(rows, self._merged())
        status = {"on_books": _was_customer(rows, self.as_of), "on_books_before": _was_customer(rows, self.before)}
        rows = rows.mutate(**status, branch_id=rows.branch_id.fill_null(""), manager_id=rows.manager_id.fill_null(""))
        return rows.filter(rows.on_books | rows.on_books_before)

    def _merged(self) -> ibis.Table:
        return merged_numbers(self.connection, self.bank.read(self.connection, "customers"), self.as_of)


def _was_customer(rows: ibis.Table, day: date) -> BooleanValue:
    """Whether a customer was active on a day: opened by then (or at an unknown date) and not closed."""
    end = ibis.literal(day)
    return (_unknown_or(rows.opened_on, rows.opened_on <= end)) & (_unknown_or(rows.closed_on, rows.closed_on > end))


def _unknown_or(day: DateValue, holds: BooleanValue) -> BooleanValue:
    return day.isnull() | holds
