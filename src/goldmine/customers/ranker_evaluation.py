"""Whether the near-threshold model may rank people: the model beside the plain rule, nearest first, on a later quarter.

A model that did not show skill in a direction does not rank there; the rule does.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from goldmine.models.model import Calibrator, fit_calibrator

CHANCE = 0.05
"""A ranking has shown skill where chance alone would rank so well in fewer than this share of cases."""


def sides(rows: pd.DataFrame, band: float) -> dict[str, tuple[pd.Series, pd.Series]]:
    """Who of some learnt rows is near a step from which side, and whether they crossed it.

    Parameters
    ----------
    rows : pandas.DataFrame
        aum, step (yuan), outcome (1: stood at the step or above it later), and aum_change_90d_to_step where there is.
    band : float
        How near, as a share of the upper of the two amounts.

    Returns
    -------
    dict of str to tuple of pandas.Series
        ``up`` and ``down``: a flag a row, and 1 where the step was crossed in that direction.
    """
    share = rows.aum / rows.step
    change = rows["aum_change_90d_to_step"] if "aum_change_90d_to_step" in rows else pd.Series(-1.0, rows.index)
    return {
        "up": ((share >= 1 - band) & (share < 1), rows.outcome),
        "down": ((share >= 1) & (share <= 1 / (1 - band)) & (change < 0), 1 - rows.outcome),
    }


def fit_nearest(rows: pd.DataFrame, band: float) -> dict[str, Calibrator]:
    """Of each direction, how the share of those who crossed fell with the distance; flat where it did not.

    A direction that everybody or nobody crossed has none.
    """
    found = {}
    for direction, (chosen, crossed) in sides(rows, band).items():
        moved = crossed[chosen].to_numpy()
        if 0 < moved.sum() < len(moved):
            found[direction] = fit_calibrator(_nearness(rows.aum / rows.step, direction)[chosen].to_numpy(), moved)
    return found


def by_nearness(share: pd.Series, direction: pd.Series, nearest: Mapping[str, Calibrator]) -> np.ndarray:
    """Probability of crossing by the distance alone; empty in a direction that has no rule.

    Parameters
    ----------
    share : pandas.Series
        AUM as a share of the step.
    direction : pandas.Series
        ``up`` or ``down``.
    nearest : mapping of str to Calibrator
        From `fit_nearest`.
    """
    found = np.full(len(share), np.nan)
    for side, rule in nearest.items():
        here = (direction == side).to_numpy()
        found[here] = rule.apply(_nearness(share, side)[here].to_numpy())
    return found


def judged(rows: pd.DataFrame, reached: np.ndarray, nearest: Mapping[str, Calibrator], band: float) -> pd.DataFrame:
    """Model and rule on a quarter that neither was fitted on, and which of them is to rank.

    The model ranks where it orders customers better than chance (a rank test at `CHANCE`) and than the rule.

    Parameters
    ----------
    rows : pandas.DataFrame
        See `sides`.
    reached : numpy.ndarray
        The model's probability of standing at the step or above it later, a row each.
    nearest : mapping of str to Calibrator
        From `fit_nearest`.
    band : float
        How near.

    Returns
    -------
    pandas.DataFrame
        A row a direction: direction, customers, moved, expected (by whichever ranks), auc and rule_auc, by_chance (how
        likely chance alone ranks as well as the model), brier and no_skill_brier (of whichever ranks, and of one share
        for all), ranked_by (``model`` or ``nearest``).
    """
    found = []
    for direction, (chosen, crossed) in sides(rows, band).items():
        moved = crossed[chosen].to_numpy()
        model = (reached if direction == "up" else 1 - reached)[chosen.to_numpy()]
        share = (rows.aum / rows.step)[chosen]
        rule = by_nearness(share, pd.Series(direction, share.index), nearest)
        auc, rule_auc = _auc(moved, model), _auc(moved, _nearness(share, direction).to_numpy())
        by_chance = _by_chance(moved, model)
        ranked_by = "model" if by_chance < CHANCE and auc > rule_auc else "nearest"
        said = model if ranked_by == "model" else rule
        told = len(moved) > 0 and not np.isnan(said).any()
        found.append(
            {
                "direction": direction,
                "customers": len(moved),
                "moved": int(moved.sum()),
                "expected": float(said.sum()),
                "auc": auc,
                "rule_auc": rule_auc,
                "by_chance": by_chance,
                "brier": float(np.mean((moved - said) ** 2)) if told else np.nan,
                "no_skill_brier": float(moved.mean() * (1 - moved.mean())) if len(moved) else np.nan,
                "ranked_by": ranked_by,
            }
        )
    return pd.DataFrame(found)


def _nearness(share: pd.Series, direction: str) -> pd.Series:
    return share if direction == "up" else -share


def _auc(moved: np.ndarray, said: np.ndarray) -> float:
    return float(roc_auc_score(moved, said)) if 0 < moved.sum() < len(moved) else np.nan


def _by_chance(moved: np.ndarray, said: np.ndarray) -> float:
    if not 0 < moved.sum() < len(moved):
        return 1.0
    return float(mannwhitneyu(said[moved == 1], said[moved == 0], alternative="greater").pvalue)
