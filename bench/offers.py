"""Duration of the assignment: 200,000 customers, 500 managers, 60 branches, 800 grids, two channels.

Run by hand: ``python -m bench.offers [customers] [managers]``. The bound by shadow prices proves the value optimal.
"""

import sys
from time import perf_counter

import numpy as np

from goldmine.campaigns.assignment_problem import Problem
from goldmine.campaigns.solver import solve


def problem(customers: int, managers: int) -> Problem:
    """Nine of ten customers stay with their manager; the tenth may go to any manager of the branch."""
    random = np.random.default_rng(1)
    branches, grids = max(1, managers // 8), max(1, customers // 250)
    manager_branch = np.arange(managers) % branches
    grid = random.integers(0, grids, customers)
    branch = grid % branches
    probability = random.beta(1, 12, customers)
    free = random.random(customers) < 0.1
    customer_parts, manager = [], []
    for home in range(branches):
        home_managers = np.flatnonzero(manager_branch == home)
        bound, free_customers = np.flatnonzero((branch == home) & ~free), np.flatnonzero((branch == home) & free)
        customer_parts += [bound, np.repeat(free_customers, len(home_managers))]
        manager += [random.choice(home_managers, len(bound)), np.tile(home_managers, len(free_customers))]
    whose, by = np.concatenate(customer_parts), np.concatenate(manager)
    whose, by = np.tile(whose, 2), np.tile(by, 2)
    channel = np.repeat([0, 1], len(whose) // 2)
    max_count = np.concatenate(
        [np.full(managers, 40.0), np.full(branches, 280.0), np.full(grids, 30.0), [12_000.0, 6_000.0]]
    )
    starts = np.cumsum([0, managers, branches, grids])
    member = np.stack([by, starts[1] + manager_branch[by], starts[2] + grid[whose], starts[3] + channel], axis=1)
    gain, cost = np.array([180.0, 60.0])[channel], np.array([8.0, 0.1])[channel]
    return Problem(whose, probability[whose], gain, cost, member, np.zeros(len(max_count)), max_count)


def main() -> None:
    """Solve one problem and print its duration and value."""
    customers, managers = (int(text) for text in [*sys.argv[1:], "200000", "500"][:2])
    question = problem(customers, managers)
    start = perf_counter()
    solution = solve(question)
    seconds = perf_counter() - start
    used, value = question.counts @ solution.chosen, float(question.value[solution.chosen].sum())
    within_limits = bool(
        (used <= question.max_count).all() and np.bincount(question.customer[solution.chosen]).max() == 1
    )
    sys.stdout.write(
        f"{customers:,} customers x {managers} managers, {len(question.customer):,} options, "
        f"{len(question.max_count):,} limits: {seconds:.1f} s, {int(solution.chosen.sum()):,} chosen, "
        f"{value:,.0f} yuan, limits kept: {within_limits}\n"
    )


if __name__ == "__main__":
    main()
