"""Whom the treatment changes most: two ways to learn it, chosen and judged on rows that were held out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from goldmine.models.uplift.covariates import Covariates
from goldmine.models.uplift.crossfit import Array, Shape, some_of, splits, trees
from goldmine.models.uplift.effect import LEVEL, Estimate, interval

METHODS = ("two_model", "transformed_outcome")
FIRST = 2
"""The first of five folds that is judged: models learn from two fifths at least."""
_PLAIN, _BY_ODDS = Shape(80, 7), Shape(80, 7, prior=200.0)
"""Without a promise and with one: what a row tells of a change in odds is at most a quarter."""


@dataclass(frozen=True)
class Promise:
    """What was known of each row's outcome before anybody was treated, from a model of many more rows than the trial's.

    A treatment adds to the odds of an outcome that happens or does not: whom a model held for certain either way it can
    hardly move. So the effect is learnt per room, and a small control is made up for by the promise.

    Parameters
    ----------
    beyond : array (rows,)
        The outcome, 0 or 1, less the probability that was promised of it.
    room : array (rows,)
        From `room_of`, of that probability.
    """

    beyond: Array
    room: Array


def room_of(probability: Array) -> Array:
    """How far a small change of the odds moves a probability.

    Examples
    --------
    >>> [round(float(one), 4) for one in room_of(np.array([0.5, 0.1, 0.0]))]
    [0.25, 0.09, 0.001]
    """
    return np.maximum(probability * (1 - probability), 1e-3)


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
    promise : Promise, optional
        What was foreseen of it if nobody is treated.
    """

    known: Covariates
    treated: NDArray[np.bool_]
    share: Array
    surprise: Array
    promise: Promise | None = None

    @property
    def room(self) -> Array:
        """How far each row can be moved; 1 where nothing was promised."""
        return np.ones(len(self.share)) if self.promise is None else self.promise.room

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
    """Brings what models foresee to the size of what was measured: on average, and apart from it; keeps the order."""

    effect: float
    middle: float
    slope: float

    def apply(self, foreseen: Array, room: Array) -> Array:
        """Uplift of some rows."""
        return room * (self.effect + self.slope * (foreseen - self.middle))


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
            order[place, here] = trial.room[here] * _learn(trial, learn, method)(trial.known.matrix[here])
    two_looks = 1 - (1 - level) / len(METHODS)
    tried = [qini(found[judged], trial.signal[judged], fold[judged], two_looks) for found in order]
    best = max(range(len(METHODS)), key=lambda place: tried[place].value)
    foreseen = np.empty(len(fold))
    for learn, here in splits(fold):
        foreseen[here] = _learn(trial, some_of(learn), METHODS[best])(trial.known.matrix[here])
    scale = _scale(foreseen, trial)
    return Ranking(METHODS[best], tried[best], judged, order[best], scale.apply(foreseen, trial.room), scale)


def foresee(trial: Trial, ranking: Ranking, matrix: NDArray[np.float32], room: Array | None = None) -> Array:
    """Uplift of rows that were no part of the trial, by models of the chosen kind fitted on all of it.

    Parameters
    ----------
    matrix : array (rows, columns)
        What is known of them.
    room : array (rows,), optional
        How far each can be moved, where the trial's rows had a promise.
    """
    every = some_of(np.arange(len(trial.treated)))
    return ranking.scale.apply(_learn(trial, every, ranking.method)(matrix), np.ones(1) if room is None else room)


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
    """The effect per room as one of `METHODS` learns it from some rows."""
    room = trial.room
    target, weight = (trial.surprise, None) if trial.promise is None else (trial.promise.beyond, room)
    if method == "transformed_outcome":
        # Such a row tells less, the further from a half the share is.
        target, weight = trial.signal, weight if weight is None else room * trial.share * (1 - trial.share)
    shape = _PLAIN if weight is None else _BY_ODDS

    def fitted(some: NDArray[np.int64]) -> Callable[[NDArray[np.float32]], Array]:
        return trees(trial.known, some, target / room, shape, weight)

    if method == "transformed_outcome":
        return fitted(rows)
    with_it, without = (fitted(rows[trial.treated[rows] == treated]) for treated in (True, False))
    return lambda matrix: with_it(matrix) - without(matrix)


def _scale(foreseen: Array, trial: Trial) -> Scale:
    """The average effect is the measured one; of effects per room the order stays, as a strong prior drew them in."""
    signal, room = trial.signal, trial.room
    effect, middle = float(signal.sum() / room.sum()), float(room @ foreseen / room.sum())
    if trial.promise is not None:
        return Scale(effect, middle, effect / middle if min(effect, middle) > 0 else 0.0)
    spread = float(((foreseen - middle) ** 2).sum())
    slope = float((foreseen - middle) @ (signal - effect)) / spread if spread else 0.0
    return Scale(effect, middle, min(max(slope, 0.0), 1.0))
