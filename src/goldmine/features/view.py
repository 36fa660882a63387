"""One wide row a customer, as the families of features see it at a cutoff."""

from dataclasses import dataclass

import ibis
from ibis.expr.types import NumericValue, Value

from goldmine.features.side import SIDES
from goldmine.features.sources import ROWS, SPINE
from goldmine.features.windows import BUCKETS, WINDOWS, balance_bucket, transaction_bucket


@dataclass(frozen=True)
class View:
    """The joined row of a customer.

    Parameters
    ----------
    rows : ibis.Table
        The spine (customers' own columns and the cutoff), the buckets of their activity, the side tables.
    """

    rows: ibis.Table

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

    def known(self, day: Value) -> Value:
        """Whether a day had come by the cutoff; an unknown day had not."""
        return (day <= self.rows.cutoff).fill_null(False)

    def days_since(self, day: Value) -> Value:
        """Days from a day to the cutoff; empty for days after it."""
        passed = self.rows.cutoff.delta(day, unit="day")
        return ibis.cases((self.known(day), passed), else_=ibis.null("int64"))


def view() -> View:
    """Join the views of `goldmine.features.sources` to one row a customer."""
    buckets = range(len(BUCKETS))
    parts = [transaction_bucket(ibis.table(ROWS["transactions"], name=f"rows_transactions_{b}"), b) for b in buckets]
    parts += [balance_bucket(ibis.table(ROWS["balances"], name=f"rows_balances_{b}"), b) for b in buckets]
    parts += [ibis.table(columns, name=f"side_{name}") for name, (_side, columns) in SIDES.items()]
    rows = ibis.table(SPINE, name="spine")
    for part in parts:
        rows = rows.left_join(part, "customer_id").drop("customer_id_right")
    return View(rows)
