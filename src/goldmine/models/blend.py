"""Cross-validation of several learners, and the weights by which their log-odds are blended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax
from threadpoolctl import threadpool_limits

from goldmine.core.parallel import in_parallel
from goldmine.labels.training_settings import Training
from goldmine.models.boosting import SINGLE_THREAD, Boosted, StoppingRule, boost
from goldmine.models.folds import Fold
from goldmine.models.lightgbm_settings import lightgbm_settings
from goldmine.models.rank_logistic import (
    INVERSE_PENALTIES,
    RankLogistic,
    bin_columns,
    design_matrix,
    fit_regression,
    log_loss,
)

_PRIOR = 1.0
"""Outcomes that the prior of equal weights counts for: few rows cannot tell learners apart."""
PRIOR_AFTER_EARLY_STOPPING = 10.0
"""The same where early stopping of one learner used the weighting rows, which flatters it."""
_MIN_WEIGHT = 0.03


@dataclass(frozen=True)
class BlendMember:
    """One learner of a blend.

    Parameters
    ----------
    learner : Training or RankLogistic
        Its settings.
    best_iteration : int
        Number of trees with the lowest validation loss.
    weight : float
        Its share of the blend's log-odds.
    """

    learner: Training | RankLogistic
    best_iteration: int
    weight: float


@dataclass(frozen=True)
class CrossValidated:
    """The results of one learner over the folds.

    Parameters
    ----------
    learner : Training or RankLogistic
        Its settings.
    best_iteration : int
        Number of trees with the lowest mean validation loss over the folds.
    log_odds : numpy.ndarray
        Out-of-fold log-odds of every row; NaN where no fold validates on it.
    losses : list of float
        Mean log loss of the validation rows after each iteration.
    """

    learner: Training | RankLogistic
    best_iteration: int
    log_odds: np.ndarray
    losses: list[float]

    @property
    def loss(self) -> float:
        """Log loss of the validation rows at the best iteration."""
        return self.losses[self.best_iteration - 1]


def cross_validate(
    training: Training,
    folds: Sequence[Fold],
    rows: int,
    seed: int,
    *,
    report: Callable[[int, float], None] | None = None,
    deadline: float = float("inf"),
) -> CrossValidated:
    """Fit one learner on every fold and predict its validation rows.

    Parameters
    ----------
    rows : int
        Rows of all folds together.
    report : callable, optional
        Called after each fold with its number and the mean loss so far; it may raise to stop.
    deadline : float
        Moment of `time.monotonic` at which training stops.

    Raises
    ------
    DeadlineReached
        If the deadline came first.
    """
    curves: list[np.ndarray] = []
    boosters = []
    stop = StoppingRule(training.num_iterations, training.early_stopping_rounds, deadline)
    jobs = (partial(_boost_fold, training, fold, seed + number, stop) for number, fold in enumerate(folds))
    for boosted in in_parallel(jobs):
        boosters.append(boosted)
        curves.append(np.asarray(boosted.losses["calibrate"]))
        if report is not None:
            report(len(curves) - 1, float(np.mean([curve.min() for curve in curves])))
    longest = max(map(len, curves))
    mean = np.mean([np.pad(curve, (0, longest - len(curve)), mode="edge") for curve in curves], axis=0)
    best = int(mean.argmin()) + 1
    log_odds = [boosted.log_odds(fold.validation.matrix, best) for fold, boosted in zip(folds, boosters, strict=True)]
    return CrossValidated(training, best, _out_of_fold(folds, log_odds, rows), mean.tolist())


def _boost_fold(training: Training, fold: Fold, seed: int, stop: StoppingRule) -> Boosted:
    settings = lightgbm_settings(training, fold.encoding, len(fold.train.outcome), seed) | SINGLE_THREAD
    return boost(fold.encoding, settings, fold.train, stop, fold.validation, for_fold=True)


def cross_validate_rank_logistic(folds: Sequence[Fold], rows: int) -> CrossValidated:
    """Fit the rank-logistic model on every fold, with the penalty of the lowest validation loss."""
    designs = []
    for fold in folds:
        bins = bin_columns(fold.encoding, fold.train.matrix)
        designs.append((design_matrix(bins, fold.train.matrix), design_matrix(bins, fold.validation.matrix)))
    tried: list[CrossValidated] = []
    for inverse_penalty in INVERSE_PENALTIES:
        learner = RankLogistic(inverse_penalty)
        fitted = [fit_regression(train, fold.train, learner) for fold, (train, _) in zip(folds, designs, strict=True)]
        log_odds = [
            regression.decision_function(validation)
            for regression, (_, validation) in zip(fitted, designs, strict=True)
        ]
        losses = [log_loss(odds, fold.validation) for fold, odds in zip(folds, log_odds, strict=True)]
        loss = float(np.mean(losses))
        tried.append(CrossValidated(learner, 1, _out_of_fold(folds, log_odds, rows), [loss]))
        if len(tried) > 1 and loss >= tried[-2].loss:
            break
    return min(tried, key=lambda result: result.loss)


def _out_of_fold(folds: Sequence[Fold], log_odds: Sequence[np.ndarray], rows: int) -> np.ndarray:
    """Mean log-odds of every row over the folds that validate on it; NaN where none does."""
    total, times = np.zeros(rows), np.zeros(rows)
    for fold, odds in zip(folds, log_odds, strict=True):
        total[fold.index] += odds
        times[fold.index] += 1
    with np.errstate(invalid="ignore"):
        return total / times


def blend_members(results: Sequence[CrossValidated], outcome: np.ndarray) -> tuple[BlendMember, ...]:
    """The learners with the weights by which their out-of-fold log-odds fit the outcomes best.

    Parameters
    ----------
    outcome : numpy.ndarray
        0 or 1, one a row.
    """
    known = ~np.isnan(results[0].log_odds)
    log_odds = np.column_stack([result.log_odds[known] for result in results])
    weights = blend_weights(log_odds, outcome[known])
    return tuple(
        BlendMember(result.learner, result.best_iteration, float(weight))
        for result, weight in zip(results, weights, strict=True)
        if weight
    )


def blend_weights(log_odds: np.ndarray, outcome: np.ndarray, prior: float = _PRIOR) -> np.ndarray:
    """Weights, adding up to one, by which some log-odds fit outcomes best; negligible ones become zero.

    Parameters
    ----------
    log_odds : numpy.ndarray
        Rows x learners; of rows that no learner has seen.
    outcome : numpy.ndarray
        0 or 1, one a row.
    prior : float
        Outcomes that the prior of equal weights counts for.
    """
    positives = max(1.0, float(min(outcome.sum(), len(outcome) - outcome.sum())))
    learners = log_odds.shape[1]

    def loss(free: np.ndarray) -> float:
        weights = softmax(free[:-2])
        raw = np.exp(free[-2]) * (log_odds @ weights) + free[-1]
        fit = float(np.sum(np.logaddexp(0, raw) - outcome * raw))
        return (fit + prior * learners * float(np.sum((weights - 1 / learners) ** 2))) / positives

    with threadpool_limits(1):
        best = softmax(minimize(loss, np.zeros(learners + 2), method="L-BFGS-B").x[:-2])
    significant = np.where(best < _MIN_WEIGHT, 0.0, best)
    return significant / significant.sum()
