"""Disclosure control: figures about few customers are suppressed, since they reveal each of them."""

import pandas as pd

MIN_CUSTOMERS = 5
"""Minimum customers of a group that is shown."""


def hidden(customers: pd.Series) -> pd.Series:
    """Units of a table to suppress.

    Units with one to four customers; if that is a single unit, also the next smallest (secondary suppression), since
    the total would reveal the single one.

    Parameters
    ----------
    customers : pandas.Series
        How many customers a figure is about, by unit.
    """
    small = (customers > 0) & (customers < MIN_CUSTOMERS)
    if small.sum() == 1 and (rest := customers[~small & (customers > 0)]).size:
        small = small | (customers.index == rest.idxmin())
    return small
