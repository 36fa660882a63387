"""Windows of whole months before a cutoff, and monthly activity summed once in disjoint age buckets.

Age 0 is the month that ends at the cutoff. A window of activity is a running total of buckets: summing each bucket
without filters and adding the buckets up is several times faster than one conditional sum a window.
"""

import ibis
from ibis.expr.types import BooleanValue, DateValue, NumericColumn, NumericValue, Value

from goldmine.activity.measures import PEAKS, SUMS, bit_or, month_index
from goldmine.contract.tables import PRODUCT_CLASSES

BUCKETS: tuple[tuple[int, ...], ...] = ((0,), (1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11), (12, 13, 14))
"""Ages in months of each bucket."""
WINDOW_MONTHS: dict[int, int] = {30: 1, 90: 3, 180: 6, 365: 12}
"""Days in a window's name, and the whole months that it is: no window of features is counted in days."""
WINDOW_BUCKETS = {days: sum(ages[-1] < months for ages in BUCKETS) for days, months in WINDOW_MONTHS.items()}
"""Days in a window's name, and of how many buckets it is the running total."""
HABIT_AGES = tuple(range(15, 24))
"""Ages of the months beyond the buckets, up to two years; only the family `habit` uses them."""
STRETCHES = (*BUCKETS, HABIT_AGES)
"""Ages of the months that are read together; the last entry is `HABIT_AGES`."""
READ = {"transactions": range(len(STRETCHES)), "balances": range(len(BUCKETS))}
"""By table: positions in `STRETCHES` that are read of it."""
AGES = tuple(age for stretch in STRETCHES for age in stretch)
SNAPSHOT_AGES = (0, 3, 6, 12)
"""Ages in months at which the balance of each product class is kept."""
REGULAR = ("in_salary", "in_merchant")
"""Flows that come monthly; the last month in which each came is kept."""


def within(cutoff: DateValue, day: DateValue, days: int) -> BooleanValue:
    """Whether a day on or before the cutoff lies in one of the months of `WINDOW_MONTHS`.

    Examples
    --------
    A year is 12 months, even where they have 366 days:

    >>> cutoff, first = ibis.date("2024-06-30"), ibis.date("2023-07-01")
    >>> within(cutoff, first, 365).execute(), within(cutoff, ibis.date("2023-06-30"), 365).execute()
    (True, False)
    """
    return month_index(cutoff) - month_index(day) < WINDOW_MONTHS[days]


def transaction_bucket(rows: ibis.Table, bucket: int) -> ibis.Table:
    """Transactions of one bucket: a row a customer.

    Parameters
    ----------
    rows : ibis.Table
        The bucket's months of activity, as known at the cutoff.
    bucket : int
        Position in `BUCKETS`.

    Returns
    -------
    ibis.Table
        ``<measure>_<bucket>`` for `SUMS` and `PEAKS` (fen, counts, days); ``<flow>_month_<bucket>`` the last month with
        one of `REGULAR`; ``days_a<age>`` the mask of days with an own transaction, ``own_a<age>`` their number, month
        by month.
    """
    measures = {f"{name}_{bucket}": _sum(rows[name]) for name in SUMS}
    measures |= {f"{name}_{bucket}": rows[name].max() for name in PEAKS}
    measures |= {f"{flow}_month_{bucket}": rows.month.max(where=rows[f"{flow}_count"] > 0) for flow in REGULAR}
    return rows.group_by("customer_id").agg(**measures, **_own_by_month(rows, BUCKETS[bucket]))


def habit_stretch(rows: ibis.Table) -> ibis.Table:
    """Own transactions of the months of `HABIT_AGES`: a row a customer, ``days_a<age>`` and ``own_a<age>`` as above."""
    return rows.group_by("customer_id").agg(**_own_by_month(rows, HABIT_AGES))


def balance_bucket(rows: ibis.Table, bucket: int) -> ibis.Table:
    """Balances of one bucket: a row a customer.

    Returns
    -------
    ibis.Table
        ``aum_a<age>`` and, at the snapshot ages, ``<class>_a<age>``: average daily balance, fen;
        ``<class>_peak_<bucket>``: highest monthly average; ``aum_end_a<age>``: month end's AUM.
    """
    measures = {f"{name}_peak_{bucket}": rows[f"{name}_avg"].max() for name in PRODUCT_CLASSES}
    for age in BUCKETS[bucket]:
        in_month = _age(rows, age)
        measures[f"aum_a{age}"] = _sum(rows.aum_avg, in_month)
        if age in SNAPSHOT_AGES:
            measures[f"aum_end_a{age}"] = _sum(rows.aum_end, in_month)
            measures |= {f"{name}_a{age}": _sum(rows[f"{name}_avg"], in_month) for name in PRODUCT_CLASSES}
    return rows.group_by("customer_id").agg(**measures)


def _own_by_month(rows: ibis.Table, ages: tuple[int, ...]) -> dict[str, Value]:
    masks: dict[str, Value] = {}
    for age in ages:
        in_month = _age(rows, age)
        masks[f"days_a{age}"] = bit_or(rows.own_days, where=in_month)
        masks[f"own_a{age}"] = _sum(rows.own_count, in_month)
    return masks


def _sum(value: NumericColumn, where: BooleanValue | None = None) -> NumericValue:
    """The sum of whole numbers, added in floating point, since DuckDB adds whole numbers in slow 128-bit arithmetic."""
    return value.cast("float64").sum(where=where).cast("int64")


def _age(rows: ibis.Table, age: int) -> BooleanValue:
    return rows.month == rows.now - age
