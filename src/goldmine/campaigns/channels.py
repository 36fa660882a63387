"""By which channels a customer may still be contacted: reachable, not refused, not too often."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from goldmine.campaigns.spec import Campaign
from goldmine.contactability.counts import Tally
from goldmine.contactability.policy import Fatigue
from goldmine.contactability.rules import open_rows
from goldmine.contactability.tables import Books
from goldmine.contract.tables import CONTACT_CHANNELS

_NO_CHANNEL = ("cannot be reached by any of its channels, or refused them", "活动渠道均无法触达或已被拒绝")
_TIRED = ("contacted often enough of late", "近期触达次数已达上限")
_ANSWERED = ("yes", "no", "later")
_HABIT_DAYS = 365


@dataclass(frozen=True)
class History:
    """What has been said to whom of late.

    Parameters
    ----------
    contacts : pandas.DataFrame
        `customer_id`, `channel`, `times`: contacts, and offers that are out, within the policy's days.
    refused : pandas.DataFrame
        `customer_id`, `channel`: rows of the ledger that hold for one channel.
    habit : pandas.DataFrame
        `customer_id`, `channel`: by which customers answered within a year.
    """

    contacts: pd.DataFrame
    refused: pd.DataFrame
    habit: pd.DataFrame


def history(books: Books, out: pd.DataFrame, fatigue: Fatigue) -> History:
    """Gather what has been said to whom.

    Parameters
    ----------
    books : Books
        Its contacts, with those from the field, and its ledger.
    out : pandas.DataFrame
        Offers that are out, from `offers_of`; one that was worked stands among the contacts and counts once.
    fatigue : Fatigue
        How far to look back.
    """
    contacts, since = books.table("contacts"), books.as_of - timedelta(days=fatigue.days)
    made = (
        contacts.filter(contacts.contacted_on > since)
        .select("campaign_id", "customer_id", "channel")
        .to_pyarrow()
        .to_pandas()
    )
    days = pd.to_datetime(out["as_of"])
    planned = out[(out["group"] == "contact") & (days > pd.Timestamp(since)) & (days <= pd.Timestamp(books.as_of))]
    keys = ["campaign_id", "customer_id"]
    worked = planned[keys].merge(made[keys].drop_duplicates(), on=keys, how="left", indicator=True)["_merge"] == "both"
    both = pd.concat([made, planned.loc[~worked.to_numpy(), made.columns]])
    times = both.assign(channel=both["channel"].fillna("")).groupby(["customer_id", "channel"]).size()
    ledger = open_rows(books)
    refused = (
        ledger.filter(ledger.channel.notnull()).select("customer_id", "channel").distinct().to_pyarrow().to_pandas()
    )
    answered = contacts.answer.isin(_ANSWERED) & (contacts.contacted_on > books.as_of - timedelta(days=_HABIT_DAYS))
    habit = contacts.filter(answered & contacts.channel.notnull()).select("customer_id", "channel")
    return History(times.rename("times").reset_index(), refused, habit.distinct().to_pyarrow().to_pandas())


def contactable(
    rows: pd.DataFrame, campaign: Campaign, history: History, fatigue: Fatigue, tally: Tally
) -> pd.DataFrame:
    """Candidates who may be contacted, with a flag a channel of the campaign by which they may.

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
        can[name] &= ~rows["customer_id"].isin(_of(history.refused, name))
    reachable = can.any(axis=1)
    tally.leave("no_channel", _NO_CHANNEL, int((~reachable).sum()), "fatigue")
    rested = can & _rested(rows, names, history, fatigue)
    free = rested.any(axis=1)
    tally.leave("fatigued", _TIRED, int((reachable & ~free).sum()), "fatigue")
    liked = rested & pd.DataFrame({name: rows["customer_id"].isin(_of(history.habit, name)) for name in names})
    best = liked.where(liked.any(axis=1), rested)
    return pd.concat([rows, best], axis=1)[free].reset_index(drop=True)


def _of(pairs: pd.DataFrame, channel: str) -> pd.Series:
    return pairs.loc[pairs["channel"] == channel, "customer_id"]


def _rested(rows: pd.DataFrame, names: Sequence[str], history: History, fatigue: Fatigue) -> pd.DataFrame:
    times = history.contacts.pivot_table("times", "customer_id", "channel", "sum", fill_value=0)
    mine = times.reindex(rows["customer_id"]).fillna(0).set_axis(rows.index)
    in_all = mine.sum(axis=1) < fatigue.in_all
    found = {}
    for name in names:
        limit = fatigue.channels.get(name)  # type: ignore[call-overload]
        found[name] = in_all if limit is None or name not in mine else in_all & (mine[name] < limit)
    return pd.DataFrame(found)
