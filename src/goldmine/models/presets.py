"""Settings for a table of any size: the fewer outcomes it holds, the more firmly the trees are held back."""

import math
from typing import Any

import numpy as np

from goldmine.labels.use_case import Training

_FEW = 1000
"""Outcomes below which trees of best splits learn by heart, and trees of drawn ones are taken instead."""
_ROUGH = {"max_bin": 63, "early_stopping_rounds": 60}
"""Few outcomes cannot tell more values of a column apart, and the trees cost half as much."""
_MANY_ROWS = 100_000
"""Rows above which smaller steps cost more time than they bring."""


def presets(rows: int, positives: int, columns: int, asked: Training) -> tuple[Training, ...]:
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
            "num_iterations": 3000,
            "early_stopping_rounds": 100,
            # Room for three outcomes a leaf.
            "min_data_in_leaf": int(np.clip(3 * rows / positives, 20, 1000)),
            "bagging_fraction": 0.8,
            "lambda_l2": float(np.clip(1500 / positives, 1, 10)),
            "max_bin": 255,
            "cat_smooth": 10.0,
        }
    )
    if positives < _FEW:
        return tuple(base.model_copy(update={**_ROUGH, **one}) for one in _of_few(positives))
    leaves = int(np.clip(positives / 60, 15, 31))
    share = float(np.clip(2 / math.sqrt(columns), 0.2, 0.5))
    step = {"learning_rate": 0.04 if rows < _MANY_ROWS else 0.08}
    plain = {"num_leaves": leaves, "feature_fraction": share, **step}
    varied = {"num_leaves": leaves, "feature_fraction": 1.0, "feature_fraction_bynode": share, **step}
    drawn = {"num_leaves": 2 * leaves, "feature_fraction": 0.8, "extra_trees": True, **step}
    small = {"num_leaves": leaves // 4, "feature_fraction": share, "learning_rate": 0.08}
    return tuple(base.model_copy(update=one) for one in (plain, varied, drawn, small))


def _of_few(positives: int) -> tuple[dict[str, Any], ...]:
    """What sets recipes for few outcomes apart from one another."""
    drawn = {"num_leaves": int(np.clip(positives / 40, 4, 16)), "extra_trees": True, "feature_fraction": 0.9}
    single = {"num_leaves": 2, "extra_trees": True, "feature_fraction": 0.7, "learning_rate": 0.08}
    # What only appears where several columns meet is lost on trees that are held so firmly.
    small = {"num_leaves": 8, "feature_fraction": 1.0, "learning_rate": 0.05, "lambda_l2": 3.0, "min_data_in_leaf": 20}
    deep = {"num_leaves": int(np.clip(positives / 10, 8, 31)), "feature_fraction": 1.0, "learning_rate": 0.06}
    deep |= {"lambda_l2": 1.0, "extra_trees": True, "min_data_in_leaf": 20}
    return {**drawn, "learning_rate": 0.06, "bagging_fraction": 0.5}, single, small, deep
