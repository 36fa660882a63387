"""Effect of a contact: each customer's true effect, and the chance that a caller reaches them.

Drawn from a stream of its own, so that no other table of the bank depends on it.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from goldmine.sample.people import People
from goldmine.sample.traits import Traits

STRENGTH = {"longtail": 0.3, "dormancy": 0.6, "wealth": 0.3}
"""Log-odds that a contact adds to a use case's aim, for a customer of average openness."""
UNWANTED = ("dormancy",)
"""Use cases whose outcome a contact should prevent: the aim is that it does not happen."""


def draw_openness(people: People, traits: Traits, random: np.random.Generator) -> NDArray:
    """Each customer's openness to a contact, about 0 on average; partly a function of what the bank knows.

    The young, the salaried and who uses the mobile bank is more easily moved; sleepers hardly are.
    """
    known = 0.8 * (people["mobile"] - 0.5) + 0.7 * (people["salaried"] - 0.4) - 0.5 * (people["age"] - 46) / 15
    known = known - 0.8 * (traits.sleeper - 0.3)
    return known + 0.6 * random.standard_normal(len(known))


def draw_reach(people: People, random: np.random.Generator) -> NDArray:
    """Chance that a contact reaches the customer; those who moved away are hard to reach."""
    return expit(
        1.1 - 0.9 * people["migrant"] + 0.3 * people["mobile"] + 0.3 * random.standard_normal(len(people["age"]))
    )


def effect(use_case: str, probability: NDArray, openness: NDArray) -> NDArray:
    """The effect of reaching a customer on the probability of the aim.

    Parameters
    ----------
    use_case : str
        One of `STRENGTH`.
    probability : array (customers,)
        Of the outcome if nobody calls, 0 to 1.
    openness : array (customers,)
        From `draw_openness`.

    Returns
    -------
    array (customers,)
        0 or more: a contact moves nobody away.

    Examples
    --------
    >>> bool(effect("longtail", np.array([0.5]), np.array([0.0]))[0] > 0.1)
    True
    """
    aim = 1 - probability if use_case in UNWANTED else probability
    shift = np.logaddexp(0, 2 * (STRENGTH[use_case] + openness)) / 2
    return expit(logit(np.clip(aim, 1e-9, 1 - 1e-9)) + shift) - np.clip(aim, 1e-9, 1 - 1e-9)
