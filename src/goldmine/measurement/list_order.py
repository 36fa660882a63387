"""What the order of a list gained over chance: the Qini, its curve, and groups by the score."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goldmine.contactability.holdout import chance
from goldmine.core.i18n import _
from goldmine.measurement.effect import NO_SPREAD
from goldmine.models.uplift.effect import Estimate, NotMeasurable, too_small
from goldmine.models.uplift.ranking import qini as qini_of

DEPTHS = 20


def has_order(rows: pd.DataFrame, score: str = "probability") -> bool:
    """Whether the score tells any two customers apart."""
    return rows[score].nunique() > 1


def qini_curve(rows: pd.DataFrame, score: str = "probability") -> pd.DataFrame:
    """Extra outcomes by depth of the list, best first, beside those of a random order.

    Customers of one score stand in no order: of a depth that ends among them either group has its part.

    Parameters
    ----------
    rows : DataFrame
        group, aim (0 or 1) and a score.

    Returns
    -------
    DataFrame
        depth (share of the customers), gained and chance (extra outcomes a hundred customers of the whole campaign);
        no rows where the campaign is not measurable, or all customers have one score.
    """
    if _not_measurable(rows, score) is not None:
        return pd.DataFrame({"depth": [], "gained": [], "chance": []}, dtype="float64")
    places = np.linspace(0, len(rows), DEPTHS + 1).round()
    arms = [_by_depth(rows, rows["group"] == group, score, places) for group in ("contact", "control")]
    means = [np.divide(aims, size, out=np.zeros(len(places)), where=size > 0) for size, aims in arms]
    both = (arms[0][0] > 0) & (arms[1][0] > 0)
    share = places / len(rows)
    gained = 100 * share * np.where(both, means[0] - means[1], 0.0)
    return pd.DataFrame({"depth": share, "gained": gained, "chance": share * gained[-1]})


def _by_depth(
    rows: pd.DataFrame, who: pd.Series, score: str, places: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Customers of a group, and aims that they reached, among so many of the list's first."""
    counts = pd.DataFrame({"all": 1.0, "size": who.astype("float64"), "aims": rows["aim"] * who})
    ends = np.vstack([np.zeros(3), counts.groupby(-rows[score]).sum().cumsum().to_numpy()])
    return np.interp(places, ends[:, 0], ends[:, 1]), np.interp(places, ends[:, 0], ends[:, 2])


def uplift_by_score(rows: pd.DataFrame, score: str = "probability", groups: int = 5) -> pd.Series:
    """Group of each customer by the score, in groups of equal size; 1 is the highest.

    A hash of the customer's number decides between equal scores: the order of the rows tells contact from control.

    Parameters
    ----------
    rows : DataFrame
        customer_id and a score.
    """
    lots = [chance("equal scores", number) for number in rows["customer_id"]]
    group = np.empty(len(rows), dtype=np.int64)
    group[np.lexsort((lots, -rows[score].to_numpy()))] = np.arange(len(rows)) * groups // len(rows) + 1
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
    not_measurable = _not_measurable(rows, score)
    if not_measurable is not None:
        return not_measurable
    aim, prediction = (rows[name].to_numpy(dtype=np.float64) for name in ("aim", "probability"))
    contact = (rows["group"] == "contact").to_numpy()
    share = contact.mean()
    signal = (contact - share) / (share * (1 - share)) * _unforeseen(aim, prediction)
    return qini_of(rows[score].to_numpy(dtype=np.float64), signal, np.zeros(len(rows), dtype=int))


def _not_measurable(rows: pd.DataFrame, score: str) -> NotMeasurable | None:
    """Why nothing can be said of the list's order; None where something can."""
    small = too_small(rows["aim"].to_numpy(dtype=np.float64), (rows["group"] == "contact").to_numpy())
    if small is None and not has_order(rows, score):
        return NotMeasurable(_("all customers have the same score, which puts them in no order"))
    return small


def _unforeseen(outcome: NDArray[np.float64], prediction: NDArray[np.float64]) -> NDArray[np.float64]:
    """The outcome less the straight line of it over the prediction."""
    centred = prediction - prediction.mean()
    squares = float(centred @ centred)
    slope = float(centred @ outcome) / squares if squares > NO_SPREAD * len(outcome) else 0.0
    return outcome - outcome.mean() - slope * centred
