"""Long-tail screening: the long tail in groups that can be worked, and what became of those who were worked."""

import json
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.customers.moves import moves
from goldmine.customers.source_tables import SourceTables, quarter_before
from goldmine.customers.table import read_customers

USE_CASE = "longtail"
MIN_GROUP = 30
"""Groups of fewer customers are merged."""
OTHER = "other"
UNSCORED = "unscored"
KINDS = {
    "salary": "in_salary_sum_90d",
    "pension": "in_pension_sum_90d",
    "subsidy": "in_subsidy_sum_90d",
    "merchant": "in_merchant_sum_90d",
    "transfer": "in_transfer_sum_90d",
    "cash": "in_cash_sum_90d",
    "purchase": "out_purchase_sum_90d",
    "utility": "out_utility_sum_90d",
}
"""Kinds of transaction, and what is summed of each over 90 days; the largest is a customer's main kind."""


@dataclass(frozen=True)
class Screening:
    """The long tail in groups.

    Parameters
    ----------
    groups : pandas.DataFrame
        A row a group: age, kind, band (codes; ``other``: several taken together), customers, aum (yuan),
        expected_conversions, expected_rate, expected_aum (yuan that the converted are expected to hold); best first.
        What is expected is empty where nobody of the group was scored.
    rows : pandas.DataFrame
        customer_id, branch_id, manager_id, aum_avg, probability, age, kind, band of each long-tail customer.
    customer_share, aum_share : float
        Share of all customers who are long tail, and of all AUM that they hold.
    converted_mean : float
        Yuan that a customer held on average who left the long tail upwards in the last quarter.
    """

    groups: pd.DataFrame
    rows: pd.DataFrame
    customer_share: float
    aum_share: float
    converted_mean: float

    def best(self, most: int) -> pd.DataFrame:
        """The likeliest of the band ``high``, at most so many, with the age and kind that name their group."""
        rows = self.rows[self.rows.band == "high"].sort_values(["probability", "customer_id"], ascending=[False, True])
        return rows.head(most)[["customer_id", "branch_id", "manager_id", "age", "kind", "aum_avg", "probability"]]


def screen(sources: SourceTables, as_of: date) -> Screening:
    """Draw the long tail from the books, and split it by age, main kind of transaction and model score.

    Parameters
    ----------
    as_of : date
        A snapshot with a customers table. Where it has scores of the long-tail model the bands are ``high`` (the best
        tenth), ``middle`` (the next three tenths) and ``low``; who was not scored, as they sleep, is ``unscored``.

    Raises
    ------
    HistoryError
        If there is no customers table, or the balances of a quarter ago are not there.
    """
    everyone = read_customers(sources.work, as_of)
    tail = everyone[everyone.level == 0]
    age = tail["tag_age"].fillna(OTHER) if "tag_age" in tail else OTHER
    rows = tail[["customer_id", "branch_id", "manager_id", "aum_avg"]].assign(age=age)
    rows = rows.merge(_main_kind(sources, as_of), "left", "customer_id")
    rows = _with_bands(rows, sources.work, as_of)
    mean = _converted_mean(sources, as_of)
    groups = _groups(rows)
    found = groups.assign(expected_aum=groups.expected_conversions * mean)
    share = float(tail.aum_avg.sum() / max(everyone.aum_avg.sum(), 1.0))
    return Screening(found, rows, len(tail) / max(len(everyone), 1), share, mean)


def _main_kind(sources: SourceTables, as_of: date) -> pd.DataFrame:
    path = literal(sources.work.features(as_of))
    have = set(sources.connection.sql(f"SELECT * FROM read_parquet({path})").columns)
    kinds = {kind: column for kind, column in KINDS.items() if column in have}
    columns = "".join(f", {column} AS {kind}" for kind, column in kinds.items())
    sums = sources.connection.con.sql(f"SELECT customer_id{columns} FROM read_parquet({path})").df()
    amounts = sums[list(kinds)].fillna(0)
    if amounts.empty:
        return pd.DataFrame({"customer_id": sums.customer_id, "kind": "none"})
    main = amounts.idxmax(axis=1).where(amounts.max(axis=1) > 0, "none")
    return pd.DataFrame({"customer_id": sums.customer_id, "kind": main})


def _with_bands(rows: pd.DataFrame, work: Workspace, as_of: date) -> pd.DataFrame:
    path = work.scores(as_of, USE_CASE)
    if not path.exists():
        return rows.assign(probability=np.nan, band=UNSCORED)
    scores = pd.read_parquet(path, columns=["customer_id", "probability", "decile"])
    rows = rows.merge(scores, "left", "customer_id")
    band = np.select([rows.decile <= 1, rows.decile <= 4, rows.decile > 4], ["high", "middle", "low"], UNSCORED)
    return rows.assign(band=band).drop(columns="decile")


def _groups(rows: pd.DataFrame) -> pd.DataFrame:
    """Groups of a workable size: the rarest kinds of an age and band are taken together first, then the ages."""
    rows = rows.copy()
    for keys, column in ((["band", "age", "kind"], "kind"), (["band", "age", "kind"], "age")):
        size = rows.groupby(keys)["customer_id"].transform("size")
        rows.loc[size < MIN_GROUP, column] = OTHER
    each = rows.groupby(["age", "kind", "band"])
    found = each.agg(customers=("customer_id", "size"), aum=("aum_avg", "sum")).assign(
        expected_conversions=each.probability.sum(min_count=1)
    )
    found = found.reset_index()
    found["expected_rate"] = found.expected_conversions / found.customers
    return found.sort_values(["expected_rate", "customers"], ascending=False, ignore_index=True)


def _converted_mean(sources: SourceTables, as_of: date) -> float:
    cells = moves(sources, as_of).cells
    up = cells[(cells.before == 0) & (cells.after > 0)]
    return float(up.aum_after.sum() / 100 / max(up.customers.sum(), 1))


def last_list(work: Workspace, day: date) -> pd.DataFrame | None:
    """The long-tail list that was published last for a month end; None where there was none."""
    found = []
    for path in (work.releases / str(day)).glob(f"*/lists/{USE_CASE}.parquet"):
        manifest = json.loads((path.parents[1] / "manifest.json").read_text("utf-8"))
        found.append((manifest["created_at"], path))
    return pd.read_parquet(max(found)[1]) if found else None


def conversions(sources: SourceTables, as_of: date, listed: pd.DataFrame | None) -> pd.DataFrame:
    """What became of the long tail within the quarter, as the bank reports it: converted over worked.

    Worked are those whom a contact of any campaign reached out to within the quarter; converted, those who have left
    the long tail upwards at its end.

    Parameters
    ----------
    listed : pandas.DataFrame, optional
        The list published a quarter ago, with customer_id.

    Returns
    -------
    pandas.DataFrame
        A row a part of the long tail of a quarter ago (all, worked, not_worked, and of the list: listed, listed_worked,
        listed_not_worked): customers, converted, rate. Parts that cannot be told apart are left out: without contacts
        nobody is known to have been worked.
    """
    begin = quarter_before(as_of)
    sources.require_month(begin)
    sources.require_month(as_of)
    before = sources.balances(begin, as_of).to_pyarrow().to_pandas().set_index("customer_id").aum
    after = sources.balances(as_of, as_of).to_pyarrow().to_pandas().set_index("customer_id").aum
    people = sources.customers(as_of).to_pyarrow().to_pandas()
    opened, closed = pd.to_datetime(people.opened_on), pd.to_datetime(people.closed_on)
    there = ~(opened > pd.Timestamp(begin)) & ~(closed <= pd.Timestamp(begin))
    tail = people.customer_id[there]
    tail = tail[tail.map(before).fillna(0).to_numpy() < 10_000_00]
    converted = tail.map(after).fillna(0).to_numpy() >= 10_000_00
    parts = {"all": np.ones(len(tail), dtype=bool)}
    worked = None
    if sources.bank.has("contacts"):
        contacts = sources.under_survivors(sources.bank.read(sources.connection, "contacts"), as_of)
        reached = contacts.filter(contacts.contacted_on > begin, contacts.contacted_on <= as_of)
        worked = tail.isin(set(reached.to_pyarrow()["customer_id"].to_pylist())).to_numpy()
        parts |= {"worked": worked, "not_worked": ~worked}
    if listed is not None:
        on_list = tail.isin(set(listed.customer_id)).to_numpy()
        parts["listed"] = on_list
        if worked is not None:
            parts |= {"listed_worked": on_list & worked, "listed_not_worked": on_list & ~worked}
    found = [(name, int(chosen.sum()), int(converted[chosen].sum())) for name, chosen in parts.items()]
    table = pd.DataFrame(found, columns=["part", "customers", "converted"])
    return table.assign(rate=table.converted / table.customers.where(table.customers > 0))
