"""What the order of a list gained over chance: the Qini, its curve, and groups by the score."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goldmine.measurement.effect import NO_SPREAD
from goldmine.models.uplift.effect import Estimate, NotMeasurable, too_small
from goldmine.models.uplift.ranking import qini as qini_of

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

    The draw gives every customer of a campaign the same chance of contact, so one share weights them all. The share
    that a stratum of a few customers came out with follows the draw, and a stratum without control has none: outcomes
    weighted by such shares look like a gain where there is none. What the prediction foresees of the outcome is taken
    off, which leaves the gain as it is and narrows its interval.

    Parameters
    ----------
    rows : DataFrame
        group, aim (0 or 1), probability and a score.
    score : str
        Name of the column that the list is ordered by, largest first.

    Returns
    -------
    Estimate or NotMeasurable
        Averaged over all depths of the list.
    """
    aim, prediction = (rows[name].to_numpy(dtype=np.float64) for name in ("aim", "probability"))
    contact = (rows["group"] == "contact").to_numpy()
    small = too_small(aim, contact)
    if small is not None:
        return small
    share = contact.mean()
    signal = (contact - share) / (share * (1 - share)) * _unforeseen(aim, prediction)
    return qini_of(rows[score].to_numpy(dtype=np.float64), signal, np.zeros(len(rows), dtype=int))


def _unforeseen(outcome: NDArray[np.float64], prediction: NDArray[np.float64]) -> NDArray[np.float64]:
    """The outcome less the straight line of it over the prediction."""
    centred = prediction - prediction.mean()
    squares = float(centred @ centred)
    slope = float(centred @ outcome) / squares if squares > NO_SPREAD * len(outcome) else 0.0
    return outcome - outcome.mean() - slope * centred
