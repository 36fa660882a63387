"""Rank-based logistic regression for few positives, as step functions that blend with trees."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtri
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from goldmine.models.boosting import LabelledRows
from goldmine.models.encoding import Encoding
from goldmine.models.lightgbm_text import StepFunction

_MAX_BINS = 48
_MAX_ROWS = 20_000
INVERSE_PENALTIES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Values of scikit-learn's C that are tried, the strongest penalty first."""


@dataclass(frozen=True)
class RankLogistic:
    """Settings of a logistic regression on ranks.

    Parameters
    ----------
    inverse_penalty : float
        Inverse strength of the ridge penalty, scikit-learn's C.
    """

    inverse_penalty: float


@dataclass(frozen=True)
class FittedRankLogistic:
    """A fitted rank-logistic model: each column's step function, and the log-odds of the validation rows."""

    steps: list[StepFunction]
    log_odds: np.ndarray


@dataclass(frozen=True)
class _ColumnBins:
    """One column's bins: their edges, the normal score or category of each, and their training rows.

    `missing` counts training rows without a value; only where there are some has the design a flag for them.
    """

    edges: np.ndarray
    scores: np.ndarray
    rows: np.ndarray
    missing: int


def bin_columns(encoding: Encoding, matrix: np.ndarray) -> list[_ColumnBins]:
    """Cut each numeric column at its quantiles, and each categorical one between any two categories."""
    return [
        _category_bins(matrix[:, column], len(encoding.categories[name]))
        if name in encoding.categories
        else _rank_bins(matrix[:, column])
        for column, name in enumerate(encoding.features)
    ]


def _rank_bins(column: np.ndarray) -> _ColumnBins:
    known = column[~np.isnan(column)].astype(np.float64)
    missing = len(column) - len(known)
    if not len(known):
        return _ColumnBins(np.empty(0), np.zeros((1, 1)), np.zeros(1), missing)
    values = np.unique(known)
    if len(values) > _MAX_BINS:
        cuts = np.unique(np.quantile(known, np.linspace(0, 1, _MAX_BINS + 1)[1:-1], method="lower"))
        edges = cuts[cuts < values[-1]]
    else:
        edges = (values[:-1] + values[1:]) / 2
    rows = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1).astype(float)
    score = ndtri((np.cumsum(rows) - rows / 2) / rows.sum())
    mean = np.average(score, weights=rows)
    spread = np.sqrt(np.average((score - mean) ** 2, weights=rows))
    return _ColumnBins(edges, ((score - mean) / (spread or 1.0)).reshape(-1, 1), rows, missing)


def _category_bins(column: np.ndarray, count: int) -> _ColumnBins:
    known = column[~np.isnan(column)].astype(np.int64)
    rows = np.bincount(known, minlength=max(count, 1)).astype(float)
    return _ColumnBins(np.arange(len(rows) - 1) + 0.5, np.eye(len(rows)), rows, len(column) - len(known))


def design_matrix(bins: Sequence[_ColumnBins], matrix: np.ndarray) -> np.ndarray:
    """The regression's design: each column's scores, 0 where missing, and a flag for missing values."""
    blocks = []
    for column, index in zip(bins, _bin_indices(bins, matrix).T, strict=True):
        blocks.append(np.vstack([column.scores, np.zeros(column.scores.shape[1])])[index])
        if column.missing:
            blocks.append((index == len(column.scores))[:, None].astype(float))
    return np.hstack(blocks)


def _bin_indices(bins: Sequence[_ColumnBins], matrix: np.ndarray) -> np.ndarray:
    """The bin of each cell, one past the last where it is missing, in the smallest integer type that holds it."""
    indices = np.empty(matrix.shape, np.min_scalar_type(max((len(column.scores) for column in bins), default=0)), "F")
    for number, column in enumerate(bins):
        values = matrix[:, number]
        index = np.searchsorted(column.edges, values.astype(np.float64), side="left")
        indices[:, number] = np.where(np.isnan(values), len(column.scores), index)
    return indices


def fit_regression(design: np.ndarray, rows: LabelledRows, settings: RankLogistic) -> LogisticRegression:
    """Fit the regression on a design, on one thread: sums in another order would give other coefficients."""
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.filterwarnings("ignore", message=".*failed to converge")
        regression = LogisticRegression(C=settings.inverse_penalty, max_iter=300)
        return regression.fit(design, rows.outcome, sample_weight=rows.weight)


def fit_best(encoding: Encoding, train: LabelledRows, validation: LabelledRows, seed: int) -> FittedRankLogistic:
    """The rank-logistic model with the penalty of the lowest validation loss.

    Parameters
    ----------
    train : LabelledRows
        Rows to fit; at most 20,000 are sampled, as this model needs no more.
    validation : LabelledRows
        The rows that choose the penalty.
    """
    sampled = _sampled(train, seed)
    bins = bin_columns(encoding, sampled.matrix)
    # The validation rows may be many: one byte a cell is all that step functions need to know of them.
    design, indices = design_matrix(bins, sampled.matrix), _bin_indices(bins, validation.matrix)
    tried: list[tuple[float, FittedRankLogistic]] = []
    for inverse_penalty in INVERSE_PENALTIES:
        regression = fit_regression(design, sampled, RankLogistic(inverse_penalty))
        fitted = _evaluated(_step_functions(bins, regression), indices)
        tried.append((log_loss(fitted.log_odds, validation), fitted))
        if len(tried) > 1 and tried[-1][0] >= tried[-2][0]:
            break
    return min(tried, key=lambda pair: pair[0])[1]


def _evaluated(steps: list[StepFunction], indices: np.ndarray) -> FittedRankLogistic:
    log_odds = np.zeros(len(indices))
    for step in steps:
        log_odds += np.append(step.values, step.missing)[indices[:, step.column]]
    return FittedRankLogistic(steps, log_odds)


def _sampled(rows: LabelledRows, seed: int) -> LabelledRows:
    if len(rows.outcome) <= _MAX_ROWS:
        return rows
    index = np.sort(np.random.default_rng(seed).choice(len(rows.outcome), _MAX_ROWS, replace=False))
    weight = None if rows.weight is None else rows.weight[index]
    return LabelledRows(rows.matrix[index], rows.outcome[index], weight)


def fit_step_functions(encoding: Encoding, rows: LabelledRows, settings: RankLogistic) -> list[StepFunction]:
    """Fit the model on some rows; returns what each column adds to the log-odds."""
    bins = bin_columns(encoding, rows.matrix)
    return _step_functions(bins, fit_regression(design_matrix(bins, rows.matrix), rows, settings))


def _step_functions(bins: Sequence[_ColumnBins], regression: LogisticRegression) -> list[StepFunction]:
    """A fitted regression as one step function a column; the first one takes the intercept."""
    coefficients, steps, start = regression.coef_[0], [], 0
    shift = float(regression.intercept_[0])
    for number, column in enumerate(bins):
        width = column.scores.shape[1]
        values = column.scores @ coefficients[start : start + width]
        start += width
        missing = 0.0
        if column.missing:
            missing, start = float(coefficients[start]), start + 1
        steps.append(StepFunction(number, column.edges, values + shift, column.rows, missing + shift, column.missing))
        shift = 0.0
    return steps


def log_loss(log_odds: np.ndarray, rows: LabelledRows) -> float:
    """Mean log loss of some log-odds."""
    probability = np.clip(expit(log_odds), 1e-12, 1 - 1e-12)
    loss = -np.where(rows.outcome == 1, np.log(probability), np.log(1 - probability))
    return float(np.average(loss, weights=rows.weight))
