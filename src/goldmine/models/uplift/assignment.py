"""Randomisation check: what was known before must not predict who was treated."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from goldmine.models.uplift.covariates import Covariates
from goldmine.models.uplift.crossfit import Array, TreeSettings, fit_trees, prognosis

SUSPECT_AUC = 0.55
"""Above this, and more than chance can explain, the treatment followed the covariates."""
BROKEN_AUC = 0.75
"""Above this the arms are too unlike to be compared at all."""
_CHANCE = 0.0005
_EDGE = 0.02


@dataclass(frozen=True)
class Assignment:
    """How the treatment was assigned, as far as the table shows.

    Parameters
    ----------
    auc : float
        How well the covariates predict who is treated: 0.5 not at all, 1 wholly.
    random : bool
        Whether chance can explain that.
    share : array (rows,)
        Each row's probability of treatment: the arm's share where assignment is random.
    predictors : tuple of str
        Where it is not, the columns that predict it best.
    """

    auc: float
    random: bool
    share: Array
    predictors: tuple[str, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether the arms are too unlike to be compared."""
        return not self.random and self.auc >= BROKEN_AUC


def assignment(known: Covariates, treated: NDArray[np.bool_], fold: NDArray[np.int64]) -> Assignment:
    """Predict the treatment of each row from models that did not see it, and test how well that works."""
    even = np.full(len(treated), treated.mean())
    if not known.names:
        return Assignment(0.5, True, even)
    predicted = prognosis(known, treated.astype(np.float64), fold)
    aucs = [float(roc_auc_score(treated, column)) for column in predicted.T]
    auc = max(aucs)
    sizes = int(treated.sum()), int((~treated).sum())
    # Twice the variance of an AUC by chance, as folds judge one another crosswise and each pair of rows counts twice.
    error = np.sqrt((sum(sizes) + 1) / (6 * sizes[0] * sizes[1]))
    if auc < SUSPECT_AUC or auc - 0.5 < norm.isf(_CHANCE) * error:
        return Assignment(auc, True, even)
    share = LogisticRegression(C=np.inf).fit(_logit(predicted), treated).predict_proba(_logit(predicted))[:, 1]
    return Assignment(auc, False, np.clip(share, _EDGE, 1 - _EDGE), _predictors(known, treated))


def _logit(share: Array) -> Array:
    inside = np.clip(share, 0.005, 0.995)
    return np.log(inside / (1 - inside))


def _predictors(known: Covariates, treated: NDArray[np.bool_], limit: int = 3) -> tuple[str, ...]:
    gain = fit_trees(known, np.arange(len(treated)), treated.astype(np.float64), TreeSettings(20, 7)).gain
    order = np.argsort(-gain, kind="stable")[:limit]
    return tuple(known.names[place] for place in order if gain[place] > 0.1 * gain.sum())
