"""Figures of a score on resampled customers: intervals, and paired differences of two scores."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

REPLICATES = 500
FIGURES = ("auc", "average_precision", "brier", "calibration_error", "lift_10pct", "lift_list")
"""What is told with an interval, by the names of the evaluation's figures."""
_SEED = 20240331
_ENOUGH = 200_000
"""Rows that are resampled; of more, so many are drawn, and their spread is narrowed to that of all."""
_CELLS = 4_000_000
"""Weights held at a time, replicates times rows."""


@dataclass(frozen=True)
class Interval:
    """A figure and how far chance alone would move it.

    Parameters
    ----------
    value : float
        On the rows as they are.
    low, high : float
        Ends of the 95% bootstrap interval.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class _Order:
    """Rows by falling score, and where each run of equal scores, and each tenth of the rows, begins."""

    rows: np.ndarray
    ties: np.ndarray
    tenths: np.ndarray


def resamples(rows: int, replicates: int = REPLICATES, seed: int = _SEED) -> Iterator[np.ndarray]:
    """How often each row stands in each resample: float32, replicates x rows, some replicates at a time.

    Examples
    --------
    >>> next(resamples(4, replicates=2)).sum(axis=1).tolist()
    [4.0, 4.0]
    """
    chance = np.random.default_rng(seed)
    at_once = max(1, _CELLS // rows)
    for first in range(0, replicates, at_once):
        count = min(at_once, replicates - first)
        drawn = chance.integers(0, rows, size=(count, rows)) + np.arange(count)[:, None] * rows
        yield np.bincount(drawn.ravel(), minlength=count * rows).reshape(count, rows).astype(np.float32)


def intervals(outcome: np.ndarray, scores: Mapping[str, np.ndarray], list_size: int) -> dict[str, dict[str, Interval]]:
    """Figures of calibrated probabilities with their intervals; all scores are seen on the same resamples.

    Chance moves a figure of n rows by the square root of m / n of what it moves one of m rows, so that of very many
    some are resampled (the m out of n bootstrap: Bickel, Goetze and van Zwet 1997).

    Parameters
    ----------
    outcome : numpy.ndarray
        0 or 1, a value a customer.
    scores : mapping of str to numpy.ndarray
        Probabilities of the same customers, by who gave them. Of two, the paired differences, second less first, are
        told too, as ``difference``.
    list_size : int
        Rows of the list.

    Returns
    -------
    dict of str to dict of str to Interval
        By who, then by the name of the figure (`FIGURES`).
    """
    rows = len(outcome)
    told = _told(outcome, scores, list_size, [np.ones((1, rows), np.float32)])
    some = np.sort(np.random.default_rng(_SEED).permutation(rows)[:_ENOUGH])
    share = len(some) / rows
    fewer, part = outcome[some], {who: score[some] for who, score in scores.items()}
    about = _told(fewer, part, list_size * share, [np.ones((1, len(some)), np.float32)])
    drawn = _told(fewer, part, list_size * share, resamples(len(some)))
    moved = {who: told[who] + (drawn[who] - about[who]) * np.sqrt(share) for who in told}
    return {who: dict(zip(FIGURES, _ends(told[who][:, 0], moved[who]), strict=True)) for who in told}


def _told(
    outcome: np.ndarray, scores: Mapping[str, np.ndarray], list_size: float, weights: Iterable[np.ndarray]
) -> dict[str, np.ndarray]:
    """`FIGURES` x replicates by who, and of two their difference; weights are given some replicates at a time."""
    orders = {who: _order(score) for who, score in scores.items()}
    parts = [
        {
            who: _figures(outcome[order.rows], scores[who][order.rows], order, (some, list_size))
            for who, order in orders.items()
        }
        for some in weights
    ]
    found = {who: np.concatenate([part[who] for part in parts], axis=1) for who in scores}
    if len(scores) == 2:
        first, second = scores
        found["difference"] = found[second] - found[first]
    return found


def _order(score: np.ndarray) -> _Order:
    rows = np.argsort(-score, kind="stable")
    ties = np.flatnonzero(np.diff(score[rows], prepend=np.inf))
    tenths = np.unique(ties[np.searchsorted(ties, np.arange(10) * len(score) / 10, side="right") - 1])
    return _Order(rows, ties, tenths)


def _figures(outcome: np.ndarray, score: np.ndarray, order: _Order, resampled: tuple[np.ndarray, float]) -> np.ndarray:
    """`FIGURES` x replicates, of rows by falling score and their weights in each replicate."""
    weights, list_size = resampled[0][:, order.rows], resampled[1]
    size = _by_tie(weights, order)
    hits = _by_tie(weights * outcome.astype(np.float32), order)
    # Counts below 16 million are exact in float32, which is twice as fast.
    hits_to, size_to = np.cumsum(hits, axis=1, dtype=np.float32), np.cumsum(size, axis=1, dtype=np.float32)
    positives, rows = hits_to[:, -1], size_to[:, -1]
    misses_to = size_to - hits_to
    with np.errstate(invalid="ignore", divide="ignore"):
        above = _dot(hits, misses_to) - _dot(hits, size - hits) / 2
        auc = 1 - above / (positives.astype(np.float64) * misses_to[:, -1])
        average_precision = _dot(hits, hits_to / np.maximum(size_to, 1)) / positives
        lifts = [_lift(hits_to, size_to, depth) for depth in (rows / 10, np.full(len(rows), list_size))]
    brier = weights @ ((score - outcome) ** 2).astype(np.float32) / rows
    gaps = np.add.reduceat(weights * (score - outcome).astype(np.float32), order.tenths, axis=1)
    return np.array([auc, average_precision, brier, np.abs(gaps).sum(axis=1) / rows, *lifts])


def _dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("ij,ij->i", one, other, dtype=np.float64))


def _by_tie(weights: np.ndarray, order: _Order) -> np.ndarray:
    """Sums over each run of equal scores; where there are none, the weights themselves."""
    return weights if len(order.ties) == weights.shape[1] else np.add.reduceat(weights, order.ties, axis=1)


def _lift(hits_to: np.ndarray, size_to: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Rate of the outcome among the first `depth` rows over the rate among all; a tie at the edge by its share."""
    place = np.minimum((size_to < depth[:, None]).sum(axis=1), size_to.shape[1] - 1)
    row = np.arange(len(depth))
    size_before = np.where(place > 0, size_to[row, place - 1], 0.0)
    hits_before = np.where(place > 0, hits_to[row, place - 1], 0.0)
    share = (depth - size_before) / (size_to[row, place] - size_before)
    caught = hits_before + share * (hits_to[row, place] - hits_before)
    return (caught / depth) / (hits_to[:, -1] / size_to[:, -1])


def _ends(values: np.ndarray, drawn: np.ndarray) -> list[Interval]:
    """Percentile intervals; replicates in which a figure does not exist (one class only) are left out."""
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=1)
    return [Interval(float(v), float(a), float(b)) for v, a, b in zip(values, low, high, strict=True)]
