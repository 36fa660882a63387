"""The long tail in groups, and the screening list, recomputed as docs/customers.md says."""

from pathlib import Path

import pandas as pd

MAIN_KINDS = {
    "salary": "in_salary_sum_90d",
    "pension": "in_pension_sum_90d",
    "subsidy": "in_subsidy_sum_90d",
    "merchant": "in_merchant_sum_90d",
    "transfer": "in_transfer_sum_90d",
    "cash": "in_cash_sum_90d",
    "purchase": "out_purchase_sum_90d",
    "utility": "out_utility_sum_90d",
}
FEWEST = 30


def long_tail(customers: pd.DataFrame, features: pd.DataFrame, scores: Path) -> pd.DataFrame:
    """Age, main kind of transaction, band and probability of everyone below the first level.

    Parameters
    ----------
    customers, features : pandas.DataFrame
        Recomputed, by customer.
    scores : Path
        Those of the long tail; where there are none, nobody is scored.
    """
    rows = customers.loc[customers.level == 0, ["branch_id", "manager_id", "aum_avg"]].copy()
    rows["age"] = customers.tag_age.reindex(rows.index).fillna("other")
    sums = features.reindex(rows.index)[list(MAIN_KINDS.values())].fillna(0).set_axis(list(MAIN_KINDS), axis=1)
    rows["kind"] = sums.idxmax(axis=1).where(sums.max(axis=1) > 0, "none")
    rows["probability"], rows["band"] = float("nan"), "unscored"
    if scores.exists():
        scored = pd.read_parquet(scores).set_index("customer_id").reindex(rows.index)
        rows["probability"] = scored.probability
        for lowest, band in ((1, "high"), (2, "middle"), (5, "low")):
            rows.loc[scored.decile >= lowest, "band"] = band
    return rows


def groups_of(tail: pd.DataFrame) -> pd.DataFrame:
    """Customers, assets and expected conversions by age, kind and band; what is too small is taken together."""
    rows = tail.copy()
    for taken_together in ("kind", "age"):
        size = rows.groupby(["band", "age", "kind"]).aum_avg.transform("size")
        rows[taken_together] = rows[taken_together].where(size >= FEWEST, "other")
    grouped = rows.groupby(["age", "kind", "band"])
    groups = pd.DataFrame(
        {
            "customers": grouped.size(),
            "aum": grouped.aum_avg.sum(),
            "expected_conversions": grouped.probability.sum(min_count=1),
        }
    )
    return groups.assign(expected_rate=groups.expected_conversions / groups.customers)


def screening(tail: pd.DataFrame) -> pd.DataFrame:
    """Those of the band `high`, before the rules of contact."""
    rows = tail[tail.band == "high"]
    return rows[["branch_id", "manager_id", "age", "kind", "aum_avg", "probability"]]
