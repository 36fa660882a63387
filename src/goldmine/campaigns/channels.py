"""By which channels a customer may still be contacted: reachable, not refused, not too often."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from goldmine.campaigns.spec import Campaign
from goldmine.contactability import ContactTables
from goldmine.contactability.funnel import FunnelCounter
from goldmine.contactability.policy import Fatigue
from goldmine.contract.tables import CONTACT_CHANNELS
from goldmine.core.i18n import _

_NO_CHANNEL = _("cannot be reached by any of its channels, or refused them")
_TIRED = _("contacted often enough of late")
_ANSWERED = ("yes", "no", "later")
_HABIT_DAYS = 365


@dataclass(frozen=True)
class History:
    """What has been said to whom of late.

    Parameters
    ----------
    contacts : pandas.DataFrame
        `customer_id`, `channel`, `times`: contacts, and offers that are out, within the policy's days.
    habit : pandas.DataFrame
        `customer_id`, `channel`: by which customers answered within a year.
    """

    contacts: pd.DataFrame
    habit: pd.DataFrame


def history(tables: ContactTables, out: pd.DataFrame, fatigue: Fatigue) -> History:
    """Gather what has been said to whom.

    Parameters
    ----------
    books : ContactTables
        Its contacts, with those from the field, and its ledger.
    out : pandas.DataFrame
        Offers that are out, from `offers_of`; one that was worked stands among the contacts and counts once.
    fatigue : Fatigue
        How far to look back.
    """
    contacts = tables.under_survivors(tables.table("contacts"))
    since = tables.as_of - timedelta(days=fatigue.days)
    made = (
        contacts.filter(contacts.contacted_on > since)
        .select("campaign_id", "customer_id", "channel")
        .to_pyarrow()
        .to_pandas()
    )
    days = pd.to_datetime(out["as_of"])
    planned = out[(out["group"] == "contact") & (days > pd.Timestamp(since)) & (days <= pd.Timestamp(tables.as_of))]
    keys = ["campaign_id", "customer_id"]
    worked = planned[keys].merge(made[keys].drop_duplicates(), on=keys, how="left", indicator=True)["_merge"] == "both"
    both = pd.concat([made, planned.loc[~worked.to_numpy(), made.columns]])
    times = both.assign(channel=both["channel"].fillna("")).groupby(["customer_id", "channel"]).size()
    answered = contacts.answer.isin(_ANSWERED) & (contacts.contacted_on > tables.as_of - timedelta(days=_HABIT_DAYS))
    habit = contacts.filter(answered & contacts.channel.notnull()).select("customer_id", "channel")
    return History(times.rename("times").reset_index(), habit.distinct().to_pyarrow().to_pandas())


def contactable(
    rows: pd.DataFrame, campaign: Campaign, history: History, fatigue: Fatigue, counter: FunnelCounter
) -> pd.DataFrame:
    """Candidates who can be reached and were not contacted too often, with a flag a channel by which they may be.

    Where a customer answered by one of the remaining channels within a year, only those by which they answered remain.

    Returns
    -------
    pandas.DataFrame
        The rows with the channels' names as flags.
    """
    names = [name for name in CONTACT_CHANNELS if name in campaign.channels]
    can = pd.DataFrame(True, index=rows.index, columns=names)
    for name in names:
        if name in ("call", "sms"):
            can[name] &= rows["has_phone"].astype(bool)
        if name == "app":
            can[name] &= rows["has_app"].astype(bool)
        can[name] &= rows[f"may_{name}"].astype(bool)
    reachable = can.any(axis=1)
    counter.leave("no_channel", _NO_CHANNEL, int((~reachable).sum()), "fatigue")
    rested = can & _rested(rows, names, history, fatigue)
    free = rested.any(axis=1)
    counter.leave("fatigued", _TIRED, int((reachable & ~free).sum()), "fatigue")
    liked = rested & pd.DataFrame({name: rows["customer_id"].isin(_of(history.habit, name)) for name in names})
    best = liked.where(liked.any(axis=1), rested)
    rows = rows.drop(columns=[f"may_{name}" for name in names])
    return pd.concat([rows, best], axis=1)[free].reset_index(drop=True)


def _of(pairs: pd.DataFrame, channel: str) -> pd.Series:
    return pairs.loc[pairs["channel"] == channel, "customer_id"]


def _rested(rows: pd.DataFrame, names: Sequence[str], history: History, fatigue: Fatigue) -> pd.DataFrame:
    times = history.contacts.pivot_table("times", "customer_id", "channel", "sum", fill_value=0)
    mine = times.reindex(rows["customer_id"]).fillna(0).set_axis(rows.index)
    below_total = mine.sum(axis=1) < fatigue.max_total
    found = {}
    for name in names:
        limit = fatigue.channels.get(name)  # type: ignore[call-overload]
        found[name] = below_total if limit is None or name not in mine else below_total & (mine[name] < limit)
    return pd.DataFrame(found)
