"""Whether the challenger's list catches fewer outcomes of a protected group than the champion's."""

import numpy as np
import pandas as pd
from scipy.stats import norm

from goldmine.governance.bootstrap import resamples
from goldmine.governance.limits import Limits

SMALL = "others, together"
_DOUBT = 0.05
"""Probability of a false alarm per kind of group."""


def group_losses(
    outcome: np.ndarray, listed: dict[str, np.ndarray], groups: pd.DataFrame, limits: Limits
) -> pd.DataFrame:
    """Outcomes of each group that the champion's and the challenger's lists catch.

    A group is left behind if its loss exceeds the limit and is significant: the loss less its standard error on
    resampled outcomes, times the quantile corrected for the number of groups, is above zero.

    Parameters
    ----------
    outcome : numpy.ndarray
        0 or 1.
    listed : dict of str to numpy.ndarray
        ``champion`` and ``challenger``: whether a row is on the list, 0 to 1 (see `on_list`).
    groups : pandas.DataFrame
        Protected groups of the rows, a column per kind.

    Returns
    -------
    pandas.DataFrame
        by, group, champion, challenger (outcomes caught), loss (share of the champion's), loss_lower_bound (the
        lower confidence bound of the loss), left_behind; a row per group.
    """
    caught = (outcome == 1) & ((listed["champion"] > 0) | (listed["challenger"] > 0))
    old, new = listed["champion"][caught], listed["challenger"][caught]
    losses = [
        _losses(name, groups[name].to_numpy()[caught], (old, new), limits) for name in groups.columns if caught.any()
    ]
    columns = ["by", "group", "champion", "challenger", "loss", "loss_lower_bound", "left_behind"]
    return pd.DataFrame([row for rows in losses for row in rows], columns=columns)


def on_list(score: np.ndarray, size: int) -> np.ndarray:
    """Share of each row on a list of the highest scores: 0 or 1; rows tied at the edge share the last positions.

    Examples
    --------
    >>> on_list(np.array([0.9, 0.5, 0.5, 0.1]), 2).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    values, index = np.unique(-score, return_inverse=True)
    ends = np.cumsum(np.bincount(index, minlength=len(values)))
    begins = np.concatenate([[0], ends[:-1]])
    return np.clip((size - begins) / (ends - begins), 0, 1)[index]


def _losses(
    by: str, group: np.ndarray, caught: tuple[np.ndarray, np.ndarray], limits: Limits
) -> list[dict[str, object]]:
    codes, names = pd.factorize(group)
    known = codes >= 0
    caught_before = np.bincount(codes[known], weights=caught[0][known], minlength=len(names))
    small = caught_before < limits.min_group_outcomes
    merged = np.where(small, len(names), np.arange(len(names)))
    labels = [*map(str, names), SMALL]
    members = {labels[code]: known & (merged[codes] == code) for code in np.unique(merged)}
    members = {
        name: members_of_group
        for name, members_of_group in members.items()
        if caught[0][members_of_group].sum() >= limits.min_group_outcomes
    }
    quantile = norm.isf(_DOUBT / max(1, len(members)))
    rows = []
    for name, members_of_group in sorted(members.items()):
        old, new = float(caught[0][members_of_group].sum()), float(caught[1][members_of_group].sum())
        loss = 1 - new / old
        loss_lower_bound = loss - quantile * _error(caught[0][members_of_group], caught[1][members_of_group])
        left = loss > limits.group_loss and loss_lower_bound > 0
        rows.append({"by": by, "group": name, "champion": old, "challenger": new})
        rows[-1] |= {"loss": loss, "loss_lower_bound": loss_lower_bound, "left_behind": left}
    return rows


def _error(old: np.ndarray, new: np.ndarray) -> float:
    """Standard error of the loss, on resampled outcomes."""
    weights = np.concatenate(list(resamples(len(old))))
    return float(np.std(1 - (weights @ new) / np.maximum(weights @ old, 1)))
