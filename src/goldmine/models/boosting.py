"""LightGBM: its one import, and boosting with and without early stopping."""

import os
import re
import time
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from goldmine.core.progress import cores
from goldmine.models.encoding import Encoding
from goldmine.models.lightgbm_text import without_thread_count


def lightgbm() -> ModuleType:
    """The LightGBM package, imported here and nowhere else.

    OpenMP reads once, when it is loaded, how long threads spin while they wait for one another. Its default makes a
    training five times slower where another process needs the core; sleeping at once makes it twice as slow on a quiet
    machine. So they spin shortly and then sleep.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    import lightgbm as package

    return package


SINGLE_THREAD = {"num_threads": 1}
"""Setting of a boosting that runs in parallel with others.

Threads that grow one small tree together spend their time waiting for one another; threads that each grow a tree of
their own do not.
"""


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
        Sample weights; None where every row counts once.
    """

    matrix: np.ndarray
    outcome: np.ndarray
    weight: np.ndarray | None = None


@dataclass(frozen=True)
class Boosted:
    """The result of a boosting.

    Parameters
    ----------
    trees : str
        LightGBM's text, up to the best iteration; of a fold, all trees.
    best_iteration : int
        Trees up to the lowest validation loss.
    losses : dict of str to list of float
        Log loss after each iteration, on the validation rows (``calibrate``) and, unless it is a fold's, on the
        training rows (``train``).
    """

    trees: str
    best_iteration: int
    losses: dict[str, list[float]]

    def log_odds(self, matrix: np.ndarray, iterations: int | None = None, *, threads: int = 0) -> np.ndarray:
        """Log-odds of some rows, by the first `iterations` trees if given."""
        booster = lightgbm().Booster(model_str=self.trees)
        log_odds = booster.predict(matrix, raw_score=True, num_iteration=iterations, num_threads=threads or cores())
        return np.asarray(log_odds)


@dataclass(frozen=True)
class StoppingRule:
    """When a boosting ends.

    Parameters
    ----------
    num_iterations : int
        Maximum number of trees.
    early_stopping_rounds : int
        Iterations without improvement that end it; trees after the best iteration are dropped.
    deadline : float
        Value of `time.monotonic` at which it is aborted.
    """

    num_iterations: int
    early_stopping_rounds: int
    deadline: float = float("inf")

    def check_deadline(self, _: Any) -> None:
        """LightGBM's callback after an iteration."""
        if time.monotonic() > self.deadline:
            raise DeadlineReached


class DeadlineReached(Exception):  # noqa: N818 - not an error
    """A boosting was aborted at its deadline."""


def boost(
    encoding: Encoding,
    settings: dict[str, Any],
    train: LabelledRows,
    stop: StoppingRule,
    validation: LabelledRows,
    *,
    for_fold: bool = False,
) -> Boosted:
    """Grow trees on training rows until the validation loss no longer improves.

    Parameters
    ----------
    for_fold : bool
        Whether it is one fold of several, which are cut at one common iteration: trees after the best iteration are
        kept, and losses of the training rows, a fifth of the time of small trees, are not measured.

    Raises
    ------
    DeadlineReached
        If the deadline came first.
    """
    lgb = lightgbm()
    data = _dataset(encoding, train, settings)
    held_out = lgb.Dataset(validation.matrix, validation.outcome, weight=validation.weight, reference=data)
    history: dict[str, dict[str, list[float]]] = {}
    booster = lgb.train(
        settings,
        data,
        num_boost_round=stop.num_iterations,
        valid_sets=[held_out] if for_fold else [data, held_out],
        valid_names=["calibrate"] if for_fold else ["train", "calibrate"],
        callbacks=[
            lgb.early_stopping(stop.early_stopping_rounds, verbose=False),
            lgb.record_evaluation(history),
            stop.check_deadline,
        ],
    )
    losses = {name: measures["binary_logloss"] for name, measures in history.items()}
    iterations = -1 if for_fold else booster.best_iteration
    return Boosted(_text(booster, iterations), booster.best_iteration, losses)


def boost_fixed(encoding: Encoding, settings: dict[str, Any], rows: LabelledRows, num_iterations: int) -> str:
    """Grow a fixed number of trees on some rows; returns LightGBM's text."""
    data = _dataset(encoding, rows, settings)
    return _text(lightgbm().train(settings, data, num_boost_round=num_iterations), num_iterations)


def _dataset(encoding: Encoding, rows: LabelledRows, settings: dict[str, Any]) -> Any:
    return lightgbm().Dataset(
        rows.matrix,
        rows.outcome,
        weight=rows.weight,
        feature_name=[_text_name(name, column) for column, name in enumerate(encoding.features)],
        categorical_feature=encoding.categorical,
        params=settings,
    )


def _text_name(name: str, column: int) -> str:
    """A column's name as LightGBM's text can hold it."""
    return name if re.fullmatch(r"[\w.]+", name) else f"column_{column}"


def _text(booster: Any, iterations: int) -> str:
    return without_thread_count(booster.model_to_string(num_iteration=iterations))
