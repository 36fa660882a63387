"""The staff: customer managers first, then everybody else who looks after customers."""

import numpy as np
import pyarrow as pa

from goldmine.sample.columns import codes, day_number, days, ids
from goldmine.sample.config import SampleConfig

_BRANCH = {"staff": 12, "supervisor": 2, "branch_head": 1}
"""Of each branch, beside its four customer managers."""
_WHOLE = {"department_head": 8, "leader": 5}
"""Of the head office."""
_LEFT = 3
"""The customer manager who left in the last month of the books."""


def staff_table(config: SampleConfig) -> pa.Table:
    """Everybody by number; the head office's people have no branch, and only managers bank here themselves."""
    managers = config.managers
    branch = np.arange(config.branches)
    roles = ("manager", *_BRANCH, *_WHOLE)
    role = np.concatenate(
        [
            np.zeros(managers, int),
            *(np.full(config.branches * count, roles.index(name)) for name, count in _BRANCH.items()),
            *(np.full(count, roles.index(name)) for name, count in _WHOLE.items()),
        ]
    )
    home = np.concatenate(
        [
            np.arange(managers) // 4,
            *(np.repeat(branch, count) for count in _BRANCH.values()),
            np.zeros(sum(_WHOLE.values()), int),
        ]
    )
    number = np.arange(len(role))
    return pa.table(
        {
            "staff_id": ids("S", number, 5),
            "branch_id": ids("B", home, 3, role > len(_BRANCH)),
            "role": codes(roles, role),
            "customer_id": ids("C", number * 20 + 7, 8, number >= managers),
            "left_on": days(np.full(len(role), day_number(config.end) - 12), number != _LEFT),
        }
    )
