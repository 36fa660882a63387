"""Branches, grids, employers, staff and products; past contacts and external facts."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from goldmine.contract.tables import PRODUCT_RISKS
from goldmine.sample.arrow import codes, day_number, days, ids, money
from goldmine.sample.config import SampleConfig
from goldmine.sample.people import People
from goldmine.sample.products import PRODUCTS

_INDUSTRIES = ("health", "school", "government", "board_mill", "garlic_trade", "jade_carving", "nut_roasting", "other")
_CHANNELS = ("call", "visit", "sms", "app")


def reference_tables(config: SampleConfig) -> dict[str, pa.Table]:
    """Tables that no customer has a row in."""
    branch, grid = np.arange(config.branches), np.arange(config.grids)
    employer = np.arange(config.employers)
    return {
        "branches": pa.table(
            {
                "branch_id": ids("B", branch, 3),
                "name": ids("Branch ", branch, 3),
                "town": ids("Town ", branch, 3),
            }
        ),
        "grids": pa.table(
            {
                "grid_id": ids("G", grid, 5),
                "name": ids("Village ", grid, 5),
                "branch_id": ids("B", grid % config.branches, 3),
                "visitor_id": ids("S", grid % config.branches * 4 + grid % 4, 5),
            }
        ),
        "employers": pa.table(
            {
                "employer_id": ids("E", employer, 6),
                "name": ids("Employer ", employer, 6),
                "industry": codes(_INDUSTRIES, employer % len(_INDUSTRIES)),
            }
        ),
        "staff": staff_table(config),
        "products": pa.table(
            {
                "product_id": pa.array(PRODUCTS),
                "name": pa.array(["Steady income", "Balanced income", "Growing income", "Citizen loan", "Nut credit"]),
                "product_class": pa.array(["wealth", "wealth", "wealth", "loan", "loan"]),
                "risk_grade": pa.array([*PRODUCT_RISKS[:3], None, None]),
            }
        ),
    }


def contacts_table(config: SampleConfig, people: People, appetite: NDArray, random: np.random.Generator) -> pa.Table:
    """One campaign a quarter that reaches every tenth customer; appetite shows in the answer."""
    parts = []
    for index, day in enumerate(config.lived):
        if day.month % 3 or day not in config.month_ends:
            continue
        who = np.flatnonzero((random.random(len(appetite)) < 0.1) & (people["opened"] < day_number(day) - 30))
        yes = random.random(len(who)) < 0.5 * expit(appetite[who, index] - 1)
        answer = np.where(yes, 0, random.integers(1, 4, len(who)))
        when = day_number(day) - random.integers(0, 28, len(who))
        parts.append((who, when, answer, random.integers(0, 4, len(who)), np.full(len(who), index)))
    who, when, answer, channel, campaign = (np.concatenate(column) for column in zip(*parts, strict=True))
    return pa.table(
        {
            "campaign_id": ids("M", campaign, 3),
            "customer_id": ids("C", people["number"][who], 8),
            "contacted_on": days(when),
            "channel": codes(_CHANNELS, channel),
            "answer": codes(("yes", "no", "later", "not_reached"), answer),
            "outcome": codes(("converted", "not_converted"), np.where(answer == 0, 0, 1)),
        }
    )


def facts_table(config: SampleConfig, people: People, wealth: NDArray, random: np.random.Generator) -> pa.Table:
    """Property of every fifth customer, tax of traders, provident fund of the salaried; known on some day."""
    size = len(wealth)
    end = day_number(config.end)
    masks = [random.random(size) < 0.2, people["trader"], people["salaried"]]
    scales = [400_000, 6_000, 9_000]
    who = np.concatenate([np.flatnonzero(mask) for mask in masks])
    fact = np.repeat(np.arange(3), [mask.sum() for mask in masks])
    yuan = np.array(scales)[fact] * np.exp(0.4 * wealth[who] + 0.4 * random.standard_normal(len(who)))
    return pa.table(
        {
            "customer_id": ids("C", people["number"][who], 8),
            "fact": codes(("property", "tax", "provident_fund"), fact),
            "amount": money(np.round(yuan * 100).astype(np.int64)),
            "observed_on": days(random.integers(end - 1500, end, len(who))),
        }
    )


_BRANCH = {"staff": 12, "supervisor": 2, "branch_head": 1}
"""Staff of each branch, besides its four customer managers."""
_WHOLE = {"department_head": 8, "leader": 5}
"""Staff of the head office."""
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
