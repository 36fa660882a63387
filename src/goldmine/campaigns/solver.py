"""The assignment with the highest expected value under all limits, by SciPy's HiGHS.

The linear programme gives the shadow prices and nearly always an integer solution. It starts from the few options that
are likely to be chosen; options that are worth more than the chosen ones at its shadow prices are added until there are
none, which makes the solution that of the full problem. A mixed-integer programme over the options that could still
matter settles any fractions, so the choice is optimal.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp, minimize
from scipy.sparse import csr_array, hstack, vstack

from goldmine.campaigns.assignment_problem import Problem, likeliest_first
from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _

_TOLERANCE = 1e-6
_COOLING = (1.0, 0.25, 0.06, 0.02)
_STEPS = 60
_BAND = 4.0


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
    smoothing; the programme itself then finds the exact prices.
    """
    order = np.argsort(problem.customer, kind="stable")
    value, by_option = problem.value[order], problem.counts.T.tocsr()[order]
    first = np.flatnonzero(np.diff(problem.customer[order], prepend=-1))
    size = np.diff(first, append=len(order))
    limits = len(problem.max_count)
    max_count = np.where(np.isfinite(problem.max_count), problem.max_count, len(value))
    spread = max(float(value.std()), 1e-6)

    def dual(prices: NDArray, heat: float) -> tuple[float, NDArray]:
        net_value = (value - by_option @ (prices[:limits] - prices[limits:])) / heat
        top = np.maximum(np.maximum.reduceat(net_value, first), 0)
        weight = np.exp(net_value - np.repeat(top, size))
        sums = np.add.reduceat(weight, first) + np.exp(-top)
        used = by_option.T @ (weight / np.repeat(sums, size))
        fixed = prices[:limits] @ max_count - prices[limits:] @ problem.min_count
        slope = np.concatenate([max_count - used, used - problem.min_count])
        return float(heat * (top + np.log(sums)).sum() + fixed), slope

    prices = np.zeros(2 * limits)
    # No place is worth more than the best option; without bounds prices diverge if quotas cannot be met.
    bounds = [(0.0, float(np.abs(value).max()) + spread)] * (2 * limits)
    for share in _COOLING:
        heat = share * spread
        result = minimize(
            dual, prices, args=(heat,), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS}
        )
        prices = result.x
    net_value = value - by_option @ (prices[:limits] - prices[limits:])
    best = np.repeat(np.maximum(np.maximum.reduceat(net_value, first), 0), size)
    quotas = (
        (problem.counts[np.flatnonzero(problem.min_count > 0)].sum(axis=0) > 0) if problem.min_count.any() else False
    )
    matters = np.empty(len(order), dtype=bool)
    matters[order] = net_value > best - _BAND * heat
    return np.flatnonzero(matters | quotas)


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
