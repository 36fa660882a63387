"""One wide row a customer: the input of the feature families at a cutoff."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import ibis
from ibis.expr.types import IntegerValue, NumericValue, Value

from goldmine.activity.measures import month_index
from goldmine.features.customer_aggregates import CUSTOMER_AGGREGATES
from goldmine.features.sources import months, spine, table
from goldmine.features.windows import BUCKETS, WINDOW_BUCKETS, balance_bucket, habit_stretch, transaction_bucket


@dataclass(frozen=True)
class View:
    """The joined row of a customer.

    Parameters
    ----------
    rows : ibis.Table
        The spine (customers' own columns and the cutoff), the buckets of their activity, and `CUSTOMER_AGGREGATES`.
    """

    rows: ibis.Table

    def zero(self, column: str) -> NumericValue:
        """A column with zero where it is empty."""
        return self.rows[column].fill_null(0)

    def total(self, measure: str, days: int) -> NumericValue:
        """Sum of a measure over the last `days` (30, 90, 180, 365): fen or a count."""
        total = self.zero(f"{measure}_0")
        for bucket in range(1, WINDOW_BUCKETS[days]):
            total = total + self.zero(f"{measure}_{bucket}")
        return total

    def previous(self, measure: str) -> NumericValue:
        """Sum of a measure over the quarter before the last: ages 3 to 5."""
        return self.zero(f"{measure}_2")

    def peak(self, measure: str, days: int) -> Value:
        """Largest of a measure over the last `days`; empty where there was nothing."""
        return ibis.greatest(*[self.rows[f"{measure}_{bucket}"] for bucket in range(WINDOW_BUCKETS[days])])

    def if_on_books(self, months: int, value: Value) -> Value:
        """A value of balances, empty where they begin later than the transactions, and after the first month it reads.

        A month before the balances begin is unknown, not a month without money. Where both begin within the window, the
        value is of the months that there are, as those of transactions are: a young bank trains on such cutoffs.

        Parameters
        ----------
        months : int
            Months up to the cutoff, its own included, back to the earliest that is read.
        """
        reached = self._observed("balances") >= ibis.least(months, self._observed("transactions"))
        return ibis.cases((reached, value), else_=ibis.null(value.type()))

    def _observed(self, table: Literal["transactions", "balances"]) -> IntegerValue:
        """Months of a table on the books, the cutoff's own included, of those that features read."""
        return month_index(self.rows.cutoff) - month_index(self.rows[f"{table}_from"]) + 1

    def known(self, day: Value) -> Value:
        """Whether a day is on or before the cutoff; false for an unknown day."""
        return (day <= self.rows.cutoff).fill_null(False)

    def days_since(self, day: Value) -> Value:
        """Days from a day to the cutoff; empty for a day after the cutoff."""
        passed = self.rows.cutoff.delta(day, unit="day")
        return ibis.cases((self.known(day), passed), else_=ibis.null("int64"))


def view(columns: Collection[str] | None = None) -> View:
    """One row a customer on the books: their own columns, and the aggregates known at the cutoff.

    Parameters
    ----------
    columns : collection of str, optional
        Columns that are needed; aggregates without any of them are not joined. None means all.
    """
    buckets = range(len(BUCKETS))
    parts = [transaction_bucket(_known(months("transactions", b)), b) for b in buckets]
    parts.append(habit_stretch(_known(months("transactions", len(BUCKETS)))))
    parts += [balance_bucket(months("balances", b), b) for b in buckets]
    parts += [aggregate(table(name)) for name, aggregate in CUSTOMER_AGGREGATES.items()]
    if columns is not None:  # each has at most one row a customer, so that leaving one out changes no other column
        parts = [part for part in parts if not set(part.drop("customer_id").columns).isdisjoint(columns)]
    joined = rows = _on_the_books(spine())
    keys = []
    for position, part in enumerate(parts):
        key = f"key_{position}"
        renamed = part.rename({key: "customer_id"})
        joined = joined.left_join(renamed, rows.customer_id == renamed[key])
        keys.append(key)
    return View(joined.drop(*keys))


def family_pairs() -> ibis.Table:
    """Both directions of every family relation known at the cutoff that has not ended by then, once each."""
    relations = table("relations")
    relations = relations.filter(
        relations.relation == "family",
        relations.customer_id != relations.related_id,  # two numbers that were merged are one person
        relations.since.isnull() | (relations.since <= relations.cutoff),
        relations.ended_on.isnull() | (relations.ended_on > relations.cutoff),
    )
    reverse = relations.select(customer_id="related_id", related_id="customer_id")
    return relations.select("customer_id", "related_id").union(reverse, distinct=True)


def _on_the_books(customers: ibis.Table) -> ibis.Table:
    """Customers opened by the cutoff, or on an unknown day, and not closed by then."""
    return customers.filter(
        customers.opened_on.isnull() | (customers.opened_on <= customers.cutoff),
        customers.closed_on.isnull() | (customers.closed_on > customers.cutoff),
    )


def _known(rows: ibis.Table) -> ibis.Table:
    """Rows that became known in or before the month of the cutoff."""
    return rows.filter(rows.known <= rows.now)
