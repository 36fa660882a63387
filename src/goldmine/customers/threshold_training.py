"""What is learnt from: customers near a step of the ladder, seen from that step, and where they stood later."""

from datetime import date

import numpy as np
import pandas as pd

from goldmine.core.dates import month_end
from goldmine.core.sql import literal
from goldmine.customers.ladder import LEVELS
from goldmine.customers.source_tables import QUARTER, SourceTables

LOW, HIGH = 0.6, 1.5
"""A step is learnt from customers whose AUM is between these shares of where its upper level begins."""

RELATIVE = (
    "aum_avg_30d",
    "aum_avg_90d",
    "aum_end",
    "aum_peak_365d",
    "aum_trough_365d",
    "aum_year_ago",
    "aum_next_quarter_year_ago",
    "aum_change_30d",
    "aum_change_90d",
    "aum_change_180d",
    "aum_slope_180d",
    "aum_biggest_fall_180d",
    "aum_biggest_rise_180d",
    "time_avg_30d",
    "wealth_avg_30d",
    "inflow_sum_90d",
    "outflow_sum_90d",
    "netflow_sum_90d",
)
"""Features in yuan, taken as shares of the step."""

PLAIN = (
    "aum_volatility_365d",
    "aum_to_peak_365d",
    "months_below_level_365d",
    "days_since_own",
    "own_days_90d",
    "in_salary_count_365d",
    "in_pension_count_365d",
    "age_years",
    "tenure_months",
)
"""Features taken as they are."""


def months_to_quarter_end(as_of: date) -> int:
    """Months from a month end to the next end of a quarter; from an end of a quarter to the next one.

    Examples
    --------
    >>> months_to_quarter_end(date(2024, 4, 30)), months_to_quarter_end(date(2024, 6, 30))
    (2, 3)
    """
    return QUARTER - as_of.month % QUARTER


def nearest_step(aum: pd.Series) -> pd.Series:
    """Where the upper level of the step begins that an amount is near; empty where it is near none."""
    found = pd.Series(np.nan, index=aum.index)
    for start in LEVELS[1:]:
        found = found.mask((aum >= LOW * start) & (aum < HIGH * start), float(start))
    return found


def near_steps(sources: SourceTables, cutoff: date) -> pd.DataFrame:
    """Customers near a step at a cutoff: customer_id, step (yuan), aum (yuan), and what is learnt from.

    A feature that the bank does not have is left out.
    """
    path = literal(sources.work.features(cutoff))
    have = set(sources.connection.sql(f"SELECT * FROM read_parquet({path})").columns)
    relative, plain = ([name for name in names if name in have] for names in (RELATIVE, PLAIN))
    chosen = ", ".join(f'"{name}"' for name in ("customer_id", *relative, *plain))
    lowest = LOW * LEVELS[1]
    rows = sources.connection.con.sql(
        f"SELECT {chosen} FROM read_parquet({path}) WHERE aum_avg_30d >= {lowest} ORDER BY customer_id"
    ).df()
    step = nearest_step(rows.aum_avg_30d)
    rows, step = rows[step.notna()], step.dropna()
    seen = {f"{name}_to_step": rows[name] / step for name in relative} | {name: rows[name] for name in plain}
    return pd.DataFrame({"customer_id": rows.customer_id, "step": step, "aum": rows.aum_avg_30d, **seen})


def with_outcome(sources: SourceTables, cutoff: date, months: int) -> pd.DataFrame:
    """`near_steps` with `outcome`: 1 where average daily AUM so many months later has reached the step.

    Raises
    ------
    HistoryError
        If the balances of that month are not there.
    """
    later = month_end(cutoff, months)
    sources.require_month(later)
    held = sources.balances(later, later).to_pyarrow().to_pandas()
    rows = near_steps(sources, cutoff).merge(held, "left", "customer_id", suffixes=("", "_later"))
    return rows.assign(outcome=(rows.aum_later.fillna(0) >= rows.step * 100).astype(int)).drop(columns="aum_later")
