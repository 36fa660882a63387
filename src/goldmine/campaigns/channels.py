"""Channels by which a customer may still be contacted: reachable, not refused, within the fatigue limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from goldmine.campaigns.spec import Campaign
from goldmine.contactability import ContactTables
from goldmine.contactability.funnel import FunnelCounter
from goldmine.contactability.policy import Fatigue
from goldmine.contract.tables import CONTACT_CHANNELS
from goldmine.core.dates import month_end
from goldmine.core.i18n import _
from goldmine.core.membership import is_among

_NO_CHANNEL = _("cannot be reached by any of its channels, or refused them")
_TIRED = _("contacted often enough of late")
_ANSWERED = ("yes", "bought", "no", "later")
_HABIT_MONTHS = 12


@dataclass(frozen=True)
class History:
    """Recent contacts and offers.

    Parameters
    ----------
    contacts : pandas.DataFrame
        `customer_id`, `channel`, `times`: contacts and valid offers within the policy's days.
    habit : pandas.DataFrame
        `customer_id`, `channel`: channels by which customers answered within a year.
    """

    contacts: pd.DataFrame
    habit: pd.DataFrame


def history(tables: ContactTables, offers: pd.DataFrame, fatigue: Fatigue) -> History:
    """Collect recent contacts and offers.

    Parameters
    ----------
    tables : ContactTables
        Contacts, with imported results.
    offers : pandas.DataFrame
        Earlier offers, from `offers_of`; an offer that was worked is a contact as well and counts once.
    fatigue : Fatigue
        How far to look back.
    """
    contacts = tables.under_survivors(tables.table("contacts"))
    since = tables.as_of - timedelta(days=fatigue.days)
    past = (
        contacts.filter(contacts.contacted_on > since)
        .select("campaign_id", "customer_id", "channel")
        .to_pyarrow()
        .to_pandas()
    )
    days = pd.to_datetime(offers["as_of"])
    planned = offers[
        (offers["group"] == "contact") & (days > pd.Timestamp(since)) & (days <= pd.Timestamp(tables.as_of))
    ]
    keys = ["campaign_id", "customer_id"]
    worked = planned[keys].merge(past[keys].drop_duplicates(), on=keys, how="left", indicator=True)["_merge"] == "both"
    all_contacts = pd.concat([past, planned.loc[~worked.to_numpy(), past.columns]])
    times = all_contacts.assign(channel=all_contacts["channel"].fillna("")).groupby(["customer_id", "channel"]).size()
    answered = contacts.answer.isin(_ANSWERED) & (contacts.contacted_on > month_end(tables.as_of, -_HABIT_MONTHS))
    habit = contacts.filter(answered & contacts.channel.notnull()).select("customer_id", "channel")
    return History(times.rename("times").reset_index(), habit.distinct().to_pyarrow().to_pandas())


def contactable(
    rows: pd.DataFrame, campaign: Campaign, history: History, fatigue: Fatigue, counter: FunnelCounter
) -> pd.DataFrame:
    """Candidates who can be reached and were not contacted too often, with a flag per usable channel.

    If a customer answered by some of the remaining channels within a year, only those remain.

    Returns
    -------
    pandas.DataFrame
        The rows with the channels' names as flags.
    """
    names = [name for name in CONTACT_CHANNELS if name in campaign.channels]
    reached_by = pd.DataFrame(True, index=rows.index, columns=names)
    for name in names:
        if name in ("call", "sms"):
            reached_by[name] &= rows["has_phone"].astype(bool)
        if name == "app":
            reached_by[name] &= rows["has_app"].astype(bool)
        reached_by[name] &= rows[f"may_{name}"].astype(bool)
    reachable = reached_by.any(axis=1)
    counter.leave("no_channel", _NO_CHANNEL, int((~reachable).sum()), "fatigue")
    rested = reached_by & _rested(rows, names, history, fatigue)
    free = rested.any(axis=1)
    counter.leave("fatigued", _TIRED, int((reachable & ~free).sum()), "fatigue")
    habit = {name: history.habit.loc[history.habit["channel"] == name, "customer_id"] for name in names}
    answered = {name: is_among(rows["customer_id"], customers) for name, customers in habit.items()}
    habitual = rested & pd.DataFrame(answered, rows.index)
    best = habitual.where(habitual.any(axis=1), rested)
    rows = rows.drop(columns=[f"may_{name}" for name in names])
    return pd.concat([rows, best], axis=1)[free].reset_index(drop=True)


def _rested(rows: pd.DataFrame, names: Sequence[str], history: History, fatigue: Fatigue) -> pd.DataFrame:
    times = history.contacts.pivot_table("times", "customer_id", "channel", "sum", fill_value=0)
    own_times = times.reindex(rows["customer_id"]).fillna(0).set_axis(rows.index)
    below_total = own_times.sum(axis=1) < fatigue.max_total
    flags = {}
    for name in names:
        limit = fatigue.channels.get(name)  # type: ignore[call-overload]
        flags[name] = below_total if limit is None or name not in own_times else below_total & (own_times[name] < limit)
    return pd.DataFrame(flags)
