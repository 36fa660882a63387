"""Long-tail screening: the long tail in groups of a workable size, and the conversions of those contacted."""

import json
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from goldmine.contactability import ContactTables, may_contact
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
"""The 90-day sum of each kind of transaction; the largest is a customer's main kind."""


@dataclass(frozen=True)
class Screening:
    """The long tail in groups.

    Parameters
    ----------
    groups : pandas.DataFrame
        A row per group: age, kind, band (codes; ``other``: several taken together), customers, aum (yuan),
        expected_conversions, expected_rate, expected_aum (yuan that the converted are expected to hold); best first.
        Expected values are empty if nobody of the group was scored.
    rows : pandas.DataFrame
        customer_id, branch_id, manager_id, aum_avg, probability, age, kind, band of each long-tail customer.
    customer_share, aum_share : float
        Share of customers in the long tail, and of AUM that they hold.
    converted_mean : float
        Mean yuan of AUM of the customers who rose from the long tail in the last quarter.
    """

    groups: pd.DataFrame
    rows: pd.DataFrame
    customer_share: float
    aum_share: float
    converted_mean: float

    def best(self, tables: ContactTables, max_rows: int) -> pd.DataFrame:
        """The likeliest of the band ``high`` until so many may be contacted, with age and kind of their own."""
        rows = self.rows[self.rows.band == "high"].sort_values(["probability", "customer_id"], ascending=[False, True])
        rows = may_contact(tables, set(rows.customer_id), "on_request_list").up_to(rows, max_rows)
        return rows[["customer_id", "branch_id", "manager_id", "age", "kind", "aum_avg", "probability"]]


def screen(sources: SourceTables, as_of: date) -> Screening:
    """Select the long tail, and split it by age, main kind of transaction and model score.

    Parameters
    ----------
    as_of : date
        A snapshot with a customers table. With scores of the long-tail model the bands are ``high`` (the top tenth),
        ``middle`` (the next three tenths) and ``low``; sleeping customers have no score and are ``unscored``.

    Raises
    ------
    HistoryError
        If the customers table, or the balances of a quarter ago, are missing.
    """
    everyone = read_customers(sources.work, as_of)
    tail = everyone[everyone.level == 0]
    age = tail["tag_age"].fillna(OTHER) if "tag_age" in tail else OTHER
    rows = tail[["customer_id", "branch_id", "manager_id", "aum_avg"]].assign(age=age)
    rows = rows.merge(_main_kind(sources, as_of), "left", "customer_id")
    rows = _with_bands(rows, sources.work, as_of)
    mean = _converted_mean(sources, as_of)
    groups = _groups(rows)
    groups_with_aum = groups.assign(expected_aum=groups.expected_conversions * mean)
    share = float(tail.aum_avg.sum() / max(everyone.aum_avg.sum(), 1.0))
    return Screening(groups_with_aum, rows, len(tail) / max(len(everyone), 1), share, mean)


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
    """Groups of a workable size: rare kinds of an age and band are merged first, then rare ages."""
    rows = rows.copy()
    for keys, column in ((["band", "age", "kind"], "kind"), (["band", "age", "kind"], "age")):
        size = rows.groupby(keys)["customer_id"].transform("size")
        rows.loc[size < MIN_GROUP, column] = OTHER
    grouped = rows.groupby(["age", "kind", "band"])
    groups = grouped.agg(customers=("customer_id", "size"), aum=("aum_avg", "sum")).assign(
        expected_conversions=grouped.probability.sum(min_count=1)
    )
    groups = groups.reset_index()
    groups["expected_rate"] = groups.expected_conversions / groups.customers
    return groups.sort_values(["expected_rate", "customers"], ascending=False, ignore_index=True)


def _converted_mean(sources: SourceTables, as_of: date) -> float:
    cells = moves(sources, as_of).cells
    up = cells[(cells.before == 0) & (cells.after > 0)]
    return float(up.aum_after.sum() / 100 / max(up.customers.sum(), 1))


def last_list(work: Workspace, day: date) -> pd.DataFrame | None:
    """The latest published long-tail list of a month end; None if there is none."""
    published = []
    for path in (work.releases / str(day)).glob(f"*/lists/{USE_CASE}.parquet"):
        manifest = json.loads((path.parents[1] / "manifest.json").read_text("utf-8"))
        published.append((manifest["created_at"], path))
    return pd.read_parquet(max(published)[1]) if published else None


def conversions(sources: SourceTables, as_of: date, listed: pd.DataFrame | None) -> pd.DataFrame:
    """Conversions of the long tail within the quarter, as the bank reports them: converted over worked.

    Worked customers were contacted by any campaign within the quarter; converted customers are above the long tail at
    its end, with an account: one that was closed in the last month has an average of it all the same.

    Parameters
    ----------
    listed : pandas.DataFrame, optional
        The list published a quarter ago, with customer_id; numbers merged since count as the customer who survives.

    Returns
    -------
    pandas.DataFrame
        A row per part of the long tail of a quarter ago (all, worked, not_worked, and of the list: listed,
        listed_worked, listed_not_worked): customers, converted, rate. Unknown parts are left out: without a contacts
        table nobody is known to have been worked.
    """
    begin = quarter_before(as_of)
    sources.require_month(begin)
    sources.require_month(as_of)
    before = sources.balances(begin, as_of).to_pyarrow().to_pandas().set_index("customer_id").aum
    after = sources.balances(as_of, as_of).to_pyarrow().to_pandas().set_index("customer_id").aum
    people = sources.customers(as_of).to_pyarrow().to_pandas()
    opened, closed = pd.to_datetime(people.opened_on), pd.to_datetime(people.closed_on)
    on_books = ~(opened > pd.Timestamp(begin)) & ~(closed <= pd.Timestamp(begin))
    tail = people.customer_id[on_books]
    tail = tail[tail.map(before).fillna(0).to_numpy() < 10_000_00]
    left = people.customer_id[closed <= pd.Timestamp(as_of)]
    converted = (tail.map(after).fillna(0).to_numpy() >= 10_000_00) & ~tail.isin(left).to_numpy()
    parts = {"all": np.ones(len(tail), dtype=bool)}
    worked = None
    if sources.bank.has("contacts"):
        contacts = sources.under_survivors(sources.bank.read(sources.connection, "contacts"), as_of)
        reached = contacts.filter(contacts.contacted_on > begin, contacts.contacted_on <= as_of)
        worked = tail.isin(set(reached.to_pyarrow()["customer_id"].to_pylist())).to_numpy()
        parts |= {"worked": worked, "not_worked": ~worked}
    if listed is not None:
        merged = sources.merged_by(as_of).to_dict()
        on_list = tail.isin({merged.get(number, number) for number in listed.customer_id}).to_numpy()
        parts["listed"] = on_list
        if worked is not None:
            parts |= {"listed_worked": on_list & worked, "listed_not_worked": on_list & ~worked}
    counts = [(name, int(chosen.sum()), int(converted[chosen].sum())) for name, chosen in parts.items()]
    table = pd.DataFrame(counts, columns=["part", "customers", "converted"])
    return table.assign(rate=table.converted / table.customers.where(table.customers > 0))
