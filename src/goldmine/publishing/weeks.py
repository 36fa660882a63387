"""In which week each contact of a release is made, by what one person can work in a day."""

from datetime import date, timedelta

import pandas as pd
import pyarrow as pa

from goldmine.campaigns.daily_capacity import contact_days
from goldmine.campaigns.queue_settings import QueueSettings
from goldmine.core.i18n import _, in_language

_WEEK = _("Week of {day}")


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def week_title(monday: date, language: str) -> str:
    """Name of a week's sheet."""
    return str(in_language(_WEEK, language)).format(day=monday)


def weeks_of(rows: pa.Table, as_of: date, settings: QueueSettings) -> list[date]:
    """The Monday of the week in which each contact is made.

    Each manager works as many a day as the daily queue allows, the first of the table first; a branch's contacts
    without a manager are worked like those of one person. What has no room stands in the week of its last day; a
    channel that the queue does not count, in the first week.

    Parameters
    ----------
    rows : pyarrow.Table
        `branch_id`, `manager_id`, `channel` (a code) and `valid_until`, the best first.
    as_of : date
        The snapshot; work begins on the first working day after it.
    settings : QueueSettings
        Capacity and working days.
    """
    frame = rows.select(["branch_id", "manager_id", "channel", "valid_until"]).to_pandas()
    if frame.empty:
        return []
    first = as_of + timedelta(days=1)
    days = settings.working_days(first, max([first + timedelta(days=31), *frame["valid_until"]]))
    frame["earliest"] = days[0]
    weeks = pd.Series(index=frame.index, dtype="object")
    for (_branch, manager), own in frame.groupby(["branch_id", "manager_id"], dropna=False):
        capacity = settings.of_person("" if pd.isna(manager) else manager)
        for position, day in zip(own.index, contact_days(own, days, capacity), strict=True):
            late = days[0] if own.at[position, "channel"] not in capacity else own.at[position, "valid_until"]
            weeks[position] = monday_of(day or late)
    return list(weeks)
