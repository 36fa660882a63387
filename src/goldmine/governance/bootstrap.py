"""Figures of a score on resampled customers: intervals, and paired differences of two scores."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from goldmine.core.parallel import in_parallel

REPLICATES = 500
FIGURES = ("auc", "average_precision", "brier", "calibration_error", "lift_10pct", "lift_list")
"""Figures that get an interval, by their names in an evaluation."""
_SEED = 20240331
_MAX_ROWS = 200_000
"""Rows to resample; larger tables are sampled down to this, and the spread is scaled to the full size."""
_CELLS = 4_000_000
"""Weights in memory at a time: replicates times rows."""


@dataclass(frozen=True)
class Interval:
    """A figure with its 95% bootstrap interval.

    Parameters
    ----------
    value : float
        On the original rows.
    low, high : float
        Ends of the 95% bootstrap interval.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class _Order:
    """Rows by descending score, and where each run of equal scores and each tenth of the rows begins."""

    rows: np.ndarray
    ties: np.ndarray
    tenths: np.ndarray


def resamples(rows: int, replicates: int = REPLICATES, seed: int = _SEED) -> Iterator[np.ndarray]:
    """Count of each row in each resample: float32, replicates x rows, in chunks of replicates.

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
    """Figures of calibrated probabilities with their intervals; all scores use the same resamples.

    The spread of a figure on n rows is the square root of m / n of its spread on m rows, so large tables are
    resampled from a sample (the m out of n bootstrap: Bickel, Goetze and van Zwet 1997).

    Parameters
    ----------
    outcome : numpy.ndarray
        0 or 1 per customer.
    scores : mapping of str to numpy.ndarray
        Probabilities of the same customers, by model. Two models also get their paired difference, second less
        first, as ``difference``.
    list_size : int
        Rows on the list.

    Returns
    -------
    dict of str to dict of str to Interval
        By model, then by figure (`FIGURES`).
    """
    rows = len(outcome)
    figures = _figures_by_score(outcome, scores, list_size, [np.ones((1, rows), np.float32)])
    sample = np.sort(np.random.default_rng(_SEED).permutation(rows)[:_MAX_ROWS])
    share = len(sample) / rows
    labels, sampled = outcome[sample], {who: score[sample] for who, score in scores.items()}
    sample_figures = _figures_by_score(labels, sampled, list_size * share, [np.ones((1, len(sample)), np.float32)])
    resampled = _figures_by_score(labels, sampled, list_size * share, resamples(len(sample)))
    replicates = {who: figures[who] + (resampled[who] - sample_figures[who]) * np.sqrt(share) for who in figures}
    return {who: dict(zip(FIGURES, _ends(figures[who][:, 0], replicates[who]), strict=True)) for who in figures}


def _figures_by_score(
    outcome: np.ndarray, scores: Mapping[str, np.ndarray], list_size: float, weights: Iterable[np.ndarray]
) -> dict[str, np.ndarray]:
    """`FIGURES` x replicates by model, and the difference of two; weights come in chunks of replicates."""
    orders = {who: _order(score) for who, score in scores.items()}

    def of_chunk(chunk: np.ndarray) -> dict[str, np.ndarray]:
        return {
            who: _figures(outcome[order.rows], scores[who][order.rows], order, (chunk, list_size))
            for who, order in orders.items()
        }

    parts = list(in_parallel(partial(of_chunk, chunk) for chunk in weights))
    figures = {who: np.concatenate([part[who] for part in parts], axis=1) for who in scores}
    if len(scores) == 2:
        first, second = scores
        figures["difference"] = figures[second] - figures[first]
    return figures


def _order(score: np.ndarray) -> _Order:
    rows = np.argsort(-score, kind="stable")
    ties = np.flatnonzero(np.diff(score[rows], prepend=np.inf))
    tenths = np.unique(ties[np.searchsorted(ties, np.arange(10) * len(score) / 10, side="right") - 1])
    return _Order(rows, ties, tenths)


def _figures(outcome: np.ndarray, score: np.ndarray, order: _Order, resampled: tuple[np.ndarray, float]) -> np.ndarray:
    """`FIGURES` x replicates, of rows by descending score with their weights in each replicate."""
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


def _dot(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("ij,ij->i", left, right, dtype=np.float64))


def _by_tie(weights: np.ndarray, order: _Order) -> np.ndarray:
    """Sums over each run of equal scores; without ties, the weights themselves."""
    return weights if len(order.ties) == weights.shape[1] else np.add.reduceat(weights, order.ties, axis=1)


def _lift(hits_to: np.ndarray, size_to: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Outcome rate of the first `depth` rows over the rate of all; a tie at the edge counts by its share."""
    edge = np.minimum((size_to < depth[:, None]).sum(axis=1), size_to.shape[1] - 1)
    row = np.arange(len(depth))
    size_before = np.where(edge > 0, size_to[row, edge - 1], 0.0)
    hits_before = np.where(edge > 0, hits_to[row, edge - 1], 0.0)
    share = (depth - size_before) / (size_to[row, edge] - size_before)
    caught = hits_before + share * (hits_to[row, edge] - hits_before)
    return (caught / depth) / (hits_to[:, -1] / size_to[:, -1])


def _ends(values: np.ndarray, replicates: np.ndarray) -> list[Interval]:
    """Percentile intervals; replicates with one class only are left out."""
    low, high = np.nanpercentile(replicates, [2.5, 97.5], axis=1)
    return [Interval(*map(float, ends)) for ends in zip(values, low, high, strict=True)]
