"""Lost deposits and loans: peak, month and counterparty of the outflow, and the amount expected to return."""

from datetime import date
from functools import reduce
from operator import add

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from goldmine.activity.build import index_of, partition
from goldmine.core.dates import month_key, months_back
from goldmine.core.engine import read_parquet
from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _
from goldmine.customers.ladder import level_of
from goldmine.customers.source_tables import SourceTables
from goldmine.customers.table import read_customers
from goldmine.labels.cutoffs import plan_cutoffs
from goldmine.labels.eligibility import training_rows
from goldmine.labels.outcome_window import outcome_window
from goldmine.labels.use_case import UseCase

YEAR = 12
GONE_SHARE = 0.2
"""A balance counts as gone in the first month with this share of its peak or less."""
KINDS = {
    "lost_deposit": ("tag_lost_deposit", ("demand_avg", "time_avg")),
    "lost_loan": ("tag_lost_loan", ("loan_avg",)),
}
"""By list: the tag that selects its customers, and the balances in question."""
MIN_RETURNERS = 20
"""A level with fewer returners takes the mean of all."""


def lost(sources: SourceTables, as_of: date, kind: str) -> pd.DataFrame:
    """Customers whose deposits or loan flowed out within a year, the largest outflow first.

    Parameters
    ----------
    kind : {"lost_deposit", "lost_loan"}
        The list.

    Returns
    -------
    pandas.DataFrame
        customer_id, branch_id, manager_id; peak_balance (yuan: the highest monthly average) and peak_month (YYYY-MM);
        outflow_amount (the peak less the balance now, yuan) and outflow_month (YYYY-MM: the first month with a fifth of
        the peak or less). Of the payments from peak_month to outflow_month: outflow_counterparty (the one paid most, as
        the bank codes it), outflow_type (the kind of transaction by which it got most) and outflow_share (the
        counterparty's share of the payments, of any kind); empty if the bank does not record counterparties.

    Raises
    ------
    SettingsError
        If the catalogue of tags lacks the tag that selects the list.
    """
    tag, columns = KINDS[kind]
    customers = read_customers(sources.work, as_of)
    if tag not in customers:
        raise SettingsError(
            _("tags.yaml: has no tag that makes the column {tag}.", tag=repr(tag)), _("The list needs it; put it back.")
        )
    chosen = customers.loc[customers[tag].fillna(False).astype(bool), ["customer_id", "branch_id", "manager_id"]]
    rows = chosen.merge(_peaks(sources, chosen, as_of, columns), on="customer_id")
    rows = rows.merge(_outflows(sources, rows, as_of), "left", "customer_id")
    return rows.sort_values(["outflow_amount", "customer_id"], ascending=[False, True], ignore_index=True)


def _peaks(sources: SourceTables, chosen: pd.DataFrame, as_of: date, columns: tuple[str, ...]) -> pd.DataFrame:
    months = [month_key(day) for day in months_back(as_of, YEAR) if sources.has_month(day)]
    files = [partition(sources.work, "balances", month) for month in months]
    rows = sources.under_survivors(read_parquet(sources.connection, files), as_of)
    ids = pa.table({"customer_id": pa.array(chosen.customer_id, pa.string())})
    rows = rows.semi_join(ibis.memtable(ids), "customer_id")
    fen = reduce(add, [rows[column] for column in columns])
    monthly = rows.group_by("customer_id", "month").agg(fen=fen.sum()).to_pyarrow().to_pandas()
    grid = monthly.pivot(index="customer_id", columns="month", values="fen")
    grid = grid.reindex(columns=sorted(map(index_of, months))).fillna(0)
    values = grid.to_numpy()
    peak_index = values.argmax(axis=1) if len(values) else np.array([], dtype=int)
    peak = values.max(axis=1, initial=0)
    after = np.arange(values.shape[1]) > peak_index[:, None]
    gone = after & (values <= GONE_SHARE * peak[:, None])
    gone_index = np.where(gone.any(axis=1), gone.argmax(axis=1), values.shape[1] - 1)
    return pd.DataFrame(
        {
            "customer_id": grid.index,
            "peak_balance": peak / 100,
            "peak_month": [_month(grid.columns[index]) for index in peak_index],
            "outflow_amount": (peak - values[:, -1]) / 100,
            "outflow_month": [_month(grid.columns[index]) for index in gone_index],
        }
    )


def _month(index: int) -> str:
    return f"{index // 12}-{index % 12 + 1:02d}"


def _outflows(sources: SourceTables, rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The counterparty that each customer paid most between peak_month and outflow_month."""
    columns = ["customer_id", "outflow_counterparty", "outflow_type", "outflow_share"]
    if rows.empty or not sources.bank.has("transactions", "counterparty"):
        return pd.DataFrame(columns=columns).astype({"customer_id": object})
    first, last = rows.peak_month.min(), rows.outflow_month.max()
    months = [month for month in sources.bank.months("transactions") if first <= month <= last]
    paid = sources.under_survivors(sources.bank.read(sources.connection, "transactions", months), as_of)
    spans = rows[["customer_id", "peak_month", "outflow_month"]].rename(columns={"customer_id": "spanned"})
    spans = ibis.memtable(spans)
    paid = paid.inner_join(spans, paid.customer_id == spans.spanned)
    month = paid.time.strftime("%Y-%m")
    paid = paid.filter(paid.direction == "out", month >= paid.peak_month, month <= paid.outflow_month)
    known = paid.known_on.isnull() | (paid.known_on <= ibis.literal(as_of))
    paid = paid.filter(known).distinct(on="transaction_id", keep="first")
    sums = paid.group_by("customer_id", outflow_counterparty=paid.counterparty, outflow_type=paid.kind)
    payments = sources.connection.to_pyarrow(sums.agg(amount=paid.amount.sum().cast("float64"))).to_pandas()
    # The order of addition decides the last digit of a sum of floats.
    payments = payments.sort_values(["customer_id", "outflow_counterparty", "outflow_type"])
    everything = payments.groupby("customer_id").amount.transform("sum")
    named = payments.dropna(subset=["outflow_counterparty"])
    paid_to_it = named.groupby(["customer_id", "outflow_counterparty"]).amount.transform("sum")
    named = named.assign(paid_to_it=paid_to_it, outflow_share=paid_to_it / everything)
    order = ["paid_to_it", "outflow_counterparty", "amount", "outflow_type"]
    largest = named.sort_values(order, ascending=[False, True, False, True])
    return largest.drop_duplicates("customer_id")[columns]


def with_probability(sources: SourceTables, rows: pd.DataFrame, use_case: UseCase, as_of: date) -> pd.DataFrame:
    """Add each customer's probability of coming back, the highest first; empty if there are no scores."""
    path = sources.work.scores(as_of, use_case.name)
    if not path.exists():
        return rows.assign(probability=np.nan)
    rows = rows.merge(pd.read_parquet(path, columns=["customer_id", "probability"]), "left", "customer_id")
    return rows.sort_values(["probability", "customer_id"], ascending=[False, True], ignore_index=True)


def with_expected_amount(sources: SourceTables, rows: pd.DataFrame, use_case: UseCase, as_of: date) -> pd.DataFrame:
    """Add the amount expected to come back from each customer, the largest first.

    It is the probability times the mean amount that returners brought, by the level of their peak balance; see
    `brought_back`.
    """
    brought = brought_back(sources, use_case, as_of)
    expected = rows.probability * brought.reindex(level_of(rows.peak_balance)).to_numpy()
    rows = rows.assign(expected_yuan=expected.round(2))
    order = ["expected_yuan", "outflow_amount", "customer_id"]
    return rows.sort_values(order, ascending=[False, False, True], ignore_index=True)


def brought_back(sources: SourceTables, use_case: UseCase, as_of: date) -> pd.Series:
    """Mean yuan that returners brought, by the level of their highest month before.

    A level with fewer than 20 returners takes the mean of all returners.
    """
    gains, levels = [], []
    for cutoff in plan_cutoffs(use_case, as_of, sources.bank).all:
        rows = training_rows(sources.bank, sources.work, use_case, cutoff, as_of)
        frame = rows.select(["customer_id", "outcome", "aum_peak_365d"]).to_pandas()
        dates = cutoff, as_of
        window = outcome_window(sources.connection, sources.bank, sources.work, use_case, dates)
        gained = window.aum_growth().to_pyarrow().to_pandas()
        returners = frame[frame.outcome == 1].merge(gained, "left", "customer_id")
        gains.append((returners.gained.fillna(0) / 100).clip(lower=0))
        levels.append(pd.Series(level_of(returners.aum_peak_365d), index=returners.index))
    gain, level = pd.concat(gains, ignore_index=True), pd.concat(levels, ignore_index=True)
    by_level = gain.groupby(level).agg(["size", "mean"]).reindex(range(7))
    return by_level["mean"].where(by_level["size"] >= MIN_RETURNERS, gain.mean())
