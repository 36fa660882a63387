"""Which day a contact is made on: the best first, on the first working day that has room for its channel."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd


def contact_days(contacts: pd.DataFrame, days: Sequence[date], capacity: Mapping[str, int]) -> list[date | None]:
    """The day of each contact of one person; None where no day until its last one has room.

    Parameters
    ----------
    contacts : pandas.DataFrame
        `channel`, and the first and the last day, `earliest` and `valid_until`; the contact that comes first in the
        frame chooses first.
    days : sequence of date
        Working days, in order.
    capacity : mapping of str to int
        Contacts a day, by channel; there is no room for other channels.

    Examples
    --------
    >>> july = [date(2024, 7, 1), date(2024, 7, 2)]
    >>> calls = pd.DataFrame({"channel": ["call"] * 3, "earliest": july[0], "valid_until": july[1]})
    >>> [day and day.day for day in contact_days(calls, july, {"call": 1})]
    [1, 2, None]
    """
    taken: Counter[tuple[date, str]] = Counter()
    planned: list[date | None] = []
    for channel, earliest, last in zip(contacts["channel"], contacts["earliest"], contacts["valid_until"], strict=True):
        limit = capacity.get(channel, 0)
        free = (day for day in days if earliest <= day <= last and taken[day, channel] < limit)
        day = next(free, None)
        planned.append(day)
        if day is not None:
            taken[day, channel] += 1
    return planned
