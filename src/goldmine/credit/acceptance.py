"""Who takes a loan that is offered, and what its price changes: a logistic regression on past offers.

What was offered varied with the month and the branch, not with the customer's risk, so that the rate's weight is its
effect. It is used to weigh what an offer may earn or lose, never to set one customer's price.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from goldmine.credit.applications import Applications

MIN_OFFERS, MIN_EACH = 100, 20
"""Offers, and those taken and not taken, that are needed to learn from."""
_PER_PERCENT = 100
"""Basis points of a percentage point."""


@dataclass(frozen=True)
class Acceptance:
    """The model.

    Parameters
    ----------
    columns : tuple of str
        Features, on a log scale.
    centre, scale : array
        Of the columns.
    weights : array
        Of the scaled columns.
    per_percent : float
        What a percentage point more adds to the log odds; negative.
    constant : float
        Log odds at a rate of 0 of an average customer.
    """

    columns: tuple[str, ...]
    centre: NDArray
    scale: NDArray
    weights: NDArray
    per_percent: float
    constant: float

    def log_odds(self, features: pd.DataFrame) -> NDArray:
        """Log odds to take an offer at a rate of 0, by customer."""
        scaled = (_logged(features, self.columns) - self.centre) / self.scale
        return np.asarray(scaled @ self.weights + self.constant)

    def probability(self, features: pd.DataFrame, rate_bp: NDArray | float) -> NDArray:
        """Chance to take an offer at a rate in basis points a year."""
        return np.asarray(expit(self.log_odds(features) + self.per_percent * np.asarray(rate_bp) / _PER_PERCENT))


@dataclass(frozen=True)
class AcceptanceEvaluation:
    """Figures of later offers that the model had not seen.

    Parameters
    ----------
    offers, taken : int
        Offers, and those that were taken.
    predicted : float
        Mean predicted chance.
    auc : float
        Area under the curve.
    """

    offers: int
    taken: int
    predicted: float
    auc: float


def fit_acceptance(past: Applications, later: NDArray) -> tuple[Acceptance, AcceptanceEvaluation] | None:
    """Learn from the earlier offers and evaluate on the later ones.

    Returns
    -------
    tuple or None
        None where too few offers with a rate are known, or a higher rate seems to be taken more often: the rates then
        say nothing of the price.
    """
    offered = (
        past.known["decision"].isin(["granted", "not_taken"]).to_numpy() & past.known["rate_bp"].notna().to_numpy()
    )
    taken = (past.known["decision"] == "granted").to_numpy()
    early, late = offered & ~later, offered & later
    if early.sum() < MIN_OFFERS or min(taken[early].sum(), (~taken[early]).sum()) < MIN_EACH or not late.any():
        return None
    columns = tuple(past.features.columns)
    logged = _logged(past.features[early], columns)
    centre, scale = logged.mean(axis=0), np.maximum(logged.std(axis=0), 1e-9)
    percent = past.known["rate_bp"].to_numpy(dtype=np.float64)[early] / _PER_PERCENT
    rows = np.column_stack([(logged - centre) / scale, percent - percent.mean()])
    line = LogisticRegression(C=1.0, max_iter=1000).fit(rows, taken[early])
    weights, per_percent = line.coef_[0, :-1], float(line.coef_[0, -1])
    if per_percent >= 0:
        return None
    model = Acceptance(
        columns, centre, scale, weights, per_percent, float(line.intercept_[0]) - per_percent * float(percent.mean())
    )
    chance = model.probability(past.features[late], past.known["rate_bp"].to_numpy(dtype=np.float64)[late])
    both = 0 < taken[late].sum() < late.sum()
    auc = float(roc_auc_score(taken[late], chance)) if both else 0.5
    return model, AcceptanceEvaluation(int(late.sum()), int(taken[late].sum()), float(chance.mean()), auc)


def _logged(features: pd.DataFrame, columns: tuple[str, ...]) -> NDArray:
    """Features on a log scale; what is not known counts as nothing."""
    return np.log1p(np.maximum(features[list(columns)].fillna(0).to_numpy(dtype=np.float64), 0))
