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
        Rows of the list; a tenth of the customers where the list would hold all of them.
    """
    chance = np.random.default_rng(seed)
    ranked = np.sort(np.asarray(probability, dtype=np.float64))[::-1]
    size = depth_of(list_size, len(ranked))
    head = _hits(ranked[:size], chance)
    rates = (head + _hits(ranked[size:], chance)) / len(ranked)
    lifts = head / size / np.maximum(rates, 1e-12)
    aucs = _aucs(ranked, chance)
    share = float(ranked.mean())
    middle = Performance(share, expected_auc(ranked), float(ranked[:size].mean() / max(share, 1e-12)))
    low, high = (Performance(*(float(np.quantile(f, q)) for f in (rates, aucs, lifts))) for q in _Z)
    return Estimate(middle, low, high)


def realised(outcome: np.ndarray, probability: np.ndarray, list_size: int) -> Performance:
    """The same figures from complete outcomes; both classes must occur."""
    size = depth_of(list_size, len(outcome))
    lift = float(recall_at(outcome, probability, float(size))) * len(outcome) / size
    return Performance(float(outcome.mean()), float(roc_auc_score(outcome, probability)), lift)


def depth_of(list_size: int, rows: int) -> int:
    """Rows of the list among so many; a tenth of them where the list would hold all, as in evaluation."""
    return list_size if list_size < rows else max(1, rows // 10)


def expected_auc(ranked: np.ndarray) -> float:
    """Expected AUC of descending probabilities: correctly ordered pairs over all pairs, ties aside."""
    positive, negative = ranked, 1 - ranked
    below = negative[::-1].cumsum()[::-1] - negative
    pairs = positive.sum() * negative.sum() - (positive * negative).sum()
    return float((positive * below).sum() / pairs) if pairs > 0 else 0.5


def _hits(probability: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Drawn counts of outcomes among independent customers, by the normal approximation to their sum."""
    spread = float(np.sqrt((probability * (1 - probability)).sum()))
    return np.clip(chance.normal(probability.sum(), spread, _DRAWS), 0, len(probability))


def _aucs(ranked: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """AUCs of drawn outcomes; large tables are sampled, and the spread is scaled to the full size."""
    rows = len(ranked)
    taken = ranked[np.linspace(0, rows - 1, min(rows, _ROWS)).astype(np.int64)]
    places = np.arange(len(taken), 0, -1)
    found = []
    for _ in range(_DRAWS):
        hits = chance.random(len(taken)) < taken
        count = int(hits.sum())
        if 0 < count < len(taken):
            found.append((places[hits].sum() - count * (count + 1) / 2) / (count * (len(taken) - count)))
    if not found:
        return np.array([0.5])
    middle = float(np.mean(found))
    return middle + (np.array(found) - middle) * np.sqrt(len(taken) / rows)
