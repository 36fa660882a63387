"""The assignment with the highest expected value under all limits, by SciPy's HiGHS.

The linear programme gives the shadow prices and nearly always an integer solution. It starts from the few options that
are likely to be chosen; options that are worth more than the chosen ones at its shadow prices are added until there are
none, which makes the solution that of the full problem. A mixed-integer programme over the options that could still
matter settles any fractions, so the choice is optimal.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp, minimize
from scipy.sparse import csr_array, hstack, vstack

from goldmine.campaigns.assignment_problem import Problem, likeliest_first
from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _

_TOLERANCE = 1e-6
_COOLING: tuple[float, ...] = (1.0, 0.25, 0.06, 0.02)
_STEPS = 60
_BAND = 4.0
_SAMPLE = 100_000
"""Customers whose options tell the first prices; `_LAST_STEPS` of all follow."""
_LAST_STEPS = 10
_MORE_THAN_QUOTA = 3
"""So many times as many options as a quota asks for begin, since some are of customers whom others take."""


@dataclass(frozen=True)
class Solution:
    """A flag per option (chosen or not), and the shadow price of each limit: the value of one more place, yuan."""

    chosen: NDArray
    shadow: NDArray


class ClashError(Exception):
    """Minimum quotas that cannot be met.

    Parameters
    ----------
    short : dict of int to float
        Limits whose minimum is missed, and by how much.
    against : list of int
        Limits whose maximum prevents it; none if there are too few customers.
    """

    def __init__(self, short: dict[int, float], against: list[int]) -> None:
        super().__init__("quotas cannot be met")
        self.short = short
        self.against = against


def solve(problem: Problem) -> Solution:
    """Choose the options with the highest total expected value under all limits.

    The same problem gives the same choice; ties are settled by `likeliest_first`.

    Raises
    ------
    ClashError
        If the minimum quotas cannot be met.
    """
    options = len(problem.customer)
    if not options:
        if problem.min_count.any():
            raise ClashError({int(n): float(problem.min_count[n]) for n in np.flatnonzero(problem.min_count)}, [])
        return Solution(np.zeros(0, dtype=bool), np.zeros(len(problem.max_count)))
    active, slack = _options_that_matter(problem), -_TOLERANCE
    while True:
        subset = problem.subset(active)
        solution, shadow = _programme(subset)
        if solution.status == 2:
            if len(active) == options:
                raise _clash(problem)
            active = np.arange(options)
            continue
        _check_solved(solution)
        better = _better_options(problem, active, shadow, slack)
        if len(better):
            active = np.union1d(active, better)
            continue
        gap = _rounding_cost(subset, solution)
        if slack >= gap:
            break
        slack = gap + _TOLERANCE
    chosen = np.zeros(options, dtype=bool)
    chosen[active] = _integer_choice(subset, solution, gap)
    return Solution(likeliest_first(problem, chosen), shadow)


def _options_that_matter(problem: Problem) -> NDArray:
    """Indices of the options to start the linear programme with.

    Each limit has a price. At the right prices every customer takes the option with the highest net value, and the
    solution is among these and near ties. The prices minimise a smoothed dual of the programme, with decreasing
    smoothing; the programme itself then finds the exact prices. Of many customers a sample with its share of the places
    tells the prices that all then start from.
    """
    prices, heats, steps = np.zeros(2 * len(problem.max_count)), _COOLING, _STEPS
    every = (problem.customer.max() + 1) // _SAMPLE + 1
    if every > 1:
        some = problem.subset(np.flatnonzero(problem.customer % every == 0))
        share = replace(some, min_count=problem.min_count / every, max_count=problem.max_count / every)
        prices, heats, steps = _smoothed_prices(_Dual(share), prices, heats, steps), heats[-1:], _LAST_STEPS
    dual = _Dual(problem)
    net_value = dual.net_value(_smoothed_prices(dual, prices, heats, steps))
    best = np.zeros(len(dual.first))
    np.maximum.at(best, problem.customer, net_value)
    matters = net_value > best[problem.customer] - _BAND * heats[-1] * dual.spread
    for limit in np.flatnonzero(problem.min_count > 0):
        counted = dual.counts[[limit]].indices
        matters[counted[np.argsort(-net_value[counted])[: _MORE_THAN_QUOTA * int(problem.min_count[limit])]]] = True
    return np.flatnonzero(matters)


class _Dual:
    """The smoothed dual of a problem; prices are those of the maxima, then those of the minima."""

    def __init__(self, problem: Problem) -> None:
        self.counts, self.value = problem.counts.tocsr(), problem.value
        order = np.argsort(problem.customer, kind="stable")
        self.sorted_value, self.by_option = self.value[order], self.counts.T.tocsr()[order]
        self.first = np.flatnonzero(np.diff(problem.customer[order], prepend=-1))
        self.size = np.diff(self.first, append=len(order))
        self.min_count = problem.min_count
        self.max_count = np.where(np.isfinite(problem.max_count), problem.max_count, len(order))
        self.spread = max(float(self.value.std()), 1e-6)

    def net_value(self, prices: NDArray) -> NDArray:
        """What each option is worth beyond the places that it takes, yuan."""
        upper, lower = np.split(prices, 2)
        return self.value - self.counts.T @ (upper - lower)

    def at(self, prices: NDArray, heat: float) -> tuple[float, NDArray]:
        """The dual and its slope."""
        upper, lower = np.split(prices, 2)
        net_value = (self.sorted_value - self.by_option @ (upper - lower)) / heat
        top = np.maximum(np.maximum.reduceat(net_value, self.first), 0)
        weight = np.exp(net_value - np.repeat(top, self.size))
        sums = np.add.reduceat(weight, self.first) + np.exp(-top)
        used = self.by_option.T @ (weight / np.repeat(sums, self.size))
        fixed = upper @ self.max_count - lower @ self.min_count
        slope = np.concatenate([self.max_count - used, used - self.min_count])
        return float(heat * (top + np.log(sums)).sum() + fixed), slope


def _smoothed_prices(dual: _Dual, prices: NDArray, heats: tuple[float, ...], steps: int) -> NDArray:
    """The prices that minimise a dual, smoothed less and less."""
    # No place is worth more than the best option; without bounds prices diverge if quotas cannot be met.
    bounds = [(0.0, float(np.abs(dual.value).max()) + dual.spread)] * len(prices)
    for heat in heats:
        arguments = (heat * dual.spread,)
        found = minimize(
            dual.at, prices, args=arguments, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps}
        )
        prices = found.x
    return prices


def _programme(problem: Problem) -> tuple[Any, NDArray]:
    """The linear programme's solution, and the shadow price of each limit."""
    rows, bounds, upper, lower = _rows(problem)
    solution = linprog(-problem.value, A_ub=rows, b_ub=bounds, bounds=(0, 1), method="highs")
    shadow = np.zeros(len(problem.max_count))
    if solution.status == 0:
        shadow[upper] = -solution.ineqlin.marginals[: len(upper)]
        shadow[lower] += solution.ineqlin.marginals[len(upper) : len(upper) + len(lower)]
    return solution, shadow


def _rows(problem: Problem) -> tuple[csr_array, NDArray, NDArray, NDArray]:
    """Constraints as rows with upper bounds: maxima, minima (negated), one option per customer."""
    upper, lower = np.flatnonzero(np.isfinite(problem.max_count)), np.flatnonzero(problem.min_count > 0)
    counts, one_per_customer = problem.counts, problem.one_per_customer()
    rows = vstack([counts[upper], -counts[lower], one_per_customer], format="csr")
    bounds = np.concatenate([problem.max_count[upper], -problem.min_count[lower], np.ones(one_per_customer.shape[0])])
    return rows, bounds, upper, lower


def _better_options(problem: Problem, active: NDArray, shadow: NDArray, slack: float) -> NDArray:
    """Options left out whose value at the shadow prices exceeds their customer's best one less a slack."""
    net_value = problem.value - problem.counts.T @ shadow
    best = np.zeros(problem.customer.max() + 1)
    np.maximum.at(best, problem.customer[active], net_value[active])
    better = net_value > best[problem.customer] - slack
    better[active] = False
    return np.flatnonzero(better)


def _rounding_cost(problem: Problem, solution: Any) -> float:
    """The cost of rounding down, yuan; below zero if the solution is an integer one."""
    if not (np.abs(solution.x - solution.x.round()) > _TOLERANCE).any():
        return -np.inf
    rows, bounds, *_ = _rows(problem)
    down = np.floor(solution.x + _TOLERANCE)
    feasible = bool((rows @ down <= bounds + _TOLERANCE).all())
    return float(problem.value @ (solution.x - down)) if feasible else np.inf


def _integer_choice(problem: Problem, solution: Any, gap: float) -> NDArray:
    """The best integer choice: an option whose reduced cost exceeds the cost of rounding stays as it is."""
    if gap < 0:
        return solution.x > 0.5
    down = np.floor(solution.x + _TOLERANCE)
    undecided = (solution.lower.marginals - solution.upper.marginals <= gap + _TOLERANCE) | (
        np.abs(solution.x - down) > _TOLERANCE
    )
    rows, bounds, *_ = _rows(problem)
    exact = milp(
        -problem.value[undecided],
        constraints=LinearConstraint(rows[:, undecided], ub=bounds - rows[:, ~undecided] @ down[~undecided]),
        integrality=np.ones(undecided.sum()),
        bounds=Bounds(0, 1),
    )
    _check_solved(exact)
    chosen = down > 0.5
    chosen[undecided] = exact.x > 0.5
    return chosen


def _clash(problem: Problem) -> ClashError:
    """The minimum quotas that are missed if as few places as possible are missed, and the limits that prevent them."""
    rows, bounds, upper, lower = _rows(problem)
    options, quotas = len(problem.customer), len(lower)
    index = np.arange(quotas)
    spare = csr_array((-np.ones(quotas), (len(upper) + index, index)), shape=(rows.shape[0], quotas))
    objective = np.concatenate([np.zeros(options), np.ones(quotas)])
    top = [(0, 1)] * options + [(0, None)] * quotas
    solution = linprog(objective, A_ub=hstack([rows, spare], format="csr"), b_ub=bounds, bounds=top, method="highs")
    _check_solved(solution)
    missed = solution.x[options:]
    short = {int(lower[n]): float(missed[n]) for n in np.flatnonzero(missed > _TOLERANCE)}
    return ClashError(
        short, [int(upper[n]) for n in np.flatnonzero(solution.ineqlin.marginals[: len(upper)] < -_TOLERANCE)]
    )


def _check_solved(solution: Any) -> None:
    if solution.status != 0:
        raise SettingsError(
            _("capacity: the solver gave up ({message}).", message=solution.message),
            _("Set fewer limits, or fewer channels a campaign."),
        )
