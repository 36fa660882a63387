"""Concentration of AUM, in the figures that a bank reports."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

REPORTED = 40_000.0
"""Yuan of AUM from which the bank reports its share of customers and of AUM."""


@dataclass(frozen=True)
class Concentration:
    """Concentration of average daily AUM.

    Parameters
    ----------
    customers : int
        Active customers.
    aum : float
        Their AUM, yuan.
    customer_share_40k, aum_share_40k : float
        Share of customers with 40,000 yuan or more, and of AUM that they hold.
    top_tenth_share : float
        Share of AUM held by the richest 10% of customers.
    longtail_customer_share, longtail_aum_share : float
        Share of customers below 10,000 yuan, and of AUM that they hold.
    gini : float
        0 if all hold the same, near 1 if one holds all.
    """

    customers: int
    aum: float
    customer_share_40k: float
    aum_share_40k: float
    top_tenth_share: float
    longtail_customer_share: float
    longtail_aum_share: float
    gini: float


def concentration(aum: npt.ArrayLike) -> Concentration:
    """Figures of concentration.

    Parameters
    ----------
    aum : array of float
        Average daily AUM of each customer, yuan; unknown counts as 0.

    Examples
    --------
    >>> concentration([0, 0, 0, 100.0]).gini
    0.75
    """
    amounts = np.sort(np.nan_to_num(np.asarray(aum, dtype=float)))
    total, count = float(amounts.sum()), len(amounts)
    rich, poor = amounts >= REPORTED, amounts < 10_000
    curve = lorenz(amounts)
    return Concentration(
        count,
        total,
        float(rich.mean()) if count else 0.0,
        float(amounts[rich].sum()) / (total or 1),
        1 - float(np.interp(0.9, curve.customer_share, curve.aum_share)) if count else 0.0,
        float(poor.mean()) if count else 0.0,
        float(amounts[poor].sum()) / (total or 1),
        float(1 - 2 * np.trapezoid(curve.aum_share, curve.customer_share)) if total else 0.0,
    )


def lorenz(aum: npt.ArrayLike) -> pd.DataFrame:
    """The Lorenz curve: share of AUM (`aum_share`) that the poorest share of customers (`customer_share`) holds."""
    amounts = np.sort(np.nan_to_num(np.asarray(aum, dtype=float)))
    total = float(amounts.sum()) or 1.0
    shares = np.concatenate([[0.0], np.cumsum(amounts) / total])
    return pd.DataFrame({"customer_share": np.linspace(0, 1, len(shares)), "aum_share": shares})
