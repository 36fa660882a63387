"""One wide row a customer, as the families of features see it at a cutoff."""

from dataclasses import dataclass
from datetime import date

import ibis
from ibis.backends.duckdb import Backend
from ibis.expr.types import NumericValue, Value

from goldmine.contract.bank import Bank
from goldmine.core.work import Work
from goldmine.features.side import accounts_side, contacts_side, events_side, facts_side
from goldmine.features.windows import BUCKETS, WINDOWS, Source, balance_bucket, transaction_bucket


@dataclass(frozen=True)
class View:
    """The joined row of a customer and the cutoff that it is seen at.

    Parameters
    ----------
    rows : ibis.Table
        Customers' own columns, then the buckets of their activity, then the side tables.
    cutoff : date
        The last day that a feature may see.
    """

    rows: ibis.Table
    cutoff: date

    def zero(self, column: str) -> NumericValue:
        """A column, with nothing read as zero."""
        return self.rows[column].fill_null(0)

    def total(self, measure: str, days: int) -> NumericValue:
        """Sum of a measure over the last `days` (30, 90, 180, 365): fen or a count."""
        found = self.zero(f"{measure}_0")
        for bucket in range(1, WINDOWS[days]):
            found = found + self.zero(f"{measure}_{bucket}")
        return found

    def previous(self, measure: str) -> NumericValue:
        """Sum of a measure over the quarter before the last: ages 3 to 5."""
        return self.zero(f"{measure}_2")

    def peak(self, measure: str, days: int) -> Value:
        """Largest of a measure over the last `days`; empty where there was nothing."""
        return ibis.greatest(*[self.rows[f"{measure}_{bucket}"] for bucket in range(WINDOWS[days])])

    def days_since(self, day: Value) -> Value:
        """Days from a day to the cutoff; empty for days after it."""
        passed = ibis.literal(self.cutoff).delta(day, unit="day")
        return ibis.cases((day <= self.cutoff, passed), else_=ibis.null("int64"))


def view(connection: Backend, bank: Bank, work: Work, cutoff: date) -> View:
    """Join everything that is known of each customer on the books at the cutoff.

    On the books: came on or before the cutoff (or on an unknown day), had not left, was not merged away.
    """
    customers = bank.read(connection, "customers")
    rows = customers.filter(
        customers.opened_on.isnull() | (customers.opened_on <= cutoff),
        customers.closed_on.isnull() | (customers.closed_on > cutoff),
        customers.merged_on.isnull() | (customers.merged_on > cutoff),
    )
    source = Source(connection, bank, work, cutoff)
    parts = [transaction_bucket(source, b) for b in range(len(BUCKETS))]
    parts += [balance_bucket(source, b) for b in range(len(BUCKETS))]
    parts += [side(connection, bank, cutoff) for side in (accounts_side, events_side, contacts_side, facts_side)]
    for part in parts:
        rows = rows.left_join(part, "customer_id").drop("customer_id_right")
    return View(rows, cutoff)
