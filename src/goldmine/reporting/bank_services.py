"""Service contacts of the whole bank at once, for a system that keeps everybody's queue."""

from dataclasses import replace
from datetime import date
from functools import cached_property

import pandas as pd

from goldmine.campaigns.queue_settings import QueueSettings
from goldmine.reporting.prepare import ReportData
from goldmine.reporting.queue_sources import SERVICE_KINDS, Desk, permitted, reachable, with_habits

SERVICE_COLUMNS = (
    *("customer_id", "branch_id", "manager_id", "kind_of_contact", "channel", "time_band"),
    *("expected_value", "reasons_zh", "reasons_en", "say_zh", "say_en"),
)


class _WholeBank(Desk):
    """Everybody's desk."""

    @cached_property
    def owned(self) -> pd.DataFrame:
        """Customers whom somebody owns and staff may contact, without those whom a campaign gave to a person."""
        offers = self.release_offers
        rows = self.data.customers
        given = offers.loc[offers["manager_id"].notna(), "customer_id"]
        return rows[rows["employee_id"].notna() & rows.index.isin(self.data.contactable) & ~rows.index.isin(given)]


def bank_services(data: ReportData, day: date, settings: QueueSettings) -> pd.DataFrame:
    """Contacts without an offer that somebody of the bank may make: handed over, overdue, near the next level, lost.

    Each person keeps the best ones that their capacity allows over the days of a plan.

    Parameters
    ----------
    day : date
        The first day of the queue.

    Returns
    -------
    pandas.DataFrame
        `SERVICE_COLUMNS`, by kind, the highest expected value first.
    """
    chinese = _WholeBank(data, "", day, settings, "zh")
    english = replace(chinese, language="en")
    rows, others = (pd.concat([kind(desk) for kind in SERVICE_KINDS], ignore_index=True) for desk in (chinese, english))
    rows = rows.rename(columns={"why": "reasons_zh", "say": "say_zh"})
    rows = rows.assign(reasons_en=others["why"], say_en=others["say"])
    owners = data.customers.loc[rows["customer_id"], ["books_branch_id", "employee_id"]]
    rows = rows.assign(branch_id=owners["books_branch_id"].to_numpy(), manager_id=owners["employee_id"].to_numpy())
    rows = rows.sort_values(["expected_value", "customer_id"], ascending=[False, True], kind="stable")
    rows = rows.drop_duplicates(["kind_of_contact", "customer_id"])
    places = rows.groupby("manager_id").cumcount()
    rows = rows[places < rows["manager_id"].map(lambda number: _room(settings, number))].reset_index(drop=True)
    rows = permitted(chinese, with_habits(chinese, reachable(chinese, rows)))
    ordered = rows.sort_values(["kind_of_contact", "expected_value", "customer_id"], ascending=[True, False, True])
    return ordered[list(SERVICE_COLUMNS)].reset_index(drop=True)


def _room(settings: QueueSettings, staff_id: str) -> int:
    """How many contacts a person can make over the days of a plan."""
    return sum(settings.of_person(staff_id).values()) * settings.plan_days
