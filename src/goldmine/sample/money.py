"""What customers hold: how wealth is spread, average daily balances by class and month, month-end balances."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from goldmine.sample import season
from goldmine.sample.arrow import codes, day_number, days, ids, money
from goldmine.sample.config import CORE_SHARE, FIFTY_SHARE, FORTY_SHARE, LONG_TAIL_ASSETS, LONG_TAIL_SHARE
from goldmine.sample.people import People, on_books
from goldmine.sample.traits import Traits

MEAN_AUM = 19_000.0
"""Yuan a customer; with it the field's shares of customers and of assets fit together."""
LONG_TAIL_POWER = 10_000 * LONG_TAIL_SHARE / (LONG_TAIL_ASSETS * MEAN_AUM) - 1
MIDDLE_POWER = 1.3
"""Above 1, more of those between 10,000 and 40,000 yuan stand near the lower end."""
UPPER_PARETO = 0.35
"""Tail exponent between 50,000 and 500,000 yuan: a mean of about 180,000."""
CORE_PARETO = 2.0
"""Tail exponent above 500,000 yuan: a mean of about a million."""
MOST = 20_000_000.0


def quantile(rank: NDArray[np.floating]) -> NDArray[np.float64]:
    """AUM in yuan of customers at some ranks.

    Parameters
    ----------
    rank : array of float
        Share of customers who own less, 0 to 1.

    Returns
    -------
    array of float
        Yuan, same shape.
    """
    rank = np.asarray(rank, dtype=np.float64)
    edges = [0.0, LONG_TAIL_SHARE, 1 - FORTY_SHARE, 1 - FIFTY_SHARE, 1 - CORE_SHARE]
    part = [np.clip((rank - low) / (high - low), 0, 1) for low, high in zip(edges, [*edges[1:], 1.0], strict=True)]
    long_tail = 10_000 * part[0] ** LONG_TAIL_POWER
    middle = 10_000 * 4 ** (part[1] ** MIDDLE_POWER)
    near = 40_000 * 1.25 ** part[2]
    upper = _truncated_pareto(part[3], 50_000, 500_000, UPPER_PARETO)
    core = 500_000 * np.maximum(1 - part[4], 1e-9) ** (-1 / CORE_PARETO)
    stretch = np.digitize(rank, edges[1:])
    return np.minimum(np.choose(stretch, [long_tail, middle, near, upper, core]), MOST)


def _truncated_pareto(part: NDArray[np.float64], low: float, high: float, exponent: float) -> NDArray[np.float64]:
    top = 1 - (low / high) ** exponent
    return low * (1 - part * top) ** (-1 / exponent)


CLASSES = ("demand", "time", "wealth", "other", "loan")


@dataclass(frozen=True)
class Holdings:
    """Yuan held in one month, an array (customers,) a class; AUM is all but the loans."""

    aum: NDArray
    classes: dict[str, NDArray]


def aum(latent: NDArray) -> NDArray:
    """Average daily AUM in yuan of customers by their wealth latent, season included."""
    return quantile(ndtr(latent))


def hold(people: People, traits: Traits, month: int, total: NDArray, *, owns: NDArray, owed: NDArray) -> Holdings:
    """Split a month's AUM over product classes.

    Parameters
    ----------
    total : array (customers,)
        AUM in yuan.
    owns : array (customers,) of bool
        Who holds a wealth product in the month.
    owed : array (customers,)
        Loans owed in yuan.
    """
    wealth = np.where(owns, total * (0.25 + 0.3 * expit(traits.appetite[:, month])), 0.0)
    saver = expit((people["age"] - 40) / 12 + 0.5 * traits.wealth_fixed)
    time = np.where(total > 3000, (total - wealth) * (0.2 + 0.6 * saver), 0.0)
    other = np.where(total > 100_000, 0.05 * total, 0.0)
    demand = np.maximum(total - wealth - time - other, 0.0)
    return Holdings(total, {"demand": demand, "time": time, "wealth": wealth, "other": other, "loan": owed})


def balances_table(people: People, held: Holdings, month_end: date, random: np.random.Generator) -> pa.Table:
    """A month's balances as the contract has them; classes with nothing in them have no row."""
    parts = []
    lift = season.QUARTER_END if month_end.month % 3 == 0 else 0.0
    last = day_number(month_end)
    alive = on_books(people, last, last)
    for index, name in enumerate(CLASSES):
        average = np.round(held.classes[name] * 100).astype(np.int64)
        swing = 0.08 if name == "demand" else 0.01
        end = np.round(average * np.maximum(1 + lift + swing * random.standard_normal(len(average)), 0.2))
        rows = np.flatnonzero(alive & (average > 0))
        parts.append((rows, np.full(len(rows), index), end.astype(np.int64)[rows], average[rows]))
    rows, classes, end, average = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(rows, kind="stable")
    rows = rows[order]
    return pa.table(
        {
            "customer_id": ids("C", people["number"][rows], 8),
            "month_end": days(np.full(len(rows), last)),
            "product_class": codes(CLASSES, classes[order]),
            "balance": money(end[order]),
            "average_daily_balance": money(average[order]),
        }
    )
