"""Who was contacted when: one campaign a quarter, and the owners' contacts with the customers they look after."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from goldmine.contract.tables import RELATIONSHIP
from goldmine.sample.arrow import codes, day_number, days, ids
from goldmine.sample.config import WARM_UP, SampleConfig
from goldmine.sample.people import People, on_books
from goldmine.sample.streams import stream

CHANNELS = ("call", "visit", "sms", "app")
_OWNERS_CHANNELS = (0.45, 0.25, 0.0, 0.3)
OWNED_FROM = (30_000, 50_000, 200_000, 500_000, 5_000_000)
"""AUM in yuan from which an owner keeps in touch; a little below the first tier they look after who may reach it."""
CONTACT_EVERY = np.array([150, 90, 60, 30, 15])
"""Days within which the next contact is due."""
ON_TIME, LATE = (0.55, 1.0), (1.0, 1.9)
"""Range of the days between two contacts, as a part of those within which the next one is due."""
LATE_SHARE = 0.28
"""Share of contacts that are late."""


def campaign_contacts(config: SampleConfig, people: People, appetite: NDArray) -> pa.Table:
    """One campaign a quarter that reaches every tenth customer; appetite shows in the answer."""
    parts = []
    for index in range(WARM_UP, len(config.lived)):
        last = day_number(config.lived[index])
        if config.lived[index].month % 3:
            continue
        random = stream(config, "campaign contacts", int(people["number"][0]) - 1, index)
        who = np.flatnonzero((random.random(len(appetite)) < 0.1) & (people["opened"] < last - 30))
        yes = random.random(len(who)) < 0.5 * expit(appetite[who, index] - 1)
        answer = np.where(yes, 0, random.integers(1, 4, len(who)))
        when = last - random.integers(0, 28, len(who))
        parts.append((who, when, answer, random.integers(0, 4, len(who)), np.full(len(who), index)))
    if not parts:
        return pa.table({})
    who, when, answer, channel, campaign = (np.concatenate(column) for column in zip(*parts, strict=True))
    return pa.table(
        {
            "campaign_id": ids("M", campaign, 3),
            "customer_id": ids("C", people["number"][who], 8),
            "contacted_on": days(when),
            "channel": codes(CHANNELS, channel),
            "answer": codes(("yes", "no", "later", "not_reached"), answer),
            "outcome": codes(("converted", "not_converted"), np.where(answer == 0, 0, 1)),
        }
    )


def owner_contacts(config: SampleConfig, people: People, total: NDArray) -> pa.Table:
    """Contacts of owners with the customers of the tiers: most in time, some late, the newly risen in the same month.

    Nothing is offered in them, so that they have neither answer nor outcome.

    Parameters
    ----------
    total : array (customers, months)
        AUM in yuan.
    """
    random = stream(config, "owner contacts", int(people["number"][0]) - 1)
    never = np.iinfo(np.int64).max // 2
    due = np.full(len(total), never)
    tier = np.zeros(len(total), dtype=np.int64)
    parts = []
    for index, day in enumerate(config.lived):
        first, last = day_number(day.replace(day=1)), day_number(day)
        before, tier = tier, np.searchsorted(OWNED_FROM, total[:, index], side="right")
        tier = np.where(on_books(people, first, last), tier, 0)
        risen = np.flatnonzero(tier > before)
        due[risen] = np.minimum(due[risen], random.integers(first, last + 1, len(risen)))
        due[tier == 0] = never
        while len(who := np.flatnonzero(due <= last)):
            if index >= WARM_UP:
                parts.append((who, due[who], random.choice(len(CHANNELS), len(who), p=_OWNERS_CHANNELS)))
            due[who] += _days_to_next(CONTACT_EVERY[tier[who] - 1], random)
    if not parts:
        return pa.table({})
    who, when, channel = (np.concatenate(column) for column in zip(*parts, strict=True))
    return pa.table(
        {
            "campaign_id": pa.array([RELATIONSHIP] * len(who)),
            "customer_id": ids("C", people["number"][who], 8),
            "contacted_on": days(when),
            "channel": codes(CHANNELS, channel),
            "answer": pa.nulls(len(who), pa.string()),
            "outcome": pa.nulls(len(who), pa.string()),
        }
    )


def _days_to_next(every: NDArray, random: np.random.Generator) -> NDArray:
    late, part = random.random((2, len(every)))
    low, high = (np.where(late < LATE_SHARE, of_late, in_time) for in_time, of_late in zip(ON_TIME, LATE, strict=True))
    return np.maximum(every * (low + (high - low) * part), 1).astype(np.int64)
