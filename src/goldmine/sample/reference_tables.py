"""Branches, grids, employers, staff and products."""

import numpy as np
import pyarrow as pa

from goldmine.contract.tables import PRODUCT_RISKS
from goldmine.sample.arrow import codes, day_number, days, ids
from goldmine.sample.associations import associations_table
from goldmine.sample.config import SampleConfig
from goldmine.sample.employers import Employers, employers_table
from goldmine.sample.names import VILLAGES, place_names, staff_names
from goldmine.sample.products import PRODUCTS

_PRODUCT_NAMES = [
    "Steady income",
    "Balanced income",
    "Growing income",
    "Citizen loan",
    "Nut credit",
    "Emigrants' credit",
    "Small loan",
    "Tax credit",
    "Provident fund credit",
]


def reference_tables(config: SampleConfig, employers: Employers) -> dict[str, pa.Table]:
    """Tables that no customer has a row in."""
    branch, grid = np.arange(config.branches), np.arange(config.grids)
    return {
        "branches": pa.table(
            {
                "branch_id": ids("B", branch, 3),
                "name": place_names(branch, "branch"),
                "town": place_names(branch, "town"),
            }
        ),
        "grids": pa.table(
            {
                "grid_id": ids("G", grid, 5),
                "name": place_names(grid + VILLAGES, "village"),
                "branch_id": ids("B", grid % config.branches, 3),
                "visitor_id": ids("S", grid % config.branches * 4 + grid % 4, 5),
            }
        ),
        "employers": employers_table(config, employers),
        "associations": associations_table(),
        "staff": staff_table(config),
        "products": pa.table(
            {
                "product_id": pa.array(PRODUCTS),
                "name": pa.array(_PRODUCT_NAMES),
                "product_class": pa.array([*["wealth"] * 3, *["loan"] * 6]),
                "risk_grade": pa.array([*PRODUCT_RISKS[:3], *[None] * 6]),
            }
        ),
    }


_BRANCH = {"staff": 12, "supervisor": 2, "branch_head": 1}
"""Staff of each branch, besides its four customer managers."""
_WHOLE = {"department_head": 8, "leader": 5}
"""Staff of the head office."""
_LEFT = 3
"""The customer manager who left in the thirtieth month of the books."""


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
    left_on = config.reference - 12
    return pa.table(
        {
            "staff_id": ids("S", number, 5),
            "name": staff_names(config, len(number)),
            "branch_id": ids("B", home, 3, role > len(_BRANCH)),
            "role": codes(roles, role),
            "customer_id": ids("C", number * 20 + 7, 8, number >= managers),
            "left_on": days(np.full(len(role), left_on), (number != _LEFT) | (left_on > day_number(config.end))),
        }
    )
