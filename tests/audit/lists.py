"""Lists on request and published lists, recomputed as docs/customers.md and docs/use_cases.md say."""

import pandas as pd

from tests.audit.books import Books, age_in_months, month_end
from tests.audit.customers import STARTS

WHO = ["branch_id", "manager_id"]


def near_threshold(customers: pd.DataFrame) -> pd.DataFrame:
    """Who is near a level: from 80% of the next, or up to 120% of where their own begins and falling."""
    aum, level = customers.aum_avg, customers.level
    own, following = level.map(dict(enumerate(STARTS))), level.map(dict(enumerate([*STARTS[1:], float("inf")])))
    up = aum >= 0.8 * following
    down = ~up & (level > 0) & (aum <= 1.2 * own) & (aum < customers.previous_aum_avg)
    rows = customers[[*WHO, "level", "aum_avg"]].copy()
    rows["direction"] = up.map({True: "up", False: "down"})
    rows["step"] = following.where(up, own).astype(float)
    rows["to_step"] = (rows.step - aum).abs()
    return rows[up | down]


def lost(books: Books, customers: pd.DataFrame, as_of: pd.Timestamp, kind: str) -> pd.DataFrame:
    """What the lost customers held, when it had gone, and whom they paid most meanwhile."""
    classes = ["demand", "time"] if kind == "lost_deposit" else ["loan"]
    rows = customers.loc[customers[f"tag_{kind}"].fillna(False).astype(bool), WHO].copy()
    held = books.known("balances", as_of)
    held = held[held.product_class.isin(classes) & held.customer_id.isin(rows.index)]
    age = age_in_months(held.month_end, as_of)
    average = held.average_daily_balance.fillna(held.balance)
    months = average.groupby([held.customer_id, age]).sum().unstack(fill_value=0)
    months = months.reindex(index=rows.index, columns=range(11, -1, -1), fill_value=0).fillna(0)
    peak, peak_age = months.max(axis=1), months.idxmax(axis=1)
    gone = months.le(0.2 * peak, axis=0) & pd.DataFrame({m: m < peak_age for m in months}, index=months.index)
    gone_age = gone.idxmax(axis=1).where(gone.any(axis=1), 0)
    rows["peak_balance"] = peak / 100
    rows["peak_month"] = peak_age.map(lambda months: f"{month_end(as_of, -int(months)):%Y-%m}")
    rows["outflow_amount"] = (peak - months[0]) / 100
    rows["outflow_month"] = gone_age.map(lambda months: f"{month_end(as_of, -int(months)):%Y-%m}")
    paid = books.known("transactions", as_of)
    paid = paid[(paid.direction == "out") & paid.customer_id.isin(rows.index)]
    age = age_in_months(paid.time, as_of)
    paid = paid[(age <= paid.customer_id.map(peak_age)) & (age >= paid.customer_id.map(gone_age))]
    sums = paid.groupby(["customer_id", "counterparty", "kind"], dropna=False).amount.sum().reset_index()
    everything = sums.groupby("customer_id").amount.sum()
    received = sums.groupby(["customer_id", "counterparty"]).amount.sum().rename("received").reset_index()
    received = received.sort_values(["received", "counterparty"], ascending=[False, True])
    most = sums.merge(received.drop_duplicates("customer_id"), on=["customer_id", "counterparty"])
    most = most.sort_values(["amount", "kind"], ascending=[False, True]).drop_duplicates("customer_id")
    most["outflow_share"] = most.received / most.customer_id.map(everything)
    most = most.set_index("customer_id").rename(
        columns={"counterparty": "outflow_counterparty", "kind": "outflow_type"}
    )
    return rows.join(most[["outflow_counterparty", "outflow_type", "outflow_share"]])


def published_list(scores: pd.DataFrame, rules: pd.Series, size: int) -> pd.DataFrame:
    """The most probable of those whom no rule excludes; of equally probable ones the smaller number first."""
    allowed = scores[scores.customer_id.map(rules).isna()]
    rows = allowed.sort_values(["probability", "customer_id"], ascending=[False, True]).head(size)
    return rows.assign(rank=range(1, len(rows) + 1)).set_index("customer_id")[["rank", "probability"]]
