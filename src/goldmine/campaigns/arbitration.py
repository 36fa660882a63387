"""One customer, one campaign: the one with the highest expected value."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goldmine.campaigns.spec import Campaign
from goldmine.contactability.funnel import FunnelCounter
from goldmine.core.i18n import _

_NOT_WORTH = _("expected value does not exceed the cost of a contact")
_OTHER = _("another campaign is worth more")

TIE_BREAK = _("Of equal expected values the campaign with the higher probability wins, then the first by name.")


def arbitrate(
    rows: Sequence[pd.DataFrame], campaigns: Sequence[Campaign], counters: Mapping[str, FunnelCounter]
) -> pd.DataFrame:
    """Leave every customer in the campaign where the expected value is highest.

    The expected value is chance x reach of the channel x value of the outcome - cost of the contact, by the best of the
    channels that remain. The chance is the calibrated probability or, where uplift ranks, what reaching the customer
    adds to it. An uplift is a small part of a probability: while one campaign still ranks by propensity, all are
    compared by the calibrated probability, so that none loses its customers for being measured more strictly; within a
    campaign its own measure stays. Ties are broken as `TIE_BREAK` says; a customer stands in a campaign once.

    Parameters
    ----------
    rows : sequence of pandas.DataFrame
        Candidates with `probability`, `uplift`, `chance`, `offer` and a flag a channel, from `contactable`.
    campaigns : sequence of Campaign
        In the order of `rows`.
    tallies : mapping of str to FunnelCounter
        Takes the counts, by campaign.

    Returns
    -------
    pandas.DataFrame
        The rows of all campaigns with `campaign_id` and `expected_value`, best first.
    """
    parts = [_valued(part, campaign) for part, campaign in zip(rows, campaigns, strict=True)]
    for part, campaign in zip(parts, campaigns, strict=True):
        counters[campaign.campaign_id].leave(
            "not_worth", _NOT_WORTH, int((part["expected_value"] <= 0).sum()), "arbitration"
        )
    every = pd.concat(parts, ignore_index=True)
    compared = "likely_value" if every["uplift"].isna().any() else "expected_value"
    worth = every[every["expected_value"] > 0].sort_values(
        [compared, "probability", "campaign_id", "customer_id"], ascending=[False, False, True, True]
    )
    kept = worth.drop_duplicates("customer_id").drop(columns="likely_value")
    kept = kept.sort_values(
        ["expected_value", "probability", "campaign_id", "customer_id"],
        ascending=[False, False, True, True],
        ignore_index=True,
    )
    before, after = worth["campaign_id"].value_counts(), kept["campaign_id"].value_counts()
    for name, counter in counters.items():
        counter.leave("other_campaign", _OTHER, int(before.get(name, 0) - after.get(name, 0)), "arbitration")
    return kept


def _valued(rows: pd.DataFrame, campaign: Campaign) -> pd.DataFrame:
    value = np.array([offer.value for offer in campaign.offers])[rows["offer"].to_numpy(dtype=np.int64)]
    return rows.assign(
        campaign_id=campaign.campaign_id,
        value=value,
        expected_value=_best(rows, campaign, rows["chance"] * value),
        likely_value=_best(rows, campaign, rows["probability"] * value),
    )


def _best(rows: pd.DataFrame, campaign: Campaign, gain: pd.Series) -> NDArray:
    """Worth of the best channel that remains: what reaching a customer gains x reach - cost, yuan."""
    worth = [
        np.where(rows[name].to_numpy(dtype=bool), gain.to_numpy() * channel.reach - channel.cost, -np.inf)
        for name, channel in campaign.channels.items()
        if name in rows
    ]
    return np.stack(worth).max(axis=0)
