"""When to contact a customer: hours that the bank keeps by channel, and the part of the day a customer is active in."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Self, get_args

import pandas as pd
from pydantic import Field, model_validator

from goldmine.contactability.policy import ChannelName, TimeBand
from goldmine.contactability.tables import ContactTables
from goldmine.contract.tables import NOT_OWN_KINDS
from goldmine.core.columns import column
from goldmine.core.dates import month_key
from goldmine.core.i18n import _
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

_MONTHS = 3
_MIN_TRANSACTIONS = 3
BANDS = {"morning": range(7, 12), "noon": range(12, 14), "afternoon": range(14, 18), "evening": range(18, 22)}
"""Hours of each part of the day, in which a customer's transactions are counted."""
_FILE = "contact_hours.yaml"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
Hours = Annotated[str, Field(pattern=f"^{_CLOCK}-{_CLOCK}$")]


class ContactHours(SettingsModel):
    """Hours of contact, ``pipelines/contact_hours.yaml``.

    Parameters
    ----------
    channels : dict of str to dict of str to str
        By channel, then by part of the day: from when to when, ``08:30-12:00``. A part of the day that is left out is
        not used; a channel that is left out is used all day.
    """

    channels: dict[ChannelName, Annotated[dict[TimeBand, Hours], Field(min_length=1)]] = {}

    @model_validator(mode="after")
    def _end_after_they_begin(self) -> Self:
        for channel, bands in self.channels.items():
            for band, hours in bands.items():
                begin, end = hours.split("-")
                if end <= begin:
                    raise ValueError(
                        _("{where}: {hours} does not end after it begins", where=f"{channel}, {band}", hours=hours)
                    )
        return self

    def bands(self, channel: str) -> tuple[str, ...]:
        """Parts of the day in which a channel is used, from the morning on."""
        own = self.channels.get(channel)  # type: ignore[call-overload]
        return tuple(band for band in get_args(TimeBand) if own is None or band in own)

    def best(self, channel: str, band: str) -> str:
        """A part of the day if the channel is used in it; else the first one in which it is."""
        bands = self.bands(channel)
        return band if band in bands else bands[0]

    def in_words(self, channels: Sequence[str], bands: Sequence[str], language: str) -> list[str]:
        """Parts of the day in words, with the channel's hours.

        Examples
        --------
        >>> hours = ContactHours(channels={"call": {"evening": "18:00-20:00"}})
        >>> hours.in_words(["call", "app"], ["evening", "noon"], "en")
        ['evening 18:00-20:00', 'noon']
        """
        words = column("time_band").in_words(bands, language)
        own = [self.channels.get(channel, {}) for channel in channels]  # type: ignore[call-overload]
        return [f"{word} {hours.get(band, '')}".rstrip() for word, hours, band in zip(words, own, bands, strict=True)]


def contact_hours_path() -> Path:
    """Path of the settings."""
    return home() / "pipelines" / _FILE


def load_contact_hours() -> ContactHours:
    """Read ``pipelines/contact_hours.yaml``; without it every channel is used all day.

    Raises
    ------
    SettingsError
        If it has an unknown key, or hours that are none.
    """
    return typed(ContactHours, read_yaml(contact_hours_path()), _FILE)


def best_bands(activity: pd.DataFrame, contacts: pd.DataFrame, hours: ContactHours) -> list[str]:
    """The part of the day for each contact: of those in which its channel is used, the customer's most active one.

    Parameters
    ----------
    activity : pandas.DataFrame
        See `activity_by_band`.
    contacts : pandas.DataFrame
        customer_id, channel and time_band, which holds for customers without activity in the channel's hours.
    hours : ContactHours
        Hours of the channels.
    """
    chosen = contacts["time_band"].astype("object").copy()
    for channel in contacts["channel"].unique():
        own = contacts["channel"] == channel
        rates = activity.reindex(columns=list(hours.bands(channel)), fill_value=0)
        rates = rates[rates.sum(axis=1) > 0]
        active = rates.idxmax(axis=1) if len(rates) else pd.Series(dtype="object")
        habit = contacts.loc[own, "customer_id"].map(active)
        usual = contacts.loc[own, "time_band"].map(lambda band, channel=channel: hours.best(channel, band))
        chosen[own] = habit.where(habit.notna(), usual)
    return chosen.to_list()


def activity_by_band(tables: ContactTables, customers: list[str], as_of: date) -> pd.DataFrame:
    """Own transactions an hour of each part of the day, over the last three months.

    Returns
    -------
    pandas.DataFrame
        By customer number, a column per part of the day; without customers with fewer than three transactions with a
        time of day.
    """
    months = [month for month in tables.bank.months("transactions") if month <= month_key(as_of)][-_MONTHS:]
    selected = tables.customers(customers)
    transactions = tables.bank.read(tables.connection, "transactions", months)
    is_own = ~transactions.kind.isin(NOT_OWN_KINDS).fill_null(False) & (transactions.channel != "batch").fill_null(True)
    timed = transactions.filter(is_own & (transactions.time != transactions.time.truncate("D")))
    timed = tables.under_survivors(timed.select("customer_id", hour=timed.time.hour()))
    hours = timed.semi_join(selected, "customer_id")
    counts = hours.group_by(["customer_id", "hour"]).agg(times=hours.count()).to_pyarrow().to_pandas()
    if counts.empty:
        return pd.DataFrame(columns=list(BANDS))
    table = counts.pivot_table("times", "customer_id", "hour", "sum", fill_value=0)
    bands = pd.DataFrame({name: table.reindex(columns=list(h), fill_value=0).sum(axis=1) for name, h in BANDS.items()})
    return bands[bands.sum(axis=1) >= _MIN_TRANSACTIONS] / [len(hours) for hours in BANDS.values()]
