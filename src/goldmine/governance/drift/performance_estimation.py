"""What a list will earn, estimated from calibrated probabilities before its outcomes are complete."""

from dataclasses import asdict, dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

from goldmine.models.evaluation import recall_at

_DRAWS = 200
_ROWS = 20_000
_Z = (0.025, 0.975)


@dataclass(frozen=True)
class Performance:
    """Figures of a ranking, estimated or realised.

    Parameters
    ----------
    rate : float
        Share of everyone to whom the outcome happens.
    auc : float
        Of the order.
    lift_list : float
        How many times that share the list's head holds.
    """

    rate: float
    auc: float
    lift_list: float

    def flat(self) -> dict[str, float]:
        """The figures by name."""
        return asdict(self)


@dataclass(frozen=True)
class Estimate:
    """An estimate and where chance alone would put the figures in 95 of 100 cases."""

    middle: Performance
    low: Performance
    high: Performance


def estimate(probability: np.ndarray, list_size: int, seed: int = 0) -> Estimate:
    """Estimate the figures of a ranking whose outcomes are not known yet.

    If the probabilities hold, of those at 0.3 three in ten will do it: each figure is what outcomes drawn so would
    give. The interval knows chance only; that the probabilities themselves may be off is told later, by the error.

    Parameters
    ----------
    probability : numpy.ndarray
        Calibrated probabilities of everyone scored.
    list_size : int
        Rows of the list; a tenth of everyone where that would hold all.
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
    """The same figures once the outcomes are complete; both classes must be there."""
    size = depth_of(list_size, len(outcome))
    lift = float(recall_at(outcome, probability, float(size))) * len(outcome) / size
    return Performance(float(outcome.mean()), float(roc_auc_score(outcome, probability)), lift)


def depth_of(list_size: int, rows: int) -> int:
    """Rows of the list among so many; a tenth of everyone where the list would hold all, as in judging."""
    return list_size if list_size < rows else max(1, rows // 10)


def expected_auc(ranked: np.ndarray) -> float:
    """AUC that descending probabilities promise: pairs ordered rightly over all pairs, ties aside."""
    positive, negative = ranked, 1 - ranked
    below = negative[::-1].cumsum()[::-1] - negative
    pairs = positive.sum() * negative.sum() - (positive * negative).sum()
    return float((positive * below).sum() / pairs) if pairs > 0 else 0.5


def _hits(probability: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Drawn numbers of outcomes among independent customers, by the normal approximation to their sum."""
    spread = float(np.sqrt((probability * (1 - probability)).sum()))
    return np.clip(chance.normal(probability.sum(), spread, _DRAWS), 0, len(probability))


def _aucs(ranked: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """AUCs of drawn outcomes; of many rows a share is drawn, and the spread shrunk to what all would have."""
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
