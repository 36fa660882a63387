"""How many customers of which place each person takes: a flow of least cost, solved by HiGHS.

Customers of one branch and tier are interchangeable but for who looks after them now, so that the problem has a few
thousand unknowns however many customers there are. Its matrix is that of a network: the best solution is whole.
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
who gets another owner; what follows never outweighs one move."""
_PARTS = 8
"""A person's limit is taken up in so many parts, each dearer than the one before: work is spread evenly."""


@dataclass(frozen=True)
class Flow:
    """The best solution.

    Parameters
    ----------
    kept : numpy.ndarray
        Of each group of customers with the same owner, how many keep that owner.
    given : numpy.ndarray
        Of each allowed (place, person), how many customers without an owner there the person gets.
    short : numpy.ndarray
        Of each place, how many customers nobody has room for; all zero where the limits suffice.
    """

    kept: NDArray[np.int64]
    given: NDArray[np.int64]
    short: NDArray[np.int64]


def best_flow(places: pd.DataFrame, groups: pd.DataFrame, allowed: pd.DataFrame, limits: NDArray) -> Flow:
    """Fewest customers without an owner, then fewest above the tier's roles, fewest moves, preferred roles, even work.

    Parameters
    ----------
    places : pandas.DataFrame
        tier, customers: of each place (a branch and tier), all its customers.
    groups : pandas.DataFrame
        place, person (row numbers), above, customers: those whose owner may keep them.
    allowed : pandas.DataFrame
        place, person (row numbers), rank, above: who may look after whom; 0 is the preferred role, above says that the
        role is above the tier's own.
    limits : array of int
        Most customers of each person.

    Returns
    -------
    Flow
        Whole numbers of customers.
    """
    width = -(-np.asarray(limits, dtype=np.int64) // _PARTS)
    parts = np.clip(limits[:, None] - width[:, None] * np.arange(_PARTS), 0, width[:, None])
    sizes = [len(groups), len(allowed), len(places), parts.size]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    keep, give, lack, part = (np.arange(a, b) for a, b in pairwise(starts))
    cost = np.concatenate(
        [
            _ABOVE * groups["above"].to_numpy(dtype=float),
            _MOVE + 0.5 * allowed["rank"].to_numpy(dtype=float) + _ABOVE * allowed["above"].to_numpy(dtype=float),
            _NOBODY * (1.0 + places["tier"].to_numpy(dtype=float)),
            np.tile(np.arange(_PARTS) / _PARTS, len(limits)),
        ]
    )
    # A row a place: kept + given + short = customers. A row a person: kept + given - parts = 0.
    rows = [
        (groups["place"], keep, 1),
        (allowed["place"], give, 1),
        (np.arange(len(places)), lack, 1),
        (len(places) + groups["person"], keep, 1),
        (len(places) + allowed["person"], give, 1),
        (len(places) + np.repeat(np.arange(len(limits)), _PARTS), part, -1),
    ]
    row, column, sign = (
        np.concatenate([np.broadcast_to(entry[which], len(entry[1])) for entry in rows]) for which in range(3)
    )
    matrix = coo_array((sign, (row, column)), shape=(len(places) + len(limits), starts[-1])).tocsr()
    most = np.concatenate([groups["customers"], np.full(sizes[1] + sizes[2], np.inf), parts.reshape(-1)], dtype=float)
    total = np.concatenate([places["customers"], np.zeros(len(limits))])
    found = linprog(
        cost, A_eq=matrix, b_eq=total, bounds=np.column_stack([np.zeros(starts[-1]), most]), method="highs-ds"
    )
    whole = np.rint(found.x).astype(np.int64)
    return Flow(whole[keep], whole[give], whole[lack])
