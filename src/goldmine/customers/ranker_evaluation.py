"""Evaluation of the near-threshold model against the baseline, nearest first, on a later quarter.

In a direction in which the model showed no skill, the baseline ranks.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from goldmine.models.model import Calibrator, fit_calibrator

CHANCE = 0.05
"""Significance level: a ranking shows skill if its p-value is below this."""


def sides(rows: pd.DataFrame, band: float) -> dict[str, tuple[pd.Series, pd.Series]]:
    """The training rows near a step by side, and whether they crossed it.

    Parameters
    ----------
    rows : pandas.DataFrame
        aum, step (yuan), outcome (1: at the step or above it later), and aum_change_90d_to_step if known.
    band : float
        Width of the band on either side of the step, as a share of the step.

    Returns
    -------
    dict of str to tuple of pandas.Series
        ``up`` and ``down``: a flag per row, and 1 if the step was crossed in that direction.
    """
    share = rows.aum / rows.step
    change = rows["aum_change_90d_to_step"] if "aum_change_90d_to_step" in rows else pd.Series(-1.0, rows.index)
    return {
        "up": ((share >= 1 - band) & (share < 1), rows.outcome),
        "down": ((share >= 1) & (share <= 1 + band) & (change < 0), 1 - rows.outcome),
    }


def fit_nearest(rows: pd.DataFrame, band: float) -> dict[str, Calibrator]:
    """By direction, the crossing rate by distance to the step; monotone, and flat if distance has no effect.

    A direction that everybody or nobody crossed has none.
    """
    calibrators = {}
    for direction, (chosen, crossed) in sides(rows, band).items():
        moved = crossed[chosen].to_numpy()
        if 0 < moved.sum() < len(moved):
            calibrators[direction] = fit_calibrator(
                _nearness(rows.aum / rows.step, direction)[chosen].to_numpy(), moved
            )
    return calibrators


def by_nearness(share: pd.Series, direction: pd.Series, nearest: Mapping[str, Calibrator]) -> np.ndarray:
    """Probability of crossing by distance alone; empty in a direction without a baseline.

    Parameters
    ----------
    share : pandas.Series
        AUM as a share of the step.
    direction : pandas.Series
        ``up`` or ``down``.
    nearest : mapping of str to Calibrator
        From `fit_nearest`.
    """
    probability = np.full(len(share), np.nan)
    for side, calibrator in nearest.items():
        on_side = (direction == side).to_numpy()
        probability[on_side] = calibrator.apply(_nearness(share, side)[on_side].to_numpy())
    return probability


def evaluate_rankers(
    rows: pd.DataFrame, reached: np.ndarray, nearest: Mapping[str, Calibrator], band: float
) -> pd.DataFrame:
    """Evaluate model and baseline on a quarter that neither was fitted on, and choose which of them ranks.

    The model ranks if it beats chance (a rank test at `CHANCE`) and the baseline.

    Parameters
    ----------
    rows : pandas.DataFrame
        See `sides`.
    reached : numpy.ndarray
        The model's probability of being at the step or above it later, one per row.
    nearest : mapping of str to Calibrator
        From `fit_nearest`.
    band : float
        See `sides`.

    Returns
    -------
    pandas.DataFrame
        A row per direction: direction, customers, moved, expected (by the chosen ranker), auc and rule_auc (of model
        and baseline), by_chance (p-value of the model), brier and no_skill_brier (of the chosen ranker, and of one
        rate for all), ranked_by (``model`` or ``nearest``).
    """
    rows_by_direction = []
    for direction, (chosen, crossed) in sides(rows, band).items():
        moved = crossed[chosen].to_numpy()
        model = (reached if direction == "up" else 1 - reached)[chosen.to_numpy()]
        share = (rows.aum / rows.step)[chosen]
        rule = by_nearness(share, pd.Series(direction, share.index), nearest)
        auc, rule_auc = _auc_or_nan(moved, model), _auc_or_nan(moved, _nearness(share, direction).to_numpy())
        p_value = _p_value(moved, model)
        ranked_by = "model" if p_value < CHANCE and auc > rule_auc else "nearest"
        probability = model if ranked_by == "model" else rule
        complete = len(moved) > 0 and not np.isnan(probability).any()
        rows_by_direction.append(
            {
                "direction": direction,
                "customers": len(moved),
                "moved": int(moved.sum()),
                "expected": float(probability.sum()),
                "auc": auc,
                "rule_auc": rule_auc,
                "by_chance": p_value,
                "brier": float(np.mean((moved - probability) ** 2)) if complete else np.nan,
                "no_skill_brier": float(moved.mean() * (1 - moved.mean())) if len(moved) else np.nan,
                "ranked_by": ranked_by,
            }
        )
    return pd.DataFrame(rows_by_direction)


def _nearness(share: pd.Series, direction: str) -> pd.Series:
    return share if direction == "up" else -share


def _auc_or_nan(moved: np.ndarray, score: np.ndarray) -> float:
    return float(roc_auc_score(moved, score)) if 0 < moved.sum() < len(moved) else np.nan


def _p_value(moved: np.ndarray, score: np.ndarray) -> float:
    if not 0 < moved.sum() < len(moved):
        return 1.0
    return float(mannwhitneyu(score[moved == 1], score[moved == 0], alternative="greater").pvalue)
