"""Learn uplift from past campaigns, and predict it for the customers of the next lists."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.campaigns.stored_uplift import store_uplift
from goldmine.contract.bank import Bank
from goldmine.core.errors import HistoryError, ReleaseError, UseCaseError
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace
from goldmine.labels import selected_features
from goldmine.labels.use_case import UseCase, load_use_case
from goldmine.measurement.campaign_results import Campaign, campaigns, read_results
from goldmine.models.uplift.history import LearnedUplift, PastCampaign, learn


def learn_uplift(bank: Bank, work: Workspace, use_case: UseCase, snapshot: date) -> LearnedUplift:
    """Learn a use case's uplift from its complete campaigns, and store it for the lists of a snapshot.

    Parameters
    ----------
    snapshot : date
        Campaigns whose horizon has ended by then count; customers scored at it get an uplift where it may rank.

    Raises
    ------
    HistoryError
        If a campaign's features are not there, or uplift may rank and nobody is scored at the snapshot.
    """
    parts = [_read(bank, work, campaign, use_case, snapshot) for campaign in _complete(work, use_case.name, snapshot)]
    return _learn_from(work, use_case, snapshot, parts)


def learn_for_lists(bank: Bank, work: Workspace, use_cases: Sequence[str], snapshot: date) -> list[str]:
    """Learn and store the uplift of the use cases of the next lists.

    A past campaign without its features, tables or columns is left out; if nothing can be learnt propensity ranks.

    Returns
    -------
    list of str
        Campaigns that were left out and why, a line per use case and campaign.
    """
    notes: list[str] = []
    for name in use_cases:
        use_case = load_use_case(name, work)
        missed: list[str] = []
        try:
            parts = _readable(bank, work, use_case, snapshot, missed)
            _learn_from(work, use_case, snapshot, parts, len(missed))
        except (HistoryError, UseCaseError) as error:
            store_uplift(work, snapshot, name, replace(learn([], []), missed=len(missed)))
            missed.append(f"past campaigns. {error.what}")
        notes += [f"{name}: nothing is learnt from {what}" for what in missed]
    return notes


def _readable(
    bank: Bank, work: Workspace, use_case: UseCase, snapshot: date, missed: list[str]
) -> list[tuple[pd.DataFrame, pa.Table]]:
    """The complete campaigns that can be read; `missed` collects the others with reasons."""
    parts = []
    for campaign in _complete(work, use_case.name, snapshot):
        try:
            parts.append(_read(bank, work, campaign, use_case, snapshot))
        except (HistoryError, ReleaseError, UseCaseError) as error:
            missed.append(f"{campaign.name} of {campaign.as_of}. {error.what}")
    return parts


def _complete(work: Workspace, use_case: str, snapshot: date) -> list[Campaign]:
    return [
        campaign for campaign in campaigns(work) if campaign.complete_on <= snapshot and use_case in campaign.use_cases
    ]


def _read(
    bank: Bank, work: Workspace, campaign: Campaign, use_case: UseCase, snapshot: date
) -> tuple[pd.DataFrame, pa.Table]:
    """A campaign's results for those of one use case's customers whom its release drew, and their features."""
    rows = read_results(bank, work, campaign, snapshot)
    rows = rows[(rows["use_case"] == use_case.name) & ~rows["drawn_before"]]
    return rows, features_of(work, campaign.as_of, pa.array(rows["customer_id"].tolist(), pa.string()))


def _learn_from(
    work: Workspace, use_case: UseCase, snapshot: date, parts: list[tuple[pd.DataFrame, pa.Table]], missed: int = 0
) -> LearnedUplift:
    names = shared_features(use_case, [known for _, known in parts])
    learned = replace(learn([to_past_campaign(rows, known, use_case) for rows, known in parts], names), missed=missed)
    channels = [rows.loc[rows["group"] == "contact", "channel"] for rows, _ in parts]
    uplift = None
    if learned.may_rank:
        path = work.scores(snapshot, use_case.name)
        if not path.exists():
            raise HistoryError(
                _(
                    "{name}: uplift may rank, and nobody is scored at {snapshot}.",
                    name=use_case.name,
                    snapshot=snapshot,
                ),
                _("Run `goldmine score --as-of {snapshot}` first.", snapshot=snapshot),
            )
        scored = pq.read_table(path, columns=["customer_id", "probability"])
        known = features_of(work, snapshot, scored["customer_id"].combine_chunks())
        predicted = learned.uplift(known, scored["probability"].to_numpy())
        uplift = pa.table({"customer_id": scored["customer_id"], "uplift": predicted})
    worked = pd.concat(channels).value_counts().to_dict() if channels else {}
    store_uplift(work, snapshot, use_case.name, learned, uplift=uplift, channels=worked)
    return learned


def to_past_campaign(rows: pd.DataFrame, known: pa.Table, use_case: UseCase) -> PastCampaign:
    """A campaign's results and features to learn from, with the share of contact.

    The draw gives every customer of a campaign the same chance of contact, whatever their stratum. Shares as they came
    out in strata of a few customers would be noise, and strata without control a bias.

    Parameters
    ----------
    rows : DataFrame
        probability, group and aim.
    known : pyarrow.Table
        Features of the same customers, in the same order.
    use_case : UseCase
        Says whether the outcome is the aim or is to be prevented.
    """
    contact = (rows["group"] == "contact").to_numpy()
    share = np.full(len(rows), contact.mean() if len(rows) else 0.0)
    probability, aim = (rows[name].to_numpy(dtype=np.float64) for name in ("probability", "aim"))
    return PastCampaign(known, probability, contact, share, aim, use_case.prevents)


def shared_features(use_case: UseCase, tables: list[pa.Table]) -> list[str]:
    """Features of a use case that every campaign's customers have."""
    if not tables:
        return []
    common = set.intersection(*(set(table.column_names) for table in tables))
    return [name for name in selected_features(use_case, tables[0].column_names) if name in common]


def features_of(work: Workspace, as_of: date, customers: pa.Array) -> pa.Table:
    """Features of some customers at a snapshot, in their order; empty for a customer without any.

    Raises
    ------
    HistoryError
        If the snapshot's feature table is not there.
    """
    path = work.features(as_of)
    if not path.exists():
        raise HistoryError(
            _("features: none of {as_of}, the snapshot of a campaign to learn from.", as_of=as_of),
            _("Run `goldmine features --as-of {as_of}` for it.", as_of=as_of),
        )
    table = pq.read_table(path, filters=pc.field("customer_id").isin(customers))
    positions = pd.Series(np.arange(table.num_rows), index=table["customer_id"].to_pylist())
    return table.take(pa.array(positions.reindex(customers.to_pylist()), pa.int64(), from_pandas=True))
