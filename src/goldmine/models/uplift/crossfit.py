"""Cross-fitting: every row is predicted by models that did not see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import StratifiedKFold

from goldmine.core.progress import cores
from goldmine.models.boosting import lightgbm
from goldmine.models.uplift.covariates import Covariates

Array = NDArray[np.float64]

SEED = 20240331
FOLDS = 5
_MAX_ROWS = 200_000
"""Maximum training rows of one model; more would only take longer."""
_FEW = 20_000
_ALPHAS = np.logspace(0, 4, 9)


def assign_folds(treated: NDArray[np.bool_], outcome: Array, seed: int = SEED) -> NDArray[np.int64]:
    """The fold that each row is held out in, stratified by treatment and binary outcome."""
    happened = outcome.astype(int) if np.isin(outcome, (0, 1)).all() else np.zeros(len(outcome), dtype=int)
    kinds = treated.astype(int) + 2 * happened
    if np.bincount(kinds, minlength=4)[np.unique(kinds)].min() < FOLDS:
        kinds = treated.astype(int)
    fold = np.empty(len(treated), dtype=np.int64)
    for number, (_, held) in enumerate(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(kinds, kinds)):
        fold[held] = number
    return fold


def prognosis(known: Covariates, target: Array, fold: NDArray[np.int64]) -> Array:
    """The target as predicted by trees and by ridge regression, each row by models fitted on the other folds.

    Parameters
    ----------
    target : array (rows,)
        Outcome, or treatment as 0 and 1.
    fold : array (rows,) of int
        From `assign_folds`.

    Returns
    -------
    array (rows, 2)
        By trees, by ridge regression; no columns where there are no covariates.
    """
    if not known.names:
        return np.empty((len(target), 0))
    linear_design = known.linear_design()
    predicted = np.empty((len(target), 2))
    for learn, held in splits(fold):
        rows = subsample(learn)
        predicted[held, 0] = fit_trees(known, rows, target, TreeSettings(80, 15))(known.matrix[held])
        predicted[held, 1] = RidgeCV(_ALPHAS).fit(linear_design[rows], target[rows]).predict(linear_design[held])
    return predicted


@dataclass(frozen=True)
class FittedTrees:
    """Fitted trees: called with rows of a matrix they give predictions."""

    booster: Any

    def __call__(self, matrix: NDArray[np.float32]) -> Array:
        return np.asarray(self.booster.predict(matrix, num_threads=_threads(len(matrix))))

    @property
    def gain(self) -> Array:
        """Gain of each column."""
        return np.asarray(self.booster.feature_importance("gain"), dtype=np.float64)


@dataclass(frozen=True)
class TreeSettings:
    """Settings under LightGBM's names; `lambda_l2` is the weight at which a leaf's mean is halved."""

    num_iterations: int
    num_leaves: int
    lambda_l2: float = 10.0


def fit_trees(
    known: Covariates, rows: NDArray[np.int64], target: Array, tree_settings: TreeSettings, weight: Array | None = None
) -> FittedTrees:
    """Fit trees to a target on some rows.

    Parameters
    ----------
    target, weight : array (all rows,)
        The target, and sample weights; equal if not given.
    """
    lgb = lightgbm()
    settings = {
        "objective": "regression",
        "learning_rate": 0.05,
        "num_leaves": tree_settings.num_leaves,
        "min_data_in_leaf": max(10, min(200, len(rows) // 40)),
        "feature_fraction": 0.7,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": tree_settings.lambda_l2,
        "max_bin": 63,
        "cat_smooth": 20.0,
        "cat_l2": 20.0,
        "seed": SEED,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": _threads(len(rows)),
        "verbosity": -1,
    }
    weights = None if weight is None else weight[rows]
    kinds = list(known.categorical)
    data = lgb.Dataset(known.matrix[rows], target[rows], weight=weights, categorical_feature=kinds, params=settings)
    return FittedTrees(lgb.train(settings, data, num_boost_round=tree_settings.num_iterations))


def splits(fold: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Training rows and held-out rows of each fold."""
    for number in np.unique(fold):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def subsample(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows, sampled if there are more than the maximum."""
    if len(rows) <= _MAX_ROWS:
        return rows
    return np.sort(np.random.default_rng(SEED).choice(rows, _MAX_ROWS, replace=False))


def _threads(rows: int) -> int:
    """Number of threads: one for few rows, where synchronisation costs more than it gains."""
    return 1 if rows < _FEW else cores()
