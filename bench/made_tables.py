"""Small synthetic tables with a rare outcome; each favours another kind of model."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.datasets import make_classification

Made = tuple[pd.DataFrame, np.ndarray]
_COLUMNS = 80
_RARE = 0.06


def weak_linear(rows: int, seed: int) -> Made:
    """Twenty columns add a little each, sixty nothing."""
    rng = np.random.default_rng(seed)
    table = _normal(rng, rows, _COLUMNS)
    return table, _drawn(table.to_numpy()[:, :20] @ rng.normal(0, 0.25, 20), rng)


def clusters(rows: int, seed: int) -> Made:
    """Outcomes lie in clusters of twelve columns, ten more are mixtures of these."""
    matrix, outcome = make_classification(
        rows, _COLUMNS, n_informative=12, n_redundant=10, weights=[1 - _RARE], class_sep=0.8, flip_y=0.02,
        random_state=seed,
    )  # fmt: skip
    return pd.DataFrame(matrix).add_prefix("x"), outcome


def interactions(rows: int, seed: int) -> Made:
    """Columns that predict together rather than alone, and one periodic column."""
    rng = np.random.default_rng(seed)
    table = _normal(rng, rows, _COLUMNS)
    x = table.to_numpy().T
    return table, _drawn(1.2 * x[0] * x[1] + 2 * (x[2] > 0) * (x[3] > 0) + 0.5 * x[4] + 0.8 * np.sin(2 * x[5]), rng)


def mixed(rows: int, seed: int) -> Made:
    """Text of 3 to 300 levels beside non-linear and interacting numbers; a sixth of every other column is missing."""
    rng = np.random.default_rng(seed)
    table = _normal(rng, rows, _COLUMNS - 6)
    x = table.to_numpy().T
    score = 0.6 * x[0] + 0.4 * np.abs(x[1]) - 0.5 * (x[2] > 1) + 0.3 * x[3] * x[4]
    for number, levels in enumerate((3, 5, 12, 30, 60, 300)):
        level = np.minimum((rng.pareto(1.2, rows) * levels / 5).astype(int), levels - 1)
        score += rng.normal(0, 0.5, levels)[level]
        table[f"text{number}"] = np.array([f"level {index}" for index in range(levels)])[level]
    for name in table.columns[::2]:
        table[name] = table[name].mask(rng.random(rows) < 1 / 6)
    return table, _drawn(score, rng)


MADE: dict[str, Callable[[int, int], Made]] = {
    generator.__name__: generator for generator in (weak_linear, clusters, interactions, mixed)
}


def _normal(rng: np.random.Generator, rows: int, columns: int) -> pd.DataFrame:
    return pd.DataFrame(rng.normal(size=(rows, columns))).add_prefix("x")


def _drawn(score: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Outcomes sampled from some log-odds, shifted so that they are rare."""
    shift = brentq(lambda by: float(expit(score + by).mean()) - _RARE, -20, 20)
    return (rng.random(len(score)) < expit(score + shift)).astype(int)
