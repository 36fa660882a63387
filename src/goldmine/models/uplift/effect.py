"""The average effect: the difference between treated and control with an interval, or why it is not measurable."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from goldmine.core.i18n import _

Array = NDArray[np.float64]

LEVEL = 0.95
"""Share of intervals that hold the true value: 1 in 20 tables without an effect shows one anyway."""
MIN_ARM_ROWS = 50
"""Minimum rows of each arm."""
MIN_EVENTS = 5
"""Minimum expected count of either value of a binary outcome in each arm."""
POWER = 0.8


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval.

    Parameters
    ----------
    value, low, high : float
        The figure and the ends of its interval, in the outcome's unit (a share, or yuan).
    error : float
        Standard error.
    """

    value: float
    low: float
    high: float
    error: float

    @property
    def significant(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class NotMeasurable:
    """No figure, and why not."""

    why: str


def too_small(outcome: Array, treated: NDArray[np.bool_]) -> NotMeasurable | None:
    """Why two arms cannot be compared; None where they can.

    Parameters
    ----------
    outcome : array (rows,)
        Whether it happened (0 or 1), or a number.
    treated : array (rows,) of bool
        Who was treated.
    """
    arms = int(treated.sum()), int((~treated).sum())
    few = (
        _("{rows} treated rows, at least {needed} are needed", rows=arms[0], needed=MIN_ARM_ROWS),
        _("{rows} control rows, at least {needed} are needed", rows=arms[1], needed=MIN_ARM_ROWS),
    )
    for rows, why in zip(arms, few, strict=True):
        if rows < MIN_ARM_ROWS:
            return NotMeasurable(why)
    if np.ptp(outcome) == 0:
        return NotMeasurable(_("the outcome is the same in every row"))
    if np.isin(outcome, (0, 1)).all():
        rare = float(min(outcome.mean(), 1 - outcome.mean())) * min(arms)
        if rare < MIN_EVENTS:
            return NotMeasurable(
                _(
                    "the rarer outcome is expected {rare:.1f} times in the smaller arm, {needed} are needed",
                    rare=rare,
                    needed=MIN_EVENTS,
                )
            )
    return None


def interval(value: float, error: float, degrees: float = np.inf, level: float = LEVEL) -> Estimate:
    """An estimate from its standard error and degrees of freedom."""
    reach = float(stats.t.ppf((1 + level) / 2, degrees)) * error
    return Estimate(value, value - reach, value + reach, error)


def detectable(error: float, level: float = LEVEL) -> float:
    """The smallest effect that is significant at this standard error with 80% power.

    Examples
    --------
    >>> round(detectable(0.01), 3)
    0.028
    """
    return float(stats.norm.ppf((1 + level) / 2) + stats.norm.ppf(POWER)) * error


def difference(
    outcome: Array, treated: NDArray[np.bool_], prognosis: Array | None = None, level: float = LEVEL
) -> Estimate | NotMeasurable:
    """Mean outcome of the treated less that of the control, adjusted by a prognosis.

    Within each arm the outcome is regressed on the prognosis, and the arms are compared at the prognosis of all rows
    (Lin 2013). This corrects chance imbalance between the arms, and a useless prognosis does no harm. The
    standard error is the larger of two: from each arm's own variance (HC2) and from the pooled variance, as a
    small arm with few events understates its own.

    Parameters
    ----------
    outcome : array (rows,)
        0 or 1, or a number.
    treated : array (rows,) of bool
        Who was treated, as chance decided.
    prognosis : array (rows, k), optional
        Outcome predicted without knowing who is treated.
    level : float
        Of the interval.

    Examples
    --------
    >>> y = np.r_[np.repeat([1.0, 0.0], [30, 70]), np.repeat([1.0, 0.0], [10, 90])]
    >>> round(difference(y, np.arange(200) < 100).value, 2)
    0.2
    """
    small = too_small(outcome, treated)
    if small is not None:
        return small
    centred = _centred(prognosis, len(outcome))
    arms = [_arm(outcome[mask], centred[mask]) for mask in (treated, ~treated)]
    value = arms[0].level - arms[1].level
    slopes = arms[0].slopes - arms[1].slopes
    prognosis_variance = (
        float(slopes @ np.atleast_2d(np.cov(centred.T)) @ slopes) / len(outcome) if centred.shape[1] else 0.0
    )
    own = arms[0].variance + arms[1].variance
    spare = sum(arm.rows for arm in arms) - 2 - 2 * centred.shape[1]
    shared = sum(arm.left for arm in arms) / max(spare, 1) * sum(1 / arm.rows for arm in arms)
    degrees = own**2 / sum(arm.variance**2 / max(arm.rows - 1 - centred.shape[1], 1) for arm in arms) if own else np.inf
    return interval(value, float(np.sqrt(max(own, shared) + prognosis_variance)), degrees, level)


@dataclass(frozen=True)
class _Arm:
    rows: int
    level: float
    slopes: Array
    left: float
    variance: float


def _arm(outcome: Array, centred: Array) -> _Arm:
    """One arm's level at the common prognosis, with its HC2 variance."""
    design = np.column_stack([np.ones(len(outcome)), centred])
    bread = np.linalg.pinv(design.T @ design)
    coefficients = bread @ design.T @ outcome
    leverage = np.clip(np.einsum("ij,jk,ik->i", design, bread, design), 0, 0.99)
    weight = design @ bread[0]
    residual = outcome - design @ coefficients
    own = float((weight**2 * residual**2 / (1 - leverage)).sum())
    return _Arm(len(outcome), float(coefficients[0]), coefficients[1:], float(residual @ residual), own)


def _centred(prognosis: Array | None, rows: int) -> Array:
    """The prognosis in standard deviations from its mean; constant columns are left out."""
    if prognosis is None:
        return np.empty((rows, 0))
    spread = prognosis.std(axis=0)
    varies = spread > 1e-9 * (1 + np.abs(prognosis).max(axis=0))
    return (prognosis[:, varies] - prognosis[:, varies].mean(axis=0)) / spread[varies]
