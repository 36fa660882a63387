"""The ledger of suppressions."""

import numpy as np
import pyarrow as pa

from goldmine.contract.tables import SUPPRESSION_REASONS
from goldmine.sample.arrow import codes, day_number, days, ids
from goldmine.sample.config import SUPPRESSED_SHARE, SampleConfig
from goldmine.sample.people import People

_REASON_SHARES = (0.03, 0.05, 0.2, 0.12, 0.08, 0.12, 0.38, 0.02)


def suppressions_table(config: SampleConfig, people: People, random: np.random.Generator) -> pa.Table:
    """The ledger of suppressions: customers, first and last day; some rows are over, some hold for calls only."""
    size, end = len(people["number"]), day_number(config.end)
    # At such a rate that the share has a row by the reference day.
    day = config.reference - 700 + np.minimum(700 * random.random(size) / SUPPRESSED_SHARE, 60_000).astype(np.int64)
    first = np.maximum(people["opened"], day)
    reason = random.choice(len(SUPPRESSION_REASONS), size=size, p=_REASON_SHARES)
    last = first + random.integers(30, 400, size)
    table = pa.table(
        {
            "customer_id": ids("C", people["number"], 8),
            "reason": codes(SUPPRESSION_REASONS, reason),
            "start_date": days(first),
            "end_date": days(last, random.random(size) < 0.6),
            "channel": codes(("call",), np.zeros(size), reason != len(SUPPRESSION_REASONS) - 2),
        }
    )
    return table.filter(pa.array(first <= end))
