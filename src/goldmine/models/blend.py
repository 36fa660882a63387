"""Several ways to learn the same rows, blended by what each did on rows that it had not seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax
from threadpoolctl import threadpool_limits

from goldmine.labels.use_case import Training
from goldmine.models.boosting import ALONE, Boosted, Stop, boost, side_by_side
from goldmine.models.folds import Part
from goldmine.models.lightgbm_settings import lightgbm_settings
from goldmine.models.rank_logistic import STRENGTHS, Line, design, fit_line, log_loss, scales

_EVEN = 1.0
"""How many outcomes it takes to speak against equal weights: few rows cannot tell recipes apart."""
STOPPED = 10.0
"""The same where the rows that weigh have stopped one of the recipes already, which flatters it."""
_LEAST_WEIGHT = 0.03


@dataclass(frozen=True)
class Member:
    """One recipe of a blend.

    Parameters
    ----------
    recipe : Training or Line
        Its settings.
    rounds : int
        Trees that served the held-out rows best.
    weight : float
        Its share of the blend's log-odds.
    """

    recipe: Training | Line
    rounds: int
    weight: float


@dataclass(frozen=True)
class Checked:
    """What one recipe did on the folds.

    Parameters
    ----------
    recipe : Training or Line
        Its settings.
    rounds : int
        The one number of trees that served all folds best.
    log_odds : numpy.ndarray
        Of every row, by trees that had not seen it; NaN where no fold checked it.
    losses : list of float
        Mean log loss of the held-out rows after each round.
    """

    recipe: Training | Line
    rounds: int
    log_odds: np.ndarray
    losses: list[float]

    @property
    def loss(self) -> float:
        """Log loss of the held-out rows after the rounds kept."""
        return self.losses[self.rounds - 1]


def check(
    training: Training,
    parts: Sequence[Part],
    rows: int,
    seed: int,
    *,
    told: Callable[[int, float], None] | None = None,
    deadline: float = float("inf"),
) -> Checked:
    """Learn every fold by one recipe and look at what was held out.

    Parameters
    ----------
    rows : int
        Rows in all.
    told : callable, optional
        Is told after each fold its place and the mean loss so far; it may raise to give the recipe up.
    deadline : float
        Moment of `time.monotonic` at which the recipe is given up.

    Raises
    ------
    OutOfTime
        If the deadline came first.
    """
    curves: list[np.ndarray] = []
    grown = []
    stop = Stop(training.num_iterations, training.early_stopping_rounds, deadline)
    for one in side_by_side(partial(_grow, training, part, seed + place, stop) for place, part in enumerate(parts)):
        grown.append(one)
        curves.append(np.asarray(one.losses["calibrate"]))
        if told is not None:
            told(len(curves) - 1, float(np.mean([curve.min() for curve in curves])))
    longest = max(map(len, curves))
    mean = np.mean([np.pad(curve, (0, longest - len(curve)), mode="edge") for curve in curves], axis=0)
    rounds = int(mean.argmin()) + 1
    found = [one.log_odds(part.check.matrix, rounds) for part, one in zip(parts, grown, strict=True)]
    return Checked(training, rounds, _over_all(parts, found, rows), mean.tolist())


def _grow(training: Training, part: Part, seed: int, stop: Stop) -> Boosted:
    settings = lightgbm_settings(training, part.encoding, len(part.fit.outcome), seed) | ALONE
    return boost(part.encoding, settings, part.fit, stop, part.check, whole=True)


def check_line(parts: Sequence[Part], rows: int) -> Checked:
    """Draw a line through every fold, as straight as serves the held-out rows best, and look at what was held out."""
    designs = []
    for part in parts:
        held = scales(part.encoding, part.fit.matrix)
        designs.append((design(held, part.fit.matrix), design(held, part.check.matrix)))
    tried: list[Checked] = []
    for strength in STRENGTHS:
        lines = [fit_line(fit, part.fit, Line(strength)) for part, (fit, _) in zip(parts, designs, strict=True)]
        found = [line.decision_function(held) for line, (_, held) in zip(lines, designs, strict=True)]
        loss = float(np.mean([log_loss(odds, part.check) for part, odds in zip(parts, found, strict=True)]))
        tried.append(Checked(Line(strength), 1, _over_all(parts, found, rows), [loss]))
        if len(tried) > 1 and loss >= tried[-2].loss:
            break
    return min(tried, key=lambda one: one.loss)


def _over_all(parts: Sequence[Part], found: Sequence[np.ndarray], rows: int) -> np.ndarray:
    """Mean log-odds of every row over the folds that checked it; NaN where none did."""
    total, times = np.zeros(rows), np.zeros(rows)
    for part, odds in zip(parts, found, strict=True):
        total[part.places] += odds
        times[part.places] += 1
    with np.errstate(invalid="ignore"):
        return total / times


def weigh(checked: Sequence[Checked], outcome: np.ndarray) -> tuple[Member, ...]:
    """The recipes with the weights by which their log-odds fit the held-out outcomes best.

    Parameters
    ----------
    outcome : numpy.ndarray
        0 or 1, a row each.
    """
    known = ~np.isnan(checked[0].log_odds)
    odds = np.column_stack([one.log_odds[known] for one in checked])
    shares = blend_weights(odds, outcome[known])
    return tuple(
        Member(one.recipe, one.rounds, float(weight)) for one, weight in zip(checked, shares, strict=True) if weight
    )


def blend_weights(odds: np.ndarray, outcome: np.ndarray, even: float = _EVEN) -> np.ndarray:
    """Weights, adding up to one, by which some log-odds fit outcomes best; those that hardly count are none.

    Parameters
    ----------
    odds : numpy.ndarray
        Rows x recipes; of rows that no recipe has seen.
    outcome : numpy.ndarray
        0 or 1, a row each.
    even : float
        How many outcomes it takes to speak against equal weights.
    """
    positives = max(1.0, float(min(outcome.sum(), len(outcome) - outcome.sum())))
    presets = odds.shape[1]

    def loss(free: np.ndarray) -> float:
        shares = softmax(free[:-2])
        raw = np.exp(free[-2]) * (odds @ shares) + free[-1]
        fit = float(np.sum(np.logaddexp(0, raw) - outcome * raw))
        return (fit + even * presets * float(np.sum((shares - 1 / presets) ** 2))) / positives

    with threadpool_limits(1):
        best = softmax(minimize(loss, np.zeros(presets + 2), method="L-BFGS-B").x[:-2])
    kept = np.where(best < _LEAST_WEIGHT, 0.0, best)
    return kept / kept.sum()
