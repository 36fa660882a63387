"""Facts from outside the bank."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from goldmine.sample.arrow import codes, day_number, days, ids, money
from goldmine.sample.config import SampleConfig
from goldmine.sample.people import People

RENEWED_EVERY = 1500
"""Days after which a fact is observed again."""


def facts_table(config: SampleConfig, people: People, wealth: NDArray, random: np.random.Generator) -> pa.Table:
    """Property of every fifth customer, tax of traders, provident fund of the salaried; known on some day."""
    size = len(wealth)
    masks = [random.random(size) < 0.2, people["trader"], people["salaried"]]
    scales = [400_000, 6_000, 9_000]
    who = np.concatenate([np.flatnonzero(mask) for mask in masks])
    fact = np.repeat(np.arange(3), [mask.sum() for mask in masks])
    yuan = np.array(scales)[fact] * np.exp(0.4 * wealth[who] + 0.4 * random.standard_normal(len(who)))
    first = np.maximum(people["opened"][who], config.reference - random.integers(1, RENEWED_EVERY, len(who)))
    end = day_number(config.end)
    times = np.maximum((end - first) // RENEWED_EVERY + 1, 0)
    row = np.repeat(np.arange(len(who)), times)
    again = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    observed = first[row] + RENEWED_EVERY * again
    return pa.table(
        {
            "customer_id": ids("C", people["number"][who[row]], 8),
            "fact": codes(("property", "tax", "provident_fund"), fact[row]),
            "amount": money(np.round(yuan[row] * 100).astype(np.int64)),
            "observed_on": days(observed),
        }
    )
