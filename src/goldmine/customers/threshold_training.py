"""Training rows of the near-threshold model: customers near a step of the ladder, and their later level."""

from datetime import date

import numpy as np
import pandas as pd

from goldmine.core.dates import month_end
from goldmine.core.sql import literal
from goldmine.customers.ladder import LEVELS
from goldmine.customers.source_tables import QUARTER, SourceTables

LOW, HIGH = 0.6, 1.5
"""Customers with AUM between these shares of a step are its training rows."""

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
"""Features in yuan, used as shares of the step."""

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
"""Features used unchanged."""


def months_to_quarter_end(as_of: date) -> int:
    """Months from a month end to the next end of a quarter; from an end of a quarter to the next one.

    Examples
    --------
    >>> months_to_quarter_end(date(2024, 4, 30)), months_to_quarter_end(date(2024, 6, 30))
    (2, 3)
    """
    return QUARTER - as_of.month % QUARTER


def nearest_step(aum: pd.Series) -> pd.Series:
    """The nearby step of each amount, as the beginning of the upper level; empty if none is near."""
    step = pd.Series(np.nan, index=aum.index)
    for start in LEVELS[1:]:
        step = step.mask((aum >= LOW * start) & (aum < HIGH * start), float(start))
    return step


def near_steps(sources: SourceTables, cutoff: date) -> pd.DataFrame:
    """Customers near a step at a cutoff: customer_id, step (yuan), aum (yuan), and the features.

    A feature that the bank lacks is left out.
    """
    path = literal(sources.work.features(cutoff))
    available = set(sources.connection.sql(f"SELECT * FROM read_parquet({path})").columns)
    relative, plain = ([name for name in names if name in available] for names in (RELATIVE, PLAIN))
    chosen = ", ".join(f'"{name}"' for name in ("customer_id", *relative, *plain))
    lowest = LOW * LEVELS[1]
    rows = sources.connection.con.sql(
        f"SELECT {chosen} FROM read_parquet({path}) WHERE aum_avg_30d >= {lowest} ORDER BY customer_id"
    ).df()
    step = nearest_step(rows.aum_avg_30d)
    rows, step = rows[step.notna()], step.dropna()
    inputs = {f"{name}_to_step": rows[name] / step for name in relative} | {name: rows[name] for name in plain}
    return pd.DataFrame({"customer_id": rows.customer_id, "step": step, "aum": rows.aum_avg_30d, **inputs})


def with_outcome(sources: SourceTables, cutoff: date, months: int) -> pd.DataFrame:
    """`near_steps` with `outcome`: 1 if average daily AUM reached the step `months` later.

    Numbers merged into another by then are left out, as in all training: their money stands under the survivor.

    Raises
    ------
    HistoryError
        If the balances of that month are missing.
    """
    later = month_end(cutoff, months)
    sources.require_month(later)
    balances = sources.balances(later, later).to_pyarrow().to_pandas()
    rows = near_steps(sources, cutoff)
    rows = rows[~rows.customer_id.isin(sources.merged_by(later).index)]
    rows = rows.merge(balances, "left", "customer_id", suffixes=("", "_later"))
    return rows.assign(outcome=(rows.aum_later.fillna(0) >= rows.step * 100).astype(int)).drop(columns="aum_later")
