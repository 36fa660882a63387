"""Make log-odds mean what they say, without changing who comes first."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

_LEAST_SLOPE = 0.01


@dataclass(frozen=True)
class Calibrator:
    """Probability = expit(slope * log-odds + offset): strictly rising, so ranks and ties stay as they are.

    Parameters
    ----------
    slope, offset : float
        Slope above zero.
    """

    slope: float = 1.0
    offset: float = 0.0

    def apply(self, log_odds: np.ndarray) -> np.ndarray:
        """Probabilities, float64, of the same shape."""
        return expit(self.slope * np.asarray(log_odds, dtype=np.float64) + self.offset)


def fit_calibrator(log_odds: np.ndarray, outcome: np.ndarray) -> Calibrator:
    """Fit Platt's two numbers on rows that the trees did not learn from.

    Isotonic steps would fit the few hundred positives of one cutoff more closely but tie customers
    that the trees tell apart, and swing at the top of the list where positives are fewest.

    Parameters
    ----------
    log_odds : numpy.ndarray
        The trees' log-odds.
    outcome : numpy.ndarray
        0 or 1, both present.
    """
    mean = float(np.mean(log_odds))
    spread = float(np.std(log_odds)) or 1.0
    scaled = ((log_odds - mean) / spread).reshape(-1, 1)
    line = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(scaled, outcome)
    slope = float(line.coef_[0, 0]) / spread
    if slope >= _LEAST_SLOPE:
        return Calibrator(slope, float(line.intercept_[0]) - slope * mean)
    # A model without skill may want the ranking turned round; it is kept, nearly flat, at the base rate.
    share = float(np.mean(outcome))
    return Calibrator(_LEAST_SLOPE, float(np.log(share / (1 - share))) - _LEAST_SLOPE * mean)
