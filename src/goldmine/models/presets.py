"""Settings for a table of any size: the fewer outcomes it holds, the more firmly the trees are held back."""

import math
from typing import Any

import numpy as np

from goldmine.labels.use_case import Training

_FEW = 1000
"""Outcomes below which trees of best splits learn by heart, and trees of drawn ones are taken instead."""
_ROUGH = {"bins": 63, "patience": 60}
"""Few outcomes cannot tell more values of a column apart, and the trees cost half as much."""
_MANY_ROWS = 100_000
"""Rows above which smaller steps cost more time than they bring."""


def recipes(rows: int, positives: int, columns: int, asked: Training) -> tuple[Training, ...]:
    """Unlike ways to learn a table, from what it holds.

    Parameters
    ----------
    rows, positives, columns : int
        Rows to learn from, how many of them belong to the rarer class, and features.
    asked : Training
        Seed, constraints and groups are taken from it.

    Returns
    -------
    tuple of Training
        Of few outcomes, small trees of drawn splits, trees of a single one each, small trees of best splits and deep
        ones of drawn splits, which the folds give weight where they earn it. Of many, larger trees that see some of the
        features, larger ones that see other features at each split, still larger ones of drawn splits, and small ones.
    """
    base = asked.model_copy(
        update={
            "rounds": 3000,
            "patience": 100,
            # Room for three outcomes a leaf.
            "least_rows_per_leaf": int(np.clip(3 * rows / positives, 20, 1000)),
            "row_share": 0.8,
            "l2": float(np.clip(1500 / positives, 1, 10)),
            "bins": 255,
            "category_smoothing": 10.0,
        }
    )
    if positives < _FEW:
        return tuple(base.model_copy(update={**_ROUGH, **one}) for one in _of_few(positives))
    leaves = int(np.clip(positives / 60, 15, 31))
    share = float(np.clip(2 / math.sqrt(columns), 0.2, 0.5))
    step = {"learning_rate": 0.04 if rows < _MANY_ROWS else 0.08}
    plain = {"leaves": leaves, "feature_share": share, **step}
    varied = {"leaves": leaves, "feature_share": 1.0, "split_share": share, **step}
    drawn = {"leaves": 2 * leaves, "feature_share": 0.8, "drawn_splits": True, **step}
    small = {"leaves": leaves // 4, "feature_share": share, "learning_rate": 0.08}
    return tuple(base.model_copy(update=one) for one in (plain, varied, drawn, small))


def _of_few(positives: int) -> tuple[dict[str, Any], ...]:
    """What sets recipes for few outcomes apart from one another."""
    drawn = {"leaves": int(np.clip(positives / 40, 4, 16)), "drawn_splits": True, "feature_share": 0.9}
    single = {"leaves": 2, "drawn_splits": True, "feature_share": 0.7, "learning_rate": 0.08}
    # What only appears where several columns meet is lost on trees that are held so firmly.
    small = {"leaves": 8, "feature_share": 1.0, "learning_rate": 0.05, "l2": 3.0, "least_rows_per_leaf": 20}
    deep = {"leaves": int(np.clip(positives / 10, 8, 31)), "feature_share": 1.0, "learning_rate": 0.06, "l2": 1.0}
    deep |= {"drawn_splits": True, "least_rows_per_leaf": 20}
    return {**drawn, "learning_rate": 0.06, "row_share": 0.5}, single, small, deep
