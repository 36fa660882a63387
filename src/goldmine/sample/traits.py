"""Hidden drivers of a customer: wealth rank, engagement and appetite, drifting month by month.

Villages and families share parts of them, employers the pay, so that neighbours are alike.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from goldmine.sample.config import SampleConfig
from goldmine.sample.persons import FAMILY
from goldmine.sample.streams import stream

Array = NDArray[np.floating]

WEALTH_PARTS = {"village": 0.08, "family": 0.1, "own": 0.32, "slow": 0.03, "fast": 0.47}
"""Shares of the variance of the wealth rank's latent; they add up to 1.

Money comes and goes seldom and then in large amounts (a harvest, a house, a dowry): in a quarter about 15% of those
above the first level fall by a level, 6% rise, and 1.6% of all customers leave the long tail.
"""
FIXED_SHARE = WEALTH_PARTS["village"] + WEALTH_PARTS["family"] + WEALTH_PARTS["own"]
SLOW, MOOD, APPETITE = 0.97, 0.95, 0.9
"""Autocorrelations from month to month."""
FAST_STAYS = 0.968
"""Chance that the fast part of wealth stays the same for a month; otherwise it is drawn again."""
MOOD_SPREAD = 0.45
"""Standard deviation of the drifting part of engagement."""


@dataclass(frozen=True)
class Surroundings:
    """Traits that a whole village shares; drawn once for the bank."""

    village: Array
    village_mood: Array


@dataclass(frozen=True)
class Traits:
    """Hidden traits of one block of customers.

    Parameters
    ----------
    wealth_fixed, wealth_slow, wealth : array (customers,), (customers, months), (customers, months)
        Latent of the wealth rank: the part that stays, the part that drifts, the whole; unit variance.
    stay, engagement : array (customers,), (customers, months)
        Log of own transactions a month before the season: the part that stays, the whole.
    appetite : array (customers, months)
        Appetite for wealth products; about 0 on average.
    sleeper : array (customers,) of bool
        Customers who hardly ever come.
    """

    wealth_fixed: Array
    wealth_slow: Array
    wealth: Array
    stay: Array
    engagement: Array
    appetite: Array
    sleeper: NDArray[np.bool_]


def surroundings(config: SampleConfig, random: np.random.Generator) -> Surroundings:
    """Draw the villages' traits."""
    villages = random.standard_normal(config.grids)
    # Standardised, so that few villages do not move the whole bank off its figures.
    return Surroundings((villages - villages.mean()) / villages.std(), random.standard_normal(config.grids))


def walk(random: np.random.Generator, shape: tuple[int, int], keep: float) -> Array:
    """Stationary first-order autoregressions of unit variance, a row a customer; drawn month by month."""
    customers, months = shape
    steps = random.standard_normal((months, customers), dtype=np.float32)
    steps[1:] *= np.sqrt(1 - keep**2)
    for month in range(1, months):
        steps[month] += keep * steps[month - 1]
    return steps.T


def leaps(config: SampleConfig, start: int, shape: tuple[int, int], stay: float) -> Array:
    """Values of unit variance that stay from month to month with a chance, else are drawn anew, a row a customer."""
    customers, months = shape
    values = stream(config, "leaps", start).standard_normal((months, customers), dtype=np.float32)
    stays = stream(config, "stays", start).random((months, customers), dtype=np.float32) < stay
    for month in range(1, months):
        np.copyto(values[month], values[month - 1], where=stays[month])
    return values.T


def draw_traits(config: SampleConfig, around: Surroundings, people: dict[str, NDArray]) -> Traits:
    """Draw the traits of a block.

    Parameters
    ----------
    people : dict of str to array
        Of the block's customers: number, grid and employer (numbers, -1 for none), age in years, gender, mobile,
        trader, salaried.
    """
    start = int(people["number"][0]) - 1
    shape = len(people["grid"]), len(config.lived)
    random = stream(config, "traits", start)
    part = {name: np.sqrt(share) for name, share in WEALTH_PARTS.items()}
    family = np.repeat(random.standard_normal(shape[0] // FAMILY + 1), FAMILY)[: shape[0]]
    fixed = part["village"] * around.village[people["grid"]] + part["family"] * family
    fixed = spread_evenly(fixed + part["own"] * random.standard_normal(shape[0]), FIXED_SHARE)
    slow = part["slow"] * walk(stream(config, "slow wealth", start), shape, SLOW)
    whole = fixed[:, None] + slow + part["fast"] * leaps(config, start, shape, FAST_STAYS)
    employed = people["employer"] >= 0
    stay = 0.25 * around.village_mood[people["grid"]] + 0.5 * people["mobile"] + 0.3 * people["trader"]
    stay += 0.2 * employed - 0.012 * (people["age"] - 45) + 0.75 * random.standard_normal(shape[0])
    # Who has little in the bank is asleep more often: 30% over all.
    sleeper = random.random(shape[0]) < expit(-0.97 - 0.7 * fixed / np.sqrt(FIXED_SHARE))
    stay += np.where(sleeper, -4.75, -0.75)
    stay += 0.6 * np.clip(fixed, 0, 2)
    engagement = stay[:, None] + MOOD_SPREAD * walk(stream(config, "mood", start), shape, MOOD)
    taste = 0.25 * around.village[people["grid"]] + 0.25 * family + 0.5 * people["mobile"] + 0.5 * people["salaried"]
    taste += 0.3 * people["gender"] - 0.015 * (people["age"] - 45) + 0.35 * random.standard_normal(shape[0])
    appetite = taste[:, None] - 0.4 + 0.45 * walk(stream(config, "appetite", start), shape, APPETITE)
    return Traits(fixed, slow, whole, stay, engagement, appetite, sleeper)


def spread_evenly(values: Array, variance: float) -> Array:
    """The values moved to evenly spread quantiles of a normal distribution, in their order.

    So that a small bank has its few rich customers too, and no more.
    """
    rank = np.empty(len(values))
    rank[np.argsort(values, kind="stable")] = np.arange(len(values)) + 0.5
    return np.sqrt(variance) * ndtri(rank / len(values))
