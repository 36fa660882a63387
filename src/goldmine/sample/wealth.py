"""How assets are spread: a quantile function that keeps the field's figures at every month end.

The figures fix five stretches of customers in the order of their assets. Within a stretch assets follow a
power law whose exponent gives the stretch the mean that it must have.
"""

import numpy as np
from numpy.typing import NDArray

from goldmine.sample.config import CORE_SHARE, FIFTY_SHARE, FORTY_SHARE, LONG_TAIL_ASSETS, LONG_TAIL_SHARE

MEAN_AUM = 19_000.0
"""Yuan a customer; with it the field's shares of customers and of assets fit together."""
LONG_TAIL_POWER = 10_000 * LONG_TAIL_SHARE / (LONG_TAIL_ASSETS * MEAN_AUM) - 1
CORE_PARETO = 1.75
"""Tail exponent above 500,000 yuan: a mean of about 1.15 million."""
MOST = 20_000_000.0


def quantile(rank: NDArray[np.floating]) -> NDArray[np.float64]:
    """AUM in yuan of customers at some ranks.

    Parameters
    ----------
    rank : array of float
        Share of customers who own less, 0 to 1.

    Returns
    -------
    array of float
        Yuan, same shape.
    """
    rank = np.asarray(rank, dtype=np.float64)
    edges = [0.0, LONG_TAIL_SHARE, 1 - FORTY_SHARE, 1 - FIFTY_SHARE, 1 - CORE_SHARE]
    part = [np.clip((rank - low) / (high - low), 0, 1) for low, high in zip(edges, [*edges[1:], 1.0], strict=True)]
    long_tail = 10_000 * part[0] ** LONG_TAIL_POWER
    middle = 10_000 * 4 ** part[1]
    near = 40_000 * 1.25 ** part[2]
    upper = _truncated_pareto(part[3], 50_000, 500_000, 0.62)
    core = 500_000 * np.maximum(1 - part[4], 1e-9) ** (-1 / CORE_PARETO)
    stretch = np.digitize(rank, edges[1:])
    return np.minimum(np.choose(stretch, [long_tail, middle, near, upper, core]), MOST)


def _truncated_pareto(part: NDArray[np.float64], low: float, high: float, exponent: float) -> NDArray[np.float64]:
    top = 1 - (low / high) ** exponent
    return low * (1 - part * top) ** (-1 / exponent)
