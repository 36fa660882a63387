"""Who is contacted by whom and how: the most expected value under every limit, by SciPy's HiGHS.

The linear programme gives the shadow prices and nearly always whole numbers. Few of a county bank's options can matter,
so it is put to them first; options that its shadow prices show to be worth more than what was chosen are added until
there are none, and then its answer is that of the whole. What it leaves in pieces is settled by a mixed-integer
programme over the options that could still matter, so that the choice is the best there is.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp, minimize
from scipy.sparse import csr_array, hstack, vstack

from goldmine.campaigns.assignment_problem import Problem, likeliest_first
from goldmine.core.errors import SettingsError

_WHOLE = 1e-6
_COOLING = (1.0, 0.25, 0.06, 0.02)
_STEPS = 60
_BAND = 4.0


@dataclass(frozen=True)
class Solution:
    """What was chosen: a flag an option; and what one more place under each limit would be worth, yuan."""

    chosen: NDArray
    shadow: NDArray


class ClashError(Exception):
    """Minimum quotas that cannot be met.

    Parameters
    ----------
    short : dict of int to float
        Limits whose minimum is missed, and by how much at least.
    against : list of int
        Limits whose maximum stands in the way; none where there are too few customers.
    """

    def __init__(self, short: dict[int, float], against: list[int]) -> None:
        super().__init__("quotas cannot be met")
        self.short = short
        self.against = against


def solve(problem: Problem) -> Solution:
    """Choose options with the most expected value under all limits.

    The same problem gives the same choice; ties are settled by `likeliest_first`.

    Raises
    ------
    ClashError
        If the minimum quotas cannot be met.
    """
    options = len(problem.owner)
    if not options:
        if problem.least.any():
            raise ClashError({int(n): float(problem.least[n]) for n in np.flatnonzero(problem.least)}, [])
        return Solution(np.zeros(0, dtype=bool), np.zeros(len(problem.most)))
    kept, slack = _options_that_matter(problem), -_WHOLE
    while True:
        part = problem.part(kept)
        found, shadow = _programme(part)
        if found.status == 2:
            if len(kept) == options:
                raise _clash(problem)
            kept = np.arange(options)
            continue
        _solved(found)
        more = _worth(problem, kept, shadow, slack)
        if len(more):
            kept = np.union1d(kept, more)
            continue
        gap = _gap(part, found)
        if slack >= gap:
            break
        slack = gap + _WHOLE
    chosen = np.zeros(options, dtype=bool)
    chosen[kept] = _whole(part, found, gap)
    return Solution(likeliest_first(problem, chosen), shadow)


def _options_that_matter(problem: Problem) -> NDArray:
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


def _programme(problem: Problem) -> tuple[Any, NDArray]:
    """The linear programme's answer, and the shadow price of each limit."""
    rows, bounds, upper, lower = _rows(problem)
    found = linprog(-problem.value, A_ub=rows, b_ub=bounds, bounds=(0, 1), method="highs")
    shadow = np.zeros(len(problem.most))
    if found.status == 0:
        shadow[upper] = -found.ineqlin.marginals[: len(upper)]
        shadow[lower] += found.ineqlin.marginals[len(upper) : len(upper) + len(lower)]
    return found, shadow


def _rows(problem: Problem) -> tuple[csr_array, NDArray, NDArray, NDArray]:
    """Everything that must not exceed a bound: maxima, minima (negated), one option a customer."""
    upper, lower = np.flatnonzero(np.isfinite(problem.most)), np.flatnonzero(problem.least > 0)
    counts, once = problem.counts, problem.once()
    rows = vstack([counts[upper], -counts[lower], once], format="csr")
    bounds = np.concatenate([problem.most[upper], -problem.least[lower], np.ones(once.shape[0])])
    return rows, bounds, upper, lower


def _worth(problem: Problem, kept: NDArray, shadow: NDArray, slack: float) -> NDArray:
    """Options left out that are worth, after the shadow prices, what their customer has, less a slack, or more."""
    left = problem.value - problem.counts.T @ shadow
    best = np.zeros(problem.owner.max() + 1)
    np.maximum.at(best, problem.owner[kept], left[kept])
    worth = left > best[problem.owner] - slack
    worth[kept] = False
    return np.flatnonzero(worth)


def _gap(problem: Problem, found: Any) -> float:
    """What rounding down would cost, yuan; below zero where nothing is in pieces."""
    if not (np.abs(found.x - found.x.round()) > _WHOLE).any():
        return -np.inf
    rows, bounds, *_ = _rows(problem)
    down = np.floor(found.x + _WHOLE)
    feasible = bool((rows @ down <= bounds + _WHOLE).all())
    return float(problem.value @ (found.x - down)) if feasible else np.inf


def _whole(problem: Problem, found: Any, gap: float) -> NDArray:
    """The best whole choice: an option whose reduced cost exceeds what rounding could cost stays as it is."""
    if gap < 0:
        return found.x > 0.5
    down = np.floor(found.x + _WHOLE)
    open_ = (found.lower.marginals - found.upper.marginals <= gap + _WHOLE) | (np.abs(found.x - down) > _WHOLE)
    rows, bounds, *_ = _rows(problem)
    exact = milp(
        -problem.value[open_],
        constraints=LinearConstraint(rows[:, open_], ub=bounds - rows[:, ~open_] @ down[~open_]),
        integrality=np.ones(open_.sum()),
        bounds=Bounds(0, 1),
    )
    _solved(exact)
    chosen = down > 0.5
    chosen[open_] = exact.x > 0.5
    return chosen


def _clash(problem: Problem) -> ClashError:
    """Which minimum quotas are missed when as few places as possible are missed, and what stands in the way."""
    rows, bounds, upper, lower = _rows(problem)
    options, quotas = len(problem.owner), len(lower)
    place = np.arange(quotas)
    spare = csr_array((-np.ones(quotas), (len(upper) + place, place)), shape=(rows.shape[0], quotas))
    aim = np.concatenate([np.zeros(options), np.ones(quotas)])
    top = [(0, 1)] * options + [(0, None)] * quotas
    found = linprog(aim, A_ub=hstack([rows, spare], format="csr"), b_ub=bounds, bounds=top, method="highs")
    _solved(found)
    missed = found.x[options:]
    short = {int(lower[n]): float(missed[n]) for n in np.flatnonzero(missed > _WHOLE)}
    return ClashError(short, [int(upper[n]) for n in np.flatnonzero(found.ineqlin.marginals[: len(upper)] < -_WHOLE)])


def _solved(found: Any) -> None:
    if found.status != 0:
        raise SettingsError(
            f"capacity: the solver gave up ({found.message}).", "Set fewer limits, or fewer channels a campaign."
        )
