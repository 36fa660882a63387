"""The smallest effect that a campaign can detect."""

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

POWER, SIGNIFICANCE = 0.8, 0.05


def smallest_effect(rate: float, contact: int, control: int) -> float | None:
    """The smallest rise of a rate that is found in 80 of 100 such campaigns.

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
        Difference of rates; None where no rise, not even to 1, would be found.

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
