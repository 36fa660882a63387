"""LightGBM, imported so that it shares the machine politely, and one boosting by it."""

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

import numpy as np

from goldmine.core.progress import cores
from goldmine.models.encoding import Encoding


def lightgbm() -> ModuleType:
    """The LightGBM package.

    Its threads wait for one another after each step of a tree. By default they spin meanwhile, and where another
    process needs the core a training takes five times as long; sent to sleep at once, they take twice as long on a
    quiet machine. So they spin shortly and then sleep. OpenMP reads this once, when it is loaded, so the package is
    imported here and nowhere else.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    import lightgbm as found

    return found


T = TypeVar("T")

ALONE = {"num_threads": 1}
"""Setting of a boosting that shares the machine with others of its kind."""


@dataclass(frozen=True)
class LabelledRows:
    """Rows as LightGBM takes them.

    Parameters
    ----------
    matrix : numpy.ndarray
        float32, rows x features.
    outcome : numpy.ndarray
        0 or 1.
    weight : numpy.ndarray or None
        For how many each row counts.
    """

    matrix: np.ndarray
    outcome: np.ndarray
    weight: np.ndarray | None = None


@dataclass(frozen=True)
class Boosted:
    """What a boosting came to.

    Parameters
    ----------
    trees : str
        LightGBM's text, up to the best round unless the whole was asked for; the machine's cores are no part of it.
    rounds : int
        Trees kept.
    losses : dict of str to list of float
        Log loss after each round, on the rows learnt from (``train``) and on those that stopped it (``calibrate``).
    """

    trees: str
    rounds: int
    losses: dict[str, list[float]]

    def log_odds(self, matrix: np.ndarray, rounds: int | None = None, *, threads: int = 0) -> np.ndarray:
        """Log-odds of some rows, by the first `rounds` trees where so many are asked for."""
        booster = lightgbm().Booster(model_str=self.trees)
        return np.asarray(booster.predict(matrix, raw_score=True, num_iteration=rounds, num_threads=threads or cores()))


@dataclass(frozen=True)
class Stop:
    """When a boosting ends.

    Parameters
    ----------
    num_iterations : int
        At most so many trees.
    early_stopping_rounds : int
        Rounds without gain that end it; trees after the best round are not kept.
    deadline : float
        Moment of `time.monotonic` at which it is given up, done or not.
    """

    num_iterations: int
    early_stopping_rounds: int
    deadline: float = float("inf")

    def told(self, _: Any) -> None:
        """Look at the clock after a round."""
        if time.monotonic() > self.deadline:
            raise OutOfTime


class OutOfTime(Exception):  # noqa: N818 - what it says is no error
    """A boosting was given up at its deadline."""


def side_by_side(jobs: Iterable[Callable[[], T]]) -> Iterator[T]:
    """Do boostings at the same time, each on a thread of its own (their settings say `ALONE`); results in order.

    Threads that grow one small tree together spend their time waiting for one another; threads that each grow a tree of
    their own do not. Where the caller ends early, what has not begun is not done.
    """
    with ThreadPoolExecutor(cores()) as pool:
        waiting = [pool.submit(job) for job in jobs]
        try:
            for one in waiting:
                yield one.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def boost(
    encoding: Encoding,
    settings: dict[str, Any],
    train: LabelledRows,
    stop: Stop,
    validation: LabelledRows,
    *,
    whole: bool = False,
) -> Boosted:
    """Grow trees on some rows until others no longer gain by them; with `whole`, those after the best are kept too.

    Raises
    ------
    OutOfTime
        If the stop's deadline came first.
    """
    lgb = lightgbm()
    fit_on = _dataset(encoding, train, settings)
    history: dict[str, dict[str, list[float]]] = {}
    booster = lgb.train(
        settings,
        fit_on,
        num_boost_round=stop.num_iterations,
        valid_sets=[
            fit_on,
            lgb.Dataset(validation.matrix, validation.outcome, weight=validation.weight, reference=fit_on),
        ],
        valid_names=["train", "calibrate"],
        callbacks=[
            lgb.early_stopping(stop.early_stopping_rounds, verbose=False),
            lgb.record_evaluation(history),
            stop.told,
        ],
    )
    losses = {name: measures["binary_logloss"] for name, measures in history.items()}
    return Boosted(_text(booster, -1 if whole else booster.best_iteration), booster.best_iteration, losses)


def grow(encoding: Encoding, settings: dict[str, Any], rows: LabelledRows, rounds: int) -> str:
    """Grow so many trees on some rows; gives LightGBM's text."""
    return _text(lightgbm().train(settings, _dataset(encoding, rows, settings), num_boost_round=rounds), rounds)


def _dataset(encoding: Encoding, rows: LabelledRows, settings: dict[str, Any]) -> Any:
    return lightgbm().Dataset(
        rows.matrix,
        rows.outcome,
        weight=rows.weight,
        feature_name=[_name(name, place) for place, name in enumerate(encoding.features)],
        categorical_feature=encoding.categorical,
        params=settings,
    )


def _name(name: str, place: int) -> str:
    """A column's name as LightGBM's text can hold it."""
    return name if re.fullmatch(r"[\w.]+", name) else f"column_{place}"


def _text(booster: Any, rounds: int) -> str:
    """The booster's first rounds as text; the machine's cores are no part of a model."""
    text: str = booster.model_to_string(num_iteration=rounds)
    return re.sub(r"\[num_threads: \d+\]", "[num_threads: 0]", text)
