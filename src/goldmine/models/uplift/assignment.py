"""Whether chance decided who was treated: what was known before must not foretell it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from goldmine.models.uplift.covariates import Covariates
from goldmine.models.uplift.crossfit import Array, Shape, prognosis, trees

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
        How well the covariates foretell who is treated: 0.5 not at all, 1 wholly.
    random : bool
        Whether chance can explain that.
    share : array (rows,)
        Each row's probability of treatment: the arm's share where assignment is random.
    tells : tuple of str
        Where it is not, the columns that foretell it best.
    """

    auc: float
    random: bool
    share: Array
    tells: tuple[str, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether the arms are too unlike to be compared."""
        return not self.random and self.auc >= BROKEN_AUC


def assignment(known: Covariates, treated: NDArray[np.bool_], fold: NDArray[np.int64]) -> Assignment:
    """Foretell the treatment of each row from models that did not see it, and judge by how well that goes."""
    even = np.full(len(treated), treated.mean())
    if not known.names:
        return Assignment(0.5, True, even)
    foretold = prognosis(known, treated.astype(np.float64), fold)
    aucs = [float(roc_auc_score(treated, column)) for column in foretold.T]
    auc = max(aucs)
    sizes = int(treated.sum()), int((~treated).sum())
    # Twice the variance of an AUC by chance, as folds judge one another crosswise and each pair of rows counts twice.
    error = np.sqrt((sum(sizes) + 1) / (6 * sizes[0] * sizes[1]))
    if auc < SUSPECT_AUC or auc - 0.5 < norm.isf(_CHANCE) * error:
        return Assignment(auc, True, even)
    share = LogisticRegression(C=np.inf).fit(_logit(foretold), treated).predict_proba(_logit(foretold))[:, 1]
    return Assignment(auc, False, np.clip(share, _EDGE, 1 - _EDGE), _tells(known, treated))


def _logit(share: Array) -> Array:
    inside = np.clip(share, 0.005, 0.995)
    return np.log(inside / (1 - inside))


def _tells(known: Covariates, treated: NDArray[np.bool_], most: int = 3) -> tuple[str, ...]:
    gain = trees(known, np.arange(len(treated)), treated.astype(np.float64), Shape(20, 7)).gain
    order = np.argsort(-gain, kind="stable")[:most]
    return tuple(known.names[place] for place in order if gain[place] > 0.1 * gain.sum())
