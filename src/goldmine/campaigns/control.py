"""Split of the chosen customers into contact and control, and the smallest effect that the split detects."""

from collections.abc import Collection

import numpy as np
import pandas as pd
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
    rows: pd.DataFrame, campaign: Campaign, salt: str, held_out: Collection[str], decided: pd.DataFrame
) -> pd.DataFrame:
    """Give every chosen customer a stratum and a group.

    A customer's group in a campaign is decided once: by the first release that holds them, or else by the salted hash
    of campaign and number, which makes `control.share` of all customers control. No other customer, month or order of
    publishing enters, so that a month corrected or made up later moves nobody. The strata are balanced on average only;
    the measurement compares the groups within each, whatever their shares came out as.

    Customers in the universal hold-out are control. One whom the campaign was to contact before they were held out
    (the hold-out began later, or their number was merged with a held-out one) belongs to neither group and leaves.

    Parameters
    ----------
    rows : pandas.DataFrame
        One campaign's, from `assign`.
    salt : str
        Makes the draw specific to the bank.
    held_out : collection of str
        Customers in the universal hold-out.
    decided : pandas.DataFrame
        The campaign's rows in the releases handed out so far, by surviving number, the earliest first:
        `customer_id`, `group`.

    Returns
    -------
    pandas.DataFrame
        The rows with `stratum`, `group` (``contact`` or ``control``) and `held_out`.
    """
    first = decided.drop_duplicates("customer_id").set_index("customer_id")["group"]
    group = rows["customer_id"].map(first).astype("object")
    in_holdout = rows["customer_id"].isin(list(held_out))
    drawn = [_drawn(salt, campaign, customer) for customer in rows["customer_id"]]
    new = pd.Series(
        np.where(in_holdout | np.array(drawn, dtype=bool), "control", "contact"), rows.index, dtype="object"
    )
    parts = rows[[_STRATA[name] for name in campaign.control.stratify_by]].astype("object").fillna("-")
    stratum = pd.Series(["|".join(map(str, row)) for row in parts.to_numpy()], index=rows.index, dtype="object")
    grouped = rows.assign(stratum=stratum, group=group.fillna(new), held_out=in_holdout)
    return grouped[~in_holdout | (grouped["group"] == "control")].reset_index(drop=True)


def _drawn(salt: str, campaign: Campaign, customer: str) -> bool:
    return chance(salt, campaign.campaign_id, customer) < campaign.control.share


def count_control(chosen: int, rows: pd.DataFrame, counter: FunnelCounter) -> None:
    """Count those of the chosen customers who are not contacted."""
    contact = int((rows["group"] == "contact").sum())
    control = int(((rows["group"] == "control") & ~rows["held_out"]).sum())
    counter.leave("held_out", _HELD_OUT, chosen - contact - control, "control")
    counter.leave("control", _CONTROL, control, "control")


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
