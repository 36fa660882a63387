"""Number of customers of each place that each person takes: a minimum-cost flow, solved by HiGHS.

Customers of one branch and tier differ only by their present owner, so the problem has a few thousand unknowns for any
number of customers. Its matrix is a network matrix, so the optimal solution is integral.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array

_NOBODY, _ABOVE, _MOVE = 1e6, 1e4, 1e3
"""Cost of a customer without an owner (times the tier, from 1 on), of one with a role above the tier's own, and of one
who gets another owner; preferred roles and even work never outweigh one move."""
_PARTS = 8
"""A person's limit is split into this many parts of rising cost, which spreads work evenly."""


@dataclass(frozen=True)
class Flow:
    """The best solution.

    Parameters
    ----------
    kept : numpy.ndarray
        By group of customers with the same owner: how many keep that owner.
    given : numpy.ndarray
        By allowed (place, person): how many customers the person newly gets.
    short : numpy.ndarray
        By place: how many customers exceed all capacity; zero if the limits suffice.
    """

    kept: NDArray[np.int64]
    assigned: NDArray[np.int64]
    unassigned: NDArray[np.int64]


def best_flow(places: pd.DataFrame, groups: pd.DataFrame, allowed: pd.DataFrame, limits: NDArray) -> Flow:
    """Fewest customers without an owner, then fewest above the tier's roles, fewest moves, preferred roles, even work.

    Parameters
    ----------
    places : pandas.DataFrame
        tier, customers: the number of customers of each place (a branch and tier).
    groups : pandas.DataFrame
        place, person (row numbers), above, customers: those whose owner may keep them.
    allowed : pandas.DataFrame
        place, person (row numbers), rank, above: the allowed pairs; rank 0 is the preferred role, above marks a role
        above the tier's own.
    limits : array of int
        Maximum number of customers of each person.

    Returns
    -------
    Flow
        Whole numbers of customers.
    """
    width = -(-np.asarray(limits, dtype=np.int64) // _PARTS)
    parts = np.clip(limits[:, None] - width[:, None] * np.arange(_PARTS), 0, width[:, None])
    sizes = [len(groups), len(allowed), len(places), parts.size]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    keep, give, missing, part = (np.arange(a, b) for a, b in pairwise(starts))
    cost = np.concatenate(
        [
            _ABOVE * groups["above"].to_numpy(dtype=float),
            _MOVE + 0.5 * allowed["rank"].to_numpy(dtype=float) + _ABOVE * allowed["above"].to_numpy(dtype=float),
            _NOBODY * (1.0 + places["tier"].to_numpy(dtype=float)),
            np.tile(np.arange(_PARTS) / _PARTS, len(limits)),
        ]
    )
    # A row per place: kept + assigned + unassigned = customers. A row per person: kept + assigned - parts = 0.
    rows = [
        (groups["place"], keep, 1),
        (allowed["place"], give, 1),
        (np.arange(len(places)), missing, 1),
        (len(places) + groups["person"], keep, 1),
        (len(places) + allowed["person"], give, 1),
        (len(places) + np.repeat(np.arange(len(limits)), _PARTS), part, -1),
    ]
    row, column, sign = (
        np.concatenate([np.broadcast_to(entry[which], len(entry[1])) for entry in rows]) for which in range(3)
    )
    matrix = coo_array((sign, (row, column)), shape=(len(places) + len(limits), starts[-1])).tocsr()
    upper = np.concatenate([groups["customers"], np.full(sizes[1] + sizes[2], np.inf), parts.reshape(-1)], dtype=float)
    total = np.concatenate([places["customers"], np.zeros(len(limits))])
    result = linprog(
        cost, A_eq=matrix, b_eq=total, bounds=np.column_stack([np.zeros(starts[-1]), upper]), method="highs-ds"
    )
    whole = np.rint(result.x).astype(np.int64)
    return Flow(whole[keep], whole[give], whole[missing])
