"""Cash rhythm: in which calendar months a customer's money comes, and in which it is needed."""

from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goldmine.contactability.tables import ContactTables
from goldmine.core.dates import month_key, months_back

OWN = ("demand", "time", "wealth")
"""Classes of a customer's own money; the move of money between them is no need."""
FREE = 999
"""Months until money is needed where no month of need is known."""
YEAR = 12


def month_money(tables: ContactTables, months: int) -> pd.DataFrame:
    """Own money by month and demand deposits of everybody with a balance, yuan.

    Daily averages where the bank has them, since month ends of a quarter are dressed up; else month ends.

    Returns
    -------
    pandas.DataFrame
        customer_id; own_0, own_1, ... (the oldest month first, the last ones without a gap in the books); lowest, the
        lowest month of demand deposits of the last twelve that the books have; demand, the last month's. Of neither is
        there more than the last month end's balance: an average does not show what was taken out since.
    """
    known = set(tables.bank.months("balances"))
    days: list[date] = []
    for day in reversed(months_back(tables.as_of, months)):
        if month_key(day) not in known:
            break
        days.insert(0, day)
    if not days:
        return pd.DataFrame({"customer_id": [], "own_0": [], "lowest": [], "demand": []})
    # A gap ends the rhythm, whose changes need neighbours; the lowest month is sought behind it too.
    year = [day for day in months_back(tables.as_of, YEAR) if month_key(day) in known]
    rows = tables.bank.read(tables.connection, "balances", [month_key(day) for day in {*days, *year}])
    rows = tables.under_survivors(rows.filter(rows.product_class.isin(OWN)))
    yuan = ibis.coalesce(rows.average_daily_balance, rows.balance).cast("float64")
    demand = ibis.ifelse(rows.product_class == "demand", yuan, 0.0)
    month = {day: rows.month_end == day for day in (*year, *days)}
    own = {f"own_{place}": yuan.sum(where=month[day]).fill_null(0) for place, day in enumerate(days)}
    last = [demand.sum(where=month[day]).fill_null(0) for day in year]
    there = rows.balance.cast("float64").sum(where=(rows.product_class == "demand") & month[days[-1]]).fill_null(0)
    lowest, now = ibis.least(*last, there), ibis.least(last[-1], there)
    held = rows.group_by("customer_id").agg(**own, lowest=lowest, demand=now)
    query = ibis.to_sql(held.order_by("customer_id"), dialect="duckdb")
    return tables.connection.con.execute(query).to_arrow_table().to_pandas()


def moves(own: NDArray, first_month: int, swing: float) -> tuple[NDArray, NDArray]:
    """Calendar months in which money comes and in which it is needed.

    Parameters
    ----------
    own : array (customers, months)
        Own money by month, the oldest first.
    first_month : int
        Calendar month of the first column, 1 to 12.
    swing : float
        Share of the customer's mean that counts.

    Returns
    -------
    tuple of two arrays (customers, 12) of bool
        Comes and is needed, by calendar month from January: the same way each year that is seen.

    Examples
    --------
    >>> own = np.array([[100.0, 100, 40, 40, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 40]])
    >>> comes, needed = moves(own, 7, 0.2)
    >>> np.flatnonzero(needed[0]) + 1, np.flatnonzero(comes[0]) + 1
    (array([9]), array([11]))
    """
    change = np.diff(own, axis=1)
    bound = swing * np.maximum(own.mean(axis=1, keepdims=True), 1e-9)
    calendar = (first_month + np.arange(change.shape[1])) % YEAR
    comes, needed = np.zeros((2, len(own), YEAR), dtype=bool)
    for month in np.unique(calendar):
        seen = change[:, calendar == month]
        comes[:, month] = (seen >= bound).all(axis=1)
        needed[:, month] = (seen <= -bound).all(axis=1)
    return comes, needed


def free_months(needed: NDArray, available: "pd.Series[pd.Timestamp]") -> NDArray:
    """Whole months from the day money is available to the first day of the next month in which it is needed.

    Parameters
    ----------
    needed : array (rows, 12) of bool
        Months of need, from January.
    available : pandas.Series
        Day from which the money is free.

    Returns
    -------
    array (rows,)
        `FREE` where no month of need is known; 0 where it is needed within the month or in the next.

    Examples
    --------
    >>> needed = np.zeros((2, 12), dtype=bool)
    >>> needed[0, 8] = True
    >>> free_months(needed, pd.Series(pd.to_datetime(["2024-06-10", "2024-06-10"]))).tolist()
    [2, 999]
    """
    month = available.dt.month.to_numpy() - 1
    later = available.dt.day.to_numpy() > 1
    ahead = np.full(len(needed), FREE)
    for step in range(YEAR, -1, -1):
        ahead = np.where(needed[np.arange(len(needed)), (month + step) % YEAR], step, ahead)
    # Terms begin on the day of the month: what is free from the tenth is free one whole month less.
    return np.where(ahead == FREE, FREE, np.maximum(ahead - later, 0))


def month_list(flags: NDArray) -> list[str]:
    """Months as staff read them: their numbers.

    Examples
    --------
    >>> month_list(np.eye(12, dtype=bool)[[0]] | np.eye(12, dtype=bool)[[8]])
    ['1, 9']
    """
    return [", ".join(str(month + 1) for month in np.flatnonzero(row)) for row in flags]


def rhythm_of(tables: ContactTables, months: int, swing: float) -> "Rhythm":
    """The cash rhythm of everybody with a balance."""
    rows = month_money(tables, months)
    own = rows[[name for name in rows.columns if name.startswith("own_")]].to_numpy(dtype=np.float64)
    first = (tables.as_of.month - own.shape[1]) % YEAR + 1
    customers = pd.Index(rows["customer_id"].astype(str))
    return Rhythm(customers, moves(own, first, swing), rows["lowest"].to_numpy(), rows["demand"].to_numpy())


@dataclass(frozen=True)
class Rhythm:
    """Cash rhythm by customer.

    Parameters
    ----------
    customers : pandas.Index
        Customer numbers.
    moves : tuple of two arrays (customers, 12) of bool
        Months in which money comes and is needed, from January.
    lowest, demand : array (customers,)
        Yuan of demand deposits: in the lowest month of the last twelve, and in the last month, if they are still there.
    """

    customers: pd.Index
    moves: tuple[NDArray, NDArray]
    lowest: NDArray
    demand: NDArray

    def rows_of(self, customers: pd.Series) -> tuple[NDArray, NDArray]:
        """Comes and needed of some customers; nothing is known of those without balances."""
        # The row behind the last one is that of who is not among the customers.
        nobody = np.zeros((1, YEAR), dtype=bool)
        places = self.customers.get_indexer(pd.Index(customers))
        comes, needed = (np.vstack([flags, nobody])[places] for flags in self.moves)
        return comes, needed
