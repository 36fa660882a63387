"""The three outcomes' true probabilities, with hidden randomness integrated out."""

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray
from scipy.special import expit, ndtr, ndtri

from goldmine.sample.config import LONG_TAIL_SHARE
from goldmine.sample.traits import FAST_STAYS, MOOD, MOOD_SPREAD, SLOW, WEALTH_PARTS, Traits

AHEAD = 3
"""The horizon's last full month, counted from the cutoff's."""
WINDOW = np.array([0.5, 1.0, 1.0, 0.45])
"""Share of each of the four months after the cutoff that lies in the horizon."""
DECIDED = 4
"""Months between the decision for a wealth purchase and the purchase: the hazard depends on the earlier state."""
LEVEL = ndtri(LONG_TAIL_SHARE)
"""The wealth latent at 10,000 yuan."""


def wealth_hazard(latent: NDArray, appetite: NDArray, mobile: NDArray) -> NDArray:
    """Chance of buying a wealth product within a month; 0 below the first level."""
    chance = expit(-4.2 + 0.9 * (latent - LEVEL) + 1.3 * appetite + 0.3 * mobile)
    return np.where(latent > LEVEL - 0.15, chance, 0.0)


def longtail_probability(traits: Traits, season: NDArray, month: int) -> NDArray:
    """Chance that the wealth latent stands above the first level three months on.

    Parameters
    ----------
    season : array (customers, months + 4)
        Seasonal part of the latent, as in `goldmine.sample.season.wealth`.
    month : int
        Column of the cutoff.
    """
    fast_now = traits.wealth[:, month] - traits.wealth_fixed - traits.wealth_slow[:, month]
    above = traits.wealth_fixed + SLOW**AHEAD * traits.wealth_slow[:, month] + season[:, month + AHEAD] - LEVEL
    variance = WEALTH_PARTS["slow"] * (1 - SLOW ** (2 * AHEAD))
    stays = FAST_STAYS**AHEAD
    as_now = ndtr((above + fast_now) / np.sqrt(variance))
    anew = ndtr(above / np.sqrt(variance + WEALTH_PARTS["fast"]))
    return stays * as_now + (1 - stays) * anew


def dormancy_probability(traits: Traits, season: NDArray, month: int) -> NDArray:
    """Chance of no own transaction in the horizon: Poisson, over the future drift of engagement."""
    ahead = np.arange(1, 5)
    drift = (traits.engagement[:, month] - traits.stay)[:, None] * MOOD**ahead
    unseen = MOOD_SPREAD * np.sqrt(1 - MOOD ** (2 * ahead.mean()))
    nodes, weights = hermegauss(9)
    probability = np.zeros(len(traits.stay))
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        rate = np.exp(traits.stay[:, None] + drift + season[month + ahead] + unseen * node)
        probability += weight * np.exp(-(rate * WINDOW).sum(axis=1))
    return probability


def wealth_probability(hazard: NDArray, month: int) -> NDArray:
    """Chance of a purchase in the horizon, from the hazards of the four months after the cutoff.

    Parameters
    ----------
    hazard : array (customers, months)
        `wealth_hazard` of each month's state; a purchase comes `DECIDED` months later.
    """
    states = hazard[:, month + 1 - DECIDED : month + 5 - DECIDED]
    return 1 - np.prod((1 - states) ** WINDOW, axis=1)
