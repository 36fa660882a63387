"""Split of the chosen customers into contact and control, and the smallest effect that the split detects."""

from collections.abc import Collection
from math import ceil

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import norm

from goldmine.campaigns.record import Drawn, Power
from goldmine.campaigns.spec import Campaign
from goldmine.contactability.funnel import FunnelCounter
from goldmine.contactability.holdout import chance
from goldmine.core.i18n import _
from goldmine.models.uplift.effect import MIN_ARM_ROWS

POWER, SIGNIFICANCE = 0.8, 0.05
_FOUND = float(norm.ppf(1 - SIGNIFICANCE / 2) + norm.ppf(POWER))
"""Standard errors from zero at which an effect is detected with that power."""
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


def power_of(campaign: Campaign, rows: pd.DataFrame, prevented: Collection[str] = ()) -> Power:
    """Statistical power of a campaign.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `split`, with ``use_case``, ``probability`` and ``drawn_before``: whether the release of an earlier
        snapshot held them.
    prevented : collection of str
        Use cases whose outcome a contact is to prevent: for them the effect is a fall of its rate.
    """
    new, of_interest = rows[~rows["drawn_before"]], campaign.control.min_effect_of_interest
    drawn = _counted(new)
    rate = float(new["probability"].mean()) if len(new) else 0.0
    # The measurement counts who reached the aim: of an outcome to be prevented, those to whom it did not happen.
    wanted = new["probability"].mask(new["use_case"].isin(prevented), 1 - new["probability"])
    aim = float(wanted.mean()) if len(new) else 0.0
    explained = float(wanted.var(ddof=0)) if len(new) else 0.0
    groups = (drawn.contact, drawn.control)
    return Power(
        **_counted(rows).model_dump(),
        base_rate=rate,
        smallest_effect=smallest_effect(aim, *groups, explained),
        min_effect_of_interest=of_interest,
        more_contacts=more_contacts(aim, *groups, of_interest, explained),
        control_share=campaign.control.share,
        newly_drawn=drawn,
    )


def _counted(rows: pd.DataFrame) -> Drawn:
    contact = int((rows["group"] == "contact").sum())
    return Drawn(contact=contact, control=len(rows) - contact, held_out=int(rows["held_out"].sum()))


def smallest_effect(rate: float, contact: int, control: int, explained: float = 0.0) -> float | None:
    """The smallest rise of a rate that is detected with a power of 80%.

    Two-sided test of two shares at 5%, normal approximation, the variance of each group its own, less what the
    prediction explains, since the measurement compares the groups at the same prediction.

    Parameters
    ----------
    rate : float
        Rate of the outcome without contact.
    contact, control : int
        Customers in each group.
    explained : float
        Variance of the predicted probabilities.

    Returns
    -------
    float or None
        Difference of rates; None if no rise, not even to 1, would be detected.

    Examples
    --------
    >>> round(smallest_effect(0.07, 2000, 400), 3)
    0.041
    >>> round(smallest_effect(0.07, 2000, 400, explained=0.013), 3)
    0.037
    """
    if contact < 1 or control < 1:
        return None

    def surplus(rise: float) -> float:
        return rise - _FOUND * _error(rate, rise, (contact, control), explained)

    highest = 1.0 - rate
    if surplus(highest) <= 0:
        return None
    return float(brentq(surplus, 0.0, highest))


def more_contacts(rate: float, contact: int, control: int, effect: float, explained: float = 0.0) -> int | None:
    """How many more contacts, with control in proportion, would detect an effect with a power of 80%.

    Returns
    -------
    int or None
        0 if it is detected already; None without contact or control, or if the rate leaves no room for the effect.

    Examples
    --------
    >>> more_contacts(0.07, 2000, 400, effect=0.03)
    1624
    >>> more_contacts(0.07, 2000, 400, effect=0.05)
    0
    """
    if contact < 1 or control < 1 or rate + effect > 1:
        return None
    times = (_FOUND * _error(rate, effect, (contact, control), explained) / effect) ** 2
    times = max(times, MIN_ARM_ROWS / min(contact, control))
    return max(0, ceil(contact * (times - 1)))


def _error(rate: float, rise: float, groups: tuple[int, int], explained: float) -> float:
    """Standard error of the difference between contact and control, where contact raises the rate."""
    after, (contact, control) = rate + rise, groups
    left = [max(share * (1 - share) - explained, 0.0) for share in (after, rate)]
    return float(np.sqrt(left[0] / contact + left[1] / control))
