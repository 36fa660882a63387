"""Contact cadence: each customer's last contact, and when the next one is due."""

from datetime import date

import numpy as np
import pandas as pd

from goldmine.coverage.customer_balances import BankSnapshot
from goldmine.coverage.rules import CoverageRules


def last_contacts(books: BankSnapshot) -> pd.DataFrame:
    """The last contact of each customer reached by the snapshot: customer_id, last_contact_on.

    An unanswered call is no contact.
    """
    rows = books.contacts()
    reached = rows.filter(rows.contacted_on <= books.as_of, rows.answer.isnull() | (rows.answer != "not_reached"))
    latest = reached.group_by("customer_id").agg(last_contact_on=reached.contacted_on.max())
    return latest.to_pandas().assign(last_contact_on=lambda f: pd.to_datetime(f["last_contact_on"]))


def with_due_dates(assigned: pd.DataFrame, contacts: pd.DataFrame, rules: CoverageRules, as_of: date) -> pd.DataFrame:
    """Add last_contact_on, due_on and overdue_days to an assignment.

    The next contact is due ``contact_every_days`` of the tier after the last contact, or after the owner's assignment
    (`since`) if there was none. A contact that is due on the snapshot day is not overdue yet.

    Parameters
    ----------
    assigned : pandas.DataFrame
        customer_id, tier and since (a month end) among its columns.
    contacts : pandas.DataFrame
        See `last_contacts`.
    rules : CoverageRules
        The tiers' contact cadence.
    as_of : date
        The snapshot.
    """
    rows = assigned.merge(contacts, how="left", on="customer_id")
    every = np.array([tier.contact_every_days for tier in rules.tiers])[rows["tier"].to_numpy(dtype=int)]
    due = rows["last_contact_on"].fillna(rows["since"]) + pd.to_timedelta(every, unit="D")
    late = (pd.Timestamp(as_of) - due).dt.days.clip(lower=0)
    return rows.assign(due_on=due, overdue_days=late.astype("int64"))
