"""One study: is there an effect on average, and can rows be ranked by it?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression

from goldmine.core.i18n import _
from goldmine.models.uplift.assignment import Assignment, assignment
from goldmine.models.uplift.covariates import Covariates
from goldmine.models.uplift.crossfit import Array, assign_folds, prognosis
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
    assigned = assignment(known, treated, fold)
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
