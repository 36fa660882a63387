"""The queue of one person as a page and a workbook show it: today's contacts, and the days after."""

from datetime import date, timedelta

import pandas as pd

from goldmine.campaigns.contact_hours import load_contact_hours
from goldmine.campaigns.masking import masked
from goldmine.campaigns.queue_settings import QueueSettings, load_queue_settings
from goldmine.core.dates import parse_day
from goldmine.core.errors import ParameterError
from goldmine.core.i18n import _, in_language
from goldmine.reporting.daily_queue import plan_queue
from goldmine.reporting.prepare import ReportData
from goldmine.reporting.queue_sources import Desk, possible_contacts
from goldmine.reporting.texts import BETWEEN, word
from goldmine.reporting.untrue_claims import avoided

_BY_NUMBER = ("call", "sms")
QUEUE = (
    *("staff_id", "on_day", "customer_id", "campaign_id", "kind_of_contact", "why", "offer_name", "say", "avoid"),
    *("reason", "channel", "time_band", "needs_number", "expected_value", "valid_until"),
)
"""Columns of a queue in codes: one row per contact, with the person and the day."""
SHOWN = (
    *("on_day", "channel", "time_band", "customer_id", "name", "phone", "why", "offer_name", "say", "avoid", "reason"),
    *("level", "aum_avg", "expected_value", "valid_until", "campaign_id"),
)
"""Columns of a queue that people work from, in the order of a contact."""


def staff_queue(data: ReportData, employee_id: str, day: str, language: str) -> pd.DataFrame:
    """The queue of one person from a day on, in codes.

    Parameters
    ----------
    data : ReportData
        Report data of the bank.
    employee_id : str
        The person.
    day : str
        First day, ``YYYY-MM-DD``; empty for the first working day after the snapshot.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    pandas.DataFrame
        `QUEUE`, by day, then by expected value. `why`, `say`, `avoid` (what is not true of the customer), `reason` and
        `offer_name` are in the language; `needs_number` says whether the channel needs a telephone number.

    Raises
    ------
    ParameterError
        If the day is not after the snapshot.
    """
    settings = load_queue_settings()
    desk = Desk(data, employee_id, first_day(settings, data.as_of, day), settings, language)
    days = settings.working_days(desk.day, desk.day + timedelta(days=366))
    queue = plan_queue(possible_contacts(desk), days, settings.of_person(employee_id))
    between = str(in_language(BETWEEN, language))
    queue = queue.assign(
        staff_id=employee_id,
        why=[between.join(reasons) for reasons in queue["why"]],
        avoid=[between.join(texts) for texts in avoided(data, queue, language)],
        needs_number=queue["channel"].isin(_BY_NUMBER),
    )
    return queue[list(QUEUE)]


def employee_queue(data: ReportData, employee_id: str, day: str, language: str) -> pd.DataFrame:
    """`staff_queue` as people work from it: `SHOWN`, with names and telephones masked and times in words."""
    queue = staff_queue(data, employee_id, day, language)
    people = masked(data.contact_tables, list(queue["customer_id"]))
    attributes = data.customers.reindex(queue["customer_id"])
    hours = load_contact_hours().in_words(list(queue["channel"]), list(queue["time_band"]), language)
    queue = queue.assign(
        time_band=hours,
        name=people["name"].to_numpy(),
        phone=[phone or word("no_number", language) for phone in people["phone"]],
        level=attributes["level"].fillna(0).astype(int).to_numpy(),
        aum_avg=attributes["aum_fen"].fillna(0).to_numpy() / 100,
    )
    return queue[list(SHOWN)]


def first_day(settings: QueueSettings, as_of: date, day: str) -> date:
    """The first day of a queue: the one that was asked for, or the first working day after the snapshot.

    Raises
    ------
    ParameterError
        If the day is not after the snapshot.
    """
    if not day:
        return settings.working_days(as_of + timedelta(days=1), as_of + timedelta(days=60))[0]
    first = parse_day(day, "day")
    if first <= as_of:
        raise ParameterError(
            _("day: {first} is not after the snapshot, {as_of}.", first=first, as_of=as_of),
            _("Give a day after the snapshot."),
        )
    return first


def of_first_day(queue: pd.DataFrame) -> pd.DataFrame:
    """The contacts of the queue's first day, which is later than today where nobody may be contacted before."""
    return queue[queue["on_day"] == queue["on_day"].min()].reset_index(drop=True)


def coming_days(queue: pd.DataFrame) -> pd.DataFrame:
    """The days after the first: on_day, channel, and the number of contacts."""
    later = queue[queue["on_day"] > queue["on_day"].min()] if len(queue) else queue
    counts = later.groupby(["on_day", "channel"], as_index=False).size()
    return counts.rename(columns={"size": "contacts"})[["on_day", "channel", "contacts"]]
