"""Intention to treat (all assigned to contact against all assigned to control), and the gain of a list's order."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goldmine.models.uplift.effect import Estimate, NotMeasurable, detectable, interval, too_small
from goldmine.models.uplift.ranking import qini as qini_of

_MIN_IN_STRATUM = 2


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
    """Effect of assignment to contact on the outcome, stratum by stratum.

    The means are compared within each stratum of the control, and strata are weighted by their customers. Strata that
    are too small are pooled.

    Parameters
    ----------
    rows : DataFrame
        One row per customer: ``group`` (contact or control), ``stratum`` and the outcome.
    outcome : str
        Name of a column: 0 or 1, or yuan.

    Returns
    -------
    Estimate or NotMeasurable
        In the outcome's unit per assigned customer.

    Examples
    --------
    >>> rows = pd.DataFrame({"group": ["contact", "control"] * 100, "stratum": "a", "aim": [1, 0] * 50 + [0, 0] * 50})
    >>> intention_to_treat(rows).value
    0.5
    """
    value = rows[outcome].to_numpy(dtype=np.float64)
    contact = (rows["group"] == "contact").to_numpy()
    small = too_small(value, contact)
    if small is not None:
        return small
    groups = _strata(rows["stratum"].astype("str").to_numpy(), contact)
    parts = [_stratum(value[groups == index], contact[groups == index]) for index in np.unique(groups)]
    weight = np.array([part.rows for part in parts]) / len(value)
    gain = np.array([part.difference for part in parts])
    # The wider of separate and pooled variance, since few events in a small arm may mislead.
    separate = float(weight**2 @ np.array([part.own for part in parts]))
    pooled = float(weight**2 @ np.array([part.shared for part in parts]))
    return interval(float(weight @ gain), float(np.sqrt(max(separate, pooled))), len(value) - 2 * len(parts))


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
        Name of a column; for the control it holds the planned value.
    """
    return tuple(cut(some, str(name), outcome) for name, some in rows.groupby(by, sort=True, dropna=False))


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
class _Stratum:
    rows: int
    difference: float
    own: float
    shared: float


def _stratum(value: NDArray[np.float64], contact: NDArray[np.bool_]) -> _Stratum:
    arms = value[contact], value[~contact]
    sizes = np.array([len(arm) for arm in arms])
    spread = np.array([arm.var(ddof=1) for arm in arms])
    shared = float((sizes - 1) @ spread) / max(int(sizes.sum()) - 2, 1) * float((1 / sizes).sum())
    return _Stratum(len(value), float(arms[0].mean() - arms[1].mean()), float((spread / sizes).sum()), shared)


def _strata(names: NDArray, contact: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Indices of strata; those with fewer than two customers in an arm are pooled."""
    _, index = np.unique(names, return_inverse=True)
    arms = [np.bincount(index[who], minlength=index.max() + 1) for who in (contact, ~contact)]
    small = np.minimum(*arms) < _MIN_IN_STRATUM
    if not small.any():
        return index
    joined = np.where(small[index], -1, index)
    rest = joined == -1
    if min(int((rest & contact).sum()), int((rest & ~contact).sum())) < _MIN_IN_STRATUM and not small.all():
        sizes = np.where(small, np.iinfo(np.int64).max, arms[0] + arms[1])
        joined[rest] = int(sizes.argmin())
    return joined


DEPTHS = 20


def qini_curve(rows: pd.DataFrame, score: str = "probability") -> pd.DataFrame:
    """Extra outcomes by depth of the list, best first, beside those of a random order.

    Parameters
    ----------
    rows : DataFrame
        group, aim (0 or 1) and a score.

    Returns
    -------
    DataFrame
        depth (share of the customers), gained and chance (extra outcomes a hundred customers of the whole campaign);
        no rows where the campaign is not measurable.
    """
    if too_small(rows["aim"].to_numpy(dtype=np.float64), (rows["group"] == "contact").to_numpy()) is not None:
        return pd.DataFrame({"depth": [], "gained": [], "chance": []}, dtype="float64")
    ranked = rows.sort_values(score, ascending=False, kind="stable")
    contact = (ranked["group"] == "contact").to_numpy()
    aim = ranked["aim"].to_numpy(dtype=np.float64)
    places = np.linspace(0, len(ranked), DEPTHS + 1).round().astype(int)
    gained = []
    for depth in places:
        arms = [aim[:depth][who[:depth]] for who in (contact, ~contact)]
        mean = arms[0].mean() - arms[1].mean() if min(map(len, arms)) else 0.0
        gained.append(100 * mean * depth / len(ranked))
    share = places / len(ranked)
    return pd.DataFrame({"depth": share, "gained": gained, "chance": share * gained[-1]})


def uplift_by_score(rows: pd.DataFrame, score: str = "probability", groups: int = 5) -> pd.Series:
    """Group of each customer by the score, in groups of equal size; 1 is the highest."""
    group = np.empty(len(rows), dtype=np.int64)
    order = np.argsort(-rows[score].to_numpy(), kind="stable")
    group[order] = np.arange(len(rows)) * groups // len(rows) + 1
    return pd.Series(group, index=rows.index, name="group_by_score")


def qini(rows: pd.DataFrame, score: str = "probability") -> Estimate | NotMeasurable:
    """Gain of the list's order over chance, in extra outcomes per customer, with its interval.

    Parameters
    ----------
    rows : DataFrame
        group, stratum, aim and a score.
    """
    aim = rows["aim"].to_numpy(dtype=np.float64)
    contact = (rows["group"] == "contact").to_numpy()
    small = too_small(aim, contact)
    if small is not None:
        return small
    strata = rows["stratum"].astype("str")
    share = pd.Series(contact, index=rows.index).groupby(strata).transform("mean").to_numpy()
    share = np.where((share > 0) & (share < 1), share, contact.mean())
    signal = (contact - share) / (share * (1 - share)) * (aim - aim.mean())
    return qini_of(rows[score].to_numpy(dtype=np.float64), signal, np.zeros(len(rows), dtype=int))
