"""Ranking by uplift: two estimators, chosen and evaluated on held-out rows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from goldmine.models.uplift.covariates import Covariates
from goldmine.models.uplift.crossfit import Array, TreeSettings, fit_trees, splits, subsample
from goldmine.models.uplift.effect import LEVEL, Estimate, interval

METHODS = ("two_model", "transformed_outcome")
FIRST_EVALUATED_FOLD = 2
"""The first of five folds that is evaluated, so that models learn from at least two."""
_PLAIN, _BY_ODDS = TreeSettings(80, 7), TreeSettings(80, 7, prior=200.0)
"""Without and with a baseline risk, where a row weighs p(1-p), at most a quarter."""


@dataclass(frozen=True)
class BaselineRisk:
    """Predicted outcome of each row without treatment, from a model of many more rows than the trial's.

    Effects on a probability shrink near 0 and 1, so they are learnt scaled by p(1-p); the prediction makes up for a
    small control.

    Parameters
    ----------
    residual : array (rows,)
        The outcome, 0 or 1, less its predicted probability.
    variance : array (rows,)
        From `bernoulli_variance`, of that probability.
    """

    residual: Array
    variance: Array


def bernoulli_variance(probability: Array) -> Array:
    """p(1-p): how far a small change of the odds moves a probability.

    Examples
    --------
    >>> [round(float(one), 4) for one in room_of(np.array([0.5, 0.1, 0.0]))]
    [0.25, 0.09, 0.001]
    """
    return np.maximum(probability * (1 - probability), 1e-3)


@dataclass(frozen=True)
class Trial:
    """What a ranking is learnt from.

    Parameters
    ----------
    known : Covariates
        What was known before.
    treated : array (rows,) of bool
        Who was treated.
    share : array (rows,)
        Each row's probability of being treated.
    residual : array (rows,)
        The outcome less its prediction without knowing who is treated.
    baseline_risk : BaselineRisk, optional
        Its prediction without treatment.
    """

    known: Covariates
    treated: NDArray[np.bool_]
    share: Array
    residual: Array
    baseline_risk: BaselineRisk | None = None

    @property
    def variance(self) -> Array:
        """p(1-p) of each row; 1 without a baseline risk."""
        return np.ones(len(self.share)) if self.baseline_risk is None else self.baseline_risk.variance

    @property
    def signal(self) -> Array:
        """A noisy figure a row whose mean, over any group, is the effect in that group."""
        return (self.treated - self.share) / (self.share * (1 - self.share)) * self.residual


@dataclass(frozen=True)
class Ranking:
    """Rows in the order of the effect that a treatment has on them.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    qini : Estimate
        Extra outcomes a row that the order gains over chance, on average over all depths of a list.
    evaluated : array (rows,) of bool
        Rows that the Qini was measured on.
    order : array (rows,)
        What those rows were ordered by, largest first.
    uplift : array (rows,)
        The effect predicted for each row by a model that did not see it.
    scale : Scale
        How the models' predictions became an uplift.
    """

    method: str
    qini: Estimate
    evaluated: NDArray[np.bool_]
    order: Array
    uplift: Array
    scale: "Scale"


@dataclass(frozen=True)
class Scale:
    """Linear scaling of predictions to the measured effect; keeps the order."""

    effect: float
    middle: float
    slope: float

    def apply(self, predicted: Array, variance: Array) -> Array:
        """Uplift of some rows."""
        return variance * (self.effect + self.slope * (predicted - self.middle))


def rank(trial: Trial, fold: NDArray[np.int64], level: float = LEVEL, *, first: int = FIRST_EVALUATED_FOLD) -> Ranking:
    """Learn the uplift both ways, take the one with the larger Qini on held-out folds, and predict it for every row.

    Parameters
    ----------
    fold : array (rows,) of int
        From `assign_folds`, or the campaign that each row is of, the oldest first.
    first : int
        The first fold that is evaluated.

    Notes
    -----
    A fold is evaluated with models of the folds before it, and the first ones are not evaluated: where folds evaluate
    one another crosswise each pair of rows counts twice, and intervals come out too narrow (Wager 2024). The better of
    two looks better than it is, so the interval is as wide as two looks ask for.
    """
    evaluated = fold >= first
    order = np.zeros((len(METHODS), len(fold)))
    for held in range(first, int(fold.max()) + 1):
        learn, here = subsample(np.flatnonzero(fold < held)), np.flatnonzero(fold == held)
        for place, method in enumerate(METHODS):
            order[place, here] = trial.variance[here] * _learn(trial, learn, method)(trial.known.matrix[here])
    two_looks = 1 - (1 - level) / len(METHODS)
    tried = [qini(found[evaluated], trial.signal[evaluated], fold[evaluated], two_looks) for found in order]
    best = max(range(len(METHODS)), key=lambda place: tried[place].value)
    predicted = np.empty(len(fold))
    for learn, here in splits(fold):
        predicted[here] = _learn(trial, subsample(learn), METHODS[best])(trial.known.matrix[here])
    scale = _scale(predicted, trial)
    return Ranking(METHODS[best], tried[best], evaluated, order[best], scale.apply(predicted, trial.variance), scale)


def predict_uplift(trial: Trial, ranking: Ranking, matrix: NDArray[np.float32], variance: Array | None = None) -> Array:
    """Uplift of rows that were no part of the trial, by models of the chosen kind fitted on all of it.

    Parameters
    ----------
    matrix : array (rows, columns)
        What is known of them.
    variance : array (rows,), optional
        p(1-p) of each, where the trial has a baseline risk.
    """
    every = subsample(np.arange(len(trial.treated)))
    return ranking.scale.apply(
        _learn(trial, every, ranking.method)(matrix), np.ones(1) if variance is None else variance
    )


def qini(uplift: Array, signal: Array, fold: NDArray[np.int64], level: float = LEVEL) -> Estimate:
    """Area between the Qini curve and chance, in outcomes a row, with its interval.

    Treating the foremost share u by `uplift` gains the sum of their effects; chance would gain u of the whole. The area
    between the two is the mean of signal x (1/2 - rank), rank going from 0 for the foremost to 1, so that its error is
    that of a mean. Rows are ranked within their fold, as each fold has models of its own; ties share a rank.

    Parameters
    ----------
    uplift : array (rows,)
        What to rank by, largest first.
    signal : array (rows,)
        See `Trial`.

    Examples
    --------
    >>> round(qini(np.array([2.0, 1.0]), np.array([1.0, 0.0]), np.zeros(2, int)).value, 3)
    0.125
    """
    behind = np.empty(len(uplift))
    above = np.empty(len(uplift))
    for place in np.unique(fold):
        held = fold == place
        behind[held] = (rankdata(-uplift[held]) - 0.5) / held.sum()
        above[held] = signal[held] - signal[held].mean()
    gains = above * (0.5 - behind)
    return interval(float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(len(gains))), len(gains) - 1, level)


def _learn(trial: Trial, rows: NDArray[np.int64], method: str) -> Callable[[NDArray[np.float32]], Array]:
    """The effect divided by p(1-p), as one of `METHODS` learns it from some rows."""
    variance = trial.variance
    target, weight = (trial.residual, None) if trial.baseline_risk is None else (trial.baseline_risk.residual, variance)
    if method == "transformed_outcome":
        # Such a row tells less, the further from a half the share is.
        target, weight = trial.signal, weight if weight is None else variance * trial.share * (1 - trial.share)
    shape = _PLAIN if weight is None else _BY_ODDS

    def fitted(some: NDArray[np.int64]) -> Callable[[NDArray[np.float32]], Array]:
        return fit_trees(trial.known, some, target / variance, shape, weight)

    if method == "transformed_outcome":
        return fitted(rows)
    with_it, without = (fitted(rows[trial.treated[rows] == treated]) for treated in (True, False))
    return lambda matrix: with_it(matrix) - without(matrix)


def _scale(predicted: Array, trial: Trial) -> Scale:
    """The average effect is the measured one; scaled effects keep their order, as a strong prior shrank them."""
    signal, variance = trial.signal, trial.variance
    effect, middle = float(signal.sum() / variance.sum()), float(variance @ predicted / variance.sum())
    if trial.baseline_risk is not None:
        return Scale(effect, middle, effect / middle if min(effect, middle) > 0 else 0.0)
    spread = float(((predicted - middle) ** 2).sum())
    slope = float((predicted - middle) @ (signal - effect)) / spread if spread else 0.0
    return Scale(effect, middle, min(max(slope, 0.0), 1.0))
