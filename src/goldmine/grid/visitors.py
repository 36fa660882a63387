"""One visitor a grid: the fewest customers get another one so that no grid is without and nobody has too many.

The grids of a branch and its people are a small assignment problem, solved by SciPy's HiGHS; branches where nothing is
wrong stay as they are.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, hstack, vstack

VISITOR_CHANGES = ("kept", "no_visitor", "visitor_unknown", "visitor_left", "visitor_role", "relieved", "nobody")
"""Why a grid has its proposed visitor: kept; it had none; the books' one is unknown, has left, or has another role;
the visitor had too many customers; or the branch has nobody."""
_OVER, _MOVE, _PEAK = 1e3, 1.0, 1e-2
"""Cost of a customer above a limit, of a customer (and once a grid) who gets another visitor, and of one in the
largest load of the branch."""
_NODES = 2_000
"""Nodes of the search; its best solution then is taken, which is the same on every machine."""


def assign_visitors(grids: pd.DataFrame, visitors: pd.DataFrame, max_customers: int) -> pd.DataFrame:
    """Propose one visitor for every grid.

    Parameters
    ----------
    grids : pandas.DataFrame
        grid_id, branch_id, visitor_id (empty where there is none), visitor_state (one of `VISITOR_CHANGES`; ``kept``
        where the visitor may stay), customers.
    visitors : pandas.DataFrame
        staff_id, branch_id: who may visit.
    max_customers : int
        Maximum of one visitor.

    Returns
    -------
    pandas.DataFrame
        The grids with proposed_visitor_id (None where the branch has nobody) and visitor_change.
    """
    parts = [
        _assign_branch(rows.reset_index(drop=True), visitors[visitors["branch_id"] == branch], max_customers)
        for branch, rows in grids.sort_values("grid_id").groupby("branch_id", dropna=False)
    ]
    names = [*grids.columns, "proposed_visitor_id", "visitor_change"]
    return pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)


def _assign_branch(grids: pd.DataFrame, visitors: pd.DataFrame, limit: int) -> pd.DataFrame:
    people = sorted(set(visitors["staff_id"]) | set(grids.loc[grids["visitor_state"] == "kept", "visitor_id"]))
    if not people:
        return grids.assign(proposed_visitor_id=None, visitor_change="nobody")
    numbers = {staff: number for number, staff in enumerate(people)}
    stays = grids["visitor_state"] == "kept"
    now = grids["visitor_id"].map(numbers).where(stays, -1).astype(int).to_numpy()
    size = grids["customers"].to_numpy(dtype=float)
    loads = np.bincount(now[now >= 0], size[now >= 0], minlength=len(people))
    chosen = now if stays.all() and (loads <= limit).all() else _solve(size, now, len(people), limit)
    change = np.where(chosen == now, "kept", np.where(now >= 0, "relieved", grids["visitor_state"]))
    return grids.assign(proposed_visitor_id=[people[number] for number in chosen], visitor_change=change)


def _solve(size: NDArray, now: NDArray, people: int, limit: int) -> NDArray:
    """The person of each grid: least above the limits, then fewest customers moved, then even loads."""
    grids = len(size)
    pairs = grids * people
    person = np.tile(np.arange(people), grids)
    moves = (person != np.repeat(now, people)) & np.repeat(now >= 0, people)
    cost = np.concatenate([_MOVE * moves * (np.repeat(size, people) + 1), np.full(people, _OVER), [_PEAK]])
    one_each = coo_array((np.ones(pairs), (np.repeat(np.arange(grids), people), np.arange(pairs))))
    load = coo_array((np.repeat(size, people), (person, np.arange(pairs))), shape=(people, pairs))
    over, none = coo_array(-np.eye(people)), coo_array((people, people))
    peak, no_peak = coo_array(-np.ones((people, 1))), coo_array((people, 1))
    rows = vstack(
        [
            hstack([one_each, coo_array((grids, people + 1))]),
            hstack([load, over, no_peak]),
            hstack([load, none, peak]),
        ]
    ).tocsr()
    lower = np.concatenate([np.ones(grids), np.full(2 * people, -np.inf)])
    upper = np.concatenate([np.ones(grids), np.full(people, float(limit)), np.zeros(people)])
    result = milp(
        cost,
        constraints=LinearConstraint(rows, lower, upper),
        integrality=np.concatenate([np.ones(pairs), np.zeros(people + 1)]),
        bounds=Bounds(0, np.concatenate([np.ones(pairs), np.full(people + 1, np.inf)])),
        options={"node_limit": _NODES, "mip_rel_gap": 1e-4},
    )
    if result.x is None:  # the search found nothing within its nodes: the lightest person takes the largest grid
        return _greedy(size, now, people, limit)
    return result.x[:pairs].reshape(grids, people).argmax(axis=1)


def _greedy(size: NDArray, now: NDArray, people: int, limit: int) -> NDArray:
    chosen, loads = now.copy(), np.zeros(people)
    for grid in np.argsort(-size, kind="stable"):
        own = chosen[grid]
        if own < 0 or loads[own] + size[grid] > limit:
            chosen[grid] = own = int(loads.argmin())
        loads[own] += size[grid]
    return chosen
