"""What a place under each limit is worth, about: enough to tell which options can matter at all."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from goldmine.campaigns.assignment_problem import Problem

_COOLING = (1.0, 0.25, 0.06, 0.02)
_STEPS = 60
_BAND = 4.0


def options_that_matter(problem: Problem) -> NDArray:
    """Places of the options worth putting to the linear programme first.

    Each limit gets a price. At the right prices every customer takes the option that is worth most after them, and the
    programme's answer is among these and near ties. The prices are those that minimise the programme's dual with its
    corners rounded off, ever less so; the programme itself then finds the exact ones.
    """
    value = problem.value
    by_option = problem.counts.T.tocsr()
    order = np.argsort(problem.owner, kind="stable")
    first = np.flatnonzero(np.diff(problem.owner[order], prepend=-1))
    size = np.diff(first, append=len(order))
    limits = len(problem.most)
    most = np.where(np.isfinite(problem.most), problem.most, len(value))
    spread = max(float(value.std()), 1e-6)

    def dual(prices: NDArray, heat: float) -> tuple[float, NDArray]:
        left = (value - by_option @ (prices[:limits] - prices[limits:]))[order] / heat
        top = np.maximum(np.maximum.reduceat(left, first), 0)
        weight = np.exp(left - np.repeat(top, size))
        sums = np.add.reduceat(weight, first) + np.exp(-top)
        share = np.empty(len(value))
        share[order] = weight / np.repeat(sums, size)
        used = by_option.T @ share
        fixed = prices[:limits] @ most - prices[limits:] @ problem.least
        slope = np.concatenate([most - used, used - problem.least])
        return float(heat * (top + np.log(sums)).sum() + fixed), slope

    prices = np.zeros(2 * limits)
    # No place is worth more than the best option; where quotas cannot be met the prices would grow for ever.
    bounds = [(0.0, float(np.abs(value).max()) + spread)] * (2 * limits)
    for share in _COOLING:
        heat = share * spread
        found = minimize(
            dual, prices, args=(heat,), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS}
        )
        prices = found.x
    left = value - by_option @ (prices[:limits] - prices[limits:])
    best = np.zeros(problem.owner.max() + 1)
    np.maximum.at(best, problem.owner, left)
    quotas = (problem.counts[np.flatnonzero(problem.least > 0)].sum(axis=0) > 0) if problem.least.any() else False
    return np.flatnonzero((left > best[problem.owner] - _BAND * heat) | quotas)
