"""A straight line through the columns' ranks: what few outcomes can teach when trees would learn by heart."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtri
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from goldmine.models.boosting import LabelledRows
from goldmine.models.encoding import Encoding
from goldmine.models.linear_as_trees import Steps

_STRETCHES = 48
_ENOUGH = 20_000
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
class Drawn:
    """A line: what each column adds to the log-odds, and the log-odds of the later rows."""

    steps: list[Steps]
    log_odds: np.ndarray


@dataclass(frozen=True)
class _Scale:
    """One column's stretches: where they end, the normal score or the level of each, and their training rows.

    `missing` is the number of training rows without a value; only where there are some has the line a flag of that.
    """

    edges: np.ndarray
    scores: np.ndarray
    rows: np.ndarray
    missing: int


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
    lost = len(column) - len(known)
    if not len(known):
        return _Scale(np.empty(0), np.zeros((1, 1)), np.zeros(1), lost)
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
    return _Scale(edges, ((score - mean) / (spread or 1.0)).reshape(-1, 1), rows, lost)


def _levels(column: np.ndarray, count: int) -> _Scale:
    known = column[~np.isnan(column)].astype(np.int64)
    rows = np.bincount(known, minlength=max(count, 1)).astype(float)
    return _Scale(np.arange(len(rows) - 1) + 0.5, np.eye(len(rows)), rows, len(column) - len(known))


def design(held: Sequence[_Scale], matrix: np.ndarray) -> np.ndarray:
    """What the line is fitted on: each column's scores, 0 where missing, and a flag of that."""
    blocks = []
    for scale, stretch in zip(held, stretches(held, matrix).T, strict=True):
        blocks.append(np.vstack([scale.scores, np.zeros(scale.scores.shape[1])])[stretch])
        if scale.missing:
            blocks.append((stretch == len(scale.scores))[:, None].astype(float))
    return np.hstack(blocks)


def stretches(held: Sequence[_Scale], matrix: np.ndarray) -> np.ndarray:
    """Of each cell the number of its stretch, and that after the last where it is missing; as small as numbers go."""
    found = np.empty(matrix.shape, np.min_scalar_type(max((len(scale.scores) for scale in held), default=0)), "F")
    for place, scale in enumerate(held):
        column = matrix[:, place]
        stretch = np.searchsorted(scale.edges, column.astype(np.float64), side="left")
        found[:, place] = np.where(np.isnan(column), len(scale.scores), stretch)
    return found


def fit_line(found: np.ndarray, rows: LabelledRows, line: Line) -> LogisticRegression:
    """Fit a line on a design, on one thread: sums in another order would be another line."""
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.filterwarnings("ignore", message=".*failed to converge")
        return LogisticRegression(C=line.strength, max_iter=300).fit(found, rows.outcome, sample_weight=rows.weight)


def best_line(encoding: Encoding, rows: LabelledRows, later: LabelledRows, seed: int) -> Drawn:
    """The line, as straight as serves later rows best, drawn through some rows.

    Parameters
    ----------
    rows : LabelledRows
        Rows to draw it through; of more than 20,000 so many are taken, as a line needs no more.
    later : LabelledRows
        The rows that choose how straight it is.
    """
    fewer = _some(rows, seed)
    cut = scales(encoding, fewer.matrix)
    # The later rows may be many: a byte a cell says all that the line needs to know of them.
    fit, check = design(cut, fewer.matrix), stretches(cut, later.matrix)
    tried: list[tuple[float, Drawn]] = []
    for strength in STRENGTHS:
        drawn = _drawn(line_steps(cut, fit_line(fit, fewer, Line(strength))), check)
        tried.append((log_loss(drawn.log_odds, later), drawn))
        if len(tried) > 1 and tried[-1][0] >= tried[-2][0]:
            break
    return min(tried, key=lambda one: one[0])[1]


def _drawn(steps: list[Steps], check: np.ndarray) -> Drawn:
    odds = np.zeros(len(check))
    for one in steps:
        odds += np.append(one.values, one.missing)[check[:, one.column]]
    return Drawn(steps, odds)


def _some(rows: LabelledRows, seed: int) -> LabelledRows:
    if len(rows.outcome) <= _ENOUGH:
        return rows
    places = np.sort(np.random.default_rng(seed).choice(len(rows.outcome), _ENOUGH, replace=False))
    weight = None if rows.weight is None else rows.weight[places]
    return LabelledRows(rows.matrix[places], rows.outcome[places], weight)


def line_of(encoding: Encoding, rows: LabelledRows, line: Line) -> list[Steps]:
    """Fit a line on some rows; gives what each column adds to the log-odds."""
    held = scales(encoding, rows.matrix)
    return line_steps(held, fit_line(design(held, rows.matrix), rows, line))


def line_steps(held: Sequence[_Scale], fitted: LogisticRegression) -> list[Steps]:
    """A fitted line as one step function a column; the intercept goes with the first."""
    weights, steps, start = fitted.coef_[0], [], 0
    shift = float(fitted.intercept_[0])
    for place, scale in enumerate(held):
        width = scale.scores.shape[1]
        values = scale.scores @ weights[start : start + width]
        start += width
        missing = 0.0
        if scale.missing:
            missing, start = float(weights[start]), start + 1
        steps.append(Steps(place, scale.edges, values + shift, scale.rows, missing + shift, scale.missing))
        shift = 0.0
    return steps


def log_loss(log_odds: np.ndarray, rows: LabelledRows) -> float:
    """Mean log loss of some log-odds."""
    chance = np.clip(expit(log_odds), 1e-12, 1 - 1e-12)
    loss = -np.where(rows.outcome == 1, np.log(chance), np.log(1 - chance))
    return float(np.average(loss, weights=rows.weight))
