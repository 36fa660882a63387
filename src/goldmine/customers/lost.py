"""Lost deposits and lost loans: what the customer held, when, where it went, and what may come back."""

from datetime import date

import ibis
import numpy as np
import pandas as pd

from goldmine.activity.build import partition
from goldmine.core.dates import month_key, months_back
from goldmine.core.errors import SettingsError
from goldmine.core.files import sql_text
from goldmine.customers.ladder import level_of
from goldmine.customers.source_tables import Books
from goldmine.customers.table import read_customers
from goldmine.labels.cutoffs import outcome_end, plan_cutoffs
from goldmine.labels.eligibility import training_rows
from goldmine.labels.outcomes import aum_gained
from goldmine.labels.use_case import UseCase

YEAR = 12
GONE = 0.2
"""A holding has gone in the first month in which a fifth or less of its highest is left."""
KINDS = {"lost_deposit": ("tag_lost_deposit", "demand_avg + time_avg"), "lost_loan": ("tag_lost_loan", "loan_avg")}
"""By list: the tag that says who is on it, and what they held."""
LEAST = 20
"""Returners of a level that are needed before its mean is believed."""


def lost(books: Books, as_of: date, kind: str) -> pd.DataFrame:
    """Customers whose deposits or loan have gone within a year.

    Parameters
    ----------
    kind : {"lost_deposit", "lost_loan"}
        Which.

    Returns
    -------
    pandas.DataFrame
        customer_id, branch_id, manager_id, held (yuan: most of a month's daily average), held_in (YYYY-MM), left
        (yuan less than that now), left_in (YYYY-MM: first month with a fifth of it or less), and of what was paid out
        from then to then: went_to (the counterparty, as the bank codes it, that got most), went_by (kind of
        transaction), went_share (its share); empty where the bank does not keep counterparties.

    Raises
    ------
    SettingsError
        If the catalogue of tags no longer has the one that the list is drawn by.
    """
    tag, amount = KINDS[kind]
    customers = read_customers(books.work, as_of)
    if tag not in customers:
        raise SettingsError(
            f"tags.yaml: has no tag that makes the column {tag!r}.", "The list is drawn by it; put it back."
        )
    chosen = customers.loc[customers[tag].fillna(False).astype(bool), ["customer_id", "branch_id", "manager_id"]]
    rows = chosen.merge(_held(books, chosen, as_of, amount), on="customer_id")
    rows = rows.merge(_went(books, rows), "left", "customer_id")
    return rows.sort_values(["left", "customer_id"], ascending=[False, True], ignore_index=True)


def _held(books: Books, chosen: pd.DataFrame, as_of: date, amount: str) -> pd.DataFrame:
    months = [month_key(day) for day in months_back(as_of, YEAR) if books.has_month(day)]
    files = ", ".join(sql_text(partition(books.work, "balances", month)) for month in months)
    books.connection.con.register("chosen", chosen[["customer_id"]])
    monthly = books.connection.con.sql(
        f"SELECT customer_id, month, sum({amount}) AS fen FROM read_parquet([{files}]) "
        "SEMI JOIN chosen USING (customer_id) GROUP BY ALL"
    ).df()
    now = as_of.year * 12 + as_of.month - 1
    grid = monthly.pivot(index="customer_id", columns="month", values="fen")
    grid = grid.reindex(columns=range(now - len(months) + 1, now + 1)).fillna(0)
    values = grid.to_numpy()
    peak = values.argmax(axis=1) if len(values) else np.array([], dtype=int)
    held = values.max(axis=1, initial=0)
    after = np.arange(values.shape[1]) > peak[:, None]
    gone = after & (values <= GONE * held[:, None])
    first = np.where(gone.any(axis=1), gone.argmax(axis=1), values.shape[1] - 1)
    return pd.DataFrame(
        {
            "customer_id": grid.index,
            "held": held / 100,
            "held_in": [_month(grid.columns[place]) for place in peak],
            "left": (held - values[:, -1]) / 100,
            "left_in": [_month(grid.columns[place]) for place in first],
        }
    )


def _month(index: int) -> str:
    return f"{index // 12}-{index % 12 + 1:02d}"


def _went(books: Books, rows: pd.DataFrame) -> pd.DataFrame:
    """The counterparty that got most of what each customer paid out from the month held to the month gone."""
    columns = ["customer_id", "went_to", "went_by", "went_share"]
    if rows.empty or not books.bank.has("transactions", "counterparty"):
        return pd.DataFrame(columns=columns).astype({"customer_id": object})
    months = [month for month in books.bank.months("transactions") if rows.held_in.min() <= month <= rows.left_in.max()]
    paid = books.bank.read(books.connection, "transactions", months)
    spans = ibis.memtable(rows[["customer_id", "held_in", "left_in"]].rename(columns={"customer_id": "spanned"}))
    paid = paid.inner_join(spans, paid.customer_id == spans.spanned)
    month = paid.time.strftime("%Y-%m")
    paid = paid.filter(paid.direction == "out", month >= paid.held_in, month <= paid.left_in)
    by = paid.group_by("customer_id", "counterparty", went_by=paid.kind).agg(amount=paid.amount.sum().cast("float64"))
    found = books.connection.to_pyarrow(by).to_pandas()
    whole = found.groupby("customer_id").amount.transform("sum")
    found = found.assign(went_share=found.amount / whole, went_to=found.counterparty).dropna(subset=["went_to"])
    found = found.sort_values(["amount", "went_to"], ascending=[False, True]).drop_duplicates("customer_id")
    return found[columns]


def with_chances(books: Books, rows: pd.DataFrame, use_case: UseCase, as_of: date) -> pd.DataFrame:
    """Put beside each customer the probability of coming back, the likeliest first; empty where there are no scores."""
    path = books.work.scores(as_of, use_case.name)
    if not path.exists():
        return rows.assign(probability=np.nan)
    rows = rows.merge(pd.read_parquet(path, columns=["customer_id", "probability"]), "left", "customer_id")
    return rows.sort_values(["probability", "customer_id"], ascending=[False, True], ignore_index=True)


def with_money(books: Books, rows: pd.DataFrame, use_case: UseCase, as_of: date) -> pd.DataFrame:
    """Put beside each customer how much may be expected to come back, the most first.

    That is the probability times what those who came back brought with them on average, by the level of the most that
    they had held; see `brought_back`.
    """
    brought = brought_back(books, use_case, as_of)
    expected = rows.probability * brought.reindex(level_of(rows.held)).to_numpy()
    rows = rows.assign(expected_yuan=expected.round(2))
    order = ["expected_yuan", "left", "customer_id"]
    return rows.sort_values(order, ascending=[False, False, True], ignore_index=True)


def brought_back(books: Books, use_case: UseCase, as_of: date) -> pd.Series:
    """Yuan that those who came back brought with them on average, by the level of their highest month before.

    A level with fewer than 20 returners takes the mean of everyone who came back.
    """
    gains, levels = [], []
    for cutoff in plan_cutoffs(use_case, as_of, books.bank.months("transactions")).all:
        rows = training_rows(books.bank, books.work, use_case, cutoff, as_of)
        frame = rows.select(["customer_id", "outcome", "aum_peak_365d"]).to_pandas()
        end = outcome_end(use_case, cutoff)
        gained = aum_gained(books.connection, books.bank, books.work, (cutoff, end)).to_pyarrow().to_pandas()
        back = frame[frame.outcome == 1].merge(gained, "left", "customer_id")
        gains.append((back.gained.fillna(0) / 100).clip(lower=0))
        levels.append(pd.Series(level_of(back.aum_peak_365d), index=back.index))
    gain, level = pd.concat(gains, ignore_index=True), pd.concat(levels, ignore_index=True)
    found = gain.groupby(level).agg(["size", "mean"]).reindex(range(7))
    return found["mean"].where(found["size"] >= LEAST, gain.mean())
