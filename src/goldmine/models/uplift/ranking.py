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
"""The first of the five folds that is evaluated, so that models learn from at least two."""
_PLAIN, _BY_ODDS = TreeSettings(80, 7), TreeSettings(80, 7, lambda_l2=200.0)
"""Settings without and with a baseline risk, where a row's weight is p(1-p), at most 0.25."""


@dataclass(frozen=True)
class BaselineRisk:
    """Predicted outcome of each row without treatment, from a model trained on many more rows than the trial's.

    Effects on a probability shrink near 0 and 1, so they are learnt scaled by p(1-p); the prediction compensates for a
    small control group.

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
    """p(1-p): the change of a probability for a small change of its log-odds.

    Examples
    --------
    >>> [round(float(value), 4) for value in bernoulli_variance(np.array([0.5, 0.1, 0.0]))]
    [0.25, 0.09, 0.001]
    """
    return np.maximum(probability * (1 - probability), 1e-3)


@dataclass(frozen=True)
class Trial:
    """A trial to learn a ranking from.

    Parameters
    ----------
    known : Covariates
        Values known before the treatment.
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
        """Transformed outcome of each row: its mean over any group estimates the effect in that group."""
        return (self.treated - self.share) / (self.share * (1 - self.share)) * self.residual


@dataclass(frozen=True)
class Ranking:
    """Rows in the order of the effect that a treatment has on them.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    qini : Estimate
        Extra outcomes a row over random order, averaged over all depths of a list.
    evaluated : array (rows,) of bool
        Rows that the Qini was measured on.
    order : array (rows,)
        Score that those rows are ordered by, largest first.
    uplift : array (rows,)
        The effect predicted for each row by a model that did not see it.
    scale : Scale
        Scaling of the models' predictions to an uplift.
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
    """Learn the uplift by both methods, choose the larger Qini on held-out folds, and predict every row.

    Parameters
    ----------
    fold : array (rows,) of int
        From `assign_folds`, or the campaign that each row is of, the oldest first.
    first : int
        The first fold that is evaluated.

    Notes
    -----
    Each fold is evaluated with models of the folds before it, so the first ones are not evaluated: in ordinary
    cross-validation each pair of rows counts twice, and intervals are too narrow (Wager 2024). Choosing the better of
    two methods is optimistic, so the interval is corrected for two comparisons.
    """
    evaluated = fold >= first
    order = np.zeros((len(METHODS), len(fold)))
    for held in range(first, int(fold.max()) + 1):
        learn, held_rows = subsample(np.flatnonzero(fold < held)), np.flatnonzero(fold == held)
        for index, method in enumerate(METHODS):
            order[index, held_rows] = trial.variance[held_rows] * _learn(trial, learn, method)(
                trial.known.matrix[held_rows]
            )
    two_looks = 1 - (1 - level) / len(METHODS)
    tried = [qini(scores[evaluated], trial.signal[evaluated], fold[evaluated], two_looks) for scores in order]
    best = max(range(len(METHODS)), key=lambda index: tried[index].value)
    predicted = np.empty(len(fold))
    for learn, held_rows in splits(fold):
        predicted[held_rows] = _learn(trial, subsample(learn), METHODS[best])(trial.known.matrix[held_rows])
    scale = _scale(predicted, trial)
    return Ranking(METHODS[best], tried[best], evaluated, order[best], scale.apply(predicted, trial.variance), scale)


def predict_uplift(trial: Trial, ranking: Ranking, matrix: NDArray[np.float32], variance: Array | None = None) -> Array:
    """Uplift of rows outside the trial, by models of the chosen method fitted on the whole trial.

    Parameters
    ----------
    matrix : array (rows, columns)
        Their covariates.
    variance : array (rows,), optional
        p(1-p) of each, where the trial has a baseline risk.
    """
    rows = subsample(np.arange(len(trial.treated)))
    return ranking.scale.apply(
        _learn(trial, rows, ranking.method)(matrix), np.ones(1) if variance is None else variance
    )


def qini(uplift: Array, signal: Array, fold: NDArray[np.int64], level: float = LEVEL) -> Estimate:
    """Area between the Qini curve and random order, in outcomes a row, with its interval.

    Treating the first share u of the rows gains the sum of their effects; in random order it gains u of the total. The
    area between the two is the mean of signal x (1/2 - rank), where rank goes from 0 for the first row to 1, so its
    standard error is that of a mean. Rows are ranked within their fold, as each fold has its own models; ties share a
    rank.

    Parameters
    ----------
    uplift : array (rows,)
        Score to rank by, largest first.
    signal : array (rows,)
        See `Trial`.

    Examples
    --------
    >>> round(qini(np.array([2.0, 1.0]), np.array([1.0, 0.0]), np.zeros(2, int)).value, 3)
    0.125
    """
    rank_share = np.empty(len(uplift))
    centred = np.empty(len(uplift))
    for number in np.unique(fold):
        held = fold == number
        rank_share[held] = (rankdata(-uplift[held]) - 0.5) / held.sum()
        centred[held] = signal[held] - signal[held].mean()
    gains = centred * (0.5 - rank_share)
    return interval(float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(len(gains))), len(gains) - 1, level)


def _learn(trial: Trial, rows: NDArray[np.int64], method: str) -> Callable[[NDArray[np.float32]], Array]:
    """The effect divided by p(1-p), as one of `METHODS` learns it from some rows."""
    variance = trial.variance
    target, weight = (trial.residual, None) if trial.baseline_risk is None else (trial.baseline_risk.residual, variance)
    if method == "transformed_outcome":
        # The further the share is from a half, the noisier is the transformed outcome.
        target, weight = trial.signal, weight if weight is None else variance * trial.share * (1 - trial.share)
    tree_settings = _PLAIN if weight is None else _BY_ODDS

    def fitted(subset: NDArray[np.int64]) -> Callable[[NDArray[np.float32]], Array]:
        return fit_trees(trial.known, subset, target / variance, tree_settings, weight)

    if method == "transformed_outcome":
        return fitted(rows)
    treated_model, control_model = (fitted(rows[trial.treated[rows] == treated]) for treated in (True, False))
    return lambda matrix: treated_model(matrix) - control_model(matrix)


def _scale(predicted: Array, trial: Trial) -> Scale:
    """Scale predictions so that their average is the measured effect; a baseline risk scales by their ratio."""
    signal, variance = trial.signal, trial.variance
    effect, middle = float(signal.sum() / variance.sum()), float(variance @ predicted / variance.sum())
    if trial.baseline_risk is not None:
        return Scale(effect, middle, effect / middle if min(effect, middle) > 0 else 0.0)
    spread = float(((predicted - middle) ** 2).sum())
    slope = float((predicted - middle) @ (signal - effect)) / spread if spread else 0.0
    return Scale(effect, middle, min(max(slope, 0.0), 1.0))
