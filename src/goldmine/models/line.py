"""A straight line through the columns' ranks: what few outcomes can teach when trees would learn by heart."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtri
from sklearn.linear_model import LogisticRegression

from goldmine.models.boosting import Labelled
from goldmine.models.matrix import Encoding
from goldmine.models.steps import Steps

_STRETCHES = 48
STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Inverse strengths of the ridge that are tried: the smallest holds the line back most."""


@dataclass(frozen=True)
class Line:
    """A logistic regression on ranks.

    Parameters
    ----------
    strength : float
        Inverse strength of its ridge, scikit-learn's C.
    """

    strength: float


@dataclass(frozen=True)
class _Scale:
    """One column's stretches: where they end, the normal score or the level of each, and their training rows."""

    edges: np.ndarray
    scores: np.ndarray
    rows: np.ndarray


def scales(encoding: Encoding, matrix: np.ndarray) -> list[_Scale]:
    """Cut each column at its quantiles, and between any two categories."""
    return [
        _levels(matrix[:, place], len(encoding.categories[name]))
        if name in encoding.categories
        else _ranks(matrix[:, place])
        for place, name in enumerate(encoding.features)
    ]


def _ranks(column: np.ndarray) -> _Scale:
    known = column[~np.isnan(column)].astype(np.float64)
    if not len(known):
        return _Scale(np.empty(0), np.zeros((1, 1)), np.zeros(1))
    values = np.unique(known)
    if len(values) > _STRETCHES:
        cuts = np.unique(np.quantile(known, np.linspace(0, 1, _STRETCHES + 1)[1:-1], method="lower"))
        edges = cuts[cuts < values[-1]]
    else:
        edges = (values[:-1] + values[1:]) / 2
    rows = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1).astype(float)
    score = ndtri((np.cumsum(rows) - rows / 2) / rows.sum())
    mean = np.average(score, weights=rows)
    spread = np.sqrt(np.average((score - mean) ** 2, weights=rows))
    return _Scale(edges, ((score - mean) / (spread or 1.0)).reshape(-1, 1), rows)


def _levels(column: np.ndarray, count: int) -> _Scale:
    known = column[~np.isnan(column)].astype(np.int64)
    rows = np.bincount(known, minlength=max(count, 1)).astype(float)
    return _Scale(np.arange(len(rows) - 1) + 0.5, np.eye(len(rows)), rows)


def design(held: Sequence[_Scale], matrix: np.ndarray) -> np.ndarray:
    """What the line is fitted on: each column's scores, 0 where missing, and a flag of that."""
    blocks = []
    for place, scale in enumerate(held):
        column = matrix[:, place]
        missing = np.isnan(column)
        stretch = np.searchsorted(scale.edges, np.where(missing, 0.0, column).astype(np.float64), side="left")
        blocks += [np.where(missing[:, None], 0.0, scale.scores[stretch]), missing[:, None].astype(float)]
    return np.hstack(blocks)


def fit_line(found: np.ndarray, rows: Labelled, line: Line) -> LogisticRegression:
    """Fit a line on a design."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*failed to converge")
        return LogisticRegression(C=line.strength, max_iter=300).fit(found, rows.outcome, sample_weight=rows.weight)


def line_of(encoding: Encoding, rows: Labelled, line: Line) -> list[Steps]:
    """Fit a line on some rows; gives what each column adds to the log-odds."""
    held = scales(encoding, rows.matrix)
    return line_steps(held, rows.matrix, fit_line(design(held, rows.matrix), rows, line))


def line_steps(held: Sequence[_Scale], matrix: np.ndarray, fitted: LogisticRegression) -> list[Steps]:
    """A fitted line as one step function a column; the intercept goes with the first."""
    weights, steps, start = fitted.coef_[0], [], 0
    shift = float(fitted.intercept_[0])
    for place, scale in enumerate(held):
        width = scale.scores.shape[1]
        values = scale.scores @ weights[start : start + width]
        missing = float(weights[start + width])
        lost = float(np.isnan(matrix[:, place]).sum())
        steps.append(Steps(place, scale.edges, values + shift, scale.rows, missing + shift, lost))
        start, shift = start + width + 1, 0.0
    return steps


def log_loss(log_odds: np.ndarray, rows: Labelled) -> float:
    """Mean log loss of some log-odds."""
    chance = np.clip(expit(log_odds), 1e-12, 1 - 1e-12)
    loss = -np.where(rows.outcome == 1, np.log(chance), np.log(1 - chance))
    return float(np.average(loss, weights=rows.weight))
