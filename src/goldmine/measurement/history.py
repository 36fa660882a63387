"""Past campaigns as rounds to learn uplift from, and the uplift of those to be listed next."""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.contract.bank import Bank
from goldmine.core.errors import HistoryError
from goldmine.core.work import Work
from goldmine.labels import selected_features
from goldmine.measurement.results import campaigns, read_results
from goldmine.uplift.history import Learned, Round, learn
from goldmine.uplift.kept import keep
from goldmine.usecases import UseCase


def learn_uplift(bank: Bank, work: Work, use_case: UseCase, snapshot: date) -> Learned:
    """Learn a use case's uplift from its complete campaigns, and keep it for the lists of a snapshot.

    Parameters
    ----------
    snapshot : date
        Campaigns whose horizon has ended by then count; customers scored at it get an uplift where it may rank.
    """
    done = [one for one in campaigns(work) if one.complete_on <= snapshot]
    parts = []
    for campaign in done:
        rows = read_results(bank, work, campaign, snapshot)
        rows = rows[rows["use_case"] == use_case.name]
        if len(rows):
            parts.append((rows, features_of(work, campaign.as_of, pa.array(rows["customer_id"].tolist(), pa.string()))))
    names = shared_features(use_case, [known for _, known in parts])
    learned = learn([to_round(rows, known) for rows, known in parts], names)
    customers = None
    if learned.may_rank:
        scored = pq.read_table(work.scores(snapshot, use_case.name), columns=["customer_id"])["customer_id"]
        customers = features_of(work, snapshot, scored.combine_chunks())
    keep(work, snapshot, use_case.name, learned, customers)
    return learned


def to_round(rows: pd.DataFrame, known: pa.Table) -> Round:
    """A campaign's results and features as a round; the share of contact is that of each stratum.

    Parameters
    ----------
    rows : DataFrame
        group, stratum and aim.
    known : pyarrow.Table
        Features of the same customers, in the same order.
    """
    contact = (rows["group"] == "contact").to_numpy()
    share = pd.Series(contact).groupby(rows["stratum"].astype("str").to_numpy()).transform("mean").to_numpy()
    share = np.where((share > 0) & (share < 1), share, contact.mean())
    return Round(known, contact, share, rows["aim"].to_numpy(dtype=np.float64))


def shared_features(use_case: UseCase, tables: list[pa.Table]) -> list[str]:
    """Features of a use case that every campaign's customers have."""
    if not tables:
        return []
    held = set.intersection(*(set(table.column_names) for table in tables))
    return [name for name in selected_features(use_case, tables[0].column_names) if name in held]


def features_of(work: Work, as_of: date, customers: pa.Array) -> pa.Table:
    """Features of some customers at a snapshot, in their order; all empty of one who had none then.

    Raises
    ------
    HistoryError
        If the snapshot's feature table is not there.
    """
    path = work.features(as_of)
    if not path.exists():
        raise HistoryError(
            f"features: none of {as_of}, the snapshot of a campaign to learn from.",
            f"Run `goldmine features --as-of {as_of}` for it.",
        )
    table = pq.read_table(path, filters=[("customer_id", "in", customers.to_pylist())])
    place = pd.Series(np.arange(table.num_rows), index=table["customer_id"].to_pylist())
    return table.take(pa.array(place.reindex(customers.to_pylist()), pa.int64(), from_pandas=True))
