"""Whom the treatment changes most: two ways to learn it, chosen and judged on rows that were held out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from goldmine.uplift.covariates import Covariates
from goldmine.uplift.crossfit import Array, some_of, splits, trees
from goldmine.uplift.effect import LEVEL, Estimate, interval

METHODS = ("two_model", "transformed_outcome")
FIRST = 2
"""The first of five folds that is judged: models learn from two fifths at least."""
_SHAPE = {"rounds": 80, "leaves": 7}


@dataclass(frozen=True)
class Trial:
    """What a ranking is learnt from.

    Parameters
    ----------
    known : Covariates
        What was known before.
    treated : array (rows,) of bool
        Who was treated.
    share : array (rows,)
        Each row's probability of being treated.
    surprise : array (rows,)
        The outcome less what was foreseen of it without knowing who is treated.
    """

    known: Covariates
    treated: NDArray[np.bool_]
    share: Array
    surprise: Array

    @property
    def signal(self) -> Array:
        """A noisy figure a row whose mean, over any group, is the effect in that group."""
        return (self.treated - self.share) / (self.share * (1 - self.share)) * self.surprise


@dataclass(frozen=True)
class Ranking:
    """Rows in the order of the effect that a treatment has on them.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    qini : Estimate
        Extra outcomes a row that the order gains over chance, on average over all depths of a list.
    judged : array (rows,) of bool
        Rows that the Qini was measured on.
    order : array (rows,)
        What those rows were ordered by, largest first.
    uplift : array (rows,)
        The effect foreseen for each row by a model that did not see it.
    scale : Scale
        How what the models foresee became an uplift.
    """

    method: str
    qini: Estimate
    judged: NDArray[np.bool_]
    order: Array
    uplift: Array
    scale: "Scale"


@dataclass(frozen=True)
class Scale:
    """Draws what models foresee towards the average effect as far as held-out rows ask for; keeps the order."""

    effect: float
    middle: float
    slope: float

    def apply(self, foreseen: Array) -> Array:
        """Uplift of some rows."""
        return self.effect + self.slope * (foreseen - self.middle)


def rank(trial: Trial, fold: NDArray[np.int64], level: float = LEVEL, *, first: int = FIRST) -> Ranking:
    """Learn the uplift both ways, take the one with the larger Qini on held-out folds, and foresee it for every row.

    Parameters
    ----------
    fold : array (rows,) of int
        From `folds`, or the campaign that each row is of, the oldest first.
    first : int
        The first fold that is judged.

    Notes
    -----
    A fold is judged by models that learnt from the folds before it, and the first ones judge nothing: where folds judge
    one another crosswise each pair of rows counts twice, and intervals come out too narrow (Wager 2024). The better of
    two looks better than it is, so the interval is as wide as two looks ask for.
    """
    judged = fold >= first
    order = np.zeros((len(METHODS), len(fold)))
    for held in range(first, int(fold.max()) + 1):
        learn, here = some_of(np.flatnonzero(fold < held)), np.flatnonzero(fold == held)
        for place, method in enumerate(METHODS):
            order[place, here] = _learn(trial, learn, method)(trial.known.matrix[here])
    two_looks = 1 - (1 - level) / len(METHODS)
    tried = [qini(found[judged], trial.signal[judged], fold[judged], two_looks) for found in order]
    best = max(range(len(METHODS)), key=lambda place: tried[place].value)
    foreseen = np.empty(len(fold))
    for learn, here in splits(fold):
        foreseen[here] = _learn(trial, some_of(learn), METHODS[best])(trial.known.matrix[here])
    scale = _scale(foreseen, trial.signal)
    return Ranking(METHODS[best], tried[best], judged, order[best], scale.apply(foreseen), scale)


def foresee(trial: Trial, ranking: Ranking, matrix: NDArray[np.float32]) -> Array:
    """Uplift of rows that were no part of the trial, by models of the chosen kind fitted on all of it."""
    every = some_of(np.arange(len(trial.treated)))
    return ranking.scale.apply(_learn(trial, every, ranking.method)(matrix))


def qini(uplift: Array, signal: Array, fold: NDArray[np.int64], level: float = LEVEL) -> Estimate:
    """Area between the Qini curve and chance, in outcomes a row, with its interval.

    Treating the foremost share u by `uplift` gains the sum of their effects; chance would gain u of the whole. The area
    between the two is the mean of signal x (1/2 - rank), rank going from 0 for the foremost to 1, so that its error is
    that of a mean. Rows are ranked within their fold, as each fold has models of its own; ties share a rank.

    Parameters
    ----------
    uplift : array (rows,)
        What to rank by, largest first.
    signal : array (rows,)
        See `Trial`.

    Examples
    --------
    >>> round(qini(np.array([2.0, 1.0]), np.array([1.0, 0.0]), np.zeros(2, int)).value, 3)
    0.125
    """
    behind = np.empty(len(uplift))
    above = np.empty(len(uplift))
    for place in np.unique(fold):
        held = fold == place
        behind[held] = (rankdata(-uplift[held]) - 0.5) / held.sum()
        above[held] = signal[held] - signal[held].mean()
    gains = above * (0.5 - behind)
    return interval(float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(len(gains))), len(gains) - 1, level)


def _learn(trial: Trial, rows: NDArray[np.int64], method: str) -> Callable[[NDArray[np.float32]], Array]:
    if method == "transformed_outcome":
        return trees(trial.known, rows, trial.signal, **_SHAPE)
    arms = [rows[trial.treated[rows] == treated] for treated in (True, False)]
    with_it, without = (trees(trial.known, arm, trial.surprise, **_SHAPE) for arm in arms)
    return lambda matrix: with_it(matrix) - without(matrix)


def _scale(foreseen: Array, signal: Array) -> Scale:
    mean, middle = float(signal.mean()), float(foreseen.mean())
    spread = float(((foreseen - middle) ** 2).sum())
    slope = float((foreseen - middle) @ (signal - mean)) / spread if spread else 0.0
    return Scale(mean, middle, min(max(slope, 0.0), 1.0))
