"""How a campaign ranks its customers: by uplift if past campaigns allow it, else by propensity; and why."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from goldmine.campaigns.record import Ranking
from goldmine.campaigns.spec import Campaign, Channel
from goldmine.campaigns.stored_uplift import RANKS, TOO_SMALL, StoredUplift, read_stored_uplift
from goldmine.contactability.policy import ChannelName
from goldmine.core.i18n import LocalizedText, _, join_texts, pgettext
from goldmine.core.workspace import Workspace
from goldmine.labels.use_case import load_use_case

_REQUESTED = _("the campaign asks for it (rank_by: propensity)")
_EQUAL = _("the history is large enough, but no order by uplift beats chance and probability")
COLON = pgettext("between a use case and what is said of it", ": ")
"""Between what is spoken of and what is said of it."""
_PARTLY = _("uplift is not known of everyone scored")


def ranked(rows: pd.DataFrame, campaign: Campaign, work: Workspace, as_of: date) -> tuple[pd.DataFrame, Ranking]:
    """Give every candidate the chance that the value of a contact is computed from.

    If uplift may rank for all use cases of a campaign it is the uplift: what reaching the customer adds to the
    probability of the aim. Else it is the calibrated probability. One campaign has one measure.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `candidates`: `customer_id`, `use_case`, `probability`.
    campaign : Campaign
        Its use cases, channels and `rank_by`.
    work : Workspace
        Holds the uplift of the snapshot.

    Returns
    -------
    tuple of pandas.DataFrame and Ranking
        The rows with `chance` and `uplift` (of assignment to contact; empty if propensity ranks), and the
        ranking with its reason.
    """
    by_propensity = rows.assign(uplift=np.nan, chance=rows["probability"])
    if campaign.rank_by == "propensity":
        return by_propensity, _by("propensity", _REQUESTED)
    stored = {name: read_stored_uplift(work, as_of, name) for name in campaign.use_cases}
    for name, entry in stored.items():
        if entry.path is None:
            return by_propensity, _by("propensity", _why(entry), name)
    uplift = pd.Series(np.nan, index=rows.index)
    chance = uplift.copy()
    for name, entry in stored.items():
        in_use_case = rows["use_case"] == name
        known = pq.read_table(entry.path).to_pandas().set_index("customer_id")["uplift"]
        uplift[in_use_case] = rows.loc[in_use_case, "customer_id"].map(known)
        chance[in_use_case] = uplift[in_use_case] / mean_reach(entry.channels, campaign.channels)
    if uplift.isna().any():
        return by_propensity, _by("propensity", _PARTLY)
    return rows.assign(uplift=uplift, chance=chance), _by("uplift", _shown(min(stored.values(), key=lambda s: s.rows)))


def mean_reach(worked: Mapping[str, int], channels: Mapping[ChannelName, Channel]) -> float:
    """Mean reach that an uplift includes: over the channels of the campaigns from which it was learnt.

    Parameters
    ----------
    worked : mapping of str to int
        Their contacts by channel; if none of them is a channel of this campaign, its best reach counts.

    Examples
    --------
    >>> call, sms = Channel(cost=6, reach=0.6, max=9), Channel(cost=0.1, reach=0.2, max=9)
    >>> round(mean_reach({"call": 3, "sms": 1}, {"call": call, "sms": sms}), 2)
    0.5
    """
    counts = [(worked[name], channel.reach) for name, channel in channels.items() if worked.get(name)]
    if not counts:
        return max(channel.reach for channel in channels.values())
    return sum(count * reach for count, reach in counts) / sum(count for count, _ in counts)


def _why(stored: StoredUplift) -> LocalizedText:
    if stored.verdict == RANKS:
        return _PARTLY
    if stored.verdict != TOO_SMALL:
        return _EQUAL
    why = _("too few customers of complete campaigns: {rows:,}", rows=stored.rows)
    if stored.needed:
        why = _("{why}, about {needed:,} needed", why=why, needed=stored.needed)
    if stored.missed:
        why = _("{why}; left out, since they cannot be read: {missed}", why=why, missed=stored.missed)
    return why


def _shown(stored: StoredUplift) -> LocalizedText:
    """Why uplift ranks, also where the history is smaller than what `rows_needed` asks for."""
    why = _("past campaigns show which customers a contact persuades: {rows:,} customers", rows=stored.rows)
    if stored.needed is None or stored.rows >= stored.needed:
        return why
    return _(
        "{why}; an effect on half of the customers would need about {needed:,} customers to show, so this one is "
        "larger and concentrated in fewer",
        why=why,
        needed=stored.needed,
    )


def _by(what: str, why: LocalizedText, use_case: str = "") -> Ranking:
    if use_case:
        why = join_texts([load_use_case(use_case).title, why], COLON)
    return Ranking.model_validate({"by": what, "why": why})
