"""Intention to treat: all assigned to contact against all assigned to control."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goldmine.models.uplift.effect import Estimate, NotMeasurable, detectable, interval, too_small

MIN_IN_STRATUM = 20
"""Customers of either group that a stratum of its own has."""
_PRIOR_EVENTS = 5
"""Events that the pooled variance counts for beside those of the control."""
NO_SPREAD = 1e-12
"""Variance of a prediction below which it is the same for all: no slope is fitted."""
_MAX_LEVERAGE = 0.99


@dataclass(frozen=True)
class Cut:
    """One group of a campaign's customers.

    Parameters
    ----------
    name : str
        Decile, branch, channel or offer.
    contact, control : int
        Customers drawn for either.
    contact_mean, control_mean : float or None
        Their mean outcomes; None where the effect is not measurable.
    effect : Estimate or NotMeasurable
        Effect of assignment to contact.
    """

    name: str
    contact: int
    control: int
    contact_mean: float | None
    control_mean: float | None
    effect: Estimate | NotMeasurable

    @property
    def detectable(self) -> float | None:
        """The smallest effect that would have shown four times out of five."""
        return None if isinstance(self.effect, NotMeasurable) else detectable(self.effect.error)


def intention_to_treat(rows: pd.DataFrame, outcome: str = "aim") -> Estimate | NotMeasurable:
    """Effect of assignment to contact on the outcome, stratum by stratum, adjusted by the stored prediction.

    The groups are compared within each stratum of the control at the same predicted probability (CUPED: a slope for
    each group, common to its strata), and strata are weighted by their customers. The prediction was made before
    anybody was contacted, so it can only correct what chance made unlike; one that says nothing does no harm. Strata
    that are too small are joined with others of like prediction.

    Parameters
    ----------
    rows : DataFrame
        One row per customer: ``group`` (contact or control), ``stratum``, ``probability`` and the outcome.
    outcome : str
        Name of a column: 0 or 1, or yuan.

    Returns
    -------
    Estimate or NotMeasurable
        In the outcome's unit per assigned customer.

    Examples
    --------
    >>> rows = pd.DataFrame({"group": ["contact", "control"] * 100, "stratum": "a", "probability": 0.3})
    >>> intention_to_treat(rows.assign(aim=[1, 0] * 50 + [0, 0] * 50)).value
    0.5
    """
    value, prediction = (rows[name].to_numpy(dtype=np.float64) for name in (outcome, "probability"))
    contact = (rows["group"] == "contact").to_numpy()
    small = too_small(value, contact)
    if small is not None:
        return small
    strata = join_small_strata(rows["stratum"], contact, prediction)
    sizes = np.bincount(strata)
    centred = prediction - (np.bincount(strata, weights=prediction) / sizes)[strata]
    arms = [_arm(value[who], centred[who], strata[who], sizes / len(value)) for who in (contact, ~contact)]
    slopes_differ = (arms[0].slope - arms[1].slope) ** 2 * float(np.mean(centred**2)) / len(value)
    error = float(np.sqrt(_variance(value[~contact], arms) + slopes_differ))
    own = arms[0].variance + arms[1].variance
    degrees = own**2 / sum(arm.variance**2 / arm.degrees for arm in arms) if own else np.inf
    return interval(arms[0].level - arms[1].level, error, degrees)


def cut(rows: pd.DataFrame, name: str, outcome: str = "aim") -> Cut:
    """The effect among some customers; too few say so and give no number."""
    effect = intention_to_treat(rows, outcome)
    contact = rows["group"] == "contact"
    measurable = not isinstance(effect, NotMeasurable)
    means = [float(rows.loc[who, outcome].mean()) if measurable else None for who in (contact, ~contact)]
    return Cut(name, int(contact.sum()), int((~contact).sum()), means[0], means[1], effect)


def cuts(rows: pd.DataFrame, by: str, outcome: str = "aim") -> tuple[Cut, ...]:
    """The effect in each decile, branch, channel or offer, in the order of their names.

    Parameters
    ----------
    by : str
        Name of a column; for the control it holds the planned value. The group of those without one, such as customers
        of no branch, comes last and has no name.
    """
    groups = rows.groupby(by, sort=True, dropna=False)
    return tuple(cut(some, "" if pd.isna(name) else str(name), outcome) for name, some in groups)


def table(groups: tuple[Cut, ...]) -> pd.DataFrame:
    """Groups as a table: what is not measurable has a reason and no number.

    Returns
    -------
    DataFrame
        name, contact, control (customers), contact_mean, control_mean, effect, low, high, why.
    """
    lines = []
    for group in groups:
        effect = group.effect
        missing = isinstance(effect, NotMeasurable)
        figures = (None, None, None) if isinstance(effect, NotMeasurable) else (effect.value, effect.low, effect.high)
        why = effect.why if isinstance(effect, NotMeasurable) else ""
        means = (None, None) if missing else (group.contact_mean, group.control_mean)
        lines.append((group.name, group.contact, group.control, *means, *figures, why))
    names = ["name", "contact", "control", "contact_mean", "control_mean", "effect", "low", "high", "why"]
    numbers = dict.fromkeys(["contact_mean", "control_mean", "effect", "low", "high"], "float64")
    return pd.DataFrame(lines, columns=names).astype(numbers)


@dataclass(frozen=True)
class _Arm:
    """One group: its level at the prediction of all customers, and what it takes to know how sure that is."""

    level: float
    slope: float
    variance: float
    degrees: int
    residual: float
    weight: float


def _arm(
    value: NDArray[np.float64], centred: NDArray[np.float64], strata: NDArray[np.int64], weights: NDArray[np.float64]
) -> _Arm:
    """Least squares with a level for each stratum and one slope; the variance is HC2."""
    counts = np.bincount(strata, minlength=len(weights))
    mean_value, mean_centred = (
        np.bincount(strata, weights=column, minlength=len(weights)) / counts for column in (value, centred)
    )
    deviation = centred - mean_centred[strata]
    squares = float(deviation @ deviation)
    varies = squares > NO_SPREAD * len(value)
    slope = float(deviation @ value) / squares if varies else 0.0
    # All customers of a stratum have a mean centred prediction of 0, to which the group's level is moved.
    residual = value - mean_value[strata] - slope * deviation
    moved = deviation / squares if varies else np.zeros(len(value))
    coefficients = (weights / counts)[strata] - moved * float(weights @ mean_centred)
    leverage = np.minimum(1 / counts[strata] + moved * deviation, _MAX_LEVERAGE)
    return _Arm(
        level=float(weights @ (mean_value - slope * mean_centred)),
        slope=slope,
        variance=float((coefficients**2 * residual**2 / (1 - leverage)).sum()),
        degrees=max(len(value) - len(weights) - int(varies), 1),
        residual=float(residual @ residual),
        weight=float((coefficients**2).sum()),
    )


def _variance(control: NDArray[np.float64], arms: list[_Arm]) -> float:
    """Variance of the difference: each group's own, that of a control with few events drawn towards the pooled one.

    A small control with few events by chance understates its variance. Of an amount the wider of separate and pooled
    variance counts, since a few large amounts may be missing from a small group.
    """
    contact_arm, control_arm = arms
    pooled = sum(arm.residual for arm in arms) / sum(arm.degrees for arm in arms)
    if not np.isin(control, (0, 1)).all():
        return max(contact_arm.variance + control_arm.variance, pooled * (contact_arm.weight + control_arm.weight))
    events = float(min(control.sum(), len(control) - control.sum()))
    share = _PRIOR_EVENTS / (_PRIOR_EVENTS + events)
    return contact_arm.variance + (1 - share) * control_arm.variance + share * pooled * control_arm.weight


def join_small_strata(
    names: pd.Series, contact: NDArray[np.bool_], prediction: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Stratum of each row, where those with too few customers of a group are joined in the order of their prediction.

    Few customers in a stratum cost precision: each stratum's difference is weighted by its customers, however little
    its control can say.

    Parameters
    ----------
    names : Series
        Stratum of each row, as it was drawn.
    contact : array (rows,) of bool
        Customers assigned to contact; the others are control.
    prediction : array (rows,)
        Of the outcome, which strata that are joined should have in common.

    Returns
    -------
    array (rows,) of int
        From 0 without gaps; 20 customers of either group in each, where the campaign has as many.
    """
    index = pd.factorize(names, sort=True, use_na_sentinel=False)[0]
    arms = np.array([np.bincount(index[who], minlength=index.max() + 1) for who in (contact, ~contact)])
    mean = np.bincount(index, weights=prediction) / arms.sum(axis=0)
    small = arms.min(axis=0) < MIN_IN_STRATUM
    joined = np.arange(len(mean))
    collected: list[int] = []
    for stratum in np.argsort(mean, kind="stable"):
        if small[stratum]:
            collected.append(int(stratum))
            joined[collected] = collected[0]
            if arms[:, collected].sum(axis=1).min() >= MIN_IN_STRATUM:
                collected = []
    if collected:  # the rest goes to the stratum of the nearest prediction
        others = np.flatnonzero(~np.isin(joined, collected[:1]))
        if len(others):
            rest = float(np.average(mean[collected], weights=arms[:, collected].sum(axis=0)))
            joined[collected] = joined[others[np.abs(mean[others] - rest).argmin()]]
    return np.unique(joined, return_inverse=True)[1][index]
