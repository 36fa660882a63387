"""The county's year: spring festival, garlic and nut harvests, quarter-end deposit drives."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

ENGAGEMENT = {1: 0.15, 2: 0.2, 5: 0.05, 6: 0.2, 7: 0.05, 9: 0.05, 10: 0.1, 12: 0.1}
"""Added to the log of own transactions: spring festival, garlic in May and June, autumn, year end."""
FARMER = {5: 0.01, 6: 0.055, 7: 0.05, 8: 0.025, 10: 0.015, 2: -0.025, 3: -0.03, 4: -0.03}
"""Added to a farmer's wealth latent: garlic is sold from late May on, seed and rent are paid in spring."""
MIGRANT = {1: 0.04, 2: 0.065, 3: 0.025, 9: -0.02, 11: -0.025}
"""Migrant workers bring the year's pay home for the spring festival."""
NUT_TRADER = {11: -0.25, 12: -0.1, 1: 0.2, 2: 0.35, 3: 0.2}
"""The roasted-nut trade buys stock in autumn and sells before and at the spring festival."""
SHARES = {"farmer": 0.45, "migrant": 0.15, "nut_trader": 0.006}
"""Expected shares of customers with such a year."""
QUARTER_END = 0.03
"""Ratio of a quarter end's balance to the month's average, less 1."""


def engagement(month_ends: list[date]) -> NDArray[np.float64]:
    """Seasonal part of the log rate of own transactions, one value a month."""
    return np.array([ENGAGEMENT.get(day.month, 0.0) for day in month_ends])


def wealth(month_ends: list[date], kinds: dict[str, NDArray[np.bool_]]) -> NDArray[np.float64]:
    """Seasonal part of the wealth latent, a row a customer and a column a month.

    Parameters
    ----------
    kinds : dict of str to array of bool
        Which customers are farmer, migrant or nut_trader.
    """
    tables = {"farmer": FARMER, "migrant": MIGRANT, "nut_trader": NUT_TRADER}
    latent = np.zeros((len(kinds["farmer"]), len(month_ends)))
    for kind, table in tables.items():
        # Less the bank's mean, so that the season moves customers past each other and not the whole bank.
        deviation = kinds[kind][:, None] - SHARES[kind]
        latent += deviation * np.array([table.get(day.month, 0.0) for day in month_ends])
    return latent
