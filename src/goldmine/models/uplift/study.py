"""Study of a trial: the average effect, and whether uplift ranks the rows."""

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
"""Above this, and beyond chance, the covariates predict the treatment."""
BROKEN_AUC = 0.75
"""Above this the arms are too different to compare."""
_CHANCE = 0.0005
_EDGE = 0.02
_MAX_LEVELS = 20
"""A column with more values than this is no stratum."""


@dataclass(frozen=True)
class Assignment:
    """Check of whether the treatment was assigned at random.

    Parameters
    ----------
    auc : float
        How well the covariates predict who is treated: 0.5 not at all, 1 wholly.
    random : bool
        Whether chance explains that.
    share : array (rows,)
        Each row's probability of treatment: the arm's share where assignment is random.
    predictors : tuple of str
        Where it is not, the columns that predict it best.
    strata : tuple of str
        The columns by which the arms' shares differ, if the treatment is random within each of their values.
    """

    auc: float
    random: bool
    share: Array
    predictors: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether the arms are too different to compare."""
        return not self.random and not self.strata and self.auc >= BROKEN_AUC


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
        Mean outcome of the treated less that of the control, all else equal.
    detectable : float or None
        The smallest effect that the table detects with 80% power.
    assignment : Assignment or None
        Whether treatment was random; None where nothing is measurable.
    ranking : Ranking or None
        The order by uplift; None where there are no covariates.
    fifths : tuple of Fifth
        Fifths of the rows that the order was evaluated on.
    trial : Trial or None
        The trial that the order was learnt from.
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
    """Measure a treatment's average effect, and rank rows by their uplift.

    Parameters
    ----------
    known : Covariates
        Values of each row known before the treatment.
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
    trial = Trial(known, treated, assigned.share, outcome - _combined(predicted, outcome))
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


def _combined(predicted: Array, outcome: Array) -> Array:
    """The two predictions combined by linear regression."""
    if not predicted.shape[1]:
        return np.full(len(outcome), outcome.mean())
    return LinearRegression().fit(predicted, outcome).predict(predicted)


def _weighted(trial: Trial, uplift: Array, level: float) -> Estimate:
    """The average effect by augmented inverse probability weighting: consistent if either the outcome or the treatment
    is predicted well.
    """
    share, treated = trial.share, trial.treated
    effects = uplift + (treated - share) / (share * (1 - share)) * (trial.residual - (treated - share) * uplift)
    return interval(float(effects.mean()), float(effects.std(ddof=1) / np.sqrt(len(effects))), len(effects) - 1, level)


def _fifths(
    ranking: Ranking, arms: tuple[Array, NDArray[np.bool_], Array], fold: NDArray[np.int64], level: float
) -> tuple[Fifth, ...]:
    outcome, treated, predicted = arms
    group = np.full(len(fold), -1)
    for number in np.unique(fold[ranking.evaluated]):
        held = np.flatnonzero(fold == number)
        order = held[np.argsort(-ranking.order[held], kind="stable")]
        group[order] = np.arange(len(held)) * FIFTHS // len(held)
    fifths = []
    for fifth in range(FIFTHS):
        members = group == fifth
        effect = difference(outcome[members], treated[members], predicted[members], level)
        means = [float(outcome[members & arm].mean()) for arm in (treated, ~treated)]
        fifths.append(Fifth(fifth + 1, int(members.sum()), means[0], means[1], effect))
    return tuple(fifths)


def check_assignment(known: Covariates, treated: NDArray[np.bool_], fold: NDArray[np.int64]) -> Assignment:
    """Predict the treatment of each row from models that did not see it, and test how well that works."""
    even = np.full(len(treated), treated.mean())
    if not known.names:
        return Assignment(0.5, True, even)
    predicted = prognosis(known, treated.astype(np.float64), fold)
    aucs = [float(roc_auc_score(treated, column)) for column in predicted.T]
    auc = max(aucs)
    one_group = np.zeros(len(treated), dtype=np.int64)
    if not any(_predicts(column, treated, one_group) for column in predicted.T):
        return Assignment(auc, True, even)
    predictors = _predictors(known, treated)
    for count in range(1, len(predictors) + 1):
        group = _groups(known, predictors[:count])
        share = None if group is None else _shares(group, treated)
        if group is not None and share is not None and not any(_predicts(p, treated, group) for p in predicted.T):
            return Assignment(auc, False, share, predictors[:count], predictors[:count])
    share = LogisticRegression(C=np.inf).fit(_logit(predicted), treated).predict_proba(_logit(predicted))[:, 1]
    return Assignment(auc, False, np.clip(share, _EDGE, 1 - _EDGE), predictors)


def _predicts(predicted: Array, treated: NDArray[np.bool_], group: NDArray[np.int64]) -> bool:
    """Whether a prediction orders the treated before the control within the groups, beyond chance."""
    pairs, variances, aucs = [], [], []
    for number in np.unique(group):
        rows = group == number
        arms = int(treated[rows].sum()), int((~treated[rows]).sum())
        if min(arms):
            pairs.append(arms[0] * arms[1])
            aucs.append(float(roc_auc_score(treated[rows], predicted[rows])))
            # Twice the chance variance of an AUC, as in cross-validation each pair of rows counts twice.
            variances.append((sum(arms) + 1) / (6 * arms[0] * arms[1]))
    weight = np.array(pairs) / sum(pairs)
    auc, error = float(weight @ aucs), float(np.sqrt(weight**2 @ variances))
    return auc >= SUSPECT_AUC and auc - 0.5 >= norm.isf(_CHANCE) * error


def _groups(known: Covariates, names: tuple[str, ...]) -> NDArray[np.int64] | None:
    """The groups of rows that share their values in some columns; None where a column has many values."""
    columns = np.nan_to_num(known.matrix[:, [known.names.index(name) for name in names]], nan=-1)
    if any(len(np.unique(column)) > _MAX_LEVELS for column in columns.T):
        return None
    return np.asarray(np.unique(columns, axis=0, return_inverse=True)[1]).ravel()


def _shares(group: NDArray[np.int64], treated: NDArray[np.bool_]) -> Array | None:
    """Each row's share of treated rows in its group; None where a group has nearly one arm only."""
    share = np.bincount(group, weights=treated) / np.bincount(group)
    return share[group] if share.min() > _EDGE and share.max() < 1 - _EDGE else None


def _logit(share: Array) -> Array:
    inside = np.clip(share, 0.005, 0.995)
    return np.log(inside / (1 - inside))


def _predictors(known: Covariates, treated: NDArray[np.bool_], limit: int = 3) -> tuple[str, ...]:
    gain = fit_trees(known, np.arange(len(treated)), treated.astype(np.float64), TreeSettings(20, 7)).gain
    order = np.argsort(-gain, kind="stable")[:limit]
    return tuple(known.names[column] for column in order if gain[column] > 0.1 * gain.sum())
