"""The question put to the solver: options, what each is worth, and the limits that each counts towards."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array


@dataclass(frozen=True)
class Problem:
    """Options and limits.

    Parameters
    ----------
    owner : array (options,) of int
        Whose option: places of customers, from 0, every one with an option.
    probability, gain, cost : array (options,)
        An option is worth `probability * gain - cost` yuan; all of a customer's options have one probability: of the
        outcome or, where uplift ranks, what a contact adds to it.
    member : array (options, families) of int
        Places of the limits that an option counts towards; -1 where a family has none for it.
    least, most : array (limits,)
        How many options of each limit must and may be chosen; `most` may be infinite.
    """

    owner: NDArray
    probability: NDArray
    gain: NDArray
    cost: NDArray
    member: NDArray
    least: NDArray
    most: NDArray

    @property
    def value(self) -> NDArray:
        """Expected value of each option, yuan."""
        return self.probability * self.gain - self.cost

    @property
    def counts(self) -> csr_array:
        """Limits x options, 1 where an option counts towards a limit."""
        option, family = np.nonzero(self.member >= 0)
        ones = np.ones(len(option))
        return csr_array((ones, (self.member[option, family], option)), shape=(len(self.most), len(self.owner)))

    def part(self, places: NDArray) -> "Problem":
        """The same question with some of the options."""
        owner = np.unique(self.owner[places], return_inverse=True)[1]
        return Problem(
            owner=owner,
            probability=self.probability[places],
            gain=self.gain[places],
            cost=self.cost[places],
            member=self.member[places],
            least=self.least,
            most=self.most,
        )

    def once(self) -> csr_array:
        """Customers with several options x options: at most one of them may be chosen."""
        several = np.flatnonzero(np.bincount(self.owner) > 1)
        row = np.full(self.owner.max(initial=-1) + 1, -1)
        row[several] = np.arange(len(several))
        option = np.flatnonzero(row[self.owner] >= 0)
        ones = np.ones(len(option))
        return csr_array((ones, (row[self.owner[option]], option)), shape=(len(several), len(self.owner)))


def likeliest_first(problem: Problem, chosen: NDArray) -> NDArray:
    """The same choice with ties settled: among customers who have the same options the likelier ones are chosen.

    They differ in nothing but their probability, so that exchanging them keeps every limit and loses no value. Of the
    equally likely those who stand first are taken; the likelier of two takes the option that gains more.

    Parameters
    ----------
    chosen : array (options,) of bool
        At most one option a customer.
    """
    options = pd.DataFrame(problem.member).assign(gain=problem.gain, cost=problem.cost)
    alike = options.groupby(list(options), sort=False).ngroup().to_numpy()
    order = np.lexsort((alike, problem.owner))
    owner = problem.owner[order]
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    size = np.diff(first, append=len(owner))
    place = np.arange(len(owner)) - np.repeat(first, size)
    table = np.full((len(first), size.max(initial=0)), -1)
    table[owner, place] = alike[order]
    group = pd.DataFrame(table).groupby(list(range(table.shape[1])), sort=False).ngroup().to_numpy()
    taken = np.flatnonzero(chosen[order])
    taken = taken[np.lexsort((place[taken], -problem.gain[order][taken], group[owner[taken]]))]
    ranked = np.lexsort((-problem.probability[order][first], group))
    quota = np.bincount(group[owner[taken]], minlength=group.max(initial=-1) + 1)
    start = np.cumsum(np.bincount(group)) - np.bincount(group)
    nth = np.arange(len(ranked)) - start[group[ranked]]
    customers = ranked[nth < quota[group[ranked]]]
    settled = np.zeros(len(chosen), dtype=bool)
    settled[order[first[customers] + place[taken]]] = True
    return settled
