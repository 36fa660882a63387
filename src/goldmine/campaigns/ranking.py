"""By what a campaign ranks its customers: by uplift where past campaigns allow it, else by propensity; and why."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from goldmine.campaigns.record import Ranking
from goldmine.campaigns.spec import Campaign, Channel
from goldmine.campaigns.stored_uplift import RANKS, TOO_SMALL, StoredUplift, read_stored_uplift
from goldmine.contactability.policy import ChannelName
from goldmine.core.i18n import LocalizedText, _, join_texts
from goldmine.core.workspace import Workspace

_ASKED = _("the campaign asks for it (rank_by: propensity)")
_SHOWN = _("past campaigns show whom a contact moves")
_EQUAL = _("there is history enough, and no order by uplift gained over chance and over probability")
_PARTLY = _("uplift is not known of everyone scored")


def ranked(rows: pd.DataFrame, campaign: Campaign, work: Workspace, as_of: date) -> tuple[pd.DataFrame, Ranking]:
    """Give every candidate the chance that a contact is judged by.

    Where uplift may rank for all of a campaign's use cases it is the uplift: what reaching the customer adds to the
    aim's probability. Else it is the calibrated probability. One campaign has one measure.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `candidates`: `customer_id`, `use_case`, `probability`.
    campaign : Campaign
        Its use cases, its channels and what it asks for.
    work : Workspace
        Where the uplift of the snapshot lies.

    Returns
    -------
    tuple of pandas.DataFrame and Ranking
        The rows with `chance` and `uplift` (of being drawn for contact; empty where propensity ranks), and by what
        the campaign ranks and why.
    """
    plain = rows.assign(uplift=np.nan, chance=rows["probability"])
    if campaign.rank_by == "propensity":
        return plain, _by("propensity", _ASKED)
    kept = {name: read_stored_uplift(work, as_of, name) for name in campaign.use_cases}
    for name, one in kept.items():
        if one.path is None:
            return plain, _by("propensity", _why(one), name)
    uplift = pd.Series(np.nan, index=rows.index)
    chance = uplift.copy()
    for name, one in kept.items():
        mine = rows["use_case"] == name
        known = pq.read_table(one.path).to_pandas().set_index("customer_id")["uplift"]
        uplift[mine] = rows.loc[mine, "customer_id"].map(known)
        chance[mine] = uplift[mine] / mean_reach(one.channels, campaign.channels)
    if uplift.isna().any():
        return plain, _by("propensity", _PARTLY)
    return rows.assign(uplift=uplift, chance=chance), _by("uplift", _SHOWN)


def mean_reach(worked: Mapping[str, int], channels: Mapping[ChannelName, Channel]) -> float:
    """Reach that stands inside an uplift: of the channels by which the campaigns were worked that it was learnt from.

    Parameters
    ----------
    worked : mapping of str to int
        Their contacts by channel; where none is by a channel of this campaign, its best reach counts.

    Examples
    --------
    >>> call, sms = Channel(cost=6, reach=0.6, max=9), Channel(cost=0.1, reach=0.2, max=9)
    >>> round(mean_reach({"call": 3, "sms": 1}, {"call": call, "sms": sms}), 2)
    0.5
    """
    both = [(worked[name], one.reach) for name, one in channels.items() if worked.get(name)]
    if not both:
        return max(one.reach for one in channels.values())
    return sum(count * reach for count, reach in both) / sum(count for count, _ in both)


def _why(kept: StoredUplift) -> LocalizedText:
    if kept.verdict == RANKS:
        return _PARTLY
    if kept.verdict != TOO_SMALL:
        return _EQUAL
    why = _("too few customers of complete campaigns: {rows:,}", rows=kept.rows)
    if kept.needed:
        why = _("{why}, about {needed:,} needed", why=why, needed=kept.needed)
    if kept.missed:
        why = _("{why}; left out, since they cannot be read: {missed}", why=why, missed=kept.missed)
    return why


def _by(what: str, why: LocalizedText, use_case: str = "") -> Ranking:
    return Ranking.model_validate({"by": what, "why": join_texts([f"{use_case}: ", why], "") if use_case else why})
