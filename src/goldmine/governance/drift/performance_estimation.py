"""Confidence-based performance estimation (CBPE): a ranking's figures before its outcomes are known.

Calibrated probabilities imply the figures: of customers at 0.3, three in ten will have the outcome.
"""

from dataclasses import asdict, dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

from goldmine.models.evaluation import recall_at

_DRAWS = 200
_ROWS = 20_000
_Z = (0.025, 0.975)


@dataclass(frozen=True)
class Performance:
    """Figures of a ranking, estimated by CBPE or observed.

    Parameters
    ----------
    rate : float
        Share of customers with the outcome.
    auc : float
        Area under the ROC curve.
    lift_list : float
        The share on the list over the share of all.
    """

    rate: float
    auc: float
    lift_list: float

    def flat(self) -> dict[str, float]:
        """The figures by name."""
        return asdict(self)


@dataclass(frozen=True)
class Estimate:
    """An estimate with its 95% interval; the interval covers chance only, not errors of the probabilities."""

    middle: Performance
    low: Performance
    high: Performance


def estimate(probability: np.ndarray, list_size: int, seed: int = 0) -> Estimate:
    """Estimate the figures of a ranking whose outcomes are not known yet (CBPE).

    Each figure is its expectation if outcomes are drawn from the probabilities. The interval covers chance only; errors
    of the probabilities show later, when the outcomes are complete.

    Parameters
    ----------
    probability : numpy.ndarray
        Calibrated probabilities of all scored customers.
    list_size : int
        Rows on the list; a tenth of the customers if the list would hold all of them.
    """
    random = np.random.default_rng(seed)
    ranked = np.sort(np.asarray(probability, dtype=np.float64))[::-1]
    size = depth_of(list_size, len(ranked))
    head = _hits(ranked[:size], random)
    rates = (head + _hits(ranked[size:], random)) / len(ranked)
    lifts = head / size / np.maximum(rates, 1e-12)
    aucs = _aucs(ranked, random)
    share = float(ranked.mean())
    middle = Performance(share, expected_auc(ranked), float(ranked[:size].mean() / max(share, 1e-12)))
    low, high = (Performance(*(float(np.quantile(f, q)) for f in (rates, aucs, lifts))) for q in _Z)
    return Estimate(middle, low, high)


def realised(outcome: np.ndarray, probability: np.ndarray, list_size: int) -> Performance:
    """The observed figures from complete outcomes; both classes must occur."""
    size = depth_of(list_size, len(outcome))
    lift = float(recall_at(outcome, probability, float(size))) * len(outcome) / size
    return Performance(float(outcome.mean()), float(roc_auc_score(outcome, probability)), lift)


def depth_of(list_size: int, rows: int) -> int:
    """Rows on the list; a tenth of the rows if the list would hold all of them, as in evaluation."""
    return list_size if list_size < rows else max(1, rows // 10)


def expected_auc(ranked: np.ndarray) -> float:
    """Expected AUC of descending probabilities: correctly ordered pairs over all pairs, ties aside."""
    positive, negative = ranked, 1 - ranked
    below = negative[::-1].cumsum()[::-1] - negative
    pairs = positive.sum() * negative.sum() - (positive * negative).sum()
    return float((positive * below).sum() / pairs) if pairs > 0 else 0.5


def _hits(probability: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Simulated counts of outcomes among independent customers, by the normal approximation."""
    spread = float(np.sqrt((probability * (1 - probability)).sum()))
    return np.clip(random.normal(probability.sum(), spread, _DRAWS), 0, len(probability))


def _aucs(ranked: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """AUCs of simulated outcomes; large tables are sampled, and the spread is scaled to the full size."""
    rows = len(ranked)
    sample = ranked[np.linspace(0, rows - 1, min(rows, _ROWS)).astype(np.int64)]
    ranks = np.arange(len(sample), 0, -1)
    aucs = []
    for _ in range(_DRAWS):
        hits = random.random(len(sample)) < sample
        count = int(hits.sum())
        if 0 < count < len(sample):
            aucs.append((ranks[hits].sum() - count * (count + 1) / 2) / (count * (len(sample) - count)))
    if not aucs:
        return np.array([0.5])
    middle = float(np.mean(aucs))
    return middle + (np.array(aucs) - middle) * np.sqrt(len(sample) / rows)
