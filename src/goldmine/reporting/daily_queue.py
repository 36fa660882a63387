"""One queue a day for a person: contacts of all kinds by expected value, spread over working days by capacity."""

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from goldmine.campaigns.daily_capacity import contact_days

QUEUE_COLUMNS = (
    *("customer_id", "campaign_id", "kind_of_contact", "why", "channel", "time_band", "offer", "offer_name", "say"),
    *("reason", "expected_value", "earliest", "valid_until"),
)
"""Columns of a possible contact. `earliest` and `valid_until` are its first and its last day; the campaign of a contact
without an offer is `goldmine.contract.tables.RELATIONSHIP`, and its `offer` is empty."""


def plan_queue(contacts: pd.DataFrame, days: Sequence[date], capacity: Mapping[str, int]) -> pd.DataFrame:
    """Give each contact a day: the highest expected value first, on the first day that has room for its channel.

    A customer stands in the queue once, see `one_per_customer`. Who finds no room until the last day is left out.

    Parameters
    ----------
    contacts : pandas.DataFrame
        Possible contacts: `QUEUE_COLUMNS`.
    days : sequence of date
        Working days, in order.
    capacity : mapping of str to int
        Contacts a day, by channel; contacts by other channels are left out.

    Returns
    -------
    pandas.DataFrame
        `QUEUE_COLUMNS` with all of a customer's reasons in `why`, and `on_day`; by day, then by expected value.

    Examples
    --------
    >>> contact = dict.fromkeys(QUEUE_COLUMNS, "")
    >>> contact |= {"channel": "call", "earliest": date(2024, 7, 1), "valid_until": date(2024, 7, 2)}
    >>> names = [contact | {"customer_id": name, "expected_value": value} for name, value in (("A", 5), ("B", 9))]
    >>> queue = plan_queue(pd.DataFrame(names), [date(2024, 7, 1), date(2024, 7, 2)], {"call": 1})
    >>> [(name, day.day) for name, day in zip(queue["customer_id"], queue["on_day"])]
    [('B', 1), ('A', 2)]
    """
    rows = one_per_customer(contacts).sort_values(
        ["expected_value", "customer_id"], ascending=[False, True], ignore_index=True
    )
    rows = rows.assign(on_day=pd.Series(contact_days(rows, days, capacity), rows.index, dtype="object"))
    return rows[rows["on_day"].notna()].sort_values("on_day", kind="stable", ignore_index=True)


def one_per_customer(contacts: pd.DataFrame) -> pd.DataFrame:
    """One contact for each customer, with all the customer's reasons as a tuple in `why`.

    An offer of a campaign is made whatever else there is to talk about; without one, the contact with the highest
    expected value is kept. The highest value counts. A customer who asked for a later day is not contacted before.
    """
    ordered = contacts.assign(without_offer=contacts["offer_name"] == "").sort_values(
        ["without_offer", "expected_value", "customer_id"], ascending=[True, False, True], kind="stable"
    )
    grouped = ordered.groupby("customer_id", sort=False)
    kept = ordered.drop_duplicates("customer_id").set_index("customer_id")
    kept["why"] = grouped["why"].agg(lambda reasons: tuple(dict.fromkeys(reasons)))
    kept["expected_value"] = grouped["expected_value"].max()
    kept["earliest"] = grouped["earliest"].max()
    return kept.reset_index()[list(contacts.columns)]
