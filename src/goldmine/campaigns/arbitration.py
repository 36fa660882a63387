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
    """Assign every customer to the campaign with the highest expected value.

    The expected value is chance x reach of the channel x value of the outcome - cost of the contact, for the best
    remaining channel. The chance is the calibrated probability or, if uplift ranks, what reaching the customer adds to
    it. An uplift is a small part of a probability: while one campaign ranks by propensity, campaigns are compared by
    the calibrated probability, so that none loses customers to a stricter measure; within a campaign its own measure
    applies. `TIE_BREAK` settles ties; a customer appears in a campaign once.

    Parameters
    ----------
    rows : sequence of pandas.DataFrame
        Candidates with `probability`, `uplift`, `chance`, `offer` and a flag per channel, from `contactable`.
    campaigns : sequence of Campaign
        In the order of `rows`.
    counters : mapping of str to FunnelCounter
        By campaign.

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
    candidates = pd.concat(parts, ignore_index=True)
    compared = "likely_value" if candidates["uplift"].isna().any() else "expected_value"
    worthwhile = candidates[candidates["expected_value"] > 0].sort_values(
        [compared, "probability", "campaign_id", "customer_id"], ascending=[False, False, True, True]
    )
    assigned = worthwhile.drop_duplicates("customer_id").drop(columns="likely_value")
    assigned = assigned.sort_values(
        ["expected_value", "probability", "campaign_id", "customer_id"],
        ascending=[False, False, True, True],
        ignore_index=True,
    )
    before, after = worthwhile["campaign_id"].value_counts(), assigned["campaign_id"].value_counts()
    for name, counter in counters.items():
        counter.leave("other_campaign", _OTHER, int(before.get(name, 0) - after.get(name, 0)), "arbitration")
    return assigned


def _valued(rows: pd.DataFrame, campaign: Campaign) -> pd.DataFrame:
    value = np.array([offer.value for offer in campaign.offers])[rows["offer"].to_numpy(dtype=np.int64)]
    return rows.assign(
        campaign_id=campaign.campaign_id,
        value=value,
        expected_value=_best_value(rows, campaign, rows["chance"] * value),
        likely_value=_best_value(rows, campaign, rows["probability"] * value),
    )


def _best_value(rows: pd.DataFrame, campaign: Campaign, gain: pd.Series) -> NDArray:
    """Value of the best remaining channel: gain of reaching a customer x reach - cost, yuan."""
    values = [
        np.where(rows[name].to_numpy(dtype=bool), gain.to_numpy() * channel.reach - channel.cost, -np.inf)
        for name, channel in campaign.channels.items()
        if name in rows
    ]
    return np.stack(values).max(axis=0)
