"""One study: is there an effect on average, and can rows be ranked by it?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score

from goldmine.core.i18n import _
from goldmine.models.uplift.covariates import Covariates
from goldmine.models.uplift.crossfit import Array, TreeSettings, assign_folds, fit_trees, prognosis
from goldmine.models.uplift.effect import (
    LEVEL,
    Estimate,
    NotMeasurable,
    detectable,
    difference,
    interval,
    too_small,
)
from goldmine.models.uplift.ranking import Ranking, Trial, rank

FIFTHS = 5
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


@dataclass(frozen=True)
class Fifth:
    """A fifth of the rows by predicted uplift, 1 the largest: its size, arms' mean outcomes and difference."""

    fifth: int
    rows: int
    treated: float
    control: float
    effect: Estimate | NotMeasurable


@dataclass(frozen=True)
class Study:
    """The results of a trial.

    Parameters
    ----------
    effect : Estimate or NotMeasurable
        Mean outcome of the treated less that of the control, all else alike.
    detectable : float or None
        The smallest effect that the table would have shown four times out of five.
    assignment : Assignment or None
        Whether chance decided who was treated; None where nothing could be measured.
    ranking : Ranking or None
        The order by uplift; None where there is nothing to rank by.
    fifths : tuple of Fifth
        Each fifth of the rows that the order was evaluated on.
    trial : Trial or None
        What the order was learnt from.
    """

    effect: Estimate | NotMeasurable
    detectable: float | None = None
    assignment: Assignment | None = None
    ranking: Ranking | None = None
    fifths: tuple[Fifth, ...] = ()
    trial: Trial | None = None

    @property
    def verdict(self) -> str:
        """``yes``, ``no`` or ``not measurable``."""
        if isinstance(self.effect, NotMeasurable):
            return "not measurable"
        return "yes" if self.effect.significant else "no"

    @property
    def ranks(self) -> bool:
        """Whether uplift may rank: its order gains over chance, and the interval excludes zero."""
        return self.ranking is not None and self.ranking.qini.low > 0


def study(known: Covariates, treated: NDArray[np.bool_], outcome: Array, level: float = LEVEL) -> Study:
    """Measure a treatment's average effect and whom it changes most.

    Parameters
    ----------
    known : Covariates
        What was known of each row before the treatment.
    treated : array (rows,) of bool
        Who was treated.
    outcome : array (rows,)
        0 or 1, or a number.
    level : float
        Of the intervals.
    """
    small = too_small(outcome, treated)
    if small is not None:
        return Study(small)
    fold = assign_folds(treated, outcome)
    assigned = check_assignment(known, treated, fold)
    if assigned.broken:
        return Study(_unlike(assigned.auc), assignment=assigned)
    predicted = prognosis(known, outcome, fold)
    trial = Trial(known, treated, assigned.share, outcome - _together(predicted, outcome))
    ranking = rank(trial, fold, level) if known.names else None
    if ranking is None or assigned.random:
        effect = difference(outcome, treated, predicted, level)
    else:
        effect = _weighted(trial, ranking.uplift, level)
    if isinstance(effect, NotMeasurable):
        return Study(effect)
    fifths = _fifths(ranking, (outcome, treated, predicted), fold, level) if ranking else ()
    return Study(effect, detectable(effect.error, level), assigned, ranking, fifths, trial)


def _unlike(auc: float) -> NotMeasurable:
    return NotMeasurable(
        _("the treatment follows what was known before (AUC {auc:.2f}), so the arms are not alike", auc=auc)
    )


def _together(predicted: Array, outcome: Array) -> Array:
    """The two forecasts as one."""
    if not predicted.shape[1]:
        return np.full(len(outcome), outcome.mean())
    return LinearRegression().fit(predicted, outcome).predict(predicted)


def _weighted(trial: Trial, uplift: Array, level: float) -> Estimate:
    """The average effect where the share of treated differs by what was known: right if either the outcome or the
    treatment was foreseen well (augmented inverse probability weighting).
    """
    share, treated = trial.share, trial.treated
    each = uplift + (treated - share) / (share * (1 - share)) * (trial.residual - (treated - share) * uplift)
    return interval(float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each))), len(each) - 1, level)


def _fifths(
    ranking: Ranking, arms: tuple[Array, NDArray[np.bool_], Array], fold: NDArray[np.int64], level: float
) -> tuple[Fifth, ...]:
    outcome, treated, predicted = arms
    place = np.full(len(fold), -1)
    for number in np.unique(fold[ranking.evaluated]):
        held = np.flatnonzero(fold == number)
        order = held[np.argsort(-ranking.order[held], kind="stable")]
        place[order] = np.arange(len(held)) * FIFTHS // len(held)
    found = []
    for fifth in range(FIFTHS):
        here = place == fifth
        effect = difference(outcome[here], treated[here], predicted[here], level)
        means = [float(outcome[here & arm].mean()) for arm in (treated, ~treated)]
        found.append(Fifth(fifth + 1, int(here.sum()), means[0], means[1], effect))
    return tuple(found)


def check_assignment(known: Covariates, treated: NDArray[np.bool_], fold: NDArray[np.int64]) -> Assignment:
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
