"""Small groups are not shown: a figure about three customers is a figure about each of them."""

import pandas as pd

LEAST = 5
"""Fewest customers of a group that is shown."""


def hidden(customers: pd.Series) -> pd.Series:
    """Which units of a table are not to be shown.

    Those with fewer than five customers (nobody at all may be said); and where that is a single one, the next smallest
    too, as the total of the table would give the single one away.

    Parameters
    ----------
    customers : pandas.Series
        How many customers a figure is about, by unit.
    """
    small = (customers > 0) & (customers < LEAST)
    if small.sum() == 1 and (rest := customers[~small & (customers > 0)]).size:
        small = small | (customers.index == rest.idxmin())
    return small
