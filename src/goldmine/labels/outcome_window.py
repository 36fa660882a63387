"""The days in which an outcome is counted, and queries of the bank's tables in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
from ibis.backends.duckdb import Backend

from goldmine.activity.build import index_of, partition
from goldmine.contract.bank import Bank
from goldmine.core.dates import month_key
from goldmine.core.engine import read_parquet
from goldmine.core.errors import HistoryError, UseCaseError
from goldmine.core.expression import read_condition
from goldmine.core.i18n import _
from goldmine.core.parquet import parquet_schema
from goldmine.core.workspace import Workspace
from goldmine.identity import merged_numbers, under_survivors
from goldmine.labels.cutoffs import last_month_end, outcome_end
from goldmine.labels.use_case import UseCase


@dataclass(frozen=True)
class OutcomeWindow:
    """The days after `start` up to `end`, and where they are read from.

    A customer counts with all numbers that were merged into theirs by `end`.

    Parameters
    ----------
    connection, bank, work : Backend, Bank and Workspace
        Where the tables and the activity are.
    cutoff : date
        The month end that the outcome follows.
    start, end : date
        The gap's last day, and the horizon's.
    as_of : date
        The snapshot; rows that became known later do not count.
    """

    connection: Backend
    bank: Bank
    work: Workspace
    cutoff: date
    start: date
    end: date
    as_of: date

    def own_transactions(self) -> ibis.Table:
        """Customers with an own transaction in the window: customer_id.

        Raises
        ------
        HistoryError
            If the bank has no transactions of a month of the window: its customers would all seem silent in it.
        """
        masks = _day_masks(self.start, self.end)
        held = self.bank.months("transactions")
        lacking = [month for month in masks if month not in held]
        if lacking:
            raise HistoryError(
                _(
                    "transactions: none of {months}, in which the outcome of {cutoff} is counted.",
                    months=", ".join(lacking),
                    cutoff=self.cutoff,
                ),
                _("Bring in the transactions of these months."),
            )
        rows = self.connection.read_parquet([str(partition(self.work, "transactions", month)) for month in masks])
        mask = rows.month.cases(*[(index_of(month), mask) for month, mask in masks.items()], else_=0)
        rows = rows.filter(rows.known <= index_of(month_key(self.as_of)), (rows.own_days & mask) != 0)
        return self._under_survivors(rows.select("customer_id")).distinct()

    def product_events(self, event: str, product_class: str | None = None) -> ibis.Table:
        """Customers with such a product event in the window: customer_id."""
        rows = self.bank.read(self.connection, "product_events")
        rows = rows.filter(rows.happened_on > self.start, rows.happened_on <= self.end, rows.event == event)
        if product_class is not None:
            rows = rows.filter(rows.product_class == product_class)
        return self._under_survivors(rows.select("customer_id")).distinct()

    def dated_rows(self, table: str, day: str, when: str = "", *, first: bool = False) -> ibis.Table:
        """Customers with a row of a table that is dated in the window and meets a condition.

        Parameters
        ----------
        day : str
            The column that dates a row.
        when : str
            A condition on the table's columns (see `goldmine.core.expression`); empty for every row.
        first : bool
            Whether customers with such a row dated up to the window's start are left out.

        Returns
        -------
        ibis.Table
            customer_id, once each.
        """
        rows = self.bank.read(self.connection, table)
        if "known_on" in rows.columns:
            rows = rows.filter(rows.known_on.isnull() | (rows.known_on <= self.as_of))
        if when:
            rows = rows.filter(read_condition(when).of({name: rows[name] for name in rows.columns}))
        dated = self._under_survivors(rows.select("customer_id", day=rows[day].cast("date")))
        inside = dated.filter(dated.day > self.start, dated.day <= self.end).select("customer_id").distinct()
        earlier = dated.filter(dated.day <= self.start)
        return inside.anti_join(earlier, "customer_id") if first else inside

    @property
    def last_month_end(self) -> date:
        """The last month end within the window."""
        return last_month_end(self.end)

    def features(self, day: date, names: Sequence[str]) -> ibis.Table:
        """Features at a month end: customer_id and the features of some names.

        Raises
        ------
        HistoryError
            If the features of that month end have not been made.
        UseCaseError
            If there is no such feature.
        """
        path = self.work.features(day)
        if not path.exists():
            raise HistoryError(
                _(
                    "features at {day}: not made, and the outcome of {cutoff} is read there.",
                    day=day,
                    cutoff=self.cutoff,
                ),
                _("Run `goldmine features` for the use case first."),
            )
        unknown = sorted(set(names) - set(parquet_schema(path).names))
        if unknown:
            raise UseCaseError(
                _("outcome: this bank's tables do not carry the feature {unknown}.", unknown=", ".join(unknown)),
                _("See docs/features.md for the names and the tables that they need."),
            )
        return read_parquet(self.connection, [path], ["customer_id", *names])

    def average_aum(self, day: date) -> ibis.Table:
        """Average daily AUM of the last full month up to a day: customer_id and aum_avg (fen).

        Raises
        ------
        HistoryError
            If there are no balances of that month.
        """
        month = month_key(last_month_end(day))
        if month not in self.bank.months("balances"):
            raise HistoryError(
                _("balances: none of {month}, the month that the outcome is read in.", month=month),
                _("Bring in that month's balances."),
            )
        rows = self.connection.read_parquet(str(partition(self.work, "balances", month)))
        rows = self._under_survivors(rows.select("customer_id", "aum_avg"))
        return rows.group_by("customer_id").agg(aum_avg=rows.aum_avg.sum())

    def aum_growth(self) -> ibis.Table:
        """Growth of average daily AUM from the cutoff's month to the window's last full month.

        Returns
        -------
        ibis.Table
            customer_id and gained (fen; negative where AUM shrank), of customers with balances in either month.
        """
        before, after = self.average_aum(self.cutoff), self.average_aum(self.end)
        changes = before.select("customer_id", gained=-before.aum_avg).union(
            after.select("customer_id", gained="aum_avg")
        )
        return changes.group_by("customer_id").agg(gained=changes.gained.sum())

    def _under_survivors(self, rows: ibis.Table) -> ibis.Table:
        customers = self.bank.read(self.connection, "customers")
        return under_survivors(rows, merged_numbers(self.connection, customers, self.end))


def outcome_window(
    connection: Backend, bank: Bank, work: Workspace, use_case: UseCase, dates: tuple[date, date]
) -> OutcomeWindow:
    """The window of a use case: (cutoff + gap, cutoff + gap + horizon].

    Parameters
    ----------
    dates : tuple of date
        The cutoff, and the snapshot by which rows must have been known.
    """
    cutoff, as_of = dates
    start, end = cutoff + timedelta(days=use_case.gap_days), outcome_end(use_case, cutoff)
    return OutcomeWindow(connection, bank, work, cutoff, start, end, as_of)


def outcome_customers(use_case: UseCase, window: OutcomeWindow) -> ibis.Table:
    """Customers whom the query of a use case's outcome returns; with `prevents`, the outcome happened to the others.

    Returns
    -------
    ibis.Table
        customer_id, once each.

    Raises
    ------
    UseCaseError
        If the bank lacks a table that the outcome needs.
    """
    for table in use_case.needs:
        if not window.bank.has(table):
            raise UseCaseError(
                _(
                    "{use_case}: its outcome is counted from the table {table!r}, which this bank does not have.",
                    use_case=use_case.name,
                    table=table,
                ),
                _("Map that table in bank.yaml, or leave this use case out."),
            )
    return use_case.outcome.customers(window)


def _day_masks(start: date, end: date) -> dict[str, int]:
    """For each month that the days after `start` up to `end` touch, a mask of those days."""
    masks: dict[str, int] = {}
    for offset in range(1, (end - start).days + 1):
        day = start + timedelta(days=offset)
        masks[month_key(day)] = masks.get(month_key(day), 0) | 1 << (day.day - 1)
    return masks
