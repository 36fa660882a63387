"""The assignment problem: options, the value of each, and the limits that each counts towards."""

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
    customer : array (options,) of int
        Index of the customer, from 0; every customer has an option.
    probability, gain, cost : array (options,)
        An option is worth `probability * gain - cost` yuan; all options of a customer have one probability: that of the
        outcome or, if uplift ranks, what a contact adds to it.
    member : array (options, families) of int
        Index of the limit that an option counts towards, per family; -1 if the family has none for it.
    min_count, max_count : array (limits,)
        Minimum and maximum of options chosen under each limit; `max_count` may be infinite.
    """

    customer: NDArray
    probability: NDArray
    gain: NDArray
    cost: NDArray
    member: NDArray
    min_count: NDArray
    max_count: NDArray

    @property
    def value(self) -> NDArray:
        """Expected value of each option, yuan."""
        return self.probability * self.gain - self.cost

    @property
    def counts(self) -> csr_array:
        """Limits x options, 1 where an option counts towards a limit."""
        option, family = np.nonzero(self.member >= 0)
        ones = np.ones(len(option))
        return csr_array((ones, (self.member[option, family], option)), shape=(len(self.max_count), len(self.customer)))

    def subset(self, options: NDArray) -> "Problem":
        """The same problem with some of the options."""
        customer = np.unique(self.customer[options], return_inverse=True)[1]
        return Problem(
            customer=customer,
            probability=self.probability[options],
            gain=self.gain[options],
            cost=self.cost[options],
            member=self.member[options],
            min_count=self.min_count,
            max_count=self.max_count,
        )

    def one_per_customer(self) -> csr_array:
        """Customers with several options x options: at most one option of each may be chosen."""
        several = np.flatnonzero(np.bincount(self.customer) > 1)
        row = np.full(self.customer.max(initial=-1) + 1, -1)
        row[several] = np.arange(len(several))
        option = np.flatnonzero(row[self.customer] >= 0)
        ones = np.ones(len(option))
        return csr_array((ones, (row[self.customer[option]], option)), shape=(len(several), len(self.customer)))


def likeliest_first(problem: Problem, chosen: NDArray) -> NDArray:
    """The same choice with ties settled: of customers with the same options the likelier ones are chosen.

    They differ only in probability, so exchanging them keeps every limit and loses no value. Of equally likely
    customers the first are chosen; the likelier of two gets the option with the higher gain.

    Parameters
    ----------
    chosen : array (options,) of bool
        At most one option a customer.
    """
    options = pd.DataFrame(problem.member).assign(gain=problem.gain, cost=problem.cost)
    alike = options.groupby(list(options), sort=False).ngroup().to_numpy()
    order = np.lexsort((alike, problem.customer))
    customer = problem.customer[order]
    first = np.flatnonzero(np.diff(customer, prepend=-1))
    size = np.diff(first, append=len(customer))
    position = np.arange(len(customer)) - np.repeat(first, size)
    table = np.full((len(first), size.max(initial=0)), -1)
    table[customer, position] = alike[order]
    group = pd.DataFrame(table).groupby(list(range(table.shape[1])), sort=False).ngroup().to_numpy()
    taken = np.flatnonzero(chosen[order])
    taken = taken[np.lexsort((position[taken], -problem.gain[order][taken], group[customer[taken]]))]
    ranked = np.lexsort((-problem.probability[order][first], group))
    quota = np.bincount(group[customer[taken]], minlength=group.max(initial=-1) + 1)
    start = np.cumsum(np.bincount(group)) - np.bincount(group)
    rank = np.arange(len(ranked)) - start[group[ranked]]
    customers = ranked[rank < quota[group[ranked]]]
    settled = np.zeros(len(chosen), dtype=bool)
    settled[order[first[customers] + position[taken]]] = True
    return settled
