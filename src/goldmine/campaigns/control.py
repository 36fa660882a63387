"""Split of the chosen customers into contact and control, and the smallest effect that the split detects."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

from goldmine.campaigns.spec import Campaign
from goldmine.contactability.funnel import FunnelCounter
from goldmine.contactability.holdout import chance
from goldmine.core.i18n import _

POWER, SIGNIFICANCE = 0.8, 0.05
_STRATA = {"branch": "branch_id", "decile": "decile", "channel": "channel", "offer": "offer"}
_HELD_OUT = _("held out of all campaigns")
_CONTROL = _("control of the campaign")


def split(
    rows: pd.DataFrame, campaign: Campaign, salt: str, held_out: Collection[str], earlier: pd.DataFrame
) -> pd.DataFrame:
    """Give every chosen customer a stratum and a group.

    Customers in the universal hold-out are control. Customers of this campaign's earlier releases keep their group. Of
    the others a share of each stratum becomes control, by systematic sampling in the order of stratum and salted hash.

    Parameters
    ----------
    rows : pandas.DataFrame
        One campaign's, from `assign`.
    salt : str
        Makes the draw specific to the bank.
    held_out : collection of str
        Customers in the universal hold-out.
    earlier : pandas.DataFrame
        The campaign's rows in earlier releases: `customer_id`, `group`.

    Returns
    -------
    pandas.DataFrame
        The rows with `stratum`, `group` (``contact`` or ``control``) and `held_out`.
    """
    parts = rows[[_STRATA[name] for name in campaign.control.stratify_by]].astype("object").fillna("-")
    stratum = pd.Series(["|".join(map(str, row)) for row in parts.to_numpy()], index=rows.index, dtype="object")
    earlier_group = earlier.drop_duplicates("customer_id", keep="last").set_index("customer_id")["group"]
    group = rows["customer_id"].map(earlier_group).astype("object")
    in_holdout = rows["customer_id"].isin(list(held_out))
    new = (group.isna() & ~in_holdout).to_numpy()
    drawn = pd.Series(_drawn(rows[new], stratum[new], campaign, salt), index=rows.index[new])
    group = group.where(group.notna(), drawn.map({True: "control", False: "contact"}))
    return rows.assign(stratum=stratum, group=group.mask(in_holdout, "control"), held_out=in_holdout)


def _drawn(rows: pd.DataFrame, stratum: pd.Series, campaign: Campaign, salt: str) -> NDArray:
    hashes = np.array([chance(salt, campaign.campaign_id, customer) for customer in rows["customer_id"]])
    order = np.lexsort((hashes, stratum.to_numpy(dtype=str)))
    start, share = chance(salt, campaign.campaign_id), campaign.control.share
    steps = np.floor((np.arange(len(rows) + 1) + start) * share)
    drawn = np.zeros(len(rows), dtype=bool)
    drawn[order] = np.diff(steps) > 0
    return drawn


def count_control(rows: pd.DataFrame, counter: FunnelCounter) -> None:
    """Count the customers who are not contacted."""
    out = int(rows["held_out"].sum())
    counter.leave("held_out", _HELD_OUT, out, "control")
    counter.leave("control", _CONTROL, int((rows["group"] == "control").sum()) - out, "control")


def smallest_effect(rate: float, contact: int, control: int) -> float | None:
    """The smallest rise of a rate that is detected with a power of 80%.

    Two-sided test of two shares at 5%, normal approximation, the variance of each group its own.

    Parameters
    ----------
    rate : float
        Rate of the outcome without contact.
    contact, control : int
        Customers in each group.

    Returns
    -------
    float or None
        Difference of rates; None if no rise, not even to 1, would be detected.

    Examples
    --------
    >>> round(smallest_effect(0.07, 2000, 400), 3)
    0.041
    """
    if contact < 1 or control < 1:
        return None
    needed = norm.ppf(1 - SIGNIFICANCE / 2) + norm.ppf(POWER)

    def surplus(rise: float) -> float:
        after = rate + rise
        error = np.sqrt(rate * (1 - rate) / control + after * (1 - after) / contact)
        return float(rise - needed * error)

    highest = 1.0 - rate
    if surplus(highest) <= 0:
        return None
    return float(brentq(surplus, 0.0, highest))
