"""Training presets for a table of any size: fewer positives mean stronger regularisation."""

import math
from typing import Any

import numpy as np

from goldmine.labels.training_settings import Training
from goldmine.models.folds import FEW_OUTCOMES

_FEW_POSITIVES = 1000
"""Below this, trees with exhaustive splits overfit, and extremely randomised ones take their place."""
_COARSE = {"max_bin": 63, "early_stopping_rounds": 60}
"""Few positives cannot tell more bins of a column apart, and the trees cost half as much."""
_FASTER = 1.6
"""Factor by which learning rates are higher, and patience shorter, where there are not too few outcomes for it."""
_MANY_ROWS = 100_000
"""Above this, a smaller learning rate costs more time than it gains."""


def presets(rows: int, positives: int, columns: int, training: Training) -> tuple[Training, ...]:
    """Different settings to learn a table with, to be weighed by cross-validation.

    Parameters
    ----------
    rows, positives, columns : int
        Training rows, rows of the rarer class, and features.
    training : Training
        Seed and constraints are taken from it.

    Returns
    -------
    tuple of Training
        For few positives: small extremely randomised trees, stumps, small trees and deep extremely randomised ones. For
        many: trees with a share of the features, trees with a share at each split, larger extremely randomised ones and
        small ones.
    """
    base = training.model_copy(
        update={
            "num_iterations": 3000,
            "early_stopping_rounds": 100,
            # Room for three positives a leaf.
            "min_data_in_leaf": int(np.clip(3 * rows / positives, 20, 1000)),
            "bagging_fraction": 0.8,
            "lambda_l2": float(np.clip(1500 / positives, 1, 10)),
            "max_bin": 255,
            "cat_smooth": 10.0,
        }
    )
    if positives < _FEW_POSITIVES:
        few = tuple(base.model_copy(update={**_COARSE, **preset}) for preset in _few_positives(positives))
        return few if positives < FEW_OUTCOMES else tuple(map(_faster, few))
    leaves = int(np.clip(positives / 60, 15, 31))
    fraction = float(np.clip(2 / math.sqrt(columns), 0.2, 0.5))
    rate = {"learning_rate": 0.04 if rows < _MANY_ROWS else 0.08}
    by_tree = {"num_leaves": leaves, "feature_fraction": fraction, **rate}
    by_node = {"num_leaves": leaves, "feature_fraction": 1.0, "feature_fraction_bynode": fraction, **rate}
    randomised = {"num_leaves": 2 * leaves, "feature_fraction": 0.8, "extra_trees": True, **rate}
    small = {"num_leaves": leaves // 4, "feature_fraction": fraction, "learning_rate": 0.08}
    return tuple(base.model_copy(update=preset) for preset in (by_tree, by_node, randomised, small))


def _faster(preset: Training) -> Training:
    """The same trees in fewer and larger steps."""
    faster = {
        "learning_rate": round(_FASTER * preset.learning_rate, 3),
        "early_stopping_rounds": round(preset.early_stopping_rounds / _FASTER),
    }
    return preset.model_copy(update=faster)


def _few_positives(positives: int) -> tuple[dict[str, Any], ...]:
    randomised = {"num_leaves": int(np.clip(positives / 40, 4, 16)), "extra_trees": True, "feature_fraction": 0.9}
    randomised |= {"learning_rate": 0.06, "bagging_fraction": 0.5}
    stumps = {"num_leaves": 2, "extra_trees": True, "feature_fraction": 0.7, "learning_rate": 0.08}
    # Interactions of several columns are lost on trees that are regularised so strongly.
    small = {"num_leaves": 8, "feature_fraction": 1.0, "learning_rate": 0.05, "lambda_l2": 3.0, "min_data_in_leaf": 20}
    deep = {"num_leaves": int(np.clip(positives / 10, 8, 31)), "feature_fraction": 1.0, "learning_rate": 0.06}
    deep |= {"lambda_l2": 1.0, "extra_trees": True, "min_data_in_leaf": 20}
    return randomised, stumps, small, deep
